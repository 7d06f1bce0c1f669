//! Errors of operations: hints and exit codes from their facts.

use std::fmt::Write as _;

use super::remote::hint as hint_of_remote;
use super::{CommandError, config_error, did_you_mean, user_error};
use crate::cli::exit::ExitStatus;
use crate::git::GitError;
use crate::object::{ObjectError, ReferenceError};
use crate::ops::OpsError;
use crate::ops::hooks::{Missing, Remedy, Why};
use crate::remote::RemoteError;
use crate::store::StoreError;
use crate::workspace::WorkspaceError;
use crate::workspace::checkout::{BlockReason, Blocked};

/// How many paths a hint lists.
const LISTED: usize = 10;

impl From<OpsError> for CommandError {
    fn from(error: OpsError) -> Self {
        match error {
            OpsError::Repo(error) => error.into(),
            OpsError::Ref(error) => error.into(),
            OpsError::Path(error) => error.into(),
            OpsError::Config(error) => error.into(),
            OpsError::Interrupted(error) => error.into(),
            OpsError::Workspace(error) => error.into(),
            OpsError::Object(error) => error.into(),
            OpsError::Store(error) => error.into(),
            OpsError::Git(error) => error.into(),
            OpsError::Remote(error) => error.into(),
            OpsError::Deploy(error) => error.into(),
            error => facts(error),
        }
    }
}

/// Says about an operation's own errors what to type next.
fn facts(error: OpsError) -> CommandError {
    let hint = hint(&error);
    let exit = exit(&error);
    let (near, more) = match &error {
        OpsError::NoSuchTemplate { template, candidates } => {
            let near = did_you_mean(template, candidates.iter().map(String::as_str));
            (near, listed("templates", candidates.iter()))
        }
        OpsError::NoSuchBranch { name, candidates }
        | OpsError::NoSuchHook { name, candidates }
        | OpsError::NoSuchAction { name, candidates }
        | OpsError::NoSuchTag { name, candidates }
        | OpsError::NoSuchAlias { name, candidates }
        | OpsError::NoSuchRemote { name, candidates }
        | OpsError::NotOnRemote { name, candidates, .. }
        | OpsError::NotToPull { name, candidates }
        | OpsError::NoSuchColumn { column: name, candidates }
        | OpsError::NoSuchPath { path: name, candidates, .. } => {
            (did_you_mean(name, candidates.iter().map(String::as_str)), None)
        }
        OpsError::StagedInTheWay { paths } => (None, listed("in the way", paths.iter())),
        OpsError::Unresolved { paths } | OpsError::Conflicts { paths, .. } => {
            (None, listed("in conflict", paths.iter()))
        }
        OpsError::Unreadable { notices } => (None, listed("passed over", notices.iter())),
        _ => (None, None),
    };
    user_error(error).maybe_hinted(near).maybe_hinted(more).maybe_hinted(hint).exiting(exit)
}

fn exit(error: &OpsError) -> ExitStatus {
    match error {
        OpsError::Refused { .. }
        | OpsError::Required { .. }
        | OpsError::Untrusted { .. }
        | OpsError::NotTrusted => ExitStatus::Refused,
        OpsError::Unresolved { .. } | OpsError::Conflicts { .. } => ExitStatus::Conflicts,
        OpsError::Moved { .. }
        | OpsError::NotForward { .. }
        | OpsError::AliasDiffers { .. }
        | OpsError::LeaseBroken { .. }
        | OpsError::Diverged { .. } => ExitStatus::Moved,
        _ => ExitStatus::Failed,
    }
}

