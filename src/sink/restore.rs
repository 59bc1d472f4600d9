//! Restoring: a run's cleaned documents and its ledger put back together into the inputs.
//!
//! All files of a run are in the order of its input, so they are walked side by side and memory
//! does not grow with the run.

use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::files::{OutputFile, SinkError};
use super::ledger::{Dropped, Original, Raw, Removed, SourceEntry, Spelling, Unreadable, in_order};
use super::output::Shape;
use super::parquet::{Restoring, aside_path};
use super::render::ANNOTATION;
use super::state::{FOLDER, RunFile, is_inside};
use crate::document::Body;
use crate::edit::put_back;
use crate::source::compression;
use crate::source::jsonl::{JsonStyle, encode, splice, strip_field};
use crate::source::{
    Compression, Container, End, Event, Item, Origin, ReadOptions, Reader, Source, is_blank, parse,
};
use crate::source::{csv, warc};

/// Why a run cannot be restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// A file of the run cannot be read.
    #[error("{}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        error: io::Error,
    },
    /// A file of the run is not what this program writes.
    #[error("{}: line {line}: {message}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// The cleaned documents and the ledger do not fit together: a file was changed or is missing.
    #[error("{source_name}, record {ordinal}: {message}")]
    Mismatch {
        /// The source's name.
        source_name: String,
        /// The record's number.
        ordinal: u64,
        /// What does not fit.
        message: &'static str,
    },
    /// The run left out what it takes.
    #[error("{}: the run was made with {flag}, which leaves out what it would take to put its inputs back together", path.display())]
    NoOriginals {
        /// `run.json`.
        path: PathBuf,
        /// The flag that did it.
        flag: &'static str,
    },
    /// The run has not ended.
    #[error("{}: the run has not ended (state \"{state}\"); only a finished run can be restored", path.display())]
    NotDone {
        /// `run.json`.
        path: PathBuf,
        /// Its state.
        state: String,
    },
    /// An output file cannot be written.
    #[error(transparent)]
    Write(#[from] SinkError),
    /// A table cannot be read or written.
    #[error("{source_name}: {message}")]
    Table {
        /// The source's name.
        source_name: String,
        /// What went wrong.
        message: String,
    },
}

/// What was restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Files written.
    pub sources: u64,
    /// Bytes written, before compression.
    pub bytes: u64,
}

/// Puts the inputs of a finished run back together under `output`, each under its source's name
/// and with its compression.
///
/// # Errors
/// [`RestoreError`]: a file of the run is missing, broken or was changed, or an output cannot be
/// written.
pub fn restore(run: &Path, output: &Path) -> Result<Restored, RestoreError> {
    let state = read_run(run)?;
    if state.no_originals {
        let is_beside = state.output_format.as_deref() == Some(Shape::Attributes.name());
        let flag = if is_beside { "--output-format attributes" } else { "--no-originals" };
        let path = run.join(FOLDER).join("run.json");
        return Err(RestoreError::NoOriginals { path, flag });
    }
    let mut walk = Walk {
        root: run.to_owned(),
        options: ReadOptions {
            text_field: state.text_field.clone(),
            id_field: state.id_field.clone(),
            url_field: state.url_field.clone(),
            // What was written is never longer than what was read plus its annotation.
            max_bytes: usize::MAX,
            ..ReadOptions::default()
        },
        annotated: state.annotate,
        removed: Side::open(run, "removed")?,
        dropped: Side::open(run, "dropped")?,
        unreadable: Side::open(run, "unreadable")?,
        originals: Side::open(run, "originals")?,
    };
    let mut sources: Side<SourceEntry> = Side::open(run, "sources")?;
    let mut done = Restored::default();
    while let Some(entry) = sources.next()? {
        if entry.items == 0 && entry.error.is_some() {
            // It could not be opened: there is nothing to put back.
            continue;
        }
        for name in [Some(&entry.source), entry.output.as_ref()].into_iter().flatten() {
            if !is_inside(name) {
                let message = "the name leads out of the folder";
                return Err(mismatch(&entry.source, 0, message));
            }
        }
        let path = output.join(&entry.source);
        let mut file = OutputFile::create(&path, entry.compression)?;
        match entry.container {
            Container::File(_) => walk.file(&entry, &mut file, &mut done)?,
            Container::Jsonl | Container::Warc | Container::Csv | Container::Tsv => {
                walk.items(&entry, &mut file, &mut done)?
            }
            Container::Parquet => file = walk.rows(&entry, file, &mut done)?,
        }
        file.finish()?;
        done.sources += 1;
    }
    Ok(done)
}

