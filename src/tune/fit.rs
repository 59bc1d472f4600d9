//! `tune fit`: weights learned from labels by logistic regression.
//!
//! The model is the one that rules decide by: a target's points are the sum of weight × strength
//! of what fired, each group's held between 0 and its cap, and how likely the target has to go is
//! a logistic function of its points. So the weights stay what they were, numbers that add up, and
//! each keeps its sign. They are drawn to those in force by a ridge penalty. How strongly, how likely
//! it must be for 1 point, and how far to go from the weights in force at all, is chosen by
//! cross-validation on whole documents, judged by the line as in a run: the F1 that is gained, as far
//! as it is beyond its error, or the most junk found while no more good text goes than was asked; no more
//! documents may be dropped wrongly than before. What a few documents alone speak for is within
//! the error, and the weights in force stay. Learned are weights of sentences and blocks; documents
//! are too few, and dropping one is too grave, for weights of documents to be learned so.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use super::descent::{Model, Observation, Parameter};
use super::families::families;
use super::labelled::{LabelDesk, Part, Worth};
use super::observe::{observe, parameters};
use super::sweep::TuneError;
use crate::eval::{Figures, LabelAction, Scored};
use crate::rules::RuleSet;
use crate::rules::overlay::Overlay;
use crate::text::words::word_hash;

/// Penalties tried, in the unit of an observation's weight.
const RIDGES: [f64; 2] = [300.0, 30.0];
/// Likelihoods tried for what 1 point stands for.
const LIKELIHOODS: [f64; 2] = [0.8, 0.95];
/// How far to go from the weights in force to those learned.
const SHARES: [f64; 5] = [0.2, 0.35, 0.5, 0.75, 1.0];
/// Folds that both are chosen by.
const FOLDS: u64 = 4;

/// Standard errors that a gain must be beyond: it is above 0 with a likelihood of 95 %. Of many
/// weights tried the best always gains a little, and that is noise.
const SURE: f64 = 1.645;

/// How weights are to be learned.
#[derive(Clone, Debug)]
pub struct FitOptions {
    /// Good characters that may go, in a million, by cross-validation: the most junk is found for
    /// that. `None`: the best F1, as far as it is beyond its standard error.
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
    /// The F1 gained there, 0 to 1, and its standard error.
    pub gain: (f64, f64),
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

/// Labelled documents with all that weights are learned from.
pub(super) struct Lesson<'d> {
    desk: &'d LabelDesk,
    rules: RuleSet,
    /// The changes in force.
    start: Overlay,
    parameters: Vec<Parameter>,
    observations: Vec<Observation>,
    /// For each document the first of its family.
    pub(super) families: Vec<usize>,
    /// What becomes of the documents under the weights in force.
    pub(super) before: Vec<Scored>,
}

/// Weights learned from some documents.
pub(super) struct Taught {
    chosen: Chosen,
    weights: Vec<Learned>,
    pub(super) overlay: Overlay,
    targets: usize,
}

/// What was chosen by cross-validation.
struct Chosen {
    ridge: f64,
    likelihood: f64,
    share: f64,
    validated: Worth,
    gain: (f64, f64),
}

impl<'d> Lesson<'d> {
    pub(super) fn new(desk: &'d LabelDesk) -> Self {
        let rules = desk.desk().rules().clone();
        let before = desk.scored();
        let mut parameters = parameters(&rules);
        let observations = observe(desk, &before, &rules, &mut parameters);
        let start = desk.desk().overlay().clone();
        Self { desk, rules, start, parameters, observations, families: families(desk), before }
    }

    /// The fold of a document, by a hash of the id of the first of its family.
    pub(super) fn fold_of(&self, place: usize, salt: &str, folds: u64) -> u64 {
        let lead = self.families.get(place).and_then(|lead| self.desk.labels().get(*lead));
        lead.map_or(0, |label| word_hash(&format!("{salt} {}", label.id)) % folds.max(1))
    }

