//! What would run, on what, why or why not; and whether a file of definitions is sound.

use std::path::Path;

use crate::base::{Hash, RepoPath};
use crate::hook::event::{EVENTS, Event};
use crate::hook::plan::{Decision, Trigger, plan};
use crate::hook::spec::{FILE_NAME, Spec};
use crate::ops::hooks::definitions::spec_of;
use crate::ops::hooks::spec_files::texts_on_disk;
use crate::ops::hooks::trigger::Standing;
use crate::ops::hooks::trust::is_trusted;
use crate::ops::{Context, OpsError};
use crate::refs::RefName;

/// One hook under one event.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ListedHook {
    pub event: &'static str,
    pub hook: String,
    pub description: Option<String>,
    pub run: String,
    pub needs: Vec<String>,
    pub branches: Vec<String>,
    pub paths: Vec<String>,
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
    /// Whether it would run for what is staged now.
    pub would_run: bool,
    /// Why it would not.
    pub reason: Option<String>,
    /// How its trigger stands on the present branch, for events that workers fire.
    pub trigger: Option<String>,
    pub definition: Hash,
    pub trusted: bool,
}

/// Lists the hooks of the staged tree, event by event, and what each would do for what is staged on
/// the present branch.
pub fn list(context: &Context) -> Result<Vec<ListedHook>, OpsError> {
    let staged = context.repo.staged()?;
    let Some(spec) = spec_of(context, staged)? else { return Ok(Vec::new()) };
    let trusted = is_trusted(context, &spec)?;
    let head = context.repo.head()?;
    let changed = changed_paths(context, staged)?;
    let branch = head.branch().map_or("", RefName::short);
    let standing = Standing { context, branch, now: context.now()? };
    let mut listed = Vec::new();
    for info in EVENTS {
        let event = info.event;
        let branch = head.branch().map(RefName::short);
        let trigger = Trigger { event, branch, changed: &changed };
        for step in plan(&spec, &trigger).steps {
            let reason = match &step.decision {
                Decision::Run => None,
                Decision::Fail { reason } => Some(reason.clone()),
                Decision::Skip(reason) => Some(reason.to_string()),
            };
            let trigger = standing.of(step.hook, event)?;
            listed.push(ListedHook { trigger, ..described(event, step.hook, reason, trusted) });
        }
    }
    Ok(listed)
}

fn described(
    event: Event,
    hook: &crate::hook::spec::Hook,
    reason: Option<String>,
    trusted: bool,
) -> ListedHook {
    ListedHook {
        event: event.name(),
        hook: hook.id.to_string(),
        description: hook.description.clone(),
        run: hook.work.text(),
        needs: hook.needs.iter().map(ToString::to_string).collect(),
        branches: hook.branches.patterns().to_vec(),
        paths: hook.paths.patterns().to_vec(),
        inputs: hook.inputs.patterns().to_vec(),
        outputs: hook.outputs.patterns().to_vec(),
        would_run: reason.is_none(),
        reason,
        trigger: None,
        definition: hook.definition_hash(),
        trusted,
    }
}

fn changed_paths(
    context: &Context,
    staged: crate::base::TreeId,
) -> Result<Vec<RepoPath>, OpsError> {
    let objects = context.repo.objects();
    let before = context.repo.head_tree()?;
    let changes = crate::diff::tree::tree_changes(objects, before, staged, &RepoPath::root());
    Ok(changes.map(|change| change.map(|change| change.path)).collect::<Result<_, _>>()?)
}

/// Reads the definitions in a file of the working copy, `mlv.yaml` where none is named.
pub fn check(context: &Context, file: Option<&Path>) -> Result<Spec, OpsError> {
    let path = match file {
        Some(file) => context.directory.join(file),
        None => context.repo.root().join(FILE_NAME),
    };
    let name = file.unwrap_or(Path::new(FILE_NAME)).display().to_string();
    let Some(texts) = texts_on_disk(context.repo.root(), &path, &name)? else {
        return Err(OpsError::NoSuchPath {
            path: path.display().to_string(),
            place: "the working copy".to_owned(),
            candidates: Vec::new(),
        });
    };
    texts.parse().map_err(OpsError::BrokenSpec)
}
