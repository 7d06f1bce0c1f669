//! Reads one hook of the file.

use std::time::Duration;

use crate::base::RepoPath;
use crate::base::duration::parse_duration;
use crate::base::suggest;
use crate::hook::event::{EVENTS, Event, EventError};
use crate::hook::spec::error::Place;
use crate::hook::spec::glob::Globs;
use crate::hook::spec::node::{Key, Node};
use crate::hook::spec::read::{Reader, no_globs};
use crate::hook::spec::types::{Hook, HookId, Retries, Severity, Shell, Work};

/// The keys of a hook that work now.
pub(super) const KEYS: &[&str] = &[
    "on",
    "branches",
    "paths",
    "needs",
    "run",
    "uses",
    "with",
    "shell",
    "workdir",
    "inputs",
    "outputs",
    "timeout",
    "env",
    "secrets",
    "description",
    "cache",
    "pinned",
    "allow_dirty",
];

/// The keys that are known and refused until they work.
pub(super) const KEYS_LATER: &[&str] =
    &["if", "retries", "continue_on_error", "level", "always", "async", "concurrency", "matrix"];

/// A hook and where its name, its needs and its outputs stand.
pub(super) struct Draft {
    pub(super) hook: Hook,
    pub(super) place: Place,
    pub(super) needs: Vec<(Place, HookId)>,
    pub(super) outputs: Place,
}

