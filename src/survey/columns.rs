//! A survey that another engine adds up: rows leave as columns of plain numbers, for an engine to
//! group and sort over many machines, and come back in order to be written as a survey's file, the
//! same to the byte as if [`Counting`](super::Counting) had done it.
//!
//! 1. [`RowColumns::add`] appends the rows of a page. Sources are told by their rank among all names of
//!    sources in order, which the engine gives.
//! 2. The engine makes one row of those that agree in table, fingerprint, member and name: the least
//!    place, and the sums of the four counts.
//! 3. [`PairFinder`] finds pairs in the rows of [`RowColumns::BAND`] and [`RowColumns::NEAR`]; the engine
//!    joins pairs to clusters and adds up what their members come to.
//! 4. [`Assembling`] writes all rows, in the order of table, fingerprint and member.
//!
//! Engines have signed numbers alone: of fingerprints, members and places the first bit is turned,
//! so that they stand in the order of the unsigned ones.

use std::io::Write;
use std::sync::Arc;

use super::counting::Group;
use super::derive::Pairs;
use super::file::{Description, Writing};
use super::prints::Prints;
use super::row::{Key, LAST_SOURCE, Place, Row, Table, group_key};
use super::{Settings, SurveyError};

/// Rows, column by column. All columns have one length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowColumns {
    /// What a row is of: [`RowColumns::SOURCE`], [`RowColumns::GROUP`], or a table from 0 on.
    pub table: Vec<i32>,
    /// What is looked up; of a source its rank, of a group its key.
    pub fingerprint: Vec<i64>,
    /// Tells rows of one fingerprint apart.
    pub member: Vec<i64>,
    /// The first place: the rank of its source times 2³⁶, and the number there. Of near copies the
    /// sketch.
    pub place: Vec<i64>,
    /// Documents.
    pub documents: Vec<i64>,
    /// How often it stands in them; of a document its characters.
    pub copies: Vec<i64>,
    /// Documents that have it in their first fifth.
    pub head: Vec<i64>,
    /// Documents that have it in their last fifth.
    pub tail: Vec<i64>,
    /// The name of a source or group.
    pub name: Vec<Option<Arc<str>>>,
}

impl RowColumns {
    /// Number of the sources in the column `table`.
    pub const SOURCE: i32 = -2;
    /// Number of the groups.
    pub const GROUP: i32 = -1;
    /// Number of the bands of documents.
    pub const BAND: i32 = Table::Band as i32;
    /// Number of the bands of blocks.
    pub const NEAR: i32 = Table::Near as i32;
    /// Number of the documents: fingerprint, place, characters as copies.
    pub const DOCUMENT: i32 = Table::Document as i32;
    /// Number of the blocks.
    pub const BLOCK: i32 = Table::Block as i32;
    /// Number of the documents that have near duplicates: the one that stays is the member.
    pub const CLUSTER: i32 = Table::Cluster as i32;
    /// Number of the blocks that have near copies: the one that stays is the member.
    pub const ALIKE: i32 = Table::Alike as i32;

    /// Appends the rows that count a page, whose source has this rank.
    ///
    /// # Errors
    /// If the rank is beyond what places can hold.
    pub fn add(&mut self, page: &Prints, rank: u64) -> Result<(), SurveyError> {
        let source = u32::try_from(rank).ok().filter(|_| rank <= LAST_SOURCE);
        let source = source.ok_or(SurveyError::TooManySources)?;
        self.named(Self::SOURCE, rank, &page.location.source);
        let mut key = 0;
        if let Some(group) = &page.group {
            key = group_key(group);
            self.named(Self::GROUP, key, group);
        }
        for row in page.rows(Place::new(source, page.location.ordinal), key) {
            self.push(row.table as i32, &row, None);
        }
        Ok(())
    }

    fn named(&mut self, table: i32, print: u64, name: &Arc<str>) {
        let row = Row::new(Table::Text, print, 0, Place::default());
        self.push(table, &Row { documents: 1, ..row }, Some(name.clone()));
    }

