//! `mlv commit`

use std::ffi::OsString;

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{count, printable};
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::commit::{CommitOptions, Committed, commit};

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

    /// Keep a fact with the commit
    #[arg(long, value_name = "KEY=VALUE", value_parser = fact)]
    meta: Vec<(String, String)>,

    /// Print `{"id", "branch", "parents", "tree", "files_changed", "hooks"}` as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let options = CommitOptions {
        message: (!args.messages.is_empty()).then(|| args.messages.join("\n\n")),
        all: args.all,
        paths: args.paths,
        allow_empty: args.allow_empty,
        no_verify: args.no_verify,
        meta: args.meta,
    };
    let done = commit(&context, options)?;
    if args.json {
        ui.json(&done)?;
    } else {
        tell(ui, &done);
    }
    Ok(ExitStatus::Done)
}

fn fact(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
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
