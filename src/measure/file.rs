//! Measured targets as a table of Parquet: a row for each, a column for each signal.
//! `docs/measure.md` describes the columns.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Float64Builder, ListBuilder, StringBuilder, UInt64Builder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use serde::{Deserialize, Serialize};

use super::{Target, Wanted};
use crate::document::{BlockKind, Scope};
use crate::panics;
use crate::rules::{RuleId, RuleSet};
use crate::signals::{SignalId, by_name};
use crate::table_file::TableFile;

/// Version of the columns and of what they mean.
pub const FORMAT: u32 = 1;
/// What the metadata say the file is.
const KIND: &str = "tamis measure";
/// The key of the description in the file's metadata.
const KEY: &str = "tamis";
/// Rows that are handed to the encoder at a time: what it makes of them depends on that.
const ROWS_AT_A_TIME: usize = 1 << 10;
/// Bytes of strings that are handed over at a time even if they are fewer rows.
const BYTES_AT_A_TIME: usize = 64 << 20;
/// Rows of a row group: with all signals some ten megabytes before they are compressed.
const GROUP_ROWS: usize = 1 << 14;
/// A column with more different values than fit is written without a dictionary.
const DICTIONARY_BYTES: usize = 64 << 10;
/// Level of Zstandard, as for other outputs.
const ZST_LEVEL: i32 = 3;

/// What a file says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// What it is.
    kind: String,
    /// Version of its columns.
    format: u32,
    /// Of the program that made it.
    pub version: String,
    /// The rules by which targets were cut and judged, as they were named.
    pub rules: Vec<String>,
    /// [`RuleSet::hash`].
    pub rules_hash: String,
    /// The scopes that were measured.
    pub scopes: Vec<Scope>,
    /// Checksum of the survey that signals were measured with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<String>,
}

impl Description {
    /// Of what is measured by these rules, named so.
    pub fn new(names: &[String], rules: &RuleSet, wanted: &Wanted, survey: Option<&str>) -> Self {
        Self {
            kind: KIND.to_owned(),
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            rules: names.to_vec(),
            rules_hash: rules.hash(),
            scopes: wanted.scopes().to_vec(),
            survey: survey.map(str::to_owned),
        }
    }
}

/// Why a table of signals cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The file, or the temporary folder, cannot be written or read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The columns do not fit together.
    #[error(transparent)]
    Column(#[from] ArrowError),
    /// It is no table of signals.
    #[error("it is no table of signals: `tamis measure` makes one")]
    Other,
    /// Another version of the program made it.
    #[error("its format is {0}, and this program reads format {FORMAT}: measure again")]
    Format(u32),
    /// The file is damaged.
    #[error("it is damaged: {0}")]
    Damaged(String),
}

impl From<ParquetError> for TableError {
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(error) => TableError::Io(*error),
                Err(inner) => TableError::Damaged(inner.to_string()),
            },
            error => TableError::Damaged(error.to_string()),
        }
    }
}

/// The columns of a table of these signals.
pub fn schema(wanted: &Wanted) -> SchemaRef {
    let string = |name, nullable| Field::new(name, DataType::Utf8, nullable);
    let count = |name, nullable| Field::new(name, DataType::UInt64, nullable);
    let item = Arc::new(Field::new("item", DataType::Utf8, true));
    let mut fields = vec![
        string("source", false),
        count("ordinal", false),
        string("id", false),
        string("url", true),
        string("host", true),
        string("language", true),
        string("format", false),
        string("scope", false),
        count("block", true),
        string("kind", true),
        count("start", false),
        count("end", false),
        count("char_start", false),
        count("char_end", false),
        count("characters", false),
    ];
    if wanted.text() > 0 {
        fields.push(string("text", false));
    }
    fields.extend([
        string("document", false),
        string("action", false),
        string("decided_by", false),
        string("decided_rule", true),
        Field::new("points", DataType::Float64, false),
        Field::new("removed", DataType::Boolean, false),
        Field::new("rules", DataType::List(item), false),
    ]);
    let signal = |id: &SignalId| Field::new(id.signal().name, DataType::Float64, true);
    fields.extend(wanted.signals().iter().map(signal));
    Arc::new(Schema::new(fields))
}

/// Rows that are not handed to the encoder yet.
#[derive(Default)]
struct Rows {
    count: usize,
    /// Bytes of their strings, about.
    bytes: usize,
    source: StringBuilder,
    ordinal: UInt64Builder,
    id: StringBuilder,
    url: StringBuilder,
    host: StringBuilder,
    language: StringBuilder,
    format: StringBuilder,
    scope: StringBuilder,
    block: UInt64Builder,
    kind: StringBuilder,
    start: UInt64Builder,
    end: UInt64Builder,
    char_start: UInt64Builder,
    char_end: UInt64Builder,
    characters: UInt64Builder,
    text: StringBuilder,
    document: StringBuilder,
    action: StringBuilder,
    decided_by: StringBuilder,
    decided_rule: StringBuilder,
    points: Float64Builder,
    removed: BooleanBuilder,
    rules: ListBuilder<StringBuilder>,
    signals: Vec<Float64Builder>,
}

