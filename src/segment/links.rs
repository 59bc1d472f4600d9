//! Links in a block: Markdown's, and bare addresses.

use std::collections::HashMap;

use super::lines::Line;
use super::marks::contains;
use crate::document::{BlockKind, Link, Span};
use crate::text::sentences::is_wide;

/// Finds the links of a text's blocks.
pub(crate) struct LinkFinder<'a> {
    text: &'a str,
    definitions: HashMap<String, &'a str>,
    /// False if the text cannot hold a link; then no block is looked at.
    any: bool,
}

/// Open brackets that are remembered; older ones are forgotten, as no link is nested so deep.
const OPEN_BRACKETS: usize = 32;
const TARGET_BYTES: usize = 4096;
const TITLE_BYTES: usize = 1024;
/// Brackets inside a target; CommonMark allows as many.
const NESTING: usize = 32;
const ID_BYTES: usize = 200;

impl<'a> LinkFinder<'a> {
    /// A finder for a text, with the link definitions (`[id]: target`) among its lines.
    pub(crate) fn new(text: &'a str, lines: &[Line]) -> Self {
        let mut definitions = HashMap::new();
        if contains(text, "]:") {
            for line in lines {
                if let Some((id, target)) = definition(line.span.of(text)) {
                    definitions.entry(normal(id)).or_insert(target);
                }
            }
        }
        let any = !definitions.is_empty()
            || contains(text, "](")
            || contains(text, "://")
            || contains(text, "www.")
            || contains(text, "WWW.");
        Self { text, definitions, any }
    }

    /// The links in a block, in order; their anchors do not overlap.
    ///
    /// A link around an image is one link, anchored at the image's alternative text.
    pub(crate) fn links(&self, kind: BlockKind, span: Span) -> Vec<Link> {
        let mut found = Vec::new();
        if !self.any {
            return found;
        }
        let marks = kind != BlockKind::Code;
        let bytes = self.text.as_bytes();
        let mut open: Vec<usize> = Vec::new();
        let mut last_image = (Span::default(), 0);
        let mut at = span.start;
        while at < span.end {
            match bytes.get(at) {
                None => break,
                Some(b'\\') if marks && bytes.get(at + 1).is_some_and(u8::is_ascii_punctuation) => {
                    at += 2
                }
                Some(b'[') if marks => {
                    if open.len() == OPEN_BRACKETS {
                        open.remove(0);
                    }
                    open.push(at);
                    at += 1;
                }
                Some(b']') if marks => {
                    let Some(start) = open.pop() else {
                        at += 1;
                        continue;
                    };
                    let mut anchor = Span::new(start + 1, at);
                    let Some((target, end)) = self.target(anchor, span.end) else {
                        at += 1;
                        continue;
                    };
                    if last_image.1 == at && anchor.of(self.text).starts_with("![") {
                        anchor = last_image.0;
                    }
                    while found.last().is_some_and(|link: &Link| link.anchor.start > start) {
                        found.pop();
                    }
                    if start > span.start && bytes.get(start - 1) == Some(&b'!') {
                        last_image = (anchor, end);
                    }
                    found.push(Link { anchor, target: target.into() });
                    at = end;
                }
                Some(b':' | b'w' | b'W') => match bare(self.text, at, span) {
                    Some(anchor) => {
                        found.push(Link { anchor, target: anchor.of(self.text).into() });
                        at = anchor.end;
                    }
                    None => at += 1,
                },
                Some(_) => at += 1,
            }
        }
        found
    }

