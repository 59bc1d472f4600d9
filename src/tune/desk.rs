//! Documents in memory, judged again as rules change: what a person who tunes rules works on.
//!
//! Every outcome is that of the one line in `pipeline.rs`. Documents to which a change cannot
//! matter, as their [`Trace`] tells, are not judged again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::ThreadPool;
use rayon::prelude::*;

use super::trace::{Trace, Tracer};
use crate::document::{Record, Scope};
use crate::outcome::Outcome;
use crate::pipeline::{Cleaner, CleanerError, ThreadPoolBuildError};
use crate::rules::overlay::{BaseRules, Overlay};
use crate::rules::recall::{Recall, Telling};
use crate::rules::{RuleErrors, RuleSet};
use crate::signals::SignalId;
use crate::survey::Survey;

/// An outcome with the rules it was judged by, which its rules' numbers belong to.
#[derive(Debug)]
pub struct Judged {
    /// What became of the document.
    pub outcome: Outcome,
    /// The rules.
    pub rules: RuleSet,
}

/// A document on the desk.
#[derive(Clone, Debug)]
pub struct OnDesk {
    /// The document as it came.
    pub record: Record,
    /// What became of it under the rules without changes.
    pub base: Arc<Judged>,
    /// What becomes of it under the changes in force; the same as `base` where they do not matter.
    pub now: Arc<Judged>,
    /// What judging it under the rules without changes looked at.
    trace: Arc<Trace>,
}

impl OnDesk {
    /// True if another text comes out than without changes, or it is dropped in one case alone.
    pub fn is_changed(&self) -> bool {
        if Arc::ptr_eq(&self.base, &self.now) {
            return false;
        }
        let (base, now) = (&self.base.outcome, &self.now.outcome);
        let spans = |outcome: &Outcome| -> Vec<_> {
            outcome.removals().iter().map(|removal| removal.span).collect()
        };
        base.text() != now.text() || spans(base) != spans(now)
    }
}

