//! What a suite says: the list of checks, and the reader of its YAML.

mod catalogue;
mod keys;
mod page;
mod read;
mod schema;
mod setting;
mod types;
mod value;

#[cfg(test)]
mod tests;

pub use catalogue::{CHECKS, CheckInfo, Stands};
pub use page::docs_page;
pub use read::parse;
pub use schema::json_schema;
pub use setting::Bound;
pub use types::{Against, Check, Level, Need, NotRun, ReadOptions, Suite};
pub(in crate::check::suite) use value::json as node_as_json;
