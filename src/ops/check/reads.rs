//! What a suite reads of the tree that it is carried out on.

use serde_json::{Map, Value as Json};

use crate::check::suite::{self, Against};
use crate::ops::OpsError;
use crate::ops::reads::{ReadFile, named};

/// Returns the paths and globs that the action `validate` reads; nothing where its suite cannot be read.
pub fn reads(
    with: &Map<String, Json>,
    read: &ReadFile<'_>,
) -> Result<Option<Vec<String>>, OpsError> {
    let Some((path, bytes)) = named(with, "suite", read)? else { return Ok(None) };
    let Ok(suite) = suite::parse(&path.to_string(), &bytes) else { return Ok(None) };
    let given = with.get("data").and_then(Json::as_array).into_iter().flatten();
    let given: Vec<String> = given.filter_map(Json::as_str).map(str::to_owned).collect();
    let mut patterns = if given.is_empty() { suite.dataset.clone() } else { given };
    let needs = suite.needs().into_iter().filter(|need| need.against == Against::Here);
    patterns.extend(needs.flat_map(|need| need.dataset));
    Ok(Some(patterns))
}
