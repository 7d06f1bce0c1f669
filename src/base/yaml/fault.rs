//! What is wrong with a file, and where: shown with the line and a caret under the fault.

use std::fmt;

/// A stretch of one line of a file, counted from 1 in characters; line 0 is the whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct Place {
    /// The number of the file among those that are read together, the one that includes first.
    pub file: usize,
    pub line: usize,
    pub column: usize,
    pub width: usize,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecError {
    pub file: String,
    pub place: Place,
    pub message: String,
    pub help: Option<String>,
    /// The line of the file that holds the fault.
    pub source_line: String,
}

/// Every fault that was found, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SpecErrors(pub Vec<SpecError>);

/// How many characters of a line a snippet shows at the most.
const SNIPPET_WIDTH: usize = 160;

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column, .. } = self.place;
        if line == 0 {
            write!(f, "{}: {}", self.file, self.message)?;
        } else {
            writeln!(f, "{}:{line}:{column}: {}", self.file, self.message)?;
            self.write_snippet(f)?;
        }
        match &self.help {
            Some(help) => write!(f, "\n  = {help}"),
            None => Ok(()),
        }
    }
}

impl SpecError {
    fn write_snippet(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column, width, .. } = self.place;
        let number = line.to_string();
        // A long line is cut so that the fault stays in sight.
        let before = column.saturating_sub(1);
        let skip = before.saturating_sub(SNIPPET_WIDTH / 2);
        let shown: String = self
            .source_line
            .chars()
            .skip(skip)
            .take(SNIPPET_WIDTH)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let room = shown.chars().count().saturating_sub(before - skip).max(1);
        let indent = " ".repeat(before - skip);
        let carets = "^".repeat(width.clamp(1, room));
        writeln!(f, "{:1$} |", "", number.len())?;
        writeln!(f, "{number} | {}", shown.trim_end())?;
        write!(f, "{:1$} | {indent}{carets}", "", number.len())
    }
}

impl fmt::Display for SpecErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}
