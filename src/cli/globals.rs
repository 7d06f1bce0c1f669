//! The flags every verb understands, and what they lead to: where the user stands, the repository
//! there, its settings.

use std::path::PathBuf;

use super::error::{CommandError, user_error};
use super::ui::Ui;
use crate::base::fs::IoContext;
use crate::config::{Config, Environment, parse_assignment};
use crate::repo::{Layout, RepoError};

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorWhen {
    #[default]
    Auto,
    Always,
    Never,
}

impl ColorWhen {
    /// Returns what a setting says; anything unknown is `auto`.
    pub fn from_setting(text: &str) -> Self {
        clap::ValueEnum::from_str(text, false).unwrap_or_default()
    }
}

/// The flags every verb understands, as they were typed.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Run as if started in DIR; stands before the verb
    #[arg(short = 'C', value_name = "DIR")]
    pub directories: Vec<PathBuf>,

    /// Set a setting for this run; stands before the verb
    #[arg(short = 'c', value_name = "KEY=VALUE")]
    pub settings: Vec<String>,

    /// Work on the remote at ADDRESS, without a clone; stands before the verb
    #[arg(long, value_name = "ADDRESS")]
    pub repo: Option<String>,

    /// Colour the output: always, never, or (auto) on a terminal unless NO_COLOR is set
    #[arg(long, value_name = "WHEN", global = true, hide_possible_values = true)]
    pub color: Option<ColorWhen>,

    /// Say only what went wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more
    #[arg(short, long, global = true)]
    pub verbose: bool,

    /// Do not page long output
    #[arg(long, global = true)]
    pub no_pager: bool,
}

/// What every verb is given.
#[derive(Debug)]
pub struct Globals {
    pub args: GlobalArgs,
    pub environment: Environment,
    /// The command line as it was typed, for the operation log.
    pub command: String,
}

impl Globals {
    /// Goes where `-C` says, one step after the other.
    pub fn enter(
        args: GlobalArgs,
        environment: Environment,
        command: String,
    ) -> Result<Self, CommandError> {
        for directory in &args.directories {
            std::env::set_current_dir(directory).context("enter", directory)?;
        }
        Ok(Self { args, environment, command })
    }

    /// Returns the directory that paths on the command line are relative to.
    pub fn directory(&self) -> Result<PathBuf, CommandError> {
        std::env::current_dir().map_err(|error| {
            user_error(format!("the directory you stand in cannot be found: {error}"))
                .hinted("it may be gone: `cd` to one that is there, or say where with `-C DIR`")
        })
    }

    /// Returns the remote to work on without a clone, where one is named.
    pub fn remote(&self) -> Option<&str> {
        self.args.repo.as_deref().or_else(|| self.environment.get("MLV_REPO"))
    }

    /// Refuses a verb that is about a working copy where a remote is worked on.
    pub fn refuse_remote(&self, verb: &str) -> Result<(), CommandError> {
        let Some(remote) = self.remote() else { return Ok(()) };
        let error = user_error(format!("`mlv {verb}` needs a working copy"))
            .hinted(format!("`mlv clone {remote}` makes one"));
        let is_variable = self.args.repo.is_none();
        Err(error.maybe_hinted(is_variable.then_some("`MLV_REPO` is set: unset it to work here")))
    }

    /// Returns the repository the user stands in, or the one that `MLV_DIR` names.
    pub fn layout(&self) -> Result<Layout, CommandError> {
        let Some(named) = self.environment.path("MLV_DIR") else {
            return Ok(Layout::discover(&self.directory()?)?);
        };
        let dot_dir = named.canonicalize().context("open", &named)?;
        let root = dot_dir.parent().filter(|root| Layout::at(*root).dot_dir() == dot_dir);
        let root = root.ok_or_else(|| {
            user_error(format!("MLV_DIR is `{}`, which is no `.mlv` directory", named.display()))
        })?;
        Ok(Layout::discover(root)?)
    }

    /// Returns the repository the user stands in, or nothing outside of any.
    pub fn layout_if_any(&self) -> Result<Option<Layout>, CommandError> {
        if self.remote().is_some() {
            return Ok(None);
        }
        if self.environment.path("MLV_DIR").is_some() {
            return self.layout().map(Some);
        }
        match Layout::discover(&self.directory()?) {
            Ok(layout) => Ok(Some(layout)),
            Err(RepoError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads the settings that hold in a repository, or outside of any; `ui` follows them.
    pub fn config(&self, ui: &mut Ui, layout: Option<&Layout>) -> Result<Config, CommandError> {
        let flags: Vec<_> = self
            .args
            .settings
            .iter()
            .map(|text| parse_assignment(text))
            .collect::<Result<_, _>>()?;
        let file = layout.map(Layout::config);
        let (config, warnings) = Config::load(&self.environment, file.as_deref(), &flags)?;
        for warning in warnings {
            ui.warning(warning);
        }
        ui.follow(&self.args, &config);
        Ok(config)
    }
}
