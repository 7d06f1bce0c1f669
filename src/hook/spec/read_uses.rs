//! Reads `uses` and `with`: an action of the catalogue, and a value for each of its parameters.

use serde_json::{Map, Value as Json};

use crate::base::suggest;
use crate::base::yaml::Place;
use crate::base::yaml::{Key, Node};
use crate::hook::action::{self, Action, Arguments, Kind, Parameter};
use crate::hook::spec::glob::Globs;
use crate::hook::spec::reader::Reader;
use crate::hook::spec::types::{Hook, Work};

impl Reader<'_> {
    /// Gives the hook with these entries the action that it uses, and what the action asks for.
    pub(super) fn uses(&mut self, hook: &mut Hook, entries: &[(Key, Node)]) {
        let entry = |name| entries.iter().find(|(key, _)| key.text == name).map(|(_, node)| node);
        let Some(uses) = entry("uses") else { return };
        let Some(action) = self.action(uses) else { return };
        if entry("cache").is_none() {
            hook.cache = action.cache;
        }
        if entry("level").is_none() {
            hook.severity = action.severity;
        }
        let code = entries.iter().find(|(key, _)| key.text == "code");
        if let Some((key, _)) = code.filter(|_| action.reads_tree) {
            let message = format!("`code` means nothing to `{}`: it reads the tree", action.name);
            self.fault(key.place, message);
        }
        let arguments = self.arguments(action, uses.place, entry("with"));
        for parameter in &action.parameters {
            let Some(text) = arguments.0.get(&parameter.name).and_then(Json::as_str) else {
                continue;
            };
            match parameter.kind {
                Kind::Secret => add_secret(hook, text),
                Kind::Path => pin(hook, text),
                _ => {}
            }
        }
        action.secrets.iter().for_each(|name| add_secret(hook, name));
        hook.work = Work::Uses { action, with: arguments };
    }

    fn action(&mut self, node: &Node) -> Option<&'static Action> {
        let name = self.text(node, "`uses`")?;
        let found = action::find(name);
        if found.is_none() {
            let names = action::actions().iter().map(|action| action.name);
            let help = suggest::did_you_mean(&suggest::candidates(name, names))
                .unwrap_or_else(|| "`mlv hooks add` lists the actions".to_owned());
            self.fault_with(node.place, format!("no action is called `{name}`"), Some(help));
        }
        found
    }

    fn arguments(&mut self, action: &Action, place: Place, with: Option<&Node>) -> Arguments {
        let given = with.map_or(&[][..], |node| self.entries(node, "`with`"));
        for (key, _) in given {
            if action.parameter(&key.text).is_none() {
                self.stray_parameter(action, key);
            }
        }
        let mut arguments = Map::new();
        for parameter in &action.parameters {
            let node = given.iter().find(|(key, _)| key.text == parameter.name);
            let value = match node {
                Some((_, node)) => parameter.value(node).unwrap_or_else(|(place, message)| {
                    self.fault(place, message);
                    Json::Null
                }),
                None => self.default_of(action, parameter, place),
            };
            arguments.insert(parameter.name.clone(), value);
        }
        Arguments(arguments)
    }

    fn default_of(&mut self, action: &Action, parameter: &Parameter, place: Place) -> Json {
        if parameter.required {
            let message = format!("action `{}` needs `{}` in `with`", action.name, parameter.name);
            let help = format!("{}: {}", parameter.name, parameter.description);
            self.fault_with(place, message, Some(help));
        }
        parameter.default_value.clone()
    }

    fn stray_parameter(&mut self, action: &Action, key: &Key) {
        let names: Vec<&str> = action.parameters.iter().map(|p| p.name.as_str()).collect();
        let help = suggest::did_you_mean(&suggest::candidates(&key.text, names.iter().copied()))
            .unwrap_or_else(|| format!("its parameters: {}", names.join(", ")));
        let message = format!("action `{}` has no parameter `{}`", action.name, key.text);
        self.fault_with(key.place, message, Some(help));
    }
}

fn add_secret(hook: &mut Hook, name: &str) {
    if !hook.secrets.iter().any(|known| known == name) {
        hook.secrets.push(name.to_owned());
    }
}

/// A branch lowers no bar for itself: what the action reads comes from the branch merged into.
fn pin(hook: &mut Hook, path: &str) {
    let mut patterns = hook.pinned.patterns().to_vec();
    patterns.push(Globs::literal(path));
    if let Ok(globs) = Globs::of_paths(patterns) {
        hook.pinned = globs;
    }
}
