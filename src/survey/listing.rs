//! What a survey's file lists: the most repeated of what it counts, and the largest clusters of near
//! duplicates.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use super::SurveyError;
use super::file::SurveyFile;
use super::row::{Place, Row, Table};

/// Groups that are named of each.
const GROUPS: usize = 3;

/// A place of a document, for people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct At {
    /// Name of its source.
    pub source: String,
    /// Number of the record in it, from 0.
    pub ordinal: u64,
}

/// What can be listed by how often it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Blocks.
    Blocks,
    /// Sentences.
    Sentences,
    /// Sentences in a row.
    Windows,
    /// Whole texts of documents.
    Texts,
}

/// Something that stands in several documents.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Repeated {
    /// Its fingerprint.
    pub fingerprint: u64,
    /// Documents that hold it.
    pub documents: u64,
    /// How often it stands in them.
    pub copies: u64,
    /// Documents that have it in their first fifth.
    pub head: u64,
    /// Documents that have it in their last fifth.
    pub tail: u64,
    /// Groups (hosts) whose documents hold it.
    pub groups: u64,
    /// The groups of which most documents hold it, with their number.
    pub most: Vec<(String, u32)>,
    /// The first document that holds it.
    pub first: At,
}

/// Documents that are near duplicates.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DocumentCluster {
    /// How many they are.
    pub documents: u32,
    /// The one that stays.
    pub kept: At,
    /// All of them, in order.
    pub members: Vec<At>,
}

/// Clusters of near duplicates.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct DocumentClusters {
    /// Clusters, and documents in them.
    pub clusters: u64,
    /// Documents in clusters.
    pub documents: u64,
    /// Clusters by their size.
    pub sizes: BTreeMap<u32, u64>,
    /// The largest; of one size the first.
    pub largest: Vec<DocumentCluster>,
}

/// A cluster by its size, then by the place and key of the document that stays.
type Size = (u32, Reverse<(usize, u64)>, u64);

/// The sum over the rows of a print.
struct Sum {
    row: Row,
    documents: u64,
    copies: u64,
    head: u64,
    tail: u64,
    groups: u64,
    /// The groups of most documents, least first.
    most: BinaryHeap<Reverse<(u32, Reverse<u64>)>>,
}

impl Sum {
    fn new(row: Row) -> Self {
        let most = BinaryHeap::new();
        Self { row, documents: 0, copies: 0, head: 0, tail: 0, groups: 0, most }
    }

    fn add(&mut self, row: &Row) {
        self.documents += u64::from(row.documents);
        self.copies += u64::from(row.copies);
        self.head += u64::from(row.head);
        self.tail += u64::from(row.tail);
        if row.member != 0 {
            self.groups += 1;
            self.most.push(Reverse((row.documents, Reverse(row.member))));
            if self.most.len() > GROUPS {
                self.most.pop();
            }
        }
        self.row.place = self.row.place.min(row.place);
    }
}

/// The greatest of many, by documents, then by copies, then by the lower fingerprint.
struct Greatest {
    most: usize,
    held: BinaryHeap<Reverse<Ranked>>,
}

