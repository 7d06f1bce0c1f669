//! What the checks of drift in a suite judge: the dataset beside itself at another revision, compared as
//! `mlv drift` does.

use std::collections::BTreeMap;

use crate::check::drift::{Report, Spec};
use crate::check::suite::{Against, Need, Suite};
use crate::format::table::TableOptions;
use crate::ops::check::data;
use crate::ops::check::run::{Subject, other_files};
use crate::ops::data::DataFile;
use crate::ops::{Context, OpsError, drift};

/// Compares once for all checks that name the same revision; returns what was found by the numbers of
/// the checks. Those are left out that have nothing to compare with, or name a column that is not there.
pub(super) fn compare(
    context: &Context,
    suite: &Suite,
    subject: &Subject<'_>,
    (dataset, files): (&[String], &[DataFile]),
) -> Result<BTreeMap<usize, Report>, OpsError> {
    let mut by_revision: BTreeMap<Against, Vec<(usize, Spec)>> = BTreeMap::new();
    for (number, check) in suite.checks.iter().enumerate() {
        if let (Some(spec), Some(need)) = (check.drift(), check.need()) {
            by_revision.entry(need.against).or_default().push((number, spec));
        }
    }
    let options = options(suite);
    let mut found = BTreeMap::new();
    for (against, checks) in by_revision {
        let need = Need { against, dataset: Vec::new() };
        let reference = tables(&other_files(context, subject, &need, dataset)?);
        if reference.is_empty() {
            continue;
        }
        let specs: Vec<&Spec> = checks.iter().map(|(_, spec)| spec).collect();
        let reports = drift::compare_files(context, tables(files), reference, &options, &specs)?;
        for ((number, _), report) in checks.iter().zip(reports) {
            match report {
                Ok(report) => {
                    found.insert(*number, report);
                }
                Err(OpsError::NoSuchColumn { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(found)
}

fn tables(files: &[DataFile]) -> Vec<DataFile> {
    data::tables(files).into_iter().cloned().collect()
}

/// Returns how the files are read: what is missing is what `mlv drift` takes for that, where the suite
/// does not say.
fn options(suite: &Suite) -> TableOptions {
    let mut options = data::table_options(&suite.read);
    if options.null_values.is_empty() {
        options.null_values = Spec::default().null_values();
    }
    options
}
