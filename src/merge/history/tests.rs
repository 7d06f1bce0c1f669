use std::collections::BTreeSet;
use std::convert::Infallible;

use proptest::prelude::*;

use super::*;
use crate::base::Hash;

/// A graph whose commits are numbered from the oldest on, each with a time and its parents.
type Graph = Vec<(i64, Vec<usize>)>;

fn id(number: usize) -> CommitId {
    CommitId(Hash::of(&number.to_le_bytes()))
}

fn load(graph: &Graph, loads: &mut usize, wanted: CommitId) -> CommitNode {
    *loads += 1;
    let number = (0..graph.len()).find(|number| id(*number) == wanted).unwrap();
    let (time, parents) = &graph[number];
    CommitNode { time: *time, parents: parents.iter().map(|number| id(*number)).collect() }
}

fn ask<T>(graph: &Graph, question: impl FnOnce(&mut Asking<'_>) -> Result<T, Infallible>) -> T {
    let mut loads = 0;
    let mut history: Asking<'_> = History::new(Box::new(|id| Ok(load(graph, &mut loads, id))));
    question(&mut history).unwrap()
}

type Asking<'g> = History<Box<dyn FnMut(CommitId) -> Result<CommitNode, Infallible> + 'g>>;

/// Returns a commit and all it leads back to, by definition.
fn ancestors(graph: &Graph, start: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::from([start]);
    for number in (0..=start).rev() {
        if found.contains(&number) {
            found.extend(&graph[number].1);
        }
    }
    found
}

fn best_common(graph: &Graph, a: &[usize], b: usize) -> BTreeSet<CommitId> {
    let left: BTreeSet<usize> = a.iter().flat_map(|a| ancestors(graph, *a)).collect();
    let common: BTreeSet<usize> = left.intersection(&ancestors(graph, b)).copied().collect();
    let is_best = |c: &&usize| common.iter().all(|d| d == *c || !ancestors(graph, *d).contains(*c));
    common.iter().filter(is_best).map(|number| id(*number)).collect()
}

#[test]
fn a_criss_cross_has_two_bases() {
    let graph: Graph =
        vec![(0, vec![]), (1, vec![0]), (2, vec![0]), (3, vec![1, 2]), (4, vec![2, 1])];
    assert_eq!(ask(&graph, |h| h.merge_bases(id(3), id(4))), vec![id(2), id(1)]);
    assert_eq!(ask(&graph, |h| h.merge_bases(id(4), id(3))), vec![id(2), id(1)]);
    assert_eq!(ask(&graph, |h| h.merge_bases(id(3), id(1))), vec![id(1)]);
    assert_eq!(ask(&graph, |h| h.merge_bases_of(&[id(1), id(2)], id(4))), vec![id(2), id(1)]);
}

#[test]
fn unrelated_histories_have_no_base() {
    let graph: Graph = vec![(0, vec![]), (1, vec![])];
    assert_eq!(ask(&graph, |h| h.merge_bases(id(0), id(1))), vec![]);
    assert!(!ask(&graph, |h| h.is_ancestor(id(0), id(1))));
    let counts = ask(&graph, |h| h.ahead_behind(id(0), id(1)));
    assert_eq!(counts, AheadBehind { ahead: 1, behind: 1 });
}

#[test]
fn a_fork_at_the_tip_reads_nothing_of_the_long_past() {
    const YEAR: i64 = 365 * 24 * 60 * 60;
    let mut graph: Graph = vec![(0, vec![])];
    graph.extend((1..500).map(|n| (n as i64 * YEAR, vec![n - 1])));
    graph.push((501 * YEAR, vec![499]));
    graph.push((502 * YEAR, vec![499]));
    let mut loads = 0;
    let mut history = History::new(|id| Ok::<_, Infallible>(load(&graph, &mut loads, id)));
    assert_eq!(history.merge_bases(id(500), id(501)).unwrap(), vec![id(499)]);
    assert!(history.is_ancestor(id(499), id(501)).unwrap());
    assert!(!history.is_ancestor(id(500), id(501)).unwrap());
    let counts = history.ahead_behind(id(500), id(501)).unwrap();
    assert_eq!(counts, AheadBehind { ahead: 1, behind: 1 });
    drop(history);
    assert!(loads <= 5, "{loads}");
}

/// Any graph of up to 12 commits, with clocks that tell anything within half a day.
fn graph() -> impl Strategy<Value = Graph> {
    let commit = (0..40_000_i64, prop::collection::vec(any::<prop::sample::Index>(), 0..3));
    prop::collection::vec(commit, 1..12).prop_map(|commits| {
        let number = |(number, (time, parents)): (usize, (i64, Vec<prop::sample::Index>))| {
            let older = parents.iter().filter(|_| number > 0).map(|p| p.index(number));
            (time, older.collect::<BTreeSet<_>>().into_iter().collect())
        };
        commits.into_iter().enumerate().map(number).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn merge_bases_are_as_defined_whatever_the_clocks_say(graph in graph()) {
        for a in 0..graph.len() {
            for b in 0..graph.len() {
                let bases = ask(&graph, |h| h.merge_bases(id(a), id(b)));
                let unique: BTreeSet<_> = bases.iter().copied().collect();
                prop_assert_eq!(unique.len(), bases.len());
                prop_assert_eq!(unique, best_common(&graph, &[a], b));
                prop_assert_eq!(&bases, &ask(&graph, |h| h.merge_bases(id(b), id(a))));
                let is_ancestor = ask(&graph, |h| h.is_ancestor(id(a), id(b)));
                prop_assert_eq!(is_ancestor, ancestors(&graph, b).contains(&a));
            }
        }
    }

    #[test]
    fn bases_with_a_merge_of_several_are_as_defined(graph in graph()) {
        let last = graph.len() - 1;
        for (a, b) in (0..last).zip(1..) {
            let bases = ask(&graph, |h| h.merge_bases_of(&[id(a), id(b)], id(last)));
            let unique: BTreeSet<_> = bases.into_iter().collect();
            prop_assert_eq!(unique, best_common(&graph, &[a, b], last));
        }
    }

    #[test]
    fn ahead_and_behind_are_as_defined_while_clocks_err_by_less_than_a_day(graph in graph()) {
        for a in 0..graph.len() {
            let b = graph.len() - 1;
            let (left, right) = (ancestors(&graph, a), ancestors(&graph, b));
            let counts = ask(&graph, |h| h.ahead_behind(id(a), id(b)));
            prop_assert_eq!(counts.ahead, left.difference(&right).count());
            prop_assert_eq!(counts.behind, right.difference(&left).count());
        }
    }
}
