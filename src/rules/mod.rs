//! Rules: from files to compiled rules, from rules and a measured target to hits.
//!
//! Three stages: `file` (what was written) → `load` (extended and overridden, each value
//! with its origin) → [`RuleSet`] (ids resolved, patterns compiled).

use std::fmt;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::document::{BlockKind, Document, Page, Scope, Span};
use crate::segment::html::{Extent, Wanted};
use crate::signals::{Need, SignalId};
use crate::survey::{Part, Settings};

mod bank;
mod builtin;
pub mod check;
mod closed;
mod compile;
pub mod conditions;
mod demands;
mod docs;
mod effective;
mod error;
mod evaluate;
mod file;
mod groups;
mod limits;
mod load;
pub mod overlay;
mod phrase_walk;
mod plan;
mod reader;
pub mod recall;
pub mod scaffold;
mod schema;
mod seams;
pub mod settings;
mod starts;
#[cfg(test)]
mod tests;

pub use crate::segment::Unit as SegmentUnit;
pub use docs::docs;
pub use error::nearest as nearest_name;
pub use error::{Place, RuleError, RuleErrors, Warning};
pub use evaluate::{Beside, Clock, OnPage, Watch};
pub(crate) use groups::is_outweighed;
pub use limits::{Level, Limits, Measure};
pub use schema::schema_json;

/// One of the six things a rule can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// Promotion, doorway and keyword text.
    Spam,
    /// Copies within a document or across the corpus.
    Repeats,
    /// Filler: generated profiles, lorem ipsum, unfilled templates.
    Placeholder,
    /// Lists of links that are not about the page.
    Links,
    /// Page furniture.
    Boilerplate,
    /// Limits on what a document must be like.
    Quality,
}

impl Category {
    /// All categories, in order.
    pub const ALL: [Category; 6] = [
        Category::Spam,
        Category::Repeats,
        Category::Placeholder,
        Category::Links,
        Category::Boilerplate,
        Category::Quality,
    ];

    /// The name used in rules files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Category::Spam => "spam",
            Category::Repeats => "repeats",
            Category::Placeholder => "placeholder",
            Category::Links => "links",
            Category::Boilerplate => "boilerplate",
            Category::Quality => "quality",
        }
    }
}

/// What a rule does by itself, or what became of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Keeps the target whatever else hits it.
    Keep,
    /// Stands in the report; changes nothing.
    Flag,
    /// Removes the matched text only.
    Cut,
    /// Removes the block (or the sentence).
    Remove,
    /// Drops the whole document.
    Drop,
    /// Nothing by itself; other rules refer to it.
    Part,
}

impl Action {
    /// All actions, in the order of the documentation.
    pub const ALL: [Action; 6] =
        [Action::Keep, Action::Flag, Action::Cut, Action::Remove, Action::Drop, Action::Part];

    /// The name used in rules files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Action::Keep => "keep",
            Action::Flag => "flag",
            Action::Cut => "cut",
            Action::Remove => "remove",
            Action::Drop => "drop",
            Action::Part => "part",
        }
    }
}

/// A rule's effect: evidence or an action.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// Points of a full hit, −1 to 1.
    Weight(f64),
    /// An action that settles the matter.
    Action(Action),
}

impl Effect {
    /// What lists of rules say of it: `weight 0.5`, or the action's name.
    pub fn text(self) -> String {
        match self {
            Effect::Weight(weight) => format!("weight {weight}"),
            Effect::Action(action) => action.name().to_owned(),
        }
    }
}

/// How finished a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// In force.
    Stable,
    /// Evaluated and reported; decides nothing.
    Preview,
    /// In force, but on its way out.
    Deprecated,
}

impl Status {
    /// All stages, in order.
    pub const ALL: [Status; 3] = [Status::Stable, Status::Preview, Status::Deprecated];

    /// The name used in rules files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Status::Stable => "stable",
            Status::Preview => "preview",
            Status::Deprecated => "deprecated",
        }
    }
}

/// What becomes of a rule that needs a survey in a run that has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WithoutSurvey {
    /// The run stops before its first record.
    #[default]
    Error,
    /// The rule is off, and the report says so.
    Skip,
}

