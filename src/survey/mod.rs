//! Counts of fingerprints over a corpus: in how many documents each block and each long sentence
//! stands, and which document has it first; which documents are near duplicates. Read-only side
//! data of measuring.
//!
//! A survey is made in a pass of its own: [`Prints`] are taken of each page on any thread,
//! [`Counting::add`] counts them, [`Counting::merge`] takes in surveys of other parts. The result
//! does not depend on the order of either: which document is the first is decided by the name of its
//! source and its number there. [`Counting::save`] keeps it in a file, [`Survey::open`] and
//! [`Counting::survey`] make it ready to be asked. `docs/survey.md` describes the file.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::document::Location;

pub mod clusters;
mod columns;
mod counting;
mod derive;
mod file;
mod listing;
mod lookup;
pub mod minhash;
mod prints;
mod row;
mod settings;
pub mod sketch;
mod sorter;
#[cfg(test)]
mod tests;

pub use columns::{Assembling, PairFinder, RowColumns};
pub use counting::{Counting, Memory};
pub use file::{Description, FORMAT, SurveyFile};
pub use listing::{At, DocumentCluster, DocumentClusters, Listed, Repeated};
pub use minhash::MinHash;
pub use prints::{Prints, SENTENCE_CHARACTERS, sentence_print};
pub(crate) use prints::{Window, is_prose, windows};
pub use settings::{HOST, Keep, Part, Settings, Ways};

use counting::{Counted, Group};
use lookup::{ENTRY, Entry, Filling, INDEX, Keep as Kept, Lookup};
pub(crate) use row::Place;
use row::{LAST_ORDINAL, Row, Sources, Table, document_key, group_key};

/// Why a survey cannot be made or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SurveyError {
    /// It cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("not a survey of tamis")]
    NotASurvey,
    /// Another version of the file's shape.
    #[error("a survey of format {0}; this version reads format {FORMAT}: make it again")]
    OtherFormat(u32),
    /// Its fingerprints, or the sentences that it counts, are defined otherwise.
    #[error("its fingerprints are defined otherwise ({0}): make it again")]
    OtherFingerprint(String),
    /// What the file says does not fit together.
    #[error("the survey is damaged: {0}")]
    Damaged(&'static str),
    /// It counts other things than those that are needed.
    #[error("{0}")]
    Unfit(String),
    /// Something that must be in memory does not fit.
    #[error("{0} need more than a quarter of the memory that is allowed: allow more (--memory)")]
    Memory(&'static str),
    /// More sources than places can be given to.
    #[error("more than 268,435,456 sources: put documents together in files")]
    TooManySources,
}

/// What a survey knows of a fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known<'s> {
    /// Documents that hold it.
    pub documents: u32,
    /// How often it stands in all of them.
    pub copies: u32,
    /// Groups (hosts) of the documents that hold it; for blocks.
    pub groups: u32,
    /// Documents that hold it in their first fifth.
    pub head: u32,
    /// Documents that hold it in their last fifth.
    pub tail: u32,
    /// Source of the first document that holds it.
    pub source: &'s Arc<str>,
    /// Number of that document in its source.
    pub ordinal: u64,
    /// The same in eight bytes; `None` for a document that the survey need not hold.
    pub(crate) place: Option<Place>,
}

impl<'s> Known<'s> {
    /// Of what stands in one document only, once.
    fn alone(at: &'s Location) -> Self {
        let (documents, copies, groups) = (1, 1, 1);
        let (source, ordinal) = (&at.source, at.ordinal.min(LAST_ORDINAL));
        Self { documents, copies, groups, head: 0, tail: 0, source, ordinal, place: None }
    }

    /// True if the document at a place is the first that holds it.
    pub fn is_first(&self, location: &Location) -> bool {
        // Ordinals differ more often than names, and are cheaper to compare.
        self.ordinal == location.ordinal.min(LAST_ORDINAL) && **self.source == *location.source
    }
}

/// What a run's files say of the survey that it used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyNote {
    /// Its file as it was named; `auto` for one made on the way.
    pub path: String,
    /// [`Description::checksum`].
    pub checksum: String,
    /// Documents it counts.
    pub documents: u64,
    /// Sources of the run whose names are in it.
    pub known_sources: u64,
}

/// What is to be asked of a survey.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// What must have been counted; the rest is not read.
    pub settings: &'a Settings,
    /// True if counts by group are asked.
    pub groups: bool,
    /// Names of the sources that will be judged by it. If it counted them all, what stands once in
    /// the corpus need not be held.
    pub sources: &'a [Arc<str>],
}

