//! The words of a text as near copies are compared by: nothing but their letters, in the
//! normalisation of [`fingerprint`](super::fingerprint()).
//!
//! A bare word is a run of letters and digits, in lower case and every digit as `0`; all else
//! stands between words. In scripts that are written without spaces (Chinese, Japanese, Thai, Lao,
//! Burmese, Khmer) every letter is a word. The hashes are kept in files, so neither these words nor
//! their hashes ever change.

use super::eights::{self, HIGH, ONES};
use super::fingerprint::{Normal, normal};

/// Calls `take` with the hash of each bare word of a text, in order, and with its length: bytes in
/// lower case, but for a letter that is a word of its own [`ALONE`]. Cost is linear in the text.
///
/// The hash is [`eights::hash`] of those bytes: equal words have equal ones on every machine, and
/// different words different ones but by a chance of 1 in 2⁶⁴.
#[inline]
pub(crate) fn each_bare_word(text: &str, mut take: impl FnMut(u64, usize)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let eight = eights::load(bytes, at);
        let skip = eights::first(own(eight) | (eight & HIGH));
        if skip > 0 {
            at += skip;
            continue;
        }
        let start = at;
        let mut state = 0;
        loop {
            let eight = eights::load(bytes, at);
            let others = !own(eight) & HIGH;
            let length = eights::first(others);
            if length > 0 {
                state = eights::mix(state, lower(eight) & eights::lowest(length));
                at += length;
            }
            if length == 8 {
                continue;
            }
            // The lowest of the others ends the run.
            if others & others.wrapping_neg() & eight == 0 {
                take(eights::finish(state, at - start), at - start);
                // What ends a word starts none.
                at += 1;
            } else {
                at = wide_words(text, start, &mut take);
            }
            break;
        }
    }
}

/// The length that [`each_bare_word`] gives a letter of a script without spaces.
pub(crate) const ALONE: usize = 0;

/// Calls `take` with a hash of each character of the normalised text: of the letters of its words
/// and of one space between any two. Cost is linear in the text.
#[inline]
pub(crate) fn each_bare_char(text: &str, mut take: impl FnMut(u64)) {
    let (mut gap, mut started) = (false, false);
    for c in text.chars() {
        let bare = bare(c);
        if matches!(bare, Bare::Nothing) {
            gap = started;
            continue;
        }
        if gap {
            take(char_hash(' '));
            gap = false;
        }
        started = true;
        match bare {
            Bare::Nothing => {}
            Bare::One(lower) => take(char_hash(lower)),
            Bare::Lower => c.to_lowercase().for_each(|lower| take(char_hash(lower))),
        }
    }
}

#[inline(always)]
fn char_hash(c: char) -> u64 {
    eights::finish(eights::mix(0, u64::from(u32::from(c))), 1)
}

/// The letters and digits of ASCII among eight bytes.
#[inline(always)]
fn own(eight: u64) -> u64 {
    eights::letters(eight) | eights::digits(eight)
}

/// Eight bytes with their letters in lower case and their digits as `0`.
#[inline(always)]
fn lower(eight: u64) -> u64 {
    let digits = (eights::digits(eight) >> 7).wrapping_mul(0x0F);
    (eight | (0x20 * ONES)) & !digits
}

/// As [`each_bare_word`], from the first letter of a word on to its end; gives the place behind it.
fn wide_words(text: &str, start: usize, take: &mut impl FnMut(u64, usize)) -> usize {
    let mut hash = ByBytes::default();
    for (at, c) in text.get(start..).unwrap_or("").char_indices() {
        let bare = bare(c);
        let ends = matches!(bare, Bare::Nothing);
        let alone = !ends && stands_alone(c);
        if (ends || alone) && hash.length > 0 {
            let length = hash.length as usize;
            take(std::mem::take(&mut hash).finish(), length);
        }
        match bare {
            Bare::Nothing => return start + at + c.len_utf8(),
            Bare::One(lower) => hash.push_char(lower),
            Bare::Lower => c.to_lowercase().for_each(|lower| hash.push_char(lower)),
        }
        if alone {
            take(std::mem::take(&mut hash).finish(), ALONE);
        }
    }
    if hash.length > 0 {
        let length = hash.length as usize;
        take(hash.finish(), length);
    }
    text.len()
}

