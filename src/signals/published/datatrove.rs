//! Signals of datatrove 0.10.1: Gopher repetition, Gopher quality, C4 and FineWeb.

use crate::signals::Signal;

/// The family's signals.
pub(in crate::signals) const ALL: &[&Signal] = &[];

/// What has been counted of a text.
#[derive(Default)]
pub(crate) struct PageDatatrove {}
