//! How the blocks of an HTML page are built inside: [`Structure`].
//!
//! A page's text says it by marks and white space (`- `, ` | `, indentation), for rules to read.
//! A rendering needs it as it is. It is kept only where somebody asks for it.

use crate::document::{BlockKind, Span};
use crate::outline::ElementId;

/// The blocks of a page as it was written, with what is in them. Where rules judge lines, the
/// page's own blocks are parts of these.
#[derive(Clone, Debug, Default)]
pub struct Structure {
    /// The blocks, in order.
    pub parts: Vec<Part>,
}

/// A block.
#[derive(Clone, Debug)]
pub struct Part {
    /// What it is.
    pub kind: BlockKind,
    /// Level of a heading, 1 to 6; 0 for other kinds.
    pub level: u8,
    /// Where it stands in the page's text.
    pub span: Span,
    /// The innermost element around it in the page's outline.
    pub element: Option<ElementId>,
    /// Where its lines and cells begin, in order, for lists and tables.
    pub marks: Vec<Mark>,
    /// What is set off in its text: in the order in which it ends. At most one of each kind is
    /// open at a time, and none reaches over a mark or a line break.
    pub inlines: Vec<Inline>,
    /// The language of code, where its markup says it: `rust`.
    pub language: Option<Box<str>>,
}

/// What begins at a place of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What stands for it in the page's text: line break, indentation, `- `, ` | `. The text of
    /// what begins follows.
    pub span: Span,
    /// What begins.
    pub begins: Begins,
}

/// What a [`Mark`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// An item of a list: how many lists are around its own, and its number in an ordered one.
    Item {
        /// 0 in the outermost list.
        depth: usize,
        /// As counted from the list's `start`.
        number: Option<i64>,
    },
    /// More of the item at this depth, behind a list in it.
    Rest {
        /// 0 in the outermost list.
        depth: usize,
    },
    /// A row of a table, with the text of its first cell that has any.
    Row {
        /// Cells without text before it.
        skipped: usize,
        /// It is a cell of a header.
        is_header: bool,
    },
    /// A cell of a table.
    Cell {
        /// Cells without text between it and the one before.
        skipped: usize,
        /// It is a cell of a header.
        is_header: bool,
    },
}

/// Text that is set off in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inline {
    /// Where it stands in the page's text, white space around it not included.
    pub span: Span,
    /// How it is set off.
    pub kind: InlineKind,
}

/// How text is set off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InlineKind {
    /// Code: `<code>`, `<kbd>`, `<samp>`, `<tt>`.
    Code,
    /// Strong: `<b>`, `<strong>`.
    Strong,
    /// Emphasis: `<em>`, `<i>`.
    Emphasis,
}

impl Structure {
    /// Adds the parts of a text that stands in this one from `start` on, all in one element.
    pub fn append(&mut self, inner: Structure, start: usize, element: ElementId) {
        let moved = |span: Span| span.moved(0, start);
        self.parts.extend(inner.parts.into_iter().map(|mut part| {
            part.span = moved(part.span);
            part.element = Some(element);
            part.marks.iter_mut().for_each(|mark| mark.span = moved(mark.span));
            part.inlines.iter_mut().for_each(|inline| inline.span = moved(inline.span));
            part
        }));
    }
}
