//! Main content of an HTML page: what a trained model makes of the elements, links and texts
//! around each block.
//!
//! `blocks` and `elements` measure, `features` puts together what the `model` is asked about a
//! block, `choice` picks the blocks of a page.

use std::sync::LazyLock;

use super::{AREA, PageView, Signal, Unit, flag};
use crate::document::{Block, Format, Info};
use crate::embedded;
use crate::outline::Element;
use crate::survey::Survey;

mod blocks;
pub mod choice;
mod elements;
mod features;
pub(crate) mod model;
mod vocabulary;

use features::Features;
pub use model::ContentModel;

/// The family's signals.
pub(super) const ALL: &[&Signal] = &[
    &Signal {
        name: "main_content_likelihood",
        unit: Unit::Ratio,
        scopes: AREA,
        needs: &[],
        about: "How likely the block is of the page's main content, by boosted trees over its elements, links, texts and surroundings; undefined for formats other than HTML",
        source: "ours; the model's file in rules/models says what it was trained on",
        measure: |t| Some(f64::from(t.page.main_content()?.get(t.block?)?.likelihood)),
    },
    &Signal {
        name: "is_main_content",
        unit: Unit::Count,
        scopes: AREA,
        needs: &[],
        about: "1 if the block is among those of the highest main_content_likelihood that together have the best expected F1 on the page's words, else 0; undefined for formats other than HTML",
        source: "ours; choice by expected F1 after Lewis 1995 (Evaluating and optimizing autonomous text classification systems)",
        measure: |t| flag(t.page.main_content()?.get(t.block?)?.is_chosen),
    },
    &Signal {
        name: "main_content_additive_likelihood",
        unit: Unit::Ratio,
        scopes: AREA,
        needs: &[],
        about: "As main_content_likelihood, by a sum of one step table a feature; undefined for formats other than HTML",
        source: "ours; the model's file in rules/models says what it was trained on",
        measure: |t| Some(f64::from(t.page.main_content_additive()?.get(t.block?)?.likelihood)),
    },
    &Signal {
        name: "is_main_content_additive",
        unit: Unit::Count,
        scopes: AREA,
        needs: &[],
        about: "As is_main_content, by main_content_additive_likelihood; undefined for formats other than HTML",
        source: "ours",
        measure: |t| flag(t.page.main_content_additive()?.get(t.block?)?.is_chosen),
    },
];

/// What the model makes of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judged {
    likelihood: f32,
    is_chosen: bool,
}

/// The model that comes with the program.
static BUILTIN: LazyLock<Option<ContentModel>> =
    LazyLock::new(|| embedded_model("models/main-content.json"));

/// The additive model that comes with the program.
static ADDITIVE: LazyLock<Option<ContentModel>> =
    LazyLock::new(|| embedded_model("models/main-content-additive.json"));

fn embedded_model(name: &str) -> Option<ContentModel> {
    ContentModel::read(embedded::RULES.get_file(name)?.contents_utf8()?).ok()
}

/// The additive model that comes with the program.
pub fn builtin_additive() -> Option<&'static ContentModel> {
    ADDITIVE.as_ref()
}

/// The model that comes with the program.
pub fn builtin() -> Option<&'static ContentModel> {
    BUILTIN.as_ref()
}

/// The names of the features, in order.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let info = Info::new("", Format::Html);
    let survey = Survey::none();
    let mut names: Vec<String> = Vec::new();
    Features::new(&PageView::new("", &[], &info, &survey)).give(0, &mut names);
    names
});

/// The names of the features, in order.
pub fn feature_names() -> &'static [String] {
    &NAMES
}

/// The features of all blocks of a page, one row after another.
pub fn rows(page: &PageView<'_>) -> Vec<f32> {
    let features = Features::new(page);
    let mut rows: Vec<f32> = Vec::with_capacity(NAMES.len() * features.len());
    for block in 0..features.len() {
        features.give(block, &mut rows);
    }
    rows
}

/// The words of each block.
fn words(page: &PageView<'_>) -> Vec<f32> {
    (0..page.blocks.len()).map(|block| page.block_word_range(block).len() as f32).collect()
}

/// For each block whether only structured data has it, and it is of what the page is about: an
/// article's body, a description; not an answer to a question among many.
pub(crate) fn stated(page: &PageView<'_>) -> Vec<bool> {
    let is_about = |(_, element): (u32, &Element)| {
        let tag = page.outline.tag(element);
        tag.name == "script" && matches!(tag.classes, "articleBody" | "description")
    };
    let is_stated = |block: &Block| page.outline.around(block.element).any(is_about);
    page.blocks.iter().map(is_stated).collect()
}

