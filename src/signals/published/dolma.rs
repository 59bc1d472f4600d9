//! Signals of dolma 1.2.1 (Soldaini et al. 2024): its taggers `gopher_v1`, `gopher_v2`, `c4_v2`.
//!
//! Words stand between white space, punctuation and all. A line ends at `\n`; `gopher_v1` counts
//! blank lines, `gopher_v2` does not. What dolma gives no attribute for is undefined.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::lines::{Line, characters, lines};
use super::ngrams::{self, Words};
use super::spaces::{LETTER, SYMBOL, each_word, is_stop_word};
use crate::signals::{BLOCK, DOCUMENT, Measured, Signal, Unit, count, flag};
use crate::text::{lists, python};

const GOPHER: &str = "dolma 1.2.1, taggers/gopher.py";
const C4: &str = "dolma 1.2.1, taggers/c4.py, c4_v2";

/// The share of the most frequent run of words.
macro_rules! top {
    ($name:literal, $n:literal, $about:literal) => {
        whole!($name, Number, GOPHER, $about, |t| gopher(t).top[$n - 2])
    };
}

/// The share of runs of words that occur more than once.
macro_rules! duplicate {
    ($name:literal, $n:literal, $about:literal) => {
        whole!($name, Ratio, GOPHER, $about, |t| gopher(t).duplicate[$n - 5])
    };
}

