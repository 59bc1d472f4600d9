//! The ledger: what was taken away, where it stood and why, as JSON Lines; and the records kept
//! beside it so that every input can be put back together.
//!
//! Shapes only, and how an outcome becomes them. `docs/run-directory.md` documents each field.

use base64::Engine as _;
use serde::{Deserialize, Serialize};

use crate::document::{BlockKind, Location};
use crate::outcome::{Decision, Guard, Outcome};
use crate::rules::{Category, Hit, RuleSet};
use crate::source::Refusal;
use crate::source::jsonl::{JsonStyle, encode_to};
use crate::text::count_bytes;
use crate::verdict::{DecidedBy, Verdict};

/// How the text is spelled in a JSON Lines record, where it is not the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spelling {
    /// Characters as they are.
    #[default]
    Utf8,
    /// Characters outside ASCII as `\uXXXX`.
    Ascii,
}

impl Spelling {
    fn is_default(&self) -> bool {
        *self == Spelling::Utf8
    }
}

/// A rule's part in a decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleShare {
    /// The rule's full name.
    pub rule: String,
    /// Its category.
    pub category: Category,
    /// Points that it gave, after groups and composites; 0 for an action.
    pub points: f64,
    /// How far its condition held.
    pub strength: f64,
}

/// A document's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The source's name.
    pub source: String,
    /// Number of the record in its source, from 0.
    pub ordinal: u64,
}

/// One removed span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Removed {
    /// The source's name.
    pub source: String,
    /// Number of the record in its source, from 0.
    pub ordinal: u64,
    /// The document's id.
    pub id: String,
    /// First byte in the document's original text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// First character (code point).
    pub char_start: usize,
    /// One past the last character.
    pub char_end: usize,
    /// Number of the block.
    pub block: usize,
    /// What the block is.
    pub kind: BlockKind,
    /// True if only a part of the block went.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// Path of elements, for HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// For HTML: first byte of what the text was written as in the markup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub markup_start: Option<usize>,
    /// One past the last byte of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub markup_end: Option<usize>,
    /// The bytes are those of the markup as decoded to UTF-8.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub markup_decoded: bool,
    /// Who decided: `action`, `points`, `context`, `heading`, `sentences`, `layout`.
    pub by: String,
    /// Points of the block or sentence.
    pub points: f64,
    /// The rules that spoke, those that decided first.
    pub rules: Vec<RuleShare>,
    /// How the record spelled its text.
    #[serde(default, skip_serializing_if = "Spelling::is_default")]
    pub spelling: Spelling,
    /// Where it is a copy: the document that holds it first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<Place>,
    /// The removed text, the white space that went with it included.
    pub text: String,
    /// In the first record of a document that was decided by `layout`: the white space that went
    /// for the layout's sake elsewhere, each with its first byte. A line of its own for every gap
    /// would be longer than the document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<(usize, String)>,
}

impl Removed {
    /// All that the record takes away: first bytes and texts.
    pub fn pieces(&self) -> impl Iterator<Item = (usize, &str)> {
        let more = self.more.iter().map(|(start, text)| (*start, text.as_str()));
        std::iter::once((self.start, self.text.as_str())).chain(more)
    }
}

/// What records take away together, in order.
pub(crate) fn in_order(removed: &[Removed]) -> Vec<(usize, &str)> {
    let mut pieces: Vec<(usize, &str)> = removed.iter().flat_map(Removed::pieces).collect();
    pieces.sort_by_key(|(start, _)| *start);
    pieces
}

/// What the markup of a page states of it; fields of which it says nothing are absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stated {
    /// The source's name.
    pub source: String,
    /// Number of the record in its source, from 0.
    pub ordinal: u64,
    /// The document's id.
    pub id: String,
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Who wrote it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// When it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// When it was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
    /// Its language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The address under which it wants to be known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canonical_url: Option<String>,
    /// The name of its site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site_name: Option<String>,
    /// What it says it is.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "type")]
    pub kind: Option<String>,
}

/// What a document states of itself.
pub(crate) fn metadata(outcome: &Outcome) -> Stated {
    let info = outcome.info();
    let own = outcome.page.metadata.clone();
    Stated {
        source: info.location.source.to_string(),
        ordinal: info.location.ordinal,
        id: info.id.clone(),
        title: own.title,
        authors: own.authors,
        date: own.published,
        modified: own.modified,
        language: own.language,
        canonical_url: own.canonical_url,
        site_name: own.site_name,
        kind: own.kind,
    }
}

