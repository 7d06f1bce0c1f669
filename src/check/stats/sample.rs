//! Finite numbers in ascending order, which every statistic here reads.

use crate::check::stats::sort::sorted;

/// Finite numbers in ascending order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample(Vec<f64>);

impl Sample {
    /// Sorts numbers; what is not finite leaves.
    pub fn new(mut numbers: Vec<f64>) -> Self {
        numbers.retain(|number| number.is_finite());
        Self(sorted(numbers))
    }

    /// Takes numbers that are said to be sorted; nothing where they are not, or not finite.
    pub fn from_sorted(numbers: Vec<f64>) -> Option<Self> {
        let sound = numbers.iter().all(|number| number.is_finite()) && numbers.is_sorted();
        sound.then_some(Self(numbers))
    }

    pub fn numbers(&self) -> &[f64] {
        &self.0
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns each number once, in ascending order.
    pub fn distinct(&self) -> impl Iterator<Item = f64> {
        self.0.chunk_by(|a, b| a >= b).map(|same| same[0])
    }

    pub fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.len() as f64
    }

    /// Returns the standard deviation of these very numbers: divided by their count, not by one less.
    pub fn deviation(&self) -> f64 {
        let mean = self.mean();
        let squares: f64 = self.0.iter().map(|number| (number - mean).powi(2)).sum();
        (squares / self.len() as f64).sqrt()
    }
}

/// A value that occurs in one of two samples, and how many numbers of each are not above it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    pub value: f64,
    pub left: usize,
    pub right: usize,
}

/// The distinct values of two samples in ascending order.
#[derive(Debug, Clone)]
pub struct Steps<'a> {
    left: &'a [f64],
    right: &'a [f64],
    passed: (usize, usize),
}

impl<'a> Steps<'a> {
    pub fn new(left: &'a Sample, right: &'a Sample) -> Self {
        Self { left: &left.0, right: &right.0, passed: (0, 0) }
    }
}

impl Iterator for Steps<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let (mut left, mut right) = self.passed;
        let value = match (self.left.get(left), self.right.get(right)) {
            (Some(a), Some(b)) => a.min(*b),
            (one, other) => *one.or(other)?,
        };
        while self.left.get(left).is_some_and(|number| *number <= value) {
            left += 1;
        }
        while self.right.get(right).is_some_and(|number| *number <= value) {
            right += 1;
        }
        self.passed = (left, right);
        Some(Step { value, left, right })
    }
}
