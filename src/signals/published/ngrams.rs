//! Runs of words (n-grams) that occur more than once, for all lengths in one walk.
//!
//! A run of n words can only occur again where both runs of n − 1 words inside it do, so after the
//! runs of two words hardly anything is left to look at in text that does not repeat itself. What
//! is found is exact but for collisions of 64-bit hashes.

use super::super::ngrams::join;

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
        // Of the sums at all ends less those at all starts only the last and the first are left.
        let Some(first) = self.sums.get(..n) else { return 0 };
        let Some(last) = self.sums.len().checked_sub(n).and_then(|from| self.sums.get(from..))
        else {
            return 0;
        };
        let total = |sums: &[u32]| sums.iter().map(|sum| u64::from(*sum)).sum::<u64>();
        total(last).saturating_sub(total(first))
    }
}

/// A run of words that occurs more than once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// Its hash, or that of the shorter run and the word behind it.
    hash: u64,
    /// How often it occurs; occurrences may overlap.
    pub(crate) count: u32,
    /// Number of the word at which it occurs first.
    pub(crate) first: u32,
    /// And last.
    last: u32,
    /// The number of the run that is one word longer, for one that occurs twice; else [`NONE`].
    longer: u32,
}

/// The number of no run.
const NONE: u32 = u32::MAX;

/// All runs of one length that occur more than once.
#[derive(Clone, Debug, Default)]
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
    let pair_hash = |pair: &[u64]| match pair {
        [first, second] => join(*first, *second),
        _ => 0,
    };
    let pairs: Vec<u64> = words.hashes.windows(2).map(pair_hash).collect();
    let Repeats { places, mut numbers, runs } = Repeats::of(&pairs);
    drop(pairs);
    let mut found = Repeated { n: 2, places, runs };
    let mut table = Table::default();
    loop {
        keep_repeated(&mut found, &mut numbers);
        if found.places.is_empty() {
            return;
        }
        take(&found);
        if found.n >= longest {
            return;
        }
        lengthen(&mut found, &mut numbers, &mut table, words);
    }
}

/// Which of some hashes occur more than once.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    /// Their places, in order.
    pub(super) places: Vec<u32>,
    /// For each place the number of its run.
    numbers: Vec<u32>,
    /// In the order of their first places.
    runs: Vec<Run>,
}

/// A table of more hashes than this would be too large for the caches.
const MOST_AT_ONCE: usize = 1 << 16;

impl Repeats {
    /// Those of `hashes`, told by their places.
    pub(super) fn of(hashes: &[u64]) -> Self {
        let mut met = Vec::new();
        let mut number_at = vec![NONE; hashes.len()];
        let mut slots = Vec::new();
        if hashes.len() <= MOST_AT_ONCE {
            let of = |n: usize| hashes.get(n).map(|hash| (*hash, n as u32));
            group(hashes.len(), of, 0, &mut slots, &mut number_at, &mut met);
        } else {
            // By their first bits they are parted into small tables' worth.
            let bits = (hashes.len() / MOST_AT_ONCE).ilog2().min(9) + 2;
            let part_of = |hash: u64| (hash >> (64 - bits)) as usize;
            let mut ends = vec![0; 1 << bits];
            hashes.iter().for_each(|hash| ends[part_of(*hash)] += 1);
            let mut sum = 0;
            for end in &mut ends {
                (*end, sum) = (sum, sum + *end);
            }
            let mut parted = vec![(0, 0); hashes.len()];
            for (place, hash) in hashes.iter().enumerate() {
                let end = &mut ends[part_of(*hash)];
                parted[*end] = (*hash, place as u32);
                *end += 1;
            }
            let mut start = 0;
            for end in ends {
                let part = parted.get(start..end).unwrap_or(&[]);
                let of = |n: usize| part.get(n).copied();
                group(part.len(), of, bits, &mut slots, &mut number_at, &mut met);
                start = end;
            }
        }
        let room = met.iter().map(|run| run.count as usize).sum();
        let mut found = Self {
            places: Vec::with_capacity(room),
            numbers: Vec::with_capacity(room),
            runs: Vec::with_capacity(met.len()),
        };
        // A run's number is told anew where it begins.
        for (place, number) in number_at.iter().enumerate() {
            let Some(run) = met.get_mut(*number as usize) else { continue };
            if run.first as usize == place {
                run.longer = found.runs.len() as u32;
                found.runs.push(Run { longer: NONE, ..*run });
            }
            found.places.push(place as u32);
            found.numbers.push(run.longer);
        }
        found
    }
}

