//! markdown to blocks.
