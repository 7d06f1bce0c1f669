//! The project that `mlv demo` plays with: its scripts do what its README says, with shell and awk only.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::TestEnvironment;

const GOOD: &str = "age basic_plan monthly_spend tenure_months support_calls";
const POOR: &str = "age";

/// A copy of the template, and what its hooks are told.
struct Project {
    env: TestEnvironment,
}

impl Project {
    fn new() -> Self {
        let env = TestEnvironment::new();
        let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/demo");
        copy_tree(&template, &env.root());
        std::fs::create_dir_all(env.path("data")).unwrap();
        Self { env }
    }

    /// Runs a line of shell as a hook is run; returns its exit code and what it printed.
    fn sh(&self, line: &str, variables: &[(&str, PathBuf)]) -> (i32, String) {
        let output = Command::new("sh")
            .args(["-c", line])
            .current_dir(self.env.root())
            .env_remove("MLV_BASE_DIR")
            .env("MLV_OUTPUT", self.env.home().join("answers"))
            .env("MLV_TREE", "0123456789abcdef0123")
            .env("MLV_ROOT", self.env.home())
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap();
        let told = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(told).unwrap())
    }

    fn answers(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.env.home().join("answers")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[track_caller]
    fn train_on(&self, features: &str) {
        let params = format!("features: {features}\nepochs: 60\nlearning_rate: 0.5\n");
        self.env.write("params.yaml", params);
        let (code, told) = self.sh("sh pipeline/train.sh", &[]);
        assert_eq!(code, 0, "{told}");
    }
}

fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn the_pipeline_of_the_template_is_valid() {
    let text = include_bytes!("../templates/demo/mlv.yaml");
    let spec = mlv::hook::spec::parse("mlv.yaml", text).unwrap();
    let names: Vec<String> = spec.hooks.iter().map(|hook| hook.id.to_string()).collect();
    assert_eq!(names, ["validate", "train", "gate", "deploy"]);
}

#[test]
fn a_good_month_passes_and_a_broken_one_is_refused_with_its_rows() {
    let project = Project::new();
    let export = "sh warehouse/export.sh 2026-01 >data/customers.csv";
    let check = "sh checks/customers.sh data/customers.csv";
    assert_eq!(project.sh(export, &[]), (0, String::new()));
    assert_eq!(project.sh(check, &[]), (0, "1000 rows are fine\n".to_owned()));
    project.sh("sh warehouse/export.sh 2026-02 broken >data/customers.csv", &[]);
    let (code, told) = project.sh(check, &[]);
    assert_eq!(code, 1);
    assert!(
        told.starts_with("data/customers.csv:14: age 410 is not within 18 and 100\n"),
        "{told}"
    );
    assert!(told.ends_with("and 1 more\n11 faults in 1040 rows\n"), "{told}");
    let answers = project.answers();
    assert_eq!(answers[1]["annotation"]["row"], 12);
    assert_eq!(answers.last().unwrap()["summary"], "11 faults in 1040 rows");
}

#[test]
fn files_that_are_no_table_are_refused() {
    let project = Project::new();
    let check = "sh checks/customers.sh data/customers.csv";
    assert_eq!(project.sh(check, &[]), (1, "data/customers.csv is missing\n".to_owned()));
    for junk in ["", "\n\n", "a,b\n\"\\,\u{1}\n"] {
        project.env.write("data/customers.csv", junk);
        assert_eq!(project.sh(check, &[]).0, 1, "{junk:?}");
        project.answers();
    }
}

#[test]
fn the_gate_refuses_a_worse_model_and_lets_a_better_one_in() {
    let project = Project::new();
    project.sh("sh warehouse/export.sh 2026-01 >data/customers.csv", &[]);
    let base = project.env.home().join("base");
    project.train_on("age basic_plan monthly_spend");
    let (code, told) = project.sh("sh checks/gate.sh", &[]);
    assert!(code == 0 && told.contains("no model in main"), "{told}");

    copy_tree(&project.env.root(), &base);
    project.train_on(POOR);
    let (code, told) = project.sh("sh checks/gate.sh", &[("MLV_BASE_DIR", base.clone())]);
    assert!(code == 1 && told.contains("below main's"), "{told}");

    project.train_on(GOOD);
    let (code, told) = project.sh("sh checks/gate.sh", &[("MLV_BASE_DIR", base)]);
    assert!(code == 0 && told.contains("against main's"), "{told}");
    let metrics: Vec<_> =
        project.answers().iter().filter_map(|a| a.get("metric").cloned()).collect();
    assert!(
        metrics.iter().any(|metric| metric["auc"].as_f64().unwrap_or(0.0) > 0.75),
        "{metrics:?}"
    );
}

#[test]
fn a_deployment_can_be_repeated_and_a_broken_model_changes_nothing() {
    let project = Project::new();
    project.sh("sh warehouse/export.sh 2026-01 >data/customers.csv", &[]);
    project.train_on(GOOD);
    for _ in 0..2 {
        let (code, told) = project.sh("sh deploy.sh", &[]);
        assert!(code == 0 && told.starts_with("production uses releases/0123456789ab "), "{told}");
    }
    project.env.write("models/churn/model.tsv", "garbage\n");
    let (code, told) = project.sh("sh deploy.sh", &[("MLV_TREE", "f".repeat(64).into())]);
    assert!(code == 1 && told.starts_with("smoke test failed"), "{told}");
    let prod = project.env.home().join("prod");
    let in_use = std::fs::read_link(prod.join("current")).unwrap();
    assert_eq!(in_use, Path::new("releases/0123456789ab"));
    let left: Vec<_> = std::fs::read_dir(prod).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}
