//! Which files a text means: a path, a glob or a directory, of a revision or of where one stands.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use crate::base::fs::IoContext;
use crate::base::{CommitId, Hash, RepoPath, TreeId};
use crate::format::table::{Format, TableFile};
use crate::format::{FileSource, Source};
use crate::hook::spec::Globs;
use crate::ops::data::{DataFile, DataView};
use crate::ops::drift::{champion, missing};
use crate::ops::{Context, OpsError, model};
use crate::workspace::WorkspaceError;

/// The revision that a specification calls the commit that a candidate would replace.
const TARGET: &str = "target";

/// Where data is looked for that names no revision, and what `target:` means.
#[derive(Debug)]
pub enum Standpoint<'a> {
    /// The working copy; files outside of the repository may be named.
    User,
    /// The candidate of a hook.
    Candidate { view: DataView<'a>, target: Option<CommitId> },
}

/// The files of one table.
#[derive(Debug)]
pub(super) struct Data {
    /// As the user wrote it.
    pub name: String,
    pub files: Vec<Piece>,
}

/// A file, wherever it lies.
#[derive(Debug)]
pub(super) struct Piece {
    pub name: String,
    pub content: Option<Hash>,
    pub source: Arc<dyn Source>,
}

impl Data {
    pub(super) fn size(&self) -> u64 {
        self.files.iter().map(|file| file.source.len()).sum()
    }

    pub(super) fn table_files(&self) -> Vec<TableFile> {
        let file =
            |piece: &Piece| TableFile { name: piece.name.clone(), source: piece.source.clone() };
        self.files.iter().map(file).collect()
    }
}

impl From<DataFile> for Piece {
    fn from(file: DataFile) -> Self {
        Self { name: file.path.to_string(), content: file.content, source: file.source }
    }
}

/// Returns a path as it is written from the root, where the user wrote it from where they stand. What
/// lies outside of the repository becomes absolute, and what a revision or an alias names stays as it is.
pub fn from_here(context: &Context, text: &OsStr) -> Result<String, OpsError> {
    let written = text.to_string_lossy();
    let is_of_history = written.contains(':') || model::is_written_as_one(&written);
    if is_of_history && !context.directory.join(text).exists() {
        return Ok(written.into_owned());
    }
    match context.path(&text.to_owned()) {
        Ok(path) => Ok(path.to_string()),
        Err(WorkspaceError::Outside { .. }) => {
            Ok(context.directory.join(text).to_string_lossy().into_owned())
        }
        Err(error) => Err(error.into()),
    }
}

impl Standpoint<'_> {
    /// Returns the files that a text means: `PATH`, or `REV:PATH`.
    pub(super) fn data(&self, context: &Context, text: &str) -> Result<Data, OpsError> {
        if let Some(found) = self.here(context, text)? {
            return Ok(found);
        }
        match text.split_once(':') {
            Some((TARGET, path)) => {
                let view = DataView::of_tree(context, self.target(context, text)?, "the target");
                let found = in_view(&view, text, path)?;
                found.ok_or_else(|| missing(path, &view))
            }
            Some(_) => {
                let place = context.place(Some(OsStr::new(text)))?;
                let view = DataView::of_tree(context, place.tree, &place.place_name());
                let found = in_view(&view, text, &place.path.to_string())?;
                found.ok_or_else(|| crate::ops::inspect::no_such_path(context, &place))
            }
            None => match champion::trained_on(context, text)? {
                Some(found) => Ok(found),
                None if model::is_written_as_one(text) => Err(model::no_such(context, text)?),
                None => Err(missing(text, &self.view(context)?)),
            },
        }
    }

    /// Returns the files among which a path without a revision lies.
    fn view<'v>(&'v self, context: &'v Context) -> Result<DataView<'v>, OpsError> {
        match self {
            Self::User => DataView::at(context, None),
            Self::Candidate { view, .. } => Ok(view.clone()),
        }
    }

    /// Returns the files that a text means where no revision is named; nothing where there are none.
    fn here(&self, context: &Context, text: &str) -> Result<Option<Data>, OpsError> {
        match self {
            Self::User if Path::new(text).is_absolute() => outside(Path::new(text)).map(Some),
            // Without a working copy there are only revisions, and what they hold.
            Self::User if !context.has_working_copy() && text.contains([':', '@']) => Ok(None),
            _ => in_view_unless_revision(&self.view(context)?, text),
        }
    }

    fn target(&self, context: &Context, text: &str) -> Result<TreeId, OpsError> {
        match self {
            Self::User => context.tree_of("HEAD"),
            Self::Candidate { target: Some(commit), .. } => {
                Ok(context.repo.objects().commit(*commit)?.tree)
            }
            Self::Candidate { target: None, .. } => {
                Err(OpsError::NoReference { data: text.to_owned() })
            }
        }
    }
}

fn outside(path: &Path) -> Result<Data, OpsError> {
    let source = Arc::new(FileSource::open(path).context("open", path)?);
    let name = path.display().to_string();
    let piece = Piece { name: name.clone(), content: None, source };
    Ok(Data { name, files: vec![piece] })
}

/// Returns what a text means in a view; one with a colon means the file of this very name, or nothing.
fn in_view_unless_revision(view: &DataView<'_>, text: &str) -> Result<Option<Data>, OpsError> {
    if !text.contains(':') {
        return in_view(view, text, text);
    }
    let Ok(path) = RepoPath::from_bytes(text) else { return Ok(None) };
    let file = view.file(&path)?.map(Piece::from);
    Ok(file.map(|file| Data { name: text.to_owned(), files: vec![file] }))
}

/// Returns the file at a path, or those tables that a glob or a directory holds.
pub(super) fn in_view(
    view: &DataView<'_>,
    name: &str,
    path: &str,
) -> Result<Option<Data>, OpsError> {
    let exact = RepoPath::from_bytes(path.trim_end_matches('/')).ok();
    let file = exact.map(|path| view.file(&path)).transpose()?.flatten();
    let files = if let Some(file) = file {
        vec![file]
    } else {
        let Ok(globs) = Globs::of_paths(vec![path.to_owned()]) else { return Ok(None) };
        let mut files = view.files(&globs)?;
        files.retain(|file| Format::of(&file.path.to_string()).is_ok());
        files
    };
    let files: Vec<Piece> = files.into_iter().map(Piece::from).collect();
    Ok((!files.is_empty()).then(|| Data { name: name.to_owned(), files }))
}
