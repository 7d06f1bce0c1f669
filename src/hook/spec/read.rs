//! From the tree of the file to values: every fault is noted with its place, and reading goes on.

use crate::base::{RepoPath, suggest};
use crate::hook::spec::check;
use crate::hook::spec::error::{Place, SpecError, SpecErrors};
use crate::hook::spec::glob::{GlobError, Globs};
use crate::hook::spec::node::{self, Key, Node, Value};
use crate::hook::spec::types::{Artifact, ArtifactKind, BranchRule, HookId, Spec};

/// Where the hooks of a repository are written, below its root.
pub const FILE_NAME: &str = "mlv.yaml";

/// More faults than this are not listed.
const MAX_ERRORS: usize = 50;

const TOP_KEYS: &[&str] = &["version", "artifacts", "branches", "hooks"];
const TOP_KEYS_LATER: &[&str] = &["include"];
const BRANCH_KEYS: &[&str] = &["protected", "require", "allow_dirty"];
const ARTIFACT_KEYS: &[&str] = &["kind"];

/// Returns what the file says, or everything that is wrong with it; `file` is its name in errors.
pub fn parse(file: &str, bytes: &[u8]) -> Result<Spec, SpecErrors> {
    let mut reader = Reader::new(file, "");
    if bytes.len() > node::MAX_BYTES {
        reader.fault(Place::default(), format!("larger than {} bytes", node::MAX_BYTES));
        return Err(reader.finish());
    }
    let Ok(source) = std::str::from_utf8(bytes) else {
        reader.fault(Place::default(), "not UTF-8 text");
        return Err(reader.finish());
    };
    let mut reader = Reader::new(file, source);
    let tree = node::parse(source).map_err(|(place, message)| {
        reader.fault(place, message);
        reader.take()
    })?;
    let spec = reader.spec(&tree);
    if reader.errors.is_empty() { Ok(spec) } else { Err(reader.finish()) }
}

pub(super) struct Reader<'a> {
    file: &'a str,
    lines: Vec<&'a str>,
    errors: Vec<SpecError>,
}

impl<'a> Reader<'a> {
    fn new(file: &'a str, source: &'a str) -> Self {
        Self { file, lines: source.lines().collect(), errors: Vec::new() }
    }

    fn finish(mut self) -> SpecErrors {
        self.take()
    }

    fn take(&mut self) -> SpecErrors {
        let mut errors = std::mem::take(&mut self.errors);
        errors.sort_by_key(|error| (error.place.line, error.place.column));
        errors.truncate(MAX_ERRORS);
        SpecErrors(errors)
    }

    pub(super) fn fault(&mut self, place: Place, message: impl Into<String>) {
        self.fault_with(place, message, None);
    }

    pub(super) fn fault_with(
        &mut self,
        place: Place,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        let line = place.line.checked_sub(1).and_then(|i| self.lines.get(i));
        self.errors.push(SpecError {
            file: self.file.to_owned(),
            place,
            message: message.into(),
            help,
            source_line: line.map(|line| (*line).to_owned()).unwrap_or_default(),
        });
    }

    /// Notes a key that this version does not know, or does not support yet.
    pub(super) fn stray_key(&mut self, key: &Key, whose: &str, known: &[&str], later: &[&str]) {
        if later.contains(&key.text.as_str()) {
            let message = format!("`{}` of {whose} is not supported by this version", key.text);
            return self.fault(key.place, message);
        }
        let near = suggest::candidates(&key.text, known.iter().chain(later).copied());
        let help = suggest::did_you_mean(&near)
            .unwrap_or_else(|| format!("known keys: {}", known.join(", ")));
        self.fault_with(key.place, format!("unknown key `{}` of {whose}", key.text), Some(help));
    }

