//! Earlier verdicts that stand in for runs. They take no job and no thread, and all that are found
//! at a time are written down at once: a plan of which nothing has changed costs one transaction.

use std::time::{Duration, Instant};

use crate::base::Timestamp;
use crate::hook::runner::attempt::Verdict;
use crate::hook::runner::conduct::Conductor;
use crate::hook::runner::graph::{Stage, is_ready};
use crate::hook::runner::host::Recalled;
use crate::hook::runner::run::HookError;

impl Conductor<'_, '_, '_> {
    /// Asks for an earlier verdict of each hook whose turn it is, once.
    pub(super) fn recall(&mut self) {
        let mut recalled = Vec::new();
        // One that is recalled makes way for those that need it, which come later.
        for at in 0..self.nodes.len() {
            let node = &self.nodes[at];
            let is_new = node.stage == Stage::Waiting && !node.asked && node.fails.is_none();
            if self.error.is_some() || !is_new || !is_ready(&self.nodes, at) {
                continue;
            }
            let start = Instant::now();
            match self.earlier_verdict(at) {
                Ok(Some(earlier)) => {
                    recalled.push((at, self.stand_in(at, earlier, start.elapsed())));
                }
                Ok(None) => {}
                Err(error) => self.give_up(at, error),
            }
        }
        if recalled.is_empty() {
            return;
        }
        let records: Vec<_> =
            recalled.iter().map(|(at, _)| self.nodes[*at].record.clone()).collect();
        if let Err(error) = self.runner.host.journal(&records) {
            self.error.get_or_insert(HookError::Host(error));
        }
        for (record, (_, verdict)) in records.into_iter().zip(recalled) {
            self.tell_end(record, verdict);
        }
    }

    fn earlier_verdict(&mut self, at: usize) -> Result<Option<Recalled>, HookError> {
        let tree = self.tree_of(at)?;
        let node = &mut self.nodes[at];
        node.asked = true;
        node.record.tree = Some(tree);
        self.runner.host.recall(node.hook, tree).map_err(HookError::Host)
    }

    /// Ends a hook with the verdict of an earlier run.
    fn stand_in(&mut self, at: usize, earlier: Recalled, duration: Duration) -> Verdict {
        let node = &mut self.nodes[at];
        let now = Timestamp::now();
        node.record.status = earlier.status;
        node.record.started = Some(now);
        node.record.finished = Some(now);
        node.record.cached = true;
        node.record.message.clone_from(&earlier.message);
        node.record.metrics.clone_from(&earlier.metrics);
        node.stage = Stage::Ended;
        node.edits = earlier.edits;
        let mut verdict = Verdict::of(earlier.status, earlier.message);
        verdict.duration = duration;
        verdict
    }
}
