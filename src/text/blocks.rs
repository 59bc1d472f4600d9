//! What stands between white space, found sixty-four bytes at a time.

use super::{eights, python};

/// Bytes of a block; a bit of a number for each.
const BLOCK: usize = 64;

/// Calls `take` with each run of bytes that are no white space in ASCII (Python's): its first byte
/// and one past its last, in order.
#[inline(always)]
pub(crate) fn each_run(bytes: &[u8], mut take: impl FnMut(usize, usize)) {
    let is_odd = has_odd_control(bytes);
    // All after the last byte is white space, and there is some.
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    let mut last = [b' '; BLOCK];
    if let Some(own) = last.get_mut(..rest.len()) {
        own.copy_from_slice(rest);
    }
    let mut base = 0_usize;
    // Where the run begins that has not ended, if the last byte was none of white space.
    let mut from = 0_usize;
    let mut was_space = 1_u64;
    for block in blocks.iter().chain([&last]) {
        let spaces = if is_odd { spaces_among_controls(block) } else { spaces(block) };
        let behind_space = spaces << 1 | was_space;
        let mut starts = !spaces & behind_space;
        let mut ends = spaces & !behind_space;
        let mut next = || {
            let start = base.wrapping_add(starts.trailing_zeros() as usize);
            starts &= starts.wrapping_sub(1);
            start
        };
        if was_space != 0 {
            from = next();
        }
        while ends != 0 {
            take(from, base.wrapping_add(ends.trailing_zeros() as usize));
            ends &= ends.wrapping_sub(1);
            from = next();
        }
        was_space = spaces >> 63;
        base = base.wrapping_add(BLOCK);
    }
}

/// The white space of a block whose control characters are all white space.
#[inline(always)]
fn spaces(block: &[u8; BLOCK]) -> u64 {
    let (eights, _) = block.as_chunks::<8>();
    eights.iter().rev().fold(0, |bits, eight| {
        let spaces = eights::up_to_space(u64::from_le_bytes(*eight));
        // Moves the highest bits of the bytes together.
        bits << 8 | spaces.wrapping_mul(0x0002_0408_1020_4081) >> 56
    })
}

#[cold]
fn spaces_among_controls(block: &[u8; BLOCK]) -> u64 {
    let bit = |byte: &u8| u64::from(python::is_ascii_space(*byte));
    block.iter().rev().fold(0, |bits, byte| bits << 1 | bit(byte))
}

/// True if a text has control characters that are no white space.
fn has_odd_control(bytes: &[u8]) -> bool {
    let is_odd = |byte: &u8| u8::from(*byte < b'\t') | u8::from(byte.wrapping_sub(0x0e) < 0x0e);
    // Many at once, and no look at each.
    bytes.chunks(4096).any(|chunk| chunk.iter().fold(0, |found, byte| found | is_odd(byte)) != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn runs(text: &str) -> Vec<(usize, usize)> {
        let mut runs = Vec::new();
        each_run(text.as_bytes(), |from, to| runs.push((from, to)));
        runs
    }

    #[test]
    fn every_byte_is_white_space_or_not() {
        for byte in 0..=0x7f_u8 {
            for at in [0, 15, 16, 63] {
                let mut block = [b'a'; BLOCK];
                block[at] = byte;
                let is = if python::is_ascii_space(byte) { 1 << at } else { 0 };
                assert_eq!(spaces_among_controls(&block), is);
                let odd = has_odd_control(&block);
                assert_eq!(odd, byte < b' ' && is == 0);
                assert!(odd || spaces(&block) == is);
            }
        }
    }

    #[test]
    fn runs_end_with_the_text() {
        assert_eq!(runs(""), []);
        assert_eq!(runs(" \n"), []);
        for length in [1, 63, 64, 65, 127, 128, 129, 200] {
            let solid = "a".repeat(length);
            assert_eq!(runs(&solid), [(0, length)]);
            assert_eq!(runs(&format!(" {solid} ")), [(1, length + 1)]);
        }
    }

    proptest! {
        #[test]
        fn runs_are_what_stands_between_white_space(
            parts in proptest::collection::vec("[a-zé\\x01]{0,70}[ \\n\\x1c]{0,3}", 0..9)
        ) {
            let text = parts.concat();
            let space = |c: char| c.is_ascii() && python::is_space(c);
            let place = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
            let expected: Vec<(usize, usize)> = text
                .split(space)
                .filter(|part| !part.is_empty())
                .map(|part| (place(part), place(part) + part.len()))
                .collect();
            prop_assert_eq!(runs(&text), expected);
        }
    }
}
