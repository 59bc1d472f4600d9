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
/// Not for documents that fit into memory; the error is that of Arrow.
pub fn documents(all: &[Document<'_>]) -> Result<RecordBatch, ArrowError> {
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
