//! Names: nothing is named twice, and what a branch requires exists and can judge.

use std::collections::HashMap;

use crate::base::suggest;
use crate::base::yaml::Place;
use crate::hook::spec::read::Draft;
use crate::hook::spec::read_hook::HookDraft;
use crate::hook::spec::reader::Reader;
use crate::hook::spec::types::HookId;

/// Notes what several files, or two spellings, say of the same thing.
pub(super) fn once(reader: &mut Reader<'_>, draft: &Draft) {
    let hooks = draft.hooks.iter().map(|hook| (hook.place, hook.id.to_string()));
    once_each(reader, "hook", hooks);
    let branches = draft.branches.iter().map(|rule| (rule.name.place, rule.name.text.clone()));
    once_each(reader, "branch", branches);
    let artifacts = draft.artifacts.iter().map(|(place, found)| (*place, found.path.to_string()));
    once_each(reader, "artifact", artifacts);
}

fn once_each(reader: &mut Reader<'_>, what: &str, named: impl Iterator<Item = (Place, String)>) {
    let mut known: HashMap<String, Place> = HashMap::new();
    for (place, name) in named {
        if let Some(first) = known.get(&name) {
            let first = reader.first_at(*first, place);
            reader.fault(place, format!("{what} `{name}` is named twice, {first}"));
        } else {
            known.insert(name, place);
        }
    }
}

/// Notes hooks that a branch requires and that do not exist, or can never judge a move.
pub(super) fn required(reader: &mut Reader<'_>, draft: &Draft) {
    for rule in &draft.branches {
        for (place, wanted) in &rule.require {
            let whose = format!("branch `{}` requires `{wanted}`", rule.name.text);
            match find(&draft.hooks, wanted) {
                None => {
                    let help = near(&draft.hooks, wanted);
                    reader.fault_with(*place, format!("{whose}, which does not exist"), help);
                }
                Some(hook) if !can_judge(hook) => {
                    let help = "a hook judges on a `pre-` event, as `pre-merge`".to_owned();
                    let message = format!("{whose}, which runs on no `pre-` event");
                    reader.fault_with(*place, message, Some(help));
                }
                Some(_) => {}
            }
        }
    }
}

fn can_judge(hook: &HookDraft) -> bool {
    // One whose events are faulty has been noted for that.
    hook.cells
        .first()
        .is_none_or(|cell| cell.on.is_empty() || cell.on.iter().any(|event| event.may_refuse()))
}

/// Returns the hook that is meant: by its name, or by that of a cell of its matrix.
pub(super) fn find<'d>(hooks: &'d [HookDraft], wanted: &HookId) -> Option<&'d HookDraft> {
    let found = hooks.iter().find(|hook| hook.id.as_str() == wanted.base())?;
    let has_cell = || found.cells.iter().any(|cell| cell.id == *wanted);
    (!wanted.is_cell() || has_cell()).then_some(found)
}

/// Returns "did you mean" for a hook that does not exist.
pub(super) fn near(hooks: &[HookDraft], wanted: &HookId) -> Option<String> {
    let names = hooks.iter().map(|hook| hook.id.as_str());
    let cells = hooks.iter().flat_map(|hook| &hook.cells).map(|cell| cell.id.as_str());
    let near = if wanted.is_cell() {
        suggest::candidates(wanted.as_str(), cells)
    } else {
        suggest::candidates(wanted.as_str(), names)
    };
    suggest::did_you_mean(&near)
}
