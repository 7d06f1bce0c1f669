//! The verbs: one file each, and the one list that the command line, help, completions, man pages and
//! `docs/reference.md` are made from. `docs/architecture.md` says how to add one.

use super::error::CommandError;
use super::exit::ExitStatus;
use super::globals::Globals;
use super::ui::Ui;

mod add;
mod branch;
mod cat;
mod cherry_pick;
mod ci;
mod clone;
mod commit;
mod completions;
mod config;
mod demo;
mod diff;
mod du;
mod export;
mod fetch;
mod fsck;
mod gc;
mod help;
mod hooks;
mod init;
mod log;
mod ls;
mod ls_remote;
mod man;
mod merge;
mod mv;
mod op;
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
    verb!(Start, "init", init),
    verb!(Start, "clone", clone),
    verb!(Start, "demo", demo),
    verb!(Work, "add", add),
    verb!(Work, "status", status),
    verb!(Work, "commit", commit),
    verb!(Work, "rm", rm),
    verb!(Work, "mv", mv),
    verb!(Work, "restore", restore),
    verb!(Work, "stash", stash),
    verb!(Work, "sparse", sparse),
    verb!(Look, "log", log),
    verb!(Look, "show", show),
    verb!(Look, "diff", diff),
    verb!(Look, "ls", ls),
    verb!(Look, "cat", cat),
    verb!(Look, "du", du),
    verb!(Look, "export", export),
    verb!(Branch, "branch", branch),
    verb!(Branch, "switch" | "checkout", switch),
    verb!(Branch, "merge", merge),
    verb!(Branch, "cherry-pick", cherry_pick),
    verb!(Branch, "tag", tag),
    verb!(Undo, "undo", undo),
    verb!(Undo, "redo", redo),
    verb!(Undo, "op", op),
    verb!(Undo, "revert", revert),
    verb!(Undo, "reset", reset),
    verb!(Pipeline, "hooks", hooks),
    verb!(Pipeline, "ci", ci),
    verb!(Share, "remote", remote),
    verb!(Share, "push", push),
    verb!(Share, "pull", pull),
    verb!(Share, "fetch", fetch),
    verb!(Share, "ls-remote", ls_remote),
    verb!(Share, "verify", verify),
    verb!(Upkeep, "gc", gc),
    verb!(Upkeep, "fsck", fsck),
    verb!(Upkeep, "config", config),
    verb!(Help, "help", help),
    verb!(Help, "completions", completions),
    verb!(Help, "man", man),
    verb!(Help, "version", version),
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

/// Makes a line of the list: `verb!(Branch, "switch" | "checkout", switch)` is the module `switch`
/// with its `Args` and `run`, and an alias.
macro_rules! verb {
    ($group:ident, $name:literal $(| $alias:literal)*, $module:ident) => {
        Verb {
            name: $name,
            aliases: &[$($alias),*],
            group: Group::$group,
            augment: <$module::Args as clap::Args>::augment_args,
            run: |ui, globals, matches| {
                let args = <$module::Args as clap::FromArgMatches>::from_arg_matches(matches)?;
                $module::run(ui, globals, args)
            },
        }
    };
}
use verb;
