//! Values as people read them: tables, sizes, times, text without control characters.

pub mod changes;
pub mod commit;
mod graph;
pub mod patch;
mod path;
pub mod plot;
mod table;
mod text;
mod time;
pub mod values;

pub use graph::Graph;
pub use path::seen_from;
pub use table::{Column, Table};
pub use text::printable;
pub use time::relative;

/// Returns a number of bytes as people read it, as in `1.5 MiB`.
pub fn size(bytes: u64) -> String {
    bytesize::ByteSize(bytes).display().iec().to_string()
}

/// Returns a count with its noun, as in `1 file` or `3 files`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_counts_read_well() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(count(1, "file"), "1 file");
        assert_eq!(count(0, "file"), "0 files");
    }
}