impl WithoutSurvey {
    /// The name used in rules files.
    pub fn name(self) -> &'static str {
        match self {
            WithoutSurvey::Error => "error",
            WithoutSurvey::Skip => "skip",
        }
    }
}

/// Number of a rule in its [`RuleSet`].
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct RuleId(pub u16);

/// Number of a group in its [`RuleSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub u16);

/// A compiled rule.
#[derive(Debug)]
pub struct Rule {
    /// Full name: `set/name`.
    pub name: String,
    /// What it finds.
    pub about: String,
    /// Why that is unwanted.
    pub why: Option<String>,
    /// Paper, project or issue that it follows.
    pub source: Option<String>,
    /// Its category.
    pub category: Category,
    /// What it looks at.
    pub scope: Scope,
    /// Block kinds it looks at; empty means all.
    pub on: Vec<BlockKind>,
    /// Weight or action.
    pub effect: Effect,
    /// The group whose cap it shares.
    pub group: Option<GroupId>,
    /// Rules whose points its hit takes away.
    pub replaces: Vec<RuleId>,
    /// How finished it is.
    pub status: Status,
    /// The first of its signals that needs a survey.
    pub surveyed: Option<SignalId>,
    /// What becomes of it without a survey, if it needs one.
    pub without_survey: WithoutSurvey,
    /// Languages (ISO 639-1) it is for; empty means all.
    pub languages: Vec<String>,
    /// Version or date that brought it.
    pub since: Option<String>,
    /// The file that defines it, as it was named.
    pub file: String,
    /// Texts on which it must fire.
    pub hits: Vec<String>,
    /// Texts on which it must not fire.
    pub misses: Vec<String>,
    /// Labelled seeds, `file:id`, on which it must fire.
    pub hit_seeds: Vec<String>,
    /// Labelled seeds, `file:id`, on which it must not fire.
    pub miss_seeds: Vec<String>,
    /// The numbers of its condition.
    pub thresholds: Vec<Threshold>,
    /// Its condition.
    pub(crate) condition: conditions::Condition,
}

/// A number of a rule's condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// Its address in the rule: `dense.above`, `outside.low`.
    pub address: String,
    /// What it bounds: `above`, `at-least`, `below`, `at-most`, `outside.low`, `outside.high`,
    /// `ramp.from`, `ramp.to`.
    pub bound: &'static str,
    /// The signal held against it; `None` for a number of matches.
    pub signal: Option<SignalId>,
    /// The number.
    pub value: f64,
}

/// `[decide]`: how points become decisions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decide {
    /// A block (or sentence) with so many points or more is removed.
    pub remove_block_at: f64,
    /// A document with so many points or more is dropped.
    pub drop_document_at: f64,
    /// A document with so many points or more in one category is flagged.
    pub flag_document_at: f64,
    /// A block with so many points or more is unsure.
    pub unsure_from: f64,
    /// A block shorter than this (characters) is unsure even without points.
    pub short_below: usize,
    /// Longest run of unsure blocks (characters) that its neighbours may settle.
    pub context_reach: usize,
    /// How unsure blocks are settled.
    pub context: ContextPass,
    /// The guard trips when more than this share of a document's characters would go.
    pub guard_share: f64,
    /// The guard does not trip when so many characters (white space aside) or more would be left.
    pub guard_spares: usize,
    /// What the guard does with the document.
    pub guard_action: GuardAction,
    /// What becomes of the white space around blocks.
    pub layout: Layout,
}

impl Decide {
    /// The keys of `[decide]`, one for each field.
    pub(crate) const KEYS: [&'static str; 11] = [
        "remove-block-at",
        "drop-document-at",
        "flag-document-at",
        "unsure-from",
        "short-below",
        "context-reach",
        "context",
        "guard-share",
        "guard-spares",
        "guard-action",
        "layout",
    ];
}

/// `guard-spares` where no rules file says it: so much is left of nothing.
const MOST_SPARED: usize = 1_000_000;

impl Default for Decide {
    fn default() -> Self {
        Self {
            remove_block_at: 1.0,
            drop_document_at: 1.0,
            flag_document_at: 0.5,
            unsure_from: 0.4,
            short_below: 70,
            context_reach: 200,
            context: ContextPass::Justext,
            guard_share: 0.9,
            guard_spares: MOST_SPARED,
            guard_action: GuardAction::Drop,
            layout: Layout::Keep,
        }
    }
}

