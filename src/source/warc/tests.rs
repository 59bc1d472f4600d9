use std::io::Cursor;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::source::cut::{Ahead, Cutter};
use crate::source::{Compression, Container, Origin, Source, passes};
use std::io::BufRead;

/// A record of these fields and this block, its length right.
fn record(kind: &str, fields: &str, block: &str) -> String {
    format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\n{fields}Content-Length: {}\r\n\r\n{block}\r\n\r\n",
        block.len()
    )
}

fn page(head: &str, body: &str) -> String {
    let fields = "WARC-Record-ID: <urn:uuid:1>\r\nWARC-Target-URI: http://example.org/mill\r\n\
        WARC-Date: 2024-05-01T10:00:00Z\r\nContent-Type: application/http; msgtype=response\r\n";
    record("response", fields, &format!("HTTP/1.1 200 OK\r\n{head}\r\n{body}"))
}

/// What a stream is cut into, by buffers of `step` bytes beyond the least.
fn cut(bytes: &[u8], limit: usize) -> Vec<Vec<u8>> {
    let mut input = Ahead::new(Box::new(Cursor::new(bytes.to_vec())));
    let mut cutter = RecordCutter::default();
    let (mut items, mut item) = (Vec::new(), Vec::new());
    loop {
        let buffer = input.fill_buf().unwrap();
        if buffer.is_empty() {
            break;
        }
        let taken = cutter.take(buffer, limit);
        item.extend_from_slice(&buffer[..taken.bytes]);
        input.consume(taken.bytes);
        if taken.ends {
            items.push(std::mem::take(&mut item));
        } else if taken.bytes == 0 {
            cutter.give_up();
        }
    }
    if !item.is_empty() {
        items.push(item);
    }
    items
}

fn texts(items: Vec<Vec<u8>>) -> Vec<String> {
    items.into_iter().map(|item| String::from_utf8(item).unwrap()).collect()
}

fn item(raw: &str) -> Item {
    let source = Source {
        name: "a.warc".into(),
        origin: Origin::Stdin,
        container: Container::Warc,
        compression: Compression::None,
    };
    Item {
        source: Arc::new(source),
        ordinal: 4,
        raw: raw.into(),
        refused: None,
        columns: None,
        row: None,
    }
}

fn read(raw: &str) -> Result<Parsed, Refusal> {
    parse(&item(raw), &ReadOptions::default())
}

#[test]
fn records_are_cut_by_their_length_whatever_is_in_them() {
    let records = [
        record("warcinfo", "", "software: a\r\n"),
        record("response", "", "WARC/1.0\r\nis what the block begins with\r\n\r\nWARC/1.0\r\n"),
        record("metadata", "", ""),
        record("conversion", "", "The mill.").replace("\r\n", "\n").replace("WARC/1.0", "WARC/1.1"),
        record("conversion", "", "The end.").trim_end().replace("WARC/1.0", "WARC/0.17"),
    ];
    for limit in [7, 20, 1 << 20] {
        assert_eq!(texts(cut(records.concat().as_bytes(), limit)), records);
    }
}

#[test]
fn after_a_wrong_length_reading_goes_on_at_the_next_record() {
    let good = record("conversion", "", "The mill stands idle.");
    let wrong =
        |length: &str| good.replace("Content-Length: 21", &format!("Content-Length:{length}"));
    for length in [" 3", " 20", " -21", "", " 21 bytes", " 99999999999999999999", "Nothing"] {
        let all = [&good, &wrong(length), &good, &good].map(String::as_str).concat();
        let items = texts(cut(all.as_bytes(), 1 << 20));
        assert_eq!(items.concat(), all, "{length}");
        assert_eq!(items, [good.clone(), wrong(length), good.clone(), good.clone()], "{length}");
        assert!(read(&items[1]).is_err());
    }
    // Too long: what is within its length is lost to it, but no more, and no byte.
    for length in [" 30", " 200"] {
        let all = [&good, &wrong(length), &good.repeat(4)].map(String::as_str).concat();
        let items = texts(cut(all.as_bytes(), 1 << 20));
        assert_eq!(items.concat(), all);
        assert_eq!((&items[0], items.last()), (&good, Some(&good)));
        assert!(items.iter().filter(|item| read(item).is_ok()).all(|item| *item == good));
    }
}

