//! Releases with code that the enclosing Git repository tracks.

use serde_json::Value;

use crate::common::TestEnvironment;

const SPEC: &str = "env: prod
artifact: models/churn
include: [INCLUDED]
target: {type: folder, path: ../home/prod}
smoke: sh app/smoke.sh
";

/// A repository inside one of Git: Git has the code, mlv the model.
fn project(included: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.git(&["init", "-q", "-b", "main"]);
    env.write("app/serve.py", "print('serve')\n");
    env.write("app/smoke.sh", "test -x app/run && test \"$(readlink app/link)\" = serve.py\n");
    env.write("app/run", "exit 0\n");
    std::os::unix::fs::symlink("serve.py", env.path("app/link")).unwrap();
    code(&env, "Code");
    env.git(&["update-index", "--chmod=+x", "app/run"]);
    env.git(&["commit", "-q", "-m", "It runs"]);
    env.git(&["reset", "-q", "--hard"]);
    env.success(&["init"]);
    env.write("deploy/prod.yaml", SPEC.replace("INCLUDED", included));
    model(&env, "one");
    env
}

fn code(env: &TestEnvironment, message: &str) {
    env.git(&["add", "app"]);
    env.git(&["commit", "-q", "-m", message]);
}

fn model(env: &TestEnvironment, weights: &str) {
    env.write("models/churn/weights", weights);
    env.success(&["add", "models", "deploy"]);
    env.success(&["commit", "--allow-empty", "-m", weights]);
}

fn current(env: &TestEnvironment, path: &str) -> String {
    String::from_utf8(env.read(env.home().join("prod/current").join(path))).unwrap()
}

