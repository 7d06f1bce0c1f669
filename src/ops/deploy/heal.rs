//! Going back: to what users were served before, because something failed or a process died.

use crate::base::Timestamp;
use crate::ops::OpsError;
use crate::ops::deploy::release::{Action, Release, ReleaseStatus, active_of, releases_of};
use crate::ops::deploy::site::{ScriptPlace, Site};
use crate::ops::deploy::target::Target;

/// Takes a deployment back that did not come to its end, and writes down why. Returns what users are
/// served now, in words. Where that fails too it stays pending, and the next command tries again.
pub fn take_back(
    site: &Site<'_>,
    target: &dyn Target,
    release: &mut Release,
    message: &str,
) -> Result<String, OpsError> {
    let is_there = target.knows_itself() && target.pointer()? == release.replaced;
    let mut outcome = served(release);
    if !is_there {
        target.point(release.replaced.as_deref())?;
        outcome.push_str(&reload(site, release)?);
    }
    if release.action == Action::Deploy {
        target.remove(&release.release_id)?;
        site.shelf().remove(&release.release_id)?;
    }
    release.status = ReleaseStatus::Failed;
    release.message = Some(message.to_owned());
    release.finished = Some(Timestamp::now().to_string());
    release.write(site.context)?;
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
    let manifest = crate::ops::deploy::release::Manifest { seq: release.seq, ..active.manifest() };
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
            let outcome = take_back(site, target, &mut release, "mlv died while it ran")?;
            let id = &release.release_id;
            let env = site.env();
            site.context
                .progress
                .notice(&format!("the deployment of {id} to `{env}` was interrupted: {outcome}"));
        }
    }
    Ok(())
}
