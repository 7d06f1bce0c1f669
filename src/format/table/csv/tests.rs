//! Laws and cases of csv: what is written is what is read, however it is cut, quoted and encoded.

use std::sync::Arc;

use proptest::prelude::*;

use super::records::{Marks, Records};
use crate::format::FormatError;
use crate::format::table::blocks::{Blocks, LONGEST_RECORD};
use crate::format::table::{Field, LineEnd, Table, TableFile, TableOptions};

type Cells = Vec<Vec<Option<String>>>;

const COMMA: Marks = Marks { delimiter: b',', quote: b'"' };

fn files(texts: &[(&str, &[u8])]) -> Vec<TableFile> {
    let file = |(name, bytes): &(&str, &[u8])| TableFile {
        name: (*name).to_owned(),
        source: Arc::new(bytes.to_vec()),
    };
    texts.iter().map(file).collect()
}

fn open(bytes: &[u8]) -> Result<Table, FormatError> {
    Table::open(files(&[("a.csv", bytes)]), TableOptions::default())
}

fn cells(table: &Table) -> Result<Cells, FormatError> {
    let mut rows = Vec::new();
    let count = table.for_each(&mut |batch| {
        assert_eq!(batch.first_row, rows.len() as u64);
        assert!(batch.columns.iter().all(|column| column.len() == batch.rows));
        for row in 0..batch.rows {
            let cell = |column: &crate::format::table::Column| column.text(row).map(Into::into);
            rows.push(batch.columns.iter().map(cell).collect());
        }
        Ok::<_, FormatError>(())
    })?;
    assert_eq!(count, rows.len() as u64);
    Ok(rows)
}

fn read(bytes: &[u8]) -> Cells {
    cells(&open(bytes).unwrap()).unwrap()
}

fn refusal(bytes: &[u8]) -> String {
    open(bytes).and_then(|table| cells(&table)).unwrap_err().to_string()
}

fn names(table: &Table) -> Vec<&str> {
    table.fields().iter().map(|Field { name, .. }| name.as_str()).collect()
}

fn row(cells: &[Option<&str>]) -> Vec<Option<String>> {
    cells.iter().map(|cell| cell.map(str::to_owned)).collect()
}

#[test]
fn an_empty_cell_is_missing_and_a_quoted_empty_one_is_empty_text() {
    let rows = read("a,b,c\n1,,\"\"\n\"x, \"\"y\"\"\nz\",é,\n".as_bytes());
    let expected =
        [row(&[Some("1"), None, Some("")]), row(&[Some("x, \"y\"\nz"), Some("é"), None])];
    assert_eq!(rows, expected);
}

#[test]
fn null_values_are_missing_quoted_or_not() {
    let options = TableOptions { null_values: vec!["NA".into(), "-".into()], ..Default::default() };
    let text = b"a,b\nNA,\"NA\"\n-,NAN\n";
    let table = Table::open(files(&[("a.csv", text)]), options).unwrap();
    assert_eq!(cells(&table).unwrap(), [row(&[None, None]), row(&[None, Some("NAN")])]);
}

#[test]
fn the_dialect_is_detected_and_told() {
    let cases: [(&str, &[u8], &str); 7] = [
        ("a.csv", b"a,b\n1,2\n", "csv, UTF-8, `,` between cells, quote `\"`, lines end in LF"),
        (
            "a.csv",
            b"a;b\r\n1,5;2,5\r\n",
            "csv, UTF-8, `;` between cells, quote `\"`, lines end in CRLF",
        ),
        ("a.csv", b"a|b\r1|2\r", "csv, UTF-8, `|` between cells, quote `\"`, lines end in CR"),
        ("a.tsv", b"a\n1,2\n", "csv, UTF-8, tab between cells, quote `\"`, lines end in LF"),
        (
            "a.csv",
            b"'a','b'\n'1,2','3'\n",
            "csv, UTF-8, `,` between cells, quote `'`, lines end in LF",
        ),
        (
            "a.csv",
            b"\xEF\xBB\xBFa,b\n1,2\n",
            "csv, UTF-8 with a byte order mark, `,` between cells, quote `\"`, lines end in LF",
        ),
        (
            "a.csv",
            b"a,b\n\xE9,2\n",
            "csv, windows-1252, `,` between cells, quote `\"`, lines end in LF",
        ),
    ];
    for (name, bytes, expected) in cases {
        let table = Table::open(files(&[(name, bytes)]), TableOptions::default()).unwrap();
        assert_eq!(table.dialect().to_string(), expected);
        assert_eq!(cells(&table).unwrap().len(), 1, "{expected}");
        assert!(table.fields()[0].name.starts_with('a'), "{expected}");
    }
}

