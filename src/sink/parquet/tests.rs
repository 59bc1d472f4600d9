use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int8Type;
use arrow_array::{ArrayRef, DictionaryArray, StringArray, UInt32Array};

use super::*;
use crate::sink::output::Outputs;
use crate::sink::render::Rendered;
use crate::sink::run::{Lengths, RunDir};
use crate::source::parquet::tests::{file_of, rows_of, source_at, table};
use crate::source::parquet::{Row, bytes_at};
use crate::source::{End, Event, ReadOptions, Reader, Source};

/// The rows of a batch as a source gives them.
fn rows(batch: &RecordBatch, text_field: &str) -> Vec<Row> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), file_of(batch, 7)).unwrap();
    let options = ReadOptions { text_field: text_field.into(), ..ReadOptions::default() };
    Reader::new(vec![source_at(file.path())], options)
        .filter_map(|event| match event {
            Event::Item(item) => item.row,
            Event::Start(_) => None,
            Event::End(end) => {
                assert_eq!(end.error, None);
                None
            }
        })
        .collect()
}

fn read_back(file: &[u8]) -> RecordBatch {
    let at = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(at.path(), file).unwrap();
    rows_of(at.path())
}

/// Takes rows whose number `keep` likes, with the texts that it gives.
fn gathered(rows: Vec<Row>, keep: impl Fn(usize) -> Option<Option<String>>) -> Gathered {
    let mut taken = Rows::default();
    for (number, row) in rows.into_iter().enumerate() {
        match keep(number) {
            Some(text) => taken.kept.push(KeptRow { row, text, note: None }),
            None => taken.aside.push(row),
        }
    }
    taken.gather(false);
    taken.gathered.unwrap().unwrap()
}

fn assembled(form: &Form, segments: &[u8]) -> Result<Vec<u8>, ParquetFault> {
    let footer = form.footer(io::Cursor::new(segments))?;
    Ok([segments, &footer].concat())
}

fn rows_numbered(batch: &RecordBatch, numbers: &[u32]) -> RecordBatch {
    let numbers = UInt32Array::from(numbers.to_vec());
    arrow_select::take::take_record_batch(batch, &numbers).unwrap()
}

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("text {n} {}", "word ".repeat(n % 9))).collect()
}

#[test]
fn rows_come_out_as_they_were_but_for_their_text() {
    let texts = texts(50);
    let texts: Vec<Option<&str>> = texts.iter().map(|text| Some(text.as_str())).collect();
    let whole = table(&texts);
    for (column, number) in [("text", 1), ("view", 2), ("meta.body", 11)] {
        let rows = rows(&whole, column);
        let table = rows[0].rows.table.clone();
        let keep = |n: usize| (n % 4 != 1).then(|| (n % 4 == 2).then(|| format!("cut {n}")));
        let out = gathered(rows, keep);
        let form = Form::of(&table, false);
        let kept = read_back(&form.encode(&out.kept).unwrap());
        let numbers: Vec<u32> = (0..50).filter(|n| n % 4 != 1).collect();
        let expected = rows_numbered(&whole, &numbers);
        assert_eq!(kept.schema(), expected.schema());
        for at in 0..whole.num_columns() {
            assert_eq!(at == number, kept.column(at) != expected.column(at), "{column}, {at}");
        }
        for (row, n) in numbers.iter().enumerate() {
            let text = bytes_at(&kept, &table.text, row).unwrap();
            let expected = if n % 4 == 2 {
                format!("cut {n}")
            } else {
                texts[*n as usize].unwrap().to_owned()
            };
            assert_eq!(std::str::from_utf8(text).unwrap(), expected, "{column}");
        }
        let aside = read_back(&form.encode(&out.aside).unwrap());
        let numbers: Vec<u32> = (0..50).filter(|n| n % 4 == 1).collect();
        assert_eq!(aside, rows_numbered(&whole, &numbers));
    }
}

#[test]
fn texts_in_a_dictionary_stay_in_one_even_with_the_smallest_keys() {
    let words = ["alpha", "beta", "gamma"];
    let column: DictionaryArray<Int8Type> =
        (0..400).map(|n| (n % 10 != 9).then(|| words[n % 3])).collect();
    let column: ArrayRef = Arc::new(column);
    let batch = RecordBatch::try_from_iter_with_nullable([("text", column, true)]).unwrap();
    let rows = rows(&batch, "text");
    let form = Form::of(&rows[0].rows.table.clone(), false);
    let out = gathered(rows, |n| Some((n % 10 != 9).then(|| format!("{} cut", words[n % 3]))));
    let kept = read_back(&form.encode(&out.kept).unwrap());
    assert_eq!(kept.schema(), batch.schema());
    let path = &out.table.text;
    for n in 0..400 {
        let expected = (n % 10 != 9).then(|| format!("{} cut", words[n % 3]));
        assert_eq!(bytes_at(&kept, path, n), expected.as_deref().map(str::as_bytes));
    }
}

