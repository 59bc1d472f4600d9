//! Cells of a batch of rows: which column a name means, and what stands in it.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Fields, Schema};

/// Where a column is: its number, and the number of the field in each structure on the way down.
/// Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(Vec<usize>);

impl Path {
    /// The column of the table that it leads into.
    pub fn column(&self) -> usize {
        self.0.first().copied().unwrap_or(0)
    }

    /// The fields on the way down from there.
    pub fn inside(&self) -> &[usize] {
        self.0.get(1..).unwrap_or_default()
    }
}

/// Finds a column and its type. A column of the whole name goes before a path, in which dots lead
/// into structures.
pub(super) fn find(schema: &Schema, name: &str) -> Option<(Path, DataType)> {
    let mut fields: &Fields = schema.fields();
    let mut path = Vec::new();
    let mut rest = name;
    loop {
        if let Some((number, field)) = fields.find(rest) {
            path.push(number);
            return Some((Path(path), field.data_type().clone()));
        }
        let (head, tail) = rest.split_once('.')?;
        let (number, field) = fields.find(head)?;
        let DataType::Struct(inner) = field.data_type() else { return None };
        path.push(number);
        (fields, rest) = (inner, tail);
    }
}

/// True for a type whose cells can be text.
pub(super) fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView => true,
        DataType::Dictionary(_, values) => {
            !matches!(**values, DataType::Dictionary(..)) && is_text(values)
        }
        _ => false,
    }
}

/// The array that a path leads to, and the row in it; `None` where a structure is null.
fn leaf<'b>(batch: &'b RecordBatch, path: &Path, row: usize) -> Option<&'b dyn Array> {
    let mut array: &dyn Array = batch.columns().get(path.column())?;
    for &field in path.inside() {
        if row >= array.len() || array.is_null(row) {
            return None;
        }
        array = array.as_struct_opt()?.columns().get(field)?;
    }
    (row < array.len()).then_some(array)
}

/// The bytes of a cell of text or bytes; `None` where it is null or holds something else.
pub fn bytes_at<'b>(batch: &'b RecordBatch, path: &Path, row: usize) -> Option<&'b [u8]> {
    bytes(leaf(batch, path, row)?, row)
}

fn bytes(array: &dyn Array, row: usize) -> Option<&[u8]> {
    let (array, row) = match array.data_type() {
        DataType::Dictionary(..) => looked_up(array, row)?,
        _ => (array, row),
    };
    if row >= array.len() || array.is_null(row) {
        return None;
    }
    match array.data_type() {
        DataType::Utf8 => Some(array.as_string_opt::<i32>()?.value(row).as_bytes()),
        DataType::LargeUtf8 => Some(array.as_string_opt::<i64>()?.value(row).as_bytes()),
        DataType::Utf8View => Some(array.as_string_view_opt()?.value(row).as_bytes()),
        DataType::Binary => Some(array.as_binary_opt::<i32>()?.value(row)),
        DataType::LargeBinary => Some(array.as_binary_opt::<i64>()?.value(row)),
        DataType::BinaryView => Some(array.as_binary_view_opt()?.value(row)),
        _ => None,
    }
}

/// The values of a dictionary, and which of them a row has.
fn looked_up(array: &dyn Array, row: usize) -> Option<(&dyn Array, usize)> {
    if array.is_null(row) {
        return None;
    }
    let dictionary = array.as_any_dictionary_opt()?;
    let key = whole(dictionary.keys(), row)?.parse().ok()?;
    Some((&**dictionary.values(), key))
}

/// The digits of a cell of whole numbers; `None` where it is null or holds something else.
pub(super) fn number_at(batch: &RecordBatch, path: &Path, row: usize) -> Option<String> {
    whole(leaf(batch, path, row)?, row)
}

fn whole(array: &dyn Array, row: usize) -> Option<String> {
    if array.is_null(row) {
        return None;
    }
    macro_rules! digits {
        ($($kind:ident => $native:ty),*) => {
            match array.data_type() {
                $(DataType::$kind => {
                    Some(array.as_primitive_opt::<$native>()?.value(row).to_string())
                })*
                _ => None,
            }
        };
    }
    digits!(
        Int8 => Int8Type, Int16 => Int16Type, Int32 => Int32Type, Int64 => Int64Type,
        UInt8 => UInt8Type, UInt16 => UInt16Type, UInt32 => UInt32Type, UInt64 => UInt64Type
    )
}
