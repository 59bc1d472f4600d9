//! Near copies: signatures of documents by preset, sketches of blocks, clusters of pairs. MB/s of
//! text, and pairs joined a second.

use divan::Bencher;
use divan::counter::BytesCount;
use tamis::survey::minhash::{MinHash, PRESETS, Scratch};

#[path = "common/corpus.rs"]
mod corpus;
#[path = "common/text.rs"]
mod text;

const BYTES: usize = 4_000_000;

fn main() {
    divan::main();
}

#[divan::bench(args = PRESETS.map(|(name, ..)| name), sample_count = 5, sample_size = 1)]
fn signatures(bencher: Bencher<'_, '_>, name: &str) {
    let minhash = MinHash::named(name).expect("a preset");
    // Nine thousand functions are slow enough on less.
    let bytes = if name == "refinedweb" { BYTES / 10 } else { BYTES };
    let texts = corpus::documents(bytes, 3);
    let mut scratch = Scratch::default();
    bencher.counter(BytesCount::new(texts.iter().map(String::len).sum::<usize>())).bench_local(
        || texts.iter().map(|text| minhash.bands(text, &mut scratch).len()).sum::<usize>(),
    );
}
