//! Statistics of signals: how the values of each are spread on the targets of each scope, and what
//! the thresholds of rules cut off there.

use std::collections::BTreeMap;

use serde::Serialize;

use super::spread::Spread;
use crate::document::Scope;
use crate::rules::RuleSet;
use crate::rules::conditions::Leaf;
use crate::rules::conditions::signal::Compare;
use crate::signals::SignalId;

mod histogram;
mod table;

pub use histogram::{HistogramRow, histogram};
pub use table::{TableOptions, table};

/// Most groups that are told apart, over all signals; those that come later count as others.
const MOST_SPREADS: usize = 200_000;
/// So many groups are told apart in any case.
const LEAST_GROUPS: usize = 100;

/// What targets can be grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The document's language.
    Language,
    /// The registered domain of its address, or the group that its record names.
    Host,
    /// The kind of the block.
    Kind,
}

impl By {
    /// The column that holds it in a table of signals.
    pub fn column(self) -> &'static str {
        match self {
            By::Language => "language",
            By::Host => "host",
            By::Kind => "kind",
        }
    }
}

/// A comparison of a rule's condition, held against a signal.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The rule's full name.
    pub rule: String,
    /// What the rule looks at.
    pub scope: Scope,
    /// The signal.
    pub signal: SignalId,
    /// The comparison in words, `above 0.6`; `not above 0.6` where the condition must not hold.
    pub text: String,
    /// The numbers in it.
    pub numbers: Vec<f64>,
    compare: Compare,
    /// False where the condition must not hold.
    is_positive: bool,
}

impl Bound {
    /// True if a value is as the rule asks for it, in part included.
    fn holds(&self, value: f64) -> bool {
        let strength = self.compare.strength(value);
        if self.is_positive { strength > 0.0 } else { strength < 1.0 }
    }
}

/// All comparisons of the rules in force.
pub fn bounds(rules: &RuleSet) -> Vec<Bound> {
    let of_rule = |rule: &crate::rules::Rule| {
        let leaves = rule.condition.leaves.iter().enumerate();
        let bounds = leaves.filter_map(|(place, leaf)| {
            let Leaf::Signal { id, compare } = leaf.leaf else { return None };
            let is_positive = rule.condition.is_positive(place);
            let not = if is_positive { "" } else { "not " };
            Some(Bound {
                rule: rule.name.clone(),
                scope: rule.scope,
                signal: id,
                text: format!("{not}{}", leaf.bound),
                numbers: compare.numbers(),
                compare,
                is_positive,
            })
        });
        bounds.collect::<Vec<_>>()
    };
    rules.rules().iter().flat_map(of_rule).collect()
}

/// The values of one signal on the targets of one scope and group.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// How they are spread.
    pub spread: Spread,
    /// For each comparison of [`Stats::bounds_of`], on how many targets it holds, in part included.
    pub holds: Vec<u64>,
}

impl Cell {
    fn merge(&mut self, other: &Cell) {
        self.spread.merge(&other.spread);
        self.holds.resize(self.holds.len().max(other.holds.len()), 0);
        for (sum, more) in self.holds.iter_mut().zip(&other.holds) {
            *sum += more;
        }
    }
}

/// How signals are spread.
#[derive(Clone, Debug)]
pub struct Stats {
    signals: Vec<SignalId>,
    bounds: Vec<Bound>,
    by: Option<By>,
    scopes: BTreeMap<Scope, OfScope>,
}

#[derive(Clone, Debug, Default)]
struct OfScope {
    targets: u64,
    /// For each signal.
    cells: Vec<Cell>,
    groups: BTreeMap<String, Vec<Cell>>,
    ungrouped: Vec<Cell>,
    others: Vec<Cell>,
}

impl Stats {
    /// Statistics of these signals, with the comparisons of rules; grouped, if asked for.
    pub fn new(signals: &[SignalId], bounds: Vec<Bound>, by: Option<By>) -> Self {
        Self { signals: signals.to_vec(), bounds, by, scopes: BTreeMap::new() }
    }

    /// The signals.
    pub fn signals(&self) -> &[SignalId] {
        &self.signals
    }

    /// What targets are grouped by.
    pub fn by(&self) -> Option<By> {
        self.by
    }

    /// The comparisons on a signal in rules of a scope.
    pub fn bounds_of(&self, signal: SignalId, scope: Scope) -> impl Iterator<Item = &Bound> {
        self.bounds.iter().filter(move |bound| bound.signal == signal && bound.scope == scope)
    }

    /// Counts a target: for each signal its value.
    ///
    /// Of too many groups those that come first are told apart, so that memory is bounded.
    pub fn add(&mut self, scope: Scope, group: Option<&str>, values: &[Option<f64>]) {
        let Self { signals, bounds, by, scopes } = self;
        let of_scope = scopes.entry(scope).or_default();
        of_scope.targets += 1;
        let add_to = |cells: &mut Vec<Cell>| {
            cells.resize_with(signals.len(), Cell::default);
            for ((id, value), cell) in signals.iter().zip(values).zip(cells) {
                if !id.signal().is_for(scope) {
                    continue;
                }
                cell.spread.add(*value);
                let own = bounds.iter().filter(|known| known.signal == *id && known.scope == scope);
                for (place, bound) in own.enumerate() {
                    if cell.holds.len() <= place {
                        cell.holds.resize(place + 1, 0);
                    }
                    if let (Some(value), Some(sum)) = (value, cell.holds.get_mut(place)) {
                        *sum += u64::from(bound.holds(*value));
                    }
                }
            }
        };
        add_to(&mut of_scope.cells);
        if by.is_none() {
            return;
        }
        let most = (MOST_SPREADS / signals.len().max(1)).max(LEAST_GROUPS);
        let OfScope { groups, ungrouped, others, .. } = of_scope;
        match group {
            None => add_to(ungrouped),
            Some(group) if groups.contains_key(group) || groups.len() < most => {
                add_to(groups.entry(group.to_owned()).or_default());
            }
            Some(_) => add_to(others),
        }
    }

