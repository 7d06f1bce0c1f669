//! What the configuration says about one remote, beside its address.

use crate::config::Config;

/// How many transfers run at the same time where nothing says so.
const JOBS: usize = 4;

/// Settings of a remote, `remote.NAME.*`; what is not set here, the environment may tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemoteOptions {
    pub region: Option<String>,
    pub endpoint: Option<String>,
    pub path_style: Option<bool>,
    pub anonymous: Option<bool>,
    pub profile: Option<String>,
    pub account: Option<String>,
    pub allow_http: Option<bool>,
    pub jobs: Option<usize>,
}

impl RemoteOptions {
    /// Reads the settings of the remote of this name.
    pub fn of(config: &Config, remote: &str) -> Self {
        let text = |key: &str| {
            let value = config.string(&format!("remote.{remote}.{key}"))?;
            Some(value.text).filter(|text| !text.is_empty())
        };
        let switch = |key| text(key).map(|text| text == "true");
        Self {
            region: text("region"),
            endpoint: text("endpoint"),
            path_style: switch("path_style"),
            anonymous: switch("anonymous"),
            profile: text("profile"),
            account: text("account"),
            allow_http: switch("allow_http"),
            jobs: text("jobs").and_then(|text| text.parse().ok()).filter(|jobs| *jobs > 0),
        }
    }

    /// Returns how many transfers run at the same time.
    pub fn jobs(&self) -> usize {
        self.jobs.unwrap_or(JOBS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;

    #[test]
    fn a_remote_has_settings_of_its_own() {
        let flags = [
            ("remote.origin.region", "eu-1"),
            ("remote.origin.path_style", "false"),
            ("remote.origin.jobs", "7"),
            ("remote.other.region", "us-1"),
            ("remote.other.jobs", "0"),
        ];
        let flags = flags.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let (config, _) = Config::load(&Environment::default(), None, &flags).unwrap();
        let options = RemoteOptions::of(&config, "origin");
        let expected = RemoteOptions {
            region: Some("eu-1".to_owned()),
            path_style: Some(false),
            jobs: Some(7),
            ..RemoteOptions::default()
        };
        assert_eq!(options, expected);
        assert_eq!(RemoteOptions::of(&config, "other").jobs(), JOBS);
    }
}