/// Counts over a corpus. [`Survey::none`] holds none. Cloning is cheap.
///
/// ```
/// use tamis::survey::Counting;
/// use tamis::{Record, RuleSet, pipeline};
///
/// let rules = RuleSet::default_preset()?;
/// let mut counting = Counting::new(rules.survey_settings());
/// for id in ["one", "two"] {
///     let page = Record::text(id, "The mill stands idle.");
///     counting.add(&pipeline::prints(page, counting.settings())?)?;
/// }
/// let survey = counting.survey()?;
/// let place = Record::text("two", "").location;
/// let known = survey.block(tamis::text::fingerprint("The mill stands idle."), &place).unwrap();
/// assert_eq!((known.documents, &**known.source), (2, "one"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Survey {
    side: Option<Arc<Side>>,
}

/// What a survey that is present holds.
#[derive(Debug, Default)]
struct Side {
    settings: Settings,
    documents: u64,
    sources: Sources,
    groups: HashMap<u64, u32>,
    /// By the number of the table.
    tables: [Option<Lookup>; Table::ALL.len()],
    /// Blocks by group.
    by_group: Option<Lookup>,
    /// True if what stands in one document alone is not held.
    shared_only: bool,
    checksum: Option<String>,
    /// The first fault of the disk.
    fault: OnceLock<String>,
}

impl Survey {
    /// No counts: a rule that needs a survey is off or refused, as it says itself.
    pub fn none() -> Self {
        Self::default()
    }

    /// True if there are counts, if only of no documents.
    pub fn is_present(&self) -> bool {
        self.side.is_some()
    }

    /// What was counted.
    pub fn settings(&self) -> Settings {
        self.side.as_ref().map(|side| side.settings.clone()).unwrap_or_default()
    }

    /// Says what is missing for rules that need this.
    pub(crate) fn serves(&self, needed: &Settings) -> Result<(), String> {
        let Some(side) = &self.side else { return Ok(()) };
        // What documents are grouped by is for the command line to compare.
        let needed = Settings { group_by: side.settings.group_by.clone(), ..needed.clone() };
        let wanted = Wanted { settings: &needed, groups: false, sources: &[] };
        side.settings.serve(&wanted).map_err(|error| error.to_string())
    }

    /// Sentences of the windows that were counted; 0 if none were.
    pub(crate) fn window_sentences(&self) -> u8 {
        self.side.as_ref().map_or(0, |side| side.settings.window)
    }

    /// Documents counted.
    pub fn documents(&self) -> u64 {
        self.side.as_ref().map_or(0, |side| side.documents)
    }

    /// True if documents of this source were counted.
    pub fn has_source(&self, name: &str) -> bool {
        self.side.as_ref().is_some_and(|side| side.sources.has(name))
    }

    /// [`Description::checksum`] of the file it was read from.
    pub fn checksum(&self) -> Option<&str> {
        self.side.as_ref()?.checksum.as_deref()
    }

    /// Why it could not be read while it was asked, if so: what it answered since is worth nothing.
    pub fn fault(&self) -> Option<&str> {
        self.side.as_ref()?.fault.get().map(String::as_str)
    }

    /// Reads what is wanted of a survey's file. What does not fit into the memory is put into a
    /// file without a name in its folder.
    ///
    /// # Errors
    /// If the file is damaged, or counts something else than what is wanted.
    pub fn open(
        file: &SurveyFile,
        wanted: &Wanted<'_>,
        memory: &Memory,
    ) -> Result<Self, SurveyError> {
        let description = file.description();
        description.settings().serve(wanted)?;
        let (names, groups) = file.names()?;
        let mut side = Side::new(description.settings().clone(), description.documents(), &names);
        side.checksum = Some(description.checksum());
        side.shared_only = wanted.sources.iter().all(|name| side.sources.has(name));
        let tables = wanted.settings.tables();
        let expected = |table: Table| {
            let (prints, shared) = description.sums(table);
            if side.shared_only && !matches!(table, Table::Cluster | Table::Alike) {
                shared
            } else {
                prints
            }
        };
        let mut entries: u64 = tables.iter().map(|table| expected(*table)).sum();
        if wanted.groups {
            side.groups = groups.iter().map(|(key, group)| (*key, group.documents)).collect();
            entries += expected(Table::Block);
        }
        let entries = usize::try_from(entries).unwrap_or(usize::MAX);
        let kept = if entries.saturating_mul(ENTRY + INDEX) <= memory.bytes {
            Kept::Memory
        } else {
            let tags = entries.saturating_mul(INDEX) <= memory.bytes;
            // Half of the memory for the starts of buckets, eight bytes each.
            let starts = memory.bytes / 16 / (tables.len() + 1);
            Kept::Disk { folder: &memory.folder, tags, starts }
        };
        let mut filling = Tables::new(side.shared_only);
        for table in tables {
            let by_group = wanted.groups && table == Table::Block;
            filling.begin(table, expected(table), by_group, kept)?;
            file.rows(table, &mut |row| filling.take(&row))?;
        }
        filling.finish(&mut side)?;
        Ok(Self { side: Some(Arc::new(side)) })
    }

