//! The environment of the process, read once; nothing else in mlv looks at it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// An environment variable that mlv reads.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    pub name: &'static str,
    pub description: &'static str,
}

/// Every variable that mlv reads for itself.
pub const VARIABLES: &[Variable] = &[
    Variable { name: "MLV_DIR", description: "the `.mlv` directory, in place of the nearest one" },
    Variable { name: "MLV_REPO", description: "the remote to work on without a clone (`--repo`)" },
    Variable { name: "MLV_AUTHOR_NAME", description: "the author's name (`user.name`)" },
    Variable { name: "MLV_AUTHOR_EMAIL", description: "the author's address (`user.email`)" },
    Variable { name: "MLV_COMMIT_DATE", description: "the time of new commits, RFC 3339" },
    Variable { name: "MLV_CONFIG", description: "the user's configuration file" },
    Variable { name: "MLV_NO_VERIFY", description: "1: run no hooks where that is allowed" },
    Variable {
        name: "MLV_TRUST_HOOKS",
        description: "1: trust hooks that nobody has trusted here",
    },
    Variable { name: "MLV_LOG", description: "what to tell about mlv's own work on stderr" },
    Variable { name: "NO_COLOR", description: "anything: no colours, unless configured" },
    Variable { name: "PAGER", description: "the pager, unless `ui.pager` is set" },
    Variable { name: "EDITOR", description: "the editor, unless `core.editor` is set" },
    Variable { name: "HOME", description: "where the user's files are" },
    Variable { name: "XDG_CONFIG_HOME", description: "where the user's configuration is" },
    Variable { name: "XDG_CACHE_HOME", description: "where the mirrors of remotes are" },
];

/// A copy of environment variables; in tests, any map.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

impl Environment {
    /// Returns the environment this process was started with.
    pub fn from_process() -> Self {
        Self { variables: std::env::vars_os().collect() }
    }

    pub fn from_pairs<K, V>(pairs: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let pairs = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self { variables: pairs.collect() }
    }

    /// Returns a variable as text, unless it is missing, empty or no text.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.raw(name)?.to_str().filter(|text| !text.is_empty())
    }

    /// Returns a variable as it is.
    pub fn raw(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// Returns a variable as a path, unless it is missing or empty.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.raw(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// Tells whether a variable says yes: it is there, and not empty, `0`, `false` or `no`.
    pub fn is_set(&self, name: &str) -> bool {
        self.raw(name).is_some_and(|value| !["", "0", "false", "no"].iter().any(|no| value == *no))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// Returns where the user's own configuration lies, if there is a place for it.
    pub fn user_config(&self) -> Option<PathBuf> {
        let below = |dir: PathBuf| dir.join("mlv/config.toml");
        self.path("MLV_CONFIG")
            .or_else(|| self.path("XDG_CONFIG_HOME").filter(|dir| dir.is_absolute()).map(below))
            .or_else(|| self.path("HOME").map(|home| below(home.join(".config"))))
    }

    /// Returns where mlv may keep what it can fetch again, if there is a place for it.
    pub fn user_cache(&self) -> Option<PathBuf> {
        let dir = self.path("XDG_CACHE_HOME").filter(|dir| dir.is_absolute());
        let dir = dir.or_else(|| self.path("HOME").map(|home| home.join(".cache")));
        dir.map(|dir| dir.join("mlv"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_users_file_is_found_as_other_tools_find_theirs() {
        let user_config =
            |pairs: &[(&str, &str)]| Environment::from_pairs(pairs.iter().copied()).user_config();
        assert_eq!(user_config(&[]), None);
        let home = ("HOME", "/home/ada");
        let in_home = Path::new("/home/ada/.config/mlv/config.toml");
        assert_eq!(user_config(&[home]).as_deref(), Some(in_home));
        assert_eq!(user_config(&[home, ("XDG_CONFIG_HOME", "relative")]).as_deref(), Some(in_home));
        let xdg = ("XDG_CONFIG_HOME", "/xdg");
        assert_eq!(user_config(&[home, xdg]).as_deref(), Some(Path::new("/xdg/mlv/config.toml")));
        let own = user_config(&[home, xdg, ("MLV_CONFIG", "/own.toml")]);
        assert_eq!(own.as_deref(), Some(Path::new("/own.toml")));
    }

    #[test]
    fn a_switch_is_off_when_it_says_so() {
        let environment = Environment::from_pairs([("A", "1"), ("B", "0"), ("C", ""), ("D", "no")]);
        let set: Vec<bool> =
            ["A", "B", "C", "D", "E"].iter().map(|name| environment.is_set(name)).collect();
        assert_eq!(set, [true, false, false, false, false]);
    }

    #[test]
    fn the_process_environment_is_read_whole() {
        assert!(Environment::from_process().get("PATH").is_some());
    }
}
