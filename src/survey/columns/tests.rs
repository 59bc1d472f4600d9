//! A plain engine does what the steps say, and the file is the one that counting writes.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::clusters::Clusters;
use super::super::minhash::MinHash;
use super::super::prints::NearBlock;
use super::super::row::document_key;
use super::super::{Counting, Keep};
use super::*;
use crate::document::Location;

/// A document: source, group, blocks, bands.
type Written = (u8, Option<u8>, Vec<u8>, Vec<u8>);

fn corpus() -> impl Strategy<Value = Vec<Written>> {
    let blocks = prop::collection::vec(0u8..14, 0..6);
    let bands = prop::collection::vec(0u8..12, 0..3);
    prop::collection::vec((0u8..5, prop::option::of(0u8..3), blocks, bands), 0..24)
}

fn print(number: u8) -> u64 {
    xxhash_rust::xxh3::xxh3_64(&[number])
}

fn settings(keep: Keep) -> Settings {
    let near_documents = MinHash::named("fineweb");
    Settings { near_blocks: true, near_documents, keep, ..Settings::default() }
}

fn page(number: usize, (source, group, blocks, bands): &Written) -> Prints {
    // Not in order of their numbers.
    let source = format!("s{}", source ^ 3);
    let location = Location { source: source.into(), ordinal: number as u64 };
    let mut page = Prints::none(location);
    page.group = group.map(|group| format!("g{group}").into());
    for (place, block) in (0..).zip(blocks) {
        let at = (place == 0, place + 1 == blocks.len());
        page.count(Table::Block, print(*block), at);
        page.count(Table::Sentence, print(*block % 5), at);
        // Three in a row share a band; the first and the last are not alike.
        let bits = u64::MAX << (*block % 3 * 6);
        page.near.push(NearBlock { band: print(*block / 3), print: print(*block), bits });
    }
    page.bands = bands.iter().map(|band| print(*band)).collect();
    page.characters = 100 + blocks.len() as u32;
    page.join();
    page
}

fn counted(pages: &[Prints], settings: &Settings) -> Vec<u8> {
    let mut counting = Counting::new(settings.clone());
    pages.iter().for_each(|page| counting.add(page).unwrap());
    let mut bytes = Vec::new();
    counting.save(&mut bytes).unwrap();
    bytes
}

type KeyOfRow = (i32, i64, i64, Option<Arc<str>>);

#[derive(Clone, Copy)]
struct Sums {
    place: i64,
    counts: [i64; 4],
}

/// What an engine keeps: a row for each key.
#[derive(Default)]
struct Engine {
    rows: BTreeMap<KeyOfRow, Sums>,
}

