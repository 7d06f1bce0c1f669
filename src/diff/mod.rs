//! What differs: between two trees, and between two texts.

pub mod rename;
pub mod text;
pub mod tree;

pub use tree::{TreeChange, tree_changes};
