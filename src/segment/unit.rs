//! What a text is cut into before it is judged or counted.

use serde::{Deserialize, Serialize};

use super::html::{Extent, Wanted};
use super::{Breaks, blocks, into_lines, line_blocks, plain_line_blocks, plain_lines, segment_to};
use crate::document::{Block, Document, Format, Page};

/// What rules of scope `block` judge, and what a survey counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Paragraphs, lists, tables, headings.
    #[default]
    Block,
    /// Lines, each of the kind of the block it stands in.
    Line,
    /// Lines of plain text as they stand, all of the kind `other`: what C4 judges.
    PlainLine,
    /// The same, cut at line feeds alone and at no other line break.
    FeedLine,
}

impl Unit {
    /// What finds the blocks of a text that is not markup.
    pub fn cutter(self) -> fn(Format, &str) -> Vec<Block> {
        match self {
            Unit::Block => blocks,
            Unit::Line => line_blocks,
            Unit::PlainLine => |_, text| plain_line_blocks(text, Breaks::All),
            Unit::FeedLine => |_, text| plain_line_blocks(text, Breaks::LineFeeds),
        }
    }

    /// Cuts a document into what rules of scope `block` judge, with as much of a page in HTML as
    /// is wanted.
    pub fn cut(self, document: Document, wanted: Wanted) -> Page {
        match self {
            Unit::Block => segment_to(document, wanted),
            Unit::Line => into_lines(segment_to(document, wanted)),
            _ if document.info.format == Format::Html => {
                let wanted = Wanted { extent: Extent::Shown, ..wanted };
                into_lines(segment_to(document, wanted))
            }
            Unit::PlainLine => plain_lines(document, Breaks::All),
            Unit::FeedLine => plain_lines(document, Breaks::LineFeeds),
        }
    }

    /// All of them.
    pub const ALL: [Unit; 4] = [Unit::Block, Unit::Line, Unit::PlainLine, Unit::FeedLine];

    /// The name used in rules files, reports and surveys.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Block => "block",
            Unit::Line => "line",
            Unit::PlainLine => "plain-line",
            Unit::FeedLine => "feed-line",
        }
    }
}
