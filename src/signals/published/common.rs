//! What several published filters share: Python's words, copied lines and paragraphs, repeated
//! runs of words.

use xxhash_rust::xxh3::xxh3_64;

use crate::signals::words::HashedMap;
use crate::text::python;

/// The words of `str.split()`, found byte by byte.
pub(super) struct Spaced<'a> {
    text: &'a str,
    at: usize,
}

/// The words of a text between Python's white space.
pub(super) fn spaced(text: &str) -> Spaced<'_> {
    Spaced { text, at: 0 }
}

impl<'a> Iterator for Spaced<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let bytes = self.text.as_bytes();
        loop {
            match space_length(bytes, self.at) {
                0 => break,
                length => self.at += length,
            }
        }
        let start = self.at;
        while self.at < bytes.len() && space_length(bytes, self.at) == 0 {
            self.at += 1;
        }
        if start == self.at { None } else { self.text.get(start..self.at) }
    }
}

/// What a byte says of white space: nothing, all, or that the next bytes must be looked at.
const SPACES: [u8; 256] = {
    let mut table = [0; 256];
    let bytes = b"\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f ";
    let mut n = 0;
    while n < bytes.len() {
        table[bytes[n] as usize] = 1;
        n += 1;
    }
    table[0xc2] = 2;
    table[0xe1] = 2;
    table[0xe2] = 2;
    table[0xe3] = 2;
    table
};

/// Bytes of the white space character at a place; 0 if there is none.
fn space_length(bytes: &[u8], at: usize) -> usize {
    let Some(&byte) = bytes.get(at) else { return 0 };
    match SPACES[usize::from(byte)] {
        0 => 0,
        1 => 1,
        _ => match bytes.get(at..).unwrap_or(&[]) {
            [0xc2, 0x85 | 0xa0, ..] => 2,
            [0xe1, 0x9a, 0x80, ..]
            | [0xe2, 0x80, 0x80..=0x8a | 0xa8 | 0xa9 | 0xaf, ..]
            | [0xe2, 0x81, 0x9f, ..]
            | [0xe3, 0x80, 0x80, ..] => 3,
            _ => 0,
        },
    }
}

/// True for what `str.isalnum` takes: letters and numbers of every kind, no marks.
pub(super) fn is_alnum(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { python::is_alpha(c) || c.is_numeric() }
}

/// True if a word has a letter in the sense of `str.isalpha`.
pub(super) fn has_alpha(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_alphabetic())
        || (!word.is_ascii() && word.chars().any(python::is_alpha))
}

/// The lines of `str.split("\n")`.
pub(super) fn newline_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        match memchr::memchr(b'\n', text.as_bytes()) {
            Some(end) => {
                rest = text.get(end + 1..);
                text.get(..end)
            }
            None => rest.take(),
        }
    })
}

/// Occurrences of a string that do not overlap: `str.count`.
pub(super) fn occurrences(text: &str, of: &str) -> usize {
    memchr::memmem::find_iter(text.as_bytes(), of.as_bytes()).count()
}

/// Lines or paragraphs of a text, and how many of them are copies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Segments {
    /// How many there are, and their characters.
    pub(super) count: usize,
    pub(super) chars: usize,
    /// How many distinct ones there are, and their characters.
    pub(super) kinds: usize,
    pub(super) kind_chars: usize,
    /// How many occur twice or more, each copy counted, and their characters.
    pub(super) copied: usize,
    pub(super) copied_chars: usize,
}

/// Counts the copies among segments.
pub(super) fn segments<'a>(parts: impl Iterator<Item = &'a str>) -> Segments {
    let mut met: HashedMap<u32> = HashedMap::default();
    let mut found = Segments::default();
    for part in parts {
        let chars = python::length(part);
        found.count += 1;
        found.chars += chars;
        let times = met.entry(xxh3_64(part.as_bytes())).or_insert(0);
        *times = times.saturating_add(1);
        match *times {
            1 => {
                found.kinds += 1;
                found.kind_chars += chars;
            }
            2 => {
                found.copied += 2;
                found.copied_chars += 2 * chars;
            }
            _ => {
                found.copied += 1;
                found.copied_chars += chars;
            }
        }
    }
    found
}