    /// All that was counted, in memory.
    fn of(mut counted: Counted) -> Result<Self, SurveyError> {
        let settings = counted.settings().clone();
        let names = counted.source_names().to_vec();
        let mut side = Side::new(settings, counted.documents(), &names);
        let by_key = |(key, group): &(u64, Group)| (*key, group.documents);
        side.groups = counted.groups().iter().map(by_key).collect();
        let tables = side.settings.tables();
        let mut filling = Tables::new(false);
        let mut last = None;
        while let Some(row) = counted.next_row()? {
            if !tables.contains(&row.table) {
                continue;
            }
            if last != Some(row.table) {
                filling.begin(row.table, 0, row.table == Table::Block, Kept::Memory)?;
                last = Some(row.table);
            }
            filling.take(&row)?;
        }
        filling.finish(&mut side)?;
        Ok(Self { side: Some(Arc::new(side)) })
    }

    /// The survey of a few documents, in memory.
    ///
    /// # Errors
    /// If near duplicates among them are too many for the memory.
    pub fn over(
        settings: Settings,
        pages: impl IntoIterator<Item = Prints>,
    ) -> Result<Self, SurveyError> {
        let mut counting = Counting::new(settings);
        for page in pages {
            counting.add(&page)?;
        }
        counting.survey()
    }

    /// What is known of a block's fingerprint, asked for a document at a place.
    pub fn block<'s>(&'s self, print: u64, at: &'s Location) -> Option<Known<'s>> {
        self.known(Table::Block, print, at)
    }

    /// What is known of the fingerprints of a page's blocks, all at once.
    pub(crate) fn blocks<'s>(&'s self, prints: &[u64], at: &'s Location) -> Vec<Option<Known<'s>>> {
        let Some(side) = &self.side else { return vec![None; prints.len()] };
        let found = match side.tables.get(Table::Block as usize) {
            Some(Some(lookup)) => lookup.find_all(prints),
            _ => Ok(vec![None; prints.len()]),
        };
        let alone = side.alone(at);
        let read = |entry: Option<Entry>| entry.map(|entry| side.read(entry)).or(alone);
        match found {
            Ok(found) => found.into_iter().map(read).collect(),
            Err(error) => {
                let _ = side.fault.set(error.to_string());
                vec![None; prints.len()]
            }
        }
    }

    /// What is known of a sentence's fingerprint; see [`sentence_print`].
    pub fn sentence<'s>(&'s self, print: u64, at: &'s Location) -> Option<Known<'s>> {
        self.known(Table::Sentence, print, at)
    }

    /// What is known of the fingerprint of sentences in a row.
    pub fn window<'s>(&'s self, print: u64, at: &'s Location) -> Option<Known<'s>> {
        self.known(Table::Window, print, at)
    }

    /// What is known of the fingerprint of a document's whole text.
    pub fn text<'s>(&'s self, print: u64, at: &'s Location) -> Option<Known<'s>> {
        self.known(Table::Text, print, at)
    }

    /// What a block and its near copies come to; `None` if it has none. Documents and copies are
    /// sums over them: a document that holds two of them counts twice.
    pub fn near_copies(&self, print: u64) -> Option<Known<'_>> {
        let side = self.side.as_ref()?;
        Some(side.read(side.find(Table::Alike, print)?))
    }

    /// What a document and its near duplicates come to, and the place of the one that stays; `None`
    /// if it has none.
    pub fn near_duplicates(&self, at: &Location) -> Option<Known<'_>> {
        let side = self.side.as_ref()?;
        Some(side.read(side.find(Table::Cluster, document_key(at))?))
    }

    /// Documents of a group; 0 of one that is unknown.
    pub fn group_documents(&self, name: &str) -> u32 {
        let side = self.side.as_ref();
        side.and_then(|side| side.groups.get(&group_key(name)).copied()).unwrap_or(0)
    }

    /// Documents of a group that hold a block, asked for a document of that group at a place.
    pub fn block_in_group(&self, print: u64, name: &str, at: &Location) -> u32 {
        let Some(side) = &self.side else { return 0 };
        let Some(by_group) = &side.by_group else { return 0 };
        match side.checked(by_group.find(print, Some(group_key(name)))) {
            Some(entry) => entry.documents,
            None => u32::from(side.counted_alone(at)),
        }
    }

    /// The document at a place.
    pub(crate) fn location(&self, place: Place) -> Option<Location> {
        let side = self.side.as_ref()?;
        let source = side.sources.name(place.source()).clone();
        Some(Location { source, ordinal: place.ordinal() })
    }

    fn known<'s>(&'s self, table: Table, print: u64, at: &'s Location) -> Option<Known<'s>> {
        let side = self.side.as_ref()?;
        let found = side.find(table, print).map(|entry| side.read(entry));
        found.or_else(|| side.alone(at))
    }
}

