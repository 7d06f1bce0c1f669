//! `mlv hooks run`

use std::path::PathBuf;

use super::runs::known_event;
use crate::base::CommitId;
use crate::cli::commands::shared::unless_interrupted;
use crate::cli::error::{CommandError, cli_error, user_error};
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{Column, Table, count, printable};
use crate::cli::report::{self, ReportFormat};
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::hook::event::Event;
use crate::hook::runner::{RunRecord, Status};
use crate::ops::Context;
use crate::ops::hooks::{self, ReplayRequest, ReplayResult, Replayed, WhichDefinitions};

/// Run the hooks of an event without the event: on what is staged, a merge to be, or history
///
/// No branch moves and no file of yours changes; the journal tells of the runs. It exits with 3 where
/// the hooks would refuse, with 4 where the merge has conflicts. `manual` is the event that this verb
/// fires itself: what its hooks make becomes a commit, as after every deed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv hooks run pre-commit
  mlv hooks run pre-commit --at HEAD~3
  mlv hooks run pre-merge --source better-features --into main
  mlv hooks run pre-merge --range v1.0..main --only gate   # a new gate on old merges
  mlv hooks run manual --only train")]
pub struct Args {
    /// The event, as `pre-commit`
    #[arg(value_parser = known_event)]
    event: Event,

    /// On this commit, with the definitions and the base that it had
    #[arg(long, value_name = "REV", conflicts_with_all = ["range", "source"])]
    at: Option<String>,

    /// On each commit of A..B along first parents, the oldest first, with the `mlv.yaml` of the
    /// working copy
    #[arg(long, value_name = "A..B", conflicts_with = "source")]
    range: Option<String>,

    /// On the merge of this branch or commit
    #[arg(long, value_name = "REV")]
    source: Option<String>,

    /// As if it happened on this branch; the one checked out where none is named
    #[arg(long, value_name = "BRANCH")]
    into: Option<String>,

    /// Run only this hook, and those it needs; may be repeated
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,

    /// Whose hooks: `history` (those that counted), `worktree` (those of the working copy), or a file
    #[arg(long, value_name = "WHOSE")]
    definitions: Option<PathBuf>,

    /// Tell which hooks would run, and why the others would not
    #[arg(short = 'n', long)]
    dry_run: bool,

    /// Run every hook, though an earlier verdict on the same inputs would do
    #[arg(long)]
    no_cache: bool,

    /// Print `[{"event", "branch", "commit", "tree", "result", "plan", "hooks": [run]}]` as JSON
    #[arg(long)]
    json: bool,

    /// Print a report for another tool
    #[arg(long, value_name = "FORMAT", conflicts_with_all = ["json", "dry_run"])]
    format: Option<ReportFormat>,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let (json, format, dry_run) = (args.json, args.format, args.dry_run);
    let reuses_verdicts = !args.no_cache;
    let request = request(args)?;
    let mut context = session::open(ui, globals)?;
    context.reuses_verdicts = reuses_verdicts;
    let replayed = if request.event == Event::Manual {
        vec![hooks::fire(&context, &request)?]
    } else {
        hooks::replay(&context, &request)?
    };
    if let Some(format) = format {
        write_report(ui, &context, format, &replayed)?;
    } else if json {
        ui.json(&replayed)?;
    } else if dry_run {
        show_plans(ui, &replayed)?;
    } else if request.range.is_some() {
        show_table(ui, &replayed)?;
    }
    conclude(ui, &replayed)
}

fn request(args: Args) -> Result<ReplayRequest, CommandError> {
    let event = args.event;
    let is_merge = matches!(event, Event::PreMerge | Event::PostMerge);
    if is_merge && args.at.is_none() && args.range.is_none() && args.source.is_none() {
        return Err(cli_error(format!("`{event}` needs a merge"))
            .hinted("name one to be with `--source BRANCH`, or one that was with `--at REV`"));
    }
    if args.source.is_some() && !is_merge {
        return Err(cli_error(format!(
            "`--source` names what is merged, and `{event}` merges nothing"
        )));
    }
    let elsewhere = args.range.is_some() || args.definitions.is_some();
    if event == Event::Manual && elsewhere {
        return Err(cli_error("`manual` is fired on one commit, with the definitions in it"));
    }
    Ok(ReplayRequest {
        event,
        at: args.at,
        range: args.range,
        source: args.source,
        into: args.into,
        only: args.only,
        definitions: args.definitions.map(which),
        dry_run: args.dry_run,
    })
}

