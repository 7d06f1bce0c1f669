//! `TextColumn`: a column of texts in the making.

use arrow_array::StringArray;
use arrow_buffer::{Buffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer};

/// Cells of text, one after the other.
#[derive(Debug)]
pub struct TextColumn {
    values: Vec<u8>,
    ends: Vec<i32>,
    nulls: NullBufferBuilder,
}

impl TextColumn {
    pub fn with_capacity(rows: usize, bytes: usize) -> Self {
        let mut ends = Vec::with_capacity(rows + 1);
        ends.push(0);
        Self { values: Vec::with_capacity(bytes), ends, nulls: NullBufferBuilder::new(rows) }
    }

    pub fn push(&mut self, cell: &[u8]) {
        self.values.extend_from_slice(cell);
        self.end();
        self.nulls.append_non_null();
    }

    pub fn push_null(&mut self) {
        self.end();
        self.nulls.append_null();
    }

    fn end(&mut self) {
        let end = i32::try_from(self.values.len()).expect("a part of a file is far below 2 GiB");
        self.ends.push(end);
    }

    /// Returns the cells, which are UTF-8 as the text they were cut from.
    pub fn finish(mut self) -> StringArray {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.ends));
        StringArray::try_new(offsets, Buffer::from_vec(self.values), self.nulls.finish())
            .expect("cells cut from UTF-8 at ASCII characters are UTF-8")
    }
}
