//! What a store says when it fails, read as facts.

use std::io;
use std::time::Duration;

use object_store::Error;

use super::process::ProcessError;
use super::{Backend, Creation};
use crate::remote::error::Unauthenticated;
use crate::remote::{RemoteError, Scheme};

impl Backend {
    /// Returns the error of an object that must be there.
    pub fn missing(&self, key: &str) -> RemoteError {
        RemoteError::Missing { remote: self.url.to_string(), key: key.to_owned() }
    }

    /// Returns the error of an object that is not what it must be.
    pub fn damaged(&self, key: &str, reason: impl Into<String>) -> RemoteError {
        let (remote, key) = (self.url.to_string(), key.to_owned());
        RemoteError::Damaged { remote, key, reason: reason.into() }
    }

    pub(super) fn unreachable(&self, reason: impl Into<String>) -> RemoteError {
        RemoteError::Unreachable { remote: self.url.to_string(), reason: reason.into() }
    }

    /// Returns the error of a request that nothing came back from.
    pub(super) fn silent(&self, patience: Duration) -> RemoteError {
        self.unreachable(format!("no answer in {} s", patience.as_secs().max(1)))
    }

    /// Returns the error of a file on this side.
    pub(super) fn local(&self, key: &str, error: &io::Error) -> RemoteError {
        let (remote, key) = (self.url.to_string(), key.to_owned());
        RemoteError::LocalFile { remote, key, reason: error.to_string() }
    }

    /// Tells what it means that a create failed.
    pub(super) fn not_created(&self, key: &str, error: &Error) -> Creation {
        if let Error::AlreadyExists { .. }
        | Error::Precondition { .. }
        | Error::NotModified { .. } = error
        {
            return Creation::Exists;
        }
        let error = self.fault("write", key, error);
        if error.is_passing() { Creation::Unknown(error) } else { Creation::Refused(error) }
    }

    /// Returns what a failure of the store means.
    pub(super) fn fault(&self, action: &'static str, key: &str, error: &Error) -> RemoteError {
        let remote = self.url.to_string();
        if let (Scheme::Folder, Some(error)) = (self.url.scheme(), cause(error)) {
            return self.folder_fault(action, key, error);
        }
        if let Some(ProcessError { profile, reason }) = cause(error) {
            let (profile, reason) = (profile.clone(), format!("its `credential_process` {reason}"));
            return RemoteError::BadProfile { profile, reason };
        }
        let said = Said::of(error);
        if said.is_of_the_machine() && !matches!(said.status, Some(429 | 500..)) {
            return RemoteError::NoCredentials { remote };
        }
        if let Some(fact) = self.told_by_code(action, key, &said) {
            return fact;
        }
        match (error, said.status) {
            (Error::NotFound { .. }, _) => self.missing(key),
            (Error::Unauthenticated { .. }, _) | (_, Some(401)) => {
                RemoteError::Unauthenticated { remote, reason: Unauthenticated::Rejected }
            }
            (Error::PermissionDenied { .. }, _) | (_, Some(403)) => {
                RemoteError::Denied { remote, action, key: key.to_owned() }
            }
            (_, Some(301 | 307)) => RemoteError::WrongRegion { remote, expected: None },
            (_, Some(507)) => RemoteError::Full { remote },
            (_, Some(414)) => RemoteError::TooLong { remote, key: key.to_owned() },
            _ if said.text.contains("non-partial response when range requested") => {
                RemoteError::NoRanges { remote }
            }
            (_, Some(416)) => self.damaged(key, "it is too short"),
            _ if said.text.contains("Wanted range starting at") => {
                self.damaged(key, "it is too short")
            }
            // 408: too slow; 409: somebody else is at it; 429: too often.
            (_, Some(408 | 409 | 429 | 500..)) => self.unreachable(said.reason()),
            (_, Some(300..)) => RemoteError::Failed { remote, reason: said.reason() },
            (Error::Generic { .. } | Error::JoinError { .. }, _) => {
                self.told_by_transport(remote, &said)
            }
            _ => RemoteError::Failed { remote, reason: said.reason() },
        }
    }

