//! Errors of remotes: what to do about each.

use super::{CommandError, cli_error, config_error, user_error};
use crate::remote::{RemoteError, Unauthenticated};

impl From<RemoteError> for CommandError {
    fn from(error: RemoteError) -> Self {
        match error {
            RemoteError::Config(error) => error.into(),
            RemoteError::Path(error) => error.into(),
            RemoteError::Store(error) => error.into(),
            RemoteError::Object(error) => error.into(),
            RemoteError::Repo(error) => error.into(),
            RemoteError::Interrupted(error) => error.into(),
            error => {
                let hint = hint(&error);
                kind(error).maybe_hinted(hint)
            }
        }
    }
}

/// Tells whose fault it is: the command line's, the configuration's, or the world's.
fn kind(error: RemoteError) -> CommandError {
    match error {
        RemoteError::UnknownScheme { .. }
        | RemoteError::BadUrl { .. }
        | RemoteError::CredentialsInUrl { .. } => cli_error(error),
        RemoteError::BadSetting { .. }
        | RemoteError::BadProfile { .. }
        | RemoteError::BadProfileFile { .. }
        | RemoteError::NotEncrypted { .. } => config_error(error),
        error => user_error(error),
    }
}

pub(super) fn hint(error: &RemoteError) -> Option<String> {
    let hint = match error {
        RemoteError::UnknownScheme { .. } | RemoteError::BadUrl { .. } => {
            "an address is s3://BUCKET/PATH, gs://BUCKET/PATH, az://CONTAINER/PATH, a folder, or \
             https:// to read only"
        }
        RemoteError::CredentialsInUrl { .. } => {
            "name them in the environment or in a profile: `docs/guide-remotes.md` tells how"
        }
        RemoteError::BadProfile { .. } => {
            "a profile has keys or a `credential_process`; for a role or SSO: \
             `eval $(aws configure export-credentials --profile NAME --format env)`"
        }
        RemoteError::NotEncrypted { .. } => {
            "`allow_http = true` under `[remote.NAME]` lets it be, where nobody can listen"
        }
        RemoteError::Unreachable { .. } => "nothing is lost; the same command goes on from here",
        RemoteError::NoBucket { .. } => "mlv makes no buckets: make it, or check its name",
        RemoteError::NoCredentials { .. } => {
            "set `AWS_PROFILE`, `GOOGLE_APPLICATION_CREDENTIALS` or `AZURE_STORAGE_ACCOUNT` and its \
             key; a bucket that everybody may read needs `anonymous = true`"
        }
        RemoteError::Unauthenticated { reason, .. } => unauthenticated(*reason),
        RemoteError::Denied { action, .. } => return Some(denied(action)),
        RemoteError::WrongRegion { expected, .. } => return Some(region(expected.as_deref())),
        RemoteError::Full { .. } => "nothing is lost; make room and try again",
        RemoteError::NoRanges { .. } => "serve the files with a server that knows ranges, as nginx",
        RemoteError::Damaged { .. } => {
            "`mlv fsck --remote NAME` finds all that is damaged; who has it whole pushes to a new remote"
        }
        RemoteError::ReadOnly { .. } => "push to the address of the bucket or folder itself",
        RemoteError::NotARepository { .. } => "check the address; the first push makes a remote",
        RemoteError::Foreign { .. } => "give it a folder, or a part of the bucket, of its own",
        RemoteError::NewerFormat { .. } => "a newer mlv has written it: update mlv",
        RemoteError::NoConditionalCreate { .. } => {
            "two pushes at once would lose one there; use a server that honours `If-None-Match: *`"
        }
        RemoteError::Unsettled { .. } => "the same command finds out what came of it, and goes on",
        RemoteError::Restless { .. } | RemoteError::PackGone { .. } => "try again in a while",
        _ => return None,
    };
    Some(hint.to_owned())
}

fn unauthenticated(reason: Unauthenticated) -> &'static str {
    match reason {
        Unauthenticated::Expired => "log in anew, as with `aws sso login`, and try again",
        Unauthenticated::Clock => "set the clock of this machine (`date`) and try again",
        Unauthenticated::WrongSecret => {
            "check the secret, and that nothing of it was lost in copying"
        }
        Unauthenticated::UnknownKey => "check the key, and that it belongs to this server",
        Unauthenticated::Rejected => {
            "check the keys or the token in the environment or the profile"
        }
    }
}

fn denied(action: &str) -> String {
    format!("ask whoever owns it for the right to {action}, or take another profile")
}

fn region(expected: Option<&str>) -> String {
    let region = expected.unwrap_or("REGION");
    format!("`region = \"{region}\"` under `[remote.NAME]` or `AWS_REGION` says so")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::exit::ExitStatus;

    #[test]
    fn what_is_wrong_with_a_remote_comes_with_what_to_do() {
        let remote = || "s3://data".to_owned();
        let wrong =
            RemoteError::WrongRegion { remote: remote(), expected: Some("eu-1".to_owned()) };
        let error = CommandError::from(wrong);
        assert_eq!(error.lines(), ["`s3://data` is in the region `eu-1`"]);
        let hint = "`region = \"eu-1\"` under `[remote.NAME]` or `AWS_REGION` says so";
        assert_eq!((error.hints, error.exit), (vec![hint.to_owned()], ExitStatus::Failed));
        let newer = CommandError::from(RemoteError::NewerFormat { remote: remote(), version: 2 });
        assert_eq!(newer.hints, ["a newer mlv has written it: update mlv"]);
        let secret = RemoteError::CredentialsInUrl { url: "s3://***@data".to_owned() };
        assert_eq!(CommandError::from(secret).exit, ExitStatus::Usage);
    }
}
