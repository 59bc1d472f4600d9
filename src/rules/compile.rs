//! From merged rules to compiled ones: the third of the three stages. Names of rules become ids,
//! conditions become compiled ones, patterns and phrases go into the bank.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use super::bank::{Bank, BankBuilder};
use super::conditions::{Asks, Condition, Join, Leaf, ListName, NamedLeaf, WrittenLeaf, signal};
use super::error::{At, Mark, Problems, RuleError};
use super::file::{Setting, WrittenRule, check_survey, full_name, surveyed};
use super::groups;
use super::limits::{self, Limits};
use super::load::Merged;
use super::plan::ScopeRules;
use super::{
    Action, Compiled, ContextPass, Decide, Effect, Group, GroupId, GuardAction, Layout, Rule,
    RuleId, Status, Threshold, effective, survey_parts,
};
use crate::document::Scope;
use crate::signals::SignalId;
use crate::survey::Settings;

/// Checks what concerns several rules, and compiles. `None` if there is a mistake; `complete`
/// says that all files could be read, so that a name not found is one. `known` is a bank that is
/// taken where it holds what is asked for.
pub(crate) fn compile(
    problems: &mut Problems,
    merged: &Merged,
    complete: bool,
    known: Option<&Arc<Bank>>,
) -> Option<Compiled> {
    let mut links = Links::new(problems, merged, complete);
    for (n, rule) in merged.rules.iter().enumerate() {
        check_effect(problems, rule);
        check_survey(problems, rule);
        links.check(problems, merged, n, rule);
    }
    links.check_parts(problems, merged);
    let decide = decide(problems, merged);
    let limits = limits::settle(problems, &merged.limits);
    check_groups(problems, merged);
    let ranks = links.ranks(problems, merged);
    if merged.rules.len() > usize::from(u16::MAX) {
        let error = RuleError::new(format!("{} rules are too many", merged.rules.len()));
        problems.error_outside(error.expected(format!("{} or fewer", u16::MAX)));
    }
    if problems.has_errors() {
        return None;
    }
    Build { merged, links: &links, ranks: &ranks, known }.build(problems, decide, limits)
}

/// What a rule's condition refers to.
#[derive(Clone, Copy, Debug)]
struct Link {
    /// Place of the rule referred to.
    to: usize,
    mark: Mark,
}

/// References between rules, by their places in [`Merged::rules`].
struct Links {
    /// For each rule the rules its condition names.
    uses: Vec<Vec<Link>>,
    replaces: Vec<Vec<Link>>,
    /// Whether the rule is in force.
    kept: Vec<bool>,
}

impl Links {
    fn new(problems: &mut Problems, merged: &Merged, complete: bool) -> Self {
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        for (n, rule) in merged.rules.iter().enumerate() {
            names.entry(&rule.name.value).or_insert(n);
        }
        let mut find = |rule: &WrittenRule, name: &At<String>| {
            let full = full_name(&rule.set, name.clone());
            let present = merged.present_name(&full.value);
            let found = names.get(present).copied();
            match found {
                Some(_) if present != full.value => {
                    let message = format!("`{}` is now named `{present}`", full.value);
                    problems.warn(name.mark, message);
                }
                None if complete => {
                    let error = RuleError::new(format!("no rule `{}`", full.value))
                        .expected("a rule of this file, or the full name (`set/name`) of another's")
                        .nearest(&full.value, names.keys().copied());
                    problems.error(name.mark, error);
                }
                _ => {}
            }
            found.map(|to| Link { to, mark: name.mark })
        };
        let uses = merged
            .rules
            .iter()
            .map(|rule| {
                let leaves = rule.when.iter().flat_map(|when| &when.leaves);
                leaves
                    .filter_map(|leaf| match &leaf.asks {
                        Asks::Rule { name } => find(rule, name),
                        _ => None,
                    })
                    .collect()
            })
            .collect();
        let replaces = merged
            .rules
            .iter()
            .map(|rule| rule.replaces.iter().filter_map(|name| find(rule, name)).collect())
            .collect();
        let kept = merged.rules.iter().map(|rule| rule.enabled).collect();
        Self { uses, replaces, kept }
    }