/// Finds the repeated ones among `count` hashes, which `of` tells with their places: their runs and,
/// at each of their places, the number of its run. So many of their first bits are the same.
#[inline]
fn group(
    count: usize,
    of: impl Fn(usize) -> Option<(u64, u32)>,
    same_bits: u32,
    slots: &mut Vec<u32>,
    number_at: &mut [u32],
    met: &mut Vec<Run>,
) {
    let bits = (count * 2).next_power_of_two().trailing_zeros().max(4);
    // One more than the number of the first of some equal hashes.
    slots.clear();
    slots.resize(1 << bits, 0);
    for n in 0..count {
        let Some((hash, place)) = of(n) else { break };
        let mut at = (hash.wrapping_shl(same_bits) >> (64 - bits)) as usize;
        while let Some(slot) = slots.get_mut(at & ((1 << bits) - 1)) {
            let Some(first) = slot.checked_sub(1) else {
                *slot = (n as u32).wrapping_add(1);
                break;
            };
            let Some((_, first)) = of(first as usize).filter(|(known, _)| *known == hash) else {
                at = at.wrapping_add(1);
                continue;
            };
            let Some(number) = number_at.get_mut(first as usize) else { break };
            if let Some(run) = met.get_mut(*number as usize) {
                run.count = run.count.wrapping_add(1);
                run.last = place;
            } else {
                *number = met.len() as u32;
                met.push(Run { hash, count: 2, first, last: place, longer: NONE });
            }
            let number = *number;
            if let Some(own) = number_at.get_mut(place as usize) {
                *own = number;
            }
            break;
        }
    }
}

/// Where runs are looked up by their hashes.
#[derive(Default)]
struct Table {
    /// Numbers of runs, from 1; 0 where there is none.
    slots: Vec<u32>,
    shift: u32,
}

impl Table {
    fn clear(&mut self, most: usize) {
        let bits = (most * 2).next_power_of_two().trailing_zeros().max(4);
        self.slots.clear();
        self.slots.resize(1 << bits, 0);
        self.shift = 64 - bits;
    }

    /// The number of a hash's run, made if it is not known yet, with one occurrence more.
    #[inline]
    fn number(&mut self, runs: &mut Vec<Run>, hash: u64, place: u32) -> u32 {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = (hash >> self.shift) as usize;
        loop {
            let Some(slot) = self.slots.get_mut(at & mask) else { return NONE };
            let Some(number) = slot.checked_sub(1) else {
                runs.push(Run { hash, count: 1, first: place, last: place, longer: NONE });
                *slot = runs.len() as u32;
                return slot.wrapping_sub(1);
            };
            if let Some(run) = runs.get_mut(number as usize).filter(|run| run.hash == hash) {
                run.count = run.count.wrapping_add(1);
                run.last = place;
                return number;
            }
            at = at.wrapping_add(1);
        }
    }
}

/// Leaves of the candidates those that occur more than once.
fn keep_repeated(found: &mut Repeated, numbers: &mut Vec<u32>) {
    let Repeated { places, runs, .. } = found;
    let mut kept = 0;
    for at in 0..places.len().min(numbers.len()) {
        let (place, number) = (places[at], numbers[at]);
        // Without a branch: what does not stay is overwritten.
        (places[kept], numbers[kept]) = (place, number);
        let again = runs.get(number as usize).is_some_and(|run| run.count > 1);
        kept = kept.wrapping_add(usize::from(again));
    }
    places.truncate(kept);
    numbers.truncate(kept);
}

/// The candidates that are one word longer: where both shorter runs occur more than once.
fn lengthen(found: &mut Repeated, numbers: &mut Vec<u32>, table: &mut Table, words: &Words) {
    let Repeated { n, places, runs } = found;
    if places.len() > MOST_AT_ONCE {
        return lengthen_many(found, numbers, words);
    }
    // Most occur twice, and then a look at the words behind both is enough.
    let often = runs.iter().filter(|run| run.count > 2).map(|run| run.count as usize).sum();
    table.clear(often);
    let mut longer: Vec<Run> = Vec::with_capacity(runs.len());
    let mut kept = 0;
    for at in 0..places.len().min(numbers.len()) {
        let (place, number) = (places[at], numbers[at]);
        let goes_on = places.get(at + 1).is_some_and(|next| *next == place.wrapping_add(1));
        let word = words.hashes.get(place as usize + *n).filter(|_| goes_on);
        let (Some(run), Some(word)) = (runs.get_mut(number as usize), word) else { continue };
        let number = if run.count > 2 {
            table.number(&mut longer, join(run.hash, *word), place)
        } else {
            if place == run.first && words.hashes.get(run.last as usize + *n) == Some(word) {
                run.longer = longer.len() as u32;
                longer.push(Run { hash: join(run.hash, *word), longer: NONE, ..*run });
            }
            run.longer
        };
        if number != NONE {
            places[kept] = place;
            numbers[kept] = number;
            kept += 1;
        }
    }
    places.truncate(kept);
    numbers.truncate(kept);
    *runs = longer;
    *n += 1;
}

