//! What Prometheus is told of a repository, as a file that its node exporter reads: how runs ended, and
//! what the last ones found. The counts are kept in the journal and never fall.

mod deploys;
mod exposition;
mod found;

use std::path::{Path, PathBuf};

use crate::base::fs::atomic_write;
use crate::ops::{Context, OpsError};
use crate::repo::journal;

use exposition::{Family, Kind};

/// Returns all metrics as text.
pub fn metrics(context: &Context) -> Result<String, OpsError> {
    let mut families = vec![runs(context)?];
    families.extend(found::families(context)?);
    families.extend(deploys::families(context)?);
    Ok(exposition::text(&families))
}

/// Writes the metrics to a file: whoever reads it finds all of the old or all of the new.
pub fn write(context: &Context, path: &Path) -> Result<(), OpsError> {
    Ok(atomic_write(path, metrics(context)?.as_bytes())?)
}

/// Writes them anew where the setting `metrics.textfile` names a file; that it fails is told, and
/// stops nobody.
pub fn refresh(context: &Context) {
    let Some(path) = textfile(context) else { return };
    if let Err(error) = write(context, &path) {
        context.progress.notice(&format!("the metrics could not be written: {error}"));
    }
}

/// Returns the file that the setting names, seen from the root of the repository.
fn textfile(context: &Context) -> Option<PathBuf> {
    let named = context.config.string("metrics.textfile").filter(|value| !value.text.is_empty())?;
    context.has_working_copy().then(|| context.repo.root().join(named.text))
}

fn runs(context: &Context) -> Result<Family, OpsError> {
    let name = "mlv_hook_runs_total";
    let mut runs = Family::new(name, Kind::Counter, "Runs of hooks that ended, by how they ended.");
    for count in journal::counts(&context.repo.connection())? {
        let labels = vec![("event", count.event), ("hook", count.hook), ("status", count.status)];
        runs.add(labels, count.runs as f64);
    }
    Ok(runs)
}
