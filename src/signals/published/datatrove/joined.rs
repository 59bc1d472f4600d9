//! datatrove's duplicate runs of words: a scan that jumps over what it has seen before.
//!
//! Its key of a run is its words written together, so that `ab c` and `a bc` are the same run, and
//! a run of n words says nothing of those of n + 1. But two runs that are the same begin with the
//! same bytes, so only places whose first bytes may stand elsewhere too are looked at.

use crate::signals::ngrams::Twice;
use crate::signals::published::ngrams::Repeats;
use crate::text::eights;

/// The lengths of the runs.
pub(super) const LENGTHS: [usize; 6] = [5, 6, 7, 8, 9, 10];

/// So many bytes at the start of a run are compared with those of all others; and so many where
/// the run is as long.
const STARTS: [usize; 3] = [12, 20, 32];

/// Words written together.
#[derive(Debug)]
pub(super) struct Joined {
    /// Zeros behind the last word.
    bytes: Vec<u8>,
    /// Where each word begins, and where the last one ends.
    starts: Vec<u32>,
}

/// A word where a run may begin that stands elsewhere too.
#[derive(Clone, Copy, Debug)]
struct Place {
    word: u32,
    /// Runs of so many bytes or more that begin here stand nowhere else.
    longest: u32,
}

impl Joined {
    /// No words yet, with room for so many of so many bytes together.
    pub(super) fn with_room(words: usize, bytes: usize) -> Self {
        let mut starts = Vec::with_capacity(words + 1);
        starts.push(0);
        Self { bytes: vec![0; bytes + 16], starts }
    }

    /// Adds the word that stands in a text from `start` to `end`.
    #[inline]
    pub(super) fn push(&mut self, text: &[u8], start: usize, end: usize) {
        let mut at = self.starts.last().map_or(0, |at| *at as usize);
        let mut from = start;
        while from < end {
            let length = end.wrapping_sub(from).min(8);
            let own = eights::load(text, from) & eights::low_bytes(length);
            let room = self.bytes.get_mut(at..).and_then(|room| room.first_chunk_mut());
            if let Some(room) = room {
                *room = own.to_le_bytes();
            }
            from = from.wrapping_add(8);
            at = at.wrapping_add(length);
        }
        self.starts.push(at as u32);
    }

    /// For each of the [`LENGTHS`] the characters in runs of so many words that the scan has seen
    /// before: at such a run it goes on behind it, else at the next word. `characters` tells those
    /// of the words of a range.
    pub(super) fn duplicates(&self, characters: impl Fn(usize, usize) -> u64) -> [u64; 6] {
        let places = self.places();
        let mut keys = Keys::default();
        let mut found = [0; 6];
        for (n, found) in LENGTHS.into_iter().zip(&mut found) {
            keys.clear(places.len());
            let ends = self.starts.get(n..).unwrap_or(&[]);
            let mut free = 0;
            for place in &places {
                let at = place.word as usize;
                let (Some(start), Some(end)) = (self.starts.get(at), ends.get(at)) else { break };
                if end.wrapping_sub(*start) >= place.longest || at < free {
                    continue;
                }
                if keys.is_known(eights::hash(&self.bytes, *start as usize, *end as usize)) {
                    free = at.wrapping_add(n);
                    *found += characters(at, free);
                }
            }
        }
        found
    }

    /// The words where a run may begin that stands elsewhere too, in order.
    fn places(&self) -> Vec<Place> {
        let [first, second, third] = STARTS;
        let Some(runs) = self.starts.len().checked_sub(LENGTHS[0]) else { return Vec::new() };
        let load = |start: u32, at: usize| eights::load(&self.bytes, start as usize + at);
        let half = |start: u32, at: usize| load(start, at) & eights::low_bytes(4);
        let hash = |start: &u32| {
            let (eight, next) = eights::load_two(&self.bytes, *start as usize);
            eights::mix(eights::mix(0, eight), next & eights::low_bytes(4))
        };
        let starts = self.starts.get(..runs).unwrap_or(&[]);
        let ends = self.starts.get(LENGTHS[0]..).unwrap_or(&[]);
        let hashes: Vec<u64> = starts.iter().map(hash).collect();
        let repeated = Repeats::of(&hashes).places;
        // Those whose first bytes stand elsewhere too.
        let mut places = Vec::with_capacity(repeated.len() * 2);
        let mut again = Vec::with_capacity(repeated.len());
        let mut rest = repeated.iter();
        let mut next = rest.next();
        let mut word = 0_u32;
        for (start, end) in starts.iter().zip(ends) {
            if next == Some(&word) {
                next = rest.next();
                let hash = hashes.get(word as usize).copied().unwrap_or(0);
                let hash = eights::mix(hash, load(*start, first));
                again.push((places.len() as u32, *start, hash));
                places.push(Place { word, longest: second as u32 });
            } else if end.wrapping_sub(*start) < first as u32 {
                places.push(Place { word, longest: first as u32 });
            }
            word = word.wrapping_add(1);
        }
        // Of those, the ones of which so many more bytes may.
        for (from, longest) in [(second, third as u32), (third, u32::MAX)] {
            let mut twice = Twice::new(again.len());
            again.iter().for_each(|(_, _, hash)| twice.see(*hash));
            again.retain_mut(|(place, start, hash)| {
                let is_again = twice.may_be(*hash);
                if let Some(place) = places.get_mut(*place as usize).filter(|_| is_again) {
                    place.longest = longest;
                    let more = eights::mix(load(*start, from), half(*start, from + 8));
                    *hash = eights::mix(*hash, more);
                }
                is_again
            });
        }
        places
    }
}

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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn found(text: &str) -> [u64; 6] {
        let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        let mut joined = Joined::with_room(words.len(), text.len());
        words.iter().for_each(|word| joined.push(word.as_bytes(), 0, word.len()));
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
        fn long_words_and_short_ones_are_found(text in "([ab]{1,2} |[ab]{9,9} |a{12,14} ){0,60}") {
            prop_assert_eq!(found(&text), plainly(&text));
        }
    }
}
