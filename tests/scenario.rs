//! The whole life of a model, as the template `tabular-classification` has it: what comes in, what is kept
//! out and for which reason, what is put to use, and the way back.

use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::common::{Output, TestEnvironment};

/// A project, and what is done in it.
struct Churn {
    env: TestEnvironment,
}

/// A project in whose `main` the first model is: made once, then copied.
static FIRST_MODEL: LazyLock<Churn> = LazyLock::new(|| {
    let churn = Churn::january();
    churn.env.success(&["switch", "-c", "first-model"]);
    churn.env.success(&["commit", "--allow-empty", "-m", "The first model"]);
    churn.merged("first-model");
    churn.env.success(&["switch", "main"]);
    churn
});

impl Churn {
    fn january() -> Self {
        let churn = Self { env: TestEnvironment::new() };
        churn.env.success(&["init", "--template", "tabular-classification"]);
        churn.env.success(&["config", "set", "hooks.worker", "manual"]);
        churn.generate("--month 2026-01");
        churn.env.success(&["add", "."]);
        churn.env.success(&["commit", "-m", "January"]);
        churn
    }

    fn first_model() -> Self {
        let churn = Self { env: TestEnvironment::new() };
        let from = FIRST_MODEL.env.root().join(".");
        let copied = Command::new("cp").arg("-a").arg(from).arg(churn.env.root()).status();
        assert!(copied.unwrap().success());
        churn
    }

    #[track_caller]
    fn shell(&self, line: &str) {
        let output = self.env.shell().args(["-c", line]).output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }

    #[track_caller]
    fn generate(&self, arguments: &str) {
        self.shell(&format!("python3 warehouse/generate.py {arguments}"));
    }

    #[track_caller]
    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = String::from_utf8(self.env.read(path)).unwrap();
        assert!(text.contains(from), "{path} has no `{from}`");
        self.env.write(path, text.replace(from, to));
    }

    /// Begins a branch on `main`.
    #[track_caller]
    fn begin(&self, branch: &str) {
        self.env.success(&["switch", "-c", branch, "main"]);
    }

    #[track_caller]
    fn commit(&self, message: &str) {
        self.env.success(&["add", "."]);
        self.env.success(&["commit", "-m", message]);
    }

    fn merge(&self, branch: &str) -> Output {
        self.env.mlv(&["merge", branch, "--into", "main"])
    }

    #[track_caller]
    fn merged(&self, branch: &str) -> Output {
        self.merge(branch).expect_code(0)
    }

    /// Commits what has changed on a branch of its own, and returns for which reasons its merge into
    /// `main` is refused, which stays as it was.
    #[track_caller]
    fn refused(&self, branch: &str) -> Vec<String> {
        self.commit(branch);
        let before = self.tip("main");
        let refused = self.merge(branch).expect_code(3);
        let told = "error: merge refused by `gate`; `main` is unchanged\n";
        assert!(refused.stderr.contains(told), "{refused}");
        assert_eq!(self.tip("main"), before);
        self.reasons("gate")
    }

    /// Returns for what the newest run of a hook refused.
    fn reasons(&self, hook: &str) -> Vec<String> {
        let run = self.newest(hook);
        let shown = self.env.json(&["hooks", "show", run["run_id"].as_str().unwrap(), "--json"]);
        let remarks = shown["annotations"].as_array().unwrap();
        let failed = remarks.iter().filter(|remark| remark["level"] == "fail");
        failed.map(|remark| remark["message"].as_str().unwrap().to_owned()).collect()
    }

    fn tip(&self, branch: &str) -> Value {
        self.env.json(&["log", branch, "-n", "1", "--json"])[0]["id"].clone()
    }

    fn runs(&self, hook: &str) -> Vec<Value> {
        let runs = self.env.json(&["hooks", "runs", "--hook", hook, "--json"]);
        runs.as_array().unwrap().clone()
    }

    #[track_caller]
    fn newest(&self, hook: &str) -> Value {
        self.runs(hook)[0].clone()
    }

    /// Returns the file of the model that is in use.
    fn in_use(&self) -> Vec<u8> {
        self.env.read("prod/current/models/churn/model.json")
    }

    fn model_of(&self, revision: &str) -> Vec<u8> {
        self.env.success(&["cat", &format!("{revision}:models/churn/model.json")]).raw_stdout
    }

    fn active(&self) -> Value {
        self.env.json(&["deploy", "status", "prod", "--json"])[0]["active"].clone()
    }
}

