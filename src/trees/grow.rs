//! One tree grown from gradients, best leaf first, over histograms of sorted values.
//!
//! After Ke et al. 2017 (LightGBM): the leaf whose best split gains most is split next, and the
//! larger half's histogram is its parent's less the smaller half's. Sums are in whole numbers, so
//! they are exact and do not depend on the order of the rows or on threads.

use rayon::prelude::*;

use super::bins::rounded;
use super::options::Options;
use super::tree::{Split, Tree};

/// Features whose intervals stand side by side in a row: one load serves them all, and their
/// histograms fit a processor's first cache together.
const GROUP: usize = 8;
/// Bits of a cell's second number that hold the hessian; the count of rows stands above them.
const HESSIAN_BITS: u32 = 40;

/// Sums over rows: of the gradient; of the hessian, with the number of rows above it.
type Cell = [i64; 2];
/// The sums of each interval of one feature.
type Histogram = [Cell; 256];

/// Fixed points: by what gradients and hessians are multiplied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scales {
    gradient: f64,
    hessian: f64,
}

impl Scales {
    /// Scales at which no sum over rows of this total weight overflows: a gradient is at most the
    /// weight, a hessian a quarter of it. Powers of two, so that scaling is exact.
    pub(super) fn of(weight: f64) -> Scales {
        let exponent = weight.log2().ceil();
        Scales { gradient: (58.0 - exponent).exp2(), hessian: (40.0 - exponent).exp2() }
    }

    /// A row's share of a cell.
    pub(super) fn cell(self, gradient: f64, hessian: f64) -> Cell {
        let hessian = (hessian * self.hessian).round() as i64;
        [(gradient * self.gradient).round() as i64, (1 << HESSIAN_BITS) | hessian]
    }

