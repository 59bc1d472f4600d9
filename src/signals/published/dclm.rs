//! Signals of DCLM (mlfoundations/dclm): its Gopher quality and repetition filters.
//!
//! Three kinds of word: the length of a page counts fastText's (between seven ASCII characters of
//! white space, if the first character is a letter or a number, so that a word after a quote mark
//! is none); means and ratios count Python's `split()`; runs of words those of UAX 29 whose first
//! character is a letter or a number, with their case. Lines and paragraphs are stripped, blank
//! ones dropped. A repeated line, paragraph or run counts with all its copies.

use std::cell::OnceCell;
use std::slice;

use xxhash_rust::xxh3::xxh3_64;

use super::common::{Segments, is_alnum, occurrences, segments_by_hash};
use super::lines::{Line, lines as all_lines, paragraphs as all_paragraphs};
use super::ngrams::{Words, each_length};
use super::spaces::{LETTER, each_word_of, is_stop_word};
use crate::document::Span;
use crate::signals::{DOCUMENT, Measured, Signal, Unit, count, ratio};
use crate::text::blocks::each_run;
use crate::text::words::each_word as each_uax29_word;
use crate::text::{eights, python};

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
    walked: OnceCell<(Quality, Words)>,
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

fn quality<'a>(t: &Measured<'a>) -> &'a Quality {
    &walked(t).0
}

/// The counts of words of all three kinds, and those of UAX 29 that begin with a letter or a
/// number, case as it is: one walk for all.
fn walked<'a>(t: &Measured<'a>) -> &'a (Quality, Words) {
    let page = t.page;
    page.published.dclm.walked.get_or_init(|| {
        let text = page.text;
        let (mut found, words) = walk(text);
        found.symbols = ["#", "...", ". . .", "…"].iter().map(|s| occurrences(text, s)).sum();
        for line in all_lines(t) {
            let line = python::strip(line.span.of(text));
            found.bullets += usize::from(line.starts_with(['●', '•', '*', '-']));
            // Few lines end with the last byte of one.
            if matches!(line.as_bytes().last(), Some(b'.' | 0xa6)) {
                let ends = ["...", ". . .", "…"].iter().any(|mark| line.ends_with(mark));
                found.ellipses += usize::from(ends);
            }
        }
        (found, words)
    })
}

fn walk(text: &str) -> (Quality, Words) {
    let mut found = Quality::default();
    let mut words = Words::with_room(text.len());
    let bytes = text.as_bytes();
    each_run(bytes, |start, end| {
        let begins = match bytes.get(start) {
            Some(byte) if byte.is_ascii() => byte.is_ascii_alphanumeric(),
            _ => text.get(start..).is_some_and(|rest| rest.starts_with(is_alnum)),
        };
        found.words += usize::from(begins);
        each_word_of(text, start, end, &mut |word| {
            found.spaced += 1;
            found.spaced_chars += word.characters as usize;
            found.non_alphabetic += usize::from(word.marks & LETTER == 0);
            let lower = word.head | eights::letters(word.head) >> 2;
            found.stop_words += usize::from(is_stop_word(lower, word.characters));
        });
        if let Some((from, to)) = only_word(bytes, start, end) {
            words.push(eights::hash(bytes, from, to), to.wrapping_sub(from) as u32);
        } else {
            each_uax29_word(text.get(start..end).unwrap_or(""), |_, word| {
                let (begins, chars) = if word.is_ascii() {
                    (!word.starts_with('_'), word.len())
                } else {
                    (word.starts_with(is_alnum), python::length(word))
                };
                if begins {
                    words.push(eights::hash(word.as_bytes(), 0, word.len()), chars as u32);
                }
            });
        }
    });
    // NUL is white space to fastText, and four control characters are not.
    if bytes.iter().fold(false, |found, byte| found | matches!(byte, 0 | 0x1c..=0x1f)) {
        found.words = word_count(text);
    }
    (found, words)
}

