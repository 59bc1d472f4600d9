//! Quality signals of RedPajama-V2: numbers without decisions.
//!
//! Two kinds of word: *raw* ones are runs of letters, numbers and low lines, or runs of anything
//! else but white space; *normalised* ones stand between white space, without ASCII punctuation, in
//! lower case, their characters counted as in NFD (`é` is two). Words that differ in composition
//! only are two words here and one there. The original rounds to eight decimals.

use std::cell::OnceCell;

use super::common::{hash, is_alnum, occurrences};
use super::ngrams::{Words, each_length};
use super::spaces::each_word;
use crate::signals::words::HashedMap;
use crate::signals::{DOCUMENT, Measured, Signal, Unit, count, ratio};
use crate::text::python;

macro_rules! signal {
    ($name:literal, $unit:ident, $file:literal, $about:literal, $measure:expr) => {
        whole!(
            $name,
            $unit,
            concat!(
                "RedPajama-V2, togethercomputer/RedPajama-Data 855a8e0, core/quality_signals/",
                $file,
                ".py"
            ),
            $about,
            $measure
        )
    };
}

/// The family's signals.
pub(in crate::signals) const ALL: &[&Signal] = &[
    signal!(
        "rpv2_sentence_count",
        Count,
        "natural_language",
        "Stretches between full stops, question and exclamation marks that have a letter, a number or a low line",
        |t| count(raw(t).sentences)
    ),
    signal!("rpv2_word_count", Count, "natural_language", "Normalised words", |t| count(
        normal(t).words
    )),
    signal!(
        "rpv2_mean_word_length",
        Number,
        "natural_language",
        "Characters (in NFD) of normalised words divided by them; undefined without",
        |t| ratio(normal(t).chars, normal(t).words)
    ),
    signal!(
        "rpv2_symbols_per_word",
        Number,
        "natural_language",
        "Occurrences of `#`, `...` and `…`, summed, divided by raw words (the original's `symbol_to_word_ratio`); undefined without",
        |t| {
            let text = t.page.text;
            ratio(["#", "...", "…"].iter().map(|s| occurrences(text, s)).sum(), raw(t).words)
        }
    ),
    signal!(
        "rpv2_frac_lines_end_with_ellipsis",
        Ratio,
        "natural_language",
        "Lines that end with `...` or `…` divided by lines, blank ones among them; undefined without",
        |t| ellipsis_lines(t.page.text)
    ),
    signal!(
        "rpv2_frac_no_alph_words",
        Ratio,
        "natural_language",
        "Raw words without an ASCII letter divided by raw words; undefined without",
        |t| ratio(raw(t).words - raw(t).alphabetic, raw(t).words)
    ),
    signal!(
        "rpv2_frac_unique_words",
        Ratio,
        "natural_language",
        "Distinct normalised words divided by normalised words; undefined without",
        |t| ratio(normal(t).kinds, normal(t).words)
    ),
    signal!(
        "rpv2_unigram_entropy",
        Number,
        "natural_language",
        "Entropy (natural logarithm) of the frequencies of normalised words; undefined without",
        |t| normal(t).entropy
    ),
    signal!(
        "rpv2_frac_all_caps_words",
        Ratio,
        "natural_language",
        "Raw words whose letters are upper case, one at least, divided by raw words; undefined without",
        |t| ratio(raw(t).upper, raw(t).words)
    ),
    signal!(
        "rpv2_frac_chars_top_2gram",
        Number,
        "repetitions",
        "Characters of the most frequent run of 2 normalised words (of several the first) times its count, divided by characters of the words; 0 if none repeats",
        |t| run(t, 2)
    ),
    signal!(
        "rpv2_frac_chars_top_3gram",
        Number,
        "repetitions",
        "As `rpv2_frac_chars_top_2gram`, 3 words",
        |t| run(t, 3)
    ),
    signal!(
        "rpv2_frac_chars_top_4gram",
        Number,
        "repetitions",
        "As `rpv2_frac_chars_top_2gram`, 4 words",
        |t| run(t, 4)
    ),
    signal!(
        "rpv2_frac_chars_dupe_5grams",
        Ratio,
        "repetitions",
        "Characters of normalised words that stand in a run of 5 that occurs twice or more, divided by characters of the words; 0 if none repeats, never undefined",
        |t| run(t, 5)
    ),
    signal!(
        "rpv2_frac_chars_dupe_6grams",
        Ratio,
        "repetitions",
        "As `rpv2_frac_chars_dupe_5grams`, 6 words",
        |t| run(t, 6)
    ),
    signal!(
        "rpv2_frac_chars_dupe_7grams",
        Ratio,
        "repetitions",
        "As `rpv2_frac_chars_dupe_5grams`, 7 words",
        |t| run(t, 7)
    ),
    signal!(
        "rpv2_frac_chars_dupe_8grams",
        Ratio,
        "repetitions",
        "As `rpv2_frac_chars_dupe_5grams`, 8 words",
        |t| run(t, 8)
    ),
    signal!(
        "rpv2_frac_chars_dupe_9grams",
        Ratio,
        "repetitions",
        "As `rpv2_frac_chars_dupe_5grams`, 9 words",
        |t| run(t, 9)
    ),
    signal!(
        "rpv2_frac_chars_dupe_10grams",
        Ratio,
        "repetitions",
        "As `rpv2_frac_chars_dupe_5grams`, 10 words",
        |t| run(t, 10)
    ),
    signal!(
        "rpv2_lorem_ipsum",
        Ratio,
        "content",
        "Occurrences of `lorem ipsum` in the normalised text divided by its characters; 0 for an empty text, never undefined",
        |t| ratio(normal(t).lorem, normal(t).length).or(Some(0.0))
    ),
    signal!(
        "rpv2_curly_bracket",
        Ratio,
        "content",
        "Curly brackets divided by characters; 0 for an empty text, never undefined",
        |t| {
            let text = t.page.text;
            let brackets = memchr::memchr2_iter(b'{', b'}', text.as_bytes()).count();
            ratio(brackets, python::length(text)).or(Some(0.0))
        }
    ),
];

