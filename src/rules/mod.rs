//! Rules: from files to compiled rules, from rules and a measured target to hits.
//!
//! Three stages: `schema` (what was written) → `load` (extended and overridden, each value
//! with its origin) → [`RuleSet`] (ids resolved, patterns compiled).

use serde::{Deserialize, Serialize};

use crate::document::{BlockKind, Scope, Span};

pub mod conditions;

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

/// A rule's effect: evidence or an action.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Effect {
    /// Points of a full hit, −1 to 1.
    Weight(f64),
    /// An action that settles the matter.
    Action(Action),
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

/// Number of a rule in its [`RuleSet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// Languages (ISO 639-1) it is for; empty means all.
    pub languages: Vec<String>,
    /// Its condition.
    pub(crate) condition: conditions::Condition,
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
    /// What the guard does with the document.
    pub guard_action: GuardAction,
}

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
            guard_action: GuardAction::Drop,
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
    pub condition: String,
    /// What was asked: a signal's name, `pattern`, `phrases NAME`, `rule NAME`.
    pub asked: String,
    /// The value seen: the signal's value, number of matches, or strength; `None` is undefined.
    pub value: Option<f64>,
    /// The bound it was held against, as written: `above 0.6`, `ramp 0.3 to 0.1`.
    pub bound: String,
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
    /// Rules that were a hair's breadth from deciding otherwise: the smallest distance of a
    /// number to its bound, divided by the bound, below 0.2; negative where the rule did not fire.
    pub near: Vec<(RuleId, f64)>,
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

/// A compiled set of rules.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {}
