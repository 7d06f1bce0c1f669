//! The verbs: one file each, and the one list that the command line, help, completions, man pages and
//! `docs/reference.md` are made from. `docs/architecture.md` says how to add one.

use super::error::CommandError;
use super::exit::ExitStatus;
use super::globals::Globals;
use super::ui::Ui;

mod add;
mod branch;
mod cat;
mod check;
mod cherry_pick;
mod ci;
mod clone;
mod commit;
mod completions;
mod config;
mod demo;
mod deploy;
mod diff;
mod drift;
mod du;
mod export;
mod fetch;
mod fsck;
mod gate;
mod gc;
mod help;
mod hooks;
mod import;
mod init;
mod log;
mod ls;
mod ls_remote;
mod man;
mod merge;
mod metrics;
mod model;
mod mv;
mod op;
mod params;
mod pull;
mod push;
mod redo;
mod remote;
mod reset;
mod restore;
mod revert;
mod rm;
mod shared;
mod show;
mod sparse;
mod stash;
mod status;
mod switch;
mod tag;
mod undo;
mod verify;
mod version;

/// Every verb, in the order of the overview.
pub const COMMANDS: &[Verb] = &[
    verb!(Start, WorkingCopy, "init", init),
    verb!(Start, WorkingCopy, "clone", clone),
    verb!(Start, WorkingCopy, "demo", demo),
    verb!(Work, WorkingCopy, "add", add),
    verb!(Work, WorkingCopy, "status", status),
    verb!(Work, WorkingCopy, "commit", commit),
    verb!(Work, WorkingCopy, "rm", rm),
    verb!(Work, WorkingCopy, "mv", mv),
    verb!(Work, WorkingCopy, "restore", restore),
    verb!(Work, WorkingCopy, "stash", stash),
    verb!(Work, WorkingCopy, "sparse", sparse),
    verb!(Work, WorkingCopy, "import", import),
    verb!(Look, History, "log", log),
    verb!(Look, History, "show", show),
    verb!(Look, History, "diff", diff),
    verb!(Look, History, "ls", ls),
    verb!(Look, History, "cat", cat),
    verb!(Look, History, "du", du),
    verb!(Look, History, "export", export),
    verb!(Branch, History, "branch", branch),
    verb!(Branch, WorkingCopy, "switch" | "checkout", switch),
    verb!(Branch, History, "merge", merge),
    verb!(Branch, History, "cherry-pick", cherry_pick),
    verb!(Branch, History, "tag", tag),
    verb!(Undo, WorkingCopy, "undo", undo),
    verb!(Undo, WorkingCopy, "redo", redo),
    verb!(Undo, WorkingCopy, "op", op),
    verb!(Undo, History, "revert", revert),
    verb!(Undo, WorkingCopy, "reset", reset),
    verb!(Pipeline, History, "hooks", hooks),
    verb!(Pipeline, History, "check", check),
    verb!(Pipeline, History, "drift", drift),
    verb!(Pipeline, History, "gate", gate),
    verb!(Pipeline, History, "metrics", metrics),
    verb!(Pipeline, History, "params", params),
    verb!(Pipeline, History, "model", model),
    verb!(Pipeline, WorkingCopy, "deploy", deploy),
    verb!(Pipeline, WorkingCopy, "ci", ci),
    verb!(Share, WorkingCopy, "remote", remote),
    verb!(Share, WorkingCopy, "push", push),
    verb!(Share, WorkingCopy, "pull", pull),
    verb!(Share, WorkingCopy, "fetch", fetch),
    verb!(Share, History, "ls-remote", ls_remote),
    verb!(Share, History, "verify", verify),
    verb!(Upkeep, History, "gc", gc),
    verb!(Upkeep, History, "fsck", fsck),
    verb!(Upkeep, Nothing, "config", config),
    verb!(Help, Nothing, "help", help),
    verb!(Help, Nothing, "completions", completions),
    verb!(Help, Nothing, "man", man),
    verb!(Help, Nothing, "version", version),
];

/// What a verb is about; the overview lists verbs by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Start,
    Work,
    Look,
    Branch,
    Undo,
    Pipeline,
    Share,
    Upkeep,
    Help,
}

/// What a verb works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    Nothing,
    /// Commits and what they hold: here, or at a remote that is named with `--repo`.
    History,
    /// What only a repository of one's own has: files, what is staged, operations, remotes.
    WorkingCopy,
}

/// The groups with their titles, in the order of the overview.
pub const GROUPS: &[(Group, &str)] = &[
    (Group::Start, "Start"),
    (Group::Work, "Work on the current change"),
    (Group::Look, "Look at history and content"),
    (Group::Branch, "Branch, merge and mark"),
    (Group::Undo, "Take back"),
    (Group::Pipeline, "Hooks, checks and models"),
    (Group::Share, "Share"),
    (Group::Upkeep, "Settings and upkeep"),
    (Group::Help, "Help"),
];

/// A verb of the command line.
#[derive(Debug)]
pub struct Verb {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub group: Group,
    pub needs: Needs,
    augment: fn(clap::Command) -> clap::Command,
    pub run: Run,
}

type Run = fn(&mut Ui, &Globals, &clap::ArgMatches) -> Result<ExitStatus, CommandError>;

impl Verb {
    /// Returns the verb as clap sees it, with the help of its `Args`.
    pub fn command(&self) -> clap::Command {
        (self.augment)(clap::Command::new(self.name)).visible_aliases(self.aliases)
    }

    /// Returns the name, then the aliases.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

/// Returns the verb of this name or alias.
pub fn find(name: &str) -> Option<&'static Verb> {
    COMMANDS.iter().find(|verb| verb.names().any(|own| own == name))
}

/// Makes a line of the list: `verb!(Branch, WorkingCopy, "switch" | "checkout", switch)` is the module
/// `switch` with its `Args` and `run`, and an alias.
macro_rules! verb {
    ($group:ident, $needs:ident, $name:literal $(| $alias:literal)*, $module:ident) => {
        Verb {
            name: $name,
            aliases: &[$($alias),*],
            group: Group::$group,
            needs: Needs::$needs,
            augment: <$module::Args as clap::Args>::augment_args,
            run: |ui, globals, matches| {
                let args = <$module::Args as clap::FromArgMatches>::from_arg_matches(matches)?;
                $module::run(ui, globals, args)
            },
        }
    };
}
use verb;
