//! Verdicts to cuts: a page and its verdicts become the kept text and a list of removals.
//!
//! Editing only cuts. White space goes with what it separates, so that no heap of blank lines and
//! no orphaned bullet is left; it is part of the removal, so that nothing is lost.

use crate::document::{Block, Link, Page, Span};
use crate::rules::{Action, Layout};
use crate::text::python;
use crate::verdict::{BlockVerdict, BlockVerdicts, DecidedBy, Points, Verdict};

/// What was cut, and where its reasons stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The bytes taken from the page's text, the white space that went with them included.
    pub span: Span,
    /// Number of the block it was, or lay in.
    pub block: usize,
    /// Number among the block's hit sentences, if a sentence or a part of it was cut.
    pub sentence: Option<usize>,
    /// True for white space that [`Layout::Lines`] takes from around a block that stays.
    pub is_layout: bool,
}

/// The verdict on white space that goes for the layout's sake.
static ON_LAYOUT: Verdict =
    Verdict { action: Action::Cut, by: DecidedBy::Layout, points: Points::NONE, hits: Vec::new() };

impl Removal {
    /// The verdict that took it away.
    pub fn verdict<'a>(&self, verdicts: &'a BlockVerdicts) -> &'a Verdict {
        if self.is_layout {
            return &ON_LAYOUT;
        }
        let block = &verdicts.blocks[self.block];
        match self.sentence {
            Some(n) => &block.sentences[n].verdict,
            None => &block.verdict,
        }
    }
}

/// The kept text, its blocks, and what was taken away.
#[derive(Clone, Debug)]
pub struct Cleaned {
    /// The kept text: a subsequence of the page's.
    pub text: String,
    /// The kept blocks, with places in `text`.
    pub blocks: Vec<Block>,
    /// What was cut, in order, without overlap.
    pub removals: Vec<Removal>,
    /// True if line breaks of other kinds were made `\n` ([`Layout::Lines`]): the text cannot be
    /// put together again from what was kept and cut.
    pub is_rewritten: bool,
}

impl Cleaned {
    /// The parts of a page's text, so many bytes long, that are left, in order.
    pub fn kept(&self, bytes: usize) -> Vec<Span> {
        let starts = std::iter::once(0).chain(self.removals.iter().map(|gone| gone.span.end));
        let ends = self.removals.iter().map(|gone| gone.span.start).chain([bytes]);
        let pieces = starts.zip(ends).map(|(start, end)| Span::new(start, end));
        pieces.filter(|piece| !piece.is_empty()).collect()
    }

    /// True if the text is the page's.
    pub fn is_untouched(&self) -> bool {
        self.removals.is_empty() && !self.is_rewritten
    }
}

/// Cuts out of a page what its verdicts say.
pub fn cut(page: &Page, verdicts: &BlockVerdicts, layout: Layout) -> Cleaned {
    let fates: Vec<Fate> = page
        .blocks
        .iter()
        .zip(&verdicts.blocks)
        .enumerate()
        .map(|(number, (block, verdict))| {
            if verdict.verdict.by == DecidedBy::Sentences {
                // Each sentence goes for its own reasons.
                return Fate::Emptied(cut_sentences(page, number, block.span, verdict));
            }
            if verdict.verdict.removes() {
                return Fate::Gone;
            }
            if verdict.sentences.is_empty() && verdict.verdict.action != Action::Cut {
                return Fate::Stays;
            }
            let pieces = cut_inside(page, number, verdict, layout);
            if pieces.is_empty() {
                Fate::Stays
            } else if is_all(&page.text, block.span, &pieces) {
                Fate::Emptied(pieces)
            } else {
                Fate::Cut(pieces)
            }
        })
        .collect();
    let removals = match layout {
        Layout::Keep => removals(page, fates),
        Layout::Lines => removals_by_line(page, fates),
    };
    let (mut text, mut blocks) = apply(page, &removals);
    let is_rewritten = layout == Layout::Lines && one_kind_of_break(&mut text, &mut blocks);
    Cleaned { text, blocks, removals, is_rewritten }
}

