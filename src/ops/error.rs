//! What can go wrong with a verb, as facts; hints and exit codes are made of them at the border.

use crate::base::codec::CodecError;
use crate::base::fs::PathError;
use crate::base::interrupt::Interrupted;
use crate::base::{CommitId, RepoPath};
use crate::hook::{RunRecord, SpecErrors};
use crate::object::ObjectError;
use crate::ops::hooks::{Missing, Remedy};
use crate::refs::{RefError, RefName};
use crate::remote::RemoteError;
use crate::repo::RepoError;
use crate::store::StoreError;
use crate::workspace::{Notice, WorkspaceError};

/// Why an operation did not happen.
#[derive(Debug, thiserror::Error)]
pub enum OpsError {
    #[error("nothing to commit")]
    NothingToCommit { unstaged: usize, untracked: usize },
    #[error("a commit needs a message")]
    NoMessage,
    #[error("nobody is named as the author")]
    NoIdentity,
    #[error("`{branch}` is protected: it moves only by merges")]
    Protected { branch: String, verb: &'static str },
    #[error("`{branch}` is protected: its hooks cannot be passed over")]
    HooksRequired { branch: String },
    #[error("the {event} hooks guard what users are served: they cannot be passed over")]
    GuardsUsers { event: &'static str },
    #[error("`{branch}` requires {}; it is unchanged", listed(missing))]
    Required { branch: String, missing: Vec<Missing>, remedy: Remedy, runs: Vec<RunRecord> },
    #[error("{} is broken", broken_file(_0))]
    BrokenSpec(#[source] SpecErrors),
    #[error("{} cannot be used as it is", broken_file(_0))]
    BrokenFile(#[source] SpecErrors),
    #[error("{} is no suite of checks that can be read", broken_file(_0))]
    BrokenSuite(#[source] SpecErrors),
    #[error("{} refused by `{hook}`; {outcome}", event_noun(event))]
    Refused { event: String, hook: String, outcome: String, runs: Vec<RunRecord> },
    #[error("the hooks of `{branch}` are not trusted here yet; it is unchanged")]
    Untrusted { branch: String },
    #[error("hook `{hook}` writes `{path}`, which has unsaved changes")]
    OutputInTheWay { hook: String, path: RepoPath },
    #[error("`{name}` moved while this ran")]
    Moved { name: String },
    #[error("{verb} of a commit with {parents} parents: which side is meant is not clear")]
    ManyParents { verb: &'static str, parents: usize },
    #[error("a merge is under way")]
    MergeUnderWay,
    #[error("no merge is under way")]
    NoMergeUnderWay,
    #[error("{} {} still in conflict", paths.len(), plural(paths.len(), "path"))]
    Unresolved { paths: Vec<RepoPath> },
    #[error("staged changes are in the way")]
    StagedInTheWay { paths: Vec<RepoPath> },
    #[error("`{}` and `{source_name}` share no history", target.short())]
    Unrelated { target: RefName, source_name: String },
    #[error("no branch is checked out")]
    Detached,
    #[error("no branch is called `{name}`")]
    NoSuchBranch { name: String, candidates: Vec<String> },
    #[error("`{name}` is a commit, but no branch")]
    NotABranch { name: String },
    #[error("no branch is called `{name}` here; there is `{remote}`")]
    OnlyOnRemote { name: String, remote: String },
    #[error("no tag is called `{name}`")]
    NoSuchTag { name: String, candidates: Vec<String> },
    #[error("no model has the alias `{name}`")]
    NoSuchAlias { name: String, candidates: Vec<String> },
    #[error("`{name}` named nothing before")]
    NothingEarlier { name: String },
    #[error("what `{name}` named before, {}, is not here", commit.short())]
    EarlierIsNotHere { name: String, commit: CommitId },
    #[error("`{name}` is checked out")]
    CheckedOut { name: String },
    #[error("`{name}` is the branch that clones stand on")]
    ClonesStandThere { name: String },
    #[error("a remote has no working copy to compare with")]
    NoFiles,
    #[error("there is no place for the mirror of a remote")]
    NoCache,
    #[error("`{remote}` has changed, but that could not be noted here")]
    MovedUnnoted { remote: String, source: Box<RepoError> },
    #[error("{what}")]
    NoMetric { what: String },
    #[error("`{branch}` is not checked out")]
    NotCheckedOut { branch: String },
    #[error("`{name}` has {commits} {} that are on no other branch", plural(*commits, "commit"))]
    Unmerged { name: String, commits: usize },
    #[error("`{path}` is not in {place}")]
    NoSuchPath { path: String, place: String, candidates: Vec<String> },
    #[error("`{}` in {place} is a directory", if path.is_root() { "/".to_owned() } else { path.to_string() })]
    IsDirectory { path: RepoPath, place: String },
    #[error("nothing is named to compare `{data}` with")]
    NoReference { data: String },
    #[error("what `{model}` was trained on is not known")]
    NoTrainingData { model: String },
    #[error("nothing is named to compare")]
    NoData,
    #[error("neither side has a column `{column}`")]
    NoSuchColumn { column: String, candidates: Vec<String> },
    #[error("`{path}` has {size} bytes, of which at most {limit} are read")]
    TooLarge { path: String, size: u64, limit: u64 },
    #[error(transparent)]
    Format(#[from] crate::format::FormatError),
    #[error("there is nothing at `{url}`")]
    NothingThere { url: String },
    #[error("`{path}` is a directory")]
    NotRecursive { path: RepoPath },
    #[error("`{path}` is outside of the sparse set, so the working copy does not hold it")]
    OutsideSparse { path: RepoPath },
    #[error("`{path}` cannot be moved into itself")]
    IntoItself { path: RepoPath },
    #[error("not everything could be read; nothing was committed")]
    Unreadable { notices: Vec<Notice> },
    #[error("a merge under way is committed whole")]
    PartOfMerge,
    #[error("`{path}` exists already")]
    PathExists { path: String },
    #[error("`{path}` is not tracked")]
    Untracked { path: RepoPath },
    #[error("nothing to {verb}")]
    NothingTo { verb: &'static str },
    #[error("`undo` cannot take back operation {operation}: `{}` moved since", name.short())]
    CannotUndo { operation: i64, name: RefName },
    #[error("no stash has the number {number}")]
    NoSuchStash { number: usize },
    #[error("{place} has no `mlv.yaml`, so there are no hooks")]
    NoDefinitions { place: String },
    #[error("no ready-made hook is called `{name}`")]
    NoSuchAction { name: String, candidates: Vec<String> },
    #[error("`mlv.yaml` has a hook `{hook}` already")]
    HookExists { hook: String },
    #[error("the hook would not be sound; nothing was written")]
    UnsoundHook(#[source] SpecErrors),
    #[error("the layout of `mlv.yaml` has no place for the hook; nothing was written")]
    NoPlaceForHook { block: String },
    #[error("`{source_name}` does not merge cleanly: {} {}", paths.len(), plural(paths.len(), "conflict"))]
    Conflicts { source_name: String, paths: Vec<RepoPath> },
    #[error("these hooks are not trusted here yet; none was run")]
    NotTrusted,
    #[error("no hook is called `{name}`")]
    NoSuchHook { name: String, candidates: Vec<String> },
    #[error("run `{run}` cannot be repeated: {reason}")]
    NotRetried { run: String, reason: String },
    #[error("no run is called `{run}`")]
    NoSuchRun { run: String },
    #[error("no hook has run yet")]
    NoRun,
    #[error("`{template}` is no template")]
    NoSuchTemplate { template: String, candidates: Vec<String> },
    #[error("`{}` is not empty", path.display())]
    NotEmpty { path: std::path::PathBuf },
    #[error("another mlv process uses the store (waited {seconds} s)")]
    StoreInUse { seconds: u64 },
    #[error("nothing was removed: the repository is not whole: {reason}")]
    NotWhole { reason: String },
    #[error("`{}` is no mlv repository", path.display())]
    NoSource { path: std::path::PathBuf },
    #[error("another `mlv clone` is at work in `{}`", path.display())]
    CloneUnderWay { path: std::path::PathBuf },
    #[error("{what}")]
    Unsupported { what: String },
    #[error("what the database says of {what} cannot be read: {source}")]
    BadRecord { what: &'static str, source: CodecError },
    #[error("`MLV_COMMIT_DATE`: {0}")]
    BadDate(#[from] crate::base::clock::NotATime),
    #[error("no remote is called `{name}`")]
    NoSuchRemote { name: String, candidates: Vec<String> },
    #[error("there is a remote `{name}` already")]
    RemoteExists { name: String },
    #[error("`{remote}` is not whole: {reason}")]
    RemoteNotWhole { remote: String, reason: String },
    #[error("there is no remote yet")]
    NoRemote,
    #[error("there are {} remotes, and none is called `origin`", names.len())]
    WhichRemote { names: Vec<String> },
    #[error("`{}` is a repository, not a remote", path.display())]
    NotARemote { path: std::path::PathBuf },
    #[error("`{name}` is neither a remote nor a path that is tracked")]
    NotToPull { name: String, candidates: Vec<String> },
    #[error("`{remote}` has no branch `{name}`")]
    NotOnRemote { name: String, remote: String, candidates: Vec<String> },
    #[error("`{branch}` has no commit yet")]
    Unborn { branch: String },
    #[error("`{name}` of `{remote}` has commits that yours lacks")]
    NotForward { name: String, remote: String },
    #[error("the tag `{name}` of `{remote}` is another")]
    TagDiffers { name: String, remote: String },
    #[error("the alias `{name}` of `{remote}` has moved in another way than yours")]
    AliasDiffers { name: String, remote: String },
    #[error("`{name}` of `{remote}` is not where it was last seen")]
    LeaseBroken { name: String, remote: String },
    #[error("`{branch}` and what it follows have both moved on")]
    Diverged { branch: String },
    #[error(transparent)]
    Deploy(#[from] crate::ops::deploy::DeployError),
    #[error(transparent)]
    Git(#[from] crate::git::GitError),
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    #[error(transparent)]
    Hook(#[from] crate::hook::HookError),
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    #[error(transparent)]
    Repo(#[from] RepoError),
    #[error(transparent)]
    Ref(RefError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Remote(#[from] RemoteError),
    #[error(transparent)]
    Path(#[from] PathError),
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl From<RefError> for OpsError {
    fn from(error: RefError) -> Self {
        Self::Ref(error)
    }
}

/// Returns the word in the number that `count` asks for.
pub fn plural(count: usize, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

fn broken_file(errors: &SpecErrors) -> String {
    errors.0.first().map_or_else(|| "`mlv.yaml`".to_owned(), |error| format!("`{}`", error.file))
}

fn event_noun(event: &str) -> &str {
    match event.strip_prefix("pre-").unwrap_or(event) {
        "promote" => "promotion",
        "deploy" => "deployment",
        noun => noun,
    }
}

/// Names the hooks that a rule misses, each with its reason.
fn listed(missing: &[Missing]) -> String {
    let named = missing.iter().map(|missing| format!("`{}` ({})", missing.hook, missing.why));
    named.collect::<Vec<_>>().join(", ")
}
