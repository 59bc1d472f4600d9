//! What a file is, by its name and by its first bytes.

use std::io::Read;

use super::warc::begins_record;
use super::{Compression, FormatOption};

/// How many (decompressed) bytes are looked at.
pub(super) const HEAD_BYTES: usize = 4 << 10;

/// The extensions of files that a folder is searched for, without compression.
pub(super) const EXTENSIONS: [(&str, FormatOption); 15] = [
    ("txt", FormatOption::Text),
    ("text", FormatOption::Text),
    ("md", FormatOption::Markdown),
    ("markdown", FormatOption::Markdown),
    ("html", FormatOption::Html),
    ("htm", FormatOption::Html),
    ("xhtml", FormatOption::Html),
    ("jsonl", FormatOption::Jsonl),
    ("ndjson", FormatOption::Jsonl),
    ("parquet", FormatOption::Parquet),
    ("warc", FormatOption::Warc),
    ("wet", FormatOption::Warc),
    ("csv", FormatOption::Csv),
    ("tsv", FormatOption::Tsv),
    ("tab", FormatOption::Tsv),
];

/// The extensions of compressed files.
pub(super) const COMPRESSED: [(&str, Compression); 3] =
    [("gz", Compression::Gz), ("zst", Compression::Zst), ("zstd", Compression::Zst)];

/// What a file's name says; nothing for an extension that is not known.
pub(super) fn by_name(name: &str) -> (Option<FormatOption>, Compression) {
    let (stem, compression) = split_compression(name);
    let extension = stem.rsplit_once('.').map_or("", |(_, extension)| extension);
    let format = EXTENSIONS
        .into_iter()
        .find(|(known, _)| extension.eq_ignore_ascii_case(known))
        .map(|(_, format)| format);
    (format, compression)
}

/// A name without its extension for compression, and what that extension says.
pub(super) fn split_compression(name: &str) -> (&str, Compression) {
    let Some((stem, extension)) = name.rsplit_once('.') else { return (name, Compression::None) };
    COMPRESSED
        .into_iter()
        .find(|(known, _)| extension.eq_ignore_ascii_case(known))
        .map_or((name, Compression::None), |(_, compression)| (stem, compression))
}

/// How a file is compressed by its first bytes. Its name decides only where the file is
/// shorter than the mark it should begin with.
pub(super) fn compression(head: &[u8], named: Compression) -> Compression {
    const GZ: [u8; 2] = [0x1f, 0x8b];
    const ZST: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    // A frame to be skipped, which some writers put first; its first byte is 0x50 to 0x5f.
    let skippable = matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]);
    if head.starts_with(&GZ) {
        return Compression::Gz;
    }
    if head.starts_with(&ZST) || skippable {
        return Compression::Zst;
    }
    match named {
        Compression::Gz if GZ.starts_with(head) => Compression::Gz,
        Compression::Zst if ZST.starts_with(head) => Compression::Zst,
        _ => Compression::None,
    }
}

/// The first bytes of a reader, up to [`HEAD_BYTES`]; what could be read before an error.
pub(super) fn head(mut reader: impl Read) -> Vec<u8> {
    let mut head = Vec::with_capacity(HEAD_BYTES);
    let mut chunk = [0; HEAD_BYTES];
    while head.len() < HEAD_BYTES {
        match reader.read(&mut chunk[..HEAD_BYTES - head.len()]) {
            Ok(0) | Err(_) => break,
            Ok(read) => head.extend_from_slice(&chunk[..read]),
        }
    }
    head
}

