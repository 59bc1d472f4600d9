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
/// What stands between white space in ASCII is cut here, by the same rules, where it is of the
/// letters and marks that are common; all else goes to the `unicode-segmentation` crate.
/// A text longer than 4 GiB is cut there; the line never makes one (`--max-bytes`).
///
/// ```
/// let words = tamis::text::words("It's 3.5 km.");
/// assert_eq!(words.len(), 3);
/// ```
pub fn words(text: &str) -> Vec<Word> {
    let text = measured(text);
    let mut found = Vec::with_capacity(text.len() / 6 + 1);
    each_seen_word(text, |start, word, seen| found.push(word_of(start, word, seen)));
    found
}

/// The [`words`] of a text, and of each word its [`shape`](shape_of).
pub(crate) fn shaped_words(text: &str) -> (Vec<Word>, Vec<u8>) {
    let text = measured(text);
    let mut found = Vec::with_capacity(text.len() / 6 + 1);
    let mut shapes = Vec::with_capacity(text.len() / 6 + 1);
    each_seen_word(text, |start, word, seen| {
        found.push(word_of(start, word, seen));
        shapes.push(shape_of(word, seen));
    });
    (found, shapes)
}

/// A text whose places fit [`Word`]; an empty one where they do not.
fn measured(text: &str) -> &str {
    if text.len() > u32::MAX as usize { "" } else { text }
}

#[inline]
fn word_of(start: usize, word: &str, seen: Seen) -> Word {
    let hash = if seen.is_lower() { lower_hash(word.as_bytes()) } else { word_hash(word) };
    Word { start: start as u32, end: (start + word.len()) as u32, hash }
}

/// The word has a letter; it starts with an upper-case or a lower-case letter; it has more than
/// three letters; it has a digit.
pub(crate) const LETTER: u8 = 1;
pub(crate) const UPPER: u8 = 16;
pub(crate) const LOWER: u8 = 32;
pub(crate) const LONG: u8 = 64;
pub(crate) const DIGIT: u8 = 128;

/// Letters of a long word.
const LONG_LETTERS: usize = 4;

/// The shape of a word: bits of those above.
#[inline]
fn shape_of(word: &str, seen: Seen) -> u8 {
    let bit = |yes: bool, bit: u8| if yes { bit } else { 0 };
    let case = match word.as_bytes().first() {
        Some(first) if first.is_ascii() => {
            bit(first.is_ascii_uppercase(), UPPER) | bit(first.is_ascii_lowercase(), LOWER)
        }
        _ => {
            let first = word.chars().next().unwrap_or(' ');
            bit(first.is_uppercase(), UPPER) | bit(first.is_lowercase(), LOWER)
        }
    };
    let (letters, digit) = match seen {
        Seen::Walked(sum) => ((sum & LETTERS) as usize, sum >= A_DIGIT),
        Seen::Unknown => {
            let letters = word.chars().filter(|c| c.is_alphabetic());
            (letters.take(LONG_LETTERS).count(), word.contains(char::is_numeric))
        }
    };
    case | bit(digit, DIGIT) | bit(letters > 0, LETTER) | bit(letters >= LONG_LETTERS, LONG)
}

/// What the walk has seen of a word.
#[derive(Clone, Copy)]
enum Seen {
    /// The sum of [`WEIGHTS`]: letters in the low bits, then those that may be upper case, then
    /// digits.
    Walked(u64),
    /// Cut by the crate.
    Unknown,
}

impl Seen {
    /// True if it is certain that the word is in lower case.
    fn is_lower(self) -> bool {
        matches!(self, Seen::Walked(sum) if sum & (A_DIGIT - 1) <= LETTERS)
    }
}

/// Places of the sums in [`Seen::Walked`]: no word of a text of 4 GiB has 2 million characters
/// without the crate being asked, which [`LONGEST`] sees to.
const LETTERS: u64 = (1 << 21) - 1;
const A_CAPITAL: u64 = 1 << 21;
const A_DIGIT: u64 = 1 << 42;
/// Bytes of a word from which on it is the crate's.
const LONGEST: usize = 1 << 20;

/// Calls `take` with each of the [`words`] of a text, in order, and its first byte.
pub(crate) fn each_word<'t>(text: &'t str, mut take: impl FnMut(usize, &'t str)) {
    each_seen_word(text, |start, word, _| take(start, word));
}

