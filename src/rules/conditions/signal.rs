//! The leaf `signal`: a measured number held against a bound.

use std::fmt;

use super::Threshold;
use crate::document::Scope;
use crate::rules::error::{At, Mark, Problems, RuleError, quoted};
use crate::rules::reader::Reader;
use crate::rules::schema::{Key, Shape, key};
use crate::signals::ranges::Range;
use crate::signals::{self, SignalId, Unit};

/// Any number; what it may be depends on the signal.
const BOUND: Shape = Shape::Number { least: f64::MIN, most: f64::MAX };

/// The keys of this kind of leaf.
pub(crate) const KEYS: &[Key] = &[
    key("signal", Shape::Signal, "The signal to measure"),
    key("below", BOUND, "Holds below this number"),
    key("above", BOUND, "Holds above this number"),
    key("at-least", BOUND, "Holds at this number and above; for patterns and phrases: matches"),
    key("at-most", BOUND, "Holds at this number and below"),
    key("outside", Shape::Pair, "Holds below the first or above the second number"),
    key("ramp", Shape::Pair, "0 at the first number, 1 at the second, straight between"),
];

const SINGLE: [&str; 4] = ["above", "at-least", "below", "at-most"];
const PAIRS: [(&str, [&str; 2]); 2] =
    [("outside", ["outside.low", "outside.high"]), ("ramp", ["ramp.from", "ramp.to"])];

/// Reads the numbers of a leaf and checks that together they are one comparison.
pub(crate) fn read(problems: &mut Problems, leaf: Reader<'_>, at: Mark) -> Vec<Threshold> {
    let mut thresholds = Vec::new();
    for name in SINGLE {
        if let Some(value) = leaf.number(name) {
            thresholds.push(Threshold { bound: name, value });
        }
    }
    for (name, bounds) in PAIRS {
        if let Some(Ok([first, second])) = leaf.numbers(name).map(<[At<f64>; 2]>::try_from) {
            thresholds.push(Threshold { bound: bounds[0], value: first });
            thresholds.push(Threshold { bound: bounds[1], value: second });
        }
    }
    let has = |name: &str| leaf.key_mark(name).is_some();
    let lower = usize::from(has("above")) + usize::from(has("at-least"));
    let upper = usize::from(has("below")) + usize::from(has("at-most"));
    let pairs = usize::from(has("outside")) + usize::from(has("ramp"));
    let comparisons = || quoted(SINGLE.into_iter().chain(PAIRS.map(|(name, _)| name)));
    match (lower, upper, pairs) {
        (0, 0, 0) => {
            let error = RuleError::new("a signal without a comparison")
                .expected(format!("one of {}", comparisons()));
            problems.error(at, error);
        }
        (0..=1, 0..=1, 0) | (0, 0, 1) => {}
        _ => {
            let error = RuleError::new("comparisons that do not go together").expected(
                "`outside`, `ramp`, or one lower bound (`above`, `at-least`) and one upper \
                 (`below`, `at-most`)",
            );
            problems.error(at, error);
        }
    }
    thresholds
}

/// Finds the signal of a name.
pub(crate) fn resolve(problems: &mut Problems, name: &At<String>) -> Option<SignalId> {
    let found = signals::by_name(&name.value);
    if found.is_none() {
        let error = RuleError::new(format!("unknown signal `{}`", name.value))
            .expected("a signal's name, in snake_case (`tamis signals` lists them)")
            .nearest(&name.value, signals::all().iter().map(|signal| signal.name));
        problems.error(name.mark, error);
    }
    found
}

/// Checks that a signal can be measured on a rule's scope and that its bounds are possible.
pub(crate) fn check(
    problems: &mut Problems,
    scope: Option<Scope>,
    name: &At<String>,
    id: SignalId,
    thresholds: &[Threshold],
) {
    let signal = id.signal();
    if let Some(scope) = scope
        && !signal.scopes.contains(&scope)
    {
        let error = RuleError::new(format!(
            "signal `{}` cannot be measured on scope `{}`",
            signal.name,
            scope.name()
        ))
        .expected(format!(
            "a signal of scope `{}`; this one is of {}",
            scope.name(),
            quoted(signal.scopes.iter().map(|scope| scope.name()))
        ));
        problems.error(name.mark, error);
    }
    let most = match signal.unit {
        Unit::Ratio => 1.0,
        Unit::Count | Unit::Number => f64::MAX,
    };
    for threshold in thresholds {
        let number = threshold.value.value;
        if !(0.0..=most).contains(&number) {
            let expected = match signal.unit {
                Unit::Ratio => "a number from 0 to 1",
                Unit::Count | Unit::Number => "a number of 0 or more",
            };
            let error = RuleError::new(format!("`{}` is never {number}", signal.name))
                .expected(format!("{expected}: `{}` is a {}", signal.name, signal.unit.name()));
            problems.error(threshold.value.mark, error);
        }
    }
    check_order(problems, thresholds);
}

