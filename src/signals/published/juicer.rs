//! Signals of data-juicer 1.6.1: the default settings of its filters that need no model and no
//! list.
//!
//! Its words stand between spaces, tabs and line feeds, with special characters (ASCII
//! punctuation and digits, many symbols, emoji) stripped from their ends; what is nothing else is
//! no word. An empty text scores 0 everywhere.

use std::cell::OnceCell;

use super::common::{hash, is_alnum};
use super::ngrams::{Words, each_length};
use crate::signals::ngrams::Twice;
use crate::signals::words::HashedMap;
use crate::signals::{DOCUMENT, Measured, Signal, Unit, count, ratio};
use crate::text::python;

macro_rules! signal {
    ($name:literal, $unit:ident, $file:literal, $about:literal, $measure:expr) => {
        whole!(
            $name,
            $unit,
            concat!("data-juicer 1.6.1, ops/filter/", $file, ".py"),
            $about,
            $measure
        )
    };
}

/// The family's signals.
pub(in crate::signals) const ALL: &[&Signal] = &[
    signal!(
        "juicer_text_length",
        Count,
        "text_length_filter",
        "Characters of the text, white space among them",
        |t| count(characters(t).all)
    ),
    signal!(
        "juicer_alphanumeric_char_ratio",
        Ratio,
        "alphanumeric_filter",
        "Letters and numbers of any script divided by characters; 0 for an empty text, never undefined",
        |t| ratio(characters(t).alphanumeric, characters(t).all).or(Some(0.0))
    ),
    signal!(
        "juicer_special_char_ratio",
        Ratio,
        "special_characters_filter",
        "Special characters (ASCII punctuation, digits and white space, further white space, symbols and signs, a few letters, emoji of Unicode 14) divided by characters; 0 for an empty text, never undefined",
        |t| ratio(characters(t).special, characters(t).all).or(Some(0.0))
    ),
    signal!(
        "juicer_mean_line_length",
        Number,
        "average_line_length_filter",
        "Characters of the text, line breaks among them, divided by lines (of `splitlines`, blank ones too); 0 without lines",
        |t| ratio(characters(t).all, lines(t).count).or(Some(0.0))
    ),
    signal!(
        "juicer_longest_line",
        Count,
        "maximum_line_length_filter",
        "Characters of the longest line (of `splitlines`), without its break; 0 without lines",
        |t| count(lines(t).longest)
    ),
    signal!(
        "juicer_word_count",
        Count,
        "words_num_filter",
        "Words between spaces, tabs and line feeds that have something besides special characters",
        |t| count(words(t).count)
    ),
    signal!(
        "juicer_word_repetition_ratio",
        Ratio,
        "word_repetition_filter",
        "Runs of 10 words (lower case, special characters stripped) that occur twice or more, every copy counted, divided by runs of 10 words; 0 with fewer words, never undefined",
        |t| Some(words(t).repetition)
    ),
    signal!(
        "juicer_char_repetition_ratio",
        Ratio,
        "character_repetition_filter",
        "Occurrences of the most frequent runs of 10 characters divided by runs of 10 characters; of V distinct runs the √V most frequent count, as far as they repeat; 0 with fewer characters, never undefined",
        |t| {
            let cell = &t.page.published.juicer.repetition;
            Some(*cell.get_or_init(|| char_repetition(t.page.text)))
        }
    ),
];

/// What has been counted of a text.
#[derive(Default)]
pub(crate) struct PageJuicer {
    characters: OnceCell<Characters>,
    lines: OnceCell<Lines>,
    words: OnceCell<WordCounts>,
    repetition: OnceCell<f64>,
}

/// Characters of a text, by kind.
#[derive(Clone, Copy, Default)]
struct Characters {
    all: usize,
    alphanumeric: usize,
    special: usize,
}

