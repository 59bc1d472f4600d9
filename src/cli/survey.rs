//! `tamis survey`: counts blocks and sentences over a corpus; and the survey that other commands use.

use std::fs::File;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::input::Input;
use super::terminal::{self, written};
use super::{DONE, Failure, UNREADABLE};
use tamis::pipeline::{self, prints, survey_settings};
use tamis::sink::files::{OutputFile, SinkError};
use tamis::source::{
    BATCH_BYTES, Compression, Container, Event, Item, ReadOptions, Reader, Refusal, Source,
    batches, is_blank, parse,
};
use tamis::survey::{Prints, Settings, SurveyError, SurveyNote};
use tamis::{Record, RuleSet, Survey};

/// The word that asks for a survey of the same inputs.
const AUTO: &str = "auto";

/// Records that are counted at a time where all are in memory.
const RECORDS_AT_A_TIME: usize = 16;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: Input,

    /// The file for the survey
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,

    /// Add the counts of an earlier survey, of other documents; may be repeated
    #[arg(long, value_name = "FILE")]
    add: Vec<PathBuf>,

    /// Threads that read and count; by default one for each core, or what RAYON_NUM_THREADS says
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,

    /// Replace the file if there is one
    #[arg(long)]
    overwrite: bool,

    /// Print nothing but errors
    #[arg(long, short)]
    quiet: bool,
}

/// Which survey a command uses.
#[derive(Args)]
pub(crate) struct Choice {
    /// A survey of the corpus (`tamis survey` makes one), for rules on copies across documents;
    /// `auto` makes one of the inputs first
    #[arg(long, value_name = "FILE|auto")]
    survey: Option<String>,
}

/// What counting came to.
struct Counted {
    survey: Survey,
    unreadable: u64,
    /// Sources that could not be read to their end, each with the reason.
    failed: Vec<(Arc<str>, String)>,
}

/// Why counting stopped.
#[derive(Debug, thiserror::Error)]
#[error("cannot start threads: {0}")]
struct Stop(#[from] pipeline::ThreadPoolBuildError);

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let found = arguments.input.sources(None)?;
    let rules = arguments.input.rules(&found.sources)?;
    let options = arguments.input.options()?;
    let output = &arguments.output;
    if !arguments.overwrite && output.exists() {
        return Err(Failure(format!(
            "{}: the file is there already; --overwrite replaces it",
            output.display()
        )));
    }
    let mut earlier = Vec::new();
    for path in &arguments.add {
        earlier.push((path, load(path)?));
    }
    let incomplete = found.announce(arguments.quiet);
    let sources = found.sources.len();
    let settings = survey_settings(&rules);
    let mut counted = count(found.sources, &options, settings, arguments.threads)?;
    let fresh = counted.survey.documents();
    for (path, survey) in &earlier {
        let merged = counted.survey.merge(survey);
        merged.map_err(|error| Failure(format!("{}: {error}", path.display())))?;
    }
    save(&counted.survey, output)?;
    if !arguments.quiet {
        let mut out = terminal::out();
        written(writeln!(
            out,
            "{} from {} counted, {} unreadable",
            terminal::counted(fresh, "document"),
            terminal::counted(sources as u64, "source"),
            counted.unreadable
        ))?;
        written(summary(&mut out, &counted.survey))?;
        written(writeln!(
            out,
            "next: `tamis clean --survey {} INPUT -o FOLDER`",
            output.display()
        ))?;
        written(out.flush())?;
    }
    for (name, error) in &counted.failed {
        terminal::error(&format!("{name}: {error}"));
    }
    let unread = incomplete || counted.unreadable > 0 || !counted.failed.is_empty();
    Ok(if unread { UNREADABLE } else { DONE })
}

fn summary(out: &mut impl std::io::Write, survey: &Survey) -> std::io::Result<()> {
    writeln!(
        out,
        "survey: {}, {} different blocks ({} in several documents), {} different sentences ({})",
        terminal::counted(survey.documents(), "document"),
        survey.blocks(),
        survey.shared_blocks(),
        survey.sentences(),
        survey.shared_sentences(),
    )
}

impl Choice {
    /// True if none is asked for.
    pub(crate) fn is_none(&self) -> bool {
        self.survey.is_none()
    }