/// Puts the removed texts back: the inverse of [`cut`]. `removed` are places in the original
/// with their texts, in order. `None` if they do not fit.
pub fn put_back<'a>(
    kept: &str,
    removed: impl IntoIterator<Item = (usize, &'a str)>,
) -> Option<String> {
    let mut original = String::with_capacity(kept.len());
    let mut at = 0;
    for (start, text) in removed {
        let gap = start.checked_sub(original.len())?;
        original.push_str(kept.get(at..at + gap)?);
        at += gap;
        original.push_str(text);
    }
    original.push_str(kept.get(at..)?);
    Some(original)
}

/// What becomes of a block.
enum Fate {
    /// It stays.
    Stays,
    /// It stays without these pieces.
    Cut(Vec<Removal>),
    /// Nothing is left of it but white space when these pieces are gone.
    Emptied(Vec<Removal>),
    /// It goes.
    Gone,
}

/// True if the pieces, in order, cover all of a span but white space.
fn is_all(text: &str, span: Span, pieces: &[Removal]) -> bool {
    let mut at = span.start;
    for piece in pieces {
        if !Span::new(at, piece.span.start).of(text).trim().is_empty() {
            return false;
        }
        at = piece.span.end;
    }
    Span::new(at, span.end).of(text).trim().is_empty()
}

/// All removals of a page, in order: blocks that go or are emptied run by run.
fn removals(page: &Page, fates: Vec<Fate>) -> Vec<Removal> {
    let mut removals = Vec::new();
    let mut run: Vec<(usize, Vec<Removal>)> = Vec::new();
    for (number, fate) in fates.into_iter().enumerate() {
        match fate {
            Fate::Gone => run.push((number, Vec::new())),
            Fate::Emptied(pieces) => run.push((number, pieces)),
            Fate::Stays => cut_blocks(page, &mut run, &mut removals),
            Fate::Cut(pieces) => {
                cut_blocks(page, &mut run, &mut removals);
                removals.extend(pieces);
            }
        }
    }
    cut_blocks(page, &mut run, &mut removals);
    removals
}

/// All removals of a page, in order, that leave its kept blocks with one line break between two
/// of them and no white space around them.
fn removals_by_line(page: &Page, fates: Vec<Fate>) -> Vec<Removal> {
    let mut removals = Vec::new();
    let mut push = |start: usize, end: usize, block: usize, is_layout: bool| {
        if start >= end {
            return;
        }
        // White space behind a line that goes is part of that removal.
        if is_layout
            && let Some(last) =
                removals.last_mut().filter(|last: &&mut Removal| last.span.end == start)
        {
            last.span.end = end;
            return;
        }
        let span = Span::new(start, end);
        removals.push(Removal { span, block, sentence: None, is_layout });
    };
    let mut pieces_of_lines = Vec::new();
    let mut at = 0;
    let mut is_first = true;
    let last = fates.len().checked_sub(1);
    for (number, (fate, block)) in fates.into_iter().zip(&page.blocks).enumerate() {
        let span = block.span;
        let pieces = match fate {
            Fate::Gone | Fate::Emptied(_) => {
                push(at, span.end, number, false);
                at = span.end;
                continue;
            }
            Fate::Stays => Vec::new(),
            Fate::Cut(pieces) => pieces,
        };
        let line_break = if is_first { None } else { last_break(&page.text, at, span.start) };
        match line_break {
            Some(kept) => {
                push(at, kept.start, number, true);
                push(kept.end, span.start, number, true);
            }
            None => push(at, span.start, number, true),
        }
        pieces_of_lines.extend(pieces);
        at = span.end;
        is_first = false;
    }
    if let Some(last) = last {
        push(at, page.text.len(), last, true);
    }
    removals.extend(pieces_of_lines);
    removals.sort_by_key(|removal| removal.span.start);
    removals
}

