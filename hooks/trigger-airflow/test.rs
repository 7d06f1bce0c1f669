use super::{Request, Server, commit, last_run, project};
use crate::common::TestEnvironment;

fn triggered(address: &str, more: &str) -> TestEnvironment {
    let mut env = project(&format!(
        "on: post-commit
uses: trigger-airflow
with: {{url: '{address}/', dag: retrain churn, backoff: 1ms, poll: 1ms, attempts: 2, user: AF_USER, password: AF_PASSWORD{more}}}"
    ));
    env.set_variable("AF_USER", "ada");
    env.set_variable("AF_PASSWORD", "pa55word");
    env
}

fn lines(asked: &[Request]) -> Vec<&str> {
    asked.iter().map(|request| request.line.as_str()).collect()
}

#[test]
fn version_2_gets_a_token_and_starts_a_run_called_after_ours() {
    let server =
        Server::answering(&[("201 Created", r#"{"access_token": "t0ken"}"#), ("200 OK", "{}")]);
    let env = triggered(&server.address, ", conf: {on: '{branch}'}");
    commit(&env, &[("a", "1")]).expect_code(0);
    let run = env.json(&["hooks", "runs", "-n", "1", "--json"])[0].clone();
    let id = format!(
        "mlv-{}-{}",
        run["run_id"].as_str().unwrap(),
        &run["commit"].as_str().unwrap()[..8]
    );
    assert_eq!(run["message"], format!("{id} started"));
    let asked = server.asked();
    assert_eq!(lines(&asked), ["POST /auth/token", "POST /api/v2/dags/retrain%20churn/dagRuns"]);
    assert_eq!(asked[1].header("Authorization"), "Bearer t0ken");
    let body = asked[1].json();
    assert_eq!((&body["dag_run_id"], &body["conf"]["on"]), (&id.into(), &"main".into()));
    assert_eq!(
        (&body["conf"]["mlv"]["commit"], body.get("logical_date")),
        (&run["commit"], Some(&serde_json::Value::Null))
    );
}

#[test]
fn version_1_is_waited_for_until_it_succeeds() {
    let state = |state: &str| format!(r#"{{"state": "{state}"}}"#);
    let (running, success) = (state("running"), state("success"));
    let server = Server::answering(&[("200 OK", "{}"), ("200 OK", &running), ("200 OK", &success)]);
    let env = triggered(&server.address, ", api: v1, wait: true");
    commit(&env, &[("a", "1")]).expect_code(0);
    assert!(last_run(&env).0.ends_with(" succeeded"));
    let asked = server.asked();
    assert_eq!(asked[0].line, "POST /api/v1/dags/retrain%20churn/dagRuns");
    assert_eq!(asked[0].header("Authorization"), "Basic YWRhOnBhNTV3b3Jk");
    assert!(asked[2].line.starts_with("GET /api/v1/dags/retrain%20churn/dagRuns/mlv-r-"));
}

#[test]
fn a_run_that_exists_is_taken_for_ours_and_one_that_fails_fails_the_hook() {
    let server = Server::answering(&[("409 Conflict", "{}"), ("200 OK", r#"{"state": "failed"}"#)]);
    let env = triggered(&server.address, ", api: v1, wait: true");
    commit(&env, &[("a", "1")]);
    let (message, log) = last_run(&env);
    assert!(message.ends_with(" failed"), "{message}");
    assert!(log.contains("had been started before"), "{log}");
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn what_airflow_says_is_told_and_the_password_is_not() {
    let server = Server::answering(&[("401 Unauthorized", r#"{"detail": "not pa55word"}"#)]);
    let env = triggered(&server.address, "");
    commit(&env, &[("a", "1")]);
    assert_eq!(last_run(&env).0, format!("POST {}: 401 Unauthorized: not ***", server.address));
}
