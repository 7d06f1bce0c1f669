//! Hooks beside each other: what each sees, what a failure stops, retries, groups.

use super::host::set;
use super::*;
use crate::hook::condition::Condition;
use crate::hook::spec::{Hook, Retries, Severity};

fn both(event: Event, hooks: &str) -> Told {
    both_with(event, hooks, |_| {})
}

/// Carries out hooks of which the one called `odd` is changed first.
fn both_with(event: Event, hooks: &str, change: impl Fn(&mut Hook)) -> Told {
    let mut spec = parsed(hooks);
    spec.hooks.iter_mut().filter(|hook| hook.id.as_str() == "odd").for_each(change);
    carry_out_spec(&spec, event, MemoryHost::new(&[]), limits(), 2)
}

#[test]
fn hooks_that_do_not_need_each_other_run_at_the_same_time() {
    // Each waits for the other: one after the other they would never end.
    let hooks = "  a: {on: pre-commit, timeout: 20s, run: 'touch ../../a; until test -e ../../b; do sleep 0.01; done'}
  b: {on: pre-commit, timeout: 20s, run: 'touch ../../b; until test -e ../../a; do sleep 0.01; done'}
";
    assert_eq!(both(Event::PreCommit, hooks).shown(), "a passed -\nb passed -");
}

#[test]
fn a_hook_sees_the_outputs_of_what_it_needs_and_of_nothing_else() {
    let hooks = "  a: {on: pre-commit, outputs: [a.out], run: 'echo a > a.out'}
  b: {on: pre-commit, outputs: [b.out], run: 'ls; echo b > b.out'}
  c: {on: pre-commit, needs: [a], run: 'ls'}
  d: {on: pre-commit, needs: [c], run: 'ls'}
  e: {on: pre-commit, needs: [b, c], run: 'ls'}
";
    for jobs in [1, 4] {
        let told = carry_out_within(Event::PreCommit, hooks, MemoryHost::new(&[]), limits(), jobs);
        let logs = ["r-000002", "r-000003", "r-000004", "r-000005"].map(|run| told.host.log(run));
        assert_eq!(logs, ["", "a.out\n", "a.out\n", "a.out\nb.out\n"]);
        let outcome = told.result.as_ref().unwrap();
        assert_eq!(told.host.names(outcome.tree).len(), 2);
        assert_eq!(outcome.made.len(), 2);
    }
}

