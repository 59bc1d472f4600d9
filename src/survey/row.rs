//! Rows: what is counted, sorted, kept in files and merged; one shape for all of a survey's tables.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::document::Location;

/// What a row is of. Rows of a survey stand in this order; the last two are worked out of the
/// others when a survey is finished, and not merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(super) enum Table {
    /// A document's whole text.
    Text,
    /// A band of a document's signature: in which documents it stands.
    Band,
    /// A band of a block's sketch: in which blocks it stands.
    Near,
    /// A document: its place and length.
    Document,
    /// A block, in the documents of one group.
    Block,
    /// A sentence.
    Sentence,
    /// Sentences in a row.
    Window,
    /// A document that has near duplicates: which of them stays.
    Cluster,
    /// A block that has near copies: what they come to.
    Alike,
}

impl Table {
    pub(super) const ALL: [Table; 9] = [
        Table::Text,
        Table::Band,
        Table::Near,
        Table::Document,
        Table::Block,
        Table::Sentence,
        Table::Window,
        Table::Cluster,
        Table::Alike,
    ];

    /// Its name in files.
    pub(super) fn name(self) -> &'static str {
        match self {
            Table::Text => "text",
            Table::Band => "band",
            Table::Near => "near",
            Table::Document => "document",
            Table::Block => "block",
            Table::Sentence => "sentence",
            Table::Window => "window",
            Table::Cluster => "cluster",
            Table::Alike => "alike",
        }
    }

    /// True if its rows have places of documents.
    pub(super) fn has_places(self) -> bool {
        !matches!(self, Table::Near | Table::Band)
    }

    /// True for what is worked out of the other tables.
    pub(super) fn is_derived(self) -> bool {
        matches!(self, Table::Cluster | Table::Alike)
    }
}

/// What tells rows apart, in their order: table, print, member.
pub(super) type Key = (Table, u64, u64);

/// One row. What its fields mean beside `print` depends on the table; `docs/survey.md` has a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) table: Table,
    /// What is looked up.
    pub(super) print: u64,
    /// Tells rows of one print apart: the group, or who has the band.
    pub(super) member: u64,
    /// The first place; for [`Table::Near`] the sketch's bits.
    pub(super) place: Place,
    pub(super) documents: u32,
    pub(super) copies: u32,
    /// Documents that have it in their first fifth.
    pub(super) head: u32,
    /// Documents that have it in their last fifth.
    pub(super) tail: u32,
}

impl Row {
    /// A row that says nothing beside its key.
    pub(super) fn new(table: Table, print: u64, member: u64, place: Place) -> Self {
        Row { table, print, member, place, documents: 0, copies: 0, head: 0, tail: 0 }
    }

    /// Rows of one key are one row.
    pub(super) fn key(&self) -> Key {
        (self.table, self.print, self.member)
    }

    /// Takes in another row of the same key. Associative and commutative.
    pub(super) fn join(&mut self, other: &Row, sources: &Sources) {
        self.documents = self.documents.saturating_add(other.documents);
        self.copies = self.copies.saturating_add(other.copies);
        self.head = self.head.saturating_add(other.head);
        self.tail = self.tail.saturating_add(other.tail);
        let is_earlier = match self.table {
            Table::Near => other.place.0 < self.place.0,
            _ => sources.order(other.place, self.place) == Ordering::Less,
        };
        if is_earlier {
            self.place = other.place;
        }
    }
}

/// Bits of a [`Place`] that hold the record's number in its source.
const ORDINAL_BITS: u32 = 36;
/// Sources and records beyond these numbers are counted as documents, but not told apart as places.
pub(super) const LAST_ORDINAL: u64 = (1 << ORDINAL_BITS) - 1;
pub(super) const LAST_SOURCE: u64 = (1 << (64 - ORDINAL_BITS)) - 1;

/// A document's place in eight bytes: number of its source, and its number there. In order where
/// sources are numbered in the order of their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(pub(super) u64);

impl Place {
    pub(super) fn new(source: u32, ordinal: u64) -> Self {
        Self(u64::from(source).min(LAST_SOURCE) << ORDINAL_BITS | ordinal.min(LAST_ORDINAL))
    }

    pub(super) fn source(self) -> usize {
        (self.0 >> ORDINAL_BITS) as usize
    }

    pub(super) fn ordinal(self) -> u64 {
        self.0 & LAST_ORDINAL
    }
}

/// Names of sources, numbered as they come. Cloning is cheap.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources {
    inner: Arc<Names>,
}

#[derive(Clone, Debug, Default)]
struct Names {
    names: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

impl Sources {
    /// The number of a source, new if it is new.
    pub(super) fn number(&mut self, name: &Arc<str>) -> u32 {
        if let Some(number) = self.inner.numbers.get(name) {
            return *number;
        }
        let inner = Arc::make_mut(&mut self.inner);
        let number = u32::try_from(inner.names.len()).unwrap_or(u32::MAX);
        inner.names.push(name.clone());
        inner.numbers.insert(name.clone(), number);
        number
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.inner.numbers.contains_key(name)
    }

    pub(super) fn names(&self) -> &[Arc<str>] {
        &self.inner.names
    }

    pub(super) fn name(&self, number: usize) -> &Arc<str> {
        static NOBODY: LazyLock<Arc<str>> = LazyLock::new(|| "".into());
        self.inner.names.get(number).unwrap_or(&NOBODY)
    }

    /// Places by the name of their source, then by their number in it.
    pub(super) fn order(&self, a: Place, b: Place) -> Ordering {
        if a.source() == b.source() {
            return a.ordinal().cmp(&b.ordinal());
        }
        self.name(a.source()).cmp(self.name(b.source())).then(a.ordinal().cmp(&b.ordinal()))
    }

    /// For each source its place among all names in order.
    pub(super) fn ranks(&self) -> Vec<u32> {
        let mut order: Vec<usize> = (0..self.names().len()).collect();
        order.sort_unstable_by(|a, b| self.name(*a).cmp(self.name(*b)));
        let mut ranks = vec![0u32; order.len()];
        for (rank, number) in (0..).zip(order) {
            if let Some(place) = ranks.get_mut(number) {
                *place = rank;
            }
        }
        ranks
    }
}

/// The key of a document: the same whatever the numbers of sources are.
pub(super) fn document_key(location: &Location) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(&location.ordinal.to_le_bytes());
    hash.update(location.source.as_bytes());
    hash.digest()
}

/// The key of a group of documents; 0 for those that are in none.
pub(super) fn group_key(name: &str) -> u64 {
    xxh3_64(name.as_bytes()).max(1)
}
