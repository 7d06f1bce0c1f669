use super::{commit, last_run, project};

const HOOK: &str = "on: pre-commit\nuses: max-file-size\nwith: {max: 1kB, exclude: ['big/**']}";

#[test]
fn files_within_the_limit_pass_and_excluded_ones_are_not_looked_at() {
    let env = project(HOOK);
    let large = "x".repeat(2000);
    commit(&env, &[("data/a.csv", &"x".repeat(1000)), ("big/b.bin", &large)]).expect_code(0);
    assert_eq!(last_run(&env).0, "1 file within 1 kB");
}

#[test]
fn a_file_over_the_limit_is_named_with_its_size() {
    let env = project(HOOK);
    commit(&env, &[("data/a.csv", "x"), ("data/b.csv", &"x".repeat(1001))]).expect_code(3);
    let (message, log) = last_run(&env);
    assert_eq!(message, "1 file larger than 1 kB");
    assert_eq!(log.trim(), "data/b.csv: 1 kB, and 1 kB is the limit");
}

#[test]
fn a_name_with_a_line_break_hides_no_file_and_what_is_deleted_is_passed_over() {
    let env = project(HOOK);
    commit(&env, &[("data/a.csv", "x")]).expect_code(0);
    std::fs::remove_file(env.path("data/a.csv")).unwrap();
    commit(&env, &[("data/two\nlines", &"x".repeat(3000))]).expect_code(3);
    assert_eq!(last_run(&env).1.trim(), "data/two\\x0alines: 3 kB, and 1 kB is the limit");
}
