//! Single values of a suite: numbers, bounds, patterns, expressions, schemas.

use bytesize::ByteSize;
use regex::RegexBuilder;
use serde_json::Value as Json;

use crate::base::duration::parse_duration;
use crate::base::yaml::{Node, Value};
use crate::check::suite::rules::{Expression, Moment};
use crate::check::suite::spec::keys::Shape;
use crate::check::suite::spec::read::SuiteReader;
use crate::check::suite::spec::setting::{Bound, Scalar, Setting};

/// A pattern may not compile into more bytes.
const MAX_PATTERN: usize = 1 << 20;

impl SuiteReader<'_, '_> {
    pub(super) fn scalar_setting(
        &mut self,
        shape: Shape,
        node: &Node,
        what: &str,
    ) -> Option<Setting> {
        match shape {
            Shape::Scalars => return self.scalars(node, what).map(Setting::Scalars),
            Shape::JsonSchema => return self.schema(node, what),
            _ => {}
        }
        let text = self.0.words(node, what)?;
        let number = number(node);
        let found = match shape {
            Shape::Number => number.map(Setting::Number).ok_or("a number".to_owned()),
            Shape::Count => text
                .parse()
                .map(Setting::Count)
                .map_err(|_| "a whole number, not negative".to_owned()),
            Shape::Share => number
                .filter(|share| (0.0..=1.0).contains(share))
                .map(Setting::Number)
                .ok_or("a number from 0 to 1".to_owned()),
            Shape::SomeShare => number
                .filter(|share| *share > 0.0 && *share <= 1.0)
                .map(Setting::Number)
                .ok_or("a number above 0, at most 1".to_owned()),
            Shape::Size => text
                .parse::<ByteSize>()
                .map(|size| Setting::Count(size.as_u64()))
                .map_err(|_| "a size, as in 500kB, 10MB or 1GiB".to_owned()),
            Shape::Bound => bound(number, text)
                .map(Setting::Bound)
                .ok_or("a number, or a date as in 2024-01-31".to_owned()),
            Shape::Duration => parse_duration(text)
                .map(Setting::Span)
                .map_err(|_| "a duration, as in 90s, 36h or 7d".to_owned()),
            Shape::Regex => RegexBuilder::new(text)
                .size_limit(MAX_PATTERN)
                .build()
                .map(|regex| Setting::Regex(Box::new(regex)))
                .map_err(|error| format!("a regular expression: {}", last_line(&error))),
            Shape::Expression => Expression::parse(text)
                .map(Setting::Expression)
                .map_err(|reason| format!("a CEL expression: {reason}")),
            _ => Ok(Setting::Text(text.to_owned())),
        };
        found
            .map_err(|expected| self.0.fault(node.place, format!("{what} must be {expected}")))
            .ok()
    }

    fn scalars(&mut self, node: &Node, what: &str) -> Option<Vec<Scalar>> {
        let Value::List(items) = &node.value else {
            self.0.wrong(node, what, "a list of values");
            return None;
        };
        let each = format!("each of {what}");
        let scalars = items.iter().filter_map(|item| {
            let text = self.0.text(item, &each)?.to_owned();
            Some(Scalar { text, number: number(item) })
        });
        Some(scalars.collect())
    }

    fn schema(&mut self, node: &Node, what: &str) -> Option<Setting> {
        let schema = json(node);
        match jsonschema::validator_for(&schema) {
            Ok(_) => Some(Setting::Json(schema)),
            Err(error) => {
                self.0.fault(node.place, format!("{what} must be a JSON Schema: {error}"));
                None
            }
        }
    }
}

/// Returns a finite number that was written as one.
fn number(node: &Node) -> Option<f64> {
    let Value::Number(text) = &node.value else { return None };
    let number: f64 = text.replace('_', "").parse().ok()?;
    number.is_finite().then_some(number)
}

fn bound(number: Option<f64>, text: &str) -> Option<Bound> {
    let moment = || Some(Bound::Moment(Moment::parse(text)?, text.to_owned()));
    number.map(Bound::Number).or_else(moment)
}

fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// Returns a value of YAML as JSON; a number keeps its digits.
pub(in crate::check::suite) fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Text(text) => Json::from(text.as_str()),
        Value::Truth(truth) => Json::from(*truth),
        Value::Number(text) => {
            let whole = text.parse::<i64>().ok().map(Json::from);
            whole.or_else(|| text.parse::<f64>().ok().map(Json::from)).unwrap_or(Json::Null)
        }
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => {
            entries.iter().map(|(key, value)| (key.text.clone(), json(value))).collect()
        }
    }
}
