//! What is worked out of the rows while they go by in order: which documents are near duplicates
//! and which of them stays, and which blocks are near copies.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::clusters::Clusters;
use super::row::{Place, Row, Table};
use super::sketch::alike;
use super::{Keep, Settings, SurveyError};

/// Blocks of one band that further blocks are compared with. A band that more unlike blocks share
/// says nothing.
const MOST_COMPARED: usize = 16;

/// About the bytes that a key's share of its cluster's sum takes: of two keys or more there is one.
const SUM_BYTES: usize = 48;

/// Gathers clusters. Rows must come in the order of [`Table`].
#[derive(Debug, Default)]
pub(super) struct Derive {
    keep: Keep,
    /// Bytes that clusters may take.
    memory: usize,
    documents: Clusters,
    blocks: Clusters,
    pairs: Pairs,
    /// What the members of a cluster come to, by its root.
    of_documents: HashMap<u64, Sum>,
    of_blocks: HashMap<u64, Sum>,
}

/// Finds pairs of documents that are near duplicates, and of blocks that are near copies, in rows
/// that come in order.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// The band that is being read: who is in it first.
    band: Option<(u64, u64)>,
    /// The same of blocks: those that others are compared with, and their sketches.
    near: Option<u64>,
    compared: Vec<(u64, u64)>,
}

impl Pairs {
    /// The pair that the next row shows: two documents in the table of bands, two blocks in that of
    /// near copies.
    pub(super) fn see(&mut self, row: &Row) -> Option<(u64, u64)> {
        match row.table {
            Table::Band => match self.band {
                Some((band, first)) if band == row.print => return Some((first, row.member)),
                _ => self.band = Some((row.print, row.member)),
            },
            Table::Near => {
                if self.near != Some(row.print) {
                    self.near = Some(row.print);
                    self.compared.clear();
                }
                let like = self.compared.iter().find(|(_, bits)| alike(*bits, row.place.0));
                if let Some((first, _)) = like {
                    return Some((*first, row.member));
                }
                if self.compared.len() < MOST_COMPARED {
                    self.compared.push((row.member, row.place.0));
                }
            }
            _ => {}
        }
        None
    }
}

/// What the members of a cluster come to.
#[derive(Clone, Copy, Debug)]
struct Sum {
    /// The member that stays.
    key: u64,
    place: Place,
    length: u32,
    documents: u32,
    copies: u32,
}

impl Derive {
    pub(super) fn new(settings: &Settings, memory: usize) -> Self {
        Self { keep: settings.keep, memory, ..Self::default() }
    }

    /// Takes in the next row. Places are numbers of sources in the order of their names.
    pub(super) fn see(&mut self, row: &Row) -> Result<(), SurveyError> {
        match row.table {
            Table::Band | Table::Near => {
                let (clusters, what) = match row.table {
                    Table::Band => (&mut self.documents, "clusters of near duplicates"),
                    _ => (&mut self.blocks, "groups of near copies"),
                };
                if let Some((one, other)) = self.pairs.see(row) {
                    clusters.join(one, other).map_err(|_| SurveyError::Memory(what))?;
                    return self.within_memory(what);
                }
            }
            Table::Document => {
                if let Some(root) = self.documents.root(row.print) {
                    let (keep, one) = (self.keep, Sum::of(row, row.copies));
                    self.of_documents.entry(root).or_insert(one.nothing()).add(&one, keep);
                }
            }
            Table::Block => {
                if let Some(root) = self.blocks.root(row.print) {
                    let one = Sum::of(row, 0);
                    self.of_blocks.entry(root).or_insert(one.nothing()).add(&one, Keep::First);
                }
            }
            Table::Text | Table::Sentence | Table::Window | Table::Cluster | Table::Alike => {}
        }
        Ok(())
    }

    fn within_memory(&self, what: &'static str) -> Result<(), SurveyError> {
        let keys = self.documents.len() + self.blocks.len();
        let bytes = self.documents.bytes() + self.blocks.bytes() + keys * SUM_BYTES;
        if bytes > self.memory {
            return Err(SurveyError::Memory(what));
        }
        Ok(())
    }

    /// The rows that were worked out, in order.
    pub(super) fn finish(self) -> Vec<Row> {
        let mut rows = Vec::new();
        let found = [
            (Table::Cluster, self.documents, self.of_documents),
            (Table::Alike, self.blocks, self.of_blocks),
        ];
        for (table, clusters, sums) in found {
            for (key, root) in clusters.iter() {
                let Some(sum) = sums.get(&root) else { continue };
                let Sum { documents, copies, .. } = *sum;
                let row = Row::new(table, key, sum.key, sum.place);
                rows.push(Row { documents, copies, ..row });
            }
        }
        rows
    }
}

impl Sum {
    fn of(row: &Row, length: u32) -> Self {
        let Row { print: key, place, documents, copies, .. } = *row;
        Self { key, place, length, documents, copies }
    }

    /// The sum of no member, with this one as the one that stays until a better one comes.
    fn nothing(self) -> Self {
        Self { documents: 0, copies: 0, ..self }
    }

    /// Takes in a member. The order in which they come does not matter.
    fn add(&mut self, other: &Sum, keep: Keep) {
        self.documents = self.documents.saturating_add(other.documents);
        self.copies = self.copies.saturating_add(other.copies);
        let earlier = (other.place, other.key).cmp(&(self.place, self.key));
        let better = match keep {
            Keep::First => earlier,
            Keep::Longest => self.length.cmp(&other.length).then(earlier),
        };
        if better == Ordering::Less {
            (self.key, self.place, self.length) = (other.key, other.place, other.length);
        }
    }
}
