//! A trained model: scores, what they are made of, and which features it needs.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::forest::Forest;
use super::options::Options;
use super::table::check_names;
use super::tree::Tree;
use super::{Additive, TreesError, steps};

/// What a model's file says of it to a reader.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// What the model tells.
    pub about: String,
    /// The data it was trained on: name, version, licence.
    pub data: String,
    /// How well it does, each figure under its name.
    pub figures: BTreeMap<String, f64>,
}

/// Boosted trees for one yes-or-no question.
///
/// A row is the values of [`Model::features`] in their order. A value that is not a number, and
/// one that a short row lacks, counts as lower than every threshold.
#[derive(Debug, Clone)]
pub struct Model {
    /// What its file says of it.
    pub card: Card,
    pub(super) options: Options,
    pub(super) features: Vec<String>,
    pub(super) base: f32,
    pub(super) trees: Vec<Tree>,
    forest: Forest,
    /// The base and the roots of all trees.
    expected: f32,
}

/// Two models are equal if their files are.
impl PartialEq for Model {
    fn eq(&self, other: &Model) -> bool {
        self.card == other.card
            && self.options == other.options
            && self.features == other.features
            && self.base == other.base
            && self.trees == other.trees
    }
}

impl Model {
    /// Of parts that hold together.
    pub(super) fn new(
        card: Card,
        options: Options,
        features: Vec<String>,
        base: f32,
        trees: Vec<Tree>,
    ) -> Model {
        let forest = Forest::new(&trees);
        let expected = base + forest.roots();
        Model { card, options, features, base, trees, forest, expected }
    }

    /// The log-odds that a row is positive: above 0 is more likely than not. The same on every
    /// machine.
    pub fn score(&self, row: &[f32]) -> f32 {
        self.base + self.forest.sum(row)
    }

    /// The scores of rows that stand one after another, [`Model::score`] for each and several
    /// times as fast; a last row that is short lacks values. Without features there are no rows.
    pub fn scores(&self, rows: &[f32]) -> Vec<f32> {
        let width = self.features.len();
        let mut scores = vec![self.base; rows.len().div_ceil(width.max(1)) * width.min(1)];
        self.forest.sums(rows, width, self.base, &mut scores);
        scores
    }

    /// How likely a row is positive, 0 to 1: the logistic function of [`Model::score`]. The last
    /// digit may depend on the machine; decide by the score.
    pub fn likelihood(&self, row: &[f32]) -> f32 {
        likelihood(self.score(row).into()) as f32
    }

    /// How likely each of some rows is positive; see [`Model::scores`] and [`Model::likelihood`].
    pub fn likelihoods(&self, rows: &[f32]) -> Vec<f32> {
        let scores = self.scores(rows).into_iter();
        scores.map(|score| likelihood(score.into()) as f32).collect()
    }

    /// What each feature adds to a row's score, in the order of [`Model::features`]; gives what
    /// the score is before any feature is known, and all of it adds up to the score but for
    /// rounding. What `contributions` held is overwritten; it takes as many as it has room for.
    ///
    /// A comparison adds to its feature what it changes the expected value by, which is the mean
    /// of the leaves below (Saabas 2014, "Interpreting random forests"). Simple and fast; of two
    /// features that only tell together, the one compared last gets the credit.
    pub fn contributions(&self, row: &[f32], contributions: &mut [f32]) -> f32 {
        contributions.fill(0.0);
        self.base + self.forest.explain(row, contributions)
    }

    /// The score to expect before any feature is known.
    pub fn expected(&self) -> f32 {
        self.expected
    }

    /// How much each feature's splits lowered the loss in training, as shares of their sum, in the
    /// order of [`Model::features`]; all 0 without trees.
    pub fn importance(&self) -> Vec<f32> {
        let mut gains = vec![0.0; self.features.len()];
        for split in self.trees.iter().flat_map(|tree| &tree.splits) {
            if let Some(sum) = gains.get_mut(usize::from(split.feature)) {
                *sum += f64::from(split.gain);
            }
        }
        let sum: f64 = gains.iter().sum();
        let share = |gain: &f64| if sum > 0.0 { (gain / sum) as f32 } else { 0.0 };
        gains.iter().map(share).collect()
    }

    /// The names of the values of a row.
    pub fn features(&self) -> &[String] {
        &self.features
    }

    /// Whether some tree asks for each feature, in their order.
    pub fn uses(&self) -> Vec<bool> {
        let mut uses = vec![false; self.features.len()];
        for split in self.trees.iter().flat_map(|tree| &tree.splits) {
            if let Some(used) = uses.get_mut(usize::from(split.feature)) {
                *used = true;
            }
        }
        uses
    }

    /// The settings it was trained with.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The number of trees.
    pub fn trees(&self) -> usize {
        self.trees.len()
    }

    /// The model of its first trees only, as if training had ended there.
    pub fn first(&self, trees: usize) -> Model {
        let trees = self.trees.iter().take(trees).cloned().collect();
        let (options, features) = (self.options.clone(), self.features.clone());
        Model::new(self.card.clone(), options, features, self.base, trees)
    }

    /// The same model for rows of these features, in this order. Features that no tree asks for
    /// may be missing.
    ///
    /// # Errors
    /// A feature that a tree asks for and that is not among the names; a name that stands twice.
    pub fn bind<S: AsRef<str>>(self, names: &[S]) -> Result<Model, TreesError> {
        let features: Vec<String> = names.iter().map(|name| name.as_ref().to_owned()).collect();
        check_names(&features)?;
        let places: HashMap<&str, usize> =
            features.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
        let mut trees = self.trees;
        for split in trees.iter_mut().flat_map(|tree| &mut tree.splits) {
            let name = self.features.get(usize::from(split.feature)).map_or("", String::as_str);
            match places.get(name) {
                Some(&place) => split.feature = place as u16,
                None => return Err(TreesError::MissingFeature(name.to_owned())),
            }
        }
        Ok(Model::new(self.card, self.options, features, self.base, trees))
    }

    /// The model as one step table a feature, if it was trained with two leaves; `None` if a tree
    /// has more than one split.
    pub fn steps(&self) -> Option<Additive> {
        steps::of(self)
    }
}

/// The logistic function.
pub(super) fn likelihood(score: f64) -> f64 {
    1.0 / (1.0 + (-score).exp())
}
