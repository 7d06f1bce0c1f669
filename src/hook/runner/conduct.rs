//! The loop that starts hooks, each in a thread of its own, and takes in how they ended. It alone
//! decides and tells; the threads only work.

use std::collections::HashMap;
use std::thread::{Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::base::{Timestamp, TreeId};
use crate::hook::output::HookOutput;
use crate::hook::process::Limits;
use crate::hook::runner::attempt::{Attempt, Attempted, Crew, Verdict};
use crate::hook::runner::backoff::backoff;
use crate::hook::runner::graph::{Node, Stage, failure, is_ready, obstacle};
use crate::hook::runner::host::{RunEvent, Slot, Turn};
use crate::hook::runner::record::{RunDetail, RunRecord, Status};
use crate::hook::runner::run::{HookError, Made, Outcome, Runner};
use crate::hook::spec::Severity;

/// How often it looks up when nothing happens: for Ctrl-C, a free group, the end of a rest.
const TICK: Duration = Duration::from_millis(25);

/// How many lines may wait to be told before the hook that writes them waits too.
const LINES: usize = 256;

/// What threads say.
pub(super) enum Word {
    Tell(RunEvent),
    Done { at: usize, attempted: Box<Result<Attempted, HookError>> },
}

pub(super) struct Conductor<'r, 'p, 'a> {
    pub(super) runner: &'r mut Runner<'a>,
    pub(super) nodes: Vec<Node<'p>>,
    slots: Vec<Slot>,
    /// The trees that hooks saw, by those whose outputs are in them.
    trees: HashMap<Vec<usize>, TreeId>,
    running: usize,
    pub(super) error: Option<HookError>,
}

type Threads<'s> = HashMap<usize, ScopedJoinHandle<'s, ()>>;

impl<'r, 'p, 'a> Conductor<'r, 'p, 'a> {
    pub(super) fn new(runner: &'r mut Runner<'a>, nodes: Vec<Node<'p>>, slots: Vec<Slot>) -> Self {
        Self { runner, nodes, slots, trees: HashMap::new(), running: 0, error: None }
    }

    pub(super) fn conduct(mut self) -> Result<Outcome, HookError> {
        let (sender, receiver) = bounded(LINES);
        let crew = Crew {
            context: self.runner.context,
            environment: self.runner.environment,
            host: self.runner.host,
            words: sender,
        };
        std::thread::scope(|scope| self.until_all_ended(scope, &crew, &receiver));
        match self.error.take() {
            Some(error) => Err(error),
            None => self.outcome(),
        }
    }

