//! `tune fit`: weights learned from labels by logistic regression.
//!
//! The model is the one that rules decide by: a target's points are the sum of weight × strength
//! of what fired, each group's held between 0 and its cap, and how likely the target has to go is
//! a logistic function of its points. So the weights stay what they were, numbers that add up, and
//! each keeps its sign. They are drawn to those in force by a ridge penalty. How strongly, how likely
//! it must be for 1 point, and how far to go from the weights in force at all, is chosen by cross-validation on whole documents, judged by the
//! line as in a run: the best F1, or the most junk found while no more good text goes than was
//! asked; no more documents may be dropped wrongly than before. Learned are weights of sentences and blocks; documents are
//! too few, and dropping one is too grave, for weights of documents to be learned so.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::Serialize;

use super::labelled::{LabelDesk, Part, Worth};
use super::sweep::TuneError;
use crate::document::{Moves, Scope, Span};
use crate::eval::{DocLabel, LabelAction, Scored};
use crate::rules::overlay::Overlay;
use crate::rules::{Action, Effect, Evaluation, RuleId, RuleSet, Status, Watch};
use crate::signals::Measured;
use crate::text::words::word_hash;

/// Penalties tried, in the unit of an observation's weight.
const RIDGES: [f64; 2] = [300.0, 30.0];
/// Likelihoods tried for what 1 point stands for.
const LIKELIHOODS: [f64; 2] = [0.8, 0.95];
/// How far to go from the weights in force to those learned.
const SHARES: [f64; 5] = [0.2, 0.35, 0.5, 0.75, 1.0];
/// Folds that both are chosen by.
const FOLDS: u64 = 4;
/// Steps of the descent.
const STEPS: usize = 200;
/// Smallest size of a weight that is learned: at 0 it would have no sign.
const LEAST: f64 = 0.01;
/// How much a group that is outweighed still learns.
const OUTWEIGHED: f64 = 0.1;

/// How weights are to be learned.
#[derive(Clone, Debug)]
pub struct FitOptions {
    /// Good characters that may go, in a million, by cross-validation: the most junk is found for
    /// that. `None`: the best F1.
    pub cost: Option<f64>,
    /// A rule must have fired in so many documents for its weight to be learned.
    pub documents: usize,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self { cost: None, documents: 5 }
    }
}

/// A weight, before and after.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Learned {
    /// The rule's full name.
    pub rule: String,
    /// The weight in force.
    pub from: f64,
    /// The weight learned.
    pub to: f64,
    /// Documents it was learned from on which the rule fired.
    pub documents: usize,
}

/// Weights learned, with what they are worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fit {
    /// The weights that are another, by name.
    pub weights: Vec<Learned>,
    /// The changes.
    pub overlay: Overlay,
    /// The penalty chosen.
    pub ridge: f64,
    /// How likely a target with 1 point has to go.
    pub likelihood: f64,
    /// How far the weights went from those in force to those with the least loss.
    pub share: f64,
    /// What the documents learned from came to by cross-validation with the penalty and the
    /// likelihood chosen: each judged by weights learned from others.
    pub validated: Worth,
    /// The documents learned from, before and with the weights learned.
    pub learned: (Worth, Worth),
    /// The documents held back, before and with them.
    pub held_back: (Worth, Worth),
    /// Of the documents held back, how many come out better, and how many worse: fewer labelled
    /// characters on the wrong side.
    pub better_and_worse: (usize, usize),
    /// Targets learned from.
    pub targets: usize,
}

/// A target to learn from.
#[derive(Clone, Debug)]
struct Observation {
    /// Weights that play a part, by their places, each with the strength its rule fired with:
    /// those of a group together.
    fired: Vec<(usize, f64)>,
    /// Where each group begins and ends among them, and the most it gives; what is in no group is
    /// one by itself without bounds.
    groups: Vec<(usize, usize, Option<f64>)>,
    /// How much of its labelled text has to go, 0 to 1.
    junk: f64,
    /// The root of its labelled characters: long targets count more, but not by their length.
    weight: f64,
    /// The number of its fold.
    fold: u64,
}

/// A weight that may be learned.
#[derive(Clone, Debug)]
struct Parameter {
    rule: RuleId,
    start: f64,
    group: Option<usize>,
    /// The most that its group gives.
    cap: Option<f64>,
    documents: BTreeSet<usize>,
}

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

