//! What an expression sees of an event.

use std::collections::HashMap;

use cel::Context;
use serde::Serialize;

use crate::hook::context::{
    Author, Change, ChangeKind, EventContext, GitState, ToldDeployment, ToldModel,
};
use crate::hook::event::Event;

/// The names an expression can begin with.
pub const VARIABLES: &[&str] = &["event", "changed", "changes"];

/// The fields of `event`.
pub const EVENT_FIELDS: &[&str] = &[
    "name",
    "branch",
    "source_branch",
    "target_branch",
    "tag",
    "remote",
    "cause",
    "message",
    "author",
    "meta",
    "commit",
    "base_commit",
    "parents",
    "tree",
    "git",
    "model",
    "deployment",
];

/// The event as expressions see it; every field is always there.
#[derive(Serialize)]
struct SeenEvent<'a> {
    name: &'a str,
    branch: Option<&'a str>,
    source_branch: Option<&'a str>,
    target_branch: Option<&'a str>,
    tag: Option<&'a str>,
    remote: Option<&'a str>,
    cause: Option<&'a serde_json::Value>,
    message: Option<&'a str>,
    author: Option<&'a Author>,
    meta: HashMap<&'a str, &'a str>,
    commit: Option<String>,
    base_commit: Option<String>,
    parents: Vec<String>,
    tree: Option<String>,
    git: Option<&'a GitState>,
    model: Option<&'a ToldModel>,
    deployment: Option<&'a ToldDeployment>,
}

/// Returns what an expression sees of this event; only what it names is made.
pub(super) fn of_event(
    program: &cel::Program,
    told: &EventContext,
) -> Result<Context<'static, 'static>, String> {
    let seen = SeenEvent {
        name: told.event.name(),
        branch: told.branch.as_deref(),
        source_branch: told.source_branch.as_deref(),
        target_branch: told.target_branch.as_deref(),
        tag: told.tag.as_deref(),
        remote: told.remote.as_deref(),
        cause: told.cause.as_ref(),
        message: told.message.as_deref(),
        author: told.author.as_ref(),
        meta: told.meta.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect(),
        commit: told.commit.map(|id| id.to_string()),
        base_commit: told.base_commit.map(|id| id.to_string()),
        parents: told.parents.iter().map(ToString::to_string).collect(),
        tree: told.tree.map(|id| id.to_string()),
        git: told.git.as_ref(),
        model: told.model.as_ref(),
        deployment: told.deployment.as_ref(),
    };
    of(program, &seen, &told.changes)
}

/// Returns what an expression sees of an event in which every field applies.
pub(super) fn of_sample(program: &cel::Program) -> Result<Context<'static, 'static>, String> {
    let id = || Some("0".repeat(64));
    let (author, git) = (
        Author { name: "Ada".into(), email: "ada@example.org".into() },
        GitState { commit: "0".repeat(40), dirty: false },
    );
    let model =
        ToldModel { name: "churn".into(), alias: "champion".into(), path: "models/churn".into() };
    let deployment = ToldDeployment {
        env: "prod".into(),
        release_id: "000001-0000000000".into(),
        action: "deploy".into(),
        artifact: "models/churn".into(),
    };
    let cause = serde_json::json!({"trigger": "metric", "value": 0.5});
    let seen = SeenEvent {
        name: Event::PreMerge.name(),
        branch: Some("main"),
        source_branch: Some("feature"),
        target_branch: Some("main"),
        tag: Some("v1"),
        remote: Some("origin"),
        cause: Some(&cause),
        message: Some("Merge feature"),
        author: Some(&author),
        meta: HashMap::new(),
        commit: id(),
        base_commit: id(),
        parents: id().into_iter().collect(),
        tree: id(),
        git: Some(&git),
        model: Some(&model),
        deployment: Some(&deployment),
    };
    let path = crate::base::RepoPath::from_bytes("data/a.csv").unwrap_or_default();
    of(program, &seen, &[Change { path, change: ChangeKind::Added }])
}

fn of(
    program: &cel::Program,
    event: &SeenEvent<'_>,
    changes: &[Change],
) -> Result<Context<'static, 'static>, String> {
    let names = program.references();
    let mut scope = Context::default();
    let mut add = |name: &str, value: Result<cel::Value, cel::SerializationError>| {
        let value = value.map_err(|error| error.to_string())?;
        scope.add_variable_from_value(name, value);
        Ok::<(), String>(())
    };
    if names.has_variable("event") {
        add("event", cel::to_value(event))?;
    }
    if names.has_variable("changed") {
        let paths: Vec<String> = changes.iter().map(|change| change.path.to_string()).collect();
        add("changed", cel::to_value(paths))?;
    }
    if names.has_variable("changes") {
        add("changes", cel::to_value(changes))?;
    }
    Ok(scope)
}

/// Returns the length of the longest text that an expression can see.
pub(super) fn longest_text(told: &EventContext) -> usize {
    let paths = told.changes.iter().map(|change| change.path.as_bytes().len());
    let meta = told.meta.iter().map(|(_, value)| value.len());
    let message = told.message.iter().map(String::len);
    paths.chain(meta).chain(message).max().unwrap_or(0).max(64)
}
