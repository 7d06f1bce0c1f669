//! One suite on one table.

use rayon::prelude::*;

use crate::base::{interrupt, suggest};
use crate::check::suite::engine::input::{Flow, Input, Looked, Rows};
use crate::check::suite::engine::places::Places;
use crate::check::suite::engine::view::View;
use crate::check::suite::error::CheckError;
use crate::check::suite::report::{CheckResult, Report, Status};
use crate::check::suite::rules::{Checker, Finding, Look, Scope, Seen};
use crate::check::suite::spec::{Check, Level, NotRun, Suite};
use crate::format::table::{Batch, Field};

/// Checks that hold keys or numbers of all rows.
const HOLDING: &[&str] = &[
    "unique",
    "duplicate_rows",
    "foreign_key",
    "new_categories",
    "split_overlap",
    "distinct",
    "median",
    "quantile",
];

/// A check on its way.
struct Work<'s> {
    check: &'s Check,
    state: State,
    /// Whether it sees the rows of this pass.
    sees: bool,
}

enum State {
    At(Box<dyn Checker>),
    Failed(CheckError),
    /// A column that it names is not there.
    NoColumn(String),
}

/// Checks that share a column, so that what is made of it is made by one thread.
type Lane<'s> = Vec<Work<'s>>;

/// Carries a suite out. What one check cannot do is in its result; an error is of the table as a whole.
pub fn run(suite: &Suite, input: &Input<'_>) -> Result<Report, CheckError> {
    let fields = input.table.map(Rows::fields).unwrap_or_default();
    let mut lanes = lanes_of(suite, input, &fields);
    let mut places = Places::new(input.table);
    let rows = input.table.map_or(Ok(0), |table| first_pass(table, &mut lanes, &mut places))?;
    second_pass(input.table, &mut lanes)?;
    let mut results: Vec<(usize, CheckResult)> = lanes
        .into_iter()
        .flatten()
        .map(|work| {
            let number = suite.checks.iter().position(|check| std::ptr::eq(check, work.check));
            Ok((number.unwrap_or_default(), result_of(suite, work, rows)?))
        })
        .collect::<Result<_, CheckError>>()?;
    results.sort_by_key(|(number, _)| *number);
    for (_, result) in &mut results {
        places.note_in(&mut result.sample);
    }
    let left_out = suite.not_run.iter().map(|rule| left_out(suite, rule, rows));
    let all = results.into_iter().map(|(_, result)| result).chain(left_out).collect();
    Ok(Report::new(input.dataset.clone(), rows, input.files.len() as u64, all))
}

fn lanes_of<'s>(suite: &'s Suite, input: &Input<'_>, fields: &[Field]) -> Vec<Lane<'s>> {
    // Most checks hold nothing; those that do share what there is.
    let holding = suite.checks.iter().filter(|check| HOLDING.contains(&check.info.name)).count();
    let memory = input.memory / holding.max(1);
    let mut lanes: Vec<(Option<&str>, Lane<'_>)> = Vec::new();
    for (number, check) in suite.checks.iter().enumerate() {
        let state = begin(number, check, input, fields, memory);
        let work = Work { check, state, sees: true };
        let column = check.column.as_deref();
        let shared = lanes.iter_mut().find(|(own, _)| column.is_some() && *own == column);
        match shared {
            Some((_, lane)) => lane.push(work),
            None => lanes.push((column, vec![work])),
        }
    }
    lanes.into_iter().map(|(_, lane)| lane).collect()
}

fn begin(
    number: usize,
    check: &Check,
    input: &Input<'_>,
    fields: &[Field],
    memory: usize,
) -> State {
    if !check.info.of_files
        && let Some(complaint) = missing_column(check, fields, input)
    {
        return State::NoColumn(complaint);
    }
    let other = check.need().and_then(|need| input.others.get(&need).copied().flatten());
    let all_fields = input.table.map(Rows::all_fields).unwrap_or_default();
    let scope = Scope {
        fields,
        all_fields,
        files: &input.files,
        other,
        drift: input.drift.get(&number),
        now: input.now,
        memory,
    };
    match (check.info.make)(check, &scope) {
        Ok(checker) => State::At(checker),
        Err(error) => State::Failed(error),
    }
}

fn missing_column(check: &Check, fields: &[Field], input: &Input<'_>) -> Option<String> {
    let names = || fields.iter().map(|field| field.name.as_str());
    let named = check.columns();
    let missing = named.into_iter().find(|name| !names().any(|known| known == *name))?;
    // Only those columns are read that checks name; what is meant may be another.
    let all = input.table.map(Rows::all_fields).unwrap_or_default();
    let all = all.iter().map(|field| field.name.as_str());
    let near = suggest::did_you_mean(&suggest::candidates(missing, all));
    let near = near.map(|near| format!("; {near}")).unwrap_or_default();
    Some(format!("there is no column `{missing}`{near}"))
}

impl Work<'_> {
    fn look(&self) -> Option<Look> {
        if let State::At(checker) = &self.state { checker.look() } else { None }
    }

    fn take(&mut self, view: &View<'_>, seen: Option<Seen>) {
        let State::At(checker) = &mut self.state else { return };
        let taken = match seen {
            Some(seen) => checker.take(view, seen),
            None => checker.see(view),
        };
        if let Err(error) = taken {
            self.state = State::Failed(error);
        }
    }
}

