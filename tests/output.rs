//! What holds for every verb: streams, flags, wrong usage.

use std::io::Read as _;
use std::process::Stdio;

use crate::common::TestEnvironment;

#[test]
fn a_slip_in_a_verb_or_option_is_met_with_the_nearest() {
    let env = TestEnvironment::new();
    insta::assert_snapshot!(env.screen("mlv verzion"), @r"
    $ mlv verzion
    [stderr]
    error: no verb `verzion`
    hint: did you mean `version`?
    hint: `mlv help` lists the verbs
    [exit code 2]
    ");
    insta::assert_snapshot!(env.screen("mlv version --jsno"), @r"
    $ mlv version --jsno
    [stderr]
    error: no option or argument `--jsno` here
    hint: did you mean `--json`?
    hint: usage: mlv version --json
    [exit code 2]
    ");
}

#[test]
fn an_unknown_verb_that_is_like_none_gets_the_list_only() {
    let env = TestEnvironment::new();
    insta::assert_snapshot!(env.screen("mlv xyzzy"), @r"
    $ mlv xyzzy
    [stderr]
    error: no verb `xyzzy`
    hint: `mlv help` lists the verbs
    [exit code 2]
    ");
}

#[test]
fn an_unknown_verb_below_a_verb_is_met_with_its_neighbours() {
    let env = TestEnvironment::new();
    insta::assert_snapshot!(env.screen("mlv config lsit"), @r"
    $ mlv config lsit
    [stderr]
    error: no verb `lsit`
    hint: did you mean `list`?
    hint: `mlv help config` lists the verbs
    [exit code 2]
    ");
}

#[test]
fn a_missing_argument_is_named() {
    let env = TestEnvironment::new();
    let output = env.mlv(&["completions"]).expect_code(2);
    assert!(output.stderr.contains("<SHELL>"), "{output}");
    assert!(output.stderr.contains("hint: usage: mlv completions"), "{output}");
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let env = TestEnvironment::new();
    insta::assert_snapshot!(env.screen("mlv -C nowhere version"), @r"
    $ mlv -C nowhere version
    [stderr]
    error: cannot enter `nowhere`: No such file or directory (os error 2)
    [exit code 1]
    ");
}

#[test]
fn colours_come_only_when_asked_for_where_nobody_looks() {
    let mut env = TestEnvironment::new();
    assert!(!env.success(&["help"]).stdout.contains('\u{1b}'));
    assert!(env.success(&["help", "--color", "always"]).stdout.contains('\u{1b}'));
    assert!(!env.mlv(&["--color", "never", "xyzzy"]).stderr.contains('\u{1b}'));
    env.set_variable("CLICOLOR_FORCE", "1");
    assert!(env.success(&["help"]).stdout.contains('\u{1b}'));
    env.set_variable("NO_COLOR", "1");
    assert!(!env.success(&["help"]).stdout.contains('\u{1b}'));
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let env = TestEnvironment::new();
    let mut command = env.command(&["completions", "bash"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(told, "");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_full_disk_under_the_output_is_an_error() {
    let env = TestEnvironment::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = env.command(&["version"]);
    let output = command.stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.starts_with("error: cannot write to standard output: No space left"), "{told}");
}
