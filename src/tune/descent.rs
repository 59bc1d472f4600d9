//! Weights with the least loss on labelled targets: logistic regression over points as rules add
//! them up, groups and their bounds included.

use std::collections::BTreeSet;

use super::fit::Learned;
use crate::rules::overlay::Overlay;
use crate::rules::{RuleId, RuleSet};

/// Steps of the descent.
const STEPS: usize = 200;
/// Smallest size of a weight that is learned: at 0 it would have no sign.
const LEAST: f64 = 0.01;
/// How much a group that is outweighed still learns.
const OUTWEIGHED: f64 = 0.1;

/// A target to learn from.
#[derive(Clone, Debug)]
pub(super) struct Observation {
    /// Weights that play a part, by their places, each with the strength its rule fired with:
    /// those of a group together.
    pub(super) fired: Vec<(usize, f64)>,
    /// Where each group begins and ends among them, and the most it gives; what is in no group is
    /// one by itself without bounds.
    pub(super) groups: Vec<(usize, usize, Option<f64>)>,
    /// How much of its labelled text has to go, 0 to 1.
    pub(super) junk: f64,
    /// The root of its labelled characters: long targets count more, but not by their length.
    pub(super) weight: f64,
    /// The place of its document.
    pub(super) document: usize,
}

/// A weight that may be learned.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub(super) rule: RuleId,
    pub(super) start: f64,
    pub(super) group: Option<usize>,
    /// The most that its group gives.
    pub(super) cap: Option<f64>,
    pub(super) documents: BTreeSet<usize>,
}

pub(super) struct Model<'m> {
    pub(super) parameters: &'m [Parameter],
    /// For each weight whether it may change.
    pub(super) free: &'m [bool],
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// Where a group's sum is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
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
    pub(super) fn points(&self, weights: &[f64], sides: &mut Vec<Bound>) -> f64 {
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
    pub(super) fn learn(
        &self,
        observations: &[&Observation],
        ridge: f64,
        likelihood: f64,
    ) -> Vec<f64> {
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
    pub(super) fn towards(&self, weights: &[f64], share: f64) -> Vec<f64> {
        let pairs = self.parameters.iter().zip(weights);
        pairs.map(|(own, weight)| own.start + share * (weight - own.start)).collect()
    }

    /// The weights that are another than those in force, as numbers a person would write.
    pub(super) fn changes(&self, rules: &RuleSet, weights: &[f64]) -> Vec<Learned> {
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

    pub(super) fn overlay(&self, rules: &RuleSet, start: &Overlay, weights: &[f64]) -> Overlay {
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
pub(super) fn held(weight: f64, start: f64) -> f64 {
    let size = (weight * start.signum()).clamp(LEAST, 1.0);
    size * start.signum()
}
