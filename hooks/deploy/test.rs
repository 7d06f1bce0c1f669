use serde_json::Value;

use crate::common::TestEnvironment;

const SPEC: &str = "env: prod
artifact: model
target: {type: folder, path: ../home/prod}
smoke: grep -qv bad model
";

const HOOK: &str = "version: 1
hooks:
  ship:
    on: post-merge
    branches: main
    uses: deploy
    with: {spec: deploy/prod.yaml}
";

fn merged(weights: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("mlv.yaml", HOOK);
    env.write("deploy/prod.yaml", SPEC);
    env.write("model", "one");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "one"]);
    env.success(&["switch", "-c", "better"]);
    env.write("model", weights);
    env.success(&["commit", "-am", weights]);
    env.success(&["merge", "better", "--into", "main"]);
    env
}

fn last(env: &TestEnvironment, verb: &[&str]) -> Value {
    env.json(&[verb, &["--json"]].concat())[0].clone()
}

#[test]
fn what_a_merge_brings_is_deployed_once() {
    let env = merged("two");
    assert_eq!(env.read(env.home().join("prod/current/model")), b"two");
    let run = last(&env, &["hooks", "runs"]);
    let release = last(&env, &["deploy", "history", "prod"]);
    assert_eq!(release["run_id"], run["run_id"]);
    assert_eq!(release["branch"], "main");
    let id = release["release_id"].as_str().unwrap();
    assert_eq!(run["message"], format!("{id} is active in prod"));
    env.success(&["hooks", "run", "post-merge", "--at", "main"]);
    assert_eq!(env.json(&["deploy", "history", "prod", "--json"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_deployment_that_fails_fails_the_hook_and_not_the_merge() {
    let env = merged("bad");
    assert!(!env.home().join("prod/current").exists());
    let run = last(&env, &["hooks", "runs"]);
    assert_eq!(run["status"], "failed");
    assert_eq!(env.success(&["cat", "main:model"]).stdout, "bad");
}
