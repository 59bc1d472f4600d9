//! Hits to decisions: what becomes of each sentence, block and document, and why.
//!
//! Actions settle alone, the strongest first; otherwise points decide; what points leave open
//! is settled by its neighbours ([`context`]).

use std::borrow::Cow;

use crate::document::{Block, BlockKind, Page, Scope, Span};
use crate::rules::{
    Action, Beside, ContextPass, Effect, Evaluation, Hit, OnPage, RuleId, RuleSet, Status,
    Strengths,
};
use crate::segment;
use crate::signals::{Measured, PageView, SignalId};

mod areas;
pub mod context;
pub mod points;
#[cfg(test)]
mod tests;

pub use areas::Rest;
pub use points::{Points, Scores};

/// With a clock, the rules' time is taken on one document in so many, drawn by a hash of its id.
pub const TIMED_ONE_IN: u64 = 16;

/// Of each document, so many sentences and blocks give their values to the report's quantiles.
const SAMPLED_TARGETS: usize = 1_000;

/// Who decided about a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecidedBy {
    /// Nothing spoke against it.
    Default,
    /// A rule's action.
    Action(RuleId),
    /// The sum of its points.
    Points,
    /// Its neighbours.
    Context,
    /// A heading went with what it heads.
    Heading,
    /// All its sentences went.
    Sentences,
    /// White space that the layout asked for takes away.
    Layout,
}

impl DecidedBy {
    /// A short fixed name for reports.
    pub fn name(self) -> &'static str {
        match self {
            DecidedBy::Default => "default",
            DecidedBy::Action(_) => "action",
            DecidedBy::Points => "points",
            DecidedBy::Context => "context",
            DecidedBy::Heading => "heading",
            DecidedBy::Sentences => "sentences",
            DecidedBy::Layout => "layout",
        }
    }
}

/// For one target: the action, the points and the hits behind it.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Keep, flag, cut, remove or drop.
    pub action: Action,
    /// Who decided.
    pub by: DecidedBy,
    /// The points.
    pub points: Points,
    /// The rules that fired.
    pub hits: Vec<Hit>,
}

impl Verdict {
    /// Nothing fired: the target stays.
    pub fn nothing() -> Self {
        Self {
            action: Action::Keep,
            by: DecidedBy::Default,
            points: Points::default(),
            hits: Vec::new(),
        }
    }

    /// True if the whole document is to be dropped.
    pub fn drops(&self) -> bool {
        self.action == Action::Drop
    }

    /// True if the target goes.
    pub fn removes(&self) -> bool {
        matches!(self.action, Action::Remove | Action::Drop)
    }

    /// True if a rule's `keep` protects the target.
    pub fn is_protected(&self) -> bool {
        self.action == Action::Keep && matches!(self.by, DecidedBy::Action(_))
    }

    /// The rule that the decision is laid to: the action's, or the one with the most points.
    pub fn leading(&self) -> Option<RuleId> {
        if let DecidedBy::Action(rule) = self.by {
            return Some(rule);
        }
        let best = self
            .points
            .each
            .iter()
            .enumerate()
            .filter(|(_, points)| **points > 0.0)
            .max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)))?;
        self.hits.get(best.0).map(|hit| hit.rule)
    }
}

/// A sentence that some rule hit.
#[derive(Clone, Debug)]
pub struct SentenceVerdict {
    /// Its place in the page's text.
    pub span: Span,
    /// What becomes of it.
    pub verdict: Verdict,
}

/// A block's verdict and those of its sentences that were hit.
#[derive(Clone, Debug)]
pub struct BlockVerdict {
    /// What becomes of the block.
    pub verdict: Verdict,
    /// Its sentences that were hit, in order.
    pub sentences: Vec<SentenceVerdict>,
}

/// Numbers of targets by rule. A document can have a million sentences, so they are counted as
/// they come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(Vec<u64>);

impl Counts {
    fn add(&mut self, rules: &[RuleId]) {
        for rule in rules {
            let place = usize::from(rule.0);
            if self.0.len() <= place {
                self.0.resize(place + 1, 0);
            }
            self.0[place] += 1;
        }
    }

    /// The rules with a count above 0, in order.
    pub fn iter(&self) -> impl Iterator<Item = (RuleId, u64)> {
        (0..).map(RuleId).zip(self.0.iter().copied()).filter(|(_, count)| *count > 0)
    }
}

