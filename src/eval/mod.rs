//! Own labels held against own rules: which characters and documents went, and which had to.
//!
//! [`read_labels`] reads and checks labelled documents, [`score()`] counts what became of one of
//! them, an [`Evaluation`] sums over all. `docs/labels.md` has the format of labels and the
//! definition of every figure. Nothing here cleans: the caller does.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::rules::RuleSet;

mod figures;
mod groups;
mod hits;
mod labels;
mod score;
mod table;
#[cfg(test)]
mod tests;

pub use figures::{
    CategoryFigures, CharacterFigures, DropFigures, Figures, Gate, GateError, categories,
};
pub use groups::settle;
pub use hits::{DocumentHits, Fired, HitFigures, Touched, count_hits, fired, hit_figures};
pub use labels::{
    DocLabel, Label, LabelAction, LabelError, LabelErrors, LabelFault, LabelSpan, Labelled, Part,
    read_labels,
};
pub use score::{Counted, Cut, Decider, Fate, Lost, Scored, ScoredPart, score, score_unjudged};
pub use table::{TableOptions, table};

use figures::{OwnSums, share};

/// Version of the evaluation's JSON.
pub const FORMAT: u32 = 1;

/// By what documents can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trait {
    /// Kind of document.
    Kind,
    /// Language.
    Lang,
    /// How the label came about.
    Origin,
}

impl Trait {
    /// All of them.
    pub const ALL: [Trait; 3] = [Trait::Kind, Trait::Lang, Trait::Origin];

    /// The key in the evaluation's JSON.
    pub fn name(self) -> &'static str {
        match self {
            Trait::Kind => "kind",
            Trait::Lang => "lang",
            Trait::Origin => "origin",
        }
    }

    fn of(self, label: &Label) -> &str {
        let value = match self {
            Trait::Kind => &label.kind,
            Trait::Lang => &label.lang,
            Trait::Origin => &label.origin,
        };
        value.as_deref().unwrap_or("(none)")
    }
}

/// What one decider did to documents labelled `keep` or `clean`, and which documents it dropped.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DeciderFigures {
    /// The rule's full name, or a word in brackets: [`Decider::name`].
    pub rule: String,
    /// Pieces it cut out of documents that stay.
    pub pieces: u64,
    /// Characters it took that had to go. A dropped document's characters count here too.
    pub removable: u64,
    /// Good characters it took.
    pub good: u64,
    /// Neutral characters it took.
    pub neutral: u64,
    /// Characters without a label that it took.
    pub unlabelled: u64,
    /// Of the good and removable characters it took, the share that had to go.
    pub precision: Option<f64>,
    /// Documents labelled `drop` that it dropped.
    pub dropped_rightly: u64,
    /// Documents labelled `keep` or `clean` that it dropped, copies aside.
    pub dropped_wrongly: u64,
}

/// What became of one document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DocumentFigures {
    /// Its id.
    pub id: String,
    /// The label file.
    pub source: String,
    /// Line in the label file, from 1.
    pub line: u64,
    /// Its label.
    pub doc_label: &'static str,
    /// Who dropped it; `null` if it stays.
    pub dropped_by: Option<String>,
    /// Characters that have to go.
    pub removable: u64,
    /// Of these, those that went.
    pub removable_removed: u64,
    /// Good characters.
    pub good: u64,
    /// Of these, those that went.
    pub good_removed: u64,
    /// The share of the good characters that went.
    pub content_lost: Option<f64>,
    /// The first good text that went, on one line, shortened.
    pub first_lost: Option<String>,
    /// Whom that is laid to.
    pub first_lost_by: Option<String>,
}

/// All that is said of labels and rules. Its JSON has these keys, in this order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    /// Version of this format: [`FORMAT`].
    pub format: u32,
    /// Version of the program.
    pub version: &'static str,
    /// Hash of the rules in force.
    pub rules_hash: String,
    /// Label files with their numbers of documents, in the order in which they were read.
    pub sources: BTreeMap<String, u64>,
    /// Ids of documents that could not be judged; they count as left alone.
    pub unjudged: Vec<String>,
    /// The figures of all documents.
    pub total: Figures,
    /// By category: what has to go, what has to stay, what is neutral; the largest first.
    pub categories: Vec<CategoryFigures>,
    /// By rule; the most characters taken first.
    pub rules: Vec<DeciderFigures>,
    /// What each rule fired on, if that was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hits: Option<Vec<HitFigures>>,
    /// By kind, language and origin of labels, then by value.
    pub by: BTreeMap<&'static str, BTreeMap<String, Figures>>,
    /// Every document, in the order of the labels.
    pub documents: Vec<DocumentFigures>,
}

