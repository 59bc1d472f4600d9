//! Cleaned records as one stream, such as standard output: in the order of the input, and nothing
//! else is written. What was removed is not kept, so it cannot be put back.

use std::io::{self, Write};
use std::sync::Arc;

use super::output::{Outputs, Shape};
use super::parquet::json_lines;
use super::render::Rendered;
use crate::source::{Container, Source};

/// Why a stream cannot be written, or not on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// Whoever read it went away: there is nobody to write for, which is no fault.
    #[error("the reader went away")]
    Closed,
    /// The system refuses.
    #[error("standard output: {0}")]
    Io(#[source] io::Error),
    /// Documents that are no lines would run into one another.
    #[error(
        "\"{0}\" is not JSON Lines, and several documents in one stream could not be told apart: \
         write them as JSON Lines with --output-format jsonl, name one file, or a folder with -o"
    )]
    Apart(Arc<str>),
}

impl From<io::Error> for StreamError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => StreamError::Closed,
            _ => StreamError::Io(error),
        }
    }
}

/// A stream of cleaned records.
pub struct Stream<W: Write> {
    out: io::BufWriter<W>,
    /// What goes before the first record.
    head: &'static str,
}

/// Bytes that are written at a time.
const BUFFER: usize = 256 << 10;

impl<W: Write> Stream<W> {
    /// A stream of the records of these sources: of any number of JSON Lines or WARC files, of
    /// tables, whose rows become JSON Lines, of any number that are converted, or of one file.
    ///
    /// # Errors
    /// [`StreamError::Apart`] if they could not be told apart.
    pub fn new(out: W, sources: &[Arc<Source>], outputs: Outputs) -> Result<Self, StreamError> {
        let first = sources.first().map(|source| source.container);
        let is_apart = |source: &&Arc<Source>| {
            let joins = matches!(source.container, Container::Jsonl | Container::Warc);
            outputs.shape(source) == Shape::Same && (!joins || Some(source.container) != first)
        };
        match sources.iter().find(is_apart) {
            Some(document) if sources.len() > 1 => Err(StreamError::Apart(document.name.clone())),
            _ => {
                let out = io::BufWriter::with_capacity(BUFFER, out);
                Ok(Self { out, head: outputs.shape.head() })
            }
        }
    }

    /// Writes the kept records.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn write(&mut self, rendered: &Rendered) -> Result<(), StreamError> {
        if let Some(kept) = &rendered.kept {
            self.out.write_all(std::mem::take(&mut self.head).as_bytes())?;
            self.out.write_all(kept)?;
        }
        // A table cannot be read from a pipe; its rows can, as JSON Lines.
        if let Some(rows) = &rendered.rows.gathered {
            let rows = rows.as_ref().map_err(|error| io::Error::other(error.to_string()))?;
            for batch in &rows.kept {
                let lines = json_lines(batch).map_err(io::Error::other)?;
                self.out.write_all(&lines)?;
            }
        }
        Ok(())
    }

    /// Hands on what is buffered.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn flush(&mut self) -> Result<(), StreamError> {
        self.out.flush()?;
        Ok(())
    }

    /// All has been written.
    ///
    /// # Errors
    /// If the last bytes cannot be written.
    pub fn finish(mut self) -> Result<(), StreamError> {
        self.out.flush()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Format;
    use crate::source::{Compression, Origin};

    fn source(name: &str, container: Container) -> Arc<Source> {
        let (origin, compression) = (Origin::File(name.into()), Compression::None);
        Arc::new(Source { name: name.into(), origin, container, compression })
    }

    fn kept(text: &str) -> Rendered {
        Rendered { kept: Some(text.into()), removed: b"gone".to_vec(), ..Rendered::default() }
    }

    #[test]
    fn kept_records_come_in_order_and_nothing_else() {
        let lines = source("a.jsonl", Container::Jsonl);
        let mut out = Vec::new();
        let mut stream =
            Stream::new(&mut out, &[lines.clone(), lines], Outputs::default()).unwrap();
        stream.write(&kept("{}\n")).unwrap();
        stream.write(&Rendered { dropped: b"dropped".to_vec(), ..Rendered::default() }).unwrap();
        stream.write(&kept("[]\n")).unwrap();
        stream.finish().unwrap();
        assert_eq!(out, b"{}\n[]\n");
    }

    #[test]
    fn documents_that_would_run_into_one_another_are_refused() {
        let (text, lines) =
            (source("a.txt", Container::File(Format::Text)), source("b.jsonl", Container::Jsonl));
        assert!(Stream::new(Vec::new(), std::slice::from_ref(&text), Outputs::default()).is_ok());
        for sources in [vec![text.clone(), text.clone()], vec![lines, text]] {
            let error = Stream::new(Vec::new(), &sources, Outputs::default()).err().unwrap();
            assert!(error.to_string().starts_with("\"a.txt\" is not JSON Lines"), "{error}");
        }
    }

    #[test]
    fn a_reader_that_went_away_is_told_from_a_full_disk() {
        let fault = |kind: io::ErrorKind| StreamError::from(io::Error::from(kind));
        assert!(matches!(fault(io::ErrorKind::BrokenPipe), StreamError::Closed));
        assert!(matches!(fault(io::ErrorKind::StorageFull), StreamError::Io(_)));
    }
}
