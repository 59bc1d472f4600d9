//! Labelled documents on a desk: what rules find and lose, and what they would under changes.

use std::sync::Arc;

use rayon::prelude::*;

use super::desk::{Desk, DeskError, Judged, OnDesk};
use crate::document::{Body, Record, Scope, Span};
use crate::eval::{DocLabel, Fate, Figures, Label, LabelAction, Labelled, Scored, score, settle};
use crate::rules::overlay::{BaseRules, Overlay};
use crate::signals::SignalId;
use crate::survey::Survey;
use crate::text::words::word_hash;

/// Which of two parts of the labelled documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of them.
    All,
    /// Those that something is learned from.
    Learned,
    /// Those held back to see what it is worth.
    HeldBack,
}

/// Labelled documents, judged and counted; counted again where a change matters.
#[derive(Debug)]
pub struct LabelDesk {
    desk: Desk,
    labels: Vec<Label>,
    /// Under the changes in force; groups are not settled, for that spans documents.
    scored: Vec<Scored>,
    /// For each document whether it is held back.
    held_back: Vec<bool>,
}

impl LabelDesk {
    /// Judges labelled documents. A share of them, 0 to 1, is held back, drawn by a hash of the
    /// id; documents that cannot be judged are left out ([`Desk::unjudged`]).
    ///
    /// # Errors
    /// As [`Desk::new`].
    pub fn new(
        base: BaseRules,
        labelled: Vec<Labelled>,
        survey: Survey,
        threads: usize,
        hold_back: f64,
    ) -> Result<Self, DeskError> {
        let (records, mut labels): (Vec<Record>, Vec<Label>) =
            labelled.into_iter().map(|one| (one.record, one.label)).unzip();
        let desk = Desk::new(base, records, survey, threads)?;
        let unjudged: Vec<usize> = desk.unjudged().iter().map(|one| one.place).collect();
        let mut place = 0..;
        labels.retain(|_| place.next().is_some_and(|place| !unjudged.contains(&place)));
        let is_held = |label: &Label| is_held_back(&label.id, hold_back);
        let held_back = labels.iter().map(is_held).collect();
        let mut own = Self { desk, labels, scored: Vec::new(), held_back };
        own.scored = own.score_all();
        Ok(own)
    }

    /// The documents.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Their labels, in the order of the documents.
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// Puts changes in force, in place of those before; see [`Desk::apply`].
    ///
    /// # Errors
    /// As [`Desk::apply`]; then all is as it was.
    pub fn apply(&mut self, overlay: Overlay) -> Result<usize, DeskError> {
        let before: Vec<_> = self.desk.documents().iter().map(|one| one.now.clone()).collect();
        let judged = self.desk.apply(overlay)?;
        let documents = self.desk.documents();
        for (n, (document, before)) in documents.iter().zip(&before).enumerate() {
            if Arc::ptr_eq(&document.now, before) {
                continue;
            }
            if let (Some(label), Some(scored)) = (self.labels.get(n), self.scored.get_mut(n)) {
                *scored = score_one(label, &document.record, &document.now);
            }
        }
        Ok(judged)
    }

    fn score_all(&self) -> Vec<Scored> {
        let documents = self.desk.documents().iter().zip(&self.labels);
        documents.map(|(one, label)| score_one(label, &one.record, &one.now)).collect()
    }

    /// What became of each document under the changes in force, groups of copies settled.
    pub fn scored(&self) -> Vec<Scored> {
        let mut scored = self.scored.clone();
        settle(&mut scored);
        scored
    }

    /// True if a document is of a part.
    pub fn is_in(&self, place: usize, part: Part) -> bool {
        match part {
            Part::All => true,
            Part::Learned => self.held_back.get(place) == Some(&false),
            Part::HeldBack => self.held_back.get(place) == Some(&true),
        }
    }

    /// The figures of a part under the changes in force.
    pub fn figures(&self, part: Part) -> Figures {
        self.figures_of(&self.scored(), part)
    }

    fn figures_of(&self, scored: &[Scored], part: Part) -> Figures {
        let of_part = scored.iter().enumerate().filter(|(n, _)| self.is_in(*n, part));
        Figures::of(of_part.map(|(_, scored)| scored))
    }

    /// What documents counted elsewhere come to in a part.
    pub(super) fn worth_of(&self, scored: &[Scored], part: Part) -> Worth {
        Worth::of(&self.figures_of(scored, part))
    }

    /// What would become of the documents if some of them, told by their places, were judged under
    /// other changes than those in force; groups of copies settled.
    ///
    /// # Errors
    /// As [`Desk::apply`].
    pub(super) fn trial(
        &self,
        overlay: &Overlay,
        wanted: &(dyn Fn(usize) -> bool + Sync),
    ) -> Result<Vec<Scored>, DeskError> {
        let judged = self.desk.trial(overlay, wanted)?;
        let documents: Vec<_> = self.desk.documents().iter().zip(&self.labels).collect();
        let of = |((document, label), (judged, scored)): ((&OnDesk, &Label), (_, &Scored))| {
            let judged: Option<Arc<Judged>> = judged;
            match judged.filter(|judged| !Arc::ptr_eq(judged, &document.now)) {
                Some(judged) => score_one(label, &document.record, &judged),
                None => scored.clone(),
            }
        };
        let pairs: Vec<_> =
            documents.into_iter().zip(judged.into_iter().zip(&self.scored)).collect();
        let mut scored: Vec<Scored> =
            self.desk.pool().install(|| pairs.into_par_iter().map(of).collect());
        settle(&mut scored);
        Ok(scored)
    }

