//! The flags every verb understands.

use std::path::PathBuf;

use super::error::CommandError;
use crate::base::fs::IoContext;

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorWhen {
    #[default]
    Auto,
    Always,
    Never,
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

    /// Colour the output: always, never, or (auto) on a terminal unless NO_COLOR is set
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    pub color: ColorWhen,

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
}

impl Globals {
    /// Goes where `-C` says, one step after the other.
    pub fn enter(args: GlobalArgs) -> Result<Self, CommandError> {
        for directory in &args.directories {
            std::env::set_current_dir(directory).context("enter", directory)?;
        }
        Ok(Self { args })
    }
}
