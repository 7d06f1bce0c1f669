//! `mlv log` and `mlv show`, and the forms of revisions.

use serde_json::Value;

use crate::common::TestEnvironment;

fn commit(env: &TestEnvironment, path: &str, message: &str) -> String {
    env.write(path, message);
    env.success(&["add", path]);
    let id = env.json(&["commit", "-m", message, "--json"])["id"].clone();
    id.as_str().unwrap().to_owned()
}

fn three_commits() -> (TestEnvironment, Vec<String>) {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    let ids = [("a", "one"), ("data/b", "two"), ("a", "three")]
        .map(|(path, message)| commit(&env, path, message));
    (env, ids.to_vec())
}

#[test]
fn the_log_shows_commits_newest_first() {
    let (env, _) = three_commits();
    env.success(&["tag", "v1", "HEAD~1"]);
    insta::assert_snapshot!(env.screen("mlv log -n 1").without_ids(), @r"
    $ mlv log -n 1
    commit $ID (HEAD -> main)
    author: Ada Test <ada@example.org>
    date:   2026-01-31T12:06:00Z

        three
    ");
    insta::assert_snapshot!(env.screen("mlv log --oneline").without_ids(), @r"
    $ mlv log --oneline
    $ID (HEAD -> main) three
    $ID (v1) two
    $ID one
    ");
    insta::assert_snapshot!(env.screen("mlv log --oneline v1..").without_ids(), @r"
    $ mlv log --oneline v1..
    $ID (HEAD -> main) three
    ");
}

#[test]
fn the_log_of_paths_shows_only_what_touched_them() {
    let (env, ids) = three_commits();
    let found = |arguments: &[&str]| -> Vec<String> {
        let log = env.json(&[&["log", "--json"], arguments].concat());
        log.as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(found(&["--", "a"]), [&*ids[2], &*ids[0]]);
    assert_eq!(found(&["--", "data"]), [&*ids[1]]);
    assert_eq!(found(&["--", "d*/b"]), [&*ids[1]]);
    assert_eq!(found(&["-n", "1", "--", "a"]), [&*ids[2]]);
    assert_eq!(found(&["-n", "0"]), [""; 0]);
    insta::assert_snapshot!(env.screen("mlv log -- nothing"), @r"
    $ mlv log -- nothing
    [stderr]
    no commit changed these paths
    ");
}

#[test]
fn the_json_of_a_log_is_what_the_docs_say() {
    let (env, ids) = three_commits();
    env.success(&["commit", "--allow-empty", "-m", "with\n\nmeta", "--meta", "k=v"]);
    let log = env.json(&["log", "--json", "-n", "1"]);
    let keys: Vec<&String> = log[0].as_object().unwrap().keys().collect();
    let wanted =
        ["id", "parents", "author", "time", "message", "meta", "tree", "code", "refs", "verdicts"];
    assert_eq!(keys, wanted);
    assert_eq!(log[0]["parents"], serde_json::json!([ids[2]]));
    assert_eq!(
        log[0]["author"],
        serde_json::json!({"name": "Ada Test", "email": "ada@example.org"})
    );
    assert_eq!(log[0]["meta"], serde_json::json!({"k": "v"}));
    assert_eq!(log[0]["message"], "with\n\nmeta");
    assert_eq!(log[0]["code"], Value::Null);
    assert_eq!(log[0]["refs"], serde_json::json!(["main"]));
}

#[test]
fn the_graph_of_a_straight_line_is_one() {
    let (env, _) = three_commits();
    insta::assert_snapshot!(env.screen("mlv log --graph --oneline -n 2").without_ids(), @r"
    $ mlv log --graph --oneline -n 2
    * $ID (HEAD -> main) three
    * $ID two
    ");
}

#[test]
fn the_graph_of_a_merge_parts_and_meets() {
    let (env, _) = three_commits();
    env.success(&["switch", "-c", "side", "HEAD~1"]);
    commit(&env, "side", "side");
    env.success(&["switch", "main"]);
    env.success(&["merge", "-m", "joined", "side"]);
    insta::assert_snapshot!(env.screen("mlv log --graph --oneline").without_ids(), @r"
    $ mlv log --graph --oneline
    *   $ID (HEAD -> main) joined
    ├─╮
    │ * $ID (side) side
    * │ $ID three
    ├─╯
    * $ID two
    * $ID one
    ");
    let first_parent = env.json(&["log", "--json", "-n", "1", "HEAD^2"]);
    assert_eq!(first_parent[0]["message"], "side");
}

#[test]
fn every_form_of_revision_finds_its_commit() {
    let (env, ids) = three_commits();
    env.success(&["tag", "v1", "HEAD~1"]);
    env.success(&["branch", "feature/x", "v1"]);
    let id = |revision: &str| -> String {
        let log = env.json(&["log", "--json", "-n", "1", revision]);
        log[0]["id"].as_str().unwrap().to_owned()
    };
    for (revision, index) in [
        ("main", 2),
        ("HEAD", 2),
        ("@", 2),
        ("@~", 1),
        ("HEAD~2", 0),
        ("HEAD^^", 0),
        ("main^0", 2),
        ("v1", 1),
        ("v1~1", 0),
        ("feature/x", 1),
        ("refs/heads/main", 2),
        ("HEAD@{1}", 1),
        ("main@{2}", 0),
        (&ids[1][..6], 1),
        (&ids[0], 0),
    ] {
        assert_eq!(id(revision), ids[index], "{revision}");
    }
}

#[test]
fn a_revision_that_means_nothing_says_why() {
    let (env, _) = three_commits();
    insta::assert_snapshot!(env.screen("mlv log mainn"), @r"
    $ mlv log mainn
    [stderr]
    error: no branch, tag or commit is called `mainn`
    hint: did you mean `main`?
    hint: `mlv branch` and `mlv tag` list the names, `mlv help revisions` the forms
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv log data/b"), @r"
    $ mlv log data/b
    [stderr]
    error: no branch, tag or commit is called `data/b`
    hint: `data/b` is a path: `-- data/b` names it, `HEAD:data/b` in a commit
    hint: `mlv branch` and `mlv tag` list the names, `mlv help revisions` the forms
    [exit code 1]
    ");
    let long = env.mlv(&["log", "HEAD~3"]).expect_code(1);
    assert!(long.stderr.contains("has no parent number 1"), "{long}");
    let old = env.mlv(&["log", "main@{9}"]).expect_code(1);
    assert!(
        old.stderr.contains("has moved only 2 times") || old.stderr.contains("moved only"),
        "{old}"
    );
    env.mlv(&["log", "main@{x}"]).expect_code(1);
}

#[test]
fn before_the_first_commit_the_log_says_so() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    insta::assert_snapshot!(env.screen("mlv log"), @r"
    $ mlv log
    [stderr]
    error: `main` has no commit yet
    hint: `mlv commit` makes the first one
    [exit code 1]
    ");
}

#[test]
fn show_tells_a_commit_with_its_changes() {
    let (env, ids) = three_commits();
    insta::assert_snapshot!(env.screen("mlv show").without_ids(), @r"
    $ mlv show
    commit $ID (HEAD -> main)
    author: Ada Test <ada@example.org>
    date:   2026-01-31T12:06:00Z

        three

    diff --git a/a b/a
    --- a/a
    +++ b/a
    @@ -1 +1 @@
    -one
    \ No newline at end of file
    +three
    \ No newline at end of file
    ");
    insta::assert_snapshot!(env.screen("mlv show HEAD~2 --stat").without_ids(), @r"
    $ mlv show HEAD~2 --stat
    commit $ID
    author: Ada Test <ada@example.org>
    date:   2026-01-31T12:02:00Z

        one

     a  1  +
    1 file changed, 1 line added, 0 removed
    ");
    let shown = env.json(&["show", "--json", "HEAD"]);
    assert_eq!(shown["id"], ids[2]);
    assert_eq!(shown["changes"][0]["path"], "a");
    assert_eq!(env.success(&["show", "HEAD~1:data/b"]).stdout, "two");
    assert_eq!(env.success(&["show", "HEAD:data"]).stdout, "b\n");
}
