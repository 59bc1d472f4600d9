//! A line of JSON walked in one go: most lines are an object with nothing unusual in it, and of
//! such a line this finds the members and decodes the text several times faster than a parser
//! that looks at every byte alone.
//!
//! It says yes only to what is JSON. Whatever it does not understand (a mistake, half of a
//! surrogate pair, an escape in a key, very deep nesting) it leaves to `serde_json`, which knows
//! what is wrong with it.

use std::ops::Range;

use memchr::memchr2;

/// Levels of nesting that are followed: one bit each.
const DEEPEST: u32 = 64;

/// The text of a record: where its JSON string stands, quotes included, and what it says.
pub(super) type Text = (Range<usize>, String);

/// Calls `each` with every member of an object, keys and values as they stand, and decodes the
/// strings under the key `text`, the last of several. `None` if the line is anything unusual;
/// what `each` was told then means nothing.
pub(super) fn members<'a>(
    object: &'a str,
    text: &str,
    mut each: impl FnMut(&'a str, &'a str),
) -> Option<Option<Text>> {
    let mut scan = Scan { bytes: object.as_bytes(), at: 0 };
    let mut found = None;
    scan.white();
    scan.expect(b'{')?;
    scan.white();
    if !scan.take(b'}') {
        loop {
            let key = scan.key()?;
            let key = object.get(key.start + 1..key.end.checked_sub(1)?)?;
            let start = scan.at;
            if key == text && scan.peek()? == b'"' {
                let decoded = scan.decode(object)?;
                found = Some((start..scan.at, decoded));
            } else {
                scan.value()?;
            }
            each(key, object.get(start..scan.at)?);
            scan.white();
            if scan.take(b'}') {
                break;
            }
            scan.expect(b',')?;
            scan.white();
        }
    }
    scan.white();
    (scan.at == scan.bytes.len()).then_some(found)
}

/// A place in a text that is JSON as far as it was walked.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or(&[])
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }

    fn white(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// A key without escapes, and the colon behind it; the key's place, quotes included.
    fn key(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        self.expect(b'"')?;
        self.at += memchr2(b'"', b'\\', self.rest())?;
        self.expect(b'"')?;
        let key = start..self.at;
        has_no_control(self.bytes.get(key.clone())?).then_some(())?;
        self.white();
        self.expect(b':')?;
        self.white();
        Some(key)
    }

    /// Passes over a value, without recursion.
    fn value(&mut self) -> Option<()> {
        // A bit for each level, the innermost last: set for an object.
        let (mut objects, mut depth) = (0u64, 0u32);
        loop {
            let mut opened = false;
            match self.peek()? {
                b'"' => self.string()?,
                open @ (b'{' | b'[') => {
                    self.at += 1;
                    self.white();
                    if !self.take(if open == b'{' { b'}' } else { b']' }) {
                        if depth == DEEPEST {
                            return None;
                        }
                        objects = objects << 1 | u64::from(open == b'{');
                        depth += 1;
                        opened = true;
                    }
                }
                b't' => self.word(b"true")?,
                b'f' => self.word(b"false")?,
                b'n' => self.word(b"null")?,
                _ => self.number()?,
            }
            while !opened {
                if depth == 0 {
                    return Some(());
                }
                self.white();
                if self.take(b',') {
                    self.white();
                    opened = true;
                } else {
                    self.expect(if objects & 1 == 1 { b'}' } else { b']' })?;
                    objects >>= 1;
                    depth -= 1;
                }
            }
            if objects & 1 == 1 {
                self.key()?;
            }
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.rest().starts_with(word).then(|| self.at += word.len())
    }

    fn digits(&mut self) -> Option<()> {
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += digits;
        (digits > 0).then_some(())
    }

    fn number(&mut self) -> Option<()> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _ = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        Some(())
    }

    /// Passes over a string.
    fn string(&mut self) -> Option<()> {
        let start = self.at;
        self.expect(b'"')?;
        loop {
            self.at += memchr2(b'"', b'\\', self.rest())?;
            if self.take(b'"') {
                return has_no_control(self.bytes.get(start..self.at)?).then_some(());
            }
            self.at += 1;
            let escaped = self.peek()?;
            self.at += 1;
            match escaped {
                b'u' => drop(self.unit()?),
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                _ => return None,
            }
        }
    }

    /// Decodes a string of `text`, which is what is walked.
    fn decode(&mut self, text: &str) -> Option<String> {
        let start = self.at;
        self.expect(b'"')?;
        // The text is most of the line, and no longer than the rest of it.
        let mut decoded = String::with_capacity(self.rest().len());
        loop {
            let plain = self.at;
            self.at += memchr2(b'"', b'\\', self.rest())?;
            decoded.push_str(text.get(plain..self.at)?);
            if self.take(b'"') {
                has_no_control(self.bytes.get(start..self.at)?).then_some(())?;
                return Some(decoded);
            }
            self.at += 1;
            let escaped = self.peek()?;
            self.at += 1;
            decoded.push(match escaped {
                b'n' => '\n',
                b'"' => '"',
                b'\\' => '\\',
                b'/' => '/',
                b't' => '\t',
                b'r' => '\r',
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'u' => self.character()?,
                _ => return None,
            });
        }
    }

    /// The four digits of `\uXXXX`.
    fn unit(&mut self) -> Option<u16> {
        let digits: &[u8; 4] = self.rest().first_chunk()?;
        let mut unit = 0;
        for digit in digits {
            unit = unit << 4 | char::from(*digit).to_digit(16)? as u16;
        }
        self.at += digits.len();
        Some(unit)
    }

    /// The character of `\uXXXX`, or of two of them that are a surrogate pair.
    fn character(&mut self) -> Option<char> {
        let first = self.unit()?;
        let mut units = [first, 0];
        if char::from_u32(u32::from(first)).is_none() {
            self.word(b"\\u")?;
            units[1] = self.unit()?;
        }
        char::decode_utf16(units).next()?.ok()
    }
}

