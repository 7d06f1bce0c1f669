//! How the triggers of a branch stand, in words: what a worker saw last, when the next time comes,
//! and what holds them back.

use crate::base::Timestamp;
use crate::hook::event::Event;
use crate::hook::spec::{Hook, Watch};
use crate::ops::hooks::trigger::hold::Hold;
use crate::ops::hooks::trigger::schedule;
use crate::ops::hooks::trigger::seen::{Seen, SeenState};
use crate::ops::hooks::trigger::{tips, triggered};
use crate::ops::{Context, OpsError};
use crate::repo::journal;

/// How the triggers of hooks stand on a branch.
#[derive(Debug)]
pub(in crate::ops::hooks) struct Standing<'a> {
    pub context: &'a Context,
    pub branch: &'a str,
    pub now: Timestamp,
}

impl Standing<'_> {
    /// Returns how a trigger of a hook stands; nothing for another event.
    pub fn of(&self, hook: &Hook, event: Event) -> Result<Option<String>, OpsError> {
        match event {
            Event::Schedule => self.of_schedule(hook).map(Some),
            Event::Metric | Event::Drift => {
                let watches = hook.watches.iter().filter(|watch| watch.event() == event);
                let each = watches.map(|watch| self.of_watch(hook, watch));
                Ok(Some(each.collect::<Result<Vec<_>, _>>()?.join("; ")))
            }
            _ => Ok(None),
        }
    }

    fn of_schedule(&self, hook: &Hook) -> Result<String, OpsError> {
        let fact = schedule::fact_name(self.branch, hook);
        let last = journal::fact(&self.context.repo.connection(), &fact)?;
        let last = last.and_then(|last| last.parse::<Timestamp>().ok());
        let next = schedule::next_after(hook, last.unwrap_or(self.now));
        let next = next.map_or("never".to_owned(), |next| next.to_string());
        let hold = self.hold(hook)?;
        Ok(match hold {
            Some(hold) => format!("next {next}, {hold}"),
            None => format!("next {next}"),
        })
    }

    fn of_watch(&self, hook: &Hook, watch: &Watch) -> Result<String, OpsError> {
        let fact = Seen::fact_name(self.branch, hook, watch);
        let seen = journal::fact(&self.context.repo.connection(), &fact)?;
        let Some(seen) = seen.as_deref().and_then(Seen::of_json) else {
            return Ok("no worker has looked yet".to_owned());
        };
        let says = &seen.says;
        Ok(match seen.state {
            SeenState::Calm => says.clone(),
            SeenState::Fired => format!("{says}: started"),
            SeenState::Own => format!("{says}, by what it made itself"),
            SeenState::Failed => format!("cannot be told: {says}"),
            SeenState::Due => match self.hold(hook)? {
                Some(hold) => format!("{says}: {hold}"),
                None => format!("{says}: the next worker starts it"),
            },
        })
    }

    fn hold(&self, hook: &Hook) -> Result<Option<Hold>, OpsError> {
        Ok(Hold::of(&self.context.repo.connection(), hook, self.branch, self.now)?)
    }
}

/// What is watched for a hook on a branch, as a worker saw it last.
#[derive(Debug, Clone)]
pub struct Watched {
    pub branch: String,
    pub hook: Hook,
    pub watch: Watch,
    pub seen: Seen,
}

/// Returns all that is watched on the branches and that a worker has looked at.
pub fn watched(context: &Context) -> Result<Vec<Watched>, OpsError> {
    let mut all = Vec::new();
    for tip in tips(context)? {
        for hook in triggered(context, &tip.spec, &tip.branch) {
            for watch in &hook.watches {
                let fact = Seen::fact_name(&tip.branch, hook, watch);
                let seen = journal::fact(&context.repo.connection(), &fact)?;
                if let Some(seen) = seen.as_deref().and_then(Seen::of_json) {
                    let (branch, hook) = (tip.branch.clone(), hook.clone());
                    all.push(Watched { branch, hook, watch: watch.clone(), seen });
                }
            }
        }
    }
    Ok(all)
}
