//! The keys beside those of a plain command: each reaches its value, and a hook keeps its hash.

use std::time::Duration;

use super::*;
use crate::base::Timestamp;
use crate::hook::Event;

fn hook(lines: &str) -> Hook {
    let text = format!("version: 1\nhooks:\n  h:\n    {}\n", lines.replace('\n', "\n    "));
    spec(&text).hooks.remove(0)
}

#[test]
fn the_keys_of_how_it_runs_reach_their_values() {
    let plain = hook("on: pre-commit\nrun: x");
    assert!(plain.cache && !plain.always && !plain.background && !plain.allow_dirty);
    assert_eq!((plain.retries, plain.severity), (Retries::default(), Severity::Fail));
    let full = hook(
        "on: [post-commit, manual]\nrun: x\nif: event.branch == 'main'\n\
         retries: {max: 3, backoff: 10s}\ncontinue_on_error: true\nlevel: warn\nalways: true\n\
         async: true\nconcurrency: gpu-0\ncache: false\npinned: [eval.py, suites/**]\n\
         allow_dirty: true\noutputs: [models/**]",
    );
    assert_eq!(full.condition.unwrap().text(), "event.branch == 'main'");
    assert_eq!(full.retries, Retries { max: 3, backoff: Duration::from_secs(10) });
    assert!(full.continue_on_error && full.always && full.background && full.allow_dirty);
    assert_eq!((full.severity, full.cache), (Severity::Warn, false));
    assert_eq!(full.concurrency.as_deref(), Some("gpu-0"));
    assert!(full.pinned.matches_path(&RepoPath::from_bytes("suites/a.yaml").unwrap()));
    let short = hook("on: pre-commit\nrun: x\nretries: 2").retries;
    assert_eq!(short, Retries { max: 2, backoff: Retries::USUAL_BACKOFF });
}

#[test]
fn events_are_a_text_a_list_or_mappings() {
    assert_eq!(hook("on: manual\nrun: x").on, [Event::Manual]);
    let nightly = hook("on: {schedule: \"0 3 * * *\", manual: }\nrun: x");
    assert_eq!(nightly.on, [Event::Schedule, Event::Manual]);
    let noon = "2026-01-31T12:00:00Z".parse::<Timestamp>().unwrap();
    let next = nightly.schedules[0].next_after(noon).unwrap();
    assert_eq!(next.to_string(), "2026-02-01T03:00:00Z");
    let mixed = hook("on:\n  - post-merge\n  - schedule: [\"0 3 * * *\", \"@weekly\"]\nrun: x");
    assert_eq!((mixed.on.len(), mixed.schedules.len()), (2, 2));
}

#[test]
fn what_a_hook_watches_reaches_its_values() {
    let hook = hook(
        "on:\n  metric: [{file: m.json, name: test.auc, below: 0.7}, {file: m.json, name: n, above: 3, below: -1e3}]\n  drift: {data: live/**, reference: \"main:train.csv\", spec: drift.yaml}\n  schedule: \"@daily\"\n\
         run: x\noutputs: [m]\ncooldown: 6h\nmax_in_flight: 2\nauto_merge: true",
    );
    assert_eq!(hook.on, [Event::Metric, Event::Drift, Event::Schedule]);
    let texts: Vec<String> = hook.watches.iter().map(Watch::text).collect();
    let expected = [
        "metric test.auc of m.json below 0.7",
        "metric n of m.json below -1000.0 above 3.0",
        "drift live/** against main:train.csv by drift.yaml",
    ];
    assert_eq!(texts, expected);
    assert_eq!(hook.cooldown, Some(Duration::from_hours(6)));
    assert_eq!((hook.max_in_flight, hook.auto_merge), (Some(2), true));
    let Watch::Metric(watch) = &hook.watches[1] else { panic!() };
    assert!(watch.is_crossed(3.5) && watch.is_crossed(-2e3) && !watch.is_crossed(3.0));
}

#[test]
fn each_limit_of_a_trigger_is_part_of_what_a_hook_is() {
    let hash = |more: &str| {
        let on = "{metric: {file: m.json, name: auc, below: 0.7}}";
        hook(&format!("on: {on}\nrun: x\noutputs: [m]{more}")).definition_hash()
    };
    let all = ["", "\ncooldown: 6h", "\nmax_in_flight: 1", "\nauto_merge: true"].map(hash);
    let distinct: std::collections::HashSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), all.len());
}

#[test]
fn a_branch_requires_hooks() {
    let spec = spec(
        "version: 1\nbranches:\n  main: {require: [gate], allow_dirty: true}\nhooks:\n  gate: {on: pre-merge, run: x}\n",
    );
    let rule = &spec.branches[0];
    assert_eq!(rule.require, [HookId::new("gate").unwrap()]);
    assert!(rule.allow_dirty && !rule.protected);
}

