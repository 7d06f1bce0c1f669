//! `mlv deploy`

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;

use crate::actions::Server;
use crate::common::TestEnvironment;

const FOLDER: &str = "env: prod
artifact: models/churn
include: [pipeline/smoke.sh]
target: {type: folder, path: ../home/prod}
reload: echo $MLV_RELEASE_ID >> ../home/reloads
smoke: {run: sh pipeline/smoke.sh, timeout: 30s}
keep: 3
";

/// A repository with a model, and a file that says where it goes.
fn project(spec: &str, definitions: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("mlv.yaml", definitions);
    env.write("deploy/prod.yaml", spec);
    env.write("pipeline/smoke.sh", "! grep -q bad models/churn/weights\n");
    model(&env, "one");
    env
}

fn model(env: &TestEnvironment, weights: &str) {
    env.write("models/churn/weights", weights);
    env.success(&["add", "."]);
    env.success(&["commit", "-m", weights]);
}

fn current(env: &TestEnvironment, path: &str) -> String {
    String::from_utf8(env.read(env.home().join("prod/current").join(path))).unwrap()
}

fn status(env: &TestEnvironment) -> Value {
    env.json(&["deploy", "status", "prod", "--json"])[0].clone()
}

fn last(env: &TestEnvironment) -> Value {
    env.json(&["deploy", "history", "prod", "--json"])[0].clone()
}

