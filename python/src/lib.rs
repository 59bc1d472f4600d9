//! The Python face of tamis: one class around [`tamis::batch::clean_batch`]. All that is nicer said
//! in Python is in `tamis/__init__.py`.

use std::path::Path;

use arrow_array::RecordBatch;
use arrow_pyarrow::PyArrowType;
use pyo3::create_exception;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tamis::batch::{BatchError, Columns, clean_batch};
use tamis::document::Format;
use tamis::source::ReadOptions;
use tamis::survey::{Memory, SurveyFile, Wanted};
use tamis::{Cleaner, RuleSet, Survey};

create_exception!(_tamis, TamisError, PyValueError, "What tamis cannot do, in the program's words.");
create_exception!(_tamis, RulesError, TamisError, "A rules file is wrong: every mistake in it.");

fn failed(error: impl ToString) -> PyErr {
    TamisError::new_err(error.to_string())
}

/// A compiled rule set, with a survey if there is one.
#[pyclass(frozen)]
struct Engine {
    cleaner: Cleaner,
    columns: Columns,
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
            let survey = survey.map(|path| opened(&path, &rules, counted, memory)).transpose()?;
            let cleaner = Cleaner::new(rules, survey.unwrap_or_default()).map_err(failed)?.brief();
            let read = ReadOptions {
                text_field: text,
                id_field: id,
                url_field: url,
                group_field: group,
                max_bytes: max_bytes.unwrap_or(ReadOptions::default().max_bytes),
                text_format,
            };
            Ok(Self { cleaner, columns: Columns { read, source, ordinal } })
        })
    }

    /// The rules in force as one rules file.
    fn effective(&self) -> String {
        self.cleaner.rules().effective_toml()
    }

    /// A hash of the rules in force.
    fn hash(&self) -> String {
        self.cleaner.rules().hash()
    }

    /// Warnings about the rules, as the program prints them.
    fn warnings(&self) -> Vec<String> {
        self.cleaner.rules().warnings().iter().map(ToString::to_string).collect()
    }

    /// The rows of a batch, cleaned. The interpreter is free meanwhile.
    fn clean_batch(
        &self,
        py: Python<'_>,
        batch: PyArrowType<RecordBatch>,
    ) -> PyResult<PyArrowType<RecordBatch>> {
        let done: Result<_, BatchError> =
            py.detach(|| clean_batch(&self.cleaner, &self.columns, &batch.0));
        Ok(PyArrowType(done.map_err(failed)?))
    }

    /// The columns of cleaned rows.
    fn output_schema(
        &self,
        schema: PyArrowType<arrow_schema::Schema>,
    ) -> PyResult<PyArrowType<arrow_schema::Schema>> {
        let schema = tamis::batch::output_schema(&schema.0.into(), &self.columns).map_err(failed)?;
        Ok(PyArrowType(schema.as_ref().clone()))
    }
}

fn opened(path: &str, rules: &RuleSet, counted: bool, memory: usize) -> PyResult<Survey> {
    let in_it = |error: tamis::survey::SurveyError| failed(format!("{path}: {error}"));
    let file = SurveyFile::open(Path::new(path)).map_err(in_it)?;
    let settings = rules.survey_settings();
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
    use super::{Engine, RulesError, TamisError, builtin_names};
}
