//! Parquet: a record a row, read a few rows at a time.
//!
//! A row carries all of its columns, so that they come out as they were; only the text is looked
//! at. What is read at a time is bounded by bytes, as documents differ a thousandfold in length,
//! and not by the file's row groups.

use std::fs::File;
use std::io::{self, Seek};
use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use arrow_schema::{Schema, SchemaRef};
use parquet::arrow::ARROW_SCHEMA_META_KEY;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;

use super::{
    Compression, End, Inside, Item, Origin, Parsed, ReadOptions, Refusal, Source, compression,
};
use crate::document::{Body, Format, Location, Record};
use crate::panics;
use crate::table_file::TableFile;

mod cells;
mod page;

pub use cells::{Path, bytes_at};

/// Bytes of columns that are read at a time, about.
const BATCH_BYTES: usize = 1 << 20;
/// Most rows that are read at a time.
const BATCH_ROWS: usize = 256;
/// What is read at a time has no more bytes than this, were every cell of it the longest of its
/// dictionary: some bytes of a file can stand for many times as many.
const EXPANDED_BYTES: usize = 32 << 20;
/// A larger dictionary is refused.
const DICTIONARY_BYTES: usize = 1 << 30;
/// What is read at a time may be so many times larger than it was meant to be before fewer rows are.
const TOO_LARGE: usize = 4;

/// What all rows of a file have in common.
#[derive(Clone, Debug)]
pub struct Table {
    /// The columns, as Arrow has them.
    pub schema: SchemaRef,
    /// The file's own keys and values, in its order, such as those in which libraries keep how
    /// they see the columns. Not that of the Arrow schema, which is written anew.
    pub metadata: Vec<(String, Option<String>)>,
    /// Where the text is.
    pub text: Path,
    id: Option<Path>,
    url: Option<Path>,
    group: Option<Path>,
    languages: Vec<Path>,
}

impl Table {
    /// Finds the columns that the options name.
    ///
    /// # Errors
    /// If there is no column for the text, or it holds no text; the message names those there are.
    fn of(file: &ArrowReaderMetadata, options: &ReadOptions) -> Result<Self, String> {
        let metadata = file.metadata().file_metadata().key_value_metadata();
        let metadata = metadata
            .into_iter()
            .flatten()
            .filter(|pair| pair.key != ARROW_SCHEMA_META_KEY)
            .map(|pair| (pair.key.clone(), pair.value.clone()))
            .collect();
        Ok(Self { metadata, ..Self::of_schema(file.schema().clone(), options)? })
    }

    /// Finds the columns that the options name among those of rows that stand in no file.
    ///
    /// # Errors
    /// If there is no column for the text, or it holds no text; the message names those there are.
    pub fn of_schema(schema: SchemaRef, options: &ReadOptions) -> Result<Self, String> {
        let name = &options.text_field;
        let Some((text, kind)) = cells::find(&schema, name) else {
            return Err(format!("no column `{name}`; its columns are {}", listed(&schema)));
        };
        if !cells::is_text(&kind) {
            return Err(format!(
                "column `{name}` holds {kind} and no text; the columns are {}",
                listed(&schema)
            ));
        }
        let at = |name: &str| cells::find(&schema, name).map(|(path, _)| path);
        let id = at(options.id_field.as_deref().unwrap_or("id"));
        let url = at(options.url_field.as_deref().unwrap_or("url"));
        let group = options.group_field.as_deref().and_then(at);
        let languages = ["language", "lang"].into_iter().filter_map(at).collect();
        Ok(Self { schema, metadata: Vec::new(), text, id, url, group, languages })
    }

    /// Where the column of a name is.
    ///
    /// # Errors
    /// If there is none; the message names those there are.
    pub fn path(&self, name: &str) -> Result<Path, String> {
        let found = cells::find(&self.schema, name).map(|(path, _)| path);
        found.ok_or_else(|| format!("no column `{name}`; its columns are {}", listed(&self.schema)))
    }
}

/// Most columns that a message names.
const LISTED: usize = 40;

