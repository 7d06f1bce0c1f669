//! Triggers: what hooks watch, and what workers make of it. One cause is one run, whoever looks and
//! however often.

#![expect(clippy::float_cmp, reason = "what is told to others is told exactly")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::common::{Output, TestEnvironment};

/// Returns a repository whose hook `retrain` is run when `auc` falls below 0.7.
fn project(more: &str) -> TestEnvironment {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.success(&["config", "set", "hooks.worker", "manual"]);
    env.write("mlv.yaml", definitions(more));
    metric(&env, "0.8");
    env
}

fn definitions(more: &str) -> String {
    format!(
        "version: 1
hooks:
  retrain:
    on: {{metric: {{file: live.json, name: auc, below: 0.7}}}}
    outputs: [model]
    run: |
      cat >> \"$MLV_ROOT/.mlv/causes\"; echo >> \"$MLV_ROOT/.mlv/causes\"
      cat live.json > model
{more}"
    )
}

/// Commits the metric as it is measured now.
fn metric(env: &TestEnvironment, auc: &str) {
    env.write("live.json", format!("{{\"auc\": {auc}}}\n"));
    env.success(&["add", "."]);
    env.success(&["commit", "-m", &format!("auc {auc}")]);
}

fn work(env: &TestEnvironment) {
    env.success(&["hooks", "work", "--once"]);
}

fn work_at(env: &TestEnvironment, time: &str) -> Output {
    let mut command = env.command(&["hooks", "work", "--once"]);
    command.env("MLV_COMMIT_DATE", time);
    let done = env.finish(command);
    assert_eq!(done.code, 0, "{done}");
    done
}

/// Starts a worker and kills it when it tells that it is at this point.
fn kill_worker_at(env: &TestEnvironment, point: &str) {
    let mut command = env.command(&["hooks", "work", "--once"]);
    command.env("MLV_LOG", "debug").stdout(Stdio::null()).stderr(Stdio::piped());
    let mut worker = command.spawn().unwrap();
    let told = BufReader::new(worker.stderr.take().unwrap()).lines().map_while(Result::ok);
    let mut lines = Vec::new();
    let came = told
        .inspect(|line| lines.push(line.clone()))
        .any(|line| point.split(' ').all(|word| line.contains(word)));
    worker.kill().unwrap();
    worker.wait().unwrap();
    assert!(came, "the worker never came to `{point}`:\n{}", lines.join("\n"));
}

