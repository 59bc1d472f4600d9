//! How many sentences spaCy's rule-based sentence splitter makes of a text.

use super::classes::{ASCII, Classes, PUNCTUATION, SENTENCE_END, SPACE};
use super::{Cutter, tokens};
use crate::text::eights;

/// Sentences of `text` that are not white space only.
///
/// A sentence ends after a token that is `.`, `!`, `?` or the like by itself, and after the
/// punctuation that follows it; white space other than one space ends it too, so that a mark on the
/// next line is a sentence. Linear in the text; only chunks that hold such a mark are cut.
///
/// ```
/// use tamis::text::spacy_en::sentence_count;
/// assert_eq!(sentence_count("He came. \"Who?\" she said, e.g. twice!"), 3);
/// assert_eq!(sentence_count(" "), 0);
/// ```
pub fn sentence_count(text: &str) -> usize {
    let mut out = Vec::new();
    let mut count = Count::default();
    let mut cutter = Cutter::new(text, &mut out);
    let classes = cutter.classes;
    let length = cutter.text.len();
    let mut at = 0;
    loop {
        if count.counted && !count.ended {
            // Until the next mark that may end it, nothing matters to this sentence.
            match next_mark(&cutter, at) {
                Some(chunk) => at = chunk,
                None => return count.sentences,
            }
        }
        let chunk = cutter.skip_space(at);
        if at < chunk && text.get(at..chunk) != Some(" ") {
            count.space();
        }
        if chunk >= length {
            return count.sentences;
        }
        let (end, may_end) = scan(&cutter, chunk);
        if may_end {
            cutter.out.clear();
            cutter.chunk(chunk);
            if cutter.rejoin {
                return count_tokens(text, classes);
            }
            for token in cutter.out.iter() {
                count.token(token.text(text), classes);
            }
        } else {
            count.plain(text.get(chunk..end).unwrap_or_default(), classes);
        }
        at = end;
    }
}

/// The start of the chunk with the next mark that may end a sentence.
fn next_mark(cutter: &Cutter<'_, '_>, from: usize) -> Option<usize> {
    let bytes = cutter.bytes();
    let mut at = from;
    while at < bytes.len() {
        let skip = leading_others(eights::load(bytes, at));
        at += skip;
        if skip == 8 {
            continue;
        }
        let c = cutter.text.get(at..)?.chars().next()?;
        if cutter.classes.of(c) & SENTENCE_END != 0 {
            let before = cutter.text.get(from..at)?;
            let in_chunk = |c: &char| cutter.classes.of(*c) & SPACE == 0;
            let in_chunk = before.chars().rev().take_while(in_chunk);
            return Some(at - in_chunk.map(char::len_utf8).sum::<usize>());
        }
        at += c.len_utf8();
    }
    None
}

/// How many of the eight bytes, from the lowest on, are ASCII and none of `.`, `!` and `?`.
#[inline]
fn leading_others(word: u64) -> usize {
    let ends = eights::equal(word, b'.') | eights::equal(word, b'!') | eights::equal(word, b'?');
    eights::first(ends | word & eights::HIGH)
}

/// The end of the chunk at `start`, and whether a mark in it may end a sentence.
fn scan(cutter: &Cutter<'_, '_>, start: usize) -> (usize, bool) {
    let bytes = cutter.bytes();
    let mut at = start;
    let mut may_end = false;
    while let Some(&byte) = bytes.get(at) {
        if byte < 0x80 {
            let bits = ASCII[usize::from(byte)];
            if bits & SPACE != 0 {
                break;
            }
            may_end |= bits & SENTENCE_END != 0;
            at += 1;
        } else {
            let Some(c) = cutter.text.get(at..).and_then(|rest| rest.chars().next()) else { break };
            let bits = cutter.classes.of(c);
            if bits & SPACE != 0 {
                break;
            }
            may_end |= bits & SENTENCE_END != 0;
            at += c.len_utf8();
        }
    }
    (at, may_end)
}

/// The same over the tokens of the whole text, for a text whose tokens are rejoined.
#[cold]
fn count_tokens(text: &str, classes: &Classes) -> usize {
    let mut count = Count::default();
    let mut at = 0;
    for token in tokens(text) {
        let gap = text.get(at..token.start as usize).unwrap_or_default();
        if !matches!(gap, "" | " ") {
            count.space();
        }
        count.token(token.text(text), classes);
        at = token.end as usize;
    }
    count.sentences
}

#[derive(Default)]
struct Count {
    sentences: usize,
    /// A mark that ends the sentence at hand was seen.
    ended: bool,
    /// The sentence at hand holds more than white space, and is counted.
    counted: bool,
}

impl Count {
    /// A token that is white space.
    fn space(&mut self) {
        if self.ended {
            self.ended = false;
            self.counted = false;
        }
    }

    fn token(&mut self, token: &str, classes: &Classes) {
        let mut chars = token.chars();
        let is_end = chars.next().is_some_and(|c| classes.of(c) & SENTENCE_END != 0)
            && chars.next().is_none();
        if self.ended && !is_end && !is_punctuation(token, classes) {
            self.ended = false;
            self.counted = false;
        } else if is_end {
            self.ended = true;
        }
        self.visible();
    }

    /// A chunk whose tokens, whatever they are, end no sentence.
    fn plain(&mut self, chunk: &str, classes: &Classes) {
        if self.ended && !is_punctuation(chunk, classes) {
            self.ended = false;
            self.counted = false;
        }
        self.visible();
    }

    fn visible(&mut self) {
        if !self.counted {
            self.counted = true;
            self.sentences += 1;
        }
    }
}

fn is_punctuation(token: &str, classes: &Classes) -> bool {
    token.chars().all(|c| classes.of(c) & PUNCTUATION != 0)
}
