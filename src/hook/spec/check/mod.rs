//! Holds what the files say against each other: names that mean nothing, circles, collisions.

mod events;
mod names;
mod needs;
mod outputs;

use crate::hook::spec::read::Draft;
use crate::hook::spec::reader::Reader;
use crate::hook::spec::types::Spec;

/// More hooks than this, with all cells, are refused: the checks compare every two of them.
const MAX_HOOKS: usize = 5_000;

/// Notes every fault that no single part has, and returns the whole.
pub(super) fn whole(reader: &mut Reader<'_>, draft: Draft) -> Spec {
    let cells = draft.hooks.iter().map(|hook| hook.cells.len());
    let too_many = cells
        .scan(0, |sum, n| {
            *sum += n;
            Some(*sum)
        })
        .position(|n| n > MAX_HOOKS);
    if let Some(at) = too_many {
        reader.fault(draft.hooks[at].place, format!("more than {MAX_HOOKS} hooks"));
        return Spec::default();
    }
    names::once(reader, &draft);
    events::fitting(reader, &draft.hooks);
    needs::known(reader, &draft.hooks);
    needs::without_circle(reader, &draft.hooks);
    names::required(reader, &draft);
    outputs::apart(reader, &draft.hooks);
    assembled(reader, draft)
}

fn assembled(reader: &mut Reader<'_>, draft: Draft) -> Spec {
    let needs = needs::resolved(reader, &draft.hooks);
    let hooks = draft.hooks.into_iter().zip(needs).flat_map(|(hook, needs)| {
        hook.cells.into_iter().map(move |cell| crate::hook::Hook { needs: needs.clone(), ..cell })
    });
    let branches = draft.branches.into_iter().map(|draft| {
        let require = draft.require.into_iter().map(|(_, id)| id).collect();
        crate::hook::spec::BranchRule { require, ..draft.rule }
    });
    Spec {
        artifacts: draft.artifacts.into_iter().map(|(_, artifact)| artifact).collect(),
        branches: branches.collect(),
        hooks: hooks.collect(),
    }
}
