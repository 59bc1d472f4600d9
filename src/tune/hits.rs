//! `tune hits`: how right each rule is on labelled documents, what it decides alone, and which
//! other rules say the same. After SpamAssassin's `hit-frequencies`, with intervals.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::labelled::{Characters, LabelDesk, Part, share};
use crate::document::{Scope, Span};
use crate::eval::DocLabel;
use crate::outcome::Outcome;
use crate::rules::{Action, Effect, RuleId, RuleSet};
use crate::verdict::{DecidedBy, Verdict};

/// What one rule did on labelled documents. A hit is *right* where more of the target's labelled
/// characters have to go than have to stay, *wrong* where more have to stay; where no character is
/// labelled either way it is neither. A document's rule is right on a document labelled `drop`. A
/// rule that speaks for its target (a weight below 0, the action `keep`) is right where text has to
/// stay. Evidence of a group that was outweighed is no hit, as in a report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RuleHits {
    /// The rule's full name.
    pub rule: String,
    /// What it looks at.
    pub scope: &'static str,
    /// Its weight or action.
    pub effect: String,
    /// Times it fired.
    pub hits: u64,
    /// Documents on which it fired.
    pub documents: u64,
    /// Hits that are right.
    pub right: u64,
    /// Hits that are wrong.
    pub wrong: u64,
    /// Right of right and wrong; `None` without either.
    pub precision: Option<f64>,
    /// Wilson's interval of the precision, 95 %.
    pub interval: Option<(f64, f64)>,
    /// Characters it fired on that have to go.
    pub junk: u64,
    /// Good characters it fired on.
    pub good: u64,
    /// Of all characters that have to go, the share it fired on.
    pub recall: f64,
    /// Hits on targets that went where no other rule fired that counts: right ones.
    pub alone_right: u64,
    /// Wrong ones of these.
    pub alone_wrong: u64,
    /// The rule that most often fired on the same targets, with the number of these.
    pub overlap: Option<(String, u64)>,
}

/// Wilson's score interval of a share at 95 %; `None` of nothing.
///
/// Wilson 1927, J. Am. Stat. Assoc. 22: honest for small counts, where 3 of 3 is not 100 %.
pub fn wilson(part: u64, whole: u64) -> Option<(f64, f64)> {
    const Z: f64 = 1.959_963_984_540_054;
    if whole == 0 {
        return None;
    }
    let (n, p) = (whole as f64, share(part, whole));
    let z2 = Z * Z;
    let middle = p + z2 / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let bound = |value: f64| (value / (1.0 + z2 / n)).clamp(0.0, 1.0);
    Some((bound(middle - half), bound(middle + half)))
}

#[derive(Default)]
struct Sums {
    hits: u64,
    documents: u64,
    right: u64,
    wrong: u64,
    junk: u64,
    good: u64,
    alone_right: u64,
    alone_wrong: u64,
    with: BTreeMap<String, u64>,
}

/// Calls `take` with each target of a document on which a rule fired: its place, and the verdict.
pub(super) fn each_target(outcome: &Outcome, mut take: impl FnMut(Span, &Verdict)) {
    let whole = Span::new(0, outcome.page.text.len());
    take(whole, &outcome.on_source);
    take(whole, &outcome.on_page);
    for (block, verdict) in outcome.page.blocks.iter().zip(&outcome.on_blocks.blocks) {
        take(block.span, &verdict.verdict);
        for sentence in &verdict.sentences {
            take(sentence.span, &sentence.verdict);
        }
    }
    take(whole, &outcome.on_document);
}

