//! Near copies of blocks: the same sentences with another date, name or price.
//!
//! A block's shingles are its words and its pairs of neighbouring words, in the normalisation of
//! [`minhash::Shingle`](super::minhash::Shingle): digits are `0`, so other numbers with as many
//! digits are no difference at all. Its [`Sketch`] is made of least values over them (MinHash):
//! [`BANDS`] bands of 4, by which pairs are found, and 64 single bits, by which a pair that was
//! found is verified ([`alike`]). Of two blocks that share a part s of their shingles each bit is the
//! same with a probability of (1 + s) / 2; 56 of 64 must be, which is s = 0.75.
//!
//! Shares of pairs that are both found and alike, in percent (in brackets those alike), measured on
//! 2,000 pairs each of lines of web pages cut to so many words. Changed were one word, two
//! neighbours, two neighbours and another, half of the words at random places:
//!
//! | words | 1 changed | 2 changed | 3 changed | half changed |
//! |---|---|---|---|---|
//! | 8 | 29 (37) | 3 (5) | 0 (0) | 0 |
//! | 12 | 69 (74) | 18 (24) | 1 (1) | 0 |
//! | 20 | 95 (96) | 66 (72) | 22 (30) | 0 |
//! | 40 | 100 (100) | 98 (98) | 86 (88) | 0 |
//! | 80 | 100 (100) | 99 (100) | 99 (99) | 0 |
//!
//! The bar is high because of blocks in one frame with other content ("… was born in … and works as
//! …"): they share a third to a half of their shingles, as short copies do that differ in three
//! words, and counting cannot tell one from the other. Of pairs in four such frames that differ in
//! each of four facts, 0 to 0.3 % are taken for copies. Among 170 million pairs of different lines of
//! web pages 475 are alike, none of which shares less than 0.4, and 354 of those are found, among
//! 2,323 pairs that are: one for every eight lines.
//!
//! Cost: linear in the text, 150 MB/s on the machine of `docs/performance.md`; 56 bytes a block.
//! Exact copies do not depend on it.

use super::minhash::{GROUP, Scratch, factor, mixed};
use crate::text::bare::{ALONE, each_bare_word};

/// Bands of a sketch.
pub const BANDS: usize = 6;
/// Least values of a band.
const ROWS: usize = 4;
/// Bits that two alike blocks have in common, at least.
pub const ALIKE_BITS: u32 = 56;
/// Blocks of fewer words have no sketch: one word more or less is a large part of them, and short
/// answers and set phrases are alike in blocks that have nothing else in common.
pub const FEWEST_WORDS: usize = 8;

const BIT_COUNT: usize = 64;
const FUNCTIONS: usize = (BIT_COUNT + BANDS * ROWS).next_multiple_of(GROUP);
/// The bands' functions come first, then those of the bits.
static FACTORS: [u32; FUNCTIONS] = {
    let mut factors = [0; FUNCTIONS];
    let mut number = 0;
    while number < FUNCTIONS {
        factors[number] = factor(1, number as u32);
        number += 1;
    }
    factors
};

/// What a near copy of a block is known by. Values are kept in files: their definition never
/// changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sketch {
    /// Two blocks that have one of these in common may be near copies. Values of different bands
    /// differ, so they can stand in one index.
    pub bands: [u64; BANDS],
    /// Two blocks whose bits are [`alike`] are near copies.
    pub bits: u64,
}

/// True if the [bits](Sketch::bits) of two blocks say that they are near copies.
///
/// ```
/// use tamis::survey::minhash::Scratch;
/// use tamis::survey::sketch::{alike, sketch};
///
/// let mut scratch = Scratch::default();
/// let mut of = |text: &str| sketch(text, &mut scratch).unwrap();
/// let one = of("Orders placed before noon on 12 May are sent the same day, from Leeds, for £4.50.");
/// let other = of("Orders placed before noon on 27 May are sent the same day, from Leeds, for £3.95.");
/// assert!(alike(one.bits, other.bits));
/// assert!(one.bands.iter().any(|band| other.bands.contains(band)));
/// ```
pub fn alike(one: u64, other: u64) -> bool {
    (one ^ other).count_ones() <= BIT_COUNT as u32 - ALIKE_BITS
}

