//! Rows sorted in bounded memory: what does not fit is sorted in parts, which are written to a
//! nameless temporary file and merged at the end.
//!
//! The file has no name from its first moment on, so that nothing is left of it however the
//! program ends.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use super::row::{Key, Place, Row, Sources, Table};

/// Least rows that are sorted at a time.
const LEAST_ROWS: usize = 1024;
/// Bytes that are read of a part at a time: at least, and at most.
const LEAST_READ: usize = 16 << 10;
const MOST_READ: usize = 1 << 20;

/// Sorts rows and joins those of one key.
#[derive(Debug)]
pub(super) struct Sorter {
    rows: Vec<Row>,
    /// Rows that are held before they are written, in each of two halves.
    capacity: usize,
    folder: PathBuf,
    file: Option<Arc<File>>,
    parts: Vec<Part>,
    /// The half that is being written meanwhile.
    writing: Option<JoinHandle<io::Result<Written>>>,
    /// Bytes in the file.
    length: u64,
}

/// What was written, and its emptied buffer.
type Written = (Part, Vec<Row>);

/// Rows in order, in a part of the file.
#[derive(Clone, Copy, Debug)]
struct Part {
    start: u64,
    end: u64,
}

impl Sorter {
    /// A sorter that holds about so many bytes of rows in memory, and writes the rest to a file in
    /// the folder.
    pub(super) fn new(bytes: usize, folder: &Path) -> Self {
        let capacity = (bytes / 2 / size_of::<Row>()).max(LEAST_ROWS);
        Self {
            rows: Vec::new(),
            capacity,
            folder: folder.to_owned(),
            file: None,
            parts: Vec::new(),
            writing: None,
            length: 0,
        }
    }

    /// Takes in a row.
    ///
    /// # Errors
    /// If rows cannot be written to disk.
    pub(super) fn push(&mut self, row: Row, sources: &Sources) -> io::Result<()> {
        if self.rows.len() >= self.capacity {
            self.make_room(sources)?;
        }
        self.rows.push(row);
        Ok(())
    }

    /// Bytes that were written to disk.
    pub(super) fn spilled(&self) -> u64 {
        self.length
    }

    fn make_room(&mut self, sources: &Sources) -> io::Result<()> {
        // Rows of one key that came one after another often make enough room.
        sort(&mut self.rows, sources);
        if self.rows.len() <= self.capacity / 4 {
            return Ok(());
        }
        let mut emptied = self.written()?;
        let file = match &self.file {
            Some(file) => file.clone(),
            None => self.file.insert(Arc::new(tempfile::tempfile_in(&self.folder)?)).clone(),
        };
        if emptied.capacity() == 0 {
            emptied.reserve_exact(self.capacity);
        }
        let rows = std::mem::replace(&mut self.rows, emptied);
        let start = self.length;
        let write = move || {
            let end = write(&rows, &file, start)?;
            let mut rows = rows;
            rows.clear();
            Ok((Part { start, end }, rows))
        };
        self.writing = Some(std::thread::Builder::new().name("spill".into()).spawn(write)?);
        Ok(())
    }

    /// Waits for what is being written; its emptied buffer.
    fn written(&mut self) -> io::Result<Vec<Row>> {
        let Some(writing) = self.writing.take() else { return Ok(Vec::new()) };
        let joined = writing.join().map_err(|_| io::Error::other("a thread has failed"))?;
        let (part, emptied) = joined?;
        self.length = part.end;
        self.parts.push(part);
        Ok(emptied)
    }

    /// All rows in order, those of one key as one.
    ///
    /// # Errors
    /// If rows cannot be written to disk or read back.
    pub(super) fn finish(mut self, sources: Sources) -> io::Result<Merged> {
        drop(self.written()?);
        sort(&mut self.rows, &sources);
        let mut merged = Merged { parts: Vec::new(), heap: BinaryHeap::new(), sources, next: None };
        let of_all = self.capacity * size_of::<Row>();
        let at_a_time = (of_all / self.parts.len().max(1)).clamp(LEAST_READ, MOST_READ);
        if let Some(file) = &self.file {
            for part in &self.parts {
                merged.add(Run::Disk(OnDisk::new(file.clone(), *part, at_a_time)))?;
            }
        }
        merged.add(Run::Memory(std::mem::take(&mut self.rows).into_iter()))?;
        merged.next = merged.take()?;
        Ok(merged)
    }
}

impl Drop for Sorter {
    fn drop(&mut self) {
        // A thread that still writes holds the file open.
        if let Some(writing) = self.writing.take() {
            let _ = writing.join();
        }
    }
}

/// Sorts rows and joins those of one key.
fn sort(rows: &mut Vec<Row>, sources: &Sources) {
    rows.sort_unstable_by_key(Row::key);
    rows.dedup_by(|next, kept| {
        let same = next.key() == kept.key();
        if same {
            kept.join(next, sources);
        }
        same
    });
}

/// Writes rows to a place in a file. Returns where they end.
fn write(rows: &[Row], file: &Arc<File>, start: u64) -> io::Result<u64> {
    let mut out = BufWriter::with_capacity(1 << 20, At { file: file.clone(), at: start });
    let mut bytes = Vec::with_capacity(64);
    for row in rows {
        bytes.clear();
        encode(row, &mut bytes);
        out.write_all(&bytes)?;
    }
    let at = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(at.at)
}

