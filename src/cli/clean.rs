//! `tamis clean`: wires source, cleaner, run directory and tally together.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use clap::{Args, ValueEnum};

use super::input::Input;
use super::survey::{Choice, Work, note_unknown};
use super::terminal::{self, written};
use super::{DONE, Failure, UNREADABLE};
use tamis::document::Location;
use tamis::outcome::Outcome;
use tamis::pipeline::{self, InFlight};
use tamis::render::{HtmlOutput, Links};
use tamis::report::{Tally, Timings, summary_of};
use tamis::sink::files::SinkError;
use tamis::sink::render::{RenderOptions, Rendered, render, render_blank, render_unreadable};
use tamis::sink::run::{FOLDER, RunDir, RunFile, write_side};
use tamis::source::{
    BATCH_BYTES, Container, End, Event, FindOptions, Item, Origin, ReadOptions, Reader, Refusal,
    Source, batches, is_blank, parse,
};
use tamis::survey::SurveyNote;
use tamis::{Cleaner, RuleSet, Survey};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: Input,

    /// Folder for the cleaned documents, the ledger and the report
    #[arg(long, short, value_name = "FOLDER")]
    output: PathBuf,

    #[command(flatten)]
    survey: Choice,

    /// How cleaned HTML is written; as Markdown, page.html becomes page.html.md
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    html_output: HtmlArgument,

    /// How links are written in Markdown made of HTML [default: markdown]
    #[arg(long, value_name = "FORMAT")]
    html_links: Option<LinksArgument>,

    /// Threads that clean; by default one for each core, or what RAYON_NUM_THREADS says
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,

    /// Replace an earlier run in the output folder
    #[arg(long)]
    overwrite: bool,

    /// Add action, scores and rules to each JSON Lines record, in a field `tamis`
    #[arg(long)]
    annotate: bool,

    /// Stop judging a document at the first rule that drops it; the report then knows fewer hits
    #[arg(long)]
    fast: bool,

    /// Write the time that each rule took to _tamis/timings.json, taken on one document in sixteen
    #[arg(long)]
    timings: bool,

    /// Print nothing but errors
    #[arg(long, short)]
    quiet: bool,
}

/// How cleaned HTML is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum HtmlArgument {
    Text,
    Markdown,
}

/// How links are written in Markdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LinksArgument {
    /// [text](address)
    Markdown,
    /// Their text alone
    Text,
}

impl Arguments {
    fn html(&self) -> Result<HtmlOutput, Failure> {
        match (self.html_output, self.html_links) {
            (HtmlArgument::Text, None) => Ok(HtmlOutput::Text),
            (HtmlArgument::Text, Some(_)) => {
                Err(Failure("--html-links is for --html-output markdown".to_owned()))
            }
            (HtmlArgument::Markdown, Some(LinksArgument::Text)) => {
                Ok(HtmlOutput::Markdown(Links::Text))
            }
            (HtmlArgument::Markdown, _) => Ok(HtmlOutput::Markdown(Links::Markdown)),
        }
    }
}

/// How many bytes of items are on their way at once.
const IN_FLIGHT: InFlight = InFlight { most: 8 << 20, for_each_thread: 2 << 20 };

