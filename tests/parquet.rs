//! Tables through the program: cleaned and put back together, every column as it was.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, Int32Type};
use arrow_array::{
    Array, ArrayRef, BinaryArray, Decimal128Array, DictionaryArray, Int64Array, LargeStringArray,
    RecordBatch, StringArray, StringViewArray, StructArray, TimestampNanosecondArray, UInt32Array,
};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;

fn tamis(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tamis"))
        .args(args)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

fn run(folder: &Path, args: &[&str], code: i32) -> Output {
    let done = tamis(folder, args);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(code), "{args:?}: {said}");
    done
}

/// A cell of every column that is not the text.
#[derive(Clone, Debug)]
struct Cells {
    id: i64,
    word: Option<String>,
    bytes: Option<Vec<u8>>,
    price: Option<i64>,
    time: Option<i64>,
    tags: Option<Vec<Option<String>>>,
}

fn table(rows: &[(Option<String>, Cells)], kind: &DataType) -> RecordBatch {
    let texts = || rows.iter().map(|(text, _)| text.as_deref());
    let cells = || rows.iter().map(|(_, cells)| cells);
    let plain: ArrayRef = Arc::new(StringArray::from_iter(texts()));
    let text: ArrayRef = match kind {
        DataType::LargeUtf8 => Arc::new(LargeStringArray::from_iter(texts())),
        DataType::Utf8View => Arc::new(StringViewArray::from_iter(texts())),
        DataType::Binary => Arc::new(BinaryArray::from_iter(texts())),
        DataType::Dictionary(..) => Arc::new(texts().collect::<DictionaryArray<Int32Type>>()),
        _ => plain.clone(),
    };
    let mut tags = ListBuilder::new(StringBuilder::new());
    for row in cells() {
        tags.append_option(row.tags.clone());
    }
    let words: DictionaryArray<Int8Type> = cells().map(|row| row.word.as_deref()).collect();
    let prices = Decimal128Array::from_iter(cells().map(|row| row.price.map(i128::from)));
    let times = TimestampNanosecondArray::from_iter(cells().map(|row| row.time));
    let inner = Arc::new(Field::new("again", DataType::Utf8, true));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from_iter_values(cells().map(|row| row.id)))),
        ("word", Arc::new(words)),
        ("text", text),
        ("bytes", Arc::new(BinaryArray::from_iter(cells().map(|row| row.bytes.as_deref())))),
        ("price", Arc::new(prices.with_precision_and_scale(30, 2).unwrap())),
        ("time", Arc::new(times.with_timezone("+01:00"))),
        ("tags", Arc::new(tags.finish())),
        ("nested", Arc::new(StructArray::from(vec![(inner, plain)]))),
    ];
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, column)| Field::new(*name, column.data_type().clone(), true))
        .collect();
    let about = [("huggingface", "{}"), ("b", "2")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    let schema = Schema::new_with_metadata(fields, about);
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    RecordBatch::try_new(Arc::new(schema), columns).unwrap()
}

fn write(path: &Path, table: &RecordBatch, rows_in_group: usize) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let pairs = table.schema().metadata().clone();
    let pairs = pairs.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect();
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(rows_in_group))
        .set_key_value_metadata(Some(pairs))
        .build();
    let file = fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, table.schema(), Some(properties)).unwrap();
    writer.write(table).unwrap();
    writer.close().unwrap();
}

fn read(path: &Path) -> RecordBatch {
    let file = fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().with_batch_size(100_000);
    let schema = builder.schema().clone();
    let batches: Vec<RecordBatch> = builder.build().unwrap().map(Result::unwrap).collect();
    arrow_select::concat::concat_batches(&schema, &batches).unwrap()
}

/// Same columns, types and metadata, same values: dictionaries may number theirs otherwise.
fn assert_same(one: &RecordBatch, other: &RecordBatch, about: &str) {
    assert_eq!(one.schema(), other.schema(), "{about}");
    assert_eq!(one.num_rows(), other.num_rows(), "{about}");
    let field = one.schema();
    for (at, (one, other)) in one.columns().iter().zip(other.columns()).enumerate() {
        let flat = |column: &ArrayRef| match column.as_any_dictionary_opt() {
            Some(column) => arrow_select::take::take(column.values(), column.keys(), None).unwrap(),
            None => column.clone(),
        };
        assert_eq!(&flat(one), &flat(other), "{about}: {}", field.field(at).name());
    }
}

const RULES: &str = "format = 1
about = 'Of tests'
decide.guard-action = 'none'
[rules.gone]
about = 'Drops'
scope = 'page'
category = 'spam'
action = 'drop'
when = { phrases = ['gammagamma'] }
hits = ['some gammagamma.']
misses = ['some gamma.']
[rules.cut]
about = 'Cuts'
scope = 'block'
category = 'boilerplate'
action = 'remove'
when = { phrases = ['alphaalpha'] }
hits = ['some alphaalpha.']
misses = ['some alpha.']
";