/// How unsure blocks are settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContextPass {
    /// By their neighbours, after jusText; a heading goes with what it heads.
    Justext,
    /// They stay.
    None,
}

/// What happens to a document of which too much would go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuardAction {
    /// It is dropped whole.
    Drop,
    /// It is left as it was, and flagged.
    Flag,
    /// Nothing: the cuts are made.
    None,
}

/// What becomes of the white space around blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// It stays; what is cut takes with it the white space that would stand twice.
    #[default]
    Keep,
    /// The kept blocks stand with one line break between two of them, and a cut takes exactly
    /// what its rule matched: how C4 joins the lines it keeps.
    Lines,
}

/// A group of rules that share a cap.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The most points its rules can give together.
    pub max_weight: f64,
}

/// A rule fired on a target.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The rule.
    pub rule: RuleId,
    /// How far its condition holds, above 0 to 1.
    pub strength: f64,
    /// The values behind it, one for each leaf of the condition.
    pub evidence: Vec<Evidence>,
    /// For `cut` rules: the matched text, as places in the page's text, merged and in order.
    pub matches: Vec<Span>,
}

/// What one leaf of a condition saw.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Address of the leaf in its rule: `dense`, or empty for a condition that is one leaf.
    pub condition: Arc<str>,
    /// What was asked: a signal's name, `pattern`, `phrases NAME`, `rule NAME`.
    pub asked: Arc<str>,
    /// The value seen: the signal's value, number of matches, or strength; `None` is undefined.
    pub value: Option<f64>,
    /// The bound it was held against, as written: `above 0.6`, `ramp 0.3 to 0.1`.
    pub bound: Arc<str>,
    /// How far the leaf holds; `None` is undefined.
    pub strength: Option<f64>,
}

/// What came of a scope's rules on one target.
#[derive(Clone, Debug, Default)]
pub struct Evaluation {
    /// The rules that fired, in the order of the set, `part` and preview rules included.
    pub hits: Vec<Hit>,
    /// Rules whose condition was undefined.
    pub undefined: Vec<RuleId>,
    /// Rules skipped because the language is unknown or another.
    pub skipped: Vec<RuleId>,
    /// Rules that were a hair's breadth from deciding otherwise.
    pub near: Vec<NearBound>,
    /// With a clock, nanoseconds spent on each rule; a signal's time counts for the rule that asks first.
    pub times: Vec<(RuleId, u64)>,
}

/// The greatest strength each rule has reached so far on targets of earlier scopes.
///
/// A document rule that names a block rule sees the greatest strength among the blocks,
/// a block rule that names a sentence rule the greatest among the block's sentences.
#[derive(Clone, Debug, Default)]
pub struct Strengths(Vec<(RuleId, f64)>);

impl Strengths {
    /// Takes in the hits of a target.
    pub fn add(&mut self, hits: &[Hit]) {
        for hit in hits {
            match self.0.iter_mut().find(|(rule, _)| *rule == hit.rule) {
                Some((_, strength)) => *strength = strength.max(hit.strength),
                None => self.0.push((hit.rule, hit.strength)),
            }
        }
    }

    /// The greatest strength of a rule; 0 if it has not fired.
    pub fn of(&self, rule: RuleId) -> f64 {
        self.0.iter().find(|(known, _)| *known == rule).map_or(0.0, |(_, strength)| *strength)
    }
}

/// A compiled set of rules. Cloning is cheap.
///
/// ```
/// let rules = tamis::RuleSet::from_text(
///     "mine",
///     r#"
///     format = 1
///     about = "An example"
///     category = "boilerplate"
///
///     [rules.cookie-notice]
///     about = "A notice about cookies"
///     why = "It is about the site, not the page."
///     scope = "block"
///     action = "remove"
///     when = { phrases = ["this site uses cookies"] }
///     hits = ["This site uses cookies. OK"]
///     misses = ["She bakes cookies."]
///     "#,
/// )?;
/// assert_eq!(rules.rules()[0].name, "mine/cookie-notice");
/// # Ok::<(), tamis::rules::RuleErrors>(())
/// ```
#[derive(Clone, Default)]
pub struct RuleSet {
    inner: Arc<Compiled>,
    /// True if the rules that need a survey are off.
    without_survey: bool,
}

