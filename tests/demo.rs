//! `mlv demo`

use crate::common::TestEnvironment;

#[test]
fn the_demo_plays_its_story_to_the_end_without_any_settings() {
    let mut env = TestEnvironment::new();
    // What would lead the demo astray, were it passed on.
    env.set_variable("MLV_NO_VERIFY", "1");
    env.set_variable("MLV_AUTHOR_NAME", "");
    let demo = env.success(&["demo"]);
    for told in [
        "$ mlv init --template tabular-classification\nmade a repository in",
        "\n$ mlv commit -m January\npre-commit on main\n  ✓ validate",
        "error: commit refused by `validate`; `february` is unchanged\n",
        "below main's 0.8",
        "equalized_odds_difference by gender 0.2",
        "error: merge refused by `gate`; `main` is unchanged\n",
        "[exit code 3: a hook or gate refused]\n",
        "on `auto/retrain`; merged into `main` as",
        "behind main\n",
        "\n$ mlv undo\nundid `mlv restore params.yaml` (1 file changed)\n",
        "\n$ tail -n 1 params.yaml\nridge: 2.0\n",
        "\nWhat to try next\n  cd mlv-demo",
    ] {
        assert!(demo.stdout.contains(told), "`{told}` is missing in:\n{demo}");
    }
    assert_eq!(demo.stderr, "");
    assert!(demo.stdout.lines().count() < 220);
    env.set_variable("MLV_NO_VERIFY", "");
    let runs = env.json(&["-C", "mlv-demo", "hooks", "runs", "--json"]);
    assert!(runs.as_array().unwrap().iter().any(|run| run["event"] == "drift"));
    assert!(env.success(&["-C", "mlv-demo", "log", "main"]).stdout.contains("Demo"));
}

#[test]
fn a_directory_that_holds_something_is_left_alone() {
    let env = TestEnvironment::new();
    env.write("mlv-demo/mine.txt", "mine");
    insta::assert_snapshot!(env.screen("mlv demo"), @r"
    $ mlv demo
    [stderr]
    error: `mlv-demo` is not empty
    hint: name another directory: `mlv demo DIR`
    [exit code 1]
    ");
    assert_eq!(std::fs::read_dir(env.path("mlv-demo")).unwrap().count(), 1);
}
