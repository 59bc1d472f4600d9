//! What `tune fit` is worth: every labelled document judged once by weights that never saw it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::fit::{FitOptions, Lesson, Pooled};
use super::labelled::{LabelDesk, Worth};
use super::sweep::TuneError;

/// Times that the families of documents are drawn for the interval.
const DRAWS: u64 = 2000;
/// How many of the draws lie below the interval, and how many above.
const OUTSIDE: usize = 50;

/// What learning weights from these labels is worth on documents it did not learn from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cross {
    /// Parts that the documents were divided into.
    pub folds: u64,
    /// Folds for which weights were found; in the others those in force stayed.
    pub found: u64,
    /// Documents judged.
    pub documents: usize,
    /// Families that they form: documents that share good text are learned from together, and
    /// drawn together.
    pub families: usize,
    /// What all documents come to, before, and each by weights learned from the other folds.
    pub unseen: (Worth, Worth),
    /// How many documents come out better, and how many worse: fewer labelled characters on the
    /// wrong side.
    pub better_and_worse: (usize, usize),
    /// The F1 gained, 0 to 1.
    pub gain: f64,
    /// Its interval at 95 %: the middle of what it comes to when as many families are drawn again,
    /// with repeats.
    pub interval: (f64, f64),
    /// What each fold's documents come to, before and after.
    pub by_fold: Vec<(Worth, Worth)>,
}

/// Divides all documents, those held back too, into so many folds (2 or more), families of
/// documents together, learns weights for each fold from the others as [`fit`](super::fit()) does,
/// and judges the fold by them. Where nothing better is found, the weights in force judge.
/// The same documents give the same figures.
///
/// # Errors
/// If documents cannot be judged. That there is too little to learn from is none: `found` says so.
pub fn cross_fit(
    desk: &LabelDesk,
    options: &FitOptions,
    wanted: &dyn Fn(&str) -> bool,
    folds: u64,
) -> Result<Cross, TuneError> {
    let folds = folds.max(2);
    let lesson = Lesson::new(desk);
    let count = lesson.before.len();
    let fold_of: Vec<u64> = (0..count).map(|place| lesson.fold_of(place, "cross", folds)).collect();
    let is_in = |place: usize, fold: u64| fold_of.get(place) == Some(&fold);
    let (mut pairs, mut by_fold) = (Vec::with_capacity(count), Vec::new());
    let (mut found, mut better, mut worse) = (0, 0, 0);
    for fold in 0..folds {
        let own = |place: usize| is_in(place, fold);
        let after = match lesson.teach(options, wanted, &|place| !is_in(place, fold)) {
            Ok(taught) => {
                found += 1;
                lesson.judged(&taught.overlay, &own)?
            }
            Err(TuneError::TooLittle(_)) => lesson.before.clone(),
            Err(error) => return Err(error),
        };
        let of_fold = lesson.pairs(&after, &own);
        let pooled = Pooled::of(&of_fold);
        by_fold.push((pooled.before, pooled.after));
        let (more, less) = lesson.better_and_worse(&after, &own);
        (better, worse) = (better + more, worse + less);
        pairs.extend(of_fold);
    }
    let pooled = Pooled::of(&pairs);
    let families = by_family(&pairs);
    Ok(Cross {
        folds,
        found,
        documents: count,
        families: families.len(),
        unseen: (pooled.before, pooled.after),
        better_and_worse: (better, worse),
        gain: pooled.gain.0,
        interval: interval(&families),
        by_fold,
    })
}

fn by_family(pairs: &[(usize, Worth, Worth)]) -> Vec<(Worth, Worth)> {
    let mut families: BTreeMap<usize, (Worth, Worth)> = BTreeMap::new();
    for (family, before, after) in pairs {
        let sum = families.entry(*family).or_default();
        *sum = (sum.0.plus(before), sum.1.plus(after));
    }
    families.into_values().collect()
}

/// The interval of the F1 gained by the bootstrap (Efron 1979), before and after drawn together.
fn interval(families: &[(Worth, Worth)]) -> (f64, f64) {
    let count = families.len() as u64;
    let draw = |draw: u64| {
        let (mut before, mut after) = (Worth::default(), Worth::default());
        for n in 0..count {
            let drawn = mixed(draw * count + n) % count;
            if let Some(family) = families.get(drawn as usize) {
                (before, after) = (before.plus(&family.0), after.plus(&family.1));
            }
        }
        after.f1() - before.f1()
    };
    let mut gains: Vec<f64> = (0..DRAWS).map(draw).collect();
    gains.sort_unstable_by(f64::total_cmp);
    let at = |place: usize| gains.get(place).copied().unwrap_or(0.0);
    (at(OUTSIDE), at(gains.len().saturating_sub(1 + OUTSIDE)))
}

/// A number that looks drawn, of a counter (SplitMix64: Steele, Lea and Flood 2014): the same on
/// every machine.
fn mixed(counter: u64) -> u64 {
    let mut z = counter.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family(found: (u64, u64)) -> (Worth, Worth) {
        let of = |junk_found| Worth { junk_found, junk: 100, good: 900, ..Worth::default() };
        (of(found.0), of(found.1))
    }

    #[test]
    fn what_all_families_gain_is_sure_and_what_one_gains_is_not() {
        let all: Vec<_> = (0..50).map(|_| family((50, 60))).collect();
        let (low, high) = interval(&all);
        // 2·60 ÷ 160 less 2·50 ÷ 150, whatever is drawn.
        let gain = 0.75 - 2.0 / 3.0;
        assert!((low - gain).abs() < 1e-9 && (high - gain).abs() < 1e-9, "{low} {high}");
        let one: Vec<_> = (0..50).map(|n| family((50, if n == 0 { 100 } else { 50 }))).collect();
        let (low, high) = interval(&one);
        assert!(low == 0.0 && high > 0.0, "{low} {high}");
        assert_eq!(interval(&one), (low, high));
        assert_eq!(interval(&[]), (0.0, 0.0));
    }

    #[test]
    fn the_interval_is_as_wide_as_the_spread_says() {
        // Half of the families gain 10 characters, half lose 10: no gain, and a standard error of
        // 10 characters × √400 in F1's terms, (2 − F1) ÷ counted with F1 = 2/3 and 150 counted.
        let mixed: Vec<_> =
            (0..400).map(|n| family((50, if n % 2 == 0 { 60 } else { 40 }))).collect();
        let (low, high) = interval(&mixed);
        let error = 10.0 * 20.0 * (2.0 - 2.0 / 3.0) / (400.0 * 150.0);
        for bound in [-low, high] {
            assert!((bound / (1.96 * error) - 1.0).abs() < 0.12, "{low} {high} {error}");
        }
    }
}
