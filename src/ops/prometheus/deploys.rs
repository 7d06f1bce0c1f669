//! What was deployed: how deployments ended, and what each environment serves.

use crate::ops::deploy::{self, Action, ReleaseStatus};
use crate::ops::prometheus::exposition::{Family, Kind};
use crate::ops::{Context, OpsError};
use crate::repo::releases;

/// Returns the metrics of deployments. No row of a release is ever removed, so the counts never fall.
pub(super) fn families(context: &Context) -> Result<[Family; 2], OpsError> {
    let mut deploys = Family::new(
        "mlv_deploys_total",
        Kind::Counter,
        "Deployments that ended, by how they ended.",
    );
    let mut info = Family::new("mlv_deploy_info", Kind::Gauge, "What an environment serves.");
    let environments = releases::environments(&context.repo.connection())?;
    for env in environments {
        for release in deploy::history(context, &env)? {
            let outcome = match (release.status, release.action) {
                (ReleaseStatus::Pending, _) => continue,
                (ReleaseStatus::Failed, _) => "failed",
                (_, Action::Deploy) => "deployed",
                (_, Action::Rollback) => "rolled_back",
            };
            deploys.count(vec![("env", env.clone()), ("outcome", outcome.to_owned())]);
            if release.status == ReleaseStatus::Active {
                let labels = [
                    ("env", env.clone()),
                    ("release_id", release.release_id),
                    ("commit", release.commit.to_hex()),
                    ("artifact", release.artifact),
                ];
                info.add_truth(labels.into(), true);
            }
        }
    }
    Ok([deploys, info])
}
