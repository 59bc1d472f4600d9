//! Python's notions of white space, lines and letters: what the published filters count by.
//!
//! They differ from Rust's: `str.strip` takes U+001C to U+001F, `str.splitlines` breaks lines at
//! ten characters, and `str.isalpha` knows letters only (categories L*), not letter-like numbers
//! and marks.

use std::sync::LazyLock;

use crate::document::Span;

/// True for what `str.isspace` takes as white space.
pub fn is_space(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, '\t'..='\r' | '\x1c'..='\x1f' | ' ');
    }
    c.is_whitespace()
}

/// True for an ASCII byte that [`is_space`] takes as white space.
pub fn is_ascii_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | 0x1c..=0x1f | b' ')
}

/// `str.strip()`.
pub fn strip(text: &str) -> &str {
    match text.as_bytes() {
        // Nearly all lines begin and end so.
        [b'!'..=b'~', .., b'!'..=b'~'] => text,
        _ => text.trim_matches(is_space),
    }
}

/// A span without the white space around it; empty, at its end, if there is nothing else.
pub fn trimmed(text: &str, span: Span) -> Span {
    let inside = span.of(text);
    if strip(inside).len() == inside.len() {
        return if inside.is_empty() { Span::new(span.end, span.end) } else { span };
    }
    let left = inside.trim_start_matches(is_space);
    let start = span.end - left.len();
    Span::new(start, start + left.trim_end_matches(is_space).len())
}

/// The lines of `str.splitlines()`, without their breaks: at `\n`, `\r`, `\r\n`, U+000B, U+000C,
/// U+001C to U+001E, U+0085, U+2028 and U+2029. A break at the end starts no further line.
pub fn lines(text: &str) -> impl Iterator<Item = Span> {
    let bytes = text.as_bytes();
    let usual = !has_rare_break(bytes);
    let line_feeds = usual && !has_wide_break(bytes);
    let mut at = 0;
    std::iter::from_fn(move || {
        if at >= bytes.len() {
            return None;
        }
        let start = at;
        if line_feeds {
            let rest = bytes.get(at..).unwrap_or(&[]);
            let end = memchr::memchr(b'\n', rest).map_or(bytes.len(), |place| start + place);
            at = end + 1;
            return Some(Span::new(start, end));
        }
        let mut end = at;
        loop {
            let rest = bytes.get(end..).unwrap_or(&[]);
            let place = match usual {
                true => memchr::memchr3(b'\n', 0xc2, 0xe2, rest),
                false => rest.iter().position(|byte| BREAKS[usize::from(*byte)]),
            };
            end += place.unwrap_or(rest.len());
            let length = break_length(bytes, end);
            if length > 0 || end >= bytes.len() {
                at = end + length;
                return Some(Span::new(start, end));
            }
            end += 1;
        }
    })
}

/// The lines of `str.split("\\n")`, as places.
pub fn line_feed_lines(text: &str) -> impl Iterator<Item = Span> {
    let mut at = 0;
    text.split('\n').map(move |line| {
        let start = at;
        at += line.len() + 1;
        Span::new(start, start + line.len())
    })
}

/// True if a text has breaks in ASCII other than line feeds.
fn has_rare_break(bytes: &[u8]) -> bool {
    let is_rare = |byte: &u8| {
        let (first, second) = (byte.wrapping_sub(0x0b), byte.wrapping_sub(0x1c));
        u8::from(first < 3) | u8::from(second < 3)
    };
    // Many at once, and no look at each.
    bytes.chunks(4096).any(|chunk| chunk.iter().fold(0, |found, byte| found | is_rare(byte)) != 0)
}

/// True if a text has line breaks other than line feeds: those of [`is_line_break`].
pub fn has_other_break(text: &str) -> bool {
    let bytes = text.as_bytes();
    has_rare_break(bytes) || has_wide_break(bytes)
}

/// True if a text has breaks outside ASCII.
fn has_wide_break(bytes: &[u8]) -> bool {
    memchr::memchr2_iter(0xc2, 0xe2, bytes).any(|at| break_length(bytes, at) > 0)
}

/// First bytes of line breaks.
const BREAKS: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = b"\n\r\x0b\x0c\x1c\x1d\x1e\xc2\xe2";
    let mut n = 0;
    while n < bytes.len() {
        table[bytes[n] as usize] = true;
        n += 1;
    }
    table
};

/// Bytes of the line break at `at`; 0 if there is none.
fn break_length(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at..).unwrap_or(&[]) {
        [b'\r', b'\n', ..] | [0xc2, 0x85, ..] => 2,
        [b'\n' | b'\r' | 0x0b | 0x0c | 0x1c..=0x1e, ..] => 1,
        [0xe2, 0x80, 0xa8 | 0xa9, ..] => 3,
        _ => 0,
    }
}

