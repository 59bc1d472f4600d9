//! One rules file as it was written: the first of the three stages. Nothing is looked up in other
//! files here; what can be checked within the file alone is.

use toml::de::DeTable;

use super::conditions::read::{self, Home, check_name};
use super::conditions::{Asks, Threshold, Written, signal};
use super::error::{At, FileNo, Mark, Problems, RuleError, printable};
use super::limits::{self, WrittenLimit};
use super::reader::{Reader, check_table, mark};
use super::schema::{FILE, Shape};
use super::{Action, Category, Effect, SegmentUnit, Status, WithoutSurvey};
use crate::document::{BlockKind, Scope, Span};
use crate::signals::{Need, SignalId};
use crate::survey::minhash::{MinHash, PRESETS};
use crate::survey::{Keep, Ways};

/// A rules file as it was written.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuleFile {
    pub(crate) about: Option<At<String>>,
    pub(crate) extends: Vec<At<String>>,
    pub(crate) unit: Option<At<SegmentUnit>>,
    pub(crate) survey: WrittenSurvey,
    /// Entries of `[decide]` by their keys.
    pub(crate) decide: Vec<(&'static str, At<Setting>)>,
    /// Entries of `[limits]`.
    pub(crate) limits: Vec<WrittenLimit>,
    pub(crate) groups: Vec<(At<String>, Option<At<f64>>)>,
    pub(crate) rules: Vec<WrittenRule>,
    pub(crate) overrides: Vec<Override>,
    /// Former full names of rules, and their names now.
    pub(crate) renamed: Vec<(At<String>, At<String>)>,
}

/// Entries of `[survey]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct WrittenSurvey {
    pub(crate) near_documents: Option<At<MinHash>>,
    pub(crate) keep: Option<At<Keep>>,
    pub(crate) window: Option<At<u8>>,
}

impl WrittenSurvey {
    /// How things are counted: as it says, otherwise as usual.
    pub(crate) fn ways(&self) -> Ways {
        let usual = Ways::default();
        Ways {
            near_documents: self.near_documents.as_ref().map(|at| at.value.clone()),
            keep: self.keep.as_ref().map_or(usual.keep, |at| at.value),
            window: self.window.as_ref().map_or(usual.window, |at| at.value),
        }
    }
}

/// A value of `[decide]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Setting {
    Number(f64),
    Word(String),
}

/// A rule as it was written, with the file's own language and category filled in.
#[derive(Clone, Debug)]
pub(crate) struct WrittenRule {
    /// Full name, marked where the rule's heading names it.
    pub(crate) name: At<String>,
    /// The name of its file's set, which short names of other rules refer to.
    pub(crate) set: String,
    pub(crate) about: Option<At<String>>,
    pub(crate) why: Option<At<String>>,
    pub(crate) source: Option<At<String>>,
    pub(crate) scope: Option<At<Scope>>,
    pub(crate) on: Vec<At<BlockKind>>,
    pub(crate) when: Option<Written>,
    pub(crate) effect: Option<At<Effect>>,
    pub(crate) group: Option<At<String>>,
    pub(crate) replaces: Vec<At<String>>,
    pub(crate) status: Option<At<Status>>,
    pub(crate) without_survey: Option<At<WithoutSurvey>>,
    pub(crate) since: Option<At<String>>,
    pub(crate) category: Option<At<Category>>,
    pub(crate) languages: Vec<At<String>>,
    pub(crate) hits: Vec<At<String>>,
    pub(crate) misses: Vec<At<String>>,
    pub(crate) hit_seeds: Vec<At<String>>,
    pub(crate) miss_seeds: Vec<At<String>>,
    /// False once an override has taken it out.
    pub(crate) enabled: bool,
    /// True once an override has changed it: its examples then need not hold.
    pub(crate) overridden: bool,
    /// True if the heading says the full name, as in files that `rules show --effective` wrote:
    /// what a writer owes a reader (examples, reasons) is not asked of those.
    pub(crate) generated: bool,
}

/// An `[override."set/name"]`.
#[derive(Clone, Debug)]
pub(crate) struct Override {
    pub(crate) name: At<String>,
    pub(crate) thresholds: Vec<(At<String>, At<f64>)>,
    pub(crate) effect: Option<At<Effect>>,
    pub(crate) status: Option<At<Status>>,
    pub(crate) enabled: Option<At<bool>>,
}

