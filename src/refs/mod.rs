//! Names of things that move: refs and what they hold, edits with their expectation, the operation
//! log that makes every edit undoable, and revisions as users write them.

mod error;
mod name;
pub mod operation;
pub mod revision;
pub mod table;
mod value;

pub use error::RefError;
pub use name::{NameRule, RefName};
pub use operation::{Operation, OperationKind, UndoStacks};
pub use revision::Revision;
pub use table::{Expected, RefEdit};
pub use value::RefValue;
