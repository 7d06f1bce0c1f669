//! What a file of pickles imports.

use std::io::Read;

use super::archive;
use super::imports::{PickleImport, Verdict, verdict};
use super::machine::Machine;
use super::stream::{Stop, Stream};
use crate::format::{FormatError, Source};

/// How many different names are told.
const MOST_IMPORTS: usize = 1000;

/// How old PyTorch files begin: a pickle of this number, of little-endian bytes.
const OLD_TORCH: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// How many pickles such a file has before its tensors.
const OLD_TORCH_PICKLES: usize = 5;

/// What loading a file would import.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct PickleScan {
    /// In the order in which they first occur.
    pub imports: Vec<PickleImport>,
    /// Whether something is imported whose name is put together while loading, or is hidden in other
    /// ways: what it is cannot be told.
    pub has_hidden_import: bool,
    /// Why the pickle could not be followed to its end. What comes before would be loaded all the same.
    pub damage: Option<String>,
}

impl PickleScan {
    /// Tells how much trust loading would take.
    pub fn verdict(&self) -> Verdict {
        if self.has_hidden_import {
            return Verdict::Dangerous;
        }
        let worst = self.imports.iter().map(|import| import.verdict).max();
        let least = if self.damage.is_some() { Verdict::Unknown } else { Verdict::Harmless };
        worst.unwrap_or(Verdict::Harmless).max(least)
    }

    fn add(&mut self, import: Option<(String, String)>) {
        let Some((module, name)) = import else {
            self.has_hidden_import = true;
            return;
        };
        let is_known = |known: &PickleImport| known.module == module && known.name == name;
        if self.imports.iter().any(is_known) {
            return;
        }
        if self.imports.len() == MOST_IMPORTS {
            self.has_hidden_import = true;
            return;
        }
        let verdict = verdict(&module, &name);
        self.imports.push(PickleImport { module, name, verdict });
    }

    /// Follows the pickles of a stream; those of a `torch` file are followed by its tensors.
    pub(super) fn follow(&mut self, reader: impl Read, most: usize) -> Result<(), Stop> {
        let mut stream = Stream::new(reader);
        for _ in 0..most {
            Machine::default().run(&mut stream, &mut |import| self.add(import))?;
            if stream.peek()? != Some(0x80) {
                break;
            }
        }
        Ok(())
    }
}

/// Reads what a pickle imports: a file of pickles, or a PyTorch archive of some.
pub fn scan_pickle(name: &str, source: &dyn Source) -> Result<PickleScan, FormatError> {
    let unreadable = |reason| FormatError::Unreadable { file: name.to_owned(), reason };
    let head = source.read_at(0, 64).map_err(unreadable)?;
    if head.is_empty() {
        let reason = "the file is empty".to_owned();
        return Err(FormatError::Damaged { file: name.to_owned(), reason });
    }
    let mut scan = PickleScan::default();
    let followed = if head.starts_with(b"PK\x03\x04") {
        archive::follow(source, &mut scan)
    } else {
        let is_old_torch = head.windows(OLD_TORCH.len()).any(|window| window == OLD_TORCH);
        let most = if is_old_torch { OLD_TORCH_PICKLES } else { usize::MAX };
        source.reader().map_err(Stop::from).and_then(|reader| scan.follow(reader, most))
    };
    match followed {
        Ok(()) => Ok(scan),
        Err(Stop::Unreadable(reason)) => Err(unreadable(reason)),
        Err(Stop::Damaged(reason)) => Ok(PickleScan { damage: Some(reason), ..scan }),
    }
}
