//! Sums over counted documents: shares of characters, of documents, and by category.

use std::collections::BTreeMap;

use serde::Serialize;

use super::labels::{DocLabel, LabelAction};
use super::score::Scored;

/// A document that lost more than this share of its good characters is badly hurt.
const BADLY_HURT: f64 = 0.05;

/// What can be said of a set of documents. Shares go from 0 to 1 and are `None` where there is
/// nothing to have a share of.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Documents counted.
    pub documents: u64,
    /// Characters of documents labelled `keep` or `clean`.
    pub characters: CharacterFigures,
    /// Documents dropped.
    pub drops: DropFigures,
}

/// Characters, white space aside, of documents labelled `keep` or `clean`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CharacterFigures {
    /// Of the characters that went and are not neutral, the share that had to go.
    pub precision: Option<f64>,
    /// Of the characters that had to go, the share that went.
    pub recall: Option<f64>,
    /// Harmonic mean of the two.
    pub f1: Option<f64>,
    /// Of the good characters, the share that went.
    pub content_lost: Option<f64>,
    /// The same by document, averaged over documents with good characters.
    pub content_lost_mean: Option<f64>,
    /// Characters that have to go.
    pub removable: u64,
    /// Of these, those that went.
    pub removable_removed: u64,
    /// Good characters.
    pub good: u64,
    /// Of these, those that went.
    pub good_removed: u64,
    /// Neutral characters.
    pub neutral: u64,
    /// Of these, those that went.
    pub neutral_removed: u64,
    /// Characters without a label, counted nowhere else.
    pub unlabelled: u64,
    /// Of these, those that went.
    pub unlabelled_removed: u64,
    /// Documents with good characters.
    pub documents_with_good: u64,
    /// Of these, those that lost more than 5 % of them.
    pub documents_badly_hurt: u64,
}

/// Documents dropped; to be dropped is what is looked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DropFigures {
    /// Of the dropped documents, the share that had to go.
    pub precision: Option<f64>,
    /// Of the documents that had to go, the share that was dropped.
    pub recall: Option<f64>,
    /// Harmonic mean of the two.
    pub f1: Option<f64>,
    /// Labelled `drop` and dropped.
    pub true_positives: u64,
    /// Labelled `keep` or `clean` and dropped.
    pub false_positives: u64,
    /// Labelled `drop` and not dropped.
    pub false_negatives: u64,
    /// Labelled `keep` or `clean` and not dropped.
    pub true_negatives: u64,
    /// Documents labelled `keep`.
    pub good: u64,
    /// Of these, those dropped.
    pub good_dropped: u64,
    /// Documents labelled `clean`.
    pub repairable: u64,
    /// Of these, those dropped.
    pub repairable_dropped: u64,
    /// Documents of sets of copies, which count nowhere here.
    pub copies: u64,
}

/// A category's characters in documents labelled `keep` or `clean`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CategoryFigures {
    /// What has to become of it: `remove`, `keep` or `flag`.
    pub action: &'static str,
    /// The category.
    pub category: String,
    /// Labelled parts.
    pub spans: u64,
    /// Their characters.
    pub characters: u64,
    /// Of these, those that went.
    pub removed: u64,
    /// The share that went.
    pub share: Option<f64>,
}

pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn f1(precision: Option<f64>, recall: Option<f64>) -> Option<f64> {
    let (precision, recall) = (precision?, recall?);
    (precision + recall > 0.0).then(|| 2.0 * precision * recall / (precision + recall))
}

/// What a document's good characters came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OwnSums {
    pub(super) removable: u64,
    pub(super) removable_removed: u64,
    pub(super) good: u64,
    pub(super) good_removed: u64,
    neutral: u64,
    neutral_removed: u64,
}

impl OwnSums {
    pub(super) fn of(document: &Scored) -> Self {
        let mut sums = Self::default();
        for part in &document.parts {
            let (whole, gone) = match part.label.action {
                LabelAction::Remove => (&mut sums.removable, &mut sums.removable_removed),
                LabelAction::Keep => (&mut sums.good, &mut sums.good_removed),
                LabelAction::Flag => (&mut sums.neutral, &mut sums.neutral_removed),
            };
            *whole += part.counted.characters;
            *gone += part.counted.removed();
        }
        sums
    }

    /// Share of the good characters that went.
    pub(super) fn lost(self) -> Option<f64> {
        share(self.good_removed, self.good)
    }
}

impl Figures {
    /// The figures of documents whose groups are settled.
    pub fn of<'a>(documents: impl IntoIterator<Item = &'a Scored>) -> Self {
        let mut figures = Self::default();
        let mut lost_sum = 0.0;
        for document in documents {
            figures.documents += 1;
            figures.drops.add(document);
            if document.label.doc_label == DocLabel::Drop {
                continue;
            }
            let own = OwnSums::of(document);
            let characters = &mut figures.characters;
            characters.removable += own.removable;
            characters.removable_removed += own.removable_removed;
            characters.good += own.good;
            characters.good_removed += own.good_removed;
            characters.neutral += own.neutral;
            characters.neutral_removed += own.neutral_removed;
            characters.unlabelled += document.unlabelled.characters;
            characters.unlabelled_removed += document.unlabelled.removed();
            if let Some(lost) = own.lost() {
                lost_sum += lost;
                characters.documents_with_good += 1;
                characters.documents_badly_hurt += u64::from(lost > BADLY_HURT);
            }
        }
        figures.characters.close(lost_sum);
        figures.drops.close();
        figures
    }
}

