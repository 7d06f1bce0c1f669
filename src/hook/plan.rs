//! Which hooks of an event run, in which order, and why the others do not.

use std::collections::HashMap;
use std::fmt;

use crate::base::RepoPath;
use crate::hook::context::EventContext;
use crate::hook::event::Event;
use crate::hook::spec::{Hook, HookId, Spec};

/// What decides which hooks run.
#[derive(Debug, Clone, Copy)]
pub struct Trigger<'a> {
    pub event: Event,
    /// The branch it happens on; of a merge, the one that is merged into.
    pub branch: Option<&'a str>,
    pub changed: &'a [RepoPath],
}

/// The hooks of an event in the order they run, those that are skipped among them.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    pub event: Event,
    pub steps: Vec<Step<'a>>,
}

#[derive(Debug, Clone)]
pub struct Step<'a> {
    pub hook: &'a Hook,
    pub decision: Decision,
    /// The steps, by their places in the plan, that it needs directly or through hooks of other
    /// events.
    pub needs: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Run,
    /// It fails without being run, since nobody can tell whether it was to run.
    Fail {
        reason: String,
    },
    Skip(SkipReason),
}

/// Why a hook of the event does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    OtherBranch {
        branch: Option<String>,
    },
    NoChangedPath,
    Condition {
        text: String,
    },
    /// It is not among the hooks that were asked for.
    NotAsked,
    /// A worker runs it later.
    LeftToWorker,
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherBranch { branch: Some(branch) } => {
                write!(f, "branch `{branch}` is not among its branches")
            }
            Self::OtherBranch { branch: None } => f.write_str("not on a branch"),
            Self::NoChangedPath => f.write_str("no changed path is among its paths"),
            Self::Condition { text } => write!(f, "`{text}` does not hold"),
            Self::NotAsked => f.write_str("not asked for"),
            Self::LeftToWorker => f.write_str("left to a worker"),
        }
    }
}

impl<'a> Plan<'a> {
    /// Returns the plan without hooks that would run, for a reason.
    #[must_use]
    pub fn without(mut self, left_out: impl Fn(&Hook) -> bool, reason: &SkipReason) -> Self {
        for step in &mut self.steps {
            if !matches!(step.decision, Decision::Skip(_)) && left_out(step.hook) {
                step.decision = Decision::Skip(reason.clone());
            }
        }
        self
    }

    /// Returns, of the hooks that run, those that are picked and those that need one of them, directly
    /// or through others.
    pub fn with_dependents(&self, picked: impl Fn(&Hook) -> bool) -> Vec<&'a Hook> {
        let mut found = vec![false; self.steps.len()];
        for (at, step) in self.steps.iter().enumerate() {
            found[at] = picked(step.hook) || step.needs.iter().any(|need| found[*need]);
        }
        let runs = |step: &Step<'_>| !matches!(step.decision, Decision::Skip(_));
        let steps = self.steps.iter().zip(found);
        steps.filter(|(step, found)| *found && runs(step)).map(|(step, _)| step.hook).collect()
    }

    /// Returns the hooks that are picked and all that they need.
    pub fn with_needs(&self, picked: impl Fn(&Hook) -> bool) -> Vec<&'a Hook> {
        let mut found: Vec<bool> = self.steps.iter().map(|step| picked(step.hook)).collect();
        for at in (0..self.steps.len()).rev() {
            if found[at] {
                self.steps[at].needs.iter().for_each(|need| found[*need] = true);
            }
        }
        let steps = self.steps.iter().zip(found);
        steps.filter(|(_, found)| *found).map(|(step, _)| step.hook).collect()
    }

    /// Returns the hooks that run, or fail because of their condition.
    pub fn running(&self) -> impl Iterator<Item = &'a Hook> {
        let runs = |step: &&Step<'_>| !matches!(step.decision, Decision::Skip(_));
        self.steps.iter().filter(runs).map(|step| step.hook)
    }

    pub fn is_empty(&self) -> bool {
        self.running().next().is_none()
    }

    /// Asks the conditions (`if`) of the hooks that would run.
    #[must_use]
    pub fn settled(mut self, told: &EventContext) -> Self {
        for step in self.steps.iter_mut().filter(|step| step.decision == Decision::Run) {
            let Some(condition) = &step.hook.condition else { continue };
            step.decision = match condition.holds(told) {
                Ok(true) => Decision::Run,
                Ok(false) => {
                    Decision::Skip(SkipReason::Condition { text: condition.text().to_owned() })
                }
                Err(error) => Decision::Fail { reason: format!("its `if` {error}") },
            };
        }
        self
    }
}

/// Returns what happens to each hook of an event, as far as its conditions are not asked.
pub fn plan_for<'a>(spec: &'a Spec, told: &EventContext) -> Plan<'a> {
    let changed: Vec<RepoPath> = told.changes.iter().map(|change| change.path.clone()).collect();
    plan(spec, &Trigger { event: told.event, branch: told.branch.as_deref(), changed: &changed })
}

/// Returns what happens to each hook of the event: those needed before those that need them, and
/// otherwise as the file lists them.
pub fn plan<'a>(spec: &'a Spec, trigger: &Trigger<'_>) -> Plan<'a> {
    let hooks = ordered(&spec.hooks);
    let mut reached: HashMap<&HookId, Vec<usize>> = HashMap::new();
    let mut steps = Vec::new();
    for hook in hooks {
        let needs = needed_steps(hook, &reached);
        if hook.on.contains(&trigger.event) {
            reached.insert(&hook.id, vec![steps.len()]);
            steps.push(Step { hook, decision: decide(hook, trigger), needs });
        } else {
            reached.insert(&hook.id, needs);
        }
    }
    Plan { event: trigger.event, steps }
}

