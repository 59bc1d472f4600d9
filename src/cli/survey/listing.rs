//! `tamis survey top` and `tamis survey clusters`: what a survey's file lists.

use std::collections::{HashMap, HashSet};
use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::super::input::Input;
use super::super::terminal::{self, written};
use super::super::{DONE, Failure};
use super::open;
use tamis::decode::decode_text;
use tamis::segment::html::Extent;
use tamis::segment::{self, Unit};
use tamis::source::{Event, Reader, parse};
use tamis::survey::{At, Listed, sentence_print};
use tamis::text::counts::counted;
use tamis::text::print_of;

/// Characters of a sample.
const SAMPLE: usize = 120;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Table {
    Blocks,
    Sentences,
    Windows,
    Texts,
}

#[derive(Args)]
pub(crate) struct TopArguments {
    /// The survey
    #[arg(value_name = "SURVEY")]
    survey: PathBuf,

    /// The inputs that it counted: samples are read from them
    #[arg(value_name = "INPUT")]
    inputs: Vec<String>,

    /// What to list
    #[arg(long, value_name = "WHAT", default_value = "blocks")]
    of: Table,

    /// How many
    #[arg(long, short = 'n', value_name = "N", default_value_t = 20)]
    most: usize,

    /// One JSON record a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct ClusterArguments {
    /// The survey
    #[arg(value_name = "SURVEY")]
    survey: PathBuf,

    /// The inputs that it counted: the beginnings of the documents are read from them
    #[arg(value_name = "INPUT")]
    inputs: Vec<String>,

    /// How many clusters, the largest first
    #[arg(long, short = 'n', value_name = "N", default_value_t = 20)]
    most: usize,

    /// One JSON record a line: first the sizes, then the clusters
    #[arg(long)]
    json: bool,
}

/// Members that are shown of a cluster.
const SHOWN: usize = 5;

pub(crate) fn top(arguments: &TopArguments) -> Result<u8, Failure> {
    let file = open(&arguments.survey)?;
    let listed = match arguments.of {
        Table::Blocks => Listed::Blocks,
        Table::Sentences => Listed::Sentences,
        Table::Windows => Listed::Windows,
        Table::Texts => Listed::Texts,
    };
    let named = |error| Failure(format!("{}: {error}", arguments.survey.display()));
    let found = file.top(listed, arguments.most).map_err(named)?;
    let wanted = found.iter().map(|repeated| (repeated.first.clone(), repeated.fingerprint));
    let unit = file.description().settings().unit;
    let samples = Samples::read(&arguments.inputs, wanted.collect(), unit, listed)?;
    let mut out = terminal::out();
    for repeated in &found {
        let sample = samples.of(&repeated.first, repeated.fingerprint);
        if arguments.json {
            let mut json = serde_json::to_value(repeated)?;
            if let (Some(sample), Some(fields)) = (sample, json.as_object_mut()) {
                fields.insert("sample".to_owned(), sample.into());
            }
            written(writeln!(out, "{json}"))?;
            continue;
        }
        let At { source, ordinal } = &repeated.first;
        written(writeln!(
            out,
            "{} documents, {} copies; first {}",
            repeated.documents,
            repeated.copies,
            terminal::sanitise(&format!("{source}:{}", ordinal + 1)),
        ))?;
        if !repeated.most.is_empty() {
            let most = repeated.most.iter().map(|(name, held)| format!("{name} ({held})"));
            let most = most.collect::<Vec<_>>().join(", ");
            let hosts = counted(repeated.groups, "host");
            written(writeln!(out, "    on {hosts}: {}", terminal::sanitise(&most)))?;
        }
        if let Some(sample) = sample {
            written(writeln!(out, "    {}", terminal::sanitise(sample)))?;
        }
    }
    if found.is_empty() && !arguments.json {
        written(writeln!(out, "nothing stands in more than one document"))?;
    }
    written(out.flush())?;
    Ok(DONE)
}

