//! `mlv log`

use std::ffi::OsString;

use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::Graph;
use crate::cli::render::commit::CommitView;
use crate::cli::session;
use crate::cli::ui::Ui;
use crate::ops::Context;
use crate::ops::log::{LogEntry, LogOptions, visit};

/// Show the commits that lead to a revision, newest first
///
/// With paths, only the commits that changed one of them. `A..B` shows the commits of B that A has
/// not.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv log
  mlv log --oneline --graph
  mlv log -n 5 main -- data/customers.csv
  mlv log main..feature
  mlv log --json | jq '.[0].meta'")]
pub struct Args {
    /// Where to start [default: HEAD]
    #[arg(value_name = "REV")]
    revision: Option<String>,
    /// Only commits that changed one of these paths
    #[arg(last = true, value_name = "PATH")]
    paths: Vec<OsString>,
    /// Show no more than N commits
    #[arg(short = 'n', long = "max-count", value_name = "N")]
    limit: Option<usize>,
    /// One line for each commit
    #[arg(long)]
    oneline: bool,
    /// Draw how the lines of history part and meet
    #[arg(long, conflicts_with = "json")]
    graph: bool,
    /// Print `[{"id", "parents", "author", "time", "message", "meta", "tree", "code", "refs",
    /// "verdicts"}]` as JSON
    #[arg(long, conflicts_with = "oneline")]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let options = LogOptions {
        revision: args.revision.clone(),
        limit: args.limit,
        paths: args.paths.clone(),
        topological: args.graph,
        verdicts: args.json,
    };
    if args.json {
        let mut entries = Vec::new();
        visit(&context, &options, &mut |entry| {
            entries.push(entry);
            Ok::<_, CommandError>(())
        })?;
        ui.json(&entries)?;
        return Ok(ExitStatus::Done);
    }
    let count = show(ui, &context, &options, &args)?;
    if count == 0 && !args.paths.is_empty() && args.limit != Some(0) {
        ui.status("no commit changed these paths");
    }
    Ok(ExitStatus::Done)
}

/// Shows the commits as they are found; returns how many there were.
fn show(
    ui: &mut Ui,
    context: &Context,
    options: &LogOptions,
    args: &Args,
) -> Result<usize, CommandError> {
    let view = CommitView::new(ui.data_paint(), &context.repo.head()?);
    let mut graph = args.graph.then(Graph::default);
    let mut count = 0;
    visit(context, options, &mut |entry: LogEntry| {
        if count == 0 {
            ui.start_pager()?;
        }
        let mut lines = if args.oneline { vec![view.line(&entry)] } else { view.lines(&entry) };
        if !args.oneline && count > 0 && graph.is_none() {
            ui.data("")?;
        }
        if let Some(graph) = &mut graph {
            lines = beside(graph, &entry, lines, args.oneline);
        }
        count += 1;
        lines.iter().try_for_each(|line| ui.data(line.trim_end()))
    })?;
    Ok(count)
}

/// Puts the lines of a commit beside its part of the graph.
fn beside(graph: &mut Graph, entry: &LogEntry, text: Vec<String>, oneline: bool) -> Vec<String> {
    let rows = graph.next(entry.id, &entry.parents);
    let mut text = text.into_iter().peekable();
    let mut lines = vec![format!("{} {}", rows.node, text.next().unwrap_or_default())];
    if let Some(link) = rows.link {
        lines.push(format!("{link} {}", text.next().unwrap_or_default()));
    }
    lines.extend(text.map(|line| format!("{} {line}", rows.rest)));
    if !oneline {
        lines.push(rows.rest);
    }
    lines
}
