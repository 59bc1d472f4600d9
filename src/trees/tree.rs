//! One tree as it is described, in training and in files.

use super::{TreeFault, options::MOST_LEAVES};

/// A comparison: a row goes to the right child if its value of the feature is above the threshold,
/// and to the left if it is not, or is not a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Split {
    /// The node that is split.
    pub(super) node: u16,
    pub(super) feature: u16,
    pub(super) threshold: f32,
    /// By how much it lowered the loss, estimated.
    pub(super) gain: f32,
}

/// Splits in the order in which they were made. Node 0 is the root, and split `n` makes nodes
/// `2n + 1` (left) and `2n + 2` (right) out of one that was there: neither a cycle nor a node with
/// two parents can be said.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tree {
    pub(super) splits: Vec<Split>,
    /// The value of each node, one more than twice the splits.
    pub(super) values: Vec<f32>,
}

impl Tree {
    /// Whether the parts hold together, for that many features.
    pub(super) fn check(&self, features: usize) -> Result<(), TreeFault> {
        if self.splits.len() >= MOST_LEAVES {
            return Err(TreeFault::TooLarge(self.splits.len()));
        }
        let mut split_before = vec![false; self.values.len()];
        for (number, split) in self.splits.iter().enumerate() {
            let node = usize::from(split.node);
            if node > 2 * number {
                return Err(TreeFault::NoSuchNode { split: number, node });
            }
            if let Some(before) = split_before.get_mut(node)
                && std::mem::replace(before, true)
            {
                return Err(TreeFault::SplitTwice { split: number, node });
            }
            if usize::from(split.feature) >= features {
                return Err(TreeFault::NoSuchFeature { node, feature: split.feature.into() });
            }
            for (what, value) in [("threshold", split.threshold), ("gain", split.gain)] {
                if !value.is_finite() {
                    return Err(TreeFault::NotFinite { node, what });
                }
            }
        }
        match self.values.iter().position(|value| !value.is_finite()) {
            Some(node) => Err(TreeFault::NotFinite { node, what: "value" }),
            None => Ok(()),
        }
    }

    /// For each node its depth; the root's is 0. The tree has been checked.
    pub(super) fn depths(&self) -> Vec<usize> {
        let mut depths = vec![0; self.values.len()];
        for (number, split) in self.splits.iter().enumerate() {
            let depth = depths.get(usize::from(split.node)).copied().unwrap_or_default() + 1;
            for child in [2 * number + 1, 2 * number + 2] {
                if let Some(place) = depths.get_mut(child) {
                    *place = depth;
                }
            }
        }
        depths
    }
}
