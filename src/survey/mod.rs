//! Counts of fingerprints over a corpus: in how many documents each block and each long sentence
//! stands, and which document has it first. Read-only side data of measuring.
//!
//! A survey is made in a pass of its own: [`Prints`] are taken of each page on any thread,
//! [`Survey::add`] counts them, [`Survey::merge`] joins surveys of parts. The result does not
//! depend on the order of either: which document is the first is decided by the name of its
//! source and its number there. [`Survey::save`] and [`Survey::load`] keep it; `docs/survey.md`
//! describes the file.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::document::{Location, Page};
use crate::segment::{self, Unit};
use crate::text::print_of;

mod file;
#[cfg(test)]
mod tests;

pub use file::{FORMAT, SurveyError};

/// Sentences with fewer characters are not counted: short answers and set phrases stand in many
/// documents that have nothing else in common.
pub const SENTENCE_CHARACTERS: usize = 40;

/// Bits of a [`Place`] that hold the record's number in its source.
const ORDINAL_BITS: u32 = 36;
/// Sources and records beyond these numbers are counted as documents, but not told apart as places.
const LAST_ORDINAL: u64 = (1 << ORDINAL_BITS) - 1;
const LAST_SOURCE: u64 = (1 << (64 - ORDINAL_BITS)) - 1;

/// What a survey knows of a fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known<'s> {
    /// Documents that hold it.
    pub documents: u32,
    /// How often it stands in all of them.
    pub copies: u32,
    /// Source of the first document that holds it.
    pub source: &'s str,
    /// Number of that document in its source.
    pub ordinal: u64,
}

impl Known<'_> {
    /// True if the document at a place is the first that holds it.
    pub fn is_first(&self, location: &Location) -> bool {
        // Ordinals differ more often than names, and are cheaper to compare.
        self.ordinal == location.ordinal.min(LAST_ORDINAL) && *self.source == *location.source
    }
}

/// The fingerprints of one page, ready to be counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prints {
    location: Location,
    blocks: Vec<u64>,
    sentences: Vec<u64>,
}

impl Prints {
    /// The fingerprints of a page: of its blocks and, if they are asked for, of its sentences that
    /// are long enough (see [`sentence_print`]), both as rules will judge them.
    pub fn of(page: &Page, settings: Settings) -> Self {
        let mut prints = Self::none(page.info.location.clone());
        prints.blocks.reserve_exact(page.blocks.len());
        for block in &page.blocks {
            prints.blocks.extend(print_of(block.span.of(&page.text)));
            if !settings.sentences {
                continue;
            }
            let sentences = segment::sentences(&page.text, block);
            prints
                .sentences
                .extend(sentences.iter().filter_map(|span| sentence_print(span.of(&page.text))));
        }
        // In order, so that counting them is one walk.
        prints.blocks.sort_unstable();
        prints.sentences.sort_unstable();
        prints
    }

    /// No fingerprints.
    fn none(location: Location) -> Self {
        Self { location, blocks: Vec::new(), sentences: Vec::new() }
    }

    /// The same fingerprints as those of a document at another place.
    #[must_use]
    pub fn at(self, location: Location) -> Self {
        Self { location, ..self }
    }
}

/// The fingerprint under which a sentence is counted; `None` for one of fewer than
/// [`SENTENCE_CHARACTERS`] characters, or without letters and digits.
pub fn sentence_print(text: &str) -> Option<u64> {
    // A text has no more characters than bytes, and seldom needs to be counted to its end.
    text.char_indices().nth(SENTENCE_CHARACTERS - 1)?;
    print_of(text)
}

/// What is counted of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What pages are cut into; a survey serves rules of the same unit only.
    pub unit: Unit,
    /// True if sentences are counted too. It costs about as much as all else.
    pub sentences: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { unit: Unit::default(), sentences: true }
    }
}

/// What a run's files say of the survey that it used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyNote {
    /// Its file as it was named; `auto` for one made on the way.
    pub path: String,
    /// [`Survey::checksum`].
    pub checksum: String,
    /// Documents it counts.
    pub documents: u64,
    /// Sources of the run whose names are in it.
    pub known_sources: u64,
}

