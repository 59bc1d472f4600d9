//! Words of a text, by Unicode's word boundaries (UAX 29): what has a letter or a digit.

use unicode_segmentation::UnicodeSegmentation;
use xxhash_rust::xxh3::xxh3_64;

use crate::document::Span;

/// A word: where it stands, and a hash of its lower-case form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// First byte in the text.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Hash of the lower-case form; equal words have equal hashes on every machine.
    pub hash: u64,
}

impl Word {
    /// The word's place.
    pub fn span(self) -> Span {
        Span::new(self.start as usize, self.end as usize)
    }
}

/// The hash that [`Word::hash`] holds for a word.
pub fn word_hash(word: &str) -> u64 {
    let bytes = word.as_bytes();
    if !word.is_ascii() {
        return xxh3_64(word.to_lowercase().as_bytes());
    }
    if !bytes.iter().any(u8::is_ascii_uppercase) {
        return xxh3_64(bytes);
    }
    // Capitalised words are common: no allocation for those of usual length.
    let mut buffer = [0u8; 32];
    match buffer.get_mut(..bytes.len()) {
        Some(lower) => {
            lower.copy_from_slice(bytes);
            lower.make_ascii_lowercase();
            xxh3_64(lower)
        }
        None => xxh3_64(word.to_ascii_lowercase().as_bytes()),
    }
}

/// The words of a text in order. Cost is linear in the text.
///
/// Runs of ASCII letters and digits that have only white space or plain punctuation around
/// them are taken as they are; all else goes to the `unicode-segmentation` crate.
/// A text longer than 4 GiB is cut there; the line never makes one (`--max-bytes`).
///
/// ```
/// let words = tamis::text::words("It's 3.5 km.");
/// assert_eq!(words.len(), 3);
/// ```
pub fn words(text: &str) -> Vec<Word> {
    let text = if text.len() > u32::MAX as usize { "" } else { text };
    let bytes = text.as_bytes();
    let mut found = Vec::with_capacity(text.len() / 6 + 1);
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at].is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let start = at;
        let mut plain = true;
        while at < bytes.len() && !bytes[at].is_ascii_whitespace() {
            plain &= bytes[at].is_ascii_alphanumeric();
            at += 1;
        }
        let chunk = &text[start..at];
        if plain {
            push(&mut found, chunk, start);
            continue;
        }
        // Punctuation at the ends does not change where the words between stand.
        let core = chunk.trim_matches(|c: char| c.is_ascii_punctuation() && c != '_');
        if !core.is_empty() && core.bytes().all(|b| b.is_ascii_alphanumeric()) {
            let offset = core.as_ptr() as usize - chunk.as_ptr() as usize;
            push(&mut found, core, start + offset);
            continue;
        }
        for (offset, word) in chunk.unicode_word_indices() {
            push(&mut found, word, start + offset);
        }
    }
    found
}

fn push(found: &mut Vec<Word>, word: &str, start: usize) {
    found.push(Word {
        start: start as u32,
        end: (start + word.len()) as u32,
        hash: word_hash(word),
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        words(text).into_iter().map(|w| w.span().of(text)).collect()
    }

    #[test]
    fn punctuation_is_not_a_word() {
        assert_eq!(texts("- \"Well,\" he said... (twice)"), ["Well", "he", "said", "twice"]);
    }

    #[test]
    fn inner_apostrophes_and_points_belong_to_the_word() {
        assert_eq!(texts("don't 3.14 e.g."), ["don't", "3.14", "e.g"]);
    }

    #[test]
    fn other_scripts_are_split_by_the_standard() {
        assert_eq!(texts("Ёлка и сосна"), ["Ёлка", "и", "сосна"]);
        assert_eq!(texts("東京"), ["東", "京"]);
    }

    #[test]
    fn upper_case_does_not_change_the_hash() {
        assert_eq!(word_hash("ÉCOLE"), word_hash("école"));
        assert_ne!(word_hash("école"), word_hash("ecole"));
        for length in [1, 31, 32, 33, 100] {
            assert_eq!(word_hash(&"Ab".repeat(length)), word_hash(&"ab".repeat(length)));
        }
    }

    #[test]
    fn a_text_without_words_has_none() {
        assert!(words("").is_empty());
        assert!(words(" … — !\n").is_empty());
    }
}
