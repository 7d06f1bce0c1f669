//! Wrong command lines: what clap found, in our words.

use clap::error::{ContextKind, ContextValue};

use super::app;
use super::error::{CommandError, cli_error, did_you_mean};
use super::help;

impl From<clap::Error> for CommandError {
    fn from(error: clap::Error) -> Self {
        if let Some(verb) = text(&error, ContextKind::InvalidSubcommand) {
            return unknown_verb(&error, &verb);
        }
        let message = match text(&error, ContextKind::InvalidArg) {
            Some(option) if error.kind() == clap::error::ErrorKind::UnknownArgument => {
                format!("no option or argument `{option}` here")
            }
            _ => first_paragraph(&error),
        };
        let suggestion = text(&error, ContextKind::SuggestedArg);
        cli_error(message)
            .maybe_hinted(suggestion.map(|option| format!("did you mean `{option}`?")))
            .maybe_hinted(usage(&error))
    }
}

fn unknown_verb(error: &clap::Error, verb: &str) -> CommandError {
    let above = verbs_above(error);
    let command = help::find_command(app::command(), &above).unwrap_or_else(|_| app::command());
    let names = command
        .get_subcommands()
        .filter(|below| !below.is_hide_set())
        .flat_map(|below| below.get_name_and_visible_aliases());
    let help = ["mlv", "help"].into_iter().chain(above.iter().map(String::as_str));
    cli_error(format!("no verb `{verb}`"))
        .maybe_hinted(did_you_mean(verb, names))
        .hinted(format!("`{}` lists the verbs", help.collect::<Vec<_>>().join(" ")))
}

/// Returns the verbs that stood before the unknown one: `config` for `mlv config gte`.
fn verbs_above(error: &clap::Error) -> Vec<String> {
    let usage = usage(error).unwrap_or_default();
    let words = usage.split_whitespace().skip(2);
    words.take_while(|word| !word.starts_with(['[', '<'])).map(str::to_owned).collect()
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => texts.first().cloned(),
        _ => None,
    }
}

/// Returns clap's own message without its head, tips and usage.
fn first_paragraph(error: &clap::Error) -> String {
    let rendered = error.render().to_string();
    let paragraph = rendered.split("\n\n").next().unwrap_or_default();
    paragraph.trim_start_matches("error: ").trim_end().replace('\'', "`")
}

fn usage(error: &clap::Error) -> Option<String> {
    match error.get(ContextKind::Usage)? {
        ContextValue::StyledStr(usage) => {
            Some(usage.to_string().trim_end().replacen("Usage:", "usage:", 1))
        }
        _ => None,
    }
}
