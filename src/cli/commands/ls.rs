//! `mlv ls`

use std::ffi::OsString;

use crate::base::RepoPath;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::size;
use crate::cli::session;
use crate::cli::style::{Label, Paint};
use crate::cli::ui::Ui;
use crate::ops::Context;
use crate::ops::inspect::{Kind, ListedPath, Place, list};

/// List the files of a commit
///
/// Nothing is checked out. Names are relative to the directory that is listed; in JSON, paths are
/// relative to the root.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv ls
  mlv ls -l main:data
  mlv ls -r v1.2
  mlv ls --json HEAD:models")]
pub struct Args {
    /// A commit, and a directory or file of it [default: HEAD]; `:PATH` is what is staged
    #[arg(value_name = "REV[:PATH]")]
    place: Option<OsString>,
    /// Also kinds, sizes and hashes
    #[arg(short, long)]
    long: bool,
    /// Everything below, not one level
    #[arg(short, long)]
    recursive: bool,
    /// Print `[{"path", "kind", "size", "files", "hash", "target"}]` as JSON
    #[arg(long, conflicts_with = "long")]
    json: bool,
}

/// How to list.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub long: bool,
    pub recursive: bool,
    pub json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let place = context.place(args.place.as_deref())?;
    let options = Options { long: args.long, recursive: args.recursive, json: args.json };
    show(ui, &context, &place, options)?;
    Ok(ExitStatus::Done)
}

/// Shows what lies at a place.
pub fn show(
    ui: &mut Ui,
    context: &Context,
    place: &Place,
    options: Options,
) -> Result<(), CommandError> {
    let mut items = Vec::new();
    let paint = ui.data_paint();
    list(context, place, options.recursive, &mut |item: ListedPath| {
        if options.json {
            items.push(item);
            return Ok(());
        }
        ui.start_pager()?;
        let name = name(&place.path, &item);
        if options.long { ui.data(long(&item, &name, paint)) } else { ui.data(name) }
    })?;
    if options.json { ui.json(&items) } else { Ok(()) }
}

/// Returns how an item is called in the listing of a place.
pub fn name(place: &RepoPath, item: &ListedPath) -> String {
    let below = item.path.strip_prefix(place).filter(|below| !below.is_root());
    let name = below.unwrap_or_else(|| item.path.clone());
    match item.kind {
        Kind::Directory => format!("{name}/"),
        _ => name.to_string(),
    }
}

fn long(item: &ListedPath, name: &str, paint: Paint) -> String {
    let kind = match item.kind {
        Kind::File => "file",
        Kind::Executable => "exec",
        Kind::Symlink => "link",
        Kind::Reference => "ref",
        Kind::Directory => "dir",
    };
    let hash = item.hash.map(crate::base::Hash::short).unwrap_or_default();
    let hash = paint.paint(Label::Faint, format!("{hash:<10}"));
    let target = match &item.target {
        Some(target) => format!(" -> {}", crate::cli::render::printable(target)),
        None => String::new(),
    };
    format!("{kind:<4}  {:>10}  {hash}  {name}{target}", size(item.size))
}
