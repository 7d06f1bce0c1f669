//! From the YAML of a suite to what it says; every fault is told with its place.

use crate::base::suggest;
use crate::base::yaml::{self, Key, Node, Place, Reader, SpecErrors, Value};
use crate::check::suite::spec::catalogue::{CHECKS, CheckInfo, Stands, find};
use crate::check::suite::spec::keys::{
    KeyInfo, LEVELS, NOT_RUN_KEYS, READ_KEYS, SUITE_KEYS, Shape,
};
use crate::check::suite::spec::setting::{Setting, Settings};
use crate::check::suite::spec::types::{Check, Level, NotRun, ReadOptions, Suite};

/// More checks than this are not carried out.
const MAX_CHECKS: usize = 2_000;

/// Returns what a suite says, or everything that is wrong with it; `name` is its name in errors.
pub fn parse(name: &str, bytes: &[u8]) -> Result<Suite, SpecErrors> {
    let mut reader = Reader::new();
    let text = std::str::from_utf8(bytes).ok();
    reader.open(name, text.unwrap_or_default());
    let tree = match text {
        None => Err((Place::default(), "not UTF-8 text".to_owned())),
        Some(text) if text.len() > yaml::MAX_BYTES => {
            Err((Place::default(), format!("larger than {} bytes", yaml::MAX_BYTES)))
        }
        Some(text) => yaml::parse(text),
    };
    let mut suite = Suite::default();
    match tree {
        Ok(tree) => SuiteReader(&mut reader).suite(&tree, &mut suite),
        Err((place, message)) => reader.fault(place, message),
    }
    reader.finish(suite)
}

/// Takes a suite apart.
pub(super) struct SuiteReader<'r, 'a>(pub(super) &'r mut Reader<'a>);

impl SuiteReader<'_, '_> {
    fn suite(&mut self, tree: &Node, suite: &mut Suite) {
        if matches!(tree.value, Value::Null) {
            self.0.fault(tree.place, "the suite is empty: `checks` or `columns` is expected");
        }
        for (key, value) in self.0.entries(tree, "the suite") {
            match key.text.as_str() {
                "dataset" => suite.dataset = self.texts(value, "`dataset`"),
                "read" => suite.read = self.read_options(value),
                "checks" => self.checks(value, suite),
                "columns" => self.columns(value, suite),
                "not_run" => self.not_run(value, suite),
                "allow_not_run" => suite.allow_not_run = self.texts(value, "`allow_not_run`"),
                _ => {
                    let known = SUITE_KEYS.iter().map(|(name, _)| *name);
                    self.0.stray_key(key, "the suite", known);
                }
            }
        }
        if suite.checks.len() > MAX_CHECKS {
            self.0.fault(tree.place, format!("more than {MAX_CHECKS} checks"));
        }
    }

    fn texts(&mut self, node: &Node, what: &str) -> Vec<String> {
        let texts = self.0.texts(node, what);
        texts.into_iter().map(|(_, text)| text.to_owned()).collect()
    }

    fn read_options(&mut self, node: &Node) -> ReadOptions {
        let (settings, _) = self.mapping(node, "`read`", READ_KEYS);
        let delimiter = settings.text("delimiter").map(str::as_bytes);
        if delimiter.is_some_and(|bytes| bytes.len() != 1) {
            self.0.fault(node.place, "`delimiter` must be one ASCII character");
        }
        ReadOptions {
            delimiter: delimiter.and_then(|bytes| bytes.first().copied()),
            encoding: settings.text("encoding").map(str::to_owned),
            null_values: settings.texts("null_values").to_vec(),
            headless: !settings.truth("header", true),
        }
    }

    fn checks(&mut self, node: &Node, suite: &mut Suite) {
        let Value::List(items) = &node.value else {
            if !matches!(node.value, Value::Null) {
                self.0.wrong(node, "`checks`", "a list, each item one check");
            }
            return;
        };
        for item in items {
            let named = self.one_check(item);
            suite.checks.extend(
                named.and_then(|(key, value)| self.check(Stands::Dataset, &key, &value, None)),
            );
        }
    }

