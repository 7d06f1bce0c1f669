//! What differs between the metrics, or the parameters, of two trees.

use serde::Serialize;
use serde_json::Value as Json;

use crate::check::document::number;
use crate::ops::data::DataView;
use crate::ops::metrics::{FileValues, Kind, Reader};
use crate::ops::{Context, OpsError};

/// A value that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    pub path: String,
    pub name: String,
    /// Null where it was not there, or is not any more.
    pub old: Json,
    pub new: Json,
    /// How much more it is, of numbers.
    pub change: Option<f64>,
    /// The same as a share of the old value.
    pub relative: Option<f64>,
}

/// All that differs.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    pub from: String,
    /// Null for the working copy.
    pub to: Option<String>,
    pub changes: Vec<Change>,
    /// Files that could not be read, and why.
    pub faults: Vec<String>,
}

/// Compares revision `to`, or the working copy, with revision `from`.
pub fn compare(
    context: &Context,
    kind: Kind,
    from: &str,
    to: Option<&str>,
) -> Result<Comparison, OpsError> {
    let mut reader = Reader::new(context, kind);
    let old = reader.read(&DataView::at(context, Some(from))?)?;
    let new = reader.read(&DataView::at(context, to)?)?;
    let mut faults: Vec<String> =
        old.iter().chain(&new).filter_map(|file| file.fault.clone()).collect();
    faults.dedup();
    Ok(Comparison {
        from: from.to_owned(),
        to: to.map(str::to_owned),
        changes: changes(&old, &new),
        faults,
    })
}

fn changes(old: &[FileValues], new: &[FileValues]) -> Vec<Change> {
    let mut paths: Vec<_> = old.iter().chain(new).map(|file| &file.path).collect();
    paths.sort();
    paths.dedup();
    let mut changes = Vec::new();
    for path in paths {
        let of = |files: &[FileValues]| {
            let found = files.iter().find(|file| file.path == *path);
            found.map(|file| file.values.clone()).unwrap_or_default()
        };
        let (old, new) = (of(old), of(new));
        let get = |values: &[(String, Json)], name: &str| {
            let found = values.iter().find(|(known, _)| known == name);
            found.map_or(Json::Null, |(_, value)| value.clone())
        };
        let gone = old.iter().filter(|(name, _)| !new.iter().any(|(known, _)| known == name));
        for (name, _) in new.iter().chain(gone) {
            let (old, new) = (get(&old, name), get(&new, name));
            if old != new {
                changes.push(change(path.to_string(), name, old, new));
            }
        }
    }
    changes
}

fn change(path: String, name: &str, old: Json, new: Json) -> Change {
    let difference = number(&old).zip(number(&new)).map(|(old, new)| (new - old, old));
    let change = difference.map(|(change, _)| change).filter(|change| change.is_finite());
    let relative = difference.map(|(change, old)| change / old.abs());
    Change {
        path,
        name: name.to_owned(),
        old,
        new,
        change,
        relative: relative.filter(|share| share.is_finite()),
    }
}