/// Reads a run's `run.json` and sees that the run has ended.
///
/// # Errors
/// If it is missing, broken, or the run has not ended.
pub fn read_run(run: &Path) -> Result<RunFile, RestoreError> {
    let path = run.join(FOLDER).join("run.json");
    let text = std::fs::read_to_string(&path)
        .map_err(|error| RestoreError::Read { path: path.clone(), error })?;
    let state: RunFile = serde_json::from_str(&text).map_err(|error| RestoreError::Broken {
        path: path.clone(),
        line: error.line() as u64,
        message: error.to_string(),
    })?;
    if state.state == "done" {
        Ok(state)
    } else {
        Err(RestoreError::NotDone { path, state: state.state })
    }
}

/// A record of a side file: where it belongs.
trait Placed {
    fn place(&self) -> (&str, u64);
}

macro_rules! placed {
    ($($shape:ty),*) => {$(
        impl Placed for $shape {
            fn place(&self) -> (&str, u64) {
                (&self.source, self.ordinal)
            }
        }
    )*};
}
placed!(Removed, Dropped, Unreadable, Original);

/// One of the ledger's files, read record by record.
struct Side<T> {
    path: PathBuf,
    reader: Box<dyn BufRead>,
    line: u64,
    head: Option<T>,
}

impl<T: DeserializeOwned> Side<T> {
    fn open(run: &Path, name: &str) -> Result<Self, RestoreError> {
        let path = run.join(FOLDER).join(format!("{name}.jsonl.zst"));
        let reader = compression::open_file(&path, Compression::Zst)
            .map_err(|error| RestoreError::Read { path: path.clone(), error })?;
        Ok(Self { path, reader, line: 0, head: None })
    }

    fn next(&mut self) -> Result<Option<T>, RestoreError> {
        if let Some(head) = self.head.take() {
            return Ok(Some(head));
        }
        let mut line = Vec::new();
        let read = self
            .reader
            .read_until(b'\n', &mut line)
            .map_err(|error| RestoreError::Read { path: self.path.clone(), error })?;
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        serde_json::from_slice(&line).map(Some).map_err(|error| RestoreError::Broken {
            path: self.path.clone(),
            line: self.line,
            message: error.to_string(),
        })
    }

    /// The next record if it belongs to this place; otherwise it waits.
    fn next_at(&mut self, source: &str, ordinal: u64) -> Result<Option<T>, RestoreError>
    where
        T: Placed,
    {
        match self.next()? {
            Some(record) if record.place() == (source, ordinal) => Ok(Some(record)),
            other => {
                self.head = other;
                Ok(None)
            }
        }
    }
}

/// The items of a cleaned file; none if all of the source's were set aside.
enum KeptItems {
    Lines(Arc<Source>, Option<Box<dyn BufRead>>),
    Records(Option<Box<Reader>>),
}

/// The walk along a run's files.
struct Walk {
    root: PathBuf,
    options: ReadOptions,
    annotated: bool,
    removed: Side<Removed>,
    dropped: Side<Dropped>,
    unreadable: Side<Unreadable>,
    originals: Side<Original>,
}

impl Walk {
    /// The whole of a record that was set aside: dropped, unreadable (all pieces), or kept beside.
    /// The flag says whether the cleaned output holds a record for it too.
    fn set_aside(
        &mut self,
        source: &str,
        ordinal: u64,
        file: &mut OutputFile,
    ) -> Result<Option<(u64, bool)>, RestoreError> {
        let mut bytes = None;
        while let Some(record) = self.unreadable.next_at(source, ordinal)? {
            bytes = Some(bytes.unwrap_or(0) + write_raw(record.raw, source, ordinal, file)?);
        }
        if let Some(bytes) = bytes {
            return Ok(Some((bytes, false)));
        }
        if let Some(record) = self.dropped.next_at(source, ordinal)? {
            return Ok(Some((write_raw(record.raw, source, ordinal, file)?, false)));
        }
        if let Some(record) = self.originals.next_at(source, ordinal)? {
            let in_output = !record.alone;
            return Ok(Some((write_raw(record.raw, source, ordinal, file)?, in_output)));
        }
        Ok(None)
    }

