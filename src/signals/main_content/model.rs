//! The model of main content: one of blocks, and one for each kind of page, whose answers the
//! one of blocks takes for features.
//!
//! A list of links is content on a listing and furniture beside an article; trees over blocks
//! alone have to find out of which kind a page is in every tree anew.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::NAMES;
use crate::trees::{Card, Model, TreesError};

/// What the file says it is, and the version of its shape.
const FORMAT: &str = "tamis-main-content";
const VERSION: u64 = 1;
/// Goes before the name of a kind to make a feature of it.
const GROUP: &str = "page_kind";
/// How the features of a page's blocks become those of the page: means over its words, and over
/// its blocks.
const MEANS: [&str; 2] = ["by_word", "by_block"];

/// Of so many blocks at once what they are asked with is laid out.
const ROWS_AT_ONCE: usize = 1024;

/// Tells how likely each block of an HTML page is of its main content.
#[derive(Clone, Debug, PartialEq)]
pub struct ContentModel {
    blocks: Model,
    /// The kinds of page in the order of their names, each with what tells it from the others.
    kinds: Vec<(String, Model)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<'f> {
    format: String,
    version: u64,
    #[serde(borrow)]
    kinds: BTreeMap<String, &'f RawValue>,
    #[serde(borrow)]
    blocks: &'f RawValue,
}

impl ContentModel {
    /// Of a model of blocks and those of the kinds of page that it asks for.
    ///
    /// # Errors
    /// If a model asks for a feature that is not computed.
    pub(crate) fn new(blocks: Model, kinds: BTreeMap<String, Model>) -> Result<Self, TreesError> {
        let names: Vec<&str> = kinds.keys().map(String::as_str).collect();
        let blocks = blocks.bind(&block_features(&names))?;
        let of_page = page_features();
        let bound = |(name, model): (String, Model)| Ok((name, model.bind(&of_page)?));
        let kinds = kinds.into_iter().map(bound).collect::<Result<_, TreesError>>()?;
        Ok(Self { blocks, kinds })
    }

    /// What its file says of it.
    pub fn card(&self) -> &Card {
        &self.blocks.card
    }

    /// The model of blocks. Its features are [`super::feature_names`], then one for each kind.
    pub fn blocks(&self) -> &Model {
        &self.blocks
    }

    /// Reads a model's file.
    ///
    /// # Errors
    /// If it is no model, or asks for a feature that is not computed.
    pub fn read(text: &str) -> Result<Self, TreesError> {
        let file: File<'_> = serde_json::from_str(text)?;
        if file.format != FORMAT {
            return Err(TreesError::Format(file.format));
        }
        if file.version != VERSION {
            return Err(TreesError::Version(file.version));
        }
        let read = |(name, text): (String, &RawValue)| Ok((name, Model::read(text.get())?));
        let kinds = file.kinds.into_iter().map(read).collect::<Result<_, TreesError>>()?;
        Self::new(Model::read(file.blocks.get())?, kinds)
    }

    /// The model's file; [`ContentModel::read`] gives the same model again.
    ///
    /// # Errors
    /// A figure of the card that is not finite.
    pub fn write(&self) -> Result<String, TreesError> {
        let mut text = format!("{{\n\"format\": \"{FORMAT}\",\n\"version\": {VERSION},\n");
        text.push_str("\"kinds\": {");
        for (number, (name, model)) in self.kinds.iter().enumerate() {
            // Of some hundred features each asks for a few.
            let uses = model.uses();
            let used = model.features().iter().zip(uses).filter(|(_, used)| *used);
            let names: Vec<&String> = used.map(|(name, _)| name).collect();
            let model = model.clone().bind(&names)?.write()?;
            let comma = if number > 0 { "," } else { "" };
            let _ = write!(text, "{comma}\n{}: {}", serde_json::to_string(name)?, model.trim_end());
        }
        let _ = write!(text, "}},\n\"blocks\": {}\n}}\n", self.blocks.write()?.trim_end());
        Ok(text)
    }

    /// The names of the kinds of page that it knows, in order.
    pub(crate) fn kind_names(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().map(|(name, _)| name.as_str())
    }

    /// How likely a page is of each kind, by its own row; see [`page_row`].
    pub(crate) fn kinds(&self, page: &[f32]) -> Vec<f32> {
        self.kinds.iter().map(|(_, model)| model.likelihood(page)).collect()
    }

    /// What the model of blocks is asked: the rows of a page's blocks, and how likely the page is
    /// of each kind.
    pub(crate) fn asked<'r>(&self, rows: &'r [f32], words: &[f32]) -> (Cow<'r, [f32]>, Vec<f32>) {
        let kinds = self.page_kinds(rows, words);
        (with_kinds(rows, &kinds), kinds)
    }

    /// How likely each block of a page is main content, given the blocks' rows and words.
    pub(crate) fn likelihoods(&self, rows: &[f32], words: &[f32]) -> Vec<f32> {
        self.likelihoods_given(rows, &self.page_kinds(rows, words))
    }

    /// The same, given how likely the page is of each kind.
    pub(crate) fn likelihoods_given(&self, rows: &[f32], kinds: &[f32]) -> Vec<f32> {
        // A page may have very many blocks; the kinds are not added to all rows at once.
        let some = rows.chunks(NAMES.len() * ROWS_AT_ONCE);
        some.flat_map(|rows| self.blocks.likelihoods(&with_kinds(rows, kinds))).collect()
    }

    fn page_kinds(&self, rows: &[f32], words: &[f32]) -> Vec<f32> {
        if self.kinds.is_empty() {
            return Vec::new();
        }
        self.kinds(&page_row(rows, words))
    }
}