    /// Checks the references of one rule.
    fn check(&self, problems: &mut Problems, merged: &Merged, n: usize, rule: &WrittenRule) {
        let Some(scope) = rule.scope.as_ref().map(|scope| scope.value) else { return };
        let none = Vec::new();
        for link in self.uses.get(n).unwrap_or(&none) {
            let Some(other) = merged.rules.get(link.to) else { continue };
            let Some(other_scope) = other.scope.as_ref().map(|scope| scope.value) else { continue };
            if other_scope > scope {
                let error = RuleError::new(format!(
                    "`{}` is of scope `{}`, which is judged after scope `{}`",
                    other.name.value,
                    other_scope.name(),
                    scope.name()
                ))
                .expected("a rule of the same scope or an earlier one");
                problems.error(link.mark, error);
            }
            if rule.enabled && !other.enabled {
                let error = RuleError::new(format!(
                    "`{}` refers to `{}`, which an override takes out",
                    rule.name.value, other.name.value
                ))
                .expected("an override that takes out both or neither");
                problems.error(link.mark, error);
            }
        }
        for link in self.replaces.get(n).unwrap_or(&none) {
            let Some(other) = merged.rules.get(link.to) else { continue };
            let other_scope = other.scope.as_ref().map(|scope| scope.value);
            if link.to == n {
                let error = RuleError::new("a rule that replaces itself").expected("another rule");
                problems.error(link.mark, error);
            } else if other_scope.is_some_and(|other| other != scope) {
                let error =
                    RuleError::new(format!("`{}` looks at other targets", other.name.value))
                        .expected(format!("a rule of scope `{}`", scope.name()));
                problems.error(link.mark, error);
            } else if !matches!(other.effect, Some(At { value: Effect::Weight(_), .. })) {
                let message = format!("`{}` has no points to take away", other.name.value);
                problems.warn(link.mark, message);
            }
        }
    }

    /// Reports parts that no rule uses; takes out those that only rules taken out use.
    fn check_parts(&mut self, problems: &mut Problems, merged: &Merged) {
        let mut users = vec![0usize; merged.rules.len()];
        let mut kept_users = users.clone();
        for (n, links) in self.uses.iter().enumerate() {
            let kept = self.kept.get(n).copied().unwrap_or(false);
            for link in links {
                if let (Some(all), Some(in_force)) =
                    (users.get_mut(link.to), kept_users.get_mut(link.to))
                {
                    *all += 1;
                    *in_force += usize::from(kept);
                }
            }
        }
        let is_part = |n: usize| {
            let rule = merged.rules.get(n);
            rule.is_some_and(|rule| {
                matches!(rule.effect, Some(At { value: Effect::Action(Action::Part), .. }))
            })
        };
        let mut idle = Vec::new();
        for (n, rule) in merged.rules.iter().enumerate() {
            if !is_part(n) || !self.kept.get(n).is_some_and(|kept| *kept) {
                continue;
            }
            if users.get(n) == Some(&0) {
                let error = RuleError::new(format!("no rule uses the part `{}`", rule.name.value))
                    .expected("a rule with { rule = \"…\" } on it, or another action");
                problems.error(rule.name.mark, error);
            } else if kept_users.get(n) == Some(&0) {
                idle.push(n);
            }
        }
        while let Some(n) = idle.pop() {
            if let Some(kept) = self.kept.get_mut(n) {
                *kept = false;
            }
            for link in self.uses.get(n).into_iter().flatten() {
                if let Some(left) = kept_users.get_mut(link.to) {
                    *left = left.saturating_sub(1);
                    if *left == 0 && is_part(link.to) && self.kept.get(link.to) == Some(&true) {
                        idle.push(link.to);
                    }
                }
            }
        }
    }

