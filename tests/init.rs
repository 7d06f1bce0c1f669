//! `mlv init`

use crate::common::TestEnvironment;

#[test]
fn a_repository_is_made_where_one_stands_or_where_one_says() {
    let env = TestEnvironment::new();
    insta::assert_snapshot!(env.screen("mlv init"), @r"
    $ mlv init
    [stderr]
    made a repository in `$ROOT`, on branch main
    hint: `mlv add PATH` takes files in
    ");
    insta::assert_snapshot!(env.screen("mlv init below/deep -b trunk"), @r"
    $ mlv init below/deep -b trunk
    [stderr]
    made a repository in `$ROOT/below/deep`, on branch trunk
    hint: `mlv add PATH` takes files in
    ");
    let status = env.json(&["-C", "below/deep", "status", "--json"]);
    assert_eq!(status["branch"], "trunk");
}

#[test]
fn the_first_branch_is_the_one_of_the_settings() {
    let env = TestEnvironment::new();
    env.success(&["config", "set", "--user", "core.default_branch", "trunk"]);
    env.success(&["init"]);
    assert_eq!(env.json(&["status", "--json"])["branch"], "trunk");
}

#[test]
fn a_repository_is_not_made_twice_and_a_bad_branch_leaves_nothing() {
    let env = TestEnvironment::new();
    env.mlv(&["init", "-b", "no..good"]).expect_code(1);
    assert!(!env.path(".mlv").exists());
    env.success(&["init"]);
    insta::assert_snapshot!(env.screen("mlv init"), @r"
    $ mlv init
    [stderr]
    error: `$ROOT` is a repository already
    hint: `mlv status` shows what it holds
    [exit code 1]
    ");
}

#[test]
fn a_template_fills_an_empty_directory_only() {
    let env = TestEnvironment::new();
    env.success(&["init", "churn", "--template", "tabular-classification"]);
    assert!(env.path("churn/mlv.yaml").exists());
    assert!(
        !env.json(&["-C", "churn", "status", "--json"])["untracked"].as_array().unwrap().is_empty()
    );
    env.write("full/file", "mine");
    insta::assert_snapshot!(env.screen("mlv init full --template tabular-classification"), @r"
    $ mlv init full --template tabular-classification
    [stderr]
    error: `$ROOT/full` is not empty
    hint: name a directory that is new or empty
    [exit code 1]
    ");
    assert!(!env.path("full/.mlv").exists());
    insta::assert_snapshot!(env.screen("mlv init other --template tabular-clasification"), @r"
    $ mlv init other --template tabular-clasification
    [stderr]
    error: `tabular-clasification` is no template
    hint: did you mean `tabular-classification`?
    hint: templates:
      image-classification
      tabular-classification
    [exit code 1]
    ");
    assert!(!env.path("other").exists());
}

#[test]
fn git_does_not_see_the_repository() {
    let env = TestEnvironment::new();
    env.git(&["init", "-q"]);
    insta::assert_snapshot!(env.screen("mlv init data"), @r"
    $ mlv init data
    [stderr]
    made a repository in `$ROOT/data`, on branch main
    Git's work tree `$ROOT` leaves `.mlv/` and added data alone
    hint: `mlv add PATH` takes files in
    ");
    assert_eq!(env.git(&["status", "--porcelain"]), "");
}
