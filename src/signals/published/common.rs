//! What several published filters share: Python's letters and lines, copies of lines and paragraphs.

use std::borrow::Cow;

use xxhash_rust::xxh3::xxh3_64;

use crate::signals::ngrams::Twice;
use crate::text::python;

/// A hash of a word; equal words have equal hashes on every machine. Short words, which most are,
/// are read as one number or two.
pub(super) fn hash(word: &[u8]) -> u64 {
    const ONE: u64 = 0x9E37_79B9_7F4A_7C15;
    const OTHER: u64 = 0xBF58_476D_1CE4_E5B9;
    let byte = |at: usize| u64::from(word.get(at).copied().unwrap_or(0));
    let four = |at: usize| word.get(at..at + 4).and_then(|four| four.try_into().ok());
    let four = |at: usize| four(at).map_or(0, |four| u64::from(u32::from_le_bytes(four)));
    let eight = |at: usize| word.get(at..at + 8).and_then(|eight| eight.try_into().ok());
    let eight = |at: usize| eight(at).map_or(0, u64::from_le_bytes);
    let length = word.len();
    let number = match length {
        0 => 0,
        1..=3 => byte(0) | byte(length / 2) << 8 | byte(length - 1) << 16,
        4..=8 => four(0) | four(length - 4) << 32,
        9..=16 => eight(0).wrapping_mul(OTHER).rotate_left(29) ^ eight(length - 8),
        _ => return xxh3_64(word),
    };
    let mixed = (number ^ (length as u64).wrapping_mul(OTHER)).wrapping_mul(ONE);
    mixed ^ (mixed >> 32)
}

/// A text in which ASCII phrases can be looked for with ASCII case ignored, as in
/// `str.lower()`: two characters outside ASCII have ASCII letters for their lower case.
pub(super) fn lower_for_ascii(text: &str) -> Cow<'_, str> {
    let has = |c: &str| memchr::memmem::find(text.as_bytes(), c.as_bytes()).is_some();
    if has("\u{212a}") || has("\u{130}") {
        Cow::Owned(text.to_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

/// True for what `str.isalnum` takes: letters and numbers of every kind, no marks.
pub(super) fn is_alnum(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { python::is_alpha(c) || c.is_numeric() }
}

/// True for what `str.isdigit` takes: decimal digits, and digits raised, lowered or in circles.
pub(super) fn is_digit(c: char) -> bool {
    python::is_decimal(c)
        || matches!(
            u32::from(c),
            0xb2..=0xb3 | 0xb9 | 0x1369..=0x1371 | 0x19da | 0x2070 | 0x2074..=0x2079
            | 0x2080..=0x2089 | 0x2460..=0x2468 | 0x2474..=0x247c | 0x2488..=0x2490 | 0x24ea
            | 0x24f5..=0x24fd | 0x24ff | 0x2776..=0x277e | 0x2780..=0x2788 | 0x278a..=0x2792
            | 0x10a40..=0x10a43 | 0x10e60..=0x10e68 | 0x11052..=0x1105a | 0x1f100..=0x1f10a
        )
}

/// A line of C4 without its citation marks, `[12]`, `[]`, `[edit]` and `[citation needed]`, which
/// are taken out one after the other from the left.
pub(super) fn without_citations(line: &str) -> Cow<'_, str> {
    let mut kept = String::new();
    let mut from = 0;
    for open in memchr::memchr_iter(b'[', line.as_bytes()) {
        let mark = line.get(open..).and_then(citation);
        if let (Some(length), Some(before)) = (mark, line.get(from..open)) {
            kept.push_str(before);
            from = open + length;
        }
    }
    if from == 0 {
        return Cow::Borrowed(line);
    }
    kept.push_str(line.get(from..).unwrap_or(""));
    Cow::Owned(kept)
}

/// Bytes of the citation mark at the start of a text.
fn citation(text: &str) -> Option<usize> {
    for mark in ["[edit]", "[citation needed]"] {
        if text.starts_with(mark) {
            return Some(mark.len());
        }
    }
    let rest = text.strip_prefix('[')?.trim_start_matches(python::is_decimal).strip_prefix(']')?;
    Some(text.len() - rest.len())
}

/// The lines of `str.split("\n")`.
pub(super) fn newline_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        match memchr::memchr(b'\n', text.as_bytes()) {
            Some(end) => {
                rest = text.get(end + 1..);
                text.get(..end)
            }
            None => rest.take(),
        }
    })
}

