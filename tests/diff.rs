//! `mlv diff`

use std::os::unix::fs::PermissionsExt;

use crate::common::TestEnvironment;

fn numbers(changed: &str) -> String {
    (1..=12).map(|n| if n == 6 { format!("{changed}\n") } else { format!("{n}\n") }).collect()
}

/// A commit; one change staged, one not.
fn changed() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("numbers", numbers("6"));
    env.write("data/gone", "gone\n");
    env.write("run.sh", "run\n");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "one"]);
    env.write("numbers", numbers("six"));
    env.success(&["add", "."]);
    std::fs::remove_file(env.path("data/gone")).unwrap();
    let runs = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(env.path("run.sh"), runs).unwrap();
    env
}

#[test]
fn the_files_are_compared_with_what_is_staged_and_that_with_head() {
    let env = changed();
    insta::assert_snapshot!(env.screen("mlv diff"), @r"
    $ mlv diff
    diff --git a/data/gone b/data/gone
    deleted file mode 100644
    --- a/data/gone
    +++ /dev/null
    @@ -1 +0,0 @@
    -gone
    diff --git a/run.sh b/run.sh
    old mode 100644
    new mode 100755
    ");
    insta::assert_snapshot!(env.screen("mlv diff --staged"), @r"
    $ mlv diff --staged
    diff --git a/numbers b/numbers
    --- a/numbers
    +++ b/numbers
    @@ -3,7 +3,7 @@
     3
     4
     5
    -6
    +six
     7
     8
     9
    ");
    insta::assert_snapshot!(env.screen("mlv diff HEAD --name-status"), @r"
    $ mlv diff HEAD --name-status
    D	data/gone
    M	numbers
    M	run.sh
    ");
    insta::assert_snapshot!(env.screen("mlv diff HEAD --stat"), @r"
    $ mlv diff HEAD --stat
     data/gone  1  -
     numbers    2  +-
     run.sh     0  executable now
    3 files changed, 1 line added, 2 removed
    ");
    assert_eq!(env.success(&["diff", "--", "numbers"]).stdout, "");
}

#[test]
fn what_was_changed_back_since_it_was_staged_is_no_change() {
    let env = changed();
    env.write("numbers", numbers("6"));
    let changes = env.json(&["diff", "HEAD", "--json", "--", "numbers"])["changes"].clone();
    assert_eq!(changes, serde_json::json!([]));
}

#[test]
fn the_json_names_both_sides_and_finds_renames() {
    let env = changed();
    env.success(&["commit", "-a", "-m", "two"]);
    env.success(&["mv", "numbers", "moved"]);
    std::fs::remove_file(env.path("run.sh")).unwrap();
    std::os::unix::fs::symlink("moved", env.path("run.sh")).unwrap();
    env.success(&["add", "."]);
    let diff = env.json(&["diff", "--staged", "--json"]);
    let head = env.json(&["log", "-n", "1", "--json"])[0]["id"].clone();
    assert_eq!((&diff["from"], &diff["to"]), (&head, &"staged".into()));
    assert_eq!(diff["changes"][0]["change"], "renamed");
    assert_eq!(diff["changes"][0]["from"], "numbers");
    assert_eq!(diff["changes"][0]["path"], "moved");
    assert_eq!(diff["changes"][0]["old"]["hash"], diff["changes"][0]["new"]["hash"]);
    assert_eq!(diff["changes"][1]["change"], "typechange");
    assert_eq!(diff["changes"][1]["new"]["symlink"], true);
}

#[test]
fn of_large_files_the_reuse_is_told() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    let mut bytes: Vec<u8> =
        (0u32..800_000).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    env.write("big", &bytes);
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "one"]);
    bytes.extend_from_slice(b"more");
    env.write("big", &bytes);
    let unstaged = env.success(&["diff"]).stdout;
    assert_eq!(unstaged, "big: binary, 3.1 MiB -> 3.1 MiB\n");
    env.success(&["add", "."]);
    let staged = env.success(&["diff", "--staged"]).stdout;
    assert!(staged.starts_with("big: binary, 3.1 MiB -> 3.1 MiB, 9"), "{staged}");
    assert!(staged.ends_with(" chunks reused\n"), "{staged}");
    let reuse = env.json(&["diff", "--staged", "--json"])["changes"][0]["reuse"].clone();
    let number = |key: &str| reuse[key].as_u64().unwrap();
    assert_eq!(number("chunks"), number("reused_chunks") + 1);
}

#[test]
fn git_applies_what_diff_prints() {
    let env = changed();
    env.write("odd \"na\tme", "1\n2");
    env.write("with space", "x\n");
    env.write("empty", "");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "two"]);
    env.success(&["mv", "with space", "moved space"]);
    env.write("odd \"na\tme", "1\n2\n");
    env.success(&["commit", "-a", "-m", "three"]);
    let patch = env.success(&["diff", "HEAD~2", "HEAD"]).raw_stdout;
    env.success(&["export", "HEAD~2", "elsewhere"]);
    std::fs::write(env.path("p.patch"), patch).unwrap();
    env.git(&["init", "-q", "elsewhere"]);
    env.git(&["-C", "elsewhere", "apply", "../p.patch"]);
    for name in ["numbers", "moved space", "odd \"na\tme", "empty", "run.sh"] {
        assert_eq!(env.read(format!("elsewhere/{name}")), env.read(name), "{name}");
    }
    assert!(!env.path("elsewhere/data/gone").exists());
}

#[test]
fn ranges_begin_where_they_say() {
    let env = changed();
    env.success(&["commit", "-a", "-m", "two"]);
    env.success(&["switch", "-c", "side", "HEAD~1"]);
    env.write("side", "s");
    env.success(&["add", "side"]);
    env.success(&["commit", "-m", "side"]);
    let paths = |range: &str| -> Vec<String> {
        let diff = env.json(&["diff", "--json", range]);
        let changes = diff["changes"].as_array().unwrap().clone();
        changes.iter().map(|change| change["path"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(paths("main..side"), ["data/gone", "numbers", "run.sh", "side"]);
    assert_eq!(paths("main...side"), ["side"]);
    env.mlv(&["diff", "--staged", "main", "side"]).expect_code(2);
}
