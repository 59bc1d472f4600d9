//! Documents of other formats as rows, and rows as JSON.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_json::writer::{LineDelimited, WriterBuilder};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

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
/// hexadecimal digits, times in ISO 8601.
///
/// # Errors
/// If a column's type has no form in JSON.
pub fn json_lines(batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
    let builder = WriterBuilder::new().with_explicit_nulls(true);
    let mut writer = builder.build::<_, LineDelimited>(Vec::new());
    writer.write(batch)?;
    writer.finish()?;
    Ok(writer.into_inner())
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
    let line = String::from_utf8(line).map_err(|error| ArrowError::ParseError(error.to_string()))?;
    Ok(Some(line.trim_end_matches('\n').to_owned()))
}
