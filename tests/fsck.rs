//! `mlv fsck`: every damage is found, and what needs it is named.

use std::path::{Path, PathBuf};

use minicbor::Encoder;
use mlv::base::TreeId;
use mlv::object::Commit;
use mlv::refs::{RefEdit, RefName, RefValue};
use mlv::repo::{Layout, Repo};
use mlv::store::{BlobId, BlobKind, ChunkStore as _};

use crate::common::TestEnvironment;
use crate::common::model::{self, Dice, parameter};

/// A repository with two commits, a branch, a run of a hook and something staged.
fn repository() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write(
        "mlv.yaml",
        "version: 1\nhooks:\n  note:\n    on: post-commit\n    run: echo noted\n",
    );
    env.write("data/large.bin", Dice::new(1).bytes(1_500_000));
    env.write("data/small.csv", "id,value\n1,2\n");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "one"]);
    env.success(&["switch", "-c", "other"]);
    env.write("data/small.csv", "id,value\n1,2\n3,4\n");
    env.success(&["commit", "-am", "two"]);
    env.success(&["config", "set", "undo.keep_days", "90"]);
    env.write("staged.txt", "staged\n");
    env.success(&["add", "."]);
    env
}

/// Returns every file below a directory.
fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { dirs.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

fn copy_directory(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_directory(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// What all data of a repository reads as.
#[derive(Debug, PartialEq)]
struct Reading {
    refs: Vec<(String, mlv::refs::RefValue)>,
    commits: Vec<(mlv::base::CommitId, model::Files)>,
    staged: model::Files,
}

fn reading(root: &Path) -> Reading {
    let repo = model::open(root);
    let refs = repo.list("").unwrap().into_iter().map(|(name, value)| (name.to_string(), value));
    let commits = model::commits(&repo).into_iter().map(|id| (id, model::of_commit(&repo, id)));
    Reading {
        refs: refs.collect(),
        commits: commits.collect(),
        staged: model::of_tree(&repo, repo.staged().unwrap()),
    }
}

#[test]
fn a_flipped_bit_anywhere_is_found_or_harmless() {
    let env = repository();
    let (dot_dir, backup) = (Layout::at(env.root()).dot_dir(), env.home().join("backup"));
    copy_directory(&dot_dir, &backup);
    let sound = reading(&env.root());
    assert_eq!(sound.commits.len(), 2);
    let files: Vec<PathBuf> = files_below(&dot_dir)
        .into_iter()
        .filter(|path| path.metadata().unwrap().len() > 0)
        .map(|path| path.strip_prefix(&dot_dir).unwrap().to_owned())
        .collect();
    for name in ["format", "repo.db", "stat.db", "config.toml"] {
        assert!(files.contains(&PathBuf::from(name)), "{name} is not among {files:?}");
    }
    for ending in ["pack", "zst"] {
        assert!(files.iter().any(|path| path.extension().is_some_and(|own| own == ending)));
    }
    let mut dice = Dice::new(parameter("MLV_FLIP_SEED", 1));
    let mut found = 0;
    for round in 0..parameter("MLV_FLIP_ROUNDS", 60) {
        // The database is where a flip hides best.
        let number = if round % 3 == 0 { None } else { Some(dice.below(files.len() as u64)) };
        let name = number.map_or(PathBuf::from("repo.db"), |n| files[n as usize].clone());
        copy_directory(&backup, &dot_dir);
        let mut bytes = env.read(dot_dir.join(&name));
        let bit = dice.below(bytes.len() as u64 * 8);
        bytes[(bit / 8) as usize] ^= 1 << (bit % 8);
        env.write(dot_dir.join(&name), bytes);
        let output = env.mlv(&["fsck"]);
        let place = format!("bit {bit} of {}", name.display());
        assert!([0, 1].contains(&output.code), "{place}: {output}");
        if output.code == 1 {
            found += 1;
            continue;
        }
        assert!(reading(&env.root()) == sound, "{place} is not found and not harmless");
        let status = env.json(&["status", "--json"]);
        assert_eq!(status["unstaged"], serde_json::json!([]), "{place}: {status}");
    }
    assert!(found > 0);
}

#[test]
fn what_needs_a_lost_file_is_named_with_commit_and_path() {
    let env = repository();
    let packs = files_below(&env.path(".mlv/store"));
    let pack = packs.iter().max_by_key(|path| path.metadata().unwrap().len()).unwrap();
    let mut bytes = std::fs::read(pack).unwrap();
    bytes[200_000] ^= 1;
    env.write(pack, bytes);
    let output = env.mlv(&["fsck"]);
    assert_eq!(output.code, 1, "{output}");
    assert!(output.stdout.contains("damaged .mlv/store/"), "{output}");
    assert!(output.stdout.contains("data/large.bin, since commit "), "{output}");
    assert!(!output.stdout.contains("small.csv"), "{output}");
    assert!(output.stderr.contains("1 object lost"), "{output}");
    let report = env.mlv(&["fsck", "--json"]);
    assert_eq!(report.code, 1);
    let report = report.json();
    assert_eq!(report["ok"], false);
    let first = env.json(&["log", "--json", "main"])[0]["id"].clone();
    assert_eq!(report["lost"][0]["kind"], "chunk");
    assert_eq!(report["lost"][0]["needed_by"][0]["path"], "data/large.bin");
    assert_eq!(report["lost"][0]["needed_by"][0]["commit"], first);
}

#[test]
fn a_lost_commit_is_named_with_the_refs_and_commits_that_need_it() {
    let env = repository();
    let first = env.json(&["log", "--json", "main"])[0]["id"].as_str().unwrap().to_owned();
    let store = model::open(&env.root()).store().clone();
    let id =
        mlv::store::BlobId { kind: mlv::store::BlobKind::Commit, hash: first.parse().unwrap() };
    let packs = store.packs_with(&|found| *found == id).unwrap();
    drop(store);
    for pack in packs {
        std::fs::remove_file(pack.path).unwrap();
    }
    let output = env.mlv(&["fsck"]);
    assert_eq!(output.code, 1, "{output}");
    assert!(output.stdout.contains(&format!("lost commit {}", &first[..10])), "{output}");
    assert!(output.stdout.contains("needed by `refs/heads/main`"), "{output}");
    assert!(output.stdout.contains("needed by commit "), "{output}");
}

#[test]
fn a_sound_repository_is_said_to_be_so_on_stderr_only() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("a.txt", "a\n");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "one"]);
    let output = env.success(&["fsck"]);
    assert_eq!(output.stdout, "");
    assert!(output.stderr.starts_with("all sound: 1 commit, 3 objects, "), "{output}");
    assert_eq!(env.success(&["fsck", "-q"]).stderr, "");
    let report = env.json(&["fsck", "--json"]);
    assert_eq!((&report["ok"], &report["commits"]), (&true.into(), &1.into()));
}