/// What an event weighs beside the bytes of its item.
const EVENT_BYTES: usize = 256;

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error(transparent)]
    Sink(#[from] SinkError),
    #[error("cannot start threads: {0}")]
    Threads(#[from] pipeline::ThreadPoolBuildError),
}

/// What the workers hand on, in order.
enum Done {
    Start(Arc<Source>),
    Items(Rendered),
    End(End),
}

/// What the workers have in common.
#[derive(Default)]
struct Shared {
    /// What the records came to. Each worker takes one that lies idle, or begins one; their sum
    /// does not depend on who counted what.
    counters: Mutex<Vec<Counter>>,
    /// Buffers that were written out. Room that is used again need not be handed out and cleared
    /// by the system again.
    buffers: Mutex<Vec<Vec<u8>>>,
}

#[derive(Default)]
struct Counter {
    tally: Tally,
    timings: Timings,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn buffer(&self) -> Vec<u8> {
        locked(&self.buffers).pop().unwrap_or_default()
    }

    /// Takes back a buffer that was written out, unless a large record has blown it up.
    fn give_back(&self, buffer: Vec<u8>) {
        if buffer.capacity() <= 4 * BATCH_BYTES {
            locked(&self.buffers).push(buffer);
        }
    }

    fn sum(self) -> Counter {
        let counters = self.counters.into_inner().unwrap_or_else(PoisonError::into_inner);
        let merged = counters.into_iter().reduce(|mut sum, next| {
            sum.tally.merge(next.tally);
            sum.timings.merge(&next.timings);
            sum
        });
        merged.unwrap_or_default()
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let html = arguments.html()?;
    let found = arguments.input.find(FindOptions {
        exclude: Some(arguments.output.clone()),
        html_to_markdown: html != HtmlOutput::Text,
        ..FindOptions::default()
    })?;
    let rule_names = arguments.input.rule_names(&found.sources);
    let rules = RuleSet::load(&rule_names)?;
    let options = arguments.input.options()?;
    // A rule that cannot do without a survey is refused before anything is read or written; of
    // files one is made.
    if arguments.survey.is_none()
        && found.sources.iter().any(|source| source.origin == Origin::Stdin)
    {
        Cleaner::new(rules.clone(), Survey::none())?;
    }
    let is_earlier_run = check_free(&arguments.output, arguments.overwrite)?;
    let incomplete = found.announce(arguments.quiet);
    let counting = Work { rules: &rules, options: &options, threads: arguments.threads };
    let beside = arguments.output.parent().unwrap_or(Path::new("."));
    let (survey, note) = arguments.survey.survey(&found.sources, &counting, beside)?;
    let mut cleaner = arguments.input.with_model(Cleaner::new(rules, survey)?)?.brief();
    // Nothing that can be wrong with what was asked for is left: now the earlier run may go.
    if is_earlier_run {
        tamis::sink::run::clear(&arguments.output)?;
    }
    cleaner = cleaner.for_sources(found.sources.len()).with_html_output(html);
    if arguments.fast {
        cleaner = cleaner.fast();
    }
    if arguments.timings {
        cleaner = cleaner.timed(nanoseconds);
    }
    if !arguments.quiet {
        for warning in cleaner.rules().warnings() {
            terminal::note(&warning.to_string());
        }
        if let Some(note) = note.as_ref().filter(|note| note.known_sources == 0) {
            note_unknown(&note.path);
        }
    }

    let mut state = run_file(arguments, rule_names, cleaner.rules(), &options, note.clone());
    write_state(&arguments.output, &state)?;
    let mut run = RunDir::create(&arguments.output, &found.sources, html)?;
    let shared = Shared::default();
    let mut ended = Tally::new();
    let render_options = RenderOptions { annotate: arguments.annotate };
    let reader = Reader::new(found.sources, options.clone());
    pipeline::run_batches(
        arguments.threads,
        IN_FLIGHT,
        batches(reader, BATCH_BYTES).map(|batch| (weight(&batch), batch)),
        |batch| {
            let mut counter = locked(&shared.counters).pop().unwrap_or_default();
            let mut one = |item| work_on(item, &cleaner, &options, render_options, &mut counter);
            let done = work(batch, &mut one, &shared);
            locked(&shared.counters).push(counter);
            done
        },
        |done| done.into_iter().try_for_each(|done| take(done, &mut run, &mut ended, &shared)),
    )
    .map_err(|stop: Stop| Failure::from(stop))?;

    if let Some(fault) = cleaner.survey().fault() {
        return Err(Failure(format!("the survey cannot be read any more: {fault}")));
    }
    let Counter { mut tally, timings } = shared.sum();
    tally.merge(ended);
    let mut report = tally.report(cleaner.rules());
    report.survey = note;
    run.write_side("rules.toml", cleaner.rules().effective_toml().as_bytes())?;
    if arguments.timings {
        run.write_side("timings.json", &timings.json(cleaner.rules())?)?;
    }
    run.write_side("report.json", &serde_json::to_vec_pretty(&report)?)?;
    run.finish()?;
    "done".clone_into(&mut state.state);
    write_state(&arguments.output, &state)?;

    if !arguments.quiet {
        let mut out = terminal::out();
        let folder = arguments.output.join(FOLDER);
        written(writeln!(
            out,
            "{}\nnext: {} says why, {} holds all that was removed;\n      `tamis restore {} -o FOLDER` undoes it",
            terminal::sanitise(&summary_of(&report)).trim_end(),
            folder.join("report.json").display(),
            folder.join("removed.jsonl.zst").display(),
            arguments.output.display(),
        ))?;
        written(out.flush())?;
    }
    for (name, source) in &report.sources {
        if let Some(error) = &source.error {
            terminal::error(&format!("{name}: {error}"));
        }
    }
    let unread = incomplete || report.totals.unreadable > 0 || report.totals.sources_failed > 0;
    Ok(if unread { UNREADABLE } else { DONE })
}

/// Nanoseconds since the first call.
fn nanoseconds() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(START.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// What a batch weighs while it is on its way: its bytes, and a little for each event.
fn weight(batch: &[Event]) -> usize {
    let bytes = |event: &Event| match event {
        Event::Item(item) => item.weight(),
        Event::Start(_) | Event::End(_) => 0,
    };
    batch.iter().map(|event| bytes(event) + EVENT_BYTES).sum()
}

/// A batch on a worker: its records are worked on, one after the other, and what comes of them is
/// joined as far as they are of one source.
fn work(batch: Vec<Event>, one: &mut impl FnMut(Item) -> Rendered, shared: &Shared) -> Vec<Done> {
    let mut done = Vec::new();
    for event in batch {
        match event {
            Event::Start(source) => done.push(Done::Start(source)),
            Event::End(end) => done.push(Done::End(end)),
            Event::Item(item) => {
                let is_line = item.source.container == Container::Jsonl;
                let rendered = one(item);
                match done.last_mut() {
                    Some(Done::Items(items)) => items.append(rendered),
                    _ if is_line => done.push(Done::Items(rendered.within(shared.buffer()))),
                    _ => done.push(Done::Items(rendered)),
                }
            }
        }
    }
    done
}

/// A record is parsed, cleaned, counted and rendered.
fn work_on(
    item: Item,
    cleaner: &Cleaner,
    options: &ReadOptions,
    render_options: RenderOptions,
    counter: &mut Counter,
) -> Rendered {
    if item.refused.is_none() && item.source.container == Container::Jsonl && is_blank(&item.raw) {
        counter.tally.add_blank();
        return render_blank(item.raw);
    }
    match judge(&item, cleaner, options) {
        Ok((outcome, text_at)) => {
            counter.tally.add(&outcome, cleaner.rules());
            counter.timings.add(&outcome);
            render(&outcome, cleaner.rules(), item.raw, text_at, render_options)
        }
        Err(refusal) => {
            let location = Location { source: item.source.name.clone(), ordinal: item.ordinal };
            counter.tally.add_unreadable(&location, &refusal, &item.raw);
            render_unreadable(&location, &refusal, item.raw)
        }
    }
}

/// Cleans an item. A fault of the program in one record must not end the run.
fn judge(
    item: &Item,
    cleaner: &Cleaner,
    options: &ReadOptions,
) -> Result<(Outcome, Option<tamis::document::Span>), Refusal> {
    if let Some(refusal) = &item.refused {
        return Err(refusal.clone());
    }
    let parsed = parse(item, options)?;
    let text_at = parsed.text_at;
    let outcome = catch_unwind(AssertUnwindSafe(|| cleaner.clean(parsed.record)))
        .map_err(|panic| Refusal::Internal(panic_text(&*panic)))??;
    Ok((outcome, text_at))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// Writes a result, in the order of the input.
fn take(done: Done, run: &mut RunDir, ended: &mut Tally, shared: &Shared) -> Result<(), Stop> {
    match done {
        Done::Start(source) => run.start(&source)?,
        Done::Items(rendered) => {
            run.write(&rendered)?;
            rendered.kept.into_iter().for_each(|buffer| shared.give_back(buffer));
        }
        Done::End(end) => {
            ended.add_source(&end.source.name, end.error.as_deref());
            run.end(end.bytes, end.items, end.final_newline, end.error)?;
        }
    }
    Ok(())
}

/// Sees that the output folder is free, or holds an earlier run that may be replaced; then true.
fn check_free(output: &Path, overwrite: bool) -> Result<bool, Failure> {
    let display = output.display();
    let mut entries = match std::fs::read_dir(output) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Failure(format!("{display}: {error}"))),
        Ok(entries) => entries,
    };
    if entries.next().is_none() {
        return Ok(false);
    }
    let own = output.join(FOLDER);
    if !own.join("run.json").is_file() {
        return Err(Failure(format!(
            "{display}: the folder is not empty and holds no run of tamis; name another with -o"
        )));
    }
    if !overwrite {
        return Err(Failure(format!(
            "{display}: the folder holds an earlier run; --overwrite replaces it"
        )));
    }
    Ok(true)
}

fn run_file(
    arguments: &Arguments,
    rule_names: Vec<String>,
    rules: &RuleSet,
    options: &ReadOptions,
    survey: Option<SurveyNote>,
) -> RunFile {
    RunFile {
        format: 1,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        rules_hash: rules.hash(),
        rules: rule_names,
        inputs: arguments.input.inputs.clone(),
        text_field: options.text_field.clone(),
        id_field: options.id_field.clone(),
        url_field: options.url_field.clone(),
        max_bytes: options.max_bytes,
        annotate: arguments.annotate,
        html_output: matches!(arguments.html_output, HtmlArgument::Markdown)
            .then(|| "markdown".to_owned()),
        html_links: (arguments.html_links == Some(LinksArgument::Text)).then(|| "text".to_owned()),
        survey,
        state: "running".to_owned(),
    }
}

fn write_state(output: &Path, state: &RunFile) -> Result<(), Failure> {
    write_side(output, "run.json", &serde_json::to_vec_pretty(state)?)?;
    Ok(())
}
