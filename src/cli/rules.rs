//! `tamis rules`: list, show and check rules; the schema of rules files.

use std::io::Write as _;

use clap::{Args, Subcommand};

use super::terminal::{self, FAINT, LOOK, STRONG, written};
use super::{DONE, FOUND, Failure};
use tamis::RuleSet;
use tamis::rules::{builtin_names, builtin_text, check, schema_json};

mod new;
mod test;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the rules of a set, or the built-in sets with --sets
    List {
        /// Rule sets or presets by name, or rules files by path
        #[arg(default_value = "web")]
        names: Vec<String>,
        /// List the built-in rule sets and presets instead
        #[arg(long)]
        sets: bool,
    },
    /// Show one rule, or a whole set
    Show {
        /// A rule (`links/related-heading`), a rule set or a rules file
        name: String,
        /// Show what is in force after `extends` and `override`, each value with its origin
        #[arg(long)]
        effective: bool,
        /// The set to look the rule up in
        #[arg(long, default_value = "web")]
        rules: Vec<String>,
    },
    /// Check rules files: every mistake at once, and every rule's examples
    Check {
        /// Rules files by path, or built-in sets by name; all built-in ones if none is given
        names: Vec<String>,
    },
    /// Run examples and seeds, and show what came out otherwise and why
    Test(test::Arguments),
    /// Write a new rule with a hit and a miss, to a file that is there or a new one
    New(new::Arguments),
    /// Print the JSON schema of rules files, for editors
    Schema,
}

pub(crate) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    match &arguments.command {
        Command::List { sets: true, .. } => list_sets(),
        Command::List { names, .. } => list(&RuleSet::load(names)?),
        Command::Show { name, effective, rules } => show(name, *effective, rules),
        Command::Check { names } => check_all(names),
        Command::Test(arguments) => test::run(arguments),
        Command::New(arguments) => new::run(arguments),
        Command::Schema => print(&schema_json()),
    }
}

fn print(text: &str) -> Result<u8, Failure> {
    let mut out = terminal::out();
    written(writeln!(out, "{}", text.trim_end()))?;
    written(out.flush())?;
    Ok(DONE)
}

fn list_sets() -> Result<u8, Failure> {
    let mut out = terminal::out();
    for name in builtin_names() {
        let about = builtin_text(name).and_then(about).unwrap_or_default();
        written(writeln!(out, "{STRONG}{name:<20}{STRONG:#} {about}"))?;
    }
    written(out.flush())?;
    Ok(DONE)
}

/// What a rules file says of itself, in its head.
fn about(text: &str) -> Option<&str> {
    let head = text.split("\n[").next()?;
    let line = head.lines().find(|line| line.starts_with("about"))?;
    line.split_once('"').map(|(_, rest)| rest.trim_end().trim_end_matches('"'))
}

/// A rule's part of the rules in force.
fn rule_text<'a>(effective: &'a str, name: &str) -> &'a str {
    let start = effective.find(&format!("\n[rules.\"{name}\"]")).map_or(0, |at| at + 1);
    let rest = effective.get(start..).unwrap_or_default();
    rest.find("\n[rules.").and_then(|end| rest.get(..end)).unwrap_or(rest).trim_end()
}

fn list(set: &RuleSet) -> Result<u8, Failure> {
    let mut out = terminal::out();
    for rule in set.rules() {
        written(writeln!(
            out,
            "{STRONG}{:<44}{STRONG:#} {:<9} {:<12} {:<12} {}",
            rule.name,
            rule.scope.name(),
            rule.category.name(),
            rule.effect.text(),
            rule.about
        ))?;
    }
    written(out.flush())?;
    Ok(DONE)
}

/// For a set that follows a paper, as comments: what its rules say of where they differ from it.
fn differences(set: &RuleSet) -> String {
    const MARK: &str = "Differs from ";
    let said: Vec<String> = set
        .rules()
        .iter()
        .filter_map(|rule| {
            let why = rule.why.as_deref()?;
            let from = why.get(why.find(MARK)?..)?;
            Some(format!("# - {}: {from}\n", rule.name))
        })
        .collect();
    if said.is_empty() {
        return String::new();
    }
    format!("\n# What its rules say of the paper that they follow:\n{}", said.concat())
}

fn show(name: &str, effective: bool, rules: &[String]) -> Result<u8, Failure> {
    let is_set = builtin_text(name).is_some() || name.ends_with(".toml");
    if is_set {
        let set = RuleSet::load([name])?;
        if effective {
            return print(&set.effective_toml());
        }
        return match builtin_text(name) {
            Some(text) => print(&format!("{text}{}", differences(&set))),
            None => {
                print(&std::fs::read_to_string(name).map_err(|e| Failure(format!("{name}: {e}")))?)
            }
        };
    }
    let set = RuleSet::load(rules)?;
    let Some(id) = set.by_name(name) else {
        let near = set
            .rules()
            .iter()
            .map(|rule| (strsim::jaro_winkler(&rule.name, name), &rule.name))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let hint = near.map(|(_, name)| format!("; is it \"{name}\"?")).unwrap_or_default();
        return Err(Failure(format!("no rule \"{name}\" in {}{hint}", rules.join(", "))));
    };
    let rule = set.rule(id);
    let mut out = terminal::out();
    let mut line = |key: &str, value: &str| {
        if value.is_empty() {
            return Ok(());
        }
        writeln!(out, "{FAINT}{key:<10}{FAINT:#} {value}")
    };
    written(line("rule", &rule.name))?;
    written(line("about", &rule.about))?;
    written(line("why", rule.why.as_deref().unwrap_or_default()))?;
    written(line("source", rule.source.as_deref().unwrap_or_default()))?;
    written(line("category", rule.category.name()))?;
    written(line("scope", rule.scope.name()))?;
    let kinds: Vec<&str> = rule.on.iter().map(|kind| kind.name()).collect();
    written(line("on", &kinds.join(", ")))?;
    written(line("language", &rule.languages.join(", ")))?;
    written(line("effect", &rule.effect.text()))?;
    written(writeln!(out, "\n{}", rule_text(&set.effective_toml(), &rule.name)))?;
    written(out.flush())?;
    Ok(DONE)
}

fn check_all(names: &[String]) -> Result<u8, Failure> {
    let reports = if names.is_empty() { check::check_builtin() } else { check::check(names) };
    let mut out = terminal::out();
    let mut found = false;
    for report in &reports {
        found |= !report.is_good();
        let mistakes = report.mistakes();
        for error in &mistakes {
            written(writeln!(out, "{}", terminal::sanitise(&error.to_string())))?;
        }
        for warning in &report.warnings {
            written(writeln!(
                out,
                "{LOOK}warning{LOOK:#}: {}",
                terminal::sanitise(&warning.to_string())
            ))?;
        }
        let mistakes = match mistakes.len() {
            0 => "no mistake".to_owned(),
            1 => "1 mistake".to_owned(),
            n => format!("{n} mistakes"),
        };
        written(writeln!(
            out,
            "{STRONG}{}{STRONG:#}: {mistakes}, {} warnings, {} rules, {} examples",
            terminal::sanitise(&report.file),
            report.warnings.len(),
            report.rules,
            report.examples
        ))?;
    }
    written(out.flush())?;
    Ok(if found { FOUND } else { DONE })
}
