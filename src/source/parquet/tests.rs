use std::path::Path as FilePath;
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, MapBuilder, StringBuilder};
use arrow_array::types::Int8Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Decimal128Array, DictionaryArray, Float64Array,
    Int64Array, LargeStringArray, RecordBatch, StringArray, StringViewArray, StructArray,
    TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::*;
use crate::source::{Container, Event, Place, Reader, parse};

/// A table with a column of nearly every kind, and what Hugging Face's library says of it; texts
/// as given, the other cells made of their numbers.
pub(crate) fn table(texts: &[Option<&str>]) -> RecordBatch {
    let numbers = || (0..texts.len()).map(|row| row as i64);
    let some = |row: i64| row % 5 != 3;
    let word = |row: i64| format!("w{}", row % 7);
    let mut tags = ListBuilder::new(StringBuilder::new());
    let mut pairs = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for row in numbers() {
        for tag in 0..row % 4 {
            tags.values().append_option((tag != 1).then(|| word(row + tag)));
        }
        tags.append(some(row));
        for pair in 0..row % 3 {
            pairs.keys().append_value(format!("k{pair}"));
            pairs.values().append_value(word(row));
        }
        pairs.append(some(row + 1)).unwrap();
    }
    let inner: Vec<(Arc<Field>, ArrayRef)> = vec![
        (
            Arc::new(Field::new("url", DataType::Utf8, true)),
            Arc::new(StringArray::from_iter(
                numbers().map(|row| some(row).then(|| format!("https://example.org/{row}"))),
            )),
        ),
        (
            Arc::new(Field::new("body", DataType::LargeUtf8, true)),
            Arc::new(LargeStringArray::from_iter(texts.iter().copied())),
        ),
    ];
    let keys: DictionaryArray<Int8Type> =
        numbers().map(|row| ["en-GB", "de", "fr"][row as usize % 3]).collect();
    let decimals =
        Decimal128Array::from_iter(numbers().map(|row| some(row).then(|| i128::from(row) * 1001)));
    let times = TimestampMicrosecondArray::from_iter(
        numbers().map(|row| some(row).then_some(row * 1_000_003)),
    );
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from_iter_values(numbers()))),
        ("text", Arc::new(StringArray::from_iter(texts.iter().copied()))),
        ("view", Arc::new(StringViewArray::from_iter(texts.iter().copied()))),
        ("lang", Arc::new(keys)),
        (
            "bytes",
            Arc::new(BinaryArray::from_iter(
                numbers().map(|row| some(row).then_some([0xff, row as u8])),
            )),
        ),
        ("price", Arc::new(decimals.with_precision_and_scale(20, 3).unwrap())),
        ("time", Arc::new(times.with_timezone("UTC"))),
        (
            "flag",
            Arc::new(BooleanArray::from_iter(
                numbers().map(|row| some(row).then_some(row % 2 == 0)),
            )),
        ),
        ("score", Arc::new(Float64Array::from_iter_values(numbers().map(|row| row as f64 / 3.0)))),
        ("tags", Arc::new(tags.finish())),
        ("pairs", Arc::new(pairs.finish())),
        ("meta", Arc::new(StructArray::from(inner))),
    ];
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| {
            let field = Field::new(*name, array.data_type().clone(), *name != "id");
            field.with_metadata([("said".to_owned(), format!("of {name}"))])
        })
        .collect();
    let about = [("huggingface".to_owned(), "{\"info\":{}}".to_owned())];
    let schema = Schema::new_with_metadata(fields, about);
    let columns = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(schema), columns).unwrap()
}

/// A file of these rows, so many in a row group.
pub(crate) fn file_of(batch: &RecordBatch, rows_in_group: usize) -> Vec<u8> {
    let pairs = batch.schema().metadata().clone();
    let pairs = pairs.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(rows_in_group))
        .set_key_value_metadata(Some(pairs))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

/// All rows of a file, as one batch.
pub(crate) fn rows_of(path: &FilePath) -> RecordBatch {
    let file = File::open(path).unwrap();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let schema = builder.schema().clone();
    let batches: Vec<RecordBatch> = builder.build().unwrap().map(Result::unwrap).collect();
    arrow_select::concat::concat_batches(&schema, &batches).unwrap()
}

pub(crate) fn source_at(path: &FilePath) -> Arc<Source> {
    Arc::new(Source {
        name: "t.parquet".into(),
        origin: Origin::File(path.to_owned()),
        container: Container::Parquet,
        compression: Compression::None,
    })
}

fn events(path: &FilePath, options: &ReadOptions, place: Place) -> Vec<Event> {
    Reader::from_place(vec![source_at(path)], options.clone(), place).collect()
}