/// Returns the next thing to type.
fn hint(error: &OpsError) -> Option<String> {
    Some(match error {
        OpsError::NothingToCommit { unstaged: 0, untracked: 0 } => {
            "nothing has changed; `--allow-empty` commits all the same".into()
        }
        OpsError::NothingToCommit { unstaged: 0, .. } => {
            "`mlv add` takes untracked files in; `mlv status` lists them".into()
        }
        OpsError::NothingToCommit { .. } => {
            "`mlv commit -a` commits changes of tracked files; `mlv add` stages them".into()
        }
        OpsError::NoMessage => "say why with `-m MESSAGE`".into(),
        OpsError::NoIdentity => {
            "`mlv config set user.name NAME` and `mlv config set user.email ADDRESS`".into()
        }
        OpsError::Protected { branch, .. } => format!(
            "work on a branch, then merge it: `mlv switch -c NAME`, commit, `mlv merge NAME --into {branch}`"
        ),
        OpsError::BrokenSpec(_) => "`mlv hooks check` reads it again when it is mended".into(),
        OpsError::Refused { runs, .. } => {
            let run = crate::hook::runner::refusal(runs)?;
            format!("full log: `mlv hooks log {}`", run.run_id)
        }
        OpsError::Required { branch, missing, remedy, .. } => required(branch, missing, remedy),
        OpsError::Untrusted { branch } => {
            format!("`mlv hooks trust {branch}` shows them and lets them run")
        }
        OpsError::HooksRequired { .. } | OpsError::GuardsUsers { .. } => {
            "unset MLV_NO_VERIFY".into()
        }
        OpsError::OutputInTheWay { path, .. } => {
            format!("commit or stash `{path}` first, or take it back: `mlv restore {path}`")
        }
        OpsError::Moved { .. } => "try again: nothing was changed".into(),
        OpsError::ManyParents { .. } => {
            "`--mainline 1` takes the change against the first parent".into()
        }
        OpsError::NothingThere { .. } => "check the address: an empty place is not imported".into(),
        OpsError::MergeUnderWay => "`mlv merge --continue` or `mlv merge --abort`".into(),
        OpsError::Unresolved { .. } => {
            "settle each, `mlv add` it, then `mlv merge --continue`".into()
        }
        OpsError::StagedInTheWay { .. } => "commit them or `mlv stash` first".into(),
        OpsError::NotCheckedOut { branch } => {
            format!("a merge is prepared where one stands: `mlv switch {branch}` first")
        }
        OpsError::CheckedOut { .. } => "stand elsewhere first: `mlv switch NAME`".into(),
        OpsError::ClonesStandThere { name } => {
            format!("`mlv branch -m {name} NEW` gives it another name")
        }
        OpsError::NoFiles => "name two commits: `mlv diff A B`".into(),
        OpsError::NoCache => "set `XDG_CACHE_HOME` or `HOME`".into(),
        OpsError::MovedUnnoted { .. } => {
            "what was asked for is done; hooks that come after it were not run".into()
        }
        OpsError::Unmerged { name, .. } => {
            format!("`mlv branch -D {name}` deletes it all the same; `mlv undo` brings it back")
        }
        OpsError::NoReference { .. } => {
            "`--reference REV:PATH` names it; where one model is the champion, what it was trained \
             on is taken"
                .into()
        }
        OpsError::NoTrainingData { model } => {
            format!("name it: `--reference {model}:PATH`, or `mlv model promote --data PATH`")
        }
        OpsError::NoData => {
            "name a path, or `data:` in the specification; `mlv drift --help` has examples".into()
        }
        OpsError::NoSuchBranch { .. } => "`mlv branch` lists them".into(),
        OpsError::NoSuchAlias { .. } => "`mlv model list` lists them".into(),
        OpsError::EarlierIsNotHere { .. } => "`mlv fetch` may bring it".into(),
        OpsError::NoSuchTag { .. } => "`mlv tag` lists them".into(),
        OpsError::NotABranch { name } => format!(
            "`mlv switch --detach {name}` looks at it; `mlv switch -c NAME {name}` begins a branch there"
        ),
        OpsError::OnlyOnRemote { name, remote } => {
            format!("`mlv switch -c {name} {remote}` makes a branch of it")
        }
        OpsError::NoSuchRemote { .. } => "`mlv remote` lists them".into(),
        OpsError::RemoteExists { name } => format!("`mlv remote set-url {name} URL` moves it"),
        OpsError::RemoteNotWhole { remote, .. } => {
            format!("`mlv fsck --remote {remote}` tells what is wrong")
        }
        OpsError::NoRemote => "`mlv remote add origin URL` names one: a bucket or a folder".into(),
        OpsError::WhichRemote { .. } => "name the one you mean".into(),
        OpsError::NotARemote { path } => format!(
            "a remote is a bucket or a folder of its own; `mlv -C {} ...` works in this",
            path.display()
        ),
        OpsError::NotToPull { .. } => {
            "`mlv remote` lists the remotes, `mlv ls -r` the paths".into()
        }
        OpsError::NotOnRemote { remote, .. } => {
            format!("`mlv ls-remote {remote}` lists what it has")
        }
        OpsError::Unborn { .. } => "commit something first".into(),
        OpsError::NotForward { .. } => {
            "`mlv pull` takes them in; `--force-with-lease` gives them up".into()
        }
        OpsError::TagDiffers { .. } => "`--force-with-lease` puts yours in its place".into(),
        OpsError::AliasDiffers { .. } => {
            "`mlv fetch` takes a later one in; `--force-with-lease` puts yours in its place".into()
        }
        OpsError::LeaseBroken { .. } => "`mlv fetch`, look at what is there, then decide".into(),
        OpsError::Diverged { .. } => "`mlv pull` without `--ff-only` merges them".into(),
        OpsError::IsDirectory { .. } => "`mlv ls` lists it, `mlv export` writes it out".into(),
        OpsError::NotRecursive { path } => format!("`mlv rm -r {path}` removes all that is in it"),
        OpsError::OutsideSparse { path } => format!("`mlv sparse add {path}` brings it here"),
        OpsError::PartOfMerge => "`mlv commit` without paths concludes it".into(),
        OpsError::Untracked { path } => format!("`mlv add {path}` first"),
        OpsError::CannotUndo { .. } => "`mlv op log` shows what happened since".into(),
        OpsError::NoSuchStash { .. } => "`mlv stash list` shows them".into(),
        OpsError::NoSuchAction { .. } => "`mlv hooks add` lists them".into(),
        OpsError::HookExists { hook } => format!("`--as {hook}-2` gives the new one another name"),
        OpsError::NoPlaceForHook { block } => {
            format!("put this below `hooks` yourself:\n{}", block.trim_end())
        }
        OpsError::NotTrusted => "`mlv hooks trust` shows them and lets them run".into(),
        OpsError::NoSuchHook { .. } => "`mlv hooks list` names them".into(),
        OpsError::NotRetried { .. } => {
            "`mlv hooks run EVENT --at REV` runs the hooks of an event on history".into()
        }
        OpsError::NoRun => "`mlv hooks list` shows which would".into(),
        OpsError::NoSuchRun { .. } => "`mlv hooks runs` lists them".into(),
        OpsError::StoreInUse { .. } => "a command or a hook is at work: try again later".into(),
        OpsError::NotWhole { .. } => "`mlv fsck` finds all damage and what needs it".into(),
        OpsError::NotEmpty { .. } => "name a directory that is new or empty".into(),
        OpsError::NoSource { .. } => "name a repository, or the folder of a remote".into(),
        OpsError::CloneUnderWay { .. } => "wait until it has ended".into(),
        OpsError::BadDate(_) => "unset it, or write it as 2026-01-31T12:00:00Z".into(),
        _ => return None,
    })
}

