//! A sample of a corpus that fits into memory: the same for the same inputs, whatever their order.

use std::collections::BinaryHeap;
use std::sync::Arc;

use super::super::terminal;
use super::api::Sample;
use tamis::document::{Body, Record};
use tamis::source::{Event, ReadOptions, Reader, Source, parse, passes};
use tamis::text::words::word_hash;

/// A larger document is passed over: nobody reads it in a page.
const LARGEST: usize = 1 << 20;

/// Bytes of documents in a sample; of larger ones there are fewer.
const MOST_BYTES: usize = 256 << 20;

/// A record with what orders it: by the hash of its id, then by its place.
struct Drawn {
    key: (u64, Arc<str>, u64),
    bytes: usize,
    record: Record,
}

impl PartialEq for Drawn {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl Eq for Drawn {}
impl PartialOrd for Drawn {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Drawn {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

/// Draws so many documents: those whose ids have the smallest hashes, in the order of their
/// sources and places. All inputs are read; no more than the sample is held.
pub(super) fn draw(
    sources: Vec<Arc<Source>>,
    options: &ReadOptions,
    most: usize,
) -> (Vec<Record>, Sample) {
    let mut sample = Sample::default();
    let mut drawn: BinaryHeap<Drawn> = BinaryHeap::new();
    let mut bytes = 0;
    for event in Reader::new(sources, options.clone()) {
        let item = match event {
            Event::Item(item) => item,
            Event::Start(source) => {
                sample.inputs.push(source.name.to_string());
                continue;
            }
            Event::End(end) => {
                if let Some(error) = end.error {
                    terminal::error(&format!("{}: {error}", end.source.name));
                    sample.unreadable += 1;
                }
                continue;
            }
        };
        if passes(&item).is_some() {
            continue;
        }
        let parsed = item.refused.clone().map_or_else(|| parse(&item, options), Err);
        let Ok(parsed) = parsed else {
            sample.unreadable += 1;
            continue;
        };
        sample.documents += 1;
        let record = parsed.record;
        let size = match &record.body {
            Body::Text(text) => text.len(),
            Body::Bytes(raw) | Body::Labelled(raw, _) => raw.len(),
        };
        if size > LARGEST {
            sample.too_large += 1;
            continue;
        }
        let place = &record.location;
        let key = (word_hash(&record.id), place.source.clone(), place.ordinal);
        bytes += size;
        drawn.push(Drawn { key, bytes: size, record });
        while drawn.len() > most || (bytes > MOST_BYTES && drawn.len() > 1) {
            bytes -= drawn.pop().map_or(0, |gone| gone.bytes);
        }
    }
    let mut records: Vec<Record> = drawn.into_iter().map(|one| one.record).collect();
    records.sort_by(|a, b| a.location.cmp(&b.location));
    (records, sample)
}
