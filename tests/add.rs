//! `mlv add`

use std::os::unix::fs::{PermissionsExt, symlink};

use crate::common::TestEnvironment;

fn repository() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env
}

#[test]
fn files_are_taken_in_by_name_directory_and_pattern() {
    let env = repository();
    for name in ["a.csv", "b.csv", "note.txt", "data/x.bin", "data/deep/y.bin"] {
        env.write(name, "12345");
    }
    insta::assert_snapshot!(env.screen("mlv add *.csv data"), @r"
    $ mlv add *.csv data
    [stderr]
    added 4 files (20 B)
    ");
    insta::assert_snapshot!(env.screen("mlv status -s"), @r"
    $ mlv status -s
    A  a.csv
    A  b.csv
    A  data/deep/y.bin
    A  data/x.bin
    ?? note.txt
    ");
}

#[test]
fn deletions_are_taken_in_and_what_is_unchanged_is_not_read() {
    let env = repository();
    env.write("a", "1");
    env.write("b", "2");
    env.success(&["add", "."]);
    std::fs::remove_file(env.path("a")).unwrap();
    env.write("c", "3");
    std::thread::sleep(std::time::Duration::from_millis(50));
    insta::assert_snapshot!(env.screen("mlv add -A"), @r"
    $ mlv add -A
    [stderr]
    added 1 file (1 B), removed 1
    ");
    std::thread::sleep(std::time::Duration::from_millis(50));
    env.success(&["add", "-A"]);
    let again = env.json(&["add", "-A", "--json"]);
    assert_eq!(
        again,
        serde_json::json!({
            "added": [], "removed": [], "unchanged": 2, "bytes": 0, "healed": 0,
            "notices": [], "incomplete": false
        })
    );
}

#[test]
fn a_dry_run_lists_and_changes_nothing() {
    let env = repository();
    env.write("gone", "1");
    env.success(&["add", "."]);
    std::fs::remove_file(env.path("gone")).unwrap();
    env.write("new", "2");
    let before = env.json(&["status", "--json"]);
    insta::assert_snapshot!(env.screen("mlv add -n ."), @r"
    $ mlv add -n .
    add     new
    remove  gone
    ");
    assert_eq!(env.json(&["status", "--json"]), before);
}

#[test]
fn something_has_to_be_named_and_to_be_there() {
    let env = repository();
    env.write("data.csv", "1");
    insta::assert_snapshot!(env.screen("mlv add"), @r"
    $ mlv add
    [stderr]
    error: nothing is named to be added
    hint: `mlv add .` adds what is below here, `mlv add -A` everything
    [exit code 2]
    ");
    insta::assert_snapshot!(env.screen("mlv add data.cvs"), @r"
    $ mlv add data.cvs
    [stderr]
    error: `data.cvs` matches no file
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv add ../elsewhere"), @r"
    $ mlv add ../elsewhere
    [stderr]
    error: `../elsewhere` lies outside of the repository
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv add .mlv/config.toml"), @r"
    $ mlv add .mlv/config.toml
    [stderr]
    error: `.mlv/config.toml` is no valid path: `.mlv` and `.git` are not for versioned files
    [exit code 1]
    ");
}

#[test]
fn what_is_ignored_is_passed_over_unless_it_is_forced() {
    let env = repository();
    env.write(".mlvignore", "*.tmp\n/scratch/\n");
    env.write("a.tmp", "1");
    env.write("scratch/b", "1");
    env.success(&["add", "."]);
    assert_eq!(env.json(&["status", "--json"])["staged"].as_array().unwrap().len(), 1);
    insta::assert_snapshot!(env.screen("mlv add a.tmp scratch/b"), @r"
    $ mlv add a.tmp scratch/b
    [stderr]
    error: 2 paths are ignored by `.mlvignore`
    hint: ignored:
      a.tmp
      scratch/b
    hint: `mlv add --force` adds them all the same
    [exit code 1]
    ");
    env.success(&["add", "--force", "a.tmp", "scratch/b"]);
    assert_eq!(env.json(&["status", "--json"])["staged"].as_array().unwrap().len(), 3);
}

#[test]
fn an_unreadable_file_is_named_and_the_rest_is_added() {
    let env = repository();
    env.write("good", "1");
    env.write("secret", "1");
    env.write("closed/inside", "1");
    let mut chmod = std::process::Command::new("chmod");
    chmod.args(["-R", "a+rwX", "."]).current_dir(env.root());
    assert!(chmod.status().unwrap().success());
    for name in ["secret", "closed"] {
        std::fs::set_permissions(env.path(name), PermissionsExt::from_mode(0o000)).unwrap();
    }
    let added = env.finish(env.command_bound_by_modes(&["add", "-A"]));
    for name in ["secret", "closed"] {
        std::fs::set_permissions(env.path(name), PermissionsExt::from_mode(0o755)).unwrap();
    }
    insta::assert_snapshot!(added, @r"
    $ mlv add -A
    [stderr]
    warning: cannot read `closed`: Permission denied (os error 13)
    warning: cannot read `secret`: Permission denied (os error 13)
    added 1 file (1 B)
    [exit code 1]
    ");
    assert_eq!(env.json(&["status", "--json"])["staged"][0]["path"], "good");
}

#[test]
fn sockets_and_pipes_and_nested_repositories_are_skipped_with_a_notice() {
    let env = repository();
    env.write("good", "1");
    let _socket = std::os::unix::net::UnixListener::bind(env.path("socket")).unwrap();
    std::process::Command::new("mkfifo").arg(env.path("pipe")).status().unwrap();
    env.success(&["init", "nested"]);
    env.write("nested/theirs", "1");
    insta::assert_snapshot!(env.screen("mlv add ."), @r"
    $ mlv add .
    [stderr]
    skipped `nested`: it is a repository of its own
    skipped `pipe`: it is a named pipe
    skipped `socket`: it is a socket
    added 1 file (1 B)
    ");
    assert_eq!(env.json(&["status", "--json"])["staged"].as_array().unwrap().len(), 1);
}

#[test]
fn what_git_tracks_is_added_only_by_name_and_git_does_not_see_data() {
    let env = TestEnvironment::new();
    env.git(&["init", "-q"]);
    env.write("src/train.py", "code");
    env.git(&["add", "."]);
    env.git(&["commit", "-qm", "code"]);
    env.success(&["init"]);
    env.write("data/train.csv", "1");
    env.write("src/cache.bin", "1");
    env.success(&["add", "."]);
    let staged = |env: &TestEnvironment| -> Vec<String> {
        let status = env.json(&["status", "--json"]);
        let staged = status["staged"].as_array().unwrap().clone();
        staged.iter().map(|change| change["path"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(staged(&env), ["data/train.csv", "src/cache.bin"]);
    assert_eq!(env.git(&["status", "--porcelain"]), "");
    env.success(&["add", "src"]);
    assert_eq!(staged(&env).len(), 2);
    env.success(&["add", "src/train.py"]);
    assert_eq!(staged(&env), ["data/train.csv", "src/cache.bin", "src/train.py"]);
    assert_eq!(env.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_link_is_added_as_a_link_and_a_directory_behind_it_is_not_entered() {
    let env = repository();
    env.write("real/file", "1");
    symlink("real", env.path("link")).unwrap();
    env.success(&["add", "."]);
    let staged = env.json(&["status", "--json"])["staged"].clone();
    let paths: Vec<_> = staged.as_array().unwrap().iter().map(|c| &c["path"]).collect();
    assert_eq!(paths, ["link", "real/file"]);
}

#[test]
fn a_file_that_is_written_to_meanwhile_is_added_whole_or_refused_by_name() {
    use std::io::{Seek, Write};
    use std::sync::atomic::{AtomicBool, Ordering};

    let env = repository();
    env.write("moving", vec![0; 4 << 20]);
    let stop = AtomicBool::new(false);
    let mut adds = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut file =
                std::fs::OpenOptions::new().write(true).open(env.path("moving")).unwrap();
            for value in (1..=255).cycle() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                file.rewind().unwrap();
                file.write_all(&vec![value; 4 << 20]).unwrap();
            }
        });
        for _ in 0..5 {
            adds.push(env.mlv(&["add", "moving"]));
        }
        stop.store(true, Ordering::Relaxed);
    });
    for add in adds {
        let refused =
            add.code == 1 && add.stderr.contains("cannot read `moving`: it keeps changing");
        assert!(refused || add.code == 0, "{add}");
    }
    env.success(&["add", "moving"]);
    let before = env.read("moving");
    env.write("moving", "");
    env.success(&["restore", "moving"]);
    assert!(env.read("moving") == before);
}

#[test]
fn two_processes_at_once_lose_nothing() {
    let env = repository();
    for number in 0..40 {
        env.write(format!("left/{number}"), format!("left {number}"));
        env.write(format!("right/{number}"), format!("right {number}"));
    }
    let spawn = |side: &str| env.command(&["-q", "add", side]).spawn().unwrap();
    let children = [spawn("left"), spawn("right"), spawn("left")];
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(env.json(&["status", "--json"])["staged"].as_array().unwrap().len(), 80);
    env.success(&["commit", "-m", "both"]);
}

#[test]
fn a_pipe_that_is_named_itself_fails_as_nothing_of_it_can_be_added() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    std::process::Command::new("mkfifo").arg(env.path("pipe")).status().unwrap();
    insta::assert_snapshot!(env.screen("mlv add pipe"), @r"
    $ mlv add pipe
    [stderr]
    warning: cannot read `pipe`: it is a named pipe
    nothing to add: all of it is staged as it is
    [exit code 1]
    ");
    env.success(&["add", "."]);
}
