//! Looks at what a hook watches: only where that changed since the last time, and at what people made
//! of it, not the hook itself.

use serde_json::{Value, json};

use crate::base::{Hash, TreeId, interrupt};
use crate::hook::spec::{Hook, Watch};
use crate::ops::hooks::chain::makers_of;
use crate::ops::hooks::trigger::hold::{Hold, note_runs};
use crate::ops::hooks::trigger::seen::{Finding, Seen, SeenState};
use crate::ops::hooks::trigger::{Tip, drift, metric};
use crate::ops::{Context, OpsError, prometheus};
use crate::repo::journal::{self, NOBODY};

/// After how many seconds it is looked again at what could not be read.
const PATIENCE: i64 = 600;

/// No more commits than this are asked who made them; beyond, it counts as made by people.
const MOST_COMMITS: usize = 1_000;

/// Notes an event where what is watched has left its bounds since it was last looked at.
pub(super) fn look(
    context: &Context,
    tip: &Tip,
    hook: &Hook,
    watch: &Watch,
) -> Result<(), OpsError> {
    let fact = Seen::fact_name(&tip.branch, hook, watch);
    let noted = journal::fact(&context.repo.connection(), &fact)?;
    let known = noted.as_deref().and_then(Seen::of_json);
    let seen = Look { context, tip, hook, watch }.seen(known.as_ref())?;
    let hold = |connection: &_| Hold::of(connection, hook, &tip.branch, tip.now);
    let is_due = seen.state == SeenState::Due;
    let fires = is_due && hold(&context.repo.connection())?.is_none();
    if known.as_ref() == Some(&seen) && !fires {
        return Ok(());
    }
    tracing::debug!(hook = %hook.id, state = ?seen.state, "looked at what a hook watches");
    let is_new = known.is_none_or(|known| known.says != seen.says);
    let says = (is_new && seen.state == SeenState::Failed).then(|| seen.says.clone());
    let event = tip.event(context, watch.event(), hook, seen.cause.clone(), &seen.chain);
    context.repo.transact(|connection| {
        // Somebody else has looked meanwhile: what counts is what he saw.
        if journal::fact(connection, &fact)? != noted {
            return Ok(());
        }
        let mut seen = seen;
        if is_due && hold(connection)?.is_none() {
            seen.state = SeenState::Fired;
            journal::add_pending(connection, NOBODY, &event)?;
            note_runs(connection, [hook], &tip.branch, tip.now)?;
        }
        Ok(journal::set_fact(connection, &fact, &seen.to_json())?)
    })?;
    prometheus::refresh(context);
    tracing::debug!(hook = %hook.id, fires, "noted what a hook watches");
    if let Some(says) = says {
        let (id, event) = (&hook.id, watch.event());
        context.progress.notice(&format!("`{event}` of hook `{id}` cannot be told: {says}"));
    }
    Ok(())
}

/// A look at what one hook watches on a branch.
struct Look<'a> {
    context: &'a Context,
    tip: &'a Tip,
    hook: &'a Hook,
    watch: &'a Watch,
}

impl Look<'_> {
    /// Returns what is seen now, which is what was seen where nothing changed.
    fn seen(&self, known: Option<&Seen>) -> Result<Seen, OpsError> {
        let at = self.place()?;
        let is_read = |known: &&Seen| {
            let age = self.tip.now.seconds.saturating_sub(known.time);
            known.state != SeenState::Failed || (0..PATIENCE).contains(&age)
        };
        let known = known.filter(is_read);
        if let Some(known) = known.filter(|known| known.at == at) {
            return Ok(known.clone());
        }
        let looked = self.content(self.tip.tree)?;
        if let Some(known) = known.filter(|known| known.looked == looked) {
            return Ok(Seen { at, ..known.clone() });
        }
        self.found(known, at, looked)
    }

    /// Returns what tells, as long as it is the same, that nothing changed.
    fn place(&self) -> Result<String, OpsError> {
        let beyond = match self.watch {
            Watch::Metric(_) => String::new(),
            Watch::Drift(_) => crate::ops::hooks::cache::refs_digest(self.context)?,
        };
        Ok(Hash::of(format!("{} {beyond}", self.tip.tree).as_bytes()).to_hex())
    }

    /// Returns the hash of the content of all that is looked at.
    fn content(&self, tree: TreeId) -> Result<String, OpsError> {
        match self.watch {
            Watch::Metric(watch) => metric::content(self.context, tree, watch),
            Watch::Drift(watch) => drift::content(self.context, tree, watch),
        }
    }

    fn found(&self, known: Option<&Seen>, at: String, looked: String) -> Result<Seen, OpsError> {
        let found = match self.watch {
            Watch::Metric(watch) => metric::find(self.context, self.tip.tree, watch),
            Watch::Drift(watch) => drift::find(self.context, self.tip.tree, watch),
        };
        interrupt::check()?;
        let (state, says, cause) = match found {
            Ok(Finding { crossed: true, says, cause }) => {
                let cause = self.cause(&looked, &says, cause);
                (SeenState::Due, says, Some(cause))
            }
            Ok(Finding { says, cause, .. }) => {
                (SeenState::Calm, says.clone(), Some(self.cause(&looked, &says, cause)))
            }
            // What cannot be told starts nothing, and stops nobody else.
            Err(error) => (SeenState::Failed, error.to_string(), None),
        };
        let time = self.tip.now.seconds;
        let mut seen = Seen { at, looked, time, state, says, cause, chain: Vec::new() };
        if state == SeenState::Due {
            seen.chain = self.makers(known)?;
            let is_own = seen.chain.iter().any(|maker| maker == self.hook.id.base());
            seen.state = if is_own { SeenState::Own } else { SeenState::Due };
        }
        Ok(seen)
    }

    /// Returns the hooks that made what changed since it was last looked at; none where people made
    /// any of it.
    fn makers(&self, known: Option<&Seen>) -> Result<Vec<String>, OpsError> {
        let Some(known) = known else { return Ok(Vec::new()) };
        let (mut hooks, mut id) = (Vec::new(), self.tip.commit);
        let mut content = self.content(self.tip.tree)?;
        for _ in 0..MOST_COMMITS {
            if content == known.looked {
                return Ok(hooks);
            }
            let (makers, below) = makers_of(self.context, id)?;
            let Some(below) = below else { break };
            let before = self.content(self.context.repo.tree_of(Some(below))?)?;
            if before != content && makers.is_empty() {
                break;
            }
            hooks.extend(makers.into_iter().filter(|_| before != content));
            (id, content) = (below, before);
        }
        Ok(Vec::new())
    }

    /// Returns what hooks are told, with an id that is the same whenever the same is found.
    fn cause(&self, looked: &str, says: &str, fields: Value) -> Value {
        let Self { tip, hook, watch, .. } = self;
        let whole = [hook.id.as_str(), &tip.branch, &watch.text(), looked].join("\0");
        let mut cause = json!({
            "id": Hash::of(whole.as_bytes()).to_hex(),
            "trigger": watch.event().name(),
            "summary": says,
        });
        if let (Some(cause), Value::Object(fields)) = (cause.as_object_mut(), fields) {
            cause.extend(fields);
        }
        cause
    }
}