/// Returns what the runs of `retrain` were told, the first one first.
fn told(env: &TestEnvironment) -> Vec<Value> {
    let text = std::fs::read_to_string(env.path(".mlv/causes")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Returns how the trigger of a hook stands.
fn standing(env: &TestEnvironment) -> String {
    let listed = env.json(&["hooks", "list", "--json"]);
    let found = listed.as_array().unwrap().iter().find(|hook| hook["trigger"].is_string());
    found.unwrap()["trigger"].as_str().unwrap().to_owned()
}

#[test]
fn a_metric_out_of_its_bounds_is_one_run_however_often_it_is_looked_at() {
    let env = project("");
    assert_eq!(standing(&env), "no worker has looked yet");
    work(&env);
    assert_eq!((told(&env).len(), standing(&env)), (0, "auc is 0.8".to_owned()));
    metric(&env, "0.65");
    for _ in 0..3 {
        work(&env);
    }
    let causes = told(&env);
    assert_eq!((causes.len(), standing(&env)), (1, "auc is 0.65, below 0.7: started".to_owned()));
    assert_eq!((&causes[0]["event"], &causes[0]["branch"]), (&json!("metric"), &json!("main")));
    let mut cause = causes[0]["cause"].clone();
    assert_eq!(cause["id"].as_str().unwrap().len(), 64);
    cause["id"] = json!("…");
    insta::assert_snapshot!(cause, @r#"{"id":"…","trigger":"metric","summary":"auc is 0.65, below 0.7","file":"live.json","name":"auc","value":0.65,"below":0.7,"above":null}"#);
    let follow_up = env.json(&["log", "-n", "1", "--json"])[0].clone();
    assert_eq!(follow_up["meta"]["mlv.trigger"], "auc is 0.65, below 0.7");
    assert_eq!(env.read("model"), b"{\"auc\": 0.65}\n");
}

#[test]
fn one_that_comes_back_and_falls_again_is_another_cause() {
    let env = project("");
    for (auc, runs) in [("0.65", 1), ("0.8", 1), ("0.65", 2), ("0.64", 3)] {
        metric(&env, auc);
        work(&env);
        work(&env);
        assert_eq!(told(&env).len(), runs, "after {auc}");
    }
    // Another bound is another question.
    env.write("mlv.yaml", definitions("").replace("0.7", "0.69"));
    env.success(&["commit", "-am", "a lower bound"]);
    work(&env);
    assert_eq!(told(&env).len(), 4);
}

#[test]
fn a_metric_that_is_not_there_starts_nothing_and_is_told_once() {
    let env = project("");
    let look = || env.mlv(&["hooks", "work", "--once"]).expect_code(0).stderr;
    metric(&env, "NaN");
    assert!(
        look().contains("`metric` of hook `retrain` cannot be told: `auc` of `live.json` is NaN")
    );
    assert!(!look().contains("cannot be told"));
    env.write("live.json", "{\"f1\": 0.5}");
    env.success(&["commit", "-am", "renamed"]);
    assert!(look().contains("`live.json` has no number `auc`"));
    assert_eq!(standing(&env), "cannot be told: `live.json` has no number `auc`");
    env.success(&["rm", "live.json"]);
    env.success(&["commit", "-m", "gone"]);
    assert!(look().contains("`live.json` is not there"));
    assert_eq!(told(&env).len(), 0);
    metric(&env, "0.1");
    look();
    assert_eq!(told(&env).len(), 1);
}

#[test]
fn workers_at_once_start_it_once() {
    let env = project("");
    for round in 1..4 {
        metric(&env, &format!("0.{round}"));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| work(&env));
            }
        });
        assert_eq!(told(&env).len(), round);
    }
    let runs = env.json(&["hooks", "runs", "--json"]);
    assert!(runs.as_array().unwrap().iter().all(|run| run["attempt"] == 1), "{runs}");
}

#[test]
fn a_worker_killed_at_any_point_leaves_one_run_of_the_cause() {
    let points = [
        "looked at what a hook watches",
        "noted what a hook watches",
        "took up a noted event",
        "laid out a sandbox",
        "wrote into the journal status=running",
        "wrote into the journal status=passed",
        "stored the commit",
    ];
    let env = project("");
    for (round, point) in points.into_iter().enumerate() {
        metric(&env, &format!("0.0{}", round + 1));
        kill_worker_at(&env, point);
        work(&env);
        work(&env);
        // A process that was killed may have begun: it goes on under the same run id.
        let ids: BTreeSet<String> =
            told(&env).iter().map(|run| run["run_id"].to_string()).collect();
        assert_eq!(ids.len(), round + 1, "killed at `{point}`");
        let runs = env.json(&["hooks", "runs", "--event", "metric", "--json"]);
        assert_eq!(runs.as_array().unwrap().len(), round + 1, "killed at `{point}`");
        assert_eq!(runs[0]["status"], "passed", "killed at `{point}`");
    }
}

#[test]
fn a_cooldown_holds_a_cause_back_until_it_is_over() {
    let env = project("    cooldown: 6h\n");
    metric(&env, "0.65");
    work_at(&env, "2099-01-01T12:00:00Z");
    assert_eq!(told(&env).len(), 1);
    metric(&env, "0.6");
    work_at(&env, "2099-01-01T17:59:00Z");
    assert_eq!(told(&env).len(), 1);
    let expected = "auc is 0.6, below 0.7: held back by `cooldown` until 2099-01-01T18:00:00Z";
    assert_eq!(standing(&env), expected);
    // What came back meanwhile is no cause any more.
    metric(&env, "0.9");
    work_at(&env, "2099-01-01T18:00:00Z");
    assert_eq!(told(&env).len(), 1);
    metric(&env, "0.6");
    work_at(&env, "2099-01-01T18:00:00Z");
    work_at(&env, "2099-01-02T18:00:00Z");
    assert_eq!(told(&env).len(), 2);
}

