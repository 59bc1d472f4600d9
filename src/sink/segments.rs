//! Outputs as sequences of segments that are compressed beside one another and stand alone: frames
//! of Zstandard, members of gzip.
//!
//! Where a segment ends depends on what is written and on the epochs of the input alone, so an
//! output is the same bytes whether or not the run that wrote it was interrupted, and with as many
//! threads as there are.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::files::SinkError;
use super::part::{PartFile, part_path};
use crate::source::compression::{Packer, Packing};

/// Bytes after which a segment ends. Larger ones compress a little better, and lie in memory until
/// they are written.
const SEGMENT_BYTES: usize = 4 << 20;

/// Bytes that are put into one segment at most where they come at once, as those of a record that is
/// very long do: what waits is bounded, however long a record is.
const AT_ONCE_BYTES: usize = 2 * SEGMENT_BYTES;

/// Segments of one output that may wait to be written, beside two for each thread.
const WAITING_SEGMENTS: usize = 2;

/// What is smaller is compressed at once: handing it on would cost more.
const SMALL_BYTES: usize = 16 << 10;

/// A segment to be made.
struct Job {
    work: Work,
    done: SyncSender<io::Result<Vec<u8>>>,
}

/// What makes a segment.
type Work = Box<dyn FnOnce(&mut Packer) -> io::Result<Vec<u8>> + Send>;

/// Threads that compress segments.
pub struct Packers {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
    own: Packer,
}

impl Packers {
    /// So many threads; 0: as many as there are cores.
    ///
    /// # Errors
    /// If a thread cannot be started.
    pub fn start(threads: usize) -> io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let (jobs, waiting) = channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        let mut packers = Self { jobs: Some(jobs), threads: Vec::new(), own: Packer::default() };
        for _ in 0..if threads == 0 { cores } else { threads } {
            let waiting = waiting.clone();
            let work = move || {
                let mut packer = Packer::default();
                while let Some(Job { work, done }) = next(&waiting) {
                    // Nobody waits for it after an error.
                    let _ = done.send(work(&mut packer));
                }
            };
            let name = "pack".to_owned();
            packers.threads.push(std::thread::Builder::new().name(name).spawn(work)?);
        }
        Ok(packers)
    }

    fn submit(&mut self, bytes: Vec<u8>, packing: Packing) -> Receiver<io::Result<Vec<u8>>> {
        if packing == Packing::None || bytes.len() < SMALL_BYTES {
            let (done, result) = sync_channel(1);
            let _ = done.send(self.own.pack(bytes, packing));
            return result;
        }
        self.submit_work(Box::new(move |packer| packer.pack(bytes, packing)))
    }

    fn submit_work(&mut self, work: Work) -> Receiver<io::Result<Vec<u8>>> {
        let (done, result) = sync_channel(1);
        if let Some(jobs) = &self.jobs {
            // Where all threads are gone the result never comes, which is noticed there.
            let _ = jobs.send(Job { work, done });
        }
        result
    }
}

impl Drop for Packers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A panic in it has been noticed by who waited for its result.
            let _ = thread.join();
        }
    }
}

fn next(waiting: &Mutex<Receiver<Job>>) -> Option<Job> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// An output that grows by segments.
pub struct Segments {
    file: PartFile,
    packing: Packing,
    pending: Vec<u8>,
    waiting: VecDeque<Receiver<io::Result<Vec<u8>>>>,
}

impl Segments {
    /// A new output.
    ///
    /// # Errors
    /// As [`PartFile::create`].
    pub fn create(path: impl Into<PathBuf>, packing: Packing) -> Result<Self, SinkError> {
        Ok(Self::over(PartFile::create(path)?, packing))
    }

    /// An output that was written up to the end of some segment.
    ///
    /// # Errors
    /// As [`PartFile::reopen`].
    pub fn reopen(
        path: impl Into<PathBuf>,
        packing: Packing,
        length: u64,
    ) -> Result<Self, SinkError> {
        Ok(Self::over(PartFile::reopen(path, length)?, packing))
    }

    fn over(file: PartFile, packing: Packing) -> Self {
        Self { file, packing, pending: Vec::new(), waiting: VecDeque::new() }
    }

    /// Writes records. A segment ends after those that fill it, or inside one that is very long.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&mut self, bytes: &[u8], packers: &mut Packers) -> Result<(), SinkError> {
        if self.packing == Packing::None {
            return self.file.append(bytes);
        }
        for piece in bytes.chunks(AT_ONCE_BYTES) {
            self.pending.extend_from_slice(piece);
            if self.pending.len() >= SEGMENT_BYTES {
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
        if !self.pending.is_empty() {
            let pending = std::mem::take(&mut self.pending);
            self.waiting.push_back(packers.submit(pending, self.packing));
        }
        self.make_room(packers)
    }

    /// Hands on the making of a segment. What was written before must have been cut.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(super) fn hand_on(
        &mut self,
        work: impl FnOnce() -> io::Result<Vec<u8>> + Send + 'static,
        packers: &mut Packers,
    ) -> Result<(), SinkError> {
        self.waiting.push_back(packers.submit_work(Box::new(|_| work())));
        self.make_room(packers)
    }

