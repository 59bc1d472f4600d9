//! Repeated runs of words (n-grams) of a text, from two to ten words long, in one walk a length.
//!
//! A run of n words can only repeat where both runs of n − 1 words inside it repeat, so after
//! the runs of two words hardly anything is left to look at in text that does not repeat itself.

use super::words::HashedMap;
use crate::text::Word;

/// The shortest and longest runs for `top`, for `duplicate` and for phrases.
const TOP: std::ops::RangeInclusive<usize> = 2..=4;
const DUPLICATE: std::ops::RangeInclusive<usize> = 5..=10;
const PHRASE: std::ops::RangeInclusive<usize> = 3..=8;

/// What repeats in a text, as shares of the characters of its words.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Ngrams {
    /// Characters in the most frequent run of 2, 3, 4 words.
    pub(super) top: [f64; 3],
    /// Characters covered by later copies of runs of 5 to 10 words.
    pub(super) duplicate: [f64; 6],
    /// How often the most repeated phrase occurs; 0 if none occurs twice.
    pub(super) phrase_count: usize,
    /// Its length in words.
    pub(super) phrase_words: usize,
}

/// A run of words that was met.
struct Met {
    /// The number, among the places looked at, of that where it was met first.
    first: u32,
    /// Where the next one that does not overlap the last counted may start.
    free: u32,
    /// How many do not overlap.
    count: u32,
}

/// Characters of the words before each place, and one more place at the end.
fn sums(words: &[Word], text: &str) -> Vec<u64> {
    let mut sums = Vec::with_capacity(words.len() + 1);
    let mut sum = 0;
    sums.push(sum);
    for word in words {
        let word = word.span().of(text);
        let characters = if word.is_ascii() { word.len() } else { word.chars().count() };
        sum += characters as u64;
        sums.push(sum);
    }
    sums
}

/// Measures the repeated runs of a text's words; `None` for a text without words.
pub(super) fn ngrams(
    words: &[Word],
    text: &str,
    is_content: impl Fn(&Word) -> bool,
) -> Option<Ngrams> {
    let sums = sums(words, text);
    let between = |from: usize, to: usize| sums[to] - sums[from];
    let total = between(0, words.len());
    if total == 0 {
        return None;
    }
    let mut found = Ngrams::default();
    // Of the runs one word shorter that repeat: their places, rising, and their hashes.
    let mut places: Vec<u32> = (0..words.len() as u32).collect();
    let mut hashes: Vec<u64> = words.iter().map(|word| word.hash).collect();
    let mut met: HashedMap<Met> = HashedMap::default();
    for n in *TOP.start()..=*DUPLICATE.end() {
        // A run can repeat only where the shorter ones at its start and behind it do.
        let mut kept = 0;
        let mut twice = Twice::new(places.len());
        for place in 1..places.len() {
            let at = places[place - 1];
            if places[place] == at + 1 {
                let hash = join(hashes[place - 1], words[at as usize + n - 1].hash);
                places[kept] = at;
                hashes[kept] = hash;
                kept += 1;
                twice.see(hash);
            }
        }
        places.truncate(kept);
        hashes.truncate(kept);
        let candidates = twice.again;
        if candidates == 0 {
            break;
        }
        met.clear();
        met.reserve(candidates);
        let mut now = vec![false; kept];
        let mut best = (0u32, 0u64);
        let mut covered_to = 0;
        let mut covered = 0;
        for place in 0..kept {
            let hash = hashes[place];
            if !twice.may_be(hash) {
                continue;
            }
            let at = places[place] as usize;
            let end = at + n;
            let known = met.entry(hash).or_insert(Met { first: place as u32, free: 0, count: 0 });
            if known.first as usize != place {
                now[known.first as usize] = true;
                now[place] = true;
                covered += between(covered_to.max(at), end);
                covered_to = end;
            }
            if known.free as usize > at {
                continue;
            }
            known.free = end as u32;
            known.count += 1;
            if known.count > 1 {
                best = best.max((known.count, between(at, end)));
                let phrase = (known.count as usize, n);
                if PHRASE.contains(&n)
                    && phrase > (found.phrase_count, found.phrase_words)
                    && words[at..end].iter().filter(|word| is_content(word)).nth(1).is_some()
                {
                    (found.phrase_count, found.phrase_words) = phrase;
                }
            }
        }
        let share = |part: u64| part as f64 / total as f64;
        if TOP.contains(&n) {
            found.top[n - TOP.start()] = share(u64::from(best.0) * best.1);
        }
        if DUPLICATE.contains(&n) {
            found.duplicate[n - DUPLICATE.start()] = share(covered);
        }
        let mut kept = now.iter();
        places.retain(|_| kept.next() == Some(&true));
        let mut kept = now.iter();
        hashes.retain(|_| kept.next() == Some(&true));
    }
    Some(found)
}