fn which(whose: PathBuf) -> WhichDefinitions {
    match whose.to_str() {
        Some("history") => WhichDefinitions::History,
        Some("worktree") => WhichDefinitions::Worktree,
        _ => WhichDefinitions::File(whose),
    }
}

fn write_report(
    ui: &mut Ui,
    context: &Context,
    format: ReportFormat,
    replayed: &[Replayed],
) -> Result<(), CommandError> {
    let runs = replayed.iter().flat_map(|replayed| &replayed.hooks);
    let runs: Result<Vec<_>, _> = runs.map(|run| hooks::report(context, &run.run_id)).collect();
    report::write(ui, format, &runs?)
}

/// Shows which hooks would run.
fn show_plans(ui: &mut Ui, replayed: &[Replayed]) -> Result<(), CommandError> {
    for (at, replayed) in replayed.iter().enumerate() {
        let title = format!("{}{}", replayed.event, about(replayed));
        let title = ui.paint(Label::Heading, title).to_string();
        ui.data(format_args!("{}{title}", if at > 0 { "\n" } else { "" }))?;
        let mut table = Table::new([Column::left(), Column::left().labeled(Label::Faint)]);
        for hook in &replayed.plan {
            let reason = hook.reason.as_ref().map(|reason| format!(": {reason}"));
            let runs = if hook.runs { "would run" } else { "would not run" };
            table.row([hook.hook.clone(), format!("{runs}{}", reason.unwrap_or_default())]);
        }
        for line in table.lines(ui.data_paint()) {
            ui.data(format_args!("  {line}"))?;
        }
    }
    Ok(())
}

/// Returns what a replay was about, where that is a commit or a branch.
fn about(replayed: &Replayed) -> String {
    let branch = replayed.branch.as_ref().map(|branch| format!(" on {}", printable(branch)));
    let commit = replayed.commit.map(|id| format!(" at {}", id.short()));
    branch.unwrap_or_default() + &commit.unwrap_or_default()
}

/// Shows what became of each commit of a range, one a line.
fn show_table(ui: &mut Ui, replayed: &[Replayed]) -> Result<(), CommandError> {
    let columns = [
        Column::left().labeled(Label::CommitId),
        Column::left(),
        Column::left(),
        Column::left().labeled(Label::Faint),
    ];
    let mut table = Table::new(columns);
    for replayed in replayed {
        let bad = replayed.hooks.iter().find(|run| is_bad(run));
        table.row([
            replayed.commit.map(CommitId::short).unwrap_or_default(),
            word(replayed.result).to_owned(),
            bad.map(complaint).unwrap_or_default(),
            printable(&replayed.subject).into_owned(),
        ]);
    }
    for line in table.lines(ui.data_paint()) {
        ui.data(line)?;
    }
    Ok(())
}

fn word(verdict: ReplayResult) -> &'static str {
    match verdict {
        ReplayResult::Planned => "planned",
        ReplayResult::Nothing => "no hooks",
        ReplayResult::Passed => "passes",
        ReplayResult::Refused => "refused",
        ReplayResult::Failed => "fails",
    }
}

fn is_bad(run: &RunRecord) -> bool {
    matches!(run.status, Status::Failed | Status::Cancelled)
}

fn complaint(run: &RunRecord) -> String {
    let message = run.message.as_deref().unwrap_or(run.status.name());
    format!("`{}`: {}", run.hook, printable(message))
}

/// Says how it ended, and makes that the exit code.
fn conclude(ui: &mut Ui, replayed: &[Replayed]) -> Result<ExitStatus, CommandError> {
    let bad: Vec<&Replayed> = replayed
        .iter()
        .filter(|one| matches!(one.result, ReplayResult::Refused | ReplayResult::Failed))
        .collect();
    let Some(first) = bad.first() else {
        if replayed.iter().all(|one| one.result == ReplayResult::Nothing) {
            ui.status("no hook would run");
        }
        return Ok(unless_interrupted());
    };
    let run = first.hooks.iter().find(|run| is_bad(run));
    let hook = run.map(|run| run.hook.to_string()).unwrap_or_default();
    let (what, status) = match first.result {
        ReplayResult::Refused => ("would refuse", ExitStatus::Refused),
        _ => ("failed", ExitStatus::Failed),
    };
    let error = if replayed.len() == 1 {
        user_error(format!("`{hook}` {what}; nothing was changed"))
    } else {
        let all = count(replayed.len(), "commit");
        user_error(format!("{} of {all}: a hook {what}; nothing was changed", bad.len()))
    };
    let log = run.map(|run| format!("full log: `mlv hooks log {}`", run.run_id));
    Err(error.maybe_hinted(log).exiting(status))
}
