//! What a hook *is*, as a hash: trust is given to it, and a cached verdict belongs to it.
//!
//! The encoding is an array of fixed places: a key that comes later is appended, so that a hook
//! which does not use it keeps its hash only if it is left out where empty.

use minicbor::Encode;

use crate::base::{Hash, codec};
use crate::hook::spec::types::{Hook, HookId, Spec, Work};

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
            needs: self.needs.iter().map(HookId::as_str).collect(),
            shell,
            command,
            inputs: self.inputs.patterns(),
            outputs: self.outputs.patterns(),
            timeout_ms: self
                .timeout
                .map(|span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX)),
            env: &self.env,
            secrets: &self.secrets,
            workdir: self.workdir.to_string(),
            uses,
        }))
    }
}

impl Spec {
    /// Returns the hash of everything the file says, however it is laid out.
    pub fn definition_hash(&self) -> Hash {
        Hash::of(&codec::encode(&SpecDefinition {
            schema: 1,
            artifacts: self.artifacts.iter().map(|a| (a.path.to_string(), a.kind.name())).collect(),
            branches: self.branches.iter().map(|b| (b.names.patterns(), b.protected)).collect(),
            hooks: self.hooks.iter().map(Hook::definition_hash).collect(),
        }))
    }
}
