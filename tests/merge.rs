//! `mlv merge`

use serde_json::{Value, json};

use crate::common::TestEnvironment;

/// Returns a repository with `main` and `side`, which have both moved since their common commit:
/// `main` has what `ours` writes, `side` what `theirs` writes.
fn diverged(ours: &[(&str, &str)], theirs: &[(&str, &str)]) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("a.csv", "1\n2\n3\n");
    env.write("b.csv", "1\n");
    commit_all(&env, "first");
    env.success(&["switch", "-c", "side"]);
    for (path, text) in theirs {
        env.write(path, text);
    }
    commit_all(&env, "theirs");
    env.success(&["switch", "main"]);
    for (path, text) in ours {
        env.write(path, text);
    }
    if !ours.is_empty() {
        commit_all(&env, "ours");
    }
    env
}

fn commit_all(env: &TestEnvironment, message: &str) {
    env.success(&["add", "."]);
    env.success(&["commit", "-m", message]);
}

/// Everything that a merge could have touched.
fn state(env: &TestEnvironment) -> Value {
    json!({
        "branches": env.json(&["branch", "--json"]),
        "status": env.json(&["status", "--json"]),
        "operations": env.json(&["op", "log", "--json"]),
        "files": files(env),
    })
}

fn files(env: &TestEnvironment) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(env.root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name != ".mlv" {
            files.push((name.clone(), String::from_utf8(env.read(&name)).unwrap()));
        }
    }
    files.sort();
    files
}

fn parents(env: &TestEnvironment, revision: &str) -> usize {
    let log = env.json(&["log", revision, "-n", "1", "--json"]);
    log[0]["parents"].as_array().unwrap().len()
}

