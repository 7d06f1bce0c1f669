use super::{commit, last_run, project};

/// What is no secret of anybody, put together here so that no scanner takes this file for one.
fn samples() -> [(&'static str, String); 12] {
    [
        ("an AWS access key", format!("AKIA{}", "ABCDEFGH23456789")),
        ("a private key", format!("-----BEGIN RSA {} KEY-----", "PRIVATE")),
        ("a GitHub token", format!("ghp_{}", "a1".repeat(18))),
        ("a GitLab token", format!("glpat-{}", "a1".repeat(10))),
        ("a Slack token", format!("xoxb-{}", "1234567890-abc")),
        ("a Google API key", format!("AIza{}", "b".repeat(35))),
        (
            "a signed token (JWT)",
            format!("eyJ{}.eyJ{}.{}", "a".repeat(10), "b".repeat(10), "c".repeat(20)),
        ),
        ("a password", format!("{} = \"{}\"", "password", "correct-horse")),
        ("an e-mail address", "ada@example.org".to_owned()),
        ("a phone number", "+44 20 7946 0958".to_owned()),
        ("a payment card number", "4111 1111 1111 1111".to_owned()),
        ("a bank account (IBAN)", "DE89 3704 0044 0532 0130 00".to_owned()),
    ]
}

#[test]
fn each_kind_is_found_in_its_row_and_shown_by_its_beginning_only() {
    let env = project("on: pre-commit\nuses: no-secrets");
    let samples = samples();
    let text: String =
        samples.iter().map(|(_, text)| format!("a,{text},b\n")).collect::<Vec<_>>().concat();
    commit(&env, &[("data/a.csv", &format!("id,x,y\n{text}"))]).expect_code(3);
    let (message, log) = last_run(&env);
    let expected: Vec<String> = samples
        .iter()
        .enumerate()
        .map(|(at, (what, text))| format!("data/a.csv:{}: {what}: {}...", at + 2, &text[..4]))
        .collect();
    assert_eq!(log.lines().collect::<Vec<_>>(), expected);
    assert_eq!(message, "12 findings in 1 file");
}

#[test]
fn what_only_looks_alike_passes() {
    let env = project("on: pre-commit\nuses: no-secrets");
    let text = "\
2026-01-31T12:00:00Z,1769860800123,4111 1111 1111 1112
DE88 3704 0044 0532 0130 00,0.4111111111111111,127.0.0.1
password = os.environ['DB'],user@host,+1,sha 89e6c98d92887913cadf06b2adb97f26cde4849b
0000000000000000,skin-color: red,AKIAshort
";
    commit(&env, &[("data/a.csv", text), ("empty", "")]).expect_code(0);
    assert_eq!(last_run(&env).0, "nothing found in 2 files");
}

#[test]
fn what_is_allowed_by_text_or_path_or_not_looked_for_passes() {
    let env = project(
        "on: pre-commit
uses: no-secrets
with: {look_for: [secrets, email], allow: ['.*@example\\.org'], exclude: [docs/]}",
    );
    let text = "ada@example.org,+44 20 7946 0958\n";
    commit(&env, &[("data/a.csv", text), ("docs/b.md", "bob@example.com")]).expect_code(0);
    commit(&env, &[("data/b.csv", "bob@example.com")]).expect_code(3);
}

#[test]
fn a_file_that_is_no_text_is_counted_and_not_looked_at() {
    let env = project("on: pre-commit\nuses: no-secrets");
    commit(&env, &[("data/a.parquet", "PAR1\0 ada@example.org")]).expect_code(0);
    assert_eq!(last_run(&env).0, "nothing found in 0 files; 1 not looked at: no text");
}

#[test]
fn an_expression_that_is_none_is_told() {
    let env = project("on: pre-commit\nuses: no-secrets\nwith: {allow: ['(']}");
    commit(&env, &[("a", "1")]).expect_code(3);
    assert!(last_run(&env).0.starts_with("`allow` holds `(`, which is no regular expression: "));
}
