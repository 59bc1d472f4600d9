//! Two sets of rules on the same documents: what one of them takes away and the other does not.
//!
//! Sums are whole numbers and samples are those with the smallest hash, so what comes of it does
//! not depend on threads or on the order of documents.

use std::collections::BTreeMap;
use std::collections::HashMap;

use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

use crate::decode::DecodeError;
use crate::document::{Location, Record, Span};
use crate::outcome::{Decision, Outcome, category};
use crate::pipeline::Cleaner;
use crate::rules::{Category, RuleId, RuleSet};

pub mod page;
mod table;
#[cfg(test)]
mod tests;

pub use table::{Names, table};

/// Characters of a sample's context, on either side.
const CONTEXT: usize = 80;
/// Characters of a sample.
const SAMPLE: usize = 400;
/// Documents that are named of those dropped by one set alone.
const DOCUMENTS: usize = 20;

/// An amount of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// Documents that it is in.
    pub documents: u64,
    /// Spans that were removed, as a whole or in part; a document that is dropped is one.
    pub spans: u64,
    /// Bytes in UTF-8.
    pub bytes: u64,
    /// Characters (code points).
    pub characters: u64,
}

impl Amount {
    fn merge(&mut self, other: Amount) {
        self.documents += other.documents;
        self.spans += other.spans;
        self.bytes += other.bytes;
        self.characters += other.characters;
    }
}

/// A piece of text that one set takes away alone, with what stands around it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// The source's name.
    pub source: String,
    /// Number of the record in its source, from 0.
    pub ordinal: u64,
    /// The document's id.
    pub id: String,
    /// First byte in the page's text; where the pages differ, in what the other set keeps.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Text before it.
    pub before: String,
    /// The text, shortened with `…` in its middle if it is long.
    pub text: String,
    /// Text after it.
    pub after: String,
}

/// Samples with the smallest hash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Samples {
    #[serde(serialize_with = "samples")]
    kept: Vec<(u64, Sample)>,
}

fn samples<S: serde::Serializer>(kept: &[(u64, Sample)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(kept.iter().map(|(_, sample)| sample))
}

impl Samples {
    fn offer(&mut self, most: usize, order: u64, make: impl FnOnce() -> Sample) {
        let is_full = self.kept.len() >= most;
        if is_full && self.kept.last().is_none_or(|(last, _)| *last <= order) {
            return;
        }
        let at = self.kept.partition_point(|(known, _)| *known < order);
        self.kept.insert(at, (order, make()));
        self.kept.truncate(most);
    }

    /// The samples.
    pub fn iter(&self) -> impl Iterator<Item = &Sample> {
        self.kept.iter().map(|(_, sample)| sample)
    }
}

/// What one rule takes away alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ByRule {
    /// Its own category; the text may count under another, with which it went by points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// How much.
    #[serde(flatten)]
    pub amount: Amount,
    /// Some of it.
    pub samples: Samples,
}

/// What one set takes away and the other does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Direction {
    /// How much.
    #[serde(flatten)]
    pub amount: Amount,
    /// By category.
    pub categories: BTreeMap<&'static str, Amount>,
    /// By the rule that it is laid to, or who decided: `context`, `heading`, `sentences`,
    /// `layout`, `guard`; `not shown` is text that the other set's pages have alone.
    pub rules: BTreeMap<String, ByRule>,
    /// Documents that this set drops alone.
    pub dropped: Samples,
}

impl Direction {
    fn merge(&mut self, other: Direction, most: usize) {
        self.amount.merge(other.amount);
        for (category, amount) in other.categories {
            self.categories.entry(category).or_default().merge(amount);
        }
        for (rule, theirs) in other.rules {
            let own = self.rules.entry(rule).or_default();
            own.category = own.category.or(theirs.category);
            own.amount.merge(theirs.amount);
            for (order, sample) in theirs.samples.kept {
                own.samples.offer(most, order, || sample);
            }
        }
        for (order, sample) in other.dropped.kept {
            self.dropped.offer(DOCUMENTS, order, || sample);
        }
    }
}

