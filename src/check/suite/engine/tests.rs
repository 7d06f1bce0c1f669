//! Laws of the engine: batches, and what is spilled, change nothing.

use std::collections::HashMap;

use proptest::prelude::*;

use crate::check::suite::engine::key_set::{Groups, KeySet};
use crate::check::suite::engine::ordered::Ordered;
use crate::check::suite::report::Report;
use crate::check::suite::testing::{report_on, table};

const SUITE: &str = "
checks:
- columns: [a, b]
- row_count: {min: 3}
- duplicate_rows
- unique: [a, b]
- pair: {left: a, op: <=, right: b}
- expression: 'a == b'
- split_overlap: {dataset: o, columns: [a]}
- row_count_change: {min: 0.5}
columns:
  a:
    not_null: true
    unique: true
    type: int
    range: {min: 2}
    increasing: true
    min: {min: 0}
    mean: {min: 3}
    stdev: {max: 2}
    sum: {max: 10}
    median: {min: 3}
    quantile: {q: 0.3, min: 2}
    z_score: 1
    distinct: {max: 3}
    class_balance: {max_ratio: 2}
    foreign_key: {dataset: o, key: a}
    new_categories: true
  b: {unique: true, in_set: [1, 2, x], not_null: {mostly: 0.5}}
";

fn cell() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "1", "2", "3", "4.5", "x", "1e9"])
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec((cell(), cell()), 0..40).prop_map(|rows| {
        let lines = rows.iter().map(|(a, b)| format!("\n{a}|{b}"));
        format!("a|b{}", lines.collect::<String>())
    })
}

fn judged(text: &str, batch: usize, memory: usize) -> Report {
    report_on(SUITE, &table(text, batch), Some(&table("a|b\n1|2\n3|3", 1)), memory)
}

/// Returns the groups of rows with a key that is asked for, by the plainest means.
fn expected(rows: &[u8], wanted: impl Fn(u8, u64) -> bool) -> Groups {
    let mut counts: HashMap<u8, (u64, u64)> = HashMap::new();
    for (row, key) in rows.iter().enumerate() {
        counts.entry(*key).or_insert((row as u64, 0)).1 += 1;
    }
    counts.retain(|key, (_, count)| wanted(*key, *count));
    let keys = counts.len() as u64;
    let mut named: Vec<_> = counts.values().collect();
    named.sort();
    named.truncate(20);
    Groups {
        rows: counts.values().map(|(_, count)| count).sum(),
        keys,
        named: named
            .into_iter()
            .map(|(first, count)| super::key_set::Group {
                hash: super::key::hash_of(&[rows[*first as usize]]),
                first: *first,
                count: *count,
            })
            .collect(),
    }
}

fn key_set(rows: &[u8], memory: usize) -> KeySet {
    let mut set = KeySet::new(memory);
    for (row, key) in rows.iter().enumerate() {
        set.insert(super::key::hash_of(&[*key]), row as u64).unwrap();
    }
    set
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn where_a_batch_ends_changes_nothing(text in text(), batch in 1_usize..9) {
        prop_assert_eq!(judged(&text, 1000, 1 << 20), judged(&text, batch, 1 << 20));
    }

    #[test]
    fn what_does_not_fit_into_memory_changes_nothing(text in text()) {
        prop_assert_eq!(judged(&text, 7, 1 << 20), judged(&text, 7, 0));
    }

    #[test]
    fn a_key_set_that_spills_is_a_map_of_counts(
        rows in prop::collection::vec(any::<u8>(), 0..2000),
        other in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        for memory in [0, 1 << 20] {
            let set = key_set(&rows, memory);
            let repeated = set.repeated().unwrap();
            let distinct: std::collections::HashSet<_> = rows.iter().collect();
            prop_assert_eq!(repeated.distinct, distinct.len() as u64);
            prop_assert_eq!(repeated.groups, expected(&rows, |_, count| count > 1));
            let theirs = key_set(&other, memory);
            for in_both in [true, false] {
                let compared = set.compared(&theirs, in_both).unwrap();
                prop_assert_eq!(compared, expected(&rows, |key, _| other.contains(&key) == in_both));
            }
        }
    }

    #[test]
    fn quantiles_of_spilled_numbers_are_those_of_the_sorted_list(
        numbers in prop::collection::vec(-1e6..1e6_f64, 1..300),
        q in 0.0..=1.0_f64,
    ) {
        let mut sorted = numbers.clone();
        sorted.sort_by(f64::total_cmp);
        let at = q * (sorted.len() - 1) as f64;
        let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
        let expected = low + (high - low) * (at - at.floor());
        for memory in [0, 1 << 20] {
            let mut ordered = Ordered::new(memory);
            numbers.iter().for_each(|number| ordered.push(*number).unwrap());
            let found = ordered.quantile(q).unwrap().unwrap();
            prop_assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0));
        }
    }
}
