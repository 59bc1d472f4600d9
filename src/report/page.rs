//! `report.html`: a report as a page for a person, in one file that opens anywhere.
//!
//! What the page shows is drawn by its script from the report as data; here the data is put
//! together. Samples come last and in parts, so that a page with a hundred thousand of them shows
//! its figures at once.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;

use super::{Report, RuleEntry, Sample, SourceAmount, TimingsFile, UnreadableEntry};
use crate::signals;
use crate::web_page::{BASE_SCRIPT, BASE_STYLE, WebPage, WebPageError};

/// Samples in one part of the page.
const PART_SAMPLES: usize = 1_000;

/// Most sources that the page lists; `report.json` has them all.
const LISTED_SOURCES: usize = 10_000;

const WITHOUT_SCRIPT: &str = "This page draws its tables and charts with a script of its own, and \
    scripts are switched off here. report.json beside it holds the same figures as text.";

/// What stands in the page beside the samples.
#[derive(Serialize)]
struct Head<'a> {
    /// The report; its rules and reasons without their samples, its sources as far as they are listed.
    report: Report,
    /// Names of the rules that were asked for.
    asked: &'a [String],
    /// How many sources there are.
    sources: usize,
    /// What signals of the report are.
    signals: BTreeMap<&'static str, SignalNote>,
    /// How many samples follow.
    samples: usize,
    /// True if the times of rules follow.
    timings: bool,
}

#[derive(Serialize)]
struct SignalNote {
    unit: &'static str,
    about: &'static str,
}

/// What follows.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Part<'a> {
    Timings(&'a TimingsFile),
    Samples(&'a [Shown<'a>]),
}

/// A sample with what it is one of.
#[derive(Serialize)]
struct Shown<'a> {
    of: Of,
    /// The rule's place in the report, or the reason for which a record could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(flatten)]
    sample: &'a Sample,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Of {
    Hit,
    NearHit,
    NearMiss,
    Unreadable,
}

/// Writes the page of a report. `asked` names the rules as they were asked for; `timings` are those
/// of the run, if they were taken. The same report gives the same page, and times stand on a line
/// of their own.
///
/// # Errors
/// If what is written to fails.
pub fn write(
    to: &mut impl Write,
    report: &Report,
    asked: &[String],
    timings: Option<&TimingsFile>,
) -> Result<(), WebPageError> {
    let samples = samples_of(report);
    let head = Head {
        asked,
        sources: report.sources.len(),
        signals: notes_of(report),
        samples: samples.len(),
        timings: timings.is_some(),
        report: without_samples(report),
    };
    let page = WebPage {
        language: "en",
        title: "tamis: what was cleaned, and why",
        styles: &[BASE_STYLE, include_str!("page/report.css")],
        scripts: &[
            BASE_SCRIPT,
            include_str!("page/charts.js"),
            include_str!("page/samples.js"),
            include_str!("page/report.js"),
        ],
        body: "",
        without_script: WITHOUT_SCRIPT,
    };
    let parts = timings.map(Part::Timings).into_iter();
    page.write(to, &head, parts.chain(samples.chunks(PART_SAMPLES).map(Part::Samples)))
}

/// All samples: of each rule what it hit, then what it nearly missed and nearly hit; then records
/// that could not be read.
fn samples_of(report: &Report) -> Vec<Shown<'_>> {
    let of_rules = report.rules.iter().enumerate().flat_map(|(n, entry)| {
        let lists = [
            (Of::Hit, &entry.samples),
            (Of::NearHit, &entry.near_hits),
            (Of::NearMiss, &entry.near_misses),
        ];
        lists.into_iter().flat_map(move |(of, list)| {
            list.iter().map(move |sample| Shown { of, rule: Some(n), reason: None, sample })
        })
    });
    let unreadable = report.unreadable.iter().flat_map(|(reason, entry)| {
        let of = Of::Unreadable;
        entry.samples.iter().map(move |sample| Shown {
            of,
            rule: None,
            reason: Some(reason),
            sample,
        })
    });
    of_rules.chain(unreadable).collect()
}

fn notes_of(report: &Report) -> BTreeMap<&'static str, SignalNote> {
    let known = report.signals.keys().filter_map(|name| signals::by_name(name));
    let note = |id: signals::SignalId| {
        let signal = id.signal();
        let unit = match signal.unit {
            signals::Unit::Count => "count",
            signals::Unit::Ratio => "ratio",
            signals::Unit::Number => "number",
        };
        (signal.name, SignalNote { unit, about: signal.about })
    };
    known.map(note).collect()
}

/// The report without what follows in parts, and with no more sources than the page lists: those
/// with an error, then those with the most text.
fn without_samples(report: &Report) -> Report {
    let mut sources: Vec<(&String, &SourceAmount)> = report.sources.iter().collect();
    sources.sort_by_key(|(_, source)| (source.error.is_none(), std::cmp::Reverse(source.bytes)));
    sources.truncate(LISTED_SOURCES);
    let entry = |entry: &RuleEntry| RuleEntry {
        rule: entry.rule.clone(),
        about: entry.about.clone(),
        why: entry.why.clone(),
        scope: entry.scope.clone(),
        effect: entry.effect.clone(),
        thresholds: entry.thresholds.clone(),
        overlap: entry.overlap.clone(),
        samples: Vec::new(),
        near_hits: Vec::new(),
        near_misses: Vec::new(),
        ..*entry
    };
    let reason = |(reason, entry): (&std::borrow::Cow<'static, str>, &UnreadableEntry)| {
        (reason.clone(), UnreadableEntry { samples: Vec::new(), ..*entry })
    };
    Report {
        version: report.version.clone(),
        rules_hash: report.rules_hash.clone(),
        categories: report.categories.clone(),
        decided_by: report.decided_by.clone(),
        limits: report.limits.clone(),
        rules: report.rules.iter().map(entry).collect(),
        overlaps: report.overlaps.clone(),
        survey: report.survey.clone(),
        off_without_survey: report.off_without_survey.clone(),
        never_fired: report.never_fired.clone(),
        nearly_always_fired: report.nearly_always_fired.clone(),
        signals: report.signals.clone(),
        unreadable: report.unreadable.iter().map(reason).collect(),
        charsets: report.charsets.clone(),
        languages: report.languages.clone(),
        by_host: report.by_host.clone(),
        by_language: report.by_language.clone(),
        sources: sources.into_iter().map(|(name, source)| (name.clone(), source.clone())).collect(),
        ..*report
    }
}

#[cfg(test)]
mod tests;