/// Checks that a lower bound is not above its upper one, and a ramp's ends are apart.
fn check_order(problems: &mut Problems, thresholds: &[Threshold]) {
    let find = |names: &[&str]| thresholds.iter().find(|known| names.contains(&known.bound));
    if let (Some(low), Some(high)) = (find(&["outside.low"]), find(&["outside.high"]))
        && low.value.value > high.value.value
    {
        let error = RuleError::new("`outside` with its first number above its second")
            .expected("[low, high]");
        problems.error(low.value.mark, error);
    }
    if let (Some(from), Some(to)) = (find(&["ramp.from"]), find(&["ramp.to"]))
        && from.value.value == to.value.value
    {
        let error = RuleError::new("`ramp` between equal numbers")
            .expected("[from, to], two different numbers");
        problems.error(to.value.mark, error);
    }
    if let (Some(low), Some(high)) = (find(&["above", "at-least"]), find(&["below", "at-most"])) {
        let both_hold = low.bound == "at-least" && high.bound == "at-most";
        let (from, to) = (low.value.value, high.value.value);
        if from > to || (from == to && !both_hold) {
            let error = RuleError::new(format!(
                "no number is {} {from} and {} {to}",
                low.bound, high.bound
            ))
            .expected("a lower bound below the upper one");
            problems.error(low.value.mark, error);
        }
    }
}

/// A bound: the number and whether it belongs to what holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Edge {
    at: f64,
    included: bool,
}

/// A compiled comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Compare {
    /// Above the lower and below the upper edge, where there is one.
    Between { low: Option<Edge>, high: Option<Edge> },
    /// Below the first number or above the second.
    Outside { low: f64, high: f64 },
    /// 0 at the first number, 1 at the second.
    Ramp { from: f64, to: f64 },
}

impl Compare {
    /// The comparison of a leaf's thresholds.
    pub(crate) fn new(thresholds: &[Threshold]) -> Self {
        let find = |bound: &str| {
            thresholds.iter().find(|known| known.bound == bound).map(|known| known.value.value)
        };
        if let (Some(low), Some(high)) = (find("outside.low"), find("outside.high")) {
            return Compare::Outside { low, high };
        }
        if let (Some(from), Some(to)) = (find("ramp.from"), find("ramp.to")) {
            return Compare::Ramp { from, to };
        }
        let edge = |open: &str, closed: &str| {
            let open = find(open).map(|at| Edge { at, included: false });
            open.or_else(|| find(closed).map(|at| Edge { at, included: true }))
        };
        Compare::Between { low: edge("above", "at-least"), high: edge("below", "at-most") }
    }

    /// How far a value holds: 0 or 1, for a ramp also between.
    pub(crate) fn strength(self, value: f64) -> f64 {
        let holds = match self {
            Compare::Between { low, high } => {
                low.is_none_or(|low| value > low.at || (low.included && value == low.at))
                    && high
                        .is_none_or(|high| value < high.at || (high.included && value == high.at))
            }
            Compare::Outside { low, high } => value < low || value > high,
            Compare::Ramp { from, to } => return ((value - from) / (to - from)).clamp(0.0, 1.0),
        };
        f64::from(u8::from(holds))
    }

    /// The numbers that values are held against, as they are written.
    pub(crate) fn numbers(self) -> Vec<f64> {
        match self {
            Compare::Between { low, high } => {
                low.into_iter().chain(high).map(|edge| edge.at).collect()
            }
            Compare::Outside { low, high } => vec![low, high],
            Compare::Ramp { from, to } => vec![from, to],
        }
    }

    /// True if no value in a range holds, not even in part.
    pub(crate) fn is_never(self, range: Range) -> bool {
        let Range { least, most } = range;
        match self {
            Compare::Between { low, high } => {
                let below = |low: Edge| most < low.at || (!low.included && most == low.at);
                let above = |high: Edge| least > high.at || (!high.included && least == high.at);
                low.is_some_and(below) || high.is_some_and(above)
            }
            Compare::Outside { low, high } => least >= low && most <= high,
            Compare::Ramp { .. } => [least, most].iter().all(|at| self.strength(*at) <= 0.0),
        }
    }

