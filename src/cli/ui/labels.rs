//! What somebody says of paragraphs: kept in memory, read from and written as a file of labels
//! (docs/labels.md). Documents of the file that are not in the sample stay in it as they are.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::super::Failure;
use super::api::{self, Answer, LabelState};
use tamis::document::{BlockKind, Format, Page, Span};
use tamis::eval::{DocLabel, LabelAction, Labelled, read_labels};
use tamis::rules::Action;
use tamis::source::{Compression, Container, Event, Item, Origin, Source};
use tamis::text::words::word_hash;
use tamis::tune::{Judged, OnDesk};
use tamis::verdict::{DecidedBy, Verdict};

/// How the labels came about, in the file.
const ORIGIN: &str = "tamis ui";

/// One paragraph in so many is drawn at random: of the least certain alone nobody could tell how
/// good the rules are.
const AT_RANDOM_ONE_IN: usize = 5;

/// Characters shown of what stands beside a paragraph.
const CONTEXT: usize = 300;

/// A line of the file, with what it says.
#[derive(Debug)]
struct Line {
    raw: String,
    labelled: Labelled,
}

/// All labels.
#[derive(Debug, Default)]
pub(super) struct Labels {
    file: Option<PathBuf>,
    lines: Vec<Line>,
    /// The line of a document of the sample, by the document's number.
    line_of: HashMap<usize, usize>,
    /// What was said here, by document and block.
    said: BTreeMap<(usize, usize), Answer>,
    /// What the file says of blocks.
    known: BTreeMap<(usize, usize), Answer>,
    unsaved: bool,
}

impl Labels {
    /// Reads the file, if there is one.
    pub(super) fn open(file: Option<&Path>, documents: &[OnDesk]) -> Result<Self, Failure> {
        let mut labels = Self { file: file.map(Path::to_owned), ..Self::default() };
        let Some(file) = file.filter(|file| file.exists()) else { return Ok(labels) };
        let about = |error: &dyn std::fmt::Display| Failure(format!("{}: {error}", file.display()));
        let text = std::fs::read_to_string(file).map_err(|error| about(&error))?;
        labels.lines = read(&text, &file.display().to_string())?;
        let by_id: HashMap<&str, usize> =
            documents.iter().enumerate().map(|(n, one)| (one.record.id.as_str(), n)).collect();
        for (place, line) in labels.lines.iter().enumerate() {
            let label = &line.labelled.label;
            let Some(&number) = by_id.get(label.id.as_str()) else { continue };
            let Some(document) = documents.get(number) else { continue };
            let page = &document.base.outcome.page;
            // Of another text nothing can be said.
            if !matches!(&line.labelled.record.body, tamis::document::Body::Text(own) if *own == page.text)
            {
                continue;
            }
            labels.line_of.insert(number, place);
            for (block, of) in page.blocks.iter().enumerate() {
                let answer = match label.doc_label {
                    DocLabel::Drop => Some(Answer::Remove),
                    DocLabel::Keep | DocLabel::Clean => said_of(of.span, &label.spans),
                };
                if let Some(answer) = answer {
                    labels.known.insert((number, block), answer);
                }
            }
        }
        Ok(labels)
    }

    /// The file named, if one is.
    pub(super) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Takes down or takes back what is said of a block.
    pub(super) fn say(&mut self, document: usize, block: usize, answer: Option<Answer>) {
        let before = match answer {
            Some(answer) => self.said.insert((document, block), answer),
            None => self.said.remove(&(document, block)),
        };
        let tells = |answer: Option<Answer>| matches!(answer, Some(Answer::Keep | Answer::Remove));
        self.unsaved |= tells(answer) || tells(before);
    }

    fn answer(&self, document: usize, block: usize) -> Option<Answer> {
        self.said.get(&(document, block)).or_else(|| self.known.get(&(document, block))).copied()
    }

    /// What is known of a block.
    pub(super) fn of(&self, document: usize, block: usize) -> Option<api::Label> {
        match self.answer(document, block)? {
            Answer::Keep => Some(api::Label::Keep),
            Answer::Remove => Some(api::Label::Remove),
            Answer::Skip => None,
        }
    }

