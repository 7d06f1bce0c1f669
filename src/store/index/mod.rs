//! Which blob lies where: the footers of the latest packs in memory, the rest in sorted files.

mod set;

pub use set::{Index, Location};
