//! Revisions as users write them: `main`, `v1.2`, `HEAD~2`, `main@{1}`, `origin/main`,
//! `churn@champion`, id prefixes.

use rusqlite::Connection;

use crate::base::CommitId;
use crate::object::ObjectDb;
use crate::refs::operation::history;
use crate::refs::{RefError, RefName, RefValue, table};
use crate::store::BlobKind;

/// The fewest digits an id may be shortened to.
const MIN_PREFIX: usize = 4;

/// A revision as it was written: a name, and steps from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    text: String,
    name: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// `~n`: n first parents up.
    Ancestor(usize),
    /// `^n`: the n-th parent; `^0` is the commit itself.
    Parent(usize),
    /// `@{n}`: what the name held n moves ago.
    Earlier(usize),
}

/// Splits `REV:PATH` at its first colon.
pub fn split_path(text: &str) -> (&str, Option<&str>) {
    text.split_once(':').map_or((text, None), |(revision, path)| (revision, Some(path)))
}

impl Revision {
    /// Reads a revision.
    pub fn parse(text: &str) -> Result<Self, RefError> {
        let syntax = |reason: &str| RefError::Syntax {
            revision: text.to_owned(),
            reason: reason.to_owned(),
        };
        let end =
            text.find(['~', '^']).into_iter().chain(text.find("@{")).min().unwrap_or(text.len());
        let (name, mut rest) = text.split_at(end);
        let mut steps = Vec::new();
        while let Some(mark) = rest.chars().next() {
            let body = &rest[mark.len_utf8()..];
            if mark == '@' {
                let inner = body.strip_prefix('{').and_then(|body| body.split_once('}'));
                let (number, after) = inner.ok_or_else(|| syntax("`@{` without a `}`"))?;
                let number = number.parse().map_err(|_| syntax("`@{…}` takes a number"))?;
                if !steps.is_empty() {
                    return Err(syntax("`@{…}` must follow the name"));
                }
                steps.push(Step::Earlier(number));
                rest = after;
                continue;
            }
            let digits = body.find(|c: char| !c.is_ascii_digit()).unwrap_or(body.len());
            let number = match &body[..digits] {
                "" => 1,
                number => number.parse().map_err(|_| syntax("the number is too large"))?,
            };
            steps.push(match mark {
                '~' => Step::Ancestor(number),
                '^' => Step::Parent(number),
                _ => return Err(syntax("expected `~`, `^` or `@{` after the name")),
            });
            rest = &body[digits..];
        }
        let name = match name {
            "" if !steps.is_empty() => "HEAD",
            "" => return Err(syntax("it is empty")),
            "@" => "HEAD",
            name => name,
        };
        Ok(Self { text: text.to_owned(), name: name.to_owned(), steps })
    }

    /// Returns the commit this revision means, and the ref that was named, where one was.
    pub fn resolve(
        &self,
        connection: &Connection,
        objects: &ObjectDb,
    ) -> Result<(CommitId, Option<RefName>), RefError> {
        let (mut commit, name) = match self.steps.first() {
            Some(Step::Earlier(moves)) => self.earlier(connection, *moves)?,
            _ => self.named(connection, objects)?,
        };
        for step in &self.steps {
            commit = match step {
                Step::Earlier(_) | Step::Parent(0) => commit,
                Step::Parent(number) => parent(objects, commit, *number)?,
                Step::Ancestor(count) => {
                    (0..*count).try_fold(commit, |commit, _| parent(objects, commit, 1))?
                }
            };
        }
        Ok((commit, name.filter(|_| self.steps.is_empty())))
    }

    fn named(
        &self,
        connection: &Connection,
        objects: &ObjectDb,
    ) -> Result<(CommitId, Option<RefName>), RefError> {
        if let Some((name, value)) = find_ref(connection, &self.name)? {
            if let Some(branch) = value.branch() {
                return match table::get(connection, &branch)?.and_then(|value| value.commit()) {
                    Some(commit) => Ok((commit, Some(branch))),
                    None => Err(RefError::Unborn { branch }),
                };
            }
            if let Some(commit) = value.commit() {
                return Ok((commit, Some(name)));
            }
        }
        let is_hex = self.name.bytes().all(|b| b.is_ascii_hexdigit());
        if is_hex && (MIN_PREFIX..=64).contains(&self.name.len()) {
            let prefix = self.name.to_ascii_lowercase();
            let found = objects
                .store()
                .find(BlobKind::Commit, &prefix, 8)
                .map_err(|error| RefError::Object(error.into()))?;
            match found[..] {
                [] => {}
                [only] => return Ok((CommitId(only.hash), None)),
                _ => {
                    let candidates = found.iter().map(|id| CommitId(id.hash)).collect();
                    return Err(RefError::AmbiguousPrefix { prefix, candidates });
                }
            }
        }
        let candidates = table::list(connection, "refs/")?;
        Err(RefError::NoSuchRevision {
            name: self.name.clone(),
            candidates: candidates.iter().map(|(name, _)| name.short().to_owned()).collect(),
        })
    }

    fn earlier(
        &self,
        connection: &Connection,
        moves: usize,
    ) -> Result<(CommitId, Option<RefName>), RefError> {
        let found = find_ref(connection, &self.name)?;
        // A detached or switched `HEAD` has a history of its own; on a branch `HEAD@{n}` follows it.
        let name = match &found {
            Some((_, value)) if self.name == "HEAD" => value.branch().unwrap_or(RefName::head()),
            Some((name, _)) => name.clone(),
            None => {
                return Err(RefError::NoSuchRevision {
                    name: self.name.clone(),
                    candidates: vec![],
                });
            }
        };
        let values: Vec<_> =
            history(connection, &name)?.into_iter().flatten().filter_map(|v| v.commit()).collect();
        match values.get(moves) {
            Some(commit) => Ok((*commit, None)),
            None => Err(RefError::NoOlderValue {
                name: self.name.clone(),
                moves: values.len().saturating_sub(1),
                wanted: moves,
            }),
        }
    }
}

impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Returns the ref that a short or full name means: tags before branches before remotes, as in Git,
/// and aliases of models last.
fn find_ref(connection: &Connection, name: &str) -> Result<Option<(RefName, RefValue)>, RefError> {
    let short =
        [RefName::tag(name), RefName::branch(name), RefName::remote(name), RefName::model(name)];
    let stash = (name == "stash").then(RefName::stash);
    let full = name.parse::<RefName>().ok();
    for candidate in full.into_iter().chain(short.into_iter().flatten()).chain(stash) {
        if let Some(value) = table::get(connection, &candidate)? {
            return Ok(Some((candidate, value)));
        }
    }
    Ok(None)
}

fn parent(objects: &ObjectDb, commit: CommitId, number: usize) -> Result<CommitId, RefError> {
    let parents = objects.commit(commit)?.parents;
    parents.get(number - 1).copied().ok_or(RefError::NoParent { commit, number })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::{Hash, Timestamp, TreeId};
    use crate::object::{Commit, Signature};
    use crate::refs::operation::{self, NewOperation, OperationKind};
    use crate::refs::table::RefEdit;
    use crate::store::MemoryStore;

    struct World {
        connection: Connection,
        objects: ObjectDb,
    }

    impl World {
        fn new() -> Self {
            let connection = Connection::open_in_memory().unwrap();
            connection.execute_batch(table::SCHEMA).unwrap();
            connection.execute_batch(operation::SCHEMA).unwrap();
            let objects = ObjectDb::new(Arc::new(MemoryStore::default()));
            let world = Self { connection, objects };
            let main = RefName::branch("main").unwrap();
            world.set(RefName::head(), RefValue::on_branch(&main));
            world
        }

        fn commit(&self, message: &str, parents: &[CommitId]) -> CommitId {
            let who = Signature { name: "a".to_owned(), email: "a@b".to_owned() };
            let time = Timestamp::from_seconds(0);
            let commit = Commit {
                tree: TreeId(Hash::of(b"")),
                parents: parents.to_vec(),
                author: who.clone(),
                time,
                committer: who,
                commit_time: time,
                message: message.to_owned(),
                meta: vec![],
                code: None,
            };
            self.objects.write_commit(&commit).unwrap()
        }

        fn set(&self, name: RefName, value: RefValue) {
            let applied = table::apply(&self.connection, &[RefEdit::set(name, value)]).unwrap();
            let operation = NewOperation {
                time: Timestamp::from_seconds(0),
                command: String::new(),
                kind: OperationKind::Normal,
                checkout: None,
                saved: None,
            };
            operation::record(&self.connection, &operation, &applied).unwrap();
        }

        fn resolve(&self, text: &str) -> Result<CommitId, RefError> {
            let revision = Revision::parse(text)?;
            revision.resolve(&self.connection, &self.objects).map(|(commit, _)| commit)
        }
    }

    #[test]
    fn every_form_of_revision_finds_its_commit() {
        let world = World::new();
        let one = world.commit("one", &[]);
        let two = world.commit("two", &[one]);
        let side = world.commit("side", &[one]);
        let merged = world.commit("merge", &[two, side]);
        let main = RefName::branch("main").unwrap();
        for commit in [one, two, merged] {
            world.set(main.clone(), RefValue::Commit(commit));
        }
        world.set(RefName::tag("v1.2").unwrap(), RefValue::Commit(one));
        world.set(RefName::remote("origin/main").unwrap(), RefValue::Commit(two));
        let champion = RefName::model("churn@champion").unwrap();
        for commit in [one, two] {
            world.set(champion.clone(), RefValue::Record(Some(commit), vec![]));
        }
        for (text, wanted) in [
            ("main", merged),
            ("HEAD", merged),
            ("@", merged),
            ("refs/heads/main", merged),
            ("HEAD~2", one),
            ("@~", two),
            ("HEAD^2", side),
            ("HEAD^2^0~1", one),
            ("main@{1}", two),
            ("@{2}", one),
            ("main@{1}~", one),
            ("v1.2", one),
            ("origin/main", two),
            ("churn@champion", two),
            ("churn@champion~", one),
            ("churn@champion@{1}", one),
            (&side.to_hex()[..12], side),
            (&side.to_hex().to_uppercase(), side),
        ] {
            assert_eq!(world.resolve(text).unwrap(), wanted, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_found_says_why() {
        let world = World::new();
        assert!(matches!(world.resolve("HEAD"), Err(RefError::Unborn { .. })));
        let one = world.commit("one", &[]);
        world.set(RefName::branch("main").unwrap(), RefValue::Commit(one));
        assert!(matches!(world.resolve("HEAD~1"), Err(RefError::NoParent { number: 1, .. })));
        assert!(matches!(
            world.resolve("main@{7}"),
            Err(RefError::NoOlderValue { moves: 0, wanted: 7, .. })
        ));
        let Err(RefError::NoSuchRevision { candidates, .. }) = world.resolve("mian") else {
            panic!("found a branch that is not there");
        };
        assert_eq!(candidates, ["main"]);
        for bad in ["", "main^x", "main@{", "main@{x}", "main~1@{1}", "a~99999999999999999999"] {
            assert!(matches!(world.resolve(bad), Err(RefError::Syntax { .. })), "{bad}");
        }
    }

    #[test]
    fn a_path_follows_the_first_colon() {
        assert_eq!(split_path("main:a:b"), ("main", Some("a:b")));
        assert_eq!(split_path("main"), ("main", None));
    }
}
