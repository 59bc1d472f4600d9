//! What a survey counts.

use serde::{Deserialize, Serialize};

use super::minhash::MinHash;
use super::row::Table;
use super::{SurveyError, Wanted};
use crate::segment::Unit;

/// Which of several documents that are near duplicates stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// The first: by name of source, then by number of record.
    #[default]
    First,
    /// The one of most characters; of several the first.
    Longest,
}

impl Keep {
    /// Its name in rules files.
    pub fn name(self) -> &'static str {
        match self {
            Keep::First => "first",
            Keep::Longest => "longest",
        }
    }
}

/// Something that a survey counts, for signals to say what they ask of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Blocks over the whole corpus.
    Blocks,
    /// Blocks and documents of each group.
    Groups,
    /// Sentences.
    Sentences,
    /// Sentences in a row.
    Windows,
    /// Whole texts of documents.
    Texts,
    /// Near copies of blocks.
    NearBlocks,
    /// Near duplicates of documents.
    NearDocuments,
}

impl Part {
    /// What is needed, in words.
    pub fn described(self) -> &'static str {
        match self {
            Part::Blocks => "a survey",
            Part::Groups => "a survey, and the document's group (the domain of its address)",
            Part::Sentences => "a survey of sentences",
            Part::Windows => "a survey of sentences in a row",
            Part::Texts => "a survey of whole texts",
            Part::NearBlocks => "a survey of near copies",
            Part::NearDocuments => "a survey of near duplicates",
        }
    }
}

/// What a survey counts; a survey serves rules that need no more than it has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// What pages are cut into.
    pub unit: Unit,
    /// Sentences.
    pub sentences: bool,
    /// So many sentences in a row; none if 0.
    pub window: u8,
    /// Whole texts of documents.
    pub texts: bool,
    /// Near copies of blocks.
    pub near_blocks: bool,
    /// Near duplicates of documents.
    pub near_documents: Option<MinHash>,
    /// Which of those stays.
    pub keep: Keep,
    /// By what documents are grouped: `host`, for the registered domain of their address, or the
    /// field of their records.
    pub group_by: String,
}

/// Sentences of a window, as in C4 (Raffel et al. 2020, 2.2).
const WINDOW: u8 = 3;

/// How near duplicates of documents are found, of [`super::minhash::PRESETS`].
const NEAR_DOCUMENTS: &str = "fineweb";

/// How what is asked for is counted.
#[derive(Clone, Debug, PartialEq)]
pub struct Ways {
    /// How near duplicates of documents are found, if not as in FineWeb.
    pub near_documents: Option<MinHash>,
    /// Which of them stays.
    pub keep: Keep,
    /// Sentences of a window.
    pub window: u8,
}

impl Default for Ways {
    fn default() -> Self {
        Self { near_documents: None, keep: Keep::First, window: WINDOW }
    }
}

/// The grouping by registered domains.
pub const HOST: &str = "host";

impl Default for Settings {
    /// Blocks and sentences, by host.
    fn default() -> Self {
        Self {
            unit: Unit::Block,
            sentences: true,
            window: 0,
            texts: false,
            near_blocks: false,
            near_documents: None,
            keep: Keep::First,
            group_by: HOST.to_owned(),
        }
    }
}

impl Settings {
    /// Blocks alone, and what else is asked for.
    pub fn of_parts(parts: impl IntoIterator<Item = Part>, ways: Ways) -> Self {
        let mut settings = Self { sentences: false, ..Self::default() };
        for part in parts {
            match part {
                Part::Blocks | Part::Groups => {}
                Part::Sentences => settings.sentences = true,
                Part::Windows => settings.window = ways.window,
                Part::Texts => settings.texts = true,
                Part::NearBlocks => settings.near_blocks = true,
                Part::NearDocuments => {
                    // The list of presets has it.
                    let usual = || MinHash::named(NEAR_DOCUMENTS);
                    settings.near_documents = ways.near_documents.clone().or_else(usual);
                    settings.keep = ways.keep;
                }
            }
        }
        settings
    }

    /// The same with documents grouped by a field of their records, if one is named.
    #[must_use]
    pub fn grouped_by(self, field: Option<&str>) -> Self {
        match field {
            Some(field) => Self { group_by: field.to_owned(), ..self },
            None => self,
        }
    }

    /// The tables that are asked for.
    pub(super) fn tables(&self) -> Vec<Table> {
        let wanted = |table: Table| match table {
            Table::Text => self.texts,
            Table::Block => true,
            Table::Sentence => self.sentences,
            Table::Window => self.window > 0,
            Table::Cluster => self.near_documents.is_some(),
            Table::Alike => self.near_blocks,
            Table::Band | Table::Near | Table::Document => false,
        };
        Table::ALL.into_iter().filter(|table| wanted(*table)).collect()
    }

    /// Refuses surveys whose counts cannot be added up.
    pub(super) fn same_as(&self, other: &Settings) -> Result<(), SurveyError> {
        let (one, two) = (self.describe(), other.describe());
        let differs = one.iter().zip(&two).find(|(one, two)| one != two);
        match differs {
            Some((one, two)) => {
                let text = format!("one survey counts {one}, the other {two}");
                Err(SurveyError::Unfit(text))
            }
            None => Ok(()),
        }
    }

    /// Refuses what these settings did not count.
    pub(super) fn serve(&self, wanted: &Wanted<'_>) -> Result<(), SurveyError> {
        let needed = wanted.settings;
        let missing = [
            (needed.unit != self.unit, 0),
            (needed.sentences && !self.sentences, 1),
            (needed.window > 0 && needed.window != self.window, 2),
            (needed.texts && !self.texts, 3),
            (needed.near_blocks && !self.near_blocks, 4),
            (needed.near_documents.is_some() && needed.near_documents != self.near_documents, 5),
            (needed.near_documents.is_some() && needed.keep != self.keep, 6),
            (wanted.groups && needed.group_by != self.group_by, 7),
        ];
        let Some((_, number)) = missing.into_iter().find(|(differs, _)| *differs) else {
            return Ok(());
        };
        let (counts, needs) = (self.describe(), needed.describe());
        let (Some(counts), Some(needs)) = (counts.get(number), needs.get(number)) else {
            return Ok(());
        };
        Err(SurveyError::Unfit(format!(
            "it counts {counts}, and the rules need {needs}: make it again with `tamis survey` and \
             the same --rules (and --group-by)"
        )))
    }

    /// Each setting in words.
    fn describe(&self) -> [String; 8] {
        let some = |has: bool, what: &str| format!("{}{what}", if has { "" } else { "no " });
        [
            format!("units of `{}`", self.unit.name()),
            some(self.sentences, "sentences"),
            match self.window {
                0 => "no sentences in a row".to_owned(),
                size => format!("{size} sentences in a row"),
            },
            some(self.texts, "whole texts"),
            some(self.near_blocks, "near copies of blocks"),
            match &self.near_documents {
                None => "no near duplicates of documents".to_owned(),
                Some(minhash) => format!("near duplicates of documents by {minhash}"),
            },
            format!("the {} of near duplicates as the one that stays", self.keep.name()),
            format!("documents by `{}`", self.group_by),
        ]
    }
}
