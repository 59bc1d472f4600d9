//! `report.json`: a tally as data. `docs/report.md` documents each field.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use super::limits::Trip;
use super::{Amount, CategoryAmount, Overlap, Sample, SourceAmount, Tally, significant};
use crate::document::Scope;
use crate::rules::{Category, Effect, RuleId, RuleSet};
use crate::signals::SignalId;
use crate::survey::SurveyNote;

/// Version of the shape of `report.json`; raised when a field changes its meaning or goes.
pub const FORMAT: u32 = 1;

/// A rule that hits this share of the documents or more is named as firing on nearly everything.
const NEARLY_ALL: f64 = 0.9;

/// The report of a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Version of this shape.
    pub format: u32,
    /// Version of the program.
    pub version: &'static str,
    /// Hash of the rules in force.
    pub rules_hash: String,
    /// The run was stopped, by a limit: this is what was done until then.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unfinished: bool,
    /// Sums.
    pub totals: Totals,
    /// What went under each category.
    pub categories: BTreeMap<&'static str, CategoryAmount>,
    /// Removals by who decided.
    pub decided_by: BTreeMap<Cow<'static, str>, u64>,
    /// Limits that were passed, the gravest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<Trip>,
    /// Rules, the busiest first.
    pub rules: Vec<RuleEntry>,
    /// The survey that was used, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survey: Option<SurveyNote>,
    /// Rules that were off because there was no survey.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub off_without_survey: Vec<String>,
    /// Rules in force that never fired.
    pub never_fired: Vec<String>,
    /// Rules that fired in nearly all documents.
    pub nearly_always_fired: Vec<String>,
    /// Quantiles of each signal that a rule asked for, by scope.
    pub signals: BTreeMap<String, BTreeMap<&'static str, Quantiles>>,
    /// Records that could not be read, by reason.
    pub unreadable: BTreeMap<Cow<'static, str>, UnreadableEntry>,
    /// Documents by character set.
    pub charsets: BTreeMap<String, u64>,
    /// Documents by language.
    pub languages: BTreeMap<String, u64>,
    /// Sources, by name.
    pub sources: BTreeMap<String, SourceAmount>,
}

/// Sums over a run.
#[derive(Clone, Copy, Debug, Serialize)]
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
#[derive(Clone, Debug, Serialize)]
pub struct RuleEntry {
    /// Full name.
    pub rule: String,
    /// What it finds.
    pub about: String,
    /// Its category.
    pub category: Category,
    /// Its scope.
    pub scope: &'static str,
    /// Its weight or action.
    pub effect: String,
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

/// How a signal's values are spread.
#[derive(Clone, Copy, Debug, Serialize)]
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
}

/// Records that could not be read for one reason.
#[derive(Clone, Debug, Serialize)]
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
        let mut signals: BTreeMap<String, BTreeMap<&'static str, Quantiles>> = BTreeMap::new();
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
            };
            signals
                .entry(signal.signal().name.to_owned())
                .or_default()
                .insert(scope.name(), quantiles);
        }
        Report {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION"),
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
                .map(|category| (category.name(), self.categories[*category as usize]))
                .collect(),
            decided_by: self.decided_by.clone(),
            limits: Vec::new(),
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
                    let samples = samples.kept.iter().map(|(_, s)| s.clone()).collect();
                    (reason.clone(), UnreadableEntry { records: *records, bytes: *bytes, samples })
                })
                .collect(),
            charsets: self.charsets.clone(),
            languages: self.languages.clone(),
            sources: self.sources.clone(),
        }
    }

    fn rule_entry(&self, id: RuleId, rules: &RuleSet) -> RuleEntry {
        let rule = rules.rule(id);
        let tally = self.rules.get(usize::from(id.0)).cloned().unwrap_or_default();
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
        let list = |samples: &super::Samples| {
            samples.kept.iter().map(|(_, sample)| sample.clone()).collect::<Vec<Sample>>()
        };
        RuleEntry {
            rule: rule.name.clone(),
            about: rule.about.clone(),
            category: rule.category,
            scope: rule.scope.name(),
            effect: match rule.effect {
                Effect::Weight(weight) => format!("weight {weight}"),
                Effect::Action(action) => action.name().to_owned(),
            },
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
            samples: list(&tally.samples),
            near_hits: list(&tally.near_hits),
            near_misses: list(&tally.near_misses),
        }
    }
}

