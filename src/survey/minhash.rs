//! Near duplicate documents: MinHash signatures, cut into bands.
//!
//! Two texts are compared by the *shingles* they share: runs of so many words or characters. Their
//! similarity is Jaccard's, shared shingles by all shingles of both. Each of `bands` × `rows` hash
//! functions gives the least value that it takes over a text's shingles; two texts have the same
//! one with a probability of their similarity. A band is the hash of `rows` of them, so texts of
//! similarity s have at least one band in common with probability 1 − (1 − sʳ)ᵇ
//! ([`MinHash::probability`]): those are the pairs to join.
//!
//! What the words of a text are is said at [`Shingle`]. The values of bands are kept in files, so
//! their definition never changes: the same text has the same bands on every machine, with and
//! without vector instructions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use xxhash_rust::xxh3::xxh3_64;

use crate::text::bare::{each_bare_char, each_bare_word};

/// Most hash functions that [`MinHash::new`] takes: bands × rows.
pub const MOST_FUNCTIONS: usize = 1 << 16;
/// Most words or characters of a shingle that [`MinHash::new`] takes.
pub const LONGEST_SHINGLE: usize = 1 << 10;

/// What texts are compared by.
///
/// Words are in lower case, every digit is `0`, and everything that is neither a letter nor a digit
/// stands between words, as in [`text::fingerprint`](crate::text::fingerprint()). In scripts
/// written without spaces (Chinese, Japanese, Thai, Lao, Burmese, Khmer) every letter is a word.
/// Characters are those of these words, with one space between any two words that white space or
/// marks stood between.
///
/// The published programs normalise in ways of their own: datatrove also takes each number for `0`
/// and strips accents, RedPajama leaves digits as they are, NeMo Curator takes text as it comes.
/// Their parameters are taken over here ([`MinHash::named`]), their normalisation is not: values of
/// different programs never meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shingle {
    /// Runs of so many words.
    Words(usize),
    /// Runs of so many characters.
    Characters(usize),
}

/// Parameters of MinHash with banding, ready to be used; see the [module](self).
///
/// ```
/// use tamis::survey::minhash::{MinHash, Scratch};
///
/// let minhash = MinHash::named("fineweb").unwrap();
/// assert_eq!(minhash.to_string(), "5 words, 14 bands of 8");
/// assert!((minhash.probability(0.8) - 0.92).abs() < 0.01);
///
/// let mut scratch = Scratch::default();
/// let one = minhash.bands("The mill stands idle since 1907.", &mut scratch).to_vec();
/// assert_eq!(one.len(), 14);
/// assert_eq!(minhash.bands("the mill stands idle since 1842", &mut scratch), one);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MinHash {
    shingle: Shingle,
    bands: usize,
    rows: usize,
    factors: Vec<u32>,
}

/// Names of published parameters: shingle, bands, rows.
///
/// | name | shingle | bands × rows | source |
/// |---|---|---|---|
/// | `fineweb` | 5 words | 14 × 8 | FineWeb (Penedo et al. 2024); datatrove's `MinhashConfig` as it comes |
/// | `redpajama-0.7` | 13 words | 14 × 9 | RedPajama-V2, `configs/rp_v2.0.conf`, similarity 0.7 |
/// | `redpajama-0.8` | 13 words | 9 × 13 | the same, similarity 0.8 |
/// | `nemo` | 24 characters | 20 × 13 | NeMo Curator's fuzzy deduplication as it comes |
/// | `zyda` | 13 words | 32 × 4 | Zyda (Tokpanov et al. 2024), similarity 0.4 |
/// | `refinedweb` | 5 words | 20 × 450 | Lee et al. 2022, taken over by RefinedWeb (Penedo et al. 2023) |
pub const PRESETS: [(&str, Shingle, usize, usize); 6] = [
    ("fineweb", Shingle::Words(5), 14, 8),
    ("redpajama-0.7", Shingle::Words(13), 14, 9),
    ("redpajama-0.8", Shingle::Words(13), 9, 13),
    ("nemo", Shingle::Characters(24), 20, 13),
    ("zyda", Shingle::Words(13), 32, 4),
    ("refinedweb", Shingle::Words(5), 20, 450),
];

