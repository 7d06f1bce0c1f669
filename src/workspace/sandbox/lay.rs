//! Laying files out: from the working copy where that shares their blocks and provably holds them,
//! else from the store; and code from beside it.

use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use crate::base::fs::IoContext;
use crate::base::{Progress, RepoPath};
use crate::object::Entry;
use crate::workspace::checkout::write::put;
use crate::workspace::disk::{Cursor, Disk, FileKind, Stat, set_aside, share_bytes};
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;
use crate::workspace::sandbox::create::{Laid, OverlayFile};
use crate::workspace::sandbox::links::led;
use crate::workspace::status::same_bytes;

/// How many files share a cursor.
const BATCH: usize = 64;

/// What lays files out.
pub(super) struct Layer<'a> {
    pub workspace: &'a Workspace,
    pub disk: &'a Disk,
    pub present: i64,
    /// Whether the file system shares blocks between files, as far as is known.
    pub clones: AtomicBool,
}

impl Layer<'_> {
    pub(super) fn lay(
        &self,
        files: Vec<(RepoPath, Entry)>,
        progress: &dyn Progress,
    ) -> Result<Vec<Laid>, WorkspaceError> {
        let batches = files.par_chunks(BATCH).map(|batch| {
            let mut cursor = self.disk.cursor();
            let mut source = self.workspace.disk.cursor();
            let one = |(path, entry): &(RepoPath, Entry)| {
                crate::base::interrupt::check()?;
                cursor.make_directory(&path.parent().unwrap_or_default())?;
                if let Entry::Symlink { target } = entry {
                    cursor.create_link(
                        path,
                        &led(self.workspace.root(), self.disk.path(), path, target),
                    )?;
                } else if !self.clone_file(&mut source, &mut cursor, path, entry) {
                    put(&self.workspace.objects, &mut cursor, path, entry, None, self.present)?;
                }
                progress.advance(1);
                self.laid(&mut cursor, path, Some(entry.clone()), None)
            };
            batch.iter().map(one).collect::<Result<Vec<_>, WorkspaceError>>()
        });
        let laid: Vec<Vec<Option<Laid>>> = batches.collect::<Result<_, _>>()?;
        Ok(laid.into_iter().flatten().flatten().collect())
    }

    /// Shares the blocks of the file of the working copy, where it surely holds the entry before and
    /// after; tells whether that worked.
    fn clone_file(
        &self,
        source: &mut Cursor,
        cursor: &mut Cursor,
        path: &RepoPath,
        entry: &Entry,
    ) -> bool {
        let Entry::File { file, executable } = entry else { return false };
        if file.size == 0 || !self.clones.load(Ordering::Relaxed) {
            return false;
        }
        let proven = |source: &mut Cursor| {
            let stat = source.stat(path).ok().flatten()?;
            let row = self.workspace.cache.get(path)?;
            (row.proves(&stat) && same_bytes(&row.entry, entry)).then_some(())
        };
        let mut attempt = || {
            proven(source)?;
            let from = source.open_file(path).ok()?;
            let to = cursor.create_file(path, if *executable { 0o777 } else { 0o666 }).ok()?;
            let cloned = self.share_blocks(&from, &to);
            let good = cloned && set_aside(&to, self.present).is_ok() && proven(source).is_some();
            if !good {
                cursor.remove_file(path).ok()?;
            }
            good.then_some(())
        };
        attempt().is_some()
    }

    fn share_blocks(&self, from: &File, to: &File) -> bool {
        let cloned = share_bytes(from, to).is_ok();
        if !cloned {
            self.clones.store(false, Ordering::Relaxed);
        }
        cloned
    }

    /// Copies the files from elsewhere; one that is gone, or that the tree has, is passed over.
    pub(super) fn overlay(&self, files: &[&OverlayFile]) -> Result<Vec<Laid>, WorkspaceError> {
        let batches = files.par_chunks(BATCH).map(|batch| {
            let mut cursor = self.disk.cursor();
            let laid = batch.iter().map(|file| self.overlay_one(&mut cursor, file));
            laid.collect::<Result<Vec<_>, WorkspaceError>>()
        });
        let laid: Vec<Vec<Option<Laid>>> = batches.collect::<Result<_, _>>()?;
        Ok(laid.into_iter().flatten().flatten().collect())
    }

    fn overlay_one(
        &self,
        cursor: &mut Cursor,
        OverlayFile { path, source }: &OverlayFile,
    ) -> Result<Option<Laid>, WorkspaceError> {
        crate::base::interrupt::check()?;
        let Ok(found) = rustix::fs::lstat(source).map(Stat::from) else { return Ok(None) };
        if cursor.stat(path)?.is_some() || cursor.obstacle(path)?.is_some() {
            return Ok(None);
        }
        cursor.make_directory(&path.parent().unwrap_or_default())?;
        if found.kind() == FileKind::Symlink {
            let target = std::fs::read_link(source).context("read link", source)?;
            cursor.create_link(
                path,
                &led(
                    self.workspace.root(),
                    self.disk.path(),
                    path,
                    &target.into_os_string().into_vec(),
                ),
            )?;
        } else if found.kind() == FileKind::File {
            self.copy(cursor, path, source)?;
        } else {
            return Ok(None);
        }
        self.laid(cursor, path, None, Some(found).filter(|found| found.is_settled(self.present)))
    }

    fn copy(
        &self,
        cursor: &mut Cursor,
        path: &RepoPath,
        source: &Path,
    ) -> Result<(), WorkspaceError> {
        use std::os::unix::fs::PermissionsExt;
        let mut from = File::open(source).context("open", source)?;
        let mode = from.metadata().context("look at", source)?.permissions().mode();
        let mut to = cursor.create_file(path, if mode & 0o100 == 0 { 0o666 } else { 0o777 })?;
        if !self.clones.load(Ordering::Relaxed) || !self.share_blocks(&from, &to) {
            io::copy(&mut from, &mut to).context("copy", source)?;
        }
        set_aside(&to, self.present)
            .map_err(io::Error::from)
            .context("set time of", path.to_path())?;
        Ok(())
    }

    fn laid(
        &self,
        cursor: &mut Cursor,
        path: &RepoPath,
        entry: Option<Entry>,
        source: Option<Stat>,
    ) -> Result<Option<Laid>, WorkspaceError> {
        let stat = cursor.stat(path)?;
        Ok(stat.map(|stat| {
            let is_settled = stat.is_settled(self.present);
            Laid { path: path.clone(), stat, entry, source, is_settled }
        }))
    }
}
