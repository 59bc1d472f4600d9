//! The output folder before a run: whether it is free, and whether an earlier run in it can be taken
//! up.

use std::io;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::output::Output;
use super::work::Counter;
use super::{Arguments, PAGE, REPORT, RULES, SURVEY, TIMINGS};
use crate::cli::{DONE, Failure, UNREADABLE};
use tamis::sink::files::TEMPORARY_PREFIX;
use tamis::sink::output::Outputs;
use tamis::sink::run::Progress;
use tamis::sink::state::{
    FOLDER, Planned, RunFile, clear, forget_progress, interrupted, plan, remove_side, sweep,
};
use tamis::sink::upload::{RemoteFolder, Standing};
use tamis::source::Source;

/// What stands in the output folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Folder {
    /// Nothing, or nothing but what a run left that had not begun to write.
    Free,
    /// A run that is to be replaced.
    Replaced,
    /// A run that is to be taken up.
    Interrupted,
    /// A run that was to be taken up, and is done.
    Done,
}

/// Where a run begins.
pub(super) struct Earlier {
    /// What an interrupted run left, if there was one.
    progress: Option<Progress<Counter>>,
    is_interrupted: bool,
}

impl Folder {
    /// What stands in the output folder, if it may be used.
    ///
    /// # Errors
    /// If it holds something else, or a run of which was not said what is to become of it.
    pub(super) fn look(arguments: &Arguments, output: &Output) -> Result<Self, Failure> {
        let local = Self::look_here(arguments, &output.root)?;
        match &output.remote {
            Some(remote) if local == Folder::Free => Self::look_there(arguments, output, remote),
            _ => Ok(local),
        }
    }

    /// What stands in an object store, where this machine has not begun to write to it.
    fn look_there(
        arguments: &Arguments,
        output: &Output,
        remote: &RemoteFolder,
    ) -> Result<Self, Failure> {
        let display = output.shown.display();
        let run = match remote.standing().map_err(|error| Failure(format!("{display}: {error}")))? {
            Standing::Nothing => return Ok(Folder::Free),
            Standing::Other => {
                return Err(Failure(format!(
                    "{display}: there are objects below this address, and no run of tamis; name \
                     another with -o"
                )));
            }
            Standing::Run(run) => run.unwrap_or_default(),
        };
        let state = serde_json::from_slice::<Value>(&run).unwrap_or_default();
        let is_done = state.get("state").and_then(Value::as_str) == Some("done");
        match (arguments.overwrite, arguments.resume, is_done) {
            (true, _, _) => Ok(Folder::Replaced),
            (_, true, true) => Ok(Folder::Done),
            (_, _, true) => {
                Err(Failure(format!("{display}: holds an earlier run; --overwrite replaces it")))
            }
            (_, _, false) => Err(Failure(format!(
                "{display}: holds a run that has not ended, of another machine or another work \
                 folder than {}; --resume goes on with it there; without that folder \
                 --overwrite begins it anew",
                output.root.display()
            ))),
        }
    }

    /// What stands in a folder of this machine.
    fn look_here(arguments: &Arguments, output: &Path) -> Result<Self, Failure> {
        let display = output.display();
        let about = |error: &io::Error| Failure(format!("{display}: {error}"));
        let mut names = Vec::new();
        match std::fs::read_dir(output) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Folder::Free),
            Err(error) => return Err(about(&error)),
            Ok(entries) => {
                for entry in entries {
                    names.push(entry.map_err(|error| about(&error))?.file_name());
                }
            }
        }
        if names.is_empty() || names.iter().all(|name| name == FOLDER) && is_unbegun(output) {
            return Ok(Folder::Free);
        }
        let state = match std::fs::read(output.join(FOLDER).join("run.json")) {
            Ok(bytes) => serde_json::from_slice::<Value>(&bytes).unwrap_or_default(),
            Err(_) => {
                return Err(Failure(format!(
                    "{display}: the folder is not empty and holds no run of tamis; name another \
                     with -o"
                )));
            }
        };
        let is_done = state.get("state").and_then(Value::as_str) == Some("done");
        match (arguments.overwrite, arguments.resume, is_done) {
            (true, _, _) => Ok(Folder::Replaced),
            (_, true, true) => Ok(Folder::Done),
            (_, true, false) => Ok(Folder::Interrupted),
            (_, _, true) => Err(Failure(format!(
                "{display}: the folder holds an earlier run; --overwrite replaces it"
            ))),
            (_, _, false) => Err(Failure(format!(
                "{display}: the folder holds a run that has not ended; --resume goes on with it, \
                 --overwrite replaces it"
            ))),
        }
    }

    /// Makes the folder ready. The inputs must be those that an interrupted run planned to read.
    ///
    /// # Errors
    /// If they are not, or a file cannot be written or removed.
    pub(super) fn make_ready(
        self,
        output: &Output,
        sources: &[Arc<Source>],
        outputs: Outputs,
    ) -> Result<Earlier, Failure> {
        let root = &output.root;
        let mut earlier = Earlier { progress: None, is_interrupted: self == Folder::Interrupted };
        match self {
            Folder::Interrupted => {
                sweep(root)?;
                let (planned, progress) = interrupted(root)?;
                compare_inputs(&planned, sources, outputs)?;
                earlier.progress = progress;
                // What a limit stopped has a report of what was done until then.
                for name in [REPORT, PAGE, TIMINGS] {
                    remove_side(root, name)?;
                }
            }
            Folder::Replaced | Folder::Free | Folder::Done => {
                clear(root)?;
                if let Some(remote) = output.remote.as_ref().filter(|_| self == Folder::Replaced) {
                    remote.clear()?;
                }
                plan(root, sources, outputs)?;
            }
        }
        Ok(earlier)
    }
}