    /// The survey asked for, with what the report says of it. `inputs` are what is about to be
    /// judged by it; a survey made of them costs a pass of its own.
    pub(crate) fn survey(
        &self,
        inputs: &[Arc<Source>],
        rules: &RuleSet,
        options: &ReadOptions,
        threads: usize,
    ) -> Result<(Survey, Option<SurveyNote>), Failure> {
        let Some(choice) = &self.survey else { return Ok((Survey::none(), None)) };
        let survey = if choice == AUTO {
            if inputs.iter().any(|source| source.path.is_none()) {
                return Err(Failure(
                    "standard input can be read once only: write it to a file for --survey auto, \
                     or make a survey with `tamis survey`"
                        .to_owned(),
                ));
            }
            count(inputs.to_vec(), options, survey_settings(rules), threads)?.survey
        } else {
            load(Path::new(choice))?
        };
        let note = SurveyNote {
            path: choice.clone(),
            checksum: survey.checksum().unwrap_or_default(),
            documents: survey.documents(),
            known_sources: inputs.iter().filter(|source| survey.has_source(&source.name)).count()
                as u64,
        };
        Ok((survey, Some(note)))
    }

    /// The survey asked for, where all that is about to be judged by it is in memory.
    pub(crate) fn survey_of(
        &self,
        records: &[&Record],
        rules: &RuleSet,
        threads: usize,
    ) -> Result<Survey, Failure> {
        let Some(choice) = &self.survey else { return Ok(Survey::none()) };
        if choice == AUTO {
            return count_records(records, survey_settings(rules), threads);
        }
        let survey = load(Path::new(choice))?;
        if !records.iter().any(|record| survey.has_source(&record.location.source)) {
            note_unknown(choice);
        }
        Ok(survey)
    }
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
    let mut survey = Survey::new(settings);
    pipeline::run(
        threads,
        records.chunks(RECORDS_AT_A_TIME).map(<[&Record]>::to_vec),
        |record| catch_unwind(AssertUnwindSafe(|| prints(record.clone(), settings))),
        |counted| {
            if let Ok(Ok(prints)) = counted {
                survey.add(&prints);
            }
            Ok::<(), Stop>(())
        },
    )?;
    Ok(survey)
}

fn load(path: &Path) -> Result<Survey, Failure> {
    let named = |error: SurveyError| Failure(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(|error| named(error.into()))?;
    Survey::load(file).map_err(named)
}

fn save(survey: &Survey, path: &Path) -> Result<(), Failure> {
    let mut file = OutputFile::create(path, Compression::None)?;
    survey.save(&mut file).map_err(|error| match error {
        SurveyError::Io(error) => Failure::from(SinkError::new(path, error)),
        error => Failure(format!("{}: {error}", path.display())),
    })?;
    file.finish()?;
    Ok(())
}

/// What the workers hand on.
enum Done {
    Prints(Prints),
    Unreadable,
    Failed(Arc<str>, String),
    Nothing,
}

/// Counts all documents of the sources. What comes of it does not depend on the threads.
fn count(
    sources: Vec<Arc<Source>>,
    options: &ReadOptions,
    settings: Settings,
    threads: usize,
) -> Result<Counted, Failure> {
    let mut counted = Counted { survey: Survey::new(settings), unreadable: 0, failed: Vec::new() };
    let reader = Reader::new(sources, options.clone());
    pipeline::run(
        threads,
        batches(reader, BATCH_BYTES),
        |event| match event {
            Event::Start(_) => Done::Nothing,
            Event::Item(item) => work(&item, options, settings),
            Event::End(end) => match end.error {
                Some(error) => Done::Failed(end.source.name.clone(), error),
                None => Done::Nothing,
            },
        },
        |done| {
            match done {
                Done::Prints(prints) => counted.survey.add(&prints),
                Done::Unreadable => counted.unreadable += 1,
                Done::Failed(name, error) => counted.failed.push((name, error)),
                Done::Nothing => {}
            }
            Ok::<(), Stop>(())
        },
    )?;
    Ok(counted)
}

fn work(item: &Item, options: &ReadOptions, settings: Settings) -> Done {
    if item.refused.is_none() && item.source.container == Container::Jsonl && is_blank(&item.raw) {
        return Done::Nothing;
    }
    // Further pieces of an item that is too large are not further items.
    if matches!(item.refused, Some(Refusal::TooLarge { part, .. }) if part > 0) {
        return Done::Nothing;
    }
    let Ok(parsed) = parse(item, options) else { return Done::Unreadable };
    // A fault of the program in one record must not end the run.
    match catch_unwind(AssertUnwindSafe(|| prints(parsed.record, settings))) {
        Ok(Ok(prints)) => Done::Prints(prints),
        _ => Done::Unreadable,
    }
}