    fn until_all_ended<'s>(
        &mut self,
        scope: &'s Scope<'s, '_>,
        crew: &'s Crew<'_>,
        words: &Receiver<Word>,
    ) where
        'p: 's,
    {
        let mut threads = Threads::new();
        loop {
            self.start(scope, crew, &mut threads);
            let over = self.nodes.iter().all(|node| node.stage == Stage::Ended);
            if self.running == 0 && (over || self.error.is_some()) {
                return;
            }
            // Whoever only says a line changes nothing that could start another.
            loop {
                match words.recv_timeout(TICK) {
                    Ok(Word::Tell(event)) => (self.runner.sink)(event),
                    Ok(Word::Done { at, attempted }) => {
                        threads.remove(&at);
                        self.take_in(at, *attempted);
                        break;
                    }
                    Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                        pass_on_panics(&mut threads, words);
                        break;
                    }
                }
            }
        }
    }

    /// Starts every hook that can, as far as there are jobs, and passes over those that never will.
    fn start<'s>(&mut self, scope: &'s Scope<'s, '_>, crew: &'s Crew<'_>, threads: &mut Threads<'s>)
    where
        'p: 's,
    {
        self.pass_over();
        self.recall();
        for at in 0..self.nodes.len() {
            if self.error.is_some() || self.running >= self.runner.jobs.get() {
                return;
            }
            if !self.is_due(at) {
                continue;
            }
            match self.attempt(at) {
                Ok(Some(attempt)) => {
                    self.nodes[at].stage = Stage::Running;
                    self.running += 1;
                    let work = move || {
                        let attempted = attempt.carry_out(crew);
                        // The loop listens until every thread has said this.
                        let _ = crew.words.send(Word::Done { at, attempted: Box::new(attempted) });
                    };
                    threads.insert(at, scope.spawn(work));
                }
                Ok(None) => {}
                Err(error) => self.give_up(at, error),
            }
        }
    }

    /// Tells whether a hook could run at this moment, for all that it needs.
    fn is_due(&self, at: usize) -> bool {
        match self.nodes[at].stage {
            Stage::Waiting | Stage::Held { .. } => is_ready(&self.nodes, at),
            Stage::Resting { until } => until <= Instant::now(),
            Stage::Running | Stage::Ended => false,
        }
    }

    /// Returns what a thread is to do; nothing where the hook has ended already or is held up.
    fn attempt(&mut self, at: usize) -> Result<Option<Attempt<'p>>, HookError> {
        let hook = self.nodes[at].hook;
        if let Some(reason) = self.nodes[at].fails.take() {
            let verdict = Verdict::of(Status::Failed, Some(reason));
            self.end(at, verdict, Vec::new())?;
            return Ok(None);
        }
        let timeout = hook.timeout.unwrap_or(self.runner.limits.timeout);
        let (turn, waited) = match &hook.concurrency {
            None => (None, Duration::ZERO),
            Some(group) => match self.turn(at, group, timeout)? {
                Some((turn, waited)) => (Some(turn), waited),
                None => return Ok(None),
            },
        };
        let tree = self.tree_of(at)?;
        let node = &mut self.nodes[at];
        node.record.tree = Some(tree);
        node.record.started.get_or_insert_with(Timestamp::now);
        let limits = Limits { timeout: timeout.saturating_sub(waited), ..self.runner.limits };
        let slot = self.slots[at].clone();
        Ok(Some(Attempt { hook, slot, tree, record: node.record.clone(), limits, timeout, turn }))
    }

    /// Returns the right to run in the group and how long it took to get it.
    fn turn(
        &mut self,
        at: usize,
        group: &str,
        timeout: Duration,
    ) -> Result<Option<(Turn, Duration)>, HookError> {
        let now = Instant::now();
        let since = match self.nodes[at].stage {
            Stage::Held { since } => since,
            _ => now,
        };
        let waited = now - since;
        if let Some(turn) = self.runner.host.turn(group).map_err(HookError::Host)? {
            return Ok(Some((turn, waited)));
        }
        self.nodes[at].stage = Stage::Held { since };
        if waited >= timeout {
            let message = format!("timed out while another hook of the group `{group}` ran");
            self.end(at, Verdict::of(Status::Failed, Some(message)), Vec::new())?;
        }
        Ok(None)
    }

    /// Returns the candidate with the outputs of all that a hook needs, and of no other.
    pub(super) fn tree_of(&mut self, at: usize) -> Result<TreeId, HookError> {
        let ancestors = self.nodes[at].ancestors.iter().copied();
        let makers: Vec<usize> =
            ancestors.filter(|maker| !self.nodes[*maker].edits.is_empty()).collect();
        self.tree_with(makers)
    }

    fn tree_with(&mut self, makers: Vec<usize>) -> Result<TreeId, HookError> {
        if let Some(tree) = self.trees.get(&makers) {
            return Ok(*tree);
        }
        let mut tree = self.runner.tree;
        for maker in &makers {
            let edits = &self.nodes[*maker].edits;
            tree = self.runner.host.tree_with(tree, edits).map_err(HookError::Host)?;
        }
        self.trees.insert(makers, tree);
        Ok(tree)
    }

    /// Writes down those that will never run, all at once.
    fn pass_over(&mut self) {
        if self.error.is_some() {
            return;
        }
        let interrupted = (self.runner.limits.interrupted)();
        let refuses = self.runner.context.event.may_refuse();
        let failure = if refuses { failure(&self.nodes) } else { None };
        let mut passed_over = Vec::new();
        // One that is passed over stands in the way of those that need it, which come later.
        for at in 0..self.nodes.len() {
            let why = match self.nodes[at].stage {
                Stage::Ended | Stage::Running => continue,
                _ if interrupted => Some((Status::Cancelled, "interrupted".to_owned())),
                Stage::Resting { .. } => None,
                _ => obstacle(&self.nodes, at, failure).map(|reason| (Status::Skipped, reason)),
            };
            if let Some((status, message)) = why {
                let record = &mut self.nodes[at].record;
                record.status = status;
                record.finished = Some(Timestamp::now());
                record.message = Some(message);
                self.nodes[at].stage = Stage::Ended;
                passed_over.push(self.nodes[at].record.clone());
            }
        }
        if passed_over.is_empty() {
            return;
        }
        if let Err(error) = self.runner.host.journal(&passed_over) {
            self.error = Some(HookError::Host(error));
        }
        for record in passed_over {
            self.tell_end(record, Verdict::of(Status::Skipped, None));
        }
    }

    fn take_in(&mut self, at: usize, attempted: Result<Attempted, HookError>) {
        self.running -= 1;
        let taken = attempted.and_then(|attempted| self.judge(at, attempted));
        if let Err(error) = taken {
            self.give_up(at, error);
        }
    }

    /// Decides whether this was the last attempt.
    fn judge(&mut self, at: usize, attempted: Attempted) -> Result<(), HookError> {
        let Attempted { record, verdict, edits } = attempted;
        let node = &mut self.nodes[at];
        let retries = node.hook.retries;
        let tried = record.attempt + 1 - self.slots[at].attempt;
        node.record = record;
        let again = verdict.status == Status::Failed
            && tried <= retries.max
            && !(self.runner.limits.interrupted)();
        if !again {
            return self.end(at, verdict, edits);
        }
        let wait = backoff(retries.backoff, tried, &node.record.run_id);
        node.stage = Stage::Resting { until: Instant::now() + wait };
        node.record.exit_code = verdict.exit_code;
        node.record.message.clone_from(&verdict.message);
        self.runner.host.journal(std::slice::from_ref(&node.record)).map_err(HookError::Host)?;
        let record = Box::new(node.record.clone());
        node.record.attempt += 1;
        (self.runner.sink)(RunEvent::Resting { record, wait });
        Ok(())
    }

    /// Writes down how a hook ended.
    fn end(
        &mut self,
        at: usize,
        verdict: Verdict,
        edits: Vec<crate::object::tree::TreeEdit>,
    ) -> Result<(), HookError> {
        let node = &mut self.nodes[at];
        let warns = node.hook.severity == Severity::Warn && verdict.status == Status::Failed;
        let record = &mut node.record;
        record.status = if warns { Status::Warned } else { verdict.status };
        record.finished = Some(Timestamp::now());
        record.exit_code = verdict.exit_code;
        record.message.clone_from(&verdict.message);
        record.metrics = verdict.output.metrics.clone();
        record.detail = RunDetail {
            duration_ms: u64::try_from(verdict.duration.as_millis()).ok(),
            annotations: verdict.output.annotations.clone(),
            tail: verdict.tail.clone(),
            valid_until: verdict.output.valid_until,
            ..RunDetail::default()
        };
        node.stage = Stage::Ended;
        node.edits = edits;
        let host = self.runner.host;
        let follows = !node.edits.is_empty() && !self.runner.context.event.may_refuse();
        if let Some(tree) = record.tree.filter(|_| follows) {
            let outputs = host.tree_with(tree, &node.edits).map_err(HookError::Host)?;
            record.detail.outputs = Some(outputs);
        }
        host.journal(std::slice::from_ref(record)).map_err(HookError::Host)?;
        if let (true, Some(tree)) = (record.status.is_good(), record.tree) {
            host.remember(node.hook, tree, record, &node.edits).map_err(HookError::Host)?;
        }
        let record = record.clone();
        self.tell_end(record, verdict);
        Ok(())
    }

    pub(super) fn tell_end(&mut self, record: RunRecord, verdict: Verdict) {
        let Verdict { duration, tail, output: HookOutput { annotations, .. }, .. } = verdict;
        let record = Box::new(record);
        (self.runner.sink)(RunEvent::Finished { record, duration, tail, annotations });
    }

    /// Writes down that a run could not be carried out, as far as that can still be written.
    pub(super) fn give_up(&mut self, at: usize, error: HookError) {
        let node = &mut self.nodes[at];
        let (status, message) = if (self.runner.limits.interrupted)() {
            (Status::Cancelled, "interrupted".to_owned())
        } else {
            (Status::Failed, format!("could not be carried out: {error}"))
        };
        node.stage = Stage::Ended;
        node.record.status = status;
        node.record.finished = Some(Timestamp::now());
        node.record.message = Some(message);
        // The first error is the one to tell.
        let _ = self.runner.host.journal(std::slice::from_ref(&node.record));
        self.error.get_or_insert(error);
    }

    fn outcome(mut self) -> Result<Outcome, HookError> {
        let makers: Vec<usize> =
            (0..self.nodes.len()).filter(|at| !self.nodes[*at].edits.is_empty()).collect();
        let tree = self.tree_with(makers)?;
        let mut outcome = Outcome { records: Vec::new(), tree, made: Vec::new() };
        for Node { hook, record, edits, .. } in self.nodes {
            if !edits.is_empty() {
                let (run_id, hook) = (record.run_id.clone(), hook.id.clone());
                outcome.made.push(Made { run_id, hook, edits });
            }
            outcome.records.push(record);
        }
        Ok(outcome)
    }
}

/// Ends with the panic of a thread that ended without a word.
fn pass_on_panics(threads: &mut Threads<'_>, words: &Receiver<Word>) {
    let silent = threads.iter().find(|(_, thread)| thread.is_finished()).map(|(at, _)| *at);
    if let Some(thread) = silent.filter(|_| words.is_empty()).and_then(|at| threads.remove(&at))
        && let Err(panic) = thread.join()
    {
        std::panic::resume_unwind(panic);
    }
}

/// Says something to the loop, which listens for as long as threads work.
pub(super) fn say(words: &Sender<Word>, event: RunEvent) {
    let _ = words.send(Word::Tell(event));
}