/// True if there is no character below U+0020, which must not stand in a string.
fn has_no_control(bytes: &[u8]) -> bool {
    // Without a way out of the loop it is done on many bytes at once.
    bytes.iter().fold(true, |fine, &byte| fine & (byte >= 0x20))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Found<'a> = Option<(Vec<(&'a str, &'a str)>, Option<Text>)>;

    fn found(object: &str) -> Found<'_> {
        let mut all = Vec::new();
        let text = members(object, "text", |key, value| all.push((key, value)))?;
        Some((all, text))
    }

    #[test]
    fn members_are_found_as_they_stand_and_the_text_is_decoded() {
        let object = r#" { "n" : -1.5e+3 ,"o":{"a":[1,{"text":"no"},[]],"b":{}}, "text":"a\n\u00e9\ud83d\ude00\/" ,"t":true} "#;
        let (all, text) = found(object).unwrap();
        let (span, text) = text.unwrap();
        assert_eq!(text, "a\né😀/");
        assert_eq!(&object[span.clone()], r#""a\n\u00e9\ud83d\ude00\/""#);
        let nested = r#"{"a":[1,{"text":"no"},[]],"b":{}}"#;
        let expected = [("n", "-1.5e+3"), ("o", nested), ("text", &object[span]), ("t", "true")];
        assert_eq!(all, expected);
        assert_eq!(found("{}").unwrap(), (vec![], None));
        assert_eq!(found(r#"{"text":7}"#).unwrap().1, None);
    }

    #[test]
    fn what_is_unusual_is_left_to_the_parser() {
        let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(65), "]".repeat(65));
        for object in [
            "",
            "[]",
            "{",
            "{}x",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{"a":01}"#,
            r#"{"a":1.}"#,
            r#"{"a":.5}"#,
            r#"{"a":1e}"#,
            r#"{"a":+1}"#,
            r#"{"a":-}"#,
            r#"{"a":nul}"#,
            r#"{"a":[1 2]}"#,
            r#"{"a":[1,]}"#,
            r#"{"a":[}]}"#,
            r#"{"a":{"b"}}"#,
            r#"{"a":"\x"}"#,
            r#"{"a":"\u12g4"}"#,
            r#"{"text":"\ud800"}"#,
            r#"{"text":"\ud800\u0041"}"#,
            r#"{"text":"\udc00\ud800"}"#,
            r#"{"te\u0078t":"x"}"#,
            "{\"a\":\"\t\"}",
            "{\"\t\":1}",
            "{\"text\":\"a\nb\"}",
            r#"{"a":"x}"#,
            &deep,
        ] {
            assert_eq!(found(object), None, "{object}");
        }
    }

    proptest! {
        /// Where it says yes, the parser says the same.
        #[test]
        fn it_never_differs_from_the_parser(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "{", "}", "[", "]", ",", ":", "\"", "\"text\":", "\"a\":", "\"x\"", "é", " ",
                "\\n", "\\u0041", "\\ud83d", "\\ude00", "\\", "1", "0", "-", ".", "e", "true", "null",
                "\t", "\u{7f}",
            ]), 0..14),
        ) {
            let object = format!("{{\"text\":\"{}", pieces.concat());
            for object in [&object, &format!("{object}\"}}"), &format!("{{{}}}", pieces.concat())] {
                let Some((all, text)) = found(object) else { continue };
                let mut expected = Vec::new();
                super::super::each_member(object, |key, value| {
                    expected.push((key.to_owned(), value));
                }).unwrap();
                let all: Vec<(String, &str)> =
                    all.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
                prop_assert_eq!(&all, &expected);
                if let Some((span, text)) = text {
                    prop_assert_eq!(serde_json::from_str::<String>(&object[span]).unwrap(), text);
                }
            }
        }
    }
}
