//! Boosting: tree after tree, each fitted to what the ones before get wrong.

use rayon::prelude::*;

use super::bins::{ends, sorted_into};
use super::forest::Forest;
use super::grow::{Column, Sample, Scales, grow};
use super::model::{Card, Model, likelihood};
use super::options::Options;
use super::random::Random;
use super::{Table, TreesError};

/// Log-odds that a model without trees gives at most, either way.
const MOST_BASE: f64 = 14.0;

/// Fits a model to a table: gradient boosting of the logistic loss (Friedman 2001), with labels
/// that may be shares.
///
/// The result depends on the table and the options alone, not on threads. It is
/// independent of rows of weight 0. Time is about linear in rows × features × trees × the
/// logarithm of leaves; memory about twice the table's.
///
/// ```
/// use tamis::trees::{Options, Table, train};
///
/// let mut table = Table::new(vec!["links".to_owned(), "words".to_owned()]);
/// for n in 0..100 {
///     let (links, words) = ((n % 10) as f32, (n / 10) as f32);
///     table.push(&[links, words], if words > links { 1.0 } else { 0.0 }, 1.0);
/// }
/// let options = Options { trees: 50, min_rows: 1, ..Options::default() };
/// let model = train(&table, &options)?;
/// assert!(model.likelihood(&[1.0, 8.0]) > 0.9);
/// assert!(model.likelihood(&[8.0, 1.0]) < 0.1);
/// # Ok::<(), tamis::trees::TreesError>(())
/// ```
///
/// # Errors
/// What is wrong with the table or the options; a table without a row of weight above 0.
pub fn train(table: &Table, options: &Options) -> Result<Model, TreesError> {
    options.check()?;
    table.check()?;
    let used: Vec<usize> =
        (0..table.len()).filter(|&row| table.weights.get(row).is_some_and(|&w| w > 0.0)).collect();
    let targets: Vec<Target> = used
        .iter()
        .filter_map(|&row| Some(Target::new(*table.labels.get(row)?, *table.weights.get(row)?)))
        .collect();
    let weight: f64 = targets.iter().map(|target| target.weight).sum();
    if targets.is_empty() {
        return Err(TreesError::NoRows);
    }
    let positive: f64 = targets.iter().map(|target| target.weight * target.label).sum();
    let share = positive / weight;
    let base = (share / (1.0 - share)).ln().clamp(-MOST_BASE, MOST_BASE) as f32;

    let columns = columns(table, &used, options.bins);
    let scales = Scales::of(weight);
    let mut scores = vec![f64::from(base); used.len()];
    let mut trees = Vec::with_capacity(options.trees);
    let drawing = options.feature_share < 1.0 || options.row_share < 1.0;
    let everything: Vec<u32> = (0..used.len() as u32).collect();
    let mut sample = Sample::new(columns.iter().collect(), &everything);
    let mut drawn = everything;
    for number in 0..options.trees {
        if drawing {
            let mut random = Random::new(options.seed, number);
            let chosen = random.draw(columns.len(), options.feature_share);
            drawn = random.draw(used.len(), options.row_share);
            let chosen = chosen.iter().filter_map(|&at| columns.get(at as usize)).collect();
            sample = Sample::new(chosen, &drawn);
        }
        let cells: Vec<_> = drawn
            .par_iter()
            .map(|&row| {
                let score = scores.get(row as usize).copied().unwrap_or_default();
                let target = targets.get(row as usize).copied().unwrap_or_default();
                let likely = likelihood(score);
                let hessian = target.weight * likely * (1.0 - likely);
                scales.cell(target.weight * (likely - target.label), hessian)
            })
            .collect();
        let Some(grown) = grow(&sample, &cells, scales, options) else {
            // Without drawing the next try would be this one again.
            if drawing {
                continue;
            }
            break;
        };
        if drawn.len() == scores.len() {
            for (row, answer) in grown.answers {
                if let Some(score) = scores.get_mut(row as usize) {
                    *score += f64::from(answer);
                }
            }
        } else {
            let forest = Forest::new(std::slice::from_ref(&grown.tree));
            scores.par_iter_mut().zip(&used).for_each(|(score, &row)| {
                *score += f64::from(forest.sum(table.row(row)));
            });
        }
        trees.push(grown.tree);
    }
    Ok(Model::new(Card::default(), options.clone(), table.names.clone(), base, trees))
}

/// What a row should be answered with, and how much it counts.
#[derive(Debug, Clone, Copy, Default)]
struct Target {
    label: f64,
    weight: f64,
}

impl Target {
    fn new(label: f32, weight: f32) -> Target {
        Target { label: label.into(), weight: weight.into() }
    }
}

/// The features that are not constant over the rows used, sorted into intervals.
fn columns(table: &Table, used: &[usize], most: usize) -> Vec<Column> {
    let width = table.names.len();
    let columns = (0..width).into_par_iter().map(|feature| {
        let value = |&row: &usize| table.values.get(row * width + feature).copied();
        let values: Vec<f32> = used.iter().filter_map(value).collect();
        let ends = ends(&mut values.clone(), most);
        let bins = sorted_into(&ends, values.into_iter());
        Column { feature, ends, bins }
    });
    columns.filter(|column| !column.ends.is_empty()).collect()
}
