use super::{Server, commit, last_run, project};
use crate::common::TestEnvironment;

fn triggered(address: &str, more: &str) -> TestEnvironment {
    let mut env = project(&format!(
        "on: post-commit
uses: trigger-github-workflow
with: {{repository: example/churn, api_url: '{address}', backoff: 1ms, attempts: 2, inputs: {{branch: '{{branch}}'}}{more}}}"
    ));
    env.set_variable("GITHUB_TOKEN", "gh-t0ken");
    env
}

#[test]
fn a_workflow_is_started_on_its_ref_with_its_inputs() {
    let server = Server::answering(&[("500 Oops", ""), ("204 No Content", "")]);
    let env = triggered(&server.address, ", workflow: deploy.yml, ref: trunk");
    commit(&env, &[("a", "1")]).expect_code(0);
    assert_eq!(last_run(&env).0, "deploy.yml sent to example/churn");
    let asked = server.asked();
    assert_eq!(asked[1].line, "POST /repos/example/churn/actions/workflows/deploy.yml/dispatches");
    assert_eq!(asked[1].header("Authorization"), "Bearer gh-t0ken");
    assert_eq!(asked[1].json(), serde_json::json!({"ref": "trunk", "inputs": {"branch": "main"}}));
}

#[test]
fn without_a_workflow_an_event_is_sent_to_all_that_wait_for_it() {
    let server = Server::answering(&[("204 No Content", "")]);
    let env = triggered(&server.address, "");
    commit(&env, &[("a", "1")]).expect_code(0);
    let asked = server.asked();
    assert_eq!(asked[0].line, "POST /repos/example/churn/dispatches");
    let body = asked[0].json();
    assert_eq!(
        (&body["event_type"], &body["client_payload"]["branch"]),
        (&"mlv".into(), &"main".into())
    );
    assert_eq!(body["client_payload"]["mlv"]["event"], "post-commit");
}

#[test]
fn what_github_says_is_told_and_the_token_is_not() {
    let server =
        Server::answering(&[("422 Unprocessable", r#"{"message": "No ref for gh-t0ken"}"#)]);
    let env = triggered(&server.address, ", workflow: deploy.yml");
    commit(&env, &[("a", "1")]);
    let (message, log) = last_run(&env);
    assert_eq!(message, format!("POST {}: 422 Unprocessable: No ref for ***", server.address));
    assert!(!log.contains("gh-t0ken"));
}
