//! Reading what is referred to, once, for its hash.

use rayon::prelude::*;

use crate::base::progress::Unit;
use crate::base::{Progress, interrupt};
use crate::object::{ObjectError, Reference};
use crate::ops::import::plan::Plan;
use crate::ops::{Context, OpsError};
use crate::remote::elsewhere::Places;

/// Records the hashes of all that is to be staged; returns how many files were read for it.
pub(super) fn fill(context: &Context, plan: &mut Plan) -> Result<u64, OpsError> {
    let wanted = plan.found.iter_mut().map(|planned| &mut planned.reference);
    let mut wanted: Vec<_> = wanted.filter(|reference| reference.content.is_none()).collect();
    let (places, progress) = (context.places.as_ref(), context.progress.as_ref());
    let total = wanted.iter().map(|reference| reference.size).fold(0, u64::saturating_add);
    progress.phase("reading", Some(total), Unit::Bytes);
    let url = wanted.first().map(|reference| reference.url.clone()).unwrap_or_default();
    let read = in_parallel(places, &url, || {
        let read = wanted.par_iter_mut().with_max_len(1);
        read.map(|reference| hash_one(places, reference, progress))
            .collect::<Result<Vec<bool>, OpsError>>()
    })??;
    Ok(read.into_iter().filter(|read| *read).count() as u64)
}

/// Runs work on as many threads as the settings of a place say.
pub(super) fn in_parallel<T: Send>(
    places: &Places,
    url: &str,
    work: impl FnOnce() -> T + Send,
) -> Result<T, OpsError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(places.jobs(url)).build();
    let pool = pool.map_err(|error| OpsError::Unsupported { what: error.to_string() })?;
    Ok(pool.install(work))
}

/// Records one hash; tells whether the file had to be read.
fn hash_one(
    places: &Places,
    reference: &mut Reference,
    progress: &dyn Progress,
) -> Result<bool, OpsError> {
    interrupt::check()?;
    if let Some(known) = places.known_hash(reference) {
        reference.content = Some(known);
        progress.advance(reference.size);
        return Ok(false);
    }
    places.hash(reference, &|read| progress.advance(read)).map_err(|error| {
        // Whoever stopped it hears of that, and not of the reading that broke off.
        let stopped = interrupt::check();
        stopped.map_or_else(OpsError::from, |()| ObjectError::from(error).into())
    })?;
    Ok(true)
}
