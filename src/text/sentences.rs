//! Sentences of a running text.

use crate::document::Span;

/// The sentences of a text, in order; spans without the white space around them.
pub fn sentences(text: &str) -> Vec<Span> {
    let _ = text;
    Vec::new()
}