/// Reads a file of the set `set`, reporting all that is wrong with it. What is wrong is left out
/// of the result. `None` if the text is not TOML.
pub(crate) fn read(
    problems: &mut Problems,
    file: FileNo,
    set: &str,
    home: Home<'_>,
) -> Option<RuleFile> {
    let text = problems.source(file).text.clone();
    let (table, faults) = DeTable::parse_recoverable(&text);
    if !faults.is_empty() {
        for fault in faults {
            let (message, expected) = match fault.message().split_once(", expected ") {
                Some((message, expected)) => (message.to_owned(), Some(expected.to_owned())),
                None => (fault.message().to_owned(), None),
            };
            let mut error = RuleError::new(format!("not TOML: {message}"));
            error.expected = expected;
            if message == "duplicate key" {
                error.message = "defined twice".to_owned();
            }
            problems.error(mark(file, fault.span().unwrap_or(0..0)), error);
        }
        return None;
    }
    let top = Mark { file, span: Span::default() };
    if let Shape::Table { what, keys } = FILE {
        let keys: Vec<_> = keys.iter().collect();
        check_table(problems, top, table.get_ref(), what, &keys);
    }
    let root = Reader::new(file, table.get_ref());
    if root.key_mark("about").is_none() {
        problems.warn(top, "no `about`: say in a line what the file is for");
    }
    let mut result = RuleFile {
        about: root.text("about"),
        extends: root.texts("extends").unwrap_or_default(),
        unit: root.table("segment").and_then(|segment| unit(segment)),
        survey: root.table("survey").map(|table| survey(problems, table)).unwrap_or_default(),
        decide: root.table("decide").map(decide).unwrap_or_default(),
        limits: root.table("limits").map(|table| limits::read(set, table)).unwrap_or_default(),
        ..RuleFile::default()
    };
    if let Some(groups) = root.table("groups") {
        for (name, group) in groups.tables() {
            check_name(problems, &name, "a group's name");
            result.groups.push((name, group.number("max-weight")));
        }
    }
    let languages = languages(problems, root);
    let category = root.text("category").and_then(|word| named(&word, category_of));
    let source = root.text("source");
    if let Some(rules) = root.table("rules") {
        for (name, rule) in rules.tables() {
            let mut rule = read_rule(problems, set, home, name, rule);
            if !rule.says_language {
                rule.rule.languages.clone_from(&languages);
            }
            rule.rule.source = rule.rule.source.or_else(|| source.clone());
            rule.rule.category = rule.rule.category.or_else(|| category.clone());
            if rule.rule.category.is_none() && !rule.says_category {
                let error = RuleError::new(format!("no `category` in rule `{}`", rule.short))
                    .expected("`category` in the rule, or for all rules at the top of the file");
                problems.error(rule.rule.name.mark, error);
            }
            result.rules.push(rule.rule);
        }
    }
    if let Some(overrides) = root.table("override") {
        result.overrides = overrides
            .tables()
            .into_iter()
            .map(|(name, o)| read_override(problems, set, name, o))
            .collect();
    }
    if let Some(renamed) = root.table("renamed") {
        for old in renamed.names() {
            let Some(new) = renamed.text(&old.value) else { continue };
            result.renamed.push((full_name(set, old), full_name(set, new)));
        }
    }
    Some(result)
}

/// A rule's full name: within its own file the short one is enough.
pub(crate) fn full_name(set: &str, name: At<String>) -> At<String> {
    if name.value.contains('/') {
        return name;
    }
    At::new(format!("{set}/{}", name.value), name.mark)
}

/// A rule together with what its file must add to it.
struct ReadRule {
    rule: WrittenRule,
    short: String,
    says_language: bool,
    says_category: bool,
}

