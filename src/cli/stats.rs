//! `tamis stats`: how signals are spread over a corpus, and what the thresholds of rules cut off.

use std::io::Write as _;
use std::path::Path;

use clap::{Args, ValueEnum};

use super::input::Input;
use super::measure::{Asked, ScopeArguments, named, unknown};
use super::progress::ProgressArguments;
use super::session::Session;
use super::survey::Choice;
use super::terminal::{self, written};
use super::{DONE, Failure};
use tamis::RuleSet;
use tamis::document::Scope;
use tamis::measure::file::{TableError, TableReader};
use tamis::measure::stats::{Bound, By, Stats, TableOptions, bounds, table};
use tamis::measure::{Measurer, Wanted, all_signals};
use tamis::signals::{Need, SignalId, by_name};

/// By what targets can be told apart.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ByArgument {
    Language,
    Host,
    Kind,
}

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: Input,

    #[command(flatten)]
    survey: Choice,

    #[command(flatten)]
    scopes: ScopeArguments,

    /// This signal, with its histogram; several separated by commas
    /// [default: a line for each signal that the rules ask for]
    #[arg(long, value_name = "NAME", value_delimiter = ',', conflicts_with = "all")]
    signal: Vec<String>,

    /// All signals, not only those that the rules ask for
    #[arg(long)]
    all: bool,

    /// Also by the document's language, its host, or the kind of the block
    #[arg(long, value_name = "FIELD")]
    by: Option<ByArgument>,

    /// Groups shown of each signal, those of most targets
    #[arg(long, value_name = "N", default_value_t = 20)]
    groups: usize,

    /// Print all figures as JSON
    #[arg(long)]
    json: bool,

    /// Threads that measure; by default one for each core, or what RAYON_NUM_THREADS says
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,

    #[command(flatten)]
    progress: ProgressArguments,
}

pub(crate) fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let (stats, code) = match opened(&arguments.input.inputs)? {
        Some((path, reader)) => (of_table(arguments, path, reader)?, DONE),
        None => of_inputs(arguments, session)?,
    };
    let mut out = terminal::out();
    if arguments.json {
        let figures = serde_json::to_string_pretty(&stats.figures(arguments.groups))?;
        written(writeln!(out, "{figures}"))?;
    } else {
        let in_full = !arguments.signal.is_empty();
        let shown = table(&stats, TableOptions { in_full, groups: arguments.groups });
        written(write!(out, "{}", terminal::sanitise(&shown)))?;
        if !in_full && arguments.by.is_none() && !session.quiet {
            written(writeln!(out, "next: `--signal NAME` shows one with its histogram"))?;
        }
    }
    written(out.flush())?;
    Ok(code)
}

impl Arguments {
    fn by(&self) -> Option<By> {
        self.by.map(|by| match by {
            ByArgument::Language => By::Language,
            ByArgument::Host => By::Host,
            ByArgument::Kind => By::Kind,
        })
    }

    /// The scopes asked for, by these rules.
    fn is_asked(&self, scope: Scope, rules: Option<&RuleSet>) -> bool {
        if self.scopes.scope.is_empty() {
            return true;
        }
        rules.map_or_else(
            || self.scopes.scopes(&RuleSet::default()).contains(&scope),
            |rules| self.scopes.scopes(rules).contains(&scope),
        )
    }
}

/// The input as a table of signals, if it is one file and such a table.
fn opened(inputs: &[String]) -> Result<Option<(&str, TableReader)>, Failure> {
    let [input] = inputs else { return Ok(None) };
    let path = Path::new(input);
    let is_table = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("parquet"));
    if !is_table || !path.is_file() {
        return Ok(None);
    }
    match TableReader::open(path) {
        Ok(reader) => Ok(Some((input, reader))),
        // It is a corpus, or whoever reads it as one says what is wrong with it.
        Err(TableError::Other | TableError::Damaged(_)) => Ok(None),
        Err(error) => Err(Failure(format!("{input}: {error}"))),
    }
}

