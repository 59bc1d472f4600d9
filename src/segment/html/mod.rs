//! HTML to a page of plain text with blocks, links and element paths.
//!
//! `guard` makes a tree of the markup, `visible` what a reader sees of it, `blocks` the text.
//! None of them recurses or takes more than linear time, whatever the markup.

use blocks::Written;
use stated::Facts;
use structured::Structured;

use crate::document::{Block, Info, Page};
use crate::outline::Tag;
use crate::places::Piece;

mod blocks;
mod guard;
mod inner;
mod origins;
mod stated;
mod structured;
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
pub fn segment(info: Info, markup: &str, wanted: Wanted) -> Page {
    let Wanted { extent, structure } = wanted;
    let html = guard::parse_to(markup, structure);
    let visible = visible::flatten(&html, extent == Extent::All);
    let mut written = blocks::write(&visible.steps, structure);
    let title = visible.title.map(collapsed).filter(|title| !title.is_empty());
    let mut structured = Structured::default();
    for (_, content) in visible.said.metas.iter().filter(|(name, _)| *name == "og:type") {
        structured.add_type(&content.to_lowercase());
    }
    let mut scripts = Vec::new();
    let mut facts = Facts::default();
    for script in visible.data {
        structured.read(script.text, |value| facts.read(value));
        scripts.resize(structured.texts.len(), script);
    }
    if extent == Extent::All && !structured.texts.is_empty() {
        let mut known = collapsed(&written.text);
        for (text, script) in structured.texts.iter().zip(scripts) {
            add_unshown(&mut written, &mut known, text, script);
        }
    }
    let metadata = stated::metadata(&info, title.as_deref(), &visible.said, &visible.steps, facts);
    let Written { text, blocks, mut outline, structure } = written;
    outline.types = structured.types;
    let structure = structure.map(Box::new);
    Page { info, title, metadata, text, blocks, outline, structure }
}

/// What is wanted of a page in HTML.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// How much of its text.
    pub extent: Extent,
    /// Also how its blocks are built inside ([`Page::structure`]). Text and blocks are the same
    /// with it and without.
    pub structure: bool,
}

impl From<Extent> for Wanted {
    fn from(extent: Extent) -> Self {
        Self { extent, structure: false }
    }
}

/// How much of a page's text is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// What a reader sees.
    #[default]
    Shown,
    /// Hidden blocks too, and long texts that stand in structured data only: a page may show
    /// them by a script. Their elements say that they are hidden.
    All,
}

/// Bytes of a text in structured data that are kept.
const UNSHOWN_BYTES_MAX: usize = 50_000;
/// Bytes by which a text is found again in the page.
const SAMPLE_BYTES: usize = 60;

/// Writes a text of the structured data behind the page's own, if the page does not have it.
/// `known` is all text so far, with single spaces.
fn add_unshown(
    written: &mut Written,
    known: &mut String,
    unshown: &structured::Text,
    script: visible::Text<'_>,
) {
    if unshown.text.len() > UNSHOWN_BYTES_MAX {
        return;
    }
    let html = guard::parse_to(&unshown.text, written.structure.is_some());
    let inner = blocks::write(&visible::flatten(&html, false).steps, written.structure.is_some());
    let flat = collapsed(&inner.text);
    let from = (flat.len() / 3..flat.len()).find(|&at| flat.is_char_boundary(at)).unwrap_or(0);
    let to = (from + SAMPLE_BYTES..flat.len()).find(|&at| flat.is_char_boundary(at));
    let sample = flat.get(from..to.unwrap_or(flat.len())).unwrap_or("");
    if flat.is_empty() || known.contains(sample) {
        return;
    }
    known.push(' ');
    known.push_str(&flat);
    let Written { text, blocks, outline, structure } = written;
    let tag = Tag {
        name: "script",
        id: &unshown.of,
        classes: unshown.key,
        is_hidden: true,
        ..Tag::default()
    };
    let root = (!outline.elements().is_empty()).then_some(0);
    let element = outline.push(root, tag, blocks.len());
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    let shift = text.len();
    text.push_str(&inner.text);
    // Its words are escaped, and escaped again: only the script is known.
    if let (Some((_, first)), Some((_, last))) = (script.pieces.first(), script.pieces.last())
        && let (Ok(at), Ok(len)) = (u32::try_from(shift), u32::try_from(inner.text.len()))
    {
        let source_len = (last.source + last.source_len).saturating_sub(first.source);
        outline.places.push(Piece { text: at, len, source: first.source, source_len });
    }
    for block in inner.blocks {
        let start = block.span.start + shift;
        blocks.push(Block { element: Some(element), ..block.moved(start) });
    }
    if let (Some(structure), Some(inner)) = (structure, inner.structure) {
        structure.append(inner, shift, element);
    }
    outline.end(element, blocks.len());
    outline.end(0, blocks.len());
}

/// The words of a text with one space between them.
fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