#[test]
fn what_is_no_record_is_an_item_up_to_the_next() {
    let good = record("conversion", "", "The mill.");
    let all = format!(
        "junk\nmore WARC/1.0 junk\n{good}junk between\n{good}\r\n\n{good}WARC/1.0\r\nno end"
    );
    let items = texts(cut(all.as_bytes(), 1 << 20));
    let junk = ["junk\nmore WARC/1.0 junk\n", "junk between\n", "WARC/1.0\r\nno end"];
    let apart = format!("{good}\r\n\n");
    assert_eq!(items, [junk[0], &good, junk[1], &apart, &good, junk[2]]);
    for item in &items {
        let is_junk = matches!(read(item), Err(Refusal::BrokenRecord(_)));
        assert_eq!(is_junk, junk.contains(&item.as_str()));
    }
    assert_eq!(passes(&item("\r\n\r\n")), Some(Pass::Blank));
}

#[test]
fn a_header_without_end_is_not_kept_in_memory_and_ends_at_the_next_record() {
    let good = record("conversion", "", "The mill.");
    let endless = format!("WARC/1.0\r\n{}", "X-Filler: yes\r\n".repeat(10 << 16));
    let all = format!("{good}{endless}{good}");
    assert_eq!(texts(cut(all.as_bytes(), 64 << 10)), [good.clone(), endless, good]);
    let one_line = format!("WARC/1.0 {}", "x".repeat(3 << 20));
    assert_eq!(cut(one_line.as_bytes(), 64 << 10).len(), 1);
}

#[test]
fn of_a_file_cut_off_anywhere_all_whole_records_are_read() {
    let good = page("Content-Type: text/html\r\n", "<p>The mill stands idle.");
    let all = [record("warcinfo", "", "a: b\r\n"), good.clone(), good].concat();
    for end in 0..=all.len() {
        let items = texts(cut(&all.as_bytes()[..end], 1 << 20));
        assert_eq!(items.concat(), all[..end]);
        let whole =
            items.iter().filter(|item| passes(&self::item(item)).is_some() || read(item).is_ok());
        // The line breaks behind the block may be missing.
        let expected = all[..end].match_indices("WARC/1.0").count();
        let last = items.last().map_or(0, |last| usize::from(parts(last.as_bytes()).is_err()));
        assert_eq!(whole.count(), items.len() - last, "{end}");
        assert!(expected >= items.len() - last);
    }
}

#[test]
fn a_response_is_a_document_with_its_address_and_character_set() {
    let raw = page("Content-Type: text/html; charset=ISO-8859-2\r\n", "<p>The mill.");
    let Parsed { record, text_at } = read(&raw).unwrap();
    assert_eq!(record.id, "<urn:uuid:1>");
    assert_eq!(record.url.as_deref(), Some("http://example.org/mill"));
    assert_eq!((record.format, record.language, text_at), (Format::Html, None, None));
    let Body::Labelled(body, label) = record.body else { panic!("a label") };
    assert_eq!((body, label.as_str()), (b"<p>The mill.".to_vec(), "ISO-8859-2"));
}

#[test]
fn a_text_of_wet_is_a_document_that_is_replaced_in_its_record() {
    let fields = "WARC-Target-URI: <http://example.org/>\r\n\
        WARC-Identified-Content-Language: ENG\r\nContent-Type: text/plain\r\n";
    let raw = record("conversion", fields, "The mill.");
    let Parsed { record, text_at } = read(&raw).unwrap();
    assert_eq!((record.id.as_str(), record.language.as_deref()), ("a.warc:5", Some("eng")));
    assert_eq!(record.url.as_deref(), Some("http://example.org/"));
    assert_eq!(text_at.unwrap().of(&raw), "The mill.");
    let several = raw.replace("ENG", "eng,fra");
    assert_eq!(read(&several).unwrap().record.language, None);
}