    /// What becomes of the documents, if those that are wanted are judged under other weights.
    pub(super) fn judged(
        &self,
        overlay: &Overlay,
        wanted: &(dyn Fn(usize) -> bool + Sync),
    ) -> Result<Vec<Scored>, TuneError> {
        Ok(self.desk.trial(overlay, wanted)?)
    }

    /// Learns weights from the documents at the places that `learned` is true of.
    pub(super) fn teach(
        &self,
        options: &FitOptions,
        wanted: &dyn Fn(&str) -> bool,
        learned: &(dyn Fn(usize) -> bool + Sync),
    ) -> Result<Taught, TuneError> {
        let of_learned = self.observations.iter().filter(|one| learned(one.document));
        let observations: Vec<&Observation> = of_learned.collect();
        let (junk, good) = observations.iter().fold((0.0, 0.0), |(junk, good), one| {
            (junk + one.weight * one.junk, good + one.weight * (1.0 - one.junk))
        });
        if junk <= 0.0 || good <= 0.0 {
            let why = "too little to learn from: on the documents learned from, rules with weights \
                       must fire on text that has to go and on text that has to stay";
            return Err(TuneError::TooLittle(why.to_owned()));
        }
        let fewest = options.documents.max(1);
        let mut parameters = self.parameters.clone();
        parameters.iter_mut().for_each(|own| own.documents.retain(|place| learned(*place)));
        let is_free = |parameter: &Parameter| {
            parameter.documents.len() >= fewest && wanted(&self.rules.rule(parameter.rule).name)
        };
        let free: Vec<bool> = parameters.iter().map(is_free).collect();
        if !free.contains(&true) {
            let why = format!(
                "no weight to learn: no rule that is wanted fired in {fewest} documents or more"
            );
            return Err(TuneError::TooLittle(why));
        }
        let model = Model { parameters: &parameters, free: &free };
        let Some(chosen) = self.choose(&model, &observations, learned, options.cost)? else {
            let why = match options.cost {
                Some(cost) => format!(
                    "no weights cost {cost:.0} good characters in a million or fewer by \
                     cross-validation"
                ),
                None => "no weights do better than those in force by cross-validation, beyond the \
                         error of the gain"
                    .to_owned(),
            };
            return Err(TuneError::TooLittle(why));
        };
        let weights = model.learn(&observations, chosen.ridge, chosen.likelihood);
        let weights = model.towards(&weights, chosen.share);
        Ok(Taught {
            chosen,
            overlay: model.overlay(&self.rules, &self.start, &weights),
            weights: model.changes(&self.rules, &weights),
            targets: observations.len(),
        })
    }

    /// Tries every penalty with every likelihood: each fold's documents are judged by weights that
    /// were learned from the others.
    fn choose(
        &self,
        model: &Model<'_>,
        observations: &[&Observation],
        learned: &(dyn Fn(usize) -> bool + Sync),
        cost: Option<f64>,
    ) -> Result<Option<Chosen>, TuneError> {
        let fold_of: Vec<Option<u64>> = (0..self.before.len())
            .map(|place| learned(place).then(|| self.fold_of(place, "fold", FOLDS)))
            .collect();
        let is_in = |place: usize, fold: u64| fold_of.get(place) == Some(&Some(fold));
        let pool = self.desk.desk().pool();
        let mut best: Option<(f64, Chosen)> = None;
        for ridge in RIDGES {
            for likelihood in LIKELIHOODS {
                let learn = |fold: u64| {
                    let others = observations.iter().filter(|one| !is_in(one.document, fold));
                    model.learn(&others.copied().collect::<Vec<_>>(), ridge, likelihood)
                };
                let folds: Vec<Vec<f64>> =
                    pool.install(|| (0..FOLDS).into_par_iter().map(learn).collect());
                for share in SHARES {
                    let mut pairs: Vec<(usize, Worth, Worth)> = Vec::new();
                    for (fold, weights) in (0..FOLDS).zip(&folds) {
                        let weights = model.towards(weights, share);
                        let overlay = model.overlay(&self.rules, &self.start, &weights);
                        let after = self.judged(&overlay, &|place| is_in(place, fold))?;
                        pairs.extend(self.pairs(&after, &|place| is_in(place, fold)));
                    }
                    let pooled = Pooled::of(&pairs);
                    let Some(score) = pooled.score(cost) else { continue };
                    if best.as_ref().is_none_or(|(known, _)| score > *known) {
                        let (validated, gain) = (pooled.after, pooled.gain);
                        best = Some((score, Chosen { ridge, likelihood, share, validated, gain }));
                    }
                }
            }
        }
        Ok(best.map(|(_, chosen)| chosen))
    }