    /// For each rule a number above those of all rules that it uses. Reports a cycle.
    fn ranks(&self, problems: &mut Problems, merged: &Merged) -> Vec<usize> {
        let count = merged.rules.len();
        let mut open: Vec<usize> = self.uses.iter().map(Vec::len).collect();
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (n, links) in self.uses.iter().enumerate() {
            for link in links {
                if let Some(users) = users.get_mut(link.to) {
                    users.push(n);
                }
            }
        }
        let mut ranks = vec![0; count];
        let mut ready: Vec<usize> = (0..count).filter(|n| open.get(*n) == Some(&0)).collect();
        while let Some(n) = ready.pop() {
            let rank = ranks.get(n).copied().unwrap_or(0) + 1;
            for &user in users.get(n).into_iter().flatten() {
                if let Some(known) = ranks.get_mut(user) {
                    *known = rank.max(*known);
                }
                if let Some(left) = open.get_mut(user) {
                    *left -= 1;
                    if *left == 0 {
                        ready.push(user);
                    }
                }
            }
        }
        if let Some(start) = open.iter().position(|left| *left > 0) {
            self.report_cycle(problems, merged, start, &open);
        }
        ranks
    }

    /// Follows references among the rules that are left over until one comes again.
    fn report_cycle(&self, problems: &mut Problems, merged: &Merged, start: usize, open: &[usize]) {
        let is_open = |n: usize| open.get(n).is_some_and(|left| *left > 0);
        let mut path: Vec<Link> = Vec::new();
        let mut at = start;
        let first = loop {
            let next = self.uses.get(at).into_iter().flatten().find(|link| is_open(link.to));
            let Some(next) = next else { return };
            if let Some(first) = path.iter().position(|link| link.to == next.to) {
                break first;
            }
            path.push(*next);
            at = next.to;
        };
        let ring = path.get(first..).unwrap_or(&path);
        let names: Vec<&str> = ring
            .iter()
            .filter_map(|link| Some(merged.rules.get(link.to)?.name.value.as_str()))
            .collect();
        let Some(mark) = ring.iter().map(|link| link.mark).min() else { return };
        let error =
            RuleError::new(format!("rules that refer to themselves: {}", names.join(" → ")))
                .expected("references in one direction");
        problems.error(mark, error);
    }
}

fn check_effect(problems: &mut Problems, rule: &WrittenRule) {
    let scope = rule.scope.as_ref().map(|scope| scope.value);
    if scope == Some(Scope::Area)
        && let Some(At { value: effect, mark }) = &rule.effect
        && !matches!(effect, Effect::Action(Action::Remove | Action::Part))
    {
        let error = RuleError::new("scope `area` with another effect than to remove")
            .expected("`action = \"remove\"`, or scope `block`");
        problems.error(*mark, error);
    }
    let Some(At { value: Effect::Action(action), mark }) = &rule.effect else { return };
    if matches!(action, Action::Remove | Action::Cut)
        && let Some(scope @ (Scope::Source | Scope::Page | Scope::Document)) = scope
    {
        let error = RuleError::new(format!("`{}` with scope `{}`", action.name(), scope.name()))
            .expected("`drop` to drop the document, or scope `block` or `sentence`");
        problems.error(*mark, error);
    }
    if *action != Action::Cut {
        return;
    }
    // Other leaves may stand beside them and say when to cut.
    let finds_text = |leaf: &WrittenLeaf| {
        leaf.join != Join::None && matches!(leaf.asks, Asks::Pattern { .. } | Asks::Phrases { .. })
    };
    if rule.when.as_ref().is_some_and(|when| !when.leaves.iter().any(finds_text)) {
        let error = RuleError::new("`cut` on a condition that matches no text")
            .expected("a pattern or phrases in `all` or `any`");
        problems.error(*mark, error);
    }
}

