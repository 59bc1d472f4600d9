//! Runs of words (n-grams) that occur more than once, for all lengths in one walk.
//!
//! A run of n words can only occur again where both runs of n − 1 words inside it do, so after the
//! runs of two words hardly anything is left to look at in text that does not repeat itself. What
//! is found is exact but for collisions of 64-bit hashes.

use super::super::ngrams::{Twice, join};

/// The words of a text as runs are made of them.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// A hash of each word.
    pub(crate) hashes: Vec<u64>,
    /// Characters of the words before each place, and of all at the end.
    sums: Vec<u32>,
    /// Characters of all words.
    sum: u32,
}

impl Words {
    /// No words yet, with room for those of a text of so many bytes.
    pub(crate) fn with_room(bytes: usize) -> Self {
        let most = bytes / 5 + 1;
        let mut sums = Vec::with_capacity(most + 1);
        sums.push(0);
        Self { hashes: Vec::with_capacity(most), sums, sum: 0 }
    }

    /// Adds a word of so many characters.
    #[inline]
    pub(crate) fn push(&mut self, hash: u64, characters: u32) {
        self.hashes.push(hash);
        self.sum = self.sum.wrapping_add(characters);
        self.sums.push(self.sum);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Characters of the words of a range, without what stands between them.
    pub(crate) fn characters(&self, from: usize, to: usize) -> u64 {
        match (self.sums.get(from), self.sums.get(to)) {
            (Some(before), Some(after)) => u64::from(after - before),
            _ => 0,
        }
    }

    /// Characters of all runs of `n` words together, those that overlap too.
    pub(crate) fn characters_of_runs(&self, n: usize) -> u64 {
        let starts = self.sums.iter();
        self.sums.iter().skip(n).zip(starts).map(|(after, before)| u64::from(after - before)).sum()
    }
}

/// A run of words that occurs more than once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    hash: u64,
    /// How often it occurs; occurrences may overlap.
    pub(crate) count: u32,
    /// Number of the word at which it occurs first.
    pub(crate) first: u32,
}

/// All runs of one length that occur more than once.
#[derive(Debug, Default)]
pub(crate) struct Repeated {
    /// The length in words.
    pub(crate) n: usize,
    /// Where such a run begins, in order.
    pub(crate) places: Vec<u32>,
    /// The runs, in the order of their first places; some may occur once only.
    pub(crate) runs: Vec<Run>,
}

impl Repeated {
    /// Characters of the words that such runs cover, each word once.
    pub(crate) fn covered(&self, words: &Words) -> u64 {
        let mut covered_to = 0;
        let cover = self.places.iter().map(|place| {
            let from = covered_to.max(*place as usize);
            covered_to = *place as usize + self.n;
            words.characters(from, covered_to)
        });
        cover.sum()
    }

    /// The most frequent run; of several the one that occurs first. `None` if none occurs twice.
    pub(crate) fn most_frequent(&self) -> Option<Run> {
        let frequent = self.runs.iter().copied().filter(|run| run.count > 1);
        frequent.reduce(|best, run| if run.count > best.count { run } else { best })
    }
}

/// Calls `take` with the runs of 2, 3, … `longest` words that occur more than once, as long as
/// there are any.
pub(crate) fn each_length(words: &Words, longest: usize, mut take: impl FnMut(&Repeated)) {
    // Of the run that begins at each place of `places`: its hash.
    let mut hashes: Vec<u64> = Vec::new();
    let mut found = Repeated { n: 2, places: Vec::new(), runs: Vec::new() };
    let mut twice = Twice::new(words.len());
    let pair_hash = |pair: &[u64]| match pair {
        [first, second] => join(*first, *second),
        _ => 0,
    };
    for pair in words.hashes.windows(2) {
        twice.see(pair_hash(pair));
    }
    found.places.reserve(twice.again * 2);
    hashes.reserve(twice.again * 2);
    for (place, pair) in words.hashes.windows(2).enumerate() {
        let hash = pair_hash(pair);
        if twice.may_be(hash) {
            let place = place as u32;
            found.places.push(place);
            hashes.push(hash);
        }
    }
    let mut table = Table::default();
    loop {
        keep_repeated(&mut found, &mut hashes, &mut table);
        if found.places.is_empty() {
            return;
        }
        take(&found);
        if found.n >= longest {
            return;
        }
        lengthen(&mut found, &mut hashes, words);
    }
}

/// Where runs are looked up by their hashes.
#[derive(Default)]
struct Table {
    /// Numbers of runs, from 1; 0 where there is none.
    slots: Vec<u32>,
    shift: u32,
    /// The number of each candidate's run, from 0.
    numbers: Vec<u32>,
}

impl Table {
    fn clear(&mut self, most: usize) {
        let bits = (most * 2).next_power_of_two().trailing_zeros().max(4);
        self.slots.clear();
        self.slots.resize(1 << bits, 0);
        self.shift = 64 - bits;
        self.numbers.clear();
        self.numbers.reserve(most);
    }

