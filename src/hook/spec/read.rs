//! From the trees of the files to what they say.

use crate::base::yaml::{self, Key, Node, Source, Value};
use crate::base::yaml::{Place, SpecErrors};
use crate::hook::spec::check;
use crate::hook::spec::glob::Globs;
use crate::hook::spec::keys::{ARTIFACT_KEYS, BRANCH_KEYS, FILE_KEYS};
use crate::hook::spec::read_hook::HookDraft;
use crate::hook::spec::reader::Reader;
use crate::hook::spec::types::{Artifact, ArtifactKind, BranchRule, HookId, Spec};

/// Where the hooks of a repository are written, below its root.
pub const FILE_NAME: &str = "mlv.yaml";

/// A file of definitions as it was found.
#[derive(Debug, Clone, Copy)]
pub struct SpecFile<'a> {
    /// Its name in errors; of an included file, its path in the repository.
    pub name: &'a str,
    pub bytes: &'a [u8],
}

/// What the files say, before it is held against each other.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) artifacts: Vec<(Place, Artifact)>,
    pub(super) branches: Vec<RuleDraft>,
    pub(super) hooks: Vec<HookDraft>,
    pub(super) includes: Vec<(Place, Globs)>,
}

/// A rule for branches, and where its parts stand.
pub(super) struct RuleDraft {
    pub(super) name: Key,
    pub(super) rule: BranchRule,
    pub(super) require: Vec<(Place, HookId)>,
}

/// Returns what the file says, or everything that is wrong with it; `name` is its name in errors.
/// It may include no other.
pub fn parse(name: &str, bytes: &[u8]) -> Result<Spec, SpecErrors> {
    parse_files(SpecFile { name, bytes }, &[])
}

/// Returns what a file says together with the files that it includes, in the order of their names.
pub fn parse_files(main: SpecFile<'_>, included: &[SpecFile<'_>]) -> Result<Spec, SpecErrors> {
    let mut reader = Reader::new();
    let mut draft = Draft::default();
    let mut readable = true;
    for (at, file) in std::iter::once(&main).chain(included).enumerate() {
        readable &= reader.file(*file, at == 0, &mut draft);
    }
    reader.included_files(&draft, included);
    // What a file that cannot be read holds is not missing.
    let spec = if readable { check::whole(&mut reader, draft) } else { Spec::default() };
    reader.finish(spec)
}

impl<'a> Reader<'a> {
    /// Reads one file; tells whether it is YAML at all.
    fn file(&mut self, file: SpecFile<'a>, is_main: bool, draft: &mut Draft) -> bool {
        let text = std::str::from_utf8(file.bytes).ok();
        let number = self.open(file.name, text.unwrap_or_default());
        let whole = Place { file: number, ..Place::default() };
        let read = match text {
            None => Err((whole, "not UTF-8 text".to_owned())),
            Some(text) if text.len() > yaml::MAX_BYTES => {
                Err((whole, format!("larger than {} bytes", yaml::MAX_BYTES)))
            }
            Some(text) => yaml::parse_file(Source { file: number, text }),
        };
        match read {
            Ok(tree) => {
                self.top(&tree, is_main, whole, draft);
                true
            }
            Err((place, message)) => {
                self.fault(Place { file: number, ..place }, message);
                false
            }
        }
    }

    fn top(&mut self, tree: &Node, is_main: bool, whole: Place, draft: &mut Draft) {
        let mut version = None;
        for (key, value) in self.entries(tree, "the file") {
            match key.text.as_str() {
                "version" => version = Some(value),
                "include" if is_main => self.includes(value, draft),
                "include" => self.fault(key.place, "an included file cannot include others"),
                "artifacts" => self.artifacts(value, draft),
                "branches" => self.branches(value, draft),
                "hooks" => self.hooks(value, draft),
                _ => self.stray_key(key, "the file", FILE_KEYS),
            }
        }
        let empty = matches!(tree.value, Value::Null);
        self.version(if empty { whole } else { tree.place }, version);
    }