/// Makes every line break between kept lines a `\n`; true if one was of another kind.
fn one_kind_of_break(text: &mut String, blocks: &mut [Block]) -> bool {
    if !python::has_other_break(text) {
        return false;
    }
    let is_other = |c: char| c != '\n' && python::is_line_break(c);
    *text = text.replace(is_other, "\n");
    for (block, line) in blocks.iter_mut().zip(python::lines(text)) {
        block.span = python::trimmed(text, line);
    }
    true
}

/// The last `\n` of a gap between blocks, or its last line break of another kind.
fn last_break(text: &str, start: usize, end: usize) -> Option<Span> {
    let gap = text.get(start..end)?;
    if let Some(place) = gap.rfind('\n') {
        return Some(Span::new(start + place, start + place + 1));
    }
    let (place, c) = gap.char_indices().rfind(|(_, c)| python::is_line_break(*c))?;
    Some(Span::new(start + place, start + place + c.len_utf8()))
}

/// A run of neighbouring blocks that go; each with its pieces if it was emptied.
fn cut_blocks(page: &Page, run: &mut Vec<(usize, Vec<Removal>)>, removals: &mut Vec<Removal>) {
    let (Some((first, _)), Some((last, _))) = (run.first(), run.last()) else { return };
    let spans: Vec<Span> =
        page.blocks.get(*first..=*last).unwrap_or(&[]).iter().map(|block| block.span).collect();
    let end = |number: usize| page.blocks.get(number).map(|block| block.span.end);
    let before = first.checked_sub(1).and_then(end);
    let after = page.blocks.get(last + 1).map(|block| block.span.start);
    let whole = cut_run(&page.text, &spans, before, after);
    for ((block, pieces), span) in run.drain(..).zip(whole) {
        if pieces.is_empty() {
            removals.push(Removal { span, block, sentence: None, is_layout: false });
            continue;
        }
        // Each piece takes the white space before it, the last also what follows.
        let mut from = span.start;
        let last = pieces.len() - 1;
        for (n, piece) in pieces.into_iter().enumerate() {
            let to = if n == last { span.end } else { piece.span.end };
            removals.push(Removal { span: Span::new(from, to), ..piece });
            from = to;
        }
    }
}

/// Sentences and matches that go inside a block that stays, in order and apart.
fn cut_inside(page: &Page, number: usize, verdict: &BlockVerdict, layout: Layout) -> Vec<Removal> {
    let Some(block) = page.blocks.get(number).map(|block| block.span) else { return Vec::new() };
    let pieces = cut_sentences(page, number, block, verdict);
    let mut matches: Vec<(Span, Option<usize>)> = Vec::new();
    if verdict.verdict.action == Action::Cut {
        matches.extend(matched(&verdict.verdict).map(|span| (span, None)));
    }
    for (n, sentence) in verdict.sentences.iter().enumerate() {
        if sentence.verdict.action == Action::Cut {
            matches.extend(matched(&sentence.verdict).map(|span| (span, Some(n))));
        }
    }
    if matches.is_empty() {
        return pieces;
    }
    matches.retain(|(span, _)| block.contains(*span) && !span.is_empty());
    matches.sort_unstable();

    // What of the matches no sentence has taken.
    let mut free: Vec<(Span, Option<usize>)> = Vec::with_capacity(matches.len());
    let mut taken = pieces.iter().map(|piece| piece.span).peekable();
    let mut at = block.start;
    for (span, sentence) in matches {
        at = at.max(span.start);
        while at < span.end {
            while taken.next_if(|taken| taken.end <= at).is_some() {}
            let end = match taken.peek() {
                Some(taken) if taken.start <= at => {
                    at = taken.end;
                    continue;
                }
                Some(taken) => span.end.min(taken.start),
                None => span.end,
            };
            match free.last_mut() {
                Some((last, _)) if last.end == at => last.end = end,
                _ => free.push((Span::new(at, end), sentence)),
            }
            at = end;
        }
    }
    if layout == Layout::Lines {
        // In a line goes what a rule names, and not a space more.
        let mut all = pieces;
        let exactly =
            |&(span, sentence)| Removal { span, block: number, sentence, is_layout: false };
        all.extend(free.iter().map(exactly));
        all.sort_by_key(|removal| removal.span.start);
        return all;
    }
    join(&page.text, block, number, pieces, &free)
}