/// The family's signals.
pub(in crate::signals) const ALL: &[&Signal] = &[
    whole!("dolma_character_count", Count, GOPHER, "Characters of the text", |t| {
        count(characters(lines(t)))
    }),
    whole!("dolma_word_count", Count, GOPHER, "Words between white space", |t| {
        count(gopher(t).words)
    }),
    whole!(
        "dolma_median_word_length",
        Number,
        GOPHER,
        "Median of the characters of the words between white space, the mean of the two in the middle for an even number; 0 without words",
        |t| Some(gopher(t).median_length)
    ),
    whole!(
        "dolma_symbol_word_ratio",
        Ratio,
        GOPHER,
        "Words with a # or a … in them divided by words; 0 without words, never undefined",
        |t| share(gopher(t).symbols, gopher(t).words)
    ),
    whole!(
        "dolma_alphabetic_word_ratio",
        Ratio,
        GOPHER,
        "Words with a letter divided by words; 0 without words, never undefined",
        |t| share(gopher(t).alphabetic, gopher(t).words)
    ),
    whole!(
        "dolma_required_word_count",
        Count,
        GOPHER,
        "Occurrences of the, be, to, of, and, that, have, with in lower case between white space",
        |t| count(gopher(t).required)
    ),
    whole!(
        "dolma_v1_bullet_line_ratio",
        Ratio,
        GOPHER,
        "Lines, blank ones too, that begin with * or - divided by lines; 0 for an empty text, never undefined",
        |t| share(gopher(t).bullets, gopher(t).lines_v1)
    ),
    whole!(
        "dolma_v2_bullet_line_ratio",
        Ratio,
        GOPHER,
        "Lines that begin with * or - divided by lines, runs of line breaks taken as one; 0 for an empty text, never undefined",
        |t| share(gopher(t).bullets, gopher(t).lines_v2)
    ),
    whole!(
        "dolma_v1_ellipsis_line_ratio",
        Ratio,
        GOPHER,
        "Lines, blank ones too, that end with … divided by lines; 0 for an empty text, never undefined",
        |t| share(gopher(t).ellipses, gopher(t).lines_v1)
    ),
    whole!(
        "dolma_v2_ellipsis_line_ratio",
        Ratio,
        GOPHER,
        "Lines that end with … divided by lines, runs of line breaks taken as one; 0 for an empty text, never undefined",
        |t| share(gopher(t).ellipses, gopher(t).lines_v2)
    ),
    whole!(
        "dolma_v1_duplicate_line_ratio",
        Ratio,
        GOPHER,
        "Lines that occur more than once, all their copies and blank ones too, divided by lines; 0 for an empty text, never undefined",
        |t| share(gopher(t).duplicate_lines_v1, gopher(t).lines_v1)
    ),
    whole!(
        "dolma_v2_duplicate_line_ratio",
        Ratio,
        GOPHER,
        "Lines that occur more than once, all their copies, divided by lines, runs of line breaks taken as one; 0 for an empty text, never undefined",
        |t| share(gopher(t).duplicate_lines_v2, gopher(t).lines_v2)
    ),
    whole!(
        "dolma_duplicate_line_char_share",
        Number,
        GOPHER,
        "Characters of lines that occur more than once, all their copies, divided by characters of words; can exceed 1, as lines have spaces; 0 for an empty text, never undefined",
        |t| {
            let gopher = gopher(t);
            Some(gopher.duplicate_line_characters as f64 / gopher.characters.max(1) as f64)
        }
    ),
    top!(
        "dolma_top_2gram_char_share",
        2,
        "Characters of the words of the most frequent run of two words (the first of several) times its occurrences, divided by characters of words; undefined below two words"
    ),
    top!("dolma_top_3gram_char_share", 3, "The same of runs of three words; undefined below three"),
    top!("dolma_top_4gram_char_share", 4, "The same of runs of four words; undefined below four"),
    duplicate!(
        "dolma_duplicate_5gram_char_ratio",
        5,
        "Characters of all runs of five words that occur more than once, overlaps counted in full, divided by those of all runs of five; undefined below five words"
    ),
    duplicate!(
        "dolma_duplicate_6gram_char_ratio",
        6,
        "The same of runs of six words; undefined below six"
    ),
    duplicate!(
        "dolma_duplicate_7gram_char_ratio",
        7,
        "The same of runs of seven words; undefined below seven"
    ),
    duplicate!(
        "dolma_duplicate_8gram_char_ratio",
        8,
        "The same of runs of eight words; undefined below eight"
    ),
    duplicate!(
        "dolma_duplicate_9gram_char_ratio",
        9,
        "The same of runs of nine words; undefined below nine"
    ),
    duplicate!(
        "dolma_duplicate_10gram_char_ratio",
        10,
        "The same of runs of ten words; undefined below ten"
    ),
    &Signal {
        name: "dolma_c4_end_mark",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 if the line ends with `.`, `?`, `!` or `\"`, white space aside, else 0",
        source: C4,
        measure: |t| flag(has_end_mark(python::strip(t.text()))),
    },
    &Signal {
        name: "dolma_c4_word_count",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Words between white space of the line, up to three: c4_v2 asks for no more",
        source: C4,
        measure: |t| count(python::count_words(t.text(), ENOUGH_WORDS)),
    },
    whole!(
        "dolma_c4_unended_line_count",
        Count,
        C4,
        "Lines, blank ones too, that do not end with `.`, `?`, `!` or `\"`, white space aside",
        |t| count(c4_lines(t).unended)
    ),
    whole!(
        "dolma_c4_few_word_line_count",
        Count,
        C4,
        "Lines, blank ones too, of fewer than three words between white space",
        |t| count(c4_lines(t).few_words)
    ),
    whole!("dolma_c4_curly_brace", Count, C4, "1 if the text has a `{`, else 0", |t| {
        flag(t.text().contains('{'))
    }),
    whole!("dolma_c4_line_count", Count, C4, "Lines, blank ones too", |t| count(c4_lines(t).all)),
    whole!(
        "dolma_c4_naughty_word",
        Count,
        C4,
        "1 if a word between white space is one of the list ldnoobw, or a phrase of that list stands anywhere, case aside, else 0",
        |t| flag(is_naughty(t.text()))
    ),
];

/// Words that a line has to have for c4_v2.
const ENOUGH_WORDS: usize = 3;

fn has_end_mark(line: &str) -> bool {
    line.ends_with(['.', '?', '!', '"'])
}

/// What c4_v2 marks of the lines of a text.
#[derive(Default)]
struct C4Lines {
    all: usize,
    unended: usize,
    few_words: usize,
}