#[test]
fn good_data_passes_and_lands_with_its_features_in_one_commit() {
    let churn = Churn::january();
    let ls = churn.env.success(&["ls", "-r", "HEAD"]).stdout;
    for path in ["data/raw/2026-01.csv", "data/splits/train.csv", "features/test.csv"] {
        assert!(ls.lines().any(|line| line == path), "{path} is missing:\n{ls}");
    }
    assert!(!ls.contains("models/"));
    assert_eq!(churn.newest("validate")["status"], "passed");
    // From now on main is protected.
    churn.generate("--month 2026-02");
    churn.env.success(&["add", "data"]);
    churn.env.mlv(&["commit", "-m", "February"]).expect_code(1);
}

#[test]
fn bad_data_is_refused_with_its_rows_and_nothing_moves() {
    let churn = Churn::january();
    churn.begin("february");
    churn.generate("--month 2026-02 --flaw all");
    churn.env.success(&["add", "data"]);
    let (tip, status) = (churn.tip("february"), churn.env.json(&["status", "--json"]));
    let refused = churn.env.mlv(&["commit", "-m", "February"]).expect_code(3);
    assert!(refused.stderr.contains("commit refused by `validate`"), "{refused}");
    assert_eq!(churn.tip("february"), tip);
    assert_eq!(churn.env.json(&["status", "--json"]), status);

    let report = churn.env.mlv(&["check", "checks/customers.yaml", "--json"]).expect_code(3).json();
    assert_eq!(report["rows"], 12_000);
    let found = |column: &str, check: &str| {
        let all = report["checks"].as_array().unwrap();
        let found = all.iter().find(|it| it["column"] == column && it["check"] == check);
        found.unwrap_or_else(|| panic!("no {check} of {column} in {report}")).clone()
    };
    for (column, check, status, unexpected) in [
        ("age", "not_null", "fail", 240),
        ("age", "range", "fail", 7),
        ("customer_id", "unique", "fail", 10),
        ("plan", "in_set", "fail", 3),
        ("snapshot_date", "date_format", "fail", 4),
        ("monthly_spend", "range", "warn", 12),
        ("region", "in_set", "pass", 0),
    ] {
        let it = found(column, check);
        assert_eq!(
            (&it["status"], &it["unexpected"]),
            (&json!(status), &json!(unexpected)),
            "{it}"
        );
    }
    // The rows of February come after the 6000 of January.
    let plans = found("plan", "in_set")["sample"].clone();
    let rows = [3, 2003, 4003].map(|row| {
        let file = "data/raw/2026-02.csv";
        json!({"row": 6000 + row, "file": file, "row_of_file": row, "value": "premium"})
    });
    assert_eq!(plans, json!(rows));
}

#[test]
fn unverified_data_bears_a_mark_and_does_not_get_into_main() {
    let churn = Churn::january();
    churn.begin("february");
    churn.generate("--month 2026-02 --flaw category");
    churn.env.success(&["add", "data"]);
    churn.env.success(&["commit", "-m", "February", "--no-verify"]);
    let log = churn.env.json(&["log", "-n", "1", "--json"]);
    assert!(log[0]["meta"]["mlv.no-verify"].is_string(), "{log}");
    let before = churn.tip("main");
    let refused = churn.merge("february").expect_code(3);
    assert!(refused.stderr.contains("merge refused by `validate`"), "{refused}");
    assert_eq!(churn.tip("main"), before);
}

#[test]
fn warnings_are_recorded_and_refuse_nothing() {
    let churn = Churn::january();
    churn.begin("february");
    churn.generate("--month 2026-02 --flaw negative");
    churn.commit("February");
    let run = churn.newest("validate");
    assert_eq!(run["status"], "warned", "{run}");
    let shown = churn.env.success(&["hooks", "show", run["run_id"].as_str().unwrap()]);
    assert!(shown.stdout.contains("monthly_spend"), "{shown}");
    churn.merged("february");
}

