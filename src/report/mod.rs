//! The report: sums and samples over outcomes, and `report.json` made from them.
//!
//! A [`Tally`] counts in whole numbers and keeps samples by the smallest hash, so its result does
//! not depend on the order of what it is given; [`Tally::merge`] is associative and commutative.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasherDefault;

use crate::address::registered_domain;
use crate::document::{Charset, Location, Scope, Span};
use crate::edit::is_by_neighbours;
use crate::outcome::{Decision, Guard, Outcome, category};
use crate::rules::{Action, RuleId, RuleSet};
use crate::source::Refusal;
use crate::text::lists::Identity;
use crate::verdict::{DecidedBy, Verdict};

mod groups;
mod histogram;
mod json;
pub mod limits;
pub mod page;
mod samples;
mod summary;
mod timings;

pub use groups::{GroupAmount, Groups};
pub use histogram::Histogram;
pub use json::{
    FORMAT, OverlapEntry, Quantiles, Report, RuleEntry, ThresholdEntry, UnreadableEntry,
};
pub use samples::{DEFAULT_SAMPLES, Fate, Sample};
pub use summary::summary_of;
pub use timings::{RuleTime, Timings, TimingsFile};

use groups::Counted;
use samples::{Most, Samples, order_of, sample, unreadable_sample};

/// What the report counts a document under whose language no rule asked for and the record does not
/// give.
const NOT_ASKED: &str = "not asked";

/// What a document without an address counts under, among domains.
const NO_ADDRESS: &str = "no address";

/// Four significant figures: what a bin or a share can honestly say.
pub(crate) fn significant(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10f64.powi(3 - value.abs().log10().floor() as i32);
    if !scale.is_finite() {
        // So near to zero that only its side can be told.
        return 0f64.copysign(value);
    }
    (value * scale).round() / scale
}

/// Documents, bytes and characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Amount {
    /// Documents.
    pub documents: u64,
    /// Bytes of text in UTF-8.
    pub bytes: u64,
    /// Characters (code points).
    pub characters: u64,
}

impl Amount {
    /// A document's text.
    fn of(text: &str) -> Self {
        let characters = text.chars().count() as u64;
        Self { documents: 1, bytes: text.len() as u64, characters }
    }

    fn merge(&mut self, other: Amount) {
        self.documents += other.documents;
        self.bytes += other.bytes;
        self.characters += other.characters;
    }
}

/// What one rule did.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct RuleTally {
    documents: u64,
    hits: u64,
    acted: u64,
    alone: u64,
    bytes: u64,
    characters: u64,
    dropped: u64,
    dropped_bytes: u64,
    undefined: u64,
    skipped: u64,
    samples: Samples,
    near_hits: Samples,
    near_misses: Samples,
}

/// What was removed under one category.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CategoryAmount {
    /// Spans removed from documents that stay.
    pub removals: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Characters of them.
    pub characters: u64,
    /// Documents with such a removal.
    pub documents: u64,
    /// Documents dropped.
    pub dropped: u64,
    /// Documents flagged.
    pub flagged: u64,
}

/// What became of the records of one source.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SourceAmount {
    /// Records kept as they were.
    pub kept: u64,
    /// Records kept with something cut out.
    pub cut: u64,
    /// Records dropped.
    pub dropped: u64,
    /// Records that could not be read.
    pub unreadable: u64,
    /// Bytes of text read.
    pub bytes: u64,
    /// Bytes of text removed or dropped.
    pub removed_bytes: u64,
    /// Why reading stopped early, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Sums and samples over outcomes. What a run has come to so far can be kept and read again.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Tally {
    most: Most,
    read: Amount,
    kept: Amount,
    removed: Amount,
    dropped: Amount,
    untouched: u64,
    flagged: u64,
    guard_dropped: u64,
    guard_left: u64,
    blank: u64,
    passed: u64,
    /// By the number of the rule.
    rules: Vec<RuleTally>,
    overlaps: HashMap<u64, Overlap, BuildHasherDefault<Identity>>,
    categories: [CategoryAmount; 6],
    decided_by: BTreeMap<Cow<'static, str>, u64>,
    /// By the number of the signal, then of the scope.
    signals: Vec<[Histogram; Scope::ALL.len()]>,
    unreadable: BTreeMap<Cow<'static, str>, (u64, u64, Samples)>,
    charsets: BTreeMap<String, u64>,
    languages: BTreeMap<String, u64>,
    by_host: Counted,
    by_language: Counted,
    sources: BTreeMap<String, SourceAmount>,
}

