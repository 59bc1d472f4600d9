//! A spread as some rows that a person can take in.

use serde::Serialize;

use crate::measure::spread::{Bin, Spread};
use crate::signals::Unit;

/// Rows of a histogram, about.
const ROWS: f64 = 16.0;
/// Counts up to here have a row each, if there are no greater ones.
const MOST_SINGLE: f64 = 20.0;

/// A row of a histogram.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HistogramRow {
    /// The least value that belongs to it.
    pub from: f64,
    /// The first that does not any more; for the last row the greatest that does.
    pub to: f64,
    /// Values in it. One within 0.4 % of an end may be counted beyond it.
    pub count: u64,
}

/// Edges between rows, rising; the last row ends with its edge included.
fn edges(unit: Unit, spread: &Spread) -> Vec<f64> {
    let (Some(least), Some(most)) = (spread.quantile(0.0), spread.quantile(1.0)) else {
        return Vec::new();
    };
    let is_ratio = unit == Unit::Ratio && (0.0..=1.0).contains(&least) && most <= 1.0;
    if unit == Unit::Count && least >= 0.0 {
        if most <= MOST_SINGLE {
            return (0..=most as u32 + 1).map(f64::from).collect();
        }
        // 0, 1, 2 to 3, 4 to 7, and so on.
        let doublings = (0..=most.log2() as i32 + 1).map(|n| f64::from(n).exp2());
        return [0.0].into_iter().chain(doublings).collect();
    }
    if is_ratio && most > 0.5 {
        return (0..=20).map(|n| f64::from(n) / 20.0).collect();
    }
    // The bulk in rows of one width; what lies far out has a row of its own on either side.
    let low = spread.quantile(0.005).unwrap_or(least);
    let high = spread.quantile(0.995).unwrap_or(most);
    if low >= high {
        return if least < most { vec![least, low.max(least), most] } else { vec![least, most] };
    }
    let step = round_step((high - low) / ROWS);
    let first = (low / step).floor();
    let rows = ((high / step).ceil() - first).clamp(1.0, 2.0 * ROWS) as u32;
    let inner = (0..=rows).map(|n| (first + f64::from(n)) * step);
    let (start, end) = (first * step, (first + f64::from(rows)) * step);
    let below = (least < start).then_some(least);
    let above = (most > end).then_some(most);
    below.into_iter().chain(inner).chain(above).collect()
}

/// 1, 2 or 5 times a power of ten, not less than a width.
fn round_step(width: f64) -> f64 {
    let power = 10f64.powi(width.log10().floor() as i32);
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|n| n * power)
        .find(|step| *step >= width)
        .unwrap_or(width)
}

/// The rows of a spread, without those at either end that hold nothing; none without values.
pub fn histogram(unit: Unit, spread: &Spread) -> Vec<HistogramRow> {
    let mut edges = edges(unit, spread);
    edges.dedup();
    let mut rows: Vec<HistogramRow> = match edges.as_slice() {
        [] => return Vec::new(),
        [one] => vec![HistogramRow { from: *one, to: *one, count: 0 }],
        many => many
            .windows(2)
            .map(|ends| match ends {
                [from, to] => HistogramRow { from: *from, to: *to, count: 0 },
                _ => HistogramRow { from: 0.0, to: 0.0, count: 0 },
            })
            .collect(),
    };
    let last = rows.len() - 1;
    let place = |bin: &Bin| {
        let value = bin.middle();
        rows.partition_point(|row| row.to <= value).min(last)
    };
    let places: Vec<(usize, u64)> = spread.bins().map(|bin| (place(bin), bin.count)).collect();
    for (place, count) in places {
        if let Some(row) = rows.get_mut(place) {
            row.count += count;
        }
    }
    let first = rows.iter().position(|row| row.count > 0).unwrap_or(0);
    let end = rows.iter().rposition(|row| row.count > 0).map_or(0, |last| last + 1);
    rows.truncate(end);
    rows.drain(..first.min(end));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(unit: Unit, values: &[f64]) -> Vec<(f64, f64, u64)> {
        let mut spread = Spread::default();
        values.iter().for_each(|value| spread.add(Some(*value)));
        histogram(unit, &spread).into_iter().map(|row| (row.from, row.to, row.count)).collect()
    }

    #[test]
    fn nothing_has_no_rows_and_one_value_has_one() {
        assert_eq!(rows(Unit::Ratio, &[]), []);
        for unit in [Unit::Ratio, Unit::Number] {
            let of_one = rows(unit, &[0.3, 0.3]);
            assert!(matches!(of_one[..], [(_, _, 2)]), "{of_one:?}");
        }
        assert_eq!(rows(Unit::Count, &[0.0]), [(0.0, 1.0, 1)]);
    }

    #[test]
    fn small_counts_have_a_row_each_and_large_ones_double() {
        assert_eq!(
            rows(Unit::Count, &[1.0, 3.0, 3.0]),
            [(1.0, 2.0, 1), (2.0, 3.0, 0), (3.0, 4.0, 2)]
        );
        let doubling = rows(Unit::Count, &[0.0, 1.0, 2.0, 3.0, 4.0, 7.0, 8.0, 64.0]);
        let expected = [(0.0, 1.0, 1), (1.0, 2.0, 1), (2.0, 4.0, 2), (4.0, 8.0, 2), (8.0, 16.0, 1)];
        assert_eq!(doubling[..5], expected);
        assert_eq!(doubling.last(), Some(&(64.0, 128.0, 1)));
    }

    #[test]
    fn the_greatest_ratio_belongs_to_the_last_row() {
        let rows = rows(Unit::Ratio, &[0.0, 0.04, 0.05, 0.99, 1.0]);
        assert_eq!(rows.first(), Some(&(0.0, 0.05, 2)));
        assert_eq!(rows.last(), Some(&(0.95, 1.0, 2)));
        assert_eq!(rows.iter().map(|row| row.2).sum::<u64>(), 5);
    }

    #[test]
    fn every_value_is_in_one_row_however_far_out() {
        let mut values: Vec<f64> = (0..1000).map(|n| 4.0 + f64::from(n) / 1000.0).collect();
        values.extend([0.001, 1e9]);
        let rows = rows(Unit::Number, &values);
        assert_eq!(rows.iter().map(|row| row.2).sum::<u64>(), 1002);
        assert!(rows.windows(2).all(|two| two[0].1 == two[1].0 && two[0].0 < two[0].1), "{rows:?}");
        assert!(rows.len() < 45 && rows.first().is_some_and(|row| row.0 == 0.001));
        assert_eq!(rows.last().map(|row| (row.1, row.2)), Some((1e9, 1)));
    }
}