/// As [`each_word`], with what was seen of the word.
fn each_seen_word<'t>(text: &'t str, mut take: impl FnMut(usize, &'t str, Seen)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if WEIGHTS[usize::from(byte)] != 0 {
            // Most words are letters and digits of ASCII alone, with white space or a mark and
            // white space behind them.
            let (end, sum) = plain_run(bytes, at);
            if let Some(length) = plain_end(bytes, end) {
                take(at, text.get(at..end).unwrap_or(""), Seen::Walked(sum));
                at = end + length;
                continue;
            }
        }
        let (own, length) = class_at(bytes, at, byte);
        match own {
            Class::Space => at += 1,
            // What is outside ASCII may combine with the mark before it.
            Class::Mark | Class::Between if class(bytes, at + length).0 == Class::Other => {
                at = other_chunk(text, at, &mut take);
            }
            Class::Mark | Class::Between => at += length,
            // A word, if nothing touches it that may be part of it.
            Class::Letter | Class::Digit | Class::Joiner => {
                let Some((end, sum)) = known_word(bytes, at) else {
                    at = other_chunk(text, at, &mut take);
                    continue;
                };
                if sum > 0 {
                    take(at, text.get(at..end).unwrap_or(""), Seen::Walked(sum));
                }
                at = end;
            }
            Class::Other => at = other_chunk(text, at, &mut take),
        }
    }
}

/// Where the letters and digits of ASCII from `at` on end, and what they come to.
#[inline]
fn plain_run(bytes: &[u8], at: usize) -> (usize, u64) {
    let mut sum = 0u64;
    let mut length = 0;
    for byte in bytes.get(at..).unwrap_or(&[]) {
        let weight = WEIGHTS[usize::from(*byte)];
        if weight == 0 || length > LONGEST {
            break;
        }
        sum = sum.wrapping_add(weight);
        length += 1;
    }
    (at + length, sum)
}

/// The length of the white space, or the mark and the white space, that a word ends before;
/// `None` if something else stands there.
#[inline]
fn plain_end(bytes: &[u8], at: usize) -> Option<usize> {
    let class = |byte: u8| CLASSES[usize::from(byte)];
    match bytes.get(at..)? {
        [] => Some(0),
        [first, ..] if class(*first) == Class::Space => Some(1),
        [first, next, ..] if class(*first) == Class::Mark && class(*next) == Class::Space => {
            Some(2)
        }
        _ => None,
    }
}

/// What a character is to the boundaries of words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// White space in ASCII.
    Space,
    /// A character that stands alone, or (in ASCII) joins what is around it.
    Mark,
    /// A typographic apostrophe.
    Between,
    Letter,
    Digit,
    /// The low line.
    Joiner,
    /// None of these, as far as is known here.
    Other,
}

static CLASSES: [Class; 256] = {
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

/// For each letter and digit of ASCII what it adds to a word's sum; 0 for all other bytes.
static WEIGHTS: [u64; 256] = {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 128 {
        table[at] = match at as u8 {
            b'a'..=b'z' => 1,
            b'A'..=b'Z' => A_CAPITAL | 1,
            b'0'..=b'9' => A_DIGIT,
            _ => 0,
        };
        at += 1;
    }
    table
};

/// The class and length of the character at a place; white space behind the text.
#[inline]
fn class(bytes: &[u8], at: usize) -> (Class, usize) {
    bytes.get(at).map_or((Class::Space, 1), |byte| class_at(bytes, at, *byte))
}

/// The class and length of the character at a place, given its first byte.
#[inline]
fn class_at(bytes: &[u8], at: usize, byte: u8) -> (Class, usize) {
    if byte.is_ascii() { (CLASSES[usize::from(byte)], 1) } else { wide_class(bytes, at) }
}

/// The class and length of a character outside ASCII: letters of Latin and Cyrillic alphabets,
/// and the marks of running text that never touch a word.
fn wide_class(bytes: &[u8], at: usize) -> (Class, usize) {
    match bytes.get(at..).unwrap_or(&[]) {
        // ‘ ’
        [0xE2, 0x80, 0x98 | 0x99, ..] => (Class::Between, 3),
        // – — “ ” „ • …
        [0xE2, 0x80, 0x93 | 0x94 | 0x9C..=0x9E | 0xA2 | 0xA6, ..] => (Class::Mark, 3),
        // The no-break space, « and »
        [0xC2, 0xA0 | 0xAB | 0xBB, ..] => (Class::Mark, 2),
        // × and ÷ are no letters
        [0xC3, 0x97 | 0xB7, ..] => (Class::Other, 2),
        // À to ſ, А to я
        [0xC3..=0xC5, ..] | [0xD0, 0x90..=0xBF, ..] | [0xD1, 0x80..=0x8F, ..] => (Class::Letter, 2),
        _ => (Class::Other, 1),
    }
}

/// What a letter outside ASCII adds to a word's sum, or a low line.
fn wide_weight(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..).unwrap_or(&[]) {
        [b'_', ..] => 0,
        [0xC3, 0x9F..=0xBF, ..] | [0xD0, 0xB0..=0xBF, ..] | [0xD1, ..] => 1,
        // Some of these are.
        _ => A_CAPITAL | 1,
    }
}

