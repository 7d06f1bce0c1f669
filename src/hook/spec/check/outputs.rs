//! Outputs: no two hooks that may run side by side write the same path.

use crate::hook::spec::check::needs;
use crate::hook::spec::read_hook::HookDraft;
use crate::hook::spec::reader::Reader;
use crate::hook::spec::types::Hook;

/// How much comparing of globs a file may cost; a pipeline of a thousand hooks needs a hundredth.
const MAX_COST: u64 = 100_000_000;

/// Notes two hooks, or two cells of one, that one event can run and that would write the same path.
pub(super) fn apart(reader: &mut Reader<'_>, drafts: &[HookDraft]) {
    let writes = |draft: &HookDraft| draft.cells.iter().any(|cell| !cell.outputs.is_empty());
    let writers: Vec<usize> = (0..drafts.len()).filter(|i| writes(&drafts[*i])).collect();
    let edges = needs::edges(drafts);
    let before: Vec<Vec<bool>> = writers.iter().map(|i| reachable(&edges, *i)).collect();
    let mut cost = 0;
    for (at, &a) in writers.iter().enumerate() {
        for (other, &b) in writers.iter().enumerate().skip(at) {
            let ordered = before[at][b] || before[other][a];
            if ordered && a != b {
                continue;
            }
            let Some(found) = collision(&drafts[a], &drafts[b], &mut cost) else { continue };
            let place = drafts[b].outputs;
            if cost > MAX_COST {
                return reader.fault(place, "too many outputs to compare with each other");
            }
            let help = if a == b {
                "put the values of the matrix into the outputs, as in `out/${{ matrix.KEY }}/**`"
            } else {
                "let one of them need the other, or write to different places"
            };
            reader.fault_with(place, found, Some(help.to_owned()));
        }
    }
}

/// Returns what two hooks would both write; of one hook, two of its cells.
fn collision(a: &HookDraft, b: &HookDraft, cost: &mut u64) -> Option<String> {
    for (i, first) in a.cells.iter().enumerate() {
        let skipped = if a.id == b.id { i + 1 } else { 0 };
        for second in b.cells.iter().skip(skipped) {
            let comparing = first.outputs.comparison_cost(&second.outputs);
            if comparing == 0 {
                continue;
            }
            *cost += comparing + first.branches.comparison_cost(&second.branches);
            if *cost > MAX_COST {
                return Some(String::new());
            }
            if !may_meet(first, second) {
                continue;
            }
            if let Some((mine, theirs)) = first.outputs.path_overlap(&second.outputs) {
                let (first, second) = (&first.id, &second.id);
                return Some(format!(
                    "outputs of `{first}` and `{second}` overlap: `{mine}` and `{theirs}`"
                ));
            }
        }
    }
    None
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
