//! The events that hooks hang on: one list, which docs, errors and completion read.

use std::fmt;

use crate::base::suggest;

/// When an event fires: before the deed, which it may refuse, after it, or of its own accord.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    Pre,
    Post,
    Trigger,
}

macro_rules! events {
    ($($variant:ident $name:literal $phase:ident $description:literal,)*) => {
        /// Something that happens to the repository, or a trigger.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Event { $($variant),* }

        /// Every event, in the order the docs list them.
        pub const EVENTS: &[EventInfo] = &[$(EventInfo {
            event: Event::$variant,
            name: $name,
            phase: Phase::$phase,
            description: $description,
        }),*];
    };
}

/// What is known about an event.
#[derive(Debug, Clone, Copy)]
pub struct EventInfo {
    pub event: Event,
    pub name: &'static str,
    pub phase: Phase,
    pub description: &'static str,
}

events! {
    PreCommit "pre-commit" Pre "before a commit is made; may refuse it",
    PostCommit "post-commit" Post "after a commit was made",
    PreMerge "pre-merge" Pre "before a branch takes a merge; may refuse it",
    PostMerge "post-merge" Post "after a branch took a merge",
    PreBranch "pre-branch" Pre "before a branch is made, or moved by force; may refuse it",
    PostBranch "post-branch" Post "after a branch was made, or moved by force",
    PreBranchDelete "pre-branch-delete" Pre "before a branch is deleted; may refuse it",
    PostBranchDelete "post-branch-delete" Post "after a branch was deleted",
    PreTag "pre-tag" Pre "before a tag is made, or moved by force; may refuse it",
    PostTag "post-tag" Post "after a tag was made, or moved by force",
    PreTagDelete "pre-tag-delete" Pre "before a tag is deleted; may refuse it",
    PostTagDelete "post-tag-delete" Post "after a tag was deleted",
    PreSwitch "pre-switch" Pre "before the working copy switches; may refuse it",
    PostSwitch "post-switch" Post "after the working copy switched",
    PrePush "pre-push" Pre "before a branch is sent to a remote; may refuse it",
    PostPush "post-push" Post "after a branch was sent to a remote",
    PrePull "pre-pull" Pre "before commits of a remote are taken in; may refuse it",
    PostPull "post-pull" Post "after commits of a remote were taken in",
    PreRevert "pre-revert" Pre "before a commit is reverted; may refuse it",
    PostRevert "post-revert" Post "after a commit was reverted",
    PreCherryPick "pre-cherry-pick" Pre "before a commit is picked; may refuse it",
    PostCherryPick "post-cherry-pick" Post "after a commit was picked",
    PrePromote "pre-promote" Pre "before an alias of a model moves; may refuse it",
    PostPromote "post-promote" Post "after an alias of a model moved",
    PreDeploy "pre-deploy" Pre "before a model is deployed; may refuse it",
    PostDeploy "post-deploy" Post "after a model was deployed",
    Schedule "schedule" Trigger "at the times of a cron expression",
    Drift "drift" Trigger "when data drift from their reference",
    Metric "metric" Trigger "when a metric leaves its bounds",
    Manual "manual" Trigger "when a person asks for it",
}

/// A text that names no event, and what it may have been meant to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown event `{name}`")]
pub struct UnknownEvent {
    pub name: String,
    pub candidates: Vec<String>,
}

impl Event {
    /// Returns the event of this name, or what it may have been meant to be.
    pub fn parse(name: &str) -> Result<Self, UnknownEvent> {
        Self::known(name).ok_or_else(|| UnknownEvent {
            name: name.to_owned(),
            candidates: suggest::candidates(name, EVENTS.iter().map(|info| info.name)),
        })
    }

    /// Returns the event of this name, if there is one.
    pub fn known(name: &str) -> Option<Self> {
        EVENTS.iter().find(|info| info.name == name).map(|info| info.event)
    }

