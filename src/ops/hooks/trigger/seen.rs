//! What a worker has seen of what a hook watches on a branch: kept as a fact of the journal, which
//! changes in the transaction that notes the event.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::base::Hash;
use crate::hook::spec::{Hook, Watch};

/// What came of looking at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeenState {
    /// Within its bounds.
    Calm,
    /// Out of its bounds, and held back.
    Due,
    /// Out of its bounds, and the hook was started for it.
    Fired,
    /// Out of its bounds by what the hook itself made, which starts nothing.
    Own,
    /// It cannot be told.
    Failed,
}

/// What was seen last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Where it was looked: while that is the same, so is all that was looked at.
    pub at: String,
    /// The content of all that was looked at.
    pub looked: String,
    /// When, in seconds.
    pub time: i64,
    pub state: SeenState,
    /// What was found, in words.
    pub says: String,
    /// What was found, as hooks are told.
    #[serde(default)]
    pub cause: Option<Value>,
    /// The hooks that led to it.
    #[serde(default)]
    pub chain: Vec<String>,
}

impl Seen {
    /// Returns the name of the fact.
    pub(super) fn fact_name(branch: &str, hook: &Hook, watch: &Watch) -> String {
        let text = Hash::of(watch.text().as_bytes()).to_hex();
        format!("watch:{branch}:{}:{}", hook.id, &text[..16])
    }

    /// Reads what the journal keeps; nothing where it cannot be read.
    pub(super) fn of_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("what was seen has a JSON form")
    }
}

/// What is out of its bounds or not.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub crossed: bool,
    pub says: String,
    /// The fields of the cause, but for its id.
    pub cause: Value,
}
