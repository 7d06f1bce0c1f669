//! Noted events: what it takes to run the hooks of an event, now, after a crash, by a worker or once
//! more.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::{CommitId, TreeId};
use crate::hook::context::{EventContext, ToldDeployment, ToldModel};
use crate::hook::event::Event;
use crate::ops::hooks::exempt::Exempt;
use crate::ops::hooks::intent::Landing;
use crate::ops::hooks::told::event_context;
use crate::ops::{Context, OpsError};

/// What it takes to run the hooks of an event that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingEvent {
    pub event: String,
    pub branch: Option<String>,
    pub source: Option<String>,
    pub base: Option<String>,
    /// Empty for an event before the deed, which has none yet.
    pub commit: String,
    /// The tree whose `mlv.yaml` counts.
    pub definitions: String,
    #[serde(default)]
    pub tag: Option<String>,
    #[serde(default)]
    pub remote: Option<String>,
    /// The message of a tag, or of a commit to be.
    #[serde(default)]
    pub message: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ToldModel>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<ToldDeployment>,
    /// What a trigger found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<serde_json::Value>,
    #[serde(default)]
    pub exempt: Exempt,
    /// Whether it waits for a worker: what does not run in the background has been run then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub background: bool,
    /// The claim under which a worker of a remote runs it: who holds that goes on with it, and nobody
    /// else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// What must have landed at a remote for the event to have happened at all: not known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landing: Option<Landing>,
    /// Only these hooks, each with the attempt from which on a run of it counts; all where empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub hooks: BTreeMap<String, u32>,
}

impl PendingEvent {
    pub(super) fn new(told: &EventContext, exempt: Exempt, definitions: TreeId) -> Self {
        let says = told.tag.is_some() || told.event.may_refuse();
        Self {
            event: told.event.name().to_owned(),
            branch: told.branch.clone(),
            source: told.source_branch.clone(),
            base: told.base_commit.map(CommitId::to_hex),
            commit: told.commit.map(CommitId::to_hex).unwrap_or_default(),
            definitions: definitions.to_hex(),
            tag: told.tag.clone(),
            remote: told.remote.clone(),
            message: told.message.clone().filter(|_| says),
            model: told.model.clone(),
            deployment: told.deployment.clone(),
            cause: told.cause.clone(),
            exempt,
            background: false,
            claim: None,
            landing: None,
            hooks: BTreeMap::new(),
        }
    }

    /// Reads what the journal keeps; nothing where it cannot be read.
    pub(super) fn of_json(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Returns the form in which the journal keeps it.
    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a noted event has a JSON form")
    }

    /// Returns the tree whose `mlv.yaml` counts.
    pub(super) fn definitions(&self) -> Result<TreeId, OpsError> {
        self.definitions.parse().map_err(|_| unreadable("its definitions"))
    }

    pub(super) fn event(&self) -> Result<Event, OpsError> {
        Event::known(&self.event).ok_or_else(|| unreadable("its name"))
    }

    pub(super) fn base(&self) -> Result<Option<CommitId>, OpsError> {
        let parse = |text: &String| text.parse().map_err(|_| unreadable("its base"));
        self.base.as_ref().map(parse).transpose()
    }

    /// Returns what the hooks are told.
    pub(super) fn told(&self, context: &Context) -> Result<EventContext, OpsError> {
        let (event, base) = (self.event()?, self.base()?);
        let id: CommitId = self.commit.parse().map_err(|_| unreadable("its commit"))?;
        let commit = context.repo.objects().commit(id)?;
        let (branch, source) = (self.branch.as_deref(), self.source.as_deref());
        let mut told = event_context(context, event, &commit, base, branch, source)?;
        told.commit = Some(id);
        told.tag.clone_from(&self.tag);
        told.remote.clone_from(&self.remote);
        told.model.clone_from(&self.model);
        told.deployment.clone_from(&self.deployment);
        told.cause.clone_from(&self.cause);
        if self.message.is_some() {
            told.message.clone_from(&self.message);
        }
        Ok(told)
    }
}

fn unreadable(what: &str) -> OpsError {
    OpsError::Unsupported { what: format!("a noted event cannot be run: {what} cannot be read") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_that_an_earlier_version_noted_is_read() {
        let old = r#"{"event":"post-merge","branch":"main","source":"x","base":null,"commit":"c","definitions":"d"}"#;
        let event: PendingEvent = serde_json::from_str(old).unwrap();
        assert!(!event.background && event.hooks.is_empty() && event.tag.is_none());
        assert_eq!(event.event().unwrap(), Event::PostMerge);
        assert!(event.definitions().is_err());
        let again: PendingEvent = serde_json::from_str(&event.to_json()).unwrap();
        assert_eq!(again, event);
    }
}
