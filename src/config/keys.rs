//! Every setting there is, and what its values look like; `default.toml` holds the defaults.

use crate::base::duration::parse_duration;
use crate::base::suggest;

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Integer,
    Duration,
    Choice(&'static [&'static str]),
}

/// A setting. A `*` in the name stands for one name that the user chooses.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    pub name: &'static str,
    pub kind: Kind,
}

/// Every setting, as the reference lists them.
pub const KEYS: &[Key] = &[
    Key { name: "user.name", kind: Kind::Text },
    Key { name: "user.email", kind: Kind::Text },
    Key { name: "ui.color", kind: Kind::Choice(&["auto", "always", "never"]) },
    Key { name: "ui.pager", kind: Kind::Text },
    Key { name: "core.default_branch", kind: Kind::Text },
    Key { name: "core.editor", kind: Kind::Text },
    Key { name: "store.sync", kind: Kind::Choice(&["commit", "always"]) },
    Key { name: "hooks.jobs", kind: Kind::Integer },
    Key { name: "hooks.timeout", kind: Kind::Duration },
    Key { name: "hooks.grace", kind: Kind::Duration },
    Key { name: "hooks.worker", kind: Kind::Choice(&["auto", "manual"]) },
    Key { name: "hooks.post_merge", kind: Kind::Choice(&["here", "remote"]) },
    Key { name: "hooks.lease", kind: Kind::Duration },
    Key { name: "hooks.log_age", kind: Kind::Duration },
    Key { name: "hooks.cache_age", kind: Kind::Duration },
    Key { name: "hooks.cache_size", kind: Kind::Integer },
    Key { name: "hooks.toolchain", kind: Kind::Text },
    Key { name: "metrics.textfile", kind: Kind::Text },
    Key { name: "undo.keep_days", kind: Kind::Integer },
    Key { name: "undo.keep_operations", kind: Kind::Integer },
    Key { name: "cache.size", kind: Kind::Integer },
    Key { name: "remote.*.url", kind: Kind::Text },
    Key { name: "remote.*.promisor", kind: Kind::Choice(&["true", "false"]) },
    Key { name: "remote.*.region", kind: Kind::Text },
    Key { name: "remote.*.endpoint", kind: Kind::Text },
    Key { name: "remote.*.path_style", kind: Kind::Choice(&["true", "false"]) },
    Key { name: "remote.*.anonymous", kind: Kind::Choice(&["true", "false"]) },
    Key { name: "remote.*.profile", kind: Kind::Text },
    Key { name: "remote.*.account", kind: Kind::Text },
    Key { name: "remote.*.allow_http", kind: Kind::Choice(&["true", "false"]) },
    Key { name: "remote.*.jobs", kind: Kind::Integer },
    Key { name: "remote.*.promisor", kind: Kind::Choice(&["true", "false"]) },
    Key { name: "import.*.url", kind: Kind::Text },
    Key { name: "import.*.region", kind: Kind::Text },
    Key { name: "import.*.endpoint", kind: Kind::Text },
    Key { name: "import.*.path_style", kind: Kind::Choice(&["true", "false"]) },
    Key { name: "import.*.anonymous", kind: Kind::Choice(&["true", "false"]) },
    Key { name: "import.*.profile", kind: Kind::Text },
    Key { name: "import.*.account", kind: Kind::Text },
    Key { name: "import.*.allow_http", kind: Kind::Choice(&["true", "false"]) },
    Key { name: "import.*.jobs", kind: Kind::Integer },
    Key { name: "branch.*.upstream", kind: Kind::Text },
];

impl Key {
    /// Returns the setting of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.matches(name))
    }

    /// Tells whether this is the setting of that name, or stands for it.
    pub fn matches(&self, name: &str) -> bool {
        let Some((head, tail)) = self.name.split_once('*') else { return self.name == name };
        let chosen = name.strip_prefix(head).and_then(|rest| rest.strip_suffix(tail));
        chosen.is_some_and(|chosen| !chosen.is_empty())
    }

    /// Returns the names that a typo could have turned into `name`.
    pub fn candidates(name: &str) -> Vec<String> {
        suggest::candidates(name, KEYS.iter().map(|key| key.name))
    }
}

impl Kind {
    /// Tells whether a text is a value of this kind.
    pub fn accepts(self, text: &str) -> bool {
        match self {
            Self::Text => !text.contains('\0'),
            Self::Integer => text.parse::<i64>().is_ok_and(|number| number >= 0),
            Self::Duration => parse_duration(text).is_ok_and(|span| !span.is_zero()),
            Self::Choice(choices) => choices.contains(&text),
        }
    }

    /// Says what is accepted.
    pub fn expected(self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Integer => "a whole number, not negative".to_owned(),
            Self::Duration => "a duration as in 90s, 10m or 2h".to_owned(),
            Self::Choice(choices) => format!("one of {}", choices.join(", ")),
        }
    }
}
