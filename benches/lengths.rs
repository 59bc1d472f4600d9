//! Cost by the length of documents: the same number of bytes as one long document or as many short
//! ones. The rate must stay flat; a rate that falls with the length shows work that grows faster
//! than the text.

use divan::Bencher;
use divan::counter::BytesCount;
use tamis::{Cleaner, Record, Survey};

#[path = "common/rules.rs"]
mod rules;
#[path = "common/text.rs"]
mod text;

const LENGTHS: [usize; 5] = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];

fn main() {
    divan::main();
}

/// Judges texts of one length in memory. About a megabyte is judged, or one text.
fn of_length(bencher: Bencher<'_, '_>, length: usize, name: &str) {
    let cleaner = Cleaner::new(rules::rules(name), Survey::none());
    let cleaner = cleaner.expect("the rules need no survey").brief();
    let count = (1_000_000 / length).max(1);
    let texts: Vec<String> = (0..count).map(|n| text::document(n as u64 + 1, length, 3)).collect();
    let records = || texts.iter().map(|text| Record::text("page", text.as_str())).collect();
    bencher
        .counter(BytesCount::new(texts.iter().map(String::len).sum::<usize>()))
        .with_inputs(records)
        .bench_local_values(|records: Vec<Record>| {
            let clean = |record| cleaner.clean(record).expect("bench texts are text");
            records.into_iter().map(clean).filter(|outcome| outcome.text().is_some()).count()
        });
}

#[divan::bench(args = LENGTHS, sample_count = 3, sample_size = 1)]
fn four_sets_uax29(bencher: Bencher<'_, '_>, length: usize) {
    of_length(bencher, length, "four-sets-uax29");
}

#[divan::bench(args = LENGTHS, sample_count = 3, sample_size = 1)]
fn gopher_dolma_v1(bencher: Bencher<'_, '_>, length: usize) {
    of_length(bencher, length, "gopher-dolma-v1");
}

#[divan::bench(args = LENGTHS, sample_count = 3, sample_size = 1)]
fn gopher_repetition_datatrove(bencher: Bencher<'_, '_>, length: usize) {
    of_length(bencher, length, "gopher-repetition-datatrove");
}

#[divan::bench(args = LENGTHS, sample_count = 3, sample_size = 1)]
fn fineweb(bencher: Bencher<'_, '_>, length: usize) {
    of_length(bencher, length, "fineweb");
}

#[divan::bench(args = LENGTHS, sample_count = 3, sample_size = 1)]
fn web(bencher: Bencher<'_, '_>, length: usize) {
    of_length(bencher, length, "web");
}
