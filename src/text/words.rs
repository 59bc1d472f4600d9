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

/// The [`word_hash`] of a word in ASCII that is in lower case.
pub(crate) fn lower_hash(word: &[u8]) -> u64 {
    xxh3_64(word)
}

/// The words of a text in order. Cost is linear in the text.
///
/// What stands between white space in ASCII is cut here, by the same rules; all else goes to
/// the `unicode-segmentation` crate.
/// A text longer than 4 GiB is cut there; the line never makes one (`--max-bytes`).
///
/// ```
/// let words = tamis::text::words("It's 3.5 km.");
/// assert_eq!(words.len(), 3);
/// ```
pub fn words(text: &str) -> Vec<Word> {
    let text = if text.len() > u32::MAX as usize { "" } else { text };
    let mut found = Vec::with_capacity(text.len() / 6 + 1);
    each_word(text, |start, word| {
        found.push(Word {
            start: start as u32,
            end: (start + word.len()) as u32,
            hash: word_hash(word),
        });
    });
    found
}

/// Calls `take` with each of the [`words`] of a text, in order, and its first byte.
pub(crate) fn each_word<'t>(text: &'t str, mut take: impl FnMut(usize, &'t str)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match CLASSES[usize::from(byte)] {
            Class::Space => at += 1,
            // What is outside ASCII may combine with the mark before it.
            Class::Mark if bytes.get(at + 1).is_some_and(|next| !next.is_ascii()) => {
                at = other_chunk(text, at, &mut take);
            }
            Class::Mark => at += 1,
            // A word, if nothing but ASCII touches it.
            Class::Letter | Class::Digit | Class::Joiner => {
                let end = ascii_word(bytes, at);
                if bytes.get(end).is_some_and(|next| !next.is_ascii()) {
                    at = other_chunk(text, at, &mut take);
                    continue;
                }
                let word = text.get(at..end).unwrap_or("");
                if word.bytes().any(|b| b.is_ascii_alphanumeric()) {
                    take(at, word);
                }
                at = end;
            }
            Class::Other => at = other_chunk(text, at, &mut take),
        }
    }
}

/// What a byte is to the boundaries of words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// White space in ASCII.
    Space,
    /// An ASCII character that stands alone, or joins what is around it.
    Mark,
    Letter,
    Digit,
    /// The low line.
    Joiner,
    /// Not ASCII.
    Other,
}

const CLASSES: [Class; 256] = {
    let mut table = [Class::Other; 256];
    let mut at = 0;
    while at < 128 {
        let byte = at as u8;
        table[at] = if byte.is_ascii_whitespace() {
            Class::Space
        } else if byte.is_ascii_alphabetic() {
            Class::Letter
        } else if byte.is_ascii_digit() {
            Class::Digit
        } else if byte == b'_' {
            Class::Joiner
        } else {
            Class::Mark
        };
        at += 1;
    }
    table
};

/// Where the run of ASCII letters, digits, low lines and the marks that join them ends: rules
/// WB5 to WB13b of UAX 29 for ASCII.
fn ascii_word(bytes: &[u8], start: usize) -> usize {
    let class = |at: usize| bytes.get(at).map_or(Class::Space, |b| CLASSES[usize::from(*b)]);
    let mut at = start;
    loop {
        while matches!(class(at), Class::Letter | Class::Digit | Class::Joiner) {
            at += 1;
        }
        let (Some(mark), Some(before)) = (bytes.get(at), at.checked_sub(1)) else { return at };
        let joined = match (class(before), class(at + 1)) {
            (Class::Letter, Class::Letter) => matches!(mark, b'\'' | b'.' | b':'),
            (Class::Digit, Class::Digit) => matches!(mark, b'\'' | b'.' | b',' | b';'),
            // What is outside ASCII may be a letter or a digit too.
            (Class::Letter | Class::Digit, Class::Other) => {
                return if matches!(mark, b'\'' | b'.' | b':' | b',' | b';') { at + 1 } else { at };
            }
            _ => false,
        };
        if !joined {
            return at;
        }
        at += 1;
    }
}

/// Takes the words from `start` to the next white space; where that is.
fn other_chunk<'t>(text: &'t str, start: usize, take: &mut impl FnMut(usize, &'t str)) -> usize {
    let rest = text.get(start..).unwrap_or("");
    let length = rest.bytes().position(|b| b.is_ascii_whitespace()).unwrap_or(rest.len());
    let chunk = rest.get(..length).unwrap_or("");
    for (offset, word) in chunk.unicode_word_indices() {
        take(start + offset, word);
    }
    start + length
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    /// All by the crate, from white space to white space.
    fn plainly(text: &str) -> Vec<(usize, &str)> {
        let place = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
        let chunks = text.split(|c: char| c.is_ascii_whitespace());
        chunks
            .flat_map(|chunk| chunk.unicode_word_indices())
            .map(|(_, word)| (place(word), word))
            .collect()
    }

    fn found(text: &str) -> Vec<(usize, &str)> {
        words(text).into_iter().map(|w| (w.start as usize, w.span().of(text))).collect()
    }

    #[test]
    fn ascii_is_cut_as_the_standard_says() {
        // Every three characters of those that differ, between letters.
        let marks = "a1_'.:,;- \n@\"";
        for a in marks.chars() {
            for b in marks.chars() {
                for c in marks.chars() {
                    for text in
                        [format!("x{a}{b}{c}y"), format!("{a}{b}{c}"), format!("7{a}{b}{c}8")]
                    {
                        assert_eq!(found(&text), plainly(&text), "{text:?}");
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn words_are_those_of_the_standard(text in "[a-c19_'.:,;\\- é\u{301}東ж\u{2019}\u{ad}]{0,24}") {
            prop_assert_eq!(found(&text), plainly(&text));
        }

        #[test]
        fn words_of_any_text_are_those_of_the_standard(text in any::<String>()) {
            prop_assert_eq!(found(&text), plainly(&text));
        }
    }
}
