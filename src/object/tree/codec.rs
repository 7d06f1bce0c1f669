//! The bytes of the items of a node: CBOR with one spelling per value, written and read by hand,
//! because nodes are compared and copied item by item without decoding them.

use std::ops::Range;

use minicbor::Encoder;

use crate::base::codec::CodecError;
use crate::base::path::check_name;
use crate::base::{Hash, ManifestId, TreeId};
use crate::object::tree::Summary;
use crate::object::tree::shape::{INLINE_DEPTH, INLINE_MAX, Shape};
use crate::object::{Entry, FileRef, Reference};

const FILE: u64 = 0;
const EXECUTABLE: u64 = 1;
const LINK: u64 = 2;
const DIRECTORY: u64 = 3;
const INLINE: u64 = 4;
const REFERENCE: u64 = 5;

/// Room is made for so many items at once; a node has few more.
const USUAL_ITEMS: u64 = 512;
/// An item takes at least so many bytes; what claims more items than fit is refused unread.
const SMALLEST_ITEM: usize = 5;

/// What an item of a node holds; ranges are places in the bytes of the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// A file, a link or a reference; only in nodes of level 0.
    Leaf(Entry),
    /// A directory by its root node; or, in nodes above level 0, a node of the level below.
    Node { id: TreeId, summary: Summary },
    /// A directory that is kept right here, as an array of items.
    /// `nesting` counts it and the deepest of the directories kept in it.
    Inline { items: Range<usize>, summary: Summary, nesting: u8 },
}

/// An item of a node, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub raw: Range<usize>,
    pub name: Range<usize>,
    pub value: Value,
}

impl Value {
    pub fn summary(&self) -> Summary {
        match self {
            Self::Leaf(entry) => Summary { files: 1, bytes: entry.size() },
            Self::Node { summary, .. } | Self::Inline { summary, .. } => *summary,
        }
    }
}

const IN_MEMORY: &str = "writing to memory cannot fail";

/// Appends the item of a file, a link or a reference.
pub(super) fn write_leaf(name: &[u8], entry: &Entry, out: &mut Vec<u8>) {
    let mut cbor = Encoder::new(out);
    match entry {
        Entry::File { file, executable } => {
            let length = if file.manifest.is_some() { 5 } else { 4 };
            cbor.array(length).expect(IN_MEMORY).bytes(name).expect(IN_MEMORY);
            cbor.u64(if *executable { EXECUTABLE } else { FILE }).expect(IN_MEMORY);
            cbor.u64(file.size).expect(IN_MEMORY).bytes(&file.content.0).expect(IN_MEMORY);
            if let Some(manifest) = file.manifest {
                cbor.bytes(&manifest.0.0).expect(IN_MEMORY);
            }
        }
        Entry::Symlink { target } => {
            cbor.array(3).expect(IN_MEMORY).bytes(name).expect(IN_MEMORY);
            cbor.u64(LINK).expect(IN_MEMORY).bytes(target).expect(IN_MEMORY);
        }
        Entry::Reference(reference) => {
            let Reference { url, size, etag, version, modified, content } = reference.as_ref();
            cbor.array(8).expect(IN_MEMORY).bytes(name).expect(IN_MEMORY);
            cbor.u64(REFERENCE).expect(IN_MEMORY).u64(*size).expect(IN_MEMORY);
            for text in [url, etag, version] {
                cbor.bytes(text.as_bytes()).expect(IN_MEMORY);
            }
            let content = content.as_ref().map_or(&[][..], |hash| &hash.0);
            cbor.u64(*modified).expect(IN_MEMORY).bytes(content).expect(IN_MEMORY);
        }
    }
}

/// Appends the item of a directory that has its own node.
pub(super) fn write_directory(name: &[u8], id: TreeId, summary: Summary, out: &mut Vec<u8>) {
    let mut cbor = Encoder::new(out);
    cbor.array(5).expect(IN_MEMORY).bytes(name).expect(IN_MEMORY);
    cbor.u64(DIRECTORY).expect(IN_MEMORY);
    cbor.u64(summary.files).expect(IN_MEMORY).u64(summary.bytes).expect(IN_MEMORY);
    cbor.bytes(&id.0.0).expect(IN_MEMORY);
}

/// Appends the item of a directory that lives in its parent.
pub(super) fn write_inline(name: &[u8], count: u64, items: &[u8], out: &mut Vec<u8>) {
    let mut cbor = Encoder::new(&mut *out);
    cbor.array(3).expect(IN_MEMORY).bytes(name).expect(IN_MEMORY);
    cbor.u64(INLINE).expect(IN_MEMORY).array(count).expect(IN_MEMORY);
    out.extend_from_slice(items);
}

