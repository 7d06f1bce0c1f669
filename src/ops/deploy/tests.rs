//! Deployments that die between any two of their steps.

#![expect(clippy::disallowed_methods, reason = "tests write as any program does")]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::base::Progress;
use crate::base::progress::Unit;
use crate::config::{Config, Environment};
use crate::ops::add::{AddOptions, add};
use crate::ops::commit::{CommitOptions, commit};
use crate::ops::deploy::release::{active_of, releases_of};
use crate::ops::deploy::shelf::MANIFEST;
use crate::ops::deploy::{DeployRequest, Deployed, ReleaseStatus, deploy, roll_back, status};
use crate::ops::{Context, NoListener, OpsError};
use crate::repo::{OpenOptions, Repo};

/// Ends the thread at a step, as a kill ends a process: nothing is made up for.
#[derive(Debug, Default)]
struct Killer {
    steps: Mutex<Vec<String>>,
    /// How many steps are let pass; all where it is nothing.
    last: Mutex<Option<usize>>,
}

impl Killer {
    fn arm(&self, last: Option<usize>) {
        self.steps.lock().unwrap().clear();
        *self.last.lock().unwrap() = last;
    }
}

impl Progress for Killer {
    fn phase(&self, name: &str, _total: Option<u64>, _unit: Unit) {
        let mut steps = self.steps.lock().unwrap();
        steps.push(name.to_owned());
        let is_last = self.last.lock().unwrap().is_some_and(|last| steps.len() > last);
        drop(steps);
        if is_last {
            resume_unwind(Box::new("killed"));
        }
    }

    fn advance(&self, _amount: u64) {}

    fn notice(&self, _message: &str) {}
}

/// A repository that deploys beside itself.
struct World {
    dir: tempfile::TempDir,
    context: Context,
    killer: Arc<Killer>,
}

const FOLDER: &str = "{type: folder, path: ../prod}";
const BUCKET: &str = "{type: bucket, url: ../prod}";

impl World {
    fn new(target: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("repo");
        fs::create_dir_all(root.join("deploy")).unwrap();
        fs::create_dir_all(root.join("model/deep")).unwrap();
        let spec = format!(
            "env: prod\nartifact: model\ntarget: {target}\nkeep: 2\nreload: echo $MLV_RELEASE_ID >> ../reloads\nsmoke: test -s model/deep/weights\n"
        );
        fs::write(root.join("deploy/prod.yaml"), spec).unwrap();
        let variables = [
            ("MLV_AUTHOR_NAME", "Ada"),
            ("MLV_AUTHOR_EMAIL", "ada@example.org"),
            ("PATH", "/usr/bin:/bin"),
        ];
        let environment = Environment::from_pairs(variables);
        let (config, _) = Config::load(&environment, None, &[]).unwrap();
        let killer = Arc::new(Killer::default());
        let repo = Repo::init(&root, "main", OpenOptions::default()).unwrap();
        let context = Context::new(
            repo,
            config,
            environment,
            killer.clone(),
            Box::new(NoListener),
            "mlv".to_owned(),
            root,
        );
        Self { dir, context, killer }
    }

    fn commit(&self, weights: &str) {
        let root = self.context.repo.root();
        fs::write(root.join("model/deep/weights"), weights).unwrap();
        fs::write(root.join("model/card"), format!("of {weights}")).unwrap();
        add(&self.context, &AddOptions::default()).unwrap();
        let message = Some(weights.to_owned());
        commit(&self.context, CommitOptions { message, ..CommitOptions::default() }).unwrap();
    }

    fn deploy(&self) -> Result<Deployed, OpsError> {
        let (wanted, at, branch, candidate, run_id) = ("prod", None, None, None, None);
        deploy(&self.context, &DeployRequest { wanted, at, branch, candidate, run_id })
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.dir.path().join(path)
    }

    /// Returns what users are served: the weights, where there is a release, which must be whole.
    fn served(&self) -> Option<String> {
        let prod = self.path("prod");
        let current = prod.join("current");
        let release = if fs::symlink_metadata(&current).is_ok() {
            current
        } else {
            let pointer = fs::read(prod.join("current.json")).ok()?;
            let pointer: serde_json::Value = serde_json::from_slice(&pointer).unwrap();
            prod.join("releases").join(pointer["release_id"].as_str().unwrap())
        };
        let weights = fs::read_to_string(release.join("model/deep/weights")).unwrap();
        let card = fs::read_to_string(release.join("model/card")).unwrap();
        assert_eq!(card, format!("of {weights}"), "half a release is served");
        assert!(release.join(MANIFEST).is_file());
        Some(weights)
    }

