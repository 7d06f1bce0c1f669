use super::{commit, fake, last_run, project};

const DVC: &str = r#"#!/bin/sh
echo "$*" >> "$HOME/dvc.log"
case "$1" in
init) mkdir .dvc ;;
repro) mkdir -p models && echo model > models/m.bin && test ! -e fails ;;
metrics) echo '{"": {"data": {"m.json": {"data": {"auc": 0.81, "by": {"rows": 6000, "ok": true}}}}}}' ;;
esac
"#;

const HOOK: &str = "on: pre-commit
uses: run-dvc-stage
with: {stages: [features, train], pull: true}
outputs: [models/**]";

#[test]
fn stages_run_and_their_outputs_and_metrics_are_taken() {
    let mut env = project(HOOK);
    fake(&mut env, "dvc", DVC);
    commit(&env, &[("data/a.csv", "1")]).expect_code(0);
    let run = &env.json(&["hooks", "runs", "-n", "1", "--json"])[0];
    assert_eq!(run["message"], "auc 0.81, by.rows 6000");
    assert_eq!(run["metrics"], serde_json::json!({"auc": 0.81, "by.rows": 6000.0}));
    assert_eq!(env.success(&["cat", "HEAD:models/m.bin"]).stdout, "model\n");
    let asked = std::fs::read_to_string(env.home().join("dvc.log")).unwrap();
    assert_eq!(
        asked,
        "init --quiet --no-scm\nconfig --local core.no_scm true\nconfig --local core.analytics false\n\
         pull features train\nrepro --no-commit features train\nmetrics show --json\n"
    );
}

#[test]
fn a_stage_that_fails_refuses() {
    let mut env = project(HOOK);
    fake(&mut env, "dvc", DVC);
    commit(&env, &[("fails", "1")]).expect_code(3);
    assert_eq!(last_run(&env).0, "`dvc repro --no-commit features train` ended with exit code 1");
}
