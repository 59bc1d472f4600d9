//! `tamis clean`: wires source, cleaner, run directory and tally together.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use super::input::{Input, Model};
use super::interrupt::{BY_SIGNAL, Interrupt};
use super::limits::{Held, LimitArguments, stops};
use super::metrics::{MetricsFile, State};
use super::progress::{At, Progress as Shown, ProgressArguments};
use super::report::{PAGE, REPORT, TIMINGS, write_all};
use super::session::Session;
use super::survey::{Choice, Work, note_unknown};
use super::terminal::{self, written};
use super::{DONE, FOUND, Failure, UNREADABLE};
use tamis::pipeline;
use tamis::render::{HtmlOutput, Links};
use tamis::report::limits::{Moment, Totals, Trip};
use tamis::report::{DEFAULT_SAMPLES, Report, Timings, summary_of};
use tamis::sink::files::SinkError;
use tamis::sink::lock::RunLock;
use tamis::sink::output::{Outputs, Shape};
use tamis::sink::render::RenderOptions;
use tamis::sink::run::{Progress, RunDir};
use tamis::sink::state::{FOLDER, RunFile, forget_progress, write_side};
use tamis::source::{
    Compression, EPOCH_BYTES, Epochs, FindOptions, Place, ReadOptions, Reader, Source,
};
use tamis::store::shown;
use tamis::survey::SurveyNote;
use tamis::{Cleaner, RuleSet};

mod output;
mod resume;
mod stream;
mod work;

use output::Output;
use resume::{Folder, done_before};
use work::{Counter, IN_FLIGHT, Workshop, nanoseconds, weight};

/// Files of `_tamis/` that this command writes.
const RULES: &str = "rules.toml";
/// The survey of the inputs themselves, while the run goes on.
const SURVEY: &str = "survey.parquet";

/// What to do about a run that was interrupted.
const GO_ON: &str = "what was done is kept: the same command with --resume goes on from there";

/// What is said of a run that had nothing to do: whoever began it thought otherwise.
const NOTHING: &str = "no record was read: the inputs hold none";

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: Input,

    /// Folder for the cleaned documents, the ledger and the report; also s3://, gs:// or az://; or -
    /// for the cleaned records alone on standard output
    #[arg(long, short, value_name = "FOLDER")]
    output: PathBuf,

    /// With an output in an object store: folder for what is not complete yet [default: this one]
    #[arg(long, value_name = "FOLDER")]
    work_folder: Option<PathBuf>,

    #[command(flatten)]
    survey: Choice,

    /// How cleaned HTML is written; as Markdown, page.html becomes page.html.md
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    html_output: HtmlArgument,

    /// How links are written in Markdown made of HTML [default: markdown]
    #[arg(long, value_name = "FORMAT")]
    html_links: Option<LinksArgument>,

    /// What cleaned records are written as: as they came, or all alike in one format. A converted
    /// file is named for its source (x.warc.gz gives x.warc.jsonl.gz); documents that are a file each
    /// are gathered into documents-00000.jsonl.gz and so on. parquet has the columns text, id, url and
    /// metadata and is compressed inside. attributes are lines with the spans that
    /// would go, as the Dolma toolkit reads them; no documents are written then
    #[arg(long, value_name = "FORMAT", default_value = "same")]
    output_format: ShapeArgument,

    /// How outputs are compressed
    #[arg(long, value_name = "COMPRESSION", default_value = "same")]
    output_compression: CompressionArgument,

    /// Keep no originals beside the output: the run is smaller and cannot be restored
    #[arg(long)]
    no_originals: bool,

    /// Threads that clean; by default one for each core, or what RAYON_NUM_THREADS says
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,

    /// Replace an earlier run in the output folder
    #[arg(long)]
    overwrite: bool,

    /// Go on with a run that was interrupted, or begin it if it was not begun
    #[arg(long, conflicts_with = "overwrite")]
    resume: bool,

    /// Add action, scores and rules to each JSON Lines record, in a field `tamis`
    #[arg(long)]
    annotate: bool,

    /// Stop judging a document at the first rule that drops it; the report then knows fewer hits
    #[arg(long)]
    fast: bool,

    /// Write the time that each rule took to _tamis/timings.json, taken on one document in sixteen
    #[arg(long)]
    timings: bool,

    /// Samples of text that the report keeps for each rule, and three on either side of its threshold
    /// for every five: at most 10000
    #[arg(long, value_name = "N", default_value_t = DEFAULT_SAMPLES, value_parser = samples)]
    samples: usize,

    #[command(flatten)]
    progress: ProgressArguments,

    /// Write what the run has come to into this file now and then, for monitoring: FILE.prom for
    /// Prometheus, or FILE.json
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,

    #[command(flatten)]
    limits: LimitArguments,
}

