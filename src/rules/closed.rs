//! Rules that can do nothing on a page, whatever the target: found once for the page.
//!
//! A rule asks for a block of four links, and no block of the page has so many. By the signal's
//! [range](crate::signals::ranges) on the page its leaf comes to 0 on every target, and with
//! it the condition: to 0, not to undefined, because a leaf of `all` at 0 settles it whatever the
//! others are. The same holds if all leaves of `any` come to 0. So the rule may be left out, as one
//! whose gate is shut (see `plan.rs`), on every target of which the ranges tell.
//!
//! A range may tell of targets with some words only, as a share of few words is undefined. It
//! serves where the rule asks for as many words itself: with fewer that leaf is at 0.

use super::conditions::signal::Compare;
use super::conditions::{Condition, Leaf};
use super::plan::Places;
use crate::document::{BlockKind, Scope};
use crate::signals::ranges::Ranged;
use crate::signals::{Measured, PageView};

/// A leaf that comes to 0 on a page if it holds nowhere in the signal's range there.
#[derive(Clone, Copy, Debug)]
struct Limit {
    ranged: &'static Ranged,
    compare: Compare,
    /// Fewest words of the targets on which it matters.
    words: usize,
}

impl Limit {
    fn never_holds(&self, page: &PageView<'_>) -> bool {
        self.compare.is_never(self.ranged.range(page, self.words))
    }
}

/// What closes a rule: each row does, if none of its leaves holds on the page.
#[derive(Debug, Default)]
pub(super) struct Closers(Vec<Vec<Limit>>);

impl Closers {
    /// Those of a condition on the targets of a scope.
    pub(super) fn new(condition: &Condition, scope: Scope) -> Self {
        let leaf = |place: &usize| condition.leaves.get(*place).map(|named| named.leaf);
        let words = condition.all.iter().filter_map(leaf).map(words_asked).max().unwrap_or(0);
        let limit = |place: &usize| match leaf(place)? {
            Leaf::Signal { id, compare } => {
                let ranged = id.ranged(scope).filter(|ranged| ranged.words <= words.max(1))?;
                Some(Limit { ranged, compare, words })
            }
            _ => None,
        };
        let mut rows: Vec<Vec<Limit>> =
            condition.all.iter().filter_map(limit).map(|limit| vec![limit]).collect();
        let any: Option<Vec<Limit>> = condition.any.iter().map(limit).collect();
        rows.extend(any.filter(|row| !row.is_empty()));
        // What costs more comes last.
        rows.sort_by_key(|row| row.iter().map(|limit| limit.ranged.cost).max());
        Self(rows)
    }

    /// True if anything closes the rule.
    pub(super) fn are_any(&self) -> bool {
        !self.0.is_empty()
    }

    /// True if the rule can do nothing on the targets of a class.
    fn close(&self, page: &PageView<'_>, class: Class) -> bool {
        let told = |limit: &Limit| limit.ranged.everywhere || class != Class::Item;
        self.0.iter().any(|row| row.iter().all(|limit| told(limit) && limit.never_holds(page)))
    }
}

/// The fewest words with which a leaf may hold; 0 if it does not ask for words.
fn words_asked(leaf: Leaf) -> usize {
    match leaf {
        Leaf::Signal { id, compare } if id.signal().name == "word_count" => {
            // No rule asks for more than a few hundred.
            (0..1_000).find(|words| compare.strength(f64::from(*words)) > 0.0).unwrap_or(0) as usize
        }
        _ => 0,
    }
}

/// Targets of which the same ranges tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A sentence of a paragraph or quotation.
    Sentence,
    /// An item or another sentence.
    Item,
    Block,
    Document,
}

impl Class {
    /// How many there are.
    pub(super) const COUNT: usize = 4;

    /// The class of a target; `None` for one of which no range tells.
    pub(super) fn of(target: &Measured<'_>) -> Option<Self> {
        let class = match (target.scope, target.kind()) {
            (Scope::Sentence, Some(BlockKind::Paragraph | BlockKind::Quote)) => Class::Sentence,
            (Scope::Sentence, _) => Class::Item,
            (Scope::Block, _) => Class::Block,
            (Scope::Document, _) => Class::Document,
            (Scope::Source | Scope::Page | Scope::Area, _) => return None,
        };
        target.has_lettered_word().then_some(class)
    }
}

/// Which rules of a scope are closed for a class of targets of a page, found out rule by rule when
/// one is about to be asked.
#[derive(Debug, Default)]
pub(super) struct Closed {
    tried: Places,
    pub(super) places: Places,
}

impl Closed {
    /// True if the rule at a place is closed.
    pub(super) fn has(
        &mut self,
        place: usize,
        closers: &Closers,
        page: &PageView<'_>,
        class: Class,
    ) -> bool {
        if !closers.are_any() {
            return false;
        }
        if !self.tried.has(place) {
            self.tried.insert(place);
            if closers.close(page, class) {
                self.places.insert(place);
            }
        }
        self.places.has(place)
    }
}
