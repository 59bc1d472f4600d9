//! Sinks: what a run writes.

pub mod files;
