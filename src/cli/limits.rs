//! Limits of a run from the rules and from arguments, and what is said when one is passed.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use super::{Failure, terminal};
use tamis::RuleSet;
use tamis::report::limits::{Moment, Totals, Trip, check};
use tamis::rules::{Level, Limits, Measure};

/// A run may differ by so much from the report that it is compared with, where nothing else is
/// said.
const USUAL_DIFFERENCE: f64 = 0.05;

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Limits (exit code 1; a share is such as 0.9 or 90%)")]
pub(crate) struct LimitArguments {
    /// Stop if more than this share of the text is removed, dropped documents included
    #[arg(long, value_name = "SHARE", value_parser = share)]
    fail_on_removed: Option<f64>,

    /// Stop if more than this share of the documents is dropped
    #[arg(long, value_name = "SHARE", value_parser = share)]
    fail_on_dropped: Option<f64>,

    /// Stop if more than this share of the records cannot be read
    #[arg(long, value_name = "SHARE", value_parser = share)]
    fail_on_unreadable: Option<f64>,

    /// Stop if any rule, or the one named, removes more than this share of the text; may be repeated
    #[arg(long, value_name = "[RULE=]SHARE", value_parser = rule_share)]
    fail_on_rule: Vec<(Option<String>, f64)>,

    /// Compare with the report of an earlier run: shares dropped, removed, unreadable and hit by
    /// each rule. A share that differs by more than 0.05 is told
    #[arg(long, value_name = "REPORT")]
    compare: Option<PathBuf>,

    /// Fail if a share differs by more than this from --compare
    #[arg(long, value_name = "SHARE", value_parser = share, requires = "compare")]
    fail_on_difference: Option<f64>,

    /// Records from which on a running job is held against its limits [default: 1000]
    #[arg(long, value_name = "N")]
    limits_after: Option<u64>,
}

/// A share: `0.9`, `90%`.
fn share(text: &str) -> Result<f64, String> {
    let (number, whole) = match text.strip_suffix('%') {
        Some(number) => (number.trim_end(), 100.0),
        None => (text, 1.0),
    };
    let share = number.parse::<f64>().map(|number| number / whole);
    share
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "a share from 0 to 1 is expected, such as 0.9 or 90%".to_owned())
}

fn rule_share(text: &str) -> Result<(Option<String>, f64), String> {
    match text.rsplit_once('=') {
        Some((rule, number)) => Ok((Some(rule.to_owned()), share(number)?)),
        None => Ok((None, share(text)?)),
    }
}

