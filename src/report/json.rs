//! `report.json`: a tally as data. `docs/report.md` documents each field.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::limits::Trip;
use super::{Amount, CategoryAmount, Groups, Overlap, RuleTally, Sample, SourceAmount, Tally};
use crate::document::Scope;
use crate::rules::{Category, RuleId, RuleSet, Status};
use crate::signals::SignalId;
use crate::survey::SurveyNote;

/// Version of the shape of `report.json`; raised when a field changes its meaning or goes.
pub const FORMAT: u32 = 1;

/// How many rules are held against one another.
pub(super) const OVERLAPPING: usize = 16;

/// A rule that hits this share of the documents or more is named as firing on nearly everything.
const NEARLY_ALL: f64 = 0.9;

/// The report of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Version of this shape.
    pub format: u32,
    /// Version of the program.
    pub version: Cow<'static, str>,
    /// Hash of the rules in force.
    pub rules_hash: String,
    /// The run was stopped, by a limit: this is what was done until then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unfinished: bool,
    /// Sums.
    pub totals: Totals,
    /// What went under each category.
    pub categories: BTreeMap<Cow<'static, str>, CategoryAmount>,
    /// Removals by who decided.
    pub decided_by: BTreeMap<Cow<'static, str>, u64>,
    /// Limits that were passed, the gravest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<Trip>,
    /// Rules, the busiest first.
    pub rules: Vec<RuleEntry>,
    /// How often any two of the sixteen busiest rules hit the same target.
    #[serde(default)]
    pub overlaps: Vec<OverlapEntry>,
    /// The survey that was used, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<SurveyNote>,
    /// Rules that were off because there was no survey.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub off_without_survey: Vec<String>,
    /// Rules in force that never fired.
    pub never_fired: Vec<String>,
    /// Rules that fired in nearly all documents.
    pub nearly_always_fired: Vec<String>,
    /// Quantiles of each signal that a rule asked for, by scope.
    pub signals: BTreeMap<String, BTreeMap<Cow<'static, str>, Quantiles>>,
    /// Records that could not be read, by reason.
    pub unreadable: BTreeMap<Cow<'static, str>, UnreadableEntry>,
    /// Documents by character set.
    pub charsets: BTreeMap<String, u64>,
    /// Documents by language.
    pub languages: BTreeMap<String, u64>,
    /// What became of documents by the registered domain of their address.
    #[serde(default)]
    pub by_host: Groups,
    /// What became of documents by language.
    #[serde(default)]
    pub by_language: Groups,
    /// Sources, by name.
    pub sources: BTreeMap<String, SourceAmount>,
}

/// Sums over a run.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Totals {
    /// Sources read.
    pub sources: u64,
    /// Sources that could not be read to their end.
    pub sources_failed: u64,
    /// Records that could be read.
    pub read: Amount,
    /// Documents that stay, and what is left of them.
    pub kept: Amount,
    /// Documents that stay as they were.
    pub untouched: u64,
    /// Documents that stay with something cut out, and what was cut.
    pub removed: Amount,
    /// Documents dropped.
    pub dropped: Amount,
    /// Documents flagged.
    pub flagged: u64,
    /// Documents dropped because too much of them would have gone.
    pub guard_dropped: u64,
    /// Documents left as they were because too much of them would have gone.
    pub guard_left: u64,
    /// Records that could not be read.
    pub unreadable: u64,
    /// Blank lines passed through.
    pub blank_lines: u64,
    /// Items that are no documents: headers, records about records, images, redirects.
    pub passed_over: u64,
}

/// What one rule did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RuleEntry {
    /// Full name.
    pub rule: String,
    /// What it finds.
    pub about: String,
    /// Its category.
    pub category: Category,
    /// Why that is unwanted, where the rule says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Its scope.
    pub scope: Cow<'static, str>,
    /// Its weight or action.
    pub effect: String,
    /// It is in preview: counted, and decides nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub preview: bool,
    /// The numbers of its condition.
    #[serde(default, skip_serializing_if = "Vec::is_empty", serialize_with = "each_on_a_line")]
    pub thresholds: Vec<ThresholdEntry>,
    /// Documents with a hit.
    pub documents: u64,
    /// Hits.
    pub hits: u64,
    /// Hits on targets that were removed, cut or dropped by rules.
    pub acted: u64,
    /// Of these, hits that no other rule shared: without this rule the target had stayed.
    pub decided_alone: u64,
    /// Bytes removed where this rule led.
    pub bytes: u64,
    /// Characters of them.
    pub characters: u64,
    /// Documents dropped where this rule led.
    pub dropped: u64,
    /// Bytes of their text.
    pub dropped_bytes: u64,
    /// Targets on which its condition was undefined.
    pub undefined: u64,
    /// Targets on which it was skipped for their language.
    pub skipped: u64,
    /// Other rules that hit the same targets, most often first, with the number of targets.
    pub overlap: Vec<(String, u64)>,
    /// Samples of what it hit.
    pub samples: Vec<Sample>,
    /// Samples on which it fired by a hair's breadth, the nearest first.
    pub near_hits: Vec<Sample>,
    /// Samples on which it just did not fire, the nearest first.
    pub near_misses: Vec<Sample>,
}

