//! Statistics that checks share: sorted samples, distances between distributions, tests and their
//! p-values. Numbers in, numbers out; what they mean is for who asks.

mod counts;
mod distance;
mod histogram;
pub mod kolmogorov;
mod sample;
mod shares;
mod sort;
mod tails;

pub use counts::{Counts, chi_square, contingency, proportions};
pub use distance::{energy, wasserstein};
pub use histogram::Edges;
pub use sample::{Sample, Step, Steps};
pub use shares::{Shares, hellinger, jensen_shannon, kullback_leibler, largest_gap, stability};

#[cfg(test)]
mod tests;