    /// Reads the code that S3, GCS and Azure put into the body of an error.
    fn told_by_code(&self, action: &'static str, key: &str, said: &Said) -> Option<RemoteError> {
        let remote = self.url.to_string();
        let unauthenticated =
            |reason| RemoteError::Unauthenticated { remote: remote.clone(), reason };
        Some(match said.element("Code")? {
            "NoSuchBucket" | "ContainerNotFound" => RemoteError::NoBucket { remote },
            "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => {
                unauthenticated(Unauthenticated::Expired)
            }
            "RequestTimeTooSkewed" => unauthenticated(Unauthenticated::Clock),
            "SignatureDoesNotMatch" => unauthenticated(Unauthenticated::WrongSecret),
            "InvalidAccessKeyId" => unauthenticated(Unauthenticated::UnknownKey),
            "AuthenticationFailed" | "InvalidAuthenticationInfo" | "InvalidToken" => {
                unauthenticated(Unauthenticated::Rejected)
            }
            "AuthorizationFailure" if said.text.contains("failed to authenticate") => {
                unauthenticated(Unauthenticated::Rejected)
            }
            "AccessDenied" | "AllAccessDisabled" | "AuthorizationPermissionMismatch" => {
                RemoteError::Denied { remote, action, key: key.to_owned() }
            }
            "PermanentRedirect"
            | "AuthorizationHeaderMalformed"
            | "IllegalLocationConstraint"
            | "IllegalLocationConstraintException" => {
                let expected = said.element("Region").map(str::to_owned);
                RemoteError::WrongRegion { remote, expected }
            }
            "KeyTooLongError" => RemoteError::TooLong { remote, key: key.to_owned() },
            "QuotaExceeded" | "XMinioStorageFull" => RemoteError::Full { remote },
            "SlowDown" | "InternalError" | "ServerBusy" | "OperationTimedOut" => {
                self.unreachable(said.reason())
            }
            _ => return None,
        })
    }

    fn told_by_transport(&self, remote: String, said: &Said) -> RemoteError {
        if said.text.contains("invalid peer certificate") {
            return RemoteError::Failed { remote, reason: said.reason() };
        }
        if said.text.contains("Received redirect without LOCATION") {
            return RemoteError::WrongRegion { remote, expected: None };
        }
        self.unreachable(said.reason())
    }

    fn folder_fault(&self, action: &'static str, key: &str, error: &io::Error) -> RemoteError {
        let (remote, key) = (self.url.to_string(), key.to_owned());
        match error.kind() {
            io::ErrorKind::NotFound => RemoteError::Missing { remote, key },
            io::ErrorKind::PermissionDenied => RemoteError::Denied { remote, action, key },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                RemoteError::Full { remote }
            }
            io::ErrorKind::ReadOnlyFilesystem => RemoteError::ReadOnly { remote },
            io::ErrorKind::InvalidFilename => RemoteError::TooLong { remote, key },
            io::ErrorKind::Interrupted
            | io::ErrorKind::TimedOut
            | io::ErrorKind::StaleNetworkFileHandle => self.unreachable(error.to_string()),
            _ => RemoteError::Failed { remote, reason: error.to_string() },
        }
    }
}

/// What an error and its causes say.
struct Said {
    text: String,
    status: Option<u16>,
    /// What the last of the causes says.
    cause: String,
}

impl Said {
    fn of(error: &Error) -> Self {
        let text = error.to_string();
        let status =
            text.split_once("status code: ").and_then(|(_, rest)| rest.get(..3)?.parse().ok());
        Self { status, cause: cause_of(error), text }
    }

