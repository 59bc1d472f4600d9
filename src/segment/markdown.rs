//! Markdown to blocks, also where it was collapsed onto one line.

use super::marks::{contains, fence, heading_level};
use super::runs;
use crate::document::Block;

/// The blocks of a Markdown text, in order; none for a text of white space.
///
/// All that [`plain::segment`](super::plain::segment) knows, and `#` headings with their level,
/// link definitions, indented code, and headings and lists inside a long line. Cost is linear.
///
/// ```
/// use tamis::document::BlockKind;
///
/// let text = "## Tea\nSee [the map](/map).";
/// let blocks = tamis::segment::markdown::segment(text);
/// assert_eq!((blocks[0].kind, blocks[0].level), (BlockKind::Heading, 2));
/// assert_eq!(blocks[1].links[0].anchor.of(text), "the map");
/// ```
pub fn segment(text: &str) -> Vec<Block> {
    runs::blocks(text, true)
}

/// True if a text shows clear marks of Markdown: a link (`](`) or a link's definition, a heading
/// of two or more `#` (at a line's start or inside it), a `#` heading as its first line, a fence.
///
/// A single `#` further down may be a comment in code. Cost is linear and small.
pub(crate) fn is_likely(text: &str) -> bool {
    if contains(text, "](")
        || contains(text, "]: http")
        || heading_level(text.trim_start()) == Some(1)
    {
        return true;
    }
    // `contains` is several times faster than a walk over the matches, and mostly says no.
    contains(text, "## ") && text.match_indices("## ").any(|(at, _)| is_heading(text, at))
        || contains(text, "```") && text.match_indices("```").any(|(at, _)| is_fence(text, at))
        || contains(text, "~~~") && text.match_indices("~~~").any(|(at, _)| is_fence(text, at))
}

/// True if the `## ` at `at` ends two to six signs between white space and a text.
fn is_heading(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or("");
    let marks = before.bytes().rev().take(6).take_while(|&b| b == b'#').count();
    let parted = before
        .get(..before.len() - marks)
        .is_none_or(|rest| rest.is_empty() || rest.ends_with(char::is_whitespace));
    let behind = text.get(at + 3..).and_then(|rest| rest.chars().next());
    marks < 5 && parted && behind.is_some_and(|c| !c.is_whitespace() && c != '#')
}

fn is_fence(text: &str, at: usize) -> bool {
    text.get(..at).is_none_or(|t| t.is_empty() || t.ends_with(['\n', '\r']))
        && text.get(at..).and_then(|t| t.lines().next()).and_then(fence).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_headings_and_fences_show_markdown() {
        for text in ["a [b](c) d", "## Tea\nx", "One. ### Two three", "# Tea", "x\n```sh\nls\n```"]
        {
            assert!(is_likely(text), "{text}");
        }
    }

    #[test]
    fn hashtags_numbers_and_comments_do_not() {
        for text in [
            "",
            "#tea #1",
            "C# and F#",
            "x = 1\n# a comment",
            "a ##",
            "####### x",
            "it is ``` here",
        ] {
            assert!(!is_likely(text), "{text}");
        }
    }
}
