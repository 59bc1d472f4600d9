//! Signals of DCLM (mlfoundations/dclm): its Gopher quality and repetition filters.
//!
//! Three kinds of word: the length of a page counts fastText's (between seven ASCII characters of
//! white space, if the first character is a letter or a number, so that a word after a quote mark
//! is none); means and ratios count Python's `split()`; runs of words those of UAX 29 whose first
//! character is a letter or a number, with their case. Lines and paragraphs are stripped, blank
//! ones dropped. A repeated line, paragraph or run counts with all its copies.

use std::cell::OnceCell;

use super::common::{
    Segments, hash, is_alnum, newline_lines, newline_paragraphs, occurrences, segments,
};
use super::ngrams::{Words, each_length};
use super::spaces::{LETTER, each_word};
use crate::signals::{DOCUMENT, Measured, Signal, Unit, count, ratio};
use crate::text::python;
use crate::text::words::each_word as each_uax29_word;

const QUALITY: &str = "DCLM, mlfoundations/dclm c7ed275, mappers/filters/content_filters.py";

/// The family's signals.
pub(in crate::signals) const ALL: &[&Signal] = &[
    whole!(
        "dclm_word_count",
        Count,
        QUALITY,
        "Words between spaces, tabs, line breaks, form feeds and NUL (fastText's) whose first character is a letter or a number",
        |t| count(quality(t).words)
    ),
    whole!(
        "dclm_mean_word_length",
        Number,
        QUALITY,
        "Characters of words between white space divided by those words; undefined without words",
        |t| ratio(quality(t).spaced_chars, quality(t).spaced)
    ),
    whole!(
        "dclm_symbols_per_word",
        Number,
        QUALITY,
        "Occurrences of `#` and of the ellipsis (three points, three points apart, one character), summed, divided by words between white space; undefined without words",
        |t| ratio(quality(t).symbols, quality(t).spaced)
    ),
    whole!(
        "dclm_bullet_line_ratio",
        Ratio,
        QUALITY,
        "Lines (not blank) that begin with `●`, `•`, `*` or `-` divided by lines; undefined without lines",
        |t| ratio(quality(t).bullets, lines(t).count)
    ),
    whole!(
        "dclm_ellipsis_line_ratio",
        Ratio,
        QUALITY,
        "Lines (not blank) that end with an ellipsis (three points, three points apart, one character) divided by lines; undefined without lines",
        |t| ratio(quality(t).ellipses, lines(t).count)
    ),
    whole!(
        "dclm_non_alphabetic_word_ratio",
        Ratio,
        QUALITY,
        "Words between white space without a letter divided by words; undefined without words",
        |t| ratio(quality(t).non_alphabetic, quality(t).spaced)
    ),
    whole!(
        "dclm_stop_word_count",
        Count,
        QUALITY,
        "Words between white space that are the, be, to, of, and, that, have or with, in any case; each occurrence counts",
        |t| count(quality(t).stop_words)
    ),
    whole!(
        "dclm_duplicate_line_ratio",
        Ratio,
        QUALITY,
        "Lines that occur twice or more, all copies, divided by lines; undefined with fewer than two lines",
        |t| copied(lines(t)).and_then(|lines| ratio(lines.copied, lines.count))
    ),
    whole!(
        "dclm_duplicate_line_char_ratio",
        Ratio,
        QUALITY,
        "Characters of lines that occur twice or more, all copies, divided by characters of lines; undefined with fewer than two lines",
        |t| copied(lines(t)).and_then(|lines| ratio(lines.copied_chars, lines.chars))
    ),
    whole!(
        "dclm_duplicate_paragraph_ratio",
        Ratio,
        QUALITY,
        "Paragraphs (between two line feeds) that occur twice or more, all copies, divided by paragraphs; undefined with fewer than two",
        |t| copied(paragraphs(t)).and_then(|all| ratio(all.copied, all.count))
    ),
    whole!(
        "dclm_duplicate_paragraph_char_ratio",
        Ratio,
        QUALITY,
        "Characters of paragraphs that occur twice or more, all copies, divided by characters of paragraphs; undefined with fewer than two",
        |t| copied(paragraphs(t)).and_then(|all| ratio(all.copied_chars, all.chars))
    ),
    whole!(
        "dclm_top_2gram_char_share",
        Number,
        QUALITY,
        "Characters of the longest among the most frequent runs of 2 words times its count, divided by characters of words; 0 if none repeats, undefined with fewer words",
        |t| run(t, 2)
    ),
    whole!(
        "dclm_top_3gram_char_share",
        Number,
        QUALITY,
        "As `dclm_top_2gram_char_share`, 3 words",
        |t| { run(t, 3) }
    ),
    whole!(
        "dclm_top_4gram_char_share",
        Number,
        QUALITY,
        "As `dclm_top_2gram_char_share`, 4 words",
        |t| { run(t, 4) }
    ),
    whole!(
        "dclm_duplicate_5gram_char_ratio",
        Ratio,
        QUALITY,
        "Characters of words that stand in a run of 5 words that occurs twice or more, divided by characters of words; undefined with fewer words",
        |t| run(t, 5)
    ),
    whole!(
        "dclm_duplicate_6gram_char_ratio",
        Ratio,
        QUALITY,
        "As `dclm_duplicate_5gram_char_ratio`, 6 words",
        |t| run(t, 6)
    ),
    whole!(
        "dclm_duplicate_7gram_char_ratio",
        Ratio,
        QUALITY,
        "As `dclm_duplicate_5gram_char_ratio`, 7 words",
        |t| run(t, 7)
    ),
    whole!(
        "dclm_duplicate_8gram_char_ratio",
        Ratio,
        QUALITY,
        "As `dclm_duplicate_5gram_char_ratio`, 8 words",
        |t| run(t, 8)
    ),
    whole!(
        "dclm_duplicate_9gram_char_ratio",
        Ratio,
        QUALITY,
        "As `dclm_duplicate_5gram_char_ratio`, 9 words",
        |t| run(t, 9)
    ),
    whole!(
        "dclm_duplicate_10gram_char_ratio",
        Ratio,
        QUALITY,
        "As `dclm_duplicate_5gram_char_ratio`, 10 words",
        |t| run(t, 10)
    ),
];