    /// What the wanted documents came to before and come to now, each with its family.
    pub(super) fn pairs(
        &self,
        after: &[Scored],
        wanted: &dyn Fn(usize) -> bool,
    ) -> Vec<(usize, Worth, Worth)> {
        let worth = |scored: &Scored| Worth::of(&Figures::of([scored]));
        let pairs = self.families.iter().zip(self.before.iter().zip(after)).enumerate();
        pairs
            .filter(|(place, _)| wanted(*place))
            .map(|(_, (family, (before, after)))| (*family, worth(before), worth(after)))
            .collect()
    }

    /// How many of the wanted documents have fewer labelled characters on the wrong side than
    /// before, and how many more.
    pub(super) fn better_and_worse(
        &self,
        after: &[Scored],
        wanted: &dyn Fn(usize) -> bool,
    ) -> (usize, usize) {
        let pairs = self.before.iter().zip(after).enumerate();
        let wanted = pairs.filter(|(place, _)| wanted(*place));
        wanted.fold((0, 0), |(better, worse), (_, (before, after))| {
            let (before, after) = (on_the_wrong_side(before), on_the_wrong_side(after));
            (better + usize::from(after < before), worse + usize::from(after > before))
        })
    }
}

fn on_the_wrong_side(scored: &Scored) -> u64 {
    let parts = scored.parts.iter().map(|part| match part.label.action {
        LabelAction::Remove => part.counted.characters - part.counted.removed(),
        LabelAction::Keep => part.counted.removed(),
        LabelAction::Flag => 0,
    });
    parts.sum()
}

/// Documents before and after, together.
pub(super) struct Pooled {
    pub(super) before: Worth,
    pub(super) after: Worth,
    /// The F1 gained, and its standard error: families of documents come out as they do by chance,
    /// independently of each other.
    pub(super) gain: (f64, f64),
}

impl Pooled {
    pub(super) fn of(pairs: &[(usize, Worth, Worth)]) -> Self {
        let sum = |of: &dyn Fn(&(usize, Worth, Worth)) -> Worth| {
            pairs.iter().fold(Worth::default(), |sum, pair| sum.plus(&of(pair)))
        };
        let (before, after) = (sum(&|pair| pair.1), sum(&|pair| pair.2));
        // F1 is 2·found ÷ counted, so that 2·found − F1·counted of all is 0 before, and what it is
        // after, divided by what is counted then, is the gain: a sum over documents.
        let counted = |worth: &Worth| (worth.junk_found + worth.good_lost + worth.junk) as f64;
        let f1 = before.f1();
        let own = |worth: &Worth| 2.0 * worth.junk_found as f64 - f1 * counted(worth);
        let mut by_family: BTreeMap<usize, f64> = BTreeMap::new();
        for (family, before, after) in pairs {
            *by_family.entry(*family).or_default() += own(after) - own(before);
        }
        let all = counted(&after).max(1.0);
        let error = by_family.values().map(|gain| gain * gain).sum::<f64>().sqrt();
        Self { before, after, gain: (after.f1() - f1, error / all) }
    }

