//! The reader: sources in, events out. Sequential, in bounded memory, and cheap enough for one
//! thread to feed many.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read as _, Seek as _, SeekFrom};
use std::sync::Arc;

use super::{
    Compression, Container, End, Event, Inside, Item, Origin, Place, ReadOptions, Refusal, Source,
    compression,
};
use crate::store::ObjectReader;

/// Default size of a batch, in bytes of items: one thread's work at a time. It fits the second
/// cache, and is so little that all threads have work in a small input and end together.
pub const BATCH_BYTES: usize = 256 << 10;

/// Sources whose bytes may be asked for before their turn.
const AHEAD: usize = 16;

/// An object of more bytes waits for its turn.
const AHEAD_BYTES: u64 = 1 << 20;

/// Most events in a batch: short lines cost more each than their bytes tell.
pub(super) const BATCH_EVENTS: usize = 1024;

/// Reads sources one after the other: `Start`, items, `End` for each.
///
/// Memory is bounded by [`ReadOptions::max_bytes`], however large a file or a line is. A source
/// that cannot be opened or breaks off says so in its `End`; the next one is read all the same.
///
/// JSON Lines are cut at `\n` alone; every line is an item, blank ones too (see
/// [`is_blank`](super::is_blank)), and so is a last line without `\n`. Any other file is one
/// item, also an empty one.
///
/// An item longer than the limit comes in pieces of at most that size, with one ordinal,
/// refused as [`Refusal::TooLarge`]; the last piece is marked. Where reading breaks off, what
/// was read of the item, if anything, is refused as [`Refusal::CutOff`].
pub struct Reader {
    waiting: std::vec::IntoIter<Arc<Source>>,
    /// Sources that have ended.
    ended: u64,
    limit: usize,
    open: Option<Open>,
    /// Of the first sources that wait: the small objects, which arrive meanwhile.
    begun: VecDeque<Option<ObjectReader>>,
}

impl Reader {
    /// A reader of these sources, in this order.
    pub fn new(sources: Vec<Arc<Source>>, options: ReadOptions) -> Self {
        Self::from_place(sources, options, Place::default())
    }

    /// A reader of these sources from a [place](Reader::place) on. A source that was begun is read
    /// on without another `Start`; its `End` counts all of it.
    pub fn from_place(sources: Vec<Arc<Source>>, options: ReadOptions, place: Place) -> Self {
        let limit = options.max_bytes.max(1);
        let mut waiting = sources.into_iter();
        for _ in 0..place.sources {
            waiting.next();
        }
        let open = place.inside.and_then(|inside| Some(Open::at(waiting.next()?, inside)));
        Self { waiting, ended: place.sources, limit, open, begun: VecDeque::new() }
    }

    /// Begins to read small objects, so that their servers' delays do not add up.
    fn look_ahead(&mut self) {
        for source in self.waiting.as_slice().iter().take(AHEAD).skip(self.begun.len()) {
            self.begun.push_back(match &source.origin {
                Origin::Remote(object) if object.size() <= AHEAD_BYTES => Some(object.reader(0)),
                _ => None,
            });
        }
    }

    /// The place reached; `None` in the middle of an item, or where a source is about to end.
    pub fn place(&self) -> Option<Place> {
        let sources = self.ended;
        let Some(open) = &self.open else { return Some(Place { sources, inside: None }) };
        let is_between = open.part == 0 && open.raw.is_empty() && open.input.is_some();
        let inside = Inside { items: open.ordinal, bytes: open.bytes };
        is_between.then_some(Place { sources, inside: Some(inside) })
    }
}

impl Iterator for Reader {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        let Some(open) = &mut self.open else {
            let source = self.waiting.next()?;
            let begun = self.begun.pop_front().flatten();
            self.look_ahead();
            self.open = Some(Open::new(source.clone(), begun));
            return Some(Event::Start(source));
        };
        if let Some(item) = open.next_item(self.limit) {
            return Some(Event::Item(item));
        }
        self.ended += u64::from(self.open.is_some());
        self.open.take().map(|open| Event::End(open.end()))
    }
}

/// Bytes of memory that are taken for a file on the word of the file system.
const EXPECTED_MAX: usize = 8 << 20;

/// A source that is being read.
struct Open {
    source: Arc<Source>,
    /// `None` once reading has ended.
    input: Option<Box<dyn BufRead + Send>>,
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
    fn new(source: Arc<Source>, begun: Option<ObjectReader>) -> Self {
        let opened = match begun {
            Some(begun) => compression::decoder(begun, source.compression),
            None => compression::open(&source.origin, source.compression),
        };
        let mut open = Self::over(source, opened);
        open.raw.reserve_exact(open.expected());
        open
    }

    /// A source that was read to some place. To get there costs a seek, or decompressing what comes
    /// before it.
    fn at(source: Arc<Source>, inside: Inside) -> Self {
        let opened = open_at(&source, inside.bytes);
        let mut open = Self::over(source, opened);
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

    fn over(source: Arc<Source>, opened: io::Result<Box<dyn BufRead + Send>>) -> Self {
        let (input, error) = match opened {
            Ok(input) => (Some(input), None),
            Err(error) => (None, Some(error.to_string())),
        };
        Self {
            source,
            input,
            raw: Vec::new(),
            ordinal: 0,
            part: 0,
            bytes: 0,
            final_newline: false,
            error,
        }
    }

    fn next_item(&mut self, limit: usize) -> Option<Item> {
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
        Item { source: self.source.clone(), ordinal, raw, refused }
    }

    fn end(self) -> End {
        End {
            source: self.source,
            bytes: self.bytes,
            items: self.ordinal,
            final_newline: self.final_newline,
            error: self.error,
        }
    }
}

/// Opens a source at a byte of what it decompresses to.
fn open_at(source: &Source, bytes: u64) -> io::Result<Box<dyn BufRead + Send>> {
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
                bytes = bytes.saturating_add(item.raw.len());
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
