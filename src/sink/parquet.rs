//! Parquet, written: rows as they came but for their text, in segments that are put together.
//!
//! A segment is a whole small Parquet file, made in memory where there is a thread for it. What is
//! written first is a row of segments, each behind its length, so that writing can go on after the
//! last that is whole; [`Form::assemble`] makes one file of them without decoding a value.

use std::io::{self, Read, Write};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, PageIndexPolicy, ParquetMetaDataReader};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use crate::source::parquet::Table;

mod documents;
mod rows;

pub use documents::{Document, documents, documents_schema, json_lines, row_to_json};
pub use rows::{Gathered, KeptRow, Taken, column_name, with_texts, without_column};

/// Level of written Zstandard, as for other outputs.
const ZST_LEVEL: i32 = 3;
/// Bytes of the length before a segment.
const LENGTH_BYTES: usize = 8;

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
    /// If a column's type cannot be written.
    pub fn encode(&self, batches: &[RecordBatch]) -> Result<Vec<u8>, ParquetFault> {
        let is_other = |batch: &RecordBatch| batch.schema().fields() != self.schema.fields();
        if batches.iter().any(is_other) {
            let what = "rows do not have the columns of their file".to_owned();
            return Err(ArrowError::SchemaError(what).into());
        }
        let mut writer =
            ArrowWriter::try_new(Vec::new(), self.schema.clone(), Some(self.properties()?))?;
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

    /// [`encode`](Form::encode) behind its length, ready to be put after other segments; nothing
    /// for no rows.
    ///
    /// # Errors
    /// As [`encode`](Form::encode).
    pub fn segment(&self, batches: &[RecordBatch]) -> Result<Vec<u8>, ParquetFault> {
        if batches.iter().all(|batch| batch.num_rows() == 0) {
            return Ok(Vec::new());
        }
        let file = self.encode(batches)?;
        let mut segment = Vec::with_capacity(LENGTH_BYTES + file.len());
        segment.extend_from_slice(&(file.len() as u64).to_le_bytes());
        segment.extend_from_slice(&file);
        Ok(segment)
    }

    /// Makes one file of segments. Without a segment the file has the columns and no row. Memory is
    /// that of the largest segment, and of what the file says of its row groups.
    ///
    /// # Errors
    /// If the segments cannot be read or are not of this shape, or the file cannot be written.
    pub fn assemble(
        &self,
        mut segments: impl Read,
        out: impl Write + Send,
    ) -> Result<(), ParquetFault> {
        let writer = ArrowWriter::try_new(out, self.schema.clone(), Some(self.properties()?))?;
        let (mut writer, _) = writer.into_serialized_writer()?;
        while let Some(segment) = next_segment(&mut segments)? {
            let metadata = ParquetMetaDataReader::new()
                .with_page_index_policy(PageIndexPolicy::Optional)
                .parse_and_finish(&segment)?;
            if metadata.file_metadata().schema() != writer.schema_descr().root_schema() {
                return Err(ParquetFault::Damaged);
            }
            let index = metadata.page_index();
            for (number, group) in metadata.row_groups().iter().enumerate() {
                let mut group_out = writer.next_row_group()?;
                for (column_number, column) in group.columns().iter().enumerate() {
                    let close = ColumnCloseResult {
                        bytes_written: u64::try_from(column.compressed_size()).unwrap_or(0),
                        rows_written: u64::try_from(group.num_rows()).unwrap_or(0),
                        metadata: column.clone(),
                        bloom_filter: None,
                        column_index: index
                            .and_then(|index| index.column_index(number, column_number))
                            .cloned(),
                        offset_index: index
                            .and_then(|index| index.offset_index(number, column_number))
                            .cloned(),
                    };
                    group_out.append_column(&segment, close)?;
                }
                group_out.close()?;
            }
        }
        writer.close()?;
        Ok(())
    }

    fn properties(&self) -> Result<WriterProperties, ParquetError> {
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZST_LEVEL)?))
            .set_created_by(format!("tamis {}", env!("CARGO_PKG_VERSION")))
            .set_key_value_metadata(
                (!self.metadata.is_empty()).then(|| self.metadata.clone()),
            )
            // A segment is one row group, however many rows it has.
            .set_max_row_group_row_count(None);
        if let Some(text) = &self.text {
            properties = properties.set_column_dictionary_enabled(text.clone(), false);
        }
        Ok(properties.build())
    }
}

/// The next segment; `None` at the end.
fn next_segment(segments: &mut impl Read) -> Result<Option<Bytes>, ParquetFault> {
    let mut length = Vec::new();
    segments.by_ref().take(LENGTH_BYTES as u64).read_to_end(&mut length)?;
    if length.is_empty() {
        return Ok(None);
    }
    let length = <[u8; LENGTH_BYTES]>::try_from(length).map_err(|_| ParquetFault::Damaged)?;
    let length = u64::from_le_bytes(length);
    let mut segment = Vec::new();
    segments.by_ref().take(length).read_to_end(&mut segment)?;
    if segment.len() as u64 == length { Ok(Some(segment.into())) } else { Err(ParquetFault::Damaged) }
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
