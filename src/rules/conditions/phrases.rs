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

/// Calls `emit` with the place (start, end) in the text and the folded form of each character
/// that counts.
fn fold_each(text: &str, mut emit: impl FnMut(usize, usize, char)) {
    let mut in_space = false;
    for (start, c) in text.char_indices() {
        let end = start + c.len_utf8();
        let folded = match c {
            'a'..='z' | '0'..='9' => c,
            'A'..='Z' => c.to_ascii_lowercase(),
            // Soft hyphen, zero-width space, word joiner, byte-order mark: nobody sees them.
            '\u{AD}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}' => continue,
            '\u{2019}' | '\u{2BC}' => '\'',
            'ς' => 'σ',
            c if c.is_ascii() && !c.is_ascii_whitespace() && c != '\u{B}' => c,
            c if c.is_whitespace() => {
                if !in_space {
                    emit(start, end, ' ');
                }
                in_space = true;
                continue;
            }
            c => c.to_lowercase().next().unwrap_or(c),
        };
        in_space = false;
        emit(start, end, folded);
    }
}

/// The folded form of a text.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len() + 8);
    fold_each(text, |_, _, c| folded.push(c));
    folded
}

/// The folded form of a phrase; empty if nothing in it counts.
pub(crate) fn fold_phrase(phrase: &str) -> String {
    fold(phrase).trim().to_owned()
}

/// The places in a text of spans of its folded form. The spans are in order of their starts.
pub(crate) fn unfold(text: &str, folded: &[Span]) -> Vec<Span> {
    let mut places = vec![Span::default(); folded.len()];
    let mut opened = 0;
    let mut open: Vec<usize> = Vec::new();
    let mut at = 0;
    fold_each(text, |start, end, c| {
        let next = at + c.len_utf8();
        while let Some(span) = folded.get(opened).filter(|span| span.start < next) {
            if span.start >= at
                && let Some(place) = places.get_mut(opened)
            {
                place.start = start;
                open.push(opened);
            }
            opened += 1;
        }
        open.retain(|&index| {
            let still = folded.get(index).is_some_and(|span| span.end > at);
            if still && let Some(place) = places.get_mut(index) {
                place.end = end;
            }
            still
        });
        at = next;
    });
    places
}

/// True for a character that must not stand directly before or after a phrase.
fn joins(c: char) -> bool {
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

/// A phrase in folded form, with which of its ends must be a word's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Phrase {
    pub(crate) text: String,
    bound_before: bool,
    bound_after: bool,
}

impl Phrase {
    /// A phrase; `None` if nothing in it counts.
    pub(crate) fn new(written: &str) -> Option<Self> {
        let text = fold_phrase(written);
        let bound_before = joins(text.chars().next()?);
        let bound_after = joins(text.chars().next_back()?);
        Some(Self { text, bound_before, bound_after })
    }

    /// True if the phrase may stand at a span of a folded text, its neighbours considered.
    pub(crate) fn stands(&self, folded: &str, span: Span) -> bool {
        let before = folded.get(..span.start).and_then(|text| text.chars().next_back());
        let after = folded.get(span.end..).and_then(|text| text.chars().next());
        let joined = |bound: bool, beside: Option<char>| bound && beside.is_some_and(joins);
        !joined(self.bound_before, before) && !joined(self.bound_after, after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
            assert_eq!(phrase.stands(text, Span::new(start, start + 3)), stands, "{text}");
        }
    }

    #[test]
    fn phrases_of_scripts_without_spaces_need_no_boundary() {
        let phrase = Phrase::new("続きを読む").unwrap();
        let text = "この続きを読むには";
        let start = text.find("続").unwrap();
        assert!(phrase.stands(text, Span::new(start, start + "続きを読む".len())));
    }

    #[test]
    fn an_end_that_is_no_letter_needs_no_boundary() {
        let phrase = Phrase::new("© all").unwrap();
        assert!(phrase.stands("x© all", Span::new(1, 7)));
        assert!(!phrase.stands("x© alls", Span::new(1, 7)));
    }

    #[test]
    fn spans_are_found_again_in_the_text() {
        let text = "  Don\u{2019}t\u{ad}  STOP now";
        let folded = fold(text);
        let start = folded.find("don't stop").unwrap();
        let places = unfold(text, &[Span::new(start, start + 10)]);
        assert_eq!(places[0].of(text), "Don\u{2019}t\u{ad}  STOP");
    }

    proptest! {
        #[test]
        fn every_folded_span_has_its_place(text in any::<String>(), a in 0usize..60, b in 0usize..60) {
            let folded = fold(&text);
            let chars: Vec<usize> = folded.char_indices().map(|(at, _)| at).chain([folded.len()]).collect();
            let (a, b) = (a.min(chars.len() - 1), b.min(chars.len() - 1));
            let span = Span::new(chars[a.min(b)], chars[a.max(b)]);
            let place = unfold(&text, &[span])[0];
            prop_assert_eq!(fold(place.of(&text)), span.of(&folded));
        }

        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