pub(crate) fn clusters(arguments: &ClusterArguments) -> Result<u8, Failure> {
    let file = open(&arguments.survey)?;
    let named = |error| Failure(format!("{}: {error}", arguments.survey.display()));
    let found = file.clusters(arguments.most).map_err(named)?;
    let shown = |members: &[At]| members.iter().take(SHOWN).cloned().collect::<Vec<At>>();
    let wanted = found.largest.iter().flat_map(|cluster| {
        let kept = std::iter::once(cluster.kept.clone());
        kept.chain(shown(&cluster.members)).map(|at| (at, 0))
    });
    let unit = file.description().settings().unit;
    let samples = Samples::read(&arguments.inputs, wanted.collect(), unit, Listed::Texts)?;
    let mut out = terminal::out();
    if arguments.json {
        let sizes = serde_json::json!({
            "clusters": found.clusters, "documents": found.documents, "sizes": found.sizes,
        });
        written(writeln!(out, "{sizes}"))?;
        for cluster in &found.largest {
            let mut json = serde_json::to_value(cluster)?;
            if let (Some(sample), Some(fields)) =
                (samples.of(&cluster.kept, 0), json.as_object_mut())
            {
                fields.insert("sample".to_owned(), sample.into());
            }
            written(writeln!(out, "{json}"))?;
        }
        written(out.flush())?;
        return Ok(DONE);
    }
    written(writeln!(
        out,
        "{} of {}",
        counted(found.clusters, "cluster"),
        counted(found.documents, "document")
    ))?;
    for (size, clusters) in &found.sizes {
        written(writeln!(out, "    of {size}: {clusters}"))?;
    }
    for cluster in &found.largest {
        written(writeln!(out, "{} documents:", cluster.documents))?;
        let mut line = |mark: &str, at: &At| {
            let place = format!("{}:{}", at.source, at.ordinal + 1);
            let sample = samples.of(at, 0).map(|sample| format!("  {sample}")).unwrap_or_default();
            written(writeln!(out, "    {mark} {}", terminal::sanitise(&format!("{place}{sample}"))))
        };
        line("stays", &cluster.kept)?;
        let others = cluster.members.iter().filter(|member| **member != cluster.kept);
        for member in others.clone().take(SHOWN) {
            line("goes ", member)?;
        }
        let more = others.count().saturating_sub(SHOWN);
        if more > 0 {
            written(writeln!(out, "    … and {more} more"))?;
        }
    }
    written(out.flush())?;
    Ok(DONE)
}

/// The beginnings of texts at places of the inputs.
struct Samples {
    found: HashMap<(At, u64), String>,
}

impl Samples {
    /// Reads the inputs until all is found.
    fn read(
        inputs: &[String],
        wanted: HashSet<(At, u64)>,
        unit: Unit,
        listed: Listed,
    ) -> Result<Self, Failure> {
        let mut samples = Samples { found: HashMap::new() };
        if inputs.is_empty() {
            return Ok(samples);
        }
        let mut places: HashMap<At, Vec<u64>> = HashMap::new();
        for (at, print) in wanted {
            places.entry(at).or_default().push(print);
        }
        let input = Input::of(inputs);
        let names: HashSet<&str> = places.keys().map(|at| at.source.as_str()).collect();
        let mut sources = input.sources(None)?.sources;
        sources.retain(|source| names.contains(&*source.name));
        let options = input.options()?;
        for event in Reader::new(sources, options.clone()) {
            let Event::Item(item) = event else { continue };
            let at = At { source: item.source.name.to_string(), ordinal: item.ordinal };
            let Some(prints) = places.remove(&at) else { continue };
            if tamis::source::passes(&item).is_some() {
                continue;
            }
            let Ok(parsed) = parse(&item, &options) else { continue };
            let Ok(document) = decode_text(parsed.record) else { continue };
            let page = unit.cut(document, Extent::Shown.into());
            for print in prints {
                let is = |text: &str| match listed {
                    _ if print == 0 => true,
                    Listed::Sentences => sentence_print(text) == Some(print),
                    Listed::Blocks | Listed::Windows | Listed::Texts => {
                        print_of(text) == Some(print)
                    }
                };
                let blocks = page.blocks.iter().map(|block| block.span);
                let sentences =
                    page.blocks.iter().flat_map(|block| segment::sentences(&page.text, block));
                let text = match listed {
                    Listed::Texts => Some(page.text.as_str()),
                    Listed::Blocks => blocks.map(|span| span.of(&page.text)).find(|text| is(text)),
                    Listed::Sentences => {
                        sentences.map(|span| span.of(&page.text)).find(|text| is(text))
                    }
                    Listed::Windows => None,
                };
                if let Some(text) = text {
                    samples.found.insert((at.clone(), print), beginning(text));
                }
            }
            if places.is_empty() {
                break;
            }
        }
        Ok(samples)
    }

    fn of(&self, at: &At, print: u64) -> Option<&str> {
        self.found.get(&(at.clone(), print)).map(String::as_str)
    }
}

/// The first characters of a text on one line.
fn beginning(text: &str) -> String {
    let mut words = String::new();
    for word in text.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
        if words.chars().nth(SAMPLE).is_some() {
            return words.chars().take(SAMPLE).chain(['…']).collect();
        }
    }
    words
}
