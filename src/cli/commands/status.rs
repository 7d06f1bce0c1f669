//! `mlv status`

use std::collections::BTreeMap;

use crate::base::RepoPath;
use crate::cli::error::CommandError;
use crate::cli::exit::ExitStatus;
use crate::cli::globals::Globals;
use crate::cli::render::{count, printable, seen_from};
use crate::cli::session;
use crate::cli::style::Label;
use crate::cli::ui::Ui;
use crate::ops::status::{StatusReport, status};
use crate::ops::upstream::Distance;
use crate::workspace::Sparse;
use crate::workspace::status::{Change, ChangeKind, Untracked, UntrackedMode};

/// Show what the next commit will hold, and what it will not
///
/// With `-s` a line each: the first letter tells what is staged, the second what is not, as in Git.
/// Only reads: it needs no lock and works on a read-only repository.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  mlv status
  mlv status -s
  mlv status --json")]
pub struct Args {
    /// Show a line with two letters for each path
    #[arg(short, long)]
    short: bool,

    /// Print `{"branch", "head", "staged", "unstaged", "untracked", "conflicts", "clean", ...}` as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(ui: &mut Ui, globals: &Globals, args: Args) -> Result<ExitStatus, CommandError> {
    let context = session::open(ui, globals)?;
    let report = status(&context, UntrackedMode::Collapsed)?;
    if args.json {
        ui.json(&report)?;
        return Ok(ExitStatus::Done);
    }
    let mut screen = Screen { ui, standing: context.standing(), sparse: &report.sparse };
    if args.short {
        screen.short(&report)?;
    } else {
        screen.long(&report)?;
    }
    for notice in &report.notices {
        ui.warning(notice);
    }
    Ok(ExitStatus::Done)
}

const OUTSIDE: &str = " (outside of the sparse set)";

/// A status on its way to a person, whose paths are seen from where the person stands.
#[derive(Debug)]
struct Screen<'a> {
    ui: &'a mut Ui,
    standing: RepoPath,
    sparse: &'a Sparse,
}

impl Screen<'_> {
    fn long(&mut self, report: &StatusReport) -> Result<(), CommandError> {
        self.head(report)?;
        self.section(
            "Staged for the next commit",
            "`mlv restore --staged PATH` unstages",
            report.staged.iter().map(|change| self.change(change, Label::Added)).collect(),
        )?;
        self.section(
            "In conflict",
            "settle each, then `mlv add PATH`",
            report.conflicts.iter().map(|path| self.conflict(path)).collect(),
        )?;
        self.section(
            "Changed, but not staged",
            "`mlv add PATH` stages, `mlv restore PATH` takes back",
            report.unstaged.iter().map(|change| self.unstaged(change)).collect(),
        )?;
        self.section(
            "Untracked",
            "`mlv add PATH` takes in",
            report.untracked.iter().map(|untracked| self.untracked(untracked)).collect(),
        )?;
        if report.clean {
            self.ui.data(if report.head.is_some() {
                "nothing to commit"
            } else {
                "no files yet"
            })?;
        }
        Ok(())
    }

    fn head(&mut self, report: &StatusReport) -> Result<(), CommandError> {
        match (&report.branch, &report.head) {
            (Some(branch), head) => {
                let branch = self.ui.paint(Label::Branch, printable(branch));
                let born = if head.is_some() { "" } else { ", which has no commit yet" };
                self.ui.data(format_args!("On branch {branch}{born}"))?;
            }
            (None, Some(head)) => {
                let id = self.ui.paint(Label::CommitId, head.short());
                self.ui.data(format_args!("On commit {id}, on no branch"))?;
            }
            (None, None) => {}
        }
        if let Some(upstream) = &report.upstream {
            let name = self.ui.paint(Label::Branch, printable(&upstream.name));
            self.ui.data(format_args!("{}", apart(upstream, &name.to_string())))?;
        }
        if let Some(code) = &report.code {
            let id = self
                .ui
                .paint(Label::CommitId, printable(code.commit.get(..10).unwrap_or(&code.commit)));
            let dirty = if code.dirty { ", with changes that Git has not committed" } else { "" };
            self.ui.data(format_args!("Code at {id}{dirty}"))?;
        }
        if !self.sparse.is_everything() {
            let paths = count(self.sparse.paths().len(), "path");
            self.ui.data(format_args!("Sparse: {paths}"))?;
        }
        if let Some(source) = &report.merging {
            let source = self.ui.paint(Label::Branch, printable(source));
            let next = if report.conflicts.is_empty() {
                "--continue` concludes it, `mlv merge --abort` takes"
            } else {
                "--abort` takes"
            };
            self.ui.data(format_args!("Merging {source} (`mlv merge {next} it back)"))?;
        }
        Ok(())
    }

    fn section(&mut self, title: &str, hint: &str, lines: Vec<String>) -> Result<(), CommandError> {
        if lines.is_empty() {
            return Ok(());
        }
        let title = self.ui.paint(Label::Heading, title);
        let hint = self.ui.paint(Label::Faint, format!("({hint})"));
        self.ui.data(format_args!("\n{title} {hint}:"))?;
        lines.into_iter().try_for_each(|line| self.ui.data(line))
    }

    fn change(&self, change: &Change, label: Label) -> String {
        let word = format!("{}:", change.kind.word());
        let path = seen_from(&self.standing, &change.path);
        match &change.from {
            Some(from) => {
                let from = seen_from(&self.standing, from);
                self.line(Label::Renamed, &word, &format!("{from} -> {path}"))
            }
            None => self.line(label, &word, &path),
        }
    }

    /// Returns the line of a file, which may be there although nobody asked for it.
    fn unstaged(&self, change: &Change) -> String {
        let outside = if self.sparse.contains(&change.path) { "" } else { OUTSIDE };
        format!("{}{outside}", self.change(change, Label::Deleted))
    }

    fn line(&self, label: Label, word: &str, path: &str) -> String {
        format!("  {}", self.ui.paint(label, format!("{word:<12}{path}")))
    }

    fn conflict(&self, path: &RepoPath) -> String {
        self.line(Label::Conflict, "conflict:", &seen_from(&self.standing, path))
    }

    fn untracked(&self, untracked: &Untracked) -> String {
        let slash = if untracked.is_directory { "/" } else { "" };
        let path = seen_from(&self.standing, &untracked.path);
        format!("  {}", self.ui.paint(Label::Deleted, format!("{path}{slash}")))
    }

    /// Shows a line for each path, in the order of paths.
    fn short(&mut self, report: &StatusReport) -> Result<(), CommandError> {
        for ((path, _), line) in two_letters(report) {
            let [staged, unstaged] = line.letters;
            let (first, second) = match line.letters {
                ['U', 'U'] => (Label::Conflict, Label::Conflict),
                ['?', '?'] => (Label::Deleted, Label::Deleted),
                _ => (Label::Added, Label::Deleted),
            };
            let (staged, unstaged) =
                (self.ui.paint(first, staged), self.ui.paint(second, unstaged));
            let slash = if line.is_directory { "/" } else { "" };
            let path = seen_from(&self.standing, path);
            let from = line.from.map(|from| format!("{} -> ", seen_from(&self.standing, from)));
            let from = from.unwrap_or_default();
            self.ui.data(format_args!("{staged}{unstaged} {from}{path}{slash}"))?;
        }
        Ok(())
    }
}

