//! Signals of NVIDIA NeMo Curator 1.4.0: its heuristic filters with their default settings.
//!
//! Words stand between white space. What its code calls a sentence is a line between line feeds,
//! blank ones left out, white space and all; a paragraph stands between two line feeds, and may be
//! empty. Where the original divides by nothing it raises an error, and the signal is undefined.

use std::cell::OnceCell;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use xxhash_rust::xxh3::xxh3_64;

use super::common::{
    Segments, lower_for_ascii, newline_lines, newline_paragraphs, occurrences, segments,
};
use super::ngrams::{Repeated, Words, each_length};
use super::spaces::each_word;
use crate::document::Span;
use crate::signals::{DOCUMENT, Measured, Signal, Unit, count, ratio};
use crate::text::python;

const STRING: &str = "NeMo Curator 1.4.0, stages/text/filters/heuristic/string.py";
const REPETITION: &str =
    "NeMo Curator 1.4.0, stages/text/filters/heuristic/repetition/repetition.py";

/// The family's signals.
pub(in crate::signals) const ALL: &[&Signal] = &[
    whole!(
        "nemo_non_alphanumeric_char_ratio",
        Ratio,
        STRING,
        "Characters that are none of ASCII letters, ASCII digits, the line feed, `?`, `!`, `,` and `.` divided by characters; 1 for an empty text, never undefined",
        |t| of_chars(t, characters(t).non_alphanumeric)
    ),
    whole!(
        "nemo_digit_char_ratio",
        Ratio,
        STRING,
        "ASCII digits divided by characters; 1 for an empty text, never undefined",
        |t| of_chars(t, characters(t).digits)
    ),
    whole!(
        "nemo_white_space_char_ratio",
        Ratio,
        STRING,
        "Spaces, tabs, line feeds, carriage returns and backspaces divided by characters; 1 for an empty text, never undefined",
        |t| of_chars(t, characters(t).spaces)
    ),
    whole!(
        "nemo_bracket_char_ratio",
        Ratio,
        STRING,
        "Round, square, curly and mathematical angle brackets divided by characters; 1 for an empty text, never undefined",
        |t| of_chars(t, characters(t).brackets)
    ),
    whole!(
        "nemo_url_char_ratio",
        Ratio,
        STRING,
        "Characters of addresses that begin with http:// or https:// divided by characters; 1 for an empty text, never undefined",
        |t| of_chars(t, url_chars(t.page.text))
    ),
    whole!("nemo_word_count", Count, STRING, "Words between white space", |t| count(
        words(t).count
    )),
    whole!(
        "nemo_mean_word_length",
        Number,
        STRING,
        "Characters of words between white space divided by words; undefined without words",
        |t| ratio(words(t).chars, words(t).count)
    ),
    whole!(
        "nemo_longest_word",
        Count,
        STRING,
        "Characters of the longest word between white space; undefined without words",
        |t| (words(t).count > 0).then(|| words(t).longest as f64)
    ),
    whole!(
        "nemo_symbol_word_ratio",
        Ratio,
        STRING,
        "Words that are an ellipsis in one of six spellings, or whose runs of `#` are more than half as many as their characters, divided by words; undefined without words",
        |t| ratio(words(t).symbols, words(t).count)
    ),
    whole!(
        "nemo_alphabetic_word_ratio",
        Ratio,
        STRING,
        "Words with an alphabetic character of any script divided by words; undefined without words",
        |t| ratio(words(t).alphabetic, words(t).count)
    ),
    whole!(
        "nemo_common_word_count",
        Count,
        STRING,
        "Words that are the, be, to, of, and, that, have or with, in lower case; each occurrence counts",
        |t| count(words(t).common)
    ),
    whole!(
        "nemo_bullet_line_ratio",
        Ratio,
        STRING,
        "Lines (not blank) that begin with one of twelve round or dash-like bullets, the hyphen and the asterisk not among them, divided by lines; undefined without lines",
        |t| ratio(lines(t).bullets, lines(t).all.count)
    ),
    whole!(
        "nemo_no_end_mark_line_ratio",
        Ratio,
        STRING,
        "Lines (not blank) that do not end with `.`, `?`, `!` or a straight quote mark divided by lines; undefined without lines",
        |t| ratio(lines(t).no_end_mark, lines(t).all.count)
    ),
    whole!(
        "nemo_ellipsis_line_ratio",
        Ratio,
        STRING,
        "Lines (not blank) that end with an ellipsis in one of six spellings, or with `read more` with or without two points, in any case, divided by lines; undefined without lines",
        |t| ratio(lines(t).ellipses, lines(t).all.count)
    ),
    whole!(
        "nemo_boilerplate_paragraph_ratio",
        Ratio,
        STRING,
        "Paragraphs with one of fourteen phrases of cookie banners and policies divided by paragraphs; 1 if `lorem ipsum` occurs anywhere, never undefined",
        |t| boilerplate(t.page.text)
    ),
    whole!(
        "nemo_unique_line_ratio",
        Ratio,
        REPETITION,
        "Distinct lines (not blank, with the white space around them) divided by lines; undefined without lines",
        |t| ratio(lines(t).all.kinds, lines(t).all.count)
    ),
    whole!(
        "nemo_unique_line_char_ratio",
        Ratio,
        REPETITION,
        "Characters of distinct lines (not blank) divided by characters of lines; undefined without lines",
        |t| ratio(lines(t).all.kind_chars, lines(t).all.chars)
    ),
    whole!(
        "nemo_unique_paragraph_ratio",
        Ratio,
        REPETITION,
        "Distinct paragraphs divided by paragraphs, empty ones among them; never undefined",
        |t| ratio(paragraphs(t).kinds, paragraphs(t).count)
    ),
    whole!(
        "nemo_unique_paragraph_char_ratio",
        Ratio,
        REPETITION,
        "Characters of distinct paragraphs divided by characters of paragraphs; undefined if there are none",
        |t| ratio(paragraphs(t).kind_chars, paragraphs(t).chars)
    ),
    whole!(
        "nemo_top_2gram_char_ratio",
        Ratio,
        REPETITION,
        "Characters that go if the most frequent run of 2 words (of several the first), joined by spaces, is taken out of the text wherever it stands, inside words too, divided by characters; 1 with fewer words, never undefined",
        |t| run(t, 2)
    ),
    whole!(
        "nemo_top_3gram_char_ratio",
        Ratio,
        REPETITION,
        "As `nemo_top_2gram_char_ratio`, 3 words",
        |t| run(t, 3)
    ),
    whole!(
        "nemo_top_4gram_char_ratio",
        Ratio,
        REPETITION,
        "As `nemo_top_2gram_char_ratio`, 4 words",
        |t| run(t, 4)
    ),
    whole!(
        "nemo_duplicate_5gram_char_ratio",
        Ratio,
        REPETITION,
        "Characters of later copies of runs of 5 words, each word once, with a space for each, divided by characters; 1 with fewer words, never undefined",
        |t| run(t, 5)
    ),
    whole!(
        "nemo_duplicate_6gram_char_ratio",
        Ratio,
        REPETITION,
        "As `nemo_duplicate_5gram_char_ratio`, 6 words",
        |t| run(t, 6)
    ),
    whole!(
        "nemo_duplicate_7gram_char_ratio",
        Ratio,
        REPETITION,
        "As `nemo_duplicate_5gram_char_ratio`, 7 words",
        |t| run(t, 7)
    ),
    whole!(
        "nemo_duplicate_8gram_char_ratio",
        Ratio,
        REPETITION,
        "As `nemo_duplicate_5gram_char_ratio`, 8 words",
        |t| run(t, 8)
    ),
    whole!(
        "nemo_duplicate_9gram_char_ratio",
        Ratio,
        REPETITION,
        "As `nemo_duplicate_5gram_char_ratio`, 9 words",
        |t| run(t, 9)
    ),
    whole!(
        "nemo_duplicate_10gram_char_ratio",
        Ratio,
        REPETITION,
        "As `nemo_duplicate_5gram_char_ratio`, 10 words",
        |t| run(t, 10)
    ),
];

