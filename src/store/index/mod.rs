//! Which blob lies where: the footers of the latest packs in memory, all others in sorted files
//! that are merged as they grow. All of it can be made anew from the packs.

mod build;
mod filter;
mod fold;
mod recent;
mod segment;
mod set;
mod source;
mod told;

pub use recent::Location;
pub use set::Index;
pub use told::ToldIndex;

#[cfg(test)]
mod tests;
