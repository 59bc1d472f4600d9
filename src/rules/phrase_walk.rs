//! The phrases of all lists, found in one walk over a folded text.
//!
//! A phrase begins where a word does (or with a mark, or a letter of a script that writes no
//! spaces), so the walk looks only there, as [`Starts`] does.

use super::conditions::phrases::{Phrase, joins};
use super::starts::Starts;
use crate::document::Span;

/// Phrases with the numbers of their lists, by how they begin.
#[derive(Debug, Default)]
pub(super) struct PhraseWalk {
    phrases: Starts<(usize, Phrase)>,
}

/// An occurrence of a phrase in a folded text, where a word begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Walked {
    pub(super) list: usize,
    pub(super) span: Span,
    /// The phrase ends inside a word.
    pub(super) is_joined_after: bool,
}

impl PhraseWalk {
    /// A walk for phrases with the numbers of their lists.
    pub(super) fn new(phrases: impl IntoIterator<Item = (usize, Phrase)>) -> Self {
        let of =
            |(list, phrase): (usize, Phrase)| (phrase.text.as_bytes().to_vec(), (list, phrase));
        Self { phrases: Starts::new(phrases.into_iter().map(of)) }
    }

    /// True if there are no phrases.
    pub(super) fn is_empty(&self) -> bool {
        self.phrases.is_empty()
    }

    /// Calls `take` with the occurrences in a folded text that begin where a word does, in the
    /// order of their starts.
    pub(super) fn walk(&self, folded: &str, mut take: impl FnMut(Walked)) {
        if self.phrases.is_empty() {
            return;
        }
        let bytes = folded.as_bytes();
        let mut joined = false;
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match KINDS[usize::from(byte)] {
                // No phrase begins with one.
                Kind::Space => joined = false,
                Kind::Mark => {
                    joined = false;
                    self.at(folded, at, &mut take);
                }
                Kind::Word => {
                    if !joined {
                        self.at(folded, at, &mut take);
                    }
                    joined = true;
                    let is_word =
                        |at: usize| bytes.get(at).is_some_and(|b| IN_WORD[usize::from(*b)]);
                    while is_word(at + 1) {
                        at += 1;
                    }
                }
                Kind::Inside => {}
                Kind::Other => {
                    let c = folded.get(at..).and_then(|rest| rest.chars().next());
                    let now = c.is_some_and(joins);
                    let inside = std::mem::replace(&mut joined, now);
                    if !(inside && now) {
                        self.at(folded, at, &mut take);
                    }
                }
            }
            at += 1;
        }
    }

    /// The phrases that begin at a place.
    #[inline]
    fn at(&self, folded: &str, at: usize, take: &mut impl FnMut(Walked)) {
        let rest = folded.as_bytes().get(at..).unwrap_or(&[]);
        self.phrases.at(rest, |length, (list, phrase)| {
            let span = Span::new(at, at + length);
            let is_joined_after = phrase.is_joined_after(folded, span.end);
            take(Walked { list: *list, span, is_joined_after });
        });
    }
}

/// For each byte whether it is a letter or digit of ASCII.
static IN_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut at = 0;
    while at < table.len() {
        table[at] = (at as u8).is_ascii_alphanumeric();
        at += 1;
    }
    table
};

/// What a byte of a folded text is to the walk.
#[derive(Clone, Copy)]
enum Kind {
    Space,
    /// A letter or digit of ASCII.
    Word,
    /// Other ASCII.
    Mark,
    /// Inside a character.
    Inside,
    /// The first byte of a character outside ASCII.
    Other,
}

static KINDS: [Kind; 256] = {
    let mut table = [Kind::Other; 256];
    let mut at = 0;
    while at < 0xC0 {
        table[at] = match at as u8 {
            b' ' => Kind::Space,
            0x80.. => Kind::Inside,
            byte if byte.is_ascii_alphanumeric() => Kind::Word,
            _ => Kind::Mark,
        };
        at += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::conditions::phrases::fold;
    use proptest::prelude::*;

    fn walked(phrases: &[&str], text: &str) -> Vec<(usize, Span)> {
        let walk = PhraseWalk::new(phrases.iter().filter_map(|p| Phrase::new(p)).enumerate());
        let mut found = Vec::new();
        walk.walk(text, |w| {
            if !w.is_joined_after {
                found.push((w.list, w.span));
            }
        });
        found.sort_unstable();
        found
    }

    /// Every phrase tried at every place.
    fn plainly(phrases: &[&str], text: &str) -> Vec<(usize, Span)> {
        let mut found = Vec::new();
        for (list, phrase) in phrases.iter().filter_map(|p| Phrase::new(p)).enumerate() {
            for (at, first) in text.char_indices() {
                let rest = &text[at..];
                let inside = |before: Option<char>, c: char| joins(c) && before.is_some_and(joins);
                let last = phrase.text.chars().next_back().unwrap();
                let after = rest.strip_prefix(&*phrase.text).map(|after| after.chars().next());
                if after.is_some_and(|after| !inside(after, last))
                    && !inside(text[..at].chars().next_back(), first)
                {
                    found.push((list, Span::new(at, at + phrase.text.len())));
                }
            }
        }
        found.sort_unstable();
        found
    }

    #[test]
    fn phrases_that_begin_alike_are_all_found() {
        let phrases = ["read more", "read mores", "read more about us", "re", "read", "©"];
        let text = "read more about us, re read © read mor";
        assert_eq!(walked(&phrases, text), plainly(&phrases, text));
        assert_eq!(walked(&phrases, text).len(), 7);
        assert!(walked(&[], text).is_empty());
    }

    proptest! {
        #[test]
        fn the_walk_finds_what_trying_everything_finds(
            phrases in proptest::collection::vec("[ab' 東é.]{1,12}", 0..12),
            text in "[abc' 東é.\\u{301}]{0,40}",
        ) {
            let phrases: Vec<&str> = phrases.iter().map(String::as_str).collect();
            let text = fold(&text);
            prop_assert_eq!(walked(&phrases, &text), plainly(&phrases, &text));
        }
    }
}
