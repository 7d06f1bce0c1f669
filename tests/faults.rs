//! Disks that are full or read-only, files under `.mlv/` that are cut, gone or garbage, and users who
//! stand in the wrong place: each is told clearly, and nothing is lost.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::model::{self, Dice};
use crate::common::{Output, TestEnvironment};

/// A directory under a file system of its own; unmounted when dropped.
struct Mount(PathBuf);

impl Mount {
    /// Mounts with the given options, or says that this is not permitted here.
    fn new(place: &Path, options: &[&str]) -> Option<Self> {
        std::fs::create_dir_all(place).unwrap();
        let mount = Self(place.to_owned());
        mount.run("mount", options).then_some(mount)
    }

    #[expect(clippy::print_stdout, reason = "a test that looks at nothing says so")]
    fn run(&self, program: &str, options: &[&str]) -> bool {
        let output = Command::new(program).args(options).arg(&self.0).output();
        let done = output.as_ref().is_ok_and(|output| output.status.success());
        if !done {
            println!("skipped: `{program} {options:?}` is not permitted here: {output:?}");
        }
        done
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        self.run("umount", &["-l"]);
    }
}

fn repository(env: &TestEnvironment) {
    env.success(&["init"]);
    env.write("data/a.bin", Dice::new(1).bytes(300_000));
    env.write("notes.txt", "one\n");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "one"]);
}

#[track_caller]
fn expect_error(output: &Output, words: &str) {
    assert_eq!(output.code, 1, "{output}");
    assert!(output.stderr.starts_with("error: "), "{output}");
    assert!(output.stderr.contains(words), "`{words}` is missing:\n{output}");
}

#[test]
fn a_full_disk_fails_clearly_and_loses_nothing() {
    let env = TestEnvironment::new();
    let disk = env.path("disk");
    let options = ["-t", "tmpfs", "-o", "size=6m", "none"];
    let Some(_mount) = Mount::new(&disk, &options) else { return };
    let root = disk.join("repo");
    std::fs::create_dir(&root).unwrap();
    let at = ["-C", root.to_str().unwrap()];
    let mlv = |arguments: &[&str]| env.mlv(&[&at, arguments].concat());
    mlv(&["init"]).expect_code(0);
    env.write("disk/repo/first", "1");
    mlv(&["add", "."]).expect_code(0);
    mlv(&["commit", "-m", "first"]).expect_code(0);
    let mut failures = 0;
    let mut dice = Dice::new(7);
    for (round, room) in [0, 8, 30, 100, 300, 600].into_iter().enumerate() {
        env.write("disk/repo/big", dice.bytes(400_000));
        env.write(format!("disk/repo/small{round}"), dice.bytes(100));
        let before = model::on_disk(&root);
        let side = format!("side{round}");
        fill(&disk.join("filler"), room * 1024);
        for arguments in [&["add", "."][..], &["commit", "-m", "x"], &["switch", "-c", &side]] {
            let output = mlv(arguments);
            if output.code != 0 {
                failures += 1;
                let told = &output.stderr;
                let clear = ["No space left", "disk is full", "nothing to commit"];
                assert!(clear.iter().any(|words| told.contains(words)), "{room} KiB: {output}");
            }
            // What is there can be read, however full the disk is.
            mlv(&["status"]).expect_code(0);
            mlv(&["log"]).expect_code(0);
        }
        std::fs::remove_file(disk.join("filler")).unwrap();
        assert!(before == model::on_disk(&root), "{room} KiB: a file was touched");
        mlv(&["fsck"]).expect_code(0);
        mlv(&["add", "."]).expect_code(0);
        mlv(&["commit", "--allow-empty", "-m", "after"]).expect_code(0);
        let repo = model::open(&root);
        let head = repo.head().unwrap().commit().unwrap();
        assert!(before == model::of_commit(&repo, head), "{room} KiB: not all was committed");
        drop(repo);
        mlv(&["switch", "main"]).expect_code(0);
        mlv(&["switch", "-c", &format!("round{round}")]).expect_code(0);
        mlv(&["-c", "undo.keep_days=0", "-c", "undo.keep_operations=1", "gc"]).expect_code(0);
    }
    assert!(failures > 3, "the disk was hardly ever full");
}

