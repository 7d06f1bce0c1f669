//! `RefName`: the full name of a ref, as `refs/heads/main`.

use std::fmt;
use std::str::FromStr;

use crate::refs::RefError;

const BRANCHES: &str = "refs/heads/";
const TAGS: &str = "refs/tags/";
const REMOTES: &str = "refs/remotes/";
const MODELS: &str = "refs/models/";
const MAX_LENGTH: usize = 240;

/// The full name of a ref. Beside branches, tags and aliases of models there are a few fixed ones: `HEAD`, `STAGED`
/// (the tree to be committed), `MERGE` (a merge under way), `SPARSE` (which part the working copy
/// holds), `refs/stash` and `refs/verdicts` (what hooks found, by the tree that they judged).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefName(String);

/// Which rule a name breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameRule {
    #[error("it is empty")]
    Empty,
    #[error("it is longer than {MAX_LENGTH} bytes")]
    TooLong,
    #[error("it has one of the characters ~ ^ : ? * [ \\, a space or a control character")]
    Character,
    #[error("it has an empty component, or one that starts with a dot or ends with `.lock`")]
    Component,
    #[error("it contains `..` or `@{{`")]
    Sequence,
    #[error("it starts with a dash or ends with a dot")]
    Edge,
    #[error("the name means something else")]
    Reserved,
    #[error("it is not of the form MODEL@ALIAS, with one `@` and no `/` behind it")]
    Alias,
}

/// Checks the short name of a branch or tag, by Git's rules.
fn check(name: &str) -> Result<(), NameRule> {
    let bad = |c: char| c.is_control() || " ~^:?*[\\\u{7f}".contains(c);
    let bad_component = |part: &str| {
        part.is_empty()
            || part.starts_with('.')
            || part.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("lock"))
    };
    if name.is_empty() {
        Err(NameRule::Empty)
    } else if name.len() > MAX_LENGTH {
        Err(NameRule::TooLong)
    } else if name.contains(bad) {
        Err(NameRule::Character)
    } else if name.split('/').any(bad_component) {
        Err(NameRule::Component)
    } else if name.contains("..") || name.contains("@{") {
        Err(NameRule::Sequence)
    } else if name.starts_with('-') || name.ends_with('.') {
        Err(NameRule::Edge)
    } else if matches!(name, "HEAD" | "@" | "STAGED" | "MERGE" | "SPARSE") {
        Err(NameRule::Reserved)
    } else {
        Ok(())
    }
}

impl RefName {
    /// Returns the name of what is checked out.
    pub fn head() -> Self {
        Self("HEAD".to_owned())
    }

    /// Returns the name of the tree that the next commit will hold.
    pub fn staged() -> Self {
        Self("STAGED".to_owned())
    }

    /// Returns the name of the merge under way.
    pub fn merge() -> Self {
        Self("MERGE".to_owned())
    }

    /// Returns the name of the set of paths that the working copy holds.
    pub fn sparse() -> Self {
        Self("SPARSE".to_owned())
    }

    /// Returns the name of the tree of verdicts.
    pub fn verdicts() -> Self {
        Self("refs/verdicts".to_owned())
    }

    /// Returns the name of the newest stash.
    pub fn stash() -> Self {
        Self("refs/stash".to_owned())
    }

    fn checked(prefix: &str, short: &str) -> Result<Self, RefError> {
        match check(short) {
            Ok(()) => Ok(Self(format!("{prefix}{short}"))),
            Err(rule) => Err(RefError::BadName { name: short.to_owned(), rule }),
        }
    }

    /// Returns the full name of a branch.
    pub fn branch(short: &str) -> Result<Self, RefError> {
        Self::checked(BRANCHES, short)
    }

    /// Returns the full name of a tag.
    pub fn tag(short: &str) -> Result<Self, RefError> {
        Self::checked(TAGS, short)
    }

    /// Returns the full name of a branch as it was last seen on a remote, as `origin/main`.
    pub fn remote(short: &str) -> Result<Self, RefError> {
        Self::checked(REMOTES, short)
    }

