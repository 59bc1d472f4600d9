//! Items and what became of them, rendered to bytes on the workers.

use std::borrow::Cow;
use std::io::Write as _;

use serde::Serialize;

use super::convert;
use super::ledger::{self, Spelling, original_line};
use super::output::{Outputs, Shape};
use super::parquet::{Rows, take_aside, take_row};
use crate::document::{CharsetOrigin, Format, Location, Span};
use crate::outcome::{Decision, Outcome};
use crate::rules::{Category, RuleSet};
use crate::source::compression::Encoder;
use crate::source::jsonl::{JsonStyle, add_field, encode, json_style, splice, style_of};
use crate::source::warc::{conversion, with_text, with_text_again};
use crate::source::{Container, Item, Pass, ReadOptions, Refusal, Source, csv};

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
    /// Rows of Parquet; [`Rows::gather`] readies them.
    pub rows: Rows,
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
        self.rows.append(next.rows);
        self.counts.add(next.counts);
    }
}

/// What items are counted as in their source; further pieces of an item are not counted again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Blank lines.
    pub blank: u64,
    /// Passed over: no documents, and nothing wrong with them.
    pub passed: u64,
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
    /// One outcome.
    pub(super) fn of(outcome: &Outcome) -> Self {
        let mut counts = Counts::default();
        *match outcome.decision {
            Decision::Kept => &mut counts.kept,
            Decision::Cut => &mut counts.cut,
            Decision::Dropped => &mut counts.dropped,
        } = 1;
        counts
    }

    fn add(&mut self, next: Counts) {
        self.blank += next.blank;
        self.passed += next.passed;
        self.kept += next.kept;
        self.cut += next.cut;
        self.dropped += next.dropped;
        self.unreadable += next.unreadable;
    }
}

/// How cleaned records are written.
#[derive(Clone, Debug, Default)]
pub struct RenderOptions {
    /// Add scores, hits and action to each kept JSON Lines record.
    pub annotate: bool,
    /// As what, and what is kept beside them.
    pub outputs: Outputs,
    /// How they were read.
    pub fields: ReadOptions,
}

impl RenderOptions {
    /// The line of an original, where originals are kept.
    pub(super) fn original(&self, location: &Location, raw: Vec<u8>, alone: bool) -> Vec<u8> {
        match self.outputs.originals {
            true => original_line(location, raw, alone),
            false => Vec::new(),
        }
    }
}

/// Renders an item that is no record: it passes through, or is set aside.
pub fn render_passed(item: Item, pass: Pass, options: &RenderOptions) -> Rendered {
    let counts = match pass {
        Pass::Blank => Counts { blank: 1, ..Counts::default() },
        Pass::Through | Pass::Aside => Counts { passed: 1, ..Counts::default() },
    };
    let mut rendered = Rendered { counts, ..Rendered::default() };
    let is_converted = options.outputs.shape(&item.source) != Shape::Same;
    if pass == Pass::Aside || is_converted {
        rendered.originals = options.original(&place_of(&item), item.raw, true);
    } else {
        rendered.kept = Some(match item.source.container {
            Container::Jsonl => with_line_break(item.raw),
            Container::File(_) | Container::Parquet | Container::Csv | Container::Tsv => item.raw,
            Container::Warc => member(item.raw, &item.source, options),
        });
    }
    rendered
}

fn place_of(item: &Item) -> Location {
    Location { source: item.source.name.clone(), ordinal: item.ordinal }
}

/// A record as it stands in an output that [is encoded](Outputs::is_encoded) record by record.
fn member(record: Vec<u8>, source: &Source, options: &RenderOptions) -> Vec<u8> {
    if !options.outputs.is_encoded(source) {
        return record;
    }
    // Writing to memory does not fail.
    let compression = options.outputs.compression(source);
    let packed = Encoder::new(Vec::new(), compression).and_then(|mut encoder| {
        encoder.write_all(&record)?;
        encoder.finish()
    });
    packed.unwrap_or(record)
}

/// Renders an item that could not be read.
pub fn render_unreadable(item: Item, refusal: &Refusal, options: &RenderOptions) -> Rendered {
    let is_piece = matches!(refusal, Refusal::TooLarge { part, .. } if *part > 0);
    let location = place_of(&item);
    // Attributes stand in the same lines as their records.
    let is_line = options.outputs.shape(&item.source) == Shape::Attributes && !is_piece;
    let place = format!("{}:{}", location.source, location.ordinal.saturating_add(1));
    let Item { raw, row, .. } = item;
    let is_row = row.is_some();
    let unreadable = ledger::unreadable(&location, refusal, raw);
    let mut rendered = Rendered {
        kept: is_line.then(|| convert::no_attributes(&place)),
        unreadable: line(&ledger::Unreadable { row: is_row, ..unreadable }),
        counts: Counts { unreadable: u64::from(!is_piece), ..Counts::default() },
        ..Rendered::default()
    };
    take_aside(&mut rendered, row);
    rendered
}

