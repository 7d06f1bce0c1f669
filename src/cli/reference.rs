//! `docs/reference.md`, made from the list of verbs and the topics.

use std::fmt::Write as _;

use super::app;
use super::commands::{self, COMMANDS, GROUPS};
use super::topics::TOPICS;

/// Returns the whole reference as Markdown.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Reference\n\nMade from the help of the verbs; `tests/reference.rs` keeps it up to date.\n",
    );
    let mut root = app::command().term_width(100);
    root.build();
    for (group, title) in GROUPS {
        let mut verbs = COMMANDS.iter().filter(|verb| verb.group == *group).peekable();
        if verbs.peek().is_some() {
            let _ = write!(text, "\n## {title}\n");
        }
        for verb in verbs {
            write_verb(&mut text, &root, verb);
        }
    }
    for topic in TOPICS {
        let _ = write!(text, "\n#{}", topic.text());
    }
    text
}

fn write_verb(text: &mut String, root: &clap::Command, verb: &commands::Verb) {
    let command = root.find_subcommand(verb.name).expect("the root is made from the same list");
    write_command(text, &mut command.clone(), &format!("mlv {}", verb.name));
}

fn write_command(text: &mut String, command: &mut clap::Command, name: &str) {
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    let _ = write!(text, "\n### {name}\n\n```text\n{}\n```\n", lines.join("\n"));
    for below in command
        .get_subcommands_mut()
        .filter(|below| below.get_name() != "help" && !below.is_hide_set())
    {
        let name = format!("{name} {}", below.get_name());
        write_command(text, below, &name);
    }
}
