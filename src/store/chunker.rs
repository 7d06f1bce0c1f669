//! Where a file is cut into chunks: a gear hash over the last 64 bytes decides, so that an insertion
//! moves the cuts around it and no others. The rule is part of the disk format (`docs/format.md`).

use std::sync::LazyLock;

/// No chunk but the last of a file, or one that ends at a hint, is shorter.
pub const MIN_CHUNK: usize = 16 << 10;
/// The mean distance between two places where the content allows a cut.
pub const TARGET_CHUNK: usize = 64 << 10;
/// No chunk is longer, and a file up to this length is one chunk.
pub const MAX_CHUNK: usize = 256 << 10;
/// How many bytes before a place decide whether it is a candidate.
pub const WINDOW: usize = 64;

/// A place is a candidate where the gear hash is below this: one in `TARGET_CHUNK`.
const THRESHOLD: u64 = u64::MAX / TARGET_CHUNK as u64 + 1;
/// Ranges shorter than this are scanned in one lane.
const LANES_FROM: usize = 4 * 1024;

type Gear = [u64; 256];

/// The table is the output stream of BLAKE3 over a label, read as little-endian words.
static GEAR: LazyLock<Gear> = LazyLock::new(|| {
    let mut stream = blake3::Hasher::new().update(b"mlv 1 gear table").finalize_xof();
    std::array::from_fn(|_| {
        let mut word = [0; 8];
        stream.fill(&mut word);
        u64::from_le_bytes(word)
    })
});

/// Appends the candidates among the places after each of `data[from..]`, ascending; the bytes
/// before `from` are the context of the first of them.
pub fn candidates(data: &[u8], from: usize, found: &mut Vec<usize>) {
    let gear = &*GEAR;
    let quarter = (data.len() - from) / 4;
    if quarter < LANES_FROM {
        return scan_lane(gear, data, from, data.len(), found);
    }
    scan_four(gear, data, from, quarter, found);
    scan_lane(gear, data, from + 4 * quarter, data.len(), found);
}

/// Tells whether a chunk ends where it does for what it holds, or for its length, and not because its
/// file ended there or a hint was given.
pub fn is_natural(chunk: &[u8]) -> bool {
    let len = chunk.len();
    len == MAX_CHUNK || (MIN_CHUNK..MAX_CHUNK).contains(&len) && warm(&GEAR, chunk, len) < THRESHOLD
}

/// Returns the state of the hash just before `start`.
fn warm(gear: &Gear, data: &[u8], start: usize) -> u64 {
    data[start.saturating_sub(WINDOW)..start].iter().fold(0, |hash, byte| step(gear, hash, *byte))
}

fn step(gear: &Gear, hash: u64, byte: u8) -> u64 {
    (hash << 1).wrapping_add(gear[usize::from(byte)])
}

fn scan_lane(gear: &Gear, data: &[u8], start: usize, end: usize, found: &mut Vec<usize>) {
    let mut hash = warm(gear, data, start);
    for (index, byte) in data[start..end].iter().enumerate() {
        hash = step(gear, hash, *byte);
        if hash < THRESHOLD {
            found.push(start + index + 1);
        }
    }
}

/// Scans four adjacent ranges at once: each step waits for the one before it, so that four
/// independent chains fill the processor where one leaves it idle.
fn scan_four(gear: &Gear, data: &[u8], from: usize, quarter: usize, found: &mut Vec<usize>) {
    let starts: [usize; 4] = std::array::from_fn(|lane| from + lane * quarter);
    let [mut h0, mut h1, mut h2, mut h3] = starts.map(|start| warm(gear, data, start));
    let [d0, d1, d2, d3] = starts.map(|start| &data[start..start + quarter]);
    let mut lanes: [Vec<usize>; 4] = Default::default();
    for (index, (((b0, b1), b2), b3)) in d0.iter().zip(d1).zip(d2).zip(d3).enumerate() {
        h0 = step(gear, h0, *b0);
        h1 = step(gear, h1, *b1);
        h2 = step(gear, h2, *b2);
        h3 = step(gear, h3, *b3);
        if h0.min(h1).min(h2.min(h3)) < THRESHOLD {
            for (lane, hash) in [h0, h1, h2, h3].into_iter().enumerate() {
                if hash < THRESHOLD {
                    lanes[lane].push(starts[lane] + index + 1);
                }
            }
        }
    }
    found.extend(lanes.iter().flatten());
}

/// Turns candidates into cuts, block by block through a file.
#[derive(Debug)]
pub struct Cutter<'h> {
    /// Offsets in the file at which a cut is forced, ascending.
    hints: &'h [u64],
    /// Where in the file the current chunk starts.
    start: u64,
}

impl<'h> Cutter<'h> {
    /// Returns a cutter at the start of a file; at each of `hints`, ascending offsets, it cuts
    /// whatever the content says, as between two tensors.
    pub fn new(hints: &'h [u64]) -> Self {
        Self { hints, start: 0 }
    }

    /// Returns the ends of the chunks that are settled within a block of `len` bytes, which starts
    /// with the current chunk; the rest must start the next block. With `last`, all are settled.
    pub fn cut(&mut self, len: usize, candidates: &[usize], last: bool) -> Vec<usize> {
        let mut ends = Vec::new();
        let mut candidates = candidates.iter().copied().peekable();
        let mut start = 0;
        while start < len {
            while candidates.next_if(|place| place - start < MIN_CHUNK).is_some() {}
            let natural = candidates.peek().copied().unwrap_or(usize::MAX).min(start + MAX_CHUNK);
            let end = natural.min(self.hint_after(start).unwrap_or(usize::MAX));
            let end = if end <= len {
                end
            } else if last {
                len
            } else {
                break;
            };
            ends.push(end);
            self.start += (end - start) as u64;
            start = end;
        }
        ends
    }

    /// Returns the first hint after `start`, as an offset into the block whose current chunk starts
    /// there.
    fn hint_after(&mut self, start: usize) -> Option<usize> {
        let passed = self.hints.partition_point(|hint| *hint <= self.start);
        self.hints = &self.hints[passed..];
        let distance = usize::try_from(self.hints.first()? - self.start).ok()?;
        start.checked_add(distance)
    }
}

#[cfg(test)]
/// Returns the ends of the chunks of a whole file.
pub(crate) fn cut_all(data: &[u8], hints: &[u64]) -> Vec<usize> {
    if data.len() <= MAX_CHUNK {
        return if data.is_empty() { Vec::new() } else { vec![data.len()] };
    }
    let mut found = Vec::new();
    candidates(data, 0, &mut found);
    Cutter::new(hints).cut(data.len(), &found, true)
}

#[cfg(test)]
mod tests;
