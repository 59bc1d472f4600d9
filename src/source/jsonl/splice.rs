//! A new text into a line of JSON, every other byte left as it is.

use crate::document::Span;
use crate::text::eights::{HIGH, ONES, controls, equal, first, load};

/// How a JSON string is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonStyle {
    /// Characters as they are; escaped only what must be. Most writers, `serde_json` among them.
    Utf8,
    /// Everything outside printable ASCII escaped, as Python's `json.dumps` does by default.
    Ascii,
    /// Neither: another writer's habits (`\/`, `\u003c`, upper-case digits).
    Raw,
}

/// The style that spells `text` exactly as `token`, a JSON string with its quotes.
///
/// [`JsonStyle::Utf8`] where both do. Cost is linear in the text, without a copy of it.
///
/// ```
/// use tamis::source::jsonl::{JsonStyle, json_style};
/// assert_eq!(json_style(r#""caf\u00e9""#, "café"), JsonStyle::Ascii);
/// ```
pub fn json_style(token: &str, text: &str) -> JsonStyle {
    let spells = |style: &JsonStyle| {
        let mut rest = Some(token);
        spell(text, *style, |piece| {
            rest = rest.and_then(|rest| rest.strip_prefix(piece));
            rest.is_some()
        });
        rest == Some("")
    };
    // Which of the two it can be is seen at a glance, but for texts that are ASCII.
    let can_be: &[JsonStyle] = match (token.is_ascii(), text.is_ascii()) {
        (false, _) => &[JsonStyle::Utf8],
        (true, false) => &[JsonStyle::Ascii],
        (true, true) => &[JsonStyle::Utf8, JsonStyle::Ascii],
    };
    can_be.iter().copied().find(spells).unwrap_or(JsonStyle::Raw)
}

/// What [`json_style`] says of a token and the text that it spells, of which the text is not needed:
/// only its escapes are looked at. Of what is no JSON string it says nothing.
///
/// ```
/// use tamis::source::jsonl::{JsonStyle, style_of};
/// assert_eq!(style_of(r#""caf\u00e9""#), JsonStyle::Ascii);
/// ```
pub fn style_of(token: &str) -> JsonStyle {
    let bytes = token.as_bytes();
    let (mut utf8, ascii) = (true, token.is_ascii() && !token.contains('\u{7f}'));
    let mut at = 0;
    while let Some(next) = bytes.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        at += next + 2;
        match bytes.get(at - 1) {
            Some(b'"' | b'\\' | b'b' | b't' | b'n' | b'f' | b'r') => {}
            Some(b'u') => {
                let digits = bytes.get(at..at + 4).unwrap_or(&[]);
                let is_lower = |digit: &u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
                let unit = digits.iter().try_fold(0, |unit, digit| {
                    Some(unit << 4 | char::from(*digit).to_digit(16).filter(|_| is_lower(digit))?)
                });
                match unit {
                    // These have escapes of their own.
                    None | Some(0x8 | 0x9 | 0xa | 0xc | 0xd) => return JsonStyle::Raw,
                    Some(0..0x20) => {}
                    Some(0x20..0x7f) => return JsonStyle::Raw,
                    Some(_) => utf8 = false,
                }
                at += 4;
            }
            _ => return JsonStyle::Raw,
        }
    }
    match (utf8, ascii) {
        (true, _) => JsonStyle::Utf8,
        (false, true) => JsonStyle::Ascii,
        (false, false) => JsonStyle::Raw,
    }
}

/// The text as a JSON string with its quotes; [`JsonStyle::Raw`] is spelled as
/// [`JsonStyle::Utf8`].
///
/// ```
/// use tamis::source::jsonl::{JsonStyle, encode};
/// assert_eq!(encode("a\tb", JsonStyle::Utf8), r#""a\tb""#);
/// ```
pub fn encode(text: &str, style: JsonStyle) -> String {
    let mut token = String::with_capacity(text.len() + text.len() / 16 + 2);
    spell(text, style, |piece| {
        token.push_str(piece);
        true
    });
    token
}

/// Writes the text as [`encode`] spells it.
pub fn encode_to(out: &mut Vec<u8>, text: &str, style: JsonStyle) {
    spell(text, style, |piece| {
        out.extend_from_slice(piece.as_bytes());
        true
    });
}

/// The line with `token` in the place of what stood `at`; unchanged if `at` does not fit it.
pub fn splice(line: &str, at: Span, token: &str) -> String {
    match (line.get(..at.start), line.get(at.end..)) {
        (Some(before), Some(after)) if at.start <= at.end => [before, token, after].concat(),
        _ => line.to_owned(),
    }
}

