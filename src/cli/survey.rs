//! `tamis survey`: counts blocks and sentences over a corpus; and the survey that other commands use.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::input::Input;
use super::metrics::State;
use super::progress::{At, ProgressArguments};
use super::session::Session;
use super::terminal::{self, written};
use super::{DONE, Failure, UNREADABLE, on_this_machine};
use tamis::pipeline::{self, prints};
use tamis::sink::files::{OutputFile, SinkError};
use tamis::sink::render::Counts;
use tamis::source::{
    BATCH_BYTES, Compression, Event, Item, Origin, ReadOptions, Reader, Refusal, Source, batches,
    parse, passes,
};
use tamis::survey::{
    Counting, Description, Memory, Prints, Settings, SurveyError, SurveyFile, SurveyNote, Wanted,
};
use tamis::text::counts;
use tamis::{Record, RuleSet, Survey};

mod listing;

/// The word that asks for a survey of the same inputs.
const AUTO: &str = "auto";

/// Records that are counted at a time where all are in memory.
const RECORDS_AT_A_TIME: usize = 16;

/// Least memory that counting is promised to do with.
const LEAST_MEMORY: usize = 16 << 20;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    count: CountArguments,
}

#[derive(Subcommand)]
enum Command {
    /// Joins surveys of parts of a corpus: the same as one survey of all
    Merge(MergeArguments),
    /// Lists what stands in most documents, with its hosts
    Top(listing::TopArguments),
    /// Lists clusters of documents that are near duplicates
    Clusters(listing::ClusterArguments),
}

#[derive(Args)]
struct CountArguments {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    output: Output,

    /// Add the counts of an earlier survey, of other documents; may be repeated
    #[arg(long, value_name = "FILE")]
    add: Vec<PathBuf>,

    /// Threads that read and count; by default one for each core, or what RAYON_NUM_THREADS says
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,

    #[command(flatten)]
    progress: ProgressArguments,
}

#[derive(Args)]
struct MergeArguments {
    /// Surveys of different documents
    #[arg(required = true, value_name = "SURVEY")]
    surveys: Vec<PathBuf>,

    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
struct Output {
    /// The file for the survey (Parquet)
    // It is always there: a subcommand has arguments of its own.
    #[arg(long, short, value_name = "FILE", required = true)]
    output: Option<PathBuf>,

    #[command(flatten)]
    limits: Limits,

    /// Replace the file if there is one
    #[arg(long)]
    overwrite: bool,
}

/// What a survey may take.
#[derive(Args)]
pub(crate) struct Limits {
    /// Memory for a survey, such as 500MB or 8GiB; what does not fit goes to disk
    #[arg(long, value_name = "SIZE", default_value = "2GiB", value_parser = size)]
    memory: usize,

    /// Folder for what does not fit into memory, in files without names
    /// [default: the output's folder]
    #[arg(long, value_name = "FOLDER")]
    temp_folder: Option<PathBuf>,
}

impl Limits {
    /// The memory, with the folder that was asked for or this one.
    fn within(&self, folder: &Path) -> Memory {
        let folder = self.temp_folder.as_deref().unwrap_or(folder);
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        Memory::new(self.memory, folder)
    }
}

/// A number of bytes: `1500000`, `500MB`, `2GiB`.
fn size(text: &str) -> Result<usize, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).unwrap_or((text, ""));
    let factor: usize = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "kib" | "k" => 1 << 10,
        "mib" | "m" => 1 << 20,
        "gib" | "g" => 1 << 30,
        _ => return Err(format!("`{unit}` is no unit of bytes: B, kB, MB, GB, KiB, MiB, GiB")),
    };
    let bytes = number.parse::<usize>().ok().and_then(|number| number.checked_mul(factor));
    match bytes {
        Some(bytes) if bytes >= LEAST_MEMORY => Ok(bytes),
        Some(_) => Err("16MiB is the least".to_owned()),
        None => Err("a number of bytes is expected, such as 2GiB".to_owned()),
    }
}

/// Which survey a command uses.
#[derive(Args)]
pub(crate) struct Choice {
    /// A survey of the corpus (`tamis survey` makes one), for rules on copies across documents;
    /// `auto` makes one of the inputs first
    #[arg(long, value_name = "FILE|auto")]
    survey: Option<String>,

    #[command(flatten)]
    limits: Limits,
}

/// What counting came to.
struct Counted {
    counting: Counting,
    unreadable: u64,
    /// Sources that could not be read to their end, each with the reason.
    failed: Vec<(Arc<str>, String)>,
}

/// Why counting stopped.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error("cannot start threads: {0}")]
    Threads(#[from] pipeline::ThreadPoolBuildError),
    #[error("the survey cannot be made: {0}")]
    Survey(#[from] SurveyError),
}

pub(crate) fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    match &arguments.command {
        Some(Command::Merge(arguments)) => merge(arguments, session),
        Some(Command::Top(arguments)) => listing::top(arguments),
        Some(Command::Clusters(arguments)) => listing::clusters(arguments),
        None => survey(&arguments.count, session),
    }
}

