//! The area under the ROC curve: how often a positive row is scored above a negative one.

use rayon::slice::ParallelSliceMut;

/// Rows in the order of their scores.
#[derive(Debug)]
pub struct Ranked {
    rows: Vec<RankedRow>,
}

#[derive(Debug, Clone, Copy)]
struct RankedRow {
    row: u32,
    is_positive: bool,
    /// Whether the row before it has the same score.
    is_tied: bool,
}

impl Ranked {
    pub fn new(score: &[f64], truth: &[bool]) -> Self {
        // Zero is one score, whatever its sign.
        let mut order: Vec<(f64, u32)> =
            score.iter().zip(0..).map(|(score, row)| (score + 0.0, row)).collect();
        order.par_sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut before = None;
        let ranked = |(score, row): (f64, u32)| {
            let is_tied = before.replace(score) == Some(score);
            RankedRow { row, is_positive: truth[row as usize], is_tied }
        };
        Self { rows: order.into_iter().map(ranked).collect() }
    }

    /// Returns the area; a tie counts half. NaN where one of both classes is missing.
    pub fn area(&self, weights: &[u32]) -> f64 {
        // Twice the number of pairs in order, exact in whole numbers.
        let mut twice = 0_u128;
        let (mut positives, mut negatives) = (0_u64, 0_u64);
        let (mut tied_positives, mut tied_negatives) = (0_u64, 0_u64);
        let mut close = |positives: u64, negatives: u64, below: u64| {
            twice += u128::from(positives) * u128::from(2 * below + negatives);
        };
        for row in &self.rows {
            if !row.is_tied {
                close(tied_positives, tied_negatives, negatives);
                negatives += std::mem::take(&mut tied_negatives);
                positives += std::mem::take(&mut tied_positives);
            }
            let weight = u64::from(weights[row.row as usize]);
            *if row.is_positive { &mut tied_positives } else { &mut tied_negatives } += weight;
        }
        close(tied_positives, tied_negatives, negatives);
        let pairs = u128::from(positives + tied_positives) * u128::from(negatives + tied_negatives);
        twice as f64 / 2.0 / pairs as f64
    }
}
