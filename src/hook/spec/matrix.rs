//! `matrix`: a hook for every combination of values, with the values in place of `${{ matrix.KEY }}`.

use std::ops::Range;

use crate::base::suggest;
use crate::base::yaml::Place;
use crate::base::yaml::{Key, Node, Value};
use crate::hook::spec::read_hook::HookDraft;
use crate::hook::spec::reader::Reader;
use crate::hook::spec::types::{Hook, HookId};

/// The keys of a matrix with the value each has in this combination; empty without a matrix.
pub(super) type Cell = Vec<(String, String)>;

/// No hook has more cells.
const MAX_CELLS: usize = 256;

/// No value is longer: it becomes part of the name of its cell.
const MAX_VALUE: usize = 256;

/// No hook grows larger than this, all its cells together.
const MAX_FILLED: usize = 8 << 20;

/// No placeholder is longer.
const MAX_PLACEHOLDER: usize = 100;

/// Where the values of a cell are put in place.
const FILLED: &[&str] =
    &["run", "workdir", "inputs", "code", "outputs", "env", "with", "concurrency", "description"];

type Entry = (Key, Node);

impl Reader<'_> {
    /// Returns every combination of the hook's matrix; the empty one where it has none.
    pub(super) fn cells(&mut self, whose: &str, entries: &[Entry]) -> Vec<Cell> {
        let matrix = entries.iter().find(|(key, _)| key.text == "matrix");
        let axes = matrix.map(|(_, node)| self.axes(node)).unwrap_or_default();
        let keys: Vec<&str> = axes.iter().map(|(key, _)| key.as_str()).collect();
        self.placeholders(whose, entries, &keys);
        let Some((key, node)) = matrix else { return vec![Cell::new()] };
        let count = axes.iter().try_fold(1_usize, |n, (_, values)| n.checked_mul(values.len()));
        let Some(count) = count.filter(|count| *count <= MAX_CELLS) else {
            self.fault(key.place, format!("the matrix has more than {MAX_CELLS} cells"));
            return Vec::new();
        };
        let size: usize = entries.iter().map(|(_, node)| size(node)).sum();
        let longest: usize =
            axes.iter().flat_map(|(_, values)| values).map(String::len).max().unwrap_or(0);
        let grown = entries.iter().map(|(_, node)| uses(node)).sum::<usize>() * longest;
        if count.saturating_mul(size + grown) > MAX_FILLED {
            self.fault(node.place, "the hook is too large for so many cells");
            return Vec::new();
        }
        combinations(&axes)
    }

    /// Returns the keys of a matrix with their values.
    fn axes(&mut self, node: &Node) -> Vec<(String, Vec<String>)> {
        let mut axes: Vec<(String, Vec<String>)> = Vec::new();
        if !matches!(node.value, Value::Map(_)) {
            self.wrong(node, "`matrix`", "a mapping of keys to lists of values");
            return axes;
        }
        let entries = self.entries(node, "`matrix`");
        if entries.is_empty() {
            self.fault(node.place, "the matrix is empty: it has no cell to run");
        }
        for (key, value) in entries {
            let values = self.axis(&key.text, value);
            if !is_key(&key.text) {
                let help = "letters, digits and `_`, at most 32".to_owned();
                let message = format!("`{}` is not a key for a matrix", key.text);
                self.fault_with(key.place, message, Some(help));
            } else if axes.iter().any(|(known, _)| known.eq_ignore_ascii_case(&key.text)) {
                let variable = variable(&key.text);
                let message = format!("two keys of the matrix would be `{variable}`");
                self.fault(key.place, message);
            } else {
                axes.push((key.text.clone(), values));
            }
        }
        axes
    }

    fn axis(&mut self, key: &str, node: &Node) -> Vec<String> {
        let what = format!("`{key}` of the matrix");
        let mut values: Vec<String> = Vec::new();
        let texts = self.texts(node, &what);
        if matches!(&node.value, Value::List(items) if items.is_empty()) {
            self.fault(node.place, format!("{what} has no value: there is no cell to run"));
        }
        for (place, text) in texts {
            if text.is_empty() || text.len() > MAX_VALUE {
                self.fault(place, format!("a value of the matrix has 1 to {MAX_VALUE} bytes"));
            } else if values.iter().any(|known| known == text) {
                self.fault(place, format!("{what} has the value `{text}` twice"));
            } else {
                values.push(text.to_owned());
            }
        }
        values
    }

    /// Notes placeholders of keys that the matrix does not have, or where none is filled in.
    fn placeholders(&mut self, whose: &str, entries: &[Entry], keys: &[&str]) {
        for (key, node) in entries {
            let filled = FILLED.contains(&key.text.as_str());
            visit_texts(node, &mut |place, text| {
                for Placeholder { name, .. } in placeholders(text) {
                    if !filled {
                        let message = format!("`{}` takes no value of the matrix", key.text);
                        let help = format!("they stand in {}", FILLED.join(", "));
                        self.fault_with(place, message, Some(help));
                    } else if !keys.contains(&name) {
                        let message = format!("the matrix of {whose} has no key `{name}`");
                        let near = suggest::candidates(name, keys.iter().copied());
                        let help = match keys {
                            [] => Some("it has no `matrix`".to_owned()),
                            _ => suggest::did_you_mean(&near)
                                .or_else(|| Some(format!("its keys: {}", keys.join(", ")))),
                        };
                        self.fault_with(place, message, help);
                    }
                }
            });
        }
    }

    /// Returns the name of a cell of a hook; no two of its cells may share it.
    pub(super) fn cell_id(&mut self, draft: &HookDraft, cell: &Cell) -> Option<HookId> {
        if cell.is_empty() {
            return Some(draft.id.clone());
        }
        let Ok(id) = draft.id.cell(cell) else {
            let message = format!("the names of the cells of hook `{}` are too long", draft.id);
            let help =
                format!("at most {} bytes with all keys and values", HookId::MAX_CELL_LENGTH);
            self.fault_with(draft.place, message, Some(help));
            return None;
        };
        if draft.cells.iter().any(|known| known.id == id) {
            let help = "in names, what is no letter, digit, `.`, `_` or `+` becomes `-`".to_owned();
            let message = format!("two cells of hook `{}` would be called `{id}`", draft.id);
            self.fault_with(draft.place, message, Some(help));
            return None;
        }
        Some(id)
    }
}