    /// The number of a hash's run, made if it is not known yet.
    #[inline]
    fn number(&mut self, runs: &mut Vec<Run>, hash: u64, place: u32) -> u32 {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = (hash >> self.shift) as usize;
        loop {
            let Some(slot) = self.slots.get_mut(at & mask) else { return u32::MAX };
            let Some(number) = slot.checked_sub(1) else {
                runs.push(Run { hash, count: 0, first: place });
                *slot = runs.len() as u32;
                return slot.wrapping_sub(1);
            };
            if runs.get(number as usize).is_some_and(|run| run.hash == hash) {
                return number;
            }
            at = at.wrapping_add(1);
        }
    }
}

/// Leaves of the candidates those that occur more than once.
fn keep_repeated(found: &mut Repeated, hashes: &mut Vec<u64>, table: &mut Table) {
    let Repeated { places, runs, .. } = found;
    runs.clear();
    table.clear(hashes.len());
    for (hash, place) in hashes.iter().zip(places.iter()) {
        let number = table.number(runs, *hash, *place);
        if let Some(run) = runs.get_mut(number as usize) {
            run.count += 1;
        }
        table.numbers.push(number);
    }
    let mut kept = 0;
    for (at, number) in table.numbers.iter().enumerate() {
        let (Some(place), Some(hash)) = (places.get(at).copied(), hashes.get(at).copied()) else {
            break;
        };
        let (Some(to_place), Some(to_hash)) = (places.get_mut(kept), hashes.get_mut(kept)) else {
            break;
        };
        // Without a branch: what does not stay is overwritten.
        (*to_place, *to_hash) = (place, hash);
        let again = runs.get(*number as usize).is_some_and(|run| run.count > 1);
        kept = kept.wrapping_add(usize::from(again));
    }
    places.truncate(kept);
    hashes.truncate(kept);
}

/// The candidates that are one word longer: where both shorter runs occur more than once.
fn lengthen(found: &mut Repeated, hashes: &mut Vec<u64>, words: &Words) {
    let mut kept = 0;
    for at in 0..found.places.len() {
        let (place, hash) = (found.places[at], hashes[at]);
        let goes_on = found.places.get(at + 1).is_some_and(|next| *next == place + 1);
        if let Some(word) = words.hashes.get(place as usize + found.n).filter(|_| goes_on) {
            found.places[kept] = place;
            hashes[kept] = join(hash, *word);
            kept += 1;
        }
    }
    found.places.truncate(kept);
    hashes.truncate(kept);
    found.n += 1;
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Words {
        let mut words = Words::with_room(text.len());
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            words.push(xxhash_rust::xxh3::xxh3_64(word.as_bytes()), word.len() as u32);
        }
        words
    }

    /// For each length the places, and count and first place of the most frequent run.
    type Seen = Vec<(usize, Vec<u32>, Option<(u32, u32)>)>;

    fn seen(text: &str) -> Seen {
        let mut seen = Seen::new();
        each_length(&words(text), 10, |found| {
            let most = found.most_frequent().map(|run| (run.count, run.first));
            seen.push((found.n, found.places.clone(), most));
        });
        seen
    }

    /// By counting strings.
    fn plainly(text: &str) -> Seen {
        let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        let mut seen = Seen::new();
        for n in 2..=10 {
            let mut counts: HashMap<&[&str], (u32, u32)> = HashMap::new();
            for (place, run) in words.windows(n).enumerate() {
                counts.entry(run).or_insert((0, place as u32)).0 += 1;
            }
            let places: Vec<u32> = words
                .windows(n)
                .enumerate()
                .filter(|(_, run)| counts[run].0 > 1)
                .map(|(place, _)| place as u32)
                .collect();
            if places.is_empty() {
                break;
            }
            let most = counts.values().copied().filter(|run| run.0 > 1);
            let most = most.max_by_key(|(count, first)| (*count, std::cmp::Reverse(*first)));
            seen.push((n, places, most));
        }
        seen
    }

    #[test]
    fn runs_that_occur_once_are_not_found() {
        assert_eq!(seen(""), []);
        assert_eq!(seen("one"), []);
        assert_eq!(seen("one two three"), []);
        assert_eq!(seen("ab c a bc"), [], "words that join to the same letters differ");
    }

    #[test]
    fn of_equally_frequent_runs_the_first_counts() {
        assert_eq!(seen("c d x a b y a b z c d"), [(2, vec![0, 3, 6, 9], Some((2, 0)))]);
    }

    #[test]
    fn characters_are_those_of_the_words() {
        let words = words("a bcd ef");
        assert_eq!(words.characters(1, 3), 5);
        assert_eq!(words.characters_of_runs(2), 9);
        assert_eq!(words.characters_of_runs(4), 0);
        assert_eq!(words.characters(2, 9), 0, "beyond the end");
    }

    proptest! {
        #[test]
        fn runs_are_those_that_counting_strings_finds(text in "([a-c]{1,2} ){0,60}") {
            prop_assert_eq!(seen(&text), plainly(&text));
        }
    }
}
