//! Against repositories that the real `git` has made.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;
use crate::base::RepoPath;
use crate::base::fs::{create_dirs, parent_of};
use crate::object::{CodeRevision, Signature};

/// A directory that goes with its value, and `git` run in it apart from the user's settings.
pub(super) struct Sandbox {
    dir: tempfile::TempDir,
}

impl Sandbox {
    pub(super) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// Returns a directory with a repository that has a commit of `code.py`.
    pub(super) fn with_commit() -> Self {
        let sandbox = Self::new();
        sandbox.git(&["init", "-q", "-b", "main"]);
        sandbox.git(&["config", "user.name", "Ada"]);
        sandbox.git(&["config", "user.email", "ada@example.com"]);
        sandbox.write("code.py", "print(1)\n");
        sandbox.git(&["add", "code.py"]);
        sandbox.git(&["commit", "-q", "-m", "code"]);
        sandbox
    }

    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(below)
    }

    pub(super) fn write(&self, path: impl AsRef<Path>, text: &str) {
        let path = self.path("").join(path);
        create_dirs(parent_of(&path)).unwrap();
        // Not durably: the laws write thousands of files.
        std::fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    pub(super) fn git<S: AsRef<OsStr>>(&self, args: &[S]) -> Vec<u8> {
        let output = Command::new("git")
            .args(["-c", "protocol.file.allow=always"])
            .args(args)
            .current_dir(self.dir.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GIT_CEILING_DIRECTORIES", self.path("").parent().unwrap())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    pub(super) fn enclosing(&self, below: &str) -> Enclosing {
        Enclosing::discover(&self.path(below)).unwrap().unwrap()
    }

    fn revision(&self) -> CodeRevision {
        self.enclosing("").revision().unwrap().unwrap()
    }
}

pub(super) fn paths(texts: &[&str]) -> Vec<RepoPath> {
    texts.iter().map(|text| RepoPath::from_bytes(*text).unwrap()).collect()
}

#[test]
fn a_directory_outside_git_has_no_enclosing_repository() {
    let sandbox = Sandbox::new();
    assert!(Enclosing::discover(&sandbox.path("")).unwrap().is_none());
}

#[test]
fn a_bare_repository_encloses_nothing() {
    let sandbox = Sandbox::new();
    sandbox.git(&["init", "-q", "--bare"]);
    create_dirs(&sandbox.path("data")).unwrap();
    assert!(Enclosing::discover(&sandbox.path("data")).unwrap().is_none());
}

#[test]
fn an_unborn_repository_has_no_revision_and_tracks_nothing() {
    let sandbox = Sandbox::new();
    sandbox.git(&["init", "-q"]);
    let enclosing = sandbox.enclosing("");
    assert_eq!(enclosing.revision().unwrap(), None);
    assert_eq!(enclosing.tracked().unwrap(), TrackedPaths::default());
}

#[test]
fn a_broken_repository_is_an_error_or_none_and_no_panic() {
    let sandbox = Sandbox::with_commit();
    sandbox.write(".git/index", "nonsense");
    assert!(sandbox.enclosing("").tracked().is_err());
    assert!(sandbox.revision().dirty, "what cannot be told clean is dirty");
    sandbox.write(".git/config", "[core\nnonsense");
    assert!(sandbox.enclosing("").revision().is_err());
    std::fs::remove_file(sandbox.path(".git/HEAD")).unwrap();
    assert!(Enclosing::discover(&sandbox.path("")).unwrap().is_none());
}

#[test]
fn a_git_file_that_points_nowhere_is_an_error_or_none() {
    let sandbox = Sandbox::new();
    sandbox.write(".git", "gitdir: /nowhere/at/all\n");
    assert!(!matches!(Enclosing::discover(&sandbox.path("")), Ok(Some(_))));
}

#[test]
fn only_tracked_files_make_a_revision_dirty() {
    let sandbox = Sandbox::with_commit();
    let head = String::from_utf8(sandbox.git(&["rev-parse", "HEAD"])).unwrap();
    let clean = CodeRevision { commit: head.trim().to_owned(), dirty: false };
    assert_eq!(sandbox.revision(), clean);

    sandbox.write("data.csv", "untracked\n");
    assert!(!sandbox.revision().dirty);
    sandbox.write("code.py", "print(1)\n");
    assert!(!sandbox.revision().dirty, "written again with the same content");
    sandbox.write("code.py", "print(2)\n");
    assert!(sandbox.revision().dirty);
    sandbox.git(&["add", "code.py"]);
    assert!(sandbox.revision().dirty);
    sandbox.git(&["commit", "-q", "-m", "more"]);
    assert!(!sandbox.revision().dirty);
    std::fs::remove_file(sandbox.path("code.py")).unwrap();
    assert!(sandbox.revision().dirty);
}

#[test]
fn tracked_files_are_told_relative_to_our_root() {
    let sandbox = Sandbox::with_commit();
    sandbox.write("sub/dir/a.py", "");
    sandbox.write("sub/b.py", "");
    sandbox.write("sub/untracked.py", "");
    sandbox.write("subway.py", "");
    sandbox.git(&["add", "sub/dir/a.py", "sub/b.py", "subway.py"]);
    std::fs::remove_file(sandbox.path("sub/b.py")).unwrap();

    let enclosing = sandbox.enclosing("sub");
    assert_eq!(enclosing.prefix(), &paths(&["sub"])[0]);
    let tracked = enclosing.tracked().unwrap();
    assert_eq!(tracked.files(), paths(&["b.py", "dir/a.py"]));
    assert!(tracked.contains(&paths(&["dir/a.py"])[0]));
    assert!(!tracked.contains(&paths(&["untracked.py"])[0]));
    assert!(tracked.any_below(&paths(&["dir"])[0]) && !tracked.any_below(&paths(&["di"])[0]));

    let there: Vec<_> = enclosing.tracked_files().unwrap().collect();
    assert_eq!(there, [(paths(&["dir/a.py"])[0].clone(), sandbox.path("sub/dir/a.py"))]);
}

#[test]
fn linked_worktrees_and_submodules_are_repositories_of_their_own() {
    let sandbox = Sandbox::with_commit();
    sandbox.git(&["worktree", "add", "-q", "linked"]);
    let linked = sandbox.enclosing("linked");
    assert_eq!(linked.work_tree(), sandbox.path("linked"));
    assert_eq!(linked.tracked().unwrap().files(), paths(&["code.py"]));
    assert!(!linked.revision().unwrap().unwrap().dirty);
    assert_eq!(linked.exclude_file().unwrap(), sandbox.path(".git/info/exclude"));

    sandbox.git(&["clone", "-q", ".", "library"]);
    sandbox.git(&["submodule", "--quiet", "add", "./library", "vendored"]);
    let tracked = sandbox.enclosing("").tracked().unwrap();
    assert_eq!(tracked.submodules(), paths(&["vendored"]));
    assert!(tracked.contains(&paths(&["vendored/code.py"])[0]));
    let submodule = sandbox.enclosing("vendored");
    assert_eq!(submodule.work_tree(), sandbox.path("vendored"));
    let exclude = submodule.exclude_file().unwrap();
    assert_eq!(exclude, sandbox.path(".git/modules/vendored/info/exclude"));
}

#[test]
fn the_identity_is_that_of_the_repository() {
    let sandbox = Sandbox::with_commit();
    let ada = Signature { name: "Ada".to_owned(), email: "ada@example.com".to_owned() };
    assert_eq!(user_identity(Some(&sandbox.enclosing(""))), Some(ada));
    sandbox.git(&["config", "user.email", " "]);
    assert_eq!(user_identity(Some(&sandbox.enclosing(""))), None);
}

#[test]
fn a_commit_tells_what_its_files_were_whatever_became_of_them() {
    let sandbox = Sandbox::with_commit();
    sandbox.write("app/pipeline/serve.py", "serve\n");
    sandbox.write("app/pipeline/run.sh", "run\n");
    sandbox.git(&["add", "."]);
    sandbox.git(&["update-index", "--chmod=+x", "app/pipeline/run.sh"]);
    std::os::unix::fs::symlink("serve.py", sandbox.path("app/pipeline/link")).unwrap();
    sandbox.git(&["add", "app/pipeline/link"]);
    sandbox.git(&["commit", "-q", "-m", "app"]);
    let commit = sandbox.enclosing("").revision().unwrap().unwrap().commit;
    sandbox.write("app/pipeline/serve.py", "changed\n");
    sandbox.git(&["commit", "-q", "-am", "later"]);
    let git = sandbox.enclosing("app");
    let then = git.committed(&commit).unwrap().unwrap();
    let path = |text: &str| RepoPath::from_bytes(text).unwrap();
    let told = |at: &str| {
        let files = then.files_at(&path(at)).unwrap();
        let told = |file: CommittedFile| {
            let bytes = String::from_utf8(then.read(&file).unwrap()).unwrap();
            (file.path.to_string(), file.kind, bytes)
        };
        files.into_iter().map(told).collect::<Vec<_>>()
    };
    let serve = ("pipeline/serve.py".to_owned(), CommittedKind::File, "serve\n".to_owned());
    assert_eq!(told("pipeline/serve.py"), std::slice::from_ref(&serve));
    let link = ("pipeline/link".to_owned(), CommittedKind::Symlink, "serve.py".to_owned());
    let run = ("pipeline/run.sh".to_owned(), CommittedKind::Executable, "run\n".to_owned());
    assert_eq!(told("pipeline"), [link, run, serve]);
    assert_eq!(told("code.py"), [], "it lies above our root");
    assert_eq!(told("pipeline/serve.py/x"), []);
    let names = then.names_in(&path("pipeline")).unwrap();
    assert_eq!(names, paths(&["pipeline/link", "pipeline/run.sh", "pipeline/serve.py"]));
    for absent in ["0123456789012345678901234567890123456789", "main", ""] {
        assert!(git.committed(absent).unwrap().is_none(), "{absent}");
    }
}
