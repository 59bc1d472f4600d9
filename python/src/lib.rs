//! The Python face of tamis: one class around [`tamis::batch::clean_batch`]. All that is nicer said
//! in Python is in `tamis/__init__.py`.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use arrow_array::RecordBatch;
use arrow_pyarrow::PyArrowType;
use pyo3::create_exception;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tamis::batch::{
    BatchError, Columns, clean_batch, count_batch, pair_schema, pairs, survey_rows, survey_schema,
};
use tamis::document::Format;
use tamis::source::ReadOptions;
use tamis::survey::{Counting, Memory, PairFinder, RowColumns, Settings, SurveyFile, Wanted};
use tamis::{Cleaner, RuleSet, Survey};

create_exception!(
    _tamis,
    TamisError,
    PyValueError,
    "What tamis cannot do, in the program's words."
);
create_exception!(
    tamis._tamis,
    RulesError,
    TamisError,
    "A rules file is wrong: every mistake in it."
);

fn failed(error: impl ToString) -> PyErr {
    TamisError::new_err(error.to_string())
}

/// A compiled rule set, with a survey if there is one.
#[pyclass(frozen, module = "tamis._tamis")]
struct Engine {
    rules: RuleSet,
    /// What cleans, or why nothing can be cleaned: a rule lacks a survey, which this may yet make.
    cleaner: Result<Cleaner, String>,
    columns: Columns,
}

impl Engine {
    fn cleaner(&self) -> PyResult<&Cleaner> {
        self.cleaner.as_ref().map_err(failed)
    }

    fn settings(&self) -> Settings {
        self.rules.survey_settings().grouped_by(self.columns.read.group_field.as_deref())
    }
}

