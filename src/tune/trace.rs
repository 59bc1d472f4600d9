//! What judging a document looked at: from that it can be told whether a change to the rules can
//! matter to it at all.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Moves, Scope};
use crate::rules::recall::Memory;
use crate::rules::{Evaluation, Rule, RuleId, RuleSet, Threshold, Watch};
use crate::signals::{Measured, SignalId};

/// What was measured on a document's targets, and which rules fired.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// The values of each signal on targets of a scope, each once, rising.
    values: BTreeMap<(Scope, SignalId), Vec<f64>>,
    fired: BTreeSet<RuleId>,
    /// Rules that could not be held against a target.
    unheld: BTreeSet<RuleId>,
    memory: Memory,
}

/// Takes down a [`Trace`] while a document is judged.
#[derive(Debug, Default)]
pub(super) struct Tracer(RefCell<Trace>);

impl Tracer {
    /// What was taken down.
    pub(super) fn done(self) -> Trace {
        let mut trace = self.0.into_inner();
        for values in trace.values.values_mut() {
            values.sort_unstable_by(f64::total_cmp);
            values.dedup();
            values.shrink_to_fit();
        }
        trace
    }
}

impl Watch for Tracer {
    fn moved(&self, _moves: Option<&Moves>) {}

    fn target(&self, target: &Measured<'_>, done: &Evaluation) {
        let mut trace = self.0.borrow_mut();
        target.each_measured(|signal, value| {
            if let Some(value) = value {
                trace.values.entry((target.scope, signal)).or_default().push(value);
            }
        });
        trace.fired.extend(done.hits.iter().map(|hit| hit.rule));
        trace.unheld.extend(done.undefined.iter().chain(&done.skipped));
        trace.memory.take(target, done);
    }
}

impl Trace {
    /// True if a document of which this was taken down under `from` may come out otherwise under
    /// `to`, because of the rule of this name. Wrong in one direction only: where it is false, the
    /// outcome is the same.
    ///
    /// A leaf of a condition that was not asked was settled by one before it, which was: as long
    /// as no value asked for changes sides, nothing behind it is asked either.
    pub(super) fn may_change(&self, name: &str, from: &RuleSet, to: &RuleSet) -> bool {
        let Some(id) = from.by_name(name) else { return to.by_name(name).is_some() };
        let before = from.rule(id);
        let fired = self.fired.contains(&id);
        let Some(after) = to.by_name(name).map(|id| to.rule(id)) else {
            // What named it was undefined where it is off, and is not where it is taken out.
            return fired || self.unheld.contains(&id) || from.is_off(id);
        };
        if fired && (before.effect, before.status) != (after.effect, after.status) {
            return true;
        }
        before
            .thresholds
            .iter()
            .zip(&after.thresholds)
            .any(|(one, other)| one.value != other.value && self.is_crossed(before, after, one))
    }

    /// True if a value lies where a changed number of a condition tells it from another.
    fn is_crossed(&self, before: &Rule, after: &Rule, changed: &Threshold) -> bool {
        // Numbers of matches are not kept.
        let Some(signal) = changed.signal else { return true };
        let Some(values) = self.values.get(&(before.scope, signal)) else { return false };
        // A ramp changes on all its length when one end moves.
        let form = |address: &str| address.strip_suffix(changed.bound).map(str::to_owned);
        let ends = |rule: &Rule| -> Vec<f64> {
            let is_end = |known: &&Threshold| {
                known.address == changed.address
                    || changed.bound.starts_with("ramp.")
                        && known.bound.starts_with("ramp.")
                        && known.address.strip_suffix(known.bound)
                            == form(&changed.address).as_deref()
            };
            rule.thresholds.iter().filter(is_end).map(|known| known.value).collect()
        };
        let all = [ends(before), ends(after)].concat();
        let low = all.iter().copied().fold(f64::INFINITY, f64::min);
        let high = all.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let first = values.partition_point(|value| *value < low);
        values.get(first).is_some_and(|value| *value <= high)
    }

    /// What the rules came to on each target.
    pub(super) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The values of a signal on targets of a scope, each once, rising.
    pub(super) fn values(&self, scope: Scope, signal: SignalId) -> &[f64] {
        self.values.get(&(scope, signal)).map_or(&[], Vec::as_slice)
    }
}
