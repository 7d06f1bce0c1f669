//! What a verb fails with: facts from below become a message, hints and an exit code.
//! `convert.rs` holds one `From` per error type of the rooms below.

mod convert;
mod deploy;
mod ops;
mod remote;

use std::error::Error;
use std::fmt::Display;

use super::exit::ExitStatus;
use crate::base::suggest;

/// Whose fault an error is; it decides the exit code where nothing else does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// What was asked cannot be done.
    User,
    /// A settings file or variable is wrong.
    Config,
    /// The command line is wrong.
    Cli,
    /// Nobody reads the output any more.
    BrokenPipe,
    /// A fault of mlv.
    Internal,
}

/// The error of a verb, ready to be shown.
#[derive(Debug)]
pub struct CommandError {
    pub kind: ErrorKind,
    pub error: Box<dyn Error + Send + Sync>,
    pub hints: Vec<String>,
    pub exit: ExitStatus,
}

impl CommandError {
    pub fn new(kind: ErrorKind, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let exit = match kind {
            ErrorKind::Cli => ExitStatus::Usage,
            ErrorKind::BrokenPipe => ExitStatus::Done,
            ErrorKind::User | ErrorKind::Config | ErrorKind::Internal => ExitStatus::Failed,
        };
        Self { kind, error: error.into(), hints: Vec::new(), exit }
    }

    /// Adds a line that says what to type next.
    pub fn hinted(mut self, hint: impl Display) -> Self {
        self.hints.push(hint.to_string());
        self
    }

    /// Adds a hint where there is one, as `did_you_mean` gives.
    pub fn maybe_hinted(self, hint: Option<impl Display>) -> Self {
        match hint {
            Some(hint) => self.hinted(hint),
            None => self,
        }
    }

    /// Ends the program with this code in place of the kind's.
    pub fn exiting(mut self, exit: ExitStatus) -> Self {
        self.exit = exit;
        self
    }

    /// Returns the message, then its causes; a cause that the line above has already told is left out.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.error.to_string()];
        let mut cause = self.error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if !lines.iter().any(|line| line.contains(&text)) {
                lines.push(text);
            }
            cause = error.source();
        }
        lines
    }

    /// Tells whether an error of this type is the cause, at any depth.
    pub fn is_caused_by<E: Error + 'static>(&self, matches: impl Fn(&E) -> bool) -> bool {
        let mut error: Option<&(dyn Error + 'static)> = Some(self.error.as_ref());
        while let Some(cause) = error {
            if cause.downcast_ref::<E>().is_some_and(&matches) {
                return true;
            }
            error = cause.source();
        }
        false
    }
}

/// Returns the hint `did you mean ...?`, or nothing where no name is near to what was typed.
pub fn did_you_mean<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    suggest::did_you_mean(&suggest::candidates(typed, names))
}

/// Returns the error of a request that cannot be met.
pub fn user_error(error: impl Into<Box<dyn Error + Send + Sync>>) -> CommandError {
    CommandError::new(ErrorKind::User, error)
}

/// Returns the error of a wrong setting.
pub fn config_error(error: impl Into<Box<dyn Error + Send + Sync>>) -> CommandError {
    CommandError::new(ErrorKind::Config, error)
}

/// Returns the error of a wrong command line.
pub fn cli_error(error: impl Into<Box<dyn Error + Send + Sync>>) -> CommandError {
    CommandError::new(ErrorKind::Cli, error)
}

/// Returns the error of something that cannot happen.
pub fn internal_error(error: impl Into<Box<dyn Error + Send + Sync>>) -> CommandError {
    CommandError::new(ErrorKind::Internal, error)
        .hinted("this is a fault of mlv; `mlv fsck` tells whether your data is whole")
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot open the store")]
    struct Outer(#[source] io::Error);

    #[test]
    fn causes_follow_the_message_unless_it_tells_them() {
        let error = user_error(Outer(io::Error::other("no space left")));
        assert_eq!(error.lines(), ["cannot open the store", "no space left"]);
        let error = user_error("line 3: no space left");
        assert_eq!(error.lines(), ["line 3: no space left"]);
    }

    #[test]
    fn a_cause_is_found_at_any_depth() {
        let error = user_error(Outer(io::ErrorKind::BrokenPipe.into()));
        assert!(error.is_caused_by(|e: &io::Error| e.kind() == io::ErrorKind::BrokenPipe));
        assert!(!error.is_caused_by(|e: &io::Error| e.kind() == io::ErrorKind::NotFound));
    }

    #[test]
    fn the_kind_decides_the_exit_code_unless_told_otherwise() {
        assert_eq!(cli_error("x").exit, ExitStatus::Usage);
        assert_eq!(user_error("x").exit, ExitStatus::Failed);
        assert_eq!(user_error("x").exiting(ExitStatus::Moved).exit, ExitStatus::Moved);
    }
}
