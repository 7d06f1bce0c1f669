//! What differs: between two trees, and between two texts.

pub mod text;
