//! Which rules of a scope can do anything on a target, found without looking at each; and of each
//! rule what to ask first.
//!
//! Most rules ask for a phrase or a pattern, and most targets hold none. A rule's *gate* is a
//! list of phrase lists and patterns without all of which its condition comes to 0 by whatever
//! else it asks: its strength is 0, not undefined. Leaving it out changes neither hits nor what
//! is undefined.
//!
//! Of the other rules the leaves are asked in an order of their own ([`Quick`]). A strength does
//! not depend on the order: one part of `all` at 0, one of `none` at 1, or nothing in `any` above
//! 0 and all of it defined, make it 0 whatever the rest is; else it is the least of the parts, or
//! undefined if one is.
//!
//! Only what is measured on the way is another, and so are near misses that would be noted: both
//! are taken on a sample of documents, which is judged plainly. The tests hold both ways against
//! each other on random targets.

use std::collections::BTreeMap;

use super::bank::Bank;
use super::closed::Closers;
use super::conditions::signal::Compare;
use super::conditions::{Condition, Leaf};
use super::groups::FreeGroup;
use super::{Action, Effect, Rule, RuleId};
use crate::document::BlockKind;
use crate::signals::{Signal, SignalId};

/// Bits of a word of a set.
const WORD: usize = 64;

/// The rules of a scope in the order in which they are evaluated: parts before composites.
#[derive(Debug, Default)]
pub(super) struct ScopeRules {
    order: Vec<Planned>,
    /// True if the order is that of the set.
    pub(super) in_order: bool,
    /// The groups that are asked by themselves.
    pub(super) free: Vec<FreeGroup>,
    /// For each block kind, and last for what is no block, the places in `order` that look at it.
    of_kind: [Places; BlockKind::ALL.len() + 1],
    /// True if a rule may be left out for a whole page.
    pub(super) has_closers: bool,
    /// See [`Self::always_asked`].
    asks_all: bool,
    /// The places without a gate.
    ungated: Places,
    /// For each clue (see [`Bank::clues`]) the places whose gate it opens.
    opened: Vec<Places>,
}

/// A rule with what is asked of it on every target.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) id: RuleId,
    /// It cuts what it matches.
    pub(super) cuts: bool,
    pub(super) closers: Closers,
    pub(super) quick: Quick,
}

/// A set of places in the order of a scope.
#[derive(Clone, Debug, Default)]
pub(super) struct Places(Vec<u64>);

impl Places {
    fn with_room(places: usize) -> Self {
        Self(vec![0; places.div_ceil(WORD)])
    }

    /// Adds a place.
    pub(super) fn insert(&mut self, place: usize) {
        if place / WORD >= self.0.len() {
            self.0.resize(place / WORD + 1, 0);
        }
        if let Some(word) = self.0.get_mut(place / WORD) {
            *word |= 1 << (place % WORD);
        }
    }

    /// True if a place is in the set.
    pub(super) fn has(&self, place: usize) -> bool {
        self.0.get(place / WORD).is_some_and(|word| word & (1 << (place % WORD)) != 0)
    }

    /// Takes out the places of another set.
    pub(super) fn remove(&mut self, other: &Self) {
        for (own, less) in self.0.iter_mut().zip(&other.0) {
            *own &= !less;
        }
    }

    fn add(&mut self, other: &Self) {
        for (own, more) in self.0.iter_mut().zip(&other.0) {
            *own |= more;
        }
    }

    /// The places that are in both sets, rising.
    fn common<'p>(&'p self, other: &'p Self) -> impl Iterator<Item = usize> + 'p {
        self.0.iter().zip(&other.0).enumerate().flat_map(|(n, (own, other))| {
            let mut left = own & other;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(n * WORD + bit)
            })
        })
    }
}