    fn removals(&mut self, source: &str, ordinal: u64) -> Result<Vec<Removed>, RestoreError> {
        let mut all = Vec::new();
        while let Some(removed) = self.removed.next_at(source, ordinal)? {
            all.push(removed);
        }
        Ok(all)
    }

    fn file(
        &mut self,
        entry: &SourceEntry,
        file: &mut OutputFile,
        done: &mut Restored,
    ) -> Result<(), RestoreError> {
        let aside = self.set_aside(&entry.source, 0, file)?;
        let removals = self.removals(&entry.source, 0)?;
        if let Some((bytes, _)) = aside {
            done.bytes += bytes;
            return Ok(());
        }
        let kept = match self.output(entry)? {
            Some(mut reader) => {
                let mut bytes = Vec::new();
                reader
                    .read_to_end(&mut bytes)
                    .map_err(|error| RestoreError::Read { path: self.output_path(entry), error })?;
                bytes
            }
            None => Vec::new(),
        };
        let mismatch = |message| mismatch(&entry.source, 0, message);
        let kept =
            String::from_utf8(kept).map_err(|_| mismatch("the cleaned text is not UTF-8"))?;
        let text = put_back(&kept, in_order(&removals))
            .ok_or_else(|| mismatch("the cleaned text and the removals do not fit together"))?;
        done.bytes += text.len() as u64;
        file.write(text.as_bytes())?;
        Ok(())
    }

    /// A container whose items joined are the file: lines with a line break behind each, or records.
    fn items(
        &mut self,
        entry: &SourceEntry,
        file: &mut OutputFile,
        done: &mut Restored,
    ) -> Result<(), RestoreError> {
        let is_lines = entry.container == Container::Jsonl;
        let mut kept = match is_lines {
            true => KeptItems::Lines(self.source(entry).into(), self.output(entry)?),
            false => KeptItems::Records(self.output_items(entry)),
        };
        for ordinal in 0..entry.items {
            if let Some((bytes, in_output)) = self.set_aside(&entry.source, ordinal, file)? {
                done.bytes += bytes;
                self.removals(&entry.source, ordinal)?;
                if in_output {
                    self.next_kept(entry, ordinal, &mut kept)?;
                }
            } else {
                let item = self.next_kept(entry, ordinal, &mut kept)?;
                let item = match is_lines {
                    true => self.restore_line(entry, ordinal, item)?,
                    false => self.restore_record(entry, ordinal, item)?,
                };
                done.bytes += item.len() as u64;
                file.write(&item)?;
            }
            if is_lines && (ordinal + 1 < entry.items || entry.final_newline) {
                done.bytes += 1;
                file.write(b"\n")?;
            }
        }
        Ok(())
    }

