//! The character set of a body of bytes.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::{DecodeError, binary, markup};
use crate::document::{Charset, CharsetOrigin, Format};

/// Bytes at the start of a page in which a declaration counts.
/// HTML standard, 13.2.3.2 "Determining the character encoding".
const DECLARATION_BYTES: usize = 1024;
/// Bytes on which a guess is made.
const GUESS_BYTES: usize = 1 << 16;
/// Bytes in which UTF-16 without byte-order mark is looked for.
const UTF_16_BYTES: usize = 1024;
/// Pairs of bytes below which UTF-16 is not told from text with zero bytes.
const UTF_16_PAIRS_MIN: usize = 8;

/// Decodes bytes; see [`super::decode`].
pub(super) fn decode(
    bytes: Vec<u8>,
    format: Format,
    url: Option<&str>,
    label: Option<&str>,
) -> Result<(String, Charset), DecodeError> {
    if let Some((encoding, mark_bytes)) = Encoding::for_bom(&bytes) {
        let marked = bytes.get(mark_bytes..).unwrap_or(&[]);
        return Ok(decode_as(encoding, CharsetOrigin::Bom, marked));
    }
    if let Some(encoding) = unmarked_utf_16(&bytes) {
        return Ok(decode_as(encoding, CharsetOrigin::Guess, &bytes));
    }
    if let Some(kind) = binary::kind(&bytes) {
        return Err(DecodeError::Binary(kind));
    }
    let sent = label.and_then(|label| for_label(label.as_bytes()));
    let declared = match sent {
        Some(encoding) => Some((encoding, CharsetOrigin::Transport)),
        None if format == Format::Html => declared(&bytes).map(|set| (set, CharsetOrigin::Meta)),
        None => None,
    };
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => {
            // Text outside ASCII that is valid UTF-8 is UTF-8, whatever is declared. ASCII is
            // what was declared; only there a set that is not a superset of ASCII counts.
            match declared {
                Some((encoding, origin)) if !encoding.is_ascii_compatible() && text.is_ascii() => {
                    return Ok(decode_as(encoding, origin, text.as_bytes()));
                }
                Some((encoding, origin)) if encoding == UTF_8 || text.is_ascii() => {
                    return Ok((text, charset(encoding, origin, false)));
                }
                _ => return Ok((text, charset(UTF_8, CharsetOrigin::Valid, false))),
            }
        }
        Err(error) => error.into_bytes(),
    };
    Ok(match declared {
        Some((encoding, origin)) => decode_as(encoding, origin, &bytes),
        None => decode_as(guessed(&bytes, url), CharsetOrigin::Guess, &bytes),
    })
}

fn charset(encoding: &'static Encoding, origin: CharsetOrigin, malformed: bool) -> Charset {
    Charset { name: encoding.name(), origin, malformed }
}

fn decode_as(
    encoding: &'static Encoding,
    origin: CharsetOrigin,
    bytes: &[u8],
) -> (String, Charset) {
    let (text, malformed) = encoding.decode_without_bom_handling(bytes);
    (text.into_owned(), charset(encoding, origin, malformed))
}

/// UTF-16 told by its zero bytes: nearly all on one side of each pair and nearly none on the
/// other, as in text of mostly ASCII.
fn unmarked_utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = bytes.get(..UTF_16_BYTES).unwrap_or(bytes);
    let (pairs, _) = sample.as_chunks::<2>();
    if pairs.len() < UTF_16_PAIRS_MIN {
        return None;
    }
    let first = pairs.iter().filter(|pair| pair[0] == 0).count();
    let second = pairs.iter().filter(|pair| pair[1] == 0).count();
    let nearly_all = |count| count * 10 >= pairs.len() * 9;
    let nearly_none = |count| count * 20 <= pairs.len();
    match (first, second) {
        _ if nearly_all(first) && nearly_none(second) => Some(UTF_16BE),
        _ if nearly_all(second) && nearly_none(first) => Some(UTF_16LE),
        _ => None,
    }
}