fn read_rule(
    problems: &mut Problems,
    set: &str,
    home: Home<'_>,
    name: At<String>,
    rule: Reader<'_>,
) -> ReadRule {
    // A full name stands in files that hold the rules of several sets: `rules show --effective`.
    let short = match name.value.rsplit_once('/') {
        Some((_, short)) => At::new(short.to_owned(), name.mark),
        None => name.clone(),
    };
    check_name(problems, &short, "a rule's name");
    let generated = name.value.contains('/');
    let says = |key: &str| rule.key_mark(key).is_some();
    let effect = read_effect(problems, rule);
    if !says("weight") && !says("action") {
        let error =
            RuleError::new(format!("neither `weight` nor `action` in rule `{}`", short.value))
                .expected("`weight` (points of a full hit, -1 to 1) or `action`");
        problems.error(name.mark, error);
    }
    let scope = rule.text("scope").and_then(|word| named(&word, scope_of));
    let on: Vec<At<BlockKind>> = rule
        .texts("on")
        .unwrap_or_default()
        .iter()
        .filter_map(|word| named(word, kind_of))
        .collect();
    if let (Some(at), Some(Scope::Source | Scope::Page | Scope::Document)) =
        (rule.key_mark("on"), scope.as_ref().map(|scope| scope.value))
    {
        let error = RuleError::new("`on` in a rule that looks at no block")
            .expected("`on` only with scope `block` or `sentence`");
        problems.error(at, error);
    }
    let when = rule.table("when").and_then(|when| {
        read::condition(problems, home, when, rule.key_mark("when").unwrap_or(name.mark))
    });
    let group = rule.text("group");
    if let Some(group) = &group {
        check_name(problems, group, "a group's name");
    }
    let set = match name.value.rsplit_once('/') {
        Some((set, _)) => set.to_owned(),
        None => set.to_owned(),
    };
    let seeds = |problems: &mut Problems, key: &str| {
        let seeds = rule.texts(key).unwrap_or_default();
        seeds.iter().for_each(|seed| check_seed(problems, seed));
        seeds
    };
    ReadRule {
        says_language: says("language"),
        says_category: says("category"),
        short: printable(&short.value),
        rule: WrittenRule {
            name: full_name(&set, name),
            about: rule.text("about"),
            why: rule.text("why"),
            source: rule.text("source"),
            scope,
            on,
            when,
            effect,
            group,
            replaces: rule.texts("replaces").unwrap_or_default(),
            status: rule.text("status").and_then(|word| named(&word, status_of)),
            without_survey: rule.text("without-survey").and_then(|word| {
                named(&word, |word| {
                    let all = [WithoutSurvey::Error, WithoutSurvey::Skip];
                    all.into_iter().find(|known| known.name() == word)
                })
            }),
            since: rule.text("since"),
            category: rule.text("category").and_then(|word| named(&word, category_of)),
            languages: languages(problems, rule),
            hits: rule.texts("hits").unwrap_or_default(),
            misses: rule.texts("misses").unwrap_or_default(),
            hit_seeds: seeds(problems, "hit-seeds"),
            miss_seeds: seeds(problems, "miss-seeds"),
            enabled: true,
            overridden: false,
            generated,
            set,
        },
    }
}

fn read_override(
    problems: &mut Problems,
    set: &str,
    name: At<String>,
    table: Reader<'_>,
) -> Override {
    let thresholds = table.table("thresholds").map(|numbers| {
        let number = |name: At<String>| {
            let value = numbers.number(&name.value)?;
            Some((name, value))
        };
        numbers.names().into_iter().filter_map(number).collect()
    });
    Override {
        name: full_name(set, name),
        thresholds: thresholds.unwrap_or_default(),
        effect: read_effect(problems, table),
        status: table.text("status").and_then(|word| named(&word, status_of)),
        enabled: table.flag("enabled"),
    }
}

fn read_effect(problems: &mut Problems, table: Reader<'_>) -> Option<At<Effect>> {
    if table.key_mark("weight").is_some()
        && let Some(at) = table.key_mark("action")
    {
        let error = RuleError::new("`weight` and `action` together")
            .expected("either points or an action that settles the matter");
        problems.error(at, error);
    }
    let weight = table.number("weight").map(|at| At::new(Effect::Weight(at.value), at.mark));
    weight.or_else(|| {
        let action = named(&table.text("action")?, action_of)?;
        Some(At::new(Effect::Action(action.value), action.mark))
    })
}

fn unit(segment: Reader<'_>) -> Option<At<SegmentUnit>> {
    named(&segment.text("unit")?, |word| match word {
        "block" => Some(SegmentUnit::Block),
        "line" => Some(SegmentUnit::Line),
        "plain-line" => Some(SegmentUnit::PlainLine),
        "feed-line" => Some(SegmentUnit::FeedLine),
        _ => None,
    })
}

