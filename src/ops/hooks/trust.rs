//! Trust: hooks are code. Definitions that the user committed here may run; those that came from
//! elsewhere run nothing before the user has looked at them.

use crate::base::CommitId;
use crate::hook::spec::Spec;
use crate::ops::hooks::definitions::{definitions, spec_of};
use crate::ops::{Context, OpsError};
use crate::repo::journal;

/// A hook as the user is asked to trust it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TrustedHook {
    pub hook: String,
    pub on: Vec<&'static str>,
    pub run: String,
}

/// What was trusted.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TrustReport {
    pub definition: crate::base::Hash,
    /// Whether it was trusted before.
    pub already: bool,
    pub hooks: Vec<TrustedHook>,
}

/// Tells whether these definitions may run here.
pub fn is_trusted(context: &Context, spec: &Spec) -> Result<bool, OpsError> {
    if context.environment.is_set("MLV_TRUST_HOOKS") {
        return Ok(context.environment.get("MLV_TRUST_HOOKS") != Some("0"));
    }
    Ok(journal::is_trusted(&context.repo.connection(), &spec.definition_hash().0)?)
}

/// Trusts definitions that the user changes with the commit at hand.
pub fn trust_own(context: &Context, base: Option<CommitId>, spec: &Spec) -> Result<(), OpsError> {
    let before = definitions(context, context.repo.tree_of(base)?)?;
    let is_new = before.is_none_or(|before| before.definition_hash() != spec.definition_hash());
    if is_new { remember(context, spec) } else { Ok(()) }
}

/// Notes that the user knows these definitions.
fn remember(context: &Context, spec: &Spec) -> Result<(), OpsError> {
    let now = context.now()?.seconds;
    let definition = spec.definition_hash();
    if is_trusted(context, spec)? {
        return Ok(());
    }
    Ok(context.repo.transact(|connection| Ok(journal::trust(connection, &definition.0, now)?))?)
}

/// Trusts the definitions of a revision, or of `HEAD`; with `dry_run` only shows what would be
/// trusted.
pub fn trust(
    context: &Context,
    revision: Option<&str>,
    dry_run: bool,
) -> Result<TrustReport, OpsError> {
    let place = revision.unwrap_or("HEAD");
    let tree = match revision {
        Some(revision) => context.tree_of(revision)?,
        None => context.repo.head_tree()?,
    };
    let Some(spec) = spec_of(context, tree)? else {
        return Err(OpsError::NoDefinitions { place: place.to_owned() });
    };
    let already = is_trusted(context, &spec)?;
    if !dry_run {
        remember(context, &spec)?;
    }
    let hooks = spec.hooks.iter().map(|hook| TrustedHook {
        hook: hook.id.to_string(),
        on: hook.on.iter().map(|event| event.name()).collect(),
        run: hook.work.text(),
    });
    Ok(TrustReport { definition: spec.definition_hash(), already, hooks: hooks.collect() })
}
