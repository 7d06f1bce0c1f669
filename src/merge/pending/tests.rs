use std::convert::Infallible;

use proptest::prelude::*;

use super::*;

fn path(text: &str) -> RepoPath {
    RepoPath::from_bytes(text).unwrap()
}

fn file(text: &str) -> Entry {
    let content = Hash::of(text.as_bytes());
    let manifest = (text.len() > 3).then_some(ManifestId(content));
    let file = FileRef { size: text.len() as u64, content, manifest };
    Entry::File { file, executable: text.len() > 4 }
}

fn reference() -> Entry {
    Entry::Reference(Box::new(Reference {
        url: "s3://bucket/a".to_owned(),
        size: 7,
        etag: "\"e\"".to_owned(),
        version: "v1".to_owned(),
        modified: 9,
        content: Some(Hash::of(b"content")),
    }))
}

fn conflict(name: &str, kind: ConflictKind) -> Conflict {
    let (ours, theirs) = (Some(file("our")), Some(Entry::Symlink { target: b"t\xff".to_vec() }));
    Conflict { path: path(name), kind, base: Some(file("large")), ours, theirs }
}

fn pending() -> PendingMerge {
    let conflicts = vec![
        conflict("a", ConflictKind::BothModified),
        conflict("dir/b", ConflictKind::TypeChange),
        conflict("dir/c", ConflictKind::FileDirectory),
        Conflict { ours: Some(reference()), ..conflict("dir/d", ConflictKind::TypeChange) },
        Conflict { base: None, theirs: None, ..conflict("e", ConflictKind::DeletedByTheirs) },
    ];
    let id = |text: &str| CommitId(Hash::of(text.as_bytes()));
    PendingMerge::new(id("o"), id("t"), "feature".to_owned(), "Merge".to_owned(), conflicts)
}

fn unresolved(pending: &PendingMerge) -> Vec<String> {
    pending.unresolved().map(|conflict| conflict.path.to_string()).collect()
}

#[test]
fn a_pending_merge_survives_storing() {
    let mut pending = pending();
    pending.resolve(&path("a"));
    assert_eq!(PendingMerge::decode(&pending.encode()).unwrap(), pending);
}

#[test]
fn staging_a_path_or_a_directory_settles_what_it_holds() {
    let mut pending = pending();
    assert_eq!(unresolved(&pending), ["a", "dir/b", "dir/c", "dir/d", "e"]);
    assert_eq!(pending.resolve(&path("a")), 1);
    assert_eq!(pending.resolve(&path("a")), 0);
    assert_eq!(pending.resolve(&path("unrelated")), 0);
    assert_eq!(pending.resolve(&path("dir/c/inside")), 1, "the directory side of a conflict");
    assert_eq!(unresolved(&pending), ["dir/b", "dir/d", "e"]);
    assert_eq!(pending.resolve(&path("dir")), 2);
    assert_eq!(pending.resolve(&RepoPath::root()), 1);
    assert_eq!(pending.unresolved().count(), 0);
}

#[test]
fn a_path_that_no_longer_holds_ours_is_settled() {
    let mut pending = pending();
    let staged = |at: &RepoPath| {
        Ok::<_, Infallible>(match at.to_string().as_str() {
            "e" => None,
            "dir/d" => Some(reference()),
            _ => Some(file("our")),
        })
    };
    pending.resolve_changed(staged).unwrap();
    assert_eq!(unresolved(&pending), ["a", "dir/b", "dir/c", "dir/d"]);
}

#[test]
fn a_newer_version_or_a_bad_path_is_refused() {
    let good = pending().encode();
    assert_eq!(good[1], VERSION);
    let mut newer = good.clone();
    newer[1] = VERSION + 1;
    assert!(matches!(PendingMerge::decode(&newer), Err(CodecError::Malformed { .. })));
    let at = good.windows(5).position(|bytes| bytes == b"dir/b").unwrap();
    let mut escaping = good;
    escaping[at..at + 5].copy_from_slice(b"../bb");
    assert!(matches!(PendingMerge::decode(&escaping), Err(CodecError::Malformed { .. })));
}

proptest! {
    #[test]
    fn decoding_damaged_bytes_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = pending().encode();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(pending) = PendingMerge::decode(&bytes) {
            prop_assert_eq!(pending.encode(), bytes);
        }
    }
}