#[test]
fn a_matrix_is_a_hook_for_every_combination() {
    let text = "version: 1
hooks:
  train:
    description: with ${{ matrix.lr }}
    on: pre-merge
    matrix:
      lr: [0.10, 1e-3]
      model: [\"small\"]
    workdir: ${{matrix.model}}
    env: {RATE: \"${{ matrix.lr }}\"}
    outputs: [\"out/${{ matrix.lr }}/**\"]
    run: train --lr ${{ matrix.lr }} ${OTHER} ${{ left.alone }}
  gate: {on: pre-merge, run: x, needs: [train, \"train[lr=1e-3,model=small]\"]}
";
    let spec = spec(text);
    let ids: Vec<&str> = spec.hooks.iter().map(|hook| hook.id.as_str()).collect();
    assert_eq!(ids, ["train[lr=0.10,model=small]", "train[lr=1e-3,model=small]", "gate"]);
    let first = &spec.hooks[0];
    assert_eq!(first.id.base(), "train");
    assert_eq!(first.description.as_deref(), Some("with 0.10"));
    assert_eq!(first.workdir.to_string(), "small");
    assert_eq!(first.outputs.patterns(), ["out/0.10/**"]);
    let Work::Run { command, .. } = &first.work else { panic!() };
    assert_eq!(command, "train --lr 0.10 ${OTHER} ${{ left.alone }}");
    let env: Vec<_> = first.env.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let cell = [("RATE", "0.10"), ("MLV_MATRIX_LR", "0.10"), ("MLV_MATRIX_MODEL", "small")];
    assert_eq!(env, cell);
    assert_eq!(first.cell[0], ("lr".to_owned(), "0.10".to_owned()));
    assert!(ids[..2].iter().all(|id| spec.hooks[2].needs.iter().any(|need| need.as_str() == *id)));
    assert_ne!(spec.hooks[0].definition_hash(), spec.hooks[1].definition_hash());
}

#[test]
fn values_that_cannot_stand_in_a_file_name_are_written_otherwise_in_the_name_of_their_cell() {
    let spec = spec(
        "version: 1\nhooks:\n  h: {on: pre-commit, run: \"x ${{ matrix.d }}\", matrix: {d: [data/raw, \"a b\"]}}\n",
    );
    let ids: Vec<&str> = spec.hooks.iter().map(|hook| hook.id.as_str()).collect();
    assert_eq!(ids, ["h[d=data-raw]", "h[d=a-b]"]);
    assert_eq!(spec.hooks[1].cell[0].1, "a b");
}

#[test]
fn names_of_hooks_and_of_cells_are_told_from_other_texts() {
    for name in ["a", "train-2", "train[lr=0.1,depth=3]", "t[a=]"] {
        assert!(HookId::new(name).is_ok(), "{name}");
    }
    for name in ["", "A", "-a", "a[", "a]", "a[]", "a[b]", "a[b=c", "a[b=c/d]", "a[b=[c]]", "a b"] {
        assert!(HookId::new(name).is_err(), "{name}");
    }
    assert!(HookId::new(&"a".repeat(65)).is_err());
    let cell = HookId::new("train[lr=0.1]").unwrap();
    assert!(cell.is_cell() && cell.is_meant_by("train") && cell.is_meant_by("train[lr=0.1]"));
    assert!(!cell.is_meant_by("train[lr=0.2]") && !cell.is_meant_by("tra"));
}

/// Hashes that were made before there were the keys above.
#[test]
fn a_hook_that_uses_no_newer_key_keeps_its_hash() {
    let spec = spec(EXAMPLE);
    let hashes = [
        spec.definition_hash().to_string(),
        spec.hooks[0].definition_hash().to_string(),
        spec.hooks[1].definition_hash().to_string(),
    ];
    assert_eq!(hashes, GOLDEN);
}

const GOLDEN: [&str; 3] = [
    "aec7bed5f23772f0958d23af07107d65ed8d387f76ea1614d4f5a24490e51f09",
    "18d8753df362220e38e378b88484d4c6dc0223f41083e432f998b55335da2309",
    "dfe21852d8a3fde8de6ae6622a22b8c16ba3f6c740e4fdf8836e5d31bc87bfe9",
];

#[test]
fn every_key_changes_the_hash() {
    let plain = "on: post-commit\nrun: x";
    let mut seen = vec![hook(plain).definition_hash()];
    for key in [
        "if: event.branch == 'main'",
        "retries: 1",
        "retries: {max: 1, backoff: 2s}",
        "continue_on_error: true",
        "level: warn",
        "always: true",
        "async: true",
        "concurrency: gpu",
        "cache: false",
        "pinned: [a]",
        "allow_dirty: true",
        "matrix: {a: [b]}",
    ] {
        let hash = hook(&format!("{plain}\n{key}")).definition_hash();
        assert!(!seen.contains(&hash), "{key}");
        seen.push(hash);
    }
    for usual in ["cache: true", "level: fail", "retries: 0", "always: false"] {
        assert_eq!(hook(&format!("{plain}\n{usual}")).definition_hash(), seen[0], "{usual}");
    }
    let rule = |rule: &str| {
        let hooks = "hooks:\n  g: {on: pre-merge, run: x}\n";
        spec(&format!("version: 1\nbranches:\n  main: {rule}\n{hooks}")).definition_hash()
    };
    assert_ne!(rule("{}"), rule("{require: g}"));
    assert_ne!(rule("{require: g}"), rule("{require: g, allow_dirty: true}"));
}
