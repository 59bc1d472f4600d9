//! What a run has come to so far, held against its limits. Pure: counts in, limits passed out.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::json::FORMAT;
use super::{Report, Tally};
use crate::rules::{Level, Limits, Measure, RuleSet};

/// What a run has come to, as far as limits and metrics ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Documents that could be read.
    pub documents: u64,
    /// Of these, kept as they were.
    pub kept: u64,
    /// Of these, kept with something cut out.
    pub cut: u64,
    /// Of these, dropped.
    pub dropped: u64,
    /// Bytes of text read.
    pub bytes: u64,
    /// Bytes of text cut out or dropped.
    pub removed_bytes: u64,
    /// Records that could not be read, by reason.
    pub unreadable: BTreeMap<String, u64>,
    /// Rules, in the order of the set.
    pub rules: Vec<RuleTotals>,
}

/// What one rule has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleTotals {
    /// Full name.
    pub rule: String,
    /// Hits.
    pub hits: u64,
    /// Documents with a hit.
    pub documents: u64,
    /// Documents dropped where it led.
    pub dropped: u64,
    /// Bytes of text cut out or dropped where it led.
    pub removed_bytes: u64,
}

/// A limit that was passed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trip {
    /// What is done about it.
    pub level: Level,
    /// What is limited.
    pub limit: Measure,
    /// Of which rule, if of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// For a difference: of what share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Cow<'static, str>>,
    /// The share that was reached, or the distance.
    pub value: f64,
    /// The greatest allowed.
    pub bound: f64,
}

impl fmt::Display for Trip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = self.rule.as_deref().unwrap_or("a rule");
        let value = Percent(self.value);
        match (self.limit, self.of.as_deref()) {
            (Measure::DroppedDocuments, _) => write!(f, "{value} of the documents were dropped")?,
            (Measure::RemovedBytes, _) => write!(f, "{value} of the text was removed")?,
            (Measure::UnreadableRecords, _) => {
                write!(f, "{value} of the records could not be read")?;
            }
            (Measure::RuleDroppedDocuments, _) => {
                write!(f, "rule \"{rule}\" dropped {value} of the documents")?;
            }
            (Measure::RuleRemovedBytes, _) => {
                write!(f, "rule \"{rule}\" removed {value} of the text")?;
            }
            (Measure::Difference, of) => {
                let of = of.unwrap_or("a share");
                match &self.rule {
                    Some(rule) => write!(f, "{of} of rule \"{rule}\"")?,
                    None => write!(f, "{of}")?,
                }
                write!(f, " differs by {value} from the report compared with")?;
            }
        }
        let (level, name, bound) = (self.level.name(), self.limit.name(), Percent(self.bound));
        write!(f, ", more than {bound} (limit {level}.{name})")
    }
}

