//! How a table's text is written, as it was found out or told.

use std::fmt;

use super::Format;

/// What was detected about a file, for reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    pub format: Format,
    /// Nothing where the format leaves no choice.
    pub encoding: Option<Encoding>,
    /// Nothing where the format is not csv.
    pub csv: Option<CsvDialect>,
}

/// How characters are bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    /// The name in the WHATWG Encoding Standard, as `UTF-8` and `windows-1252`.
    pub name: &'static str,
    /// Whether the file starts with a byte order mark.
    pub has_mark: bool,
}

/// How cells are set apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvDialect {
    pub delimiter: u8,
    pub quote: u8,
    pub line_end: LineEnd,
    /// Whether the first row names the columns.
    pub header: bool,
    /// Columns, counted from 1, whose name is empty in the header and which are called `column_N`.
    pub unnamed: Vec<usize>,
}

/// How lines end, by the first that does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    Lf,
    CrLf,
    Cr,
}

impl LineEnd {
    /// Returns the last byte of a line.
    pub(super) fn last_byte(self) -> u8 {
        if self == Self::Cr { b'\r' } else { b'\n' }
    }
}

impl fmt::Display for LineEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lf => "LF",
            Self::CrLf => "CRLF",
            Self::Cr => "CR",
        })
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        if self.has_mark { f.write_str(" with a byte order mark") } else { Ok(()) }
    }
}

impl fmt::Display for CsvDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.delimiter {
            b'\t' => f.write_str("tab between cells")?,
            other => write!(f, "`{}` between cells", char::from(other))?,
        }
        write!(f, ", quote `{}`, lines end in {}", char::from(self.quote), self.line_end)?;
        if self.header { Ok(()) } else { f.write_str(", no header") }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.format.name())?;
        if let Some(encoding) = &self.encoding {
            write!(f, ", {encoding}")?;
        }
        if let Some(csv) = &self.csv {
            write!(f, ", {csv}")?;
        }
        Ok(())
    }
}
