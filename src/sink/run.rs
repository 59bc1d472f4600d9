//! The run directory: cleaned documents under the inputs' names, and `_tamis/` beside them.
//!
//! Items are rendered to bytes on the workers ([`render`]), joined there for each source of a batch
//! ([`Rendered::append`]), and written in order ([`RunDir`]).

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::files::{OutputFile, SinkError, TEMPORARY_PREFIX, output_name};
use super::ledger::{self, SourceEntry, Spelling, original_line};
use crate::document::{CharsetOrigin, Format, Location, Span};
use crate::outcome::{Decision, Outcome};
use crate::render::HtmlOutput;
use crate::rules::{Category, RuleSet};
use crate::source::jsonl::{JsonStyle, add_field, encode, json_style, splice, style_of};
use crate::source::{Compression, Container, Refusal, Source};
use crate::survey::SurveyNote;

/// Name of the folder that holds all but the cleaned documents.
pub const FOLDER: &str = "_tamis";

/// File of `_tamis/` that is there while a run goes on: the names of all outputs, a JSON string each.
const PLANNED: &str = "planned.jsonl";

/// Field that `--annotate` adds to JSON Lines records.
pub const ANNOTATION: &str = "tamis";

/// Items of one source and what became of them, as bytes ready to be written.
#[derive(Debug, Default)]
pub struct Rendered {
    /// Cleaned records, with their line breaks for JSON Lines; `None` if none is kept.
    pub kept: Option<Vec<u8>>,
    /// Lines for `removed.jsonl`.
    pub removed: Vec<u8>,
    /// Lines for `dropped.jsonl`.
    pub dropped: Vec<u8>,
    /// Lines for `unreadable.jsonl`.
    pub unreadable: Vec<u8>,
    /// Lines for `originals.jsonl`.
    pub originals: Vec<u8>,
    /// Lines for `metadata.jsonl`.
    pub metadata: Vec<u8>,
    /// What to count them as.
    pub counts: Counts,
}

impl Rendered {
    /// The same with its kept records in `buffer`, which may have room from earlier use.
    #[must_use]
    pub fn within(mut self, mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        if let Some(kept) = &mut self.kept {
            buffer.append(kept);
            *kept = buffer;
        }
        self
    }

    /// Takes in the items that follow.
    pub fn append(&mut self, next: Rendered) {
        match (&mut self.kept, next.kept) {
            (Some(own), Some(kept)) => own.extend_from_slice(&kept),
            (own, kept) => *own = own.take().or(kept),
        }
        for (own, theirs) in [
            (&mut self.removed, next.removed),
            (&mut self.dropped, next.dropped),
            (&mut self.unreadable, next.unreadable),
            (&mut self.originals, next.originals),
            (&mut self.metadata, next.metadata),
        ] {
            if own.is_empty() {
                *own = theirs;
            } else {
                own.extend_from_slice(&theirs);
            }
        }
        self.counts.add(next.counts);
    }
}

/// What items are counted as in their source; further pieces of an item are not counted again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Blank lines.
    pub blank: u64,
    /// Kept as they were.
    pub kept: u64,
    /// Kept with something cut out.
    pub cut: u64,
    /// Dropped.
    pub dropped: u64,
    /// Not readable.
    pub unreadable: u64,
}

impl Counts {
    fn add(&mut self, next: Counts) {
        self.blank += next.blank;
        self.kept += next.kept;
        self.cut += next.cut;
        self.dropped += next.dropped;
        self.unreadable += next.unreadable;
    }
}

/// How cleaned records are written.
#[derive(Clone, Copy, Debug, Default)]
pub struct RenderOptions {
    /// Add scores, hits and action to each kept JSON Lines record.
    pub annotate: bool,
}

/// Renders a blank line of JSON Lines: it passes through.
pub fn render_blank(raw: Vec<u8>) -> Rendered {
    let counts = Counts { blank: 1, ..Counts::default() };
    Rendered { kept: Some(with_line_break(raw)), counts, ..Rendered::default() }
}