    /// How good weights are that come to so much; `None` if they must not be taken.
    fn score(&self, cost: Option<f64>) -> Option<f64> {
        if self.after.dropped_wrongly > self.before.dropped_wrongly {
            return None;
        }
        let (gain, error) = self.gain;
        match cost {
            Some(cost) => (self.after.cost() <= cost).then_some(self.after.junk_found as f64),
            None => Some(gain - SURE * error).filter(|sure| *sure > 0.0),
        }
    }
}

/// Learns weights from the documents that are not held back, by the rules and changes in force.
/// `wanted` says of which rules by their names.
///
/// # Errors
/// If there is nothing to learn from, or nothing better is found.
pub fn fit(
    desk: &LabelDesk,
    options: &FitOptions,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Fit, TuneError> {
    let lesson = Lesson::new(desk);
    let taught = lesson.teach(options, wanted, &|place| desk.is_in(place, Part::Learned))?;
    let after = lesson.judged(&taught.overlay, &|_| true)?;
    let worths = |part: Part| (desk.worth_of(&lesson.before, part), desk.worth_of(&after, part));
    let Taught { chosen, weights, overlay, targets } = taught;
    Ok(Fit {
        weights,
        overlay,
        ridge: chosen.ridge,
        likelihood: chosen.likelihood,
        share: chosen.share,
        validated: chosen.validated,
        gain: chosen.gain,
        learned: worths(Part::Learned),
        held_back: worths(Part::HeldBack),
        better_and_worse: lesson
            .better_and_worse(&after, &|place| desk.is_in(place, Part::HeldBack)),
        targets,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A document of a family that lost 20 good characters, and now loses so many.
    fn loses(family: usize, now: u64) -> (usize, Worth, Worth) {
        let of = |good_lost| Worth {
            junk_found: 80,
            junk: 100,
            good: 1000,
            good_lost,
            ..Worth::default()
        };
        (family, of(20), of(now))
    }

    #[test]
    fn a_gain_must_be_beyond_its_error() {
        let of = |gaining: usize| -> Vec<_> {
            (0..10).map(|n| loses(n, if n < gaining { 0 } else { 20 })).collect()
        };
        let score = |gaining: usize| Pooled::of(&of(gaining)).score(None);
        // One of ten is a standard error of its own, two are √2 of them, three √3.
        assert_eq!((score(0), score(1), score(2)), (None, None, None));
        assert!(score(3).is_some_and(|sure| sure > 0.0) && score(4) > score(3));
        let pooled = Pooled::of(&of(4));
        assert_eq!(pooled.gain.0, pooled.after.f1() - pooled.before.f1());
        assert!((pooled.gain.0 / pooled.gain.1 - 2.0).abs() < 1e-9, "{:?}", pooled.gain);
    }

    #[test]
    fn documents_of_a_family_are_one_witness() {
        let twins: Vec<_> = (0..10).map(|n| loses(n / 8, 0)).collect();
        assert_eq!(Pooled::of(&twins).score(None), None);
        let others: Vec<_> = (0..10).map(|n| loses(n, 0)).collect();
        assert!(Pooled::of(&others).score(None).is_some());
    }

    #[test]
    fn no_more_documents_may_be_dropped_wrongly_and_no_more_may_be_lost_than_asked() {
        let mut pairs: Vec<_> = (0..10).map(|n| loses(n, 5)).collect();
        let pooled = Pooled::of(&pairs);
        assert_eq!(pooled.score(Some(4999.0)), None);
        assert_eq!(pooled.score(Some(5000.0)), Some(800.0));
        if let Some((_, _, after)) = pairs.first_mut() {
            after.dropped_wrongly = 1;
        }
        assert_eq!(Pooled::of(&pairs).score(None), None);
        assert_eq!(Pooled::of(&[]).score(None), None);
    }
}
