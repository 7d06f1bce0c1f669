//! Finds the files and reads them, each content once.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::base::{Hash, RepoPath};
use crate::check::document::{self, Syntax};
use crate::hook::spec::{self, ArtifactKind, Globs, MAX_BYTES, Spec};
use crate::ops::data::{DataFile, DataView};
use crate::ops::hooks::definitions;
use crate::ops::metrics::series;
use crate::ops::{Context, OpsError};

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Metrics,
    Params,
}

impl Kind {
    /// Returns where files are where `mlv.yaml` names none.
    fn usual(self) -> &'static [&'static str] {
        match self {
            Self::Metrics => &[
                "metrics/**/*.{json,yaml,yml,toml,csv,tsv}",
                // One glob for all four would have the whole tree listed.
                "metrics.json",
                "metrics.yaml",
                "metrics.yml",
                "metrics.toml",
            ],
            Self::Params => &["params.yaml", "params.yml", "params.json", "params.toml"],
        }
    }

    fn artifact(self) -> ArtifactKind {
        match self {
            Self::Metrics => ArtifactKind::Metrics,
            Self::Params => ArtifactKind::Params,
        }
    }
}

/// What a file says: names in its order, each with its value.
#[derive(Debug, Clone)]
pub struct FileValues {
    pub path: RepoPath,
    pub values: Arc<Vec<(String, Json)>>,
    /// Why it could not be read.
    pub fault: Option<String>,
}

type Read = Result<Arc<Vec<(String, Json)>>, String>;

/// Reads files of many trees; what several have in common is read once.
#[derive(Debug)]
pub struct Reader<'a> {
    context: &'a Context,
    kind: Kind,
    /// The only files, in place of those that are known to be of the kind.
    only: Option<Globs>,
    known: HashMap<(Hash, RepoPath), Read>,
}

impl<'a> Reader<'a> {
    pub fn new(context: &'a Context, kind: Kind) -> Self {
        Self { context, kind, only: None, known: HashMap::new() }
    }

    /// Reads this file only.
    pub fn of_file(context: &'a Context, kind: Kind, path: &RepoPath) -> Result<Self, OpsError> {
        let only = globs(&[globset::escape(&path.to_string())])?;
        Ok(Self { only: Some(only), ..Self::new(context, kind) })
    }

    /// Returns what the files of a view say, in the order of their paths; those that are no documents
    /// are left out.
    pub fn read(&mut self, view: &DataView<'_>) -> Result<Vec<FileValues>, OpsError> {
        let globs = match &self.only {
            Some(only) => only.clone(),
            None => self.globs(view)?,
        };
        let mut all = Vec::new();
        for file in view.files(&globs)? {
            let Some(read) = self.file(&file)? else { continue };
            let (values, fault) = match read {
                Ok(values) => (values, None),
                Err(fault) => (Arc::default(), Some(fault)),
            };
            all.push(FileValues { path: file.path, values, fault });
        }
        Ok(all)
    }

    fn globs(&self, view: &DataView<'_>) -> Result<Globs, OpsError> {
        let spec = match view.tree() {
            Some(tree) => definitions(self.context, tree)?,
            None => on_disk(view)?,
        };
        let named = |spec: &Spec| -> Vec<String> {
            let own = spec.artifacts.iter().filter(|it| it.kind == self.kind.artifact());
            own.map(|artifact| globset::escape(&artifact.path.to_string())).collect()
        };
        let named = spec.as_deref().map(named).filter(|named| !named.is_empty());
        let usual = || self.kind.usual().iter().map(|glob| (*glob).to_owned()).collect();
        globs(&named.unwrap_or_else(usual))
    }

    /// Reads a file; nothing where it is none that is read here.
    fn file(&mut self, file: &DataFile) -> Result<Option<Read>, OpsError> {
        let key = file.content.map(|content| (content, file.path.clone()));
        if let Some(known) = key.as_ref().and_then(|key| self.known.get(key)) {
            return Ok(Some(known.clone()));
        }
        let Some(read) = self.parse(file)? else { return Ok(None) };
        if let Some(key) = key {
            self.known.insert(key, read.clone());
        }
        Ok(Some(read))
    }

    fn parse(&self, file: &DataFile) -> Result<Option<Read>, OpsError> {
        let name = file.path.to_string();
        if Syntax::of(&name).is_none() {
            return Ok(series::last_row(file, self.only.is_some()));
        }
        if file.size > MAX_BYTES as u64 {
            return Ok(Some(Err(format!("{name}: it is larger than 1 MiB"))));
        }
        let bytes = file.source.read_at(0, MAX_BYTES).map_err(|reason| {
            crate::format::FormatError::Unreadable { file: name.clone(), reason }
        })?;
        let read = document::read(&name, &bytes);
        Ok(Some(read.map(Arc::new).map_err(|error| error.to_string())))
    }
}

/// Returns what `mlv.yaml` in the working copy says; nothing where it is not sound.
fn on_disk(view: &DataView<'_>) -> Result<Option<Arc<Spec>>, OpsError> {
    let path = RepoPath::from_bytes(spec::FILE_NAME).expect("the name is a path");
    let bytes = view.read(&path, MAX_BYTES as u64)?;
    Ok(bytes.and_then(|bytes| spec::parse(spec::FILE_NAME, &bytes).ok()).map(Arc::new))
}

fn globs(patterns: &[String]) -> Result<Globs, OpsError> {
    let globs = Globs::of_paths(patterns.to_vec());
    globs.map_err(|error| OpsError::Unsupported { what: error.to_string() })
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::format::Source;
    use crate::ops::tests::open;
    use crate::repo::{OpenOptions, Repo};

    /// A file that counts how often it is read.
    #[derive(Debug)]
    struct Counting {
        bytes: Vec<u8>,
        reads: AtomicUsize,
    }

    impl Source for Counting {
        fn len(&self) -> u64 {
            self.bytes.len() as u64
        }

        fn read_at(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
            self.reads.fetch_add(1, Ordering::Relaxed);
            self.bytes.read_at(offset, len)
        }

        fn reader(&self) -> io::Result<Box<dyn io::Read + Send + '_>> {
            self.bytes.reader()
        }
    }

    #[test]
    fn what_many_trees_have_in_common_is_read_once() {
        let dir = tempfile::tempdir().unwrap();
        let context = open(Repo::init(dir.path(), "main", OpenOptions::default()).unwrap());
        let mut reader = Reader::new(&context, Kind::Metrics);
        let bytes = b"{\"auc\": 0.5}".to_vec();
        let source = Arc::new(Counting { bytes, reads: AtomicUsize::new(0) });
        let mut file = DataFile {
            path: RepoPath::from_bytes("metrics.json").unwrap(),
            size: source.len(),
            content: Some(Hash([1; 32])),
            source: source.clone(),
        };
        for (content, reads) in [(1, 1), (1, 1), (2, 2), (1, 2)] {
            file.content = Some(Hash([content; 32]));
            let values = reader.file(&file).unwrap().unwrap().unwrap();
            assert_eq!(values[0], ("auc".to_owned(), Json::from(0.5)));
            assert_eq!(source.reads.load(Ordering::Relaxed), reads);
        }
        // A file that is not known by its content is read each time.
        file.content = None;
        reader.file(&file).unwrap();
        assert_eq!(source.reads.load(Ordering::Relaxed), 3);
    }
}
