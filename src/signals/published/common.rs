//! What several published filters share: Python's letters and lines, copies of lines and paragraphs.

use xxhash_rust::xxh3::xxh3_64;

use crate::signals::words::HashedMap;
use crate::text::python;

/// True for what `str.isalnum` takes: letters and numbers of every kind, no marks.
pub(super) fn is_alnum(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { python::is_alpha(c) || c.is_numeric() }
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
    let mut met: HashedMap<u32> = HashedMap::default();
    let mut found = Segments::default();
    for part in parts {
        let chars = python::length(part);
        found.count += 1;
        found.chars += chars;
        let times = met.entry(xxh3_64(part.as_bytes())).or_insert(0);
        *times = times.saturating_add(1);
        match *times {
            1 => {
                found.kinds += 1;
                found.kind_chars += chars;
            }
            2 => {
                found.copied += 2;
                found.copied_chars += 2 * chars;
            }
            _ => {
                found.copied += 1;
                found.copied_chars += chars;
            }
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