/// What the model makes of each block of a page.
pub(super) fn judge(page: &PageView<'_>, model: &ContentModel) -> Vec<Judged> {
    let words = words(page);
    let likelihoods = model.likelihoods(&rows(page), &words);
    let hidden = |block: &Block| page.outline.get(block.element).is_some_and(|e| e.is_hidden);
    let chosen = if page.blocks.iter().all(|block| block.links.is_empty()) {
        // A piece of a page, such as an entry of a feed: there is nothing around the content.
        page.blocks.iter().map(|block| !hidden(block)).collect()
    } else {
        choice::chosen(&likelihoods, &words, &stated(page))
    };
    let of = |(likelihood, is_chosen)| Judged { likelihood, is_chosen };
    likelihoods.into_iter().zip(chosen).map(of).collect()
}

/// A feature of a block with what it adds to the block's score.
#[derive(Clone, Debug)]
pub struct Contribution<'m> {
    /// The feature's name.
    pub feature: &'m str,
    /// Its value.
    pub value: f32,
    /// What it adds to the score (log-odds); see [`crate::trees::Model::contributions`].
    pub adds: f32,
}

/// What the score of a block is made of.
#[derive(Clone, Debug)]
pub struct BlockContributions<'m> {
    /// How likely it is of the main content.
    pub likelihood: f32,
    /// The score (log-odds) before any feature is known.
    pub base: f32,
    /// What each feature adds, the weightiest first; with the base it is the block's score.
    pub features: Vec<Contribution<'m>>,
}

/// What a model makes of a page, and why.
#[derive(Clone, Debug, Default)]
pub struct Explained<'m> {
    /// The kinds of page that the model knows, with how likely the page is of each, the likeliest
    /// first.
    pub kinds: Vec<(&'m str, f32)>,
    /// What the score of each block is made of.
    pub blocks: Vec<BlockContributions<'m>>,
}

/// What a model makes of a page. Empty for formats other than HTML.
pub fn explain<'m>(page: &PageView<'_>, model: &'m ContentModel) -> Explained<'m> {
    if page.info.format != Format::Html {
        return Explained::default();
    }
    let rows = rows(page);
    let (rows, kinds) = model.asked(&rows, &words(page));
    let mut kinds: Vec<(&str, f32)> = model.kind_names().zip(kinds).collect();
    kinds.sort_by(|a, b| b.1.total_cmp(&a.1));
    let names = model.blocks().features();
    let mut adds = vec![0.0; names.len()];
    let of = |row: &[f32]| {
        let base = model.blocks().contributions(row, &mut adds);
        let mut features: Vec<Contribution<'m>> = names
            .iter()
            .zip(row)
            .zip(&adds)
            .filter(|(_, adds)| **adds != 0.0)
            .map(|((feature, &value), &adds)| Contribution { feature, value, adds })
            .collect();
        features.sort_by(|a, b| b.adds.abs().total_cmp(&a.adds.abs()));
        BlockContributions { likelihood: model.blocks().likelihood(row), base, features }
    };
    Explained { kinds, blocks: rows.chunks(names.len()).map(of).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_models_that_come_along_can_be_read_and_say_how_good_they_are() {
        for model in [builtin(), builtin_additive()] {
            let model = model.expect("a model that can be read and bound");
            assert!(model.blocks().features().starts_with(feature_names()));
            assert!(model.card().figures.contains_key("all word F1"));
            assert!(!model.card().data.is_empty());
        }
        assert!(builtin_additive().expect("it is there").blocks().steps().is_some());
        assert!(builtin().expect("it is there").blocks().steps().is_none());
    }

    #[test]
    fn features_have_names_of_their_own() {
        let names: std::collections::HashSet<&String> = feature_names().iter().collect();
        assert_eq!(names.len(), feature_names().len());
    }

    #[test]
    fn another_model_is_refused_if_it_asks_for_what_is_not_computed() {
        let mut table = crate::trees::Table::new(vec!["sharpness".to_owned()]);
        for n in 0..40 {
            table.push(&[n as f32], f32::from(u8::from(n > 20)), 1.0);
        }
        let options = crate::trees::Options { min_rows: 1, trees: 3, ..Default::default() };
        let model = crate::trees::train(&table, &options).expect("a model");
        let model = model.write().expect("a file");
        let file = |format, version| {
            format!(
                r#"{{"format": "{format}", "version": {version}, "kinds": {{}}, "blocks": {model}}}"#
            )
        };
        let error = |text: &str| ContentModel::read(text).expect_err("it is none").to_string();
        let unknown = error(&file("tamis-main-content", 1));
        assert!(unknown.contains("sharpness"), "{unknown}");
        assert!(error(&file("tamis-main-content", 2)).contains('2'));
        assert!(error(&file("tamis-trees", 1)).contains("tamis-trees"));
        error("{");
        // A model of anything else.
        error(&model);
    }
}
