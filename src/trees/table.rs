//! Rows to learn from.

use std::collections::HashSet;

use super::TreesError;

/// Most rows: the counters of a histogram have 24 bits.
const MOST_ROWS: usize = (1 << 24) - 1;
/// Most features: a node has 16 bits for one.
pub(super) const MOST_FEATURES: usize = u16::MAX as usize;

/// Training data: rows of numbers, each with a label and a weight.
///
/// The fields are open, so that a caller may reweight rows: a row of weight 0 is left out of
/// everything, which is how a fold is held out without copying the table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// The features' names, in the order of the values of a row.
    pub names: Vec<String>,
    /// The values, row after row; each finite.
    pub values: Vec<f32>,
    /// For each row the share of it that is positive, 0 to 1.
    pub labels: Vec<f32>,
    /// For each row how much it counts, from 0.
    pub weights: Vec<f32>,
}

impl Table {
    /// A table of these features and no rows.
    pub fn new(names: Vec<String>) -> Table {
        Table { names, ..Table::default() }
    }

    /// Adds a row. What is wrong with it, length included, is reported by [`super::train()`].
    pub fn push(&mut self, row: &[f32], label: f32, weight: f32) {
        self.values.extend_from_slice(row);
        self.labels.push(label);
        self.weights.push(weight);
    }

    /// The values of a row; empty if there is no such row.
    pub fn row(&self, number: usize) -> &[f32] {
        let width = self.names.len();
        let start = number.saturating_mul(width);
        self.values.get(start..start.saturating_add(width)).unwrap_or_default()
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Looks at everything once.
    pub(super) fn check(&self) -> Result<(), TreesError> {
        let width = self.names.len();
        if self.weights.len() != self.len()
            || Some(self.values.len()) != self.len().checked_mul(width)
        {
            return Err(TreesError::Shape {
                names: width,
                values: self.values.len(),
                labels: self.len(),
                weights: self.weights.len(),
            });
        }
        if self.len() > MOST_ROWS {
            return Err(TreesError::TooMany { what: "rows", count: self.len(), limit: MOST_ROWS });
        }
        check_names(&self.names)?;
        for (row, &label) in self.labels.iter().enumerate() {
            if !(0.0..=1.0).contains(&label) {
                return Err(TreesError::Label { row, label });
            }
        }
        for (row, &weight) in self.weights.iter().enumerate() {
            if !(weight >= 0.0 && weight.is_finite()) {
                return Err(TreesError::Weight { row, weight });
            }
        }
        match self.values.iter().position(|value| !value.is_finite()) {
            Some(at) => Err(TreesError::Value {
                row: at / width.max(1),
                feature: self.names.get(at % width.max(1)).cloned().unwrap_or_default(),
            }),
            None => Ok(()),
        }
    }
}

/// Names that a model can be bound by: not too many, none twice.
pub(super) fn check_names(names: &[String]) -> Result<(), TreesError> {
    if names.len() > MOST_FEATURES {
        let count = names.len();
        return Err(TreesError::TooMany { what: "features", count, limit: MOST_FEATURES });
    }
    let mut seen = HashSet::new();
    match names.iter().find(|name| !seen.insert(name.as_str())) {
        Some(twice) => Err(TreesError::NamedTwice(twice.clone())),
        None => Ok(()),
    }
}
