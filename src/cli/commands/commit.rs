//! `mlv commit`

use std::ffi::OsString;
use std::fmt::Write as _;

use super::shared::{self, unless_interrupted};
use crate::cli::editor;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{count, printable};
use crate::cli::runs::warn_of_late_failures;
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::commit::{CommitOptions, Committed, commit};
use crate::ops::status::status;
use crate::ops::{Context, OpsError};
use crate::workspace::status::UntrackedMode;

/// Keep what is staged as a commit, if the hooks let it
///
/// Hooks of `pre-commit` judge the commit before it exists; a refusal changes nothing. With PATH
/// only these files are committed, as they are on the disk; what else is staged stays staged. A
/// merge under way is concluded.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv commit -m \"March's customers\"
  mlv commit -a -m \"Relabel the outliers\"
  mlv commit -m \"Only the labels\" data/labels.csv
  mlv commit -m \"Run 12\" --meta rows=18230 --meta source=crm")]
pub struct Args {
    /// Commit only these files, as they are on the disk
    #[arg(value_name = "PATH")]
    paths: Vec<OsString>,

    /// Say why; several become paragraphs
    #[arg(short, long = "message", value_name = "MESSAGE")]
    messages: Vec<String>,

    /// Stage changed and deleted files first; new ones need `mlv add`
    #[arg(short, long, conflicts_with = "paths")]
    all: bool,

    /// Commit also where nothing has changed
    #[arg(long)]
    allow_empty: bool,

    /// Run no `pre-commit` hook, and leave a mark in the commit
    #[arg(long)]
    no_verify: bool,

    /// Run every hook, also where an earlier verdict could stand in
    #[arg(long)]
    no_cache: bool,

    /// Keep a fact with the commit
    #[arg(long, value_name = "KEY=VALUE", value_parser = fact)]
    meta: Vec<(String, String)>,

    /// Print `{"result", "id", "branch", "parents", "tree", "files_changed", "hooks"}` as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let mut context = session::open(ui, globals)?;
    context.reuses_verdicts = !args.no_cache;
    let message = match args.messages.as_slice() {
        [] => written(&context, &args)?,
        paragraphs => Some(paragraphs.join("\n\n")),
    };
    let options = CommitOptions {
        message,
        all: args.all,
        paths: args.paths,
        allow_empty: args.allow_empty,
        no_verify: args.no_verify,
        meta: args.meta,
    };
    let done = match commit(&context, options) {
        Ok(done) => done,
        Err(error) => return Err(failed(ui, args.json, error)?),
    };
    ui.end_progress();
    if args.json {
        ui.json(&shared::committed_json(&done))?;
    } else {
        tell(ui, &done);
    }
    warn_of_late_failures(ui, "commit", &done.hooks);
    Ok(unless_interrupted())
}

/// Returns the error as it is told; one that hooks made is part of the data too.
fn failed(ui: &mut Ui, json: bool, error: OpsError) -> Result<CommandError, CommandError> {
    if json && let Some(runs) = shared::refusing_runs(&error) {
        ui.json(&shared::uncommitted_json("refused", runs))?;
    }
    Ok(error.into())
}

/// Returns the message that the user writes in an editor, where there is something to commit and a
/// terminal to write it on.
fn written(context: &Context, args: &Args) -> Result<Option<String>, CommandError> {
    if !editor::is_possible() {
        return Ok(None);
    }
    let report = status(context, UntrackedMode::None)?;
    let (mut changes, mut text) = (report.staged, String::new());
    if args.all || !args.paths.is_empty() {
        changes.extend(report.unstaged);
    }
    if report.merging.is_some() || (changes.is_empty() && !args.allow_empty) {
        return Ok(None);
    }
    for change in &changes {
        let _ = writeln!(text, "{:<12}{}", change.kind.word(), change.path);
    }
    let path = context.repo.layout().temporary().join("COMMIT_EDITMSG");
    Ok(Some(editor::ask(&context.config, &path, &text)?))
}

fn fact(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, _)) if key.trim().starts_with("mlv.") => {
            Err("facts that begin with `mlv.` are its own".to_owned())
        }
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().into(), value.into())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

fn tell(ui: &mut Ui, done: &Committed) {
    let place = done.branch.as_deref().unwrap_or("no branch");
    let root = if done.parents.is_empty() { " (first commit)" } else { "" };
    let place = format!("{}{root}", ui.paint_talk(Label::Branch, printable(place)));
    let id = ui.paint_talk(Label::CommitId, done.id.short());
    let subject = done.message.lines().next().unwrap_or_default();
    ui.status(format_args!("[{place} {id}] {}", printable(subject)));
    let files = usize::try_from(done.files_changed).unwrap_or(usize::MAX);
    ui.status(format_args!("{} changed", count(files, "file")));
}