#[pymethods]
impl Engine {
    /// From the names of rules files, or from the text of one.
    #[new]
    #[pyo3(signature = (rules, is_text, survey, counted, memory, text, id, url, group, source, ordinal, format, max_bytes))]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>,
        rules: Vec<String>,
        is_text: bool,
        survey: Option<String>,
        counted: bool,
        memory: usize,
        text: String,
        id: Option<String>,
        url: Option<String>,
        group: Option<String>,
        source: Option<String>,
        ordinal: Option<String>,
        format: &str,
        max_bytes: Option<usize>,
    ) -> PyResult<Self> {
        let text_format = match format {
            "text" => None,
            "markdown" => Some(Format::Markdown),
            "html" => Some(Format::Html),
            other => {
                let why = format!("format \"{other}\" is none: text, markdown or html is expected");
                return Err(TamisError::new_err(why));
            }
        };
        py.detach(|| {
            let rules = if is_text {
                RuleSet::from_text("rules", &rules.concat())
            } else {
                RuleSet::load(&rules)
            };
            let rules = rules.map_err(|errors| RulesError::new_err(errors.to_string()))?;
            let read = ReadOptions {
                text_field: text,
                id_field: id,
                url_field: url,
                group_field: group,
                max_bytes: max_bytes.unwrap_or(ReadOptions::default().max_bytes),
                text_format,
            };
            let columns = Columns { read, source, ordinal };
            let survey = survey.map(|path| opened(&path, &rules, &columns, counted, memory));
            let survey = survey.transpose()?.unwrap_or_default();
            let cleaner = Cleaner::new(rules.clone(), survey);
            // Nobody asks for the samples that a report rests on.
            let cleaner = cleaner.map(|cleaner| cleaner.brief().for_sources(usize::MAX));
            Ok(Self { rules, cleaner: cleaner.map_err(|error| error.to_string()), columns })
        })
    }

    /// Fails if nothing can be cleaned: a rule lacks a survey.
    fn ready(&self) -> PyResult<()> {
        self.cleaner().map(|_| ())
    }

    /// The rules in force as one rules file.
    fn effective(&self) -> String {
        self.rules.effective_toml()
    }

    /// A hash of the rules in force.
    fn hash(&self) -> String {
        self.rules.hash()
    }

    /// Warnings about the rules, as the program prints them.
    fn warnings(&self) -> Vec<String> {
        self.rules.warnings().iter().map(ToString::to_string).collect()
    }

    /// The rows of a batch, cleaned. The interpreter is free meanwhile.
    fn clean_batch(
        &self,
        py: Python<'_>,
        batch: PyArrowType<RecordBatch>,
    ) -> PyResult<PyArrowType<RecordBatch>> {
        let cleaner = self.cleaner()?;
        let done: Result<_, BatchError> =
            py.detach(|| clean_batch(cleaner, &self.columns, &batch.0));
        Ok(PyArrowType(done.map_err(failed)?))
    }

    /// The columns of cleaned rows.
    fn output_schema(
        &self,
        schema: PyArrowType<arrow_schema::Schema>,
    ) -> PyResult<PyArrowType<arrow_schema::Schema>> {
        let schema =
            tamis::batch::output_schema(&schema.0.into(), &self.columns).map_err(failed)?;
        Ok(PyArrowType(schema.as_ref().clone()))
    }

    /// The rows of a survey that count the rows of a batch, for an engine to group.
    fn survey_rows(
        &self,
        py: Python<'_>,
        batch: PyArrowType<RecordBatch>,
        rank: &str,
    ) -> PyResult<PyArrowType<RecordBatch>> {
        let settings = self.settings();
        let done = py.detach(|| survey_rows(&settings, &self.columns, rank, &batch.0));
        Ok(PyArrowType(done.map_err(failed)?))
    }

    /// True if near duplicates of documents, and near copies of blocks, are counted; and true if the
    /// longest of near duplicates stays.
    fn survey_parts(&self) -> (bool, bool, bool) {
        let settings = self.settings();
        let longest = settings.keep == tamis::survey::Keep::Longest;
        (settings.near_documents.is_some(), settings.near_blocks, longest)
    }

    /// Begins to count rows.
    fn counter(&self, memory: usize, folder: PathBuf) -> Counter {
        let counting = Counting::within(self.settings(), Memory::new(memory, &folder));
        Counter { counting: Mutex::new(Some(Box::new(counting))), columns: self.columns.clone() }
    }

    /// Begins to write the file of a survey whose rows come in order.
    fn survey_writer(&self, path: PathBuf) -> PyResult<SurveyWriter> {
        let file = BufWriter::new(File::create(&path).map_err(|error| at(&path, error))?);
        let writer = tamis::batch::SurveyWriter::new(self.settings(), file);
        Ok(SurveyWriter { writer: Mutex::new(Some(Box::new(writer))) })
    }
}

fn at(path: &Path, error: impl std::fmt::Display) -> PyErr {
    failed(format!("{}: {error}", path.display()))
}

/// Counts the rows of batches for a survey.
#[pyclass(frozen, module = "tamis._tamis")]
struct Counter {
    counting: Mutex<Option<Box<Counting>>>,
    columns: Columns,
}

#[pymethods]
impl Counter {
    /// Counts the rows of a batch; how many cannot be read.
    fn add(&self, py: Python<'_>, batch: PyArrowType<RecordBatch>) -> PyResult<u64> {
        py.detach(|| {
            let mut counting = self.counting.lock().unwrap_or_else(PoisonError::into_inner);
            let counting = counting.as_mut().ok_or_else(|| failed("the survey is written"))?;
            count_batch(counting, &self.columns, &batch.0).map_err(failed)
        })
    }

    /// Writes the survey's file; the documents that were counted.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<u64> {
        py.detach(|| {
            let counting = self.counting.lock().unwrap_or_else(PoisonError::into_inner).take();
            let counting = counting.ok_or_else(|| failed("the survey is written"))?;
            let file = File::create(&path).map_err(|error| at(&path, error))?;
            let saved = counting.save(BufWriter::new(file)).map_err(|error| at(&path, error))?;
            Ok(saved.documents())
        })
    }
}

