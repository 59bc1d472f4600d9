//! A report in a few lines, for a terminal.

use std::collections::BTreeMap;

use super::{Report, RuleEntry, significant};
use crate::rules::Category;
use crate::text::counts::counted;

/// A report in a few lines for a person: what was kept, cut, removed and dropped, by category,
/// and the five busiest rules.
pub fn summary_of(report: &Report) -> String {
    let totals = &report.totals;
    let mut text = String::new();
    let share = |part: u64, whole: u64| {
        if whole == 0 { 0.0 } else { significant(part as f64 / whole as f64 * 100.0) }
    };
    let mut line = |parts: std::fmt::Arguments<'_>| {
        text.push_str(&parts.to_string());
        text.push('\n');
    };
    line(format_args!(
        "{} from {}: {} kept as they were, {} cut, {} dropped, {} flagged, {} unreadable",
        counted(totals.read.documents, "document"),
        counted(totals.sources, "source"),
        totals.untouched,
        totals.removed.documents,
        totals.dropped.documents,
        totals.flagged,
        totals.unreadable,
    ));
    line(format_args!(
        "{} of text: {} kept, {} cut out ({:.1} %), {} dropped ({:.1} %)",
        bytes(totals.read.bytes),
        bytes(totals.kept.bytes),
        bytes(totals.removed.bytes),
        share(totals.removed.bytes, totals.read.bytes),
        bytes(totals.dropped.bytes),
        share(totals.dropped.bytes, totals.read.bytes),
    ));
    line(format_args!(""));
    line(format_args!(
        "{:<14}{:>10}{:>12}{:>12}{:>10}{:>10}",
        "category", "removals", "bytes", "documents", "dropped", "flagged"
    ));
    for category in Category::ALL {
        let amount = report.categories.get(category.name()).copied().unwrap_or_default();
        line(format_args!(
            "{:<14}{:>10}{:>12}{:>12}{:>10}{:>10}",
            category.name(),
            amount.removals,
            amount.bytes,
            amount.documents,
            amount.dropped,
            amount.flagged
        ));
    }
    if !report.off_without_survey.is_empty() {
        line(format_args!(""));
        line(format_args!(
            "off without a survey (`tamis survey` makes one): {}",
            by_set(&report.off_without_survey)
        ));
    }
    if let Some(survey) = &report.survey {
        line(format_args!(""));
        line(format_args!(
            "survey: {} ({}), {} of {} sources are in it",
            survey.path,
            counted(survey.documents, "document"),
            survey.known_sources,
            totals.sources
        ));
    }
    let busiest: Vec<&RuleEntry> = report
        .rules
        .iter()
        .filter(|entry| entry.hits > 0 && entry.effect != "part")
        .take(5)
        .collect();
    if !busiest.is_empty() {
        line(format_args!(""));
        line(format_args!("busiest rules"));
        for entry in busiest {
            line(format_args!(
                "  {:<38}{:>12}{:>9} removed{:>7} alone  {}",
                entry.rule,
                counted(entry.hits, "hit"),
                bytes(entry.bytes),
                entry.decided_alone,
                entry.about
            ));
        }
    }
    text
}

/// Names of rules as sets with numbers: `copies (4 rules), mine (1 rule)`.
fn by_set(names: &[String]) -> String {
    let mut sets: BTreeMap<&str, u64> = BTreeMap::new();
    for name in names {
        *sets.entry(name.split('/').next().unwrap_or(name)).or_default() += 1;
    }
    let sets: Vec<String> =
        sets.iter().map(|(set, rules)| format!("{set} ({})", counted(*rules, "rule"))).collect();
    sets.join(", ")
}

/// Bytes for a person: `812 B`, `4.2 kB`, `1.3 GB`.
fn bytes(count: u64) -> String {
    let mut value = count as f64;
    for unit in ["B", "kB", "MB", "GB", "TB"] {
        if value < 999.5 || unit == "TB" {
            return if unit == "B" { format!("{count} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{count} B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_summed_by_their_sets() {
        let names = ["copies/a", "mine/x", "copies/b"].map(str::to_owned);
        assert_eq!(by_set(&names), "copies (2 rules), mine (1 rule)");
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(4_249), "4.2 kB");
        assert_eq!(bytes(999_950), "1.0 MB");
        assert_eq!(bytes(u64::MAX), "18446744.1 TB");
    }
}