    pub(super) fn state(&self) -> LabelState {
        let mut state = LabelState { unsaved: self.unsaved, ..LabelState::default() };
        let mut documents = BTreeSet::new();
        let known = self.known.iter().filter(|(place, _)| !self.said.contains_key(place));
        for ((document, _), answer) in known.chain(&self.said) {
            match answer {
                Answer::Keep => state.keep += 1,
                Answer::Remove => state.remove += 1,
                Answer::Skip => {
                    state.skipped += 1;
                    continue;
                }
            }
            documents.insert(*document);
        }
        state.documents = documents.len() as u64;
        state
    }

    /// The file as it is to be written: its lines as they were but for what was said since, then
    /// one line for each document that is new in it.
    pub(super) fn to_jsonl(&self, documents: &[OnDesk]) -> String {
        let mut said: BTreeMap<usize, BTreeMap<usize, Answer>> = BTreeMap::new();
        for ((document, block), answer) in &self.said {
            if *answer != Answer::Skip {
                said.entry(*document).or_default().insert(*block, *answer);
            }
        }
        let mut of_line: HashMap<usize, String> = HashMap::new();
        let mut fresh = String::new();
        let mut ids: HashSet<String> =
            self.lines.iter().map(|line| line.labelled.label.id.clone()).collect();
        for (number, answers) in said {
            let Some(document) = documents.get(number) else { continue };
            match self.line_of.get(&number) {
                Some(place) => {
                    if let Some(line) = self.lines.get(*place) {
                        of_line.insert(*place, rewritten(line, document, &answers));
                    }
                }
                None => {
                    let id = free_id(document, &ids);
                    fresh.push_str(&written(&id, document, &answers));
                    fresh.push('\n');
                    ids.insert(id);
                }
            }
        }
        let mut out = String::new();
        for (place, line) in self.lines.iter().enumerate() {
            out.push_str(of_line.get(&place).map_or(line.raw.as_str(), String::as_str));
            out.push('\n');
        }
        out + &fresh
    }

    /// Everything labelled, as `tamis eval` would read it from the file.
    pub(super) fn labelled(&self, documents: &[OnDesk]) -> Result<Vec<Labelled>, Failure> {
        let lines = read(&self.to_jsonl(documents), "the labels")?;
        Ok(lines.into_iter().map(|line| line.labelled).collect())
    }

    /// Takes note that all is in the file.
    pub(super) fn saved(&mut self) {
        self.unsaved = false;
    }

    /// Paragraphs that nothing is said of, the least certain first; of one text once.
    pub(super) fn queue(&self, documents: &[OnDesk], most: usize) -> api::Queue {
        let at = |judged: &Judged| judged.rules.decide().remove_block_at;
        let mut seen: HashSet<&str> = HashSet::new();
        for (document, block) in self.said.keys().chain(self.known.keys()) {
            let page = documents.get(*document).map(|one| &one.now.outcome.page);
            if let Some(text) =
                page.and_then(|page| Some(page.blocks.get(*block)?.span.of(&page.text)))
            {
                seen.insert(text);
            }
        }
        let mut open: Vec<(f64, u64, usize, usize)> = Vec::new();
        for (number, document) in documents.iter().enumerate() {
            let outcome = &document.now.outcome;
            for (block, of) in outcome.page.blocks.iter().enumerate() {
                let text = of.span.of(&outcome.page.text);
                if self.answer(number, block).is_some() || !seen.insert(text) {
                    continue;
                }
                let verdicts = outcome.on_blocks.blocks.get(block);
                let doubt = verdicts.map_or(0.05, |verdicts| {
                    let of_sentences = verdicts.sentences.iter().map(|s| &s.verdict);
                    std::iter::once(&verdicts.verdict)
                        .chain(of_sentences)
                        .map(|verdict| uncertainty(verdict, at(&document.now)))
                        .fold(0.0, f64::max)
                });
                open.push((doubt, word_hash(text), number, block));
            }
        }
        let remaining = open.len();
        // Of equals those whose hashes come first, so that documents are mixed.
        open.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut picked: Vec<(f64, u64, usize, usize)> = Vec::new();
        let mut at_random: Vec<_> = open.iter().skip(most).copied().collect();
        at_random.sort_by_key(|one| one.1);
        let mut at_random = at_random.into_iter();
        for one in open {
            if picked.len() >= most {
                break;
            }
            if picked.len() % AT_RANDOM_ONE_IN == AT_RANDOM_ONE_IN - 1
                && let Some(other) = at_random.next()
            {
                picked.push(other);
            }
            picked.push(one);
        }
        picked.truncate(most);
        let item = |(uncertainty, _, document, block): (f64, u64, usize, usize)| {
            let page = &documents.get(document)?.now.outcome.page;
            let of = page.blocks.get(block)?;
            let text_of = |place: Option<usize>| {
                let block = place.and_then(|place| page.blocks.get(place));
                block.map_or("", |block| block.span.of(&page.text))
            };
            Some(api::QueueItem {
                document,
                block,
                id: page.info.id.clone(),
                kind: of.kind.name(),
                text: of.span.of(&page.text).to_owned(),
                before: ending(text_of(block.checked_sub(1))),
                after: beginning(text_of(Some(block + 1))),
                uncertainty,
            })
        };
        api::Queue { items: picked.into_iter().filter_map(item).collect(), remaining }
    }
}