/// A report in a few lines for a person: what was kept, cut, removed and dropped, by category,
/// and the five busiest rules.
pub fn summary_of(report: &Report) -> String {
    let totals = &report.totals;
    let mut text = String::new();
    let share = |part: u64, whole: u64| {
        if whole == 0 { 0.0 } else { significant(part as f64 / whole as f64 * 100.0) }
    };
    let mut line = |parts: std::fmt::Arguments<'_>| {
        text.push_str(&parts.to_string());
        text.push('\n');
    };
    line(format_args!(
        "{} from {}: {} kept as they were, {} cut, {} dropped, {} flagged, {} unreadable",
        counted(totals.read.documents, "document"),
        counted(totals.sources, "source"),
        totals.untouched,
        totals.removed.documents,
        totals.dropped.documents,
        totals.flagged,
        totals.unreadable,
    ));
    line(format_args!(
        "{} of text: {} kept, {} cut out ({:.1} %), {} dropped ({:.1} %)",
        bytes(totals.read.bytes),
        bytes(totals.kept.bytes),
        bytes(totals.removed.bytes),
        share(totals.removed.bytes, totals.read.bytes),
        bytes(totals.dropped.bytes),
        share(totals.dropped.bytes, totals.read.bytes),
    ));
    line(format_args!(""));
    line(format_args!(
        "{:<14}{:>10}{:>12}{:>12}{:>10}{:>10}",
        "category", "removals", "bytes", "documents", "dropped", "flagged"
    ));
    for category in Category::ALL {
        let amount = report.categories.get(category.name()).copied().unwrap_or_default();
        line(format_args!(
            "{:<14}{:>10}{:>12}{:>12}{:>10}{:>10}",
            category.name(),
            amount.removals,
            amount.bytes,
            amount.documents,
            amount.dropped,
            amount.flagged
        ));
    }
    if !report.off_without_survey.is_empty() {
        line(format_args!(""));
        line(format_args!(
            "off without a survey (`tamis survey` makes one): {}",
            by_set(&report.off_without_survey)
        ));
    }
    if let Some(survey) = &report.survey {
        line(format_args!(""));
        line(format_args!(
            "survey: {} ({}), {} of {} sources are in it",
            survey.path,
            counted(survey.documents, "document"),
            survey.known_sources,
            totals.sources
        ));
    }
    let busiest: Vec<&RuleEntry> = report
        .rules
        .iter()
        .filter(|entry| entry.hits > 0 && entry.effect != "part")
        .take(5)
        .collect();
    if !busiest.is_empty() {
        line(format_args!(""));
        line(format_args!("busiest rules"));
        for entry in busiest {
            line(format_args!(
                "  {:<38}{:>12}{:>9} removed{:>7} alone  {}",
                entry.rule,
                counted(entry.hits, "hit"),
                bytes(entry.bytes),
                entry.decided_alone,
                entry.about
            ));
        }
    }
    text
}

/// Names of rules as sets with numbers: `copies (4 rules), mine (1 rule)`.
fn by_set(names: &[String]) -> String {
    let mut sets: BTreeMap<&str, u64> = BTreeMap::new();
    for name in names {
        *sets.entry(name.split('/').next().unwrap_or(name)).or_default() += 1;
    }
    let sets: Vec<String> =
        sets.iter().map(|(set, rules)| format!("{set} ({})", counted(*rules, "rule"))).collect();
    sets.join(", ")
}

/// A number with its noun: `1 source`, `2 sources`.
fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Bytes for a person: `812 B`, `4.2 kB`, `1.3 GB`.
fn bytes(count: u64) -> String {
    let mut value = count as f64;
    for unit in ["B", "kB", "MB", "GB", "TB"] {
        if value < 999.5 || unit == "TB" {
            return if unit == "B" { format!("{count} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{count} B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_summed_by_their_sets() {
        let names = ["copies/a", "mine/x", "copies/b"].map(str::to_owned);
        assert_eq!(by_set(&names), "copies (2 rules), mine (1 rule)");
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(counted(1, "source"), "1 source");
        assert_eq!(counted(0, "source"), "0 sources");
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(4_249), "4.2 kB");
        assert_eq!(bytes(999_950), "1.0 MB");
        assert_eq!(bytes(u64::MAX), "18446744.1 TB");
    }
}
