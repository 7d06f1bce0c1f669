//! Going back: to what users were served before, because something failed or a process died.

use crate::base::Timestamp;
use crate::ops::OpsError;
use crate::ops::deploy::release::{
    Action, Manifest, Release, ReleaseStatus, ReleaseTarget, active_of, releases_of,
};
use crate::ops::deploy::site::{ScriptPlace, Site};
use crate::ops::deploy::target::Target;

/// Why a deployment is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason<'a> {
    /// This process found that it failed, and this is how.
    Failed(&'a str),
    /// The process that was at it has died.
    Died,
}

/// Takes a deployment back that did not come to its end, and writes down why. Returns what users are
/// served now, in words. Where that fails too it stays pending, and the next command tries again.
pub fn take_back(
    site: &Site<'_>,
    target: &dyn Target,
    release: &mut Release,
    reason: Reason<'_>,
) -> Result<String, OpsError> {
    let outcome = if release.target == ReleaseTarget::of(&site.spec.target) {
        let outcome = point_back(site, target, release, reason)?;
        if release.action == Action::Deploy {
            target.remove(&release.release_id)?;
        }
        outcome
    } else {
        format!("what {} serves is as it was left: the target is another one now", release.target)
    };
    if release.action == Action::Deploy {
        site.shelf().remove(&release.release_id)?;
    }
    release.status = ReleaseStatus::Failed;
    release.message = Some(match reason {
        Reason::Failed(how) => how.to_owned(),
        Reason::Died => "mlv died while it ran".to_owned(),
    });
    release.finished = Some(Timestamp::now().to_string());
    release.write(site.context)?;
    tracing::debug!(release_id = release.release_id, "noted the release as failed");
    Ok(outcome)
}

/// Lets the target point to what it pointed to before, if it is this release that it points to.
fn point_back(
    site: &Site<'_>,
    target: &dyn Target,
    release: &Release,
    reason: Reason<'_>,
) -> Result<String, OpsError> {
    let mut outcome = served(release);
    let now = target.pointer()?;
    let is_back = target.knows_itself() && now == release.replaced;
    if !is_back {
        if target.knows_itself() && now != Some(target.pointer_to(release)) {
            return Ok("what somebody else made active stays so".to_owned());
        }
        target.point(release.replaced.as_deref())?;
        tracing::debug!("pointed back");
    }
    // One that died may have pointed back already, and not come to the reload.
    if !is_back || reason == Reason::Died {
        outcome.push_str(&reload(site, release)?);
        tracing::debug!("reloaded what was active before");
    }
    Ok(outcome)
}

fn served(release: &Release) -> String {
    match (&release.previous, &release.replaced) {
        (Some(previous), _) => format!("{previous} is active as before"),
        (None, Some(_)) => "what was active before is so again".to_owned(),
        (None, None) => "nothing is active, as before".to_owned(),
    }
}

/// Lets the serving process take up what was active before.
fn reload(site: &Site<'_>, release: &Release) -> Result<String, OpsError> {
    let Some(script) = &site.spec.reload else { return Ok(String::new()) };
    let all = releases_of(site.context, site.env())?;
    let Some(active) = active_of(&all) else { return Ok(String::new()) };
    let place = ScriptPlace {
        directory: site.context.repo.root(),
        release: &site.shelf().place(&active.release_id),
        phase: "active",
        may_be_interrupted: false,
    };
    let manifest = Manifest { seq: release.seq, ..active.manifest() };
    Ok(match site.run(script, &manifest, &place)? {
        Ok(()) => String::new(),
        Err(failure) => format!(", but its reload failed: {}", failure.how),
    })
}

/// Makes up for a process that died: what it left pending is taken back. The caller holds the lock of
/// the environment, so nobody is at work on it.
pub fn heal(site: &Site<'_>, target: &dyn Target) -> Result<(), OpsError> {
    site.shelf().sweep()?;
    for mut release in releases_of(site.context, site.env())? {
        if release.status == ReleaseStatus::Pending {
            let outcome = take_back(site, target, &mut release, Reason::Died)?;
            let id = &release.release_id;
            let env = site.env();
            site.context
                .progress
                .notice(&format!("the deployment of {id} to `{env}` was interrupted: {outcome}"));
        }
    }
    Ok(())
}
