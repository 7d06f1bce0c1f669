//! How faults look: the place, what was found, and what was expected.

use super::*;

#[test]
fn names_that_are_given_twice_say_where_first() {
    assert_snapshot!(faults("version: 1\nhooks:\n  a: {on: pre-commit, run: x}\n  b: {on: pre-commit, run: x}\n  a: {on: pre-commit, run: y}\n"), @r"
    mlv.yaml:5:3: `a` is named twice, first on line 3
      |
    5 |   a: {on: pre-commit, run: y}
      |   ^
    ");
    assert_snapshot!(faults("version: 1\nhooks:\n  1: {on: pre-commit, run: x}\n  1: {on: pre-commit, run: y}\n"), @r"
    mlv.yaml:4:3: `1` is named twice
      |
    4 |   1: {on: pre-commit, run: y}
      |   ^
    ");
    assert_snapshot!(faults("version: 1\nartifacts: {a: {kind: model}, a/: {kind: dataset}}\n"), @r"
    mlv.yaml:2:31: artifact `a` is named twice, first on line 2
      |
    2 | artifacts: {a: {kind: model}, a/: {kind: dataset}}
      |                               ^^
    ");
}

#[test]
fn requirements_must_exist_and_be_able_to_judge() {
    let hooks = "hooks:\n  gate: {on: pre-merge, run: x}\n  tell: {on: post-merge, run: x}\n";
    assert_snapshot!(faults(&format!("version: 1\nbranches:\n  main: {{require: [gaet, tell]}}\n{hooks}")), @r"
    mlv.yaml:3:20: branch `main` requires `gaet`, which does not exist
      |
    3 |   main: {require: [gaet, tell]}
      |                    ^^^^
      = did you mean `gate`?
    mlv.yaml:3:26: branch `main` requires `tell`, which runs on no `pre-` event
      |
    3 |   main: {require: [gaet, tell]}
      |                          ^^^^
      = a hook judges on a `pre-` event, as `pre-merge`
    ");
}

#[test]
fn queues_and_outputs_fit_their_events() {
    assert_snapshot!(hook_faults("on: [post-commit, pre-merge]\nrun: x\nasync: true"), @r"
    mlv.yaml:6:5: hook `h` is `async`, but pre-merge waits for it
      |
    6 |     async: true
      |     ^^^^^
      = only hooks of `post-` events and triggers are queued
    ");
    assert_snapshot!(hook_faults("on: [pre-tag]\nrun: x\noutputs: [a]"), @r"
    mlv.yaml:6:5: hook `h` runs on pre-tag, which makes no commit for its outputs
      |
    6 |     outputs: [a]
      |     ^^^^^^^
      = hooks of `post-` events and of those that make a commit have `outputs`
    ");
    for event in ["post-commit", "post-tag", "manual", "{schedule: \"@daily\"}", "pre-revert"] {
        let text = format!("version: 1\nhooks:\n  h: {{on: {event}, run: x, outputs: [a]}}\n");
        assert!(parse("mlv.yaml", text.as_bytes()).is_ok(), "{text}");
    }
}

#[test]
fn times_that_cannot_be_are_refused() {
    assert_snapshot!(hook_faults("on: {schedule: \"0 25 * * *\"}\nrun: x"), @r#"
    mlv.yaml:4:20: `0 25 * * *` is not a cron expression: Number out of bounds
      |
    4 |     on: {schedule: "0 25 * * *"}
      |                    ^^^^^^^^^^^^
      = minute, hour, day of the month, month, day of the week
    "#);
    assert_snapshot!(hook_faults("on: {schedule: \"0 3 * *\"}\nrun: x"), @r#"
    mlv.yaml:4:20: `0 3 * *` is not a cron expression: it has 4 fields, not 5
      |
    4 |     on: {schedule: "0 3 * *"}
      |                    ^^^^^^^^^
      = minute, hour, day of the month, month, day of the week
    "#);
    assert_snapshot!(hook_faults("on: {schedule: \"0 0 30 2 *\"}\nrun: x"), @r#"
    mlv.yaml:4:20: `0 0 30 2 *` never comes: no such day is in the calendar
      |
    4 |     on: {schedule: "0 0 30 2 *"}
      |                    ^^^^^^^^^^^^
      = minute, hour, day of the month, month, day of the week
    "#);
    assert_snapshot!(hook_faults("on: [schedule]\nrun: x"), @r#"
    mlv.yaml:4:9: `schedule` has no times
      |
    4 |     on: [schedule]
      |         ^
      = as in `on: {schedule: "0 3 * * *"}`, at three o'clock UTC
    "#);
    assert_snapshot!(hook_faults("on: {pre-commit: {paths: a}}\nrun: x"), @r"
    mlv.yaml:4:22: event `pre-commit` has no settings
      |
    4 |     on: {pre-commit: {paths: a}}
      |                      ^
    ");
}

#[test]
fn conditions_that_cannot_be_are_refused_with_the_column() {
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nif: evnt.branch == 'main'"), @r"
    mlv.yaml:6:9: `if` names `evnt`, which does not exist
      |
    6 |     if: evnt.branch == 'main'
      |         ^^^^
      = did you mean `event`?
    ");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nif: \"event.brunch == 'main'\""), @r#"
    mlv.yaml:6:16: `if` names `event.brunch`, which does not exist
      |
    6 |     if: "event.brunch == 'main'"
      |                ^^^^^^
      = did you mean `branch`?
    "#);
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nif: event.branch == = 'main'"), @r"
    mlv.yaml:6:25: `if` is not an expression: token recognition error at: '= '
      |
    6 |     if: event.branch == = 'main'
      |                         ^
      = texts are compared with `==`; `&&`, `||` and `!` join conditions
    ");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nif: event.branch"), @r"
    mlv.yaml:6:9: `if` is neither true nor false, but a text
      |
    6 |     if: event.branch
      |         ^^^^^^^^^^^^
    ");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nif: >\n  event.branch ==\n  'main' && chnged == []"), @r"
    mlv.yaml:7:7: `if` names `chnged`, which does not exist
      |
    7 |       event.branch ==
      |       ^^^^^^^^^^^^^^^
      = did you mean `changed`?
    ");
}

#[test]
fn matrices_that_cannot_be_are_refused() {
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nmatrix: {}"), @r"
    mlv.yaml:6:13: the matrix is empty: it has no cell to run
      |
    6 |     matrix: {}
      |             ^
    ");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nmatrix: {lr: []}"), @r"
    mlv.yaml:6:18: `lr` of the matrix has no value: there is no cell to run
      |
    6 |     matrix: {lr: []}
      |                  ^
    ");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x ${{ matrix.rl }}\nmatrix: {lr: [1, 1], LR: [2], a-b: [3]}"), @r"
    mlv.yaml:5:10: the matrix of hook `h` has no key `rl`
      |
    5 |     run: x ${{ matrix.rl }}
      |          ^^^^^^^^^^^^^^^^^^
      = its keys: lr
    mlv.yaml:6:22: `lr` of the matrix has the value `1` twice
      |
    6 |     matrix: {lr: [1, 1], LR: [2], a-b: [3]}
      |                      ^
    mlv.yaml:6:26: two keys of the matrix would be `MLV_MATRIX_LR`
      |
    6 |     matrix: {lr: [1, 1], LR: [2], a-b: [3]}
      |                          ^^
    mlv.yaml:6:35: `a-b` is not a key for a matrix
      |
    6 |     matrix: {lr: [1, 1], LR: [2], a-b: [3]}
      |                                   ^^^
      = letters, digits and `_`, at most 32
    ");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x ${{ matrix.lr }}"), @r"
    mlv.yaml:5:10: the matrix of hook `h` has no key `lr`
      |
    5 |     run: x ${{ matrix.lr }}
      |          ^^^^^^^^^^^^^^^^^^
      = it has no `matrix`
    ");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nmatrix: {lr: [1]}\npaths: [\"${{ matrix.lr }}\"]"), @r#"
    mlv.yaml:7:13: `paths` takes no value of the matrix
      |
    7 |     paths: ["${{ matrix.lr }}"]
      |             ^^^^^^^^^^^^^^^^^^
      = they stand in run, workdir, inputs, code, outputs, env, with, concurrency, description
    "#);
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nmatrix: [1]"), @r"
    mlv.yaml:6:13: `matrix` must be a mapping of keys to lists of values; this is a list
      |
    6 |     matrix: [1]
      |             ^
    ");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nmatrix: {lr: [1, 2]}\noutputs: [out]"), @r"
    mlv.yaml:7:5: outputs of `h[lr=1]` and `h[lr=2]` overlap: `out` and `out`
      |
    7 |     outputs: [out]
      |     ^^^^^^^
      = put the values of the matrix into the outputs, as in `out/${{ matrix.KEY }}/**`
    ");
    let wide: Vec<String> = (0..17).map(|i| i.to_string()).collect();
    let wide = wide.join(", ");
    assert_snapshot!(hook_faults(&format!("on: pre-commit\nrun: x\nmatrix: {{a: [{wide}], b: [{wide}]}}")), @r"
    mlv.yaml:6:5: the matrix has more than 256 cells
      |
    6 |     matrix: {a: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], b: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]}
      |     ^^^^^^
    ");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nmatrix: {a: [x/y, x-y]}"), @r"
    mlv.yaml:3:3: two cells of hook `h` would be called `h[a=x-y]`
      |
    3 |   h:
      |   ^
      = in names, what is no letter, digit, `.`, `_` or `+` becomes `-`
    ");
}

#[test]
fn values_of_the_wrong_kind_say_what_is_expected() {
    assert_snapshot!(hook_faults("on: {}\nrun: [a]\nalways: yes\ncache: \"false\"\nretries: often\ntimeout: 90\nlevel: wran\nconcurrency: a b\nneeds: {a: b}\nenv: [A]"), @r#"
    mlv.yaml:4:9: `on` names no event
      |
    4 |     on: {}
      |         ^
    mlv.yaml:5:10: `run` must be a text; this is a list
      |
    5 |     run: [a]
      |          ^
    mlv.yaml:6:13: `always` must be `true` or `false`; this is a text
      |
    6 |     always: yes
      |             ^^^
      = write `true`, without quotes
    mlv.yaml:7:12: `cache` must be `true` or `false`; this is a text
      |
    7 |     cache: "false"
      |            ^^^^^^^
      = leave the quotes out
    mlv.yaml:8:14: `retries` must be a number, or `{max: 3, backoff: 10s}`; this is a text
      |
    8 |     retries: often
      |              ^^^^^
    mlv.yaml:9:14: `90` is not a duration: expected a number with a unit, as in 90s, 10m, 2h or 1h30m
      |
    9 |     timeout: 90
      |              ^^
    mlv.yaml:10:12: `wran` is not a value of `level`
       |
    10 |     level: wran
       |            ^^^^
      = one of fail, warn
    mlv.yaml:11:18: `a b` is not a name for a group
       |
    11 |     concurrency: a b
       |                  ^^^
      = letters, digits, `.`, `_` and `-`, at most 64
    mlv.yaml:12:12: `needs` must be a text or a list of texts; this is a mapping
       |
    12 |     needs: {a: b}
       |            ^
    mlv.yaml:13:10: `env` must be a mapping of keys to values; this is a list
       |
    13 |     env: [A]
       |          ^
    "#);
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nretries: {max: 1000, backoff: 2h, maximum: 3}"), @r"
    mlv.yaml:6:20: `max` must be a number from 0 to 100
      |
    6 |     retries: {max: 1000, backoff: 2h, maximum: 3}
      |                    ^^^^
    mlv.yaml:6:35: no pause before a further try is longer than 1h
      |
    6 |     retries: {max: 1000, backoff: 2h, maximum: 3}
      |                                   ^^
    mlv.yaml:6:39: unknown key `maximum` of `retries`
      |
    6 |     retries: {max: 1000, backoff: 2h, maximum: 3}
      |                                       ^^^^^^^
      = did you mean `max`?
    ");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nretries: {backoff: 2s}\ntimeout:\nshell: ''"), @r"
    mlv.yaml:6:14: `retries` has no `max`
      |
    6 |     retries: {backoff: 2s}
      |              ^
    mlv.yaml:7:12: `timeout` must be a text; nothing stands here
      |
    7 |     timeout:
      |            ^
    mlv.yaml:8:12: `shell` is empty
      |
    8 |     shell: ''
      |            ^^
    ");
}

#[test]
fn a_shell_and_parameters_belong_to_something() {
    assert_snapshot!(hook_faults("on: pre-commit\nshell: bash\nwith: {a: b}"), @r"
    mlv.yaml:3:3: hook `h` does nothing: it has no `run` and no `uses`
      |
    3 |   h:
      |   ^
      = say what, as in `run: python3 check.py`
    mlv.yaml:5:5: `shell` of hook `h` goes with `run`
      |
    5 |     shell: bash
      |     ^^^^^
    mlv.yaml:6:5: `with` of hook `h` goes with `uses`
      |
    6 |     with: {a: b}
      |     ^^^^
    ");
}

#[test]
fn what_is_watched_is_said_whole_and_limits_belong_to_triggers() {
    assert_snapshot!(hook_faults("on: {metric: {file: m.json, nam: auc, below: low}}\nrun: x"), @"
    mlv.yaml:4:33: unknown key `nam` of `metric`
      |
    4 |     on: {metric: {file: m.json, nam: auc, below: low}}
      |                                 ^^^
      = did you mean `name`?
    mlv.yaml:4:50: `below` must be a number; this is a text
      |
    4 |     on: {metric: {file: m.json, nam: auc, below: low}}
      |                                                  ^^^
    ");
    assert_snapshot!(hook_faults("on: [metric, drift]\nrun: x"), @"
    mlv.yaml:4:9: `metric` names no bound
      |
    4 |     on: [metric, drift]
      |         ^
      = as in `on: {metric: {file: metrics/live.json, name: auc, below: 0.7}}`
    ");
    assert_snapshot!(hook_faults("on: {drift: {reference: a}, metric: [{file: m, name: x}, {below: 1}]}\nrun: x"), @r#"
    mlv.yaml:4:17: `drift` needs `data`, or a `spec` that names them
      |
    4 |     on: {drift: {reference: a}, metric: [{file: m, name: x}, {below: 1}]}
      |                 ^
      = as in `drift: {data: data/live/**, reference: "main:data/train.csv"}`
    mlv.yaml:4:42: `metric` has no `below` and no `above`
      |
    4 |     on: {drift: {reference: a}, metric: [{file: m, name: x}, {below: 1}]}
      |                                          ^
      = as in `metric: {file: metrics/live.json, name: auc, below: 0.7}`
    mlv.yaml:4:62: `metric` needs a `file` and a `name`
      |
    4 |     on: {drift: {reference: a}, metric: [{file: m, name: x}, {below: 1}]}
      |                                                              ^
      = as in `metric: {file: metrics/live.json, name: auc, below: 0.7}`
    "#);
    assert_snapshot!(hook_faults("on: post-commit\nrun: x\ncooldown: 1h\nmax_in_flight: 0\nauto_merge: true"), @"
    mlv.yaml:6:5: `cooldown` of hook `h` limits triggers, of which it has none
      |
    6 |     cooldown: 1h
      |     ^^^^^^^^
      = triggers are `schedule`, `metric` and `drift`
    mlv.yaml:7:20: `max_in_flight` must be a number from 1 to 1000
      |
    7 |     max_in_flight: 0
      |                    ^
    mlv.yaml:8:5: hook `h` has no `outputs` that could be merged
      |
    8 |     auto_merge: true
      |     ^^^^^^^^^^
    ");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\noutputs: [m]\nauto_merge: true"), @"
    mlv.yaml:7:5: what `h` makes enters the deed itself: there is no commit to merge
      |
    7 |     auto_merge: true
      |     ^^^^^^^^^^
      = hooks of `post-` events and triggers make commits that follow
    ");
}
