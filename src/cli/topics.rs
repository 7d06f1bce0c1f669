//! The concepts that `mlv help TOPIC` explains: one Markdown file each under `topics/`.

use super::exit;
use crate::config::{VARIABLES, Variable};

/// A concept with its text.
#[derive(Debug)]
pub struct Topic {
    pub name: &'static str,
    /// One line for the list.
    pub about: &'static str,
    text: &'static str,
}

/// Every concept, in the order of the list.
pub const TOPICS: &[Topic] = &[
    Topic {
        name: "revisions",
        about: "How to name a commit, a branch, a file in a commit",
        text: include_str!("topics/revisions.md"),
    },
    Topic {
        name: "hooks",
        about: "What runs on commit and merge, and what it sees",
        text: include_str!("topics/hooks.md"),
    },
    Topic {
        name: "ignore",
        about: "Which files are left alone: .mlvignore and Git's files",
        text: include_str!("topics/ignore.md"),
    },
    Topic {
        name: "undo",
        about: "Taking back anything: the operation log, and what it keeps",
        text: include_str!("topics/undo.md"),
    },
    Topic {
        name: "exit-codes",
        about: "What the exit codes mean",
        text: include_str!("topics/exit-codes.md"),
    },
    Topic {
        name: "environment",
        about: "The environment variables mlv reads",
        text: include_str!("topics/environment.md"),
    },
];

impl Topic {
    /// Returns the text, with the tables that code owns put in.
    pub fn text(&self) -> String {
        self.text.replace("{exit_codes}\n", &exit::table()).replace("{variables}\n", &variables())
    }
}

fn variables() -> String {
    let line =
        |variable: &Variable| format!("    {:<18} {}\n", variable.name, variable.description);
    VARIABLES.iter().map(line).collect()
}

/// Returns the concept of this name.
pub fn find(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_opens_with_a_heading_and_fits_a_screen_in_width() {
        for topic in TOPICS {
            let text = topic.text();
            assert!(text.starts_with("# "), "{}", topic.name);
            assert!(!text.contains('{') || topic.name != "exit-codes", "a table is missing");
            for line in text.lines() {
                assert!(
                    line.starts_with('|') || line.chars().count() <= 100,
                    "{}: {line}",
                    topic.name
                );
            }
        }
    }
}
