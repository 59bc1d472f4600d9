//! Texts found by how they begin: a table of their first eight bytes.
//!
//! At most places of a text none of many thousand texts begins, and one look at the first four
//! bytes says so. That is several times faster than an automaton over all of them, needs hardly any
//! time to be made, and its cost does not grow with their number, only with how many begin alike.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use crate::text::lists::Identity;

/// Bytes of a text that are looked up at once.
const START: usize = 8;
/// Bytes that are looked at first.
const HEAD: usize = 4;
/// Bits of a hash of the first bytes.
const HEAD_BITS: u32 = 16;
/// Bits of the filter before the table.
const FILTER_BITS: u32 = 18;

/// Texts in ASCII lower case with what belongs to them, by how they begin.
#[derive(Debug)]
pub(super) struct Starts<T> {
    /// Those that begin alike stand together.
    texts: Vec<(Box<[u8]>, T)>,
    /// For each start the places of its texts.
    starts: HashMap<u64, (u32, u32), BuildHasherDefault<Identity>>,
    /// A bit for each hash of the first four bytes, and one for each two first bytes of texts of
    /// fewer: little enough to be at hand all the time, and unset at most places of a text.
    begun: Vec<u64>,
    begun_short: Vec<u64>,
    /// A bit for each start.
    filter: Vec<u64>,
    /// For each hash of the first four bytes a bit for each length that starts with them have, if it
    /// is below eight.
    heads: Vec<u8>,
    /// For each two first bytes the same for texts of fewer than four bytes.
    short: Vec<u8>,
}

impl<T> Default for Starts<T> {
    fn default() -> Self {
        Self {
            texts: Vec::new(),
            starts: HashMap::default(),
            begun: vec![0; 1 << (HEAD_BITS - 6)],
            begun_short: vec![0; 1 << (16 - 6)],
            filter: vec![0; 1 << (FILTER_BITS - 6)],
            heads: vec![0; 1 << HEAD_BITS],
            short: vec![0; 1 << 16],
        }
    }
}

/// The first bytes of a text as one number in ASCII lower case, zeros behind its end.
#[inline]
fn start_of(text: &[u8]) -> u64 {
    let word = match text.first_chunk::<START>() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => last_bytes(text),
    };
    lower(word)
}

#[cold]
#[inline(never)]
fn last_bytes(text: &[u8]) -> u64 {
    text.iter().take(START).rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// The first two bytes of a start.
#[inline]
fn pair_place(start: u64) -> usize {
    (start & 0xFFFF) as usize
}

/// Eight bytes in ASCII lower case.
#[inline]
fn lower(word: u64) -> u64 {
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    const LOW: u64 = u64::from_le_bytes([0x7F; 8]);
    const FROM_A: u64 = u64::from_le_bytes([0x80 - b'A'; 8]);
    const BEHIND_Z: u64 = u64::from_le_bytes([0x7F - b'Z'; 8]);
    let low = word & LOW;
    // The high bit of each byte that is a capital.
    let capitals = low.wrapping_add(FROM_A) & !low.wrapping_add(BEHIND_Z) & !word & HIGH;
    word | capitals >> 2
}

/// Spreads a start and its length over all bits.
#[inline]
fn mix(start: u64, length: usize) -> u64 {
    let mixed = (start ^ (length as u64) << 59).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^ mixed >> 29
}

#[inline]
fn filter_place(key: u64) -> usize {
    (key >> (64 - (FILTER_BITS - 6))) as usize
}

#[inline]
fn head_place(start: u64) -> usize {
    ((start as u32).wrapping_mul(0x9E37_79B1) >> (32 - HEAD_BITS)) as usize
}

fn set_bit(bits: &mut [u64], place: usize) {
    if let Some(word) = bits.get_mut(place / 64) {
        *word |= 1 << (place % 64);
    }
}

#[inline]
fn has_bit(bits: &[u64], place: usize) -> bool {
    bits.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 != 0)
}

fn set(table: &mut [u8], place: usize, bit: u8) {
    if let Some(lengths) = table.get_mut(place) {
        *lengths |= bit;
    }
}