/// Renders an item that could not be read.
pub fn render_unreadable(location: &Location, refusal: &Refusal, raw: Vec<u8>) -> Rendered {
    let is_piece = matches!(refusal, Refusal::TooLarge { part, .. } if *part > 0);
    Rendered {
        unreadable: line(&ledger::unreadable(location, refusal, raw)),
        counts: Counts { unreadable: u64::from(!is_piece), ..Counts::default() },
        ..Rendered::default()
    }
}

/// Renders an outcome. `raw` is the item as it stood in its source, `text_at` the place of the
/// text's JSON string in it, for JSON Lines.
pub fn render(
    outcome: &Outcome,
    rules: &RuleSet,
    raw: Vec<u8>,
    text_at: Option<Span>,
    options: RenderOptions,
) -> Rendered {
    let mut rendered = Rendered::default();
    *match outcome.decision {
        Decision::Kept => &mut rendered.counts.kept,
        Decision::Cut => &mut rendered.counts.cut,
        Decision::Dropped => &mut rendered.counts.dropped,
    } = 1;
    let Some(text) = outcome.output() else {
        rendered.dropped = line(&ledger::dropped(outcome, rules, raw));
        return rendered;
    };
    if outcome.info().format == Format::Html {
        rendered.metadata = line(&ledger::metadata(outcome));
    }
    match text_at {
        Some(at) => render_line(outcome, rules, raw, at, options, &mut rendered),
        None => {
            // Markup and other character sets cannot be made again from the text.
            let is_text = outcome.markdown.is_none() && !outcome.cleaned.is_rewritten;
            if !is_text || outcome.page.text.as_bytes() != raw {
                rendered.originals = original_line(&outcome.info().location, raw);
            }
            ledger::write_removed(outcome, rules, Spelling::Utf8, &mut rendered.removed);
            rendered.kept = Some(text.as_bytes().to_vec());
        }
    }
    rendered
}

fn render_line(
    outcome: &Outcome,
    rules: &RuleSet,
    raw: Vec<u8>,
    at: Span,
    options: RenderOptions,
    rendered: &mut Rendered,
) {
    let changed = outcome.decision == Decision::Cut || outcome.info().format == Format::Html;
    if !changed && !options.annotate {
        rendered.kept = Some(with_line_break(raw));
        return;
    }
    // The line was parsed as UTF-8 before; were it not, it would pass through as it is.
    let Ok(old) = std::str::from_utf8(&raw) else {
        rendered.kept = Some(with_line_break(raw));
        return;
    };
    let mut new = Cow::Borrowed(old);
    let mut again = true;
    if changed {
        let style = match outcome.info().format {
            Format::Html => json_style(at.of(old), &outcome.page.text),
            // The page's text is what stands there.
            _ => style_of(at.of(old)),
        };
        let spelling = match style {
            JsonStyle::Ascii => Spelling::Ascii,
            JsonStyle::Utf8 | JsonStyle::Raw => Spelling::Utf8,
        };
        new = Cow::Owned(splice(old, at, &encode(outcome.output().unwrap_or_default(), style)));
        ledger::write_removed(outcome, rules, spelling, &mut rendered.removed);
        again = outcome.info().format != Format::Html
            && outcome.charset().origin == CharsetOrigin::Given
            && style != JsonStyle::Raw
            && !outcome.cleaned.is_rewritten;
    }
    if options.annotate {
        let note = Annotation::of(outcome, rules);
        let note = serde_json::to_string(&note).unwrap_or_default();
        new = Cow::Owned(add_field(&new, ANNOTATION, &note));
    }
    rendered.kept = Some(with_line_break(new.into_owned().into_bytes()));
    if !again {
        rendered.originals = original_line(&outcome.info().location, raw);
    }
}

fn with_line_break(mut line: Vec<u8>) -> Vec<u8> {
    line.push(b'\n');
    line
}

/// What `--annotate` adds to a record.
#[derive(Clone, Debug, Serialize)]
struct Annotation {
    action: Decision,
    flagged: bool,
    scores: std::collections::BTreeMap<&'static str, f64>,
    removed_bytes: usize,
    rules: std::collections::BTreeMap<String, usize>,
}

