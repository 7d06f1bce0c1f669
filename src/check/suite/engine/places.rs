//! Which file a row of a table lies in.

use crate::check::suite::engine::Rows;
use crate::check::suite::report::Sample;
use crate::format::table::Batch;

/// Where the rows of each file begin.
#[derive(Debug)]
pub struct Places {
    files: Vec<String>,
    /// The number of the first row of each file that was seen, and which file that is.
    first_rows: Vec<(u64, usize)>,
}

impl Places {
    pub fn new(table: Option<&dyn Rows>) -> Self {
        Self { files: table.map(Rows::files).unwrap_or_default(), first_rows: Vec::new() }
    }

    /// Notes where a batch lies; batches come in the order of the table.
    pub fn see(&mut self, batch: &Batch) {
        if self.first_rows.last().is_none_or(|(_, file)| *file != batch.file) {
            self.first_rows.push((batch.first_row, batch.file));
        }
    }

    /// Names the files of rows that are shown.
    pub fn note_in(&self, samples: &mut [Sample]) {
        for sample in samples {
            let Some((file, row)) = sample.row.and_then(|row| self.place_of(row)) else { continue };
            sample.file = Some(file.to_owned());
            sample.row_of_file = Some(row);
        }
    }

    /// Returns the file of a row, and its number there, from 0.
    fn place_of(&self, row: u64) -> Option<(&str, u64)> {
        let after = self.first_rows.partition_point(|(first, _)| *first <= row);
        let (first, file) = self.first_rows.get(after.checked_sub(1)?)?;
        Some((self.files.get(*file)?, row - first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_in_its_file_and_empty_files_have_none() {
        let files = ["a", "empty", "b"].map(str::to_owned).to_vec();
        let mut places = Places { files, first_rows: Vec::new() };
        for (file, first_row, rows) in [(0, 0, 2), (0, 2, 3), (2, 5, 1)] {
            places.see(&Batch { file, first_row, rows, columns: Vec::new() });
        }
        assert_eq!(places.place_of(0), Some(("a", 0)));
        assert_eq!(places.place_of(4), Some(("a", 4)));
        assert_eq!(places.place_of(5), Some(("b", 0)));
        let nowhere = Places { files: Vec::new(), ..places };
        assert_eq!(nowhere.place_of(0), None);
    }
}
