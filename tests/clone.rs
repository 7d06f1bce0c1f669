//! `mlv clone`: a whole repository, or nothing.

use std::os::unix::fs::MetadataExt;

use crate::common::TestEnvironment;
use crate::common::model::{self, Dice};

/// A source in `source/`, with two branches and a tag's worth of history.
fn source() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init", "source"]);
    env.write("source/data/a.bin", Dice::new(1).bytes(200_000));
    at(&env, "source", &["add", "."]);
    at(&env, "source", &["commit", "-m", "one"]);
    at(&env, "source", &["switch", "-c", "other"]);
    env.write("source/b.txt", "b\n");
    at(&env, "source", &["add", "."]);
    at(&env, "source", &["commit", "-m", "two"]);
    at(&env, "source", &["switch", "main"]);
    env
}

#[track_caller]
fn at(env: &TestEnvironment, dir: &str, arguments: &[&str]) -> crate::common::Output {
    env.success(&[&["-C", dir], arguments].concat())
}

#[test]
fn a_clone_has_all_branches_and_the_files_of_one() {
    let env = source();
    insta::assert_snapshot!(env.screen("mlv clone source copy"), @r"
    $ mlv clone source copy
    [stderr]
    cloned `$ROOT/source` into `$ROOT/copy`
    2 branches, 0 tags, 196.7 KiB of stored data
    on `main`: 1 file
    ");
    assert!(model::on_disk(&env.path("source")) == model::on_disk(&env.path("copy")));
    assert_eq!(at(&env, "copy", &["status", "--json"]).json()["clean"], true);
    at(&env, "copy", &["fsck"]);
    let (source, copy) = (model::open(&env.path("source")), model::open(&env.path("copy")));
    let tips = |repo: &mlv::repo::Repo, prefix: &str| -> Vec<_> {
        let refs = repo.list(prefix).unwrap();
        refs.into_iter().map(|(name, value)| (name.short().to_owned(), value)).collect()
    };
    let cloned = tips(&copy, "refs/remotes/origin/");
    let cloned = cloned.into_iter();
    let cloned: Vec<_> = cloned
        .map(|(name, value)| (name.trim_start_matches("origin/").to_owned(), value))
        .collect();
    assert_eq!(cloned, tips(&source, "refs/heads/"));
    assert_eq!(tips(&copy, "refs/heads/").len(), 1);
    let url = at(&env, "copy", &["config", "get", "remote.origin.url"]);
    assert_eq!(url.stdout, "$ROOT/source\n");
}

#[test]
fn the_branch_to_check_out_can_be_chosen_and_a_typo_leaves_nothing() {
    let env = source();
    let cloned = env.json(&["clone", "source", "copy", "-b", "other", "--json"]);
    assert_eq!((&cloned["branch"], &cloned["files"]), (&"other".into(), &2.into()));
    insta::assert_snapshot!(env.screen("mlv clone source second -b othr"), @r"
    $ mlv clone source second -b othr
    [stderr]
    error: no branch is called `othr`
    hint: did you mean `other`?
    hint: `mlv branch` lists them
    [exit code 1]
    ");
    assert!(!env.path("second").exists());
}

#[test]
fn stored_data_is_shared_on_one_file_system_and_outlives_the_source() {
    let env = source();
    env.success(&["clone", "source", "copy"]);
    let packs = model::open(&env.path("copy")).store().packs().unwrap();
    assert!(packs.iter().all(|pack| pack.path.metadata().unwrap().nlink() == 2));
    std::fs::remove_dir_all(env.path("source")).unwrap();
    at(&env, "copy", &["fsck"]);
}

#[test]
fn what_only_the_source_can_undo_stays_there() {
    let env = source();
    at(&env, "source", &["branch", "-D", "other"]);
    env.success(&["clone", "source", "copy"]);
    let ids = |dir: &str| model::commits(&model::open(&env.path(dir))).len();
    assert_eq!((ids("source"), ids("copy")), (2, 1));
    let undo = env.mlv(&["-C", "copy", "undo"]);
    assert!(undo.stderr.contains("nothing to undo"), "{undo}");
}

#[test]
fn hooks_of_the_source_do_not_run_before_the_user_trusts_them() {
    let env = source();
    env.write(
        "source/mlv.yaml",
        "version: 1\nhooks:\n  say:\n    on: post-commit\n    run: touch $HOME/ran\n",
    );
    at(&env, "source", &["add", "."]);
    at(&env, "source", &["commit", "--no-verify", "-m", "hooks"]);
    let ran = env.home().join("ran");
    let _ = std::fs::remove_file(&ran);
    let cloned = env.mlv(&["clone", "source", "copy"]).expect_code(0);
    assert!(cloned.stderr.contains("hint: it has hooks, which do not run yet"), "{cloned}");
    env.write("copy/c.txt", "c\n");
    at(&env, "copy", &["add", "."]);
    at(&env, "copy", &["commit", "-m", "three"]);
    assert!(!ran.exists());
}

#[test]
fn a_directory_with_something_in_it_is_refused_and_left_alone() {
    let env = source();
    env.write("copy/mine.txt", "mine\n");
    insta::assert_snapshot!(env.screen("mlv clone source copy"), @r"
    $ mlv clone source copy
    [stderr]
    error: `copy` is not empty
    hint: name a directory that is new or empty
    [exit code 1]
    ");
    assert_eq!(model::on_disk(&env.path("copy")).len(), 1);
    assert!(!env.path("copy/.mlv").exists());
}

#[test]
fn what_is_no_repository_is_refused() {
    let env = source();
    insta::assert_snapshot!(env.screen("mlv clone source/data"), @"
    $ mlv clone source/data
    [stderr]
    error: `$ROOT/source/data` holds no mlv repository
    hint: check the address; the first push makes a remote
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv clone nowhere"), @"
    $ mlv clone nowhere
    [stderr]
    error: `$ROOT/nowhere` is no mlv repository
    hint: name a repository, or the folder of a remote
    [exit code 1]
    ");
}

#[test]
fn half_a_clone_is_no_repository_and_the_next_clone_begins_anew() {
    let env = source();
    env.success(&["clone", "source", "copy"]);
    // As a clone looks that was killed after its files were written.
    std::fs::remove_file(env.path("copy/.mlv/format")).unwrap();
    env.write("copy/.mlv/clone.lock", "");
    env.write("copy/mine.txt", "mine\n");
    insta::assert_snapshot!(env.screen("mlv -C copy status"), @r"
    $ mlv -C copy status
    [stderr]
    error: `$ROOT/copy` is a clone that was interrupted
    hint: `mlv clone` into it again begins anew
    [exit code 1]
    ");
    let init = env.mlv(&["-C", "copy", "init"]).expect_code(1);
    assert!(init.stderr.contains("is a clone that was interrupted"), "{init}");
    let again = env.mlv(&["clone", "source", "copy"]).expect_code(0);
    assert!(again.stderr.contains("interrupted here is begun anew"), "{again}");
    at(&env, "copy", &["fsck"]);
    assert_eq!(env.read("copy/mine.txt"), b"mine\n");
    assert_eq!(at(&env, "copy", &["status", "--json"]).json()["untracked"][0], "mine.txt");
}

#[test]
fn of_a_source_that_lacks_something_the_rest_is_cloned() {
    let env = source();
    let repo = model::open(&env.path("source"));
    let id = mlv::store::BlobId::chunk(mlv::base::Hash::of(b"b\n"));
    let packs = repo.store().packs_with(&|found| *found == id).unwrap();
    drop(repo);
    std::fs::remove_file(&packs[0].path).unwrap();
    let output = env.mlv(&["clone", "source", "copy"]).expect_code(1);
    assert!(output.stdout.contains("lost chunk "), "{output}");
    assert!(output.stdout.contains("  b.txt, since commit "), "{output}");
    assert!(output.stderr.contains("the source has lost 1 object; all the rest"), "{output}");
    assert_eq!(at(&env, "copy", &["status", "--json"]).json()["clean"], true);
    // Nothing is left to be desired once the file is there again.
    env.write("copy/b.txt", "b\n");
    at(&env, "copy", &["add", "b.txt"]);
    at(&env, "copy", &["fsck"]);
    let again = env.mlv(&["clone", "source", "second", "-b", "other", "--json"]).expect_code(1);
    let told = again.json();
    assert_eq!((&told["lost_count"], &told["missing"][0]), (&1.into(), &"b.txt".into()));
    assert_eq!(told["files"], 1);
}

#[test]
fn damage_that_shows_at_the_checkout_costs_one_file() {
    let env = source();
    env.write("source/sound.txt", "sound\n");
    at(&env, "source", &["add", "."]);
    at(&env, "source", &["commit", "-m", "three"]);
    let repo = model::open(&env.path("source"));
    let id = mlv::store::BlobId::chunk(mlv::base::Hash::of(&env.read("source/data/a.bin")));
    let pack = repo.store().packs_with(&|found| *found == id).unwrap().remove(0);
    drop(repo);
    let mut bytes = std::fs::read(&pack.path).unwrap();
    bytes[100_000] ^= 1;
    env.write(&pack.path, bytes);
    let output = env.mlv(&["clone", "source", "copy"]).expect_code(1);
    assert!(output.stdout.contains("  data/a.bin, since commit "), "{output}");
    assert!(output.stderr.contains("`data/a.bin` is missing in the working copy"), "{output}");
    assert_eq!(env.read("copy/sound.txt"), b"sound\n");
    assert_eq!(at(&env, "copy", &["status", "-s"]).stdout, " D data/a.bin\n");
    assert_eq!(at(&env, "copy", &["log", "--oneline"]).stdout.lines().count(), 2);
    env.write("copy/data/a.bin", env.read("source/data/a.bin"));
    at(&env, "copy", &["add", "data/a.bin"]);
    at(&env, "copy", &["fsck"]);
}

#[test]
fn a_source_without_a_commit_gives_a_clone_without_one() {
    let env = TestEnvironment::new();
    env.success(&["init", "source"]);
    let cloned = env.mlv(&["clone", "source", "copy"]).expect_code(0);
    assert!(cloned.stderr.contains("on `main`, which has no commit yet"), "{cloned}");
    env.write("copy/a", "a");
    at(&env, "copy", &["add", "."]);
    at(&env, "copy", &["commit", "-m", "one"]);
}

#[test]
fn a_clone_inside_a_git_work_tree_keeps_git_from_offering_its_files() {
    let env = source();
    env.git(&["init", "-q", "code"]);
    env.success(&["clone", "source", "code/data"]);
    assert_eq!(env.git(&["-C", "code", "status", "--porcelain"]), "");
    at(&env, "code/data", &["fsck"]);
}
