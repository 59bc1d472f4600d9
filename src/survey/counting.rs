//! Counting: prints of pages go in, sorted rows come out, in bounded memory.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::derive::Derive;
use super::file::{self, Description, SurveyFile};
use super::prints::Prints;
use super::row::{LAST_SOURCE, Place, Row, Sources, group_key};
use super::sorter::{Merged, Sorter};
use super::{Settings, Survey, SurveyError};

/// A group of documents: a host, or what another field names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) name: Arc<str>,
    pub(super) documents: u32,
}

/// Names may always take a quarter of this.
const LEAST_FOR_NAMES: usize = 1 << 20;
/// About the bytes that a source or group takes in memory beside its name.
const NAME_BYTES: usize = 80;

/// Counts what stands in documents.
///
/// Each document is to be counted once: a second time it counts as another one. The result depends
/// on what was counted alone, not on its order, nor on how it was divided among surveys that are
/// merged.
#[derive(Debug)]
pub struct Counting {
    settings: Settings,
    memory: Memory,
    sorter: Sorter,
    sources: Sources,
    groups: BTreeMap<u64, Group>,
    /// About what names of sources and groups take.
    name_bytes: usize,
    documents: u64,
}

impl Counting {
    /// Counting in memory, for few documents: see [`Memory::default`].
    pub fn new(settings: Settings) -> Self {
        Self::within(settings, Memory::default())
    }

    /// Counting in bounded memory.
    pub fn within(settings: Settings, memory: Memory) -> Self {
        // The other half is for names, and for clusters of near duplicates at the end.
        let sorter = Sorter::new(memory.bytes / 2, &memory.folder);
        Self {
            settings,
            memory,
            sorter,
            sources: Sources::default(),
            groups: BTreeMap::new(),
            name_bytes: 0,
            documents: 0,
        }
    }

    /// What is counted.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Documents counted so far.
    pub fn documents(&self) -> u64 {
        self.documents
    }

    /// Bytes of rows that did not fit into memory and were written to a temporary file.
    pub fn spilled(&self) -> u64 {
        self.sorter.spilled()
    }

    /// Counts a document.
    ///
    /// # Errors
    /// If the temporary file cannot be written, or names of sources and groups outgrow the memory.
    pub fn add(&mut self, page: &Prints) -> Result<(), SurveyError> {
        self.documents = self.documents.saturating_add(1);
        let place = Place::new(self.source(&page.location.source)?, page.location.ordinal);
        let group = match &page.group {
            Some(name) => self.group(name, 1)?,
            None => 0,
        };
        for row in page.rows(place, group) {
            self.sorter.push(row, &self.sources)?;
        }
        Ok(())
    }

    /// Takes in what a survey's file counts of other documents. Associative and commutative: parts
    /// of a corpus can be surveyed apart and joined in any order.
    ///
    /// # Errors
    /// If it cannot be read, counts other things, or no longer fits (see [`Counting::add`]).
    pub fn merge(&mut self, other: &SurveyFile) -> Result<(), SurveyError> {
        let description = other.description();
        self.settings.same_as(description.settings())?;
        let (sources, groups) = other.names()?;
        self.documents = self.documents.saturating_add(description.documents());
        let mut numbers = Vec::new();
        for name in &sources {
            numbers.push(self.source(name)?);
        }
        for (_, group) in &groups {
            self.group(&group.name, group.documents)?;
        }
        other.counts(&mut |mut row| {
            if row.table.has_places() {
                let number = numbers.get(row.place.source()).copied().unwrap_or(u32::MAX);
                row.place = Place::new(number, row.place.ordinal());
            }
            Ok(self.sorter.push(row, &self.sources)?)
        })
    }

    fn source(&mut self, name: &Arc<str>) -> Result<u32, SurveyError> {
        let known = self.sources.names().len();
        let number = self.sources.number(name);
        if self.sources.names().len() > known {
            self.hold(name)?;
        }
        if u64::from(number) > LAST_SOURCE {
            return Err(SurveyError::TooManySources);
        }
        Ok(number)
    }

