//! `hooks add`: writes a ready-made hook into `mlv.yaml` of the working copy.

use crate::base::fs::{atomic_write, read_if_exists};
use crate::base::suggest;
use crate::hook::action::{self, Action, Kind};
use crate::hook::spec::{FILE_NAME, Hook, Spec, parse, with_hook};
use crate::ops::{Context, OpsError};

/// What the user asks for.
#[derive(Debug, Clone, Default)]
pub struct NewHook {
    pub action: String,
    /// Its name in the file; that of the action where missing.
    pub id: Option<String>,
    /// Parameters, values as they are typed.
    pub with: Vec<(String, String)>,
    /// The events; those that the action is for where empty.
    pub on: Vec<String>,
    pub branches: Vec<String>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedHook {
    pub id: String,
    /// Whether the file is new.
    pub created: bool,
    /// Variables that must be set where the hook runs.
    pub secrets: Vec<String>,
}

/// Adds the hook, or changes nothing: the file is read again as it would be, and must say what it said
/// before and the new hook.
pub fn add(context: &Context, new: &NewHook) -> Result<AddedHook, OpsError> {
    let action = action::find(&new.action).ok_or_else(|| no_such_action(&new.action))?;
    let lines = lines_of(new, action);
    let hook = alone(&lines)?;
    let _lock = context.lock()?;
    let path = context.repo.root().join(FILE_NAME);
    let before = read_if_exists(&path)?;
    let bytes = before.as_deref().unwrap_or_default();
    let spec = match &before {
        Some(bytes) => parse(FILE_NAME, bytes).map_err(OpsError::BrokenSpec)?,
        None => Spec::default(),
    };
    if spec.hook(&hook.id).is_some() {
        return Err(OpsError::HookExists { hook: hook.id.to_string() });
    }
    let text = std::str::from_utf8(bytes).ok().and_then(|text| with_hook(text, &lines));
    let Some(text) = text.filter(|text| says(text, &spec, &hook)) else {
        return Err(OpsError::NoPlaceForHook { block: indented(&lines) });
    };
    atomic_write(&path, text.as_bytes())?;
    Ok(AddedHook {
        id: hook.id.to_string(),
        created: before.is_none(),
        secrets: needed_secrets(action, &hook),
    })
}

fn no_such_action(name: &str) -> OpsError {
    let names = action::actions().iter().map(|action| action.name);
    OpsError::NoSuchAction { name: name.to_owned(), candidates: suggest::candidates(name, names) }
}

/// Returns the variables that parameters name; others are passed on where they are set.
fn needed_secrets(action: &Action, hook: &Hook) -> Vec<String> {
    let optional = |name: &&String| !action.secrets.contains(name);
    hook.secrets.iter().filter(optional).cloned().collect()
}

/// Returns the hook that these lines make in a file of their own.
fn alone(lines: &[String]) -> Result<Hook, OpsError> {
    let text = format!("version: 1\nhooks:\n{}", indented(lines));
    let spec = parse("the new hook", text.as_bytes()).map_err(OpsError::UnsoundHook)?;
    Ok(spec.hooks.into_iter().next().expect("the text has one hook"))
}

/// Tells whether the text says what the file said before, and the new hook after it.
fn says(text: &str, before: &Spec, hook: &Hook) -> bool {
    let Ok(mut spec) = parse(FILE_NAME, text.as_bytes()) else { return false };
    let Some(last) = spec.hooks.pop() else { return false };
    last.definition_hash() == hook.definition_hash()
        && spec.definition_hash() == before.definition_hash()
}

fn indented(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| format!("  {line}")).collect();
    lines.join("\n") + "\n"
}

fn lines_of(new: &NewHook, action: &Action) -> Vec<String> {
    let on: Vec<String> = if new.on.is_empty() {
        action.on.iter().map(|event| event.name().to_owned()).collect()
    } else {
        new.on.clone()
    };
    let id = new.id.as_deref().unwrap_or(action.name);
    let mut lines = vec![format!("{}:", scalar(id)), format!("  on: {}", list(&on))];
    if !new.branches.is_empty() {
        lines.push(format!("  branches: {}", list(&new.branches)));
    }
    lines.push(format!("  uses: {}", action.name));
    if !new.with.is_empty() {
        lines.push("  with:".to_owned());
    }
    let mut keys: Vec<&str> = Vec::new();
    for (key, _) in &new.with {
        if !keys.contains(&key.as_str()) {
            keys.push(key);
            lines.push(format!("    {}: {}", scalar(key), value(new, action, key)));
        }
    }
    lines
}

/// Returns the value of a parameter in YAML; a list may be typed as YAML, or by naming it repeatedly.
fn value(new: &NewHook, action: &Action, key: &str) -> String {
    let given: Vec<String> =
        new.with.iter().filter(|(name, _)| name == key).map(|(_, value)| value.clone()).collect();
    let kind = action.parameter(key).map_or(Kind::Text, |parameter| parameter.kind);
    match (kind, given.as_slice()) {
        (Kind::Map, [text]) => text.clone(),
        (Kind::List | Kind::Globs, [text]) if text.starts_with('[') => text.clone(),
        (_, [text]) => scalar(text),
        (_, several) => list(several),
    }
}

fn list(texts: &[String]) -> String {
    match texts {
        [text] => scalar(text),
        several => {
            format!("[{}]", several.iter().map(|text| scalar(text)).collect::<Vec<_>>().join(", "))
        }
    }
}

/// Returns a text as YAML takes it for a text.
fn scalar(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./@ ".contains(c);
    let begins_well = text.starts_with(|c: char| c.is_alphanumeric() || "_./".contains(c));
    let is_null = text.eq_ignore_ascii_case("null");
    if begins_well && text.chars().all(plain) && !text.ends_with(' ') && !is_null {
        text.to_owned()
    } else {
        // What JSON writes in quotes is a text of YAML too.
        serde_json::Value::from(text).to_string()
    }
}