/// What is read of a file: rows as place and text, and the end.
fn read(path: &FilePath, options: &ReadOptions, place: Place) -> (Vec<Item>, End) {
    let (mut items, mut end) = (Vec::new(), None);
    for event in events(path, options, place) {
        match event {
            Event::Start(_) => {}
            Event::Item(item) => items.push(item),
            Event::End(last) => end = Some(last),
        }
    }
    (items, end.unwrap())
}

fn written(bytes: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    file
}

const TEXTS: [Option<&str>; 8] = [
    Some("The mill stands idle."),
    Some(""),
    None,
    Some("Ünïcödé \u{1F600}"),
    Some("The wheel turned."),
    None,
    Some("The water ran over the sill."),
    Some("Corn was ground here."),
];

#[test]
fn a_row_is_a_record_with_what_other_columns_say_of_it() {
    let file = written(&file_of(&table(&TEXTS), 3));
    let options = ReadOptions { url_field: Some("meta.url".into()), ..ReadOptions::default() };
    let (items, end) = read(file.path(), &options, Place::default());
    assert_eq!((end.items, end.error.as_deref()), (8, None));
    assert_eq!(end.bytes, TEXTS.iter().flatten().map(|text| text.len() as u64).sum::<u64>());
    let parsed = parse(&items[4], &options).unwrap().record;
    assert_eq!(parsed.id, "4");
    assert_eq!(parsed.url.as_deref(), Some("https://example.org/4"));
    assert_eq!(parsed.language.as_deref(), Some("de"));
    assert!(matches!(parsed.body, Body::Text(text) if text == "The wheel turned."));
    let without = parse(&items[3], &options).unwrap().record;
    assert_eq!((without.url, without.language.as_deref()), (None, Some("en")));
    assert_eq!(parse(&items[2], &options).unwrap_err(), Refusal::MissingText("text".into()));
    assert!(
        matches!(parse(&items[1], &options).unwrap().record.body, Body::Text(t) if t.is_empty())
    );
}

#[test]
fn text_may_be_in_any_column_of_strings_and_inside_a_structure() {
    let file = written(&file_of(&table(&TEXTS), 100));
    for column in ["text", "view", "meta.body"] {
        let options = ReadOptions { text_field: column.into(), ..ReadOptions::default() };
        let (items, end) = read(file.path(), &options, Place::default());
        assert_eq!((items.len(), end.error), (8, None), "{column}");
        assert_eq!(items[3].raw, "Ünïcödé \u{1F600}".as_bytes(), "{column}");
    }
    let options = ReadOptions { text_field: "lang".into(), ..ReadOptions::default() };
    assert_eq!(read(file.path(), &options, Place::default()).0[1].raw, b"de");
    let options = ReadOptions { text_field: "bytes".into(), ..ReadOptions::default() };
    let (items, _) = read(file.path(), &options, Place::default());
    assert_eq!(parse(&items[1], &options).unwrap_err(), Refusal::InvalidUtf8(0));
}

#[test]
fn a_column_that_is_not_there_or_holds_no_text_is_named_with_those_there_are() {
    let file = written(&file_of(&table(&TEXTS), 100));
    for (column, said) in [
        ("content", "no column `content`; its columns are `id`, `text`, `view`"),
        ("meta.text", "no column `meta.text`; its columns are `id`"),
        ("score", "column `score` holds Float64 and no text; the columns are `id`"),
    ] {
        let options = ReadOptions { text_field: column.into(), ..ReadOptions::default() };
        let (items, end) = read(file.path(), &options, Place::default());
        assert!(items.is_empty() && end.table.is_none());
        assert!(end.error.as_ref().unwrap().starts_with(said), "{:?}", end.error);
    }
}

#[test]
fn reading_can_begin_at_every_row() {
    let texts: Vec<String> = (0..40).map(|n| "words ".repeat(n * 7 % 23)).collect();
    let texts: Vec<Option<&str>> = texts.iter().map(|text| Some(text.as_str())).collect();
    let file = written(&file_of(&table(&texts), 14));
    let options = ReadOptions::default();
    let shown = |items: &[Item]| -> Vec<(u64, Vec<u8>, usize)> {
        items.iter().map(|item| (item.ordinal, item.raw.clone(), item.weight())).collect()
    };
    let (all, whole) = read(file.path(), &options, Place::default());
    for from in 0..=texts.len() {
        let bytes = texts[..from].iter().flatten().map(|text| text.len() as u64).sum();
        let inside = Some(Inside { items: from as u64, bytes });
        let (rest, end) = read(file.path(), &options, Place { sources: 0, inside });
        assert_eq!(shown(&rest), shown(&all[from..]), "from {from}");
        assert_eq!((end.items, end.bytes), (whole.items, whole.bytes));
        assert_eq!(end.error, None);
    }
    let inside = Some(Inside { items: 41, bytes: 0 });
    let (rest, end) = read(file.path(), &options, Place { sources: 0, inside });
    assert!(rest.is_empty() && end.error.is_some());
}

