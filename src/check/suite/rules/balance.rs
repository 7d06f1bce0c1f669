//! How often each value of a column occurs.

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::check::suite::engine::View;
use crate::check::suite::error::CheckError;
use crate::check::suite::report::{MAX_TOP_VALUES, TopValue};
use crate::check::suite::rules::found::{Finding, shown};
use crate::check::suite::rules::statistic::rounded;
use crate::check::suite::rules::{Checker, Scope};
use crate::check::suite::spec::Check;

/// A column with more different values holds no classes.
const MAX_CLASSES: usize = 10_000;

struct ClassBalance {
    column: usize,
    classes: HashMap<String, u64>,
    values: u64,
    min_share: Option<f64>,
    max_share: Option<f64>,
    max_ratio: Option<f64>,
}

pub(in crate::check::suite) fn class_balance(
    check: &Check,
    scope: &Scope<'_>,
) -> Result<Box<dyn Checker>, CheckError> {
    let number = |key| check.settings.number(key);
    Ok(Box::new(ClassBalance {
        column: scope.column(check),
        classes: HashMap::new(),
        values: 0,
        min_share: number("min_share"),
        max_share: number("max_share"),
        max_ratio: number("max_ratio"),
    }))
}

impl ClassBalance {
    fn complaint(&self, rarest: u64, commonest: u64) -> Option<String> {
        let share = |count: u64| count as f64 / self.values as f64;
        let ratio = commonest as f64 / rarest as f64;
        let (least, most) = (share(rarest), share(commonest));
        let rare = self.min_share.filter(|min| least < *min);
        let common = self.max_share.filter(|max| most > *max);
        let uneven = self.max_ratio.filter(|max| ratio > *max);
        rare.map(|min| {
            format!("the rarest value has a share of {}, less than {min}", rounded(least))
        })
        .or(common
            .map(|max| format!("the commonest has a share of {}, more than {max}", rounded(most))))
        .or(uneven
            .map(|max| format!("the commonest is {} times the rarest, not {max}", rounded(ratio))))
    }
}

impl Checker for ClassBalance {
    fn see(&mut self, view: &View<'_>) -> Result<(), CheckError> {
        for row in 0..view.rows() {
            let Some(text) = view.text(self.column, row) else { continue };
            self.values += 1;
            if let Some(count) = self.classes.get_mut(text.as_ref()) {
                *count += 1;
            } else if self.classes.len() <= MAX_CLASSES {
                self.classes.insert(text.into_owned(), 1);
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Finding, CheckError> {
        if self.classes.len() > MAX_CLASSES {
            let complaint = format!("more than {MAX_CLASSES} different values");
            return Ok(Finding::whole(Json::Null, Some(complaint)));
        }
        let counts = || self.classes.values().copied();
        let (Some(rarest), Some(commonest)) = (counts().min(), counts().max()) else {
            return Ok(Finding::vacuous("there is no value"));
        };
        let mut classes: Vec<_> = self.classes.iter().collect();
        classes.sort_unstable_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let observed = serde_json::json!({
            "classes": classes.len(), "rarest": rarest, "commonest": commonest,
        });
        let top = classes.iter().take(MAX_TOP_VALUES);
        let top_values = top.map(|(value, count)| TopValue { value: shown(value), count: **count });
        Ok(Finding {
            top_values: top_values.collect(),
            ..Finding::whole(observed, self.complaint(rarest, commonest))
        })
    }
}
