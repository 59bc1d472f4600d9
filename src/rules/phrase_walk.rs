//! The phrases of all lists, found in one walk over a folded text.
//!
//! A phrase begins where a word does (or with a mark, or a letter of a script that writes no
//! spaces), so the walk looks only there: at the first eight bytes, in a table. That is several
//! times faster than an automaton over tens of thousands of phrases, and its cost does not grow
//! with their number, only with how many begin alike.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::conditions::phrases::{Phrase, joins};
use crate::document::Span;
use crate::text::lists::Identity;

/// Bytes of a phrase that are looked up at once.
const START: usize = 8;
/// Bits of the filter before the table.
const FILTER_BITS: u32 = 16;

/// Phrases with the numbers of their lists, by how they begin.
#[derive(Debug, Default)]
pub(super) struct PhraseWalk {
    /// Sorted by their starts, of those that begin alike by text.
    phrases: Vec<(usize, Phrase)>,
    /// For each start the places of its phrases.
    starts: HashMap<u64, (u32, u32), BuildHasherDefault<Identity>>,
    /// A bit for each start.
    filter: Vec<u64>,
    /// For the classes of the first three bytes a bit for each length that starts with them have.
    lengths: Vec<u8>,
}

/// An occurrence of a phrase in a folded text, where a word begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Walked {
    pub(super) list: usize,
    pub(super) span: Span,
    /// The phrase ends inside a word.
    pub(super) is_joined_after: bool,
}

/// The first `length` bytes as one number, with a mark of the length.
fn start_of(text: &[u8]) -> u64 {
    let mut bytes = [0; START];
    for (own, byte) in bytes.iter_mut().zip(text) {
        *own = *byte;
    }
    u64::from_le_bytes(bytes)
}

/// Spreads a start and its length over all bits.
#[inline]
fn mix(start: u64, length: usize) -> u64 {
    let mixed = (start ^ (length as u64) << 59).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^ mixed >> 29
}

impl PhraseWalk {
    /// A walk for phrases with the numbers of their lists.
    pub(super) fn new(phrases: impl IntoIterator<Item = (usize, Phrase)>) -> Self {
        let key = |phrase: &Phrase| {
            let start = phrase.text.as_bytes();
            let start = start.get(..START).unwrap_or(start);
            mix(start_of(start), start.len())
        };
        let mut phrases: Vec<(usize, Phrase)> = phrases.into_iter().collect();
        phrases.sort_by_cached_key(|(list, phrase)| (key(phrase), phrase.text.clone(), *list));
        let mut walk = Self {
            filter: vec![0; 1 << (FILTER_BITS - 6)],
            lengths: vec![0; 1 << (3 * CLASS_BITS)],
            ..Self::default()
        };
        for (place, (_, phrase)) in (0u32..).zip(&phrases) {
            let key = key(phrase);
            walk.starts.entry(key).or_insert((place, place)).1 = place + 1;
            if let Some(word) = walk.filter.get_mut(filter_place(key)) {
                *word |= 1 << (key % 64);
            }
            let length = phrase.text.len().min(START);
            let bit = 1 << (length - 1);
            let place = classes(phrase.text.as_bytes());
            // Behind one that is shorter than three bytes any may follow.
            let step = 1 << (CLASS_BITS as usize * length.min(3));
            let alike = walk.lengths.iter_mut().skip(place).step_by(step);
            let many = if length < 3 { usize::MAX } else { 1 };
            alike.take(many).for_each(|lengths| *lengths |= bit);
        }
        walk.phrases = phrases;
        walk
    }

    /// True if there are no phrases.
    pub(super) fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }

    /// Calls `take` with the occurrences in a folded text that begin where a word does, in the
    /// order of their starts.
    pub(super) fn walk(&self, folded: &str, mut take: impl FnMut(Walked)) {
        if self.phrases.is_empty() {
            return;
        }
        let bytes = folded.as_bytes();
        let mut joined = false;
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match KINDS[usize::from(byte)] {
                // No phrase begins with one.
                Kind::Space => joined = false,
                Kind::Mark => {
                    joined = false;
                    self.at(folded, at, &mut take);
                }
                Kind::Word => {
                    if !joined {
                        self.at(folded, at, &mut take);
                    }
                    joined = true;
                    let is_word = |at: usize| bytes.get(at).is_some_and(|b| IN_WORD[usize::from(*b)]);
                    while is_word(at + 1) {
                        at += 1;
                    }
                }
                Kind::Inside => {}
                Kind::Other => {
                    let c = folded.get(at..).and_then(|rest| rest.chars().next());
                    let now = c.is_some_and(joins);
                    let inside = std::mem::replace(&mut joined, now);
                    if !(inside && now) {
                        self.at(folded, at, &mut take);
                    }
                }
            }
            at += 1;
        }
    }

    /// The phrases that begin at a place.
    fn at(&self, folded: &str, at: usize, take: &mut impl FnMut(Walked)) {
        let rest = folded.as_bytes().get(at..).unwrap_or(&[]);
        let mut lengths = self.lengths.get(classes(rest)).copied().unwrap_or(0);
        if lengths == 0 {
            return;
        }
        let first: Option<[u8; START]> = rest.get(..START).and_then(|bytes| bytes.try_into().ok());
        let start = first.map_or_else(|| start_of(rest), u64::from_le_bytes);
        while lengths > 0 {
            let length = lengths.trailing_zeros() as usize + 1;
            lengths &= lengths - 1;
            let mask = u64::MAX >> (8 * (START - length));
            let key = mix(start & mask, length);
            let word = self.filter.get(filter_place(key)).copied().unwrap_or(0);
            if word & (1 << (key % 64)) == 0 {
                continue;
            }
            let Some(&(from, to)) = self.starts.get(&key) else { continue };
            for (list, phrase) in self.phrases.get(from as usize..to as usize).unwrap_or(&[]) {
                if rest.starts_with(phrase.text.as_bytes()) {
                    let span = Span::new(at, at + phrase.text.len());
                    let is_joined_after = phrase.is_joined_after(folded, span.end);
                    take(Walked { list: *list, span, is_joined_after });
                }
            }
        }
    }
}