fn samples(value: &str) -> Result<usize, String> {
    let number = value.parse().ok().filter(|number| *number <= 10_000);
    number.ok_or_else(|| "a number from 0 to 10000".to_owned())
}

/// How cleaned HTML is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum HtmlArgument {
    Text,
    Markdown,
}

/// What cleaned records are written as.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ShapeArgument {
    Same,
    Jsonl,
    Csv,
    Tsv,
    Wet,
    Parquet,
    Attributes,
}

/// How outputs are compressed.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum CompressionArgument {
    Same,
    None,
    Gz,
    Zst,
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
    fn outputs(&self, html: HtmlOutput) -> Outputs {
        let shape = match self.output_format {
            ShapeArgument::Same => Shape::Same,
            ShapeArgument::Jsonl => Shape::Jsonl,
            ShapeArgument::Csv => Shape::Csv,
            ShapeArgument::Tsv => Shape::Tsv,
            ShapeArgument::Wet => Shape::Wet,
            ShapeArgument::Parquet => Shape::Parquet,
            ShapeArgument::Attributes => Shape::Attributes,
        };
        let compression = match self.output_compression {
            CompressionArgument::Same => None,
            CompressionArgument::None => Some(Compression::None),
            CompressionArgument::Gz => Some(Compression::Gz),
            CompressionArgument::Zst => Some(Compression::Zst),
        };
        // Attributes change nothing: the inputs are what they were.
        let originals = !self.no_originals && shape != Shape::Attributes;
        Outputs { html, shape, compression, originals }
    }

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

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error(transparent)]
    Sink(#[from] SinkError),
    #[error("cannot start threads: {0}")]
    Threads(#[from] pipeline::ThreadPoolBuildError),
    #[error("interrupted by signal {0}")]
    Signal(u8),
    /// With what was counted until then, and the limits that were passed.
    #[error("stopped by a limit")]
    Limit(Box<Counter>, Vec<Trip>),
}

pub(crate) fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let html = arguments.html()?;
    let outputs = arguments.outputs(html);
    let output = Output::of(arguments)?;
    let root = &output.root;
    if outputs.shape == Shape::Parquet && outputs.compression.is_some() {
        return Err(Failure(
            "--output-compression is not for --output-format parquet: Parquet is compressed inside"
                .to_owned(),
        ));
    }
    let found = arguments.input.find(FindOptions {
        exclude: Some(root.clone()).filter(|name| name.as_os_str() != stream::NAME),
        exclude_address: output.address(),
        html_to_markdown: html != HtmlOutput::Text,
        ..FindOptions::default()
    })?;
    let rule_names = arguments.input.rule_names(&found.sources);
    let rules = RuleSet::load(&rule_names)?;
    let options = arguments.input.options()?;
    let model = arguments.input.model()?;
    let counting = Work {
        rules: &rules,
        options: &options,
        threads: arguments.threads,
        progress: Some((&arguments.progress, session)),
    };
    if arguments.output.as_os_str() == stream::NAME {
        return stream::run(arguments, session, &found, &counting, model.as_ref());
    }
    if let Some([one, other]) = outputs.clash(found.sources.iter().map(|source| &**source)) {
        return Err(Failure(format!("{one} and {other} would come out under one name")));
    }
    let mut held = arguments.limits.settle(&rules)?;
    let folder = Folder::look(arguments, &output)?;
    let incomplete = found.announce(session.quiet);
    // All that can be wrong with what was asked for is found out before anything is written; a
    // survey of the inputs themselves is made later.
    let surveyed = match arguments.survey.is_auto(&rules, &found.sources)? {
        true => None,
        false => {
            let beside = root.parent().unwrap_or(Path::new("."));
            let surveyed = arguments.survey.opened(&found.sources, &counting, beside)?;
            Some((Cleaner::new(rules.clone(), surveyed.0)?, surveyed.1))
        }
    };
    if folder == Folder::Done {
        terminal::note(&format!("{}: the run is done already", output.shown.display()));
        return done_before(&output, incomplete);
    }
    let interrupt = Interrupt::listen()?;
    let mut lock = RunLock::take(root)?;
    let earlier = folder.make_ready(&output, &found.sources, outputs)?;
    lock.keep();
    // What is about to be run is written down before anything else, as a survey may take hours.
    let describe = |rules: &RuleSet, note: Option<&SurveyNote>| {
        let names = rule_names.clone();
        let mut state = run_file(arguments, names, rules, &options, note.cloned(), model.as_ref());
        state.settings = session.settings.record();
        state
    };
    let is_auto = surveyed.is_none();
    if is_auto {
        let (state, effective) = (describe(&rules, None), rules.effective_toml());
        earlier.compare(root, &state, &effective, is_auto)?;
        if !earlier.is_interrupted() {
            write_side(root, RULES, effective.as_bytes())?;
            write_state(root, &state)?;
        }
    }
    let (cleaner, note) = match surveyed {
        Some(surveyed) => surveyed,
        None => {
            let side = root.join(FOLDER);
            let file = side.join(SURVEY);
            let choice = &arguments.survey;
            let (survey, note) = choice.made(&found.sources, &counting, &side, Some(&file))?;
            (Cleaner::new(rules.clone(), survey)?, note)
        }
    };
    let cleaner = arguments.set_up(cleaner, found.sources.len(), html, model.as_ref());
    if !session.quiet {
        tell_before(&cleaner, note.as_ref());
    }

    let mut state = describe(cleaner.rules(), note.as_ref());
    let effective = cleaner.rules().effective_toml();
    earlier.compare(root, &state, &effective, is_auto)?;
    write_side(root, RULES, effective.as_bytes())?;
    write_state(root, &state)?;
    let start = earlier.start();
    if start.is_none()
        && let Some(remote) = &output.remote
    {
        remote.begin(root)?;
    }
    let metrics = arguments.metrics.as_deref().map(MetricsFile::begin).transpose()?;
    let at = start
        .as_ref()
        .map(|start| At { place: start.place, totals: start.counts.tally.totals(cleaner.rules()) });
    let sources = &found.sources;
    let shown =
        arguments.progress.start(session, "clean", sources, metrics, at.unwrap_or_default());
    let watch = Watch { interrupt: &interrupt, shown: &shown };
    let sources = found.sources.clone();
    let to = (arguments, &output);
    let cleaned = clean(to, sources, &cleaner, &options, start, &watch, &mut held);
    let (run, counter) = match cleaned {
        Ok(done) => done,
        Err(Stop::Limit(counter, trips)) => {
            shown.finish(State::Stopped);
            let Counter { tally, timings } = *counter;
            let mut report = tally.report(cleaner.rules());
            (report.unfinished, report.survey, report.limits) = (true, note, trips);
            arguments.write_report(root, &report, &rule_names, &timings, cleaner.rules())?;
            if !session.quiet {
                let file = root.join(FOLDER).join(PAGE);
                tell_after(&report, &format!("next: {} says why", file.display()))?;
            }
            terminal::note(&format!("stopped; {GO_ON}, under a wider limit"));
            return Ok(FOUND);
        }
        Err(Stop::Signal(signal)) => {
            shown.finish(State::Stopped);
            terminal::note(GO_ON);
            return Ok(BY_SIGNAL.saturating_add(signal));
        }
        Err(stop) => {
            let Failure(what) = Failure::from(stop);
            return Err(Failure(format!("{what}; {GO_ON}")));
        }
    };
    if let Some(fault) = cleaner.survey().fault() {
        return Err(Failure(format!("the survey cannot be read any more: {fault}")));
    }
    let Counter { tally, timings } = counter;
    let mut report = tally.report(cleaner.rules());
    report.survey = note;
    let totals = Totals::from(&report);
    report.limits = shown.aside(|| held.check(&totals, Moment::End));
    arguments.write_report(root, &report, &rule_names, &timings, cleaner.rules())?;
    if output.remote.is_some() {
        // Uploads that go on are taken back before the end.
        interrupt.hold();
    }
    let finished = run.finish();
    interrupt.release();
    if let (Err(_), Some(signal)) = (&finished, interrupt.signal()) {
        shown.finish(State::Stopped);
        terminal::note(GO_ON);
        return Ok(BY_SIGNAL.saturating_add(signal));
    }
    finished?;
    let unread = incomplete || report.totals.unreadable > 0 || report.totals.sources_failed > 0;
    let code = match (stops(&report.limits), unread) {
        (true, _) => FOUND,
        (false, true) => UNREADABLE,
        (false, false) => DONE,
    };
    "done".clone_into(&mut state.state);
    state.code = Some(code);
    if output.remote.is_some() {
        drop(lock);
        // A survey that was made for this run may still be open.
        drop(cleaner);
        output.end(&state)?;
    } else {
        write_state(root, &state)?;
        forget_progress(root)?;
        // It was made for this run.
        let _ = std::fs::remove_file(root.join(FOLDER).join(SURVEY));
    }
    if totals.is_empty() {
        terminal::warning(NOTHING);
    }
    shown.totals(totals);
    shown.finish(State::Done);

    if !session.quiet {
        let folder = output.shown.join(FOLDER);
        let first = if output.remote.is_some() { "copied to a folder, " } else { "" };
        let next = format!(
            "next: {} says why, {} holds all that was removed;\n      {first}`tamis restore {} -o FOLDER` undoes it",
            folder.join(PAGE).display(),
            folder.join("removed.jsonl.zst").display(),
            if output.remote.is_some() { Path::new("RUN") } else { root }.display(),
        );
        tell_after(&report, &next)?;
    }
    for (name, source) in &report.sources {
        if let Some(error) = &source.error {
            terminal::error(&format!("{name}: {error}"));
        }
    }
    Ok(code)
}

