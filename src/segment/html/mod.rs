//! HTML to a page of plain text with blocks, links and element paths.
//!
//! `guard` makes a tree of the markup, `visible` what a reader sees of it, `blocks` the text.
//! None of them recurses or takes more than linear time, whatever the markup.

use blocks::Written;

use crate::document::{Info, Page};

mod blocks;
mod guard;
mod tokens;
mod visible;

#[cfg(test)]
mod tests;

/// Cuts a page's markup into blocks of plain text.
///
/// The text is what a reader sees, in the order of the markup: no scripts, styles, form values
/// or hidden elements (see `visible`). White space is collapsed, no-break spaces become
/// ordinary ones, and images leave no text. Blocks stand apart by an empty line:
///
/// - a heading, a paragraph, or a run of text in any other element;
/// - a list with all its items and inner lists, an item a line (`- ` or `1. `, indented by two
///   spaces a level), unless its items hold headings, tables or several paragraphs each:
///   then every one of these is a block;
/// - a description list, as `Label: value` lines ([`Fields`]) if it looks like that, or a list;
/// - a table of data, a row a line, its cells joined by ` | `; tables that only arrange
///   (with one column or row, prose, lists or tables in them) are taken apart;
/// - `<pre>` as it is; text in a `<blockquote>` as quotations.
///
/// A link around several blocks, items or cells is in each of them; links without text are left
/// out. Empty or hidden markup gives an empty page.
///
/// [`Fields`]: crate::document::BlockKind::Fields
pub fn segment(info: Info, markup: &str) -> Page {
    let html = guard::parse(markup);
    let with_hidden = std::env::var("TAMIS_HIDDEN").is_ok();
    let visible = visible::flatten(&html, with_hidden);
    let Written { text, blocks, outline } = blocks::write(&visible.steps);
    let title = visible.title.map(collapsed).filter(|title| !title.is_empty());
    Page { info, title, text, blocks, outline }
}

/// The words of a text with one space between them.
fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
