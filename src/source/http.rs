//! HTTP responses as crawlers keep them: the status, the header and the body behind transfer
//! and content codings.
//!
//! Crawlers differ in what they keep. Some take the codings off and leave the header that
//! names them: a body that is not in the coding which its header names is taken as it is.

use std::borrow::Cow;
use std::io::{self, Read};

use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use memchr::memchr;

use super::Refusal;
use crate::document::Format;

/// Most content codings that are taken off one body.
const CODINGS_MAX: usize = 3;

/// Fields of a header, in order: names, and values without white space around them. A value
/// that is folded over several lines comes on one. What is not a field is passed over.
pub(crate) fn fields(head: &[u8]) -> impl Iterator<Item = (&[u8], Cow<'_, [u8]>)> {
    let mut lines = lines(head).peekable();
    std::iter::from_fn(move || {
        loop {
            let line = lines.next()?;
            let Some(colon) = memchr(b':', line) else { continue };
            let (name, value) = line.split_at(colon);
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            let mut value = Cow::Borrowed(value);
            while let Some(more) = lines.next_if(|line| matches!(line.first(), Some(b' ' | b'\t')))
            {
                let value = value.to_mut();
                value.push(b' ');
                value.extend_from_slice(more.trim_ascii());
            }
            return Some((name.trim_ascii(), value));
        }
    })
}

/// The value of the first field of a name, in any case, as text.
pub(crate) fn field(head: &[u8], name: &str) -> Option<String> {
    let mut fields = fields(head);
    let (_, value) = fields.find(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()))?;
    Some(String::from_utf8_lossy(&value).into_owned())
}

/// Lines without their line breaks.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// A header with the blank line that ends it, and what follows; `None` if there is no blank line.
pub(crate) fn split_head(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut from = 0;
    loop {
        from += memchr(b'\n', bytes.get(from..)?)? + 1;
        let rest = bytes.get(from..)?;
        let blank =
            if rest.starts_with(b"\r\n") { 2 } else { usize::from(rest.starts_with(b"\n")) };
        if blank > 0 {
            return bytes.split_at_checked(from + blank);
        }
    }
}

/// A content type: what the content is written in, and the label of its character set.
pub(crate) struct MediaType {
    /// `None` if it is no document for reading.
    pub(crate) format: Option<Format>,
    pub(crate) charset: Option<String>,
}

impl MediaType {
    /// Reads `text/html; charset=utf-8`.
    pub(crate) fn read(value: &str) -> Self {
        let mut parts = value.split(';');
        let essence = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let format = match essence.as_str() {
            "text/html" | "application/xhtml+xml" => Some(Format::Html),
            "text/plain" => Some(Format::Text),
            "text/markdown" => Some(Format::Markdown),
            _ => None,
        };
        let charset = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            let value = value.trim().trim_matches(['"', '\'']).trim();
            let is_charset = name.trim().eq_ignore_ascii_case("charset") && !value.is_empty();
            is_charset.then(|| value.to_owned())
        });
        Self { format, charset }
    }
}

/// A response.
pub(crate) struct Response<'a> {
    /// Its status code.
    pub(crate) status: u16,
    /// The status line and the fields.
    pub(crate) head: &'a [u8],
    body: &'a [u8],
}

impl<'a> Response<'a> {
    /// Reads a response; `None` if it does not begin with a status line of HTTP.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (head, body) = split_head(bytes).unwrap_or((bytes, b""));
        let status_line = lines(head).next()?;
        let mut words = status_line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
        let version = words.next()?;
        if !version.get(..5)?.eq_ignore_ascii_case(b"HTTP/") {
            return None;
        }
        let status = std::str::from_utf8(words.next()?).ok()?.parse().ok()?;
        Some(Self { status, head, body })
    }

    /// The body without its codings, of at most `limit` bytes.
    ///
    /// # Errors
    /// If it is longer, its content coding is not known, or its data is corrupt or cut off.
    pub(crate) fn body(&self, limit: usize) -> Result<Cow<'a, [u8]>, Refusal> {
        let mut body = Cow::Borrowed(self.body);
        let is_chunked = self.values("transfer-encoding").iter().any(|coding| coding == "chunked");
        if is_chunked && let Some(whole) = dechunked(self.body) {
            body = Cow::Owned(whole);
        }
        let codings = self.values("content-encoding");
        if codings.len() > CODINGS_MAX {
            return Err(Refusal::BrokenHttp("more content codings than any server uses".into()));
        }
        // The one that was put on last is named last.
        for coding in codings.iter().rev() {
            if let Some(decoded) = decoded(&body, coding, limit)? {
                body = Cow::Owned(decoded);
            }
        }
        if body.len() > limit {
            return Err(too_large(limit));
        }
        Ok(body)
    }

    /// The values of a field that is a list, in lower case.
    fn values(&self, name: &str) -> Vec<String> {
        let all =
            fields(self.head).filter(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()));
        let mut values = Vec::new();
        for (_, value) in all.take(CODINGS_MAX + 1) {
            let value = String::from_utf8_lossy(&value).to_ascii_lowercase();
            let parts = value.split(',').map(str::trim).filter(|part| !part.is_empty());
            values.extend(parts.take(CODINGS_MAX + 1).map(str::to_owned));
        }
        values
    }
}

