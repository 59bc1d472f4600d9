//! Near copies: signatures of documents by preset, sketches of blocks, clusters of pairs. MB/s of
//! text, and pairs joined a second.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use tamis::survey::clusters::Clusters;
use tamis::survey::minhash::{MinHash, PRESETS, Scratch};
use tamis::survey::sketch::sketch;

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

/// Of the lines of documents, most of which are paragraphs.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn sketches(bencher: Bencher<'_, '_>) {
    let texts = corpus::documents(BYTES, 3);
    let blocks: Vec<&str> = texts.iter().flat_map(|text| text.lines()).collect();
    let mut scratch = Scratch::default();
    bencher
        .counter(BytesCount::new(blocks.iter().map(|block| block.len()).sum::<usize>()))
        .bench_local(|| {
            blocks.iter().filter(|block| sketch(block, &mut scratch).is_some()).count()
        });
}

/// Pairs of random keys that make clusters of about ten.
#[divan::bench(args = [10_000, 1_000_000], sample_count = 5, sample_size = 1)]
fn joins(bencher: Bencher<'_, '_>, count: u64) {
    let key = |n: u64| n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let pairs: Vec<(u64, u64)> =
        (0..count).map(|n| (key(n), key(n - n % 10 + n.wrapping_mul(7) % 10))).collect();
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        let mut clusters = Clusters::default();
        for (one, other) in &pairs {
            clusters.join(*one, *other).expect("there is room");
        }
        clusters.len()
    });
}