    /// The rows of a table: those of the cleaned output with their texts as they were, and those that
    /// were kept aside.
    fn rows(
        &mut self,
        entry: &SourceEntry,
        file: OutputFile,
        done: &mut Restored,
    ) -> Result<OutputFile, RestoreError> {
        let source = &entry.source;
        let fault = |error: &dyn std::fmt::Display| RestoreError::Table {
            source_name: source.clone(),
            message: error.to_string(),
        };
        let output = entry.output.as_deref().unwrap_or_default();
        let aside = aside_path(&self.root.join(FOLDER), source);
        // Of a source that was converted all rows are aside.
        let (kept, annotated) = match entry.converted {
            true => (aside.clone(), false),
            false => (self.root.join(output), self.annotated),
        };
        let aside = (!entry.converted).then_some(aside);
        let restoring = Restoring::begin(&kept, aside.as_deref(), annotated, &self.options, file);
        let mut rows = restoring.map_err(|error| fault(&error))?;
        for ordinal in 0..entry.items {
            let mismatch = |message| mismatch(source, ordinal, message);
            let is_gone = self.unreadable.next_at(source, ordinal)?.is_some()
                || self.dropped.next_at(source, ordinal)?.is_some();
            let (row, text) = if entry.converted {
                let missing = || mismatch("a row that was kept aside is missing");
                let (row, raw) = rows.next_kept().ok_or_else(missing)?;
                self.removals(source, ordinal)?;
                done.bytes += raw.len() as u64;
                (row, None)
            } else if is_gone {
                let missing = || mismatch("a row that was kept aside is missing");
                let (row, raw) = rows.next_aside().ok_or_else(missing)?;
                done.bytes += raw.len() as u64;
                (row, None)
            } else {
                let missing = || mismatch("the cleaned file ends too early");
                let (row, kept) = rows.next_kept().ok_or_else(missing)?;
                let kept = String::from_utf8(kept)
                    .map_err(|_| mismatch("the cleaned text is not UTF-8"))?;
                let removals = self.removals(source, ordinal)?;
                let text = match self.originals.next_at(source, ordinal)? {
                    Some(original) => {
                        let bytes = original.raw.into_bytes();
                        bytes.and_then(|bytes| String::from_utf8(bytes).ok())
                    }
                    None => put_back(&kept, in_order(&removals)),
                };
                let broken = || mismatch("the cleaned text and the removals do not fit together");
                let text = text.ok_or_else(broken)?;
                done.bytes += text.len() as u64;
                (row, (text != kept).then_some(text))
            };
            rows.write(row, text).map_err(|error| fault(&error))?;
        }
        let (file, is_all) = rows.finish().map_err(|error| fault(&error))?;
        if is_all {
            Ok(file)
        } else {
            Err(mismatch(
                source,
                entry.items,
                "the cleaned file has rows that the run does not know",
            ))
        }
    }

    /// A record of the cleaned output as it was before cleaning.
    fn restore_record(
        &mut self,
        entry: &SourceEntry,
        ordinal: u64,
        kept: Item,
    ) -> Result<Vec<u8>, RestoreError> {
        let removals = self.removals(&entry.source, ordinal)?;
        if removals.is_empty() {
            return Ok(kept.raw);
        }
        let mismatch = |message| mismatch(&entry.source, ordinal, message);
        let parsed = parse(&kept, &self.options)
            .map_err(|_| mismatch("the cleaned record cannot be read"))?;
        let at = parsed.text_at.ok_or_else(|| mismatch("the cleaned record has no text"))?;
        let text = match &parsed.record.body {
            Body::Text(text) => Some(text.as_str()),
            Body::Bytes(bytes) | Body::Labelled(bytes, _) => std::str::from_utf8(bytes).ok(),
        };
        let text = text.ok_or_else(|| mismatch("the cleaned text is not UTF-8"))?;
        let text = put_back(text, in_order(&removals))
            .ok_or_else(|| mismatch("the cleaned text and the removals do not fit together"))?;
        let restored = match (csv::separator(entry.container), std::str::from_utf8(&kept.raw)) {
            (Some(separator), Ok(raw)) => {
                Some(csv::with_text_again(raw, at, &text, separator).into_bytes())
            }
            _ => warc::with_text_again(&kept.raw, &text),
        };
        restored.ok_or_else(|| mismatch("the cleaned record cannot be read"))
    }

    /// The items of the cleaned output.
    fn output_items(&self, entry: &SourceEntry) -> Option<Box<Reader>> {
        entry.output.as_ref().filter(|_| !entry.converted)?;
        Some(Box::new(Reader::new(vec![self.source(entry).into()], self.options.clone())))
    }

    /// The cleaned output as a source.
    fn source(&self, entry: &SourceEntry) -> Source {
        Source {
            name: entry.source.as_str().into(),
            origin: Origin::File(self.output_path(entry)),
            container: entry.container,
            compression: entry.output_compression.unwrap_or(entry.compression),
        }
    }