/// A run's limits while it goes on.
pub(crate) struct Held {
    limits: Limits,
    earlier: Option<Totals>,
    /// Warnings that were said.
    said: BTreeSet<(Measure, Option<String>, Option<Cow<'static, str>>)>,
}

impl LimitArguments {
    /// The limits of the rules, those of the arguments in their place.
    ///
    /// # Errors
    /// If a rule is not in force, or the report to compare with cannot be read.
    pub(crate) fn settle(&self, rules: &RuleSet) -> Result<Held, Failure> {
        let mut limits = rules.limits().clone();
        for (measure, bound) in [
            (Measure::RemovedBytes, self.fail_on_removed),
            (Measure::DroppedDocuments, self.fail_on_dropped),
            (Measure::UnreadableRecords, self.fail_on_unreadable),
            (Measure::Difference, self.fail_on_difference),
        ] {
            if let Some(bound) = bound {
                limits.shares.insert((Level::Stop, measure), bound);
            }
        }
        for (rule, bound) in &self.fail_on_rule {
            let Some(rule) = rule else {
                limits.shares.insert((Level::Stop, Measure::RuleRemovedBytes), *bound);
                continue;
            };
            if rules.by_name(rule).is_none() {
                let names = rules.rules().iter().map(|known| known.name.as_str());
                let near = names
                    .map(|name| (strsim::jaro_winkler(name, rule), name))
                    .max_by(|a, b| a.0.total_cmp(&b.0));
                let hint = near.map(|(_, name)| format!("; is it \"{name}\"?")).unwrap_or_default();
                return Err(Failure(format!("--fail-on-rule: no rule \"{rule}\" in force{hint}")));
            }
            limits.rules.insert((Level::Stop, rule.clone()), *bound);
        }
        if let Some(after) = self.limits_after {
            limits.least_documents = after;
        }
        let mut earlier = None;
        if let Some(path) = &self.compare {
            let about =
                |error: &dyn std::fmt::Display| Failure(format!("{}: {error}", path.display()));
            let json = std::fs::read(path).map_err(|error| about(&error))?;
            earlier = Some(Totals::read(&json).map_err(|error| about(&error))?);
            let is_bound = |level| limits.shares.contains_key(&(level, Measure::Difference));
            if !Level::ALL.into_iter().any(is_bound) {
                limits.shares.insert((Level::Warn, Measure::Difference), USUAL_DIFFERENCE);
            }
        }
        Ok(Held { limits, earlier, said: BTreeSet::new() })
    }
}

impl Held {
    /// Holds what the run has come to against its limits and says which are passed, each warning
    /// once. Comes back with all that are passed.
    pub(crate) fn check(&mut self, totals: &Totals, moment: Moment) -> Vec<Trip> {
        let trips = check(&self.limits, totals, self.earlier.as_ref(), moment);
        for trip in &trips {
            let key = (trip.limit, trip.rule.clone(), trip.of.clone());
            match trip.level {
                Level::Stop => terminal::error(&trip.to_string()),
                Level::Warn if self.said.insert(key) => terminal::warning(&trip.to_string()),
                Level::Warn => {}
            }
        }
        trips
    }
}

/// True if one of the limits ends the run.
pub(crate) fn stops(trips: &[Trip]) -> bool {
    trips.iter().any(|trip| trip.level == Level::Stop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_numbers_or_percentages() {
        assert_eq!(share("0.9"), Ok(0.9));
        assert_eq!(share("90%"), Ok(0.9));
        assert_eq!(share("90 %"), Ok(0.9));
        assert_eq!((share("0"), share("1"), share("100%")), (Ok(0.0), Ok(1.0), Ok(1.0)));
        for wrong in ["90", "1.01", "-0.1", "101%", "", "%", "NaN", "inf", "some"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
        assert_eq!(rule_share("0.5"), Ok((None, 0.5)));
        assert_eq!(rule_share("links/a=5%"), Ok((Some("links/a".to_owned()), 0.05)));
    }

    fn arguments() -> LimitArguments {
        LimitArguments {
            fail_on_removed: None,
            fail_on_dropped: None,
            fail_on_unreadable: None,
            fail_on_rule: Vec::new(),
            compare: None,
            fail_on_difference: None,
            limits_after: None,
        }
    }

    #[test]
    fn arguments_go_before_the_rules_and_the_rest_stays() {
        let rules = RuleSet::load(["web"]).unwrap();
        let asked = LimitArguments {
            fail_on_removed: Some(0.5),
            fail_on_rule: vec![(Some("boilerplate/comment-call".to_owned()), 0.1)],
            limits_after: Some(7),
            ..arguments()
        };
        let held = asked.settle(&rules).ok().unwrap();
        assert_eq!(held.limits.shares[&(Level::Stop, Measure::RemovedBytes)], 0.5);
        assert_eq!(held.limits.shares[&(Level::Warn, Measure::RemovedBytes)], 0.9);
        assert_eq!(held.limits.rules.len(), 1);
        assert_eq!(held.limits.least_documents, 7);
        let wrong = LimitArguments {
            fail_on_rule: vec![(Some("boilerplate/coment-call".to_owned()), 0.1)],
            ..arguments()
        };
        let Err(Failure(message)) = wrong.settle(&rules) else { panic!("no such rule") };
        assert!(message.contains("is it \"boilerplate/comment-call\"?"), "{message}");
        let missing = LimitArguments { compare: Some("no.json".into()), ..arguments() };
        assert!(missing.settle(&rules).is_err_and(|failure| failure.0.starts_with("no.json: ")));
    }
}
