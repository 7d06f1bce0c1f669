//! Drift: whether new data is distributed as a reference is, column by column. What is chosen where
//! nothing is named is what Evidently 0.7 chooses, so that both can be compared.

mod category;
mod collect;
mod compare;
mod method;
mod pair;
mod profile;
mod read;
mod report;
mod score;
mod settings;
mod spec;
mod stored;

pub use collect::Collector;
pub use compare::{Kind, compare};
pub use method::Method;
pub use pair::Pair;
pub use profile::{Profile, Values};
pub use read::profiles;
pub use report::{ColumnReport, Report, Sides, Status, significant};
pub use settings::{Mode, Settings};
pub use spec::Spec;
pub use stored::{decode, encode};

#[cfg(test)]
mod tests;