impl Arguments {
    /// A cleaner as these arguments ask for it.
    fn set_up(
        &self,
        cleaner: Cleaner,
        sources: usize,
        html: HtmlOutput,
        model: Option<&Model>,
    ) -> Cleaner {
        let mut cleaner = cleaner.brief().for_sources(sources).with_html_output(html);
        if let Some(model) = model {
            cleaner = model.within(cleaner);
        }
        if self.fast {
            cleaner = cleaner.fast();
        }
        if self.timings {
            cleaner = cleaner.timed(nanoseconds);
        }
        cleaner
    }

    /// Writes what a run has come to, and the times of its rules if they were asked for.
    fn write_report(
        &self,
        root: &Path,
        report: &Report,
        asked: &[String],
        timings: &Timings,
        rules: &RuleSet,
    ) -> Result<(), Failure> {
        write_all(root, report, asked, self.timings.then_some(timings), rules)
    }
}

/// What is odd and no mistake.
fn tell_before(cleaner: &Cleaner, survey: Option<&SurveyNote>) {
    for warning in cleaner.rules().warnings() {
        terminal::note(&warning.to_string());
    }
    if let Some(note) = survey.filter(|note| note.known_sources == 0) {
        note_unknown(&note.path);
    }
}

/// What a run has come to, and what can be done next.
fn tell_after(report: &Report, next: &str) -> Result<(), Failure> {
    let mut out = terminal::out();
    let said = format!("{}\n{next}", summary_of(report).trim_end());
    written(writeln!(out, "{}", terminal::sanitise(&said)))?;
    written(out.flush())
}