/// Renders an outcome of an item; `text_at` is the place of the text in it, where it is replaced
/// there ([`Parsed::text_at`](crate::source::Parsed::text_at)).
pub fn render(
    outcome: &Outcome,
    rules: &RuleSet,
    item: Item,
    text_at: Option<Span>,
    options: &RenderOptions,
) -> Rendered {
    let mut rendered = Rendered { counts: Counts::of(outcome), ..Rendered::default() };
    let shape = options.outputs.shape(&item.source);
    if shape == Shape::Attributes {
        rendered.kept = Some(convert::attributes(outcome));
    }
    let is_row = item.row.is_some();
    let Some(text) = outcome.output() else {
        let Item { raw, row, .. } = item;
        let dropped = ledger::dropped(outcome, rules, raw);
        rendered.dropped = line(&ledger::Dropped { row: is_row, ..dropped });
        take_aside(&mut rendered, row);
        return rendered;
    };
    if outcome.info().format == Format::Html {
        rendered.metadata = line(&ledger::metadata(outcome));
    }
    if shape != Shape::Same {
        render_converted(outcome, rules, item, text_at, shape, options, &mut rendered);
        return rendered;
    }
    if let Some(row) = item.row {
        take_row(outcome, rules, row, item.raw, options, &mut rendered);
        return rendered;
    }
    match (item.source.container, text_at) {
        (Container::Warc, _) => render_warc(outcome, rules, item, text_at, options, &mut rendered),
        (container, Some(at)) if let Some(separator) = csv::separator(container) => {
            render_row(outcome, rules, item.raw, (at, separator), options, &mut rendered);
        }
        (_, Some(at)) => render_line(outcome, rules, item.raw, at, options, &mut rendered),
        (_, None) => {
            let raw = item.raw;
            // Markup and other character sets cannot be made again from the text.
            let is_text = outcome.markdown.is_none() && !outcome.cleaned.is_rewritten;
            if !is_text || outcome.page.text.as_bytes() != raw {
                rendered.originals = options.original(&outcome.info().location, raw, false);
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
    options: &RenderOptions,
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
        let note = annotation(outcome, rules);
        new = Cow::Owned(add_field(&new, ANNOTATION, &note));
    }
    rendered.kept = Some(with_line_break(new.into_owned().into_bytes()));
    if !again {
        rendered.originals = options.original(&outcome.info().location, raw, false);
    }
}

/// A document in another shape than its source's.
fn render_converted(
    outcome: &Outcome,
    rules: &RuleSet,
    item: Item,
    text_at: Option<Span>,
    shape: Shape,
    options: &RenderOptions,
    rendered: &mut Rendered,
) {
    ledger::write_removed(outcome, rules, Spelling::Utf8, &mut rendered.removed);
    if shape != Shape::Attributes {
        let note = options.annotate.then(|| annotation(outcome, rules));
        let (fields, note) = (&options.fields, note.as_deref());
        if shape == Shape::Parquet {
            rendered.rows.made.push(convert::row(outcome, &item, text_at, fields, note));
        } else {
            let made = convert::document(outcome, &item, text_at, shape, fields, note);
            rendered.kept = Some(match shape {
                Shape::Wet => member(made, &item.source, options),
                _ => made,
            });
        }
    }
    match item.row {
        // The whole row is its original.
        Some(row) if options.outputs.originals => take_aside(rendered, Some(row)),
        _ => rendered.originals = options.original(&outcome.info().location, item.raw, true),
    }
}

/// A record of WARC: the text of a `conversion` is replaced in it, of anything else a
/// `conversion` is made.
fn render_warc(
    outcome: &Outcome,
    rules: &RuleSet,
    item: Item,
    text_at: Option<Span>,
    options: &RenderOptions,
    rendered: &mut Rendered,
) {
    let Item { source, raw, .. } = item;
    let text = outcome.output().unwrap_or_default();
    let before = outcome.page.text.as_str();
    let is_same = |at: Span| raw.get(at.start..at.end) == Some(before.as_bytes());
    ledger::write_removed(outcome, rules, Spelling::Utf8, &mut rendered.removed);
    if text == before && text_at.is_some_and(is_same) {
        rendered.kept = Some(member(raw, &source, options));
        return;
    }
    let spliced = text_at.and_then(|at| {
        let new = with_text(&raw, text)?;
        let again = is_same(at) && !outcome.cleaned.is_rewritten;
        let again = again && with_text_again(&new, before).as_deref() == Some(&*raw);
        Some((new, again))
    });
    let (new, again) = spliced.unwrap_or_else(|| {
        let Location { source, ordinal } = &outcome.info().location;
        let media = if outcome.markdown.is_some() { "text/markdown" } else { "text/plain" };
        (conversion(&raw, &format!("{source}:{ordinal}"), media, text), false)
    });
    rendered.kept = Some(member(new, &source, options));
    if !again {
        rendered.originals = options.original(&outcome.info().location, raw, false);
    }
}

/// A row of CSV.
fn render_row(
    outcome: &Outcome,
    rules: &RuleSet,
    raw: Vec<u8>,
    (at, separator): (Span, u8),
    options: &RenderOptions,
    rendered: &mut Rendered,
) {
    let is_html = outcome.info().format == Format::Html;
    // It was parsed as UTF-8 before; were it not, it would pass through as it is.
    let old = match std::str::from_utf8(&raw) {
        Ok(old) if is_html || outcome.decision == Decision::Cut => old,
        _ => {
            rendered.kept = Some(raw);
            return;
        }
    };
    let text = outcome.output().unwrap_or_default();
    let (new, again) = csv::with_text(old, at, text, separator);
    ledger::write_removed(outcome, rules, Spelling::Utf8, &mut rendered.removed);
    rendered.kept = Some(new.into_bytes());
    let is_given = outcome.charset().origin == CharsetOrigin::Given;
    if !again || is_html || !is_given || outcome.cleaned.is_rewritten {
        rendered.originals = options.original(&outcome.info().location, raw, false);
    }
}

fn with_line_break(mut line: Vec<u8>) -> Vec<u8> {
    line.push(b'\n');
    line
}

/// What `--annotate` adds to a record, as JSON.
pub(super) fn annotation(outcome: &Outcome, rules: &RuleSet) -> String {
    serde_json::to_string(&Annotation::of(outcome, rules)).unwrap_or_default()
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

pub(super) fn line(record: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing our own shapes to memory does not fail.
    if serde_json::to_writer(&mut bytes, record).is_ok() {
        bytes.push(b'\n');
    }
    bytes
}
