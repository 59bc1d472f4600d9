//! Signals known before the text is cut into blocks.

use super::Signal;

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[];
