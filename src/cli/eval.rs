//! `tamis eval`: labelled documents cleaned and held against their labels.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::survey::Choice;
use super::terminal::{self, written};
use super::{DONE, FOUND, Failure, UNREADABLE};
use tamis::document::Body;
use tamis::eval::{
    Evaluation, Fate, Gate, Labelled, Scored, TableOptions, Trait, count_hits, fired, read_labels,
    score, score_unjudged, table,
};
use tamis::pipeline::{self, ThreadPoolBuildError};
use tamis::source::{FindOptions, FormatOption, ReadOptions, Reader, find};
use tamis::{Cleaner, Record, RuleSet};

/// By what documents can be told apart.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ByArgument {
    Kind,
    Lang,
    Origin,
}

#[derive(Args)]
pub(crate) struct Arguments {
    /// Label files in JSON Lines, plain, .gz or .zst, or - for standard input; docs/labels.md has
    /// the format
    #[arg(required = true, value_name = "LABELS")]
    labels: Vec<String>,

    /// A built-in rule set or preset by its name, or a rules file by its path; may be repeated
    #[arg(long, short, visible_alias = "preset", value_name = "NAME|FILE", default_value = "web")]
    rules: Vec<String>,

    #[command(flatten)]
    survey: Choice,

    /// Show what each rule fired on, whoever decided, and what it would have taken alone
    #[arg(long)]
    hits: bool,

    /// Show the figures by kind of document, by language, or by how the labels came about
    #[arg(long, value_name = "FIELD")]
    by: Option<ByArgument>,

    /// Documents shown that lost the most good text
    #[arg(long, value_name = "N", default_value_t = 5)]
    worst: usize,

    /// Write all figures to this file, each document's among them
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Exit with 1 if a figure is below its bound, such as recall=0.75; may be repeated
    #[arg(long, value_name = "FIGURE=BOUND")]
    at_least: Vec<Gate>,

    /// Exit with 1 if a figure is above its bound, such as content-lost=0.01; may be repeated
    #[arg(long, value_name = "FIGURE=BOUND")]
    at_most: Vec<Gate>,

    /// Threads that clean; by default one for each core, or what RAYON_NUM_THREADS says
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,
}

/// Documents that one thread judges at a time.
const DOCUMENTS_AT_A_TIME: usize = 8;

/// Why cleaning stopped.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error("cannot start threads: {0}")]
    Threads(#[from] ThreadPoolBuildError),
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let rules = RuleSet::load(&arguments.rules)?;
    let labelled = labelled(&arguments.labels)?;
    let records: Vec<&Record> = labelled.iter().map(|document| &document.record).collect();
    let survey = arguments.survey.survey_of(&records, &rules, arguments.threads)?;
    let cleaner = Cleaner::new(rules, survey)?;
    for warning in cleaner.rules().warnings() {
        terminal::note(&warning.to_string());
    }

    let mut scored = Vec::with_capacity(labelled.len());
    pipeline::run(
        arguments.threads,
        in_batches(labelled),
        |document| judge(document, &cleaner, arguments.hits),
        |document| {
            scored.push(document);
            Ok::<(), Stop>(())
        },
    )?;
    let evaluation = Evaluation::of(scored, cleaner.rules());

    if let Some(path) = &arguments.json {
        let mut json = serde_json::to_vec_pretty(&evaluation)?;
        json.push(b'\n');
        std::fs::write(path, json)
            .map_err(|error| Failure(format!("{}: {error}", path.display())))?;
    }
    let by = arguments.by.map(|by| match by {
        ByArgument::Kind => Trait::Kind,
        ByArgument::Lang => Trait::Lang,
        ByArgument::Origin => Trait::Origin,
    });
    let shown = table(&evaluation, TableOptions { by, worst: arguments.worst });
    let mut out = terminal::out();
    written(write!(out, "{}", terminal::sanitise(&shown)))?;
    written(out.flush())?;

    if missed(arguments, &evaluation) {
        return Ok(FOUND);
    }
    Ok(if evaluation.unjudged.is_empty() { DONE } else { UNREADABLE })
}

/// The documents of label files.
pub(super) fn labelled(files: &[String]) -> Result<Vec<Labelled>, Failure> {
    let format = Some(FormatOption::Jsonl);
    let found = find(files, &FindOptions { format, ..FindOptions::default() })?;
    if let Some(skipped) = found.skipped.iter().find(|skipped| skipped.reason.is_fault()) {
        return Err(Failure(format!("{}: {}", skipped.path.display(), skipped.reason)));
    }
    Ok(read_labels(Reader::new(found.sources, ReadOptions::default()))?)
}

/// A batch is one thread's work.
fn in_batches(documents: Vec<Labelled>) -> impl Iterator<Item = Vec<Labelled>> + Send {
    let mut left = documents.into_iter();
    std::iter::from_fn(move || {
        let batch: Vec<Labelled> = left.by_ref().take(DOCUMENTS_AT_A_TIME).collect();
        (!batch.is_empty()).then_some(batch)
    })
}

/// Cleans a document and counts what became of it. A fault of the program in one document must
/// not end the run.
fn judge(document: Labelled, cleaner: &Cleaner, with_hits: bool) -> Scored {
    let Labelled { record, label } = document;
    let Body::Text(text) = &record.body else { return score_unjudged(label, "") };
    let text = text.clone();
    match catch_unwind(AssertUnwindSafe(|| cleaner.clean(record))) {
        Ok(Ok(outcome)) => {
            let mut scored = score(label, &text, &Fate::of(&outcome));
            if with_hits {
                count_hits(&mut scored, &text, &fired(&outcome, cleaner.rules()));
            }
            scored
        }
        _ => score_unjudged(label, &text),
    }
}

/// Says which gates are missed; true if any is.
fn missed(arguments: &Arguments, evaluation: &Evaluation) -> bool {
    let figures = &evaluation.total;
    let low = arguments.at_least.iter().filter(|gate| !gate.is_reached(figures));
    let high = arguments.at_most.iter().filter(|gate| !gate.is_respected(figures));
    let mut any = false;
    for (gate, word) in low.map(|gate| (gate, "least")).chain(high.map(|gate| (gate, "most"))) {
        any = true;
        let value = gate.value(figures).map_or("undefined".to_owned(), |v| format!("{v:.4}"));
        terminal::error(&format!("{} is {value}, not at {word} {}", gate.name(), gate.bound()));
    }
    any
}
