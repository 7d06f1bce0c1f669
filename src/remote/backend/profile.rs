//! Profiles of `~/.aws/config` and `~/.aws/credentials`: keys, a region, an endpoint, or a program
//! that tells the keys.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use ini::Ini;
use object_store::StaticCredentialProvider;
use object_store::aws::{AwsCredential, AwsCredentialProvider};

use super::process::CredentialProcess;
use crate::base::fs::read_if_exists;
use crate::config::Environment;
use crate::remote::RemoteError;

/// What the files say under one name; empty where they say nothing. Its secrets are not shown.
#[derive(Clone, Default)]
pub(super) struct Profile {
    name: String,
    settings: Vec<(String, String)>,
}

/// Ways to an identity that are not gone here, with what helps in their place.
const UNSUPPORTED: [&str; 4] = ["role_arn", "source_profile", "sso_session", "sso_start_url"];

impl Profile {
    /// Reads the profile of this name, or the one that the environment names, or `default`; only
    /// `default` may be missing.
    pub fn load(environment: &Environment, name: Option<&str>) -> Result<Self, RemoteError> {
        let named = name.or_else(|| environment.get("AWS_PROFILE"));
        let name = named.unwrap_or("default").to_owned();
        let mut profile = Self { name: name.clone(), settings: Vec::new() };
        let home = environment.path("HOME");
        let file = |variable: &str, below: &str| {
            environment.path(variable).or_else(|| Some(home.as_ref()?.join(".aws").join(below)))
        };
        let section = format!("profile {name}");
        let in_config = if name == "default" { &name } else { &section };
        // What is read first goes first.
        let mut found = profile.read(file("AWS_SHARED_CREDENTIALS_FILE", "credentials"), &name)?;
        found |= profile.read(file("AWS_CONFIG_FILE", "config"), in_config)?;
        match named {
            Some(_) if !found && name != "default" => Err(profile.bad("it is in neither file")),
            _ => Ok(profile),
        }
    }

    fn read(&mut self, file: Option<PathBuf>, section: &str) -> Result<bool, RemoteError> {
        let Some(path) = file else { return Ok(false) };
        let Some(bytes) = read_if_exists(&path)? else { return Ok(false) };
        // What the parser quotes of the file may be a secret.
        let broken = |reason: String| RemoteError::BadProfileFile { path: path.clone(), reason };
        let text =
            String::from_utf8(bytes).map_err(|_| broken("it is not UTF-8 text".to_owned()))?;
        let options = ini::ParseOption {
            enabled_quote: false,
            enabled_escape: false,
            enabled_indented_mutiline_value: true,
            ..ini::ParseOption::default()
        };
        let ini = Ini::load_from_str_opt(&text, options)
            .map_err(|error| broken(format!("line {} has a fault", error.line)))?;
        let Some(section) = ini.section(Some(section)) else { return Ok(false) };
        let settings = section.iter().map(|(key, value)| (key.to_lowercase(), value.to_owned()));
        self.settings.extend(settings);
        Ok(true)
    }

    fn get(&self, key: &str) -> Option<&str> {
        let found = self.settings.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    pub fn region(&self) -> Option<String> {
        self.get("region").map(str::to_owned)
    }

    pub fn endpoint(&self) -> Option<String> {
        self.get("endpoint_url").map(str::to_owned)
    }

    /// Returns who the profile says asks, or nothing where it does not say so.
    pub fn credentials(&self) -> Result<Option<AwsCredentialProvider>, RemoteError> {
        if let Some(key_id) = self.get("aws_access_key_id") {
            let secret = self.get("aws_secret_access_key");
            let secret_key =
                secret.ok_or_else(|| self.bad("it has a key and no secret"))?.to_owned();
            let token = self.get("aws_session_token").map(str::to_owned);
            let credential = AwsCredential { key_id: key_id.to_owned(), secret_key, token };
            return Ok(Some(Arc::new(StaticCredentialProvider::new(credential))));
        }
        if let Some(command) = self.get("credential_process") {
            return Ok(Some(Arc::new(CredentialProcess::new(&self.name, command))));
        }
        match UNSUPPORTED.iter().find(|key| self.get(key).is_some()) {
            Some(key) => Err(self.bad(format!("mlv does not know `{key}`"))),
            None => Ok(None),
        }
    }

    fn bad(&self, reason: impl Into<String>) -> RemoteError {
        RemoteError::BadProfile { profile: self.name.clone(), reason: reason.into() }
    }
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "\
[default]
region = eu-central-1
[profile work]
region=us-west-2
endpoint_url = http://localhost:9000
s3 =
    addressing_style = path
[profile tool]
credential_process = /bin/tool --a \"b c\"
[profile role]
role_arn = arn:aws:iam::1:role/x
source_profile = default
";
    const CREDENTIALS: &str = "\
[default]
aws_access_key_id = AKIA1
aws_secret_access_key = a/b\\c#d+e=
[work]
aws_access_key_id = AKIA2
aws_secret_access_key = second
aws_session_token = token==
[half]
aws_access_key_id = AKIA3
";

    fn load(name: Option<&str>) -> Result<Profile, RemoteError> {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = dir.path().join(name);
            crate::base::fs::atomic_write(&path, text.as_bytes()).unwrap();
            path
        };
        let (config, credentials) = (file("config", CONFIG), file("credentials", CREDENTIALS));
        let environment = Environment::from_pairs([
            ("AWS_CONFIG_FILE", config),
            ("AWS_SHARED_CREDENTIALS_FILE", credentials),
        ]);
        Profile::load(&environment, name)
    }

    fn keys(name: Option<&str>) -> (String, String, Option<String>) {
        let provider = load(name).unwrap().credentials().unwrap().unwrap();
        let credential = crate::remote::wait(async { Ok(provider.get_credential().await) });
        let credential = credential.unwrap().unwrap();
        (credential.key_id.clone(), credential.secret_key.clone(), credential.token.clone())
    }

    #[test]
    fn the_keys_of_a_profile_are_read_as_they_stand() {
        assert_eq!(keys(None), ("AKIA1".to_owned(), "a/b\\c#d+e=".to_owned(), None));
        let token = Some("token==".to_owned());
        assert_eq!(keys(Some("work")), ("AKIA2".to_owned(), "second".to_owned(), token));
    }

    #[test]
    fn a_profile_names_a_region_and_an_endpoint() {
        let profile = load(Some("work")).unwrap();
        assert_eq!(profile.region().as_deref(), Some("us-west-2"));
        assert_eq!(profile.endpoint().as_deref(), Some("http://localhost:9000"));
        assert_eq!(load(None).unwrap().region().as_deref(), Some("eu-central-1"));
    }

    #[test]
    fn what_a_profile_lacks_is_told() {
        let reason = |name| match load(Some(name)).and_then(|profile| profile.credentials()) {
            Err(error) => error.to_string(),
            Ok(_) => "none".to_owned(),
        };
        assert_eq!(reason("none"), "the profile `none`: it is in neither file");
        assert_eq!(reason("half"), "the profile `half`: it has a key and no secret");
        assert_eq!(reason("role"), "the profile `role`: mlv does not know `role_arn`");
    }

    #[test]
    fn a_machine_without_profiles_has_none() {
        let profile = Profile::load(&Environment::default(), None).unwrap();
        assert!(profile.credentials().unwrap().is_none());
    }

    #[test]
    fn a_profile_shows_no_secrets() {
        assert_eq!(format!("{:?}", load(None).unwrap()), "Profile { name: \"default\", .. }");
    }
}
