//! The command line: arguments shared by commands, and what errors turn into.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod clean;
mod eval;
mod explain;
mod input;
mod interrupt;
mod restore;
mod rules;
mod signals;
mod survey;
mod terminal;
mod train;

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
    after_help = "Exit codes: 0 done; 1 a check found something; 2 wrong use, wrong configuration or an \
        output that cannot be written; 3 done, but some records could not be read."
)]
struct Arguments {
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
    /// Show how a document is judged: block by block, every rule that fires, and the decision
    Explain(explain::Arguments),
    /// Hold labelled documents against rules: what went that had to, what good text was lost, by whom
    Eval(eval::Arguments),
    /// List, show and check rules
    Rules(rules::Arguments),
    /// Train a model of main content from labelled HTML pages
    Train(train::Arguments),
    /// List the signals that rules can ask for
    Signals(signals::Arguments),
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
    let arguments = Arguments::parse();
    interrupt::survive_file_limits();
    let result = match arguments.command {
        Command::Clean(arguments) => clean::run(&arguments),
        Command::Survey(arguments) => survey::run(&arguments),
        Command::Restore(arguments) => restore::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Eval(arguments) => eval::run(&arguments),
        Command::Rules(arguments) => rules::run(&arguments),
        Command::Train(arguments) => train::run(arguments),
        Command::Signals(arguments) => signals::run(&arguments),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(Failure(message)) => {
            terminal::error(&message);
            ExitCode::from(WRONG)
        }
    }
}