fn c4_lines<'a>(t: &Measured<'a>) -> &'a C4Lines {
    let page = t.page;
    page.published.dolma.c4_lines.get_or_init(|| {
        let mut found = C4Lines::default();
        for line in lines(t) {
            let line = python::strip(line.span.of(page.text));
            found.all += 1;
            found.unended += usize::from(!has_end_mark(line));
            found.few_words += usize::from(python::count_words(line, ENOUGH_WORDS) < ENOUGH_WORDS);
        }
        found
    })
}

/// The words and the phrases of the list.
static NAUGHTY: LazyLock<(HashSet<&str>, Option<AhoCorasick>)> = LazyLock::new(|| {
    let (phrases, words): (Vec<&str>, Vec<&str>) =
        lists::entries_of("ldnoobw").partition(|entry| entry.contains(' '));
    (words.into_iter().collect(), AhoCorasick::new(phrases).ok())
});

fn is_naughty(text: &str) -> bool {
    let (words, phrases) = &*NAUGHTY;
    let text = text.to_lowercase();
    python::words(&text).any(|word| words.contains(word))
        || phrases.as_ref().is_some_and(|phrases| phrases.is_match(&text))
}

/// `part / whole`; 0 of nothing.
fn share(part: usize, whole: usize) -> Option<f64> {
    Some(part as f64 / whole.max(1) as f64)
}

/// What has been counted of a text.
#[derive(Default)]
pub(crate) struct PageDolma {
    gopher: OnceCell<Gopher>,
    c4_lines: OnceCell<C4Lines>,
}

/// What the Gopher taggers count.
#[derive(Default)]
struct Gopher {
    words: usize,
    /// Characters of the words.
    characters: u64,
    median_length: f64,
    symbols: usize,
    alphabetic: usize,
    required: usize,
    top: [Option<f64>; 3],
    duplicate: [Option<f64>; 6],
    lines_v1: usize,
    lines_v2: usize,
    bullets: usize,
    ellipses: usize,
    duplicate_lines_v1: usize,
    duplicate_lines_v2: usize,
    duplicate_line_characters: u64,
}

fn gopher<'a>(t: &Measured<'a>) -> &'a Gopher {
    let page = t.page;
    page.published.dolma.gopher.get_or_init(|| Gopher::of(page.text, lines(t)))
}

impl Gopher {
    fn of(text: &str, lines: &[Line]) -> Self {
        let mut found = Self::default();
        if text.is_empty() {
            return found;
        }
        let mut words = Words::with_room(text.len());
        let mut lengths = Lengths::default();
        let mut not_alphabetic = 0;
        each_word(text, |word| {
            words.push(word.hash, word.characters);
            lengths.add(word.characters);
            if word.marks != LETTER {
                found.symbols += usize::from(word.marks & SYMBOL != 0);
                not_alphabetic += usize::from(word.marks & LETTER == 0);
            }
            found.required += usize::from(is_stop_word(word.head, word.characters));
        });
        found.words = words.len();
        found.alphabetic = found.words - not_alphabetic;
        found.characters = words.characters(0, words.len());
        found.median_length = lengths.median();
        found.count_runs(&words);
        found.count_lines(text, lines);
        found
    }

    fn count_runs(&mut self, words: &Words) {
        let all = self.characters.max(1) as f64;
        for (top, n) in self.top.iter_mut().zip(2..) {
            // A run that occurs once is the most frequent too, where none occurs twice.
            *top = (words.len() >= n).then(|| words.characters(0, n) as f64 / all);
        }
        for (duplicate, n) in self.duplicate.iter_mut().zip(5..) {
            *duplicate = (words.len() >= n).then_some(0.0);
        }
        ngrams::each_length(words, 10, |repeated| {
            let n = repeated.n;
            if n < 5 {
                let Some(run) = repeated.most_frequent() else { return };
                let first = run.first as usize;
                let part = words.characters(first, first + n) * u64::from(run.count);
                self.top[n - 2] = Some(part as f64 / all);
            } else {
                let place = |place: &u32| words.characters(*place as usize, *place as usize + n);
                let part: u64 = repeated.places.iter().map(place).sum();
                self.duplicate[n - 5] =
                    Some(part as f64 / words.characters_of_runs(n).max(1) as f64);
            }
        });
    }