/// Where the one word of UAX 29 stands between white space where there is nothing else but marks
/// around it that join nothing: a run of ASCII letters and digits. `None` of all else.
#[inline(always)]
fn only_word(bytes: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    let alnum = |eight: u64| eights::letters(eight) | eights::digits(eight);
    let is_mark = |byte: &u8| byte.is_ascii() && !byte.is_ascii_alphanumeric() && *byte != b'_';
    let mut from = start;
    while from < end && bytes.get(from).is_some_and(is_mark) {
        from = from.wrapping_add(1);
    }
    let mut to = from;
    loop {
        let length = eights::first(!alnum(eights::load(bytes, to)) & eights::HIGH);
        to = to.wrapping_add(length);
        if length < 8 {
            break;
        }
    }
    let rest = bytes.get(to..end).unwrap_or(&[]);
    (from < to && rest.iter().all(is_mark)).then_some((from, to))
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

/// The lines of a text without the white space around them, blank ones left out.
fn lines(t: &Measured<'_>) -> Segments {
    let page = t.page;
    let parts =
        || all_lines(t).iter().filter_map(|line| stripped(page.text, slice::from_ref(line)));
    *page.published.dclm.lines.get_or_init(|| segments_by_hash(parts()))
}

/// The parts between two line feeds without the white space around them, blank ones left out.
fn paragraphs(t: &Measured<'_>) -> Segments {
    let page = t.page;
    let parts = || all_paragraphs(all_lines(t)).filter_map(|lines| stripped(page.text, lines));
    *page.published.dclm.paragraphs.get_or_init(|| segments_by_hash(parts()))
}

/// Hash and characters of some lines that follow one another, without the white space around
/// them; `None` if there is nothing else.
fn stripped(text: &str, lines: &[Line]) -> Option<(u64, usize)> {
    let (first, last) = (lines.first()?, lines.last()?);
    let whole = Span::new(first.span.start, last.span.end);
    let part = python::strip(whole.of(text));
    match part.len() {
        0 => None,
        length if whole == first.span && length == whole.len() => {
            Some((first.hash, first.characters as usize))
        }
        _ => Some((xxh3_64(part.as_bytes()), python::length(part))),
    }
}

/// The counts, if copies are looked for at all.
fn copied(segments: Segments) -> Option<Segments> {
    (segments.count > 1).then_some(segments)
}

/// What the filter measures of runs of `n` words.
fn run(t: &Measured<'_>, n: usize) -> Option<f64> {
    let runs = t.page.published.dclm.runs.get_or_init(|| runs(&walked(t).1));
    *runs.get(n.checked_sub(2)?)?
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
    use proptest::prelude::*;

    fn runs_of(text: &str) -> [Option<f64>; 9] {
        runs(&walk(text).1)
    }

    proptest! {
        #[test]
        fn one_walk_finds_the_words_of_all_kinds(
            text in any::<String>(),
            marked in "[aB1_.'\":,é²\u{301}\u{3000}\0\x0b\x0c\x1c ]{0,24}",
        ) {
            for text in [text, marked] {
                let (found, words) = walk(&text);
                prop_assert_eq!(found.words, word_count(&text));
                prop_assert_eq!(found.spaced, python::words(&text).count());
                let mut plainly = Vec::new();
                each_uax29_word(&text, |_, word| {
                    if word.starts_with(is_alnum) {
                        plainly.push(eights::hash(word.as_bytes(), 0, word.len()));
                    }
                });
                prop_assert_eq!(words.hashes, plainly);
            }
        }
    }

    #[test]
    fn lines_and_paragraphs_are_stripped() {
        let paragraphs = |text: &str| {
            let lines = crate::signals::published::lines::of(text);
            let parts = all_paragraphs(&lines).filter_map(|lines| stripped(text, lines));
            segments_by_hash(parts)
        };
        let found = paragraphs("  \nab\n\nab\n\n\n  ab \n\n \n\nab\nab");
        assert_eq!((found.count, found.chars, found.kinds), (4, 11, 2));
        assert_eq!((found.copied, found.copied_chars), (3, 6));
        assert_eq!(paragraphs(" \n\n").count, 0);
    }

    #[test]
    fn stop_words_count_in_any_case() {
        assert_eq!(walk("The OF Have thE beta, \"to\" to\0 tÖ").0.stop_words, 4);
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