impl Evaluation {
    /// Sums over counted documents, in the order of the labels; their groups are settled first.
    /// No document gives figures of 0 and `None`.
    pub fn of(mut scored: Vec<Scored>, rules: &RuleSet) -> Self {
        settle(&mut scored);
        let mut sources = BTreeMap::new();
        for document in &scored {
            *sources.entry(document.label.location.source.to_string()).or_insert(0) += 1;
        }
        let unjudged = scored.iter().filter(|document| document.is_unjudged);
        Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION"),
            rules_hash: rules.hash(),
            sources,
            unjudged: unjudged.map(|document| document.label.id.clone()).collect(),
            total: Figures::of(&scored),
            categories: categories(&scored),
            rules: by_rule(&scored, rules),
            hits: hit_figures(&scored, rules),
            by: Trait::ALL.map(|by| (by.name(), by_value(&scored, by))).into_iter().collect(),
            documents: scored.iter().map(|document| own_figures(document, rules)).collect(),
        }
    }

    /// The documents that lost the greatest shares of their good text, the worst first; those
    /// that lost nothing are not among them.
    pub fn worst(&self) -> Vec<&DocumentFigures> {
        let mut worst: Vec<&DocumentFigures> = self
            .documents
            .iter()
            .filter(|document| document.content_lost.is_some_and(|lost| lost > 0.0))
            .collect();
        let lost = |document: &DocumentFigures| document.content_lost.unwrap_or_default();
        worst.sort_by(|a, b| lost(b).total_cmp(&lost(a)).then(b.good_removed.cmp(&a.good_removed)));
        worst
    }
}

fn by_value(scored: &[Scored], by: Trait) -> BTreeMap<String, Figures> {
    let mut sets: BTreeMap<&str, Vec<&Scored>> = BTreeMap::new();
    for document in scored {
        sets.entry(by.of(&document.label)).or_default().push(document);
    }
    sets.into_iter().map(|(value, documents)| (value.to_owned(), Figures::of(documents))).collect()
}

fn by_rule(scored: &[Scored], rules: &RuleSet) -> Vec<DeciderFigures> {
    let mut sums: BTreeMap<Decider, DeciderFigures> = BTreeMap::new();
    for document in scored {
        let is_junk = document.label.doc_label == DocLabel::Drop;
        if let (Some(by), false) = (document.dropped, document.label.is_copy) {
            let sum = sums.entry(by).or_default();
            sum.dropped_rightly += u64::from(is_junk);
            sum.dropped_wrongly += u64::from(!is_junk);
        }
        if is_junk {
            continue;
        }
        for (by, pieces) in &document.pieces {
            sums.entry(*by).or_default().pieces += pieces;
        }
        for (by, characters) in &document.unlabelled.by {
            sums.entry(*by).or_default().unlabelled += characters;
        }
        for part in &document.parts {
            for (by, characters) in &part.counted.by {
                let sum = sums.entry(*by).or_default();
                *match part.label.action {
                    LabelAction::Remove => &mut sum.removable,
                    LabelAction::Keep => &mut sum.good,
                    LabelAction::Flag => &mut sum.neutral,
                } += characters;
            }
        }
    }
    let mut sorted: Vec<DeciderFigures> = sums
        .into_iter()
        .map(|(by, sum)| DeciderFigures {
            rule: by.name(rules).to_owned(),
            precision: share(sum.removable, sum.removable + sum.good),
            ..sum
        })
        .collect();
    let taken = |sum: &DeciderFigures| sum.removable + sum.good + sum.neutral + sum.unlabelled;
    sorted.sort_by(|a, b| taken(b).cmp(&taken(a)).then_with(|| a.rule.cmp(&b.rule)));
    sorted
}

fn own_figures(document: &Scored, rules: &RuleSet) -> DocumentFigures {
    let label = &document.label;
    let own = OwnSums::of(document);
    let is_scored = label.doc_label != DocLabel::Drop;
    let lost = document
        .parts
        .iter()
        .filter(|part| is_scored && part.label.action == LabelAction::Keep)
        .find_map(|part| part.lost.as_ref());
    DocumentFigures {
        id: label.id.clone(),
        source: label.location.source.to_string(),
        line: label.location.ordinal + 1,
        doc_label: label.doc_label.name(),
        dropped_by: document.dropped.map(|by| by.name(rules).to_owned()),
        removable: own.removable,
        removable_removed: own.removable_removed,
        good: own.good,
        good_removed: own.good_removed,
        content_lost: own.lost().filter(|_| is_scored),
        first_lost: lost.map(|lost| lost.text.clone()),
        first_lost_by: lost.map(|lost| lost.by.name(rules).to_owned()),
    }
}
