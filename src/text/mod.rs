//! Views of a text: words, sentences, lines; word lists and fingerprints; counts as text.
//!
//! Nothing here knows blocks, rules or documents.

pub(crate) mod bare;
pub(crate) mod blocks;
pub mod counts;
pub(crate) mod eights;
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

/// How many bytes have these bits of a mask and no others of it.
///
/// Eight bytes are looked at at once: most of what is asked is as short as a sentence's words.
pub(crate) fn count_bits(bytes: &[u8], mask: u8, bits: u8) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const LOW: u64 = 0x7F * ONES;
    /// Longer ones are counted many bytes at once.
    const MOST: usize = 128;
    if bytes.len() > MOST {
        return count_bytes(bytes, |byte| byte & mask == bits);
    }
    let (masks, wanted) = (u64::from(mask).wrapping_mul(ONES), u64::from(bits).wrapping_mul(ONES));
    let (words, rest) = bytes.as_chunks::<8>();
    // In each byte how many of the bytes at its place in their words are wanted.
    let mut found = 0u64;
    for word in words {
        let differs = (u64::from_le_bytes(*word) & masks) ^ wanted;
        // The high bit of each byte that is not 0.
        let others = (differs & LOW).wrapping_add(LOW) | differs;
        found = found.wrapping_add((!others >> 7) & ONES);
    }
    let rest = rest.iter().filter(|byte| **byte & mask == bits).count();
    (found.wrapping_mul(ONES) >> 56) as usize + rest
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
        fn bits_are_counted_byte_by_byte(
            bytes in proptest::collection::vec(any::<u8>(), 0..200), mask: u8, bits: u8
        ) {
            let bits = mask & bits;
            let plainly = bytes.iter().filter(|byte| **byte & mask == bits).count();
            prop_assert_eq!(count_bits(&bytes, mask, bits), plainly);
        }

        #[test]
        fn solid_characters_are_those_that_are_no_white_space(text in any::<String>()) {
            let plainly = text.chars().filter(|c| !c.is_whitespace()).count();
            prop_assert_eq!(solid_characters(&text), plainly);
        }
    }
}
