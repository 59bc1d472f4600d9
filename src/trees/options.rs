//! How a model is trained.

use serde::{Deserialize, Serialize};

use super::TreesError;

/// Most leaves of a tree: the evaluator numbers the nodes of eight trees with 16 bits.
pub(super) const MOST_LEAVES: usize = 4096;

/// Settings of [`super::train()`]. They are written into the model's file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Trees, at most: training ends when no tree can improve on the ones before.
    pub trees: usize,
    /// Leaves of a tree, at most; 2 to 4096. With 2 the model is additive.
    pub leaves: usize,
    /// Comparisons from the root to a leaf, at most. Time to score grows with it.
    pub depth: usize,
    /// By how much each tree's answer is shrunk; above 0, at most 1.
    pub learning_rate: f32,
    /// Added to the hessian wherever it divides: values of small leaves shrink. From 0.
    pub l2: f32,
    /// Least hessian of a leaf: the sum of weight × likelihood × (1 − likelihood). From 0; it may
    /// not be 0 together with `l2`.
    pub min_hessian: f32,
    /// Least rows of a leaf among those drawn, whatever they weigh.
    pub min_rows: usize,
    /// Least gain of a split: by how much it lowers twice the loss's second-order estimate.
    pub min_gain: f32,
    /// Intervals that the values of a feature are sorted into, at most; 2 to 255.
    pub bins: usize,
    /// The share of the features that a tree may use, drawn anew for each; above 0, at most 1.
    pub feature_share: f32,
    /// The share of the rows that a tree learns from, drawn anew for each; above 0, at most 1.
    pub row_share: f32,
    /// Where the drawing starts.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            trees: 200,
            leaves: 31,
            depth: 10,
            learning_rate: 0.1,
            l2: 1.0,
            min_hessian: 0.001,
            min_rows: 20,
            min_gain: 0.0,
            bins: 255,
            feature_share: 1.0,
            row_share: 1.0,
            seed: 0,
        }
    }
}

impl Options {
    /// The first option that is out of its range.
    pub(super) fn check(&self) -> Result<(), TreesError> {
        let share = |value: f32| value > 0.0 && value <= 1.0;
        let from_zero = |value: f32| value >= 0.0 && value.is_finite();
        let checks = [
            ("leaves", self.leaves as f64, (2..=MOST_LEAVES).contains(&self.leaves), "2 to 4096"),
            ("depth", self.depth as f64, self.depth >= 1, "at least 1"),
            ("bins", self.bins as f64, (2..=255).contains(&self.bins), "2 to 255"),
            ("learning_rate", self.learning_rate.into(), share(self.learning_rate), ABOVE_ZERO),
            ("feature_share", self.feature_share.into(), share(self.feature_share), ABOVE_ZERO),
            ("row_share", self.row_share.into(), share(self.row_share), ABOVE_ZERO),
            ("l2", self.l2.into(), from_zero(self.l2), "a number from 0"),
            ("min_gain", self.min_gain.into(), from_zero(self.min_gain), "a number from 0"),
            (
                "min_hessian",
                self.min_hessian.into(),
                from_zero(self.min_hessian) && self.min_hessian + self.l2 > 0.0,
                "a number from 0, and above 0 if l2 is 0",
            ),
        ];
        match checks.into_iter().find(|(_, _, holds, _)| !holds) {
            Some((name, value, _, range)) => Err(TreesError::Option { name, value, range }),
            None => Ok(()),
        }
    }
}

const ABOVE_ZERO: &str = "above 0 and at most 1";
