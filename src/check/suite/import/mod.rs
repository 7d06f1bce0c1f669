//! Suites of other tools as suites of ours. A rule that has no check here is kept as one that is not run,
//! and refuses until somebody allows it by name.

mod draft;
mod frictionless;
mod gx;
mod json_schema;
mod odcs;

#[cfg(test)]
mod tests;

use serde_json::Value as Json;

use crate::base::yaml;
use crate::check::suite::import::draft::Draft;
use crate::check::suite::spec::node_as_json;

/// A format of suites that others have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignFormat {
    Odcs,
    Gx,
    Frictionless,
    JsonSchema,
}

/// Why a file is no suite that can be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error("{line}:{column}: {message}")]
    Syntax { line: usize, column: usize, message: String },
    #[error(
        "neither an ODCS contract, a suite of Great Expectations, a schema of Frictionless nor a JSON Schema"
    )]
    Unknown,
    #[error("it has no {0}")]
    Lacks(&'static str),
}

/// A suite of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// As YAML.
    pub suite: String,
    /// How many rules have no check here.
    pub left_out: usize,
}

/// Turns a file into a suite; what it is, is detected where it is not said.
pub fn import(bytes: &[u8], format: Option<ForeignFormat>) -> Result<Imported, ImportError> {
    let tree = read(bytes)?;
    let format = format.or_else(|| detect(&tree)).ok_or(ImportError::Unknown)?;
    let mut draft = Draft::default();
    match format {
        ForeignFormat::Odcs => odcs::import(&tree, &mut draft)?,
        ForeignFormat::Gx => gx::import(&tree, &mut draft)?,
        ForeignFormat::Frictionless => frictionless::import(&tree, &mut draft)?,
        ForeignFormat::JsonSchema => json_schema::import(&tree, &mut draft)?,
    }
    Ok(Imported { left_out: draft.left_out(), suite: draft.to_yaml() })
}

fn read(bytes: &[u8]) -> Result<Json, ImportError> {
    if let Ok(json) = serde_json::from_slice(bytes) {
        return Ok(json);
    }
    let text = String::from_utf8_lossy(bytes);
    let tree = yaml::parse(&text).map_err(|(place, message)| ImportError::Syntax {
        line: place.line,
        column: place.column,
        message,
    })?;
    Ok(node_as_json(&tree))
}

fn detect(tree: &Json) -> Option<ForeignFormat> {
    let has = |key: &str| tree.get(key).is_some();
    if has("expectations") {
        Some(ForeignFormat::Gx)
    } else if tree["kind"] == "DataContract" {
        Some(ForeignFormat::Odcs)
    } else if has("fields") || has("resources") {
        Some(ForeignFormat::Frictionless)
    } else {
        (has("properties") || has("$schema")).then_some(ForeignFormat::JsonSchema)
    }
}

/// Returns the items of a list; none where it is missing.
fn items(value: &Json) -> &[Json] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Returns the texts of a list, or of one text.
fn texts(value: &Json) -> Vec<&str> {
    match value {
        Json::String(text) => vec![text],
        value => items(value).iter().filter_map(Json::as_str).collect(),
    }
}
