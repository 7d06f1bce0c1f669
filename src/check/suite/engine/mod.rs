//! Carries a suite out: one pass over the table in bounded memory, the columns of each batch side by
//! side, and a second pass only where a check asks for it.

mod input;
pub(super) mod key;
mod key_set;
mod ordered;
mod run;
mod spill;
mod view;

#[cfg(test)]
mod tests;

pub use input::{FileFacts, Flow, Input, Rows};
pub use key::KeyHash;
pub use key_set::{Groups, KeySet};
pub use ordered::Ordered;
pub use run::run;
pub use view::View;
