use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::document::Format;
use crate::source::Compression;
use crate::source::compression::{decoder, tests::compress};

const TEXT: Container = Container::File(Format::Text);

fn source(container: Container, compression: Compression, path: &Path) -> Arc<Source> {
    Arc::new(Source { name: "s".into(), origin: Origin::File(path.into()), container, compression })
}

/// Items and end of one stream of bytes.
fn read(bytes: &[u8], container: Container, limit: usize) -> (Vec<Item>, End) {
    read_packed(bytes.to_vec(), container, Compression::None, limit)
}

fn read_packed(
    bytes: Vec<u8>,
    container: Container,
    compression: Compression,
    limit: usize,
) -> (Vec<Item>, End) {
    let source = source(container, compression, Path::new("-"));
    let mut open = Open::over(source, decoder(Cursor::new(bytes), compression));
    let items = std::iter::from_fn(|| open.next_item(limit)).collect();
    (items, open.end())
}

fn texts(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| std::str::from_utf8(&item.raw).unwrap()).collect()
}

#[test]
fn lines_are_items_and_blank_lines_count() {
    let (items, end) = read(b"a\n\n \r\nb\n", Container::Jsonl, 100);
    assert_eq!(texts(&items), ["a", "", " \r", "b"]);
    assert_eq!(items.iter().map(|item| item.ordinal).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert!(items.iter().all(|item| item.refused.is_none()));
    assert_eq!((end.items, end.bytes, end.final_newline), (4, 8, true));
    assert_eq!(end.error, None);
}

#[test]
fn a_last_line_without_newline_is_an_item() {
    let (items, end) = read(b"a\nb", Container::Jsonl, 100);
    assert_eq!(texts(&items), ["a", "b"]);
    assert!(!end.final_newline);
}

#[test]
fn an_empty_file_has_no_lines_but_is_one_text() {
    let (items, end) = read(b"", Container::Jsonl, 100);
    assert!(items.is_empty());
    assert_eq!((end.items, end.bytes, end.final_newline), (0, 0, false));

    let (items, end) = read(b"", TEXT, 100);
    assert_eq!(texts(&items), [""]);
    assert_eq!((end.items, end.bytes), (1, 0));
}

#[test]
fn a_file_is_one_item() {
    let (items, end) = read(b"a\nb\0\n", TEXT, 100);
    assert_eq!(texts(&items), ["a\nb\0\n"]);
    assert_eq!((end.items, end.bytes), (1, 5));
}

#[test]
fn a_line_of_exactly_the_limit_is_not_too_large() {
    let (items, _) = read(b"abcd\nefgh", Container::Jsonl, 4);
    assert_eq!(texts(&items), ["abcd", "efgh"]);
    assert!(items.iter().all(|item| item.refused.is_none()));
    assert!(read(b"abcd", TEXT, 4).0[0].refused.is_none());
}

#[test]
fn a_larger_line_comes_in_pieces_and_reading_goes_on() {
    let (items, end) = read(b"abcdefghi\nok\nabcde", Container::Jsonl, 4);
    assert_eq!(texts(&items), ["abcd", "efgh", "i", "ok", "abcd", "e"]);
    assert_eq!(items.iter().map(|item| item.ordinal).collect::<Vec<_>>(), [0, 0, 0, 1, 2, 2]);
    let piece = |part, last| Some(Refusal::TooLarge { limit: 4, part, last });
    assert_eq!(items[0].refused, piece(0, false));
    assert_eq!(items[1].refused, piece(1, false));
    assert_eq!(items[2].refused, piece(2, true));
    assert_eq!(items[3].refused, None);
    assert_eq!(items[5].refused, piece(1, true));
    assert_eq!((end.items, end.final_newline), (3, false));
}

#[test]
fn a_larger_file_comes_in_pieces() {
    let (items, end) = read(b"ab\ncd", TEXT, 2);
    assert_eq!(texts(&items), ["ab", "\nc", "d"]);
    assert_eq!(items[2].refused, Some(Refusal::TooLarge { limit: 2, part: 2, last: true }));
    assert_eq!(end.items, 1);
}

#[test]
fn a_line_of_many_buffers_is_read_in_bounded_pieces() {
    let mut bytes = vec![b'x'; 3 << 20];
    bytes.extend_from_slice(b"\n{}\n");
    let (items, end) = read(&bytes, Container::Jsonl, 1 << 20);
    assert_eq!(items.len(), 4);
    assert!(items.iter().all(|item| item.raw.capacity() <= 2 << 20));
    assert_eq!(items[3].raw, b"{}");
    assert_eq!(items[3].ordinal, 1);
    assert_eq!(end.bytes, bytes.len() as u64);
}

#[test]
fn lines_before_a_cut_are_good_and_the_rest_is_set_aside() {
    let lines: String = (0..2_000u64)
        .map(|n| format!("{{\"text\":\"{:x}\"}}\n", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .collect();
    for compression in [Compression::Gz, Compression::Zst] {
        let packed = compress(lines.as_bytes(), compression);
        for cut in (1..packed.len()).step_by(499).chain(packed.len() - 9..packed.len()) {
            let (items, end) =
                read_packed(packed[..cut].to_vec(), Container::Jsonl, compression, 1 << 20);
            assert!(end.error.as_ref().unwrap().starts_with("truncated"));
            let whole: Vec<&Item> = items.iter().filter(|i| i.refused.is_none()).collect();
            let mut seen = String::new();
            for item in &whole {
                seen.push_str(std::str::from_utf8(&item.raw).unwrap());
                seen.push('\n');
            }
            assert!(lines.starts_with(&seen));
            if let Some(item) = items.get(whole.len()) {
                assert_eq!(item.refused, Some(Refusal::CutOff(end.error.clone().unwrap())));
                assert!(!item.raw.is_empty());
            }
            assert!(items.len() <= whole.len() + 1);
            assert_eq!(end.items, items.len() as u64);
        }
        let (items, end) = read_packed(packed, Container::Jsonl, compression, 1 << 20);
        assert_eq!((items.len(), end.error), (2_000, None));
    }
}

#[test]
fn a_cut_file_is_set_aside_with_its_bytes() {
    let packed = compress(b"one two three", Compression::Gz);
    let cut = packed[..packed.len() - 4].to_vec();
    let (items, end) = read_packed(cut, TEXT, Compression::Gz, 100);
    assert_eq!(texts(&items), ["one two three"]);
    assert_eq!(items[0].refused, Some(Refusal::CutOff("truncated gzip data".into())));
    assert_eq!(end.error.unwrap(), "truncated gzip data");
}

#[test]
fn pieces_of_a_cut_item_end_with_a_last_one() {
    let packed = compress(b"0123456789", Compression::Gz);
    let cut = packed[..packed.len() - 4].to_vec();
    let (items, end) = read_packed(cut, Container::Jsonl, Compression::Gz, 4);
    assert_eq!(texts(&items), ["0123", "4567", "89"]);
    assert_eq!(items[2].refused, Some(Refusal::TooLarge { limit: 4, part: 2, last: true }));
    assert!(end.error.is_some());
}

#[test]
fn a_disk_error_ends_the_source_with_its_reason() {
    struct Failing(u32);
    impl Read for Failing {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            if self.0 > 1 {
                return Err(io::Error::other("the disk gave up"));
            }
            out[..9].copy_from_slice(b"line\npart");
            Ok(9)
        }
    }
    let opened = decoder(Failing(0), Compression::None);
    let mut open = Open::over(source(Container::Jsonl, Compression::None, Path::new("-")), opened);
    let items: Vec<Item> = std::iter::from_fn(|| open.next_item(100)).collect();
    assert_eq!(texts(&items), ["line", "part"]);
    assert_eq!(items[1].refused, Some(Refusal::CutOff("the disk gave up".into())));
    assert_eq!(open.end().error.unwrap(), "the disk gave up");
}

#[test]
fn sources_come_in_order_and_a_missing_one_does_not_stop_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.jsonl");
    fs::write(&good, "{}\n").unwrap();
    let gone = folder.path().join("gone.jsonl");
    let sources = [&gone, folder.path(), &good]
        .iter()
        .map(|path| source(Container::Jsonl, Compression::None, path))
        .collect();
    let mut shape = String::new();
    for event in Reader::new(sources, ReadOptions::default()) {
        match event {
            Event::Start(_) => shape.push('S'),
            Event::Item(_) => shape.push('i'),
            Event::End(end) => shape.push(if end.error.is_some() { '!' } else { 'E' }),
        }
    }
    assert_eq!(shape, "S!S!SiE");
}

#[test]
fn files_are_read_through_their_compression() {
    let folder = tempfile::tempdir().unwrap();
    for (compression, name) in [(Compression::Gz, "a.gz"), (Compression::Zst, "a.zst")] {
        let path = folder.path().join(name);
        let mut file = fs::File::create(&path).unwrap();
        file.write_all(&compress(b"{}\n{}\n", compression)).unwrap();
        let sources = vec![source(Container::Jsonl, compression, &path)];
        let reader = Reader::new(sources, ReadOptions::default());
        assert_eq!(reader.filter(|event| matches!(event, Event::Item(_))).count(), 2);
    }
}

#[test]
fn rows_know_their_columns_also_where_reading_begins_in_the_middle() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    fs::write(&path, "id,text\n1,one\n2,two\n").unwrap();
    let source = source(Container::Csv, Compression::None, &path);
    let mut open = Open::over(source, decoder(Cursor::new("2,two\n"), Compression::None));
    open.ordinal = 2;
    let item = open.next_item(100).unwrap();
    let parsed = crate::source::parse(&item, &ReadOptions::default()).unwrap();
    assert_eq!((parsed.record.id.as_str(), item.ordinal), ("2", 2));
}

