//! The run directory: cleaned documents under the inputs' names, and `_tamis/` beside them.
//!
//! Items are rendered to bytes on the workers ([`render`](super::render)), joined there for each
//! source of a batch ([`Rendered::append`]), and written in order ([`RunDir`]).

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::files::{OutputFile, SinkError, TEMPORARY_PREFIX};
use super::ledger::SourceEntry;
use super::output::{GATHERED_BYTES, Outputs, Place, Shape};
use super::render::{Rendered, line};
use crate::source::{Compression, Container, Source};
use crate::survey::SurveyNote;

/// Name of the folder that holds all but the cleaned documents.
pub const FOLDER: &str = "_tamis";

/// File of `_tamis/` that is there while a run goes on: the names of all outputs, a JSON string each.
const PLANNED: &str = "planned.jsonl";

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
    /// How outputs were compressed, if not as their sources: `none`, `gz`, `zst`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_compression: Option<String>,
    /// What cannot be made again was not kept, so that the run cannot be restored.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_originals: bool,
    /// The survey that was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<SurveyNote>,
    /// `running`, then `done`.
    pub state: String,
}

/// A run's output folder while it is written.
pub struct RunDir {
    root: PathBuf,
    removed: OutputFile,
    dropped: OutputFile,
    unreadable: OutputFile,
    originals: OutputFile,
    metadata: OutputFile,
    sources: OutputFile,
    outputs: Outputs,
    /// The names of all outputs so far known, a line each.
    planned: String,
    gathered: Option<Gathered>,
    current: Option<Current>,
}

/// A file that documents of several sources go to.
struct Gathered {
    place: Place,
    number: u64,
    bytes: u64,
    file: OutputFile,
}

struct Current {
    place: Place,
    head: &'static str,
    container: Container,
    /// Compression of what it is given; none if that is compressed already.
    encoding: Compression,
    file: Option<OutputFile>,
    entry: SourceEntry,
}

impl RunDir {
    /// Opens the files of a new run over `sources` under `root`, which must be free for it.
    ///
    /// # Errors
    /// If a file cannot be created, or two outputs would be one file.
    pub fn create(
        root: &Path,
        sources: &[Arc<Source>],
        outputs: Outputs,
    ) -> Result<Self, SinkError> {
        if let Some([one, other]) = outputs.clash(sources.iter().map(|source| &**source)) {
            let message = format!("{one} and {other} would come out under one name");
            let error = std::io::Error::new(std::io::ErrorKind::AlreadyExists, message);
            return Err(SinkError::new(root, error));
        }
        let mut planned = String::new();
        for source in sources {
            if let Place::Own(name) = outputs.place(source) {
                add_planned(&mut planned, &name);
            }
        }
        write_side(root, PLANNED, planned.as_bytes())?;
        let side =
            |name: &str| OutputFile::side(root.join(FOLDER).join(format!("{name}.jsonl.zst")));
        Ok(Self {
            root: root.to_owned(),
            removed: side("removed")?,
            dropped: side("dropped")?,
            unreadable: side("unreadable")?,
            originals: side("originals")?,
            metadata: side("metadata")?,
            sources: side("sources")?,
            outputs,
            planned,
            gathered: None,
            current: None,
        })
    }

    /// A source is about to be written.
    ///
    /// # Errors
    /// None yet: its file is created with the first kept record.
    pub fn start(&mut self, source: &Source) -> Result<(), SinkError> {
        self.current = Some(Current {
            place: self.outputs.place(source),
            head: self.outputs.shape(source).head(),
            container: source.container,
            encoding: match self.outputs.is_encoded(source) {
                true => Compression::None,
                false => self.outputs.compression(source),
            },
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
                passed: 0,
                converted: self.outputs.shape(source) != Shape::Same,
                output_compression: self.outputs.compression,
                final_newline: true,
                error: None,
            },
        });
        Ok(())
    }

    /// Writes items of the current source.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&mut self, item: &Rendered) -> Result<(), SinkError> {
        self.removed.write(&item.removed)?;
        self.dropped.write(&item.dropped)?;
        self.unreadable.write(&item.unreadable)?;
        self.originals.write(&item.originals)?;
        self.metadata.write(&item.metadata)?;
        let Some(current) = &mut self.current else { return Ok(()) };
        current.entry.blank += item.counts.blank;
        current.entry.passed += item.counts.passed;
        current.entry.kept += item.counts.kept;
        current.entry.cut += item.counts.cut;
        current.entry.dropped += item.counts.dropped;
        current.entry.unreadable += item.counts.unreadable;
        if let Some(kept) = &item.kept {
            let file = match &mut current.file {
                Some(file) => file,
                None if matches!(current.place, Place::Shared { .. }) => {
                    let mut current = self.current.take();
                    let gathered = current.as_mut().map(|current| self.gather(current, kept));
                    self.current = current;
                    return gathered.unwrap_or(Ok(()));
                }
                None => {
                    let path = self.root.join(current.place.name(0));
                    let mut file = OutputFile::create(&path, current.encoding)?;
                    file.write(current.head.as_bytes())?;
                    current.file.insert(file)
                }
            };
            file.write(kept)?;
        }
        Ok(())
    }

    /// Writes documents to the file that they share with those before them, or to the next one
    /// where that is full.
    fn gather(&mut self, current: &mut Current, kept: &[u8]) -> Result<(), SinkError> {
        let number = match self.gathered.take() {
            Some(open) if open.bytes < GATHERED_BYTES && open.place == current.place => {
                let number = open.number;
                self.gathered = Some(open);
                number
            }
            Some(full) => {
                full.file.finish()?;
                full.number + 1
            }
            None => 0,
        };
        let gathered = match &mut self.gathered {
            Some(open) => open,
            None => {
                let name = current.place.name(number);
                add_planned(&mut self.planned, &name);
                write_side(&self.root, PLANNED, self.planned.as_bytes())?;
                let mut file = OutputFile::create(self.root.join(name), current.encoding)?;
                file.write(current.head.as_bytes())?;
                let place = current.place.clone();
                self.gathered.insert(Gathered { place, number, bytes: 0, file })
            }
        };
        gathered.bytes = gathered.bytes.saturating_add(kept.len() as u64);
        current.entry.output.get_or_insert_with(|| current.place.name(number));
        gathered.file.write(kept)
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
        current.entry.final_newline = final_newline || current.container != Container::Jsonl;
        current.entry.error = error;
        if let Some(file) = current.file {
            file.finish()?;
            current.entry.output = Some(current.place.name(0));
        }
        self.sources.write(&line(&current.entry))?;
        Ok(current.entry)
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
    pub fn finish(self) -> Result<(), SinkError> {
        if let Some(gathered) = self.gathered {
            gathered.file.finish()?;
        }
        let ledger = [self.removed, self.dropped, self.unreadable, self.originals];
        for file in ledger.into_iter().chain([self.metadata, self.sources]) {
            file.finish()?;
        }
        let planned = self.root.join(FOLDER).join(PLANNED);
        std::fs::remove_file(&planned).map_err(|error| SinkError::new(planned, error))
    }
}

