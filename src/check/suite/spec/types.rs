//! A suite as values.

use serde::Serialize;

use crate::base::yaml::Place;
use crate::check::drift::{self, Method};
use crate::check::suite::spec::catalogue::CheckInfo;
use crate::check::suite::spec::setting::Settings;

/// A suite of checks over one dataset.
#[derive(Debug, Clone, Default)]
pub struct Suite {
    /// Paths and globs, from the root of the repository.
    pub dataset: Vec<String>,
    pub read: ReadOptions,
    pub checks: Vec<Check>,
    /// Columns whose values are never shown.
    pub restricted: Vec<String>,
    pub not_run: Vec<NotRun>,
    pub allow_not_run: Vec<String>,
}

/// How files of text are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadOptions {
    pub delimiter: Option<u8>,
    pub encoding: Option<String>,
    pub null_values: Vec<String>,
    /// Whether the first row is data.
    pub headless: bool,
}

/// One check with what it was given.
#[derive(Debug, Clone)]
pub struct Check {
    pub info: &'static CheckInfo,
    pub column: Option<String>,
    pub settings: Settings,
    pub level: Level,
    /// The least share of considered rows that must be as expected.
    pub mostly: f64,
    pub warn_below: Option<f64>,
    pub place: Place,
}

/// What it means if a check does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    #[default]
    Fail,
    Warn,
    Info,
}

/// A rule of an imported suite that has no check here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRun {
    pub name: String,
    pub column: Option<String>,
    pub reason: String,
}

/// The revision that data is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Against {
    /// The data that the suite itself is carried out on.
    Here,
    /// What the candidate would replace; on the command line, `HEAD`.
    Target,
    Revision(String),
}

/// A table that a check reads beside its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Need {
    pub against: Against,
    /// Paths and globs; those of the suite's dataset where empty.
    pub dataset: Vec<String>,
}

impl Against {
    pub const TARGET: &'static str = "target";

    fn parse(text: &str) -> Self {
        match text {
            Self::TARGET => Self::Target,
            revision => Self::Revision(revision.to_owned()),
        }
    }
}

impl Check {
    /// Returns the columns that the check names.
    pub fn columns(&self) -> Vec<&str> {
        let one = |key| self.settings.text(key).into_iter();
        let own = self.column.iter().map(String::as_str);
        let listed = self.settings.texts("columns").iter().map(String::as_str);
        let pair = one("left").chain(one("right"));
        let named = self.settings.expression("rule").into_iter();
        let named = named.flat_map(|expression| expression.columns().iter().map(String::as_str));
        own.chain(listed).chain(pair).chain(named).collect()
    }

    /// Returns the table that it compares with.
    pub fn need(&self) -> Option<Need> {
        let text = |key| self.settings.text(key).map(str::to_owned);
        let against = text("against").map(|text| Against::parse(&text));
        let dataset: Vec<String> = text("dataset").into_iter().collect();
        let compares = self.info.keys.iter().any(|key| key.name == "against");
        match (against, dataset.is_empty(), compares) {
            (_, _, false) => None,
            (None, true, true) => Some(Need { against: Against::Target, dataset }),
            (against, _, true) => Some(Need { against: against.unwrap_or(Against::Here), dataset }),
        }
    }

    /// Returns what a check of drift compares and what it takes for drift; nothing for other checks.
    pub fn drift(&self) -> Option<drift::Spec> {
        if self.info.name != "drift" {
            return None;
        }
        let given = &self.settings;
        let mut settings = drift::Settings {
            method: given.text("method").and_then(Method::parse),
            critical: given.texts("critical").to_vec(),
            ..drift::Settings::default()
        };
        settings.share = given.number("share").unwrap_or(settings.share);
        settings.min_rows = given.count("min_rows").unwrap_or(settings.min_rows);
        let threshold = settings.method.zip(given.number("threshold"));
        settings.thresholds.extend(threshold);
        let column = self.column.iter().cloned();
        let columns = column.chain(given.texts("columns").iter().cloned()).collect();
        Some(drift::Spec { columns, settings, ..drift::Spec::default() })
    }
}

impl Suite {
    /// Returns the other tables that its checks read, each once.
    pub fn needs(&self) -> Vec<Need> {
        let mut needs: Vec<Need> = self.checks.iter().filter_map(Check::need).collect();
        needs.sort();
        needs.dedup();
        needs
    }

    /// Returns the columns that its checks read; nothing where one reads all.
    pub fn columns(&self) -> Option<Vec<&str>> {
        let reads_all = self.checks.iter().any(|check| check.info.name == "duplicate_rows");
        (!reads_all).then(|| self.checks.iter().flat_map(Check::columns).collect())
    }

    /// Tells whether a check reads rows, and not the files alone.
    pub fn reads_rows(&self) -> bool {
        self.checks.iter().any(|check| !check.info.of_files)
    }
}
