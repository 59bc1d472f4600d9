//! Training the model of main content from labelled pages (`tamis train`).
//!
//! A page is cut into blocks as for cleaning; a block's label is the share of its words that are
//! aligned with the page's reference text; the model is boosted trees over the features of
//! `signals::main_content`, with the kinds of page that the labels name told by trees of their
//! own (`kinds`). Figures are of folds by registered domain: no page is judged by a model that
//! has seen its site.

mod align;
mod data;
mod kinds;
mod score;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::document::{Format, Page, Record};
use crate::segment::html::Extent;
use crate::signals::PageView;
use crate::signals::main_content::model::{block_features, with_kinds};
use crate::signals::main_content::{self, ContentModel, choice};
use crate::survey::Survey;
use crate::text::words::word_hash;
use crate::trees::{self, Card, Options, Table, TreesError};
use crate::{decode, segment, text};

pub use data::Labelled;
use score::Bag;

/// Why a model cannot be trained.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: std::io::Error,
    },
    /// A line of the labels is not one.
    #[error("{}, line {line}: not a label", path.display())]
    Label {
        /// The file of labels.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Why.
        #[source]
        error: serde_json::Error,
    },
    /// No page has a text to learn from.
    #[error("no labelled page has a main text and blocks to learn from")]
    Nothing,
    /// Fewer than two folds.
    #[error("{0} folds: figures need two or more, or 0 for none")]
    Folds(usize),
    /// The trees cannot be grown.
    #[error(transparent)]
    Trees(#[from] TreesError),
}

/// A page to learn from.
struct Lesson {
    labelled: Labelled,
    /// Equal for pages of one site.
    site: u64,
    /// For each block its words, and how many of them are in the reference.
    blocks: Vec<(u32, u32)>,
    /// For each block its words again, as models take them.
    words: Vec<f32>,
    /// For each block its text, for snippets.
    texts: Vec<String>,
    /// For each block whether only structured data has it.
    stated: Vec<bool>,
    gold: Bag,
    rows: Vec<f32>,
    /// The features of the page as a whole.
    page: Vec<f32>,
}

impl Lesson {
    /// The part that its site is in, of so many.
    fn fold(&self, folds: usize) -> usize {
        (self.site % folds.max(1) as u64) as usize
    }
}

/// What [`train`] is to do.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How the trees grow.
    pub options: Options,
    /// Parts for cross-validation, 2 or more; 0 for no figures.
    pub folds: usize,
    /// Whether to tell kinds of page apart, if the labels name any.
    pub kinds: bool,
    /// What the model's file says of the data.
    pub data: String,
}

/// Figures over pages, by their kind; under `all` those of all pages.
pub type Figures = BTreeMap<String, Figure>;

/// Means over pages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figure {
    /// Pages.
    pub pages: usize,
    /// Mean F1 over words.
    pub f1: f64,
    /// Share of pages with an F1 under 0.2.
    pub failed: f64,
    /// Share of the snippets that must be there that are.
    pub with: Option<f64>,
    /// Share of the snippets that must not be there that are.
    pub leaked: Option<f64>,
    /// Share of the pages that are taken for the kind that they are, if kinds are told apart.
    pub kind: Option<f64>,
}

/// Sums behind a [`Figure`].
#[derive(Default)]
struct Sums {
    scores: Vec<f64>,
    with: [usize; 2],
    without: [usize; 2],
    kind: [usize; 2],
}

/// How a page does under a model.
struct Held {
    f1: f64,
    /// Snippets that come out, of how many.
    with: [usize; 2],
    without: [usize; 2],
    /// It is taken for what it is, of one, if kinds are told apart.
    kind: [usize; 2],
}

