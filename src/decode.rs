//! Bytes to text: the character set of a record's body, found and decoded.

use crate::document::{Body, Charset, Document, Info, Record};

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
/// # Errors
/// [`DecodeError`] if the body is not text.
pub fn decode(record: Record) -> Result<Document, DecodeError> {
    let text = match record.body {
        Body::Text(text) => text,
        Body::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
    };
    let info = Info {
        id: record.id,
        location: record.location,
        url: record.url,
        language: record.language,
        format: record.format,
        charset: Charset::GIVEN,
    };
    Ok(Document { info, text })
}
