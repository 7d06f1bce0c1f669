//! Operations on a repository whose contents lie elsewhere: what asks for them, and what does not.

#![expect(clippy::disallowed_methods, reason = "tests write as any program does")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::base::NoProgress;
use crate::config::{Config, Environment};
use crate::ops::add::{AddOptions, add};
use crate::ops::commit::{CommitOptions, commit};
use crate::ops::diff::{Detail, DiffOptions, compare, describe, fetch_texts};
use crate::ops::inspect::{cat, export, list, usage};
use crate::ops::log::{LogOptions, visit};
use crate::ops::merge::{MergeRequest, MergeResult, merge};
use crate::ops::reset::{RestoreOptions, restore};
use crate::ops::switch::{Target, switch};
use crate::ops::{Context, NoListener, OpsError, branch, fsck, gc, status};
use crate::repo::{Layout, OpenOptions, Repo};
use crate::store::{BlobId, BlobKind, ChunkStore, CountingSource, Durability};
use crate::workspace::status::UntrackedMode;

/// A repository that has its history and its files, but none of their contents in its store.
struct Lazy {
    dir: tempfile::TempDir,
    context: Context,
    source: Arc<CountingSource>,
}

/// Returns a context for somebody who has a name, and nobody who listens.
pub(super) fn open(repo: Repo) -> Context {
    let variables = [("MLV_AUTHOR_NAME", "Ada"), ("MLV_AUTHOR_EMAIL", "ada@example.org")];
    let environment = Environment::from_pairs(variables);
    let (config, _) = Config::load(&environment, None, &[]).unwrap();
    let (progress, listener) = (Arc::new(NoProgress), Box::new(NoListener));
    let (command, root) = ("mlv".to_owned(), repo.root().to_owned());
    Context::new(repo, config, environment, progress, listener, command, root)
}

fn commit_all(context: &Context, message: &str) {
    add(context, &AddOptions::default()).unwrap();
    let message = Some(message.to_owned());
    commit(context, CommitOptions { message, ..CommitOptions::default() }).unwrap();
}

fn go(context: &Context, branch: &str) -> Result<u64, OpsError> {
    Ok(switch(context, &Target::Branch(branch.to_owned()), false)?.files)
}

/// Two branches that changed other lines of `text`, and other files.
fn history(root: &Path) {
    let context = open(Repo::init(root, "main", OpenOptions::default()).unwrap());
    let lines = |first: &str, last: &str| format!("{first}\n2\n3\n4\n5\n6\n7\n{last}\n");
    for number in 0..40 {
        fs::write(root.join(format!("file{number}")), format!("content {number}")).unwrap();
    }
    fs::write(root.join("text"), lines("1", "8")).unwrap();
    commit_all(&context, "first");
    branch::create(&context, "other", None, false).unwrap();
    fs::write(root.join("text"), lines("ours", "8")).unwrap();
    commit_all(&context, "ours");
    go(&context, "other").unwrap();
    fs::write(root.join("text"), lines("1", "theirs")).unwrap();
    for number in 0..20 {
        fs::write(root.join(format!("file{number}")), format!("other {number}")).unwrap();
    }
    commit_all(&context, "theirs");
    go(&context, "main").unwrap();
}

impl Lazy {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("work");
        fs::create_dir(&root).unwrap();
        history(&root);
        let source = Arc::new(CountingSource::default());
        let layout = Layout::at(&root);
        let repo = Repo::open(layout.clone(), OpenOptions::default()).unwrap();
        let is_chunk = |id: &BlobId| id.kind == BlobKind::Chunk;
        for id in repo.store().blobs(BlobKind::Chunk).unwrap() {
            source.blobs.write(id, &repo.store().read(id).unwrap()).unwrap();
        }
        for pack in repo.store().packs_with(&is_chunk).unwrap() {
            fs::remove_file(pack.path).unwrap();
        }
        drop(repo);
        let repo = Repo::open(layout, OpenOptions::default()).unwrap();
        repo.set_source(source.clone());
        Self { dir, context: open(repo), source }
    }

    /// Returns how many blobs each request since the last time was for.
    fn requests(&self) -> Vec<usize> {
        self.source.take_requests().iter().map(Vec::len).collect()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.context.repo.root().join(name)).unwrap()
    }
}

