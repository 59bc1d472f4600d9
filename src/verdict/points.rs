//! Hits to points: weights, composites that replace their parts, groups with caps.

use crate::rules::{Action, Category, Effect, Hit, RuleSet, Status, is_outweighed};

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

impl Points {
    /// Those of a target that nothing hit.
    pub const NONE: Points =
        Points { total: 0.0, scores: [0.0; Category::ALL.len()], each: Vec::new() };

    /// Those of a target that one rule with an action hit.
    pub(super) fn of_action(action: Action, category: Category) -> Points {
        let mut points = Points { each: vec![0.0], ..Self::NONE };
        let takes_away = matches!(action, Action::Remove | Action::Drop | Action::Cut);
        if let Some(score) = points.scores.get_mut(category as usize).filter(|_| takes_away) {
            *score = 1.0;
        }
        points
    }
}

/// Adds up the points of a target's hits. Preview rules and parts give none.
/// Groups that are outweighed by themselves lose their hits.
pub(super) fn add_up(hits: &mut Vec<Hit>, rules: &RuleSet) -> Points {
    forget_outweighed(hits, rules);
    if hits.is_empty() {
        return Points::default();
    }
    let mut each: Vec<f64> = hits.iter().map(|hit| own_points(hit, rules).unwrap_or(0.0)).collect();
    for hit in hits.iter() {
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
        let belongs = |hit: &Hit| group_of(hit, rules) == Some(n);
        let (mut sum, mut any) = (0.0, false);
        for (_, points) in hits.iter().zip(each.iter()).filter(|(hit, _)| belongs(hit)) {
            sum += points;
            any = true;
        }
        let share = match sum {
            _ if !any => continue,
            sum if sum <= 0.0 => 0.0,
            sum if sum > group.max_weight => group.max_weight / sum,
            _ => continue,
        };
        for (hit, points) in hits.iter().zip(each.iter_mut()) {
            if belongs(hit) {
                // Adding 0 makes of -0, which files would show as `-0.0`, a plain 0.
                *points = *points * share + 0.0;
            }
        }
    }
}

/// What a hit gives by itself; `None` for actions, parts and preview rules.
fn own_points(hit: &Hit, rules: &RuleSet) -> Option<f64> {
    let rule = rules.rule(hit.rule);
    match rule.effect {
        Effect::Weight(weight) if rule.status != Status::Preview => Some(weight * hit.strength),
        _ => None,
    }
}

fn group_of(hit: &Hit, rules: &RuleSet) -> Option<usize> {
    rules.rule(hit.rule).group.map(|group| usize::from(group.0))
}

/// Takes out the hits of groups with evidence on both sides that came to nothing: what has been
/// outweighed is no reason for anything, and reports would be full of it.
fn forget_outweighed(hits: &mut Vec<Hit>, rules: &RuleSet) {
    if hits.is_empty() {
        return;
    }
    for n in 0..rules.groups().len() {
        let of_group = |hit: &Hit| {
            let rule = rules.rule(hit.rule);
            let own = rule.group.is_some_and(|group| usize::from(group.0) == n);
            if own { own_points(hit, rules) } else { None }
        };
        if is_outweighed(hits.iter().filter_map(of_group)) {
            hits.retain(|hit| of_group(hit).is_none());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleId;

    #[test]
    fn what_an_action_gives_alone_is_what_adding_up_gives() {
        for action in ["keep", "drop", "remove"] {
            let set = format!(
                "format = 1\nabout = 'T'\n[rules.it]\nabout = 'X'\nscope = 'block'\n\
                 category = 'links'\naction = '{action}'\nwhen = {{ phrases = ['alpha'] }}\n"
            );
            let rules = RuleSet::from_text("t", &set).unwrap();
            let rule = rules.rule(RuleId(0));
            let Effect::Action(own) = rule.effect else { panic!("it is an action") };
            let hit =
                Hit { rule: RuleId(0), strength: 1.0, evidence: Vec::new(), matches: Vec::new() };
            let alone = Points::of_action(own, rule.category);
            assert_eq!(alone, add_up(&mut vec![hit], &rules), "{action}");
        }
    }
}