fn texts() -> impl Strategy<Value = Option<String>> {
    let piece = prop_oneof![
        3 => "[a-zé\u{1F600} ]{0,40}".boxed(),
        2 => Just("alphaalpha goes".to_owned()).boxed(),
        1 => Just("gammagamma".to_owned()).boxed(),
        1 => any::<String>().boxed(),
    ];
    let text = prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.join("\n\n"));
    prop::option::weighted(0.9, text)
}

fn cells() -> impl Strategy<Value = Cells> {
    let word = prop::option::of("[ab]{1,2}");
    let bytes = prop::option::of(prop::collection::vec(any::<u8>(), 0..4));
    let tags = prop::option::of(prop::collection::vec(prop::option::of("[a-c]"), 0..3));
    (any::<i64>(), word, bytes, any::<Option<i64>>(), any::<Option<i64>>(), tags).prop_map(
        |(id, word, bytes, price, time, tags)| Cells { id, word, bytes, price, time, tags },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_table_cleaned_and_restored_is_the_same_table(
        rows in prop::collection::vec((texts(), cells()), 0..40),
        rows_in_group in 1usize..15,
        annotate in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::write(folder.join("rules.toml"), RULES).unwrap();
        let dictionary =
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let kinds = [
            DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View, DataType::Binary, dictionary,
        ];
        for (number, kind) in kinds.iter().enumerate() {
            let table = table(&rows, kind);
            write(&folder.join(format!("in/{number}.parquet")), &table, rows_in_group);
        }
        let mut args = vec!["clean", "in", "-o", "out", "-q", "-r", "rules.toml"];
        args.extend(annotate.then_some("--annotate"));
        let is_unreadable = rows.iter().any(|(text, _)| text.is_none());
        run(folder, &args, if is_unreadable { 3 } else { 0 });
        run(folder, &["restore", "out", "-o", "back"], 0);
        for (number, kind) in kinds.iter().enumerate() {
            let name = format!("{number}.parquet");
            let before = read(&folder.join("in").join(&name));
            assert_same(&before, &read(&folder.join("back").join(&name)), &kind.to_string());
            let out = read(&folder.join("out").join(&name));
            let gone = |text: &Option<String>| {
                text.as_ref().is_none_or(|text| text.contains("gammagamma"))
            };
            let kept: Vec<u32> =
                (0..).zip(&rows).filter(|(_, (text, _))| !gone(text)).map(|(n, _)| n).collect();
            let columns = before.columns().len() + usize::from(annotate);
            prop_assert_eq!(out.num_columns(), columns);
            let kept = arrow_select::take::take_record_batch(&before, &UInt32Array::from(kept)).unwrap();
            let others: Vec<usize> = (0..8).filter(|column| *column != 2).collect();
            let mut of_out = out.project(&others).unwrap();
            if annotate {
                of_out = RecordBatch::try_new(kept.project(&others).unwrap().schema(), of_out.columns().to_vec()).unwrap();
            }
            assert_same(&kept.project(&others).unwrap(), &of_out, &kind.to_string());
        }
    }
}

/// A text of which a block goes, and the other does not go with it.
const CUT: &str = "alphaalpha\n\nThe wheel turned all day long, and the miller slept beside it.";

fn some_rows(count: i64) -> Vec<(Option<String>, Cells)> {
    let texts = ["The mill stands idle.", CUT, "gammagamma", ""];
    let row = |id| {
        let text = (id % 11 != 3).then(|| texts[id as usize % 4].to_owned());
        let word = Some("w".to_owned());
        let cells = Cells { id, word, bytes: None, price: Some(id), time: Some(id), tags: None };
        (text, cells)
    };
    (0..count).map(row).collect()
}

#[test]
fn damage_ends_a_source_and_keeps_the_rows_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("rules.toml"), RULES).unwrap();
    let whole = table(&some_rows(300), &DataType::Utf8);
    write(&folder.join("in/whole.parquet"), &whole, 100);
    let mut bytes = fs::read(folder.join("in/whole.parquet")).unwrap();
    // Inside the pages of the second row group.
    let builder = ParquetRecordBatchReaderBuilder::try_new(
        fs::File::open(folder.join("in/whole.parquet")).unwrap(),
    )
    .unwrap();
    let column = builder.metadata().row_group(1).column(0).byte_range().0 as usize;
    bytes[column..column + 40].fill(0xff);
    fs::write(folder.join("in/broken.parquet"), &bytes).unwrap();
    fs::write(folder.join("in/cut.parquet"), &bytes[..bytes.len() / 2]).unwrap();
    let done = run(folder, &["clean", "in", "-o", "out", "-r", "rules.toml"], 3);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(said.contains("broken.parquet: row group 1: "), "{said}");
    assert!(said.contains("cut.parquet: "), "{said}");
    run(folder, &["restore", "out", "-o", "back"], 0);
    assert_same(&read(&folder.join("back/whole.parquet")), &whole, "whole");
    assert_same(&read(&folder.join("back/broken.parquet")), &whole.slice(0, 100), "broken");
    assert!(!folder.join("out/cut.parquet").exists());
}