fn listed<T: std::fmt::Display>(title: &str, items: impl Iterator<Item = T>) -> Option<String> {
    let all: Vec<String> = items.map(|item| format!("  {item}")).collect();
    if all.is_empty() {
        return None;
    }
    let mut text = format!("{title}:\n{}", all[..all.len().min(LISTED)].join("\n"));
    if all.len() > LISTED {
        let _ = write!(text, "\n  and {} more", all.len() - LISTED);
    }
    Some(text)
}

fn blocked_line(blocked: &Blocked) -> String {
    let why = match &blocked.reason {
        BlockReason::Modified => "has changes that no commit holds",
        BlockReason::Untracked => "is not tracked",
        BlockReason::Special => "is a socket, pipe or device",
        BlockReason::Unreadable(reason) => reason,
        BlockReason::NestedRepository => "is a repository of its own",
    };
    format!("{}: {why}", blocked.path)
}

impl From<WorkspaceError> for CommandError {
    fn from(error: WorkspaceError) -> Self {
        match error {
            WorkspaceError::Path(error) => error.into(),
            WorkspaceError::Object(error) => error.into(),
            WorkspaceError::Interrupted(error) => error.into(),
            WorkspaceError::Lock(error) => error.into(),
            WorkspaceError::Blocked { ref blocked } => {
                let list = listed("in the way", blocked.iter().map(blocked_line));
                user_error(error)
                    .maybe_hinted(list)
                    .hinted("nothing was touched; commit, `mlv stash` or move them away first")
            }
            WorkspaceError::NestedRepository { ref path } => {
                let hint = format!("`mlv -C {path} ...` works in it");
                user_error(error).hinted(hint)
            }
            WorkspaceError::Ignored { ref paths } => {
                let list = listed("ignored", paths.iter());
                user_error(error)
                    .maybe_hinted(list)
                    .hinted("`mlv add --force` adds them all the same")
            }
            error => user_error(error),
        }
    }
}