    /// The scopes of which there are targets, with how many.
    pub fn scopes(&self) -> impl Iterator<Item = (Scope, u64)> {
        self.scopes.iter().map(|(scope, of)| (*scope, of.targets))
    }

    /// The values of a signal on all targets of a scope; `None` where it is not for the scope, or
    /// there is no target.
    pub fn cell(&self, signal: SignalId, scope: Scope) -> Option<&Cell> {
        let place = self.signals.iter().position(|known| *known == signal)?;
        let cell = self.scopes.get(&scope)?.cells.get(place)?;
        signal.signal().is_for(scope).then_some(cell)
    }

    /// The values of a signal by group, those of most targets first, so many of them; what is left
    /// is `(others)`, and what has no group `(none)`.
    pub fn groups(&self, signal: SignalId, scope: Scope, most: usize) -> Vec<(&str, Cell)> {
        let place = self.signals.iter().position(|known| *known == signal);
        let (Some(place), Some(of)) = (place, self.scopes.get(&scope)) else { return Vec::new() };
        let size = |cell: &Cell| cell.spread.count() + cell.spread.undefined();
        let cells = of.groups.iter().filter_map(|(name, cells)| Some((&**name, cells.get(place)?)));
        let ungrouped = of.ungrouped.get(place).map(|cell| ("(none)", cell));
        let mut all: Vec<(&str, &Cell)> = cells.chain(ungrouped).collect();
        all.sort_by_key(|(name, cell)| (std::cmp::Reverse(size(cell)), *name));
        let rest = all.split_off(most.min(all.len()));
        let mut shown: Vec<(&str, Cell)> =
            all.into_iter().map(|(name, cell)| (name, cell.clone())).collect();
        let mut others = of.others.get(place).cloned().unwrap_or_default();
        rest.iter().for_each(|(_, cell)| others.merge(cell));
        if size(&others) > 0 {
            shown.push(("(others)", others));
        }
        shown
    }

    /// All figures, for programs: each signal on each scope, by group if grouped.
    pub fn figures(&self, most_groups: usize) -> Vec<Figures> {
        let mut all = Vec::new();
        for (scope, _) in self.scopes() {
            for signal in &self.signals {
                let Some(cell) = self.cell(*signal, scope) else { continue };
                all.push(self.figures_of(*signal, scope, None, cell));
                if self.by.is_some() {
                    for (group, cell) in self.groups(*signal, scope, most_groups) {
                        all.push(self.figures_of(*signal, scope, Some(group), &cell));
                    }
                }
            }
        }
        all
    }

    fn figures_of(
        &self,
        signal: SignalId,
        scope: Scope,
        group: Option<&str>,
        cell: &Cell,
    ) -> Figures {
        let at = |share| cell.spread.quantile(share);
        let thresholds = self.bounds_of(signal, scope).enumerate().map(|(n, bound)| HeldBound {
            rule: bound.rule.clone(),
            comparison: bound.text.clone(),
            numbers: bound.numbers.clone(),
            holds: cell.holds.get(n).copied().unwrap_or(0),
        });
        Figures {
            signal: signal.signal().name,
            scope,
            group: group.map(str::to_owned),
            count: cell.spread.count(),
            undefined: cell.spread.undefined(),
            quantiles: Quantiles {
                min: at(0.0),
                p1: at(0.01),
                p5: at(0.05),
                p10: at(0.1),
                p25: at(0.25),
                p50: at(0.5),
                p75: at(0.75),
                p90: at(0.9),
                p95: at(0.95),
                p99: at(0.99),
                max: at(1.0),
            },
            thresholds: thresholds.collect(),
            histogram: histogram(signal.signal().unit, &cell.spread),
        }
    }
}

/// What is known of a signal on the targets of a scope and a group.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// The signal's name.
    pub signal: &'static str,
    /// The scope.
    pub scope: Scope,
    /// The group; not there for all of them together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Targets with a value.
    pub count: u64,
    /// Targets without.
    pub undefined: u64,
    /// Quantiles of the values.
    pub quantiles: Quantiles,
    /// The comparisons of rules.
    pub thresholds: Vec<HeldBound>,
    /// The values in rows that do not overlap, rising.
    pub histogram: Vec<HistogramRow>,
}

/// Values below which a share of all values lies; `None` without values.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "the names say the share in hundredths")]
pub struct Quantiles {
    pub min: Option<f64>,
    pub p1: Option<f64>,
    pub p5: Option<f64>,
    pub p10: Option<f64>,
    pub p25: Option<f64>,
    pub p50: Option<f64>,
    pub p75: Option<f64>,
    pub p90: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
    pub max: Option<f64>,
}

/// A comparison with the number of targets on which it holds.
#[derive(Clone, Debug, Serialize)]
pub struct HeldBound {
    /// The rule's full name.
    pub rule: String,
    /// The comparison in words.
    pub comparison: String,
    /// The numbers in it.
    pub numbers: Vec<f64>,
    /// Targets on which it holds, in part included.
    pub holds: u64,
}
