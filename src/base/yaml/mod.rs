//! YAML that people write for mlv, as a tree whose every key and value knows its place, and faults that
//! show the line with a caret.

mod fault;
mod node;
mod reader;

pub use fault::{Place, SpecError, SpecErrors};
pub use node::{Key, MAX_BYTES, Node, Source, Value, fault, parse, parse_file};
pub use reader::Reader;