    pub(super) fn entries<'n>(&mut self, node: &'n Node, what: &str) -> &'n [(Key, Node)] {
        match &node.value {
            Value::Map(entries) => entries,
            Value::Null => &[],
            _ => {
                self.fault(node.place, format!("{what} must be a mapping of keys to values"));
                &[]
            }
        }
    }

    pub(super) fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        if let Value::Scalar(text) = &node.value {
            return Some(text);
        }
        self.fault(node.place, format!("{what} must be a text"));
        None
    }

    /// Returns the texts of a list, or of one text that stands for a list of one.
    pub(super) fn texts<'n>(&mut self, node: &'n Node, what: &str) -> Vec<(Place, &'n str)> {
        match &node.value {
            Value::Scalar(text) => vec![(node.place, text)],
            Value::List(items) => items
                .iter()
                .filter_map(|item| Some((item.place, self.text(item, &format!("each of {what}"))?)))
                .collect(),
            _ => {
                self.fault(node.place, format!("{what} must be a text or a list of texts"));
                Vec::new()
            }
        }
    }

    pub(super) fn truth(&mut self, node: &Node, what: &str) -> bool {
        match &node.value {
            Value::Scalar(text) if text == "true" => true,
            Value::Scalar(text) if text == "false" => false,
            _ => {
                self.fault(node.place, format!("{what} must be `true` or `false`"));
                false
            }
        }
    }

    /// Returns the globs of a list; each bad one is noted where it stands.
    pub(super) fn globs(
        &mut self,
        node: &Node,
        what: &str,
        make: fn(Vec<String>) -> Result<Globs, GlobError>,
    ) -> Globs {
        let texts = self.texts(node, what);
        let all = texts.iter().map(|(_, text)| (*text).to_owned()).collect();
        let error = match make(all) {
            Ok(globs) => return globs,
            Err(error) => error,
        };
        // Each is tried alone, to tell which are bad; where none is, the list as a whole is.
        let before = self.errors.len();
        for (place, text) in texts {
            if let Err(error) = make(vec![text.to_owned()]) {
                self.fault(place, error.to_string());
            }
        }
        if self.errors.len() == before {
            self.fault(node.place, error.to_string());
        }
        no_globs()
    }

    pub(super) fn path(&mut self, place: Place, text: &str) -> Option<RepoPath> {
        match RepoPath::from_bytes(text.strip_suffix('/').unwrap_or(text)) {
            Ok(path) => Some(path),
            Err(rule) => {
                self.fault(place, format!("`{text}` is not a path of the repository: {rule}"));
                None
            }
        }
    }

    fn spec(&mut self, tree: &Node) -> Spec {
        let mut spec = Spec::default();
        let mut version = None;
        for (key, value) in self.entries(tree, "the file") {
            match key.text.as_str() {
                "version" => version = Some(value),
                "artifacts" => spec.artifacts = self.artifacts(value),
                "branches" => spec.branches = self.branches(value),
                "hooks" => self.hooks(value, &mut spec),
                _ => self.stray_key(key, "the file", TOP_KEYS, TOP_KEYS_LATER),
            }
        }
        self.version(tree, version);
        spec
    }

    fn version(&mut self, tree: &Node, version: Option<&Node>) {
        match version {
            None => {
                let empty = matches!(tree.value, Value::Null);
                let place = if empty { Place::default() } else { tree.place };
                self.fault_with(place, "`version` is missing", Some("add `version: 1`".into()));
            }
            Some(node) if matches!(&node.value, Value::Scalar(text) if text == "1") => {}
            Some(node) => self.fault(node.place, "this version of mlv reads `version: 1` only"),
        }
    }

    fn artifacts(&mut self, node: &Node) -> Vec<Artifact> {
        let mut artifacts = Vec::new();
        for (key, value) in self.entries(node, "`artifacts`") {
            let path = self.path(key.place, &key.text);
            if let (Some(path), Some(kind)) = (path, self.artifact_kind(key, value)) {
                artifacts.push(Artifact { path, kind });
            }
        }
        artifacts
    }

    fn artifact_kind(&mut self, artifact: &Key, node: &Node) -> Option<ArtifactKind> {
        let whose = format!("artifact `{}`", artifact.text);
        let mut found = None;
        let mut named = false;
        for (key, value) in self.entries(node, &whose) {
            if key.text != "kind" {
                self.stray_key(key, &whose, ARTIFACT_KEYS, &[]);
                continue;
            }
            named = true;
            let Some(text) = self.text(value, "`kind`") else {
                continue;
            };
            found = ArtifactKind::ALL.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind);
            if found.is_none() {
                let help = "one of dataset, feature, model".to_owned();
                self.fault_with(value.place, format!("unknown kind `{text}`"), Some(help));
            }
        }
        if !named {
            self.fault(artifact.place, format!("{whose} has no `kind`"));
        }
        found
    }

    fn branches(&mut self, node: &Node) -> Vec<BranchRule> {
        let mut rules = Vec::new();
        for (name, value) in self.entries(node, "`branches`") {
            let whose = format!("branch `{}`", name.text);
            let (mut protected, mut allow_dirty, mut require) = (false, false, Vec::new());
            for (key, value) in self.entries(value, &whose) {
                match key.text.as_str() {
                    "protected" => protected = self.truth(value, "`protected`"),
                    "allow_dirty" => allow_dirty = self.truth(value, "`allow_dirty`"),
                    "require" => {
                        require = self.needs(value).into_iter().map(|(_, id)| id).collect();
                    }
                    _ => self.stray_key(key, &whose, BRANCH_KEYS, &[]),
                }
            }
            match Globs::of_names(vec![name.text.clone()]) {
                Ok(names) => rules.push(BranchRule { names, protected, require, allow_dirty }),
                Err(error) => self.fault(name.place, error.to_string()),
            }
        }
        rules
    }

    fn hooks(&mut self, node: &Node, spec: &mut Spec) {
        let mut drafts = Vec::new();
        for (key, value) in self.entries(node, "`hooks`") {
            match HookId::new(&key.text) {
                Ok(id) => drafts.push(self.hook(id, key, value)),
                Err(error) => {
                    let help = "lower-case letters, digits, `_` and `-`, at most 64".to_owned();
                    self.fault_with(key.place, error.to_string(), Some(help));
                }
            }
        }
        check::needs(self, &drafts);
        check::outputs(self, &drafts);
        spec.hooks = drafts.into_iter().map(|draft| draft.hook).collect();
    }
}

pub(super) fn no_globs() -> Globs {
    Globs::of_names(Vec::new()).expect("an empty list has no bad glob")
}
