//! `mlv hooks check` and `schema`, and files that `mlv.yaml` includes.

use std::path::Path;

use insta::assert_snapshot;

use crate::common::TestEnvironment;

const MAIN: &str = "version: 1\ninclude: [hooks/*.yaml]\n";

fn gate(command: &str) -> String {
    format!("version: 1\nhooks:\n  gate: {{on: pre-commit, run: \"{command}\"}}\n")
}

/// Returns a repository with a gate in an included file.
fn project(command: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("mlv.yaml", MAIN);
    env.write("hooks/gate.yaml", gate(command));
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "first"]);
    env
}

#[test]
fn the_schema_in_the_documents_is_the_one_that_is_printed() {
    let env = TestEnvironment::new();
    let printed = env.success(&["hooks", "schema"]).stdout;
    if crate::docs::is_updating() {
        crate::docs::update("docs/mlv.schema.json", &printed);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/mlv.schema.json");
    assert!(
        std::fs::read_to_string(path).unwrap_or_default() == printed,
        "see MLV_UPDATE_DOCS=1 cargo test --locked the_schema_in_the_documents"
    );
}

#[test]
fn a_gate_in_an_included_file_refuses() {
    let env = project("test ! -e stop");
    env.write("stop", "");
    env.success(&["add", "."]);
    env.mlv(&["commit", "-m", "second"]).expect_code(3);
}

#[test]
fn a_commit_that_breaks_an_included_file_is_refused_and_others_are_not() {
    let env = project("true");
    env.write("hooks/gate.yaml", gate("true").replace("pre-commit", "pre-comit"));
    env.success(&["add", "."]);
    assert_snapshot!(env.mlv(&["commit", "-m", "broken"]).expect_code(1).stderr, @r#"
    error: `hooks/gate.yaml` is broken
      caused by: hooks/gate.yaml:3:14: unknown event `pre-comit`
      |
    3 |   gate: {on: pre-comit, run: "true"}
      |              ^^^^^^^^^
      = did you mean `pre-commit`?
    hint: `mlv hooks check` reads it again when it is mended
    "#);
    env.success(&["restore", "--staged", "."]);
    env.write("data.csv", "1\n");
    env.success(&["add", "data.csv"]);
    env.success(&["commit", "-m", "what has nothing to do with it"]);
}

#[test]
fn a_commit_that_removes_what_is_included_is_refused() {
    let env = project("true");
    env.success(&["rm", "hooks/gate.yaml"]);
    assert_snapshot!(env.mlv(&["commit", "-m", "gone"]).expect_code(1).stderr, @r#"
    error: `mlv.yaml` is broken
      caused by: mlv.yaml:2:11: `hooks/*.yaml` matches no file
      |
    2 | include: [hooks/*.yaml]
      |           ^^^^^^^^^^^^
      = paths are relative to the root of the repository; `mlv.yaml` is not included again
    hint: `mlv hooks check` reads it again when it is mended
    "#);
}

#[test]
fn check_reads_what_the_working_copy_includes() {
    let env = project("true");
    assert_snapshot!(env.success(&["hooks", "check"]).stderr, @"`mlv.yaml` is sound: 1 hook");
    env.write("hooks/more.yaml", gate("false"));
    assert_snapshot!(env.mlv(&["hooks", "check"]).expect_code(1).stderr, @r#"
    error: `hooks/more.yaml` is broken
      caused by: hooks/more.yaml:3:3: hook `gate` is named twice, first in `hooks/gate.yaml` on line 3
      |
    3 |   gate: {on: pre-commit, run: "false"}
      |   ^^^^
    hint: `mlv hooks check` reads it again when it is mended
    "#);
}