    /// Returns what is known about this event.
    pub fn info(self) -> &'static EventInfo {
        // The list is made by the same macro in the same order as the variants.
        &EVENTS[self as usize]
    }

    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// Tells whether hooks of this event may refuse the deed.
    pub fn may_refuse(self) -> bool {
        self.info().phase == Phase::Pre
    }

    /// Tells whether the event is about the name of a commit, and no file changes with it.
    pub fn is_about_a_name(self) -> bool {
        [Around::BRANCH, Around::BRANCH_DELETE, Around::TAG, Around::TAG_DELETE]
            .iter()
            .chain(&Self::SERVING)
            .any(|around| around.has(self))
    }

    /// The deeds that decide what users are served.
    const SERVING: [Around; 2] = [Around::PROMOTE, Around::DEPLOY];

    /// Tells whether hooks of the event guard what users are served: nobody passes over them.
    pub fn guards_users(self) -> bool {
        Self::SERVING.iter().any(|around| around.pre == self)
    }

    /// Tells whether the event is about what changes: a trigger that finds something is not.
    pub fn is_about_changes(self) -> bool {
        !matches!(self, Self::Schedule | Self::Drift | Self::Metric)
    }

    /// Tells whether hooks of the event judge a tree: what they find holds wherever the tree is judged
    /// again. Those about a name, or where one stands, judge that.
    pub fn judges_a_tree(self) -> bool {
        self.may_refuse() && self.takes_outputs()
    }

    /// Tells whether what a hook puts into its outputs goes somewhere: into the commit to be, or into
    /// one that follows.
    pub fn takes_outputs(self) -> bool {
        let makes_a_commit = [Around::COMMIT, Around::MERGE, Around::REVERT, Around::CHERRY_PICK];
        !self.may_refuse() || makes_a_commit.iter().any(|around| around.pre == self)
    }
}

/// The two events around one deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Around {
    pub pre: Event,
    pub post: Event,
}

impl Around {
    pub const COMMIT: Self = Self { pre: Event::PreCommit, post: Event::PostCommit };
    pub const MERGE: Self = Self { pre: Event::PreMerge, post: Event::PostMerge };
    pub const REVERT: Self = Self { pre: Event::PreRevert, post: Event::PostRevert };
    pub const CHERRY_PICK: Self = Self { pre: Event::PreCherryPick, post: Event::PostCherryPick };
    pub const BRANCH: Self = Self { pre: Event::PreBranch, post: Event::PostBranch };
    pub const BRANCH_DELETE: Self =
        Self { pre: Event::PreBranchDelete, post: Event::PostBranchDelete };
    pub const TAG: Self = Self { pre: Event::PreTag, post: Event::PostTag };
    pub const TAG_DELETE: Self = Self { pre: Event::PreTagDelete, post: Event::PostTagDelete };
    pub const PUSH: Self = Self { pre: Event::PrePush, post: Event::PostPush };
    pub const PULL: Self = Self { pre: Event::PrePull, post: Event::PostPull };
    pub const PROMOTE: Self = Self { pre: Event::PrePromote, post: Event::PostPromote };
    pub const DEPLOY: Self = Self { pre: Event::PreDeploy, post: Event::PostDeploy };
    pub const SWITCH: Self = Self { pre: Event::PreSwitch, post: Event::PostSwitch };

    fn has(self, event: Event) -> bool {
        self.pre == event || self.post == event
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl serde::Serialize for Event {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_and_the_variants_agree() {
        for info in EVENTS {
            assert_eq!(info.event.info().name, info.name);
            let phase = match info.name {
                name if name.starts_with("pre-") => Phase::Pre,
                name if name.starts_with("post-") => Phase::Post,
                _ => Phase::Trigger,
            };
            assert_eq!(info.phase, phase, "{}", info.name);
        }
        assert_eq!(EVENTS.len(), 30);
    }

    #[test]
    fn every_event_is_found_by_its_name() {
        assert!(EVENTS.iter().all(|info| Event::parse(info.name) == Ok(info.event)));
        assert_eq!(Event::parse("post-tag-delete"), Ok(Event::PostTagDelete));
    }

    #[test]
    fn outputs_need_a_commit_to_go_into() {
        let without = EVENTS.iter().filter(|info| !info.event.takes_outputs());
        let names: Vec<_> = without.map(|info| info.name).collect();
        let expected = [
            "pre-branch",
            "pre-branch-delete",
            "pre-tag",
            "pre-tag-delete",
            "pre-switch",
            "pre-push",
            "pre-pull",
            "pre-promote",
            "pre-deploy",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn a_typo_is_answered_with_candidates() {
        let UnknownEvent { candidates, .. } = Event::parse("pre-comit").unwrap_err();
        assert_eq!(candidates[0], "pre-commit");
    }
}
