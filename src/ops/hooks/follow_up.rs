//! What hooks make after a deed: a commit that follows it, on the branch where that can take it, and
//! otherwise on `auto/HOOK`. It goes through the hooks of every commit, but for those that led to it.

use crate::base::{CommitId, RepoPath, TreeId};
use crate::diff::tree::tree_changes;
use crate::hook::context::EventContext;
use crate::hook::event::Around;
use crate::hook::plan::{Decision, Plan, SkipReason, Step};
use crate::hook::runner::{Outcome, RunRecord};
use crate::hook::spec::{Hook, HookId};
use crate::merge::{History, MergeOptions, Side, merge_base, plan_merge};
use crate::ops::hooks::auto_merge::{AutoMerge, auto_merge};
use crate::ops::hooks::before::unsaved;
use crate::ops::hooks::carry_out::carry_out;
use crate::ops::hooks::chain::CHAIN_KEY;
use crate::ops::hooks::exempt::base_name;
use crate::ops::hooks::followed::{Followed, is_in_the_way, settle};
use crate::ops::hooks::ledger::Ledger;
use crate::ops::hooks::rules::{definitions_of_commit, refuse_protected, takes_follow_ups};
use crate::ops::land::{Candidate, Landing, Stage, land, overlay};
use crate::ops::merge::{no_merge_begins, read_pending};
use crate::ops::{Context, OpsError};
use crate::refs::RefName;

/// How often a commit is tried again on a branch that moves meanwhile.
const ATTEMPTS: usize = 10;

/// A chain of commits that follow each other is no longer than this.
const LONGEST_CHAIN: usize = 32;

/// Where else than here the commits of hooks go.
pub trait Delivery: std::fmt::Debug {
    /// Brings a branch to where it is there, and tells whether it is here as it is there, or as it is
    /// to be.
    fn bring(&self, branch: &RefName) -> Result<bool, OpsError>;

    /// Sends a branch; an error says that it is as it was. `Moved` where somebody was faster.
    fn send(&self, branch: &RefName) -> Result<(), OpsError>;

    /// Takes back here a commit that could not be sent, and the branch stood at `base` before.
    fn take_back(&self, branch: &RefName, base: Option<CommitId>) -> Result<(), OpsError>;
}

/// Carries out the hooks of an event that is over, and commits what they made; `chain` names the
/// hooks that led to it.
pub(super) fn carry_out_after(
    context: &Context,
    plan: &Plan<'_>,
    told: &EventContext,
    chain: &[String],
    ledger: &Ledger,
    delivery: Option<&dyn Delivery>,
) -> Result<Vec<RunRecord>, OpsError> {
    let tree = told.tree.expect("what is done has a tree");
    let base = context.repo.tree_of(told.base_commit)?;
    let (outcome, verdicts) = carry_out(context, plan, told, tree, base, ledger)?;
    verdicts.record(context)?;
    let Outcome { records: mut runs, made, .. } = outcome;
    let mut later = Vec::new();
    for made in made {
        let hook = plan.running().find(|hook| hook.id == made.hook);
        let run = runs.iter_mut().find(|run| run.run_id == made.run_id);
        let (Some(hook), Some(run), Some(cause)) = (hook, run, told.commit) else { continue };
        if ledger.is_settled(run) {
            continue;
        }
        let seen = run.tree.unwrap_or(tree);
        let made = context.repo.objects().edit_tree(seen, made.edits)?;
        let run_id = &run.run_id;
        let seen_by = dependents(plan, hook);
        let chain = [chain, &makers_of(plan, hook)].concat();
        let follow_up = FollowUp {
            context,
            told,
            cause,
            chain: &chain,
            seen_by,
            hook,
            run_id,
            seen,
            made,
            delivery,
        };
        let outcome = follow_up.commit();
        let merged = follow_up.merge_on(&outcome)?;
        later.extend(settle(context, ledger, run, outcome, merged)?);
    }
    runs.extend(later);
    Ok(runs)
}

/// Returns the hooks of a plan that have seen what a hook made: they need it, directly or through
/// others, which come before them. Those that wait for a worker will see it.
fn dependents(plan: &Plan<'_>, hook: &Hook) -> Vec<String> {
    let mut known = vec![&hook.id];
    let runs = |step: &&Step<'_>| {
        matches!(&step.decision, Decision::Run | Decision::Skip(SkipReason::LeftToWorker))
    };
    for other in plan.steps.iter().filter(runs).map(|step| step.hook) {
        if other.needs.iter().any(|need| known.contains(&need)) {
            known.push(&other.id);
        }
    }
    known[1..].iter().map(|id| base_name(id).to_owned()).collect()
}