#[test]
fn a_table_without_the_column_fails_with_those_that_are_there() {
    let (items, end) = read(b"a,b\n1,2\n", Container::Csv, 100);
    assert_eq!((items.len(), end.items), (0, 0));
    assert_eq!(end.error.unwrap(), "no column `text`; there are: a, b");
    let (_, end) = read(b"a,b,text", Container::Csv, 4);
    assert!(end.error.unwrap().starts_with("the header cannot be read: too large"));
    assert_eq!(read(b"", Container::Csv, 100).1.error, None);
}

#[test]
fn records_of_a_web_archive_before_a_cut_are_good() {
    let record = b"WARC/1.0\r\nContent-Length: 5\r\n\r\nabcde\r\n\r\n";
    let packed = compress(&record.repeat(3), Compression::Gz);
    let cut = packed[..packed.len() - 4].to_vec();
    let (items, end) = read_packed(cut, Container::Warc, Compression::Gz, 100);
    assert!(items.iter().all(|item| item.raw == record && item.refused.is_none()));
    assert_eq!((items.len(), end.error.unwrap().as_str()), (3, "truncated gzip data"));
    let (items, _) = read_packed(packed, Container::Warc, Compression::Gz, 12);
    assert_eq!(items.iter().map(|item| item.ordinal).max(), Some(2));
    assert_eq!(items.concat_raws(), record.repeat(3));
}

