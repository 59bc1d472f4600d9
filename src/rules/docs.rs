//! The page `docs/rules.md`, made from the built-in rules files.

use std::fmt::Write;

use super::{Rule, RuleErrors, RuleSet, builtin, builtin_text};

const OPENING: &str = "\
# Built-in rules

Generated from the files under `rules/` (`UPDATE_DOCS=1 cargo test --test rules` rewrites this page).

A weight is evidence: 1.0 is enough alone. An action settles the matter. A part does nothing by
itself; other rules refer to it. `docs/rules-format.md` says how rules are written, `tamis rules
show RULE` shows one with its condition.
";

/// Characters shown of an example.
const SHOWN: usize = 160;

/// The page `docs/rules.md`: every built-in rule with what it finds, why, its source and effect,
/// and its first examples.
///
/// # Errors
/// None for a program as released: its tests load every built-in file.
///
/// ```
/// assert!(tamis::rules::docs()?.contains("### `boilerplate/comment-call`"));
/// # Ok::<(), tamis::rules::RuleErrors>(())
/// ```
pub fn docs() -> Result<String, RuleErrors> {
    let mut page = String::from(OPENING);
    // Writing to a string cannot fail.
    for file in builtin::files() {
        let name = file.path.trim_end_matches(".toml");
        if name.contains('/') {
            continue;
        }
        let set = RuleSet::load([name])?;
        let about = builtin_text(name).and_then(about).unwrap_or_default();
        let _ = write!(page, "\n## {name}\n\n{about}.\n");
        for rule in set.rules().iter().filter(|rule| set_of(rule) == name) {
            write_rule(&mut page, rule);
        }
    }
    Ok(page)
}

fn set_of(rule: &Rule) -> &str {
    rule.name.split('/').next().unwrap_or_default()
}

/// What a rules file says of itself, in its head.
fn about(text: &str) -> Option<&str> {
    let head = text.split("\n[").next()?;
    let line = head.lines().find(|line| line.starts_with("about"))?;
    line.split_once('"').map(|(_, rest)| rest.trim_end().trim_end_matches('"'))
}

fn write_rule(page: &mut String, rule: &Rule) {
    let _ = write!(page, "\n### `{}`\n\n{}.", rule.name, rule.about);
    if let Some(why) = &rule.why {
        let _ = write!(page, " {why}");
    }
    page.push_str("\n\n");
    let effect = rule.effect.text();
    let mut place = rule.scope.name().to_owned();
    if !rule.on.is_empty() {
        let kinds: Vec<&str> = rule.on.iter().map(|kind| kind.name()).collect();
        let _ = write!(place, " ({})", kinds.join(", "));
    }
    let _ = writeln!(page, "- Effect: {effect}, on {place}");
    if !rule.languages.is_empty() {
        let _ = writeln!(page, "- Languages: {}", rule.languages.join(", "));
    }
    if let Some(source) = &rule.source {
        let _ = writeln!(page, "- Source: {source}");
    }
    for (what, texts, seeds) in
        [("Fires on", &rule.hits, &rule.hit_seeds), ("Not on", &rule.misses, &rule.miss_seeds)]
    {
        if let Some(text) = texts.first() {
            let _ = writeln!(page, "- {what}: {}", quoted(text));
        } else if let Some(seed) = seeds.first() {
            let _ = writeln!(page, "- {what}: the document `{}`", seed.replace(':', "/"));
        }
    }
}

/// An example on one line, in a code span that its own backticks cannot close.
fn quoted(text: &str) -> String {
    let flat: Vec<&str> = text.split_whitespace().collect();
    let flat = flat.join(" ");
    let mut short: String = flat.chars().take(SHOWN).collect();
    if short.len() < flat.len() {
        short.push('…');
    }
    let longest = short.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    if longest == 0 { format!("`{short}`") } else { format!("{fence} {short} {fence}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_stays_one_code_span() {
        assert_eq!(quoted("a\n  b"), "`a b`");
        assert_eq!(quoted("a ```b"), "```` a ```b ````");
        assert_eq!(quoted(&"é".repeat(200)).chars().count(), SHOWN + 3);
    }
}
