//! Memory and cost of a survey by its size: `cargo bench --bench survey -- [BLOCKS…] [--memory MiB]`.
//!
//! Documents of blocks that stand nowhere else (and one block in ten that does) are made up, cut
//! up, counted and written to a file, and the file is opened to be asked, all within the memory that
//! is allowed: once for the documents that were counted, once for others, for which all of it is
//! wanted, and asked for each block of some documents. Each size runs in a process of its own, so that its peak is its own. The bytes are
//! those of the documents' text.

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use tamis::pipeline::{self, prints};
use tamis::survey::{Counting, Memory, SurveyError, SurveyFile, Wanted};
use tamis::{Record, RuleSet, Survey};

const MIB: usize = 1 << 20;
/// Blocks of a document.
const BLOCKS: u64 = 40;
/// Of so many blocks one is shared by many documents.
const SHARED_ONE_IN: u64 = 10;
/// Documents whose blocks are looked up, at most.
const LOOKED_UP: u64 = 10_000;
/// Documents that one thread works on at a time.
const BATCH: u64 = 64;
/// Words that texts are made of.
const WORDS: [&str; 64] = [
    "mill", "tide", "creek", "wheel", "barge", "grain", "stone", "miller", "flood", "spring",
    "harbour", "rope", "net", "lamp", "ferry", "island", "winter", "summer", "bridge", "lock",
    "river", "boat", "sail", "anchor", "storm", "quay", "tower", "church", "bell", "market",
    "baker", "bread", "flour", "sack", "cart", "horse", "road", "field", "barley", "wheat", "oat",
    "hay", "barn", "roof", "beam", "oak", "elm", "ash", "iron", "nail", "hammer", "smith", "forge",
    "coal", "smoke", "stove", "kettle", "table", "bench", "door", "window", "wall", "garden",
    "apple",
];

#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error(transparent)]
    Threads(#[from] pipeline::ThreadPoolBuildError),
    #[error(transparent)]
    Survey(#[from] SurveyError),
}

fn main() {
    let mut sizes = Vec::new();
    let mut memory = 256;
    let mut one = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--memory" => {
                let value = arguments.next().and_then(|value| value.parse().ok());
                memory = value.expect("--memory takes a number of MiB");
            }
            "--one" => one = true,
            "--bench" => {}
            size => sizes.push(size.parse::<u64>().expect("a number of blocks")),
        }
    }
    if one {
        return measure(sizes[0], memory);
    }
    if sizes.is_empty() {
        sizes = vec![50_000, 200_000, 800_000];
    }
    println!("memory allowed: {memory} MiB");
    println!(
        "{:>11} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9} {:>9}",
        "blocks",
        "MB text",
        "count s",
        "save s",
        "open s",
        "all s",
        "ask us",
        "CPU s",
        "on disk",
        "file MB",
        "peak MB"
    );
    for size in sizes {
        let program = std::env::current_exe().expect("this program");
        let arguments = [size.to_string(), "--memory".into(), memory.to_string(), "--one".into()];
        let status = Command::new(program).args(arguments).status().expect("it starts");
        assert!(status.success(), "{size} blocks: {status}");
    }
}

fn measure(blocks: u64, memory: usize) {
    let rules = RuleSet::load(["copies"]).expect("a built-in set");
    let mut settings = rules.survey_settings();
    settings.sentences = false;
    let folder = tempfile::tempdir().expect("a folder");
    let memory = Memory::new(memory * MIB, folder.path());
    let documents = blocks * SHARED_ONE_IN / (SHARED_ONE_IN - 1) / BLOCKS;
    let mut counting = Counting::within(settings.clone(), memory.clone());
    let began = Instant::now();
    let mut text_bytes = 0;
    let batches = (0..documents.div_ceil(BATCH))
        .map(|batch| (batch * BATCH..documents.min((batch + 1) * BATCH)).collect::<Vec<u64>>());
    pipeline::run(
        0,
        batches,
        |number| {
            let text = text(number);
            let length = text.len();
            let mut record = Record::text(format!("{number}"), text)
                .at_url(format!("https://site{}.example/page{number}", number % 1000));
            record.location.source = Arc::from("made-up.jsonl");
            record.location.ordinal = number;
            (length, prints(record, &settings).expect("text"))
        },
        |(length, prints)| {
            text_bytes += length;
            counting.add(&prints).map_err(Stop::from)
        },
    )
    .expect("it can be counted");
    let counted = began.elapsed().as_secs_f64();
    let spilled = counting.spilled();

    let began = Instant::now();
    let path = folder.path().join("survey.parquet");
    let file = fs::File::create(&path).expect("a file");
    let description = counting.save(file).expect("it can be saved");
    let saved = began.elapsed().as_secs_f64();

    let began = Instant::now();
    let wanted = Wanted { settings: &settings, groups: false, sources: &["made-up.jsonl".into()] };
    let opened = SurveyFile::open(&path).expect("a survey");
    let survey = Survey::open(&opened, &wanted, &memory).expect("it fits");
    let opened_own = began.elapsed().as_secs_f64();
    assert_eq!(survey.documents(), documents);
    drop(survey);

    // For other documents than those that were counted all of it is wanted.
    let began = Instant::now();
    let wanted = Wanted { sources: &["another.jsonl".into()], ..wanted };
    let survey = Survey::open(&opened, &wanted, &memory).expect("it fits");
    let opened_all = began.elapsed().as_secs_f64();
    let stranger = Record::text("stranger", "").location;
    let began = Instant::now();
    let mut found = 0;
    let asked = documents.min(LOOKED_UP);
    for number in 0..asked {
        let text = text(number * (documents / asked));
        let blocks = text.split("\n\n").filter_map(tamis::text::print_of);
        found += blocks.filter(|print| survey.block(*print, &stranger).is_some()).count();
    }
    let looked_up = began.elapsed().as_secs_f64() * 1e6 / (asked * BLOCKS) as f64;
    assert_eq!(found as u64, asked * BLOCKS, "all of them were counted");

    let (different, _) = description.blocks();
    println!(
        "{:>11} {:>9.0} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>9.0} {:>9.0} {:>9.0}",
        different,
        text_bytes as f64 / 1e6,
        counted,
        saved,
        opened_own,
        opened_all,
        looked_up,
        cpu_seconds(),
        spilled as f64 / 1e6,
        fs::metadata(&path).map_or(0, |file| file.len()) as f64 / 1e6,
        peak_megabytes(),
    );
}

/// A document of [`BLOCKS`] paragraphs.
fn text(number: u64) -> String {
    let mut text = String::new();
    for block in 0..BLOCKS {
        let own = number * BLOCKS + block;
        let seed = if own.is_multiple_of(SHARED_ONE_IN) { own % 10_000 } else { u64::MAX - own };
        // Twelve words of six bits each: no two seeds have the same.
        let mut bits = seed;
        for word in 0..12 {
            let shift = if word < 11 { 6 } else { 0 };
            if word > 0 {
                text.push(' ');
            }
            text.push_str(WORDS[(bits & 63) as usize]);
            bits >>= shift;
        }
        text.push_str(".\n\n");
    }
    text
}

fn peak_megabytes() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(f64::NAN) * 1024.0 / 1e6
}

/// User and system time so far, in ticks of a hundredth of a second.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let fields: Vec<f64> =
        fields.split_whitespace().skip(11).take(2).filter_map(|f| f.parse().ok()).collect();
    if fields.len() == 2 { (fields[0] + fields[1]) / 100.0 } else { f64::NAN }
}