/// How far from certain a verdict is, 0 to 1: points near the bound are the least certain, an
/// action or no word at all the most.
fn uncertainty(verdict: &Verdict, bound: f64) -> f64 {
    match verdict.by {
        DecidedBy::Context | DecidedBy::Heading => 0.6,
        DecidedBy::Action(_) | DecidedBy::Sentences | DecidedBy::Layout => 0.1,
        DecidedBy::Default if verdict.action == Action::Cut || verdict.action == Action::Flag => {
            0.3
        }
        DecidedBy::Default | DecidedBy::Points => {
            let points = verdict.points.total;
            if points <= 0.0 || bound <= 0.0 {
                return 0.0;
            }
            (1.0 - ((points - bound) / bound).abs()).clamp(0.15, 1.0)
        }
    }
}

fn beginning(text: &str) -> String {
    match text.char_indices().nth(CONTEXT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}

fn ending(text: &str) -> String {
    match text.char_indices().rev().nth(CONTEXT) {
        Some((start, _)) => format!("…{}", text.get(start..).unwrap_or(text)),
        None => text.to_owned(),
    }
}

/// Reads lines and checks them as `tamis eval` does.
fn read(text: &str, name: &str) -> Result<Vec<Line>, Failure> {
    let source = Arc::new(Source {
        name: name.into(),
        origin: Origin::Stdin,
        container: Container::Jsonl,
        compression: Compression::None,
    });
    let mut raw: Vec<&str> = Vec::new();
    let mut items = Vec::new();
    for (ordinal, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        raw.push(line);
        items.push(Event::Item(Item {
            source: source.clone(),
            ordinal: ordinal as u64,
            raw: line.as_bytes().to_vec(),
            refused: None,
            columns: None,
            row: None,
        }));
    }
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let labelled = read_labels(items)?;
    let lines = raw.into_iter().zip(labelled);
    Ok(lines.map(|(raw, labelled)| Line { raw: raw.to_owned(), labelled }).collect())
}

/// What spans say of a block: what they say of most of it, if they are of one mind.
fn said_of(block: Span, spans: &[tamis::eval::LabelSpan]) -> Option<Answer> {
    let mut covered = [0_usize; 3];
    for span in spans {
        let shared = span.span.end.min(block.end).saturating_sub(span.span.start.max(block.start));
        match span.action {
            LabelAction::Remove => covered[0] += shared,
            LabelAction::Keep => covered[1] += shared,
            LabelAction::Flag => covered[2] += shared,
        }
    }
    let most = covered.iter().copied().max().filter(|most| *most > 0)?;
    Some(match covered {
        [remove, _, _] if remove == most => Answer::Remove,
        [_, keep, _] if keep == most => Answer::Keep,
        _ => Answer::Skip,
    })
}

/// The document's id or, where another one has it, that with its place.
fn free_id(document: &OnDesk, taken: &HashSet<String>) -> String {
    let record = &document.record;
    if !taken.contains(&record.id) {
        return record.id.clone();
    }
    let place = format!("{}:{}", record.location.source, record.location.ordinal + 1);
    let free = |n: usize| match n {
        1 => format!("{} ({place})", record.id),
        _ => format!("{} ({place}, {n})", record.id),
    };
    // One of so many names more than are taken is free.
    (1..taken.len() + 2).map(free).find(|id| !taken.contains(id)).unwrap_or_else(|| free(0))
}

/// A span of the file, in characters.
fn span(page: &Page, block: usize, answer: Answer, count: &mut Counter) -> Option<Value> {
    let of = page.blocks.get(block)?;
    let (category, action) = match (answer, of.kind) {
        (Answer::Remove, _) => ("junk", "remove"),
        (_, BlockKind::Heading) => ("heading", "keep"),
        _ => ("content", "keep"),
    };
    let (start, end) = (count.at(&page.text, of.span.start), count.at(&page.text, of.span.end));
    Some(json!({"start": start, "end": end, "category": category, "action": action}))
}

/// Counts characters up to places that rise.
#[derive(Default)]
struct Counter {
    byte: usize,
    characters: usize,
}

impl Counter {
    fn at(&mut self, text: &str, byte: usize) -> usize {
        if byte < self.byte {
            *self = Self::default();
        }
        self.characters += text.get(self.byte..byte).unwrap_or("").chars().count();
        self.byte = byte;
        self.characters
    }
}

fn doc_label(spans: &[Value]) -> &'static str {
    let has = |action: &str| spans.iter().any(|span| span["action"] == action);
    if has("remove") { "clean" } else { "keep" }
}

