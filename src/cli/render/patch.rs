//! Changes as people and `git apply` read them: unified diffs of texts, a line for everything else.

use crate::base::RepoPath;
use crate::cli::render::{count, size};
use crate::cli::style::{Label, Paint};
use crate::diff::text::unified::git_name;
use crate::ops::diff::{DiffChange, Side};

/// Returns the change as part of a patch.
pub fn patch(change: &DiffChange, paint: Paint) -> Vec<u8> {
    let mut out = Vec::new();
    let mut head = header(change);
    if change.text.is_some() || !head.is_empty() {
        head.insert(0, title(change));
    }
    for line in head {
        push(&mut out, paint, Label::Heading, &line);
    }
    match &change.text {
        None if change.from.is_some() => {}
        None => push(&mut out, paint, Label::Heading, summary(change).as_bytes()),
        Some(text) => {
            let mut unified = Vec::new();
            let label = |side: &Option<Side>, letter: &[u8]| match side {
                Some(_) => [letter, change.path.as_bytes()].concat(),
                None => b"/dev/null".to_vec(),
            };
            text.write_unified(
                &label(&change.old, b"a/"),
                &label(&change.new, b"b/"),
                &mut unified,
            );
            painted(&unified, paint, &mut out);
        }
    }
    out
}

fn push(out: &mut Vec<u8>, paint: Paint, label: Label, line: &[u8]) {
    let (before, after) = paint.around(label);
    out.extend_from_slice(before.as_bytes());
    out.extend_from_slice(line);
    out.extend_from_slice(after.as_bytes());
    out.push(b'\n');
}

/// Colours a unified diff; its first two lines name the files.
fn painted(unified: &[u8], paint: Paint, out: &mut Vec<u8>) {
    for (number, line) in unified.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        match text.first() {
            _ if number < 2 => push(out, paint, Label::Heading, text),
            Some(b'@') => push(out, paint, Label::Path, text),
            Some(b'+') => push(out, paint, Label::Added, text),
            Some(b'-') => push(out, paint, Label::Deleted, text),
            _ => out.extend_from_slice(line),
        }
    }
}

fn title(change: &DiffChange) -> Vec<u8> {
    let from = change.from.as_ref().unwrap_or(&change.path);
    let name = |letter: &[u8], path: &RepoPath| git_name(&[letter, path.as_bytes()].concat());
    [b"diff --git ", &name(b"a/", from)[..], b" ", &name(b"b/", &change.path)].concat()
}

/// Returns the lines that say what happens to the file as a whole, where something does.
fn header(change: &DiffChange) -> Vec<Vec<u8>> {
    let is_text = change.text.is_some();
    let mut lines = Vec::new();
    match (&change.old, &change.new) {
        (None, Some(new)) if is_text => lines.push(format!("new file mode {}", mode(new)).into()),
        (Some(old), None) if is_text => {
            lines.push(format!("deleted file mode {}", mode(old)).into());
        }
        (Some(old), Some(new)) if mode(old) != mode(new) && change.change != "typechange" => {
            lines.push(format!("old mode {}", mode(old)).into());
            lines.push(format!("new mode {}", mode(new)).into());
        }
        _ => {}
    }
    if let Some(from) = &change.from {
        lines.push(b"similarity index 100%".to_vec());
        lines.push([b"rename from ", &git_name(from.as_bytes())[..]].concat());
        lines.push([b"rename to ", &git_name(change.path.as_bytes())[..]].concat());
    }
    lines
}

fn mode(side: &Side) -> &'static str {
    match side {
        Side { symlink: true, .. } => "120000",
        Side { executable: true, .. } => "100755",
        _ => "100644",
    }
}

/// Returns the word for content that is not shown by lines.
fn kind(side: &Side) -> &'static str {
    if side.url.is_some() { "reference" } else { "binary" }
}

/// Returns a line about a change that is not shown by lines.
pub fn summary(change: &DiffChange) -> String {
    format!("{}: {}", change.path, sizes(change))
}

/// Returns how sizes changed, and how much of the old content is used again.
pub fn sizes(change: &DiffChange) -> String {
    let shared = change.reuse.filter(|reuse| reuse.chunks > 1).map_or_else(String::new, |reuse| {
        let percent = 100 * reuse.reused_chunks / reuse.chunks;
        format!(", {percent}% of its {} reused", count(reuse.chunks as usize, "chunk"))
    });
    match (&change.old, &change.new) {
        (Some(old), Some(new)) => {
            let kind = match (kind(old), kind(new)) {
                (before, after) if before == after => after.to_owned(),
                (before, after) => format!("{before} -> {after}"),
            };
            format!("{kind}, {} -> {}{shared}", size(old.size), size(new.size))
        }
        (None, Some(new)) => format!("new, {}, {}", kind(new), size(new.size)),
        (Some(old), None) => format!("deleted, {}, {}", kind(old), size(old.size)),
        (None, None) => String::new(),
    }
}