/// Rows on disk: the table, the print, and the rest as numbers of as many bytes as they need.
fn encode(row: &Row, out: &mut Vec<u8>) {
    out.push(row.table as u8);
    out.extend_from_slice(&row.print.to_le_bytes());
    let counts = [row.documents, row.copies, row.head, row.tail].map(u64::from);
    for number in [row.member, row.place.0].into_iter().chain(counts) {
        let mut rest = number;
        while rest >= 0x80 {
            out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }
}

/// Most bytes of a row on disk.
const LONGEST_ROW: usize = 9 + 2 * 10 + 4 * 5;

/// Reads a row from the start of bytes; `None` if it goes on behind them. The rest is what follows.
fn decode(bytes: &[u8]) -> Option<(Row, &[u8])> {
    let (&table, rest) = bytes.split_first()?;
    let (print, mut rest) = rest.split_first_chunk::<8>()?;
    let mut number = || {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let (&byte, behind) = rest.split_first()?;
            rest = behind;
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                break;
            }
        }
        Some(value)
    };
    let (member, place) = (number()?, Place(number()?));
    let mut count = || Some(number()? as u32);
    let (documents, copies, head, tail) = (count()?, count()?, count()?, count()?);
    let table = *Table::ALL.get(usize::from(table))?;
    let print = u64::from_le_bytes(*print);
    Some((Row { table, print, member, place, documents, copies, head, tail }, rest))
}

/// A file from some place on.
struct At {
    file: Arc<File>,
    at: u64,
}

impl Write for At {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write_all_at(&self.file, bytes, self.at)?;
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(unix)]
pub(super) fn write_all_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(unix)]
pub(super) fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, bytes, at)
}

#[cfg(windows)]
pub(super) fn write_all_at(file: &File, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = std::os::windows::fs::FileExt::seek_write(file, bytes, at)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        at += written as u64;
        bytes = bytes.get(written..).unwrap_or_default();
    }
    Ok(())
}

#[cfg(windows)]
pub(super) fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, bytes, at)
}

/// Fills the bytes from a place in a file, as far as the file goes.
pub(super) fn read_full(file: &File, bytes: &mut [u8], at: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match read_at(file, rest, at + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Rows in order.
enum Run {
    Memory(std::vec::IntoIter<Row>),
    Disk(OnDisk),
}

impl Run {
    fn next(&mut self) -> io::Result<Option<Row>> {
        match self {
            Run::Memory(rows) => Ok(rows.next()),
            Run::Disk(disk) => disk.next(),
        }
    }
}

/// A part of the file that is being read.
struct OnDisk {
    file: Arc<File>,
    part: Part,
    buffer: Vec<u8>,
    /// How much of the buffer is used up.
    used: usize,
    at_a_time: usize,
}

impl OnDisk {
    fn new(file: Arc<File>, part: Part, at_a_time: usize) -> Self {
        Self { file, part, buffer: Vec::new(), used: 0, at_a_time }
    }

    fn next(&mut self) -> io::Result<Option<Row>> {
        let waiting = self.buffer.len() - self.used;
        if waiting < LONGEST_ROW && self.part.start < self.part.end {
            self.buffer.drain(..self.used);
            self.used = 0;
            let left = self.part.end - self.part.start;
            let more = usize::try_from(left).unwrap_or(usize::MAX).min(self.at_a_time);
            self.buffer.resize(waiting + more, 0);
            let room = self.buffer.get_mut(waiting..).unwrap_or_default();
            if read_full(&self.file, room, self.part.start)? < more {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.part.start += more as u64;
        }
        let rest = self.buffer.get(self.used..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(None);
        }
        let (row, behind) = decode(rest).ok_or(io::ErrorKind::InvalidData)?;
        self.used = self.buffer.len() - behind.len();
        Ok(Some(row))
    }
}

/// All rows in order, those of one key as one.
pub(super) struct Merged {
    parts: Vec<(Option<Row>, Run)>,
    /// The next key of each part, with its number.
    heap: BinaryHeap<Reverse<(Key, usize)>>,
    sources: Sources,
    /// The next row as far as it is joined.
    next: Option<Row>,
}

impl Merged {
    fn add(&mut self, mut run: Run) -> io::Result<()> {
        let first = run.next()?;
        if let Some(row) = &first {
            self.heap.push(Reverse((row.key(), self.parts.len())));
        }
        self.parts.push((first, run));
        Ok(())
    }

    /// The least row of all parts.
    fn take(&mut self) -> io::Result<Option<Row>> {
        let Some(mut top) = self.heap.peek_mut() else { return Ok(None) };
        let Reverse((_, number)) = *top;
        let Some((waiting, run)) = self.parts.get_mut(number) else { return Ok(None) };
        let row = waiting.take();
        *waiting = run.next()?;
        match waiting {
            // Rows of one part come in order, so that the top mostly stays the top.
            Some(row) => *top = Reverse((row.key(), number)),
            None => {
                std::collections::binary_heap::PeekMut::pop(top);
            }
        }
        Ok(row)
    }

    /// The next row.
    ///
    /// # Errors
    /// If the disk fails.
    pub(super) fn next(&mut self) -> io::Result<Option<Row>> {
        let Some(mut row) = self.next.take() else { return Ok(None) };
        loop {
            match self.take()? {
                Some(more) if more.key() == row.key() => row.join(&more, &self.sources),
                other => {
                    self.next = other;
                    return Ok(Some(row));
                }
            }
        }
    }
}