fn written(id: &str, document: &OnDesk, answers: &BTreeMap<usize, Answer>) -> String {
    let page = &document.base.outcome.page;
    let record = &document.record;
    let mut count = Counter::default();
    let spans: Vec<Value> = answers
        .iter()
        .filter_map(|(block, answer)| span(page, *block, *answer, &mut count))
        .collect();
    let mut line = Map::new();
    line.insert("id".to_owned(), id.into());
    line.insert("doc_label".to_owned(), doc_label(&spans).into());
    line.insert("label_origin".to_owned(), ORIGIN.into());
    if record.format == Format::Markdown {
        line.insert("format".to_owned(), "markdown".into());
    }
    for (key, value) in [("lang", &record.language), ("url", &record.url)] {
        if let Some(value) = value {
            line.insert(key.to_owned(), value.as_str().into());
        }
    }
    line.insert("spans".to_owned(), spans.into());
    line.insert("text".to_owned(), page.text.as_str().into());
    Value::Object(line).to_string()
}

/// A line of the file with what was said since; all other fields stay.
fn rewritten(line: &Line, document: &OnDesk, answers: &BTreeMap<usize, Answer>) -> String {
    let page = &document.base.outcome.page;
    let Ok(Value::Object(mut object)) =
        serde_json::from_str(line.raw.trim_start_matches('\u{feff}'))
    else {
        return line.raw.clone();
    };
    let mut count = Counter::default();
    let fresh: Vec<Value> = answers
        .iter()
        .filter_map(|(block, answer)| span(page, *block, *answer, &mut count))
        .collect();
    let place = |span: &Value| (span["start"].as_u64(), span["end"].as_u64());
    let overlaps = |span: &Value| {
        let (start, end) = place(span);
        fresh.iter().any(|one| place(one).0 < end && start < place(one).1)
    };
    let old = object.get("spans").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut spans: Vec<Value> = old.into_iter().filter(|span| !overlaps(span)).collect();
    spans.extend(fresh);
    spans.sort_by_key(|span| place(span).0);
    object.insert("doc_label".to_owned(), doc_label(&spans).into());
    object.insert("spans".to_owned(), spans.into());
    Value::Object(object).to_string()
}
