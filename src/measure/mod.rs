//! Signals of every target of a document, as rules see them, with what became of the target.
//!
//! There is no second line here: the cleaner's own is [watched](crate::rules::Watch), and each
//! target is asked for more signals at the moment at which rules are asked about it. A document
//! that is dropped before it was judged to its end goes down the line once more, dropping nothing,
//! so that its rows hold what rules would have seen.

use std::cell::{Cell, RefCell};
use std::io;

use crate::decode::DecodeError;
use crate::document::{BlockKind, Info, Moves, Record, Scope, Span};
use crate::outcome::{Decision, Guard, Outcome};
use crate::pipeline::Cleaner;
use crate::rules::{Action, Evaluation, RuleId, RuleSet, Watch};
use crate::signals::{self, Measured, Need, SignalId};
use crate::verdict::{DecidedBy, Verdict};

mod characters;
pub mod file;
pub mod spread;
pub mod stats;
#[cfg(test)]
mod tests;
mod values;

use characters::Characters;
use values::Values;

/// What is measured.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The scopes whose targets are measured.
    scopes: Vec<Scope>,
    /// The signals, in the order of [`signals::all`].
    signals: Vec<SignalId>,
    /// Characters of each target's text that are given with it.
    text: usize,
    /// For each scope of [`Scope::ALL`] the places in `signals` of those that are for it.
    of_scope: [Vec<usize>; Scope::ALL.len()],
}

/// Why something cannot be measured.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WantedError {
    /// A signal is measured on none of the scopes.
    #[error("signal `{signal}` is not measured on {asked}: it is for {possible}")]
    OtherScope {
        /// The signal's name.
        signal: &'static str,
        /// The scopes asked for.
        asked: String,
        /// Those on which it can be measured.
        possible: String,
    },
    /// No scope is named.
    #[error("no scope to measure on is named")]
    NoScope,
}

/// The names of scopes, joined.
fn listed(scopes: impl Iterator<Item = Scope>) -> String {
    let names: Vec<&str> = scopes.map(Scope::name).collect();
    names.join(", ")
}

impl Wanted {
    /// These signals on targets of these scopes, with so many characters of each target's text.
    ///
    /// # Errors
    /// If there is no scope, or a signal is for none of them.
    pub fn new(scopes: &[Scope], signals: &[SignalId], text: usize) -> Result<Self, WantedError> {
        let wanted = Self::of_those_that_fit(scopes, signals, text);
        if wanted.scopes.is_empty() {
            return Err(WantedError::NoScope);
        }
        match signals.iter().find(|id| !wanted.signals.contains(id)) {
            Some(id) => Err(WantedError::OtherScope {
                signal: id.signal().name,
                asked: listed(wanted.scopes.iter().copied()),
                possible: listed(Scope::ALL.into_iter().filter(|of| id.signal().is_for(*of))),
            }),
            None => Ok(wanted),
        }
    }

    /// The same, leaving out signals that are for none of the scopes.
    pub fn of_those_that_fit(scopes: &[Scope], signals: &[SignalId], text: usize) -> Self {
        let scopes: Vec<Scope> = Scope::ALL.into_iter().filter(|s| scopes.contains(s)).collect();
        let fits = |id: &SignalId| scopes.iter().any(|scope| id.signal().is_for(*scope));
        let mut signals: Vec<SignalId> = signals.iter().copied().filter(fits).collect();
        signals.sort_unstable();
        signals.dedup();
        let of_scope = Scope::ALL.map(|scope| {
            let is_for = |(_, id): &(usize, &SignalId)| id.signal().is_for(scope);
            signals.iter().enumerate().filter(is_for).map(|(place, _)| place).collect()
        });
        Self { scopes, signals, text, of_scope }
    }

    /// The scopes whose targets are measured, in the order of [`Scope::ALL`].
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// The signals, in the order of [`signals::all`].
    pub fn signals(&self) -> &[SignalId] {
        &self.signals
    }

    /// Characters of each target's text that are given with it.
    pub fn text(&self) -> usize {
        self.text
    }