/// Appends the item of a node of the level below, whose last name is `last`.
pub(super) fn write_child(last: &[u8], id: TreeId, summary: Summary, out: &mut Vec<u8>) {
    let mut cbor = Encoder::new(out);
    cbor.array(4).expect(IN_MEMORY).bytes(last).expect(IN_MEMORY);
    cbor.u64(summary.files).expect(IN_MEMORY).u64(summary.bytes).expect(IN_MEMORY);
    cbor.bytes(&id.0.0).expect(IN_MEMORY);
}

/// Returns the bytes of a node.
pub(super) fn write_node(level: u8, count: u64, items: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(items.len() + 11);
    let mut cbor = Encoder::new(&mut out);
    cbor.array(2).expect(IN_MEMORY).u8(level).expect(IN_MEMORY).array(count).expect(IN_MEMORY);
    out.extend_from_slice(items);
    out
}

const UNSIGNED: u8 = 0;
const BYTES: u8 = 2;
const ARRAY: u8 = 4;

/// A byte string of no bytes.
const NO_BYTES: u8 = 0x40;
/// The longest etag or version id, in bytes.
const TAG_MAX: usize = 1024;

/// Reads CBOR that has but one spelling.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Returns an error about the present place.
    pub fn refuse(&self, reason: &str) -> CodecError {
        CodecError::Malformed { position: self.at, reason: reason.to_owned() }
    }

    fn require(&self, holds: bool, reason: &str) -> Result<(), CodecError> {
        if holds { Ok(()) } else { Err(self.refuse(reason)) }
    }

    /// Makes sure that nothing follows.
    pub fn finish(&self) -> Result<(), CodecError> {
        match self.bytes.len() - self.at {
            0 => Ok(()),
            count => Err(CodecError::Trailing { count }),
        }
    }

    fn take(&mut self, length: usize) -> Result<Range<usize>, CodecError> {
        self.require(length <= self.bytes.len() - self.at, "the bytes end early")?;
        let range = self.at..self.at + length;
        self.at = range.end;
        Ok(range)
    }

    fn head(&mut self, major: u8) -> Result<u64, CodecError> {
        let first = self.take(1)?.start;
        let (found, short) = (self.bytes[first] >> 5, self.bytes[first] & 0x1f);
        self.require(found == major, "another type was expected")?;
        self.require(short < 28, "no definite length")?;
        if short < 24 {
            return Ok(u64::from(short));
        }
        let width = 1 << (short - 24);
        let range = self.take(width)?;
        let value = self.bytes[range].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let least = if width == 1 { 24 } else { 1 << (width * 4) };
        if value < least { Err(CodecError::NotCanonical) } else { Ok(value) }
    }

    pub fn unsigned(&mut self) -> Result<u64, CodecError> {
        self.head(UNSIGNED)
    }

    pub fn array(&mut self) -> Result<u64, CodecError> {
        self.head(ARRAY)
    }

    fn string(&mut self) -> Result<Range<usize>, CodecError> {
        let length = self.head(BYTES)?;
        let length = usize::try_from(length).map_err(|_| self.refuse("the bytes end early"))?;
        self.take(length)
    }

    fn hash(&mut self) -> Result<Hash, CodecError> {
        let range = self.string()?;
        let bytes = self.bytes[range].try_into();
        bytes.map(Hash).map_err(|_| self.refuse("a hash has 32 bytes"))
    }

    fn name(&mut self) -> Result<Range<usize>, CodecError> {
        let range = self.string()?;
        match check_name(&self.bytes[range.clone()]) {
            Ok(()) => Ok(range),
            Err(rule) => Err(self.refuse(&format!("a name is not valid: {rule}"))),
        }
    }

    /// Reads the items of a node or of a directory inside another, sorted by name, each name once.
    pub fn items(&mut self, level: u8) -> Result<Vec<Item>, CodecError> {
        self.items_within(level, 0)
    }

    fn items_within(&mut self, level: u8, depth: u8) -> Result<Vec<Item>, CodecError> {
        let count = self.array()?;
        let room = (self.bytes.len() - self.at) / SMALLEST_ITEM;
        self.require(count <= room as u64, "the bytes end early")?;
        let mut items: Vec<Item> = Vec::with_capacity(count.min(USUAL_ITEMS) as usize);
        let (start, least) = (self.at, if level > 0 { 2 } else { 1 });
        for _ in 0..count {
            let full = (self.at - start) as u64 >= Shape::STANDARD.max && items.len() >= least;
            self.require(!full, "a node goes on after its end")?;
            let item = self.item(level, depth)?;
            if let Some(previous) = items.last() {
                let sorted = self.bytes[previous.name.clone()] < self.bytes[item.name.clone()];
                self.require(sorted, "names are not in order")?;
            }
            items.push(item);
        }
        Ok(items)
    }

    fn item(&mut self, level: u8, depth: u8) -> Result<Item, CodecError> {
        let start = self.at;
        let length = self.array()?;
        let name = self.name()?;
        let value = if level == 0 { self.value(length, depth) } else { self.child(length) }?;
        Ok(Item { raw: start..self.at, name, value })
    }

    fn child(&mut self, length: u64) -> Result<Value, CodecError> {
        self.require(length == 4, "an item has the wrong length")?;
        self.node()
    }

    fn node(&mut self) -> Result<Value, CodecError> {
        let summary = Summary { files: self.unsigned()?, bytes: self.unsigned()? };
        self.require(summary.files > 0, "an empty node is pointed to")?;
        Ok(Value::Node { id: TreeId(self.hash()?), summary })
    }

    fn value(&mut self, length: u64, depth: u8) -> Result<Value, CodecError> {
        match (self.unsigned()?, length) {
            (kind @ (FILE | EXECUTABLE), 4 | 5) => self.file(kind == EXECUTABLE, length == 5),
            (LINK, 3) => {
                let range = self.string()?;
                Ok(Value::Leaf(Entry::Symlink { target: self.bytes[range].to_vec() }))
            }
            (REFERENCE, 8) => self.reference(),
            (DIRECTORY, 5) => self.node(),
            (INLINE, 3) => self.inline(depth + 1),
            (kind, _) if kind > REFERENCE => Err(self.refuse(&format!(
                "an item of kind {kind}, which this mlv does not know: a newer one has written it"
            ))),
            _ => Err(self.refuse("an item of the wrong length")),
        }
    }

    fn file(&mut self, executable: bool, listed: bool) -> Result<Value, CodecError> {
        let (size, content) = (self.unsigned()?, self.hash()?);
        let manifest = if listed { Some(ManifestId(self.hash()?)) } else { None };
        Ok(Value::Leaf(Entry::File { file: FileRef { size, content, manifest }, executable }))
    }

    fn reference(&mut self) -> Result<Value, CodecError> {
        let size = self.unsigned()?;
        let url = self.text(Reference::URL_MAX)?;
        self.require(!url.is_empty(), "a reference to nowhere")?;
        let (etag, version) = (self.text(TAG_MAX)?, self.text(TAG_MAX)?);
        let modified = self.unsigned()?;
        let is_hashed = self.bytes.get(self.at) != Some(&NO_BYTES);
        let content = if is_hashed { Some(self.hash()?) } else { self.string().map(|_| None)? };
        let reference = Reference { url, size, etag, version, modified, content };
        Ok(Value::Leaf(Entry::Reference(Box::new(reference))))
    }

    fn text(&mut self, limit: usize) -> Result<String, CodecError> {
        let range = self.string()?;
        self.require(range.len() <= limit, "a text is too long")?;
        let text = std::str::from_utf8(&self.bytes[range]);
        text.map(str::to_owned).map_err(|_| self.refuse("a text is not UTF-8"))
    }

    fn inline(&mut self, depth: u8) -> Result<Value, CodecError> {
        self.require(depth <= INLINE_DEPTH, "directories nest too deep")?;
        let start = self.at;
        let items = self.items_within(0, depth)?;
        let length = items.iter().map(|item| item.raw.len()).sum::<usize>();
        self.require(!items.is_empty(), "an empty directory")?;
        self.require(length <= INLINE_MAX, "a directory too large for its parent")?;
        let summary = total(&items);
        Ok(Value::Inline { items: start..self.at, summary, nesting: nesting(&items) + 1 })
    }
}

/// Returns the sum over items.
pub(super) fn total(items: &[Item]) -> Summary {
    items.iter().fold(Summary::default(), |sum, item| sum.plus(item.value.summary()))
}

/// Returns the greatest nesting among items.
pub(super) fn nesting(items: &[Item]) -> u8 {
    let nesting = |item: &Item| match item.value {
        Value::Inline { nesting, .. } => nesting,
        _ => 0,
    };
    items.iter().map(nesting).max().unwrap_or(0)
}
