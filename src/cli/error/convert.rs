//! Errors of the rooms below, and what to say about each.

use std::io;

use super::{CommandError, ErrorKind, cli_error, config_error, did_you_mean, user_error};
use crate::base::clock::NotATime;
use crate::base::fs::PathError;
use crate::base::interrupt::Interrupted;
use crate::base::lock::LockError;
use crate::base::suggest;
use crate::cli::exit::ExitStatus;
use crate::cli::ui::OutputError;
use crate::config::ConfigError;
use crate::refs::RefError;
use crate::repo::{RepoError, is_out_of_room, is_read_only};

const DISK_FULL: &str = "the disk is full; nothing you had is lost";
const READ_ONLY: &str =
    "check who owns `.mlv` and its mode (`ls -ld .mlv`), and that its disk is not read-only";

impl From<PathError> for CommandError {
    fn from(error: PathError) -> Self {
        let hint = match error.kind() {
            io::ErrorKind::PermissionDenied => Some("check who owns it and its mode: `ls -ld`"),
            io::ErrorKind::StorageFull => Some(DISK_FULL),
            io::ErrorKind::ReadOnlyFilesystem => Some("the file system is mounted read-only"),
            _ => None,
        };
        user_error(error).maybe_hinted(hint)
    }
}

impl From<NotATime> for CommandError {
    fn from(error: NotATime) -> Self {
        user_error(error)
    }
}

impl From<Interrupted> for CommandError {
    fn from(error: Interrupted) -> Self {
        user_error(error).exiting(ExitStatus::Interrupted)
    }
}

impl From<OutputError> for CommandError {
    fn from(error: OutputError) -> Self {
        let broken_pipe = error.0.kind() == io::ErrorKind::BrokenPipe;
        let kind = if broken_pipe { ErrorKind::BrokenPipe } else { ErrorKind::User };
        Self::new(kind, error)
    }
}

impl From<LockError> for CommandError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Path(error) => error.into(),
            held @ LockError::Held { .. } => user_error(held).hinted("try again when it has ended"),
        }
    }
}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Path(error) => error.into(),
            ConfigError::NotAnAssignment { .. } => cli_error(error),
            ConfigError::UnknownKey { ref candidates, .. } => {
                let near = suggest::did_you_mean(candidates);
                config_error(error)
                    .maybe_hinted(near)
                    .hinted("`mlv config list` shows all settings")
            }
            error => config_error(error),
        }
    }
}

impl From<RefError> for CommandError {
    fn from(error: RefError) -> Self {
        match &error {
            RefError::NoSuchRevision { name, candidates } => {
                let near = did_you_mean(name, candidates.iter().map(String::as_str));
                let is_path = std::path::Path::new(name).symlink_metadata().is_ok();
                let path = is_path.then(|| {
                    format!("`{name}` is a path: `-- {name}` names it, `HEAD:{name}` in a commit")
                });
                user_error(error).maybe_hinted(near).maybe_hinted(path).hinted(
                    "`mlv branch` and `mlv tag` list the names, `mlv help revisions` the forms",
                )
            }
            RefError::AmbiguousPrefix { candidates, .. } => {
                let ids: Vec<String> =
                    candidates.iter().map(|id| format!("`{}`", &id.to_hex()[..16])).collect();
                let hint = format!("it could be {}", ids.join(" or "));
                user_error(error).hinted(hint)
            }
            RefError::Unborn { .. } => user_error(error).hinted("`mlv commit` makes the first one"),
            RefError::Syntax { .. } => {
                user_error(error).hinted("`mlv help revisions` shows the forms")
            }
            RefError::Exists { name } if name.is_tag() => {
                let hint = format!("`mlv tag -f {}` moves it", name.short());
                user_error(error).hinted(hint)
            }
            RefError::Exists { name } => {
                let name = name.short();
                let hint =
                    format!("`mlv switch {name}` goes there; `mlv branch -f {name}` moves it");
                user_error(error).hinted(hint)
            }
            RefError::Moved { .. } => user_error(error).exiting(ExitStatus::Moved),
            RefError::Sqlite(source) if is_out_of_room(source) => {
                user_error(error).hinted(DISK_FULL)
            }
            RefError::Sqlite(source) if is_read_only(source) => user_error(error).hinted(READ_ONLY),
            RefError::NoSuchOperation { .. } => user_error(error).hinted("`mlv op log` lists them"),
            _ => user_error(error),
        }
    }
}

impl From<RepoError> for CommandError {
    fn from(error: RepoError) -> Self {
        match error {
            RepoError::Path(error) => error.into(),
            RepoError::Lock(error) => error.into(),
            RepoError::Ref(error) => error.into(),
            RepoError::NotFound { .. } => user_error(error).hinted("`mlv init` makes one here"),
            RepoError::Exists { .. } => {
                user_error(error).hinted("`mlv status` shows what it holds")
            }
            RepoError::HalfCloned { .. } => {
                user_error(error).hinted("`mlv clone` into it again begins anew")
            }
            RepoError::NoFormat { .. } => user_error(error)
                .hinted("`mlv init` writes it again and leaves everything else as it is"),
            RepoError::Busy { .. } => user_error(error).hinted("try again when it has ended"),
            RepoError::UnknownFormat { .. } | RepoError::NewerDatabase { .. } => {
                user_error(error).hinted("a newer mlv has written it: update mlv")
            }
            RepoError::Database { ref source, .. } if is_out_of_room(source) => {
                user_error(error).hinted(DISK_FULL)
            }
            RepoError::Database { ref source, .. } if is_read_only(source) => {
                user_error(error).hinted(READ_ONLY)
            }
            error => user_error(error),
        }
    }
}