impl ScopeRules {
    /// The rules (rank, id, a bit for each block kind they look at) in the order of their ranks.
    pub(super) fn new(ranked: &[(usize, RuleId, u8)], rules: &[Rule], bank: &Bank) -> Self {
        let of_scope = |(_, id, _): &(usize, RuleId, u8)| rules.get(usize::from(id.0));
        let leaves = ranked.iter().filter_map(of_scope).flat_map(|rule| &rule.condition.leaves);
        let mut asked: BTreeMap<SignalId, usize> = BTreeMap::new();
        for leaf in leaves {
            if let Leaf::Signal { id, .. } = leaf.leaf {
                *asked.entry(id).or_default() += 1;
            }
        }
        let is_lone = |id: SignalId| asked.get(&id) == Some(&1);
        let planned = |(_, id, _): &(usize, RuleId, u8)| {
            let rule = rules.get(usize::from(id.0));
            Planned {
                id: *id,
                cuts: rule.is_some_and(|rule| rule.effect == Effect::Action(Action::Cut)),
                closers: rule.map_or_else(Closers::default, |rule| {
                    Closers::new(&rule.condition, rule.scope)
                }),
                quick: rule
                    .map_or_else(Quick::default, |rule| Quick::new(&rule.condition, is_lone)),
            }
        };
        let order: Vec<Planned> = ranked.iter().map(planned).collect();
        let none = Places::with_room(order.len());
        let mut scope = Self {
            in_order: order.is_sorted_by_key(|rule| rule.id),
            free: FreeGroup::all(&order, rules),
            asks_all: false,
            has_closers: order.iter().any(|rule| rule.closers.are_any()),
            of_kind: std::array::from_fn(|_| none.clone()),
            ungated: none.clone(),
            opened: vec![none; bank.clues()],
            order,
        };
        let mut gates: Vec<Option<Vec<usize>>> = Vec::with_capacity(scope.order.len());
        for (place, &(_, id, kinds)) in ranked.iter().enumerate() {
            for (n, of_kind) in scope.of_kind.iter_mut().enumerate() {
                if kinds == u8::MAX || n < BlockKind::ALL.len() && kinds & (1 << n) != 0 {
                    of_kind.insert(place);
                }
            }
            let known = |other: RuleId| {
                let place = scope.order.iter().position(|rule| rule.id == other)?;
                let rule = rules.get(usize::from(other.0))?;
                // One that is off or for another language is undefined, not 0.
                let certain = rule.languages.is_empty() && rule.surveyed.is_none();
                gates.get(place).filter(|_| certain)?.clone()
            };
            let rule = rules.get(usize::from(id.0));
            let gate = rule.and_then(|rule| gate(&rule.condition, bank, known));
            match &gate {
                None => scope.ungated.insert(place),
                Some(clues) => {
                    for clue in clues {
                        if let Some(opened) = scope.opened.get_mut(*clue) {
                            opened.insert(place);
                        }
                    }
                }
            }
            gates.push(gate);
        }
        let is_for_all = ranked.iter().all(|(_, _, kinds)| *kinds == u8::MAX);
        let has_gates = gates.iter().any(Option::is_some);
        scope.asks_all = is_for_all && !has_gates && !scope.has_closers && scope.free.is_empty();
        scope
    }

    /// All rules that look at a kind of block, in order.
    pub(super) fn all(&self, kind: Option<BlockKind>) -> impl Iterator<Item = RuleId> {
        let of_kind = self.of_kind(kind);
        of_kind.common(of_kind).filter_map(|place| self.order.get(place)).map(|rule| rule.id)
    }

    /// The places of the rules that may do something where only these clues stand.
    pub(super) fn open(&self, clues: impl Iterator<Item = usize>, open: &mut Places) {
        open.0.clone_from(&self.ungated.0);
        for opened in clues.filter_map(|clue| self.opened.get(clue)) {
            open.add(opened);
        }
    }

    /// The rule at a place, if it looks at a kind of block.
    pub(super) fn of(&self, place: usize, kind: Option<BlockKind>) -> Option<&Planned> {
        if self.of_kind(kind).has(place) { self.order.get(place) } else { None }
    }

    /// All rules in order, if each is to be asked of every target: none has a gate, is closed on a
    /// page, is in a free group or looks at some kinds only.
    pub(super) fn always_asked(&self) -> Option<&[Planned]> {
        self.asks_all.then_some(&self.order)
    }

