//! Items and what became of them, rendered to bytes on the workers.

use std::borrow::Cow;

use serde::Serialize;

use super::ledger::{self, Spelling, original_line};
use super::parquet::Rows;
use crate::document::{CharsetOrigin, Format, Location, Span};
use crate::outcome::{Decision, Outcome};
use crate::rules::{Category, RuleSet};
use crate::source::Refusal;
use crate::source::jsonl::{JsonStyle, add_field, encode, json_style, splice, style_of};

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
    let mut rendered = Rendered { counts: Counts::of(outcome), ..Rendered::default() };
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
        let note = annotation(outcome, rules);
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
