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

use super::bank::Bank;
use super::conditions::{Condition, Leaf};
use super::{Action, Effect, Rule, RuleId};
use crate::document::BlockKind;

/// Bits of a word of a set.
const WORD: usize = 64;

/// The rules of a scope in the order in which they are evaluated: parts before composites.
#[derive(Debug, Default)]
pub(super) struct ScopeRules {
    order: Vec<Planned>,
    /// True if the order is that of the set.
    pub(super) in_order: bool,
    /// For each block kind, and last for what is no block, the places in `order` that look at it.
    of_kind: [Places; BlockKind::ALL.len() + 1],
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
    pub(super) quick: Quick,
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
        let planned = |(_, id, _): &(usize, RuleId, u8)| {
            let rule = rules.get(usize::from(id.0));
            Planned {
                id: *id,
                cuts: rule.is_some_and(|rule| rule.effect == Effect::Action(Action::Cut)),
                quick: rule.map_or_else(Quick::default, |rule| Quick::new(&rule.condition)),
            }
        };
        let order: Vec<Planned> = ranked.iter().map(planned).collect();
        let none = Places::with_room(order.len());
        let mut scope = Self {
            in_order: order.is_sorted_by_key(|rule| rule.id),
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

    /// The rules at some places that look at a kind of block, in order.
    pub(super) fn at<'p>(
        &'p self,
        places: &'p Places,
        kind: Option<BlockKind>,
    ) -> impl Iterator<Item = &'p Planned> + 'p {
        self.of_kind(kind).common(places).filter_map(|place| self.order.get(place))
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
    settling: Vec<(Leaf, bool)>,
    /// How many of them are asked before `any` is.
    cheap: usize,
    any: Vec<Leaf>,
}

impl Quick {
    fn new(condition: &Condition) -> Self {
        let leaf = |place: &usize| condition.leaves.get(*place).map(|named| named.leaf);
        let all = condition.all.iter().filter_map(leaf).map(|leaf| (leaf, true));
        let none = condition.none.iter().filter_map(leaf).map(|leaf| (leaf, false));
        let mut settling: Vec<(Leaf, bool)> = all.chain(none).collect();
        settling.sort_by_key(|(leaf, _)| cost(leaf));
        let cheap = settling.partition_point(|(leaf, _)| cost(leaf) < DEAREST);
        let mut any: Vec<Leaf> = condition.any.iter().filter_map(leaf).collect();
        any.sort_by_key(cost);
        Self { settling, cheap, any }
    }

    /// What [`Condition::strength`] comes to, asking in another order.
    pub(super) fn strength(&self, mut of: impl FnMut(&Leaf) -> Option<f64>) -> Option<f64> {
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
/// Signals for which every line or character is looked at.
const MIDDLING: [&str; 9] = [
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
const DEAR: [&str; 18] = [
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