    /// The rules at some places that look at a kind of block, in order, with their places.
    pub(super) fn at<'p>(
        &'p self,
        places: &'p Places,
        kind: Option<BlockKind>,
    ) -> impl Iterator<Item = (usize, &'p Planned)> + 'p {
        let of_kind = self.of_kind(kind).common(places);
        of_kind.filter_map(|place| Some((place, self.order.get(place)?)))
    }

    fn of_kind(&self, kind: Option<BlockKind>) -> &Places {
        let [kinds @ .., other] = &self.of_kind;
        kind.and_then(|kind| kinds.get(kind as usize)).unwrap_or(other)
    }
}

/// The clues of which a target must hold one, or the condition comes to 0; `None` if there is no
/// such list. `known` tells the gate of another rule of the scope.
fn gate(
    condition: &Condition,
    bank: &Bank,
    known: impl Fn(RuleId) -> Option<Vec<usize>>,
) -> Option<Vec<usize>> {
    let of = |leaf: &usize| match condition.leaves.get(*leaf)?.leaf {
        Leaf::Pattern { pattern, .. } => Some(vec![bank.clue_of_pattern(pattern)?]),
        Leaf::Phrases { list, .. } => Some(vec![bank.clue_of_list(list)]),
        Leaf::Rule { id, earlier: false } => known(id),
        Leaf::Rule { .. } | Leaf::Signal { .. } => None,
    };
    // Each leaf of `all` is a gate by itself; those of `any` are one together.
    let of_any: Option<Vec<Vec<usize>>> = condition.any.iter().map(of).collect();
    let of_any = of_any.filter(|gates| !gates.is_empty()).map(|gates| gates.concat());
    condition.all.iter().filter_map(of).chain(of_any).min_by_key(Vec::len)
}

/// A condition with its leaves in the order in which they settle it at little cost.
#[derive(Debug, Default)]
pub(super) struct Quick {
    /// The leaves of `all` and `none`, with whether they are of `all`.
    settling: Vec<(Ask, bool)>,
    /// How many of them are asked before `any` is.
    cheap: usize,
    any: Vec<Ask>,
    /// A rank of what the dearest leaf costs.
    pub(super) dearest: u8,
}

/// What is asked of a target.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ask {
    /// A signal that is sooner measured again than looked up, or that nothing else asks for.
    AtHand(&'static Signal, Compare),
    Leaf(Leaf),
}

impl Ask {
    fn new(leaf: Leaf, is_lone: impl Fn(SignalId) -> bool) -> Self {
        match leaf {
            Leaf::Signal { id, compare } if AT_HAND.contains(&id.signal().name) || is_lone(id) => {
                Ask::AtHand(id.signal(), compare)
            }
            leaf => Ask::Leaf(leaf),
        }
    }
}

impl Quick {
    fn new(condition: &Condition, is_lone: impl Fn(SignalId) -> bool) -> Self {
        let leaf = |place: &usize| condition.leaves.get(*place).map(|named| named.leaf);
        let all = condition.all.iter().filter_map(leaf).map(|leaf| (leaf, true));
        let none = condition.none.iter().filter_map(leaf).map(|leaf| (leaf, false));
        let mut settling: Vec<(Leaf, bool)> = all.chain(none).collect();
        settling.sort_by_key(|(leaf, _)| cost(leaf));
        let mut any: Vec<Leaf> = condition.any.iter().filter_map(leaf).collect();
        any.sort_by_key(cost);
        // What costs more than all of `any` is asked after it.
        let dearest_of_any = any.iter().map(cost).max().unwrap_or(DEAREST);
        let cheap = settling.partition_point(|(leaf, _)| cost(leaf) <= dearest_of_any);
        let dearest = settling.iter().map(|(leaf, _)| leaf).chain(&any).map(cost).max();
        Self {
            settling: settling
                .into_iter()
                .map(|(leaf, all)| (Ask::new(leaf, &is_lone), all))
                .collect(),
            cheap,
            any: any.into_iter().map(|leaf| Ask::new(leaf, &is_lone)).collect(),
            dearest: dearest.unwrap_or(0),
        }
    }

