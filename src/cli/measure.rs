//! `tamis measure`: every signal of every block and document, as a table; and what `tamis stats`
//! shares with it.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::input::Input;
use super::metrics::State;
use super::progress::{At, ProgressArguments};
use super::session::Session;
use super::survey::{Choice, Work};
use super::terminal::{self, written};
use super::{DONE, Failure, UNREADABLE, on_this_machine};
use tamis::document::Scope;
use tamis::measure::file::{Description, Table, TableError};
use tamis::measure::{Measurer, Targets, Wanted, all_signals, usual_scopes};
use tamis::pipeline::{self, ThreadPoolBuildError};
use tamis::signals::{SignalId, by_name};
use tamis::sink::files::{OutputFile, SinkError};
use tamis::sink::render::Counts;
use tamis::source::{
    BATCH_BYTES, Compression, Event, Item, ReadOptions, Reader, Refusal, Source, batches, parse,
    passes,
};
use tamis::text::counts::counted;
use tamis::{Cleaner, RuleSet};

/// The word that stands for the signals that the rules in force ask for.
const OF_RULES: &str = "rules";

/// So many unreadable records are named.
const TOLD: u64 = 5;

/// The scopes, as they are named in arguments.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ScopeArgument {
    Source,
    Page,
    Area,
    Sentence,
    Block,
    Document,
}

impl ScopeArgument {
    fn scope(self) -> Scope {
        match self {
            ScopeArgument::Source => Scope::Source,
            ScopeArgument::Page => Scope::Page,
            ScopeArgument::Area => Scope::Area,
            ScopeArgument::Sentence => Scope::Sentence,
            ScopeArgument::Block => Scope::Block,
            ScopeArgument::Document => Scope::Document,
        }
    }
}

/// What targets are measured.
#[derive(Args)]
pub(crate) struct ScopeArguments {
    /// What is measured, separated by commas
    /// [default: block,document; with area where rules judge areas]
    #[arg(long, value_name = "SCOPE", value_delimiter = ',')]
    pub(crate) scope: Vec<ScopeArgument>,
}

impl ScopeArguments {
    /// The scopes asked for, or the usual ones.
    pub(crate) fn scopes(&self, rules: &RuleSet) -> Vec<Scope> {
        if self.scope.is_empty() {
            return usual_scopes(rules);
        }
        self.scope.iter().map(|scope| scope.scope()).collect()
    }
}

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    survey: Choice,

    #[command(flatten)]
    scopes: ScopeArguments,

    /// Only these signals, separated by commas; `rules` stands for those that the rules ask for
    /// [default: all that need no survey; with --survey all]
    #[arg(long, value_name = "NAME", value_delimiter = ',', conflicts_with = "all")]
    signals: Vec<String>,

    /// All signals: without a survey the columns of those that need one are empty
    #[arg(long)]
    all: bool,

    /// Characters of each target's text in the column `text`; 0 leaves the column out
    #[arg(long, value_name = "N", default_value_t = 80)]
    text: usize,

    /// The file for the table (Parquet)
    #[arg(long, short, value_name = "FILE", required = true)]
    output: PathBuf,

    /// Replace the file if there is one
    #[arg(long)]
    overwrite: bool,

    /// Threads that measure; by default one for each core, or what RAYON_NUM_THREADS says
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,

    #[command(flatten)]
    progress: ProgressArguments,
}