/// The features that a model of blocks is asked with, given the kinds of page.
pub(crate) fn block_features(kinds: &[&str]) -> Vec<String> {
    let kinds = kinds.iter().map(|kind| format!("{GROUP}.{kind}"));
    NAMES.iter().cloned().chain(kinds).collect()
}

/// The features that a model of a kind of page is asked with.
pub(crate) fn page_features() -> Vec<String> {
    MEANS.iter().flat_map(|mean| NAMES.iter().map(move |name| format!("{mean}.{name}"))).collect()
}

/// The features of a page: means of those of its blocks. All 0 without blocks.
pub(crate) fn page_row(rows: &[f32], words: &[f32]) -> Vec<f32> {
    let width = NAMES.len();
    let mut sums = vec![0.0_f64; width * MEANS.len()];
    let (by_word, by_block) = sums.split_at_mut(width);
    let (mut all_words, mut blocks) = (0.0_f64, 0.0_f64);
    for (row, &words) in rows.chunks(width).zip(words) {
        all_words += f64::from(words);
        blocks += 1.0;
        for ((word_sum, block_sum), &value) in by_word.iter_mut().zip(by_block.iter_mut()).zip(row)
        {
            *word_sum += f64::from(value) * f64::from(words);
            *block_sum += f64::from(value);
        }
    }
    let mean = |sum: &f64, whole: f64| (sum / whole.max(1.0)) as f32;
    let by_word = by_word.iter().map(|sum| mean(sum, all_words));
    by_word.chain(by_block.iter().map(|sum| mean(sum, blocks))).collect()
}

/// Rows with the same values added to each.
pub(crate) fn with_kinds<'r>(rows: &'r [f32], kinds: &[f32]) -> Cow<'r, [f32]> {
    if kinds.is_empty() {
        return Cow::Borrowed(rows);
    }
    let width = NAMES.len();
    let mut longer = Vec::with_capacity(rows.len() / width * (width + kinds.len()));
    for row in rows.chunks(width) {
        longer.extend_from_slice(row);
        longer.extend_from_slice(kinds);
    }
    Cow::Owned(longer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trees::{Options, Table, train};

    /// A model that tells by one feature whether it is above 0.5.
    fn by(names: Vec<String>, feature: &str) -> Model {
        let place = names.iter().position(|name| name == feature).expect("it is there");
        let mut table = Table::new(names);
        for n in 0..40 {
            let mut row = vec![0.0; table.names.len()];
            row[place] = n as f32 / 40.0;
            table.push(&row, f32::from(u8::from(n > 20)), 1.0);
        }
        train(&table, &Options { min_rows: 1, trees: 20, ..Options::default() }).expect("a model")
    }

    fn shop_model() -> ContentModel {
        let kinds = ["shop"].map(|name| (name.to_owned(), by(page_features(), "by_block.money")));
        let blocks = by(block_features(&["shop"]), "page_kind.shop");
        ContentModel::new(blocks, kinds.into_iter().collect()).expect("a model")
    }

    /// Rows of blocks that hold this much money and nothing else.
    fn rows(money: &[f32]) -> Vec<f32> {
        let place = NAMES.iter().position(|name| name == "money").expect("it is there");
        let row = |money: &f32| {
            let mut row = vec![0.0; NAMES.len()];
            row[place] = *money;
            row
        };
        money.iter().flat_map(row).collect()
    }

    #[test]
    fn blocks_are_judged_by_the_kind_of_their_page() {
        let model = shop_model();
        let likelihoods = |money: &[f32]| {
            let words = vec![5.0; money.len()];
            model.likelihoods(&rows(money), &words)
        };
        assert!(likelihoods(&[0.0, 1.0, 2.0]).iter().all(|p| *p > 0.5));
        assert!(likelihoods(&[0.0, 0.1, 0.0]).iter().all(|p| *p < 0.5));
        assert!(likelihoods(&[]).is_empty());
    }

    #[test]
    fn of_many_blocks_each_is_judged_as_of_few() {
        let model = shop_model();
        let money: Vec<f32> = (0..3 * ROWS_AT_ONCE + 1).map(|n| n as f32).collect();
        let rows = rows(&money);
        let many = model.likelihoods_given(&rows, &[0.7]);
        let one_by_one =
            rows.chunks(NAMES.len()).flat_map(|row| model.likelihoods_given(row, &[0.7]));
        assert_eq!(many, one_by_one.collect::<Vec<f32>>());
    }

    #[test]
    fn a_file_gives_the_same_model_again() {
        let model = shop_model();
        let read = ContentModel::read(&model.write().expect("a file")).expect("a model");
        assert_eq!(read.write().expect("a file"), model.write().expect("a file"));
        let rows = rows(&[0.7, 0.4]);
        assert_eq!(read.asked(&rows, &[3.0, 1.0]), model.asked(&rows, &[3.0, 1.0]));
    }

    #[test]
    fn blocks_that_ask_for_a_kind_that_is_not_told_are_refused() {
        let blocks = by(block_features(&["shop"]), "page_kind.shop");
        let error = ContentModel::new(blocks, BTreeMap::new()).expect_err("no kind");
        assert!(error.to_string().contains("page_kind.shop"), "{error}");
    }

    #[test]
    fn a_page_is_the_means_of_its_blocks() {
        let page = page_row(&rows(&[1.0, 4.0]), &[30.0, 10.0]);
        let of = |name: &str| {
            let names = page_features();
            page[names.iter().position(|other| other == name).expect("it is there")]
        };
        assert_eq!(of("by_word.money"), 1.75);
        assert_eq!(of("by_block.money"), 2.5);
        assert!(page_row(&[], &[]).iter().all(|value| *value == 0.0));
        assert_eq!(page_row(&[], &[]).len(), page_features().len());
    }
}
