//! plain to blocks.
