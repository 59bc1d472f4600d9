//! One document: what was cut, held against its label, character by character.
//!
//! White space does not count, wherever it stands: it goes with what it separates.

use std::collections::BTreeMap;

use super::hits::DocumentHits;
use super::labels::{Label, LabelSpan};
use crate::document::Span;
use crate::outcome::{Decision, Outcome};
use crate::rules::{RuleId, RuleSet};
use crate::verdict::{DecidedBy, Verdict};

/// From this share of its characters on, a document that was cut is as good as dropped.
const AS_GOOD_AS_DROPPED: f64 = 0.98;
/// Characters shown of a sample.
const SAMPLE_LENGTH: usize = 90;

/// Whom a cut is laid to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decider {
    /// A rule: its action, or the most points of all.
    Rule(RuleId),
    /// The neighbours of what was cut.
    Context,
    /// What a heading headed went, and the heading with it.
    Heading,
    /// Too much of the document would have gone.
    Guard,
    /// So much of the document went that nothing is left to speak of.
    Emptied,
    /// Nobody in particular.
    Unnamed,
}

impl Decider {
    /// The rule's full name, or a word in brackets, which no rule's name has.
    pub fn name(self, rules: &RuleSet) -> &str {
        match self {
            Decider::Rule(rule) => &rules.rule(rule).name,
            Decider::Context => "(context)",
            Decider::Heading => "(heading)",
            Decider::Guard => "(guard)",
            Decider::Emptied => "(emptied)",
            Decider::Unnamed => "(unnamed)",
        }
    }

    fn of(verdict: &Verdict) -> Self {
        match verdict.by {
            DecidedBy::Context => Decider::Context,
            DecidedBy::Heading => Decider::Heading,
            _ => verdict.leading().map_or(Decider::Unnamed, Decider::Rule),
        }
    }
}

/// Something that was cut out of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Its place, in bytes.
    pub span: Span,
    /// Whom it is laid to.
    pub by: Decider,
}

/// What became of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// What was cut; all of it, in one piece, if the document was dropped.
    pub cuts: Vec<Cut>,
    /// Who dropped the document.
    pub dropped: Option<Decider>,
}

impl Fate {
    /// The fate of a cleaned document.
    pub fn of(outcome: &Outcome) -> Self {
        if outcome.decision == Decision::Dropped {
            let by = outcome.drop_verdict().map_or(Decider::Guard, Decider::of);
            let span = Span::new(0, outcome.page.text.len());
            return Self { cuts: vec![Cut { span, by }], dropped: Some(by) };
        }
        let cuts = outcome.removals().iter().map(|removal| {
            let by = Decider::of(removal.verdict(&outcome.on_blocks));
            Cut { span: removal.span, by }
        });
        Self { cuts: cuts.collect(), dropped: None }
    }
}

/// Characters, and how many of them went by whom. White space is not counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Characters there were.
    pub characters: u64,
    /// Of these, how many each decider took away.
    pub by: BTreeMap<Decider, u64>,
}

impl Counted {
    /// Characters that went.
    pub fn removed(&self) -> u64 {
        self.by.values().sum()
    }

    fn add(&mut self, by: Option<Decider>) {
        self.characters += 1;
        if let Some(by) = by {
            *self.by.entry(by).or_insert(0) += 1;
        }
    }
}

/// The first piece of a labelled part that went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Its text on one line, shortened.
    pub text: String,
    /// Whom it is laid to.
    pub by: Decider,
}

/// A labelled part, counted. Its label may change when groups are settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoredPart {
    /// Its label.
    pub label: LabelSpan,
    /// Its characters.
    pub counted: Counted,
    /// What went of it first.
    pub lost: Option<Lost>,
}

/// A document, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scored {
    /// Its label; the parts are in `parts`.
    pub label: Label,
    /// Who dropped it, or [`Decider::Emptied`] if as good as all of it was cut out.
    pub dropped: Option<Decider>,
    /// Its labelled parts, in order.
    pub parts: Vec<ScoredPart>,
    /// What stands in no part.
    pub unlabelled: Counted,
    /// Pieces with a character in them that each decider cut; none for a dropped document.
    pub pieces: BTreeMap<Decider, u64>,
    /// True if the document could not be judged; it is counted as left alone.
    pub is_unjudged: bool,
    /// What fired, if that was counted ([`count_hits`](super::count_hits)).
    pub hits: Option<DocumentHits>,
}

