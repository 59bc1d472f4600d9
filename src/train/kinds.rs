//! Kinds of page: what tells each from the others.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::{Lesson, TrainError};
use crate::signals::main_content::model::page_features;
use crate::trees::{self, Model, Options, Table, TreesError};

/// How the trees of a kind grow: small ones, since pages are few. Set on the logarithmic loss over
/// five folds of 1,313 pages; 60 to 200 trees and 4 to 16 leaves are within a twentieth of it.
fn options(seed: u64) -> Options {
    Options {
        trees: 100,
        leaves: 8,
        learning_rate: 0.08,
        l2: 5.0,
        min_rows: 10,
        feature_share: 0.1,
        row_share: 0.7,
        seed,
        ..Options::default()
    }
}

/// The kinds that the labels name, in order; none if there are not two to tell apart.
pub(super) fn names<'l>(lessons: &[&'l Lesson]) -> Vec<&'l str> {
    let names: BTreeSet<&str> =
        lessons.iter().map(|lesson| lesson.labelled.kind.as_str()).collect();
    let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
    if names.len() < 2 { Vec::new() } else { names }
}

/// A model for each kind.
pub(super) fn models(
    lessons: &[&Lesson],
    kinds: &[&str],
    seed: u64,
) -> Result<BTreeMap<String, Model>, TrainError> {
    let mut table = Table::new(page_features());
    for lesson in lessons {
        table.push(&lesson.page, 0.0, 1.0);
    }
    let model = |kind: &&str| {
        let mut table = table.clone();
        for (label, lesson) in table.labels.iter_mut().zip(lessons) {
            *label = f32::from(u8::from(lesson.labelled.kind == **kind));
        }
        Ok(((*kind).to_owned(), trees::train(&table, &options(seed))?))
    };
    let models: Result<BTreeMap<String, Model>, TreesError> = kinds.par_iter().map(model).collect();
    Ok(models?)
}

/// How likely each page is of each kind, by models that have not seen its site: what a model of
/// blocks can rely on must not be better than it will be on a new page.
pub(super) fn told(
    lessons: &[&Lesson],
    kinds: &[&str],
    folds: usize,
    seed: u64,
) -> Result<Vec<Vec<f32>>, TrainError> {
    let mut told = vec![Vec::new(); lessons.len()];
    if kinds.is_empty() {
        return Ok(told);
    }
    for fold in 0..folds {
        let others: Vec<&Lesson> =
            lessons.iter().copied().filter(|lesson| lesson.fold(folds) != fold).collect();
        let is_in = |lesson: &&Lesson| lesson.fold(folds) == fold;
        if others.len() == lessons.len() {
            continue;
        }
        // All pages of one part: there is nothing to learn from but themselves.
        let learn = if others.is_empty() { lessons } else { &others };
        let models = models(learn, kinds, seed)?;
        for (lesson, told) in lessons.iter().zip(&mut told).filter(|(lesson, _)| is_in(lesson)) {
            *told = models.values().map(|model| model.likelihood(&lesson.page)).collect();
        }
    }
    Ok(told)
}
