//! `mlv hooks add`

use crate::common::TestEnvironment;

fn repository() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env
}

fn file(env: &TestEnvironment) -> String {
    String::from_utf8(env.read("mlv.yaml")).unwrap()
}

#[test]
fn a_first_hook_makes_the_file() {
    let env = repository();
    insta::assert_snapshot!(env.screen("mlv hooks add max-file-size --with max=10MB"), @"");
    insta::assert_snapshot!(file(&env), @"");
    env.success(&["hooks", "check"]);
}

#[test]
fn a_further_hook_leaves_the_file_as_it_is_laid_out() {
    let env = repository();
    let before = "\
# Our rules.
version: 1
hooks:
    old:   # kept
        on:   pre-commit
        run: true
branches: {main: {protected: true}}
";
    env.write("mlv.yaml", before);
    env.success(&[
        "hooks",
        "add",
        "notify-webhook",
        "--as",
        "tell-team",
        "--on",
        "post-merge",
        "--branch",
        "main",
        "--branch",
        "release/*",
        "--with",
        "url=https://example.org/x?a=1",
        "--with",
        "secret=HOOK_KEY",
        "--with",
        "headers={X-Team: ml}",
    ]);
    insta::assert_snapshot!(file(&env), @"");
    assert!(file(&env).starts_with(before.split("branches:").next().unwrap()));
    env.success(&["hooks", "check"]);
}

#[test]
fn a_list_is_given_by_repeating_its_name() {
    let env = repository();
    env.success(&[
        "hooks",
        "add",
        "no-secrets",
        "--with",
        "exclude=a/**",
        "--with",
        "exclude=b, c",
        "--with",
        "look_for=[card, iban]",
    ]);
    assert!(
        file(&env).contains("      exclude: [\"a/**\", \"b, c\"]\n      look_for: [card, iban]\n")
    );
}

#[test]
fn what_cannot_be_added_changes_nothing_and_says_why() {
    let env = repository();
    env.success(&["hooks", "add", "no-secrets"]);
    let before = file(&env);
    insta::assert_snapshot!(env.screen("mlv hooks add no-secrets"), @"");
    insta::assert_snapshot!(env.screen("mlv hooks add max-files-size"), @"");
    insta::assert_snapshot!(env.screen("mlv hooks add max-file-size --with max=big"), @"");
    insta::assert_snapshot!(env.screen("mlv hooks add notify-webhook"), @"");
    env.mlv(&["hooks", "add", "max-file-size", "--with", "max"]).expect_code(2);
    env.mlv(&["hooks", "add", "--as", "x"]).expect_code(2);
    assert_eq!(file(&env), before);
}

#[test]
fn a_layout_without_a_place_gets_the_block_to_paste() {
    let env = repository();
    env.write("mlv.yaml", "version: 1\nhooks: {old: {on: pre-commit, run: x}}\n");
    insta::assert_snapshot!(env.screen("mlv hooks add max-file-size"), @"");
    assert_eq!(file(&env), "version: 1\nhooks: {old: {on: pre-commit, run: x}}\n");
}

#[test]
fn without_a_name_all_are_listed() {
    let env = TestEnvironment::new();
    insta::assert_snapshot!(env.screen("mlv hooks add"), @"");
    let listed = env.json(&["hooks", "add", "--json"]);
    let size = listed.as_array().unwrap().iter().find(|a| a["name"] == "max-file-size").unwrap();
    assert_eq!(size["parameters"][0]["default"], "100MB");
}