/// The paragraphs of `str.split("\n\n")`.
pub(super) fn newline_paragraphs(text: &str) -> impl Iterator<Item = &str> {
    let mut breaks = memchr::memmem::find_iter(text.as_bytes(), b"\n\n");
    let mut from = Some(0);
    std::iter::from_fn(move || {
        let start = from?;
        let end = breaks.next();
        from = end.map(|end| end + 2);
        text.get(start..end.unwrap_or(text.len()))
    })
}

/// Occurrences of a string that do not overlap: `str.count`.
pub(super) fn occurrences(text: &str, of: &str) -> usize {
    memchr::memmem::find_iter(text.as_bytes(), of.as_bytes()).count()
}

/// Lines or paragraphs of a text, and how many of them are copies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Segments {
    /// How many there are, and their characters.
    pub(super) count: usize,
    pub(super) chars: usize,
    /// How many distinct ones there are, and their characters.
    pub(super) kinds: usize,
    pub(super) kind_chars: usize,
    /// How many occur twice or more, each copy counted, and their characters.
    pub(super) copied: usize,
    pub(super) copied_chars: usize,
}

/// Counts the copies among segments.
pub(super) fn segments<'a>(parts: impl Iterator<Item = &'a str>) -> Segments {
    segments_by_hash(parts.map(|part| (xxh3_64(part.as_bytes()), python::length(part))))
}

/// The same among segments by their hashes and their characters.
pub(super) fn segments_by_hash(parts: impl Iterator<Item = (u64, usize)>) -> Segments {
    let parts: Vec<(u64, usize)> = parts.collect();
    let mut twice = Twice::new(parts.len());
    parts.iter().for_each(|(hash, _)| twice.see(*hash));
    let mut found = Segments { count: parts.len(), ..Segments::default() };
    let mut perhaps = Vec::with_capacity(twice.again * 2);
    for part in parts {
        found.chars += part.1;
        if twice.may_be(part.0) {
            perhaps.push(part);
        } else {
            found.kinds += 1;
            found.kind_chars += part.1;
        }
    }
    perhaps.sort_unstable();
    for same in perhaps.chunk_by(|one, other| one.0 == other.0) {
        let chars = same.first().map_or(0, |(_, chars)| *chars);
        found.kinds += 1;
        found.kind_chars += chars;
        if same.len() > 1 {
            found.copied += same.len();
            found.copied_chars += same.len() * chars;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lines_are_those_of_split(text in "[a\n]{0,8}") {
            let found: Vec<&str> = newline_lines(&text).collect();
            let expected: Vec<&str> = text.split('\n').collect();
            prop_assert_eq!(found, expected);
            let found: Vec<&str> = newline_paragraphs(&text).collect();
            let expected: Vec<&str> = text.split("\n\n").collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn words_of_all_lengths_have_their_own_hashes() {
        let text: String = ('a'..='z').cycle().take(40).collect();
        let mut hashes: Vec<u64> = (0..text.len())
            .flat_map(|length| {
                [hash(&text.as_bytes()[..length]), hash(&text.as_bytes()[40 - length..])]
            })
            .collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(
            hashes.len(),
            78,
            "two words are there twice: that of no letter, and that of 14"
        );
    }

    #[test]
    fn digits_are_pythons() {
        for c in ['0', '٣', '९', '４'] {
            assert!(python::is_decimal(c) && is_digit(c), "{c}");
        }
        for (c, digit) in [('²', true), ('①', true), ('½', false), ('Ⅳ', false), ('一', false)]
        {
            assert!(!python::is_decimal(c), "{c}");
            assert_eq!(is_digit(c), digit, "{c}");
        }
    }

    #[test]
    fn copies_are_counted_with_and_without_the_first() {
        let found = segments(["ab", "c", "ab", "ab", "é"].into_iter());
        assert_eq!((found.count, found.chars), (5, 8));
        assert_eq!((found.kinds, found.kind_chars), (3, 4));
        assert_eq!((found.copied, found.copied_chars), (3, 6));
    }
}