/// The words of a text as a filter counts them: their hashes, and the characters before each.
#[derive(Clone, Debug)]
pub(super) struct Hashed {
    pub(super) hashes: Vec<u64>,
    /// Characters of the words before each place, and of all of them at the end.
    sums: Vec<u64>,
}

impl Hashed {
    /// No words yet, with room for those of a text of so many bytes.
    pub(super) fn for_bytes(bytes: usize) -> Self {
        let most = bytes / 5 + 1;
        let mut sums = Vec::with_capacity(most + 1);
        sums.push(0);
        Self { hashes: Vec::with_capacity(most), sums }
    }

    pub(super) fn push(&mut self, hash: u64, chars: usize) {
        self.hashes.push(hash);
        self.sums.push(self.chars() + chars as u64);
    }

    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Characters of all words.
    pub(super) fn chars(&self) -> u64 {
        self.sums.last().copied().unwrap_or(0)
    }

    /// Characters of the words from one place up to another.
    pub(super) fn between(&self, from: usize, to: usize) -> u64 {
        let sum = |at: usize| self.sums.get(at).copied().unwrap_or(0);
        sum(to).saturating_sub(sum(from))
    }
}

/// A run of words that stands in a text twice or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Its first word.
    pub(super) at: u32,
    /// Which of the runs of its length it is: a place in [`Runs::counts`].
    pub(super) run: u32,
}

/// The runs of one length that a text repeats.
pub(super) struct Runs {
    /// Their length in words.
    pub(super) n: usize,
    /// Every copy of every one of them, in order.
    pub(super) places: Vec<Place>,
    /// How often each occurs, copies that overlap counted; in the order of their first copies.
    pub(super) counts: Vec<u32>,
}

impl Runs {
    /// The most frequent run that begins first: one of its places, and how often it occurs.
    pub(super) fn most_frequent(&self) -> Option<(Place, u32)> {
        let most = self.counts.iter().copied().max()?;
        let place = self.places.iter().find(|place| self.count(place) == most)?;
        Some((*place, most))
    }

    /// How often the run at a place occurs.
    pub(super) fn count(&self, place: &Place) -> u32 {
        self.counts.get(place.run as usize).copied().unwrap_or(0)
    }
}

/// Calls `take` with the repeated runs of each length from 2 to `longest`, up to the first
/// length of which none is repeated.
///
/// A run of n + 1 words can repeat only where both its runs of n words do: so each length looks
/// at the places of the last one, and two runs are the same if both those runs are.
pub(super) fn repeated_runs(words: &[u64], longest: usize, mut take: impl FnMut(&Runs)) {
    let mut twice = Twice::new(words.len());
    for pair in words.windows(2) {
        if let [one, other] = pair {
            twice.see(join(*one, *other));
        }
    }
    let mut keys: Vec<(u32, u64)> = Vec::with_capacity(2 * twice.again);
    for (at, pair) in words.windows(2).enumerate() {
        if let [one, other] = pair {
            let key = join(*one, *other);
            if twice.may_be(key) {
                keys.push((at as u32, key));
            }
        }
    }
    let mut n = 2;
    while n <= longest {
        let runs = group(n, &keys);
        if runs.places.is_empty() {
            return;
        }
        take(&runs);
        keys.clear();
        keys.extend(runs.places.windows(2).filter_map(|pair| match pair {
            [one, other] if one.at + 1 == other.at => {
                Some((one.at, join(u64::from(one.run) << 32 | u64::from(other.run), 0)))
            }
            _ => None,
        }));
        n += 1;
    }
}

