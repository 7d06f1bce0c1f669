//! Measures hooks through the program: the overhead of one that does nothing, a thousand of them, a
//! sandbox in a repository of a million files, code of a large Git repository beside the data.
//! `cargo bench --bench hooks`; `-- QUICK` leaves out the large repositories.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(
    clippy::disallowed_methods,
    reason = "the files to measure are written as by any program"
)]

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mlv::base::{NoProgress, RepoPath};
use mlv::object::tree::{TreeEdit, TreeValue};
use mlv::object::{Entry, FileRef, ObjectDb};
use mlv::store::{ChunkStore, LocalStore};
use mlv::workspace::Workspace;
use mlv::workspace::sandbox::SandboxOptions;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let quick = std::env::args().any(|argument| argument.eq_ignore_ascii_case("quick"));
    println!("{:<52} {:>10}", "what", "ms");
    empty_hook()?;
    many_hooks(1_000)?;
    if !quick {
        sandbox_of_three(1_000_000)?;
        beside_code(20_000)?;
    }
    Ok(())
}

fn row(what: &str, time: Duration) {
    println!("{what:<52} {:>10.1}", time.as_secs_f64() * 1000.0);
}

/// A repository in a directory of its own, apart from the user's settings.
struct Project {
    dir: tempfile::TempDir,
}

impl Project {
    fn new(definitions: &str) -> Outcome<Self> {
        let project = Self { dir: tempfile::tempdir()? };
        project.mlv(&["init", "-q"])?;
        project.write("mlv.yaml", definitions)?;
        project.write("data/a.csv", "0\n")?;
        project.mlv(&["add", "mlv.yaml", "data"])?;
        project.mlv(&["commit", "-q", "-m", "first"])?;
        Ok(project)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> Outcome<()> {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().ok_or("no parent")?)?;
        Ok(std::fs::write(path, text)?)
    }

