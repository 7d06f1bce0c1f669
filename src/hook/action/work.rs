//! Puts an action where it can run: its files in a directory of their own, and the command.

use std::ffi::OsString;
use std::path::Path;

use crate::base::fs::{IoContext, PathError, create_dirs};
use crate::hook::action::catalogue::{Action, Means, SHARED};

impl Action {
    /// Writes the files of the action into `dir`, which need not exist, and returns the command that
    /// carries it out.
    pub fn lay_out(&self, dir: &Path) -> Result<Vec<OsString>, PathError> {
        create_dirs(dir)?;
        match self.means {
            Means::Script { name, text } => {
                put(dir, name, text)?;
                for file in SHARED {
                    put(dir, file.name, file.text)?;
                }
                // `-B` leaves no byte code behind, `-S` starts quicker: only the standard library is used.
                Ok(vec!["python3".into(), "-BS".into(), dir.join(name).into()])
            }
            Means::Native => {
                let program = std::env::current_exe().context("find the program of", dir)?;
                Ok(vec![program.into(), "hooks".into(), "act".into(), self.name.into()])
            }
        }
    }
}

/// Writes a file that need not survive a crash.
fn put(dir: &Path, name: &str, text: &str) -> Result<(), PathError> {
    use std::io::Write;
    let path = dir.join(name);
    let mut file = std::fs::File::create(&path).context("create", &path)?;
    file.write_all(text.as_bytes()).context("write", &path)
}
