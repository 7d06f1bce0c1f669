//! What can go wrong with a remote, as facts.

use std::path::PathBuf;

use crate::base::CommitId;
use crate::base::fs::PathError;
use crate::base::interrupt::Interrupted;
use crate::config::ConfigError;
use crate::object::ObjectError;
use crate::remote::log::EntryFault;
use crate::repo::RepoError;
use crate::store::{BlobId, PackName, StoreError};

/// Why something could not be done with a remote. `remote` is its address, without secrets.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    #[error("`{scheme}://` is no scheme that mlv knows")]
    UnknownScheme { scheme: String },
    #[error("`{url}` is no address of a remote: {reason}")]
    BadUrl { url: String, reason: String },
    #[error("`{url}` holds a user or a secret")]
    CredentialsInUrl { url: String },
    #[error("the {what} of `{remote}`: {reason}")]
    BadSetting { remote: String, what: &'static str, reason: String },
    #[error("the profile `{profile}`: {reason}")]
    BadProfile { profile: String, reason: String },
    #[error("`{}` cannot be read as a file of profiles: {reason}", path.display())]
    BadProfileFile { path: PathBuf, reason: String },
    #[error("`{endpoint}` is not encrypted")]
    NotEncrypted { endpoint: String },
    #[error("`{remote}` cannot be reached: {reason}")]
    Unreachable { remote: String, reason: String },
    #[error("`{remote}` refused: {reason}")]
    Failed { remote: String, reason: String },
    #[error("there is no bucket for `{remote}`")]
    NoBucket { remote: String },
    #[error("nothing says who you are to `{remote}`")]
    NoCredentials { remote: String },
    #[error("`{remote}` does not accept who you say you are: {reason}")]
    Unauthenticated { remote: String, reason: Unauthenticated },
    #[error("`{remote}` does not let you {action} `{key}`")]
    Denied { remote: String, action: &'static str, key: String },
    #[error("`{remote}` is in {}", region(expected.as_deref()))]
    WrongRegion { remote: String, expected: Option<String> },
    #[error("`{remote}` has no room left")]
    Full { remote: String },
    #[error("the name of `{key}` is too long for `{remote}`")]
    TooLong { remote: String, key: String },
    #[error("`{remote}` does not serve parts of a file")]
    NoRanges { remote: String },
    #[error("`{remote}` has no `{key}`")]
    Missing { remote: String, key: String },
    #[error("`{key}` of `{remote}` is damaged: {reason}")]
    Damaged { remote: String, key: String, reason: String },
    /// A garbage collection took it: what the log says now is to be read, and a new plan made.
    #[error("`{remote}` has no pack `{pack}` any more")]
    PackGone { remote: String, pack: PackName },
    #[error("no pack of `{remote}` has {id}")]
    NoBlob { remote: String, id: BlobId },
    /// Its parents are neither here nor, as far as its refs tell, there.
    #[error("the history of {commit} is not here")]
    Shallow { commit: CommitId },
    #[error("`{remote}` can only be read")]
    ReadOnly { remote: String },
    #[error("`{remote}` cannot be listed")]
    NoListing { remote: String },
    #[error("the file on its way to or from `{key}` of `{remote}`: {reason}")]
    LocalFile { remote: String, key: String, reason: String },
    #[error("no threads for the network: {reason}")]
    NoThreads { reason: String },
    #[error("`{remote}` holds no mlv repository")]
    NotARepository { remote: String },
    #[error("`{remote}` holds something else: `{key}`")]
    Foreign { remote: String, key: String },
    #[error("`{remote}` has format {version}, which this mlv does not know")]
    NewerFormat { remote: String, version: u64 },
    #[error("`{remote}` lets two writers create the same object")]
    NoConditionalCreate { remote: String },
    #[error("whether `{remote}` took `{key}` is not known: {reason}")]
    Unsettled { remote: String, key: String, reason: String },
    #[error("`{remote}` is collected over and over while it is read")]
    Restless { remote: String },
    #[error("the log takes no such entry: {0}")]
    Entry(#[from] EntryFault),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Path(#[from] PathError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Object(#[from] ObjectError),
    #[error(transparent)]
    Repo(#[from] RepoError),
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

/// Why a server does not accept somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    #[error("the session has expired")]
    Expired,
    #[error("the clock of this machine is wrong")]
    Clock,
    #[error("the secret does not fit the key")]
    WrongSecret,
    #[error("the key is unknown")]
    UnknownKey,
    #[error("the credentials are not valid")]
    Rejected,
}

impl RemoteError {
    /// Tells whether the same again may succeed: the network, a busy server, a lost answer.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}

fn region(expected: Option<&str>) -> String {
    expected.map_or_else(|| "another region".to_owned(), |region| format!("the region `{region}`"))
}
