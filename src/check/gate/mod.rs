//! Evaluation gates: predictions and metrics of a candidate, held against bounds, against a champion on
//! the same rows, and group against group.

mod answers;
mod contest;
mod evidence;
mod guard;
mod ids;
mod judge;
mod read;
mod read_rules;
mod report;
mod rows;
mod sets;
mod slices;
mod spec;
mod verdict;

pub use evidence::{Champion, Evidence, Side};
pub use judge::judge;
pub use report::{EvalSet, Report, RuleResult, Status, figure};
pub use spec::{DataSet, GateSpec};

#[cfg(test)]
mod tests;
