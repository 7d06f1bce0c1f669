//! The plan of an `add`: nothing is read but names and facts.

use crate::base::{PathList, RepoPath, TreeId};
use crate::object::Entry;
use crate::workspace::disk::FileKind;
use crate::workspace::error::WorkspaceError;
use crate::workspace::handle::Workspace;
use crate::workspace::join::{Facts, Join, Joined, OnDisk};
use crate::workspace::notice::Notice;
use crate::workspace::pathspec::{Pathspecs, Usage};
use crate::workspace::status::{Verdict, compare};

/// How deep a file may lie for a tree to hold it.
const MAX_LEVELS: usize = 128;

/// What to add.
pub struct AddOptions<'a> {
    /// The paths; none of them means everything.
    pub paths: &'a Pathspecs,
    /// Whether ignored files are added too.
    pub force: bool,
    /// Whether only files that are tracked already are looked at.
    pub tracked_only: bool,
    /// Whether Git tracks a file: then it is added only where it is named itself.
    pub is_git_tracked: &'a (dyn Fn(&RepoPath) -> bool + Sync),
    /// Whether the store has lost what an unchanged file holds: then it is read all the same.
    pub is_lost: &'a (dyn Fn(&Entry) -> bool + Sync),
}

impl std::fmt::Debug for AddOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AddOptions").field("paths", &self.paths).finish_non_exhaustive()
    }
}

/// What an `add` will do. Millions of files are held in few bytes each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddPlan {
    /// The files that will be read, in order.
    pub files: PathList,
    /// How large they are together.
    pub bytes: u64,
    /// What the staged tree holds of them, each with its place among the files.
    pub(super) staged: Vec<(usize, Entry)>,
    /// Tracked files that are gone from the disk.
    pub removals: PathList,
    /// How many files need not be read.
    pub unchanged: u64,
    pub notices: Vec<Notice>,
}

impl Workspace {
    /// Decides what of the working copy goes into the staged tree.
    pub fn plan_add(
        &self,
        staged: TreeId,
        options: &AddOptions<'_>,
    ) -> Result<AddPlan, WorkspaceError> {
        let mut planner = Planner {
            options,
            usage: options.paths.usage(),
            plan: AddPlan::default(),
            ignored: Vec::new(),
        };
        let below = options.paths.common_parent();
        self.refuse_nested(&below)?;
        let enter = |dir: &RepoPath| options.force && options.paths.may_match_below(dir);
        let held = self.held(&[staged])?;
        let mut join = Join::new(self, staged, &held, &below, enter, Facts::OfAll);
        while let Some(joined) = join.advance()? {
            planner.meet(joined);
        }
        for notice in join.into_notices() {
            planner.notice(notice);
        }
        if !planner.ignored.is_empty() {
            return Err(WorkspaceError::Ignored { paths: planner.ignored });
        }
        let mut cursor = self.disk.cursor();
        planner.usage.check(|path| {
            // A directory may be empty, and an unreadable file was named already.
            let stat = cursor.stat(path).ok().flatten();
            stat.is_some_and(|stat| stat.kind() == FileKind::Directory)
        })?;
        Ok(planner.plan)
    }

    /// Refuses a place within a repository of its own, which a walk from the root would not enter.
    fn refuse_nested(&self, below: &RepoPath) -> Result<(), WorkspaceError> {
        let ancestors = std::iter::successors(Some(below.clone()), RepoPath::parent);
        let mut dirs = ancestors.filter(|dir| !dir.is_root());
        match dirs.find(|dir| self.disk.full_path(dir).join(".mlv").is_dir()) {
            Some(path) => Err(WorkspaceError::NestedRepository { path }),
            None => Ok(()),
        }
    }
}

struct Planner<'a> {
    options: &'a AddOptions<'a>,
    usage: Usage<'a>,
    plan: AddPlan,
    ignored: Vec<RepoPath>,
}

impl Planner<'_> {
    fn notice(&mut self, notice: Notice) {
        let about_pattern = matches!(notice, Notice::BadIgnorePattern { .. });
        let within = self.options.paths.may_match_below(notice.path());
        if self.usage.mark(notice.path()) || about_pattern || within {
            self.plan.notices.push(notice);
        }
    }

    fn meet(&mut self, joined: Joined) {
        let Joined { path, tracked, on_disk, cached } = joined;
        if on_disk == OnDisk::IgnoredDirectory {
            self.ignored.extend(self.options.paths.named_within(&path).cloned());
            return;
        }
        if !self.usage.mark(&path) {
            return;
        }
        match on_disk {
            OnDisk::Special(kind) if self.options.paths.names(&path) => {
                let reason = format!("it is a {}", kind.word());
                self.plan.notices.push(Notice::Unreadable { path, reason });
            }
            OnDisk::Special(kind) => self.plan.notices.push(Notice::Special { path, kind }),
            OnDisk::Elsewhere => self.plan.unchanged += 1,
            OnDisk::Absent if tracked.is_some() => self.plan.removals.push(path),
            OnDisk::File { stat, ignored } => {
                if tracked.is_none() && !self.wants_untracked(&path, ignored) {
                    return;
                }
                let same = tracked.as_ref().is_some_and(|entry| {
                    compare(entry, &stat, cached.as_ref()) == Verdict::Same
                        && !(self.options.is_lost)(entry)
                });
                if same {
                    self.plan.unchanged += 1;
                } else {
                    let number = self.plan.files.len();
                    self.plan.staged.extend(tracked.map(|entry| (number, entry)));
                    self.plan.bytes += stat.size;
                    self.plan.files.push(path);
                }
            }
            _ => {}
        }
    }

    fn wants_untracked(&mut self, path: &RepoPath, ignored: bool) -> bool {
        let named = self.options.paths.names(path);
        if self.options.tracked_only {
            return false;
        }
        if path.components().count() > MAX_LEVELS {
            let reason = format!("it lies more than {MAX_LEVELS} directories deep");
            self.plan.notices.push(Notice::Unreadable { path: path.clone(), reason });
            return false;
        }
        if ignored && !self.options.force {
            self.ignored.extend(named.then(|| path.clone()));
            return false;
        }
        named || !(self.options.is_git_tracked)(path)
    }
}
