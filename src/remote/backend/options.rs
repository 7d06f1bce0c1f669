//! What the configuration says about one remote, beside its address.

use crate::config::Config;

/// How many transfers run at the same time where nothing says so.
const JOBS: usize = 4;

/// Settings of a remote, `remote.NAME.*`, or of a place that is imported from, `import.NAME.*`; what is not set here, the environment may tell.
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
        Self::in_table(config, &format!("remote.{remote}"))
    }

    /// Returns the settings that fit an address best: of the places that are imported from, the one
    /// with the longest address that it begins with; else a remote in the same bucket.
    pub fn table_for(config: &Config, url: &str) -> Option<String> {
        let tables = |prefix: &'static str| {
            config.entries().filter_map(move |(setting, value)| {
                let table = setting.strip_suffix(".url")?;
                table.starts_with(prefix).then(|| (table.to_owned(), value.text.clone()))
            })
        };
        let place = |text: &str| text.trim_end_matches('/').to_owned();
        let own = tables("import.").filter(|(_, base)| is_within(url, &place(base)));
        let own = own.max_by_key(|(_, base)| base.len());
        let found = own.or_else(|| {
            let has_bucket = |base: &String| base.contains("://") && !base.starts_with("file:");
            tables("remote.").find(|(_, base)| has_bucket(base) && is_within(url, &server(base)))
        });
        found.map(|(table, _)| table)
    }

    /// Reads the settings of a table, as `remote.origin`.
    pub fn in_table(config: &Config, table: &str) -> Self {
        let text = |key: &str| {
            let value = config.string(&format!("{table}.{key}"))?;
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

/// Returns an address up to the end of its bucket or server.
fn server(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    format!("{scheme}://{}", rest.split('/').next().unwrap_or_default())
}

fn is_within(url: &str, base: &str) -> bool {
    url.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
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

    #[test]
    fn a_place_has_the_settings_whose_address_fits_best() {
        let flags = [
            ("import.lake.url", "s3://lake"),
            ("import.raw.url", "s3://lake/raw/"),
            ("remote.origin.url", "s3://models/store"),
            ("remote.disk.url", "/srv/store"),
        ];
        let flags = flags.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let (config, _) = Config::load(&Environment::default(), None, &flags).unwrap();
        let table = |url| RemoteOptions::table_for(&config, url);
        assert_eq!(table("s3://lake/raw/x").as_deref(), Some("import.raw"));
        assert_eq!(table("s3://lake/rawer").as_deref(), Some("import.lake"));
        assert_eq!(table("s3://models/data").as_deref(), Some("remote.origin"));
        assert_eq!(table("s3://models-2/data"), None);
        assert_eq!(table("file:///srv/store/a"), None);
    }
}
