//! What a run says of itself in `_tamis/`, so that it can be taken up, replaced or undone: what was
//! run, what it means to read, and what of it there is to remove.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead};
use std::path::{Component, Path};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::files::{OutputFile, SinkError, TEMPORARY_PREFIX, TEMPORARY_SUFFIX};
use super::ledger::SourceEntry;
use super::lock::LOCK;
use super::output::Outputs;
use super::part::remove;
use super::render::line;
use crate::source::{Compression, Origin, Source};
use crate::store::Object;
use crate::survey::SurveyNote;

/// Name of the folder that holds all but the cleaned documents.
pub const FOLDER: &str = "_tamis";

/// File of `_tamis/` that is there while a run goes on: what it means to read, a [`Planned`] a line.
pub(super) const PLANNED: &str = "planned.jsonl";

/// File of `_tamis/` that is there while a run goes on: the last [`Progress`](super::run::Progress) that was
/// saved.
pub(super) const PROGRESS: &str = "progress.json";

/// File of `_tamis/` that lists the sources, a [`SourceEntry`] a line.
pub(super) const SOURCES: &str = "sources.jsonl.zst";

/// `run.json`: what was run, on what.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunFile {
    /// Version of this shape.
    pub format: u32,
    /// Version of the program.
    pub version: String,
    /// Hash of the rules in force.
    pub rules_hash: String,
    /// Rules asked for.
    pub rules: Vec<String>,
    /// Inputs asked for.
    pub inputs: Vec<String>,
    /// JSON field of the text.
    pub text_field: String,
    /// JSON field of the id, if asked for.
    pub id_field: Option<String>,
    /// JSON field of the address, if asked for.
    pub url_field: Option<String>,
    /// Largest record in bytes.
    pub max_bytes: usize,
    /// Records carry an annotation.
    pub annotate: bool,
    /// How cleaned HTML was written, if not as text: `markdown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html_output: Option<String>,
    /// How links were written in it, if not as Markdown: `text`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html_links: Option<String>,
    /// What records were written as, if not as they came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_format: Option<String>,
    /// How files were compressed, if not as their source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_compression: Option<String>,
    /// What cannot be made again was not kept beside the output.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_originals: bool,
    /// Samples that the report keeps for each rule, if others than usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<usize>,
    /// The survey that was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<SurveyNote>,
    /// Documents were judged to the first rule that drops them only.
    #[serde(default)]
    pub fast: bool,
    /// What else was said of how to read the inputs, by the names of the arguments.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub input: BTreeMap<String, String>,
    /// All settings that were in force, by the names of the arguments: a run can be done again from
    /// them.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// `running`, then `done`.
    pub state: String,
    /// What the program ended with, once it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u8>,
}

/// A source as a run means to read it. A run that is taken up again must find it so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// The source's name.
    pub source: String,
    /// The name of its output; of files that several sources share, the first.
    pub output: String,
    /// True if its output is shared.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
    /// Bytes of its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// When its file was last changed, in nanoseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<u64>,
    /// What tells an object's contents from others of its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

impl Planned {
    /// A source as it is now.
    pub fn of(source: &Source, outputs: Outputs) -> Self {
        let metadata = match &source.origin {
            Origin::File(path) => std::fs::metadata(path).ok(),
            Origin::Stdin | Origin::Remote(_) => None,
        };
        let object = match &source.origin {
            Origin::Remote(object) => Some(object),
            Origin::File(_) | Origin::Stdin => None,
        };
        let modified = metadata.as_ref().and_then(|metadata| metadata.modified().ok());
        let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let target = outputs.target(source);
        Self {
            source: source.name.to_string(),
            output: target.name(0),
            shared: target.is_shared(),
            size: metadata.map(|metadata| metadata.len()).or(object.map(Object::size)),
            modified: since.and_then(|since| u64::try_from(since.as_nanos()).ok()),
            version: object.map(|object| object.version().to_owned()),
        }
    }
}

/// Notes what a run is about to read, before anything is written.
///
/// # Errors
/// If it cannot be written.
pub fn plan(root: &Path, sources: &[Arc<Source>], outputs: Outputs) -> Result<(), SinkError> {
    let planned: Vec<u8> =
        sources.iter().flat_map(|source| line(&Planned::of(source, outputs))).collect();
    write_side(root, PLANNED, &planned)
}