/// A dropped document, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dropped {
    /// The source's name.
    pub source: String,
    /// Number of the record in its source, from 0.
    pub ordinal: u64,
    /// The document's id.
    pub id: String,
    /// Who decided: `action`, `points` or `guard`.
    pub by: String,
    /// Scores by category; those above 0.
    pub scores: std::collections::BTreeMap<String, f64>,
    /// All rules that fired on the document or, for the rule that dropped it, on a block.
    pub rules: Vec<RuleShare>,
    /// Where it is a copy: the document that stays in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<Place>,
    /// It is a row of Parquet: `raw` is its text, and the row is kept aside.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub row: bool,
    /// The record as it stood in its source.
    #[serde(flatten)]
    pub raw: Raw,
}

/// A record that could not be read, or a piece of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unreadable {
    /// The source's name.
    pub source: String,
    /// Number of the record in its source, from 0.
    pub ordinal: u64,
    /// Number of the piece, where the record came in several.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub part: u32,
    /// Fixed name of the reason.
    pub reason: String,
    /// The reason in words.
    pub message: String,
    /// It is a row of Parquet: `raw` is its text, and the row is kept aside.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub row: bool,
    /// The bytes as they stood.
    #[serde(flatten)]
    pub raw: Raw,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(part: &u32) -> bool {
    *part == 0
}

/// A record whose input cannot be made again from its cleaned text and the removals:
/// markup, another character set, an unusual JSON spelling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Original {
    /// The source's name.
    pub source: String,
    /// Number of the record in its source, from 0.
    pub ordinal: u64,
    /// True if the output holds nothing for it: it was passed over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alone: bool,
    /// The record as it stood in its source.
    #[serde(flatten)]
    pub raw: Raw,
}

/// Of the bytes of a page one in so many needs an escape at most, mostly.
const ESCAPED_ONE_IN: usize = 8;
/// Bytes of an original's keys, and more.
const ROOM_FOR_KEYS: usize = 128;

