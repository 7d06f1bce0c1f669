//! One suite on one view of the data.

use std::collections::BTreeMap;

use crate::base::progress::Unit;
use crate::base::{CommitId, RepoPath};
use crate::check::suite::{
    self, Against, CheckError, Input, Need, ReadOptions, Report, Rows, Status, Suite,
};
use crate::format::table::Table;
use crate::ops::check::compare::compare;
use crate::ops::check::data;
use crate::ops::data::{DataFile, DataView};
use crate::ops::{Context, OpsError};

/// A longer file is no suite.
const MAX_SUITE: u64 = crate::base::yaml::MAX_BYTES as u64;

/// What the checks of a suite may hold in memory, all together.
const MEMORY: usize = 192 << 20;

/// What a suite is carried out on.
#[derive(Debug)]
pub struct Subject<'a> {
    pub view: DataView<'a>,
    /// The data, in place of what the suite names; nothing leaves it to the suite.
    pub dataset: Vec<String>,
    /// What the data would replace; nothing where there is no commit yet.
    pub target: Option<CommitId>,
}

/// Reads a suite from one of these views, the first that has it.
pub fn read_suite(views: &[&DataView<'_>], path: &RepoPath) -> Result<Suite, OpsError> {
    for view in views {
        if let Some(bytes) = view.read(path, MAX_SUITE)? {
            let suite = suite::parse(&path.to_string(), &bytes).map_err(OpsError::BrokenSuite)?;
            if suite.checks.is_empty() && suite.not_run.is_empty() {
                let what = format!("`{path}` has no check: it would let everything pass");
                return Err(OpsError::Unsupported { what });
            }
            return Ok(suite);
        }
    }
    match views.last() {
        Some(view) => Err(view.no_such_file(path)),
        None => Err(OpsError::NoFiles),
    }
}

/// Carries a suite out.
pub fn check(context: &Context, suite: &Suite, subject: &Subject<'_>) -> Result<Report, OpsError> {
    let dataset = if subject.dataset.is_empty() { &suite.dataset } else { &subject.dataset };
    if dataset.is_empty() {
        let what = "the suite names no `dataset`, and none was given".to_owned();
        return Err(OpsError::Unsupported { what });
    }
    let name = dataset.join(", ");
    let files = data::files(&subject.view, dataset)?;
    if files.is_empty() {
        let message = format!("nothing matches `{name}` in {}", subject.view.name());
        return Ok(Report::failed(name, Status::Fail, message));
    }
    let table = if suite.reads_rows() {
        match data::open(&files, &suite.read, suite.columns()) {
            Ok(table) => Some(table),
            Err(error) => return Ok(Report::failed(name, Status::Error, error.to_string())),
        }
    } else {
        None
    };
    context.progress.phase("checking", None, Unit::Time);
    let others = others(context, suite, subject, dataset)?;
    let drift = match compare(context, suite, subject, (dataset, &files)) {
        Ok(drift) => drift,
        Err(OpsError::Format(error)) => {
            return Ok(Report::failed(name, Status::Error, error.to_string()));
        }
        Err(error) => return Err(error),
    };
    let input = Input {
        dataset: name.clone(),
        table: table.as_ref().map(|table| table as &dyn Rows),
        files: data::facts(&files),
        others: others
            .iter()
            .map(|(need, table)| (need.clone(), table.as_ref().map(|table| table as &dyn Rows)))
            .collect(),
        drift,
        now: context.now()?.seconds.saturating_mul(1_000_000),
        memory: MEMORY,
    };
    match suite::run(suite, &input) {
        Ok(report) => Ok(report),
        Err(CheckError::Format(error)) => {
            Ok(Report::failed(name, Status::Error, error.to_string()))
        }
        Err(error) => Err(failed(error)),
    }
}

/// Returns a suite that the data at a path passes as it is.
pub fn propose(view: &DataView<'_>, path: &str) -> Result<String, OpsError> {
    let dataset = vec![path.trim_end_matches('/').to_owned()];
    let files = data::files(view, &dataset)?;
    if files.is_empty() {
        return Err(view.no_such_path(path));
    }
    let table = data::open(&files, &ReadOptions::default(), None)?;
    suite::propose(&dataset, &table).map_err(failed)
}

fn failed(error: CheckError) -> OpsError {
    match error {
        CheckError::Format(error) => error.into(),
        CheckError::Interrupted(interrupted) => interrupted.into(),
        error => OpsError::Unsupported { what: error.to_string() },
    }
}

/// Opens the tables that the checks of a suite compare with.
fn others(
    context: &Context,
    suite: &Suite,
    subject: &Subject<'_>,
    dataset: &[String],
) -> Result<BTreeMap<Need, Option<Table>>, OpsError> {
    let mut others = BTreeMap::new();
    for need in suite.needs() {
        let wanted = if need.dataset.is_empty() { dataset } else { &need.dataset };
        let files = other_files(context, subject, &need, wanted)?;
        let table = if files.is_empty() {
            None
        } else {
            Some(data::open(&files, &suite.read, Some(data::columns_elsewhere(suite)))?)
        };
        others.insert(need, table);
    }
    Ok(others)
}

/// Returns the files of what a check compares with, `dataset` being those of the suite; none where there
/// is no commit yet.
pub(super) fn other_files(
    context: &Context,
    subject: &Subject<'_>,
    need: &Need,
    dataset: &[String],
) -> Result<Vec<DataFile>, OpsError> {
    match &need.against {
        Against::Here => data::files(&subject.view, dataset),
        Against::Revision(revision) => {
            data::files(&DataView::at(context, Some(revision))?, dataset)
        }
        Against::Target => {
            let Some(target) = subject.target else { return Ok(Vec::new()) };
            let tree = context.repo.objects().commit(target)?.tree;
            data::files(&DataView::of_tree(context, tree, "the target"), dataset)
        }
    }
}
