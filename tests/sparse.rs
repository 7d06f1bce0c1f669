//! `mlv sparse`

use crate::common::TestEnvironment;

/// Returns a repository with data of two years and parameters.
fn repository() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    for name in ["data/2025/a", "data/2025/b", "data/2026/a", "data/2026/b", "params.yaml"] {
        env.write(name, format!("{name}\n"));
    }
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "first"]);
    env
}

/// Returns the files of the working copy.
fn files(env: &TestEnvironment) -> Vec<String> {
    let mut found = Vec::new();
    let mut pending = vec![env.path("")];
    while let Some(dir) = pending.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().is_some_and(|name| name == ".mlv") {
                continue;
            }
            if path.is_dir() {
                pending.push(path);
            } else {
                let name = path.strip_prefix(env.path("")).unwrap();
                found.push(name.to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_working_copy_holds_what_is_set_and_undo_brings_the_rest_back() {
    let env = repository();
    let all = files(&env);
    insta::assert_snapshot!(env.screen("mlv sparse set data/2026 params.yaml"), @r"
    $ mlv sparse set data/2026 params.yaml
    [stderr]
    the working copy holds 2 paths (2 files changed)
    ");
    assert_eq!(files(&env), ["data/2026/a", "data/2026/b", "params.yaml"]);
    insta::assert_snapshot!(env.screen("mlv status"), @r"
    $ mlv status
    On branch main
    Sparse: 2 paths
    nothing to commit
    ");
    insta::assert_snapshot!(env.screen("mlv sparse list"), @r"
    $ mlv sparse list
    data/2026
    params.yaml
    ");
    insta::assert_snapshot!(env.screen("mlv sparse add data/2025/a nowhere"), @r"
    $ mlv sparse add data/2025/a nowhere
    [stderr]
    the working copy holds 4 paths (1 file changed)
    warning: `nowhere` is not in what is staged
    ");
    let json = env.json(&["sparse", "list", "--json"]);
    assert_eq!(
        json,
        serde_json::json!({"paths": ["data/2025/a", "data/2026", "nowhere", "params.yaml"]})
    );
    env.success(&["undo"]);
    assert_eq!(files(&env), ["data/2026/a", "data/2026/b", "params.yaml"]);
    insta::assert_snapshot!(env.screen("mlv undo"), @r"
    $ mlv undo
    [stderr]
    undid `mlv sparse set data/2026 params.yaml` (2 files changed)
    hint: `mlv redo` does it again
    ");
    assert_eq!(files(&env), all);
    env.success(&["redo"]);
    assert_eq!(env.json(&["status", "--json"])["sparse"].as_array().unwrap().len(), 2);
    insta::assert_snapshot!(env.screen("mlv sparse disable"), @r"
    $ mlv sparse disable
    [stderr]
    the working copy holds everything (2 files changed)
    ");
    assert_eq!(files(&env), all);
    assert_eq!(env.json(&["status", "--json"])["sparse"], serde_json::Value::Null);
    insta::assert_snapshot!(env.screen("mlv sparse list"), @r"
    $ mlv sparse list
    [stderr]
    the working copy holds everything
    ");
}

#[test]
fn commits_and_switches_leave_what_is_outside_as_it_is() {
    let env = repository();
    env.success(&["switch", "-c", "other"]);
    env.write("data/2025/a", "other\n");
    env.write("data/2026/a", "other\n");
    env.success(&["commit", "-am", "other"]);
    env.success(&["switch", "main"]);
    env.success(&["sparse", "set", "data/2026"]);
    env.write("data/2026/b", "changed\n");
    env.write("data/2026/new", "new\n");
    env.success(&["add", "-A"]);
    env.success(&["commit", "-am", "inside"]);
    assert_eq!(
        env.success(&["ls", "-r", "HEAD"]).stdout,
        "data/2025/a\ndata/2025/b\ndata/2026/a\ndata/2026/b\ndata/2026/new\nparams.yaml\n"
    );
    env.success(&["merge", "other"]);
    assert_eq!(files(&env), ["data/2026/a", "data/2026/b", "data/2026/new"]);
    assert_eq!(env.read("data/2026/a"), b"other\n");
    assert_eq!(env.success(&["cat", "HEAD:data/2025/a"]).stdout, "other\n");
    env.success(&["switch", "other"]);
    assert_eq!(files(&env), ["data/2026/a", "data/2026/b"]);
    env.success(&["reset", "--hard", "HEAD~1"]);
    assert_eq!(env.read("data/2026/a"), b"data/2026/a\n");
    for _ in 0..3 {
        env.success(&["undo"]);
    }
    assert_eq!(files(&env), ["data/2026/a", "data/2026/b", "data/2026/new"]);
    assert_eq!(env.read("data/2026/a"), b"data/2026/a\n");
    assert_eq!(env.success(&["status", "-s"]).stdout, "");
    env.success(&["stash", "list"]);
    env.write("data/2026/a", "stashed\n");
    env.success(&["stash"]);
    assert_eq!(env.read("data/2026/a"), b"data/2026/a\n");
    env.success(&["stash", "pop"]);
    assert_eq!(env.success(&["status", "-s"]).stdout, " M data/2026/a\n");
    assert_eq!(env.success(&["fsck"]).stdout, env.success(&["fsck"]).stdout);
}

#[test]
fn unsaved_work_outside_of_a_new_set_blocks_it() {
    let env = repository();
    env.write("data/2025/a", "unsaved\n");
    insta::assert_snapshot!(env.screen("mlv sparse set data/2026"), @r"
    $ mlv sparse set data/2026
    [stderr]
    error: unsaved work is in the way: 1 path
    hint: in the way:
      data/2025/a: has changes that no commit holds
    hint: nothing was touched; commit, `mlv stash` or move them away first
    [exit code 1]
    ");
    assert_eq!(files(&env).len(), 5);
    assert_eq!(env.json(&["sparse", "list", "--json"])["paths"], serde_json::Value::Null);
}

#[test]
fn a_file_outside_that_is_there_all_the_same_is_like_any_other() {
    let env = repository();
    env.success(&["sparse", "set", "params.yaml"]);
    env.write("data/2025/a", "data/2025/a\n");
    assert_eq!(env.success(&["status", "-s"]).stdout, "");
    env.write("data/2025/a", "mine\n");
    insta::assert_snapshot!(env.screen("mlv status"), @r"
    $ mlv status
    On branch main
    Sparse: 1 path

    Changed, but not staged (`mlv add PATH` stages, `mlv restore PATH` takes back):
      modified:   data/2025/a (outside of the sparse set)
    ");
    env.success(&["switch", "-c", "side"]);
    env.success(&["commit", "-am", "mine"]);
    assert_eq!(env.success(&["cat", "HEAD:data/2025/a"]).stdout, "mine\n");
    assert_eq!(env.success(&["cat", "HEAD:data/2025/b"]).stdout, "data/2025/b\n");
    // It goes along with a switch: it would otherwise undo what the other branch has.
    env.success(&["switch", "main"]);
    assert_eq!(env.read("data/2025/a"), b"data/2025/a\n");
    env.success(&["sparse", "set", "params.yaml"]);
    assert_eq!(files(&env), ["params.yaml"]);
}

#[test]
fn a_name_outside_of_the_set_is_refused_with_the_way_to_bring_it_here() {
    let env = repository();
    env.success(&["sparse", "set", "data/2026"]);
    insta::assert_snapshot!(env.screen("mlv restore data/2025/a"), @r"
    $ mlv restore data/2025/a
    [stderr]
    error: `data/2025/a` is outside of the sparse set, so the working copy does not hold it
    hint: `mlv sparse add data/2025/a` brings it here
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv add data/2025/a"), @r"
    $ mlv add data/2025/a
    [stderr]
    error: `data/2025/a` is outside of the sparse set, so the working copy does not hold it
    hint: `mlv sparse add data/2025/a` brings it here
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv mv data/2025 old"), @r"
    $ mlv mv data/2025 old
    [stderr]
    error: `data/2025` is outside of the sparse set, so the working copy does not hold it
    hint: `mlv sparse add data/2025` brings it here
    [exit code 1]
    ");
    assert_eq!(files(&env), ["data/2026/a", "data/2026/b"]);
    assert_eq!(env.success(&["status", "-s"]).stdout, "");
}

#[test]
fn rm_means_what_is_held_and_what_is_named_outside_of_it() {
    let env = repository();
    env.success(&["sparse", "set", "data/2026"]);
    env.success(&["rm", "-r", "data"]);
    assert_eq!(env.success(&["status", "-s"]).stdout, "D  data/2026/a\nD  data/2026/b\n");
    assert!(files(&env).is_empty());
    env.success(&["undo"]);
    assert_eq!(files(&env), ["data/2026/a", "data/2026/b"]);
    env.success(&["rm", "data/2025/b"]);
    assert_eq!(env.success(&["status", "-s"]).stdout, "D  data/2025/b\n");
    env.success(&["undo"]);
    assert_eq!(env.success(&["status", "-s"]).stdout, "");
    assert_eq!(files(&env), ["data/2026/a", "data/2026/b"]);
    insta::assert_snapshot!(env.screen("mlv rm -r *.yaml"), @r"
    $ mlv rm -r *.yaml
    [stderr]
    error: `params.yaml` is outside of the sparse set, so the working copy does not hold it
    hint: `mlv sparse add params.yaml` brings it here
    [exit code 1]
    ");
}

#[test]
fn a_file_in_the_place_of_a_directory_outside_does_not_replace_it() {
    let env = repository();
    env.success(&["sparse", "set", "params.yaml"]);
    env.write("data", "a file\n");
    insta::assert_snapshot!(env.screen("mlv add data"), @r"
    $ mlv add data
    [stderr]
    error: `data` is outside of the sparse set, so the working copy does not hold it
    hint: `mlv sparse add data` brings it here
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv add -A"), @r"
    $ mlv add -A
    [stderr]
    error: `data/2025/a` is outside of the sparse set, so the working copy does not hold it
    hint: `mlv sparse add data/2025/a` brings it here
    [exit code 1]
    ");
    assert_eq!(env.success(&["ls", ":data/2025"]).stdout, "a\nb\n");
}

#[test]
fn mv_within_the_set_is_undone_and_touches_nothing_else() {
    let env = repository();
    env.success(&["sparse", "set", "data/2026"]);
    env.success(&["mv", "data/2026/a", "data/2026/c"]);
    assert_eq!(files(&env), ["data/2026/b", "data/2026/c"]);
    env.success(&["undo"]);
    assert_eq!(files(&env), ["data/2026/a", "data/2026/b"]);
    assert_eq!(env.success(&["status", "-s"]).stdout, "");
}

#[test]
fn both_sides_of_a_conflict_outside_of_the_set_are_shown() {
    let env = repository();
    env.success(&["switch", "-c", "other"]);
    env.write("data/2025/a", [0, 1]);
    env.success(&["commit", "-am", "other"]);
    env.success(&["switch", "main"]);
    env.write("data/2025/a", [0, 2]);
    env.success(&["commit", "-am", "ours"]);
    env.success(&["sparse", "set", "data/2026"]);
    let merge = env.mlv(&["merge", "--no-commit", "other"]);
    assert_eq!(merge.code, 4);
    let shown = ["data/2025/a.ours", "data/2025/a.theirs", "data/2026/a", "data/2026/b"];
    assert_eq!(files(&env), shown);
    env.success(&["merge", "--abort"]);
    assert_eq!(files(&env), ["data/2026/a", "data/2026/b"]);
    assert_eq!(env.mlv(&["merge", "--no-commit", "other"]).code, 4);
    env.write("data/2025/a", [0, 3]);
    env.success(&["add", "data/2025/a"]);
    env.success(&["merge", "--continue"]);
    assert_eq!(files(&env), ["data/2025/a", "data/2026/a", "data/2026/b"]);
    assert_eq!(env.success(&["status", "-s"]).stdout, "");
}

#[test]
fn a_status_writes_nothing_into_the_store() {
    let env = repository();
    env.success(&["sparse", "set", "params.yaml"]);
    env.write("data/2025/a", "there all the same\n");
    let stored = || {
        let mut names = std::collections::BTreeSet::new();
        let mut pending = vec![env.path(".mlv/store")];
        while let Some(dir) = pending.pop() {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                pending.extend(path.is_dir().then(|| path.clone()));
                names.insert(path);
            }
        }
        names
    };
    let before = stored();
    assert_eq!(env.success(&["status", "-s"]).stdout, " M data/2025/a\n");
    assert_eq!(stored(), before);
}
