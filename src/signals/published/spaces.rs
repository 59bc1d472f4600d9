//! The words between white space, as Python's `str.split()` finds them, in one walk over bytes.

use crate::text::{eights, python};

/// The word has a letter (Python's `str.isalpha`).
pub(crate) const LETTER: u8 = 1;
/// The word has a number sign, or a `…`.
pub(crate) const SYMBOL: u8 = 2;

/// A word between white space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpacedWord<'t> {
    /// The word.
    pub(crate) text: &'t str,
    /// Its characters.
    pub(crate) characters: u32,
    /// [`LETTER`] and [`SYMBOL`].
    pub(crate) marks: u8,
    /// Its first eight bytes, the first one lowest; zeros beyond its end.
    pub(crate) head: u64,
    /// The [hash](eights::hash) of its bytes.
    pub(crate) hash: u64,
}

/// What stands between white space in ASCII.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    /// Its first byte, and one past its last.
    pub(super) start: usize,
    pub(super) end: usize,
    /// It has nothing outside ASCII: it is a word.
    pub(super) is_ascii: bool,
    /// As in [`SpacedWord`], as far as ASCII goes.
    pub(super) marks: u8,
    /// As in [`SpacedWord`].
    pub(super) head: u64,
    pub(super) hash: u64,
}

impl Chunk {
    /// Calls `take` with each word of it: white space outside ASCII may stand in it.
    #[inline(always)]
    pub(super) fn each_word<'t>(self, text: &'t str, take: &mut impl FnMut(SpacedWord<'t>)) {
        let Self { start, end, is_ascii, marks, head, hash } = self;
        let text = text.get(start..end).unwrap_or("");
        if is_ascii {
            let characters = end.wrapping_sub(start) as u32;
            take(SpacedWord { text, characters, marks, head, hash });
        } else {
            python::words(text).for_each(|word| take(measured(word)));
        }
    }
}

/// Calls `take` with each word of a text, in order.
#[inline(always)]
pub(crate) fn each_word<'t>(text: &'t str, mut take: impl FnMut(SpacedWord<'t>)) {
    each_chunk(text, |chunk| chunk.each_word(text, &mut take));
}

/// Calls `take` with what stands between white space in ASCII, in order.
#[inline(always)]
pub(super) fn each_chunk(text: &str, mut take: impl FnMut(Chunk)) {
    let bytes = text.as_bytes();
    let mut start = 0;
    while start < bytes.len() {
        let mut eight = eights::load(bytes, start);
        let mut length = before_space(bytes, start, eight);
        if length == 0 {
            start = start.wrapping_add(1);
            continue;
        }
        let head = eight & eights::low_bytes(length);
        let (mut at, mut own, mut state) = (start, head, 0);
        let (mut letters, mut number_signs, mut others) = (0, 0, 0);
        loop {
            state = eights::mix(state, own);
            letters |= eights::letters(own);
            number_signs |= eights::equal(own, b'#');
            others |= own & eights::HIGH;
            at = at.wrapping_add(length);
            if length < 8 {
                break;
            }
            eight = eights::load(bytes, at);
            length = before_space(bytes, at, eight);
            if length == 0 {
                break;
            }
            own = eight & eights::low_bytes(length);
        }
        let letter = if letters == 0 { 0 } else { LETTER };
        let symbol = if number_signs == 0 { 0 } else { SYMBOL };
        take(Chunk {
            start,
            end: at,
            is_ascii: others == 0,
            marks: letter | symbol,
            head,
            hash: eights::finish(state, at.wrapping_sub(start)),
        });
        start = at;
    }
}

/// How many of the eight bytes at a place stand before white space in ASCII, or the end.
#[inline(always)]
fn before_space(bytes: &[u8], at: usize, eight: u64) -> usize {
    let mut stops = eights::up_to_space(eight);
    loop {
        let length = eights::first(stops);
        match (eight >> ((length << 3) & 63)) as u8 {
            b' ' | b'\n' => return length,
            byte if length == 8 || python::is_ascii_space(byte) => return length,
            _ if at.wrapping_add(length) >= bytes.len() => return length,
            // A control character that is no white space.
            _ => stops &= stops.wrapping_sub(1),
        }
    }
}