/// [`eights::hash`] of bytes that come one by one.
#[derive(Default)]
struct ByBytes {
    state: u64,
    eight: u64,
    length: u64,
}

impl ByBytes {
    #[inline(always)]
    fn push(&mut self, byte: u8) {
        self.eight |= u64::from(byte) << ((self.length & 7) << 3);
        self.length = self.length.wrapping_add(1);
        if self.length & 7 == 0 {
            self.state = eights::mix(self.state, self.eight);
            self.eight = 0;
        }
    }

    #[inline(always)]
    fn push_char(&mut self, c: char) {
        let mut buffer = [0; 4];
        c.encode_utf8(&mut buffer).bytes().for_each(|byte| self.push(byte));
    }

    fn finish(self) -> u64 {
        let last = self.length & 7 != 0;
        let state = if last { eights::mix(self.state, self.eight) } else { self.state };
        eights::finish(state, self.length as usize)
    }
}

/// What becomes of a character.
enum Bare {
    /// It stands between words.
    Nothing,
    One(char),
    /// Its lower-case form may be several.
    Lower,
}

#[inline(always)]
fn bare(c: char) -> Bare {
    if let Some(lower) = quick(c) {
        return Bare::One(lower);
    }
    match normal(c) {
        Normal::Nothing => Bare::Nothing,
        Normal::Byte(byte) => Bare::One(char::from(byte)),
        Normal::Lower if has_no_case(c) => Bare::One(c),
        Normal::Lower => Bare::Lower,
    }
}

/// True for characters of scripts that know no case: from Hebrew to Burmese, from Hangul to the
/// narrow forms but for Georgian, Cherokee and a few in Latin.
#[inline(always)]
fn has_no_case(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{109F}' | '\u{1100}'..='\u{139F}' | '\u{1400}'..='\u{1C7F}'
        | '\u{2E80}'..='\u{A63F}' | '\u{AC00}'..='\u{FAFF}')
}

/// The lower-case form of common letters, which the tables of Unicode take longer to say. `None`
/// for all other characters.
#[inline(always)]
fn quick(c: char) -> Option<char> {
    let by = |more: u32| char::from_u32(u32::from(c) + more);
    match c {
        'a'..='z' => Some(c),
        'A'..='Z' => Some(c.to_ascii_lowercase()),
        '\u{0}'..='\u{7F}' => None,
        'à'..='ö' | 'ø'..='ÿ' | 'ß' => Some(c),
        'À'..='Ö' | 'Ø'..='Þ' => by(0x20),
        'а'..='џ' => Some(c),
        'А'..='Я' => by(0x20),
        'Ѐ'..='Џ' => by(0x50),
        'א'..='ת' | '\u{620}'..='ي' => Some(c),
        'अ'..='ह' | 'ก'..='ฺ' | 'เ'..='ๆ' => Some(c),
        'ぁ'..='ゖ' | 'ァ'..='ヺ' | '一'..='鿿' | '가'..='힣' => Some(c),
        _ => None,
    }
}

