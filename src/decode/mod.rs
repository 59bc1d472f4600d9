//! Bytes to text: the character set of a record's body, found and decoded, and its language.
//!
//! Every character is kept as decoded; nothing is normalised. Text that is already Unicode is
//! taken as it is.

use crate::document::{Body, Charset, Document, Info, Record};

mod binary;
mod charset;
mod language;
mod markup;

/// Why a record's body could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The body is binary data (an image, an archive, …), not text.
    #[error("not text: {0}")]
    Binary(&'static str),
}

/// Decodes a record's body and finds its language.
///
/// The character set of bytes is, in this order: that of a byte-order mark (which is not part
/// of the text); UTF-16 if every other byte at the start is zero; UTF-8 if the whole body is
/// valid UTF-8 outside ASCII; that which it was sent with, if there is one of that name; for HTML that of a `<meta>` in the first 1,024 bytes; UTF-8 if
/// the body is ASCII, or UTF-8 but for a few bytes; or else a guess from the first 64 KiB
/// outside ASCII and the top-level domain of the record's address. Bytes that are not valid in
/// it become U+FFFD, and [`Charset::malformed`] says so. An empty body is an empty text.
///
/// A language that the record gives is brought to ISO 639-1 where it has a code there
/// (`en-US` and `eng` are `en`). Otherwise one is detected in up to 2,000 characters if they
/// hold enough letters and leave no doubt; else there is none. For HTML, `<html lang>` counts
/// unless much text is certainly in another language.
///
/// ```
/// use tamis::{decode::decode, document::{Format, Record}};
///
/// let record = Record::bytes("id-1", Format::Text, *b"na\xefve caf\xe9 d\xe9j\xe0 vu");
/// let document = decode(record).unwrap();
/// assert_eq!(document.text, "naïve café déjà vu");
/// assert_eq!(document.info.charset.name, "windows-1252");
/// ```
///
/// # Errors
/// [`DecodeError::Binary`] if the body begins as a known binary format does, or if too many of
/// its bytes are control characters.
pub fn decode(record: Record) -> Result<Document, DecodeError> {
    let mut document = decode_text(record)?;
    if document.info.language.is_none() {
        document.info.language = language::of(&document.text, document.info.format);
    }
    Ok(document)
}

/// Decodes a record's body as [`decode`] does, and detects no language: it is the record's own or
/// unknown. Detection costs more than all else that is done to a text that no rule cuts.
///
/// # Errors
/// As [`decode`].
pub fn decode_text(record: Record) -> Result<Document, DecodeError> {
    let Record { id, location, url, group, language, format, body } = record;
    let (text, charset) = match body {
        Body::Text(text) => (text, Charset::GIVEN),
        Body::Bytes(bytes) => charset::decode(bytes, format, url.as_deref(), None)?,
        Body::Labelled(bytes, label) => {
            charset::decode(bytes, format, url.as_deref(), Some(&label))?
        }
    };
    let language = language.as_deref().and_then(language::normalised);
    Ok(Document { info: Info { id, location, url, group, language, format, charset }, text })
}

#[cfg(test)]
mod tests;