    /// What [`Condition::strength`] comes to, asking in another order.
    pub(super) fn strength(&self, mut of: impl FnMut(&Ask) -> Option<f64>) -> Option<f64> {
        let mut least = 1.0_f64;
        let mut undefined = false;
        let (cheap, dear) = self.settling.split_at(self.cheap.min(self.settling.len()));
        for (leaf, positive) in cheap {
            match of(leaf).map(|strength| if *positive { strength } else { 1.0 - strength }) {
                Some(strength) if strength <= 0.0 => return Some(0.0),
                Some(strength) => least = least.min(strength),
                None => undefined = true,
            }
        }
        if !self.any.is_empty() {
            let mut greatest = 0.0_f64;
            let mut any_undefined = false;
            for leaf in &self.any {
                match of(leaf) {
                    Some(strength) => greatest = greatest.max(strength),
                    None => any_undefined = true,
                }
                if greatest >= 1.0 {
                    break;
                }
            }
            if greatest < 1.0 && any_undefined {
                undefined = true;
            } else if greatest <= 0.0 {
                return Some(0.0);
            } else {
                least = least.min(greatest);
            }
        }
        for (leaf, positive) in dear {
            match of(leaf).map(|strength| if *positive { strength } else { 1.0 - strength }) {
                Some(strength) if strength <= 0.0 => return Some(0.0),
                Some(strength) => least = least.min(strength),
                None => undefined = true,
            }
        }
        (!undefined).then_some(least)
    }
}

/// Signals that are read off the block or off what is measured of every page.
const AT_HAND: [&str; 35] = [
    "page_mark_ratio",
    "page_body_characters",
    "marks_before",
    "marks_after",
    "mark_ratio_before",
    "mark_ratio_after",
    "capital_ratio",
    "capital_ratio_before",
    "capital_ratio_after",
    "stretch_capital_ratio",
    "item_characters_before",
    "item_characters_after",
    "is_body",
    "block_position",
    "prose_before",
    "prose_after",
    "prose_before_ratio",
    "run_items",
    "run_characters",
    "run_title_case_ratio",
    "is_first_block",
    "next_is_list",
    "section_characters",
    "previous_kind_heading",
    "furniture_marks",
    "stretch_marks",
    "stretch_mark_ratio",
    "stretch_list_ratio",
    "page_marks",
    "body_before",
    "body_after",
    "menu_item_ratio",
    "related_section",
    "link_count",
    "word_count",
];
/// Signals for which every line or character is looked at, or a large table.
const MIDDLING: [&str; 13] = [
    "block_document_frequency",
    "block_corpus_copies",
    "block_is_first",
    "social_label_kinds",
    "page_reference_count",
    "template_mark_count",
    "mean_word_length",
    "end_mark_line_ratio",
    "short_line_ratio",
    "site_title_ratio",
    "salad_sentence_count",
    "profile_run_labels",
    "profile_label_kinds",
];
/// Signals for which much is counted.
const DEAR: [&str; 20] = [
    "repeated_phrase_count",
    "repeated_phrase_ratio",
    "prose_ratio",
    "query_echo",
    "snippet_date_ratio",
    "scrap_ratio",
    "stuffed_word_ratio",
    "random_word_ratio",
    "distinct_word_ratio",
    "filler_discussed",
    "near_copy_ratio",
    "profile_fake_signs",
    "heading_echo_ratio",
    "link_relevance",
    "topic_overlap",
    "run_topic_overlap",
    "title_run_overlap",
    "sentence_earlier_copies",
    "copied_run_characters",
    "neighbour_cohesion",
];

/// The rank of signals for which much is counted.
const DEAREST: u8 = 6;

/// A rank of what asking a leaf costs, and of how rarely it holds.
fn cost(leaf: &Leaf) -> u8 {
    match leaf {
        Leaf::Rule { .. } => 0,
        Leaf::Phrases { .. } => 1,
        Leaf::Signal { id, .. } => {
            let name = id.signal().name;
            let known = [(&AT_HAND[..], 2), (&MIDDLING[..], 5), (&DEAR[..], DEAREST)];
            let known = known.into_iter().find(|(names, _)| names.contains(&name));
            known.map_or(3, |(_, cost)| cost)
        }
        Leaf::Pattern { .. } => 4,
    }
}
