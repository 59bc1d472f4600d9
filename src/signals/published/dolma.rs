//! Signals of dolma 1.2.1: its taggers `gopher_v1`, `gopher_v2` and `c4_v2`.

use crate::signals::Signal;

/// The family's signals.
pub(in crate::signals) const ALL: &[&Signal] = &[];

/// What has been counted of a text.
#[derive(Default)]
pub(crate) struct PageDolma {}