    /// Returns the full name of an alias of a model, as `churn@champion`.
    pub fn model(short: &str) -> Result<Self, RefError> {
        let parts = short.split_once('@');
        let is_part = |part: &str| !part.is_empty() && !part.contains('@');
        if !parts
            .is_some_and(|(model, alias)| is_part(model) && is_part(alias) && !alias.contains('/'))
        {
            return Err(RefError::BadName { name: short.to_owned(), rule: NameRule::Alias });
        }
        Self::checked(MODELS, short)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_branch(&self) -> bool {
        self.0.starts_with(BRANCHES)
    }

    pub fn is_tag(&self) -> bool {
        self.0.starts_with(TAGS)
    }

    pub fn is_model(&self) -> bool {
        self.0.starts_with(MODELS)
    }

    /// Returns the model and the alias, where it is one.
    pub fn model_alias(&self) -> Option<(&str, &str)> {
        self.0.strip_prefix(MODELS)?.split_once('@')
    }

    /// Returns the name as users write it.
    pub fn short(&self) -> &str {
        [BRANCHES, TAGS, REMOTES, MODELS, "refs/"]
            .iter()
            .find_map(|prefix| self.0.strip_prefix(prefix))
            .unwrap_or(&self.0)
    }
}

impl FromStr for RefName {
    type Err = RefError;

    /// Reads a full name.
    fn from_str(text: &str) -> Result<Self, RefError> {
        if let Some(short) = text.strip_prefix(MODELS) {
            return Self::model(short);
        }
        for prefix in [BRANCHES, TAGS, REMOTES] {
            if let Some(short) = text.strip_prefix(prefix) {
                return Self::checked(prefix, short);
            }
        }
        match text {
            "HEAD" | "STAGED" | "MERGE" | "SPARSE" | "refs/stash" | "refs/verdicts" => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(RefError::BadName { name: text.to_owned(), rule: NameRule::Reserved }),
        }
    }
}

impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<C> minicbor::Encode<C> for RefName {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.str(&self.0)?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for RefName {
    fn decode(
        decoder: &mut minicbor::Decoder<'b>,
        _: &mut C,
    ) -> Result<Self, minicbor::decode::Error> {
        decoder.str()?.parse().map_err(minicbor::decode::Error::message)
    }
}

impl serde::Serialize for RefName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.short())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_revisions_could_not_say_are_refused() {
        let long = "x".repeat(MAX_LENGTH + 1);
        for bad in [
            "", "a b", "a..b", "-x", "a/", "/a", "a//b", ".a", "a.lock", "a.", "a~1", "a^", "a:b",
            "HEAD", "@", "x@{1}", "a\nb", &long,
        ] {
            assert!(RefName::branch(bad).is_err(), "{bad:?}");
        }
        for good in ["main", "feature/x", "v1.2", "a@b", "größe", "auto/retrain-3"] {
            assert_eq!(RefName::branch(good).unwrap().short(), good);
        }
    }

    #[test]
    fn an_alias_names_one_model_and_one_place_of_it() {
        for bad in ["churn", "@x", "churn@", "a@b@c", "churn@a/b", "ch urn@x", "churn@@", "a@{1}"] {
            assert!(RefName::model(bad).is_err(), "{bad:?}");
        }
        let alias = RefName::model("eu/churn@champion").unwrap();
        assert_eq!(alias.model_alias(), Some(("eu/churn", "champion")));
        assert_eq!((alias.short(), alias.is_tag()), ("eu/churn@champion", false));
        assert_eq!(alias.as_str().parse::<RefName>().unwrap(), alias);
    }

    #[test]
    fn a_full_name_survives_the_way_through_text() {
        let branch = RefName::branch("a/b").unwrap();
        for name in
            [RefName::head(), branch, RefName::stash(), RefName::verdicts(), RefName::sparse()]
        {
            assert_eq!(name.as_str().parse::<RefName>().unwrap(), name);
        }
        assert!("refs/heads/../x".parse::<RefName>().is_err());
    }
}