/// Why parameters cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum MinHashError {
    /// The shingle's length is 0 or above [`LONGEST_SHINGLE`].
    #[error("a shingle of {0}: must be of 1 to {LONGEST_SHINGLE}")]
    Shingle(usize),
    /// There is no band, no row, or more than [`MOST_FUNCTIONS`] of them.
    #[error("{0} bands of {1}: must be 1 of 1 at least, and {MOST_FUNCTIONS} in all at most")]
    Functions(usize, usize),
    /// The text names no parameters.
    #[error("neither a known name nor like \"5 words, 14 bands of 8\"")]
    Unreadable,
}

impl MinHash {
    /// MinHash with the parameters given.
    ///
    /// # Errors
    ///
    /// If a number is 0 or too large: [`LONGEST_SHINGLE`], [`MOST_FUNCTIONS`].
    pub fn new(shingle: Shingle, bands: usize, rows: usize) -> Result<Self, MinHashError> {
        let (Shingle::Words(length) | Shingle::Characters(length)) = shingle;
        if length == 0 || length > LONGEST_SHINGLE {
            return Err(MinHashError::Shingle(length));
        }
        match bands.checked_mul(rows) {
            Some(count @ 1..=MOST_FUNCTIONS) => {
                let count = count.next_multiple_of(GROUP) as u32;
                let factors = (0..count).map(|n| factor(0, n)).collect();
                Ok(Self { shingle, bands, rows, factors })
            }
            _ => Err(MinHashError::Functions(bands, rows)),
        }
    }

    /// MinHash with published parameters; `None` if the name is not one of [`PRESETS`].
    pub fn named(name: &str) -> Option<Self> {
        let (_, shingle, bands, rows) = PRESETS.iter().find(|(known, ..)| *known == name)?;
        Self::new(*shingle, *bands, *rows).ok()
    }

    /// What texts are compared by.
    pub fn shingle(&self) -> Shingle {
        self.shingle
    }

    /// Bands of a signature.
    pub fn band_count(&self) -> usize {
        self.bands
    }

    /// Hash functions of a band.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The probability (0 to 1) that two texts of a similarity (0 to 1) have a band in common.
    pub fn probability(&self, similarity: f64) -> f64 {
        let band = similarity.clamp(0.0, 1.0).powf(self.rows as f64);
        1.0 - (1.0 - band).powf(self.bands as f64)
    }

    /// The similarity (0 to 1) from which on two texts have a band in common with this probability
    /// (0 to 1): at 0.5 the knee of the curve.
    pub fn similarity_at(&self, probability: f64) -> f64 {
        let band = 1.0 - (1.0 - probability.clamp(0.0, 1.0)).powf(1.0 / self.bands as f64);
        band.powf(1.0 / self.rows as f64)
    }

    /// The bands of a text: one value each, in order, always the same for the same words. Values of
    /// different bands differ, so they can stand in one index. None if the text has no words; a text
    /// that is shorter than a shingle is one shingle.
    ///
    /// Cost is linear in the text; memory does not depend on it.
    pub fn bands<'s>(&self, text: &str, scratch: &'s mut Scratch) -> &'s [u64] {
        scratch.start(&self.factors);
        match self.shingle {
            Shingle::Words(length) => {
                let mut shingles = Shingles::new(length, scratch, &self.factors);
                each_bare_word(text, |word, _| shingles.push(word));
                shingles.end();
            }
            Shingle::Characters(length) => {
                let mut shingles = Shingles::new(length, scratch, &self.factors);
                each_bare_char(text, |c| shingles.push(c));
                shingles.end();
            }
        }
        scratch.band_values(self.bands, self.rows)
    }
}

/// Stable: it stands in files.
impl fmt::Display for MinHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shingle {
            Shingle::Words(length) => write!(f, "{length} words")?,
            Shingle::Characters(length) => write!(f, "{length} characters")?,
        }
        write!(f, ", {} bands of {}", self.bands, self.rows)
    }
}

