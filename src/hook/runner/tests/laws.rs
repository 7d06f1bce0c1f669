//! What holds of any graph of hooks, whatever fails and however many run at the same time.

use std::collections::BTreeMap;
use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::hook::spec::{Retries, Severity};

/// One hook of a random graph.
#[derive(Debug, Clone)]
struct Part {
    needs: Vec<bool>,
    fails: bool,
    always: bool,
    forgiven: bool,
    warns: bool,
    retries: u32,
}

fn part() -> impl Strategy<Value = Part> {
    let rarely = || prop::bool::weighted(0.2);
    (
        prop::collection::vec(prop::bool::weighted(0.4), 6),
        rarely(),
        rarely(),
        rarely(),
        rarely(),
        0..2_u32,
    )
        .prop_map(|(needs, fails, always, forgiven, warns, retries)| Part {
            needs,
            fails,
            always,
            forgiven,
            warns,
            retries,
        })
}

fn definitions(parts: &[Part]) -> String {
    let mut text = String::new();
    for (i, part) in parts.iter().enumerate() {
        let needs: Vec<String> =
            (0..i).filter(|j| part.needs[*j]).map(|j| format!("h{j}")).collect();
        let (needs, code) = (needs.join(", "), u8::from(part.fails));
        let run = format!("echo {i} > o{i}; exit {code}");
        writeln!(
            text,
            "  h{i}: {{on: pre-commit, needs: [{needs}], outputs: [o{i}], run: '{run}'}}"
        )
        .unwrap();
    }
    text
}

/// Carries out the graph as hooks of `event`.
fn run_graph(event: Event, parts: &[Part], jobs: usize) -> Told {
    let mut spec = parsed(&definitions(parts));
    for (hook, part) in spec.hooks.iter_mut().zip(parts) {
        hook.on = vec![event];
        hook.always = part.always;
        hook.continue_on_error = part.forgiven;
        hook.severity = if part.warns { Severity::Warn } else { Severity::Fail };
        hook.retries = Retries { max: part.retries, backoff: Duration::from_millis(1) };
    }
    carry_out_spec(&spec, event, MemoryHost::new(&[]), limits(), jobs)
}

fn check(parts: &[Part], told: &Told, jobs: usize) {
    let records = told.records();
    assert_eq!(records.len(), parts.len());
    let state = told.host.state();
    assert!(state.most_open <= jobs, "{} at once", state.most_open);
    assert_eq!(state.open, 0);
    let mut ended: BTreeMap<&str, usize> = BTreeMap::new();
    for (time, row) in state.journal.iter().enumerate() {
        if row.status.is_final() {
            assert_eq!(ended.insert(row.hook.as_str(), time), None, "{} ended twice", row.hook);
        } else if row.status == Status::Running {
            let number: usize = row.hook.as_str()[1..].parse().unwrap();
            for need in (0..number).filter(|need| parts[number].needs[*need]) {
                let need = format!("h{need}");
                assert!(
                    ended.contains_key(need.as_str()),
                    "{} began before {need} ended",
                    row.hook
                );
            }
        }
    }
    assert_eq!(ended.len(), parts.len());
    for (part, record) in parts.iter().zip(records) {
        let is_told = told.events.iter().filter(|event| {
            matches!(event, RunEvent::Finished { record: told, .. } if told.hook == record.hook)
        });
        assert_eq!(is_told.count(), 1);
        assert!(!part.always || record.status != Status::Skipped);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, ..ProptestConfig::default() })]

    #[test]
    fn every_hook_ends_once_after_what_it_needs_and_the_tree_is_the_same_with_any_number_of_jobs(
        parts in prop::collection::vec(part(), 1..7),
    ) {
        let mut outcomes = Vec::new();
        for jobs in [1, 3] {
            let told = run_graph(Event::PostCommit, &parts, jobs);
            check(&parts, &told, jobs);
            let tree = told.result.as_ref().unwrap().tree;
            outcomes.push((tree, told.shown()));
        }
        prop_assert_eq!(&outcomes[0], &outcomes[1]);
        let gate = run_graph(Event::PreCommit, &parts, 3);
        check(&parts, &gate, 3);
        let refuses = gate.records().iter().any(|record| record.status == Status::Failed);
        prop_assert_eq!(refuses, refusal(gate.records()).is_some());
        prop_assert_eq!(refuses, parts.iter().zip(gate.records()).any(|(part, record)| {
            part.fails && !part.warns && record.status == Status::Failed
        }));
    }
}