/// What an unfinished run left for being taken up: what it planned to read, and how far it came.
/// `None` if it had not come to the end of an epoch.
///
/// # Errors
/// If a file cannot be read or is not what this program writes.
pub fn interrupted<P: serde::de::DeserializeOwned>(
    root: &Path,
) -> Result<(Vec<Planned>, Option<P>), SinkError> {
    let side = root.join(FOLDER);
    let read = |name: &str| match std::fs::read(side.join(name)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SinkError::new(side.join(name), error)),
    };
    let broken =
        |name: &str, error: serde_json::Error| SinkError::new(side.join(name), error.into());
    let mut planned = Vec::new();
    for line in read(PLANNED)?.unwrap_or_default().split(|&byte| byte == b'\n') {
        if !line.is_empty() {
            planned.push(serde_json::from_slice(line).map_err(|error| broken(PLANNED, error))?);
        }
    }
    let progress = match read(PROGRESS)? {
        Some(bytes) => {
            Some(serde_json::from_slice(&bytes).map_err(|error| broken(PROGRESS, error))?)
        }
        None => None,
    };
    Ok((planned, progress))
}

/// Removes the small files that a killed run left half-written. Nobody else may be writing.
///
/// # Errors
/// If one cannot be removed.
pub fn sweep(root: &Path) -> Result<(), SinkError> {
    let side = root.join(FOLDER);
    for entry in std::fs::read_dir(&side).map_err(|error| SinkError::new(&side, error))?.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(TEMPORARY_PREFIX) && name.ends_with(TEMPORARY_SUFFIX) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes what only an unfinished run needs.
///
/// # Errors
/// If a file cannot be removed.
pub fn forget_progress(root: &Path) -> Result<(), SinkError> {
    [PROGRESS, PLANNED].iter().try_for_each(|name| remove_side(root, name))
}

/// Writes a small file of a run's `_tamis/` at once.
///
/// # Errors
/// If it cannot be written.
pub fn write_side(root: &Path, name: &str, contents: &[u8]) -> Result<(), SinkError> {
    let mut file = OutputFile::create(root.join(FOLDER).join(name), Compression::None)?;
    file.write(contents)?;
    file.finish()
}

/// Removes a small file of a run's `_tamis/`, if it is there.
///
/// # Errors
/// If it cannot be removed.
pub fn remove_side(root: &Path, name: &str) -> Result<(), SinkError> {
    remove(&root.join(FOLDER).join(name))
}

/// True if a name from a run's files stays inside the folder that it is joined to. The files may
/// be from anywhere.
pub(crate) fn is_inside(name: &str) -> bool {
    let mut parts = Path::new(name).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// The outputs that a run's list of sources names ([`SOURCES`], decompressed). They may be names from
/// anywhere: see [`is_inside`].
pub(super) fn outputs_named(list: impl BufRead) -> impl Iterator<Item = io::Result<String>> {
    list.lines().filter_map(|line| {
        let entry = line.map(|line| serde_json::from_str::<SourceEntry>(&line).ok());
        entry.map(|entry| entry.and_then(|entry| entry.output)).transpose()
    })
}

/// Frees an output folder of an earlier run: removes the cleaned files that the run names, then
/// its `_tamis/`. Files that are not the run's stay.
///
/// # Errors
/// If a file cannot be removed.
pub fn clear(root: &Path) -> Result<(), SinkError> {
    let side = root.join(FOLDER);
    // Of a run that was ended from outside, what it meant to write and what it left half-written.
    let planned = std::fs::read_to_string(side.join(PLANNED)).unwrap_or_default();
    let planned = planned.lines().filter_map(|line| serde_json::from_str::<Planned>(line).ok());
    let mut folders = BTreeSet::from([root.to_owned()]);
    for planned in planned.filter(|planned| is_inside(&planned.output)) {
        let path = root.join(&planned.output);
        folders.extend(path.parent().map(Path::to_owned));
        remove(&path)?;
        let first = planned.shared.then(|| planned.output.rsplit_once("00000")).flatten();
        for number in 1.. {
            let Some((before, after)) = first else { break };
            let next = root.join(format!("{before}{number:05}{after}"));
            if !next.exists() {
                break;
            }
            remove(&next)?;
        }
    }
    for folder in folders {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(TEMPORARY_PREFIX) {
                remove(&entry.path())?;
            }
        }
    }
    let sources = side.join(SOURCES);
    if let Ok(reader) = crate::source::compression::open_file(&sources, Compression::Zst) {
        for output in outputs_named(reader) {
            let output = output.map_err(|error| SinkError::new(&sources, error))?;
            if is_inside(&output) {
                remove(&root.join(output))?;
            }
        }
    }
    // All but the lock, which whoever clears the folder holds.
    for entry in std::fs::read_dir(&side).map_err(|error| SinkError::new(&side, error))? {
        let path = entry.map_err(|error| SinkError::new(&side, error))?.path();
        if path.file_name() == Some(std::ffi::OsStr::new(LOCK)) {
            continue;
        }
        let is_folder = path.is_dir() && !path.is_symlink();
        let removed =
            if is_folder { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        removed.map_err(|error| SinkError::new(&path, error))?;
    }
    Ok(())
}
