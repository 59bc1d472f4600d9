//! Rows that are taken from those that were read together, with other texts.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, DictionaryArray, LargeBinaryArray,
    LargeStringArray, PrimitiveArray, RecordBatch, StringArray, StringViewArray, StructArray,
    UInt32Array,
};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use arrow_select::take::take;

use super::{Documents, Form, OwnedDocument};
use crate::sink::render::ANNOTATION;
use crate::source::parquet::{Path, Row, Table, bytes_at};

/// Most rows of which a column can be made whose dictionary has the smallest keys.
pub(super) const FEWEST_KEYS: usize = 127;

/// A row that is kept.
#[derive(Debug)]
pub struct KeptRow {
    /// The row as it came.
    pub row: Row,
    /// Its text, where that is another.
    pub text: Option<String>,
    /// Its annotation, where one was asked for.
    pub note: Option<String>,
}

/// Rows of one source, in order, and what became of them.
#[derive(Debug, Default)]
pub struct Rows {
    /// Those that are kept.
    pub kept: Vec<KeptRow>,
    /// Those that are not, as they came.
    pub aside: Vec<Row>,
    /// All of them once they are ready to be written; or why they cannot be.
    pub gathered: Option<Result<Gathered, ArrowError>>,
    /// Documents of any source that are kept as rows.
    pub made: Vec<OwnedDocument>,
    /// These once they are ready to be written; or why they cannot be.
    pub documents: Option<Result<Documents, ArrowError>>,
}

/// The same rows, ready to be written.
#[derive(Debug)]
pub struct Gathered {
    /// What all rows of the source have in common.
    pub table: Arc<Table>,
    /// Those that are kept.
    pub kept: Vec<RecordBatch>,
    /// Those that are not.
    pub aside: Vec<RecordBatch>,
}

impl Rows {
    /// Takes in the rows that follow, of which none is ready yet.
    pub fn append(&mut self, next: Rows) {
        let Rows { mut kept, mut aside, mut made, .. } = next;
        self.made.append(&mut made);
        self.kept.append(&mut kept);
        self.aside.append(&mut aside);
    }

    /// Makes columns of the rows, ready to be written: with one for annotations if asked for.
    pub fn gather(&mut self, annotate: bool) {
        let (kept, aside) = (std::mem::take(&mut self.kept), std::mem::take(&mut self.aside));
        self.gathered = gather(&kept, &aside, annotate).transpose();
        self.documents = Documents::of(&std::mem::take(&mut self.made)).transpose();
    }
}

fn gather(kept: &[KeptRow], aside: &[Row], annotate: bool) -> Result<Option<Gathered>, ArrowError> {
    let first = kept.first().map(|kept| &kept.row).or(aside.first());
    let Some(table) = first.map(|row| row.rows.table.clone()) else { return Ok(None) };
    let schema = Form::of(&table, annotate).schema().clone();
    let mut gathered = Gathered { table, kept: Vec::new(), aside: Vec::new() };
    let together = |a: &Row, b: &Row| Arc::ptr_eq(&a.rows, &b.rows);
    for rows in kept.chunk_by(|a, b| together(&a.row, &b.row)) {
        for rows in rows.chunks(FEWEST_KEYS) {
            gathered.kept.push(kept_batch(rows, annotate.then_some(&schema))?);
        }
    }
    for rows in aside.chunk_by(together) {
        gathered.aside.push(taken(rows.iter())?);
    }
    Ok(Some(gathered))
}

