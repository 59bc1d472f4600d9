//! Evaluating a scope's rules on one target.
//!
//! This runs for every sentence, block and document, so a rule that does not fire allocates
//! nothing: evidence is gathered only once a rule has fired.

use std::cell::RefCell;

use super::bank::{Seen, Sight};
use super::closed::{Class, Closed};
use super::conditions::{Condition, Leaf};
use super::groups::{Balance, FreeGroup};
use super::plan::{Ask, Places, Planned, ScopeRules};
use super::recall::{self, Recall};
use super::{
    Action, Effect, Evaluation, Evidence, Hit, NearBound, Rule, RuleId, RuleSet, Status, Strengths,
};
use crate::document::{Moves, Scope, Span};
use crate::signals::{Measured, PageView};

/// A value nearer to its bound than this share of the bound is near.
const NEAR: f64 = 0.2;

/// A page under the rules: what its targets share is looked for once.
#[derive(Debug)]
pub struct OnPage<'r, 'p> {
    rules: &'r RuleSet,
    seen: Seen<'r, 'p>,
    clock: Option<Clock>,
    /// Rules are asked in the order written, so that what they measure depends on them alone.
    noting: bool,
    /// Hits carry their evidence.
    evidence: bool,
    /// No rule is asked after one that drops the document.
    stops_at_drop: bool,
    /// The places of rules that may do something on the target at hand.
    open: RefCell<Places>,
    /// The places, with their weights, of the rules of a group that are asked on it.
    asked: RefCell<Vec<(usize, f64)>>,
    /// For each class of targets the rules that can do nothing on the page.
    closed: RefCell<[Closed; Class::COUNT]>,
    /// For each rule whether it is for the page's language.
    speaks: Vec<bool>,
    /// True if all rules are.
    all_speak: bool,
    beside: Beside<'r>,
    /// See [`recall::text_key`]; 0 where nothing is recalled.
    text: u64,
}

/// Who takes part in judging a document beside its rules. What is decided does not depend on it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'r> {
    /// Somebody to whom targets are shown.
    pub watch: Option<&'r dyn Watch>,
    /// What is known already.
    pub recall: Option<Recall<'r>>,
}

/// Is shown the targets of a page as they are judged. What is decided does not depend on it.
pub trait Watch: std::fmt::Debug {
    /// From here on blocks and places of targets are those of another text, which these moves
    /// bring back to the page's; `None`: they are the page's.
    fn moved(&self, moves: Option<&Moves>);

    /// A target with what its scope's rules came to, before evidence that was outweighed is
    /// forgotten. All that rules ask for has been measured.
    fn target(&self, target: &Measured<'_>, done: &Evaluation);

    /// True if targets of a scope are to be shown also where no rule in force is of that scope.
    fn wants(&self, _scope: Scope) -> bool {
        false
    }
}

/// Nanoseconds since any fixed moment. The library reads no clock of its own.
pub type Clock = fn() -> u64;

impl RuleSet {
    /// Prepares to evaluate targets of a page.
    pub fn on_page<'r, 'p>(&'r self, page: &PageView<'p>) -> OnPage<'r, 'p> {
        let language = page.info.language.as_deref();
        let speaks: Vec<bool> = self.rules().iter().map(|rule| speaks(rule, language)).collect();
        OnPage {
            rules: self,
            seen: Seen::new(&self.inner.bank, page.text),
            clock: None,
            noting: true,
            evidence: true,
            stops_at_drop: false,
            open: RefCell::default(),
            asked: RefCell::default(),
            closed: RefCell::default(),
            all_speak: !speaks.contains(&false),
            speaks,
            beside: Beside::default(),
            text: 0,
        }
    }

