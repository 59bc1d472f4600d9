//! Conditions: leaves joined by `all`, `any`, `none`.

/// A compiled condition.
#[derive(Debug)]
pub struct Condition {}
