//! What reading the file needs everywhere: faults with their places, and the simple shapes.

use std::collections::HashMap;

use crate::base::{RepoPath, suggest};
use crate::hook::condition::{Condition, ConditionFault};
use crate::hook::spec::error::{Place, SpecError, SpecErrors};
use crate::hook::spec::glob::{GlobError, Globs};
use crate::hook::spec::keys::{self, KeyInfo};
use crate::hook::spec::node::{Key, Node, Value};

/// More faults than this are not listed.
const MAX_ERRORS: usize = 50;

/// More faults than this are not even kept.
const MAX_KEPT: usize = 1_000;

/// Takes the files apart; every fault is noted with its place, and reading goes on.
pub(super) struct Reader<'a> {
    files: Vec<File<'a>>,
    errors: Vec<SpecError>,
    /// Conditions by their text: those of the cells of a matrix are alike.
    pub(super) conditions: HashMap<String, Result<Condition, ConditionFault>>,
}

/// A file for the snippets of its faults.
struct File<'a> {
    name: &'a str,
    lines: Vec<&'a str>,
}

impl<'a> Reader<'a> {
    pub(super) fn new() -> Self {
        Self { files: Vec::new(), errors: Vec::new(), conditions: HashMap::new() }
    }

    /// Takes a file in, and returns its number.
    pub(super) fn open(&mut self, name: &'a str, text: &'a str) -> usize {
        self.files.push(File { name, lines: text.lines().collect() });
        self.files.len() - 1
    }

    pub(super) fn name_of(&self, file: usize) -> &'a str {
        self.files.get(file).map_or("", |file| file.name)
    }

    /// Returns `value`, or all the faults that were noted.
    pub(super) fn finish<T>(mut self, value: T) -> Result<T, SpecErrors> {
        if self.errors.is_empty() {
            return Ok(value);
        }
        // The cells of a matrix repeat the faults of their hook.
        self.errors.sort_by(|a, b| (a.place, &a.message).cmp(&(b.place, &b.message)));
        self.errors.dedup();
        self.errors.truncate(MAX_ERRORS);
        Err(SpecErrors(self.errors))
    }

    pub(super) fn fault(&mut self, place: Place, message: impl Into<String>) {
        self.fault_with(place, message, None);
    }

    pub(super) fn fault_with(
        &mut self,
        place: Place,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        if self.errors.len() < MAX_KEPT {
            self.errors.push(SpecError {
                file: self.name_of(place.file).to_owned(),
                place,
                message: message.into(),
                help,
                source_line: self.line(place).unwrap_or_default().to_owned(),
            });
        }
    }

    /// Returns the line of a file that holds this place.
    pub(super) fn line(&self, place: Place) -> Option<&'a str> {
        let line = place.line.checked_sub(1)?;
        self.files.get(place.file)?.lines.get(line).copied()
    }

    /// Notes a key that nobody knows.
    pub(super) fn stray_key(&mut self, key: &Key, whose: &str, known: &'static [KeyInfo]) {
        let near = suggest::candidates(&key.text, keys::names(known));
        let help = suggest::did_you_mean(&near).unwrap_or_else(|| {
            format!("known keys: {}", keys::names(known).collect::<Vec<_>>().join(", "))
        });
        self.fault_with(key.place, format!("unknown key `{}` of {whose}", key.text), Some(help));
    }

    /// Notes that a value is of another kind than the one that is expected.
    pub(super) fn wrong(&mut self, node: &Node, what: &str, expected: &str) {
        let found = match &node.value {
            Value::Null => "nothing stands here".to_owned(),
            other => format!("this is {}", other.kind()),
        };
        self.fault(node.place, format!("{what} must be {expected}; {found}"));
    }

    pub(super) fn entries<'n>(&mut self, node: &'n Node, what: &str) -> &'n [(Key, Node)] {
        match &node.value {
            Value::Map(entries) => entries,
            Value::Null => &[],
            _ => {
                self.wrong(node, what, "a mapping of keys to values");
                &[]
            }
        }
    }

    pub(super) fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        let text = node.value.scalar();
        if text.is_none() {
            self.wrong(node, what, "a text");
        }
        text
    }

    /// Returns a text that is more than blanks.
    pub(super) fn words<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        let text = self.text(node, what)?;
        if text.trim().is_empty() {
            self.fault(node.place, format!("{what} is empty"));
            return None;
        }
        Some(text)
    }

    /// Returns the texts of a list, or of one text that stands for a list of one.
    pub(super) fn texts<'n>(&mut self, node: &'n Node, what: &str) -> Vec<(Place, &'n str)> {
        if let Some(text) = node.value.scalar() {
            return vec![(node.place, text)];
        }
        let Value::List(items) = &node.value else {
            self.wrong(node, what, "a text or a list of texts");
            return Vec::new();
        };
        let each = format!("each of {what}");
        items.iter().filter_map(|item| Some((item.place, self.text(item, &each)?))).collect()
    }

    pub(super) fn truth(&mut self, node: &Node, what: &str) -> bool {
        match &node.value {
            Value::Truth(truth) => *truth,
            Value::Text(text) => {
                let help = match text.as_str() {
                    "yes" | "on" | "True" | "TRUE" => Some("write `true`, without quotes"),
                    "no" | "off" | "False" | "FALSE" => Some("write `false`, without quotes"),
                    "true" | "false" => Some("leave the quotes out"),
                    _ => None,
                };
                let message = format!("{what} must be `true` or `false`; this is a text");
                self.fault_with(node.place, message, help.map(str::to_owned));
                false
            }
            _ => {
                self.wrong(node, what, "`true` or `false`");
                false
            }
        }
    }

    /// Returns the globs of a list; each bad one is noted where it stands.
    pub(super) fn globs(
        &mut self,
        node: &Node,
        what: &str,
        make: fn(Vec<String>) -> Result<Globs, GlobError>,
    ) -> Globs {
        let texts = self.texts(node, what);
        let all = texts.iter().map(|(_, text)| (*text).to_owned()).collect();
        let error = match make(all) {
            Ok(globs) => return globs,
            Err(error) => error,
        };
        // Each is tried alone, to tell which are bad; where none is, the list as a whole is.
        let before = self.errors.len();
        for (place, text) in texts {
            if let Err(error) = make(vec![text.to_owned()]) {
                self.fault(place, error.to_string());
            }
        }
        if self.errors.len() == before {
            self.fault(node.place, error.to_string());
        }
        no_globs()
    }

    pub(super) fn path(&mut self, place: Place, text: &str) -> Option<RepoPath> {
        match RepoPath::from_bytes(text.strip_suffix('/').unwrap_or(text)) {
            Ok(path) => Some(path),
            Err(rule) => {
                self.fault(place, format!("`{text}` is not a path of the repository: {rule}"));
                None
            }
        }
    }

    /// Says where something is that was named before: its line, and its file where that is another.
    pub(super) fn first_at(&self, first: Place, again: Place) -> String {
        if first.file == again.file {
            format!("first on line {}", first.line)
        } else {
            format!("first in `{}` on line {}", self.name_of(first.file), first.line)
        }
    }
}

pub(super) fn no_globs() -> Globs {
    Globs::of_names(Vec::new()).expect("an empty list has no bad glob")
}
