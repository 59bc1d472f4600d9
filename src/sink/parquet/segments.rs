//! An output of rows that grows by segments.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::RecordBatch;

use super::Form;
use crate::sink::files::SinkError;
use crate::sink::segments::{Packers, Segments};
use crate::source::compression::Packing;
use crate::source::parquet::bytes_of;

/// Bytes of columns after which a segment ends, if the epoch does not end before: an epoch is
/// bounded by what is read, and rows can be longer in memory.
const SEGMENT_BYTES: usize = 64 << 20;

/// A Parquet file that is being written.
pub struct RowSegments {
    file: Segments,
    form: Arc<Form>,
    pending: Vec<RecordBatch>,
    bytes: usize,
}

impl RowSegments {
    /// A new output, or one that was written up to a length, at the end of some segment.
    ///
    /// # Errors
    /// As [`Segments::create`] and [`Segments::reopen`].
    pub fn open(
        path: impl Into<PathBuf>,
        form: Arc<Form>,
        length: Option<u64>,
    ) -> Result<Self, SinkError> {
        let file = match length {
            Some(length) => Segments::reopen(path, Packing::None, length)?,
            None => Segments::create(path, Packing::None)?,
        };
        Ok(Self { file, form, pending: Vec::new(), bytes: 0 })
    }

    /// Writes rows.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(
        &mut self,
        batches: Vec<RecordBatch>,
        packers: &mut Packers,
    ) -> Result<(), SinkError> {
        for batch in batches {
            self.bytes = self.bytes.saturating_add(bytes_of(&batch));
            self.pending.push(batch);
            if self.bytes >= SEGMENT_BYTES {
                self.cut(packers)?;
            }
        }
        Ok(())
    }

    /// Ends the segment.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn cut(&mut self, packers: &mut Packers) -> Result<(), SinkError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let (rows, form) = (std::mem::take(&mut self.pending), self.form.clone());
        self.bytes = 0;
        self.file.hand_on(move || form.segment(&rows).map_err(io::Error::from), packers)
    }

    /// Waits until all segments are in the file; its length.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn settle(&mut self, packers: &mut Packers) -> Result<u64, SinkError> {
        self.cut(packers)?;
        self.file.settle(packers)
    }

    /// Sees that what is in the file survives a power cut.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn sync(&mut self) -> Result<(), SinkError> {
        self.file.sync()
    }

    /// Completes the file and gives it its name.
    ///
    /// # Errors
    /// If it cannot be completed or named.
    pub fn finish(mut self, packers: &mut Packers) -> Result<(), SinkError> {
        self.settle(packers)?;
        let footer = File::open(self.file.part())
            .and_then(|segments| Ok(self.form.footer(io::BufReader::new(segments))?));
        let footer = footer.map_err(|error| SinkError::new(self.file.path(), error))?;
        self.file.write(&footer, packers)?;
        self.file.finish(packers)
    }
}
