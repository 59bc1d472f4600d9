//! A fixed hash of a normalised block: equal for blocks that differ only in what does not matter.

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::eights::{HIGH, ONES, digits, first, letters, load, lowest};

/// Bytes of normalised text that are hashed at once.
const PIECE: usize = 256;

/// For each ASCII character its normalised form; 0 for what is neither letter nor digit.
const ASCII: [u8; 128] = {
    let mut table = [0u8; 128];
    let mut at = 0;
    while at < table.len() {
        let byte = at as u8;
        if byte.is_ascii_digit() {
            table[at] = b'0';
        } else if byte.is_ascii_alphabetic() {
            table[at] = byte.to_ascii_lowercase();
        }
        at += 1;
    }
    table
};

/// The same for each byte: [`NOTHING`] also inside a character, [`ELSEWHERE`] for the first byte of
/// one outside ASCII.
const NORMAL: [u8; 256] = {
    let mut table = [ELSEWHERE; 256];
    let mut at = 0;
    while at < 0xC0 {
        table[at] = if at < 0x80 { ASCII[at] } else { NOTHING };
        at += 1;
    }
    table
};
const NOTHING: u8 = 0;
const ELSEWHERE: u8 = 0xFF;

/// The 64-bit fingerprint of a block: xxh3 (seed 0) over the text in lower case, with every
/// digit as `0` and every run of characters that are neither letters nor digits as one space.
///
/// The value is kept in files, so the definition never changes under this name.
pub fn fingerprint(text: &str) -> u64 {
    normalised_hash(text).0
}

/// The fingerprint of a text that has a letter or a digit.
///
/// ```
/// assert_eq!(tamis::text::print_of("Read more!"), tamis::text::print_of("read  more"));
/// assert_eq!(tamis::text::print_of("***"), None);
/// ```
pub fn print_of(text: &str) -> Option<u64> {
    let (hash, started) = normalised_hash(text);
    started.then_some(hash)
}

/// A hash of the first and last bytes of the normalised text, its spaces aside; `None` for a text
/// without letters and digits. Texts of one [`fingerprint`] have one, and a few others share it: it
/// costs the same for a text of any length.
pub(crate) fn ends_of(text: &str) -> Option<u64> {
    let first = Few::<ENDS>::first_of(text);
    if first.length == 0 {
        return None;
    }
    let last = Few::<ENDS>::last_of(text);
    let mix = |bytes: u64, factor: u64| (bytes ^ bytes >> 29).wrapping_mul(factor);
    let mixed = mix(first.bytes, 0x9E37_79B9_7F4A_7C15) ^ mix(last.bytes, 0xC2B2_AE3D_27D4_EB4F);
    Some(mixed ^ mixed >> 31)
}