impl Annotation {
    fn of(outcome: &Outcome, rules: &RuleSet) -> Self {
        let mut fired = std::collections::BTreeMap::new();
        let blocks = outcome.on_blocks.blocks.iter().flat_map(|block| {
            std::iter::once(&block.verdict).chain(block.sentences.iter().map(|s| &s.verdict))
        });
        for hit in outcome.wholes().chain(blocks).flat_map(|verdict| &verdict.hits) {
            let rule = rules.rule(hit.rule);
            if rule.counts() {
                *fired.entry(rule.name.clone()).or_insert(0) += 1;
            }
        }
        Self {
            action: outcome.decision,
            flagged: outcome.is_flagged(),
            scores: Category::ALL
                .iter()
                .zip(outcome.scores())
                .map(|(category, score)| (category.name(), ledger::rounded(score)))
                .collect(),
            removed_bytes: outcome.page.text.len() - outcome.cleaned.text.len(),
            rules: fired,
        }
    }
}

fn line(record: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing our own shapes to memory does not fail.
    if serde_json::to_writer(&mut bytes, record).is_ok() {
        bytes.push(b'\n');
    }
    bytes
}

/// `run.json`: what was run, on what.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunFile {
    /// Version of this shape.
    pub format: u32,
    /// Version of the program.
    pub version: String,
    /// Hash of the rules in force.
    pub rules_hash: String,
    /// Rules asked for.
    pub rules: Vec<String>,
    /// Inputs asked for.
    pub inputs: Vec<String>,
    /// JSON field of the text.
    pub text_field: String,
    /// JSON field of the id, if asked for.
    pub id_field: Option<String>,
    /// JSON field of the address, if asked for.
    pub url_field: Option<String>,
    /// Largest record in bytes.
    pub max_bytes: usize,
    /// Records carry an annotation.
    pub annotate: bool,
    /// How cleaned HTML was written, if not as text: `markdown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html_output: Option<String>,
    /// How links were written in it, if not as Markdown: `text`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html_links: Option<String>,
    /// The survey that was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<SurveyNote>,
    /// `running`, then `done`.
    pub state: String,
}

/// A run's output folder while it is written.
pub struct RunDir {
    root: PathBuf,
    removed: OutputFile,
    dropped: OutputFile,
    unreadable: OutputFile,
    originals: OutputFile,
    metadata: OutputFile,
    sources: OutputFile,
    html: HtmlOutput,
    current: Option<Current>,
}

struct Current {
    output: String,
    container: Container,
    compression: Compression,
    file: Option<OutputFile>,
    entry: SourceEntry,
}

impl RunDir {
    /// Opens the files of a new run over `sources` under `root`, which must be free for it. Cleaned
    /// HTML is named for what it is written as.
    ///
    /// # Errors
    /// If a file cannot be created.
    pub fn create(
        root: &Path,
        sources: &[Arc<Source>],
        html: HtmlOutput,
    ) -> Result<Self, SinkError> {
        let mut planned = String::new();
        for source in sources {
            planned.push_str(&serde_json::Value::from(output_name(source, html)).to_string());
            planned.push('\n');
        }
        write_side(root, PLANNED, planned.as_bytes())?;
        let side =
            |name: &str| OutputFile::side(root.join(FOLDER).join(format!("{name}.jsonl.zst")));
        Ok(Self {
            root: root.to_owned(),
            removed: side("removed")?,
            dropped: side("dropped")?,
            unreadable: side("unreadable")?,
            originals: side("originals")?,
            metadata: side("metadata")?,
            sources: side("sources")?,
            html,
            current: None,
        })
    }

    /// A source is about to be written.
    ///
    /// # Errors
    /// None yet: its file is created with the first kept record.
    pub fn start(&mut self, source: &Source) -> Result<(), SinkError> {
        self.current = Some(Current {
            output: output_name(source, self.html),
            container: source.container,
            compression: source.compression,
            file: None,
            entry: SourceEntry {
                source: source.name.to_string(),
                output: None,
                container: source.container,
                compression: source.compression,
                bytes: 0,
                items: 0,
                kept: 0,
                cut: 0,
                dropped: 0,
                unreadable: 0,
                blank: 0,
                final_newline: true,
                error: None,
            },
        });
        Ok(())
    }

