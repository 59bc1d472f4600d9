//! Boosted decision trees for one yes-or-no question: training, scoring, explaining, and the file
//! between them.
//!
//! For tables of numbers with some hundred columns and up to 16 million rows. Scoring a row takes
//! no memory and about a microsecond; each score can be taken apart into what each feature added.
//! With two leaves a tree the model is additive and can be read as a table a feature
//! ([`Model::steps`]).
//!
//! It knows nothing of pages: what the features are is the caller's business.

mod batch;
mod bins;
mod error;
mod file;
mod forest;
mod grow;
mod model;
mod options;
mod random;
mod steps;
mod table;
#[cfg(test)]
mod tests;
mod train;
mod tree;

pub use error::{TreeFault, TreesError};
pub use model::{Card, Model};
pub use options::Options;
pub use steps::{Additive, Steps};
pub use table::Table;
pub use train::train;
