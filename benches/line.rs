//! The whole line by format: read, parse, clean, render, write, as `tamis clean` does it, with
//! the default preset on one thread. Bytes are those of the input.

use std::fs;
use std::path::Path;

use divan::Bencher;
use divan::counter::BytesCount;
use tamis::report::Tally;
use tamis::sink::files::SinkError;
use tamis::sink::run::{RenderOptions, Rendered, RunDir, render};
use tamis::source::{BATCH_BYTES, Event, FindOptions, ReadOptions, Reader, batches, find, parse};
use tamis::{Cleaner, Outcome, RuleSet, Survey, pipeline};

/// Bytes of input, about.
const INPUT: usize = 2_000_000;

fn main() {
    divan::main();
}

/// The seeds whose names end so, again and again, each as a file of its own; for JSON Lines all
/// text seeds as lines of one file. Returns the size.
fn enlarge(extension: &str, folder: &Path) -> std::io::Result<usize> {
    let lines = extension == "jsonl";
    let wanted = if lines { "txt" } else { extension };
    let mut seeds: Vec<_> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == wanted))
        .collect();
    seeds.sort();
    let texts: Vec<String> =
        seeds.iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    let (mut size, mut jsonl) = (0, String::new());
    for (number, text) in texts.iter().cycle().enumerate() {
        if size >= INPUT {
            break;
        }
        if lines {
            let record = serde_json::json!({ "id": number.to_string(), "text": text });
            jsonl.push_str(&format!("{record}\n"));
            size = jsonl.len();
        } else {
            fs::write(folder.join(format!("{number}.{extension}")), text)?;
            size += text.len();
        }
    }
    if lines {
        fs::write(folder.join("all.jsonl"), jsonl)?;
    }
    Ok(size)
}

enum Done {
    Event(Event),
    Outcome(Box<Outcome>, Rendered),
}

#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error(transparent)]
    Sink(#[from] SinkError),
    #[error(transparent)]
    Threads(#[from] pipeline::ThreadPoolBuildError),
}

fn clean(input: &Path, output: &Path, cleaner: &Cleaner) -> Result<Tally, Stop> {
    let options = ReadOptions::default();
    let inputs = [input.display().to_string()];
    let found = find(&inputs, &FindOptions::default()).expect("the input is there");
    let mut run = RunDir::create(output, &found.sources)?;
    let mut tally = Tally::new();
    let work = |event| {
        let Event::Item(item) = event else { return Done::Event(event) };
        let parsed = parse(&item, &options).expect("seeds are readable");
        let outcome = cleaner.clean(parsed.record).expect("seeds are text");
        let plain = RenderOptions::default();
        let rendered = render(&outcome, cleaner.rules(), item.raw, parsed.text_at, plain);
        Done::Outcome(Box::new(outcome), rendered)
    };
    let reader = Reader::new(found.sources, options.clone());
    pipeline::run(1, batches(reader, BATCH_BYTES), work, |done| -> Result<(), Stop> {
        match done {
            Done::Event(Event::Start(source)) => run.start(&source)?,
            Done::Event(Event::End(end)) => {
                run.end(end.bytes, end.items, end.final_newline, end.error)?;
            }
            Done::Event(Event::Item(_)) => {}
            Done::Outcome(outcome, rendered) => {
                tally.add(&outcome, cleaner.rules());
                run.write(&rendered)?;
            }
        }
        Ok(())
    })?;
    run.finish()?;
    Ok(tally)
}

#[divan::bench(args = ["txt", "md", "html", "jsonl"], sample_count = 5, sample_size = 1)]
fn line(bencher: Bencher<'_, '_>, extension: &str) {
    let rules = RuleSet::default_preset().expect("the preset loads");
    let cleaner = Cleaner::new(rules, Survey::none()).expect("the preset needs no survey");
    let input = tempfile::tempdir().expect("a folder for the input");
    let size = enlarge(extension, input.path()).expect("the seeds can be read");
    bencher
        .counter(BytesCount::new(size))
        .with_inputs(|| tempfile::tempdir().expect("a folder for the output"))
        .bench_local_refs(|output| {
            clean(input.path(), output.path(), &cleaner).expect("the run ends")
        });
}