/// Who looks on while a run goes on.
struct Watch<'w> {
    interrupt: &'w Interrupt,
    shown: &'w Shown,
}

/// Reads, cleans and writes all that is left to be done. At the end of each epoch of the input the
/// state is such that a run can be taken up there; it is saved now and then.
fn clean(
    (arguments, output): (&Arguments, &Output),
    sources: Vec<Arc<Source>>,
    cleaner: &Cleaner,
    options: &ReadOptions,
    start: Option<Progress<Counter>>,
    watch: &Watch<'_>,
    held: &mut Held,
) -> Result<(RunDir, Counter), Stop> {
    let Watch { interrupt, shown } = *watch;
    let (root, threads) = (&output.root, arguments.threads);
    let outputs = arguments.outputs(cleaner.html_output());
    let (mut run, mut progress) = match start {
        Some(start) => (RunDir::resume(root, outputs, threads, &start.lengths)?, start),
        None => {
            let mut run = RunDir::create(root, outputs, threads)?;
            let (place, counts) = (Place::default(), Counter::of(arguments.samples));
            let start = Progress { place, lengths: run.mark()?, counts };
            (run, start)
        }
    };
    run = run.annotated(arguments.annotate);
    if let Some(remote) = &output.remote {
        let of = interrupt.clone();
        let is_over = move || of.signal().is_some();
        run = run.uploading(remote.clone(), &progress.lengths, is_over)?;
    }
    let render = RenderOptions { annotate: arguments.annotate, outputs, fields: options.clone() };
    let workshop = Workshop::new(cleaner, options, render, shown).with_samples(arguments.samples);
    let reader = Reader::from_place(sources, options.clone(), progress.place);
    let mut saved = Saved::now();
    interrupt.hold();
    let done = pipeline::run_batches(
        threads,
        IN_FLIGHT,
        Epochs::new(reader, EPOCH_BYTES).map(|batch| (weight(&batch), batch)),
        |batch| workshop.work(batch),
        |worked| {
            if let Some(signal) = interrupt.signal() {
                run.save(&progress)?;
                run.stop_uploads();
                interrupt.release();
                return Err(Stop::Signal(signal));
            }
            let Some(worked) = worked else { return Ok(()) };
            let ends = worked.ends;
            workshop.take(worked, &mut run, &mut progress.counts)?;
            if let Some(place) = ends {
                progress.lengths = run.mark()?;
                progress.place = place;
                let totals = progress.counts.tally.totals(cleaner.rules());
                let trips = shown.aside(|| held.check(&totals, Moment::Running));
                if stops(&trips) {
                    run.save(&progress)?;
                    interrupt.release();
                    return Err(Stop::Limit(std::mem::take(&mut progress.counts).into(), trips));
                }
                shown.totals(totals);
                if saved.is_due() {
                    saved = Saved::after(|| run.save(&progress))?;
                }
            }
            Ok(())
        },
    );
    if let (Err(Stop::Sink(_)), Some(signal)) = (&done, interrupt.signal()) {
        // It was not waited for an upload; the state that was saved last begins it anew.
        run.stop_uploads();
        interrupt.release();
        return Err(Stop::Signal(signal));
    }
    interrupt.release();
    done?;
    run.save(&progress)?;
    Ok((run, progress.counts))
}

