//! What lies at an address: one object, or all below a prefix.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::base::fs::IoContext as _;
use crate::base::{RepoPath, interrupt};
use crate::object::Reference;
use crate::remote::elsewhere::{Places, address, facts_of};
use crate::remote::{RemoteError, RemoteUrl, Scheme, wait};

/// What was found, in the order of paths.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Whether the address names one object, whose path is the root.
    pub is_single: bool,
    /// With what the addresses begin of all that could lie there.
    pub base: String,
    /// Paths below the address, and what lies there.
    pub found: Vec<(RepoPath, Reference)>,
    pub skipped: Vec<Skipped>,
}

/// What was passed over.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Skipped {
    /// Its path or its address.
    pub name: String,
    pub reason: String,
}

impl Listing {
    fn skip(&mut self, name: impl Into<String>, reason: impl Into<String>) {
        self.skipped.push(Skipped { name: name.into(), reason: reason.into() });
    }

    fn take(&mut self, below: &[u8], reference: Reference) {
        let text = || String::from_utf8_lossy(below).into_owned();
        let tags = [&reference.etag, &reference.version];
        if reference.url.len() > Reference::URL_MAX || tags.iter().any(|tag| tag.len() > 1024) {
            return self.skip(text(), "its address is too long");
        }
        if reference.url.chars().any(char::is_control) {
            return self.skip(text(), "its name has control characters");
        }
        match RepoPath::from_bytes(below.to_vec()) {
            Ok(path) => self.found.push((path, reference)),
            Err(rule) => self.skip(text(), rule.to_string()),
        }
    }

    /// Sorts what was found, and takes out what cannot lie beside the rest: in a bucket a name may be
    /// both an object and the beginning of others, and an empty one is how a directory is marked.
    fn settle(mut self) -> Self {
        self.found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let mut all = std::mem::take(&mut self.found).into_iter().peekable();
        self.found.reserve(all.len());
        while let Some((path, reference)) = all.next() {
            // What lies below a path comes right after it.
            let is_directory = all.peek().is_some_and(|(next, _)| next.starts_with(&path));
            if !is_directory {
                self.found.push((path, reference));
            } else if reference.size > 0 {
                self.skip(path.to_string(), "other objects lie below its name");
            }
        }
        self
    }
}

impl Places {
    /// Lists what lies at an address; nothing where nothing does.
    pub fn list(&self, url: &RemoteUrl) -> Result<Listing, RemoteError> {
        let listing = match url.scheme() {
            Scheme::Folder => list_folder(Path::new(url.path()))?,
            Scheme::Http => self.list_one(url.as_str())?,
            _ => self.list_bucket(url)?,
        };
        Ok(listing.settle())
    }

    fn list_one(&self, url: &str) -> Result<Listing, RemoteError> {
        let found = self.look(url)?.map(|reference| (RepoPath::root(), reference));
        let is_single = found.is_some();
        let found = found.into_iter().collect();
        Ok(Listing { is_single, base: url.to_owned(), found, ..Listing::default() })
    }

    fn list_bucket(&self, url: &RemoteUrl) -> Result<Listing, RemoteError> {
        let text = url.as_str();
        let bucket = text.len() - url.path().len();
        let root = RemoteUrl::parse(text[..bucket].trim_end_matches('/'), Path::new("/"))?;
        let backend = self.backend(&root, text)?;
        let facts = wait(backend.list_facts(url.path()))?;
        if facts.is_empty() && !url.path().is_empty() {
            return self.list_one(&address::of_object(&root, url.path()));
        }
        let base = format!("{}/", text.trim_end_matches('/'));
        let mut listing = Listing { base, ..Listing::default() };
        for (key, facts) in facts {
            let below = key.strip_prefix(url.path()).unwrap_or(&key).trim_start_matches('/');
            if !below.is_empty() {
                listing.take(below.as_bytes(), facts.at(address::of_object(&root, &key)));
            }
        }
        Ok(listing)
    }
}

fn list_folder(root: &Path) -> Result<Listing, RemoteError> {
    let mut listing = Listing::default();
    let found = match fs::metadata(root) {
        Ok(found) => found,
        Err(error) if super::is_absent(&error) => return Ok(listing),
        Err(error) => return Err(error).context("look at", root).map_err(RemoteError::from),
    };
    if found.is_file() {
        listing.is_single = true;
        listing.found.push((RepoPath::root(), facts_of(&found).at(address::of_file(root)?)));
        return Ok(listing);
    }
    listing.base = format!("{}/", address::of_file(root)?.trim_end_matches('/'));
    let mut open = vec![root.to_owned()];
    while let Some(dir) = open.pop() {
        interrupt::check()?;
        for item in fs::read_dir(&dir).context("list", &dir)? {
            let item = item.context("list", &dir)?;
            open.extend(meet(root, &item, &mut listing)?);
        }
    }
    Ok(listing)
}

/// Takes what a directory holds; returns a directory that is to be entered.
fn meet(
    root: &Path,
    item: &fs::DirEntry,
    listing: &mut Listing,
) -> Result<Option<PathBuf>, RemoteError> {
    let path = item.path();
    let below = path.strip_prefix(root).unwrap_or(&path);
    let is_link = item.file_type().context("look at", &path)?.is_symlink();
    let reason = match fs::metadata(&path) {
        _ if [".git", ".mlv"].iter().any(|name| item.file_name() == **name) => {
            "it is a repository's own".to_owned()
        }
        // A link to a file stands for the file; one to a directory could lead round in circles.
        Ok(found) if found.is_file() => {
            let reference = facts_of(&found).at(address::of_file(&path)?);
            listing.take(below.as_os_str().as_bytes(), reference);
            return Ok(None);
        }
        Ok(found) if found.is_dir() && !is_link => return Ok(Some(path)),
        Ok(found) if found.is_dir() => "it is a link to a directory".to_owned(),
        Ok(_) => "it is no file".to_owned(),
        Err(error) => error.to_string(),
    };
    listing.skip(below.display().to_string(), reason);
    Ok(None)
}
