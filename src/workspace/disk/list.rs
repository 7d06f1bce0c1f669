//! The names in a directory, with what each is.

use std::os::fd::AsFd;

use rustix::fs::{AtFlags, Dir};
use rustix::io::Errno;

use crate::workspace::disk::{FileKind, Stat};

/// The names in a directory, sorted. There may be millions: they lie in one piece.
#[derive(Debug, Default)]
pub struct Names {
    bytes: Vec<u8>,
    places: Vec<Place>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    start: usize,
    len: u32,
    kind: FileKind,
}

impl Names {
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Returns a name and what it is the name of.
    pub fn get(&self, index: usize) -> (&[u8], FileKind) {
        let Place { start, len, kind } = self.places[index];
        (&self.bytes[start..start + len as usize], kind)
    }

    /// Returns all names in order, and what each is the name of.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], FileKind)> {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Tells whether something of this kind has this name.
    pub fn has(&self, name: &[u8], kind: FileKind) -> bool {
        let index = self.places.partition_point(|place| self.name(place) < name);
        index < self.len() && self.get(index) == (name, kind)
    }

    fn name(&self, place: &Place) -> &[u8] {
        &self.bytes[place.start..place.start + place.len as usize]
    }

    fn push(&mut self, name: &[u8], kind: FileKind) {
        self.places.push(Place { start: self.bytes.len(), len: name.len() as u32, kind });
        self.bytes.extend_from_slice(name);
    }

    fn sort(&mut self) {
        let mut places = std::mem::take(&mut self.places);
        places.sort_unstable_by(|a, b| self.name(a).cmp(self.name(b)));
        self.places = places;
    }
}

/// Returns what is in a directory.
pub fn list(dir: impl AsFd) -> rustix::io::Result<Names> {
    let mut names = Names::default();
    for item in Dir::read_from(&dir)? {
        let item = item?;
        let name = item.file_name().to_bytes();
        if name == b"." || name == b".." {
            continue;
        }
        let kind = match FileKind::of(item.file_type()) {
            Some(kind) => kind,
            None => match rustix::fs::statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => Stat::from(stat).kind(),
                Err(Errno::NOENT) => continue,
                Err(error) => return Err(error),
            },
        };
        names.push(name, kind);
    }
    names.sort();
    Ok(names)
}
