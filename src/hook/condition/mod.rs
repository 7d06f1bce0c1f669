//! Conditions (`if`): an expression in the Common Expression Language (CEL) over an event.
//!
//! It sees `event` (fields that do not apply are null), `changed` (the changed paths as a list of
//! texts) and `changes` (`[{"path", "change"}]`). `check` finds what can be known to be wrong
//! before any event, and how much work an evaluation is; `small` knows which values are copied and
//! compared in one step; `scope` holds what an expression sees.

mod check;
mod scope;
mod small;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use cel::{Program, Value};

use crate::hook::context::EventContext;
use check::Effort;

pub use check::FUNCTIONS;
pub use scope::{EVENT_FIELDS, VARIABLES};

/// The longest expression: its parts are evaluated within each other.
const MAX_LENGTH: usize = 2_000;

/// A condition that can be evaluated.
#[derive(Clone)]
pub struct Condition {
    text: String,
    program: Arc<Program>,
    effort: Effort,
}

/// What is wrong with an expression, and which of its characters are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionFault {
    /// The rest of a sentence that begins with the condition.
    pub reason: String,
    pub help: Option<String>,
    /// Where it stands, as characters before it and its width; the whole where absent.
    pub at: Option<(usize, usize)>,
}

/// Why a condition says neither yes nor no of an event: the rest of a sentence that begins with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    #[error("cannot be evaluated: {reason}")]
    Evaluate { reason: String },
    #[error("is neither true nor false")]
    NotABoolean,
    #[error(
        "would take too long over {changes} changed paths: name them under `paths`, or let the command read the file `MLV_CHANGED_FILES`"
    )]
    TooMuchWork { changes: usize },
}

impl Condition {
    /// Reads an expression; what can be known to fail on every event is a fault already.
    pub fn parse(text: &str) -> Result<Self, ConditionFault> {
        if text.len() > MAX_LENGTH {
            return Err(ConditionFault {
                reason: format!("is longer than {MAX_LENGTH} bytes"),
                help: Some("let the command decide, and exit with 0".to_owned()),
                at: None,
            });
        }
        let program = Program::compile(text).map_err(|errors| check::syntax_fault(&errors))?;
        let effort = check::checked(&program, text)?;
        check::tried(&program, effort)?;
        Ok(Self { text: text.to_owned(), program: Arc::new(program), effort })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Tells whether it holds of the event.
    pub fn holds(&self, told: &EventContext) -> Result<bool, ConditionError> {
        if !self.effort.is_bearable(told.changes.len(), scope::longest_text(told)) {
            return Err(ConditionError::TooMuchWork { changes: told.changes.len() });
        }
        let failed = |reason| ConditionError::Evaluate { reason };
        let scope = scope::of_event(&self.program, told).map_err(failed)?;
        match self.program.execute(&scope) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(_) => Err(ConditionError::NotABoolean),
            Err(error) => Err(failed(check::plainly(&error))),
        }
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Condition").field(&self.text).finish()
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
