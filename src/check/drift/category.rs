//! Categories: how often each text occurs.

use std::borrow::Cow;
use std::cmp::Ordering;

use hashbrown::HashMap;

use crate::check::stats::Counts;

/// A column with more different texts than this is no category, and no longer counted.
pub const MOST_DISTINCT: usize = 100_000;

/// A longer text is known by its hash.
const LONGEST: usize = 64;

/// How often each text occurs, in the order of the texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Categories(Vec<(Box<str>, u64)>);

impl Categories {
    /// Takes counts that are said to be sorted; nothing where they are not.
    pub fn from_sorted(counts: Vec<(Box<str>, u64)>) -> Option<Self> {
        counts.is_sorted_by(|a, b| a.0 < b.0).then_some(Self(counts))
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, u64)> {
        self.0.iter().map(|(text, count)| (text.as_ref(), *count))
    }

    /// Returns how many texts were counted.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// Returns how often each text of either occurs in both, in the order of the texts.
    pub fn counts(&self, new: &Self) -> Vec<Counts> {
        let (mut left, mut right) = (self.0.iter().peekable(), new.0.iter().peekable());
        let mut counts = Vec::with_capacity(self.0.len().max(new.0.len()));
        loop {
            let order = match (left.peek(), right.peek()) {
                (Some(a), Some(b)) => a.0.cmp(&b.0),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => return counts,
            };
            let reference = left.next_if(|_| order.is_le()).map_or(0, |(_, count)| *count);
            let new = right.next_if(|_| order.is_ge()).map_or(0, |(_, count)| *count);
            counts.push(Counts { reference, new });
        }
    }
}

/// Counts texts as they come.
#[derive(Debug, Default)]
pub struct Tally(HashMap<Box<str>, u64>);

impl Tally {
    /// Counts a text; tells whether there are still few enough.
    pub fn add(&mut self, text: &str) -> bool {
        let text = shortened(text);
        match self.0.get_mut(text.as_ref()) {
            Some(count) => *count += 1,
            None => {
                self.0.insert(text.into(), 1);
            }
        }
        self.0.len() <= MOST_DISTINCT
    }

    pub fn finish(self) -> Categories {
        let mut counts: Vec<_> = self.0.into_iter().collect();
        counts.sort_unstable();
        Categories(counts)
    }
}

fn shortened(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return Cow::Borrowed(text);
    }
    // No text of so many bytes is taken as it is, so this is taken for no other.
    let hash = blake3::hash(text.as_bytes());
    Cow::Owned(format!("\0{}", hash.to_hex()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(texts: &[&str]) -> Categories {
        let mut tally = Tally::default();
        assert!(texts.iter().all(|text| tally.add(text)));
        tally.finish()
    }

    #[test]
    fn texts_of_either_side_are_counted_in_their_order() {
        let counts = counted(&["b", "a", "b"]).counts(&counted(&["c", "b"]));
        let pairs: Vec<_> = counts.iter().map(|count| (count.reference, count.new)).collect();
        assert_eq!(pairs, [(1, 0), (2, 1), (0, 1)]);
        assert_eq!(counted(&["b", "a", "b"]).total(), 3);
    }

    #[test]
    fn long_texts_are_told_apart_and_take_little_room() {
        let long = "x".repeat(1_000_000);
        let counts = counted(&[&long, &format!("{long}y"), &long]);
        let occurs: Vec<u64> = counts.iter().map(|(_, count)| count).collect();
        assert!(occurs == [1, 2] || occurs == [2, 1]);
        assert!(counts.iter().all(|(text, _)| text.len() == LONGEST + 1));
    }

    #[test]
    fn what_is_not_sorted_is_refused() {
        assert!(Categories::from_sorted(vec![("b".into(), 1), ("a".into(), 1)]).is_none());
        assert!(Categories::from_sorted(vec![("a".into(), 1), ("a".into(), 1)]).is_none());
    }
}