fn characters(t: &Measured<'_>) -> Characters {
    *t.page.published.juicer.characters.get_or_init(|| {
        let text = t.page.text;
        let mut found = Characters { all: python::length(text), ..Characters::default() };
        let mut bytes = [0usize; 256];
        for byte in text.bytes() {
            if let Some(count) = bytes.get_mut(usize::from(byte)) {
                *count += 1;
            }
        }
        for (byte, times) in (0..=u8::MAX).zip(bytes).filter(|(byte, _)| byte.is_ascii()) {
            let c = char::from(byte);
            found.alphanumeric += if c.is_ascii_alphanumeric() { times } else { 0 };
            found.special += if is_special(c) { times } else { 0 };
        }
        if !text.is_ascii() {
            for c in text.chars().filter(|c| !c.is_ascii()) {
                found.alphanumeric += usize::from(is_alnum(c));
                found.special += usize::from(is_special(c));
            }
        }
        found
    })
}

/// True for a special character.
fn is_special(c: char) -> bool {
    if c.is_ascii() {
        let space = matches!(c, '\t'..='\r' | ' ');
        return space || c.is_ascii_punctuation() || c.is_ascii_digit();
    }
    let code = u32::from(c);
    let after = SPECIAL.partition_point(|(first, _)| *first <= code);
    after.checked_sub(1).and_then(|n| SPECIAL.get(n)).is_some_and(|(_, last)| code <= *last)
}

