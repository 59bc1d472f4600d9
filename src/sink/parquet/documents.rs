//! Documents of other formats as rows, and rows as JSON.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::temporal_conversions::as_datetime;
use arrow_array::types::{
    ArrowTimestampType, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray, RecordBatch, StringArray};
use arrow_json::writer::{LineDelimited, NullableEncoder, WriterBuilder};
use arrow_json::{Encoder, EncoderFactory, EncoderOptions};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Schema, SchemaRef, TimeUnit};

/// A document of a source that is no Parquet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Document<'d> {
    /// Its text.
    pub text: &'d str,
    /// Its id.
    pub id: &'d str,
    /// Its address.
    pub url: Option<&'d str>,
    /// All else that is known of it, as a JSON object.
    pub metadata: Option<&'d str>,
}

/// A document that is kept until it is written.
#[derive(Clone, Debug)]
pub struct OwnedDocument {
    /// Its text.
    pub text: String,
    /// Its id.
    pub id: String,
    /// Its address.
    pub url: Option<String>,
    /// All else that is known of it, as a JSON object.
    pub metadata: String,
}

/// Documents as rows of [`documents_schema`], ready to be written.
#[derive(Clone, Debug)]
pub struct Documents {
    pub(super) rows: RecordBatch,
    /// Bytes of their cells.
    pub bytes: u64,
}

impl Documents {
    /// Documents, in order; `None` of none.
    ///
    /// # Errors
    /// As [`documents`].
    pub fn of(all: &[OwnedDocument]) -> Result<Option<Self>, ArrowError> {
        if all.is_empty() {
            return Ok(None);
        }
        let borrowed: Vec<Document<'_>> = all
            .iter()
            .map(|document| Document {
                text: &document.text,
                id: &document.id,
                url: document.url.as_deref(),
                metadata: Some(&document.metadata),
            })
            .collect();
        let bytes = borrowed.iter().map(Document::bytes).sum();
        Ok(Some(Self { rows: documents(&borrowed)?, bytes }))
    }
}

impl Document<'_> {
    fn bytes(&self) -> u64 {
        let [url, metadata] = [self.url, self.metadata].map(|cell| cell.map_or(0, str::len));
        (self.text.len() + self.id.len() + url + metadata) as u64
    }
}

/// The columns of documents, named as Hugging Face's datasets name them: `text` and `id`, strings;
/// `url` and `metadata` (a JSON object), strings or null.
pub fn documents_schema() -> SchemaRef {
    let string = |name, nullable| Field::new(name, DataType::Utf8, nullable);
    Arc::new(Schema::new(vec![
        string("text", false),
        string("id", false),
        string("url", true),
        string("metadata", true),
    ]))
}

/// Documents as rows of [`documents_schema`], in order.
///
/// # Errors
/// If they are too long: a column of strings has room for 2 GiB.
pub fn documents(all: &[Document<'_>]) -> Result<RecordBatch, ArrowError> {
    if all.iter().map(Document::bytes).sum::<u64>() > i32::MAX as u64 {
        let what = "documents are too long for a column of strings".to_owned();
        return Err(ArrowError::InvalidArgumentError(what));
    }
    let text = StringArray::from_iter_values(all.iter().map(|document| document.text));
    let id = StringArray::from_iter_values(all.iter().map(|document| document.id));
    let url = StringArray::from_iter(all.iter().map(|document| document.url));
    let metadata = StringArray::from_iter(all.iter().map(|document| document.metadata));
    let columns: Vec<ArrayRef> =
        vec![Arc::new(text), Arc::new(id), Arc::new(url), Arc::new(metadata)];
    RecordBatch::try_new(documents_schema(), columns)
}

/// Rows as JSON Lines: an object a row, columns in their order, nulls written, bytes in
/// hexadecimal digits, times in ISO 8601 and, where they have a time zone, in UTC.
///
/// # Errors
/// If a column's type has no form in JSON.
pub fn json_lines(batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
    let builder =
        WriterBuilder::new().with_explicit_nulls(true).with_encoder_factory(Arc::new(Instants));
    let mut writer = builder.build::<_, LineDelimited>(Vec::new());
    writer.write(batch)?;
    writer.finish()?;
    Ok(writer.into_inner())
}

/// Writes instants in UTC, whatever zone they are to be shown in: names of zones (`Europe/Paris`)
/// mean nothing without a table of them.
#[derive(Debug)]
struct Instants;

impl EncoderFactory for Instants {
    fn make_default_encoder<'a>(
        &self,
        _: &'a FieldRef,
        array: &'a dyn Array,
        _: &'a EncoderOptions,
    ) -> Result<Option<NullableEncoder<'a>>, ArrowError> {
        let DataType::Timestamp(unit, Some(_)) = array.data_type() else { return Ok(None) };
        let encoder = match unit {
            TimeUnit::Second => instants::<TimestampSecondType>(array),
            TimeUnit::Millisecond => instants::<TimestampMillisecondType>(array),
            TimeUnit::Microsecond => instants::<TimestampMicrosecondType>(array),
            TimeUnit::Nanosecond => instants::<TimestampNanosecondType>(array),
        };
        Ok(encoder.map(|encoder| NullableEncoder::new(encoder, array.nulls().cloned())))
    }
}

fn instants<T: ArrowTimestampType>(array: &dyn Array) -> Option<Box<dyn Encoder + '_>> {
    Some(Box::new(Instant(array.as_primitive_opt::<T>()?)))
}

struct Instant<'a, T: ArrowTimestampType>(&'a PrimitiveArray<T>);

impl<T: ArrowTimestampType> Encoder for Instant<'_, T> {
    fn encode(&mut self, row: usize, out: &mut Vec<u8>) {
        // A time that no calendar has is null.
        let text = as_datetime::<T>(self.0.value(row))
            .map_or_else(|| "null".to_owned(), |time| format!("\"{:?}\"", time.and_utc()));
        out.extend_from_slice(text.as_bytes());
    }
}

/// A row as a JSON object: a line of [`json_lines`] without its line break. `None` if the row is
/// not there.
///
/// # Errors
/// If a column's type has no form in JSON.
pub fn row_to_json(batch: &RecordBatch, row: usize) -> Result<Option<String>, ArrowError> {
    if row >= batch.num_rows() {
        return Ok(None);
    }
    let line = json_lines(&batch.slice(row, 1))?;
    let line =
        String::from_utf8(line).map_err(|error| ArrowError::ParseError(error.to_string()))?;
    Ok(Some(line.trim_end_matches('\n').to_owned()))
}
