//! Labelled documents, read from JSON Lines and checked: a wrong label must not yield figures.
//!
//! `docs/labels.md` has the format. The record beside the label is read as any other record of
//! JSON Lines is, so that it is judged as in a run.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use crate::document::{Body, Format, Location, Record, Span};
use crate::source::{Event, Item, ReadOptions, Refusal, is_blank, parse};

/// What somebody says of a whole document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocLabel {
    /// Good as it is: nothing has to go.
    Keep,
    /// Good text with parts that have to go.
    Clean,
    /// Nothing in it is usable.
    Drop,
}

impl DocLabel {
    /// All of them, in order.
    pub const ALL: [DocLabel; 3] = [DocLabel::Keep, DocLabel::Clean, DocLabel::Drop];

    /// The word in label files.
    pub fn name(self) -> &'static str {
        match self {
            DocLabel::Keep => "keep",
            DocLabel::Clean => "clean",
            DocLabel::Drop => "drop",
        }
    }
}

/// What somebody says must become of a part of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LabelAction {
    /// It has to go.
    Remove,
    /// It has to stay.
    Keep,
    /// Either is right: it is not counted.
    Flag,
}

impl LabelAction {
    /// All of them, in order.
    pub const ALL: [LabelAction; 3] = [LabelAction::Remove, LabelAction::Keep, LabelAction::Flag];

    /// The word in label files.
    pub fn name(self) -> &'static str {
        match self {
            LabelAction::Remove => "remove",
            LabelAction::Keep => "keep",
            LabelAction::Flag => "flag",
        }
    }
}

/// A labelled part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSpan {
    /// Its place in the text, in bytes.
    pub span: Span,
    /// What it is; any word.
    pub category: String,
    /// What must become of it.
    pub action: LabelAction,
    /// The group of copies that it belongs to; one that starts with `x:` spans documents.
    pub group: Option<String>,
}

/// What somebody says of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The document's id, unique among all that are evaluated together.
    pub id: String,
    /// Where the label stands.
    pub location: Location,
    /// What must become of the whole document.
    pub doc_label: DocLabel,
    /// Its parts, in order and without overlap.
    pub spans: Vec<LabelSpan>,
    /// Kind of document, if the label says.
    pub kind: Option<String>,
    /// Language, if the label says.
    pub lang: Option<String>,
    /// How the label came about, if it says.
    pub origin: Option<String>,
    /// True for one of a set of copies, all but one of which may be dropped: whether it is
    /// dropped is not counted.
    pub is_copy: bool,
}

/// A document with its label.
#[derive(Clone, Debug)]
pub struct Labelled {
    /// The document; its body is text.
    pub record: Record,
    /// Its label.
    pub label: Label,
}

/// Mistakes in label files, in the order of the files; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelErrors(pub Vec<LabelError>);

/// Mistakes that are shown of many.
const SHOWN: usize = 20;

impl fmt::Display for LabelErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, error) in self.0.iter().take(SHOWN).enumerate() {
            let gap = if n == 0 { "" } else { "\n       " };
            write!(formatter, "{gap}{error}")?;
        }
        match self.0.len().checked_sub(SHOWN) {
            Some(more) if more > 0 => write!(formatter, "\n       and {more} more mistakes"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for LabelErrors {}

/// A mistake in a label file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelError {
    /// Where; `None` if the whole of the files is meant.
    pub location: Option<Location>,
    /// The document's id, where it is known.
    pub id: Option<String>,
    /// What is wrong, and what to do about it.
    pub fault: LabelFault,
}

impl fmt::Display for LabelError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(formatter, "{}, line {}", location.source, location.ordinal + 1)?;
            if let Some(id) = &self.id {
                write!(formatter, ", id \"{id}\"")?;
            }
            formatter.write_str(": ")?;
        }
        self.fault.fmt(formatter)
    }
}

/// What can be wrong with a label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LabelFault {
    /// There is no document in any file.
    #[error("no labelled document in the files; a label is one JSON object a line")]
    Nothing,
    /// Reading broke off.
    #[error("reading broke off: {0}; the figures would be those of a part")]
    BrokeOff(String),
    /// The line is no record.
    #[error("{0}; a label is one JSON object a line with `id`, `text`, `doc_label` and `spans`")]
    Line(#[from] Refusal),
    /// A field has the wrong type.
    #[error("{0}; docs/labels.md lists the fields")]
    Field(String),
    /// A field is not there.
    #[error("no field `{0}`{hint}", hint = missing(.0))]
    Missing(&'static str),
    /// The document's label is none of those known.
    #[error("doc_label \"{0}\" is unknown: write keep, clean or drop")]
    DocLabel(String),
    /// A part's action is none of those known.
    #[error("action \"{word}\" of {part} is unknown: write remove, keep or flag")]
    Action {
        /// The part.
        part: Part,
        /// What stands there.
        word: String,
    },
    /// The format is none of those that can be labelled.
    #[error(
        "format \"{0}\" cannot be labelled: write text or markdown (for HTML, label the text that \
         `tamis clean` makes of it)"
    )]
    Format(String),
    /// A part ends before it starts, or where it starts.
    #[error("{0} is empty or reversed: `end` is the character after its last")]
    Reversed(Part),
    /// A part ends behind the text.
    #[error(
        "{part} ends behind the text, which has {length} characters: offsets count characters \
         (Unicode code points) from 0, not bytes"
    )]
    Outside {
        /// The part.
        part: Part,
        /// Characters of the text.
        length: usize,
    },
    /// Two parts share characters.
    #[error("{0} and {1} overlap: cut one of them, a character has one label")]
    Overlap(Part, Part),
    /// Two documents have the same id.
    #[error("the id stands already in {0}, line {line}: ids are unique over all files", line = .1 + 1)]
    SameId(String, u64),
}