/// Ranges of the special characters outside ASCII, with the emoji of the package `emoji` 2.2.0.
const SPECIAL: &[(u32, u32)] = &[
    (0x81, 0x85),
    (0x91, 0x93),
    (0x95, 0x99),
    (0x9c, 0x9d),
    (0xa1, 0xab),
    (0xad, 0xb4),
    (0xb7, 0xbf),
    (0xd7, 0xd7),
    (0xf7, 0xf8),
    (0x131, 0x131),
    (0x26a, 0x26a),
    (0x2ba, 0x2bc),
    (0x2c8, 0x2c8),
    (0x2cc, 0x2cc),
    (0x2d0, 0x2d0),
    (0x2d8, 0x2d8),
    (0x2da, 0x2da),
    (0x2dc, 0x2dc),
    (0x3c0, 0x3c0),
    (0x413, 0x413),
    (0x60c, 0x60c),
    (0x647, 0x647),
    (0x66a, 0x66a),
    (0x66c, 0x66c),
    (0x6e9, 0x6e9),
    (0x93e, 0x93e),
    (0x940, 0x940),
    (0x947, 0x947),
    (0x94d, 0x94d),
    (0x97d, 0x97d),
    (0x9be, 0x9be),
    (0xe51, 0xe51),
    (0x2002, 0x2003),
    (0x2005, 0x2005),
    (0x2008, 0x200b),
    (0x2010, 0x2011),
    (0x2013, 0x2016),
    (0x2018, 0x201a),
    (0x201c, 0x2020),
    (0x2022, 0x2022),
    (0x2024, 0x2024),
    (0x2026, 0x2026),
    (0x202f, 0x2030),
    (0x2032, 0x2033),
    (0x2039, 0x203a),
    (0x203c, 0x203c),
    (0x203f, 0x203f),
    (0x2043, 0x2044),
    (0x2049, 0x2049),
    (0x20a8, 0x20a8),
    (0x20aa, 0x20aa),
    (0x20ac, 0x20ac),
    (0x2103, 0x2103),
    (0x2122, 0x2122),
    (0x2139, 0x2139),
    (0x2190, 0x2199),
    (0x21a9, 0x21aa),
    (0x21d3, 0x21d3),
    (0x2206, 0x2206),
    (0x2208, 0x2208),
    (0x2212, 0x2212),
    (0x221a, 0x221a),
    (0x221e, 0x221f),
    (0x223c, 0x223c),
    (0x2248, 0x2248),
    (0x2256, 0x2256),
    (0x2264, 0x2265),
    (0x2295, 0x2295),
    (0x22c5, 0x22c5),
    (0x231a, 0x231b),
    (0x2328, 0x2328),
    (0x23cf, 0x23cf),
    (0x23e9, 0x23f3),
    (0x23f8, 0x23fa),
    (0x24c2, 0x24c2),
    (0x2550, 0x2550),
    (0x25a0, 0x25a0),
    (0x25aa, 0x25ac),
    (0x25b2, 0x25b2),
    (0x25b4, 0x25b4),
    (0x25b6, 0x25b7),
    (0x25ba, 0x25bc),
    (0x25c0, 0x25c0),
    (0x25c6, 0x25c6),
    (0x25cf, 0x25cf),
    (0x25e6, 0x25e6),
    (0x25fb, 0x25fe),
    (0x2600, 0x2606),
    (0x260e, 0x260e),
    (0x2611, 0x2611),
    (0x2614, 0x2615),
    (0x2618, 0x2618),
    (0x261b, 0x261b),
    (0x261d, 0x261d),
    (0x2620, 0x2620),
    (0x2622, 0x2623),
    (0x2626, 0x2626),
    (0x262a, 0x262a),
    (0x262e, 0x262f),
    (0x2638, 0x263b),
    (0x2640, 0x2640),
    (0x2642, 0x2642),
    (0x2648, 0x2653),
    (0x265f, 0x2661),
    (0x2663, 0x2663),
    (0x2665, 0x2666),
    (0x2668, 0x2668),
    (0x266b, 0x266b),
    (0x267b, 0x267b),
    (0x267e, 0x267f),
    (0x2692, 0x2697),
    (0x2699, 0x2699),
    (0x269b, 0x269c),
    (0x26a0, 0x26a1),
    (0x26a7, 0x26a7),
    (0x26aa, 0x26ab),
    (0x26b0, 0x26b1),
    (0x26bd, 0x26be),
    (0x26c4, 0x26c5),
    (0x26c8, 0x26c8),
    (0x26ce, 0x26cf),
    (0x26d1, 0x26d1),
    (0x26d3, 0x26d4),
    (0x26e9, 0x26ea),
    (0x26f0, 0x26f5),
    (0x26f7, 0x26fa),
    (0x26fd, 0x26fd),
    (0x2702, 0x2702),
    (0x2705, 0x2705),
    (0x2708, 0x270d),
    (0x270f, 0x270f),
    (0x2712, 0x2714),
    (0x2716, 0x2716),
    (0x271d, 0x271d),
    (0x2721, 0x2721),
    (0x2726, 0x2726),
    (0x2728, 0x2728),
    (0x2731, 0x2731),
    (0x2733, 0x2734),
    (0x2744, 0x2744),
    (0x2747, 0x2747),
    (0x274c, 0x274c),
    (0x274e, 0x274e),
    (0x2753, 0x2757),
    (0x2763, 0x2764),
    (0x2795, 0x2797),
    (0x27a1, 0x27a1),
    (0x27a4, 0x27a4),
    (0x27a9, 0x27a9),
    (0x27b0, 0x27b0),
    (0x27bf, 0x27bf),
    (0x2800, 0x2800),
    (0x2934, 0x2935),
    (0x2b05, 0x2b07),
    (0x2b1b, 0x2b1c),
    (0x2b50, 0x2b50),
    (0x2b55, 0x2b55),
    (0x3000, 0x3002),
    (0x300a, 0x300d),
    (0x3010, 0x3011),
    (0x3030, 0x3030),
    (0x303d, 0x303d),
    (0x309c, 0x309c),
    (0x30b7, 0x30b7),
    (0x30c3, 0x30c4),
    (0x30f3, 0x30f3),
    (0x30fb, 0x30fc),
    (0x3297, 0x3297),
    (0x3299, 0x3299),
    (0x4e00, 0x4e00),
    (0x4e0a, 0x4e0a),
    (0x58eb, 0x58eb),
    (0xfd3e, 0xfd3f),
    (0xfeff, 0xfeff),
    (0xff01, 0xff01),
    (0xff08, 0xff09),
    (0xff0c, 0xff0c),
    (0xff0e, 0xff0e),
    (0xff11, 0xff11),
    (0xff1a, 0xff1b),
    (0xff1f, 0xff1f),
    (0xff3e, 0xff3e),
    (0xff5e, 0xff5e),
    (0xfffc, 0xfffd),
    (0x1f004, 0x1f004),
    (0x1f0cf, 0x1f0cf),
    (0x1f170, 0x1f171),
    (0x1f17e, 0x1f17f),
    (0x1f18e, 0x1f18e),
    (0x1f191, 0x1f19a),
    (0x1f201, 0x1f202),
    (0x1f21a, 0x1f21a),
    (0x1f22f, 0x1f22f),
    (0x1f232, 0x1f23a),
    (0x1f250, 0x1f251),
    (0x1f300, 0x1f321),
    (0x1f324, 0x1f393),
    (0x1f396, 0x1f397),
    (0x1f399, 0x1f39b),
    (0x1f39e, 0x1f3f0),
    (0x1f3f3, 0x1f3f5),
    (0x1f3f7, 0x1f4fd),
    (0x1f4ff, 0x1f53d),
    (0x1f549, 0x1f54e),
    (0x1f550, 0x1f567),
    (0x1f56f, 0x1f570),
    (0x1f573, 0x1f57a),
    (0x1f587, 0x1f587),
    (0x1f58a, 0x1f58d),
    (0x1f590, 0x1f590),
    (0x1f595, 0x1f596),
    (0x1f5a4, 0x1f5a5),
    (0x1f5a8, 0x1f5a8),
    (0x1f5b1, 0x1f5b2),
    (0x1f5bc, 0x1f5bc),
    (0x1f5c2, 0x1f5c4),
    (0x1f5d1, 0x1f5d3),
    (0x1f5dc, 0x1f5de),
    (0x1f5e1, 0x1f5e1),
    (0x1f5e3, 0x1f5e3),
    (0x1f5e8, 0x1f5e8),
    (0x1f5ef, 0x1f5ef),
    (0x1f5f3, 0x1f5f3),
    (0x1f5fa, 0x1f64f),
    (0x1f680, 0x1f6c5),
    (0x1f6cb, 0x1f6d2),
    (0x1f6d5, 0x1f6d7),
    (0x1f6dc, 0x1f6e5),
    (0x1f6e9, 0x1f6e9),
    (0x1f6eb, 0x1f6ec),
    (0x1f6f0, 0x1f6f0),
    (0x1f6f3, 0x1f6fc),
    (0x1f7e0, 0x1f7eb),
    (0x1f7f0, 0x1f7f0),
    (0x1f90c, 0x1f93a),
    (0x1f93c, 0x1f945),
    (0x1f947, 0x1f9ff),
    (0x1fa70, 0x1fa7c),
    (0x1fa80, 0x1fa88),
    (0x1fa90, 0x1fabd),
    (0x1fabf, 0x1fac5),
    (0x1face, 0x1fadb),
    (0x1fae0, 0x1fae8),
    (0x1faf0, 0x1faf8),
];