#[test]
fn a_delimiter_that_stands_in_texts_is_not_mistaken() {
    let table = open(b"id;note\n1;a, b, c\n2;d, e, f\n").unwrap();
    assert_eq!(names(&table), ["id", "note"]);
    let table = open(b"name,note\nA,x;y;z\nB,x;y;z\n").unwrap();
    assert_eq!(names(&table), ["name", "note"]);
    let table = open(b"name,note\nO'Neil,'tis\nB,it's\n").unwrap();
    assert_eq!(cells(&table).unwrap()[0], row(&[Some("O'Neil"), Some("'tis")]));
}

#[test]
fn every_encoding_gives_the_same_cells() {
    let text = "näme,b\nÄé,2\n";
    let units = |to: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to).collect::<Vec<u8>>();
    let big = units(u16::to_be_bytes);
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(text);
    let encoded: [(&str, Vec<u8>); 5] = [
        ("UTF-8", text.into()),
        ("UTF-8", [b"\xEF\xBB\xBF", text.as_bytes()].concat()),
        ("UTF-16LE", [b"\xFF\xFE".to_vec(), units(u16::to_le_bytes)].concat()),
        ("UTF-16BE", [b"\xFE\xFF".to_vec(), big].concat()),
        ("windows-1252", latin.into_owned()),
    ];
    for (name, bytes) in encoded {
        let table = open(&bytes).unwrap();
        assert_eq!(table.dialect().encoding.unwrap().name, name);
        assert_eq!(names(&table), ["näme", "b"], "{name}");
        assert_eq!(cells(&table).unwrap(), [row(&[Some("Äé"), Some("2")])], "{name}");
    }
}

#[test]
fn bytes_that_are_no_utf8_are_refused_with_their_line() {
    let mut text = b"a,b\n".to_vec();
    text.extend(b"1,2\n".repeat(20_000));
    text.extend(b"3,\xFF\n");
    let expected = "a.csv:20002: bytes that are not UTF-8: name the encoding of the file if it is \
                    another";
    assert_eq!(refusal(&text), expected);
    let broken = [b"\xFF\xFEa\0\n\0".as_slice(), b"\x00\xD8b\0"].concat();
    assert!(refusal(&broken).starts_with("a.csv:2: bytes that are not UTF-16LE"));
    let options = TableOptions { encoding: Some("latin1".into()), ..Default::default() };
    let table = Table::open(files(&[("a.csv", &text)]), options).unwrap();
    assert_eq!(cells(&table).unwrap()[20_000], row(&[Some("3"), Some("ÿ")]));
}

#[test]
fn a_row_of_another_width_is_refused_with_its_line() {
    assert_eq!(refusal(b"a,b\n1,2\n1,2,3\n"), "a.csv:3: row has 3 fields, the header has 2");
    assert_eq!(refusal(b"a,b\n\"x\ny\",2\n1\n"), "a.csv:4: row has 1 field, the header has 2");
}

#[test]
fn a_head_that_names_no_columns_is_refused_or_numbered() {
    let empty = "a.csv: the file is empty: no line in it holds anything";
    assert_eq!(refusal(b""), empty);
    assert_eq!(refusal(b"\n\r\n"), empty);
    assert_eq!(refusal(b"\xEF\xBB\xBF"), empty);
    assert_eq!(refusal(b"\na,b,a\n"), "a.csv:2: two columns are called `a`");
    assert!(refusal(b"a\0b").contains("bytes that are zero"));
    let table = open(b",a\n0,1\n").unwrap();
    assert_eq!(names(&table), ["column_1", "a"]);
    assert_eq!(table.dialect().csv.as_ref().unwrap().unnamed, [1]);
    let options = TableOptions { header: false, ..Default::default() };
    let table = Table::open(files(&[("a.csv", b"1,2\n3,4\n")]), options).unwrap();
    assert_eq!(names(&table), ["column_1", "column_2"]);
    assert_eq!(cells(&table).unwrap().len(), 2);
}

