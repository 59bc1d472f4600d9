use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, BinaryArray, DictionaryArray, LargeStringArray};
use arrow_select::concat::concat_batches;

use super::*;
use crate::survey::Counting;
use crate::{Record, RuleSet, Survey, pipeline};

const LONG: &str = "The mill at the mouth of the creek ground its last corn in the spring of 1957.";

fn rules() -> RuleSet {
    let text = "format = 1\nabout = 'T'\n\
         [rules.out]\nabout='X'\nscope='block'\ncategory='links'\naction='remove'\n\
         when={phrases=['alpha']}\n\
         [rules.off]\nabout='X'\nscope='document'\ncategory='spam'\naction='drop'\n\
         when={phrases=['beta']}\n\
         [rules.look]\nabout='X'\nscope='sentence'\ncategory='quality'\naction='flag'\n\
         when={phrases=['gamma']}\n";
    RuleSet::from_text("t", text).unwrap()
}

fn cleaner() -> Cleaner {
    Cleaner::new(rules(), Survey::none()).unwrap()
}

fn of(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).unwrap()
}

fn texts(texts: &[Option<&str>]) -> ArrayRef {
    Arc::new(StringArray::from(texts.to_vec()))
}

fn clean(batch: &RecordBatch) -> RecordBatch {
    clean_batch(&cleaner(), &Columns::default(), batch).unwrap()
}

fn said(batch: &RecordBatch) -> &StructArray {
    batch.column(batch.num_columns() - 1).as_struct()
}

fn actions(batch: &RecordBatch) -> Vec<&str> {
    said(batch).column_by_name("action").unwrap().as_string::<i32>().iter().flatten().collect()
}

/// Text cells as they came out.
fn cells(batch: &RecordBatch) -> Vec<Option<&str>> {
    batch["text"].as_string::<i32>().iter().collect()
}

#[test]
fn a_row_comes_out_as_the_line_has_it() {
    let dropped = format!("{LONG} And beta, für dich.");
    let cut = format!("ünd alpha\n\n{LONG}\n\nalpha again");
    let flagged = format!("{LONG} See gamma.");
    let given = [Some(LONG), Some(&*cut), Some(&*dropped), Some(&*flagged), None, Some("")];
    let out = clean(&of(vec![("text", texts(&given))]));
    assert_eq!(actions(&out), ["kept", "cut", "dropped", "kept", "unreadable", "kept"]);
    assert_eq!(cells(&out), [Some(LONG), Some(LONG), None, Some(&*flagged), None, Some("")]);
    let said = said(&out);
    let flags: Vec<_> = said.column_by_name("flagged").unwrap().as_boolean().iter().collect();
    assert_eq!(flags.iter().position(|flag| *flag == Some(true)), Some(3));
    let reasons = said.column_by_name("reason").unwrap().as_string::<i32>();
    assert_eq!((reasons.value(4), reasons.null_count()), ("no field `text`", 5));
    let scores = said.column_by_name("scores").unwrap().as_struct();
    assert_eq!(scores.column_by_name("spam").unwrap().as_primitive::<Float64Type>().value(2), 1.0);

    let removed = said.column_by_name("removed").unwrap().as_list::<i32>();
    assert_eq!(removed.value_length(1), 2);
    for (row, text) in given.iter().enumerate().filter(|(_, text)| text.is_some()) {
        let parts = removed.value(row);
        let parts = parts.as_struct();
        let number = |name: &str, n: usize| {
            let column = parts.column_by_name(name).unwrap().as_primitive::<Int64Type>();
            usize::try_from(column.value(n)).unwrap()
        };
        let (mut left, mut last) = (String::new(), 0);
        for n in 0..parts.len() {
            let (start, end) = (number("start", n), number("end", n));
            let own = parts.column_by_name("text").unwrap().as_string::<i32>().value(n);
            assert_eq!(&text.unwrap()[start..end], own);
            let by_characters: String = text
                .unwrap()
                .chars()
                .skip(number("char_start", n))
                .take(number("char_end", n) - number("char_start", n))
                .collect();
            assert_eq!(by_characters, own);
            let why = parts.column_by_name("rules").unwrap().as_list::<i32>().value(n);
            assert!(why.as_string::<i32>().value(0).starts_with("t/"));
            left.push_str(&text.unwrap()[last..start]);
            last = end;
        }
        left.push_str(&text.unwrap()[last..]);
        assert_eq!(left, cells(&out)[row].unwrap_or_default());
    }
}

