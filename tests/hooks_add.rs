//! `mlv hooks add`

use crate::common::TestEnvironment;

fn repository() -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env
}

fn file(env: &TestEnvironment) -> String {
    String::from_utf8(env.read("mlv.yaml")).unwrap()
}

#[test]
fn a_first_hook_makes_the_file() {
    let env = repository();
    insta::assert_snapshot!(env.screen("mlv hooks add max-file-size --with max=10MB"), @r"
    $ mlv hooks add max-file-size --with max=10MB
    [stderr]
    added hook `max-file-size` to a new `mlv.yaml`
    hint: `mlv hooks check` reads the file; commit it: `mlv add mlv.yaml`
    ");
    insta::assert_snapshot!(file(&env), @r"
    version: 1
    hooks:
      max-file-size:
        on: [pre-commit, pre-merge]
        uses: max-file-size
        with:
          max: 10MB
    ");
    env.success(&["hooks", "check"]);
}

#[test]
fn a_further_hook_leaves_the_file_as_it_is_laid_out() {
    let env = repository();
    let before = "\
# Our rules.
version: 1
hooks:
    old:   # kept
        on:   pre-commit
        run: true
branches: {main: {protected: true}}
";
    env.write("mlv.yaml", before);
    env.success(&[
        "hooks",
        "add",
        "notify-webhook",
        "--as",
        "tell-team",
        "--on",
        "post-merge",
        "--branch",
        "main",
        "--branch",
        "release/*",
        "--with",
        "url=https://example.org/x?a=1",
        "--with",
        "secret=HOOK_KEY",
        "--with",
        "headers={X-Team: ml}",
    ]);
    insta::assert_snapshot!(file(&env), @r#"
    # Our rules.
    version: 1
    hooks:
        old:   # kept
            on:   pre-commit
            run: true
        tell-team:
          on: post-merge
          branches: [main, "release/*"]
          uses: notify-webhook
          with:
            url: "https://example.org/x?a=1"
            secret: HOOK_KEY
            headers: {X-Team: ml}
    branches: {main: {protected: true}}
    "#);
    assert!(file(&env).starts_with(before.split("branches:").next().unwrap()));
    env.success(&["hooks", "check"]);
}

#[test]
fn a_list_is_given_by_repeating_its_name() {
    let env = repository();
    env.success(&[
        "hooks",
        "add",
        "no-secrets",
        "--with",
        "exclude=a/**",
        "--with",
        "exclude=b, c",
        "--with",
        "look_for=[card, iban]",
    ]);
    assert!(
        file(&env).contains("      exclude: [\"a/**\", \"b, c\"]\n      look_for: [card, iban]\n")
    );
}

#[test]
fn what_cannot_be_added_changes_nothing_and_says_why() {
    let env = repository();
    env.success(&["hooks", "add", "no-secrets"]);
    let before = file(&env);
    insta::assert_snapshot!(env.screen("mlv hooks add no-secrets"), @r"
    $ mlv hooks add no-secrets
    [stderr]
    error: `mlv.yaml` has a hook `no-secrets` already
    hint: `--as no-secrets-2` gives the new one another name
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv hooks add max-files-size"), @r"
    $ mlv hooks add max-files-size
    [stderr]
    error: no ready-made hook is called `max-files-size`
    hint: did you mean `max-file-size`?
    hint: `mlv hooks add` lists them
    [exit code 1]
    ");
    for (line, said) in [
        ("mlv hooks add max-file-size --with max=big", "`max` must be a size, as in 500kB"),
        ("mlv hooks add notify-webhook", "action `notify-webhook` needs `url` in `with`"),
        ("mlv hooks add max-file-size --on pre-comit", "did you mean `pre-commit`?"),
    ] {
        let told = env.screen(line).expect_code(1).stderr;
        assert!(
            told.starts_with("error: the hook would not be sound; nothing was written"),
            "{told}"
        );
        assert!(told.contains(said), "{told}");
    }
    env.mlv(&["hooks", "add", "max-file-size", "--with", "max"]).expect_code(2);
    env.mlv(&["hooks", "add", "--as", "x"]).expect_code(2);
    assert_eq!(file(&env), before);
}

#[test]
fn a_layout_without_a_place_gets_the_block_to_paste() {
    let env = repository();
    env.write("mlv.yaml", "version: 1\nhooks: {old: {on: pre-commit, run: x}}\n");
    insta::assert_snapshot!(env.screen("mlv hooks add max-file-size"), @r"
    $ mlv hooks add max-file-size
    [stderr]
    error: the layout of `mlv.yaml` has no place for the hook; nothing was written
    hint: put this below `hooks` yourself:
      max-file-size:
        on: [pre-commit, pre-merge]
        uses: max-file-size
    [exit code 1]
    ");
    assert_eq!(file(&env), "version: 1\nhooks: {old: {on: pre-commit, run: x}}\n");
}

#[test]
fn without_a_name_all_are_listed() {
    let env = TestEnvironment::new();
    insta::assert_snapshot!(env.screen("mlv hooks add"), @"
    $ mlv hooks add
    max-file-size            pre-commit, pre-merge    no changed file is larger than a limit
    no-secrets               pre-commit, pre-merge    no changed file holds a password, a key or personal data
    notebook-clean           pre-commit, pre-merge    changed notebooks hold no outputs and no execution counts
    well-formed              pre-commit, pre-merge    changed JSON, JSON Lines, YAML and CSV files can be read
    drift                    pre-commit, pre-merge    data is distributed as a reference is
    gate                     pre-commit, pre-merge    metrics of a candidate hold against their bounds, and against the champion's
    validate                 pre-commit, pre-merge    data holds what a suite of checks says
    require-message          pre-commit, pre-merge    the message and the metadata of a commit say what is asked for
    run-dvc-stage            pre-commit, pre-merge    runs stages of a DVC pipeline, and takes their metrics
    notify-webhook           post-commit, post-merge  tells a web server what happened, signed and tried again
    slack-message            post-commit, post-merge  writes a message into a Slack channel
    trigger-airflow          post-commit, post-merge  starts a run of an Airflow DAG, and waits for it if asked to
    trigger-github-workflow  post-commit, post-merge  starts a workflow of GitHub Actions
    kubernetes-job           post-commit, post-merge  runs a Kubernetes job, waits for it, and shows its log
    deploy                   post-merge               an environment gets a release of the new commit
    [stderr]
    hint: `mlv hooks add NAME --with KEY=VALUE` adds one; `--json` shows their parameters
    ");
    let listed = env.json(&["hooks", "add", "--json"]);
    let size = listed.as_array().unwrap().iter().find(|a| a["name"] == "max-file-size").unwrap();
    assert_eq!(size["parameters"][0]["default"], "100MB");
}