    fn sums(self, cell: Cell) -> Sums {
        Sums {
            gradient: cell[0] as f64 / self.gradient,
            hessian: (cell[1] & ((1 << HESSIAN_BITS) - 1)) as f64 / self.hessian,
            rows: (cell[1] as u64 >> HESSIAN_BITS) as usize,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Sums {
    gradient: f64,
    hessian: f64,
    rows: usize,
}

impl Sums {
    /// What these rows alone lower twice the loss by.
    fn gain(self, l2: f64) -> f64 {
        let divisor = self.hessian + l2;
        if divisor > 0.0 { self.gradient * self.gradient / divisor } else { 0.0 }
    }

    /// The answer that lowers it so.
    fn answer(self, l2: f64) -> f64 {
        let divisor = self.hessian + l2;
        if divisor > 0.0 { -self.gradient / divisor } else { 0.0 }
    }
}

fn add(to: &mut Cell, cell: Cell) {
    // Scales keep the sums in range.
    to[0] = to[0].wrapping_add(cell[0]);
    to[1] = to[1].wrapping_add(cell[1]);
}

fn less(from: Cell, cell: Cell) -> Cell {
    [from[0].wrapping_sub(cell[0]), from[1].wrapping_sub(cell[1])]
}

/// One feature, sorted into intervals.
#[derive(Debug)]
pub(super) struct Column {
    /// Its number in the table.
    pub(super) feature: usize,
    /// Upper ends of its intervals.
    pub(super) ends: Vec<f32>,
    /// The interval of each row.
    pub(super) bins: Vec<u8>,
}

/// The drawn rows and features, laid out for one tree or for all.
pub(super) struct Sample<'a> {
    columns: Vec<&'a Column>,
    /// For each `GROUP` columns the intervals of each row.
    groups: Vec<Vec<[u8; GROUP]>>,
    rows: usize,
}

impl<'a> Sample<'a> {
    /// Lays out these columns at these rows.
    pub(super) fn new(columns: Vec<&'a Column>, rows: &[u32]) -> Sample<'a> {
        let groups = columns
            .par_chunks(GROUP)
            .map(|members| {
                let mut group = vec![[0; GROUP]; rows.len()];
                for (place, column) in members.iter().enumerate() {
                    for (bins, &row) in group.iter_mut().zip(rows) {
                        bins[place] = column.bins.get(row as usize).copied().unwrap_or_default();
                    }
                }
                group
            })
            .collect();
        Sample { columns, groups, rows: rows.len() }
    }

    /// The interval of a row of the sample.
    fn bin(&self, slot: usize, row: u32) -> u8 {
        let group = self.groups.get(slot / GROUP);
        group.and_then(|rows| rows.get(row as usize)).map_or(0, |bins| bins[slot % GROUP])
    }
}

/// The best way to split a leaf.
#[derive(Debug, Clone, Copy)]
struct Cut {
    gain: f64,
    /// Which column of the sample.
    slot: usize,
    /// The last interval that goes left.
    bin: u8,
    left: Cell,
}

struct Leaf {
    node: usize,
    depth: usize,
    /// Its part of the order of rows.
    from: usize,
    to: usize,
    total: Cell,
    histograms: Vec<Histogram>,
    cut: Option<Cut>,
}

/// A grown tree, and the rows of the sample that each of its leaves has.
pub(super) struct Grown {
    pub(super) tree: Tree,
    /// Rows of the sample with the answer they get.
    pub(super) answers: Vec<(u32, f32)>,
}

/// Grows a tree; `None` if no split is allowed or gains anything.
pub(super) fn grow(
    sample: &Sample<'_>,
    cells: &[Cell],
    scales: Scales,
    options: &Options,
) -> Option<Grown> {
    let grower = Grower { sample, cells, scales, options };
    let mut order: Vec<u32> = (0..sample.rows as u32).collect();
    let mut leaves = vec![grower.root(&order)];
    let mut splits: Vec<Split> = Vec::new();
    // Sums of every node, for its answer.
    let mut totals: Vec<Cell> = leaves.iter().map(|leaf| leaf.total).collect();
    while leaves.len() < options.leaves {
        // The first of equals: the oldest leaf.
        let best = leaves.iter().enumerate().filter_map(|(at, leaf)| Some((at, leaf.cut?)));
        let best = best.reduce(|a, b| if b.1.gain > a.1.gain { b } else { a });
        let Some((at, cut)) = best else { break };
        let leaf = leaves.swap_remove(at);
        let column = sample.columns.get(cut.slot)?;
        splits.push(Split {
            node: leaf.node as u16,
            feature: column.feature as u16,
            threshold: *column.ends.get(usize::from(cut.bin))?,
            gain: rounded(cut.gain),
        });
        let first = totals.len();
        totals.extend([cut.left, less(leaf.total, cut.left)]);
        let full = leaves.len() + 2 >= options.leaves;
        leaves.extend(grower.split(leaf, cut, first, &mut order, full));
        // `swap_remove` moves leaves about; their age decides between equals.
        leaves.sort_unstable_by_key(|leaf| leaf.node);
    }
    if splits.is_empty() {
        return None;
    }
    let values = grower.values(&splits, &totals);
    let answers = leaves
        .iter()
        .flat_map(|leaf| {
            let answer = values.get(leaf.node).copied().unwrap_or_default();
            order.get(leaf.from..leaf.to).unwrap_or_default().iter().map(move |&row| (row, answer))
        })
        .collect();
    Some(Grown { tree: Tree { splits, values }, answers })
}

struct Grower<'a> {
    sample: &'a Sample<'a>,
    cells: &'a [Cell],
    scales: Scales,
    options: &'a Options,
}

impl Grower<'_> {
    fn root(&self, order: &[u32]) -> Leaf {
        let mut total = [0; 2];
        for &cell in self.cells {
            add(&mut total, cell);
        }
        let histograms = vec![[[0; 2]; 256]; self.sample.groups.len() * GROUP];
        let mut leaf =
            Leaf { node: 0, depth: 0, from: 0, to: order.len(), total, histograms, cut: None };
        self.fill(&mut leaf, order, None);
        leaf
    }

    /// Sums up a leaf's rows and finds its best cut; and those of its sibling, whose histograms
    /// are their parent's when this begins.
    fn fill(&self, leaf: &mut Leaf, order: &[u32], sibling: Option<&mut Leaf>) {
        let rows = order.get(leaf.from..leaf.to).unwrap_or_default();
        let cells: Vec<Cell> =
            rows.iter().filter_map(|&row| self.cells.get(row as usize).copied()).collect();
        let (total, depth) = (leaf.total, leaf.depth);
        let cut_of = |number: usize, histograms: &[Histogram], total: Cell| {
            let columns = self.sample.columns.get(number * GROUP..).unwrap_or_default();
            let cuts = columns.iter().zip(histograms).enumerate().map(|(place, (column, sums))| {
                self.cut(number * GROUP + place, column, sums, total, depth)
            });
            cuts.flatten().reduce(better)
        };
        let groups = self.sample.groups.par_iter().enumerate();
        let own = leaf.histograms.par_chunks_mut(GROUP);
        match sibling {
            None => {
                let cuts: Vec<Option<Cut>> = groups
                    .zip(own)
                    .map(|((number, group), histograms)| {
                        sum(group, rows, &cells, histograms);
                        cut_of(number, histograms, total)
                    })
                    .collect();
                leaf.cut = cuts.into_iter().flatten().reduce(better);
            }
            Some(sibling) => {
                let other_total = sibling.total;
                let cuts: Vec<(Option<Cut>, Option<Cut>)> = groups
                    .zip(own)
                    .zip(sibling.histograms.par_chunks_mut(GROUP))
                    .map(|(((number, group), histograms), others)| {
                        sum(group, rows, &cells, histograms);
                        for (other, sums) in others.iter_mut().zip(histograms.iter()) {
                            for (cell, part) in other.iter_mut().zip(sums) {
                                *cell = less(*cell, *part);
                            }
                        }
                        (cut_of(number, histograms, total), cut_of(number, others, other_total))
                    })
                    .collect();
                leaf.cut = cuts.iter().filter_map(|two| two.0).reduce(better);
                sibling.cut = cuts.iter().filter_map(|two| two.1).reduce(better);
            }
        }
    }

    /// The best cut of one feature.
    fn cut(
        &self,
        slot: usize,
        column: &Column,
        histogram: &Histogram,
        total: Cell,
        depth: usize,
    ) -> Option<Cut> {
        if depth >= self.options.depth {
            return None;
        }
        let l2 = f64::from(self.options.l2);
        let least = f64::from(self.options.min_hessian);
        let allowed =
            |sums: Sums| sums.rows >= self.options.min_rows.max(1) && sums.hessian >= least;
        let whole = self.scales.sums(total).gain(l2);
        let mut best: Option<Cut> = None;
        let mut left = [0; 2];
        for (bin, &cell) in histogram.iter().enumerate().take(column.ends.len()) {
            // An empty interval cuts as the one before it does.
            if cell[1] == 0 {
                continue;
            }
            add(&mut left, cell);
            let (low, high) = (self.scales.sums(left), self.scales.sums(less(total, left)));
            if !allowed(low) {
                continue;
            }
            if !allowed(high) {
                break;
            }
            let gain = low.gain(l2) + high.gain(l2) - whole;
            let enough = gain > f64::from(self.options.min_gain);
            if enough && best.is_none_or(|best| gain > best.gain) {
                best = Some(Cut { gain, slot, bin: bin as u8, left });
            }
        }
        best
    }

    /// Splits a leaf into two. The last split of a tree needs no histograms.
    fn split(
        &self,
        leaf: Leaf,
        cut: Cut,
        first: usize,
        order: &mut [u32],
        last: bool,
    ) -> [Leaf; 2] {
        let rows = order.get_mut(leaf.from..leaf.to).unwrap_or_default();
        let middle = leaf.from + part(rows, |row| self.sample.bin(cut.slot, row) <= cut.bin);
        let half = |node, from, to, total| Leaf {
            node,
            depth: leaf.depth + 1,
            from,
            to,
            total,
            histograms: Vec::new(),
            cut: None,
        };
        let mut left = half(first, leaf.from, middle, cut.left);
        let mut right = half(first + 1, middle, leaf.to, less(leaf.total, cut.left));
        if !last && left.depth < self.options.depth {
            let (small, large) = if left.to - left.from <= right.to - right.from {
                (&mut left, &mut right)
            } else {
                (&mut right, &mut left)
            };
            small.histograms = vec![[[0; 2]; 256]; leaf.histograms.len()];
            large.histograms = leaf.histograms;
            self.fill(small, order, Some(large));
        }
        [left, right]
    }

    /// The value of each node: of a leaf its answer, shrunk; above it the mean of the leaves below,
    /// by hessian.
    fn values(&self, splits: &[Split], totals: &[Cell]) -> Vec<f32> {
        let l2 = f64::from(self.options.l2);
        let rate = f64::from(self.options.learning_rate);
        let sums: Vec<Sums> = totals.iter().map(|&cell| self.scales.sums(cell)).collect();
        let mut values: Vec<f32> =
            sums.iter().map(|sums| rounded(sums.answer(l2) * rate)).collect();
        for (number, split) in splits.iter().enumerate().rev() {
            let half = |child: usize| {
                let value = f64::from(values.get(child).copied().unwrap_or_default());
                (value, sums.get(child).map_or(0.0, |sums| sums.hessian))
            };
            let (left, right) = (half(2 * number + 1), half(2 * number + 2));
            let hessian = left.1 + right.1;
            if hessian > 0.0 {
                let mean = (left.0 * left.1 + right.0 * right.1) / hessian;
                if let Some(value) = values.get_mut(usize::from(split.node)) {
                    *value = rounded(mean);
                }
            }
        }
        values
    }
}

/// The greater gain; the first of equals, for cuts that come in the order of features.
fn better(a: Cut, b: Cut) -> Cut {
    if b.gain > a.gain { b } else { a }
}

/// Adds the rows to the histograms of a group.
fn sum(group: &[[u8; GROUP]], rows: &[u32], cells: &[Cell], histograms: &mut [Histogram]) {
    let Ok(histograms) = <&mut [Histogram; GROUP]>::try_from(histograms) else { return };
    for (&row, &cell) in rows.iter().zip(cells) {
        let Some(bins) = group.get(row as usize) else { continue };
        for (histogram, &bin) in histograms.iter_mut().zip(bins) {
            add(&mut histogram[usize::from(bin)], cell);
        }
    }
}

/// Puts the rows that go left first and keeps both halves in order; how many go left.
fn part(rows: &mut [u32], goes_left: impl Fn(u32) -> bool) -> usize {
    let mut right = Vec::with_capacity(rows.len());
    let mut count = 0;
    for at in 0..rows.len() {
        let row = rows[at];
        if goes_left(row) {
            rows[count] = row;
            count += 1;
        } else {
            right.push(row);
        }
    }
    rows[count..].copy_from_slice(&right);
    count
}