/// Returns the hooks of a plan whose outputs a hook was made of: it needs them, directly or through
/// others.
fn makers_of(plan: &Plan<'_>, hook: &Hook) -> Vec<String> {
    let mut needed: Vec<&HookId> = hook.needs.iter().collect();
    let mut at = 0;
    while let Some(id) = needed.get(at) {
        let step = plan.steps.iter().find(|step| step.hook.id == **id);
        let further = step.map_or(&[][..], |step| &step.hook.needs);
        let new: Vec<_> = further.iter().filter(|need| !needed.contains(need)).collect();
        needed.extend(new);
        at += 1;
    }
    let makes = |hook: &&Hook| needed.contains(&&hook.id) && !hook.outputs.is_empty();
    plan.running().filter(makes).map(|hook| base_name(&hook.id).to_owned()).collect()
}

/// What one hook made, and of what.
struct FollowUp<'a> {
    context: &'a Context,
    told: &'a EventContext,
    cause: CommitId,
    /// The hooks that led to it, the first one first.
    chain: &'a [String],
    /// The other hooks of the event that have seen what it made.
    seen_by: Vec<String>,
    hook: &'a Hook,
    run_id: &'a str,
    /// The tree it saw.
    seen: TreeId,
    /// That tree with what it made.
    made: TreeId,
    delivery: Option<&'a dyn Delivery>,
}

/// Where a commit goes.
struct Place {
    branch: RefName,
    /// The commit it is compared with.
    base: CommitId,
    parents: Vec<CommitId>,
    tree: TreeId,
    is_new: bool,
}