    fn of_scope(&self, scope: Scope) -> &[usize] {
        let place = Scope::ALL.iter().position(|known| *known == scope);
        place.and_then(|place| self.of_scope.get(place)).map_or(&[], Vec::as_slice)
    }
}

/// All signals; without a survey those that do without.
pub fn all_signals(has_survey: bool) -> Vec<SignalId> {
    let needs_survey =
        |id: &SignalId| id.signal().needs.iter().any(|need| matches!(need, Need::Survey(_)));
    let all = (0..signals::all().len() as u16).map(SignalId);
    all.filter(|id| has_survey || !needs_survey(id)).collect()
}

/// The scopes that are measured where none is named: blocks and documents, and areas where rules
/// judge such.
pub fn usual_scopes(rules: &RuleSet) -> Vec<Scope> {
    let areas = rules.has_scope(Scope::Area).then_some(Scope::Area);
    areas.into_iter().chain([Scope::Block, Scope::Document]).collect()
}

/// A target, before it is known what becomes of it.
#[derive(Debug)]
struct Head {
    scope: Scope,
    /// Number of its block in the page.
    block: Option<usize>,
    kind: Option<BlockKind>,
    /// Its place in the page's text; not set for a target that is the whole text.
    span: Span,
    characters: usize,
    /// The begin of its text, where that is not a part of the page's.
    text: Option<Box<str>>,
    /// For an area, the rules that fired on it.
    fired: Vec<RuleId>,
}

/// Measures documents by a cleaner's rules. One can serve many threads.
#[derive(Debug)]
pub struct Measurer {
    cleaner: Cleaner,
    to_the_end: Cleaner,
    wanted: Wanted,
}

impl Measurer {
    /// A measurer of what is wanted, under the rules, the survey and the model of a cleaner.
    pub fn new(cleaner: Cleaner, wanted: Wanted) -> Self {
        let cleaner = cleaner.in_full();
        let to_the_end = cleaner.clone().to_the_end();
        Self { cleaner, to_the_end, wanted }
    }

    /// What is measured.
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// The rules in force.
    pub fn rules(&self) -> &RuleSet {
        self.cleaner.rules()
    }

    /// Measures a document.
    ///
    /// # Errors
    /// If the record's body is not text. That values could not be put on disk is told by
    /// [`Targets::each`].
    pub fn measure(&self, record: Record) -> Result<Targets, DecodeError> {
        let watcher = Watcher::new(&self.wanted);
        let again = record.clone();
        let outcome = self.cleaner.clean_watched(record, &watcher)?;
        // Whoever was judged as a document was judged to the end.
        if outcome.decision != Decision::Dropped || outcome.on_document.drops() {
            return Ok(watcher.finish(&outcome, outcome.decision));
        }
        let watcher = Watcher::new(&self.wanted);
        let on_all = self.to_the_end.clean_watched(again, &watcher)?;
        Ok(watcher.finish(&on_all, outcome.decision))
    }
}

/// Asks targets for signals as they are judged.
#[derive(Debug)]
struct Watcher<'w> {
    wanted: &'w Wanted,
    moves: RefCell<Option<Moves>>,
    heads: RefCell<Vec<Head>>,
    values: RefCell<Values>,
    /// True from when values could not be kept.
    failed: Cell<bool>,
}

impl<'w> Watcher<'w> {
    fn new(wanted: &'w Wanted) -> Self {
        Self {
            wanted,
            moves: RefCell::default(),
            heads: RefCell::default(),
            values: RefCell::new(Values::new()),
            failed: Cell::new(false),
        }
    }

    /// The targets with what became of them.
    fn finish(self, outcome: &Outcome, decision: Decision) -> Targets {
        let failed = self.failed.get();
        let fates = Fates { outcome, decision };
        let heads = self.heads.into_inner();
        let fates = heads.iter().map(|head| fates.of(head)).collect();
        Targets {
            info: outcome.info().clone(),
            decision,
            text: outcome.page.text.clone(),
            heads,
            fates,
            values: self.values.into_inner(),
            failed,
        }
    }
}