/// What has been counted of a text.
#[derive(Default)]
pub(crate) struct PageRedPajama {
    raw: OnceCell<Raw>,
    normal: OnceCell<Normal>,
}

/// The counts of the text as it stands.
#[derive(Clone, Copy, Default)]
struct Raw {
    words: usize,
    alphabetic: usize,
    upper: usize,
    sentences: usize,
}

/// A raw word while it is read.
#[derive(Default)]
struct Token {
    is_word: bool,
    has_ascii_letter: bool,
    has_upper: bool,
    has_other_case: bool,
}

fn raw(t: &Measured<'_>) -> Raw {
    *t.page.published.redpajama.raw.get_or_init(|| {
        let mut found = Raw::default();
        let mut token: Option<Token> = None;
        let mut in_sentence = false;
        let mut close = |token: &mut Option<Token>| {
            if let Some(token) = token.take() {
                found.words += 1;
                found.alphabetic += usize::from(token.has_ascii_letter);
                found.upper += usize::from(token.has_upper && !token.has_other_case);
            }
        };
        let mut sentences = 0;
        for c in t.page.text.chars() {
            let is_word = c == '_' || is_alnum(c);
            if is_word && !in_sentence {
                in_sentence = true;
                sentences += 1;
            } else if matches!(c, '.' | '!' | '?') {
                in_sentence = false;
            }
            if python::is_space(c) {
                close(&mut token);
                continue;
            }
            if token.as_ref().is_some_and(|token| token.is_word != is_word) {
                close(&mut token);
            }
            let token = token.get_or_insert_with(|| Token { is_word, ..Token::default() });
            token.has_ascii_letter |= c.is_ascii_alphabetic();
            let is_upper = c.is_uppercase();
            token.has_upper |= is_upper;
            token.has_other_case |= !is_upper && (c.is_lowercase() || is_title(c));
        }
        close(&mut token);
        found.sentences = sentences;
        found
    })
}