impl FollowUp<'_> {
    fn commit(&self) -> Result<Followed, OpsError> {
        if self.chain.len() >= LONGEST_CHAIN {
            let what = format!("more than {LONGEST_CHAIN} commits of hooks follow each other");
            return Err(OpsError::Unsupported { what });
        }
        for _ in 0..ATTEMPTS {
            match self.attempt() {
                Err(OpsError::Moved { .. }) => {}
                outcome => return outcome,
            }
        }
        self.land(self.on_own_branch()?)
    }

    /// Merges what stands beside the branch of the event into that, where the hook asks for it.
    fn merge_on(
        &self,
        outcome: &Result<Followed, OpsError>,
    ) -> Result<Option<AutoMerge>, OpsError> {
        let (Ok(Followed::Nothing(at) | Followed::Landed(at, _)), Some(name)) =
            (outcome, &self.told.branch)
        else {
            return Ok(None);
        };
        let branch = RefName::branch(name)?;
        if !self.hook.auto_merge || *at == branch {
            return Ok(None);
        }
        auto_merge(self.context, at, &branch, self.delivery)
    }

    /// Tries the branch of the event, then the hook's own.
    fn attempt(&self) -> Result<Followed, OpsError> {
        if let Some(place) = self.on_branch()? {
            match self.land(place) {
                Err(error) if is_in_the_way(&error) => {}
                outcome => return outcome,
            }
        }
        self.land(self.on_own_branch()?)
    }

    /// Returns the place on the branch of the event, where that can take the commit: nobody else
    /// has changed what the hook made, in the branch or in the working copy.
    fn on_branch(&self) -> Result<Option<Place>, OpsError> {
        let Some(name) = &self.told.branch else { return Ok(None) };
        let branch = RefName::branch(name)?;
        if !self.brought(&branch)? {
            return Ok(None);
        }
        let tip = self.context.repo.get(&branch)?.and_then(|value| value.commit());
        let Some(tip) = tip else { return Ok(None) };
        let tip_tree = self.context.repo.tree_of(Some(tip))?;
        let tree = overlay(self.context, tip_tree, (self.seen, self.made), |_: &RepoPath| true)?;
        let place = Place { base: tip, parents: vec![tip], tree, is_new: false, branch };
        if tree == tip_tree {
            return Ok(Some(place));
        }
        let takes = takes_follow_ups(self.context, &place.branch)?
            && !self.differs(self.seen, tip_tree)?
            && !self.is_touched(&place.branch, tip_tree)?;
        Ok(takes.then_some(place))
    }

    /// Tells whether trees differ in what the hook makes.
    fn differs(&self, from: TreeId, to: TreeId) -> Result<bool, OpsError> {
        for change in tree_changes(self.context.repo.objects(), from, to, &RepoPath::root()) {
            if self.hook.outputs.matches_path(&change?.path) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Tells whether the user is at work there: on what the hook makes, or on a merge.
    fn is_touched(&self, branch: &RefName, tip_tree: TreeId) -> Result<bool, OpsError> {
        if !self.stands_on(branch)? {
            return Ok(false);
        }
        let is_output = |path: &RepoPath| self.hook.outputs.matches_path(path);
        Ok(read_pending(self.context)?.is_some()
            || self.differs(tip_tree, self.context.repo.staged()?)?
            || unsaved(self.context)?.iter().any(is_output))
    }

    fn stands_on(&self, branch: &RefName) -> Result<bool, OpsError> {
        let head = self.context.repo.head()?;
        Ok(self.context.has_working_copy() && head.branch() == Some(branch))
    }

    /// Returns the place on `auto/HOOK`. What was put there by hand stays, but for what the hook
    /// makes, which is as it made it now.
    fn on_own_branch(&self) -> Result<Place, OpsError> {
        let objects = self.context.repo.objects();
        let branch = RefName::branch(&format!("auto/{}", base_name(&self.hook.id)))?;
        if !self.brought(&branch)? {
            return Err(OpsError::Diverged { branch: branch.short().to_owned() });
        }
        refuse_protected(self.context, &branch, "commit")?;
        let (cause, tree) = (self.cause, self.made);
        let tip = self.context.repo.get(&branch)?.and_then(|value| value.commit());
        let Some(tip) = tip else {
            return Ok(Place { branch, base: cause, parents: vec![cause], tree, is_new: true });
        };
        let mut history = History::of(objects);
        if history.is_ancestor(tip, cause)? {
            return Ok(Place { branch, base: tip, parents: vec![cause], tree, is_new: false });
        }
        let knows_cause = history.is_ancestor(cause, tip)?;
        let others = (!knows_cause).then_some(cause);
        let parents = [tip].into_iter().chain(others).collect();
        let base = merge_base(objects, &mut history, tip, cause)?;
        let options = MergeOptions { strategy: Some(Side::Theirs), ..MergeOptions::default() };
        let tip_tree = self.context.repo.tree_of(Some(tip))?;
        let merged = plan_merge(objects, &base, tip_tree, tree, &options)?;
        let merged = merged.apply_clean_part(objects)?;
        let is_output = |path: &RepoPath| self.hook.outputs.matches_path(path);
        let tree = overlay(self.context, merged, (merged, tree), is_output)?;
        Ok(Place { branch, base: tip, parents, tree, is_new: false })
    }

    /// Tells whether a branch is here as it is where the commit goes.
    fn brought(&self, branch: &RefName) -> Result<bool, OpsError> {
        self.delivery.map_or(Ok(true), |delivery| delivery.bring(branch))
    }

    /// Lands the commit here, and where else it goes; or nowhere.
    fn land(&self, place: Place) -> Result<Followed, OpsError> {
        let (branch, is_new) = (place.branch.clone(), place.is_new);
        let base = (!is_new).then_some(place.base);
        let landed = self.land_here(place)?;
        match (&landed, self.delivery) {
            (Followed::Landed(_, commit), Some(delivery)) => {
                if let Err(error) = delivery.send(&branch) {
                    delivery.take_back(&branch, base)?;
                    return Err(error);
                }
                // What followed that commit in turn, elsewhere.
                let further = commit.runs.iter().filter_map(|run| run.detail.followed_by.as_ref());
                for followed in further.filter(|followed| followed.branch != branch.short()) {
                    delivery.send(&RefName::branch(&followed.branch)?)?;
                }
            }
            // A process may have died before it sent what is here.
            (Followed::Nothing(_), Some(delivery)) if !is_new => delivery.send(&branch)?,
            _ => {}
        }
        Ok(landed)
    }

    fn land_here(&self, place: Place) -> Result<Followed, OpsError> {
        let context = self.context;
        let base_tree = context.repo.tree_of(Some(place.base))?;
        if place.tree == base_tree {
            return Ok(Followed::Nothing(place.branch));
        }
        let checked_out = self.stands_on(&place.branch)?;
        let branch = place.branch.clone();
        let definitions = definitions_of_commit(context, Some(&branch), base_tree, place.tree)?;
        let candidate = Candidate {
            tree: place.tree,
            parents: place.parents,
            message: format!("Outputs of `{}`, made of {}", self.hook.id, self.cause.short()),
            meta: self.provenance(),
            author: None,
        };
        let landing = Landing {
            around: &[Around::COMMIT],
            branch: Some(place.branch),
            base: Some(place.base),
            is_new_branch: place.is_new,
            source: None,
            definitions,
            own: false,
            no_verify: context.skips_hooks(),
            checked_out,
            stage: Stage { before: base_tree, files: base_tree, after: place.tree },
            edits: checked_out.then(no_merge_begins).into_iter().collect(),
            fast_forward: None,
            chain: self.longer_chain(),
            seen: self.seen_by.clone(),
        };
        Ok(Followed::Landed(branch, land(context, None, candidate, landing)?))
    }

    fn longer_chain(&self) -> Vec<String> {
        self.chain.iter().cloned().chain([base_name(&self.hook.id).to_owned()]).collect()
    }

    /// Returns where the commit comes from, sorted by key as meta is.
    fn provenance(&self) -> Vec<(String, String)> {
        let trigger = self.told.cause.as_ref().and_then(|cause| cause["summary"].as_str());
        let facts = [
            ("mlv.cause", self.cause.to_hex()),
            (CHAIN_KEY, self.longer_chain().join(",")),
            ("mlv.event", self.told.event.name().to_owned()),
            ("mlv.hook", self.hook.id.to_string()),
            ("mlv.run", self.run_id.to_owned()),
        ];
        let trigger = trigger.map(|found| ("mlv.trigger", found.to_owned()));
        let facts = facts.into_iter().chain(trigger);
        facts.map(|(key, value)| (key.to_owned(), value)).collect()
    }
}
