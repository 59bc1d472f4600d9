//! Trees laid out for scoring: eight walk at once, so that a processor need not wait for one
//! comparison before it begins the next.

use super::batch::Batch;
use super::tree::Tree;

/// Trees that walk together.
pub(super) const LANES: usize = 8;

/// Eight bytes: a step of a walk loads one of them and one value of the row.
#[derive(Debug, Clone, Copy)]
struct Node {
    /// A value above it goes to the second child.
    threshold: f32,
    feature: u16,
    /// The first child within its block; the second follows it. A leaf is its own first child, and
    /// nothing is above its threshold.
    child: u16,
}

/// `LANES` trees: their roots come first, lane by lane.
#[derive(Debug, Clone)]
struct Block {
    nodes: Vec<Node>,
    values: Vec<f32>,
    /// Steps after which each lane is at a leaf.
    steps: usize,
}

/// All trees of a model. They are walked in the order of their depth, so that shallow ones do not
/// wait for deep ones; the order of addition is fixed by that.
#[derive(Debug, Clone, Default)]
pub(super) struct Forest {
    blocks: Vec<Block>,
    /// The same for many rows at once; `None` if a tree has too many leaves for it.
    batch: Option<Batch>,
}

impl Forest {
    /// Lays out trees that have been checked.
    pub(super) fn new(trees: &[Tree]) -> Forest {
        let mut by_depth: Vec<(usize, &Tree)> = trees
            .iter()
            .map(|tree| (tree.depths().into_iter().max().unwrap_or_default(), tree))
            .collect();
        by_depth.sort_by_key(|(depth, _)| *depth);
        let in_order: Vec<&Tree> = by_depth.iter().map(|(_, tree)| *tree).collect();
        let batch = Batch::new(&in_order);
        Forest { blocks: by_depth.chunks(LANES).map(Block::new).collect(), batch }
    }

    /// Base and sum for each row of `width` values, as [`Forest::sum`] gives it.
    pub(super) fn sums(&self, rows: &[f32], width: usize, base: f32, scores: &mut [f32]) {
        match &self.batch {
            Some(batch) => batch.sums(rows, width, base, scores),
            None => {
                for (row, score) in rows.chunks(width.max(1)).zip(scores) {
                    *score = base + self.sum(row);
                }
            }
        }
    }

    /// The sum of the leaves that a row reaches. What a row lacks goes left, as what is not a
    /// number does.
    pub(super) fn sum(&self, row: &[f32]) -> f32 {
        let mut sums = [0.0; LANES];
        for block in &self.blocks {
            let ends = block.walk(row);
            for (sum, end) in sums.iter_mut().zip(ends) {
                *sum += block.values.get(end).copied().unwrap_or_default();
            }
        }
        sums.iter().sum()
    }

    /// Adds to each feature what the comparisons of it changed the value by; gives the sum of the
    /// roots' values.
    pub(super) fn explain(&self, row: &[f32], contributions: &mut [f32]) -> f32 {
        let mut roots = 0.0;
        for block in &self.blocks {
            for lane in 0..LANES {
                roots += block.explain(lane, row, contributions);
            }
        }
        roots
    }

    /// The sum of the roots' values.
    pub(super) fn roots(&self) -> f32 {
        self.explain(&[], &mut [])
    }
}

impl Block {
    fn new(trees: &[(usize, &Tree)]) -> Block {
        let leaf =
            |number: usize| Node { threshold: f32::INFINITY, feature: 0, child: number as u16 };
        // A lane without a tree stands on a leaf of value 0.
        let mut nodes: Vec<Node> = (0..LANES).map(leaf).collect();
        let mut values = vec![0.0; LANES];
        for (lane, (_, tree)) in trees.iter().enumerate() {
            // Of a tree's nodes all but the root stand together, children side by side.
            let start = nodes.len();
            let place = |node: usize| if node == 0 { lane } else { start + node - 1 };
            nodes.extend((start..).map(leaf).take(tree.values.len().saturating_sub(1)));
            values.resize(nodes.len(), 0.0);
            for (number, split) in tree.splits.iter().enumerate() {
                if let Some(node) = nodes.get_mut(place(split.node.into())) {
                    *node = Node {
                        threshold: split.threshold,
                        feature: split.feature,
                        child: place(2 * number + 1) as u16,
                    };
                }
            }
            for (node, &value) in tree.values.iter().enumerate() {
                if let Some(own) = values.get_mut(place(node)) {
                    *own = value;
                }
            }
        }
        let steps = trees.iter().map(|(depth, _)| *depth).max().unwrap_or_default();
        Block { nodes, values, steps }
    }

    /// The leaf of each lane.
    #[inline]
    fn walk(&self, row: &[f32]) -> [usize; LANES] {
        let mut at: [usize; LANES] = std::array::from_fn(|lane| lane);
        for _ in 0..self.steps {
            for place in &mut at {
                if let Some(node) = self.nodes.get(*place) {
                    *place = usize::from(node.child) + usize::from(node.is_above(row));
                }
            }
        }
        at
    }

    fn explain(&self, lane: usize, row: &[f32], contributions: &mut [f32]) -> f32 {
        let value = |at: usize| self.values.get(at).copied().unwrap_or_default();
        let mut at = lane;
        for _ in 0..self.steps {
            let Some(node) = self.nodes.get(at) else { break };
            let next = usize::from(node.child) + usize::from(node.is_above(row));
            if next == at {
                break;
            }
            if let Some(sum) = contributions.get_mut(usize::from(node.feature)) {
                *sum += value(next) - value(at);
            }
            at = next;
        }
        value(lane)
    }
}

impl Node {
    #[inline]
    fn is_above(self, row: &[f32]) -> bool {
        row.get(usize::from(self.feature)).is_some_and(|&value| value > self.threshold)
    }
}