impl From<ObjectError> for CommandError {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::Store(error) => error.into(),
            ObjectError::NotFetched { ref path, .. } => {
                let hint = format!("`mlv pull {path}` brings it here once the remote can be read");
                user_error(error).hinted(hint)
            }
            ObjectError::Undecodable { .. } | ObjectError::Invalid { .. } => {
                user_error(error).hinted("`mlv fsck` finds all damage and what needs it")
            }
            ObjectError::Reference(error) => error.into(),
            error => user_error(error),
        }
    }
}

impl From<ReferenceError> for CommandError {
    fn from(error: ReferenceError) -> Self {
        let (hint, exit) = match &error {
            ReferenceError::Gone { .. } | ReferenceError::Changed { .. } => {
                let hint = "`mlv import URL PATH` again records what is there now; \
                            `mlv import --check` names all";
                (Some(hint.to_owned()), ExitStatus::Failed)
            }
            ReferenceError::Unreadable { source, .. } => match source.downcast_ref() {
                Some(RemoteError::Interrupted(_)) => (None, ExitStatus::Interrupted),
                Some(error) => (hint_of_remote(error), ExitStatus::Failed),
                None => (None, ExitStatus::Failed),
            },
            ReferenceError::BadUrl { .. } | ReferenceError::NoReader { .. } => {
                (None, ExitStatus::Failed)
            }
        };
        user_error(error).maybe_hinted(hint).exiting(exit)
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Path(error) => error.into(),
            StoreError::Lock(error) => error.into(),
            StoreError::Interrupted(error) => error.into(),
            StoreError::NotFetched { .. } => {
                user_error(error).hinted("try again once the remote can be read")
            }
            StoreError::NewerFormat { .. } => {
                user_error(error).hinted("a newer mlv has written it: update mlv")
            }
            StoreError::Missing { .. }
            | StoreError::Damaged { .. }
            | StoreError::DamagedPack { .. } => {
                user_error(error).hinted("`mlv fsck` finds all damage and what needs it")
            }
            error => user_error(error),
        }
    }
}

impl From<GitError> for CommandError {
    fn from(error: GitError) -> Self {
        config_error(error)
    }
}

/// Returns how the verdict is reached that a branch requires.
fn required(branch: &str, missing: &[Missing], remedy: &Remedy) -> String {
    if missing.iter().any(|missing| matches!(missing.why, Why::DirtyCode { .. })) {
        return "commit the code with Git and try again; `allow_dirty: true` lets such verdicts count"
            .to_owned();
    }
    match remedy {
        Remedy::Merge { source } => format!(
            "to reach the verdict without merging: `mlv hooks run pre-merge --source {source} --into {branch}`"
        ),
        Remedy::Judge { event, at } => {
            format!("to reach the verdict: `mlv hooks run {event} --at {at}`")
        }
        Remedy::Elsewhere => format!(
            "commit on a branch and merge it: `mlv switch -c NAME`, commit, `mlv merge NAME --into {branch}`"
        ),
    }
}