fn add_planned(planned: &mut String, name: &str) {
    planned.push_str(&serde_json::Value::from(name).to_string());
    planned.push('\n');
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
    let remove = |path: &Path| match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(SinkError::new(path, error))
        }
        _ => Ok(()),
    };
    // Of a run that was ended from outside, what it meant to write and what it left half-written.
    let planned = std::fs::read_to_string(side.join(PLANNED)).unwrap_or_default();
    let names = planned.lines().filter_map(|line| serde_json::from_str::<String>(line).ok());
    for name in names.filter(|name| is_inside(name)) {
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
    std::fs::remove_dir_all(&side).map_err(|error| SinkError::new(&side, error))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::document::Format;
    use crate::sink::render::Counts;
    use crate::source::Origin;

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
        let mut run =
            RunDir::create(&root, &[one.clone(), two.clone()], Outputs::default()).unwrap();
        for source in [&one, &two] {
            run.start(source).unwrap();
            run.write(&kept("text")).unwrap();
            run.end(4, 1, true, None).unwrap();
        }
        run.finish().unwrap();
        assert!(!root.join(FOLDER).join(PLANNED).exists());
        fs::write(root.join("a/mine.txt"), "mine").unwrap();
        fs::remove_file(root.join("a/two.txt")).unwrap();
        clear(&root).unwrap();
        assert!(!root.join("a/one.txt").exists() && !root.join(FOLDER).exists());
        assert_eq!(fs::read(root.join("a/mine.txt")).unwrap(), b"mine");
    }

    #[test]
    fn clearing_finds_what_a_killed_run_left() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let (one, two) = (source("a/one.txt"), source("a/two.txt"));
        let mut run = RunDir::create(root, &[one.clone(), two], Outputs::default()).unwrap();
        run.start(&one).unwrap();
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
        let run = RunDir::create(&root, &[], Outputs::default()).unwrap();
        run.finish().unwrap();
        write_side(&root, PLANNED, b"\"../precious.txt\"\n").unwrap();
        clear(&root).unwrap();
        assert!(folder.path().join("precious.txt").exists());
    }

    #[test]
    fn gathered_documents_go_to_the_next_file_when_one_is_full() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let sources = ["a.txt", "b.txt", "c.txt"].map(source);
        let compression = Some(Compression::None);
        let outputs = Outputs { shape: Shape::Csv, compression, ..Outputs::default() };
        let mut run = RunDir::create(root, &sources, outputs).unwrap();
        let mut entries = Vec::new();
        for source in &sources {
            run.start(source).unwrap();
            run.write(&kept(&format!("{}\r\n", source.name))).unwrap();
            entries.push(run.end(4, 1, true, None).unwrap());
            let gathered = run.gathered.as_mut().unwrap();
            gathered.bytes = if &*source.name == "b.txt" { GATHERED_BYTES } else { 7 };
        }
        run.finish().unwrap();
        let outputs: Vec<_> = entries.iter().flat_map(|entry| entry.output.as_deref()).collect();
        assert_eq!(outputs, ["documents-00000.csv", "documents-00000.csv", "documents-00001.csv"]);
        assert!(entries.iter().all(|entry| entry.converted));
        let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
        assert_eq!(read(outputs[0]), "text,id,url,metadata\r\na.txt\r\nb.txt\r\n");
        assert_eq!(read(outputs[2]), "text,id,url,metadata\r\nc.txt\r\n");
        clear(root).unwrap();
        assert_eq!(fs::read_dir(root).unwrap().count(), 0);
    }

    #[test]
    fn a_source_without_a_kept_record_has_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let one = source("one.txt");
        let mut run =
            RunDir::create(folder.path(), std::slice::from_ref(&one), Outputs::default()).unwrap();
        run.start(&one).unwrap();
        let counts = Counts { dropped: 1, ..Counts::default() };
        run.write(&Rendered { counts, ..Rendered::default() }).unwrap();
        let entry = run.end(4, 1, true, None).unwrap();
        assert_eq!((entry.output, entry.dropped, entry.kept), (None, 1, 0));
        assert!(run.end(0, 0, true, None).is_err(), "it has ended already");
        run.finish().unwrap();
        assert!(!folder.path().join("one.txt").exists());
    }
}