impl<T> Starts<T> {
    /// Texts, none of them empty, with what belongs to them.
    pub(super) fn new(texts: impl IntoIterator<Item = (Vec<u8>, T)>) -> Self {
        let key = |text: &[u8]| mix(start_of(text), text.len().min(START));
        let in_lower = |(text, own): (Vec<u8>, T)| (text.to_ascii_lowercase().into(), own);
        let mut texts: Vec<(Box<[u8]>, T)> =
            texts.into_iter().filter(|(text, _)| !text.is_empty()).map(in_lower).collect();
        texts.sort_by(|(one, _), (other, _)| (key(one), one).cmp(&(key(other), other)));
        let mut found = Self::default();
        for (place, (text, _)) in (0u32..).zip(&texts) {
            let key = key(text);
            found.starts.entry(key).or_insert((place, place)).1 = place + 1;
            if let Some(word) = found.filter.get_mut(filter_place(key)) {
                *word |= 1 << (key % 64);
            }
            let start = start_of(text);
            match text.len() {
                1 => (0..=u8::MAX).for_each(|next| {
                    set_bit(&mut found.begun_short, pair_place(start | u64::from(next) << 8));
                }),
                2..HEAD => set_bit(&mut found.begun_short, pair_place(start)),
                _ => set_bit(&mut found.begun, head_place(start)),
            }
            let bit = 1 << (text.len().min(START) - 1);
            match text.len() {
                // Any byte may follow.
                1 => {
                    let alike = found.short.iter_mut().skip(pair_place(start)).step_by(256);
                    alike.for_each(|lengths| *lengths |= bit);
                }
                2..HEAD => set(&mut found.short, pair_place(start), bit),
                HEAD..START => set(&mut found.heads, head_place(start), bit),
                _ => {}
            }
        }
        found.texts = texts;
        found
    }

    /// True if there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The texts, in no order that matters.
    pub(super) fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.texts.iter().map(|(text, _)| &**text)
    }

    /// Calls `take` with the length of each text that another begins with, ASCII case aside, and
    /// with what belongs to it.
    #[inline]
    pub(super) fn at(&self, rest: &[u8], take: impl FnMut(usize, &T)) {
        let start = start_of(rest);
        if has_bit(&self.begun, head_place(start)) || has_bit(&self.begun_short, pair_place(start))
        {
            self.of_start(rest, start, take);
        }
    }

    #[inline(never)]
    fn of_start(&self, rest: &[u8], start: u64, take: impl FnMut(usize, &T)) {
        let short = self.short.get(pair_place(start)).copied().unwrap_or(0);
        let lengths = short | self.heads.get(head_place(start)).copied().unwrap_or(0);
        let key = mix(start, START);
        let long = self.may_have(key);
        if long || lengths != 0 {
            self.of_lengths(rest, start, lengths | u8::from(long) << (START - 1), take);
        }
    }

    #[inline]
    fn may_have(&self, key: u64) -> bool {
        let word = self.filter.get(filter_place(key)).copied().unwrap_or(0);
        word & (1 << (key % 64)) != 0
    }

    fn of_lengths(
        &self,
        rest: &[u8],
        start: u64,
        mut lengths: u8,
        mut take: impl FnMut(usize, &T),
    ) {
        while lengths > 0 {
            let length = lengths.trailing_zeros() as usize + 1;
            lengths &= lengths - 1;
            let key = mix(start & u64::MAX >> (8 * (START - length)), length);
            if !self.may_have(key) {
                continue;
            }
            let Some(&(from, to)) = self.starts.get(&key) else { continue };
            for (text, own) in self.texts.get(from as usize..to as usize).unwrap_or(&[]) {
                let here = rest.get(..text.len());
                if here.is_some_and(|here| here.eq_ignore_ascii_case(text)) {
                    take(text.len(), own);
                }
            }
        }
    }
}