/// Finds pairs of near duplicates and near copies in rows that come in order.
#[pyclass(frozen, module = "tamis._tamis")]
#[derive(Default)]
struct Pairs {
    finder: Mutex<PairFinder>,
}

#[pymethods]
impl Pairs {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// The pairs that the next rows show.
    fn see(
        &self,
        py: Python<'_>,
        batch: PyArrowType<RecordBatch>,
    ) -> PyResult<PyArrowType<RecordBatch>> {
        let found = py.detach(|| {
            let mut finder = self.finder.lock().unwrap_or_else(PoisonError::into_inner);
            pairs(&mut finder, &batch.0)
        });
        Ok(PyArrowType(found.map_err(failed)?))
    }
}

/// Writes the file of a survey whose rows come in order.
#[pyclass(frozen, module = "tamis._tamis")]
struct SurveyWriter {
    /// In a box: what Python allocates has no room for values that must lie at multiples of 64 bytes.
    writer: Mutex<Option<Box<tamis::batch::SurveyWriter<BufWriter<File>>>>>,
}

#[pymethods]
impl SurveyWriter {
    /// Takes in the next rows.
    fn push(&self, py: Python<'_>, batch: PyArrowType<RecordBatch>) -> PyResult<()> {
        py.detach(|| {
            let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            let writer = writer.as_mut().ok_or_else(|| failed("the survey is written"))?;
            writer.push(&batch.0).map_err(failed)
        })
    }

    /// Ends the file; the documents that it counts.
    fn finish(&self, py: Python<'_>) -> PyResult<u64> {
        py.detach(|| {
            let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
            let writer = writer.ok_or_else(|| failed("the survey is written"))?;
            Ok(writer.finish().map_err(failed)?.documents())
        })
    }
}

/// The columns of the rows of a survey, and those of pairs.
#[pyfunction]
fn survey_schemas() -> (PyArrowType<arrow_schema::Schema>, PyArrowType<arrow_schema::Schema>) {
    let of = |schema: arrow_schema::SchemaRef| PyArrowType(schema.as_ref().clone());
    (of(survey_schema()), of(pair_schema()))
}

/// The numbers of tables in the rows of a survey, by name.
#[pyfunction]
fn survey_tables() -> [(&'static str, i32); 6] {
    [
        ("band", RowColumns::BAND),
        ("near", RowColumns::NEAR),
        ("document", RowColumns::DOCUMENT),
        ("block", RowColumns::BLOCK),
        ("cluster", RowColumns::CLUSTER),
        ("alike", RowColumns::ALIKE),
    ]
}

fn opened(
    path: &str,
    rules: &RuleSet,
    columns: &Columns,
    counted: bool,
    memory: usize,
) -> PyResult<Survey> {
    let in_it = |error: tamis::survey::SurveyError| failed(format!("{path}: {error}"));
    let file = SurveyFile::open(Path::new(path)).map_err(in_it)?;
    let settings = rules.survey_settings().grouped_by(columns.read.group_field.as_deref());
    // A source without a name is in no survey: all that it counts is held then.
    let unknown = ["".into()];
    let sources = if counted { &[][..] } else { &unknown[..] };
    let wanted = Wanted { settings: &settings, groups: rules.asks_for_groups(), sources };
    let memory = Memory { bytes: memory, ..Memory::default() };
    Survey::open(&file, &wanted, &memory).map_err(in_it)
}

/// Names of the built-in rules files.
#[pyfunction]
fn builtin_names() -> Vec<&'static str> {
    tamis::rules::builtin_names()
}

#[pymodule]
mod _tamis {
    #[pymodule_export]
    use super::{
        Counter, Engine, Pairs, RulesError, SurveyWriter, TamisError, builtin_names,
        survey_schemas, survey_tables,
    };
}

// Objects of Python lie at multiples of 16 bytes, and PyO3 takes no more care.
const _: () = assert!(
    align_of::<Engine>() <= 16
        && align_of::<Counter>() <= 16
        && align_of::<Pairs>() <= 16
        && align_of::<SurveyWriter>() <= 16
);
