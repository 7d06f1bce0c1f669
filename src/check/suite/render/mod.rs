//! A report in the formats that other tools read.

mod gx;
mod junit;
mod markdown;

#[cfg(test)]
mod tests;

pub use gx::as_gx;
pub use junit::as_junit;
pub use markdown::as_markdown;