    /// Evaluates the rules of a scope on one target; see [`OnPage::evaluate`], which is faster
    /// for several targets of a page.
    pub fn evaluate(&self, scope: Scope, target: &Measured<'_>, earlier: &Strengths) -> Evaluation {
        self.on_page(target.page).evaluate(scope, target, earlier)
    }
}

impl<'r, 'p> OnPage<'r, 'p> {
    /// The same, taking the time of each rule by a clock; see [`Evaluation::times`].
    #[must_use]
    pub fn timed(mut self, clock: Option<Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The same, asking as little as decides: rules that cannot fire are not asked at all, and
    /// of each rule the leaf that is likely to fail is asked first. What fires and what is
    /// undefined is the same (see `plan.rs`), but the values measured are no longer all that rules
    /// would ask for, and [`Evaluation::near`] is empty.
    #[must_use]
    pub fn in_haste(mut self, haste: bool) -> Self {
        self.noting = !haste;
        self
    }

    /// The same, asking no further rule of a target once one drops the document. Rules that keep
    /// speak before rules that drop, so a set with such rules is asked to its end.
    #[must_use]
    pub fn fast(mut self, fast: bool) -> Self {
        let keep = Effect::Action(Action::Keep);
        self.stops_at_drop = fast && self.rules.rules().iter().all(|rule| rule.effect != keep);
        self
    }

    /// True if no further rule need be asked.
    fn is_done(&self, done: &Evaluation) -> bool {
        self.stops_at_drop
            && done.hits.last().is_some_and(|hit| {
                let rule = self.rules.rule(hit.rule);
                rule.effect == Effect::Action(Action::Drop) && rule.status != Status::Preview
            })
    }

    /// The same with others who take part, on this page.
    #[must_use]
    pub fn beside(mut self, beside: Beside<'r>, page: &PageView<'p>) -> Self {
        self.beside = beside;
        if beside.recall.is_some() {
            self.text = recall::text_key(page);
        }
        self
    }

    /// The same, with or without [`Hit::evidence`].
    #[must_use]
    pub fn with_evidence(mut self, evidence: bool) -> Self {
        self.evidence = evidence;
        self
    }

    /// The same for what editing left of another page: of its text these parts, in order, and
    /// nothing else. What has been seen of that page is not looked for again.
    #[must_use]
    pub fn left_of(mut self, page: &'p OnPage<'r, 'p>, kept: &[Span]) -> Self {
        self.seen = self.seen.left_of(&page.seen, kept);
        self
    }

    /// True if all is measured that rules ask for.
    pub fn is_noting(&self) -> bool {
        self.noting
    }

    /// True if somebody wants to see targets of a scope of which no rule in force is.
    pub fn only_shows(&self, scope: Scope) -> bool {
        !self.rules.has_scope(scope) && self.beside.watch.is_some_and(|watch| watch.wants(scope))
    }

    /// Shows a target that no rule judges to who [wants](Watch::wants) to see it.
    pub fn show(&self, target: &Measured<'p>) {
        if let Some(watch) = self.beside.watch.filter(|_| self.only_shows(target.scope)) {
            watch.target(target, &Evaluation::default());
        }
    }

    /// The rules.
    pub fn rules(&self) -> &'r RuleSet {
        self.rules
    }

    /// Evaluates the rules of a scope on a target of that scope.
    ///
    /// `earlier` holds what the rules of earlier scopes came to on the target's own parts; see
    /// [`Strengths`]. A rule that a condition names counts as undefined where it was skipped for
    /// the language or is off for want of a survey, and as not holding where it does not look at the
    /// target's kind of block.
    pub fn evaluate(&self, scope: Scope, target: &Measured<'p>, earlier: &Strengths) -> Evaluation {
        let mut done = Evaluation::default();
        let Some(place) = Scope::ALL.iter().position(|known| *known == scope) else { return done };
        let Some(rules) = self.rules.inner.scopes.get(place) else { return done };
        let kind = target.kind();
        let sight = Sight::new(&self.seen, target.span);
        let mut asking = Asking { on_page: self, target, earlier, sight };
        let mut in_order = rules.in_order;
        if let Some(recall) = self.beside.recall
            && let Some(told) = recall.told(target, self.text)
        {
            done = told;
            if recall.telling.asks(scope) {
                for id in rules.all(kind).filter(|id| recall.telling.is_anew(*id)) {
                    self.evaluate_rule(id, &mut asking, &mut done);
                }
            }
            in_order = false;
        } else if self.noting {
            for id in rules.all(kind) {
                self.evaluate_rule(id, &mut asking, &mut done);
                if self.is_done(&done) {
                    break;
                }
            }
        } else if let Some(order) = rules.always_asked().filter(|_| self.all_speak) {
            for rule in order.iter().filter(|rule| !self.rules.is_off(rule.id)) {
                asking.judge_timed(rule, &mut done);
                if self.is_done(&done) {
                    break;
                }
            }
        } else {
            let mut open = self.open.borrow_mut();
            rules.open(asking.sight.clues(), &mut open);
            if !self.all_speak {
                let all = rules.all(kind).filter(|id| !self.rules.is_off(*id));
                done.skipped.extend(all.filter(|id| !self.speaks(*id)));
            }
            let mut closed = self.closed.borrow_mut();
            // Its words are not looked for in vain.
            let class = if rules.has_closers { Class::of(target) } else { None };
            let mut closed = class.and_then(|class| Some((class, closed.get_mut(class as usize)?)));
            if let Some((_, closed)) = &closed {
                open.remove(&closed.places);
            }
            let mut is_closed = |place: usize, rule: &Planned| {
                closed.as_mut().is_some_and(|(class, closed)| {
                    closed.has(place, &rule.closers, target.page, *class)
                })
            };
            for group in &rules.free {
                asking.judge_group(rules, group, &open, &mut is_closed, &mut done);
                open.remove(&group.members);
            }
            in_order &= done.hits.is_empty() && done.undefined.is_empty();
            for (place, rule) in rules.at(&open, kind) {
                if self.rules.is_off(rule.id) || !self.speaks(rule.id) || is_closed(place, rule) {
                    continue;
                }
                asking.judge_timed(rule, &mut done);
                if self.is_done(&done) {
                    break;
                }
            }
        }
        if !in_order {
            done.hits.sort_by_key(|hit| hit.rule);
            done.undefined.sort_unstable();
            done.skipped.sort_unstable();
            done.near.sort_by_key(|near| near.rule);
        }
        if let Some(watch) = self.beside.watch {
            watch.target(target, &done);
        }
        done
    }

