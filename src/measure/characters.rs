//! How many characters stand before a byte of a text.

use crate::text::count_bytes;

/// Bytes between two places whose characters are known.
const STEP: usize = 512;

/// A text whose characters are counted in steps, so that each place is found in little time.
pub(super) struct Characters<'t> {
    text: &'t [u8],
    /// Characters that begin before each step.
    steps: Vec<u64>,
}

/// Characters that begin in some bytes.
fn begins(bytes: &[u8]) -> u64 {
    count_bytes(bytes, |byte| byte & 0xC0 != 0x80) as u64
}

impl<'t> Characters<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let text = text.as_bytes();
        let mut sum = 0;
        let steps = text.chunks(STEP).map(|chunk| {
            let before = sum;
            sum += begins(chunk);
            before
        });
        Self { steps: steps.collect(), text }
    }

    /// Characters before a byte.
    pub(super) fn before(&self, byte: usize) -> u64 {
        let byte = byte.min(self.text.len());
        // The end of a text that fills its last step has no step of its own.
        let step = (byte / STEP).min(self.steps.len().saturating_sub(1));
        let known = self.steps.get(step).copied().unwrap_or(0);
        known + self.text.get(step * STEP..byte).map_or(0, begins)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ends_of_steps_are_counted_too() {
        assert_eq!(Characters::of("").before(0), 0);
        for length in [STEP - 1, STEP, STEP + 1, 2 * STEP] {
            let text = "a".repeat(length);
            let characters = Characters::of(&text);
            for byte in [0, 1, length - 1, length] {
                assert_eq!(characters.before(byte), byte as u64, "{length}");
            }
        }
    }

    proptest! {
        #[test]
        fn characters_are_counted_as_by_walking(text in "[a-zäß→𝄞 \n]{0,900}") {
            let characters = Characters::of(&text);
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            for (count, at) in ends.enumerate() {
                prop_assert_eq!(characters.before(at), count as u64);
            }
        }
    }
}
