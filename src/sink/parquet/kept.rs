//! A file that kept documents go to: bytes, or rows of documents.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Documents, Form, RowSegments};
use crate::sink::files::SinkError;
use crate::sink::segments::{Packers, Segments};
use crate::source::compression::Packing;

/// What is kept of some items.
#[derive(Clone, Copy)]
pub(crate) enum Kept<'k> {
    /// Records as they are written.
    Bytes(&'k [u8]),
    /// Documents as rows.
    Rows(&'k Documents),
}

impl Kept<'_> {
    /// Bytes, uncompressed.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Kept::Bytes(bytes) => bytes.len() as u64,
            Kept::Rows(documents) => documents.bytes,
        }
    }
}

/// A file that is being written.
pub(crate) enum KeptFile {
    Bytes(Segments),
    Rows(RowSegments),
}

impl KeptFile {
    /// A new file for such as `kept`, which is not written yet. A file of bytes begins with `head`.
    pub(crate) fn create(
        path: PathBuf,
        packing: Packing,
        head: &str,
        kept: Kept<'_>,
        packers: &mut Packers,
    ) -> Result<Self, SinkError> {
        match kept {
            Kept::Bytes(_) => {
                let mut file = Segments::create(path, packing)?;
                file.write(head.as_bytes(), packers)?;
                Ok(KeptFile::Bytes(file))
            }
            Kept::Rows(_) => rows(path, None),
        }
    }

    /// A file that was written up to a length: of rows of documents, or of bytes.
    pub(crate) fn reopen(
        path: PathBuf,
        packing: Packing,
        length: u64,
        is_rows: bool,
    ) -> Result<Self, SinkError> {
        match is_rows {
            true => rows(path, Some(length)),
            false => Segments::reopen(path, packing, length).map(KeptFile::Bytes),
        }
    }

    /// Writes what a file of its kind holds.
    pub(crate) fn write(&mut self, kept: Kept<'_>, packers: &mut Packers) -> Result<(), SinkError> {
        match (self, kept) {
            (KeptFile::Bytes(file), Kept::Bytes(bytes)) => file.write(bytes, packers),
            (KeptFile::Rows(file), Kept::Rows(documents)) => {
                file.write(vec![documents.rows.clone()], packers)
            }
            // A run writes one shape.
            _ => Ok(()),
        }
    }

    /// Waits until all segments are in the file; its length.
    pub(crate) fn settle(&mut self, packers: &mut Packers) -> Result<u64, SinkError> {
        match self {
            KeptFile::Bytes(file) => file.settle(packers),
            KeptFile::Rows(file) => file.settle(packers),
        }
    }

    /// Sees that what is in the file survives a power cut.
    pub(crate) fn sync(&mut self) -> Result<(), SinkError> {
        match self {
            KeptFile::Bytes(file) => file.sync(),
            KeptFile::Rows(file) => file.sync(),
        }
    }

    /// Completes the file and gives it its name.
    pub(crate) fn finish(self, packers: &mut Packers) -> Result<(), SinkError> {
        match self {
            KeptFile::Bytes(file) => file.finish(packers),
            KeptFile::Rows(file) => file.finish(packers),
        }
    }
}

fn rows(path: PathBuf, length: Option<u64>) -> Result<KeptFile, SinkError> {
    RowSegments::open(path, Arc::new(Form::of_documents()), length).map(KeptFile::Rows)
}