/// What a file holds by its first (decompressed) bytes.
///
/// Parquet if it begins with that format's mark, WARC if it begins as a record of it; JSON Lines if
/// the first line is a JSON object, or begins one and is longer than the head;
/// HTML if it begins with markup and names the `html` element or doctype; text otherwise.
pub(super) fn format(head: &[u8]) -> FormatOption {
    if head.starts_with(b"PAR1") {
        return FormatOption::Parquet;
    }
    if begins_record(head.trim_ascii_start()) {
        return FormatOption::Warc;
    }
    let body = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if body.first() == Some(&b'{') {
        let (line, whole) = match memchr::memchr(b'\n', body) {
            Some(end) => (&body[..end], true),
            None => (body, false),
        };
        match serde_json::from_slice::<serde::de::IgnoredAny>(line) {
            Ok(_) => return FormatOption::Jsonl,
            Err(error) if error.is_eof() && !whole => return FormatOption::Jsonl,
            Err(_) => {}
        }
    }
    // UTF-16 is looked at without its zero bytes and byte-order mark.
    let mut markup: Vec<u8> = head.iter().filter(|&&byte| byte != 0).copied().collect();
    markup.make_ascii_lowercase();
    let marks = [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff"];
    let markup = marks.iter().find_map(|mark| markup.strip_prefix(*mark)).unwrap_or(&markup);
    let named = [&b"<!doctype html"[..], b"<html"]
        .iter()
        .any(|mark| memchr::memmem::find(markup, mark).is_some());
    if markup.trim_ascii_start().starts_with(b"<") && named {
        return FormatOption::Html;
    }
    FormatOption::Text
}

#[cfg(test)]
mod tests {
    use super::*;
    use FormatOption::{Html, Jsonl, Markdown, Parquet, Text, Warc};

    #[test]
    fn names_tell_format_and_compression() {
        for (name, expected) in [
            ("a.txt", (Some(Text), Compression::None)),
            ("a.MD", (Some(Markdown), Compression::None)),
            ("a.b.htm.gz", (Some(Html), Compression::Gz)),
            ("a.jsonl.zst", (Some(Jsonl), Compression::Zst)),
            ("a.ndjson.ZSTD", (Some(Jsonl), Compression::Zst)),
            ("a.gz", (None, Compression::Gz)),
            ("a.Parquet", (Some(Parquet), Compression::None)),
            ("a.warc.gz", (Some(Warc), Compression::Gz)),
            ("a.warc.wet.gz", (Some(Warc), Compression::Gz)),
            ("a.json", (None, Compression::None)),
            ("txt", (None, Compression::None)),
            ("", (None, Compression::None)),
        ] {
            assert_eq!(by_name(name), expected, "{name}");
        }
    }

    #[test]
    fn compression_is_told_by_the_first_bytes() {
        for (head, named, expected) in [
            (&b"\x1f\x8b\x08"[..], Compression::None, Compression::Gz),
            (b"\x1f\x8b\x08", Compression::Zst, Compression::Gz),
            (b"\x28\xb5\x2f\xfd", Compression::None, Compression::Zst),
            (b"\x5e\x2a\x4d\x18", Compression::None, Compression::Zst),
            (b"plain", Compression::Gz, Compression::None),
            (b"", Compression::Gz, Compression::Gz),
            (b"\x1f", Compression::Gz, Compression::Gz),
            (b"\x28\xb5", Compression::Zst, Compression::Zst),
            (b"\x28\xb5", Compression::None, Compression::None),
            (b"", Compression::None, Compression::None),
        ] {
            assert_eq!(compression(head, named), expected, "{head:?} {named:?}");
        }
    }

    #[test]
    fn content_is_told_by_the_first_line_or_mark() {
        let long = format!(r#"{{"text":"{}"#, "a".repeat(HEAD_BYTES));
        for (head, expected) in [
            ("{\"a\":1}\nanything", Jsonl),
            ("\u{feff}{}\n", Jsonl),
            ("\n\n{\"a\":1}", Jsonl),
            (&long, Jsonl),
            ("{\n  \"a\": 1\n}\n", Text),
            ("{{ template }}\n", Text),
            ("[1]\n", Text),
            ("<!DOCTYPE html><title>", Html),
            ("\u{feff} <!-- saved --><HTML lang=el>", Html),
            ("<p>about <htm", Text),
            ("how to write <html>", Text),
            ("PAR1\u{15}", Parquet),
            ("PAR2", Text),
            ("WARC/1.0\r\nWARC-Type: warcinfo", Warc),
            ("\r\nWARC/0.17\n", Warc),
            ("WARC/TAR and other tools", Text),
            ("# Title\n", Text),
            ("", Text),
        ] {
            assert_eq!(format(head.as_bytes()), expected, "{head}");
        }
        let utf16: Vec<u8> = "\u{feff}<html>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(format(&utf16), Html);
    }

    #[test]
    fn a_head_cut_inside_a_character_is_still_json() {
        assert_eq!(format("{\"a\":\"é".as_bytes().split_last().unwrap().1), Jsonl);
    }

    #[test]
    fn a_head_is_no_longer_than_asked_for() {
        assert_eq!(head(std::io::repeat(b'x')).len(), HEAD_BYTES);
        assert_eq!(head(&b"few"[..]), b"few");
    }
}
