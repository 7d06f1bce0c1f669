//! What reading the file needs everywhere: faults with their places, and the simple shapes.

use crate::base::yaml::{Key, Node, Place, SpecError, SpecErrors, Value};
use crate::base::{RepoPath, suggest};

/// More faults than this are not listed.
const MAX_ERRORS: usize = 50;

/// More faults than this are not even kept.
const MAX_KEPT: usize = 1_000;

/// Takes the files apart; every fault is noted with its place, and reading goes on.
#[derive(Debug, Default)]
pub struct Reader<'a> {
    files: Vec<File<'a>>,
    errors: Vec<SpecError>,
}

/// A file for the snippets of its faults.
#[derive(Debug)]
struct File<'a> {
    name: &'a str,
    lines: Vec<&'a str>,
}

impl<'a> Reader<'a> {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a file in, and returns its number.
    pub fn open(&mut self, name: &'a str, text: &'a str) -> usize {
        self.files.push(File { name, lines: text.lines().collect() });
        self.files.len() - 1
    }

    pub fn name_of(&self, file: usize) -> &'a str {
        self.files.get(file).map_or("", |file| file.name)
    }

    /// Returns `value`, or all the faults that were noted.
    pub fn finish<T>(mut self, value: T) -> Result<T, SpecErrors> {
        if self.errors.is_empty() {
            return Ok(value);
        }
        // The cells of a matrix repeat the faults of their hook.
        self.errors.sort_by(|a, b| (a.place, &a.message).cmp(&(b.place, &b.message)));
        self.errors.dedup();
        self.errors.truncate(MAX_ERRORS);
        Err(SpecErrors(self.errors))
    }

    /// Returns how many faults were noted.
    pub fn faults(&self) -> usize {
        self.errors.len()
    }

    pub fn fault(&mut self, place: Place, message: impl Into<String>) {
        self.fault_with(place, message, None);
    }

    pub fn fault_with(&mut self, place: Place, message: impl Into<String>, help: Option<String>) {
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
    pub fn line(&self, place: Place) -> Option<&'a str> {
        let line = place.line.checked_sub(1)?;
        self.files.get(place.file)?.lines.get(line).copied()
    }

    /// Notes a key that nobody knows.
    pub fn stray_key<'k>(
        &mut self,
        key: &Key,
        whose: &str,
        known: impl IntoIterator<Item = &'k str, IntoIter: Clone>,
    ) {
        let known = known.into_iter();
        let near = suggest::candidates(&key.text, known.clone());
        let help = suggest::did_you_mean(&near)
            .unwrap_or_else(|| format!("known keys: {}", known.collect::<Vec<_>>().join(", ")));
        self.fault_with(key.place, format!("unknown key `{}` of {whose}", key.text), Some(help));
    }

    /// Notes that a value is of another kind than the one that is expected.
    pub fn wrong(&mut self, node: &Node, what: &str, expected: &str) {
        let found = match &node.value {
            Value::Null => "nothing stands here".to_owned(),
            other => format!("this is {}", other.kind()),
        };
        self.fault(node.place, format!("{what} must be {expected}; {found}"));
    }

    pub fn entries<'n>(&mut self, node: &'n Node, what: &str) -> &'n [(Key, Node)] {
        match &node.value {
            Value::Map(entries) => entries,
            Value::Null => &[],
            _ => {
                self.wrong(node, what, "a mapping of keys to values");
                &[]
            }
        }
    }

    pub fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        let text = node.value.scalar();
        if text.is_none() {
            self.wrong(node, what, "a text");
        }
        text
    }

    /// Returns a text that is more than blanks.
    pub fn words<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        let text = self.text(node, what)?;
        if text.trim().is_empty() {
            self.fault(node.place, format!("{what} is empty"));
            return None;
        }
        Some(text)
    }

    /// Returns the texts of a list, or of one text that stands for a list of one.
    pub fn texts<'n>(&mut self, node: &'n Node, what: &str) -> Vec<(Place, &'n str)> {
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

    pub fn truth(&mut self, node: &Node, what: &str) -> bool {
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

    pub fn path(&mut self, place: Place, text: &str) -> Option<RepoPath> {
        match RepoPath::from_bytes(text.strip_suffix('/').unwrap_or(text)) {
            Ok(path) => Some(path),
            Err(rule) => {
                self.fault(place, format!("`{text}` is not a path of the repository: {rule}"));
                None
            }
        }
    }

    /// Says where something is that was named before: its line, and its file where that is another.
    pub fn first_at(&self, first: Place, again: Place) -> String {
        if first.file == again.file {
            format!("first on line {}", first.line)
        } else {
            format!("first in `{}` on line {}", self.name_of(first.file), first.line)
        }
    }
}
