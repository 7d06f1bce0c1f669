//! The address of one object, as a reference holds it.

use std::path::{Path, PathBuf};

use crate::remote::{RemoteError, RemoteUrl, Scheme};

/// Where an object lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A file of a folder.
    File(PathBuf),
    /// An object below a root: a bucket, or a directory of a web server.
    Object { root: RemoteUrl, key: String },
}

impl Address {
    /// Reads the address of an object. Keys of buckets are written as they are, those of files and
    /// web servers as addresses are.
    pub fn parse(url: &str) -> Result<Self, RemoteError> {
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        match scheme {
            "file" => file(url).map(Self::File),
            "http" | "https" => {
                let (root, key) = url.rsplit_once('/').unwrap_or((url, ""));
                let root = RemoteUrl::parse(root, Path::new("/"))?;
                let key = crate::remote::url::unescaped(key).filter(|key| !key.contains('/'));
                match key.filter(|key| !key.is_empty()) {
                    Some(key) => Ok(Self::Object { root, key }),
                    None => Err(bad(url, "it names no file")),
                }
            }
            _ => {
                let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
                let root = RemoteUrl::parse(&format!("{scheme}://{bucket}"), Path::new("/"))?;
                if root.scheme() == Scheme::Folder || key.is_empty() {
                    return Err(bad(url, "it names no object"));
                }
                Ok(Self::Object { root, key: key.to_owned() })
            }
        }
    }
}

fn file(url: &str) -> Result<PathBuf, RemoteError> {
    let parsed = url::Url::parse(url).map_err(|error| bad(url, &error.to_string()))?;
    parsed.to_file_path().map_err(|()| bad(url, "it names no file of this machine"))
}

fn bad(url: &str, reason: &str) -> RemoteError {
    RemoteError::BadUrl { url: crate::remote::url::masked(url), reason: reason.to_owned() }
}

/// Returns the address of an object of a bucket.
pub(super) fn of_object(root: &RemoteUrl, key: &str) -> String {
    format!("{root}/{key}")
}

/// Returns the address of a file; its path is absolute.
pub(super) fn of_file(path: &Path) -> Result<String, RemoteError> {
    let reason = || bad(&path.display().to_string(), "it is not absolute");
    url::Url::from_file_path(path).map(String::from).map_err(|()| reason())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(url: &str) -> (String, String) {
        match Address::parse(url).unwrap() {
            Address::Object { root, key } => (root.to_string(), key),
            Address::File(path) => panic!("{}", path.display()),
        }
    }

    #[test]
    fn an_address_names_a_place_and_a_key() {
        let pair = |root: &str, key: &str| (root.to_owned(), key.to_owned());
        assert_eq!(object("s3://bucket/a/b?c#1%20"), pair("s3://bucket", "a/b?c#1%20"));
        assert_eq!(object("https://h:8/d/a%20b"), pair("https://h:8/d", "a b"));
        let files = ["/data/a b/100%", "/data/\u{e9}"];
        for file in files.map(PathBuf::from) {
            let url = of_file(&file).unwrap();
            assert_eq!(Address::parse(&url).unwrap(), Address::File(file));
        }
    }

    #[test]
    fn what_names_nothing_or_holds_a_secret_is_refused() {
        let refused =
            ["s3://bucket", "s3://u:p@bucket/a", "http://u:p@h/a", "ftp://h/a", "x", "https://h/"];
        let said = refused.map(|url| Address::parse(url).unwrap_err().to_string());
        insta::assert_snapshot!(said.join("\n"), @"
    `s3://bucket` is no address of a remote: it names no object
    `s3://***@bucket` holds a user or a secret
    `http://***@h` holds a user or a secret
    `ftp://` is no scheme that mlv knows
    `x` is no address of a remote: it names no object
    `https://h/` is no address of a remote: it names no file
    ");
    }
}
