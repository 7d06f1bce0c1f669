use super::{commit, last_run, project};

const HOOK: &str = "on: pre-commit\nuses: notebook-clean";

fn notebook(cell: &str) -> String {
    format!(r#"{{"cells": [{{"cell_type": "markdown"}}, {cell}], "nbformat": 4}}"#)
}

#[test]
fn clean_notebooks_and_other_files_pass() {
    let env = project(HOOK);
    let clean = notebook(r#"{"cell_type": "code", "outputs": [], "execution_count": null}"#);
    commit(&env, &[("a.ipynb", &clean), ("b.json", "{")]).expect_code(0);
    assert_eq!(last_run(&env).0, "1 notebook clean");
}

#[test]
fn outputs_and_execution_counts_are_named_by_their_cell() {
    let env = project(HOOK);
    let used = notebook(r#"{"cell_type": "code", "outputs": [{}], "execution_count": 7}"#);
    commit(&env, &[("a.ipynb", &used), ("b.ipynb", "[1]")]).expect_code(3);
    let (message, log) = last_run(&env);
    assert_eq!(message, "2 notebooks not clean: clear all outputs, then add again");
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines[0], "a.ipynb: cell 2 has 1 output and execution count 7");
    assert!(lines[1].starts_with("b.ipynb: is no notebook: "), "{log}");
}
