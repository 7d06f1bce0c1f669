use serde_json::{Value, json};

use super::{commit, fake, last_run, project};
use crate::common::TestEnvironment;

/// A cluster in files: a job is at work the first time that it is looked at.
const KUBECTL: &str = r#"#!/bin/sh
echo "$*" >> "$HOME/kubectl.log"
case "$*" in
*"create --dry-run=client"*) cat "$HOME/manifest.json" ;;
*"create --filename=-"*) cat > "$HOME/job.json" ;;
*"get job"*)
    test -e "$HOME/job.json" || { echo "Error from server (NotFound)" >&2; exit 1; }
    if test -e "$HOME/looked"; then cat "$HOME/ended.json"; else touch "$HOME/looked"; echo '{}'; fi ;;
*logs*) echo "epoch 1: auc 0.81" ;;
*delete*) rm -f "$HOME/job.json" ;;
esac
"#;

fn cluster(ending: &str, more: &str) -> TestEnvironment {
    let mut env = project(&format!(
        "on: post-commit
uses: kubernetes-job
with: {{manifest: jobs/train.yaml, namespace: ml, poll: 1ms{more}}}"
    ));
    fake(&mut env, "kubectl", KUBECTL);
    let manifest = json!({
        "kind": "Job",
        "metadata": {"name": "train"},
        "spec": {"template": {"spec": {"containers": [{"name": "main", "env": [{"name": "A", "value": "1"}]}]}}},
    });
    let ended = json!({"status": {"conditions": [{"type": ending, "status": "True", "message": "so it goes"}]}});
    put(&env, "manifest.json", &manifest);
    put(&env, "ended.json", &ended);
    env
}

fn put(env: &TestEnvironment, name: &str, value: &Value) {
    let file = std::fs::File::create(env.home().join(name)).unwrap();
    serde_json::to_writer(file, value).unwrap();
}

fn asked(env: &TestEnvironment) -> String {
    std::fs::read_to_string(env.home().join("kubectl.log")).unwrap()
}

fn start(env: &TestEnvironment) -> (String, String) {
    commit(env, &[("jobs/train.yaml", "kind: Job\n")]);
    last_run(env)
}

#[test]
fn a_job_is_created_waited_for_shown_and_cleared_away() {
    let env = cluster("Complete", "");
    let (message, log) = start(&env);
    let run = env.json(&["hooks", "runs", "-n", "1", "--json"])[0].clone();
    let name = format!("train-r-000002-{}", &run["commit"].as_str().unwrap()[..8]);
    assert_eq!(message, format!("job {name} complete"));
    assert_eq!(log.trim(), format!("job {name} created\nepoch 1: auc 0.81\n\njob {name} complete"));
    assert_eq!(
        asked(&env).replace(&name, "JOB"),
        "--namespace=ml create --dry-run=client --output=json --filename=jobs/train.yaml\n\
         --namespace=ml get job JOB --output=json\n\
         --namespace=ml create --filename=-\n\
         --namespace=ml get job JOB --output=json\n\
         --namespace=ml get job JOB --output=json\n\
         --namespace=ml logs job/JOB --all-containers=true --tail=-1\n\
         --namespace=ml delete job JOB --wait=false --ignore-not-found=true\n"
    );
}

#[test]
fn the_job_is_told_what_the_hook_is_told_and_stays_where_it_is_to_be_kept() {
    let env = cluster("Complete", ", keep: always");
    start(&env);
    let job: Value =
        serde_json::from_slice(&std::fs::read(env.home().join("job.json")).unwrap()).unwrap();
    let told = job["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap().clone();
    assert!(told.contains(&json!({"name": "A", "value": "1"})));
    assert!(told.contains(&json!({"name": "MLV_EVENT", "value": "post-commit"})));
    assert!(!asked(&env).contains("delete"));
}

#[test]
fn a_job_that_fails_fails_the_hook_and_is_kept_to_be_looked_at() {
    let env = cluster("Failed", "");
    let (message, log) = start(&env);
    assert!(
        message.starts_with("job train-r-") && message.ends_with(" failed: so it goes"),
        "{message}"
    );
    assert!(log.contains("epoch 1: auc 0.81"));
    assert!(!asked(&env).contains("delete"));
}

#[test]
fn a_manifest_that_is_missing_or_of_something_else_is_told() {
    let env = cluster("Complete", "");
    commit(&env, &[("a", "1")]);
    assert_eq!(last_run(&env).0, "there is no `jobs/train.yaml` in the tree");
    put(&env, "manifest.json", &json!({"kind": "List"}));
    assert_eq!(start(&env).0, "`jobs/train.yaml` is no single job, but List");
}
