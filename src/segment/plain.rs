//! Plain text to blocks.

use super::runs;
use crate::document::Block;

/// The blocks of a plain text, in order; none for a text of white space.
///
/// A line is a block of its own, a paragraph or a heading, unless it belongs to a run: a
/// hard-wrapped paragraph, a list, fields, a table, code, a quotation. Cost is linear.
///
/// ```
/// use tamis::document::BlockKind;
///
/// let text = "Name : Jo\nPhone : 1\n\nHello.";
/// let blocks = tamis::segment::plain::segment(text);
/// assert_eq!(blocks[0].kind, BlockKind::Fields);
/// assert_eq!(blocks[1].span.of(text), "Hello.");
/// ```
pub fn segment(text: &str) -> Vec<Block> {
    runs::blocks(text, false)
}
