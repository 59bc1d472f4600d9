//! Lines of a text as the segmenters see them: trimmed, with indent, width and distance.

use crate::document::Span;
use crate::text::count_bytes;
use crate::text::sentences::{is_wide, line_break};

/// A line that is not blank.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// Its text without the white space around it.
    pub(crate) span: Span,
    /// Columns of white space before it; a tab goes to the next multiple of four.
    pub(crate) indent: u32,
    /// Columns of its text; East Asian characters take two. Bytes for lines over [`MEASURED`].
    pub(crate) columns: u32,
    /// Line breaks between it and the line before it; 2 or more if blank lines are between.
    pub(crate) breaks: u32,
}

impl Line {
    /// True if blank lines stand before it.
    pub(crate) fn after_blank(self) -> bool {
        self.breaks > 1
    }
}

/// Longest line whose columns are counted, in bytes. Longer ones are no matter of layout.
const MEASURED: usize = 600;

/// The lines of a text that are not blank, in order.
pub(crate) fn lines(text: &str) -> Vec<Line> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut breaks = 0;
    let mut at = 0;
    loop {
        let end = line_end(bytes, at);
        let raw = text.get(at..end).unwrap_or("");
        let body = raw.trim_start();
        if !body.is_empty() {
            let start = end - body.len();
            let body = body.trim_end();
            found.push(Line {
                span: Span::new(start, start + body.len()),
                indent: indent(text.get(at..start).unwrap_or("")),
                columns: columns(body),
                breaks,
            });
            breaks = 0;
        }
        let length = line_break(bytes, end);
        if length == 0 {
            return found;
        }
        breaks = breaks.saturating_add(1);
        at = end + length;
    }
}

/// The place of the next line break at or after `at`; the end of the text if there is none.
pub(crate) fn line_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(rest) = bytes.get(at..) {
        let Some(next) = next_break(rest) else { break };
        at += next;
        if line_break(bytes, at) > 0 {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

/// The place of the first byte that may be a line break's first.
fn next_break(bytes: &[u8]) -> Option<usize> {
    // Most lines are short, and for the others these are sooner found by many at once.
    let (near, far) = bytes.split_at_checked(NEAR_BYTES).unwrap_or((bytes, &[]));
    near.iter().position(|byte| BREAKS[usize::from(*byte)]).or_else(|| {
        let common = memchr::memchr3(b'\n', 0xC2, 0xE2, far);
        let before = common.map_or(far, |at| far.get(..at).unwrap_or(far));
        let rare = memchr::memchr3(b'\r', 0x0B, 0x0C, before);
        rare.or(common).map(|at| near.len() + at)
    })
}

/// So many bytes are looked at one by one.
const NEAR_BYTES: usize = 32;

/// First bytes of line breaks.
static BREAKS: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = b"\n\r\x0b\x0c\xc2\xe2";
    let mut n = 0;
    while n < bytes.len() {
        table[bytes[n] as usize] = true;
        n += 1;
    }
    table
};

/// Columns of a text, as [`Line::columns`] counts them.
pub(crate) fn columns(text: &str) -> u32 {
    let count = if text.len() > MEASURED || text.is_ascii() {
        text.len()
    } else {
        let bytes = text.as_bytes();
        let count = count_bytes(bytes, |byte| byte & 0xC0 != 0x80);
        // Most text outside ASCII has typographic marks and no more.
        let wide_marks = |at: usize| bytes.get(at + 1).is_some_and(|next| *next >= FIRST_WIDE_MARK);
        let marks = count_bytes(bytes, |byte| byte == MARKS);
        if count_bytes(bytes, |byte| byte >= LONG) > marks
            || marks > 0 && memchr::memchr_iter(MARKS, bytes).any(wide_marks)
        {
            count + text.chars().filter(|c| is_wide(*c)).count()
        } else {
            count
        }
    };
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The least first byte of characters of three bytes and more: no other is wide.
const LONG: u8 = 0xE0;
/// The first byte of U+2000 to U+2FFF, of which those from U+2E80 on are wide.
const MARKS: u8 = 0xE2;
const FIRST_WIDE_MARK: u8 = 0xBA;

fn indent(space: &str) -> u32 {
    space.chars().fold(0u32, |at, c| match c {
        '\t' => (at / 4 + 1).saturating_mul(4),
        '\u{3000}' => at.saturating_add(2),
        _ => at.saturating_add(1),
    })
}

/// A span without the white space at its ends; `None` if nothing else is in it.
pub(crate) fn trimmed(text: &str, span: Span) -> Option<Span> {
    let raw = span.of(text);
    let body = raw.trim_start();
    let start = span.end - body.len();
    let end = start + body.trim_end().len();
    (start < end).then(|| Span::new(start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_trimmed_and_know_their_distance() {
        let text = "\u{feff}one\r\n\r\n\t two \r\u{2028}drei\u{a0}\n\n\n";
        let found = lines(text);
        let bodies: Vec<&str> = found.iter().map(|line| line.span.of(text)).collect();
        assert_eq!(bodies, ["\u{feff}one", "two", "drei"]);
        assert_eq!(found.iter().map(|line| line.breaks).collect::<Vec<_>>(), [0, 2, 2]);
        assert_eq!(found[1].indent, 5);
    }

    #[test]
    fn a_text_of_white_space_has_no_lines() {
        assert!(lines("").is_empty());
        assert!(lines(" \n\t\r\n\u{a0}").is_empty());
    }

    #[test]
    fn east_asian_characters_are_two_columns_wide() {
        assert_eq!(columns("ab漢字"), 6);
        assert_eq!(columns("“é—\u{1100}😀ᄀ𠀀！”"), 13);
    }
}
