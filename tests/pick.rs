//! `mlv revert` and `mlv cherry-pick`

use serde_json::json;

use crate::common::TestEnvironment;

fn commit(env: &TestEnvironment, path: &str, text: &str, message: &str) {
    env.write(path, text);
    env.success(&["add", "."]);
    env.success(&["commit", "-m", message]);
}

fn history() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    commit(&env, "a.csv", "1\n2\n3\n", "first");
    commit(&env, "a.csv", "1\n2\n3\n4\n", "second");
    commit(&env, "b.csv", "b\n", "third");
    env
}

#[test]
fn a_revert_takes_back_one_change_and_keeps_the_later_ones() {
    let env = history();
    let done = env.json(&["revert", "HEAD~1", "--json"]);
    assert_eq!(env.read("a.csv"), b"1\n2\n3\n");
    assert_eq!(env.read("b.csv"), b"b\n");
    let head = env.json(&["log", "-n", "1", "--json"])[0].clone();
    assert_eq!(done["id"], head["id"]);
    assert_eq!((&done["files_changed"], &done["conflicts"]), (&json!(1), &json!([])));
    let message = head["message"].as_str().unwrap();
    assert!(message.starts_with("Revert \"second\"\n\nThis reverts commit "), "{message}");
    env.success(&["revert", "HEAD", "-m", "no, keep it"]);
    assert_eq!(env.read("a.csv"), b"1\n2\n3\n4\n");
}

#[test]
fn a_picked_change_keeps_its_author_and_its_time() {
    let mut env = history();
    env.success(&["switch", "-c", "side", "HEAD~2"]);
    let picked = env.json(&["log", "main", "-n", "1", "--json"])[0].clone();
    env.set_variable("MLV_AUTHOR_NAME", "Somebody Else");
    insta::assert_snapshot!(
        env.screen("mlv cherry-pick main").to_string().replace(&short(&env), "$ID"), @r"
    $ mlv cherry-pick main
    [stderr]
    picked `main` as $ID, 1 file changed
    ");
    let made = env.json(&["log", "-n", "1", "--json"])[0].clone();
    assert_eq!(made["author"], picked["author"]);
    assert_eq!(made["time"], picked["time"]);
    assert_eq!(env.read("b.csv"), b"b\n");
    assert_eq!(env.read("a.csv"), b"1\n2\n3\n");
    let again = env.mlv(&["cherry-pick", "main"]).expect_code(1);
    assert!(again.stderr.contains("nothing to cherry-pick"), "{again}");
}

fn short(env: &TestEnvironment) -> String {
    env.json(&["log", "-n", "1", "--json"])[0]["id"].as_str().unwrap()[..10].to_owned()
}

#[test]
fn conflicts_are_listed_and_a_side_settles_them() {
    let env = history();
    commit(&env, "a.csv", "other\n", "fourth");
    let before = short(&env);
    insta::assert_snapshot!(env.screen("mlv revert HEAD~2"), @r"
    $ mlv revert HEAD~2
    both modified       a.csv
    [stderr]
    error: `HEAD~2` does not go here: 1 conflict; nothing was changed
    hint: `--strategy ours` or `theirs` settles them all with one side
    [exit code 4]
    ");
    let told = env.mlv(&["revert", "HEAD~2", "--json"]).expect_code(4).json();
    assert_eq!(told["conflicts"], json!([{"path": "a.csv", "kind": "both_modified"}]));
    assert_eq!(short(&env), before);
    env.success(&["revert", "HEAD~2", "--strategy", "theirs"]);
    assert_eq!(env.read("a.csv"), b"1\n2\n3\n");
}

#[test]
fn a_merge_is_reverted_against_the_parent_that_is_named() {
    let env = history();
    env.success(&["switch", "-c", "side", "HEAD~1"]);
    commit(&env, "c.csv", "c\n", "aside");
    env.success(&["switch", "main"]);
    env.success(&["merge", "side"]);
    let refused = env.mlv(&["revert", "HEAD"]).expect_code(1);
    assert!(refused.stderr.contains("`--mainline 1`"), "{refused}");
    env.mlv(&["revert", "HEAD", "--mainline", "3"]).expect_code(1);
    env.success(&["revert", "HEAD", "--mainline", "1"]);
    assert!(!env.path("c.csv").exists());
    assert!(env.path("b.csv").exists());
}

#[test]
fn staged_changes_and_unsaved_work_are_not_swept_away() {
    let env = history();
    env.write("a.csv", "unsaved\n");
    let refused = env.mlv(&["revert", "HEAD~1"]).expect_code(1);
    assert!(refused.stderr.contains("a.csv: has changes"), "{refused}");
    assert_eq!(env.read("a.csv"), b"unsaved\n");
    env.success(&["add", "a.csv"]);
    let refused = env.mlv(&["revert", "HEAD"]).expect_code(1);
    assert!(refused.stderr.contains("in the way:\n  a.csv"), "{refused}");
}

#[test]
fn a_protected_branch_refuses_both() {
    let env = history();
    commit(&env, "mlv.yaml", "version: 1\nbranches: {main: {protected: true}}\n", "protect");
    for verb in ["revert", "cherry-pick"] {
        let refused = env.mlv(&[verb, "HEAD~1"]).expect_code(1);
        assert!(
            refused.stderr.contains("`main` is protected: it moves only by merges"),
            "{refused}"
        );
    }
}
