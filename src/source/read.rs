//! The reader: sources in, events out. Sequential, in bounded memory, and cheap enough for one
//! thread to feed many: what is dear, decompressing, is done on others.

use std::io::{self, BufRead, Read as _, Seek as _, SeekFrom};
use std::sync::Arc;

use super::cut::{Ahead, Cutter};
use super::prefetch::{Opened, Prefetch};
use super::{
    Compression, Container, End, Event, Inside, Item, Origin, Place, ReadOptions, Refusal, Source,
    compression, csv, parquet::RowReader, warc,
};

/// Default size of a batch, in bytes of items: one thread's work at a time. It fits the second
/// cache, and is so little that all threads have work in a small input and end together.
pub const BATCH_BYTES: usize = 256 << 10;

/// Most events in a batch: short lines cost more each than their bytes tell.
pub(super) const BATCH_EVENTS: usize = 1024;

/// Reads sources one after the other: `Start`, items, `End` for each.
///
/// Memory is bounded by [`ReadOptions::max_bytes`], however large a file or a line is. A source
/// that cannot be opened or breaks off says so in its `End`; the next one is read all the same.
///
/// JSON Lines are cut at `\n` alone; every line is an item, blank ones too (see
/// [`passes`](super::passes)), and so is a last line without `\n`. Items of WARC are its records
/// with the line breaks after them; what is none is an item too, so that items joined are the
/// file. Items of CSV are its rows, the header the first. Any other file is one item, also an empty one.
///
/// An item longer than the limit comes in pieces of at most that size, with one ordinal,
/// refused as [`Refusal::TooLarge`]; the last piece is marked. Where reading breaks off, what
/// was read of the item, if anything, is refused as [`Refusal::CutOff`].
pub struct Reader {
    waiting: std::vec::IntoIter<Arc<Source>>,
    /// Sources that have ended.
    ended: u64,
    options: Arc<ReadOptions>,
    prefetch: Prefetch,
    open: Option<Begun>,
}

/// A source that is being read.
enum Begun {
    Stream(Open),
    Rows(RowReader),
}

impl Begun {
    fn at(source: Arc<Source>, options: &Arc<ReadOptions>, inside: Inside) -> Self {
        match source.container {
            Container::Parquet => Begun::Rows(RowReader::open(source, options, inside)),
            _ => Begun::Stream(Open::at(source, options, inside)),
        }
    }

    fn next_item(&mut self, options: &ReadOptions) -> Option<Item> {
        match self {
            Begun::Stream(stream) => stream.next_item(options.max_bytes.max(1)),
            Begun::Rows(rows) => rows.next_item(),
        }
    }

    /// How far it was read; `None` in the middle of an item, or where it is about to end.
    fn inside(&self) -> Option<Inside> {
        match self {
            Begun::Stream(open) => {
                let is_between = open.part == 0 && open.raw.is_empty() && open.input.is_some();
                is_between.then_some(Inside { items: open.ordinal, bytes: open.bytes })
            }
            Begun::Rows(rows) => rows.inside(),
        }
    }

    fn end(self) -> End {
        match self {
            Begun::Stream(stream) => stream.end(),
            Begun::Rows(rows) => rows.end(),
        }
    }
}

impl Reader {
    /// A reader of these sources, in this order.
    pub fn new(sources: Vec<Arc<Source>>, options: ReadOptions) -> Self {
        Self::from_place(sources, options, Place::default())
    }

    /// A reader of these sources from a [place](Reader::place) on. A source that was begun is read
    /// on without another `Start`; its `End` counts all of it.
    pub fn from_place(sources: Vec<Arc<Source>>, options: ReadOptions, place: Place) -> Self {
        let options = Arc::new(options);
        let mut waiting = sources.into_iter();
        for _ in 0..place.sources {
            waiting.next();
        }
        let begun = |inside| Some(Begun::at(waiting.next()?, &options, inside));
        let open = place.inside.and_then(begun);
        let prefetch = Prefetch::default();
        Self { waiting, ended: place.sources, options, prefetch, open }
    }

    /// The place reached; `None` in the middle of an item, or where a source is about to end.
    pub fn place(&self) -> Option<Place> {
        let sources = self.ended;
        let Some(open) = &self.open else { return Some(Place { sources, inside: None }) };
        open.inside().map(|inside| Place { sources, inside: Some(inside) })
    }
}

impl Iterator for Reader {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        let Some(open) = &mut self.open else {
            let source = self.waiting.next()?;
            self.open = Some(match source.container {
                Container::Parquet => {
                    Begun::Rows(RowReader::open(source.clone(), &self.options, Inside::default()))
                }
                _ => {
                    let opened = self.prefetch.open(&source, self.waiting.as_slice());
                    Begun::Stream(Open::new(source.clone(), opened, &self.options))
                }
            });
            return Some(Event::Start(source));
        };
        if let Some(item) = open.next_item(&self.options) {
            return Some(Event::Item(item));
        }
        self.ended += u64::from(self.open.is_some());
        self.open.take().map(|open| Event::End(open.end()))
    }
}