fn kill_some_times(folder: &Path, args: &[&str]) {
    for wait in [5, 40, 80, 160, 320] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tamis"))
            .args(args)
            .current_dir(folder)
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        // However far it comes, what it leaves must do.
        std::thread::sleep(std::time::Duration::from_millis(wait));
        child.kill().expect("it is killed");
        child.wait().expect("it ends");
    }
}

#[test]
fn a_run_taken_up_writes_the_files_of_one_that_was_not_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("rules.toml"), RULES).unwrap();
    // Some epochs.
    let long = "The water ran over the sill into the pool below. ".repeat(800);
    let rows: Vec<_> = some_rows(1500)
        .into_iter()
        .map(|(text, cells)| (text.map(|text| format!("{text}\n\n{long}{}", cells.id)), cells))
        .collect();
    write(&folder.join("in/a.parquet"), &table(&rows, &DataType::LargeUtf8), 400);
    run(folder, &["clean", "in", "-o", "whole", "-q", "-r", "rules.toml"], 3);
    let args = ["clean", "in", "-o", "out", "-q", "-r", "rules.toml", "--resume"];
    kill_some_times(folder, &args);
    run(folder, &args, 3);
    for name in ["a.parquet", "_tamis/aside/a.parquet"] {
        let files = ["whole", "out"].map(|run| fs::read(folder.join(run).join(name)).unwrap());
        assert!(files[0] == files[1], "{name} differs");
    }
    run(folder, &["restore", "out", "-o", "back"], 0);
    assert_same(&read(&folder.join("back/a.parquet")), &table(&rows, &DataType::LargeUtf8), "a");
}

#[test]
fn rows_go_to_standard_output_as_json_lines_and_columns_are_named_where_one_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("rules.toml"), RULES).unwrap();
    write(&folder.join("a.parquet"), &table(&some_rows(3), &DataType::Utf8), 400);
    let done = run(folder, &["clean", "a.parquet", "-o", "-", "-q", "-r", "rules.toml"], 0);
    let lines = String::from_utf8(done.stdout).unwrap();
    let rows: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1]["text"], CUT.trim_start_matches("alphaalpha\n\n"));
    assert_eq!(rows[1]["id"], 1);
    let args = ["clean", "a.parquet", "-o", "out", "--text-field", "content"];
    let said = String::from_utf8(run(folder, &args, 3).stderr).unwrap();
    assert!(
        said.contains("a.parquet: no column `content`; its columns are `id`, `word`"),
        "{said}"
    );
    run(folder, &["explain", "a.parquet", "--id", "1"], 0);
    run(folder, &["survey", "a.parquet", "-o", "s"], 0);
}

/// The cells of a column of documents.
fn strings(table: &RecordBatch, name: &str) -> Vec<Option<String>> {
    let column = table.column_by_name(name).unwrap().as_string::<i32>();
    column.iter().map(|cell| cell.map(str::to_owned)).collect()
}

