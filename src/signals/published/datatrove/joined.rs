//! datatrove's duplicate runs of words: a scan that jumps over what it has seen before.
//!
//! Its key of a run is its words written together, so that `ab c` and `a bc` are the same run. A
//! run is therefore hashed as the bytes of its words, by differences of sums over the whole text,
//! and a run of n words says nothing of those of n + 1.

use crate::signals::ngrams::Twice;
use crate::signals::words::HashedMap;

/// The lengths of the runs.
pub(super) const LENGTHS: [usize; 6] = [5, 6, 7, 8, 9, 10];

/// The base of the sums, modulo 2^64; odd, so that it has an inverse.
const BASE: u64 = 0x9E37_79B9_7F4A_7C15;
/// The number that times [`BASE`] makes 1, modulo 2^64.
const INVERSE: u64 = {
    let mut inverse = BASE;
    let mut step = 0;
    // Newton's iteration: three binary digits are right at the start, and each step doubles them.
    while step < 5 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(BASE.wrapping_mul(inverse)));
        step += 1;
    }
    inverse
};
/// The last of the [`LENGTHS`].
const LONGEST: usize = 10;
/// How much wider than usual the filters are: with them most texts are done.
const FILTER: usize = 2;
/// Powers are taken from a table in steps of so many.
const STEP: usize = 16;
const POWERS: [u64; STEP + 1] = powers(BASE);
const INVERSE_POWERS: [u64; STEP + 1] = powers(INVERSE);

const fn powers(base: u64) -> [u64; STEP + 1] {
    let mut powers = [1u64; STEP + 1];
    let mut at = 1;
    while at <= STEP {
        powers[at] = powers[at - 1].wrapping_mul(base);
        at += 1;
    }
    powers
}

/// Words written together, so that the text of any run of them has a hash.
#[derive(Debug)]
pub(super) struct Joined {
    /// Before each word, and after the last: the sum over the bytes so far, each times the power
    /// of its place, and the inverse of the power of the next place.
    before: Vec<(u64, u64)>,
    power: u64,
}

impl Joined {
    /// No words yet, with room for so many.
    pub(super) fn with_room(words: usize) -> Self {
        let mut before = Vec::with_capacity(words + 1);
        before.push((0, 1));
        Self { before, power: 1 }
    }

    /// Adds a word.
    pub(super) fn push(&mut self, word: &[u8]) {
        let (mut sum, mut inverse) = self.before.last().copied().unwrap_or((0, 1));
        for bytes in word.chunks(STEP) {
            let mut part = 0u64;
            for (byte, power) in bytes.iter().zip(POWERS) {
                // No byte weighs nothing, or zeros at the end would not count.
                part = part.wrapping_add((u64::from(*byte) + 1).wrapping_mul(power));
            }
            sum = sum.wrapping_add(part.wrapping_mul(self.power));
            self.power = self.power.wrapping_mul(POWERS[bytes.len()]);
            inverse = inverse.wrapping_mul(INVERSE_POWERS[bytes.len()]);
        }
        self.before.push((sum, inverse));
    }

    /// For each of the [`LENGTHS`] the characters in runs of so many words that the scan has seen
    /// before: at such a run it goes on behind it, else at the next word. `characters` tells those
    /// of the words of a range.
    pub(super) fn duplicates(&self, characters: impl Fn(usize, usize) -> u64) -> [u64; 6] {
        let words = self.before.len() - 1;
        let mut twice = LENGTHS.map(|n| Twice::new(FILTER * words.saturating_sub(n - 1)));
        for run in self.before.windows(LONGEST + 1) {
            let ((start, inverse), ends) = (run[0], &run[LENGTHS[0]..]);
            for (twice, (end, _)) in twice.iter_mut().zip(ends) {
                twice.see(hash(start, *end, inverse));
            }
        }
        // What is too near the end for the longest run.
        let last = (words + 1).saturating_sub(LONGEST);
        for (at, (start, inverse)) in self.before.iter().enumerate().skip(last) {
            for (twice, (end, _)) in twice.iter_mut().zip(self.before.iter().skip(at + LENGTHS[0]))
            {
                twice.see(hash(*start, *end, *inverse));
            }
        }
        let mut found = [0; 6];
        for ((n, twice), found) in LENGTHS.iter().zip(&twice).zip(&mut found) {
            if twice.again > 0 {
                *found = self.scan(*n, twice, &characters);
            }
        }
        found
    }

    /// The scan for one length. A run that occurs once only is never met again, so it need not be
    /// remembered.
    fn scan(&self, n: usize, twice: &Twice, characters: &impl Fn(usize, usize) -> u64) -> u64 {
        let mut seen: HashedMap<()> =
            HashedMap::with_capacity_and_hasher(2 * twice.again, Default::default());
        let mut found = 0;
        let mut at = 0;
        while let (Some((start, inverse)), Some((end, _))) =
            (self.before.get(at), self.before.get(at + n))
        {
            let hash = hash(*start, *end, *inverse);
            // Tables take the low bits, which depend on the low bits alone.
            if twice.may_be(hash) && seen.insert(hash ^ (hash >> 32), ()).is_some() {
                found += characters(at, at + n);
                at += n;
            } else {
                at += 1;
            }
        }
        found
    }
}

/// The hash of what stands between two places.
#[inline]
fn hash(start: u64, end: u64, inverse: u64) -> u64 {
    end.wrapping_sub(start).wrapping_mul(inverse)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> [u64; 6] {
        let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        let mut joined = Joined::with_room(words.len());
        words.iter().for_each(|word| joined.push(word.as_bytes()));
        let characters = |from: usize, to: usize| {
            words[from..to].iter().map(|word| word.chars().count() as u64).sum()
        };
        joined.duplicates(characters)
    }

    /// The scan with strings.
    fn plainly(text: &str) -> [u64; 6] {
        let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        LENGTHS.map(|n| {
            let mut seen = HashSet::new();
            let (mut at, mut found) = (0, 0);
            while at + n <= words.len() {
                let run = words[at..at + n].concat();
                if seen.contains(&run) {
                    found += run.chars().count() as u64;
                    at += n;
                } else {
                    seen.insert(run);
                    at += 1;
                }
            }
            found
        })
    }

    #[test]
    fn the_inverse_is_one() {
        assert_eq!(BASE.wrapping_mul(INVERSE), 1);
    }

    #[test]
    fn words_that_join_to_the_same_letters_are_the_same_run() {
        assert_eq!(found("ab c d e f x a bc d e f"), [6, 0, 0, 0, 0, 0]);
        assert_eq!(found("a b c d e x a b c d e y"), [5, 0, 0, 0, 0, 0]);
        assert_eq!(found(""), [0; 6]);
        assert_eq!(found("a b c d"), [0; 6]);
    }

    #[test]
    fn zeros_count() {
        assert_eq!(found("a b c d e a b c d e\0"), [0; 6]);
    }

    #[test]
    fn long_words_are_hashed_whole() {
        let word = "ab".repeat(40);
        let text = format!("a b c d {word} x a b c d {word}");
        assert_eq!(found(&text)[0], 84);
        assert_eq!(found(&format!("{text}a"))[0], 0);
    }

    proptest! {
        #[test]
        fn runs_are_those_that_strings_find(text in "([a-cé]{1,2} ){0,60}") {
            prop_assert_eq!(found(&text), plainly(&text));
        }
    }
}
