//! Signals of lines.

use super::Signal;

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[];
