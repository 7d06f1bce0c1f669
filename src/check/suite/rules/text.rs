//! What texts look like: patterns, lengths, JSON.

use std::sync::Arc;

use jsonschema::Validator;
use regex::Regex;

use crate::check::suite::engine::View;
use crate::check::suite::error::CheckError;
use crate::check::suite::rules::row::{CellTest, by_cells};
use crate::check::suite::rules::structure::Counts;
use crate::check::suite::rules::{Checker, Scope};
use crate::check::suite::spec::Check;

#[derive(Clone)]
struct Pattern {
    regex: Regex,
    matches: bool,
}

pub(in crate::check::suite) fn regex(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    by_cells(check, scope, Pattern::of(check, true))
}

pub(in crate::check::suite) fn not_regex(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    by_cells(check, scope, Pattern::of(check, false))
}

impl Pattern {
    fn of(check: &Check, matches: bool) -> Self {
        let regex = check.settings.regex("pattern").expect("the list of checks requires it");
        Self { regex: regex.clone(), matches }
    }
}

impl CellTest for Pattern {
    fn is_fit(&self, view: &View<'_>, column: usize, row: usize) -> bool {
        let text = view.text(column, row);
        text.is_none_or(|text| self.regex.is_match(&text) == self.matches)
    }

    fn complaint(&self) -> String {
        let verb = if self.matches { "without" } else { "with" };
        format!("{verb} a match of `{}`", self.regex)
    }
}

#[derive(Clone)]
struct Length(Counts);

pub(in crate::check::suite) fn length(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    by_cells(check, scope, Length(Counts::of(check)))
}

impl CellTest for Length {
    fn is_fit(&self, view: &View<'_>, column: usize, row: usize) -> bool {
        let text = view.text(column, row);
        text.is_none_or(|text| self.0.fault(text.chars().count() as u64).is_none())
    }

    fn complaint(&self) -> String {
        format!("of a length that is not {}", self.0.expected())
    }
}

#[derive(Clone)]
struct JsonTest(Arc<Validator>);

pub(in crate::check::suite) fn json_schema(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let schema = check.settings.json("schema").expect("the list of checks requires it");
    let validator = jsonschema::validator_for(schema);
    let validator = validator.map_err(|error| CheckError::Unfit(error.to_string()))?;
    by_cells(check, scope, JsonTest(Arc::new(validator)))
}

impl CellTest for JsonTest {
    fn is_fit(&self, view: &View<'_>, column: usize, row: usize) -> bool {
        let text = view.text(column, row).unwrap_or_default();
        serde_json::from_str(&text).is_ok_and(|value| self.0.is_valid(&value))
    }

    fn complaint(&self) -> String {
        "not JSON that the schema allows".to_owned()
    }
}