#[test]
fn a_cooldown_counts_from_every_run_and_holds_back_schedules_too() {
    let env = TestEnvironment::with_hooks(
        "version: 1
hooks:
  nightly:
    on: {schedule: '0 3 * * *', manual: }
    cooldown: 12h
    run: echo $MLV_EVENT >> \"$MLV_ROOT/.mlv/events\"
",
    );
    env.success(&["config", "set", "hooks.worker", "manual"]);
    work_at(&env, "2099-01-01T00:00:00Z");
    let mut by_hand = env.command(&["hooks", "run", "manual"]);
    by_hand.env("MLV_COMMIT_DATE", "2099-01-01T02:00:00Z");
    assert_eq!(env.finish(by_hand).code, 0);
    work_at(&env, "2099-01-01T03:00:00Z");
    assert_eq!(env.read(".mlv/events"), b"manual\n");
    work_at(&env, "2099-01-01T14:00:00Z");
    work_at(&env, "2099-01-01T14:01:00Z");
    assert_eq!(env.read(".mlv/events"), b"manual\nschedule\n");
}

#[test]
fn no_more_runs_are_under_way_than_the_hook_allows() {
    let env = project("    max_in_flight: 1\n");
    env.write("mlv.yaml", definitions("    max_in_flight: 1\n").replace("cat live.json", "touch \"$MLV_ROOT/.mlv/begun\"; while test ! -e \"$MLV_ROOT/.mlv/go\"; do sleep 0.02; done; cat live.json"));
    metric(&env, "0.65");
    let mut first =
        env.command(&["hooks", "work", "--once"]).stderr(Stdio::null()).spawn().unwrap();
    env.wait_for(".mlv/begun");
    metric(&env, "0.6");
    work(&env);
    assert_eq!(told(&env).len(), 1);
    let expected = "auc is 0.6, below 0.7: held back by `max_in_flight`: 1 run is under way";
    assert_eq!(standing(&env), expected);
    env.write(".mlv/go", "");
    assert!(first.wait().unwrap().success());
    work(&env);
    assert_eq!(told(&env).len(), 2);
}

#[test]
fn what_a_hook_makes_of_what_it_watches_does_not_start_it() {
    let env = project("");
    let own = definitions("")
        .replace("[model]", "[live.json]")
        .replace("cat live.json > model", "echo '{\"auc\": 0.1}' > live.json");
    env.write("mlv.yaml", own);
    metric(&env, "0.65");
    for _ in 0..4 {
        work(&env);
    }
    assert_eq!(told(&env).len(), 1);
    assert_eq!(standing(&env), "auc is 0.1, below 0.7, by what it made itself");
    metric(&env, "0.2");
    work(&env);
    assert_eq!(told(&env).len(), 2);
}

#[test]
fn hooks_that_watch_what_each_other_make_do_not_go_on_for_ever() {
    let both = "version: 1
hooks:
  one:
    on: {metric: {file: b.json, name: x, below: 1}}
    outputs: [a.json]
    run: |
      echo one >> \"$MLV_ROOT/.mlv/order\"
      echo \"{\\\"x\\\": -1$(date +%N)}\" > a.json
  two:
    on: {metric: {file: a.json, name: x, below: 1}}
    outputs: [b.json]
    run: |
      echo two >> \"$MLV_ROOT/.mlv/order\"
      echo \"{\\\"x\\\": -1$(date +%N)}\" > b.json
";
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.success(&["config", "set", "hooks.worker", "manual"]);
    env.write("mlv.yaml", both);
    for name in ["a.json", "b.json"] {
        env.write(name, "{\"x\": 2}");
    }
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "first"]);
    work(&env);
    env.write("b.json", "{\"x\": 0}");
    env.success(&["commit", "-am", "a person"]);
    for _ in 0..4 {
        work(&env);
    }
    assert_eq!(env.read(".mlv/order"), b"one\ntwo\n");
}

const PROTECTED: &str = "    auto_merge: true
  gate:
    on: pre-merge
    run: grep -v 0.5 model
branches:
  main: {protected: true}
";

