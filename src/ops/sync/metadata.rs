//! What a remote's refs lead to, found out without its contents.

use std::collections::HashSet;

use crate::object::ObjectDb;
use crate::ops::sync::connect::Connection;
use crate::ops::{Context, OpsError};
use crate::remote::{Part, RemoteError};
use crate::repo::reach::{Roots, Walk};
use crate::store::BlobId;

/// Returns the roots of all that a remote keeps.
pub fn roots(connection: &Connection) -> Roots {
    let mut roots = Roots::default();
    connection.remote.state().refs.values().for_each(|value| roots.add(value));
    roots
}

/// Brings the history and the trees of a remote, and returns every blob that its refs lead to; refuses
/// where some of the history is missing.
pub fn reachable(
    context: &Context,
    connection: &mut Connection,
) -> Result<HashSet<BlobId>, OpsError> {
    let tips = roots(connection);
    let progress = context.progress.as_ref();
    let part = (Part::Lazy, None);
    let fetched =
        connection.remote.fetch(&context.repo, (&tips, &Roots::default()), part, progress);
    fetched.map_err(|error| match error {
        RemoteError::NoBlob { .. } => OpsError::RemoteNotWhole {
            remote: connection.place.shown().to_owned(),
            reason: error.to_string(),
        },
        error => error.into(),
    })?;
    blobs(context, &tips)
}

/// Returns every blob that roots lead to, as far as history goes, whatever was left out here.
pub fn blobs(context: &Context, roots: &Roots) -> Result<HashSet<BlobId>, OpsError> {
    Ok(named(context, roots)?.blobs)
}

/// What roots lead to.
#[derive(Debug)]
pub struct Named {
    pub blobs: HashSet<BlobId>,
    /// How many files lie elsewhere.
    pub references: u64,
}

/// Returns all that roots lead to, as far as history goes, whatever was left out here.
pub fn named(context: &Context, roots: &Roots) -> Result<Named, OpsError> {
    // A view of its own: history does not end where it is shallow here.
    let objects = ObjectDb::new(context.repo.store().clone());
    let mut walk = Walk::new(&objects);
    let mut broken = None;
    walk.visit(roots, &mut |error| {
        broken.get_or_insert(error);
    })?;
    match broken {
        None => Ok(Named { references: walk.references(), blobs: walk.into_seen() }),
        Some(error) => Err(OpsError::NotWhole { reason: error.to_string() }),
    }
}
