use std::path::{Path, PathBuf};
use std::time::Duration;

use insta::assert_snapshot;

use super::*;

struct Bench {
    dir: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        crate::base::fs::atomic_write(&path, text.as_bytes()).unwrap();
        path
    }

    fn load(
        &self,
        variables: &[(&str, &str)],
        flags: &[(&str, &str)],
    ) -> Result<(Config, Vec<Warning>), ConfigError> {
        let user = self.dir.path().join("user.toml");
        let mut all = vec![("MLV_CONFIG", user.to_str().unwrap())];
        all.extend(variables);
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Config::load_from(
            &self.dir.path().join("system.toml"),
            &Environment::from_pairs(all),
            Some(&self.dir.path().join("repo.toml")),
            &flags.iter().map(own).collect::<Vec<_>>(),
        )
    }

    fn shown(&self, text: impl std::fmt::Display) -> String {
        text.to_string().replace(self.dir.path().to_str().unwrap(), "DIR")
    }
}

#[test]
fn the_list_of_settings_and_the_reference_agree() {
    let (config, warnings) = Bench::new().load(&[], &[]).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    let names: Vec<&str> = config.entries().map(|(name, _)| name).collect();
    let plain = KEYS.iter().map(|key| key.name).filter(|name| !name.contains('*'));
    assert_eq!(names, plain.collect::<Vec<_>>());
    for line in DEFAULTS.lines().filter(|line| line.contains(" = ")) {
        let at = DEFAULTS.find(line).unwrap();
        let before = DEFAULTS[..at].trim_end().lines().next_back().unwrap();
        assert!(before.starts_with("# "), "`{line}` has no words above it");
    }
}

#[test]
fn a_setting_with_a_name_of_the_users_choice_is_kept_under_that_name() {
    let file = "[remote.origin]\nurl = \"/data/store\"\n";
    let bench = Bench::new();
    bench.file("repo.toml", file);
    let (config, warnings) = bench.load(&[], &[]).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(config.string("remote.origin.url").unwrap().text, "/data/store");
    assert_eq!(config.string("remote.other.url"), None);
    assert_eq!(config.entries().last().unwrap().0, "remote.origin.url");
    assert!(Key::find("remote..url").is_none());
    // Branches have names like v1.2.
    bench.file("repo.toml", "[branch.\"v1.2\"]\nupstream = \"origin/v1.2\"\n");
    let (config, _) = bench.load(&[], &[]).unwrap();
    assert_eq!(config.string("branch.v1.2.upstream").unwrap().text, "origin/v1.2");
}