/// The sketch of a block; `None` if it has fewer than [`FEWEST_WORDS`] words. Letters of scripts
/// without spaces count as half a word.
pub fn sketch(text: &str, scratch: &mut Scratch) -> Option<Sketch> {
    scratch.start(&FACTORS);
    let (mut halves, mut before) = (0usize, None::<u64>);
    each_bare_word(text, |word, length| {
        halves = halves.wrapping_add(if length == ALONE { 1 } else { 2 });
        scratch.take(mixed(word), &FACTORS);
        if let Some(before) = before.replace(word) {
            scratch.take(mixed(before.wrapping_mul(FIRST).wrapping_add(word)), &FACTORS);
        }
    });
    if halves < FEWEST_WORDS * 2 {
        return None;
    }
    scratch.flush(&FACTORS);
    let bits = scratch.least().iter().skip(BANDS * ROWS).take(BIT_COUNT);
    let bits = bits.fold(0, |bits, least| bits << 1 | u64::from(bit(*least)));
    let mut bands = [0; BANDS];
    bands.iter_mut().zip(scratch.band_values(BANDS, ROWS)).for_each(|(to, band)| *to = *band);
    Some(Sketch { bands, bits })
}

/// What tells the first word of a pair from the second: an odd number.
const FIRST: u64 = 0x9FB2_1C65_1E98_DF25;

