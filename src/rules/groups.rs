//! Groups of weights whose evidence is outweighed, found without asking for all of it.
//!
//! The hits of a group that come to nothing while some speak against the target are forgotten:
//! what has been outweighed is no reason for anything. So once those asked speak against the
//! target by more than those not asked yet could give, the others need not be asked.
//!
//! That holds of a *free* group: its rules give points and do nothing else, they are of one scope
//! and for all languages, need no survey, name no rule of their scope, and no rule names them; so
//! they may be asked before all others and in any order. What is undefined of a free group that is
//! outweighed is forgotten with its hits: it could not have mattered.

use super::conditions::Leaf;
use super::plan::{Places, Planned};
use super::{Effect, Evaluation, GroupId, Hit, Rule, RuleId, RuleSet, Status};

/// Sums nearer to 0 than this may be on its other side when added up in another order.
const ROUNDING: f64 = 1e-9;

/// A free group of a scope.
#[derive(Debug)]
pub(super) struct FreeGroup {
    /// The places of its rules.
    pub(super) members: Places,
    /// The same in the order in which they are asked, with their weights.
    pub(super) order: Vec<(usize, f64)>,
}

impl FreeGroup {
    /// The free groups of a scope whose rules are evaluated in this order.
    pub(super) fn all(order: &[Planned], rules: &[Rule]) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for id in free(rules) {
            let weight = |planned: &Planned| {
                let rule = rules.get(usize::from(planned.id.0))?;
                if rule.group == Some(id) { weight(rule) } else { None }
            };
            let with_weight = |(place, planned)| Some((place, weight(planned)?));
            let mut members: Vec<(usize, f64)> =
                order.iter().enumerate().filter_map(with_weight).collect();
            if members.is_empty() {
                continue;
            }
            // What is cheap first; of that what says most, for the target or against it.
            members.sort_by(|(a, of_a), (b, of_b)| {
                let cost = |place: usize| order.get(place).map(|planned| planned.quick.dearest);
                cost(*a).cmp(&cost(*b)).then(of_b.abs().total_cmp(&of_a.abs()))
            });
            let mut places = Places::default();
            members.iter().for_each(|(place, _)| places.insert(*place));
            found.push(Self { members: places, order: members });
        }
        found
    }
}

/// The points of a rule at full strength; `None` if it gives none.
fn weight(rule: &Rule) -> Option<f64> {
    match rule.effect {
        Effect::Weight(weight) if rule.status != Status::Preview => Some(weight),
        _ => None,
    }
}

fn is_free(id: GroupId, rules: &[Rule]) -> bool {
    let members = || rules.iter().enumerate().filter(|(_, rule)| rule.group == Some(id));
    let scope = members().next().map(|(_, rule)| rule.scope);
    let is_named = |number: usize| {
        let leaves = rules.iter().flat_map(|rule| &rule.condition.leaves);
        let mut named = leaves.filter_map(|named| match named.leaf {
            Leaf::Rule { id, .. } => Some(usize::from(id.0)),
            _ => None,
        });
        named.any(|named| named == number)
    };
    let names_another = |rule: &Rule| {
        let mut leaves = rule.condition.leaves.iter();
        leaves.any(|named| matches!(named.leaf, Leaf::Rule { earlier: false, .. }))
    };
    members().all(|(number, rule)| {
        weight(rule).is_some()
            && !names_another(rule)
            && Some(rule.scope) == scope
            && rule.languages.is_empty()
            && rule.surveyed.is_none()
            && !is_named(number)
    })
}

/// What the rules of a free group have come to so far.
pub(super) struct Balance {
    sum: f64,
    against: bool,
    /// What those not asked yet could give.
    left: f64,
}

impl Balance {
    /// Of rules that could give so much together.
    pub(super) fn new(left: f64) -> Self {
        Self { sum: 0.0, against: false, left }
    }

    /// Takes in that a rule of a weight was asked, and how far it fired.
    pub(super) fn take(&mut self, weight: f64, strength: f64) {
        let points = weight * strength;
        self.sum += points;
        self.against |= points < 0.0;
        self.left -= weight.max(0.0);
    }

    /// True if the group is outweighed, whatever the others come to.
    pub(super) fn is_settled(&self) -> bool {
        self.against && self.sum + self.left.max(0.0) < -ROUNDING
    }
}

/// True if evidence comes to nothing, some of it against the target.
pub(crate) fn is_outweighed(points: impl Iterator<Item = f64>) -> bool {
    let (sum, against) =
        points.fold((0.0, false), |(sum, against), p| (sum + p, against || p < 0.0));
    sum <= 0.0 && against
}

impl RuleSet {
    /// Takes out the hits of free groups that are outweighed, and what was undefined of them.
    pub(crate) fn forget_outweighed(&self, done: &mut Evaluation) {
        for id in &self.inner.free_groups {
            let own = |rule: RuleId| self.rule(rule).group == Some(*id);
            let points = |hit: &Hit| weight(self.rule(hit.rule)).unwrap_or(0.0) * hit.strength;
            if is_outweighed(done.hits.iter().filter(|hit| own(hit.rule)).map(points)) {
                done.hits.retain(|hit| !own(hit.rule));
                done.undefined.retain(|rule| !own(*rule));
            }
        }
    }
}

/// The free groups of a set.
pub(super) fn free(rules: &[Rule]) -> Vec<GroupId> {
    let mut found: Vec<GroupId> = Vec::new();
    for id in rules.iter().filter_map(|rule| rule.group) {
        if !found.contains(&id) && is_free(id, rules) {
            found.push(id);
        }
    }
    found
}