/// Statistics of a table of signals, with the thresholds of the rules asked for, or of those by
/// which it was made.
fn of_table(arguments: &Arguments, path: &str, reader: TableReader) -> Result<Stats, Failure> {
    let named_rules = arguments.input.named_rules();
    let rules = if named_rules.is_empty() {
        let made_by = &reader.description().rules;
        match RuleSet::load(made_by) {
            Ok(rules) => Some(rules),
            Err(_) => {
                terminal::note(&format!(
                    "{path}: the rules that it was made by ({}) cannot be loaded: no thresholds \
                     are shown; --rules names others",
                    made_by.join(", ")
                ));
                None
            }
        }
    } else {
        Some(RuleSet::load(named_rules)?)
    };
    let in_table = reader.signals().to_vec();
    let signals: Vec<SignalId> = if arguments.all {
        in_table
    } else if arguments.signal.is_empty() {
        match &rules {
            Some(rules) => in_table.into_iter().filter(|id| rules.signals().contains(id)).collect(),
            None => in_table,
        }
    } else {
        let mut signals = Vec::new();
        for name in &arguments.signal {
            let id = by_name(name).ok_or_else(|| unknown(name))?;
            if !in_table.contains(&id) {
                return Err(Failure(format!(
                    "{path}: it has no column `{name}`: `tamis measure --signals` says what is measured"
                )));
            }
            signals.push(id);
        }
        signals
    };
    let of_rules: Vec<Bound> = rules.as_ref().map(bounds).unwrap_or_default();
    let by = arguments.by();
    let mut stats = Stats::new(&signals, of_rules, by);
    let scopes: Vec<Scope> =
        Scope::ALL.into_iter().filter(|scope| arguments.is_asked(*scope, rules.as_ref())).collect();
    let read = reader.each(&signals, by.map(By::column), |row| {
        if let Some(scope) = scopes.iter().find(|scope| scope.name() == row.scope) {
            stats.add(*scope, row.group, row.values);
        }
    });
    read.map_err(|error| Failure(format!("{path}: {error}")))?;
    Ok(stats)
}

/// Statistics of documents, which are measured now.
fn of_inputs(arguments: &Arguments, session: &Session) -> Result<(Stats, u8), Failure> {
    let asked = Asked {
        input: &arguments.input,
        survey: &arguments.survey,
        threads: arguments.threads,
        progress: Some((&arguments.progress, session)),
    };
    let prepared = asked.prepare()?;
    let rules = prepared.cleaner.rules();
    let has_survey = prepared.cleaner.survey().is_present();
    let scopes = arguments.scopes.scopes(rules);
    let wanted = if arguments.all {
        Wanted::of_those_that_fit(&scopes, &all_signals(has_survey), 0)
    } else if arguments.signal.is_empty() {
        let needs_survey =
            |id: &SignalId| id.signal().needs.iter().any(|need| matches!(need, Need::Survey(_)));
        let of_rules = rules.signals().iter().copied();
        let signals: Vec<SignalId> =
            of_rules.filter(|id| has_survey || !needs_survey(id)).collect();
        Wanted::of_those_that_fit(&scopes, &signals, 0)
    } else {
        Wanted::new(&scopes, &named(&arguments.signal, rules)?, 0)?
    };
    let by = arguments.by();
    let mut stats = Stats::new(wanted.signals(), bounds(rules), by);
    let measurer = Measurer::new(prepared.cleaner.clone(), wanted);
    let done = asked.measure(&prepared, &measurer, "stats", |targets| {
        targets.each(measurer.wanted(), |target| {
            let group = match by {
                None => None,
                Some(By::Language) => target.info.language.as_deref(),
                Some(By::Host) => target.host,
                Some(By::Kind) => target.kind.map(|kind| kind.name()),
            };
            stats.add(target.scope, group, target.values);
            Ok::<(), super::measure::Stop>(())
        })
    })?;
    Ok((stats, done.code()))
}
