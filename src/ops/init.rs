//! `init`: makes a repository, empty or from a template.

use std::fs;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::base::fs::{IoContext, atomic_write, create_dirs, parent_of};
use crate::git::Enclosing;
use crate::ops::OpsError;
use crate::refs::RefName;
use crate::repo::{OpenOptions, Repo};

/// The templates that the binary carries, one directory each, and what all of them share.
static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// The directory of what every template gets beside its own files.
const SHARED: &str = "shared";

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Initialized {
    pub root: PathBuf,
    pub branch: String,
    pub template: Option<String>,
    /// The Git work tree that encloses it.
    pub git: Option<PathBuf>,
    /// Why Git could not be told to leave `.mlv/` alone.
    pub git_problem: Option<String>,
}

/// Returns the names of the templates.
pub fn templates() -> Vec<String> {
    let names = TEMPLATES.dirs().map(|dir| dir.path().display().to_string());
    names.filter(|name| name != SHARED).collect()
}

/// Makes a repository in `root`, which is created where missing.
pub fn init(root: &Path, branch: &str, template: Option<&str>) -> Result<Initialized, OpsError> {
    let files = template.map(find_template).transpose()?;
    RefName::branch(branch)?;
    create_dirs(root)?;
    let root = root.canonicalize().context("open", root)?;
    if files.is_some() && fs::read_dir(&root).context("read", &root)?.next().is_some() {
        return Err(OpsError::NotEmpty { path: root });
    }
    Repo::init(&root, branch, OpenOptions::default())?;
    if let Some(dir) = files {
        for dir in TEMPLATES.get_dir(SHARED).into_iter().chain([dir]) {
            write_template(dir, dir.path(), &root)?;
        }
    }
    let git = Enclosing::discover(&root).ok().flatten();
    let excluded = git.as_ref().map(|git| git.exclude(&[], &[])).transpose();
    Ok(Initialized {
        root,
        branch: branch.to_owned(),
        template: template.map(str::to_owned),
        git: git.map(|git| git.work_tree().to_owned()),
        git_problem: excluded.err().map(|error| error.to_string()),
    })
}

fn find_template(name: &str) -> Result<&'static Dir<'static>, OpsError> {
    let found = TEMPLATES.get_dir(name).filter(|_| templates().iter().any(|known| known == name));
    found.ok_or_else(|| OpsError::NoSuchTemplate {
        template: name.to_owned(),
        candidates: templates(),
    })
}

/// Writes the files that lie below `top`; what starts with `#!` can be run.
fn write_template(dir: &Dir<'_>, top: &Path, root: &Path) -> Result<(), OpsError> {
    for file in dir.files() {
        let below = file.path().strip_prefix(top).expect("a template's files lie below its name");
        let path = root.join(below);
        create_dirs(parent_of(&path))?;
        atomic_write(&path, file.contents())?;
        if file.contents().starts_with(b"#!") {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(&path, mode).context("set mode of", &path)?;
        }
    }
    dir.dirs().try_for_each(|dir| write_template(dir, top, root))
}
