//! A block of csv as columns of text.

use memchr::memchr_iter;

use super::records::{Marks, Records};
use crate::format::FormatError;
use crate::format::table::blocks::Block;
use crate::format::table::text_column::TextColumn;
use crate::format::table::text_file::TextFile;
use crate::format::table::{Column, Rows};

/// What the blocks of a file have in common.
#[derive(Debug, Clone)]
pub struct Layout {
    pub file: TextFile,
    pub marks: Marks,
    pub null_values: Vec<Vec<u8>>,
    pub batch_rows: usize,
}

/// A batch in the making.
struct Batch {
    /// A column for each of the file's, nothing where it is not read.
    columns: Vec<Option<TextColumn>>,
    rows: usize,
}

impl Layout {
    /// Reads all records of a block but the first `skip`.
    pub fn parse(
        &self,
        block: &Block,
        skip: usize,
        wanted: &[bool],
    ) -> Result<Vec<Rows>, FormatError> {
        self.file.refuse_other_bytes(block)?;
        let mut records = Records::new(&block.text, self.marks);
        for _ in 0..skip {
            records.read(&mut |_, _| {});
        }
        let mut done = Vec::new();
        let start_batch = || self.batch(block, wanted);
        let mut batch = start_batch();
        loop {
            let mut cells = 0;
            let read = records.read(&mut |cell, is_quoted| {
                if let Some(Some(column)) = batch.columns.get_mut(cells) {
                    self.push(column, cell, is_quoted);
                }
                cells += 1;
            });
            let Some(start) = read else { break };
            if cells != wanted.len() {
                return Err(self.ragged(block, start, cells, wanted.len()));
            }
            batch.rows += 1;
            if batch.rows == self.batch_rows {
                done.push(std::mem::replace(&mut batch, start_batch()).finish());
            }
        }
        if batch.rows > 0 {
            done.push(batch.finish());
        }
        Ok(done)
    }

    /// Starts a batch with room for the rows of the block.
    fn batch(&self, block: &Block, wanted: &[bool]) -> Batch {
        // A row has a byte for each cell at least, and there is never more room than text.
        let bytes = block.text.len() / wanted.len().max(1);
        let lines = memchr_iter(block.line_end, &block.text).count();
        let rows = lines.min(bytes).min(self.batch_rows);
        let column = |wanted: &bool| wanted.then(|| TextColumn::with_capacity(rows, bytes));
        Batch { columns: wanted.iter().map(column).collect(), rows: 0 }
    }

    fn push(&self, column: &mut TextColumn, cell: &[u8], is_quoted: bool) {
        let is_null = (cell.is_empty() && !is_quoted)
            || (!self.null_values.is_empty() && self.null_values.iter().any(|null| null == cell));
        if is_null { column.push_null() } else { column.push(cell) }
    }

    fn ragged(&self, block: &Block, start: usize, cells: usize, columns: usize) -> FormatError {
        let fields = if cells == 1 { "field" } else { "fields" };
        let reason = format!("row has {cells} {fields}, the header has {columns}");
        self.file.wrong(block, start, reason)
    }
}

impl Batch {
    fn finish(self) -> Rows {
        let columns = self.columns.into_iter().flatten();
        let columns = columns.map(|column| Column::Text(column.finish())).collect();
        Rows { rows: self.rows, columns }
    }
}