    /// Tells whether it was asked who this machine is, as clouds tell their own machines.
    fn is_of_the_machine(&self) -> bool {
        let hosts = ["://169.254.169.254", "://169.254.170.2", "://metadata.google.internal"];
        hosts.iter().any(|host| self.text.contains(host))
    }

    /// Returns what an XML element of the body holds.
    fn element(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.text.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(content, _)| content)
    }

    /// Says it in one line: what the server wrote for people, or else the cause.
    fn reason(&self) -> String {
        let told = self.element("Message").or_else(|| self.element("Code"));
        let status = self.status.map(|status| format!("status {status}"));
        let mut reason = match (told, status) {
            (Some(told), Some(status)) => format!("{told} ({status})"),
            (Some(told), None) => told.to_owned(),
            (None, Some(status)) => status,
            (None, None) => self.cause.clone(),
        };
        reason.retain(|c| !c.is_control());
        reason.truncate(reason.floor_char_boundary(300));
        reason
    }
}

/// Returns what the last of the causes says.
pub(super) fn cause_of(error: &Error) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// Returns the first cause of this type.
fn cause<E: std::error::Error + 'static>(error: &Error) -> Option<&E> {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        source = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use object_store::memory::InMemory;

    use super::*;
    use crate::remote::RemoteUrl;

    fn fault(error: &Error) -> RemoteError {
        let url = RemoteUrl::parse("s3://bucket", Path::new("/")).unwrap();
        Backend::over(Arc::new(InMemory::new()), &url).fault("write", "refs/latest", error)
    }

    fn answered(status: &str, body: &str) -> RemoteError {
        let source = format!("Server returned non-2xx status code: {status}: {body}").into();
        fault(&Error::Generic { store: "S3", source })
    }

    #[test]
    fn an_error_of_s3_is_a_fact() {
        let answers = [
            ("404 Not Found", "<Error><Code>NoSuchBucket</Code></Error>"),
            ("400 Bad Request", "<Error><Code>ExpiredToken</Code><Message>x</Message></Error>"),
            ("403 Forbidden", "<Error><Code>RequestTimeTooSkewed</Code></Error>"),
            ("403 Forbidden", "<Error><Code>SignatureDoesNotMatch</Code></Error>"),
            ("403 Forbidden", "<Error><Code>AccessDenied</Code></Error>"),
            ("403 Forbidden", ""),
            ("400 Bad Request", "<Code>AuthorizationHeaderMalformed</Code><Region>eu-1</Region>"),
            ("503 Slow Down", "<Code>SlowDown</Code><Message>Reduce your rate.</Message>"),
            ("502 Bad Gateway", "<html>\n<h1>nginx</h1>"),
            ("418 I'm a teapot", ""),
        ];
        let facts: Vec<String> = answers
            .iter()
            .map(|(status, body)| answered(status, body))
            .map(|fact| format!("{}{fact}", if fact.is_passing() { "passing: " } else { "" }))
            .collect();
        insta::assert_snapshot!(facts.join("\n"), @r"
        there is no bucket for `s3://bucket`
        `s3://bucket` does not accept who you say you are: the session has expired
        `s3://bucket` does not accept who you say you are: the clock of this machine is wrong
        `s3://bucket` does not accept who you say you are: the secret does not fit the key
        `s3://bucket` does not let you write `refs/latest`
        `s3://bucket` does not let you write `refs/latest`
        `s3://bucket` is in the region `eu-1`
        passing: `s3://bucket` cannot be reached: Reduce your rate. (status 503)
        passing: `s3://bucket` cannot be reached: status 502
        `s3://bucket` refused: status 418
        ");
    }

    #[test]
    fn a_machine_without_a_role_has_no_credentials() {
        for said in ["operation timed out", "status code: 403 Forbidden: denied"] {
            let source =
                format!("Error performing PUT http://169.254.169.254/latest: {said}").into();
            let fact = fault(&Error::Generic { store: "S3", source });
            assert!(matches!(fact, RemoteError::NoCredentials { .. }), "{fact}");
        }
    }
}