    /// Writes items of the current source.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&mut self, item: &Rendered) -> Result<(), SinkError> {
        self.removed.write(&item.removed)?;
        self.dropped.write(&item.dropped)?;
        self.unreadable.write(&item.unreadable)?;
        self.originals.write(&item.originals)?;
        self.metadata.write(&item.metadata)?;
        let Some(current) = &mut self.current else { return Ok(()) };
        current.entry.blank += item.counts.blank;
        current.entry.kept += item.counts.kept;
        current.entry.cut += item.counts.cut;
        current.entry.dropped += item.counts.dropped;
        current.entry.unreadable += item.counts.unreadable;
        if let Some(kept) = &item.kept {
            let file = match &mut current.file {
                Some(file) => file,
                None => {
                    let path = self.root.join(&current.output);
                    current.file.insert(OutputFile::create(&path, current.compression)?)
                }
            };
            file.write(kept)?;
        }
        Ok(())
    }

    /// The current source has ended: its file appears under its final name.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn end(
        &mut self,
        bytes: u64,
        items: u64,
        final_newline: bool,
        error: Option<String>,
    ) -> Result<SourceEntry, SinkError> {
        let Some(mut current) = self.current.take() else {
            let error = std::io::Error::other("a source ended that had not started");
            return Err(SinkError::new(&self.root, error));
        };
        current.entry.bytes = bytes;
        current.entry.items = items;
        current.entry.final_newline = final_newline || current.container != Container::Jsonl;
        current.entry.error = error;
        if let Some(file) = current.file {
            file.finish()?;
            current.entry.output = Some(current.output);
        }
        self.sources.write(&line(&current.entry))?;
        Ok(current.entry)
    }

    /// Writes a small file of `_tamis/` at once.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_side(&self, name: &str, contents: &[u8]) -> Result<(), SinkError> {
        write_side(&self.root, name, contents)
    }

    /// All sources have ended: the ledger's files appear under their final names.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn finish(self) -> Result<(), SinkError> {
        let ledger = [self.removed, self.dropped, self.unreadable, self.originals];
        for file in ledger.into_iter().chain([self.metadata, self.sources]) {
            file.finish()?;
        }
        let planned = self.root.join(FOLDER).join(PLANNED);
        std::fs::remove_file(&planned).map_err(|error| SinkError::new(planned, error))
    }
}

/// Writes a small file of a run's `_tamis/` at once.
///
/// # Errors
/// If it cannot be written.
pub fn write_side(root: &Path, name: &str, contents: &[u8]) -> Result<(), SinkError> {
    let mut file = OutputFile::create(root.join(FOLDER).join(name), Compression::None)?;
    file.write(contents)?;
    file.finish()
}

