//! Pieces of text that show what a rule did: which are kept does not depend on the order in which
//! they are offered.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::document::{Location, Span};
use crate::outcome::{Decision, Outcome};
use crate::source::Refusal;

/// Samples kept for each rule and reason where nothing is said.
pub const DEFAULT_SAMPLES: usize = 5;
/// Characters of context shown on either side of a sample.
const CONTEXT: usize = 120;
/// Characters shown of a sample.
const SAMPLE_LENGTH: usize = 300;

/// How many samples are kept for each rule and reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Most(usize);

impl Default for Most {
    fn default() -> Self {
        Self(DEFAULT_SAMPLES)
    }
}

impl Most {
    pub(super) fn of(samples: usize) -> Self {
        Self(samples)
    }

    pub(super) fn hits(self) -> usize {
        self.0
    }

    /// On either side of a threshold.
    pub(super) fn near(self) -> usize {
        self.0.saturating_mul(3).div_ceil(5)
    }
}

/// Text samples, those with the smallest hash of (key, place).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Samples {
    // Moved about when one is put in between: there may be many.
    kept: Vec<(u64, Box<Sample>)>,
}

/// What became of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It stays.
    Stays,
    /// It, or some of it, was cut out.
    Removed,
    /// Its document was dropped.
    Dropped,
}

/// A piece of text with where it stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The document's id.
    pub id: String,
    /// The source's name.
    pub source: String,
    /// Number of the record in its source.
    pub ordinal: u64,
    /// First byte in the text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Text before it.
    pub before: String,
    /// The text, shortened with `…` in its middle if it is long.
    pub text: String,
    /// Text after it.
    pub after: String,
    /// What became of it, by this rule or another; `None` for what could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fate: Option<Fate>,
    /// What was cut out of `before`, as first character and one past the last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cut_before: Vec<(usize, usize)>,
    /// What was cut out of `after`, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cut_after: Vec<(usize, usize)>,
    /// For near decisions: distance to the bound, divided by it; negative if the rule did not fire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// For near decisions: the bound, with what is held against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<String>,
}

impl Samples {
    /// Offers a sample; it is made only if it will be kept.
    pub(super) fn offer(&mut self, most: usize, order: u64, make: impl FnOnce() -> Sample) {
        if self.kept.len() >= most && self.kept.last().is_none_or(|(last, _)| *last <= order) {
            return;
        }
        let at = self.kept.partition_point(|(known, _)| *known < order);
        self.kept.insert(at, (order, Box::new(make())));
        self.kept.truncate(most);
    }

    pub(super) fn merge(&mut self, most: usize, other: Samples) {
        for (order, sample) in other.kept {
            self.offer(most, order, || *sample);
        }
    }

    /// The samples in their order.
    pub(super) fn list(&self) -> Vec<Sample> {
        self.kept.iter().map(|(_, sample)| (**sample).clone()).collect()
    }
}

/// Where a sample stands in the order of all of its key: a hash, without the topmost bit.
pub(super) fn order_of(key: &str, location: &Location, start: usize) -> u64 {
    let (ordinal, start) = (location.ordinal.to_le_bytes(), (start as u64).to_le_bytes());
    let parts: [&[u8]; 6] =
        [key.as_bytes(), &[0], location.source.as_bytes(), &[0], &ordinal, &start];
    let mut room = [0u8; ORDER_BYTES];
    let mut left = room.as_mut_slice();
    for part in parts {
        let Some((place, rest)) = left.split_at_mut_checked(part.len()) else {
            return xxh3_64(&parts.concat()) >> 1;
        };
        place.copy_from_slice(part);
        left = rest;
    }
    let unused = left.len();
    xxh3_64(room.get(..ORDER_BYTES - unused).unwrap_or(&[])) >> 1
}

/// Bytes that most keys of [`order_of`] have room in.
const ORDER_BYTES: usize = 160;

/// A piece of a document, with the text on either side of it.
pub(super) fn sample(outcome: &Outcome, span: Span) -> Sample {
    let text = &outcome.page.text;
    let location = &outcome.info().location;
    let (head, tail) = (text.get(..span.start), text.get(span.end..));
    let (head, tail) = (head.unwrap_or(""), tail.unwrap_or(""));
    let before = head.char_indices().rev().take(CONTEXT).last().map_or(head.len(), |(at, _)| at);
    let after = tail.char_indices().nth(CONTEXT).map_or(tail.len(), |(at, _)| at);
    let before = Span::new(before, span.start);
    let after = Span::new(span.end, span.end + after);
    let is_cut = outcome.removals().iter().any(|removal| overlap(removal.span, span).is_some());
    Sample {
        id: outcome.info().id.clone(),
        source: location.source.to_string(),
        ordinal: location.ordinal,
        start: span.start,
        end: span.end,
        before: before.of(text).to_owned(),
        text: shorten(span.of(text)),
        after: after.of(text).to_owned(),
        fate: Some(match (outcome.decision, is_cut) {
            (Decision::Dropped, _) => Fate::Dropped,
            (_, true) => Fate::Removed,
            (_, false) => Fate::Stays,
        }),
        cut_before: cut_within(outcome, before),
        cut_after: cut_within(outcome, after),
        ..Sample::default()
    }
}

/// The beginning of a record that could not be read, and why.
pub(super) fn unreadable_sample(location: &Location, refusal: &Refusal, raw: &[u8]) -> Sample {
    Sample {
        id: format!("{}#{}", location.source, location.ordinal + 1),
        source: location.source.to_string(),
        ordinal: location.ordinal,
        end: raw.len(),
        before: refusal.to_string(),
        text: shorten(&String::from_utf8_lossy(&raw[..raw.len().min(4 * SAMPLE_LENGTH)])),
        ..Sample::default()
    }
}

/// What two spans have in common, if it is anything.
fn overlap(a: Span, b: Span) -> Option<Span> {
    let (start, end) = (a.start.max(b.start), a.end.min(b.end));
    (start < end).then(|| Span::new(start, end))
}

/// What was cut out of a part of the text, in characters of that part.
fn cut_within(outcome: &Outcome, part: Span) -> Vec<(usize, usize)> {
    let text = part.of(&outcome.page.text);
    let characters = |at: usize| text.get(..at - part.start).unwrap_or("").chars().count();
    let cut = outcome.removals().iter().filter_map(|removal| overlap(removal.span, part));
    cut.map(|cut| (characters(cut.start), characters(cut.end))).collect()
}

/// A text of at most [`SAMPLE_LENGTH`] characters: start and end, with `…` between.
pub(super) fn shorten(text: &str) -> String {
    let Some((cut, _)) = text.char_indices().nth(SAMPLE_LENGTH) else { return text.to_owned() };
    let head: String = text[..cut].chars().take(SAMPLE_LENGTH / 2).collect();
    let tail: Vec<char> = text.chars().rev().take(SAMPLE_LENGTH / 2).collect();
    let tail: String = tail.into_iter().rev().collect();
    format!("{head} … {tail}")
}