fn survey(arguments: &CountArguments, session: &Session) -> Result<u8, Failure> {
    let CountArguments { input, output, .. } = arguments;
    let found = input.sources(None)?;
    let rules = input.rules(&found.sources)?;
    let options = input.options()?;
    output.check_free()?;
    let mut earlier = Vec::new();
    for path in &arguments.add {
        earlier.push((path, open(path)?));
    }
    let incomplete = found.announce(session.quiet);
    let sources = found.sources.len();
    let progress = Some((&arguments.progress, session));
    let work = Work { rules: &rules, options: &options, threads: arguments.threads, progress };
    let mut counted = work.count(found.sources, output.memory())?;
    let fresh = counted.counting.documents();
    for (path, survey) in &earlier {
        let merged = counted.counting.merge(survey);
        merged.map_err(|error| Failure(format!("{}: {error}", path.display())))?;
    }
    let spilled = counted.counting.spilled();
    let description = save(counted.counting, output.path())?;
    if !session.quiet {
        let mut out = terminal::out();
        written(writeln!(
            out,
            "{} from {} counted, {} unreadable",
            counts::counted(fresh, "document"),
            counts::counted(sources as u64, "source"),
            counted.unreadable
        ))?;
        output.tell(&mut out, &description, spilled)?;
    }
    for (name, error) in &counted.failed {
        terminal::error(&format!("{name}: {error}"));
    }
    let unread = incomplete || counted.unreadable > 0 || !counted.failed.is_empty();
    Ok(if unread { UNREADABLE } else { DONE })
}

fn merge(arguments: &MergeArguments, session: &Session) -> Result<u8, Failure> {
    let output = &arguments.output;
    output.check_free()?;
    let mut counting: Option<Counting> = None;
    for path in &arguments.surveys {
        let file = open(path)?;
        let settings = file.description().settings();
        let sum =
            counting.get_or_insert_with(|| Counting::within(settings.clone(), output.memory()));
        sum.merge(&file).map_err(|error| Failure(format!("{}: {error}", path.display())))?;
    }
    let Some(counting) = counting else { return Ok(DONE) };
    let spilled = counting.spilled();
    let description = save(counting, output.path())?;
    if !session.quiet {
        output.tell(&mut terminal::out(), &description, spilled)?;
    }
    Ok(DONE)
}

impl Output {
    fn path(&self) -> &Path {
        self.output.as_deref().unwrap_or(Path::new("survey.parquet"))
    }

    fn check_free(&self) -> Result<(), Failure> {
        let path = self.path();
        on_this_machine(path)?;
        if !self.overwrite && path.exists() {
            let shown = path.display();
            return Err(Failure(format!(
                "{shown}: the file is there already; --overwrite replaces it"
            )));
        }
        Ok(())
    }

    fn memory(&self) -> Memory {
        self.limits.within(self.path().parent().unwrap_or(Path::new(".")))
    }

    fn tell(
        &self,
        out: &mut impl std::io::Write,
        survey: &Description,
        spilled: u64,
    ) -> Result<(), Failure> {
        let (blocks, shared_blocks) = survey.blocks();
        let (sentences, shared_sentences) = survey.sentences();
        written(writeln!(
            out,
            "survey: {}, {blocks} different blocks ({shared_blocks} more than once), \
             {sentences} different sentences ({shared_sentences})",
            counts::counted(survey.documents(), "document"),
        ))?;
        if survey.groups() > 0 {
            let by = &survey.settings().group_by;
            written(writeln!(out, "grouped by {by}: {} groups", survey.groups()))?;
        }
        if survey.settings().near_documents.is_some() {
            let near = survey.near_duplicates();
            written(writeln!(out, "{near} documents have near duplicates"))?;
        }
        if spilled > 0 {
            let folder = self.memory().folder;
            let megabytes = spilled.div_ceil(1_000_000);
            let shown = folder.display();
            written(writeln!(out, "{megabytes} MB were sorted on disk, in {shown}"))?;
        }
        let shown = self.path().display();
        written(writeln!(out, "next: `tamis clean --survey {shown} INPUT -o FOLDER`"))?;
        written(out.flush())?;
        Ok(())
    }
}

impl Choice {
    /// True if none is asked for.
    pub(crate) fn is_none(&self) -> bool {
        self.survey.is_none()
    }

