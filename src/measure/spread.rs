//! How values are spread: counts of values in narrow bins, from which quantiles are read.

use std::collections::BTreeMap;

/// Bits of a number that tell its bin: its sign, its exponent, and seven of what is behind it.
const BIN_BITS: u32 = 1 + 11 + 7;

/// Counts of values. They merge in any order.
///
/// A bin is a 128th of a doubling wide and knows its least and greatest value. What is read from
/// it is exact where all values of the bin are one (such as whole numbers up to 256), otherwise
/// within 0.4 % of a value that was counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spread {
    bins: BTreeMap<u64, Bin>,
    count: u64,
    undefined: u64,
}

/// Values near one another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// How many.
    pub count: u64,
    /// The least of them.
    pub least: f64,
    /// The greatest of them.
    pub most: f64,
}

impl Bin {
    /// The value between.
    pub fn middle(&self) -> f64 {
        if self.least == self.most { self.least } else { self.least / 2.0 + self.most / 2.0 }
    }
}

/// The bits of a number so that greater numbers have greater ones.
fn ordered(value: f64) -> u64 {
    let bits = value.to_bits();
    if value.is_sign_negative() { !bits } else { bits | (1 << 63) }
}

impl Spread {
    /// Counts a value; `None` is undefined. No number that is none is counted.
    pub fn add(&mut self, value: Option<f64>) {
        let Some(value) = value.filter(|value| !value.is_nan()) else {
            self.undefined += 1;
            return;
        };
        // Both zeros are one value.
        let value = value + 0.0;
        self.count += 1;
        let bin = self.bins.entry(ordered(value) >> (u64::BITS - BIN_BITS));
        let bin = bin.or_insert(Bin { count: 0, least: value, most: value });
        bin.count += 1;
        bin.least = bin.least.min(value);
        bin.most = bin.most.max(value);
    }

    /// Takes in the counts of another.
    pub fn merge(&mut self, other: &Spread) {
        self.count += other.count;
        self.undefined += other.undefined;
        for (key, more) in &other.bins {
            let bin = self.bins.entry(*key);
            let bin = bin.or_insert(Bin { count: 0, least: more.least, most: more.most });
            bin.count += more.count;
            bin.least = bin.least.min(more.least);
            bin.most = bin.most.max(more.most);
        }
    }

    /// Values counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Targets on which there was no value.
    pub fn undefined(&self) -> u64 {
        self.undefined
    }

    /// The bins that hold values, rising.
    pub fn bins(&self) -> impl DoubleEndedIterator<Item = &Bin> {
        self.bins.values()
    }

    /// The value below which a share of the values lies, 0 to 1: the least for 0, the greatest for
    /// 1, both exact. `None` without values.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        if share <= 0.0 {
            return self.bins.values().next().map(|bin| bin.least);
        }
        if share >= 1.0 {
            return self.bins.values().next_back().map(|bin| bin.most);
        }
        let last = self.count.checked_sub(1)?;
        let wanted = (last as f64 * share).round() as u64;
        let mut seen = 0;
        let holds = |bin: &&Bin| {
            seen += bin.count;
            seen > wanted
        };
        self.bins.values().find(holds).map(Bin::middle)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spread(values: &[f64]) -> Spread {
        let mut spread = Spread::default();
        values.iter().for_each(|value| spread.add(Some(*value)));
        spread
    }

    #[test]
    fn nothing_has_no_quantile() {
        let mut empty = Spread::default();
        assert_eq!(
            (empty.quantile(0.0), empty.quantile(0.5), empty.quantile(1.0)),
            (None, None, None)
        );
        empty.add(None);
        empty.add(Some(f64::NAN));
        assert_eq!((empty.count(), empty.undefined(), empty.quantile(0.5)), (0, 2, None));
    }

    #[test]
    fn small_whole_numbers_are_exact() {
        let values: Vec<f64> = (0..=256).map(f64::from).collect();
        let spread = spread(&values);
        for percent in [1, 10, 25, 50, 75, 90, 99] {
            let share = f64::from(percent) / 100.0;
            assert_eq!(spread.quantile(share), Some((256.0 * share).round()), "{percent}");
        }
        assert_eq!((spread.quantile(0.0), spread.quantile(1.0)), (Some(0.0), Some(256.0)));
    }

    #[test]
    fn negative_numbers_and_zeros_stand_in_their_order() {
        let spread = spread(&[0.0, -0.0, -2.5, 1e-9, 7.0]);
        let bins: Vec<(f64, u64)> = spread.bins().map(|bin| (bin.least, bin.count)).collect();
        assert_eq!(bins, [(-2.5, 1), (0.0, 2), (1e-9, 1), (7.0, 1)]);
    }

    proptest! {
        #[test]
        fn quantiles_are_within_the_stated_error_and_parts_merge_to_the_whole(
            values in prop::collection::vec(1e-6f64..1e6, 1..300),
            share in 0.0f64..=1.0,
            at in 0usize..300,
        ) {
            let whole = spread(&values);
            let (one, other) = values.split_at(at.min(values.len()));
            let mut merged = spread(other);
            merged.merge(&spread(one));
            prop_assert_eq!(&merged, &whole);
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let exact = sorted[((values.len() - 1) as f64 * share).round() as usize];
            let read = whole.quantile(share).unwrap();
            prop_assert!((read / exact - 1.0).abs() <= 0.004, "{} for {}", read, exact);
        }
    }
}
