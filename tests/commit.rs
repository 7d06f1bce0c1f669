//! `mlv commit`

use crate::common::TestEnvironment;

fn repository() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("a", "1");
    env.write("b", "1");
    env.success(&["add", "."]);
    env
}

#[test]
fn a_commit_is_told_in_two_lines() {
    let env = repository();
    let first = env.screen("mlv commit -m first");
    insta::assert_snapshot!(first, @"");
    env.write("a", "2");
    insta::assert_snapshot!(env.screen("mlv commit -a -m second"), @"");
    assert_eq!(env.success(&["-q", "commit", "--allow-empty", "-m", "third"]).stderr, "");
}

#[test]
fn the_json_has_the_documented_shape() {
    let env = repository();
    let first = env.json(&["commit", "-m", "first", "--json"]);
    let keys: Vec<_> = first.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["branch", "files_changed", "hooks", "id", "parents", "tree"]);
    assert_eq!(first["branch"], "main");
    assert_eq!(first["files_changed"], 2);
    assert_eq!(first["parents"], serde_json::json!([]));
    assert_eq!(first["hooks"], serde_json::json!([]));
    assert_eq!(first["id"], env.json(&["status", "--json"])["head"]);
    env.write("a", "2");
    let second = env.json(&["commit", "-am", "second", "--json"]);
    assert_eq!(second["parents"], serde_json::json!([first["id"]]));
    assert_ne!(second["tree"], first["tree"]);
}

#[test]
fn nothing_to_commit_is_refused_with_what_there_is_to_do() {
    let env = repository();
    env.success(&["commit", "-m", "first"]);
    insta::assert_snapshot!(env.screen("mlv commit -m again"), @"");
    env.write("new", "1");
    insta::assert_snapshot!(env.screen("mlv commit -m again"), @"");
    env.write("a", "2");
    insta::assert_snapshot!(env.screen("mlv commit -m again"), @"");
    env.success(&["commit", "--allow-empty", "-m", "on purpose"]);
}

#[test]
fn a_message_is_needed() {
    let env = repository();
    insta::assert_snapshot!(env.screen("mlv commit"), @"");
    env.mlv(&["commit", "-m", "  "]).expect_code(1);
    assert_eq!(env.json(&["status", "--json"])["head"], serde_json::Value::Null);
}

#[test]
fn all_takes_changes_and_deletions_of_versioned_files() {
    let env = repository();
    env.success(&["commit", "-m", "first"]);
    env.write("a", "2");
    env.write("new", "1");
    std::fs::remove_file(env.path("b")).unwrap();
    assert_eq!(env.json(&["commit", "-a", "-m", "x", "--json"])["files_changed"], 2);
    assert_eq!(env.success(&["status", "-s"]).stdout, "?? new\n");
}

#[test]
fn named_paths_are_committed_alone_and_the_rest_stays_staged() {
    let env = repository();
    env.success(&["commit", "-m", "first"]);
    env.write("a", "staged");
    env.write("new", "staged");
    env.success(&["add", "."]);
    env.write("b", "not staged");
    assert_eq!(env.json(&["commit", "-m", "only b", "b", "--json"])["files_changed"], 1);
    assert_eq!(env.success(&["status", "-s"]).stdout, "M  a\nA  new\n");
    env.success(&["rm", "b"]);
    assert_eq!(env.json(&["commit", "-m", "b left", "b", "--json"])["files_changed"], 1);
    assert_eq!(env.success(&["status", "-s"]).stdout, "M  a\nA  new\n");
    env.write("unknown", "1");
    insta::assert_snapshot!(env.screen("mlv commit -m x unknown"), @"");
}

#[test]
fn outputs_of_a_hook_join_a_commit_of_named_paths_and_nothing_is_unstaged() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write(
        "mlv.yaml",
        "version: 1\nhooks:\n  count:\n    on: pre-commit\n    run: wc -c < a > size\n    \
         outputs: [size]\n",
    );
    env.write("a", "1");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "first"]);
    env.write("other", "staged");
    env.success(&["add", "other"]);
    env.write("a", "123");
    let done = env.json(&["commit", "-m", "a", "a", "--json"]);
    assert_eq!(done["files_changed"], 2);
    assert_eq!(done["hooks"][0]["status"], "passed");
    assert_eq!(env.read("size").trim_ascii(), b"3");
    assert_eq!(env.success(&["status", "-s"]).stdout, "A  other\n");
}

#[test]
fn a_refused_commit_changes_nothing() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("mlv.yaml", "version: 1\nhooks:\n  no:\n    on: pre-commit\n    run: exit 1\n");
    env.write("a", "1");
    env.success(&["add", "."]);
    env.success(&["commit", "--no-verify", "-m", "first"]);
    env.write("a", "2");
    let before = env.json(&["status", "--json"]);
    env.mlv(&["commit", "-a", "-m", "second"]).expect_code(3);
    assert_eq!(env.json(&["status", "--json"]), before);
}

#[test]
fn the_author_comes_from_the_environment_then_the_settings_then_git() {
    let mut env = repository();
    for name in ["MLV_AUTHOR_NAME", "MLV_AUTHOR_EMAIL"] {
        env.set_variable(name, "");
    }
    insta::assert_snapshot!(env.screen("mlv commit -m x"), @"");
    std::fs::create_dir_all(env.home()).unwrap();
    env.write("../home/.gitconfig", "[user]\nname = From Git\nemail = git@example.org\n");
    env.success(&["commit", "-m", "x"]);
    env.success(&["config", "set", "user.name", "From Settings"]);
    env.success(&["commit", "--allow-empty", "-m", "y"]);
}

#[test]
fn facts_are_pairs() {
    let env = repository();
    insta::assert_snapshot!(env.screen("mlv commit -m x --meta rows"), @"");
    env.success(&["commit", "-m", "x", "--meta", "rows=3", "--meta", "note=a=b"]);
}

#[test]
fn commits_at_once_are_one_after_the_other_or_told() {
    let env = repository();
    let commit = |n: u8| {
        let message = format!("number {n}");
        env.command(&["commit", "--allow-empty", "-m", &message]).spawn().unwrap()
    };
    let children: Vec<_> = (0..4).map(commit).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let mut count = 0;
    while env.mlv(&["restore", "--source", &format!("HEAD~{count}"), "a"]).code == 0 {
        count += 1;
    }
    assert_eq!(count, 4);
}
