//! spaCy's second look at a whole text: tokens that together spell an exception become it.
//!
//! The first look finds an exception only where a chunk ends up as one. spaCy then searches the
//! tokens of the whole text for the token sequences of the exceptions, across single spaces too; of
//! overlapping finds the longest count, and one across a space blocks others without effect.

use std::sync::LazyLock;

use super::Token;
use super::exceptions::{exceptions, has, set};
use crate::text::eights::hash as hash_span;

/// The token sequences to look for, by their first two tokens.
pub(super) struct Pairs {
    /// Hashes of pairs, a bit each.
    seen: [u64; 64],
    /// In the order of the pairs.
    sequences: Vec<Sequence>,
}

/// An exception as the affix and infix patterns alone would cut it.
struct Sequence {
    pair: u64,
    hashes: Vec<u64>,
    /// The text of the exception, and where its own tokens end.
    text: String,
    ends: Vec<u32>,
    /// Whether its own tokens are others than these.
    differs: bool,
}

static PAIRS: LazyLock<Pairs> = LazyLock::new(|| {
    let mut pairs = Pairs::none();
    for (text, parts) in exceptions() {
        let cut = super::without_exceptions(&text);
        let [first, second, ..] = &cut[..] else { continue };
        let pair = pair_of(first, second);
        set(&mut pairs.seen, pair);
        let mut end = 0;
        let ends = parts.iter().map(|part| {
            end += part.len() as u32;
            end
        });
        let ends: Vec<u32> = ends.collect();
        pairs.sequences.push(Sequence {
            pair,
            hashes: cut.iter().map(|token| token.hash).collect(),
            differs: !cut.iter().map(|token| token.end).eq(ends.iter().copied()),
            text,
            ends,
        });
    }
    pairs.sequences.sort_by_key(|sequence| sequence.pair);
    pairs
});

/// The table; fetch it once for a text.
pub(super) fn pairs() -> &'static Pairs {
    &PAIRS
}

#[inline]
fn pair_of(first: &Token, second: &Token) -> u64 {
    first.hash.rotate_left(7) ^ second.hash
}

impl Pairs {
    pub(super) const fn none() -> Self {
        Pairs { seen: [0; 64], sequences: Vec::new() }
    }

    /// Whether some of the tokens of one chunk make up an exception that would be cut otherwise.
    #[inline]
    pub(super) fn hold_exception(&self, text: &str, tokens: &[Token]) -> bool {
        tokens.windows(2).enumerate().any(|(at, pair)| {
            matches!(pair, [first, second] if has(&self.seen, pair_of(first, second)))
                && self.exception_at(text, tokens, at)
        })
    }

    #[cold]
    fn exception_at(&self, text: &str, tokens: &[Token], at: usize) -> bool {
        let rest = tokens.get(at..).unwrap_or_default();
        self.at(rest).any(|(_, sequence)| sequence.differs && sequence.is_spelt_by(text, rest))
    }

    /// The sequences that the tokens start with, with their numbers.
    fn at(&self, tokens: &[Token]) -> impl Iterator<Item = (usize, &Sequence)> {
        let pair = match tokens {
            [first, second, ..] => pair_of(first, second),
            _ => 0,
        };
        let first = self.sequences.partition_point(|sequence| sequence.pair < pair);
        let rest = self.sequences.iter().enumerate().skip(first);
        rest.take_while(move |(_, sequence)| sequence.pair == pair)
            .filter(|(_, sequence)| sequence.starts(tokens))
    }
}

impl Sequence {
    /// Whether the tokens start with this sequence.
    fn starts(&self, tokens: &[Token]) -> bool {
        tokens.len() >= self.hashes.len()
            && tokens.iter().zip(&self.hashes).all(|(token, hash)| token.hash == *hash)
    }

    /// Whether the tokens, which start with this sequence, have no space between them.
    fn is_spelt_by(&self, text: &str, tokens: &[Token]) -> bool {
        let start = tokens.first().map_or(0, |token| token.start as usize);
        text.get(start..).is_some_and(|rest| rest.starts_with(&self.text))
    }
}

/// A sequence that starts at a token. Small, for there can be several to each token.
#[derive(Clone, Copy)]
struct Find {
    start: u32,
    sequence: u32,
}

/// Does the second look.
pub(super) fn rejoin(text: &str, tokens: &mut Vec<Token>) {
    let accepted = finds(text, tokens);
    let mut joined = Vec::with_capacity(tokens.len());
    let mut from = 0;
    for find in accepted {
        let Some(sequence) = pairs().sequences.get(find.sequence as usize) else { continue };
        let at = find.start as usize;
        joined.extend_from_slice(tokens.get(from..at).unwrap_or_default());
        let base = tokens.get(at).map_or(0, |token| token.start);
        let mut start = base;
        for end in &sequence.ends {
            let end = base + end;
            joined.push(token(text, start, end));
            start = end;
        }
        from = at + sequence.hashes.len();
    }
    joined.extend_from_slice(tokens.get(from..).unwrap_or_default());
    *tokens = joined;
}

/// More tokens than any sequence has.
const LONGEST_RUN: usize = 16;

/// The finds that take effect, in order.
fn finds(text: &str, tokens: &[Token]) -> Vec<Find> {
    let pairs = pairs();
    let mut by_length: [Vec<Find>; LONGEST_RUN] = Default::default();
    let mut run_end = 0;
    for (start, pair) in tokens.windows(2).enumerate() {
        if !matches!(pair, [first, second] if has(&pairs.seen, pair_of(first, second))) {
            continue;
        }
        // Tokens follow one another for spaCy if at most one space stands between them.
        if run_end <= start {
            run_end = start + 1;
        }
        let followers = tokens.get(run_end - 1..).unwrap_or_default().windows(2);
        run_end += followers
            .take((start + LONGEST_RUN).saturating_sub(run_end))
            .take_while(|pair| {
                let gap = pair[0].end as usize..pair[1].start as usize;
                matches!(text.get(gap), Some("" | " "))
            })
            .count();
        for (number, sequence) in pairs.at(tokens.get(start..run_end).unwrap_or_default()) {
            if let Some(same_length) = by_length.get_mut(sequence.hashes.len()) {
                same_length.push(Find { start: start as u32, sequence: number as u32 });
            }
        }
    }
    let mut seen = vec![false; tokens.len()];
    let mut accepted = Vec::new();
    for (length, same_length) in by_length.iter().enumerate().rev() {
        for find in same_length {
            let start = find.start as usize;
            let Some(covered) = seen.get_mut(start..start + length) else { continue };
            // The ends suffice: a shorter find never lies around a longer one.
            let is_free = matches!(covered, [false, .., false]);
            covered.fill(true);
            let sequence = pairs.sequences.get(find.sequence as usize);
            let rest = tokens.get(start..).unwrap_or_default();
            if is_free && sequence.is_some_and(|sequence| sequence.is_spelt_by(text, rest)) {
                accepted.push(*find);
            }
        }
    }
    accepted.sort_by_key(|find| find.start);
    accepted
}

fn token(text: &str, start: u32, end: u32) -> Token {
    let (first, last) = (start as usize, end as usize);
    let spelt = text.get(first..last).unwrap_or_default();
    Token {
        hash: hash_span(text.as_bytes(), first, last),
        start,
        end,
        char_count: spelt.chars().count() as u32,
        ascii_letters: spelt.bytes().all(|byte| byte.is_ascii_alphabetic()),
    }
}