impl From<MinHash> for String {
    fn from(minhash: MinHash) -> Self {
        minhash.to_string()
    }
}

impl TryFrom<String> for MinHash {
    type Error = MinHashError;

    fn try_from(text: String) -> Result<Self, MinHashError> {
        text.parse()
    }
}

/// Reads a name of [`PRESETS`] or what [`Display`](fmt::Display) writes.
impl FromStr for MinHash {
    type Err = MinHashError;

    fn from_str(text: &str) -> Result<Self, MinHashError> {
        if let Some(named) = Self::named(text) {
            return Ok(named);
        }
        let number = |text: &str| text.parse().map_err(|_| MinHashError::Unreadable);
        let words: Vec<&str> = text.split(' ').collect();
        let [length, unit, bands, "bands", "of", rows] = words[..] else {
            return Err(MinHashError::Unreadable);
        };
        let shingle = match unit {
            "words," => Shingle::Words(number(length)?),
            "characters," => Shingle::Characters(number(length)?),
            _ => return Err(MinHashError::Unreadable),
        };
        Self::new(shingle, number(bands)?, number(rows)?)
    }
}

/// What signatures are made in: kept from text to text, so that none of it is allocated anew.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    /// Shingles that wait to be hashed.
    waiting: Vec<u64>,
    /// The last units, as many as a shingle has.
    ring: Vec<u64>,
    /// The least values so far.
    least: Vec<u32>,
    /// Whether there is any shingle.
    any: bool,
    bytes: Vec<u8>,
    bands: Vec<u64>,
}

impl Scratch {
    /// Forgets what was.
    pub(super) fn start(&mut self, factors: &[u32]) {
        self.waiting.clear();
        self.least.clear();
        self.least.resize(factors.len(), u32::MAX);
        self.any = false;
    }

    /// Takes a shingle: a number that is as good as random.
    #[inline(always)]
    pub(super) fn take(&mut self, shingle: u64, factors: &[u32]) {
        self.waiting.push(shingle);
        if self.waiting.len() == WAITING {
            self.flush(factors);
        }
    }

    /// Hashes what waits.
    pub(super) fn flush(&mut self, factors: &[u32]) {
        if !self.waiting.is_empty() {
            self.any = true;
            fold(factors, &self.waiting, &mut self.least);
            self.waiting.clear();
        }
    }

    /// The least values, one a hash function, and a few more.
    pub(super) fn least(&self) -> &[u32] {
        &self.least
    }

    /// The values of so many bands of so many rows; none if there was no shingle.
    pub(super) fn band_values(&mut self, bands: usize, rows: usize) -> &[u64] {
        self.bands.clear();
        if self.any {
            let rows = self.least.chunks_exact(rows.max(1));
            for (band, rows) in (0u32..).zip(rows.take(bands)) {
                // The band's number comes first: equal rows of two bands are no match.
                self.bytes.clear();
                self.bytes.extend(band.to_le_bytes());
                rows.iter().for_each(|least| self.bytes.extend(least.to_le_bytes()));
                self.bands.push(xxh3_64(&self.bytes));
            }
        }
        &self.bands
    }
}

/// Shingles that are hashed at once: they stay in the nearest cache.
const WAITING: usize = 512;

/// Makes shingles of units: the sum of their hashes, each times a power of [`POWER`] that says
/// where it stands, mixed. The next one is had from the last in the same time whatever the length.
struct Shingles<'a> {
    scratch: &'a mut Scratch,
    factors: &'a [u32],
    sum: u64,
    /// What the unit that falls out was multiplied with.
    oldest: u64,
    length: usize,
    /// Where the next unit goes in the ring.
    at: usize,
    full: bool,
}

/// An odd number of the highest order.
const POWER: u64 = 0xD605_1D2C_FD7D_1D35;

