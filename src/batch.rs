//! Rows in, the same rows cleaned out: the line over Arrow record batches, for engines that have
//! files and a parallelism of their own.
//!
//! A row is a record as a row of a Parquet file is ([`crate::source::parquet`]). It comes out with
//! its text cleaned and with a column more, a structure that says what became of it and why
//! ([`annotation`]). Every row stays: one that was dropped has no text, and one that cannot be read
//! keeps its own, with the reason. Each row's outcome depends on the row, the rules and the survey
//! alone, so not on how rows are put into batches.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, ListArray, RecordBatch, StringArray,
    StructArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef};

use crate::document::{Location, Record};
use crate::outcome::{Decision, Outcome};
use crate::panics;
use crate::pipeline::Cleaner;
use crate::rules::Category;
use crate::sink::ledger::{dropped, reasons, rounded};
use crate::sink::parquet::{column_name, with_cells, with_gaps};
use crate::source::parquet::{Path, Row, Rows, Table, bytes_at};
use crate::source::{ReadOptions, Refusal};
use crate::survey::SurveyError;

mod survey;

pub use survey::{SurveyWriter, count_batch, pair_schema, pairs, survey_rows, survey_schema};

/// Which columns are what.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// The text, id, address and group, and the most bytes of a text; as for a Parquet file.
    pub read: ReadOptions,
    /// The column that names the source of a row, by which a survey knows a document. Without one
    /// each row is a source by itself, named by its id.
    pub source: Option<String>,
    /// The column with the row's number in its source, from 0.
    pub ordinal: Option<String>,
}

/// Why a batch cannot be cleaned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// A column that is needed is not there, or holds something else.
    #[error("{0}")]
    Column(String),
    /// A row's number in its source is none.
    #[error("row {row} of the batch: column `{column}` holds no whole number from 0 on")]
    Ordinal {
        /// The column's name.
        column: String,
        /// The row's number in the batch, from 0.
        row: usize,
    },
    /// What was removed does not fit into one column of strings.
    #[error("more than 2 GiB of text were removed from one batch: make batches smaller")]
    TooLarge,
    /// The survey could not be read while it was asked.
    #[error("the survey cannot be read: {0}")]
    Survey(String),
    /// A survey cannot be made.
    #[error("the survey cannot be made: {0}")]
    Count(#[from] SurveyError),
    /// Columns cannot be put together.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}

/// What became of a row.
enum Done {
    Cleaned(Box<Outcome>),
    Unreadable(Refusal),
}

/// The columns of a batch, found.
struct Found {
    table: Arc<Table>,
    place: Option<(Path, Option<Path>)>,
}

impl Columns {
    fn find(&self, schema: &SchemaRef) -> Result<Found, BatchError> {
        let table = Table::of_schema(schema.clone(), &self.read).map_err(BatchError::Column)?;
        let path = |name: &str| table.path(name).map_err(BatchError::Column);
        let source = self.source.as_deref().map(path).transpose()?;
        let ordinal = self.ordinal.as_deref().map(path).transpose()?;
        for name in [&self.read.id_field, &self.read.url_field, &self.read.group_field] {
            name.as_deref().map(path).transpose()?;
        }
        let place = match (source, ordinal) {
            (Some(source), ordinal) => Some((source, ordinal)),
            (None, None) => None,
            (None, Some(_)) => {
                let why = "a column with numbers of rows needs one that names their source";
                return Err(BatchError::Column(why.to_owned()));
            }
        };
        Ok(Found { table: Arc::new(table), place })
    }

    /// The place of a row. Without columns that say it, its id is its source; without an id its
    /// number in the batch is.
    fn location(&self, found: &Found, row: &Row) -> Result<Location, BatchError> {
        let Some((source, ordinal)) = &found.place else {
            let id = self.read.id_field.as_deref().unwrap_or("id");
            let id = found.table.path(id).ok().and_then(|path| row.name(&path));
            let source = id.unwrap_or_else(|| format!("row {}", row.index));
            return Ok(Location { source: source.into(), ordinal: 0 });
        };
        let ordinal = match ordinal {
            None => 0,
            Some(path) => {
                row.name(path).and_then(|digits| digits.parse().ok()).ok_or_else(|| {
                    let column = self.ordinal.clone().unwrap_or_default();
                    BatchError::Ordinal { column, row: row.index }
                })?
            }
        };
        Ok(Location { source: row.name(source).unwrap_or_default().into(), ordinal })
    }
}

/// The columns of cleaned rows: those that came in, the text's free to lack cells, and the
/// structure [`annotation`] behind them, under the name `tamis` or, where that is taken, `tamis_2`.
///
/// # Errors
/// If there is no column for the text, or it holds no text.
pub fn output_schema(schema: &SchemaRef, columns: &Columns) -> Result<SchemaRef, BatchError> {
    schema_of(schema, &columns.find(schema)?)
}

fn schema_of(schema: &SchemaRef, found: &Found) -> Result<SchemaRef, BatchError> {
    let with_gaps = with_gaps(schema, &found.table.text)?;
    let own = Field::new(column_name(schema), annotation(), false);
    let fields = with_gaps.fields().iter().cloned().chain([Arc::new(own)]);
    let fields: Vec<_> = fields.collect();
    Ok(Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone())))
}

