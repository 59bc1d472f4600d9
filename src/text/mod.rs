//! Views of a text: words, sentences, lines; word lists and fingerprints.
//!
//! Nothing here knows blocks, rules or documents.

pub(crate) mod blocks;
pub(crate) mod eights;
pub mod fingerprint;
pub mod lists;
pub mod python;
pub mod sentences;
pub mod spacy_en;
pub mod words;

pub use fingerprint::{fingerprint, print_of};
pub use sentences::sentences;
pub use words::{Word, words};
