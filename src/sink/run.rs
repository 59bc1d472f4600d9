//! The run directory: cleaned documents under the inputs' names, and `_tamis/` beside them.
//!
//! Items are rendered to bytes on the workers ([`render`](super::render)), joined there for each
//! source of a batch ([`Rendered::append`]), and written in order ([`RunDir`]).

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::files::SinkError;
use super::ledger::SourceEntry;
use super::output::{GATHERED_BYTES, Outputs, Shape, Target};
use super::parquet::{Kept, KeptFile, RowLengths, RowOutputs, aside_path};
use super::render::{Rendered, line};
use super::segments::{Packers, Segments};
use super::state::{FOLDER, PROGRESS, is_inside, write_side};
use super::upload::{RemoteFolder, Uploads};
use crate::source::compression::Packing;
use crate::source::{Container, End, Place, Source};

/// How far a run's files were written at the end of an epoch.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Lengths {
    /// Bytes of the files of `_tamis/`, in the order of [`SIDES`].
    sides: Vec<u64>,
    /// The source that was being read.
    current: Option<CurrentLength>,
    /// The file that documents of several sources go to.
    gathered: Option<GatheredLength>,
    /// Outputs that were complete and still had to go up to an object store.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    uploads: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct CurrentLength {
    entry: SourceEntry,
    /// Bytes of its output, if it was begun.
    output: Option<u64>,
    /// Bytes of its files of rows.
    #[serde(default)]
    rows: RowLengths,
    target: Target,
    head: Cow<'static, str>,
    packing: Packing,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct GatheredLength {
    target: Target,
    packing: Packing,
    number: u64,
    bytes: u64,
    length: u64,
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
    annotated: bool,
    outputs: Outputs,
    gathered: Option<Gathered>,
    current: Option<Current>,
    uploads: Option<Uploads>,
}

/// A file that documents of several sources go to.
struct Gathered {
    target: Target,
    packing: Packing,
    number: u64,
    /// Uncompressed.
    bytes: u64,
    file: KeptFile,
}

struct Current {
    target: Target,
    /// What its file begins with.
    head: Cow<'static, str>,
    /// How what it is given is compressed; not at all if it is already.
    packing: Packing,
    file: Option<KeptFile>,
    /// The files of a source of rows, in place of that one.
    rows: Option<RowOutputs>,
    entry: SourceEntry,
}

fn side_path(root: &Path, name: &str) -> PathBuf {
    root.join(FOLDER).join(format!("{name}.jsonl.zst"))
}

impl RunDir {
    /// Opens the files of a new run under `root`, which must be free for it. `threads` compress (0: as
    /// many as there are cores).
    ///
    /// # Errors
    /// If a file cannot be created.
    pub fn create(root: &Path, outputs: Outputs, threads: usize) -> Result<Self, SinkError> {
        let side = |name| Segments::create(side_path(root, name), Packing::Side);
        let sides = SIDES.into_iter().map(side).collect::<Result<_, _>>()?;
        Self::over(root, outputs, threads, sides)
    }

    /// Takes up a run at the end of some epoch. What was written after it is forgotten, and will be
    /// written again.
    ///
    /// # Errors
    /// If a file is gone or shorter than it was, or cannot be changed.
    pub fn resume(
        root: &Path,
        outputs: Outputs,
        threads: usize,
        lengths: &Lengths,
    ) -> Result<Self, SinkError> {
        let side = |(name, length): (_, &u64)| {
            Segments::reopen(side_path(root, name), Packing::Side, *length)
        };
        let sides = SIDES.into_iter().zip(&lengths.sides).map(side).collect::<Result<_, _>>()?;
        let mut run = Self::over(root, outputs, threads, sides)?;
        if let Some(current) = lengths.current.clone() {
            let CurrentLength { entry, output, rows, target, head, packing } = current;
            let path = root.join(target.name(0));
            let is_rows = outputs.shape == Shape::Parquet;
            let reopen = |length| KeptFile::reopen(path, packing, length, is_rows);
            let file = output.map(reopen).transpose()?;
            let rows = run.rows(&entry, &target, rows);
            run.current = Some(Current { target, head, packing, file, rows, entry });
        }
        if let Some(gathered) = lengths.gathered.clone() {
            let GatheredLength { target, packing, number, bytes, length } = gathered;
            let (path, is_rows) = (root.join(target.name(number)), outputs.shape == Shape::Parquet);
            let file = KeptFile::reopen(path, packing, length, is_rows)?;
            run.gathered = Some(Gathered { target, packing, number, bytes, file });
        }
        Ok(run)
    }

