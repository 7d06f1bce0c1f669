//! A list of changes: as a patch, as a table of how much changed, as letters.

use crate::cli::error::CommandError;
use crate::cli::render::{Column, Table, count, patch, printable};
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::Context;
use crate::ops::diff::{Detail, DiffChange, FileChange, describe, fetch_texts};

/// How wide the bar of the largest change is.
const BAR: u64 = 40;

/// How changes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Patch,
    Stat,
    NameStatus,
}

/// Shows changes, one after the other.
pub fn show_changes(
    ui: &mut Ui,
    context: &Context,
    changes: &[FileChange],
    form: Form,
) -> Result<(), CommandError> {
    if form != Form::NameStatus {
        fetch_texts(context, changes)?;
    }
    match form {
        Form::Patch => changes.iter().try_for_each(|change| show_patch(ui, context, change)),
        Form::Stat => show_stat(ui, context, changes),
        Form::NameStatus => changes.iter().try_for_each(|change| {
            let letter = change.word()[..1].to_uppercase();
            let letter = ui.paint(label(change.word()), letter).to_string();
            match &change.from {
                Some(from) => ui.data(format_args!("{letter}\t{from}\t{}", change.path)),
                None => ui.data(format_args!("{letter}\t{}", change.path)),
            }
        }),
    }
}

/// Returns changes with sizes, hashes and counts, for JSON.
pub fn described(
    context: &Context,
    changes: &[FileChange],
) -> Result<Vec<DiffChange>, CommandError> {
    fetch_texts(context, changes)?;
    let described = changes.iter().map(|change| describe(context, change, Detail::Counts));
    Ok(described.collect::<Result<_, _>>()?)
}

fn show_patch(ui: &mut Ui, context: &Context, change: &FileChange) -> Result<(), CommandError> {
    if change.word() == "typechange" {
        return change.halves().iter().try_for_each(|half| show_patch(ui, context, half));
    }
    let described = describe(context, change, Detail::Lines)?;
    let bytes = patch::patch(&described, ui.data_paint());
    ui.bytes(&bytes)
}

fn label(change: &str) -> Label {
    match change {
        "added" => Label::Added,
        "deleted" => Label::Deleted,
        "renamed" => Label::Renamed,
        _ => Label::Modified,
    }
}

fn show_stat(ui: &mut Ui, context: &Context, changes: &[FileChange]) -> Result<(), CommandError> {
    let changes = described(context, changes)?;
    let lines = |change: &DiffChange| {
        let (added, removed) = (change.lines_added?, change.lines_removed?);
        Some((u64::from(added), u64::from(removed)))
    };
    let most = changes.iter().filter_map(lines).map(|(a, r)| a + r).max().unwrap_or_default();
    let mut table = Table::new([Column::left(), Column::right(), Column::left()]);
    let (mut all_added, mut all_removed) = (0, 0);
    for change in &changes {
        let path = match &change.from {
            Some(from) => format!("{from} -> {}", change.path),
            None => change.path.to_string(),
        };
        let path = printable(&path).into_owned();
        match lines(change) {
            Some((added, removed)) => {
                all_added += added;
                all_removed += removed;
                let bar = mode_change(change).unwrap_or_else(|| bar(ui, added, removed, most));
                table.row([path, (added + removed).to_string(), bar]);
            }
            None if change.from.is_some() => table.row([path, String::new(), String::new()]),
            None => table.row([path, String::new(), patch::sizes(change)]),
        }
    }
    for line in table.lines(ui.data_paint()) {
        ui.data(format_args!(" {line}"))?;
    }
    if changes.is_empty() {
        return Ok(());
    }
    let files = count(changes.len(), "file");
    let (added, removed) = (count(all_added as usize, "line"), all_removed);
    ui.data(format_args!("{files} changed, {added} added, {removed} removed"))
}

/// Returns what to say where only the executable bit changed.
fn mode_change(change: &DiffChange) -> Option<String> {
    let (old, new) = (change.old.as_ref()?, change.new.as_ref()?);
    let word = if new.executable { "executable now" } else { "no longer executable" };
    (old.hash == new.hash && old.executable != new.executable).then(|| word.to_owned())
}

/// Returns a bar whose length tells how many lines changed.
fn bar(ui: &Ui, added: u64, removed: u64, most: u64) -> String {
    let scaled = |lines: u64| if most <= BAR { lines } else { (lines * BAR).div_ceil(most) };
    let sign = |sign: &str, lines| sign.repeat(usize::try_from(scaled(lines)).unwrap_or(0));
    let (plus, minus) = (sign("+", added), sign("-", removed));
    format!("{}{}", ui.paint(Label::Added, plus), ui.paint(Label::Deleted, minus))
}