    fn run(&self, program: &Path, arguments: &[&str]) -> Outcome<Duration> {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.dir.path()).stdout(Stdio::null());
        command.env("HOME", self.dir.path()).env("GIT_CONFIG_GLOBAL", "/dev/null");
        for who in ["MLV_AUTHOR", "GIT_AUTHOR", "GIT_COMMITTER"] {
            command.env(format!("{who}_NAME"), "Ada").env(format!("{who}_EMAIL"), "a@example.org");
        }
        command.stderr(Stdio::null());
        let start = Instant::now();
        let status = command.status()?;
        let taken = start.elapsed();
        if status.success() { Ok(taken) } else { Err(format!("{arguments:?}: {status}").into()) }
    }

    fn mlv(&self, arguments: &[&str]) -> Outcome<Duration> {
        self.run(Path::new(env!("CARGO_BIN_EXE_mlv")), arguments)
    }

    /// Returns how long a commit of a changed file takes.
    fn commit(&self, round: usize) -> Outcome<Duration> {
        self.write("data/a.csv", &format!("{round}\n"))?;
        self.mlv(&["add", "data"])?;
        self.mlv(&["commit", "-q", "-m", "next"])
    }

    fn median_commit(&self, rounds: usize) -> Outcome<Duration> {
        let times: Outcome<Vec<Duration>> = (1..=rounds).map(|round| self.commit(round)).collect();
        Ok(median(times?))
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn empty_hook() -> Outcome<()> {
    const ROUNDS: usize = 21;
    let plain = Project::new("version: 1\n")?.median_commit(ROUNDS)?;
    let hooked = Project::new("version: 1\nhooks:\n  a: {on: pre-commit, run: 'true'}\n")?;
    let hooked = hooked.median_commit(ROUNDS)?;
    let shell = || {
        let start = Instant::now();
        Command::new("sh").args(["-c", "true"]).status().map(|_| start.elapsed())
    };
    let shell = median((0..ROUNDS).map(|_| shell()).collect::<Result<Vec<_>, _>>()?);
    row("commit without a hook", plain);
    row("commit with one that does nothing", hooked);
    row("  its process alone", shell);
    row("  overhead (target 15)", hooked.saturating_sub(plain).saturating_sub(shell));
    Ok(())
}

fn many_hooks(count: usize) -> Outcome<()> {
    let mut definitions = "version: 1\nhooks:\n".to_owned();
    for i in 0..count {
        let needs = if i < 10 { String::new() } else { format!(", needs: [h{}]", i - 10) };
        writeln!(definitions, "  h{i}: {{on: pre-commit, inputs: [none/**], run: 'true'{needs}}}")?;
    }
    let project = Project::new("version: 1\n")?;
    project.write("mlv.yaml", &definitions)?;
    project.mlv(&["add", "mlv.yaml"])?;
    let first = project.mlv(&["commit", "-q", "-m", "hooks"])?;
    row(&format!("{count} hooks that do nothing (target 5000)"), first);
    row("  the same again (from the cache: target 500)", project.commit(1)?);
    Ok(())
}

fn sandbox_of_three(count: usize) -> Outcome<()> {
    let dir = tempfile::tempdir()?;
    let root = dir.path().join("work");
    std::fs::create_dir_all(root.join(".mlv"))?;
    let store: Arc<dyn ChunkStore> = Arc::new(LocalStore::open(&root.join(".mlv/store"))?);
    let objects = ObjectDb::new(store);
    let workspace = Workspace::open(&root, &root.join(".mlv"), objects.clone())?;
    let path = |text: &str| RepoPath::from_bytes(text).map_err(|_| "not a path");
    let edits: Result<Vec<TreeEdit>, &str> = (0..count)
        .map(|i| {
            let entry = Entry::File { file: FileRef::empty(), executable: false };
            let path = path(&format!("data/{:03}/{i:07}.json", i / 1_000))?;
            Ok(TreeEdit { path, value: TreeValue::Set(entry) })
        })
        .collect();
    let mut edits = edits?;
    for name in ["checks/a.py", "checks/b.py", "checks/c.py"] {
        let entry = Entry::File { file: objects.ingest_bytes(b"print()\n")?, executable: false };
        edits.push(TreeEdit { path: path(name)?, value: TreeValue::Set(entry) });
    }
    let tree = objects.edit_tree(objects.empty_tree()?, edits)?;
    let below = [path("checks")?];
    let options = SandboxOptions { below: &below, wanted: &|_| true, overlay: &[] };
    let times = (0..11).map(|_| {
        let start = Instant::now();
        workspace.create_sandbox(tree, &options, &NoProgress).map(|_| start.elapsed())
    });
    let time = median(times.collect::<Result<Vec<_>, _>>()?);
    row(&format!("sandbox of 3 of {count} files (target 100)"), time);
    Ok(())
}

fn beside_code(count: usize) -> Outcome<()> {
    let project = Project { dir: tempfile::tempdir()? };
    let git = |arguments: &[&str]| project.run(Path::new("git"), arguments);
    git(&["init", "-q"])?;
    for i in 0..count {
        project.write(&format!("code/{:03}/{i}.py", i / 100), "print('a line of code')\n")?;
    }
    git(&["add", "."])?;
    git(&["commit", "-qm", "code"])?;
    project.mlv(&["init", "-q"])?;
    let with = |hooks: usize| -> Outcome<()> {
        let line = |i| format!("  h{i}: {{on: pre-commit, inputs: [data/**], run: 'true'}}\n");
        let hooks: String = (0..hooks).map(line).collect();
        project.write("mlv.yaml", &format!("version: 1\nhooks:\n{hooks}"))?;
        project.mlv(&["add", "mlv.yaml"]).map(drop)
    };
    project.write("mlv.yaml", "version: 1\n")?;
    project.write("data/a.csv", "0\n")?;
    project.mlv(&["add", "mlv.yaml", "data"])?;
    project.mlv(&["commit", "-q", "-m", "first"])?;
    row(&format!("commit beside {count} files of code, no hook"), project.commit(1)?);
    for hooks in [1, 4] {
        with(hooks)?;
        let what = format!("commit beside {count} files of code, {hooks} hooks");
        row(&what, project.commit(hooks + 1)?);
    }
    Ok(())
}
