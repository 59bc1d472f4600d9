//! Segmenting: a document's text cut into blocks with kinds, spans, links and element paths.

use html::{Extent, Wanted};

use crate::document::{Block, BlockKind, Document, Format, Page, Span};
use crate::text::{self, python};

mod collapsed;
mod headings;
pub mod html;
mod labels;
mod lines;
mod links;
pub mod markdown;
mod marks;
pub mod plain;
mod runs;
mod unit;
mod wrapped;

pub use unit::Unit;

/// Cuts a document into blocks. For text and Markdown the page's text is the document's, unchanged.
///
/// Plain text with clear marks of Markdown is read as Markdown. Cost is linear.
pub fn segment(document: Document) -> Page {
    segment_to(document, Extent::Shown)
}

/// As [`segment`], with what is wanted of a page in HTML.
pub fn segment_to(document: Document, wanted: impl Into<Wanted>) -> Page {
    let Document { info, text } = document;
    if info.format == Format::Html {
        return html::segment(info, &text, wanted.into());
    }
    let blocks = blocks(info.format, &text);
    Page::new(info, text, blocks)
}

/// The blocks of a text; read as Markdown if it is, or has clear marks of it. Of HTML, which
/// must be turned into text first, there are none.
pub fn blocks(format: Format, text: &str) -> Vec<Block> {
    match format {
        Format::Html => Vec::new(),
        Format::Markdown => markdown::segment(text),
        Format::Text if markdown::is_likely(text) => markdown::segment(text),
        Format::Text => plain::segment(text),
    }
}

/// The [`blocks`] of a text with every line a block of its own; see [`into_lines`].
pub fn line_blocks(format: Format, text: &str) -> Vec<Block> {
    lines_of(text, blocks(format, text))
}

/// The page with every line a block of its own, of the kind of the block it stood in: the unit
/// that C4 and FineWeb judge. Lines without anything but white space are part of the gaps.
pub fn into_lines(mut page: Page) -> Page {
    page.blocks = lines_of(&page.text, page.blocks);
    page
}

fn lines_of(text: &str, blocks: Vec<Block>) -> Vec<Block> {
    let mut lines = Vec::with_capacity(blocks.len());
    for block in blocks {
        for span in block_lines(text, block.span) {
            let links =
                block.links.iter().filter(|link| span.contains(link.anchor)).cloned().collect();
            lines.push(Block { span, links, ..block.clone() });
        }
    }
    lines
}

/// Where a line of plain text ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breaks {
    /// At every line break that Python's `splitlines` knows.
    All,
    /// At line feeds alone.
    LineFeeds,
}

/// The document with every line that is not blank a block of the kind `other`, trimmed as Python's
/// `strip` does it and looked at no further. For markup the lines of [`into_lines`].
pub fn plain_lines(document: Document, breaks: Breaks) -> Page {
    if document.info.format == Format::Html {
        return into_lines(segment(document));
    }
    let Document { info, text } = document;
    let blocks = plain_line_blocks(&text, breaks);
    Page::new(info, text, blocks)
}

/// The blocks of [`plain_lines`] of a text.
pub fn plain_line_blocks(text: &str, breaks: Breaks) -> Vec<Block> {
    let of = |line: Span| {
        let line = python::trimmed(text, line);
        (!line.is_empty()).then(|| Block::new(BlockKind::Other, line))
    };
    let mut blocks = Vec::with_capacity(text::count_bytes(text.as_bytes(), |b| b == b'\n') + 1);
    match breaks {
        Breaks::All => blocks.extend(python::lines(text).filter_map(of)),
        Breaks::LineFeeds => blocks.extend(python::line_feed_lines(text).filter_map(of)),
    }
    blocks
}

/// The parts of a block that sentence rules look at, in order: sentences of a paragraph or
/// quotation, items of a list, lines of fields; none for headings, tables and code.
///
/// An item begins with its mark, so that nothing is left of one that is removed; in a list
/// without marks every line is an item. An item of several sentences is cut into them: what was
/// collapsed onto one line has prose behind its last item. The spans are places in `text`.
pub fn sentences(text: &str, block: &Block) -> Vec<Span> {
    let mut found = Vec::new();
    match block.kind {
        BlockKind::Paragraph | BlockKind::Quote | BlockKind::Other => {
            add_sentences(text, block.span, &mut found);
        }
        BlockKind::List => {
            items(text, block.span).into_iter().for_each(|i| add_sentences(text, i, &mut found));
        }
        BlockKind::Fields => return block_lines(text, block.span),
        BlockKind::Heading | BlockKind::Table | BlockKind::Code => {}
    }
    found
}

/// Adds the sentences of a span, as places in `text`.
fn add_sentences(text: &str, span: Span, found: &mut Vec<Span>) {
    text::sentences::each_sentence(text, span, |sentence| found.push(sentence));
}

/// The lines of a block, trimmed.
fn block_lines(text: &str, span: Span) -> Vec<Span> {
    lines::lines(span.of(text))
        .into_iter()
        .map(|line| Span::new(span.start + line.span.start, span.start + line.span.end))
        .collect()
}

/// The items of a list.
fn items(text: &str, span: Span) -> Vec<Span> {
    let lines = block_lines(text, span);
    if lines.len() == 1 {
        let lists = collapsed::inline_lists(text, span);
        if let Some(list) = lists.first().filter(|list| list.span.start == span.start) {
            let ends = list.items.iter().skip(1).copied().chain([span.end]);
            let items = list.items.iter().zip(ends).map(|(&start, end)| Span::new(start, end));
            return items.filter_map(|item| lines::trimmed(text, item)).collect();
        }
    }
    let marked = |line: &Span| marks::bullet(line.of(text)).is_some();
    if !lines.iter().any(marked) {
        return lines;
    }
    let mut items: Vec<Span> = Vec::new();
    for line in lines {
        match items.last_mut() {
            Some(item) if !marked(&line) => item.end = line.end,
            _ => items.push(line),
        }
    }
    items
}

#[cfg(test)]
mod tests;
