mod host;
mod laws;
mod parallel;

use std::num::NonZeroUsize;
use std::time::Duration;

use self::host::{MemoryHost, path};
use super::*;
use crate::base::Timestamp;
use crate::config::Environment;
use crate::hook::context::{Change, ChangeKind, EventContext};
use crate::hook::event::Event;
use crate::hook::plan::{Trigger, plan};
use crate::hook::process::Limits;
use crate::hook::spec;

/// What came of a plan, and all that was told of it.
struct Told {
    result: Result<Outcome, HookError>,
    host: MemoryHost,
    events: Vec<RunEvent>,
}

impl Told {
    fn records(&self) -> &[RunRecord] {
        &self.result.as_ref().unwrap().records
    }

    /// A line for each record: hook, status, message.
    fn shown(&self) -> String {
        let line = |record: &RunRecord| {
            let message = record.message.as_deref().unwrap_or("-");
            format!("{} {} {message}", record.hook, record.status.name())
        };
        self.records().iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

fn no_interrupt() -> bool {
    false
}

fn limits() -> Limits {
    Limits {
        timeout: Duration::from_secs(20),
        grace: Duration::from_millis(100),
        interrupted: no_interrupt,
    }
}

fn carry_out(event: Event, hooks: &str, host: MemoryHost) -> Told {
    carry_out_within(event, hooks, host, limits(), 1)
}

fn carry_out_within(
    event: Event,
    hooks: &str,
    host: MemoryHost,
    limits: Limits,
    jobs: usize,
) -> Told {
    carry_out_spec(&parsed(hooks), event, host, limits, jobs)
}

fn parsed(hooks: &str) -> spec::Spec {
    let text = format!("version: 1\nhooks:\n{hooks}");
    spec::parse("mlv.yaml", text.as_bytes()).unwrap()
}

fn carry_out_spec(
    spec: &spec::Spec,
    event: Event,
    host: MemoryHost,
    limits: Limits,
    jobs: usize,
) -> Told {
    let changed = [path("in.csv")];
    let plan = plan(spec, &Trigger { event, branch: Some("main"), changed: &changed });
    let context = EventContext {
        branch: Some("main".into()),
        tree: Some(host.tree),
        changes: vec![Change { path: changed[0].clone(), change: ChangeKind::Added }],
        ..EventContext::new(event, "/repository".into(), Timestamp::from_seconds(0))
    };
    let environment = Environment::from_pairs([("PATH", "/usr/bin:/bin"), ("TOKEN", "hunter2")]);
    let mut events = Vec::new();
    let result = Runner {
        context: &context,
        environment: &environment,
        limits,
        jobs: NonZeroUsize::new(jobs).unwrap(),
        tree: host.tree,
        host: &host,
        sink: &mut |event| events.push(event),
    }
    .run(&plan);
    Told { result, host, events }
}

#[test]
fn outputs_of_one_hook_are_seen_by_the_next_and_the_tree_it_judged_is_noted() {
    let hooks = "  make: {on: pre-commit, run: 'tr a-z A-Z <in.csv >out.csv; echo x >stray', outputs: [out.csv]}
  check: {on: pre-commit, needs: [make], run: 'test $(cat out.csv) = ABC && test ! -e stray'}
";
    let outcome = carry_out(Event::PreCommit, hooks, MemoryHost::new(&[("in.csv", "abc")]));
    insta::assert_snapshot!(outcome.shown(), @r"
    make passed 1 stray files discarded
    check passed -
    ");
    let records = outcome.records();
    assert!(all_passed(records) && refusal(records).is_none());
    assert_ne!(records[0].tree, records[1].tree);
    assert_eq!(records[1].tree, Some(outcome.result.as_ref().unwrap().tree));
    assert_eq!(outcome.host.state().released.len(), 2);
}

#[test]
fn the_journal_knows_of_every_hook_before_the_first_one_starts() {
    let hooks = "  a: {on: pre-commit, run: 'true'}\n  b: {on: pre-commit, run: 'true'}\n";
    let outcome = carry_out(Event::PreCommit, hooks, MemoryHost::new(&[]));
    let state = outcome.host.state();
    let rows = state.journal.iter();
    let rows: Vec<String> =
        rows.map(|row| format!("{} {} {}", row.run_id, row.hook, row.status.name())).collect();
    insta::assert_snapshot!(rows.join("\n"), @r"
    r-000001 a queued
    r-000002 b queued
    r-000001 a running
    r-000001 a passed
    r-000002 b running
    r-000002 b passed
    ");
}

#[test]
fn a_failed_gate_skips_all_that_comes_later() {
    let hooks = "  a: {on: pre-merge, run: 'echo bad rows; exit 3'}
  b: {on: pre-merge, run: 'true'}
  c: {on: pre-merge, needs: [b], run: 'true'}
";
    let outcome = carry_out(Event::PreMerge, hooks, MemoryHost::new(&[]));
    insta::assert_snapshot!(outcome.shown(), @r"
    a failed exit code 3
    b skipped `a` failed
    c skipped `a` failed
    ");
    let records = outcome.records();
    assert_eq!(refusal(records).map(|record| record.hook.as_str()), Some("a"));
    assert_eq!(records[0].exit_code, Some(3));
    let tails: Vec<&[String]> = outcome
        .events
        .iter()
        .filter_map(|event| match event {
            RunEvent::Finished { tail, .. } if !tail.is_empty() => Some(tail.as_slice()),
            _ => None,
        })
        .collect();
    assert_eq!(tails, [["bad rows"]]);
}

#[test]
fn after_the_deed_only_hooks_that_need_the_failed_one_are_skipped() {
    let hooks = "  a: {on: post-commit, run: 'exit 1'}
  b: {on: post-commit, run: 'true'}
  c: {on: post-commit, needs: [a], run: 'true'}
  d: {on: post-commit, needs: [c], run: 'true'}
";
    let outcome = carry_out(Event::PostCommit, hooks, MemoryHost::new(&[]));
    insta::assert_snapshot!(outcome.shown(), @r"
    a failed exit code 1
    b passed -
    c skipped `a` failed
    d skipped `c` did not run
    ");
}

#[test]
fn a_hook_is_told_the_event_on_its_input_and_in_its_environment() {
    let hooks = r#"  a:
    on: pre-commit
    workdir: sub
    run: |
      grep -o '"hook":"a"'
      cat "$MLV_CHANGED_FILES"
      echo "$MLV_EVENT $MLV_BRANCH $MLV_RUN_ID ${TOKEN-none} $(basename "$PWD")"
      echo '{"metric":{"auc":0.5}}' >> "$MLV_OUTPUT"
      echo '{"summary":"6 rows"}' >> "$MLV_OUTPUT"
"#;
    let outcome = carry_out(Event::PreCommit, hooks, MemoryHost::new(&[("sub/x", "")]));
    let log = outcome.host.log("r-000001");
    insta::assert_snapshot!(log, @r#"
    "hook":"a"
    in.csv
    pre-commit main r-000001 none sub
    "#);
    insta::assert_snapshot!(outcome.shown(), @"a passed 6 rows; 1 stray files discarded");
    assert_eq!(outcome.records()[0].metrics.get("auc"), Some(0.5));
}

#[test]
fn secrets_reach_the_hook_and_are_seen_nowhere() {
    let hooks = r#"  a:
    on: pre-commit
    secrets: [TOKEN]
    run: |
      test "$TOKEN" = hunter2 && echo "token $TOKEN"
      echo "{\"summary\":\"used $TOKEN\"}" > "$MLV_OUTPUT"
"#;
    let outcome = carry_out(Event::PreCommit, hooks, MemoryHost::new(&[]));
    assert!(!format!("{:?}", outcome.events).contains("hunter2"));
    assert!(!format!("{:?}", outcome.host.state().journal).contains("hunter2"));
    let log = outcome.host.log("r-000001");
    assert_eq!(log, "token ***\n");
    assert_eq!(outcome.shown(), "a passed used ***");
}

#[test]
fn warnings_and_answers_that_cannot_be_read_do_not_refuse() {
    let hooks = r#"  a: {on: pre-commit, run: "echo '{\"annotation\":{\"level\":\"warn\",\"message\":\"hm\"}}' > $MLV_OUTPUT"}
  b: {on: pre-commit, run: "echo nonsense > $MLV_OUTPUT"}
  c: {on: pre-commit, run: "rm $MLV_OUTPUT"}
"#;
    let outcome = carry_out(Event::PreCommit, hooks, MemoryHost::new(&[]));
    insta::assert_snapshot!(outcome.shown(), @r"
    a warned 1 annotation
    b warned its answer could not be read: line 1: expected ident at line 1 column 2
    c passed -
    ");
    assert!(all_passed(outcome.records()));
}

#[test]
fn a_hook_that_hangs_or_cannot_start_has_failed() {
    let hooks = "  a: {on: post-commit, run: 'sleep 60', timeout: 200ms}
  b: {on: post-commit, run: 'true', shell: /no/such/shell}
  c: {on: post-commit, run: 'rm -rf \"$PWD\"; kill -9 $$'}
";
    let outcome = carry_out(Event::PostCommit, hooks, MemoryHost::new(&[]));
    let shown = outcome.shown().replace(&outcome.host.dir.path().display().to_string(), "DIR");
    insta::assert_snapshot!(shown, @r"
    a failed timed out after 200ms
    b failed cannot start `/no/such/shell` in `DIR/r-000002-1/tree`: No such file or directory (os error 2)
    c failed killed by signal 9
    ");
}

#[test]
fn an_interrupt_cancels_what_has_not_run() {
    let hooks = "  a: {on: pre-commit, run: 'sleep 60'}\n  b: {on: pre-commit, run: 'true'}\n";
    let limits = Limits { interrupted: || true, ..limits() };
    let outcome = carry_out_within(Event::PreCommit, hooks, MemoryHost::new(&[]), limits, 1);
    insta::assert_snapshot!(outcome.shown(), @r"
    a cancelled interrupted
    b cancelled interrupted
    ");
    assert!(refusal(outcome.records()).is_some());
}

#[test]
fn a_hook_whose_paths_did_not_change_is_left_out() {
    let hooks = "  a: {on: pre-commit, run: 'true', paths: [other/**]}\n";
    let outcome = carry_out(Event::PreCommit, hooks, MemoryHost::new(&[]));
    assert!(outcome.records().is_empty() && outcome.host.state().journal.is_empty());
    assert!(matches!(&outcome.events[..], [RunEvent::LeftOut { .. }]));
}

#[test]
fn a_journal_that_fails_stops_the_plan_and_still_clears_the_sandbox() {
    let hooks = "  a: {on: pre-commit, run: 'touch ran'}\n";
    for at in 0..3 {
        let host = MemoryHost::new(&[]);
        host.state().journal_room = Some(at);
        let outcome = carry_out(Event::PreCommit, hooks, host);
        assert_eq!(outcome.result.unwrap_err().to_string(), "the journal is full");
        let state = outcome.host.state();
        assert_eq!(state.released.len(), usize::from(at > 0));
        assert_eq!(state.released.iter().any(|dir| dir.join("ran").exists()), at == 2);
    }
}

#[test]
fn a_record_has_the_documented_fields() {
    let hooks = "  a: {on: pre-commit, run: 'true'}\n";
    let outcome = carry_out(Event::PreCommit, hooks, MemoryHost::new(&[]));
    let mut record = outcome.records()[0].clone();
    record.started = Some(Timestamp::from_seconds(0));
    record.finished = Some(Timestamp::from_seconds(1));
    insta::assert_snapshot!(serde_json::to_string_pretty(&record).unwrap(), @r#"
    {
      "run_id": "r-000001",
      "event": "pre-commit",
      "hook": "a",
      "status": "passed",
      "branch": "main",
      "commit": null,
      "tree": "6e46dd10defc9b56c29a6ec56b508c21f54c08192194e4df25bf36f0c9c3c279",
      "started": "1970-01-01T00:00:00Z",
      "finished": "1970-01-01T00:00:01Z",
      "attempt": 1,
      "exit_code": 0,
      "cached": false,
      "log": "r-000001.log",
      "message": null,
      "metrics": {}
    }
    "#);
}