/// A share as a person reads it.
struct Percent(f64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As many places as tell a share from a bound that it has just passed, and no zeros.
        let shown = format!("{:.3}", self.0 * 100.0);
        write!(f, "{} %", shown.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// Why an earlier report cannot be compared with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// It is no report, or a damaged one.
    #[error("not a report of a run: {0}")]
    Json(#[from] serde_json::Error),
    /// It is of another shape.
    #[error("a report of version {0}; this program compares with version {FORMAT}")]
    Format(u32),
    /// It is of a run that did not come to its end, and so no measure for others.
    #[error("the report of a run that a limit stopped; name that of a run that is done")]
    Unfinished,
}

impl Totals {
    /// What a report says, made in an earlier run (`report.json`).
    ///
    /// # Errors
    /// If it is not one, of another version, or of a run that was stopped.
    pub fn read(json: &[u8]) -> Result<Self, CompareError> {
        let earlier: Earlier = serde_json::from_slice(json)?;
        if earlier.format != FORMAT {
            return Err(CompareError::Format(earlier.format));
        }
        if earlier.unfinished {
            return Err(CompareError::Unfinished);
        }
        let EarlierTotals { read, kept, untouched, removed, dropped, .. } = earlier.totals;
        Ok(Self {
            documents: read.documents,
            kept: untouched,
            cut: kept.documents.saturating_sub(untouched),
            dropped: dropped.documents,
            bytes: read.bytes,
            removed_bytes: removed.bytes + dropped.bytes,
            unreadable: BTreeMap::from([("all".to_owned(), earlier.totals.unreadable)]),
            rules: earlier.rules.into_iter().map(RuleTotals::from).collect(),
        })
    }

    /// Records that could not be read.
    pub fn unreadable_count(&self) -> u64 {
        self.unreadable.values().sum()
    }

    /// True if there was no record at all.
    pub fn is_empty(&self) -> bool {
        self.documents == 0 && self.unreadable_count() == 0
    }

    /// Share of documents dropped; `None` if there is none yet.
    fn dropped_share(&self) -> Option<f64> {
        share(self.dropped, self.documents)
    }

    fn removed_share(&self) -> Option<f64> {
        share(self.removed_bytes, self.bytes)
    }

    fn unreadable_share(&self) -> Option<f64> {
        let unreadable = self.unreadable_count();
        share(unreadable, unreadable + self.documents)
    }
}

impl From<&Report> for Totals {
    fn from(report: &Report) -> Self {
        let totals = &report.totals;
        Self {
            documents: totals.read.documents,
            kept: totals.untouched,
            cut: totals.removed.documents,
            dropped: totals.dropped.documents,
            bytes: totals.read.bytes,
            removed_bytes: totals.removed.bytes + totals.dropped.bytes,
            unreadable: report
                .unreadable
                .iter()
                .map(|(reason, entry)| (reason.to_string(), entry.records))
                .collect(),
            rules: report
                .rules
                .iter()
                .map(|entry| RuleTotals {
                    rule: entry.rule.clone(),
                    hits: entry.hits,
                    documents: entry.documents,
                    dropped: entry.dropped,
                    removed_bytes: entry.bytes + entry.dropped_bytes,
                })
                .collect(),
        }
    }
}

impl Tally {
    /// What has been counted so far, as far as limits and metrics ask: cheap beside a report.
    pub fn totals(&self, rules: &RuleSet) -> Totals {
        Totals {
            documents: self.read.documents,
            kept: self.untouched,
            cut: self.removed.documents,
            dropped: self.dropped.documents,
            bytes: self.read.bytes,
            removed_bytes: self.removed.bytes + self.dropped.bytes,
            unreadable: self
                .unreadable
                .iter()
                .map(|(reason, (records, ..))| (reason.to_string(), *records))
                .collect(),
            rules: rules
                .rules()
                .iter()
                .enumerate()
                .map(|(n, rule)| {
                    let name = rule.name.clone();
                    self.rules.get(n).map_or_else(
                        || RuleTotals { rule: name.clone(), ..RuleTotals::default() },
                        |tally| RuleTotals {
                            rule: name.clone(),
                            hits: tally.hits,
                            documents: tally.documents,
                            dropped: tally.dropped,
                            removed_bytes: tally.bytes + tally.dropped_bytes,
                        },
                    )
                })
                .collect(),
        }
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// When totals are held against limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// While the run goes on. Nothing is passed before
    /// [`least_documents`](Limits::least_documents), and a difference never is: the start of a
    /// corpus may well differ from the whole.
    Running,
    /// When all has been read.
    End,
}

/// The limits that totals pass: those that stop the run first, then in the order of
/// [`Measure::ALL`], rules by name. A share passes a limit by being above it; shares of nothing
/// pass none.
pub fn check(
    limits: &Limits,
    totals: &Totals,
    earlier: Option<&Totals>,
    moment: Moment,
) -> Vec<Trip> {
    let records = totals.documents + totals.unreadable_count();
    if moment == Moment::Running && records < limits.least_documents {
        return Vec::new();
    }
    let mut trips = Vec::new();
    for level in Level::ALL {
        let own = |rule: &RuleTotals| limits.rules.get(&(level, rule.rule.clone())).copied();
        for measure in Measure::ALL {
            let bound = limits.shares.get(&(level, measure)).copied();
            let mut offer = |rule: Option<&str>,
                             of: Option<&'static str>,
                             value: Option<f64>,
                             bound: Option<f64>| {
                let (Some(value), Some(bound)) = (value, bound) else { return };
                if value > bound {
                    let rule = rule.map(str::to_owned);
                    let of = of.map(Cow::Borrowed);
                    trips.push(Trip { level, limit: measure, rule, of, value, bound });
                }
            };
            match measure {
                Measure::DroppedDocuments => offer(None, None, totals.dropped_share(), bound),
                Measure::RemovedBytes => offer(None, None, totals.removed_share(), bound),
                Measure::UnreadableRecords => offer(None, None, totals.unreadable_share(), bound),
                Measure::RuleDroppedDocuments => {
                    for rule in in_order(totals).filter(|rule| own(rule).is_none()) {
                        let value = share(rule.dropped, totals.documents);
                        offer(Some(&rule.rule), None, value, bound);
                    }
                }
                Measure::RuleRemovedBytes => {
                    for rule in in_order(totals) {
                        let value = share(rule.removed_bytes, totals.bytes);
                        offer(Some(&rule.rule), None, value, own(rule).or(bound));
                    }
                }
                Measure::Difference => {
                    let Some(earlier) = earlier.filter(|_| moment == Moment::End) else { continue };
                    for (of, rule, value) in differences(totals, earlier) {
                        offer(rule.as_deref(), Some(of), Some(value), bound);
                    }
                }
            }
        }
    }
    trips
}

fn in_order(totals: &Totals) -> impl Iterator<Item = &RuleTotals> {
    let by_name: BTreeMap<&str, &RuleTotals> =
        totals.rules.iter().map(|rule| (rule.rule.as_str(), rule)).collect();
    by_name.into_values()
}

/// How far shares lie from those of an earlier run: of what, of which rule, and the distance. A
/// rule that one of the two did not have hit nothing there; a share of nothing is 0.
fn differences(now: &Totals, earlier: &Totals) -> Vec<(&'static str, Option<String>, f64)> {
    let apart = |a: Option<f64>, b: Option<f64>| (a.unwrap_or(0.0) - b.unwrap_or(0.0)).abs();
    let mut found = vec![
        (
            "the share of documents dropped",
            None,
            apart(now.dropped_share(), earlier.dropped_share()),
        ),
        ("the share of text removed", None, apart(now.removed_share(), earlier.removed_share())),
        (
            "the share of unreadable records",
            None,
            apart(now.unreadable_share(), earlier.unreadable_share()),
        ),
    ];
    let mut rules: BTreeMap<&str, [Option<f64>; 2]> = BTreeMap::new();
    for (side, totals) in [now, earlier].into_iter().enumerate() {
        for rule in &totals.rules {
            let sides = rules.entry(&rule.rule).or_default();
            if let Some(place) = sides.get_mut(side) {
                *place = share(rule.documents, totals.documents);
            }
        }
    }
    for (rule, [a, b]) in rules {
        found.push(("the share of documents with a hit", Some(rule.to_owned()), apart(a, b)));
    }
    found
}

/// What is read of an earlier report.
#[derive(Deserialize)]
struct Earlier {
    format: u32,
    #[serde(default)]
    unfinished: bool,
    totals: EarlierTotals,
    rules: Vec<EarlierRule>,
}

#[derive(Deserialize)]
struct EarlierTotals {
    read: EarlierAmount,
    kept: EarlierAmount,
    untouched: u64,
    removed: EarlierAmount,
    dropped: EarlierAmount,
    unreadable: u64,
}

#[derive(Deserialize)]
struct EarlierAmount {
    documents: u64,
    bytes: u64,
}

#[derive(Deserialize)]
struct EarlierRule {
    rule: String,
    hits: u64,
    documents: u64,
    bytes: u64,
    // Reports of the first programs do not have them; no difference asks for them.
    #[serde(default)]
    dropped: u64,
    #[serde(default)]
    dropped_bytes: u64,
}

impl From<EarlierRule> for RuleTotals {
    fn from(entry: EarlierRule) -> Self {
        let removed_bytes = entry.bytes + entry.dropped_bytes;
        let EarlierRule { rule, hits, documents, dropped, .. } = entry;
        Self { rule, hits, documents, dropped, removed_bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cleaner, Record, Survey};

    /// A hundred documents of ten bytes each.
    fn totals(dropped: u64, removed_bytes: u64, unreadable: u64) -> Totals {
        let rule = |name: &str, share: u64| RuleTotals {
            rule: name.to_owned(),
            hits: share,
            documents: share,
            dropped: share,
            removed_bytes: 10 * share,
        };
        Totals {
            documents: 100,
            kept: 100 - dropped,
            cut: 0,
            dropped,
            bytes: 1_000,
            removed_bytes,
            unreadable: BTreeMap::from([("broken-json".to_owned(), unreadable)]),
            rules: vec![rule("b/many", 40), rule("a/few", 1)],
        }
    }

    fn limits(shares: &[(Level, Measure, f64)]) -> Limits {
        let shares = shares.iter().map(|(level, measure, bound)| ((*level, *measure), *bound));
        Limits { shares: shares.collect(), ..Limits::default() }
    }

    fn tripped(limits: &Limits, totals: &Totals) -> Vec<String> {
        let trips = check(limits, totals, None, Moment::End);
        trips.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_share_passes_its_limit_by_being_above_it() {
        let at = |measure, bound| limits(&[(Level::Stop, measure, bound)]);
        let none: [&str; 0] = [];
        let dropped = at(Measure::DroppedDocuments, 0.5);
        assert_eq!(tripped(&dropped, &totals(50, 0, 0)), none);
        assert_eq!(
            tripped(&dropped, &totals(51, 0, 0)),
            ["51 % of the documents were dropped, more than 50 % (limit stop.dropped-documents)"]
        );
        let removed = at(Measure::RemovedBytes, 0.9);
        assert_eq!(tripped(&removed, &totals(0, 900, 0)), none);
        assert_eq!(
            tripped(&removed, &totals(0, 901, 0)),
            ["90.1 % of the text was removed, more than 90 % (limit stop.removed-bytes)"]
        );
        let unreadable = at(Measure::UnreadableRecords, 0.5);
        assert_eq!(tripped(&unreadable, &totals(0, 0, 100)), none);
        assert_eq!(tripped(&unreadable, &totals(0, 0, 101)).len(), 1);
        let rule = at(Measure::RuleDroppedDocuments, 0.4);
        assert_eq!(tripped(&rule, &totals(0, 0, 0)), none);
        let rule = at(Measure::RuleDroppedDocuments, 0.39);
        assert_eq!(
            tripped(&rule, &totals(0, 0, 0)),
            [
                "rule \"b/many\" dropped 40 % of the documents, more than 39 % (limit stop.rule-dropped-documents)"
            ]
        );
        // All or nothing: 1 is no limit, 0 allows none.
        assert_eq!(tripped(&at(Measure::RemovedBytes, 1.0), &totals(0, 1_000, 0)), none);
        assert_eq!(tripped(&at(Measure::RemovedBytes, 0.0), &totals(0, 0, 0)), none);
        assert_eq!(tripped(&at(Measure::RemovedBytes, 0.0), &totals(0, 1, 0)).len(), 1);
    }

    #[test]
    fn a_rules_own_limit_stands_in_place_of_that_for_any() {
        let mut limits = limits(&[(Level::Warn, Measure::RuleRemovedBytes, 0.1)]);
        assert_eq!(tripped(&limits, &totals(0, 0, 0)).len(), 1);
        limits.rules.insert((Level::Warn, "b/many".to_owned()), 0.4);
        assert!(tripped(&limits, &totals(0, 0, 0)).is_empty());
        limits.rules.insert((Level::Warn, "a/few".to_owned()), 0.009);
        assert_eq!(
            tripped(&limits, &totals(0, 0, 0)),
            [
                "rule \"a/few\" removed 1 % of the text, more than 0.9 % (limit warn.rule-removed-bytes)"
            ]
        );
    }

    #[test]
    fn a_running_job_is_checked_from_the_least_number_of_records_on() {
        let mut limits = limits(&[(Level::Stop, Measure::DroppedDocuments, 0.5)]);
        let checked =
            |limits: &Limits, totals: &Totals| check(limits, totals, None, Moment::Running).len();
        assert_eq!(checked(&limits, &totals(100, 0, 0)), 0);
        limits.least_documents = 101;
        assert_eq!(checked(&limits, &totals(100, 0, 0)), 0);
        assert_eq!(checked(&limits, &totals(100, 0, 1)), 1, "records that cannot be read count");
        limits.least_documents = 100;
        assert_eq!(checked(&limits, &totals(100, 0, 0)), 1);
    }

    #[test]
    fn a_run_is_compared_with_an_earlier_one_at_its_end() {
        let limits = limits(&[(Level::Warn, Measure::Difference, 0.05)]);
        let (now, mut earlier) = (totals(15, 100, 0), totals(10, 100, 0));
        let trips = |earlier: &Totals, moment| check(&limits, &now, Some(earlier), moment);
        assert!(trips(&earlier, Moment::End).is_empty(), "five in a hundred are allowed");
        earlier.dropped = 9;
        assert!(trips(&earlier, Moment::Running).is_empty());
        let found = trips(&earlier, Moment::End);
        assert_eq!(found.len(), 1);
        assert!(found[0].to_string().starts_with(
            "the share of documents dropped differs by 6 % from the report compared with"
        ));
        // A rule that was not there before hit nothing then.
        earlier.dropped = 15;
        earlier.rules.remove(0);
        let found = trips(&earlier, Moment::End);
        assert_eq!(found[0].rule.as_deref(), Some("b/many"));
        assert_eq!((found.len(), found[0].value), (1, 0.4));
    }

    #[test]
    fn nothing_passes_no_limit() {
        let all: Vec<_> = Measure::ALL.map(|measure| (Level::Stop, measure, 0.0)).to_vec();
        let nothing = Totals::default();
        assert!(check(&limits(&all), &nothing, Some(&nothing), Moment::End).is_empty());
    }

    #[test]
    fn tally_report_and_file_come_to_the_same() {
        let rules = RuleSet::load(["web"]).unwrap();
        let cleaner = Cleaner::new(rules, Survey::none()).unwrap();
        let mut tally = Tally::new();
        for text in [
            "The mill stood idle through the winter, and the miller mended his nets by the fire.",
            "The mill stood idle, and the miller mended his nets. Leave a comment below!",
            "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor \
             incididunt ut labore et dolore magna aliqua. Ut enim ad minim veniam, quis nostrud.",
        ] {
            tally.add(&cleaner.clean(Record::text("a", text)).unwrap(), cleaner.rules());
        }
        let mut own = tally.totals(cleaner.rules());
        assert_eq!((own.documents, own.kept, own.cut, own.dropped), (3, 1, 1, 1));
        assert_eq!(own.rules.iter().map(|rule| rule.dropped).sum::<u64>(), 1);
        let led: u64 = own.rules.iter().map(|rule| rule.removed_bytes).sum();
        assert_eq!(led, own.removed_bytes, "a rule led each removal");
        let report = tally.report(cleaner.rules());
        let mut reported = Totals::from(&report);
        reported.rules.sort_by(|a, b| a.rule.cmp(&b.rule));
        own.rules.sort_by(|a, b| a.rule.cmp(&b.rule));
        assert_eq!(own, reported);
        let mut read = Totals::read(&serde_json::to_vec(&report).unwrap()).unwrap();
        read.rules.sort_by(|a, b| a.rule.cmp(&b.rule));
        read.unreadable.clear();
        assert_eq!(own, read);
    }

    #[test]
    fn what_is_no_report_cannot_be_compared_with() {
        let message = |json: &str| Totals::read(json.as_bytes()).unwrap_err().to_string();
        assert!(message("{}").starts_with("not a report of a run"));
        let amount = r#"{"documents":1,"bytes":2}"#;
        let totals = format!(
            r#"{{"read":{amount},"kept":{amount},"untouched":1,"removed":{amount},"dropped":{amount},"unreadable":0}}"#
        );
        let later = format!(r#"{{"format":9,"totals":{totals},"rules":[]}}"#);
        assert_eq!(message(&later), "a report of version 9; this program compares with version 1");
    }
}