    fn evaluate_rule(
        &self,
        id: RuleId,
        asking: &mut Asking<'_, '_, '_, 'p>,
        done: &mut Evaluation,
    ) {
        if self.rules.is_off(id) {
            return;
        }
        if !self.speaks(id) {
            done.skipped.push(id);
            return;
        }
        match self.clock {
            None => asking.judge(id, self.rules.rule(id), done),
            Some(clock) => {
                let before = clock();
                asking.judge(id, self.rules.rule(id), done);
                done.times.push((id, clock().saturating_sub(before)));
            }
        }
    }

    /// True if a rule is for the page's language.
    fn speaks(&self, id: RuleId) -> bool {
        self.all_speak || self.speaks.get(usize::from(id.0)) == Some(&true)
    }
}

impl RuleSet {
    /// What each leaf of a rule sees on a target of its scope, whether the rule fires or not.
    pub(crate) fn explain(
        &self,
        id: RuleId,
        target: &Measured<'_>,
        earlier: &Strengths,
        done: &Evaluation,
    ) -> Vec<Evidence> {
        let rule = self.rule(id);
        let on_page = self.on_page(target.page);
        let sight = Sight::new(&on_page.seen, target.span);
        Asking { on_page: &on_page, target, earlier, sight }.evidence(&rule.condition, done)
    }
}

impl RuleSet {
    /// For each leaf of a rule's condition what it matches in a target, as places in the page, and
    /// how it takes part: in `all`, `any` or `none`.
    pub(crate) fn matched(
        &self,
        id: RuleId,
        target: &Measured<'_>,
    ) -> Vec<(&'static str, Vec<Span>)> {
        let on_page = self.on_page(target.page);
        let mut sight = Sight::new(&on_page.seen, target.span);
        let condition = &self.rule(id).condition;
        let leaves = condition.leaves.iter().enumerate().map(|(place, leaf)| {
            let spans = match leaf.leaf {
                Leaf::Pattern { pattern, .. } => sight.matches(pattern),
                Leaf::Phrases { list, .. } => sight.phrase_spans(list),
                Leaf::Signal { .. } | Leaf::Rule { .. } => Vec::new(),
            };
            let from = target.span.start;
            let join = match (condition.is_positive(place), condition.any.contains(&place)) {
                (false, _) => "none",
                (true, true) => "any",
                (true, false) => "all",
            };
            (join, spans.into_iter().map(|span| span.moved(0, from)).collect())
        });
        leaves.collect()
    }
}

fn speaks(rule: &Rule, language: Option<&str>) -> bool {
    rule.languages.is_empty()
        || language.is_some_and(|language| rule.languages.iter().any(|known| known == language))
}

/// A target that is asked for what the leaves want to know.
struct Asking<'s, 'b, 't, 'm> {
    on_page: &'s OnPage<'b, 'm>,
    target: &'t Measured<'m>,
    earlier: &'t Strengths,
    sight: Sight<'s, 'b, 'm>,
}

impl Asking<'_, '_, '_, '_> {
    fn judge(&mut self, id: RuleId, rule: &Rule, done: &mut Evaluation) {
        let condition = &rule.condition;
        let outcome = condition.strength(|leaf| self.strength(condition, leaf, done));
        let decides = rule.effect != Effect::Action(Action::Part);
        match outcome.strength {
            None => done.undefined.push(id),
            Some(strength) if strength > 0.0 => {
                let evidence = match self.on_page.evidence {
                    true => self.evidence(condition, done),
                    false => Vec::new(),
                };
                let cuts = rule.effect == Effect::Action(Action::Cut);
                let matches = if cuts { self.matches(condition) } else { Vec::new() };
                if decides && let Some((margin, leaf)) = self.least_margin(condition) {
                    done.near.push(NearBound { rule: id, margin, leaf });
                }
                done.hits.push(Hit { rule: id, strength, evidence, matches });
            }
            Some(_) => {
                if decides
                    && let Some(leaf) = outcome.settled_by
                    && let Some(margin) = self.margin(condition, leaf)
                    && self.others_hold(condition, leaf, done)
                {
                    // A value on its bound is at distance 0, and -0.0 would read as fired.
                    let margin = -margin.max(f64::MIN_POSITIVE);
                    done.near.push(NearBound { rule: id, margin, leaf });
                }
            }
        }
    }

