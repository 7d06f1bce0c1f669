//! The test environment itself: what the machine is set to does not reach a test.

use crate::common::TestEnvironment;

#[test]
fn git_in_a_test_knows_neither_the_machine_nor_its_user() {
    let env = TestEnvironment::new();
    env.git(&["init", "--quiet", "--initial-branch=main"]);
    env.write("data/a.csv", "id\n1\n");
    env.git(&["add", "."]);
    env.git(&["commit", "--quiet", "-m", "first"]);
    assert_eq!(env.git(&["log", "--format=%an %s"]), "Ada Test first\n");
    assert_eq!(env.git(&["config", "--list", "--show-scope"]).matches("global\t").count(), 0);
    assert_eq!(env.read("data/a.csv"), b"id\n1\n");
}

#[test]
fn what_a_run_prints_is_kept_twice_as_it_came_and_normal() {
    let env = TestEnvironment::new();
    let directory = env.path("none").display().to_string();
    let output = env.mlv(&["-C", &directory, "version"]).without_ids().expect_code(1);
    assert_eq!(output.command, "mlv -C $ROOT/none version");
    assert!(output.stderr.contains("`$ROOT/none`"), "{output}");
    assert_eq!(env.success(&["version"]).raw_stdout, env.success(&["version"]).stdout.as_bytes());
}