/// What signals ask of a survey.
fn survey_parts(signals: &[SignalId]) -> impl Iterator<Item = Part> + '_ {
    let needs = signals.iter().flat_map(|id| id.signal().needs);
    needs.filter_map(|need| match need {
        Need::Survey(part) => Some(*part),
        Need::StopWords => None,
    })
}

/// What a [`RuleSet`] holds.
#[derive(Debug, Default)]
struct Compiled {
    rules: Vec<Rule>,
    groups: Vec<Group>,
    decide: Decide,
    limits: Limits,
    unit: SegmentUnit,
    survey: Settings,
    signals: Vec<SignalId>,
    /// Found out at the first ask.
    needs_language: OnceLock<bool>,
    /// For each scope, in the order of [`Scope::ALL`].
    scopes: [plan::ScopeRules; Scope::ALL.len()],
    /// Groups that are forgotten as a whole where they are outweighed.
    free_groups: Vec<GroupId>,
    bank: Arc<bank::Bank>,
    warnings: Vec<Warning>,
    effective: String,
    hash: String,
}

impl fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuleSet")
            .field("rules", &self.inner.rules.len())
            .field("hash", &self.inner.hash)
            .finish_non_exhaustive()
    }
}

/// A rule that was a hair's breadth from deciding otherwise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NearBound {
    /// The rule.
    pub rule: RuleId,
    /// The smallest distance of a number to its bound, divided by the bound, below 0.2; negative where
    /// the rule did not fire.
    pub margin: f64,
    /// The part of its condition with that number, for [`Rule::bound_of`].
    pub leaf: usize,
}

impl Rule {
    /// What a part of the condition asks, as reports show it: `link_density above 0.6`. `None` for a
    /// number that is no part of it.
    pub fn bound_of(&self, leaf: usize) -> Option<String> {
        let leaf = self.condition.leaves.get(leaf)?;
        Some(format!("{} {}", leaf.asked, leaf.bound))
    }

    /// True if a hit of the rule counts: it is neither a part nor in preview.
    pub fn counts(&self) -> bool {
        self.effect != Effect::Action(Action::Part) && self.status != Status::Preview
    }
}

/// Names of the built-in rules files, presets with their folder and without.
pub fn builtin_names() -> Vec<&'static str> {
    builtin::names()
}

/// The text of a built-in rules file by its name.
pub fn builtin_text(name: &str) -> Option<&'static str> {
    builtin::find(name).map(|file| file.text)
}