#[test]
fn of_an_archive_cut_off_anywhere_all_records_before_it_are_read() {
    let record = |text: &str| {
        let head = "WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: ";
        format!("{head}{}\r\n\r\n{text}\r\n\r\n", text.len())
    };
    let records = ["one", "WARC/1.0\r\n two", "three"].map(record);
    for compression in [Compression::Gz, Compression::Zst] {
        let members = records.each_ref().map(|record| compress(record.as_bytes(), compression));
        let packed = members.concat();
        for cut in 1..packed.len() {
            let mut ends = members.iter().scan(0, |end, member| {
                *end += member.len();
                Some(*end)
            });
            let whole = ends.by_ref().take_while(|end| *end <= cut).count();
            let (items, _) =
                read_packed(packed[..cut].to_vec(), Container::Warc, compression, 1 << 20);
            let good: Vec<&str> = items
                .iter()
                .filter(|item| crate::source::parse(item, &ReadOptions::default()).is_ok())
                .map(|item| std::str::from_utf8(&item.raw).unwrap())
                .collect();
            assert!(good.len() >= whole, "{cut}: {good:?}");
            let fits = |(good, record): (&&str, &String)| {
                record.starts_with(*good) && good.len() + 4 >= record.len()
            };
            assert!(good.iter().zip(&records).all(fits), "{cut}: {good:?}");
        }
    }
}