/// No phrase stands in a text more often than that, content words being among those that `may_be`
/// says.
///
/// A phrase has two content words, and so two such words with none between: where the phrase stands
/// the run from the one to the other does; where they are neighbours, also with the word before or
/// the one behind, for a phrase has three words. How often these runs stand there is counted by
/// their hashes, several of which may share a counter, in bytes: 255 means more than that.
pub(super) fn most_repeated(words: &[Word], may_be: impl Fn(usize, &Word) -> bool) -> usize {
    let counters = (words.len() * 4).next_power_of_two().max(64);
    let shift = 64 - counters.trailing_zeros();
    let mut counts = vec![0u8; counters];
    let mut most = 0u8;
    let mut count = |hash: u64| {
        if let Some(count) = counts.get_mut(hash.wrapping_shr(shift) as usize) {
            *count = count.saturating_add(1);
            most = most.max(*count);
        }
    };
    let hash_of = |run: &[Word]| run.iter().fold(0, |hash, word| join(hash, word.hash));
    let mut last: Option<usize> = None;
    for (place, word) in words.iter().enumerate() {
        if !may_be(place, word) {
            continue;
        }
        match last.replace(place).map(|last| (last, place - last)) {
            Some((last, 1)) => {
                let before = last.checked_sub(1).and_then(|from| words.get(from..=place));
                [before, words.get(last..=place + 1)].into_iter().flatten().for_each(|run| {
                    count(hash_of(run));
                });
            }
            Some((last, length)) if length < *PHRASE.end() => {
                count(hash_of(words.get(last..=place).unwrap_or(&[])));
            }
            _ => {}
        }
    }
    if most == u8::MAX { usize::MAX } else { usize::from(most) }
}

/// Words of the longest phrase.
pub(super) const LONGEST_PHRASE: usize = *PHRASE.end();

/// Runs of so many words can be what a stuffed text repeats.
const STUFFED: std::ops::RangeInclusive<usize> = 2..=4;
/// So often it must stand there.
const STUFFED_COUNT: usize = 4;

/// Words in the occurrences (not overlapping) of the run of two to four words, at least half
/// of them content words, that covers most words; 0 if no such run occurs four times.
pub(super) fn most_covering(words: &[Word], is_content: impl Fn(&Word) -> bool) -> usize {
    // No run stands there more often than its words do, and most texts are done with that.
    if !may_stand_often(words, &is_content) {
        return 0;
    }
    let mut hashes: Vec<u64> = words.iter().map(|word| word.hash).collect();
    hashes.sort_unstable();
    let often: Vec<u64> = hashes
        .chunk_by(|one, other| one == other)
        .filter(|same| same.len() >= STUFFED_COUNT)
        .filter_map(|same| same.first().copied())
        .collect();
    if often.len() < 2 {
        return 0;
    }
    let frequent: Vec<bool> =
        words.iter().map(|word| often.binary_search(&word.hash).is_ok()).collect();
    let content: Vec<bool> = words.iter().map(is_content).collect();
    let mut best = 0;
    for n in STUFFED {
        let mut met: HashedMap<(usize, usize)> = HashedMap::default();
        for (at, run) in words.windows(n).enumerate() {
            // A word said twice in a row is a refrain's, and covers itself.
            let same = run.windows(2).all(|pair| pair[0].hash == pair[1].hash);
            let own = content.get(at..at + n).unwrap_or(&[]);
            if frequent.get(at..at + n).is_none_or(|own| own.contains(&false)) {
                continue;
            }
            if same || own.iter().filter(|content| **content).count() * 2 < n {
                continue;
            }
            let hash = run.iter().fold(n as u64, |hash, word| join(hash, word.hash));
            let (free, count) = met.entry(hash).or_insert((0, 0));
            if *free <= at {
                *free = at + n;
                *count += 1;
            }
        }
        let most = met.values().map(|(_, count)| *count).max().unwrap_or(0);
        if most >= STUFFED_COUNT {
            best = best.max(most * n);
        }
    }
    best
}

/// False if certainly no content word stands in a text [`STUFFED_COUNT`] times.
fn may_stand_often(words: &[Word], is_content: impl Fn(&Word) -> bool) -> bool {
    let mut counts = [0u8; 1024];
    words.iter().any(|word| {
        let count = &mut counts[(word.hash % 1024) as usize];
        *count = count.saturating_add(1);
        usize::from(*count) >= STUFFED_COUNT && is_content(word)
    })
}

