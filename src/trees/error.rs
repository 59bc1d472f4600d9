//! What can be wrong with training data, options and model files.

/// Why a model cannot be trained, read, written or bound.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TreesError {
    /// A table whose parts have different lengths.
    #[error("the table has {names} names, {values} values, {labels} labels and {weights} weights")]
    Shape { names: usize, values: usize, labels: usize, weights: usize },
    /// A value of a row that is not a number, or infinite.
    #[error("row {row}: \"{feature}\" is not a finite number")]
    Value { row: usize, feature: String },
    /// A label that is not between 0 and 1.
    #[error("row {row}: the label {label} is not between 0 and 1")]
    Label { row: usize, label: f32 },
    /// A weight that is negative or not finite.
    #[error("row {row}: the weight {weight} is not a finite number from 0")]
    Weight { row: usize, weight: f32 },
    /// Nothing to learn from.
    #[error("no row has a weight above 0")]
    NoRows,
    /// More rows or features than the counters hold.
    #[error("{count} {what}: at most {limit} can be used")]
    TooMany { what: &'static str, count: usize, limit: usize },
    /// A name of a feature that stands twice.
    #[error("the feature \"{0}\" is named twice")]
    NamedTwice(String),
    /// An option outside its range.
    #[error("option \"{name}\" is {value}; it must be {range}")]
    Option { name: &'static str, value: f64, range: &'static str },
    /// The model asks for a feature that the caller does not compute.
    #[error("the model uses the feature \"{0}\", which is not computed")]
    MissingFeature(String),
    /// A figure that cannot be written as a number.
    #[error("the figure \"{0}\" is not a finite number")]
    Figure(String),
    /// A file that is not JSON or lacks a part.
    #[error("not a model file: {0}")]
    Json(#[from] serde_json::Error),
    /// JSON of another kind.
    #[error("not a model file: its format is \"{0}\"")]
    Format(String),
    /// Another version of the file's shape.
    #[error("a model file of version {0}; this program reads version {VERSION}", VERSION = super::file::VERSION)]
    Version(u64),
    /// The header names another number of trees than follow.
    #[error("the file names {named} trees and has {found}")]
    TreeCount { named: usize, found: usize },
    /// The base value is not a number.
    #[error("the base value is not a finite number")]
    Base,
    /// One tree of a file does not hold together.
    #[error("tree {tree}: {fault}")]
    Tree { tree: usize, fault: TreeFault },
}

/// What does not hold together in one tree. Nodes and splits count from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeFault {
    /// The lists of splits are not of one length, or the values are not twice that and one more.
    #[error(
        "{nodes} split nodes, {features} features, {thresholds} thresholds, {gains} gains and {values} values do not make a tree"
    )]
    Lengths { nodes: usize, features: usize, thresholds: usize, gains: usize, values: usize },
    /// A tree too large for the evaluator.
    #[error("{0} splits are too many")]
    TooLarge(usize),
    /// A split of a node that does not exist before it: out of range, or its own descendant.
    #[error("split {split}: node {node} does not exist before it")]
    NoSuchNode { split: usize, node: usize },
    /// Two splits of one node.
    #[error("split {split}: node {node} was split before")]
    SplitTwice { split: usize, node: usize },
    /// A feature number beyond the names.
    #[error("node {node}: feature {feature} does not exist")]
    NoSuchFeature { node: usize, feature: usize },
    /// A threshold, gain or value that is not a finite number.
    #[error("node {node}: its {what} is not a finite number")]
    NotFinite { node: usize, what: &'static str },
}