/// A number of a rule's condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThresholdEntry {
    /// Its address in the rule: `dense.above`.
    pub address: String,
    /// What it bounds: `above`, `at-least`, `below`, `at-most`, `outside.low`, `outside.high`,
    /// `ramp.from`, `ramp.to`.
    pub bound: Cow<'static, str>,
    /// The signal held against it; `None` for a number of matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<String>,
    /// The number.
    pub value: f64,
}

/// Two rules that hit the same targets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverlapEntry {
    /// The rules, by name.
    pub rules: [String; 2],
    /// Targets that both hit.
    pub targets: u64,
}

/// How a signal's values are spread.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Quantiles {
    /// Number of values; at most the first thousand targets of a document.
    pub count: u64,
    /// Smallest.
    pub min: Option<f64>,
    /// 5 % lie below.
    pub p05: Option<f64>,
    /// 25 % lie below.
    pub p25: Option<f64>,
    /// Half lie below.
    pub p50: Option<f64>,
    /// 75 % lie below.
    pub p75: Option<f64>,
    /// 95 % lie below.
    pub p95: Option<f64>,
    /// 99 % lie below.
    pub p99: Option<f64>,
    /// Greatest.
    pub max: Option<f64>,
    /// The bins of the histogram that hold any: the value in a bin's middle, and how many. A bin is
    /// 4.4 % wide; that of 0 holds 0 alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty", serialize_with = "on_one_line")]
    pub bins: Vec<(f64, u64)>,
}

/// Many small numbers are not worth a line each.
pub(super) fn on_one_line<T: Serialize, S: Serializer>(
    value: &T,
    to: S,
) -> Result<S::Ok, S::Error> {
    let raw = serde_json::value::to_raw_value(value).map_err(serde::ser::Error::custom)?;
    raw.serialize(to)
}

fn each_on_a_line<T: Serialize, S: Serializer>(values: &[T], to: S) -> Result<S::Ok, S::Error> {
    let raw: Result<Vec<_>, _> = values.iter().map(serde_json::value::to_raw_value).collect();
    raw.map_err(serde::ser::Error::custom)?.serialize(to)
}

/// Records that could not be read for one reason.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UnreadableEntry {
    /// Records.
    pub records: u64,
    /// Bytes.
    pub bytes: u64,
    /// Samples; `before` holds the reason in words.
    pub samples: Vec<Sample>,
}

impl Tally {
    /// The report of what was counted.
    pub fn report(&self, rules: &RuleSet) -> Report {
        let ids = || (0..rules.rules().len()).map(|n| RuleId(n as u16));
        let mut entries: Vec<RuleEntry> = ids().map(|id| self.rule_entry(id, rules)).collect();
        entries.sort_by(|a, b| {
            (b.bytes, b.acted, b.hits).cmp(&(a.bytes, a.acted, a.hits)).then(a.rule.cmp(&b.rule))
        });
        let of_all = |share: f64| (self.read.documents as f64 * share) as u64;
        let named = |wanted: &dyn Fn(&RuleEntry) -> bool| {
            let mut names: Vec<String> =
                entries.iter().filter(|e| wanted(e)).map(|e| e.rule.clone()).collect();
            names.sort();
            names
        };
        let off: Vec<String> = rules.off().map(|rule| rule.name.clone()).collect();
        let never_fired = named(&|entry| entry.hits == 0 && !off.contains(&entry.rule));
        let nearly_always_fired = named(&|entry| {
            entry.documents >= 10 && entry.documents >= of_all(NEARLY_ALL) && entry.effect != "part"
        });
        let mut signals: BTreeMap<String, BTreeMap<Cow<'static, str>, Quantiles>> = BTreeMap::new();
        let by_scope = (0..).map(SignalId).zip(&self.signals).flat_map(|(signal, histograms)| {
            Scope::ALL
                .iter()
                .zip(histograms)
                .map(move |(scope, histogram)| (signal, scope, histogram))
        });
        for (signal, scope, histogram) in by_scope.filter(|(_, _, h)| h.count() > 0) {
            let q = |share| histogram.quantile(share);
            let quantiles = Quantiles {
                count: histogram.count(),
                min: q(0.0),
                p05: q(0.05),
                p25: q(0.25),
                p50: q(0.5),
                p75: q(0.75),
                p95: q(0.95),
                p99: q(0.99),
                max: q(1.0),
                bins: histogram.bins().collect(),
            };
            signals
                .entry(signal.signal().name.to_owned())
                .or_default()
                .insert(scope.name().into(), quantiles);
        }
        Report {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").into(),
            rules_hash: rules.hash(),
            unfinished: false,
            totals: Totals {
                sources: self.sources.len() as u64,
                sources_failed: self.failed_sources(),
                read: self.read,
                kept: self.kept,
                untouched: self.untouched,
                removed: self.removed,
                dropped: self.dropped,
                flagged: self.flagged,
                guard_dropped: self.guard_dropped,
                guard_left: self.guard_left,
                unreadable: self.unreadable_count(),
                blank_lines: self.blank,
                passed_over: self.passed,
            },
            categories: Category::ALL
                .iter()
                .map(|category| (category.name().into(), self.categories[*category as usize]))
                .collect(),
            decided_by: self.decided_by.clone(),
            limits: Vec::new(),
            overlaps: self.overlap_entries(&entries, rules),
            rules: entries,
            survey: None,
            off_without_survey: off,
            never_fired,
            nearly_always_fired,
            signals,
            unreadable: self
                .unreadable
                .iter()
                .map(|(reason, (records, bytes, samples))| {
                    let samples = samples.list();
                    (reason.clone(), UnreadableEntry { records: *records, bytes: *bytes, samples })
                })
                .collect(),
            charsets: self.charsets.clone(),
            languages: self.languages.clone(),
            by_host: self.by_host.groups(),
            by_language: self.by_language.groups(),
            sources: self.sources.clone(),
        }
    }