/// Fills the disk but for some room.
fn fill(path: &Path, room: u64) {
    use std::io::Write;
    let mut file = std::fs::File::create(path).unwrap();
    let block = [b'x'; 4096];
    let mut len = 0;
    while file.write_all(&block).is_ok() {
        len += block.len() as u64;
    }
    file.set_len(len.saturating_sub(room)).unwrap();
}

#[test]
fn a_switch_on_a_full_disk_leaves_the_files_as_they_were() {
    let env = TestEnvironment::new();
    let disk = env.path("disk");
    let options = ["-t", "tmpfs", "-o", "size=6m", "none"];
    let Some(_mount) = Mount::new(&disk, &options) else { return };
    let at = ["-C", disk.to_str().unwrap()];
    let mlv = |arguments: &[&str]| env.mlv(&[&at, arguments].concat());
    mlv(&["init"]).expect_code(0);
    env.write("disk/file", Dice::new(1).bytes(600_000));
    env.write("disk/gone", Dice::new(2).bytes(600_000));
    mlv(&["add", "."]).expect_code(0);
    mlv(&["commit", "-m", "large"]).expect_code(0);
    mlv(&["switch", "-c", "small"]).expect_code(0);
    std::fs::remove_file(disk.join("gone")).unwrap();
    env.write("disk/file", "small");
    mlv(&["add", "."]).expect_code(0);
    mlv(&["commit", "-m", "small"]).expect_code(0);
    let before = model::on_disk(&disk);
    fill(&disk.join(".mlv/filler"), 100_000);
    let output = mlv(&["switch", "main"]);
    expect_error(&output, "No space left");
    assert!(before == model::on_disk(&disk), "a file was touched");
    std::fs::remove_file(disk.join(".mlv/filler")).unwrap();
    mlv(&["switch", "main"]).expect_code(0);
    assert_eq!(model::on_disk(&disk).len(), 2);
    mlv(&["fsck"]).expect_code(0);
}

#[test]
fn a_patch_that_a_full_disk_stops_is_taken_back() {
    let env = TestEnvironment::new();
    let disk = env.path("disk");
    let options = ["-t", "tmpfs", "-o", "size=24m", "none"];
    let Some(_mount) = Mount::new(&disk, &options) else { return };
    let at = ["-C", disk.to_str().unwrap()];
    let mlv = |arguments: &[&str]| env.mlv(&[&at, arguments].concat());
    mlv(&["init"]).expect_code(0);
    let mut file = Dice::new(1).bytes(5_000_000);
    env.write("disk/file", &file);
    mlv(&["add", "."]).expect_code(0);
    mlv(&["commit", "-m", "short"]).expect_code(0);
    mlv(&["switch", "-c", "long"]).expect_code(0);
    file[1_000_000] ^= 1;
    file.extend(Dice::new(2).bytes(600_000));
    env.write("disk/file", &file);
    mlv(&["commit", "-am", "long"]).expect_code(0);
    mlv(&["switch", "main"]).expect_code(0);
    let before = model::on_disk(&disk);
    let mut failures = 0;
    for room in [100_000, 200_000, 300_000, 400_000, 500_000] {
        fill(&disk.join(".mlv/filler"), room);
        let output = mlv(&["switch", "long"]);
        if output.code != 0 {
            failures += 1;
            let clear = ["No space left", "disk is full"];
            assert!(clear.iter().any(|words| output.stderr.contains(words)), "{output}");
            assert!(before == model::on_disk(&disk), "{room}: the file was touched");
            mlv(&["status"]).expect_code(0);
        }
        std::fs::remove_file(disk.join(".mlv/filler")).unwrap();
        mlv(&["switch", "main"]);
    }
    assert!(failures > 1, "the disk was hardly ever full");
    mlv(&["switch", "long"]).expect_code(0);
    assert!(std::fs::read(disk.join("file")).unwrap() == file);
    mlv(&["fsck"]).expect_code(0);
}