/// Why measuring stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    #[error("cannot start threads: {0}")]
    Threads(#[from] ThreadPoolBuildError),
    #[error("{0}")]
    Table(#[from] TableError),
    #[error("values cannot be kept: {0}")]
    Values(#[from] std::io::Error),
}

pub(crate) fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let Arguments { input, output, .. } = arguments;
    on_this_machine(output)?;
    if !arguments.overwrite && output.exists() {
        let shown = output.display();
        return Err(Failure(format!(
            "{shown}: the file is there already; --overwrite replaces it"
        )));
    }
    let asked = Asked {
        input,
        survey: &arguments.survey,
        threads: arguments.threads,
        progress: Some((&arguments.progress, session)),
    };
    let prepared = asked.prepare()?;
    let rules = prepared.cleaner.rules();
    let scopes = arguments.scopes.scopes(rules);
    let has_survey = prepared.cleaner.survey().is_present();
    let wanted = if arguments.signals.is_empty() {
        let signals = all_signals(has_survey || arguments.all);
        Wanted::of_those_that_fit(&scopes, &signals, arguments.text)
    } else {
        let signals = named(&arguments.signals, rules)?;
        let is_of_rules = |name: &String| name == OF_RULES;
        if arguments.signals.iter().any(is_of_rules) {
            Wanted::of_those_that_fit(&scopes, &signals, arguments.text)
        } else {
            Wanted::new(&scopes, &signals, arguments.text)?
        }
    };
    let checksum = prepared.cleaner.survey().checksum();
    let about = Description::new(&prepared.rule_names, rules, &wanted, checksum);
    let file = OutputFile::create(output, Compression::None)?;
    let fault = |error: TableError| match error {
        TableError::Io(error) => Failure::from(SinkError::new(output, error)),
        error => Failure(format!("{}: {error}", output.display())),
    };
    let mut table = Table::new(file, &wanted, rules, &about).map_err(fault)?;
    let columns = wanted.signals().len();
    let measurer = Measurer::new(prepared.cleaner.clone(), wanted);
    let mut documents = 0u64;
    let done = asked.measure(&prepared, &measurer, "measure", |targets| {
        documents += 1;
        targets.each(measurer.wanted(), |target| table.add(target))?;
        Ok(())
    });
    let done = done.map_err(|stop| match stop {
        Stop::Table(error) => fault(error),
        stop => Failure::from(stop),
    })?;
    let rows = table.rows();
    table.finish().map_err(fault)?.finish()?;
    if !session.quiet {
        let bytes = std::fs::metadata(output).map_or(0, |file| file.len());
        let shown = output.display();
        let mut out = terminal::out();
        written(writeln!(
            out,
            "{} of {}, {} of each, in {shown} ({:.1} MB), {} unreadable",
            counted(rows, "target"),
            counted(documents, "document"),
            counted(columns as u64, "signal"),
            bytes as f64 / 1e6,
            done.unreadable
        ))?;
        written(writeln!(out, "next: `tamis stats {shown}`"))?;
        written(out.flush())?;
    }
    Ok(done.code())
}

/// The signals of these names.
pub(crate) fn named(names: &[String], rules: &RuleSet) -> Result<Vec<SignalId>, Failure> {
    let mut signals = Vec::new();
    for name in names {
        match by_name(name) {
            Some(id) => signals.push(id),
            None if name == OF_RULES => signals.extend_from_slice(rules.signals()),
            None => return Err(unknown(name)),
        }
    }
    Ok(signals)
}

/// What is said of a signal that there is not.
pub(crate) fn unknown(name: &str) -> Failure {
    let known = tamis::signals::all().iter().map(|signal| signal.name);
    let near = known.max_by(|a, b| strsim::jaro(a, name).total_cmp(&strsim::jaro(b, name)));
    let near = near.map_or(String::new(), |near| format!(": did you mean `{near}`?"));
    Failure(format!("there is no signal `{name}`{near} `tamis signals` lists them"))
}

/// What is to be measured, and by what.
pub(crate) struct Asked<'a> {
    pub(crate) input: &'a Input,
    pub(crate) survey: &'a Choice,
    pub(crate) threads: usize,
    pub(crate) progress: Option<(&'a ProgressArguments, &'a Session)>,
}

/// What is known before anything is measured.
pub(crate) struct Prepared {
    sources: Vec<Arc<Source>>,
    options: ReadOptions,
    incomplete: bool,
    pub(crate) rule_names: Vec<String>,
    pub(crate) cleaner: Cleaner,
}

/// What became of the inputs.
pub(crate) struct Done {
    unreadable: u64,
    incomplete: bool,
}

impl Done {
    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        if self.incomplete || self.unreadable > 0 { UNREADABLE } else { DONE }
    }
}

/// What the workers hand on.
enum Worked {
    Targets(Box<Targets>),
    Unreadable(String, Refusal),
    Failed(Arc<str>, String),
    Nothing,
}

