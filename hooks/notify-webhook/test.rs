use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::json;

use super::{Server, commit, last_run, project};
use crate::common::TestEnvironment;

const KEY: &str = "k3y-of-the-hook";
const TOKEN: &str = "t0ken-of-the-hook";

fn notified(address: &str, more: &str) -> TestEnvironment {
    let mut env = project(&format!(
        "on: post-commit
paths: [a, data/**]
uses: notify-webhook
with: {{url: '{address}/in?x=1', backoff: 1ms, attempts: 3{more}}}"
    ));
    env.set_variable("HOOK_KEY", KEY);
    env.set_variable("HOOK_TOKEN", TOKEN);
    env
}

/// Returns the signature as a receiver would work it out.
fn signature(body: &str) -> String {
    let script = "import hmac, sys; print(hmac.new(sys.argv[1].encode(), sys.stdin.buffer.read(), 'sha256').hexdigest())";
    let mut python = Command::new("python3")
        .args(["-c", script, KEY])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn the_event_is_sent_signed_with_the_id_of_the_run() {
    let server = Server::answering(&[("204 No Content", "")]);
    let env =
        notified(&server.address, ", secret: HOOK_KEY, token: HOOK_TOKEN, headers: {X-Team: ml}");
    commit(&env, &[("data/a.csv", "1")]).expect_code(0);
    assert_eq!(last_run(&env).0, "told: 204");
    let run = env.json(&["hooks", "runs", "-n", "1", "--json"])[0].clone();
    let asked = server.asked();
    let [request] = asked.as_slice() else { panic!("{} requests", asked.len()) };
    assert_eq!(request.line, "POST /in?x=1");
    assert_eq!(
        request.header("X-Mlv-Signature-256"),
        format!("sha256={}", signature(&request.body))
    );
    assert_eq!(request.header("Idempotency-Key"), run["run_id"].as_str().unwrap());
    assert_eq!(request.header("Authorization"), format!("Bearer {TOKEN}"));
    assert_eq!((request.header("X-Mlv-Event"), request.header("X-Team")), ("post-commit", "ml"));
    let body = request.json();
    assert_eq!((&body["event"], &body["commit"]), (&json!("post-commit"), &run["commit"]));
    assert_eq!(body["changes"][0]["path"], "data/a.csv");
    assert!(body.get("root").is_none(), "where the repository lies is not told");
}

#[test]
fn a_server_that_stumbles_is_asked_again() {
    let server = Server::answering(&[("500 Oops", ""), ("429 Slow", ""), ("200 OK", "")]);
    let env = notified(&server.address, "");
    commit(&env, &[("a", "1")]).expect_code(0);
    assert_eq!(last_run(&env).0, "told: 200");
    let asked = server.asked();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|request| request.header("X-Mlv-Signature-256").is_empty()));
    assert!(asked.windows(2).all(|pair| pair[0].body == pair[1].body));
}

#[test]
fn a_server_that_goes_on_stumbling_is_given_up_and_no_secret_is_told() {
    let echo = format!(r#"{{"message": "bad key {KEY} {TOKEN}"}}"#);
    let server = Server::answering(&[("503 Down", echo.as_str()); 3]);
    let env = notified(&server.address, ", secret: HOOK_KEY, token: HOOK_TOKEN");
    let told = commit(&env, &[("a", "1")]);
    let (message, log) = last_run(&env);
    let address = &server.address;
    assert_eq!(message, format!("POST {address}: 503 Down: bad key *** ***, after 3 attempts"));
    for text in [&message, &log, &told.stdout, &told.stderr] {
        assert!(!text.contains(KEY) && !text.contains(TOKEN), "{text}");
    }
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn a_refusal_and_a_redirect_are_not_tried_again() {
    for (status, said) in [("403 Forbidden", "403 Forbidden"), ("302 Found", "302 Found")] {
        let server = Server::answering(&[(status, ""), ("200 OK", "")]);
        let env = notified(&server.address, "");
        commit(&env, &[("a", "1")]);
        assert_eq!(last_run(&env).0, format!("POST {}: {said}", server.address));
        assert_eq!(server.asked().len(), 1);
    }
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let env = notified("http://127.0.0.1:1", "");
    commit(&env, &[("a", "1")]);
    let message = last_run(&env).0;
    assert!(message.contains("Connection refused, after 3 attempts"), "{message}");
    let env = notified("file:///etc/passwd#", "");
    commit(&env, &[("a", "1")]);
    assert_eq!(last_run(&env).0, "file:// is no address of a web server");
}