#[test]
fn a_limit_on_file_sizes_is_an_error_and_no_death() {
    let env = TestEnvironment::new();
    repository(&env);
    let mut failures = 0;
    for (round, blocks) in [0, 16, 120, 400, 1000].into_iter().enumerate() {
        env.write("data/b.bin", Dice::new(round as u64 + 5).bytes(1_500_000));
        for verb in ["add .", "commit -m x"] {
            let mut command = Command::new("sh");
            let program = env!("CARGO_BIN_EXE_mlv");
            command.args(["-c", &format!("ulimit -f {blocks}; exec {program} {verb}")]);
            command.current_dir(env.root()).env("HOME", env.home());
            command.env("MLV_AUTHOR_NAME", "Ada").env("MLV_AUTHOR_EMAIL", "ada@example.org");
            let output = env.finish(command);
            assert!([0, 1].contains(&output.code), "{blocks} blocks: {output}");
            failures += output.code;
        }
        env.success(&["status"]);
        env.success(&["fsck"]);
    }
    assert!(failures > 3, "the limit was hardly ever met");
    env.success(&["add", "."]);
    env.success(&["commit", "--allow-empty", "-m", "after"]);
}

#[test]
fn a_read_only_repository_can_be_looked_at_and_says_why_it_cannot_be_changed() {
    let env = TestEnvironment::new();
    repository(&env);
    env.write("notes.txt", "two\n");
    let root = env.root();
    let Some(mount) = Mount::new(&root, &["--bind", root.to_str().unwrap()]) else { return };
    if !mount.run("mount", &["-o", "remount,ro,bind"]) {
        return;
    }
    assert_eq!(env.json(&["status", "--json"])["unstaged"][0]["path"], "notes.txt");
    assert_eq!(env.json(&["log", "--json"])[0]["message"], "one");
    env.success(&["branch"]);
    env.success(&["fsck"]);
    let clone = env.home().join("clone");
    env.success(&["clone", ".", clone.to_str().unwrap()]);
    let branch = env.mlv(&["branch", "y"]);
    assert!(branch.stderr.contains("hint: check who owns `.mlv`"), "{branch}");
    for arguments in [&["add", "."][..], &["commit", "-am", "x"], &["switch", "-c", "y"], &["gc"]] {
        let output = env.mlv(arguments);
        assert_eq!(output.code, 1, "{output}");
        let told = output.stderr.to_lowercase();
        assert!(told.contains("read-only") || told.contains("readonly"), "{output}");
    }
}

