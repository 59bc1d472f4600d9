//! What is in force, written as one rules file: for `rules show --effective`, for the run's
//! record, and for the hash that tells whether two runs had the same rules.

use std::fmt::Write;

use xxhash_rust::xxh3::Xxh3;

use super::conditions::{Asks, ListName, Threshold, WrittenLeaf};
use super::error::{At, FileNo, Problems};
use super::file::{WrittenRule, full_name};
use super::load::Merged;
use super::{ContextPass, Decide, Effect, GuardAction, Layout, Status};

/// What the text is written from.
pub(crate) struct Effective<'m> {
    pub(crate) problems: &'m Problems,
    pub(crate) merged: &'m Merged,
    /// For each rule whether it is in force.
    pub(crate) kept: &'m [bool],
    pub(crate) decide: &'m Decide,
}

impl Effective<'_> {
    /// The text; with `origins`, values that are not from their rule's own file say where from.
    pub(crate) fn write(&self, origins: bool) -> String {
        let mut out = String::from("format = 1\n");
        if let Some(about) = &self.merged.about {
            line(&mut out, "about", &text(about), "");
        }
        let unit = self.merged.unit.as_ref();
        let comment = unit.map_or_else(String::new, |at| self.from(origins, at.mark.file));
        out.push_str("\n[segment]\n");
        line(&mut out, "unit", &text(unit.map(|at| at.value).unwrap_or_default().name()), &comment);
        self.write_survey(&mut out, origins);
        self.write_decide(&mut out, origins);
        // Limits change nothing that comes out, so what has no origins, as it is hashed, is
        // without them: a run that was stopped goes on under others.
        if origins {
            self.write_limits(&mut out);
        }
        for (name, cap) in &self.merged.groups {
            let _ = write!(out, "\n[groups.{name}]\n");
            line(&mut out, "max-weight", &number(cap.value), &self.from(origins, cap.mark.file));
        }
        for (rule, kept) in self.merged.rules.iter().zip(self.kept) {
            if *kept {
                self.write_rule(&mut out, rule, origins);
            }
        }
        out
    }

    /// xxh3-128 of the text without origins and of the built-in phrase lists it names.
    pub(crate) fn hash(&self) -> String {
        let mut hasher = Xxh3::new();
        hasher.update(self.write(false).as_bytes());
        for (rule, kept) in self.merged.rules.iter().zip(self.kept) {
            for leaf in rule.when.iter().filter(|_| *kept).flat_map(|when| &when.leaves) {
                if let Asks::Phrases { list: At { value: ListName::Builtin(_), .. }, entries } =
                    &leaf.asks
                {
                    for entry in entries {
                        hasher.update(entry.text.as_bytes());
                        hasher.update(b"\n");
                    }
                }
            }
        }
        format!("{:032x}", hasher.digest128())
    }

    fn from(&self, origins: bool, file: FileNo) -> String {
        if !origins {
            return String::new();
        }
        format!("  # from {}", comment(&self.problems.source(file).name))
    }

    /// What is set of `[survey]`.
    fn write_survey(&self, out: &mut String, origins: bool) {
        let survey = &self.merged.survey;
        let near = survey.near_documents.as_ref();
        let near = near.map(|at| ("near-documents", text(&at.value.to_string()), at.mark.file));
        let keep = survey.keep.as_ref().map(|at| ("keep", text(at.value.name()), at.mark.file));
        let window = survey.window.as_ref();
        let window = window.map(|at| ("window", at.value.to_string(), at.mark.file));
        let set: Vec<_> = [near, keep, window].into_iter().flatten().collect();
        if !set.is_empty() {
            out.push_str("\n[survey]\n");
        }
        for (key, value, file) in set {
            line(out, key, &value, &self.from(origins, file));
        }
    }

    fn write_decide(&self, out: &mut String, origins: bool) {
        out.push_str("\n[decide]\n");
        let decide = self.decide;
        for key in Decide::KEYS {
            let value = match key {
                "remove-block-at" => number(decide.remove_block_at),
                "drop-document-at" => number(decide.drop_document_at),
                "flag-document-at" => number(decide.flag_document_at),
                "unsure-from" => number(decide.unsure_from),
                "short-below" => decide.short_below.to_string(),
                "context-reach" => decide.context_reach.to_string(),
                "guard-share" => number(decide.guard_share),
                "guard-spares" => decide.guard_spares.to_string(),
                "context" => text(match decide.context {
                    ContextPass::Justext => "justext",
                    ContextPass::None => "none",
                }),
                "layout" => text(match decide.layout {
                    Layout::Keep => "keep",
                    Layout::Lines => "lines",
                }),
                _ => text(match decide.guard_action {
                    GuardAction::Drop => "drop",
                    GuardAction::Flag => "flag",
                    GuardAction::None => "none",
                }),
            };
            let set = self.merged.decide.get(key);
            let comment = set.map_or_else(String::new, |at| self.from(origins, at.mark.file));
            line(out, key, &value, &comment);
        }
    }

    fn write_limits(&self, out: &mut String) {
        let mut heading = String::new();
        for (key, (_, number_at)) in &self.merged.limits {
            let (own, name) = key.written();
            if own != heading {
                let _ = write!(out, "\n[{own}]\n");
                heading = own;
            }
            line(out, &name, &number(number_at.value), &self.from(true, number_at.mark.file));
        }
    }

    fn write_rule(&self, out: &mut String, rule: &WrittenRule, origins: bool) {
        let _ = write!(out, "\n[rules.{}]", text(&rule.name.value));
        let own = rule.name.mark.file;
        out.push_str(&self.from(origins, own));
        out.push('\n');
        let origin = |file: FileNo| match file == own {
            true => String::new(),
            false => self.from(origins, file),
        };
        let said = |out: &mut String, key: &str, at: &Option<At<String>>| {
            if let Some(at) = at {
                line(out, key, &text(&at.value), "");
            }
        };
        said(out, "about", &rule.about);
        said(out, "why", &rule.why);
        said(out, "source", &rule.source);
        said(out, "since", &rule.since);
        if let Some(category) = &rule.category {
            line(out, "category", &text(category.value.name()), "");
        }
        // Always said, so that no language at the head of a file is taken for the rule's.
        line(out, "language", &texts(rule.languages.iter().map(|code| code.value.as_str())), "");
        if let Some(scope) = &rule.scope {
            line(out, "scope", &text(scope.value.name()), "");
        }
        if !rule.on.is_empty() {
            line(out, "on", &texts(rule.on.iter().map(|kind| kind.value.name())), "");
        }
        if let Some(effect) = &rule.effect {
            let (key, value) = match effect.value {
                Effect::Weight(weight) => ("weight", format!("{weight:?}")),
                Effect::Action(action) => ("action", text(action.name())),
            };
            line(out, key, &value, &origin(effect.mark.file));
        }
        if let Some(status) = &rule.status
            && status.value != Status::Stable
        {
            line(out, "status", &text(status.value.name()), &origin(status.mark.file));
        }
        if let Some(without_survey) = &rule.without_survey {
            line(out, "without-survey", &text(without_survey.value.name()), "");
        }
        said(out, "group", &rule.group);
        if !rule.replaces.is_empty() {
            let names: Vec<String> =
                rule.replaces.iter().filter_map(|name| self.present(rule, name)).collect();
            line(out, "replaces", &texts(names.iter().map(String::as_str)), "");
        }
        for leaf in rule.when.iter().flat_map(|when| &when.leaves) {
            let key = match &leaf.name {
                Some(name) => format!("when.{}.{}", leaf.join.name(), name.value),
                None => "when".to_owned(),
            };
            line(out, &key, &self.leaf(rule, leaf), &self.threshold_origins(leaf, own, origins));
        }
    }

    /// The full name, as it is today, of a rule that is in force.
    fn present(&self, rule: &WrittenRule, name: &At<String>) -> Option<String> {
        let full = full_name(&rule.set, name.clone());
        let present = self.merged.present_name(&full.value);
        let place = self.merged.rules.iter().position(|known| known.name.value == present)?;
        self.kept.get(place).filter(|kept| **kept)?;
        Some(present.to_owned())
    }

    fn leaf(&self, rule: &WrittenRule, leaf: &WrittenLeaf) -> String {
        let mut out = String::from("{ ");
        let matches = || match leaf.matches_needed() {
            1 => String::new(),
            needed => format!(", at-least = {needed}"),
        };
        let _ = match &leaf.asks {
            Asks::Signal { name, .. } => {
                write!(out, "signal = {}{}", text(&name.value), bounds(&leaf.thresholds))
            }
            Asks::Pattern { text: pattern, unicode, .. } => {
                let unicode = if *unicode { ", unicode = true" } else { "" };
                write!(out, "pattern = {}{unicode}{}", literal(&pattern.value), matches())
            }
            Asks::Phrases { list, entries } => {
                let list = match &list.value {
                    ListName::Builtin(name) => text(name),
                    // Files beside the rules are not beside this text.
                    ListName::File(_) | ListName::Here => {
                        texts(entries.iter().map(|entry| entry.text.as_str()))
                    }
                };
                write!(out, "phrases = {list}{}", matches())
            }
            Asks::Rule { name } => {
                let name = self.present(rule, name).unwrap_or_else(|| name.value.clone());
                write!(out, "rule = {}", text(&name))
            }
        };
        out.push_str(" }");
        out
    }

    fn threshold_origins(&self, leaf: &WrittenLeaf, own: FileNo, origins: bool) -> String {
        let mut out = String::new();
        for threshold in &leaf.thresholds {
            let file = threshold.value.mark.file;
            if origins && file != own {
                let name = comment(&self.problems.source(file).name);
                let start = if out.is_empty() { "  #" } else { "," };
                let _ = write!(out, "{start} {} from {name}", threshold.bound);
            }
        }
        out
    }
}

fn line(out: &mut String, key: &str, value: &str, comment: &str) {
    let _ = writeln!(out, "{key} = {value}{comment}");
}

fn bounds(thresholds: &[Threshold]) -> String {
    let mut out = String::new();
    for threshold in thresholds {
        let value = number(threshold.value.value);
        let _ = match threshold.bound {
            "outside.low" => write!(out, ", outside = [{value}"),
            "ramp.from" => write!(out, ", ramp = [{value}"),
            "outside.high" | "ramp.to" => write!(out, ", {value}]"),
            bound => write!(out, ", {bound} = {value}"),
        };
    }
    out
}

/// A number that reads back as the same.
pub(super) fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        format!("{value:.0}")
    } else {
        format!("{value:?}")
    }
}

pub(super) fn texts<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let values: Vec<String> = values.map(text).collect();
    format!("[{}]", values.join(", "))
}

/// A TOML string.
pub(super) fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 2);
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A TOML string without escapes where that can be: patterns are full of backslashes.
fn literal(value: &str) -> String {
    if value.contains('\'') || value.chars().any(char::is_control) {
        return text(value);
    }
    format!("'{value}'")
}

/// A file's name in a comment, which a line break would end.
fn comment(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}
