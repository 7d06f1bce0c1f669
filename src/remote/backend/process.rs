//! Keys that a program tells, for as long as it says that they hold.

use std::fmt;
use std::process::{Command, Stdio};
use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;
use tokio::sync::Mutex;

/// How long before their end keys are asked for anew.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// The most that such a program may say.
const LONGEST: usize = 64 << 10;

/// A program of the user's own that prints keys, and what it printed last.
pub(super) struct CredentialProcess {
    profile: String,
    command: String,
    last: Mutex<Option<(Arc<AwsCredential>, Option<Timestamp>)>>,
}

/// What the program prints.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Printed {
    version: u32,
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expiration: Option<String>,
}

#[derive(Debug, thiserror::Error)]
#[error("the `credential_process` of the profile `{profile}` {reason}")]
pub(super) struct ProcessError {
    pub profile: String,
    pub reason: String,
}

impl CredentialProcess {
    pub fn new(profile: &str, command: &str) -> Self {
        let (profile, command) = (profile.to_owned(), command.to_owned());
        Self { profile, command, last: Mutex::default() }
    }

    async fn run(&self) -> Result<(Arc<AwsCredential>, Option<Timestamp>), ProcessError> {
        let command = self.command.clone();
        let running = tokio::task::spawn_blocking(move || {
            Command::new("/bin/sh").arg("-c").arg(command).stdin(Stdio::null()).output()
        });
        let output = running.await.map_err(std::io::Error::from).and_then(|output| output);
        let output = output.map_err(|error| self.failed(format!("cannot be run: {error}")))?;
        if !output.status.success() {
            // Its talk may hold what is secret, and its own stderr is no part of ours.
            return Err(self.failed(format!("failed: {}", output.status)));
        }
        self.read(&output.stdout)
    }

    fn read(
        &self,
        printed: &[u8],
    ) -> Result<(Arc<AwsCredential>, Option<Timestamp>), ProcessError> {
        let wrong = || self.failed("printed something else than keys".to_owned());
        let bounded = printed.get(..printed.len().min(LONGEST)).unwrap_or_default();
        // The parser's own words may repeat what it read.
        let printed: Printed = serde_json::from_slice(bounded).map_err(|_| wrong())?;
        if printed.version != 1 {
            return Err(self.failed(format!("speaks version {}", printed.version)));
        }
        let expiration =
            printed.expiration.map(|text| text.parse::<Timestamp>().map_err(|_| wrong()));
        let credential = AwsCredential {
            key_id: printed.access_key_id,
            secret_key: printed.secret_access_key,
            token: printed.session_token,
        };
        Ok((Arc::new(credential), expiration.transpose()?))
    }

    fn failed(&self, reason: String) -> ProcessError {
        ProcessError { profile: self.profile.clone(), reason }
    }
}

#[async_trait]
impl CredentialProvider for CredentialProcess {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let mut last = self.last.lock().await;
        let soon = Timestamp::now().checked_add(MARGIN).unwrap_or(Timestamp::MAX);
        if let Some((credential, expiration)) = &*last
            && expiration.is_none_or(|end| end > soon)
        {
            return Ok(credential.clone());
        }
        let told = self.run().await.map_err(|error| object_store::Error::Unauthenticated {
            path: self.profile.clone(),
            source: error.into(),
        })?;
        Ok(last.insert(told).0.clone())
    }
}

impl fmt::Debug for CredentialProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialProcess").field("profile", &self.profile).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::wait;

    fn keys(process: &CredentialProcess) -> Result<String, String> {
        let told = wait(async { Ok(process.get_credential().await) }).unwrap();
        told.map(|told| told.key_id.clone()).map_err(|error| error.to_string())
    }

    /// Returns a program that prints another key each time, which holds until `expiration`.
    fn counting(dir: &std::path::Path, expiration: &str) -> CredentialProcess {
        let command = format!(
            "echo x >> '{0}/runs'; printf '{{\"Version\":1,\"AccessKeyId\":\"K%s\",\"SecretAccessKey\":\
             \"s\",\"Expiration\":\"{expiration}\"}}' $(wc -l < '{0}/runs')",
            dir.display()
        );
        CredentialProcess::new("tool", &command)
    }

    #[test]
    fn keys_are_asked_for_again_when_they_end() {
        let dir = tempfile::tempdir().unwrap();
        let process = counting(dir.path(), "2001-01-01T00:00:00Z");
        assert_eq!(keys(&process).unwrap(), "K1");
        assert_eq!(keys(&process).unwrap(), "K2");
        let dir = tempfile::tempdir().unwrap();
        let process = counting(dir.path(), "2999-01-01T00:00:00Z");
        assert_eq!(keys(&process).unwrap(), "K1");
        assert_eq!(keys(&process).unwrap(), "K1");
    }

    #[test]
    fn a_program_that_tells_no_keys_is_an_error_that_repeats_nothing() {
        for command in
            ["echo hunter2; exit 3", "echo hunter2", "echo '{\"Version\":2,\"hunter2\":1}'"]
        {
            let error = keys(&CredentialProcess::new("tool", command)).unwrap_err();
            assert!(error.contains("`tool`") && !error.contains("hunter2"), "{error}");
        }
    }
}
