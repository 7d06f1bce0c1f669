//! The exit codes: the one place that names them, and the table that help and docs are made from.

use std::fmt::Write as _;
use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExitStatus {
    Done = 0,
    Failed = 1,
    Usage = 2,
    Refused = 3,
    Conflicts = 4,
    Moved = 5,
    Interrupted = 130,
}

/// Every exit code with its meaning, in the order of the docs.
pub const EXIT_CODES: &[(ExitStatus, &str)] = &[
    (ExitStatus::Done, "done"),
    (
        ExitStatus::Failed,
        "refused or failed: the message says why (no such branch, damage found, network, ...)",
    ),
    (ExitStatus::Usage, "wrong usage"),
    (ExitStatus::Refused, "a hook or gate refused"),
    (ExitStatus::Conflicts, "merge conflicts"),
    (
        ExitStatus::Moved,
        "the other side moved (not a fast-forward, lost a race): fetch and try again",
    ),
    (ExitStatus::Interrupted, "interrupted; nothing half-done"),
];

impl ExitStatus {
    /// Returns the number the shell sees.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}

/// Returns the exit codes as a Markdown table.
pub fn table() -> String {
    let mut table = String::from("| code | meaning |\n|---|---|\n");
    for (status, meaning) in EXIT_CODES {
        let _ = writeln!(table, "| {} | {meaning} |", status.code());
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_the_docs_promise() {
        let codes: Vec<u8> = EXIT_CODES.iter().map(|(status, _)| status.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 130]);
    }
}