#[test]
fn a_row_too_long_and_a_quote_left_open_are_refused_with_their_line() {
    let mut text = b"a,b\n1,2\n\"x".to_vec();
    text.extend(b"y,\n".repeat(3000));
    assert_eq!(refusal(&text), "a.csv:3: a quoted cell begins here and never ends");
    text.extend(b"y,\n".repeat(LONGEST_RECORD));
    assert!(refusal(&text).starts_with("a.csv:3: a row of more than"));
}

#[test]
fn a_header_longer_than_the_head_is_read_whole() {
    let names: Vec<String> = (0..9000).map(|at| format!("c{at}")).collect();
    let mut text = names.join(",");
    text.push('\n');
    let table = open(text.as_bytes()).unwrap();
    assert_eq!(table.fields().len(), 9000);
    assert!(cells(&table).unwrap().is_empty());
}

#[test]
fn only_the_columns_that_are_asked_for_are_read() {
    let table = open(b"a,b,c\n1,2,3\n").unwrap();
    let table = table.with_columns(&["c".into(), "a".into()]).unwrap();
    assert_eq!(names(&table), ["a", "c"]);
    assert_eq!(cells(&table).unwrap(), [row(&[Some("1"), Some("3")])]);
    let none = table.with_columns(&[]).unwrap();
    assert_eq!(none.for_each(&mut |_| Ok::<_, FormatError>(())).unwrap(), 1);
    let missing = table.with_columns(&["d".into()]).unwrap_err();
    assert_eq!(missing.to_string(), "a.csv: there is no column `d`");
}

#[test]
fn files_of_a_table_follow_each_other_by_name_and_have_the_same_columns() {
    let (two, one) = (("2.csv", b"a;b\n3;4\n".as_slice()), ("1.csv", b"a,b\n1,2\n".as_slice()));
    let table = Table::open(files(&[two, one]), TableOptions::default()).unwrap();
    let expected = [row(&[Some("1"), Some("2")]), row(&[Some("3"), Some("4")])];
    assert_eq!(cells(&table).unwrap(), expected);
    let refuse = |other: &[u8]| {
        let other = ("3.csv", other);
        Table::open(files(&[one, other]), TableOptions::default()).unwrap_err().to_string()
    };
    assert_eq!(refuse(b"b,a\n"), "3.csv: column 1 is `b`, and `a` in 1.csv");
    assert_eq!(refuse(b"a\n"), "3.csv: column 2 is missing, and `b` in 1.csv");
    let none = Table::open(Vec::new(), TableOptions::default()).unwrap_err();
    assert_eq!(none.to_string(), "a table needs a file, and there is none");
}

#[test]
fn an_error_of_the_caller_ends_the_reading() {
    let mut text = b"a\n".to_vec();
    text.extend(b"1\n".repeat(100_000));
    let mut calls = 0;
    let result = open(&text).unwrap().for_each(&mut |_| {
        calls += 1;
        Err(FormatError::NoFiles)
    });
    assert!(matches!(result, Err(FormatError::NoFiles)));
    assert_eq!(calls, 1);
}

#[test]
fn dialects_name_how_lines_end() {
    let ends = |text: &[u8]| open(text).unwrap().dialect().csv.as_ref().unwrap().line_end;
    assert_eq!(ends(b"a,b\n1,\"x\ry\"\n"), LineEnd::Lf);
    assert_eq!(ends(b"a,b"), LineEnd::Lf);
}

fn cell() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        1 => Just(None),
        4 => "[a-z0-9.]{1,9}".prop_map(Some),
        2 => "[a-z\",;\n\r é'|\t]{0,12}".prop_map(Some),
    ]
}

