//! The format does not drift: a few trees have the ids and bytes that are written down in
//! `tests/golden/tree`, where their making is described.

use std::fmt::Write;

use super::{database, path};
use crate::base::{Hash, ManifestId, TreeId};
use crate::object::{Entry, FileRef, ObjectDb, Reached, Reference, TreeEdit, TreeValue};

/// A file whose content is its path.
fn named(text: &str) -> TreeEdit {
    let content = Hash::of(text.as_bytes());
    let file = FileRef { size: text.len() as u64, content, manifest: None };
    edit(text, Entry::File { file, executable: false })
}

fn edit(text: &str, entry: Entry) -> TreeEdit {
    TreeEdit { path: path(text), value: TreeValue::Set(entry) }
}

fn kinds() -> Vec<TreeEdit> {
    let script = FileRef { size: 6, content: Hash::of(b"run.sh"), manifest: None };
    let (content, manifest) = (Hash::of(b"large"), Some(ManifestId(Hash::of(b"manifest"))));
    let large = FileRef { size: 1 << 32, content, manifest };
    let mut edits = vec![
        edit("run.sh", Entry::File { file: script, executable: true }),
        edit("large.bin", Entry::File { file: large, executable: false }),
        edit("latest", Entry::Symlink { target: b"large.bin".to_vec() }),
        named("inside/a/b.txt"),
        named("inside/c.txt"),
    ];
    edits.extend((10..40).map(|n| named(&format!("stored/{n}"))));
    edits
}

fn references() -> Vec<TreeEdit> {
    let plain = Reference {
        url: "file:///data/a%20b.csv".to_owned(),
        size: 4096,
        etag: String::new(),
        version: String::new(),
        modified: 1_700_000_000_123_456_789,
        content: None,
    };
    let full = Reference {
        url: "s3://bucket/raw/b.parquet".to_owned(),
        size: 0,
        etag: "\"9e10\"".to_owned(),
        version: "v7".to_owned(),
        modified: 0,
        content: Some(Hash::of(b"b")),
    };
    vec![
        edit("a b.csv", Entry::Reference(Box::new(plain))),
        edit("b.parquet", Entry::Reference(Box::new(full))),
        named("c.txt"),
    ]
}

fn deep() -> Vec<TreeEdit> {
    (0..12).map(|depth| named(&format!("{}f", "d/".repeat(depth)))).collect()
}

fn flat() -> Vec<TreeEdit> {
    (0..10_000).map(|n| named(&format!("image_{n:05}.png"))).collect()
}

fn build(db: &ObjectDb, edits: Vec<TreeEdit>) -> TreeId {
    db.edit_tree(db.empty_tree().unwrap(), edits).unwrap()
}

/// Writes every node of a tree, depth first, by `line`.
fn all_nodes(db: &ObjectDb, tree: TreeId, line: impl Fn(TreeId) -> String) -> String {
    let mut text = String::new();
    let mut visit = |reached: Reached<'_>| {
        if let Reached::Node(id) = reached {
            writeln!(text, "{}", line(TreeId(id.hash))).unwrap();
        }
        true
    };
    db.reach_tree(tree, &mut visit).unwrap();
    text
}

fn nodes_in_hex(edits: Vec<TreeEdit>) -> String {
    let (_, db) = database();
    let tree = build(&db, edits);
    let hex =
        |bytes: &[u8]| bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    all_nodes(&db, tree, |id| {
        format!("{id} {}", hex(&db.store().read(crate::object::tree::node::blob_id(id)).unwrap()))
    })
}

fn boundaries(edits: Vec<TreeEdit>) -> String {
    let (_, db) = database();
    let tree = build(&db, edits);
    all_nodes(&db, tree, |id| {
        let node = db.node(id).unwrap();
        let last = String::from_utf8_lossy(node.last_name().unwrap_or_default());
        format!("{} {last} {} {} {id}", node.level(), node.summary().files, node.summary().bytes)
    })
}

/// Compares with a file whose lines that begin with `#` say what it shows.
fn assert_golden(found: &str, golden: &str) {
    let golden: Vec<&str> = golden.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(found.lines().collect::<Vec<_>>(), golden, "found:\n{found}");
}

#[test]
fn the_empty_tree_has_its_fixed_bytes() {
    let golden = include_str!("../../../../tests/golden/tree/empty.txt");
    assert_golden(&nodes_in_hex(vec![]), golden);
}

#[test]
fn every_kind_of_entry_has_its_fixed_bytes() {
    assert_golden(&nodes_in_hex(kinds()), include_str!("../../../../tests/golden/tree/kinds.txt"));
}

#[test]
fn references_have_their_fixed_bytes() {
    let golden = include_str!("../../../../tests/golden/tree/references.txt");
    assert_golden(&nodes_in_hex(references()), golden);
}

#[test]
fn nested_directories_have_their_fixed_bytes() {
    assert_golden(&nodes_in_hex(deep()), include_str!("../../../../tests/golden/tree/deep.txt"));
}

#[test]
fn a_large_directory_has_its_fixed_boundaries() {
    assert_golden(&boundaries(flat()), include_str!("../../../../tests/golden/tree/flat.txt"));
}