    fn version(&mut self, place: Place, version: Option<&Node>) {
        match version {
            None => {
                self.fault_with(place, "`version` is missing", Some("add `version: 1`".into()));
            }
            Some(node) if matches!(&node.value, Value::Number(text) if text == "1") => {}
            Some(node) => self.fault(node.place, "this version of mlv reads `version: 1` only"),
        }
    }

    fn artifacts(&mut self, node: &Node, draft: &mut Draft) {
        for (key, value) in self.entries(node, "`artifacts`") {
            let path = self.path(key.place, &key.text);
            if let (Some(path), Some(kind)) = (path, self.artifact_kind(key, value)) {
                draft.artifacts.push((key.place, Artifact { path, kind }));
            }
        }
    }

    fn artifact_kind(&mut self, artifact: &Key, node: &Node) -> Option<ArtifactKind> {
        let whose = format!("artifact `{}`", artifact.text);
        let mut found = None;
        let mut named = false;
        for (key, value) in self.entries(node, &whose) {
            if key.text != "kind" {
                self.stray_key(key, &whose, ARTIFACT_KEYS);
                continue;
            }
            named = true;
            found = self.one_of(value, "`kind`", &ArtifactKind::ALL);
        }
        if !named {
            self.fault(artifact.place, format!("{whose} has no `kind`"));
        }
        found
    }

    fn branches(&mut self, node: &Node, draft: &mut Draft) {
        for (name, value) in self.entries(node, "`branches`") {
            let whose = format!("branch `{}`", name.text);
            let mut rule = BranchRule {
                names: super::reader::no_globs(),
                protected: false,
                require: Vec::new(),
                allow_dirty: false,
            };
            let mut require = Vec::new();
            for (key, value) in self.entries(value, &whose) {
                match key.text.as_str() {
                    "protected" => rule.protected = self.truth(value, "`protected`"),
                    "require" => require = self.hook_names(value, "`require`"),
                    "allow_dirty" => rule.allow_dirty = self.truth(value, "`allow_dirty`"),
                    _ => self.stray_key(key, &whose, BRANCH_KEYS),
                }
            }
            match Globs::of_names(vec![name.text.clone()]) {
                Ok(names) => {
                    let rule = BranchRule { names, ..rule };
                    draft.branches.push(RuleDraft { name: name.clone(), rule, require });
                }
                Err(error) => self.fault(name.place, error.to_string()),
            }
        }
    }

    fn hooks(&mut self, node: &Node, draft: &mut Draft) {
        for (key, value) in self.entries(node, "`hooks`") {
            if let Some(id) = HookId::new(&key.text).ok().filter(|id| !id.is_cell()) {
                let hook = self.hook(id, key, value);
                draft.hooks.push(hook);
            } else {
                let help = "lower-case letters, digits, `_` and `-`, at most 64".to_owned();
                let message = format!("`{}` is not a name for a hook", key.text);
                self.fault_with(key.place, message, Some(help));
            }
        }
    }

    /// Returns the value of one of a few words.
    pub(super) fn one_of<T: Copy>(
        &mut self,
        node: &Node,
        what: &str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text(node, what)?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            let message = format!("`{text}` is not a value of {what}");
            self.fault_with(node.place, message, Some(format!("one of {}", known.join(", "))));
        }
        found.map(|(_, value)| *value)
    }

    /// Returns a list of hooks by their names, each named once.
    pub(super) fn hook_names(&mut self, node: &Node, what: &str) -> Vec<(Place, HookId)> {
        let mut ids: Vec<(Place, HookId)> = Vec::new();
        for (place, text) in self.texts(node, what) {
            match HookId::new(text) {
                Ok(id) if ids.iter().any(|(_, known)| *known == id) => {
                    self.fault(place, format!("{what} names `{id}` twice"));
                }
                Ok(id) => ids.push((place, id)),
                Err(error) => self.fault(place, error.to_string()),
            }
        }
        ids
    }
}
