//! The leaf `rule`: how far another rule of the same or an earlier scope holds.

use crate::rules::schema::{Key, Shape, key};

/// The keys of this kind of leaf.
pub(crate) const KEYS: &[Key] =
    &[key("rule", Shape::Text, "Another rule of this scope or an earlier one")];