/// Rules that could not be held against a target, counted.
#[derive(Clone, Debug, Default)]
pub struct Unheld {
    /// A value was undefined.
    pub undefined: Counts,
    /// The language is unknown or another.
    pub skipped: Counts,
}

/// A value that a rule asked for, for the report's quantiles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value {
    /// The scope it was measured on.
    pub scope: Scope,
    /// The signal.
    pub signal: SignalId,
    /// The value.
    pub value: f32,
}

/// A target on which a rule nearly decided otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// The rule.
    pub rule: RuleId,
    /// Distance to the bound divided by it; negative where the rule did not fire.
    pub margin: f64,
    /// The part of its condition that it was near to; see [`Rule::bound_of`](crate::rules::Rule::bound_of).
    pub leaf: usize,
    /// The target's place in the page's text.
    pub span: Span,
}

/// What judging leaves beside verdicts, for the report.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// Rules that could not be held against a target.
    pub unheld: Unheld,
    /// Values measured.
    pub values: Vec<Value>,
    /// Near decisions.
    pub near: Vec<Near>,
    /// Sentences and blocks judged.
    pub targets: usize,
    /// With a clock, nanoseconds spent on each rule; a rule may stand several times.
    pub times: Vec<(RuleId, u64)>,
}

impl Notes {
    /// Takes in what came of a target; its values only where they are all that rules ask for.
    fn take(&mut self, target: &Measured<'_>, evaluation: &mut Evaluation, values: bool) {
        if !evaluation.times.is_empty() {
            self.times.append(&mut evaluation.times);
        }
        self.unheld.undefined.add(&evaluation.undefined);
        self.unheld.skipped.add(&evaluation.skipped);
        self.targets += 1;
        if self.targets > SAMPLED_TARGETS && !matches!(target.scope, Scope::Page | Scope::Document)
        {
            return;
        }
        if values {
            target.each_measured(|signal, value| {
                if let Some(value) = value {
                    self.values.push(Value { scope: target.scope, signal, value: value as f32 });
                }
            });
        }
        if evaluation.near.is_empty() {
            return;
        }
        let span = target.span;
        self.near.extend(evaluation.near.drain(..).map(|near| Near {
            rule: near.rule,
            margin: near.margin,
            leaf: near.leaf,
            span,
        }));
    }
}

/// The verdicts on all blocks of a page.
#[derive(Clone, Debug, Default)]
pub struct BlockVerdicts {
    /// One for each block, in order.
    pub blocks: Vec<BlockVerdict>,
}

impl BlockVerdicts {
    /// The first block or sentence rule that drops the document.
    pub fn drop(&self) -> Option<&Verdict> {
        self.blocks.iter().find_map(|block| {
            let in_sentence = || block.sentences.iter().map(|s| &s.verdict).find(|v| v.drops());
            if block.verdict.drops() { Some(&block.verdict) } else { in_sentence() }
        })
    }

    /// True if the document is to be dropped.
    pub fn drops(&self) -> bool {
        self.drop().is_some()
    }
}

/// Judges what is known before the text is cut into blocks.
pub fn judge_source<'p>(
    view: &'p PageView<'p>,
    rules: &RuleSet,
    beside: Beside<'_>,
    strengths: &mut Strengths,
    notes: &mut Notes,
) -> Verdict {
    let target = view.source();
    if !rules.has_scope(Scope::Source) {
        if let Some(watch) = beside.watch.filter(|watch| watch.wants(Scope::Source)) {
            watch.target(&target, &Evaluation::default());
        }
        return Verdict::nothing();
    }
    let on_page = rules.on_page(view).beside(beside, view);
    let mut evaluation = on_page.evaluate(Scope::Source, &target, strengths);
    rules.forget_outweighed(&mut evaluation);
    notes.take(&target, &mut evaluation, true);
    strengths.add(&evaluation.hits);
    let limits = Limits { act_at: f64::INFINITY, act: Action::Drop };
    decide(evaluation.hits, rules, limits)
}

/// Judges the whole text before anything of it is cut.
pub fn judge_page<'p>(
    view: &'p PageView<'p>,
    on_page: &OnPage<'_, 'p>,
    strengths: &mut Strengths,
    notes: &mut Notes,
) -> Verdict {
    let rules = on_page.rules();
    if !rules.has_scope(Scope::Page) {
        on_page.show(&view.page());
        return Verdict::nothing();
    }
    let verdict = judge_whole(&view.page(), on_page, strengths, notes);
    strengths.add(&verdict.hits);
    verdict
}

