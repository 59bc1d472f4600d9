//! Markdown that was collapsed onto one line: headings and lists inside a paragraph.

use std::collections::HashSet;

use super::lines::{columns, trimmed};
use super::marks::{ends_sentence, heading_level};
use crate::document::{Block, BlockKind, Span};
use crate::text::sentences::{opens_sentences, sentences};

/// Lines shorter than this are not taken apart, in bytes.
const COLLAPSED_BYTES: usize = 100;
/// Longest heading, in words and columns.
const HEADING_WORDS: usize = 15;
const HEADING_COLUMNS: u32 = 100;
/// Longest stretch in which an anchor or a heading's end is looked for, in bytes.
const REACH: usize = 400;

/// Cuts lines that hold several blocks.
///
/// Where a heading that stands inside a line ends is told by the contents list: an anchor of a
/// link to `#…` that the line goes on with is the heading. Without one, a stretch that is
/// short, and ends where a list, another heading or the line does, is a heading as a whole.
/// Else the heading ends at a question mark, or before the word that seems to open the body's
/// first sentence: the last capitalised opener (`The`, `While`, …) before the first word that
/// a title would have capitalised and this text does not, or, in a heading that is written
/// like a sentence, the first opener in mid-sentence. If there is none, heading and body stay
/// one paragraph.
pub(crate) struct Splitter<'a> {
    text: &'a str,
    titles: HashSet<&'a str>,
}

impl<'a> Splitter<'a> {
    /// A splitter that knows the anchors of the text's links to places in itself.
    pub(crate) fn new(text: &'a str) -> Self {
        let titles = text
            .match_indices("](#")
            .filter_map(|(at, _)| {
                let mut from = at.saturating_sub(REACH);
                while !text.is_char_boundary(from) {
                    from += 1;
                }
                let before = text.get(from..at)?;
                Some(before.get(before.rfind('[')? + 1..)?.trim())
            })
            .filter(|title| !title.is_empty())
            .collect();
        Self { text, titles }
    }

    /// Appends the blocks of a line, and says if it holds several: false leaves `blocks` alone.
    pub(crate) fn split(&self, line: Span, blocks: &mut Vec<Block>) -> bool {
        if line.len() < COLLAPSED_BYTES {
            return false;
        }
        let marks = self.heading_marks(line);
        let long_heading = marks.first().is_some_and(|mark| mark.start == line.start)
            && (columns(line.of(self.text)) > HEADING_COLUMNS + 20);
        let inner = marks.iter().any(|mark| mark.start > line.start);
        if !inner && !long_heading && !self.has_inner_links(line) {
            return false;
        }
        let mut from = line.start;
        let mut heading: Option<HeadingMark> = None;
        for mark in marks.into_iter().map(Some).chain([None]) {
            let end = mark.map_or(line.end, |mark| mark.start);
            self.piece(Span::new(from, end), heading, blocks);
            (from, heading) = (end, mark);
        }
        true
    }

    /// True if a list of links begins inside a line that does not begin with an item.
    fn has_inner_links(&self, line: Span) -> bool {
        line.of(self.text).contains("](")
            && inline_lists(self.text, line)
                .first()
                .is_some_and(|list| list.links && list.span.start > line.start)
    }

    /// The `##` marks in a line, outside of inline code; a single `#` only at its start.
    fn heading_marks(&self, line: Span) -> Vec<HeadingMark> {
        let bytes = self.text.as_bytes();
        let mut found = Vec::new();
        let mut unclosed = 0u32;
        let mut at = line.start;
        while at < line.end {
            match bytes.get(at) {
                Some(b'`') => at = skip_code(bytes, at, line.end, &mut unclosed),
                Some(b'#') => {
                    let rest = self.text.get(at..line.end).unwrap_or("");
                    let hashes = rest.bytes().take_while(|&b| b == b'#').count();
                    let parted = at == line.start
                        || self.text.get(..at).is_some_and(|t| t.ends_with(char::is_whitespace));
                    let level = parted.then(|| heading_level(rest)).flatten();
                    if let Some(level) = level.filter(|&level| level > 1 || at == line.start) {
                        found.push(HeadingMark { start: at, level });
                    }
                    at += hashes;
                }
                _ => at += 1,
            }
        }
        found
    }