/// Rows of one batch as a batch of their own.
fn taken<'r>(rows: impl Iterator<Item = &'r Row> + Clone) -> Result<RecordBatch, ArrowError> {
    let Some(first) = rows.clone().next() else {
        return Err(ArrowError::InvalidArgumentError("no rows".to_owned()));
    };
    let (table, batch) = (&first.rows.table, &first.rows.batch);
    let numbers = UInt32Array::from_iter_values(rows.map(|row| row.index as u32));
    let is_all = numbers.len() == batch.num_rows();
    let columns = if is_all {
        batch.columns().to_vec()
    } else {
        let columns = batch.columns().iter();
        columns.map(|column| take(column, &numbers, None)).collect::<Result<_, _>>()?
    };
    // The batch does not know what its file says of itself.
    RecordBatch::try_new(table.schema.clone(), columns)
}

/// Rows of one batch with their texts and, if there is a schema for them, annotations.
pub(super) fn kept_batch(
    rows: &[KeptRow],
    annotated: Option<&SchemaRef>,
) -> Result<RecordBatch, ArrowError> {
    let mut batch = taken(rows.iter().map(|kept| &kept.row))?;
    if let Some(first) = rows.iter().find(|kept| kept.text.is_some()) {
        let texts: Vec<Option<&str>> = rows.iter().map(|kept| kept.text.as_deref()).collect();
        batch = with_texts(&batch, &first.row.rows.table.text, &texts)?;
    }
    if let Some(schema) = annotated {
        let notes = rows.iter().map(|kept| kept.note.as_deref());
        let notes: ArrayRef = Arc::new(StringArray::from_iter(notes));
        let columns = batch.columns().iter().cloned().chain([notes]).collect();
        batch = RecordBatch::try_new(schema.clone(), columns)?;
    }
    Ok(batch)
}

/// A batch with other texts in the column that `path` leads to, where there are any. The column
/// keeps its type.
///
/// # Errors
/// If the column holds no text.
pub fn with_texts(
    batch: &RecordBatch,
    path: &Path,
    texts: &[Option<&str>],
) -> Result<RecordBatch, ArrowError> {
    let cells = (0..batch.num_rows()).map(|row| match texts.get(row) {
        Some(Some(text)) => Some(text.as_bytes()),
        _ => bytes_at(batch, path, row),
    });
    with_cells(batch, path, batch.schema(), cells)
}

/// A batch with other cells in the column that `path` leads to. The column keeps its type; whether
/// it may hold none is as `schema` has it, which is the batch's otherwise.
///
/// # Errors
/// If the column holds no text, or lacks a cell that it must have.
pub fn with_cells<'c>(
    batch: &RecordBatch,
    path: &Path,
    schema: SchemaRef,
    cells: impl Iterator<Item = Option<&'c [u8]>> + Clone,
) -> Result<RecordBatch, ArrowError> {
    let mut columns = batch.columns().to_vec();
    let place = columns.get_mut(path.column()).ok_or_else(gone)?;
    let field = schema.fields().get(path.column()).ok_or_else(gone)?;
    *place = replaced(place, field, path.inside(), cells)?;
    RecordBatch::try_new(schema, columns)
}

fn gone() -> ArrowError {
    ArrowError::SchemaError("the column of the text is not there".to_owned())
}

/// An array with other texts in the field that a path leads to, with the structures around it.
fn replaced<'c>(
    array: &ArrayRef,
    field: &Field,
    inside: &[usize],
    cells: impl Iterator<Item = Option<&'c [u8]>> + Clone,
) -> Result<ArrayRef, ArrowError> {
    let Some((&first, rest)) = inside.split_first() else {
        return text_array(array.data_type(), cells);
    };
    let structure = array.as_struct_opt().ok_or_else(gone)?;
    let DataType::Struct(fields) = field.data_type() else { return Err(gone()) };
    let mut inner = structure.columns().to_vec();
    let place = inner.get_mut(first).ok_or_else(gone)?;
    *place = replaced(place, fields.get(first).ok_or_else(gone)?, rest, cells)?;
    Ok(Arc::new(StructArray::try_new(fields.clone(), inner, structure.nulls().cloned())?))
}

