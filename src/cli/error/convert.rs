//! Errors of the rooms below, and what to say about each.

use std::io;

use super::{CommandError, ErrorKind, user_error};
use crate::base::clock::NotATime;
use crate::base::fs::PathError;
use crate::base::interrupt::Interrupted;
use crate::cli::exit::ExitStatus;
use crate::cli::ui::OutputError;

impl From<PathError> for CommandError {
    fn from(error: PathError) -> Self {
        let hint = match error.kind() {
            io::ErrorKind::PermissionDenied => Some("check who owns it and its mode: `ls -ld`"),
            io::ErrorKind::StorageFull => Some("the disk is full; nothing you had is lost"),
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
