//! A directory of its own, and the program run in it.

use std::ffi::OsStr;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use super::Output;

/// 2026-01-31T12:00:00Z; each run of the program is a minute later than the one before.
const BEGINNING: i64 = 1_769_860_800;

/// The user and group without any rights.
const NOBODY: u32 = 65_534;

/// A home and a working directory that live as long as the test.
#[derive(Debug)]
pub struct TestEnvironment {
    dir: tempfile::TempDir,
    /// Canonical, as the program prints it.
    base: PathBuf,
    runs: AtomicI64,
    variables: Vec<(String, String)>,
}

impl TestEnvironment {
    /// Returns an empty working directory, no repository in it.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        for name in ["home", "projects"] {
            std::fs::create_dir(base.join(name)).unwrap();
        }
        Self { dir, base, runs: AtomicI64::new(0), variables: Vec::new() }
    }

    /// Returns a repository whose first commit holds these definitions and a file of data.
    pub fn with_hooks(definitions: &str) -> Self {
        let env = Self::new();
        env.success(&["init"]);
        env.write("mlv.yaml", definitions);
        env.write("data/a.csv", "1\n");
        env.success(&["add", "."]);
        env.success(&["commit", "-m", "first"]);
        env
    }

    /// Waits until a file is there that another process makes.
    #[track_caller]
    pub fn wait_for(&self, path: impl AsRef<Path>) {
        let (path, start) = (self.path(path), Instant::now());
        while !path.exists() {
            assert!(start.elapsed() < Duration::from_secs(20), "{} never came", path.display());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sets a variable for all runs to come.
    pub fn set_variable(&mut self, name: &str, value: impl Into<String>) {
        self.variables.push((name.to_owned(), value.into()));
    }

    /// Returns the directory that runs begin in; it shows as `$ROOT`.
    pub fn root(&self) -> PathBuf {
        self.base.join("projects")
    }

    /// Returns the home of the user; it shows as `$HOME`.
    pub fn home(&self) -> PathBuf {
        self.base.join("home")
    }

    /// Returns a path below the working directory.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root().join(path)
    }

    /// Writes a file below the working directory, and the directories it needs.
    pub fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        base_write(&path, content.as_ref());
    }

    /// Returns the content of a file below the working directory.
    #[track_caller]
    pub fn read(&self, path: impl AsRef<Path>) -> Vec<u8> {
        let path = self.path(path);
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Returns a run that is prepared but not started: for other directories, input or two at once.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mlv"));
        self.prepare(&mut command).args(arguments);
        command
    }

    /// Returns a run by somebody whom file modes bind, as they do not bind root.
    pub fn command_bound_by_modes<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        if self.base.metadata().unwrap().uid() != 0 {
            return self.command(arguments);
        }
        // Nobody may be unable to reach the place where the program was built.
        let program = self.base.join("mlv");
        if !program.exists() {
            std::fs::copy(env!("CARGO_BIN_EXE_mlv"), &program).unwrap();
        }
        std::fs::set_permissions(&self.base, PermissionsExt::from_mode(0o755)).unwrap();
        let mut command = Command::new(program);
        self.prepare(&mut command).args(arguments).uid(NOBODY).gid(NOBODY);
        command
    }

    fn prepare<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let minute = self.runs.fetch_add(1, Ordering::Relaxed);
        command
            .current_dir(self.root())
            .env_clear()
            .env("PATH", search_path())
            .env("HOME", self.home())
            .env("TZ", "UTC")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("MLV_AUTHOR_NAME", "Ada Test")
            .env("MLV_AUTHOR_EMAIL", "ada@example.org")
            .env("MLV_COMMIT_DATE", (BEGINNING + 60 * minute).to_string())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
    }

    /// Runs the program to its end.
    pub fn mlv<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Output {
        self.finish(self.command(arguments))
    }

    /// Runs a prepared command to its end.
    pub fn finish(&self, mut command: Command) -> Output {
        let output = command.output().unwrap();
        let words: Vec<String> =
            command.get_args().map(|word| shell_word(&word.to_string_lossy())).collect();
        Output {
            command: self.normal(&format!("mlv {}", words.join(" "))),
            code: output.status.code().unwrap_or(-1),
            stdout: self.normal(&String::from_utf8_lossy(&output.stdout)),
            stderr: self.normal(&String::from_utf8_lossy(&output.stderr)),
            raw_stdout: output.stdout,
        }
    }

    /// Runs the program, which must succeed.
    #[track_caller]
    pub fn success<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Output {
        self.mlv(arguments).expect_code(0)
    }

    /// Runs the program, which must succeed, and returns what it printed as JSON.
    #[track_caller]
    pub fn json<S: AsRef<OsStr>>(&self, arguments: &[S]) -> serde_json::Value {
        self.success(arguments).json()
    }

    /// Runs a line as a user types it, split at spaces: for snapshots.
    pub fn screen(&self, line: &str) -> Output {
        let arguments: Vec<&str> = line.split_whitespace().skip(1).collect();
        assert!(line.starts_with("mlv"), "a screen shows a run of mlv");
        self.mlv(&arguments)
    }

    /// Runs Git in the working directory, which must succeed, and returns what it printed.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        self.prepare(&mut git)
            .envs([("GIT_AUTHOR_NAME", "Ada Test"), ("GIT_AUTHOR_EMAIL", "ada@example.org")])
            .envs([("GIT_COMMITTER_NAME", "Ada Test"), ("GIT_COMMITTER_EMAIL", "ada@example.org")])
            .args(arguments);
        let output = git.output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?} failed: {told}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Returns a shell that finds the program as `mlv`, and Git with an identity.
    pub fn shell(&self) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_mlv")).parent().unwrap().to_owned();
        let path = std::env::join_paths(
            std::iter::once(program).chain(std::env::split_paths(&search_path())),
        );
        let mut shell = Command::new("sh");
        self.prepare(&mut shell)
            .env("PATH", path.unwrap())
            .envs(
                [("GIT_AUTHOR_DATE", BEGINNING), ("GIT_COMMITTER_DATE", BEGINNING)]
                    .map(|(name, time)| (name, format!("{time} +0000"))),
            )
            .envs([("GIT_AUTHOR_NAME", "Ada Test"), ("GIT_AUTHOR_EMAIL", "ada@example.org")])
            .envs([("GIT_COMMITTER_NAME", "Ada Test"), ("GIT_COMMITTER_EMAIL", "ada@example.org")]);
        shell
    }

    /// Returns the text as it would read on Ada's machine.
    pub fn as_ada(&self, text: &str) -> String {
        text.replace(&*self.root().to_string_lossy(), "/home/ada/projects")
            .replace(&*self.home().to_string_lossy(), "/home/ada")
    }

    fn normal(&self, text: &str) -> String {
        text.replace(&*self.root().to_string_lossy(), "$ROOT")
            .replace(&*self.home().to_string_lossy(), "$HOME")
            .replace(&*self.dir.path().to_string_lossy(), "$BASE")
    }
}

#[expect(clippy::disallowed_methods, reason = "a test needs no durable write")]
fn base_write(path: &Path, content: &[u8]) {
    std::fs::write(path, content).unwrap();
}

#[expect(clippy::disallowed_methods, reason = "programs are found as for the test itself")]
fn search_path() -> std::ffi::OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=@~^{},$*".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{word}'") }
}