/// Why documents cannot be judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeskError {
    /// Mistakes in the rules or in the changes.
    #[error(transparent)]
    Rules(#[from] RuleErrors),
    /// The rules need a survey, or another one.
    #[error(transparent)]
    Cleaner(#[from] CleanerError),
    /// Threads could not be started.
    #[error("cannot start threads: {0}")]
    Threads(#[from] ThreadPoolBuildError),
}

/// A document that could not be judged, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unjudged {
    /// Its place among the records given.
    pub place: usize,
    /// Its id.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// Documents, and rules with changes to them.
#[derive(Debug)]
pub struct Desk {
    base: BaseRules,
    overlay: Overlay,
    cleaner: Cleaner,
    documents: Vec<OnDesk>,
    unjudged: Vec<Unjudged>,
    pool: ThreadPool,
}

impl Desk {
    /// Judges records by loaded rules on so many threads; 0 is as many as there are cores. Records
    /// that cannot be judged are set aside: [`Desk::unjudged`].
    ///
    /// # Errors
    /// If the rules need a survey that is not given, or threads cannot be started.
    pub fn new(
        base: BaseRules,
        records: Vec<Record>,
        survey: Survey,
        threads: usize,
    ) -> Result<Self, DeskError> {
        let cleaner = Cleaner::new(base.rules().clone(), survey)?.brief();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        let judged: Vec<(Record, JudgedAndTraced)> = pool.install(|| {
            let judge = |record: Record| {
                let judged = judge(record.clone(), &cleaner);
                (record, judged)
            };
            records.into_par_iter().map(judge).collect()
        });
        let (mut documents, mut unjudged) = (Vec::with_capacity(judged.len()), Vec::new());
        for (place, (record, judged)) in judged.into_iter().enumerate() {
            match judged {
                Ok((judged, trace)) => {
                    let (base, trace) = (Arc::new(judged), Arc::new(trace));
                    documents.push(OnDesk { record, now: Arc::clone(&base), base, trace });
                }
                Err(reason) => unjudged.push(Unjudged { place, id: record.id, reason }),
            }
        }
        Ok(Self { base, overlay: Overlay::default(), cleaner, documents, unjudged, pool })
    }

    /// The documents, in the order given.
    pub fn documents(&self) -> &[OnDesk] {
        &self.documents
    }

    /// Records that could not be judged.
    pub fn unjudged(&self) -> &[Unjudged] {
        &self.unjudged
    }

    /// The rules without changes.
    pub fn base(&self) -> &BaseRules {
        &self.base
    }

    /// The rules in force, changes included.
    pub fn rules(&self) -> &RuleSet {
        self.cleaner.rules()
    }

    /// What judges, by the rules in force.
    pub fn cleaner(&self) -> &Cleaner {
        &self.cleaner
    }

    /// The changes in force.
    pub fn overlay(&self) -> &Overlay {
        &self.overlay
    }

    /// Threads to work on.
    pub fn pool(&self) -> &ThreadPool {
        &self.pool
    }

    /// Puts changes in force, in place of those before; the number of documents that had to be
    /// judged for it. After an error all is as it was.
    ///
    /// # Errors
    /// All mistakes in the changes; or that they bring a rule into force that needs a survey.
    pub fn apply(&mut self, overlay: Overlay) -> Result<usize, DeskError> {
        if overlay == self.overlay {
            return Ok(0);
        }
        let (cleaner, done) = self.under(&overlay, &|_| true)?;
        let mut judged = 0;
        for (document, under) in self.documents.iter_mut().zip(done) {
            let (now, is_new) = under.unwrap_or_else(|| (Arc::clone(&document.now), false));
            document.now = now;
            judged += usize::from(is_new);
        }
        self.cleaner = cleaner;
        self.overlay = overlay;
        Ok(judged)
    }

    /// What would become of some documents, told by their places, under other changes than those in
    /// force; `None` of the others.
    ///
    /// # Errors
    /// As [`Desk::apply`].
    pub(super) fn trial(
        &self,
        overlay: &Overlay,
        wanted: &(dyn Fn(usize) -> bool + Sync),
    ) -> Result<Vec<Option<Arc<Judged>>>, DeskError> {
        let (_, done) = self.under(overlay, wanted)?;
        Ok(done.into_iter().map(|under| under.map(|(judged, _)| judged)).collect())
    }

    fn under(
        &self,
        overlay: &Overlay,
        wanted: &(dyn Fn(usize) -> bool + Sync),
    ) -> Result<(Cleaner, Vec<Option<JudgedAnew>>), DeskError> {
        let rules = self.base.with(overlay)?;
        let cleaner = Cleaner::new(rules, self.cleaner.survey().clone())?.brief();
        let (before, after) = (self.base.rules(), cleaner.rules());
        let names = changed(overlay);
        let telling = Telling::new(before, after, &names);
        let judge_anew = |(place, document): (usize, &OnDesk)| {
            if !wanted(place) {
                return None;
            }
            let trace = &document.trace;
            if !names.iter().any(|name| trace.may_change(name, &document.base.rules, after)) {
                return Some((Arc::clone(&document.base), false));
            }
            let page = &document.base.outcome.page;
            let recall = Recall { memory: trace.memory(), page, telling: &telling };
            Some(match again(document.record.clone(), &cleaner, recall) {
                Some(judged) => (Arc::new(judged), true),
                // It could be judged before: a fault of the program on one page must not end it.
                None => (Arc::clone(&document.now), true),
            })
        };
        let all = self.documents.par_iter().enumerate();
        let done = self.pool.install(|| all.map(judge_anew).collect());
        Ok((cleaner, done))
    }

    /// The values of a signal on all targets of a scope under the rules without changes, as far as
    /// rules asked for them: each once for each document, in no order.
    pub fn values(&self, scope: Scope, signal: SignalId) -> impl Iterator<Item = f64> + '_ {
        let of = move |document: &'_ OnDesk| document.trace.values(scope, signal).to_vec();
        self.documents.iter().flat_map(of)
    }
}

/// What came of judging a record with all taken down that was looked at, or why it cannot be.
type JudgedAndTraced = Result<(Judged, Trace), String>;

/// A document under other rules, and whether it had to be judged for it.
type JudgedAnew = (Arc<Judged>, bool);

/// The rules that an overlay changes.
fn changed(overlay: &Overlay) -> Vec<&str> {
    let rules = overlay.rules.iter().filter(|(_, change)| !change.is_empty());
    rules.map(|(name, _)| name.as_str()).collect()
}

/// Judges a record, and takes down what was looked at.
fn judge(record: Record, cleaner: &Cleaner) -> Result<(Judged, Trace), String> {
    let tracer = Tracer::default();
    let judged = catch_unwind(AssertUnwindSafe(|| cleaner.clean_watched(record, &tracer)));
    match judged {
        Ok(Ok(outcome)) => Ok((Judged { outcome, rules: cleaner.rules().clone() }, tracer.done())),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("a fault of the program".to_owned()),
    }
}

/// Judges a record that was judged before, by other rules.
fn again(record: Record, cleaner: &Cleaner, recall: Recall<'_>) -> Option<Judged> {
    let judged = catch_unwind(AssertUnwindSafe(|| cleaner.clean_again(record, recall)));
    let outcome = judged.ok()?.ok()?;
    Some(Judged { outcome, rules: cleaner.rules().clone() })
}