impl<'a> Shingles<'a> {
    fn new(length: usize, scratch: &'a mut Scratch, factors: &'a [u32]) -> Self {
        let oldest = (0..length).fold(1u64, |power, _| power.wrapping_mul(POWER));
        scratch.ring.clear();
        scratch.ring.resize(length, 0);
        Self { scratch, factors, sum: 0, oldest, length, at: 0, full: false }
    }

    #[inline(always)]
    fn push(&mut self, unit: u64) {
        let Some(slot) = self.scratch.ring.get_mut(self.at) else { return };
        let falls_out = std::mem::replace(slot, unit);
        self.sum = self.sum.wrapping_mul(POWER).wrapping_add(unit);
        self.sum = self.sum.wrapping_sub(falls_out.wrapping_mul(self.oldest));
        self.at = self.at.wrapping_add(1);
        if self.at == self.length {
            self.at = 0;
            self.full = true;
        }
        if self.full {
            self.scratch.take(mixed(self.sum), self.factors);
        }
    }

    /// To be called behind the last unit.
    fn end(self) {
        if !self.full && self.at > 0 {
            self.scratch.take(mixed(self.sum), self.factors);
        }
        self.scratch.flush(self.factors);
    }
}

/// Makes each bit of a number depend on all of it (the last step of MurmurHash3).
#[inline(always)]
pub(super) const fn mixed(mut number: u64) -> u64 {
    number = (number ^ number >> 33).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    number = (number ^ number >> 33).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    number ^ number >> 33
}

/// The number of hash functions is rounded up to a multiple of this: registers are filled.
pub(super) const GROUP: usize = 16;

/// The factor of a hash function; functions of another seed are others.
///
/// A function takes shingles x of 64 bits to 32: factor × (low half of x) + (high half of x). For
/// random shingles any two functions are independent in all bits but as many low ones as the
/// difference of their factors has zeros at its end, and the low bits of a least value say nothing.
/// Tests measure what that comes to.
pub(super) const fn factor(seed: u32, number: u32) -> u32 {
    (mixed((seed as u64) << 32 | (number as u64 + 1)) >> 32) as u32
}

/// Lowers each function's least value to that over these shingles.
fn fold(factors: &[u32], shingles: &[u64], least: &mut [u32]) {
    pulp::Arch::new().dispatch(Fold { factors, shingles, least });
}

/// [`fold`], in plain code. `pulp` compiles it a second time for AVX2, where one instruction
/// does eight functions, and runs the machine's: the values are the same. It is no closure, since
/// those are not inlined there and stay plain.
struct Fold<'a> {
    factors: &'a [u32],
    shingles: &'a [u64],
    least: &'a mut [u32],
}

impl pulp::NullaryFnOnce for Fold<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        // Four at a time: their halves and a factor fit the registers.
        let (fours, rest) = self.shingles.as_chunks::<4>();
        for four in fours {
            for (least, factor) in self.least.iter_mut().zip(self.factors) {
                *least = four.iter().fold(*least, |least, x| least.min(value(*factor, *x)));
            }
        }
        for x in rest {
            for (least, factor) in self.least.iter_mut().zip(self.factors) {
                *least = (*least).min(value(*factor, *x));
            }
        }
    }
}

