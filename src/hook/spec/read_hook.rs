//! Reads one hook of the file, or every cell of its matrix.

use std::time::Duration;

use crate::base::RepoPath;
use crate::base::yaml::Place;
use crate::base::yaml::{Key, Node};
use crate::hook::spec::glob::Globs;
use crate::hook::spec::keys::HOOK_KEYS;
use crate::hook::spec::matrix::{self, Cell};
use crate::hook::spec::reader::{Reader, no_globs};
use crate::hook::spec::types::{Hook, HookId, Retries, Severity, Shell, Work};

/// A hook of the file, and where its parts stand.
pub(super) struct HookDraft {
    pub(super) id: HookId,
    pub(super) place: Place,
    pub(super) needs: Vec<(Place, HookId)>,
    pub(super) outputs: Place,
    pub(super) background: Place,
    pub(super) cooldown: Place,
    pub(super) max_in_flight: Place,
    pub(super) auto_merge: Place,
    /// The hook itself, or one for each cell of its matrix.
    pub(super) cells: Vec<Hook>,
}

type Entry = (Key, Node);

impl Reader<'_> {
    pub(super) fn hook(&mut self, id: HookId, name: &Key, node: &Node) -> HookDraft {
        let whose = format!("hook `{id}`");
        let entries = self.entries(node, &whose);
        for (key, _) in entries {
            if !HOOK_KEYS.iter().any(|known| known.name == key.text) {
                self.stray_key(key, &whose, HOOK_KEYS);
            }
        }
        self.required(&whose, name, entries);
        let place_of = |wanted: &str| {
            let found = entries.iter().find(|(key, _)| key.text == wanted);
            found.map_or(name.place, |(key, _)| key.place)
        };
        let needs = entries.iter().find(|(key, _)| key.text == "needs");
        let mut draft = HookDraft {
            place: name.place,
            needs: needs.map(|(_, node)| self.hook_names(node, "`needs`")).unwrap_or_default(),
            outputs: place_of("outputs"),
            background: place_of("async"),
            cooldown: place_of("cooldown"),
            max_in_flight: place_of("max_in_flight"),
            auto_merge: place_of("auto_merge"),
            cells: Vec::new(),
            id,
        };
        for cell in self.cells(&whose, entries) {
            let Some(id) = self.cell_id(&draft, &cell) else { continue };
            let filled = matrix::filled(entries, &cell);
            draft.cells.push(self.cell(id, cell, &filled));
        }
        draft
    }

    /// Notes what a hook cannot do without, and what excludes each other.
    fn required(&mut self, whose: &str, name: &Key, entries: &[Entry]) {
        let has = |wanted: &str| entries.iter().find(|(key, _)| key.text == wanted);
        if has("on").is_none() {
            let help = "say when, as in `on: pre-commit`".to_owned();
            let message = format!("{whose} has no `on`: it would never run");
            self.fault_with(name.place, message, Some(help));
        }
        match (has("run"), has("uses")) {
            (None, None) => {
                let help = "say what, as in `run: python3 check.py`".to_owned();
                let message = format!("{whose} does nothing: it has no `run` and no `uses`");
                self.fault_with(name.place, message, Some(help));
            }
            (Some(_), Some((uses, _))) => {
                self.fault(uses.place, format!("{whose} has both `run` and `uses`"));
            }
            _ => {}
        }
        for (key, partner) in [("with", "uses"), ("shell", "run")] {
            if let Some((key, _)) = has(key).filter(|_| has(partner).is_none()) {
                let message = format!("`{}` of {whose} goes with `{partner}`", key.text);
                self.fault(key.place, message);
            }
        }
    }

    /// Reads the hook with the values of one cell in place.
    fn cell(&mut self, id: HookId, cell: Cell, entries: &[Entry]) -> Hook {
        let mut hook = blank(id);
        let (mut command, mut shell) = (None, Shell::default());
        for (key, value) in entries {
            match key.text.as_str() {
                "run" => command = self.words(value, "`run`"),
                "shell" => shell = self.shell(value),
                name => self.value(&mut hook, name, value),
            }
        }
        hook.work = Work::Run { command: command.unwrap_or_default().to_owned(), shell };
        self.uses(&mut hook, entries);
        matrix::tell(&mut hook, cell);
        hook
    }

    /// Reads what stands behind one key.
    fn value(&mut self, hook: &mut Hook, key: &str, node: &Node) {
        match key {
            "description" => {
                hook.description = self.text(node, "`description`").map(str::to_owned);
            }
            "on" => {
                let when = self.events(node);
                (hook.on, hook.schedules, hook.watches) =
                    (when.events, when.schedules, when.watches);
            }
            "cooldown" => hook.cooldown = self.duration(node, "`cooldown`"),
            "max_in_flight" => hook.max_in_flight = self.in_flight(node),
            "auto_merge" => hook.auto_merge = self.truth(node, "`auto_merge`"),
            "branches" => hook.branches = self.globs(node, "`branches`", Globs::of_names),
            "paths" => hook.paths = self.globs(node, "`paths`", Globs::of_paths),
            "if" => hook.condition = self.condition(node),
            "inputs" => hook.inputs = self.globs(node, "`inputs`", Globs::of_paths),
            "code" => hook.code = Some(self.globs(node, "`code`", Globs::of_paths)),
            "outputs" => hook.outputs = self.globs(node, "`outputs`", Globs::of_paths),
            "pinned" => hook.pinned = self.globs(node, "`pinned`", Globs::of_paths),
            "workdir" => hook.workdir = self.workdir(node),
            "env" => hook.env = self.env(node),
            "secrets" => hook.secrets = self.secrets(node),
            "timeout" => hook.timeout = self.timeout(node),
            "retries" => hook.retries = self.retries(node),
            "level" => {
                hook.severity = self.one_of(node, "`level`", &Severity::ALL).unwrap_or_default();
            }
            "continue_on_error" => {
                hook.continue_on_error = self.truth(node, "`continue_on_error`");
            }
            "always" => hook.always = self.truth(node, "`always`"),
            "async" => hook.background = self.truth(node, "`async`"),
            "concurrency" => hook.concurrency = self.group(node),
            "cache" => hook.cache = self.truth(node, "`cache`"),
            "allow_dirty" => hook.allow_dirty = self.truth(node, "`allow_dirty`"),
            // Read for the hook as a whole, or a stray that was noted there.
            _ => {}
        }
    }

    fn shell(&mut self, node: &Node) -> Shell {
        match self.words(node, "`shell`") {
            Some(text) => Shell(text.split_whitespace().map(str::to_owned).collect()),
            None => Shell::default(),
        }
    }

    fn workdir(&mut self, node: &Node) -> RepoPath {
        match self.text(node, "`workdir`") {
            Some("." | "./") | None => RepoPath::root(),
            Some(text) => self.path(node.place, text).unwrap_or_default(),
        }
    }

    fn timeout(&mut self, node: &Node) -> Option<Duration> {
        let span = self.duration(node, "`timeout`")?;
        if span.is_zero() {
            self.fault(node.place, "a timeout of zero leaves no time to run");
            return None;
        }
        Some(span)
    }

    fn group(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node, "`concurrency`")?;
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let starts_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if !starts_well || !text.chars().all(letter) || text.len() > HookId::MAX_LENGTH {
            let help = "letters, digits, `.`, `_` and `-`, at most 64".to_owned();
            let message = format!("`{text}` is not a name for a group");
            self.fault_with(node.place, message, Some(help));
            return None;
        }
        Some(text.to_owned())
    }

    fn env(&mut self, node: &Node) -> Vec<(String, String)> {
        let mut variables = Vec::new();
        for (key, value) in self.entries(node, "`env`") {
            if self.is_variable(key.place, &key.text)
                && let Some(text) = self.text(value, &format!("the variable `{}`", key.text))
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

/// Returns a hook of which the file has said nothing yet.
fn blank(id: HookId) -> Hook {
    Hook {
        id,
        description: None,
        on: Vec::new(),
        schedules: Vec::new(),
        watches: Vec::new(),
        cooldown: None,
        max_in_flight: None,
        auto_merge: false,
        branches: no_globs(),
        paths: no_globs(),
        needs: Vec::new(),
        work: Work::Run { command: String::new(), shell: Shell::default() },
        inputs: no_globs(),
        code: None,
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
    }
}