/// What has been counted of a text.
#[derive(Default)]
pub(crate) struct PageNemo {
    characters: OnceCell<Characters>,
    words: OnceCell<WordCounts>,
    lines: OnceCell<Lines>,
    paragraphs: OnceCell<Segments>,
    runs: OnceCell<[Option<f64>; 9]>,
}

/// Characters of a text, by kind.
#[derive(Clone, Copy, Default)]
struct Characters {
    all: usize,
    non_alphanumeric: usize,
    digits: usize,
    spaces: usize,
    brackets: usize,
}

/// A share of the text's characters; 1 if there are none.
fn of_chars(t: &Measured<'_>, part: usize) -> Option<f64> {
    ratio(part, characters(t).all).or(Some(1.0))
}

/// For each ASCII byte the kinds it belongs to.
const KINDS: [u8; 128] = {
    let mut table = [0; 128];
    let mut at = 0;
    while at < 128 {
        let byte = at as u8;
        if byte.is_ascii_alphanumeric() || matches!(byte, b'\n' | b'?' | b'!' | b',' | b'.') {
            table[at] |= 1;
        }
        if byte.is_ascii_digit() {
            table[at] |= 2;
        }
        if matches!(byte, b'\t' | b'\n' | b'\r' | 0x08 | b' ') {
            table[at] |= 4;
        }
        if matches!(byte, b'{' | b'}' | b'[' | b']' | b'(' | b')') {
            table[at] |= 8;
        }
        at += 1;
    }
    table
};

