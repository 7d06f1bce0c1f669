//! A host whose repository is a map in memory; sandboxes are real directories.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use crate::base::lock::{FileLock, LockError, LockKind};
use crate::base::{Hash, RepoPath, TreeId};
use crate::hook::runner::*;
use crate::hook::spec::Hook;
use crate::object::Entry;
use crate::object::tree::{TreeEdit, TreeValue};

type Files = BTreeMap<String, Vec<u8>>;

pub(super) struct MemoryHost {
    pub dir: tempfile::TempDir,
    pub tree: TreeId,
    pub state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    trees: BTreeMap<TreeId, Files>,
    pub journal: Vec<RunRecord>,
    /// How many writes of the journal succeed.
    pub journal_room: Option<usize>,
    pub released: Vec<PathBuf>,
    /// How many sandboxes are open, and how many were at most.
    pub open: usize,
    pub most_open: usize,
    pub remembered: Vec<RunRecord>,
    /// Verdicts that stand in for runs.
    pub known: BTreeMap<String, Recalled>,
    sandboxes: BTreeMap<PathBuf, TreeId>,
}

fn id(files: &Files) -> TreeId {
    TreeId(Hash::of(format!("{files:?}").as_bytes()))
}

pub(super) fn path(text: &str) -> RepoPath {
    RepoPath::from_bytes(text).unwrap()
}

/// Returns an edit of the memory repository, in which links stand for files.
pub(super) fn set(name: &str, bytes: &[u8]) -> TreeEdit {
    let value = TreeValue::Set(Entry::Symlink { target: bytes.to_vec() });
    TreeEdit { path: path(name), value }
}

impl MemoryHost {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
        let files: Files = files.collect();
        let tree = id(&files);
        let trees = BTreeMap::from([(tree, files)]);
        let state = Mutex::new(State { trees, ..State::default() });
        Self { dir: tempfile::tempdir().unwrap(), tree, state }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Returns the names of the files in a tree.
    pub fn names(&self, tree: TreeId) -> BTreeSet<String> {
        self.state().trees[&tree].keys().cloned().collect()
    }

    pub fn log(&self, run_id: &str) -> String {
        let file = std::fs::File::open(self.dir.path().join(format!("{run_id}.log"))).unwrap();
        std::io::read_to_string(crate::hook::process::decode_log(file).unwrap()).unwrap()
    }
}

impl Host for MemoryHost {
    fn slots(&self, hooks: &[&Hook]) -> Result<Vec<Slot>, HostError> {
        let slot = |number: usize| {
            let run_id = format!("r-{number:06}");
            let log_name = format!("{run_id}.log");
            Slot { log: self.dir.path().join(&log_name), run_id, log_name, attempt: 1, done: None }
        };
        Ok((1..=hooks.len()).map(slot).collect())
    }

    fn journal(&self, records: &[RunRecord]) -> Result<(), HostError> {
        let mut state = self.state();
        match &mut state.journal_room {
            Some(0) => return Err("the journal is full".into()),
            Some(room) => *room -= 1,
            None => {}
        }
        state.journal.extend_from_slice(records);
        Ok(())
    }

    fn turn(&self, group: &str) -> Result<Option<Turn>, HostError> {
        let path = self.dir.path().join(format!("{group}.lock"));
        match FileLock::acquire(&path, LockKind::Exclusive, Duration::ZERO) {
            Ok(turn) => Ok(Some(turn)),
            Err(LockError::Held { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn recall(&self, hook: &Hook, _tree: TreeId) -> Result<Option<Recalled>, HostError> {
        Ok(self.state().known.get(hook.id.as_str()).cloned())
    }

    fn prepare(&self, hook: &Hook, run_id: &str, tree: TreeId) -> Result<Sandbox, HostError> {
        let number = self.state().released.len();
        let root = self.dir.path().join(format!("{run_id}-{number}"));
        let (dir, scratch) = (root.join("tree"), root.join("scratch"));
        std::fs::create_dir_all(&scratch)?;
        std::fs::create_dir_all(&dir)?;
        let mut state = self.state();
        state.open += 1;
        state.most_open = state.most_open.max(state.open);
        state.sandboxes.insert(dir.clone(), tree);
        for (name, bytes) in &state.trees[&tree] {
            if hook.inputs.is_empty() || hook.inputs.matches_path(&path(name)) {
                let file = dir.join(name);
                std::fs::create_dir_all(file.parent().unwrap())?;
                crate::base::fs::atomic_write(&file, bytes)?;
            }
        }
        Ok(Sandbox { dir, scratch, base_dir: None, way: Vec::new() })
    }

    fn collect(&self, hook: &Hook, sandbox: &Sandbox) -> Result<Collected, HostError> {
        let state = self.state();
        let before = &state.trees[&state.sandboxes[&sandbox.dir]];
        let (mut edits, mut stray) = (Vec::new(), 0);
        for entry in std::fs::read_dir(&sandbox.dir)? {
            let name = entry?.file_name().into_string().unwrap();
            if hook.outputs.matches_path(&path(&name)) {
                edits.push(set(&name, &std::fs::read(sandbox.dir.join(&name))?));
            } else if !before.contains_key(&name) {
                stray += 1;
            }
        }
        let remark = (stray > 0).then(|| format!("{stray} stray files discarded"));
        Ok(Collected::Taken { edits, remark })
    }

    fn remember(
        &self,
        _hook: &Hook,
        _tree: TreeId,
        record: &RunRecord,
        _edits: &[TreeEdit],
    ) -> Result<(), HostError> {
        self.state().remembered.push(record.clone());
        Ok(())
    }

    fn tree_with(&self, tree: TreeId, edits: &[TreeEdit]) -> Result<TreeId, HostError> {
        let mut state = self.state();
        let mut files = state.trees[&tree].clone();
        for edit in edits {
            let TreeValue::Set(Entry::Symlink { target }) = &edit.value else {
                return Err("only links stand for files here".into());
            };
            files.insert(edit.path.to_string(), target.clone());
        }
        let tree = id(&files);
        state.trees.insert(tree, files);
        Ok(tree)
    }

    fn release(&self, sandbox: Sandbox) {
        let mut state = self.state();
        state.open -= 1;
        state.released.push(sandbox.dir);
    }
}
