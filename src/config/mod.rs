//! Settings in layers: default < system < user < repository < environment < flag; each value knows
//! its source. `keys` is the one list of what can be set, `default.toml` its reference, `edit`
//! changes a file and keeps its comments.

mod edit;
mod environment;
mod error;
mod keys;
mod layer;
mod load;

#[cfg(test)]
mod tests;

pub use edit::{set, unset};
pub use environment::{Environment, VARIABLES, Variable};
pub use error::{ConfigError, Origin, Warning};
pub use keys::{KEYS, Key, Kind};
pub use load::{Config, DEFAULTS, Source, Value, parse_assignment};