impl Asked<'_> {
    /// Finds the sources, loads the rules, and opens the survey or makes one.
    pub(crate) fn prepare(&self) -> Result<Prepared, Failure> {
        let quiet = self.progress.is_none_or(|(_, session)| session.quiet);
        let found = self.input.sources(None)?;
        let incomplete = found.announce(quiet);
        let rule_names = self.input.rule_names(&found.sources);
        let rules = self.input.rules(&found.sources)?;
        let options = self.input.options()?;
        let (threads, progress) = (self.threads, self.progress);
        let work = Work { rules: &rules, options: &options, threads, progress };
        let (survey, _) = if self.survey.is_auto(&rules, &found.sources)? {
            self.survey.made(&found.sources, &work, &std::env::temp_dir(), None)?
        } else {
            self.survey.opened(&found.sources, &work, &std::env::temp_dir())?
        };
        let mut cleaner = Cleaner::new(rules, survey)?;
        if let Some(model) = self.input.model()? {
            cleaner = model.within(cleaner);
        }
        for warning in cleaner.rules().warnings() {
            terminal::note(&warning.to_string());
        }
        let sources = found.sources;
        Ok(Prepared { sources, options, incomplete, rule_names, cleaner })
    }

    /// Measures all documents and hands them on in the order of the input.
    pub(crate) fn measure(
        &self,
        prepared: &Prepared,
        measurer: &Measurer,
        name: &'static str,
        mut take: impl FnMut(Targets) -> Result<(), Stop>,
    ) -> Result<Done, Stop> {
        let Prepared { sources, options, .. } = prepared;
        let mut done = Done { unreadable: 0, incomplete: prepared.incomplete };
        let shown = self
            .progress
            .map(|(asked, session)| asked.start(session, name, sources, None, At::default()));
        let progress = shown.as_ref();
        let reader = Reader::new(sources.clone(), options.clone());
        pipeline::run(
            self.threads,
            batches(reader, BATCH_BYTES)
                .inspect(|events| progress.iter().for_each(|progress| progress.read(events))),
            |event| match event {
                Event::Start(_) => Worked::Nothing,
                Event::Item(item) => work(&item, options, measurer),
                Event::End(end) => match end.error {
                    Some(error) => Worked::Failed(end.source.name.clone(), error),
                    None => Worked::Nothing,
                },
            },
            |worked| {
                match worked {
                    Worked::Targets(targets) => {
                        take(*targets)?;
                        let counts = Counts { kept: 1, ..Counts::default() };
                        progress.iter().for_each(|progress| progress.took(counts));
                    }
                    Worked::Unreadable(place, refusal) => {
                        done.unreadable += 1;
                        if done.unreadable <= TOLD {
                            terminal::error(&format!("{place}: {refusal}"));
                        }
                        let counts = Counts { unreadable: 1, ..Counts::default() };
                        progress.iter().for_each(|progress| progress.took(counts));
                    }
                    Worked::Failed(name, error) => {
                        done.incomplete = true;
                        terminal::error(&format!("{name}: {error}"));
                    }
                    Worked::Nothing => {}
                }
                Ok::<(), Stop>(())
            },
        )?;
        if let Some(progress) = shown {
            progress.finish(State::Done);
        }
        Ok(done)
    }
}

fn work(item: &Item, options: &ReadOptions, measurer: &Measurer) -> Worked {
    if passes(item).is_some() {
        return Worked::Nothing;
    }
    // Further pieces of an item that is too large are not further items.
    if matches!(item.refused, Some(Refusal::TooLarge { part, .. }) if part > 0) {
        return Worked::Nothing;
    }
    let refuse = |refusal| {
        let place = format!("{}, record {}", item.source.name, item.ordinal.saturating_add(1));
        Worked::Unreadable(place, refusal)
    };
    if let Some(refusal) = &item.refused {
        return refuse(refusal.clone());
    }
    let record = match parse(item, options) {
        Ok(parsed) => parsed.record,
        Err(refusal) => return refuse(refusal),
    };
    // A fault of the program in one record must not end the run.
    match catch_unwind(AssertUnwindSafe(|| measurer.measure(record))) {
        Ok(Ok(targets)) => Worked::Targets(Box::new(targets)),
        Ok(Err(error)) => refuse(Refusal::Decode(error)),
        Err(_) => refuse(Refusal::Internal("a panic".to_owned())),
    }
}
