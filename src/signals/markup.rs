//! What of a text a reader does not see: the marks and targets of Markdown links.
//!
//! The text of a Markdown page is its source, so `[Home](/index.html)` holds a target whose
//! characters and words are not the page's. HTML pages have none of this in their text.

use crate::document::{Block, Span};
use crate::text::Word;

/// Longest stretch (bytes) between a link's target and its closing bracket: a title.
const LONGEST_TITLE: usize = 200;

/// True if something may be hidden in a text. Where nothing is, it need not be cut into blocks
/// to find that out.
pub(super) fn may_hide(text: &str) -> bool {
    let brackets = memchr::memchr_iter(b']', text.as_bytes());
    brackets.into_iter().any(|at| matches!(text.as_bytes().get(at + 1), Some(b'(' | b'[')))
}

/// Where the marks and targets of Markdown links stand: in order, without overlaps.
pub(super) fn hidden(text: &str, blocks: &[Block]) -> Vec<Span> {
    let mut found = Vec::new();
    let links = blocks.iter().flat_map(|b| b.links.iter().map(move |link| (b.span, link)));
    for (block, link) in links {
        let anchor = link.anchor;
        let (Some(before), Some(after)) = (text.get(..anchor.start), text.get(anchor.end..)) else {
            continue;
        };
        if !before.ends_with('[') {
            continue;
        }
        let close = match after.as_bytes() {
            [b']', b'(', ..] => b')',
            [b']', b'[', ..] => b']',
            _ => continue,
        };
        let mut inner = after.get(2..).unwrap_or("");
        let limit = block.end.saturating_sub(anchor.end + 2);
        let mut length = 2;
        if let Some(rest) = inner.strip_prefix(&*link.target) {
            length += link.target.len();
            inner = rest;
        }
        let title = inner.bytes().take(LONGEST_TITLE.min(limit)).position(|b| b == close);
        length += title.map_or(0, |at| at + 1);
        let image = usize::from(before.ends_with("!["));
        found.push(Span::new(anchor.start - 1 - image, anchor.start));
        found.push(Span::new(anchor.end, anchor.end + length));
    }
    found.sort_unstable();
    merge(found, text)
}

/// Joins spans that overlap and drops those that do not fit the text.
fn merge(spans: Vec<Span>, text: &str) -> Vec<Span> {
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        if text.get(span.start..span.end).is_none() {
            continue;
        }
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

/// The words that no hidden span touches, and their shapes.
pub(super) fn visible_words(
    (mut words, mut shapes): (Vec<Word>, Vec<u8>),
    hidden: &[Span],
) -> (Vec<Word>, Vec<u8>) {
    if hidden.is_empty() {
        return (words, shapes);
    }
    let mut rest = hidden;
    let mut kept = Vec::with_capacity(words.len());
    words.retain(|word| {
        while let [first, tail @ ..] = rest
            && first.end <= word.start as usize
        {
            rest = tail;
        }
        kept.push(rest.first().is_none_or(|first| first.start >= word.end as usize));
        kept.last() == Some(&true)
    });
    let mut kept = kept.into_iter();
    shapes.retain(|_| kept.next() == Some(true));
    (words, shapes)
}

/// The parts of `span` that lie outside the hidden spans, in order.
pub(super) fn visible<'a>(
    text: &'a str,
    hidden: &'a [Span],
    span: Span,
) -> impl Iterator<Item = &'a str> {
    let from = hidden.partition_point(|h| h.end <= span.start);
    let mut rest = hidden.get(from..).unwrap_or(&[]);
    let mut at = span.start;
    let mut done = false;
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        let (end, next) = match rest.first() {
            Some(first) if first.start < span.end => (first.start.max(at), first.end),
            _ => (span.end, span.end),
        };
        rest = rest.get(1..).unwrap_or(&[]);
        done = next >= span.end;
        let piece = Span::new(at, end).of(text);
        at = next;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{BlockKind, Link};

    fn linked(text: &str, anchors: &[(&str, &str)]) -> Block {
        let mut block = Block::new(BlockKind::Paragraph, Span::new(0, text.len()));
        for (anchor, target) in anchors {
            let start = text.find(anchor).expect("the anchor stands in the text");
            let anchor = Span::new(start, start + anchor.len());
            block.links.push(Link { anchor, target: (*target).into() });
        }
        block
    }

    fn seen(text: &str, anchors: &[(&str, &str)]) -> String {
        let blocks = [linked(text, anchors)];
        let hidden = hidden(text, &blocks);
        visible(text, &hidden, Span::new(0, text.len())).collect()
    }

    #[test]
    fn a_target_is_hidden_with_its_marks() {
        assert_eq!(seen("See [the map](/map) now", &[("the map", "/map")]), "See the map now");
    }

    #[test]
    fn brackets_in_a_target_and_titles_are_hidden_too() {
        let text = r#"[Ada](/Ada_(name) "who") wrote"#;
        assert_eq!(seen(text, &[("Ada", "/Ada_(name)")]), "Ada wrote");
    }

    #[test]
    fn an_image_and_a_reference_link_are_seen_by_their_text() {
        assert_eq!(seen("![a cat](c.png) here", &[("a cat", "c.png")]), "a cat here");
        assert_eq!(seen("[notes][1] here", &[("notes", "/n")]), "notes here");
    }

    #[test]
    fn a_link_without_markdown_hides_nothing() {
        assert_eq!(seen("Home", &[("Home", "/")]), "Home");
        assert_eq!(
            seen("https://a.org/b", &[("https://a.org/b", "https://a.org/b")]),
            "https://a.org/b"
        );
    }

    #[test]
    fn part_of_a_text_is_cut_at_its_ends() {
        let text = "[Über](/über) uns";
        let hidden = hidden(text, &[linked(text, &[("Über", "/über")])]);
        let whole: Vec<&str> = visible(text, &hidden, Span::new(3, 9)).collect();
        assert_eq!(whole.concat(), "ber");
    }
}