/// One bit of a least value that depends on the lower ones: the upper ones are 0 in most.
fn bit(least: u32) -> u32 {
    least.wrapping_mul(0x9E37_79B1) >> 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    struct Random(u64);

    impl Random {
        fn below(&mut self, end: usize) -> usize {
            self.0 += 1;
            (mixed(self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15)) % end as u64) as usize
        }

        fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
            words[self.below(words.len())]
        }

        /// Half of running text is made of a few words, and the others are the rarer the more there
        /// are of them.
        fn word(&mut self) -> String {
            const COMMON: [&str; 16] = [
                "the", "of", "and", "to", "in", "a", "is", "that", "for", "it", "with", "on", "as",
                "was", "are", "by",
            ];
            if self.below(2) == 0 {
                return COMMON[self.below(16).min(self.below(16))].to_owned();
            }
            self.rare()
        }

        fn rare(&mut self) -> String {
            let most = 1 + self.below(20_000);
            let mut rest = 1_000 + self.below(most);
            let mut word = String::new();
            while rest > 0 {
                word.push(char::from(b'a' + (rest % 26) as u8));
                rest /= 26;
            }
            word
        }

        fn block(&mut self, words: usize) -> Vec<String> {
            (0..words).map(|_| self.word()).collect()
        }
    }

    /// The percentage of pairs both found and alike.
    fn share_of(pairs: impl Iterator<Item = [String; 2]>) -> f64 {
        let mut scratch = Scratch::default();
        let (mut taken, mut all) = (0, 0);
        for [one, other] in pairs {
            let one = sketch(&one, &mut scratch).expect("long enough");
            let other = sketch(&other, &mut scratch).expect("long enough");
            let found = one.bands.iter().zip(&other.bands).any(|(one, other)| one == other);
            taken += usize::from(found && alike(one.bits, other.bits));
            all += 1;
        }
        100.0 * taken as f64 / all as f64
    }

    fn copies(random: &mut Random, words: usize, changed: usize) -> [String; 2] {
        let one = random.block(words);
        let mut other = one.clone();
        let at = random.below(words);
        for n in 0..changed {
            let place = if n < 2 { at + n } else { at + 2 + random.below(words - 2) };
            other[place % words] = random.rare();
        }
        [one.join(" "), other.join(" ")]
    }

    #[test]
    fn near_copies_are_found_as_often_as_stated() {
        // Percent with one, two, three words changed.
        let table =
            [(12, [69, 18, 1]), (20, [95, 66, 22]), (40, [100, 98, 86]), (80, [100, 100, 99])];
        let mut random = Random(1);
        for (words, stated) in table {
            for (changed, stated) in (1..).zip(stated) {
                let share = share_of((0..600).map(|_| copies(&mut random, words, changed)));
                // Words of generated text recur less often or more often than those of real text.
                assert!((share - f64::from(stated)).abs() < 8.0, "{words}, {changed}: {share}");
            }
        }
    }

    #[test]
    fn blocks_that_differ_in_half_of_their_words_are_no_copies() {
        let mut random = Random(2);
        let mut halves = |words: usize| {
            let one = random.block(words);
            let mut other = one.clone();
            other.iter_mut().step_by(2).for_each(|word| *word = random.rare());
            // Half of it in one piece.
            let cut = [&one[..words / 2], &random.block(words - words / 2)].concat();
            [[one.join(" "), other.join(" ")], [one.join(" "), cut.join(" ")]]
        };
        for words in [12, 20, 40, 80] {
            let share = share_of((0..400).flat_map(|_| halves(words)));
            assert!(share <= 0.1, "{words}: {share}");
        }
    }

    #[test]
    fn one_frame_with_other_content_is_no_copy() {
        let names = ["Anna", "Peter", "Josef", "Maria", "Tomas", "Lucy", "Karl", "Ines"];
        let surnames =
            ["Miller", "Novak", "Okafor", "Rossi", "Tanaka", "Moreau", "Petrov", "Costa"];
        let towns = ["Bonn", "Ulm", "Leeds", "New York", "Porto", "Turin", "Osaka", "San Diego"];
        let trades = ["painter", "chemist", "judge", "football coach", "organist", "engineer"];
        let mut random = Random(3);
        let mut lives = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..300 {
            let facts = [&names[..], &surnames, &towns, &trades].map(|list| random.of(list));
            let [name, surname, town, trade] = facts;
            let (year, other) = (1800 + random.below(200), random.of(&towns));
            lives[0].push((
                facts,
                format!("{name} {surname} was born in {town} in {year} and works as {trade}."),
            ));
            lives[1].push((facts, format!(
                "{name} {surname} was a {trade} who was born in {town} in {year} and died in {other}."
            )));
            lives[2].push((facts, format!(
                "The {trade} {name} {surname} of {town} won the prize in {year}, ahead of {other}."
            )));
        }
        for lives in lives {
            let pairs = lives.iter().enumerate().flat_map(|(n, (facts, one))| {
                let differs = move |life: &&([&str; 4], String)| {
                    life.0.iter().zip(facts).all(|(one, other)| one != other)
                };
                let others = lives[..n].iter().rev().take(40).filter(differs);
                others.map(move |(_, other)| [one.clone(), other.clone()])
            });
            let share = share_of(pairs);
            assert!(share < 0.5, "{share}");
        }
    }

    /// Without regard to bands: of 50 million pairs of blocks, a third of which begin or end with
    /// one of twenty phrases, none is alike. Fewer than 1 in a million is what is promised.
    #[test]
    fn unrelated_blocks_are_not_alike() {
        let mut random = Random(4);
        let phrases: Vec<String> = (0..20).map(|_| random.block(5).join(" ")).collect();
        let mut scratch = Scratch::default();
        let bits: Vec<u64> = (0..10_000)
            .map(|_| {
                let words = 10 + random.below(50);
                let text = random.block(words).join(" ");
                let phrase = &phrases[random.below(20)];
                let text = match random.below(6) {
                    0 => format!("{phrase} {text}"),
                    1 => format!("{text} {phrase}"),
                    _ => text,
                };
                sketch(&text, &mut scratch).expect("long enough").bits
            })
            .collect();
        let pairs = bits
            .iter()
            .enumerate()
            .map(|(n, one)| bits[..n].iter().filter(|other| alike(*one, **other)).count());
        assert_eq!(pairs.sum::<usize>(), 0);
    }

    #[test]
    fn short_blocks_have_no_sketch() {
        let mut scratch = Scratch::default();
        let mut has = |text: &str| sketch(text, &mut scratch).is_some();
        assert!(!has("") && !has("one two three four five six seven"));
        assert!(has("one two three four five six seven 8!"));
        assert!(!has("水車小屋は川の下にあり、村の"));
        assert!(has("水車小屋は川の下にあり、村の人々は"));
    }

    /// They stand in files.
    #[test]
    fn values_are_fixed_and_those_of_different_bands_differ() {
        let mut scratch = Scratch::default();
        let of = |text: &str, scratch: &mut Scratch| sketch(text, scratch).expect("long enough");
        let one =
            of("The mill on the creek below the village stands idle since 1907.", &mut scratch);
        let same =
            of("the mill, on the creek below the village, stands idle since 1842", &mut scratch);
        assert_eq!(one, same);
        assert_eq!(
            (one.bits, one.bands[0], one.bands[5]),
            (8_993_219_631_239_374_476, 17_970_018_717_179_495_146, 11_751_834_339_010_530_102)
        );

        let mut seen = HashMap::new();
        let mut random = Random(6);
        for _ in 0..200 {
            let sketch = of(&random.block(12).join(" "), &mut scratch);
            for (n, band) in sketch.bands.iter().enumerate() {
                assert_eq!(seen.insert(*band, n).unwrap_or(n), n);
            }
        }
        assert_eq!(of(&"la ".repeat(9000), &mut scratch), of(&"la ".repeat(9), &mut scratch));
    }
}