    /// Asks the rules of a free group at open places, until it is certain that it is outweighed:
    /// then nothing is said of any of them. See `groups.rs`.
    fn judge_group(
        &mut self,
        rules: &ScopeRules,
        group: &FreeGroup,
        open: &Places,
        is_closed: &mut impl FnMut(usize, &Planned) -> bool,
        done: &mut Evaluation,
    ) {
        let kind = self.target.kind();
        let mut asked = self.on_page.asked.borrow_mut();
        asked.clear();
        asked.extend(group.order.iter().filter(|(place, _)| {
            open.has(*place) && rules.of(*place, kind).is_some_and(|rule| !is_closed(*place, rule))
        }));
        let left = asked.iter().map(|(_, weight)| weight.max(0.0)).sum();
        let mut balance = Balance::new(left);
        let (hits, undefined) = (done.hits.len(), done.undefined.len());
        for (place, weight) in asked.iter() {
            let Some(rule) = rules.of(*place, kind) else { continue };
            let before = done.hits.len();
            self.judge_timed(rule, done);
            balance.take(*weight, done.hits.get(before).map_or(0.0, |hit| hit.strength));
            if balance.is_settled() {
                done.hits.truncate(hits);
                done.undefined.truncate(undefined);
                return;
            }
        }
    }

    /// As [`Self::judge_in_haste`], with the time it takes.
    fn judge_timed(&mut self, rule: &Planned, done: &mut Evaluation) {
        let Some(clock) = self.on_page.clock else { return self.judge_in_haste(rule, done) };
        let before = clock();
        self.judge_in_haste(rule, done);
        done.times.push((rule.id, clock().saturating_sub(before)));
    }

    /// As [`Self::judge`], without what is noted; see `plan.rs`.
    fn judge_in_haste(&mut self, rule: &Planned, done: &mut Evaluation) {
        let strength = rule.quick.strength(|ask| match ask {
            Ask::AtHand(signal, compare) => Some(compare.strength((signal.measure)(self.target)?)),
            Ask::Leaf(leaf) => self.strength_of(leaf, done),
        });
        match strength {
            None => done.undefined.push(rule.id),
            Some(strength) if strength > 0.0 => {
                let condition = &self.on_page.rules.rule(rule.id).condition;
                let evidence = match self.on_page.evidence {
                    true => self.evidence(condition, done),
                    false => Vec::new(),
                };
                let matches = if rule.cuts { self.matches(condition) } else { Vec::new() };
                done.hits.push(Hit { rule: rule.id, strength, evidence, matches });
            }
            Some(_) => {}
        }
    }

    /// How far a leaf holds; `None` is undefined.
    fn strength(&mut self, condition: &Condition, leaf: usize, done: &Evaluation) -> Option<f64> {
        self.strength_of(&condition.leaves.get(leaf)?.leaf, done)
    }

