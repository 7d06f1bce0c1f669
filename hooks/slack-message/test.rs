use super::{Server, commit, last_run, project};

const HOOK: &str = "on: post-commit
uses: slack-message
with: {text: '{author}: {subject} <{branch}> {unknown}', backoff: 1ms, attempts: 2}";

#[test]
fn the_message_is_filled_in_and_its_signs_are_escaped() {
    let server = Server::answering(&[("200 OK", "ok")]);
    let mut env = project(HOOK);
    env.set_variable("SLACK_WEBHOOK_URL", format!("{}/services/T0/s3cret", server.address));
    env.set_variable("MLV_AUTHOR_NAME", "Ada <&> Bob");
    commit(&env, &[("a", "1")]).expect_code(0);
    let asked = server.asked();
    assert_eq!(asked[0].line, "POST /services/T0/s3cret");
    assert_eq!(asked[0].json()["text"], "Ada &lt;&amp;&gt; Bob: more <main> {unknown}");
}

#[test]
fn the_address_of_the_webhook_is_never_told() {
    let server = Server::answering(&[("404 Not Found", "no_service")]);
    let mut env = project(HOOK);
    env.set_variable("SLACK_WEBHOOK_URL", format!("{}/services/T0/s3cret", server.address));
    commit(&env, &[("a", "1")]);
    let (message, log) = last_run(&env);
    assert_eq!(message, format!("POST {}: 404 Not Found", server.address));
    assert!(!log.contains("s3cret"), "{log}");
}
