mod faults;
mod include;
mod keys;
mod schema;

use std::fmt::Write;

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use crate::base::RepoPath;

const EXAMPLE: &str = "\
version: 1
artifacts:
  data/raw:     {kind: dataset}
  models/churn: {kind: model}
branches:
  main: {protected: true}
  release/*: {protected: true}
hooks:
  validate:
    description: rows are well formed
    on: [pre-commit, pre-merge]
    paths: [data/raw/**]
    run: python3 check.py
    env: {LEVEL: 3, RATIO: 1.10, STRICT: yes}
    secrets: [TOKEN]
  train:
    on: pre-merge
    branches: [main]
    needs: [validate]
    run: |
      python3 train.py
      echo done
    shell: bash -euc
    workdir: pipeline/
    inputs: [data/raw/**]
    outputs: [models/churn/**, metrics/]
    timeout: 2h
";

fn spec(text: &str) -> Spec {
    parse("mlv.yaml", text.as_bytes()).unwrap()
}

fn faults(text: &str) -> String {
    parse("mlv.yaml", text.as_bytes()).unwrap_err().to_string()
}

/// The faults of one hook `h` with these lines.
fn hook_faults(lines: &str) -> String {
    faults(&format!("version: 1\nhooks:\n  h:\n    {}\n", lines.replace('\n', "\n    ")))
}

#[test]
fn every_key_reaches_its_value() {
    let spec = spec(EXAMPLE);
    assert!(spec.protects("main") && spec.protects("release/1") && !spec.protects("x"));
    assert_eq!(spec.artifacts[1].kind, ArtifactKind::Model);
    let validate = &spec.hooks[0];
    assert_eq!(validate.description.as_deref(), Some("rows are well formed"));
    let pairs = [("LEVEL", "3"), ("RATIO", "1.10"), ("STRICT", "yes")];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(validate.env, pairs);
    assert_eq!(validate.secrets, ["TOKEN"]);
    let train = spec.hook(&HookId::new("train").unwrap()).unwrap();
    assert_eq!(train.timeout, Some(std::time::Duration::from_hours(2)));
    assert_eq!(train.workdir.to_string(), "pipeline");
    assert!(train.outputs.matches_path(&RepoPath::from_bytes("metrics/auc.json").unwrap()));
    let Work::Run { command, shell } = &train.work else { panic!("{:?}", train.work) };
    assert_eq!(command, "python3 train.py\necho done\n");
    assert_eq!(shell.0, ["bash", "-euc"]);
}

#[test]
fn the_definition_hash_follows_meaning_and_not_layout() {
    let base = spec(EXAMPLE);
    let reworded = spec(&EXAMPLE.replace("rows are well formed", "other words"));
    let reflowed = spec(&EXAMPLE.replace("branches: [main]", "branches:\n      - main # why"));
    assert_eq!(base.definition_hash(), reworded.definition_hash());
    assert_eq!(base.definition_hash(), reflowed.definition_hash());
    for (from, to) in [
        ("check.py", "check.py --all"),
        ("timeout: 2h", "timeout: 3h"),
        ("secrets: [TOKEN]", "secrets: [TOKENS]"),
        ("LEVEL: 3", "LEVEL: 4"),
        ("workdir: pipeline/", "workdir: elsewhere"),
        ("release/*: {protected: true}", "release/*: {protected: false}"),
    ] {
        assert_ne!(base.definition_hash(), spec(&EXAMPLE.replace(from, to)).definition_hash());
    }
}

#[test]
fn an_empty_file_lacks_its_version() {
    assert_snapshot!(faults("# nothing\n"), @r"
    mlv.yaml: `version` is missing
      = add `version: 1`
    ");
    assert_snapshot!(faults("version: 2\n"), @r"
    mlv.yaml:1:10: this version of mlv reads `version: 1` only
      |
    1 | version: 2
      |          ^
    ");
}

#[test]
fn faults_of_syntax_have_a_place() {
    assert_snapshot!(faults("version: 1\nhooks: [a\nb: {\n"), @r"
    mlv.yaml:3:2: illegal placement of ':' indicator
      |
    3 | b: {
      |  ^
    ");
    assert_snapshot!(faults("version: 1\nhooks:\n  a: {on: pre-commit, run: x}\n  a: {on: pre-commit, run: y}\n"), @r"
    mlv.yaml:4:3: `a` is named twice, first on line 3
      |
    4 |   a: {on: pre-commit, run: y}
      |   ^
    ");
    assert_snapshot!(faults("version: 1\nhooks: text\n"), @r"
    mlv.yaml:2:8: `hooks` must be a mapping of keys to values; this is a text
      |
    2 | hooks: text
      |        ^^^^
    ");
}

#[test]
fn unknown_keys_are_answered_with_the_nearest() {
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\noutptus: [a]"), @r"
    mlv.yaml:6:5: unknown key `outptus` of hook `h`
      |
    6 |     outptus: [a]
      |     ^^^^^^^
      = did you mean `outputs`?
    ");
    assert_snapshot!(faults("version: 1\nhoks: {}\n"), @r"
    mlv.yaml:2:1: unknown key `hoks` of the file
      |
    2 | hoks: {}
      | ^^^^
      = did you mean `hooks`?
    ");
}

#[test]
fn events_that_are_not_there_are_refused() {
    assert_snapshot!(hook_faults("on: pre-comit\nrun: x"), @r"
    mlv.yaml:4:9: unknown event `pre-comit`
      |
    4 |     on: pre-comit
      |         ^^^^^^^^^
      = did you mean `pre-commit`?
    ");
    assert_snapshot!(hook_faults("on: []\nrun: x"), @r"
    mlv.yaml:4:9: `on` names no event
      |
    4 |     on: []
      |         ^
    ");
}

#[test]
fn a_hook_must_say_when_and_what() {
    assert_snapshot!(hook_faults("description: nothing"), @r"
    mlv.yaml:3:3: hook `h` does nothing: it has no `run` and no `uses`
      |
    3 |   h:
      |   ^
      = say what, as in `run: python3 check.py`
    mlv.yaml:3:3: hook `h` has no `on`: it would never run
      |
    3 |   h:
      |   ^
      = say when, as in `on: pre-commit`
    ");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\nuses: nobody"), @"
    mlv.yaml:6:5: hook `h` has both `run` and `uses`
      |
    6 |     uses: nobody
      |     ^^^^
    mlv.yaml:6:11: no action is called `nobody`
      |
    6 |     uses: nobody
      |           ^^^^^^
      = `mlv hooks add` lists the actions
    ");
    assert_snapshot!(hook_faults("on: pre-commit\nrun: ''"), @r"
    mlv.yaml:5:10: `run` is empty
      |
    5 |     run: ''
      |          ^^
    ");
}

#[test]
fn values_that_cannot_be_are_refused() {
    assert_snapshot!(hook_faults("on: pre-commit\nrun: x\ntimeout: 5 parsecs\npaths: ['a[', /abs, ../up]\nworkdir: ../up\nenv: {MLV_ROOT: x, 1A: y}"), @r"
    mlv.yaml:6:14: `5 parsecs` is not a duration: expected a number with a unit, as in 90s, 10m, 2h or 1h30m
      |
    6 |     timeout: 5 parsecs
      |              ^^^^^^^^^
    mlv.yaml:7:13: `a[` is not a glob: unclosed character class; missing ']'
      |
    7 |     paths: ['a[', /abs, ../up]
      |             ^^^^
    mlv.yaml:7:19: `/abs` must be relative to the root of the repository, without `.` or `..`
      |
    7 |     paths: ['a[', /abs, ../up]
      |                   ^^^^
    mlv.yaml:7:25: `../up` must be relative to the root of the repository, without `.` or `..`
      |
    7 |     paths: ['a[', /abs, ../up]
      |                         ^^^^^
    mlv.yaml:8:14: `../up` is not a path of the repository: it has a `.` or `..` component
      |
    8 |     workdir: ../up
      |              ^^^^^
    mlv.yaml:9:11: `MLV_ROOT` is set by mlv: names with `MLV_` are its own
      |
    9 |     env: {MLV_ROOT: x, 1A: y}
      |           ^^^^^^^^
    mlv.yaml:9:24: `1A` is not the name of an environment variable
      |
    9 |     env: {MLV_ROOT: x, 1A: y}
      |                        ^^
    ");
    assert_snapshot!(faults("version: 1\nhooks:\n  Bad Name: {on: pre-commit, run: x}\n"), @r"
    mlv.yaml:3:3: `Bad Name` is not a name for a hook
      |
    3 |   Bad Name: {on: pre-commit, run: x}
      |   ^^^^^^^^
      = lower-case letters, digits, `_` and `-`, at most 64
    ");
    assert_snapshot!(faults("version: 1\nartifacts: {a: {kind: cat}, b: {}}\nbranches: {main: {protected: maybe}}\n"), @"
    mlv.yaml:2:23: `cat` is not a value of `kind`
      |
    2 | artifacts: {a: {kind: cat}, b: {}}
      |                       ^^^
      = one of dataset, feature, model, metrics, params
    mlv.yaml:2:29: artifact `b` has no `kind`
      |
    2 | artifacts: {a: {kind: cat}, b: {}}
      |                             ^
    mlv.yaml:3:30: `protected` must be `true` or `false`; this is a text
      |
    3 | branches: {main: {protected: maybe}}
      |                              ^^^^^
    ");
}

#[test]
fn needs_must_exist_and_not_go_in_circles() {
    let hooks = |needs: [&str; 3]| {
        let mut text = "version: 1\nhooks:\n".to_owned();
        for (name, needs) in ["first", "second", "third"].iter().zip(needs) {
            writeln!(text, "  {name}: {{on: pre-commit, run: x, needs: [{needs}]}}").unwrap();
        }
        faults(&text)
    };
    assert_snapshot!(hooks(["", "frist", ""]), @r"
    mlv.yaml:4:44: hook `second` needs `frist`, which does not exist
      |
    4 |   second: {on: pre-commit, run: x, needs: [frist]}
      |                                            ^^^^^
      = did you mean `first`?
    ");
    assert_snapshot!(hooks(["first", "", ""]), @r"
    mlv.yaml:3:43: hook `first` needs itself
      |
    3 |   first: {on: pre-commit, run: x, needs: [first]}
      |                                           ^^^^^
    ");
    assert_snapshot!(hooks(["third", "first", "second"]), @r"
    mlv.yaml:3:43: hooks need each other in a circle: `first` → `third` → `second` → `first`
      |
    3 |   first: {on: pre-commit, run: x, needs: [third]}
      |                                           ^^^^^
    ");
}

#[test]
fn outputs_of_hooks_that_may_run_side_by_side_must_not_overlap() {
    let text = "version: 1\nhooks:\n  a: {on: pre-commit, run: x, outputs: [models/**]}\n  b: {on: pre-commit, run: x, outputs: [models/churn]}\n";
    assert_snapshot!(faults(text), @r"
    mlv.yaml:4:31: outputs of `a` and `b` overlap: `models/**` and `models/churn`
      |
    4 |   b: {on: pre-commit, run: x, outputs: [models/churn]}
      |                               ^^^^^^^
      = let one of them need the other, or write to different places
    ");
    for apart in [
        text.replace("b: {", "b: {needs: [a], "),
        text.replace("b: {on: pre-commit", "b: {on: pre-merge"),
        text.replace("a: {", "a: {branches: [main], ").replace("b: {", "b: {branches: [dev], "),
    ] {
        assert!(parse("mlv.yaml", apart.as_bytes()).is_ok(), "{apart}");
    }
}

#[test]
fn bombs_are_refused_quickly() {
    let mut bomb = "version: 1\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for i in 1..12 {
        let row = vec![format!("*a{}", i - 1); 10].join(",");
        writeln!(bomb, "a{i}: &a{i} [{row}]").unwrap();
    }
    assert!(parse("mlv.yaml", bomb.as_bytes()).is_err());
    assert!(parse("mlv.yaml", "[".repeat(100_000).as_bytes()).is_err());
    assert!(parse("mlv.yaml", &vec![b' '; crate::base::yaml::MAX_BYTES + 1]).is_err());
    assert_snapshot!(parse("mlv.yaml", b"version: \xff").unwrap_err(), @"mlv.yaml: not UTF-8 text");
}

proptest! {
    #[test]
    fn reading_any_text_never_panics(text in "[a-z:{}\\[\\]&*!|>'\" \n-]{0,80}") {
        let _ = parse("mlv.yaml", text.as_bytes()).map_err(|errors| errors.to_string());
    }

    #[test]
    fn a_file_with_one_line_lost_or_doubled_never_panics(line in 0_usize..26, double: bool) {
        let mut lines: Vec<&str> = EXAMPLE.lines().collect();
        if double { lines.insert(line, lines[line]) } else { lines.remove(line); }
        let _ = parse("mlv.yaml", lines.join("\n").as_bytes()).map_err(|errors| errors.to_string());
    }
}

#[test]
fn a_file_that_would_take_long_to_check_is_refused_quickly() {
    let start = std::time::Instant::now();
    let mut text = "version: 1\nhooks:\n".to_owned();
    for i in 0..900 {
        let glob = format!("{}{i}", "*a".repeat(500));
        writeln!(text, "  h{i}: {{on: pre-commit, run: x, outputs: ['{glob}']}}").unwrap();
    }
    assert!(text.len() < crate::base::yaml::MAX_BYTES);
    assert!(faults(&text).contains("too many outputs to compare"));
    assert!(start.elapsed() < std::time::Duration::from_mins(1), "{:?}", start.elapsed());
}

#[test]
fn a_thousand_hooks_are_read() {
    let mut text = "version: 1\nhooks:\n".to_owned();
    for i in 0..1_000 {
        let needs = if i == 0 { String::new() } else { format!("h{}", i / 2) };
        let needs = if i == 1 { "h0".to_owned() } else { needs };
        writeln!(
            text,
            "  h{i}: {{on: pre-commit, run: x, needs: [{needs}], outputs: [out/h{i}x/**]}}"
        )
        .unwrap();
    }
    assert_eq!(spec(&text).hooks.len(), 1_000);
}

const GUIDE: &str = include_str!("../../../../docs/hooks.md");

#[test]
fn every_file_in_the_guide_is_read() {
    let blocks: Vec<&str> =
        GUIDE.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(blocks.len() >= 3);
    for block in blocks {
        let parsed = parse("mlv.yaml", block.as_bytes());
        assert!(parsed.is_ok(), "{}", parsed.unwrap_err());
    }
}

#[test]
fn the_guide_names_every_key_event_and_variable() {
    let events = crate::hook::EVENTS.iter().map(|info| info.name);
    let base = crate::hook::payload::BASE_VARIABLES.iter().copied();
    use crate::hook::spec::keys::{self, ARTIFACT_KEYS, BRANCH_KEYS, FILE_KEYS, HOOK_KEYS};
    let lists = [FILE_KEYS, ARTIFACT_KEYS, BRANCH_KEYS, HOOK_KEYS, keys::RETRY_KEYS];
    let keys = lists.into_iter().flat_map(keys::names);
    for name in events.chain(base).chain(keys) {
        assert!(GUIDE.contains(&format!("`{name}`")), "{name}");
    }
}