/// Trains a model on labelled folders; with folds, also its cross-validated figures, which are
/// written into the model's card.
///
/// # Errors
/// If labels cannot be read or there is nothing to learn from.
pub fn train(
    folders: &[PathBuf],
    settings: &Settings,
) -> Result<(ContentModel, Figures), TrainError> {
    if settings.folds == 1 {
        return Err(TrainError::Folds(1));
    }
    let lessons = lessons(folders)?;
    let figures = if settings.folds > 1 { validate(&lessons, settings)? } else { Figures::new() };
    let mut card = Card {
        about: "How likely a block of an HTML page is of its main content".to_owned(),
        data: settings.data.clone(),
        ..Card::default()
    };
    for (kind, figure) in &figures {
        let rounded = |value: f64| (value * 10_000.0).round() / 10_000.0;
        card.figures.insert(format!("{kind} pages"), figure.pages as f64);
        card.figures.insert(format!("{kind} word F1"), rounded(figure.f1));
        card.figures.insert(format!("{kind} F1 under 0.2"), rounded(figure.failed));
        if let Some(leaked) = figure.leaked {
            card.figures.insert(format!("{kind} leaked"), rounded(leaked));
        }
        if let Some(told) = figure.kind {
            card.figures.insert(format!("{kind} kind told"), rounded(told));
        }
    }
    let model = fit(&lessons.iter().collect::<Vec<_>>(), settings, card)?;
    Ok((model, figures))
}

/// A model of these lessons.
fn fit(lessons: &[&Lesson], settings: &Settings, card: Card) -> Result<ContentModel, TrainError> {
    let kinds = if settings.kinds { kinds::names(lessons) } else { Vec::new() };
    let folds = settings.folds.max(LEAST_FOLDS);
    let told = kinds::told(lessons, &kinds, folds, settings.options.seed)?;
    let mut blocks = trees::train(&table(lessons, &kinds, &told), &settings.options)?;
    blocks.card = card;
    let kinds = kinds::models(lessons, &kinds, settings.options.seed)?;
    Ok(ContentModel::new(blocks, kinds)?)
}

fn lessons(folders: &[PathBuf]) -> Result<Vec<Lesson>, TrainError> {
    let mut labelled = Vec::new();
    for folder in folders {
        labelled.extend(data::read(folder)?);
    }
    let lessons: Result<Vec<Option<Lesson>>, TrainError> =
        labelled.into_par_iter().map(lesson).collect();
    let lessons: Vec<Lesson> = lessons?.into_iter().flatten().collect();
    if lessons.iter().all(|lesson| lesson.blocks.is_empty()) {
        return Err(TrainError::Nothing);
    }
    Ok(lessons)
}

/// A page made ready; `None` where it has no text to learn from.
fn lesson(labelled: Labelled) -> Result<Option<Lesson>, TrainError> {
    let Some(gold) = labelled.text.as_deref() else { return Ok(None) };
    let page = page(&labelled.id, &labelled.markup)?;
    let survey = Survey::none();
    let view = PageView::of(&page, &survey);
    let reference: Vec<u64> = text::words(gold).iter().map(|word| word.hash).collect();
    let words: Vec<u64> = view.words().iter().map(|word| word.hash).collect();
    let found = align::aligned(&words, &reference);
    let mut marks = view.words().iter().zip(&found).peekable();
    let mut blocks = Vec::with_capacity(page.blocks.len());
    for block in &page.blocks {
        let mut counts = (0, 0);
        while let Some((_, found)) = marks.next_if(|(w, _)| (w.end as usize) <= block.span.end) {
            counts.0 += 1;
            counts.1 += u32::from(*found);
        }
        blocks.push(counts);
    }
    let texts: Vec<String> =
        page.blocks.iter().map(|block| block.span.of(&page.text).to_owned()).collect();
    let rows = main_content::rows(&view);
    let words: Vec<f32> = blocks.iter().map(|(words, _)| *words as f32).collect();
    let lesson = Lesson {
        site: word_hash(&labelled.group()),
        blocks,
        texts,
        stated: main_content::stated(&view),
        gold: Bag::new(gold),
        page: main_content::model::page_row(&rows, &words),
        words,
        rows,
        labelled,
    };
    Ok(Some(lesson))
}

fn page(id: &str, path: &Path) -> Result<Page, TrainError> {
    let bytes =
        std::fs::read(path).map_err(|error| TrainError::Read { path: path.to_owned(), error })?;
    let record = Record::bytes(id, Format::Html, bytes);
    // Bytes of no character set at all give a page without blocks.
    let document = decode::decode(record)
        .or_else(|_| decode::decode(Record::html(id, "")))
        .map_err(|_| TrainError::Nothing)?;
    Ok(segment::segment_to(document, Extent::All))
}

/// Of each block's weight, so much does not depend on its length (mean weight 1).
const WEIGHT_OF_A_BLOCK: f32 = 0.2;

/// Parts that kinds of page are told in where no figures are asked for.
const LEAST_FOLDS: usize = 5;