fn combinations(axes: &[(String, Vec<String>)]) -> Vec<Cell> {
    let mut cells = vec![Cell::new()];
    for (key, values) in axes {
        let grown = cells.iter().flat_map(|cell| {
            values.iter().map(move |value| {
                let mut cell = cell.clone();
                cell.push((key.clone(), value.clone()));
                cell
            })
        });
        cells = grown.collect();
    }
    cells
}

/// Gives the hook its cell, also as environment variables.
pub(super) fn tell(hook: &mut Hook, cell: Cell) {
    let variables = cell.iter().map(|(key, value)| (variable(key), value.clone()));
    hook.env.extend(variables);
    hook.cell = cell;
}

/// Returns the environment variable of a key.
fn variable(key: &str) -> String {
    format!("MLV_MATRIX_{}", key.to_ascii_uppercase())
}

fn is_key(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphabetic() || b == b'_';
    let starts_well = text.bytes().next().is_some_and(letter);
    starts_well && text.len() <= 32 && text.bytes().all(|b| letter(b) || b.is_ascii_digit())
}

/// Returns what stands behind the keys of a hook, with the values of a cell in place.
pub(super) fn filled(entries: &[Entry], cell: &Cell) -> Vec<Entry> {
    let fill = |(key, node): &Entry| {
        let filled = FILLED.contains(&key.text.as_str()) && !cell.is_empty();
        (key.clone(), if filled { filled_node(node, cell) } else { node.clone() })
    };
    entries.iter().map(fill).collect()
}

fn filled_node(node: &Node, cell: &Cell) -> Node {
    let value = match &node.value {
        Value::Text(text) => Value::Text(filled_text(text, cell)),
        Value::List(items) => {
            Value::List(items.iter().map(|item| filled_node(item, cell)).collect())
        }
        Value::Map(entries) => Value::Map(
            entries.iter().map(|(key, value)| (key.clone(), filled_node(value, cell))).collect(),
        ),
        other => other.clone(),
    };
    Node { place: node.place, value }
}

fn filled_text(text: &str, cell: &Cell) -> String {
    let mut filled = String::new();
    let mut copied = 0;
    for Placeholder { name, range } in placeholders(text) {
        if let Some((_, value)) = cell.iter().find(|(key, _)| key == name) {
            filled.push_str(&text[copied..range.start]);
            filled.push_str(value);
            copied = range.end;
        }
    }
    filled.push_str(&text[copied..]);
    filled
}

/// A `${{ matrix.KEY }}` in a text.
struct Placeholder<'a> {
    name: &'a str,
    range: Range<usize>,
}

/// Returns the placeholders of a text; what else stands between `${{` and `}}` is left alone.
fn placeholders(text: &str) -> Vec<Placeholder<'_>> {
    let mut found = Vec::new();
    for (start, opening) in text.match_indices("${{") {
        let inner = &text[start + opening.len()..];
        let near = &inner.as_bytes()[..inner.len().min(MAX_PLACEHOLDER)];
        let Some(length) = near.windows(2).position(|pair| pair == b"}}") else { continue };
        if let Some(name) = inner[..length].trim().strip_prefix("matrix.") {
            let range = start..start + opening.len() + length + "}}".len();
            found.push(Placeholder { name, range });
        }
    }
    found
}

fn visit_texts<'n>(node: &'n Node, visit: &mut impl FnMut(Place, &'n str)) {
    match &node.value {
        Value::Text(text) => visit(node.place, text),
        Value::List(items) => items.iter().for_each(|item| visit_texts(item, visit)),
        Value::Map(entries) => entries.iter().for_each(|(_, value)| visit_texts(value, visit)),
        Value::Null | Value::Number(_) | Value::Truth(_) => {}
    }
}

/// Returns about how many bytes a node takes.
fn size(node: &Node) -> usize {
    let inner = match &node.value {
        Value::Text(text) | Value::Number(text) => text.len(),
        Value::List(items) => items.iter().map(size).sum(),
        Value::Map(entries) => {
            entries.iter().map(|(key, value)| key.text.len() + size(value)).sum()
        }
        Value::Null | Value::Truth(_) => 0,
    };
    size_of::<Node>() + inner
}

/// Returns how many values are put in place in a node.
fn uses(node: &Node) -> usize {
    let mut count = 0;
    visit_texts(node, &mut |_, text| count += placeholders(text).len());
    count
}
