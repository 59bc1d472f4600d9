//! Changes on top of loaded rules: what an overlay file says, and the rules under it.
//!
//! An overlay is read back from its own text by the reader of rules files, so that it is checked
//! with the same care as a file, and the file it is written to does the same.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::check::finish_overlay;
use super::effective::{number, text, texts};
use super::load::Loader;
use super::{Action, RuleErrors, RuleSet, Status};

/// The name that mistakes in an overlay are shown under.
const NAME: &str = "overlay.toml";

/// Changes to rules, by their full names (`set/rule`): all that an `[override."set/rule"]` can say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Overlay {
    /// The changed rules.
    pub rules: BTreeMap<String, Change>,
}

/// What is changed of one rule; `None` and empty leave it as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Change {
    /// Whether it is in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Its weight, in place of an action too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// Its action, in place of a weight too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// How finished it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Numbers of its condition by their addresses (`dense.above`, `outside.low`).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub thresholds: BTreeMap<String, f64>,
}

impl Change {
    /// True if it leaves the rule as it is.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Overlay {
    /// True if it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.rules.values().all(Change::is_empty)
    }

    /// The change to a rule, made if there is none.
    pub fn rule(&mut self, name: &str) -> &mut Change {
        self.rules.entry(name.to_owned()).or_default()
    }

    /// The overlay as a rules file that extends others, named as `extends` takes them. `comment`
    /// stands at its head, each line as a comment.
    pub fn to_toml(&self, about: &str, extends: &[String], comment: &str) -> String {
        let mut out = format!("format  = 1\nabout   = {}\n", text(about));
        if !extends.is_empty() {
            let _ = writeln!(out, "extends = {}", texts(extends.iter().map(String::as_str)));
        }
        if !comment.is_empty() {
            out.push('\n');
        }
        for line in comment.lines() {
            let line: String = line.chars().filter(|c| !c.is_control()).collect();
            let _ = writeln!(out, "{}", format!("# {line}").trim_end());
        }
        for (name, change) in self.rules.iter().filter(|(_, change)| !change.is_empty()) {
            let _ = write!(out, "\n[override.{}]\n", text(name));
            if let Some(enabled) = change.enabled {
                let _ = writeln!(out, "enabled = {enabled}");
            }
            if let Some(weight) = change.weight {
                let _ = writeln!(out, "weight = {}", decimal(weight));
            }
            if let Some(action) = change.action {
                let _ = writeln!(out, "action = {}", text(action.name()));
            }
            if let Some(status) = change.status {
                let _ = writeln!(out, "status = {}", text(status.name()));
            }
            if !change.thresholds.is_empty() {
                let one = |(address, value): (&String, &f64)| {
                    format!("{} = {}", text(address), decimal(*value))
                };
                let all: Vec<String> = change.thresholds.iter().map(one).collect();
                let _ = writeln!(out, "thresholds = {{ {} }}", all.join(", "));
            }
        }
        out
    }
}

/// A number as TOML writes it, also one that no rule can have, so that the reader says so.
fn decimal(value: f64) -> String {
    if value.is_nan() { "nan".to_owned() } else { number(value) }
}

/// Loaded rules that overlays can be laid over, again and again: what does not change is not read,
/// parsed and compiled again.
pub struct BaseRules {
    loader: Loader,
    rules: RuleSet,
}

impl std::fmt::Debug for BaseRules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("BaseRules").field(&self.rules).finish()
    }
}

impl BaseRules {
    /// Loads rules files, named as for [`RuleSet::load`].
    ///
    /// # Errors
    /// All mistakes in all files.
    pub fn load<I, S>(names: I) -> Result<Self, RuleErrors>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        let loader = Loader::read_all(names);
        let rules = super::check::finish(loader.clone())?;
        Ok(Self { loader, rules })
    }

    /// The rules without an overlay.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The rules under an overlay. Patterns and phrases are those of the base, compiled once.
    ///
    /// # Errors
    /// All mistakes in the overlay: unknown rules and addresses, impossible numbers.
    pub fn with(&self, overlay: &Overlay) -> Result<RuleSet, RuleErrors> {
        if overlay.is_empty() {
            return Ok(self.rules.clone());
        }
        let mut loader = self.loader.clone();
        loader.read_text(NAME, &overlay.to_toml("Changes", &[], ""));
        finish_overlay(loader, &self.rules)
    }
}

