//! `mlv ci init`: the files are run step by step, as a runner of the forge would.

use std::fmt::Write as _;

use serde_json::Value;

use crate::common::{Output, TestEnvironment};

/// Returns a Git repository with a gate in mlv, and data of two branches in another repository.
fn project() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.git(&["init", "-q", "-b", "main"]);
    env.success(&["init", "remote"]);
    let mlv = |arguments: &[&str]| env.success(&[&["-C", "remote"], arguments].concat());
    env.write(
        "remote/mlv.yaml",
        "\
version: 1
hooks:
  gate:
    on: pre-merge
    run: test -e code.sh && test ! -e bad.csv
  deploy:
    on: post-merge
    run: echo deployed
",
    );
    mlv(&["add", "."]);
    mlv(&["commit", "-m", "gated"]);
    for (branch, file) in [("good", "good.csv"), ("bad", "bad.csv")] {
        mlv(&["switch", "-c", branch, "main"]);
        env.write(format!("remote/{file}"), "1\n");
        mlv(&["add", "."]);
        mlv(&["commit", "-m", branch]);
    }
    mlv(&["switch", "main"]);
    env.write("code.sh", "exit 0\n");
    env.git(&["add", "code.sh"]);
    env.git(&["commit", "-q", "-m", "code"]);
    env
}

/// Writes the file as a repository of mlv beside Git would, and reads it.
fn written(env: &TestEnvironment, forge: &str) -> Value {
    env.success(&["init"]);
    env.success(&["ci", "init", forge]);
    std::fs::remove_dir_all(env.path(".mlv")).unwrap();
    let file = if forge == "github" { ".github/workflows/mlv.yml" } else { ".gitlab-ci.yml" };
    serde_saphyr::from_str(std::str::from_utf8(&env.read(file)).unwrap()).unwrap()
}

/// Returns the commands of a job of GitHub's; what others wrote is left out.
fn github_steps(workflow: &Value, job: &str) -> Vec<String> {
    let steps = workflow["jobs"][job]["steps"].as_array().unwrap();
    steps.iter().filter_map(|step| step["run"].as_str()).map(str::to_owned).collect()
}

fn gitlab_steps(pipeline: &Value, job: &str) -> Vec<String> {
    let steps = pipeline[job]["script"].as_array().unwrap();
    steps.iter().map(|step| step.as_str().unwrap().to_owned()).collect()
}

/// Runs the steps in their order, as one shell each; the one that installs mlv is taken as done.
fn run(env: &TestEnvironment, steps: &[String], source: &str) -> Output {
    let (mut installs, mut script) = (0, String::new());
    for step in steps {
        if step.contains("cargo install mlv") {
            installs += 1;
            continue;
        }
        write!(script, "( set -e\n{step}\n) || exit\n").unwrap();
    }
    assert_eq!(installs, 1, "mlv is installed once");
    let mut shell = env.shell();
    shell
        .args(["-c", &script])
        .env("MLV_REMOTE", env.path("remote"))
        .env("MLV_TRUST_HOOKS", "1")
        .env("TARGET", "main")
        .env("SOURCE", source)
        .env("RUNNER_TEMP", env.home());
    env.finish(shell)
}

/// Returns the variables whose values the file itself decides.
fn variables(of: &Value) -> (&str, &str) {
    (of["TARGET"].as_str().unwrap(), of["MLV_TRUST_HOOKS"].as_str().unwrap())
}

#[test]
fn the_steps_before_the_hooks_put_the_data_beside_the_code() {
    for forge in ["github", "gitlab"] {
        let env = project();
        let file = written(&env, forge);
        let steps = if forge == "github" {
            github_steps(&file, "gates")
        } else {
            gitlab_steps(&file, "gates")
        };
        let before: Vec<String> =
            steps.iter().filter(|step| !step.contains("mlv hooks run")).cloned().collect();
        assert!(before.len() < steps.len(), "the gates are run");
        run(&env, &before, "good").expect_code(0);
        // A runner that is used again begins anew.
        run(&env, &before, "good").expect_code(0);
        assert_eq!(env.success(&["cat", "origin/good:good.csv"]).stdout, "1\n");
        assert!(env.path("code.sh").exists());
    }
}

#[test]
fn the_steps_for_github_judge_a_pull_request_and_follow_up_a_merge() {
    let env = project();
    let workflow = written(&env, "github");
    assert_eq!(variables(&workflow["env"]), ("main", "1"));
    let gates = github_steps(&workflow, "gates");
    run(&env, &gates, "good").expect_code(0);
    let refused = run(&env, &gates, "bad").expect_code(3);
    assert!(refused.stdout.contains("::error"), "{refused}");
    let code_only = run(&env, &gates, "only-code").expect_code(0);
    assert!(code_only.stdout.contains("the data has no branch only-code"), "{code_only}");
    run(&env, &github_steps(&workflow, "merged"), "").expect_code(0);
}

#[test]
fn the_steps_for_gitlab_judge_a_merge_request_and_follow_up_a_merge() {
    let env = project();
    let pipeline = written(&env, "gitlab");
    assert_eq!(variables(&pipeline["variables"]), ("main", "1"));
    let gates = gitlab_steps(&pipeline, "gates");
    run(&env, &gates, "good").expect_code(0);
    run(&env, &gates, "bad").expect_code(3);
    let report = String::from_utf8(env.read("mlv-hooks.xml")).unwrap();
    assert!(report.contains("<failure"), "{report}");
    run(&env, &gates, "only-code").expect_code(0);
    run(&env, &gitlab_steps(&pipeline, "merged"), "").expect_code(0);
}

#[test]
fn a_file_that_is_there_is_replaced_only_when_told_to() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    insta::assert_snapshot!(env.screen("mlv ci init gitlab"), @r"
    $ mlv ci init gitlab
    [stderr]
    wrote `$ROOT/.gitlab-ci.yml`
    hint: its first lines say what to set; then commit it with Git
    ");
    env.write(".gitlab-ci.yml", "mine\n");
    insta::assert_snapshot!(env.screen("mlv ci init gitlab"), @r"
    $ mlv ci init gitlab
    [stderr]
    error: `.gitlab-ci.yml` exists already
    hint: `--force` replaces it
    [exit code 1]
    ");
    assert_eq!(env.read(".gitlab-ci.yml"), b"mine\n");
    env.success(&["ci", "init", "gitlab", "--force", "--branch", "release/1"]);
    let text = String::from_utf8(env.read(".gitlab-ci.yml")).unwrap();
    assert!(text.contains("TARGET: \"release/1\"") && !text.contains("@BRANCH@"));
    env.mlv(&["ci", "init", "github", "--branch", "two words"]).expect_code(1);
    assert!(!env.path(".github").exists());
}

#[test]
fn the_file_lies_at_the_root_of_git_where_mlv_lies_below() {
    let env = TestEnvironment::new();
    env.git(&["init", "-q"]);
    env.success(&["init", "data"]);
    env.success(&["-C", "data", "ci", "init", "github"]);
    assert!(env.path(".github/workflows/mlv.yml").is_file());
}