/// Two rules, and on how many targets both fired.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Overlap {
    pair: (RuleId, RuleId),
    count: u64,
}

impl Tally {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing yet, with so many samples to be kept for each rule ([`DEFAULT_SAMPLES`] where nothing
    /// is said), and three on either side of its threshold where five are kept. Memory is a few
    /// hundred bytes for each.
    pub fn with_samples(samples: usize) -> Self {
        Self { most: Most::of(samples), ..Self::default() }
    }

    /// Counts an outcome.
    pub fn add(&mut self, outcome: &Outcome, rules: &RuleSet) {
        let text = &outcome.page.text;
        let read = Amount::of(text);
        self.read.merge(read);
        let source = self.source(&outcome.info().location);
        source.bytes += text.len() as u64;
        match outcome.decision {
            Decision::Dropped => {
                source.dropped += 1;
                source.removed_bytes += text.len() as u64;
                self.dropped.merge(read);
            }
            Decision::Kept => {
                source.kept += 1;
                self.kept.merge(read);
                self.untouched += 1;
            }
            Decision::Cut => {
                source.cut += 1;
                source.removed_bytes += (text.len() - outcome.cleaned.text.len()) as u64;
                self.removed.documents += 1;
            }
        }
        match outcome.guard {
            Guard::Quiet => {}
            Guard::Dropped => self.guard_dropped += 1,
            Guard::Left => self.guard_left += 1,
        }
        count_name(&mut self.charsets, &charset_note(outcome.charset()));
        let unknown = if rules.needs_language() { "unknown" } else { NOT_ASKED };
        let language = outcome.info().language.as_deref().unwrap_or(unknown);
        count_name(&mut self.languages, language);
        let amount = GroupAmount::of(outcome);
        self.by_language.add(language.to_owned(), &amount);
        let host = outcome.info().url.as_deref().and_then(registered_domain);
        self.by_host.add(host.unwrap_or_else(|| NO_ADDRESS.to_owned()), &amount);
        let removed = self.add_removals(outcome, rules);
        if outcome.decision == Decision::Cut {
            // What is left need not be counted where it is what was not cut out.
            let characters = read.characters.saturating_sub(removed);
            self.kept.merge(match outcome.cleaned.is_rewritten {
                true => Amount::of(&outcome.cleaned.text),
                false => Amount { bytes: outcome.cleaned.text.len() as u64, characters, ..read },
            });
        }
        self.add_document(outcome, rules);
        self.add_hits(outcome, rules);
        self.add_notes(outcome, rules);
    }

    /// Counts an item that could not be read; further pieces of an item are not counted again.
    pub fn add_unreadable(&mut self, location: &Location, refusal: &Refusal, raw: &[u8]) {
        let piece = matches!(refusal, Refusal::TooLarge { part, .. } if *part > 0);
        let entry = self.unreadable.entry(refusal.name().into()).or_default();
        entry.1 += raw.len() as u64;
        if piece {
            return;
        }
        entry.0 += 1;
        let order = order_of(refusal.name(), location, 0);
        let most = self.most.hits();
        entry.2.offer(most, order, || unreadable_sample(location, refusal, raw));
        self.source(location).unreadable += 1;
    }

    /// Counts a blank line.
    pub fn add_blank(&mut self) {
        self.blank += 1;
    }

    /// Counts an item that was passed over: no document, and nothing wrong with it.
    pub fn add_passed(&mut self) {
        self.passed += 1;
    }

    /// Notes how a source ended.
    pub fn add_source(&mut self, name: &str, error: Option<&str>) {
        let source = self.sources.entry(name.to_owned()).or_default();
        source.error = error.map(str::to_owned);
    }

    fn source(&mut self, location: &Location) -> &mut SourceAmount {
        self.sources.entry(location.source.to_string()).or_default()
    }

    /// Counts what was cut; how many characters it was.
    fn add_removals(&mut self, outcome: &Outcome, rules: &RuleSet) -> u64 {
        let text = &outcome.page.text;
        let mut all = 0;
        let mut seen = [false; 6];
        let mut group: Option<usize> = None;
        for removal in outcome.removals() {
            let removed = removal.span.of(text);
            let characters = removed.chars().count() as u64;
            self.removed.bytes += removed.len() as u64;
            self.removed.characters += characters;
            all += characters;
            let verdict = removal.verdict(&outcome.on_blocks);
            *self.decided_by.entry(verdict.by.name().into()).or_insert(0) += 1;
            // What went with its neighbours counts where they count.
            let own = category(verdict).map(|category| category as usize);
            let counted = if is_by_neighbours(verdict) { own.or(group) } else { own };
            group = own.or(group);
            if let Some(n) = counted {
                let amount = &mut self.categories[n];
                amount.removals += 1;
                amount.bytes += removed.len() as u64;
                amount.characters += characters;
                amount.documents += u64::from(!std::mem::replace(&mut seen[n], true));
            }
            if let Some(rule) = verdict.leading() {
                let tally = at(&mut self.rules, rule.0);
                tally.bytes += removed.len() as u64;
                tally.characters += characters;
                let order =
                    order_of(&rules.rule(rule).name, &outcome.info().location, removal.span.start);
                let most = self.most.hits();
                tally.samples.offer(most, order, || sample(outcome, removal.span));
            }
        }
        all
    }

    fn add_document(&mut self, outcome: &Outcome, rules: &RuleSet) {
        if outcome.decision == Decision::Dropped {
            if let Some(category) = outcome.drop_category() {
                self.categories[category as usize].dropped += 1;
            }
            if let Some(rule) = outcome.drop_leader() {
                let tally = at(&mut self.rules, rule.0);
                tally.dropped += 1;
                tally.dropped_bytes += outcome.page.text.len() as u64;
                let order = order_of(&rules.rule(rule).name, &outcome.info().location, 0);
                let whole = Span::new(0, outcome.page.text.len());
                tally.samples.offer(self.most.hits(), order, || sample(outcome, whole));
            }
            return;
        }
        let mut is_flagged = outcome.guard == Guard::Left;
        let mut seen = [false; 6];
        for verdict in outcome.flags() {
            is_flagged = true;
            let found = match verdict.by {
                DecidedBy::Action(rule) => Some(rules.rule(rule).category),
                _ => category(verdict),
            };
            if let Some(category) = found {
                seen[category as usize] = true;
            }
        }
        self.flagged += u64::from(is_flagged);
        for (amount, seen) in self.categories.iter_mut().zip(seen) {
            amount.flagged += u64::from(seen);
        }
    }

    fn add_hits(&mut self, outcome: &Outcome, rules: &RuleSet) {
        let mut fired: Vec<RuleId> = Vec::new();
        let whole = Span::new(0, outcome.page.text.len());
        // Where the guard left the document as it was, nothing was acted on.
        let acts = outcome.guard != Guard::Left;
        self.add_verdict(outcome, &outcome.on_source, whole, true, rules, &mut fired);
        self.add_verdict(outcome, &outcome.on_page, whole, true, rules, &mut fired);
        for (block, verdict) in outcome.page.blocks.iter().zip(&outcome.on_blocks.blocks) {
            self.add_verdict(outcome, &verdict.verdict, block.span, acts, rules, &mut fired);
            for sentence in &verdict.sentences {
                let verdict = &sentence.verdict;
                self.add_verdict(outcome, verdict, sentence.span, acts, rules, &mut fired);
            }
        }
        self.add_verdict(outcome, &outcome.on_document, whole, true, rules, &mut fired);
        fired.sort_unstable();
        fired.dedup();
        for rule in fired {
            at(&mut self.rules, rule.0).documents += 1;
        }
    }

    fn add_verdict(
        &mut self,
        outcome: &Outcome,
        verdict: &Verdict,
        span: Span,
        acts: bool,
        rules: &RuleSet,
        fired: &mut Vec<RuleId>,
    ) {
        if verdict.hits.is_empty() {
            return;
        }
        let acted = acts
            && matches!(verdict.action, Action::Remove | Action::Drop | Action::Cut)
            && !matches!(verdict.by, DecidedBy::Context | DecidedBy::Heading);
        let counts = |rule: &RuleId| rules.rule(*rule).counts();
        let counting: Vec<RuleId> = match verdict.hits.as_slice() {
            // No pair to be counted, and nothing to be allocated for a line.
            [_] => Vec::new(),
            hits => hits.iter().map(|hit| hit.rule).filter(counts).collect(),
        };
        for hit in &verdict.hits {
            if fired.last() != Some(&hit.rule) {
                fired.push(hit.rule);
            }
            let alone = match verdict.hits.len() {
                1 => counts(&hit.rule),
                _ => counting.len() == 1 && counting[0] == hit.rule,
            };
            let tally = at(&mut self.rules, hit.rule.0);
            tally.hits += 1;
            tally.acted += u64::from(acted);
            tally.alone += u64::from(acted && alone);
            // A rule that removes nothing by itself is shown too.
            if !acted {
                let order =
                    order_of(&rules.rule(hit.rule).name, &outcome.info().location, span.start);
                let most = self.most.hits();
                tally.samples.offer(most, order | 1 << 63, || sample(outcome, span));
            }
        }
        for (n, a) in counting.iter().enumerate() {
            for b in &counting[n + 1..] {
                self.add_overlap((*a.min(b), *a.max(b)), 1);
            }
        }
    }

    fn add_overlap(&mut self, pair: (RuleId, RuleId), count: u64) {
        // An odd factor: no two pairs have one key.
        let key = u64::from(pair.0.0) << 16 | u64::from(pair.1.0);
        let key = key.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.overlaps.entry(key).or_insert(Overlap { pair, count: 0 }).count += count;
    }

    fn add_notes(&mut self, outcome: &Outcome, rules: &RuleSet) {
        let notes = &outcome.notes;
        for (rule, targets) in notes.unheld.undefined.iter() {
            at(&mut self.rules, rule.0).undefined += targets;
        }
        for (rule, targets) in notes.unheld.skipped.iter() {
            at(&mut self.rules, rule.0).skipped += targets;
        }
        for value in &notes.values {
            at(&mut self.signals, value.signal.0)[value.scope as usize].add(f64::from(value.value));
        }
        for near in &notes.near {
            let tally = at(&mut self.rules, near.rule.0);
            let side =
                if near.margin < 0.0 { &mut tally.near_misses } else { &mut tally.near_hits };
            // The nearest first; among equals the smallest hash.
            let hash =
                order_of(&rules.rule(near.rule).name, &outcome.info().location, near.span.start);
            let order = ((near.margin.abs() * 1e6) as u64) << 40 | hash >> 24;
            side.offer(self.most.near(), order, || Sample {
                margin: Some(significant(near.margin)),
                bound: rules.rule(near.rule).bound_of(near.leaf),
                ..sample(outcome, near.span)
            });
        }
    }

    /// Takes in the counts of another tally.
    pub fn merge(&mut self, other: Tally) {
        self.read.merge(other.read);
        self.kept.merge(other.kept);
        self.removed.merge(other.removed);
        self.dropped.merge(other.dropped);
        self.untouched += other.untouched;
        self.flagged += other.flagged;
        self.guard_dropped += other.guard_dropped;
        self.guard_left += other.guard_left;
        self.blank += other.blank;
        self.passed += other.passed;
        for (rule, theirs) in (0..).zip(other.rules) {
            let own = at(&mut self.rules, rule);
            own.documents += theirs.documents;
            own.hits += theirs.hits;
            own.acted += theirs.acted;
            own.alone += theirs.alone;
            own.bytes += theirs.bytes;
            own.characters += theirs.characters;
            own.dropped += theirs.dropped;
            own.dropped_bytes += theirs.dropped_bytes;
            own.undefined += theirs.undefined;
            own.skipped += theirs.skipped;
            own.samples.merge(self.most.hits(), theirs.samples);
            own.near_hits.merge(self.most.near(), theirs.near_hits);
            own.near_misses.merge(self.most.near(), theirs.near_misses);
        }
        for Overlap { pair, count } in other.overlaps.into_values() {
            self.add_overlap(pair, count);
        }
        for (own, theirs) in self.categories.iter_mut().zip(other.categories) {
            own.removals += theirs.removals;
            own.bytes += theirs.bytes;
            own.characters += theirs.characters;
            own.documents += theirs.documents;
            own.dropped += theirs.dropped;
            own.flagged += theirs.flagged;
        }
        for (by, count) in other.decided_by {
            *self.decided_by.entry(by).or_insert(0) += count;
        }
        for (signal, theirs) in (0..).zip(&other.signals) {
            for (own, theirs) in at(&mut self.signals, signal).iter_mut().zip(theirs) {
                own.merge(theirs);
            }
        }
        for (reason, (count, bytes, samples)) in other.unreadable {
            let own = self.unreadable.entry(reason).or_default();
            own.0 += count;
            own.1 += bytes;
            own.2.merge(self.most.hits(), samples);
        }
        for (name, count) in other.charsets {
            *self.charsets.entry(name).or_insert(0) += count;
        }
        for (name, count) in other.languages {
            *self.languages.entry(name).or_insert(0) += count;
        }
        self.by_host.merge(other.by_host);
        self.by_language.merge(other.by_language);
        for (name, theirs) in other.sources {
            let own = self.sources.entry(name).or_default();
            own.kept += theirs.kept;
            own.cut += theirs.cut;
            own.dropped += theirs.dropped;
            own.unreadable += theirs.unreadable;
            own.bytes += theirs.bytes;
            own.removed_bytes += theirs.removed_bytes;
            own.error = own.error.take().or(theirs.error);
        }
    }

    /// Records that could not be read.
    pub fn unreadable_count(&self) -> u64 {
        self.unreadable.values().map(|(count, _, _)| count).sum()
    }

    /// Sources that could not be read to their end.
    pub fn failed_sources(&self) -> u64 {
        self.sources.values().filter(|source| source.error.is_some()).count() as u64
    }
}

/// The entry of a number, made with all before it at the first ask. Counting is done for every
/// value of every target, so it must not search.
fn at<T: Default>(entries: &mut Vec<T>, number: u16) -> &mut T {
    let number = usize::from(number);
    if entries.len() <= number {
        entries.resize_with(number + 1, T::default);
    }
    &mut entries[number]
}

/// A character set as the report counts it.
fn charset_note(charset: Charset) -> Cow<'static, str> {
    match charset.malformed {
        true => format!("{}, malformed", charset.name).into(),
        false => charset.name.into(),
    }
}

/// Counts a thing by its name.
fn count_name(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => drop(counts.insert(name.to_owned(), 1)),
    }
}

#[cfg(test)]
mod tests;
