//! What a single line looks like: bullets, headings, rules, quotations, table rows, code.

use super::lines::columns;

/// An item's mark at the start of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bullet {
    /// The sign, or for a numbered item what closes the number.
    pub(crate) sign: char,
    /// True for numbers and letters.
    pub(crate) ordered: bool,
    /// True if one such line alone is not enough to tell a list.
    pub(crate) weak: bool,
    /// Length in bytes, without the white space behind it.
    pub(crate) length: usize,
}

impl Bullet {
    /// True if both marks can stand in one list with blank lines between the items.
    pub(crate) fn like(self, other: Bullet) -> bool {
        self.sign == other.sign && self.ordered == other.ordered
    }
}

/// The item's mark at the start of a trimmed line, if there is one: `*` `-` `+` and other signs,
/// `1.` `1)` `(1)` `[1]` `a)` `iv.` `1、`, and the letter `o` that text browsers print.
pub(crate) fn bullet(line: &str) -> Option<Bullet> {
    let first = line.chars().next()?;
    let rest = line.get(first.len_utf8()..)?;
    let spaced = |rest: &str| rest.chars().next().is_none_or(char::is_whitespace);
    let sign = |weak| Bullet { sign: first, ordered: false, weak, length: first.len_utf8() };
    match first {
        '*' | '-' | '+' => spaced(rest).then(|| sign(false)),
        '–' | '·' => spaced(rest).then(|| sign(true)),
        'o' if rest.starts_with(' ') => Some(sign(true)),
        '•' | '●' | '◦' | '▪' | '‣' | '○' | '■' | '□' | '⁃' | '∙' | '►' | '▸' | '➤' | '➢' | '✓'
        | '✔' | '❖' | '\u{f0b7}' => (!rest.starts_with(first)).then(|| sign(false)),
        '(' | '[' => {
            let close = if first == '(' { ')' } else { ']' };
            let inner = number(rest)?;
            let behind = rest.get(inner..)?.strip_prefix(close)?;
            let lettered = !rest.starts_with(|c: char| c.is_ascii_digit());
            (spaced(behind) && !(lettered && first == '[')).then_some(Bullet {
                sign: first,
                ordered: true,
                weak: true,
                length: inner + 2,
            })
        }
        '0'..='9' | 'a'..='z' | 'A'..='Z' => {
            let inner = number(line)?;
            let behind = line.get(inner..)?;
            let close = behind.chars().next().filter(|c| matches!(c, '.' | ')' | '、'))?;
            let capital = first.is_ascii_uppercase() && close == '.';
            let behind = behind.get(close.len_utf8()..)?;
            // Three digits and a point number sections and end sentences; lists seldom get there.
            let long = close != '、' && inner > 2 && first.is_ascii_digit();
            (!capital && !long && (close == '、' || spaced(behind))).then(|| Bullet {
                sign: close,
                ordered: true,
                weak: true,
                length: inner + close.len_utf8(),
            })
        }
        _ => None,
    }
}

/// Length of an item's number: up to three digits, a letter, or a small Roman number.
fn number(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let digits = bytes.iter().take(4).take_while(|b| b.is_ascii_digit()).count();
    if digits > 0 {
        return (digits < 4).then_some(digits);
    }
    let roman = bytes.iter().take(5).take_while(|b| matches!(b, b'i' | b'v' | b'x')).count();
    if roman > 0 && !bytes.get(roman).is_some_and(u8::is_ascii_alphanumeric) {
        return (roman < 5).then_some(roman);
    }
    let letter = bytes.first().is_some_and(u8::is_ascii_alphabetic);
    (letter && !bytes.get(1).is_some_and(u8::is_ascii_alphanumeric)).then_some(1)
}

/// Level of a Markdown heading's `#` marks at the start of a line, with a text behind them.
pub(crate) fn heading_level(line: &str) -> Option<u8> {
    let hashes = line.bytes().take(7).take_while(|&b| b == b'#').count();
    let behind = line.get(hashes..)?;
    let fits = (1..=6).contains(&hashes)
        && behind.starts_with([' ', '\t', '\u{a0}'])
        && !behind.trim().is_empty();
    fits.then_some(hashes as u8)
}