/// Where the run of letters, digits, low lines and the marks that join them ends, and what its
/// characters come to (0 if there is neither letter nor digit): rules WB5 to WB13b of UAX 29 for
/// the characters that [`class`] knows. `None` if another touches it, or it is very long.
fn known_word(bytes: &[u8], start: usize) -> Option<(usize, u64)> {
    let (mut at, mut sum) = (start, 0u64);
    // The last letter, digit or low line.
    let mut before = Class::Space;
    loop {
        let run = at;
        let rest = bytes.get(at..).unwrap_or(&[]);
        let mut last = 0;
        for byte in rest {
            let weight = WEIGHTS[usize::from(*byte)];
            if weight == 0 {
                break;
            }
            sum = sum.wrapping_add(weight);
            last = *byte;
            at += 1;
        }
        let next = bytes.get(at).copied().unwrap_or(b' ');
        if next == b' ' {
            return Some((at, sum));
        }
        if at > run {
            before = CLASSES[usize::from(last)];
        }
        if at - start > LONGEST {
            return None;
        }
        let (own, length) = class_at(bytes, at, next);
        match own {
            Class::Letter | Class::Joiner => {
                sum = sum.wrapping_add(wide_weight(bytes, at));
                at += length;
                before = own;
                continue;
            }
            Class::Other => return None,
            Class::Space => return Some((at, sum)),
            Class::Digit | Class::Mark | Class::Between => {}
        }
        let of_letters = own == Class::Between || matches!(next, b'\'' | b'.' | b':');
        let of_digits = own == Class::Between || matches!(next, b'\'' | b'.' | b',' | b';');
        let behind = class(bytes, at + length).0;
        let joined = match (before, behind) {
            (Class::Letter, Class::Letter) => of_letters,
            (Class::Digit, Class::Digit) => of_digits,
            // It may be a letter or a digit too.
            (Class::Letter | Class::Digit, Class::Other) => return None,
            _ => false,
        };
        if !joined {
            return Some((at, sum));
        }
        at += length;
    }
}

/// Takes the words from `start` to the next white space; where that is.
fn other_chunk<'t>(
    text: &'t str,
    start: usize,
    take: &mut impl FnMut(usize, &'t str, Seen),
) -> usize {
    let rest = text.get(start..).unwrap_or("");
    let length = rest.bytes().position(|b| b.is_ascii_whitespace()).unwrap_or(rest.len());
    let chunk = rest.get(..length).unwrap_or("");
    for (offset, word) in chunk.unicode_word_indices() {
        take(start + offset, word, Seen::Unknown);
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

    /// The shape and the hash of a word, from its definition.
    fn plain_word(word: &str) -> (u64, u8) {
        let first = word.chars().next().unwrap();
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        let bits = [
            (letters > 0, LETTER),
            (first.is_uppercase(), UPPER),
            (first.is_lowercase(), LOWER),
            (letters > 3, LONG),
            (word.chars().any(char::is_numeric), DIGIT),
        ];
        let shape = bits.into_iter().filter(|(yes, _)| *yes).fold(0, |all, (_, bit)| all | bit);
        (word_hash(word), shape)
    }

    proptest! {
        #[test]
        fn shapes_and_hashes_are_those_of_the_word(
            text in "[a-cA19_'.:,;\\- éÉßÞÿżŻЖжя×\u{301}東\u{2019}\u{2018}—“…½²]{0,24}"
        ) {
            let (words, shapes) = shaped_words(&text);
            prop_assert_eq!(&words, &super::words(&text));
            for (word, shape) in words.iter().zip(&shapes) {
                prop_assert_eq!((word.hash, *shape), plain_word(word.span().of(&text)));
            }
        }

        #[test]
        fn words_are_those_of_the_standard(text in "[a-cA19_'.:,;\\- éÉß×żЖ\u{301}東ж\u{2019}\u{2018}—“…«\u{a0}\u{ad}\u{200d}]{0,24}") {
            prop_assert_eq!(found(&text), plainly(&text));
        }

        #[test]
        fn words_of_any_text_are_those_of_the_standard(text in any::<String>()) {
            prop_assert_eq!(found(&text), plainly(&text));
        }
    }
}