/// Judges every block of a whole page by the rules of scope `area`; empty without such rules.
pub fn judge_areas<'p>(
    view: &'p PageView<'p>,
    on_page: &OnPage<'_, 'p>,
    strengths: &mut Strengths,
    notes: &mut Notes,
) -> Vec<Verdict> {
    let rules = on_page.rules();
    if !rules.has_scope(Scope::Area) {
        if on_page.only_shows(Scope::Area) {
            (0..view.blocks.len()).for_each(|number| on_page.show(&view.area(number)));
        }
        return Vec::new();
    }
    let limits = Limits { act_at: f64::INFINITY, act: Action::Remove };
    let before = strengths.clone();
    (0..view.blocks.len())
        .map(|number| {
            let target = view.area(number);
            let mut evaluation = on_page.evaluate(Scope::Area, &target, &before);
            rules.forget_outweighed(&mut evaluation);
            notes.take(&target, &mut evaluation, on_page.is_noting());
            strengths.add(&evaluation.hits);
            decide(evaluation.hits, rules, limits)
        })
        .collect()
}

/// Judges every sentence and every block of a page, and settles the unsure ones.
/// With `fast`, stops at the first that drops the document.
pub fn judge_blocks<'p>(
    view: &'p PageView<'p>,
    page: &Page,
    on_page: &OnPage<'_, 'p>,
    strengths: &mut Strengths,
    notes: &mut Notes,
    fast: bool,
) -> BlockVerdicts {
    let rules = on_page.rules();
    let limits = Limits { act_at: rules.decide().remove_block_at, act: Action::Remove };
    let on_sentences = rules.has_scope(Scope::Sentence);
    let on_blocks = rules.has_scope(Scope::Block);
    let tells = |verdict: &Verdict| !verdict.hits.is_empty() || verdict.removes();
    let mut blocks = Vec::with_capacity(page.blocks.len());
    let before = strengths.clone();
    // What is known of a block before it is judged itself.
    let mut known = before.clone();
    for (number, block) in page.blocks.iter().enumerate() {
        let mut sentences = Vec::new();
        // How many sentences there are, and how many of them go.
        let (mut all, mut gone) = (0, 0);
        if on_sentences {
            known.clone_from(&before);
            let spans = sentences_of(view, page, number, block);
            let in_context = rules.decide().context == ContextPass::Justext;
            for &span in spans.iter() {
                let target = view.sentence(number, span);
                let mut evaluation = on_page.evaluate(Scope::Sentence, &target, &before);
                rules.forget_outweighed(&mut evaluation);
                notes.take(&target, &mut evaluation, on_page.is_noting());
                known.add(&evaluation.hits);
                let verdict = decide(evaluation.hits, rules, limits);
                // A block may have millions, of which hardly any has something to tell.
                if in_context || tells(&verdict) {
                    sentences.push(SentenceVerdict { span, verdict });
                }
            }
            if in_context {
                context::settle_sentences(&mut sentences, rules);
            }
            all = spans.len();
            gone = sentences.iter().filter(|s| s.verdict.removes()).count();
        } else if on_page.only_shows(Scope::Sentence) {
            for &span in sentences_of(view, page, number, block).iter() {
                on_page.show(&view.sentence(number, span));
            }
        }
        let mut verdict = Verdict::nothing();
        if on_blocks {
            let target = view.block(number);
            let mut evaluation = on_page.evaluate(Scope::Block, &target, &known);
            rules.forget_outweighed(&mut evaluation);
            notes.take(&target, &mut evaluation, on_page.is_noting());
            verdict = decide(evaluation.hits, rules, limits);
        } else if on_page.only_shows(Scope::Block) {
            on_page.show(&view.block(number));
        }
        if verdict.is_protected() {
            protect(&mut sentences, &verdict);
        } else if all > 0 && gone == all && !verdict.removes() {
            verdict.action = Action::Remove;
            verdict.by = DecidedBy::Sentences;
        }
        sentences.retain(|s| tells(&s.verdict));
        strengths_max(strengths, &verdict, &sentences);
        let drops = |verdict: &Verdict| verdict.drops();
        let done = fast && (drops(&verdict) || sentences.iter().any(|s| drops(&s.verdict)));
        blocks.push(BlockVerdict { verdict, sentences });
        if done {
            break;
        }
    }
    let mut verdicts = BlockVerdicts { blocks };
    if rules.decide().context == ContextPass::Justext && !verdicts.drops() {
        context::settle_blocks(&mut verdicts, page, rules);
    }
    verdicts
}

