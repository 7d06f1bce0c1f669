//! A Bloom filter of hashes in blocks of one cache line: a miss costs one look at memory.

use crate::base::Hash;

/// The words of a block.
const BLOCK: usize = 8;
/// Bits for each hash; with six probes about 1 % of the misses slip through.
const BITS_PER_HASH: usize = 12;
const PROBES: u32 = 6;

/// Tells which hashes are surely not in a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    words: Vec<u64>,
}

impl Filter {
    /// Returns an empty filter for up to `count` hashes.
    pub fn for_count(count: usize) -> Self {
        let blocks = (count * BITS_PER_HASH).div_ceil(BLOCK * 64).max(1);
        Self { words: vec![0; blocks * BLOCK] }
    }

    pub fn insert(&mut self, hash: &Hash) {
        let (start, bits) = self.place(hash);
        for bit in probes(bits) {
            self.words[start + bit / 64] |= 1 << (bit % 64);
        }
    }

    /// Tells whether the hash may be in the set.
    pub fn may_contain(&self, hash: &Hash) -> bool {
        let (start, bits) = self.place(hash);
        probes(bits).all(|bit| self.words[start + bit / 64] & (1 << (bit % 64)) != 0)
    }

    /// Returns where the block of a hash starts, and the bits that choose within it. Hashes are
    /// random already: their own bits will do.
    fn place(&self, hash: &Hash) -> (usize, u64) {
        let blocks = (self.words.len() / BLOCK) as u128;
        let block = (u128::from(word(hash, 8)) * blocks) >> 64;
        (block as usize * BLOCK, word(hash, 16))
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        self.words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// Returns the filter of these bytes, or nothing where they are not whole blocks.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let whole = !bytes.is_empty() && bytes.len().is_multiple_of(BLOCK * 8);
        let words = bytes.chunks_exact(8).map(|chunk| {
            let mut word = [0; 8];
            word.copy_from_slice(chunk);
            u64::from_le_bytes(word)
        });
        whole.then(|| Self { words: words.collect() })
    }
}

fn word(hash: &Hash, start: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&hash.0[start..start + 8]);
    u64::from_le_bytes(word)
}

fn probes(bits: u64) -> impl Iterator<Item = usize> {
    (0..PROBES).map(move |probe| (bits >> (probe * 9)) as usize % (BLOCK * 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: u64) -> Hash {
        Hash::of(&number.to_le_bytes())
    }

    #[test]
    fn members_are_never_missed_and_strangers_seldom_pass() {
        let mut filter = Filter::for_count(10_000);
        (0..10_000).for_each(|n| filter.insert(&hash(n)));
        assert!((0..10_000).all(|n| filter.may_contain(&hash(n))));
        let passed = (10_000..110_000).filter(|n| filter.may_contain(&hash(*n))).count();
        assert!(passed < 2_500, "{passed} of 100000");
        assert_eq!(Filter::from_bytes(&filter.to_bytes()), Some(filter));
    }
}
