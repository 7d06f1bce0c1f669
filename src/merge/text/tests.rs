use std::io::Write;
use std::process::Command;

use proptest::prelude::*;

use super::*;

fn clean(text: &str) -> TextMerge {
    TextMerge::Clean(text.as_bytes().to_vec())
}

fn merge(base: &str, ours: &str, theirs: &str) -> TextMerge {
    merge_texts(base.as_bytes(), ours.as_bytes(), theirs.as_bytes())
}

/// Merges with the real `git merge-file`.
fn git_merge_file(base: &[u8], ours: &[u8], theirs: &[u8]) -> TextMerge {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in [("base", base), ("ours", ours), ("theirs", theirs)] {
        std::fs::File::create(dir.path().join(name)).unwrap().write_all(bytes).unwrap();
    }
    let output = Command::new("git")
        .args(["merge-file", "-p", "ours", "base", "theirs"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    match output.status.code() {
        Some(0) => TextMerge::Clean(output.stdout),
        Some(1..=127) => TextMerge::Conflict,
        _ => panic!("{}", String::from_utf8_lossy(&output.stderr)),
    }
}

#[test]
fn changes_apart_from_each_other_merge() {
    assert_eq!(
        merge("1\n2\n3\n4\n5\n", "one\n2\n3\n4\n5\n", "1\n2\n3\n4\nfive\n"),
        clean("one\n2\n3\n4\nfive\n")
    );
    assert_eq!(merge("1\n2\n3\n", "0\n1\n2\n3\n", "1\n2\n"), clean("0\n1\n2\n"));
    assert_eq!(merge("1\n2\n3\n4\n", "2\n3\n4\n", "1\n2\n3\n4"), clean("2\n3\n4"));
}

#[test]
fn changes_of_the_same_or_touching_lines_conflict() {
    assert_eq!(merge("1\n2\n3\n", "1\nx\n3\n", "1\ny\n3\n"), TextMerge::Conflict);
    assert_eq!(merge("1\n2\n3\n", "1\nx\n3\n", "1\n3\n"), TextMerge::Conflict);
    assert_eq!(merge("1\n", "1\na\n", "1\nb\n"), TextMerge::Conflict);
    assert_eq!(merge("1\n2\n", "one\n2\n", "1\ntwo\n"), TextMerge::Conflict);
    assert_eq!(merge("a\nb\nc\n", "c\n", "a\n"), TextMerge::Conflict);
}

#[test]
fn bytes_of_any_encoding_merge() {
    let merged = merge_texts(b"\xff\n1\n2\n\xfe\n", b"\xff\xff\n1\n2\n\xfe\n", b"\xff\n1\n2\n");
    assert_eq!(merged, TextMerge::Clean(b"\xff\xff\n1\n2\n".to_vec()));
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let line = prop::sample::select(vec![&b"a\n"[..], b"b\n", b"c\n", b"d\n", b"\n", b"e\r\n"]);
    (prop::collection::vec(line, 0..12), prop::sample::select(vec![&b""[..], b"end"]))
        .prop_map(|(lines, last)| [lines.concat(), last.to_vec()].concat())
}

/// A text and two edits of it: most lines stay.
fn edited() -> impl Strategy<Value = [Vec<u8>; 3]> {
    let edits = || {
        prop::collection::vec(
            (0..12_usize, prop::sample::select(vec!["x\n", "y\n", "z\n", ""])),
            0..3,
        )
    };
    (8..12_usize, edits(), edits()).prop_map(|(count, left, right)| {
        let base: Vec<String> = (0..count).map(|n| format!("{n}\n")).collect();
        let apply = |edits: Vec<(usize, &str)>| {
            let mut lines = base.clone();
            for (line, text) in edits {
                lines[line % count] = text.to_owned();
            }
            lines.concat().into_bytes()
        };
        [base.concat().into_bytes(), apply(left), apply(right)]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_one_side_left_alone_is_the_others(base in text(), changed in text()) {
        let changed_is = TextMerge::Clean(changed.clone());
        prop_assert_eq!(merge_texts(&base, &base, &changed), changed_is.clone());
        prop_assert_eq!(merge_texts(&base, &changed, &base), changed_is.clone());
        prop_assert_eq!(merge_texts(&base, &changed, &changed), changed_is);
    }

    #[test]
    fn the_sides_may_be_swapped(base in text(), ours in text(), theirs in text()) {
        prop_assert_eq!(merge_texts(&base, &ours, &theirs), merge_texts(&base, &theirs, &ours));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn git_merge_file_agrees([base, ours, theirs] in edited()) {
        let expected = git_merge_file(&base, &ours, &theirs);
        prop_assert_eq!(merge_texts(&base, &ours, &theirs), expected);
    }
}