#[test]
fn documents_of_any_format_become_rows_and_are_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("rules.toml"), RULES).unwrap();
    fs::create_dir(folder.join("in")).unwrap();
    let stays = CUT.trim_start_matches("alphaalpha\n\n");
    let cut = CUT.replace('\n', "\\n");
    let page = format!("<title>Mills</title><p>alphaalpha</p><p>{stays}</p>");
    let http = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{page}");
    let warc = format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.org/mill\r\n\
         WARC-Date: 2024-01-02T03:04:05Z\r\nWARC-Record-ID: <urn:uuid:1-2>\r\n\
         Content-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n{http}\r\n\r\n",
        http.len()
    );
    let lines = format!(
        "{{\"id\":\"one\",\"text\":\"{cut}\",\"url\":\"https://example.org/1\",\"rank\":1.50}}\n\
         {{\"id\":\"two\",\"text\":\"gammagamma\"}}\n{{\"text\":\"The mill stands idle.\"}}\n"
    );
    let csv = format!("id,text,shelf\r\n7,\"{CUT}\",b\r\n");
    let inputs = [
        ("a.jsonl", lines.as_str()),
        ("b.csv", &csv),
        ("c.warc", &warc),
        ("d.html", &page),
        ("e.txt", "The mill stands idle."),
    ];
    for (name, contents) in inputs {
        fs::write(folder.join("in").join(name), contents).unwrap();
    }
    let rows = table(&some_rows(3), &DataType::LargeUtf8);
    write(&folder.join("in/f.parquet"), &rows, 2);
    let args = ["clean", "in", "-o", "out", "-q", "-r", "rules.toml"];
    run(folder, &[&args[..], &["--output-format", "parquet"]].concat(), 0);

    let read_out = |name: &str| {
        let table = read(&folder.join("out").join(name));
        let names: Vec<_> = table.schema().fields().iter().map(|f| f.name().clone()).collect();
        assert_eq!(names, ["text", "id", "url", "metadata"], "{name}");
        let metadata: Vec<serde_json::Value> = strings(&table, "metadata")
            .iter()
            .map(|cell| serde_json::from_str(cell.as_deref().unwrap()).unwrap())
            .collect();
        let [text, id, url] = ["text", "id", "url"].map(|column| strings(&table, column));
        (text, id, url, metadata)
    };
    let some = |text: &str| Some(text.to_owned());
    let idle = some("The mill stands idle.");
    let (text, id, url, metadata) = read_out("a.jsonl.parquet");
    assert_eq!(text, [some(stays), idle.clone()]);
    assert_eq!((&id[0], &url), (&some("one"), &vec![some("https://example.org/1"), None]));
    assert_eq!((&metadata[0]["rank"], &metadata[1]["ordinal"]), (&1.5.into(), &2.into()));
    let (text, id, _, metadata) = read_out("b.csv.parquet");
    assert_eq!((text, id), (vec![some(stays)], vec![some("7")]));
    assert_eq!(metadata[0]["shelf"], "b");
    let (text, _, url, metadata) = read_out("c.warc.parquet");
    assert_eq!((text, url), (vec![some(stays)], vec![some("https://example.org/mill")]));
    assert_eq!(metadata[0]["date"], "2024-01-02T03:04:05Z");
    let (text, _, _, metadata) = read_out("documents-00000.parquet");
    assert_eq!(text, [some(stays), idle.clone()]);
    assert_eq!((&metadata[0]["title"], &metadata[1]["source"]), (&"Mills".into(), &"e.txt".into()));
    let (text, _, _, metadata) = read_out("f.parquet");
    assert_eq!(text, [idle, some(stays)]);
    assert_eq!(metadata[1]["word"], "w");

    run(folder, &["restore", "out", "-o", "back"], 0);
    for (name, contents) in inputs {
        assert_eq!(fs::read_to_string(folder.join("back").join(name)).unwrap(), contents, "{name}");
    }
    assert_same(&read(&folder.join("back/f.parquet")), &rows, "f");

    // A table's rows in another format are put back too.
    let args = ["clean", "in/f.parquet", "-o", "lines", "-q", "-r", "rules.toml"];
    run(folder, &[&args[..], &["--output-format", "jsonl"]].concat(), 0);
    let lines = fs::read_to_string(folder.join("lines/f.parquet.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 2, "{lines}");
    run(folder, &["restore", "lines", "-o", "again"], 0);
    assert_same(&read(&folder.join("again/f.parquet")), &rows, "f again");

    for (more, said) in [
        (["-o", "x", "--output-compression", "zst"], "compressed inside"),
        (["-o", "-", "--html-output", "text"], "for an output folder"),
    ] {
        let args = [&["clean", "in", "--output-format", "parquet"][..], &more].concat();
        let error = String::from_utf8(run(folder, &args, 2).stderr).unwrap();
        assert!(error.contains(said), "{error}");
        assert!(!folder.join("x").exists());
    }
}

#[test]
fn a_conversion_taken_up_writes_the_files_of_one_that_was_not_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("rules.toml"), RULES).unwrap();
    fs::create_dir(folder.join("in")).unwrap();
    // Some epochs of lines, and some of documents that are a file each.
    let long = "The water ran over the sill into the pool below. ".repeat(800);
    let line = |n| format!("{{\"text\":\"{long}{n}\"}}\n");
    fs::write(folder.join("in/a.jsonl"), (0..600).map(line).collect::<String>()).unwrap();
    let long = format!("{long}\n\n").repeat(25);
    for number in 0..24 {
        fs::write(folder.join(format!("in/{number}.txt")), format!("{long}{number}")).unwrap();
    }
    let args = ["clean", "in", "-q", "-r", "rules.toml", "--output-format", "parquet", "-o"];
    run(folder, &[&args[..], &["whole"]].concat(), 0);
    let args = [&args[..], &["out", "--resume"]].concat();
    kill_some_times(folder, &args);
    run(folder, &args, 0);
    for (name, rows) in [("a.jsonl.parquet", 600), ("documents-00000.parquet", 24)] {
        let files = ["whole", "out"].map(|run| fs::read(folder.join(run).join(name)).unwrap());
        assert!(files[0] == files[1], "{name} differs");
        assert_eq!(read(&folder.join("out").join(name)).num_rows(), rows);
    }
}
