//! The hooks of a plan that run, what each needs, and how far each is.

use std::time::Instant;

use crate::hook::plan::{Decision, Plan};
use crate::hook::runner::record::{RunRecord, Status};
use crate::hook::spec::Hook;
use crate::object::tree::TreeEdit;

/// A hook with its place among the others.
pub(super) struct Node<'p> {
    pub hook: &'p Hook,
    /// Why it fails without being run.
    pub fails: Option<String>,
    /// Whether an earlier verdict was asked for.
    pub asked: bool,
    /// The nodes it needs, directly or through steps that were left out.
    pub needs: Vec<usize>,
    /// All nodes it needs, also through others, in the order of the plan.
    pub ancestors: Vec<usize>,
    pub stage: Stage,
    pub record: RunRecord,
    /// What it made.
    pub edits: Vec<TreeEdit>,
}

/// How far a hook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// For what it needs, or for a free job.
    Waiting,
    /// For its concurrency group.
    Held {
        since: Instant,
    },
    Running,
    /// Before its next attempt.
    Resting {
        until: Instant,
    },
    Ended,
}

/// What a step that runs needs, in terms of the steps that run.
pub(super) struct Place {
    /// Where the step stands in the plan.
    pub step: usize,
    pub needs: Vec<usize>,
    pub ancestors: Vec<usize>,
}

/// Returns the steps of a plan that run, in its order: steps that are left out pass on their needs.
pub(super) fn places(plan: &Plan<'_>) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    // What needing each step of the plan comes to.
    let mut reached: Vec<Vec<usize>> = Vec::with_capacity(plan.steps.len());
    for (step, planned) in plan.steps.iter().enumerate() {
        let needs = union(planned.needs.iter().map(|need| reached[*need].as_slice()));
        if matches!(planned.decision, Decision::Skip(_)) {
            reached.push(needs);
            continue;
        }
        let above = needs.iter().map(|need| places[*need].ancestors.as_slice());
        let ancestors = union(above.chain([needs.as_slice()]));
        reached.push(vec![places.len()]);
        places.push(Place { step, needs, ancestors });
    }
    places
}

fn union<'a>(lists: impl Iterator<Item = &'a [usize]>) -> Vec<usize> {
    let mut all: Vec<usize> = lists.flatten().copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Tells whether a hook that ended so stands in the way of others.
fn is_obstacle(node: &Node<'_>) -> bool {
    let forgiven = node.hook.continue_on_error && node.record.status == Status::Failed;
    node.stage == Stage::Ended && !node.record.status.is_good() && !forgiven
}

/// Returns the first that failed, or else was cancelled, and stands in the way of others.
pub(super) fn failure(nodes: &[Node<'_>]) -> Option<usize> {
    let first =
        |status| nodes.iter().position(|node| node.record.status == status && is_obstacle(node));
    first(Status::Failed).or_else(|| first(Status::Cancelled))
}

/// Returns why a hook that has not started will not get its turn; `failure` stops all.
pub(super) fn obstacle(nodes: &[Node<'_>], at: usize, failure: Option<usize>) -> Option<String> {
    let node = &nodes[at];
    if node.hook.always {
        return None;
    }
    let needed = || node.needs.iter().copied().find(|need| is_obstacle(&nodes[*need]));
    let bad = &nodes[failure.or_else(needed)?];
    let deed = match bad.record.status {
        Status::Failed => "failed",
        Status::Cancelled => "was cancelled",
        _ => "did not run",
    };
    Some(format!("`{}` {deed}", bad.record.hook))
}

/// Tells whether all that a hook needs has ended.
pub(super) fn is_ready(nodes: &[Node<'_>], at: usize) -> bool {
    nodes[at].needs.iter().all(|need| nodes[*need].stage == Stage::Ended)
}