/// Sign and length (3 to 16) of a code fence at the start of a line.
pub(crate) fn fence(line: &str) -> Option<(u8, usize)> {
    let sign = line.bytes().next().filter(|b| matches!(b, b'`' | b'~'))?;
    let length = line.bytes().take(16).take_while(|&b| b == sign).count();
    // Inline code that stands at a line's start closes on that line.
    let inline = sign == b'`' && line.get(length..).is_some_and(|rest| rest.contains('`'));
    (length >= 3 && !inline).then_some((sign, length))
}

/// True if a line closes a fence of this sign and length.
pub(crate) fn closes_fence(line: &str, sign: u8, length: usize) -> bool {
    line.len() >= length && line.bytes().all(|b| b == sign)
}

/// True if a long text holds a short one: sooner found than by `str::contains`.
pub(crate) fn contains(text: &str, part: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), part.as_bytes()).is_some()
}

/// True for a line with neither letters nor digits.
pub(crate) fn is_blank_of_words(line: &str) -> bool {
    !line.chars().any(char::is_alphanumeric)
}

/// True for a thematic break: three or more of one sign, with or without spaces.
pub(crate) fn is_break(line: &str) -> bool {
    let Some(sign) = line.chars().next().filter(|c| "-*_=~#—–•·".contains(*c)) else {
        return false;
    };
    let mut count = 0;
    for c in line.chars() {
        match c {
            c if c == sign => count += 1,
            c if c.is_whitespace() => {}
            _ => return false,
        }
    }
    count >= 3
}

/// Level of the heading that this line underlines: 1 for `===`, 2 for `---`.
pub(crate) fn underline_level(line: &str) -> Option<u8> {
    let sign = line.bytes().next()?;
    let level = match sign {
        b'=' => 1,
        b'-' => 2,
        _ => return None,
    };
    (line.len() >= 3 && line.bytes().all(|b| b == sign)).then_some(level)
}

/// True for a quoted line.
pub(crate) fn is_quote(line: &str) -> bool {
    line.strip_prefix('>').is_some_and(|rest| {
        rest.chars().next().is_none_or(|c| c.is_whitespace() || c == '>' || c.is_alphabetic())
    })
}

/// What parts the cells of a table's row, and how often it occurs in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cells {
    /// `|` or a tab.
    pub(crate) sign: u8,
    /// Number of signs.
    pub(crate) count: usize,
}

/// The cells of a row; `None` for a line that has neither tabs nor bars between spaces.
pub(crate) fn cells(line: &str) -> Option<Cells> {
    let bytes = line.as_bytes();
    let tabs = bytes.iter().filter(|&&b| b == b'\t').count();
    if tabs > 0 {
        return Some(Cells { sign: b'\t', count: tabs });
    }
    if !bytes.contains(&b'|') || !(line.starts_with('|') || line.contains(" | ")) {
        return None;
    }
    let escaped = line.matches("\\|").count();
    let bars = bytes.iter().filter(|&&b| b == b'|').count();
    Some(Cells { sign: b'|', count: bars - escaped })
}

/// True for the row of dashes under a Markdown table's head.
pub(crate) fn is_table_rule(line: &str) -> bool {
    line.contains('|')
        && line.contains('-')
        && line.bytes().all(|b| matches!(b, b'|' | b'-' | b':' | b' '))
}

/// True for a line that reads like program code: much of it signs that prose does not use.
pub(crate) fn is_code_like(line: &str) -> bool {
    if line.len() > 300 {
        return false;
    }
    if matches!(line.trim_end_matches([';', ',', ')']), "}" | "{" | "]" | "end" | "*/" | "/*") {
        return line != "end,";
    }
    if line.ends_with('{') || line.ends_with("};") || line == "return (" {
        return true;
    }
    if line.ends_with(';') && (line.contains(" = ") || line.contains('{')) {
        return true;
    }
    let (mut signs, mut strong, mut marks) = (0usize, false, 0u32);
    let mut before = b' ';
    for b in line.bytes() {
        let kind = match b {
            b'(' | b')' => {
                strong |= b == b'(' && (before.is_ascii_alphabetic() || before == b'_');
                0
            }
            b'{' | b'}' => 1,
            b'[' | b']' => 2,
            b';' => 3,
            b'=' => 4,
            b'<' | b'>' => 5,
            b'$' | b'\\' | b'`' => 6,
            b'_' => 7,
            b'"' | b'\'' => 8,
            b'+' | b'&' | b'%' | b'#' | b'/' => 9,
            b'.' if before.is_ascii_alphanumeric() => {
                before = b;
                continue;
            }
            _ => {
                before = b;
                continue;
            }
        };
        strong |= matches!(kind, 1 | 3 | 4 | 5) || (kind == 6 && b != b'$');
        signs += 1;
        marks |= 1 << kind;
        before = b;
    }
    strong && marks.count_ones() >= 2 && signs * 10 >= line.len()
}