/// A hash of the first bytes of the normalised text, its spaces aside. Texts of one
/// [`fingerprint`] have one.
pub(crate) fn start_of(text: &str) -> u64 {
    Few::<START>::first_of(text).bytes.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Bytes at the start that [`start_of`] looks at.
const START: u32 = 5;

/// Bytes at either end that [`ends_of`] looks at.
const ENDS: u32 = 8;

/// The first few bytes of a normalised text without its spaces, eight at most, as one number.
#[derive(Default)]
struct Few<const MOST: u32> {
    bytes: u64,
    length: u32,
}

impl<const MOST: u32> Few<MOST> {
    /// Those at the start of a text.
    fn first_of(text: &str) -> Self {
        let mut few = Self::default();
        for (at, &byte) in text.as_bytes().iter().enumerate() {
            match NORMAL[usize::from(byte)] {
                NOTHING => continue,
                ELSEWHERE => {
                    let c = text.get(at..).and_then(|rest| rest.chars().next());
                    c.into_iter().for_each(|c| few.push(c));
                }
                normal => few.add(normal),
            }
            if few.length >= MOST {
                break;
            }
        }
        few
    }

    /// Those at the end of a text, the last one first.
    fn last_of(text: &str) -> Self {
        let mut few = Self::default();
        for (at, &byte) in text.as_bytes().iter().enumerate().rev() {
            match NORMAL[usize::from(byte)] {
                NOTHING => continue,
                // The characters outside ASCII are read at their first bytes.
                ELSEWHERE => {
                    let c = text.get(at..).and_then(|rest| rest.chars().next());
                    c.into_iter().for_each(|c| few.push_reversed(c));
                }
                normal => few.add(normal),
            }
            if few.length >= MOST {
                break;
            }
        }
        few
    }

    /// Adds a byte if there is room.
    #[inline]
    fn add(&mut self, byte: u8) {
        if self.length < MOST {
            self.bytes |= u64::from(byte).wrapping_shl(self.length.wrapping_mul(8));
            self.length = self.length.wrapping_add(1);
        }
    }

    /// Adds the normalised form of a character.
    fn push(&mut self, c: char) {
        match normal(c) {
            Normal::Nothing => {}
            Normal::Byte(byte) => self.add(byte),
            Normal::Lower => each_lower_byte(c, |byte| self.add(byte)),
        }
    }

    /// The same, its last byte first.
    fn push_reversed(&mut self, c: char) {
        match normal(c) {
            Normal::Nothing => {}
            Normal::Byte(byte) => self.add(byte),
            Normal::Lower => {
                let mut bytes = [0; LOWER_BYTES];
                let mut length = 0;
                each_lower_byte(c, |byte| {
                    if let Some(slot) = bytes.get_mut(length) {
                        *slot = byte;
                        length += 1;
                    }
                });
                bytes.iter().take(length).rev().for_each(|byte| self.add(*byte));
            }
        }
    }
}

/// Most bytes of a character in lower case: it becomes three characters at most.
const LOWER_BYTES: usize = 12;

/// What becomes of a character in the normalised text.
pub(super) enum Normal {
    /// It is white space there, or nothing.
    Nothing,
    Byte(u8),
    /// It stands there in lower case.
    Lower,
}

pub(super) fn normal(c: char) -> Normal {
    match ASCII.get(c as usize) {
        Some(0) => Normal::Nothing,
        Some(byte) => Normal::Byte(*byte),
        // Typographic marks and spaces.
        None if matches!(c, '\u{2000}'..='\u{206F}') => Normal::Nothing,
        None if !c.is_alphanumeric() => Normal::Nothing,
        None if c.is_numeric() => Normal::Byte(b'0'),
        None => Normal::Lower,
    }
}

fn each_lower_byte(c: char, mut take: impl FnMut(u8)) {
    let mut buffer = [0u8; 4];
    for lower in c.to_lowercase() {
        lower.encode_utf8(&mut buffer).bytes().for_each(&mut take);
    }
}

/// The fingerprint, and whether there is a letter or digit in the text.
fn normalised_hash(text: &str) -> (u64, bool) {
    let bytes = text.as_bytes();
    let mut normalised = Normalised::default();
    let mut at = 0;
    while at < bytes.len() {
        at += normalised.push_ascii(bytes.get(at..).unwrap_or(&[]));
        let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
        if !c.is_ascii() {
            at += c.len_utf8();
            normalised.push(c);
        }
    }
    normalised.finish()
}

const GAP: u8 = b' ';
const SPACES: u64 = ONES.wrapping_mul(GAP as u64);

/// A normalised text that is hashed as it comes. Most texts are short and hashed at once.
///
/// Behind a letter a gap stands as a space at once, and is taken back where nothing follows it: so
/// eight bytes without two gaps side by side are normalised as they stand.
struct Normalised {
    /// With room for what is written behind the last byte and does not count.
    piece: [u8; PIECE + 8],
    length: usize,
    /// 1 if the last byte is a letter's or a digit's, else 0.
    inside: usize,
    long: Option<Box<Xxh3>>,
}

impl Default for Normalised {
    fn default() -> Self {
        Self { piece: [0; PIECE + 8], length: 0, inside: 0, long: None }
    }
}

impl Normalised {
    /// Takes the ASCII characters that a text begins with, as many as there is room for; how many
    /// they were.
    fn push_ascii(&mut self, bytes: &[u8]) -> usize {
        let bytes = bytes.get(..self.room()).unwrap_or(bytes);
        let (mut length, mut inside) = (self.length, self.inside as u64);
        // Of the first so many bytes of eight: takes them all in ASCII, for which there is room.
        let mut take = |eight: u64, count: usize| {
            let (letters, digits) = (letters(eight), digits(eight));
            let solid = letters | digits;
            // Bytes of letters in lower case, `0` for digits, and spaces.
            let spread = letters | letters.wrapping_sub(letters >> 7);
            let mut normal = SPACES | eight & spread | digits >> 3;
            // What stays: letters, digits, and a gap right behind one. What goes is closed up.
            let stays = solid | solid << 8 | inside << 7;
            let mut holes = !stays & HIGH & lowest(count);
            let mut kept = count;
            while holes != 0 {
                kept = kept.wrapping_sub(1);
                let below = (1_u64 << 56 >> (holes.leading_zeros() & !7)).wrapping_sub(1);
                normal = normal & below | normal >> 8 & !below;
                holes &= below;
            }
            // There is always room for eight, of which fewer may count.
            if let Some(room) = self.piece.get_mut(length..).and_then(<[u8]>::first_chunk_mut) {
                *room = normal.to_le_bytes();
            }
            length = length.wrapping_add(kept);
            inside = solid >> ((count as u32).wrapping_mul(8).wrapping_sub(1) & 63) & 1;
        };
        let mut at = 0usize;
        let (eights, _) = bytes.as_chunks::<8>();
        for eight in eights {
            let eight = u64::from_le_bytes(*eight);
            if eight & HIGH != 0 {
                break;
            }
            take(eight, 8);
            at = at.wrapping_add(8);
        }
        if at < bytes.len() {
            let eight = load(bytes, at);
            let count = first(eight & HIGH).min(bytes.len().wrapping_sub(at));
            if count > 0 {
                take(eight, count);
                at = at.wrapping_add(count);
            }
        }
        (self.length, self.inside) = (length, inside as usize);
        at
    }

    /// Takes a character.
    fn push(&mut self, c: char) {
        if self.room() < LOWER_BYTES {
            self.spill();
        }
        match normal(c) {
            Normal::Nothing if self.inside == 1 => {
                self.add(GAP);
                self.inside = 0;
                return;
            }
            Normal::Nothing => return,
            Normal::Byte(byte) => self.add(byte),
            Normal::Lower => each_lower_byte(c, |byte| self.add(byte)),
        }
        self.inside = 1;
    }

    fn add(&mut self, byte: u8) {
        if let Some(slot) = self.piece.get_mut(self.length) {
            *slot = byte;
            self.length += 1;
        }
    }

    /// Bytes for which there is room in the piece; never none.
    fn room(&mut self) -> usize {
        if self.length == PIECE {
            self.spill();
        }
        PIECE - self.length
    }

    /// Hashes the piece, but for a space at its end: it may have to be taken back.
    #[cold]
    fn spill(&mut self) {
        let space = self.space();
        let sure = self.piece.get(..self.length - space).unwrap_or(&[]);
        self.long.get_or_insert_with(Box::default).update(sure);
        self.length = 0;
        if space == 1 {
            self.add(GAP);
        }
    }

    /// 1 if the piece ends with a space, else 0.
    fn space(&self) -> usize {
        // None stands at the start of a text, so there is nothing before it in an empty piece.
        usize::from(self.length > 0 && self.inside == 0)
    }

    fn finish(&mut self) -> (u64, bool) {
        let rest = self.piece.get(..self.length - self.space()).unwrap_or(&[]);
        match &mut self.long {
            None => (xxh3_64(rest), !rest.is_empty()),
            Some(long) => {
                long.update(rest);
                (long.digest(), true)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_digits_marks_and_white_space_do_not_matter() {
        assert_eq!(fingerprint("* Read  more (12)"), fingerprint("read more\n97"));
    }

    #[test]
    fn words_matter() {
        assert_ne!(fingerprint("read more"), fingerprint("readmore"));
        assert_ne!(fingerprint("read more"), fingerprint("read less"));
    }

    /// The definition, word for word.
    fn plainly(text: &str) -> u64 {
        let lower: String = text
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { ' ' })
            .map(|c| if c.is_numeric() { '0' } else { c })
            .flat_map(char::to_lowercase)
            .collect();
        let parts: Vec<&str> = lower.split(' ').filter(|part| !part.is_empty()).collect();
        xxh3_64(parts.join(" ").as_bytes())
    }

    #[test]
    fn texts_of_every_length_follow_the_definition() {
        for length in [0, 1, 200, 255, 256, 257, 511, 512, 513, 5000] {
            let text: String = "Añ7 b-Ж ".chars().cycle().take(length).collect();
            assert_eq!(fingerprint(text.trim_end()), plainly(&text), "{length}");
        }
        assert_eq!(print_of(" - ! "), None);
    }

    proptest! {
        #[test]
        fn texts_of_one_fingerprint_have_the_same_ends(
            a in "[aAbB1 .é\u{130}ǅ\u{301}Ⅷ-]{0,12}", b in "[aAbB2 .É\u{130}ǆ\u{307}²-]{0,12}"
        ) {
            if fingerprint(&a) == fingerprint(&b) {
                prop_assert_eq!(ends_of(&a), ends_of(&b));
            }
            prop_assert_eq!(ends_of(&a).is_some(), print_of(&a).is_some());
            let other = format!(" {}!", a.replace('1', "7").replace(' ', " - "));
            prop_assert_eq!(fingerprint(&a), fingerprint(&other));
            prop_assert_eq!(ends_of(&a), ends_of(&other));
        }

        #[test]
        fn text_with_little_outside_ascii_follows_the_definition(text in "[aZ3 .,é-]{0,700}") {
            prop_assert_eq!(fingerprint(&text), plainly(&text));
        }

        #[test]
        fn any_text_follows_the_definition(text in any::<String>()) {
            prop_assert_eq!(fingerprint(&text), plainly(&text));
        }
    }
}
