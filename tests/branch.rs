//! `mlv branch` and `mlv tag`

use crate::common::TestEnvironment;

fn one_commit() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("a", "1");
    env.success(&["add", "a"]);
    env.success(&["commit", "-m", "one"]);
    env
}

#[test]
fn branches_are_made_listed_renamed_and_deleted() {
    let env = one_commit();
    insta::assert_snapshot!(env.screen("mlv branch dev").without_ids(), @r"
    $ mlv branch dev
    [stderr]
    `dev` is at $ID
    ");
    insta::assert_snapshot!(env.screen("mlv branch").without_ids(), @r"
    $ mlv branch
      dev   $ID  one
    * main  $ID  one
    ");
    env.success(&["branch", "-m", "trunk"]);
    let branches = env.json(&["branch", "--json"]);
    assert_eq!(branches[1]["name"], "trunk");
    assert_eq!(branches[1]["current"], true);
    assert_eq!(branches[1]["id"].as_str().unwrap().len(), 64);
    assert_eq!(branches[1]["upstream"], serde_json::Value::Null);
    insta::assert_snapshot!(env.screen("mlv branch -d dev").without_ids(), @r"
    $ mlv branch -d dev
    [stderr]
    deleted `dev` (it was at $ID)
    ");
    insta::assert_snapshot!(env.screen("mlv branch -d trunk"), @r"
    $ mlv branch -d trunk
    [stderr]
    error: `trunk` is checked out
    hint: stand elsewhere first: `mlv switch NAME`
    [exit code 1]
    ");
}

#[test]
fn commits_that_are_nowhere_else_keep_a_branch_from_being_deleted() {
    let env = one_commit();
    env.success(&["switch", "-c", "work"]);
    for message in ["two", "three"] {
        env.success(&["commit", "--allow-empty", "-m", message]);
    }
    env.success(&["switch", "main"]);
    insta::assert_snapshot!(env.screen("mlv branch -d work"), @r"
    $ mlv branch -d work
    [stderr]
    error: `work` has 2 commits that are on no other branch
    hint: `mlv branch -D work` deletes it all the same; `mlv undo` brings it back
    [exit code 1]
    ");
    env.success(&["tag", "kept", "work"]);
    env.success(&["branch", "-d", "work"]);
    env.success(&["undo"]);
    assert_eq!(env.json(&["branch", "--json"]).as_array().unwrap().len(), 2);
}

#[test]
fn bad_and_unknown_names_are_refused_with_reasons() {
    let env = one_commit();
    insta::assert_snapshot!(env.screen("mlv branch a..b"), @r"
    $ mlv branch a..b
    [stderr]
    error: `a..b` is no valid name for a branch or tag: it contains `..` or `@{`
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv branch x mian"), @r"
    $ mlv branch x mian
    [stderr]
    error: no branch, tag or commit is called `mian`
    hint: did you mean `main`?
    hint: `mlv branch` and `mlv tag` list the names, `mlv help revisions` the forms
    [exit code 1]
    ");
    env.mlv(&["branch", "x", "y", "z"]).expect_code(2);
}

#[test]
fn a_branch_of_before_the_first_commit_can_be_renamed_only() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.success(&["branch", "-m", "trunk"]);
    assert_eq!(env.json(&["status", "--json"])["branch"], "trunk");
    insta::assert_snapshot!(env.screen("mlv branch x"), @r"
    $ mlv branch x
    [stderr]
    error: `trunk` has no commit yet
    hint: `mlv commit` makes the first one
    [exit code 1]
    ");
}

#[test]
fn tags_are_made_listed_moved_and_deleted() {
    let env = one_commit();
    env.success(&["tag", "v1"]);
    env.success(&["commit", "--allow-empty", "-m", "two"]);
    env.success(&["tag", "-m", "why it is so", "v2"]);
    insta::assert_snapshot!(env.screen("mlv tag").without_ids(), @r"
    $ mlv tag
    v1  $ID  one
    v2  $ID  why it is so
    ");
    let tags = env.json(&["tag", "--json"]);
    assert_eq!(tags[0]["message"], serde_json::Value::Null);
    assert_eq!(tags[1]["message"], "why it is so");
    assert_eq!(tags[1]["tagger"]["name"], "Ada Test");
    insta::assert_snapshot!(env.screen("mlv tag v1"), @r"
    $ mlv tag v1
    [stderr]
    error: `v1` exists already
    hint: `mlv tag -f v1` moves it
    [exit code 1]
    ");
    env.success(&["tag", "-f", "v1"]);
    let tags = env.json(&["tag", "--json"]);
    assert_eq!(tags[0]["id"], tags[1]["id"]);
    insta::assert_snapshot!(env.screen("mlv tag -d v1 v3"), @r"
    $ mlv tag -d v1 v3
    [stderr]
    error: no tag is called `v3`
    hint: `mlv tag` lists them
    [exit code 1]
    ");
    assert_eq!(env.json(&["tag", "--json"]).as_array().unwrap().len(), 2);
    env.success(&["tag", "-d", "v1", "v2"]);
    assert_eq!(env.json(&["tag", "--json"]), serde_json::json!([]));
}
