//! A commit as people read it: on one line, or with all that is known of it.

use crate::cli::render::printable;
use crate::cli::style::{Label, Paint};
use crate::ops::log::LogEntry;
use crate::refs::RefName;
use crate::repo::Head;

/// How commits are shown.
#[derive(Debug)]
pub struct CommitView {
    paint: Paint,
    head: Head,
}

impl CommitView {
    /// Returns a view that marks where one stands.
    pub fn new(paint: Paint, head: &Head) -> Self {
        Self { paint, head: head.clone() }
    }

    /// Returns the commit on one line.
    pub fn line(&self, entry: &LogEntry) -> String {
        let id = self.paint.paint(Label::CommitId, entry.id.short());
        format!("{id}{} {}", self.names(entry), printable(entry.subject()))
    }

    /// Returns all that is known of the commit.
    pub fn lines(&self, entry: &LogEntry) -> Vec<String> {
        let id = self.paint.paint(Label::CommitId, entry.id);
        let mut lines = vec![format!("commit {id}{}", self.names(entry))];
        if entry.parents.len() > 1 {
            let parents: Vec<String> = entry.parents.iter().map(|id| id.short()).collect();
            lines.push(format!("merge:  {}", parents.join(" ")));
        }
        let author = format!("{} <{}>", entry.author.name, entry.author.email);
        lines.push(format!("author: {}", self.paint.paint(Label::Author, printable(&author))));
        lines.push(format!("date:   {}", self.paint.paint(Label::Time, entry.time)));
        if let Some(code) = &entry.code {
            let dirty = if code.dirty { " with changes" } else { "" };
            lines.push(format!("code:   {}{dirty}", printable(&code.commit)));
        }
        for (key, value) in &entry.meta {
            lines.push(format!("meta:   {}={}", printable(key), printable(value)));
        }
        lines.push(String::new());
        lines.extend(entry.message.lines().map(|line| format!("    {}", printable(line))));
        lines
    }

    /// Returns the branches and tags that stand on the commit, in brackets.
    fn names(&self, entry: &LogEntry) -> String {
        let current = self.head.branch().map(RefName::short);
        let mut names = Vec::new();
        if self.head.branch().is_none() && self.head.commit() == Some(entry.id) {
            names.push(self.paint.paint(Label::Branch, "HEAD".to_owned()).to_string());
        }
        for name in &entry.refs {
            let is_here = current == Some(name.as_str());
            let text = if is_here { format!("HEAD -> {name}") } else { name.clone() };
            names.push(self.paint.paint(Label::Branch, printable(&text)).to_string());
        }
        if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) }
    }
}
