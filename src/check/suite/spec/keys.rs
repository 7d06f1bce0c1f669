//! The keys of checks, and what may stand behind them.

/// A key of a check.
#[derive(Debug)]
pub struct KeyInfo {
    pub name: &'static str,
    pub shape: Shape,
    pub required: bool,
    pub about: &'static str,
}

/// What may stand behind a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Number,
    /// A whole number, not negative.
    Count,
    /// A number from 0 to 1.
    Share,
    /// A number above 0, at most 1.
    SomeShare,
    /// A number of bytes, with a unit.
    Size,
    /// A number, or a date with or without a time.
    Bound,
    Truth,
    Text,
    /// A text, or a list of texts.
    Texts,
    /// Texts, numbers and truth values.
    Scalars,
    OneOf(&'static [&'static str]),
    /// One of these words, or a list of them.
    SomeOf(&'static [&'static str]),
    Duration,
    Regex,
    Expression,
    JsonSchema,
}

pub(super) const fn required(name: &'static str, shape: Shape, about: &'static str) -> KeyInfo {
    KeyInfo { name, shape, required: true, about }
}

pub(super) const fn optional(name: &'static str, shape: Shape, about: &'static str) -> KeyInfo {
    KeyInfo { name, shape, required: false, about }
}

/// The levels, as they are written.
pub const LEVELS: &[&str] = &["fail", "warn", "info"];

/// What every check takes.
pub(super) const LEVEL_KEYS: &[KeyInfo] = &[optional(
    "level",
    Shape::OneOf(LEVELS),
    "what it means if the check does not hold: `fail` refuses, `warn` warns, `info` only tells",
)];

/// What checks that judge row by row take too.
pub(super) const SHARE_KEYS: &[KeyInfo] = &[
    optional(
        "mostly",
        Shape::Share,
        "the least share of rows that must be as expected [default: 1]",
    ),
    optional("warn_below", Shape::Share, "a share of rows as expected below which it warns"),
];

/// The keys of a suite.
pub(super) const SUITE_KEYS: &[(&str, &str)] = &[
    ("dataset", "the data: a path or a glob, or a list; the files are one table"),
    ("read", "how files of text are read"),
    ("checks", "checks of the table as a whole, or of its files"),
    ("columns", "checks of single columns"),
    ("not_run", "rules of an imported suite that have no check here; they refuse"),
    ("allow_not_run", "names of such rules that refuse nothing"),
];

/// The keys of `read`.
pub(super) const READ_KEYS: &[KeyInfo] = &[
    optional("delimiter", Shape::Text, "what separates the fields [default: detected]"),
    optional("encoding", Shape::Text, "the encoding, as `windows-1252` [default: detected]"),
    optional("null_values", Shape::Texts, "texts that stand for a missing value, as `NA`"),
    optional("header", Shape::Truth, "whether the first row names the columns [default: true]"),
];

/// The keys of an entry of `not_run`.
pub(super) const NOT_RUN_KEYS: &[KeyInfo] = &[
    required("name", Shape::Text, "what the rule is called"),
    required("reason", Shape::Text, "why it has no check here"),
    optional("column", Shape::Text, "the column it is about"),
];
