//! What datatrove's filters count of a text: tokens, lines, paragraphs, runs of words.

use xxhash_rust::xxh3::xxh3_64;

use super::joined::Joined;
use super::marks::{is_punctuation, is_terminal};
use crate::document::Span;
use crate::signals::published::common::occurrences;
use crate::signals::published::lines::{self, Line, characters};
use crate::signals::published::ngrams::{self, Words};
use crate::text::python;
use crate::text::spacy_en::{self, Token};

/// What the quality filter counts over tokens.
#[derive(Default)]
pub(super) struct Tokens {
    /// All tokens.
    pub(super) all: usize,
    /// Those that are not made of punctuation alone.
    pub(super) words: usize,
    /// The characters of those.
    pub(super) word_characters: u64,
    /// Tokens with a letter.
    pub(super) alphabetic: usize,
    /// How many of the eight stop words occur.
    pub(super) stop_words: usize,
}

/// The paper's eight words: three of two letters, two of three, three of four.
const STOP_WORDS: [&str; 8] = ["be", "to", "of", "the", "and", "that", "have", "with"];

/// A bit for each of some hashes that is this one.
fn same_hashes(hashes: &[u64], hash: u64) -> u8 {
    hashes.iter().rev().fold(0, |met, known| met << 1 | u8::from(*known == hash))
}

/// The token has a character that is not punctuation.
const WORD: u8 = 1;
/// The token has a letter.
const LETTER: u8 = 2;
/// The token has a character outside ASCII.
const OTHER: u8 = 4;

const CLASSES: [u8; 256] = {
    let mut table = [0u8; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        table[at] = if !byte.is_ascii() {
            OTHER
        } else if byte.is_ascii_alphabetic() {
            WORD | LETTER
        } else if byte.is_ascii_digit() || matches!(byte, b'\t' | b'\n' | b' ') {
            WORD
        } else {
            0
        };
        at += 1;
    }
    table
};

/// The classes of a token's characters together.
fn classes(token: &str) -> u8 {
    let classes = token.bytes().fold(0, |classes, byte| classes | CLASSES[usize::from(byte)]);
    if classes & OTHER == 0 {
        return classes;
    }
    let mut classes = 0;
    for c in token.chars() {
        if !is_punctuation(c) {
            classes |= WORD;
        }
        if classes & LETTER == 0 && python::is_alpha(c) {
            classes |= LETTER;
        }
    }
    classes
}

impl Tokens {
    pub(super) fn of(text: &str, tokens: &[Token]) -> Self {
        let hashes = STOP_WORDS.map(spacy_en::hash);
        let mut met = 0u8;
        // Of tokens of ASCII letters and of all others.
        let (mut letters, mut letter_characters) = (0_usize, 0_u64);
        let mut found = Self { all: tokens.len(), ..Self::default() };
        for token in tokens {
            if !token.ascii_letters {
                let classes = classes(token.text(text));
                if classes & WORD != 0 {
                    found.words += 1;
                    found.word_characters += u64::from(token.char_count);
                }
                found.alphabetic += usize::from(classes & LETTER != 0);
                continue;
            }
            letters = letters.wrapping_add(1);
            letter_characters = letter_characters.wrapping_add(u64::from(token.char_count));
            met |= match token.char_count {
                2 => same_hashes(&hashes[..3], token.hash),
                3 => same_hashes(&hashes[3..5], token.hash) << 3,
                4 => same_hashes(&hashes[5..], token.hash) << 5,
                _ => 0,
            };
        }
        found.words += letters;
        found.alphabetic += letters;
        found.word_characters += letter_characters;
        found.stop_words = met.count_ones() as usize;
        found
    }
}

/// Copies after the first among parts of a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Copies {
    /// All parts.
    pub(super) parts: usize,
    /// The copies.
    pub(super) copies: usize,
    /// Their characters.
    pub(super) characters: u64,
}

impl Copies {
    /// Copies among parts of which hashes and characters are given.
    fn of(mut parts: Vec<(u64, u32)>) -> Self {
        let mut found = Self { parts: parts.len(), ..Self::default() };
        parts.sort_unstable();
        for same in parts.chunk_by(|one, other| one.0 == other.0).filter(|same| same.len() > 1) {
            let later = same.get(1..).unwrap_or(&[]);
            found.copies += later.len();
            found.characters += later.iter().map(|part| u64::from(part.1)).sum::<u64>();
        }
        found
    }
}

