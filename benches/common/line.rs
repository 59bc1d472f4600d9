//! The line as `tamis clean` runs it on a file: read, parse, clean, count, render, write, compress.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tamis::Cleaner;
use tamis::pipeline::{self, InFlight};
use tamis::report::Tally;
use tamis::sink::files::SinkError;
use tamis::sink::output::Outputs;
use tamis::sink::render::{RenderOptions, Rendered, render};
use tamis::sink::run::RunDir;
use tamis::source::{BATCH_BYTES, Event, FindOptions, ReadOptions, Reader, batches, find, parse};

/// As in the program.
const IN_FLIGHT: InFlight = InFlight { most: 8 << 20, for_each_thread: 2 << 20 };

#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    #[error(transparent)]
    Sink(#[from] SinkError),
    #[error("cannot start threads: {0}")]
    Threads(#[from] pipeline::ThreadPoolBuildError),
}

enum Done {
    Event(Event),
    Items(Box<Rendered>),
}

fn jsonl(texts: &[String]) -> std::io::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for (number, text) in texts.iter().enumerate() {
        let record = serde_json::json!({ "id": number.to_string(), "text": text });
        serde_json::to_writer(&mut lines, &record)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

/// Bytes of texts as records of JSON Lines.
pub(crate) fn jsonl_size(texts: &[String]) -> std::io::Result<usize> {
    Ok(jsonl(texts)?.len())
}

/// Writes texts as the records of `all.jsonl`, `all.jsonl.zst` or `all.jsonl.gz`.
pub(crate) fn write_jsonl(
    texts: &[String],
    format: &str,
    folder: &Path,
) -> std::io::Result<PathBuf> {
    let lines = jsonl(texts)?;
    let (name, bytes) = match format {
        "zst" => ("all.jsonl.zst", zstd::encode_all(&*lines, 3)?),
        "gz" => {
            let level = flate2::Compression::default();
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
            encoder.write_all(&lines)?;
            ("all.jsonl.gz", encoder.finish()?)
        }
        _ => ("all.jsonl", lines),
    };
    let path = folder.join(name);
    std::fs::write(&path, bytes)?;
    Ok(path)
}

/// One run over a file or folder. The documents it counted.
pub(crate) fn clean(
    input: &Path,
    output: &Path,
    cleaner: &Cleaner,
    threads: usize,
) -> Result<Tally, Stop> {
    let options = ReadOptions::default();
    let inputs = [input.display().to_string()];
    let found = find(&inputs, &FindOptions::default()).expect("the input is there");
    let mut run = RunDir::create(output, Outputs::default(), 1)?;
    let sum = Mutex::new(Tally::new());
    let plain = RenderOptions::default();
    let work = |batch: Vec<Event>| {
        let mut tally = Tally::new();
        let mut done: Vec<Done> = Vec::new();
        for event in batch {
            let Event::Item(item) = event else {
                done.push(Done::Event(event));
                continue;
            };
            let parsed = parse(&item, &options).expect("bench texts are readable");
            let outcome = cleaner.clean(parsed.record).expect("bench texts are text");
            tally.add(&outcome, cleaner.rules());
            let next = render(&outcome, cleaner.rules(), item, parsed.text_at, &plain);
            match done.last_mut() {
                Some(Done::Items(items)) => items.append(next),
                _ => done.push(Done::Items(Box::new(next))),
            }
        }
        sum.lock().unwrap_or_else(PoisonError::into_inner).merge(tally);
        done
    };
    let weigh = |batch: Vec<Event>| {
        let bytes = |event: &Event| match event {
            Event::Item(item) => item.raw.len(),
            Event::Start(_) | Event::End(_) => 0,
        };
        (batch.iter().map(bytes).sum(), batch)
    };
    let reader = Reader::new(found.sources, options.clone());
    pipeline::run_batches(
        threads,
        IN_FLIGHT,
        batches(reader, BATCH_BYTES).map(weigh),
        work,
        |done| -> Result<(), Stop> {
            for done in done.into_iter().flatten() {
                match done {
                    Done::Event(Event::Start(source)) => run.start(&source),
                    Done::Event(Event::End(end)) => {
                        run.end(end)?;
                    }
                    Done::Event(Event::Item(_)) => {}
                    Done::Items(items) => run.write(&items)?,
                }
            }
            Ok(())
        },
    )?;
    run.finish()?;
    Ok(sum.into_inner().unwrap_or_else(PoisonError::into_inner))
}
