//! Signals of RefinedWeb's line filters as DCLM has them (its `line_modifiers`).
//!
//! A line stands between line feeds, with the white space at its ends; a block is measured by the
//! line it stands in. What the whole line of filters does to the words of a page is told by one
//! number before anything is cut.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::common::{is_alnum, is_digit, newline_lines};
use super::dclm::word_count;
use super::spaces::each_word;
use crate::signals::{BLOCK, DOCUMENT, Measured, Signal, Unit, count, flag, ratio};
use crate::text::python;

const MODIFIERS: &str = "DCLM, mlfoundations/dclm 15af3ce, mappers/modifiers.py";

/// The family's signals.
pub(in crate::signals) const ALL: &[&Signal] = &[
    &Signal {
        name: "refinedweb_line_upper_case_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "Upper-case characters of the block's line divided by its characters, white space at its ends among them; undefined for an empty line",
        source: MODIFIERS,
        measure: |t| own_line(t).and_then(|line| ratio(line.upper, line.chars)),
    },
    &Signal {
        name: "refinedweb_line_digit_ratio",
        unit: Unit::Ratio,
        scopes: BLOCK,
        needs: &[],
        about: "Digits (Python's `isdigit`) of the block's line divided by its characters, white space at its ends among them; undefined for an empty line",
        source: MODIFIERS,
        measure: |t| own_line(t).and_then(|line| ratio(line.digits, line.chars)),
    },
    &Signal {
        name: "refinedweb_line_is_counter",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "1 if the block's line is a number and one of likes, shares, comments, retweets, reposts, quotes, bookmarks, upvotes, downvotes, downloads, views and followers, marks around them aside, else 0",
        source: MODIFIERS,
        measure: |t| flag(own_line(t)?.is_counter),
    },
    &Signal {
        name: "refinedweb_line_word_count",
        unit: Unit::Count,
        scopes: BLOCK,
        needs: &[],
        about: "Words between white space in the block's line",
        source: MODIFIERS,
        measure: |t| count(own_line(t)?.words),
    },
    &Signal {
        name: "refinedweb_removed_word_ratio",
        unit: Unit::Ratio,
        scopes: DOCUMENT,
        needs: &[],
        about: "Words that DCLM's seven line filters would take from the text, divided by words (`dclm_word_count`), found without cutting anything; undefined without words",
        source: "DCLM, mlfoundations/dclm c7ed275, mappers/filters/content_filters.py, word_removal_ratio_filter",
        measure: |t| {
            let cell = &t.page.published.refinedweb.removed;
            *cell.get_or_init(|| removed_word_ratio(t.page.text))
        },
    },
];

/// What has been counted of a text.
#[derive(Default)]
pub(crate) struct PageRefinedWeb {
    lines: OnceCell<Vec<Line>>,
    /// The line of the block asked for last.
    last: Cell<Option<(usize, Line)>>,
    removed: OnceCell<Option<f64>>,
}

/// The counts of a line.
#[derive(Clone, Copy)]
struct Line {
    /// Its first byte in the text.
    start: usize,
    chars: usize,
    upper: usize,
    digits: usize,
    words: usize,
    is_counter: bool,
}

/// The line in which a block begins.
fn own_line(t: &Measured<'_>) -> Option<Line> {
    let last = &t.page.published.refinedweb.last;
    if let Some((_, line)) = last.get().filter(|(start, _)| *start == t.span.start) {
        return Some(line);
    }
    let lines = t.page.published.refinedweb.lines.get_or_init(|| {
        let mut start = 0;
        let of = |text: &str| {
            let line = Line {
                start,
                chars: python::length(text),
                upper: upper_case(text),
                digits: digits(text),
                words: words(text),
                is_counter: is_counter(text),
            };
            start += text.len() + 1;
            line
        };
        newline_lines(t.page.text).map(of).collect()
    });
    let after = lines.partition_point(|line| line.start <= t.span.start);
    let line = after.checked_sub(1).and_then(|n| lines.get(n)).copied();
    last.set(line.map(|line| (t.span.start, line)));
    line
}

fn upper_case(line: &str) -> usize {
    if line.is_ascii() {
        return line.bytes().filter(u8::is_ascii_uppercase).count();
    }
    line.chars().filter(|c| c.is_uppercase()).count()
}

fn digits(line: &str) -> usize {
    if line.is_ascii() {
        return line.bytes().filter(u8::is_ascii_digit).count();
    }
    line.chars().filter(|c| is_digit(*c)).count()
}

fn words(line: &str) -> usize {
    let mut words = 0;
    each_word(line, |_| words += 1);
    words
}

const COUNTED: [&str; 12] = [
    "likes",
    "shares",
    "comments",
    "retweets",
    "reposts",
    "quotes",
    "bookmarks",
    "upvotes",
    "downvotes",
    "downloads",
    "views",
    "followers",
];

/// True for "3 likes", "1,204 Views", "* 2.5K followers *".
fn is_counter(line: &str) -> bool {
    let line = line.trim_matches(|c| !(is_alnum(c) || c == '_'));
    if !line.starts_with(python::is_decimal) {
        return false;
    }
    let rest = line.trim_start_matches(|c| matches!(c, ',' | '.') || python::is_decimal(c));
    let rest = rest.strip_prefix(['k', 'K', 'm', 'M', 'b', 'B']).unwrap_or(rest);
    let word = rest.trim_start_matches(python::is_space);
    word.len() < rest.len() && COUNTED.iter().any(|counted| word.eq_ignore_ascii_case(counted))
}

/// Lines of more words are left alone by what deletes phrases.
const MOST_WORDS: usize = 10;

/// The phrases that are deleted: a page without them needs no look at its lines.
static PHRASES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let phrases = ["items in cart", "read more", "sign-in"];
    AhoCorasick::builder().ascii_case_insensitive(true).build(phrases).ok()
});