/// Sentences that go and parts of others, as one list. Of two spaces that a part would leave side
/// by side, or at the block's edge, it takes one.
fn join(
    text: &str,
    block: Span,
    number: usize,
    pieces: Vec<Removal>,
    free: &[(Span, Option<usize>)],
) -> Vec<Removal> {
    let mut all = Vec::with_capacity(pieces.len() + free.len());
    let mut pieces = pieces.into_iter().peekable();
    let mut at = block.start;
    for (n, &(span, sentence)) in free.iter().enumerate() {
        while let Some(piece) = pieces.next_if(|piece| piece.span.start < span.start) {
            at = piece.span.end;
            all.push(piece);
        }
        let next = pieces.peek().map_or(block.end, |piece| piece.span.start);
        let next = free.get(n + 1).map_or(next, |(other, _)| other.start.min(next));
        // Where the rest of the block goes too, this is its edge.
        let tail = pieces.peek().filter(|piece| piece.span.start == span.end);
        let end = if tail.is_some_and(|piece| piece.span.end == block.end) {
            span.end
        } else {
            block.end
        };
        let span = widen(text, span, Span::new(at, next), Span::new(block.start, end));
        at = span.end;
        all.push(Removal { span, block: number, sentence, is_layout: false });
    }
    all.extend(pieces);
    all
}

/// Sentences of a block that go, with the white space between them and their neighbours.
fn cut_sentences(page: &Page, number: usize, block: Span, verdict: &BlockVerdict) -> Vec<Removal> {
    let gone: Vec<(usize, Span)> = verdict
        .sentences
        .iter()
        .enumerate()
        .filter(|(_, sentence)| sentence.verdict.removes())
        .map(|(n, sentence)| (n, sentence.span))
        .collect();
    let mut removals = Vec::with_capacity(gone.len());
    // Only white space between them: they go as one run.
    for run in gone.chunk_by(|a, b| between(&page.text, a.1, b.1)) {
        let (Some((_, first)), Some((_, last))) = (run.first(), run.last()) else { continue };
        let spans: Vec<Span> = run.iter().map(|(_, span)| *span).collect();
        let before = last_solid(Span::new(block.start, first.start).of(&page.text))
            .map(|length| block.start + length);
        let after = first_solid(Span::new(last.end, block.end).of(&page.text))
            .map(|length| last.end + length);
        let inside = page.text.get(..block.end).unwrap_or("");
        // At the block's edge the white space outside belongs to its neighbours.
        let pieces = match (before, after) {
            (None, None) => spans,
            (None, Some(_)) => {
                let mut pieces = cut_run(inside, &spans, before, after);
                if let Some(first) = pieces.first_mut() {
                    first.start = block.start;
                }
                pieces
            }
            _ => cut_run(inside, &spans, before, after),
        };
        removals.extend(pieces.into_iter().zip(run).map(|(span, (sentence, _))| Removal {
            span,
            block: number,
            sentence: Some(*sentence),
            is_layout: false,
        }));
    }
    removals
}

/// Length of a text without the white space at its end; `None` if there is nothing else.
fn last_solid(text: &str) -> Option<usize> {
    let length = text.trim_end().len();
    (length > 0).then_some(length)
}

/// Length of the white space at a text's start; `None` if there is nothing else.
fn first_solid(text: &str) -> Option<usize> {
    let rest = text.trim_start().len();
    (rest > 0).then_some(text.len() - rest)
}

