//! The run directory: cleaned documents under the inputs' names, and `_tamis/` beside them.
//!
//! Items are rendered to bytes on the workers ([`render`](super::render)), joined there for each
//! source of a batch ([`Rendered::append`]), and written in order ([`RunDir`]).

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::files::{OutputFile, SinkError, TEMPORARY_PREFIX, output_name};
use super::ledger::SourceEntry;
use super::lock::LOCK;
use super::part::remove;
use super::render::{Rendered, line};
use super::segments::{Packers, Segments};
use super::upload::{RemoteFolder, Uploads};
use crate::render::HtmlOutput;
use crate::source::compression::Packing;
use crate::source::{Compression, Origin, Place, Source};
use crate::store::Object;
use crate::survey::SurveyNote;

/// Name of the folder that holds all but the cleaned documents.
pub const FOLDER: &str = "_tamis";

/// File of `_tamis/` that is there while a run goes on: what it means to read, a [`Planned`] a line.
pub(super) const PLANNED: &str = "planned.jsonl";

/// File of `_tamis/` that is there while a run goes on: the last [`Progress`] that was saved.
pub(super) const PROGRESS: &str = "progress.json";

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
    /// The survey that was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<SurveyNote>,
    /// Documents were judged to the first rule that drops them only.
    #[serde(default)]
    pub fast: bool,
    /// What else was said of how to read the inputs, by the names of the arguments.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub input: BTreeMap<String, String>,
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
    /// The name of its output.
    pub output: String,
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
    pub fn of(source: &Source, html: HtmlOutput) -> Self {
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
        Self {
            source: source.name.to_string(),
            output: output_name(source, html),
            size: metadata.map(|metadata| metadata.len()).or(object.map(Object::size)),
            modified: since.and_then(|since| u64::try_from(since.as_nanos()).ok()),
            version: object.map(|object| object.version().to_owned()),
        }
    }
}

/// How far a run's files were written at the end of an epoch.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Lengths {
    /// Bytes of the files of `_tamis/`, in the order of [`SIDES`].
    sides: Vec<u64>,
    /// The source that was being read.
    current: Option<CurrentLength>,
    /// Outputs that were complete and still had to go up to an object store.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    uploads: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct CurrentLength {
    entry: SourceEntry,
    /// Bytes of its output, if it was begun.
    output: Option<u64>,
}

/// The state of a run at the end of an epoch, for taking it up again: `progress.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Progress<T> {
    /// Where reading goes on.
    pub place: Place,
    /// How far the files were written.
    pub lengths: Lengths,
    /// What was counted.
    pub counts: T,
}

/// The records that a run keeps beside the documents, each `_tamis/NAME.jsonl.zst`.
const SIDES: [&str; 6] = ["removed", "dropped", "unreadable", "originals", "metadata", "sources"];
/// Number of `sources` among them.
const SOURCES: usize = 5;

/// A run's output folder while it is written.
pub struct RunDir {
    root: PathBuf,
    /// In the order of [`SIDES`].
    sides: Vec<Segments>,
    packers: Packers,
    html: HtmlOutput,
    current: Option<Current>,
    uploads: Option<Uploads>,
}

struct Current {
    name: String,
    file: Option<Segments>,
    entry: SourceEntry,
}

fn side_path(root: &Path, name: &str) -> PathBuf {
    root.join(FOLDER).join(format!("{name}.jsonl.zst"))
}

impl RunDir {
    /// Opens the files of a new run under `root`, which must be free for it. Cleaned HTML is named
    /// for what it is written as. `threads` compress (0: as many as there are cores).
    ///
    /// # Errors
    /// If a file cannot be created.
    pub fn create(root: &Path, html: HtmlOutput, threads: usize) -> Result<Self, SinkError> {
        let side = |name| Segments::create(side_path(root, name), Packing::Side);
        let sides = SIDES.into_iter().map(side).collect::<Result<_, _>>()?;
        Self::over(root, html, threads, sides)
    }

