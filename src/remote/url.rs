//! The address of a remote.

use std::fmt;
use std::path::PathBuf;

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

/// The address of a remote, without secrets: what it shows may be printed and written down.
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
    pub fn parse(text: &str, directory: &std::path::Path) -> Result<Self, RemoteError> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(Self::folder(directory.join(text)));
        };
        let scheme = match scheme {
            "s3" | "s3a" => Scheme::S3,
            "gs" => Scheme::Gcs,
            "az" | "azure" | "abfs" | "abfss" => Scheme::Azure,
            "file" => return Ok(Self::folder(PathBuf::from(rest))),
            "http" | "https" => Scheme::Http,
            other => return Err(RemoteError::UnknownScheme { scheme: other.to_owned() }),
        };
        let (bucket, path) = rest.split_once('/').unwrap_or((rest, ""));
        let path = path.trim_matches('/').to_owned();
        Ok(Self { scheme, text: text.to_owned(), bucket: bucket.to_owned(), path })
    }

    fn folder(path: PathBuf) -> Self {
        let path = path.to_string_lossy().into_owned();
        Self { scheme: Scheme::Folder, text: path.clone(), bucket: String::new(), path }
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