fn characters(t: &Measured<'_>) -> Characters {
    *t.page.published.nemo.characters.get_or_init(|| {
        let text = t.page.text;
        let mut bytes = [0usize; 128];
        for byte in text.bytes() {
            if let Some(count) = bytes.get_mut(usize::from(byte)) {
                *count += 1;
            }
        }
        let mut found = Characters { all: python::length(text), ..Characters::default() };
        let mut alphanumeric = 0;
        for (kinds, count) in KINDS.iter().zip(bytes) {
            let of = |kind: u8| if kinds & kind != 0 { count } else { 0 };
            alphanumeric += of(1);
            found.digits += of(2);
            found.spaces += of(4);
            found.brackets += of(8);
        }
        found.non_alphanumeric = found.all - alphanumeric;
        if !text.is_ascii() {
            found.brackets += occurrences(text, "⟨") + occurrences(text, "⟩");
        }
        found
    })
}

/// Characters in matches of the filter's pattern for addresses.
fn url_chars(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut chars = 0;
    let mut end = 0;
    for start in memchr::memmem::find_iter(bytes, b"http") {
        if start < end {
            continue;
        }
        let rest = bytes.get(start + 4..).unwrap_or(&[]);
        let scheme = match rest {
            [b':', b'/', b'/', ..] => 7,
            [b's', b':', b'/', b'/', ..] => 8,
            _ => continue,
        };
        let mut at = start + scheme;
        loop {
            at += match bytes.get(at..).unwrap_or(&[]) {
                [b'%', one, two, ..] if one.is_ascii_hexdigit() && two.is_ascii_hexdigit() => 3,
                [byte, ..] if byte.is_ascii_alphanumeric() => 1,
                [byte, ..] if b"$-_@.&+/:=?#~!*(),".contains(byte) => 1,
                _ => break,
            };
        }
        if at > start + scheme {
            chars += at - start;
            end = at;
        }
    }
    chars
}

/// The counts of words.
#[derive(Clone, Copy, Default)]
struct WordCounts {
    count: usize,
    chars: usize,
    longest: usize,
    symbols: usize,
    alphabetic: usize,
    common: usize,
}

fn words(t: &Measured<'_>) -> WordCounts {
    *t.page.published.nemo.words.get_or_init(|| {
        let mut found = WordCounts::default();
        each_word(t.page.text, |word| {
            let chars = word.characters as usize;
            found.count += 1;
            found.chars += chars;
            found.longest = found.longest.max(chars);
            let is_alphabetic = word.text().bytes().any(|b| b.is_ascii_alphabetic())
                || (!word.text().is_ascii() && word.text().chars().any(char::is_alphabetic));
            found.alphabetic += usize::from(is_alphabetic);
            found.symbols += usize::from(is_symbol(word.text(), chars));
            found.common += usize::from(matches!(
                word.text(),
                "the" | "be" | "to" | "of" | "and" | "that" | "have" | "with"
            ));
        });
        found
    })
}

