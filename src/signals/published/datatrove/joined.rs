//! datatrove's duplicate runs of words: a scan that jumps over what it has seen before.
//!
//! Its key of a run is its words written together, so that `ab c` and `a bc` are the same run. A
//! run is therefore hashed as the bytes of its words, by differences of sums over the whole text,
//! and a run of n words says nothing of those of n + 1.

use crate::signals::ngrams::Twice;

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
            for (byte, power) in bytes.iter().zip(&POWERS) {
                // No byte weighs nothing, or zeros at the end would not count.
                part = part.wrapping_add((u64::from(*byte) + 1).wrapping_mul(*power));
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
        let mut found = [0; 6];
        let mut keys = Keys::default();
        for (n, found) in LENGTHS.into_iter().zip(&mut found) {
            let runs = self.before.len().saturating_sub(n);
            *found = if runs <= MOST_AT_ONCE {
                keys.clear(runs);
                self.scan(n, &characters, |hash| keys.is_known(hash))
            } else {
                self.scan_long(n, runs, &characters)
            };
        }
        found
    }

    /// The scan for one length; `is_known` says whether it was asked for a hash before.
    fn scan(
        &self,
        n: usize,
        characters: &impl Fn(usize, usize) -> u64,
        mut is_known: impl FnMut(u64) -> bool,
    ) -> u64 {
        let mut found = 0;
        let mut at = 0;
        while let (Some((start, inverse)), Some((end, _))) =
            (self.before.get(at), self.before.get(at + n))
        {
            if is_known(hash(*start, *end, *inverse)) {
                found += characters(at, at + n);
                at += n;
            } else {
                at += 1;
            }
        }
        found
    }

    /// The scan of a long text: a table of all its runs would be too large for the caches. A run
    /// that occurs once only is never met again, so it need not be remembered.
    fn scan_long(&self, n: usize, runs: usize, characters: &impl Fn(usize, usize) -> u64) -> u64 {
        let mut twice = Twice::new(2 * runs);
        for ((start, inverse), (end, _)) in self.before.iter().zip(self.before.iter().skip(n)) {
            twice.see(hash(*start, *end, *inverse));
        }
        let mut keys = Keys::default();
        keys.clear(2 * twice.again);
        self.scan(n, characters, |hash| twice.may_be(hash) && keys.is_known(hash))
    }
}

/// Texts of more runs than this are looked through twice.
const MOST_AT_ONCE: usize = 1 << 16;

/// A set of hashes.
#[derive(Default)]
struct Keys {
    slots: Vec<u64>,
    shift: u32,
}

impl Keys {
    /// Makes it empty, with room for so many.
    fn clear(&mut self, most: usize) {
        let bits = (2 * most).next_power_of_two().trailing_zeros().max(4);
        self.slots.clear();
        self.slots.resize(1 << bits, 0);
        self.shift = 64 - bits;
    }

    /// True if a hash is in the set; else it is put in.
    #[inline]
    fn is_known(&mut self, hash: u64) -> bool {
        // Empty slots are zeros.
        let key = hash.max(1);
        let mask = self.slots.len() - 1;
        let mut at = (hash >> self.shift) as usize;
        loop {
            let Some(slot) = self.slots.get_mut(at & mask) else { return false };
            if *slot == key {
                return true;
            }
            if *slot == 0 {
                *slot = key;
                return false;
            }
            at += 1;
        }
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

        #[test]
        fn long_texts_are_scanned_alike(text in "([a-cé]{1,2} ){0,60}") {
            let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
            let mut joined = Joined::with_room(words.len());
            words.iter().for_each(|word| joined.push(word.as_bytes()));
            let characters = |from: usize, to: usize| {
                words[from..to].iter().map(|word| word.chars().count() as u64).sum()
            };
            let runs = words.len();
            prop_assert_eq!(LENGTHS.map(|n| joined.scan_long(n, runs, &characters)), found(&text));
        }
    }
}
