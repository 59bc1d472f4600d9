//! A model as a file: JSON, a header of one line a field, then one line a tree, so that two
//! versions can be compared line by line.

use std::fmt::Write;

use serde::Deserialize;

use super::model::{Card, Model};
use super::options::Options;
use super::table::check_names;
use super::tree::{Split, Tree};
use super::{TreeFault, TreesError};

/// Version of the file's shape.
pub(super) const VERSION: u64 = 1;
/// What the file says it is.
const FORMAT: &str = "tamis-trees";

/// Enough to tell whether the rest can be read.
#[derive(Deserialize)]
struct Kind {
    format: String,
    version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "format")]
    _format: String,
    #[serde(rename = "version")]
    _version: u64,
    about: String,
    data: String,
    figures: std::collections::BTreeMap<String, f64>,
    options: Options,
    features: Vec<String>,
    base: f32,
    tree_count: usize,
    trees: Vec<Line>,
}

/// A tree's line: for each split the node, and so on; then the value of each node.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    node: Vec<usize>,
    feature: Vec<usize>,
    threshold: Vec<f32>,
    gain: Vec<f32>,
    value: Vec<f32>,
}

impl Model {
    /// Reads a model's file. Its features are the file's; [`Model::bind`] puts them in the order of
    /// the caller's rows.
    ///
    /// # Errors
    /// What is not JSON, of another format or version, or does not hold together: which tree,
    /// which node, and why.
    pub fn read(text: &str) -> Result<Model, TreesError> {
        let kind: Kind = serde_json::from_str(text)?;
        if kind.format != FORMAT {
            return Err(TreesError::Format(kind.format));
        }
        if kind.version != VERSION {
            return Err(TreesError::Version(kind.version));
        }
        let file: File = serde_json::from_str(text)?;
        file.options.check()?;
        check_names(&file.features)?;
        if !file.base.is_finite() {
            return Err(TreesError::Base);
        }
        if file.tree_count != file.trees.len() {
            let (named, found) = (file.tree_count, file.trees.len());
            return Err(TreesError::TreeCount { named, found });
        }
        let mut trees = Vec::with_capacity(file.trees.len());
        for (number, line) in file.trees.into_iter().enumerate() {
            let read = line.tree(file.features.len());
            trees.push(read.map_err(|fault| TreesError::Tree { tree: number, fault })?);
        }
        let card = Card { about: file.about, data: file.data, figures: file.figures };
        Ok(Model::new(card, file.options, file.features, file.base, trees))
    }

    /// The model's file; [`Model::read`] gives the same model again, number by number.
    ///
    /// # Errors
    /// A figure of the card that is not finite.
    pub fn write(&self) -> Result<String, TreesError> {
        if let Some((name, _)) = self.card.figures.iter().find(|(_, figure)| !figure.is_finite()) {
            return Err(TreesError::Figure(name.clone()));
        }
        let mut text = String::new();
        let mut field = |name: &str, value: &str| {
            text.push_str(if text.is_empty() { "{\n" } else { ",\n" });
            text.push_str(&format!("\"{name}\": {value}"));
        };
        field("format", &format!("\"{FORMAT}\""));
        field("version", &VERSION.to_string());
        field("about", &serde_json::to_string(&self.card.about)?);
        field("data", &serde_json::to_string(&self.card.data)?);
        field("figures", &serde_json::to_string_pretty(&self.card.figures)?);
        field("options", &serde_json::to_string_pretty(&self.options)?);
        field("features", &serde_json::to_string_pretty(&self.features)?);
        field("base", &number(self.base));
        field("tree_count", &self.trees.len().to_string());
        let lines: Vec<String> = self.trees.iter().map(line).collect();
        field("trees", &format!("[\n{}\n]", lines.join(",\n")));
        text.push_str("\n}\n");
        Ok(text)
    }
}

impl Line {
    fn tree(self, features: usize) -> Result<Tree, TreeFault> {
        let splits = self.node.len();
        let equal = [self.feature.len(), self.threshold.len(), self.gain.len()] == [splits; 3];
        if !equal || self.value.len() != 2 * splits + 1 {
            return Err(TreeFault::Lengths {
                nodes: splits,
                features: self.feature.len(),
                thresholds: self.threshold.len(),
                gains: self.gain.len(),
                values: self.value.len(),
            });
        }
        let made = self.node.into_iter().zip(self.feature).zip(self.threshold);
        let made = made.zip(self.gain).enumerate();
        let splits = made.map(|(split, (((node, feature), threshold), gain))| {
            Ok(Split {
                node: u16::try_from(node).map_err(|_| TreeFault::NoSuchNode { split, node })?,
                feature: u16::try_from(feature)
                    .map_err(|_| TreeFault::NoSuchFeature { node, feature })?,
                threshold,
                gain,
            })
        });
        let tree = Tree { splits: splits.collect::<Result<_, _>>()?, values: self.value };
        tree.check(features)?;
        Ok(tree)
    }
}

fn line(tree: &Tree) -> String {
    let of = |name: &str, numbers: &mut dyn Iterator<Item = String>| {
        format!("\"{name}\":[{}]", numbers.collect::<Vec<_>>().join(","))
    };
    let splits = || tree.splits.iter();
    let mut line = String::from("{");
    let parts = [
        of("node", &mut splits().map(|split| split.node.to_string())),
        of("feature", &mut splits().map(|split| split.feature.to_string())),
        of("threshold", &mut splits().map(|split| number(split.threshold))),
        of("gain", &mut splits().map(|split| number(split.gain))),
        of("value", &mut tree.values.iter().map(|&value| number(value))),
    ];
    let _ = write!(line, "{}}}", parts.join(","));
    line
}

/// The shortest decimal that reads back as the number. The reader goes by way of 64 bits, which on
/// rare occasions rounds twice; then those are written.
pub(super) fn number(value: f32) -> String {
    let plain = (1e-4..1e7).contains(&value.abs()) || value == 0.0;
    let short = if plain { format!("{value}") } else { format!("{value:e}") };
    match serde_json::from_str::<f32>(&short) {
        Ok(read) if read.to_bits() == value.to_bits() => short,
        _ => format!("{:e}", f64::from(value)),
    }
}