    fn push(&mut self, table: i32, row: &Row, name: Option<Arc<str>>) {
        self.table.push(table);
        self.fingerprint.push(signed(row.print));
        self.member.push(signed(row.member));
        self.place.push(signed(row.place.0));
        self.documents.push(row.documents.into());
        self.copies.push(row.copies.into());
        self.head.push(row.head.into());
        self.tail.push(row.tail.into());
        self.name.push(name);
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// A row that is no name.
    fn row(&self, at: usize) -> Result<Row, SurveyError> {
        let (Some(table), Some(print), Some(member), Some(place)) =
            (self.table.get(at), self.fingerprint.get(at), self.member.get(at), self.place.get(at))
        else {
            return Err(SHORT);
        };
        let table = usize::try_from(*table).ok().and_then(|table| Table::ALL.get(table));
        let table = *table.ok_or(SurveyError::Damaged("a row is of no table"))?;
        let count = |column: &[i64]| -> Result<u32, SurveyError> {
            let count = *column.get(at).ok_or(SHORT)?;
            let count =
                u64::try_from(count).map_err(|_| SurveyError::Damaged("a count is negative"))?;
            // Counting adds up no further.
            Ok(u32::try_from(count).unwrap_or(u32::MAX))
        };
        Ok(Row {
            table,
            print: unsigned(*print),
            member: unsigned(*member),
            place: Place(unsigned(*place)),
            documents: count(&self.documents)?,
            copies: count(&self.copies)?,
            head: count(&self.head)?,
            tail: count(&self.tail)?,
        })
    }
}

const SHORT: SurveyError = SurveyError::Damaged("its columns differ in length");
const UNORDERED: SurveyError = SurveyError::Damaged("its rows are not in order");
const FIRST_BIT: u64 = 1 << 63;

fn signed(number: u64) -> i64 {
    (number ^ FIRST_BIT).cast_signed()
}

fn unsigned(number: i64) -> u64 {
    number.cast_unsigned() ^ FIRST_BIT
}

/// Finds pairs of documents that are near duplicates, and of blocks that are near copies. All rows of a
/// table and fingerprint must go to one of them, in the order of table, fingerprint and member.
#[derive(Debug, Default)]
pub struct PairFinder {
    pairs: Pairs,
}

impl PairFinder {
    /// The pairs that the next rows show: the table, and the two members.
    ///
    /// # Errors
    /// If rows are of no table, or columns differ in length.
    pub fn see(&mut self, rows: &RowColumns) -> Result<Vec<(i32, i64, i64)>, SurveyError> {
        let mut found = Vec::new();
        for at in 0..rows.len() {
            let row = rows.row(at)?;
            let pair = self.pairs.see(&row);
            found.extend(pair.map(|(one, other)| (row.table as i32, signed(one), signed(other))));
        }
        Ok(found)
    }
}

/// Writes a survey's file from rows that come in the order of table, fingerprint and member.
///
/// Names of sources and groups are held in memory.
pub struct Assembling<W: Write + Send> {
    settings: Settings,
    /// Where to; gone when the names are written.
    to: Option<W>,
    documents: u64,
    sources: Vec<Arc<str>>,
    /// For each rank the number of its source; of those without documents 0.
    numbers: Vec<u32>,
    groups: Vec<(u64, Group)>,
    writing: Option<Writing<W>>,
    last: Option<Key>,
}

impl<W: Write + Send> Assembling<W> {
    /// Of a survey that counts this.
    pub fn new(settings: Settings, to: W) -> Self {
        Self {
            settings,
            to: Some(to),
            documents: 0,
            sources: Vec::new(),
            numbers: Vec::new(),
            groups: Vec::new(),
            writing: None,
            last: None,
        }
    }

    /// Takes in the next rows.
    ///
    /// # Errors
    /// If they are not in order or make no sense, or cannot be written.
    pub fn push(&mut self, rows: &RowColumns) -> Result<(), SurveyError> {
        for (at, table) in rows.table.iter().enumerate() {
            if *table < 0 {
                self.name(rows, at, *table)?;
                continue;
            }
            let mut row = rows.row(at)?;
            if self.last.is_some_and(|last| last >= row.key()) {
                return Err(UNORDERED);
            }
            self.last = Some(row.key());
            if row.table.has_places() {
                let number = self.numbers.get(row.place.source()).copied();
                let number = number.ok_or(SurveyError::Damaged("a place in it cannot be"))?;
                row.place = Place::new(number, row.place.ordinal());
            }
            self.writing()?.push(row)?;
        }
        Ok(())
    }

    fn name(&mut self, rows: &RowColumns, at: usize, table: i32) -> Result<(), SurveyError> {
        if self.writing.is_some() {
            return Err(UNORDERED);
        }
        let (Some(print), Some(documents), Some(Some(name))) =
            (rows.fingerprint.get(at), rows.documents.get(at), rows.name.get(at))
        else {
            return Err(SHORT);
        };
        let (print, documents) = (unsigned(*print), u64::try_from(*documents).unwrap_or(0));
        if !matches!(table, RowColumns::SOURCE | RowColumns::GROUP) {
            return Err(SurveyError::Damaged("a row is of no table"));
        }
        if table == RowColumns::SOURCE {
            let rank = usize::try_from(print).unwrap_or(usize::MAX);
            let in_order = self.sources.last().is_none_or(|last| *last < *name);
            if !in_order
                || !self.groups.is_empty()
                || print > LAST_SOURCE
                || rank < self.numbers.len()
            {
                return Err(UNORDERED);
            }
            self.numbers.resize(rank, 0);
            self.numbers.push(self.sources.len() as u32);
            self.sources.push(name.clone());
            self.documents = self.documents.saturating_add(documents);
            return Ok(());
        }
        match self.groups.last_mut() {
            Some((last, _)) if *last > print => return Err(UNORDERED),
            // Two names of one key.
            Some((last, group)) if *last == print => {
                group.documents = group.documents.saturating_add(documents as u32);
            }
            _ => {
                let documents = u32::try_from(documents).unwrap_or(u32::MAX);
                self.groups.push((print, Group { name: name.clone(), documents }));
            }
        }
        Ok(())
    }

    fn writing(&mut self) -> Result<&mut Writing<W>, SurveyError> {
        if let Some(to) = self.to.take() {
            let (settings, documents) = (self.settings.clone(), self.documents);
            let begun = Writing::begin(to, settings, documents, &self.sources, &self.groups)?;
            self.groups = Vec::new();
            return Ok(self.writing.insert(begun));
        }
        self.writing.as_mut().ok_or(SurveyError::Damaged("it could not be begun"))
    }

    /// Ends the file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(mut self) -> Result<Description, SurveyError> {
        self.writing()?;
        match self.writing {
            Some(writing) => writing.finish(),
            None => Err(SurveyError::Damaged("it could not be begun")),
        }
    }
}

#[cfg(test)]
mod tests;
