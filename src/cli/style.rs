//! Labels and how they look: code names what a text *is*, `colors.toml` says which colour that has.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use anstyle::{AnsiColor, Style};

/// What a piece of output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    Added,
    Author,
    Branch,
    Command,
    CommitId,
    Conflict,
    Deleted,
    Error,
    Failed,
    Faint,
    Heading,
    Hint,
    Modified,
    Passed,
    Path,
    Remote,
    Renamed,
    Skipped,
    Tag,
    Time,
    Warning,
}

const LABELS: &[(&str, Label)] = &[
    ("added", Label::Added),
    ("author", Label::Author),
    ("branch", Label::Branch),
    ("command", Label::Command),
    ("commit_id", Label::CommitId),
    ("conflict", Label::Conflict),
    ("deleted", Label::Deleted),
    ("error", Label::Error),
    ("failed", Label::Failed),
    ("faint", Label::Faint),
    ("heading", Label::Heading),
    ("hint", Label::Hint),
    ("modified", Label::Modified),
    ("passed", Label::Passed),
    ("path", Label::Path),
    ("remote", Label::Remote),
    ("renamed", Label::Renamed),
    ("skipped", Label::Skipped),
    ("tag", Label::Tag),
    ("time", Label::Time),
    ("warning", Label::Warning),
];

/// A value that is shown in the colour of its label, or plainly.
#[derive(Debug, Clone, Copy)]
pub struct Painted<T> {
    value: T,
    style: Option<Style>,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(style) = self.style else {
            return self.value.fmt(f);
        };
        write!(f, "{style}")?;
        self.value.fmt(f)?;
        write!(f, "{style:#}")
    }
}

/// Whether one stream has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    pub colored: bool,
}

impl Paint {
    /// Returns what stands before and after bytes of this label.
    pub fn around(self, label: Label) -> (String, String) {
        if !self.colored {
            return (String::new(), String::new());
        }
        let style = style_of(label);
        (style.render().to_string(), style.render_reset().to_string())
    }

    /// Returns a value as its label looks on this stream; the colours cost nothing where there are none.
    pub fn paint<T: fmt::Display>(self, label: Label, value: T) -> Painted<T> {
        Painted { value, style: self.colored.then(|| style_of(label)) }
    }
}

fn style_of(label: Label) -> Style {
    static STYLES: OnceLock<HashMap<Label, Style>> = OnceLock::new();
    let styles = STYLES.get_or_init(|| parse(include_str!("colors.toml")));
    styles.get(&label).copied().unwrap_or_default()
}

fn parse(toml: &str) -> HashMap<Label, Style> {
    let document = toml.parse::<toml_edit::DocumentMut>().unwrap_or_default();
    LABELS
        .iter()
        .filter_map(|(name, label)| Some((*label, parse_style(document.get(name)?.as_str()?)?)))
        .collect()
}

fn parse_style(words: &str) -> Option<Style> {
    words.split_whitespace().try_fold(Style::new(), |style, word| {
        Some(match word {
            "bold" => style.bold(),
            "dim" => style.dimmed(),
            "italic" => style.italic(),
            "underline" => style.underline(),
            color => style.fg_color(Some(parse_color(color)?.into())),
        })
    })
}

fn parse_color(word: &str) -> Option<AnsiColor> {
    Some(match word {
        "black" => AnsiColor::Black,
        "red" => AnsiColor::Red,
        "green" => AnsiColor::Green,
        "yellow" => AnsiColor::Yellow,
        "blue" => AnsiColor::Blue,
        "magenta" => AnsiColor::Magenta,
        "cyan" => AnsiColor::Cyan,
        "white" => AnsiColor::White,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_has_a_colour_and_every_colour_a_label() {
        let text = include_str!("colors.toml");
        let lines = text.lines().filter(|line| line.contains('=')).count();
        assert_eq!(parse(text).len(), LABELS.len());
        assert_eq!(lines, LABELS.len());
    }

    #[test]
    fn a_painted_value_keeps_its_width_and_a_plain_one_has_no_codes() {
        let colored = Paint { colored: true }.paint(Label::CommitId, "ab");
        assert_eq!(format!("{colored:<4}|"), "\u{1b}[34mab  \u{1b}[0m|");
        let plain = Paint { colored: false }.paint(Label::CommitId, "ab");
        assert_eq!(format!("{plain:<4}|"), "ab  |");
    }
}
