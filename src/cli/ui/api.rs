//! What the page and the program say to each other. `src/web/app/api.ts` has the same types under
//! the same names, and says what every field means.

use serde::{Deserialize, Serialize};

use tamis::outcome::Decision;
use tamis::rules::overlay::Overlay;
use tamis::rules::{Action, Status};

/// A half-open range of UTF-16 units, as JavaScript counts.
pub(super) type Range = (usize, usize);

#[derive(Serialize)]
pub(super) struct Session<'a> {
    pub(super) version: &'static str,
    pub(super) rules: &'a [String],
    pub(super) sample: &'a Sample,
    pub(super) documents: &'a [DocumentRow],
    pub(super) rule_list: &'a [Rule],
    pub(super) decide: Decide,
    pub(super) base: Totals,
    pub(super) overlay: &'a Overlay,
    pub(super) applied: Applied,
    pub(super) labels: LabelState,
    pub(super) files: Files,
}

#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Sample {
    pub(super) inputs: Vec<String>,
    pub(super) documents: u64,
    pub(super) too_large: u64,
    pub(super) unreadable: u64,
}

#[derive(Serialize)]
pub(super) struct Files {
    pub(super) labels: Option<String>,
    pub(super) overlay: Option<String>,
}

#[derive(Clone, Copy, Serialize)]
pub(super) struct Decide {
    pub(super) remove_block_at: f64,
    pub(super) drop_document_at: f64,
    pub(super) flag_document_at: f64,
    pub(super) unsure_from: f64,
}

#[derive(Serialize)]
pub(super) struct DocumentRow {
    pub(super) id: String,
    pub(super) url: Option<String>,
    pub(super) language: Option<String>,
    pub(super) source: String,
    pub(super) title: String,
    pub(super) characters: u64,
    pub(super) blocks: usize,
    pub(super) decision: Decision,
    pub(super) removed: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Totals {
    pub(super) kept: u64,
    pub(super) cut: u64,
    pub(super) dropped: u64,
    pub(super) characters: u64,
    pub(super) removed: u64,
}

#[derive(Serialize)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) why: Option<String>,
    pub(super) category: &'static str,
    pub(super) scope: &'static str,
    pub(super) on: Vec<&'static str>,
    pub(super) weight: Option<f64>,
    pub(super) action: Option<Action>,
    pub(super) status: Status,
    pub(super) languages: Vec<String>,
    pub(super) file: String,
    pub(super) off: bool,
    pub(super) thresholds: Vec<Threshold>,
    pub(super) base: RuleCount,
}

#[derive(Serialize)]
pub(super) struct Threshold {
    pub(super) address: String,
    pub(super) value: f64,
    pub(super) asked: &'static str,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct RuleCount {
    pub(super) hits: u64,
    pub(super) decided: u64,
    pub(super) characters: u64,
}

#[derive(Clone, Serialize)]
pub(super) struct Applied {
    pub(super) revision: u64,
    pub(super) took: f64,
    pub(super) totals: Totals,
    pub(super) rules: Vec<RuleCount>,
    pub(super) changed: Vec<ChangedRow>,
}

#[derive(Clone, Copy, Serialize)]
pub(super) struct ChangedRow {
    pub(super) document: usize,
    pub(super) decision: Decision,
    pub(super) removed: u64,
    pub(super) newly_removed: u64,
    pub(super) newly_kept: u64,
}

#[derive(Serialize)]
pub(super) struct DocumentView {
    pub(super) document: usize,
    pub(super) revision: u64,
    pub(super) id: String,
    pub(super) url: Option<String>,
    pub(super) language: Option<String>,
    pub(super) source: String,
    pub(super) record: u64,
    pub(super) format: tamis::document::Format,
    pub(super) text: String,
    pub(super) blocks: Vec<Block>,
    pub(super) before: Whole,
    pub(super) now: Whole,
    pub(super) removed_before: Vec<Range>,
    pub(super) removed_now: Vec<Range>,
}

