//! The leaf `phrases`: occurrences of the entries of a phrase list.
//!
//! Texts and phrases are compared folded: in lower case, every run of white space as one space,
//! curly apostrophes as straight ones, invisible characters left out.

use crate::document::Span;
use crate::rules::schema::{Key, Shape, key};

use super::pattern::MATCHES;

/// The keys of this kind of leaf.
pub(crate) const KEYS: &[Key] = &[
    key(
        "phrases",
        Shape::TextOrTexts,
        "A list: `name` is built in, `./name.txt` a file beside this one; or the phrases themselves",
    ),
    key("at-least", MATCHES, "So many matches; 1 if absent"),
];

/// Soft hyphen, zero-width space, word joiner, byte-order mark: nobody sees them.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}')
}

/// What becomes of a character.
enum Fold {
    /// It counts in this form.
    To(char),
    /// It is white space, and a run of that is one space.
    Space,
    /// It does not count.
    Nothing,
}

fn fold_char(c: char) -> Fold {
    match c {
        'a'..='z' | '0'..='9' => Fold::To(c),
        'A'..='Z' => Fold::To(c.to_ascii_lowercase()),
        c if is_invisible(c) => Fold::Nothing,
        '\u{2019}' | '\u{2BC}' => Fold::To('\''),
        'ς' => Fold::To('σ'),
        c if c.is_whitespace() => Fold::Space,
        c if c.is_ascii() => Fold::To(c),
        c => Fold::To(c.to_lowercase().next().unwrap_or(c)),
    }
}

/// A byte in all places of a word of eight.
const fn eight(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// How many characters at the start of a text keep their places: visible ASCII, and single spaces
/// behind it. Looked at by eights, and one by one where one of eight does not.
fn plain_run(bytes: &[u8], mut in_space: bool) -> usize {
    let (eights, _) = bytes.as_chunks::<8>();
    let mut length = 0;
    for eight_bytes in eights {
        let word = u64::from_le_bytes(*eight_bytes);
        let controls = word.wrapping_sub(eight(b' ')) & !word;
        let unlike = word ^ eight(b' ');
        // The high bit of each byte that is a space.
        let spaces = !((unlike & eight(0x7F)).wrapping_add(eight(0x7F)) | unlike) & eight(0x80);
        let twice = spaces & (spaces << 8 | u64::from(in_space) << 7);
        if (word | controls) & eight(0x80) != 0 || twice != 0 {
            break;
        }
        in_space = spaces >> 63 != 0;
        length += 8;
    }
    let ends = |byte: &u8| {
        let space = *byte == b' ';
        let ends = !(space || (0x21..=0x7F).contains(byte)) || space && in_space;
        in_space = space;
        ends
    };
    let rest = bytes.get(length..).unwrap_or(&[]);
    length + rest.iter().position(ends).unwrap_or(rest.len())
}

/// The folded form of a text.
pub(crate) fn fold(text: &str) -> String {
    Folded::new(text).text
}

/// The folded form of a phrase; empty if nothing in it counts.
pub(crate) fn fold_phrase(phrase: &str) -> String {
    fold(phrase).trim().to_owned()
}

/// The folded form of a text, with the way back to places in it.
#[derive(Debug)]
pub(crate) struct Folded {
    pub(crate) text: String,
    /// Places in the folded text from which on the distance to the place in the text is
    /// another: (folded, original), rising.
    steps: Vec<(usize, usize)>,
    /// End of each character whose folded form is not as long as itself: (start, end), rising.
    resized: Vec<(usize, usize)>,
}

impl Folded {
    /// Folds a text.
    pub(crate) fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut folded = String::with_capacity(text.len() + 8);
        let (mut steps, mut resized) = (Vec::new(), Vec::new());
        // Where the next character starts in the text if nothing changes length.
        let mut expected = 0;
        let mut in_space = false;
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let length = plain_run(rest, in_space);
            if let Some(plain) = text.get(at..at + length).filter(|plain| !plain.is_empty()) {
                if at != expected {
                    steps.push((folded.len(), at));
                }
                let from = folded.len();
                folded.push_str(plain);
                if let Some(plain) = folded.get_mut(from..) {
                    plain.make_ascii_lowercase();
                }
                in_space = plain.ends_with(' ');
                at += length;
                expected = at;
                continue;
            }
            let start = at;
            let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
            at += c.len_utf8();
            let to = match fold_char(c) {
                Fold::To(c) => c,
                Fold::Space if !in_space => ' ',
                Fold::Space | Fold::Nothing => continue,
            };
            in_space = to == ' ';
            if start != expected {
                steps.push((folded.len(), start));
            }
            if at - start != to.len_utf8() {
                resized.push((start, at));
            }
            folded.push(to);
            expected = start + to.len_utf8();
        }
        Self { text: folded, steps, resized }
    }

    /// Where the character that starts at a place of the folded text starts in the text.
    pub(crate) fn start(&self, folded: usize) -> usize {
        let step = self.steps.partition_point(|(from, _)| *from <= folded).checked_sub(1);
        match step.and_then(|step| self.steps.get(step)) {
            Some((from, original)) => original + (folded - from),
            None => folded,
        }
    }

    /// The way back for spans that come in the order of their starts.
    pub(crate) fn places(&self) -> Places<'_> {
        Places { folded: self, step: 0 }
    }
}