fn table_of_cells() -> impl Strategy<Value = Cells> {
    (2_usize..5).prop_flat_map(|width| {
        proptest::collection::vec(proptest::collection::vec(cell(), width), 0..60)
    })
}

fn written(rows: &Cells, width: usize, line_end: &str) -> String {
    let cell = |cell: &Option<String>| match cell {
        None => String::new(),
        Some(text) if !text.is_empty() && text.chars().all(char::is_alphanumeric) => text.clone(),
        Some(text) => format!("\"{}\"", text.replace('"', "\"\"")),
    };
    let header = (0..width).map(|at| format!("c{at}")).collect::<Vec<_>>().join(",");
    let lines = rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(","));
    [header].into_iter().chain(lines).map(|line| line + line_end).collect()
}

fn recorded(text: &[u8], marks: Marks) -> Vec<Vec<Vec<u8>>> {
    let mut records = Records::new(text, marks);
    let mut all = Vec::new();
    loop {
        let mut record = Vec::new();
        if records.read(&mut |cell, _| record.push(cell.to_vec())).is_none() {
            return all;
        }
        all.push(record);
    }
}

/// What csv-core alone reads.
fn recorded_by_csv_core(text: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let mut core = csv_core::Reader::new();
    let (mut text, mut all, mut record) = (text, Vec::new(), Vec::new());
    let mut cell = vec![0; text.len() + 1];
    let mut filled = 0;
    loop {
        let (result, read, written) = core.read_field(text, &mut cell[filled..]);
        text = &text[read..];
        filled += written;
        if let csv_core::ReadFieldResult::Field { record_end } = result {
            record.push(cell[..std::mem::take(&mut filled)].to_vec());
            if record_end {
                all.push(std::mem::take(&mut record));
            }
        } else if matches!(result, csv_core::ReadFieldResult::End) {
            return all;
        }
    }
}

fn marks_of_any_text() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(
        prop_oneof![Just(b'a'), Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r')],
        0..200,
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        rows in table_of_cells(),
        line_end in prop_oneof![Just("\n"), Just("\r\n")],
        batch_rows in 1_usize..70,
    ) {
        let width = rows.first().map_or(2, Vec::len);
        let text = written(&rows, width, line_end);
        let options = TableOptions { delimiter: Some(b','), batch_rows, ..Default::default() };
        let table = Table::open(files(&[("a.csv", text.as_bytes())]), options).unwrap();
        prop_assert_eq!(cells(&table).unwrap(), rows);
    }

    #[test]
    fn files_cut_anywhere_are_the_same_table(rows in table_of_cells(), at in 0_usize..60) {
        let width = rows.first().map_or(2, Vec::len);
        let (one, two) = rows.split_at(at.min(rows.len()));
        let [one, two] = [one, two].map(|rows| written(&rows.to_vec(), width, "\n"));
        let parts = [("1.csv", one.as_bytes()), ("2.csv", two.as_bytes())];
        let options = TableOptions { delimiter: Some(b','), ..Default::default() };
        let table = Table::open(files(&parts), options).unwrap();
        prop_assert_eq!(cells(&table).unwrap(), rows);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        let _read_or_refused = open(&bytes).and_then(|table| cells(&table));
    }

    #[test]
    fn lines_cut_directly_are_what_csv_core_reads(text in marks_of_any_text()) {
        prop_assert_eq!(recorded(&text, COMMA), recorded_by_csv_core(&text));
    }

    #[test]
    fn blocks_hold_whole_records(text in marks_of_any_text(), times in 1_usize..40) {
        let text = text.repeat(times);
        let blocks: Result<Vec<_>, _> = Blocks::new(text.as_slice(), Some(COMMA), b'\n').collect();
        let Ok(blocks) = blocks else { return Ok(()) };
        let mut apart = Vec::new();
        let mut line = 1;
        for block in &blocks {
            prop_assert_eq!(block.line, line);
            line += memchr::memchr_iter(b'\n', &block.text).count() as u64;
            apart.extend(recorded(&block.text, COMMA));
        }
        prop_assert_eq!(apart, recorded(&text, COMMA));
    }
}
