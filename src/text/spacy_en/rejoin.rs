//! spaCy's second look at a whole text: tokens that together spell an exception become it.
//!
//! The first look finds an exception only where a chunk ends up as one. spaCy then searches the
//! tokens of the whole text for the token sequences of the exceptions, across single spaces too; of
//! overlapping finds the longest count, and one across a space blocks others without effect.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::Token;
use super::exceptions::{exceptions, has, set};
use super::hash::hash_span;

/// The token sequences to look for, by their first two tokens.
pub(super) struct Pairs {
    /// Hashes of pairs, a bit each.
    seen: [u64; 64],
    sequences: BTreeMap<u64, Vec<Sequence>>,
}

/// An exception as the affix and infix patterns alone would cut it.
struct Sequence {
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
        let [first, second, ..] = cut[..] else { continue };
        let pair = pair_of(&first, &second);
        set(&mut pairs.seen, pair);
        let mut end = 0;
        let ends: Vec<u32> = parts
            .iter()
            .map(|part| {
                end += part.len() as u32;
                end
            })
            .collect();
        pairs.sequences.entry(pair).or_default().push(Sequence {
            hashes: cut.iter().map(|token| token.hash).collect(),
            differs: !cut.iter().map(|token| token.end).eq(ends.iter().copied()),
            text,
            ends,
        });
    }
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
        Pairs { seen: [0; 64], sequences: BTreeMap::new() }
    }

    /// Whether some of the tokens of one chunk make up an exception that would be cut otherwise.
    #[inline]
    pub(super) fn hold_exception(&'static self, text: &str, tokens: &[Token]) -> bool {
        tokens.windows(2).enumerate().any(|(at, pair)| {
            matches!(pair, [first, second] if has(&self.seen, pair_of(first, second)))
                && self.exception_at(text, tokens, at)
        })
    }

    #[cold]
    fn exception_at(&'static self, text: &str, tokens: &[Token], at: usize) -> bool {
        let rest = tokens.get(at..).unwrap_or_default();
        self.at(rest).any(|sequence| sequence.differs && sequence.is_spelt_by(text, rest))
    }

    /// The sequences that the tokens start with.
    fn at(&'static self, tokens: &[Token]) -> impl Iterator<Item = &'static Sequence> {
        let pair = match tokens {
            [first, second, ..] => Some(pair_of(first, second)),
            _ => None,
        };
        pair.and_then(|pair| self.sequences.get(&pair)).into_iter().flatten().filter(|sequence| {
            tokens.len() >= sequence.hashes.len()
                && tokens.iter().map(|token| token.hash).zip(&sequence.hashes).all(|(a, b)| a == *b)
        })
    }
}

impl Sequence {
    /// Whether the tokens stand together without a space, and are this exception to the letter.
    fn is_spelt_by(&self, text: &str, tokens: &[Token]) -> bool {
        let Some(first) = tokens.first() else { return false };
        let start = first.start as usize;
        text.get(start..).is_some_and(|rest| rest.starts_with(&self.text))
    }
}

/// A find: the tokens from `start` to `end`.
struct Find<'a> {
    start: usize,
    end: usize,
    sequence: &'a Sequence,
}

/// Does the second look.
pub(super) fn rejoin(text: &str, tokens: &mut Vec<Token>) {
    let accepted = finds(text, tokens);
    if accepted.is_empty() {
        return;
    }
    let mut joined = Vec::with_capacity(tokens.len());
    let mut from = 0;
    for find in accepted {
        joined.extend_from_slice(tokens.get(from..find.start).unwrap_or_default());
        let base = tokens.get(find.start).map_or(0, |token| token.start);
        let mut start = base;
        for end in &find.sequence.ends {
            let end = base + end;
            joined.push(token(text, start, end));
            start = end;
        }
        from = find.end;
    }
    joined.extend_from_slice(tokens.get(from..).unwrap_or_default());
    *tokens = joined;
}

/// More tokens than any sequence has.
const LONGEST_RUN: usize = 16;

/// The finds that take effect, in order.
fn finds(text: &str, tokens: &[Token]) -> Vec<Find<'static>> {
    let pairs = pairs();
    let mut by_length: BTreeMap<Reverse<usize>, Vec<Find>> = BTreeMap::new();
    let mut run_end = 0;
    for (start, pair) in tokens.windows(2).enumerate() {
        let [first, second] = pair else { break };
        if !has(&pairs.seen, pair_of(first, second)) {
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
        for sequence in pairs.at(tokens.get(start..run_end).unwrap_or_default()) {
            let length = sequence.hashes.len();
            let find = Find { start, end: start + length, sequence };
            by_length.entry(Reverse(length)).or_default().push(find);
        }
    }
    let mut seen = vec![false; tokens.len()];
    let mut accepted = Vec::new();
    for find in by_length.into_values().flatten() {
        // The ends only: a shorter find never lies around a longer one.
        let Some(tokens_seen) = seen.get_mut(find.start..find.end) else { continue };
        let free = matches!(tokens_seen, [false, .., false]);
        tokens_seen.fill(true);
        let rest = tokens.get(find.start..).unwrap_or_default();
        if free && find.sequence.is_spelt_by(text, rest) {
            accepted.push(find);
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
