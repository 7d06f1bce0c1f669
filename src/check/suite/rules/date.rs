//! Dates: how they are written, and how old the newest is.

use std::time::Duration;

use jiff::fmt::strtime::BrokenDownTime;

use crate::check::suite::engine::View;
use crate::check::suite::error::CheckError;
use crate::check::suite::rules::found::Finding;
use crate::check::suite::rules::moment::{Moment, is_date};
use crate::check::suite::rules::row::{CellTest, by_cells};
use crate::check::suite::rules::{Checker, Scope};
use crate::check::suite::spec::Check;
use crate::format::table::Column;

#[derive(Clone)]
struct DateFormat(String);

pub(in crate::check::suite) fn date_format(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let format = check.settings.text("format").unwrap_or_default();
    by_cells(check, scope, DateFormat(format.to_owned()))
}

impl DateFormat {
    fn reads(&self, text: &str) -> bool {
        if self.0 == "%Y-%m-%d" {
            return is_date(text);
        }
        let Ok(time) = BrokenDownTime::parse(&self.0, text) else { return false };
        let names_a_day = time.year().is_some() && time.month().is_some() && time.day().is_some();
        !names_a_day || time.to_date().is_ok()
    }
}

impl CellTest for DateFormat {
    fn is_fit(&self, view: &View<'_>, column: usize, row: usize) -> bool {
        match view.column(column) {
            Column::Date(_) | Column::Timestamp(_) => true,
            cells => cells.text(row).is_none_or(|text| self.reads(&text)),
        }
    }

    fn complaint(&self) -> String {
        format!("not a date as `{}`", self.0)
    }
}

/// Looks for the newest moment of a column.
struct Freshness {
    column: usize,
    newest: Option<Moment>,
    now: i64,
    max_age: Duration,
    /// The first cell that is no date, and how many are none.
    unread: u64,
}

pub(in crate::check::suite) fn freshness(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    Ok(Box::new(Freshness {
        column: scope.column(check),
        newest: None,
        now: scope.now,
        max_age: check.settings.span("max_age").unwrap_or_default(),
        unread: 0,
    }))
}

impl Checker for Freshness {
    fn see(&mut self, view: &View<'_>) -> Result<(), CheckError> {
        for row in (0..view.rows()).filter(|row| !view.is_null(self.column, *row)) {
            match Moment::of(view, self.column, row) {
                Some(moment) => self.newest = self.newest.max(Some(moment)),
                None => self.unread += 1,
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Finding, CheckError> {
        if self.unread > 0 {
            let complaint = format!("{} are no date or time", self.unread);
            return Ok(Finding::whole(serde_json::Value::Null, Some(complaint)));
        }
        let Some(Moment(newest)) = self.newest else {
            return Ok(Finding::vacuous("there is no date"));
        };
        let max_age = i64::try_from(self.max_age.as_micros()).unwrap_or(i64::MAX);
        let age = self.now.saturating_sub(newest);
        let shown = jiff::Timestamp::from_microsecond(newest).map(|time| time.to_string());
        let shown = shown.unwrap_or_else(|_| format!("microsecond {newest}"));
        let complaint = (age > max_age).then(|| {
            let limit = crate::base::duration::format_duration(self.max_age);
            format!("the newest is of {shown}, more than {limit} ago")
        });
        let end = newest.saturating_add(max_age).div_euclid(1_000_000);
        // What lies beyond the years that there are never comes.
        let comes = jiff::Timestamp::from_second(end).is_ok();
        let holds_until = (complaint.is_none() && comes).then_some(end);
        Ok(Finding { holds_until, ..Finding::whole(shown, complaint) })
    }
}