fn too_large(limit: usize) -> Refusal {
    Refusal::TooLarge { limit, part: 0, last: true }
}

/// The chunks of a body, joined; as far as they go, where the connection broke. `None` if it does
/// not begin with a chunk: then the crawler has joined them.
fn dechunked(body: &[u8]) -> Option<Vec<u8>> {
    let mut joined = Vec::new();
    let mut rest = body;
    loop {
        let Some((size, after)) = chunk_size(rest) else {
            return (!joined.is_empty()).then_some(joined);
        };
        let chunk = after.get(..size).unwrap_or(after);
        joined.extend_from_slice(chunk);
        let after = after.get(size..).unwrap_or_default();
        rest = after.strip_prefix(b"\r\n").or(after.strip_prefix(b"\n")).unwrap_or(after);
        if size == 0 || rest.is_empty() {
            return Some(joined);
        }
    }
}

/// The size of the chunk that begins here, and what follows its line.
fn chunk_size(bytes: &[u8]) -> Option<(usize, &[u8])> {
    /// Digits and extensions; no line of a page that is not chunked is mistaken for longer.
    const LINE_MAX: usize = 256;
    let end = memchr(b'\n', bytes.get(..LINE_MAX).unwrap_or(bytes))?;
    let line = bytes.get(..end)?;
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii();
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
    Some((usize::from_str_radix(digits, 16).ok()?, bytes.get(end + 1..)?))
}

/// A body without one content coding; `None` if it is not in it.
fn decoded(body: &[u8], coding: &str, limit: usize) -> Result<Option<Vec<u8>>, Refusal> {
    let is_gzip = body.starts_with(b"\x1f\x8b");
    let decoder: Box<dyn Read + '_> = match coding {
        "identity" => return Ok(None),
        _ if body.is_empty() => return Ok(None),
        "gzip" | "x-gzip" if is_gzip => Box::new(MultiGzDecoder::new(body)),
        "gzip" | "x-gzip" => return Ok(None),
        // The standard means the data with a header of zlib; some servers leave it out.
        "deflate" if is_zlib(body) => Box::new(ZlibDecoder::new(body)),
        "deflate" if is_markup(body) => return Ok(None),
        "deflate" => Box::new(DeflateDecoder::new(body)),
        "zstd" if body.starts_with(b"\x28\xb5\x2f\xfd") => {
            let decoder = zstd::stream::read::Decoder::with_buffer(body);
            Box::new(decoder.map_err(|error| broken(coding, &error))?)
        }
        _ if is_markup(body) => return Ok(None),
        _ => {
            let name: String = coding.chars().take(40).collect();
            return Err(Refusal::BrokenHttp(format!("content coding `{name}` is not supported")));
        }
    };
    let mut decoded = Vec::new();
    let most = (limit as u64).saturating_add(1);
    decoder.take(most).read_to_end(&mut decoded).map_err(|error| broken(coding, &error))?;
    if decoded.len() > limit {
        return Err(too_large(limit));
    }
    Ok(Some(decoded))
}

fn broken(coding: &str, error: &io::Error) -> Refusal {
    let what = match error.kind() {
        io::ErrorKind::UnexpectedEof => "is cut off",
        _ => "is corrupt",
    };
    Refusal::BrokenHttp(format!("the body, in content coding `{coding}`, {what}"))
}

/// RFC 1950, 2.2: method 8, and a check over the first two bytes.
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [first, second, ..]
        if first & 0x0f == 8 && (u16::from(*first) << 8 | u16::from(*second)).is_multiple_of(31))
}

/// True for what begins as a page does, and no compressed data.
fn is_markup(body: &[u8]) -> bool {
    let start = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    matches!(start, [b'<', next, ..] if next.is_ascii_alphabetic() || matches!(next, b'!' | b'?'))
}

#[cfg(test)]
mod tests;