#[test]
fn a_hook_waits_for_what_it_needs_through_one_that_is_left_out() {
    let hooks = "  a: {on: pre-commit, outputs: [a.out], run: 'sleep 0.1; echo a > a.out'}
  b: {on: pre-commit, needs: [a], paths: [other/**], run: 'true'}
  c: {on: pre-commit, needs: [b], run: 'cat a.out'}
";
    assert_eq!(both(Event::PreCommit, hooks).shown(), "a passed -\nc passed -");
}

#[test]
fn one_that_always_runs_runs_though_a_gate_failed() {
    let hooks = "  gate: {on: pre-merge, run: 'exit 1'}
  next: {on: pre-merge, needs: [gate], run: 'true'}
  odd: {on: pre-merge, needs: [next], run: 'exit 2'}
";
    let told = both_with(Event::PreMerge, hooks, |hook| hook.always = true);
    insta::assert_snapshot!(told.shown(), @r"
    gate failed exit code 1
    next skipped `gate` failed
    odd failed exit code 2
    ");
}

#[test]
fn a_failure_that_is_forgiven_stops_nobody_and_still_refuses() {
    let hooks = "  odd: {on: pre-merge, run: 'exit 1'}
  next: {on: pre-merge, needs: [odd], run: 'true'}
";
    let told = both_with(Event::PreMerge, hooks, |hook| hook.continue_on_error = true);
    assert_eq!(told.shown(), "odd failed exit code 1\nnext passed -");
    assert_eq!(refusal(told.records()).map(|record| record.hook.as_str()), Some("odd"));
}

#[test]
fn the_failure_of_a_hook_that_only_warns_refuses_nothing_and_takes_no_output() {
    let hooks = "  odd: {on: pre-merge, outputs: [out], run: 'echo x > out; exit 1'}
  next: {on: pre-merge, needs: [odd], run: 'test ! -e out'}
";
    let told = both_with(Event::PreMerge, hooks, |hook| hook.severity = Severity::Warn);
    assert_eq!(told.shown(), "odd warned exit code 1\nnext passed -");
    assert!(all_passed(told.records()));
    assert_eq!(told.records()[0].exit_code, Some(1));
}

#[test]
fn a_hook_is_tried_again_in_a_fresh_sandbox_and_its_attempts_are_counted() {
    let hooks = "  odd:
    on: pre-commit
    run: |
      echo attempt $MLV_ATTEMPT in $MLV_RUN_ID
      test ! -e stray && touch stray && test $MLV_ATTEMPT = 3
";
    let retries = Retries { max: 3, backoff: Duration::from_millis(1) };
    let told = both_with(Event::PreCommit, hooks, |hook| hook.retries = retries);
    assert_eq!(told.shown(), "odd passed 1 stray files discarded");
    assert_eq!(told.records()[0].attempt, 3);
    let rests = told.events.iter().filter(|event| matches!(event, RunEvent::Resting { .. }));
    assert_eq!(rests.count(), 2);
    let log = told.host.log("r-000001");
    let expected = "attempt 1 in r-000001\n[mlv: attempt 2]\nattempt 2 in r-000001\n\
        [mlv: attempt 3]\nattempt 3 in r-000001\n";
    assert_eq!(log, expected);
}

#[test]
fn a_hook_that_never_passes_is_given_up_after_its_retries() {
    let hooks = "  odd: {on: pre-commit, run: 'exit 9'}\n";
    let retries = Retries { max: 2, backoff: Duration::ZERO };
    let told = both_with(Event::PreCommit, hooks, |hook| hook.retries = retries);
    assert_eq!(told.shown(), "odd failed exit code 9");
    assert_eq!(told.records()[0].attempt, 3);
}

#[test]
fn no_two_hooks_of_a_group_run_at_once() {
    let run = "mkdir ../../busy && sleep 0.02 && rmdir ../../busy";
    let hooks: Vec<String> =
        (0..6).map(|i| format!("  h{i}: {{on: pre-commit, run: '{run}'}}\n")).collect();
    let mut spec = parsed(&hooks.concat());
    spec.hooks.iter_mut().for_each(|hook| hook.concurrency = Some("gpu".to_owned()));
    let told = carry_out_spec(&spec, Event::PreCommit, MemoryHost::new(&[]), limits(), 4);
    assert!(all_passed(told.records()), "{}", told.shown());
}

#[test]
fn a_group_that_stays_taken_counts_against_the_timeout() {
    let host = MemoryHost::new(&[]);
    let held = host.turn("gpu").unwrap().unwrap();
    let hooks = "  a: {on: post-commit, timeout: 100ms, run: 'true'}
  b: {on: post-commit, run: 'true'}
";
    let mut spec = parsed(hooks);
    spec.hooks[0].concurrency = Some("gpu".to_owned());
    let told = carry_out_spec(&spec, Event::PostCommit, host, limits(), 1);
    drop(held);
    insta::assert_snapshot!(told.shown(), @r"
    a failed timed out while another hook of the group `gpu` ran
    b passed -
    ");
}

#[test]
fn a_condition_that_does_not_hold_leaves_the_hook_out_and_one_that_breaks_fails_it() {
    let hooks = "  no: {on: post-commit, run: 'true'}
  yes: {on: post-commit, run: 'true'}
  broken: {on: post-commit, run: 'true'}
";
    let mut spec = parsed(hooks);
    let conditions = ["size(changed) > 1", "size(changed) == 1", "changed[7] == 'x'"];
    for (hook, text) in spec.hooks.iter_mut().zip(conditions) {
        hook.condition = Some(Condition::parse(text).unwrap());
    }
    let told = carry_out_spec(&spec, Event::PostCommit, MemoryHost::new(&[]), limits(), 2);
    let shown = told.shown();
    let expected = "yes passed -\nbroken failed its `if` cannot be evaluated:";
    assert!(shown.starts_with(expected), "{shown}");
    assert!(told.events.iter().any(|event| matches!(
        event,
        RunEvent::LeftOut { reason: crate::hook::plan::SkipReason::Condition { .. }, .. }
    )));
}

#[test]
fn an_earlier_verdict_brings_its_outputs_and_starts_no_process() {
    let host = MemoryHost::new(&[]);
    let recalled = Recalled {
        status: Status::Passed,
        message: Some("cached".to_owned()),
        metrics: crate::hook::output::Metrics::default(),
        edits: vec![set("out", b"made before\n")],
    };
    host.state().known.insert("make".to_owned(), recalled);
    let hooks = "  make: {on: pre-commit, outputs: [out], run: 'exit 1'}
  use: {on: pre-commit, needs: [make], run: 'cat out'}
";
    let told = carry_out(Event::PreCommit, hooks, host);
    assert_eq!(told.shown(), "make passed cached\nuse passed -");
    assert_eq!(told.host.log("r-000002"), "made before\n");
    assert!(told.records()[0].cached && !told.records()[1].cached);
    let state = told.host.state();
    let remembered: Vec<_> = state.remembered.iter().map(|run| run.hook.as_str()).collect();
    assert_eq!(remembered, ["use"]);
}
