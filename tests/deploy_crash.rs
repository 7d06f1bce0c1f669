//! Deployments killed between any two of their steps. What is to hold, whatever was done last: what is
//! served is a whole release, the next command heals what was left, nothing stays pending, and the next
//! deployment succeeds at once.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use mlv::base::Hash;
use mlv::config::Environment;
use mlv::remote::{Backend, RemoteOptions, RemoteUrl, wait};
use serde_json::Value;

use crate::common::TestEnvironment;
use crate::common::servers::{self, Server};
use crate::common::steps::{Killed, kill_after};

/// Nobody waits for the lease of the dead, which lasts for thirty seconds.
const AT_ONCE: Duration = Duration::from_secs(15);

/// An environment, and what is deployed to it.
struct World {
    env: TestEnvironment,
    place: Place,
    rounds: u64,
}

/// Where releases go.
enum Place {
    Folder,
    Prefix(Backend),
}

const SPEC: &str = "env: prod
artifact: models/churn
include: [pipeline]
target: TARGET
reload: echo $MLV_RELEASE_ID > ../home/loaded
smoke: {run: test -s models/churn/weights && test -x pipeline/run.sh, timeout: 30s}
keep: 2
";

impl World {
    fn new(env: TestEnvironment, target: &str, place: Place) -> Self {
        use std::os::unix::fs::PermissionsExt;
        env.success(&["init"]);
        env.write("mlv.yaml", "version: 1\n");
        env.write("deploy/prod.yaml", SPEC.replace("TARGET", target));
        env.write("pipeline/run.sh", "exit 0\n");
        std::fs::set_permissions(env.path("pipeline/run.sh"), PermissionsExt::from_mode(0o755))
            .unwrap();
        Self { env, place, rounds: 0 }
    }

    fn folder() -> Self {
        Self::new(TestEnvironment::new(), "{type: folder, path: ../home/prod}", Place::Folder)
    }

    /// A prefix that is a folder.
    fn prefix() -> Self {
        let env = TestEnvironment::new();
        let path = env.home().join("prod");
        let url = RemoteUrl::parse(path.to_str().unwrap(), Path::new("/")).unwrap();
        let options = RemoteOptions::default();
        let backend = Backend::open(&url, &Environment::default(), &options).unwrap();
        let target = format!("{{type: bucket, url: 'file://{}'}}", path.display());
        Self::new(env, &target, Place::Prefix(backend))
    }

    fn s3(server: &Server) -> Self {
        let mut env = TestEnvironment::new();
        for (name, value) in &server.variables {
            env.set_variable(name, value);
        }
        let url = "s3://bucket/prod";
        let backend = server.open(url);
        Self::new(env, &format!("{{type: bucket, url: '{url}'}}"), Place::Prefix(backend))
    }

    /// Commits a model that was not there before, and returns its weights.
    fn commit(&mut self) -> String {
        self.rounds += 1;
        let weights = format!("weights {}", self.rounds);
        self.env.write("models/churn/weights", &weights);
        self.env.write("models/churn/deep/card", format!("of {weights}"));
        if self.rounds == 1 {
            self.env.success(&["add", "."]);
        }
        self.env.success(&["commit", "-am", &weights]);
        weights
    }

    /// Runs a command that is killed when it has told so many of its steps.
    fn kill(&self, arguments: &[&str], count: usize) -> Killed {
        let mut command = self.env.command(arguments);
        command.env("MLV_LOG", "mlv::ops::deploy=debug");
        kill_after(command, count)
    }

    fn read(&self, release: &str, path: &str) -> Option<Vec<u8>> {
        match &self.place {
            Place::Folder => {
                std::fs::read(self.env.home().join("prod").join(release).join(path)).ok()
            }
            Place::Prefix(backend) => {
                let key = format!("{release}/{path}");
                wait(backend.get(&key, 1 << 20)).unwrap().map(|bytes| bytes.to_vec())
            }
        }
    }

