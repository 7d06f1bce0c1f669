use std::io::Write;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;

use super::*;

fn unified(old: &[u8], new: &[u8], name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let (a, b) = (format!("a/{name}"), format!("b/{name}"));
    diff_texts(old, new).write_unified(a.as_bytes(), b.as_bytes(), &mut out);
    out
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

/// Applies a patch with the real `git apply` and returns what became of the file.
fn git_apply(old: &[u8], patch: &[u8], name: &str) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join(name), old);
    write(&dir.path().join(".patch"), patch);
    let output = Command::new("git")
        .args(["apply", "--whitespace=nowarn", ".patch"])
        .env("GIT_CEILING_DIRECTORIES", dir.path().parent().unwrap())
        .current_dir(dir.path())
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{talk}\n{}", String::from_utf8_lossy(patch));
    std::fs::read(dir.path().join(name)).unwrap()
}

#[test]
fn a_change_is_shown_with_three_lines_around_it() {
    let old = b"1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    let new = b"1\n2\n3\n4\nfive\n6\n7\n8\n9\n";
    let expected = "--- a/f\n+++ b/f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n";
    assert_eq!(String::from_utf8(unified(old, new, "f")).unwrap(), expected);
    assert_eq!(count_lines(old, new), LineCounts { added: 1, removed: 1 });
}

#[test]
fn a_missing_line_end_is_said() {
    let expected = "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n";
    assert_eq!(String::from_utf8(unified(b"a", b"a\n", "f")).unwrap(), expected);
}

#[test]
fn a_file_that_appears_starts_at_line_zero() {
    let diff = diff_texts(b"", b"a\nb\n");
    assert_eq!(diff.hunks[0].header(), "@@ -0,0 +1,2 @@");
    assert_eq!(diff.counts, LineCounts { added: 2, removed: 0 });
    assert_eq!(diff_texts(b"same\n", b"same\n"), TextDiff::default());
}

#[test]
fn distant_changes_make_hunks_of_their_own() {
    let old: Vec<u8> = (0..30).flat_map(|n| format!("{n}\n").into_bytes()).collect();
    let new = String::from_utf8(old.clone()).unwrap();
    let near = new.replacen("3\n", "x\n", 1).replacen("10\n", "x\n", 1);
    let far = new.replacen("3\n", "x\n", 1).replacen("11\n", "x\n", 1);
    assert_eq!(diff_texts(&old, near.as_bytes()).hunks.len(), 1);
    assert_eq!(diff_texts(&old, far.as_bytes()).hunks.len(), 2);
}

#[test]
fn a_nul_byte_or_too_many_bytes_are_no_text() {
    assert!(is_text(b"caf\xe9\n", 10) && is_text(b"", 0));
    assert!(!is_text(b"a\0b", 10) && !is_text(b"four", 3));
    let late = [vec![b'a'; SNIFFED], vec![0]].concat();
    assert!(is_text(&late, u64::MAX));
}

#[test]
fn odd_file_names_survive_the_patch() {
    for name in ["with space", "quote\"s", "back\\slash", "tab\there"] {
        let patch = unified(b"a\n", b"b\n", name);
        assert_eq!(git_apply(b"a\n", &patch, name), b"b\n", "{name:?}");
    }
}

#[test]
fn repeated_lines_do_not_take_for_ever() {
    let old = b"a\nb\n".repeat(100_000);
    let new = b"b\na\na\n".repeat(70_000);
    let started = std::time::Instant::now();
    let counts = count_lines(&old, &new);
    assert_eq!(i64::from(counts.added) - i64::from(counts.removed), 10_000);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

/// Texts of few different lines, so that they share many, sometimes without a last line end.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let line = prop::sample::select(vec![&b"a"[..], b"b", b"", b"  c", b"d\r", b"\xff\xfe", b"-"]);
    (prop::collection::vec(line, 0..40), any::<bool>()).prop_map(|(lines, terminated)| {
        let mut text = lines.join(&b'\n');
        if terminated && !text.is_empty() {
            text.push(b'\n');
        }
        text
    })
}

/// Returns the two texts that a diff was made of, rebuilt from the old one.
fn replay(old: &[u8], diff: &TextDiff) -> (Vec<u8>, Vec<u8>) {
    let lines: Vec<&[u8]> = old.split_inclusive(|byte| *byte == b'\n').collect();
    let (mut before, mut after, mut next) = (Vec::new(), Vec::new(), 0);
    for hunk in &diff.hunks {
        let start = hunk.old_start as usize - usize::from(hunk.old_lines > 0);
        before.extend(lines[next..start].concat());
        after.extend(lines[next..start].concat());
        next = start + hunk.old_lines as usize;
        for line in &hunk.lines {
            if line.kind != LineKind::Added {
                before.extend(&line.bytes);
            }
            if line.kind != LineKind::Removed {
                after.extend(&line.bytes);
            }
        }
    }
    before.extend(lines[next..].concat());
    after.extend(lines[next..].concat());
    (before, after)
}

proptest! {
    #[test]
    fn the_hunks_lead_from_the_old_text_to_the_new(old in text(), new in text()) {
        let diff = diff_texts(&old, &new);
        prop_assert_eq!(replay(&old, &diff), (old.clone(), new.clone()));
        let count = |kind| {
            let lines = diff.hunks.iter().flat_map(|hunk| &hunk.lines);
            lines.filter(|line| line.kind == kind).count() as u32
        };
        prop_assert_eq!(diff.counts.added, count(LineKind::Added));
        prop_assert_eq!(diff.counts.removed, count(LineKind::Removed));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn git_applies_what_is_written(old in text(), new in text()) {
        // `git apply` deletes no file by a plain patch, and creates none over an empty one.
        prop_assume!(old != new && !old.is_empty() && !new.is_empty());
        prop_assert_eq!(git_apply(&old, &unified(&old, &new, "file"), "file"), new);
    }
}
