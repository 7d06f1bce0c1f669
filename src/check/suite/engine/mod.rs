//! Carries a suite out: one pass over the table in bounded memory, and a second only where a check asks
//! for it. What a check makes of a batch alone is made where it is decoded, for several batches at a
//! time; what depends on those before it, in their order, the columns side by side.

mod input;
pub(super) mod key;
mod key_set;
mod ordered;
mod places;
mod run;
mod spill;
mod view;

#[cfg(test)]
mod tests;

pub use input::{FileFacts, Flow, Input, Looked, Rows};
pub use key::KeyHash;
pub use key_set::{Groups, KeySet};
pub use ordered::Ordered;
pub use run::run;
pub use view::View;
