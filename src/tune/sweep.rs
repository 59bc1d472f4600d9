//! `tune sweep`: what other values of one number of a rule would find and lose; `tune suggest`:
//! the numbers that find most junk at a stated cost in good text.

use std::collections::BTreeMap;

use serde::Serialize;

use super::desk::DeskError;
use super::labelled::{LabelDesk, Part, Worth};
use crate::rules::overlay::Overlay;
use crate::rules::{Action, Effect, Rule, Status, Threshold};
use crate::signals::Unit;

/// A number of a rule: the rule's full name and the number's address, as `links/menu:dense.above`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Address {
    /// The rule's full name.
    pub rule: String,
    /// The number's address in it.
    pub number: String,
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.rule, self.number)
    }
}

/// Why a sweep cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TuneError {
    /// No rule has the name.
    #[error("no rule \"{rule}\" in force{}", hint(nearest))]
    Rule {
        /// The name given.
        rule: String,
        /// The nearest right one.
        nearest: Option<String>,
    },
    /// The rule has no number at the address.
    #[error("rule \"{rule}\" has no number \"{number}\"; it has {known}")]
    Number {
        /// The rule.
        rule: String,
        /// The address given.
        number: String,
        /// Those there are.
        known: String,
    },
    /// An address without a colon.
    #[error(
        "\"{0}\" names no number: write rule and address, as links/unrelated-titles:run.at-least"
    )]
    Address(String),
    /// Nothing to learn from.
    #[error("{0}")]
    TooLittle(String),
    /// Documents cannot be judged.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!("; is it \"{name}\"?")).unwrap_or_default()
}

impl std::str::FromStr for Address {
    type Err = TuneError;

    fn from_str(text: &str) -> Result<Self, TuneError> {
        match text.split_once(':') {
            Some((rule, number)) if !rule.is_empty() && !number.is_empty() => {
                Ok(Self { rule: rule.to_owned(), number: number.to_owned() })
            }
            _ => Err(TuneError::Address(text.to_owned())),
        }
    }
}

/// What labelled documents come to with one value of a number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The value.
    pub value: f64,
    /// True for the value in force.
    pub is_current: bool,
    /// What it comes to.
    pub worth: Worth,
    /// Documents that come out otherwise than with the value in force.
    pub changed: u64,
}

/// The curve of one number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sweep {
    /// The number.
    pub address: Address,
    /// The points, by rising value; values that no rule can have are left out.
    pub points: Vec<Point>,
    /// Values left out, with the reason.
    pub refused: Vec<(f64, String)>,
}

/// The rule and the number that an address names.
///
/// # Errors
/// If there is no such rule or number.
pub fn find<'d>(
    desk: &'d LabelDesk,
    address: &Address,
) -> Result<(&'d Rule, &'d Threshold), TuneError> {
    let rules = desk.desk().base().rules();
    let Some(id) = rules.by_name(&address.rule) else {
        let names = rules.rules().iter().map(|rule| rule.name.as_str());
        let nearest = crate::rules::nearest_name(&address.rule, names).map(str::to_owned);
        return Err(TuneError::Rule { rule: address.rule.clone(), nearest });
    };
    let rule = rules.rule(id);
    let found = rule.thresholds.iter().find(|known| known.address == address.number);
    found.map(|found| (rule, found)).ok_or_else(|| {
        let known: Vec<&str> = rule.thresholds.iter().map(|t| t.address.as_str()).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        TuneError::Number { rule: address.rule.clone(), number: address.number.clone(), known }
    })
}

/// Values worth trying for a number, the one in force among them, rising: quantiles of what was
/// seen in the documents, or for a number of matches the whole numbers around it.
pub fn candidates(desk: &LabelDesk, rule: &Rule, number: &Threshold, most: usize) -> Vec<f64> {
    let own = number.value;
    let mut values = vec![own];
    match number.signal {
        None => {
            let most = most as i64 / 2;
            values.extend((-most..=most).map(|step| (own.round() + step as f64).max(1.0)));
        }
        Some(signal) => {
            let seen = desk.values(rule.scope, signal);
            let steps = most.max(2);
            for step in 0..steps {
                let at = (seen.len().saturating_sub(1)) * step / (steps - 1);
                values.extend(seen.get(at).copied());
            }
            // Around the value in force quantiles may be far apart.
            values.extend([0.5, 0.7, 0.85, 0.95, 1.05, 1.15, 1.4, 2.0].map(|by| own * by));
            let round = |value: &mut f64| match signal.signal().unit {
                Unit::Count => *value = value.round(),
                Unit::Ratio | Unit::Number => *value = three_figures(*value),
            };
            values.iter_mut().filter(|value| **value != own).for_each(round);
            if signal.signal().unit == Unit::Ratio {
                values.retain(|value| (0.0..=1.0).contains(value));
            }
        }
    }
    values.retain(|value| value.is_finite() && *value >= 0.0);
    values.sort_unstable_by(f64::total_cmp);
    values.dedup();
    values
}

