//! Hits to points: weights, composites that replace their parts, groups with caps.

use crate::rules::{Action, Category, Effect, Hit, RuleSet, Status};

/// Points by category, in the order of [`Category::ALL`], each held to 0..1.
pub type Scores = [f64; Category::ALL.len()];

/// What a target's hits come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Points {
    /// Sum of the weights, each group's held between 0 and its cap; may be negative.
    pub total: f64,
    /// Scores by category: weights there, and 1 for an action that removes.
    pub scores: Scores,
    /// What each hit gave, in the order of the hits; 0 for actions, parts and replaced rules.
    pub each: Vec<f64>,
}

/// Adds up the points of a target's hits. Preview rules and parts give none.
pub(super) fn add_up(hits: &[Hit], rules: &RuleSet) -> Points {
    if hits.is_empty() {
        return Points::default();
    }
    let mut each: Vec<f64> = hits
        .iter()
        .map(|hit| {
            let rule = rules.rule(hit.rule);
            match rule.effect {
                Effect::Weight(weight) if rule.status != Status::Preview => weight * hit.strength,
                _ => 0.0,
            }
        })
        .collect();
    for hit in hits {
        let rule = rules.rule(hit.rule);
        if rule.status == Status::Preview {
            continue;
        }
        for replaced in &rule.replaces {
            if let Some(n) = hits.iter().position(|other| other.rule == *replaced) {
                each[n] = 0.0;
            }
        }
    }
    cap_groups(hits, rules, &mut each);

    let mut scores = Scores::default();
    for (hit, points) in hits.iter().zip(&each) {
        let rule = rules.rule(hit.rule);
        let settled =
            matches!(rule.effect, Effect::Action(Action::Remove | Action::Drop | Action::Cut))
                && rule.status != Status::Preview;
        scores[rule.category as usize] += if settled { 1.0 } else { *points };
    }
    for score in &mut scores {
        *score = score.clamp(0.0, 1.0);
    }
    Points { total: each.iter().sum(), scores, each }
}

/// Holds the points of each group between 0 and the most that the group may give: what speaks
/// against a group's evidence does not speak against that of others.
fn cap_groups(hits: &[Hit], rules: &RuleSet, each: &mut [f64]) {
    for (n, group) in rules.groups().iter().enumerate() {
        let belongs =
            |hit: &Hit| rules.rule(hit.rule).group.is_some_and(|own| usize::from(own.0) == n);
        let sum: f64 =
            hits.iter().zip(each.iter()).filter(|(hit, _)| belongs(hit)).map(|(_, p)| p).sum();
        if sum < 0.0 {
            let own =
                || hits.iter().zip(each.iter()).filter(|(hit, _)| belongs(hit)).map(|(_, p)| *p);
            let gains: f64 = own().filter(|points| *points > 0.0).sum();
            let losses: f64 = own().filter(|points| *points < 0.0).sum();
            let share = gains.abs() / losses.abs();
            for (hit, points) in hits.iter().zip(each.iter_mut()) {
                if belongs(hit) && *points < 0.0 {
                    // Adding 0 makes of -0, which files would show as `-0.0`, a plain 0.
                    *points = *points * share + 0.0;
                }
            }
        }
        if sum > group.max_weight {
            let share = group.max_weight / sum;
            for (hit, points) in hits.iter().zip(each.iter_mut()) {
                if belongs(hit) {
                    *points *= share;
                }
            }
        }
    }
}
