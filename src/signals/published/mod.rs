//! Signals exactly as published filters compute them, each named for its program.
//!
//! Each program's "Gopher" or "C4" counts other words, lines and copies. A signal here follows one
//! program and version, its oddities included; where the definition is ours, it is in another
//! family. A family is one file: its words and lines are walked once for each text, when a rule
//! first asks, and nothing is allocated for a single word.

use std::cell::OnceCell;

/// A signal of the whole text.
macro_rules! whole {
    ($name:literal, $unit:ident, $source:expr, $about:literal, $measure:expr) => {
        &Signal {
            name: $name,
            unit: Unit::$unit,
            scopes: DOCUMENT,
            needs: &[],
            about: $about,
            source: $source,
            measure: $measure,
        }
    };
}

pub mod c4_tfds;
mod common;
pub mod datatrove;
pub mod dclm;
pub mod dolma;
pub mod juicer;
mod lines;
pub mod nemo;
pub(crate) mod ngrams;
mod punkt;
pub mod redpajama;
pub mod refinedweb;
pub(crate) mod spaces;

/// What the published filters have counted of a page's text so far.
#[derive(Default)]
pub(crate) struct PagePublished {
    lines: OnceCell<Vec<lines::Line>>,
    pub(crate) datatrove: datatrove::PageDatatrove,
    pub(crate) dolma: dolma::PageDolma,
    pub(crate) dclm: dclm::PageDclm,
    pub(crate) nemo: nemo::PageNemo,
    pub(crate) juicer: juicer::PageJuicer,
    pub(crate) c4_tfds: c4_tfds::PageC4Tfds,
    pub(crate) refinedweb: refinedweb::PageRefinedWeb,
    pub(crate) redpajama: redpajama::PageRedPajama,
}
