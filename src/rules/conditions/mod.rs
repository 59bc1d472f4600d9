//! Conditions: leaves joined by `all`, `any`, `none`, and their three-valued logic.
//!
//! Each kind of leaf is a file of its own. To add a kind, write that file and add a variant to
//! `Asks` and `Leaf`; every `match` on them is exhaustive.

use std::sync::Arc;

use crate::rules::RuleId;
use crate::rules::error::{At, Mark};
use crate::signals::SignalId;

pub(crate) mod literals;
pub(crate) mod pattern;
pub(crate) mod phrases;
pub(crate) mod read;
pub(crate) mod rule;
pub(crate) mod signal;

/// The keys that name a leaf's kind.
pub(crate) const KINDS: [&str; 4] = ["signal", "pattern", "phrases", "rule"];

/// How a leaf takes part in its condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Join {
    All,
    Any,
    None,
}

impl Join {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Join::All => "all",
            Join::Any => "any",
            Join::None => "none",
        }
    }
}

/// A number of a condition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Threshold {
    /// The end of its address: `above`, `outside.low`.
    pub(crate) bound: &'static str,
    pub(crate) value: At<f64>,
}

/// A condition as it was written.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) leaves: Vec<WrittenLeaf>,
}

/// A leaf as it was written.
#[derive(Clone, Debug)]
pub(crate) struct WrittenLeaf {
    pub(crate) join: Join,
    /// `None` for a condition that is this leaf alone.
    pub(crate) name: Option<At<String>>,
    pub(crate) asks: Asks,
    pub(crate) thresholds: Vec<Threshold>,
    pub(crate) mark: Mark,
}

impl WrittenLeaf {
    /// The address of one of its numbers: `dense.above`, or `above` in a condition of one leaf.
    pub(crate) fn address(&self, threshold: &Threshold) -> String {
        match &self.name {
            Some(name) => format!("{}.{}", name.value, threshold.bound),
            None => threshold.bound.to_owned(),
        }
    }

    /// The number of matches that a pattern or a phrase list must reach.
    pub(crate) fn matches_needed(&self) -> u32 {
        let least = self.thresholds.iter().find(|known| known.bound == "at-least");
        // A count of matches is whole: 1.5 asks for two.
        least.map_or(1, |least| least.value.value.ceil().clamp(1.0, f64::from(u32::MAX)) as u32)
    }
}

/// What a leaf asks, as it was written.
#[derive(Clone, Debug)]
pub(crate) enum Asks {
    /// A signal's value; the id is `None` for an unknown name, which has been reported.
    Signal { name: At<String>, id: Option<SignalId> },
    /// Matches of a pattern; `None` for one that does not compile, which has been reported.
    Pattern { text: At<String>, unicode: bool, compiled: Option<pattern::Pattern> },
    /// Occurrences of phrases.
    Phrases { list: At<ListName>, entries: Vec<phrases::Phrase> },
    /// Another rule's strength.
    Rule { name: At<String> },
}

/// Where a phrase list is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListName {
    /// In the project's `rules/lists`.
    Builtin(String),
    /// In a file; its path as written.
    File(String),
    /// In the rule itself.
    Here,
}

/// A compiled condition.
#[derive(Debug, Default)]
pub struct Condition {
    /// The leaves, in the order in which they were written.
    pub(crate) leaves: Vec<NamedLeaf>,
    /// Places in `leaves`, the cheapest first.
    pub(crate) all: Vec<usize>,
    pub(crate) any: Vec<usize>,
    pub(crate) none: Vec<usize>,
}

/// A compiled leaf with what reports say of it.
#[derive(Debug)]
pub(crate) struct NamedLeaf {
    /// Its name; empty for a condition that is this leaf alone.
    pub(crate) name: Arc<str>,
    pub(crate) leaf: Leaf,
    /// What is asked: a signal's name, `pattern`, `phrases NAME`, `rule NAME`.
    pub(crate) asked: Arc<str>,
    /// The bound as reports show it: `above 0.6`.
    pub(crate) bound: Arc<str>,
}

/// What a compiled leaf asks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Leaf {
    /// A signal against a bound.
    Signal { id: SignalId, compare: signal::Compare },
    /// Matches of a pattern of the bank.
    Pattern { pattern: usize, at_least: u32 },
    /// Occurrences of a phrase list of the bank.
    Phrases { list: usize, at_least: u32 },
    /// Another rule's strength; `earlier` if it is of an earlier scope.
    Rule { id: RuleId, earlier: bool },
}

