//! Settings in layers: default < system < user < repository < environment < flag; each value knows
//! its source. `keys` is the one list of what can be set, `default.toml` its reference.

mod environment;

pub use environment::{Environment, VARIABLES, Variable};
