//! The command line: arguments shared by commands, and what errors turn into.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use session::{Common, Session};

mod clean;
mod config;
mod diff;
mod eval;
mod explain;
mod input;
mod interrupt;
mod limits;
mod measure;
mod metrics;
mod progress;
mod report;
mod restore;
mod rules;
mod session;
mod shell;
mod signals;
mod stats;
mod survey;
mod terminal;
mod train;
mod tune;
mod ui;

/// Exit code: done.
pub(crate) const DONE: u8 = 0;
/// Exit code: a check found something.
pub(crate) const FOUND: u8 = 1;
/// Exit code: wrong use, wrong configuration, or an output that cannot be written.
pub(crate) const WRONG: u8 = 2;
/// Exit code: done, but some records could not be read.
pub(crate) const UNREADABLE: u8 = 3;

#[derive(Parser)]
#[command(
    name = "tamis",
    version,
    about = "A document-quality and boilerplate filter for scraped text",
    long_about = "A document-quality and boilerplate filter for scraped text.\n\n\
        Every removal is explained and can be undone: `tamis clean` writes the cleaned documents, \
        a ledger of all that it took away and a report; `tamis restore` puts the inputs back together.",
    after_help = "Exit codes:\n  \
        0  done\n  \
        1  a check found something, or a limit stopped the run\n  \
        2  wrong use, wrong configuration, or an output that cannot be written\n  \
        3  done, but some records or sources could not be read\n  \
        129, 130, 143  ended by a signal (HUP, INT, TERM), with the state saved\n\n\
        Settings of clean and survey may also stand in the environment (TAMIS_RULES, TAMIS_THREADS, …) \
        and in tamis.toml: see `tamis config --help`."
)]
struct Arguments {
    #[command(flatten)]
    common: Common,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Clean documents: write cleaned text, a ledger of what was removed, and a report
    Clean(clean::Arguments),
    /// Count blocks and sentences over a corpus, for the rules on copies across documents
    Survey(survey::Arguments),
    /// Put the inputs of a run back together, byte for byte
    Restore(restore::Arguments),
    /// Draw the page of a run again: what came in, what is left, what went and why
    Report(report::Arguments),
    /// Show how a document is judged: block by block, every rule that fires, and the decision
    Explain(explain::Arguments),
    /// Hold labelled documents against rules: what went that had to, what good text was lost, by whom
    Eval(eval::Arguments),
    /// See what rules do to labelled documents, and find better numbers for them
    Tune(tune::Arguments),
    /// Compare two sets of rules: what the new ones take away that the old did not, and the reverse
    Diff(diff::Arguments),
    /// Measure every signal of every block and document: a table (Parquet) for DuckDB, Polars, pandas
    Measure(measure::Arguments),
    /// Show how signals are spread over a corpus, with what the thresholds of rules cut off
    Stats(stats::Arguments),
    /// Tune rules in a page on this machine: see what they do, change them with the effect in view
    Ui(ui::Arguments),
    /// List, show and check rules
    Rules(rules::Arguments),
    /// Train a model of main content from labelled HTML pages
    Train(train::Arguments),
    /// List the signals that rules can ask for
    Signals(signals::Arguments),
    /// Show the settings in force and where each is from
    Config(config::Arguments),
    /// Print completions for a shell
    Completions(shell::CompletionArguments),
    /// Print the man page, or write those of all commands
    Man(shell::ManArguments),
}

/// What went wrong, for a person. Printed to standard error; the exit code is 2.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            if !text.contains(&cause_text) {
                text.push_str(": ");
                text.push_str(&cause_text);
            }
            source = cause.source();
        }
        Failure(text)
    }
}

/// The commands with all their arguments.
pub(crate) fn command() -> clap::Command {
    // It names two sets of rules in their place.
    let diff = |diff: clap::Command| diff.mut_arg("rules", |rules| rules.hide(true));
    Arguments::command().mut_subcommand("diff", diff)
}

/// Sees that a path is not the address of an object store, for commands that know none there.
pub(crate) fn on_this_machine(path: &std::path::Path) -> Result<(), Failure> {
    match path.to_str().filter(|text| tamis::store::is_address(text)) {
        Some(address) => Err(Failure(format!(
            "{address}: this command reads and writes folders and files of this machine here: copy \
             what is in the object store first, or afterwards"
        ))),
        None => Ok(()),
    }
}

/// Runs the program.
pub(crate) fn main() -> ExitCode {
    keep_expected_panics_quiet();
    match run() {
        Ok(code) => ExitCode::from(code),
        Err(Failure(message)) => {
            terminal::error(&message);
            ExitCode::from(WRONG)
        }
    }
}

/// A panic that is caught and told as what is wrong with a file is not printed too.
fn keep_expected_panics_quiet() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !tamis::panics::is_expected() {
            usual(panic);
        }
    }));
}

/// Ends the program with what the parser of arguments says of them: what is wrong, or the help that
/// was asked for. It repeats what was typed, which may hold escape sequences, among its own that
/// colour it; so it is asked once more, about arguments that may be shown.
fn refuse(error: clap::Error, arguments: &[OsString]) -> ! {
    let clean = arguments.iter().map(|argument| terminal::sanitise(&argument.to_string_lossy()));
    match command().try_get_matches_from(clean) {
        Err(error) => error.exit(),
        // What was wrong is not among what may be shown: bytes that are no text.
        Ok(_) if error.use_stderr() => {
            let said = error.to_string();
            terminal::error(said.trim_start_matches("error: ").trim_end());
            std::process::exit(error.exit_code())
        }
        Ok(_) => error.exit(),
    }
}

fn run() -> Result<u8, Failure> {
    let typed: Vec<OsString> = std::env::args_os().collect();
    let settings = config::resolve(typed.clone(), &config::Surroundings::own())?;
    let arguments = command()
        .try_get_matches_from(&settings.arguments)
        .and_then(|matches| Arguments::from_arg_matches(&matches))
        .unwrap_or_else(|error| refuse(error, &settings.arguments));
    interrupt::survive_file_limits();
    let session = Session::begin(&arguments.common, settings)?;
    match arguments.command {
        Command::Clean(arguments) => clean::run(&arguments, &session),
        Command::Survey(arguments) => survey::run(&arguments, &session),
        Command::Restore(arguments) => restore::run(&arguments, &session),
        Command::Report(arguments) => report::run(&arguments, &session),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Eval(arguments) => eval::run(&arguments),
        Command::Tune(arguments) => tune::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments, &session),
        Command::Measure(arguments) => measure::run(&arguments, &session),
        Command::Stats(arguments) => stats::run(&arguments, &session),
        Command::Rules(arguments) => rules::run(&arguments),
        Command::Ui(arguments) => ui::run(&arguments, &session),
        Command::Train(arguments) => train::run(arguments),
        Command::Signals(arguments) => signals::run(&arguments),
        Command::Config(arguments) => config::run(&arguments, &typed),
        Command::Completions(arguments) => shell::completions(&arguments, command()),
        Command::Man(arguments) => shell::man(&arguments, command()),
    }
}