/// A word that is an ellipsis, or `#` with little beside: `#`, `#a#`, but not `##`.
fn is_symbol(word: &str, chars: usize) -> bool {
    if matches!(word, "..." | "[...]" | "…" | "(...)" | "[…]" | "-»") {
        return true;
    }
    let mut before = 0;
    let runs = word.bytes().filter(|byte| {
        let begins = *byte == b'#' && before != b'#';
        before = *byte;
        begins
    });
    2 * runs.count() > chars
}

/// The counts of lines.
#[derive(Clone, Copy, Default)]
struct Lines {
    all: Segments,
    bullets: usize,
    no_end_mark: usize,
    ellipses: usize,
}

const BULLETS: [char; 12] = ['•', '‣', '⁃', '⁌', '⁍', '∙', '○', '●', '◘', '◦', '⦾', '⦿'];
const ELLIPSES: [&str; 6] = ["...", "[...]", "…", "(...)", "[…]", "-»"];

fn lines(t: &Measured<'_>) -> Lines {
    *t.page.published.nemo.lines.get_or_init(|| {
        let mut found = Lines::default();
        let whole = newline_lines(t.page.text).filter(|line| {
            let line = python::strip(line);
            if line.is_empty() {
                return false;
            }
            found.bullets += usize::from(line.starts_with(BULLETS));
            found.no_end_mark += usize::from(!line.ends_with(['.', '?', '!', '"', '\'']));
            // Few lines end with the last byte of one.
            let last = line.as_bytes().last();
            if matches!(last, Some(b'.' | b']' | b')' | b'e' | b'E' | 0xa6 | 0xbb)) {
                let ends = ELLIPSES.iter().any(|mark| line.ends_with(mark)) || ends_read_more(line);
                found.ellipses += usize::from(ends);
            }
            true
        });
        let all = segments(whole);
        found.all = all;
        found
    })
}

/// True for a line that ends with "read more" or "read more..", in any case.
fn ends_read_more(line: &str) -> bool {
    let line = line.strip_suffix("..").unwrap_or(line).as_bytes();
    let start = line.len().saturating_sub("read more".len());
    line.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(b"read more"))
}

fn paragraphs(t: &Measured<'_>) -> Segments {
    let of = || segments(newline_paragraphs(t.page.text));
    *t.page.published.nemo.paragraphs.get_or_init(of)
}

/// Phrases of policies, in lower case; then the beginnings of three sentences of cookie banners,
/// which count only whole. A fourth and a fifth sentence hold a phrase, and need no place here.
static PHRASES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let phrases = [
        "lorem ipsum",
        "terms of use",
        "privacy policy",
        "cookie policy",
        "uses cookies",
        "privacy overview",
        "use of cookies",
        "use cookies",
        "privacy & cookies policy",
        "privacy and cookies policy",
        "necessary cookies are absolutely",
        "any cookies that may not be",
        "if you continue to browse",
    ];
    AhoCorasick::builder().ascii_case_insensitive(true).build(phrases).ok()
});
/// The first of the phrases that is a beginning only.
const FIRST_BEGINNING: usize = 10;
/// Bytes of the three sentences, and hashes of them.
const SENTENCES: [(usize, u64); 3] =
    [(242, 0x5cd654efb7cbb166), (302, 0x1b2f55a77d3662ed), (113, 0x8ee46dbc336424f1)];

fn boilerplate(text: &str) -> Option<f64> {
    let text = lower_for_ascii(text);
    let paragraphs = occurrences(&text, "\n\n") + 1;
    let mut found = 0;
    let mut at = 0;
    let mut end = 0;
    for hit in PHRASES.as_ref()?.find_overlapping_iter(text.as_ref()) {
        let place = Span::new(hit.start(), hit.end());
        match hit.pattern().as_usize() {
            0 => return Some(1.0),
            phrase => {
                let sentence = phrase.checked_sub(FIRST_BEGINNING).and_then(|n| SENTENCES.get(n));
                if sentence.is_some_and(|sentence| !is_sentence(&text, place, *sentence)) {
                    continue;
                }
            }
        }
        if place.start < end {
            continue;
        }
        // The paragraph of the hit counts once.
        while end <= place.start {
            let rest = text.get(at..).unwrap_or("");
            end = rest.find("\n\n").map_or(usize::MAX, |length| at + length);
            at = end.saturating_add(2);
        }
        found += 1;
    }
    ratio(found, paragraphs)
}