/// Merges a metric into the protected branch.
fn merge_metric(env: &TestEnvironment, auc: &str) {
    env.success(&["switch", "-c", &format!("auc-{auc}")]);
    metric(env, auc);
    env.success(&["switch", "main"]);
    env.success(&["merge", &format!("auc-{auc}")]);
}

#[test]
fn a_model_that_passes_the_gates_is_merged_by_itself() {
    let env = project("");
    env.write("mlv.yaml", definitions(PROTECTED));
    env.write("model", "first\n");
    metric(&env, "0.9");
    work(&env);
    merge_metric(&env, "0.65");
    work(&env);
    work(&env);
    assert_eq!(told(&env).len(), 1);
    assert_eq!(env.read("model"), b"{\"auc\": 0.65}\n");
    let run = env.json(&["hooks", "runs", "--hook", "retrain", "--json"])[0].clone();
    assert_eq!(run["status"], "passed");
    let message = run["message"].as_str().unwrap();
    assert!(message.contains("on `auto/retrain`; merged into `main` as"), "{message}");
    let gate = env.json(&["hooks", "runs", "--hook", "gate", "--json"])[0].clone();
    assert_eq!((&gate["event"], &gate["status"]), (&json!("pre-merge"), &json!("passed")));
}

#[test]
fn a_model_that_the_gates_refuse_stays_beside_the_branch() {
    let env = project("");
    env.write("mlv.yaml", definitions(PROTECTED));
    env.write("model", "first\n");
    metric(&env, "0.9");
    merge_metric(&env, "0.5");
    let before = env.json(&["log", "main", "-n", "1", "--json"])[0]["id"].clone();
    work(&env);
    work(&env);
    assert_eq!(told(&env).len(), 1);
    let run = env.json(&["hooks", "runs", "--hook", "retrain", "--json"])[0].clone();
    assert_eq!(run["status"], "warned");
    let message = run["message"].as_str().unwrap();
    let refused = "`auto/retrain` was not merged into `main`: merge refused by `gate`";
    assert!(message.contains(refused), "{message}");
    assert_eq!(env.json(&["log", "main", "-n", "1", "--json"])[0]["id"], before);
    assert_eq!(env.success(&["cat", "auto/retrain:model"]).stdout, "{\"auc\": 0.5}\n");
}

#[test]
fn a_conflict_is_said_and_left_to_people() {
    let env = project("");
    env.write("mlv.yaml", definitions(PROTECTED));
    env.write("model", "first\n");
    metric(&env, "0.9");
    merge_metric(&env, "0.65");
    let slow = "sleep 0.01; touch \"$MLV_ROOT/.mlv/begun\"; while test ! -e \"$MLV_ROOT/.mlv/go\"; do sleep 0.02; done; cat live.json > model";
    env.success(&["switch", "-c", "slow"]);
    env.write("mlv.yaml", definitions(PROTECTED).replace("cat live.json > model", slow));
    metric(&env, "0.6");
    env.success(&["switch", "main"]);
    env.success(&["merge", "slow"]);
    let mut worker =
        env.command(&["hooks", "work", "--once"]).stderr(Stdio::null()).spawn().unwrap();
    env.wait_for(".mlv/begun");
    env.success(&["switch", "-c", "by-hand"]);
    env.write("model", "by hand\n");
    env.success(&["commit", "-am", "by hand"]);
    env.success(&["merge", "by-hand", "--into", "main"]);
    env.write(".mlv/go", "");
    assert!(worker.wait().unwrap().success());
    let run = env.json(&["hooks", "runs", "--hook", "retrain", "--json"])[0].clone();
    let message = run["message"].as_str().unwrap();
    assert!(message.contains("was not merged into `main`: `model` is in conflict"), "{message}");
    assert_eq!(env.success(&["cat", "main:model"]).stdout, "by hand\n");
}

/// Returns the samples of the text format, with their labels as they stand; it must be well-formed.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let mut samples = BTreeMap::new();
    let (mut described, mut family) = (BTreeSet::new(), String::new());
    for line in text.lines() {
        let mut words = line.split(' ');
        if let Some(rest) = line.strip_prefix("# HELP ") {
            rest.split(' ').next().unwrap().clone_into(&mut family);
            assert!(described.insert(family.clone()), "described twice: {line}");
        } else if line.starts_with("# TYPE ") {
            assert_eq!(words.nth(2), Some(family.as_str()));
            assert!(matches!(words.next(), Some("counter" | "gauge")), "{line}");
        } else {
            let (key, value) = line.rsplit_once(' ').unwrap();
            assert_eq!(key.split('{').next(), Some(family.as_str()), "{line}");
            assert!(samples.insert(key.to_owned(), value.parse().unwrap()).is_none(), "{line}");
        }
    }
    samples
}

