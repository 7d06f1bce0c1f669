use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::base::{Hash, RepoPath, Timestamp, TreeId};
use crate::config::Environment;
use crate::hook::context::{Change, ChangeKind, EventContext};
use crate::hook::event::Event;
use crate::hook::plan::{Trigger, plan};
use crate::hook::process::Limits;
use crate::hook::spec::{self, Hook};

/// A host whose repository is a map in memory; sandboxes are real directories.
struct MemoryHost {
    dir: tempfile::TempDir,
    candidate: BTreeMap<String, Vec<u8>>,
    journal: Vec<RunRecord>,
    slots: usize,
    released: Vec<PathBuf>,
    fail_at: Option<usize>,
}

impl MemoryHost {
    fn new(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
        Self {
            dir: tempfile::tempdir().unwrap(),
            candidate: files.collect(),
            journal: Vec::new(),
            slots: 0,
            released: Vec::new(),
            fail_at: None,
        }
    }

    fn tree(&self) -> TreeId {
        TreeId(Hash::of(format!("{:?}", self.candidate).as_bytes()))
    }
}

impl Host for MemoryHost {
    fn slot(&mut self, _hook: &Hook) -> Result<Slot, HostError> {
        self.slots += 1;
        let run_id = format!("r-{:06}", self.slots);
        let log_name = format!("{run_id}.log");
        Ok(Slot { log: self.dir.path().join(&log_name), run_id, log_name })
    }

    fn journal(&mut self, record: &RunRecord) -> Result<(), HostError> {
        if self.fail_at == Some(self.journal.len()) {
            return Err("the journal is full".into());
        }
        self.journal.push(record.clone());
        Ok(())
    }

    fn prepare(&mut self, hook: &Hook, run_id: &str) -> Result<Sandbox, HostError> {
        let root = self.dir.path().join(run_id);
        let (dir, scratch) = (root.join("tree"), root.join("scratch"));
        std::fs::create_dir_all(&scratch)?;
        std::fs::create_dir_all(&dir)?;
        for (path, bytes) in &self.candidate {
            let seen = RepoPath::from_bytes(path.as_str()).unwrap();
            if hook.inputs.is_empty() || hook.inputs.matches_path(&seen) {
                let path = dir.join(path);
                std::fs::create_dir_all(path.parent().unwrap())?;
                crate::base::fs::atomic_write(&path, bytes)?;
            }
        }
        Ok(Sandbox { dir, scratch, tree: Some(self.tree()), base_dir: None })
    }

    fn collect(&mut self, hook: &Hook, sandbox: &Sandbox) -> Result<Collected, HostError> {
        let mut stray = 0;
        for entry in std::fs::read_dir(&sandbox.dir)? {
            let name = entry?.file_name().into_string().unwrap();
            if hook.outputs.matches_path(&RepoPath::from_bytes(name.as_str()).unwrap()) {
                self.candidate.insert(name.clone(), std::fs::read(sandbox.dir.join(&name))?);
            } else if !self.candidate.contains_key(&name) {
                stray += 1;
            }
        }
        let remark = (stray > 0).then(|| format!("{stray} stray files discarded"));
        Ok(Collected::Taken { remark })
    }

    fn release(&mut self, sandbox: Sandbox) {
        self.released.push(sandbox.dir);
    }
}

struct Outcome {
    result: Result<Vec<RunRecord>, HookError>,
    host: MemoryHost,
    events: Vec<RunEvent>,
}

impl Outcome {
    /// A line for each record: hook, status, message.
    fn shown(&self) -> String {
        let records = self.result.as_ref().unwrap();
        let line = |record: &RunRecord| {
            let message = record.message.as_deref().unwrap_or("-");
            format!("{} {} {message}", record.hook, record.status.name())
        };
        records.iter().map(line).collect::<Vec<_>>().join("\n")
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
        ..Limits::default()
    }
}

fn carry_out(event: Event, hooks: &str, host: MemoryHost) -> Outcome {
    carry_out_within(event, hooks, host, limits())
}