#[inline(always)]
fn value(factor: u32, shingle: u64) -> u32 {
    factor.wrapping_mul(shingle as u32).wrapping_add((shingle >> 32) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// A fixed stream of random numbers.
    struct Random(u64);

    impl Random {
        fn next(&mut self) -> u64 {
            self.0 += 1;
            mixed(self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15))
        }

        fn below(&mut self, end: u64) -> u64 {
            self.next() % end
        }

        /// True so often.
        fn often(&mut self, share: f64) -> bool {
            ((self.next() >> 11) as f64) < share * (1u64 << 53) as f64
        }
    }

    /// A word of letters for each number.
    fn spelled(words: &[u64]) -> String {
        let mut text = String::new();
        for word in words {
            let mut rest = *word;
            loop {
                text.push(char::from(b'a' + (rest % 26) as u8));
                rest /= 26;
                if rest == 0 {
                    break;
                }
            }
            text.push(' ');
        }
        text
    }

    /// The share of common shingles, counted.
    fn jaccard(one: &[u64], other: &[u64], length: usize) -> f64 {
        let one: HashSet<&[u64]> = one.windows(length).collect();
        let other: HashSet<&[u64]> = other.windows(length).collect();
        let common = one.intersection(&other).count();
        common as f64 / (one.len() + other.len() - common) as f64
    }

    /// Random words, and a copy in which so many are others that about so much is shared.
    fn pair(random: &mut Random, words: usize, shingle: usize, shared: f64) -> [Vec<u64>; 2] {
        // A quarter of the words recur, as words do.
        let word = |_| {
            let vocabulary = if random.often(0.25) { 20 } else { 1 << 40 };
            random.below(vocabulary)
        };
        let one: Vec<u64> = (0..words).map(word).collect();
        let kept = (2.0 * shared / (1.0 + shared)).powf(1.0 / shingle as f64);
        let change = |word: &u64| if random.often(kept) { *word } else { random.below(1 << 40) };
        let other = one.iter().map(change).collect();
        [one, other]
    }

    /// How far a count is from what is expected, in standard deviations.
    fn sigmas(count: f64, expected: f64, variance: f64) -> f64 {
        (count - expected) / variance.sqrt().max(1.0)
    }

    #[test]
    fn probabilities_are_those_of_the_formula_and_those_published() {
        // s = 0.7, 0.8, 0.9
        let published = [
            ("fineweb", [0.57, 0.92, 1.00]),
            ("redpajama-0.7", [0.44, 0.87, 1.00]),
            ("redpajama-0.8", [0.08, 0.40, 0.93]),
            ("nemo", [0.18, 0.68, 1.00]),
            ("zyda", [1.00, 1.00, 1.00]),
            ("refinedweb", [0.00, 0.00, 0.00]),
        ];
        for (name, shares) in published {
            let minhash = MinHash::named(name).unwrap();
            for (s, share) in [0.7, 0.8, 0.9f64].into_iter().zip(shares) {
                let no_band = |n| 1.0 - (0..n).fold(1.0, |product, _| product * s);
                let none = (0..minhash.band_count()).map(|_| no_band(minhash.rows()));
                let formula = 1.0 - none.product::<f64>();
                assert!((minhash.probability(s) - formula).abs() < 1e-9, "{name} {s}");
                assert!((formula - share).abs() < 0.01, "{name} {s}: {formula}");
                assert!(
                    (minhash.similarity_at(minhash.probability(s)) - s).abs() < 1e-3
                        || formula == 1.0
                        || formula < 1e-9
                );
            }
            assert_eq!((minhash.probability(0.0), minhash.probability(1.0)), (0.0, 1.0));
        }
        let knee = |name| MinHash::named(name).unwrap().similarity_at(0.5);
        assert!((knee("fineweb") - 0.69).abs() < 0.01);
        assert!((knee("refinedweb") - 0.99).abs() < 0.01);
    }

    /// Recall and precision in one: of pairs of every similarity as many share a band as the
    /// formula says, within five standard deviations.
    #[test]
    fn pairs_of_known_similarity_meet_as_often_as_the_formula_says() {
        for (name, words, pairs) in [
            ("fineweb", 50, 600),
            ("fineweb", 300, 100),
            ("zyda", 120, 150),
            ("redpajama-0.8", 120, 150),
        ] {
            let minhash = MinHash::named(name).unwrap();
            let Shingle::Words(length) = minhash.shingle() else { unreachable!() };
            let mut scratch = Scratch::default();
            let mut random = Random(words as u64);
            for shared in [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95] {
                let (mut met, mut expected, mut variance) = (0.0, 0.0, 0.0);
                for _ in 0..pairs {
                    let [one, other] = pair(&mut random, words, length, shared);
                    let p = minhash.probability(jaccard(&one, &other, length));
                    expected += p;
                    variance += p * (1.0 - p);
                    let bands = minhash.bands(&spelled(&one), &mut scratch).to_vec();
                    let others = minhash.bands(&spelled(&other), &mut scratch);
                    met += f64::from(bands.iter().zip(others).any(|(one, other)| one == other));
                }
                let off = sigmas(met, expected, variance);
                assert!(off.abs() < 5.0, "{name}, {words} words, {shared}: {met}, not {expected}");
            }
        }
    }

    /// The functions are as good as independent: the number of equal least values is spread as
    /// that of independent ones.
    #[test]
    fn least_values_agree_as_independent_ones_do() {
        for words in [20, 50, 1000] {
            let count = 112;
            let minhash = MinHash::named("fineweb").unwrap();
            let mut scratch = Scratch::default();
            let mut random = Random(7 + words as u64);
            let (mut agree, mut expected, mut variance, mut spread) = (0.0, 0.0, 0.0, 0.0);
            let pairs = if words == 1000 { 50 } else { 1000 };
            let mut counted = 0.0;
            for _ in 0..pairs {
                let [one, other] = pair(&mut random, words, 5, 0.7);
                let s = jaccard(&one, &other, 5);
                if !(0.1..0.9).contains(&s) {
                    continue;
                }
                minhash.bands(&spelled(&one), &mut scratch);
                let least = scratch.least()[..count].to_vec();
                minhash.bands(&spelled(&other), &mut scratch);
                let same = least.iter().zip(scratch.least()).filter(|(a, b)| a == b).count() as f64;
                let (mean, one_variance) = (count as f64 * s, count as f64 * s * (1.0 - s));
                agree += same;
                expected += mean;
                variance += one_variance;
                spread += (same - mean).powi(2) / one_variance;
                counted += 1.0;
            }
            assert!(sigmas(agree, expected, variance).abs() < 5.0, "{words}: biased");
            assert!(sigmas(spread, counted, 2.0 * counted).abs() < 5.0, "{words}: spread {spread}");
        }
    }

    #[test]
    fn unrelated_texts_share_no_value_and_neither_do_bands() {
        let minhash = MinHash::named("fineweb").unwrap();
        let mut scratch = Scratch::default();
        let mut random = Random(5);
        let mut seen = HashSet::new();
        for _ in 0..1000 {
            let words: Vec<u64> = (0..60).map(|_| random.below(500)).collect();
            for band in minhash.bands(&spelled(&words), &mut scratch) {
                assert!(seen.insert(*band));
            }
        }
        // One shingle many times over gives each function one value.
        let same = MinHash::new(Shingle::Words(1), 50, 1).unwrap();
        let bands: HashSet<u64> = same.bands("la la la la", &mut scratch).iter().copied().collect();
        assert_eq!(bands.len(), 50);
    }

    #[test]
    fn texts_without_words_have_no_bands_and_short_ones_are_one_shingle() {
        for minhash in PRESETS.map(|(name, ..)| MinHash::named(name).unwrap()) {
            let mut scratch = Scratch::default();
            let mut bands = |text: &str| minhash.bands(text, &mut scratch).to_vec();
            let one = bands("mill");
            assert_eq!(one.len(), minhash.band_count());
            assert!(bands("").is_empty() && bands(" -- … \n").is_empty());
            assert_eq!(bands(" Mill."), one);
            assert_ne!(bands("mills"), one);
            assert_eq!(bands("the mill"), bands("The mill!"));
            assert!(bands("the mill").iter().zip(bands("mill the")).all(|(a, b)| *a != b));
        }
    }

    #[test]
    fn texts_in_other_scripts_are_compared_too() {
        let minhash = MinHash::named("fineweb").unwrap();
        let mut scratch = Scratch::default();
        let mut bands = |text: &str| minhash.bands(text, &mut scratch).to_vec();
        assert_eq!(bands("МЕЛЬНИЦА стоит, с 1907 года"), bands("мельница стоит с 1842 года"));
        let long = "水車小屋は川の下にあり、村の人々は朝になると麦を運んでくる。".repeat(8);
        let mut other = long.clone();
        other.push_str("夏は休み。");
        let (one, other) = (bands(&long), bands(&other));
        let common = one.iter().zip(&other).filter(|(a, b)| a == b).count();
        assert!((1..14).contains(&common), "{common}");
    }

    #[test]
    fn long_texts_have_the_bands_of_their_shingles() {
        let minhash = MinHash::new(Shingle::Words(3), 4, 2).unwrap();
        let mut scratch = Scratch::default();
        let words: Vec<u64> = (0..7).chain(0..3).collect();
        let once = minhash.bands(&spelled(&words), &mut scratch).to_vec();
        // The same seven runs of three words, some 14,000 times over.
        let many: Vec<u64> = (0..7).cycle().take(100_000).collect();
        let all: Vec<u64> = (0..7).chain(0..2).collect();
        let cyclic = minhash.bands(&spelled(&all), &mut scratch).to_vec();
        assert_eq!(minhash.bands(&spelled(&many), &mut scratch), cyclic);
        assert_ne!(once, Vec::<u64>::new());
    }

    /// The values stand in files. They are the same with and without vectors, whatever was in the
    /// scratch before, and they never change.
    #[test]
    fn values_are_fixed() {
        let text =
            "The mill on the creek below the village has stood idle since 1907, Großmühle 水車.";
        let mut scratch = Scratch::default();
        let first = |name: &str| {
            let minhash = MinHash::named(name).unwrap();
            minhash.bands("something else before", &mut scratch);
            let bands = minhash.bands(text, &mut scratch);
            (bands[0], *bands.last().unwrap())
        };
        assert_eq!(
            ["fineweb", "nemo", "refinedweb"].map(first),
            [
                (11_826_800_172_866_326_156, 10_952_487_677_124_410_331),
                (3_807_727_871_682_903_321, 17_388_119_216_861_953_878),
                (15_211_866_547_175_026_850, 4_096_761_920_623_814_825),
            ]
        );

        let factors: Vec<u32> = (0..112).map(|n| factor(3, n)).collect();
        let shingles: Vec<u64> = (1..=1003).map(mixed).collect();
        let (mut least, mut plain) = (vec![u32::MAX; 112], vec![u32::MAX; 112]);
        fold(&factors, &shingles, &mut least);
        pulp::NullaryFnOnce::call(Fold {
            factors: &factors,
            shingles: &shingles,
            least: &mut plain,
        });
        assert_eq!(least, plain);
        let slowly = |factor: &u32| shingles.iter().map(|x| value(*factor, *x)).min().unwrap();
        assert_eq!(least, factors.iter().map(slowly).collect::<Vec<u32>>());
    }

    #[test]
    fn parameters_are_checked_and_written_as_they_are_read() {
        for (name, ..) in PRESETS {
            let minhash: MinHash = name.parse().unwrap();
            assert_eq!(minhash.to_string().parse(), Ok(minhash));
        }
        let new = |shingle, bands, rows| MinHash::new(shingle, bands, rows).map(|_| ());
        assert_eq!(new(Shingle::Words(0), 1, 1), Err(MinHashError::Shingle(0)));
        assert_eq!(new(Shingle::Characters(1025), 1, 1), Err(MinHashError::Shingle(1025)));
        assert_eq!(new(Shingle::Words(1), 0, 5), Err(MinHashError::Functions(0, 5)));
        assert_eq!(new(Shingle::Words(1), 2, 1 << 63), Err(MinHashError::Functions(2, 1 << 63)));
        assert_eq!(
            new(Shingle::Words(1), 1, (1 << 16) + 1),
            Err(MinHashError::Functions(1, 65537))
        );
        assert_eq!(new(Shingle::Words(1024), 1 << 15, 2), Ok(()));
        for text in ["", "fineweb2", "5 words", "5 lines, 14 bands of 8", "5 words, -1 bands of 8"]
        {
            assert_eq!(text.parse::<MinHash>(), Err(MinHashError::Unreadable), "{text}");
        }
        assert_eq!(MinHash::named("gopher"), None);
    }
}
