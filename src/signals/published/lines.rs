//! The lines of a text between line feeds, measured once for all families.

use xxhash_rust::xxh3::xxh3_64;

use crate::document::Span;
use crate::signals::Measured;
use crate::signals::ngrams::Twice;
use crate::text::python;

/// A line of `str.split("\n")`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// Where it stands, without its line feed.
    pub(super) span: Span,
    /// Its characters.
    pub(super) characters: u32,
    /// It is one of several that are the same; said of empty lines never.
    pub(super) is_copied: bool,
    /// An earlier line is the same; said of empty lines never.
    pub(super) is_later: bool,
    /// A hash of it.
    pub(super) hash: u64,
}

/// All lines of a text, in order; one of an empty text.
pub(super) fn lines<'a>(t: &Measured<'a>) -> &'a [Line] {
    let page = t.page;
    page.published.lines.get_or_init(|| of(page.text))
}

pub(super) fn of(text: &str) -> Vec<Line> {
    let bytes = text.as_bytes();
    let mut lines = Vec::with_capacity(bytes.len() / 64 + 1);
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]) {
        let span = Span::new(start, end);
        let line = span.of(text);
        lines.push(Line {
            span,
            characters: python::length(line) as u32,
            is_copied: false,
            is_later: false,
            hash: xxh3_64(line.as_bytes()),
        });
        start = end + 1;
    }
    mark_copies(&mut lines);
    lines
}

/// Characters of the text that the lines are of.
pub(super) fn characters(lines: &[Line]) -> usize {
    let line_feeds = lines.len().saturating_sub(1);
    lines.iter().map(|line| line.characters as usize).sum::<usize>() + line_feeds
}

/// The runs of lines that are not empty, in order.
pub(super) fn paragraphs(lines: &[Line]) -> impl Iterator<Item = &[Line]> {
    lines.split(|line| line.span.is_empty()).filter(|part| !part.is_empty())
}

fn mark_copies(lines: &mut [Line]) {
    let mut twice = Twice::new(lines.len());
    let solid = |line: &&Line| !line.span.is_empty();
    lines.iter().filter(solid).for_each(|line| twice.see(line.hash));
    if twice.again == 0 {
        return;
    }
    let mut perhaps: Vec<(u64, u32)> = (0..)
        .zip(lines.iter())
        .filter(|(_, line)| solid(line) && twice.may_be(line.hash))
        .map(|(n, line)| (line.hash, n))
        .collect();
    perhaps.sort_unstable();
    for same in perhaps.chunk_by(|one, other| one.0 == other.0).filter(|same| same.len() > 1) {
        for (n, (_, line)) in same.iter().enumerate() {
            if let Some(line) = lines.get_mut(*line as usize) {
                line.is_copied = true;
                line.is_later = n > 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn copies_are_marked_but_for_empty_lines() {
        let found: Vec<(bool, bool)> =
            of("a\n\nb\na\n\né").iter().map(|line| (line.is_copied, line.is_later)).collect();
        let (no, first, later) = ((false, false), (true, false), (true, true));
        assert_eq!(found, [first, no, no, later, no, no]);
    }

    proptest! {
        #[test]
        fn lines_are_those_of_split(text in "[aé\n]{0,8}") {
            let found: Vec<(&str, u32)> =
                of(&text).iter().map(|line| (line.span.of(&text), line.characters)).collect();
            prop_assert_eq!(characters(&of(&text)), text.chars().count());
            let expected: Vec<(&str, u32)> =
                text.split('\n').map(|line| (line, line.chars().count() as u32)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
