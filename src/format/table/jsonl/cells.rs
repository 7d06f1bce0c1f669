//! `Cells`: a column in the making whose type its values tell.

use std::fmt::Display;

use arrow_array::StringArray;
use arrow_array::builder::{BooleanBuilder, Float64Builder, Int64Builder, StringBuilder};

use crate::format::table::Column;

/// A value as it stands in a line.
#[derive(Debug)]
pub enum Cell<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    /// An array or an object, as JSON.
    Nested(String),
}

/// Values of one type; of several, they are kept as JSON, but for integers among other numbers.
#[derive(Debug)]
pub enum Cells {
    /// So many missing values, and no other.
    Missing(usize),
    Bool(BooleanBuilder),
    Int(Int64Builder),
    Float(Float64Builder),
    Text(StringBuilder),
    Json(StringBuilder),
}

impl Cells {
    pub fn len(&self) -> usize {
        use arrow_array::builder::ArrayBuilder;
        match self {
            Self::Missing(rows) => *rows,
            Self::Bool(builder) => builder.len(),
            Self::Int(builder) => builder.len(),
            Self::Float(builder) => builder.len(),
            Self::Text(builder) | Self::Json(builder) => builder.len(),
        }
    }

    pub fn push(&mut self, cell: &Cell<'_>) {
        if matches!(cell, Cell::Null) {
            return self.push_null();
        }
        if let Self::Missing(rows) = self {
            *self = Self::started(cell, *rows);
        }
        match (&mut *self, cell) {
            (Self::Bool(cells), Cell::Bool(value)) => cells.append_value(*value),
            (Self::Int(cells), Cell::Int(value)) => cells.append_value(*value),
            (Self::Float(cells), Cell::Float(value)) => cells.append_value(*value),
            (Self::Float(cells), Cell::Int(value)) => cells.append_value(*value as f64),
            (Self::Text(cells), Cell::Text(value)) => cells.append_value(value),
            (Self::Json(cells), value) => cells.append_value(json(value)),
            (Self::Int(cells), Cell::Float(value)) => {
                let mut floats = floats(cells);
                floats.append_value(*value);
                *self = Self::Float(floats);
            }
            (_, value) => {
                let mut texts = self.as_json();
                texts.append_value(json(value));
                *self = Self::Json(texts);
            }
        }
    }

    fn push_null(&mut self) {
        match self {
            Self::Missing(rows) => *rows += 1,
            Self::Bool(cells) => cells.append_null(),
            Self::Int(cells) => cells.append_null(),
            Self::Float(cells) => cells.append_null(),
            Self::Text(cells) | Self::Json(cells) => cells.append_null(),
        }
    }

    /// Starts with as many missing cells, for cells like the one given.
    fn started(cell: &Cell<'_>, missing: usize) -> Self {
        let mut cells = match cell {
            Cell::Null => return Self::Missing(missing),
            Cell::Bool(_) => Self::Bool(BooleanBuilder::new()),
            Cell::Int(_) => Self::Int(Int64Builder::new()),
            Cell::Float(_) => Self::Float(Float64Builder::new()),
            Cell::Text(_) => Self::Text(StringBuilder::new()),
            Cell::Nested(_) => Self::Json(StringBuilder::new()),
        };
        for _ in 0..missing {
            cells.push_null();
        }
        cells
    }

    /// Takes the cells as JSON texts.
    fn as_json(&mut self) -> StringBuilder {
        let column = std::mem::replace(self, Self::Missing(0)).finish();
        let quoted = matches!(column, Column::Text(_));
        let mut texts = StringBuilder::new();
        for row in 0..column.len() {
            match column.text(row) {
                Some(text) if quoted => texts.append_value(quote(&text)),
                text => texts.append_option(text),
            }
        }
        texts
    }

    pub fn finish(self) -> Column {
        match self {
            Self::Missing(rows) => Column::Text(StringArray::new_null(rows)),
            Self::Bool(mut cells) => Column::Bool(cells.finish()),
            Self::Int(mut cells) => Column::Int(cells.finish()),
            Self::Float(mut cells) => Column::Float(cells.finish()),
            Self::Text(mut cells) => Column::Text(cells.finish()),
            Self::Json(mut cells) => Column::Json(cells.finish()),
        }
    }
}

fn floats(integers: &mut Int64Builder) -> Float64Builder {
    let integers = integers.finish();
    let mut floats = Float64Builder::with_capacity(integers.len() + 1);
    floats.extend(integers.iter().map(|value| value.map(|value| value as f64)));
    floats
}

fn json(cell: &Cell<'_>) -> String {
    let shown = |value: &dyn Display| value.to_string();
    match cell {
        Cell::Null => "null".to_owned(),
        Cell::Bool(value) => shown(value),
        Cell::Int(value) => shown(value),
        Cell::Float(value) => shown(value),
        Cell::Text(text) => quote(text),
        Cell::Nested(text) => text.clone(),
    }
}

fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
