//! What a gate judges: tables and numbers, wherever they come from.

use crate::check::gate::report::{EvalSet, RuleResult};
use crate::format::table::Table;

/// Everything about one gate, opened but not read.
#[derive(Debug)]
pub struct Evidence {
    /// The name of the gate's file.
    pub spec: String,
    pub candidate: Side,
    pub champion: Champion,
    pub eval_table: Option<Table>,
    pub eval_set: Option<EvalSet>,
    pub train_table: Option<Table>,
    /// What was found about the files themselves.
    pub findings: Vec<RuleResult>,
}

/// One model: what it predicted, and what was measured of it.
#[derive(Debug, Clone)]
pub struct Side {
    pub name: String,
    pub predictions: Option<Table>,
    /// The numbers in its file of metrics.
    pub measured: Option<Vec<(String, f64)>>,
}

/// The model to compare with.
#[derive(Debug)]
pub enum Champion {
    /// There is none, and why.
    Absent(String),
    Present(Side),
}