    /// Appends the blocks of a stretch between two heading marks.
    fn piece(&self, span: Span, heading: Option<HeadingMark>, blocks: &mut Vec<Block>) {
        let Some(span) = trimmed(self.text, span) else { return };
        let mut from = span.start;
        let after = from + heading.map_or(0, |mark| usize::from(mark.level));
        let lists = inline_lists(self.text, Span::new(after, span.end));
        if let Some(mark) = heading {
            let limit = lists.first().map_or(span.end, |list| list.span.start);
            let rest = self.text.get(after..limit).unwrap_or("");
            match self.heading_length(rest) {
                Some(length) => {
                    let mut block = self.block(BlockKind::Heading, Span::new(from, after + length));
                    if let Some(block) = &mut block {
                        block.level = mark.level;
                    }
                    blocks.extend(block);
                    from = after + length;
                }
                None => {
                    blocks.extend(self.block(BlockKind::Paragraph, Span::new(from, limit)));
                    from = limit;
                }
            }
        }
        for list in lists {
            if list.span.start < from {
                continue;
            }
            blocks.extend(self.block(BlockKind::Paragraph, Span::new(from, list.span.start)));
            blocks.extend(self.block(BlockKind::List, list.span));
            from = list.span.end;
        }
        blocks.extend(self.block(BlockKind::Paragraph, Span::new(from, span.end)));
    }

    fn block(&self, kind: BlockKind, span: Span) -> Option<Block> {
        trimmed(self.text, span).map(|span| Block::new(kind, span))
    }

    /// Length of the heading at the start of what follows its `#` marks; `None` if unsure.
    fn heading_length(&self, rest: &str) -> Option<usize> {
        let lead = rest.len() - rest.trim_start().len();
        let body = rest.trim();
        self.title_length(body).or_else(|| heading_end(body)).map(|length| lead + length)
    }

    fn title_length(&self, body: &str) -> Option<usize> {
        if self.titles.is_empty() {
            return None;
        }
        let ends = body
            .char_indices()
            .take_while(|(at, _)| *at <= REACH)
            .filter(|(_, c)| c.is_whitespace())
            .map(|(at, _)| at)
            .chain((body.len() <= REACH).then_some(body.len()));
        ends.filter(|&end| body.get(..end).is_some_and(|title| self.titles.contains(title))).last()
    }
}

#[derive(Clone, Copy)]
struct HeadingMark {
    start: usize,
    level: u8,
}

/// One past the inline code that begins with the backticks at `at`, or past the backticks.
fn skip_code(bytes: &[u8], at: usize, limit: usize, unclosed: &mut u32) -> usize {
    let ticks =
        |at: usize| bytes.get(at..limit).unwrap_or(&[]).iter().take_while(|b| **b == b'`').count();
    let length = ticks(at);
    let begin = at + length;
    if length > 16 || *unclosed & (1 << length) != 0 {
        return begin;
    }
    // A stray backtick must not hide what is far behind it.
    let reach = if length < 3 { limit.min(begin + REACH) } else { limit };
    let mut at = begin;
    while at < reach {
        match ticks(at) {
            0 => at += 1,
            n if n == length => return at + n,
            n => at += n,
        }
    }
    if length >= 3 {
        *unclosed |= 1 << length;
    }
    begin
}

/// Words that are written small inside a title.
const SMALL_WORDS: &[&str] = &[
    "a", "an", "and", "as", "at", "but", "by", "for", "from", "in", "into", "nor", "of", "on",
    "or", "per", "the", "to", "via", "vs", "with", "und", "der", "die", "das", "von", "für", "de",
    "la", "le", "les", "du", "des", "et", "y", "del", "las", "los", "e", "da", "do", "di", "il",
];