impl Rows {
    fn add(&mut self, target: &Target<'_>, rules: &RuleSet) {
        let info = target.info;
        let name = |rule: RuleId| rules.rules().get(usize::from(rule.0)).map(|rule| &*rule.name);
        let strings = [
            Some(&*info.location.source),
            Some(&info.id),
            info.url.as_deref(),
            target.host,
            Some(target.text),
        ];
        self.bytes += strings.into_iter().flatten().map(str::len).sum::<usize>();
        self.count += 1;
        let count = |number: usize| number as u64;
        let (char_start, char_end) = target.characters_at;
        self.source.append_value(&info.location.source);
        self.ordinal.append_value(info.location.ordinal);
        self.id.append_value(&info.id);
        self.url.append_option(info.url.as_deref());
        self.host.append_option(target.host);
        self.language.append_option(info.language.as_deref());
        self.format.append_value(info.format.name());
        self.scope.append_value(target.scope.name());
        self.block.append_option(target.block.map(count));
        self.kind.append_option(target.kind.map(BlockKind::name));
        self.start.append_value(count(target.span.start));
        self.end.append_value(count(target.span.end));
        self.char_start.append_value(char_start);
        self.char_end.append_value(char_end);
        self.characters.append_value(count(target.characters));
        self.text.append_value(target.text);
        self.document.append_value(target.decision.name());
        self.action.append_value(target.action.name());
        self.decided_by.append_value(target.by.name());
        self.decided_rule.append_option(target.leading.and_then(name));
        self.points.append_value(target.points);
        self.removed.append_value(target.removed);
        for rule in target.fired.iter().copied().filter_map(name) {
            self.rules.values().append_value(rule);
        }
        self.rules.append(true);
        for (column, value) in self.signals.iter_mut().zip(target.values) {
            column.append_option(*value);
        }
    }

    /// The rows as columns; none are left.
    fn take(&mut self, has_text: bool) -> Vec<ArrayRef> {
        (self.count, self.bytes) = (0, 0);
        let mut columns: Vec<ArrayRef> = vec![
            Arc::new(self.source.finish()),
            Arc::new(self.ordinal.finish()),
            Arc::new(self.id.finish()),
            Arc::new(self.url.finish()),
            Arc::new(self.host.finish()),
            Arc::new(self.language.finish()),
            Arc::new(self.format.finish()),
            Arc::new(self.scope.finish()),
            Arc::new(self.block.finish()),
            Arc::new(self.kind.finish()),
            Arc::new(self.start.finish()),
            Arc::new(self.end.finish()),
            Arc::new(self.char_start.finish()),
            Arc::new(self.char_end.finish()),
            Arc::new(self.characters.finish()),
        ];
        let text = self.text.finish();
        if has_text {
            columns.push(Arc::new(text));
        }
        columns.extend([
            Arc::new(self.document.finish()) as ArrayRef,
            Arc::new(self.action.finish()),
            Arc::new(self.decided_by.finish()),
            Arc::new(self.decided_rule.finish()),
            Arc::new(self.points.finish()),
            Arc::new(self.removed.finish()),
            Arc::new(self.rules.finish()),
        ]);
        columns.extend(self.signals.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        columns
    }
}

/// A table that is being written. Its bytes depend on the rows alone.
pub struct Table<W: Write + Send> {
    writer: ArrowWriter<W>,
    schema: SchemaRef,
    rules: RuleSet,
    has_text: bool,
    rows: Rows,
    written: u64,
}

impl<W: Write + Send> Table<W> {
    /// Begins a table of what is measured by these rules.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(
        out: W,
        wanted: &Wanted,
        rules: &RuleSet,
        about: &Description,
    ) -> Result<Self, TableError> {
        let about = serde_json::to_string(about).map_err(io::Error::from)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZST_LEVEL)?))
            .set_created_by(format!("tamis {}", env!("CARGO_PKG_VERSION")))
            .set_key_value_metadata(Some(vec![KeyValue::new(KEY.to_owned(), about)]))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_dictionary_page_size_limit(DICTIONARY_BYTES)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .build();
        let schema = schema(wanted);
        let writer = ArrowWriter::try_new(out, schema.clone(), Some(properties))?;
        let signals = wanted.signals().iter().map(|_| Float64Builder::new()).collect();
        let rows = Rows { signals, ..Rows::default() };
        let has_text = wanted.text() > 0;
        Ok(Self { writer, schema, rules: rules.clone(), has_text, rows, written: 0 })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add(&mut self, target: &Target<'_>) -> Result<(), TableError> {
        self.rows.add(target, &self.rules);
        self.written += 1;
        if self.rows.count >= ROWS_AT_A_TIME || self.rows.bytes >= BYTES_AT_A_TIME {
            self.hand_on()?;
        }
        Ok(())
    }

    /// Rows added so far.
    pub fn rows(&self) -> u64 {
        self.written
    }

    /// Completes the table and gives back what it was written to.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(mut self) -> Result<W, TableError> {
        self.hand_on()?;
        Ok(self.writer.into_inner()?)
    }

    fn hand_on(&mut self) -> Result<(), TableError> {
        if self.rows.count > 0 {
            let columns = self.rows.take(self.has_text);
            self.writer.write(&RecordBatch::try_new(self.schema.clone(), columns)?)?;
        }
        Ok(())
    }
}