/// What has been counted of a text.
#[derive(Default)]
pub(crate) struct PageDclm {
    quality: OnceCell<Quality>,
    lines: OnceCell<Segments>,
    paragraphs: OnceCell<Segments>,
    runs: OnceCell<[Option<f64>; 9]>,
}

/// The counts of the quality filters.
#[derive(Clone, Copy, Debug, Default)]
struct Quality {
    words: usize,
    spaced: usize,
    spaced_chars: usize,
    non_alphabetic: usize,
    stop_words: usize,
    symbols: usize,
    bullets: usize,
    ellipses: usize,
}

fn quality(t: &Measured<'_>) -> Quality {
    *t.page.published.dclm.quality.get_or_init(|| {
        let text = t.page.text;
        let mut found = Quality { words: word_count(text), ..Quality::default() };
        each_word(text, |word| {
            found.spaced += 1;
            found.spaced_chars += word.characters as usize;
            found.non_alphabetic += usize::from(word.marks & LETTER == 0);
            found.stop_words += usize::from(is_stop_word(word.text));
        });
        found.symbols = ["#", "...", ". . .", "…"].iter().map(|s| occurrences(text, s)).sum();
        for line in stripped_lines(text) {
            found.bullets += usize::from(line.starts_with(['●', '•', '*', '-']));
            // Few lines end with the last byte of one.
            if matches!(line.as_bytes().last(), Some(b'.' | 0xa6)) {
                let ends = ["...", ". . .", "…"].iter().any(|mark| line.ends_with(mark));
                found.ellipses += usize::from(ends);
            }
        }
        found
    })
}

/// fastText's words of a text whose first character is a letter or a number.
pub(super) fn word_count(text: &str) -> usize {
    const SPACE: u8 = 1;
    const ALNUM: u8 = 2;
    const OTHER: u8 = 4;
    const CLASSES: [u8; 256] = {
        let mut table = [0; 256];
        let mut at = 0;
        while at < 256 {
            let byte = at as u8;
            table[at] = match byte {
                b' ' | b'\n' | b'\r' | b'\t' | 0x0b | 0x0c | 0 => SPACE,
                _ if byte.is_ascii_alphanumeric() => ALNUM,
                _ if byte.is_ascii() => 0,
                _ => OTHER,
            };
            at += 1;
        }
        table
    };
    let mut words = 0;
    let mut before = SPACE;
    for (at, byte) in text.bytes().enumerate() {
        let class = CLASSES[usize::from(byte)];
        words += usize::from(before == SPACE && class == ALNUM);
        if before == SPACE && class == OTHER {
            words += usize::from(text.get(at..).is_some_and(|rest| rest.starts_with(is_alnum)));
        }
        before = class;
    }
    words
}

