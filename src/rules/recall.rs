//! What rules came to on the targets of a document, told again under rules that differ in a few:
//! only those are asked. Nor is a page read again that was read before.

use std::collections::{BTreeSet, HashMap};

use xxhash_rust::xxh3::Xxh3;

use super::conditions::Leaf;
use super::{Action, Effect, Evaluation, Rule, RuleId, RuleSet};
use crate::document::{Format, Page, Scope, Span};
use crate::signals::{Measured, PageView};

/// A target of a text: the text with its blocks as a hash, the scope, the block, the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    text: u64,
    scope: Scope,
    block: Option<usize>,
    span: Span,
}

/// A hash of all that signals see of a text: itself and its blocks.
pub(crate) fn text_key(page: &PageView<'_>) -> u64 {
    let mut hasher = Xxh3::new();
    hasher.update(page.text.as_bytes());
    for block in page.blocks.iter() {
        let Span { start, end } = block.span;
        for number in [start, end, block.kind as usize, block.links.len()] {
            hasher.update(&number.to_le_bytes());
        }
    }
    hasher.digest()
}

/// What rules came to on a document's targets.
#[derive(Debug, Default)]
pub struct Memory {
    known: HashMap<Key, Evaluation>,
}

impl Memory {
    /// Takes down what rules came to on a target, before evidence that was outweighed is forgotten.
    pub fn take(&mut self, target: &Measured<'_>, done: &Evaluation) {
        let key = key(target, text_key(target.page));
        let mut kept = Evaluation {
            hits: done.hits.clone(),
            undefined: done.undefined.clone(),
            skipped: done.skipped.clone(),
            ..Evaluation::default()
        };
        kept.hits.iter_mut().for_each(|hit| hit.evidence = Vec::new());
        self.known.insert(key, kept);
    }
}

fn key(target: &Measured<'_>, text: u64) -> Key {
    Key { text, scope: target.scope, block: target.block, span: target.span }
}

/// How what rules of one set came to is told again under another.
#[derive(Debug)]
pub struct Telling {
    /// For each rule of the one set its number in the other; `None` for those to be asked anew, and
    /// those that are gone.
    ids: Vec<Option<RuleId>>,
    /// For each rule of the other set whether it is to be asked anew.
    anew: Vec<bool>,
    /// The scopes of which some are.
    scopes: BTreeSet<Scope>,
    reading: Reading,
}

/// What was read of a page under the one set that holds under the other too.
#[derive(Clone, Copy, Debug)]
struct Reading {
    /// Its language, which both sets want to know.
    language: bool,
    /// Its blocks, if it is no HTML.
    blocks: bool,
    /// Its blocks, if it is HTML.
    html: bool,
}

impl Reading {
    fn new(from: &RuleSet, to: &RuleSet) -> Self {
        let is_area = |set: &RuleSet| set.has_scope(Scope::Area);
        let is_cut_alike = from.unit() == to.unit();
        Self {
            language: from.needs_language() && to.needs_language(),
            blocks: is_cut_alike && from.needs_blocks(),
            html: is_cut_alike && is_area(from) == is_area(to),
        }
    }
}

impl Telling {
    /// From one set to another that an overlay made of it, changing the rules of these names.
    pub fn new(from: &RuleSet, to: &RuleSet, changed: &[&str]) -> Self {
        let in_both =
            |name: &str| Some((from.rule(from.by_name(name)?), to.rule(to.by_name(name)?)));
        let comes_to_the_same =
            |name: &&str| in_both(name).is_some_and(|(before, after)| is_told(before, after));
        let mut names: BTreeSet<&str> =
            changed.iter().copied().filter(|name| !comes_to_the_same(name)).collect();
        // Where areas stay or go, other blocks are judged, while what is left may be the same: rules
        // that name one of an earlier scope may come to something else on the same text.
        let is_area = |set: &RuleSet, name: &str| {
            set.by_name(name).is_some_and(|id| set.rule(id).scope == Scope::Area)
        };
        let other_blocks = changed.iter().any(|name| is_area(from, name) || is_area(to, name));
        // A rule that names one of them may come to something else.
        loop {
            let before = names.len();
            for set in [from, to] {
                for rule in set.rules() {
                    let names_one = rule.condition.leaves.iter().any(|named| match named.leaf {
                        Leaf::Rule { id, earlier } => {
                            earlier && other_blocks || names.contains(set.rule(id).name.as_str())
                        }
                        _ => false,
                    });
                    if names_one {
                        names.insert(&rule.name);
                    }
                }
            }
            if names.len() == before {
                break;
            }
        }
        let ids = from.rules().iter().map(|rule| match names.contains(rule.name.as_str()) {
            true => None,
            false => to.by_name(&rule.name),
        });
        let is_anew = |rule: &&Rule| names.contains(rule.name.as_str());
        Self {
            ids: ids.collect(),
            anew: to.rules().iter().map(|rule| is_anew(&rule)).collect(),
            scopes: to.rules().iter().filter(is_anew).map(|rule| rule.scope).collect(),
            reading: Reading::new(from, to),
        }
    }

    /// True if a rule of this scope must be asked anew.
    pub(super) fn asks(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// True for a rule of the new set that must be asked anew.
    pub(super) fn is_anew(&self, id: RuleId) -> bool {
        self.anew.get(usize::from(id.0)) == Some(&true)
    }
}

/// True if a rule comes to the same before and after a change: what becomes of it is no part of
/// that. Matches are kept of rules that cut alone.
fn is_told(before: &Rule, after: &Rule) -> bool {
    let cuts = |rule: &Rule| rule.effect == Effect::Action(Action::Cut);
    before.thresholds == after.thresholds && cuts(before) == cuts(after)
}

/// What is remembered of a document, and how it is told.
#[derive(Clone, Copy, Debug)]
pub struct Recall<'r> {
    /// What is remembered.
    pub memory: &'r Memory,
    /// The page as the rules of before had it.
    pub page: &'r Page,
    /// How it is told.
    pub telling: &'r Telling,
}

impl<'r> Recall<'r> {
    /// What the rules that are not asked anew came to on a target; `None` if the target is not
    /// remembered.
    pub(super) fn told(&self, target: &Measured<'_>, text: u64) -> Option<Evaluation> {
        let known = self.memory.known.get(&key(target, text))?;
        let id = |id: &RuleId| self.telling.ids.get(usize::from(id.0)).copied().flatten();
        let hits = known.hits.iter().filter_map(|hit| {
            let rule = id(&hit.rule)?;
            Some(super::Hit { rule, ..hit.clone() })
        });
        Some(Evaluation {
            hits: hits.collect(),
            undefined: known.undefined.iter().filter_map(id).collect(),
            skipped: known.skipped.iter().filter_map(id).collect(),
            ..Evaluation::default()
        })
    }

    /// The document's language, unknown or not; `None` if it was not asked for.
    pub(crate) fn language(&self) -> Option<Option<&'r str>> {
        self.telling.reading.language.then_some(self.page.info.language.as_deref())
    }

    /// The page, if it is cut into blocks as the rules of now have it.
    pub(crate) fn page(&self) -> Option<&'r Page> {
        let is_html = self.page.info.format == Format::Html;
        let Reading { blocks, html, .. } = self.telling.reading;
        let is_cut = if is_html { html } else { blocks };
        is_cut.then_some(self.page)
    }
}