impl Engine {
    fn take(&mut self, rows: &RowColumns) {
        for n in 0..rows.len() {
            let key = (rows.table[n], rows.fingerprint[n], rows.member[n], rows.name[n].clone());
            let counts = [&rows.documents, &rows.copies, &rows.head, &rows.tail].map(|c| c[n]);
            let place = rows.place[n];
            let sums = self.rows.entry(key).or_insert(Sums { place, counts: [0; 4] });
            sums.place = sums.place.min(place);
            sums.counts.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
    }

    fn columns(&self, wanted: impl Fn(&KeyOfRow) -> bool) -> RowColumns {
        let mut out = RowColumns::default();
        for (key, sums) in self.rows.iter().filter(|(key, _)| wanted(key)) {
            out.table.push(key.0);
            out.fingerprint.push(key.1);
            out.member.push(key.2);
            out.name.push(key.3.clone());
            out.place.push(sums.place);
            out.documents.push(sums.counts[0]);
            out.copies.push(sums.counts[1]);
            out.head.push(sums.counts[2]);
            out.tail.push(sums.counts[3]);
        }
        out
    }

    /// Joins pairs, and adds up the rows of what they are pairs of.
    fn derive(&mut self, keep: Keep) {
        let bands: BTreeSet<(i32, i64)> = self
            .rows
            .keys()
            .filter(|key| [RowColumns::BAND, RowColumns::NEAR].contains(&key.0))
            .map(|key| (key.0, key.1))
            .collect();
        let mut clusters: BTreeMap<i32, Clusters> = BTreeMap::new();
        // The last first: no order but that inside a band matters.
        for band in bands.iter().rev() {
            let rows = self.columns(|key| (key.0, key.1) == *band);
            for (table, one, other) in PairFinder::default().see(&rows).unwrap() {
                let clusters = clusters.entry(table).or_default();
                clusters.join(unsigned(one), unsigned(other)).unwrap();
            }
        }
        let mut derived = RowColumns::default();
        for (of, counted, table, keep) in [
            (RowColumns::BAND, RowColumns::DOCUMENT, RowColumns::CLUSTER, keep),
            (RowColumns::NEAR, RowColumns::BLOCK, RowColumns::ALIKE, Keep::First),
        ] {
            let Some(clusters) = clusters.get(&of) else { continue };
            let mut members: BTreeMap<u64, Vec<(i64, Sums)>> = BTreeMap::new();
            for (key, sums) in self.rows.iter().filter(|(key, _)| key.0 == counted) {
                if let Some(root) = clusters.root(unsigned(key.1)) {
                    members.entry(root).or_default().push((key.1, *sums));
                }
            }
            for (key, root) in clusters.iter() {
                let Some(all) = members.get(&root) else { continue };
                let best = all.iter().min_by_key(|(key, sums)| {
                    let length = if keep == Keep::Longest { -sums.counts[1] } else { 0 };
                    (length, sums.place, *key)
                });
                let (kept, best) = best.unwrap();
                let sum = |n: usize| all.iter().map(|(_, sums)| sums.counts[n]).sum::<i64>();
                derived.table.push(table);
                derived.fingerprint.push(signed(key));
                derived.member.push(*kept);
                derived.place.push(best.place);
                derived.documents.push(sum(0));
                derived.copies.push(sum(1));
                derived.head.push(0);
                derived.tail.push(0);
                derived.name.push(None);
            }
        }
        self.take(&derived);
    }
}

fn ranks(pages: &[Prints]) -> BTreeMap<Arc<str>, u64> {
    // One source more, of which nothing can be read.
    let names = pages.iter().map(|page| page.location.source.clone()).chain(["s4b".into()]);
    let names: BTreeSet<Arc<str>> = names.collect();
    names.into_iter().zip(0..).collect()
}

fn assembled(pages: &[Prints], settings: &Settings, at_a_time: usize) -> Vec<u8> {
    let ranks = ranks(pages);
    let mut engine = Engine::default();
    for part in pages.rchunks(at_a_time) {
        let mut rows = RowColumns::default();
        part.iter().for_each(|page| rows.add(page, ranks[&page.location.source]).unwrap());
        engine.take(&rows);
    }
    engine.derive(settings.keep);
    let mut bytes = Vec::new();
    let mut writer = Assembling::new(settings.clone(), &mut bytes);
    for key in engine.rows.keys() {
        writer.push(&engine.columns(|own| own == key)).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

proptest! {
    #[test]
    fn an_engine_makes_the_same_file(documents in corpus(), at_a_time in 1usize..9, longest: bool) {
        let settings = settings(if longest { Keep::Longest } else { Keep::First });
        let pages: Vec<Prints> =
            documents.iter().enumerate().map(|(n, document)| page(n, document)).collect();
        prop_assert!(assembled(&pages, &settings, at_a_time) == counted(&pages, &settings));
    }
}

#[test]
fn a_cluster_says_what_its_members_come_to() {
    let documents = [
        (0, None, vec![1, 2, 3], vec![1, 2]),
        (1, None, vec![2, 3], vec![2]),
        (2, None, vec![], vec![3]),
    ];
    let pages: Vec<Prints> =
        documents.iter().enumerate().map(|(n, document)| page(n, document)).collect();
    for (keep, kept) in [(Keep::First, 1), (Keep::Longest, 0)] {
        let mut engine = Engine::default();
        let mut rows = RowColumns::default();
        pages
            .iter()
            .for_each(|page| rows.add(page, u64::from(page.location.ordinal != 1)).unwrap());
        engine.take(&rows);
        engine.derive(keep);
        let rows = engine.columns(|key| key.0 == RowColumns::CLUSTER);
        assert_eq!((rows.documents, rows.copies), (vec![2, 2], vec![205, 205]));
        assert_eq!(rows.member, vec![signed(document_key(&pages[kept].location)); 2]);
    }
}

#[test]
fn rows_that_an_engine_did_not_sort_are_refused() {
    let mut rows = RowColumns::default();
    rows.add(&page(0, &(0, Some(1), vec![1, 2, 3], vec![])), 0).unwrap();
    let mut writer = Assembling::new(settings(Keep::First), Vec::new());
    assert!(writer.push(&rows).is_err(), "as they came");
    let mut engine = Engine::default();
    engine.take(&rows);
    let sorted = engine.columns(|_| true);
    let mut writer = Assembling::new(settings(Keep::First), Vec::new());
    writer.push(&sorted).unwrap();
    assert!(writer.push(&sorted).is_err(), "twice");
    let without_names = engine.columns(|key| key.0 >= 0);
    let mut writer = Assembling::new(settings(Keep::First), Vec::new());
    assert!(writer.push(&without_names).is_err(), "a place of no source");
    for table in [9, 1000, -3] {
        let mut wrong = engine.columns(|key| key.0 >= 0);
        wrong.table[0] = table;
        assert!(Assembling::new(settings(Keep::First), Vec::new()).push(&wrong).is_err());
        assert!(table < 0 || PairFinder::default().see(&wrong).is_err());
    }
    let mut short = engine.columns(|_| true);
    short.copies.pop();
    assert!(Assembling::new(settings(Keep::First), Vec::new()).push(&short).is_err());
    assert!(RowColumns::default().add(&page(0, &(0, None, vec![], vec![])), 1 << 28).is_err());
}
