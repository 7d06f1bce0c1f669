//! `fsck`: proves every hash, and says of each damage what needs it. `check` reads everything, `trace`
//! goes from lost objects to files and commits.

mod check;
mod report;
mod trace;

pub use check::{LISTED, LostObjects, fsck, named};
pub use report::{FsckReport, IrregularTree, Lost, Need, Problem};
pub use trace::trace;