#[derive(Serialize)]
pub(super) struct Whole {
    pub(super) decision: Decision,
    pub(super) guard: &'static str,
    pub(super) rule: Option<String>,
    pub(super) category: Option<&'static str>,
    pub(super) verdicts: Vec<WholeVerdict>,
}

#[derive(Serialize)]
pub(super) struct WholeVerdict {
    pub(super) scope: &'static str,
    pub(super) verdict: Verdict,
}

#[derive(Serialize)]
pub(super) struct Block {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) kind: &'static str,
    pub(super) path: Option<String>,
    pub(super) before: Verdict,
    pub(super) now: Verdict,
    pub(super) sentences: Vec<Sentence>,
    pub(super) label: Option<Label>,
}

#[derive(Serialize)]
pub(super) struct Sentence {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) before: Option<Verdict>,
    pub(super) now: Option<Verdict>,
}

#[derive(Serialize)]
pub(super) struct Verdict {
    pub(super) action: Action,
    pub(super) by: &'static str,
    pub(super) rule: Option<String>,
    pub(super) points: f64,
    pub(super) hits: Vec<Hit>,
}

#[derive(Serialize)]
pub(super) struct Hit {
    pub(super) rule: String,
    pub(super) strength: f64,
    pub(super) points: f64,
    pub(super) evidence: Vec<Evidence>,
}

#[derive(Serialize)]
pub(super) struct Evidence {
    pub(super) condition: String,
    pub(super) asked: String,
    pub(super) value: Option<f64>,
    pub(super) bound: String,
    pub(super) strength: Option<f64>,
}

#[derive(Serialize)]
pub(super) struct Found {
    pub(super) documents: Vec<usize>,
}

#[derive(Serialize)]
pub(super) struct Distributions {
    pub(super) rule: String,
    pub(super) of: Vec<Distribution>,
}

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Distribution {
    pub(super) address: String,
    pub(super) counts: Vec<u64>,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) below: u64,
    pub(super) above: u64,
    pub(super) undefined: u64,
    pub(super) whole: bool,
    pub(super) targets: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Label {
    Keep,
    Remove,
}

/// What is said of a paragraph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Answer {
    Keep,
    Remove,
    Skip,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LabelRequest {
    pub(super) document: usize,
    pub(super) block: usize,
    pub(super) label: Option<Answer>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct LabelState {
    pub(super) keep: u64,
    pub(super) remove: u64,
    pub(super) documents: u64,
    pub(super) skipped: u64,
    pub(super) unsaved: bool,
}

#[derive(Serialize)]
pub(super) struct Queue {
    pub(super) items: Vec<QueueItem>,
    pub(super) remaining: usize,
}

#[derive(Serialize)]
pub(super) struct QueueItem {
    pub(super) document: usize,
    pub(super) block: usize,
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) text: String,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) uncertainty: f64,
}

#[derive(Serialize)]
pub(super) struct Fit {
    pub(super) learned: u64,
    pub(super) held_back: u64,
    pub(super) now: Figures,
    pub(super) fitted: Figures,
    pub(super) weights: Vec<FittedWeight>,
    pub(super) overlay: Overlay,
    pub(super) notes: Vec<String>,
}

#[derive(Clone, Copy, Serialize)]
pub(super) struct Figures {
    pub(super) precision: Option<f64>,
    pub(super) recall: Option<f64>,
    pub(super) f1: Option<f64>,
    pub(super) content_lost: Option<f64>,
}

#[derive(Serialize)]
pub(super) struct FittedWeight {
    pub(super) rule: String,
    pub(super) weight: f64,
    pub(super) fitted: f64,
    pub(super) documents: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum What {
    Labels,
    Overlay,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SaveRequest {
    pub(super) what: What,
}

#[derive(Serialize)]
pub(super) struct Saved {
    pub(super) file: String,
    pub(super) labels: LabelState,
}

#[derive(Serialize)]
pub(super) struct Refused<'a> {
    pub(super) error: &'a str,
}
