//! Sorted entries that are looked up by a fingerprint: in memory, or in a nameless file of which
//! only an index of two and a half bytes an entry is in memory.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::row::Place;
use super::sorter::read_full;

/// What is known of a fingerprint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) print: u64,
    /// Tells entries of one print apart.
    pub(super) member: u64,
    pub(super) place: Place,
    pub(super) documents: u32,
    pub(super) copies: u32,
    pub(super) head: u32,
    pub(super) tail: u32,
}

/// Bytes of an entry, in memory and on disk.
pub(super) const ENTRY: usize = 40;
/// Bytes of the index for an entry: a tag, and a share of a bucket's start.
pub(super) const INDEX: usize = 3;
/// Entries that a bucket is to hold.
const BUCKET: u64 = 16;
/// Tags that are counted rather than searched.
const SHORT: usize = 64;
/// Most bits by which entries are put into buckets.
const MOST_BITS: u32 = 32;

impl Entry {
    fn to_bytes(self) -> [u8; ENTRY] {
        let mut bytes = [0u8; ENTRY];
        let longs = [self.print, self.member, self.place.0].map(u64::to_le_bytes);
        let counts = [self.documents, self.copies, self.head, self.tail].map(u32::to_le_bytes);
        let all = longs.as_flattened().iter().chain(counts.as_flattened());
        for (to, from) in bytes.iter_mut().zip(all) {
            *to = *from;
        }
        bytes
    }

    fn from_bytes(bytes: &[u8; ENTRY]) -> Self {
        let long = |at: usize| {
            let field = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>());
            field.map_or(0, |field| u64::from_le_bytes(*field))
        };
        let count = |at: usize| {
            let field = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
            field.map_or(0, |field| u32::from_le_bytes(*field))
        };
        Self {
            print: long(0),
            member: long(8),
            place: Place(long(16)),
            documents: count(24),
            copies: count(28),
            head: count(32),
            tail: count(36),
        }
    }
}

/// Where the entries stand.
#[derive(Debug)]
enum Store {
    Memory(Vec<Entry>),
    Disk(File),
}

/// How entries are to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep<'f> {
    Memory,
    /// In a file in this folder; with an index of tags or, if those are too many as well, without.
    Disk {
        folder: &'f Path,
        tags: bool,
        /// Most buckets that may be told apart.
        starts: usize,
    },
}

/// Entries in order of their keys.
#[derive(Debug)]
pub(super) struct Lookup {
    /// Bits of a print that say its bucket.
    bits: u32,
    /// First entry of each bucket, and one past the last of all.
    starts: Vec<u64>,
    /// For each entry the bits that follow those of its bucket.
    tags: Vec<u16>,
    store: Store,
    length: u64,
}

/// A lookup that is being filled.
pub(super) struct Filling {
    lookup: Lookup,
    tags: bool,
    out: Option<BufWriter<File>>,
}

impl Lookup {
    /// Begins a lookup of about so many entries.
    pub(super) fn fill(expected: u64, keep: Keep<'_>) -> io::Result<Filling> {
        let mut bits = (expected / BUCKET).max(1).ilog2().min(MOST_BITS);
        let (store, out, tags) = match keep {
            Keep::Memory => (Store::Memory(Vec::new()), None, true),
            Keep::Disk { folder, tags, starts } => {
                bits = bits.min(starts.max(1).ilog2());
                let file = tempfile::tempfile_in(folder)?;
                let out = BufWriter::with_capacity(1 << 20, file.try_clone()?);
                (Store::Disk(file), Some(out), tags)
            }
        };
        let lookup = Lookup { bits, starts: Vec::new(), tags: Vec::new(), store, length: 0 };
        Ok(Filling { lookup, tags, out })
    }

    /// What is known of a print and, if entries have them, of one member.
    pub(super) fn find(&self, print: u64, member: Option<u64>) -> io::Result<Option<Entry>> {
        self.search(print, member, self.place(print))
    }