/// The object with one member more at its end; `value` is JSON.
///
/// Everything else stays byte for byte, white space around the last `}` too. A line that does
/// not end in `}` is returned unchanged. A member of that name is not replaced.
///
/// ```
/// use tamis::source::jsonl::add_field;
/// assert_eq!(add_field(r#"{"text": "a"}"#, "n", "1"), r#"{"text": "a","n":1}"#);
/// ```
pub fn add_field(line: &str, name: &str, value: &str) -> String {
    let Some(open) = line.trim_ascii_end().strip_suffix('}') else { return line.to_owned() };
    let members = open.trim_ascii_end();
    // In JSON, an opening brace right before the last closing one is the object's own.
    let comma = if members.ends_with('{') { "" } else { "," };
    let name = encode(name, JsonStyle::Utf8);
    [members, comma, &name, ":", value, &line[members.len()..]].concat()
}

/// The line without the member that [`add_field`] put at its end; `None` if there is none.
///
/// ```
/// use tamis::source::jsonl::strip_field;
/// assert_eq!(strip_field(r#"{"text": "a","n":1}"#, "n").as_deref(), Some(r#"{"text": "a"}"#));
/// ```
pub fn strip_field(line: &str, name: &str) -> Option<String> {
    let mut last = None;
    let object = line.trim_start_matches('\u{feff}');
    super::each_member(object, |key, value| last = (key == name).then_some(value)).ok()?;
    let value = last?;
    // A borrowed raw value points into the line it was read from.
    let start = (value.as_ptr() as usize).checked_sub(line.as_ptr() as usize)?;
    let before = line.get(..start)?.strip_suffix(':')?;
    let before = before.strip_suffix(&encode(name, JsonStyle::Utf8))?;
    let before = before.strip_suffix(',').unwrap_or(before);
    Some([before, line.get(start + value.len()..)?].concat())
}

/// Hands out the spelling of a text piece by piece until `take` says no.
fn spell(text: &str, style: JsonStyle, mut take: impl FnMut(&str) -> bool) {
    if !take("\"") {
        return;
    }
    let ascii = style == JsonStyle::Ascii;
    let mut from = 0;
    loop {
        let at = next_escape(text.as_bytes(), from, ascii);
        let plain = text.get(from..at).unwrap_or("");
        if !plain.is_empty() && !take(plain) {
            return;
        }
        let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
        if !escape(c, &mut take) {
            return;
        }
        from = at + c.len_utf8();
    }
    let _ = take("\"");
}

/// Where the next character stands that is not spelled as it is, or the end: control characters,
/// `"` and `\`, and with `ascii` all beyond `~`. Python's "printable" ends there: it escapes
/// U+007F too.
fn next_escape(bytes: &[u8], from: usize, ascii: bool) -> usize {
    let mut at = from;
    loop {
        // The zeros beyond the end are control characters.
        let eight = load(bytes, at);
        let beyond = if ascii { eight | (eight & !HIGH).wrapping_add(ONES) } else { 0 };
        let marks = equal(eight, b'"') | equal(eight, b'\\');
        let length = first(controls(eight) | marks | beyond & HIGH);
        at += length;
        if length < 8 {
            return at.min(bytes.len());
        }
    }
}

