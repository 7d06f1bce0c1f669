//! Whether values are of a set.

use std::sync::Arc;

use hashbrown::HashSet;

use crate::check::suite::engine::View;
use crate::check::suite::error::CheckError;
use crate::check::suite::rules::row::{CellTest, by_cells};
use crate::check::suite::rules::{Checker, Scope};
use crate::check::suite::spec::Check;
use crate::format::table::Column;

#[derive(Clone)]
struct SetTest {
    texts: Arc<Texts>,
    /// Those that were written as numbers: `1` is `1.0` too.
    numbers: Arc<Vec<f64>>,
    inside: bool,
}

/// A set of texts.
enum Texts {
    /// So few that looking at each is the quickest.
    Few(Vec<String>),
    Many(HashSet<String>),
}

impl Texts {
    fn of(texts: Vec<String>) -> Self {
        if texts.len() <= 8 { Self::Few(texts) } else { Self::Many(texts.into_iter().collect()) }
    }

    fn contains(&self, text: &str) -> bool {
        match self {
            Self::Few(texts) => texts.iter().any(|own| own == text),
            Self::Many(texts) => texts.contains(text),
        }
    }
}

pub(in crate::check::suite) fn in_set(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    by_cells(check, scope, SetTest::of(check, true))
}

pub(in crate::check::suite) fn not_in_set(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    by_cells(check, scope, SetTest::of(check, false))
}

impl SetTest {
    fn of(check: &Check, inside: bool) -> Self {
        let values = check.settings.scalars("values");
        Self {
            texts: Arc::new(Texts::of(values.iter().map(|value| value.text.clone()).collect())),
            numbers: Arc::new(values.iter().filter_map(|value| value.number).collect()),
            inside,
        }
    }

    fn holds(&self, view: &View<'_>, column: usize, row: usize) -> bool {
        let cells = view.column(column);
        let named = match cells {
            Column::Text(cells) => self.texts.contains(cells.value(row)),
            Column::Json(cells) => {
                let text = cells.value(row);
                self.texts.contains(text)
                    || serde_json::from_str::<String>(text)
                        .is_ok_and(|own| self.texts.contains(&own))
            }
            cells => cells.text(row).is_some_and(|text| self.texts.contains(&text)),
        };
        named
            || (!self.numbers.is_empty()
                && !matches!(cells, Column::Bool(_))
                && cells.number(row).is_some_and(|number| self.numbers.contains(&number)))
    }
}

impl CellTest for SetTest {
    fn is_fit(&self, view: &View<'_>, column: usize, row: usize) -> bool {
        self.holds(view, column, row) == self.inside
    }

    fn complaint(&self) -> String {
        if self.inside { "not in the set" } else { "in the set" }.to_owned()
    }
}