    /// The next item of the cleaned output.
    fn next_kept(
        &self,
        entry: &SourceEntry,
        ordinal: u64,
        kept: &mut KeptItems,
    ) -> Result<Item, RestoreError> {
        let items = match kept {
            KeptItems::Lines(source, reader) => {
                let (source, raw) = (source.clone(), self.line(entry, ordinal, reader)?);
                let (refused, columns, row) = (None, None, None);
                return Ok(Item { source, ordinal, raw, refused, columns, row });
            }
            KeptItems::Records(items) => items,
        };
        for event in items.iter_mut().flatten() {
            match event {
                Event::Start(_) => {}
                Event::Item(item) => return Ok(item),
                Event::End(End { error: Some(error), .. }) => {
                    let error = io::Error::other(error);
                    return Err(RestoreError::Read { path: self.output_path(entry), error });
                }
                Event::End(_) => break,
            }
        }
        Err(mismatch(&entry.source, ordinal, "the cleaned file ends too early"))
    }

    /// A line of the cleaned output as it was before cleaning.
    fn restore_line(
        &mut self,
        entry: &SourceEntry,
        ordinal: u64,
        mut item: Item,
    ) -> Result<Vec<u8>, RestoreError> {
        if is_blank(&item.raw) {
            return Ok(item.raw);
        }
        let removals = self.removals(&entry.source, ordinal)?;
        let mismatch = |message| mismatch(&entry.source, ordinal, message);
        let mut line =
            String::from_utf8(item.raw).map_err(|_| mismatch("the cleaned line is not UTF-8"))?;
        if self.annotated {
            line = strip_field(&line, ANNOTATION)
                .ok_or_else(|| mismatch("the cleaned line has lost its annotation"))?;
        }
        let Some(first) = removals.first() else { return Ok(line.into_bytes()) };
        let style = match first.spelling {
            Spelling::Utf8 => JsonStyle::Utf8,
            Spelling::Ascii => JsonStyle::Ascii,
        };
        item.raw = line.clone().into_bytes();
        let parsed =
            parse(&item, &self.options).map_err(|_| mismatch("the cleaned line cannot be read"))?;
        let (Some(at), Body::Text(kept)) = (parsed.text_at, parsed.record.body) else {
            return Err(mismatch("the cleaned line has no text"));
        };
        let text = put_back(&kept, in_order(&removals))
            .ok_or_else(|| mismatch("the cleaned text and the removals do not fit together"))?;
        Ok(splice(&line, at, &encode(&text, style)).into_bytes())
    }

    fn output_path(&self, entry: &SourceEntry) -> PathBuf {
        self.root.join(entry.output.as_deref().unwrap_or_default())
    }

    fn output(&self, entry: &SourceEntry) -> Result<Option<Box<dyn BufRead>>, RestoreError> {
        if entry.output.is_none() || entry.converted {
            return Ok(None);
        }
        let path = self.output_path(entry);
        let compression = entry.output_compression.unwrap_or(entry.compression);
        match compression::open_file(&path, compression) {
            Ok(reader) => Ok(Some(reader)),
            Err(error) => Err(RestoreError::Read { path, error }),
        }
    }

    fn line(
        &self,
        entry: &SourceEntry,
        ordinal: u64,
        reader: &mut Option<Box<dyn BufRead>>,
    ) -> Result<Vec<u8>, RestoreError> {
        let missing = || mismatch(&entry.source, ordinal, "the cleaned file ends too early");
        let reader = reader.as_mut().ok_or_else(missing)?;
        let mut line = Vec::new();
        reader
            .read_until(b'\n', &mut line)
            .map_err(|error| RestoreError::Read { path: self.output_path(entry), error })?;
        if line.pop() == Some(b'\n') { Ok(line) } else { Err(missing()) }
    }
}

fn mismatch(source: &str, ordinal: u64, message: &'static str) -> RestoreError {
    RestoreError::Mismatch { source_name: source.to_owned(), ordinal, message }
}

fn write_raw(
    raw: Raw,
    source: &str,
    ordinal: u64,
    file: &mut OutputFile,
) -> Result<u64, RestoreError> {
    let bytes = raw
        .into_bytes()
        .ok_or_else(|| mismatch(source, ordinal, "the record kept aside is not valid base64"))?;
    file.write(&bytes)?;
    Ok(bytes.len() as u64)
}
