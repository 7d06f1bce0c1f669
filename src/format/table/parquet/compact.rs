//! Looks over Thrift's compact encoding before a decoder does that trusts the lengths it finds. A list
//! may not have more elements than bytes follow, and nesting has an end.

/// How deep values and columns may be nested.
const DEEPEST: usize = 64;

/// How many groups of rows a file may have.
const MOST_GROUPS: u64 = 1 << 15;

/// What the header of a page says about it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct PageSizes {
    pub decompressed: i64,
    pub compressed: i64,
    /// How many values a dictionary says it has.
    pub dictionary_values: i64,
}

/// A cursor over encoded values; nothing where they are damaged or cut.
struct Cursor<'a>(&'a [u8]);

const BYTE: u8 = 3;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;

impl Cursor<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn advance(&mut self, len: u64) -> Option<()> {
        self.0 = self.0.get(usize::try_from(len).ok()?..)?;
        Some(())
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn integer(&mut self) -> Option<i64> {
        let value = self.unsigned()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// Returns how many elements of which type a list has: no more than bytes are left.
    fn list(&mut self) -> Option<(u64, u8)> {
        let head = self.byte()?;
        let size = if head >> 4 == 15 { self.unsigned()? } else { u64::from(head >> 4) };
        (size <= self.0.len() as u64).then_some((size, head & 15))
    }

    /// Hands each field of a struct to `visit`, by its number and type; it must read past the value.
    fn fields(&mut self, visit: &mut dyn FnMut(&mut Self, i64, u8) -> Option<()>) -> Option<()> {
        let mut id = 0;
        loop {
            let head = self.byte()?;
            if head % 16 == 0 {
                return Some(());
            }
            id = if head >> 4 == 0 { self.integer()? } else { id + i64::from(head >> 4) };
            visit(self, id, head & 15)?;
        }
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        let deeper = depth.checked_sub(1)?;
        match kind {
            // A truth is in the type of its field.
            1 | 2 => Some(()),
            BYTE => self.advance(1),
            4..=6 => self.integer().map(|_| ()),
            DOUBLE => self.advance(8),
            BINARY => {
                let len = self.unsigned()?;
                self.advance(len)
            }
            LIST | SET => {
                let (size, kind) = self.list()?;
                (0..size).try_for_each(|_| self.skip_element(kind, deeper))
            }
            MAP => self.skip_map(deeper),
            STRUCT => self.fields(&mut |cursor, _, kind| cursor.skip(kind, deeper)),
            _ => None,
        }
    }

    /// In a list a truth takes a byte.
    fn skip_element(&mut self, kind: u8, depth: usize) -> Option<()> {
        self.skip(if kind <= 2 { BYTE } else { kind }, depth)
    }

    fn skip_map(&mut self, depth: usize) -> Option<()> {
        let size = self.unsigned()?;
        if size == 0 {
            return Some(());
        }
        let kinds = self.byte()?;
        (size <= self.0.len() as u64).then_some(())?;
        (0..size).try_for_each(|_| {
            self.skip_element(kinds >> 4, depth)?;
            self.skip_element(kinds & 15, depth)
        })
    }

    /// Follows the list of a schema's elements, each with how many of the next are its children.
    fn skip_schema(&mut self) -> Option<()> {
        let (size, kind) = self.list()?;
        let mut open: Vec<i64> = Vec::new();
        for _ in 0..size {
            let mut children = 0;
            (kind == STRUCT).then_some(())?;
            self.fields(&mut |cursor, id, kind| {
                if id != 5 {
                    return cursor.skip(kind, DEEPEST);
                }
                children = cursor.integer()?;
                Some(())
            })?;
            (0..=size as i64).contains(&children).then_some(())?;
            if let Some(left) = open.last_mut() {
                *left -= 1;
            }
            open.push(children);
            while open.last() == Some(&0) {
                open.pop();
            }
            (open.len() <= DEEPEST).then_some(())?;
        }
        Some(())
    }
}

/// Tells whether a footer holds no more than its bytes can, so that a decoder may be trusted with it.
pub fn is_sound_footer(bytes: &[u8]) -> bool {
    let walk = Cursor(bytes).fields(&mut |cursor, id, kind| match (id, kind) {
        (2, LIST) => cursor.skip_schema(),
        (4, LIST) => {
            let (size, kind) = cursor.list()?;
            (size <= MOST_GROUPS).then_some(())?;
            (0..size).try_for_each(|_| cursor.skip_element(kind, DEEPEST))
        }
        _ => cursor.skip(kind, DEEPEST),
    });
    walk.is_some()
}

/// Returns what the header of a page says; nothing where it is damaged or cut.
pub fn page_sizes(bytes: &[u8]) -> Option<PageSizes> {
    let mut sizes = PageSizes::default();
    Cursor(bytes).fields(&mut |cursor, id, kind| {
        match (id, kind) {
            (2, 5) => sizes.decompressed = cursor.integer()?,
            (3, 5) => sizes.compressed = cursor.integer()?,
            (7, STRUCT) => cursor.fields(&mut |cursor, id, kind| {
                if (id, kind) != (1, 5) {
                    return cursor.skip(kind, DEEPEST);
                }
                sizes.dictionary_values = cursor.integer()?;
                Some(())
            })?,
            _ => cursor.skip(kind, DEEPEST)?,
        }
        Some(())
    })?;
    Some(sizes)
}
