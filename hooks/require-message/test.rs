use super::{last_run, project};

const HOOK: &str = "on: pre-commit
uses: require-message
with: {pattern: '^ML-[0-9]+: ', explain: begin with a ticket, subject_length: 20, meta: [source]}";

#[test]
fn a_commit_that_says_what_is_asked_for_passes() {
    let env = project(HOOK);
    env.write("a", "1");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "ML-1: more rows", "--meta", "source=crm"]);
}

#[test]
fn everything_that_is_missing_is_told_at_once() {
    let env = project(HOOK);
    env.write("a", "1");
    env.success(&["add", "."]);
    env.mlv(&["commit", "-m", "more rows from the warehouse"]).expect_code(3);
    assert_eq!(
        last_run(&env).0,
        "begin with a ticket; the first line has 28 characters, and 20 is the limit; \
         `--meta source=...` is missing"
    );
}

#[test]
fn the_same_tree_with_another_message_is_judged_anew() {
    let env = project(HOOK);
    env.write("a", "1");
    env.success(&["add", "."]);
    let meta = ["--meta", "source=crm"];
    env.success(&[["commit", "-m", "ML-1: more"].as_slice(), &meta].concat());
    env.success(&["undo"]);
    env.mlv(&[["commit", "-m", "more"].as_slice(), &meta].concat()).expect_code(3);
    assert_eq!(last_run(&env).0, "begin with a ticket");
}