#[test]
fn what_needs_no_contents_asks_for_none() {
    let lazy = Lazy::new();
    let context = &lazy.context;
    lazy.source.offline.store(true, Ordering::Relaxed);
    assert!(status::status(context, UntrackedMode::Collapsed).unwrap().clean);
    fs::write(context.repo.root().join("file3"), "changed").unwrap();
    fs::write(context.repo.root().join("new"), "content 5").unwrap();
    commit_all(context, "more");
    let mut seen = 0;
    let mut count = |_| {
        seen += 1;
        Ok::<_, OpsError>(())
    };
    visit(context, &LogOptions::default(), &mut count).unwrap();
    let place = context.place(None).unwrap();
    list(context, &place, true, &mut |_| Ok::<_, OpsError>(())).unwrap();
    assert_eq!((seen, usage(context, &place).unwrap().files), (3, 42));
    branch::create(context, "side", None, false).unwrap();
    assert_eq!(go(context, "side").unwrap(), 0);
    let options = DiffOptions { revisions: vec!["main~1..main".to_owned()], ..Default::default() };
    assert_eq!(compare(context, &options).unwrap().changes.len(), 2);
    assert_eq!(lazy.requests(), [0; 0]);
    // What is only promised is stored when somebody adds it.
    let id = BlobId::of(BlobKind::Chunk, b"content 5");
    assert!(context.repo.store().contains(id).unwrap());
}

#[test]
fn a_switch_fetches_what_it_writes_at_once() {
    let lazy = Lazy::new();
    assert_eq!(go(&lazy.context, "other").unwrap(), 21);
    // The new contents, and the old ones for the way back.
    assert_eq!(lazy.requests(), [8 * 5 + 2]);
    assert_eq!(lazy.read("file7"), "other 7");
    assert_eq!(go(&lazy.context, "main").unwrap(), 21);
    assert_eq!(lazy.requests(), [0; 0]);
}

#[test]
fn a_switch_that_cannot_fetch_says_which_file_and_changes_nothing() {
    let lazy = Lazy::new();
    lazy.source.offline.store(true, Ordering::Relaxed);
    let error = go(&lazy.context, "other").unwrap_err().to_string();
    assert!(error.contains("`file0`") && error.contains("`origin`"), "{error}");
    assert!(status::status(&lazy.context, UntrackedMode::Collapsed).unwrap().clean);
    assert_eq!(lazy.context.repo.head().unwrap().branch().unwrap().short(), "main");
    lazy.source.offline.store(false, Ordering::Relaxed);
    assert_eq!(go(&lazy.context, "other").unwrap(), 21);
}

#[test]
fn a_merge_fetches_the_texts_it_joins_and_what_it_writes() {
    let lazy = Lazy::new();
    let request = MergeRequest { source: "other".to_owned(), ..MergeRequest::default() };
    let report = merge(&lazy.context, &request).unwrap();
    assert_eq!((report.result, report.line_merged.len()), (MergeResult::Merged, 1));
    assert!(lazy.read("text").starts_with("ours\n") && lazy.read("text").ends_with("theirs\n"));
    let requests = lazy.requests();
    assert!(requests.len() <= 3 && requests[0] == 3, "{requests:?}");
}

#[test]
fn a_diff_an_export_and_a_restore_ask_once() {
    let lazy = Lazy::new();
    let context = &lazy.context;
    let options = DiffOptions { revisions: vec!["main..other".to_owned()], ..Default::default() };
    let changes = compare(context, &options).unwrap().changes;
    fetch_texts(context, &changes).unwrap();
    assert_eq!(lazy.requests(), [42]);
    for change in &changes {
        assert!(describe(context, change, Detail::Lines).unwrap().text.is_some());
    }
    assert_eq!(lazy.requests(), [0; 0]);
    let place = context.place(Some("main".as_ref())).unwrap();
    let directory = lazy.dir.path().join("exported");
    assert_eq!(export(context, &place, &directory).unwrap().files, 41);
    assert_eq!(lazy.requests(), [20]);
    let mut text = Vec::new();
    cat(context, &context.place(Some("main:text".as_ref())).unwrap(), &mut text).unwrap();
    for number in 0..40 {
        fs::remove_file(context.repo.root().join(format!("file{number}"))).unwrap();
    }
    let paths = vec![".".into()];
    let restored =
        restore(context, &RestoreOptions { paths, worktree: true, ..RestoreOptions::default() });
    assert_eq!(restored.unwrap().files, 40);
    assert_eq!((lazy.requests(), lazy.read("file39").as_str()), (vec![], "content 39"));
}

#[test]
fn what_is_promised_is_neither_lost_nor_fetched_to_be_checked_or_kept() {
    let lazy = Lazy::new();
    let context = &lazy.context;
    let report = fsck::fsck(context).unwrap();
    let needed = report.promised;
    assert!(report.ok && needed > 40, "{report:?}");
    go(context, "other").unwrap();
    lazy.requests();
    context.repo.store().flush(Durability::Durable).unwrap();
    gc::gc(context, false).unwrap();
    assert_eq!(fsck::fsck(context).unwrap().promised, needed - 42);
    assert_eq!(lazy.requests(), [0; 0]);
    // Without the promise it is lost.
    let lost = BlobId::of(BlobKind::Chunk, b"content 30");
    lazy.source.blobs.remove(lost);
    let report = fsck::fsck(context).unwrap();
    assert_eq!((report.lost_count, report.lost[0].id), (1, lost.hash));
    assert!(matches!(gc::gc(context, false), Err(OpsError::NotWhole { .. })));
}
