//! `tamis restore`: a run's inputs put back together.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::session::Session;
use super::terminal::{self, written};
use super::{DONE, Failure};
use tamis::sink::restore::restore;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Output folder of a finished run of `tamis clean`
    #[arg(value_name = "RUN")]
    run: PathBuf,

    /// Folder for the restored inputs; must be empty or not there
    #[arg(long, short, value_name = "FOLDER")]
    output: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    let taken = std::fs::read_dir(&arguments.output).is_ok_and(|mut files| files.next().is_some());
    if taken {
        return Err(Failure(format!("{}: the folder is not empty", arguments.output.display())));
    }
    let done = restore(&arguments.run, &arguments.output)?;
    if !session.quiet {
        let mut out = terminal::out();
        written(writeln!(out, "{} files restored, {} bytes", done.sources, done.bytes))?;
        written(out.flush())?;
    }
    Ok(DONE)
}