/// What two sets of rules make of documents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Differences {
    /// Documents judged by both.
    pub documents: u64,
    /// Bytes of their text.
    pub bytes: u64,
    /// Documents of which something else comes out.
    pub changed: u64,
    /// Documents that could not be read.
    pub unreadable: u64,
    /// Documents by what became of them under the old rules and the new: `kept`, `cut`, `dropped`.
    pub decisions: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    /// Documents whose pages the two sets read differently (what HTML hides): compared line by
    /// line by what is kept.
    pub read_differently: u64,
    /// Documents of which the same is kept, with line breaks of another kind.
    pub rewritten: u64,
    /// What the new rules take away and the old do not.
    pub removed: Direction,
    /// What the old rules take away and the new do not.
    pub restored: Direction,
    /// Samples of each rule.
    #[serde(skip)]
    most: usize,
}

impl Differences {
    /// No documents yet; so many samples of each rule and direction are kept.
    pub fn new(samples: usize) -> Self {
        Self { most: samples, ..Self::default() }
    }

    /// True if something else comes out of a document.
    pub fn are_any(&self) -> bool {
        self.changed > 0
    }

    /// Counts a document that could not be read.
    pub fn add_unreadable(&mut self) {
        self.unreadable += 1;
    }

    /// Takes in other documents.
    pub fn merge(&mut self, other: Differences) {
        self.documents += other.documents;
        self.bytes += other.bytes;
        self.changed += other.changed;
        self.unreadable += other.unreadable;
        for (old, theirs) in other.decisions {
            let own = self.decisions.entry(old).or_default();
            theirs.into_iter().for_each(|(new, count)| *own.entry(new).or_default() += count);
        }
        self.read_differently += other.read_differently;
        self.rewritten += other.rewritten;
        self.removed.merge(other.removed, self.most);
        self.restored.merge(other.restored, self.most);
    }

    /// Documents of these two fates.
    pub fn decided(&self, old: Decision, new: Decision) -> u64 {
        self.decisions.get(old.name()).and_then(|new_of| new_of.get(new.name())).map_or(0, |n| *n)
    }
}

/// Judges documents by two sets of rules. One can serve many threads.
#[derive(Clone, Debug)]
pub struct Comparer {
    old: Cleaner,
    new: Cleaner,
    samples: usize,
}

impl Comparer {
    /// The two sets, with so many samples of each rule and direction.
    pub fn new(old: Cleaner, new: Cleaner, samples: usize) -> Self {
        Self { old: old.brief(), new: new.brief(), samples }
    }

    /// Nothing compared yet.
    pub fn nothing(&self) -> Differences {
        Differences::new(self.samples)
    }

    /// Judges a document by both.
    ///
    /// # Errors
    /// If the record's body is not text.
    pub fn compare(&self, record: Record) -> Result<Differences, DecodeError> {
        let old = self.old.clean(record.clone())?;
        let new = self.new.clean(record)?;
        let mut all = self.nothing();
        all.documents = 1;
        all.bytes = old.page.text.len() as u64;
        let by_old = all.decisions.entry(old.decision.name()).or_default();
        by_old.insert(new.decision.name(), 1);
        let sides = [
            Side { outcome: &old, rules: self.old.rules() },
            Side { outcome: &new, rules: self.new.rules() },
        ];
        let [of_old, of_new] = &sides;
        let is_one_page = old.page.text == new.page.text;
        all.read_differently = u64::from(!is_one_page);
        for (side, other, direction) in
            [(of_new, of_old, &mut all.removed), (of_old, of_new, &mut all.restored)]
        {
            let mut taker = Taker { direction, most: self.samples, location: &old.info().location };
            if is_one_page {
                side.beside(other, &mut taker);
            } else {
                side.by_line(other, &mut taker);
            }
            if side.is_dropped() && !other.is_dropped() {
                let text = &side.outcome.page.text;
                let order = order_of("", taker.location, 0);
                let whole = Span::new(0, text.len());
                taker.direction.dropped.offer(DOCUMENTS, order, || side.sample(text, whole));
            }
        }
        let is_same = all.removed.amount.spans + all.restored.amount.spans == 0
            && sides.iter().filter(|side| side.is_dropped()).count() != 1;
        let is_rewritten = is_same && old.text() != new.text() && is_one_page;
        all.rewritten = u64::from(is_rewritten);
        all.changed = u64::from(!is_same || is_rewritten);
        Ok(all)
    }
}