    fn strength_of(&mut self, leaf: &Leaf, done: &Evaluation) -> Option<f64> {
        let holds = |holds: bool| Some(f64::from(u8::from(holds)));
        match *leaf {
            Leaf::Signal { id, compare } => Some(compare.strength(self.target.value(id)?)),
            Leaf::Pattern { pattern, at_least } => holds(self.sight.has_matches(pattern, at_least)),
            Leaf::Phrases { list, at_least } => {
                holds(self.sight.phrase_count(list) >= at_least as usize)
            }
            Leaf::Rule { id, .. } if self.on_page.rules.is_off(id) => None,
            Leaf::Rule { id, earlier: true } => Some(self.earlier.of(id)),
            Leaf::Rule { id, earlier: false } => {
                if let Some(hit) = done.hits.iter().find(|hit| hit.rule == id) {
                    return Some(hit.strength);
                }
                let unknown = done.undefined.contains(&id) || done.skipped.contains(&id);
                (!unknown).then_some(0.0)
            }
        }
    }

    fn evidence(&mut self, condition: &Condition, done: &Evaluation) -> Vec<Evidence> {
        let mut evidence = Vec::with_capacity(condition.leaves.len());
        for (place, leaf) in condition.leaves.iter().enumerate() {
            let strength = self.strength(condition, place, done);
            let value = match leaf.leaf {
                Leaf::Signal { id, .. } => self.target.value(id),
                Leaf::Pattern { .. } | Leaf::Phrases { .. } => Some(self.count(&leaf.leaf)),
                Leaf::Rule { .. } => strength,
            };
            evidence.push(Evidence {
                condition: leaf.name.clone(),
                asked: leaf.asked.clone(),
                value,
                bound: leaf.bound.clone(),
                strength,
            });
        }
        evidence
    }

    fn count(&mut self, leaf: &Leaf) -> f64 {
        match *leaf {
            Leaf::Pattern { pattern, .. } if !self.sight.has_matches(pattern, 1) => 0.0,
            Leaf::Pattern { pattern, .. } => self.sight.matches(pattern).len() as f64,
            Leaf::Phrases { list, .. } => self.sight.phrase_count(list) as f64,
            Leaf::Signal { .. } | Leaf::Rule { .. } => 0.0,
        }
    }

    /// What the leaves of a rule that cuts have matched, as places in the page, merged.
    fn matches(&mut self, condition: &Condition) -> Vec<Span> {
        let mut spans = Vec::new();
        for (place, leaf) in condition.leaves.iter().enumerate() {
            if !condition.is_positive(place) {
                continue;
            }
            match leaf.leaf {
                Leaf::Pattern { pattern, .. } => spans.append(&mut self.sight.matches(pattern)),
                Leaf::Phrases { list, .. } => spans.append(&mut self.sight.phrase_spans(list)),
                Leaf::Signal { .. } | Leaf::Rule { .. } => {}
            }
        }
        let offset = self.target.span.start;
        spans.sort_unstable();
        let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            let span = Span::new(span.start + offset, span.end + offset);
            match merged.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => merged.push(span),
            }
        }
        merged
    }

    /// The distance of a numeric leaf's value to its bound, if it is near.
    fn margin(&self, condition: &Condition, leaf: usize) -> Option<f64> {
        let Leaf::Signal { id, compare } = condition.leaves.get(leaf)?.leaf else { return None };
        compare.margin(self.target.value(id)?).filter(|margin| *margin < NEAR)
    }

    /// The distance of the leaf that would be the first to fail, and which that is.
    fn least_margin(&self, condition: &Condition) -> Option<(f64, usize)> {
        let needed = condition.all.iter().chain(&condition.none);
        let margins = needed.filter_map(|&leaf| Some((self.margin(condition, leaf)?, leaf)));
        margins.min_by(|a, b| a.0.total_cmp(&b.0))
    }

    /// True if the condition would hold but for one of its leaves.
    fn others_hold(&mut self, condition: &Condition, but: usize, done: &Evaluation) -> bool {
        let right = if condition.is_positive(but) { 1.0 } else { 0.0 };
        let outcome = condition.strength(|leaf| {
            if leaf == but { Some(right) } else { self.strength(condition, leaf, done) }
        });
        outcome.strength.is_some_and(|strength| strength > 0.0)
    }
}
