//! Main content of an HTML page: what a model makes of the elements, links and texts around a block.

mod blocks;
mod elements;
mod features;
mod vocabulary;

use features::Features;

use super::PageView;

/// The names of the features, in order.
pub fn feature_names(page: &PageView<'_>) -> Vec<String> {
    let mut names = Vec::new();
    Features::new(page).give(0, &mut names);
    names
}

/// Calls `take` with each block's number and features, in order.
pub fn each_block(page: &PageView<'_>, mut take: impl FnMut(usize, &[f32])) {
    let features = Features::new(page);
    let mut row: Vec<f32> = Vec::with_capacity(512);
    for block in 0..features.len() {
        row.clear();
        features.give(block, &mut row);
        take(block, &row);
    }
}
