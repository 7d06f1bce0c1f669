//! `mlv help`, `mlv completions`, `mlv man`

use crate::common::TestEnvironment;

#[test]
fn alone_the_program_shows_its_verbs() {
    let env = TestEnvironment::new();
    let alone = env.success(&[] as &[&str]);
    assert!(alone.stdout.starts_with("mlv: Git for data, features and models\n"), "{alone}");
    assert!(alone.stdout.contains("\n  version      Show the version of mlv\n"), "{alone}");
    let help = env.success(&["help"]);
    assert!(help.stdout.starts_with(&alone.stdout), "{help}");
    assert!(help.stdout.contains("\nTopics\n"), "{help}");
}

#[test]
fn the_help_of_a_verb_is_the_same_both_ways_and_ends_with_examples() {
    let env = TestEnvironment::new();
    let flag = env.success(&["version", "--help"]).stdout;
    assert_eq!(env.success(&["help", "version"]).stdout, flag);
    assert!(flag.starts_with("Show the version of mlv\n"), "{flag}");
    assert!(flag.contains("\nExamples:\n  mlv version\n"), "{flag}");
}

#[test]
fn a_topic_is_explained_and_the_exit_codes_come_from_the_table() {
    let env = TestEnvironment::new();
    assert!(env.success(&["help", "revisions"]).stdout.contains("HEAD~2"));
    let codes = env.success(&["help", "exit-codes"]).stdout;
    assert!(codes.contains("| 3 | a hook or gate refused |"), "{codes}");
}

#[test]
fn help_about_nothing_known_suggests() {
    let env = TestEnvironment::new();
    insta::assert_snapshot!(env.screen("mlv help revision"), @r"
    $ mlv help revision
    [stderr]
    error: no help about `revision`
    hint: did you mean `revisions`?
    hint: `mlv help` lists the verbs and the topics
    [exit code 2]
    ");
}

#[test]
fn every_shell_has_completions_that_know_the_verbs() {
    let env = TestEnvironment::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = env.success(&["completions", shell]).stdout;
        assert!(script.contains("completions"), "{shell}");
    }
}

#[test]
fn a_verb_has_a_man_page() {
    let env = TestEnvironment::new();
    let page = env.success(&["man", "version"]).stdout;
    assert!(page.contains(".TH mlv-version 1"), "{page}");
    assert!(env.success(&["man"]).stdout.contains(".TH mlv 1"));
}