/// A repository whose `data.bin` has a damaged chunk, while the file itself is whole.
fn damaged() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("data.bin", Dice::new(7).bytes(300_000));
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "one"]);
    let packs = files_below(&env.path(".mlv/store/packs"));
    let pack = packs.iter().max_by_key(|path| path.metadata().unwrap().len()).unwrap();
    let mut bytes = std::fs::read(pack).unwrap();
    bytes[100_000] ^= 1;
    env.write(pack, bytes);
    env
}

#[test]
fn adding_the_sound_file_again_heals_the_store_and_gc_drops_the_damaged_copy() {
    let env = damaged();
    let found = env.mlv(&["fsck"]).expect_code(1);
    assert!(found.stderr.contains("`mlv add data.bin` stores it again"), "{found}");
    let added = env.success(&["add", "data.bin"]);
    assert!(added.stderr.contains("stored 1 object again that had been lost"), "{added}");
    let healed = env.success(&["fsck"]);
    assert!(healed.stderr.contains("1 damaged copy is stored again: `mlv gc` removes"), "{healed}");
    assert_eq!(env.json(&["fsck", "--json"])["superseded_count"], 1);
    let freed = env.success(&["gc"]);
    assert!(freed.stdout.starts_with("freed "), "{freed}");
    assert_eq!(env.json(&["fsck", "--json"])["superseded_count"], 0);
    assert!(!env.path(".mlv/store/known-damage").exists());
    env.success(&["export", "HEAD", "out"]);
    assert_eq!(env.read("out/data.bin"), env.read("data.bin"));
    assert_eq!(env.success(&["add", "data.bin"]).stderr, "nothing to add: 1 file unchanged\n");
}