#[test]
fn how_rows_are_put_into_batches_does_not_matter() {
    let given: Vec<String> = (0..40)
        .map(|n| format!("{LONG} {n}\n\n{}", ["alpha", "", "beta", "gamma."][n % 4]))
        .collect();
    let given: Vec<Option<&str>> = given.iter().map(|text| Some(text.as_str())).collect();
    let batch = of(vec![("text", texts(&given))]);
    let whole = clean(&batch);
    for size in [1, 3, 17] {
        let parts: Vec<RecordBatch> = (0..40)
            .step_by(size)
            .map(|from| clean(&batch.slice(from, size.min(40 - from))))
            .collect();
        assert_eq!(concat_batches(&whole.schema(), &parts).unwrap(), whole);
    }
}

#[test]
fn columns_of_every_kind_of_text_keep_their_type() {
    let text = format!("alpha\n\n{LONG}");
    let inner: ArrayRef = Arc::new(LargeStringArray::from(vec![text.as_str()]));
    let field = Arc::new(Field::new("body", DataType::LargeUtf8, false));
    let kinds: Vec<(ArrayRef, &str)> = vec![
        (inner.clone(), "text"),
        (Arc::new(BinaryArray::from(vec![text.as_bytes()])), "text"),
        (
            Arc::new(
                [text.as_str()]
                    .into_iter()
                    .collect::<DictionaryArray<arrow_array::types::Int32Type>>(),
            ),
            "text",
        ),
        (Arc::new(StructArray::from(vec![(field, inner)])), "text.body"),
    ];
    for (array, name) in kinds {
        let batch = of(vec![("text", array)]);
        let read = ReadOptions { text_field: name.to_owned(), ..ReadOptions::default() };
        let columns = Columns { read, ..Columns::default() };
        let out = clean_batch(&cleaner(), &columns, &batch).unwrap();
        let schema = output_schema(&batch.schema(), &columns).unwrap();
        assert_eq!(out.schema(), schema, "{name}");
        let path = Table::of_schema(schema, &columns.read).unwrap().text;
        assert_eq!(bytes_at(&out, &path, 0), Some(LONG.as_bytes()), "{name}");
        assert_eq!(actions(&out), ["cut"]);
    }
}

#[test]
fn the_column_takes_a_name_that_is_free() {
    let batch = of(vec![("tamis", texts(&[None])), ("text", texts(&[Some(LONG)]))]);
    let out = clean(&batch);
    assert_eq!(out.schema().field(2).name(), "tamis_2");
    let none = clean(&of(vec![("text", texts(&[]))]));
    assert_eq!((none.num_rows(), none.num_columns()), (0, 2));
}

#[test]
fn what_cannot_be_is_said() {
    let say = |columns: &Columns, batch: &RecordBatch| {
        clean_batch(&cleaner(), columns, batch).unwrap_err().to_string()
    };
    let named = |source: Option<&str>, ordinal: Option<&str>| Columns {
        source: source.map(str::to_owned),
        ordinal: ordinal.map(str::to_owned),
        ..Columns::default()
    };
    let batch = of(vec![
        ("text", texts(&[Some("x"), Some("y")])),
        ("row", Arc::new(Int64Array::from(vec![0, -1]))),
    ]);
    let both = named(Some("text"), Some("row"));
    let said = "row 1 of the batch: column `row` holds no whole number from 0 on";
    assert_eq!(say(&both, &batch), said);
    assert!(say(&named(None, Some("row")), &batch).contains("needs one that names their source"));
    let missing = "no column `file`; its columns are `text`, `row`";
    assert_eq!(say(&named(Some("file"), None), &batch), missing);
    let other = of(vec![("text", Arc::new(Int64Array::from(vec![1])))]);
    assert!(say(&Columns::default(), &other).contains("holds Int64 and no text"));
    let long = ReadOptions { max_bytes: 3, ..ReadOptions::default() };
    let columns = Columns { read: long, ..Columns::default() };
    let batch = of(vec![("text", texts(&[Some("four"), Some("for")]))]);
    let out = clean_batch(&cleaner(), &columns, &batch).unwrap();
    assert_eq!(actions(&out), ["unreadable", "kept"]);
}