/// For each byte whether it is a letter or digit of ASCII.
static IN_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut at = 0;
    while at < table.len() {
        table[at] = (at as u8).is_ascii_alphanumeric();
        at += 1;
    }
    table
};

/// What a byte of a folded text is to the walk.
#[derive(Clone, Copy)]
enum Kind {
    Space,
    /// A letter or digit of ASCII.
    Word,
    /// Other ASCII.
    Mark,
    /// Inside a character.
    Inside,
    /// The first byte of a character outside ASCII.
    Other,
}

static KINDS: [Kind; 256] = {
    let mut table = [Kind::Other; 256];
    let mut at = 0;
    while at < 0xC0 {
        table[at] = match at as u8 {
            b' ' => Kind::Space,
            0x80.. => Kind::Inside,
            byte if byte.is_ascii_alphanumeric() => Kind::Word,
            _ => Kind::Mark,
        };
        at += 1;
    }
    table
};

/// Bits of a byte's class.
const CLASS_BITS: u32 = 5;

/// For each byte its class: letters by themselves, all else in five heaps.
static CLASSES: [u8; 256] = {
    let mut table = [31u8; 256];
    let mut at = 0;
    while at < 128 {
        let byte = at as u8;
        table[at] = match byte {
            b'a'..=b'z' => byte - b'a' + 1,
            b'0'..=b'9' => 27,
            b' ' => 28,
            b'\'' => 29,
            _ => 30,
        };
        at += 1;
    }
    table
};

/// The classes of the first three bytes of a text; 0 behind its end.
#[inline]
fn classes(text: &[u8]) -> usize {
    let class = |byte: u8| usize::from(CLASSES[usize::from(byte)]);
    let join = |a: u8, b: usize, c: usize| class(a) | b << CLASS_BITS | c << (2 * CLASS_BITS);
    match *text {
        [a, b, c, ..] => join(a, class(b), class(c)),
        [a, b] => join(a, class(b), 0),
        [a] => join(a, 0, 0),
        [] => 0,
    }
}

#[inline]
fn filter_place(key: u64) -> usize {
    (key >> (64 - (FILTER_BITS - 6))) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::conditions::phrases::fold;
    use proptest::prelude::*;

    fn walked(phrases: &[&str], text: &str) -> Vec<(usize, Span)> {
        let walk = PhraseWalk::new(phrases.iter().filter_map(|p| Phrase::new(p)).enumerate());
        let mut found = Vec::new();
        walk.walk(text, |w| {
            if !w.is_joined_after {
                found.push((w.list, w.span));
            }
        });
        found.sort_unstable();
        found
    }

    /// Every phrase tried at every place.
    fn plainly(phrases: &[&str], text: &str) -> Vec<(usize, Span)> {
        let mut found = Vec::new();
        for (list, phrase) in phrases.iter().filter_map(|p| Phrase::new(p)).enumerate() {
            for (at, first) in text.char_indices() {
                let rest = &text[at..];
                let inside = |before: Option<char>, c: char| joins(c) && before.is_some_and(joins);
                let last = phrase.text.chars().next_back().unwrap();
                let after = rest.strip_prefix(&*phrase.text).map(|after| after.chars().next());
                if after.is_some_and(|after| !inside(after, last))
                    && !inside(text[..at].chars().next_back(), first)
                {
                    found.push((list, Span::new(at, at + phrase.text.len())));
                }
            }
        }
        found.sort_unstable();
        found
    }

    #[test]
    fn phrases_that_begin_alike_are_all_found() {
        let phrases = ["read more", "read mores", "read more about us", "re", "read", "©"];
        let text = "read more about us, re read © read mor";
        assert_eq!(walked(&phrases, text), plainly(&phrases, text));
        assert_eq!(walked(&phrases, text).len(), 7);
        assert!(walked(&[], text).is_empty());
    }

    proptest! {
        #[test]
        fn the_walk_finds_what_trying_everything_finds(
            phrases in proptest::collection::vec("[ab' 東é.]{1,12}", 0..12),
            text in "[abc' 東é.\\u{301}]{0,40}",
        ) {
            let phrases: Vec<&str> = phrases.iter().map(String::as_str).collect();
            let text = fold(&text);
            prop_assert_eq!(walked(&phrases, &text), plainly(&phrases, &text));
        }
    }
}