impl RuleSet {
    /// Loads rules files: each name is built in (`web`, `boilerplate`) or a path (it ends in
    /// `.toml`, or contains a path separator and exists). Of several, later ones win, as with
    /// `extends`.
    ///
    /// # Errors
    /// All mistakes in all files; also if there is no name.
    pub fn load<I, S>(names: I) -> Result<RuleSet, RuleErrors>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        check::finish(load::Loader::read_all(names))
    }

    /// The preset that is used unless another is named: `web`.
    ///
    /// # Errors
    /// None for a program as released: its tests load the preset.
    pub fn default_preset() -> Result<RuleSet, RuleErrors> {
        Self::load(["web"])
    }

    /// Rules from the text of a rules file, as if it stood in a file of that name. It may extend
    /// built-in files only.
    ///
    /// # Errors
    /// All mistakes in the text.
    pub fn from_text(name: &str, text: &str) -> Result<RuleSet, RuleErrors> {
        let mut loader = load::Loader::default();
        loader.read_text(name, text);
        check::finish(loader)
    }

    /// The rules in force, in the order of files and lines; a [`RuleId`] is a place in them.
    pub fn rules(&self) -> &[Rule] {
        &self.inner.rules
    }

    /// A rule of this set.
    ///
    /// # Panics
    /// If the id is of another, larger set.
    pub fn rule(&self, id: RuleId) -> &Rule {
        &self.inner.rules[usize::from(id.0)]
    }

    /// The rule of a full name, `set/name`.
    pub fn by_name(&self, name: &str) -> Option<RuleId> {
        let place = self.inner.rules.iter().position(|rule| rule.name == name)?;
        Some(RuleId(place as u16))
    }

    /// The groups, by name; a [`GroupId`] is a place in them.
    pub fn groups(&self) -> &[Group] {
        &self.inner.groups
    }

    /// How points become decisions.
    pub fn decide(&self) -> &Decide {
        &self.inner.decide
    }

    /// When a run is stopped or warned of. They are no part of [`RuleSet::hash`].
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// What rules of scope `block` judge.
    pub fn unit(&self) -> SegmentUnit {
        self.inner.unit
    }

    /// True if a rule in force looks at this scope.
    pub fn has_scope(&self, scope: Scope) -> bool {
        self.inner.rules.iter().any(|rule| rule.scope == scope)
    }

    /// Cuts a document into what the rules judge. What a page in HTML does not show is part of it
    /// only if rules of scope `area` choose among its blocks.
    pub fn cut(&self, document: Document) -> Page {
        self.cut_to(document, false)
    }

    /// As [`cut`](RuleSet::cut); if asked for, with [`Page::structure`] of a page in HTML.
    pub fn cut_to(&self, document: Document, structure: bool) -> Page {
        let extent = if self.has_scope(Scope::Area) { Extent::All } else { Extent::Shown };
        self.unit().cut(document, Wanted { extent, structure })
    }

    /// True if a document must be cut into blocks, whatever it holds: a rule judges blocks or
    /// sentences. Otherwise it is cut only where a signal of the whole document looks at them.
    pub fn needs_blocks(&self) -> bool {
        self.has_scope(Scope::Sentence)
            || self.has_scope(Scope::Block)
            || self.has_scope(Scope::Area)
            || self.decide().layout != Layout::Keep
    }

    /// True if a document's language must be known: a rule is for some languages, or a signal heeds
    /// it. Otherwise none is detected.
    pub fn needs_language(&self) -> bool {
        *self.inner.needs_language.get_or_init(|| {
            self.rules().iter().any(|rule| !rule.languages.is_empty())
                || self.signals().iter().any(|signal| signal.heeds_language())
        })
    }

    /// All signals that the rules in force use, in the order of [`crate::signals::all`].
    pub fn signals(&self) -> &[SignalId] {
        &self.inner.signals
    }

    /// What a survey must count to serve these rules.
    pub fn survey_settings(&self) -> Settings {
        self.inner.survey.clone()
    }

    /// True if these rules ask for counts by group.
    pub fn asks_for_groups(&self) -> bool {
        self.survey_parts().any(|part| part == Part::Groups)
    }

    /// What these rules ask of a survey.
    pub fn survey_parts(&self) -> impl Iterator<Item = Part> + '_ {
        survey_parts(self.signals())
    }

    /// The first rule in force that cannot do without a survey, with its signal.
    pub fn needs_survey(&self) -> Option<(RuleId, SignalId)> {
        if self.without_survey {
            return None;
        }
        (0..).map(RuleId).zip(self.rules()).find_map(|(id, rule)| {
            let demands = rule.without_survey == WithoutSurvey::Error;
            Some((id, rule.surveyed.filter(|_| demands)?))
        })
    }

    /// The same rules without those that need a survey: they are not evaluated, and for a rule
    /// that names one of them it is undefined.
    #[must_use]
    pub fn without_survey(self) -> Self {
        Self { without_survey: true, ..self }
    }

    /// True if a rule is off for want of a survey.
    pub fn is_off(&self, id: RuleId) -> bool {
        self.without_survey
            && self.rules().get(usize::from(id.0)).is_some_and(|rule| rule.surveyed.is_some())
    }

    /// The rules that are off for want of a survey.
    pub fn off(&self) -> impl Iterator<Item = &Rule> {
        self.rules().iter().filter(|rule| self.without_survey && rule.surveyed.is_some())
    }

    /// What is odd in the user's own files, in order. Empty for built-in files.
    pub fn warnings(&self) -> &[Warning] {
        &self.inner.warnings
    }

    /// A hash of what is in force: xxh3-128 in hexadecimal digits of [`Self::effective_toml`]
    /// without its comments and of the phrase lists it names.
    pub fn hash(&self) -> String {
        self.inner.hash.clone()
    }

    /// What is in force as one rules file. It loads again to the same [`Self::hash`]; a value
    /// that is not from its rule's own file has a comment `# from FILE`. Examples are left out.
    pub fn effective_toml(&self) -> String {
        self.inner.effective.clone()
    }
}