    /// Returns the id and the weights of what users are served, which must be whole.
    #[track_caller]
    fn served(&self) -> Option<(String, String)> {
        let release = match &self.place {
            Place::Folder => {
                let link = std::fs::read_link(self.env.home().join("prod/current")).ok()?;
                link.to_str().unwrap().to_owned()
            }
            Place::Prefix(backend) => {
                let pointer = wait(backend.get("current.json", 1 << 20)).unwrap()?;
                let pointer: Value = serde_json::from_slice(&pointer).unwrap();
                format!("releases/{}", pointer["release_id"].as_str().unwrap())
            }
        };
        let manifest = self.read(&release, ".mlv-release.json");
        let manifest: Value = serde_json::from_slice(&manifest.expect("no manifest")).unwrap();
        let files = manifest["files"].as_array().unwrap();
        assert_eq!(files.len(), 3);
        for file in files {
            let path = file["path"].as_str().unwrap();
            let bytes = self.read(&release, path);
            let bytes = bytes.unwrap_or_else(|| panic!("`{path}` of {release} is gone"));
            assert_eq!(Hash::of(&bytes).to_string(), file["hash"].as_str().unwrap(), "{path}");
        }
        let weights = self.read(&release, "models/churn/weights").unwrap();
        let id = manifest["release_id"].as_str().unwrap().to_owned();
        Some((id, String::from_utf8(weights).unwrap()))
    }

    /// Lets what was killed be made up for, and holds the history against what is served.
    #[track_caller]
    fn check_history(&self, place: &str) {
        let start = Instant::now();
        let history = self.env.json(&["deploy", "history", "prod", "--json"]);
        assert!(start.elapsed() < AT_ONCE, "{place}");
        let history = history.as_array().unwrap();
        let status = |release: &Value| release["status"].as_str().unwrap().to_owned();
        let known: BTreeSet<String> = history.iter().map(status).collect();
        let settled = ["active", "failed", "superseded"];
        assert!(known.iter().all(|it| settled.contains(&it.as_str())), "{place}: {known:?}");
        let active: Vec<_> = history.iter().filter(|it| it["status"] == "active").collect();
        let ids: Vec<_> = active.iter().map(|it| it["release_id"].as_str().unwrap()).collect();
        let served = self.served().map(|(id, _)| id);
        assert_eq!(ids, served.iter().map(String::as_str).collect::<Vec<_>>(), "{place}");
        // What the serving process was told last is what is active.
        if let Some(served) = served {
            let loaded = String::from_utf8(self.env.read(self.env.home().join("loaded"))).unwrap();
            assert_eq!(loaded.trim_end(), served, "{place}");
        }
        let numbers: BTreeSet<_> = history.iter().map(|it| it["seq"].as_u64().unwrap()).collect();
        assert_eq!(numbers.len(), history.len(), "{place}: a number was given twice");
    }

    /// Runs a command, which must not wait for anybody.
    #[track_caller]
    fn at_once(&self, arguments: &[&str], place: &str) {
        let start = Instant::now();
        let ended = self.env.mlv(arguments);
        assert_eq!(ended.code, 0, "{place}: {ended}");
        let took = start.elapsed();
        assert!(took < AT_ONCE, "{place}: it took {took:?}");
    }

    /// Kills deployments of new models after each of their steps in turn; returns the steps.
    fn kill_deployments(&mut self) -> Vec<String> {
        let mut steps = Vec::new();
        for count in 0.. {
            let before = self.served();
            let weights = self.commit();
            let killed = self.kill(&["deploy", "run", "prod"], count);
            let place = format!("deployment, step {count} (after `{}`)", killed.last());
            let after = self.served().map(|(_, weights)| weights);
            let has_flipped = killed.has_told("flipped");
            if has_flipped {
                assert_eq!(after.as_ref(), Some(&weights), "{place}");
            } else {
                // The flip may be done and not yet told.
                let may_be = [before.as_ref().map(|(_, weights)| weights), Some(&weights)];
                assert!(may_be.contains(&after.as_ref()), "{place}: {after:?}");
            }
            // Each second time the next deployment makes up for it.
            if count % 2 == 0 {
                self.check_history(&place);
                if killed.has_told("noted the release as active") {
                    assert_eq!(self.served().unwrap().1, weights, "{place}");
                } else if !killed.last().contains("tried the release phase=\"active\"") {
                    assert_eq!(self.served(), before, "{place}");
                }
                self.at_once(&["deploy", "run", "prod"], &place);
            } else {
                self.at_once(&["deploy", "run", "prod"], &place);
                self.check_history(&place);
            }
            assert_eq!(self.served().unwrap().1, weights, "{place}");
            if killed.ended {
                return steps;
            }
            steps.push(killed.last().to_owned());
        }
        steps
    }

