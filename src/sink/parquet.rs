//! Parquet, written: rows as they came but for their text, in segments that are put together.
//!
//! A segment is a whole small Parquet file with its length behind it, made in memory where there is
//! a thread for it. An output is a row of segments, so that writing can go on after the last that is
//! whole, and at its end a footer that tells where in the segments the columns stand
//! ([`Form::footer`]). By that footer all of it is one Parquet file; what lies between the columns
//! (the segments' own footers) no reader looks at.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::arrow::{
    ARROW_SCHEMA_META_KEY, ArrowSchemaConverter, ArrowWriter, encode_arrow_schema,
};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    FileMetaData, KeyValue, ParquetMetaData, ParquetMetaDataReader, ParquetMetaDataWriter,
    RowGroupMetaData,
};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::source::parquet::Table;

mod documents;
mod kept;
mod outputs;
mod rendered;
mod restored;
mod rows;
mod segments;

pub use documents::{
    Document, Documents, OwnedDocument, documents, documents_schema, json_lines, row_to_json,
};
pub(super) use kept::{Kept, KeptFile};
pub(super) use outputs::{RowLengths, RowOutputs, aside_path};
pub(super) use rendered::{take_aside, take_row};
pub(super) use restored::Restoring;
pub use rows::{Gathered, KeptRow, Rows, column_name, with_cells, with_gaps, with_texts};
pub use segments::RowSegments;

/// Level of written Zstandard, as for other outputs.
const ZST_LEVEL: i32 = 3;
/// Bytes of the length behind a segment.
const LENGTH_BYTES: usize = 8;
/// Bytes behind the footer of a Parquet file: its length and the mark.
const FOOTER_BYTES: usize = 8;
/// How a Parquet file begins and ends.
const MAGIC: [u8; 4] = *b"PAR1";
/// Version of the format that is written.
const VERSION: i32 = 1;

/// Why Parquet could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParquetFault {
    /// A column cannot be written, or does not fit the others.
    #[error(transparent)]
    Column(#[from] ArrowError),
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] ParquetError),
    /// What was written so far cannot be read again.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// What was written so far is not what this program writes.
    #[error("what was written so far is damaged")]
    Damaged,
}

impl From<ParquetFault> for io::Error {
    fn from(fault: ParquetFault) -> Self {
        match fault {
            ParquetFault::Read(error) => error,
            ParquetFault::Write(ParquetError::External(inner)) => match inner.downcast() {
                Ok(error) => *error,
                Err(inner) => io::Error::other(inner),
            },
            other => io::Error::other(other),
        }
    }
}

/// The shape of a written file: its columns and what it says of itself.
#[derive(Clone, Debug)]
pub struct Form {
    schema: SchemaRef,
    metadata: Vec<KeyValue>,
    /// The text's column: nearly every cell of it is another.
    text: Option<ColumnPath>,
}

impl Form {
    /// The shape of a source's cleaned rows. `annotated`: with a column for annotations.
    pub fn of(table: &Table, annotated: bool) -> Self {
        let schema = if annotated { with_annotation(&table.schema) } else { table.schema.clone() };
        let metadata = table
            .metadata
            .iter()
            .map(|(key, value)| KeyValue { key: key.clone(), value: value.clone() })
            .collect();
        Self { schema, metadata, text: text_column(table) }
    }

    /// The shape of the rows of a table that was written with a column for annotations, without that.
    pub(super) fn without_annotation(table: &Table) -> Self {
        let Form { schema, metadata, text } = Self::of(table, false);
        let fields = schema.fields().split_last().map(|(_, fields)| fields.to_vec());
        let schema =
            Schema::new_with_metadata(fields.unwrap_or_default(), schema.metadata().clone());
        Self { schema: Arc::new(schema), metadata, text }
    }

