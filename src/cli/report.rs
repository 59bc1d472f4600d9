//! `tamis report`: the page of a run, drawn again from its files.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::session::Session;
use super::terminal::{self, written};
use super::{DONE, Failure, on_this_machine};
use tamis::RuleSet;
use tamis::report::Timings;
use tamis::report::{Report, TimingsFile, page};
use tamis::sink::files::OutputFile;
use tamis::sink::state::{FOLDER, RunFile};
use tamis::source::Compression;

/// Files of `_tamis/`.
pub(super) const REPORT: &str = "report.json";
pub(super) const PAGE: &str = "report.html";
pub(super) const TIMINGS: &str = "timings.json";
const RUN: &str = "run.json";

#[derive(Args)]
pub(crate) struct Arguments {
    /// Output folder of a run of `tamis clean`
    #[arg(value_name = "RUN")]
    run: PathBuf,

    /// File for the page [default: _tamis/report.html in the run's folder]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, session: &Session) -> Result<u8, Failure> {
    on_this_machine(&arguments.run)?;
    let side = arguments.run.join(FOLDER);
    let file = side.join(REPORT);
    let json = std::fs::read(&file).map_err(|error| {
        Failure(format!(
            "{}: {error}; RUN is the output folder of a run of tamis clean that has ended",
            file.display()
        ))
    })?;
    let report =
        Report::read(&json).map_err(|error| Failure(format!("{}: {error}", file.display())))?;
    drop(json);
    // What else the run has is of use and not needed.
    let asked = std::fs::read(side.join(RUN)).ok();
    let asked = asked.and_then(|run| serde_json::from_slice::<RunFile>(&run).ok());
    let timings = std::fs::read(side.join(TIMINGS)).ok();
    let timings = timings.and_then(|json| serde_json::from_slice::<TimingsFile>(&json).ok());
    let output = arguments.output.clone().unwrap_or_else(|| side.join(PAGE));
    on_this_machine(&output)?;
    write(&output, &report, &asked.map(|run| run.rules).unwrap_or_default(), timings.as_ref())?;
    if !session.quiet {
        let mut out = terminal::out();
        let said = format!("{}: open it in a browser", output.display());
        written(writeln!(out, "{}", terminal::sanitise(&said)))?;
        written(out.flush())?;
    }
    Ok(DONE)
}

/// Writes a page, which appears when it is complete.
fn write(
    path: &Path,
    report: &Report,
    asked: &[String],
    timings: Option<&TimingsFile>,
) -> Result<(), Failure> {
    let about = |error: &dyn std::fmt::Display| Failure(format!("{}: {error}", path.display()));
    if path.is_dir() {
        return Err(about(&"is a folder; -o takes the name of a file"));
    }
    let mut file = OutputFile::create(path, Compression::None)?;
    page::write(&mut file, report, asked, timings).map_err(|error| about(&error))?;
    file.finish()?;
    Ok(())
}

/// Writes all that `_tamis/` says of what a run has come to: the report as data and as a page, and
/// the times of its rules if they were taken.
pub(super) fn write_all(
    root: &Path,
    report: &Report,
    asked: &[String],
    timings: Option<&Timings>,
    rules: &RuleSet,
) -> Result<(), Failure> {
    let side = root.join(FOLDER);
    let timings = timings.map(|timings| timings.file(rules));
    let json = |name: &str, write: &dyn Fn(&mut OutputFile) -> serde_json::Result<()>| {
        let path = side.join(name);
        let mut file = OutputFile::create(&path, Compression::None)?;
        write(&mut file).map_err(|error| Failure(format!("{}: {error}", path.display())))?;
        Ok::<(), Failure>(file.finish()?)
    };
    if let Some(timings) = &timings {
        json(TIMINGS, &|file| serde_json::to_writer_pretty(file, timings))?;
    }
    json(REPORT, &|file| serde_json::to_writer_pretty(file, report))?;
    write(&side.join(PAGE), report, asked, timings.as_ref())
}
