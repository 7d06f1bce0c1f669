//! What a cell is at all: missing, or of a type.

use crate::check::suite::engine::View;
use crate::check::suite::error::CheckError;
use crate::check::suite::rules::moment::{is_date, is_timestamp};
use crate::check::suite::rules::row::{CellTest, by_cells};
use crate::check::suite::rules::{Checker, Scope};
use crate::check::suite::spec::Check;
use crate::format::table::Column;

#[derive(Clone)]
struct NotNull;

impl CellTest for NotNull {
    const JUDGES_MISSING: bool = true;

    fn is_fit(&self, view: &View<'_>, column: usize, row: usize) -> bool {
        !view.is_null(column, row)
    }

    fn complaint(&self) -> String {
        "missing".to_owned()
    }
}

pub(in crate::check::suite) fn not_null(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    by_cells(check, scope, NotNull)
}

/// The types, by what a text must read as.
#[derive(Debug, Clone, Copy)]
pub(in crate::check::suite) enum Type {
    Int,
    Number,
    Bool,
    Date,
    Timestamp,
    Text,
    Json,
}

#[derive(Clone)]
struct TypeTest {
    name: String,
    wanted: Type,
}

pub(in crate::check::suite) fn type_of(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let name = check.settings.text("is").unwrap_or_default().to_owned();
    let wanted = match name.as_str() {
        "int" => Type::Int,
        "number" | "float" => Type::Number,
        "bool" => Type::Bool,
        "date" => Type::Date,
        "timestamp" => Type::Timestamp,
        "json" => Type::Json,
        _ => Type::Text,
    };
    by_cells(check, scope, TypeTest { name, wanted })
}

impl CellTest for TypeTest {
    fn is_fit(&self, view: &View<'_>, column: usize, row: usize) -> bool {
        cell_is_of(self.wanted, view.column(column), row)
    }

    fn complaint(&self) -> String {
        format!("not of the type `{}`", self.name)
    }
}

/// Tells whether a cell that is not missing is of a type.
pub(in crate::check::suite) fn cell_is_of(wanted: Type, cells: &Column, row: usize) -> bool {
    match cells {
        Column::Text(cells) => reads_as(wanted, cells.value(row)),
        Column::Int(_) => matches!(wanted, Type::Int | Type::Number),
        Column::Float(_) => matches!(wanted, Type::Number),
        Column::Bool(_) => matches!(wanted, Type::Bool),
        Column::Date(_) => matches!(wanted, Type::Date),
        Column::Timestamp(_) => matches!(wanted, Type::Timestamp),
        // Columns of mixed types hold each cell as JSON.
        Column::Json(cells) => is_json_of(wanted, cells.value(row)),
    }
}

fn reads_as(wanted: Type, text: &str) -> bool {
    match wanted {
        Type::Int => is_int(text),
        Type::Number => text.trim().parse::<f64>().is_ok(),
        Type::Bool => {
            ["true", "false", "0", "1"].iter().any(|word| text.eq_ignore_ascii_case(word))
        }
        Type::Date => is_date(text),
        Type::Timestamp => is_timestamp(text),
        Type::Text => true,
        Type::Json => serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(),
    }
}

fn is_int(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_json_of(wanted: Type, text: &str) -> bool {
    match (wanted, text.as_bytes().first()) {
        (Type::Json, _) => true,
        (Type::Text | Type::Date | Type::Timestamp, Some(b'"')) => {
            serde_json::from_str::<String>(text).is_ok_and(|text| reads_as(wanted, &text))
        }
        (Type::Bool, _) => matches!(text, "true" | "false"),
        (Type::Int | Type::Number, Some(b'-' | b'0'..=b'9')) => reads_as(wanted, text),
        _ => false,
    }
}
