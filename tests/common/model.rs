//! What a repository holds, read through the library byte for byte, beside what lies on the disk: for
//! tests that must not believe what the program prints.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use mlv::base::{CommitId, Hash, RepoPath, TreeId};
use mlv::object::Entry;
use mlv::repo::{OpenOptions, Repo};

/// Contents by path.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Opens the repository in a directory.
#[track_caller]
pub fn open(root: &Path) -> Repo {
    Repo::discover(root, OpenOptions::default()).unwrap()
}

/// Returns all files below a directory but those of `.mlv` and `.git`.
pub fn on_disk(root: &Path) -> Files {
    let mut files = Files::new();
    let mut dirs = vec![root.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap();
            if path.is_dir() {
                dirs.extend((name != ".mlv" && name != ".git").then_some(path));
            } else {
                let below = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.insert(below, std::fs::read(path).unwrap());
            }
        }
    }
    files
}

/// Returns the files of a tree.
#[track_caller]
pub fn of_tree(repo: &Repo, tree: TreeId) -> Files {
    let mut files = Files::new();
    for item in repo.objects().walk_tree(tree, &RepoPath::root()) {
        let (path, entry) = item.unwrap();
        let bytes = match entry {
            Entry::File { file, .. } => repo.objects().read_file(&file, u64::MAX).unwrap(),
            Entry::Symlink { target } => target,
            Entry::Reference(reference) => reference.url.into_bytes(),
        };
        files.insert(path.to_string(), bytes);
    }
    files
}

/// Returns the files of a commit.
#[track_caller]
pub fn of_commit(repo: &Repo, id: CommitId) -> Files {
    of_tree(repo, repo.objects().commit(id).unwrap().tree)
}

/// Returns all commits that refs and remembered operations lead to.
#[track_caller]
pub fn commits(repo: &Repo) -> BTreeSet<CommitId> {
    let mut found = BTreeSet::new();
    let mut pending = repo.roots(&BTreeSet::new()).unwrap().commits;
    while let Some(id) = pending.pop() {
        if found.insert(id) {
            pending.extend(repo.objects().commit(id).unwrap().parents);
        }
    }
    found
}

/// Returns the hash of every content that refs and remembered operations lead to.
#[track_caller]
pub fn contents(repo: &Repo) -> BTreeSet<Hash> {
    let mut trees: BTreeSet<TreeId> =
        repo.roots(&BTreeSet::new()).unwrap().trees.into_iter().collect();
    trees.extend(commits(repo).iter().map(|id| repo.objects().commit(*id).unwrap().tree));
    let mut found = BTreeSet::new();
    for tree in trees {
        for item in repo.objects().walk_tree(tree, &RepoPath::root()) {
            found.insert(item.unwrap().1.content());
        }
    }
    found
}

/// Numbers that look random and are the same for the same seed.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let mixed = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d);
        mixed ^ (mixed >> 32)
    }

    /// Returns a number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// Returns bytes that no compression makes smaller.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = std::iter::repeat_with(|| self.next().to_le_bytes())
            .take(len / 8 + 1)
            .flatten()
            .collect();
        bytes.truncate(len);
        bytes
    }
}

/// Returns a number from the environment, for longer runs than the usual ones.
#[expect(clippy::disallowed_methods, reason = "this is no setting of the program")]
pub fn parameter(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap())
}