#[test]
fn a_release_is_flipped_to_and_taken_back() {
    let env = project(FOLDER, "version: 1\n");
    insta::assert_snapshot!(env.screen("mlv deploy status").without_ids(), @"
    $ mlv deploy status
    prod  none
    ");
    insta::assert_snapshot!(env.screen("mlv deploy run prod --dry-run").without_ids(), @"
    $ mlv deploy run prod --dry-run
    models/churn/weights
    pipeline/smoke.sh
    [stderr]
    would release 2 files (38 B) of $ID to `prod` (folder ../home/prod)
    ");
    assert!(!env.home().join("prod").exists());
    insta::assert_snapshot!(env.screen("mlv deploy run prod").without_ids(), @"
    $ mlv deploy run prod
    [stderr]
    000001-$ID is active in `prod`
    ");
    insta::assert_snapshot!(env.screen("mlv deploy run prod").without_ids(), @"
    $ mlv deploy run prod
    [stderr]
    000001-$ID is active in `prod` already
    ");
    model(&env, "two");
    insta::assert_snapshot!(env.screen("mlv deploy status").without_ids(), @"
    $ mlv deploy status
    prod  active  000001-$ID  $ID  1 commit behind main
    ");
    env.success(&["deploy", "run", "deploy/prod.yaml"]);
    assert_eq!(current(&env, "models/churn/weights"), "two");
    assert_eq!(status(&env)["behind"], 0);
    insta::assert_snapshot!(env.screen("mlv deploy rollback prod").without_ids(), @"
    $ mlv deploy rollback prod
    [stderr]
    000001-$ID is active in `prod`
    ");
    assert_eq!(current(&env, "models/churn/weights"), "one");
    let told = status(&env);
    assert_eq!((&told["status"], &told["behind"]), (&"active".into(), &1.into()));
    let release = last(&env);
    assert_eq!((&release["action"], &release["smoke"]), (&"rollback".into(), &"passed".into()));
    assert_eq!(release["files"][0]["path"], "models/churn/weights");
    let reloads = String::from_utf8(env.read(env.home().join("reloads"))).unwrap();
    assert_eq!(reloads.lines().count(), 3);
    // The release is read-only, and says what it is.
    let manifest: Value = serde_json::from_str(&current(&env, ".mlv-release.json")).unwrap();
    assert_eq!(manifest["commit"], told["active"]["commit"]);
    let facts = env.home().join("prod/current/models/churn/weights").metadata().unwrap();
    assert!(facts.permissions().readonly());
}

#[test]
fn what_fails_before_the_flip_is_never_served() {
    let env = project(FOLDER, "version: 1\n");
    env.success(&["deploy", "run", "prod"]);
    model(&env, "bad");
    insta::assert_snapshot!(env.screen("mlv deploy run prod").without_ids(), @"
    $ mlv deploy run prod
    [stderr]
    error: the smoke test of 000002-$ID failed: exit code 1; 000001-$ID stays active
    [exit code 1]
    ");
    assert_eq!(current(&env, "models/churn/weights"), "one");
    assert_eq!(status(&env)["status"], "failed");
    assert_eq!((&last(&env)["status"], &last(&env)["smoke"]), (&"failed".into(), &"failed".into()));
    let reloads = String::from_utf8(env.read(env.home().join("reloads"))).unwrap();
    assert_eq!(reloads.lines().count(), 1, "nothing was flipped to");
}

#[test]
fn what_fails_after_the_flip_is_taken_back_and_the_reload_run_again() {
    let spec = FOLDER.replace(
        "sh pipeline/smoke.sh",
        "test $MLV_PHASE = staged || ! grep two models/churn/weights",
    );
    let env = project(&spec, "version: 1\n");
    env.success(&["deploy", "run", "prod"]);
    let first = status(&env)["active"]["release_id"].clone();
    model(&env, "two");
    insta::assert_snapshot!(env.screen("mlv deploy run prod").without_ids(), @"
    $ mlv deploy run prod
    [stderr]
    error: the smoke test of 000002-$ID failed: exit code 1; 000001-$ID is active as before
    hint: its last lines:
      two
    [exit code 1]
    ");
    assert_eq!(current(&env, "models/churn/weights"), "one");
    let reloads = String::from_utf8(env.read(env.home().join("reloads"))).unwrap();
    assert_eq!(reloads.lines().count(), 3);
    assert_eq!(reloads.lines().last(), first.as_str());
    // The first release of all leaves nothing behind.
    let fresh = project(&spec.replace("two", "one"), "version: 1\n");
    assert_eq!(fresh.mlv(&["deploy", "run", "prod"]).code, 1);
    assert!(fresh.home().join("prod/current").symlink_metadata().is_err());
    assert_eq!(status(&fresh)["active"], Value::Null);
}

#[test]
fn a_process_that_was_killed_after_the_flip_is_made_up_for() {
    let spec = FOLDER.replace(
        "echo $MLV_RELEASE_ID >> ../home/reloads",
        "test ! -e ../home/kill || { rm ../home/kill; kill -9 $PPID; sleep 9; }",
    );
    let env = project(&spec, "version: 1\n");
    env.success(&["deploy", "run", "prod"]);
    model(&env, "two");
    env.write(env.home().join("kill"), "");
    assert_eq!(env.mlv(&["deploy", "run", "prod"]).code, -1, "it was killed");
    assert_eq!(current(&env, "models/churn/weights"), "two");
    let healed = env.screen("mlv deploy status").without_ids();
    insta::assert_snapshot!(healed, @"
    $ mlv deploy status
    prod  failed  000001-$ID  $ID  1 commit behind main
    [stderr]
    the deployment of 000002-$ID to `prod` was interrupted: 000001-$ID is active as before
    ");
    assert_eq!(current(&env, "models/churn/weights"), "one");
    env.success(&["deploy", "run", "prod"]);
    assert_eq!(current(&env, "models/churn/weights"), "two");
}

#[test]
fn the_second_of_two_deployments_at_a_time_is_told_who_holds_the_lock() {
    let spec = FOLDER.replace(
        "sh pipeline/smoke.sh",
        "touch ../../../here; while ! test -e ../../../go; do sleep 0.02; done",
    );
    let env = project(&spec, "version: 1\n");
    let mut first = env.command(&["deploy", "run", "prod"]);
    let mut first = first.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    env.wait_for(env.home().join("here"));
    let second = env.mlv(&["deploy", "run", "prod"]).expect_code(5);
    let holder = format!(
        "`prod` is being deployed to by Ada Test <ada@example.org> (process {} on ",
        first.id()
    );
    assert!(second.stderr.contains(&holder), "{second}");
    env.write(env.home().join("go"), "");
    assert!(first.wait().unwrap().success());
    assert_eq!(current(&env, "models/churn/weights"), "one");
}

#[test]
fn faults_of_a_file_and_of_a_target_change_nothing() {
    let env = project(&FOLDER.replace("artifact", "artefact"), "version: 1\n");
    insta::assert_snapshot!(env.screen("mlv deploy run prod"), @"
    $ mlv deploy run prod
    [stderr]
    error: the specification of a deployment is broken
      caused by: deploy/prod.yaml:2:1: unknown key `artefact` of the file
      |
    2 | artefact: models/churn
      | ^^^^^^^^
      = did you mean `artifact`?
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv deploy run prdo"), @"
    $ mlv deploy run prdo
    [stderr]
    error: no `deploy/*.yaml` has `env: prdo`
    hint: did you mean `prod`?
    hint: `mlv deploy status` lists them
    [exit code 1]
    ");
    env.write("deploy/prod.yaml", FOLDER.replace("models/churn", "models/chum"));
    insta::assert_snapshot!(env.screen("mlv deploy run prod"), @"
    $ mlv deploy run prod
    [stderr]
    error: `models/chum` is not in `HEAD`
    hint: did you mean `models/churn`?
    [exit code 1]
    ");
    env.write("deploy/prod.yaml", FOLDER.replace("../home/prod", ".mlv/prod"));
    insta::assert_snapshot!(env.screen("mlv deploy run prod"), @"
    $ mlv deploy run prod
    [stderr]
    error: the target `$ROOT/.mlv/prod` lies inside `.mlv`
    [exit code 1]
    ");
    env.write("deploy/prod.yaml", FOLDER);
    env.write(env.home().join("prod/current/mine"), "");
    insta::assert_snapshot!(env.screen("mlv deploy run prod"), @"
    $ mlv deploy run prod
    [stderr]
    error: `$ROOT/../home/prod/current` is no symbolic link
    hint: move `$ROOT/../home/prod/current` away: mlv makes a symbolic link of that name
    [exit code 1]
    ");
    env.write("deploy/again.yaml", FOLDER);
    assert!(env.mlv(&["deploy", "run", "prod"]).stderr.contains("is the environment of"));
}

#[test]
fn a_target_that_cannot_be_written_to_is_told_and_left_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let env = project(FOLDER, "version: 1\n");
    let prod = env.home().join("prod");
    std::fs::create_dir(&prod).unwrap();
    std::fs::set_permissions(&prod, PermissionsExt::from_mode(0o555)).unwrap();
    open_to_all(&env);
    let refused = env.finish(env.command_bound_by_modes(&["deploy", "run", "prod"]));
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("/prod/.mlv-deploy.lock`: Permission denied"), "{refused}");
    assert_eq!(std::fs::read_dir(&prod).unwrap().count(), 0);
}

#[test]
#[cfg(target_os = "linux")]
fn a_target_on_another_file_system_is_flipped_to_and_taken_back_there() {
    use std::os::unix::fs::MetadataExt;
    let shm = std::path::Path::new("/dev/shm");
    let device = |path: &std::path::Path| path.metadata().map(|facts| facts.dev()).ok();
    // Where there is none, or tests run in it, there is nothing to find out.
    if !shm.is_dir() || device(shm) == device(&std::env::temp_dir()) {
        return;
    }
    let elsewhere = tempfile::tempdir_in(shm).unwrap();
    let prod = elsewhere.path().join("deep/prod");
    let spec = FOLDER.replace("../home/prod", prod.to_str().unwrap());
    let env = project(&spec, "version: 1\n");
    env.success(&["deploy", "run", "prod"]);
    model(&env, "two");
    env.success(&["deploy", "run", "prod"]);
    let current = || env.read(prod.join("current/models/churn/weights"));
    assert_eq!(current(), b"two");
    model(&env, "bad");
    env.mlv(&["deploy", "run", "prod"]).expect_code(1);
    assert_eq!(current(), b"two");
    env.success(&["deploy", "rollback", "prod"]);
    assert_eq!(current(), b"one");
    let items = |path: &str| {
        let items = std::fs::read_dir(prod.join(path)).unwrap().flatten();
        let mut names: Vec<_> = items.map(|it| it.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(items("."), [".mlv-deploy.holder", ".mlv-deploy.lock", "current", "releases"]);
    assert!(items("releases").iter().all(|name| !name.starts_with('.')));
}

#[test]
fn what_somebody_else_made_active_is_left_alone_by_what_heals() {
    let spec = FOLDER.replace(
        "echo $MLV_RELEASE_ID >> ../home/reloads",
        "test ! -e ../home/kill || { rm ../home/kill; kill -9 $PPID; sleep 9; }",
    );
    let env = project(&spec, "version: 1\n");
    env.success(&["deploy", "run", "prod"]);
    model(&env, "two");
    env.write(env.home().join("kill"), "");
    assert_eq!(env.mlv(&["deploy", "run", "prod"]).code, -1, "it was killed");
    let prod = env.home().join("prod");
    std::fs::create_dir(prod.join("by-hand")).unwrap();
    std::fs::remove_file(prod.join("current")).unwrap();
    std::os::unix::fs::symlink("by-hand", prod.join("current")).unwrap();
    insta::assert_snapshot!(env.screen("mlv deploy status").without_ids(), @"
    $ mlv deploy status
    prod  elsewhere  000001-$ID  $ID  1 commit behind main
    [stderr]
    the deployment of 000002-$ID to `prod` was interrupted: what somebody else made active stays so
    ");
    assert_eq!(std::fs::read_link(prod.join("current")).unwrap().to_str(), Some("by-hand"));
    env.success(&["deploy", "run", "prod"]);
    assert_eq!(current(&env, "models/churn/weights"), "two");
}

#[test]
fn a_target_that_was_changed_after_a_kill_is_not_pointed_to_what_it_never_had() {
    let spec = FOLDER.replace(
        "echo $MLV_RELEASE_ID >> ../home/reloads",
        "test ! -e ../home/kill || { rm ../home/kill; kill -9 $PPID; sleep 9; }",
    );
    let env = project(&spec, "version: 1\n");
    env.success(&["deploy", "run", "prod"]);
    model(&env, "two");
    env.write(env.home().join("kill"), "");
    assert_eq!(env.mlv(&["deploy", "run", "prod"]).code, -1, "it was killed");
    env.write("deploy/prod.yaml", spec.replace("home/prod", "home/new"));
    insta::assert_snapshot!(env.screen("mlv deploy run prod").without_ids(), @"
    $ mlv deploy run prod
    [stderr]
    the deployment of 000002-$ID to `prod` was interrupted: what folder ../home/prod serves is as it was left: the target is another one now
    000003-$ID is active in `prod`
    ");
    let weights = env.read(env.home().join("new/current/models/churn/weights"));
    assert_eq!(weights, b"two");
}

/// Lets somebody else work in the repository.
fn open_to_all(env: &TestEnvironment) {
    let mut chmod = std::process::Command::new("chmod");
    assert!(chmod.args(["-R", "a+rwX"]).arg(env.root()).status().unwrap().success());
}

const HOOKED: &str = "version: 1
branches:
  main: {require: [judge]}
hooks:
  judge: {on: pre-merge, run: test -e models}
  gate:
    on: pre-deploy
    if: event.deployment.env == 'prod'
    run: '! grep -q worse models/churn/weights'
  tell:
    on: post-deploy
    run: cat > \"$MLV_ROOT/../home/told.json\"
";

#[test]
fn hooks_and_verdicts_stand_before_a_deployment() {
    let mut env = project(FOLDER, HOOKED);
    env.success(&["switch", "--detach"]);
    model(&env, "unjudged");
    insta::assert_snapshot!(env.screen("mlv deploy run prod").without_ids(), @"
    $ mlv deploy run prod
    [stderr]
    error: `main` requires `judge` (it has not judged this); it is unchanged
    hint: to reach the verdict: `mlv hooks run pre-merge --at $ID`
    [exit code 3]
    ");
    env.success(&["hooks", "run", "pre-merge", "--at", "HEAD"]);
    env.success(&["deploy", "run", "prod"]);
    let told: Value = serde_json::from_slice(&env.read(env.home().join("told.json"))).unwrap();
    assert_eq!(told["deployment"]["env"], "prod");
    assert_eq!(told["deployment"]["release_id"], last(&env)["release_id"]);
    assert_eq!(last(&env)["verdicts"][0]["hook"], "judge");
    env.success(&["switch", "-c", "trial"]);
    model(&env, "worse");
    insta::assert_snapshot!(env.screen("mlv deploy run prod").without_ids().without_times(), @"
    $ mlv deploy run prod
    [stderr]
    pre-deploy to prod
      ✗ gate          exit code 1                            0.0s
    error: deployment refused by `gate`; nothing was changed
    hint: full log: `mlv hooks log r-000004`
    [exit code 3]
    ");
    env.set_variable("MLV_NO_VERIFY", "1");
    assert!(env.mlv(&["deploy", "run", "prod"]).stderr.contains("cannot be passed over"));
    assert_eq!(current(&env, "models/churn/weights"), "unjudged");
}

#[test]
fn a_command_is_given_the_release_and_given_the_earlier_one_again() {
    let spec = "env: prod\nartifact: models/churn\ntarget: {type: command, run: 'grep -v bad $MLV_RELEASE_DIR/models/churn/weights >> ../home/given'}\n";
    let env = project(spec, "version: 1\n");
    env.success(&["deploy", "run", "prod"]);
    model(&env, "bad");
    insta::assert_snapshot!(env.screen("mlv deploy run prod").without_ids(), @"
    $ mlv deploy run prod
    [stderr]
    000001-$ID is active as before
    error: the command of the target failed: exit code 1
    [exit code 1]
    ");
    model(&env, "two");
    env.success(&["deploy", "run", "prod"]);
    env.success(&["deploy", "rollback", "prod"]);
    assert_eq!(env.read(env.home().join("given")), b"one\none\ntwo\none\n");
}

#[test]
fn a_file_in_a_checkout_of_git_names_the_release() {
    let spec =
        "env: prod\nartifact: models/churn\ntarget: {type: git, file: ../home/ops/churn.json}\n";
    let env = project(spec, "version: 1\n");
    let ops = env.home().join("ops");
    insta::assert_snapshot!(env.screen("mlv deploy run prod"), @"
    $ mlv deploy run prod
    [stderr]
    error: `$ROOT/../home/ops/churn.json` is not in a Git checkout
    hint: name a file in a checkout of Git
    [exit code 1]
    ");
    env.git(&["init", "-q", ops.to_str().unwrap()]);
    env.success(&["deploy", "run", "prod"]);
    model(&env, "two");
    env.success(&["deploy", "run", "prod"]);
    env.success(&["deploy", "rollback", "prod"]);
    let log = env.git(&["-C", ops.to_str().unwrap(), "log", "--format=%s"]);
    assert_eq!(log.lines().count(), 3, "{log}");
    assert!(log.starts_with("Deploy 000001-"), "{log}");
    let file: Value = serde_json::from_slice(&env.read(ops.join("churn.json"))).unwrap();
    assert_eq!(file["commit"], status(&env)["active"]["commit"]);
}

#[test]
fn a_prefix_holds_releases_and_names_the_one_that_is_served() {
    let spec =
        "env: prod\nartifact: models/churn\ntarget: {type: bucket, url: ../home/bucket}\nkeep: 2\n";
    let env = project(spec, "version: 1\n");
    for weights in ["two", "three"] {
        env.success(&["deploy", "run", "prod"]);
        model(&env, weights);
    }
    env.success(&["deploy", "run", "prod"]);
    let served = || -> (Value, PathBuf) {
        let pointer = env.read(env.home().join("bucket/current.json"));
        let pointer: Value = serde_json::from_slice(&pointer).unwrap();
        let place =
            env.home().join("bucket/releases").join(pointer["release_id"].as_str().unwrap());
        (pointer, place)
    };
    assert_eq!(env.read(served().1.join("models/churn/weights")), b"three");
    env.success(&["deploy", "rollback", "prod"]);
    assert_eq!(env.read(served().1.join("models/churn/weights")), b"two");
    assert_eq!(served().0["release_id"], status(&env)["active"]["release_id"]);
    let releases = std::fs::read_dir(env.home().join("bucket/releases")).unwrap();
    let whole =
        releases.filter(|item| item.as_ref().unwrap().path().join("models/churn/weights").exists());
    assert_eq!(whole.count(), 2);
}

#[test]
fn a_webhook_is_told_signed_and_once_more_where_it_stumbles() {
    let server = Server::answering(&[
        ("503 Down", ""),
        ("204 No Content", ""),
        ("403 No", ""),
        ("204 No Content", ""),
    ]);
    let address = &server.address;
    let spec = format!(
        "env: prod\nartifact: models/churn\ntarget: {{type: webhook, url: '{address}/in', secret: HOOK_KEY}}\n"
    );
    let mut env = project(&spec, "version: 1\n");
    let refused = env.mlv(&["deploy", "run", "prod"]).expect_code(1);
    assert!(refused.stderr.contains("`HOOK_KEY` is not set"), "{refused}");
    env.set_variable("HOOK_KEY", "k3y-of-the-hook");
    env.success(&["deploy", "run", "prod"]);
    model(&env, "two");
    let refused = env.mlv(&["deploy", "run", "prod"]).expect_code(1);
    assert!(refused.stderr.contains("403"), "{refused}");
    let asked = server.asked();
    assert_eq!(asked[0].body, asked[1].body);
    assert_eq!(
        asked[1].header("X-Mlv-Signature-256"),
        format!("sha256={}", signature(&asked[1].body))
    );
    let id = asked[1].json()["release"]["release_id"].as_str().unwrap().to_owned();
    assert_eq!(asked[1].header("Idempotency-Key"), format!("prod-{id}"));
    let database = env.read(".mlv/repo.db");
    assert!(!database.windows(8).any(|window| window == b"k3y-of-t"), "the secret is stored");
}

fn signature(body: &str) -> String {
    use hmac::{KeyInit as _, Mac as _};
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(b"k3y-of-the-hook").unwrap();
    mac.update(body.as_bytes());
    let digits = |byte: u8| [byte >> 4, byte & 15].map(|half| char::from_digit(half.into(), 16));
    mac.finalize().into_bytes().into_iter().flat_map(digits).flatten().collect()
}
