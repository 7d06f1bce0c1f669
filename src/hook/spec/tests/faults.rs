//! How faults look: the place, what was found, and what was expected.

use super::*;

#[test]
fn names_that_are_given_twice_say_where_first() {
    assert_snapshot!(faults("version: 1\nhooks:\n  a: {on: pre-commit, run: x}\n  b: {on: pre-commit, run: x}\n  a: {on: pre-commit, run: y}\n"), @"");
    assert_snapshot!(faults("version: 1\nhooks:\n  1: {on: pre-commit, run: x}\n  1: {on: pre-commit, run: y}\n"), @"");
    assert_snapshot!(faults("version: 1\nartifacts: {a: {kind: model}, a/: {kind: dataset}}\n"), @"");
}

#[test]
fn requirements_must_exist_and_be_able_to_judge() {
    let hooks = "hooks:\n  gate: {on: pre-merge, run: x}\n  tell: {on: post-merge, run: x}\n";
    assert_snapshot!(faults(&format!("version: 1\nbranches:\n  main: {{require: [gaet, tell]}}\n{hooks}")), @"");
}

#[test]
fn queues_and_outputs_fit_their_events() {
    assert_snapshot!(hook_faults("on: [post-commit, pre-merge]\nrun: x\nasync: true"), @"");
    assert_snapshot!(hook_faults("on: [pre-tag]\nrun: x\noutputs: [a]"), @"");
    for event in ["post-commit", "post-tag", "manual", "{schedule: \"@daily\"}", "pre-revert"] {
        let text = format!("version: 1\nhooks:\n  h: {{on: {event}, run: x, outputs: [a]}}\n");
        assert!(parse("mlv.yaml", text.as_bytes()).is_ok(), "{text}");
    }
}

#[test]
fn times_that_cannot_be_are_refused() {
    assert_snapshot!(hook_faults("on: {schedule: \"0 25 * * *\"}\nrun: x"), @"");
    assert_snapshot!(hook_faults("on: {schedule: \"0 3 * *\"}\nrun: x"), @"");
    assert_snapshot!(hook_faults("on: {schedule: \"0 0 30 2 *\"}\nrun: x"), @"");
    assert_snapshot!(hook_faults("on: [schedule]\nrun: x"), @"");
    assert_snapshot!(hook_faults("on: {pre-commit: {paths: a}}\nrun: x"), @"");
}

#[test]
fn conditions_that_cannot_be_are_refused_with_the_column() {
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nif: evnt.branch == 'main'"), @"");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nif: \"event.brunch == 'main'\""), @"");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nif: event.branch == = 'main'"), @"");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nif: event.branch"), @"");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nif: >\n  event.branch ==\n  'main' && chnged == []"), @"");
}

#[test]
fn matrices_that_cannot_be_are_refused() {
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nmatrix: {}"), @"");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nmatrix: {lr: []}"), @"");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x ${{ matrix.rl }}\nmatrix: {lr: [1, 1], LR: [2], a-b: [3]}"), @"");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x ${{ matrix.lr }}"), @"");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nmatrix: {lr: [1]}\npaths: [\"${{ matrix.lr }}\"]"), @"");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nmatrix: [1]"), @"");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nmatrix: {lr: [1, 2]}\noutputs: [out]"), @"");
    let wide: Vec<String> = (0..17).map(|i| i.to_string()).collect();
    let wide = wide.join(", ");
    assert_snapshot!(hook_faults(&format!("on: pre-commit\nrun: x\nmatrix: {{a: [{wide}], b: [{wide}]}}")), @"");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nmatrix: {a: [x/y, x-y]}"), @"");
}

#[test]
fn values_of_the_wrong_kind_say_what_is_expected() {
    assert_snapshot!(hook_faults("on: {}\nrun: [a]\nalways: yes\ncache: \"false\"\nretries: often\ntimeout: 90\nlevel: wran\nconcurrency: a b\nneeds: {a: b}\nenv: [A]"), @"");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nretries: {max: 1000, backoff: 2h, maximum: 3}"), @"");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nretries: {backoff: 2s}\ntimeout:\nshell: ''"), @"");
}

#[test]
fn a_shell_and_parameters_belong_to_something() {
    assert_snapshot!(hook_faults("on: pre-commit\nshell: bash\nwith: {a: b}"), @"");
}