#[cfg(test)]
impl RuleSet {
    /// True if both look for the same patterns and phrases, compiled once.
    pub(crate) fn shares_bank(&self, other: &RuleSet) -> bool {
        std::sync::Arc::ptr_eq(&self.inner.bank, &other.inner.bank)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Effect;

    const RULES: &str = "format = 1\nabout = 'T'\ncategory = 'links'\n\
        [rules.long]\nabout = 'X'\nwhy = 'Y'\nscope = 'block'\naction = 'remove'\n\
        when.all.size = { signal = 'char_count', above = 100 }\n\
        when.all.said = { phrases = ['alpha', 'beta'] }\n\
        [rules.odd]\nabout = 'X'\nscope = 'block'\nweight = 0.5\n\
        when = { pattern = 'gamma\\d' }\n";

    fn base() -> BaseRules {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.toml");
        std::fs::write(&path, RULES).unwrap();
        BaseRules::load([path.to_str().unwrap()]).unwrap()
    }

    fn overlay(json: &str) -> Overlay {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn an_overlay_says_all_that_an_override_can() {
        let base = base();
        let changes = overlay(
            r#"{"rules": {
                "t/long": {"action": "flag", "status": "preview", "thresholds": {"size.above": 7.5}},
                "t/odd": {"weight": -0.25}}}"#,
        );
        let rules = base.with(&changes).unwrap();
        let long = rules.rule(rules.by_name("t/long").unwrap());
        assert_eq!((long.effect, long.status), (Effect::Action(Action::Flag), Status::Preview));
        assert_eq!(
            (long.thresholds[0].address.as_str(), long.thresholds[0].value),
            ("size.above", 7.5)
        );
        assert_eq!(rules.rule(rules.by_name("t/odd").unwrap()).effect, Effect::Weight(-0.25));
        assert!(rules.shares_bank(base.rules()));
        assert_ne!(rules.hash(), base.rules().hash());
    }

    #[test]
    fn a_bank_is_built_anew_where_the_base_lacks_something_alone() {
        let base = base();
        let off = base.with(&overlay(r#"{"rules": {"t/long": {"enabled": false}}}"#)).unwrap();
        assert_eq!(off.by_name("t/long"), None);
        assert!(off.shares_bank(base.rules()), "phrases less are to be looked for");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.toml");
        let without_odd = format!("{RULES}[override.\"t/odd\"]\nenabled = false\n");
        std::fs::write(&path, without_odd).unwrap();
        let less = BaseRules::load([path.to_str().unwrap()]).unwrap();
        let on = less.with(&overlay(r#"{"rules": {"t/odd": {"enabled": true}}}"#)).unwrap();
        assert!(!on.shares_bank(less.rules()));
        let long = format!("alpha {}gamma7", "word ".repeat(30));
        for text in ["gamma7", "alpha and gamma", long.as_str()] {
            let fired = |rules: &RuleSet| -> Vec<String> {
                let cleaner = crate::Cleaner::new(rules.clone(), crate::Survey::none()).unwrap();
                let outcome = cleaner.clean(crate::Record::text("id", text)).unwrap();
                let hits = outcome.on_blocks.blocks.iter().flat_map(|block| &block.verdict.hits);
                hits.map(|hit| rules.rule(hit.rule).name.clone()).collect()
            };
            let all = fired(base.rules());
            assert_eq!(fired(&on), all, "{text}");
            let rest: Vec<String> = all.into_iter().filter(|name| name != "t/long").collect();
            assert_eq!(fired(&off), rest, "{text}");
        }
    }

    #[test]
    fn the_file_of_an_overlay_does_the_same() {
        let changes = overlay(
            r#"{"rules": {"links/related-heading": {"weight": 0.7}, "boilerplate/comment-call": {"enabled": false},
                "quality/x\"y": {}}}"#,
        );
        let file = changes.to_toml("Mine", &["web".to_owned()], "made by hand\n[rules.x]\n");
        assert!(file.contains("# [rules.x]\n"), "a comment stays one: {file}");
        let of_file = RuleSet::from_text("mine", &file).unwrap();
        let in_memory = BaseRules::load(["web"]).unwrap().with(&changes).unwrap();
        assert_eq!(of_file.rules().len(), in_memory.rules().len());
        let effective = |set: &RuleSet| {
            let text = set.effective_toml();
            let lines = text.lines().filter(|line| !line.starts_with("about"));
            lines.map(|line| line.split("  # ").next().unwrap_or("").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(effective(&of_file), effective(&in_memory));
    }

    #[test]
    fn mistakes_in_an_overlay_are_told_as_in_a_file() {
        let base = base();
        for (json, said) in [
            (r#"{"rules": {"t/lnog": {"enabled": false}}}"#, "did you mean `t/long`"),
            (
                r#"{"rules": {"t/long": {"thresholds": {"size.below": 1}}}}"#,
                "no number `size.below`",
            ),
            (r#"{"rules": {"t/long": {"thresholds": {"size.above": -1}}}}"#, "is never -1"),
            (r#"{"rules": {"t/odd": {"weight": 3}}}"#, "3"),
            (r#"{"rules": {"t/odd": {"weight": 0.1, "action": "drop"}}}"#, "together"),
            ("{\"rules\": {\"t/\\u0007\\n[x]\": {\"enabled\": true}}}", "no rule"),
        ] {
            let error = base.with(&overlay(json)).unwrap_err().to_string();
            assert!(error.contains(said), "{json}: {error}");
        }
        let mut wrong = Overlay::default();
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            wrong.rule("t/odd").weight = Some(value);
            assert!(base.with(&wrong).is_err(), "{value}");
        }
    }
}
