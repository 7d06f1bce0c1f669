//! `mlv switch`

use super::shared;
use crate::cli::error::{CommandError, cli_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{count, printable};
use crate::cli::runs::warn_of_late_failures;
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::switch::{Switched, Target, switch};
use crate::ops::{Context, log};

/// Stand on another branch or commit
///
/// Only files that differ are touched. What is staged and what was changed comes along where the two
/// commits agree on it; where they do not, the switch is refused and nothing is touched.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv switch main
  mlv switch -
  mlv switch -c experiment
  mlv switch -c hotfix v1.2
  mlv switch --detach HEAD~2")]
pub struct Args {
    /// A branch; `-` is where you stood before
    #[arg(value_name = "NAME", required_unless_present_any = ["create", "detach"])]
    target: Option<String>,
    /// Make a branch and stand on it; what follows is where it starts [default: HEAD]
    #[arg(short = 'c', long, short_alias = 'b', value_name = "NAME")]
    create: Option<String>,
    /// Stand on a commit, on no branch
    #[arg(long, conflicts_with = "create")]
    detach: bool,
    /// Overwrite changes that are in no commit; `mlv undo` brings them back
    #[arg(long, alias = "force", short_alias = 'f')]
    discard_changes: bool,
    /// Print `{"branch", "id", "created", "already", "files", "saved", "hooks"}` as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let target = target(&args)?;
    let switched = switch(&context, &target, args.discard_changes)?;
    ui.end_progress();
    if args.json {
        ui.json(&switched)?;
    } else {
        tell(ui, &context, &switched)?;
    }
    warn_of_late_failures(ui, "switch", &switched.hooks);
    Ok(shared::unless_interrupted())
}

fn target(args: &Args) -> Result<Target, CommandError> {
    Ok(match (&args.create, args.detach, &args.target) {
        (Some(name), _, start) => Target::NewBranch { name: name.clone(), start: start.clone() },
        (None, true, revision) => {
            Target::Detached(revision.clone().unwrap_or_else(|| "HEAD".to_owned()))
        }
        (None, false, Some(name)) => Target::Branch(name.clone()),
        (None, false, None) => return Err(cli_error("where to?")),
    })
}

fn tell(ui: &mut Ui, context: &Context, switched: &Switched) -> Result<(), CommandError> {
    let files = match switched.files {
        0 => String::new(),
        files => format!(" ({} changed)", count(files as usize, "file")),
    };
    match (&switched.branch, switched.id) {
        (Some(branch), _) => {
            let name = ui.paint_talk(Label::Branch, branch);
            let line = match switched {
                Switched { created: true, .. } => format!("on new branch `{name}`{files}"),
                Switched { already: true, .. } => format!("already on `{name}`{files}"),
                _ => format!("switched to `{name}`{files}"),
            };
            ui.status(line);
        }
        (None, Some(id)) => {
            let entry = log::entry(context, id)?;
            let id = ui.paint_talk(Label::CommitId, id.short());
            let subject = printable(entry.subject()).into_owned();
            ui.status(format_args!("standing on {id} {subject}, on no branch{files}"));
            ui.hint("`mlv switch -c NAME` makes a branch here, `mlv switch -` goes back");
        }
        (None, None) => {}
    }
    tell_saved(ui, switched.saved, "mlv undo");
    if let Some(left) = switched.left {
        let id = left.short();
        ui.hint(format_args!("no branch leads to {id}, where you stood: `mlv branch NAME {id}`"));
    }
    Ok(())
}

/// Says that overwritten work is not lost.
pub fn tell_saved(ui: &mut Ui, saved: u64, way_back: &str) {
    if saved > 0 {
        let was = if saved == 1 { "was" } else { "were" };
        let files = count(saved as usize, "file");
        ui.status(format_args!(
            "{files} with unsaved changes {was} saved; `{way_back}` brings {} back",
            if saved == 1 { "it" } else { "them" }
        ));
    }
}
