//! Who did what, for the log of a remote.

use crate::ops::{Context, OpsError};
use crate::remote::Note;
use crate::remote::log::EntryId;

/// Returns what an entry of a remote's log says of this command.
pub fn note(context: &Context) -> Result<Note, OpsError> {
    let author = match context.signature() {
        Ok(author) => format!("{} <{}>", author.name, author.email),
        // Who only deletes a branch, say, need not be known.
        Err(OpsError::NoIdentity) => String::new(),
        Err(error) => return Err(error),
    };
    Ok(Note {
        id: EntryId::fresh(),
        time: context.now()?,
        author,
        command: context.command.clone(),
    })
}