/// Where a heading ends that has its body behind it; see [`Splitter`].
fn heading_end(body: &str) -> Option<usize> {
    let head_fits = |text: &str| {
        !text.is_empty()
            && columns(text) <= HEADING_COLUMNS
            && text.split_whitespace().nth(HEADING_WORDS).is_none()
    };
    if head_fits(body) && !ends_sentence(body) {
        return Some(body.len());
    }
    let words: Vec<&str> = body.split_whitespace().take(HEADING_WORDS + 2).collect();
    let place = |word: &str| word.as_ptr() as usize - body.as_ptr() as usize;
    let core = |word: &str| -> String {
        word.trim_matches(|c: char| !c.is_alphanumeric()).chars().take(24).collect()
    };
    let (mut opener, mut small_from) = (None, None);
    let mut before = "";
    for (n, word) in words.iter().enumerate() {
        let bare = core(word);
        let is_small = bare.starts_with(char::is_lowercase);
        let after_pause = before.ends_with([':', ',', '-', '–', '—', '&', '/', '.', ';']);
        if n > 0 && !is_small && before.ends_with('?') {
            opener = Some(n);
            break;
        }
        if n > 0 && before.ends_with('.') && n > 1 {
            // A sentence has ended: what is before it was no heading.
            break;
        }
        let after_small = SMALL_WORDS.contains(&core(before).as_str());
        if n > 0 && !after_pause && !after_small && opens_sentences(&bare) && !word.ends_with(':') {
            opener = Some(n);
            if small_from.is_some() {
                break;
            }
        } else if n > 0 && is_small && small_from.is_none() && !SMALL_WORDS.contains(&bare.as_str())
        {
            small_from = Some(n);
            if opener.is_some() {
                break;
            }
        }
        before = word;
    }
    let cut = place(words.get(opener?)?);
    let heading = body.get(..cut)?.trim_end();
    head_fits(heading).then_some(heading.len())
}

/// A list whose items stand on one line.
#[derive(Clone, Debug)]
pub(crate) struct InlineList {
    /// From the first item's sign to the last item's end.
    pub(crate) span: Span,
    /// Where the items begin.
    pub(crate) items: Vec<usize>,
    /// True if the items are links.
    links: bool,
}

/// The lists inside a stretch of one line, in order.
///
/// Items that are links (`* [`) make a list if there are two, or one at the start of the
/// stretch. Others need two signs (three for `-` and `+`) before capitals, the first at the
/// start or behind an end mark: `2 * 3` and `a - b` are none.
pub(crate) fn inline_lists(text: &str, span: Span) -> Vec<InlineList> {
    let marks = item_marks(text, span);
    let mut found: Vec<InlineList> = Vec::new();
    let mut at = 0;
    while let Some(first) = marks.get(at) {
        at += 1;
        if !(first.link || (first.opens && first.capital)) {
            continue;
        }
        let mut items = vec![*first];
        while let Some(mark) = marks.get(at) {
            if mark.sign != first.sign && !mark.link {
                // A dash in an item's text.
                at += 1;
                continue;
            }
            if mark.sign != first.sign || mark.link != first.link || !mark.capital {
                break;
            }
            items.push(*mark);
            at += 1;
        }
        let least = match (first.link, first.leads, first.sign) {
            (true, true, _) => 1,
            (true, ..) | (_, _, b'*') => 2,
            _ => 3,
        };
        let Some(last) = items.last().filter(|_| items.len() >= least) else { continue };
        let limit = marks.get(at).map_or(span.end, |mark| mark.start);
        let start = last.start;
        let items: Vec<usize> = items.iter().map(|mark| mark.start).collect();
        let end = last_item_end(text, &items, start, limit);
        found.push(InlineList { span: Span::new(first.start, end), items, links: first.link });
    }
    found
}

/// An item's sign inside a line.
#[derive(Clone, Copy)]
struct ItemMark {
    start: usize,
    sign: u8,
    /// A link follows.
    link: bool,
    /// A capital, or a mark that one may stand behind, follows.
    capital: bool,
    /// Nothing but white space is before it.
    leads: bool,
    /// It stands at the start, or behind an end mark, a colon or a bracket.
    opens: bool,
}

fn item_marks(text: &str, span: Span) -> Vec<ItemMark> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut last = None;
    let mut parted = true;
    for at in span.start..span.end {
        let Some(&byte) = bytes.get(at) else { break };
        if byte == b' ' || byte == b'\t' {
            parted = true;
            continue;
        }
        let sign = parted && matches!(byte, b'*' | b'-' | b'+');
        if sign && matches!(bytes.get(at + 1), Some(b' ' | b'\t')) {
            let rest = text.get(at + 1..span.end).unwrap_or("").trim_start();
            let next = rest.chars().next();
            found.push(ItemMark {
                start: at,
                sign: byte,
                link: rest.starts_with('[') || rest.starts_with("!["),
                capital: next
                    .is_some_and(|c| c.is_uppercase() || matches!(c, '*' | '[' | '"' | '“')),
                leads: last.is_none(),
                opens: last.is_none_or(|b| matches!(b, b'.' | b'!' | b'?' | b':' | b')' | b'*')),
            });
        }
        parted = false;
        last = Some(byte);
    }
    found
}

