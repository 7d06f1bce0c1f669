//! Columns that line up, for people. Scripts are given JSON.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use crate::cli::style::{Label, Paint};

/// How a column is set.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    right: bool,
    label: Option<Label>,
}

impl Column {
    /// Returns a column set to the left.
    pub const fn left() -> Self {
        Self { right: false, label: None }
    }

    /// Returns a column set to the right, as numbers are.
    pub const fn right() -> Self {
        Self { right: true, label: None }
    }

    /// Colours the cells of the column.
    pub const fn labeled(self, label: Label) -> Self {
        Self { right: self.right, label: Some(label) }
    }
}

/// Rows under a common set of columns.
#[derive(Debug)]
pub struct Table<const N: usize> {
    columns: [Column; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub fn new(columns: [Column; N]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    pub fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells);
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the rows as lines, two spaces between columns and none at the end.
    pub fn lines(&self, paint: Paint) -> Vec<String> {
        let widths = self.widths();
        self.rows.iter().map(|row| self.line(row, &widths, paint)).collect()
    }

    fn widths(&self) -> [usize; N] {
        let mut widths = [0; N];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        widths
    }

    fn line(&self, row: &[String; N], widths: &[usize; N], paint: Paint) -> String {
        let mut line = String::new();
        let mut owed = 0;
        for ((column, cell), width) in self.columns.iter().zip(row).zip(widths) {
            let padding = width - cell.width();
            let (before, after) = if column.right { (padding, 0) } else { (0, padding) };
            if cell.is_empty() {
                owed += before + after + 2;
            } else {
                let _ = write!(line, "{:1$}", "", owed + before);
                let _ = match column.label {
                    Some(label) => write!(line, "{}", paint.paint(label, cell)),
                    None => write!(line, "{cell}"),
                };
                owed = after + 2;
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_also_with_wide_letters_and_empty_cells() {
        let mut table = Table::new([Column::left(), Column::right(), Column::left()]);
        table.row(["名".into(), "5".into(), "x".into()]);
        table.row(["long".into(), "1000".into(), String::new()]);
        table.row([String::new(), String::new(), "y".into()]);
        let lines = table.lines(Paint { colored: false });
        assert_eq!(lines, ["名       5  x", "long  1000", "            y"]);
    }

    #[test]
    fn colour_does_not_move_a_column() {
        let mut table = Table::new([Column::left().labeled(Label::CommitId), Column::left()]);
        table.row(["a".into(), "x".into()]);
        table.row(["bbb".into(), "y".into()]);
        let lines = table.lines(Paint { colored: true });
        assert_eq!(lines[0], "\u{1b}[34ma\u{1b}[0m    x");
    }
}
