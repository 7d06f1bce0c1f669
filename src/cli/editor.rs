//! The user's editor, for messages.

use std::io::IsTerminal;
use std::path::Path;
use std::process::Command;

use super::error::{CommandError, user_error};
use crate::base::fs::{IoContext, atomic_write, read_if_exists};
use crate::config::Config;

/// What is edited where nothing is set.
const DEFAULT: &str = "vi";
/// Everything from this line on is not part of the message.
const SCISSORS: &str = "# ------------------------ >8 ------------------------";

/// Tells whether somebody sits at a terminal who can write.
pub fn is_possible() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Lets the user write a message in the file at `path`, with `about` below it to look at.
pub fn ask(config: &Config, path: &Path, about: &str) -> Result<String, CommandError> {
    atomic_write(path, template(about).as_bytes())?;
    let setting = config.string("core.editor").map(|value| value.text);
    let editor = setting.filter(|text| !text.trim().is_empty());
    run(editor.as_deref().unwrap_or(DEFAULT), path)?;
    let written = read_if_exists(path)?.unwrap_or_default();
    Ok(message(&String::from_utf8_lossy(&written)))
}

fn run(editor: &str, path: &Path) -> Result<(), CommandError> {
    let shell = ["-c", &format!("{editor} \"$@\""), editor];
    let status = Command::new("sh").args(shell).arg(path).status().context("start", "sh")?;
    if status.success() {
        return Ok(());
    }
    let text = format!("the editor `{editor}` has failed: {status}");
    Err(user_error(text).hinted("`mlv config set core.editor PROGRAM`, or give the text with `-m`"))
}

fn template(about: &str) -> String {
    let mut text = format!("\n{SCISSORS}\n# From the line above on, all is left out.\n");
    text.push_str("# An empty message commits nothing.\n#\n");
    text.extend(about.lines().map(|line| format!("# {line}\n")));
    text
}

/// Returns what stands above the scissors.
fn message(text: &str) -> String {
    let lines: Vec<&str> = text.lines().take_while(|line| *line != SCISSORS).collect();
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_ends_at_the_scissors_and_may_have_hashes() {
        let text = format!("# Run 12\n\nwhy{}", template("modified: a\n"));
        assert_eq!(message(&text), "# Run 12\n\nwhy");
        assert_eq!(message(&template("modified: a\n")), "");
    }

    #[test]
    fn an_editor_may_be_a_line_of_shell_and_its_failure_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("with space");
        run("printf why >", &path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"why");
        let error = run("false", &path).unwrap_err();
        assert!(error.lines()[0].contains("`false` has failed"), "{:?}", error.lines());
    }
}