/// True for letters of scripts that put no spaces between words.
#[inline(always)]
fn stands_alone(c: char) -> bool {
    // The first of them is Thai.
    c >= '\u{E00}'
        && matches!(c,
            '\u{E00}'..='\u{EFF}'       // Thai, Lao
            | '\u{1000}'..='\u{109F}'   // Burmese
            | '\u{1780}'..='\u{17FF}'   // Khmer
            | '\u{3005}'..='\u{3007}'   // 々 〆 〇
            | '\u{3040}'..='\u{312F}'   // kana, bopomofo
            | '\u{31A0}'..='\u{31FF}'
            | '\u{3400}'..='\u{4DBF}'   // ideographs
            | '\u{4E00}'..='\u{9FFF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{FF66}'..='\u{FF9F}'   // narrow kana
            | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lower_of(text: &str) -> String {
        text.chars()
            .map(|c| if c.is_alphanumeric() { c } else { ' ' })
            .flat_map(|c| {
                // Letters that stand alone are cut off below.
                let alone = if stands_alone(c) { " " } else { "" };
                let c = if c.is_numeric() { '0' } else { c };
                format!("{alone}{}{alone}", c.to_lowercase()).chars().collect::<Vec<_>>()
            })
            .collect()
    }

    /// The definition, word for word.
    fn plainly(text: &str) -> Vec<u64> {
        let lower = lower_of(text);
        let words = lower.split(' ').filter(|word| !word.is_empty());
        words.map(|word| eights::hash(word.as_bytes(), 0, word.len())).collect()
    }

    fn words(text: &str) -> Vec<u64> {
        let mut words = Vec::new();
        each_bare_word(text, |hash, _| words.push(hash));
        words
    }

    fn chars(text: &str) -> Vec<u64> {
        let mut chars = Vec::new();
        each_bare_char(text, |hash| chars.push(hash));
        chars
    }

    #[test]
    fn case_digits_and_marks_do_not_matter() {
        assert_eq!(words("The MILL, 1907—Straße"), words(" the mill (1842) straße"));
        assert_eq!(words("don't").len(), 2);
        assert!(words(" --- … ").is_empty());
        assert_eq!(chars("The  MILL,\n1907"), chars("the mill 1842!"));
        assert_eq!(chars(" a, b ").len(), 3);
    }

    #[test]
    fn letters_of_scripts_without_spaces_are_words() {
        assert_eq!(words("水車は止まる").len(), 6);
        assert_eq!(
            words("Mühle水車Mühle"),
            [words("mühle"), words("水車"), words("mühle")].concat()
        );
        assert_eq!(words("กังหัน").len(), 6);
        assert_eq!(words("방앗간이 서 있다").len(), 3);
        let mut lengths = Vec::new();
        each_bare_word("Ah 水", |_, length| lengths.push(length));
        assert_eq!(lengths, [2, ALONE]);
    }

    #[test]
    fn each_character_is_as_unicode_has_it() {
        for c in '\0'..=char::MAX {
            let lower: Option<Vec<char>> = match bare(c) {
                Bare::Nothing => None,
                Bare::One(lower) => Some(vec![lower]),
                Bare::Lower => Some(c.to_lowercase().collect()),
            };
            let digit = c.is_numeric().then(|| vec!['0']);
            let plainly = digit.unwrap_or_else(|| c.to_lowercase().collect());
            assert_eq!(lower, c.is_alphanumeric().then_some(plainly), "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_follows_the_definition(text in "[a-zA-Z09 .,'éÉßЖ水กİ\u{301}²-]{0,60}") {
            prop_assert_eq!(words(&text), plainly(&text));
        }

        #[test]
        fn texts_of_all_characters_follow_the_definition(text in any::<String>()) {
            prop_assert_eq!(words(&text), plainly(&text));
        }

        #[test]
        fn characters_follow_the_definition(text in "[a-zA-Z09 .éЖ水İ\u{301}²-]{0,60}") {
            let lower: String = text
                .chars()
                .map(|c| if c.is_alphanumeric() { c } else { ' ' })
                .map(|c| if c.is_numeric() { '0' } else { c })
                .flat_map(char::to_lowercase)
                .collect();
            let parts: Vec<&str> = lower.split(' ').filter(|part| !part.is_empty()).collect();
            let plainly: Vec<u64> = parts.join(" ").chars().map(char_hash).collect();
            prop_assert_eq!(chars(&text), plainly);
        }
    }
}
