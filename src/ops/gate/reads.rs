//! What a gate reads of the candidate.

use serde_json::{Map, Value as Json};

use crate::hook::spec::Globs;
use crate::ops::OpsError;
use crate::ops::gate::read as read_spec;
use crate::ops::reads::{ReadFile, named};

/// Returns the paths and globs that the action `gate` reads; nothing where its file cannot be read.
pub fn reads(
    with: &Map<String, Json>,
    read: &ReadFile<'_>,
) -> Result<Option<Vec<String>>, OpsError> {
    let Some((path, bytes)) = named(with, "spec", read)? else { return Ok(None) };
    let Ok(spec) = read_spec(&path, &bytes) else { return Ok(None) };
    let sets = [&spec.eval_set, &spec.train_set].into_iter().flatten();
    let mut patterns: Vec<String> = sets.map(|set| set.path.clone()).collect();
    patterns.extend(spec.predictions);
    patterns.extend(spec.metrics_file.map(|path| Globs::literal(&path.to_string())));
    patterns.extend(spec.inputs);
    Ok(Some(patterns))
}