/// Learns weights from the documents that are not held back, by the rules and changes in force,
/// which are the same afterwards. `wanted` says of which rules by their names.
///
/// # Errors
/// If there is nothing to learn from.
pub fn fit(
    desk: &mut LabelDesk,
    options: &FitOptions,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Fit, TuneError> {
    let start = desk.desk().overlay().clone();
    let scored = desk.scored();
    let rules = desk.desk().rules().clone();
    let mut parameters = parameters(&rules);
    let observations = observe(desk, &scored, &rules, &mut parameters);
    let (junk, good) = observations.iter().fold((0.0, 0.0), |(junk, good), one| {
        (junk + one.weight * one.junk, good + one.weight * (1.0 - one.junk))
    });
    if junk <= 0.0 || good <= 0.0 {
        let why = "too little to learn from: on the documents learned from, rules with weights \
                   must fire on text that has to go and on text that has to stay";
        return Err(TuneError::TooLittle(why.to_owned()));
    }
    let is_free = |parameter: &Parameter| {
        parameter.documents.len() >= options.documents.max(1)
            && wanted(&rules.rule(parameter.rule).name)
    };
    let free: Vec<bool> = parameters.iter().map(is_free).collect();
    if !free.contains(&true) {
        let why = format!(
            "no weight to learn: no rule that is wanted fired in {} documents or more",
            options.documents.max(1)
        );
        return Err(TuneError::TooLittle(why));
    }
    let model = Model { parameters: &parameters, free: &free };
    let before = Worth::of(&desk.figures(Part::Learned));
    let held_before = Worth::of(&desk.figures(Part::HeldBack));
    let aim = Aim { cost: options.cost, before };
    let chosen = choose(desk, &model, &observations, &rules, &start, aim)?;
    let Some(Chosen { ridge, likelihood, share, validated }) = chosen else {
        desk.apply(start)?;
        let why = match options.cost {
            Some(cost) => format!(
                "no weights cost {cost:.0} good characters in a million or fewer by cross-validation"
            ),
            None => "no weights do better than those in force by cross-validation".to_owned(),
        };
        return Err(TuneError::TooLittle(why));
    };
    let all: Vec<&Observation> = observations.iter().collect();
    let weights = model.towards(&model.learn(&all, ridge, likelihood), share);
    let overlay = model.overlay(&rules, &start, &weights);
    desk.apply(overlay.clone())?;
    let worth = Worth::of(&desk.figures(Part::Learned));
    desk.apply(overlay.clone())?;
    let held_after = Worth::of(&desk.figures(Part::HeldBack));
    let better_and_worse = compare(desk, &scored, &desk.scored());
    desk.apply(start)?;
    Ok(Fit {
        weights: model.changes(&rules, &weights),
        overlay,
        ridge,
        likelihood,
        share,
        validated,
        learned: (before, worth),
        held_back: (held_before, held_after),
        better_and_worse,
        targets: observations.len(),
    })
}

/// How many of the documents held back have fewer labelled characters on the wrong side, and how
/// many more.
fn compare(desk: &LabelDesk, before: &[Scored], after: &[Scored]) -> (usize, usize) {
    let wrong = |scored: &Scored| -> u64 {
        let parts = scored.parts.iter().map(|part| match part.label.action {
            LabelAction::Remove => part.counted.characters - part.counted.removed(),
            LabelAction::Keep => part.counted.removed(),
            LabelAction::Flag => 0,
        });
        parts.sum()
    };
    let pairs = before.iter().zip(after).enumerate();
    let held = pairs.filter(|(n, _)| desk.is_in(*n, Part::HeldBack));
    held.fold((0, 0), |(better, worse), (_, (before, after))| {
        let (before, after) = (wrong(before), wrong(after));
        (better + usize::from(after < before), worse + usize::from(after > before))
    })
}

/// The weights of sentences and blocks that play a part.
fn parameters(rules: &RuleSet) -> Vec<Parameter> {
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

/// The targets of the documents learned from on which a weight plays a part and nothing else
/// settles the matter.
fn observe(
    desk: &LabelDesk,
    scored: &[Scored],
    rules: &RuleSet,
    parameters: &mut [Parameter],
) -> Vec<Observation> {
    let places: BTreeMap<RuleId, usize> =
        parameters.iter().enumerate().map(|(n, parameter)| (parameter.rule, n)).collect();
    let settles = |id: RuleId| {
        let rule = rules.rule(id);
        let is_final =
            matches!(rule.effect, Effect::Action(Action::Keep | Action::Drop | Action::Remove));
        is_final && rule.status != Status::Preview
    };
    let mut observations = Vec::new();
    for (n, (document, scored)) in desk.desk().documents().iter().zip(scored).enumerate() {
        if !desk.is_in(n, Part::Learned) || scored.label.doc_label == DocLabel::Drop {
            continue;
        }
        let taker = Taker::default();
        let Ok(outcome) = desk.desk().cleaner().clean_watched(document.record.clone(), &taker)
        else {
            continue;
        };
        let fold = fold_of(&scored.label.id);
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
            let (junk, good) = labelled(&outcome.page.text, scored, span);
            if fired.is_empty() || junk + good == 0 {
                continue;
            }
            for (place, _) in &fired {
                if let Some(parameter) = parameters.get_mut(*place) {
                    parameter.documents.insert(n);
                }
            }
            let all = (junk + good) as f64;
            let (junk, weight) = (junk as f64 / all, all.powf(0.75));
            let groups = by_group(&mut fired, parameters);
            observations.push(Observation { fired, groups, junk, weight, fold });
        }
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

/// Characters of a span that have to go, and good ones; white space does not count.
fn labelled(text: &str, document: &Scored, span: Span) -> (u64, u64) {
    let first = document.parts.partition_point(|part| part.label.span.end <= span.start);
    let (mut junk, mut good) = (0, 0);
    for part in document.parts.iter().skip(first) {
        let own = part.label.span;
        if own.start >= span.end {
            break;
        }
        let both = Span::new(own.start.max(span.start), own.end.min(span.end));
        let count = crate::text::solid_characters(both.of(text)) as u64;
        match part.label.action {
            LabelAction::Remove => junk += count,
            LabelAction::Keep => good += count,
            LabelAction::Flag => {}
        }
    }
    (junk, good)
}

/// What to keep to.
#[derive(Clone, Copy)]
struct Aim {
    /// Good characters that may go, in a million.
    cost: Option<f64>,
    /// What the weights in force come to.
    before: Worth,
}

impl Aim {
    /// How good weights are that come to so much; `None` if they must not be taken.
    fn score(&self, worth: &Worth) -> Option<f64> {
        if worth.dropped_wrongly > self.before.dropped_wrongly {
            return None;
        }
        match self.cost {
            Some(cost) => (worth.cost() <= cost).then_some(worth.junk_found as f64),
            None => Some(worth.f1()).filter(|f1| *f1 > self.before.f1()),
        }
    }
}

/// What was chosen by cross-validation.
struct Chosen {
    ridge: f64,
    likelihood: f64,
    share: f64,
    validated: Worth,
}

/// Tries every penalty with every likelihood: each fold's documents are judged by weights that
/// were learned from the others.
fn choose(
    desk: &mut LabelDesk,
    model: &Model<'_>,
    observations: &[Observation],
    rules: &RuleSet,
    start: &Overlay,
    aim: Aim,
) -> Result<Option<Chosen>, TuneError> {
    let mut best: Option<(f64, Chosen)> = None;
    for ridge in RIDGES {
        for likelihood in LIKELIHOODS {
            let learn = |fold: u64| {
                let others: Vec<&Observation> =
                    observations.iter().filter(|one| one.fold != fold).collect();
                model.learn(&others, ridge, likelihood)
            };
            let folds: Vec<Vec<f64>> =
                desk.desk().pool().install(|| (0..FOLDS).into_par_iter().map(learn).collect());
            for share in SHARES {
                let mut validated = Worth::default();
                for (fold, weights) in (0..FOLDS).zip(&folds) {
                    desk.apply(model.overlay(rules, start, &model.towards(weights, share)))?;
                    validated = validated.plus(&desk.worth_where(|id| fold_of(id) == fold));
                }
                let Some(score) = aim.score(&validated) else { continue };
                if best.as_ref().is_none_or(|(known, _)| score > *known) {
                    best = Some((score, Chosen { ridge, likelihood, share, validated }));
                }
            }
        }
    }
    Ok(best.map(|(_, chosen)| chosen))
}

/// The fold of a document.
fn fold_of(id: &str) -> u64 {
    word_hash(&format!("fold {id}")) % FOLDS
}

struct Model<'m> {
    parameters: &'m [Parameter],
    /// For each weight whether it may change.
    free: &'m [bool],
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// Where a group's sum is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    Below,
    Within,
    Above,
}

impl Bound {
    /// How much of a change of the sum comes through, if the loss rises with the points by `off`.
    /// Outside its bounds it matters only if it comes back.
    fn passes(self, off: f64) -> f64 {
        match self {
            Bound::Within => 1.0,
            Bound::Below if off < 0.0 => OUTWEIGHED,
            Bound::Above if off > 0.0 => OUTWEIGHED,
            _ => 0.0,
        }
    }
}

impl Observation {
    /// The points, and for each group on which side of its bounds its sum is.
    fn points(&self, weights: &[f64], sides: &mut Vec<Bound>) -> f64 {
        sides.clear();
        let mut points = 0.0;
        for &(from, to, cap) in &self.groups {
            let members = self.fired.get(from..to).unwrap_or(&[]);
            let given = |(place, strength): &(usize, f64)| {
                weights.get(*place).map_or(0.0, |weight| weight * strength)
            };
            let sum: f64 = members.iter().map(given).sum();
            let (held, side) = match cap {
                Some(_) if sum <= 0.0 => (0.0, Bound::Below),
                Some(cap) if sum >= cap => (cap, Bound::Above),
                _ => (sum, Bound::Within),
            };
            points += held;
            sides.push(side);
        }
        points
    }
}

impl Model<'_> {
    /// Weights with the least loss and penalty, by descent along the gradient with steps that
    /// adapt (Adam: Kingma and Ba 2015), held to their signs and to 1. How steeply likelihood
    /// rises with points is learned beside them.
    fn learn(&self, observations: &[&Observation], ridge: f64, likelihood: f64) -> Vec<f64> {
        const RATE: f64 = 0.02;
        const MEMORY: (f64, f64) = (0.9, 0.999);
        let offset = (likelihood / (1.0 - likelihood)).ln();
        let mut weights: Vec<f64> = self.parameters.iter().map(|own| own.start).collect();
        let mut slope = 4.0;
        let count = weights.len() + 1;
        let (mut mean, mut square) = (vec![0.0; count], vec![0.0; count]);
        let mut gradient = vec![0.0; count];
        let mut sides = Vec::new();
        for step in 1..=STEPS {
            gradient.fill(0.0);
            for one in observations {
                let points = one.points(&weights, &mut sides);
                let off = one.weight * (sigmoid(slope * (points - 1.0) + offset) - one.junk);
                for (&(from, to, _), side) in one.groups.iter().zip(&sides) {
                    let pass = side.passes(off);
                    for (place, strength) in one.fired.get(from..to).unwrap_or(&[]) {
                        if let Some(own) = gradient.get_mut(*place) {
                            *own += off * slope * pass * strength;
                        }
                    }
                }
                if let Some(own) = gradient.last_mut() {
                    *own += off * (points - 1.0);
                }
            }
            for ((own, weight), parameter) in gradient.iter_mut().zip(&weights).zip(self.parameters)
            {
                *own += 2.0 * ridge * (weight - parameter.start);
            }
            let rate = RATE * (1.0 - step as f64 / (STEPS + 1) as f64);
            let bias = |memory: f64| 1.0 - memory.powi(step as i32);
            let moments = mean.iter_mut().zip(&mut square).zip(&gradient).enumerate();
            for (n, ((mean, square), own)) in moments {
                *mean = MEMORY.0 * *mean + (1.0 - MEMORY.0) * own;
                *square = MEMORY.1 * *square + (1.0 - MEMORY.1) * own * own;
                let size = (*square / bias(MEMORY.1)).sqrt() + 1e-12;
                let by = rate * (*mean / bias(MEMORY.0)) / size;
                match (weights.get_mut(n), self.parameters.get(n)) {
                    (Some(weight), Some(parameter)) if self.free.get(n) == Some(&true) => {
                        *weight = held(*weight - by, parameter.start);
                    }
                    (None, _) => slope = (slope - by * 5.0).clamp(0.5, 20.0),
                    _ => {}
                }
            }
        }
        weights
    }

    /// Weights so far on the way from those in force to others.
    fn towards(&self, weights: &[f64], share: f64) -> Vec<f64> {
        let pairs = self.parameters.iter().zip(weights);
        pairs.map(|(own, weight)| own.start + share * (weight - own.start)).collect()
    }

    /// The weights that are another than those in force, as numbers a person would write.
    fn changes(&self, rules: &RuleSet, weights: &[f64]) -> Vec<Learned> {
        let mut changes: Vec<Learned> = self
            .parameters
            .iter()
            .zip(weights)
            .map(|(parameter, weight)| Learned {
                rule: rules.rule(parameter.rule).name.clone(),
                from: parameter.start,
                to: (weight * 100.0).round() / 100.0,
                documents: parameter.documents.len(),
            })
            .filter(|learned| learned.to != learned.from && learned.to != 0.0)
            .collect();
        changes.sort_by(|a, b| a.rule.cmp(&b.rule));
        changes
    }

    fn overlay(&self, rules: &RuleSet, start: &Overlay, weights: &[f64]) -> Overlay {
        let mut overlay = start.clone();
        for learned in self.changes(rules, weights) {
            let change = overlay.rule(&learned.rule);
            change.action = None;
            change.weight = Some(learned.to);
        }
        overlay
    }
}

/// A weight on the side of the one that it started from.
fn held(weight: f64, start: f64) -> f64 {
    let size = (weight * start.signum()).clamp(LEAST, 1.0);
    size * start.signum()
}
