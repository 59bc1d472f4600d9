//! Batches of events, and places in the input at which a run can be taken up again.
//!
//! The input is cut into *epochs* by its bytes alone, so that what is done at the end of one (a
//! frame of an output is closed) is done at the same places in every run, interrupted or not.

use serde::{Deserialize, Serialize};

use super::{BATCH_BYTES, Event, Reader, read::BATCH_EVENTS};

/// Bytes of items after which an epoch ends. What is lost of an interrupted run is an epoch at most,
/// and what was done since the last checkpoint.
pub const EPOCH_BYTES: usize = 16 << 20;

/// Most batches in an epoch, for input of very small items.
const EPOCH_BATCHES: usize = 256;

/// A place between two items of the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Sources that have ended.
    pub sources: u64,
    /// How far the next source was read, if it was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inside: Option<Inside>,
}

/// How far a source was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inside {
    /// Items read.
    pub items: u64,
    /// Decompressed bytes read, line ends included.
    pub bytes: u64,
}

/// Events that are one thread's work at a time.
#[derive(Debug)]
pub struct Batch {
    /// What was read, in order.
    pub events: Vec<Event>,
    /// Number of the epoch, counted from where reading began.
    pub epoch: u64,
    /// Where the epoch ends, if it ends with this batch.
    pub ends: Option<Place>,
}

/// Groups what a reader yields into batches of about [`BATCH_BYTES`], and those into epochs of about
/// `epoch_bytes`. From the end of an epoch on the same batches follow whether or not the reader
/// began there.
pub struct Epochs {
    reader: Reader,
    epoch_bytes: usize,
    epoch: u64,
    /// Bytes and batches of the epoch so far.
    bytes: usize,
    batches: usize,
    /// True until something was yielded after the end of the last epoch.
    is_fresh: bool,
}

impl Epochs {
    /// Epochs from where the reader stands.
    pub fn new(reader: Reader, epoch_bytes: usize) -> Self {
        Self { reader, epoch_bytes, epoch: 0, bytes: 0, batches: 0, is_fresh: true }
    }
}

impl Iterator for Epochs {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let mut events = Vec::new();
        let mut bytes = 0usize;
        let mut is_over = true;
        for event in self.reader.by_ref() {
            if let Event::Item(item) = &event {
                bytes = bytes.saturating_add(item.weight());
            }
            events.push(event);
            if bytes >= BATCH_BYTES || events.len() >= BATCH_EVENTS {
                is_over = false;
                break;
            }
        }
        if events.is_empty() && self.is_fresh {
            return None;
        }
        self.bytes = self.bytes.saturating_add(bytes);
        self.batches += 1;
        let is_full = self.bytes >= self.epoch_bytes || self.batches >= EPOCH_BATCHES;
        let ends = self.reader.place().filter(|_| is_full || is_over);
        let batch = Batch { events, epoch: self.epoch, ends };
        self.is_fresh = ends.is_some();
        if self.is_fresh {
            (self.bytes, self.batches) = (0, 0);
            self.epoch += 1;
        }
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::{Compression, Container, Origin, ReadOptions, Source};

    fn sources(folder: &std::path::Path) -> Vec<Arc<Source>> {
        let mut sources = Vec::new();
        for (number, lines) in [0usize, 1, 3000, 40].into_iter().enumerate() {
            let path = folder.join(format!("{number}.jsonl.gz"));
            let mut encoder = crate::source::compression::Encoder::new(
                std::fs::File::create(&path).unwrap(),
                Compression::Gz,
            )
            .unwrap();
            for line in 0..lines {
                let text = format!("{{\"text\":\"{}\"}}\n", "x".repeat(line * 7 % 5000));
                std::io::Write::write_all(&mut encoder, text.as_bytes()).unwrap();
            }
            encoder.finish().unwrap();
            sources.push(Arc::new(Source {
                name: format!("{number}").into(),
                origin: Origin::File(path),
                container: Container::Jsonl,
                compression: Compression::Gz,
            }));
        }
        sources
    }

    /// Events as text.
    fn shown(events: &[Event]) -> Vec<String> {
        let show = |event: &Event| match event {
            Event::Start(source) => format!("start {}", source.name),
            Event::Item(item) => {
                format!(
                    "{} {} {} {:?}",
                    item.source.name,
                    item.ordinal,
                    item.raw.len(),
                    item.refused
                )
            }
            Event::End(end) => {
                let End { source, bytes, items, final_newline, error, .. } = end;
                format!("end {} {bytes} {items} {final_newline} {error:?}", source.name)
            }
        };
        events.iter().map(show).collect()
    }

    use crate::source::End;

    #[test]
    fn from_the_end_of_each_epoch_on_the_same_follows() {
        let folder = tempfile::tempdir().unwrap();
        let sources = sources(folder.path());
        let options = ReadOptions { max_bytes: 4000, ..ReadOptions::default() };
        let whole: Vec<Batch> =
            Epochs::new(Reader::new(sources.clone(), options.clone()), 300_000).collect();
        let ends: Vec<usize> = (0..whole.len()).filter(|&n| whole[n].ends.is_some()).collect();
        assert!(ends.len() > 3);
        assert_eq!(whole.last().unwrap().ends, Some(Place { sources: 4, inside: None }));
        for end in ends {
            let place = whole[end].ends.unwrap();
            let reader = Reader::from_place(sources.clone(), options.clone(), place);
            let rest: Vec<Batch> = Epochs::new(reader, 300_000).collect();
            assert_eq!(rest.len(), whole.len() - end - 1, "after batch {end}");
            for (one, two) in rest.iter().zip(&whole[end + 1..]) {
                assert_eq!(shown(&one.events), shown(&two.events));
                assert_eq!(one.ends, two.ends);
            }
        }
    }

    #[test]
    fn nothing_is_yielded_of_nothing() {
        let reader = Reader::new(Vec::new(), ReadOptions::default());
        assert!(Epochs::new(reader, 1).next().is_none());
    }
}