/// The matches of the rules that cut.
fn matched(verdict: &Verdict) -> impl Iterator<Item = Span> {
    verdict.hits.iter().flat_map(|hit| hit.matches.iter().copied())
}

/// Takes one of two spaces that a cut would leave side by side, or the one it would leave at the
/// edge of its block, as far as `room` reaches.
fn widen(text: &str, span: Span, room: Span, block: Span) -> Span {
    let lead = Span::new(room.start.min(span.start), span.start).of(text);
    let trail = Span::new(span.end, room.end.max(span.end)).of(text);
    let opens = span.start == block.start || text[..span.start].ends_with([' ', '\n']);
    if opens && trail.starts_with(' ') {
        return Span::new(span.start, span.end + 1);
    }
    let closes = span.end == block.end || text[span.end..].starts_with(['\n', '\r']);
    if closes && lead.ends_with(' ') {
        return Span::new(span.start - 1, span.end);
    }
    span
}

fn between(text: &str, left: Span, right: Span) -> bool {
    Span::new(left.end, right.start).of(text).trim().is_empty()
}

/// Pieces for a run of neighbouring targets, one each, that together also take the white space
/// which would otherwise stand twice. `before` is where the last kept text ends, `after` where
/// the next begins; `None` where there is none.
fn cut_run(text: &str, run: &[Span], before: Option<usize>, after: Option<usize>) -> Vec<Span> {
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return Vec::new() };
    let newlines = |from: usize, to: usize| {
        text.get(from..to).unwrap_or("").bytes().filter(|b| *b == b'\n').count()
    };
    let keep_gap_after = match (before, after) {
        (Some(before), Some(after)) => newlines(last.end, after) > newlines(before, first.start),
        (Some(_), None) => true,
        (None, _) => false,
    };
    if keep_gap_after {
        // The gap before the run goes; at the end of the text its last line break stays.
        let start = before.unwrap_or(first.start);
        let end = if after.is_some() { last.end } else { text.len() - final_newline(text) };
        let mut from = start;
        return run
            .iter()
            .enumerate()
            .map(|(n, span)| {
                let to = if n + 1 == run.len() { end.max(span.end) } else { span.end };
                let piece = Span::new(from, to);
                from = to;
                piece
            })
            .collect();
    }
    let to = after.unwrap_or(text.len());
    run.iter()
        .enumerate()
        .map(|(n, span)| {
            let end = run.get(n + 1).map_or(to, |next| next.start);
            Span::new(span.start, end)
        })
        .collect()
}

/// Length of the line break that ends a text.
fn final_newline(text: &str) -> usize {
    if text.ends_with("\r\n") { 2 } else { usize::from(text.ends_with('\n')) }
}

/// The text without the removals, and the blocks that are left with their new places.
fn apply(page: &Page, removals: &[Removal]) -> (String, Vec<Block>) {
    if removals.is_empty() {
        return (page.text.clone(), page.blocks.clone());
    }
    let mut text = String::with_capacity(page.text.len());
    let mut at = 0;
    for removal in removals {
        text.push_str(page.text.get(at..removal.span.start).unwrap_or(""));
        at = removal.span.end;
    }
    text.push_str(page.text.get(at..).unwrap_or(""));

    let mut shift = Shift::new(removals);
    let mut blocks = Vec::with_capacity(page.blocks.len());
    for block in &page.blocks {
        shift.pass(block.span.start);
        let Some(span) = trimmed(&text, shift.span(block.span)) else { continue };
        let links = block
            .links
            .iter()
            .filter_map(|link| {
                let anchor = shift.span(link.anchor);
                let stays = !anchor.is_empty() && span.contains(anchor);
                stays.then(|| Link { anchor, target: link.target.clone() })
            })
            .collect();
        blocks.push(Block { span, links, ..block.clone() });
    }
    (text, blocks)
}

