//! A fixed hash of a normalised block: equal for blocks that differ only in what does not matter.

use xxhash_rust::xxh3::Xxh3;

/// The 64-bit fingerprint of a block: xxh3 (seed 0) over the text in lower case, with every
/// digit as `0` and every run of characters that are neither letters nor digits as one space.
///
/// The value is kept in files, so the definition never changes under this name.
pub fn fingerprint(text: &str) -> u64 {
    let mut hasher = Xxh3::new();
    let mut buffer = [0u8; 4];
    let mut gap = false;
    let mut started = false;
    for c in text.chars() {
        if !c.is_alphanumeric() {
            gap = started;
            continue;
        }
        if gap {
            hasher.update(b" ");
            gap = false;
        }
        started = true;
        if c.is_numeric() {
            hasher.update(b"0");
        } else if c.is_ascii() {
            hasher.update(&[c.to_ascii_lowercase() as u8]);
        } else {
            for lower in c.to_lowercase() {
                hasher.update(lower.encode_utf8(&mut buffer).as_bytes());
            }
        }
    }
    hasher.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_digits_marks_and_white_space_do_not_matter() {
        assert_eq!(fingerprint("* Read  more (12)"), fingerprint("read more\n97"));
    }

    #[test]
    fn words_matter() {
        assert_ne!(fingerprint("read more"), fingerprint("readmore"));
        assert_ne!(fingerprint("read more"), fingerprint("read less"));
    }
}
