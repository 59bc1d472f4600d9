//! The words between white space, as Python's `str.split()` finds them, in one walk over bytes.

use crate::text::python;

/// The word has a letter (Python's `str.isalpha`).
pub(crate) const LETTER: u8 = 1;
/// The word has a number sign, or a `…`.
pub(crate) const SYMBOL: u8 = 2;
/// The word has a character outside ASCII.
const OTHER: u8 = 4;
/// White space, or the end of a word.
const SPACE: u8 = 8;

/// What a byte says of the word that it is in.
const CLASSES: [u8; 256] = {
    let mut table = [0u8; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        table[at] = if !byte.is_ascii() {
            OTHER
        } else if matches!(byte, b'\t'..=b'\r' | 0x1c..=0x1f | b' ') {
            SPACE
        } else if byte.is_ascii_alphabetic() {
            LETTER
        } else if byte == b'#' {
            SYMBOL
        } else {
            0
        };
        at += 1;
    }
    table
};

/// A word between white space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpacedWord<'t> {
    /// The word.
    pub(crate) text: &'t str,
    /// Its characters.
    pub(crate) characters: u32,
    /// [`LETTER`] and [`SYMBOL`].
    pub(crate) marks: u8,
}

/// Calls `take` with each word of a text, in order.
pub(crate) fn each_word<'t>(text: &'t str, mut take: impl FnMut(SpacedWord<'t>)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let mut marks = CLASSES[usize::from(*byte)];
        if marks == SPACE {
            at += 1;
            continue;
        }
        let start = at;
        at += 1;
        while let Some(byte) = bytes.get(at) {
            let class = CLASSES[usize::from(*byte)];
            if class == SPACE {
                break;
            }
            marks |= class;
            at += 1;
        }
        let word = text.get(start..at).unwrap_or("");
        if marks & OTHER == 0 {
            take(SpacedWord { text: word, characters: word.len() as u32, marks });
        } else {
            // White space outside ASCII may stand in it.
            python::words(word).for_each(|word| take(measured(word)));
        }
    }
}

fn measured(text: &str) -> SpacedWord<'_> {
    let mut marks = 0;
    let mut characters = 0;
    for c in text.chars() {
        characters += 1;
        if c == '#' || c == '…' {
            marks |= SYMBOL;
        } else if marks & LETTER == 0 && python::is_alpha(c) {
            marks |= LETTER;
        }
    }
    SpacedWord { text, characters, marks }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<(&str, u32, u8)> {
        let mut words = Vec::new();
        each_word(text, |word| words.push((word.text, word.characters, word.marks)));
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

    proptest! {
        #[test]
        fn words_are_those_of_pythons_split(text in any::<String>()) {
            let found: Vec<&str> = words(&text).into_iter().map(|word| word.0).collect();
            prop_assert_eq!(found, python::words(&text).collect::<Vec<_>>());
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
