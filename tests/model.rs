//! `mlv model`: aliases of models.

use serde_json::Value;

use crate::common::{Team, TestEnvironment};

/// A repository with two models, one after the other.
fn two_models(definitions: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("mlv.yaml", definitions);
    for number in ["1", "2"] {
        env.write("models/churn/weights.json", number);
        env.write("data/train.csv", format!("id\n{number}\n"));
        env.success(&["add", "."]);
        env.success(&["commit", "-m", number]);
    }
    env
}

fn head(env: &TestEnvironment, revision: &str) -> Value {
    env.json(&["log", revision, "-n", "1", "--json"])[0]["id"].clone()
}

#[test]
fn an_alias_names_a_model_and_stands_for_its_commit() {
    let env = two_models("version: 1\n");
    insta::assert_snapshot!(env.screen("mlv model promote churn HEAD~1:models/churn").without_ids(), @"
    $ mlv model promote churn HEAD~1:models/churn
    [stderr]
    `churn@champion` is `models/churn` of $ID
    ");
    env.success(&["model", "alias", "set", "churn", "challenger", "main:models/churn"]);
    insta::assert_snapshot!(env.screen("mlv model list").without_ids(), @"
    $ mlv model list
    churn@challenger  $ID  models/churn  1 minute ago   Ada Test
    churn@champion    $ID  models/churn  2 minutes ago  Ada Test
    ");
    assert_eq!(env.success(&["cat", "churn@champion:data/train.csv"]).stdout, "id\n1\n");
    assert_eq!(head(&env, "churn@challenger"), head(&env, "main"));
    insta::assert_snapshot!(env.screen("mlv log churn@champoin"), @"
    $ mlv log churn@champoin
    [stderr]
    error: no branch, tag or commit is called `churn@champoin`
    hint: did you mean `churn@champion`?
    hint: `mlv branch` and `mlv tag` list the names, `mlv help revisions` the forms
    [exit code 1]
    ");
    let models = env.json(&["model", "list", "churn", "--json"]);
    assert_eq!(models[1]["path"], "models/churn");
    assert_eq!(models[1]["previous"], Value::Null);
    assert_eq!(env.json(&["model", "list", "other", "--json"]), Value::Array(vec![]));
}

#[test]
fn what_is_no_model_or_no_alias_is_refused() {
    let env = two_models("version: 1\n");
    for line in [
        "mlv model promote churn main:models/chum",
        "mlv model promote churn main",
        "mlv model promote churn :models/churn",
        "mlv model promote churn main:models/churn --data data/tain.csv",
        "mlv model alias set ch@urn x main:models/churn",
        "mlv model rollback churn",
    ] {
        let refused = env.screen(line);
        assert!(refused.code != 0 && refused.stderr.starts_with("error: "), "{refused}");
    }
    assert_eq!(env.json(&["model", "--json"]), Value::Array(vec![]));
}

#[test]
fn a_rollback_goes_back_one_model_at_a_time_and_can_be_undone() {
    let env = two_models("version: 1\n");
    for revision in ["HEAD~1", "HEAD"] {
        env.success(&["model", "promote", "churn", &format!("{revision}:models/churn")]);
    }
    // A promotion of what is there already is no promotion.
    env.success(&["model", "promote", "churn", "main:models/churn"]);
    insta::assert_snapshot!(env.screen("mlv model rollback churn").without_ids(), @"
    $ mlv model rollback churn
    [stderr]
    `churn@champion` is `models/churn` of $ID
    ");
    assert_eq!(head(&env, "churn@champion"), head(&env, "main~1"));
    insta::assert_snapshot!(env.screen("mlv model rollback churn"), @"
    $ mlv model rollback churn
    [stderr]
    error: `churn@champion` named nothing before
    [exit code 1]
    ");
    env.success(&["undo"]);
    assert_eq!(head(&env, "churn@champion"), head(&env, "main"));
    env.success(&["model", "alias", "delete", "churn", "champion"]);
    insta::assert_snapshot!(env.screen("mlv model rollback churn"), @"
    $ mlv model rollback churn
    [stderr]
    error: no model has the alias `churn@champion`
    hint: `mlv model list` lists them
    [exit code 1]
    ");
    env.success(&["undo"]);
    assert_eq!(head(&env, "churn@champion"), head(&env, "main"));
    let log = env.json(&["op", "log", "--json"]);
    assert_eq!(log[1]["refs"][0]["name"], "churn@champion");
}

#[test]
fn a_model_that_only_an_alias_leads_to_survives_the_collection_of_garbage() {
    let env = two_models("version: 1\n");
    env.success(&["switch", "-c", "trial"]);
    for number in ["3", "4"] {
        env.write("models/churn/weights.json", number);
        env.success(&["commit", "-am", number]);
        env.success(&["model", "promote", "churn", "HEAD:models/churn"]);
    }
    env.success(&["switch", "main"]);
    env.success(&["branch", "-D", "trial"]);
    env.success(&["-c", "undo.keep_days=0", "-c", "undo.keep_operations=1", "gc"]);
    assert_eq!(env.success(&["cat", "churn@champion:models/churn/weights.json"]).stdout, "4");
    env.success(&["model", "rollback", "churn"]);
    assert_eq!(env.success(&["cat", "churn@champion:models/churn/weights.json"]).stdout, "3");
}

const GUARDED: &str = "version: 1
hooks:
  judge:
    on: pre-promote
    if: event.model.alias == 'champion'
    run: |
      python3 -c 'import json, sys; told = json.load(sys.stdin); print(told[\"model\"], told[\"base_commit\"] is None)'
      grep -q 1 models/churn/weights.json
  tell:
    on: post-promote
    run: cat > told.json
    outputs: [told.json]
";

#[test]
fn hooks_of_a_promotion_are_told_the_model_and_may_refuse_it() {
    let env = two_models(GUARDED);
    env.success(&["model", "promote", "churn", "HEAD~1:models/churn"]);
    let log = env.success(&["hooks", "log", "r-000001"]).stdout;
    assert!(
        log.contains("{'name': 'churn', 'alias': 'champion', 'path': 'models/churn'} True"),
        "{log}"
    );
    let refused = env.screen("mlv model promote churn HEAD:models/churn").without_times();
    insta::assert_snapshot!(refused, @"
    $ mlv model promote churn HEAD:models/churn
    [stderr]
    pre-promote of churn@champion
      ✗ judge         exit code 1                            0.0s
          {'name': 'churn', 'alias': 'champion', 'path': 'models/churn'} False
    error: promotion refused by `judge`; nothing was changed
    hint: full log: `mlv hooks log r-000003`
    [exit code 3]
    ");
    assert_eq!(head(&env, "churn@champion"), head(&env, "main~1"));
    // The alias that the condition leaves out moves.
    env.success(&["model", "promote", "churn", "HEAD:models/churn", "--alias", "challenger"]);
}

#[test]
fn hooks_of_a_promotion_are_not_passed_over() {
    let mut env = two_models(GUARDED);
    env.set_variable("MLV_NO_VERIFY", "1");
    insta::assert_snapshot!(env.screen("mlv model promote churn HEAD:models/churn"), @"
    $ mlv model promote churn HEAD:models/churn
    [stderr]
    error: the pre-promote hooks guard what users are served: they cannot be passed over
    hint: unset MLV_NO_VERIFY
    [exit code 1]
    ");
    assert_eq!(env.json(&["model", "--json"]), Value::Array(vec![]));
}

#[test]
fn an_alias_travels_and_the_later_value_wins() {
    let team = Team::new();
    team.commit("ada", "models/m", "1");
    team.success("ada", &["model", "promote", "m", "HEAD:models/m"]);
    team.success("ada", &["push"]);
    assert_eq!(team.there("refs/models/m@champion"), Some(team.id("ada", "HEAD")));
    team.clone("bob");
    assert_eq!(team.id("bob", "m@champion"), team.id("ada", "main"));
    team.commit("bob", "models/m", "2");
    team.success("bob", &["model", "promote", "m", "HEAD:models/m"]);
    team.success("bob", &["push"]);
    // An alias that is behind does not go along, and is no news.
    team.commit("ada", "other", "1");
    team.success("ada", &["fetch"]);
    assert_eq!(team.id("ada", "m@champion"), team.id("bob", "main"));
    team.success("ada", &["model", "rollback", "m"]);
    team.success("ada", &["push", "origin", "m@champion"]);
    team.success("bob", &["fetch"]);
    assert_eq!(team.id("bob", "m@champion"), team.id("bob", "main~1"));
}

#[test]
fn two_promotions_apart_from_each_other_are_told_and_neither_is_lost() {
    let team = Team::new();
    team.commit("ada", "models/m", "1");
    team.success("ada", &["push"]);
    team.clone("bob");
    team.success("ada", &["model", "promote", "m", "HEAD:models/m"]);
    team.success("ada", &["push", "origin", "m@champion"]);
    team.commit("bob", "models/m", "2");
    team.success("bob", &["model", "promote", "m", "HEAD:models/m"]);
    insta::assert_snapshot!(team.screen("bob", "mlv push origin m@champion"), @"
    $ bob: mlv push origin m@champion
    [stderr]
    error: the alias `m@champion` of `origin` has moved in another way than yours
    hint: `mlv fetch` takes a later one in; `--force-with-lease` puts yours in its place
    [exit code 5]
    ");
    insta::assert_snapshot!(team.screen("bob", "mlv fetch"), @"
    $ bob: mlv fetch
    [stderr]
    m@champion is another there ($ID), and stays at $ID here
    from $ROOT/remote: 0 B
    ");
    team.success("bob", &["push", "--force-with-lease", "origin", "m@champion"]);
    assert_eq!(team.there("refs/models/m@champion"), Some(team.id("bob", "main")));
    team.success("ada", &["push", "--delete", "origin", "m@champion"]);
    assert_eq!(team.there("refs/models/m@champion"), None);
}

#[test]
fn an_alias_of_a_remote_moves_without_a_clone() {
    let team = Team::new();
    team.commit("ada", "models/m", "1");
    team.success("ada", &["push"]);
    let repo = format!("--repo={}", team.url());
    team.env.success(&[&repo, "model", "promote", "m", "main:models/m"]);
    assert_eq!(team.there("refs/models/m@champion"), Some(team.id("ada", "main")));
}
