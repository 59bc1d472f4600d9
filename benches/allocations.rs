//! Allocations for a document: count and bytes, under `alloc`, for judging a text of 1, 10 and
//! 100 KB by each kind of rule set. What grows with the text is one buffer for each kind of thing,
//! not one allocation for each word.

use divan::{AllocProfiler, Bencher};
use tamis::{Cleaner, Record, Survey};

#[path = "common/rules.rs"]
mod rules;
#[path = "common/text.rs"]
mod text;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Judges one record in memory: the record is made, and the outcome freed, outside the count.
fn judge(bencher: Bencher<'_, '_>, name: &str, length: usize) {
    let cleaner = Cleaner::new(rules::rules(name), Survey::none());
    let cleaner = cleaner.expect("the rules need no survey").brief();
    let text = text::document(1, length, 3);
    // What is kept from document to document, tables and patterns' caches, is made once.
    let clean = |record| cleaner.clean(record).expect("bench texts are text");
    clean(Record::text("page", text.as_str()));
    bencher.with_inputs(|| Record::text("page", text.as_str())).bench_local_values(clean);
}

const LENGTHS: [usize; 3] = [1_000, 10_000, 100_000];

#[divan::bench(args = LENGTHS, sample_count = 5, sample_size = 1)]
fn empty(bencher: Bencher<'_, '_>, length: usize) {
    judge(bencher, "empty", length);
}

#[divan::bench(args = LENGTHS, sample_count = 5, sample_size = 1)]
fn four_sets_uax29(bencher: Bencher<'_, '_>, length: usize) {
    judge(bencher, "four-sets-uax29", length);
}

#[divan::bench(args = LENGTHS, sample_count = 5, sample_size = 1)]
fn gopher_dolma_v2(bencher: Bencher<'_, '_>, length: usize) {
    judge(bencher, "gopher-dolma-v2", length);
}

#[divan::bench(args = LENGTHS, sample_count = 5, sample_size = 1)]
fn gopher_repetition_datatrove(bencher: Bencher<'_, '_>, length: usize) {
    judge(bencher, "gopher-repetition-datatrove", length);
}

#[divan::bench(args = LENGTHS, sample_count = 5, sample_size = 1)]
fn c4_tfds(bencher: Bencher<'_, '_>, length: usize) {
    judge(bencher, "c4-tfds", length);
}

#[divan::bench(args = LENGTHS, sample_count = 5, sample_size = 1)]
fn fineweb(bencher: Bencher<'_, '_>, length: usize) {
    judge(bencher, "fineweb", length);
}

#[divan::bench(args = LENGTHS, sample_count = 5, sample_size = 1)]
fn web(bencher: Bencher<'_, '_>, length: usize) {
    judge(bencher, "web", length);
}