#[test]
fn a_read_that_fails_is_enough_for_the_next_add_to_heal() {
    let env = damaged();
    env.mlv(&["export", "HEAD", "out"]).expect_code(1);
    env.success(&["add", "data.bin"]);
    env.success(&["export", "HEAD", "out"]);
}

#[test]
fn data_whose_pack_is_gone_is_stored_again_too() {
    let env = damaged();
    let packs = files_below(&env.path(".mlv/store/packs"));
    let pack = packs.iter().max_by_key(|path| path.metadata().unwrap().len()).unwrap();
    std::fs::remove_file(pack).unwrap();
    env.mlv(&["fsck"]).expect_code(1);
    env.success(&["add", "data.bin"]);
    env.success(&["fsck"]);
}

/// Stores a node of a tree, of these items, and returns its id.
fn store_node(repo: &Repo, level: u8, items: &[Vec<u8>]) -> TreeId {
    let mut bytes = Vec::new();
    let mut cbor = Encoder::new(&mut bytes);
    cbor.array(2).unwrap().u8(level).unwrap().array(items.len() as u64).unwrap();
    for item in items {
        bytes.extend_from_slice(item);
    }
    let id = BlobId::of(BlobKind::Tree, &bytes);
    repo.store().write(id, &bytes).unwrap();
    TreeId(id.hash)
}

/// Returns the item of a node that points to another, which is stored: a directory at level 0.
fn pointer(name: &str, kind: Option<u8>, id: TreeId, files: u64) -> Vec<u8> {
    let mut raw = Vec::new();
    let mut cbor = Encoder::new(&mut raw);
    cbor.array(4 + u64::from(kind.is_some())).unwrap().bytes(name.as_bytes()).unwrap();
    if let Some(kind) = kind {
        cbor.u8(kind).unwrap();
    }
    cbor.u64(files).unwrap().u64(files).unwrap().bytes(&id.0.0).unwrap();
    raw
}

#[test]
fn a_tree_that_is_whole_but_split_where_no_tree_is_split_is_named() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("first", "1");
    env.success(&["add", "first"]);
    env.success(&["commit", "-m", "regular"]);
    let repo = model::open(&env.root());
    let content = repo.objects().ingest_bytes(b"x").unwrap().content;
    let leaf = |number: u8| {
        let mut raw = Vec::new();
        let mut cbor = Encoder::new(&mut raw);
        cbor.array(4).unwrap().bytes(&[b'a' + number]).unwrap().u8(0).unwrap();
        cbor.u8(1).unwrap().bytes(&content.0).unwrap();
        raw
    };
    let low = store_node(&repo, 0, &[leaf(0)]);
    let high = store_node(&repo, 0, &[leaf(1), leaf(2)]);
    let items = [pointer("a", None, low, 1), pointer("c", None, high, 2)];
    let directory = store_node(&repo, 1, &items);
    let tree = store_node(&repo, 0, &[pointer("data", Some(3), directory, 3)]);
    let main = RefName::branch("main").unwrap();
    let tip = repo.head().unwrap().commit().unwrap();
    let commit = Commit { tree, parents: vec![tip], ..repo.objects().commit(tip).unwrap() };
    let commit = repo.objects().write_commit(&commit).unwrap();
    repo.edit_unlogged(&[RefEdit::set(main, RefValue::Commit(commit))]).unwrap();
    drop(repo);
    let output = env.mlv(&["fsck"]);
    assert_eq!(output.code, 1, "{output}");
    let found = format!(
        "irregular tree {}: it ends where no node ends\n  directory data/ of commit {}\n",
        low.0.short(),
        commit.short()
    );
    assert_eq!(output.stdout, found);
    assert!(output.stderr.contains("1 tree not stored as `mlv` stores them"), "{output}");
    let report = env.mlv(&["fsck", "--json"]).json();
    assert_eq!(report["irregular_count"], 1);
    assert_eq!(report["irregular"][0]["path"], "data");
    assert_eq!(report["irregular"][0]["commit"], commit.to_string());
    assert_eq!(report["problem_count"], 0);
    assert_eq!(report["lost_count"], 0);
}