fn missing(field: &str) -> &'static str {
    match field {
        "spans" => ": write \"spans\": [] where no part is labelled",
        "doc_label" => ": write keep, clean or drop",
        _ => ": a document is known by it",
    }
}

/// A part as it stands in a label file, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Number in `spans`, from 0.
    pub number: usize,
    /// Its category.
    pub category: String,
    /// First character.
    pub start: usize,
    /// One past its last character.
    pub end: usize,
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Part { number, category, start, end } = self;
        write!(formatter, "span {} ({category}, {start} to {end})", number + 1)
    }
}

/// The line of a label file, as it is written. Fields that are not here are not ours.
#[derive(Deserialize)]
struct Line {
    id: Option<Value>,
    doc_label: Option<String>,
    spans: Option<Vec<Written>>,
    kind: Option<Value>,
    lang: Option<Value>,
    label_origin: Option<Value>,
    format: Option<String>,
    meta: Option<Value>,
}

/// A part as it is written.
#[derive(Deserialize)]
struct Written {
    start: usize,
    end: usize,
    category: String,
    action: String,
    group: Option<String>,
}

impl Written {
    fn part(&self, number: usize) -> Part {
        Part { number, category: self.category.clone(), start: self.start, end: self.end }
    }
}

/// Reads and checks label files.
///
/// ```
/// use std::sync::Arc;
/// use tamis::eval::read_labels;
/// use tamis::source::{Compression, Container, Event, Item, Source};
///
/// let source = Arc::new(Source {
///     name: "mine.jsonl".into(),
///     origin: tamis::source::Origin::Stdin,
///     container: Container::Jsonl,
///     compression: Compression::None,
/// });
/// let line = br#"{"id": "a", "text": "Buy now!", "doc_label": "drop", "spans": []}"#;
/// let item = Item { source, ordinal: 0, raw: line.to_vec(), refused: None, columns: None, row: None };
/// let labelled = read_labels([Event::Item(item)])?;
/// assert_eq!(labelled[0].label.id, "a");
/// # Ok::<(), tamis::eval::LabelErrors>(())
/// ```
///
/// # Errors
/// All mistakes in all files; also if there is no document.
pub fn read_labels(events: impl IntoIterator<Item = Event>) -> Result<Vec<Labelled>, LabelErrors> {
    let mut labelled: Vec<Labelled> = Vec::new();
    let mut errors: Vec<LabelError> = Vec::new();
    let mut seen: BTreeMap<String, Location> = BTreeMap::new();
    for event in events {
        let item = match event {
            Event::Start(_) => continue,
            Event::Item(item) => item,
            Event::End(end) => {
                if let Some(error) = end.error {
                    let location = Location { source: end.source.name.clone(), ordinal: end.items };
                    let fault = LabelFault::BrokeOff(error);
                    errors.push(LabelError { location: Some(location), id: None, fault });
                }
                continue;
            }
        };
        if item.refused.is_none() && is_blank(&item.raw) {
            continue;
        }
        let location = Location { source: item.source.name.clone(), ordinal: item.ordinal };
        let mut id = None;
        match read_line(&item, &mut id) {
            Err(faults) => errors.extend(faults.into_iter().map(|fault| LabelError {
                location: Some(location.clone()),
                id: id.clone(),
                fault,
            })),
            Ok(document) => labelled.push(document),
        }
        let Some(id) = id else { continue };
        match seen.entry(id) {
            Entry::Vacant(entry) => {
                entry.insert(location);
            }
            Entry::Occupied(entry) => {
                let first = entry.get();
                let fault = LabelFault::SameId(first.source.to_string(), first.ordinal);
                let id = Some(entry.key().clone());
                errors.push(LabelError { location: Some(location), id, fault });
            }
        }
    }
    if labelled.is_empty() && errors.is_empty() {
        errors.push(LabelError { location: None, id: None, fault: LabelFault::Nothing });
    }
    if errors.is_empty() { Ok(labelled) } else { Err(LabelErrors(errors)) }
}

