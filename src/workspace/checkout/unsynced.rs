//! After a checkout nobody waits for the disk. Its journal stays as `checkout.unsynced`, which says
//! in which boot which files were written: as long as the machine runs, they are what they seem.
//!
//! After a restart they may be torn although their facts are right, so their rows of the stat cache
//! are dropped and they are read again: a torn one is named, and shows as modified. Nothing else has
//! to be undone: the refs and the packs they need were durable before, and so was the work that was
//! overwritten.
//! Should a power cut undo the renaming itself, the journal is found and recovery goes by content.
//!
//! The next checkout syncs what the one before it wrote, unless it names the same files itself, as on
//! the way back; so there is one such file at the most.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::base::fs::{IoContext, PathError, remove_file_if_exists};
use crate::base::{NoProgress, PathList, RepoPath};
use crate::workspace::cache::{CachedFile, NewRow};
use crate::workspace::checkout::Step;
use crate::workspace::checkout::journal::Journal;
use crate::workspace::content::{Content, Deed};
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;
use crate::workspace::status::same_bytes;

/// Returns where the journal of a checkout lies that is over and may not be on the disk.
pub(super) fn path_in(dot_dir: &Path) -> PathBuf {
    dot_dir.join("checkout.unsynced")
}

/// Tells whether the first, which are sorted, name all files that the others name.
fn covers(steps: &[Step], others: &PathList) -> bool {
    let named = |other: RepoPath| steps.binary_search_by(|step| step.path.cmp(&other)).is_ok();
    steps.len() >= others.len() && others.iter().all(named)
}

impl Workspace {
    /// Drops what the stat cache says of files that were written before the machine was restarted.
    /// Where that fails, the cache is not used at all. Returns the files that are torn.
    pub(in crate::workspace) fn doubt_earlier_boots(&self) -> Vec<RepoPath> {
        let path = path_in(&self.dot_dir);
        if !path.exists() || self.is_of_this_boot(&path) {
            return Vec::new();
        }
        let settled = self.lock_checkout().and_then(|_lock| {
            let journal = Journal::read(&path).ok().flatten();
            let looked = journal.map(|journal| self.look_for_torn(&journal));
            self.settle_unsynced(&[]).map(|()| looked.unwrap_or_default())
        });
        let Ok((torn, sound)) = settled else {
            self.cache.close();
            return Vec::new();
        };
        self.cache.update(&sound, &[]);
        torn
    }

    /// Reads the files that a journal names. Returns those that nobody has changed and that are not
    /// what was written, and what is known of the sound ones now.
    fn look_for_torn(&self, journal: &Journal) -> (Vec<RepoPath>, Vec<NewRow>) {
        let present = self.present();
        let looked = journal.steps.par_iter().map_init(
            || self.disk.cursor(),
            |cursor, step| {
                let wanted = step.new.as_ref()?;
                let row = self.cache.get(&step.path);
                let read = self.read_content(cursor, &step.path, Deed::Hash, &NoProgress);
                let Ok(Content::Known { entry, stat }) = read else { return None };
                if same_bytes(wanted, &entry) {
                    let file = CachedFile { stat, observed_ns: present, entry: wanted.clone() };
                    return Some(Ok(NewRow { path: step.path.clone(), file }));
                }
                // Work of the user has other facts; a file that never reached the disk is empty.
                let untouched = row.is_some_and(|row| row.stat == stat);
                (untouched || stat.size == 0).then(|| Err(step.path.clone()))
            },
        );
        let (mut torn, mut sound) = (Vec::new(), Vec::new());
        for one in looked.flatten().collect::<Vec<_>>() {
            match one {
                Ok(row) => sound.push(row),
                Err(path) => torn.push(path),
            }
        }
        (torn, sound)
    }

    /// Brings to the disk what the checkout before this one wrote, unless the journal of `steps` will
    /// stand for it. The caller holds the lock.
    pub(super) fn settle_unsynced(&self, steps: &[Step]) -> Result<(), WorkspaceError> {
        let path = path_in(&self.dot_dir);
        if !path.exists() {
            return Ok(());
        }
        // What is damaged does not say which files it was about.
        match Journal::read_paths(&path).ok() {
            Some((boot, paths)) if self.is_this_boot(boot.as_ref()) => {
                if covers(steps, &paths) {
                    return Ok(());
                }
            }
            read => self.doubt(read.map(|(_, paths)| paths).as_ref())?,
        }
        self.disk.sync()?;
        Ok(remove_file_if_exists(&path)?)
    }

    /// Drops the rows of these files, or all of them.
    pub(super) fn doubt(&self, paths: Option<&PathList>) -> Result<(), PathError> {
        let forgotten = match paths {
            Some(paths) => self.cache.forget(paths),
            None => self.cache.forget_all(),
        };
        if forgotten {
            return Ok(());
        }
        self.cache.close();
        Err(PathError::new("write to", self.dot_dir.join("stat.db"), ErrorKind::Other.into()))
    }

    /// Tells whether what was written in this boot is still in the memory of the machine or on its
    /// disk.
    pub(super) fn is_this_boot(&self, boot: Option<&String>) -> bool {
        self.boot.is_some() && boot == self.boot.as_ref()
    }

    /// Ends a checkout: its journal is forgotten, save for which files may not be on the disk.
    pub(super) fn retire(&self, journal: &Journal) -> Result<(), PathError> {
        if journal.steps.is_empty() {
            return Ok(());
        }
        let path = Journal::path_in(&self.dot_dir);
        if !self.is_this_boot(journal.boot.as_ref()) {
            self.disk.sync()?;
            return Journal::remove(&path);
        }
        let target = path_in(&self.dot_dir);
        std::fs::rename(&path, &target).context("rename to", target)
    }

    fn is_of_this_boot(&self, path: &Path) -> bool {
        Journal::read_boot(path).is_ok_and(|boot| self.is_this_boot(boot.as_ref()))
    }
}
