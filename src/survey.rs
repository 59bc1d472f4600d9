//! Counts of block fingerprints over a corpus; read-only side data of measuring.
//!
//! This version holds the type that rules and signals refer to, without counts:
//! making a survey is a command of its own that is still to come.

/// Counts over a corpus. [`Survey::none`] holds none.
#[derive(Clone, Debug, Default)]
pub struct Survey {}

impl Survey {
    /// No counts: a rule on a signal that needs a survey is refused at start.
    pub fn none() -> Self {
        Self {}
    }

    /// True if there are counts.
    pub fn is_present(&self) -> bool {
        false
    }
}