/// True if the whole sentence stands where its beginning does.
fn is_sentence(text: &str, place: Span, (length, hash): (usize, u64)) -> bool {
    let whole = text.as_bytes().get(place.start..place.start + length);
    whole.is_some_and(|whole| xxh3_64(&whole.to_ascii_lowercase()) == hash)
}

/// What the filter measures of runs of `n` words.
fn run(t: &Measured<'_>, n: usize) -> Option<f64> {
    let runs = t.page.published.nemo.runs.get_or_init(|| runs(t.page.text));
    *runs.get(n.checked_sub(2)?)?
}

/// For runs of 2 to 10 words what the filters compare.
fn runs(text: &str) -> [Option<f64>; 9] {
    let mut words = Words::with_room(text.len());
    let mut texts: Vec<&str> = Vec::with_capacity(text.len() / 5 + 1);
    each_word(text, |word| {
        words.push(word.hash, word.characters);
        texts.push(word.text());
    });
    let total = python::length(text);
    let mut found = [Some(1.0); 9];
    for (n, value) in (2..).zip(found.iter_mut()) {
        if words.len() >= n && n <= 4 {
            // Of runs that occur once the first counts, as of all that are as frequent.
            *value = top(text, texts.get(..n), total);
        } else if words.len() >= n {
            *value = Some(0.0);
        }
    }
    each_length(&words, 10, |repeated| {
        let n = repeated.n;
        let value = if n <= 4 {
            let first = repeated.most_frequent().map_or(0, |run| run.first as usize);
            top(text, texts.get(first..first + n), total)
        } else {
            ratio(duplicates(&words, repeated), total)
        };
        if let Some(place) = found.get_mut(n.saturating_sub(2)) {
            *place = value;
        }
    });
    found
}

/// The share of a text that goes if a run of words is taken out of it.
fn top(text: &str, run: Option<&[&str]>, total: usize) -> Option<f64> {
    let joined = run?.join(" ");
    ratio(occurrences(text, &joined) * python::length(&joined), total)
}

/// Characters of later copies: each word once, and a space for each but the first of a run that
/// overlaps none.
fn duplicates(words: &Words, repeated: &Repeated) -> usize {
    let n = repeated.n;
    let mut firsts =
        repeated.runs.iter().filter(|run| run.count > 1).map(|run| run.first).peekable();
    let mut covered_to = 0;
    let mut chars = 0;
    for place in &repeated.places {
        if firsts.next_if(|first| first == place).is_some() {
            continue;
        }
        let at = *place as usize;
        let from = covered_to.max(at);
        covered_to = at + n;
        chars += words.characters(from, covered_to) as usize + (covered_to - from).min(n - 1);
    }
    chars
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_end_where_the_pattern_ends() {
        assert_eq!(url_chars("see https://a.example/x?y=1, http:// http://b%2"), 24 + 8);
        assert_eq!(url_chars("httphttp://ab<"), 9);
    }

    #[test]
    fn a_symbol_is_a_number_sign_or_an_ellipsis() {
        for (word, is) in [("#", true), ("##", false), ("#a#", true), ("...", true), ("a#", false)]
        {
            assert_eq!(is_symbol(word, python::length(word)), is, "{word}");
        }
    }

    #[test]
    fn the_top_run_is_found_inside_words_too() {
        // "a b" stands in "aa bb" as well: 3 + 3 + 3 of 14 characters.
        assert_eq!(runs("a b x a b aa bb")[0], Some(9.0 / 15.0));
        assert_eq!(runs("a")[0], Some(1.0));
    }

    #[test]
    fn later_copies_count_with_their_spaces() {
        // Copy of 5 words: 5 characters and 4 spaces.
        assert_eq!(runs("a b c d e x a b c d e")[3], Some(9.0 / 21.0));
        // The copies overlap the first run and each other.
        assert_eq!(runs("a a a a a a a")[3], Some((5.0 + 4.0 + 2.0) / 13.0));
    }

    #[test]
    fn a_paragraph_counts_once() {
        let text = "We use cookies. Privacy policy\n\nCorn\n\n\nTerms of Use\n\nRye";
        assert_eq!(boilerplate(text), Some(0.5));
        assert_eq!(boilerplate(""), Some(0.0));
        assert_eq!(boilerplate("use cookies\n\nLorem  ipsum, LOREM IPSUM"), Some(1.0));
    }
}
