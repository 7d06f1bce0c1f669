//! `mlv push`

use super::shared;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{printable, size};
use crate::cli::runs::warn_of_late_failures;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::sync::{self, Force, MovedRef, Movement, PushReport, PushRequest};

/// Send branches and tags to a remote, with all that they lead to
///
/// Only what the remote lacks travels, and what an interrupted push has sent is not sent again. All
/// refs move together or none does. Without arguments the current branch goes to where it follows,
/// or to `origin`. Tags on what is sent, and what hooks found, go along.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv push
  mlv push origin main
  mlv push origin main:release v1.2
  mlv push --all --tags backup
  mlv push --delete origin experiment
  mlv push --force-with-lease")]
pub struct Args {
    /// A remote or an address [default: what the branch follows, or `origin`]
    remote: Option<String>,
    /// Branches, tags, or LOCAL:REMOTE [default: the branch you stand on]
    #[arg(value_name = "REF")]
    refs: Vec<String>,
    /// Send all branches
    #[arg(long, conflicts_with_all = ["refs", "delete"])]
    all: bool,
    /// Send all tags
    #[arg(long, conflicts_with = "delete")]
    tags: bool,
    /// Delete the named branches or tags at the remote
    #[arg(short, long, requires = "refs")]
    delete: bool,
    /// Let a branch of the remote lose commits, if it stands where it was last seen
    #[arg(short, long, visible_alias = "force")]
    force_with_lease: bool,
    /// From now on the branch follows where it is sent
    #[arg(short = 'u', long)]
    set_upstream: bool,
    /// Only tell what would be sent where
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Print `{"remote", "url", "refs", "packs", "bytes", "dry_run", "hooks"}` as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let request = PushRequest {
        remote: args.remote,
        refs: args.refs,
        all: args.all,
        tags: args.tags,
        delete: args.delete,
        force: if args.force_with_lease { Force::WithLease } else { Force::No },
        dry_run: args.dry_run,
        set_upstream: args.set_upstream,
    };
    let pushed = sync::push(&context, &request)?;
    ui.end_progress();
    if args.json {
        ui.json(&pushed)?;
    } else {
        tell(ui, &pushed);
    }
    warn_of_late_failures(ui, "push", &pushed.hooks);
    Ok(shared::unless_interrupted())
}

fn tell(ui: &mut Ui, pushed: &PushReport) {
    let remote = &pushed.remote;
    if pushed.refs.is_empty() {
        return ui.status(format_args!("`{remote}` has everything already"));
    }
    pushed.refs.iter().for_each(|moved| ui.status(sent(moved, pushed.dry_run)));
    if !pushed.dry_run {
        ui.status(format_args!("to {}: {}", pushed.url, size(pushed.bytes)));
    }
}

/// Says how a ref of the remote has moved, or would.
fn sent(moved: &MovedRef, dry_run: bool) -> String {
    let is_gone = moved.movement == Movement::Deleted;
    let verb = match (dry_run, is_gone) {
        (false, false) => "sent",
        (false, true) => "deleted",
        (true, false) => "would send",
        (true, true) => "would delete",
    };
    match moved.old.filter(|_| is_gone) {
        Some(old) => format!("{verb} {} (it was at {})", printable(&moved.name), old.short()),
        None => format!("{verb} {}", shared::moved(moved)),
    }
}