/// The runs that occur twice among places with keys.
fn group(n: usize, keys: &[(u32, u64)]) -> Runs {
    /// No run yet: the key was met once.
    const ONCE: u32 = u32::MAX;
    let mut met: HashedMap<(u32, u32)> =
        HashedMap::with_capacity_and_hasher(keys.len() / 2 + 1, Default::default());
    for (_, key) in keys {
        met.entry(*key).or_insert((0, ONCE)).0 += 1;
    }
    let mut runs = Runs { n, places: Vec::new(), counts: Vec::new() };
    for (at, key) in keys {
        if let Some((count, run)) = met.get_mut(key)
            && *count > 1
        {
            if *run == ONCE {
                *run = runs.counts.len() as u32;
                runs.counts.push(*count);
            }
            runs.places.push(Place { at: *at, run: *run });
        }
    }
    runs
}

/// A key for two things, one after the other; its high and its low bits are both mixed.
fn join(one: u64, other: u64) -> u64 {
    let mixed = (one.rotate_left(23) ^ other).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^ (mixed >> 32)
}

/// Which keys may have been seen twice: never too few, sometimes too many.
struct Twice {
    once: Vec<u64>,
    again_bits: Vec<u64>,
    shift: u32,
    again: usize,
}

impl Twice {
    fn new(most: usize) -> Self {
        let bits = (most * 8).next_power_of_two().max(64);
        let shift = 64 - bits.trailing_zeros();
        Self { once: vec![0; bits / 64], again_bits: vec![0; bits / 64], shift, again: 0 }
    }

    fn place(&self, key: u64) -> (usize, u64) {
        let bit = key >> self.shift;
        ((bit / 64) as usize, 1 << (bit % 64))
    }

    fn see(&mut self, key: u64) {
        let (word, bit) = self.place(key);
        if let (Some(once), Some(again)) =
            (self.once.get_mut(word), self.again_bits.get_mut(word))
        {
            if *once & bit == 0 {
                *once |= bit;
            } else {
                *again |= bit;
                self.again += 1;
            }
        }
    }

    fn may_be(&self, key: u64) -> bool {
        let (word, bit) = self.place(key);
        self.again_bits.get(word).is_some_and(|bits| bits & bit != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    /// Every repeated run of a length: first word and how often it occurs.
    fn plainly(words: &[u64], n: usize) -> Vec<(u32, u32)> {
        let mut counts: HashMap<&[u64], u32> = HashMap::new();
        for run in words.windows(n) {
            *counts.entry(run).or_insert(0) += 1;
        }
        let of = |run| counts.get(run).copied().unwrap_or(0);
        let all = words.windows(n).enumerate().map(|(at, run)| (at as u32, of(run)));
        all.filter(|(_, count)| *count > 1).collect()
    }

    proptest! {
        #[test]
        fn runs_are_those_that_counting_each_length_finds(
            words in prop::collection::vec(0u64..4, 0..60)
        ) {
            let mut met = vec![Vec::new(); 11];
            repeated_runs(&words, 10, |runs| {
                met[runs.n] =
                    runs.places.iter().map(|place| (place.at, runs.count(place))).collect();
            });
            for n in 2..=10 {
                prop_assert_eq!(&met[n], &plainly(&words, n));
            }
        }

        #[test]
        fn words_are_those_of_pythons_split(text in "[ab \n\u{85}\u{a0}\u{1680}\u{2003}\u{200b}\u{202f}\u{205f}\u{3000}\u{1f}é]{0,20}") {
            let found: Vec<&str> = spaced(&text).collect();
            let expected: Vec<&str> = python::words(&text).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn lines_are_those_of_split(text in "[a\n]{0,8}") {
            let found: Vec<&str> = newline_lines(&text).collect();
            let expected: Vec<&str> = text.split('\n').collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn copies_are_counted_with_and_without_the_first() {
        let found = segments(["ab", "c", "ab", "ab", "é"].into_iter());
        assert_eq!((found.count, found.chars), (5, 8));
        assert_eq!((found.kinds, found.kind_chars), (3, 4));
        assert_eq!((found.copied, found.copied_chars), (3, 6));
    }
}