    fn over(
        root: &Path,
        outputs: Outputs,
        threads: usize,
        sides: Vec<Segments>,
    ) -> Result<Self, SinkError> {
        let packers = Packers::start(threads).map_err(|error| SinkError::new(root, error))?;
        let (root, gathered, current, uploads) = (root.to_owned(), None, None, None);
        Ok(Self { root, sides, packers, annotated: false, outputs, gathered, current, uploads })
    }

    /// The same run, of which rows of Parquet have a column for annotations.
    #[must_use]
    pub fn annotated(mut self, annotated: bool) -> Self {
        self.annotated = annotated;
        if let Some(rows) = self.current.as_mut().and_then(|current| current.rows.as_mut()) {
            rows.annotated = annotated;
        }
        self
    }

    /// From now on what is complete goes up to a folder of an object store; also what was complete
    /// when the run was at these lengths and had not got there. Once `is_over` says so no upload is
    /// waited for any more; that is an error then.
    ///
    /// # Errors
    /// If an upload fails.
    pub fn uploading(
        mut self,
        to: RemoteFolder,
        lengths: &Lengths,
        is_over: impl Fn() -> bool + Send + Sync + 'static,
    ) -> Result<Self, SinkError> {
        let mut uploads = Uploads::new(to, &self.root, Box::new(is_over));
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

    /// The files of a source, if it is one of rows.
    fn rows(
        &self,
        entry: &SourceEntry,
        target: &Target,
        lengths: RowLengths,
    ) -> Option<RowOutputs> {
        let aside = aside_path(&self.root.join(FOLDER), &entry.source);
        let kept = (!entry.converted).then(|| self.root.join(target.name(0)));
        (entry.container == Container::Parquet)
            .then(|| RowOutputs::new(kept, aside, self.annotated, lengths))
    }

    /// A source is about to be written. Its file is created with the first kept record.
    pub fn start(&mut self, source: &Source) {
        tracing::debug!(source = &*source.name, "source started");
        let entry = SourceEntry {
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
        };
        let target = self.outputs.target(source);
        self.current = Some(Current {
            rows: self.rows(&entry, &target, RowLengths::default()),
            target,
            head: self.outputs.shape(source).head().into(),
            packing: match self.outputs.is_encoded(source) {
                true => Packing::None,
                false => self.outputs.compression(source).into(),
            },
            file: None,
            entry,
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
        current.entry.passed += item.counts.passed;
        current.entry.kept += item.counts.kept;
        current.entry.cut += item.counts.cut;
        current.entry.dropped += item.counts.dropped;
        current.entry.unreadable += item.counts.unreadable;
        let path = || self.root.join(current.target.name(0));
        let fault = |error: &dyn std::fmt::Display| {
            SinkError::new(path(), std::io::Error::other(error.to_string()))
        };
        if let (Some(files), Some(rows)) = (&mut current.rows, &item.rows.gathered) {
            let rows = rows.as_ref().map_err(|error| fault(error))?;
            files.write(rows, &mut self.packers)?;
        }
        let kept = match (&item.kept, &item.rows.documents) {
            (Some(kept), _) => Kept::Bytes(kept),
            (None, Some(rows)) => Kept::Rows(rows.as_ref().map_err(|error| fault(error))?),
            (None, None) => return Ok(()),
        };
        if current.target.is_shared() {
            return self.gather(kept);
        }
        let file = match &mut current.file {
            Some(file) => file,
            None => {
                let (packing, head) = (current.packing, &current.head);
                let file = KeptFile::create(path(), packing, head, kept, &mut self.packers)?;
                current.file.insert(file)
            }
        };
        file.write(kept, &mut self.packers)
    }

    /// Writes documents to the file that they share with those before them, or to the next one
    /// where that is full.
    fn gather(&mut self, kept: Kept<'_>) -> Result<(), SinkError> {
        let Some(current) = &mut self.current else { return Ok(()) };
        let is_full = |open: &mut Gathered| open.bytes >= GATHERED_BYTES;
        let mut number = 0;
        if let Some(full) = self.gathered.take_if(is_full) {
            number = full.number + 1;
            full.file.finish(&mut self.packers)?;
            if let Some(uploads) = &mut self.uploads {
                uploads.begin(&full.target.name(full.number))?;
            }
        }
        let gathered = match &mut self.gathered {
            Some(open) => open,
            None => {
                let (target, packing) = (current.target.clone(), current.packing);
                let path = self.root.join(target.name(number));
                let head = &current.head;
                let file = KeptFile::create(path, packing, head, kept, &mut self.packers)?;
                self.gathered.insert(Gathered { target, packing, number, bytes: 0, file })
            }
        };
        gathered.bytes += kept.bytes();
        current.entry.output.get_or_insert_with(|| gathered.target.name(gathered.number));
        gathered.file.write(kept, &mut self.packers)
    }

    /// The current source has ended: its file appears under its final name.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn end(&mut self, end: End) -> Result<SourceEntry, SinkError> {
        let End { bytes, items, final_newline, error, table, .. } = end;
        let Some(mut current) = self.current.take() else {
            let error = std::io::Error::other("a source ended that had not started");
            return Err(SinkError::new(&self.root, error));
        };
        current.entry.bytes = bytes;
        current.entry.items = items;
        current.entry.final_newline = final_newline || current.entry.container != Container::Jsonl;
        current.entry.error = error;
        let SourceEntry { source, bytes, kept, cut, dropped, unreadable, .. } = &current.entry;
        tracing::info!(source, bytes, kept, cut, dropped, unreadable, "source ended");
        if let Some(error) = &current.entry.error {
            tracing::warn!(source, error, "source could not be read to its end");
        }
        if let Some(file) = current.file {
            file.finish(&mut self.packers)?;
            current.entry.output = Some(current.target.name(0));
        }
        if let Some(rows) = current.rows
            && rows.finish(table.as_ref(), &mut self.packers)?
        {
            current.entry.output = Some(current.target.name(0));
        }
        if !current.target.is_shared()
            && let (Some(uploads), Some(output)) = (&mut self.uploads, &current.entry.output)
        {
            uploads.begin(output)?;
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
        if let Some(rows) = self.current.as_mut().and_then(|current| current.rows.as_mut()) {
            rows.cut(&mut self.packers)?;
        }
        let current = match &mut self.current {
            Some(Current { target, head, packing, file, rows, entry }) => {
                let rows = match rows {
                    Some(rows) => rows.settle(&mut self.packers)?,
                    None => RowLengths::default(),
                };
                let output = match file {
                    Some(file) => Some(file.settle(&mut self.packers)?),
                    None => None,
                };
                let (target, head, packing) = (target.clone(), head.clone(), *packing);
                Some(CurrentLength { entry: entry.clone(), output, rows, target, head, packing })
            }
            None => None,
        };
        let gathered = match &mut self.gathered {
            Some(Gathered { target, packing, number, bytes, file }) => {
                let length = file.settle(&mut self.packers)?;
                let (target, packing, number, bytes) = (target.clone(), *packing, *number, *bytes);
                Some(GatheredLength { target, packing, number, bytes, length })
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
        Ok(Lengths { sides, current, gathered, uploads })
    }

    /// Writes `progress.json`, once all that it counts on would survive a power cut.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn save<T: Serialize>(&mut self, progress: &Progress<T>) -> Result<(), SinkError> {
        for side in &mut self.sides {
            side.sync()?;
        }
        let current = self.current.as_mut().and_then(|current| current.file.as_mut());
        let gathered = self.gathered.as_mut().map(|gathered| &mut gathered.file);
        for file in current.into_iter().chain(gathered) {
            file.sync()?;
        }
        if let Some(rows) = self.current.as_mut().and_then(|current| current.rows.as_mut()) {
            rows.sync()?;
        }
        let path = self.root.join(FOLDER).join(PROGRESS);
        let bytes = serde_json::to_vec(progress)
            .map_err(|error| SinkError::new(path, std::io::Error::other(error)))?;
        write_side(&self.root, PROGRESS, &bytes)?;
        let place = progress.place;
        tracing::info!(sources = place.sources, inside = ?place.inside, "state saved");
        self.uploads.as_mut().map_or(Ok(()), Uploads::saved)
    }

    /// All sources have ended: the ledger's files appear under their final names.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn finish(mut self) -> Result<(), SinkError> {
        if let Some(gathered) = self.gathered {
            gathered.file.finish(&mut self.packers)?;
        }
        for side in self.sides {
            side.finish(&mut self.packers)?;
        }
        self.uploads.map_or(Ok(()), Uploads::finish)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use super::*;
    use crate::document::Format;
    use crate::sink::render::Counts;
    use crate::sink::state::{PLANNED, clear, forget_progress, plan};
    use crate::source::{Compression, Origin};

    fn source(name: &str) -> Arc<Source> {
        Arc::new(Source {
            name: name.into(),
            origin: Origin::File(name.into()),
            container: Container::File(Format::Text),
            compression: Compression::None,
        })
    }

    fn end(bytes: u64, items: u64) -> End {
        let (source, final_newline) = (source("one.txt"), true);
        End { source, bytes, items, final_newline, error: None, table: None }
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
        plan(&root, &[one.clone(), two.clone()], Outputs::default()).unwrap();
        let mut run = RunDir::create(&root, Outputs::default(), 1).unwrap();
        for source in [&one, &two] {
            run.start(source);
            run.write(&kept("text")).unwrap();
            run.end(end(4, 1)).unwrap();
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
        plan(root, &[one.clone(), two], Outputs::default()).unwrap();
        let mut run = RunDir::create(root, Outputs::default(), 1).unwrap();
        run.start(&one);
        run.write(&kept("text")).unwrap();
        run.end(end(4, 1)).unwrap();
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
        let run = RunDir::create(&root, Outputs::default(), 1).unwrap();
        run.finish().unwrap();
        write_side(&root, PLANNED, b"{\"source\":\"x\",\"output\":\"../precious.txt\"}\n").unwrap();
        clear(&root).unwrap();
        assert!(folder.path().join("precious.txt").exists());
    }

    #[test]
    fn gathered_files_of_a_killed_run_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let sources = ["a.txt", "b.txt", "c.txt"].map(source);
        let outputs = Outputs { shape: Shape::Csv, ..Outputs::default() };
        plan(root, &sources, outputs).unwrap();
        let mut run = RunDir::create(root, outputs, 1).unwrap();
        for source in &sources {
            run.start(source);
            run.write(&kept("x\r\n")).unwrap();
            run.end(end(4, 1)).unwrap();
            run.gathered.as_mut().unwrap().bytes = GATHERED_BYTES;
        }
        // As if killed now: two are complete, the third is not.
        std::mem::forget(run);
        assert_eq!(fs::read_dir(root).unwrap().count(), 4);
        clear(root).unwrap();
        let left: Vec<_> = fs::read_dir(root).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, [FOLDER]);
    }

    #[test]
    fn gathered_documents_go_to_the_next_file_when_one_is_full() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let sources = ["a.txt", "b.txt", "c.txt"].map(source);
        let compression = Some(Compression::None);
        let outputs = Outputs { shape: Shape::Csv, compression, ..Outputs::default() };
        plan(root, &sources, outputs).unwrap();
        let mut run = RunDir::create(root, outputs, 1).unwrap();
        let mut entries = Vec::new();
        for source in &sources {
            run.start(source);
            run.write(&kept(&format!("{}\r\n", source.name))).unwrap();
            entries.push(run.end(end(4, 1)).unwrap());
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
        let left: Vec<_> = fs::read_dir(root).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, [FOLDER]);
    }

    #[test]
    fn a_source_without_a_kept_record_has_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let one = source("one.txt");
        let mut run = RunDir::create(folder.path(), Outputs::default(), 1).unwrap();
        run.start(&one);
        let counts = Counts { dropped: 1, ..Counts::default() };
        run.write(&Rendered { counts, ..Rendered::default() }).unwrap();
        let entry = run.end(end(4, 1)).unwrap();
        assert_eq!((entry.output, entry.dropped, entry.kept), (None, 1, 0));
        assert!(run.end(end(0, 0)).is_err(), "it has ended already");
        run.finish().unwrap();
        assert!(!folder.path().join("one.txt").exists());
    }
}
