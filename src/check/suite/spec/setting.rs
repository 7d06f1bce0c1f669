//! The values that checks are given.

use std::time::Duration;

use regex::Regex;

use crate::check::suite::rules::{Expression, Moment};

/// What stands behind a key of a check.
#[derive(Debug, Clone)]
pub enum Setting {
    Number(f64),
    Count(u64),
    Bound(Bound),
    Truth(bool),
    Text(String),
    Texts(Vec<String>),
    Scalars(Vec<Scalar>),
    Span(Duration),
    Regex(Box<Regex>),
    Expression(Expression),
    Json(serde_json::Value),
}

/// The end of a range.
#[derive(Debug, Clone, PartialEq)]
pub enum Bound {
    Number(f64),
    /// With how it was written.
    Moment(Moment, String),
}

/// A value that cells are compared with: its text, and its number where it was written as one.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    pub text: String,
    pub number: Option<f64>,
}

/// What a check was given, by key; what was not given is not there.
#[derive(Debug, Clone, Default)]
pub struct Settings(Vec<(&'static str, Setting)>);

impl Settings {
    pub(super) fn put(&mut self, key: &'static str, setting: Setting) {
        self.0.push((key, setting));
    }

    pub fn get(&self, key: &str) -> Option<&Setting> {
        self.0.iter().find(|(known, _)| *known == key).map(|(_, setting)| setting)
    }

    pub fn number(&self, key: &str) -> Option<f64> {
        match self.get(key)? {
            Setting::Number(number) => Some(*number),
            Setting::Count(count) => Some(*count as f64),
            _ => None,
        }
    }

    pub fn count(&self, key: &str) -> Option<u64> {
        match self.get(key)? {
            Setting::Count(count) => Some(*count),
            _ => None,
        }
    }

    pub fn bound(&self, key: &str) -> Option<&Bound> {
        match self.get(key)? {
            Setting::Bound(bound) => Some(bound),
            _ => None,
        }
    }

    /// Returns a truth value, or `otherwise` where none was given.
    pub fn truth(&self, key: &str, otherwise: bool) -> bool {
        match self.get(key) {
            Some(Setting::Truth(truth)) => *truth,
            _ => otherwise,
        }
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Setting::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn texts(&self, key: &str) -> &[String] {
        match self.get(key) {
            Some(Setting::Texts(texts)) => texts,
            _ => &[],
        }
    }

    pub fn scalars(&self, key: &str) -> &[Scalar] {
        match self.get(key) {
            Some(Setting::Scalars(scalars)) => scalars,
            _ => &[],
        }
    }

    pub fn span(&self, key: &str) -> Option<Duration> {
        match self.get(key)? {
            Setting::Span(span) => Some(*span),
            _ => None,
        }
    }

    pub fn regex(&self, key: &str) -> Option<&Regex> {
        match self.get(key)? {
            Setting::Regex(regex) => Some(regex),
            _ => None,
        }
    }

    pub fn expression(&self, key: &str) -> Option<&Expression> {
        match self.get(key)? {
            Setting::Expression(expression) => Some(expression),
            _ => None,
        }
    }

    pub fn json(&self, key: &str) -> Option<&serde_json::Value> {
        match self.get(key)? {
            Setting::Json(json) => Some(json),
            _ => None,
        }
    }
}