fn is_stop_word(word: &str) -> bool {
    let mut lower = [0; 4];
    let Some(lower) = lower.get_mut(..word.len()) else { return false };
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    matches!(&*lower, b"the" | b"be" | b"to" | b"of" | b"and" | b"that" | b"have" | b"with")
}

/// The lines of a text without the white space around them, blank ones left out.
fn stripped_lines(text: &str) -> impl Iterator<Item = &str> {
    newline_lines(text).map(python::strip).filter(|line| !line.is_empty())
}

fn lines(t: &Measured<'_>) -> Segments {
    let of = || segments(stripped_lines(t.page.text));
    *t.page.published.dclm.lines.get_or_init(of)
}

fn paragraphs(t: &Measured<'_>) -> Segments {
    let of = || {
        let parts = newline_paragraphs(t.page.text).map(python::strip);
        segments(parts.filter(|part| !part.is_empty()))
    };
    *t.page.published.dclm.paragraphs.get_or_init(of)
}

/// The counts, if copies are looked for at all.
fn copied(segments: Segments) -> Option<Segments> {
    (segments.count > 1).then_some(segments)
}

/// What the filter measures of runs of `n` words.
fn run(t: &Measured<'_>, n: usize) -> Option<f64> {
    let runs = t.page.published.dclm.runs.get_or_init(|| runs(&words(t.page.text)));
    *runs.get(n.checked_sub(2)?)?
}

/// The words of UAX 29 that begin with a letter or a number; case counts.
fn words(text: &str) -> Words {
    let mut found = Words::with_room(text.len());
    each_uax29_word(text, |_, word| {
        let (begins, chars) = if word.is_ascii() {
            (!word.starts_with('_'), word.len())
        } else {
            (word.starts_with(is_alnum), python::length(word))
        };
        if begins {
            found.push(hash(word.as_bytes()), chars as u32);
        }
    });
    found
}

/// For runs of 2 to 10 words what the filters compare.
fn runs(words: &Words) -> [Option<f64>; 9] {
    let mut found = [None; 9];
    for (value, n) in found.iter_mut().zip(2..) {
        *value = (words.len() >= n).then_some(0.0);
    }
    let total = words.characters(0, words.len()) as f64;
    each_length(words, 10, |repeated| {
        let n = repeated.n;
        let characters = |from: u32| words.characters(from as usize, from as usize + n);
        let part = if n <= 4 {
            let most = repeated.runs.iter().map(|run| run.count).max().unwrap_or(0);
            let top = repeated.runs.iter().filter(|run| run.count == most);
            u64::from(most) * top.map(|run| characters(run.first)).max().unwrap_or(0)
        } else {
            repeated.covered(words)
        };
        if let Some(value) = found.get_mut(n.saturating_sub(2)) {
            *value = Some(part as f64 / total);
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs_of(text: &str) -> [Option<f64>; 9] {
        runs(&words(text))
    }

    #[test]
    fn a_word_after_a_mark_is_none_for_the_length() {
        assert_eq!(word_count("\"Well, he said (twice) 3 times\u{a0}over\0end \u{1c}x"), 5);
        assert_eq!(word_count("Ёлка 東京 _low ²"), 3);
        assert_eq!(word_count(""), 0);
    }

    #[test]
    fn both_copies_of_a_run_count_and_each_word_once() {
        let found = runs_of("a b c d e x a b c d e y");
        assert_eq!(found[3], Some(10.0 / 12.0));
        assert_eq!(found[4], Some(0.0));
        assert_eq!(runs_of("a b c")[2], None);
    }

    #[test]
    fn the_longest_of_the_most_frequent_runs_counts_and_overlaps_count_twice() {
        assert_eq!(runs_of("a b x long words y a b z long words")[0], Some(18.0 / 25.0));
        assert_eq!(runs_of("ha ha ha ha ha")[0], Some(16.0 / 10.0));
        assert_eq!(runs_of("Ab c ab c")[0], Some(0.0), "case counts");
    }

    #[test]
    fn words_that_join_to_the_same_letters_differ() {
        assert_eq!(runs_of("ab c, a bc")[0], Some(0.0));
    }
}
