//! Who the user is, as Git knows it.

use gix::bstr::{BString, ByteSlice};

use crate::git::Enclosing;
use crate::object::Signature;

/// Returns `user.name` and `user.email` of Git's configuration: that of the enclosing repository
/// where there is one, else the user's and the system's. Nothing where either is missing, or the
/// configuration cannot be read.
pub fn user_identity(enclosing: Option<&Enclosing>) -> Option<Signature> {
    if let Some(repository) = enclosing.and_then(|enclosing| enclosing.repository().ok()) {
        let config = repository.config_snapshot();
        return signature(|key| config.string(key));
    }
    let globals = gix::config::File::from_globals().ok()?;
    signature(|key| globals.string(key))
}

fn signature(value: impl Fn(&str) -> Option<BString>) -> Option<Signature> {
    let filled = |key| {
        let text = value(key)?.to_str_lossy().trim().to_owned();
        Some(text).filter(|text| !text.is_empty())
    };
    Some(Signature { name: filled("user.name")?, email: filled("user.email")? })
}