/// Bytes of memory that are taken for a file on the word of the file system.
const EXPECTED_MAX: usize = 8 << 20;

/// A stream that is being read.
struct Open {
    source: Arc<Source>,
    /// `None` once reading has ended.
    input: Option<Box<dyn BufRead + Send>>,
    /// Says where items end, if they are neither lines nor the whole file.
    cutter: Option<Box<dyn Cutter + Send>>,
    options: Arc<ReadOptions>,
    /// The columns of CSV, once its header is read.
    columns: Option<Arc<csv::Columns>>,
    /// What was read of the current item and not yet given out.
    raw: Vec<u8>,
    ordinal: u64,
    /// Pieces of the current item given out so far.
    part: u32,
    bytes: u64,
    final_newline: bool,
    error: Option<String>,
}

impl Open {
    fn new(source: Arc<Source>, opened: Opened, options: &Arc<ReadOptions>) -> Self {
        let mut open = Self::over(source, opened);
        open.options = options.clone();
        open.raw.reserve_exact(open.expected());
        open
    }

    /// A source that was read to some place. To get there costs a seek, or decompressing what comes
    /// before it.
    fn at(source: Arc<Source>, options: &Arc<ReadOptions>, inside: Inside) -> Self {
        let opened = open_at(&source, inside.bytes);
        let mut open = Self::over(source, opened);
        open.options = options.clone();
        (open.ordinal, open.bytes) = (inside.items, inside.bytes);
        open.final_newline = inside.items > 0;
        open
    }

    /// Bytes that the item of a source that is one will have, as far as can be told.
    fn expected(&self) -> usize {
        let Source {
            container: Container::File(_), compression: Compression::None, origin, ..
        } = &*self.source
        else {
            return 0;
        };
        let size = match origin {
            Origin::File(path) => std::fs::metadata(path).ok().map(|of| of.len()),
            Origin::Remote(object) => Some(object.size()),
            Origin::Stdin => None,
        };
        usize::try_from(size.unwrap_or(0)).unwrap_or(0).min(EXPECTED_MAX)
    }

    fn over(source: Arc<Source>, opened: Opened) -> Self {
        let (input, error) = match opened {
            Ok(input) => (Some(input), None),
            Err(error) => (None, Some(error.to_string())),
        };
        let cutter = cutter(source.container);
        let input = match (input, &cutter) {
            (Some(input), Some(_)) => Some(Box::new(Ahead::new(input)) as Box<dyn BufRead + Send>),
            (input, _) => input,
        };
        Self {
            source,
            input,
            cutter,
            options: Arc::default(),
            columns: None,
            raw: Vec::new(),
            ordinal: 0,
            part: 0,
            bytes: 0,
            final_newline: false,
            error,
        }
    }