/// What a line must be like to be taken for a heading or a menu's entry.
const SHORT_COLUMNS: u32 = 100;
const SHORT_WORDS: usize = 15;

/// True for one line of at most 100 columns and 15 words.
pub(crate) fn is_short(text: &str) -> bool {
    text.len() <= 4 * SHORT_COLUMNS as usize
        && columns(text) <= SHORT_COLUMNS
        && text.split_whitespace().nth(SHORT_WORDS).is_none()
}

/// True if a text ends with an end mark, also inside quotation marks or brackets.
pub(crate) fn ends_sentence(text: &str) -> bool {
    let core =
        text.trim_end_matches(['"', '\'', ')', ']', '*', '_', '”', '’', '»', '」', '』', '）']);
    core.ends_with(['.', '!', '?', '…', '。', '！', '？', '｡', '؟', '۔', '।'])
}

/// True if the first letter of a text is in lower case.
pub(crate) fn starts_lower(text: &str) -> bool {
    text.chars().find(|c| c.is_alphanumeric()).is_some_and(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bullets_are_signs_numbers_and_letters() {
        for line in [
            "* a", "- a", "+ a", "*", "• a", "●a", "– a", "1. a", "12) a", "(3) a", "[4] a",
            "a) b", "iv. b", "1、甲", "o a",
        ] {
            assert!(bullet(line).is_some(), "{line}");
        }
        for line in [
            "**a**",
            "-1",
            "*a",
            "1.5 a",
            "2024. a",
            "A. Roe",
            "[x] a",
            "(see) a",
            "of a",
            "+49 1",
            "",
            "••• a",
        ] {
            assert!(bullet(line).is_none(), "{line}");
        }
    }

    #[test]
    fn a_heading_has_one_to_six_hashes_and_a_text() {
        assert_eq!(heading_level("## Tea"), Some(2));
        for line in ["#1 tea", "#tea", "####### Tea", "##", "## ", "tea"] {
            assert_eq!(heading_level(line), None, "{line}");
        }
    }

    #[test]
    fn a_break_is_three_or_more_of_one_sign() {
        assert!(is_break("---") && is_break("* * *") && is_break("======"));
        assert!(!is_break("--") && !is_break("-*-") && !is_break("..."));
    }

    #[test]
    fn rows_are_told_by_tabs_or_spaced_bars() {
        assert_eq!(cells("a\tb\tc"), Some(Cells { sign: b'\t', count: 2 }));
        assert_eq!(cells("| a | b |"), Some(Cells { sign: b'|', count: 3 }));
        assert_eq!(cells("a | b \\| c"), Some(Cells { sign: b'|', count: 1 }));
        assert_eq!(cells("a|b"), None);
    }

    #[test]
    fn code_is_told_from_prose_and_verse() {
        for line in [
            "let x = f(1);",
            "if (a == b) {",
            "}",
            "});",
            "foo(bar, [baz])",
            "<p class=\"x\">",
            "function rows ( table ) {",
            "let a = rows;",
        ] {
            assert!(is_code_like(line), "{line}");
        }
        for line in [
            "The sailors of the ferry (all of them);",
            "[1] Doe, J. (1999). On tea. Tea Studies, 4(2), 10-12.",
            "It costs $5 (or $6).",
            "quay [2 senses]",
            "",
        ] {
            assert!(!is_code_like(line), "{line}");
        }
    }
}
