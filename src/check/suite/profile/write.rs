//! Profiles as a suite.

use crate::check::suite::error::CheckError;
use crate::check::suite::profile::column::Profile;
use crate::check::suite::yaml_text::{flow, list};

/// Returns the suite as YAML.
pub(super) fn suite(
    dataset: &[String],
    rows: u64,
    columns: Vec<(String, Profile)>,
) -> Result<String, CheckError> {
    let mut text =
        String::from("# Proposed from the data as it is: let go of what holds by chance.\n");
    text.push_str(&format!("dataset: {}\nchecks:\n", list(dataset)));
    let names: Vec<&String> = columns.iter().map(|(name, _)| name).collect();
    text.push_str(&format!("- columns: {{match: exact, names: {}}}\n", list(&names)));
    // A tenth less is no reason to ask.
    text.push_str(&format!("- row_count: {{min: {}}}\n", rows - rows / 10));
    for (name, profile) in &columns {
        if is_likely_key(name, profile)? {
            text.push_str(&format!("- unique: {}\n", list(&[name])));
        }
    }
    text.push_str("columns:\n");
    for (name, profile) in &columns {
        let checks = checks(profile);
        if !checks.is_empty() {
            text.push_str(&format!("  {}: {{{}}}\n", flow(name), checks.join(", ")));
        }
    }
    Ok(text)
}

/// Tells whether a column seems to be meant as a key, and is one.
fn is_likely_key(name: &str, profile: &Profile) -> Result<bool, CheckError> {
    let name = name.to_ascii_lowercase();
    let sounds = name == "id" || name.ends_with("_id") || name.ends_with("key") || name == "uuid";
    Ok(sounds && profile.is_key()?)
}

fn checks(profile: &Profile) -> Vec<String> {
    let mut checks = Vec::new();
    let type_name = profile.type_name();
    checks.extend(type_name.filter(|name| *name != "text").map(|name| format!("type: {name}")));
    if profile.values > 0 {
        checks.push(not_null(profile));
    }
    match (type_name, profile.categories()) {
        (Some("int" | "number"), _)
            if profile.least.is_finite() && profile.greatest.is_finite() =>
        {
            checks.push(format!("range: {{min: {}, max: {}}}", profile.least, profile.greatest));
        }
        (Some("text" | "bool"), Some(categories)) => {
            let values: Vec<&String> = categories.iter().collect();
            checks.push(format!("in_set: {}", list(&values)));
        }
        _ => {}
    }
    checks
}

/// Returns the share that is there, rounded down so that the data passes.
fn not_null(profile: &Profile) -> String {
    if profile.missing == 0 {
        return "not_null: true".to_owned();
    }
    let share = profile.values as f64 / (profile.values + profile.missing) as f64;
    format!("not_null: {{mostly: {}}}", (share * 100.0).floor() / 100.0)
}