impl Reader<'_> {
    pub(super) fn hook(&mut self, id: HookId, name: &Key, node: &Node) -> Draft {
        let whose = format!("hook `{id}`");
        let entries = self.entries(node, &whose);
        let mut draft = blank(id, name.place);
        let mut run = None;
        let mut shell = Shell::default();
        for (key, value) in entries {
            let hook = &mut draft.hook;
            match key.text.as_str() {
                "on" => hook.on = self.events(value),
                "branches" => hook.branches = self.globs(value, "`branches`", Globs::of_names),
                "paths" => hook.paths = self.globs(value, "`paths`", Globs::of_paths),
                "inputs" => hook.inputs = self.globs(value, "`inputs`", Globs::of_paths),
                "outputs" => {
                    hook.outputs = self.globs(value, "`outputs`", Globs::of_paths);
                    draft.outputs = key.place;
                }
                "needs" => draft.needs = self.needs(value),
                "run" => run = self.text(value, "`run`"),
                "uses" | "with" => {}
                "shell" => shell = self.shell(value),
                "workdir" => hook.workdir = self.workdir(value),
                "timeout" => hook.timeout = self.timeout(value),
                "env" => hook.env = self.env(value),
                "secrets" => hook.secrets = self.secrets(value),
                "description" => {
                    hook.description = self.text(value, "`description`").map(str::to_owned);
                }
                "cache" => hook.cache = self.truth(value, "`cache`"),
                "pinned" => hook.pinned = self.globs(value, "`pinned`", Globs::of_paths),
                "allow_dirty" => hook.allow_dirty = self.truth(value, "`allow_dirty`"),
                _ => self.stray_key(key, &whose, KEYS, KEYS_LATER),
            }
        }
        let vain = draft.hook.on.iter().find(|event| !event.takes_outputs());
        if let Some(event) = vain.filter(|_| !draft.hook.outputs.is_empty()) {
            let message = format!("{whose} runs on {event}, which makes no commit for its outputs");
            let help = "hooks of `post-` events and of those that make a commit have `outputs`";
            self.fault_with(draft.outputs, message, Some(help.to_owned()));
        }
        let has = |wanted: &str| entries.iter().find(|(key, _)| key.text == wanted);
        if has("on").is_none() {
            self.fault(name.place, format!("{whose} has no `on`: it would never run"));
        }
        match (has("run"), has("uses")) {
            (None, None) => {
                self.fault(
                    name.place,
                    format!("{whose} does nothing: it has no `run` and no `uses`"),
                );
            }
            (Some(_), Some((uses, _))) => {
                self.fault(uses.place, format!("{whose} has both `run` and `uses`"));
            }
            (Some((key, _)), None) if run.is_some_and(|text| text.trim().is_empty()) => {
                self.fault(key.place, format!("{whose} runs nothing: `run` is empty"));
            }
            _ => {}
        }
        draft.hook.work = Work::Run { command: run.unwrap_or_default().to_owned(), shell };
        for (key, partner) in [("with", "uses"), ("shell", "run")] {
            if let Some((key, _)) = has(key).filter(|_| has(partner).is_none()) {
                let message = format!("`{}` of {whose} goes with `{partner}`", key.text);
                self.fault(key.place, message);
            }
        }
        self.uses(&mut draft.hook, entries);
        draft.hook.needs = draft.needs.iter().map(|(_, id)| id.clone()).collect();
        draft
    }

    fn events(&mut self, node: &Node) -> Vec<Event> {
        let mut events = Vec::new();
        let texts = self.texts(node, "`on`");
        if texts.is_empty() {
            self.fault(node.place, "`on` names no event");
        }
        for (place, text) in texts {
            match Event::parse(text) {
                Ok(event) if events.contains(&event) => {
                    self.fault(place, format!("event `{text}` is named twice"));
                }
                Ok(event) => events.push(event),
                Err(error) => {
                    let help = event_help(&error);
                    self.fault_with(place, error.to_string(), help);
                }
            }
        }
        events
    }

    pub(super) fn needs(&mut self, node: &Node) -> Vec<(Place, HookId)> {
        let mut needs: Vec<(Place, HookId)> = Vec::new();
        for (place, text) in self.texts(node, "`needs`") {
            match HookId::new(text) {
                Ok(id) if needs.iter().any(|(_, known)| *known == id) => {
                    self.fault(place, format!("`{id}` is needed twice"));
                }
                Ok(id) => needs.push((place, id)),
                Err(error) => self.fault(place, error.to_string()),
            }
        }
        needs
    }

    fn shell(&mut self, node: &Node) -> Shell {
        let Some(text) = self.text(node, "`shell`") else {
            return Shell::default();
        };
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            self.fault(node.place, "`shell` is empty");
        }
        Shell(words)
    }

    fn workdir(&mut self, node: &Node) -> RepoPath {
        match self.text(node, "`workdir`") {
            Some("." | "./") | None => RepoPath::root(),
            Some(text) => self.path(node.place, text).unwrap_or_default(),
        }
    }

    fn timeout(&mut self, node: &Node) -> Option<Duration> {
        let text = self.text(node, "`timeout`")?;
        match parse_duration(text) {
            Ok(span) if span.is_zero() => {
                self.fault(node.place, "a timeout of zero leaves no time to run");
                None
            }
            Ok(span) => Some(span),
            Err(error) => {
                self.fault(node.place, error.to_string());
                None
            }
        }
    }

    fn env(&mut self, node: &Node) -> Vec<(String, String)> {
        let mut variables = Vec::new();
        for (key, value) in self.entries(node, "`env`") {
            if self.is_variable(key.place, &key.text)
                && let Some(text) = self.text(value, "a variable")
            {
                if text.contains('\0') {
                    self.fault(value.place, "a variable cannot hold a NUL byte");
                }
                variables.push((key.text.clone(), text.to_owned()));
            }
        }
        variables
    }

    fn secrets(&mut self, node: &Node) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (place, text) in self.texts(node, "`secrets`") {
            if self.is_variable(place, text) && !names.iter().any(|name| name == text) {
                names.push(text.to_owned());
            }
        }
        names
    }

    fn is_variable(&mut self, place: Place, name: &str) -> bool {
        let letter = |b: u8| b.is_ascii_alphabetic() || b == b'_';
        let starts_well = name.bytes().next().is_some_and(letter);
        if !starts_well || !name.bytes().all(|b| letter(b) || b.is_ascii_digit()) {
            self.fault(place, format!("`{name}` is not the name of an environment variable"));
            false
        } else if name.starts_with("MLV_") {
            self.fault(place, format!("`{name}` is set by mlv: names with `MLV_` are its own"));
            false
        } else {
            true
        }
    }
}

fn event_help(error: &EventError) -> Option<String> {
    match error {
        EventError::Unknown { candidates, .. } => suggest::did_you_mean(candidates),
        EventError::NotSupported { .. } => {
            let firing = EVENTS.iter().filter(|info| info.fires).map(|info| info.name);
            Some(format!("supported: {}", firing.collect::<Vec<_>>().join(", ")))
        }
    }
}

fn blank(id: HookId, place: Place) -> Draft {
    let hook = Hook {
        id,
        description: None,
        on: Vec::new(),
        branches: no_globs(),
        paths: no_globs(),
        needs: Vec::new(),
        work: Work::Run { command: String::new(), shell: Shell::default() },
        inputs: no_globs(),
        outputs: no_globs(),
        timeout: None,
        env: Vec::new(),
        secrets: Vec::new(),
        workdir: RepoPath::root(),
        condition: None,
        retries: Retries::default(),
        continue_on_error: false,
        severity: Severity::default(),
        always: false,
        background: false,
        concurrency: None,
        cache: true,
        cell: Vec::new(),
        pinned: no_globs(),
        allow_dirty: false,
    };
    Draft { hook, place, needs: Vec::new(), outputs: place }
}