    /// True if a survey of the inputs themselves is to be made: it is asked for, or a rule cannot do
    /// without.
    ///
    /// # Errors
    /// If one is, of what can be read once only.
    pub(crate) fn is_auto(&self, rules: &RuleSet, inputs: &[Arc<Source>]) -> Result<bool, Failure> {
        let all_again = inputs.iter().all(|source| source.origin != Origin::Stdin);
        match (self.survey.as_deref(), rules.needs_survey()) {
            (Some(AUTO), _) if !all_again => Err(Failure(
                "standard input can be read once only: write it to a file for --survey auto, \
                 or make a survey with `tamis survey`"
                    .to_owned(),
            )),
            (Some(choice), _) => Ok(choice == AUTO),
            (None, needed) => Ok(needed.is_some() && all_again),
        }
    }

    /// The survey of a file, if one is asked for, with what the report says of it. What does not fit
    /// into memory goes to the folder.
    pub(crate) fn opened(
        &self,
        inputs: &[Arc<Source>],
        work: &Work<'_>,
        folder: &Path,
    ) -> Result<(Survey, Option<SurveyNote>), Failure> {
        match &self.survey {
            Some(choice) if choice != AUTO => {
                self.open(inputs, work, Path::new(choice), choice, folder)
            }
            _ => Ok((Survey::none(), None)),
        }
    }

    /// A survey of the inputs, which costs a pass of its own, with what the report says of it. It is
    /// kept in the file, if one is named, and taken from there if it is there already. What does not
    /// fit into memory goes to the folder.
    pub(crate) fn made(
        &self,
        inputs: &[Arc<Source>],
        work: &Work<'_>,
        folder: &Path,
        file: Option<&Path>,
    ) -> Result<(Survey, Option<SurveyNote>), Failure> {
        if let Some(file) = file.filter(|file| file.exists()) {
            return self.open(inputs, work, file, AUTO, folder);
        }
        if self.is_none()
            && let Some((rule, signal)) = work.rules.needs_survey()
        {
            terminal::note(&format!(
                "making a survey of the inputs first: rule \"{}\" needs one for its signal `{}`",
                work.rules.rule(rule).name,
                signal.signal().name
            ));
        }
        let counting = work.count(inputs.to_vec(), self.limits.within(folder))?.counting;
        if let Some(file) = file {
            save(counting, file)?;
            return self.open(inputs, work, file, AUTO, folder);
        }
        let names = names(inputs);
        let settings = work.settings();
        let groups = work.rules.asks_for_groups();
        let wanted = Wanted { settings: &settings, groups, sources: &names };
        let survey = counting.survey_on_disk(&wanted).map_err(Stop::from)?;
        Ok(noted(survey, AUTO, inputs))
    }

    fn open(
        &self,
        inputs: &[Arc<Source>],
        work: &Work<'_>,
        file: &Path,
        name: &str,
        folder: &Path,
    ) -> Result<(Survey, Option<SurveyNote>), Failure> {
        let names = names(inputs);
        let settings = work.settings();
        let groups = work.rules.asks_for_groups();
        let wanted = Wanted { settings: &settings, groups, sources: &names };
        let survey = Survey::open(&open(file)?, &wanted, &self.limits.within(folder))
            .map_err(|error| Failure(format!("{}: {error}", file.display())))?;
        Ok(noted(survey, name, inputs))
    }

    /// The survey asked for, where all that is about to be judged by it is in memory.
    pub(crate) fn survey_of(
        &self,
        records: &[&Record],
        rules: &RuleSet,
        threads: usize,
    ) -> Result<Survey, Failure> {
        let settings = rules.survey_settings();
        let choice = match &self.survey {
            Some(choice) => choice.as_str(),
            None if rules.needs_survey().is_some() => AUTO,
            None => return Ok(Survey::none()),
        };
        if choice == AUTO {
            return count_records(records, settings, threads);
        }
        let names: Vec<Arc<str>> =
            records.iter().map(|record| record.location.source.clone()).collect();
        let groups = rules.asks_for_groups();
        let wanted = Wanted { settings: &settings, groups, sources: &names };
        let memory = self.limits.within(&std::env::temp_dir());
        let survey = Survey::open(&open(Path::new(choice))?, &wanted, &memory)
            .map_err(|error| Failure(format!("{choice}: {error}")))?;
        if !names.iter().any(|name| survey.has_source(name)) {
            note_unknown(choice);
        }
        Ok(survey)
    }
}

fn names(inputs: &[Arc<Source>]) -> Vec<Arc<str>> {
    inputs.iter().map(|source| source.name.clone()).collect()
}

/// A survey with what the report says of it.
fn noted(survey: Survey, name: &str, inputs: &[Arc<Source>]) -> (Survey, Option<SurveyNote>) {
    let known = inputs.iter().filter(|source| survey.has_source(&source.name)).count();
    let note = SurveyNote {
        path: name.to_owned(),
        checksum: survey.checksum().unwrap_or_default().to_owned(),
        documents: survey.documents(),
        known_sources: known as u64,
    };
    (survey, Some(note))
}