/// Returns the files below a directory of the repository.
fn files_in(env: &TestEnvironment, dir: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut dirs = vec![env.path(dir)];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { dirs.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

#[test]
fn a_truncated_pack_is_found_and_what_it_held_is_named() {
    let env = TestEnvironment::new();
    repository(&env);
    let packs = files_in(&env, ".mlv/store/packs");
    let pack = packs.iter().max_by_key(|path| path.metadata().unwrap().len()).unwrap();
    let file = std::fs::File::options().write(true).open(pack).unwrap();
    file.set_len(100_000).unwrap();
    let output = env.mlv(&["fsck"]);
    expect_error(&output, "lost");
    assert!(output.stdout.contains("damaged .mlv/store/packs/"), "{output}");
    assert!(output.stdout.contains("data/a.bin, since commit"), "{output}");
    let refused = env.mlv(&["gc"]);
    expect_error(&refused, "not whole");
    // What the user still has is stored again.
    env.success(&["status"]);
    env.write("data/a.bin", Dice::new(1).bytes(300_000));
    env.success(&["add", "."]);
    let mended = env.mlv(&["fsck", "--json"]);
    assert_eq!(mended.json()["lost"], serde_json::json!([]), "{mended}");
}

#[test]
fn a_deleted_index_is_made_anew() {
    let env = TestEnvironment::new();
    repository(&env);
    std::fs::remove_dir_all(env.path(".mlv/store/index")).unwrap();
    env.success(&["fsck"]);
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
}

#[test]
fn a_deleted_or_damaged_stat_cache_is_made_anew() {
    let env = TestEnvironment::new();
    repository(&env);
    std::fs::remove_file(env.path(".mlv/stat.db")).unwrap();
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
    env.write(".mlv/stat.db", "this is no database");
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
    env.write("notes.txt", "two\n");
    env.success(&["commit", "-am", "two"]);
    assert_eq!(env.json(&["status", "--json"])["clean"], true);
}

#[test]
fn garbage_in_the_database_is_an_error_that_names_it() {
    let env = TestEnvironment::new();
    repository(&env);
    let sound = env.read(".mlv/repo.db");
    env.write(".mlv/repo.db", Dice::new(4).bytes(8192));
    for verb in ["status", "log", "fsck", "gc"] {
        expect_error(&env.mlv(&[verb]), "`$ROOT/.mlv/repo.db`");
    }
    env.write(".mlv/repo.db", sound);
    env.success(&["fsck"]);
}

#[test]
fn garbage_in_the_definition_of_hooks_names_line_and_column() {
    let env = TestEnvironment::new();
    repository(&env);
    env.write("mlv.yaml", "version: 1\nhooks:\n  - id: [unclosed\n");
    env.success(&["add", "."]);
    let output = env.mlv(&["commit", "-m", "broken"]);
    expect_error(&output, "mlv.yaml");
    let place = output.stderr.split("mlv.yaml:").nth(1).unwrap_or_default();
    let numbers: Vec<&str> = place.split(':').take(2).collect();
    assert!(numbers.iter().all(|number| number.trim().parse::<u32>().is_ok()), "{output}");
    assert_eq!(env.json(&["log", "--json"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_missing_format_file_is_told_and_init_writes_it_again() {
    let env = TestEnvironment::new();
    repository(&env);
    let before = env.json(&["log", "--json"]);
    std::fs::remove_file(env.path(".mlv/format")).unwrap();
    insta::assert_snapshot!(env.screen("mlv status"), @r"
    $ mlv status
    [stderr]
    error: `$ROOT/.mlv/format` is missing, though there is a repository around it
    hint: `mlv init` writes it again and leaves everything else as it is
    [exit code 1]
    ");
    env.success(&["init"]);
    assert_eq!(env.json(&["log", "--json"]), before);
    env.success(&["fsck"]);
}

#[test]
fn a_repository_of_a_newer_format_is_left_alone() {
    let env = TestEnvironment::new();
    repository(&env);
    env.write(".mlv/format", "mlv repository 2\n");
    insta::assert_snapshot!(env.screen("mlv add ."), @r"
    $ mlv add .
    [stderr]
    error: `$ROOT/.mlv/format` says `mlv repository 2`; this mlv reads format 1
    hint: a newer mlv has written it: update mlv
    [exit code 1]
    ");
}

#[test]
fn outside_of_any_repository_the_way_in_is_named() {
    let env = TestEnvironment::new();
    for arguments in [&["status"][..], &["log"], &["fsck"], &["gc"], &["add", "."]] {
        let output = env.mlv(arguments);
        expect_error(&output, "no mlv repository in");
        assert!(output.stderr.contains("`mlv init`"), "{output}");
    }
}

#[test]
fn a_branch_begun_before_the_first_commit_can_be_added_to() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.success(&["switch", "-c", "early"]);
    env.write("a", "a");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "one"]);
    env.success(&["fsck"]);
}

#[test]
fn an_unknown_revision_is_met_with_its_neighbours() {
    let env = TestEnvironment::new();
    repository(&env);
    let output = env.mlv(&["log", "mian"]);
    expect_error(&output, "did you mean `main`?");
    let output = env.mlv(&["switch", "mian"]);
    expect_error(&output, "did you mean `main`?");
}

#[test]
fn unsaved_work_in_the_way_of_a_switch_is_named_and_nothing_is_touched() {
    let env = TestEnvironment::new();
    repository(&env);
    env.success(&["switch", "-c", "other"]);
    env.write("notes.txt", "theirs\n");
    env.write("new.txt", "theirs\n");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "theirs"]);
    env.success(&["switch", "main"]);
    env.write("notes.txt", "mine\n");
    env.write("new.txt", "mine\n");
    let before = model::on_disk(&env.root());
    let output = env.mlv(&["switch", "other"]);
    expect_error(&output, "notes.txt");
    assert!(output.stderr.contains("new.txt"), "{output}");
    assert!(before == model::on_disk(&env.root()));
    assert_eq!(env.json(&["status", "--json"])["branch"], "main");
}

#[test]
fn what_a_power_cut_took_of_the_staged_data_is_named_and_can_be_added_again() {
    let env = TestEnvironment::new();
    repository(&env);
    env.write("data/new.bin", Dice::new(7).bytes(400_000));
    env.write("kept.txt", "this stays out of it\n");
    env.success(&["add", "."]);
    // The machine goes down before the packs of `add` are on the disk.
    let fresh = env.path(".mlv/store/fresh");
    for boot in std::fs::read_dir(&fresh).unwrap() {
        for pack in std::fs::read_dir(boot.unwrap().path()).unwrap() {
            std::fs::remove_file(pack.unwrap().path()).unwrap();
        }
    }
    let database = rusqlite::Connection::open(env.path(".mlv/repo.db")).unwrap();
    let sql = "UPDATE facts SET value = 'another boot' WHERE name = 'staged_boot'";
    assert_eq!(database.execute(sql, []).unwrap(), 1);
    drop(database);
    let refused = env.mlv(&["commit", "-m", "two"]);
    assert_eq!(refused.code, 1, "{refused}");
    assert!(refused.stderr.contains("lost in a power cut"), "{refused}");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "two"]);
    env.success(&["fsck"]);
    assert_eq!(env.mlv(&["cat", "HEAD:data/new.bin"]).raw_stdout, env.read("data/new.bin"));
}

#[test]
fn a_collection_on_a_full_disk_frees_first_what_needs_no_room() {
    let env = TestEnvironment::new();
    let disk = env.path("disk");
    let options = ["-t", "tmpfs", "-o", "size=8m", "none"];
    let Some(_mount) = Mount::new(&disk, &options) else { return };
    let at = ["-C", disk.to_str().unwrap()];
    let mlv = |arguments: &[&str]| env.mlv(&[&at, arguments].concat());
    mlv(&["init"]).expect_code(0);
    // So many small packs that a collection puts them together.
    for round in 0..20 {
        env.write(format!("disk/file{round}"), Dice::new(round).bytes(20_000));
        mlv(&["add", "."]).expect_code(0);
        mlv(&["commit", "-m", "x"]).expect_code(0);
    }
    fill(&disk.join(".mlv/filler"), 0);
    let refused = mlv(&["gc"]).expect_code(1);
    assert!(refused.stderr.contains("error: the disk is too full to free all"), "{refused}");
    mlv(&["fsck"]).expect_code(0);
    // Data that nothing leads to, as a command leaves that failed.
    std::fs::remove_file(disk.join(".mlv/filler")).unwrap();
    let waste = Dice::new(99).bytes(2_000_000);
    let repo = model::open(&disk);
    repo.objects().ingest_bytes(&waste).unwrap();
    mlv::store::ChunkStore::flush(repo.store().as_ref(), mlv::store::Durability::Durable).unwrap();
    drop(repo);
    fill(&disk.join(".mlv/filler"), 0);
    let freed = mlv(&["gc", "--json"]).expect_code(0).json();
    assert!(freed["bytes_freed"].as_u64().unwrap() > 1_900_000, "{freed}");
    assert_eq!(freed["out_of_room"], false);
    assert!(freed["packs_rewritten"].as_u64().unwrap() > 16, "{freed}");
    mlv(&["fsck"]).expect_code(0);
}