    /// Takes up a run at the end of some epoch. What was written after it is forgotten, and will be
    /// written again.
    ///
    /// # Errors
    /// If a file is gone or shorter than it was, or cannot be changed.
    pub fn resume(
        root: &Path,
        html: HtmlOutput,
        threads: usize,
        lengths: &Lengths,
    ) -> Result<Self, SinkError> {
        let side = |(name, length): (_, &u64)| {
            Segments::reopen(side_path(root, name), Packing::Side, *length)
        };
        let sides = SIDES.into_iter().zip(&lengths.sides).map(side).collect::<Result<_, _>>()?;
        let mut run = Self::over(root, html, threads, sides)?;
        if let Some(CurrentLength { entry, output }) = lengths.current.clone() {
            let name = entry.output.clone().unwrap_or_default();
            let file = match output {
                Some(length) => {
                    let packing = entry.compression.into();
                    Some(Segments::reopen(root.join(&name), packing, length)?)
                }
                None => None,
            };
            run.current =
                Some(Current { name, file, entry: SourceEntry { output: None, ..entry } });
        }
        Ok(run)
    }

    fn over(
        root: &Path,
        html: HtmlOutput,
        threads: usize,
        sides: Vec<Segments>,
    ) -> Result<Self, SinkError> {
        let packers = Packers::start(threads).map_err(|error| SinkError::new(root, error))?;
        Ok(Self { root: root.to_owned(), sides, packers, html, current: None, uploads: None })
    }

    /// From now on what is complete goes up to a folder of an object store; also what was complete
    /// when the run was at these lengths and had not got there.
    ///
    /// # Errors
    /// If an upload fails.
    pub fn uploading(mut self, to: RemoteFolder, lengths: &Lengths) -> Result<Self, SinkError> {
        let mut uploads = Uploads::new(to, &self.root);
        for name in lengths.uploads.iter().filter(|name| is_inside(name)) {
            uploads.begin(name)?;
        }
        self.uploads = Some(uploads);
        Ok(self)
    }

    /// Gives up the uploads that go on; the state that was saved last begins them anew.
    pub fn stop_uploads(&mut self) {
        self.uploads = None;
    }

    /// A source is about to be written. Its file is created with the first kept record.
    pub fn start(&mut self, source: &Source) {
        self.current = Some(Current {
            name: output_name(source, self.html),
            file: None,
            entry: SourceEntry {
                source: source.name.to_string(),
                output: None,
                container: source.container,
                compression: source.compression,
                bytes: 0,
                items: 0,
                kept: 0,
                cut: 0,
                dropped: 0,
                unreadable: 0,
                blank: 0,
                final_newline: true,
                error: None,
            },
        });
    }

