//! `mlv pull` and `mlv fetch`: what comes from a remote, and how it is taken in.

use serde_json::{Value, json};

use crate::common::Team;

/// Notes what each event was told; refuses a pull where a file asks for that.
const RECORD: &str = r#"
version: 1
hooks:
  record:
    on: [pre-pull, post-pull]
    cache: false
    run: |
      cat > "$MLV_ROOT/.mlv/$MLV_EVENT.json"
      test ! -e "$MLV_ROOT/.mlv/refuse"
"#;

/// Returns two who have each made a commit, of which only that of `bob` is at the remote.
fn diverged(team: Team, (theirs, ours): (&str, &str)) -> Team {
    team.clone("bob");
    team.commit("bob", theirs, "bob\n");
    team.success("bob", &["push"]);
    team.commit("ada", ours, "ada\n");
    team
}

#[test]
fn what_a_pull_brings_is_merged_and_both_sides_meet() {
    let team = diverged(Team::new(), ("data/b.csv", "data/c.csv"));
    team.success("ada", &["fetch"]);
    insta::assert_snapshot!(team.screen("ada", "mlv status"), @r"
    $ ada: mlv status
    On branch main
    1 commit ahead of origin/main and 1 behind (`mlv pull` merges them)
    nothing to commit
    ");
    insta::assert_snapshot!(team.screen("ada", "mlv pull --ff-only"), @r"
    $ ada: mlv pull --ff-only
    [stderr]
    error: `main` and what it follows have both moved on
    hint: `mlv pull` without `--ff-only` merges them
    [exit code 5]
    ");
    insta::assert_snapshot!(team.screen("ada", "mlv pull"), @r"
    $ ada: mlv pull
    [stderr]
    `origin` has nothing new
    merged `origin/main` into `main` at $ID, 1 file changed
    ");
    insta::assert_snapshot!(team.screen("ada", "mlv status"), @r"
    $ ada: mlv status
    On branch main
    2 commits ahead of origin/main (`mlv push` sends them)
    nothing to commit
    ");
    team.success("ada", &["push"]);
    insta::assert_snapshot!(team.screen("bob", "mlv pull --ff-only"), @r"
    $ bob: mlv pull --ff-only
    [stderr]
    origin/main from $ID to $ID
    from $ROOT/remote: 1.2 KiB
    moved `main` forward to `origin/main` at $ID, 1 file changed
    ");
    insta::assert_snapshot!(team.screen("bob", "mlv pull"), @r"
    $ bob: mlv pull
    [stderr]
    `origin` has nothing new
    `main` has all of `origin/main` already
    ");
    assert_eq!(team.id("ada", "main"), team.id("bob", "main"));
    assert_eq!(team.env.read("bob/data/c.csv"), b"ada\n");
}

#[test]
fn conflicts_are_listed_and_change_nothing() {
    let team = diverged(Team::new(), ("data/a.csv", "data/a.csv"));
    let before = team.id("ada", "main");
    insta::assert_snapshot!(team.screen("ada", "mlv pull"), @r"
    $ ada: mlv pull
    both modified       data/a.csv
    [stderr]
    origin/main from $ID to $ID
    from $ROOT/remote: 572 B
    error: merge of `origin/main` into `main`: 1 conflict; nothing was changed
    hint: `mlv merge origin/main --no-commit` on `main` prepares both sides
    hint: `--strategy ours` or `theirs` settles them all with one side
    [exit code 4]
    ");
    assert_eq!(team.id("ada", "main"), before);
    assert_eq!(team.env.read("ada/data/a.csv"), b"ada\n");
    let told = team.run("ada", &["pull", "--json"]).expect_code(4).json();
    assert_eq!(told["merged"]["result"], "conflicts");
    assert_eq!(told["merged"]["conflicts"][0]["path"], "data/a.csv");
    team.success("ada", &["pull", "--strategy", "theirs"]);
    assert_eq!(team.env.read("ada/data/a.csv"), b"bob\n");
}

#[test]
fn a_pull_from_a_remote_that_is_away_changes_nothing_and_local_verbs_go_on() {
    let team = Team::new();
    team.clone("bob");
    std::fs::rename(team.url(), team.env.path("away")).unwrap();
    insta::assert_snapshot!(team.screen("bob", "mlv pull"), @r"
    $ bob: mlv pull
    [stderr]
    error: `$ROOT/remote` holds no mlv repository
    hint: check the address; the first push makes a remote
    [exit code 1]
    ");
    insta::assert_snapshot!(team.screen("bob", "mlv push"), @r"
    $ bob: mlv push
    [stderr]
    error: `$ROOT/remote` holds no mlv repository
    hint: check the address; the first push makes a remote
    [exit code 1]
    ");
    assert!(!team.env.path("remote").exists(), "a disk that is not mounted is not written to");
    team.commit("bob", "data/b.csv", "2\n");
    insta::assert_snapshot!(team.screen("bob", "mlv status"), @r"
    $ bob: mlv status
    On branch main
    1 commit ahead of origin/main (`mlv push` sends them)
    nothing to commit
    ");
    team.success("bob", &["log"]);
    std::fs::rename(team.env.path("away"), team.url()).unwrap();
    team.success("bob", &["push"]);
    team.success("ada", &["pull"]);
    assert_eq!(team.env.read("ada/data/b.csv"), b"2\n");
}

#[test]
fn a_branch_that_is_gone_at_the_remote_is_forgotten_with_prune() {
    let team = Team::new();
    team.success("ada", &["push", "origin", "main:side"]);
    team.clone("bob");
    team.success("ada", &["push", "--delete", "origin", "side"]);
    assert_eq!(team.json("bob", &["fetch"])["refs"], json!([]));
    insta::assert_snapshot!(team.screen("bob", "mlv fetch --prune"), @r"
    $ bob: mlv fetch --prune
    [stderr]
    origin/side is gone (it was at $ID)
    from $ROOT/remote: 0 B
    ");
    insta::assert_snapshot!(team.screen("bob", "mlv pull origin side"), @r"
    $ bob: mlv pull origin side
    [stderr]
    error: `origin` has no branch `side`
    hint: `mlv ls-remote origin` lists what it has
    [exit code 1]
    ");
    insta::assert_snapshot!(team.screen("bob", "mlv fetch origin mian"), @r"
    $ bob: mlv fetch origin mian
    [stderr]
    error: `origin` has no branch `mian`
    hint: did you mean `main`?
    hint: `mlv ls-remote origin` lists what it has
    [exit code 1]
    ");
}

#[test]
fn a_hook_that_refuses_a_pull_leaves_the_branch_where_it_was() {
    let team = diverged(Team::with_hooks(RECORD), ("data/b.csv", "data/c.csv"));
    let before = team.id("ada", "main");
    team.env.write("ada/.mlv/refuse", "");
    insta::assert_snapshot!(team.screen("ada", "mlv pull"), @r"
    $ ada: mlv pull
    [stderr]
    pre-pull on main
      ✗ record        exit code 1                            0.0s
    error: pull refused by `record`; nothing was changed
    hint: full log: `mlv hooks log r-000001`
    [exit code 3]
    ");
    assert_eq!(team.id("ada", "main"), before);
    assert!(!team.env.path("ada/data/b.csv").exists());
    assert!(!team.env.path("ada/.mlv/post-pull.json").exists());
}

#[test]
fn hooks_of_a_pull_are_told_what_is_taken_in() {
    let team = diverged(Team::with_hooks(RECORD), ("data/b.csv", "data/c.csv"));
    let base = team.id("ada", "main");
    team.success("ada", &["pull"]);
    let told = |event: &str| -> Value {
        serde_json::from_slice(&team.env.read(format!("ada/.mlv/{event}.json"))).unwrap()
    };
    for (event, told) in ["pre-pull", "post-pull"].map(|event| (event, told(event))) {
        let expected = json!({
            "event": event, "remote": "origin", "branch": "main", "source_branch": "origin/main",
            "commit": team.id("bob", "main"), "base_commit": base, "message": "data/b.csv",
        });
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(&told[field], value, "{field} of {event}");
        }
        let added = json!({"path": "data/b.csv", "change": "added"});
        assert!(told["changes"].as_array().unwrap().contains(&added), "{told}");
    }
    std::fs::remove_file(team.env.path("ada/.mlv/pre-pull.json")).unwrap();
    team.success("ada", &["pull"]);
    let is_told = team.env.path("ada/.mlv/pre-pull.json").exists();
    assert!(!is_told, "a pull that takes in nothing fires nothing");
}