#[test]
fn annotations_are_a_column_of_their_own_under_a_free_name() {
    let texts = [Some("one"), Some("two")];
    let rows = rows(&table(&texts), "text");
    let mut taken = Rows {
        kept: rows
            .into_iter()
            .map(|row| KeptRow { row, text: None, note: Some("{\"action\":\"kept\"}".into()) })
            .collect(),
        ..Rows::default()
    };
    taken.gather(true);
    let out = taken.gathered.unwrap().unwrap();
    let form = Form::of(&out.table, true);
    let kept = read_back(&form.encode(&out.kept).unwrap());
    let notes = kept.column_by_name("tamis").unwrap().as_string::<i32>().value(1).to_owned();
    assert_eq!(notes, "{\"action\":\"kept\"}");
    let columns = kept.columns()[..12].to_vec();
    let mut annotated = (*out.table).clone();
    annotated.schema = kept.schema();
    let trimmed = Form::without_annotation(&annotated);
    assert_eq!(RecordBatch::try_new(trimmed.schema().clone(), columns).unwrap(), table(&texts));
    assert_eq!(column_name(&kept.schema()), "tamis_2");
}

#[test]
fn segments_are_put_together_without_a_change() {
    let texts = texts(60);
    let texts: Vec<Option<&str>> = texts.iter().map(|text| Some(text.as_str())).collect();
    let whole = table(&texts);
    let rows = rows(&whole, "text");
    let form = Form::of(&rows[0].rows.table.clone(), false);
    let mut segments = Vec::new();
    for part in [0..1, 1..1, 1..40, 40..60] {
        let batches: Vec<RecordBatch> = part.clone().map(|row| whole.slice(row, 1)).collect();
        let segment = form.segment(&batches).unwrap();
        assert_eq!(segment.is_empty(), part.is_empty());
        // However the rows stand in batches, their bytes are the same.
        let joined = whole.slice(part.start, part.len());
        assert!(form.segment(&[joined]).unwrap() == segment);
        segments.extend(segment);
    }
    let file = assembled(&form, &segments).unwrap();
    assert_eq!(read_back(&file), whole);
    assert!(assembled(&form, &segments).unwrap() == file);
    let length = u32::from_le_bytes(*file[..file.len() - 4].last_chunk().unwrap()) as usize;
    let metadata =
        ParquetMetaDataReader::decode_metadata(&file[file.len() - 8 - length..file.len() - 8])
            .unwrap();
    let groups: Vec<i64> = metadata.row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(groups, [1, 39, 20]);
    let pairs = metadata.file_metadata().key_value_metadata().unwrap();
    let keys: Vec<&str> = pairs.iter().map(|pair| pair.key.as_str()).collect();
    assert_eq!(keys, ["huggingface", "ARROW:schema"]);
    let column = metadata.row_group(0).column(1);
    assert!(matches!(column.compression(), Compression::ZSTD(_)));
}

#[test]
fn no_segment_makes_a_file_with_its_columns_and_no_row() {
    let rows = rows(&table(&[Some("one")]), "text");
    let form = Form::of(&rows[0].rows.table.clone(), false);
    let file = assembled(&form, &[]).unwrap();
    let empty = read_back(&file);
    assert_eq!((empty.num_rows(), empty.schema()), (0, table(&[]).schema()));
}

#[test]
fn damaged_segments_are_noticed() {
    let form = Form::of_documents();
    let one = Document { text: "a text", id: "1", ..Document::default() };
    let segment = form.segment(&[documents(&[one]).unwrap()]).unwrap();
    for length in 1..segment.len() {
        assert!(assembled(&form, &segment[..length]).is_err(), "cut at {length}");
    }
    let other = Form::of(&rows(&table(&[Some("one")]), "text")[0].rows.table.clone(), false);
    assert!(matches!(assembled(&other, &segment), Err(ParquetFault::Damaged)));
}

#[test]
fn documents_are_rows_and_rows_are_json() {
    let all = [
        Document {
            text: "one \"two\"",
            id: "a",
            url: Some("https://example.org/"),
            metadata: None,
        },
        Document { text: "", id: "b", url: None, metadata: Some("{\"line\":2}") },
    ];
    let batch = read_back(&Form::of_documents().encode(&[documents(&all).unwrap()]).unwrap());
    let lines = String::from_utf8(json_lines(&batch).unwrap()).unwrap();
    assert_eq!(
        lines,
        "{\"text\":\"one \\\"two\\\"\",\"id\":\"a\",\"url\":\"https://example.org/\",\"metadata\":null}\n\
         {\"text\":\"\",\"id\":\"b\",\"url\":null,\"metadata\":\"{\\\"line\\\":2}\"}\n"
    );
    assert_eq!(row_to_json(&batch, 1).unwrap().as_deref(), lines.lines().nth(1));
    assert_eq!(row_to_json(&batch, 2).unwrap(), None);
    let mixed = row_to_json(&table(&[Some("x"), None]), 1).unwrap().unwrap();
    let value: serde_json::Value = serde_json::from_str(&mixed).unwrap();
    assert_eq!(value["text"], serde_json::Value::Null);
    assert_eq!(value["meta"]["url"], "https://example.org/1");
    assert_eq!(value["lang"], "de");
    assert_eq!(value["time"], "1970-01-01T00:00:01.000003Z");
}