    /// Writes items of the current source.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&mut self, item: &Rendered) -> Result<(), SinkError> {
        let lines =
            [&item.removed, &item.dropped, &item.unreadable, &item.originals, &item.metadata];
        for (side, lines) in self.sides.iter_mut().zip(lines) {
            side.write(lines, &mut self.packers)?;
        }
        let Some(current) = &mut self.current else { return Ok(()) };
        current.entry.blank += item.counts.blank;
        current.entry.kept += item.counts.kept;
        current.entry.cut += item.counts.cut;
        current.entry.dropped += item.counts.dropped;
        current.entry.unreadable += item.counts.unreadable;
        if let Some(kept) = &item.kept {
            let file = match &mut current.file {
                Some(file) => file,
                None => {
                    let path = self.root.join(&current.name);
                    let packing = current.entry.compression.into();
                    current.file.insert(Segments::create(&path, packing)?)
                }
            };
            file.write(kept, &mut self.packers)?;
        }
        Ok(())
    }

    /// The current source has ended: its file appears under its final name.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn end(
        &mut self,
        bytes: u64,
        items: u64,
        final_newline: bool,
        error: Option<String>,
    ) -> Result<SourceEntry, SinkError> {
        let Some(mut current) = self.current.take() else {
            let error = std::io::Error::other("a source ended that had not started");
            return Err(SinkError::new(&self.root, error));
        };
        current.entry.bytes = bytes;
        current.entry.items = items;
        current.entry.final_newline = final_newline;
        current.entry.error = error;
        if let Some(file) = current.file {
            file.finish(&mut self.packers)?;
            if let Some(uploads) = &mut self.uploads {
                uploads.begin(&current.name)?;
            }
            current.entry.output = Some(current.name);
        }
        if let Some(sources) = self.sides.get_mut(SOURCES) {
            sources.write(&line(&current.entry), &mut self.packers)?;
        }
        Ok(current.entry)
    }

    /// An epoch of the input has ended: so do all segments. How far the files are now.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn mark(&mut self) -> Result<Lengths, SinkError> {
        // First all are handed out, then all are waited for.
        for side in &mut self.sides {
            side.cut(&mut self.packers)?;
        }
        let current = match &mut self.current {
            Some(Current { name, file, entry }) => {
                let length = match file {
                    Some(file) => Some(file.settle(&mut self.packers)?),
                    None => None,
                };
                let entry = SourceEntry { output: Some(name.clone()), ..entry.clone() };
                Some(CurrentLength { entry, output: length })
            }
            None => None,
        };
        let mut sides = Vec::new();
        for side in &mut self.sides {
            sides.push(side.settle(&mut self.packers)?);
        }
        let uploads = match &mut self.uploads {
            Some(uploads) => uploads.mark()?,
            None => Vec::new(),
        };
        Ok(Lengths { sides, current, uploads })
    }

    /// Writes `progress.json`, once all that it counts on would survive a power cut.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn save<T: Serialize>(&mut self, progress: &Progress<T>) -> Result<(), SinkError> {
        for side in &mut self.sides {
            side.sync()?;
        }
        if let Some(file) = self.current.as_mut().and_then(|current| current.file.as_mut()) {
            file.sync()?;
        }
        let path = self.root.join(FOLDER).join(PROGRESS);
        let bytes = serde_json::to_vec(progress)
            .map_err(|error| SinkError::new(path, std::io::Error::other(error)))?;
        self.write_side(PROGRESS, &bytes)?;
        self.uploads.as_mut().map_or(Ok(()), Uploads::saved)
    }

    /// Writes a small file of `_tamis/` at once.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_side(&self, name: &str, contents: &[u8]) -> Result<(), SinkError> {
        write_side(&self.root, name, contents)
    }

    /// All sources have ended: the ledger's files appear under their final names.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn finish(mut self) -> Result<(), SinkError> {
        for side in self.sides {
            side.finish(&mut self.packers)?;
        }
        self.uploads.map_or(Ok(()), Uploads::finish)
    }
}

/// Notes what a run is about to read, before anything is written.
///
/// # Errors
/// If it cannot be written.
pub fn plan(root: &Path, sources: &[Arc<Source>], html: HtmlOutput) -> Result<(), SinkError> {
    let planned: Vec<u8> =
        sources.iter().flat_map(|source| line(&Planned::of(source, html))).collect();
    write_side(root, PLANNED, &planned)
}

