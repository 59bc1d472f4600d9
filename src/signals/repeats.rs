//! Copies within a document.

use super::Signal;

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[];

/// What is measured of a page as a whole for this family.
pub(crate) struct PageRepeats {}