/// The columns of a schema as a message names them.
fn listed(schema: &Schema) -> String {
    let mut names: Vec<String> = schema
        .fields()
        .iter()
        .take(LISTED)
        .map(|field| format!("`{}`", field.name().escape_debug()))
        .collect();
    if schema.fields().len() > LISTED {
        names.push("…".to_owned());
    }
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Rows that were read together.
#[derive(Debug)]
pub struct Rows {
    /// What they have in common with all others of the file.
    pub table: Arc<Table>,
    /// All of their columns.
    pub batch: RecordBatch,
    /// Bytes of a row beside its text, on average.
    beside: usize,
}

impl Rows {
    /// Rows that are in memory already.
    pub fn new(table: Arc<Table>, batch: RecordBatch) -> Self {
        Self { table, batch, beside: 0 }
    }
}

/// A row of a file.
#[derive(Clone, Debug)]
pub struct Row {
    /// The rows among which it was read.
    pub rows: Arc<Rows>,
    /// Its number among them.
    pub index: usize,
}

impl Row {
    /// The text's bytes; `None` where it is null.
    pub fn text(&self) -> Option<&[u8]> {
        bytes_at(&self.rows.batch, &self.rows.table.text, self.index)
    }

    /// Bytes that it takes beside its text, about.
    pub fn bytes_beside(&self) -> usize {
        self.rows.beside
    }

    fn string(&self, path: &Path) -> Option<String> {
        let bytes = bytes_at(&self.rows.batch, path, self.index)?;
        std::str::from_utf8(bytes).ok().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// A string, or a whole number as its digits; `None` where it is null, empty or something else.
    pub fn name(&self, path: &Path) -> Option<String> {
        self.string(path).or_else(|| cells::number_at(&self.rows.batch, path, self.index))
    }
}

impl Row {
    /// The row as the record of a place.
    ///
    /// The id is a string or a whole number, or else the row's place, `source:row`, rows counted from
    /// 1. The language is a string in `language` or `lang` that starts with a code of two letters.
    ///
    /// # Errors
    /// [`Refusal`] if the text is null, or bytes that are not UTF-8.
    pub fn record(&self, location: Location, options: &ReadOptions) -> Result<Record, Refusal> {
        let Some(text) = self.text() else {
            return Err(Refusal::MissingText(options.text_field.clone()));
        };
        let text =
            std::str::from_utf8(text).map_err(|error| Refusal::InvalidUtf8(error.valid_up_to()))?;
        let table = &self.rows.table;
        let id = table.id.as_ref().and_then(|path| self.name(path));
        let numbered = || format!("{}:{}", location.source, location.ordinal.saturating_add(1));
        let languages = table.languages.iter();
        Ok(Record {
            id: id.unwrap_or_else(numbered),
            url: table.url.as_ref().and_then(|path| self.string(path)),
            group: table.group.as_ref().and_then(|path| self.name(path)),
            language: languages
                .filter_map(|path| super::jsonl::language_code(&self.string(path)?))
                .next(),
            format: options.text_format.unwrap_or(Format::Text),
            body: Body::Text(text.to_owned()),
            location,
        })
    }
}

/// Reads a row as a record.
///
/// # Errors
/// As [`Row::record`].
pub(super) fn parse(item: &Item, row: &Row, options: &ReadOptions) -> Result<Parsed, Refusal> {
    let location = Location { source: item.source.name.clone(), ordinal: item.ordinal };
    Ok(Parsed { record: row.record(location, options)?, text_at: None })
}

/// Reads the rows of a source, from one on.
pub(super) struct RowReader {
    source: Arc<Source>,
    limit: usize,
    /// `None` once reading has ended.
    file: Option<Open>,
    ordinal: u64,
    bytes: u64,
    table: Option<Arc<Table>>,
    error: Option<String>,
}

/// A file that is being read.
struct Open {
    file: File,
    metadata: ArrowReaderMetadata,
    table: Arc<Table>,
    /// Rows of each row group.
    groups: Vec<u64>,
    /// The row group that is read.
    group: usize,
    /// Rows of it that were read.
    read: u64,
    reader: Option<ParquetRecordBatchReader>,
    /// How many rows are read at a time.
    rows_at_a_time: usize,
    /// Rows that were read, and the next of them.
    waiting: Option<(Arc<Rows>, usize)>,
}

impl RowReader {
    /// Opens a source and passes over the rows that were read before. Row groups that end before
    /// are not read.
    pub(super) fn open(source: Arc<Source>, options: &ReadOptions, inside: Inside) -> Self {
        let Inside { items: from, bytes } = inside;
        let opened = guarded(|| Open::at(&source, options, from));
        let (file, error) = match opened {
            Ok(file) => (Some(file), None),
            Err(error) => (None, Some(error)),
        };
        let table = file.as_ref().map(|file| file.table.clone());
        let limit = options.max_bytes.max(1);
        Self { source, limit, file, ordinal: from, bytes, table, error }
    }

    pub(super) fn next_item(&mut self) -> Option<Item> {
        let file = self.file.as_mut()?;
        let row = match guarded(|| file.next_row()) {
            Ok(Some(row)) => row,
            Ok(None) => {
                self.file = None;
                return None;
            }
            Err(error) => {
                self.error = Some(error);
                self.file = None;
                return None;
            }
        };
        let raw = row.text().unwrap_or_default().to_vec();
        let refused = (raw.len() > self.limit).then_some(Refusal::TooLarge {
            limit: self.limit,
            part: 0,
            last: true,
        });
        let ordinal = self.ordinal;
        self.ordinal += 1;
        self.bytes += raw.len() as u64;
        Some(Item {
            source: self.source.clone(),
            ordinal,
            raw,
            refused,
            columns: None,
            row: Some(row),
        })
    }

    /// How many rows were read; `None` if it is about to end.
    pub(super) fn inside(&self) -> Option<Inside> {
        let inside = Inside { items: self.ordinal, bytes: self.bytes };
        self.file.is_some().then_some(inside)
    }

    pub(super) fn end(self) -> End {
        End {
            source: self.source,
            bytes: self.bytes,
            items: self.ordinal,
            final_newline: true,
            error: self.error,
            table: self.table,
        }
    }
}

impl Open {
    fn at(source: &Source, options: &ReadOptions, from: u64) -> Result<Self, String> {
        if source.compression != Compression::None {
            return Err(
                "a Parquet file that is compressed as a whole cannot be read: its parts are \
                 read by their places; decompress it first"
                    .to_owned(),
            );
        }
        let file = match &source.origin {
            Origin::File(path) => regular(path),
            // What is read by places must lie where it can be.
            Origin::Stdin | Origin::Remote(_) => {
                compression::open(&source.origin, Compression::None).and_then(spooled)
            }
        };
        let file = file.map_err(|error| error.to_string())?;
        let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
            .map_err(|error| message(&error))?;
        let table = Arc::new(Table::of(&metadata, options)?);
        let rows = |group: &parquet::file::metadata::RowGroupMetaData| {
            u64::try_from(group.num_rows())
                .map_err(|_| "a row group of less than no row".to_owned())
        };
        let groups: Vec<u64> =
            metadata.metadata().row_groups().iter().map(rows).collect::<Result<_, _>>()?;
        let mut open = Self {
            file,
            metadata,
            table,
            groups,
            group: 0,
            read: 0,
            reader: None,
            rows_at_a_time: 1,
            waiting: None,
        };
        open.pass_over(from)?;
        Ok(open)
    }

    /// Goes to a row. What is read together depends on the row group alone, so that rows come out
    /// the same wherever reading began.
    fn pass_over(&mut self, mut rows: u64) -> Result<(), String> {
        while let Some(&of_group) = self.groups.get(self.group)
            && of_group <= rows
        {
            rows -= of_group;
            self.group += 1;
        }
        for _ in 0..rows {
            if self.next_row()?.is_none() {
                return Err("it has fewer rows than it had".to_owned());
            }
        }
        Ok(())
    }

    fn next_row(&mut self) -> Result<Option<Row>, String> {
        loop {
            if let Some((rows, next)) = &mut self.waiting {
                if *next < rows.batch.num_rows() {
                    let row = Row { rows: rows.clone(), index: *next };
                    *next += 1;
                    return Ok(Some(row));
                }
                self.waiting = None;
            }
            if !self.read_more()? {
                return Ok(None);
            }
        }
    }

    /// Reads the next rows; false at the end of the file.
    fn read_more(&mut self) -> Result<bool, String> {
        let Some(&of_group) = self.groups.get(self.group) else { return Ok(false) };
        if self.read >= of_group {
            self.group += 1;
            self.read = 0;
            self.reader = None;
            return Ok(true);
        }
        let number = self.group;
        let in_group = |error: String| format!("row group {number}: {error}");
        let reader = match &mut self.reader {
            Some(reader) => reader,
            None => {
                if self.read == 0 {
                    self.rows_at_a_time = self.expected_rows().map_err(in_group)?;
                }
                let reader = self.group_reader().map_err(|error| in_group(message(&error)))?;
                self.reader.insert(reader)
            }
        };
        let batch = match reader.next() {
            Some(Ok(batch)) if batch.num_rows() > 0 => batch,
            Some(Ok(_)) | None => return Err(in_group("it ends too early".to_owned())),
            Some(Err(error)) => return Err(in_group(brief(&error.to_string()))),
        };
        let rows = batch.num_rows();
        self.read += rows as u64;
        let bytes = bytes_of(&batch);
        if bytes > TOO_LARGE * BATCH_BYTES && self.rows_at_a_time > 1 {
            self.rows_at_a_time = (BATCH_BYTES / (bytes / rows).max(1)).clamp(1, BATCH_ROWS);
            self.reader = None;
        }
        let text: usize = (0..rows)
            .filter_map(|row| bytes_at(&batch, &self.table.text, row))
            .map(<[u8]>::len)
            .sum();
        let beside = bytes.saturating_sub(text) / rows;
        let rows = Rows { table: self.table.clone(), batch, beside };
        self.waiting = Some((Arc::new(rows), 0));
        Ok(true)
    }

    /// How many rows of the row group to read at a time, as far as the file tells.
    fn expected_rows(&self) -> Result<usize, String> {
        let group = self.metadata.metadata().row_groups().get(self.group);
        let group = group.ok_or_else(|| "it is not there".to_owned())?;
        let bytes = usize::try_from(group.total_byte_size()).unwrap_or(usize::MAX);
        let rows = usize::try_from(group.num_rows()).unwrap_or(1).max(1);
        let by_average = BATCH_BYTES / (bytes / rows).max(1);
        let mut dictionaries = 0usize;
        for column in group.columns() {
            let Some(at) = column.dictionary_page_offset() else { continue };
            let at = u64::try_from(at).map_err(|_| "corrupt Parquet data: a place below 0")?;
            let bytes = page::uncompressed_bytes(&self.file, at).map_err(|e| e.to_string())?;
            if bytes > DICTIONARY_BYTES {
                return Err(format!("a dictionary of {bytes} bytes, more than {DICTIONARY_BYTES}"));
            }
            dictionaries = dictionaries.saturating_add(bytes);
        }
        let by_dictionaries = EXPANDED_BYTES / dictionaries.max(1);
        Ok(by_average.min(by_dictionaries).clamp(1, BATCH_ROWS))
    }

    /// A reader of what is left of the row group.
    fn group_reader(&self) -> Result<ParquetRecordBatchReader, ParquetError> {
        let file = TableFile::new(self.file.try_clone()?);
        ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
            .with_row_groups(vec![self.group])
            .with_batch_size(self.rows_at_a_time)
            .with_offset(usize::try_from(self.read).unwrap_or(usize::MAX))
            .build()
    }
}

/// Bytes of the values of all columns, about.
pub fn bytes_of(batch: &RecordBatch) -> usize {
    batch.columns().iter().map(|column| size_of(column)).sum()
}

/// Bytes of a column's values.
fn size_of(column: &dyn Array) -> usize {
    // It does not say for every type.
    column.to_data().get_slice_memory_size().unwrap_or_else(|_| column.get_array_memory_size())
}

fn regular(path: &std::path::Path) -> io::Result<File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    File::open(path)
}

/// A stream in a file without a name: its parts are read by their places.
fn spooled(mut stream: impl io::Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut stream, &mut file)?;
    file.rewind()?;
    Ok(file)
}

/// Damaged files can make the reader of Parquet panic.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    panics::caught(work)
        .unwrap_or_else(|| Err("corrupt Parquet data: it cannot be read".to_owned()))
}

fn message(error: &ParquetError) -> String {
    match error {
        ParquetError::EOF(what) => format!("truncated Parquet data: {}", brief(what)),
        ParquetError::External(inner) => brief(&inner.to_string()),
        ParquetError::General(what) => format!("corrupt Parquet data: {}", brief(what)),
        other => brief(&other.to_string()),
    }
}

/// Most characters of a message: some libraries put data into theirs.
const MESSAGE_CHARACTERS: usize = 200;

/// A message on one line that is not longer than a person reads.
fn brief(message: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    message.chars().take(MESSAGE_CHARACTERS).map(plain).collect()
}

#[cfg(test)]
pub(crate) mod tests;