    /// Where the link whose anchor is given leads, and one past its last byte.
    fn target(&self, anchor: Span, limit: usize) -> Option<(&'a str, usize)> {
        let behind = anchor.end + 1;
        match self.text.as_bytes().get(behind).filter(|_| behind < limit) {
            Some(b'(') => inline_target(self.text, behind + 1, limit),
            Some(b'[') if !self.definitions.is_empty() => {
                let rest = self.text.get(behind + 1..limit)?;
                let length = rest.bytes().take(ID_BYTES).position(|b| b == b']')?;
                let id = rest.get(..length).filter(|id| !id.is_empty());
                let target = self.defined(id.unwrap_or(anchor.of(self.text)))?;
                Some((target, behind + 1 + length + 1))
            }
            Some(b':') => None,
            _ if !self.definitions.is_empty() => {
                Some((self.defined(anchor.of(self.text))?, anchor.end + 1))
            }
            _ => None,
        }
    }

    fn defined(&self, id: &str) -> Option<&'a str> {
        (id.len() <= ID_BYTES).then(|| self.definitions.get(&normal(id)).copied()).flatten()
    }
}

fn normal(id: &str) -> String {
    id.trim().to_lowercase()
}

/// A link definition: `[id]: target`. Footnotes (`[^1]: …`) are none.
pub(crate) fn definition(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix('[')?;
    let length = rest.bytes().take(ID_BYTES).position(|b| b == b']')?;
    let id = rest.get(..length).filter(|id| !id.is_empty() && !id.starts_with('^'))?;
    let target = rest.get(length + 1..)?.strip_prefix(':')?.split_whitespace().next()?;
    let target = target.trim_start_matches('<').trim_end_matches('>');
    let leads = target.contains([':', '/', '#', '.']);
    leads.then_some((id, target))
}

/// The target between the brackets of `(target "title")`, and one past the closing one.
fn inline_target(text: &str, start: usize, limit: usize) -> Option<(&str, usize)> {
    let bytes = text.as_bytes().get(..limit)?;
    let mut at = skip_spaces(bytes, start);
    let target = if bytes.get(at) == Some(&b'<') {
        let length = bytes.get(at + 1..)?.iter().take(TARGET_BYTES).position(|b| *b == b'>')?;
        let target = text.get(at + 1..at + 1 + length)?;
        at += length + 2;
        target
    } else {
        let (from, mut depth) = (at, 0usize);
        loop {
            match bytes.get(at).filter(|_| at - from <= TARGET_BYTES)? {
                b'(' if depth == NESTING => return None,
                b'(' => depth += 1,
                b')' if depth == 0 => break,
                b')' => depth -= 1,
                b if b.is_ascii_whitespace() => break,
                b'\\' if bytes.get(at + 1).is_some_and(u8::is_ascii_punctuation) => at += 1,
                _ => {}
            }
            at += 1;
        }
        text.get(from..at)?
    };
    at = skip_spaces(bytes, at);
    if let Some(quote) = bytes.get(at).filter(|b| matches!(b, b'"' | b'\'' | b'(')) {
        let close = if *quote == b'(' { b')' } else { *quote };
        let title = bytes.get(at + 1..)?;
        let length = title.iter().take(TITLE_BYTES).position(|b| *b == close)?;
        at = skip_spaces(bytes, at + length + 2);
    }
    (bytes.get(at) == Some(&b')')).then_some((target, at + 1))
}