#[test]
fn all_else_is_passed_over() {
    let pass = |raw: &str| passes(&item(raw));
    for kind in ["warcinfo", "request", "metadata", "revisit", "continuation", "Something"] {
        assert_eq!(pass(&record(kind, "Content-Type: text/html\r\n", "x")), Some(Pass::Through));
    }
    let html = page("Content-Type: text/html\r\n", "<p>The mill.");
    assert_eq!(pass(&html), None);
    assert_eq!(pass(&html.replace("200 OK", "404 NO")), Some(Pass::Aside));
    assert_eq!(pass(&html.replace("200 OK", "301 NO")), Some(Pass::Aside));
    assert_eq!(pass(&page("Content-Type: image/png\r\n", "x")), Some(Pass::Aside));
    assert_eq!(pass(&page("", "x")), Some(Pass::Aside));
    assert_eq!(pass(&record("resource", "Content-Type: text/plain\r\n", "x")), None);
    assert_eq!(pass(&record("resource", "Content-Type: text/css\r\n", "x")), Some(Pass::Aside));
    assert_eq!(
        pass(&record("conversion", "Content-Type: image/png\r\n", "x")),
        Some(Pass::Through)
    );
    let dns = record("response", "Content-Type: text/dns\r\n", "20240501\r\n");
    assert_eq!(pass(&dns), Some(Pass::Aside));
    // A page that the crawler has looked into, and a response that is none.
    let found =
        page("", "x").replacen("\r\n", "\r\nWARC-Identified-Payload-Type: text/html\r\n", 1);
    assert_eq!(pass(&found), None);
    assert!(matches!(read(&html.replace("HTTP/1.1", "HTML/1.1")), Err(Refusal::BrokenHttp(_))));
}

#[test]
fn a_page_becomes_a_record_of_its_text() {
    let raw = page("Content-Type: text/html\r\n", "<p>The mill.");
    let made =
        String::from_utf8(conversion(raw.as_bytes(), "x", "text/plain", "The café.")).unwrap();
    assert_eq!(
        made,
        "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Target-URI: http://example.org/mill\r\n\
         WARC-Date: 2024-05-01T10:00:00Z\r\n\
         WARC-Record-ID: <urn:uuid:ece66f81-d4c6-8f2b-8c29-30c0db4e431a>\r\n\
         WARC-Refers-To: <urn:uuid:1>\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n\
         The café.\r\n\r\n"
    );
    let again = read(&made).unwrap();
    assert_eq!(again.text_at.unwrap().of(&made), "The café.");
    // What stands in a header stays in its line.
    let evil = raw.replace("/mill", "/\rX-Evil: 1");
    let made = String::from_utf8(conversion(evil.as_bytes(), "x", "text/plain", "")).unwrap();
    assert!(!made.contains("\rX-Evil"));
    assert!(parts(&conversion(b"", "place", "text/plain", "text")).is_ok());
}

#[test]
fn a_text_is_replaced_and_put_back() {
    let raw = "WARC/1.1\nwarc-type: conversion\nWARC-Block-Digest: sha1:AAAA\nContent-length :  9 \n\
        X: Content-Length: 7\nwarc-payload-digest:sha1:BBBB\n\nThe mill.\n\n";
    let new = String::from_utf8(with_text(raw.as_bytes(), "The idle mill.").unwrap()).unwrap();
    assert_eq!(
        new,
        "WARC/1.1\nwarc-type: conversion\nTamis-Former-WARC-Block-Digest: sha1:AAAA\n\
         Content-length :  14 \nX: Content-Length: 7\nTamis-Former-warc-payload-digest:sha1:BBBB\n\n\
         The idle mill.\n\n"
    );
    assert_eq!(with_text_again(new.as_bytes(), "The mill.").unwrap(), raw.as_bytes());
    assert_eq!(with_text(b"no record", "x"), None);
}

proptest! {
    #[test]
    fn cutting_loses_no_byte(
        pieces in prop::collection::vec(prop_oneof![
            Just(record("conversion", "Content-Type: text/plain\r\n", "The mill stands.")),
            Just("WARC/1.0\r\n".to_owned()),
            Just("Content-Length: 12\r\n\r\n".to_owned()),
            Just("\r\n".to_owned()),
            "[ -~\r\n]{0,40}",
        ], 0..12),
        limit in 1usize..200,
    ) {
        let all = pieces.concat();
        let items = cut(all.as_bytes(), limit);
        prop_assert_eq!(items.concat(), all.as_bytes());
        for item in items {
            let item = self::item(&String::from_utf8(item).unwrap());
            let _ = passes(&item);
            let _ = parse(&item, &ReadOptions::default());
        }
    }

    #[test]
    fn any_bytes_are_read_without_fault(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let head = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http\r\n";
        let length = format!("Content-Length: {}\r\n\r\n", bytes.len());
        let raw = [&head[..], length.as_bytes(), &bytes].concat();
        let mut item = item("");
        item.raw = raw;
        let _ = passes(&item);
        let _ = parse(&item, &ReadOptions::default());
    }
}