    fn make_room(&mut self, packers: &Packers) -> Result<(), SinkError> {
        while self.waiting.len() > WAITING_SEGMENTS + 2 * packers.threads.len() {
            self.take_one()?;
        }
        Ok(())
    }

    /// Its final name.
    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Where it is until it is complete.
    pub(super) fn part(&self) -> PathBuf {
        part_path(self.file.path())
    }

    /// Appends the first of the segments that wait.
    fn take_one(&mut self) -> Result<(), SinkError> {
        let Some(first) = self.waiting.pop_front() else { return Ok(()) };
        let gone = |_| Err(io::Error::other("a thread that compresses has ended"));
        let packed = first.recv().unwrap_or_else(gone);
        self.file.append(&packed.map_err(|error| SinkError::new(self.file.path(), error))?)
    }

    /// Waits until all segments are in the file; its length.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn settle(&mut self, packers: &mut Packers) -> Result<u64, SinkError> {
        self.cut(packers)?;
        while !self.waiting.is_empty() {
            self.take_one()?;
        }
        Ok(self.file.length())
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
        if self.settle(packers)? == 0 && self.packing != Packing::None {
            // Even of nothing there is a stream, or it would count as truncated.
            self.waiting.push_back(packers.submit(Vec::new(), self.packing));
            self.take_one()?;
        }
        self.file.publish()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read as _;

    use super::*;
    use crate::source::Compression;
    use crate::source::compression::open_file;

    fn line(number: u64) -> String {
        format!("{:x} and some words\n", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn read(path: &std::path::Path, compression: Compression) -> String {
        let mut text = String::new();
        open_file(path, compression).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn an_output_is_the_same_for_all_threads_and_however_often_it_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pieces: Vec<String> =
            (0..300).map(|n| (n * 1000..(n + 1) * 1000).map(line).collect()).collect();
        for compression in [Compression::None, Compression::Gz, Compression::Zst] {
            let mut all = Vec::new();
            for threads in [1, 3] {
                let path = folder.path().join("x");
                let mut packers = Packers::start(threads).unwrap();
                let mut output = Segments::create(&path, compression.into()).unwrap();
                for (number, piece) in pieces.iter().enumerate() {
                    output.write(piece.as_bytes(), &mut packers).unwrap();
                    if number % 100 == 99 {
                        output.cut(&mut packers).unwrap();
                        if threads > 1 {
                            output.settle(&mut packers).unwrap();
                        }
                    }
                }
                output.finish(&mut packers).unwrap();
                assert_eq!(read(&path, compression), pieces.concat());
                all.push(fs::read(&path).unwrap());
            }
            assert!(all[0] == all[1], "{compression:?}");
        }
    }

    #[test]
    fn an_output_that_is_taken_up_is_as_if_it_had_not_been_interrupted() {
        let folder = tempfile::tempdir().unwrap();
        let mut packers = Packers::start(2).unwrap();
        let (first, lost): (String, String) =
            ((0..40_000).map(line).collect(), (40_000..90_000).map(line).collect());
        for compression in [Compression::None, Compression::Gz, Compression::Zst] {
            let (one, two) = (folder.path().join("one"), folder.path().join("two"));
            for path in [&one, &two] {
                let mut output = Segments::create(path, compression.into()).unwrap();
                output.write(first.as_bytes(), &mut packers).unwrap();
                let length = output.settle(&mut packers).unwrap();
                if path == &two {
                    output.write(b"of no account", &mut packers).unwrap();
                    output.settle(&mut packers).unwrap();
                    drop(output);
                    output = Segments::reopen(path, compression.into(), length).unwrap();
                }
                output.write(lost.as_bytes(), &mut packers).unwrap();
                output.finish(&mut packers).unwrap();
            }
            assert!(fs::read(&one).unwrap() == fs::read(&two).unwrap(), "{compression:?}");
        }
    }

    #[test]
    fn what_comes_at_once_is_cut_into_segments_that_are_one_stream() {
        let folder = tempfile::tempdir().unwrap();
        let mut packers = Packers::start(2).unwrap();
        let long: String = (0..900_000).map(line).collect();
        assert!(long.len() > 3 * AT_ONCE_BYTES);
        for compression in [Compression::Gz, Compression::Zst] {
            let path = folder.path().join("x");
            let mut output = Segments::create(&path, compression.into()).unwrap();
            output.write(long.as_bytes(), &mut packers).unwrap();
            assert!(output.pending.len() < SEGMENT_BYTES);
            assert!(output.waiting.len() >= 3);
            output.finish(&mut packers).unwrap();
            assert!(read(&path, compression) == long, "{compression:?}");
        }
    }

    #[test]
    fn of_nothing_there_is_a_whole_stream() {
        let folder = tempfile::tempdir().unwrap();
        let mut packers = Packers::start(1).unwrap();
        for compression in [Compression::None, Compression::Gz, Compression::Zst] {
            let path = folder.path().join("x");
            let output = Segments::create(&path, compression.into()).unwrap();
            output.finish(&mut packers).unwrap();
            assert_eq!(read(&path, compression), "");
        }
    }
}
