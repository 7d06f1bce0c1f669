//! A metric out of its bounds: one number of a JSON, YAML or TOML file of a tree.

use serde_json::json;

use crate::base::{Hash, RepoPath, TreeId};
use crate::check::document;
use crate::hook::spec::MetricWatch;
use crate::object::Entry;
use crate::object::tree::TreeEntry;
use crate::ops::data::DataView;
use crate::ops::hooks::trigger::seen::Finding;
use crate::ops::{Context, OpsError};

/// A file of metrics is not larger.
const MOST_BYTES: u64 = 1 << 20;

/// Returns the hash of what is looked at.
pub(super) fn content(
    context: &Context,
    tree: TreeId,
    watch: &MetricWatch,
) -> Result<String, OpsError> {
    let entry = context.repo.objects().tree_entry(tree, &watch.file)?;
    Ok(match entry {
        Some(TreeEntry::Leaf(Entry::File { file, .. })) => file.content.to_hex(),
        _ => Hash::of(b"absent").to_hex(),
    })
}

/// Looks whether the metric lies within its bounds; one that is missing cannot be told.
pub(super) fn find(
    context: &Context,
    tree: TreeId,
    watch: &MetricWatch,
) -> Result<Finding, OpsError> {
    let view = DataView::of_tree(context, tree, "the branch");
    let Some(bytes) = view.read(&watch.file, MOST_BYTES)? else {
        return Err(unread(format!("`{}` is not there", watch.file)));
    };
    let value = number(&watch.file, &bytes, &watch.name).map_err(unread)?;
    let crossed = watch.is_crossed(value);
    let MetricWatch { file, name, below, above } = watch;
    let bound = match (below, above) {
        (Some(below), _) if value < *below => format!(", below {below}"),
        (_, Some(above)) if value > *above => format!(", above {above}"),
        _ => String::new(),
    };
    let cause = json!({
        "file": file.to_string(), "name": name, "value": value, "below": below, "above": above,
    });
    Ok(Finding { crossed, says: format!("{name} is {value}{bound}"), cause })
}

fn unread(what: String) -> OpsError {
    OpsError::NoMetric { what }
}

/// Returns the number of this name, or says why there is none.
fn number(file: &RepoPath, bytes: &[u8], name: &str) -> Result<f64, String> {
    let file = file.to_string();
    let entries = document::read(&file, bytes).map_err(|error| error.to_string())?;
    let found = entries.iter().find(|(known, _)| known == name);
    match found.and_then(|(_, value)| document::number(value)) {
        Some(value) if value.is_nan() => Err(format!("`{name}` of `{file}` is NaN")),
        Some(value) => Ok(value),
        None => Err(format!("`{file}` has no number `{name}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str, text: &str, name: &str) -> Result<f64, String> {
        number(&RepoPath::from_bytes(file).unwrap(), text.as_bytes(), name)
    }

    #[test]
    fn a_metric_is_found_in_each_kind_of_file() {
        assert_eq!(read("m.json", r#"{"auc": 0.5}"#, "auc"), Ok(0.5));
        assert_eq!(read("m.json", r#"{"test": {"auc": 1}}"#, "test.auc"), Ok(1.0));
        assert_eq!(read("m.json", r#"{"a.b": {"c": 3}}"#, "a.b.c"), Ok(3.0));
        assert_eq!(read("m.yaml", "test:\n  auc: 0.25\n", "test.auc"), Ok(0.25));
        assert_eq!(read("m.toml", "[test]\nauc = 0.25\nrows = 7\n", "test.auc"), Ok(0.25));
        assert_eq!(read("m.toml", "[test]\nauc = 0.25\nrows = 7\n", "test.rows"), Ok(7.0));
    }

    #[test]
    fn one_that_is_no_number_is_told_from_one_that_is() {
        for (file, text) in [
            ("m.json", "{}"),
            ("m.json", r#"{"auc": "0.5"}"#),
            ("m.json", r#"{"auc": NaN}"#),
            ("m.yaml", "auc: .nan\n"),
            ("m.toml", "auc = nan\n"),
            ("m.json", "[]"),
            ("m.yaml", "auc: [1]\n"),
            ("m.json", "\u{0}"),
        ] {
            assert!(read(file, text, "auc").is_err(), "{file}: {text}");
        }
    }
}
