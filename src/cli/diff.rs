//! `tamis diff`: what new rules take away that old ones do not, and the reverse.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::input::{Input, Model};
use super::metrics::State;
use super::progress::{At, ProgressArguments};
use super::session::Session;
use super::survey::{Choice, Work};
use super::terminal::{self, written};
use super::{DONE, FOUND, Failure, UNREADABLE, on_this_machine};
use tamis::compare::{Comparer, Differences, Names, page, table};
use tamis::pipeline::{self, ThreadPoolBuildError};
use tamis::sink::files::OutputFile;
use tamis::sink::render::Counts;
use tamis::source::{
    BATCH_BYTES, Compression, Event, Item, ReadOptions, Reader, Refusal, Source, batches, parse,
    passes,
};
use tamis::{Cleaner, RuleSet};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The old rules: a built-in rule set or preset by its name, or a rules file by its path;
    /// several separated by commas
    #[arg(value_name = "OLD")]
    old: String,

    /// The new rules, named likewise
    #[arg(value_name = "NEW")]
    new: String,

    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    survey: Choice,

    /// Samples of each rule and direction
    #[arg(long, value_name = "N", default_value_t = 3)]
    samples: usize,

    /// Write all figures and samples to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Write it as a page to look at: one file, which needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Threads that judge; by default one for each core, or what RAYON_NUM_THREADS says
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,

    #[command(flatten)]
    progress: ProgressArguments,
}

/// Why comparing stopped.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error("cannot start threads: {0}")]
    Threads(#[from] ThreadPoolBuildError),
}

/// So many unreadable records are named.
const TOLD: u64 = 5;

pub(crate) fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let Arguments { input, .. } = arguments;
    if !input.named_rules().is_empty() {
        let advice = "`tamis diff OLD NEW INPUT...` names both sets first, without -r";
        return Err(Failure(advice.to_owned()));
    }
    for path in arguments.json.iter().chain(&arguments.html) {
        on_this_machine(path)?;
    }
    let [old, new] = [&arguments.old, &arguments.new].map(|names| load(names));
    let (old, new) = (old?, new?);
    let found = input.sources(None)?;
    let mut incomplete = found.announce(session.quiet);
    let options = input.options()?;
    let model = input.model()?;
    let ready = |rules| arguments.cleaner(rules, &found.sources, &options, model.as_ref(), session);
    let comparer = Comparer::new(ready(old)?, ready(new)?, arguments.samples);

    let progress = arguments.progress.start(session, "diff", &found.sources, None, At::default());
    let reader = Reader::new(found.sources, options.clone());
    let mut all = comparer.nothing();
    pipeline::run(
        arguments.threads,
        batches(reader, BATCH_BYTES).inspect(|events| progress.read(events)),
        |event| match event {
            Event::Start(_) => Done::Nothing,
            Event::Item(item) => work(&item, &options, &comparer),
            Event::End(end) => match end.error {
                Some(error) => Done::Failed(end.source.name.clone(), error),
                None => Done::Nothing,
            },
        },
        |done| {
            match done {
                Done::Compared(differences) => {
                    all.merge(*differences);
                    progress.took(Counts { kept: 1, ..Counts::default() });
                }
                Done::Unreadable(place, refusal) => {
                    all.add_unreadable();
                    if all.unreadable <= TOLD {
                        terminal::error(&format!("{place}: {refusal}"));
                    }
                    progress.took(Counts { unreadable: 1, ..Counts::default() });
                }
                Done::Failed(name, error) => {
                    incomplete = true;
                    terminal::error(&format!("{name}: {error}"));
                }
                Done::Nothing => {}
            }
            Ok::<(), Stop>(())
        },
    )?;
    progress.finish(State::Done);

    if let Some(path) = &arguments.json {
        let mut json = serde_json::to_vec_pretty(&all)?;
        json.push(b'\n');
        let mut file = OutputFile::create(path, Compression::None)?;
        file.write(&json)?;
        file.finish()?;
    }
    let names = Names { old: &arguments.old, new: &arguments.new };
    if let Some(path) = &arguments.html {
        let mut file = OutputFile::create(path, Compression::None)?;
        page::write(&mut file, &all, names)?;
        file.finish()?;
    }
    if !session.quiet {
        let mut out = terminal::out();
        written(write!(out, "{}", terminal::sanitise(&table(&all, names))))?;
        written(out.flush())?;
    }
    Ok(match all.are_any() {
        true => FOUND,
        false if incomplete || all.unreadable > 0 => UNREADABLE,
        false => DONE,
    })
}

/// The rules of some names, separated by commas.
fn load(names: &str) -> Result<RuleSet, Failure> {
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    let rules = RuleSet::load(names)?;
    for warning in rules.warnings() {
        terminal::note(&warning.to_string());
    }
    Ok(rules)
}

impl Arguments {
    /// A cleaner by one set of rules, with a survey for what they ask.
    fn cleaner(
        &self,
        rules: RuleSet,
        sources: &[Arc<Source>],
        options: &ReadOptions,
        model: Option<&Model>,
        session: &Session,
    ) -> Result<Cleaner, Failure> {
        let progress = Some((&self.progress, session));
        let work = Work { rules: &rules, options, threads: self.threads, progress };
        let folder = std::env::temp_dir();
        let (survey, _) = if self.survey.is_auto(&rules, sources)? {
            self.survey.made(sources, &work, &folder, None)?
        } else {
            self.survey.opened(sources, &work, &folder)?
        };
        let cleaner = Cleaner::new(rules, survey)?;
        Ok(match model {
            Some(model) => model.within(cleaner),
            None => cleaner,
        })
    }
}

/// What the workers hand on.
enum Done {
    Compared(Box<Differences>),
    Unreadable(String, Refusal),
    Failed(Arc<str>, String),
    Nothing,
}

fn work(item: &Item, options: &ReadOptions, comparer: &Comparer) -> Done {
    if passes(item).is_some() {
        return Done::Nothing;
    }
    // Further pieces of an item that is too large are not further items.
    if matches!(item.refused, Some(Refusal::TooLarge { part, .. }) if part > 0) {
        return Done::Nothing;
    }
    let refuse = |refusal| {
        let place = format!("{}, record {}", item.source.name, item.ordinal.saturating_add(1));
        Done::Unreadable(place, refusal)
    };
    if let Some(refusal) = &item.refused {
        return refuse(refusal.clone());
    }
    let record = match parse(item, options) {
        Ok(parsed) => parsed.record,
        Err(refusal) => return refuse(refusal),
    };
    // A fault of the program in one record must not end the run.
    match catch_unwind(AssertUnwindSafe(|| comparer.compare(record))) {
        Ok(Ok(differences)) => Done::Compared(Box::new(differences)),
        Ok(Err(error)) => refuse(Refusal::Decode(error)),
        Err(_) => refuse(Refusal::Internal("a panic".to_owned())),
    }
}