/// A place in the order in which samples are chosen: a hash, so that it depends on the sample
/// alone.
fn order_of(rule: &str, location: &Location, start: usize) -> u64 {
    let Location { source, ordinal } = location;
    xxh3_64(format!("{rule}\0{source}\0{ordinal}\0{start}").as_bytes())
}

/// What a span went for.
#[derive(Clone, Copy)]
struct Reason<'r> {
    rule: &'r str,
    /// The category that it is counted under.
    category: Option<Category>,
    /// The rule's own.
    own: Option<Category>,
}

/// A span that one set takes away.
struct Gone<'r> {
    span: Span,
    reason: Reason<'r>,
}

/// A document under one set of rules.
struct Side<'s> {
    outcome: &'s Outcome,
    rules: &'s RuleSet,
}

impl<'s> Side<'s> {
    fn is_dropped(&self) -> bool {
        self.outcome.decision == Decision::Dropped
    }

    fn reason(
        &self,
        leading: Option<RuleId>,
        by: &'static str,
        category: Option<Category>,
    ) -> Reason<'s> {
        match leading.map(|id| self.rules.rule(id)) {
            Some(rule) => Reason { rule: &rule.name, category, own: Some(rule.category) },
            None => Reason { rule: by, category, own: None },
        }
    }

    /// What goes, in order, without overlap; a document that is dropped goes as one span.
    fn gone(&self) -> Vec<Gone<'s>> {
        let outcome = self.outcome;
        if self.is_dropped() {
            let category = outcome.drop_category();
            let reason = self.reason(outcome.drop_leader(), "guard", category);
            return vec![Gone { span: Span::new(0, outcome.page.text.len()), reason }];
        }
        let gone = outcome.removals().iter().map(|removal| {
            let verdict = removal.verdict(&outcome.on_blocks);
            let reason = self.reason(verdict.leading(), verdict.by.name(), category(verdict));
            Gone { span: removal.span, reason }
        });
        gone.collect()
    }

    /// What is kept.
    fn kept(&self) -> &'s str {
        self.outcome.text().unwrap_or("")
    }

    /// Counts what this side takes away of a text and the other, on the same text, does not.
    fn beside(&self, other: &Side<'_>, taker: &mut Taker<'_>) {
        let text = &self.outcome.page.text;
        let theirs: Vec<Span> = other.gone().iter().map(|gone| gone.span).collect();
        let mut from = 0;
        for gone in self.gone() {
            let Span { mut start, end } = gone.span;
            // One of theirs may reach over several of ours.
            while theirs.get(from).is_some_and(|span| span.end <= start) {
                from += 1;
            }
            let mut alone: Vec<Span> = Vec::new();
            for span in theirs.iter().skip(from).take_while(|span| span.start < end) {
                if start < span.start {
                    alone.push(Span::new(start, span.start));
                }
                start = start.max(span.end);
            }
            if start < end {
                alone.push(Span::new(start, end));
            }
            taker.take(gone.reason, text, &alone, self);
        }
        taker.done();
    }

    /// Counts the lines that the other side keeps and this does not, where they read the page
    /// differently.
    fn by_line(&self, other: &Side<'_>, taker: &mut Taker<'_>) {
        let mut own: HashMap<&str, u64> = HashMap::new();
        for line in lines(self.kept()) {
            *own.entry(line.1).or_default() += 1;
        }
        let gone = self.gone();
        let mut reasons: HashMap<&str, Reason<'_>> = HashMap::new();
        for gone in &gone {
            for (_, line) in lines(gone.span.of(&self.outcome.page.text)) {
                reasons.entry(line).or_insert(gone.reason);
            }
        }
        let not_shown = Reason { rule: "not shown", category: None, own: None };
        for (span, line) in lines(other.kept()) {
            match own.get_mut(line) {
                Some(left) if *left > 0 => *left -= 1,
                _ => {
                    let reason = reasons.get(line).copied().unwrap_or(not_shown);
                    taker.take(reason, other.kept(), &[span], self);
                }
            }
        }
        taker.done();
    }

    fn sample(&self, text: &str, span: Span) -> Sample {
        let info = self.outcome.info();
        let before: Vec<char> =
            text.get(..span.start).unwrap_or("").chars().rev().take(CONTEXT).collect();
        Sample {
            source: info.location.source.to_string(),
            ordinal: info.location.ordinal,
            id: info.id.clone(),
            start: span.start,
            end: span.end,
            before: before.into_iter().rev().collect(),
            text: shortened(span.of(text)),
            after: text.get(span.end..).unwrap_or("").chars().take(CONTEXT).collect(),
        }
    }
}