/// Where the last item ends: behind its link if the others are nothing but links, behind its
/// first sentence if the others have but one, else at the end of the stretch.
fn last_item_end(text: &str, items: &[usize], last: usize, limit: usize) -> usize {
    let others = items.windows(2).filter_map(|pair| text.get(*pair.first()?..*pair.get(1)?));
    let (mut all_links, mut all_single) = (true, true);
    for item in others {
        let item = item.trim();
        all_links &= item.ends_with(')') && item.matches("](").count() == 1;
        all_single &= sentences(item).len() <= 1;
    }
    let rest = text.get(last..limit).unwrap_or("");
    if all_links {
        let link = rest.find("](").and_then(|at| Some(at + rest.get(at..)?.find(')')? + 1));
        if let Some(length) = link {
            return last + length;
        }
    }
    if all_single && let Some(first) = sentences(rest).first() {
        return last + first.end;
    }
    last + rest.trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<(BlockKind, u8, &str)> {
        let mut blocks = Vec::new();
        Splitter::new(text).split(Span::new(0, text.len()), &mut blocks);
        blocks.iter().map(|b| (b.kind, b.level, b.span.of(text))).collect()
    }

    use BlockKind::{Heading, List, Paragraph};

    #[test]
    fn a_contents_list_tells_where_headings_end() {
        let text = "Tea is a plant that people drink. ## Contents * [Origins of tea](#o) * [Tea Today](#t) \
                    ## Origins of tea Legend says much. ### Tea Today India drinks more of it than others do.";
        assert_eq!(
            split(text),
            [
                (Paragraph, 0, "Tea is a plant that people drink."),
                (Heading, 2, "## Contents"),
                (List, 0, "* [Origins of tea](#o) * [Tea Today](#t)"),
                (Heading, 2, "## Origins of tea"),
                (Paragraph, 0, "Legend says much."),
                (Heading, 3, "### Tea Today"),
                (Paragraph, 0, "India drinks more of it than others do."),
            ]
        );
    }

    #[test]
    fn without_contents_an_opener_ends_the_heading() {
        for (heading, body) in [
            (
                "## Origins of the Tea Trade",
                "The first ships left in spring and came back in autumn with tea.",
            ),
            (
                "## Tea in War and Peace",
                "While the **tea trade** went on, ships were lost by the dozen each year.",
            ),
            (
                "## How tea is grown",
                "The plant wants rain and shade, and people who pick its leaves by hand.",
            ),
            (
                "## Der Weg des Tees",
                "Die ersten Schiffe kamen im Herbst zurück und brachten Tee aus China.",
            ),
        ] {
            let text = format!(
                "Some words about tea that stand before the heading on the line. {heading} {body}"
            );
            let found = split(&text);
            assert_eq!(found[1], (Heading, 2, heading));
            assert_eq!(found[2], (Paragraph, 0, body));
        }
    }

    #[test]
    fn a_question_ends_its_heading() {
        let text = "Some words about tea that stand before the heading on one line. ## What Is Tea? Tea is a plant. It is a drink as well.";
        assert_eq!(split(text)[1], (Heading, 2, "## What Is Tea?"));
    }

    #[test]
    fn an_unsure_heading_stays_with_its_body() {
        let text = "Some words about tea that stand before the heading on one line. ## Tea York is a town of tea, and of some more things that we name.";
        let found = split(text);
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].0, Paragraph);
    }

    #[test]
    fn code_numbers_and_sums_are_no_marks() {
        let text = "In C# we write `## no heading` and 2 * 3 * 4 or a - b - c, see #1 and #tag, for all of it is just one single line.";
        assert!(split(text).is_empty());
    }

    #[test]
    fn items_of_text_make_a_list_behind_a_colon() {
        let text = "## Steps Boil some water in a pan that is large enough for two: * Warm the pot * Add the leaves * Pour. Then wait for a while.";
        assert!(split(text).contains(&(List, 0, "* Warm the pot * Add the leaves * Pour.")));
    }

    #[test]
    fn hostile_lines_cost_no_more_than_their_length() {
        for part in ["## ", "` ", "``` ", "* [ ", "* A ", "](#", "# ", "###### x "] {
            let text = part.repeat(40_000);
            let mut blocks = Vec::new();
            Splitter::new(&text).split(Span::new(0, text.len()), &mut blocks);
        }
    }
}
