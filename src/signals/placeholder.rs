//! Filler vocabulary and profile shapes.

use super::Signal;

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[];