#[test]
fn the_first_model_has_no_champion_and_is_put_to_use() {
    let churn = Churn::first_model();
    let gate = churn.newest("gate");
    assert_eq!(gate["status"], "passed");
    assert!(gate["metrics"]["auc"].as_f64().unwrap() > 0.8, "{gate}");
    let report = churn.env.json(&[
        "gate",
        "gates/churn.yaml",
        "--candidate",
        "main",
        "--champion",
        "main~1",
        "--json",
    ]);
    let statuses: Vec<&Value> = report["rules"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|rule| rule["rule"] == "max_drop" || rule["rule"] == "non_inferior")
        .map(|rule| &rule["status"])
        .collect();
    assert_eq!(statuses, ["no_champion", "no_champion"]);
    assert_eq!(churn.newest("deploy")["status"], "passed");
    assert_eq!(churn.in_use(), churn.model_of("main"));
    assert_eq!(churn.active()["commit"], churn.tip("main"));
    churn.shell("python3 -B prod/current/pipeline/serve.py '{\"age\": 34}' | grep '^0[.]'");
}

#[test]
fn labels_that_were_dealt_out_anew_fail_both_bounds() {
    let churn = Churn::first_model();
    churn.begin("shuffled");
    churn.edit("params.yaml", "shuffle_labels: false", "shuffle_labels: true");
    let reasons = churn.refused("shuffled");
    assert!(has(&reasons, &["auc 0.", "below 0.7 (min)"]), "{reasons:?}");
    assert!(has(&reasons, &["auc 0.", "below main's 0.8", "(max drop 0.02)"]), "{reasons:?}");
}

#[test]
fn a_weaker_model_is_good_enough_but_worse_than_the_champion() {
    let churn = Churn::first_model();
    churn.begin("weaker");
    churn.edit("params.yaml", ", support_calls]", "]");
    let reasons = churn.refused("weaker");
    assert!(has(&reasons, &["auc 0.7", "below main's 0.8", "(max drop 0.02)"]), "{reasons:?}");
    assert!(!has(&reasons, &["(min)"]) && !has(&reasons, &["gender"]), "{reasons:?}");
}

#[test]
fn an_unfair_model_is_better_than_the_champion_and_refused_for_that() {
    let churn = Churn::first_model();
    churn.begin("unfair");
    churn.edit("params.yaml", "support_calls]", "support_calls, gender]");
    let reasons = churn.refused("unfair");
    assert!(has(&reasons, &["equalized_odds_difference", "gender"]), "{reasons:?}");
    assert_eq!(reasons.len(), 1, "{reasons:?}");
}

#[test]
fn customers_who_judge_and_were_learned_from_are_refused() {
    let churn = Churn::first_model();
    churn.begin("leak");
    let (from, to) = ("if not is_test(row[KEY], percent)]", "]");
    churn.edit("pipeline/split.py", from, to);
    let reasons = churn.refused("leak");
    let overlap = ["evaluated rows", "`data/splits/train.csv` too", "C260100"];
    assert!(has(&reasons, &overlap), "{reasons:?}");
}

#[test]
fn predictions_that_are_older_than_their_data_are_refused() {
    let churn = Churn::first_model();
    churn.generate("--month 2026-02");
    churn.shell("python3 pipeline/split.py");
    let refused = churn.env.mlv(&["gate", "gates/churn.yaml", "--json"]).expect_code(3).json();
    let rules = refused["rules"].as_array().unwrap();
    let stale = rules.iter().find(|rule| rule["rule"] == "stale_predictions").unwrap();
    assert_eq!(stale["status"], "fail");
    let message = stale["message"].as_str().unwrap();
    let expected = "stale predictions: `metrics/predictions.csv` is still that of";
    assert!(message.starts_with(expected) && message.contains("data/splits/"), "{message}");
}

#[test]
fn a_branch_can_lower_no_bar_for_itself() {
    let churn = Churn::first_model();
    churn.begin("lower");
    churn.edit("params.yaml", "support_calls]", "support_calls, gender]");
    churn.edit("gates/churn.yaml", "max: 0.10", "max: 0.90");
    churn.edit(
        "pipeline/evaluate.py",
        "row[name] for row in customers",
        "\"all\" for row in customers",
    );
    let reasons = churn.refused("lower");
    assert!(has(&reasons, &["equalized_odds_difference"]), "{reasons:?}");
}

