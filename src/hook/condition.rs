//! Conditions (`if`): an expression in the Common Expression Language (CEL) over an event.
//!
//! It sees `event` (the payload's fields, absent ones null), `changed` (the changed paths as a list
//! of texts) and `changes` (`[{"path", "change"}]`).

use std::fmt;
use std::sync::Arc;

use cel::{Context, Program, Value};

use crate::hook::context::EventContext;

/// A condition that can be evaluated.
#[derive(Clone)]
pub struct Condition {
    text: String,
    program: Arc<Program>,
}

/// Why a condition cannot be read or does not say yes or no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    #[error("not an expression: {reason}")]
    Syntax { reason: String },
    #[error("cannot be evaluated: {reason}")]
    Evaluate { reason: String },
    #[error("is neither true nor false")]
    NotABoolean,
}

impl Condition {
    /// Reads an expression.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        let program = Program::compile(text)
            .map_err(|error| ConditionError::Syntax { reason: error.to_string() })?;
        Ok(Self { text: text.to_owned(), program: Arc::new(program) })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Tells whether it holds of the event.
    pub fn holds(&self, told: &EventContext) -> Result<bool, ConditionError> {
        let failed = |reason: String| ConditionError::Evaluate { reason };
        let mut scope = Context::default();
        let changed: Vec<String> = told.changes.iter().map(|c| c.path.to_string()).collect();
        scope.add_variable("changed", changed).map_err(|error| failed(error.to_string()))?;
        match self.program.execute(&scope) {
            Ok(Value::Bool(holds)) => Ok(holds),
            Ok(_) => Err(ConditionError::NotABoolean),
            Err(error) => Err(failed(error.to_string())),
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