/// Hands out the escape of a character; false if `take` says no.
fn escape(c: char, take: &mut impl FnMut(&str) -> bool) -> bool {
    take(match c {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\u{8}' => "\\b",
        '\t' => "\\t",
        '\n' => "\\n",
        '\u{c}' => "\\f",
        '\r' => "\\r",
        _ => {
            return c.encode_utf16(&mut [0; 2]).iter().all(|unit| {
                let mut escaped = *b"\\u0000";
                for (digit, shift) in escaped.iter_mut().skip(2).zip([12, 8, 4, 0]) {
                    let number = (*unit >> shift & 0xf) as u8;
                    *digit = number + if number < 10 { b'0' } else { b'a' - 10 };
                }
                std::str::from_utf8(&escaped).is_ok_and(&mut *take)
            });
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_spellings_are_those_of_their_models() {
        let text = "\"\\/\u{8}\t\n\u{c}\r\u{1}\u{1f} ~\u{7f}\u{80}é\u{2028}😀";
        assert_eq!(
            encode(text, JsonStyle::Utf8),
            "\"\\\"\\\\/\\b\\t\\n\\f\\r\\u0001\\u001f ~\u{7f}\u{80}é\u{2028}😀\""
        );
        // What Python 3.11's json.dumps gives.
        assert_eq!(
            encode(text, JsonStyle::Ascii),
            concat!(
                r#""\"\\/\b\t\n\f\r\u0001\u001f ~\u007f\u0080"#,
                r#"\u00e9\u2028\ud83d\ude00""#
            )
        );
        assert_eq!(encode("é", JsonStyle::Raw), "\"é\"");
        assert_eq!(encode("", JsonStyle::Ascii), "\"\"");
    }

    #[test]
    fn the_style_is_known_from_the_token() {
        for (token, text, style) in [
            (r#""""#, "", JsonStyle::Utf8),
            (r#""plain\n""#, "plain\n", JsonStyle::Utf8),
            (r#""é\n""#, "é\n", JsonStyle::Utf8),
            (r#""\u00e9\n""#, "é\n", JsonStyle::Ascii),
            (r#""\u00E9""#, "é", JsonStyle::Raw),
            (r#""a\/b""#, "a/b", JsonStyle::Raw),
            (r#""\u003cp>""#, "<p>", JsonStyle::Raw),
            (r#""é\u00e9""#, "éé", JsonStyle::Raw),
            (r#""plain""#, "plai", JsonStyle::Raw),
            (r#""plain""#, "plain!", JsonStyle::Raw),
            ("", "", JsonStyle::Raw),
        ] {
            assert_eq!(json_style(token, text), style, "{token}");
        }
    }

    #[test]
    fn splicing_leaves_the_rest_alone() {
        let line = r#"{ "n": 1.0e2 , "text":"old", "é":1E+2}"#;
        let at = Span::new(22, 27);
        assert_eq!(at.of(line), r#""old""#);
        assert_eq!(splice(line, at, r#""new""#), r#"{ "n": 1.0e2 , "text":"new", "é":1E+2}"#);
        for bad in [Span::new(5, 400), Span::new(9, 3), Span::new(22, 31)] {
            assert_eq!(splice(line, bad, "x"), line);
        }
    }

    #[test]
    fn a_field_is_added_before_the_last_brace() {
        for (line, with) in [
            ("{}", r#"{"x":[1]}"#),
            (" { } \r", " {\"x\":[1] } \r"),
            (r#"{"a":{}}"#, r#"{"a":{},"x":[1]}"#),
            (r#"{"a":"}" }"#, r#"{"a":"}","x":[1] }"#),
            ("[]", "[]"),
            ("", ""),
        ] {
            assert_eq!(add_field(line, "x", "[1]"), with);
        }
        assert_eq!(add_field("{}", "\"", "0"), r#"{"\"":0}"#);
    }

    proptest! {
        #[test]
        fn both_encoders_are_told_apart_and_matched(text in "\\PC*|[\\x00-\\xff]*") {
            let utf8 = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(&encode(&text, JsonStyle::Utf8), &utf8);
            prop_assert_eq!(json_style(&utf8, &text), JsonStyle::Utf8);

            prop_assert_eq!(style_of(&utf8), JsonStyle::Utf8);

            let ascii = encode(&text, JsonStyle::Ascii);
            prop_assert_eq!(style_of(&ascii), json_style(&ascii, &text));
            prop_assert!(ascii.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            prop_assert_eq!(&serde_json::from_str::<String>(&ascii).unwrap(), &text);
            let style = json_style(&ascii, &text);
            prop_assert_eq!(encode(&text, style), ascii);
        }

        #[test]
        fn the_style_of_a_token_is_seen_at_its_escapes(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "a", "é", "\u{7f}", "\\n", "\\/", "\\\"", "\\\\", "\\b", "\\u0008", "\\u001f", "\\u001F",
                "\\u0041", "\\u007f", "\\u00e9", "\\u00E9", "\\ud83d\\ude00", "\\u0022", "\u{2028}",
            ]), 0..5),
        ) {
            let token = format!("\"{}\"", pieces.concat());
            let text: String = serde_json::from_str(&token).unwrap();
            prop_assert_eq!(style_of(&token), json_style(&token, &text), "{}", token);
        }

        #[test]
        fn a_spliced_line_can_be_put_back(
            before in "\\PC{0,9}", old in "\\PC{0,9}", after in "\\PC{0,9}", new in "\\PC{0,9}",
        ) {
            let line = format!("{before}{old}{after}");
            let at = Span::new(before.len(), before.len() + old.len());
            let spliced = splice(&line, at, &new);
            let back = Span::new(before.len(), before.len() + new.len());
            prop_assert_eq!(splice(&spliced, back, &old), line);
        }
    }
}
