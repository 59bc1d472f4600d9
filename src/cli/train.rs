//! `tamis train`: a model of main content from labelled pages.

use std::path::PathBuf;

use clap::Args;

use super::{DONE, Failure, on_this_machine, terminal};
use tamis::train::{Settings, train};
use tamis::trees::Options;

#[derive(Args)]
#[command(after_help = "A folder holds `gt.jsonl` and `html/`. A line of `gt.jsonl` is a page: \
    {\"id\": …, \"text\": main text, \"type\": kind of page, \"url\": address, \"with\": […], \
    \"without\": […]}; its markup is `html/ID.html`. Only `id` and `text` must be there.")]
pub(crate) struct Arguments {
    /// Folders of labelled pages
    #[arg(required = true, value_name = "FOLDER")]
    folders: Vec<PathBuf>,
    /// Write the model here
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Parts for cross-validation, by registered domain; 0 for none
    #[arg(long, default_value_t = 5, value_name = "N")]
    folds: usize,
    /// Trees
    #[arg(long, default_value_t = 400, value_name = "N")]
    trees: usize,
    /// Leaves of a tree; with 2 the model is additive
    #[arg(long, default_value_t = 31, value_name = "N")]
    leaves: usize,
    /// By how much each tree's answer is shrunk
    #[arg(long, default_value_t = 0.04, value_name = "SHARE")]
    learning_rate: f32,
    /// Do not tell the kinds of page apart that the labels name
    #[arg(long)]
    no_kinds: bool,
    /// What the model's file is to say of the data
    #[arg(long, default_value = "", value_name = "TEXT")]
    data: String,
}

pub(crate) fn run(arguments: Arguments) -> Result<u8, Failure> {
    on_this_machine(&arguments.output)?;
    let options = Options {
        trees: arguments.trees,
        leaves: arguments.leaves,
        depth: 16,
        learning_rate: arguments.learning_rate,
        l2: 5.0,
        min_rows: 50,
        feature_share: 0.3,
        row_share: 0.7,
        seed: 1,
        ..Options::default()
    };
    let settings = Settings {
        options,
        folds: arguments.folds,
        kinds: !arguments.no_kinds,
        data: arguments.data,
    };
    let (model, figures) = train(&arguments.folders, &settings)?;
    if !figures.is_empty() {
        println!(
            "{:16} {:>6} {:>8} {:>8} {:>8} {:>8} {:>8}",
            "", "pages", "F1", "< 0.2", "with", "leaked", "kind"
        );
    }
    for (kind, figure) in &figures {
        let share =
            |share: Option<f64>| share.map_or("-".to_owned(), |s| format!("{:.1} %", 100.0 * s));
        println!(
            "{kind:16} {:>6} {:>8.4} {:>8} {:>8} {:>8} {:>8}",
            figure.pages,
            figure.f1,
            share(Some(figure.failed)),
            share(figure.with),
            share(figure.leaked),
            share(figure.kind)
        );
    }
    let text = model.write()?;
    std::fs::write(&arguments.output, &text).map_err(|error| {
        Failure(format!("cannot write {}: {error}", arguments.output.display()))
    })?;
    terminal::note(&format!(
        "{}: {} trees, {} bytes",
        arguments.output.display(),
        model.blocks().trees(),
        text.len()
    ));
    Ok(DONE)
}
