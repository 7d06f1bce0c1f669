//! Holds the hooks of a file against each other: needs, cycles, outputs that collide.

use std::collections::HashMap;

use crate::base::suggest;
use crate::hook::spec::read::Reader;
use crate::hook::spec::read_hook::Draft;
use crate::hook::spec::types::Hook;

/// More hooks than this are refused: the checks below compare every two of them.
const MAX_HOOKS: usize = 5_000;

/// How much comparing of globs a file may cost; a pipeline of a thousand hooks needs a hundredth.
const MAX_COST: u64 = 100_000_000;

/// Notes needs that name nothing, or the hook itself, or go in a circle.
pub(super) fn needs(reader: &mut Reader<'_>, drafts: &[Draft]) {
    let index = index_of(drafts);
    for draft in drafts {
        for (place, need) in &draft.needs {
            if *need == draft.hook.id {
                reader.fault(*place, format!("hook `{need}` needs itself"));
            } else if !index.contains_key(need.as_str()) {
                let names = drafts.iter().map(|draft| draft.hook.id.as_str());
                let help = suggest::did_you_mean(&suggest::candidates(need.as_str(), names));
                let message =
                    format!("hook `{}` needs `{need}`, which does not exist", draft.hook.id);
                reader.fault_with(*place, message, help);
            }
        }
    }
    let edges = edges(drafts, &index);
    if let Some(cycle) = find_cycle(&edges) {
        let names: Vec<String> =
            cycle.iter().map(|i| format!("`{}`", drafts[*i].hook.id)).collect();
        let message =
            format!("hooks need each other in a circle: {} → {}", names.join(" → "), names[0]);
        let first = &drafts[cycle[0]];
        let place = first.needs.first().map_or(first.place, |(place, _)| *place);
        reader.fault(place, message);
    }
}

/// Notes two hooks that may run side by side and would write the same path.
pub(super) fn outputs(reader: &mut Reader<'_>, drafts: &[Draft]) {
    if drafts.len() > MAX_HOOKS {
        return reader.fault(drafts[MAX_HOOKS].place, format!("more than {MAX_HOOKS} hooks"));
    }
    let writers: Vec<usize> =
        (0..drafts.len()).filter(|i| !drafts[*i].hook.outputs.is_empty()).collect();
    let edges = edges(drafts, &index_of(drafts));
    let ancestors: HashMap<usize, Vec<bool>> =
        writers.iter().map(|i| (*i, reachable(&edges, *i))).collect();
    let mut cost = 0;
    for (at, &a) in writers.iter().enumerate() {
        for &b in &writers[at + 1..] {
            let (first, second) = (&drafts[a].hook, &drafts[b].hook);
            let outputs = first.outputs.comparison_cost(&second.outputs);
            if outputs == 0 || ancestors[&a][b] || ancestors[&b][a] {
                continue;
            }
            cost += outputs + first.branches.comparison_cost(&second.branches);
            if cost > MAX_COST {
                let place = drafts[b].outputs;
                return reader.fault(place, "too many outputs to compare with each other");
            }
            if !may_meet(first, second) {
                continue;
            }
            if let Some((mine, theirs)) = first.outputs.path_overlap(&second.outputs) {
                reader.fault_with(
                    drafts[b].outputs,
                    format!(
                        "outputs of `{}` and `{}` overlap: `{mine}` and `{theirs}`",
                        first.id, second.id
                    ),
                    Some("let one of them need the other, or write to different places".into()),
                );
            }
        }
    }
}

fn index_of(drafts: &[Draft]) -> HashMap<&str, usize> {
    drafts.iter().enumerate().map(|(i, draft)| (draft.hook.id.as_str(), i)).collect()
}

fn edges(drafts: &[Draft], index: &HashMap<&str, usize>) -> Vec<Vec<usize>> {
    let known = |i: usize, draft: &Draft| -> Vec<usize> {
        let needs = draft.needs.iter().filter_map(|(_, need)| index.get(need.as_str()).copied());
        needs.filter(|need| *need != i).collect()
    };
    drafts.iter().enumerate().map(|(i, draft)| known(i, draft)).collect()
}

/// Tells whether one event on one branch can run both.
fn may_meet(a: &Hook, b: &Hook) -> bool {
    let same_event = a.on.iter().any(|event| b.on.contains(event));
    let same_branch =
        a.branches.is_empty() || b.branches.is_empty() || a.branches.names_can_meet(&b.branches);
    same_event && same_branch
}

fn reachable(edges: &[Vec<usize>], start: usize) -> Vec<bool> {
    let mut seen = vec![false; edges.len()];
    let mut stack = edges[start].clone();
    while let Some(i) = stack.pop() {
        if !std::mem::replace(&mut seen[i], true) {
            stack.extend(&edges[i]);
        }
    }
    seen
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
