//! Numbers of which quantiles are asked, exactly: sorted in memory, or in sorted runs that are merged.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, BufReader, Read};

use crate::check::suite::engine::spill::{Extent, Spill};

/// Numbers, of which at most `limit` are in memory.
#[derive(Debug)]
pub struct Ordered {
    held: Vec<f64>,
    limit: usize,
    count: u64,
    spill: Option<Spill>,
    runs: Vec<Extent>,
}

/// A number with the order of `total_cmp`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Total(f64);

impl Eq for Total {}

impl PartialOrd for Total {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Total {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Ordered {
    /// Returns no numbers yet; so many bytes of them are held in memory.
    pub fn new(memory: usize) -> Self {
        let limit = (memory / size_of::<f64>()).max(16);
        Self { held: Vec::new(), limit, count: 0, spill: None, runs: Vec::new() }
    }

    pub fn push(&mut self, number: f64) -> io::Result<()> {
        self.held.push(number);
        self.count += 1;
        if self.held.len() < self.limit { Ok(()) } else { self.write_out() }
    }

    fn write_out(&mut self) -> io::Result<()> {
        self.held.sort_unstable_by(f64::total_cmp);
        let bytes: Vec<u8> = self.held.drain(..).flat_map(f64::to_le_bytes).collect();
        let spill = match &mut self.spill {
            Some(spill) => spill,
            none => none.insert(Spill::new()?),
        };
        self.runs.push(spill.write(&bytes)?);
        Ok(())
    }

    /// Returns the quantile `q` (0 to 1) with linear interpolation; nothing where there are no numbers.
    pub fn quantile(&mut self, q: f64) -> io::Result<Option<f64>> {
        let Some(last) = self.count.checked_sub(1) else { return Ok(None) };
        let at = q * last as f64;
        let below = (at.floor() as u64).min(last);
        let (low, high) = self.neighbours(below)?;
        let part = at - below as f64;
        // Without this, an infinite neighbour of weight 0 would make it NaN.
        Ok(Some(if part == 0.0 { low } else { low + (high - low) * part }))
    }

    /// Returns the number of this rank and the one after it, or itself where it is the last.
    fn neighbours(&mut self, rank: u64) -> io::Result<(f64, f64)> {
        self.held.sort_unstable_by(f64::total_cmp);
        let Some(spill) = &self.spill else {
            let at = rank as usize;
            return Ok((self.held[at], self.held[(at + 1).min(self.held.len() - 1)]));
        };
        let mut runs: Vec<Box<dyn Read + '_>> =
            self.runs.iter().map(|run| spilled(spill, *run)).collect();
        let mut held = self.held.iter();
        let mut heap = BinaryHeap::new();
        for (number, run) in runs.iter_mut().enumerate() {
            heap.extend(next(run)?.map(|value| Reverse((Total(value), number))));
        }
        let in_memory = runs.len();
        heap.extend(held.next().map(|value| Reverse((Total(*value), in_memory))));
        let (mut passed, mut low) = (0, None);
        while let Some(Reverse((Total(value), number))) = heap.pop() {
            if let Some(low) = low {
                return Ok((low, value));
            }
            if passed == rank {
                low = Some(value);
            }
            passed += 1;
            let following = match runs.get_mut(number) {
                Some(run) => next(run)?,
                None => held.next().copied(),
            };
            heap.extend(following.map(|value| Reverse((Total(value), number))));
        }
        let low = low.unwrap_or(f64::NAN);
        Ok((low, low))
    }
}

fn spilled(spill: &Spill, run: Extent) -> Box<dyn Read + '_> {
    Box::new(BufReader::with_capacity(1 << 16, spill.reader(run)))
}

fn next(run: &mut impl Read) -> io::Result<Option<f64>> {
    let mut bytes = [0; 8];
    match run.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(f64::from_le_bytes(bytes))),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}
