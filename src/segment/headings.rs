//! Headings that no mark shows: short lines right before what they head.

use super::labels::labelled;
use super::lines::{columns, line_end};
use super::marks::{ends_sentence, is_short, starts_lower};
use crate::document::{Block, BlockKind};

/// A block that ends with an end mark is prose enough to have a heading if it has this many
/// bytes or words.
const PROSE_BYTES: usize = 80;
const PROSE_WORDS: usize = 6;
/// So is one of this many, also without an end mark; headlines are shorter.
const LONG_BYTES: usize = 140;

/// Makes headings of the short lines that head something.
///
/// In a run of short lines, only the last before prose, a list, a table or fields can be a
/// heading, and the one before it if they are just two (a title and a subtitle), or if both
/// are labels without a value (`tiktok:`). A line that stands with the lines before it, with a
/// blank line behind, belongs to those. The first line of a text may be its title.
pub(crate) fn mark_headings(text: &str, blocks: &mut [Block]) {
    let mut run = 0;
    for at in 0..blocks.len() {
        let Some(block) = blocks.get(at) else { break };
        if is_entry(text, block) {
            continue;
        }
        if is_headed(text, block) {
            mark_run(text, blocks, run, at);
        }
        run = at + 1;
    }
    mark_title(text, blocks);
}

/// Marks the headings in `blocks[from..to]`, a run of short lines, with what they head at `to`.
fn mark_run(text: &str, blocks: &mut [Block], from: usize, to: usize) {
    let body_columns = blocks.get(to).map_or(0, |block| match block.kind {
        BlockKind::Paragraph => columns(block.span.of(text)),
        _ => u32::MAX,
    });
    let count = to - from;
    let mut at = to;
    while at > from {
        at -= 1;
        let Some(block) = blocks.get(at) else { return };
        let body = block.span.of(text);
        let longer = at + 1 < to || body_columns > columns(body).saturating_add(10);
        let stanza_end =
            at > from && gap_breaks(text, blocks, at) == 1 && gap_breaks(text, blocks, at + 1) > 1;
        if !can_head(body) || !longer || stanza_end {
            return;
        }
        if let Some(block) = blocks.get_mut(at) {
            block.kind = BlockKind::Heading;
        }
        let below = is_empty_label(body);
        let above = at.checked_sub(1).and_then(|n| blocks.get(n)).map(|block| block.span.of(text));
        let chained = above.is_some_and(|above| {
            below && (is_empty_label(above) || above.split_whitespace().nth(2).is_none())
        });
        if !(chained || (count == 2 && at + 1 == to)) {
            return;
        }
    }
}

/// The first line as title: four words or more, without an end mark, and text further down.
fn mark_title(text: &str, blocks: &mut [Block]) {
    let headed = blocks.iter().skip(1).take(4).any(|block| {
        block.kind == BlockKind::Heading
            || block.kind == BlockKind::Paragraph && is_headed(text, block)
    });
    // In a text with blank lines, one must stand behind a title: else it begins a stanza.
    let entries = blocks.iter().take(5).take_while(|block| is_entry(text, block)).count();
    let loose = (1..=entries).any(|at| gap_breaks(text, blocks, at) > 1);
    let apart = !loose || gap_breaks(text, blocks, 1) > 1;
    let Some(first) = blocks.first_mut().filter(|_| headed && apart) else { return };
    let body = first.span.of(text);
    if is_entry(text, first) && can_head(body) && body.split_whitespace().nth(3).is_some() {
        first.kind = BlockKind::Heading;
    }
}

/// Line breaks between a block and the one before it, counted up to two.
fn gap_breaks(text: &str, blocks: &[Block], at: usize) -> usize {
    let start = at.checked_sub(1).and_then(|n| blocks.get(n)).map_or(0, |block| block.span.end);
    let end = blocks.get(at).map_or(text.len(), |block| block.span.start);
    let gap = text.get(start..end).unwrap_or("").as_bytes();
    let first = line_end(gap, 0);
    if first >= gap.len() {
        return 0;
    }
    let behind = first + crate::text::sentences::line_break(gap, first);
    if line_end(gap, behind) < gap.len() { 2 } else { 1 }
}

/// True for a paragraph that is one short line.
fn is_entry(text: &str, block: &Block) -> bool {
    if block.kind != BlockKind::Paragraph {
        return false;
    }
    let body = block.span.of(text);
    is_short(body) && line_end(body.as_bytes(), 0) == body.len() && !is_headed(text, block)
}

/// True for what can have a heading: prose, a list, a table, fields.
fn is_headed(text: &str, block: &Block) -> bool {
    match block.kind {
        BlockKind::List | BlockKind::Fields | BlockKind::Table => true,
        BlockKind::Paragraph => {
            let body = block.span.of(text);
            let long = body.len() >= LONG_BYTES && !is_short(body);
            // A short question is a heading's line more often than a paragraph.
            let asks = body.trim_end_matches(['*', '_']).ends_with(['?', '？']);
            long || (ends_sentence(body)
                && !asks
                && (body.split_whitespace().nth(PROSE_WORDS - 1).is_some()
                    || body.len() >= PROSE_BYTES))
        }
        _ => false,
    }
}

/// True for a text that can be a heading by its form.
fn can_head(body: &str) -> bool {
    let core = body.trim_matches(['*', '_']).trim_end();
    let quoted = core.starts_with(['"', '“', '„', '«', '»', '「', '\''])
        && core.ends_with(['"', '”', '“', '»', '«', '」', '\'']);
    let spoken = core.starts_with(['-', '–', '—']);
    let cut_off = core.ends_with(['.', ',', ';', '!', '…', '。', '，', '、', '；', '！', '।', '۔']);
    if quoted || spoken || cut_off || core.contains('©') {
        return false;
    }
    // `Q: …` and `A: …` are lines of a dialogue; lower case begins no heading but a label.
    let line_of_dialogue = labelled(core)
        .is_some_and(|field| !field.value.is_empty() && field.label.chars().nth(2).is_none());
    if line_of_dialogue || (starts_lower(core) && !core.ends_with([':', '：'])) {
        return false;
    }
    let (mut letters, mut digits) = (0, 0);
    for c in core.chars() {
        if c.is_numeric() {
            digits += 1;
        } else if c.is_alphabetic() {
            letters += 1;
        }
    }
    // Dates, times and numbers.
    digits * 2 < letters
}

/// True for a label with nothing behind it.
fn is_empty_label(body: &str) -> bool {
    body.ends_with([':', '：']) && labelled(body).is_some_and(|field| field.value.is_empty())
}
