//! What weights are learned from: the targets of labelled documents, with what fired on each.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::descent::{Observation, Parameter};
use super::labelled::{Characters, LabelDesk};
use crate::document::{Moves, Scope, Span};
use crate::eval::{DocLabel, Scored};
use crate::rules::{Action, Effect, Evaluation, RuleId, RuleSet, Status, Watch};
use crate::signals::Measured;

/// Takes down what fired on each target of a document.
#[derive(Debug, Default)]
struct Taker(RefCell<Taken>);

#[derive(Debug, Default)]
struct Taken {
    moves: Option<Moves>,
    /// Place in the page, and the rules that fired with their strengths.
    targets: Vec<(Span, Vec<(RuleId, f64)>)>,
}

impl Watch for Taker {
    fn moved(&self, moves: Option<&Moves>) {
        self.0.borrow_mut().moves = moves.cloned();
    }

    fn target(&self, target: &Measured<'_>, done: &Evaluation) {
        if !matches!(target.scope, Scope::Sentence | Scope::Block) || done.hits.is_empty() {
            return;
        }
        let mut taken = self.0.borrow_mut();
        let span = taken.moves.as_ref().map_or(target.span, |moves| moves.span(target.span));
        let hits = done.hits.iter().map(|hit| (hit.rule, hit.strength)).collect();
        taken.targets.push((span, hits));
    }
}

/// The weights of sentences and blocks that play a part.
pub(super) fn parameters(rules: &RuleSet) -> Vec<Parameter> {
    let of = |(rule, known): (RuleId, &crate::rules::Rule)| match known.effect {
        Effect::Weight(start)
            if start != 0.0
                && known.status != Status::Preview
                && matches!(known.scope, Scope::Sentence | Scope::Block) =>
        {
            let group = known.group.map(|group| usize::from(group.0));
            let cap = group.and_then(|group| rules.groups().get(group)).map(|own| own.max_weight);
            Some(Parameter { rule, start, group, cap, documents: BTreeSet::new() })
        }
        _ => None,
    };
    (0..).map(RuleId).zip(rules.rules()).filter_map(of).collect()
}

/// The targets of documents on which a weight plays a part and nothing else settles the matter;
/// documents that have to go whole have none. Notes of each weight on which documents it does.
pub(super) fn observe(
    desk: &LabelDesk,
    scored: &[Scored],
    rules: &RuleSet,
    parameters: &mut [Parameter],
) -> Vec<Observation> {
    let places: BTreeMap<RuleId, usize> =
        parameters.iter().enumerate().map(|(n, parameter)| (parameter.rule, n)).collect();
    let of_document =
        |(n, scored): (usize, &Scored)| observe_one(desk, n, scored, rules, parameters, &places);
    let observations: Vec<Observation> = desk
        .desk()
        .pool()
        .install(|| scored.par_iter().enumerate().flat_map_iter(of_document).collect());
    for one in &observations {
        for (place, _) in &one.fired {
            if let Some(parameter) = parameters.get_mut(*place) {
                parameter.documents.insert(one.document);
            }
        }
    }
    observations
}

fn observe_one(
    desk: &LabelDesk,
    place: usize,
    scored: &Scored,
    rules: &RuleSet,
    parameters: &[Parameter],
    places: &BTreeMap<RuleId, usize>,
) -> Vec<Observation> {
    let mut observations = Vec::new();
    let Some(document) = desk.desk().documents().get(place) else { return observations };
    if scored.label.doc_label == DocLabel::Drop {
        return observations;
    }
    let taker = Taker::default();
    let judged = desk.desk().cleaner().clean_watched(document.record.clone(), &taker);
    let Ok(outcome) = judged else { return observations };
    let characters = Characters::of(&outcome.page.text, scored);
    let settles = |id: RuleId| {
        let rule = rules.rule(id);
        let is_final =
            matches!(rule.effect, Effect::Action(Action::Keep | Action::Drop | Action::Remove));
        is_final && rule.status != Status::Preview
    };
    for (span, hits) in taker.0.into_inner().targets {
        if hits.iter().any(|(rule, _)| settles(*rule)) {
            continue;
        }
        let replaced: BTreeSet<RuleId> = hits
            .iter()
            .map(|(rule, _)| rules.rule(*rule))
            .filter(|rule| rule.status != Status::Preview)
            .flat_map(|rule| rule.replaces.iter().copied())
            .collect();
        let mut fired: Vec<(usize, f64)> = hits
            .iter()
            .filter(|(rule, _)| !replaced.contains(rule))
            .filter_map(|(rule, strength)| Some((*places.get(rule)?, *strength)))
            .collect();
        let (junk, good) = characters.labelled(span);
        if fired.is_empty() || junk + good == 0 {
            continue;
        }
        let all = (junk + good) as f64;
        let (junk, weight) = (junk as f64 / all, all.powf(0.75));
        let groups = by_group(&mut fired, parameters);
        observations.push(Observation { fired, groups, junk, weight, document: place });
    }
    observations
}

/// Puts what is in one group together; where each group begins and ends, and the most it gives.
fn by_group(
    fired: &mut [(usize, f64)],
    parameters: &[Parameter],
) -> Vec<(usize, usize, Option<f64>)> {
    let group_of = |place: usize| parameters.get(place).and_then(|own| own.group);
    fired.sort_by_key(|(place, _)| (group_of(*place), *place));
    let mut groups = Vec::new();
    let mut from = 0;
    for run in fired.chunk_by(|a, b| group_of(a.0).is_some() && group_of(a.0) == group_of(b.0)) {
        let cap = run.first().and_then(|(place, _)| parameters.get(*place)).and_then(|own| own.cap);
        groups.push((from, from + run.len(), cap));
        from += run.len();
    }
    groups
}