/// The type of the column that says what became of a row:
///
/// - `action`: `kept`, `cut`, `dropped` or `unreadable`;
/// - `flagged`: whether a rule or the guard wants it looked at;
/// - `scores`: a number for each category, 0 where nothing was found;
/// - `removed`: what was taken away, in order: bytes `start` to `end` of the text as it came (of
///   what HTML shows), the same in characters, the text itself, who decided, the points, the rules
///   that spoke, those that decided first, and for a copy the document that holds it first. Of a
///   dropped document the whole text;
/// - `reason`: why it cannot be read.
pub fn annotation() -> DataType {
    let scores = Category::ALL.map(|own| Field::new(own.name(), DataType::Float64, false));
    DataType::Struct(Fields::from(vec![
        Field::new("action", DataType::Utf8, false),
        Field::new("flagged", DataType::Boolean, false),
        Field::new("scores", DataType::Struct(Fields::from_iter(scores)), false),
        Field::new("removed", list(DataType::Struct(removed_fields())), false),
        Field::new("reason", DataType::Utf8, true),
    ]))
}

fn removed_fields() -> Fields {
    Fields::from(vec![
        Field::new("start", DataType::Int64, false),
        Field::new("end", DataType::Int64, false),
        Field::new("char_start", DataType::Int64, false),
        Field::new("char_end", DataType::Int64, false),
        Field::new("text", DataType::Utf8, false),
        Field::new("by", DataType::Utf8, false),
        Field::new("points", DataType::Float64, false),
        Field::new("rules", list(DataType::Utf8), false),
        Field::new("copy_of", DataType::Struct(place_fields()), true),
    ])
}

fn place_fields() -> Fields {
    let source = Field::new("source", DataType::Utf8, false);
    Fields::from(vec![source, Field::new("ordinal", DataType::Int64, false)])
}

/// A list as engines write one.
fn list(of: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("element", of, false)))
}

/// Cleans the rows of a batch.
///
/// ```
/// use std::sync::Arc;
///
/// use arrow_array::cast::AsArray;
/// use arrow_array::{RecordBatch, StringArray};
/// use tamis::batch::{Columns, clean_batch};
/// use tamis::{Cleaner, RuleSet, Survey};
///
/// let text = "The mill stands idle at low tide.\n\nShare your thoughts in the comments below!";
/// let texts: arrow_array::ArrayRef = Arc::new(StringArray::from(vec![text]));
/// let batch = RecordBatch::try_from_iter([("text", texts)])?;
/// let cleaner = Cleaner::new(RuleSet::default_preset()?, Survey::none())?;
/// let cleaned = clean_batch(&cleaner, &Columns::default(), &batch)?;
/// assert_eq!(cleaned["text"].as_string::<i32>().value(0), "The mill stands idle at low tide.");
/// assert_eq!(cleaned.schema().field(1).name(), "tamis");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If a column is missing or holds something else, or too much was removed for one batch. A row
/// that cannot be read is no error.
pub fn clean_batch(
    cleaner: &Cleaner,
    columns: &Columns,
    batch: &RecordBatch,
) -> Result<RecordBatch, BatchError> {
    let found = columns.find(&batch.schema())?;
    let schema = schema_of(&batch.schema(), &found)?;
    let rows = Arc::new(Rows::new(found.table.clone(), batch.clone()));
    let mut done = Vec::with_capacity(batch.num_rows());
    for index in 0..batch.num_rows() {
        let row = Row { rows: rows.clone(), index };
        let location = columns.location(&found, &row)?;
        done.push(clean_row(cleaner, &columns.read, &row, location));
    }
    if let Some(fault) = cleaner.survey().fault() {
        return Err(BatchError::Survey(fault.to_owned()));
    }
    let text = &found.table.text;
    let cells = done.iter().enumerate().map(|(row, done)| match done {
        Done::Cleaned(outcome) => outcome.output().map(str::as_bytes),
        Done::Unreadable(_) => bytes_at(batch, text, row),
    });
    let plain = Arc::new(Schema::new(
        schema.fields().iter().take(batch.num_columns()).cloned().collect::<Vec<_>>(),
    ));
    let cleaned = with_cells(batch, text, plain, cells)?;
    let mut all = cleaned.columns().to_vec();
    all.push(said(cleaner, &done)?);
    Ok(RecordBatch::try_new(schema, all)?)
}

