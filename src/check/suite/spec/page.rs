//! The page of the documentation that lists the checks.

use std::fmt::Write as _;

use crate::check::suite::spec::catalogue::{CHECKS, CheckInfo, Stands};
use crate::check::suite::spec::keys::{
    KeyInfo, LEVEL_KEYS, READ_KEYS, SHARE_KEYS, SUITE_KEYS, Shape,
};

/// Returns the page `docs/checks.md`.
pub fn docs_page() -> String {
    let mut page = String::from(INTRODUCTION);
    page.push_str("\n## Keys of a suite\n\n| key | what it is |\n|---|---|\n");
    for (name, about) in SUITE_KEYS {
        let _ = writeln!(page, "| `{name}` | {about} |");
    }
    page.push_str("\nThe keys of `read`:\n\n");
    page.push_str(&keys(READ_KEYS));
    page.push_str("\n## Keys of every check\n\n");
    page.push_str(&keys(LEVEL_KEYS));
    page.push_str("\nOf checks that judge row by row, which are marked *rows*:\n\n");
    page.push_str(&keys(SHARE_KEYS));
    for (title, stands) in [
        ("Checks of the table and its files (`checks:`)", Stands::Dataset),
        ("Checks of a column (`columns:`)", Stands::Column),
    ] {
        let _ = writeln!(page, "\n## {title}");
        for check in CHECKS.iter().filter(|check| check.stands == stands) {
            page.push_str(&section(check));
        }
    }
    page
}

const INTRODUCTION: &str = "\
# Checks

What a suite of `mlv check` and of the action `validate` can hold. This page is made from the same
list as the reader of suites; [guide-checks.md](guide-checks.md) shows them at work, and
`docs/suite.schema.json` tells an editor of them.

A check is given a mapping of its keys; where *alone* names a key, the value of that key may stand in
place of the mapping. A check that needs nothing is given `true`.
";

fn section(check: &CheckInfo) -> String {
    let mut text = format!("\n### {}\n\n{}", check.name, check.about);
    if check.by_rows {
        text.push_str(" *(rows)*");
    }
    text.push('\n');
    if let Some(bare) = check.bare {
        let _ = writeln!(text, "\nAlone: `{bare}`.");
    }
    if !check.keys.is_empty() {
        text.push('\n');
        text.push_str(&keys(check.keys));
    }
    if !check.one_of.is_empty() {
        let _ = writeln!(text, "\nAt least one of `{}`.", check.one_of.join("`, `"));
    }
    for (key, needed) in check.together {
        let _ = writeln!(text, "\n`{key}` needs `{needed}`.");
    }
    text
}

fn keys(keys: &[KeyInfo]) -> String {
    let mut table = String::from("| key | value | what it is |\n|---|---|---|\n");
    for key in keys {
        let name = format!("`{}`{}", key.name, if key.required { " (needed)" } else { "" });
        let _ = writeln!(table, "| {name} | {} | {} |", shape(key.shape), key.about);
    }
    table
}

fn shape(shape: Shape) -> String {
    let words = |words: &[&str]| format!("`{}`", words.join("`, `"));
    match shape {
        Shape::Number => "a number".to_owned(),
        Shape::Count => "a whole number".to_owned(),
        Shape::Share => "a number from 0 to 1".to_owned(),
        Shape::SomeShare => "a number above 0, at most 1".to_owned(),
        Shape::Size => "a size".to_owned(),
        Shape::Bound => "a number or a date".to_owned(),
        Shape::Truth => "`true`, `false`".to_owned(),
        Shape::Text => "a text".to_owned(),
        Shape::Texts => "a text or a list".to_owned(),
        Shape::Scalars => "a list of values".to_owned(),
        Shape::OneOf(choices) => words(choices),
        Shape::SomeOf(choices) => format!("some of {}", words(choices)),
        Shape::Duration => "a duration".to_owned(),
        Shape::Regex => "a regular expression".to_owned(),
        Shape::Expression => "an expression".to_owned(),
        Shape::JsonSchema => "a JSON Schema".to_owned(),
    }
}
