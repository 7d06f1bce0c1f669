//! What a hook *is*, as a hash: trust is given to it, and a cached verdict belongs to it.
//!
//! The encoding is an array of fixed places: a key that comes later is appended, so that a hook
//! which does not use it keeps its hash only if it is left out where empty.

use std::time::Duration;

use minicbor::Encode;

use crate::base::{Hash, codec};
use crate::hook::condition::Condition;
use crate::hook::spec::glob::Globs;
use crate::hook::spec::schedule::Schedule;
use crate::hook::spec::types::{BranchRule, Hook, HookId, Retries, Severity, Spec, Work};
use crate::hook::spec::watch::Watch;

#[derive(Encode)]
struct HookDefinition<'a> {
    #[n(0)]
    schema: u32,
    #[n(1)]
    id: &'a str,
    #[n(2)]
    on: Vec<&'a str>,
    #[n(3)]
    branches: &'a [String],
    #[n(4)]
    paths: &'a [String],
    #[n(5)]
    needs: Vec<&'a str>,
    #[n(6)]
    shell: &'a [String],
    #[n(7)]
    command: &'a str,
    #[n(8)]
    inputs: &'a [String],
    #[n(9)]
    outputs: &'a [String],
    #[n(10)]
    timeout_ms: Option<u64>,
    #[n(11)]
    env: &'a [(String, String)],
    #[n(12)]
    secrets: &'a [String],
    #[n(13)]
    workdir: String,
    /// Left out where the hook has a command.
    #[n(14)]
    uses: Option<UsesDefinition<'a>>,
    #[n(15)]
    more: Option<MoreOfHook<'a>>,
}

/// What a hook can do without; absent as a whole where it uses none of it, each part where it does
/// not use that.
#[derive(Encode)]
struct MoreOfHook<'a> {
    #[n(0)]
    condition: Option<&'a str>,
    #[n(1)]
    retries: Option<(u32, u64)>,
    #[n(2)]
    continue_on_error: Option<bool>,
    #[n(3)]
    warns: Option<bool>,
    #[n(4)]
    always: Option<bool>,
    #[n(5)]
    background: Option<bool>,
    #[n(6)]
    concurrency: Option<&'a str>,
    #[n(7)]
    uncached: Option<bool>,
    #[n(8)]
    cell: Option<&'a [(String, String)]>,
    #[n(9)]
    pinned: Option<&'a [String]>,
    #[n(10)]
    allow_dirty: Option<bool>,
    #[n(11)]
    schedules: Option<Vec<&'a str>>,
    #[n(12)]
    watches: Option<Vec<String>>,
    #[n(13)]
    cooldown_ms: Option<u64>,
    #[n(14)]
    max_in_flight: Option<u32>,
    #[n(15)]
    auto_merge: Option<bool>,
    #[n(16)]
    code: Option<&'a [String]>,
}

impl<'a> MoreOfHook<'a> {
    fn of(hook: &'a Hook) -> Option<Self> {
        let tries = (hook.retries != Retries::default())
            .then(|| (hook.retries.max, milliseconds(hook.retries.backoff)));
        let more = Self {
            condition: hook.condition.as_ref().map(Condition::text),
            retries: tries,
            continue_on_error: told(hook.continue_on_error),
            warns: told(hook.severity == Severity::Warn),
            always: told(hook.always),
            background: told(hook.background),
            concurrency: hook.concurrency.as_deref(),
            uncached: told(!hook.cache),
            cell: (!hook.cell.is_empty()).then_some(hook.cell.as_slice()),
            pinned: (!hook.pinned.is_empty()).then(|| hook.pinned.patterns()),
            allow_dirty: told(hook.allow_dirty),
            schedules: (!hook.schedules.is_empty())
                .then(|| hook.schedules.iter().map(Schedule::text).collect()),
            watches: (!hook.watches.is_empty())
                .then(|| hook.watches.iter().map(Watch::text).collect()),
            cooldown_ms: hook.cooldown.map(milliseconds),
            max_in_flight: hook.max_in_flight,
            auto_merge: told(hook.auto_merge),
            code: hook.code.as_ref().map(Globs::patterns),
        };
        // An array ends with its last part: nothing is left of one that has none.
        (codec::encode(&more) != EMPTY_ARRAY).then_some(more)
    }
}

/// An array without any part.
const EMPTY_ARRAY: &[u8] = &[0x80];

fn names(ids: &[HookId]) -> Vec<&str> {
    ids.iter().map(HookId::as_str).collect()
}

fn told(truth: bool) -> Option<bool> {
    truth.then_some(true)
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[derive(Encode)]
struct UsesDefinition<'a> {
    #[n(0)]
    action: &'a str,
    #[n(1)]
    digest: Hash,
    #[n(2)]
    with: String,
}

#[derive(Encode)]
struct SpecDefinition<'a> {
    #[n(0)]
    schema: u32,
    #[n(1)]
    artifacts: Vec<(String, &'a str)>,
    #[n(2)]
    branches: Vec<(&'a [String], bool)>,
    #[n(3)]
    hooks: Vec<Hash>,
    /// What each rule for branches requires; absent where none does.
    #[n(4)]
    requires: Option<Vec<(Vec<&'a str>, bool)>>,
}

impl Hook {
    /// Returns the hash of all that decides what this hook does; its description is not part.
    pub fn definition_hash(&self) -> Hash {
        let (shell, command, uses) = match &self.work {
            Work::Run { command, shell } => (shell.0.as_slice(), command.as_str(), None),
            Work::Uses { action, with } => {
                let digest = action.digest();
                let with = with.to_json();
                (&[][..], "", Some(UsesDefinition { action: action.name, digest, with }))
            }
        };
        Hash::of(&codec::encode(&HookDefinition {
            schema: 1,
            id: self.id.as_str(),
            on: self.on.iter().map(|event| event.name()).collect(),
            branches: self.branches.patterns(),
            paths: self.paths.patterns(),
            needs: names(&self.needs),
            shell,
            command,
            inputs: self.inputs.patterns(),
            outputs: self.outputs.patterns(),
            timeout_ms: self.timeout.map(milliseconds),
            env: &self.env,
            secrets: &self.secrets,
            workdir: self.workdir.to_string(),
            uses,
            more: MoreOfHook::of(self),
        }))
    }
}

impl Spec {
    /// Returns the hash of everything the file says, however it is laid out.
    pub fn definition_hash(&self) -> Hash {
        let requires = |rule: &BranchRule| !rule.require.is_empty() || rule.allow_dirty;
        Hash::of(&codec::encode(&SpecDefinition {
            schema: 1,
            artifacts: self.artifacts.iter().map(|a| (a.path.to_string(), a.kind.name())).collect(),
            branches: self.branches.iter().map(|b| (b.names.patterns(), b.protected)).collect(),
            hooks: self.hooks.iter().map(Hook::definition_hash).collect(),
            requires: self.branches.iter().any(requires).then(|| {
                let rules = self.branches.iter();
                rules.map(|rule| (names(&rule.require), rule.allow_dirty)).collect()
            }),
        }))
    }
}
