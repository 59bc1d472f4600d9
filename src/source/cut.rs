//! Cutting a stream into items that are not lines: what containers say, and the look ahead that
//! they need for it.

use std::io::{self, BufRead, Read};

/// Bytes that a cutter sees beyond those it may take, unless the stream ends before.
pub(super) const AHEAD: usize = 16;

/// Size of the buffer, in bytes.
const BUFFER: usize = 256 << 10;

/// What of the bytes ahead belongs to the item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// So many bytes.
    pub(super) bytes: usize,
    /// And with them it ends.
    pub(super) ends: bool,
}

/// Says where items end.
///
/// Between items a cutter knows nothing of those before: reading may begin at any item, and it
/// cuts the rest as it would have.
pub(super) trait Cutter {
    /// How many of the next `bytes` belong to the current item, at most `most` of them. There
    /// are at least [`AHEAD`] bytes more than are taken, or else the stream ends with them. If
    /// `most` and `bytes` are not empty and the item does not end, it takes something.
    fn take(&mut self, bytes: &[u8], most: usize) -> Taken;

    /// True if what was taken of the item can be all of it, should the stream break off here.
    fn may_end(&self) -> bool;

    /// The item is over the limit: where it says that it ends is no longer believed.
    fn give_up(&mut self);
}

/// A buffer that holds at least [`AHEAD`] bytes until the stream ends.
pub(super) struct Ahead {
    inner: Box<dyn BufRead + Send>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    /// An error that waits until the bytes before it are delivered.
    error: Option<io::Error>,
}

impl Ahead {
    pub(super) fn new(inner: Box<dyn BufRead + Send>) -> Self {
        Self { inner, buffer: vec![0; BUFFER], start: 0, end: 0, ended: false, error: None }
    }
}

impl Read for Ahead {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Ahead {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.end - self.start < AHEAD && !self.ended {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            while self.end < AHEAD && !self.ended {
                let room = self.buffer.get_mut(self.end..).unwrap_or_default();
                match self.inner.read(room) {
                    Ok(0) => self.ended = true,
                    Ok(read) => self.end += read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => {
                        self.ended = true;
                        self.error = Some(error);
                    }
                }
            }
        }
        if self.start == self.end
            && let Some(error) = self.error.take()
        {
            return Err(error);
        }
        Ok(self.buffer.get(self.start..self.end).unwrap_or_default())
    }

    fn consume(&mut self, bytes: usize) {
        self.start = self.start.saturating_add(bytes).min(self.end);
    }
}
