//! A column of the reference beside the same column of the new data.

use std::borrow::Cow;

use crate::check::stats::{Counts, Edges, Sample, Shares, Steps};

/// Numbers with at most this many distinct values in the reference have a bin for each.
const MOST_BINS_OF_ONE_VALUE: usize = 20;

/// Both sides of a column.
#[derive(Debug, Clone)]
pub enum Pair<'a> {
    Numeric { reference: &'a Sample, new: &'a Sample, integers: bool },
    Categorical(Vec<Counts>),
}

impl Pair<'_> {
    /// Returns how many values each side has.
    pub fn sizes(&self) -> (usize, usize) {
        match self {
            Self::Numeric { reference, new, .. } => (reference.len(), new.len()),
            Self::Categorical(counts) => {
                let sum = |side: fn(&Counts) -> u64| counts.iter().map(side).sum::<u64>() as usize;
                (sum(|count| count.reference), sum(|count| count.new))
            }
        }
    }

    /// Tells whether there are more than so many distinct values, over both sides.
    pub fn has_more_than(&self, values: usize) -> bool {
        match self {
            Self::Numeric { reference, new, .. } => {
                Steps::new(reference, new).nth(values).is_some()
            }
            Self::Categorical(counts) => counts.len() > values,
        }
    }

    /// Returns how often each value occurs, in the order of the values.
    pub fn counts(&self) -> Cow<'_, [Counts]> {
        match self {
            Self::Numeric { reference, new, .. } => Cow::Owned(each_value(reference, new)),
            Self::Categorical(counts) => Cow::Borrowed(counts),
        }
    }

    /// Returns the shares of bins: after Sturges for numbers of many values, else one for each value.
    pub fn shares(&self) -> Shares {
        let (reference_len, new_len) = self.sizes();
        let counts = match self {
            Self::Numeric { reference, new, integers } if is_binned(reference) => {
                let edges = edges_over(reference, new, reference_len + new_len, *integers);
                Cow::Owned(edges.counts(reference, new))
            }
            _ => self.counts(),
        };
        Shares::new(&counts, reference_len, new_len)
    }

    /// Returns the shares of bins as Evidently takes them for the Hellinger distance: those of numbers
    /// are laid for the distinct values, each counted once, and are of what is in a bin.
    pub fn shares_of_distinct(&self) -> Shares {
        match self {
            Self::Numeric { reference, new, integers } => {
                let distinct = Steps::new(reference, new).count();
                let edges = edges_over(reference, new, distinct, *integers);
                Shares::new(&edges.counts(reference, new), reference.len(), new.len())
            }
            Self::Categorical(_) => self.shares(),
        }
    }

    /// Returns the shares of bins as NannyML takes them: laid for the reference alone, with one more for
    /// what of the new data is in none.
    pub fn shares_of_reference(&self) -> Shares {
        let (reference_len, new_len) = self.sizes();
        let mut counts = match self {
            Self::Numeric { reference, new, .. } => Edges::doane(reference).counts(reference, new),
            Self::Categorical(counts) => {
                counts.iter().copied().filter(|count| count.reference > 0).collect()
            }
        };
        let inside: u64 = counts.iter().map(|count| count.new).sum();
        if inside < new_len as u64 {
            counts.push(Counts { reference: 0, new: new_len as u64 - inside });
        }
        Shares::new(&counts, reference_len, new_len)
    }
}

fn is_binned(reference: &Sample) -> bool {
    reference.distinct().nth(MOST_BINS_OF_ONE_VALUE).is_some()
}

fn each_value(reference: &Sample, new: &Sample) -> Vec<Counts> {
    let mut before = (0, 0);
    let count = |step: crate::check::stats::Step| {
        let (left, right) = std::mem::replace(&mut before, (step.left, step.right));
        Counts { reference: (step.left - left) as u64, new: (step.right - right) as u64 }
    };
    Steps::new(reference, new).map(count).collect()
}

/// Returns the edges of bins for so many numbers between the ends of both sides.
fn edges_over(reference: &Sample, new: &Sample, count: usize, integers: bool) -> Edges {
    let ends = [reference, new]
        .into_iter()
        .filter_map(|sample| Some((*sample.numbers().first()?, *sample.numbers().last()?)));
    let (low, high) = ends
        .reduce(|(low, high), (other_low, other_high)| (low.min(other_low), high.max(other_high)))
        .unwrap_or_default();
    Edges::sturges(low, high, count, integers)
}