#[test]
fn a_branch_that_only_moved_on_is_followed() {
    let env = diverged(&[], &[("a.csv", "1\n2\n3\n4\n")]);
    let forward = env.screen("mlv merge side").without_ids().to_string();
    insta::assert_snapshot!(forward.replace(&id(&env, "side"), "$ID"), @r"
    $ mlv merge side
    [stderr]
    moved `main` forward to `side` at $ID, 1 file changed
    ");
    assert_eq!(env.read("a.csv"), b"1\n2\n3\n4\n");
    insta::assert_snapshot!(env.screen("mlv merge side"), @r"
    $ mlv merge side
    [stderr]
    `main` has all of `side` already
    ");
}

/// Returns the short id of a revision.
fn id(env: &TestEnvironment, revision: &str) -> String {
    full_id(env, revision)[..10].to_owned()
}

fn full_id(env: &TestEnvironment, revision: &str) -> String {
    let log = env.json(&["log", revision, "-n", "1", "--json"]);
    log[0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn what_each_side_changed_comes_together_also_within_a_file() {
    let env =
        diverged(&[("a.csv", "0\n1\n2\n3\n")], &[("a.csv", "1\n2\n3\n4\n"), ("c.csv", "c\n")]);
    let merged = env.json(&["merge", "side", "--json"]);
    assert_eq!(merged["result"], "merged");
    assert_eq!(merged["id"], full_id(&env, "HEAD"));
    assert_eq!((&merged["conflicts"], &merged["hooks"]), (&json!([]), &json!([])));
    assert_eq!(merged.as_object().unwrap().len(), 4);
    assert_eq!(env.read("a.csv"), b"0\n1\n2\n3\n4\n");
    assert_eq!(env.read("c.csv"), b"c\n");
    assert_eq!(parents(&env, "HEAD"), 2);
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
}

#[test]
fn every_conflict_is_listed_and_nothing_is_changed() {
    let ours = [("a.csv", "ours\n"), ("b.csv", "ours\n"), ("new.csv", "ours\n")];
    let theirs = [("a.csv", "theirs\n"), ("b.csv", "theirs\n"), ("new.csv", "theirs\n")];
    let env = diverged(&ours, &theirs);
    env.write("untracked.txt", "mine\n");
    let before = state(&env);
    insta::assert_snapshot!(env.screen("mlv merge side"), @r"
    $ mlv merge side
    both modified       a.csv
    both modified       b.csv
    both added          new.csv
    [stderr]
    error: merge of `side` into `main`: 3 conflicts; nothing was changed
    hint: `mlv merge side --no-commit` on `main` prepares both sides
    hint: `--strategy ours` or `theirs` settles them all with one side
    [exit code 4]
    ");
    let told = env.mlv(&["merge", "side", "--dry-run", "--json"]).expect_code(4).json();
    let expected = json!({
        "result": "conflicts", "id": null, "hooks": [],
        "conflicts": [
            {"path": "a.csv", "kind": "both_modified"},
            {"path": "b.csv", "kind": "both_modified"},
            {"path": "new.csv", "kind": "both_added"},
        ],
    });
    assert_eq!(told, expected);
    env.mlv(&["merge", "main", "--into", "side", "--json"]).expect_code(4);
    insta::assert_snapshot!(env.screen("mlv merge main --into side --no-commit"), @r"
    $ mlv merge main --into side --no-commit
    [stderr]
    error: `side` is not checked out
    hint: a merge is prepared where one stands: `mlv switch side` first
    [exit code 1]
    ");
    assert_eq!(state(&env), before);
}

#[test]
fn a_strategy_settles_conflicts_and_only_those() {
    let theirs = [("a.csv", "theirs\n"), ("b.csv", "theirs\n")];
    for (side, expected) in [("ours", b"ours\n".as_slice()), ("theirs", b"theirs\n")] {
        let env = diverged(&[("a.csv", "ours\n")], &theirs);
        env.success(&["merge", "side", "--strategy", side]);
        assert_eq!(env.read("a.csv"), expected);
        assert_eq!(env.read("b.csv"), b"theirs\n");
    }
}

#[test]
fn a_merge_by_hand_ends_with_continue_and_leaves_no_sides_behind() {
    let env = diverged(&[("a.csv", "ours\n")], &[("a.csv", "theirs\n"), ("c.csv", "c\n")]);
    insta::assert_snapshot!(env.screen("mlv merge side --no-commit"), @r"
    $ mlv merge side --no-commit
    both modified       a.csv
    [stderr]
    error: 1 conflict to settle before `side` is in `main`
    hint: `PATH.ours` and `PATH.theirs` hold both sides; `mlv add PATH` settles one
    hint: then `mlv merge --continue`; `mlv merge --abort` takes everything back
    [exit code 4]
    ");
    assert_eq!(env.read("a.csv.theirs"), b"theirs\n");
    assert_eq!(env.json(&["status", "--json"])["conflicts"], json!(["a.csv"]));
    insta::assert_snapshot!(env.screen("mlv merge --continue"), @r"
    $ mlv merge --continue
    both modified       a.csv
    [stderr]
    error: 1 conflict to settle before `side` is in `main`
    hint: `PATH.ours` and `PATH.theirs` hold both sides; `mlv add PATH` settles one
    hint: then `mlv merge --continue`; `mlv merge --abort` takes everything back
    [exit code 4]
    ");
    let left = env.mlv(&["merge", "--continue", "--json"]).expect_code(4).json();
    assert_eq!(left["conflicts"], json!([{"path": "a.csv", "kind": "both_modified"}]));
    env.write("a.csv", "both\n");
    // Everything, the sides among it: they must not become part of the commit.
    env.success(&["add", "."]);
    let done = env.json(&["merge", "--continue", "--json"]);
    assert_eq!(done["result"], "merged");
    assert_eq!(parents(&env, "HEAD"), 2);
    let names: Vec<String> = files(&env).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a.csv", "b.csv", "c.csv"]);
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
    env.mlv(&["merge", "--continue"]).expect_code(1);
}

#[test]
fn an_aborted_merge_leaves_everything_as_it_was() {
    let env = diverged(&[("a.csv", "ours\n")], &[("a.csv", "theirs\n"), ("c.csv", "c\n")]);
    env.write("untracked.txt", "mine\n");
    let before = (env.json(&["branch", "--json"]), env.json(&["status", "--json"]), files(&env));
    env.mlv(&["merge", "side", "--no-commit"]).expect_code(4);
    env.write("a.csv", "half done\n");
    env.mlv(&["merge", "side"]).expect_code(1);
    env.success(&["merge", "--abort"]);
    let after = (env.json(&["branch", "--json"]), env.json(&["status", "--json"]), files(&env));
    assert_eq!(after, before);
    env.mlv(&["merge", "--abort"]).expect_code(1);
}

#[test]
fn a_clean_merge_can_be_looked_at_before_it_is_committed() {
    let env = diverged(&[("a.csv", "ours\n")], &[("c.csv", "c\n")]);
    let prepared = env.json(&["merge", "side", "--no-commit", "--json"]);
    assert_eq!((&prepared["result"], &prepared["id"]), (&json!("prepared"), &json!(null)));
    assert_eq!(env.read("c.csv"), b"c\n");
    env.success(&["merge", "--continue", "-m", "looked at"]);
    assert_eq!(env.json(&["log", "-n", "1", "--json"])[0]["message"], "looked at");
}

#[test]
fn squash_has_one_parent_and_no_ff_two() {
    let env = diverged(&[], &[("c.csv", "c\n")]);
    env.success(&["branch", "other"]);
    env.success(&["merge", "side", "--into", "other", "--no-ff"]);
    assert_eq!(parents(&env, "other"), 2);
    env.success(&["merge", "side", "--squash", "-m", "all of it"]);
    assert_eq!(parents(&env, "HEAD"), 1);
    assert_eq!(env.read("c.csv"), b"c\n");
    env.mlv(&["merge", "side", "--squash", "--no-commit"]).expect_code(2);
}

#[test]
fn merging_into_another_branch_leaves_dirty_files_alone() {
    let env = diverged(&[("a.csv", "ours\n")], &[("c.csv", "c\n")]);
    env.success(&["switch", "-c", "elsewhere"]);
    env.write("a.csv", "dirty\n");
    env.write("c.csv", "untracked, and in the merge\n");
    env.write("b.csv", "staged\n");
    env.success(&["add", "b.csv"]);
    let before = (env.json(&["status", "--json"]), files(&env));
    env.success(&["merge", "side", "--into", "main"]);
    assert_eq!((env.json(&["status", "--json"]), files(&env)), before);
    assert_eq!(parents(&env, "main"), 2);
}

#[test]
fn unsaved_work_in_the_way_refuses_and_is_named() {
    let env = diverged(&[], &[("a.csv", "theirs\n"), ("c.csv", "c\n")]);
    env.write("c.csv", "mine\n");
    let refused = env.mlv(&["merge", "side"]).expect_code(1);
    assert!(refused.stderr.contains("c.csv: is not tracked"), "{refused}");
    assert_eq!(env.read("a.csv"), b"1\n2\n3\n");
    env.success(&["add", "c.csv"]);
    let refused = env.mlv(&["merge", "side"]).expect_code(1);
    assert!(refused.stderr.contains("staged changes are in the way"), "{refused}");
    assert_eq!(env.read("c.csv"), b"mine\n");
}

#[test]
fn a_merge_is_taken_back_by_undo() {
    let env = diverged(&[("a.csv", "ours\n")], &[("c.csv", "c\n")]);
    let (before, id) = (files(&env), full_id(&env, "HEAD"));
    env.success(&["merge", "side"]);
    env.success(&["undo"]);
    assert_eq!((files(&env), full_id(&env, "HEAD")), (before, id));
}

#[test]
fn names_that_mean_nothing_are_answered_with_near_ones() {
    let env = diverged(&[], &[("c.csv", "c\n")]);
    let unknown = env.mlv(&["merge", "sied"]).expect_code(1);
    assert!(unknown.stderr.contains("did you mean `side`?"), "{unknown}");
    let unknown = env.mlv(&["merge", "side", "--into", "mian"]).expect_code(1);
    assert!(unknown.stderr.contains("did you mean `main`?"), "{unknown}");
    env.mlv(&["merge"]).expect_code(2);
}

#[test]
fn a_restored_file_settles_a_conflict_only_once_it_is_staged() {
    let env = diverged(&[("b.csv", "ours\n")], &[("b.csv", "theirs\n")]);
    env.mlv(&["merge", "side", "--no-commit"]).expect_code(4);
    env.success(&["restore", "--source", "side", "b.csv"]);
    env.mlv(&["merge", "--continue"]).expect_code(4);
    env.success(&["add", "b.csv"]);
    env.success(&["merge", "--continue"]);
    assert_eq!(env.mlv(&["cat", "HEAD:b.csv"]).stdout, "theirs\n");
}
