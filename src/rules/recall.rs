//! What rules came to on the targets of a document, told again under rules that differ in a few:
//! only those are asked.

use std::collections::{BTreeSet, HashMap};

use xxhash_rust::xxh3::Xxh3;

use super::conditions::Leaf;
use super::{Evaluation, RuleId, RuleSet};
use crate::document::{Scope, Span};
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
    /// The rules to be asked anew.
    anew: BTreeSet<RuleId>,
}

impl Telling {
    /// From one set to another that differs in the rules of these names.
    pub fn new(from: &RuleSet, to: &RuleSet, changed: &[&str]) -> Self {
        let mut names: BTreeSet<&str> = changed.iter().copied().collect();
        // A rule that names one of them may come to something else.
        loop {
            let before = names.len();
            for set in [from, to] {
                for rule in set.rules() {
                    let names_one = rule.condition.leaves.iter().any(|named| match named.leaf {
                        Leaf::Rule { id, .. } => names.contains(set.rule(id).name.as_str()),
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
        let anew = names.iter().filter_map(|name| to.by_name(name)).collect();
        Self { ids: ids.collect(), anew }
    }

    /// True for a rule of the new set that must be asked anew.
    pub(super) fn is_anew(&self, id: RuleId) -> bool {
        self.anew.contains(&id)
    }
}

/// What is remembered of a document, and how it is told.
#[derive(Clone, Copy, Debug)]
pub struct Recall<'r> {
    /// What is remembered.
    pub memory: &'r Memory,
    /// How it is told.
    pub telling: &'r Telling,
}

impl Recall<'_> {
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
}
