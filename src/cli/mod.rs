//! The command line: streams, style, errors with hints, exit codes, help.
//! `commands/` holds one file a verb, and the one list of them.

use std::process::ExitCode;

mod app;
mod commands;
mod editor;
pub mod error;
pub mod exit;
pub mod globals;
mod help;
mod pager;
pub mod progress;
pub mod reference;
pub mod render;
pub mod report;
pub mod runs;
pub mod session;
pub mod style;
pub mod topics;
mod trace;
pub mod ui;
mod usage;
mod worker;

/// Runs the program.
pub fn main() -> ExitCode {
    crate::base::interrupt::install();
    let mut ui = ui::Ui::new();
    let result = app::run(&mut ui, std::env::args_os());
    app::conclude(&mut ui, result).into()
}