    /// What is known of each of some prints, as [`find`](Lookup::find) finds it.
    ///
    /// Entries stand anywhere in a table that no cache holds. They are all asked for before the first
    /// is looked at, so that the processor waits once for many of them.
    pub(super) fn find_all(&self, prints: &[u64]) -> io::Result<Vec<Option<Entry>>> {
        let places: Vec<(u64, u64)> = prints.iter().map(|print| self.place(*print)).collect();
        if let Store::Memory(entries) = &self.store {
            let print_at = |(start, _): &(u64, u64)| {
                entries.get(*start as usize).map_or(0, |entry| entry.print)
            };
            std::hint::black_box(places.iter().map(print_at).fold(0, |all, print| all ^ print));
        }
        prints.iter().zip(places).map(|(print, at)| self.search(*print, None, at)).collect()
    }

    /// Where a print stands, if it does: the first entry and one past the last.
    fn place(&self, print: u64) -> (u64, u64) {
        let bucket = bucket(print, self.bits);
        let bounds = (self.starts.get(bucket), self.starts.get(bucket + 1));
        let (Some(&start), Some(&end)) = bounds else { return (0, 0) };
        let Some(tags) = self.tags.get(start as usize..end as usize) else { return (start, end) };
        let tag = tag(print, self.bits);
        if tags.len() > SHORT {
            let less = tags.partition_point(|other| *other < tag) as u64;
            let more = tags.partition_point(|other| *other <= tag) as u64;
            return (start + less, start + more);
        }
        // No branch depends on what stands there.
        let (mut less, mut same) = (0u16, 0u16);
        for other in tags {
            less = less.wrapping_add(u16::from(*other < tag));
            same = same.wrapping_add(u16::from(*other == tag));
        }
        let low = start + u64::from(less);
        (low, low + u64::from(same))
    }

    fn search(
        &self,
        print: u64,
        member: Option<u64>,
        (mut low, mut high): (u64, u64),
    ) -> io::Result<Option<Entry>> {
        while low < high {
            let middle = low + (high - low) / 2;
            let entry = self.entry(middle)?;
            let member = member.unwrap_or(entry.member);
            match (entry.print, entry.member).cmp(&(print, member)) {
                std::cmp::Ordering::Equal => return Ok(Some(entry)),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(None)
    }

    fn entry(&self, number: u64) -> io::Result<Entry> {
        match &self.store {
            Store::Memory(entries) => {
                let entry = entries.get(usize::try_from(number).unwrap_or(usize::MAX));
                entry.copied().ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
            }
            Store::Disk(file) => {
                let mut bytes = [0u8; ENTRY];
                if read_full(file, &mut bytes, number * ENTRY as u64)? < ENTRY {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Ok(Entry::from_bytes(&bytes))
            }
        }
    }
}

impl Filling {
    /// Adds an entry whose key is greater than all before.
    pub(super) fn push(&mut self, entry: Entry) -> io::Result<()> {
        let bucket = bucket(entry.print, self.lookup.bits);
        while self.lookup.starts.len() <= bucket {
            self.lookup.starts.push(self.lookup.length);
        }
        if self.tags {
            self.lookup.tags.push(tag(entry.print, self.lookup.bits));
        }
        self.lookup.length += 1;
        match (&mut self.lookup.store, &mut self.out) {
            (Store::Memory(entries), _) => entries.push(entry),
            (Store::Disk(_), Some(out)) => out.write_all(&entry.to_bytes())?,
            (Store::Disk(_), None) => {}
        }
        Ok(())
    }

    /// The lookup.
    pub(super) fn finish(mut self) -> io::Result<Lookup> {
        if let Some(out) = &mut self.out {
            out.flush()?;
        }
        let buckets = 1usize << self.lookup.bits;
        while self.lookup.starts.len() <= buckets {
            self.lookup.starts.push(self.lookup.length);
        }
        Ok(self.lookup)
    }
}

fn bucket(print: u64, bits: u32) -> usize {
    // A shift by all 64 bits is none.
    print.checked_shr(64 - bits).unwrap_or(0) as usize
}

fn tag(print: u64, bits: u32) -> u16 {
    (print << bits >> 48) as u16
}