/// A number a person would write.
fn three_figures(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10f64.powi(2 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}

/// Holds values of one number against a part of labelled documents, all else as in force. The
/// changes in force are the same afterwards.
///
/// # Errors
/// If there is no such number.
pub fn sweep(
    desk: &mut LabelDesk,
    address: &Address,
    values: &[f64],
    part: Part,
) -> Result<Sweep, TuneError> {
    let (_, number) = find(desk, address)?;
    let overlay = desk.desk().overlay().clone();
    let of_overlay = overlay.rules.get(&address.rule);
    let own = of_overlay.and_then(|change| change.thresholds.get(&address.number).copied());
    let own = own.unwrap_or(number.value);
    let before = desk.scored();
    let mut sweep = Sweep { address: address.clone(), points: Vec::new(), refused: Vec::new() };
    for &value in values {
        let mut trial = overlay.clone();
        trial.rule(&address.rule).thresholds.insert(address.number.clone(), value);
        match desk.apply(trial) {
            Ok(_) => {
                let changed = desk.changed(&before, part);
                let worth = Worth::of(&desk.figures(part));
                sweep.points.push(Point { value, is_current: value == own, worth, changed });
            }
            Err(DeskError::Rules(errors)) => {
                let why = errors.errors().first().map_or("", |error| error.message.as_str());
                sweep.refused.push((value, why.to_owned()));
            }
            Err(error) => {
                desk.apply(overlay)?;
                return Err(error.into());
            }
        }
    }
    desk.apply(overlay)?;
    Ok(sweep)
}

/// What thresholds are looked for.
#[derive(Clone, Debug)]
pub struct Aim {
    /// Good characters that may go, in a million, under all rules together.
    pub cost: f64,
    /// Values tried for each number.
    pub values: usize,
    /// A change must matter in so many documents or more: less is no evidence.
    pub documents: u64,
    /// Most numbers that are changed.
    pub most: usize,
}

/// One step of what is suggested.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The number.
    pub address: Address,
    /// Its value before.
    pub from: f64,
    /// Its value now.
    pub to: f64,
    /// Documents that come out otherwise for it.
    pub changed: u64,
    /// What the documents that were learned from come to with it and all steps before.
    pub worth: Worth,
}

/// Other thresholds, with what they come to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suggestion {
    /// The steps, in the order found.
    pub steps: Vec<Step>,
    /// The changes.
    pub overlay: Overlay,
    /// What was learned from, before and with them.
    pub learned: (Worth, Worth),
    /// What was held back, before and with them.
    pub held_back: (Worth, Worth),
    /// True if the cost is kept on what was learned from.
    pub is_reached: bool,
}

/// Rules whose numbers may be tried: those that decide something.
fn is_tried(rule: &Rule, wanted: &dyn Fn(&str) -> bool) -> bool {
    let decides = match rule.effect {
        Effect::Action(action) => action != Action::Flag && action != Action::Keep,
        Effect::Weight(_) => true,
    };
    decides && rule.status != Status::Preview && wanted(&rule.name)
}

/// A value of a number that is worth a closer look.
#[derive(Clone, Debug)]
struct Candidate {
    address: Address,
    value: f64,
    /// What it gave when it was last tried: junk found more, good text lost more.
    gain: i64,
    loss: i64,
}

/// Looks for numbers that find the most junk while no more good text is lost than stated: each
/// number alone first, then the best of what was found, one after the other, each held against the
/// documents with all before it. Learns from the documents that are not held back. `wanted` says
/// of which rules by their names. `told` is called with each number as it is tried.
///
/// # Errors
/// If there is nothing to learn from.
pub fn suggest(
    desk: &mut LabelDesk,
    aim: &Aim,
    wanted: &dyn Fn(&str) -> bool,
    told: &mut dyn FnMut(usize, usize),
) -> Result<Suggestion, TuneError> {
    let before = Worth::of(&desk.figures(Part::Learned));
    if before.junk + before.good == 0 {
        let why = "no labelled character to learn from: the labels hold no spans to keep or remove";
        return Err(TuneError::TooLittle(why.to_owned()));
    }
    let held_before = Worth::of(&desk.figures(Part::HeldBack));
    let start = desk.desk().overlay().clone();
    let mut tried = Vec::new();
    for rule in desk.desk().rules().rules().iter().filter(|rule| is_tried(rule, wanted)) {
        for number in &rule.thresholds {
            let address = Address { rule: rule.name.clone(), number: number.address.clone() };
            tried.push((address, candidates(desk, rule, number, aim.values)));
        }
    }
    let mut found: Vec<Candidate> = Vec::new();
    let count = tried.len();
    for (n, (address, values)) in tried.into_iter().enumerate() {
        told(n, count);
        for point in sweep(desk, &address, &values, Part::Learned)?.points {
            let (gain, loss) = difference(&before, &point.worth);
            let helps = gain > 0 || loss < 0;
            if !point.is_current && point.changed >= aim.documents && helps {
                found.push(Candidate { address: address.clone(), value: point.value, gain, loss });
            }
        }
    }
    let (steps, overlay) = climb(desk, aim, start.clone(), found, before)?;
    let learned = (before, Worth::of(&desk.figures(Part::Learned)));
    let held_back = (held_before, Worth::of(&desk.figures(Part::HeldBack)));
    desk.apply(start)?;
    let is_reached = learned.1.cost() <= aim.cost;
    Ok(Suggestion { steps, overlay, learned, held_back, is_reached })
}

