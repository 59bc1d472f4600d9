//! `[limits]`: when a run goes so far astray that it is to be stopped, or that somebody must be
//! told. What is held against them is counted by the report.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::{At, Problems};
use super::reader::Reader;

/// What is done when a limit is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The run is ended, and its exit code is 1.
    Stop,
    /// It is said, and the run goes on.
    Warn,
}

impl Level {
    /// Both, the graver first.
    pub const ALL: [Level; 2] = [Level::Stop, Level::Warn];

    /// The name used in rules files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Level::Stop => "stop",
            Level::Warn => "warn",
        }
    }
}

/// A share that has a limit; each is 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Documents dropped, of all that could be read.
    DroppedDocuments,
    /// Bytes of text cut out or dropped, of all bytes of text.
    RemovedBytes,
    /// Records that could not be read, of all records.
    UnreadableRecords,
    /// Documents that one rule dropped, of all that could be read.
    RuleDroppedDocuments,
    /// Bytes of text that one rule cut out or dropped, of all bytes of text.
    RuleRemovedBytes,
    /// The distance of a share from that of an earlier run.
    Difference,
}

impl Measure {
    /// All, in the order of the documentation.
    pub const ALL: [Measure; 6] = [
        Measure::DroppedDocuments,
        Measure::RemovedBytes,
        Measure::UnreadableRecords,
        Measure::RuleDroppedDocuments,
        Measure::RuleRemovedBytes,
        Measure::Difference,
    ];

    /// The name used in rules files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Measure::DroppedDocuments => "dropped-documents",
            Measure::RemovedBytes => "removed-bytes",
            Measure::UnreadableRecords => "unreadable-records",
            Measure::RuleDroppedDocuments => "rule-dropped-documents",
            Measure::RuleRemovedBytes => "rule-removed-bytes",
            Measure::Difference => "difference",
        }
    }
}

/// Documents after which a running job is held against its limits, where nothing else is said: the
/// first bad page is to trip nothing.
const LEAST_DOCUMENTS: u64 = 1_000;

/// The limits of a run. A share must be *above* its limit to pass it, so 1 is no limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// While a run goes on, it is held against its limits from so many records on; at its end
    /// always.
    pub least_documents: u64,
    /// Limits of shares.
    pub shares: BTreeMap<(Level, Measure), f64>,
    /// By the full name of a rule: the greatest share of all bytes of text that it may cut out or
    /// drop. It stands in place of the limits for any rule.
    pub rules: BTreeMap<(Level, String), f64>,
}

impl Default for Limits {
    /// None.
    fn default() -> Self {
        Self { least_documents: LEAST_DOCUMENTS, shares: BTreeMap::new(), rules: BTreeMap::new() }
    }
}

impl Limits {
    /// True if nothing is limited.
    pub fn is_empty(&self) -> bool {
        self.shares.is_empty() && self.rules.is_empty()
    }
}

/// What an entry of `[limits]` is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LimitKey {
    LeastDocuments,
    Share(Level, Measure),
    Rule(Level, String),
}

impl LimitKey {
    /// The heading it stands under, and its key there.
    pub(crate) fn written(&self) -> (String, String) {
        match self {
            LimitKey::LeastDocuments => ("limits".to_owned(), "least-documents".to_owned()),
            LimitKey::Share(level, measure) => {
                (format!("limits.{}", level.name()), measure.name().to_owned())
            }
            LimitKey::Rule(level, rule) => {
                (format!("limits.{}.rules", level.name()), format!("\"{rule}\""))
            }
        }
    }
}

/// An entry of `[limits]`: what it is about, where that is named, and its number.
pub(crate) type WrittenLimit = (At<LimitKey>, At<f64>);

/// Reads `[limits]` of a file of the set `set`.
pub(crate) fn read(set: &str, table: Reader<'_>) -> Vec<WrittenLimit> {
    let mut found = Vec::new();
    let mut take = |table: Reader<'_>, name: &str, key: LimitKey| {
        if let (Some(at), Some(number)) = (table.key_mark(name), table.number(name)) {
            found.push((At::new(key, at), number));
        }
    };
    take(table, "least-documents", LimitKey::LeastDocuments);
    for level in Level::ALL {
        let Some(bounds) = table.table(level.name()) else { continue };
        for measure in Measure::ALL {
            take(bounds, measure.name(), LimitKey::Share(level, measure));
        }
        let Some(rules) = bounds.table("rules") else { continue };
        for name in rules.names() {
            let full = super::file::full_name(set, name.clone()).value;
            take(rules, &name.value, LimitKey::Rule(level, full));
        }
    }
    found
}

