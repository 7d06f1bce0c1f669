//! The reader of `mlv.yaml`: what every reader of YAML does, and globs.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};

use crate::base::yaml::{self, Key, Node, SpecErrors};
use crate::hook::condition::{Condition, ConditionFault};
use crate::hook::spec::glob::{GlobError, Globs};
use crate::hook::spec::keys::{self, KeyInfo};

/// Takes the files apart; every fault is noted with its place, and reading goes on.
#[derive(Debug, Default)]
pub(super) struct Reader<'a> {
    yaml: yaml::Reader<'a>,
    /// Conditions by their text: those of the cells of a matrix are alike.
    pub(super) conditions: HashMap<String, Result<Condition, ConditionFault>>,
}

impl<'a> Deref for Reader<'a> {
    type Target = yaml::Reader<'a>;

    fn deref(&self) -> &Self::Target {
        &self.yaml
    }
}

impl DerefMut for Reader<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.yaml
    }
}

impl Reader<'_> {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Returns `value`, or all the faults that were noted.
    pub(super) fn finish<T>(self, value: T) -> Result<T, SpecErrors> {
        self.yaml.finish(value)
    }

    /// Notes a key that nobody knows.
    pub(super) fn stray_key(&mut self, key: &Key, whose: &str, known: &'static [KeyInfo]) {
        self.yaml.stray_key(key, whose, keys::names(known));
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
        let before = self.faults();
        for (place, text) in texts {
            if let Err(error) = make(vec![text.to_owned()]) {
                self.fault(place, error.to_string());
            }
        }
        if self.faults() == before {
            self.fault(node.place, error.to_string());
        }
        no_globs()
    }
}

pub(super) fn no_globs() -> Globs {
    Globs::of_names(Vec::new()).expect("an empty list has no bad glob")
}
