//! The differences as text that fits into 80 columns.

use std::fmt::Write;

use super::{Amount, Differences, Direction, Sample};
use crate::outcome::Decision;
use crate::text::counts::{counted_in_groups as counted, grouped};

/// How the two sets are called.
#[derive(Clone, Copy, Debug)]
pub struct Names<'n> {
    /// The old rules.
    pub old: &'n str,
    /// The new rules.
    pub new: &'n str,
}

/// Characters of a rule's name in a table.
const NAME: usize = 38;
/// Characters of a line of a sample.
const LINE: usize = 72;
/// Rules of which samples are shown, those that take the most.
const RULES: usize = 10;
/// Documents named of those that one set drops alone.
const DROPPED: usize = 5;

/// The differences as text: sums, decisions, both directions by category and rule, samples.
pub fn table(differences: &Differences, names: Names<'_>) -> String {
    let mut out = String::new();
    let Differences { documents, changed, unreadable, .. } = differences;
    let share = match documents {
        0 => String::new(),
        _ => format!(" ({:.1} %)", 100.0 * *changed as f64 / *documents as f64),
    };
    let _ = writeln!(out, "old  {}\nnew  {}\n", names.old, names.new);
    let _ = writeln!(
        out,
        "{} judged by both, {}{share} come out otherwise, {} unreadable",
        counted(*documents, "document"),
        grouped(*changed),
        grouped(*unreadable),
    );
    if differences.read_differently > 0 {
        let _ = writeln!(
            out,
            "{} read differently by the two: compared by the lines that are kept",
            counted(differences.read_differently, "document")
        );
    }
    if differences.rewritten > 0 {
        let _ = writeln!(
            out,
            "{} come out with line breaks of another kind",
            counted(differences.rewritten, "document")
        );
    }
    decisions(&mut out, differences);
    let both = [
        ("removed by the new rules alone", '-', &differences.removed),
        ("removed by the old rules alone", '+', &differences.restored),
    ];
    for (title, sign, direction) in both {
        let _ = writeln!(out, "\n{title}");
        one(&mut out, sign, direction);
    }
    out
}

/// Documents whose fate is another.
fn decisions(out: &mut String, differences: &Differences) {
    let all = [Decision::Kept, Decision::Cut, Decision::Dropped];
    let mut moved = Vec::new();
    for old in all {
        for new in all.into_iter().filter(|new| *new != old) {
            let count = differences.decided(old, new);
            if count > 0 {
                moved.push(format!("{} → {} {}", old.name(), new.name(), grouped(count)));
            }
        }
    }
    if !moved.is_empty() {
        let _ = writeln!(out, "decisions: {}", moved.join(", "));
    }
}

fn one(out: &mut String, sign: char, direction: &Direction) {
    if direction.amount.spans == 0 && direction.dropped.iter().next().is_none() {
        out.push_str("  nothing\n");
        return;
    }
    let _ = writeln!(
        out,
        "  {:NAME$} {:>9} {:>7} {:>10} {:>10}",
        "", "documents", "spans", "bytes", "characters"
    );
    line(out, "all", direction.amount);
    let mut categories: Vec<_> = direction.categories.iter().collect();
    categories.sort_by_key(|(name, amount)| (std::cmp::Reverse(amount.bytes), **name));
    for (name, amount) in categories {
        line(out, name, *amount);
    }
    let mut rules: Vec<_> = direction.rules.iter().collect();
    rules.sort_by_key(|(name, rule)| (std::cmp::Reverse(rule.amount.bytes), name.as_str()));
    out.push('\n');
    for (name, rule) in &rules {
        line(out, name, rule.amount);
    }
    let dropped: Vec<&Sample> = direction.dropped.iter().take(DROPPED).collect();
    if !dropped.is_empty() {
        let word =
            if sign == '-' { "dropped by the new rules" } else { "dropped by the old rules" };
        let _ = writeln!(out, "\n  {word} alone, some");
        for sample in dropped {
            let _ = writeln!(out, "    {sign} {}", cut(&place(sample), LINE));
        }
    }
    for (name, rule) in rules.iter().take(RULES) {
        for sample in rule.samples.iter() {
            let _ = writeln!(out, "\n  {}", cut(&format!("{name} · {}", place(sample)), LINE + 4));
            context(out, &ending(&sample.before));
            for piece in wrapped(&sample.text) {
                let _ = writeln!(out, "    {sign} {piece}");
            }
            context(out, &cut(&flat(&sample.after), LINE));
        }
    }
    if let Some(more) = rules.len().checked_sub(RULES).filter(|more| *more > 0) {
        let _ = writeln!(
            out,
            "\n  samples of {} are in --html and --json",
            counted(more as u64, "more rule")
        );
    }
}

fn line(out: &mut String, name: &str, amount: Amount) {
    let _ = writeln!(
        out,
        "  {:NAME$} {:>9} {:>7} {:>10} {:>10}",
        cut(name, NAME),
        grouped(amount.documents),
        grouped(amount.spans),
        grouped(amount.bytes),
        grouped(amount.characters)
    );
}

fn context(out: &mut String, text: &str) {
    if !text.is_empty() {
        let _ = writeln!(out, "      {text}");
    }
}

fn place(sample: &Sample) -> String {
    let Sample { source, ordinal, id, start, end, .. } = sample;
    let id = flat(id);
    if id == *source {
        format!("{source}, bytes {start}–{end}")
    } else {
        format!("{id}, {source} record {}, bytes {start}–{end}", ordinal.saturating_add(1))
    }
}

/// The end of a text on one line.
fn ending(text: &str) -> String {
    let flat = flat(text);
    let length = flat.chars().count();
    if length <= LINE {
        return flat;
    }
    let tail: String = flat.chars().skip(length - LINE + 1).collect();
    format!("…{tail}")
}

/// Most lines shown of a sample.
const LINES: usize = 6;

/// A text in lines that fit, at most some; each line of the text is one at least.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for line in text.lines().map(flat).filter(|line| !line.is_empty()) {
        let mut now = String::new();
        for word in line.split(' ') {
            let length = now.chars().count();
            if length > 0 && length + 1 + word.chars().count() > LINE {
                lines.push(std::mem::take(&mut now));
            }
            if !now.is_empty() {
                now.push(' ');
            }
            now.push_str(word);
        }
        lines.push(now);
    }
    if lines.is_empty() {
        lines.push("(white space)".to_owned());
    }
    if lines.len() > LINES {
        lines.truncate(LINES);
        lines.push("…".to_owned());
    }
    lines.into_iter().map(|line| cut(&line, LINE)).collect()
}

/// A text on one line.
fn flat(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// A text of at most so many characters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most - 1).collect();
    short.push('…');
    short
}