impl Copies {
    /// Copies among the parts of `re.split("\n+", text)`: an empty part stands at either end that
    /// is a line feed.
    fn of_lines(text: &str, lines: &[Line]) -> Self {
        let empty = if text.is_empty() {
            1
        } else {
            usize::from(text.starts_with('\n')) + usize::from(text.ends_with('\n'))
        };
        let mut found = Self { parts: empty, copies: empty.saturating_sub(1), characters: 0 };
        for line in lines.iter().filter(|line| !line.span.is_empty()) {
            found.parts += 1;
            if line.is_later {
                found.copies += 1;
                found.characters += u64::from(line.characters);
            }
        }
        found
    }
}

/// What the repetition filter counts.
pub(super) struct Repetition {
    /// Characters of the text.
    pub(super) characters: usize,
    /// Paragraphs: what stands between two or more line feeds of the stripped text.
    pub(super) paragraphs: Copies,
    /// Lines: what stands between line feeds, any number of them.
    pub(super) lines: Copies,
    /// Characters, spaces between words too, of the most frequent run of two, three, four tokens
    /// times its occurrences.
    pub(super) top: [Option<u64>; 3],
    /// Characters in runs of five to ten tokens that the scan meets again.
    pub(super) duplicate: [u64; 6],
}

impl Repetition {
    pub(super) fn of(text: &str, lines: &[Line], tokens: &[Token]) -> Self {
        let mut words = Words::with_room(text.len());
        let mut joined = Joined::with_room(tokens.len(), text.len());
        for token in tokens {
            words.push(token.hash, token.char_count);
            joined.push(text.as_bytes(), token.start as usize, token.end as usize);
        }
        let with_spaces = |from: usize, n: usize| words.characters(from, from + n) + n as u64 - 1;
        let mut top = [None; 3];
        for (top, n) in top.iter_mut().zip(2..) {
            *top = (words.len() >= n).then(|| with_spaces(0, n));
        }
        ngrams::each_length(&words, 4, |repeated| {
            if let (Some(run), Some(top)) = (repeated.most_frequent(), top.get_mut(repeated.n - 2))
            {
                *top = Some(with_spaces(run.first as usize, repeated.n) * u64::from(run.count));
            }
        });
        Self {
            characters: characters(lines),
            paragraphs: Copies::of(paragraphs(text, lines)),
            lines: Copies::of_lines(text, lines),
            top,
            duplicate: joined.duplicates(|from, to| words.characters(from, to)),
        }
    }
}

/// Hashes and characters of the parts of `re.split("\n{2,}", text.strip())`: runs of lines that are
/// not empty.
fn paragraphs(text: &str, lines: &[Line]) -> Vec<(u64, u32)> {
    let all = python::trimmed(text, Span::new(0, text.len()));
    if all.is_empty() {
        return vec![part(all, text)];
    }
    let parts = lines::paragraphs(lines).filter_map(|lines| {
        let (first, last) = (lines.first()?, lines.last()?);
        let (start, end) = (first.span.start.max(all.start), last.span.end.min(all.end));
        let span = Span::new(start, end.max(start));
        match span == first.span {
            true => Some((first.hash, first.characters)),
            false => (start < end).then(|| part(span, text)),
        }
    });
    parts.collect()
}

fn part(span: Span, text: &str) -> (u64, u32) {
    let part = span.of(text);
    (xxh3_64(part.as_bytes()), python::length(part) as u32)
}

/// Lines as the quality filter sees them.
#[derive(Default)]
pub(super) struct Marks {
    /// All lines of `splitlines`.
    pub(super) lines: usize,
    /// Those that begin with a bullet or a hyphen.
    pub(super) bullets: usize,
    /// Those that end with an ellipsis.
    pub(super) ellipsis_ends: usize,
    /// Number signs of the text.
    pub(super) hashes: usize,
    /// Ellipses of the text.
    pub(super) ellipses: usize,
}

impl Marks {
    pub(super) fn of(text: &str, lines: &[Line]) -> Self {
        let mut found = Self {
            hashes: memchr::memchr_iter(b'#', text.as_bytes()).count(),
            ellipses: occurrences(text, "...") + occurrences(text, "…"),
            ..Self::default()
        };
        if python::has_other_break(text) {
            python::lines(text).for_each(|line| found.add_line(line.of(text)));
        } else {
            // A break at the end starts no line of `splitlines`.
            let lines = match lines {
                [before @ .., last] if last.span.is_empty() => before,
                lines => lines,
            };
            lines.iter().for_each(|line| found.add_line(line.span.of(text)));
        }
        found
    }

    fn add_line(&mut self, line: &str) {
        let line = python::strip(line);
        self.lines += 1;
        self.bullets += usize::from(line.starts_with(['•', '-']));
        self.ellipsis_ends += usize::from(line.ends_with("...") || line.ends_with('…'));
    }
}

