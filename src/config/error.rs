//! What can be wrong with settings.

use std::fmt;

use crate::base::fs::PathError;
use crate::base::suggest;
use crate::config::Source;

/// Why settings cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{origin} is not valid TOML: {reason}")]
    Syntax { origin: Origin, reason: String },
    #[error("`{key}` in {origin} is `{found}`: expected {expected}")]
    BadValue { origin: Origin, key: String, found: String, expected: String },
    #[error("unknown setting `{key}`")]
    UnknownKey { key: String, candidates: Vec<String> },
    #[error("`{text}` sets nothing: expected KEY=VALUE")]
    NotAnAssignment { text: String },
    #[error("`{key}` in {origin} is not a table of settings")]
    NotATable { origin: Origin, key: String },
    #[error(transparent)]
    Path(#[from] PathError),
}

/// A [`Source`] as part of an error, of which it is not the cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(pub Source);

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A setting that means nothing; reading goes on without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    pub source: Source,
    pub key: String,
    pub candidates: Vec<String>,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown setting `{}` in {}", self.key, self.source)?;
        match suggest::did_you_mean(&self.candidates) {
            Some(question) => write!(f, ": {question}"),
            None => Ok(()),
        }
    }
}