/// The line of an [`Original`], with its line break. By hand, as pages are large.
pub(crate) fn original_line(location: &Location, raw: Vec<u8>, alone: bool) -> Vec<u8> {
    let Location { source, ordinal } = location;
    let room = raw.len() + raw.len() / ESCAPED_ONE_IN + source.len() + ROOM_FOR_KEYS;
    let mut out = Vec::with_capacity(room);
    out.extend_from_slice(br#"{"source":"#);
    json(&mut out, &**source);
    number(&mut out, br#","ordinal":"#, *ordinal);
    if alone {
        out.extend_from_slice(br#","alone":true"#);
    }
    match Raw::new(raw) {
        Raw::Text(text) => {
            out.extend_from_slice(br#","raw":"#);
            encode_to(&mut out, &text, JsonStyle::Utf8);
        }
        Raw::Base64(text) => {
            out.extend_from_slice(br#","raw_base64":"#);
            json(&mut out, &text);
        }
    }
    out.extend_from_slice(b"}\n");
    out
}

/// Where more bytes than one in so many are control characters, base64 is shorter than text: a third
/// is added, where each of them adds five.
const CONTROL_ONE_IN: usize = 15;

/// Bytes inside a JSON record: as text where they are UTF-8, and no mass of control characters;
/// otherwise in base64.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Raw {
    /// UTF-8.
    #[serde(rename = "raw")]
    Text(String),
    /// Anything else.
    #[serde(rename = "raw_base64")]
    Base64(String),
}

impl Raw {
    /// The bytes as they can stand in JSON.
    ///
    /// Control characters take six bytes each as text. Bytes that are many of them, as those of a
    /// file that is none of text, are no longer in base64, and are put so: a record never becomes
    /// several times as long.
    pub fn new(bytes: Vec<u8>) -> Self {
        let controls = count_bytes(&bytes, |b| b < b' ' && !matches!(b, b'\t' | b'\n' | b'\r'));
        if controls > bytes.len() / CONTROL_ONE_IN {
            return Raw::Base64(base64::engine::general_purpose::STANDARD.encode(bytes));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Raw::Text(text),
            Err(error) => {
                Raw::Base64(base64::engine::general_purpose::STANDARD.encode(error.as_bytes()))
            }
        }
    }

    /// The bytes again; `None` if the base64 is broken.
    pub fn into_bytes(self) -> Option<Vec<u8>> {
        match self {
            Raw::Text(text) => Some(text.into_bytes()),
            Raw::Base64(text) => base64::engine::general_purpose::STANDARD.decode(text).ok(),
        }
    }
}

/// A source and what became of it; what `restore` needs to walk the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceEntry {
    /// The source's name, also its place under the output folder of `restore`.
    pub source: String,
    /// The cleaned file's name, if any record was kept.
    pub output: Option<String>,
    /// How its records are stored.
    pub container: crate::source::Container,
    /// How it is compressed.
    pub compression: crate::source::Compression,
    /// Decompressed bytes read.
    pub bytes: u64,
    /// Items read; for JSON Lines all lines, blank ones too.
    pub items: u64,
    /// Records kept as they were.
    pub kept: u64,
    /// Records kept with something cut out.
    pub cut: u64,
    /// Records dropped.
    pub dropped: u64,
    /// Records that could not be read.
    pub unreadable: u64,
    /// JSON Lines: blank lines, passed through.
    pub blank: u64,
    /// Items that are no documents, passed over.
    #[serde(default)]
    pub passed: u64,
    /// The output's records are of another shape: the source is put back together from what was
    /// kept beside it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub converted: bool,
    /// How the output is compressed, where not as the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_compression: Option<crate::source::Compression>,
    /// JSON Lines: the last line ended with a line break.
    pub final_newline: bool,
    /// Why reading stopped early, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Writes the ledger's lines for one outcome, in order: as [`Removed`] would be, each with a line
/// break.
///
/// By hand, as a page of which a rule judges every line may lose hundreds of them: a line's keys
/// are fixed pieces, and what is the document's is spelled once.
pub(crate) fn write_removed(
    outcome: &Outcome,
    rules: &RuleSet,
    spelling: Spelling,
    out: &mut Vec<u8>,
) {
    if outcome.removals().is_empty() {
        return;
    }
    let text = &outcome.page.text;
    let Location { source, ordinal } = &outcome.info().location;
    let mut head = br#"{"source":"#.to_vec();
    json(&mut head, &**source);
    number(&mut head, br#","ordinal":"#, *ordinal);
    head.extend_from_slice(br#","id":"#);
    json(&mut head, &outcome.info().id);
    let removed: usize = outcome.removals().iter().map(|removal| removal.span.len()).sum();
    out.reserve(removed + outcome.removals().len() * (head.len() + ROOM_FOR_REMOVED));
    // Characters are counted once, walking forward.
    let (mut byte, mut character) = (0, 0);
    let mut characters_to = |at: usize| {
        character += text.get(byte..at).map_or(0, |gap| gap.chars().count());
        byte = at;
        character as u64
    };
    let mut layout = outcome.removals().iter().filter(|removal| removal.is_layout);
    let first_layout = layout.next();
    // Most go for the reason for which the one before went.
    let (mut reason, mut last) = (Vec::new(), None);
    for (n, removal) in outcome.removals().iter().enumerate() {
        let is_first_layout = first_layout.is_some_and(|first| std::ptr::eq(first, removal));
        if removal.is_layout && !is_first_layout {
            continue;
        }
        let verdict = removal.verdict(&outcome.on_blocks);
        let block = &outcome.page.blocks[removal.block];
        out.extend_from_slice(&head);
        number(out, br#","start":"#, removal.span.start as u64);
        number(out, br#","end":"#, removal.span.end as u64);
        number(out, br#","char_start":"#, characters_to(removal.span.start));
        number(out, br#","char_end":"#, characters_to(removal.span.end));
        number(out, br#","block":"#, removal.block as u64);
        name(out, br#","kind":""#, block.kind.name());
        if !outcome.on_blocks.blocks[removal.block].verdict.removes() {
            out.extend_from_slice(br#","partial":true"#);
        }
        if let Some(path) = outcome.page.path(block) {
            out.extend_from_slice(br#","path":"#);
            json(out, &path);
        }
        if let Some(markup) = outcome.page.markup(removal.span) {
            number(out, br#","markup_start":"#, markup.span.start as u64);
            number(out, br#","markup_end":"#, markup.span.end as u64);
            if markup.is_decoded {
                out.extend_from_slice(br#","markup_decoded":true"#);
            }
        }
        if !last.is_some_and(|last| says_the_same(last, verdict)) {
            reason.clear();
            write_reason(verdict, rules, spelling, &mut reason);
            last = Some(verdict);
        }
        out.extend_from_slice(&reason);
        if let Some(Some(Location { source, ordinal })) = outcome.originals.of_removals.get(n) {
            out.extend_from_slice(br#","copy_of":{"source":"#);
            json(out, &**source);
            number(out, br#","ordinal":"#, *ordinal);
            out.push(b'}');
        }
        out.extend_from_slice(br#","text":"#);
        encode_to(out, removal.span.of(text), JsonStyle::Utf8);
        if is_first_layout {
            let mut key: &[u8] = br#","more":[["#;
            for more in layout.by_ref() {
                number(out, key, more.span.start as u64);
                out.push(b',');
                encode_to(out, more.span.of(text), JsonStyle::Utf8);
                out.push(b']');
                key = b",[";
            }
            if key == b",[" {
                out.push(b']');
            }
        }
        out.extend_from_slice(b"}\n");
    }
}

/// Writes who decided and why, and how the text is spelled.
fn write_reason(verdict: &Verdict, rules: &RuleSet, spelling: Spelling, out: &mut Vec<u8>) {
    name(out, br#","by":""#, verdict.by.name());
    out.extend_from_slice(br#","points":"#);
    json(out, &rounded(verdict.points.total));
    out.extend_from_slice(br#","rules":["#);
    for (n, share) in shares(verdict, rules).enumerate() {
        out.extend_from_slice(if n == 0 { br#"{"rule":"# } else { br#",{"rule":"# });
        json(out, share.rule);
        name(out, br#","category":""#, share.category.name());
        out.extend_from_slice(br#","points":"#);
        json(out, &share.points);
        out.extend_from_slice(br#","strength":"#);
        json(out, &share.strength);
        out.push(b'}');
    }
    out.push(b']');
    if spelling == Spelling::Ascii {
        out.extend_from_slice(br#","spelling":"ascii""#);
    }
}

/// True if [`write_reason`] says the same of both.
fn says_the_same(a: &Verdict, b: &Verdict) -> bool {
    let of = |verdict: &Verdict| (verdict.by, verdict.points.total.to_bits());
    let is_same = |(a, b): (&Hit, &Hit)| a.rule == b.rule && a.strength == b.strength;
    of(a) == of(b)
        && a.points.each == b.points.each
        && a.hits.len() == b.hits.len()
        && a.hits.iter().zip(&b.hits).all(is_same)
}

/// Bytes of a record's keys and numbers, its rule named, mostly.
const ROOM_FOR_REMOVED: usize = 288;

/// A value as JSON.
fn json<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    // Writing a string or a number to memory does not fail.
    let _ = serde_json::to_writer(out, value);
}

/// A key and a whole number.
fn number(out: &mut Vec<u8>, key: &[u8], mut number: u64) {
    out.extend_from_slice(key);
    let mut digits = [b'0'; MOST_DIGITS];
    let mut first = digits.len();
    for (place, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        first = place;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(first..).unwrap_or_default());
}

/// Digits of the largest number.
const MOST_DIGITS: usize = 20;

/// A key with an opening quote and a name that needs no escape.
fn name(out: &mut Vec<u8>, key: &[u8], name: &str) {
    out.extend_from_slice(key);
    out.extend_from_slice(name.as_bytes());
    out.push(b'"');
}

/// The record of a dropped document.
pub(crate) fn dropped(outcome: &Outcome, rules: &RuleSet, raw: Vec<u8>) -> Dropped {
    let by = match (outcome.guard, outcome.drop_verdict()) {
        (Guard::Dropped, _) | (_, None) => "guard",
        (_, Some(verdict)) => verdict.by.name(),
    };
    let mut all = Vec::new();
    for verdict in outcome.wholes().chain(outcome.on_blocks.drop()) {
        for share in shares(verdict, rules) {
            if !all.iter().any(|known: &RuleShare| known.rule == share.rule) {
                all.push(share.into());
            }
        }
    }
    debug_assert_eq!(outcome.decision, Decision::Dropped);
    let scores = Category::ALL
        .iter()
        .zip(outcome.scores())
        .filter(|(_, score)| *score > 0.0)
        .map(|(category, score)| (category.name().to_owned(), rounded(score)))
        .collect();
    let Location { source, ordinal } = &outcome.info().location;
    Dropped {
        source: source.to_string(),
        ordinal: *ordinal,
        id: outcome.info().id.clone(),
        by: by.to_owned(),
        scores,
        rules: all,
        copy_of: outcome.originals.of_document.as_ref().map(|Location { source, ordinal }| Place {
            source: source.to_string(),
            ordinal: *ordinal,
        }),
        row: false,
        raw: Raw::new(raw),
    }
}

/// The record of an item that could not be read.
pub(crate) fn unreadable(location: &Location, refusal: &Refusal, raw: Vec<u8>) -> Unreadable {
    let part = if let Refusal::TooLarge { part, .. } = refusal { *part } else { 0 };
    Unreadable {
        source: location.source.to_string(),
        ordinal: location.ordinal,
        part,
        reason: refusal.name().to_owned(),
        message: refusal.to_string(),
        row: false,
        raw: Raw::new(raw),
    }
}

/// A rule's part in a decision, as it is written.
#[derive(Clone, Copy)]
struct Share<'r> {
    rule: &'r str,
    category: Category,
    points: f64,
    strength: f64,
}

impl From<Share<'_>> for RuleShare {
    fn from(Share { rule, category, points, strength }: Share<'_>) -> Self {
        RuleShare { rule: rule.to_owned(), category, points, strength }
    }
}

/// Names of the rules behind a verdict, those that decided first.
pub(crate) fn reasons<'r>(verdict: &Verdict, rules: &'r RuleSet) -> impl Iterator<Item = &'r str> {
    shares(verdict, rules).map(|share| share.rule)
}

/// The rules behind a verdict: the one that decided first, the rest by points, then by name.
fn shares<'r>(verdict: &Verdict, rules: &'r RuleSet) -> impl Iterator<Item = Share<'r>> {
    let deciding = match verdict.by {
        DecidedBy::Action(rule) => Some(rule),
        _ => None,
    };
    let mut all: Vec<(bool, Share<'r>)> = verdict
        .hits
        .iter()
        .enumerate()
        .filter(|(_, hit)| rules.rule(hit.rule).counts())
        .map(|(n, hit)| {
            let rule = rules.rule(hit.rule);
            let share = Share {
                rule: &rule.name,
                category: rule.category,
                points: rounded(verdict.points.each.get(n).copied().unwrap_or(0.0)),
                strength: rounded(hit.strength),
            };
            (Some(hit.rule) == deciding, share)
        })
        .collect();
    all.sort_by(|(a_first, a), (b_first, b)| {
        b_first.cmp(a_first).then(b.points.total_cmp(&a.points)).then(a.rule.cmp(b.rule))
    });
    all.into_iter().map(|(_, share)| share)
}

/// A number as reports show it: four decimals.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cleaner, Record, Survey};

    #[test]
    fn what_is_written_by_hand_is_what_the_shape_says() {
        let rules = RuleSet::from_text(
            "t",
            "format = 1\nabout = 'T'\n[decide]\nguard-action = 'none'\n\
             [rules.out]\nabout='X'\nscope='block'\ncategory='links'\naction='remove'\n\
             when={phrases=['alpha']}\n\
             [rules.said]\nabout='X'\nscope='sentence'\ncategory='spam'\naction='remove'\n\
             when={phrases=['beta']}\n\
             [rules.half]\nabout='X'\nscope='block'\ncategory='boilerplate'\nweight=0.7\n\
             when={signal='word_count',ramp=[20, 1]}\n\
             [rules.more]\nabout='X'\nscope='block'\ncategory='quality'\nweight=0.6\n\
             when={signal='word_count',below=20}\n",
        );
        let cleaner = Cleaner::new(rules.unwrap(), Survey::none()).unwrap();
        let text = "# Übersicht \"alpha\"\n\nIt ground corn for the valley. That was beta, \u{1F600}\u{2028}\
            \\ as they say. The wheel turned, and it turned, and the water ran over the sill into \
            the pool below, and all of it was heard as far away as the town on market days.\n\n\
            two\twords\n\nalpha";
        let html =
            "<body><div class='a\"b'><p>alpha <b>and</b> more</p><p>It ground corn.</p></div>";
        let joined = RuleSet::from_text(
            "t",
            "format = 1\nabout = 'T'\nsegment.unit = 'plain-line'\n\
             decide.layout = 'lines'\ndecide.guard-action = 'none'\ndecide.context = 'none'\n\
             [rules.out]\nabout='X'\nscope='block'\ncategory='links'\naction='remove'\n\
             when={phrases=['beta']}\n",
        );
        let joined = Cleaner::new(joined.unwrap(), Survey::none()).unwrap();
        let spaced = "One. Two.\n\nThree.\n\nBeta.\n\nFour.\n\n\nFive.\n \nSix.\n\nSeven.";
        let cases = [
            (&cleaner, Record::text("a\"b", text).in_language("en"), Spelling::Ascii),
            (&cleaner, Record::bytes("page", crate::document::Format::Html, html), Spelling::Utf8),
            (&joined, Record::text("c", spaced), Spelling::Utf8),
            (&joined, Record::text("d", "One.\n\nTwo."), Spelling::Utf8),
        ];
        let (mut lines, mut more) = (0, 0);
        for (cleaner, record, spelling) in cases {
            let outcome = cleaner.clean(record).unwrap();
            let mut written = Vec::new();
            write_removed(&outcome, cleaner.rules(), spelling, &mut written);
            let written = String::from_utf8(written).unwrap();
            let characters = |at: usize| outcome.page.text[..at].chars().count();
            let mut all = Vec::new();
            for line in written.lines() {
                let removed: Removed = serde_json::from_str(line).unwrap();
                assert_eq!(serde_json::to_string(&removed).unwrap(), line);
                assert_eq!(removed.char_start, characters(removed.start));
                assert_eq!(removed.char_end, characters(removed.end));
                more += removed.more.len();
                lines += 1;
                all.push(removed);
            }
            let expected: Vec<(usize, &str)> = outcome
                .removals()
                .iter()
                .map(|removal| (removal.span.start, removal.span.of(&outcome.page.text)))
                .collect();
            assert_eq!(in_order(&all), expected);
        }
        assert!(lines >= 5 && more >= 2, "{lines} lines, {more} more pieces");
    }

    #[test]
    fn an_original_is_written_by_hand_as_the_shape_says() {
        let location = Location { source: "a \"b\"/ü.html".into(), ordinal: 70 };
        let escapes = "<p class=\"x\">\\ \u{0}\u{1f}\u{7f}\t\r\n ü \u{2028}\u{1f600}</p>".repeat(9);
        for raw in [escapes.into_bytes(), b"caf\xe9".to_vec(), Vec::new()] {
            let source = location.source.to_string();
            let alone = raw.is_empty();
            let original = Original { source, ordinal: 70, alone, raw: Raw::new(raw.clone()) };
            let line = serde_json::to_string(&original).unwrap() + "\n";
            assert_eq!(String::from_utf8(original_line(&location, raw, alone)).unwrap(), line);
        }
    }

    #[test]
    fn bytes_aside_come_back_and_are_never_several_times_as_long() {
        let cases: [(&[u8], bool); 6] = [
            (b"", true),
            (b"The mill\tstands\r\nidle.\n", true),
            (b"one \x1b[31m in a text that goes on for a while after it", true),
            (&[0; 3000], false),
            (b"\x01\x02\x03 of a file that is none", false),
            (b"caf\xe9", false),
        ];
        for (bytes, is_text) in cases {
            let raw = Raw::new(bytes.to_vec());
            assert_eq!(matches!(raw, Raw::Text(_)), is_text, "{bytes:?}");
            let spelled = serde_json::to_string(&raw).unwrap().len();
            assert!(spelled <= 2 * bytes.len() + 24, "{spelled} for {}", bytes.len());
            assert_eq!(raw.into_bytes().unwrap(), bytes);
        }
    }
}
