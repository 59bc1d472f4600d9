use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::source::{Compression, Origin, Pass, Source, passes};

fn cut(bytes: &[u8], limit: usize) -> Vec<Vec<u8>> {
    let mut cutter = RowCutter::new(b',');
    let (mut items, mut item, mut rest) = (Vec::new(), Vec::new(), bytes);
    while !rest.is_empty() {
        let taken = cutter.take(rest, limit.saturating_sub(item.len()));
        item.extend_from_slice(&rest[..taken.bytes]);
        rest = &rest[taken.bytes..];
        if taken.ends {
            items.push(std::mem::take(&mut item));
        } else if taken.bytes == 0 {
            cutter.give_up();
            items.push(std::mem::take(&mut item));
        }
    }
    if !item.is_empty() {
        items.push(item);
    }
    items
}

fn rows(text: &str) -> Vec<String> {
    cut(text.as_bytes(), 1 << 20).into_iter().map(|row| String::from_utf8(row).unwrap()).collect()
}

fn columns(header: &str) -> Result<Arc<Columns>, String> {
    Columns::read(header.as_bytes(), b',', &ReadOptions::default())
}

fn item(header: &str, raw: &str) -> Item {
    let source = Source {
        name: "a.csv".into(),
        origin: Origin::Stdin,
        container: Container::Csv,
        compression: Compression::None,
    };
    let columns = Some(columns(header).unwrap());
    Item {
        source: Arc::new(source),
        ordinal: 3,
        raw: raw.into(),
        refused: None,
        columns,
        row: None,
    }
}

fn read(header: &str, raw: &str) -> Result<Parsed, Refusal> {
    parse(&item(header, raw), &ReadOptions::default())
}

fn text(parsed: &Parsed) -> &str {
    match &parsed.record.body {
        Body::Text(text) => text,
        _ => panic!("a text"),
    }
}

#[test]
fn rows_end_at_line_breaks_outside_quotation_marks() {
    let expected = [
        "id,text\r\n",
        "1,\"a\nb\"\"\n\"\n",
        "\n",
        "2,in \"the\" middle\n",
        "\"\",\"x\"y\r\n",
        "3,last",
    ];
    assert_eq!(rows(&expected.concat()), expected);
    assert!(rows("").is_empty());
}

#[test]
fn a_quotation_mark_that_is_not_closed_takes_no_more_than_the_limit() {
    let all = format!("1,\"open\n{}2,fine\n3,fine\n", "4,text\n".repeat(10));
    let items = cut(all.as_bytes(), 30);
    assert_eq!(items.concat(), all.as_bytes());
    assert_eq!(items[0].len(), 30);
    assert!(items[1].ends_with(b"\n") && items[1].len() < 8);
    assert_eq!(items.last().unwrap(), b"3,fine\n");
}

#[test]
fn of_a_table_cut_off_anywhere_all_whole_rows_are_read() {
    let all = "id,text\r\n1,\"a \"\"b\"\"\nc\"\r\n2,d\r\n";
    let whole = rows(all);
    for end in 0..all.len() {
        let found = rows(&all[..end]);
        assert_eq!(found.concat(), all[..end]);
        let (last, before) = found.split_last().map_or((None, &[][..]), |(l, b)| (Some(l), b));
        assert_eq!(before, &whole[..before.len()], "{end}");
        assert!(last.is_none_or(|last| whole[before.len()].starts_with(last.as_str())));
        let _ = last.map(|last| read("id,text\r\n", last));
    }
}

#[test]
fn the_header_names_the_columns() {
    let parsed =
        read("\u{feff}id, text ,\"url\",lang\r\n", "7,The mill.,http://a.example/,en-GB\r\n");
    let parsed = parsed.unwrap();
    assert_eq!((text(&parsed), parsed.record.id.as_str()), ("The mill.", "7"));
    assert_eq!(parsed.record.url.as_deref(), Some("http://a.example/"));
    assert_eq!(parsed.record.language.as_deref(), Some("en"));
    assert_eq!(parsed.text_at, Some(Span::new(2, 11)));
    let parsed = read("text,id\n", "\"The \"\"mill\"\".\",\n").unwrap();
    assert_eq!((text(&parsed), parsed.record.id.as_str()), ("The \"mill\".", "a.csv:4"));
}

#[test]
fn a_column_that_is_not_there_is_said_with_those_that_are() {
    assert_eq!(columns("a,b\n").unwrap_err(), "no column `text`; there are: a, b");
    let options = ReadOptions { id_field: Some("key".into()), ..ReadOptions::default() };
    let error = Columns::read(b"text,b", b',', &options).unwrap_err();
    assert_eq!(error, "no column `key`; there are: text, b");
    assert!(columns("\"text").unwrap_err().contains("not closed"));
    assert!(Columns::read(b"text,\xff", b',', &ReadOptions::default()).is_err());
    assert!(columns(&"x,".repeat(100)).unwrap_err().ends_with("x, …"));
}