    /// Distance of a value to the nearest bound, as a share of the bound; for a ramp to its
    /// start. `None` where the only bound is 0.
    pub(crate) fn margin(self, value: f64) -> Option<f64> {
        let of = |bound: f64| (bound != 0.0).then(|| ((value - bound) / bound).abs());
        let (first, second) = match self {
            Compare::Between { low, high } => {
                (low.and_then(|low| of(low.at)), high.and_then(|high| of(high.at)))
            }
            Compare::Outside { low, high } => (of(low), of(high)),
            Compare::Ramp { from, .. } => (of(from), None),
        };
        match (first, second) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, other) => one.or(other),
        }
    }
}

impl fmt::Display for Compare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Compare::Between { low, high } => {
                if let Some(low) = low {
                    write!(f, "{} {}", if low.included { "at least" } else { "above" }, low.at)?;
                }
                if low.is_some() && high.is_some() {
                    f.write_str(", ")?;
                }
                if let Some(high) = high {
                    write!(f, "{} {}", if high.included { "at most" } else { "below" }, high.at)?;
                }
                Ok(())
            }
            Compare::Outside { low, high } => write!(f, "outside {low} to {high}"),
            Compare::Ramp { from, to } => write!(f, "ramp {from} to {to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(bounds: &[(&'static str, f64)]) -> Compare {
        let thresholds: Vec<Threshold> = bounds
            .iter()
            .map(|(bound, value)| Threshold { bound, value: At::new(*value, Mark::default()) })
            .collect();
        Compare::new(&thresholds)
    }

    #[test]
    fn every_comparison_has_its_edge_where_its_name_says() {
        type Bounds = &'static [(&'static str, f64)];
        let cases: &[(Bounds, [f64; 3])] = &[
            (&[("below", 50.0)], [1.0, 0.0, 0.0]),
            (&[("at-most", 50.0)], [1.0, 1.0, 0.0]),
            (&[("at-least", 50.0)], [0.0, 1.0, 1.0]),
            (&[("above", 50.0)], [0.0, 0.0, 1.0]),
            (&[("outside.low", 50.0), ("outside.high", 100.0)], [1.0, 0.0, 0.0]),
            (&[("outside.low", 10.0), ("outside.high", 50.0)], [0.0, 0.0, 1.0]),
            (&[("outside.low", 50.0), ("outside.high", 50.0)], [1.0, 0.0, 1.0]),
            (&[("at-least", 50.0), ("at-most", 50.0)], [0.0, 1.0, 0.0]),
            (&[("above", 10.0), ("below", 51.0)], [1.0, 1.0, 0.0]),
        ];
        for (bounds, expected) in cases {
            let compare = compare(bounds);
            let seen = [49.0, 50.0, 51.0].map(|value| compare.strength(value));
            assert_eq!(seen, *expected, "{bounds:?}");
        }
    }

    #[test]
    fn a_ramp_goes_either_way() {
        let up = compare(&[("ramp.from", 0.1), ("ramp.to", 0.3)]);
        let down = compare(&[("ramp.from", 0.3), ("ramp.to", 0.1)]);
        for (value, rising) in [(0.0, 0.0), (0.1, 0.0), (0.2, 0.5), (0.3, 1.0), (9.0, 1.0)] {
            assert!((up.strength(value) - rising).abs() < 1e-9, "{value}");
            assert!((down.strength(value) - (1.0 - rising)).abs() < 1e-9, "{value}");
        }
    }

    #[test]
    fn the_margin_is_relative_to_the_nearest_bound() {
        let compare = compare(&[("outside.low", 50.0), ("outside.high", 100.0)]);
        assert_eq!(compare.margin(45.0), Some(0.1));
        assert_eq!(compare.margin(110.0), Some(0.1));
        let zero = self::compare(&[("above", 0.0)]);
        assert_eq!(zero.margin(1.0), None);
    }

    #[test]
    fn a_comparison_reads_as_it_was_written() {
        assert_eq!(compare(&[("above", 0.6)]).to_string(), "above 0.6");
        assert_eq!(compare(&[("ramp.from", 0.3), ("ramp.to", 0.1)]).to_string(), "ramp 0.3 to 0.1");
        let outside = compare(&[("outside.low", 50.0), ("outside.high", 100_000.0)]);
        assert_eq!(outside.to_string(), "outside 50 to 100000");
        let between = compare(&[("at-least", 2.0), ("below", 9.0)]);
        assert_eq!(between.to_string(), "at least 2, below 9");
    }
}