/// A schema in which the column that `path` leads to may lack cells.
///
/// # Errors
/// If there is no such column.
pub fn with_gaps(schema: &Schema, path: &Path) -> Result<SchemaRef, ArrowError> {
    let fields = with_gaps_in(schema.fields(), path.column(), path.inside())?;
    Ok(Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone())))
}

fn with_gaps_in(fields: &Fields, at: usize, inside: &[usize]) -> Result<Fields, ArrowError> {
    let mut fields: Vec<FieldRef> = fields.iter().cloned().collect();
    let field = fields.get_mut(at).ok_or_else(gone)?;
    *field = Arc::new(match inside.split_first() {
        None => field.as_ref().clone().with_nullable(true),
        Some((&first, rest)) => {
            let DataType::Struct(inner) = field.data_type() else { return Err(gone()) };
            let inner = with_gaps_in(inner, first, rest)?;
            field.as_ref().clone().with_data_type(DataType::Struct(inner))
        }
    });
    Ok(fields.into())
}

/// A column of text of a type.
fn text_array<'c>(
    kind: &DataType,
    cells: impl Iterator<Item = Option<&'c [u8]>> + Clone,
) -> Result<ArrayRef, ArrowError> {
    let DataType::Dictionary(keys, values) = kind else { return plain_array(kind, cells) };
    let present: Vec<bool> = cells.clone().map(|cell| cell.is_some()).collect();
    let values = plain_array(values, cells)?;
    macro_rules! by_keys {
        ($($kind:ident => $native:ty),*) => {
            match &**keys {
                $(DataType::$kind => dictionary::<$native>(&present, values),)*
                other => Err(no_text(other)),
            }
        };
    }
    by_keys!(
        Int8 => Int8Type, Int16 => Int16Type, Int32 => Int32Type, Int64 => Int64Type,
        UInt8 => UInt8Type, UInt16 => UInt16Type, UInt32 => UInt32Type, UInt64 => UInt64Type
    )
}

fn plain_array<'c>(
    kind: &DataType,
    cells: impl Iterator<Item = Option<&'c [u8]>> + Clone,
) -> Result<ArrayRef, ArrowError> {
    let texts = cells.clone().map(|cell| std::str::from_utf8(cell?).ok());
    Ok(match kind {
        DataType::Utf8 => Arc::new(StringArray::from_iter(texts)),
        DataType::LargeUtf8 => Arc::new(LargeStringArray::from_iter(texts)),
        DataType::Utf8View => Arc::new(StringViewArray::from_iter(texts)),
        DataType::Binary => Arc::new(BinaryArray::from_iter(cells)),
        DataType::LargeBinary => Arc::new(LargeBinaryArray::from_iter(cells)),
        DataType::BinaryView => Arc::new(BinaryViewArray::from_iter(cells)),
        other => return Err(no_text(other)),
    })
}

fn no_text(kind: &DataType) -> ArrowError {
    ArrowError::SchemaError(format!("a column of {kind} holds no text"))
}

/// A column with a dictionary in which every row has a value of its own.
fn dictionary<K: ArrowDictionaryKeyType>(
    present: &[bool],
    values: ArrayRef,
) -> Result<ArrayRef, ArrowError>
where
    K::Native: TryFrom<usize>,
{
    let key =
        |(row, &is_present): (usize, &bool)| K::Native::try_from(row).ok().filter(|_| is_present);
    let keys = PrimitiveArray::<K>::from_iter(present.iter().enumerate().map(key));
    Ok(Arc::new(DictionaryArray::try_new(keys, values)?))
}

/// The name of the column for annotations: `tamis`, with a number behind it where that is taken.
pub fn column_name(schema: &Schema) -> String {
    let numbered = (2..).map(|number| format!("{ANNOTATION}_{number}"));
    let mut names = std::iter::once(ANNOTATION.to_owned()).chain(numbered);
    let is_free = |name: &String| schema.fields().find(name).is_none();
    names.find(is_free).unwrap_or_default()
}
