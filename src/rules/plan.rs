//! Which rules of a scope can do anything on a target, found without looking at each.
//!
//! Most rules ask for a phrase or a pattern, and most targets hold none. A rule's *gate* is a
//! list of phrase lists and patterns without all of which its condition comes to 0 by whatever
//! else it asks: its strength is 0, not undefined, and it is not near, for the leaf that fails
//! is no number. Leaving it out changes neither hits, nor what is undefined, nor what is near;
//! only its other leaves are not measured. `evaluate.rs` holds both ways against each other on
//! random targets.

use super::bank::Bank;
use super::conditions::{Condition, Leaf};
use super::{Rule, RuleId};
use crate::document::BlockKind;

/// Bits of a word of a set.
const WORD: usize = 64;

/// The rules of a scope in the order in which they are evaluated: parts before composites.
#[derive(Debug, Default)]
pub(super) struct ScopeRules {
    /// The rules, each with a bit for each block kind it looks at.
    order: Vec<(RuleId, u8)>,
    /// True if the order is that of the set.
    pub(super) in_order: bool,
    /// For each block kind, and last for what is no block, the places in `order` that look at it.
    of_kind: [Places; BlockKind::ALL.len() + 1],
    /// The places without a gate.
    ungated: Places,
    /// For each clue (see [`Bank::clues`]) the places whose gate it opens.
    opened: Vec<Places>,
}

/// A set of places in the order of a scope.
#[derive(Clone, Debug, Default)]
pub(super) struct Places(Vec<u64>);

impl Places {
    fn with_room(places: usize) -> Self {
        Self(vec![0; places.div_ceil(WORD)])
    }

    fn insert(&mut self, place: usize) {
        if let Some(word) = self.0.get_mut(place / WORD) {
            *word |= 1 << (place % WORD);
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
        let order: Vec<(RuleId, u8)> = ranked.iter().map(|(_, id, kinds)| (*id, *kinds)).collect();
        let none = Places::with_room(order.len());
        let mut scope = Self {
            in_order: order.is_sorted_by_key(|(id, _)| *id),
            of_kind: std::array::from_fn(|_| none.clone()),
            ungated: none.clone(),
            opened: vec![none; bank.clues()],
            order,
        };
        let mut gates: Vec<Option<Vec<usize>>> = Vec::with_capacity(scope.order.len());
        for (place, &(id, kinds)) in scope.order.iter().enumerate() {
            for (n, of_kind) in scope.of_kind.iter_mut().enumerate() {
                if kinds == u8::MAX || n < BlockKind::ALL.len() && kinds & (1 << n) != 0 {
                    of_kind.insert(place);
                }
            }
            let known = |other: RuleId| {
                let place = scope.order.iter().position(|(id, _)| *id == other)?;
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
        scope
    }

    /// All rules that look at a kind of block, in order.
    pub(super) fn all(&self, kind: Option<BlockKind>) -> impl Iterator<Item = RuleId> {
        let of_kind = self.of_kind(kind);
        of_kind.common(of_kind).filter_map(|place| self.order.get(place)).map(|(id, _)| *id)
    }

    /// The places of the rules that may do something where only these clues stand.
    pub(super) fn open(&self, clues: impl Iterator<Item = usize>, open: &mut Places) {
        open.0.clone_from(&self.ungated.0);
        for opened in clues.filter_map(|clue| self.opened.get(clue)) {
            open.add(opened);
        }
    }

    /// The rules at some places that look at a kind of block, in order.
    pub(super) fn at<'p>(
        &'p self,
        places: &'p Places,
        kind: Option<BlockKind>,
    ) -> impl Iterator<Item = RuleId> + 'p {
        let places = self.of_kind(kind).common(places);
        places.filter_map(|place| self.order.get(place)).map(|(id, _)| *id)
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

/// The leaves of `all` and `none`, those first that are likely to settle the condition at
/// little cost, with whether they are of `all`; and how many of them cost less than `any` may.
pub(super) fn settling(condition: &Condition) -> (Vec<(usize, bool)>, usize) {
    let all = condition.all.iter().map(|leaf| (*leaf, true));
    let none = condition.none.iter().map(|leaf| (*leaf, false));
    let mut leaves: Vec<(usize, bool)> = all.chain(none).collect();
    let cost = |leaf: usize| condition.leaves.get(leaf).map_or(0, |leaf| cost(&leaf.leaf));
    leaves.sort_by_key(|(leaf, _)| cost(*leaf));
    let cheap = leaves.partition_point(|(leaf, _)| cost(*leaf) < DEAREST);
    (leaves, cheap)
}

/// Signals that are read off the block or off what is measured of every page.
const AT_HAND: [&str; 22] = [
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
/// Signals for which much is counted.
const DEAR: [&str; 14] = [
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
const DEAREST: u8 = 5;

/// A rank of what asking a leaf costs, and of how rarely it holds.
fn cost(leaf: &Leaf) -> u8 {
    match leaf {
        Leaf::Rule { .. } => 0,
        Leaf::Phrases { .. } => 1,
        Leaf::Signal { id, .. } => {
            let name = id.signal().name;
            match (AT_HAND.contains(&name), DEAR.contains(&name)) {
                (true, _) => 2,
                (_, false) => 3,
                (_, true) => DEAREST,
            }
        }
        Leaf::Pattern { .. } => 4,
    }
}
