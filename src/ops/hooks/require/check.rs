//! Whether a branch may move to a tree.

use crate::base::{CacheKey, CommitId, Timestamp};
use crate::hook::context::{EventContext, GitState};
use crate::hook::event::Event;
use crate::hook::runner::RunRecord;
use crate::hook::spec::Hook;
use crate::object::Commit;
use crate::ops::hooks::cache::{Entry, Judge};
use crate::ops::hooks::definitions::definitions;
use crate::ops::hooks::require::rule::{Missing, Remedy, Wanted, Why, wanted};
use crate::ops::hooks::told::event_context;
use crate::ops::hooks::verdict::{Verdict, VerdictBook, Verdicts};
use crate::ops::{Context, OpsError};
use crate::refs::RefName;
use crate::repo::hook_cache;

/// A branch that is about to move.
#[derive(Debug)]
pub struct Moving<'a> {
    pub branch: &'a RefName,
    /// Its tip; nothing where it is about to be made.
    pub from: Option<CommitId>,
    /// What it moves to, which need not be stored yet.
    pub commit: &'a Commit,
    /// That commit, where it is stored.
    pub id: Option<CommitId>,
    pub event: Event,
    /// Of a merge: what is merged.
    pub source: Option<&'a str>,
    /// What the hooks of this move found.
    pub verdicts: &'a Verdicts,
    pub runs: &'a [RunRecord],
}

/// Refuses to move a branch to a commit that is there already, where its rules miss a verdict on it.
pub fn check_move(context: &Context, branch: &RefName, to: CommitId) -> Result<(), OpsError> {
    let from = context.repo.get(branch)?.and_then(|value| value.commit());
    check_commit(context, branch, from, to, Event::PreMerge)
}

/// Refuses what uses a commit that a branch has, where the rules of the branch, as they were when it
/// got the commit, miss a verdict.
pub fn check_standing(
    context: &Context,
    branch: &RefName,
    commit: CommitId,
) -> Result<(), OpsError> {
    let before = context.repo.objects().commit(commit)?.parents.first().copied();
    check_commit(context, branch, before, commit, Event::PreMerge)
}

/// Refuses to move a branch of a remote, where the rules that it has there miss a verdict.
pub fn check_push(
    context: &Context,
    branch: &RefName,
    from: CommitId,
    to: CommitId,
) -> Result<(), OpsError> {
    check_commit(context, branch, Some(from), to, Event::PrePush)
}

fn check_commit(
    context: &Context,
    branch: &RefName,
    from: Option<CommitId>,
    to: CommitId,
    event: Event,
) -> Result<(), OpsError> {
    let (commit, verdicts) = (&context.repo.objects().commit(to)?, &Verdicts::default());
    let (id, source, runs) = (Some(to), None, [].as_slice());
    check_required(context, &Moving { branch, from, commit, id, event, source, verdicts, runs })
}

/// Refuses to move a branch whose rules, as its tip has them, miss a verdict.
pub fn check_required(context: &Context, moving: &Moving<'_>) -> Result<(), OpsError> {
    // A branch about to be made is held to what it will say itself.
    let tip = moving.from.map(|tip| context.repo.objects().commit(tip)).transpose()?;
    let rules = tip.as_ref().map_or(moving.commit.tree, |tip| tip.tree);
    let Some(spec) = definitions(context, rules)? else { return Ok(()) };
    let wanted = wanted(&spec, moving.branch.short());
    let is_first = moving.from.is_none() && moving.id.is_none();
    let is_same = tip.is_some_and(|tip| tip.tree == moving.commit.tree);
    if wanted.is_empty() || is_first || is_same {
        return Ok(());
    }
    let inquiry = Inquiry::open(context, moving)?;
    // The bar of the branch counts, whatever the event has shown its hooks.
    let judge = Judge::new(context, &inquiry.told, Some(rules), rules)?;
    let mut missing = Vec::new();
    for wanted in &wanted {
        if let Some(why) = inquiry.why_not(context, moving, &judge, wanted)? {
            missing.push((wanted, Missing { hook: wanted.name.to_string(), why }));
        }
    }
    let Some((first, _)) = missing.first() else { return Ok(()) };
    Err(OpsError::Required {
        branch: moving.branch.short().to_owned(),
        remedy: remedy(moving, first.hook),
        missing: missing.into_iter().map(|(_, missing)| missing).collect(),
        runs: moving.runs.to_vec(),
    })
}

fn remedy(moving: &Moving<'_>, hook: Option<&Hook>) -> Remedy {
    let on = hook.map(|hook| hook.on.as_slice()).unwrap_or_default();
    match (moving.source, moving.id, on.first()) {
        (Some(source), _, _) if on.contains(&Event::PreMerge) => {
            Remedy::Merge { source: source.to_owned() }
        }
        (Some(source), _, Some(event)) => Remedy::Judge { event: *event, at: source.to_owned() },
        (None, Some(id), Some(event)) => Remedy::Judge { event: *event, at: id.short() },
        _ => Remedy::Elsewhere,
    }
}

/// What is known about what a branch is to move to.
struct Inquiry {
    told: EventContext,
    filed: Vec<Verdict>,
}

/// A verdict that may speak for a hook.
struct Evidence {
    /// Whether it is about the same.
    same: bool,
    is_good: bool,
    is_dirty: bool,
    /// The last second, since 1970, at which it holds; nothing where it always does.
    end: Option<i64>,
    run_id: String,
}