/// True for the letters of title case (the category Lt).
fn is_title(c: char) -> bool {
    matches!(u32::from(c),
        0x1c5 | 0x1c8 | 0x1cb | 0x1f2 | 0x1f88..=0x1f8f | 0x1f98..=0x1f9f | 0x1fa8..=0x1faf
        | 0x1fbc | 0x1fcc | 0x1ffc)
}

fn ellipsis_lines(text: &str) -> Option<f64> {
    let mut lines = 0;
    let mut ellipses = 0;
    for line in text.split_inclusive('\n') {
        let line = line.trim_end_matches(python::is_space);
        lines += 1;
        ellipses += usize::from(line.ends_with("...") || line.ends_with('…'));
    }
    ratio(ellipses, lines)
}

/// The counts of the text as it is normalised.
#[derive(Clone, Copy, Default)]
struct Normal {
    words: usize,
    chars: usize,
    /// Characters of the words and of the spaces between them.
    length: usize,
    kinds: usize,
    entropy: Option<f64>,
    lorem: usize,
    runs: [f64; 9],
}

fn normal<'a>(t: &'a Measured<'_>) -> &'a Normal {
    t.page.published.redpajama.normal.get_or_init(|| {
        let text = t.page.text;
        let mut words = Words::with_room(text.len());
        let mut found = Normal::default();
        let mut word = String::new();
        let mut after_lorem = false;
        each_word(text, |raw| {
            word.clear();
            if raw.text().is_ascii() {
                let kept = raw.text().chars().filter(|c| !c.is_ascii_punctuation());
                word.extend(kept.map(|c| c.to_ascii_lowercase()));
            } else {
                let kept: String =
                    raw.text().chars().filter(|c| !c.is_ascii_punctuation()).collect();
                word.push_str(&kept.to_lowercase());
            }
            if word.is_empty() {
                return;
            }
            let chars = if word.is_ascii() {
                word.len()
            } else {
                word.chars().map(decomposed_length).sum()
            };
            found.chars += chars;
            found.lorem += usize::from(after_lorem && word.starts_with("ipsum"));
            after_lorem = word.ends_with("lorem");
            words.push(hash(word.as_bytes()), chars as u32);
        });
        found.words = words.len();
        found.length = (found.chars + found.words).saturating_sub(1);
        let mut counts: HashedMap<u32> =
            HashedMap::with_capacity_and_hasher(found.words / 2, Default::default());
        for word in &words.hashes {
            *counts.entry(*word).or_insert(0) += 1;
        }
        found.kinds = counts.len();
        if found.words > 0 {
            // Sorted, so that the sum is the same number on every run.
            let mut counts: Vec<u32> = counts.into_values().collect();
            counts.sort_unstable();
            let share = |times: &u32| f64::from(*times) / found.words as f64;
            found.entropy = Some(counts.iter().map(share).map(|p| -p * p.ln()).sum());
        }
        found.runs = runs(&words);
        found
    })
}

/// Characters of a character's canonical decomposition.
fn decomposed_length(c: char) -> usize {
    let code = u32::from(c);
    match code {
        0..=0xbf => 1,
        // Syllables of Hangul: two letters, or three.
        0xac00..=0xd7a3 => 2 + usize::from(!(code - 0xac00).is_multiple_of(28)),
        _ => {
            let after = DECOMPOSED.partition_point(|(first, _, _)| *first <= code);
            let range = after.checked_sub(1).and_then(|n| DECOMPOSED.get(n));
            range.filter(|(_, last, _)| code <= *last).map_or(1, |(_, _, n)| *n)
        }
    }
}