#[test]
fn a_broken_record_says_why() {
    let message = |raw: &str| read("id,text\n", raw).unwrap_err().to_string();
    assert_eq!(message("1\n"), "broken record: 1 cells, where the header names 2");
    assert_eq!(message("1,2,3\n"), "broken record: 3 cells, where the header names 2");
    assert_eq!(message("1,\"2"), "broken record: a quotation mark is not closed");
    let mut bytes = item("id,text\n", "");
    bytes.raw = b"1,\xff\n".to_vec();
    assert_eq!(parse(&bytes, &ReadOptions::default()).unwrap_err(), Refusal::InvalidUtf8(2));
}

#[test]
fn the_header_and_blank_lines_are_passed_over() {
    let mut header = item("id,text\n", "id,text\n");
    header.ordinal = 0;
    assert_eq!(passes(&header), Some(Pass::Through));
    assert_eq!(passes(&item("id,text\n", "\r\n")), Some(Pass::Blank));
    assert_eq!(passes(&item("id,text\n", "1,2\n")), None);
}

#[test]
fn a_text_that_becomes_a_formula_is_kept_from_being_one() {
    for text in ["=1+1", "+1", "-1", "@SUM(1)", "\tx", "\rx"] {
        assert_eq!(without_formula(text, "Before"), format!("'{text}"));
        assert_eq!(without_formula(text, "=it was one"), text);
    }
    assert_eq!(without_formula("a=1", ""), "a=1");
    let raw = "1,Share this! =cmd()\n";
    let (new, again) = with_text(raw, Span::new(2, 20), "=cmd()", b',');
    assert_eq!((new.as_str(), again), ("1,'=cmd()\n", false));
}

#[test]
fn a_text_is_replaced_as_it_was_written() {
    for (raw, at, text, expected, again) in [
        ("1,\"a \"\"b\"\" c\",x\r\n", 2..13, "a \"b\"", "1,\"a \"\"b\"\"\",x\r\n", true),
        ("1,plain,x", 2..7, "pl", "1,pl,x", true),
        ("1,plain,x", 2..7, "p,l", "1,\"p,l\",x", false),
        ("1,in \"the\" way,x", 2..14, "in", "1,in,x", false),
        ("1,\"x\"y,x", 2..6, "x", "1,\"x\",x", false),
    ] {
        let at = Span::new(at.start, at.end);
        let (new, can) = with_text(raw, at, text, b',');
        assert_eq!((new.as_str(), can), (expected, again), "{raw}");
    }
}

#[test]
fn columns_are_read_again_from_the_start_of_a_file() {
    let mut input = Cursor::new("\"text\",\"a\nb\"\nx,y\n");
    let columns = columns_of(&mut input, b',', &ReadOptions::default()).unwrap();
    assert_eq!(columns.names, ["text", "a\nb"]);
    let small = ReadOptions { max_bytes: 4, ..ReadOptions::default() };
    assert!(columns_of(&mut Cursor::new("text,".repeat(50)), b',', &small).is_err());
}

proptest! {
    #[test]
    fn cutting_loses_no_byte(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "a", ",", "\"", "\"\"", "\n", "\r\n", "text", "é",
        ]), 0..40),
        limit in 1usize..30,
    ) {
        let all = pieces.concat();
        let items = cut(all.as_bytes(), limit);
        prop_assert_eq!(items.concat(), all.as_bytes());
        prop_assert!(items.iter().all(|item| item.len() <= limit));
        // A record alone is cut as it is among others.
        for row in rows(&all) {
            prop_assert_eq!(rows(&row), [row.clone()]);
        }
    }

    #[test]
    fn what_is_written_is_read_again_and_put_back(
        before in "[a\" ,\n=é-]{0,8}", after in "[a\" ,\n=é-]{0,8}", quoted in any::<bool>(),
        odd in any::<bool>(),
    ) {
        let cell = if odd { format!("a{}\"x", before.replace(['\n', ',', '"'], "")) } else {
            encode(&before, quoted, b',').into_owned()
        };
        let raw = format!("1,{cell},z\r\n");
        let at = Span::new(2, 2 + cell.len());
        let header = "id,text,more\n";
        let parsed = read(header, &raw).unwrap();
        prop_assert_eq!(parsed.text_at, Some(at));
        let (new, again) = with_text(&raw, at, &after, b',');
        let kept = read(header, &new).unwrap();
        prop_assert!(text(&kept) == after || text(&kept).strip_prefix('\'') == Some(&*after));
        let back = with_text_again(&new, kept.text_at.unwrap(), text(&parsed), b',');
        prop_assert!(!again || back == raw, "{:?} became {:?} became {:?}", raw, new, back);
    }
}