/// Counts over a corpus. [`Survey::none`] holds none. Cloning is cheap.
///
/// ```
/// use tamis::survey::Settings;
/// use tamis::{Record, Survey, pipeline};
///
/// let mut survey = Survey::new(Settings::default());
/// for id in ["one", "two"] {
///     let page = Record::text(id, "The mill stands idle.");
///     survey.add(&pipeline::prints(page, survey.settings())?);
/// }
/// let known = survey.block(tamis::text::fingerprint("The mill stands idle.")).unwrap();
/// assert_eq!((known.documents, known.copies), (2, 2));
/// # Ok::<(), tamis::decode::DecodeError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Survey {
    counts: Option<Arc<Counts>>,
}

/// What a survey that is present holds.
#[derive(Clone, Debug, Default)]
struct Counts {
    settings: Settings,
    documents: u64,
    sources: Sources,
    blocks: Table,
    sentences: Table,
    /// The checksum of the file it was read from.
    read_from: Option<u128>,
}

impl Survey {
    /// No counts: a rule that needs a survey is off or refused, as it says itself.
    pub fn none() -> Self {
        Self::default()
    }

    /// A survey of no documents.
    pub fn new(settings: Settings) -> Self {
        Self { counts: Some(Arc::new(Counts { settings, ..Counts::default() })) }
    }

    /// True if there are counts, if only of no documents.
    pub fn is_present(&self) -> bool {
        self.counts.is_some()
    }

    /// How pages were cut up for it.
    pub fn settings(&self) -> Settings {
        self.counts.as_ref().map(|counts| counts.settings).unwrap_or_default()
    }

    /// Documents counted.
    pub fn documents(&self) -> u64 {
        self.counts.as_ref().map_or(0, |counts| counts.documents)
    }

    /// Different fingerprints of blocks.
    pub fn blocks(&self) -> usize {
        self.counts.as_ref().map_or(0, |counts| counts.blocks.0.len())
    }

    /// Different fingerprints of sentences.
    pub fn sentences(&self) -> usize {
        self.counts.as_ref().map_or(0, |counts| counts.sentences.0.len())
    }

    /// Fingerprints of blocks that several documents hold.
    pub fn shared_blocks(&self) -> usize {
        self.counts.as_ref().map_or(0, |counts| counts.blocks.shared())
    }

    /// Fingerprints of sentences that several documents hold.
    pub fn shared_sentences(&self) -> usize {
        self.counts.as_ref().map_or(0, |counts| counts.sentences.shared())
    }

    /// True if documents of this source were counted.
    pub fn has_source(&self, name: &str) -> bool {
        self.counts.as_ref().is_some_and(|counts| counts.sources.numbers.contains_key(name))
    }

