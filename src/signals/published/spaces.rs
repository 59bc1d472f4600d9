//! The words between white space, as Python's `str.split()` finds them, in one walk over bytes.

use crate::text::blocks::each_run;
use crate::text::{eights, python};

/// The word has a letter (Python's `str.isalpha`).
pub(crate) const LETTER: u8 = 1;
/// The word has a number sign, or a `…`.
pub(crate) const SYMBOL: u8 = 2;

/// A word between white space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpacedWord<'t> {
    /// The text that it stands in.
    whole: &'t str,
    /// Its first byte, and one past its last.
    start: usize,
    end: usize,
    /// Its characters.
    pub(crate) characters: u32,
    /// [`LETTER`] and [`SYMBOL`].
    pub(crate) marks: u8,
    /// Its first eight bytes, the first one lowest; zeros beyond its end.
    pub(crate) head: u64,
    /// The [hash](eights::hash) of its bytes.
    pub(crate) hash: u64,
}

impl<'t> SpacedWord<'t> {
    /// The word.
    pub(crate) fn text(&self) -> &'t str {
        self.whole.get(self.start..self.end).unwrap_or("")
    }
}

/// Calls `take` with each word of a text, in order.
#[inline(always)]
pub(crate) fn each_word<'t>(text: &'t str, mut take: impl FnMut(SpacedWord<'t>)) {
    each_run(text.as_bytes(), |start, end| each_word_of(text, start, end, &mut take));
}

/// Calls `take` with each word of what stands between white space in ASCII: white space outside
/// ASCII may stand in it.
#[inline(always)]
pub(super) fn each_word_of<'t>(
    whole: &'t str,
    start: usize,
    end: usize,
    take: &mut impl FnMut(SpacedWord<'t>),
) {
    let bytes = whole.as_bytes();
    let length = end.wrapping_sub(start);
    let head = eights::load(bytes, start) & eights::lowest(length.min(8));
    let mut state = eights::mix(0, head);
    let mut letters = eights::letters(head);
    let mut number_signs = eights::equal(head, b'#');
    let mut others = head & eights::HIGH;
    let mut at = start.wrapping_add(8);
    while at < end {
        let left = end.wrapping_sub(at).min(8);
        let own = eights::load(bytes, at) & eights::lowest(left);
        state = eights::mix(state, own);
        letters |= eights::letters(own);
        number_signs |= eights::equal(own, b'#');
        others |= own & eights::HIGH;
        at = at.wrapping_add(8);
    }
    // Nearly all words are like this.
    let mut marks = LETTER;
    if letters == 0 {
        marks = 0;
    }
    if number_signs != 0 {
        marks |= SYMBOL;
    }
    let mut word = SpacedWord {
        whole,
        start,
        end,
        characters: length as u32,
        marks,
        head,
        hash: eights::finish(state, length),
    };
    // One turn, if the word is ASCII.
    let mut from = start;
    while from < end {
        if others != 0 {
            match measured(whole, from, end) {
                Some(next) => word = next,
                None => return,
            }
        }
        take(word);
        from = word.end;
    }
}

/// True for the first eight bytes of one of the Gopher paper's eight words, in lower case.
#[inline(always)]
pub(super) fn is_stop_word(head: u64, characters: u32) -> bool {
    const fn head_of(word: &[u8]) -> u64 {
        let (mut head, mut at) = (0, word.len());
        while at > 0 {
            at -= 1;
            head = head << 8 | word[at] as u64;
        }
        head
    }
    const OF_TWO: [u64; 3] = [head_of(b"be"), head_of(b"to"), head_of(b"of")];
    const OF_THREE: [u64; 2] = [head_of(b"the"), head_of(b"and")];
    const OF_FOUR: [u64; 3] = [head_of(b"that"), head_of(b"have"), head_of(b"with")];
    match characters {
        2 => OF_TWO.contains(&head),
        3 => OF_THREE.contains(&head),
        4 => OF_FOUR.contains(&head),
        _ => false,
    }
}

/// The first word of a part of a text.
#[inline(never)]
fn measured(whole: &str, from: usize, to: usize) -> Option<SpacedWord<'_>> {
    let mut marks = 0;
    let mut characters = 0;
    let (mut start, mut end) = (to, to);
    for (at, c) in whole.get(from..to)?.char_indices() {
        let is_letter = c.is_ascii_alphabetic();
        if !is_letter && python::is_space(c) {
            if characters > 0 {
                end = from + at;
                break;
            }
            continue;
        }
        if characters == 0 {
            start = from + at;
        }
        characters += 1;
        if c == '#' || c == '…' {
            marks |= SYMBOL;
        } else if is_letter || marks & LETTER == 0 && python::is_alpha(c) {
            marks |= LETTER;
        }
    }
    let bytes = whole.as_bytes();
    let head = eights::load(bytes, start) & eights::low_bytes((end - start).min(8));
    let hash = eights::hash(bytes, start, end);
    (characters > 0).then_some(SpacedWord { whole, start, end, characters, marks, head, hash })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<(&str, u32, u8)> {
        let mut words = Vec::new();
        each_word(text, |word| words.push((word.text(), word.characters, word.marks)));
        words
    }

    #[test]
    fn words_have_marks() {
        assert_eq!(
            words(" #1 a-b\x1c12 né\u{a0}… é²"),
            [
                ("#1", 2, SYMBOL),
                ("a-b", 3, LETTER),
                ("12", 2, 0),
                ("né", 2, LETTER),
                ("…", 1, SYMBOL),
                ("é²", 2, LETTER),
            ]
        );
        assert_eq!(words("\n \u{3000}"), []);
    }

    #[test]
    fn stop_words_are_the_papers() {
        let mut found = Vec::new();
        each_word("the be to of and that have with The a thf be\0 beé withe", |word| {
            if is_stop_word(word.head, word.characters) {
                found.push(word.text());
            }
        });
        assert_eq!(found, ["the", "be", "to", "of", "and", "that", "have", "with"]);
    }

    proptest! {
        #[test]
        fn words_are_those_of_pythons_split(text in any::<String>()) {
            let found: Vec<&str> = words(&text).into_iter().map(|word| word.0).collect();
            prop_assert_eq!(found, python::words(&text).collect::<Vec<_>>());
        }

        #[test]
        fn words_are_hashed_alike_wherever_they_stand(text in "[a-cé\u{3000}\0\x01\x1c\t ]{0,40}") {
            let found: Vec<&str> = words(&text).into_iter().map(|word| word.0).collect();
            prop_assert_eq!(found, python::words(&text).collect::<Vec<_>>());
            each_word(&text, |word| {
                let bytes = word.text().as_bytes();
                assert_eq!(word.hash, eights::hash(bytes, 0, bytes.len()));
                assert_eq!(word.head, eights::load(bytes, 0));
            });
        }

        #[test]
        fn marks_are_those_of_the_characters(text in "[a# é…²1]{0,12}") {
            for (word, characters, marks) in words(&text) {
                prop_assert_eq!(characters as usize, word.chars().count());
                prop_assert_eq!(marks & LETTER != 0, word.chars().any(python::is_alpha));
                prop_assert_eq!(marks & SYMBOL != 0, word.contains(['#', '…']));
            }
        }
    }
}
