//! Arguments that say what to read and by which rules; shared by commands.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{Failure, terminal};
use tamis::document::Format;
use tamis::signals::main_content::ContentModel;
use tamis::source::{
    Container, FindOptions, FormatOption, Found, ReadOptions, Skipped, Source, find,
};
use tamis::store::Settings;
use tamis::survey::HOST;
use tamis::text::words::word_hash;
use tamis::{Cleaner, RuleSet};

/// How the input is written, where name and content do not tell.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FormatArgument {
    Text,
    Markdown,
    Html,
    Jsonl,
    Parquet,
    Warc,
    Csv,
    Tsv,
}

/// What to read, and by which rules to judge it.
#[derive(Args)]
pub(crate) struct Input {
    /// Files, folders (read recursively), patterns, or - for standard input; also s3://, gs://, az://
    /// (a folder ends in /) and https://.
    /// Read are .txt, .md, .html, .jsonl, .csv, .tsv, .warc and .wet, each also with .gz or .zst;
    /// and .parquet
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<String>,

    /// A built-in rule set or preset by its name, or a rules file by its path; may be repeated
    /// [default: web, or web-html if all input is HTML or WARC]
    #[arg(long, short, value_name = "NAME|FILE")]
    rules: Vec<String>,

    /// Read every input as this format, whatever its name and content say
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<FormatArgument>,

    /// JSON Lines, CSV, Parquet: how the text inside the records is written
    #[arg(long, value_name = "FORMAT")]
    pub(crate) text_format: Option<FormatArgument>,

    /// JSON Lines, CSV, Parquet: the field or column that holds the text; dots lead into objects
    #[arg(long, value_name = "FIELD", default_value = "text")]
    pub(crate) text_field: String,

    /// JSON Lines, CSV, Parquet: the field that holds the document's id [default: id]
    #[arg(long, value_name = "FIELD")]
    pub(crate) id_field: Option<String>,

    /// JSON Lines, CSV, Parquet: the field that holds the page's address [default: url]
    #[arg(long, value_name = "FIELD")]
    pub(crate) url_field: Option<String>,

    /// By what documents are grouped for counts over hosts: `host`, the registered domain of the
    /// page's address, or a field of JSON Lines
    #[arg(long, value_name = "host|FIELD", default_value = HOST)]
    group_by: String,

    /// HTML: a model of main content, made by `tamis train`, in place of the program's own
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,

    /// Largest record in bytes; a larger one is set aside as unreadable
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_bytes: u64,

    /// Object stores: how long a request that fails for a passing reason is tried again
    #[arg(long, value_name = "SECONDS", default_value_t = 180)]
    retry_for: u64,

    /// Read http:// (not https://) from other machines than this one
    #[arg(long)]
    allow_http: bool,
}

impl Input {
    /// How object stores are asked.
    pub(crate) fn store(&self) -> Settings {
        let retry_for = Duration::from_secs(self.retry_for);
        Settings { retry_for, allow_http: self.allow_http }
    }

    /// These inputs, and the default of everything else.
    pub(crate) fn of(inputs: &[String]) -> Self {
        Self {
            inputs: inputs.to_vec(),
            rules: Vec::new(),
            format: None,
            text_format: None,
            text_field: ReadOptions::default().text_field,
            id_field: None,
            url_field: None,
            group_by: HOST.to_owned(),
            model: None,
            max_bytes: ReadOptions::default().max_bytes as u64,
            retry_for: Settings::default().retry_for.as_secs(),
            allow_http: false,
        }
    }

    /// The names of the rules that were asked for.
    pub(crate) fn named_rules(&self) -> &[String] {
        &self.rules
    }

    /// The names of the rules in force: those asked for, or those for pages in HTML if the input
    /// is nothing else.
    pub(crate) fn rule_names(&self, sources: &[Arc<Source>]) -> Vec<String> {
        if !self.rules.is_empty() {
            return self.rules.clone();
        }
        let is_html = |source: &Arc<Source>| match source.container {
            Container::File(format) => format == Format::Html,
            // Web archives hold pages as they were sent; WET files hold texts.
            Container::Warc => !is_wet(&source.name),
            _ => false,
        };
        let html = matches!(self.text_format, Some(FormatArgument::Html))
            || !sources.is_empty() && sources.iter().all(is_html);
        vec![if html { "web-html" } else { "web" }.to_owned()]
    }

    /// The rules in force.
    pub(crate) fn rules(&self, sources: &[Arc<Source>]) -> Result<RuleSet, Failure> {
        Ok(RuleSet::load(self.rule_names(sources))?)
    }

