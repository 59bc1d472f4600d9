//! A new rule with a hit and a miss, which passes the checks as it stands: `tamis rules new`.

use std::fmt::Write;

use super::check::{self, Report};
use super::effective::text;
use super::{Action, Category, Effect, RuleError};
use crate::document::Scope;

/// What a new rule is to be.
#[derive(Clone, Debug)]
pub struct NewRule {
    /// Its set, which is the name of its file without `.toml`.
    pub set: String,
    /// Its name in the set.
    pub name: String,
    /// What it looks at.
    pub scope: Scope,
    /// Its action or weight.
    pub effect: Effect,
    /// Its category.
    pub category: Category,
    /// A text on which it must fire; one to be replaced if there is none.
    pub hit: Option<String>,
    /// A text on which it must not fire; one to be replaced if there is none.
    pub miss: Option<String>,
}

/// Why a rule cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScaffoldError {
    /// Rules on what is known before the text have no example texts.
    #[error(
        "a rule of scope `source` has no text to fire on: write it by hand, see docs/rules-format.md"
    )]
    Source,
    /// No words in it.
    #[error("the hit has no word to look for: {0:?}")]
    NoWords(String),
    /// All of the hit's words stand in the miss too.
    #[error("nothing in the hit tells it from the miss: every run of its words stands in both")]
    SameWords,
    /// The name, the scope or the effect is no good.
    #[error("{}", listed(.0))]
    Rule(Vec<RuleError>),
}

fn listed(errors: &[RuleError]) -> String {
    let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
    all.join("\n")
}

/// Words of a phrase that is made of a hit, at most at first.
const WORDS: usize = 6;

impl NewRule {
    /// The action of a rule for which none is named: parts are removed, whole documents flagged.
    pub fn usual_effect(scope: Scope) -> Effect {
        Effect::Action(match scope {
            Scope::Source | Scope::Page | Scope::Document => Action::Flag,
            Scope::Area | Scope::Sentence | Scope::Block => Action::Remove,
        })
    }

    /// The rule as it stands in a file, and its full name. The condition is a phrase of the hit's
    /// words that is not in the miss: as few of them as tell the two apart, six if they do.
    ///
    /// # Errors
    /// If no condition tells the hit from the miss, or the rule does not pass the checks.
    pub fn written(&self) -> Result<String, ScaffoldError> {
        if self.scope == Scope::Source {
            return Err(ScaffoldError::Source);
        }
        let hit = self.hit.clone().unwrap_or_else(|| self.usual_hit());
        let miss = self.miss.clone().unwrap_or_else(|| self.usual_miss());
        let mut mistakes = None;
        let phrases = phrases(&hit);
        if phrases.is_empty() {
            return Err(ScaffoldError::NoWords(hit));
        }
        for phrase in phrases {
            let rule = self.with(&phrase, &hit, &miss);
            let report = self.checked(&rule);
            if report.is_good() {
                return Ok(rule);
            }
            if !report.errors.is_empty() {
                mistakes.get_or_insert(report.errors);
            }
        }
        Err(mistakes.map_or(ScaffoldError::SameWords, ScaffoldError::Rule))
    }

    /// The head of a new file for the rule. `schema` is what its first line names for editors.
    pub fn head(&self, schema: Option<&str>) -> String {
        let mut head = String::new();
        if let Some(schema) = schema {
            let _ = writeln!(head, "#:schema {schema}");
        }
        let about = text(&format!("Rules of {}", self.set));
        let category = text(self.category.name());
        let _ = writeln!(head, "format   = 1\nabout    = {about}\ncategory = {category}");
        head
    }

    fn checked(&self, rule: &str) -> Report {
        check::check_text(&self.set, &format!("{}\n{rule}", self.head(None)))
    }

    fn with(&self, phrase: &str, hit: &str, miss: &str) -> String {
        let mut rule = format!("[rules.{}]\n", key(&self.name));
        let about = text(&format!("Text with \u{201c}{phrase}\u{201d}"));
        let _ = writeln!(rule, "about    = {about}");
        let _ = writeln!(rule, "why      = \"Say why this is unwanted\"");
        let _ = writeln!(rule, "category = {}", text(self.category.name()));
        let _ = writeln!(rule, "scope    = {}", text(self.scope.name()));
        let _ = match self.effect {
            Effect::Weight(weight) => {
                writeln!(rule, "weight   = {}", super::effective::number(weight))
            }
            Effect::Action(action) => writeln!(rule, "action   = {}", text(action.name())),
        };
        let _ = writeln!(rule, "when     = {{ phrases = [{}] }}", text(phrase));
        let _ = writeln!(rule, "hits     = [{}]", text(hit));
        let _ = writeln!(rule, "misses   = [{}]", text(miss));
        rule
    }