#[test]
fn each_layer_hides_the_ones_below_and_each_value_knows_its_source() {
    let bench = Bench::new();
    let user_name = |variables: &[(&str, &str)], flags: &[(&str, &str)]| {
        let (config, _) = bench.load(variables, flags).unwrap();
        let value = config.string("user.name");
        bench
            .shown(value.map_or("unset".to_owned(), |it| format!("{} from {}", it.text, it.source)))
    };
    let mut seen = vec![user_name(&[], &[])];
    for layer in ["system", "user", "repo"] {
        bench.file(&format!("{layer}.toml"), &format!("[user]\nname = \"{layer}\"\n"));
        seen.push(user_name(&[], &[]));
    }
    let variable = [("MLV_AUTHOR_NAME", "variable")];
    seen.push(user_name(&variable, &[]));
    seen.push(user_name(&variable, &[("user.name", "flag")]));
    assert_snapshot!(seen.join("\n"), @r"
    unset
    system from `DIR/system.toml`
    user from `DIR/user.toml`
    repo from `DIR/repo.toml`
    variable from the environment variable `MLV_AUTHOR_NAME`
    flag from the command line
    ");
}

#[test]
fn variables_of_other_tools_stand_below_every_file() {
    let bench = Bench::new();
    let variables = [("PAGER", "more"), ("NO_COLOR", "1"), ("EDITOR", "ed")];
    let (config, _) = bench.load(&variables, &[]).unwrap();
    assert_eq!(config.string("ui.pager").unwrap().text, "more");
    assert_eq!(config.string("ui.color").unwrap().source, Source::Environment("NO_COLOR"));
    bench.file("user.toml", "ui = {pager = \"\", color = \"always\"}\n");
    let (config, _) = bench.load(&variables, &[]).unwrap();
    assert_eq!(config.string("ui.pager").unwrap().text, "");
    assert_eq!(config.string("ui.color").unwrap().text, "always");
    assert_eq!(config.string("core.editor").unwrap().text, "ed");
}

#[test]
fn values_come_in_their_kind() {
    let bench = Bench::new();
    bench.file("repo.toml", "undo.keep_days = 7\nhooks.grace = \"250ms\"\n");
    let (config, _) = bench.load(&[], &[]).unwrap();
    assert_eq!(config.integer("undo.keep_days"), Some(7));
    assert_eq!(config.integer("undo.keep_operations"), Some(1000));
    assert_eq!(config.duration("hooks.grace"), Some(Duration::from_millis(250)));
    assert_eq!(config.duration("hooks.timeout"), Some(Duration::from_hours(1)));
    assert_eq!(config.string("user.email"), None);
}

#[test]
fn unknown_settings_are_warned_of_in_files_and_refused_on_the_command_line() {
    let bench = Bench::new();
    bench.file("repo.toml", "[ui]\ncolour = \"never\"\n[zebra]\nstripes = 7\n");
    let (_, warnings) = bench.load(&[], &[]).unwrap();
    let lines: Vec<String> = warnings.iter().map(|warning| bench.shown(warning)).collect();
    assert_snapshot!(lines.join("\n"), @r"
    unknown setting `ui.colour` in `DIR/repo.toml`: did you mean `ui.color`?
    unknown setting `zebra.stripes` in `DIR/repo.toml`
    ");
    let error = bench.load(&[], &[("ui.colr", "never")]).unwrap_err();
    assert!(
        matches!(error, ConfigError::UnknownKey { candidates, .. } if candidates == ["ui.color"])
    );
}

#[test]
fn bad_values_are_refused_with_their_place() {
    let bench = Bench::new();
    let mut seen = Vec::new();
    for text in [
        "[ui]\ncolor = \"blue\"\n",
        "undo.keep_days = -1\n",
        "hooks.timeout = 90\n",
        "[hooks.timeout]\nlong = 1\n",
        "[ui\n",
    ] {
        bench.file("repo.toml", text);
        seen.push(bench.shown(bench.load(&[], &[]).unwrap_err()));
    }
    assert_snapshot!(seen.join("\n"), @r"
    `ui.color` in `DIR/repo.toml` is `blue`: expected one of auto, always, never
    `undo.keep_days` in `DIR/repo.toml` is `-1`: expected a whole number, not negative
    `hooks.timeout` in `DIR/repo.toml` is `90`: expected a duration as in 90s, 10m or 2h
    `hooks.timeout` in `DIR/repo.toml` is `long = 1`: expected a duration as in 90s, 10m or 2h
    `DIR/repo.toml` is not valid TOML: TOML parse error at line 1, column 4
      |
    1 | [ui
      |    ^
    unclosed table, expected `]`
    ");
}

#[test]
fn an_edit_changes_one_value_and_keeps_every_comment() {
    let bench = Bench::new();
    let text = "# mine\n[ui]\n# why\ncolor = \"auto\" # always was\n\n[other]\nkept = 1\n";
    let path = bench.file("repo.toml", text);
    set(&path, "ui.color", "never").unwrap();
    set(&path, "user.name", "Ada \"L\"").unwrap();
    set(&path, "undo.keep_days", "7").unwrap();
    assert_snapshot!(std::fs::read_to_string(&path).unwrap(), @r#"
    # mine
    [ui]
    # why
    color = "never" # always was

    [other]
    kept = 1

    [user]
    name = 'Ada "L"'

    [undo]
    keep_days = 7
    "#);
    assert!(unset(&path, "ui.color").unwrap() && !unset(&path, "ui.color").unwrap());
    assert!(!unset(&path, "core.editor").unwrap());
    let (config, _) = bench.load(&[], &[]).unwrap();
    assert_eq!(config.string("user.name").unwrap().text, "Ada \"L\"");
    assert_eq!(config.string("ui.color").unwrap().source, Source::Default);
}

#[test]
fn an_edit_makes_the_file_and_refuses_what_could_not_be_read() {
    let bench = Bench::new();
    let path = bench.dir.path().join("new/dir/config.toml");
    assert!(!unset(&path, "user.name").unwrap() && !path.exists());
    set(&path, "user.name", "Ada").unwrap();
    assert!(path.exists());
    assert!(matches!(set(&path, "user.nam", "x"), Err(ConfigError::UnknownKey { .. })));
    assert!(matches!(set(&path, "ui.color", "blue"), Err(ConfigError::BadValue { .. })));
    let text = "user = 1\n";
    let path = bench.file("odd.toml", text);
    assert!(matches!(set(&path, "user.name", "x"), Err(ConfigError::NotATable { .. })));
    assert_eq!(std::fs::read_to_string(Path::new(&path)).unwrap(), text);
}

#[test]
fn a_flag_is_a_key_and_a_value() {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(parse_assignment("ui.pager=less -R=x").unwrap(), pair("ui.pager", "less -R=x"));
    assert_eq!(parse_assignment("ui.pager=").unwrap(), pair("ui.pager", ""));
    assert!(parse_assignment("ui.pager").is_err() && parse_assignment("=x").is_err());
}