/// True for the first eight bytes of one of the Gopher paper's eight words, in lower case.
#[inline(always)]
pub(super) fn is_stop_word(head: u64, characters: u32) -> bool {
    const fn head_of(word: &[u8]) -> u64 {
        let (mut head, mut at) = (0, word.len());
        while at > 0 {
            at -= 1;
            head = head << 8 | word[at] as u64;
        }
        head
    }
    const OF_TWO: [u64; 3] = [head_of(b"be"), head_of(b"to"), head_of(b"of")];
    const OF_THREE: [u64; 2] = [head_of(b"the"), head_of(b"and")];
    const OF_FOUR: [u64; 3] = [head_of(b"that"), head_of(b"have"), head_of(b"with")];
    match characters {
        2 => OF_TWO.contains(&head),
        3 => OF_THREE.contains(&head),
        4 => OF_FOUR.contains(&head),
        _ => false,
    }
}

fn measured(text: &str) -> SpacedWord<'_> {
    let bytes = text.as_bytes();
    let mut marks = 0;
    let mut characters = 0;
    for c in text.chars() {
        characters += 1;
        if c == '#' || c == '…' {
            marks |= SYMBOL;
        } else if marks & LETTER == 0 && python::is_alpha(c) {
            marks |= LETTER;
        }
    }
    let head = eights::load(bytes, 0);
    SpacedWord { text, characters, marks, head, hash: eights::hash(bytes, 0, bytes.len()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<(&str, u32, u8)> {
        let mut words = Vec::new();
        each_word(text, |word| words.push((word.text, word.characters, word.marks)));
        words
    }

    #[test]
    fn words_have_marks() {
        assert_eq!(
            words(" #1 a-b\x1c12 né\u{a0}… é²"),
            [
                ("#1", 2, SYMBOL),
                ("a-b", 3, LETTER),
                ("12", 2, 0),
                ("né", 2, LETTER),
                ("…", 1, SYMBOL),
                ("é²", 2, LETTER),
            ]
        );
        assert_eq!(words("\n \u{3000}"), []);
    }

    #[test]
    fn stop_words_are_the_papers() {
        let mut found = Vec::new();
        each_word("the be to of and that have with The a thf be\0 beé withe", |word| {
            if is_stop_word(word.head, word.characters) {
                found.push(word.text);
            }
        });
        assert_eq!(found, ["the", "be", "to", "of", "and", "that", "have", "with"]);
    }

    proptest! {
        #[test]
        fn words_are_those_of_pythons_split(text in any::<String>()) {
            let found: Vec<&str> = words(&text).into_iter().map(|word| word.0).collect();
            prop_assert_eq!(found, python::words(&text).collect::<Vec<_>>());
        }

        #[test]
        fn words_are_hashed_alike_wherever_they_stand(text in "[a-cé\u{3000}\0\x01\x1c\t ]{0,40}") {
            let found: Vec<&str> = words(&text).into_iter().map(|word| word.0).collect();
            prop_assert_eq!(found, python::words(&text).collect::<Vec<_>>());
            each_word(&text, |word| {
                let bytes = word.text.as_bytes();
                assert_eq!(word.hash, eights::hash(bytes, 0, bytes.len()));
                assert_eq!(word.head, eights::load(bytes, 0));
            });
        }

        #[test]
        fn marks_are_those_of_the_characters(text in "[a# é…²1]{0,12}") {
            for (word, characters, marks) in words(&text) {
                prop_assert_eq!(characters as usize, word.chars().count());
                prop_assert_eq!(marks & LETTER != 0, word.chars().any(python::is_alpha));
                prop_assert_eq!(marks & SYMBOL != 0, word.contains(['#', '…']));
            }
        }
    }
}