    /// The pairs of the busiest rules, the most frequent first.
    fn overlap_entries(&self, entries: &[RuleEntry], rules: &RuleSet) -> Vec<OverlapEntry> {
        let busiest: Vec<&RuleEntry> = entries
            .iter()
            .filter(|entry| entry.hits > 0 && entry.effect != "part")
            .take(OVERLAPPING)
            .collect();
        let is_busy = |name: &str| busiest.iter().any(|entry| entry.rule == name);
        let mut found: Vec<OverlapEntry> = self
            .overlaps
            .values()
            .map(|Overlap { pair: (a, b), count }| OverlapEntry {
                rules: [*a, *b].map(|rule| rules.rule(rule).name.clone()),
                targets: *count,
            })
            .filter(|entry| entry.rules.iter().all(|name| is_busy(name)))
            .collect();
        found.sort_by(|a, b| b.targets.cmp(&a.targets).then_with(|| a.rules.cmp(&b.rules)));
        found
    }

    fn rule_entry(&self, id: RuleId, rules: &RuleSet) -> RuleEntry {
        let rule = rules.rule(id);
        let nothing = RuleTally::default();
        let tally = self.rules.get(usize::from(id.0)).unwrap_or(&nothing);
        let mut overlap: Vec<(String, u64)> = self
            .overlaps
            .values()
            .filter_map(|Overlap { pair: (a, b), count }| {
                let other = if *a == id {
                    b
                } else if *b == id {
                    a
                } else {
                    return None;
                };
                Some((rules.rule(*other).name.clone(), *count))
            })
            .collect();
        overlap.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        overlap.truncate(5);
        RuleEntry {
            rule: rule.name.clone(),
            about: rule.about.clone(),
            why: rule.why.clone(),
            category: rule.category,
            scope: rule.scope.name().into(),
            effect: rule.effect.text(),
            preview: rule.status == Status::Preview,
            thresholds: rule
                .thresholds
                .iter()
                .map(|threshold| ThresholdEntry {
                    address: threshold.address.clone(),
                    bound: threshold.bound.into(),
                    signal: threshold.signal.map(|signal| signal.signal().name.to_owned()),
                    value: threshold.value,
                })
                .collect(),
            documents: tally.documents,
            hits: tally.hits,
            acted: tally.acted,
            decided_alone: tally.alone,
            bytes: tally.bytes,
            characters: tally.characters,
            dropped: tally.dropped,
            dropped_bytes: tally.dropped_bytes,
            undefined: tally.undefined,
            skipped: tally.skipped,
            overlap,
            samples: tally.samples.list(),
            near_hits: tally.near_hits.list(),
            near_misses: tally.near_misses.list(),
        }
    }
}

impl Report {
    /// Reads a `report.json`. What reports of earlier programs do not have is empty.
    ///
    /// # Errors
    /// If it is none, or one of another version.
    pub fn read(json: &[u8]) -> Result<Self, ReportError> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let Version { format } = serde_json::from_slice(json).map_err(ReportError::Json)?;
        if format != FORMAT {
            return Err(ReportError::Version(format));
        }
        serde_json::from_slice(json).map_err(ReportError::Json)
    }
}

/// Why a file is no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// It is not JSON, or its fields are others.
    #[error("not a report of a run: {0}")]
    Json(serde_json::Error),
    /// It is of another version.
    #[error("a report of version {0}; this program reads version {FORMAT}")]
    Version(u32),
}
