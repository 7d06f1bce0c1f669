//! Reads `action.yaml`, which comes with the binary.

use serde_json::Value as Json;

use crate::base::yaml::{self, Key, Node, Value};
use crate::hook::action::catalogue::{Action, Carried, Means};
use crate::hook::action::parameter::{Kind, Parameter};
use crate::hook::event::Event;
use crate::hook::spec::{Place, Severity};

/// What is wrong with a definition, and where.
type Fault = (Place, String);

pub(super) fn action(carried: &Carried) -> Result<Action, Fault> {
    let tree = yaml::parse(carried.definition)?;
    let mut action = Action {
        name: carried.name,
        description: String::new(),
        on: Vec::new(),
        secrets: Vec::new(),
        cache: true,
        reads_tree: false,
        variables: Vec::new(),
        variables_where: Vec::new(),
        severity: Severity::Fail,
        parameters: Vec::new(),
        means: match &carried.script {
            Some(script) => Means::Script { name: script.name, text: script.text },
            None => Means::Native,
        },
    };
    for (key, value) in entries(&tree)? {
        match key.text.as_str() {
            "description" => action.description = text(value)?,
            "on" => action.on = texts(value)?.iter().map(event).collect::<Result<_, _>>()?,
            "secrets" => action.secrets = texts(value)?.into_iter().map(|(_, text)| text).collect(),
            "cache" => action.cache = truth(value)?,
            "reads" => action.reads_tree = reads_tree(value)?,
            "variables" => {
                action.variables = texts(value)?.into_iter().map(|(_, text)| text).collect();
            }
            "variables_where" => {
                action.variables_where = texts(value)?.into_iter().map(|(_, text)| text).collect();
            }
            "level" => action.severity = severity(value)?,
            "parameters" => {
                let all = entries(value)?.iter().map(|(key, value)| parameter(key, value));
                action.parameters = all.collect::<Result<_, _>>()?;
            }
            other => return Err((key.place, format!("unknown key `{other}`"))),
        }
    }
    Ok(action)
}

fn parameter(name: &Key, node: &Node) -> Result<Parameter, Fault> {
    let mut parameter = Parameter {
        name: name.text.clone(),
        kind: Kind::Text,
        required: false,
        default: None,
        choices: Vec::new(),
        description: String::new(),
        default_value: Json::Null,
    };
    let mut default = None;
    for (key, value) in entries(node)? {
        match key.text.as_str() {
            "type" => parameter.kind = kind(value)?,
            "required" => parameter.required = truth(value)?,
            "default" => default = Some(value),
            "choices" => {
                parameter.choices = texts(value)?.into_iter().map(|(_, text)| text).collect();
            }
            "description" => parameter.description = text(value)?,
            other => return Err((key.place, format!("unknown key `{other}`"))),
        }
    }
    if let Some(default) = default {
        parameter.default = Some(written(default));
        parameter.default_value = parameter.value(default)?;
    }
    Ok(parameter)
}

/// Returns a default as the docs show it.
fn written(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::List(items) => {
            format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", "))
        }
        Value::Map(entries) => {
            let pair = |(key, value): &(Key, Node)| format!("{}: {}", key.text, written(value));
            format!("{{{}}}", entries.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        scalar => scalar.scalar().unwrap_or_default().to_owned(),
    }
}

fn event((place, name): &(Place, String)) -> Result<Event, Fault> {
    Event::parse(name).map_err(|error| (*place, error.to_string()))
}

fn kind(node: &Node) -> Result<Kind, Fault> {
    let name = text(node)?;
    let known = Kind::ALL.iter().find(|(known, _)| *known == name);
    known.map(|(_, kind)| *kind).ok_or_else(|| (node.place, format!("unknown type `{name}`")))
}

fn severity(node: &Node) -> Result<Severity, Fault> {
    match text(node)?.as_str() {
        "fail" => Ok(Severity::Fail),
        "warn" => Ok(Severity::Warn),
        other => Err((node.place, format!("unknown level `{other}`"))),
    }
}

/// Tells whether an action reads the tree itself; others read files that are laid out for them.
fn reads_tree(node: &Node) -> Result<bool, Fault> {
    match text(node)?.as_str() {
        "tree" => Ok(true),
        "files" => Ok(false),
        other => Err((node.place, format!("unknown value `{other}`"))),
    }
}

fn entries(node: &Node) -> Result<&[(Key, Node)], Fault> {
    match &node.value {
        Value::Map(entries) => Ok(entries),
        _ => Err((node.place, "a mapping is expected".to_owned())),
    }
}

fn text(node: &Node) -> Result<String, Fault> {
    let text = node.value.scalar().map(str::to_owned);
    text.ok_or_else(|| (node.place, "a text is expected".to_owned()))
}

fn texts(node: &Node) -> Result<Vec<(Place, String)>, Fault> {
    match &node.value {
        Value::List(items) => items.iter().map(|item| Ok((item.place, text(item)?))).collect(),
        _ => Err((node.place, "a list is expected".to_owned())),
    }
}

fn truth(node: &Node) -> Result<bool, Fault> {
    text(node)?.parse().map_err(|_| (node.place, "`true` or `false` is expected".to_owned()))
}
