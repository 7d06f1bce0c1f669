//! Whether predictions are of the rows of the evaluation set, and of none that a model was trained on.

use crate::check::gate::evidence::Evidence;
use crate::check::gate::ids::{Ids, Named};
use crate::check::gate::report::RuleResult;
use crate::check::gate::rows::{Rows, Texts, Wanted, overlap};
use crate::check::gate::spec::{DataSet, GateSpec};
use crate::format::FormatError;
use crate::format::table::Table;

/// Tells whether a table has a column.
pub fn has_column(table: &Table, name: &str) -> bool {
    table.all_fields().iter().any(|field| field.name == name)
}

/// Says that a table has no column of ids.
pub fn no_ids(rule: &'static str, path: &str, column: &str) -> RuleResult {
    RuleResult::failed(rule, format!("`{path}` has no column `{column}`"))
}

/// Reads the evaluation set; what is wrong with it is noted.
pub fn read_eval(
    spec: &GateSpec,
    evidence: &Evidence,
    groups: &[&str],
    labels: &mut Texts,
    results: &mut Vec<RuleResult>,
) -> Result<Option<Rows>, FormatError> {
    let (Some(set), Some(table)) = (&spec.eval_set, &evidence.eval_table) else { return Ok(None) };
    let id = set.id.as_ref().unwrap_or(&spec.columns.id);
    if !has_column(table, id) {
        results.push(no_ids("eval_set", &set.path, id));
        return Ok(None);
    }
    let truth = set.y_true.as_ref().unwrap_or(&spec.columns.y_true);
    let wanted =
        Wanted { id, truth: Some(truth), predicted: None, score: None, groups, task: spec.task() };
    let mut rows = Rows::read(table, wanted, labels)?;
    // What is true need not be known of every row here.
    rows.faults.unreadable.clear();
    let faults = rows.faults.sentences(&set.path);
    results.extend(faults.into_iter().map(|fault| RuleResult::failed("eval_set", fault)));
    Ok(Some(rows))
}

/// Holds the ids and the truth of predictions against the evaluation set.
pub fn compare(set: &DataSet, eval: &Rows, predicted: &Rows) -> Vec<RuleResult> {
    let path = &set.path;
    let (strange, lacking) =
        (without(&predicted.ids, &eval.ids), without(&eval.ids, &predicted.ids));
    let mut results = Vec::new();
    if !strange.is_empty() {
        let rows = strange.counted("prediction");
        let message = format!("{rows} of no row of `{path}`, as {strange}");
        results.push(RuleResult::failed("eval_set", message));
    }
    if !lacking.is_empty() {
        let rows = lacking.counted("row");
        let message = format!("no prediction of {rows} of `{path}`, as {lacking}");
        results.push(RuleResult::failed("eval_set", message));
    }
    let other = other_truth(predicted, eval);
    if !other.is_empty() {
        let rows = other.counted("prediction");
        let verb = if other.count == 1 { "has" } else { "have" };
        let message = format!("{rows} {verb} another truth than `{path}`, as {other}");
        results.push(RuleResult::failed("eval_set", message));
    }
    if results.is_empty() {
        let message = format!("every row of `{path}` has its prediction");
        results.push(RuleResult::passed("eval_set", message));
    }
    results
}

/// Returns the ids that are among the first and not among the second.
pub fn without(ids: &Ids, others: &Ids) -> Named {
    let mut named = Named::default();
    for id in ids.iter().filter(|id| others.row_of(id).is_none()) {
        named.note(id);
    }
    named
}

/// Returns the ids of which both say what is true, and not the same.
pub fn other_truth(rows: &Rows, others: &Rows) -> Named {
    let mut named = Named::default();
    let (Some(truth), Some(theirs)) = (&rows.truth, &others.truth) else { return named };
    for (row, id) in (0..).zip(rows.ids.iter()) {
        if let Some(other) = others.ids.row_of(id)
            && !theirs.is_missing(other)
            && !truth.is_same(row, theirs, other)
        {
            named.note(id);
        }
    }
    named
}

/// Looks for ids of the evaluation in the training set.
pub fn train_overlap(
    spec: &GateSpec,
    table: &Table,
    evaluated: &Ids,
) -> Result<Option<RuleResult>, FormatError> {
    let Some(set) = &spec.train_set else { return Ok(None) };
    let column = set.id.as_ref().unwrap_or(&spec.columns.id);
    if !has_column(table, column) {
        return Ok(Some(no_ids("train_overlap", &set.path, column)));
    }
    let shared = overlap(table, column, evaluated)?;
    let path = &set.path;
    Ok(Some(if shared.is_empty() {
        RuleResult::passed("train_overlap", format!("no evaluated row is in `{path}`"))
    } else {
        let rows = shared.counted("evaluated row");
        let verb = if shared.count == 1 { "is" } else { "are" };
        RuleResult::failed("train_overlap", format!("{rows} {verb} in `{path}` too, as {shared}"))
    }))
}
