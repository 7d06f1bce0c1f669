//! Lays the layers over each other.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::duration::parse_duration;
use crate::base::fs::read_if_exists;
use crate::config::environment::Environment;
use crate::config::error::{ConfigError, Origin, Warning};
use crate::config::keys::{KEYS, Key};
use crate::config::layer;

/// Every setting with its default: the reference.
pub const DEFAULTS: &str = include_str!("default.toml");

const SYSTEM_FILE: &str = "/etc/mlv/config.toml";

/// Variables that set what no file sets: other tools read them too.
const WEAK_VARIABLES: &[(&str, &str)] = &[("PAGER", "ui.pager"), ("EDITOR", "core.editor")];

/// Variables that stand above every file.
const STRONG_VARIABLES: &[(&str, &str)] =
    &[("MLV_AUTHOR_NAME", "user.name"), ("MLV_AUTHOR_EMAIL", "user.email")];

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Default,
    File(PathBuf),
    Environment(&'static str),
    Flag,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the defaults"),
            Self::File(path) => write!(f, "`{}`", path.display()),
            Self::Environment(name) => write!(f, "the environment variable `{name}`"),
            Self::Flag => f.write_str("the command line"),
        }
    }
}

/// A value and its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    pub text: String,
    pub source: Source,
}

/// The settings that hold.
#[derive(Debug, Clone)]
pub struct Config {
    values: BTreeMap<String, Value>,
}

impl Config {
    /// Reads every layer; `repo_config` is the repository's file, `flags` are `-c key=value`.
    pub fn load(
        environment: &Environment,
        repo_config: Option<&Path>,
        flags: &[(String, String)],
    ) -> Result<(Self, Vec<Warning>), ConfigError> {
        Self::load_from(Path::new(SYSTEM_FILE), environment, repo_config, flags)
    }

    pub(super) fn load_from(
        system: &Path,
        environment: &Environment,
        repo_config: Option<&Path>,
        flags: &[(String, String)],
    ) -> Result<(Self, Vec<Warning>), ConfigError> {
        let mut warnings = Vec::new();
        let mut config = Self { values: BTreeMap::new() };
        config.take_text(Source::Default, DEFAULTS, &mut warnings)?;
        config.take_variables(environment, WEAK_VARIABLES)?;
        if environment.raw("NO_COLOR").is_some_and(|value| !value.is_empty()) {
            config.take(Source::Environment("NO_COLOR"), "ui.color", "never")?;
        }
        let user = environment.user_config();
        for file in [Some(system), user.as_deref(), repo_config].into_iter().flatten() {
            config.take_file(file, &mut warnings)?;
        }
        config.take_variables(environment, STRONG_VARIABLES)?;
        for (name, text) in flags {
            config.take(Source::Flag, name, text)?;
        }
        Ok((config, warnings))
    }

    /// Returns the value of a setting, or nothing where it is not set and has no default.
    pub fn string(&self, name: &str) -> Option<Value> {
        debug_assert!(Key::find(name).is_some(), "`{name}` is not in the list of settings");
        let value = self.values.get(name)?;
        let unset = value.source == Source::Default && value.text.is_empty();
        (!unset).then(|| value.clone())
    }

    pub fn integer(&self, name: &str) -> Option<i64> {
        self.string(name)?.text.parse().ok()
    }

    pub fn duration(&self, name: &str) -> Option<Duration> {
        parse_duration(&self.string(name)?.text).ok()
    }

    /// Returns every setting in the order of the reference, unset ones with an empty text.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Value)> {
        let values = self.values.iter().map(|(name, value)| (name.as_str(), value));
        KEYS.iter().flat_map(move |key| values.clone().filter(|(name, _)| key.matches(name)))
    }

    fn take_file(&mut self, path: &Path, warnings: &mut Vec<Warning>) -> Result<(), ConfigError> {
        let Some(bytes) = read_if_exists(path)? else { return Ok(()) };
        let source = Source::File(path.to_owned());
        let text = String::from_utf8(bytes).map_err(|_| ConfigError::Syntax {
            origin: Origin(source.clone()),
            reason: "it is not UTF-8 text".to_owned(),
        })?;
        self.take_text(source, &text, warnings)
    }

    fn take_text(
        &mut self,
        source: Source,
        text: &str,
        warnings: &mut Vec<Warning>,
    ) -> Result<(), ConfigError> {
        for (name, text) in layer::read(&source, text, warnings)? {
            self.values.insert(name, Value { text, source: source.clone() });
        }
        Ok(())
    }

    fn take_variables(
        &mut self,
        environment: &Environment,
        variables: &[(&'static str, &str)],
    ) -> Result<(), ConfigError> {
        for (variable, name) in variables {
            if let Some(text) = environment.get(variable) {
                self.take(Source::Environment(variable), name, text)?;
            }
        }
        Ok(())
    }

    fn take(&mut self, source: Source, name: &str, text: &str) -> Result<(), ConfigError> {
        let key = Key::find(name).ok_or_else(|| ConfigError::UnknownKey {
            key: name.to_owned(),
            candidates: Key::candidates(name),
        })?;
        let text = layer::checked(&source, key, name, text)?;
        self.values.insert(name.to_owned(), Value { text, source });
        Ok(())
    }
}

/// Returns the key and the value of a `-c KEY=VALUE`.
pub fn parse_assignment(text: &str) -> Result<(String, String), ConfigError> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err(ConfigError::NotAnAssignment { text: text.to_owned() }),
    }
}