/// The record of a row.
fn record_of(row: &Row, location: Location, options: &ReadOptions) -> Result<Record, Refusal> {
    let limit = options.max_bytes.max(1);
    if row.text().is_some_and(|text| text.len() > limit) {
        return Err(Refusal::TooLarge { limit, part: 0, last: true });
    }
    row.record(location, options)
}

/// Cleans a row. A fault of the program in one row must not end the batch.
fn clean_row(cleaner: &Cleaner, options: &ReadOptions, row: &Row, location: Location) -> Done {
    let cleaned = record_of(row, location, options).and_then(|record| {
        let outcome = catch_unwind(AssertUnwindSafe(|| cleaner.clean(record)));
        Ok(outcome.map_err(|panic| Refusal::Internal(panics::message(&*panic)))??)
    });
    match cleaned {
        Ok(outcome) => Done::Cleaned(Box::new(outcome)),
        Err(refusal) => Done::Unreadable(refusal),
    }
}

/// Removals of all rows, column by column.
#[derive(Default)]
struct Removed {
    start: Vec<i64>,
    end: Vec<i64>,
    char_start: Vec<i64>,
    char_end: Vec<i64>,
    text: Vec<String>,
    by: Vec<&'static str>,
    points: Vec<f64>,
    /// Rules of all removals, and how many each has.
    rules: Vec<String>,
    rules_of: Vec<usize>,
    copy_of: Vec<Option<Location>>,
}

impl Removed {
    fn push(&mut self, (start, end): (usize, usize), (from, to): (usize, usize), text: &str) {
        self.start.push(start as i64);
        self.end.push(end as i64);
        self.char_start.push(from as i64);
        self.char_end.push(to as i64);
        self.text.push(text.to_owned());
    }

    fn why(
        &mut self,
        by: &'static str,
        points: f64,
        rules: impl Iterator<Item = String>,
        copy_of: Option<Location>,
    ) {
        self.by.push(by);
        self.points.push(points);
        let before = self.rules.len();
        self.rules.extend(rules);
        self.rules_of.push(self.rules.len() - before);
        self.copy_of.push(copy_of);
    }

    /// Takes in what was taken from a document; how many parts that were.
    fn take(&mut self, cleaner: &Cleaner, outcome: &Outcome) -> usize {
        let (rules, text) = (cleaner.rules(), outcome.page.text.as_str());
        if outcome.decision == Decision::Dropped {
            let whole = dropped(outcome, rules, Vec::new());
            let points = outcome.drop_verdict().map_or(0.0, |own| rounded(own.points.total));
            self.push((0, text.len()), (0, text.chars().count()), text);
            let by = match whole.by.as_str() {
                "action" => "action",
                "points" => "points",
                _ => "guard",
            };
            let names = whole.rules.into_iter().map(|share| share.rule);
            self.why(by, points, names, outcome.originals.of_document.clone());
            return 1;
        }
        // Characters are counted once, walking forward.
        let (mut byte, mut character) = (0, 0);
        let mut characters_to = |at: usize| {
            character += text.get(byte..at).map_or(0, |gap| gap.chars().count());
            byte = at;
            character
        };
        for (n, removal) in outcome.removals().iter().enumerate() {
            let span = removal.span;
            let characters = (characters_to(span.start), characters_to(span.end));
            self.push((span.start, span.end), characters, span.of(text));
            let verdict = removal.verdict(&outcome.on_blocks);
            let copy_of = outcome.originals.of_removals.get(n).cloned().flatten();
            let names = reasons(verdict, rules).map(str::to_owned);
            self.why(verdict.by.name(), rounded(verdict.points.total), names, copy_of);
        }
        outcome.removals().len()
    }