    /// The shape of documents from sources that are no Parquet: see [`documents_schema`].
    pub fn of_documents() -> Self {
        let text = Some(ColumnPath::from("text"));
        Self { schema: documents_schema(), metadata: Vec::new(), text }
    }

    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Rows as a whole Parquet file with one row group. Its bytes depend on the rows alone, not on
    /// how they stand in batches, unless these cannot be joined (dictionaries with small keys).
    ///
    /// # Errors
    /// If the rows have other columns, or a column's type cannot be written.
    pub fn encode(&self, batches: &[RecordBatch]) -> Result<Vec<u8>, ParquetFault> {
        self.encoded(batches, true)
    }

    /// Rows as a segment, ready to be put behind others; nothing for no rows.
    ///
    /// # Errors
    /// As [`encode`](Form::encode).
    pub fn segment(&self, batches: &[RecordBatch]) -> Result<Vec<u8>, ParquetFault> {
        if batches.iter().all(|batch| batch.num_rows() == 0) {
            return Ok(Vec::new());
        }
        let mut segment = self.encoded(batches, false)?;
        segment.extend_from_slice(&(segment.len() as u64).to_le_bytes());
        Ok(segment)
    }

    /// What belongs behind the last segment: then all of them are one file, with a row group for
    /// each, or with the columns and no row if there is none. No page is read.
    ///
    /// # Errors
    /// If the segments cannot be read, or are not of this shape.
    pub fn footer(&self, mut segments: impl Read + Seek) -> Result<Vec<u8>, ParquetFault> {
        let mut end = segments.seek(SeekFrom::End(0))?;
        let mut out = if end == 0 { MAGIC.to_vec() } else { Vec::new() };
        let schema = ArrowSchemaConverter::new().convert(&self.schema)?;
        // From the last to the first: each length stands behind its segment.
        let (mut groups, mut orders) = (Vec::new(), None);
        while end > 0 {
            let (start, metadata) = last_segment(&mut segments, end)?;
            if metadata.file_metadata().schema() != schema.root_schema() {
                return Err(ParquetFault::Damaged);
            }
            orders = metadata.file_metadata().column_orders().cloned();
            groups.extend(metadata.row_groups().iter().rev().cloned().map(|group| (start, group)));
            end = start;
        }
        let mut rows = 0;
        let mut placed = Vec::with_capacity(groups.len());
        for (number, (start, group)) in groups.into_iter().rev().enumerate() {
            rows += group.num_rows();
            placed.push(moved(group, start, number)?);
        }
        let mut pairs = self.metadata.clone();
        let arrow = encode_arrow_schema(&self.schema);
        pairs.push(KeyValue::new(ARROW_SCHEMA_META_KEY.to_owned(), arrow));
        let schema = Arc::new(schema);
        let about =
            FileMetaData::new(VERSION, rows, Some(created_by()), Some(pairs), schema, orders);
        ParquetMetaDataWriter::new(&mut out, &ParquetMetaData::new(about, placed)).finish()?;
        Ok(out)
    }

    /// A writer of a whole file.
    ///
    /// # Errors
    /// If a column's type cannot be written, or the file.
    pub fn writer<W: Write + Send>(&self, out: W) -> Result<ArrowWriter<W>, ParquetFault> {
        Ok(ArrowWriter::try_new(out, self.schema.clone(), Some(self.properties(true)?))?)
    }

    fn encoded(&self, batches: &[RecordBatch], is_whole: bool) -> Result<Vec<u8>, ParquetFault> {
        let is_other = |batch: &RecordBatch| batch.schema().fields() != self.schema.fields();
        if batches.iter().any(is_other) {
            let what = "rows do not have the columns of their file".to_owned();
            return Err(ArrowError::SchemaError(what).into());
        }
        let options = ArrowWriterOptions::new()
            .with_properties(self.properties(is_whole)?)
            .with_skip_arrow_metadata(!is_whole);
        let schema = self.schema.clone();
        let mut writer = ArrowWriter::try_new_with_options(Vec::new(), schema, options)?;
        match concat_batches(&self.schema, batches) {
            Ok(joined) => writer.write(&joined)?,
            Err(_) => {
                for batch in batches {
                    writer.write(batch)?;
                    writer.flush()?;
                }
            }
        }
        Ok(writer.into_inner()?)
    }