/// The rows of pages with their labels, `told` how likely each page is of each kind. A block
/// weighs as its words do among those of its page and of the page's reference, so that every page
/// counts about alike.
fn table(lessons: &[&Lesson], kinds: &[&str], told: &[Vec<f32>]) -> Table {
    let mut table = Table::new(block_features(kinds));
    for (lesson, told) in lessons.iter().zip(told) {
        let all: u32 = lesson.blocks.iter().map(|(words, _)| words).sum();
        let gold: u32 = lesson.blocks.iter().map(|(_, found)| found).sum();
        let page = ((all.max(1) as f32) * (gold.max(1) as f32)).sqrt();
        let rows = with_kinds(&lesson.rows, told);
        for (row, (words, found)) in rows.chunks(table.names.len()).zip(&lesson.blocks) {
            let label = if *words > 0 { *found as f32 / *words as f32 } else { 0.0 };
            table.push(row, label, *words as f32 / page);
        }
    }
    let mean = table.weights.iter().sum::<f32>() / table.weights.len().max(1) as f32;
    for weight in &mut table.weights {
        *weight = *weight / mean.max(f32::MIN_POSITIVE) + WEIGHT_OF_A_BLOCK;
    }
    table
}

/// Figures of models that have not seen the pages they are held against.
fn validate(lessons: &[Lesson], settings: &Settings) -> Result<Figures, TrainError> {
    let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
    let folds = settings.folds;
    for fold in 0..folds {
        let learn: Vec<&Lesson> =
            lessons.iter().filter(|lesson| lesson.fold(folds) != fold).collect();
        if learn.iter().all(|lesson| lesson.blocks.is_empty()) {
            return Err(TrainError::Nothing);
        }
        let model = fit(&learn, settings, Card::default())?;
        for lesson in lessons.iter().filter(|lesson| lesson.fold(folds) == fold) {
            let held = held_against(lesson, &model);
            for key in ["all", lesson.labelled.kind.as_str()] {
                let sums = sums.entry(key.to_owned()).or_default();
                sums.scores.push(held.f1);
                for (sum, more) in [
                    (&mut sums.with, held.with),
                    (&mut sums.without, held.without),
                    (&mut sums.kind, held.kind),
                ] {
                    sum[0] += more[0];
                    sum[1] += more[1];
                }
            }
        }
    }
    let share = |[part, whole]: [usize; 2]| (whole > 0).then(|| part as f64 / whole as f64);
    let figure = |sums: Sums| {
        let pages = sums.scores.len();
        Figure {
            pages,
            f1: sums.scores.iter().sum::<f64>() / pages.max(1) as f64,
            failed: sums.scores.iter().filter(|score| **score < 0.2).count() as f64
                / pages.max(1) as f64,
            with: share(sums.with),
            leaked: share(sums.without),
            kind: share(sums.kind),
        }
    };
    Ok(sums.into_iter().map(|(kind, sums)| (kind, figure(sums))).collect())
}

fn held_against(lesson: &Lesson, model: &ContentModel) -> Held {
    let kinds = model.kinds(&lesson.page);
    let likelihoods = model.likelihoods_given(&lesson.rows, &kinds);
    let chosen = choice::chosen(&likelihoods, &lesson.words, &lesson.stated);
    let mut bag = Bag::default();
    let mut flat = String::new();
    for (text, _) in lesson.texts.iter().zip(chosen).filter(|(_, is_chosen)| *is_chosen) {
        bag.add(text);
        for word in text.split_whitespace() {
            flat.push_str(&word.to_lowercase());
            flat.push(' ');
        }
    }
    let found = |snippets: &[String]| {
        let is_in = |snippet: &&String| {
            let words: Vec<&str> = snippet.split_whitespace().collect();
            flat.contains(&words.join(" ").to_lowercase())
        };
        [snippets.iter().filter(is_in).count(), snippets.len()]
    };
    let labelled = &lesson.labelled;
    let kinds = model.kind_names().zip(kinds);
    let likeliest = kinds.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(kind, _)| kind);
    Held {
        f1: score::f1(&bag, &lesson.gold),
        with: found(&labelled.with),
        without: found(&labelled.without),
        kind: likeliest.map_or([0; 2], |kind| [usize::from(kind == labelled.kind), 1]),
    }
}