/// The same where there are too many for one table.
fn lengthen_many(found: &mut Repeated, numbers: &mut Vec<u32>, words: &Words) {
    let Repeated { n, places, runs } = found;
    let mut hashes = Vec::with_capacity(places.len());
    let mut kept = Vec::with_capacity(places.len());
    for (at, (place, number)) in places.iter().zip(numbers.iter()).enumerate() {
        let goes_on = places.get(at + 1).is_some_and(|next| *next == place.wrapping_add(1));
        let word = words.hashes.get(*place as usize + *n).filter(|_| goes_on);
        if let (Some(run), Some(word)) = (runs.get(*number as usize), word) {
            hashes.push(join(run.hash, *word));
            kept.push(*place);
        }
    }
    let mut longer = Repeats::of(&hashes);
    let own = |place: u32| kept.get(place as usize).copied().unwrap_or(place);
    longer.places.iter_mut().for_each(|place| *place = own(*place));
    for run in &mut longer.runs {
        (run.first, run.last) = (own(run.first), own(run.last));
    }
    *numbers = longer.numbers;
    (*places, *runs) = (longer.places, longer.runs);
    *n += 1;
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
        assert_eq!([1, 2, 3].map(|n| words.characters_of_runs(n)), [6, 9, 6]);
        assert_eq!(words.characters_of_runs(4), 0);
        assert_eq!(words.characters(2, 9), 0, "beyond the end");
    }

    proptest! {
        #[test]
        fn many_hashes_repeat_as_few_do(seeds in proptest::collection::vec(0..40_u64, 0..60)) {
            let hashes: Vec<u64> = seeds.iter().map(|seed| join(*seed, 7)).collect();
            let found = Repeats::of(&hashes);
            let again = |place: &usize| seeds.iter().filter(|seed| **seed == seeds[*place]).count() > 1;
            let expected: Vec<u32> = (0..seeds.len()).filter(again).map(|n| n as u32).collect();
            prop_assert_eq!(&found.places, &expected);
            // All but these are there once.
            let many: Vec<u64> =
                hashes.iter().copied().chain((0..MOST_AT_ONCE as u64).map(|n| join(n, 1 << 40))).collect();
            let same = Repeats::of(&many);
            prop_assert_eq!(same.places, found.places);
            prop_assert_eq!(same.numbers, found.numbers);
            let runs = |runs: &[Run]| -> Vec<(u32, u32, u32)> {
                runs.iter().map(|run| (run.count, run.first, run.last)).collect()
            };
            prop_assert_eq!(runs(&same.runs), runs(&found.runs));
        }

        #[test]
        fn many_runs_grow_as_few_do(text in "([a-c]{1,2} ){0,60}") {
            let words = words(&text);
            let hashes: Vec<u64> =
                words.hashes.windows(2).map(|pair| join(pair[0], pair[1])).collect();
            let Repeats { places, numbers, runs } = Repeats::of(&hashes);
            let mut few = (Repeated { n: 2, places, runs }, numbers);
            let mut many = (few.0.clone(), few.1.clone());
            for _ in 0..5 {
                lengthen(&mut few.0, &mut few.1, &mut Table::default(), &words);
                keep_repeated(&mut few.0, &mut few.1);
                lengthen_many(&mut many.0, &mut many.1, &words);
                prop_assert_eq!(&few.0.places, &many.0.places);
                let most = |found: &Repeated| found.most_frequent().map(|run| (run.count, run.first));
                prop_assert_eq!(most(&few.0), most(&many.0));
                prop_assert_eq!(few.0.n, many.0.n);
            }
        }

        #[test]
        fn runs_are_those_that_counting_strings_finds(text in "([a-c]{1,2} ){0,60}") {
            prop_assert_eq!(seen(&text), plainly(&text));
        }
    }
}