/// Counts a cleaned document against its label. `text` is what the label is about.
///
/// ```
/// use std::sync::Arc;
/// use tamis::document::{Location, Span};
/// use tamis::eval::{Cut, Decider, DocLabel, Fate, Label, LabelAction, LabelSpan, score};
///
/// let span = |start, end, category: &str, action| LabelSpan {
///     span: Span::new(start, end), category: category.into(), action, group: None,
/// };
/// let label = Label {
///     id: "a".into(),
///     location: Location { source: Arc::from("mine.jsonl"), ordinal: 0 },
///     doc_label: DocLabel::Clean,
///     spans: vec![span(0, 4, "content", LabelAction::Keep), span(5, 8, "cta", LabelAction::Remove)],
///     kind: None, lang: None, origin: None, is_copy: false,
/// };
/// let cut = Cut { span: Span::new(4, 8), by: Decider::Context };
/// let scored = score(label, "Mill Buy", &Fate { cuts: vec![cut], dropped: None });
/// assert_eq!(scored.parts[0].counted.removed(), 0);
/// assert_eq!(scored.parts[1].counted.removed(), 3);
/// ```
pub fn score(mut label: Label, text: &str, fate: &Fate) -> Scored {
    let mut cuts = fate.cuts.clone();
    cuts.sort_by_key(|cut| (cut.span.start, cut.span.end));
    let mut parts: Vec<ScoredPart> = std::mem::take(&mut label.spans)
        .into_iter()
        .map(|label| ScoredPart { label, counted: Counted::default(), lost: None })
        .collect();
    let mut unlabelled = Counted::default();
    let mut used = vec![false; cuts.len()];
    let (mut whole, mut gone) = (0u64, 0u64);
    let (mut part, mut cut) = (0, 0);
    for (at, c) in text.char_indices() {
        while parts.get(part).is_some_and(|part| part.label.span.end <= at) {
            part += 1;
        }
        // Of cuts that overlap, a character is the first one's.
        while cuts.get(cut).is_some_and(|cut| cut.span.end <= at) {
            cut += 1;
        }
        if c.is_whitespace() {
            continue;
        }
        let taken = cuts.get(cut).filter(|cut| cut.span.start <= at);
        whole += 1;
        if let (Some(_), Some(used)) = (taken, used.get_mut(cut)) {
            gone += 1;
            *used = true;
        }
        let own = parts.get_mut(part).filter(|part| part.label.span.start <= at);
        let by = taken.map(|cut| cut.by);
        match own {
            None => unlabelled.add(by),
            Some(part) => {
                part.counted.add(by);
                if let (Some(taken), None) = (taken, &part.lost) {
                    let end = taken.span.end.min(part.label.span.end);
                    let text = sample(Span::new(at, end).of(text));
                    part.lost = Some(Lost { text, by: taken.by });
                }
            }
        }
    }
    let is_emptied = whole > 0 && gone as f64 >= AS_GOOD_AS_DROPPED * whole as f64;
    let dropped = fate.dropped.or(is_emptied.then_some(Decider::Emptied));
    let mut pieces = BTreeMap::new();
    if fate.dropped.is_none() {
        for (cut, _) in cuts.iter().zip(used).filter(|(_, used)| *used) {
            *pieces.entry(cut.by).or_insert(0) += 1;
        }
    }
    Scored { label, dropped, parts, unlabelled, pieces, is_unjudged: false, hits: None }
}

/// Counts a document that could not be judged: nothing of it went.
pub fn score_unjudged(label: Label, text: &str) -> Scored {
    Scored { is_unjudged: true, ..score(label, text, &Fate::default()) }
}

/// A piece of text on one line, its end cut off if it is long.
fn sample(text: &str) -> String {
    let mut words = text.split_whitespace();
    let mut line = words.next().unwrap_or_default().to_owned();
    for word in words {
        if line.chars().count() > SAMPLE_LENGTH {
            break;
        }
        line.push(' ');
        line.push_str(word);
    }
    match line.char_indices().nth(SAMPLE_LENGTH) {
        None => line,
        Some((end, _)) => {
            line.truncate(end);
            line + "…"
        }
    }
}