    /// How many documents of a part come out otherwise than before.
    pub(super) fn changed(&self, before: &[Scored], part: Part) -> u64 {
        let now = self.scored();
        let differs = |(n, (a, b)): &(usize, (&Scored, &Scored))| self.is_in(*n, part) && a != b;
        before.iter().zip(&now).enumerate().filter(differs).count() as u64
    }

    /// The values of a signal seen on a scope of the documents of a part, rising.
    pub(super) fn values(&self, scope: Scope, signal: SignalId) -> Vec<f64> {
        let mut values: Vec<f64> = self.desk.values(scope, signal).collect();
        values.sort_unstable_by(f64::total_cmp);
        values
    }
}

/// True for a share of all ids.
fn is_held_back(id: &str, share: f64) -> bool {
    // Another hash than the one that draws documents for reports.
    let drawn = word_hash(&format!("held back {id}")) >> 11;
    (drawn as f64) < share * (1u64 << 53) as f64
}

fn score_one(label: &Label, record: &Record, judged: &Judged) -> Scored {
    let text = match &record.body {
        Body::Text(text) => text.as_str(),
        _ => "",
    };
    score(label.clone(), text, &Fate::of(&judged.outcome))
}

/// The labelled characters of a document, white space aside, summed up so that a span's are a
/// difference.
pub(super) struct Characters<'d> {
    solid: Vec<usize>,
    document: &'d Scored,
}

impl<'d> Characters<'d> {
    pub(super) fn of(text: &str, document: &'d Scored) -> Self {
        let solid =
            text.char_indices().filter(|(_, c)| !c.is_whitespace()).map(|(at, _)| at).collect();
        Self { solid, document }
    }

    fn count(&self, span: Span) -> u64 {
        let before = |at: usize| self.solid.partition_point(|place| *place < at);
        before(span.end).saturating_sub(before(span.start)) as u64
    }

    /// Of a span: characters that have to go, and good ones.
    pub(super) fn labelled(&self, span: Span) -> (u64, u64) {
        if self.document.label.doc_label == DocLabel::Drop {
            return (self.count(span), 0);
        }
        let parts = &self.document.parts;
        let first = parts.partition_point(|part| part.label.span.end <= span.start);
        let (mut junk, mut good) = (0, 0);
        for part in parts.iter().skip(first) {
            let own = part.label.span;
            if own.start >= span.end {
                break;
            }
            let both = Span::new(own.start.max(span.start), own.end.min(span.end));
            match part.label.action {
                LabelAction::Remove => junk += self.count(both),
                LabelAction::Keep => good += self.count(both),
                LabelAction::Flag => {}
            }
        }
        (junk, good)
    }
}

/// What a set of documents came to, in the terms that thresholds are chosen by.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Worth {
    /// Characters that have to go and went.
    pub junk_found: u64,
    /// Characters that have to go.
    pub junk: u64,
    /// Good characters that went.
    pub good_lost: u64,
    /// Good characters.
    pub good: u64,
    /// Documents labelled `drop` that were dropped.
    pub dropped_rightly: u64,
    /// Documents labelled `drop`.
    pub to_drop: u64,
    /// Other documents that were dropped.
    pub dropped_wrongly: u64,
}

impl Worth {
    /// Of figures.
    pub fn of(figures: &Figures) -> Self {
        let (characters, drops) = (&figures.characters, &figures.drops);
        Self {
            junk_found: characters.removable_removed,
            junk: characters.removable,
            good_lost: characters.good_removed,
            good: characters.good,
            dropped_rightly: drops.true_positives,
            to_drop: drops.true_positives + drops.false_negatives,
            dropped_wrongly: drops.false_positives,
        }
    }

    /// Of two sets of documents together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            junk_found: self.junk_found + other.junk_found,
            junk: self.junk + other.junk,
            good_lost: self.good_lost + other.good_lost,
            good: self.good + other.good,
            dropped_rightly: self.dropped_rightly + other.dropped_rightly,
            to_drop: self.to_drop + other.to_drop,
            dropped_wrongly: self.dropped_wrongly + other.dropped_wrongly,
        }
    }

    /// Of the characters that have to go, the share that went; 0 where there are none.
    pub fn recall(&self) -> f64 {
        share(self.junk_found, self.junk)
    }

    /// Of the characters that went, the share that had to; 1 where nothing went.
    pub fn precision(&self) -> f64 {
        if self.junk_found + self.good_lost == 0 {
            return 1.0;
        }
        share(self.junk_found, self.junk_found + self.good_lost)
    }

    /// Harmonic mean of precision and recall; 0 where nothing was found.
    pub fn f1(&self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        if recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
    }

    /// Good characters that went, in a million good ones.
    pub fn cost(&self) -> f64 {
        share(self.good_lost, self.good) * 1e6
    }
}

pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