#[test]
fn prometheus_reads_counts_that_never_fall_and_what_was_measured_last() {
    let env = TestEnvironment::with_hooks(
        r#"version: 1
hooks:
  train:
    on: post-commit
    run: |
      echo '{"metric": {"auc": 0.81, "say \"x\"": 2}}' > "$MLV_OUTPUT"
      test ! -e "$MLV_ROOT/.mlv/broken"
"#,
    );
    env.success(&["config", "set", "metrics.textfile", ".mlv/metrics.prom"]);
    let read = || samples(&String::from_utf8(env.read(".mlv/metrics.prom")).unwrap());
    let count = |status: &str| {
        let key = "mlv_hook_runs_total{event=\"post-commit\",hook=\"train\",status=\"STATUS\"}";
        read().get(&key.replace("STATUS", status)).copied()
    };
    env.write(".mlv/broken", "");
    env.write("data/a.csv", "2\n");
    env.success(&["commit", "-am", "second"]);
    assert_eq!((count("passed"), count("failed")), (Some(1.0), Some(1.0)));
    std::fs::remove_file(env.path(".mlv/broken")).unwrap();
    env.success(&["hooks", "retry", "--failed"]);
    assert_eq!((count("passed"), count("failed")), (Some(2.0), Some(1.0)));
    let auc = "mlv_hook_metric{hook=\"train\",branch=\"main\",metric=\"auc\"}";
    assert_eq!(read()[auc], 0.81);
    let quoted = "mlv_hook_metric{hook=\"train\",branch=\"main\",metric=\"say \\\"x\\\"\"}";
    assert_eq!(read()[quoted], 2.0);
    let printed = env.success(&["hooks", "metrics"]).stdout;
    assert_eq!(samples(&printed), read());
    env.success(&["hooks", "metrics", "-o", "elsewhere.prom"]);
    assert_eq!(env.read("elsewhere.prom"), printed.as_bytes());
}