/// The limits that entries come to. Warns of what can have no effect.
pub(crate) fn settle(
    problems: &mut Problems,
    written: &BTreeMap<LimitKey, WrittenLimit>,
) -> Limits {
    let mut limits = Limits::default();
    for (key, (at, number)) in written {
        match key {
            LimitKey::LeastDocuments => limits.least_documents = number.value as u64,
            LimitKey::Share(level, measure) => {
                limits.shares.insert((*level, *measure), number.value);
            }
            LimitKey::Rule(level, rule) => {
                limits.rules.insert((*level, rule.clone()), number.value);
            }
        }
        let graver = match key {
            LimitKey::Share(Level::Warn, measure) => LimitKey::Share(Level::Stop, *measure),
            LimitKey::Rule(Level::Warn, rule) => LimitKey::Rule(Level::Stop, rule.clone()),
            _ => continue,
        };
        if let Some((_, stop)) = written.get(&graver)
            && stop.value <= number.value
        {
            let name = key.written().1;
            let message = format!("nothing warns of `{name}`: the run stops at {}", stop.value);
            problems.warn(at.mark, message);
        }
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleSet;

    const RULE: &str = "
        [rules.short]
        about    = \"A short text\"
        why      = \"For the test.\"
        category = \"quality\"
        scope    = \"document\"
        action   = \"drop\"
        when     = { signal = \"word_count\", below = 3 }
        hits     = [\"Two words\"]
        misses   = [\"Four words are enough\"]
    ";

    fn load(limits: &str) -> Result<RuleSet, crate::rules::RuleErrors> {
        RuleSet::from_text("mine", &format!("format = 1\nabout = \"x\"\n{limits}\n{RULE}"))
    }

    #[test]
    fn limits_are_read_with_the_full_names_of_rules() {
        let set = load(
            "[limits]\nleast-documents = 5\n[limits.stop]\nremoved-bytes = 0.9\n\
             rules = { short = 0.25 }\n[limits.warn]\ndifference = 0",
        );
        let set = set.unwrap();
        let limits = set.limits();
        assert_eq!(limits.least_documents, 5);
        assert_eq!(limits.shares[&(Level::Stop, Measure::RemovedBytes)], 0.9);
        assert_eq!(limits.shares[&(Level::Warn, Measure::Difference)], 0.0);
        assert_eq!(limits.rules[&(Level::Stop, "mine/short".to_owned())], 0.25);
        assert!(set.warnings().is_empty());
    }

    #[test]
    fn impossible_limits_and_unknown_names_are_mistakes() {
        for (limits, message) in [
            ("[limits.stop]\nremoved-bytes = 1.01", "`removed-bytes` is 1.01"),
            ("[limits.stop]\nremoved-bytes = -0.01", "a number from 0 to 1"),
            ("[limits]\nleast-documents = -1", "`least-documents` is -1"),
            ("[limits.halt]\nremoved-bytes = 0.5", "unknown key `halt`"),
            ("[limits.warn]\nremoved-byte = 0.5", "did you mean `removed-bytes`?"),
            ("[limits.warn]\nrules = { shrot = 0.5 }", "did you mean `mine/short`?"),
            ("[limits.warn]\nremoved-bytes = \"90 %\"", "`removed-bytes` is a string"),
        ] {
            let shown = load(limits).unwrap_err().to_string();
            assert!(shown.contains(message), "{message} is not in:\n{shown}");
        }
        for bound in ["0", "1", "0.5"] {
            assert!(load(&format!("[limits.stop]\nremoved-bytes = {bound}")).is_ok());
        }
    }

    #[test]
    fn a_warning_that_comes_too_late_is_warned_of() {
        let set = load("[limits.stop]\nremoved-bytes = 0.5\n[limits.warn]\nremoved-bytes = 0.5");
        let warnings = set.unwrap().warnings().to_vec();
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].message.contains("the run stops at 0.5"));
    }

    #[test]
    fn later_files_win_and_limits_do_not_make_other_rules_of_them() {
        let plain = load("").unwrap();
        assert!(plain.limits().is_empty());
        let limited = load("[limits.stop]\nremoved-bytes = 0.5").unwrap();
        assert_eq!(plain.hash(), limited.hash());
        assert!(limited.effective_toml().contains("[limits.stop]\nremoved-bytes = 0.5"));
        let again = RuleSet::from_text("again", &limited.effective_toml()).unwrap();
        assert_eq!(again.limits(), limited.limits());
        let over =
            "format = 1\nabout = \"x\"\nextends = [\"web\"]\n[limits.warn]\nremoved-bytes = 0.7\n";
        let over = RuleSet::from_text("over", over).unwrap();
        assert_eq!(over.limits().shares[&(Level::Warn, Measure::RemovedBytes)], 0.7);
        let web = RuleSet::load(["web"]).unwrap();
        assert_eq!(web.limits().shares[&(Level::Warn, Measure::RemovedBytes)], 0.9);
        let kept = Measure::UnreadableRecords;
        assert_eq!(over.limits().shares[&(Level::Warn, kept)], 0.5);
    }
}
