//! Where a WARC record ends.

use memchr::memchr;

use super::super::cut::{AHEAD, Cutter, Taken};
use super::{begins_record, content_length};

/// Longest header, in bytes; what goes on for longer without a blank line is none.
const HEADER_MAX: usize = 1 << 20;

/// Line breaks behind a block with which its record is whole, whatever follows them.
const BREAKS: u8 = 2;

/// Cuts a stream into records: header, block, and the line breaks after it.
///
/// A record's length is what its `Content-Length` says, up to the limit of an item. Where there
/// is none, where something else follows than a record, and beyond the limit, the item goes on
/// to the next line that begins a record. [`parse`](super::parse) sees by its bytes alone
/// whether an item is a whole record.
#[derive(Default)]
pub(crate) struct RecordCutter {
    state: State,
    /// The header as far as it was read.
    header: Vec<u8>,
}

#[derive(Clone, Copy, Default)]
enum State {
    /// Before the first byte.
    #[default]
    Start,
    /// In the header, at the start of a line or not.
    Header { line_start: bool },
    /// In the block, with so many bytes of it to come.
    Block(u64),
    /// In the line breaks after it, behind so many of them.
    Tail(u8),
    /// Before the next record, wherever that is; at the start of a line or not.
    Lost { line_start: bool },
}

impl RecordCutter {
    fn end(&mut self) -> bool {
        self.state = State::Start;
        self.header.clear();
        true
    }

    /// One step: bytes taken, and whether the item ends behind them.
    fn step(&mut self, bytes: &[u8], most: usize) -> (usize, bool) {
        let view = bytes.get(..most).unwrap_or(bytes);
        match self.state {
            State::Start => {
                self.state = match begins_record(bytes) {
                    true => State::Header { line_start: false },
                    false => State::Lost { line_start: false },
                };
                (0, false)
            }
            State::Header { line_start: true } if begins_record(bytes) => (0, self.end()),
            State::Header { .. } if view.is_empty() => (0, false),
            State::Header { .. } => {
                let line = memchr(b'\n', view).map_or(view, |at| view.get(..=at).unwrap_or(view));
                let ends = line.ends_with(b"\n");
                self.header.extend_from_slice(line);
                self.state = if !ends {
                    State::Header { line_start: false }
                } else if is_whole(&self.header) {
                    match content_length(&self.header) {
                        Some(0) => State::Tail(0),
                        Some(length) => State::Block(length),
                        None => State::Lost { line_start: true },
                    }
                } else {
                    State::Header { line_start: true }
                };
                if self.header.len() > HEADER_MAX && matches!(self.state, State::Header { .. }) {
                    self.state = State::Lost { line_start: ends };
                }
                (line.len(), false)
            }
            State::Block(left) => {
                let taken = usize::try_from(left).unwrap_or(usize::MAX).min(view.len());
                let left = left.saturating_sub(taken as u64);
                self.state = if left == 0 { State::Tail(0) } else { State::Block(left) };
                (taken, false)
            }
            State::Tail(seen) => {
                let breaks = view.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
                let is_break = matches!(bytes.first(), Some(b'\r' | b'\n'));
                if breaks == 0 && (begins_record(bytes) || !is_break && seen >= BREAKS) {
                    return (0, self.end());
                }
                let lines = view.iter().take(breaks).filter(|byte| **byte == b'\n').count();
                self.state = match is_break {
                    true => State::Tail(u8::try_from(lines).unwrap_or(BREAKS).saturating_add(seen)),
                    // A block that goes on: its length is wrong.
                    false => State::Lost { line_start: false },
                };
                (breaks, false)
            }
            State::Lost { line_start: true } if begins_record(bytes) => (0, self.end()),
            State::Lost { .. } if view.is_empty() => (0, false),
            State::Lost { .. } => {
                let line = memchr(b'\n', view).map_or(view, |at| view.get(..=at).unwrap_or(view));
                self.state = State::Lost { line_start: line.ends_with(b"\n") };
                (line.len(), false)
            }
        }
    }
}

/// True once a header ends in a blank line.
fn is_whole(header: &[u8]) -> bool {
    header.ends_with(b"\n\r\n") || header.ends_with(b"\n\n")
}

impl Cutter for RecordCutter {
    fn take(&mut self, bytes: &[u8], most: usize) -> Taken {
        let mut taken = 0;
        loop {
            let rest = bytes.get(taken..).unwrap_or_default();
            if taken > 0 && rest.len() < AHEAD {
                return Taken { bytes: taken, ends: false };
            }
            let before = std::mem::discriminant(&self.state);
            let (step, ends) = self.step(rest, most.saturating_sub(taken));
            taken += step;
            if ends || step == 0 && before == std::mem::discriminant(&self.state) {
                return Taken { bytes: taken, ends };
            }
        }
    }

    fn may_end(&self) -> bool {
        matches!(self.state, State::Tail(_))
    }

    fn give_up(&mut self) {
        if !matches!(self.state, State::Lost { .. }) {
            self.state = State::Lost { line_start: false };
        }
        self.header.clear();
    }
}