#[test]
fn a_type_that_parquet_has_not_is_an_error() {
    let column: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
    let batch = RecordBatch::try_from_iter([("text", column)]).unwrap();
    let other = Form { schema: table(&[]).schema(), ..Form::of_documents() };
    assert!(other.encode(&[batch]).is_err());
}

/// Writes the rows from one on as a run does, an epoch after every third; each epoch's lengths.
fn write_from(run: &mut RunDir, rows: &[Row], from: usize) -> Vec<Lengths> {
    let mut lengths = Vec::new();
    for (number, row) in rows.iter().enumerate().skip(from) {
        let mut rendered = Rendered::default();
        let row = row.clone();
        match number % 4 {
            1 => rendered.rows.aside.push(row),
            n => {
                let text = (n == 2).then(|| format!("cut {number}"));
                rendered.rows.kept.push(KeptRow { row, text, note: Some("{}".into()) });
            }
        }
        rendered.rows.gather(true);
        run.write(&rendered).unwrap();
        if number % 3 == 2 {
            lengths.push(run.mark().unwrap());
        }
    }
    lengths
}

fn end_of(source: &Arc<Source>, rows: &[Row]) -> End {
    let table = Some(rows[0].rows.table.clone());
    let source = source.clone();
    End { source, bytes: 0, items: rows.len() as u64, final_newline: true, error: None, table }
}

#[test]
fn a_run_taken_up_after_any_epoch_writes_the_same_files() {
    let texts = texts(20);
    let texts: Vec<Option<&str>> = texts.iter().map(|text| Some(text.as_str())).collect();
    let rows = rows(&table(&texts), "text");
    let source = source_at(std::path::Path::new("t.parquet"));
    let create = |root: &std::path::Path| {
        let mut run = RunDir::create(root, Outputs::default(), 2).unwrap().annotated(true);
        run.start(&source);
        run
    };
    let files = |root: &std::path::Path| {
        ["t.parquet", "_tamis/aside/t.parquet"].map(|name| std::fs::read(root.join(name)).unwrap())
    };
    let whole = tempfile::tempdir().unwrap();
    let mut run = create(whole.path());
    let lengths = write_from(&mut run, &rows, 0);
    let entry = run.end(end_of(&source, &rows)).unwrap();
    assert_eq!(entry.output.as_deref(), Some("t.parquet"));
    run.finish().unwrap();
    let expected = files(whole.path());
    assert_eq!(read_back(&expected[0]).num_rows(), 15);
    assert_eq!(read_back(&expected[1]).num_rows(), 5);
    for (epoch, lengths) in lengths.iter().enumerate() {
        for is_ended in [false, true] {
            // Interrupted later than at the epoch's end, even with the files complete.
            let folder = tempfile::tempdir().unwrap();
            let mut run = create(folder.path());
            write_from(&mut run, &rows, 0);
            if is_ended {
                run.end(end_of(&source, &rows)).unwrap();
            }
            drop(run);
            let run = RunDir::resume(folder.path(), Outputs::default(), 1, lengths).unwrap();
            let mut run = run.annotated(true);
            write_from(&mut run, &rows, 3 * (epoch + 1));
            run.end(end_of(&source, &rows)).unwrap();
            run.finish().unwrap();
            assert!(files(folder.path()) == expected, "after epoch {epoch}, ended: {is_ended}");
        }
    }
}

#[test]
fn a_source_of_rows_of_which_none_is_kept_has_a_file_of_no_row() {
    let rows = rows(&table(&[Some("one")]), "text");
    let source = source_at(std::path::Path::new("t.parquet"));
    let folder = tempfile::tempdir().unwrap();
    let mut run = RunDir::create(folder.path(), Outputs::default(), 1).unwrap();
    run.start(&source);
    run.end(end_of(&source, &rows)).unwrap();
    run.start(&source);
    let unread = End { table: None, ..end_of(&source, &rows) };
    assert_eq!(run.end(unread).unwrap().output, None);
    run.finish().unwrap();
    assert_eq!(rows_of(&folder.path().join("t.parquet")).num_rows(), 0);
    assert!(!folder.path().join("_tamis/aside").exists());
}
