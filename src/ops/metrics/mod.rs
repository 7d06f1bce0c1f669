//! `mlv metrics` and `mlv params`: what files of metrics and of parameters say, in the working copy and
//! in commits.

mod compare;
mod read;
mod series;
mod show;

pub use compare::{Change, Comparison, compare};
pub use read::{FileValues, Kind, Reader};
pub use series::{Chart, Line, PlotOptions, plot};
pub use show::{ShowOptions, Shown, show};