fn check_groups(problems: &mut Problems, merged: &Merged) {
    let used: BTreeSet<&str> =
        merged.rules.iter().filter_map(|rule| Some(rule.group.as_ref()?.value.as_str())).collect();
    for (name, cap) in &merged.groups {
        if !used.contains(name.as_str()) {
            let near = super::error::nearest(name, used.iter().copied());
            let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            problems.warn(cap.mark, format!("no rule is in group `{name}`{hint}"));
        }
    }
}

fn decide(problems: &mut Problems, merged: &Merged) -> Decide {
    let mut decide = Decide::default();
    for (key, setting) in &merged.decide {
        match (*key, &setting.value) {
            ("remove-block-at", Setting::Number(points)) => decide.remove_block_at = *points,
            ("drop-document-at", Setting::Number(points)) => decide.drop_document_at = *points,
            ("flag-document-at", Setting::Number(points)) => decide.flag_document_at = *points,
            ("unsure-from", Setting::Number(points)) => decide.unsure_from = *points,
            ("short-below", Setting::Number(chars)) => decide.short_below = *chars as usize,
            ("context-reach", Setting::Number(chars)) => decide.context_reach = *chars as usize,
            ("guard-share", Setting::Number(share)) => decide.guard_share = *share,
            ("guard-spares", Setting::Number(chars)) => decide.guard_spares = *chars as usize,
            ("context", Setting::Word(word)) => {
                decide.context = match word.as_str() {
                    "none" => ContextPass::None,
                    _ => ContextPass::Justext,
                };
            }
            ("layout", Setting::Word(word)) => {
                decide.layout = match word.as_str() {
                    "lines" => Layout::Lines,
                    _ => Layout::Keep,
                };
            }
            ("guard-action", Setting::Word(word)) => {
                decide.guard_action = match word.as_str() {
                    "flag" => GuardAction::Flag,
                    "none" => GuardAction::None,
                    _ => GuardAction::Drop,
                };
            }
            _ => {}
        }
    }
    for (key, points) in [
        ("remove-block-at", decide.remove_block_at),
        ("drop-document-at", decide.drop_document_at),
        ("flag-document-at", decide.flag_document_at),
    ] {
        if points <= 0.0
            && let Some(setting) = merged.decide.get(key)
        {
            let error = RuleError::new(format!("`{key}` is {points}"))
                .expected("more than 0: everything has 0 points or more");
            problems.error(setting.mark, error);
        }
    }
    if decide.unsure_from > decide.remove_block_at
        && let Some(setting) =
            merged.decide.get("unsure-from").or(merged.decide.get("remove-block-at"))
    {
        let message = "`unsure-from` is above `remove-block-at`: no block is unsure for its points";
        problems.warn(setting.mark, message);
    }
    decide
}

struct Build<'m> {
    merged: &'m Merged,
    links: &'m Links,
    ranks: &'m [usize],
    known: Option<&'m Arc<Bank>>,
}