/// Most of the work is done where batches are decoded, for several at a time; what has an order is done
/// batch by batch.
fn first_pass(
    table: &dyn Rows,
    lanes: &mut [Lane<'_>],
    places: &mut Places,
) -> Result<u64, CheckError> {
    let looks: Vec<Vec<Option<Look>>> =
        lanes.iter().map(|lane| lane.iter().map(Work::look).collect()).collect();
    let look = |batch: &Batch| {
        let view = View::apart(batch);
        let of_lane = |looks: &Vec<Option<Look>>| {
            looks.iter().map(|look| look.as_ref().map(|look| look(&view))).collect()
        };
        let seen = looks.iter().map(of_lane).collect();
        Looked { seen, numbers: view.into_numbers() }
    };
    let mut rows = 0;
    table.read_looked(&look, &mut |batch, Looked { numbers, seen }| {
        interrupt::check()?;
        rows += batch.rows as u64;
        places.see(batch);
        let view = View::with(batch, numbers);
        lanes.par_iter_mut().zip(seen).for_each(|(lane, seen)| {
            lane.iter_mut().zip(seen).for_each(|(work, seen)| work.take(&view, seen));
        });
        Ok(Flow::On)
    })?;
    Ok(rows)
}

fn second_pass(table: Option<&dyn Rows>, lanes: &mut [Lane<'_>]) -> Result<(), CheckError> {
    for work in lanes.iter_mut().flatten() {
        if let State::At(checker) = &mut work.state {
            match checker.wants_more() {
                Ok(sees) => work.sees = sees,
                Err(error) => work.state = State::Failed(error),
            }
        }
    }
    let still = |work: &Work<'_>| work.sees && matches!(work.state, State::At(_));
    let Some(table) = table.filter(|_| lanes.iter().flatten().any(still)) else { return Ok(()) };
    table.read(&mut |batch| {
        interrupt::check()?;
        let view = View::new(batch);
        lanes.par_iter_mut().flatten_iter().filter(|work| work.sees).for_each(|work| {
            if let State::At(checker) = &mut work.state {
                match checker.see_again(&view) {
                    Ok(flow) => work.sees = flow == Flow::On,
                    Err(error) => work.state = State::Failed(error),
                }
            }
        });
        let goes_on = lanes.iter().flatten().any(still);
        Ok(if goes_on { Flow::On } else { Flow::Enough })
    })
}

/// Returns what a check found; that the whole was interrupted is no result.
fn result_of(suite: &Suite, work: Work<'_>, rows: u64) -> Result<CheckResult, CheckError> {
    let check = work.check;
    let finding = match work.state {
        State::At(checker) => checker.finish(),
        State::Failed(error) => Err(error),
        State::NoColumn(complaint) => {
            let mut result = blank(check, rows);
            result.status = at_level(check.level);
            result.message = Some(complaint);
            return Ok(result);
        }
    };
    match finding {
        Ok(finding) => Ok(judged(suite, check, finding, rows)),
        Err(error @ CheckError::Interrupted(_)) => Err(error),
        Err(error) => {
            let mut result = blank(check, rows);
            result.status = Status::Error;
            result.message = Some(error.to_string());
            Ok(result)
        }
    }
}

fn at_level(level: Level) -> Status {
    match level {
        Level::Fail => Status::Fail,
        Level::Warn => Status::Warn,
        Level::Info => Status::Pass,
    }
}

/// Returns how a check ends that could not be carried out: what only warns refuses nothing.
fn not_run_at(level: Level) -> Status {
    match level {
        Level::Fail | Level::Info => Status::NotRun,
        Level::Warn => Status::Warn,
    }
}

fn blank(check: &Check, rows: u64) -> CheckResult {
    CheckResult {
        check: check.info.name.to_owned(),
        column: check.column.clone(),
        columns: check.columns().into_iter().map(str::to_owned).collect(),
        level: check.level,
        status: Status::Pass,
        rows,
        considered: None,
        unexpected: None,
        percent: None,
        observed: serde_json::Value::Null,
        vacuous: false,
        sample: Vec::new(),
        top_values: Vec::new(),
        message: None,
        holds_until: None,
    }
}

/// Holds what was found against the thresholds.
fn judged(suite: &Suite, check: &Check, finding: Finding, rows: u64) -> CheckResult {
    let mut result = blank(check, rows);
    let Finding { counted, holds, not_run, vacuous, observed, .. } = finding;
    let Finding { sample, top_values, complaint, remark, holds_until, .. } = finding;
    let mut warns = vacuous && check.level != Level::Info;
    let mut passes = holds;
    let mut is_noted = !holds;
    if let Some((considered, unexpected)) = counted {
        let ratio = (considered - unexpected) as f64 / considered as f64;
        passes = considered == 0 || ratio >= check.mostly;
        warns |= check.warn_below.is_some_and(|below| ratio < below);
        is_noted = unexpected > 0;
        result.considered = Some(considered);
        result.unexpected = Some(unexpected);
        result.percent = (considered > 0).then(|| 100.0 * unexpected as f64 / considered as f64);
    }
    result.status = match (passes, warns) {
        (false, _) if not_run => not_run_at(check.level),
        (false, _) => at_level(check.level),
        (true, true) => Status::Warn,
        (true, false) => Status::Pass,
    };
    result.message = match counted {
        _ if is_noted => Some(message(counted, &complaint)),
        Some((0, _)) => Some("there was nothing to judge".to_owned()),
        _ => remark,
    };
    result.vacuous = vacuous;
    result.holds_until = holds_until;
    result.observed = observed;
    result.sample = sample;
    result.top_values = top_values;
    if is_masked(suite, check, &result) {
        mask(&mut result);
    }
    result
}

fn message(counted: Option<(u64, u64)>, complaint: &str) -> String {
    match counted {
        Some((considered, unexpected)) => format!("{unexpected} of {considered} {complaint}"),
        None => complaint.to_owned(),
    }
}

/// Tells whether the values that a check shows must not be seen.
fn is_masked(suite: &Suite, check: &Check, result: &CheckResult) -> bool {
    let is_restricted = |column: &String| suite.restricted.contains(column);
    let whole_rows = check.info.name == "duplicate_rows" && !suite.restricted.is_empty();
    check.info.name == "pii" || whole_rows || result.columns.iter().any(is_restricted)
}

/// What stands in the place of a value that is not shown.
const MASK: &str = "***";

fn mask(result: &mut CheckResult) {
    for sample in &mut result.sample {
        match &mut sample.value {
            serde_json::Value::Null => {}
            value => *value = MASK.into(),
        }
    }
    result.top_values.clear();
    // What was measured of single cells is such a value too.
    if matches!(result.check.as_str(), "min" | "max" | "median" | "quantile" | "freshness") {
        result.observed = MASK.into();
        result.message = result.message.take().map(|_| "not as expected".to_owned());
    }
}

fn left_out(suite: &Suite, rule: &NotRun, rows: u64) -> CheckResult {
    let is_allowed = suite.allow_not_run.contains(&rule.name);
    CheckResult {
        check: rule.name.clone(),
        column: rule.column.clone(),
        columns: rule.column.iter().cloned().collect(),
        level: if is_allowed { Level::Info } else { Level::Fail },
        status: Status::NotRun,
        rows,
        considered: None,
        unexpected: None,
        percent: None,
        observed: serde_json::Value::Null,
        vacuous: false,
        sample: Vec::new(),
        top_values: Vec::new(),
        message: Some(rule.reason.clone()),
        holds_until: None,
    }
}