/// Finds the places of spans of a folded text, which come in the order of their starts.
pub(crate) struct Places<'f> {
    folded: &'f Folded,
    /// How many steps stand at or before the start of the last span.
    step: usize,
}

impl Places<'_> {
    /// The place in the text of a span of the folded text that is not empty.
    pub(crate) fn place(&mut self, span: Span) -> Span {
        let Folded { text, steps, resized } = self.folded;
        let behind = |step: usize| steps.get(step).map_or(usize::MAX, |(from, _)| *from);
        while behind(self.step) <= span.start {
            self.step += 1;
        }
        let mut step = self.step;
        let original = |step: usize, at: usize| {
            let known = step.checked_sub(1).and_then(|step| steps.get(step));
            known.map_or(at, |(from, original)| original + (at - from))
        };
        let start = original(step, span.start);
        let last = match text.as_bytes().get(span.end.saturating_sub(1)) {
            Some(byte) if byte.is_ascii() => 1,
            _ => span.of(text).chars().next_back().map_or(0, char::len_utf8),
        };
        while behind(step) <= span.end - last {
            step += 1;
        }
        let last_start = original(step, span.end - last);
        let end = match resized.binary_search_by_key(&last_start, |(start, _)| *start) {
            Ok(place) => resized.get(place).map_or(last_start, |(_, end)| *end),
            Err(_) => last_start + last,
        };
        Span::new(start, end)
    }
}

/// True for a character that must not stand directly before or after a phrase.
pub(crate) fn joins(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    // A combining mark makes another letter of the one before it.
    (c.is_alphanumeric() && !is_unspaced(c)) || matches!(c, '\u{300}'..='\u{36F}')
}

/// True for letters of scripts that put no space between words, or (Hangul) write endings onto them.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}'      // Thai, Lao
        | '\u{1000}'..='\u{109F}'    // Myanmar
        | '\u{1100}'..='\u{11FF}'    // Hangul Jamo
        | '\u{1780}'..='\u{17FF}'    // Khmer
        | '\u{2E80}'..='\u{2FDF}'    // CJK radicals
        | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{31FF}'    // kana, Bopomofo, Hangul compatibility Jamo
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
        | '\u{A960}'..='\u{A97F}' | '\u{AC00}'..='\u{D7FF}' // Hangul
        | '\u{F900}'..='\u{FAFF}' | '\u{FF66}'..='\u{FF9F}'
        | '\u{20000}'..='\u{3FFFF}')
}

