//! `mlv push`: what goes to a remote, what may not, and what hooks are told of it.

use serde_json::{Value, json};

use crate::common::Team;

/// Notes what each event was told; refuses a push where a file asks for that.
const RECORD: &str = r#"
version: 1
hooks:
  record:
    on: [pre-push, post-push]
    cache: false
    run: |
      cat > "$MLV_ROOT/.mlv/$MLV_EVENT.json"
      test ! -e "$MLV_ROOT/.mlv/refuse"
"#;

/// `main` requires a gate that runs on commits to `dev`.
const RULES: &str = "\
version: 1
branches:
  main: {require: [gate]}
hooks:
  gate:
    on: pre-commit
    branches: [dev]
    inputs: [data/**]
    paths: [data/**]
    run: test ! -e data/bad.csv
";

#[test]
fn what_is_sent_is_told_and_the_second_push_sends_nothing() {
    let team = Team::new();
    team.commit("ada", "data/b.csv", "2\n");
    insta::assert_snapshot!(team.screen("ada", "mlv push --dry-run"), @r"
    $ ada: mlv push --dry-run
    [stderr]
    would send main from $ID to $ID
    ");
    insta::assert_snapshot!(team.screen("ada", "mlv push"), @r"
    $ ada: mlv push
    [stderr]
    sent main from $ID to $ID
    to $ROOT/remote: 605 B
    ");
    let before = team.listing();
    insta::assert_snapshot!(team.screen("ada", "mlv push"), @r"
    $ ada: mlv push
    [stderr]
    `origin` has everything already
    ");
    let pushed = team.json("ada", &["push"]);
    assert_eq!(
        (&pushed["refs"], &pushed["packs"], &pushed["bytes"]),
        (&json!([]), &json!(0), &json!(0))
    );
    assert_eq!(team.listing(), before);
}

#[test]
fn a_push_that_would_lose_commits_is_refused_and_moves_nothing() {
    let team = Team::new();
    team.clone("bob");
    team.commit("bob", "data/b.csv", "2\n");
    team.success("bob", &["push"]);
    team.commit("ada", "data/c.csv", "3\n");
    team.success("ada", &["branch", "side"]);
    let before = team.listing();
    insta::assert_snapshot!(team.screen("ada", "mlv push"), @r"
    $ ada: mlv push
    [stderr]
    error: `main` of `origin` has commits that yours lacks
    hint: `mlv pull` takes them in; `--force-with-lease` gives them up
    [exit code 5]
    ");
    // All refs move, or none.
    team.run("ada", &["push", "origin", "side", "main"]).expect_code(5);
    insta::assert_snapshot!(team.screen("ada", "mlv push --force-with-lease"), @r"
    $ ada: mlv push --force-with-lease
    [stderr]
    error: `main` of `origin` is not where it was last seen
    hint: `mlv fetch`, look at what is there, then decide
    [exit code 5]
    ");
    assert_eq!(team.listing(), before);
    team.success("ada", &["fetch"]);
    insta::assert_snapshot!(team.screen("ada", "mlv push --force-with-lease"), @r"
    $ ada: mlv push --force-with-lease
    [stderr]
    sent main from $ID to $ID (not forward)
    to $ROOT/remote: 605 B
    ");
    assert_eq!(team.there("refs/heads/main"), Some(team.id("ada", "main")));
}

#[test]
fn branches_and_tags_are_sent_by_any_of_their_names_and_deleted() {
    let team = Team::new();
    team.success("ada", &["branch", "side"]);
    team.success("ada", &["tag", "v1", "-m", "first"]);
    insta::assert_snapshot!(team.screen("ada", "mlv push origin side:other/name refs/tags/v1"), @r"
    $ ada: mlv push origin side:other/name refs/tags/v1
    [stderr]
    sent other/name at $ID (new)
    sent v1 at $ID (new)
    to $ROOT/remote: 0 B
    ");
    team.success("ada", &["push", "origin", "refs/heads/side"]);
    let names = |listing: Value| -> Vec<String> {
        let refs = listing["refs"].as_array().unwrap().clone();
        refs.iter().map(|found| found["name"].as_str().unwrap().to_owned()).collect()
    };
    let all = ["refs/heads/main", "refs/heads/other/name", "refs/heads/side", "refs/tags/v1"];
    assert_eq!(names(team.listing()), all);
    insta::assert_snapshot!(team.screen("ada", "mlv push --delete origin other/name v1"), @r"
    $ ada: mlv push --delete origin other/name v1
    [stderr]
    deleted other/name (it was at $ID)
    deleted v1 (it was at $ID)
    to $ROOT/remote: 0 B
    ");
    team.success("ada", &["push", "origin", ":side"]);
    assert_eq!(names(team.listing()), ["refs/heads/main"]);
    insta::assert_snapshot!(team.screen("ada", "mlv push --delete origin side"), @r"
    $ ada: mlv push --delete origin side
    [stderr]
    error: `origin` has no branch `side`
    hint: `mlv ls-remote origin` lists what it has
    [exit code 1]
    ");
    insta::assert_snapshot!(team.screen("ada", "mlv push origin sied"), @r"
    $ ada: mlv push origin sied
    [stderr]
    error: no branch is called `sied`
    hint: did you mean `side`?
    hint: `mlv branch` lists them
    [exit code 1]
    ");
}

#[test]
fn a_tag_that_is_another_at_the_remote_stays_there() {
    let team = Team::new();
    team.clone("bob");
    team.success("ada", &["tag", "v1"]);
    team.success("ada", &["push", "--tags"]);
    team.commit("bob", "data/b.csv", "2\n");
    team.success("bob", &["tag", "v1"]);
    insta::assert_snapshot!(team.screen("bob", "mlv push origin v1"), @r"
    $ bob: mlv push origin v1
    [stderr]
    error: the tag `v1` of `origin` is another
    hint: `--force-with-lease` puts yours in its place
    [exit code 1]
    ");
    assert_eq!(team.there("refs/tags/v1"), Some(team.id("ada", "main")));
    insta::assert_snapshot!(team.screen("bob", "mlv fetch"), @r"
    $ bob: mlv fetch
    [stderr]
    v1 is another there ($ID), and stays at $ID here
    from $ROOT/remote: 0 B
    ");
}

#[test]
fn one_percent_of_a_large_file_travels_alone() {
    const LEN: usize = 64 << 20;
    let team = Team::new();
    let mut bytes = vec![0; LEN];
    blake3::Hasher::new().update(b"large").finalize_xof().fill(&mut bytes);
    team.commit("ada", "large.bin", &bytes);
    team.success("ada", &["push"]);
    let before = team.listing()["bytes"].as_u64().unwrap();
    let changed = LEN / 3..LEN / 3 + LEN / 100;
    blake3::Hasher::new().update(b"other").finalize_xof().fill(&mut bytes[changed]);
    team.commit("ada", "large.bin", &bytes);
    team.success("ada", &["push"]);
    let sent = team.listing()["bytes"].as_u64().unwrap() - before;
    assert!(sent <= (LEN * 3 / 100) as u64, "{sent} bytes were sent");
}

#[test]
fn a_hook_that_refuses_a_push_leaves_the_remote_as_it_was() {
    let team = Team::with_hooks(RECORD);
    team.commit("ada", "data/b.csv", "2\n");
    team.env.write("ada/.mlv/refuse", "");
    let before = (team.listing(), files_of(&team));
    insta::assert_snapshot!(team.screen("ada", "mlv push"), @r"
    $ ada: mlv push
    [stderr]
    pre-push on main
      ✗ record        exit code 1                            0.0s
    error: push refused by `record`; nothing was changed
    hint: full log: `mlv hooks log r-000003`
    [exit code 3]
    ");
    assert_eq!((team.listing(), files_of(&team)), before);
    let runs = team.json("ada", &["hooks", "runs"]);
    let (newest, events) = (&runs[0], runs.as_array().unwrap().len());
    assert_eq!(
        (&newest["event"], &newest["status"], events),
        (&json!("pre-push"), &json!("failed"), 3)
    );
}

fn files_of(team: &Team) -> Vec<String> {
    crate::common::model::on_disk(team.url().as_ref()).into_keys().collect()
}

#[test]
fn hooks_of_a_push_are_told_what_goes_where() {
    let team = Team::with_hooks(RECORD);
    let base = team.id("ada", "main");
    team.commit("ada", "data/b.csv", "2\n");
    team.success("ada", &["push", "origin", "main"]);
    let told = |event: &str| -> Value {
        serde_json::from_slice(&team.env.read(format!("ada/.mlv/{event}.json"))).unwrap()
    };
    let (pre, post) = (told("pre-push"), told("post-push"));
    let commit = &team.json("ada", &["log", "-n", "1"])[0];
    for (field, value) in [
        ("event", &json!("pre-push")),
        ("hook", &json!("record")),
        ("remote", &json!("origin")),
        ("branch", &json!("main")),
        ("commit", &commit["id"]),
        ("base_commit", &json!(base)),
        ("tree", &commit["tree"]),
        ("parents", &json!([base])),
        ("changes", &json!([{"path": "data/b.csv", "change": "added"}])),
        ("message", &json!("data/b.csv")),
        ("tag", &Value::Null),
    ] {
        assert_eq!(&pre[field], value, "{field}");
        assert!(field == "event" || &post[field] == value, "{field} after the push");
    }
    assert_eq!(post["event"], "post-push");
}

#[test]
fn a_verdict_travels_and_satisfies_the_rule_of_a_branch_elsewhere() {
    let team = Team::with_hooks(RULES);
    team.clone("bob");
    team.clone("carol");
    team.success("bob", &["hooks", "trust"]);
    team.success("bob", &["switch", "-c", "dev"]);
    team.commit("bob", "data/b.csv", "2\n");
    team.success("bob", &["push", "origin", "dev"]);
    // Nobody has judged this.
    team.success("ada", &["switch", "-c", "other"]);
    team.commit("ada", "data/c.csv", "3\n");
    let before = team.listing();
    insta::assert_snapshot!(team.screen("ada", "mlv push origin other:main"), @r"
    $ ada: mlv push origin other:main
    [stderr]
    error: `main` requires `gate` (it has not judged this); it is unchanged
    hint: to reach the verdict: `mlv hooks run pre-commit --at $ID`
    [exit code 3]
    ");
    assert_eq!(team.listing(), before);
    // Bob's gate has judged this; Carol only heard of it.
    team.success("carol", &["hooks", "trust"]);
    team.success("carol", &["fetch"]);
    team.success("carol", &["switch", "dev"]);
    team.success("carol", &["push", "origin", "dev:main"]);
    assert_eq!(team.there("refs/heads/main"), Some(team.id("bob", "dev")));
    insta::assert_snapshot!(team.screen("ada", "mlv fetch"), @"
    $ ada: mlv fetch
    [stderr]
    origin/dev at $ID (new)
    origin/main from $ID to $ID
    from $ROOT/remote: 58 B
    ");
}

#[test]
fn a_protected_branch_of_the_remote_loses_no_commits() {
    let team = Team::with_hooks("version: 1\nbranches:\n  main: {protected: true}\n");
    team.clone("bob");
    team.success("ada", &["switch", "-c", "dev"]);
    team.commit("ada", "data/b.csv", "2\n");
    team.success("ada", &["switch", "main"]);
    team.success("ada", &["merge", "dev"]);
    team.success("ada", &["push"]);
    team.success("bob", &["fetch"]);
    insta::assert_snapshot!(team.screen("bob", "mlv push --force-with-lease"), @r"
    $ bob: mlv push --force-with-lease
    [stderr]
    error: `main` is protected: it moves only by merges
    hint: work on a branch, then merge it: `mlv switch -c NAME`, commit, `mlv merge NAME --into main`
    [exit code 1]
    ");
    insta::assert_snapshot!(team.screen("bob", "mlv push --delete origin main"), @r"
    $ bob: mlv push --delete origin main
    [stderr]
    error: `main` is protected: it moves only by merges
    hint: work on a branch, then merge it: `mlv switch -c NAME`, commit, `mlv merge NAME --into main`
    [exit code 1]
    ");
    assert_eq!(team.there("refs/heads/main"), Some(team.id("ada", "main")));
}
