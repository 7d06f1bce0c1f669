//! From the command line to a verb, and from its result to an exit code.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Args as _, FromArgMatches as _};

use super::commands::{self, COMMANDS, Needs};
use super::error::CommandError;
use super::exit::ExitStatus;
use super::globals::{GlobalArgs, Globals};
use super::help;
use super::trace;
use super::ui::Ui;
use crate::base::interrupt::{self, Interrupted};
use crate::config::Environment;

/// Returns the whole command line as clap sees it, made from the list of verbs.
pub fn command() -> clap::Command {
    let root = clap::Command::new("mlv")
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_subcommand(true)
        .infer_long_args(true)
        .max_term_width(100)
        .subcommands(COMMANDS.iter().map(commands::Verb::command));
    // The flags bring a help text of their own.
    GlobalArgs::augment_args(root).about("Git for data, features and models").long_about(None)
}

/// Reads the command line and runs the verb it names.
pub fn run(
    ui: &mut Ui,
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<ExitStatus, CommandError> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let matches = match command().try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) if error.kind() == ErrorKind::DisplayHelp && !names_a_verb(&arguments) => {
            return help::show_everything(ui);
        }
        Err(error) if !error.use_stderr() => return help::show_rendered(ui, &error),
        Err(error) => return Err(error.into()),
    };
    let args = GlobalArgs::from_arg_matches(&matches)?;
    ui.configure(&args);
    let globals = Globals::enter(args, Environment::from_process(), typed(&arguments))?;
    trace::start(&globals.environment)?;
    match matches.subcommand() {
        Some((name, matches)) => {
            let verb = commands::find(name).expect("clap knows the verbs of the list only");
            if verb.needs == Needs::WorkingCopy {
                globals.refuse_remote(verb.name)?;
            }
            let done = (verb.run)(ui, &globals, matches);
            done.map_err(|error| with_remote(error, globals.args.repo.as_deref()))
        }
        None => help::show_overview(ui),
    }
}

/// Names the remote that is worked on in the hints, where they say a verb that works there.
fn with_remote(mut error: CommandError, remote: Option<&str>) -> CommandError {
    let Some(remote) = remote else { return error };
    let works = |command: &str| {
        let name = command.split([' ', '`']).next().unwrap_or_default();
        commands::find(name).is_some_and(|verb| verb.needs == Needs::History)
    };
    for hint in &mut error.hints {
        let commands = hint.split("`mlv ").enumerate().map(|(at, text)| match at {
            1.. if works(text) => format!("--repo {} {text}", quoted(remote)),
            _ => text.to_owned(),
        });
        *hint = commands.collect::<Vec<_>>().join("`mlv ");
    }
    error
}

/// Returns the command line in one line, as a shell would take it.
fn typed(arguments: &[OsString]) -> String {
    let words = arguments.iter().skip(1).map(|word| quoted(&word.to_string_lossy()));
    std::iter::once("mlv".into()).chain(words).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:=@~^{},+%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn names_a_verb(arguments: &[OsString]) -> bool {
    arguments
        .iter()
        .skip(1)
        .filter_map(|word| word.to_str())
        .any(|word| commands::find(word).is_some())
}

/// Shows what went wrong and returns how the program ends.
pub fn conclude(ui: &mut Ui, result: Result<ExitStatus, CommandError>) -> ExitStatus {
    let result = result.and_then(|status| ui.flush().map(|()| status));
    let status = match result {
        Ok(status) => status,
        Err(error) if ui.is_broken_pipe(&error) => ExitStatus::Done,
        // Whatever failed, it failed because the user asked to stop.
        Err(_) if interrupt::requested() => {
            ui.error(&Interrupted.into());
            ExitStatus::Interrupted
        }
        Err(error) => {
            ui.error(&error);
            error.exit
        }
    };
    // What can still fail here is a pager that was left early.
    let _ = ui.finish();
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::error::user_error;

    #[test]
    fn the_command_line_holds_together() {
        command().debug_assert();
    }

    #[test]
    fn every_help_opens_with_an_imperative_line_and_shows_examples() {
        for verb in COMMANDS {
            let command = verb.command();
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(about.len() < 79, "the first help line of {} is too long", verb.name);
            assert!(about.starts_with(char::is_uppercase), "{}: {about}", verb.name);
            assert!(!about.ends_with('.'), "{}: no full stop in the first line", verb.name);
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(after.starts_with("Examples:\n"), "{} has no examples", verb.name);
        }
    }

    #[test]
    fn a_command_is_remembered_as_a_shell_would_take_it() {
        let words = ["/bin/mlv", "commit", "-m", "it's done", "a.csv", ""].map(OsString::from);
        assert_eq!(typed(&words), r"mlv commit -m 'it'\''s done' a.csv ''");
    }

    #[test]
    fn a_hint_names_the_remote_where_its_verb_works_there() {
        let error = || user_error("x").hinted("`mlv clone X`, `mlv hooks trust main` or `mlv log`");
        let hints = |remote| with_remote(error(), remote).hints.concat();
        assert_eq!(hints(None), "`mlv clone X`, `mlv hooks trust main` or `mlv log`");
        let told = "`mlv clone X`, `mlv --repo 'a b' hooks trust main` or `mlv --repo 'a b' log`";
        assert_eq!(hints(Some("a b")), told);
    }

    #[test]
    fn a_name_belongs_to_one_verb() {
        let mut names: Vec<&str> = COMMANDS.iter().flat_map(commands::Verb::names).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
