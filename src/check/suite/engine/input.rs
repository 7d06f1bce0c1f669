//! What a suite is carried out on: tables and files as values.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use crate::check::drift;
use crate::check::suite::engine::view::Numbers;
use crate::check::suite::error::CheckError;
use crate::check::suite::rules::Seen;
use crate::check::suite::spec::Need;
use crate::format::table::{Batch, Field, Table};
use crate::format::{FormatError, Source};

/// Whether a reader goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    On,
    Enough,
}

/// A table that can be read from its first row on as often as is needed.
pub trait Rows: Debug + Sync {
    /// Returns the columns of each batch.
    fn fields(&self) -> Vec<Field>;

    /// Returns the columns that the files have, whether they are read or not.
    fn all_fields(&self) -> Vec<Field> {
        self.fields()
    }

    /// Returns the names of the files that it is read from, as batches number them; none where it is
    /// from no file.
    fn files(&self) -> Vec<String> {
        Vec::new()
    }

    /// Hands the rows over in order until there are no more, or it is enough.
    fn read(
        &self,
        take: &mut (dyn FnMut(&Batch) -> Result<Flow, CheckError> + Send),
    ) -> Result<(), CheckError>;

    /// Hands the rows over as `read` does, each batch with what `look` made of it: on any thread, and in
    /// no order, before it is known how many rows come before.
    fn read_looked(
        &self,
        look: &(dyn Fn(&Batch) -> Looked + Sync),
        take: &mut (dyn FnMut(&Batch, Looked) -> Result<Flow, CheckError> + Send),
    ) -> Result<(), CheckError> {
        self.read(&mut |batch| take(batch, look(batch)))
    }
}

/// What checks made of a batch ahead of its turn.
#[derive(Debug)]
pub struct Looked {
    pub(super) numbers: Numbers,
    /// For each lane, for each of its checks.
    pub(super) seen: Vec<Vec<Option<Seen>>>,
}

/// Why a table was not read to its end.
enum Stop {
    Enough,
    Failed(CheckError),
}

impl From<FormatError> for Stop {
    fn from(error: FormatError) -> Self {
        Self::Failed(error.into())
    }
}

impl Rows for Table {
    fn fields(&self) -> Vec<Field> {
        self.fields().to_vec()
    }

    fn all_fields(&self) -> Vec<Field> {
        self.all_fields().to_vec()
    }

    fn files(&self) -> Vec<String> {
        self.files().map(str::to_owned).collect()
    }

    fn read(
        &self,
        take: &mut (dyn FnMut(&Batch) -> Result<Flow, CheckError> + Send),
    ) -> Result<(), CheckError> {
        read_out(self.for_each(&mut |batch| goes_on(take(batch))))
    }

    fn read_looked(
        &self,
        look: &(dyn Fn(&Batch) -> Looked + Sync),
        take: &mut (dyn FnMut(&Batch, Looked) -> Result<Flow, CheckError> + Send),
    ) -> Result<(), CheckError> {
        read_out(self.for_each_looked(look, &mut |batch, looked| goes_on(take(batch, looked))))
    }
}

fn goes_on(flow: Result<Flow, CheckError>) -> Result<(), Stop> {
    match flow {
        Ok(Flow::On) => Ok(()),
        Ok(Flow::Enough) => Err(Stop::Enough),
        Err(error) => Err(Stop::Failed(error)),
    }
}

fn read_out(read: Result<u64, Stop>) -> Result<(), CheckError> {
    match read {
        Ok(_) | Err(Stop::Enough) => Ok(()),
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// A file, for checks that look at files.
#[derive(Debug, Clone)]
pub struct FileFacts {
    pub path: String,
    pub source: Arc<dyn Source>,
}

/// Everything that a suite is carried out on.
#[derive(Debug)]
pub struct Input<'a> {
    /// What it is called in the report.
    pub dataset: String,
    /// Absent where the suite looks at files only.
    pub table: Option<&'a dyn Rows>,
    pub files: Vec<FileFacts>,
    /// The other tables it reads; nothing where such a table does not exist.
    pub others: BTreeMap<Need, Option<&'a dyn Rows>>,
    /// What was found for checks of drift, by their numbers in the suite; nothing of those for which
    /// nothing could be compared.
    pub drift: BTreeMap<usize, drift::Report>,
    /// The present, in microseconds since 1970.
    pub now: i64,
    /// How many bytes the keys and numbers that are held may take, of all checks together.
    pub memory: usize,
}
