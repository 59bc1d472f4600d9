//! WARC: web archives (ISO 28500), and WET files, which hold the texts made of them.
//!
//! A document is a `response` that came with status 200, a `resource` or a `conversion`, if its
//! content is HTML, plain text or Markdown. The others are passed over.

use std::borrow::Cow;

use super::http::{MediaType, Response, field, fields, split_head};
use super::{Item, Parsed, Pass, ReadOptions, Refusal};
use crate::document::{Body, Format, Location, Record, Span};

mod cut;
mod write;

pub(super) use cut::RecordCutter;
pub use write::{conversion, record_of, with_text, with_text_again};

/// True for what begins as a record does.
pub(crate) fn begins_record(bytes: &[u8]) -> bool {
    bytes.starts_with(b"WARC/1.") || bytes.starts_with(b"WARC/0.")
}

/// What a header says of the length of its block; `None` if it does not say, or no number.
fn content_length(head: &[u8]) -> Option<u64> {
    let value = field(head, "Content-Length")?;
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    value.parse().ok().filter(|_| is_number)
}

/// A whole record.
struct Parts<'a> {
    /// The version, the fields and the blank line.
    head: &'a [u8],
    block: &'a [u8],
}

/// Header and block of a record.
///
/// # Errors
/// If it is no record, or not as long as it says.
fn parts(raw: &[u8]) -> Result<Parts<'_>, Refusal> {
    let broken = |what: &str| Err(Refusal::BrokenRecord(what.to_owned()));
    if !begins_record(raw) {
        return broken("not a WARC record");
    }
    let Some((head, rest)) = split_head(raw) else { return broken("its header has no end") };
    let Some(length) = content_length(head) else {
        return broken("its header has no right Content-Length");
    };
    let Some((block, tail)) = usize::try_from(length).ok().and_then(|n| rest.split_at_checked(n))
    else {
        let message = format!("the record ends after {} of {length} bytes", rest.len());
        return Err(Refusal::CutOff(message));
    };
    if !tail.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
        return broken("it goes on after its Content-Length");
    }
    Ok(Parts { head, block })
}

/// What is in a record.
enum Content<'a> {
    /// A document.
    Document(Format, Option<String>, Bytes<'a>),
    /// A page that is none: an error, a redirect, an image.
    NoDocument,
    /// Something about pages.
    Other,
}

enum Bytes<'a> {
    Block,
    Response(Response<'a>),
}

impl<'a> Parts<'a> {
    fn content(&self) -> Result<Content<'a>, Refusal> {
        let kind = field(self.head, "WARC-Type").unwrap_or_default().to_ascii_lowercase();
        let media = field(self.head, "Content-Type").unwrap_or_default();
        match kind.as_str() {
            "response" if media.to_ascii_lowercase().starts_with("application/http") => {
                let Some(response) = Response::read(self.block) else {
                    return Err(Refusal::BrokenHttp("no status line".into()));
                };
                // What the crawler has found out stands in where the server said nothing.
                let media = field(response.head, "Content-Type")
                    .or_else(|| field(self.head, "WARC-Identified-Payload-Type"));
                let MediaType { format, charset } = MediaType::read(&media.unwrap_or_default());
                Ok(match format {
                    Some(format) if response.status == 200 => {
                        Content::Document(format, charset, Bytes::Response(response))
                    }
                    _ => Content::NoDocument,
                })
            }
            "response" => Ok(Content::NoDocument),
            "resource" | "conversion" => {
                let media =
                    if media.is_empty() && kind == "conversion" { "text/plain" } else { &media };
                let MediaType { format, charset } = MediaType::read(media);
                Ok(match format {
                    Some(format) => Content::Document(format, charset, Bytes::Block),
                    None if kind == "resource" => Content::NoDocument,
                    None => Content::Other,
                })
            }
            _ => Ok(Content::Other),
        }
    }
}

/// Whether a record is passed over; see [`super::passes`].
pub(super) fn passes(raw: &[u8]) -> Option<Pass> {
    if raw.iter().all(|byte| matches!(byte, b'\r' | b'\n')) {
        return Some(Pass::Blank);
    }
    match parts(raw).ok()?.content().ok()? {
        Content::Document(..) => None,
        Content::NoDocument => Some(Pass::Aside),
        Content::Other => Some(Pass::Through),
    }
}

/// Reads a record that is not [passed over](super::passes).
///
/// The id is the record's as it is written, `<urn:uuid:…>`, or else its place,
/// `source:number`, counted from 1. The address is that of the target. The language is what the
/// crawler has found, if it is one.
///
/// `text_at` is the block of a `conversion` of text, which is replaced in its record.
///
/// # Errors
/// [`Refusal`] if it is not a whole record, or the body of a response cannot be decoded or is
/// longer than the limit.
pub(super) fn parse(item: &Item, options: &ReadOptions) -> Result<Parsed, Refusal> {
    let parts = parts(&item.raw)?;
    let Content::Document(format, charset, bytes) = parts.content()? else {
        return Err(Refusal::BrokenRecord("no document".into()));
    };
    let location = Location { source: item.source.name.clone(), ordinal: item.ordinal };
    let stays =
        matches!(bytes, Bytes::Block) && format != Format::Html && is_conversion(parts.head);
    let text_at = stays.then(|| Span::new(parts.head.len(), parts.head.len() + parts.block.len()));
    let body = match bytes {
        Bytes::Block => Cow::Borrowed(parts.block),
        Bytes::Response(response) => response.body(options.max_bytes)?,
    };
    let body = match charset {
        Some(label) => Body::Labelled(body.into_owned(), label),
        None => Body::Bytes(body.into_owned()),
    };
    let record = Record {
        id: field(parts.head, "WARC-Record-ID")
            .filter(|id| !id.is_empty())
            .unwrap_or_else(|| format!("{}:{}", location.source, item.ordinal.saturating_add(1))),
        location,
        url: target(parts.head),
        group: None,
        language: language(parts.head),
        format,
        body,
    };
    Ok(Parsed { record, text_at })
}

/// When the record was made, as it says.
pub(crate) fn date(raw: &[u8]) -> Option<String> {
    field(parts(raw).ok()?.head, "WARC-Date")
}

/// The fields of a record's header, in order.
pub(crate) fn header(raw: &[u8]) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let head = parts(raw).map_or(&b""[..], |parts| parts.head);
    fields(head).map(|(name, value)| (text(name), text(&value))).collect()
}

fn is_conversion(head: &[u8]) -> bool {
    field(head, "WARC-Type").is_some_and(|kind| kind.eq_ignore_ascii_case("conversion"))
}

/// The address; some writers put it between angle brackets, as the first standard had it.
fn target(head: &[u8]) -> Option<String> {
    let target = field(head, "WARC-Target-URI")?;
    let bare = target.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or(&target);
    (!bare.is_empty()).then(|| bare.to_owned())
}

/// The language that was found, if it is a single one.
fn language(head: &[u8]) -> Option<String> {
    let all = field(head, "WARC-Identified-Content-Language")?;
    let code = all.trim();
    let is_code =
        matches!(code.len(), 2 | 3) && code.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code.then(|| code.to_ascii_lowercase())
}

#[cfg(test)]
mod tests;