/// Which hashes may have been seen twice: never too few, and for most texts a tenth of all too
/// many, which saves the table of runs nearly all of what it would hold.
pub(super) struct Twice {
    /// A bit for what was seen, and one for what was seen again.
    bits: Vec<[u64; 2]>,
    shift: u32,
    /// How often a hash was seen that may have been seen before.
    pub(super) again: usize,
}

impl Twice {
    pub(super) fn new(most: usize) -> Self {
        let bits = (most * 8).next_power_of_two().max(64);
        let shift = 64 - bits.trailing_zeros();
        Self { bits: vec![[0; 2]; bits / 64], shift, again: 0 }
    }

    /// The word and the bit of a hash.
    #[inline]
    fn place(&self, hash: u64) -> (usize, u64) {
        let bit = hash.wrapping_shr(self.shift);
        ((bit / 64) as usize, 1_u64.wrapping_shl(bit as u32))
    }

    #[inline]
    pub(super) fn see(&mut self, hash: u64) {
        let (word, bit) = self.place(hash);
        let Some([once, again]) = self.bits.get_mut(word) else { return };
        if *once & bit == 0 {
            *once |= bit;
        } else {
            *again |= bit;
            self.again = self.again.wrapping_add(1);
        }
    }

    /// True for a hash that may have been seen.
    #[inline]
    pub(super) fn may_be_once(&self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        self.bits.get(word).is_some_and(|[once, _]| once & bit != 0)
    }

    /// True for a hash that may have been seen twice.
    #[inline]
    pub(super) fn may_be(&self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        self.bits.get(word).is_some_and(|[_, again]| again & bit != 0)
    }
}

/// The hash of a run and the word after it.
#[inline]
pub(super) fn join(run: u64, word: u64) -> u64 {
    (run.rotate_left(23) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    fn measured(text: &str) -> Ngrams {
        ngrams(&text::words(text), text, |word| word.span().len() >= 4).unwrap_or_default()
    }

    #[test]
    fn a_text_that_never_repeats_has_nothing() {
        assert_eq!(measured("one two three four five six"), Ngrams::default());
        assert_eq!(ngrams(&[], "", |_| true), None);
        assert_eq!(measured("one"), Ngrams::default());
    }

    #[test]
    fn the_most_frequent_run_counts_with_all_its_copies() {
        // "ab cd" twice: 8 of 12 characters.
        assert_eq!(measured("ab cd xx ab cd yy").top, [8.0 / 12.0, 0.0, 0.0]);
    }

    #[test]
    fn overlapping_copies_count_once() {
        let ngrams = measured("ha ha ha ha ha ha ha ha ha ha ha ha");
        assert_eq!(ngrams.top[0], 1.0);
        assert!(ngrams.duplicate.iter().all(|share| (0.0..=1.0).contains(share)));
        assert_eq!(ngrams.duplicate[0], 11.0 / 12.0);
    }

    #[test]
    fn duplicates_are_what_follows_the_first_copy() {
        let sentence = "a b c d e f g h i j ";
        let ngrams = measured(&format!("{sentence}x {sentence}y"));
        assert_eq!(ngrams.duplicate, [10.0 / 22.0; 6]);
        let longer = measured("a b c d e x a b c d e y");
        assert_eq!(longer.duplicate, [5.0 / 12.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn words_that_join_to_the_same_letters_are_not_the_same_run() {
        assert_eq!(measured("ab c, a bc").top, [0.0; 3]);
    }

    #[test]
    fn a_stuffed_text_is_covered_by_one_run_of_words() {
        let covering = |text: &str| most_covering(&text::words(text), |word| word.span().len() > 3);
        assert_eq!(covering("buy mill hats, free mill hats, mill hats pdf, best mill hats"), 8);
        assert_eq!(covering("mill hats, mill hats, mill hats"), 0, "three times only");
        assert_eq!(covering("hats hats hats hats hats hats hats hats"), 0);
        assert_eq!(covering("of the of the of the of the of the"), 0, "no content words");
        let speech =
            "the mill is a wheel, the mill is a pond, the mill is a lock, the mill is a key";
        assert_eq!(covering(speech), 8);
        assert_eq!(covering(""), 0);
    }

    #[test]
    fn the_phrase_is_the_one_said_most_often_and_then_the_longest() {
        let ngrams = measured(
            "best cheap flights today or best cheap flights today and best cheap flights today it",
        );
        assert_eq!((ngrams.phrase_count, ngrams.phrase_words), (3, 4));
        let plain = measured("it is so and it is so and it is so");
        assert_eq!(plain.phrase_count, 0, "no content words");
    }
}