/// When the state was saved last, and how long that took.
struct Saved {
    at: Instant,
    took: Duration,
}

impl Saved {
    /// Least time between two savings.
    const PAUSE: Duration = Duration::from_secs(2);
    /// Saving may take one part in so many of the time.
    const SHARE: u32 = 20;

    fn now() -> Self {
        Self { at: Instant::now(), took: Duration::ZERO }
    }

    fn after(save: impl FnOnce() -> Result<(), SinkError>) -> Result<Self, SinkError> {
        let began = Instant::now();
        save()?;
        Ok(Self { at: Instant::now(), took: began.elapsed() })
    }

    fn is_due(&self) -> bool {
        self.at.elapsed() >= Self::PAUSE.max(self.took * Self::SHARE)
    }
}

fn run_file(
    arguments: &Arguments,
    rule_names: Vec<String>,
    rules: &RuleSet,
    options: &ReadOptions,
    survey: Option<SurveyNote>,
    model: Option<&Model>,
) -> RunFile {
    let outputs = arguments.outputs(HtmlOutput::Text);
    RunFile {
        format: 1,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        rules_hash: rules.hash(),
        rules: rule_names,
        inputs: arguments.input.inputs.iter().map(|input| shown(input)).collect(),
        text_field: options.text_field.clone(),
        id_field: options.id_field.clone(),
        url_field: options.url_field.clone(),
        max_bytes: options.max_bytes,
        annotate: arguments.annotate,
        html_output: matches!(arguments.html_output, HtmlArgument::Markdown)
            .then(|| "markdown".to_owned()),
        html_links: (arguments.html_links == Some(LinksArgument::Text)).then(|| "text".to_owned()),
        fast: arguments.fast,
        input: arguments.input.spelled(model),
        output_format: (outputs.shape != Shape::Same).then(|| outputs.shape.name().to_owned()),
        output_compression: outputs.compression.map(|compression| {
            let name = match compression {
                Compression::None => "none",
                Compression::Gz => "gz",
                Compression::Zst => "zst",
            };
            name.to_owned()
        }),
        no_originals: !outputs.originals,
        samples: (arguments.samples != DEFAULT_SAMPLES).then_some(arguments.samples),
        survey,
        settings: serde_json::Map::new(),
        state: "running".to_owned(),
        code: None,
    }
}

fn write_state(output: &Path, state: &RunFile) -> Result<(), Failure> {
    write_side(output, "run.json", &serde_json::to_vec_pretty(state)?)?;
    Ok(())
}
