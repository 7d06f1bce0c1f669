#![expect(clippy::disallowed_methods, reason = "tests write as any program does")]

use std::fs;

use rusqlite::Connection;

use super::key::path_of_key;
use super::*;
use crate::base::RepoPath;
use crate::object::{Entry, FileRef};
use crate::workspace::disk::Stat;

fn row(path: &str, size: u64) -> NewRow {
    let stat = Stat { size, mtime_ns: 5, ctime_ns: 6, inode: 7, mode: 0o100_644 };
    let entry = Entry::File { file: FileRef { size, ..FileRef::empty() }, executable: false };
    let path = RepoPath::from_bytes(path).unwrap();
    NewRow { path, file: CachedFile { stat, observed_ns: 8, entry } }
}

fn paths(cache: &StatCache, below: &str) -> Vec<String> {
    let below = RepoPath::from_bytes(below).unwrap();
    cache.rows(&below).map(|(key, _)| path_of_key(&key).unwrap().to_string()).collect()
}

#[test]
fn rows_come_back_in_the_order_of_paths_and_from_below_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    let cache = StatCache::open(&dir.path().join("stat.db"));
    let rows: Vec<_> = ["a.b", "a/b", "a-b", "a", "b", "a/c/d"].map(|path| row(path, 3)).into();
    cache.update(&rows, &[]);
    assert_eq!(paths(&cache, ""), ["a", "a/b", "a/c/d", "a-b", "a.b", "b"]);
    assert_eq!(paths(&cache, "a"), ["a", "a/b", "a/c/d"]);
    assert_eq!(cache.get(&rows[1].path), Some(rows[1].file.clone()));

    cache.update(&[row("a", 9)], &[rows[1].path.clone()]);
    assert_eq!(cache.get(&rows[1].path), None);
    let again = StatCache::open(&dir.path().join("stat.db"));
    assert_eq!(again.get(&rows[3].path), Some(row("a", 9).file));
}

#[test]
fn many_rows_are_streamed_whole_and_may_be_left_half_read() {
    let dir = tempfile::tempdir().unwrap();
    let cache = StatCache::open(&dir.path().join("stat.db"));
    let rows: Vec<_> = (0..20_000).map(|i| row(&format!("{i:05}"), i)).collect();
    cache.update(&rows, &[]);
    assert_eq!(cache.rows(&RepoPath::root()).count(), 20_000);
    assert_eq!(cache.rows(&RepoPath::root()).take(3).count(), 3);
}

#[test]
fn a_damaged_foreign_or_outdated_file_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("stat.db");
    let spoil: [(&str, &dyn Fn()); 3] = [
        ("garbage", &|| fs::write(&path, [7; 9000]).unwrap()),
        ("foreign", &|| {
            let other = Connection::open(&path).unwrap();
            other.execute_batch("CREATE TABLE theirs (x); PRAGMA application_id = 5").unwrap();
        }),
        ("outdated", &|| {
            drop(StatCache::open(&path));
            Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        }),
    ];
    for (name, spoil) in spoil {
        for suffix in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(dir.path().join(format!("stat.db{suffix}")));
        }
        spoil();
        let cache = StatCache::open(&path);
        cache.update(&[row("a", 1)], &[]);
        assert_eq!(paths(&cache, ""), ["a"], "{name}");
    }
}

#[test]
fn a_page_damaged_behind_our_back_costs_only_the_rows() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("stat.db");
    let cache = StatCache::open(&path);
    let rows: Vec<_> = (0..5_000).map(|i| row(&format!("{i:05}"), i)).collect();
    cache.update(&rows, &[]);
    drop(cache);
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096..].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let cache = StatCache::open(&path);
    assert_eq!(cache.get(&rows[0].path), None);
    cache.update(&rows[..1], &[]);
    assert_eq!(cache.get(&rows[0].path), Some(rows[0].file.clone()));
}

#[test]
fn a_cache_locked_by_another_process_is_read_and_not_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("stat.db");
    let cache = StatCache::open(&path);
    cache.update(&[row("a", 1)], &[]);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    cache.update(&[row("b", 1)], &[]);
    assert_eq!(paths(&cache, ""), ["a"]);
    other.execute_batch("ROLLBACK").unwrap();
    cache.update(&[row("b", 1)], &[]);
    assert_eq!(paths(&cache, ""), ["a", "b"]);
}

#[test]
fn a_place_that_cannot_be_written_means_no_cache() {
    let cache = StatCache::open(std::path::Path::new("/nowhere/stat.db"));
    cache.update(&[row("a", 1)], &[]);
    assert_eq!(cache.rows(&RepoPath::root()).count(), 0);
}
