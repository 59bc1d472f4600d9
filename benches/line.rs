//! The whole line on a file: read, parse, clean, render, write, as `tamis clean` does it. Bytes
//! are those of the uncompressed JSON Lines, or of the files. Times are wall-clock times; compare
//! only what ran side by side. `benches/run.sh` takes the CPU time of the program itself.

use std::fs;
use std::path::Path;

use divan::Bencher;
use divan::counter::BytesCount;
use tamis::{Cleaner, Survey};

#[path = "common/corpus.rs"]
mod corpus;
#[path = "common/line.rs"]
mod line;
#[path = "common/rules.rs"]
mod rules;
#[path = "common/text.rs"]
mod text;

/// Bytes of input, about.
const INPUT: usize = 4_000_000;

/// So many of a hundred parts of a page are menus: a page copied whole, a text that filters keep,
/// one that they drop.
const PAGE: usize = 35;
const KEPT: usize = 3;
const DROPPED: usize = 90;

const RULES: [&str; 17] = [
    "empty",
    "four-sets-uax29",
    "four-sets-spaces",
    "gopher-quality-datatrove",
    "gopher-repetition-datatrove",
    "gopher-dolma-v1",
    "gopher-dolma-v2",
    "gopher-dclm",
    "c4-tfds",
    "c4-datatrove",
    "c4-dolma",
    "fineweb-datatrove",
    "refinedweb-lines",
    "fineweb",
    "nemo-heuristics",
    "data-juicer-default",
    "web",
];

fn main() {
    divan::main();
}

fn cleaner(name: &str) -> Cleaner {
    let cleaner = Cleaner::new(rules::rules(name), Survey::none());
    cleaner.expect("the rules need no survey").brief()
}

fn run(bencher: Bencher<'_, '_>, size: usize, input: &Path, cleaner: &Cleaner, threads: usize) {
    bencher
        .counter(BytesCount::new(size))
        .with_inputs(|| tempfile::tempdir().expect("a folder for the output"))
        .bench_local_refs(|output| {
            line::clean(input, output.path(), cleaner, threads).expect("the run ends")
        });
}

fn jsonl(bencher: Bencher<'_, '_>, format: &str, cleaner: &Cleaner, threads: usize, menus: usize) {
    let texts = corpus::documents(INPUT, menus);
    let folder = tempfile::tempdir().expect("a folder for the input");
    let input = line::write_jsonl(&texts, format, folder.path()).expect("the input is written");
    let size = line::jsonl_size(&texts).expect("texts can be written as JSON");
    run(bencher, size, &input, cleaner, threads);
}

/// Each rule set on texts of which most are kept: plain JSON Lines, one thread.
#[divan::bench(args = RULES, sample_count = 3, sample_size = 1)]
fn preset(bencher: Bencher<'_, '_>, rules: &str) {
    jsonl(bencher, "plain", &cleaner(rules), 1, KEPT);
}

/// The same on pages copied whole, of which a set for documents drops more.
#[divan::bench(
    args = ["empty", "four-sets-uax29", "fineweb", "refinedweb-lines", "web"],
    sample_count = 3,
    sample_size = 1
)]
fn preset_on_whole_pages(bencher: Bencher<'_, '_>, rules: &str) {
    jsonl(bencher, "plain", &cleaner(rules), 1, PAGE);
}

/// Formats in and out, and threads: rules, format, threads.
#[divan::bench(
    args = [
        ("empty", "plain", 1), ("empty", "plain", 2),
        ("empty", "zst", 1), ("empty", "zst", 2),
        ("empty", "gz", 1), ("empty", "gz", 2),
        ("four-sets-uax29", "plain", 1), ("four-sets-uax29", "plain", 2),
        ("four-sets-uax29", "zst", 1), ("four-sets-uax29", "zst", 2),
        ("four-sets-uax29", "gz", 1), ("four-sets-uax29", "gz", 2),
        ("fineweb", "plain", 1), ("fineweb", "plain", 2),
        ("fineweb", "zst", 1), ("fineweb", "gz", 1),
        ("web", "plain", 1), ("web", "plain", 2),
        ("web", "zst", 1), ("web", "gz", 1),
    ],
    sample_count = 3,
    sample_size = 1
)]
fn format(bencher: Bencher<'_, '_>, (rules, format, threads): (&str, &str, usize)) {
    jsonl(bencher, format, &cleaner(rules), threads, KEPT);
}

/// What it costs to try every rule, so that the report knows all that fires, where `--fast` would
/// stop at the first that drops the document; on pages of which nearly all are dropped.
#[divan::bench(
    args = [
        ("gopher-dolma-v2", "every rule"), ("gopher-dolma-v2", "fast"),
        ("gopher-dclm", "every rule"), ("gopher-dclm", "fast"),
        ("fineweb", "every rule"), ("fineweb", "fast"),
        ("web", "every rule"), ("web", "fast"),
    ],
    sample_count = 3,
    sample_size = 1
)]
fn attribution(bencher: Bencher<'_, '_>, (rules, how): (&str, &str)) {
    let cleaner = cleaner(rules);
    let cleaner = if how == "fast" { cleaner.fast() } else { cleaner };
    jsonl(bencher, "plain", &cleaner, 1, DROPPED);
}

/// Files of one document each: the seeds whose names end so, again and again. They are of 2 kB,
/// and each is synced to disk before it gets its name, which is most of the time.
#[divan::bench(args = ["txt", "md", "html"], sample_count = 2, sample_size = 1)]
fn files(bencher: Bencher<'_, '_>, extension: &str) {
    let folder = tempfile::tempdir().expect("a folder for the input");
    let size = enlarge(extension, folder.path()).expect("the seeds can be read");
    run(bencher, size, folder.path(), &cleaner("web"), 1);
}

/// The seeds whose names end so, each several times as a file of its own. Returns the size.
fn enlarge(extension: &str, folder: &Path) -> std::io::Result<usize> {
    let mut seeds: Vec<_> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|known| known == extension))
        .collect();
    seeds.sort();
    let texts: Vec<String> =
        seeds.iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    let mut size = 0;
    for (number, text) in texts.iter().cycle().enumerate() {
        if size >= INPUT / 8 {
            break;
        }
        fs::write(folder.join(format!("{number}.{extension}")), text)?;
        size += text.len();
    }
    Ok(size)
}