impl Inquiry {
    fn open(context: &Context, moving: &Moving<'_>) -> Result<Self, OpsError> {
        let branch = Some(moving.branch.short());
        let (event, from) = (moving.event, moving.from);
        let mut told = event_context(context, event, moving.commit, from, branch, moving.source)?;
        if moving.id.is_some() {
            let now = context.code_revision()?;
            told.git = now.map(|code| GitState { commit: code.commit, dirty: code.dirty });
        }
        Ok(Self { told, filed: VerdictBook::open(context)?.on(moving.commit.tree)? })
    }

    /// Returns why nothing speaks for a required hook; nothing where something does.
    fn why_not(
        &self,
        context: &Context,
        moving: &Moving<'_>,
        judge: &Judge<'_>,
        wanted: &Wanted<'_>,
    ) -> Result<Option<Why>, OpsError> {
        let Some(hook) = wanted.hook else { return Ok(Some(Why::Undefined)) };
        if self.does_not_concern(hook, moving.event) {
            return Ok(None);
        }
        let dependencies = judge.dependencies(hook, moving.commit.tree)?;
        let mut evidence = of_this_move(moving, judge, hook)?;
        evidence.extend(cached(context, dependencies.key())?);
        evidence.extend(self.filed(hook, dependencies.verdict_key()));
        let now = Timestamp::now();
        let reasons = evidence.into_iter().map(|evidence| evidence.weigh(now, wanted.allow_dirty));
        // One that counts is enough; else the reason that says most is told.
        let best = reasons.reduce(|a, b| if a.is_none() || b.is_none() { None } else { a.max(b) });
        Ok(best.unwrap_or(Some(Why::NoVerdict)))
    }

    /// Tells whether the hook has nothing to say of this move: none of its paths change, or its own
    /// condition leaves it out of the event.
    fn does_not_concern(&self, hook: &Hook, event: Event) -> bool {
        let mut changed = self.told.changes.iter().map(|change| &change.path);
        let untouched =
            !hook.paths.is_empty() && !changed.any(|path| hook.paths.matches_path(path));
        let left_out = || {
            let condition = hook.condition.as_ref().filter(|_| hook.on.contains(&event));
            condition.is_some_and(|condition| matches!(condition.holds(&self.told), Ok(false)))
        };
        untouched || left_out()
    }

    /// Returns what is filed under the tree: the newest verdict on the same, after those on other
    /// things.
    fn filed(&self, hook: &Hook, key: CacheKey) -> Vec<Evidence> {
        let (definition, key) = (hook.definition_hash(), key.to_hex());
        let mut found = Vec::new();
        for verdict in self.filed.iter().rev().filter(|v| v.hook == hook.id.as_str()) {
            let same_key = verdict.key.as_ref() == Some(&key);
            let same = same_key || (verdict.is_by(definition) && says_it_all(hook));
            found.push(Evidence {
                same,
                is_good: verdict.is_good(),
                is_dirty: verdict.is_dirty(),
                end: verdict.end(),
                run_id: verdict.run_id.clone(),
            });
            if same {
                break;
            }
        }
        found
    }
}

/// Tells whether the definition of a hook says all of the bar: not where part of it lies in files
/// that a branch can change.
fn says_it_all(hook: &Hook) -> bool {
    hook.pinned.is_empty()
}

fn of_this_move(
    moving: &Moving<'_>,
    judge: &Judge<'_>,
    hook: &Hook,
) -> Result<Vec<Evidence>, OpsError> {
    let definition = hook.definition_hash();
    let mine = moving.verdicts.iter().filter(|reached| reached.hook == hook.id);
    let evidence = mine.map(|reached| {
        let same_key = Some(judge.dependencies(hook, reached.tree)?.verdict_key()) == reached.key;
        Ok(Evidence {
            same: same_key || (reached.definition == definition && says_it_all(hook)),
            is_good: reached.status.is_good(),
            is_dirty: reached.code.as_ref().is_some_and(|code| code.dirty),
            end: reached.valid_until,
            run_id: reached.run_id.clone(),
        })
    });
    evidence.collect()
}

fn cached(context: &Context, key: CacheKey) -> Result<Option<Evidence>, OpsError> {
    let row = hook_cache::get(&context.repo.connection(), key)?;
    Ok(row.and_then(|row| {
        let entry = Entry::read(&row.entry)?;
        let is_dirty = entry.is_dirty();
        let end = entry.valid_until;
        Some(Evidence { same: true, is_good: true, is_dirty, end, run_id: row.run_id })
    }))
}

impl Evidence {
    /// Returns why it does not count; nothing where it does.
    fn weigh(self, now: Timestamp, allow_dirty: bool) -> Option<Why> {
        let over = self.end.filter(|end| now.seconds > *end).map(Timestamp::from_seconds);
        let run_id = self.run_id;
        match (self.same, self.is_good, over) {
            (false, _, _) => Some(Why::OtherDefinition),
            (_, false, _) => Some(Why::Failed { run_id }),
            (_, _, Some(end)) => Some(Why::Over { run_id, end: end.to_string() }),
            (_, _, None) => (self.is_dirty && !allow_dirty).then_some(Why::DirtyCode { run_id }),
        }
    }
}