fn skip_spaces(bytes: &[u8], mut at: usize) -> usize {
    let limit = at + TITLE_BYTES;
    while at < limit && bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// The bare address that holds the colon, or begins with the `w`, at `at`.
fn bare(text: &str, at: usize, span: Span) -> Option<Span> {
    let bytes = text.as_bytes();
    let (start, head) = if bytes.get(at) == Some(&b':') {
        if bytes.get(at + 1..at + 3) != Some(b"//") {
            return None;
        }
        let scheme = |name: &str| {
            let from = at.checked_sub(name.len()).filter(|from| *from >= span.start)?;
            bytes.get(from..at)?.eq_ignore_ascii_case(name.as_bytes()).then_some(from)
        };
        (scheme("https").or_else(|| scheme("http"))?, at + 3)
    } else {
        if !bytes.get(at..at + 4)?.eq_ignore_ascii_case(b"www.") {
            return None;
        }
        (at, at + 4)
    };
    let before = start.checked_sub(1).filter(|n| *n >= span.start).and_then(|n| bytes.get(n));
    if before.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'@' | b'-' | b'_')) {
        return None;
    }
    let rest = text.get(head..span.end)?;
    let ends = |(at, c): &(usize, char)| {
        ends_address(*c) || *c == ']' && rest.as_bytes().get(at + 1) == Some(&b'(')
    };
    let length = rest.char_indices().find(ends).map_or(rest.len(), |(at, _)| at);
    let mut address = rest.get(..length)?;
    let surplus = |open: char, close: char| {
        address.matches(close).count().saturating_sub(address.matches(open).count())
    };
    let (mut round, mut square) = (surplus('(', ')'), surplus('[', ']'));
    while let Some(last) = address.chars().next_back() {
        match last {
            ')' if round > 0 => round -= 1,
            ']' if square > 0 => square -= 1,
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' | '’' | '”' | '…' => {}
            _ => break,
        }
        address = address.get(..address.len() - last.len_utf8())?;
    }
    address.starts_with(char::is_alphanumeric).then(|| Span::new(start, head + address.len()))
}

fn ends_address(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | '>' | '"' | '|' | '`' | '“' | '«' | '»') || is_wide(c)
}

#[cfg(test)]
mod tests {
    use super::super::lines::lines;
    use super::*;

    fn links(text: &str) -> Vec<(&str, String)> {
        LinkFinder::new(text, &lines(text))
            .links(BlockKind::Paragraph, Span::new(0, text.len()))
            .into_iter()
            .map(|link| (link.anchor.of(text), link.target.into_string()))
            .collect()
    }

    fn pairs(found: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
        found.iter().map(|(anchor, target)| (*anchor, (*target).to_owned())).collect()
    }

    #[test]
    fn a_link_is_anchored_between_its_brackets() {
        assert_eq!(links("See [the *map*](/a_(b) \"Map\")."), pairs(&[("the *map*", "/a_(b)")]));
        assert_eq!(links("[a [b] c](<x y>)"), pairs(&[("a [b] c", "x y")]));
        assert_eq!(links("[a] (b) [c](d e) \\[f](g)"), pairs(&[]));
    }

    #[test]
    fn an_image_is_a_link_and_a_link_around_it_is_one_with_it() {
        assert_eq!(links("![A cat](cat.png)"), pairs(&[("A cat", "cat.png")]));
        assert_eq!(links("[![A cat](cat.png)](/cats)"), pairs(&[("A cat", "/cats")]));
    }

    #[test]
    fn references_lead_where_their_definition_says() {
        let text =
            "[Docs][D] and [Docs][] and [d], not [e].\n[d]: https://example.org/d\n[docs]: /docs";
        let found = links(text);
        assert_eq!(found[0], ("Docs", "https://example.org/d".to_owned()));
        assert_eq!(found[1], ("Docs", "/docs".to_owned()));
        assert_eq!(found[2], ("d", "https://example.org/d".to_owned()));
        assert_eq!(found[3].0, "https://example.org/d");
    }

    #[test]
    fn bare_addresses_are_their_own_anchors() {
        assert_eq!(
            links(
                "(see https://example.org/a_(b)), www.example.net. <http://example.com/>,见http://例.cn/a。好"
            ),
            pairs(&[
                ("https://example.org/a_(b)", "https://example.org/a_(b)"),
                ("www.example.net", "www.example.net"),
                ("http://example.com/", "http://example.com/"),
            ])
        );
        assert_eq!(links("http:// foo://bar awww.x"), pairs(&[]));
    }

    #[test]
    fn an_address_as_anchor_is_one_link() {
        assert_eq!(
            links("[https://a.example](https://b.example)"),
            pairs(&[("https://a.example", "https://b.example")])
        );
    }

    #[test]
    fn hostile_brackets_cost_no_more_than_their_length() {
        let text = "[".repeat(50_000) + &"](".repeat(50_000);
        assert!(links(&text).is_empty());
    }
}
