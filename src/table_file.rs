//! Files of Parquet tables that somebody else may have made.

use std::fs::File;
use std::io::{self, BufReader, Read};

use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

/// So often the end of a file may be read before it is an error.
const ENDS: usize = 8;

/// A file whose end cannot be read for ever.
///
/// Parquet's reader skips what it does not know and takes it for skipped where the file has ended
/// (parquet 60.1): a header of seven bytes can have it skip two thousand million numbers, one by one.
#[derive(Debug)]
pub(crate) struct TableFile(File);

impl TableFile {
    pub(crate) fn new(file: File) -> Self {
        Self(file)
    }
}

impl Length for TableFile {
    fn len(&self) -> u64 {
        self.0.len()
    }
}

impl ChunkReader for TableFile {
    type T = Ending<BufReader<File>>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(Ending { inner: self.0.get_read(start)?, ends: 0 })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<bytes::Bytes, ParquetError> {
        self.0.get_bytes(start, length)
    }
}

/// A reader that fails where it is asked again and again for what is behind the end.
pub(crate) struct Ending<R> {
    inner: R,
    ends: usize,
}

impl<R: Read> Read for Ending<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if read == 0 && !buffer.is_empty() {
            self.ends += 1;
            if self.ends > ENDS {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_told_some_times_and_is_an_error_then() {
        let mut reader = Ending { inner: &b"ab"[..], ends: 0 };
        let mut all = Vec::new();
        assert_eq!(reader.read_to_end(&mut all).unwrap(), 2);
        assert_eq!(reader.read(&mut []).unwrap(), 0);
        let mut piece = [0; 8];
        let ends = std::iter::repeat_with(|| reader.read(&mut piece)).take(2 * ENDS);
        let (told, failed): (Vec<_>, Vec<_>) = ends.partition(Result::is_ok);
        assert!(!told.is_empty() && told.len() < ENDS + 1, "{}", told.len());
        assert!(failed.len() >= ENDS);
    }
}