    fn next_item(&mut self, limit: usize) -> Option<Item> {
        if let Some(mut cutter) = self.cutter.take() {
            let item = self.next_cut(limit, &mut *cutter)?;
            self.cutter = Some(cutter);
            return self.with_columns(item);
        }
        let lines = self.source.container == Container::Jsonl;
        loop {
            let input = self.input.as_mut()?;
            let buffer = match input.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    let reason = error.to_string();
                    self.error = Some(reason.clone());
                    self.input = None;
                    return self.rest(limit, Some(reason));
                }
            };
            if buffer.is_empty() {
                self.input = None;
                return self.rest(limit, None);
            }
            let room = limit.saturating_sub(self.raw.len());
            // One byte beyond the room: an item of exactly the limit is not too large.
            let view = &buffer[..buffer.len().min(room.saturating_add(1))];
            let line_end = if lines { memchr::memchr(b'\n', view) } else { None };
            if let Some(at) = line_end {
                // Room for the line break that is written behind it.
                self.raw.reserve_exact(at + 1);
                self.raw.extend_from_slice(&view[..at]);
                input.consume(at + 1);
                self.bytes += at as u64 + 1;
                self.final_newline = true;
                return Some(self.take(limit, true));
            }
            let fits = view.len().min(room);
            let more = view.len() > room;
            self.raw.extend_from_slice(&view[..fits]);
            input.consume(fits);
            self.bytes += fits as u64;
            self.final_newline = false;
            if more {
                return Some(self.take(limit, false));
            }
        }
    }

    /// An item with the columns that the first one names; without them nothing can be read.
    fn with_columns(&mut self, mut item: Item) -> Option<Item> {
        if let (Some(separator), None) = (csv::separator(item.source.container), &self.columns) {
            let header = match &item.refused {
                // Reading began in the middle of the file.
                _ if item.ordinal > 0 => {
                    compression::open(&item.source.origin, item.source.compression)
                        .map_err(|error| error.to_string())
                        .and_then(|mut file| csv::columns_of(&mut *file, separator, &self.options))
                }
                Some(refusal) => Err(format!("the header cannot be read: {refusal}")),
                None => csv::Columns::read(&item.raw, separator, &self.options),
            };
            match header {
                Ok(columns) => self.columns = Some(columns),
                Err(message) => {
                    (self.input, self.ordinal, self.error) = (None, 0, Some(message));
                    return None;
                }
            }
        }
        item.columns = self.columns.clone();
        Some(item)
    }

    /// The next item of a container that is cut up by a cutter.
    fn next_cut(&mut self, limit: usize, cutter: &mut dyn Cutter) -> Option<Item> {
        loop {
            let input = self.input.as_mut()?;
            let buffer = match input.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) => {
                    let reason = error.to_string();
                    self.error = Some(reason.clone());
                    self.input = None;
                    return self.rest(limit, Some(reason).filter(|_| !cutter.may_end()));
                }
            };
            if buffer.is_empty() {
                self.input = None;
                return self.rest(limit, None);
            }
            let room = limit.saturating_sub(self.raw.len());
            let taken = cutter.take(buffer, room);
            let bytes = buffer.get(..taken.bytes).unwrap_or(buffer);
            self.raw.extend_from_slice(bytes);
            self.bytes += bytes.len() as u64;
            let stands = bytes.is_empty();
            input.consume(taken.bytes);
            if taken.ends {
                return Some(self.take(limit, true));
            }
            if stands {
                cutter.give_up();
                if room == 0 {
                    return Some(self.take(limit, false));
                }
            }
        }
    }

    /// What is left at the end of the input, or where it broke off.
    fn rest(&mut self, limit: usize, broken: Option<String>) -> Option<Item> {
        let file = matches!(self.source.container, Container::File(_));
        let empty_file = file && self.bytes == 0 && broken.is_none();
        if self.raw.is_empty() && !empty_file {
            return None;
        }
        let mut item = self.take(limit, true);
        if let (None, Some(reason)) = (&item.refused, broken) {
            item.refused = Some(Refusal::CutOff(reason));
        }
        Some(item)
    }

    /// Gives out what was read as an item, or as a piece of one.
    fn take(&mut self, limit: usize, last: bool) -> Item {
        let part = self.part;
        let refused = (part > 0 || !last).then_some(Refusal::TooLarge { limit, part, last });
        let ordinal = self.ordinal;
        if last {
            self.part = 0;
            self.ordinal += 1;
        } else {
            self.part = part.saturating_add(1);
        }
        let raw = std::mem::take(&mut self.raw);
        Item { source: self.source.clone(), ordinal, raw, refused, columns: None, row: None }
    }

    fn end(self) -> End {
        End {
            source: self.source,
            bytes: self.bytes,
            items: self.ordinal,
            final_newline: self.final_newline,
            error: self.error,
            table: None,
        }
    }
}

/// Opens a source at a byte of what it decompresses to.
fn open_at(source: &Source, bytes: u64) -> Opened {
    if let (Origin::File(path), Compression::None) = (&source.origin, source.compression) {
        let mut file = std::fs::File::open(path)?;
        file.seek(SeekFrom::Start(bytes))?;
        return compression::decoder(file, Compression::None);
    }
    if let (Origin::Remote(object), Compression::None) = (&source.origin, source.compression) {
        return compression::decoder(object.reader(bytes), Compression::None);
    }
    let mut input = compression::open(&source.origin, source.compression)?;
    let skipped = io::copy(&mut input.by_ref().take(bytes), &mut io::sink())?;
    if skipped < bytes {
        let what = format!("it has only {skipped} bytes, of which {bytes} had been read before");
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, what));
    }
    Ok(input)
}

/// What cuts up a container whose items are neither lines nor the whole file.
fn cutter(container: Container) -> Option<Box<dyn Cutter + Send>> {
    match container {
        Container::File(_) | Container::Jsonl | Container::Parquet => None,
        Container::Warc => Some(Box::new(warc::RecordCutter::default())),
        Container::Csv | Container::Tsv => {
            Some(Box::new(csv::RowCutter::new(csv::separator(container)?)))
        }
    }
}

/// Groups events into batches of about `max_bytes` of items each, in order.
///
/// A batch is closed by the event that reaches the limit, so it holds at least one event and at
/// most one item more than fits. Batches of very short items are bounded by count as well.
pub fn batches<I>(events: I, max_bytes: usize) -> Batches<I::IntoIter>
where
    I: IntoIterator<Item = Event>,
{
    Batches { events: events.into_iter(), max_bytes }
}

/// The iterator of [`batches`].
pub struct Batches<I> {
    events: I,
    max_bytes: usize,
}

impl<I: Iterator<Item = Event>> Iterator for Batches<I> {
    type Item = Vec<Event>;

    fn next(&mut self) -> Option<Vec<Event>> {
        let mut batch = Vec::new();
        let mut bytes = 0usize;
        for event in self.events.by_ref() {
            if let Event::Item(item) = &event {
                bytes = bytes.saturating_add(item.weight());
            }
            batch.push(event);
            if bytes >= self.max_bytes || batch.len() >= BATCH_EVENTS {
                break;
            }
        }
        (!batch.is_empty()).then_some(batch)
    }
}

#[cfg(test)]
mod tests;
