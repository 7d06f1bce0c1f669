//! What a comparison reads of the candidate.

use serde_json::{Map, Value as Json};

use crate::check::drift::Spec;
use crate::hook::spec::Globs;
use crate::ops::OpsError;
use crate::ops::drift::parse;
use crate::ops::reads::{ReadFile, named};

/// Returns the paths and globs that the action `drift` may read of the candidate; nothing where its
/// specification cannot be read. Revisions, and what models were trained on, are no part of a tree.
pub fn reads(
    with: &Map<String, Json>,
    read: &ReadFile<'_>,
) -> Result<Option<Vec<String>>, OpsError> {
    let given = |name: &str| {
        let text = with.get(name).and_then(Json::as_str).filter(|text| !text.is_empty());
        text.map(str::to_owned)
    };
    let spec = if given("spec").is_some() {
        let Some((path, bytes)) = named(with, "spec", read)? else { return Ok(None) };
        let Ok(spec) = parse(&path, &bytes) else { return Ok(None) };
        spec
    } else {
        Spec::default()
    };
    let both = [given("data").or(spec.data), given("reference").or(spec.reference)];
    Ok(Some(both.into_iter().flatten().flat_map(|text| patterns(&text)).collect()))
}

/// Returns the globs of what a text may mean in a tree; a file may be called what looks like a glob.
fn patterns(text: &str) -> Vec<String> {
    let text = text.trim_end_matches('/');
    let mut patterns = vec![Globs::literal(text)];
    if !text.contains(':') {
        patterns.push(text.to_owned());
    }
    patterns
}