/// The sentences of a block that are judged.
fn sentences_of<'p>(
    view: &'p PageView<'p>,
    page: &Page,
    number: usize,
    block: &Block,
) -> Cow<'p, [Span]> {
    match block.kind {
        // Cut for signals too, and once.
        BlockKind::Paragraph | BlockKind::Quote => Cow::Borrowed(view.block_sentences(number)),
        _ => Cow::Owned(segment::sentences(&page.text, block)),
    }
}

/// What stands in a kept block is kept.
fn protect(sentences: &mut [SentenceVerdict], block: &Verdict) {
    for sentence in sentences {
        if sentence.verdict.removes() || sentence.verdict.action == Action::Cut {
            sentence.verdict.action = block.action;
            sentence.verdict.by = block.by;
        }
    }
}

fn strengths_max(strengths: &mut Strengths, verdict: &Verdict, sentences: &[SentenceVerdict]) {
    strengths.add(&verdict.hits);
    for sentence in sentences {
        strengths.add(&sentence.verdict.hits);
    }
}

/// Judges what editing left of a document.
pub fn judge_document<'p>(
    view: &'p PageView<'p>,
    on_page: &OnPage<'_, 'p>,
    strengths: &Strengths,
    notes: &mut Notes,
) -> Verdict {
    let rules = on_page.rules();
    if !rules.has_scope(Scope::Document) {
        on_page.show(&view.document());
        return Verdict::nothing();
    }
    judge_whole(&view.document(), on_page, strengths, notes)
}

/// Judges a target that is the whole text.
fn judge_whole<'p>(
    target: &Measured<'p>,
    on_page: &OnPage<'_, 'p>,
    strengths: &Strengths,
    notes: &mut Notes,
) -> Verdict {
    let rules = on_page.rules();
    let mut evaluation = on_page.evaluate(target.scope, target, strengths);
    rules.forget_outweighed(&mut evaluation);
    notes.take(target, &mut evaluation, on_page.is_noting());
    let limits = Limits { act_at: rules.decide().drop_document_at, act: Action::Drop };
    let mut verdict = decide(evaluation.hits, rules, limits);
    let flag_at = rules.decide().flag_document_at;
    if verdict.action == Action::Keep
        && !verdict.is_protected()
        && verdict.points.scores.iter().any(|score| *score >= flag_at)
    {
        verdict.action = Action::Flag;
        verdict.by = DecidedBy::Points;
    }
    verdict
}

/// From how many points on a target is acted upon, and how.
#[derive(Clone, Copy)]
struct Limits {
    act_at: f64,
    act: Action,
}

/// Actions first, the strongest of them; then points.
fn decide(mut hits: Vec<Hit>, rules: &RuleSet, limits: Limits) -> Verdict {
    if hits.is_empty() && limits.act_at > 0.0 {
        return Verdict::nothing();
    }
    if let [hit] = hits.as_slice()
        && let rule = rules.rule(hit.rule)
        && rule.status != Status::Preview
        && let Effect::Action(action @ (Action::Keep | Action::Drop | Action::Remove)) = rule.effect
    {
        // An action settles it alone: there is nothing to add up.
        let by = DecidedBy::Action(hit.rule);
        return Verdict { action, by, points: Points::of_action(action, rule.category), hits };
    }
    for hit in &mut hits {
        if rules.rule(hit.rule).status == Status::Preview {
            // It decides nothing, so it must not cut beside another rule that does.
            hit.matches.clear();
        }
    }
    let points = points::add_up(&mut hits, rules);
    let by_action = |wanted: Action| {
        hits.iter().map(|hit| (hit.rule, rules.rule(hit.rule))).find_map(|(id, rule)| {
            let acts = rule.status != Status::Preview && rule.effect == Effect::Action(wanted);
            acts.then_some((wanted, DecidedBy::Action(id)))
        })
    };
    let settled = [Action::Keep, Action::Drop, Action::Remove].into_iter().find_map(by_action);
    let (action, by) = settled.unwrap_or_else(|| {
        // Floats that should be 1.0 but for rounding must not stay below it.
        if points.total >= limits.act_at - 1e-9 {
            return (limits.act, DecidedBy::Points);
        }
        by_action(Action::Cut)
            .or_else(|| by_action(Action::Flag))
            .unwrap_or((Action::Keep, DecidedBy::Default))
    });
    Verdict { action, by, points, hits }
}
