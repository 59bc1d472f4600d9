//! Sources that are opened and decompressed before it is their turn, each by a thread of its own, so
//! that decompressing, and waiting for a disk or a network, is not left to the one thread that reads.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};

use super::{Compression, Container, Origin, Source, compression};

/// Bytes that are handed on at a time.
const PIECE_BYTES: usize = 256 << 10;

/// Pieces of a source that may wait for the reader.
const WAITING_PIECES: usize = 8;

/// Most sources that are open before it is their turn.
const MOST_AHEAD: usize = 4;
/// The same of objects that are far away, whose delays would add up,
const MOST_REMOTE: usize = 16;
/// and that are no larger than this: of a large one parts are fetched ahead while it is read.
const REMOTE_BYTES: u64 = 1 << 20;

/// A source's bytes, or why they cannot be had.
pub(super) type Opened = io::Result<Box<dyn BufRead + Send>>;

/// What is known of sources ahead. Memory is bounded: a few pieces for each source that is open.
#[derive(Default)]
pub(super) struct Prefetch {
    /// Sources that were opened, with the names by which they are asked for.
    open: VecDeque<(Arc<str>, Opened)>,
}

/// True for a source that takes time to read. Plain files do not: the system reads them ahead.
fn is_slow(source: &Source) -> bool {
    match source.origin {
        Origin::Stdin => false,
        Origin::File(_) => {
            source.compression != Compression::None && source.container != Container::Parquet
        }
        Origin::Remote(_) => source.container != Container::Parquet,
    }
}

impl Prefetch {
    /// Opens a source, and those of the next ones that are worth it.
    pub(super) fn open(&mut self, source: &Source, next: &[Arc<Source>]) -> Opened {
        let own = match self.open.front() {
            Some((name, _)) if *name == source.name => self.open.pop_front().map(|(_, own)| own),
            _ => None,
        };
        let own = own.unwrap_or_else(|| match is_slow(source) {
            true => start(source),
            false => compression::open(&source.origin, source.compression),
        });
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let most = match source.origin {
            Origin::Remote(_) => MOST_REMOTE,
            Origin::Stdin | Origin::File(_) => cores.min(MOST_AHEAD),
        };
        let worth = |source: &&Arc<Source>| match &source.origin {
            Origin::Remote(object) if object.size() > REMOTE_BYTES => false,
            _ => is_slow(source),
        };
        let ahead = next.iter().filter(worth).take(most);
        for source in ahead.skip(self.open.len()) {
            self.open.push_back((source.name.clone(), start(source)));
        }
        own
    }
}

/// Opens a source on a thread of its own; where none can be had, here.
fn start(source: &Source) -> Opened {
    let (origin, compression) = (source.origin.clone(), source.compression);
    let (pieces, incoming) = sync_channel(WAITING_PIECES);
    let (spent, again) = channel();
    let work = move || fetch(&origin, compression, &pieces, &again);
    match std::thread::Builder::new().name("prefetch".to_owned()).spawn(work) {
        Ok(_) => Ok(Box::new(Pieces { incoming, spent, piece: Vec::new(), at: 0, over: false })),
        Err(_) => compression::open(&source.origin, source.compression),
    }
}

/// A piece, or how the source ended.
enum Step {
    Piece(Vec<u8>),
    Failed(io::Error),
    End,
}

/// Reads a source to its end, or until nobody wants it any more.
fn fetch(
    origin: &Origin,
    compression: Compression,
    pieces: &SyncSender<Step>,
    again: &Receiver<Vec<u8>>,
) {
    let mut input = match compression::open(origin, compression) {
        Ok(input) => input,
        Err(error) => return drop(pieces.send(Step::Failed(error))),
    };
    loop {
        let mut piece = again.try_recv().unwrap_or_default();
        piece.clear();
        let read = input.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut piece);
        // What was read before an error is handed on before it.
        let is_over = piece.is_empty();
        if !is_over && pieces.send(Step::Piece(piece)).is_err() {
            return;
        }
        match read {
            Err(error) => return drop(pieces.send(Step::Failed(error))),
            Ok(_) if is_over => return drop(pieces.send(Step::End)),
            Ok(_) => {}
        }
    }
}

/// What a thread reads, as a reader.
struct Pieces {
    incoming: Receiver<Step>,
    /// Pieces go back to be filled again.
    spent: std::sync::mpsc::Sender<Vec<u8>>,
    piece: Vec<u8>,
    at: usize,
    over: bool,
}

impl BufRead for Pieces {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.piece.len() && !self.over {
            let spent = std::mem::take(&mut self.piece);
            self.at = 0;
            if spent.capacity() > 0 {
                // The thread may have ended.
                let _ = self.spent.send(spent);
            }
            match self.incoming.recv() {
                Ok(Step::Piece(piece)) => self.piece = piece,
                Ok(Step::Failed(error)) => {
                    self.over = true;
                    return Err(error);
                }
                Ok(Step::End) => self.over = true,
                Err(_) => {
                    self.over = true;
                    return Err(io::Error::other("the thread that reads it has ended"));
                }
            }
        }
        Ok(self.piece.get(self.at..).unwrap_or_default())
    }

    fn consume(&mut self, bytes: usize) {
        self.at = self.piece.len().min(self.at + bytes);
    }
}

impl Read for Pieces {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::source::Container;
    use crate::source::compression::tests::compress;

    fn sources(folder: &std::path::Path) -> Vec<Arc<Source>> {
        let mut sources = Vec::new();
        for number in 0..12_usize {
            let compression = [Compression::Gz, Compression::None, Compression::Zst][number % 3];
            let path = folder.join(number.to_string());
            let mut bytes = compress(&contents(number), compression);
            if number == 6 {
                bytes.truncate(bytes.len() - 9);
            }
            if number != 9 {
                fs::write(&path, bytes).unwrap();
            }
            let (name, origin) = (number.to_string().into(), Origin::File(path));
            let container = Container::Jsonl;
            sources.push(Arc::new(Source { name, origin, container, compression }));
        }
        sources
    }

    fn contents(number: usize) -> Vec<u8> {
        (0..number * 200_000).map(|n| ((n * n) >> 7) as u8).collect()
    }

    /// What it holds, and the error at its end.
    fn read(opened: Opened) -> (Vec<u8>, Option<String>) {
        let mut bytes = Vec::new();
        let done = opened.and_then(|mut input| input.read_to_end(&mut bytes));
        (bytes, done.err().map(|error| error.to_string()))
    }

    #[test]
    fn each_source_is_what_it_is_when_it_is_opened_in_its_turn() {
        let folder = tempfile::tempdir().unwrap();
        let sources = sources(folder.path());
        let mut prefetch = Prefetch::default();
        for (number, source) in sources.iter().enumerate() {
            let ahead = read(prefetch.open(source, &sources[number + 1..]));
            assert!(prefetch.open.len() <= MOST_AHEAD);
            let alone = read(compression::open(&source.origin, source.compression));
            assert_eq!(ahead.1, alone.1, "{number}");
            assert!(ahead.0 == alone.0, "{number}");
            assert_eq!(ahead.1.is_some(), number == 6 || number == 9);
        }
        assert!(prefetch.open.is_empty());
    }

    #[test]
    fn what_is_not_read_to_its_end_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let sources = sources(folder.path());
        let mut prefetch = Prefetch::default();
        for (number, source) in sources.iter().enumerate() {
            if let Ok(mut input) = prefetch.open(source, &sources[number + 1..]) {
                let _ = input.fill_buf();
            }
        }
        assert_eq!(read(prefetch.open(&sources[2], &[])).0, contents(2));
    }
}
