//! html to blocks.