#[test]
fn copies_are_known_by_the_places_of_rows() {
    let rules = RuleSet::from_text(
        "t",
        "format = 1\nabout = 'T'\n\
         [rules.copy]\nabout='X'\nscope='block'\ncategory='repeats'\naction='remove'\n\
         when={all={shared={signal='block_document_frequency',above=1},later={signal='block_is_first',below=1}}}\n",
    )
    .unwrap();
    let text =
        format!("{LONG}\n\nThe wheel turned, and the water ran over the sill all the winter.");
    let mut counting = Counting::new(rules.survey_settings());
    for (source, ordinal) in [("a", 0), ("a", 1), ("b", 0)] {
        let mut record = Record::text("", if source == "a" { &*text } else { LONG });
        record.location = Location { source: source.into(), ordinal };
        counting.add(&pipeline::prints(record, counting.settings()).unwrap()).unwrap();
    }
    let cleaner = Cleaner::new(rules, counting.survey().unwrap()).unwrap();
    let batch = of(vec![
        ("file", texts(&[Some("b"), Some("a"), Some("a")])),
        ("n", Arc::new(Int64Array::from(vec![0, 1, 0]))),
        ("text", texts(&[Some(LONG), Some(&text), Some(&text)])),
    ]);
    let columns =
        Columns { source: Some("file".into()), ordinal: Some("n".into()), ..Columns::default() };
    let out = clean_batch(&cleaner, &columns, &batch).unwrap();
    assert_eq!(actions(&out).pop(), Some("kept"), "{:?}", actions(&out));
    assert_ne!(actions(&out)[0], "kept");
    let removed = said(&out).column_by_name("removed").unwrap().as_list::<i32>().value(1);
    assert!(!removed.is_empty());
}

/// Rows of a survey that agree in all but counts, added up as an engine would, in order.
fn added_up(batches: &[RecordBatch]) -> RecordBatch {
    type Key = (i32, i64, i64, Option<String>);
    let mut sums: std::collections::BTreeMap<Key, [i64; 5]> = Default::default();
    for batch in batches {
        let long = |name: &str, row: usize| batch[name].as_primitive::<Int64Type>().value(row);
        for row in 0..batch.num_rows() {
            let name = &batch["name"].as_string::<i32>();
            let name = name.is_valid(row).then(|| name.value(row).to_owned());
            let table = batch["table"].as_primitive::<arrow_array::types::Int32Type>().value(row);
            let key = (table, long("fingerprint", row), long("member", row), name);
            let place = long("place", row);
            let sum = sums.entry(key).or_insert([place, 0, 0, 0, 0]);
            sum[0] = sum[0].min(place);
            for (n, column) in (1..).zip(["documents", "copies", "head", "tail"]) {
                sum[n] += long(column, row);
            }
        }
    }
    let long = |of: &dyn Fn(&Key, &[i64; 5]) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(sums.iter().map(|(key, sum)| of(key, sum))))
    };
    let tables = sums.keys().map(|key| key.0);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(arrow_array::Int32Array::from_iter_values(tables)),
        long(&|key, _| key.1),
        long(&|key, _| key.2),
        long(&|_, sum| sum[0]),
        long(&|_, sum| sum[1]),
        long(&|_, sum| sum[2]),
        long(&|_, sum| sum[3]),
        long(&|_, sum| sum[4]),
        Arc::new(LargeStringArray::from_iter(sums.keys().map(|key| key.3.as_deref()))),
    ];
    let names = survey_schema();
    let names = names.fields().iter().map(|field| field.name().as_str());
    RecordBatch::try_from_iter_with_nullable(
        names.zip(columns).map(|(name, column)| (name, column, true)),
    )
    .unwrap()
}

