//! The reader: sources in, events out. Sequential, in bounded memory, and cheap enough for one
//! thread to feed many.

use std::io::{self, BufRead};
use std::sync::Arc;

use super::{
    Compression, Container, End, Event, Item, Origin, ReadOptions, Refusal, Source, compression,
    parquet::RowReader,
};

/// Default size of a batch, in bytes of items: one thread's work at a time. It fits the second
/// cache, and is so little that all threads have work in a small input and end together.
pub const BATCH_BYTES: usize = 256 << 10;

/// Most events in a batch: short lines cost more each than their bytes tell.
const BATCH_EVENTS: usize = 1024;

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
    options: ReadOptions,
    open: Option<Opened>,
}

/// A source that is being read.
enum Opened {
    Stream(Open),
    Rows(RowReader),
}

impl Reader {
    /// A reader of these sources, in this order.
    pub fn new(sources: Vec<Arc<Source>>, options: ReadOptions) -> Self {
        Self { waiting: sources.into_iter(), options, open: None }
    }
}

impl Iterator for Reader {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        let Some(open) = &mut self.open else {
            let source = self.waiting.next()?;
            self.open = Some(match source.container {
                Container::Parquet => {
                    Opened::Rows(RowReader::open(source.clone(), &self.options, 0, 0))
                }
                _ => Opened::Stream(Open::new(source.clone())),
            });
            return Some(Event::Start(source));
        };
        let item = match open {
            Opened::Stream(stream) => stream.next_item(self.options.max_bytes.max(1)),
            Opened::Rows(rows) => rows.next_item(),
        };
        if let Some(item) = item {
            return Some(Event::Item(item));
        }
        self.open.take().map(|open| {
            Event::End(match open {
                Opened::Stream(stream) => stream.end(),
                Opened::Rows(rows) => rows.end(),
            })
        })
    }
}

/// Bytes of memory that are taken for a file on the word of the file system.
const EXPECTED_MAX: usize = 8 << 20;

/// A stream that is being read.
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
    fn new(source: Arc<Source>) -> Self {
        let opened = compression::open(&source.origin, source.compression);
        let mut open = Self::over(source, opened);
        open.raw.reserve_exact(open.expected());
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
        Item { source: self.source.clone(), ordinal, raw, refused, row: None }
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