/// What a condition comes to on a target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Outcome {
    /// How far it holds; `None` is undefined.
    pub(crate) strength: Option<f64>,
    /// The leaf that settled it at 0 by itself, where it was one of `all` or `none`.
    pub(crate) settled_by: Option<usize>,
}

impl Condition {
    /// The condition's strength from its leaves' strengths, which are asked for as needed.
    ///
    /// `all` is the least of its parts, `any` the greatest, `none` 1 minus the greatest.
    /// Undefined spreads unless another part settles the matter.
    pub(crate) fn strength(&self, mut of: impl FnMut(usize) -> Option<f64>) -> Outcome {
        let mut least = 1.0_f64;
        let mut undefined = false;
        let settled = |leaf| Outcome { strength: Some(0.0), settled_by: Some(leaf) };
        for &leaf in &self.all {
            match of(leaf) {
                Some(strength) if strength <= 0.0 => return settled(leaf),
                Some(strength) => least = least.min(strength),
                None => undefined = true,
            }
        }
        for &leaf in &self.none {
            match of(leaf) {
                Some(strength) if strength >= 1.0 => return settled(leaf),
                Some(strength) => least = least.min(1.0 - strength),
                None => undefined = true,
            }
        }
        if !self.any.is_empty() {
            let mut greatest = 0.0_f64;
            let mut any_undefined = false;
            for &leaf in &self.any {
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
                return Outcome { strength: Some(0.0), settled_by: None };
            } else {
                least = least.min(greatest);
            }
        }
        Outcome { strength: (!undefined).then_some(least), settled_by: None }
    }

    /// True if the leaf, were it to hold, would help a match to be found: it is not under `none`.
    pub(crate) fn is_positive(&self, leaf: usize) -> bool {
        !self.none.contains(&leaf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strength(all: &[Option<f64>], any: &[Option<f64>], none: &[Option<f64>]) -> Option<f64> {
        let values = [all, any, none].concat();
        let condition = Condition {
            leaves: Vec::new(),
            all: (0..all.len()).collect(),
            any: (all.len()..all.len() + any.len()).collect(),
            none: (all.len() + any.len()..values.len()).collect(),
        };
        condition.strength(|leaf| values[leaf]).strength
    }

    const NO: Option<f64> = Some(0.0);
    const YES: Option<f64> = Some(1.0);
    const HALF: Option<f64> = Some(0.5);

    #[test]
    fn all_any_and_none_follow_their_tables() {
        for (a, b, all, any, none) in [
            (NO, NO, NO, NO, YES),
            (NO, YES, NO, YES, NO),
            (YES, YES, YES, YES, NO),
            (NO, None, NO, None, None),
            (YES, None, None, YES, NO),
            (None, None, None, None, None),
            (HALF, YES, HALF, YES, NO),
            (HALF, NO, NO, HALF, HALF),
            (HALF, None, None, None, None),
        ] {
            for pair in [[a, b], [b, a]] {
                assert_eq!(strength(&pair, &[], &[]), all, "all {pair:?}");
                assert_eq!(strength(&[], &pair, &[]), any, "any {pair:?}");
                assert_eq!(strength(&[], &[], &pair), none, "none {pair:?}");
            }
        }
    }

    #[test]
    fn the_three_together_must_all_hold() {
        assert_eq!(strength(&[YES], &[NO, YES], &[NO]), YES);
        assert_eq!(strength(&[YES], &[NO, YES], &[YES]), NO);
        assert_eq!(strength(&[Some(0.8)], &[HALF], &[Some(0.1)]), HALF);
        assert_eq!(strength(&[None], &[NO], &[NO]), NO);
        assert_eq!(strength(&[None], &[YES], &[YES]), NO);
        assert_eq!(strength(&[NO], &[None], &[None]), NO);
        assert_eq!(strength(&[YES], &[None], &[NO]), None);
    }

    #[test]
    fn what_is_settled_is_not_asked_further() {
        let condition =
            Condition { all: vec![0, 1], any: vec![2], none: vec![3], ..Condition::default() };
        let mut asked = Vec::new();
        let outcome = condition.strength(|leaf| {
            asked.push(leaf);
            Some(0.0)
        });
        assert_eq!(outcome, Outcome { strength: Some(0.0), settled_by: Some(0) });
        assert_eq!(asked, [0]);
    }
}