    fn properties(&self, is_whole: bool) -> Result<WriterProperties, ParquetError> {
        let pairs = self.metadata.clone();
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZST_LEVEL)?))
            .set_created_by(created_by())
            .set_key_value_metadata((is_whole && !pairs.is_empty()).then_some(pairs))
            // A segment is one row group, however many rows it has, and has no index of its pages:
            // that would have to be moved with it.
            .set_max_row_group_row_count(None)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(!is_whole);
        if let Some(text) = &self.text {
            properties = properties.set_column_dictionary_enabled(text.clone(), false);
        }
        Ok(properties.build())
    }
}

fn created_by() -> String {
    format!("tamis {}", env!("CARGO_PKG_VERSION"))
}

/// The segment that ends at a place: where it starts, and what it says of itself.
fn last_segment(
    segments: &mut (impl Read + Seek),
    end: u64,
) -> Result<(u64, ParquetMetaData), ParquetFault> {
    let mut at_end = [0; FOOTER_BYTES + LENGTH_BYTES];
    let tail = end.checked_sub(at_end.len() as u64).ok_or(ParquetFault::Damaged)?;
    segments.seek(SeekFrom::Start(tail))?;
    segments.read_exact(&mut at_end)?;
    let (length, magic, bytes) = match at_end {
        [a, b, c, d, m0, m1, m2, m3, length @ ..] => {
            (u64::from_le_bytes(length), [m0, m1, m2, m3], u32::from_le_bytes([a, b, c, d]))
        }
    };
    let file_end = end - LENGTH_BYTES as u64;
    let start = file_end.checked_sub(length).ok_or(ParquetFault::Damaged)?;
    let footer = tail.checked_sub(u64::from(bytes)).filter(|at| *at >= start && magic == MAGIC);
    segments.seek(SeekFrom::Start(footer.ok_or(ParquetFault::Damaged)?))?;
    let mut footer = Vec::new();
    segments.take(u64::from(bytes)).read_to_end(&mut footer)?;
    Ok((start, ParquetMetaDataReader::decode_metadata(&footer)?))
}

/// What is said of a row group, of a segment that starts elsewhere.
fn moved(
    group: RowGroupMetaData,
    start: u64,
    number: usize,
) -> Result<RowGroupMetaData, ParquetFault> {
    let start = i64::try_from(start).map_err(|_| ParquetFault::Damaged)?;
    let columns = group.columns().iter().cloned().map(|column| {
        let data = column.data_page_offset().saturating_add(start);
        let dictionary = column.dictionary_page_offset().map(|at| at.saturating_add(start));
        column
            .into_builder()
            .set_data_page_offset(data)
            .set_dictionary_page_offset(dictionary)
            .build()
    });
    let columns = columns.collect::<Result<_, _>>()?;
    let offset = group.file_offset().map(|at| at.saturating_add(start));
    let number = i32::try_from(number).unwrap_or(i32::MAX);
    let mut builder = group.into_builder().set_column_metadata(columns).set_ordinal(number);
    if let Some(offset) = offset {
        builder = builder.set_file_offset(offset);
    }
    Ok(builder.build()?)
}

/// The text's column as Parquet names it, unless its type asks for a dictionary.
fn text_column(table: &Table) -> Option<ColumnPath> {
    let mut field = table.schema.fields().get(table.text.column())?;
    let mut names = vec![field.name().clone()];
    for &inside in table.text.inside() {
        let DataType::Struct(fields) = field.data_type() else { return None };
        field = fields.get(inside)?;
        names.push(field.name().clone());
    }
    let is_dictionary = matches!(field.data_type(), DataType::Dictionary(..));
    (!is_dictionary).then(|| ColumnPath::new(names))
}

/// A schema with a column for annotations behind its own.
fn with_annotation(schema: &Schema) -> SchemaRef {
    let name = column_name(schema);
    let annotation = Arc::new(Field::new(name, DataType::Utf8, true));
    let fields = schema.fields().iter().cloned().chain([annotation]);
    let fields: Vec<_> = fields.collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

#[cfg(test)]
mod tests;
