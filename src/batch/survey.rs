//! A survey over Arrow record batches: counted here as they come, or with an engine that adds up what
//! stands in batches on many machines ([`RowColumns`] has the steps).

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

use super::{BatchError, Columns, record_of};
use crate::pipeline::prints;
use crate::source::parquet::{Row, Rows};
use crate::survey::{
    Assembling, Counting, Description, PairFinder, Prints, RowColumns, Settings, SurveyError,
};

impl Columns {
    /// Takes the prints of each row of a batch; how many rows cannot be read.
    fn each(
        &self,
        settings: &Settings,
        batch: &RecordBatch,
        take: &mut dyn FnMut(&Row, &Prints) -> Result<(), BatchError>,
    ) -> Result<u64, BatchError> {
        let found = self.find(&batch.schema())?;
        let rows = Arc::new(Rows::new(found.table.clone(), batch.clone()));
        let mut unreadable = 0;
        for index in 0..batch.num_rows() {
            let row = Row { rows: rows.clone(), index };
            let location = self.location(&found, &row)?;
            let printed = record_of(&row, location, &self.read).ok().and_then(|record| {
                // A fault of the program in one row must not end the batch.
                catch_unwind(AssertUnwindSafe(|| prints(record, settings))).ok()?.ok()
            });
            match printed {
                Some(prints) => take(&row, &prints)?,
                None => unreadable += 1,
            }
        }
        Ok(unreadable)
    }
}

/// Counts the rows of a batch; how many cannot be read and are not counted.
///
/// # Errors
/// If a column is missing or holds something else, or counting fails ([`Counting::add`]).
pub fn count_batch(
    counting: &mut Counting,
    columns: &Columns,
    batch: &RecordBatch,
) -> Result<u64, BatchError> {
    let settings = counting.settings().clone();
    columns.each(&settings, batch, &mut |_, prints| Ok(counting.add(prints)?))
}

/// The rows of a survey that count the rows of a batch, for an engine to group. The column `rank` has
/// for each row the place of its source among the names of all sources in order, from 0. Rows that
/// cannot be read are not counted.
///
/// # Errors
/// If a column is missing or holds something else.
pub fn survey_rows(
    settings: &Settings,
    columns: &Columns,
    rank: &str,
    batch: &RecordBatch,
) -> Result<RecordBatch, BatchError> {
    let ranks = long(batch, rank)?;
    let mut out = RowColumns::default();
    columns.each(settings, batch, &mut |row, prints| {
        let own = ranks.is_valid(row.index).then(|| ranks.value(row.index));
        let own = own.and_then(|own| u64::try_from(own).ok());
        let none = || BatchError::Ordinal { column: rank.to_owned(), row: row.index };
        Ok(out.add(prints, own.ok_or_else(none)?)?)
    })?;
    to_batch(out)
}

/// The columns of [`survey_rows`].
pub fn survey_schema() -> SchemaRef {
    let long = |name: &str| Field::new(name, DataType::Int64, false);
    Arc::new(Schema::new(vec![
        Field::new("table", DataType::Int32, false),
        long("fingerprint"),
        long("member"),
        long("place"),
        long("documents"),
        long("copies"),
        long("head"),
        long("tail"),
        Field::new("name", DataType::Utf8, true),
    ]))
}

/// The columns of [`pairs`].
pub fn pair_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("table", DataType::Int32, false),
        Field::new("one", DataType::Int64, false),
        Field::new("other", DataType::Int64, false),
    ]))
}

fn to_batch(rows: RowColumns) -> Result<RecordBatch, BatchError> {
    let RowColumns { table, fingerprint, member, place, documents, copies, head, tail, name } =
        rows;
    let mut columns: Vec<ArrayRef> = vec![Arc::new(Int32Array::from(table))];
    for column in [fingerprint, member, place, documents, copies, head, tail] {
        columns.push(Arc::new(Int64Array::from(column)));
    }
    columns.push(Arc::new(StringArray::from_iter(name)));
    Ok(RecordBatch::try_new(survey_schema(), columns)?)
}

fn of_batch(batch: &RecordBatch) -> Result<RowColumns, BatchError> {
    let long =
        |name: &str| -> Result<Vec<i64>, BatchError> { Ok(long(batch, name)?.values().to_vec()) };
    let table = column(batch, "table")?.as_primitive_opt::<Int32Type>();
    let table = table.ok_or_else(|| holds("table", "integers of 32 bits"))?;
    let names = column(batch, "name")?;
    let names = match names.data_type() {
        DataType::LargeUtf8 => named(names.as_string::<i64>().iter()),
        DataType::Utf8 => named(names.as_string::<i32>().iter()),
        _ => return Err(holds("name", "strings")),
    };
    Ok(RowColumns {
        table: table.values().to_vec(),
        fingerprint: long("fingerprint")?,
        member: long("member")?,
        place: long("place")?,
        documents: long("documents")?,
        copies: long("copies")?,
        head: long("head")?,
        tail: long("tail")?,
        name: names,
    })
}

fn named<'n>(names: impl Iterator<Item = Option<&'n str>>) -> Vec<Option<Arc<str>>> {
    names.map(|name| name.map(Arc::from)).collect()
}

fn column<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b ArrayRef, BatchError> {
    let missing = || BatchError::Column(format!("there is no column `{name}`"));
    batch.column_by_name(name).ok_or_else(missing)
}

fn long<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b Int64Array, BatchError> {
    let column = column(batch, name)?.as_primitive_opt::<Int64Type>();
    column.ok_or_else(|| holds(name, "integers of 64 bits"))
}

fn holds(name: &str, what: &str) -> BatchError {
    BatchError::Column(format!("the column `{name}` does not hold {what}"))
}

/// The pairs that the next rows show, of documents that are near duplicates and of blocks that are near
/// copies.
///
/// # Errors
/// If they are no rows of a survey.
pub fn pairs(finder: &mut PairFinder, batch: &RecordBatch) -> Result<RecordBatch, BatchError> {
    let found = finder.see(&of_batch(batch)?)?;
    let columns: [ArrayRef; 3] = [
        Arc::new(Int32Array::from_iter_values(found.iter().map(|(table, ..)| *table))),
        Arc::new(Int64Array::from_iter_values(found.iter().map(|(_, one, _)| *one))),
        Arc::new(Int64Array::from_iter_values(found.iter().map(|(.., other)| *other))),
    ];
    Ok(RecordBatch::try_new(pair_schema(), columns.into())?)
}

/// Writes a survey's file from the rows of a whole survey, which come in the order of table,
/// fingerprint and member.
pub struct SurveyWriter<W: Write + Send> {
    assembling: Assembling<W>,
}

impl<W: Write + Send> SurveyWriter<W> {
    /// Of a survey that counts this.
    pub fn new(settings: Settings, to: W) -> Self {
        Self { assembling: Assembling::new(settings, to) }
    }

    /// Takes in the next rows.
    ///
    /// # Errors
    /// If they are no rows of a survey, are not in order, or cannot be written.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<(), BatchError> {
        Ok(self.assembling.push(&of_batch(batch)?)?)
    }

    /// Ends the file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(self) -> Result<Description, SurveyError> {
        self.assembling.finish()
    }
}