/// What the FineWeb filter counts over lines that are not blank.
#[derive(Default)]
pub(super) struct FineWeb {
    /// Lines that are not blank.
    pub(super) lines: usize,
    /// Those that end with a terminal mark.
    pub(super) ended: usize,
    /// Those of thirty characters or fewer, the white space around them too.
    pub(super) short: usize,
    /// Characters in later copies of a line.
    pub(super) copied: u64,
    /// Characters of the text without line feeds.
    pub(super) characters: usize,
    /// Line feeds of the text.
    pub(super) line_feeds: usize,
}

/// Longest short line, in characters.
const SHORT_LINE: u32 = 30;

impl FineWeb {
    /// Counts over the lines of a text.
    pub(super) fn of(text: &str, lines: &[Line]) -> Self {
        let mut found = Self { line_feeds: lines.len().saturating_sub(1), ..Self::default() };
        for Line { span, characters, is_later, .. } in lines {
            found.characters += *characters as usize;
            let line = span.of(text);
            if python::strip(line).is_empty() {
                continue;
            }
            found.lines += 1;
            found.ended += usize::from(line.chars().next_back().is_some_and(is_terminal));
            found.short += usize::from(*characters <= SHORT_LINE);
            found.copied += if *is_later { u64::from(*characters) } else { 0 };
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn paragraphs_stand_between_two_line_feeds_or_more(text in "[ab é\n]{0,12}|\\s{0,6}") {
            let parts = python::strip(&text).split("\n\n").map(|part| part.trim_matches('\n'));
            let mut expected: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
            if expected.is_empty() {
                expected.push("");
            }
            let expected: Vec<(u64, u32)> =
                expected.iter().map(|text| part(Span::new(0, text.len()), text)).collect();
            prop_assert_eq!(paragraphs(&text, &lines::of(&text)), expected);
        }

        #[test]
        fn marks_are_those_of_pythons_lines(text in "[-a.…•\u{85}\n\r #]{0,12}") {
            let found = Marks::of(&text, &lines::of(&text));
            let plainly: Vec<&str> =
                python::lines(&text).map(|line| python::strip(line.of(&text))).collect();
            let count = |is: fn(&str) -> bool| plainly.iter().filter(|line| is(line)).count();
            prop_assert_eq!(found.lines, plainly.len());
            prop_assert_eq!(found.bullets, count(|line| line.starts_with(['•', '-'])));
            let ends = count(|line| line.ends_with("...") || line.ends_with('…'));
            prop_assert_eq!(found.ellipsis_ends, ends);
            prop_assert_eq!(found.ellipses, text.matches("...").count() + text.matches('…').count());
        }
    }

    #[test]
    fn lines_leave_an_empty_one_at_either_end() {
        let parts = |text: &str| {
            let copies = Copies::of_lines(text, &lines::of(text));
            (copies.parts, copies.copies, copies.characters)
        };
        assert_eq!(parts("\n\na\n\nb\n"), (4, 1, 0));
        assert_eq!(parts("a\r\n \nb"), (3, 0, 0));
        assert_eq!(parts("\n\n"), (2, 1, 0));
        assert_eq!(parts("\n"), (2, 1, 0));
        assert_eq!(parts(""), (1, 0, 0));
        assert_eq!(parts("ab\n\nab"), (2, 1, 2));
    }

    #[test]
    fn copies_are_those_after_the_first() {
        let part = |text: &str| part(Span::new(0, text.len()), text);
        let copies = Copies::of(["ab", "c", "ab", "é", "ab", "é"].map(part).into());
        assert_eq!(copies, Copies { parts: 6, copies: 3, characters: 5 });
    }

    #[test]
    fn tokens_are_words_unless_all_is_punctuation() {
        for (token, of_token) in [
            ("a.", WORD | LETTER),
            ("--", 0),
            ("12", WORD),
            ("—…", 0),
            ("é", WORD | LETTER),
            ("•", WORD),
            ("²", WORD),
        ] {
            assert_eq!(classes(token), of_token, "{token}");
        }
    }

    #[test]
    fn a_class_of_ascii_is_what_the_sets_say() {
        for c in '\0'..='\x7f' {
            let class = CLASSES[c as usize];
            assert_eq!(class & WORD != 0, !is_punctuation(c), "{c:?}");
            assert_eq!(class & LETTER != 0, python::is_alpha(c), "{c:?}");
        }
    }

    #[test]
    fn short_lines_are_counted_in_characters() {
        let short = |text: &str| FineWeb::of(text, &lines::of(text)).short;
        assert_eq!([30, 31].map(|length| short(&"é".repeat(length))), [1, 0]);
        assert_eq!(short(&format!("\n \n{}", "a".repeat(30))), 1);
    }
}
