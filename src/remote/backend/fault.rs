//! What a store says when it fails, read as facts.

use std::time::Duration;

use object_store::Error;

use super::{Backend, Creation};
use crate::remote::RemoteError;

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
    pub(super) fn local(&self, key: &str, error: &std::io::Error) -> RemoteError {
        let (remote, key) = (self.url.to_string(), key.to_owned());
        RemoteError::LocalFile { remote, key, reason: error.to_string() }
    }

    /// Tells what it means that a create failed.
    pub(super) fn not_created(&self, key: &str, error: &Error) -> Creation {
        match error {
            Error::AlreadyExists { .. } | Error::Precondition { .. } => Creation::Exists,
            error => Creation::Unknown(self.fault("write", key, error)),
        }
    }

    pub(super) fn fault(&self, _action: &'static str, key: &str, error: &Error) -> RemoteError {
        match error {
            Error::NotFound { .. } => self.missing(key),
            error => self.unreachable(error.to_string()),
        }
    }
}
