//! Numbers of which quantiles are asked, exactly. Those that do not fit into memory are looked for in a
//! temporary file, 16 bits of the number at a time.

use std::io::{self, BufReader, Read};

use crate::check::suite::engine::spill::{Extent, Spill};

/// Numbers, of which at most `limit` are in memory.
#[derive(Debug)]
pub struct Ordered {
    held: Vec<f64>,
    limit: usize,
    count: u64,
    spill: Option<Spill>,
    extents: Vec<Extent>,
}

impl Ordered {
    /// Returns no numbers yet; so many bytes of them are held in memory.
    pub fn new(memory: usize) -> Self {
        let limit = (memory / size_of::<f64>()).max(16);
        Self { held: Vec::new(), limit, count: 0, spill: None, extents: Vec::new() }
    }

    pub fn push(&mut self, number: f64) -> io::Result<()> {
        self.held.push(number);
        self.count += 1;
        if self.held.len() < self.limit { Ok(()) } else { self.write_out() }
    }

    fn write_out(&mut self) -> io::Result<()> {
        let bytes: Vec<u8> = self.held.drain(..).flat_map(f64::to_le_bytes).collect();
        let spill = match &mut self.spill {
            Some(spill) => spill,
            none => none.insert(Spill::new()?),
        };
        self.extents.push(spill.write(&bytes)?);
        Ok(())
    }

    /// Returns the quantile `q` (0 to 1) with linear interpolation; nothing where there are no numbers.
    pub fn quantile(&mut self, q: f64) -> io::Result<Option<f64>> {
        let Some(last) = self.count.checked_sub(1) else { return Ok(None) };
        let at = q * last as f64;
        let below = (at.floor() as u64).min(last);
        let (low, high) = self.neighbours(below, last)?;
        let part = at - below as f64;
        // Without this, an infinite neighbour of weight 0 would make it NaN.
        Ok(Some(if part == 0.0 { low } else { low + (high - low) * part }))
    }

    /// Returns the number of this rank and the one after it, or itself where it is the last.
    fn neighbours(&mut self, rank: u64, last: u64) -> io::Result<(f64, f64)> {
        if self.spill.is_some() {
            return Ok((self.spilled(rank)?, self.spilled((rank + 1).min(last))?));
        }
        let (_, low, above) = self.held.select_nth_unstable_by(rank as usize, f64::total_cmp);
        let next = above.iter().copied().min_by(f64::total_cmp);
        Ok((*low, next.unwrap_or(*low)))
    }

    /// Returns the number of a rank where some are in the file: counts how many begin with which bits,
    /// until few enough are left to be held.
    fn spilled(&self, mut rank: u64) -> io::Result<f64> {
        let mut begin = 0;
        for shift in [48, 32, 16, 0] {
            let mut counts = vec![0_u64; 1 << DIGIT];
            self.for_each(|key| {
                if key.checked_shr(shift + DIGIT).unwrap_or(0) == begin {
                    counts[(key >> shift) as usize % (1 << DIGIT)] += 1;
                }
            })?;
            let mut digit = 0;
            while rank >= counts[digit] {
                rank -= counts[digit];
                digit += 1;
            }
            begin = begin << DIGIT | digit as u64;
            if counts[digit] <= self.limit as u64 / 4 {
                let mut keys = Vec::with_capacity(counts[digit] as usize);
                self.for_each(|key| keys.extend((key >> shift == begin).then_some(key)))?;
                return Ok(number(*keys.select_nth_unstable(rank as usize).1));
            }
        }
        Ok(number(begin))
    }

    /// Visits every number, in no order.
    fn for_each(&self, mut visit: impl FnMut(u64)) -> io::Result<()> {
        self.held.iter().for_each(|held| visit(key(*held)));
        for extent in &self.extents {
            let Some(spill) = &self.spill else { continue };
            let mut reader = BufReader::with_capacity(64 << 10, spill.reader(*extent));
            let mut bytes = [0; size_of::<f64>()];
            for _ in 0..extent.len() / bytes.len() {
                reader.read_exact(&mut bytes)?;
                visit(key(f64::from_le_bytes(bytes)));
            }
        }
        Ok(())
    }
}

/// How many bits are looked at in one pass.
const DIGIT: u32 = 16;

const SIGN: u64 = 1 << 63;

/// Returns an integer that is ordered as `total_cmp` orders numbers.
fn key(number: f64) -> u64 {
    let bits = number.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

fn number(key: u64) -> f64 {
    f64::from_bits(if key & SIGN == 0 { !key } else { key ^ SIGN })
}
