//! `JsonlFile`: a jsonl file whose keys are known.

use std::sync::Arc;

use serde::de::DeserializeSeed;

use super::cells::Cells;
use super::keys::{Collect, Keys};
use super::row::Row;
use crate::format::FormatError;
use crate::format::table::blocks::Block;
use crate::format::table::options::MOST_CELLS;
use crate::format::table::text_file::TextFile;
use crate::format::table::{Dialect, Field, Format, Parts, Rows, TableFile, TableOptions};

/// How many lines of a file tell its keys, where they fit in its first block.
const HEAD_LINES: usize = 1000;

const LINE_END: u8 = b'\n';

/// A file of objects. Their keys are those of its first lines; a later one is refused.
#[derive(Debug, Clone)]
pub struct JsonlFile {
    file: TextFile,
    keys: Arc<Keys>,
    fields: Vec<Field>,
    dialect: Dialect,
    batch_rows: usize,
}

impl JsonlFile {
    pub fn open(file: TableFile, options: &TableOptions) -> Result<Self, FormatError> {
        let told = options.encoding.as_deref();
        let (file, _) = TextFile::open(file, told, encoding_rs::UTF_8)?;
        let mut keys = Keys::default();
        let block = file.first_block(None, LINE_END)?;
        for (at, line) in lines(&block).take(HEAD_LINES) {
            parse(line, Collect(&mut keys)).map_err(|reason| file.wrong(&block, at, reason))?;
        }
        if keys.len() == 0 {
            return Err(file.damaged("the objects of the first lines have no keys"));
        }
        let dialect = Dialect { format: Format::Jsonl, encoding: Some(file.encoding), csv: None };
        let batch_rows = options.batch_rows;
        let mut file = Self { file, keys: Arc::default(), fields: Vec::new(), dialect, batch_rows };
        file.take_keys(Arc::new(keys));
        Ok(file)
    }

    /// Lets the objects have all these keys, which are those of the table.
    pub fn take_keys(&mut self, keys: Arc<Keys>) {
        let field = |name: &String| Field { name: name.clone(), type_name: "json".to_owned() };
        self.fields = keys.names().iter().map(field).collect();
        self.keys = keys;
    }

    pub fn add_keys_to(&self, keys: &mut Keys) -> Result<(), FormatError> {
        let mut names = self.keys.names().iter();
        names.try_for_each(|name| keys.add(name)).map_err(|reason| self.file.damaged(&reason))
    }

    pub fn name(&self) -> &str {
        &self.file.name
    }

    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// Hands on the lines of the file; tells whether more are wanted.
    pub fn read<'a>(
        &'a self,
        wanted: &'a [bool],
        parts: &Parts<'_, 'a>,
    ) -> Result<bool, FormatError> {
        // A line may be shorter than it has columns: cells, and not lines, take the memory.
        let most = (MOST_CELLS / self.keys.len()).clamp(1, self.batch_rows.max(1));
        for block in self.file.blocks(None, LINE_END)? {
            for piece in block?.pieces(most) {
                if !parts.put(Box::new(move || self.parse(&piece, wanted))) {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn parse(&self, block: &Block, wanted: &[bool]) -> Result<Vec<Rows>, FormatError> {
        self.file.refuse_other_bytes(block)?;
        let column = |wanted: &bool| wanted.then_some(Cells::Missing(0));
        let mut columns: Vec<Option<Cells>> = wanted.iter().map(column).collect();
        let mut rows = 0;
        for (at, line) in lines(block) {
            let row = Row { keys: &self.keys, columns: &mut columns, before: rows };
            parse(line, row).map_err(|reason| self.file.wrong(block, at, reason))?;
            rows += 1;
        }
        let columns = columns.into_iter().flatten().map(Cells::finish).collect();
        Ok(if rows == 0 { Vec::new() } else { vec![Rows { rows, columns }] })
    }
}

/// Returns the lines of a block that are not blank, each with where it starts.
fn lines(block: &Block) -> impl Iterator<Item = (usize, &[u8])> {
    let mut next = 0;
    let placed = move |line| {
        let at = next;
        next += <[u8]>::len(line) + 1;
        (at, line)
    };
    let lines = block.text.split(|byte| *byte == LINE_END).map(placed);
    lines.filter(|(_, line)| !line.trim_ascii().is_empty())
}

/// Reads a line as JSON; says why it cannot be.
fn parse<'de>(line: &'de [u8], seed: impl DeserializeSeed<'de, Value = ()>) -> Result<(), String> {
    let mut deserializer = serde_json::Deserializer::from_slice(line);
    let parsed = seed.deserialize(&mut deserializer).and_then(|()| deserializer.end());
    // To the parser every line is the first.
    parsed.map_err(|error| error.to_string().replace(" at line 1 column ", " at column "))
}
