//! Needs: each names a hook, and they do not go in a circle.

use std::collections::HashMap;

use crate::hook::spec::check::names;
use crate::hook::spec::read_hook::HookDraft;
use crate::hook::spec::reader::Reader;
use crate::hook::spec::types::HookId;

/// How many needs all cells may have together.
const MAX_NEEDS: usize = 200_000;

/// Notes needs that name nothing, or the hook itself.
pub(super) fn known(reader: &mut Reader<'_>, drafts: &[HookDraft]) {
    let known: HashMap<&str, &HookDraft> =
        drafts.iter().map(|draft| (draft.id.as_str(), draft)).collect();
    for draft in drafts {
        for (place, need) in &draft.needs {
            if need.base() == draft.id.as_str() {
                reader.fault(*place, format!("hook `{}` needs itself", draft.id));
            } else if !known.contains_key(need.as_str()) && names::find(drafts, need).is_none() {
                let message = format!("hook `{}` needs `{need}`, which does not exist", draft.id);
                reader.fault_with(*place, message, names::near(drafts, need));
            }
        }
    }
}

/// Notes hooks that need each other in a circle, and names them.
pub(super) fn without_circle(reader: &mut Reader<'_>, drafts: &[HookDraft]) {
    let Some(cycle) = find_cycle(&edges(drafts)) else { return };
    let names: Vec<String> = cycle.iter().map(|i| format!("`{}`", drafts[*i].id)).collect();
    let message =
        format!("hooks need each other in a circle: {} → {}", names.join(" → "), names[0]);
    let (first, next) = (&drafts[cycle[0]], &drafts[cycle[1 % cycle.len()]]);
    let place = first.needs.iter().find(|(_, need)| need.base() == next.id.as_str());
    reader.fault(place.map_or(first.place, |(place, _)| *place), message);
}

/// Returns what the cells of each hook need, all cells of a hook where it is needed as a whole.
pub(super) fn resolved(reader: &mut Reader<'_>, drafts: &[HookDraft]) -> Vec<Vec<HookId>> {
    let index = index_of(drafts);
    let mut total = 0;
    let mut all = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let mut needs = Vec::new();
        for (_, need) in &draft.needs {
            if need.is_cell() {
                needs.push(need.clone());
            } else if let Some(i) = index.get(need.as_str()) {
                needs.extend(drafts[*i].cells.iter().map(|cell| cell.id.clone()));
            }
        }
        total += needs.len() * draft.cells.len();
        if total > MAX_NEEDS {
            reader.fault(draft.place, format!("more than {MAX_NEEDS} needs among all cells"));
            needs.clear();
        }
        all.push(needs);
    }
    all
}

fn index_of(drafts: &[HookDraft]) -> HashMap<&str, usize> {
    drafts.iter().enumerate().map(|(i, draft)| (draft.id.as_str(), i)).collect()
}

/// Returns the numbers of the hooks that each hook needs.
pub(super) fn edges(drafts: &[HookDraft]) -> Vec<Vec<usize>> {
    let index = index_of(drafts);
    let known = |(i, draft): (usize, &HookDraft)| -> Vec<usize> {
        let needs = draft.needs.iter().filter_map(|(_, need)| index.get(need.base()).copied());
        needs.filter(|need| *need != i).collect()
    };
    drafts.iter().enumerate().map(known).collect()
}

/// Returns the members of some circle, each needing the next.
fn find_cycle(edges: &[Vec<usize>]) -> Option<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; edges.len()];
    for start in 0..edges.len() {
        if marks[start] != Mark::New {
            continue;
        }
        // A path from `start`, each member with how many of its needs were followed.
        let mut path = vec![(start, 0)];
        marks[start] = Mark::Open;
        while let Some((i, followed)) = path.last_mut() {
            let Some(&next) = edges[*i].get(*followed) else {
                marks[*i] = Mark::Done;
                path.pop();
                continue;
            };
            *followed += 1;
            match marks[next] {
                Mark::Done => {}
                Mark::New => {
                    marks[next] = Mark::Open;
                    path.push((next, 0));
                }
                Mark::Open => {
                    let from = path.iter().position(|(i, _)| *i == next).unwrap_or(0);
                    return Some(path[from..].iter().map(|(i, _)| *i).collect());
                }
            }
        }
    }
    None
}