impl Side {
    fn new(settings: Settings, documents: u64, names: &[Arc<str>]) -> Self {
        let mut sources = Sources::default();
        for name in names {
            sources.number(name);
        }
        Self { settings, documents, sources, ..Self::default() }
    }

    fn find(&self, table: Table, print: u64) -> Option<Entry> {
        self.checked(self.tables.get(table as usize)?.as_ref()?.find(print, None))
    }

    /// What is known of what stands only in the document that is asked for, where that need not be
    /// held.
    fn alone<'s>(&self, at: &'s Location) -> Option<Known<'s>> {
        self.counted_alone(at).then(|| Known::alone(at))
    }

    /// True if a document was counted, and what it alone holds is not held.
    fn counted_alone(&self, at: &Location) -> bool {
        self.shared_only && self.sources.has(&at.source)
    }

    /// Notes a fault of the disk.
    fn checked(&self, found: io::Result<Option<Entry>>) -> Option<Entry> {
        found.unwrap_or_else(|error| {
            let _ = self.fault.set(error.to_string());
            None
        })
    }

    fn read(&self, entry: Entry) -> Known<'_> {
        let Entry { place, documents, copies, head, tail, member, .. } = entry;
        Known {
            documents,
            copies,
            groups: u32::try_from(member).unwrap_or(u32::MAX),
            head,
            tail,
            source: self.sources.name(place.source()),
            ordinal: place.ordinal(),
            place: Some(place),
        }
    }
}

/// Lookups that are being filled.
struct Tables {
    shared_only: bool,
    open: Option<(Table, Filling)>,
    by_group: Option<Filling>,
    done: [Option<Lookup>; Table::ALL.len()],
    /// The sum over the rows of the print that is being read.
    sum: Option<Entry>,
}

impl Tables {
    fn new(shared_only: bool) -> Self {
        Self { shared_only, open: None, by_group: None, done: Default::default(), sum: None }
    }

    /// Begins a table of about so many entries.
    fn begin(
        &mut self,
        table: Table,
        expected: u64,
        by_group: bool,
        kept: Kept<'_>,
    ) -> io::Result<()> {
        self.close()?;
        self.open = Some((table, Lookup::fill(expected, kept)?));
        if by_group {
            self.by_group = Some(Lookup::fill(expected, kept)?);
        }
        Ok(())
    }

    /// Takes in the next row of the table.
    fn take(&mut self, row: &Row) -> Result<(), SurveyError> {
        let Row { table, print, member, place, documents, copies, head, tail } = *row;
        let entry = Entry { print, member, place, documents, copies, head, tail };
        if table == Table::Block
            && member != 0
            && (documents > 1 || !self.shared_only)
            && let Some(by_group) = &mut self.by_group
        {
            by_group.push(entry)?;
        }
        let groups = u64::from(table == Table::Block && member != 0);
        let entry = if table.is_derived() { entry } else { Entry { member: groups, ..entry } };
        match &mut self.sum {
            Some(sum) if sum.print == print => {
                sum.member += groups;
                sum.documents = sum.documents.saturating_add(documents);
                sum.copies = sum.copies.saturating_add(copies);
                sum.head = sum.head.saturating_add(head);
                sum.tail = sum.tail.saturating_add(tail);
                sum.place = sum.place.min(place);
            }
            sum => {
                let full = sum.replace(entry);
                self.push(full)?;
            }
        }
        Ok(())
    }

    fn push(&mut self, entry: Option<Entry>) -> io::Result<()> {
        let (Some((table, filling)), Some(entry)) = (&mut self.open, entry) else { return Ok(()) };
        let is_shared = entry.documents > 1 || entry.copies > 1 || table.is_derived();
        if is_shared || !self.shared_only { filling.push(entry) } else { Ok(()) }
    }

    fn close(&mut self) -> io::Result<()> {
        let last = self.sum.take();
        self.push(last)?;
        if let Some((table, filling)) = self.open.take()
            && let Some(done) = self.done.get_mut(table as usize)
        {
            *done = Some(filling.finish()?);
        }
        Ok(())
    }

    fn finish(mut self, side: &mut Side) -> io::Result<()> {
        self.close()?;
        side.by_group = self.by_group.take().map(Filling::finish).transpose()?;
        side.tables = self.done;
        Ok(())
    }
}