/// Returns the steps that stand for what a hook needs, each once.
fn needed_steps(hook: &Hook, reached: &HashMap<&HookId, Vec<usize>>) -> Vec<usize> {
    let mut needs: Vec<usize> =
        hook.needs.iter().filter_map(|need| reached.get(need)).flatten().copied().collect();
    needs.sort_unstable();
    needs.dedup();
    needs
}

fn decide(hook: &Hook, trigger: &Trigger<'_>) -> Decision {
    let on_branch = hook.branches.is_empty()
        || trigger.branch.is_some_and(|branch| hook.branches.matches_name(branch));
    let path_changed = || trigger.changed.iter().any(|path| hook.paths.matches_path(path));
    if !on_branch {
        let branch = trigger.branch.map(str::to_owned);
        Decision::Skip(SkipReason::OtherBranch { branch })
    } else if trigger.event.is_about_changes() && !hook.paths.is_empty() && !path_changed() {
        Decision::Skip(SkipReason::NoChangedPath)
    } else {
        Decision::Run
    }
}

/// Returns all hooks, each after those it needs; the order holds through hooks of other events.
fn ordered(hooks: &[Hook]) -> Vec<&Hook> {
    let index: HashMap<&HookId, usize> =
        hooks.iter().enumerate().map(|(i, hook)| (&hook.id, i)).collect();
    let mut placed = vec![false; hooks.len()];
    let mut order = Vec::with_capacity(hooks.len());
    for start in 0..hooks.len() {
        // Depth first without recursion: a chain of needs may be long.
        let mut stack = vec![(start, 0)];
        while let Some((i, followed)) = stack.last_mut() {
            let hook = &hooks[*i];
            if placed[*i] {
                stack.pop();
            } else if let Some(need) = hook.needs.get(*followed) {
                *followed += 1;
                stack.extend(index.get(need).filter(|need| !placed[**need]).map(|need| (*need, 0)));
            } else {
                placed[*i] = true;
                order.push(hook);
                stack.pop();
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::spec;

    const SPEC: &str = "\
version: 1
hooks:
  late: {on: pre-commit, run: x, needs: [middle]}
  other: {on: pre-merge, run: x}
  first: {on: pre-commit, run: x, paths: [data/**]}
  middle: {on: [pre-commit, pre-merge], run: x, needs: [first, other]}
  main-only: {on: pre-commit, run: x, branches: [main, 'release/*']}
";

    fn shown(event: Event, branch: Option<&str>, changed: &[&str]) -> String {
        let spec = spec::parse("mlv.yaml", SPEC.as_bytes()).unwrap();
        let changed: Vec<RepoPath> =
            changed.iter().map(|path| RepoPath::from_bytes(*path).unwrap()).collect();
        let plan = plan(&spec, &Trigger { event, branch, changed: &changed });
        let line = |step: &Step<'_>| match &step.decision {
            Decision::Run => format!("{}: run", step.hook.id),
            Decision::Fail { reason } => format!("{}: fail, {reason}", step.hook.id),
            Decision::Skip(reason) => format!("{}: {reason}", step.hook.id),
        };
        plan.steps.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_is_needed_comes_first_and_the_rest_in_the_order_of_the_file() {
        insta::assert_snapshot!(shown(Event::PreCommit, Some("main"), &["data/a.csv"]), @r"
    first: run
    middle: run
    late: run
    main-only: run
    ");
    }

    #[test]
    fn a_hook_runs_though_one_it_needs_is_skipped_or_of_another_event() {
        insta::assert_snapshot!(shown(Event::PreCommit, Some("dev"), &["code/a.py"]), @r"
    first: no changed path is among its paths
    middle: run
    late: run
    main-only: branch `dev` is not among its branches
    ");
        insta::assert_snapshot!(shown(Event::PreMerge, None, &[]), @r"
    other: run
    middle: run
    ");
    }

    #[test]
    fn a_part_of_a_plan_has_what_it_needs_or_what_needs_it() {
        let spec = spec::parse("mlv.yaml", SPEC.as_bytes()).unwrap();
        let trigger = Trigger { event: Event::PreCommit, branch: Some("main"), changed: &[] };
        let plan = plan(&spec, &trigger);
        let names = |hooks: Vec<&Hook>| -> Vec<String> {
            hooks.iter().map(|hook| hook.id.to_string()).collect()
        };
        let is = |name: &'static str| move |hook: &Hook| hook.id.as_str() == name;
        assert_eq!(names(plan.with_needs(is("late"))), ["first", "middle", "late"]);
        assert_eq!(names(plan.with_dependents(is("first"))), ["middle", "late"]);
        let rest = plan.without(is("late"), &SkipReason::LeftToWorker);
        let rest: Vec<_> = rest.running().map(|hook| hook.id.to_string()).collect();
        assert_eq!(rest, ["middle", "main-only"]);
    }

    #[test]
    fn branch_globs_stop_at_slashes_and_a_detached_head_is_no_branch() {
        let last = |branch| shown(Event::PreCommit, branch, &[]).lines().last().unwrap().to_owned();
        assert_eq!(last(Some("release/1")), "main-only: run");
        assert!(last(Some("release/1/x")).contains("not among"));
        assert!(last(None).contains("not on a branch"));
    }

    #[test]
    fn an_event_without_hooks_has_an_empty_plan() {
        assert_eq!(shown(Event::PostMerge, Some("main"), &["a"]), "");
    }
}