impl Watch for Watcher<'_> {
    fn moved(&self, moves: Option<&Moves>) {
        *self.moves.borrow_mut() = moves.cloned();
    }

    fn target(&self, target: &Measured<'_>, done: &Evaluation) {
        if !self.wants(target.scope) || self.failed.get() {
            return;
        }
        let moves = self.moves.borrow();
        let moves = moves.as_ref().filter(|_| target.block.is_some());
        let is_other_text = matches!(target.scope, Scope::Source | Scope::Document);
        let text = target.text();
        let fired = match target.scope {
            Scope::Area => done.hits.iter().map(|hit| hit.rule).collect(),
            _ => Vec::new(),
        };
        self.heads.borrow_mut().push(Head {
            scope: target.scope,
            block: target.block.map(|block| moves.map_or(block, |moves| moves.block(block))),
            kind: target.kind(),
            span: moves.map_or(target.span, |moves| moves.span(target.span)),
            characters: text.chars().count(),
            text: is_other_text.then(|| first_characters(text, self.wanted.text).into()),
            fired,
        });
        let places = self.wanted.of_scope(target.scope).iter();
        let asked = places.filter_map(|place| self.wanted.signals.get(*place));
        let values = asked.map(|id| target.value(*id));
        if self.values.borrow_mut().push(values).is_err() {
            self.failed.set(true);
        }
    }

    fn wants(&self, scope: Scope) -> bool {
        self.wanted.scopes.contains(&scope)
    }
}

/// So many characters of a text, from its begin.
fn first_characters(text: &str, most: usize) -> &str {
    let end = text.char_indices().nth(most).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or("")
}

/// What became of a target.
#[derive(Clone, Debug)]
struct Fate {
    action: Action,
    by: DecidedBy,
    leading: Option<RuleId>,
    points: f64,
    removed: bool,
    fired: Vec<RuleId>,
}

impl Fate {
    fn of(verdict: &Verdict) -> Self {
        Self {
            action: verdict.action,
            by: verdict.by,
            leading: verdict.leading(),
            points: verdict.points.total,
            removed: false,
            fired: verdict.hits.iter().map(|hit| hit.rule).collect(),
        }
    }
}

/// What became of a document's targets.
struct Fates<'o> {
    /// The document judged to its end.
    outcome: &'o Outcome,
    decision: Decision,
}

impl Fates<'_> {
    fn of(&self, head: &Head) -> Fate {
        let fate = self.verdict(head).map_or_else(|| Fate::of(&Verdict::nothing()), Fate::of);
        let fate = match head.scope {
            Scope::Area => self.of_area(head, fate),
            _ => fate,
        };
        Fate { removed: self.is_gone(head), ..fate }
    }

    /// The verdict on a target; `None` where nothing fired.
    fn verdict(&self, head: &Head) -> Option<&Verdict> {
        let outcome = self.outcome;
        let of_block = || outcome.on_blocks.blocks.get(head.block?);
        match head.scope {
            Scope::Source => Some(&outcome.on_source),
            Scope::Page => Some(&outcome.on_page),
            Scope::Document => Some(&outcome.on_document),
            Scope::Area | Scope::Block => Some(&of_block()?.verdict),
            Scope::Sentence => {
                let sentences = &of_block()?.sentences;
                let at = sentences.partition_point(|known| known.span.start < head.span.start);
                let found = sentences.get(at).filter(|known| known.span == head.span);
                found.map(|known| &known.verdict)
            }
        }
    }

    /// An area that stays is judged again, as a block: then this is not the verdict on the area.
    fn of_area(&self, head: &Head, fate: Fate) -> Fate {
        let of_areas = fate.fired.iter().any(|rule| head.fired.contains(rule));
        match fate.action {
            Action::Remove if of_areas => fate,
            _ => Fate { fired: head.fired.clone(), ..Fate::of(&Verdict::nothing()) },
        }
    }

    /// True if nothing of a target's text but white space comes out.
    fn is_gone(&self, head: &Head) -> bool {
        if self.decision == Decision::Dropped {
            return true;
        }
        if self.outcome.guard == Guard::Left || head.block.is_none() {
            return false;
        }
        let text = &self.outcome.page.text;
        let removals = self.outcome.removals();
        let from = removals.partition_point(|removal| removal.span.end <= head.span.start);
        let mut at = head.span.start;
        for removal in removals.iter().skip(from) {
            if removal.span.start >= head.span.end {
                break;
            }
            if !is_blank(Span::new(at, removal.span.start).of(text)) {
                return false;
            }
            at = at.max(removal.span.end);
        }
        is_blank(Span::new(at, head.span.end).of(text))
    }
}

fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// All targets of a document, with their values.
#[derive(Debug)]
pub struct Targets {
    info: Info,
    decision: Decision,
    /// The page's text.
    text: String,
    heads: Vec<Head>,
    fates: Vec<Fate>,
    values: Values,
    failed: bool,
}

/// One target with its values and what became of it.
#[derive(Clone, Copy, Debug)]
pub struct Target<'t> {
    /// What is known of its document.
    pub info: &'t Info,
    /// Registered domain of the document's address, or the group that its record names.
    pub host: Option<&'t str>,
    /// What became of the document.
    pub decision: Decision,
    /// What it is.
    pub scope: Scope,
    /// Number of the block that it is or lies in, in the whole page.
    pub block: Option<usize>,
    /// Kind of that block.
    pub kind: Option<BlockKind>,
    /// Its place in the page's text, in bytes; a document's is all of it.
    pub span: Span,
    /// The same in characters.
    pub characters_at: (u64, u64),
    /// Characters of its text; for a document of what is left of it.
    pub characters: usize,
    /// The begin of its text.
    pub text: &'t str,
    /// What was decided of it.
    pub action: Action,
    /// Who decided.
    pub by: DecidedBy,
    /// The rule that the decision is laid to.
    pub leading: Option<RuleId>,
    /// Its points.
    pub points: f64,
    /// Nothing of it comes out.
    pub removed: bool,
    /// The rules that fired on it, those that count for nothing by themselves included.
    pub fired: &'t [RuleId],
    /// For each signal of [`Wanted::signals`] its value; `None` is undefined, or not measured on
    /// this scope.
    pub values: &'t [Option<f64>],
}

impl Targets {
    /// Number of targets.
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// What became of the document.
    pub fn decision(&self) -> Decision {
        self.decision
    }

    /// Calls `take` with each target, in the order in which they were judged: the page, its areas,
    /// each block behind its sentences, the document.
    ///
    /// # Errors
    /// The first of `take`; or that values could not be put on disk, or read from there.
    pub fn each<E: From<io::Error>>(
        self,
        wanted: &Wanted,
        mut take: impl FnMut(&Target<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Targets { info, decision, text, heads, fates, values, failed } = self;
        if failed {
            return Err(io::Error::other("values do not fit into the temporary folder").into());
        }
        let characters = Characters::of(&text);
        let host = info.group();
        let mut values = values.read()?;
        let mut of_target = vec![None; wanted.signals.len()];
        for (head, fate) in heads.iter().zip(&fates) {
            of_target.fill(None);
            for place in wanted.of_scope(head.scope) {
                let value = values.next()?;
                if let Some(cell) = of_target.get_mut(*place) {
                    *cell = value;
                }
            }
            let span = if head.block.is_none() { Span::new(0, text.len()) } else { head.span };
            let own = || first_characters(span.of(&text), wanted.text);
            take(&Target {
                info: &info,
                host: host.as_deref(),
                decision,
                scope: head.scope,
                block: head.block,
                kind: head.kind,
                span,
                characters_at: (characters.before(span.start), characters.before(span.end)),
                characters: head.characters,
                text: head.text.as_deref().unwrap_or_else(own),
                action: fate.action,
                by: fate.by,
                leading: fate.leading,
                points: fate.points,
                removed: fate.removed,
                fired: &fate.fired,
                values: &of_target,
            })?;
        }
        Ok(())
    }
}
