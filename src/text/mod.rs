//! Views of a text: words, sentences, lines; word lists and fingerprints.
//!
//! Nothing here knows blocks, rules or documents.

pub mod fingerprint;
pub mod lists;
pub mod python;
pub mod sentences;
pub mod spacy_en;
pub mod words;

pub use fingerprint::{fingerprint, print_of};
pub use sentences::sentences;
pub use words::{Word, words};

/// Characters of a text that are not white space.
pub(crate) fn solid_characters(text: &str) -> usize {
    let bytes = text.as_bytes();
    let characters = bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
    let spaces = bytes.iter().filter(|byte| matches!(**byte, b'\t'..=b'\r' | b' ')).count();
    // All white space outside ASCII starts with one of these.
    let wide = bytes.iter().enumerate().filter(|(_, byte)| matches!(**byte, 0xC2 | 0xE1..=0xE3));
    let wide = wide.filter_map(|(at, _)| text.get(at..)?.chars().next());
    characters - spaces - wide.filter(|c| c.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn white_space_is_as_the_standard_has_it() {
        for c in '\0'..=char::MAX {
            let solid = usize::from(!c.is_whitespace());
            assert_eq!(solid_characters(&format!("a{c}")), 1 + solid, "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn solid_characters_are_those_that_are_no_white_space(text in any::<String>()) {
            let plainly = text.chars().filter(|c| !c.is_whitespace()).count();
            prop_assert_eq!(solid_characters(&text), plainly);
        }
    }
}
