//! Who the user is, as Git knows it.

use crate::git::Enclosing;
use crate::object::Signature;

/// Returns `user.name` and `user.email` of Git's configuration: that of the enclosing repository
/// where there is one, else the user's and the system's. Nothing where either is missing, or the
/// configuration cannot be read.
pub fn user_identity(enclosing: Option<&Enclosing>) -> Option<Signature> {
    let repository = enclosing.and_then(|enclosing| enclosing.repository().ok());
    let value: Box<dyn Fn(&str) -> Option<String>> = if let Some(repository) = repository {
        Box::new(move |key| {
            repository
                .config_snapshot()
                .string(key)
                .map(|text| text.to_string())
        })
    } else {
        let globals = gix::config::File::from_globals().ok()?;
        Box::new(move |key| globals.string(key).map(|text| text.to_string()))
    };
    let filled = |key| {
        value(key)
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    };
    Some(Signature {
        name: filled("user.name")?,
        email: filled("user.email")?,
    })
}
