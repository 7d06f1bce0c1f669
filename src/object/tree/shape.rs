//! Where nodes end. Only integers are used, so that every machine cuts alike; the numbers are part
//! of the disk format.

/// The measures nodes are cut by. Tests use small ones, to see many levels of few entries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// The scale of the sizes of nodes; their mean is about nine tenths of it.
    pub target: u64,
    /// No node ends before it has so many bytes of items, except the last of its level.
    pub min: u64,
    /// A node ends as soon as it has so many bytes of items.
    pub max: u64,
    /// A directory is kept in its parent where its items take no more bytes than this.
    pub inline: usize,
}

impl Shape {
    /// The measures of the disk format.
    pub const STANDARD: Self =
        Self { target: 16 << 10, min: 2 << 10, max: 64 << 10, inline: INLINE_MAX };

    /// As [`Self::ends`], for a node that has `count` items: above level 0 it has two at least, or
    /// levels would grow without end.
    pub fn ends_node(&self, level: u8, count: usize, name: &[u8], size: u64, length: u64) -> bool {
        (level == 0 || count > 1) && self.ends(level, name, size, length)
    }

    /// Tells whether a node of `level` that has `size` bytes of items ends behind its newest item,
    /// which is called `name` and took `length` of them.
    fn ends(&self, level: u8, name: &[u8], size: u64, length: u64) -> bool {
        if size < self.min || size >= self.max {
            return size >= self.max;
        }
        // The chance per byte grows with the third power of the size (a Weibull distribution), so
        // sizes stay near the target; but it is the hash of the name that decides, so a name whose
        // hash is low ends a node wherever that began, and moved boundaries soon meet the old ones.
        let fourth = |side: u64| u128::from(side).pow(4);
        let chance = (fourth(size) - fourth(size - length)) << 32;
        u128::from(name_hash(level, name)) * fourth(self.target) < chance
    }
}

/// The most bytes of items a directory inside its parent may have.
pub(super) const INLINE_MAX: usize = 1 << 10;

/// How many directories may lie inside each other in one node.
pub(super) const INLINE_DEPTH: u8 = 8;

/// Returns the first four bytes of the BLAKE3 of the level and the name.
fn name_hash(level: u8, name: &[u8]) -> u32 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[level]).update(name);
    let [a, b, c, d, ..] = *hasher.finalize().as_bytes();
    u32::from_le_bytes([a, b, c, d])
}