    /// The model of main content that was asked for.
    pub(crate) fn model(&self) -> Result<Option<Model>, Failure> {
        let Some(path) = &self.model else { return Ok(None) };
        let about = |error: &dyn std::fmt::Display| Failure(format!("{}: {error}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| about(&error))?;
        let model = Arc::new(ContentModel::read(&text).map_err(|error| about(&error))?);
        Ok(Some(Model { model, hash: format!("{:016x}", word_hash(&text)) }))
    }

    /// What is said of how to read the inputs beside fields and limits, by the names of the
    /// arguments, as far as it is not the default.
    pub(crate) fn spelled(&self, model: Option<&Model>) -> BTreeMap<String, String> {
        let word = |format: FormatArgument| format!("{format:?}").to_lowercase();
        let said = [
            ("format", self.format.map(word)),
            ("text-format", self.text_format.map(word)),
            ("group-by", (self.group_by != HOST).then(|| self.group_by.clone())),
            ("model", model.map(|model| model.hash.clone())),
        ];
        said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    /// The sources. `exclude` is a folder that is never read (the run's own output).
    pub(crate) fn sources(&self, exclude: Option<PathBuf>) -> Result<Sources, Failure> {
        self.find(FindOptions { exclude, ..FindOptions::default() })
    }

    /// The sources; the format that was asked for goes before that of the options.
    pub(crate) fn find(&self, options: FindOptions) -> Result<Sources, Failure> {
        let format = self.format.map(|format| match format {
            FormatArgument::Text => FormatOption::Text,
            FormatArgument::Markdown => FormatOption::Markdown,
            FormatArgument::Html => FormatOption::Html,
            FormatArgument::Jsonl => FormatOption::Jsonl,
            FormatArgument::Parquet => FormatOption::Parquet,
            FormatArgument::Warc => FormatOption::Warc,
            FormatArgument::Csv => FormatOption::Csv,
            FormatArgument::Tsv => FormatOption::Tsv,
        });
        let Found { sources, skipped } =
            find(&self.inputs, &FindOptions { format, store: self.store(), ..options })?;
        Ok(Sources { sources, skipped })
    }

    /// Fields and limits.
    pub(crate) fn options(&self) -> Result<ReadOptions, Failure> {
        let text_format = match self.text_format {
            None => None,
            Some(FormatArgument::Text) => Some(Format::Text),
            Some(FormatArgument::Markdown) => Some(Format::Markdown),
            Some(FormatArgument::Html) => Some(Format::Html),
            Some(_) => {
                return Err(Failure("--text-format is text, markdown or html".to_owned()));
            }
        };
        Ok(ReadOptions {
            text_field: self.text_field.clone(),
            id_field: self.id_field.clone(),
            url_field: self.url_field.clone(),
            group_field: (self.group_by != HOST).then(|| self.group_by.clone()),
            text_format,
            max_bytes: usize::try_from(self.max_bytes).unwrap_or(usize::MAX),
        })
    }
}

/// True for the name of a file of texts made of a web archive.
fn is_wet(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".wet", ".wet.gz", ".wet.zst", ".wet.zstd"].iter().any(|end| name.ends_with(end))
}

/// A model of main content in place of the program's own.
pub(crate) struct Model {
    model: Arc<ContentModel>,
    /// Tells it from others.
    hash: String,
}

impl Model {
    /// The cleaner with this model.
    pub(crate) fn within(&self, cleaner: Cleaner) -> Cleaner {
        cleaner.with_model(self.model.clone())
    }
}

/// The sources found, and what will not be read.
pub(crate) struct Sources {
    pub(crate) sources: Vec<Arc<Source>>,
    skipped: Vec<Skipped>,
}

impl Sources {
    /// Says what will not be read. True if something could not be found out, so that sources may
    /// be missing.
    pub(crate) fn announce(&self, quiet: bool) -> bool {
        let (faults, skipped): (Vec<&Skipped>, Vec<&Skipped>) =
            self.skipped.iter().partition(|skipped| skipped.reason.is_fault());
        for fault in &faults {
            terminal::error(&format!("{}: {}", fault.path.display(), fault.reason));
        }
        if !quiet {
            for skipped in skipped.iter().take(5) {
                let path = skipped.path.display();
                terminal::note(&format!("{path}: not read: {}", skipped.reason));
            }
            if skipped.len() > 5 {
                terminal::note(&format!("{} more files were not read", skipped.len() - 5));
            }
        }
        !faults.is_empty()
    }
}