fn carry_out_within(event: Event, hooks: &str, mut host: MemoryHost, limits: Limits) -> Outcome {
    let text = format!("version: 1\nhooks:\n{hooks}");
    let spec = spec::parse("mlv.yaml", text.as_bytes()).unwrap();
    let changed = [RepoPath::from_bytes("in.csv").unwrap()];
    let plan = plan(&spec, &Trigger { event, branch: Some("main"), changed: &changed });
    let context = EventContext {
        branch: Some("main".into()),
        tree: Some(host.tree()),
        changes: vec![Change { path: changed[0].clone(), change: ChangeKind::Added }],
        ..EventContext::new(event, "/repository".into(), Timestamp::from_seconds(0))
    };
    let environment = Environment::from_pairs([("PATH", "/usr/bin:/bin"), ("TOKEN", "hunter2")]);
    let mut events = Vec::new();
    let result = Runner {
        context: &context,
        environment: &environment,
        limits,
        host: &mut host,
        sink: &mut |event| events.push(event),
    }
    .run(&plan);
    Outcome { result, host, events }
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
    let records = outcome.result.unwrap();
    assert!(all_passed(&records) && refusal(&records).is_none());
    assert_ne!(records[0].tree, records[1].tree);
    assert_eq!(records[1].tree, Some(outcome.host.tree()));
    assert_eq!(outcome.host.released.len(), 2);
}

#[test]
fn the_journal_knows_of_every_hook_before_the_first_one_starts() {
    let hooks = "  a: {on: pre-commit, run: 'true'}\n  b: {on: pre-commit, run: 'true'}\n";
    let outcome = carry_out(Event::PreCommit, hooks, MemoryHost::new(&[]));
    let rows = outcome.host.journal.iter();
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
    let records = outcome.result.as_ref().unwrap();
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
    let log = std::fs::read_to_string(outcome.host.dir.path().join("r-000001.log")).unwrap();
    insta::assert_snapshot!(log, @r#"
    "hook":"a"
    in.csv
    pre-commit main r-000001 none sub
    "#);
    insta::assert_snapshot!(outcome.shown(), @"a passed 6 rows; 1 stray files discarded");
    assert_eq!(outcome.result.unwrap()[0].metrics.get("auc"), Some(0.5));
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
    assert!(!format!("{:?}", outcome.host.journal).contains("hunter2"));
    let log = std::fs::read_to_string(outcome.host.dir.path().join("r-000001.log")).unwrap();
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
    a warned 1 annotations
    b warned its answer could not be read: line 1: expected ident at line 1 column 2
    c passed -
    ");
    assert!(all_passed(outcome.result.as_ref().unwrap()));
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
    b failed cannot start `/no/such/shell` in `DIR/r-000002/tree`: No such file or directory (os error 2)
    c failed killed by signal 9
    ");
}

#[test]
fn an_interrupt_cancels_what_has_not_run() {
    let hooks = "  a: {on: pre-commit, run: 'sleep 60'}\n  b: {on: pre-commit, run: 'true'}\n";
    let limits = Limits { interrupted: || true, ..limits() };
    let outcome = carry_out_within(Event::PreCommit, hooks, MemoryHost::new(&[]), limits);
    insta::assert_snapshot!(outcome.shown(), @r"
    a cancelled interrupted
    b cancelled interrupted
    ");
    assert!(refusal(outcome.result.as_ref().unwrap()).is_some());
}

#[test]
fn a_hook_whose_paths_did_not_change_is_left_out() {
    let hooks = "  a: {on: pre-commit, run: 'true', paths: [other/**]}\n";
    let outcome = carry_out(Event::PreCommit, hooks, MemoryHost::new(&[]));
    assert!(outcome.result.unwrap().is_empty() && outcome.host.journal.is_empty());
    assert!(matches!(&outcome.events[..], [RunEvent::LeftOut { .. }]));
}

#[test]
fn a_journal_that_fails_stops_the_plan_and_still_clears_the_sandbox() {
    let hooks = "  a: {on: pre-commit, run: 'touch ran'}\n";
    for at in 0..3 {
        let mut host = MemoryHost::new(&[]);
        host.fail_at = Some(at);
        let outcome = carry_out(Event::PreCommit, hooks, host);
        assert_eq!(outcome.result.unwrap_err().to_string(), "the journal is full");
        assert_eq!(outcome.host.released.len(), usize::from(at > 0));
        let ran = outcome.host.dir.path().join("r-000001/tree/ran");
        assert_eq!(Path::new(&ran).exists(), at == 2);
    }
}

#[test]
fn a_record_has_the_documented_fields() {
    let hooks = "  a: {on: pre-commit, run: 'true'}\n";
    let outcome = carry_out(Event::PreCommit, hooks, MemoryHost::new(&[]));
    let mut record = outcome.result.unwrap().remove(0);
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
