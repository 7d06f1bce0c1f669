//! `MLV_LOG`.

use crate::common::TestEnvironment;

#[test]
fn mlv_log_tells_what_happens_on_stderr_and_nowhere_else() {
    let mut env = TestEnvironment::new();
    env.success(&["init"]);
    env.write("a", "1");
    env.success(&["add", "a"]);
    let quiet = env.mlv(&["commit", "-m", "x", "--json"]);
    assert!(!quiet.stderr.contains("DEBUG"), "{}", quiet.stderr);
    env.write("a", "2");
    env.set_variable("MLV_LOG", "mlv=debug");
    let told = env.mlv(&["commit", "-am", "y", "--json"]);
    assert!(told.stderr.contains("stored the commit"), "{}", told.stderr);
    assert!(serde_json::from_str::<serde_json::Value>(&told.stdout).is_ok(), "{}", told.stdout);
}

#[test]
fn a_word_that_mlv_log_does_not_know_is_named() {
    let mut env = TestEnvironment::new();
    env.set_variable("MLV_LOG", "mlv=loud");
    let refused = env.mlv(&["version"]);
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("MLV_LOG is `mlv=loud`"), "{}", refused.stderr);
}
