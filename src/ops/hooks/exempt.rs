//! Hooks that an event leaves alone though they name it: those that run for another event of the
//! same deed, those whose own outputs led to it, and those that have seen it already.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::hook::event::Event;
use crate::hook::spec::{HookId, Spec};

/// Which hooks of an event do not run for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exempt {
    /// Events, by name: a hook that names one of them runs for that one.
    pub events: Vec<String>,
    /// Hooks that led to the commit, the first one first: what they made does not trigger them.
    pub chain: Vec<String>,
    /// Hooks that made or saw all that the deed brings, before it.
    pub seen: Vec<String>,
}

impl Exempt {
    /// Exempts what runs for events of the same deed, and what led to it.
    pub fn new(events: impl Iterator<Item = Event>, chain: &[String]) -> Self {
        let events = events.map(|event| event.name().to_owned()).collect();
        Self { events, chain: chain.to_owned(), seen: Vec::new() }
    }

    /// Tells whether some hook that is left hangs on the event.
    pub fn leaves_any(&self, spec: &Spec, event: Event) -> bool {
        spec.hooks.iter().any(|hook| hook.on.contains(&event) && !self.has(&hook.id, &hook.on))
    }

    /// Returns the definitions without the hooks that are exempt.
    pub fn of<'a>(&self, spec: &'a Spec) -> Cow<'a, Spec> {
        if *self == Self::default() {
            return Cow::Borrowed(spec);
        }
        let mut rest = spec.clone();
        rest.hooks.retain(|hook| !self.has(&hook.id, &hook.on));
        Cow::Owned(rest)
    }

    fn has(&self, hook: &HookId, on: &[Event]) -> bool {
        self.chain.iter().chain(&self.seen).any(|known| known == base_name(hook))
            || on.iter().any(|event| self.events.iter().any(|name| name == event.name()))
    }
}

/// Returns the name of a hook in the file, of which it may be one cell.
pub(super) fn base_name(hook: &HookId) -> &str {
    hook.as_str().split('[').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::spec::parse;

    const SPEC: &str = "\
version: 1
hooks:
  both: {on: [pre-commit, pre-revert], run: x}
  commit: {on: pre-commit, run: x}
  other: {on: post-commit, run: x}
";

    fn left(exempt: &Exempt) -> Vec<String> {
        let spec = parse("mlv.yaml", SPEC.as_bytes()).unwrap();
        exempt.of(&spec).hooks.iter().map(|hook| hook.id.to_string()).collect()
    }

    #[test]
    fn a_hook_runs_for_the_other_event_or_not_after_what_it_made() {
        assert_eq!(left(&Exempt::default()), ["both", "commit", "other"]);
        let revert = Exempt::new([Event::PreRevert].into_iter(), &[]);
        assert_eq!(left(&revert), ["commit", "other"]);
        let chain = Exempt::new(std::iter::empty(), &["commit".to_owned()]);
        assert_eq!(left(&chain), ["both", "other"]);
    }

    #[test]
    fn an_event_of_exempt_hooks_only_is_not_awaited() {
        let spec = parse("mlv.yaml", SPEC.as_bytes()).unwrap();
        assert!(Exempt::default().leaves_any(&spec, Event::PostCommit));
        let made = Exempt::new(std::iter::empty(), &["other".to_owned()]);
        assert!(!made.leaves_any(&spec, Event::PostCommit));
        assert!(!Exempt::default().leaves_any(&spec, Event::PreSwitch));
    }
}