#[test]
fn code_comes_from_the_revision_that_the_commit_records() {
    let env = project("app");
    // What became of the code since does not matter.
    env.write("app/serve.py", "print('later')\n");
    env.write("app/more.py", "");
    code(&env, "Later");
    env.write("app/serve.py", "print('not committed')\n");
    insta::assert_snapshot!(env.screen("mlv deploy run prod --dry-run").without_ids(), @"
    $ mlv deploy run prod --dry-run
    app/link
    app/run
    app/serve.py
    app/smoke.sh
    models/churn/weights
    [stderr]
    would release 5 files (91 B) of $ID to `prod` (folder ../home/prod)
    ");
    env.success(&["deploy", "run", "prod"]);
    assert_eq!(current(&env, "app/serve.py"), "print('serve')\n");
    let release = env.json(&["deploy", "history", "prod", "--json"])[0].clone();
    let files: Vec<Value> = release["files"].as_array().unwrap().clone();
    let told: Vec<_> = files.iter().map(|file| (&file["path"], &file["kind"])).collect();
    insta::assert_snapshot!(serde_json::to_string(&told).unwrap(), @r#"[["app/link","symlink"],["app/run","executable"],["app/serve.py","file"],["app/smoke.sh","file"],["models/churn/weights","file"]]"#);
    let bytes = mlv::base::Hash::of(b"print('serve')\n").to_string();
    assert_eq!(files[2]["hash"], bytes);
    let manifest: Value = serde_json::from_str(&current(&env, ".mlv-release.json")).unwrap();
    assert_eq!(manifest["files"], release["files"]);
    // A stored release is gone back to whatever became of Git's history.
    env.git(&["checkout", "-q", "--", "app"]);
    model(&env, "two");
    env.success(&["deploy", "run", "prod"]);
    assert_eq!(current(&env, "app/serve.py"), "print('later')\n");
    env.success(&["deploy", "rollback", "prod"]);
    assert_eq!(current(&env, "app/serve.py"), "print('serve')\n");
}

#[test]
fn where_both_have_a_path_it_is_that_of_mlv() {
    let env = project("app");
    env.write("app/params.yaml", "depth: 3\n");
    env.success(&["add", "app/params.yaml"]);
    env.success(&["commit", "-m", "Parameters"]);
    env.git(&["add", "-f", "app/params.yaml"]);
    env.git(&["commit", "-q", "-m", "In Git too"]);
    env.write("app/params.yaml", "depth: 4\n");
    env.git(&["commit", "-q", "-am", "Deeper"]);
    model(&env, "two");
    env.success(&["deploy", "run", "prod"]);
    assert_eq!(current(&env, "app/params.yaml"), "depth: 3\n");
    assert_eq!(current(&env, "app/serve.py"), "print('serve')\n");
}

#[test]
fn a_path_in_neither_is_named_with_what_was_meant() {
    let env = project("app/serv.py");
    insta::assert_snapshot!(env.screen("mlv deploy run prod").without_ids(), @"
    $ mlv deploy run prod
    [stderr]
    error: `app/serv.py` is neither in `HEAD` nor in its code, $ID of Git
    hint: did you mean `app/serve.py`?
    [exit code 1]
    ");
    env.write("deploy/prod.yaml", SPEC.replace("INCLUDED", "models/chrun"));
    insta::assert_snapshot!(env.screen("mlv deploy run prod").without_ids(), @"
    $ mlv deploy run prod
    [stderr]
    error: `models/chrun` is neither in `HEAD` nor in its code, $ID of Git
    hint: did you mean `models/churn`?
    [exit code 1]
    ");
    assert!(!env.home().join("prod").exists());
}

#[test]
fn code_that_no_commit_of_git_holds_is_not_released() {
    let env = project("app");
    env.write("app/serve.py", "print('not committed')\n");
    model(&env, "two");
    insta::assert_snapshot!(env.screen("mlv deploy run prod").without_ids(), @"
    $ mlv deploy run prod
    [stderr]
    error: `app` is code that Git tracks, and `HEAD` was made while code was changed and not committed
    hint: commit the code in Git, then `mlv commit --allow-empty` records it
    [exit code 1]
    ");
    assert!(!env.home().join("prod").exists());
    // What needs no code of Git is released all the same.
    env.write("deploy/prod.yaml", "env: prod\nartifact: models/churn\ninclude: [models]\ntarget: {type: folder, path: ../home/prod}\n");
    env.success(&["deploy", "run", "prod"]);
    assert_eq!(current(&env, "models/churn/weights"), "two");
}

#[test]
fn a_code_revision_that_cannot_be_had_is_told() {
    let env = project("app");
    // Git's history is another one now.
    std::fs::remove_dir_all(env.path(".git")).unwrap();
    insta::assert_snapshot!(env.screen("mlv deploy run prod").without_ids(), @"
    $ mlv deploy run prod
    [stderr]
    error: `app` is not in `HEAD`, and the code beside it cannot be had: there is no Git repository around this one, which should have $ID
    [exit code 1]
    ");
    env.git(&["init", "-q", "-b", "main"]);
    code(&env, "Anew");
    insta::assert_snapshot!(env.screen("mlv deploy run prod").without_ids(), @"
    $ mlv deploy run prod
    [stderr]
    error: `app` is not in `HEAD`, and the code beside it cannot be had: $ID is not in the Git repository
    hint: where it was pushed, `git fetch` brings it
    [exit code 1]
    ");
    // A commit that was made outside Git.
    std::fs::remove_dir_all(env.path(".git")).unwrap();
    model(&env, "two");
    env.git(&["init", "-q", "-b", "main"]);
    code(&env, "Once more");
    insta::assert_snapshot!(env.screen("mlv deploy run prod").without_ids(), @"
    $ mlv deploy run prod
    [stderr]
    error: `app` is not in `HEAD`, and the code beside it cannot be had: the commit records no code revision
    hint: a commit made inside the Git repository records one: `mlv commit --allow-empty`
    [exit code 1]
    ");
    assert!(!env.home().join("prod").exists());
}

#[test]
fn a_directory_that_mlv_has_is_released_with_a_notice_where_the_code_beside_it_cannot_be_had() {
    let env = project("models");
    std::fs::remove_dir_all(env.path(".git")).unwrap();
    env.write(
        "deploy/prod.yaml",
        SPEC.replace("INCLUDED", "models").replace("sh app/smoke.sh", "'true'"),
    );
    insta::assert_snapshot!(env.screen("mlv deploy run prod").without_ids(), @"
    $ mlv deploy run prod
    [stderr]
    code that Git may track below `models` is not part of the release: there is no Git repository around this one, which should have $ID
    000001-$ID is active in `prod`
    ");
}

#[test]
fn a_pointer_of_git_lfs_is_not_taken_for_the_file() {
    let env = project("app");
    env.write("app/big.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n");
    code(&env, "Large");
    model(&env, "two");
    insta::assert_snapshot!(env.screen("mlv deploy run prod").without_ids(), @"
    $ mlv deploy run prod
    [stderr]
    error: `app/big.bin` is a pointer of Git LFS, not a file
    hint: give it to mlv: `mlv add` takes files of any size
    [exit code 1]
    ");
}
