//! The ground floor: plain values and the few things that touch the disk safely.
//! It imports nothing of ours, and everything stands on it.

pub mod boot;
pub mod clock;
pub mod codec;
pub mod duration;
pub mod fs;
pub mod hash;
pub mod interrupt;
pub mod lock;
pub mod markdown;
pub mod path;
pub mod process;
pub mod progress;
pub mod suggest;
pub mod xml;
pub mod yaml;

pub use clock::Timestamp;
pub use hash::{CacheKey, CommitId, Hash, ManifestId, PackId, TreeId};
pub use path::{PathList, PathRule, RepoPath};
pub use progress::{NoProgress, Progress};