/// Says how far a branch and its upstream, which shows as `name`, are apart.
fn apart(upstream: &Distance, name: &str) -> String {
    match (upstream.ahead, upstream.behind) {
        (Some(0), Some(0)) => format!("Up to date with {name}"),
        (Some(ahead), Some(0)) => {
            format!("{} ahead of {name} (`mlv push` sends them)", count(ahead, "commit"))
        }
        (Some(0), Some(behind)) => {
            format!("{} behind {name} (`mlv pull` takes them in)", count(behind, "commit"))
        }
        (Some(ahead), Some(behind)) => {
            let ahead = count(ahead, "commit");
            format!("{ahead} ahead of {name} and {behind} behind (`mlv pull` merges them)")
        }
        _ => format!("{name} is gone, or there is nothing to compare yet"),
    }
}

/// What the short form tells of a path.
#[derive(Debug, Clone, Copy)]
struct ShortLine<'a> {
    letters: [char; 2],
    from: Option<&'a RepoPath>,
    is_directory: bool,
}

impl Default for ShortLine<'_> {
    fn default() -> Self {
        Self { letters: [' ', ' '], from: None, is_directory: false }
    }
}

/// Returns the lines by path; one that left the next commit but not the disk has two.
fn two_letters(report: &StatusReport) -> BTreeMap<(&RepoPath, bool), ShortLine<'_>> {
    let mut lines: BTreeMap<_, ShortLine<'_>> = BTreeMap::new();
    for change in &report.staged {
        let line = lines.entry((&change.path, false)).or_default();
        line.letters[0] = letter(change.kind);
        line.from = change.from.as_ref();
    }
    for change in &report.unstaged {
        lines.entry((&change.path, false)).or_default().letters[1] = letter(change.kind);
    }
    for path in &report.conflicts {
        lines.entry((path, false)).or_default().letters = ['U', 'U'];
    }
    for untracked in &report.untracked {
        let line = lines.entry((&untracked.path, true)).or_default();
        line.letters = ['?', '?'];
        line.is_directory = untracked.is_directory;
    }
    lines
}

fn letter(kind: ChangeKind) -> char {
    match kind {
        ChangeKind::Added => 'A',
        ChangeKind::Modified => 'M',
        ChangeKind::Deleted => 'D',
        ChangeKind::Renamed => 'R',
        ChangeKind::TypeChange => 'T',
    }
}