/// True for a character at which `str.splitlines` breaks lines.
pub fn is_line_break(c: char) -> bool {
    matches!(c, '\n'..='\r' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The words of `str.split()`.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// How many words `str.split()` finds; it looks no further than `most`.
pub fn count_words(text: &str, most: usize) -> usize {
    if most == 0 {
        return 0;
    }
    let mut found = 0;
    let mut inside = false;
    for byte in text.bytes() {
        if !byte.is_ascii() {
            // White space outside ASCII may follow.
            return words(text).take(most).count();
        }
        let space = is_ascii_space(byte);
        if !space && !inside {
            found += 1;
            if found >= most {
                return most;
            }
        }
        inside = !space;
    }
    found
}

/// True for what `str.isalpha` takes as a letter: the general categories Lu, Ll, Lt, Lm and Lo.
pub fn is_alpha(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphabetic();
    }
    is_in(&LETTERS, c)
}

/// True for what `\d` matches in a pattern over `str`: the general category Nd.
pub fn is_decimal(c: char) -> bool {
    if c.is_ascii() || !c.is_numeric() {
        return c.is_ascii_digit();
    }
    let after = ZEROS.partition_point(|zero| *zero <= u32::from(c));
    let zero = after.checked_sub(1).and_then(|n| ZEROS.get(n));
    zero.is_some_and(|zero| u32::from(c) - zero < 10)
}

/// The digits zero outside ASCII; nine more digits follow each.
static ZEROS: &[u32] = &[
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6,
    0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50,
    0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
    0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650,
    0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50,
    0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

/// The ranges of the general category L.
static LETTERS: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    use regex_syntax::hir::{Class, HirKind};
    let parsed = regex_syntax::parse(r"\p{L}").map(regex_syntax::hir::Hir::into_kind);
    match parsed {
        Ok(HirKind::Class(Class::Unicode(class))) => {
            class.ranges().iter().map(|range| (range.start(), range.end())).collect()
        }
        _ => Vec::new(),
    }
});

/// True for a character in one of some ranges that are in order.
pub fn is_in(ranges: &[(char, char)], c: char) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= c);
    after.checked_sub(1).and_then(|n| ranges.get(n)).is_some_and(|(_, last)| c <= *last)
}

/// Characters (code points) of a text: `len(str)`.
#[inline]
pub fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(text: &str) -> Vec<&str> {
        lines(text).map(|line| line.of(text)).collect()
    }

    #[test]
    fn lines_break_at_pythons_ten_characters() {
        let text = "a\nb\rc\r\nd\x0be\x0cf\x1cg\x1dh\x1ei\u{85}j\u{2028}k\u{2029}l";
        assert_eq!(split(text), ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"]);
        assert_eq!(split("a\x1fb\tc\u{a0}d"), ["a\x1fb\tc\u{a0}d"]);
    }

    #[test]
    fn breaks_other_than_line_feeds_are_seen() {
        for c in '\0'..='\u{3000}' {
            let text = format!("a\nb…é{c}d");
            assert_eq!(has_other_break(&text), c != '\n' && is_line_break(c), "{c:?}");
        }
    }

    #[test]
    fn line_feeds_alone_can_break_lines() {
        let text = "a\r\n\u{2028}b\n";
        let found: Vec<&str> = line_feed_lines(text).map(|line| line.of(text)).collect();
        assert_eq!(found, ["a\r", "\u{2028}b", ""]);
    }

    #[test]
    fn a_break_at_the_end_starts_no_line() {
        assert_eq!(split(""), [""; 0]);
        assert_eq!(split("\n"), [""]);
        assert_eq!(split("a\n"), ["a"]);
        assert_eq!(split("\n\na"), ["", "", "a"]);
    }

    #[test]
    fn white_space_is_pythons() {
        assert_eq!(strip("\x1c\u{85}\u{3000}a \x1f"), "a");
        assert_eq!(
            words(" a\x1eb\u{2003}c\u{200b}d ").collect::<Vec<_>>(),
            ["a", "b", "c\u{200b}d"]
        );
        assert_eq!(trimmed("  \n", Span::new(0, 3)), Span::new(3, 3));
    }

    #[test]
    fn letters_are_the_category_l() {
        for c in ['a', 'é', 'ж', '東', 'ª', 'ʰ'] {
            assert!(is_alpha(c), "{c}");
        }
        for c in ['1', '²', 'Ⅳ', 'ⓐ', '\u{301}', '_', '€'] {
            assert!(!is_alpha(c), "{c}");
        }
    }

    #[test]
    fn words_are_counted_up_to_a_bound() {
        for (text, most, count) in
            [("", 3, 0), (" a  b ", 3, 2), ("a b c d", 3, 3), ("a\u{3000}b", 3, 2), ("a", 0, 0)]
        {
            assert_eq!(count_words(text, most), count, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn stripping_is_trimming(text in "[ a\u{3000}\u{1c}!é]{0,6}") {
            prop_assert_eq!(strip(&text), text.trim_matches(is_space));
            prop_assert_eq!(count_words(&text, 9), words(&text).count());
        }

        #[test]
        fn lines_and_breaks_make_up_the_text(text in "[a\n\r\u{b}\u{85}\u{2028}é]{0,12}|[a\n\u{85}…é]{0,12}") {
            let kept: String = lines(&text).map(|line| line.of(&text)).collect();
            let solid: String = text.chars().filter(|c| matches!(c, 'a' | 'é' | '…')).collect();
            prop_assert_eq!(kept, solid);
        }

        #[test]
        fn lengths_are_characters(text in any::<String>()) {
            prop_assert_eq!(length(&text), text.chars().count());
        }
    }
}
