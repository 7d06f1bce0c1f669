//! Deployments to a bucket: on a server that speaks as S3 does, and from several machines.

use std::process::Stdio;
use std::time::{Duration, Instant};

use mlv::remote::log::{Claimed, claim};
use mlv::remote::{Backend, wait};
use serde_json::Value;

use crate::common::TestEnvironment;
use crate::common::servers::{self, Server};

const SPEC: &str = "env: prod
artifact: models/churn
target: {type: bucket, url: 's3://bucket/prod'}
smoke: {run: 'SMOKE', timeout: 60s}
keep: 2
";

/// A bucket, and a repository that deploys to it.
struct World {
    env: TestEnvironment,
    bucket: Backend,
    /// Ends after the rest.
    server: Server,
}

impl World {
    fn new(smoke: &str) -> Self {
        let server = Server::s3();
        let env = repository(&server, smoke);
        Self { env, bucket: server.open("s3://bucket/prod"), server }
    }

    /// Returns the release that the bucket says is served, and its weights.
    fn served(&self) -> Option<(String, String)> {
        let pointer = wait(self.bucket.get("current.json", 1 << 20)).unwrap()?;
        let pointer: Value = serde_json::from_slice(&pointer).unwrap();
        let id = pointer["release_id"].as_str().unwrap().to_owned();
        let key = format!("releases/{id}/models/churn/weights");
        let weights = wait(self.bucket.get(&key, 1 << 20)).unwrap().unwrap();
        Some((id, String::from_utf8(weights.to_vec()).unwrap()))
    }

    fn weights(&self) -> String {
        self.served().unwrap().1
    }

    /// Returns the ids of the releases that lie in the bucket.
    fn stored(&self) -> Vec<String> {
        let keys = wait(self.bucket.list("releases")).unwrap();
        let id = |key: &str| key.split('/').nth(1).unwrap().to_owned();
        let mut ids: Vec<_> = keys.iter().map(|stored| id(&stored.key)).collect();
        ids.sort();
        ids.dedup();
        ids
    }
}

fn repository(server: &Server, smoke: &str) -> TestEnvironment {
    let mut env = TestEnvironment::new();
    for (name, value) in &server.variables {
        env.set_variable(name, value);
    }
    env.success(&["init"]);
    env.write("deploy/prod.yaml", SPEC.replace("SMOKE", smoke));
    model(&env, "one");
    env
}

fn model(env: &TestEnvironment, weights: &str) {
    env.write("models/churn/weights", weights);
    env.success(&["add", "."]);
    env.success(&["commit", "-m", weights]);
}

