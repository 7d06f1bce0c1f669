//! Repositories that meet at a remote: `ada`, who has made it, and clones of it.

use serde_json::Value;

use super::{Output, TestEnvironment};

/// A remote, and who works with it. Each has a directory of their name in the working directory.
#[derive(Debug)]
pub struct Team {
    pub env: TestEnvironment,
    url: String,
}

impl Team {
    /// Returns a remote in a folder to which `ada` has pushed a first commit.
    pub fn new() -> Self {
        Self::at(TestEnvironment::new(), "remote", "version: 1\n")
    }

    /// Returns the same, where the first commit holds these definitions of hooks.
    pub fn with_hooks(definitions: &str) -> Self {
        Self::at(TestEnvironment::new(), "remote", definitions)
    }

    /// Returns the same at another address.
    pub fn at(env: TestEnvironment, url: &str, definitions: &str) -> Self {
        env.success(&["init", "ada"]);
        let folder = env.path(url);
        let url = if url.contains("://") { url } else { folder.to_str().unwrap() }.to_owned();
        let team = Self { env, url };
        team.success("ada", &["remote", "add", "origin", &team.url]);
        team.env.write("ada/mlv.yaml", definitions);
        team.commit("ada", "data/a.csv", "1\n");
        team.success("ada", &["push"]);
        team
    }

    /// Returns where the remote is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes a clone for somebody.
    #[track_caller]
    pub fn clone(&self, who: &str) {
        self.env.success(&["clone", &self.url, who]);
    }

    /// Runs the program in somebody's repository.
    pub fn run(&self, who: &str, arguments: &[&str]) -> Output {
        self.env.mlv(&[&["-C", who], arguments].concat())
    }

    /// Runs the program in somebody's repository; it must succeed.
    #[track_caller]
    pub fn success(&self, who: &str, arguments: &[&str]) -> Output {
        self.run(who, arguments).expect_code(0)
    }

    /// Runs a line in somebody's repository, for snapshots: ids are taken out.
    pub fn screen(&self, who: &str, line: &str) -> Output {
        let arguments: Vec<&str> = line.split_whitespace().skip(1).collect();
        let mut output = self.run(who, &arguments).without_ids();
        output.command = format!("{who}: {line}");
        output
    }

    /// Runs the program in somebody's repository and returns what it printed as JSON.
    #[track_caller]
    pub fn json(&self, who: &str, arguments: &[&str]) -> Value {
        self.success(who, &[arguments, &["--json"]].concat()).json()
    }

    /// Commits a file, named for its path.
    #[track_caller]
    pub fn commit(&self, who: &str, path: &str, content: impl AsRef<[u8]>) {
        self.env.write(format!("{who}/{path}"), content);
        self.success(who, &["add", "."]);
        self.success(who, &["commit", "-m", path]);
    }

    /// Returns the commit that a revision names.
    #[track_caller]
    pub fn id(&self, who: &str, revision: &str) -> String {
        let log = self.json(who, &["log", revision, "-n", "1"]);
        log[0]["id"].as_str().unwrap().to_owned()
    }

    /// Returns what the remote holds.
    #[track_caller]
    pub fn listing(&self) -> Value {
        self.json("ada", &["ls-remote", &self.url])
    }

    /// Returns where a ref of the remote is, by its full name.
    #[track_caller]
    pub fn there(&self, name: &str) -> Option<String> {
        let listing = self.listing();
        let found = listing["refs"].as_array().unwrap().iter().find(|found| found["name"] == name);
        found.map(|found| found["id"].as_str().unwrap().to_owned())
    }
}
