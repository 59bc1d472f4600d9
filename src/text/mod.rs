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

/// How many bytes are of a kind. Counted in pieces whose counts fit a byte, which is several times
/// faster than one by one.
#[inline]
pub(crate) fn count_bytes(bytes: &[u8], is: impl Fn(u8) -> bool) -> usize {
    const PIECE: usize = 255;
    let of =
        |piece: &[u8]| piece.iter().fold(0u8, |sum, byte| sum.wrapping_add(u8::from(is(*byte))));
    bytes.chunks(PIECE).map(|piece| usize::from(of(piece))).sum()
}

/// Characters of a text that are not white space.
pub(crate) fn solid_characters(text: &str) -> usize {
    let bytes = text.as_bytes();
    let characters = count_bytes(bytes, |byte| byte & 0xC0 != 0x80);
    let spaces = count_bytes(bytes, |byte| matches!(byte, b'\t'..=b'\r' | b' '));
    if text.is_ascii() {
        return characters - spaces;
    }
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