fn survey(problems: &mut Problems, table: Reader<'_>) -> WrittenSurvey {
    let near_documents = table.text("near-documents").and_then(|text| {
        let parsed = text.value.parse::<MinHash>();
        match parsed {
            Ok(minhash) => Some(At::new(minhash, text.mark)),
            Err(fault) => {
                let names: Vec<&str> = PRESETS.iter().map(|(name, ..)| *name).collect();
                let error = RuleError::new(fault.to_string()).expected(format!(
                    "one of {}, or parameters such as `5 words, 14 bands of 8`",
                    names.join(", ")
                ));
                problems.error(text.mark, error);
                None
            }
        }
    });
    let keep = table.text("keep").and_then(|word| {
        named(&word, |word| [Keep::First, Keep::Longest].into_iter().find(|k| k.name() == word))
    });
    let window = table.number("window").map(|at| At::new(at.value as u8, at.mark));
    WrittenSurvey { near_documents, keep, window }
}

fn decide(table: Reader<'_>) -> Vec<(&'static str, At<Setting>)> {
    super::Decide::KEYS
        .iter()
        .filter_map(|&key| {
            let number = table.number(key).map(|at| At::new(Setting::Number(at.value), at.mark));
            let word = || table.text(key).map(|at| At::new(Setting::Word(at.value), at.mark));
            Some((key, number.or_else(word)?))
        })
        .collect()
}

fn languages(problems: &mut Problems, table: Reader<'_>) -> Vec<At<String>> {
    let codes = table.texts("language").unwrap_or_default();
    for code in &codes {
        if code.value.len() != 2 || !code.value.bytes().all(|b| b.is_ascii_lowercase()) {
            let error = RuleError::new(format!("`{}` is no language", printable(&code.value)))
                .expected("an ISO 639-1 code of two small letters, such as `en`");
            problems.error(code.mark, error);
        }
    }
    codes
}

fn check_seed(problems: &mut Problems, seed: &At<String>) {
    let well_formed = seed.value.split_once(':').is_some_and(|(file, id)| {
        !file.is_empty() && !id.is_empty() && !seed.value.chars().any(char::is_whitespace)
    });
    if !well_formed {
        let error = RuleError::new(format!("`{}` names no seed", printable(&seed.value)))
            .expected("`file:id` without white space, such as `links:you-may-also-like`");
        problems.error(seed.mark, error);
    }
}

/// The first signal of a rule's condition that needs a survey.
pub(crate) fn surveyed(rule: &WrittenRule) -> Option<SignalId> {
    let leaves = rule.when.iter().flat_map(|when| &when.leaves);
    leaves
        .filter_map(|leaf| match leaf.asks {
            Asks::Signal { id, .. } => id,
            _ => None,
        })
        .find(|id| id.signal().needs.iter().any(|need| matches!(need, Need::Survey(_))))
}

/// Checks that a rule which says what becomes of it without a survey needs one.
pub(crate) fn check_survey(problems: &mut Problems, rule: &WrittenRule) {
    if let Some(said) = &rule.without_survey
        && surveyed(rule).is_none()
    {
        let error = RuleError::new("`without-survey` in a rule that needs no survey")
            .expected("a signal that needs a survey, or no such key");
        problems.error(said.mark, error);
    }
}

/// Checks the numbers of a condition against what its signals can be.
pub(crate) fn check_numbers(problems: &mut Problems, rule: &WrittenRule) {
    let Some(when) = &rule.when else { return };
    for leaf in &when.leaves {
        if let Asks::Signal { name, id: Some(id) } = &leaf.asks {
            let scope = rule.scope.as_ref().map(|scope| scope.value);
            signal::check(problems, scope, name, *id, &leaf.thresholds);
        }
    }
}

/// The number at an address of a condition.
pub(crate) fn threshold_mut<'r>(when: &'r mut Written, address: &str) -> Option<&'r mut Threshold> {
    when.leaves.iter_mut().find_map(|leaf| {
        let place = leaf.thresholds.iter().position(|known| leaf.address(known) == address)?;
        leaf.thresholds.get_mut(place)
    })
}

fn named<T>(word: &At<String>, of: impl Fn(&str) -> Option<T>) -> Option<At<T>> {
    Some(At::new(of(&word.value)?, word.mark))
}

fn scope_of(word: &str) -> Option<Scope> {
    Scope::ALL.into_iter().find(|scope| scope.name() == word)
}

fn kind_of(word: &str) -> Option<BlockKind> {
    BlockKind::ALL.into_iter().find(|kind| kind.name() == word)
}

fn category_of(word: &str) -> Option<Category> {
    Category::ALL.into_iter().find(|category| category.name() == word)
}

fn action_of(word: &str) -> Option<Action> {
    Action::ALL.into_iter().find(|action| action.name() == word)
}

fn status_of(word: &str) -> Option<Status> {
    Status::ALL.into_iter().find(|status| status.name() == word)
}
