//! The whole line (decoding, segmenting, judging, cutting) on one thread, by format, in MB/s of
//! input. `cargo bench --bench line`. The text is the project's seeds, each repeated with its
//! number in front until there is a megabyte of it.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use tamis::document::Format;
use tamis::{Cleaner, Record, RuleSet, Survey};

/// Bytes of input for each format.
const ENOUGH: usize = 1 << 20;

static CLEANER: LazyLock<Cleaner> = LazyLock::new(|| {
    let rules = RuleSet::default_preset().expect("the default preset is right");
    Cleaner::new(rules, Survey::none()).expect("it needs no survey")
});

/// The seeds of a format, by name, repeated.
fn texts(extension: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("the seeds")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    paths.sort();
    let seeds: Vec<String> =
        paths.iter().map(|path| fs::read_to_string(path).expect("a seed")).collect();
    let mut all = Vec::new();
    let (mut bytes, mut round) = (0, 0);
    while bytes < ENOUGH {
        for seed in &seeds {
            let text = format!("{round} {seed}");
            bytes += text.len();
            all.push(text);
        }
        round += 1;
    }
    all
}

fn line(bencher: Bencher<'_, '_>, extension: &str, format: Format) {
    let texts = texts(extension);
    let bytes: usize = texts.iter().map(String::len).sum();
    LazyLock::force(&CLEANER);
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        for text in &texts {
            let record = Record::bytes("id", format, text.as_bytes());
            black_box(CLEANER.clean(record).expect("a seed is text"));
        }
    });
}

#[divan::bench(sample_count = 10)]
fn text(bencher: Bencher<'_, '_>) {
    line(bencher, "txt", Format::Text);
}

#[divan::bench(sample_count = 10)]
fn markdown(bencher: Bencher<'_, '_>) {
    line(bencher, "md", Format::Markdown);
}

#[divan::bench(sample_count = 10)]
fn html(bencher: Bencher<'_, '_>) {
    line(bencher, "html", Format::Html);
}

#[divan::bench(sample_count = 10)]
fn loading_the_default_preset() -> RuleSet {
    RuleSet::default_preset().expect("the default preset is right")
}

fn main() {
    divan::main();
}
