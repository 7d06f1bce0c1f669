//! Compares one column: what kind it is of, and how far both sides are apart.

use serde::Serialize;

use crate::check::drift::method::Method;
use crate::check::drift::pair::Pair;
use crate::check::drift::profile::{Profile, Values};
use crate::check::drift::report::{ColumnReport, Sides, Status};
use crate::check::drift::settings::Settings;

/// Whole numbers of at most so many distinct values are categories.
const MOST_INTEGER_CATEGORIES: usize = 10;

/// What a column is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Numeric,
    Categorical,
    /// Texts, most of which occur once.
    Text,
    Time,
    /// No value on a side.
    Empty,
    /// One thing in the reference, another in the new data.
    Mixed,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Numeric => "numeric",
            Self::Categorical => "categorical",
            Self::Text => "text",
            Self::Time => "time",
            Self::Empty => "empty",
            Self::Mixed => "mixed",
        }
    }
}

/// Compares a column of the reference with that of the new data.
pub fn compare(
    column: &str,
    reference: &Profile,
    new: &Profile,
    settings: &Settings,
) -> ColumnReport {
    let is_critical = settings.critical.iter().any(|name| name == column);
    let values = Sides { reference: reference.values(), new: new.values() };
    let report = ColumnReport::unmeasured(column, is_critical, values);
    let (least, min_rows) = (reference.rows.min(new.rows), settings.min_rows);
    match pair(reference, new) {
        Ok((kind, _)) if least < min_rows => {
            let reason = format!("{least} rows on a side, fewer than {min_rows}");
            report.because(kind, Status::NotRun, reason)
        }
        Ok((kind, pair)) => measure(ColumnReport { kind, ..report }, &pair, settings),
        Err(Apart::Empty(side)) => {
            report.because(Kind::Empty, Status::NotRun, format!("{side} holds no value"))
        }
        Err(Apart::Skipped(kind, reason)) => {
            report.because(kind, Status::Skipped, reason.to_owned())
        }
        Err(Apart::Changed(was, is)) => {
            let reason = format!("{was} in the reference, {is} in the new data");
            report.because(Kind::Mixed, Status::Drifted, reason)
        }
    }
}

/// Why two columns are not measured against each other.
enum Apart {
    Empty(&'static str),
    Skipped(Kind, &'static str),
    Changed(&'static str, &'static str),
}

fn pair<'a>(reference: &'a Profile, new: &'a Profile) -> Result<(Kind, Pair<'a>), Apart> {
    let many = Apart::Skipped(Kind::Text, "texts of which most differ are not compared");
    match (&reference.values, &new.values) {
        (Values::None, _) => Err(Apart::Empty("the reference")),
        (_, Values::None) => Err(Apart::Empty("the new data")),
        (
            Values::Numbers { sample: reference, integers: were },
            Values::Numbers { sample: new, integers: are },
        ) => {
            if reference.is_empty() || new.is_empty() {
                let side = if new.is_empty() { "the new data" } else { "the reference" };
                return Err(Apart::Empty(side));
            }
            let pair = Pair::Numeric { reference, new, integers: *were && *are };
            if *were && *are && !pair.has_more_than(MOST_INTEGER_CATEGORIES) {
                let counts = pair.counts().into_owned();
                return Ok((Kind::Categorical, Pair::Categorical(counts)));
            }
            Ok((Kind::Numeric, pair))
        }
        (Values::Texts(reference), Values::Texts(new)) => {
            let counts = reference.counts(new);
            let differ = 2 * counts.len() as u64 > reference.total() + new.total();
            if differ { Err(many) } else { Ok((Kind::Categorical, Pair::Categorical(counts))) }
        }
        (Values::Texts(_) | Values::ManyTexts, Values::Texts(_) | Values::ManyTexts) => Err(many),
        (Values::Times, Values::Times) => {
            Err(Apart::Skipped(Kind::Time, "dates and times are not compared"))
        }
        (was, is) => Err(Apart::Changed(noun(was), noun(is))),
    }
}

fn noun(values: &Values) -> &'static str {
    match values {
        Values::None => "nothing",
        Values::Numbers { .. } => "numbers",
        Values::Texts(_) | Values::ManyTexts => "texts",
        Values::Times => "times",
    }
}

fn measure(report: ColumnReport, pair: &Pair<'_>, settings: &Settings) -> ColumnReport {
    let forced = settings.method.filter(|method| method.fits(pair));
    let method = forced.unwrap_or_else(|| Method::default_for(pair, settings.mode));
    let others = Method::ALL.into_iter().filter(|other| settings.all && *other != method);
    let others = others.filter(|other| other.fits(pair));
    let score = method.score(pair);
    let distances = others.map(|other| (other, other.score(pair))).chain([(method, score)]);
    ColumnReport {
        method: Some(method),
        score: Some(score),
        distances: distances.collect(),
        ..report
    }
    .judged(settings.threshold(method))
}
