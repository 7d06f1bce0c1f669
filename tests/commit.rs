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
    insta::assert_snapshot!(first, @r"
    $ mlv commit -m first
    [stderr]
    [main (first commit) 87fb824c91] first
    2 files changed
    ");
    env.write("a", "2");
    insta::assert_snapshot!(env.screen("mlv commit -a -m second"), @r"
    $ mlv commit -a -m second
    [stderr]
    [main 71a28ca879] second
    1 file changed
    ");
    assert_eq!(env.success(&["-q", "commit", "--allow-empty", "-m", "third"]).stderr, "");
}

#[test]
fn the_json_has_the_documented_shape() {
    let env = repository();
    let first = env.json(&["commit", "-m", "first", "--json"]);
    let keys: Vec<_> = first.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["result", "id", "branch", "parents", "tree", "files_changed", "hooks"]);
    assert_eq!(first["result"], "committed");
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
    insta::assert_snapshot!(env.screen("mlv commit -m again"), @r"
    $ mlv commit -m again
    [stderr]
    error: nothing to commit
    hint: nothing has changed; `--allow-empty` commits all the same
    [exit code 1]
    ");
    env.write("new", "1");
    insta::assert_snapshot!(env.screen("mlv commit -m again"), @r"
    $ mlv commit -m again
    [stderr]
    error: nothing to commit
    hint: `mlv add` takes untracked files in; `mlv status` lists them
    [exit code 1]
    ");
    env.write("a", "2");
    insta::assert_snapshot!(env.screen("mlv commit -m again"), @r"
    $ mlv commit -m again
    [stderr]
    error: nothing to commit
    hint: `mlv commit -a` commits changes of tracked files; `mlv add` stages them
    [exit code 1]
    ");
    env.success(&["commit", "--allow-empty", "-m", "on purpose"]);
}

#[test]
fn a_message_is_needed() {
    let env = repository();
    insta::assert_snapshot!(env.screen("mlv commit"), @r"
    $ mlv commit
    [stderr]
    error: a commit needs a message
    hint: say why with `-m MESSAGE`
    [exit code 1]
    ");
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
    insta::assert_snapshot!(env.screen("mlv commit -m x unknown"), @r"
    $ mlv commit -m x unknown
    [stderr]
    error: `unknown` is not tracked
    hint: `mlv add unknown` first
    [exit code 1]
    ");
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
    insta::assert_snapshot!(env.screen("mlv commit -m x"), @r"
    $ mlv commit -m x
    [stderr]
    error: nobody is named as the author
    hint: `mlv config set user.name NAME` and `mlv config set user.email ADDRESS`
    [exit code 1]
    ");
    std::fs::create_dir_all(env.home()).unwrap();
    env.write("../home/.gitconfig", "[user]\nname = From Git\nemail = git@example.org\n");
    env.success(&["commit", "-m", "x"]);
    env.success(&["config", "set", "user.name", "From Settings"]);
    env.success(&["commit", "--allow-empty", "-m", "y"]);
}

#[test]
fn facts_are_pairs() {
    let env = repository();
    insta::assert_snapshot!(env.screen("mlv commit -m x --meta rows"), @r"
    $ mlv commit -m x --meta rows
    [stderr]
    error: invalid value `rows` for `--meta <KEY=VALUE>`: expected KEY=VALUE
    [exit code 2]
    ");
    env.success(&["commit", "-m", "x", "--meta", "rows=3", "--meta", "note=a=b"]);
}

#[test]
fn commits_at_once_are_one_after_the_other_or_told() {
    let env = repository();
    let commit = |n: u8| {
        let message = format!("number {n}");
        env.command(&["-q", "commit", "--allow-empty", "-m", &message]).spawn().unwrap()
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

#[test]
fn a_merge_under_way_is_concluded_whole() {
    let env = repository();
    env.success(&["commit", "-m", "first"]);
    env.success(&["switch", "-c", "other"]);
    env.write("a", "theirs");
    env.success(&["commit", "-am", "theirs"]);
    env.success(&["switch", "main"]);
    env.write("a", "ours");
    env.success(&["commit", "-am", "ours"]);
    env.mlv(&["merge", "other", "--no-commit"]);
    assert_eq!(env.json(&["status", "--json"])["conflicts"], serde_json::json!(["a"]));
    env.mlv(&["commit", "-m", "too early"]).expect_code(4);
    env.write("a", "both");
    env.success(&["add", "a"]);
    insta::assert_snapshot!(env.screen("mlv commit -m part a"), @r"
    $ mlv commit -m part a
    [stderr]
    error: a merge under way is committed whole
    hint: `mlv commit` without paths concludes it
    [exit code 1]
    ");
    let done = env.json(&["commit", "-m", "both", "--json"]);
    assert_eq!(done["parents"].as_array().unwrap().len(), 2);
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
}

#[test]
fn the_state_of_the_code_is_recorded_and_git_does_not_see_outputs_of_hooks() {
    let env = TestEnvironment::new();
    env.git(&["init", "-q"]);
    env.write("train.py", "code");
    env.git(&["add", "."]);
    env.git(&["commit", "-qm", "code"]);
    let code = env.git(&["rev-parse", "HEAD"]).trim().to_owned();
    env.success(&["init"]);
    env.write(
        "mlv.yaml",
        "version: 1\nhooks:\n  count:\n    on: pre-commit\n    run: mkdir -p out && wc -c < a > \
         out/size\n    outputs: [out/size]\n",
    );
    env.write("a", "1");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "first"]);
    env.write("train.py", "changed");
    env.write("a", "2");
    env.success(&["commit", "-am", "second"]);
    let log = env.json(&["log", "--json"]);
    assert_eq!(log[1]["code"], serde_json::json!({ "commit": code, "dirty": false }));
    assert_eq!(log[0]["code"], serde_json::json!({ "commit": code, "dirty": true }));
    assert!(env.path("out/size").exists());
    assert_eq!(env.git(&["status", "--porcelain"]), " M train.py\n");
}