#[test]
fn prometheus_is_told_the_share_of_unexpected_rows_of_each_check() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    let hooks = "version: 1\nhooks:\n  validate:\n    on: pre-commit\n    uses: validate\n    with: {suite: checks/raw.yaml}\n";
    env.write("mlv.yaml", hooks);
    let suite = "dataset: data/a.csv\nchecks:\n- unique: {columns: [id, age], level: warn}\ncolumns:\n  \
                 age: {not_null: {mostly: 0.5}, range: [{min: 1}, {min: 0}]}\n";
    env.write("checks/raw.yaml", suite);
    env.write("data/a.csv", "id,age\n1,7\n");
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "first"]);
    env.write("data/a.csv", "id,age\n1,7\n2,\n2,\n4,0\n");
    let shares = || {
        let mut found: Vec<String> = env
            .success(&["hooks", "metrics"])
            .stdout
            .lines()
            .filter(|line| line.contains("unexpected_ratio"))
            .map(str::to_owned)
            .collect();
        found.sort();
        found.join("\n")
    };
    // What refuses is told as what passes is.
    env.mlv(&["commit", "-am", "zero"]).expect_code(3);
    insta::assert_snapshot!(shares(), @r#"
    # HELP mlv_check_unexpected_ratio The share of unexpected rows, from 0 to 1, that the newest run of a check found.
    # TYPE mlv_check_unexpected_ratio gauge
    mlv_check_unexpected_ratio{hook="validate",branch="main",suite="checks/raw.yaml",check="not_null",column="age"} 0.5
    mlv_check_unexpected_ratio{hook="validate",branch="main",suite="checks/raw.yaml",check="range",column="age"} 0.5
    mlv_check_unexpected_ratio{hook="validate",branch="main",suite="checks/raw.yaml",check="unique",column="id, age"} 0.5
    "#);
    env.write("data/a.csv", "id,age\n1,7\n2,\n3,5\n4,6\n");
    env.success(&["commit", "-am", "better"]);
    let better = shares();
    insta::assert_snapshot!(better, @r#"
    # HELP mlv_check_unexpected_ratio The share of unexpected rows, from 0 to 1, that the newest run of a check found.
    # TYPE mlv_check_unexpected_ratio gauge
    mlv_check_unexpected_ratio{hook="validate",branch="main",suite="checks/raw.yaml",check="not_null",column="age"} 0.25
    mlv_check_unexpected_ratio{hook="validate",branch="main",suite="checks/raw.yaml",check="range",column="age"} 0
    mlv_check_unexpected_ratio{hook="validate",branch="main",suite="checks/raw.yaml",check="unique",column="id, age"} 0
    "#);
    // A verdict that is reused says the same.
    env.success(&["commit", "--allow-empty", "-m", "again"]);
    assert_eq!(shares(), better);
}

/// Returns a table of as many rows, of numbers from `from` on.
fn table(from: usize) -> String {
    let rows = (0..300).map(|row| format!("{},{}\n", from + row % 50, row % 7 * 3));
    std::iter::once("amount,other\n".to_owned()).chain(rows).collect()
}

#[test]
fn data_that_drift_are_one_run_and_prometheus_is_told_their_scores() {
    let env = TestEnvironment::new();
    env.success(&["init"]);
    env.success(&["config", "set", "hooks.worker", "manual"]);
    env.success(&["config", "set", "metrics.textfile", ".mlv/metrics.prom"]);
    env.write(
        "mlv.yaml",
        "version: 1
hooks:
  retrain:
    on: {drift: {data: 'live/**', reference: 'main:train.csv', spec: drift.yaml}}
    outputs: [model]
    run: |
      cat >> \"$MLV_ROOT/.mlv/causes\"; echo >> \"$MLV_ROOT/.mlv/causes\"
      date +%N > model
",
    );
    env.write("drift.yaml", "share: 0.5\n");
    env.write("train.csv", table(0));
    env.write("live/1.csv", table(0));
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "first"]);
    let score = || {
        let text = String::from_utf8(env.read(".mlv/metrics.prom")).unwrap();
        let found = samples(&text);
        let drift = found["mlv_drift_detected{dataset=\"live/**\",branch=\"main\"}"];
        let mut scores = found.iter().filter(|(key, _)| {
            key.starts_with("mlv_drift_score{dataset=\"live/**\",column=\"amount\",method=\"")
        });
        (drift, *scores.next().unwrap().1)
    };
    work(&env);
    assert_eq!((told(&env).len(), score().0), (0, 0.0));
    assert_eq!(standing(&env), "no drift: 0 of 2 columns drifted");
    let stable = score().1;
    env.write("live/1.csv", table(1000));
    env.success(&["commit", "-am", "February"]);
    for _ in 0..3 {
        work(&env);
    }
    let causes = told(&env);
    assert_eq!(causes.len(), 1);
    let cause = &causes[0]["cause"];
    assert_eq!((&causes[0]["event"], &cause["dataset"]), (&json!("drift"), &json!("live/**")));
    assert_eq!((&cause["drift"], &cause["share"]), (&json!(true), &json!(0.5)));
    let amount = cause["columns"].as_array().unwrap().iter().find(|c| c["column"] == "amount");
    assert_eq!(amount.unwrap()["drift"], true);
    assert_eq!(score().0, 1.0);
    assert_ne!(score().1, stable);
    // Where data lie that nobody watches, nothing is looked at; another file is another cause.
    env.write("elsewhere.csv", table(1));
    env.write("live/2.csv", table(1000));
    env.success(&["add", "."]);
    env.success(&["commit", "-m", "March"]);
    work(&env);
    work(&env);
    assert_eq!(told(&env).len(), 2);
    // A specification that cannot be read starts nothing.
    env.write("drift.yaml", "shar: 1\n");
    env.success(&["commit", "-am", "broken"]);
    work(&env);
    assert!(standing(&env).starts_with("cannot be told: "), "{}", standing(&env));
    assert_eq!(told(&env).len(), 2);
}
