//! A suite that data passes as it is: what holds of each column, found in one pass.

mod column;
mod write;

use crate::check::suite::engine::{Flow, Rows, View};
use crate::check::suite::error::CheckError;
use crate::check::suite::profile::column::Profile;

/// Returns a suite, as YAML, that a table passes.
pub fn propose(dataset: &[String], table: &dyn Rows) -> Result<String, CheckError> {
    let fields = table.fields();
    let mut profiles: Vec<Profile> = fields.iter().map(|_| Profile::default()).collect();
    let mut rows = 0;
    table.read(&mut |batch| {
        crate::base::interrupt::check()?;
        let view = View::new(batch);
        rows += batch.rows as u64;
        for (column, profile) in profiles.iter_mut().enumerate() {
            profile.see(&view, column)?;
        }
        Ok(Flow::On)
    })?;
    let names = fields.into_iter().map(|field| field.name);
    write::suite(dataset, rows, names.zip(profiles).collect())
}
