//! Verdicts to cuts: a page and its verdicts become the kept text and a list of removals.
//!
//! Editing only cuts. White space goes with what it separates, so that no heap of blank lines and
//! no orphaned bullet is left; it is part of the removal, so that nothing is lost.

use crate::document::{Block, Link, Page, Span};
use crate::rules::Action;
use crate::verdict::{BlockVerdict, BlockVerdicts, DecidedBy, Verdict};

/// What was cut, and where its reasons stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The bytes taken from the page's text, the white space that went with them included.
    pub span: Span,
    /// Number of the block it was, or lay in.
    pub block: usize,
    /// Number among the block's hit sentences, if a sentence or a part of it was cut.
    pub sentence: Option<usize>,
}

impl Removal {
    /// The verdict that took it away.
    pub fn verdict<'a>(&self, verdicts: &'a BlockVerdicts) -> &'a Verdict {
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
}

/// Cuts out of a page what its verdicts say.
pub fn cut(page: &Page, verdicts: &BlockVerdicts) -> Cleaned {
    let mut removals = Vec::new();
    cut_blocks(page, verdicts, &mut removals);
    for (number, verdict) in verdicts.blocks.iter().enumerate() {
        if !verdict.verdict.removes() {
            cut_inside(page, number, verdict, &mut removals);
        }
    }
    removals.sort_by_key(|removal| removal.span);
    let (text, blocks) = apply(page, &removals);
    Cleaned { text, blocks, removals }
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

/// Whole blocks, run by run.
fn cut_blocks(page: &Page, verdicts: &BlockVerdicts, removals: &mut Vec<Removal>) {
    let gone = |n: usize| verdicts.blocks.get(n).is_some_and(|block| block.verdict.removes());
    let mut n = 0;
    while n < page.blocks.len() {
        if !gone(n) {
            n += 1;
            continue;
        }
        let from = n;
        while n < page.blocks.len() && gone(n) {
            n += 1;
        }
        let spans: Vec<Span> = page.blocks[from..n].iter().map(|block| block.span).collect();
        let before = if from == 0 { None } else { Some(page.blocks[from - 1].span.end) };
        let after = page.blocks.get(n).map(|block| block.span.start);
        let pieces = cut_run(&page.text, &spans, before, after);
        removals.extend(pieces.into_iter().enumerate().map(|(k, span)| Removal {
            span,
            block: from + k,
            sentence: None,
        }));
    }
}

/// Sentences and matches inside a block that stays.
fn cut_inside(page: &Page, number: usize, verdict: &BlockVerdict, removals: &mut Vec<Removal>) {
    let block = page.blocks[number].span;
    let gone: Vec<usize> =
        (0..verdict.sentences.len()).filter(|&k| verdict.sentences[k].verdict.removes()).collect();
    let mut taken: Vec<Span> = Vec::new();
    let mut k = 0;
    while k < gone.len() {
        let from = k;
        // Only white space between them: they go as one run.
        while k + 1 < gone.len()
            && between(
                &page.text,
                verdict.sentences[gone[k]].span,
                verdict.sentences[gone[k + 1]].span,
            )
        {
            k += 1;
        }
        let run: Vec<Span> = gone[from..=k].iter().map(|&s| verdict.sentences[s].span).collect();
        let (start, end) = (run[0].start, run[run.len() - 1].end);
        let lead = Span::new(block.start, start).of(&page.text);
        let trail = Span::new(end, block.end).of(&page.text);
        let before = (!lead.trim().is_empty()).then(|| block.start + lead.trim_end().len());
        let after = (!trail.trim().is_empty()).then(|| block.end - trail.trim_start().len());
        // At the block's edge the white space outside belongs to its neighbours.
        let pieces = match (before, after) {
            (None, None) => run.clone(),
            _ => cut_run(&page.text[..block.end], &run, before, after),
        };
        for (piece, &sentence) in pieces.into_iter().zip(&gone[from..=k]) {
            taken.push(piece);
            removals.push(Removal { span: piece, block: number, sentence: Some(sentence) });
        }
        k += 1;
    }
    let mut matches: Vec<(Span, Option<usize>)> = Vec::new();
    if verdict.verdict.action == Action::Cut {
        matches.extend(matched(&verdict.verdict).map(|span| (span, None)));
    }
    for (n, sentence) in verdict.sentences.iter().enumerate() {
        if sentence.verdict.action == Action::Cut {
            matches.extend(matched(&sentence.verdict).map(|span| (span, Some(n))));
        }
    }
    matches.sort_unstable();
    for (span, sentence) in matches {
        let free = |other: &Span| other.end <= span.start || span.end <= other.start;
        if block.contains(span) && !span.is_empty() && taken.iter().all(free) {
            let span = widen(&page.text, span);
            taken.push(span);
            removals.push(Removal { span, block: number, sentence });
        }
    }
}

/// The matches of the rules that cut.
fn matched(verdict: &Verdict) -> impl Iterator<Item = Span> {
    verdict.hits.iter().flat_map(|hit| hit.matches.iter().copied())
}

/// Takes one of two spaces that a cut would leave side by side.
fn widen(text: &str, span: Span) -> Span {
    let before = text[..span.start].ends_with(' ');
    if before && text[span.end..].starts_with(' ') {
        return Span::new(span.start, span.end + 1);
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

    let shift = Shift::new(removals);
    let mut blocks = Vec::with_capacity(page.blocks.len());
    for block in &page.blocks {
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
    let start = span.start + (inner.len() - inner.trim_start().len());
    let inner = inner.trim();
    (!inner.is_empty()).then(|| Span::new(start, start + inner.len()))
}

/// Moves places of the page's text to the kept text.
struct Shift<'a> {
    removals: &'a [Removal],
    /// For each removal the bytes removed before it; one more at the end for all.
    before: Vec<usize>,
}

impl<'a> Shift<'a> {
    fn new(removals: &'a [Removal]) -> Self {
        let mut before = vec![0];
        let mut sum = 0;
        before.extend(removals.iter().map(|removal| {
            sum += removal.span.len();
            sum
        }));
        Self { removals, before }
    }

    fn span(&self, span: Span) -> Span {
        Span::new(self.place(span.start), self.place(span.end))
    }

    fn place(&self, at: usize) -> usize {
        let n = self.removals.partition_point(|removal| removal.span.end <= at);
        let inside =
            self.removals.get(n).map_or(0, |removal| at.saturating_sub(removal.span.start));
        at.saturating_sub(self.before[n] + inside)
    }
}

/// True if a removal was decided by its neighbours alone.
pub fn is_by_neighbours(verdict: &Verdict) -> bool {
    matches!(verdict.by, DecidedBy::Context | DecidedBy::Heading | DecidedBy::Sentences)
}