    fn usual_hit(&self) -> String {
        match self.scope {
            Scope::Area => "<div><p>Put a text here that has to go.</p></div>".to_owned(),
            _ => "Put a text here that has to go.".to_owned(),
        }
    }

    fn usual_miss(&self) -> String {
        match self.scope {
            Scope::Area => {
                "<div><p>A text that looks much like it, and must stay.</p></div>".to_owned()
            }
            _ => "A text that looks much like it, and must stay.".to_owned(),
        }
    }
}

/// A key of TOML: bare where it can be.
fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.is_empty() && name.chars().all(is_bare) { name.to_owned() } else { text(name) }
}

/// Runs of words of a text, in the order in which they are tried: six words from its begin and
/// from later, then longer runs, then shorter ones.
fn phrases(of: &str) -> Vec<String> {
    let plain = without_tags(of);
    // A phrase lies in one block: the longest line tells most.
    let lines = plain.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let Some(words) = lines.max_by_key(Vec::len).filter(|words| !words.is_empty()) else {
        return Vec::new();
    };
    let longer = [WORDS, 2 * WORDS, 4 * WORDS, words.len()];
    let shorter = (1..WORDS).rev();
    let lengths = longer.into_iter().chain(shorter).filter(|length| *length <= words.len());
    let mut all: Vec<String> = Vec::new();
    for length in lengths {
        for run in words.windows(length) {
            let run = run.join(" ").to_lowercase();
            let run = run.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
            if !run.is_empty() && !all.contains(&run) {
                all.push(run);
            }
        }
    }
    all.truncate(MOST_TRIED);
    all
}

/// Phrases that are tried.
const MOST_TRIED: usize = 200;

/// Markup without its tags.
fn without_tags(markup: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in markup.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                out.push(' ');
            }
            c if !inside => out.push(c),
            _ => {}
        }
    }
    // A lone `<` is no tag.
    if inside { markup.to_owned() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(scope: Scope, hit: Option<&str>, miss: Option<&str>) -> NewRule {
        NewRule {
            set: "mine".into(),
            name: "notice".into(),
            scope,
            effect: NewRule::usual_effect(scope),
            category: Category::Boilerplate,
            hit: hit.map(str::to_owned),
            miss: miss.map(str::to_owned),
        }
    }

    fn passes(rule: &NewRule) -> String {
        let written = rule.written().unwrap_or_else(|error| panic!("{error}"));
        let file = format!("{}\n{written}", rule.head(Some("./schema.json")));
        let report = check::check_text("mine", &file);
        assert!(report.is_good() && report.warnings.is_empty(), "{report:?}\n{file}");
        assert_eq!((report.rules, report.examples), (1, 2));
        written
    }

    #[test]
    fn a_new_rule_passes_on_every_scope_and_effect() {
        for scope in Scope::ALL.into_iter().filter(|scope| *scope != Scope::Source) {
            passes(&new(scope, None, None));
            let weighed = NewRule { effect: Effect::Weight(0.5), ..new(scope, None, None) };
            if scope != Scope::Area {
                passes(&weighed);
            }
        }
        assert_eq!(new(Scope::Source, None, None).written(), Err(ScaffoldError::Source));
    }

    #[test]
    fn the_condition_is_what_the_miss_does_not_have() {
        let hit = "We would love to hear what you think of the old mill in the comments.";
        let written = passes(&new(Scope::Block, Some(hit), None));
        assert!(written.contains("phrases = [\"we would love to hear what\"]"), "{written}");
        let miss = "We would love to hear what you say of it.";
        let written = passes(&new(Scope::Block, Some(hit), Some(miss)));
        assert!(
            written.contains("phrases = [\"would love to hear what you think\"]")
                || !written.contains("hear what\"]"),
            "{written}"
        );
    }

    #[test]
    fn hostile_and_other_texts_are_quoted() {
        for hit in [
            "Say \"yes\" \\ to all \u{7} cookies",
            "訂閱 我們的 電子報",
            "Zeile eins\n\nZeile zwei, länger",
            "a < b is so",
        ] {
            passes(&new(Scope::Block, Some(hit), None));
        }
        let page = "<nav><a href='/'>Home</a> <a href='/about'>About us</a></nav>";
        passes(&new(Scope::Area, Some(page), None));
    }

    #[test]
    fn what_cannot_be_told_apart_is_refused() {
        let same = new(Scope::Block, Some("Leave a reply"), Some("Please leave a reply below"));
        assert_eq!(same.written(), Err(ScaffoldError::SameWords));
        let none = new(Scope::Block, Some("* * *"), None);
        assert_eq!(none.written(), Err(ScaffoldError::NoWords("* * *".into())));
        let wrong = NewRule { name: "Not A Name".into(), ..new(Scope::Block, None, None) };
        assert!(matches!(wrong.written(), Err(ScaffoldError::Rule(_))));
    }
}