/// Ranges of characters that decompose (NFD of Unicode 14), and into how many.
const DECOMPOSED: &[(u32, u32, usize)] = &[
    (0xc0, 0xc5, 2),
    (0xc7, 0xcf, 2),
    (0xd1, 0xd6, 2),
    (0xd9, 0xdd, 2),
    (0xe0, 0xe5, 2),
    (0xe7, 0xef, 2),
    (0xf1, 0xf6, 2),
    (0xf9, 0xfd, 2),
    (0xff, 0x10f, 2),
    (0x112, 0x125, 2),
    (0x128, 0x130, 2),
    (0x134, 0x137, 2),
    (0x139, 0x13e, 2),
    (0x143, 0x148, 2),
    (0x14c, 0x151, 2),
    (0x154, 0x165, 2),
    (0x168, 0x17e, 2),
    (0x1a0, 0x1a1, 2),
    (0x1af, 0x1b0, 2),
    (0x1cd, 0x1d4, 2),
    (0x1d5, 0x1dc, 3),
    (0x1de, 0x1e1, 3),
    (0x1e2, 0x1e3, 2),
    (0x1e6, 0x1eb, 2),
    (0x1ec, 0x1ed, 3),
    (0x1ee, 0x1f0, 2),
    (0x1f4, 0x1f5, 2),
    (0x1f8, 0x1f9, 2),
    (0x1fa, 0x1fb, 3),
    (0x1fc, 0x21b, 2),
    (0x21e, 0x21f, 2),
    (0x226, 0x229, 2),
    (0x22a, 0x22d, 3),
    (0x22e, 0x22f, 2),
    (0x230, 0x231, 3),
    (0x232, 0x233, 2),
    (0x344, 0x344, 2),
    (0x385, 0x386, 2),
    (0x388, 0x38a, 2),
    (0x38c, 0x38c, 2),
    (0x38e, 0x38f, 2),
    (0x390, 0x390, 3),
    (0x3aa, 0x3af, 2),
    (0x3b0, 0x3b0, 3),
    (0x3ca, 0x3ce, 2),
    (0x3d3, 0x3d4, 2),
    (0x400, 0x401, 2),
    (0x403, 0x403, 2),
    (0x407, 0x407, 2),
    (0x40c, 0x40e, 2),
    (0x419, 0x419, 2),
    (0x439, 0x439, 2),
    (0x450, 0x451, 2),
    (0x453, 0x453, 2),
    (0x457, 0x457, 2),
    (0x45c, 0x45e, 2),
    (0x476, 0x477, 2),
    (0x4c1, 0x4c2, 2),
    (0x4d0, 0x4d3, 2),
    (0x4d6, 0x4d7, 2),
    (0x4da, 0x4df, 2),
    (0x4e2, 0x4e7, 2),
    (0x4ea, 0x4f5, 2),
    (0x4f8, 0x4f9, 2),
    (0x622, 0x626, 2),
    (0x6c0, 0x6c0, 2),
    (0x6c2, 0x6c2, 2),
    (0x6d3, 0x6d3, 2),
    (0x929, 0x929, 2),
    (0x931, 0x931, 2),
    (0x934, 0x934, 2),
    (0x958, 0x95f, 2),
    (0x9cb, 0x9cc, 2),
    (0x9dc, 0x9dd, 2),
    (0x9df, 0x9df, 2),
    (0xa33, 0xa33, 2),
    (0xa36, 0xa36, 2),
    (0xa59, 0xa5b, 2),
    (0xa5e, 0xa5e, 2),
    (0xb48, 0xb48, 2),
    (0xb4b, 0xb4c, 2),
    (0xb5c, 0xb5d, 2),
    (0xb94, 0xb94, 2),
    (0xbca, 0xbcc, 2),
    (0xc48, 0xc48, 2),
    (0xcc0, 0xcc0, 2),
    (0xcc7, 0xcc8, 2),
    (0xcca, 0xcca, 2),
    (0xccb, 0xccb, 3),
    (0xd4a, 0xd4c, 2),
    (0xdda, 0xdda, 2),
    (0xddc, 0xddc, 2),
    (0xddd, 0xddd, 3),
    (0xdde, 0xdde, 2),
    (0xf43, 0xf43, 2),
    (0xf4d, 0xf4d, 2),
    (0xf52, 0xf52, 2),
    (0xf57, 0xf57, 2),
    (0xf5c, 0xf5c, 2),
    (0xf69, 0xf69, 2),
    (0xf73, 0xf73, 2),
    (0xf75, 0xf76, 2),
    (0xf78, 0xf78, 2),
    (0xf81, 0xf81, 2),
    (0xf93, 0xf93, 2),
    (0xf9d, 0xf9d, 2),
    (0xfa2, 0xfa2, 2),
    (0xfa7, 0xfa7, 2),
    (0xfac, 0xfac, 2),
    (0xfb9, 0xfb9, 2),
    (0x1026, 0x1026, 2),
    (0x1b06, 0x1b06, 2),
    (0x1b08, 0x1b08, 2),
    (0x1b0a, 0x1b0a, 2),
    (0x1b0c, 0x1b0c, 2),
    (0x1b0e, 0x1b0e, 2),
    (0x1b12, 0x1b12, 2),
    (0x1b3b, 0x1b3b, 2),
    (0x1b3d, 0x1b3d, 2),
    (0x1b40, 0x1b41, 2),
    (0x1b43, 0x1b43, 2),
    (0x1e00, 0x1e07, 2),
    (0x1e08, 0x1e09, 3),
    (0x1e0a, 0x1e13, 2),
    (0x1e14, 0x1e17, 3),
    (0x1e18, 0x1e1b, 2),
    (0x1e1c, 0x1e1d, 3),
    (0x1e1e, 0x1e2d, 2),
    (0x1e2e, 0x1e2f, 3),
    (0x1e30, 0x1e37, 2),
    (0x1e38, 0x1e39, 3),
    (0x1e3a, 0x1e4b, 2),
    (0x1e4c, 0x1e53, 3),
    (0x1e54, 0x1e5b, 2),
    (0x1e5c, 0x1e5d, 3),
    (0x1e5e, 0x1e63, 2),
    (0x1e64, 0x1e69, 3),
    (0x1e6a, 0x1e77, 2),
    (0x1e78, 0x1e7b, 3),
    (0x1e7c, 0x1e99, 2),
    (0x1e9b, 0x1e9b, 2),
    (0x1ea0, 0x1ea3, 2),
    (0x1ea4, 0x1eb7, 3),
    (0x1eb8, 0x1ebd, 2),
    (0x1ebe, 0x1ec7, 3),
    (0x1ec8, 0x1ecf, 2),
    (0x1ed0, 0x1ee3, 3),
    (0x1ee4, 0x1ee7, 2),
    (0x1ee8, 0x1ef1, 3),
    (0x1ef2, 0x1ef9, 2),
    (0x1f00, 0x1f01, 2),
    (0x1f02, 0x1f07, 3),
    (0x1f08, 0x1f09, 2),
    (0x1f0a, 0x1f0f, 3),
    (0x1f10, 0x1f11, 2),
    (0x1f12, 0x1f15, 3),
    (0x1f18, 0x1f19, 2),
    (0x1f1a, 0x1f1d, 3),
    (0x1f20, 0x1f21, 2),
    (0x1f22, 0x1f27, 3),
    (0x1f28, 0x1f29, 2),
    (0x1f2a, 0x1f2f, 3),
    (0x1f30, 0x1f31, 2),
    (0x1f32, 0x1f37, 3),
    (0x1f38, 0x1f39, 2),
    (0x1f3a, 0x1f3f, 3),
    (0x1f40, 0x1f41, 2),
    (0x1f42, 0x1f45, 3),
    (0x1f48, 0x1f49, 2),
    (0x1f4a, 0x1f4d, 3),
    (0x1f50, 0x1f51, 2),
    (0x1f52, 0x1f57, 3),
    (0x1f59, 0x1f59, 2),
    (0x1f5b, 0x1f5b, 3),
    (0x1f5d, 0x1f5d, 3),
    (0x1f5f, 0x1f5f, 3),
    (0x1f60, 0x1f61, 2),
    (0x1f62, 0x1f67, 3),
    (0x1f68, 0x1f69, 2),
    (0x1f6a, 0x1f6f, 3),
    (0x1f70, 0x1f7d, 2),
    (0x1f80, 0x1f81, 3),
    (0x1f82, 0x1f87, 4),
    (0x1f88, 0x1f89, 3),
    (0x1f8a, 0x1f8f, 4),
    (0x1f90, 0x1f91, 3),
    (0x1f92, 0x1f97, 4),
    (0x1f98, 0x1f99, 3),
    (0x1f9a, 0x1f9f, 4),
    (0x1fa0, 0x1fa1, 3),
    (0x1fa2, 0x1fa7, 4),
    (0x1fa8, 0x1fa9, 3),
    (0x1faa, 0x1faf, 4),
    (0x1fb0, 0x1fb1, 2),
    (0x1fb2, 0x1fb2, 3),
    (0x1fb3, 0x1fb3, 2),
    (0x1fb4, 0x1fb4, 3),
    (0x1fb6, 0x1fb6, 2),
    (0x1fb7, 0x1fb7, 3),
    (0x1fb8, 0x1fbc, 2),
    (0x1fc1, 0x1fc1, 2),
    (0x1fc2, 0x1fc2, 3),
    (0x1fc3, 0x1fc3, 2),
    (0x1fc4, 0x1fc4, 3),
    (0x1fc6, 0x1fc6, 2),
    (0x1fc7, 0x1fc7, 3),
    (0x1fc8, 0x1fd1, 2),
    (0x1fd2, 0x1fd3, 3),
    (0x1fd6, 0x1fd6, 2),
    (0x1fd7, 0x1fd7, 3),
    (0x1fd8, 0x1fdb, 2),
    (0x1fdd, 0x1fe1, 2),
    (0x1fe2, 0x1fe3, 3),
    (0x1fe4, 0x1fe6, 2),
    (0x1fe7, 0x1fe7, 3),
    (0x1fe8, 0x1fee, 2),
    (0x1ff2, 0x1ff2, 3),
    (0x1ff3, 0x1ff3, 2),
    (0x1ff4, 0x1ff4, 3),
    (0x1ff6, 0x1ff6, 2),
    (0x1ff7, 0x1ff7, 3),
    (0x1ff8, 0x1ffc, 2),
    (0x212b, 0x212b, 2),
    (0x219a, 0x219b, 2),
    (0x21ae, 0x21ae, 2),
    (0x21cd, 0x21cf, 2),
    (0x2204, 0x2204, 2),
    (0x2209, 0x2209, 2),
    (0x220c, 0x220c, 2),
    (0x2224, 0x2224, 2),
    (0x2226, 0x2226, 2),
    (0x2241, 0x2241, 2),
    (0x2244, 0x2244, 2),
    (0x2247, 0x2247, 2),
    (0x2249, 0x2249, 2),
    (0x2260, 0x2260, 2),
    (0x2262, 0x2262, 2),
    (0x226d, 0x2271, 2),
    (0x2274, 0x2275, 2),
    (0x2278, 0x2279, 2),
    (0x2280, 0x2281, 2),
    (0x2284, 0x2285, 2),
    (0x2288, 0x2289, 2),
    (0x22ac, 0x22af, 2),
    (0x22e0, 0x22e3, 2),
    (0x22ea, 0x22ed, 2),
    (0x2adc, 0x2adc, 2),
    (0x304c, 0x304c, 2),
    (0x304e, 0x304e, 2),
    (0x3050, 0x3050, 2),
    (0x3052, 0x3052, 2),
    (0x3054, 0x3054, 2),
    (0x3056, 0x3056, 2),
    (0x3058, 0x3058, 2),
    (0x305a, 0x305a, 2),
    (0x305c, 0x305c, 2),
    (0x305e, 0x305e, 2),
    (0x3060, 0x3060, 2),
    (0x3062, 0x3062, 2),
    (0x3065, 0x3065, 2),
    (0x3067, 0x3067, 2),
    (0x3069, 0x3069, 2),
    (0x3070, 0x3071, 2),
    (0x3073, 0x3074, 2),
    (0x3076, 0x3077, 2),
    (0x3079, 0x307a, 2),
    (0x307c, 0x307d, 2),
    (0x3094, 0x3094, 2),
    (0x309e, 0x309e, 2),
    (0x30ac, 0x30ac, 2),
    (0x30ae, 0x30ae, 2),
    (0x30b0, 0x30b0, 2),
    (0x30b2, 0x30b2, 2),
    (0x30b4, 0x30b4, 2),
    (0x30b6, 0x30b6, 2),
    (0x30b8, 0x30b8, 2),
    (0x30ba, 0x30ba, 2),
    (0x30bc, 0x30bc, 2),
    (0x30be, 0x30be, 2),
    (0x30c0, 0x30c0, 2),
    (0x30c2, 0x30c2, 2),
    (0x30c5, 0x30c5, 2),
    (0x30c7, 0x30c7, 2),
    (0x30c9, 0x30c9, 2),
    (0x30d0, 0x30d1, 2),
    (0x30d3, 0x30d4, 2),
    (0x30d6, 0x30d7, 2),
    (0x30d9, 0x30da, 2),
    (0x30dc, 0x30dd, 2),
    (0x30f4, 0x30f4, 2),
    (0x30f7, 0x30fa, 2),
    (0x30fe, 0x30fe, 2),
    (0xfb1d, 0xfb1d, 2),
    (0xfb1f, 0xfb1f, 2),
    (0xfb2a, 0xfb2b, 2),
    (0xfb2c, 0xfb2d, 3),
    (0xfb2e, 0xfb36, 2),
    (0xfb38, 0xfb3c, 2),
    (0xfb3e, 0xfb3e, 2),
    (0xfb40, 0xfb41, 2),
    (0xfb43, 0xfb44, 2),
    (0xfb46, 0xfb4e, 2),
    (0x1109a, 0x1109a, 2),
    (0x1109c, 0x1109c, 2),
    (0x110ab, 0x110ab, 2),
    (0x1112e, 0x1112f, 2),
    (0x1134b, 0x1134c, 2),
    (0x114bb, 0x114bc, 2),
    (0x114be, 0x114be, 2),
    (0x115ba, 0x115bb, 2),
    (0x11938, 0x11938, 2),
    (0x1d15e, 0x1d15f, 2),
    (0x1d160, 0x1d164, 3),
    (0x1d1bb, 0x1d1bc, 2),
    (0x1d1bd, 0x1d1c0, 3),
];