/// A row as far as statistics ask for it.
#[derive(Clone, Copy, Debug)]
pub struct Row<'r> {
    /// What the target is, by the name of its scope.
    pub scope: &'r str,
    /// What it is grouped by, if anything.
    pub group: Option<&'r str>,
    /// For each signal asked for its value.
    pub values: &'r [Option<f64>],
}

/// A table that somebody made before.
pub struct TableReader {
    file: File,
    description: Description,
    signals: Vec<SignalId>,
}

impl TableReader {
    /// Opens a table.
    ///
    /// # Errors
    /// If the file cannot be read, is no table of signals, or one of another format.
    pub fn open(path: &Path) -> Result<Self, TableError> {
        let file = File::open(path)?;
        let builder = reader(&file)?;
        let pairs = builder.metadata().file_metadata().key_value_metadata();
        let own = pairs.into_iter().flatten().find(|pair| pair.key == KEY);
        let text = own.and_then(|pair| pair.value.as_deref()).ok_or(TableError::Other)?;
        let about: serde_json::Value = serde_json::from_str(text).map_err(|_| TableError::Other)?;
        if about.get("kind").and_then(serde_json::Value::as_str) != Some(KIND) {
            return Err(TableError::Other);
        }
        match about.get("format").and_then(serde_json::Value::as_u64) {
            Some(format) if format == u64::from(FORMAT) => {}
            format => {
                let format = format.and_then(|format| u32::try_from(format).ok());
                return Err(TableError::Format(format.unwrap_or(0)));
            }
        }
        let description = serde_json::from_value(about)
            .map_err(|error| TableError::Damaged(error.to_string()))?;
        let fields = builder.schema().fields();
        let doubles = fields.iter().filter(|field| *field.data_type() == DataType::Float64);
        let signals = doubles.filter_map(|field| by_name(field.name())).collect();
        Ok(Self { file, description, signals })
    }

    /// What the file says of itself.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The signals that it has columns of, in its order.
    pub fn signals(&self) -> &[SignalId] {
        &self.signals
    }

    /// Calls `take` with each row: the values of these signals, and the value of a column of
    /// strings that rows are grouped by.
    ///
    /// # Errors
    /// If the file is damaged, or has no such column.
    pub fn each(
        self,
        signals: &[SignalId],
        group: Option<&str>,
        mut take: impl FnMut(&Row<'_>),
    ) -> Result<(), TableError> {
        let builder = reader(&self.file)?;
        let names: Vec<&str> = signals.iter().map(|id| id.signal().name).collect();
        let wanted = ["scope"].into_iter().chain(group).chain(names.iter().copied());
        let mask = ProjectionMask::columns(builder.parquet_schema(), wanted);
        let rows =
            guarded(|| builder.with_projection(mask).with_batch_size(ROWS_AT_A_TIME).build())?;
        let mut rows: ParquetRecordBatchReader = rows;
        let mut values = vec![None; signals.len()];
        while let Some(batch) = guarded(|| rows.next().transpose())? {
            let strings = |name: &str| {
                let column = batch.column_by_name(name);
                let column = column.and_then(|column| column.as_string_opt::<i32>());
                column.ok_or_else(|| TableError::Damaged(format!("it has no column `{name}`")))
            };
            let scope = strings("scope")?;
            let group = group.map(strings).transpose()?;
            let columns = names.iter().map(|name| {
                let column = batch.column_by_name(name);
                let column = column.and_then(|column| column.as_primitive_opt::<Float64Type>());
                column.ok_or_else(|| TableError::Damaged(format!("it has no column `{name}`")))
            });
            let columns = columns.collect::<Result<Vec<_>, _>>()?;
            for at in 0..batch.num_rows() {
                for (value, column) in values.iter_mut().zip(&columns) {
                    *value = column.is_valid(at).then(|| column.value(at));
                }
                let group = group.filter(|column| column.is_valid(at)).map(|c| c.value(at));
                take(&Row { scope: scope.value(at), group, values: &values });
            }
        }
        Ok(())
    }
}

fn reader(file: &File) -> Result<ParquetRecordBatchReaderBuilder<TableFile>, TableError> {
    let file = TableFile::new(file.try_clone()?);
    guarded(|| ParquetRecordBatchReaderBuilder::try_new(file))
}

/// Reads what may be damaged: Parquet's reader panics at some of it.
fn guarded<T, E: Into<TableError>>(read: impl FnOnce() -> Result<T, E>) -> Result<T, TableError> {
    match panics::caught(read) {
        Some(read) => read.map_err(Into::into),
        None => Err(TableError::Damaged("it cannot be read".to_owned())),
    }
}
