//! What `mlv`, `mlv help` and `--help` show; all of it is read off the list of verbs and of topics.

use super::app;
use super::commands::{self, COMMANDS, GROUPS, Group};
use super::error::{CommandError, cli_error, did_you_mean};
use super::exit::ExitStatus;
use super::render::{Column, Table};
use super::style::Label;
use super::topics::{TOPICS, Topic};
use super::ui::Ui;

/// Shows the verbs in their groups, each with its first line of help.
pub fn show_overview(ui: &mut Ui) -> Result<ExitStatus, CommandError> {
    ui.data("mlv: Git for data, features and models\n")?;
    ui.data("Usage: mlv [-C DIR] [-c KEY=VALUE] VERB ...")?;
    for (group, title) in GROUPS {
        let table = verbs_of(*group);
        if !table.is_empty() {
            show_list(ui, title, &table)?;
        }
    }
    ui.data("\n`mlv help VERB` explains a verb, `mlv help TOPIC` a concept.")?;
    Ok(ExitStatus::Done)
}

/// Shows the verbs, the topics and the flags every verb understands.
pub fn show_everything(ui: &mut Ui) -> Result<ExitStatus, CommandError> {
    show_overview(ui)?;
    show_topics(ui)?;
    let title = ui.paint(Label::Heading, "Options").to_string();
    ui.data(format_args!("\n{title}"))?;
    let mut flags = app::command().help_template("{options}");
    show_styled(ui, &flags.render_help())
}

fn verbs_of(group: Group) -> Table<2> {
    let mut table = Table::new([Column::left().labeled(Label::Command), Column::left()]);
    for verb in COMMANDS.iter().filter(|verb| verb.group == group) {
        let about = verb.command().get_about().map(ToString::to_string).unwrap_or_default();
        table.row([format!("{:<11}", verb.name), about]);
    }
    table
}

/// Shows the list of concepts.
pub fn show_topics(ui: &mut Ui) -> Result<ExitStatus, CommandError> {
    let mut table = Table::new([Column::left().labeled(Label::Command), Column::left()]);
    for topic in TOPICS {
        table.row([format!("{:<11}", topic.name), topic.about.to_owned()]);
    }
    show_list(ui, "Topics", &table)?;
    Ok(ExitStatus::Done)
}

fn show_list(ui: &mut Ui, title: &str, table: &Table<2>) -> Result<(), CommandError> {
    let title = ui.paint(Label::Heading, title).to_string();
    ui.data(format_args!("\n{title}"))?;
    for line in table.lines(ui.data_paint()) {
        ui.data(format_args!("  {line}"))?;
    }
    Ok(())
}

/// Shows a concept, and below it the verb of the same name.
pub fn show_topic(ui: &mut Ui, topic: &Topic) -> Result<ExitStatus, CommandError> {
    ui.start_pager()?;
    ui.data(topic.text().trim_end())?;
    if commands::find(topic.name).is_some() {
        ui.data(format_args!("\n# mlv {}\n", topic.name))?;
        return show_verb(ui, &[topic.name]);
    }
    Ok(ExitStatus::Done)
}

/// Shows the help of a verb, or of a verb below a verb.
pub fn show_verb(ui: &mut Ui, words: &[impl AsRef<str>]) -> Result<ExitStatus, CommandError> {
    find_command(app::command(), words)?;
    let words = words.iter().map(AsRef::as_ref);
    let asked = std::iter::once("mlv").chain(words).chain(["--help"]);
    match app::command().try_get_matches_from(asked) {
        Err(answer) if !answer.use_stderr() => {
            ui.start_pager()?;
            show_rendered(ui, &answer)
        }
        Err(error) => Err(error.into()),
        Ok(_) => Ok(ExitStatus::Done),
    }
}

/// Shows what clap has rendered: the answer to `--help` or `--version`.
pub fn show_rendered(ui: &mut Ui, answer: &clap::Error) -> Result<ExitStatus, CommandError> {
    show_styled(ui, &answer.render())
}

fn show_styled(ui: &mut Ui, text: &clap::builder::StyledStr) -> Result<ExitStatus, CommandError> {
    let text = if ui.data_paint().colored { text.ansi().to_string() } else { text.to_string() };
    ui.data(text.trim_end())?;
    Ok(ExitStatus::Done)
}

/// Returns the command that a path of verbs names, complete with usage and inherited flags.
pub fn find_command(
    mut command: clap::Command,
    words: &[impl AsRef<str>],
) -> Result<clap::Command, CommandError> {
    command.build();
    for word in words.iter().map(AsRef::as_ref) {
        let Some(below) = command.find_subcommand(word) else {
            return Err(nothing_known(&command, word));
        };
        command = below.clone();
    }
    Ok(command)
}

fn nothing_known(command: &clap::Command, word: &str) -> CommandError {
    let verbs = command.get_subcommands().map(clap::Command::get_name);
    let topics = TOPICS.iter().map(|topic| topic.name);
    cli_error(format!("no help about `{word}`"))
        .maybe_hinted(did_you_mean(word, verbs.chain(topics)))
        .hinted("`mlv help` lists the verbs and the topics")
}