#[test]
fn another_month_is_learned_from_too_and_compared_on_what_both_models_scored() {
    let churn = Churn::first_model();
    let before = churn.in_use();
    churn.begin("february");
    churn.generate("--month 2026-02");
    churn.commit("February");
    churn.merged("february");
    assert_ne!(churn.in_use(), before);
    assert_eq!(churn.in_use(), churn.model_of("main"));
    let report = churn.env.json(&[
        "gate",
        "gates/churn.yaml",
        "--candidate",
        "main",
        "--champion",
        "main~1",
        "--json",
    ]);
    let [rows, shared] = ["rows", "shared_rows"].map(|key| report[key].as_u64().unwrap());
    assert!(rows > 3000 && shared < 2000, "{report}");
}

#[test]
fn similar_customers_start_nothing() {
    let churn = Churn::first_model();
    churn.live("--month 2026-02");
    let drift = churn.env.json(&["drift", "drift/customers.yaml", "--json"]);
    assert_eq!(drift["drift"], false, "{drift}");
    churn.work();
    assert_eq!(churn.runs("retrain").len(), 0);
}

#[test]
fn changed_customers_start_one_retraining_which_goes_through_the_gates() {
    let churn = Churn::first_model();
    churn.live("--month 2026-03 --drift");
    assert_eq!(churn.newest("validate")["status"], "passed");
    let drift = churn.env.json(&["drift", "drift/customers.yaml", "--json"]);
    assert!(drift["share"].as_f64().unwrap() >= 0.5, "{drift}");
    let (before, gates) = (churn.tip("main"), churn.runs("gate").len());
    for _ in 0..3 {
        churn.work();
        assert_eq!(churn.runs("retrain").len(), 1);
    }
    let run = churn.newest("retrain");
    assert_eq!((&run["status"], &run["event"]), (&json!("passed"), &json!("drift")), "{run}");
    assert!(churn.runs("gate").len() > gates);
    assert_ne!(churn.tip("main"), before);
    let raw = churn.env.success(&["ls", "-r", "main:data"]).stdout;
    assert!(raw.contains("raw/2026-03.csv") && !raw.contains("live/"), "{raw}");
    assert_eq!(churn.in_use(), churn.model_of("main"));
    assert_eq!(churn.active()["commit"], churn.tip("main"));
}

#[test]
fn one_command_brings_the_release_before_back() {
    let churn = Churn::first_model();
    let (first, release) = (churn.in_use(), churn.active());
    churn.begin("february");
    churn.generate("--month 2026-02");
    churn.commit("February");
    churn.merged("february");
    let tip = churn.tip("main");
    churn.env.success(&["deploy", "rollback", "prod"]);
    assert_eq!(churn.in_use(), first);
    assert_eq!(churn.active()["release_id"], release["release_id"]);
    assert_eq!(churn.tip("main"), tip);
    assert!(
        churn.env.json(&["deploy", "status", "prod", "--json"])[0]["behind"].as_u64() > Some(0)
    );
}

#[test]
fn a_release_that_serves_otherwise_than_it_learned_is_not_left_active() {
    let churn = Churn::first_model();
    let (model, release) = (churn.in_use(), churn.active());
    churn.begin("skewed");
    churn.edit(
        "pipeline/serve.py",
        "features_of(customer))",
        "{**features_of(customer), \"age\": 40.0})",
    );
    churn.commit("Everybody is forty");
    // The merge stands: what comes after it cannot refuse it.
    let merged = churn.merged("skewed");
    assert!(merged.stderr.contains("✗ deploy"), "{merged}");
    let run = churn.newest("deploy");
    assert_eq!(run["status"], "failed", "{run}");
    assert_eq!((churn.in_use(), churn.active()), (model, release));
    let history = churn.env.json(&["deploy", "history", "prod", "--json"]);
    assert!(history.to_string().contains("failed"), "{history}");
    let log = churn.env.success(&["hooks", "log", run["run_id"].as_str().unwrap()]).stdout;
    assert!(log.contains(" is served 0."), "{log}");
}

impl Churn {
    /// Merges customers as they come in.
    #[track_caller]
    fn live(&self, arguments: &str) {
        self.begin("live");
        self.generate(&format!("{arguments} --out data/live/2026-03.csv"));
        self.commit("As they come in");
        self.merged("live");
        self.env.success(&["switch", "main"]);
    }

    #[track_caller]
    fn work(&self) {
        self.env.success(&["hooks", "work", "--once"]);
    }
}

/// Tells whether one sentence holds all of these.
fn has(sentences: &[String], parts: &[&str]) -> bool {
    sentences.iter().any(|sentence| parts.iter().all(|part| sentence.contains(part)))
}