/// The character set that a `<meta>` at the start of a page declares.
///
/// HTML standard, "prescan a byte stream to determine its encoding": UTF-16 there means UTF-8.
/// Sets that a browser refuses to decode count as not declared.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..DECLARATION_BYTES).unwrap_or(bytes);
    markup::tags(head, "meta").find_map(|attributes| {
        let (mut charset, mut content, mut is_content_type) = (None, None, false);
        for (name, value) in attributes {
            match name {
                _ if name.eq_ignore_ascii_case(b"charset") => charset = Some(value),
                _ if name.eq_ignore_ascii_case(b"content") => content = Some(value),
                _ if name.eq_ignore_ascii_case(b"http-equiv") => {
                    is_content_type = value.eq_ignore_ascii_case(b"content-type");
                }
                _ => {}
            }
        }
        let content = content.filter(|_| is_content_type).and_then(charset_of_content);
        charset.or(content).and_then(for_label)
    })
}

/// The character set in a content type such as `text/html; charset=utf-8`.
fn charset_of_content(content: &[u8]) -> Option<&[u8]> {
    let name = b"charset";
    let at = content.windows(name.len()).position(|w| w.eq_ignore_ascii_case(name))?;
    let value = content.get(at + name.len()..)?.trim_ascii_start().strip_prefix(b"=")?;
    let is_part = |byte: &u8| !matches!(byte, b';' | b'"' | b'\'') && !byte.is_ascii_whitespace();
    let value = value.trim_ascii_start();
    let value = value.strip_prefix(b"\"").or(value.strip_prefix(b"'")).unwrap_or(value);
    value.get(..value.iter().take_while(|byte| is_part(byte)).count())
}

fn for_label(label: &[u8]) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label_no_replacement(label)?;
    if encoding == UTF_16LE || encoding == UTF_16BE {
        return Some(UTF_8);
    }
    Some(if encoding.name() == "x-user-defined" { WINDOWS_1252 } else { encoding })
}

/// The likeliest character set of bytes that are not valid UTF-8.
fn guessed(bytes: &[u8], url: Option<&str>) -> &'static Encoding {
    if is_nearly_utf_8(bytes) {
        return UTF_8;
    }
    let ascii = Encoding::ascii_valid_up_to(bytes);
    // Letters before the first one outside ASCII tell something too.
    let from = ascii.saturating_sub(GUESS_BYTES / 16);
    let rest = bytes.get(from..).unwrap_or(bytes);
    let sample = rest.get(..GUESS_BYTES).unwrap_or(rest);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, sample.len() == rest.len());
    let domain = url.and_then(top_level_domain);
    detector.guess(domain.as_deref().map(str::as_bytes), Utf8Detection::Deny)
}

/// True if there are more than four times as many characters of UTF-8 outside ASCII as
/// mistakes: a page cut in mid-character, or put together from two. In other character sets
/// such characters are chance.
fn is_nearly_utf_8(bytes: &[u8]) -> bool {
    let (mut characters, mut mistakes) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        characters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        mistakes += usize::from(!chunk.invalid().is_empty());
    }
    characters > 4 * mistakes
}

/// The last label of a URL's host, in lower case; `None` if it is not a name.
fn top_level_domain(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    let label = host.trim_end_matches('.').rsplit('.').next()?.to_ascii_lowercase();
    let is_name = label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && label.bytes().any(|b| b.is_ascii_lowercase());
    is_name.then_some(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_level_domain_is_the_last_label_of_the_host() {
        let domain = |url| top_level_domain(url);
        assert_eq!(domain("https://a@Example.CO.JP:8080/x.y?z").as_deref(), Some("jp"));
        assert_eq!(domain("http://example.ru.").as_deref(), Some("ru"));
        for url in
            ["", "example.org", "http://", "http://127.0.0.1/", "http://[::1]/", "http://é.ü/"]
        {
            assert_eq!(domain(url), None, "{url}");
        }
    }

    #[test]
    fn a_declared_content_type_is_read_with_or_without_quotes() {
        for content in ["text/html; charset=koi8-r", "text/html;CHARSET = 'koi8-r' ; x"] {
            assert_eq!(charset_of_content(content.as_bytes()), Some(&b"koi8-r"[..]));
        }
        assert_eq!(charset_of_content(b"text/html"), None);
        assert_eq!(charset_of_content(b"charset"), None);
    }
}