    /// Kills rollbacks after each of their steps in turn; returns the steps.
    fn kill_rollbacks(&mut self) -> Vec<String> {
        let older = self.served().unwrap().1;
        let newer = self.commit();
        self.at_once(&["deploy", "run", "prod"], "the newer one");
        let mut steps = Vec::new();
        for count in 0.. {
            let killed = self.kill(&["deploy", "rollback", "prod"], count);
            let place = format!("rollback, step {count} (after `{}`)", killed.last());
            let after = self.served().unwrap().1;
            assert!(after == older || (after == newer && !killed.has_told("flipped")), "{place}");
            self.check_history(&place);
            if killed.has_told("noted the release as active") {
                assert_eq!(self.served().unwrap().1, older, "{place}");
            } else if self.served().unwrap().1 == newer {
                self.at_once(&["deploy", "rollback", "prod"], &place);
            }
            assert_eq!(self.served().unwrap().1, older, "{place}");
            if killed.ended {
                return steps;
            }
            steps.push(killed.last().to_owned());
            self.at_once(&["deploy", "run", "prod"], &place);
            assert_eq!(self.served().unwrap().1, newer, "{place}");
        }
        steps
    }

    /// Kills what heals, after each of its steps in turn.
    fn kill_healings(&mut self) -> Vec<String> {
        let before = self.served();
        self.commit();
        let mut late = 0;
        while !self.kill(&["deploy", "run", "prod"], late).has_told("reloaded") {
            self.at_once(&["deploy", "status"], "on the way");
            late += 1;
        }
        self.at_once(&["deploy", "status"], "on the way");
        let mut steps = Vec::new();
        for count in 0.. {
            let flipped = self.kill(&["deploy", "run", "prod"], late);
            assert!(flipped.has_told("reloaded") && self.served() != before, "{flipped:?}");
            let killed = self.kill(&["deploy", "status", "prod"], count);
            let place = format!("healing, step {count} (after `{}`)", killed.last());
            self.served();
            self.check_history(&place);
            assert_eq!(self.served(), before, "{place}");
            if killed.ended {
                return steps;
            }
            steps.push(killed.last().to_owned());
        }
        steps
    }

    /// The whole of it. The first release of all has nothing before it.
    fn kill_everywhere(mut self) {
        self.commit();
        for count in 0.. {
            let killed = self.kill(&["deploy", "run", "prod"], count);
            let place = format!("first deployment, step {count} (after `{}`)", killed.last());
            self.served();
            self.check_history(&place);
            // It is noted as active, whether or not that is told.
            if self.served().is_some() {
                break;
            }
        }
        let steps = self.kill_deployments();
        for step in STEPS {
            assert!(steps.iter().any(|told| told.contains(step)), "{step}: {steps:#?}");
        }
        let steps = self.kill_rollbacks();
        assert!(steps.len() >= 6, "{steps:#?}");
        let steps = self.kill_healings();
        assert!(steps.len() >= 4, "{steps:#?}");
    }
}

/// What a deployment is killed between, among others.
const STEPS: [&str; 15] = [
    "locked the environment",
    "asked for the verdicts",
    "made room",
    "staged a file path=models/churn/deep/card",
    "staged a file path=pipeline/run.sh",
    "staged the manifest",
    "held the files against their hashes",
    "sealed the release",
    "tried the release phase=\"staged\"",
    "noted the release as pending",
    "flipped",
    "reloaded",
    "tried the release phase=\"active\"",
    "noted the release as active",
    "removed a release",
];

#[test]
fn a_kill_between_any_two_steps_of_a_deployment_to_a_folder_heals() {
    World::folder().kill_everywhere();
}

#[test]
fn a_kill_between_any_two_steps_of_a_deployment_to_a_prefix_heals() {
    World::prefix().kill_everywhere();
}

#[test]
fn a_kill_between_any_two_steps_of_a_deployment_to_s3_heals() {
    if !servers::are_skipped() {
        let server = Server::s3();
        World::s3(&server).kill_everywhere();
    }
}
