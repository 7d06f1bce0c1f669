//! The address of a remote.

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Component, Path, PathBuf};

use crate::remote::RemoteError;

/// What kind of place an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    S3,
    Gcs,
    Azure,
    /// `file://`, or a plain path.
    Folder,
    /// Read only.
    Http,
}

/// The address of a remote, without secrets: what it shows may be printed and written down. One that
/// holds a user, a password or a query is refused.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteUrl {
    scheme: Scheme,
    text: String,
    /// The bucket or container, or the server of `http`.
    bucket: String,
    /// The path below it, without slashes at its ends; of a folder, the whole path.
    path: String,
}

impl RemoteUrl {
    /// Reads an address; a plain path is taken from `directory`.
    pub fn parse(text: &str, directory: &Path) -> Result<Self, RemoteError> {
        let Some((scheme, rest)) = text.split_once("://").filter(|(name, _)| is_scheme(name))
        else {
            return Self::plain(text, directory);
        };
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "s3" | "s3a" => Scheme::S3,
            "gs" => Scheme::Gcs,
            "az" | "azure" | "abfs" | "abfss" => Scheme::Azure,
            "file" => return Self::file(text, rest),
            "http" | "https" => return Self::http(text),
            other => return Err(RemoteError::UnknownScheme { scheme: other.to_owned() }),
        };
        Self::bucketed(scheme, text, rest)
    }

    fn plain(text: &str, directory: &Path) -> Result<Self, RemoteError> {
        if text.is_empty() {
            return Err(bad(text, "it is empty"));
        }
        if text == "~" || text.starts_with("~/") {
            return Err(bad(text, "only a shell knows what `~` is"));
        }
        let scheme = text.split_once(':').map(|(scheme, _)| scheme);
        if let Some(scheme @ ("s3" | "gs" | "az" | "file" | "http" | "https")) = scheme {
            return Err(bad(text, format!("`{scheme}:` is followed by `//`")));
        }
        Self::folder(text, &directory.join(text))
    }

    fn file(text: &str, rest: &str) -> Result<Self, RemoteError> {
        let path = rest.strip_prefix("localhost").unwrap_or(rest);
        if !path.starts_with('/') {
            return Err(bad(text, "`file://` is followed by an absolute path"));
        }
        let path = unescaped(path).ok_or_else(|| bad(text, "its path is no text"))?;
        Self::folder(text, Path::new(&path))
    }

    fn folder(text: &str, path: &Path) -> Result<Self, RemoteError> {
        let path = without_dots(path).into_os_string().into_string();
        let path = path.map_err(|_| bad(text, "its path is no text"))?;
        Ok(Self { scheme: Scheme::Folder, text: path.clone(), bucket: String::new(), path })
    }

    fn http(text: &str) -> Result<Self, RemoteError> {
        let url = url::Url::parse(text).map_err(|error| bad(text, error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(RemoteError::CredentialsInUrl { url: masked(text) });
        }
        no_query(text)?;
        let server = &url[url::Position::BeforeHost..url::Position::AfterPort];
        Ok(Self {
            scheme: Scheme::Http,
            text: url.as_str().trim_end_matches('/').to_owned(),
            bucket: server.to_owned(),
            path: url.path().trim_matches('/').to_owned(),
        })
    }

    fn bucketed(scheme: Scheme, text: &str, rest: &str) -> Result<Self, RemoteError> {
        no_query(text)?;
        let (bucket, path) = rest.split_once('/').unwrap_or((rest, ""));
        // `abfss://CONTAINER@ACCOUNT.dfs.core.windows.net` has no secret before its `@`.
        let names_account = scheme == Scheme::Azure && !bucket.contains(':');
        if bucket.contains('@') && !names_account {
            return Err(RemoteError::CredentialsInUrl { url: masked(text) });
        }
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._$@".contains(&byte);
        if bucket.is_empty() || !bucket.bytes().all(legal) {
            return Err(bad(text, format!("`{bucket}` is no name of a bucket")));
        }
        let path = path.trim_matches('/');
        if !path.is_empty() && path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(bad(text, "its path has an empty part, `.` or `..`"));
        }
        let text = text.trim_end_matches('/').to_owned();
        Ok(Self { scheme, text, bucket: bucket.to_owned(), path: path.to_owned() })
    }

    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Returns the bucket, the container or the server; empty for a folder.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Returns the path below the bucket; of a folder, the whole path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the address as it is written down.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn is_scheme(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn bad(text: &str, reason: impl Into<String>) -> RemoteError {
    RemoteError::BadUrl { url: masked(text), reason: reason.into() }
}

/// Refuses a query or a fragment: a signature is a secret, and settings belong into the configuration.
fn no_query(text: &str) -> Result<(), RemoteError> {
    if text.contains(['?', '#']) {
        return Err(bad(text, "it has a query; settings and keys do not belong into an address"));
    }
    Ok(())
}

/// Returns an address with `***` for what may be secret in it.
pub(super) fn masked(text: &str) -> String {
    let (address, query) = match text.find(['?', '#']) {
        Some(at) => (&text[..at], "?***"),
        None => (text, ""),
    };
    let Some((scheme, rest)) = address.split_once("://") else {
        return format!("{address}{query}");
    };
    let (server, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match (server.rsplit_once('@'), rest.rsplit_once('@')) {
        (Some((_, server)), _) => format!("{scheme}://***@{server}{path}{query}"),
        // A secret with a slash in it reaches past what looks like the server.
        (None, Some((_, rest))) if server.contains(':') => format!("{scheme}://***@{rest}{query}"),
        _ => format!("{address}{query}"),
    }
}

/// Returns a path without `.` and `..`, as it is written.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            component => plain.push(component),
        }
    }
    plain
}

/// Returns a text with its `%20` and the like resolved, if that is text.
pub(super) fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        bytes.push((digit()? * 16 + digit()?) as u8);
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

impl fmt::Display for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
