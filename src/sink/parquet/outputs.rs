//! The two files of a source of rows: those that are kept, and those that are not.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Form, Gathered, RowSegments};
use crate::sink::files::SinkError;
use crate::sink::segments::Packers;
use crate::source::parquet::Table;

/// The files of a source that is being written. Each is opened when it is known what it holds.
pub(crate) struct RowOutputs {
    kept: Output,
    aside: Output,
    /// Those that are kept have a column for annotations.
    pub(crate) annotated: bool,
    /// What is kept is no table, and all rows are kept aside.
    is_converted: bool,
}

struct Output {
    path: PathBuf,
    /// What was written of it before the run was interrupted.
    length: Option<u64>,
    file: Option<RowSegments>,
}

/// Bytes of the two files, of those that there are: of the rows that are kept, and of the others.
pub(crate) type RowLengths = [Option<u64>; 2];

impl Output {
    fn file(&mut self, form: impl FnOnce() -> Form) -> Result<&mut RowSegments, SinkError> {
        let file = match self.file.take() {
            Some(file) => file,
            None => RowSegments::open(&self.path, Arc::new(form()), self.length)?,
        };
        Ok(self.file.insert(file))
    }

    fn cut(&mut self, packers: &mut Packers) -> Result<(), SinkError> {
        self.file.as_mut().map_or(Ok(()), |file| file.cut(packers))
    }

    fn settle(&mut self, packers: &mut Packers) -> Result<Option<u64>, SinkError> {
        match &mut self.file {
            Some(file) => file.settle(packers).map(Some),
            None => Ok(self.length),
        }
    }
}

impl RowOutputs {
    /// Files at these places (no first one where no table is written), of which so much was written before.
    pub(crate) fn new(
        kept: Option<PathBuf>,
        aside: PathBuf,
        annotated: bool,
        lengths: RowLengths,
    ) -> Self {
        let is_converted = kept.is_none();
        let kept = kept.unwrap_or_default();
        let [kept_length, aside_length] = lengths;
        let output = |path, length| Output { path, length, file: None };
        let (kept, aside) = (output(kept, kept_length), output(aside, aside_length));
        Self { kept, aside, annotated, is_converted }
    }

    /// Writes rows.
    pub(crate) fn write(
        &mut self,
        rows: &Gathered,
        packers: &mut Packers,
    ) -> Result<(), SinkError> {
        let Gathered { table, kept, aside } = rows;
        let annotated = self.annotated;
        if !kept.is_empty() {
            let file = self.kept.file(|| Form::of(table, annotated))?;
            file.write(kept.clone(), packers)?;
        }
        if !aside.is_empty() {
            let file = self.aside.file(|| Form::of(table, false))?;
            file.write(aside.clone(), packers)?;
        }
        Ok(())
    }

    /// Ends the segments.
    pub(crate) fn cut(&mut self, packers: &mut Packers) -> Result<(), SinkError> {
        self.kept.cut(packers)?;
        self.aside.cut(packers)
    }

    /// Waits until all segments are in the files; how long they are.
    pub(crate) fn settle(&mut self, packers: &mut Packers) -> Result<RowLengths, SinkError> {
        Ok([self.kept.settle(packers)?, self.aside.settle(packers)?])
    }

    /// Sees that what is in the files survives a power cut.
    pub(crate) fn sync(&mut self) -> Result<(), SinkError> {
        let mut files =
            [&mut self.kept, &mut self.aside].into_iter().filter_map(|o| o.file.as_mut());
        files.try_for_each(RowSegments::sync)
    }

    /// Completes the files; true if there is one of the rows that are kept. There is one wherever
    /// the source's columns are known, also of no row.
    pub(crate) fn finish(
        mut self,
        table: Option<&Arc<Table>>,
        packers: &mut Packers,
    ) -> Result<bool, SinkError> {
        let annotated = self.annotated;
        if let Some(table) = table {
            if !self.is_converted {
                self.kept.file(|| Form::of(table, annotated))?;
            }
            if self.is_converted || self.aside.length.is_some() {
                self.aside.file(|| Form::of(table, false))?;
            }
        }
        let mut is_there = false;
        for (output, is_kept) in [(self.kept, true), (self.aside, false)] {
            match output.file {
                Some(file) => {
                    file.finish(packers)?;
                    is_there |= is_kept;
                }
                None if output.length.is_some() => {
                    let what = "the source's columns cannot be read any more";
                    return Err(SinkError::new(output.path, std::io::Error::other(what)));
                }
                None => {}
            }
        }
        Ok(is_there)
    }
}

/// The folder of a run's `_tamis/` with the rows that are not in its outputs.
const ASIDE: &str = "aside";

/// Where the rows of a source are that are not in its output.
pub(crate) fn aside_path(side: &Path, source: &str) -> PathBuf {
    side.join(ASIDE).join(source)
}