    /// Dies at each step in turn; `before` is what users are served until then.
    fn die_at_every_step(
        &self,
        before: Option<&str>,
        deed: impl Fn() -> Result<Deployed, OpsError>,
    ) {
        let mut died = Vec::new();
        loop {
            self.killer.arm(Some(died.len()));
            let ended = catch_unwind(AssertUnwindSafe(&deed));
            let steps = self.killer.steps.lock().unwrap().clone();
            self.killer.arm(None);
            if let Ok(ended) = ended {
                ended.unwrap();
                break;
            }
            let step = steps.last().unwrap().clone();
            let after = self.served();
            let is_settled = step == "removing old releases";
            assert!(
                is_settled || after.as_deref() == before || step_is_late(&step),
                "`{step}`: {after:?} is served"
            );
            let told = status(&self.context, Some("prod")).unwrap().remove(0);
            assert_ne!(told.status, "pending", "`{step}`");
            assert_ne!(told.status, "elsewhere", "`{step}`");
            died.push(step);
            if is_settled {
                break;
            }
            assert_eq!(self.served().as_deref(), before, "after `{}`", died.last().unwrap());
        }
        assert!(died.len() >= 5, "{died:?}");
    }
}

/// Tells whether a step comes after the flip.
fn step_is_late(step: &str) -> bool {
    ["reloading", "trying the active release", "writing down what is active"].contains(&step)
}

/// Returns what is left of releases on their way.
fn strays(prod: &Path) -> Vec<String> {
    let items = fs::read_dir(prod.join("releases")).into_iter().flatten().flatten();
    let names = items.map(|item| item.file_name().into_string().unwrap());
    names.filter(|name| name.starts_with('.')).collect()
}

fn a_kill_between_any_two_steps_heals(target: &str) {
    let world = World::new(target);
    world.commit("one");
    world.die_at_every_step(None, || world.deploy());
    world.deploy().unwrap();
    assert_eq!(world.served().as_deref(), Some("one"));
    world.commit("two");
    world.die_at_every_step(Some("one"), || world.deploy());
    world.deploy().unwrap();
    assert_eq!(world.served().as_deref(), Some("two"));
    world.die_at_every_step(Some("two"), || roll_back(&world.context, "prod", None));
    assert_eq!(world.served().as_deref(), Some("one"));
    assert_eq!(strays(&world.path("prod")), [""; 0]);
    let all = releases_of(&world.context, "prod").unwrap();
    assert!(active_of(&all).is_some());
    assert!(all.iter().all(|release| release.status != ReleaseStatus::Pending));
    assert!(all.iter().any(|release| release.status == ReleaseStatus::Failed));
}

#[test]
fn a_kill_between_any_two_steps_heals_a_folder() {
    a_kill_between_any_two_steps_heals(FOLDER);
}

#[test]
fn a_kill_between_any_two_steps_heals_a_prefix() {
    a_kill_between_any_two_steps_heals(BUCKET);
}

#[test]
fn what_nobody_goes_back_to_is_removed_and_what_may_be_gone_back_to_stays() {
    let world = World::new(FOLDER);
    for weights in ["one", "two", "three"] {
        world.commit(weights);
        world.deploy().unwrap();
    }
    let items = fs::read_dir(world.path("prod/releases")).unwrap().flatten();
    let mut names: Vec<_> = items.map(|item| item.file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names.iter().map(|name| &name[..7]).collect::<Vec<_>>(), ["000002-", "000003-"]);
    let commits = crate::ops::deploy::kept_commits(&world.context).unwrap();
    assert_eq!(commits.len(), 2);
}

#[test]
fn a_stored_release_that_was_changed_is_not_gone_back_to() {
    let world = World::new(FOLDER);
    for weights in ["one", "two"] {
        world.commit(weights);
        world.deploy().unwrap();
    }
    let all = releases_of(&world.context, "prod").unwrap();
    let first = world.path("prod/releases").join(&all[1].release_id).join("model/card");
    fs::remove_file(&first).ok();
    make_writable(first.parent().unwrap());
    fs::remove_file(&first).ok();
    fs::write(&first, "of somebody else").unwrap();
    let error = roll_back(&world.context, "prod", None).unwrap_err();
    assert!(error.to_string().contains("`model/card`"), "{error}");
    assert_eq!(world.served().as_deref(), Some("two"));
}

fn make_writable(directory: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).unwrap();
}