/// True if a name from a run's files stays inside the folder that it is joined to. The files may
/// be from anywhere.
pub(crate) fn is_inside(name: &str) -> bool {
    let mut parts = Path::new(name).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// Frees an output folder of an earlier run: removes the cleaned files that the run names, then
/// its `_tamis/`. Files that are not the run's stay.
///
/// # Errors
/// If a file cannot be removed.
pub fn clear(root: &Path) -> Result<(), SinkError> {
    let side = root.join(FOLDER);
    let remove = |path: &Path| match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(SinkError::new(path, error))
        }
        _ => Ok(()),
    };
    // Of a run that was ended from outside, what it meant to write and what it left half-written.
    let planned = std::fs::read_to_string(side.join(PLANNED)).unwrap_or_default();
    let names = planned.lines().filter_map(|line| serde_json::from_str::<String>(line).ok());
    for name in names.filter(|name| is_inside(name)) {
        let path = root.join(name);
        remove(&path)?;
        let folder = path.parent().unwrap_or(root);
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(TEMPORARY_PREFIX) {
                remove(&entry.path())?;
            }
        }
    }
    let sources = side.join("sources.jsonl.zst");
    if let Ok(reader) = crate::source::compression::open(Some(&sources), Compression::Zst) {
        for line in std::io::BufRead::lines(reader) {
            let line = line.map_err(|error| SinkError::new(&sources, error))?;
            let entry: Result<SourceEntry, _> = serde_json::from_str(&line);
            let output = entry.ok().and_then(|entry| entry.output);
            if let Some(output) = output.filter(|name| is_inside(name)) {
                remove(&root.join(output))?;
            }
        }
    }
    std::fs::remove_dir_all(&side).map_err(|error| SinkError::new(&side, error))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::document::Format;

    fn source(name: &str) -> Arc<Source> {
        Arc::new(Source {
            name: name.into(),
            path: Some(name.into()),
            container: Container::File(Format::Text),
            compression: Compression::None,
        })
    }

    fn kept(text: &str) -> Rendered {
        let counts = Counts { kept: 1, ..Counts::default() };
        Rendered { kept: Some(text.into()), counts, ..Rendered::default() }
    }

    #[test]
    fn clearing_takes_what_the_run_wrote_and_leaves_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("out");
        let (one, two) = (source("a/one.txt"), source("a/two.txt"));
        let mut run = RunDir::create(&root, &[one.clone(), two.clone()], HtmlOutput::Text).unwrap();
        for source in [&one, &two] {
            run.start(source).unwrap();
            run.write(&kept("text")).unwrap();
            run.end(4, 1, true, None).unwrap();
        }
        run.finish().unwrap();
        assert!(!root.join(FOLDER).join(PLANNED).exists());
        fs::write(root.join("a/mine.txt"), "mine").unwrap();
        fs::remove_file(root.join("a/two.txt")).unwrap();
        clear(&root).unwrap();
        assert!(!root.join("a/one.txt").exists() && !root.join(FOLDER).exists());
        assert_eq!(fs::read(root.join("a/mine.txt")).unwrap(), b"mine");
    }

    #[test]
    fn clearing_finds_what_a_killed_run_left() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let (one, two) = (source("a/one.txt"), source("a/two.txt"));
        let mut run = RunDir::create(root, &[one.clone(), two], HtmlOutput::Text).unwrap();
        run.start(&one).unwrap();
        run.write(&kept("text")).unwrap();
        run.end(4, 1, true, None).unwrap();
        // As if killed now, with a file half-written.
        std::mem::forget(run);
        fs::write(root.join("a/.tamis-x.tmp"), "half").unwrap();
        fs::write(root.join("a/mine.txt"), "mine").unwrap();
        clear(root).unwrap();
        let left: Vec<_> =
            fs::read_dir(root.join("a")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["mine.txt"]);
    }

    #[test]
    fn a_ledger_from_elsewhere_cannot_reach_outside() {
        for (name, inside) in [
            ("a.txt", true),
            ("a/b..c.txt", true),
            ("../a.txt", false),
            ("a/../../b.txt", false),
            ("/etc/passwd", false),
            ("", false),
            (".", false),
        ] {
            assert_eq!(is_inside(name), inside, "{name}");
        }
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("out");
        fs::write(folder.path().join("precious.txt"), "keep").unwrap();
        let run = RunDir::create(&root, &[], HtmlOutput::Text).unwrap();
        run.finish().unwrap();
        write_side(&root, PLANNED, b"\"../precious.txt\"\n").unwrap();
        clear(&root).unwrap();
        assert!(folder.path().join("precious.txt").exists());
    }

    #[test]
    fn a_source_without_a_kept_record_has_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let one = source("one.txt");
        let mut run =
            RunDir::create(folder.path(), std::slice::from_ref(&one), HtmlOutput::Text).unwrap();
        run.start(&one).unwrap();
        let counts = Counts { dropped: 1, ..Counts::default() };
        run.write(&Rendered { counts, ..Rendered::default() }).unwrap();
        let entry = run.end(4, 1, true, None).unwrap();
        assert_eq!((entry.output, entry.dropped, entry.kept), (None, 1, 0));
        assert!(run.end(0, 0, true, None).is_err(), "it has ended already");
        run.finish().unwrap();
        assert!(!folder.path().join("one.txt").exists());
    }
}