/// The share of a page's words that the filters take, one after the other as the original does it.
fn removed_word_ratio(text: &str) -> Option<f64> {
    let before = word_count(text);
    let mut lines: Vec<Cow<'_, str>> = newline_lines(text).map(Cow::Borrowed).collect();
    lines.retain(|line| 2 * upper_case(line) <= python::length(line));
    strip(&mut lines);
    lines.retain(|line| !is_digits(line));
    strip(&mut lines);
    lines.retain(|line| !is_counter(line));
    strip(&mut lines);
    lines.retain(|line| line.is_empty() || python::words(line).nth(1).is_some());
    if PHRASES.as_ref().is_some_and(|phrases| phrases.is_match(text)) {
        for delete in [delete_items_in_cart, delete_read_more, delete_sign_in] {
            lines.retain_mut(|line| {
                let Some(changed) = delete(line) else { return true };
                if python::words(line).nth(MOST_WORDS).is_some() {
                    return true;
                }
                let stays = !python::strip(&changed).is_empty();
                *line = Cow::Owned(changed);
                stays
            });
            strip(&mut lines);
        }
    }
    let after: usize = lines.iter().map(|line| word_count(line)).sum();
    ratio(before.saturating_sub(after), before)
}

/// True if more than 0.999999 of a line's characters are digits.
fn is_digits(line: &str) -> bool {
    if line.len() < 1_000_000 {
        return !line.is_empty() && line.chars().all(is_digit);
    }
    digits(line) as f64 / python::length(line) as f64 > 0.999_999
}

/// `str.strip()` of the lines joined: blank lines at both ends go, and the white space there.
fn strip(lines: &mut Vec<Cow<'_, str>>) {
    let is_blank = |line: &Cow<'_, str>| python::strip(line).is_empty();
    let blank = lines.iter().take_while(|line| is_blank(line)).count();
    lines.drain(..blank);
    let solid = lines.len() - lines.iter().rev().take_while(|line| is_blank(line)).count();
    lines.truncate(solid);
    if let Some(first) = lines.first_mut() {
        let kept = first.trim_start_matches(python::is_space);
        if kept.len() < first.len() {
            *first = Cow::Owned(kept.to_owned());
        }
    }
    if let Some(last) = lines.last_mut() {
        let kept = last.trim_end_matches(python::is_space);
        if kept.len() < last.len() {
            *last = Cow::Owned(kept.to_owned());
        }
    }
}

/// Where a phrase of ASCII letters stands, in any case.
fn find(line: &str, phrase: &str) -> Option<usize> {
    let windows = line.as_bytes().windows(phrase.len());
    windows.into_iter().position(|window| window.eq_ignore_ascii_case(phrase.as_bytes()))
}

/// A text without its last character, if that is white space.
fn without_last_space(text: &str) -> &str {
    text.strip_suffix(python::is_space).unwrap_or(text)
}

fn delete_items_in_cart(line: &str) -> Option<String> {
    const PHRASE: &str = "items in cart";
    find(line, PHRASE)?;
    let mut kept = String::new();
    let mut rest = line;
    while let Some(at) = find(rest, PHRASE) {
        kept.push_str(without_last_space(rest.get(..at).unwrap_or("")));
        rest = rest.get(at + PHRASE.len()..).unwrap_or("");
    }
    kept.push_str(rest);
    Some(kept)
}

/// "Read more" and three characters, whatever they are, at the end: the original's pattern has its
/// points unescaped.
fn delete_read_more(line: &str) -> Option<String> {
    const PHRASE: &str = "read more";
    let (three, _) = line.char_indices().rev().nth(2)?;
    let start = three.checked_sub(PHRASE.len())?;
    let found = line.as_bytes().get(start..three)?;
    found
        .eq_ignore_ascii_case(PHRASE.as_bytes())
        .then(|| without_last_space(line.get(..start).unwrap_or("")).to_owned())
}

fn delete_sign_in(line: &str) -> Option<String> {
    let start = line.as_bytes().get(.."sign-in".len())?;
    if !start.eq_ignore_ascii_case(b"sign-in") {
        return None;
    }
    let rest = line.get(start.len()..)?;
    Some(rest.strip_prefix(python::is_space).unwrap_or(rest).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_a_number_and_what_is_counted() {
        for line in ["3 likes", "1,204 Views", "2.5K followers!", " * 12\tcomments * ", "٣ likes"]
        {
            assert!(is_counter(line), "{line}");
        }
        for line in ["likes 3", "12comments", "7 shares today", "3 kg likes", "_3 likes", ""] {
            assert!(!is_counter(line), "{line}");
        }
    }

    #[test]
    fn phrases_go_with_one_space() {
        assert_eq!(delete_items_in_cart("2 Items in Cart now").as_deref(), Some("2 now"));
        assert_eq!(delete_read_more("The story  Read More...").as_deref(), Some("The story "));
        assert_eq!(delete_read_more("read moreäöü").as_deref(), Some(""));
        assert_eq!(delete_read_more("Read more"), None);
        assert_eq!(delete_sign_in("SIGN-IN  or not").as_deref(), Some(" or not"));
    }

    #[test]
    fn the_ratio_is_of_words_that_would_go() {
        let prose = "the quick wheel turns ".repeat(5);
        assert_eq!(removed_word_ratio(&prose), Some(0.0));
        assert_eq!(removed_word_ratio(&format!("{prose}\nHome\n{prose}\n2024")), Some(2.0 / 42.0));
        assert_eq!(removed_word_ratio("NEWS AND WEATHER"), Some(1.0));
        assert_eq!(removed_word_ratio("... !"), None);
    }
}