    /// What is known of a block's fingerprint.
    pub fn block(&self, print: u64) -> Option<Known<'_>> {
        let counts = self.counts.as_ref()?;
        counts.known(&counts.blocks, print)
    }

    /// What is known of a sentence's fingerprint; see [`sentence_print`].
    pub fn sentence(&self, print: u64) -> Option<Known<'_>> {
        let counts = self.counts.as_ref()?;
        counts.known(&counts.sentences, print)
    }

    /// Counts a document. Each is to be counted once: a second time it counts as another one.
    /// Nothing is counted where there is no survey ([`Survey::none`]).
    pub fn add(&mut self, page: &Prints) {
        let Some(counts) = self.counts.as_mut().map(Arc::make_mut) else { return };
        counts.read_from = None;
        counts.documents = counts.documents.saturating_add(1);
        let source = counts.sources.number(&page.location.source);
        let place = Place::new(source, page.location.ordinal);
        for (table, prints) in
            [(&mut counts.blocks, &page.blocks), (&mut counts.sentences, &page.sentences)]
        {
            for same in prints.chunk_by(|a, b| a == b) {
                let Some(print) = same.first() else { continue };
                let copies = u32::try_from(same.len()).unwrap_or(u32::MAX);
                table.count(*print, Entry { documents: 1, copies, first: place }, &counts.sources);
            }
        }
    }

    /// Takes in the counts of another survey, of other documents. Associative and commutative:
    /// parts of a corpus can be surveyed apart and joined in any order.
    ///
    /// # Errors
    /// If the pages were cut up in another way.
    pub fn merge(&mut self, other: &Survey) -> Result<(), SurveyError> {
        let Some(others) = &other.counts else { return Ok(()) };
        let Some(counts) = self.counts.as_mut().map(Arc::make_mut) else {
            *self = other.clone();
            return Ok(());
        };
        if counts.settings != others.settings {
            return Err(SurveyError::OtherUnit);
        }
        counts.read_from = None;
        counts.documents = counts.documents.saturating_add(others.documents);
        let numbers: Vec<u32> =
            others.sources.names.iter().map(|name| counts.sources.number(name)).collect();
        for (table, from) in
            [(&mut counts.blocks, &others.blocks), (&mut counts.sentences, &others.sentences)]
        {
            table.0.reserve(from.0.len().saturating_sub(table.0.len()));
            for (print, entry) in &from.0 {
                let source = numbers.get(entry.first.source()).copied().unwrap_or(u32::MAX);
                let first = Place::new(source, entry.first.ordinal());
                table.count(*print, Entry { first, ..*entry }, &counts.sources);
            }
        }
        Ok(())
    }
}

impl Counts {
    fn known(&self, table: &Table, print: u64) -> Option<Known<'_>> {
        let entry = table.0.get(&print)?;
        Some(Known {
            documents: entry.documents,
            copies: entry.copies,
            source: self.sources.name(entry.first.source()),
            ordinal: entry.first.ordinal(),
        })
    }
}

/// Names of sources, numbered as they come.
#[derive(Clone, Debug, Default)]
struct Sources {
    names: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

impl Sources {
    fn number(&mut self, name: &Arc<str>) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.clone());
        self.numbers.insert(name.clone(), number);
        number
    }

    fn name(&self, number: usize) -> &str {
        self.names.get(number).map_or("", |name| name)
    }

    /// Places by the name of their source, then by their number in it.
    fn order(&self, a: Place, b: Place) -> Ordering {
        if a.source() == b.source() {
            return a.ordinal().cmp(&b.ordinal());
        }
        self.name(a.source()).cmp(self.name(b.source())).then(a.ordinal().cmp(&b.ordinal()))
    }
}

/// A document's place in eight bytes: number of its source, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place(u64);

impl Place {
    fn new(source: u32, ordinal: u64) -> Self {
        Self(u64::from(source).min(LAST_SOURCE) << ORDINAL_BITS | ordinal.min(LAST_ORDINAL))
    }

    fn source(self) -> usize {
        (self.0 >> ORDINAL_BITS) as usize
    }

    fn ordinal(self) -> u64 {
        self.0 & LAST_ORDINAL
    }
}

/// What is kept of a fingerprint: 16 bytes beside its own 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    documents: u32,
    copies: u32,
    first: Place,
}

/// Fingerprints and what is known of each.
#[derive(Clone, Debug, Default)]
struct Table(HashMap<u64, Entry, BuildHasherDefault<Identity>>);

impl Table {
    fn shared(&self) -> usize {
        self.0.values().filter(|entry| entry.documents > 1).count()
    }

    fn count(&mut self, print: u64, new: Entry, sources: &Sources) {
        match self.0.entry(print) {
            Slot::Vacant(slot) => {
                slot.insert(new);
            }
            Slot::Occupied(mut slot) => {
                let known = slot.get_mut();
                known.documents = known.documents.saturating_add(new.documents);
                known.copies = known.copies.saturating_add(new.copies);
                if sources.order(new.first, known.first) == Ordering::Less {
                    known.first = new.first;
                }
            }
        }
    }
}

/// Keys that are hashes already.
#[derive(Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Keys are u64; this is for completeness.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}