/// Junk found more and good text lost more, in characters; a document dropped rightly or wrongly
/// counts in its characters of neither.
fn difference(before: &Worth, after: &Worth) -> (i64, i64) {
    let of = |after: u64, before: u64| after as i64 - before as i64;
    (of(after.junk_found, before.junk_found), of(after.good_lost, before.good_lost))
}

/// Candidates tried in each round: the best by what they gave before.
const TRIED: usize = 12;

/// Takes the best candidate again and again, until none is any better.
fn climb(
    desk: &mut LabelDesk,
    aim: &Aim,
    start: Overlay,
    mut found: Vec<Candidate>,
    before: Worth,
) -> Result<(Vec<Step>, Overlay), TuneError> {
    let (mut overlay, mut worth) = (start, before);
    let mut steps: Vec<Step> = Vec::new();
    let mut values: BTreeMap<Address, f64> = BTreeMap::new();
    while steps.len() < aim.most {
        let is_dear = worth.cost() > aim.cost;
        rank(&mut found, is_dear);
        let mut best: Option<(f64, Candidate, Overlay, Worth, u64)> = None;
        let scored = desk.scored();
        for candidate in found.iter_mut().take(TRIED) {
            let mut trial = overlay.clone();
            let change = trial.rule(&candidate.address.rule);
            change.thresholds.insert(candidate.address.number.clone(), candidate.value);
            if desk.apply(trial.clone()).is_err() {
                (candidate.gain, candidate.loss) = (0, 0);
                continue;
            }
            let after = Worth::of(&desk.figures(Part::Learned));
            (candidate.gain, candidate.loss) = difference(&worth, &after);
            let changed = desk.changed(&scored, Part::Learned);
            let more_dropped = after.dropped_wrongly > worth.dropped_wrongly;
            let Some(score) = score(candidate, is_dear, after.cost() <= aim.cost) else { continue };
            if changed < aim.documents || more_dropped {
                continue;
            }
            if best.as_ref().is_none_or(|(known, ..)| score > *known) {
                best = Some((score, candidate.clone(), trial, after, changed));
            }
        }
        desk.apply(overlay.clone())?;
        let Some((_, candidate, trial, after, changed)) = best else {
            // None of the best is any good now: others may be.
            if found.len() <= TRIED {
                break;
            }
            found.drain(..TRIED);
            continue;
        };
        desk.apply(trial.clone())?;
        let known = values.get(&candidate.address).copied();
        let from = match known {
            Some(value) => value,
            None => find(desk, &candidate.address)?.1.value,
        };
        values.insert(candidate.address.clone(), candidate.value);
        let address = candidate.address.clone();
        steps.push(Step { address, from, to: candidate.value, changed, worth: after });
        found.retain(|other| other.address != candidate.address || other.value != candidate.value);
        (overlay, worth) = (trial, after);
    }
    Ok((steps, overlay))
}

/// How good a change is: above the cost, good text saved and little junk left for it; below it,
/// junk found. `None` for one that is no use.
fn score(candidate: &Candidate, is_dear: bool, is_cheap_after: bool) -> Option<f64> {
    let (gain, loss) = (candidate.gain as f64, candidate.loss as f64);
    if is_dear {
        return (loss < 0.0).then(|| -loss + gain.min(0.0) * 0.5);
    }
    let is_better = gain > 0.0 || (gain == 0.0 && loss < 0.0);
    // Junk that costs more good text than it is worth is left where it is.
    (is_better && is_cheap_after && gain >= loss).then_some(gain - loss.max(0.0))
}

fn rank(found: &mut [Candidate], is_dear: bool) {
    let of = |one: &Candidate| score(one, is_dear, true).unwrap_or(f64::NEG_INFINITY);
    found.sort_by(|a, b| {
        let by_score = of(b).total_cmp(&of(a));
        by_score.then_with(|| a.address.cmp(&b.address)).then(a.value.total_cmp(&b.value))
    });
}