#[test]
fn a_bucket_is_deployed_to_and_taken_back_and_what_fails_leaves_what_was_served() {
    if servers::are_skipped() {
        return;
    }
    let world = World::new("test $MLV_PHASE = staged || ! grep -q worse models/churn/weights");
    let env = &world.env;
    insta::assert_snapshot!(env.screen("mlv deploy run prod").without_ids(), @"
    $ mlv deploy run prod
    [stderr]
    000001-$ID is active in `prod`
    ");
    assert_eq!(world.weights(), "one");
    model(env, "two");
    env.success(&["deploy", "run", "prod"]);
    assert_eq!(world.weights(), "two");
    let before = world.served();
    model(env, "worse");
    insta::assert_snapshot!(env.screen("mlv deploy run prod").without_ids(), @"
    $ mlv deploy run prod
    [stderr]
    error: the smoke test of 000003-$ID failed: exit code 1; 000002-$ID is active as before
    [exit code 1]
    ");
    assert_eq!(world.served(), before);
    assert_eq!(world.stored().len(), 2, "nothing is left of the one that failed");
    insta::assert_snapshot!(env.screen("mlv deploy status").without_ids(), @"
    $ mlv deploy status
    prod  failed  000002-$ID  $ID  1 commit behind main
    ");
    insta::assert_snapshot!(env.screen("mlv deploy rollback prod").without_ids(), @"
    $ mlv deploy rollback prod
    [stderr]
    000001-$ID is active in `prod`
    ");
    assert_eq!(world.weights(), "one");
    insta::assert_snapshot!(env.screen("mlv deploy history prod").without_ids(), @"
    $ mlv deploy history prod
    4  rollback  000001-$ID  active      2026-01-31T12:11:00Z
    3  deploy    000003-$ID  failed      2026-01-31T12:09:00Z  the smoke test failed: exit code 1
    2  deploy    000002-$ID  superseded  2026-01-31T12:06:00Z
    1  deploy    000001-$ID  superseded  2026-01-31T12:03:00Z
    ");
    // What lies in the bucket is held against what was released before it is gone back to.
    let id = env.json(&["deploy", "history", "prod", "--json"])[2]["release_id"].clone();
    let key = format!("releases/{}/models/churn/weights", id.as_str().unwrap());
    wait(world.bucket.put(&key, "changed".into())).unwrap();
    insta::assert_snapshot!(env.screen("mlv deploy rollback prod").without_ids(), @"
    $ mlv deploy rollback prod
    [stderr]
    error: `models/churn/weights` of release 000002-$ID is not what was released
    hint: `mlv deploy run ENV --at COMMIT` makes it anew
    [exit code 1]
    ");
    assert_eq!(world.weights(), "one");
    // Somebody else changed what is served.
    wait(world.bucket.delete("current.json")).unwrap();
    assert_eq!(env.json(&["deploy", "status", "--json"])[0]["status"], "elsewhere");
    env.success(&["deploy", "run", "prod", "--at", "HEAD~1"]);
    assert_eq!(world.weights(), "two");
}

#[test]
fn of_two_deployers_at_a_time_one_wins_and_the_other_is_told() {
    if servers::are_skipped() {
        return;
    }
    let world = World::new(
        "touch \"$MLV_ROOT/here\"; while ! test -e \"$MLV_ROOT/go\"; do sleep 0.02; done",
    );
    // Another repository of the same machine.
    let other = repository(&world.server, "true");
    model(&other, "of the other");
    let mut first = world.env.command(&["deploy", "run", "prod"]);
    let mut first = first.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    world.env.wait_for("here");
    let start = Instant::now();
    let second = other.mlv(&["deploy", "run", "prod"]).expect_code(5);
    assert!(start.elapsed() < Duration::from_secs(15), "one that lives is not waited for");
    let holder = format!(
        "`prod` is being deployed to by Ada Test <ada@example.org> (process {} on ",
        first.id()
    );
    assert!(second.stderr.contains(&holder), "{second}");
    assert_eq!(world.served(), None);
    world.env.write("go", "");
    assert!(first.wait().unwrap().success());
    assert_eq!(world.weights(), "one");
    // It has ended, so nobody waits for it.
    other.success(&["deploy", "run", "prod"]);
    assert_eq!(world.weights(), "of the other");
    assert_eq!(world.env.json(&["deploy", "status", "--json"])[0]["status"], "elsewhere");
}

/// Holds the lease of the environment as somebody of another machine does.
fn held_from_afar(world: &World, lease: Duration) -> mlv::remote::log::Lease {
    let worker = "Bob <bob@example.org> (process 7 on far)";
    match wait(claim(&world.bucket, 1, "deploy", worker, lease)).unwrap() {
        Claimed::Won(lease) => lease,
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_of_another_machine_is_waited_for_until_it_is_taken_for_dead() {
    if servers::are_skipped() {
        return;
    }
    let world = World::new("true");
    let silent = held_from_afar(&world, Duration::from_secs(3));
    let deployed = world.env.success(&["deploy", "run", "prod"]);
    let waits = "waiting for Bob <bob@example.org> (process 7 on far), who deploys to `prod` or died doing so: without a sign of life for ";
    assert!(deployed.stderr.contains(waits), "{deployed}");
    assert_eq!(world.weights(), "one");
    assert!(!wait(silent.beat()).unwrap(), "it was taken over");
}

#[test]
fn one_of_another_machine_that_gives_a_sign_of_life_is_told_and_left_alone() {
    if servers::are_skipped() {
        return;
    }
    let world = World::new("true");
    let lives = held_from_afar(&world, Duration::from_secs(30));
    let start = Instant::now();
    let refused = lives.keep(Duration::from_secs(1), || world.env.mlv(&["deploy", "run", "prod"]));
    let refused = refused.expect_code(5);
    assert!(start.elapsed() < Duration::from_secs(20), "it waited for the whole lease");
    let told = "`prod` is being deployed to by Bob <bob@example.org> (process 7 on far)";
    assert!(refused.stderr.contains(told), "{refused}");
    assert_eq!(world.served(), None);
    // One who only looks waits for nobody.
    let start = Instant::now();
    world.env.success(&["deploy", "status"]);
    assert!(start.elapsed() < Duration::from_secs(5));
}
