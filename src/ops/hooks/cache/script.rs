//! The scripts that a command names: what they say decides how the hook ends as much as the command.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::fs::read_if_exists;
use crate::base::{Hash, RepoPath, TreeId};
use crate::hook::action::{Action, Arguments, Kind};
use crate::hook::key::{Input, InputKind, mentioned};
use crate::hook::spec::{Hook, Work};
use crate::object::tree::TreeEntry;
use crate::object::{Entry, ObjectDb};
use crate::ops::OpsError;
use crate::ops::hooks::cache::content::{Lens, input_of};

/// A longer file is data, not a script.
const SCRIPT_LIMIT: u64 = 1 << 20;

/// The scripts of the hooks of a plan, each read once.
#[derive(Debug, Default)]
pub struct Scripts {
    mentioned: Mutex<HashMap<Hash, Arc<BTreeSet<String>>>>,
}

/// What a command leads to.
#[derive(Debug, Default)]
pub struct Named {
    /// The scripts that the hook sees.
    pub scripts: Vec<Input>,
    /// The variables that it or they name.
    pub variables: BTreeSet<String>,
}

impl Scripts {
    /// Finds the scripts that a hook's command names, in the tree as far as the hook sees it, or in
    /// the code.
    pub fn named_by(&self, lens: &Lens<'_>, hook: &Hook, tree: TreeId) -> Result<Named, OpsError> {
        let (objects, code) = (lens.objects, &lens.code);
        let mut named = Named::default();
        let (command, shell) = match &hook.work {
            Work::Run { command, shell } => (command, shell),
            Work::Uses { action, with } => {
                named.variables.extend(action.texts().flat_map(|text| mentioned(text.as_bytes())));
                if asks_for_variables(objects, action, with, tree)? {
                    named.variables.extend(action.variables.iter().cloned());
                }
                return Ok(named);
            }
        };
        for text in shell.0.iter().chain([command]) {
            named.variables.extend(mentioned(text.as_bytes()));
        }
        for path in paths_in(command, &hook.workdir) {
            let sees = hook.inputs.is_empty() || hook.inputs.matches_path(&path);
            let found = if sees { objects.tree_entry(tree, &path)? } else { None };
            if let Some(TreeEntry::Leaf(entry)) = found {
                let Entry::File { file, .. } = entry else { continue };
                if file.size <= SCRIPT_LIMIT {
                    named.variables.extend(
                        self.variables(file.content, || {
                            Ok(objects.read_file(&file, SCRIPT_LIMIT)?)
                        })?,
                    );
                    named.scripts.push(input_of(path, &entry));
                }
            } else if let Some(place) = code.place_of(&path) {
                let script = code.below(&path, &|other| *other == path).next();
                let Some(script) = script.filter(|file| file.kind != InputKind::Link) else {
                    continue;
                };
                if place.metadata().is_ok_and(|file| file.len() <= SCRIPT_LIMIT) {
                    named.variables.extend(self.variables(script.hash, || {
                        Ok(read_if_exists(place)?.unwrap_or_default())
                    })?);
                    named.scripts.push(script);
                }
            }
        }
        Ok(named)
    }

    /// Returns the variables that a script of this content names.
    fn variables(
        &self,
        content: Hash,
        read: impl FnOnce() -> Result<Vec<u8>, OpsError>,
    ) -> Result<BTreeSet<String>, OpsError> {
        let known = self.lock().get(&content).cloned();
        let known = if let Some(known) = known {
            known
        } else {
            let found = Arc::new(mentioned(&read()?));
            self.lock().entry(content).or_insert(found).clone()
        };
        Ok(known.as_ref().clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Hash, Arc<BTreeSet<String>>>> {
        self.mentioned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells whether the variables of an action decide how it ends: where it says by which words one knows,
/// the files that it is given are looked into.
fn asks_for_variables(
    objects: &ObjectDb,
    action: &Action,
    with: &Arguments,
    tree: TreeId,
) -> Result<bool, OpsError> {
    if action.variables.is_empty() || action.variables_where.is_empty() {
        return Ok(true);
    }
    for parameter in action.parameters.iter().filter(|parameter| parameter.kind == Kind::Path) {
        let path = with.0.get(&parameter.name).and_then(|value| value.as_str());
        let Some(path) = path.and_then(|path| RepoPath::from_bytes(path).ok()) else { continue };
        let Some(TreeEntry::Leaf(Entry::File { file, .. })) = objects.tree_entry(tree, &path)?
        else {
            return Ok(true);
        };
        if file.size > SCRIPT_LIMIT {
            return Ok(true);
        }
        let bytes = objects.read_file(&file, SCRIPT_LIMIT)?;
        let text = String::from_utf8_lossy(&bytes);
        if action.variables_where.iter().any(|word| text.contains(word.as_str())) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns what in a command could be the path of a script, seen from where the hook starts.
fn paths_in(command: &str, start: &RepoPath) -> BTreeSet<RepoPath> {
    let is_edge = |c: char| c.is_whitespace() || "'\"`;|&()<>=$".contains(c);
    let words = command.split(is_edge).map(|word| word.trim_start_matches("./"));
    let paths = words.filter(|word| !word.is_empty() && !word.starts_with('-'));
    paths.filter_map(|word| Some(start.join(&RepoPath::from_bytes(word).ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_command_are_paths_from_where_the_hook_starts() {
        let start = RepoPath::from_bytes("sub").unwrap();
        let found = paths_in("set -e; python3 ./a.py --x=b/c.json 'd e' ../up > /dev/null", &start);
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, ["sub/a.py", "sub/b/c.json", "sub/d", "sub/e", "sub/python3", "sub/set"]);
    }
}