/// A span without the white space at its ends; `None` if nothing else is in it.
fn trimmed(text: &str, span: Span) -> Option<Span> {
    let inner = span.of(text);
    if let [b'!'..=b'~', .., b'!'..=b'~'] = inner.as_bytes() {
        return Some(span);
    }
    let start = span.start + (inner.len() - inner.trim_start().len());
    let inner = inner.trim();
    (!inner.is_empty()).then(|| Span::new(start, start + inner.len()))
}

/// Moves places of the page's text to the kept text, on a walk over it.
struct Shift<'a> {
    /// What is removed at the place where the walk has come to, and behind it.
    removals: &'a [Removal],
    /// Bytes removed before it.
    before: usize,
}

impl<'a> Shift<'a> {
    fn new(removals: &'a [Removal]) -> Self {
        Self { removals, before: 0 }
    }

    /// Walks on to a place.
    fn pass(&mut self, at: usize) {
        while let Some((first, rest)) = self.removals.split_first().filter(|of| of.0.span.end <= at)
        {
            self.before += first.span.len();
            self.removals = rest;
        }
    }

    /// A span that does not begin before the place where the walk has come to.
    fn span(&self, span: Span) -> Span {
        let mut own = Shift { ..*self };
        own.pass(span.start);
        let start = own.place(span.start);
        own.pass(span.end);
        Span::new(start, own.place(span.end))
    }

    /// Where the place stands that the walk has come to.
    fn place(&self, at: usize) -> usize {
        let inside = self.removals.first().map_or(0, |next| at.saturating_sub(next.span.start));
        at.saturating_sub(self.before + inside)
    }
}

