//! After a checkout nobody waits for the disk. Its journal stays as `checkout.unsynced`, which says
//! in which boot which files were written: as long as the machine runs, they are what they seem.
//!
//! After a restart they may be torn although their facts are right, so their rows of the stat cache
//! are dropped and they are read again: a torn one is named, and shows as modified. Nothing else has
//! to be undone: the refs and the packs they need were durable before, and so was the work that was
//! overwritten.
//! Should a power cut undo the renaming itself, the journal is found and recovery goes by content. So
//! it is with a file that was written to where it is and is left between two versions: the checkout
//! is taken up again, for that file alone.
//!
//! The next checkout syncs what the one before it wrote, unless it names the same files itself, as on
//! the way back; so there is one such journal at the most.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::base::fs::{IoContext, PathError, remove_file_if_exists};
use crate::base::{NoProgress, PathList, RepoPath};
use crate::object::Entry;
use crate::workspace::cache::{CachedFile, NewRow};
use crate::workspace::checkout::Step;
use crate::workspace::checkout::in_place::versions;
use crate::workspace::checkout::journal::{Journal, Scope};
use crate::workspace::content::{Content, Deed};
use crate::workspace::disk::{Cursor, Stat};
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;
use crate::workspace::status::same_bytes;

/// Returns where the journal of a checkout lies that is over and may not be on the disk.
pub(super) fn path_in(dot_dir: &Path) -> PathBuf {
    dot_dir.join("checkout.unsynced")
}

/// Tells whether these steps, which are sorted, name all files of an earlier journal, and lead those
/// back that were written to where they are: otherwise such a file might be left between more than
/// the two versions that a journal names.
pub(super) fn covers(steps: &[Step], earlier: &Scope) -> bool {
    let find = |path: &RepoPath| steps.binary_search_by(|step| step.path.cmp(path)).ok();
    let leads_back = |earlier: &Step| {
        let new = find(&earlier.path).and_then(|index| steps[index].new.as_deref());
        let old = earlier.old.as_ref().map(|held| &held.entry);
        matches!((new, old), (Some(new), Some(old)) if same_bytes(new, old))
    };
    steps.len() >= earlier.paths.len()
        && earlier.paths.iter().all(|path| find(&path).is_some())
        && earlier.in_place.iter().all(leads_back)
}

/// What a power cut made of the files of a checkout.
#[derive(Default)]
struct Aftermath {
    /// Files that nobody has changed and that are not what was written.
    torn: Vec<RepoPath>,
    /// Those that are between the old version and the new one.
    between: Vec<Step>,
    /// What is known of the sound ones.
    sound: Vec<NewRow>,
}

enum Fate {
    Torn(RepoPath),
    Between(Step),
    Sound(NewRow),
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
            let found = journal.as_ref().map(|journal| self.look_for_torn(journal));
            let mut found = found.unwrap_or_default();
            if let Some(journal) = journal {
                self.take_up_again(journal, std::mem::take(&mut found.between))?;
            }
            self.settle_unsynced(&[]).map(|()| found)
        });
        let Ok(Aftermath { torn, sound, .. }) = settled else {
            self.cache.close();
            return Vec::new();
        };
        self.cache.update(&sound, &[]);
        torn
    }

    /// Makes a checkout one that was interrupted, of these files alone: the next command settles it.
    fn take_up_again(&self, journal: Journal, steps: Vec<Step>) -> Result<(), WorkspaceError> {
        let path = Journal::path_in(&self.dot_dir);
        // A journal that is there names these files too.
        if steps.is_empty() || path.exists() {
            return Ok(());
        }
        Ok(Journal { steps, ..journal }.write(&path)?)
    }

    /// Reads the files that a journal names.
    fn look_for_torn(&self, journal: &Journal) -> Aftermath {
        let present = self.present();
        let looked = journal.steps.par_iter().map_init(
            || self.disk.cursor(),
            |cursor, step| {
                let wanted = step.new.as_deref()?;
                let row = self.cache.get(&step.path);
                let read = self.read_content(cursor, &step.path, Deed::Hash, &NoProgress);
                let Ok(Content::Known { entry, stat }) = read else { return None };
                if same_bytes(wanted, &entry) {
                    let file = CachedFile { stat, observed_ns: present, entry: wanted.clone() };
                    return Some(Fate::Sound(NewRow { path: step.path.clone(), file }));
                }
                let untouched = row.is_some_and(|row| row.stat == stat);
                if self.is_left_between(cursor, step, &stat, &entry, untouched) {
                    return Some(Fate::Between(step.clone()));
                }
                // Work of the user has other facts; a file that never reached the disk is empty.
                (untouched || stat.size == 0).then(|| Fate::Torn(step.path.clone()))
            },
        );
        let mut found = Aftermath::default();
        for fate in looked.flatten().collect::<Vec<_>>() {
            match fate {
                Fate::Torn(path) => found.torn.push(path),
                Fate::Between(step) => found.between.push(step),
                Fate::Sound(row) => found.sound.push(row),
            }
        }
        found
    }

    /// Tells whether a file was patched, and not all of that reached the disk.
    fn is_left_between(
        &self,
        cursor: &mut Cursor,
        step: &Step,
        stat: &Stat,
        found: &Entry,
        untouched: bool,
    ) -> bool {
        let Some(old) = step.old.as_ref().filter(|_| step.in_place) else { return false };
        if same_bytes(&old.entry, found) && !untouched && old.stat != *stat {
            // Somebody has made it what it was before.
            return false;
        }
        versions(Some(&old.entry), step.new.as_deref()).is_some_and(|(old, new)| {
            self.is_between(cursor, &step.path, stat, old, new).unwrap_or(false)
        })
    }

    /// Brings to the disk what the checkout before this one wrote, unless the journal of `steps` will
    /// stand for it. The caller holds the lock.
    pub(super) fn settle_unsynced(&self, steps: &[Step]) -> Result<(), WorkspaceError> {
        let path = path_in(&self.dot_dir);
        if !path.exists() {
            return Ok(());
        }
        // What is damaged does not say which files it was about.
        match Journal::read_scope(&path).ok() {
            Some(scope) if self.is_this_boot(scope.boot.as_ref()) => {
                if covers(steps, &scope) {
                    return Ok(());
                }
            }
            read => self.doubt(read.map(|scope| scope.paths).as_ref())?,
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