impl Earlier {
    /// True if an interrupted run is taken up.
    pub(super) fn is_interrupted(&self) -> bool {
        self.is_interrupted
    }

    /// Sees that an interrupted run was run as this one is; its survey may be one that is made by
    /// itself.
    ///
    /// # Errors
    /// If it was not, with what differs.
    pub(super) fn compare(
        &self,
        root: &Path,
        state: &RunFile,
        rules: &str,
        is_auto: bool,
    ) -> Result<(), Failure> {
        if !self.is_interrupted {
            return Ok(());
        }
        let side = root.join(FOLDER);
        let read = |name: &str| {
            let path = side.join(name);
            std::fs::read(&path).map_err(|error| Failure(format!("{}: {error}", path.display())))
        };
        let mut before: Value = serde_json::from_slice(&read("run.json")?)?;
        let mut now = serde_json::to_value(state)?;
        // Before its survey is made a run knows none; where one was interrupted then, nothing was
        // written by it.
        if state.survey.is_none() && is_auto || self.progress.is_none() {
            for state in [&mut before, &mut now] {
                state.as_object_mut().map(|state| state.remove("survey"));
            }
        }
        let rules_before = read(RULES).unwrap_or_default();
        let rules_before = String::from_utf8_lossy(&rules_before);
        let differences = differences(&before, &now, &rules_before, rules);
        if differences.is_empty() {
            return Ok(());
        }
        Err(Failure(format!(
            "{}: the run there cannot be taken up, it was run otherwise:\n  {}\n\
             run the same command as then, or replace it with --overwrite",
            root.display(),
            differences.join("\n  ")
        )))
    }

    /// Where the run begins: `None` at the start.
    pub(super) fn start(self) -> Option<Progress<Counter>> {
        self.progress
    }
}

/// True if a run was planned here and got no further.
fn is_unbegun(root: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(root.join(FOLDER)) else { return false };
    entries.flatten().all(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        ["lock", "planned.jsonl", RULES].contains(&name.as_str())
            || name.starts_with(TEMPORARY_PREFIX)
    })
}

/// Sees that the inputs are what was planned.
fn compare_inputs(
    planned: &[Planned],
    sources: &[Arc<Source>],
    outputs: Outputs,
) -> Result<(), Failure> {
    let differs = |what: String| {
        Err(Failure(format!(
            "the run cannot be taken up, its inputs are not what they were: {what}; \
             --overwrite begins anew"
        )))
    };
    for (planned, source) in planned.iter().zip(sources) {
        let now = Planned::of(source, outputs);
        if planned.source != now.source {
            let (then, now) = (&planned.source, &now.source);
            return differs(format!("`{then}` was read where `{now}` would be read now"));
        }
        if *planned != now {
            return differs(format!("`{}` has changed since", now.source));
        }
    }
    match (planned.get(sources.len()), sources.get(planned.len())) {
        (Some(gone), _) => differs(format!("`{}` is missing", gone.source)),
        (_, Some(new)) => differs(format!("`{}` is new", new.name)),
        (None, None) => Ok(()),
    }
}

/// What differs between two runs, a line each.
fn differences(before: &Value, now: &Value, rules_before: &str, rules: &str) -> Vec<String> {
    // How the inputs are named does not matter, what they are has been compared. Settings hold
    // all that was said, also of what changes nothing, such as threads; the rest stands by itself.
    const FREE: [&str; 4] = ["inputs", "state", "code", "settings"];
    let empty = serde_json::Map::new();
    let (before, now) = (before.as_object().unwrap_or(&empty), now.as_object().unwrap_or(&empty));
    let mut names: Vec<&String> = before.keys().chain(now.keys()).collect();
    names.sort();
    names.dedup();
    let mut lines = Vec::new();
    for name in names {
        let (then, now) = (before.get(name), now.get(name));
        if then == now || FREE.contains(&name.as_str()) {
            continue;
        }
        let shown = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
        lines.push(match name.as_str() {
            "rules_hash" => rules_difference(rules_before, rules),
            _ => format!("{name}: {} then, {} now", shown(then), shown(now)),
        });
    }
    lines
}

/// Where two effective rules files part.
fn rules_difference(before: &str, now: &str) -> String {
    let mut rule = "";
    let mut lines = before.lines();
    for new in now.lines() {
        if new.starts_with('[') {
            rule = new;
        }
        let old = lines.next();
        if old != Some(new) {
            let old = old.unwrap_or("nothing");
            return format!("rules: in {rule} `{old}` then, `{new}` now");
        }
    }
    match lines.next() {
        Some(old) => format!("rules: `{old}` then, nothing now"),
        None => "rules: the program reads them otherwise".to_owned(),
    }
}

/// The exit code of a run that is done already.
pub(super) fn done_before(output: &Output, incomplete: bool) -> Result<u8, Failure> {
    let root = &output.root;
    let path = output.shown.join(FOLDER).join("run.json");
    let about = |error: &dyn std::fmt::Display| Failure(format!("{}: {error}", path.display()));
    let bytes = match &output.remote {
        Some(remote) => match remote.standing().map_err(|error| about(&error))? {
            Standing::Run(Some(run)) => run,
            Standing::Run(None) | Standing::Nothing | Standing::Other => Vec::new(),
        },
        None => std::fs::read(&path).map_err(|error| about(&error))?,
    };
    let state: RunFile = serde_json::from_slice(&bytes).map_err(|error| about(&error))?;
    // What only an unfinished run needs may be left over.
    if output.remote.is_none() {
        sweep(root)?;
        forget_progress(root)?;
    }
    let _ = std::fs::remove_file(root.join(FOLDER).join(SURVEY));
    Ok(state.code.unwrap_or(DONE).max(if incomplete { UNREADABLE } else { DONE }))
}
