//! Token hashes: 64 bits of the exact bytes, cheap for words of up to 16 bytes.

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const LENGTH: u64 = 0xd6e8_feb8_6659_fd93;
const SECOND: u64 = 0xa076_1d64_78bd_642f;

/// Eight bytes from `at` on, the first one lowest; zeros beyond the end.
#[inline]
pub(super) fn load(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => load_end(bytes, at),
    }
}

#[cold]
fn load_end(bytes: &[u8], at: usize) -> u64 {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

/// The hash of the bytes from `start` to `end`.
#[inline]
pub(super) fn hash_span(bytes: &[u8], start: usize, end: usize) -> u64 {
    let mut left = end.wrapping_sub(start);
    let mut state = (left as u64).wrapping_mul(LENGTH) ^ SEED;
    let mut at = start;
    while left > 16 {
        state = fold(load(bytes, at) ^ state, load(bytes, at.wrapping_add(8)) ^ SECOND);
        at = at.wrapping_add(16);
        left = left.wrapping_sub(16);
    }
    let (first, second) = if left > 8 {
        let rest = left.wrapping_sub(8);
        (load(bytes, at), load(bytes, at.wrapping_add(8)) & low_bytes(rest))
    } else {
        (load(bytes, at) & low_bytes(left), 0)
    };
    fold(first ^ state, second ^ SECOND)
}

/// A mask of the lowest `count` bytes, up to 8.
#[inline]
fn low_bytes(count: usize) -> u64 {
    if count == 0 {
        0
    } else {
        u64::MAX >> (64_u32.wrapping_sub((count as u32).wrapping_mul(8)) & 63)
    }
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a).wrapping_mul(u128::from(b));
    product as u64 ^ (product >> 64) as u64
}
