//! Trees laid out for scoring rows together: no walk, but every comparison of a feature in one
//! sweep over its thresholds.
//!
//! After Lucchese et al. 2015 (QuickScorer) and 2016 (V-QuickScorer). Each tree has one bit a
//! leaf, from left to right. A comparison that sends a row right clears the leaves on its left;
//! when all are done, the first bit left is the row's leaf. There is nothing for a processor to
//! mispredict, and sixteen rows are compared by a few vector instructions.

use super::forest::LANES;
use super::tree::Tree;

/// Rows that are scored together.
const ROWS: usize = 16;
/// Trees that are scored together: as many as a byte numbers.
const TREES: usize = 256;
/// Leaves of a tree, at most: the bits of a mask.
const LEAVES: usize = 32;

#[derive(Debug, Clone, Copy)]
struct Comparison {
    threshold: f32,
    /// The leaves on its left.
    left: u32,
    /// Which tree of its part.
    tree: u8,
}

/// The comparisons of one feature in a part, by threshold.
#[derive(Debug, Clone)]
struct Sweep {
    feature: usize,
    comparisons: Vec<Comparison>,
}

/// Up to `TREES` trees.
#[derive(Debug, Clone)]
struct Part {
    sweeps: Vec<Sweep>,
    /// The values of each tree's leaves, from left to right.
    leaves: Vec<[f32; LEAVES]>,
}

/// All trees of a model.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    parts: Vec<Part>,
}

impl Batch {
    /// Lays out trees that have been checked; `None` if one has too many leaves.
    pub(super) fn new(trees: &[&Tree]) -> Option<Batch> {
        let parts = trees.chunks(TREES).map(Part::new).collect::<Option<_>>()?;
        Some(Batch { parts })
    }

    /// For each row the sum of the leaves that it reaches, added up as the walk adds them: bit for
    /// bit the same. `rows` are of `width` values each; sums beyond the rows are left as they are.
    pub(super) fn sums(&self, rows: &[f32], width: usize, base: f32, scores: &mut [f32]) {
        for (rows, scores) in rows.chunks(ROWS * width.max(1)).zip(scores.chunks_mut(ROWS)) {
            let mut sums = [[0.0; ROWS]; LANES];
            for part in &self.parts {
                part.add(rows, width, &mut sums);
            }
            for (row, score) in scores.iter_mut().enumerate() {
                *score = base + sums.iter().map(|lane| lane[row % ROWS]).sum::<f32>();
            }
        }
    }
}

impl Part {
    fn new(trees: &[&Tree]) -> Option<Part> {
        let mut comparisons: Vec<(usize, Comparison)> = Vec::new();
        let mut leaves = Vec::with_capacity(trees.len());
        for (number, tree) in trees.iter().enumerate() {
            if tree.splits.len() >= LEAVES {
                return None;
            }
            leaves.push(add_tree(tree, number as u8, &mut comparisons));
        }
        comparisons.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.threshold.total_cmp(&b.1.threshold)));
        let sweeps = comparisons.chunk_by(|a, b| a.0 == b.0).filter_map(|chunk| {
            let (feature, _) = chunk.first()?;
            let comparisons = chunk.iter().map(|(_, comparison)| *comparison).collect();
            Some(Sweep { feature: *feature, comparisons })
        });
        Some(Part { sweeps: sweeps.collect(), leaves })
    }

    fn add(&self, rows: &[f32], width: usize, sums: &mut [[f32; ROWS]; LANES]) {
        let mut left = [[u32::MAX; ROWS]; TREES];
        for sweep in &self.sweeps {
            // Rows that are not there compare as what is not a number does.
            let mut values = [f32::NAN; ROWS];
            for (value, row) in values.iter_mut().zip(rows.chunks(width.max(1))) {
                *value = row.get(sweep.feature).copied().unwrap_or(f32::NAN);
            }
            let greatest = values.iter().fold(f32::NEG_INFINITY, |a, &b| a.max(b));
            for comparison in &sweep.comparisons {
                if comparison.threshold >= greatest {
                    break;
                }
                let left = &mut left[usize::from(comparison.tree)];
                for (bits, value) in left.iter_mut().zip(values) {
                    let above = u32::from(value > comparison.threshold).wrapping_neg();
                    *bits &= !(comparison.left & above);
                }
            }
        }
        for (eight, left) in self.leaves.chunks(LANES).zip(left.chunks(LANES)) {
            for ((sum, leaves), bits) in sums.iter_mut().zip(eight).zip(left) {
                for row in 0..ROWS {
                    sum[row] += leaves[bits[row].trailing_zeros() as usize % LEAVES];
                }
            }
        }
    }
}

/// Adds a tree's comparisons; gives the values of its leaves, from left to right.
fn add_tree(tree: &Tree, number: u8, comparisons: &mut Vec<(usize, Comparison)>) -> [f32; LEAVES] {
    // How many leaves are below each node: later splits are below earlier ones.
    let mut below = vec![1; tree.values.len()];
    for (split, made) in tree.splits.iter().enumerate().rev() {
        let count = below.get(2 * split + 1).unwrap_or(&0) + below.get(2 * split + 2).unwrap_or(&0);
        if let Some(own) = below.get_mut(usize::from(made.node)) {
            *own = count;
        }
    }
    // The first leaf below each node; the root's is 0.
    let mut first = vec![0; tree.values.len()];
    for (split, made) in tree.splits.iter().enumerate() {
        let from: usize = first.get(usize::from(made.node)).copied().unwrap_or_default();
        let width: usize = below.get(2 * split + 1).copied().unwrap_or_default();
        for (child, at) in [(2 * split + 1, from), (2 * split + 2, from + width)] {
            if let Some(place) = first.get_mut(child) {
                *place = at;
            }
        }
        let left = (((1u64 << width) - 1) << from) as u32;
        let comparison = Comparison { threshold: made.threshold, left, tree: number };
        comparisons.push((made.feature.into(), comparison));
    }
    let mut leaves = [0.0; LEAVES];
    for ((&at, &below), &value) in first.iter().zip(&below).zip(&tree.values) {
        if below == 1
            && let Some(leaf) = leaves.get_mut(at)
        {
            *leaf = value;
        }
    }
    leaves
}
