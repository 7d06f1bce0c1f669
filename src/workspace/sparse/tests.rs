use proptest::prelude::*;

use super::*;
use crate::workspace::status::StatusOptions;
use crate::workspace::tests::{Sample, path};

fn sparse(paths: &[&str]) -> Sparse {
    Sparse::of(paths.iter().map(|text| path(*text)))
}

#[test]
fn a_set_holds_its_paths_and_what_lies_below_them() {
    let set = sparse(&["data/raw", "a", "data/raw/deep", "b/c"]);
    assert_eq!(set, sparse(&["b/c", "a", "data/raw"]));
    for (name, contained, touched) in [
        ("a", true, true),
        ("a/b", true, true),
        ("a.b", false, false),
        ("data", false, true),
        ("data/raw", true, true),
        ("data/raw/x", true, true),
        ("data/rawer", false, false),
        ("b", false, true),
        ("", false, true),
        ("z", false, false),
    ] {
        let found = (set.contains(&path(name)), set.touches(&path(name)));
        assert_eq!(found, (contained, touched), "{name}");
    }
    assert!(sparse(&["a", ""]).is_everything() && !set.is_everything());
    assert!(Sparse::everything().contains(&path("any/thing")));
}

#[test]
fn a_set_survives_the_way_through_bytes_and_nonsense_is_refused() {
    for set in [sparse(&["a", "b/c"]), Sparse::everything(), sparse(&[])] {
        assert_eq!(Sparse::decode(&set.encode()).unwrap(), set);
    }
    let reserved = codec::encode(&(VERSION, vec![ByteVec::from(b".mlv".to_vec())]));
    let newer = codec::encode(&(VERSION + 1, Vec::<ByteVec>::new()));
    for bytes in [&b""[..], b"garbage", &reserved, &newer] {
        assert!(Sparse::decode(bytes).is_err());
    }
}

#[test]
fn the_part_of_a_tree_is_the_tree_of_the_paths_in_the_set() {
    let sample = Sample::new();
    let tree = sample.tree(&[("a/x", "1"), ("a/y", "2"), ("b/c/d", "3"), ("b/e", "4"), ("f", "5")]);
    let part = sparse(&["a", "b/e", "f", "gone"]).part_of(&sample.objects, tree).unwrap();
    assert_eq!(part, sample.tree(&[("a/x", "1"), ("a/y", "2"), ("b/e", "4"), ("f", "5")]));
    assert_eq!(Sparse::everything().part_of(&sample.objects, tree).unwrap(), tree);
    let nothing = sparse(&["gone"]).part_of(&sample.objects, tree).unwrap();
    assert_eq!(nothing, sample.empty_tree());
}

#[test]
fn what_is_there_all_the_same_is_held_too() {
    let sample = Sample::new();
    let tree = sample.tree(&[("a/x", "1"), ("b/y", "2"), ("b/z", "3"), ("c/y", "4"), ("d", "5")]);
    for (name, text) in [("a/x", "1"), ("b/y", "2"), ("b/new", "n"), ("c", "file"), ("d/e", "e")] {
        sample.write(name, text);
    }
    sample.workspace.set_sparse(sparse(&["a"]));
    assert_eq!(sample.workspace.held(&[tree]).unwrap(), sparse(&["a", "b/y"]));
    let (from, to) = sample.workspace.parts(tree, sample.empty_tree(), &[path("d")]).unwrap();
    assert_eq!(from, sample.tree(&[("a/x", "1"), ("b/y", "2"), ("d", "5")]));
    assert_eq!(to, sample.empty_tree());
}

#[test]
fn a_status_reads_no_tree_outside_of_the_set() {
    let sample = Sample::new();
    let names: Vec<String> = (0..3000).map(|n| format!("outside/{n}")).collect();
    let mut files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "o")).collect();
    files.push(("inside/a", "1"));
    let tree = sample.tree(&files);
    let outside = sample.objects.subtree(tree, &path("outside")).unwrap().unwrap();
    // Nobody could read it any more.
    let fresh = crate::object::ObjectDb::new(sample.objects.store().clone());
    assert!(
        sample
            .store
            .remove(crate::store::BlobId { kind: crate::store::BlobKind::Tree, hash: outside.0 })
    );
    sample.write("inside/a", "1");
    let dot_dir = sample.root.join(".mlv");
    let workspace = Workspace::open(&sample.root, &dot_dir, fresh).unwrap();
    workspace.set_sparse(sparse(&["inside"]));
    let status =
        workspace.unstaged(tree, StatusOptions::default(), &crate::base::NoProgress).unwrap();
    assert!(status.is_clean(), "{status:?}");
}

proptest! {
    #[test]
    fn contains_and_touches_are_what_their_names_say(
        own in proptest::collection::vec("[ab](/[ab.]b?){0,2}", 0..5),
        asked in "[ab](/[ab.]b?){0,3}",
    ) {
        let read = |text: &str| RepoPath::from_bytes(text).ok();
        let paths: Vec<RepoPath> = own.iter().filter_map(|text| read(text)).collect();
        if let Some(asked) = read(&asked) {
            let set = Sparse::of(paths.clone());
            let contains = paths.iter().any(|own| asked.starts_with(own));
            let touches = contains || paths.iter().any(|own| own.starts_with(&asked));
            prop_assert_eq!((set.contains(&asked), set.touches(&asked)), (contains, touches));
        }
    }
}
