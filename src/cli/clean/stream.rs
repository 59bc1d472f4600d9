//! `tamis clean -o -`: the cleaned records on standard output, all else on standard error, and
//! nothing on disk.

use std::io::{self, Write as _};

use super::work::{Counter, IN_FLIGHT, Sink, Workshop, weight};
use super::{Arguments, Moment, NOTHING, tell_before};
use crate::cli::input::{Model, Sources};
use crate::cli::limits::stops;
use crate::cli::metrics::{MetricsFile, State};
use crate::cli::progress::At;
use crate::cli::session::Session;
use crate::cli::survey::Work;
use crate::cli::terminal;
use crate::cli::{DONE, FOUND, Failure, UNREADABLE};
use tamis::Cleaner;
use tamis::pipeline;
use tamis::report::limits::Totals;
use tamis::report::{DEFAULT_SAMPLES, Report, summary_of};
use tamis::sink::output::{Outputs, Shape};
use tamis::sink::render::{RenderOptions, Rendered};
use tamis::sink::stream::{Stream, StreamError};
use tamis::source::{Compression, EPOCH_BYTES, End, Epochs, Reader, Source};

/// What stands for standard output.
pub(super) const NAME: &str = "-";

/// Why a stream ended before its input.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error(transparent)]
    Stream(#[from] StreamError),
    #[error("cannot start threads: {0}")]
    Threads(#[from] pipeline::ThreadPoolBuildError),
    #[error("stopped by a limit")]
    Limit,
}

impl Sink for Stream<io::Stdout> {
    type Error = StreamError;

    fn start(&mut self, _: &Source) {}

    fn write(&mut self, rendered: &Rendered) -> Result<(), StreamError> {
        Stream::write(self, rendered)
    }

    fn end(&mut self, _: End) -> Result<(), StreamError> {
        Ok(())
    }
}

pub(super) fn run(
    arguments: &Arguments,
    session: &Session,
    found: &Sources,
    work: &Work<'_>,
    model: Option<&Model>,
) -> Result<u8, Failure> {
    let asked = [
        ("--resume", arguments.resume),
        ("--overwrite", arguments.overwrite),
        ("--timings", arguments.timings),
        ("--samples", arguments.samples != DEFAULT_SAMPLES),
    ];
    if let Some((name, _)) = asked.into_iter().find(|(_, asked)| *asked) {
        return Err(Failure(format!("{name} is for an output folder, not for standard output")));
    }
    if arguments.outputs(arguments.html()?).shape == Shape::Parquet {
        return Err(Failure(
            "--output-format parquet is for an output folder: its end tells where all before it \
             stands, which no pipe can be read by; --output-format jsonl has the same fields"
                .to_owned(),
        ));
    }
    // A pipe is not compressed, and nothing is kept beside it.
    let compression = Some(Compression::None);
    let outputs = arguments.outputs(arguments.html()?);
    let outputs = Outputs { compression, originals: false, ..outputs };
    let mut stream = Stream::new(io::stdout(), &found.sources, outputs)?;
    let mut held = arguments.limits.settle(work.rules)?;
    let incomplete = found.announce(session.quiet);
    let beside = std::env::temp_dir();
    let (survey, note) = match arguments.survey.is_auto(work.rules, &found.sources)? {
        true => arguments.survey.made(&found.sources, work, &beside, None)?,
        false => arguments.survey.opened(&found.sources, work, &beside)?,
    };
    let cleaner = Cleaner::new(work.rules.clone(), survey)?;
    let cleaner = arguments.set_up(cleaner, found.sources.len(), arguments.html()?, model);
    if !session.quiet {
        tell_before(&cleaner, note.as_ref());
        terminal::note(
            "standard output gets the cleaned records and nothing else: what is removed is not \
             kept; -o FOLDER keeps it, with a report",
        );
    }
    let metrics = arguments.metrics.as_deref().map(MetricsFile::begin).transpose()?;
    let shown = arguments.progress.start(session, "clean", &found.sources, metrics, At::default());
    let fields = work.options.clone();
    let render = RenderOptions { annotate: arguments.annotate, outputs, fields };
    let workshop = Workshop::new(&cleaner, work.options, render, &shown);
    let reader = Reader::new(found.sources.clone(), work.options.clone());
    let mut sum = Counter::default();
    let done = pipeline::run_batches(
        arguments.threads,
        IN_FLIGHT,
        Epochs::new(reader, EPOCH_BYTES).map(|batch| (weight(&batch), batch)),
        |batch| workshop.work(batch),
        |worked| {
            let Some(worked) = worked else {
                // Input is slow: what is done is not to wait for it.
                return Ok(stream.flush()?);
            };
            let ends = worked.ends.is_some();
            workshop.take(worked, &mut stream, &mut sum)?;
            if ends {
                let totals = sum.tally.totals(cleaner.rules());
                if stops(&shown.aside(|| held.check(&totals, Moment::Running))) {
                    return Err(Stop::Limit);
                }
                shown.totals(totals);
            }
            Ok(())
        },
    );
    match done.and_then(|()| Ok(stream.finish()?)) {
        Ok(()) => {}
        Err(Stop::Stream(StreamError::Closed)) => {
            shown.finish(State::Stopped);
            return Ok(DONE);
        }
        Err(Stop::Limit) => {
            shown.finish(State::Stopped);
            if !session.quiet {
                tell_after(&sum.tally.report(cleaner.rules()));
            }
            return Ok(FOUND);
        }
        Err(stop) => return Err(stop.into()),
    }
    if let Some(fault) = cleaner.survey().fault() {
        return Err(Failure(format!("the survey cannot be read any more: {fault}")));
    }
    let mut report = sum.tally.report(cleaner.rules());
    report.survey = note;
    let totals = Totals::from(&report);
    let trips = shown.aside(|| held.check(&totals, Moment::End));
    if totals.is_empty() {
        terminal::warning(NOTHING);
    }
    shown.totals(totals);
    shown.finish(State::Done);
    if !session.quiet {
        tell_after(&report);
    }
    for (name, source) in &report.sources {
        if let Some(error) = &source.error {
            terminal::error(&format!("{name}: {error}"));
        }
    }
    let unread = incomplete || report.totals.unreadable > 0 || report.totals.sources_failed > 0;
    Ok(match (stops(&trips), unread) {
        (true, _) => FOUND,
        (false, true) => UNREADABLE,
        (false, false) => DONE,
    })
}

/// What a run has come to: standard output is taken.
fn tell_after(report: &Report) {
    let summary = terminal::sanitise(&summary_of(report));
    // Nothing is left to say it to if standard error is gone.
    let _ = io::stderr().lock().write_all(summary.as_bytes());
}