/// The lines of a text that hold anything, with their places; white space around them left out.
fn lines(text: &str) -> impl Iterator<Item = (Span, &str)> {
    let mut at = 0;
    text.split('\n').filter_map(move |line| {
        let start = at + (line.len() - line.trim_start().len());
        at += line.len() + 1;
        let line = line.trim();
        (!line.is_empty()).then(|| (Span::new(start, start + line.len()), line))
    })
}

/// A text of at most [`SAMPLE`] characters: start and end, with `…` between.
fn shortened(text: &str) -> String {
    if text.char_indices().nth(SAMPLE).is_none() {
        return text.to_owned();
    }
    let head: String = text.chars().take(SAMPLE / 2).collect();
    let tail: Vec<char> = text.chars().rev().take(SAMPLE / 2).collect();
    let tail: String = tail.into_iter().rev().collect();
    format!("{head} … {tail}")
}

/// Counts what one set takes away alone.
struct Taker<'t> {
    direction: &'t mut Direction,
    most: usize,
    location: &'t Location,
}

impl Taker<'_> {
    /// A span of which these parts go under one set alone; none if all of it goes under the other.
    fn take(&mut self, reason: Reason<'_>, text: &str, parts: &[Span], side: &Side<'_>) {
        let Some(longest) = parts.iter().copied().max_by_key(|part| part.len()) else { return };
        let characters = parts.iter().map(|part| part.of(text).chars().count() as u64).sum();
        let bytes = parts.iter().map(|part| part.len() as u64).sum();
        let amount = Amount { documents: 0, spans: 1, bytes, characters };
        self.direction.amount.merge(amount);
        if let Some(category) = reason.category {
            self.direction.categories.entry(category.name()).or_default().merge(amount);
        }
        let of_rule = self.direction.rules.entry(reason.rule.to_owned()).or_default();
        of_rule.category = of_rule.category.or(reason.own);
        of_rule.amount.merge(amount);
        // White space that went with something else is shown where there is nothing better.
        let is_blank = longest.of(text).trim().is_empty();
        let order = order_of(reason.rule, self.location, longest.start) >> 1;
        let order = order | u64::from(is_blank) << 63;
        of_rule.samples.offer(self.most, order, || side.sample(text, longest));
    }

    /// The document has been looked at.
    fn done(&mut self) {
        let once = |amount: &mut Amount| amount.documents = u64::from(amount.spans > 0);
        once(&mut self.direction.amount);
        self.direction.categories.values_mut().for_each(once);
        self.direction.rules.values_mut().for_each(|rule| once(&mut rule.amount));
    }
}
