use proptest::prelude::*;

use super::*;
use crate::hook::spec;

fn hook(lines: &str) -> Hook {
    let text = format!("version: 1\nhooks:\n  gate:\n    on: pre-merge\n{lines}");
    spec::parse("mlv.yaml", text.as_bytes()).unwrap().hooks.remove(0)
}

fn input(path: &str, kind: InputKind, byte: u8) -> Input {
    Input { path: RepoPath::from_bytes(path).unwrap(), kind, hash: Hash([byte; 32]) }
}

fn sample() -> Dependencies {
    Dependencies {
        work: Hash([1; 32]),
        whole: None,
        inputs: vec![
            input("data/a.csv", InputKind::File, 2),
            input("pipeline", InputKind::Directory, 3),
        ],
        base: Some(TreeId(Hash([4; 32]))),
        variables: [("MLV_BRANCH".to_owned(), "main".to_owned())].into(),
        toolchain: "python 3.13".to_owned(),
    }
}

#[test]
fn the_key_is_the_same_on_every_machine_and_in_every_version() {
    let whole = Whole {
        tree: TreeId(Hash([5; 32])),
        code: Some("abc".to_owned()),
        uncommitted: Some(Hash([6; 32])),
    };
    let of_everything = Dependencies { whole: Some(whole), inputs: Vec::new(), ..sample() };
    insta::assert_snapshot!(sample().key(), @"fab47b68b59e25c41af27e0a91c23c09425119c7bdcd60ae9da2f873eadc0761");
    insta::assert_snapshot!(of_everything.key(), @"00da70f3bf10ecf77bb763f937bc761a65d73a32068d3a33f5d09b9f99ba9fd6");
    let named = hook("    run: x\n    env: {A: '1'}\n    workdir: sub\n");
    insta::assert_snapshot!(work_hash(&named), @"f1e42c9df64675ce6be4d26c7fda9c016da4373342063a8e1cef71236c7fd3ed");
}

#[test]
fn what_decides_only_whether_a_hook_runs_is_no_part_of_what_it_does() {
    let plain = work_hash(&hook("    run: x\n"));
    for same in ["description: y", "timeout: 5m", "paths: [a/**]", "branches: [main]"] {
        assert_eq!(work_hash(&hook(&format!("    run: x\n    {same}\n"))), plain, "{same}");
    }
    for other in ["env: {A: b}", "secrets: [TOKEN]", "workdir: sub", "outputs: [o/**]"] {
        assert_ne!(work_hash(&hook(&format!("    run: x\n    {other}\n"))), plain, "{other}");
    }
    assert_ne!(work_hash(&hook("    run: y\n")), plain);
    assert_ne!(work_hash(&hook("    run: x\n    shell: bash -c\n")), plain);
}

#[test]
fn only_variables_that_say_something_of_what_is_judged_are_mentioned() {
    let text = b"echo $MLV_BRANCH \"${MLV_CHANGED_FILES}\" >> $MLV_OUTPUT # XMLV_TREE MLV_RUN_ID MLV_MATRIX_LR";
    let names: Vec<_> = mentioned(text).into_iter().collect();
    assert_eq!(names, ["MLV_BRANCH", "MLV_CHANGED_FILES"]);
}

#[test]
fn what_seems_to_read_the_event_hangs_on_it() {
    for text in ["json.load(sys.stdin)", "jq -r .message | grep X", "cat /dev/stdin"] {
        assert!(mentioned(text.as_bytes()).contains(STANDARD_INPUT), "{text}");
    }
    assert!(mentioned(b"jq .auc metrics/eval.json").is_empty());
}

/// Returns the dependencies with one part of them changed.
fn changed(part: usize, by: u8) -> Dependencies {
    let mut changed = sample();
    let hash = Hash([by; 32]);
    match part {
        0 => changed.work = hash,
        1 => changed.inputs[0].hash = hash,
        2 => changed.inputs[0].kind = InputKind::Executable,
        3 => changed.inputs[1].path = RepoPath::from_bytes(vec![b'x', b'a' + by % 26]).unwrap(),
        4 => drop(changed.inputs.remove(usize::from(by) % 2)),
        5 => changed.base = None,
        6 => changed.variables = [("MLV_BRANCH".to_owned(), format!("b{by}"))].into(),
        7 => changed.toolchain = format!("python {by}"),
        8 => {
            changed.whole = Some(Whole { tree: TreeId(hash), code: None, uncommitted: Some(hash) });
        }
        _ => changed.variables.clear(),
    }
    changed
}

proptest! {
    #[test]
    fn every_part_changes_the_key_and_two_changes_give_two_keys(
        part in 0..10_usize, other in 0..10_usize, by in 5..250_u8,
    ) {
        prop_assert_ne!(changed(part, by).key(), sample().key());
        prop_assert_eq!(changed(part, by).key(), changed(part, by).key());
        let equal = changed(part, by) == changed(other, by);
        prop_assert_eq!(changed(part, by).key() == changed(other, by).key(), equal);
    }

    #[test]
    fn the_order_of_variables_secrets_and_outputs_means_nothing(
        names in prop::collection::hash_set("[A-K]", 1..6).prop_map(Vec::from_iter),
        turn in 0..6_usize,
    ) {
        let mut turned = names.clone();
        turned.rotate_left(turn % names.len());
        let text = |names: &[String]| {
            let list = names.join(", ");
            let pairs: Vec<_> = names.iter().map(|name| format!("{name}: v{name}")).collect();
            format!("    run: x\n    env: {{{}}}\n    outputs: [{list}]\n", pairs.join(", "))
        };
        prop_assert_eq!(work_hash(&hook(&text(&names))), work_hash(&hook(&text(&turned))));
    }
}

#[test]
fn what_was_judged_stays_the_same_when_what_it_was_compared_with_moves_on() {
    let with = |name: &str, value: &str| {
        let mut sample = sample();
        sample.variables.insert(name.to_owned(), value.to_owned());
        sample
    };
    for name in [REFS_VARIABLE, "MLV_BASE_COMMIT"] {
        assert_ne!(with(name, "a").key(), with(name, "b").key());
        assert_eq!(with(name, "a").verdict_key(), with(name, "b").verdict_key());
    }
    assert_ne!(with("MLV_BRANCH", "a").verdict_key(), with("MLV_BRANCH", "b").verdict_key());
}
