//! `timings.json`: the time that rules took, by rule. It is the one file of a run that differs from
//! run to run, so it is no part of the report.

use serde::{Deserialize, Serialize};

use crate::outcome::Outcome;
use crate::rules::{RuleId, RuleSet};
use crate::verdict::TIMED_ONE_IN;

/// Sums of the time that rules took on the documents on which it was taken.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Timings {
    documents: u64,
    bytes: u64,
    nanoseconds: Vec<u64>,
    evaluations: Vec<u64>,
}

/// The shape of `timings.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TimingsFile {
    /// Version of this shape.
    pub format: u32,
    /// Times were taken on one document in so many.
    pub one_document_in: u64,
    /// Documents on which times were taken.
    pub documents: u64,
    /// Bytes of their text.
    pub bytes: u64,
    /// Rules, the slowest first.
    pub rules: Vec<RuleTime>,
}

/// The time that one rule took.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RuleTime {
    /// Its name.
    pub rule: String,
    /// Nanoseconds spent in its condition.
    pub nanoseconds: u64,
    /// Targets on which it was asked.
    pub evaluations: u64,
    /// Its share of the time of all rules.
    pub share: f64,
}

impl Timings {
    /// Adds the times of an outcome; nothing if none were taken.
    pub fn add(&mut self, outcome: &Outcome) {
        if outcome.notes.times.is_empty() {
            return;
        }
        self.documents += 1;
        self.bytes += outcome.page.text.len() as u64;
        for (RuleId(rule), nanoseconds) in &outcome.notes.times {
            let rule = usize::from(*rule);
            if self.nanoseconds.len() <= rule {
                self.nanoseconds.resize(rule + 1, 0);
                self.evaluations.resize(rule + 1, 0);
            }
            self.nanoseconds[rule] += nanoseconds;
            self.evaluations[rule] += 1;
        }
    }

    /// Takes in the times of another.
    pub fn merge(&mut self, other: &Timings) {
        self.documents += other.documents;
        self.bytes += other.bytes;
        for (own, theirs) in [
            (&mut self.nanoseconds, &other.nanoseconds),
            (&mut self.evaluations, &other.evaluations),
        ] {
            own.resize(own.len().max(theirs.len()), 0);
            for (own, theirs) in own.iter_mut().zip(theirs) {
                *own += theirs;
            }
        }
    }

    /// What was taken, the slowest rule first.
    pub fn file(&self, rules: &RuleSet) -> TimingsFile {
        let all: u64 = self.nanoseconds.iter().sum();
        let mut entries: Vec<RuleTime> = rules
            .rules()
            .iter()
            .zip(self.nanoseconds.iter().zip(&self.evaluations))
            .map(|(rule, (&nanoseconds, &evaluations))| RuleTime {
                rule: rule.name.clone(),
                nanoseconds,
                evaluations,
                share: super::significant(nanoseconds as f64 / all.max(1) as f64),
            })
            .collect();
        entries.sort_by(|a, b| b.nanoseconds.cmp(&a.nanoseconds).then(a.rule.cmp(&b.rule)));
        TimingsFile {
            format: 1,
            one_document_in: TIMED_ONE_IN,
            documents: self.documents,
            bytes: self.bytes,
            rules: entries,
        }
    }
}