#[test]
fn a_reader_can_move_to_a_thread_of_its_own() {
    fn moves<T: Send + 'static>(_: T) {}
    moves(batches(Reader::new(Vec::new(), ReadOptions::default()), BATCH_BYTES));
}

#[test]
fn batches_are_bounded_by_bytes_and_by_count() {
    let events = |lines: usize, bytes: usize| {
        let (items, end) = read(
            &[vec![b'x'; bytes], vec![b'\n']].concat().repeat(lines),
            Container::Jsonl,
            1 << 20,
        );
        items.into_iter().map(Event::Item).chain([Event::End(end)])
    };
    let sizes = |batches: Vec<Vec<Event>>| batches.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(sizes(batches(events(5, 10), 20).collect()), [2, 2, 2]);
    assert_eq!(sizes(batches(events(3, 100), 20).collect()), [1, 1, 1, 1]);
    assert_eq!(sizes(batches(events(BATCH_EVENTS, 0), 20).collect()), [BATCH_EVENTS, 1]);
    assert_eq!(batches(Vec::new(), 20).count(), 0);
}

trait ConcatRaws {
    fn concat_raws(&self) -> Vec<u8>;
}

impl ConcatRaws for Vec<Item> {
    fn concat_raws(&self) -> Vec<u8> {
        self.iter().flat_map(|item| item.raw.clone()).collect()
    }
}

/// Items put back together, in a container's way.
fn joined(items: &[Item], end: &End) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, item) in items.iter().enumerate() {
        let starts = item.ordinal > 0 && items[number - 1].ordinal != item.ordinal;
        if starts {
            bytes.push(b'\n');
        }
        bytes.extend_from_slice(&item.raw);
    }
    if end.final_newline {
        bytes.push(b'\n');
    }
    bytes
}

proptest! {
    #[test]
    fn reading_loses_no_byte(
        bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'a'), any::<u8>()], 0..200),
        limit in 1usize..20,
    ) {
        for container in [Container::Jsonl, TEXT, Container::Warc] {
            let (items, end) = read(&bytes, container, limit);
            let joined = match container {
                Container::Warc => items.concat_raws(),
                _ => joined(&items, &end),
            };
            prop_assert_eq!(joined, &bytes[..]);
            prop_assert_eq!(end.bytes, bytes.len() as u64);
            prop_assert!(items.iter().all(|item| item.raw.len() <= limit));
            let ended = items.iter().filter(|item| !matches!(
                item.refused, Some(Refusal::TooLarge { last: false, .. })
            ));
            prop_assert_eq!(ended.count() as u64, end.items);
        }
    }

    #[test]
    fn any_bytes_behind_any_decoder_end(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for (compression, magic) in
            [(Compression::Gz, &b"\x1f\x8b\x08\0"[..]), (Compression::Zst, b"\x28\xb5\x2f\xfd")]
        {
            let hostile = [magic, &bytes].concat();
            read_packed(bytes.clone(), Container::Jsonl, compression, 64);
            read_packed(hostile, TEXT, compression, 64);
        }
    }
}