/// True if a removal was decided by its neighbours alone.
pub fn is_by_neighbours(verdict: &Verdict) -> bool {
    matches!(verdict.by, DecidedBy::Context | DecidedBy::Heading)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{BlockKind, Format, Info};
    use crate::rules::{Hit, RuleId};
    use crate::verdict::SentenceVerdict;

    /// A page whose blocks are its paragraphs.
    fn page(text: &str) -> Page {
        let mut blocks = Vec::new();
        let mut at = 0;
        for part in text.split("\n\n") {
            let start = at + part.len() - part.trim_start().len();
            let span = Span::new(start, start + part.trim().len());
            if !span.is_empty() {
                blocks.push(Block::new(BlockKind::Paragraph, span));
            }
            at += part.len() + 2;
        }
        let info = Info::new("id", Format::Text);
        Page::new(info, text.to_owned(), blocks)
    }

    fn removed() -> Verdict {
        Verdict { action: Action::Remove, by: DecidedBy::Points, ..Verdict::nothing() }
    }

    fn cutting(spans: Vec<Span>) -> Verdict {
        let hit = Hit { rule: RuleId(0), strength: 1.0, evidence: Vec::new(), matches: spans };
        let by = DecidedBy::Action(RuleId(0));
        Verdict { action: Action::Cut, by, hits: vec![hit], ..Verdict::nothing() }
    }

    fn place(text: &str, needle: &str) -> Span {
        let start = text.find(needle).unwrap();
        Span::new(start, start + needle.len())
    }

    /// Cuts and sees that the removals put the text back.
    #[track_caller]
    fn cut_and_check(page: &Page, blocks: Vec<BlockVerdict>) -> String {
        let cleaned = cut(page, &BlockVerdicts { blocks }, Layout::Keep);
        let removed = cleaned.removals.iter().map(|r| (r.span.start, r.span.of(&page.text)));
        assert_eq!(put_back(&cleaned.text, removed).as_deref(), Some(page.text.as_str()));
        for block in &cleaned.blocks {
            assert!(!block.span.of(&cleaned.text).trim().is_empty());
        }
        cleaned.text
    }

    #[track_caller]
    fn without_blocks(text: &str, gone: &[usize]) -> String {
        let page = page(text);
        let blocks = (0..page.blocks.len())
            .map(|n| BlockVerdict {
                verdict: if gone.contains(&n) { removed() } else { Verdict::nothing() },
                sentences: Vec::new(),
            })
            .collect();
        cut_and_check(&page, blocks)
    }

    /// Removes sentences and cuts matches inside the first block.
    #[track_caller]
    fn without(text: &str, sentences: &[&str], matches: &[&str]) -> String {
        let page = page(text);
        let mut blocks: Vec<BlockVerdict> = (0..page.blocks.len())
            .map(|_| BlockVerdict { verdict: Verdict::nothing(), sentences: Vec::new() })
            .collect();
        if !matches.is_empty() {
            blocks[0].verdict = cutting(matches.iter().map(|m| place(text, m)).collect());
        }
        blocks[0].sentences = sentences
            .iter()
            .map(|s| SentenceVerdict { span: place(text, s), verdict: removed() })
            .collect();
        cut_and_check(&page, blocks)
    }

    #[test]
    fn a_block_goes_with_one_gap() {
        assert_eq!(without_blocks("a\n\nb\n\nc\n", &[0]), "b\n\nc\n");
        assert_eq!(without_blocks("a\n\nb\n\nc\n", &[1]), "a\n\nc\n");
        assert_eq!(without_blocks("a\n\nb\n\nc\n", &[2]), "a\n\nb\n");
        assert_eq!(without_blocks("a\n\nb\n\nc", &[1, 2]), "a");
        assert_eq!(without_blocks("a\n\nb\r\n", &[1]), "a\r\n");
        assert_eq!(without_blocks("a\n\n\n\n\nb\n\nc", &[1]), "a\n\n\n\n\nc");
        assert_eq!(without_blocks("a\n\nb", &[0, 1]), "");
    }

    #[test]
    fn sentences_go_with_the_space_beside_them() {
        let text = "One. Two. Three.\n\nNext.";
        assert_eq!(without(text, &["One."], &[]), "Two. Three.\n\nNext.");
        assert_eq!(without(text, &["Two."], &[]), "One. Three.\n\nNext.");
        assert_eq!(without(text, &["Two.", "Three."], &[]), "One.\n\nNext.");
        assert_eq!(without(text, &["One.", "Three."], &[]), "Two.\n\nNext.");
        assert_eq!(without(text, &["One.", "Two.", "Three."], &[]), "Next.");
    }

    #[test]
    fn a_sentence_at_the_head_of_a_later_block_takes_nothing_before_it() {
        let page = page("Before.\n\nOne. Two.");
        let sentence = |span| SentenceVerdict { span, verdict: removed() };
        let blocks = vec![
            BlockVerdict { verdict: Verdict::nothing(), sentences: Vec::new() },
            BlockVerdict {
                verdict: Verdict::nothing(),
                sentences: vec![sentence(place(&page.text, "One."))],
            },
        ];
        assert_eq!(cut_and_check(&page, blocks), "Before.\n\nTwo.");
    }

    #[test]
    fn matches_leave_no_two_spaces_and_none_at_an_edge() {
        assert_eq!(without("a [4] b\n\nc", &[], &["[4]"]), "a b\n\nc");
        assert_eq!(without("a [4]\n\nc", &[], &["[4]"]), "a\n\nc");
        assert_eq!(without("[4] a\n\nc", &[], &["[4]"]), "a\n\nc");
        assert_eq!(without("a [4] [5] b", &[], &["[4]", "[5]"]), "a b");
        assert_eq!(without("a[4].", &[], &["[4]"]), "a.");
        assert_eq!(without("a\n\nb\n\nc", &[], &["a"]), "b\n\nc", "an emptied block goes whole");
    }

    #[test]
    fn matches_and_sentences_do_not_overlap() {
        assert_eq!(without("One. Two [1]. Three.", &["Two [1]."], &["[1]"]), "One. Three.");
        assert_eq!(without("One x. Two. Three.", &["Two."], &["x. Two. Th"]), "One ree.");
        assert_eq!(without("One [1] Two.", &["Two."], &["[1]"]), "One");
        assert_eq!(without("a bcd e", &[], &["bc", "cd"]), "a e");
    }

    /// The lines that stay of a text, under the layout `lines`.
    #[track_caller]
    fn lines_without(text: &str, gone: &[usize], matches: &[&str]) -> String {
        let info = page("").info;
        let document = crate::document::Document { info, text: text.to_owned() };
        let page = crate::segment::plain_lines(document, crate::segment::Breaks::All);
        let blocks = (0..page.blocks.len())
            .map(|n| {
                let of_line = |m: &&&str| page.blocks[n].span.of(text).contains(**m);
                let spans: Vec<Span> =
                    matches.iter().filter(of_line).map(|m| place(text, m)).collect();
                let verdict = match (gone.contains(&n), spans.is_empty()) {
                    (true, _) => removed(),
                    (false, true) => Verdict::nothing(),
                    (false, false) => cutting(spans),
                };
                BlockVerdict { verdict, sentences: Vec::new() }
            })
            .collect();
        let cleaned = cut(&page, &BlockVerdicts { blocks }, Layout::Lines);
        let removed = cleaned.removals.iter().map(|r| (r.span.start, r.span.of(&page.text)));
        let again = put_back(&cleaned.text, removed);
        assert_eq!(again.as_deref() == Some(text), !cleaned.is_rewritten, "{again:?}");
        for (block, line) in cleaned.blocks.iter().zip(cleaned.text.split('\n')) {
            assert_eq!(block.span.of(&cleaned.text), line.trim());
        }
        cleaned.text
    }

    #[test]
    fn lines_are_joined_by_one_break() {
        assert_eq!(lines_without(" a \n\n\tb\n \nc\n\n", &[], &[]), "a\nb\nc");
        assert_eq!(lines_without("a\n\nb\n\nc", &[1], &[]), "a\nc");
        assert_eq!(lines_without("a\nb\nc\n", &[0], &[]), "b\nc");
        assert_eq!(lines_without("a\nb\nc\n", &[1, 2], &[]), "a");
        assert_eq!(lines_without("a\r\nb\r\n", &[], &[]), "a\nb");
        assert_eq!(lines_without("a\nb", &[0, 1], &[]), "");
        assert_eq!(lines_without("", &[], &[]), "");
    }

    #[test]
    fn other_breaks_become_line_feeds() {
        assert_eq!(lines_without("a\u{2028}b\u{85} c\rd", &[], &[]), "a\nb\nc\nd");
        assert_eq!(lines_without("a\u{2028}b\u{2028}c", &[1, 2], &[]), "a");
    }

    #[test]
    fn in_a_line_goes_exactly_what_matched() {
        assert_eq!(lines_without("a [4] b\nc", &[], &["[4]"]), "a  b\nc");
    }

    #[test]
    fn what_does_not_fit_is_not_put_back() {
        assert_eq!(put_back("ac", [(1, "b")]).as_deref(), Some("abc"));
        assert_eq!(put_back("", []).as_deref(), Some(""));
        assert_eq!(put_back("ac", [(4, "b")]), None, "beyond the end");
        assert_eq!(put_back("ac", [(1, "bb"), (2, "x")]), None, "places overlap");
        assert_eq!(put_back("é", [(1, "b")]), None, "inside a character");
    }

    #[test]
    fn a_million_matches_take_no_time_squared() {
        let text = "[1] x ".repeat(100_000);
        let page = page(text.trim_end());
        let spans = (0..100_000).map(|n| Span::new(6 * n, 6 * n + 3)).collect();
        let blocks = vec![BlockVerdict { verdict: cutting(spans), sentences: Vec::new() }];
        assert_eq!(cut_and_check(&page, blocks), "x ".repeat(100_000).trim_end());
    }
}