/// A phrase in folded form, and whether its end must be a word's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Phrase {
    pub(crate) text: String,
    pub(crate) bound_after: bool,
}

impl Phrase {
    /// A phrase; `None` if nothing in it counts.
    pub(crate) fn new(written: &str) -> Option<Self> {
        let text = fold_phrase(written);
        let bound_after = joins(text.chars().next_back()?);
        Some(Self { text, bound_after })
    }

    /// True if the phrase, ending at a place of a folded text, would end inside a word.
    pub(crate) fn is_joined_after(&self, folded: &str, end: usize) -> bool {
        let after = folded.get(end..).and_then(|text| text.chars().next());
        self.bound_after && after.is_some_and(joins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stands(phrase: &Phrase, folded: &str, span: Span) -> bool {
        let before = folded[..span.start].chars().next_back();
        let inside = before.is_some_and(joins) && phrase.text.starts_with(joins);
        !inside && !phrase.is_joined_after(folded, span.end)
    }

    #[test]
    fn folding_takes_away_what_does_not_matter() {
        assert_eq!(fold("Don\u{2019}t  \n\tSTOP"), "don't stop");
        assert_eq!(fold("Ärger\u{a0}ÉTÉ"), "ärger été");
        assert_eq!(fold("ΟΔΟΣ οδος"), "οδοσ οδοσ");
        assert_eq!(fold("co\u{ad}okie\u{200b}"), "cookie");
        assert_eq!(fold_phrase(" \u{feff} "), "");
        assert!(Phrase::new("\u{200b}").is_none());
    }

    #[test]
    fn a_phrase_stands_between_words() {
        let phrase = Phrase::new("cat").unwrap();
        for (text, stands) in [
            ("cat", true),
            ("a cat.", true),
            ("(cat)", true),
            ("_cat_", true),
            ("cats", false),
            ("bobcat", false),
            ("cat5", false),
            ("caté", false),
            ("cat\u{301}", false),
            ("このcatは", true),
        ] {
            let start = text.find("cat").unwrap();
            let span = Span::new(start, start + 3);
            assert_eq!(self::stands(&phrase, text, span), stands, "{text}");
        }
    }

    #[test]
    fn phrases_of_scripts_without_spaces_need_no_boundary() {
        let phrase = Phrase::new("続きを読む").unwrap();
        let text = "この続きを読むには";
        let start = text.find("続").unwrap();
        assert!(stands(&phrase, text, Span::new(start, start + "続きを読む".len())));
    }

    #[test]
    fn an_end_that_is_no_letter_needs_no_boundary() {
        let phrase = Phrase::new("© all").unwrap();
        assert!(stands(&phrase, "x© all", Span::new(1, 7)));
        assert!(!stands(&phrase, "x© alls", Span::new(1, 7)));
    }

    #[test]
    fn spans_are_found_again_in_the_text() {
        let text = "  Don\u{2019}t\u{ad}  STOP now";
        let folded = fold(text);
        let start = folded.find("don't stop").unwrap();
        let place = Folded::new(text).places().place(Span::new(start, start + 10));
        assert_eq!(place.of(text), "Don\u{2019}t\u{ad}  STOP");
    }

    proptest! {
        #[test]
        fn every_folded_span_has_its_place(text in any::<String>(), a in 0usize..60, b in 0usize..60) {
            let folded = fold(&text);
            let chars: Vec<usize> = folded.char_indices().map(|(at, _)| at).chain([folded.len()]).collect();
            let (a, b) = (a.min(chars.len() - 1), b.min(chars.len() - 1));
            let span = Span::new(chars[a.min(b)], chars[a.max(b)]);
            prop_assume!(!span.is_empty());
            let place = Folded::new(&text).places().place(span);
            prop_assert_eq!(fold(place.of(&text)), span.of(&folded));
        }

        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