fn run(t: &Measured<'_>, n: usize) -> Option<f64> {
    normal(t).runs.get(n.checked_sub(2)?).copied()
}

/// For runs of 2 to 10 words what the signals tell.
fn runs(words: &Words) -> [f64; 9] {
    let mut found = [0.0; 9];
    let total = words.characters(0, words.len());
    each_length(words, 10, |repeated| {
        let n = repeated.n;
        let part = if n <= 4 {
            let top = repeated.most_frequent();
            top.map_or(0, |top| {
                let first = top.first as usize;
                u64::from(top.count) * words.characters(first, first + n)
            })
        } else {
            repeated.covered(words)
        };
        if let Some(value) = found.get_mut(n.saturating_sub(2)) {
            *value = part as f64 / total as f64;
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_as_they_decompose() {
        for (c, length) in [('a', 1), ('é', 2), ('ǖ', 3), ('한', 3), ('하', 2), ('東', 1), ('ﬁ', 1)]
        {
            assert_eq!(decomposed_length(c), length, "{c}");
        }
    }

    #[test]
    fn lines_are_counted_with_blank_ones() {
        assert_eq!(ellipsis_lines("a...\n\nb\n"), Some(1.0 / 3.0));
        assert_eq!(ellipsis_lines("a… \nb"), Some(0.5));
        assert_eq!(ellipsis_lines(""), None);
    }
}