    /// Returns the name and the settings of an item: a mapping of one key, or a name alone.
    fn one_check(&mut self, item: &Node) -> Option<(Key, Node)> {
        match &item.value {
            Value::Text(name) => Some((
                Key { place: item.place, text: name.clone() },
                Node { place: item.place, value: Value::Null },
            )),
            Value::Map(entries) if entries.len() == 1 => entries.first().cloned(),
            Value::Map(entries) if entries.len() > 1 => {
                let place = entries[1].0.place;
                let help =
                    "begin each check with `- `; what a check takes stands deeper than its name";
                self.0.fault_with(place, "an item of `checks` is one check", Some(help.to_owned()));
                None
            }
            _ => {
                self.0.wrong(item, "an item of `checks`", "a check");
                None
            }
        }
    }

    fn columns(&mut self, node: &Node, suite: &mut Suite) {
        for (column, value) in self.0.entries(node, "`columns`") {
            let whose = format!("column `{}`", column.text);
            for (key, value) in self.0.entries(value, &whose) {
                if key.text == "restricted" {
                    if self.0.truth(value, "`restricted`") {
                        suite.restricted.push(column.text.clone());
                    }
                } else {
                    for value in each_of(value) {
                        let check = self.check(Stands::Column, key, value, Some(&column.text));
                        suite.checks.extend(check);
                    }
                }
            }
        }
    }

    fn not_run(&mut self, node: &Node, suite: &mut Suite) {
        let Value::List(items) = &node.value else {
            return self.0.wrong(node, "`not_run`", "a list");
        };
        for item in items {
            let (settings, _) = self.mapping(item, "a rule of `not_run`", NOT_RUN_KEYS);
            let text = |key| settings.text(key).map(str::to_owned);
            suite.not_run.push(NotRun {
                name: text("name").unwrap_or_default(),
                column: text("column"),
                reason: text("reason").unwrap_or_default(),
            });
        }
    }

    /// Reads one check; nothing where its name is unknown.
    fn check(
        &mut self,
        stands: Stands,
        key: &Key,
        value: &Node,
        column: Option<&str>,
    ) -> Option<Check> {
        let Some(info) = find(stands, &key.text) else {
            self.unknown_check(stands, key);
            return None;
        };
        let (settings, common) = self.settings(info, value);
        let level = match common.text("level") {
            Some("warn") => Level::Warn,
            Some("info") => Level::Info,
            _ => Level::Fail,
        };
        Some(Check {
            info,
            column: column.map(str::to_owned),
            settings,
            level,
            mostly: common.number("mostly").unwrap_or(1.0),
            warn_below: common.number("warn_below"),
            place: key.place,
        })
    }

    fn unknown_check(&mut self, stands: Stands, key: &Key) {
        let here = CHECKS.iter().filter(|check| check.stands == stands).map(|check| check.name);
        let elsewhere = CHECKS.iter().any(|check| check.stands != stands && check.name == key.text);
        let near = suggest::candidates(&key.text, here.clone());
        let help = match stands {
            Stands::Dataset if elsewhere => {
                "it is a check of a column: under `columns:`".to_owned()
            }
            Stands::Column if elsewhere => "it is a check of the table: under `checks:`".to_owned(),
            _ => suggest::did_you_mean(&near)
                .unwrap_or_else(|| format!("known: {}", here.collect::<Vec<_>>().join(", "))),
        };
        self.0.fault_with(key.place, format!("no check here is called `{}`", key.text), Some(help));
    }

    /// Returns what a check was given for its own keys, and for those of every check.
    fn settings(&mut self, info: &'static CheckInfo, node: &Node) -> (Settings, Settings) {
        let what = format!("`{}`", info.name);
        let is_bare_enough = info.one_of.is_empty() && info.keys.iter().all(|key| !key.required);
        match (&node.value, info.bare) {
            (Value::Null | Value::Truth(true), _) if is_bare_enough => Default::default(),
            (Value::Map(_), _) => {
                let own = self.mapping_of(node, &what, info.all_keys());
                self.check_ends(node, &what, info, &own);
                let common = own.clone();
                (own, common)
            }
            (Value::Null, _) | (_, None) => {
                let keys: Vec<_> = info.keys.iter().map(|key| format!("`{}`", key.name)).collect();
                let expected = if keys.is_empty() {
                    "`true`, or a mapping".to_owned()
                } else {
                    format!("a mapping with {}", keys.join(", "))
                };
                self.0.wrong(node, &what, &expected);
                Default::default()
            }
            (_, Some(bare)) => {
                let key = info.keys.iter().find(|key| key.name == bare);
                let key = key.expect("the list names a key of its own");
                let mut settings = Settings::default();
                if let Some(setting) = self.setting(key, node, &what) {
                    settings.put(key.name, setting);
                }
                (settings, Settings::default())
            }
        }
    }

