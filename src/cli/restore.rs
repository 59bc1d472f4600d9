//! `tamis restore`: a run's inputs put back together.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::session::Session;
use super::terminal::{self, written};
use super::{DONE, Failure, on_this_machine};
use tamis::sink::restore::{Restored, restore};
use tamis::sink::upload::{RemoteFolder, room_for_copy};
use tamis::store::{Settings, is_address};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Output folder of a finished run of `tamis clean`, or its address in an object store
    #[arg(value_name = "RUN")]
    run: PathBuf,

    /// Folder for the restored inputs; must be empty or not there
    #[arg(long, short, value_name = "FOLDER")]
    output: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    on_this_machine(&arguments.output)?;
    let taken = std::fs::read_dir(&arguments.output).is_ok_and(|mut files| files.next().is_some());
    if taken {
        return Err(Failure(format!("{}: the folder is not empty", arguments.output.display())));
    }
    let done = match arguments.run.to_str().filter(|text| is_address(text)) {
        Some(address) => from_store(address, &arguments.output)?,
        None => restore(&arguments.run, &arguments.output)?,
    };
    if !session.quiet {
        let mut out = terminal::out();
        written(writeln!(out, "{} files restored, {} bytes", done.sources, done.bytes))?;
        written(out.flush())?;
    }
    Ok(DONE)
}

/// Restores what is in an object store, by way of a copy beside the output.
fn from_store(address: &str, output: &Path) -> Result<Restored, Failure> {
    let address = address.trim_end_matches('/');
    let remote = RemoteFolder::open(address, &Settings::default())
        .map_err(|error| Failure(format!("{address}: {error}")))?;
    let beside = output.parent().filter(|parent| !parent.as_os_str().is_empty());
    let copy = room_for_copy(beside.unwrap_or(Path::new(".")))?;
    remote.fetch(copy.path())?;
    // What is wrong with the run is wrong in the store.
    restore(copy.path(), output).map_err(|error| {
        Failure(error.to_string().replace(&copy.path().display().to_string(), address))
    })
}
