//! Rows put back together: those of the output and those kept aside, in one file.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use parquet::arrow::ArrowWriter;

use super::rows::{FEWEST_KEYS, kept_batch};
use super::{Form, KeptRow, ParquetFault};
use crate::source::parquet::{Row, Table};
use crate::source::{Compression, Container, Event, Item, Origin, ReadOptions, Reader, Source};

/// Rows that are gathered before they are written.
const ROWS: usize = 1024;
/// Bytes of a row group, about.
const GROUP_BYTES: usize = 64 << 20;

/// A file of rows that is read in order.
pub(super) struct RowFile {
    reader: Reader,
    waiting: Option<Item>,
    table: Option<Arc<Table>>,
    error: Option<String>,
}

impl RowFile {
    /// Opens a file of rows.
    fn open(path: PathBuf, options: &ReadOptions) -> Self {
        let source = Source {
            name: path.to_string_lossy().into(),
            origin: Origin::File(path),
            container: Container::Parquet,
            compression: Compression::None,
        };
        let reader = Reader::new(vec![Arc::new(source)], options.clone());
        let mut file = Self { reader, waiting: None, table: None, error: None };
        file.waiting = file.next_item();
        file
    }

    fn next_item(&mut self) -> Option<Item> {
        loop {
            match self.reader.next()? {
                Event::Start(_) => {}
                Event::Item(item) => {
                    let row = item.row.as_ref();
                    self.table = row.map(|row| row.rows.table.clone()).or(self.table.take());
                    return Some(item);
                }
                Event::End(end) => {
                    self.table = end.table.or(self.table.take());
                    self.error = end.error;
                }
            }
        }
    }

    /// The next row, and its text as it stands.
    fn next(&mut self) -> Option<(Row, Vec<u8>)> {
        let next = self.next_item();
        let item = std::mem::replace(&mut self.waiting, next)?;
        Some((item.row?, item.raw))
    }
}

/// A file of rows that is put back together.
pub(crate) struct Restoring<W: Write + Send> {
    kept: RowFile,
    aside: Option<RowFile>,
    form: Form,
    writer: ArrowWriter<W>,
    rows: Vec<KeptRow>,
}

/// Why rows could not be put back together.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RestoringFault {
    /// A file of the run cannot be read.
    #[error("{path}: {message}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        message: String,
    },
    /// The restored file cannot be written.
    #[error(transparent)]
    Write(#[from] ParquetFault),
}

impl<W: Write + Send> Restoring<W> {
    /// Begins with a run's cleaned file and the file of the rows that are not in it, if there is one.
    pub(crate) fn begin(
        kept: &Path,
        aside: Option<&Path>,
        annotated: bool,
        options: &ReadOptions,
        out: W,
    ) -> Result<Self, RestoringFault> {
        let file = RowFile::open(kept.to_owned(), options);
        let Some(table) = &file.table else {
            let message = file.error.unwrap_or_default();
            return Err(RestoringFault::Read { path: kept.to_owned(), message });
        };
        let form = if annotated { Form::without_annotation(table) } else { Form::of(table, false) };
        let writer = form.writer(out)?;
        let aside = aside.filter(|aside| aside.exists());
        let aside = aside.map(|aside| RowFile::open(aside.to_owned(), options));
        Ok(Self { kept: file, aside, form, writer, rows: Vec::new() })
    }

    /// The next row of the cleaned file and its text.
    pub(crate) fn next_kept(&mut self) -> Option<(Row, Vec<u8>)> {
        self.kept.next()
    }

    /// The next row of those that are not in the cleaned file.
    pub(crate) fn next_aside(&mut self) -> Option<(Row, Vec<u8>)> {
        self.aside.as_mut()?.next()
    }

    /// Writes a row, with another text if there is one.
    pub(crate) fn write(&mut self, row: Row, text: Option<String>) -> Result<(), ParquetFault> {
        self.rows.push(KeptRow { row, text, note: None });
        if self.rows.len() >= ROWS { self.write_out() } else { Ok(()) }
    }

    fn write_out(&mut self) -> Result<(), ParquetFault> {
        let schema = self.form.schema();
        let rows = std::mem::take(&mut self.rows);
        let together = rows.chunk_by(|a, b| Arc::ptr_eq(&a.row.rows, &b.row.rows));
        for rows in together.flat_map(|rows| rows.chunks(FEWEST_KEYS)) {
            let batch = kept_batch(rows, None)?;
            // Rows of the cleaned file have a column more if they are annotated.
            let columns = batch.columns().iter().take(schema.fields().len()).cloned().collect();
            self.writer.write(&RecordBatch::try_new(schema.clone(), columns)?)?;
        }
        if self.writer.in_progress_size() >= GROUP_BYTES {
            self.writer.flush()?;
        }
        Ok(())
    }

    /// Completes the file, and gives back what it was written to. True if no row of the run is left.
    pub(crate) fn finish(mut self) -> Result<(W, bool), ParquetFault> {
        self.write_out()?;
        let is_all = self.kept.waiting.is_none()
            && self.aside.as_ref().is_none_or(|aside| aside.waiting.is_none());
        Ok((self.writer.into_inner()?, is_all))
    }
}
