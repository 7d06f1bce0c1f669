//! Which packs to remove or rewrite: a decision over numbers, wherever the packs lie.

use crate::store::PackInfo;
use crate::store::pack::PackClass;

/// How much waste may stay, and how much work may be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepackLimits {
    /// The percentage of the store that may be unused bytes.
    pub max_unused: u64,
    /// The percentage of the store that may be rewritten, or `min_rewrite` where that is more.
    pub max_rewrite: u64,
    pub min_rewrite: u64,
}

impl Default for RepackLimits {
    fn default() -> Self {
        Self { max_unused: 5, max_rewrite: 10, min_rewrite: 256 << 20 }
    }
}

/// What a garbage collection would do with packs, of this disk or of another place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepackPlan<P = PackInfo> {
    /// Packs without a live blob.
    pub remove: Vec<P>,
    /// Packs whose live blobs move to new packs.
    pub rewrite: Vec<P>,
    /// The bytes that the removed and rewritten packs waste now.
    pub freed: u64,
    /// The blobs that nobody needs among those of the removed and rewritten packs.
    pub blobs: u64,
    /// The bytes of live blobs to be moved.
    pub moved: u64,
    /// The unused bytes that stay.
    pub unused: u64,
}

/// So many small packs of a class are too many; what counts as small is this part of the target.
const SMALL_PACKS: usize = 16;
const SMALL_PART: u64 = 16;

/// What a pack holds for whom.
#[derive(Debug, Clone)]
pub struct Tally<P> {
    pub pack: P,
    pub len: u64,
    /// The bytes that live blobs take, in the footer too.
    pub live: u64,
    pub dead_blobs: u64,
    pub class: PackClass,
    /// Whether it holds the damaged copy of a blob that another pack has sound.
    pub superseded: bool,
}

impl<P> Tally<P> {
    /// Returns the tally of a pack of `len` bytes before anything is counted.
    pub fn of(len: u64, pack: P) -> Self {
        Self { pack, len, live: 0, dead_blobs: 0, class: PackClass::Data, superseded: false }
    }

    fn unused(&self) -> u64 {
        self.len.saturating_sub(self.live)
    }

    fn is_small(&self) -> bool {
        self.len < self.class.target_len() / SMALL_PART
    }
}

/// Decides which packs to remove, and which to rewrite within the limits, the most wasteful first.
pub fn decide<P>(tallies: Vec<Tally<P>>, limits: RepackLimits) -> RepackPlan<P> {
    let (dead, mut used): (Vec<Tally<P>>, Vec<Tally<P>>) =
        tallies.into_iter().partition(|tally| tally.live == 0);
    // Measured by what stays: large dead packs are no excuse for waste in the others.
    let total: u64 = used.iter().map(|tally| tally.len).sum();
    let mut plan = RepackPlan {
        freed: dead.iter().map(|tally| tally.len).sum(),
        blobs: dead.iter().map(|tally| tally.dead_blobs).sum(),
        moved: 0,
        unused: used.iter().map(Tally::unused).sum(),
        remove: dead.into_iter().map(|tally| tally.pack).collect(),
        rewrite: Vec::new(),
    };
    let small = |class| used.iter().filter(|t| t.class == class && t.is_small()).count();
    let crowded = |class| small(class) > SMALL_PACKS;
    let (data, metadata) = (crowded(PackClass::Data), crowded(PackClass::Metadata));
    // The most wasteful first.
    used.sort_by_key(|tally| std::cmp::Reverse(tally.unused() * 1000 / tally.len.max(1)));
    let budget = (total / 100 * limits.max_rewrite).max(limits.min_rewrite);
    for tally in used {
        let crowd = if tally.class == PackClass::Data { data } else { metadata };
        let wasteful = tally.dead_blobs > 0 && plan.unused > total / 100 * limits.max_unused;
        let affordable = plan.moved + tally.live <= budget;
        if tally.superseded || (crowd && tally.is_small()) || (wasteful && affordable) {
            plan.unused -= tally.unused();
            plan.freed += tally.unused();
            plan.moved += tally.live;
            plan.blobs += tally.dead_blobs;
            plan.rewrite.push(tally.pack);
        }
    }
    plan
}