impl CharacterFigures {
    fn close(&mut self, lost_sum: f64) {
        let gone = self.removable_removed;
        self.precision = share(gone, gone + self.good_removed);
        self.recall = share(gone, self.removable);
        self.f1 = f1(self.precision, self.recall);
        self.content_lost = share(self.good_removed, self.good);
        let documents = self.documents_with_good;
        self.content_lost_mean = (documents > 0).then(|| lost_sum / documents as f64);
    }
}

impl DropFigures {
    fn add(&mut self, document: &Scored) {
        if document.label.is_copy {
            self.copies += 1;
            return;
        }
        let dropped = u64::from(document.dropped.is_some());
        let stayed = 1 - dropped;
        match document.label.doc_label {
            DocLabel::Drop => {
                self.true_positives += dropped;
                self.false_negatives += stayed;
                return;
            }
            DocLabel::Keep => {
                self.good += 1;
                self.good_dropped += dropped;
            }
            DocLabel::Clean => {
                self.repairable += 1;
                self.repairable_dropped += dropped;
            }
        }
        self.false_positives += dropped;
        self.true_negatives += stayed;
    }

    fn close(&mut self) {
        let right = self.true_positives;
        self.precision = share(right, right + self.false_positives);
        self.recall = share(right, right + self.false_negatives);
        self.f1 = f1(self.precision, self.recall);
    }
}

/// The categories of documents whose groups are settled: by action, the largest first.
pub fn categories<'a>(documents: impl IntoIterator<Item = &'a Scored>) -> Vec<CategoryFigures> {
    let mut sums: BTreeMap<(LabelAction, &str), (u64, u64, u64)> = BTreeMap::new();
    for document in documents {
        if document.label.doc_label == DocLabel::Drop {
            continue;
        }
        for part in &document.parts {
            let sum = sums.entry((part.label.action, &part.label.category)).or_default();
            sum.0 += 1;
            sum.1 += part.counted.characters;
            sum.2 += part.counted.removed();
        }
    }
    let mut sorted: Vec<_> = sums.into_iter().collect();
    sorted.sort_by_key(|((action, category), (_, characters, _))| {
        (*action, std::cmp::Reverse(*characters), *category)
    });
    sorted
        .into_iter()
        .map(|((action, category), (spans, characters, removed))| CategoryFigures {
            action: action.name(),
            category: category.to_owned(),
            spans,
            characters,
            removed,
            share: share(removed, characters),
        })
        .collect()
}

/// A figure that a gate can ask for: its name and how to read it.
type Key = (&'static str, fn(&Figures) -> Option<f64>);

/// The figures that a gate can ask for.
const KEYS: &[Key] = &[
    ("precision", |f| f.characters.precision),
    ("recall", |f| f.characters.recall),
    ("f1", |f| f.characters.f1),
    ("content-lost", |f| f.characters.content_lost),
    ("content-lost-mean", |f| f.characters.content_lost_mean),
    ("documents-badly-hurt", |f| Some(f.characters.documents_badly_hurt as f64)),
    ("drop-precision", |f| f.drops.precision),
    ("drop-recall", |f| f.drops.recall),
    ("drop-f1", |f| f.drops.f1),
    ("good-dropped", |f| Some(f.drops.good_dropped as f64)),
    ("repairable-dropped", |f| Some(f.drops.repairable_dropped as f64)),
];

/// A figure's name with a bound, as `recall=0.75`.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    key: usize,
    bound: f64,
}

/// Why a gate cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GateError {
    /// It has no `=`.
    #[error("write a figure and its bound, such as recall=0.75")]
    NoBound,
    /// No figure has this name.
    #[error("no figure is called {0}; there are {names}", names = names())]
    Key(String),
    /// The bound is no number.
    #[error("the bound {0} is no number from 0 on; shares are written as 0.75, not as 75")]
    Bound(String),
}

fn names() -> String {
    KEYS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

impl std::str::FromStr for Gate {
    type Err = GateError;

    fn from_str(text: &str) -> Result<Self, GateError> {
        let (name, bound) = text.split_once('=').ok_or(GateError::NoBound)?;
        let key = KEYS
            .iter()
            .position(|(key, _)| *key == name)
            .ok_or_else(|| GateError::Key(name.to_owned()))?;
        let bad = || GateError::Bound(bound.to_owned());
        let value: f64 = bound.parse().map_err(|_| bad())?;
        if value.is_finite() && value >= 0.0 { Ok(Self { key, bound: value }) } else { Err(bad()) }
    }
}

impl Gate {
    /// The figure's name.
    pub fn name(&self) -> &'static str {
        KEYS.get(self.key).map_or("", |(name, _)| name)
    }

    /// The bound.
    pub fn bound(&self) -> f64 {
        self.bound
    }

    /// The figure; `None` where it is undefined.
    pub fn value(&self, figures: &Figures) -> Option<f64> {
        KEYS.get(self.key).and_then(|(_, value)| value(figures))
    }

    /// True if the figure is at least the bound; an undefined one is not.
    pub fn is_reached(&self, figures: &Figures) -> bool {
        self.value(figures).is_some_and(|value| value >= self.bound)
    }

    /// True if the figure is at most the bound; an undefined one is not.
    pub fn is_respected(&self, figures: &Figures) -> bool {
        self.value(figures).is_some_and(|value| value <= self.bound)
    }
}
