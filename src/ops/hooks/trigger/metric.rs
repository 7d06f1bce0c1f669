//! A metric out of its bounds: one number of a JSON, YAML or TOML file of a tree.

use serde_json::json;

use crate::base::yaml;
use crate::base::{Hash, RepoPath, TreeId};
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
    let text = std::str::from_utf8(bytes).map_err(|_| format!("`{file}` is not UTF-8 text"))?;
    let bad = |reason: String| format!("`{file}` cannot be read: {reason}");
    let path = file.to_string();
    let end = path.rsplit('.').next().unwrap_or_default();
    let found = match end {
        "yaml" | "yml" => {
            let tree = yaml::parse(text).map_err(|(_, reason)| bad(reason))?;
            find_named(&tree, name, yaml_member).and_then(|node| match &node.value {
                yaml::Value::Number(text) => text.parse().ok(),
                _ => None,
            })
        }
        "toml" => {
            let tree: toml_edit::DocumentMut =
                text.parse().map_err(|error: toml_edit::TomlError| bad(error.message().into()))?;
            find_named(tree.as_item(), name, |item, key| item.get(key))
                .and_then(|item| item.as_float().or(item.as_integer().map(|number| number as f64)))
        }
        _ => {
            let tree: serde_json::Value =
                serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
            find_named(&tree, name, |value, key| value.get(key)).and_then(|value| value.as_f64())
        }
    };
    match found {
        Some(value) if value.is_nan() => Err(format!("`{name}` of `{file}` is NaN")),
        Some(value) => Ok(value),
        None => Err(format!("`{file}` has no number `{name}`")),
    }
}

/// Returns what a name leads to: a member, or one within another, with dots.
fn find_named<'t, T: ?Sized>(
    tree: &'t T,
    name: &str,
    member: fn(&'t T, &str) -> Option<&'t T>,
) -> Option<&'t T> {
    let mut here = tree;
    let mut rest = name;
    loop {
        if let Some(found) = member(here, rest) {
            return Some(found);
        }
        let (at, inner) =
            rest.match_indices('.').find_map(|(at, _)| Some((at, member(here, &rest[..at])?)))?;
        (here, rest) = (inner, &rest[at + 1..]);
    }
}

fn yaml_member<'t>(node: &'t yaml::Node, name: &str) -> Option<&'t yaml::Node> {
    let yaml::Value::Map(entries) = &node.value else { return None };
    entries.iter().find(|(key, _)| key.text == name).map(|(_, value)| value)
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
        assert_eq!(read("m.json", r#"{"test.auc": 2, "test": {"auc": 1}}"#, "test.auc"), Ok(2.0));
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
