//! Precision, recall and F1: what was predicted of which class.

use crate::check::metrics::Metric;

/// Which classes count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Average {
    /// The second of two.
    Positive,
    /// All, each as much as the others.
    Macro,
}

/// The classes of rows, true and predicted.
#[derive(Debug)]
pub struct Classes {
    average: Average,
    ratio: fn(Counts) -> f64,
    count: usize,
    truth: Vec<u32>,
    predicted: Vec<u32>,
}

/// What is known of one class.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    hits: u64,
    /// Rows that are of the class.
    are: u64,
    /// Rows that are said to be of it.
    said: u64,
}

impl Classes {
    pub fn new(
        metric: Metric,
        average: Average,
        count: usize,
        truth: Vec<u32>,
        predicted: Vec<u32>,
    ) -> Option<Self> {
        let ratio: fn(Counts) -> f64 = match metric {
            Metric::Precision => |c| ratio(c.hits, c.said),
            Metric::Recall => |c| ratio(c.hits, c.are),
            Metric::F1 => |c| ratio(2 * c.hits, c.are + c.said),
            _ => return None,
        };
        Some(Self { average, ratio, count, truth, predicted })
    }

    pub fn value(&self, weights: &[u32]) -> f64 {
        let counts = self.counts(weights);
        match self.average {
            Average::Positive if weights.iter().all(|weight| *weight == 0) => f64::NAN,
            Average::Positive => (self.ratio)(counts[1]),
            Average::Macro => {
                // A class that no row is of, nor is said to be of, is none here.
                let seen = counts.iter().filter(|counts| counts.are + counts.said > 0);
                let ratios: Vec<f64> = seen.map(|counts| (self.ratio)(*counts)).collect();
                ratios.iter().sum::<f64>() / ratios.len() as f64
            }
        }
    }

    fn counts(&self, weights: &[u32]) -> Vec<Counts> {
        let mut counts = vec![Counts::default(); self.count];
        for ((truth, predicted), weight) in self.truth.iter().zip(&self.predicted).zip(weights) {
            let weight = u64::from(*weight);
            counts[*truth as usize].are += weight;
            counts[*predicted as usize].said += weight;
            if truth == predicted {
                counts[*truth as usize].hits += weight;
            }
        }
        counts
    }
}

/// Returns a share; none of nothing is 0, as scikit-learn has it.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