/// The counts of lines.
#[derive(Clone, Copy, Default)]
struct Lines {
    count: usize,
    longest: usize,
}

fn lines(t: &Measured<'_>) -> Lines {
    *t.page.published.juicer.lines.get_or_init(|| {
        let mut found = Lines::default();
        for line in python::lines(t.page.text) {
            found.count += 1;
            found.longest = found.longest.max(python::length(line.of(t.page.text)));
        }
        found
    })
}

/// The counts of words.
#[derive(Clone, Copy, Default)]
struct WordCounts {
    count: usize,
    repetition: f64,
}

/// Words of a run that is looked for again.
const RUN: usize = 10;

fn words(t: &Measured<'_>) -> WordCounts {
    *t.page.published.juicer.words.get_or_init(|| {
        let text = t.page.text;
        let mut words = Words::with_room(text.len());
        let mut lower = String::new();
        for word in text.split([' ', '\n', '\t']) {
            let own = word.trim_matches(is_special);
            if own.is_empty() {
                continue;
            }
            words.push(lower_hash(own, &mut lower), 1);
        }
        let mut found = WordCounts { count: words.len(), repetition: 0.0 };
        let runs = (words.len() + 1).saturating_sub(RUN);
        each_length(&words, RUN, |repeated| {
            if repeated.n == RUN {
                found.repetition = ratio(repeated.places.len(), runs).unwrap_or(0.0);
            }
        });
        found
    })
}

