//! An additive model as tables that a person can read.

use serde::{Deserialize, Serialize};

use super::Model;

/// What one feature adds to the score, by its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Steps {
    /// The feature's name.
    pub feature: String,
    /// Upper ends of all intervals but the last, ascending; a value at an end is below it.
    pub thresholds: Vec<f32>,
    /// What is added in each interval, one more than the thresholds. Their mean over the training
    /// rows is about 0.
    pub values: Vec<f32>,
}

impl Steps {
    /// What a value adds; the first interval's for what is not a number, 0 without values.
    pub fn value(&self, value: f32) -> f32 {
        let interval = self.thresholds.partition_point(|&threshold| value > threshold);
        self.values.get(interval).copied().unwrap_or_default()
    }
}

/// A model that is a sum over single features.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Additive {
    /// The score to expect before any feature is known.
    pub base: f32,
    /// For each feature of the model, in order, what it adds; without thresholds if it is not
    /// used.
    pub steps: Vec<Steps>,
}

impl Additive {
    /// The log-odds of a row in the order of the steps; what it lacks counts as lowest. That of the
    /// model it was made from, but for rounding.
    pub fn score(&self, row: &[f32]) -> f32 {
        let sum = |(at, steps): (usize, &Steps)| {
            f64::from(steps.value(row.get(at).copied().unwrap_or(f32::NAN)))
        };
        (f64::from(self.base) + self.steps.iter().enumerate().map(sum).sum::<f64>()) as f32
    }
}

/// The tables of a model whose trees have one split at most.
pub(super) fn of(model: &Model) -> Option<Additive> {
    let mut stumps: Vec<Vec<Stump>> = vec![Vec::new(); model.features().len()];
    for tree in &model.trees {
        match (tree.splits.as_slice(), tree.values.as_slice()) {
            ([], _) => {}
            ([split], [root, left, right]) => {
                let root = f64::from(*root);
                stumps.get_mut(usize::from(split.feature))?.push(Stump {
                    threshold: split.threshold,
                    low: f64::from(*left) - root,
                    high: f64::from(*right) - root,
                });
            }
            _ => return None,
        }
    }
    let steps = model.features().iter().zip(stumps).map(|(name, mut stumps)| {
        stumps.sort_by(|a, b| a.threshold.total_cmp(&b.threshold));
        let mut value: f64 = stumps.iter().map(|stump| stump.low).sum();
        let (mut thresholds, mut values) = (Vec::new(), vec![value as f32]);
        for stump in stumps {
            value += stump.high - stump.low;
            // Stumps at one threshold are one step.
            if thresholds.last() != Some(&stump.threshold) {
                thresholds.push(stump.threshold);
                values.push(0.0);
            }
            if let Some(last) = values.last_mut() {
                *last = value as f32;
            }
        }
        Steps { feature: name.clone(), thresholds, values }
    });
    Some(Additive { base: model.expected(), steps: steps.collect() })
}

#[derive(Debug, Clone, Copy)]
struct Stump {
    threshold: f32,
    low: f64,
    high: f64,
}