    fn array(self) -> Result<ArrayRef, BatchError> {
        let source = self.copy_of.iter().map(|place| place.as_ref().map_or("", |own| &own.source));
        let ordinal = self.copy_of.iter().map(|place| {
            place.as_ref().map_or(0, |own| i64::try_from(own.ordinal).unwrap_or(i64::MAX))
        });
        let nulls: NullBuffer = self.copy_of.iter().map(Option::is_some).collect();
        let places: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(source)),
            Arc::new(Int64Array::from_iter_values(ordinal)),
        ];
        let copy_of = StructArray::try_new(place_fields(), places, Some(nulls))?;
        let rules: ArrayRef = Arc::new(StringArray::from_iter_values(&self.rules));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(self.start)),
            Arc::new(Int64Array::from(self.end)),
            Arc::new(Int64Array::from(self.char_start)),
            Arc::new(Int64Array::from(self.char_end)),
            Arc::new(StringArray::from_iter_values(&self.text)),
            Arc::new(StringArray::from_iter_values(&self.by)),
            Arc::new(Float64Array::from(self.points)),
            lists(rules, self.rules_of)?,
            Arc::new(copy_of),
        ];
        Ok(Arc::new(StructArray::try_new(removed_fields(), columns, None)?))
    }
}

/// Lists of so many values each.
fn lists(values: ArrayRef, lengths: Vec<usize>) -> Result<ArrayRef, BatchError> {
    let field = Arc::new(Field::new("element", values.data_type().clone(), false));
    let offsets = OffsetBuffer::from_lengths(lengths);
    Ok(Arc::new(ListArray::try_new(field, offsets, values, None)?))
}

/// The column that says what became of each row.
fn said(cleaner: &Cleaner, done: &[Done]) -> Result<ArrayRef, BatchError> {
    let mut removed = Removed::default();
    let (mut lengths, mut bytes) = (Vec::new(), 0usize);
    let mut scores = Category::ALL.map(|_| Vec::new());
    for done in done {
        let (of_row, length) = match done {
            Done::Cleaned(outcome) => (outcome.scores(), removed.take(cleaner, outcome)),
            Done::Unreadable(_) => (Default::default(), 0),
        };
        let added = removed.text.iter().rev().take(length).map(String::len).sum::<usize>();
        bytes = bytes.saturating_add(added);
        if i32::try_from(bytes).is_err() {
            return Err(BatchError::TooLarge);
        }
        lengths.push(length);
        for (column, score) in scores.iter_mut().zip(of_row) {
            column.push(rounded(score));
        }
    }
    let action = done.iter().map(|done| match done {
        Done::Cleaned(outcome) => outcome.decision.name(),
        Done::Unreadable(_) => "unreadable",
    });
    let flagged: Vec<bool> = done
        .iter()
        .map(|done| matches!(done, Done::Cleaned(outcome) if outcome.is_flagged()))
        .collect();
    let reason = done.iter().map(|done| match done {
        Done::Cleaned(_) => None,
        Done::Unreadable(refusal) => Some(refusal.to_string()),
    });
    let DataType::Struct(fields) = annotation() else { return Err(BatchError::TooLarge) };
    let score_fields = Category::ALL.map(|own| Field::new(own.name(), DataType::Float64, false));
    let scores = scores.map(|column| Arc::new(Float64Array::from(column)) as ArrayRef);
    let scores = StructArray::try_new(Fields::from_iter(score_fields), scores.into(), None)?;
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(action)),
        Arc::new(BooleanArray::from(flagged)),
        Arc::new(scores),
        lists(removed.array()?, lengths)?,
        Arc::new(StringArray::from_iter(reason)),
    ];
    Ok(Arc::new(StructArray::try_new(fields, columns, None)?))
}

#[cfg(test)]
mod tests;