    /// Checks what a check asks of its keys together.
    fn check_ends(&mut self, node: &Node, what: &str, info: &CheckInfo, settings: &Settings) {
        let given = |key: &&'static str| settings.get(key).is_some();
        if !info.one_of.is_empty() && !info.one_of.iter().any(given) {
            let keys = info.one_of.join("`, `");
            self.0.fault(node.place, format!("{what} needs one of `{keys}`"));
        }
        for (key, needed) in info.together {
            if settings.get(key).is_some() && settings.get(needed).is_none() {
                let help = format!("what `{key}` means hangs on `{needed}`: name it too");
                self.0.fault_with(
                    node.place,
                    format!("{what}: `{key}` needs `{needed}`"),
                    Some(help),
                );
            }
        }
        if let (Some(least), Some(most)) = (settings.number("min"), settings.number("max"))
            && least > most
        {
            self.0.fault(
                node.place,
                format!("{what}: nothing is at least {least} and at most {most}"),
            );
        }
    }

    fn mapping(
        &mut self,
        node: &Node,
        what: &str,
        keys: &'static [KeyInfo],
    ) -> (Settings, Settings) {
        (self.mapping_of(node, what, keys.iter()), Settings::default())
    }

    fn mapping_of(
        &mut self,
        node: &Node,
        what: &str,
        keys: impl Iterator<Item = &'static KeyInfo> + Clone,
    ) -> Settings {
        let mut settings = Settings::default();
        for (key, value) in self.0.entries(node, what) {
            match keys.clone().find(|known| known.name == key.text) {
                Some(known) => {
                    if let Some(setting) = self.setting(known, value, &format!("`{}`", key.text)) {
                        settings.put(known.name, setting);
                    }
                }
                None => self.0.stray_key(key, what, keys.clone().map(|known| known.name)),
            }
        }
        let entries: &[(Key, Node)] =
            if let Value::Map(entries) = &node.value { entries } else { &[] };
        for missing in keys.filter(|key| key.required) {
            if !entries.iter().any(|(key, _)| key.text == missing.name) {
                self.0.fault(node.place, format!("{what} needs `{}`", missing.name));
            }
        }
        settings
    }

    fn setting(&mut self, key: &KeyInfo, node: &Node, what: &str) -> Option<Setting> {
        match key.shape {
            Shape::Texts => Some(Setting::Texts(self.texts(node, what))),
            Shape::Truth => Some(Setting::Truth(self.0.truth(node, what))),
            Shape::OneOf(words) => self.word(node, what, words).map(Setting::Text),
            Shape::SomeOf(words) => Some(Setting::Texts(self.words(node, what, words))),
            shape => self.scalar_setting(shape, node, what),
        }
    }

    fn word(&mut self, node: &Node, what: &str, words: &[&str]) -> Option<String> {
        let text = self.0.text(node, what)?;
        self.known_word(node.place, text, what, words)
    }

    fn words(&mut self, node: &Node, what: &str, words: &[&str]) -> Vec<String> {
        let given = self.0.texts(node, what);
        given
            .into_iter()
            .filter_map(|(place, text)| self.known_word(place, text, what, words))
            .collect()
    }

    fn known_word(
        &mut self,
        place: Place,
        text: &str,
        what: &str,
        words: &[&str],
    ) -> Option<String> {
        if words.contains(&text) {
            return Some(text.to_owned());
        }
        let near = suggest::candidates(text, words.iter().copied());
        let help = suggest::did_you_mean(&near);
        let help = help.unwrap_or_else(|| format!("one of {}", words.join(", ")));
        self.0.fault_with(place, format!("`{text}` is not a value of {what}"), Some(help));
        None
    }
}

/// Returns the mappings of a list of such, each a check of its own; else the value itself.
fn each_of(value: &Node) -> Vec<&Node> {
    let is_map = |item: &Node| matches!(item.value, Value::Map(_));
    match &value.value {
        Value::List(items) if !items.is_empty() && items.iter().all(is_map) => {
            items.iter().collect()
        }
        _ => vec![value],
    }
}

/// The words of levels and what they mean stand side by side.
const _: () = assert!(LEVELS.len() == 3);