#[test]
fn a_file_without_rows_has_its_columns() {
    let empty = table(&[]);
    for bytes in [file_of(&empty, 10), {
        // A row group, and no row in it.
        let writer = ArrowWriter::try_new(Vec::new(), empty.schema(), None).unwrap();
        let (mut writer, _) = writer.into_serialized_writer().unwrap();
        let mut group = writer.next_row_group().unwrap();
        while let Some(column) = group.next_column().unwrap() {
            column.close().unwrap();
        }
        group.close().unwrap();
        writer.into_inner().unwrap()
    }] {
        let file = written(&bytes);
        let (items, end) = read(file.path(), &ReadOptions::default(), Place::default());
        assert_eq!((items.len(), end.items, end.error), (0, 0, None));
        assert_eq!(end.table.unwrap().schema.fields().len(), 12);
    }
}

#[test]
fn rows_are_read_by_their_bytes_however_many_a_row_group_has() {
    // Written once and named many times, so that their number is misjudged.
    let texts: Vec<String> =
        (0..600).map(|n| if n < 500 { "a".to_owned() } else { "long ".repeat(60_000) }).collect();
    let texts: Vec<Option<&str>> = texts.iter().map(|text| Some(text.as_str())).collect();
    let column: ArrayRef = Arc::new(StringArray::from_iter(texts.iter().copied()));
    let batch = RecordBatch::try_from_iter([("text", column)]).unwrap();
    let file = written(&file_of(&batch, 1000));
    let (items, end) = read(file.path(), &ReadOptions::default(), Place::default());
    assert_eq!((items.len(), end.error), (600, None));
    let sizes = items.iter().filter_map(|item| Some(bytes_of(&item.row.as_ref()?.rows.batch)));
    let most = sizes.max().unwrap();
    assert!(most <= EXPANDED_BYTES, "{most} bytes at once");
}

#[test]
fn a_text_over_the_limit_is_refused_whole() {
    let file = written(&file_of(&table(&TEXTS), 100));
    let options = ReadOptions { max_bytes: 21, ..ReadOptions::default() };
    let (items, _) = read(file.path(), &options, Place::default());
    assert!(items[0].refused.is_none());
    assert_eq!(items[6].refused, Some(Refusal::TooLarge { limit: 21, part: 0, last: true }));
    assert_eq!(items[6].raw, b"The water ran over the sill.");
}

#[test]
fn what_is_no_parquet_says_so() {
    for (bytes, said) in [
        (&b""[..], "truncated"),
        (b"PAR1", "truncated"),
        (b"PAR1 and then something else that is not it", "corrupt"),
    ] {
        let file = written(bytes);
        let (_, end) = read(file.path(), &ReadOptions::default(), Place::default());
        let error = end.error.unwrap();
        assert!(error.contains(said), "{error}");
    }
    let packed =
        Source { compression: Compression::Gz, ..(*source_at(FilePath::new("x"))).clone() };
    let error = Open::at(&packed, &ReadOptions::default(), 0).err().unwrap();
    assert!(error.contains("decompress it first"), "{error}");
}

#[test]
fn damage_never_panics_and_keeps_what_came_before() {
    let whole = file_of(&table(&TEXTS), 3);
    let options = ReadOptions::default();
    for length in 0..whole.len() {
        let file = written(&whole[..length]);
        let (_, end) = read(file.path(), &options, Place::default());
        let error = end.error.unwrap_or_else(|| panic!("cut at {length} and no error"));
        assert!(!error.is_empty() && error.len() < 1000 && !error.contains('\n'));
    }
    // A step that is prime to everything meets every place and bit sooner or later.
    let (mut state, mut broken) = (1usize, 0);
    for _ in 0..1500 {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut bytes = whole.clone();
        let place = (state >> 20) % bytes.len();
        bytes[place] ^= 1 << ((state >> 50) % 8);
        let file = written(&bytes);
        let (items, end) = read(file.path(), &options, Place::default());
        assert_eq!(end.items, items.len() as u64);
        for item in &items {
            let _ = parse(item, &options);
        }
        broken += usize::from(end.error.is_some());
    }
    assert!(broken > 100, "{broken} of 1500 noticed");
}

#[test]
fn a_stream_is_put_into_a_file_first() {
    let bytes = file_of(&table(&TEXTS), 3);
    let mut file = spooled(&bytes[..]).unwrap();
    let mut again = Vec::new();
    io::Read::read_to_end(&mut file, &mut again).unwrap();
    assert_eq!(again, bytes);
}
