//! A verdict as others read it: one small file below `refs/verdicts`, named by what it is about.

use serde::{Deserialize, Serialize};

use crate::base::{Hash, RepoPath, Timestamp, TreeId};
use crate::hook::context::GitState;
use crate::hook::output::Metrics;
use crate::hook::runner::Status;

/// The version of the fields.
pub const SCHEMA: u32 = 1;

/// What a hook found of a tree. Of what comes from elsewhere, nothing is taken for granted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub schema: u32,
    pub tree: String,
    pub hook: String,
    /// The hash of the definition that was run.
    pub definition: String,
    /// What the verdict depends on, as a hash; nothing where that could not be told.
    pub key: Option<String>,
    /// `passed`, `warned` or `failed`; `queued` where a worker is yet to run it.
    pub verdict: String,
    /// The event that it was run for, where that was here: what workers of a remote ran, their claims
    /// tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The branch of that event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    #[serde(default)]
    pub metrics: serde_json::Map<String, serde_json::Value>,
    pub run_id: String,
    /// The commit that it was reached for, where there is one.
    pub commit: Option<String>,
    /// The state of the code then.
    pub code: Option<CodeState>,
    /// When it was reached.
    pub time: String,
    /// The last second at which it holds; where there is none, it always does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

/// The state of the code around the repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeState {
    pub commit: String,
    pub dirty: bool,
}

impl From<&GitState> for CodeState {
    fn from(state: &GitState) -> Self {
        Self { commit: state.commit.clone(), dirty: state.dirty }
    }
}

impl Verdict {
    /// Returns the bytes of the file.
    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("a verdict has a JSON form");
        bytes.push(b'\n');
        bytes
    }

    /// Reads a file; nothing where it is of another version, or no verdict at all.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let verdict: Self = serde_json::from_slice(bytes).ok()?;
        (verdict.schema == SCHEMA).then_some(verdict)
    }

    /// Tells whether the hook let pass what it judged.
    pub fn is_good(&self) -> bool {
        Status::parse(&self.verdict).is_some_and(Status::is_good)
    }

    /// Tells whether it was reached with code that no commit holds.
    pub fn is_dirty(&self) -> bool {
        self.code.as_ref().is_some_and(|code| code.dirty)
    }

    /// Returns the last second, since 1970, at which it holds; nothing where it always does. A time that
    /// cannot be read has passed.
    pub fn end(&self) -> Option<i64> {
        let text = self.valid_until.as_ref()?;
        Some(text.parse::<Timestamp>().map_or(i64::MIN, |time| time.seconds))
    }

    /// Tells whether it was reached by this definition of its hook.
    pub fn is_by(&self, definition: Hash) -> bool {
        self.definition == definition.to_hex()
    }

    /// Returns where the file lies among all verdicts.
    pub fn path(&self, bytes: &[u8]) -> Option<RepoPath> {
        let name = format!("{}.json", &Hash::of(bytes).to_hex()[..16]);
        RepoPath::from_bytes(format!("{}/{}/{name}", self.tree, self.hook)).ok()
    }
}

/// Returns the directory of all verdicts on a tree.
pub fn directory(tree: TreeId) -> RepoPath {
    RepoPath::from_bytes(tree.to_hex()).expect("hex digits are a valid name")
}

/// Returns metrics as a JSON object.
pub fn metrics_of(metrics: &Metrics) -> serde_json::Map<String, serde_json::Value> {
    metrics.0.iter().map(|(name, value)| (name.clone(), (*value).into())).collect()
}