struct Ranked {
    rank: (u64, u64, Reverse<u64>),
    sum: Sum,
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl Greatest {
    fn take(&mut self, sum: Option<Sum>) {
        let Some(sum) = sum.filter(|sum| sum.documents > 1) else { return };
        let rank = (sum.documents, sum.copies, Reverse(sum.row.print));
        if self.held.len() >= self.most
            && self.held.peek().is_some_and(|least| least.0.rank >= rank)
        {
            return;
        }
        self.held.push(Reverse(Ranked { rank, sum }));
        if self.held.len() > self.most {
            self.held.pop();
        }
    }
}

impl SurveyFile {
    /// Of what stands in several documents, the `most` that stand in most.
    ///
    /// # Errors
    /// If the file is damaged.
    pub fn top(&self, listed: Listed, most: usize) -> Result<Vec<Repeated>, SurveyError> {
        let table = match listed {
            Listed::Blocks => Table::Block,
            Listed::Sentences => Table::Sentence,
            Listed::Windows => Table::Window,
            Listed::Texts => Table::Text,
        };
        let (sources, groups) = self.names()?;
        let groups: HashMap<u64, _> = groups.into_iter().collect();
        let mut greatest = Greatest { most, held: BinaryHeap::new() };
        let mut open: Option<Sum> = None;
        self.rows(table, &mut |row| {
            if open.as_ref().is_none_or(|sum| sum.row.print != row.print) {
                greatest.take(open.replace(Sum::new(row)));
            }
            if let Some(sum) = &mut open {
                sum.add(&row);
            }
            Ok(())
        })?;
        greatest.take(open);
        let found = greatest.held.into_sorted_vec();
        Ok(found
            .into_iter()
            .map(|Reverse(Ranked { sum, .. })| {
                let most = sum.most.into_sorted_vec().into_iter();
                let most = most.filter_map(|Reverse((documents, Reverse(key)))| {
                    Some((groups.get(&key)?.name.to_string(), documents))
                });
                Repeated {
                    fingerprint: sum.row.print,
                    documents: sum.documents,
                    copies: sum.copies,
                    head: sum.head,
                    tail: sum.tail,
                    groups: sum.groups,
                    most: most.collect(),
                    first: at(sum.row.place, &sources),
                }
            })
            .collect())
    }

    /// The clusters of near duplicates, with the members of the `most` largest.
    ///
    /// # Errors
    /// If the file is damaged, or near duplicates were not counted.
    pub fn clusters(&self, most: usize) -> Result<DocumentClusters, SurveyError> {
        if self.description().settings().near_documents.is_none() {
            let missing = "it counts no near duplicates of documents: make it with rules that do";
            return Err(SurveyError::Unfit(missing.to_owned()));
        }
        let (sources, _) = self.names()?;
        let mut all = DocumentClusters::default();
        // The largest by their kept documents: size, place, key.
        let mut largest: BinaryHeap<Reverse<Size>> = BinaryHeap::new();
        self.rows(Table::Cluster, &mut |row| {
            all.documents += 1;
            // A cluster is met once by the member that stays.
            if row.print == row.member {
                all.clusters += 1;
                *all.sizes.entry(row.documents).or_default() += 1;
                let place = Reverse((row.place.source(), row.place.ordinal()));
                largest.push(Reverse((row.documents, place, row.member)));
                if largest.len() > most {
                    largest.pop();
                }
            }
            Ok(())
        })?;
        let largest = largest.into_sorted_vec();
        let numbers: HashMap<u64, usize> =
            largest.iter().enumerate().map(|(n, Reverse((.., key)))| (*key, n)).collect();
        let mut members: HashMap<u64, usize> = HashMap::new();
        self.rows(Table::Cluster, &mut |row| {
            if let Some(number) = numbers.get(&row.member) {
                members.insert(row.print, *number);
            }
            Ok(())
        })?;
        let mut found: Vec<DocumentCluster> = largest
            .iter()
            .map(|Reverse((documents, Reverse((source, ordinal)), _))| DocumentCluster {
                documents: *documents,
                kept: At {
                    source: sources.get(*source).map(|name| name.to_string()).unwrap_or_default(),
                    ordinal: *ordinal,
                },
                members: Vec::new(),
            })
            .collect();
        self.rows(Table::Document, &mut |row| {
            let cluster = members.get(&row.print).and_then(|number| found.get_mut(*number));
            if let Some(cluster) = cluster {
                cluster.members.push(at(row.place, &sources));
            }
            Ok(())
        })?;
        for cluster in &mut found {
            cluster.members.sort();
        }
        all.largest = found;
        Ok(all)
    }
}

fn at(place: Place, sources: &[std::sync::Arc<str>]) -> At {
    let source = sources.get(place.source()).map(|name| name.to_string()).unwrap_or_default();
    At { source, ordinal: place.ordinal() }
}