#[test]
fn a_survey_of_batches_is_that_of_the_records_in_them() {
    let given: Vec<String> =
        (0..30).map(|n| format!("{LONG} {}\n\nLine {} of the books.", n % 7, n % 4)).collect();
    let cells: Vec<Option<&str>> =
        (0..30).map(|n| (n != 11).then_some(given[n].as_str())).collect();
    let names: Vec<&str> = (0..30).map(|n| ["b", "a", "c"][n % 3]).collect();
    let batch = of(vec![
        ("text", texts(&cells)),
        ("file", Arc::new(StringArray::from(names.clone()))),
        ("row", Arc::new(Int64Array::from_iter_values(0..30))),
        ("rank", Arc::new(Int64Array::from_iter_values((0..30).map(|n| [1, 0, 2][n % 3])))),
    ]);
    let columns = Columns {
        source: Some("file".to_owned()),
        ordinal: Some("row".to_owned()),
        ..Columns::default()
    };
    let settings = crate::survey::Settings::default();
    let mut counting = Counting::new(settings.clone());
    for (n, name) in (0..).zip(&names).filter(|(n, _)| *n != 11) {
        let mut record = Record::text("", given[n].as_str());
        record.location = Location { source: (*name).into(), ordinal: n as u64 };
        counting.add(&pipeline::prints(record, &settings).unwrap()).unwrap();
    }
    let mut expected = Vec::new();
    counting.save(&mut expected).unwrap();

    for size in [1, 4, 30] {
        let parts: Vec<RecordBatch> =
            (0..30).step_by(size).map(|from| batch.slice(from, size.min(30 - from))).collect();
        let mut counting = Counting::new(settings.clone());
        let unreadable = parts.iter().map(|part| count_batch(&mut counting, &columns, part));
        assert_eq!(unreadable.map(Result::unwrap).sum::<u64>(), 1);
        let mut counted = Vec::new();
        counting.save(&mut counted).unwrap();
        assert!(counted == expected);

        let rows = parts.iter().map(|part| survey_rows(&settings, &columns, "rank", part));
        let rows: Vec<RecordBatch> = rows.map(Result::unwrap).collect();
        let all = added_up(&rows);
        let mut assembled = Vec::new();
        let mut writer = SurveyWriter::new(settings.clone(), &mut assembled);
        for from in (0..all.num_rows()).step_by(size * 3) {
            writer.push(&all.slice(from, (size * 3).min(all.num_rows() - from))).unwrap();
        }
        assert_eq!(writer.finish().unwrap().documents(), 29);
        assert!(assembled == expected);
    }
}

#[test]
fn what_is_no_survey_is_refused_in_words() {
    let text = texts(&[Some(LONG)]);
    let batch = of(vec![("text", text.clone())]);
    let settings = crate::survey::Settings::default();
    let rows = |batch: &RecordBatch| {
        survey_rows(&settings, &Columns::default(), "rank", batch).unwrap_err().to_string()
    };
    assert_eq!(rows(&batch), "there is no column `rank`");
    let wrong: ArrayRef = Arc::new(StringArray::from(vec!["1"]));
    let batch = of(vec![("text", text.clone()), ("rank", wrong)]);
    assert_eq!(rows(&batch), "the column `rank` does not hold integers of 64 bits");
    for rank in [None, Some(-1)] {
        let rank: ArrayRef = Arc::new(Int64Array::from(vec![rank]));
        let batch = of(vec![("text", text.clone()), ("rank", rank)]);
        assert_eq!(
            rows(&batch),
            "row 0 of the batch: column `rank` holds no whole number from 0 on"
        );
    }
    let mut writer = SurveyWriter::new(settings.clone(), Vec::new());
    assert!(writer.push(&batch).is_err());
    assert!(pairs(&mut crate::survey::PairFinder::default(), &batch).is_err());
}