/// Reads a line. `id` is set as soon as it is known, for messages.
fn read_line(item: &Item, id: &mut Option<String>) -> Result<Labelled, Vec<LabelFault>> {
    let mut record = parse(item, &ReadOptions::default()).map_err(|e| vec![e.into()])?.record;
    let line = item.raw.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&item.raw);
    let line: Line = serde_json::from_slice(line)
        .map_err(|error| vec![LabelFault::Field(without_line(&error))])?;
    let mut faults = Vec::new();
    match &line.id {
        // As the record has it: numbers as they are written.
        Some(Value::String(name)) if !name.is_empty() => *id = Some(record.id.clone()),
        Some(Value::Number(_)) => *id = Some(record.id.clone()),
        _ => faults.push(LabelFault::Missing("id")),
    }
    let doc_label = match line.doc_label.as_deref() {
        None => Err(LabelFault::Missing("doc_label")),
        Some(word) => DocLabel::ALL
            .into_iter()
            .find(|label| label.name() == word)
            .ok_or_else(|| LabelFault::DocLabel(word.to_owned())),
    };
    match line.format.as_deref() {
        None | Some("text") => {}
        Some("markdown") => record.format = Format::Markdown,
        Some(other) => faults.push(LabelFault::Format(other.to_owned())),
    }
    let spans = match line.spans {
        None => Err(vec![LabelFault::Missing("spans")]),
        Some(written) => spans(&written, &record),
    };
    match (doc_label, spans) {
        (Ok(doc_label), Ok(spans)) if faults.is_empty() => {
            let label = Label {
                id: record.id.clone(),
                location: record.location.clone(),
                doc_label,
                spans,
                kind: word(line.kind),
                lang: word(line.lang),
                origin: word(line.label_origin),
                is_copy: is_copy(line.meta.as_ref()),
            };
            Ok(Labelled { record, label })
        }
        (doc_label, spans) => {
            faults.extend(doc_label.err());
            faults.extend(spans.err().into_iter().flatten());
            Err(faults)
        }
    }
}

/// The parser's message without its line, which is always the first.
fn without_line(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let what = message.rsplit_once(" at line ").map_or(message.as_str(), |(what, _)| what);
    format!("{what} at column {}", error.column())
}

/// A text or a number that is not empty.
fn word(value: Option<Value>) -> Option<String> {
    match value? {
        Value::String(text) => (!text.is_empty()).then_some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// True if `meta.rel` says that the document is one of a set of copies.
fn is_copy(meta: Option<&Value>) -> bool {
    let rel = meta.and_then(|meta| meta.get("rel")).and_then(Value::as_str);
    rel.is_some_and(|rel| rel.contains("copy-set"))
}

/// The parts in the order of the text, with places in bytes.
fn spans(written: &[Written], record: &Record) -> Result<Vec<LabelSpan>, Vec<LabelFault>> {
    let Body::Text(text) = &record.body else { return Ok(Vec::new()) };
    let mut faults = Vec::new();
    let length = text.chars().count();
    let mut sorted: Vec<(usize, &Written, LabelAction)> = Vec::with_capacity(written.len());
    for (number, part) in written.iter().enumerate() {
        let action = LabelAction::ALL.into_iter().find(|action| action.name() == part.action);
        let Some(action) = action else {
            let word = part.action.clone();
            faults.push(LabelFault::Action { part: part.part(number), word });
            continue;
        };
        if part.end <= part.start {
            faults.push(LabelFault::Reversed(part.part(number)));
        } else if part.end > length {
            faults.push(LabelFault::Outside { part: part.part(number), length });
        } else {
            sorted.push((number, part, action));
        }
    }
    sorted.sort_by_key(|(number, part, _)| (part.start, part.end, *number));
    for pair in sorted.windows(2) {
        if let [(n, left, _), (m, right, _)] = pair
            && right.start < left.end
        {
            faults.push(LabelFault::Overlap(left.part(*n), right.part(*m)));
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    // Where each character starts, walked once along with the parts.
    let mut starts = text.char_indices().map(|(at, _)| at).chain([text.len()]).enumerate();
    let mut byte = |character: usize, last: &mut (usize, usize)| {
        while last.0 < character {
            let Some(next) = starts.next() else { break };
            *last = next;
        }
        last.1
    };
    let mut last = (0, 0);
    let spans = sorted.into_iter().map(|(_, part, action)| {
        let start = byte(part.start, &mut last);
        let end = byte(part.end, &mut last);
        LabelSpan {
            span: Span::new(start, end),
            category: part.category.clone(),
            action,
            group: part.group.clone().filter(|group| !group.is_empty()),
        }
    });
    Ok(spans.collect())
}
