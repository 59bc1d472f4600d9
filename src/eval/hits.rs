//! What each rule fired on, whoever decided: what it would take alone, and how pure its evidence is.

use std::collections::BTreeMap;

use serde::Serialize;

use super::figures::share;
use super::labels::{DocLabel, LabelAction};
use super::score::Scored;
use crate::document::{Scope, Span};
use crate::outcome::Outcome;
use crate::rules::{Action, Effect, Hit, RuleId, RuleSet};

/// A rule fired on something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fired {
    /// The rule.
    pub rule: RuleId,
    /// Its target, or for a rule that cuts what it would cut; the whole text for a rule on
    /// documents or sources.
    pub span: Span,
    /// True if its action or its points would be enough without any other rule. A preview rule is
    /// taken as if it were stable.
    pub is_enough: bool,
}

/// All that fired on a document, parts of rules aside.
pub fn fired(outcome: &Outcome, rules: &RuleSet) -> Vec<Fired> {
    let mut found = Vec::new();
    let whole = Span::new(0, outcome.page.text.len());
    add(&mut found, &outcome.on_source.hits, whole, rules);
    add(&mut found, &outcome.on_page.hits, whole, rules);
    for (block, verdict) in outcome.page.blocks.iter().zip(&outcome.on_blocks.blocks) {
        add(&mut found, &verdict.verdict.hits, block.span, rules);
        for sentence in &verdict.sentences {
            add(&mut found, &sentence.verdict.hits, sentence.span, rules);
        }
    }
    add(&mut found, &outcome.on_document.hits, whole, rules);
    found
}

fn add(found: &mut Vec<Fired>, hits: &[Hit], target: Span, rules: &RuleSet) {
    for hit in hits {
        let rule = rules.rule(hit.rule);
        let act_at = match rule.scope {
            // The sources' points decide nothing.
            Scope::Source => f64::INFINITY,
            Scope::Page | Scope::Document => rules.decide().drop_document_at,
            Scope::Area | Scope::Sentence | Scope::Block => rules.decide().remove_block_at,
        };
        let is_enough = match rule.effect {
            Effect::Action(Action::Part) => continue,
            Effect::Action(action) => {
                matches!(action, Action::Remove | Action::Drop | Action::Cut)
            }
            Effect::Weight(weight) => weight * hit.strength >= act_at - 1e-9,
        };
        let all = [target];
        // A preview rule has no matches left.
        let spans = if hit.matches.is_empty() { &all[..] } else { &hit.matches };
        found.extend(spans.iter().map(|&span| Fired { rule: hit.rule, span, is_enough }));
    }
}

/// Characters of one labelled part that a rule fired on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// All of them.
    pub characters: u64,
    /// Those on which it would be enough alone.
    pub enough: u64,
}

/// What each rule fired on in one document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentHits {
    /// Times it fired.
    pub times: BTreeMap<RuleId, u64>,
    /// Characters by rule and number of the labelled part.
    pub parts: BTreeMap<(RuleId, usize), Touched>,
}

/// Counts what fired on a document. `text` is what the label is about.
pub fn count_hits(document: &mut Scored, text: &str, fired: &[Fired]) {
    let solid: Vec<usize> =
        text.char_indices().filter(|(_, c)| !c.is_whitespace()).map(|(at, _)| at).collect();
    let before = |at: usize| solid.partition_point(|place| *place < at) as u64;
    let mut hits = DocumentHits::default();
    for Fired { rule, span, is_enough } in fired {
        *hits.times.entry(*rule).or_insert(0) += 1;
        let first = document.parts.partition_point(|part| part.label.span.end <= span.start);
        for (n, part) in document.parts.iter().enumerate().skip(first) {
            let own = part.label.span;
            if own.start >= span.end {
                break;
            }
            let characters = before(own.end.min(span.end)) - before(own.start.max(span.start));
            let touched = hits.parts.entry((*rule, n)).or_default();
            touched.characters += characters;
            touched.enough += if *is_enough { characters } else { 0 };
        }
    }
    document.hits = Some(hits);
}

/// What one rule fired on. Characters are those of documents labelled `keep` or `clean`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct HitFigures {
    /// The rule's full name.
    pub rule: String,
    /// What it looks at.
    pub scope: &'static str,
    /// Times it fired, in all documents.
    pub hits: u64,
    /// Documents labelled `drop` on which it fired.
    pub documents_drop: u64,
    /// Documents labelled `keep` or `clean` on which it fired.
    pub documents_other: u64,
    /// Characters it fired on that have to go.
    pub removable: u64,
    /// Good characters it fired on.
    pub good: u64,
    /// Of the two, the share that has to go.
    pub precision: Option<f64>,
    /// Characters that have to go, on which it would be enough without any other rule.
    pub alone_removable: u64,
    /// Good characters on which it would be enough.
    pub alone_good: u64,
    /// Of these two, the share that has to go.
    pub alone_precision: Option<f64>,
}

/// What each rule fired on, in the order of the rules; documents' groups are settled. `None` if
/// hits were not counted.
pub fn hit_figures(documents: &[Scored], rules: &RuleSet) -> Option<Vec<HitFigures>> {
    let mut sums: BTreeMap<RuleId, HitFigures> = BTreeMap::new();
    let mut any = false;
    for document in documents {
        let Some(hits) = &document.hits else { continue };
        any = true;
        let is_junk = document.label.doc_label == DocLabel::Drop;
        for (rule, times) in &hits.times {
            let sum = sums.entry(*rule).or_default();
            sum.hits += times;
            sum.documents_drop += u64::from(is_junk);
            sum.documents_other += u64::from(!is_junk);
        }
        for ((rule, n), touched) in hits.parts.iter().filter(|_| !is_junk) {
            let Some(part) = document.parts.get(*n) else { continue };
            let sum = sums.entry(*rule).or_default();
            let (all, alone) = match part.label.action {
                LabelAction::Remove => (&mut sum.removable, &mut sum.alone_removable),
                LabelAction::Keep => (&mut sum.good, &mut sum.alone_good),
                LabelAction::Flag => continue,
            };
            *all += touched.characters;
            *alone += touched.enough;
        }
    }
    let figures = sums.into_iter().map(|(id, sum)| HitFigures {
        rule: rules.rule(id).name.clone(),
        scope: rules.rule(id).scope.name(),
        precision: share(sum.removable, sum.removable + sum.good),
        alone_precision: share(sum.alone_removable, sum.alone_removable + sum.alone_good),
        ..sum
    });
    any.then(|| figures.collect())
}
