//! Branches that move only where hooks have passed

use crate::common::TestEnvironment;

/// `main` requires a gate that runs on commits to other branches.
const RULES: &str = "\
version: 1
branches:
  main: {require: [gate]}
hooks:
  gate:
    on: pre-commit
    branches: [dev]
    inputs: [data/**]
    paths: [data/**]
    run: test ! -e data/bad.csv
";

/// Makes a commit on a branch of its own, and stands on `main` again.
fn commit_on(env: &TestEnvironment, branch: &str, path: &str, arguments: &[&str]) {
    env.success(&["switch", "-c", branch]);
    env.write(path, branch);
    env.success(&["add", "."]);
    env.success(&[&["commit", "-m", branch], arguments].concat());
    env.success(&["switch", "main"]);
}

#[test]
fn a_merge_without_the_verdict_is_refused_and_says_how_to_reach_it() {
    let env = TestEnvironment::with_hooks(RULES);
    commit_on(&env, "other", "data/b.csv", &[]);
    insta::assert_snapshot!(env.screen("mlv merge other"), @r"
    $ mlv merge other
    [stderr]
    error: `main` requires `gate` (it has not judged this); it is unchanged
    hint: to reach the verdict: `mlv hooks run pre-commit --at other`
    [exit code 3]
    ");
    assert!(!env.path("data/b.csv").exists());
}

#[test]
fn the_verdict_of_a_commit_is_enough() {
    let env = TestEnvironment::with_hooks(RULES);
    commit_on(&env, "dev", "data/b.csv", &[]);
    env.success(&["merge", "dev"]);
    // The cache finds it by what the hook sees, also where the trees differ.
    commit_on(&env, "notes", "notes.txt", &[]);
    env.success(&["merge", "notes"]);
}

#[test]
fn to_pass_the_hooks_over_does_not_pass_the_rule_over() {
    let env = TestEnvironment::with_hooks(RULES);
    commit_on(&env, "dev", "data/bad.csv", &["--no-verify"]);
    let refused = env.mlv(&["merge", "dev"]).expect_code(3);
    assert!(refused.stderr.contains("`gate` (it has not judged this)"), "{refused}");
    env.write("data/c.csv", "1\n");
    env.success(&["add", "."]);
    env.mlv(&["commit", "-m", "direct", "--no-verify"]).expect_code(3);
}

#[test]
fn every_verb_that_moves_the_branch_is_held_to_the_rule() {
    let env = TestEnvironment::with_hooks(RULES);
    commit_on(&env, "other", "data/b.csv", &[]);
    env.write("data/c.csv", "1\n");
    env.success(&["add", "."]);
    env.mlv(&["commit", "-m", "direct"]).expect_code(3);
    env.success(&["reset", "--hard"]);
    env.mlv(&["cherry-pick", "other"]).expect_code(3);
    env.mlv(&["reset", "--hard", "other"]).expect_code(3);
    env.mlv(&["merge", "other"]).expect_code(3);
    env.success(&["switch", "other"]);
    env.mlv(&["branch", "-f", "main", "other"]).expect_code(3);
    env.mlv(&["branch", "-m", "-f", "other", "main"]).expect_code(3);
    env.success(&["tag", "v1", "other"]);
    env.success(&["branch", "-D", "main"]);
    env.mlv(&["branch", "main", "other"]).expect_code(3);
    env.mlv(&["switch", "-c", "main"]).expect_code(3);
}

#[test]
fn what_changes_none_of_the_paths_of_a_hook_needs_no_verdict() {
    let env = TestEnvironment::with_hooks(RULES);
    env.write("notes.txt", "x\n");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "notes"]);
    env.success(&["revert", "HEAD"]);
    env.success(&["commit", "--allow-empty", "-m", "nothing"]);
}

#[test]
fn a_hook_of_the_event_itself_satisfies_the_rule() {
    let env = TestEnvironment::with_hooks(&RULES.replace("    branches: [dev]\n", ""));
    env.write("data/b.csv", "1\n");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "judged"]);
    env.write("data/bad.csv", "1\n");
    env.success(&["add", "."]);
    env.mlv(&["commit", "-m", "refused"]).expect_code(3);
}

#[test]
fn another_definition_of_the_hook_does_not_count() {
    let env = TestEnvironment::with_hooks(RULES);
    env.success(&["switch", "-c", "dev"]);
    env.write("mlv.yaml", RULES.replace("test ! -e data/bad.csv", "'true'"));
    env.write("data/bad.csv", "1\n");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "lowered"]);
    env.success(&["switch", "main"]);
    let refused = env.mlv(&["merge", "dev"]).expect_code(3);
    assert!(refused.stderr.contains("it judged this as it is defined elsewhere"), "{refused}");
}

/// `main` requires a hook that says until when its verdict holds.
const UNTIL: &str = "\
version: 1
branches:
  main: {require: [fresh]}
hooks:
  fresh:
    on: pre-commit
    branches: [dev]
    inputs: [data/**]
    paths: [data/**]
    run: |
      echo '{\"valid_until\": \"TIME\"}' >> \"$MLV_OUTPUT\"
";

#[test]
fn a_verdict_counts_as_long_as_it_says_that_it_holds() {
    let is_reused = |env: &TestEnvironment| {
        env.success(&["switch", "dev"]);
        let replayed = env.json(&["hooks", "run", "pre-commit", "--at", "dev", "--json"]);
        env.success(&["switch", "main"]);
        replayed[0]["hooks"][0]["cached"].as_bool()
    };
    let env = TestEnvironment::with_hooks(&UNTIL.replace("TIME", "2999-01-01T00:00:00Z"));
    commit_on(&env, "dev", "data/b.csv", &[]);
    assert_eq!(is_reused(&env), Some(true));
    env.success(&["merge", "dev"]);

    let env = TestEnvironment::with_hooks(&UNTIL.replace("TIME", "2020-01-01T00:00:00Z"));
    commit_on(&env, "dev", "data/b.csv", &[]);
    assert_eq!(is_reused(&env), Some(false));
    insta::assert_snapshot!(env.screen("mlv merge dev"), @"
    $ mlv merge dev
    [stderr]
    error: `main` requires `fresh` (what r-000002 found held until 2020-01-01T00:00:00Z and no longer); it is unchanged
    hint: to reach the verdict: `mlv hooks run pre-commit --at dev`
    [exit code 3]
    ");
}

#[test]
fn uncommitted_code_does_not_count_unless_the_rule_allows_it() {
    for (rule, code) in [("require: [gate]", 3), ("require: [gate], allow_dirty: true", 0)] {
        let env = TestEnvironment::new();
        env.git(&["init", "-q"]);
        env.write("train.py", "1\n");
        env.git(&["add", "."]);
        env.git(&["commit", "-qm", "code"]);
        env.success(&["init"]);
        env.write("mlv.yaml", RULES.replace("require: [gate]", rule));
        env.write("data/a.csv", "1\n");
        env.success(&["add", "mlv.yaml", "data"]);
        env.success(&["commit", "-m", "first"]);
        env.write("train.py", "2\n");
        env.success(&["switch", "-c", "dev"]);
        env.write("data/b.csv", "1\n");
        env.success(&["add", "data"]);
        env.success(&["commit", "-m", "dev"]);
        env.success(&["switch", "main"]);
        let merged = env.mlv(&["merge", "dev"]).expect_code(code);
        assert_eq!(merged.stderr.contains("with uncommitted code"), code == 3, "{merged}");
    }
}

#[test]
fn json_of_a_refused_merge_says_so() {
    let env = TestEnvironment::with_hooks(RULES);
    commit_on(&env, "other", "data/b.csv", &[]);
    let refused = env.mlv(&["merge", "other", "--json"]).expect_code(3).json();
    assert_eq!(refused["result"], "refused");
}