/// Texts of three bytes or more, found at every place of a text.
#[derive(Debug, Default)]
pub(super) struct Everywhere {
    starts: Starts<usize>,
    /// A bit for the classes of the first three bytes.
    heads: Vec<u64>,
}

/// Bits of a byte's class.
const CLASS_BITS: u32 = 5;

/// For each byte its class: letters of either case by themselves, all else in five heaps.
static CLASSES: [u8; 256] = {
    let mut table = [31u8; 256];
    let mut at = 0;
    while at < 128 {
        let byte = (at as u8).to_ascii_lowercase();
        table[at] = match byte {
            b'a'..=b'z' => byte - b'a' + 1,
            b'0'..=b'9' => 27,
            b' ' => 28,
            b'-' | b'/' | b'.' => 29,
            _ => 30,
        };
        at += 1;
    }
    table
};

impl Everywhere {
    /// Texts, found as their numbers; `None` if one is shorter than three bytes.
    pub(super) fn new<'t>(texts: impl Iterator<Item = &'t [u8]>) -> Option<Self> {
        let starts = Starts::new(texts.zip(0..).map(|(text, number)| (text.to_vec(), number)));
        let mut heads = vec![0u64; 1 << (3 * CLASS_BITS - 6)];
        for text in starts.texts() {
            let [a, b, c] = *text.first_chunk::<3>()?;
            let place = [a, b, c].into_iter().fold(0, next_place);
            if let Some(word) = heads.get_mut(place / 64) {
                *word |= 1 << (place % 64);
            }
        }
        Some(Self { starts, heads })
    }

    /// Calls `take` with the start, the length and the number of each occurrence, those that
    /// overlap too, ASCII case aside.
    pub(super) fn find(&self, text: &[u8], mut take: impl FnMut(usize, usize, usize)) {
        let heads = &*self.heads;
        let mut place = 0;
        for (end, byte) in text.iter().enumerate() {
            place = next_place(place, *byte);
            let word = heads.get(place / 64).copied().unwrap_or(0);
            if word >> (place % 64) & 1 != 0 {
                self.candidate(text, end, &mut take);
            }
        }
    }

    /// Looks closer at a place whose third byte is at `end`.
    #[inline(never)]
    fn candidate(&self, text: &[u8], end: usize, take: &mut impl FnMut(usize, usize, usize)) {
        let Some(start) = end.checked_sub(2) else { return };
        let rest = text.get(start..).unwrap_or(&[]);
        self.starts.at(rest, |length, number| take(start, length, *number));
    }
}

/// The classes of three bytes in a row, when one more is read.
#[inline]
fn next_place(place: usize, byte: u8) -> usize {
    (place << CLASS_BITS | usize::from(CLASSES[usize::from(byte)])) & ((1 << (3 * CLASS_BITS)) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_are_found_wherever_they_stand(
            texts in proptest::collection::vec("[aAbBkz é./0-]{3,12}", 0..12),
            text in "[aAbBkKz é./0-]{0,60}",
        ) {
            let texts: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
            let walk = Everywhere::new(texts.iter().copied()).unwrap();
            let mut found = Vec::new();
            walk.find(text.as_bytes(), |at, length, number| found.push((at, length, number)));
            let mut plainly = Vec::new();
            for at in 0..text.len() {
                for (number, known) in texts.iter().enumerate() {
                    let here = text.as_bytes().get(at..at + known.len());
                    if here.is_some_and(|here| here.eq_ignore_ascii_case(known)) {
                        plainly.push((at, known.len(), number));
                    }
                }
            }
            found.sort_unstable();
            plainly.sort_unstable();
            prop_assert_eq!(found, plainly);
        }

        #[test]
        fn eight_bytes_are_brought_to_lower_case(bytes in any::<[u8; 8]>()) {
            let mut plainly = bytes;
            plainly.make_ascii_lowercase();
            prop_assert_eq!(lower(u64::from_le_bytes(bytes)), u64::from_le_bytes(plainly));
        }
    }

    #[test]
    fn a_text_of_two_bytes_is_refused() {
        assert!(Everywhere::new([&b"ab"[..]].into_iter()).is_none());
    }
}
