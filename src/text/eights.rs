//! Eight bytes of a text at a time, in one number: the first byte is the lowest.
//!
//! A set of bytes is a number too, with the highest bit of each byte that is in it. What these
//! functions find is exact for every byte, unless they say otherwise.

/// One in every byte.
pub(crate) const ONES: u64 = 0x0101_0101_0101_0101;
/// The highest bit of every byte.
pub(crate) const HIGH: u64 = 0x80 * ONES;

/// Eight bytes from `at` on; zeros beyond the end.
#[inline(always)]
pub(crate) fn load(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => load_end(bytes, at),
    }
}

/// Sixteen bytes from `at` on, as two numbers; zeros beyond the end.
#[inline(always)]
pub(crate) fn load_two(bytes: &[u8], at: usize) -> (u64, u64) {
    match bytes.get(at..).and_then(|rest| rest.first_chunk::<16>()) {
        Some(chunk) => {
            let both = u128::from_le_bytes(*chunk);
            (both as u64, (both >> 64) as u64)
        }
        None => (load(bytes, at), load_end(bytes, at.saturating_add(8))),
    }
}

/// The same near the end: fewer than eight bytes from there on.
fn load_end(bytes: &[u8], at: usize) -> u64 {
    // Most texts have eight bytes before their end.
    if let Some(last) = bytes.last_chunk::<8>() {
        let beyond = at.wrapping_sub(bytes.len().wrapping_sub(8)).min(8) as u32;
        return u64::from_le_bytes(*last).checked_shr(beyond.wrapping_mul(8)).unwrap_or(0);
    }
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().take(8).rev().fold(0, |eight, &byte| eight << 8 | u64::from(byte))
}

/// A mask of the lowest `count` bytes, up to 8.
#[inline(always)]
pub(crate) fn low_bytes(count: usize) -> u64 {
    if count == 0 { 0 } else { lowest(count) }
}

/// The same for one byte or more.
#[inline(always)]
pub(crate) fn lowest(count: usize) -> u64 {
    u64::MAX >> (64_u32.wrapping_sub((count as u32) << 3) & 63)
}

/// Where the first byte of a set stands; 8 if it is empty.
#[inline(always)]
pub(crate) fn first(set: u64) -> usize {
    (set.trailing_zeros() >> 3) as usize
}

/// The bytes up to the space: white space and control characters.
#[inline(always)]
pub(crate) fn up_to_space(eight: u64) -> u64 {
    !((eight | HIGH).wrapping_sub(0x21 * ONES) | eight) & HIGH
}

/// The control characters, but for that behind `~`.
#[inline(always)]
pub(crate) fn controls(eight: u64) -> u64 {
    !((eight | HIGH).wrapping_sub(0x20 * ONES) | eight) & HIGH
}

/// The ASCII letters.
#[inline(always)]
pub(crate) fn letters(eight: u64) -> u64 {
    let lower = (eight | (0x20 * ONES)) & !HIGH;
    let from_a = lower.wrapping_add((0x80 - 0x61) * ONES);
    let beyond_z = lower.wrapping_add((0x80 - 0x7b) * ONES);
    from_a & !beyond_z & !eight & HIGH
}

/// The ASCII digits.
#[inline(always)]
pub(crate) fn digits(eight: u64) -> u64 {
    let seven = eight & !HIGH;
    let from_zero = seven.wrapping_add((0x80 - 0x30) * ONES);
    let beyond_nine = seven.wrapping_add((0x80 - 0x3a) * ONES);
    from_zero & !beyond_nine & !eight & HIGH
}

/// The bytes of one value. The first is right; others may be wrong, so there is none or some.
#[inline(always)]
pub(crate) fn equal(eight: u64, byte: u8) -> u64 {
    let other = eight ^ u64::from(byte).wrapping_mul(ONES);
    other.wrapping_sub(ONES) & !other & HIGH
}

/// A hash in the making, with eight bytes more; the last may be fewer, and zeros.
#[inline(always)]
pub(crate) fn mix(state: u64, eight: u64) -> u64 {
    (state.rotate_left(29) ^ eight).wrapping_mul(0xBF58_476D_1CE4_E5B9)
}

/// The hash of all that was [mixed](mix), so many bytes.
#[inline(always)]
pub(crate) fn finish(state: u64, length: usize) -> u64 {
    let mixed = state ^ (length as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    let mixed = mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^ (mixed >> 32)
}

/// A hash of some bytes of a text; equal bytes have equal hashes on every machine.
#[inline]
pub(crate) fn hash(bytes: &[u8], start: usize, end: usize) -> u64 {
    let (mut at, mut state) = (start, 0);
    while at < end {
        state = mix(state, load(bytes, at) & lowest(end.wrapping_sub(at).min(8)));
        at = at.wrapping_add(8);
    }
    finish(state, end.saturating_sub(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(eight: [u8; 8], of: impl Fn(&u8) -> bool) -> u64 {
        let bits = eight.map(|byte| if of(&byte) { 0x80 } else { 0 });
        u64::from_le_bytes(bits)
    }

    #[test]
    fn sets_hold_exactly_their_bytes() {
        for byte in 0..=255u8 {
            for other in [0, b' ', b'!', b'0', b'9', b'A', b'Z', b'a', b'z', 0x80, 0xff] {
                let eight = [byte, other, byte, byte, other, other, byte, other];
                let number = u64::from_le_bytes(eight);
                assert_eq!(up_to_space(number), set(eight, |b| *b <= b' '));
                assert_eq!(controls(number), set(eight, |b| *b < b' '));
                assert_eq!(letters(number), set(eight, u8::is_ascii_alphabetic));
                assert_eq!(digits(number), set(eight, u8::is_ascii_digit));
                let found = equal(number, other);
                let right = set(eight, |b| *b == other);
                assert_eq!((first(found), found == 0), (first(right), right == 0));
            }
        }
    }

    #[test]
    fn bytes_beyond_the_end_are_zeros() {
        assert_eq!(load(b"abcdefgh", 0), u64::from_le_bytes(*b"abcdefgh"));
        assert_eq!(load(b"abcdefgh", 6), u64::from_le_bytes(*b"gh\0\0\0\0\0\0"));
        assert_eq!(load(b"ab", 9), 0);
        let numbers = u128::from_le_bytes(*b"abcdefghijklmnop");
        assert_eq!(load_two(b"abcdefghijklmnopq", 0), (numbers as u64, (numbers >> 64) as u64));
        assert_eq!(load_two(b"xabcdefghij", 1), (numbers as u64, load(b"ij", 0)));
        assert_eq!((first(0), first(HIGH), first(HIGH << 8)), (8, 0, 1));
        assert_eq!([0, 1, 8].map(low_bytes), [0, 0xff, u64::MAX]);
    }

    #[test]
    fn words_of_all_lengths_have_their_own_hashes() {
        let text: Vec<u8> = (b'a'..=b'z').cycle().take(40).collect();
        let zeros = [0u8; 40];
        let mut hashes: Vec<u64> = (0..=text.len())
            .flat_map(|n| [hash(&text, 0, n), hash(&text, 40 - n, 40), hash(&zeros, 0, n)])
            .collect();
        hashes.sort_unstable();
        hashes.dedup();
        // Nothing is there three times; the last 14 letters are the first 14, and 40 are all.
        assert_eq!(hashes.len(), 3 * 41 - 2 - 2);
    }
}