impl Build<'_> {
    fn build(&self, problems: &mut Problems, decide: Decide, limits: Limits) -> Option<Compiled> {
        let merged = self.merged;
        let mut ids: Vec<Option<RuleId>> = Vec::with_capacity(merged.rules.len());
        let mut next = 0u16;
        for kept in &self.links.kept {
            ids.push(kept.then_some(RuleId(next)));
            next += u16::from(*kept);
        }
        let kept = || {
            merged
                .rules
                .iter()
                .enumerate()
                .filter(|(n, _)| ids.get(*n).is_some_and(Option::is_some))
        };
        let group_names: BTreeSet<&str> =
            kept().filter_map(|(_, rule)| Some(rule.group.as_ref()?.value.as_str())).collect();
        let groups: Vec<Group> = group_names
            .iter()
            .map(|name| Group {
                name: (*name).to_owned(),
                max_weight: merged.groups.get(*name).map_or(1.0, |cap| cap.value),
            })
            .collect();
        let shared = self.signal_uses();
        let mut bank = BankBuilder::default();
        let mut orders: [Vec<(usize, RuleId, u8)>; Scope::ALL.len()] = Default::default();
        let mut rules = Vec::new();
        for (n, rule) in kept() {
            let scope = rule.scope.as_ref()?.value;
            let place = Scope::ALL.iter().position(|known| *known == scope)?;
            let condition = self.condition(n, rule, scope, &ids, &mut bank, &shared)?;
            let of_ids = |links: &[Link]| -> Vec<RuleId> {
                links.iter().filter_map(|link| *ids.get(link.to)?).collect()
            };
            let id = (*ids.get(n)?)?;
            let on = rule.on.iter().map(|kind| kind.value).collect::<Vec<_>>();
            let kinds = on.iter().fold(0u8, |bits, kind| bits | 1 << (*kind as u8));
            let kinds = if on.is_empty() { u8::MAX } else { kinds };
            orders.get_mut(place)?.push((self.ranks.get(n).copied()?, id, kinds));
            let texts = |list: &[At<String>]| list.iter().map(|at| at.value.clone()).collect();
            let text = |at: &Option<At<String>>| at.as_ref().map(|at| at.value.clone());
            let group = rule
                .group
                .as_ref()
                .and_then(|group| groups.iter().position(|known| known.name == group.value));
            rules.push(Rule {
                name: rule.name.value.clone(),
                about: text(&rule.about)?,
                why: text(&rule.why),
                source: text(&rule.source),
                category: rule.category.as_ref()?.value,
                scope,
                on,
                effect: rule.effect.as_ref()?.value,
                group: group.map(|place| GroupId(place as u16)),
                replaces: of_ids(self.links.replaces.get(n)?),
                status: rule.status.as_ref().map_or(Status::Stable, |status| status.value),
                surveyed: surveyed(rule),
                without_survey: rule
                    .without_survey
                    .as_ref()
                    .map_or_else(Default::default, |at| at.value),
                languages: texts(&rule.languages),
                since: text(&rule.since),
                file: problems.source(rule.name.mark.file).name.clone(),
                hits: texts(&rule.hits),
                misses: texts(&rule.misses),
                hit_seeds: texts(&rule.hit_seeds),
                miss_seeds: texts(&rule.miss_seeds),
                thresholds: thresholds(rule),
                condition,
            });
        }
        let mut scopes: [ScopeRules; Scope::ALL.len()] = Default::default();
        let known = self.known.and_then(|known| Some((known, known.places_of(&bank)?)));
        let bank = match known {
            Some((known, places)) => {
                for rule in &mut rules {
                    rule.condition.leaves.iter_mut().for_each(|named| places.put(&mut named.leaf));
                }
                Arc::clone(known)
            }
            None => bank.build().map(Arc::new).unwrap_or_else(|what| {
                problems.error_outside(RuleError::new(what));
                Arc::default()
            }),
        };
        for (scope, mut order) in scopes.iter_mut().zip(orders) {
            order.sort_unstable();
            *scope = ScopeRules::new(&order, &rules, &bank);
        }
        let text =
            effective::Effective { problems, merged, kept: &self.links.kept, decide: &decide };
        let signals: BTreeSet<SignalId> = shared.into_keys().map(|(_, id)| id).collect();
        let signals: Vec<SignalId> = signals.into_iter().collect();
        let unit = merged.unit.as_ref().map(|unit| unit.value).unwrap_or_default();
        Some(Compiled {
            effective: text.write(true),
            hash: text.hash(),
            survey: Settings {
                unit,
                ..Settings::of_parts(survey_parts(&signals), merged.survey.ways())
            },
            signals,
            needs_language: OnceLock::new(),
            free_groups: groups::free(&rules),
            rules,
            groups,
            decide,
            limits,
            unit,
            scopes,
            bank,
            warnings: Vec::new(),
        })
    }

    /// How many rules in force of a scope ask for each signal: one that many ask for is likely
    /// to have been measured already.
    fn signal_uses(&self) -> BTreeMap<(Scope, SignalId), usize> {
        let mut uses = BTreeMap::new();
        for (rule, kept) in self.merged.rules.iter().zip(&self.links.kept) {
            let Some(scope) = rule.scope.as_ref().filter(|_| *kept) else { continue };
            for leaf in rule.when.iter().flat_map(|when| &when.leaves) {
                if let Asks::Signal { id: Some(id), .. } = leaf.asks {
                    *uses.entry((scope.value, id)).or_default() += 1;
                }
            }
        }
        uses
    }

    fn condition(
        &self,
        n: usize,
        rule: &WrittenRule,
        scope: Scope,
        ids: &[Option<RuleId>],
        bank: &mut BankBuilder,
        shared: &BTreeMap<(Scope, SignalId), usize>,
    ) -> Option<Condition> {
        let written = rule.when.as_ref()?;
        let mut condition = Condition::default();
        let mut links = self.links.uses.get(n)?.iter();
        let mut costs = Vec::with_capacity(written.leaves.len());
        for leaf in &written.leaves {
            let at_least = leaf.matches_needed();
            let matches = || format!("at least {at_least}");
            let (compiled, asked, bound, cost) = match &leaf.asks {
                Asks::Rule { .. } => {
                    let link = links.next()?;
                    let other = self.merged.rules.get(link.to)?;
                    let earlier = other.scope.as_ref()?.value < scope;
                    let id = (*ids.get(link.to)?)?;
                    (
                        Leaf::Rule { id, earlier },
                        format!("rule {}", other.name.value),
                        String::new(),
                        0,
                    )
                }
                Asks::Signal { name, id } => {
                    let id = (*id)?;
                    let compare = signal::Compare::new(&leaf.thresholds);
                    let users = shared.get(&(scope, id)).copied().unwrap_or(0);
                    let cost = 1_000 - users.min(999);
                    (Leaf::Signal { id, compare }, name.value.clone(), compare.to_string(), cost)
                }
                Asks::Pattern { compiled, .. } => {
                    let pattern = compiled.as_ref()?;
                    let cost = if pattern.literals.is_empty() { 4_000 } else { 2_000 };
                    let pattern = bank.pattern(pattern);
                    (Leaf::Pattern { pattern, at_least }, "pattern".to_owned(), matches(), cost)
                }
                Asks::Phrases { list, entries } => {
                    let name = match &list.value {
                        ListName::Builtin(name) | ListName::File(name) => format!("phrases {name}"),
                        ListName::Here => "phrases".to_owned(),
                    };
                    let list = bank.list(entries);
                    (Leaf::Phrases { list, at_least }, name, matches(), 3_000)
                }
            };
            let place = condition.leaves.len();
            match leaf.join {
                Join::All => condition.all.push(place),
                Join::Any => condition.any.push(place),
                Join::None => condition.none.push(place),
            }
            let name = leaf.name.as_ref().map(|name| name.value.clone()).unwrap_or_default();
            condition.leaves.push(NamedLeaf {
                name: name.into(),
                leaf: compiled,
                asked: asked.into(),
                bound: bound.into(),
            });
            costs.push(cost);
        }
        for part in [&mut condition.all, &mut condition.any, &mut condition.none] {
            part.sort_by_key(|place| costs.get(*place).copied());
        }
        Some(condition)
    }
}

fn thresholds(rule: &WrittenRule) -> Vec<Threshold> {
    let leaves = rule.when.iter().flat_map(|when| &when.leaves);
    leaves
        .flat_map(|leaf| {
            let signal = match leaf.asks {
                Asks::Signal { id, .. } => id,
                _ => None,
            };
            leaf.thresholds.iter().map(move |known| Threshold {
                address: leaf.address(known),
                bound: known.bound,
                signal,
                value: known.value.value,
            })
        })
        .collect()
}