/// Says that a survey holds none of what is judged by it.
pub(crate) fn note_unknown(path: &str) {
    terminal::note(&format!(
        "{path}: none of the inputs is in the survey: what it counted counts as earlier"
    ));
}

/// Counts records. One that cannot be counted is left out: judging it will say why.
fn count_records(
    records: &[&Record],
    settings: Settings,
    threads: usize,
) -> Result<Survey, Failure> {
    let mut counting = Counting::new(settings.clone());
    pipeline::run(
        threads,
        records.chunks(RECORDS_AT_A_TIME).map(<[&Record]>::to_vec),
        |record| catch_unwind(AssertUnwindSafe(|| prints(record.clone(), &settings))),
        |counted| {
            if let Ok(Ok(prints)) = counted {
                counting.add(&prints)?;
            }
            Ok::<(), Stop>(())
        },
    )?;
    counting.survey().map_err(|error| Failure::from(Stop::from(error)))
}

/// Writes a survey to a file, which appears when it is complete.
fn save(counting: Counting, path: &Path) -> Result<Description, Failure> {
    let mut file = OutputFile::create(path, Compression::None)?;
    let saved = counting.save(&mut file).map_err(|error| match error {
        SurveyError::Io(error) => Failure::from(SinkError::new(path, error)),
        error => Failure(format!("{}: {error}", path.display())),
    })?;
    file.finish()?;
    Ok(saved)
}

fn open(path: &Path) -> Result<SurveyFile, Failure> {
    SurveyFile::open(path).map_err(|error| Failure(format!("{}: {error}", path.display())))
}

/// What the workers hand on.
enum Done {
    Prints(Prints),
    Unreadable,
    Failed(Arc<str>, String),
    Nothing,
}

/// How inputs are read and counted.
pub(crate) struct Work<'w> {
    pub(crate) rules: &'w RuleSet,
    pub(crate) options: &'w ReadOptions,
    pub(crate) threads: usize,
    /// How it is shown how far counting is, if at all.
    pub(crate) progress: Option<(&'w ProgressArguments, &'w Session)>,
}

impl Work<'_> {
    /// What is counted.
    fn settings(&self) -> Settings {
        self.rules.survey_settings().grouped_by(self.options.group_field.as_deref())
    }

    /// Counts all documents of the sources. What comes of it does not depend on the threads.
    fn count(&self, sources: Vec<Arc<Source>>, memory: Memory) -> Result<Counted, Failure> {
        let settings = self.settings();
        let counting = Counting::within(settings.clone(), memory);
        let mut counted = Counted { counting, unreadable: 0, failed: Vec::new() };
        tracing::info!(sources = sources.len(), "survey: counting");
        let shown = self
            .progress
            .map(|(asked, session)| asked.start(session, "survey", &sources, None, At::default()));
        let progress = shown.as_ref();
        let reader = Reader::new(sources, self.options.clone());
        pipeline::run(
            self.threads,
            batches(reader, BATCH_BYTES)
                .inspect(|events| progress.iter().for_each(|progress| progress.read(events))),
            |event| match event {
                Event::Start(_) => Done::Nothing,
                Event::Item(item) => self.work(&item, &settings),
                Event::End(end) => match end.error {
                    Some(error) => Done::Failed(end.source.name.clone(), error),
                    None => Done::Nothing,
                },
            },
            |done| {
                match done {
                    Done::Prints(prints) => {
                        counted.counting.add(&prints)?;
                        let counts = Counts { kept: 1, ..Counts::default() };
                        progress.iter().for_each(|progress| progress.took(counts));
                    }
                    Done::Unreadable => {
                        counted.unreadable += 1;
                        let counts = Counts { unreadable: 1, ..Counts::default() };
                        progress.iter().for_each(|progress| progress.took(counts));
                    }
                    Done::Failed(name, error) => counted.failed.push((name, error)),
                    Done::Nothing => {}
                }
                Ok::<(), Stop>(())
            },
        )?;
        if let Some(progress) = shown {
            progress.finish(State::Done);
        }
        tracing::info!(
            documents = counted.counting.documents(),
            unreadable = counted.unreadable,
            "survey: counted"
        );
        Ok(counted)
    }

    fn work(&self, item: &Item, settings: &Settings) -> Done {
        if passes(item).is_some() {
            return Done::Nothing;
        }
        // Further pieces of an item that is too large are not further items.
        if matches!(item.refused, Some(Refusal::TooLarge { part, .. }) if part > 0) {
            return Done::Nothing;
        }
        let Ok(parsed) = parse(item, self.options) else { return Done::Unreadable };
        // A fault of the program in one record must not end the run.
        match catch_unwind(AssertUnwindSafe(|| prints(parsed.record, settings))) {
            Ok(Ok(prints)) => Done::Prints(prints),
            _ => Done::Unreadable,
        }
    }
}
