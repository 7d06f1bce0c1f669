//! What is refused: bytes that are no node, nodes that lie about each other, paths too deep.

use super::{database, file, files, set};
use crate::base::{PathRule, RepoPath, TreeId};
use crate::object::tree::codec;
use crate::object::tree::node::Node;
use crate::object::{ObjectError, Summary};
use crate::store::{BlobId, BlobKind};

#[test]
fn paths_nested_too_deep_are_refused() {
    let (_, db) = database();
    let deep = |levels: usize| set(&vec!["a"; levels].join("/"), 1);
    let empty = db.empty_tree().unwrap();
    let tree = db.edit_tree(empty, vec![deep(128)]).unwrap();
    assert_eq!(files(&db, tree).len(), 1);
    let refused = db.edit_tree(tree, vec![deep(130)]).unwrap_err();
    assert!(matches!(refused, ObjectError::Path { rule: PathRule::Deep, .. }));
}

fn leaf_items(names: &[&[u8]]) -> Vec<u8> {
    let mut items = Vec::new();
    for name in names {
        codec::write_leaf(name, &file(1), &mut items);
    }
    items
}

#[test]
fn nodes_with_unsorted_repeated_or_invalid_names_are_refused() {
    let decode = |names: &[&[u8]]| {
        Node::decode(codec::write_node(0, names.len() as u64, &leaf_items(names)))
    };
    assert!(decode(&[b"a", b"b"]).is_ok());
    for bad in [[b"b", b"a"], [b"a", b"a"], [b"a", b"/"], [b".", b"a"], [b"\0", b"a"]] {
        assert!(decode(&bad.map(|name| &name[..])).is_err());
    }
    assert!(decode(&[b".."]).is_err() && decode(&[b".git"]).is_err() && decode(&[b""]).is_err());
}

#[test]
fn references_have_one_spelling_and_lead_somewhere() {
    // [name, 5, size, url, etag, version, modified, content]
    let item = |fields: &[u8]| {
        let items = [b"\x88\x41a\x05", fields].concat();
        Node::decode(codec::write_node(0, 1, &items))
    };
    assert!(item(b"\x01\x42ab\x40\x40\x00\x40").is_ok());
    let hashed = [&b"\x01\x42ab\x40\x40\x00\x58\x20"[..], &[7; 32]].concat();
    assert!(item(&hashed).is_ok());
    for bad in [
        &b"\x01\x40\x40\x40\x00\x40"[..],
        b"\x01\x42\xff\xfe\x40\x40\x00\x40",
        b"\x01\x42ab\x40\x40\x00\x41x",
        b"\x01\x42ab\x40\x40\x00",
        b"\x18\x01\x42ab\x40\x40\x00\x40",
        b"\x01\x42ab\x40\x40\x00\xf6",
        &hashed[..hashed.len() - 1],
    ] {
        assert!(item(bad).is_err(), "{bad:?}");
    }
    let newer = Node::decode(codec::write_node(0, 1, b"\x83\x41a\x06\x40"));
    assert!(newer.unwrap_err().to_string().contains("kind 6, which this mlv does not know"));
    let long = [&b"\x01\x59\x10\x01"[..], &[b'u'; 0x1001], b"\x40\x40\x00\x40"].concat();
    assert!(item(&long).is_err());
}

#[test]
fn nodes_that_go_on_after_their_end_are_refused() {
    let long = |first: u8| [vec![first; 40_000], vec![b'x'; 10]].concat();
    let names = [long(b'a'), long(b'b'), long(b'c')];
    let node = |count: usize| {
        let names: Vec<&[u8]> = names[..count].iter().map(Vec::as_slice).collect();
        Node::decode(codec::write_node(0, count as u64, &leaf_items(&names)))
    };
    assert!(node(2).is_ok());
    assert!(node(3).is_err());
}

#[test]
fn directories_in_their_parent_are_small_and_never_empty() {
    let decode = |items: &[u8]| Node::decode(codec::write_node(0, 1, items));
    let mut empty = Vec::new();
    codec::write_inline(b"d", 0, &[], &mut empty);
    assert!(decode(&empty).is_err());
    let names: Vec<String> = (10..60).map(|n| format!("f{n}")).collect();
    let names: Vec<&[u8]> = names.iter().map(String::as_bytes).collect();
    let mut large = Vec::new();
    codec::write_inline(b"d", 50, &leaf_items(&names), &mut large);
    assert!(decode(&large).is_err());
    let nested = |depth: usize| [b"\x83\x41d\x04\x81".repeat(depth), leaf_items(&[b"f"])].concat();
    assert!(decode(&nested(8)).is_ok());
    assert!(decode(&nested(9)).is_err() && decode(&nested(1_000_000)).is_err());
}

#[test]
fn a_node_that_is_not_what_its_pointer_says_is_refused() {
    let (_, db) = database();
    let write = |level, count, items: &[u8]| {
        let bytes = codec::write_node(level, count, items);
        let id = BlobId::of(BlobKind::Tree, &bytes);
        db.store().write(id, &bytes).unwrap();
        TreeId(id.hash)
    };
    let low = write(0, 1, &leaf_items(&[b"m"]));
    let right = Summary { files: 1, bytes: 1 };
    let root_of = |first: &[u8], summary, second: &[u8]| {
        let mut items = Vec::new();
        codec::write_child(first, low, summary, &mut items);
        codec::write_child(second, write(0, 1, &leaf_items(&[second])), right, &mut items);
        write(1, 2, &items)
    };
    let read = |tree| db.walk_tree(tree, &RepoPath::root()).collect::<Result<Vec<_>, _>>();
    assert_eq!(read(root_of(b"m", right, b"z")).unwrap().len(), 2);
    let lies = [
        root_of(b"n", right, b"z"),
        root_of(b"m", Summary { files: 2, bytes: 1 }, b"z"),
        {
            let mut items = Vec::new();
            codec::write_child(b"m", low, right, &mut items);
            write(1, 1, &items)
        },
        {
            let below = write(0, 2, &leaf_items(&[b"a", b"z"]));
            let mut items = Vec::new();
            codec::write_child(b"m", low, right, &mut items);
            codec::write_child(b"z", below, Summary { files: 2, bytes: 2 }, &mut items);
            write(1, 2, &items)
        },
    ];
    for lie in lies {
        assert!(matches!(read(lie), Err(ObjectError::Invalid { .. })));
    }
    for lie in [lies[0], lies[1], lies[3]] {
        let reached = db.reach_tree(lie, &mut |_| true);
        assert!(matches!(reached, Err(ObjectError::Invalid { .. })));
    }
}
