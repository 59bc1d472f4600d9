//! Histograms with fixed edges: they merge in any order, and quantiles do not depend on it.

use std::sync::LazyLock;

/// Steps within one doubling.
const STEPS: f64 = 16.0;
/// Doublings covered: from 2^-10 to 2^30.
const LOWEST: f64 = -10.0;
/// Number of bins: one for zero (and below), then the steps.
const BINS: usize = 1 + (40.0 * STEPS) as usize;

/// Counts of values by size. Bins are a sixteenth of a doubling wide (4.4 %), so that a quantile
/// read from them is within 2.2 % of the true one; zero has a bin of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Histogram {
    bins: Vec<u64>,
    count: u64,
}

impl Histogram {
    /// Counts a value.
    pub fn add(&mut self, value: f64) {
        if self.bins.is_empty() {
            self.bins = vec![0; BINS];
        }
        self.bins[bin(value)] += 1;
        self.count += 1;
    }

    /// Number of values counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The bins that hold any, by size: the value in the middle of each (within 2.2 % of all that
    /// are in it), and how many.
    pub fn bins(&self) -> impl Iterator<Item = (f64, u64)> {
        let bins = self.bins.iter().enumerate();
        bins.filter(|(_, count)| **count > 0).map(|(bin, count)| (middle(bin), *count))
    }

    /// Takes in the counts of another.
    pub fn merge(&mut self, other: &Histogram) {
        if other.count == 0 {
            return;
        }
        if self.bins.is_empty() {
            self.bins = vec![0; BINS];
        }
        for (bin, more) in self.bins.iter_mut().zip(&other.bins) {
            *bin += more;
        }
        self.count += other.count;
    }

    /// The value below which a share of the values lies; `None` without values.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        let wanted = ((self.count - 1) as f64 * share.clamp(0.0, 1.0)).round() as u64;
        let mut seen = 0;
        for (bin, count) in self.bins.iter().enumerate() {
            seen += count;
            if seen > wanted {
                return Some(middle(bin));
            }
        }
        None
    }
}

/// The value in the middle of a bin.
fn middle(bin: usize) -> f64 {
    match bin.checked_sub(1) {
        None => 0.0,
        Some(step) => super::significant((step as f64 / STEPS + LOWEST).exp2()),
    }
}

/// The bin of a value: the step nearest to its logarithm, `round((log2(value) − LOWEST) × STEPS)`,
/// found without taking one. The exponent counts whole doublings; within a doubling, between two
/// neighbours of [`PARTS`] equal parts the step goes up once at most.
fn bin(value: f64) -> usize {
    if value <= 0.0 {
        return 0;
    }
    let bits = value.to_bits();
    let mantissa = bits & MANTISSA;
    let Some(part) = PARTS.get((mantissa >> (52 - PART_BITS)) as usize) else { return 0 };
    let within = part.step + u64::from(mantissa >= part.edge);
    let doublings = (bits >> 52) as i64 - 1023 - LOWEST as i64;
    let step = doublings * STEPS as i64 + within as i64;
    1 + step.clamp(0, BINS as i64 - 2) as usize
}

/// The bits of a number behind its exponent.
const MANTISSA: u64 = (1 << 52) - 1;
/// A doubling is looked up in 2 to the power of so many parts: finer than a step is.
const PART_BITS: u32 = 5;

/// A part of a doubling.
#[derive(Clone, Copy, Default)]
struct Part {
    /// The step nearest to its begin.
    step: u64,
    /// The mantissa from which on it is the next; beyond all mantissas if that is not in the part.
    edge: u64,
}

static PARTS: LazyLock<[Part; 1 << PART_BITS]> = LazyLock::new(|| {
    // Between step n and the next, in the middle of their logarithms.
    let edges: Vec<u64> = (0..STEPS as u32)
        .map(|n| ((f64::from(n) + 0.5) / STEPS).exp2().to_bits() & MANTISSA)
        .collect();
    let mut parts = [Part::default(); 1 << PART_BITS];
    for (n, part) in (0u64..).zip(&mut parts) {
        let begin = n << (52 - PART_BITS);
        part.step = edges.iter().filter(|edge| **edge <= begin).count() as u64;
        part.edge = edges.iter().copied().find(|edge| *edge > begin).unwrap_or(MANTISSA + 1);
    }
    parts
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_is_the_step_nearest_to_the_logarithm() {
        let by_logarithm = |value: f64| {
            let step = ((value.log2() - LOWEST) * STEPS).round().clamp(0.0, (BINS - 2) as f64);
            1 + step as usize
        };
        let mut value = 1e-5;
        while value < 1e11 {
            assert_eq!(bin(value), by_logarithm(value), "{value}");
            value *= 1.000_37;
        }
        for value in (1..100_000).map(f64::from).chain([f64::MIN_POSITIVE, 1e-320, f64::MAX]) {
            assert_eq!(bin(value), by_logarithm(value), "{value}");
            assert_eq!(bin(1.0 / value), by_logarithm(1.0 / value), "1/{value}");
        }
        assert_eq!((bin(0.0), bin(-1.0), bin(-0.0)), (0, 0, 0));
    }

    #[test]
    fn an_empty_histogram_has_no_quantile() {
        assert_eq!(Histogram::default().quantile(0.5), None);
        assert_eq!(Histogram::default().bins().count(), 0);
    }

    #[test]
    fn quantiles_are_within_the_stated_error() {
        let mut histogram = Histogram::default();
        for n in 1..=1000 {
            histogram.add(f64::from(n));
        }
        // The values at the ranks 0.1 × 999 and so on, from 0.
        for (share, true_value) in [(0.1, 101.0), (0.5, 501.0), (0.99, 990.0)] {
            let value = histogram.quantile(share).unwrap();
            assert!((value / true_value - 1.0).abs() < 0.0225, "{share}: {value}");
        }
    }

    #[test]
    fn zero_stays_zero_and_merging_adds() {
        let (mut a, mut b) = (Histogram::default(), Histogram::default());
        a.add(0.0);
        b.add(0.0);
        b.add(1.0);
        a.merge(&b);
        assert_eq!((a.count(), a.quantile(0.0), a.quantile(1.0)), (3, Some(0.0), Some(1.0)));
        assert_eq!(a.bins().collect::<Vec<_>>(), [(0.0, 2), (1.0, 1)]);
    }
}
