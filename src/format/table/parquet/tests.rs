//! Cases of parquet: what a writer writes is read, and what only claims to be parquet is refused.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray,
    Float32Array, Int8Array, Int64Array, RecordBatch, StringArray, StructArray,
    Time64MicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray, UInt64Array,
};
use arrow_schema::{DataType, Field};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;

use super::compact::{PageSizes, is_sound_footer, page_sizes};
use crate::format::FormatError;
use crate::format::table::{Batch, Table, TableFile, TableOptions};

type Named = Vec<(&'static str, ArrayRef)>;

fn written(columns: Named, compression: Compression) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(1000))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn open(bytes: Vec<u8>) -> Result<Table, FormatError> {
    let file = TableFile { name: "a.parquet".to_owned(), source: Arc::new(bytes) };
    Table::open(vec![file], TableOptions::default())
}

fn batches(table: &Table) -> Result<Vec<Batch>, FormatError> {
    let mut batches = Vec::new();
    table.for_each(&mut |batch| {
        batches.push(batch.clone());
        Ok::<_, FormatError>(())
    })?;
    Ok(batches)
}

/// Every kind of column, in two rows of which the second is missing.
fn kinds() -> Named {
    let structs = StructArray::from(vec![
        (
            Arc::new(Field::new("x", DataType::Int64, true)),
            Arc::new(Int64Array::from(vec![Some(1), None])) as ArrayRef,
        ),
        (
            Arc::new(Field::new("y", DataType::Utf8, true)),
            Arc::new(StringArray::from(vec![Some("é"), None])) as ArrayRef,
        ),
    ]);
    let mut lists = ListBuilder::new(StringBuilder::new());
    lists.append_value([Some("a"), None]);
    lists.append_null();
    let dictionary: DictionaryArray<Int32Type> = vec![Some("low"), None].into_iter().collect();
    let decimal = |scale: i8, value: i128| {
        let array = Decimal128Array::from(vec![Some(value), None]);
        array.with_precision_and_scale(38, scale).unwrap()
    };
    vec![
        ("small", Arc::new(Int8Array::from(vec![Some(-5), None]))),
        ("large", Arc::new(UInt64Array::from(vec![Some(u64::MAX), None]))),
        ("single", Arc::new(Float32Array::from(vec![Some(0.5), None]))),
        ("truth", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("text", Arc::new(StringArray::from(vec![Some("grün"), None]))),
        ("category", Arc::new(dictionary)),
        ("bytes", Arc::new(BinaryArray::from(vec![Some(b"\xff\x00".as_slice()), None]))),
        ("day", Arc::new(Date32Array::from(vec![Some(20_000), None]))),
        ("clock", Arc::new(Time64MicrosecondArray::from(vec![Some(3_661_000_000), None]))),
        ("milli", Arc::new(TimestampMillisecondArray::from(vec![Some(-1), None]))),
        ("nano", Arc::new(TimestampNanosecondArray::from(vec![Some(-1), None]))),
        ("price", Arc::new(decimal(2, 1230))),
        ("key", Arc::new(decimal(0, 170_141_183_460_469_231_731))),
        ("count", Arc::new(decimal(0, 7))),
        ("list", Arc::new(lists.finish())),
        ("object", Arc::new(structs)),
    ]
}

#[test]
fn every_kind_of_column_is_read() {
    let table = open(written(kinds(), Compression::SNAPPY)).unwrap();
    assert_eq!(table.row_count_hint(), Some(2));
    assert_eq!(table.dialect().to_string(), "parquet");
    let batch = &batches(&table).unwrap()[0];
    let kind = |at: usize| format!("{:?}", batch.columns[at]).split('(').next().unwrap().to_owned();
    let shown: Vec<String> = table
        .fields()
        .iter()
        .enumerate()
        .map(|(at, it)| {
            let text = batch.columns[at].text(0).unwrap();
            format!("{}: {} {} {text}", it.name, it.type_name, kind(at))
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    small: Int8 Int -5
    large: UInt64 Float 18446744073709552000
    single: Float32 Float 0.5
    truth: Boolean Bool true
    text: Utf8 Text grün
    category: Utf8 Text low
    bytes: Binary Text ff00
    day: Date32 Date 2024-10-04
    clock: Time64(µs) Text 01:01:01
    milli: Timestamp(ms) Timestamp 1969-12-31T23:59:59.999Z
    nano: Timestamp(ns) Timestamp 1969-12-31T23:59:59.999999Z
    price: Decimal128(38, 2) Float 12.3
    key: Decimal128(38, 0) Text 170141183460469231731
    count: Decimal128(38, 0) Int 7
    list: List(Utf8) Json ["a",null]
    object: Struct("x": Int64, "y": Utf8) Json {"x":1,"y":"é"}
    "#);
    let is_missing = |at: usize| batch.columns[at].is_null(1);
    assert!((0..15).all(is_missing));
    assert_eq!(batch.columns[15].text(1).unwrap(), r#"{"x":null,"y":null}"#);
}

#[test]
fn row_groups_and_batches_follow_each_other_and_columns_are_chosen() {
    let numbers: Int64Array = (0..5000).collect();
    let texts: StringArray = (0..5000).map(|at| Some(at.to_string())).collect();
    let columns: Named = vec![("n", Arc::new(numbers)), ("t", Arc::new(texts))];
    let table = open(written(columns, Compression::ZSTD(ZstdLevel::default()))).unwrap();
    let mut next = 0;
    for batch in batches(&table).unwrap() {
        assert_eq!(batch.first_row, next);
        for row in 0..batch.rows {
            assert_eq!(batch.columns[0].number(row), Some(next as f64));
            assert_eq!(batch.columns[1].text(row).unwrap(), next.to_string());
            next += 1;
        }
    }
    assert_eq!(next, 5000);
    let only = table.with_columns(&["t".into()]).unwrap();
    assert!(batches(&only).unwrap().iter().all(|batch| batch.columns.len() == 1));
    let none = table.with_columns(&[]).unwrap();
    assert!(batches(&none).unwrap().iter().all(|batch| batch.columns.is_empty()));
    assert_eq!(none.for_each(&mut |_| Ok::<_, FormatError>(())).unwrap(), 5000);
}

#[test]
fn a_text_that_a_dictionary_repeats_makes_small_batches() {
    let text = "x".repeat(600);
    let texts: StringArray = (0..100).map(|_| Some(text.as_str())).collect();
    let table = open(written(vec![("t", Arc::new(texts))], Compression::UNCOMPRESSED)).unwrap();
    let batches = batches(&table).unwrap();
    assert_eq!(batches.len(), 100);
}

#[test]
fn what_is_no_parquet_file_is_refused() {
    for bytes in [b"".as_slice(), b"PAR1", b"PAR1PAR1", b"PAR1\xff\xff\xff\xffPAR1", &[0; 100]] {
        let error = open(bytes.to_vec()).unwrap_err().to_string();
        assert_eq!(error, "a.parquet: this is no parquet file, or its footer is damaged");
    }
}

/// A footer around a list that claims more than follows.
fn footer(field: u8, list: &[u8]) -> Vec<u8> {
    [&[0x15, 2, ((field - 1) << 4) | 9], list, &[0]].concat()
}

#[test]
fn a_footer_that_claims_more_than_it_has_is_refused_before_it_is_decoded() {
    assert!(is_sound_footer(&footer(2, &[0x0c])));
    assert!(!is_sound_footer(&footer(2, &[0xfc, 0xff, 0xff, 0xff, 0xff, 0x07])));
    assert!(!is_sound_footer(&footer(4, &[0xfc, 0xff, 0xff, 0xff, 0xff, 0x07])));
    // An element of a schema that claims 2^31 - 1 children.
    let children = [0x1c, 0x55, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0];
    assert!(!is_sound_footer(&footer(2, &children)));
    // Groups in groups, each of one child, without end.
    let deep = [&[0xfc, 0xe8, 0x07][..], &[0x55, 2, 0].repeat(1000)].concat();
    assert!(!is_sound_footer(&footer(2, &deep)));
    // Structs in structs.
    assert!(!is_sound_footer(&[0x1c; 5000]));
}

#[test]
fn a_page_that_claims_too_much_is_refused() {
    let header = [0x15, 4, 0x15, 20, 0x15, 10, 0x4c, 0x15, 6, 0, 0];
    let expected = PageSizes { decompressed: 10, compressed: 5, dictionary_values: 3 };
    assert_eq!(page_sizes(&header), Some(expected));
    assert_eq!(page_sizes(&header[..8]), None);
    // The size of the first page in a real file becomes 1 GiB.
    let file = written(kinds(), Compression::SNAPPY);
    let sizes = page_sizes(&file[4..]).unwrap();
    assert!(sizes.decompressed < 64, "its size takes one byte");
    let claiming = |size: &[u8]| {
        let mut file = file.clone();
        file.splice(7..8, size.iter().copied());
        open(file).and_then(|table| batches(&table)).unwrap_err().to_string()
    };
    let error = claiming(&[0x80, 0x80, 0x80, 0x80, 0x08]);
    assert!(error.contains("a page of 1073741824 bytes"), "{error}");
    // A page of 200 MiB is not too large, but its few bytes cannot be one.
    let error = claiming(&[0x80, 0x80, 0x80, 0xc8, 0x01]);
    let expected = format!("a page of 209715200 bytes cannot be made of {}", sizes.compressed);
    assert!(error.ends_with(&expected), "{error}");
}

proptest! {
    #[test]
    fn a_damaged_file_is_read_or_refused(
        places in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        is_compressed: bool,
    ) {
        let compression = if is_compressed { Compression::SNAPPY } else { Compression::UNCOMPRESSED };
        let mut bytes = written(kinds(), compression);
        for (place, byte) in places {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        let _read_or_refused = open(bytes).and_then(|table| batches(&table));
    }

    #[test]
    fn any_bytes_are_no_footer_that_does_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _sound_or_not = is_sound_footer(&bytes);
        let _sizes_or_none = page_sizes(&bytes);
        let tail = u32::try_from(bytes.len()).unwrap().to_le_bytes();
        let file = [b"PAR1", bytes.as_slice(), &tail, b"PAR1"].concat();
        let _read_or_refused = open(file).and_then(|table| batches(&table));
    }
}