    fn count_lines(&mut self, text: &str, lines: &[Line]) {
        let (mut solid, mut blank, mut copies) = (0, 0, 0);
        for line in lines {
            if line.span.is_empty() {
                blank += 1;
                continue;
            }
            solid += 1;
            copies += usize::from(line.is_copied);
            let copied = if line.is_copied { line.characters } else { 0 };
            self.duplicate_line_characters += u64::from(copied);
            let line = line.span.of(text);
            self.bullets += usize::from(line.starts_with(['*', '-']));
            self.ellipses += usize::from(line.ends_with('…'));
        }
        // Splitting at runs of breaks leaves an empty line at either end of the text.
        let blank_ends = usize::from(text.starts_with('\n')) + usize::from(text.ends_with('\n'));
        self.lines_v1 = solid + blank;
        self.lines_v2 = solid + blank_ends;
        let all_of = |blank: usize| if blank > 1 { blank } else { 0 };
        self.duplicate_lines_v1 = copies + all_of(blank);
        self.duplicate_lines_v2 = copies + all_of(blank_ends);
    }
}

/// How many words there are of each length.
struct Lengths {
    short: [u32; 64],
    long: Vec<u32>,
}

impl Default for Lengths {
    fn default() -> Self {
        Self { short: [0; 64], long: Vec::new() }
    }
}

impl Lengths {
    fn add(&mut self, length: u32) {
        match self.short.get_mut(length as usize) {
            Some(count) => *count += 1,
            None => self.long.push(length),
        }
    }

    /// The median; 0 of nothing.
    fn median(mut self) -> f64 {
        self.long.sort_unstable();
        let words = self.short.iter().map(|count| *count as usize).sum::<usize>() + self.long.len();
        let Some(last) = words.checked_sub(1) else { return 0.0 };
        f64::from(self.at(last / 2) + self.at(words / 2)) / 2.0
    }

    /// The length at a place of all lengths in order.
    fn at(&self, place: usize) -> u32 {
        let mut left = place;
        for (length, count) in (0..).zip(self.short) {
            if left < count as usize {
                return length;
            }
            left -= count as usize;
        }
        self.long.get(left).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gopher_of(text: &str) -> Gopher {
        Gopher::of(text, &crate::signals::published::lines::of(text))
    }

    #[test]
    fn medians_are_the_middle_or_the_mean_of_two() {
        let median = |lengths: &[u32]| {
            let mut all = Lengths::default();
            lengths.iter().for_each(|length| all.add(*length));
            all.median()
        };
        assert_eq!(median(&[]), 0.0);
        assert_eq!(median(&[7]), 7.0);
        assert_eq!(median(&[900, 1]), 450.5);
        assert_eq!(median(&[3, 900, 1]), 3.0);
        assert_eq!(median(&[100, 200, 300]), 200.0);
    }

    #[test]
    fn lines_are_counted_as_either_version_does() {
        let found = gopher_of("\n\na\n\n- a…\na\n");
        assert_eq!((found.lines_v1, found.lines_v2), (7, 5));
        assert_eq!((found.duplicate_lines_v1, found.duplicate_lines_v2), (6, 4));
        assert_eq!((found.bullets, found.ellipses), (1, 1));
        assert_eq!(found.duplicate_line_characters, 2);
    }

    #[test]
    fn the_most_frequent_run_counts_even_if_it_occurs_once() {
        let found = gopher_of("ab cde f");
        assert_eq!(found.top, [Some(5.0 / 6.0), Some(1.0), None]);
        assert_eq!(found.duplicate, [None; 6]);
    }
}