/// What each rule in force fired on in a part of labelled documents; rules that never fired stand
/// in it too, parts of rules do not.
pub fn rule_hits(desk: &LabelDesk, part: Part) -> Vec<RuleHits> {
    let scored = desk.scored();
    let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
    let mut all_junk = 0;
    for (n, (document, scored)) in desk.desk().documents().iter().zip(&scored).enumerate() {
        if !desk.is_in(n, part) {
            continue;
        }
        let (outcome, rules) = (&document.now.outcome, &document.now.rules);
        let characters = Characters::of(&outcome.page.text, scored);
        let whole = Span::new(0, outcome.page.text.len());
        all_junk += characters.labelled(whole).0;
        let is_junk = scored.label.doc_label == DocLabel::Drop;
        let mut fired: BTreeSet<RuleId> = BTreeSet::new();
        each_target(outcome, |span, verdict| {
            for hit in &verdict.hits {
                let rule = rules.rule(hit.rule);
                if rule.effect == Effect::Action(Action::Part) {
                    continue;
                }
                let of_whole = matches!(rule.scope, Scope::Source | Scope::Page | Scope::Document);
                let (junk, good) = if hit.matches.is_empty() {
                    characters.labelled(span)
                } else {
                    let each = hit.matches.iter().map(|span| characters.labelled(*span));
                    each.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
                };
                let (speaks_right, speaks_wrong) = match of_whole {
                    true => (is_junk, !is_junk),
                    false => (junk > good, good > junk),
                };
                let (right, wrong) = match speaks_for(rule.effect) {
                    true => (speaks_wrong, speaks_right),
                    false => (speaks_right, speaks_wrong),
                };
                let alone = acted(verdict)
                    && rule.counts()
                    && !verdict
                        .hits
                        .iter()
                        .any(|other| other.rule != hit.rule && rules.rule(other.rule).counts());
                let sum = sums.entry(rule.name.clone()).or_default();
                sum.hits += 1;
                sum.documents += u64::from(fired.insert(hit.rule));
                sum.right += u64::from(right);
                sum.wrong += u64::from(wrong);
                sum.alone_right += u64::from(alone && right);
                sum.alone_wrong += u64::from(alone && wrong);
                // What a document's rule fires on is no part of it that has to go or stay.
                if !of_whole {
                    sum.junk += junk;
                    sum.good += good;
                }
                for other in verdict.hits.iter().filter(|other| other.rule != hit.rule) {
                    let other = rules.rule(other.rule);
                    if other.effect != Effect::Action(Action::Part) {
                        *sum.with.entry(other.name.clone()).or_default() += 1;
                    }
                }
            }
        });
    }
    all_rules(desk.desk().rules(), sums, all_junk)
}

fn all_rules(rules: &RuleSet, mut sums: BTreeMap<String, Sums>, all_junk: u64) -> Vec<RuleHits> {
    let in_force = rules.rules().iter().filter(|rule| rule.effect != Effect::Action(Action::Part));
    let figures = in_force.map(|rule| {
        let sum = sums.remove(&rule.name).unwrap_or_default();
        let known = sum.right + sum.wrong;
        // Of equals the first by name.
        let most = sum.with.into_iter().rev().max_by_key(|(_, count)| *count);
        RuleHits {
            rule: rule.name.clone(),
            scope: rule.scope.name(),
            effect: match rule.effect {
                Effect::Weight(weight) => format!("{weight}"),
                Effect::Action(action) => action.name().to_owned(),
            },
            hits: sum.hits,
            documents: sum.documents,
            right: sum.right,
            wrong: sum.wrong,
            precision: (known > 0).then(|| share(sum.right, known)),
            interval: wilson(sum.right, known),
            junk: sum.junk,
            good: sum.good,
            recall: share(sum.junk, all_junk),
            alone_right: sum.alone_right,
            alone_wrong: sum.alone_wrong,
            overlap: most,
        }
    });
    figures.collect()
}

/// True for a rule that speaks for its target.
fn speaks_for(effect: Effect) -> bool {
    match effect {
        Effect::Weight(weight) => weight < 0.0,
        Effect::Action(action) => action == Action::Keep,
    }
}

/// True for a target that went, or of which something was cut, by rules of its own.
fn acted(verdict: &Verdict) -> bool {
    matches!(verdict.action, Action::Remove | Action::Drop | Action::Cut)
        && !matches!(verdict.by, DecidedBy::Context | DecidedBy::Heading | DecidedBy::Sentences)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_of_three_is_not_all() {
        let (low, high) = wilson(3, 3).unwrap();
        // 1 / (1 + z² / 3) and 1, by hand.
        assert!((low - 0.4385).abs() < 1e-3 && (high - 1.0).abs() < 1e-9, "{low} {high}");
        let (low, high) = wilson(0, 10).unwrap();
        assert!(low.abs() < 1e-9 && (high - 0.2775).abs() < 1e-3, "{low} {high}");
        let (low, high) = wilson(50, 100).unwrap();
        assert!((low - 0.4038).abs() < 1e-3 && (high - 0.5962).abs() < 1e-3, "{low} {high}");
        assert_eq!(wilson(0, 0), None);
    }
}