/// What an unfinished run left for being taken up: what it planned to read, and how far it came.
/// `None` if it had not come to the end of an epoch.
///
/// # Errors
/// If a file cannot be read or is not what this program writes.
pub fn interrupted<T: serde::de::DeserializeOwned>(
    root: &Path,
) -> Result<(Vec<Planned>, Option<Progress<T>>), SinkError> {
    let side = root.join(FOLDER);
    let read = |name: &str| match std::fs::read(side.join(name)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
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

/// Removes what only an unfinished run needs.
///
/// # Errors
/// If a file cannot be removed.
pub fn forget_progress(root: &Path) -> Result<(), SinkError> {
    for name in [PROGRESS, PLANNED] {
        super::part::remove(&root.join(FOLDER).join(name))?;
    }
    Ok(())
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

/// True if a name from a run's files stays inside the folder that it is joined to. The files may
/// be from anywhere.
pub(crate) fn is_inside(name: &str) -> bool {
    let mut parts = Path::new(name).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
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
    for name in planned.map(|planned| planned.output).filter(|name| is_inside(name)) {
        let path = root.join(name);
        remove(&path)?;
        let folder = path.parent().unwrap_or(root);
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(TEMPORARY_PREFIX) {
                remove(&entry.path())?;
            }
        }
    }
    let sources = side.join("sources.jsonl.zst");
    if let Ok(reader) = crate::source::compression::open_file(&sources, Compression::Zst) {
        for line in std::io::BufRead::lines(reader) {
            let line = line.map_err(|error| SinkError::new(&sources, error))?;
            let entry: Result<SourceEntry, _> = serde_json::from_str(&line);
            let output = entry.ok().and_then(|entry| entry.output);
            if let Some(output) = output.filter(|name| is_inside(name)) {
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::document::Format;
    use crate::sink::render::Counts;
    use crate::source::{Container, Origin};

    fn source(name: &str) -> Arc<Source> {
        Arc::new(Source {
            name: name.into(),
            origin: Origin::File(name.into()),
            container: Container::File(Format::Text),
            compression: Compression::None,
        })
    }

    fn kept(text: &str) -> Rendered {
        let counts = Counts { kept: 1, ..Counts::default() };
        Rendered { kept: Some(text.into()), counts, ..Rendered::default() }
    }

    #[test]
    fn clearing_takes_what_the_run_wrote_and_leaves_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("out");
        let (one, two) = (source("a/one.txt"), source("a/two.txt"));
        plan(&root, &[one.clone(), two.clone()], HtmlOutput::Text).unwrap();
        let mut run = RunDir::create(&root, HtmlOutput::Text, 1).unwrap();
        for source in [&one, &two] {
            run.start(source);
            run.write(&kept("text")).unwrap();
            run.end(4, 1, true, None).unwrap();
        }
        run.finish().unwrap();
        forget_progress(&root).unwrap();
        assert!(!root.join(FOLDER).join(PLANNED).exists());
        fs::write(root.join("a/mine.txt"), "mine").unwrap();
        fs::remove_file(root.join("a/two.txt")).unwrap();
        clear(&root).unwrap();
        assert!(!root.join("a/one.txt").exists());
        assert_eq!(fs::read_dir(root.join(FOLDER)).unwrap().count(), 0);
        assert_eq!(fs::read(root.join("a/mine.txt")).unwrap(), b"mine");
    }

    #[test]
    fn clearing_finds_what_a_killed_run_left() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let (one, two) = (source("a/one.txt"), source("a/two.txt"));
        plan(root, &[one.clone(), two], HtmlOutput::Text).unwrap();
        let mut run = RunDir::create(root, HtmlOutput::Text, 1).unwrap();
        run.start(&one);
        run.write(&kept("text")).unwrap();
        run.end(4, 1, true, None).unwrap();
        // As if killed now, with a file half-written.
        std::mem::forget(run);
        fs::write(root.join("a/.tamis-x.tmp"), "half").unwrap();
        fs::write(root.join("a/mine.txt"), "mine").unwrap();
        clear(root).unwrap();
        let left: Vec<_> =
            fs::read_dir(root.join("a")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["mine.txt"]);
    }

    #[test]
    fn a_ledger_from_elsewhere_cannot_reach_outside() {
        for (name, inside) in [
            ("a.txt", true),
            ("a/b..c.txt", true),
            ("../a.txt", false),
            ("a/../../b.txt", false),
            ("/etc/passwd", false),
            ("", false),
            (".", false),
        ] {
            assert_eq!(is_inside(name), inside, "{name}");
        }
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("out");
        fs::write(folder.path().join("precious.txt"), "keep").unwrap();
        let run = RunDir::create(&root, HtmlOutput::Text, 1).unwrap();
        run.finish().unwrap();
        write_side(&root, PLANNED, b"{\"source\":\"x\",\"output\":\"../precious.txt\"}\n").unwrap();
        clear(&root).unwrap();
        assert!(folder.path().join("precious.txt").exists());
    }

    #[test]
    fn a_source_without_a_kept_record_has_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let one = source("one.txt");
        let mut run = RunDir::create(folder.path(), HtmlOutput::Text, 1).unwrap();
        run.start(&one);
        let counts = Counts { dropped: 1, ..Counts::default() };
        run.write(&Rendered { counts, ..Rendered::default() }).unwrap();
        let entry = run.end(4, 1, true, None).unwrap();
        assert_eq!((entry.output, entry.dropped, entry.kept), (None, 1, 0));
        assert!(run.end(0, 0, true, None).is_err(), "it has ended already");
        run.finish().unwrap();
        assert!(!folder.path().join("one.txt").exists());
    }
}
