//! `mlv gc`: frees what nothing leads to, and nothing else.

use crate::common::TestEnvironment;
use crate::common::model::{self, Dice};

/// Makes a commit with a large file, then takes it back.
fn repository_with_waste() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("kept.txt", "kept\n");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "kept"]);
    env.success(&["switch", "-c", "waste"]);
    env.write("waste.bin", Dice::new(1).bytes(900_000));
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "waste"]);
    env.success(&["switch", "main"]);
    env.success(&["branch", "-D", "waste"]);
    env
}

const NO_UNDO: [&str; 4] = ["-c", "undo.keep_days=0", "-c", "undo.keep_operations=0"];

#[test]
fn what_undo_can_bring_back_is_kept() {
    let env = repository_with_waste();
    let report = env.json(&["gc", "--json"]);
    assert_eq!(report["bytes_freed"], 0, "{report}");
    assert_eq!(report["operations_forgotten"], 0, "{report}");
    env.success(&["undo"]);
    env.success(&["switch", "waste"]);
    assert_eq!(env.read("waste.bin"), Dice::new(1).bytes(900_000));
}

#[test]
fn beyond_the_window_of_undo_what_nothing_leads_to_is_freed() {
    let env = repository_with_waste();
    let planned = env.json(&[&NO_UNDO[..], &["gc", "--dry-run", "--json"]].concat());
    assert_eq!(planned["dry_run"], true);
    assert!(planned["bytes_freed"].as_u64().unwrap() > 900_000, "{planned}");
    let stored = || model::open(&env.root()).store().usage().unwrap().stored;
    let before = stored();
    let screen = env.mlv(&[&NO_UNDO[..], &["gc"]].concat()).expect_code(0);
    assert!(screen.stdout.starts_with("freed 88"), "{screen}");
    assert!(screen.stderr.contains("old operations"), "{screen}");
    assert!(stored() < before - 900_000);
    env.success(&["fsck"]);
    assert_eq!(env.read("kept.txt"), b"kept\n");
    let again = env.success(&[&NO_UNDO[..], &["gc"]].concat());
    assert_eq!(again.stdout, "nothing to free\n");
    let undo = env.mlv(&["undo"]);
    assert!(undo.stderr.contains("nothing to undo"), "{undo}");
}

#[test]
fn what_is_staged_and_in_no_commit_is_kept() {
    let env = repository_with_waste();
    env.write("staged.bin", Dice::new(2).bytes(50_000));
    env.success(&["add", "."]);
    std::fs::remove_file(env.path("staged.bin")).unwrap();
    env.success(&[&NO_UNDO[..], &["gc"]].concat());
    env.success(&["commit", "-m", "staged"]);
    env.success(&["fsck"]);
    let repo = model::open(&env.root());
    let files = model::of_commit(&repo, repo.head().unwrap().commit().unwrap());
    assert_eq!(files["staged.bin"], Dice::new(2).bytes(50_000));
}

#[test]
fn what_dead_processes_left_is_swept_and_the_logs_of_runs_stay() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write(
        "mlv.yaml",
        "version: 1\nhooks:\n  note:\n    on: post-commit\n    run: echo noted\n",
    );
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "one"]);
    let log = ".mlv/runs/r-000001.log.zst";
    assert!(env.path(log).exists());
    env.write(".mlv/tmp/sandbox-dead/deep/file", "x");
    env.write(".mlv/runs/r-999999.log.zst", "of nobody");
    env.write(".mlv/runs/12-ab.alive", "");
    let report = env.json(&["gc", "--json"]);
    assert_eq!(report["leftovers_removed"], 3, "{report}");
    assert!(env.path(log).exists() && !env.path(".mlv/tmp/sandbox-dead").exists());
    assert!(!env.path(".mlv/runs/r-999999.log.zst").exists());
    env.success(&["fsck"]);
}

#[test]
fn where_something_is_missing_nothing_is_removed() {
    let env = repository_with_waste();
    let repo = model::open(&env.root());
    let id = mlv::store::BlobId::chunk(mlv::base::Hash::of(b"kept\n"));
    let packs = repo.store().packs_with(&|found| *found == id).unwrap();
    drop(repo);
    std::fs::remove_file(&packs[0].path).unwrap();
    let before = model::open(&env.root()).store().usage().unwrap();
    let output = env.mlv(&[&NO_UNDO[..], &["gc"]].concat()).expect_code(1);
    assert!(output.stderr.contains("nothing was removed: the repository is not whole"), "{output}");
    assert!(output.stderr.contains("`mlv fsck`"), "{output}");
    assert_eq!(model::open(&env.root()).store().usage().unwrap(), before);
}

#[test]
fn the_usual_words() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    insta::assert_snapshot!(env.screen("mlv gc"), @r"
    $ mlv gc
    nothing to free
    ");
    let report = env.json(&["gc", "-n", "--json"]);
    let keys: Vec<&String> = report.as_object().unwrap().keys().collect();
    insta::assert_json_snapshot!(keys, @r#"
    [
      "dry_run",
      "packs_removed",
      "packs_rewritten",
      "blobs_freed",
      "bytes_freed",
      "bytes_unused",
      "operations_forgotten",
      "leftovers_removed",
      "damaged",
      "out_of_room"
    ]
    "#);
}
