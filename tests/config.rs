//! `mlv config`

use crate::common::TestEnvironment;

/// Returns an environment with the least that counts as a repository.
fn in_repository() -> TestEnvironment {
    let env = TestEnvironment::new();
    mlv::repo::Repo::init(&env.root(), "main", mlv::repo::OpenOptions::default()).unwrap();
    env
}

#[test]
fn a_setting_is_set_read_and_removed_in_the_repository() {
    let env = in_repository();
    insta::assert_snapshot!(env.screen("mlv config set core.editor nano"), @r"
    $ mlv config set core.editor nano
    [stderr]
    set `core.editor` in `$ROOT/.mlv/config.toml`
    ");
    insta::assert_snapshot!(env.screen("mlv config get core.editor"), @r"
    $ mlv config get core.editor
    nano
    ");
    insta::assert_snapshot!(env.screen("mlv config unset core.editor"), @r"
    $ mlv config unset core.editor
    [stderr]
    removed `core.editor` from `$ROOT/.mlv/config.toml`
    ");
    insta::assert_snapshot!(env.screen("mlv config get core.editor"), @r"
    $ mlv config get core.editor
    [stderr]
    error: `core.editor` is not set
    hint: `mlv config set core.editor VALUE` sets it
    [exit code 1]
    ");
}

#[test]
fn the_repository_stands_above_the_user_and_a_flag_above_both() {
    let env = in_repository();
    env.success(&["config", "set", "--user", "hooks.timeout", "5m"]);
    env.success(&["config", "set", "hooks.timeout", "10m"]);
    let get = ["config", "get", "hooks.timeout", "--json"];
    let value = env.json(&get);
    assert_eq!(value["value"], "10m");
    assert_eq!(value["source"], "`$ROOT/.mlv/config.toml`");
    assert_eq!(env.json(&[&["-c", "hooks.timeout=1h"], &get[..]].concat())["value"], "1h");
    env.success(&["config", "unset", "hooks.timeout"]);
    assert_eq!(env.json(&get)["source"], "`$HOME/.config/mlv/config.toml`");
}

#[test]
fn every_setting_is_listed_with_its_source_also_outside_of_a_repository() {
    let env = TestEnvironment::new();
    let list = env.success(&["config", "list"]);
    let name = "the environment variable `MLV_AUTHOR_NAME`";
    assert!(list.stdout.contains("  Ada Test"), "{list}");
    assert!(list.stdout.contains(&format!("from {name}\n")), "{list}");
    let entries = env.json(&["config", "list", "--json"]);
    let entry = entries.as_array().unwrap().iter().find(|entry| entry["key"] == "user.name");
    assert_eq!(entry.unwrap()["source"], name);
}

#[test]
fn wrong_settings_are_refused_with_what_is_expected() {
    let env = in_repository();
    insta::assert_snapshot!(env.screen("mlv config set hooks.timeot 5m"), @r"
    $ mlv config set hooks.timeot 5m
    [stderr]
    error: unknown setting `hooks.timeot`
    hint: did you mean `hooks.timeout`?
    hint: `mlv config list` shows all settings
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv -c hooks.timeout=soon config list"), @r"
    $ mlv -c hooks.timeout=soon config list
    [stderr]
    error: `hooks.timeout` in the command line is `soon`: expected a duration as in 90s, 10m or 2h
    [exit code 1]
    ");
    insta::assert_snapshot!(env.screen("mlv -c hooks config list"), @r"
    $ mlv -c hooks config list
    [stderr]
    error: `hooks` sets nothing: expected KEY=VALUE
    [exit code 2]
    ");
}

#[test]
fn outside_of_a_repository_the_way_out_is_named() {
    let env = TestEnvironment::new();
    insta::assert_snapshot!(env.screen("mlv config set ui.color never"), @r"
    $ mlv config set ui.color never
    [stderr]
    error: no mlv repository in `$ROOT` or above it
    hint: `mlv init` makes one here
    hint: `--user` sets it everywhere
    [exit code 1]
    ");
}

#[test]
fn the_repository_can_be_named_by_a_variable() {
    let mut env = in_repository();
    env.success(&["config", "set", "core.editor", "nano"]);
    env.write("elsewhere/file", "");
    env.set_variable("MLV_DIR", env.path(".mlv").display().to_string());
    let get = ["-C", "/", "config", "get", "core.editor"];
    assert_eq!(env.success(&get).stdout, "nano\n");
    env.set_variable("MLV_DIR", env.path("elsewhere").display().to_string());
    let refused = env.mlv(&get).expect_code(1);
    assert!(refused.stderr.contains("is no `.mlv` directory"), "{refused}");
}

#[test]
fn a_setting_from_a_file_that_nobody_knows_is_warned_of() {
    let env = in_repository();
    env.write(".mlv/config.toml", "[ui]\ncolour = \"never\"\n");
    let output = env.success(&["config", "get", "ui.color"]);
    assert!(
        output.stderr.starts_with("warning: unknown setting `ui.colour` in `$ROOT"),
        "{output}"
    );
}

#[test]
fn colours_follow_the_setting_and_the_flag_stands_above() {
    let env = in_repository();
    env.success(&["config", "set", "ui.color", "always"]);
    assert!(env.success(&["config", "list"]).stdout.contains('\u{1b}'));
    assert!(!env.success(&["--color", "never", "config", "list"]).stdout.contains('\u{1b}'));
}