    fn group(&mut self, name: &Arc<str>, documents: u32) -> Result<u64, SurveyError> {
        let key = group_key(name);
        if let Some(group) = self.groups.get_mut(&key) {
            group.documents = group.documents.saturating_add(documents);
            return Ok(key);
        }
        self.groups.insert(key, Group { name: name.clone(), documents });
        self.hold(name)?;
        Ok(key)
    }

    /// Counts a name that is held in memory.
    fn hold(&mut self, name: &str) -> Result<(), SurveyError> {
        self.name_bytes = self.name_bytes.saturating_add(name.len() + NAME_BYTES);
        if self.name_bytes > self.memory.bytes.max(LEAST_FOR_NAMES) / 4 {
            return Err(SurveyError::Memory("names of sources and groups"));
        }
        Ok(())
    }

    /// Sorts what was counted.
    fn finish(self) -> Result<Counted, SurveyError> {
        let ranks = self.sources.ranks();
        let mut names = self.sources.names().to_vec();
        names.sort_unstable();
        Ok(Counted {
            derive: Derive::new(&self.settings, self.memory.bytes / 4),
            rows: Some(self.sorter.finish(self.sources)?),
            derived: Vec::new().into_iter(),
            settings: self.settings,
            documents: self.documents,
            names,
            ranks,
            groups: self.groups.into_iter().collect(),
        })
    }

    /// Writes a survey's file. Its rows depend on what was counted alone.
    ///
    /// # Errors
    /// If reading or writing fails, or near duplicates are too many for the memory.
    pub fn save(self, to: impl Write + Send) -> Result<Description, SurveyError> {
        file::write(self.finish()?, to)
    }

    /// The survey, to be asked.
    ///
    /// # Errors
    /// As [`Counting::save`].
    pub fn survey(self) -> Result<Survey, SurveyError> {
        Survey::of(self.finish()?)
    }

    /// The survey by way of a nameless file in the memory's folder, for as many documents as there
    /// are.
    ///
    /// # Errors
    /// As [`Counting::save`].
    pub fn survey_on_disk(self, wanted: &super::Wanted<'_>) -> Result<Survey, SurveyError> {
        let memory = self.memory.clone();
        let file = tempfile::tempfile_in(&memory.folder)?;
        self.save(file.try_clone()?)?;
        Survey::open(&SurveyFile::of(file)?, wanted, &memory)
    }
}

/// All that was counted, row by row.
pub(super) struct Counted {
    settings: Settings,
    documents: u64,
    /// Names of sources in order.
    names: Vec<Arc<str>>,
    /// For each source's number its place among them.
    ranks: Vec<u32>,
    groups: Vec<(u64, Group)>,
    rows: Option<Merged>,
    derive: Derive,
    derived: std::vec::IntoIter<Row>,
}

impl Counted {
    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn documents(&self) -> u64 {
        self.documents
    }

    pub(super) fn source_names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// Groups in the order of their keys.
    pub(super) fn groups(&self) -> &[(u64, Group)] {
        &self.groups
    }

    /// The next row, in order; places are numbers of sources in the order of their names.
    pub(super) fn next_row(&mut self) -> Result<Option<Row>, SurveyError> {
        if let Some(rows) = &mut self.rows {
            if let Some(mut row) = rows.next()? {
                if row.table.has_places() {
                    let rank = self.ranks.get(row.place.source()).copied().unwrap_or(u32::MAX);
                    row.place = Place::new(rank, row.place.ordinal());
                }
                self.derive.see(&row)?;
                return Ok(Some(row));
            }
            self.rows = None;
            self.derived = std::mem::take(&mut self.derive).finish().into_iter();
        }
        Ok(self.derived.next())
    }
}

/// What a survey may take.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Bytes.
    pub bytes: usize,
    /// Where what does not fit is kept, in files without names.
    pub folder: PathBuf,
}

impl Default for Memory {
    /// 2 GiB; the rest in the system's folder for temporary files.
    fn default() -> Self {
        Self { bytes: 2 << 30, folder: std::env::temp_dir() }
    }
}

impl Memory {
    /// So many bytes, and the rest in this folder.
    pub fn new(bytes: usize, folder: &Path) -> Self {
        Self { bytes, folder: folder.to_owned() }
    }
}