/// The hash of a word in lower case.
fn lower_hash(word: &str, lower: &mut String) -> u64 {
    if word.is_ascii() && !word.bytes().any(|b| b.is_ascii_uppercase()) {
        return hash(word.as_bytes());
    }
    if !word.is_ascii() {
        return hash(word.to_lowercase().as_bytes());
    }
    lower.clear();
    lower.push_str(word);
    lower.make_ascii_lowercase();
    hash(lower.as_bytes())
}

/// The filter's ratio over runs of ten characters.
fn char_repetition(text: &str) -> f64 {
    if text.is_ascii() {
        return repetition_of(text.as_bytes());
    }
    let codes: Vec<u32> = text.chars().map(u32::from).collect();
    repetition_of(&codes)
}

fn repetition_of<C: Copy + Into<u64>>(codes: &[C]) -> f64 {
    let total = (codes.len() + 1).saturating_sub(RUN);
    let mut twice = Twice::new(total);
    each_run(codes, |key| twice.see(key));
    // Runs that no other can be the same as need no place in the table.
    let mut met: HashedMap<u32> =
        HashedMap::with_capacity_and_hasher(twice.again, Default::default());
    let mut distinct = 0;
    each_run(codes, |key| {
        if twice.may_be(key) {
            *met.entry(key).or_insert(0) += 1;
        } else {
            distinct += 1;
        }
    });
    distinct += met.len();
    let mut counts: Vec<u32> = met.into_values().filter(|times| *times > 1).collect();
    counts.sort_unstable_by(|one, other| other.cmp(one));
    let most = (distinct as f64).sqrt() as usize;
    let part = counts.iter().take(most).map(|times| *times as usize).sum();
    ratio(part, total).unwrap_or(0.0)
}

/// Calls `take` with a key of every run of ten characters.
fn each_run<C: Copy + Into<u64>>(codes: &[C], mut take: impl FnMut(u64)) {
    const BASE: u64 = 0x9E37_79B9_7F4A_7C15;
    /// The base to the power of ten.
    const OUT: u64 = {
        let mut power = 1u64;
        let mut n = 0;
        while n < RUN {
            power = power.wrapping_mul(BASE);
            n += 1;
        }
        power
    };
    let of = |code: &C| -> u64 { (*code).into().wrapping_add(1) };
    let sum = |sum: u64, code: &C| sum.wrapping_mul(BASE).wrapping_add(of(code));
    // High and low bits both must tell runs apart.
    let key = |sum: u64| {
        let mixed = (sum ^ (sum >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed ^ (mixed >> 32)
    };
    let Some(first) = codes.get(..RUN) else { return };
    let mut at = first.iter().fold(0, sum);
    take(key(at));
    for (gone, code) in codes.iter().zip(codes.iter().skip(RUN)) {
        at = sum(at, code).wrapping_sub(of(gone).wrapping_mul(OUT));
        take(key(at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    /// The ratio as the filter's own words have it.
    fn plainly(text: &str) -> f64 {
        let chars: Vec<char> = text.chars().collect();
        let mut counts: HashMap<&[char], usize> = HashMap::new();
        for run in chars.windows(RUN) {
            *counts.entry(run).or_insert(0) += 1;
        }
        let mut counts: Vec<usize> = counts.into_values().collect();
        counts.sort_unstable_by(|one, other| other.cmp(one));
        let repeated = counts.iter().filter(|times| **times > 1).count();
        let most = ((counts.len() as f64).sqrt() as usize).min(repeated);
        let part: usize = counts.iter().take(most).sum();
        let all: usize = counts.iter().sum();
        if all == 0 { 0.0 } else { part as f64 / all as f64 }
    }

    proptest! {
        #[test]
        fn runs_of_characters_are_counted_as_one_by_one(text in "[abé]{0,80}") {
            prop_assert_eq!(char_repetition(&text), plainly(&text));
        }
    }

    #[test]
    fn digits_and_signs_are_special_and_most_letters_are_not() {
        for c in ['7', '#', ' ', '\u{b}', '…', '▶', '😀', '上'] {
            assert!(is_special(c), "{c}");
        }
        for c in ['a', 'é', '東', '\u{1c}', '\0'] {
            assert!(!is_special(c), "{c}");
        }
    }
}
