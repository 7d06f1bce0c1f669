//! Metrics of predictions, equal to those of scikit-learn and fairlearn. A metric is prepared once for
//! its rows, and then told for any weights of them: a bootstrap sorts nothing a second time.

mod classes;
mod fairness;
mod name;
mod prepared;
mod ranked;

pub use fairness::{Fairness, GroupRates, group_rates};
pub use name::{Metric, is_lower_better};
pub use prepared::Prepared;

/// What is true of each row, and what was predicted of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Predictions {
    Binary {
        truth: Vec<bool>,
        predicted: Vec<bool>,
        score: Option<Vec<f64>>,
    },
    /// Classes by their numbers.
    Classes {
        count: usize,
        truth: Vec<u32>,
        predicted: Vec<u32>,
    },
    Numbers {
        truth: Vec<f64>,
        predicted: Vec<f64>,
    },
}

impl Predictions {
    pub fn len(&self) -> usize {
        match self {
            Self::Binary { truth, .. } => truth.len(),
            Self::Classes { truth, .. } => truth.len(),
            Self::Numbers { truth, .. } => truth.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns these rows, in this order.
    pub fn rows(&self, rows: &[u32]) -> Self {
        match self {
            Self::Binary { truth, predicted, score } => Self::Binary {
                truth: picked(truth, rows),
                predicted: picked(predicted, rows),
                score: score.as_ref().map(|score| picked(score, rows)),
            },
            Self::Classes { count, truth, predicted } => Self::Classes {
                count: *count,
                truth: picked(truth, rows),
                predicted: picked(predicted, rows),
            },
            Self::Numbers { truth, predicted } => {
                Self::Numbers { truth: picked(truth, rows), predicted: picked(predicted, rows) }
            }
        }
    }

    /// Returns the metrics that these predictions have.
    pub fn metrics(&self) -> impl Iterator<Item = Metric> + '_ {
        Metric::ALL.into_iter().filter(|metric| metric.is_of(self))
    }

    /// Returns a metric over all rows; NaN where it is not defined, nothing where it is of others.
    pub fn metric(&self, metric: Metric) -> Option<f64> {
        Some(Prepared::new(metric, self)?.value(&vec![1; self.len()]))
    }

    /// Tells of each row whether it was predicted as it is; nothing where numbers are predicted.
    pub fn is_right(&self) -> Option<Vec<bool>> {
        match self {
            Self::Binary { truth, predicted, .. } => Some(equal(truth, predicted)),
            Self::Classes { truth, predicted, .. } => Some(equal(truth, predicted)),
            Self::Numbers { .. } => None,
        }
    }
}

fn picked<T: Copy>(values: &[T], rows: &[u32]) -> Vec<T> {
    rows.iter().map(|row| values[*row as usize]).collect()
}

fn equal<T: PartialEq>(truth: &[T], predicted: &[T]) -> Vec<bool> {
    truth.iter().zip(predicted).map(|(truth, predicted)| truth == predicted).collect()
}

#[cfg(test)]
mod tests;
