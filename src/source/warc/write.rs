//! Records written: what was made of a page, and a text in the place of another.

use std::fmt::Write as _;

use super::super::http::{field, fields};
use super::{Parts, parts, target};
use crate::text::words::word_hash;

/// Digests, which a new text makes wrong.
const DIGESTS: [&str; 2] = ["WARC-Block-Digest", "WARC-Payload-Digest"];

/// What stands before the name of a digest that is no longer right. It is kept because the
/// record cannot be put back together without it.
const FORMER: &str = "Tamis-Former-";

/// The record of the text that was made of another record, a response or a resource.
///
/// The address, the date and the language that was found are those of the page. The id is made of
/// the page's, so that it is the same every time: a UUID of version 8 (RFC 9562). `place` is the
/// id of a record that has none.
pub fn conversion(raw: &[u8], place: &str, media_type: &str, text: &str) -> Vec<u8> {
    let head = parts(raw).map_or(&b""[..], |parts| parts.head);
    let version = head.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    let version = std::str::from_utf8(version).ok().filter(|version| !version.is_empty());
    let id = field(head, "WARC-Record-ID");
    let language = field(head, "WARC-Identified-Content-Language");
    let fields = [
        ("WARC-Target-URI", target(head)),
        ("WARC-Date", field(head, "WARC-Date")),
        ("WARC-Record-ID", Some(derived(id.as_deref().unwrap_or(place)))),
        ("WARC-Refers-To", id),
        ("WARC-Identified-Content-Language", language),
    ];
    written(version.unwrap_or("WARC/1.0"), &fields, media_type, text)
}

/// The record of a text that comes from no web archive. Its id is made of the document's. A date
/// is not known, and none is made up.
pub fn record_of(id: &str, url: Option<&str>, media_type: &str, text: &str) -> Vec<u8> {
    let fields =
        [("WARC-Target-URI", url.map(str::to_owned)), ("WARC-Record-ID", Some(derived(id)))];
    written("WARC/1.0", &fields, media_type, text)
}

fn written(
    version: &str,
    fields: &[(&str, Option<String>)],
    media_type: &str,
    text: &str,
) -> Vec<u8> {
    let mut head = [version, "\r\n"].concat();
    let mut add = |name: &str, value: &str| {
        head.push_str(name);
        head.push_str(": ");
        // What is in the header of a page must not become a line of ours.
        head.extend(value.chars().map(|c| if c.is_control() { ' ' } else { c }));
        head.push_str("\r\n");
    };
    add("WARC-Type", "conversion");
    for (name, value) in fields {
        if let Some(value) = value {
            add(name, value);
        }
    }
    add("Content-Type", media_type);
    add("Content-Length", &text.len().to_string());
    [&head, "\r\n", text, "\r\n\r\n"].concat().into_bytes()
}

/// The id of what was made of the record of an id.
fn derived(id: &str) -> String {
    let half = |which: &str| word_hash(&format!("tamis conversion {which} {id}"));
    // The version in the first half, the variant in the second.
    let first = half("a") & !0xf000 | 0x8000;
    let second = half("b") & !(0b11 << 62) | 0b10 << 62;
    let mut uuid = String::from("<urn:uuid:");
    let _ =
        write!(uuid, "{:08x}-{:04x}-{:04x}-", first >> 32, first >> 16 & 0xffff, first & 0xffff);
    let _ = write!(uuid, "{:04x}-{:012x}>", second >> 48, second & 0xffff_ffff_ffff);
    uuid
}

/// The record with another text for a block; its digests become remarks on what they were.
/// Everything else stays byte for byte. `None` if it is not a whole record.
pub fn with_text(raw: &[u8], text: &str) -> Option<Vec<u8>> {
    replaced(raw, text, |name| DIGESTS.iter().any(|digest| is(name, digest)).then_some(FORMER), "")
}

/// The record that [`with_text`] made, with the text that it had before.
pub fn with_text_again(raw: &[u8], text: &str) -> Option<Vec<u8>> {
    let is_former = |name: &[u8]| {
        let rest = name.get(FORMER.len()..).filter(|_| name.starts_with(FORMER.as_bytes()));
        rest.is_some_and(|rest| DIGESTS.iter().any(|digest| is(rest, digest)))
    };
    replaced(raw, text, |name| is_former(name).then_some(""), FORMER)
}

fn is(name: &[u8], wanted: &str) -> bool {
    name.eq_ignore_ascii_case(wanted.as_bytes())
}

/// The record with another block. Before the names that `renamed` picks stands what it gives, in
/// the place of `prefix`.
fn replaced(
    raw: &[u8],
    text: &str,
    renamed: impl Fn(&[u8]) -> Option<&'static str>,
    prefix: &str,
) -> Option<Vec<u8>> {
    let Parts { head, block } = parts(raw).ok()?;
    let tail = raw.get(head.len() + block.len()..)?;
    let mut out = Vec::with_capacity(raw.len() - block.len() + text.len() + 64);
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        let Some((name, value)) = fields(line).next() else {
            out.extend_from_slice(line);
            continue;
        };
        if is(name, "Content-Length") {
            let at = line.len() - line.trim_ascii_end().len();
            let before = line.len().checked_sub(at + value.len())?;
            out.extend_from_slice(line.get(..before)?);
            out.extend_from_slice(text.len().to_string().as_bytes());
            out.extend_from_slice(line.get(line.len() - at..)?);
        } else if let Some(new) = renamed(name) {
            out.extend_from_slice(new.as_bytes());
            out.extend_from_slice(line.strip_prefix(prefix.as_bytes())?);
        } else {
            out.extend_from_slice(line);
        }
    }
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(tail);
    Some(out)
}
