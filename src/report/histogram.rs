//! Histograms with fixed edges: they merge in any order, and quantiles do not depend on it.

/// Steps within one doubling.
const STEPS: f64 = 16.0;
/// Doublings covered: from 2^-10 to 2^30.
const LOWEST: f64 = -10.0;
/// Number of bins: one for zero (and below), then the steps.
const BINS: usize = 1 + (40.0 * STEPS) as usize;

/// Counts of values by size. Bins are a sixteenth of a doubling wide (4.4 %), so that a quantile
/// read from them is within 2.2 % of the true one; zero has a bin of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
        let bin = if value <= 0.0 {
            0
        } else {
            let step = ((value.log2() - LOWEST) * STEPS).round().clamp(0.0, (BINS - 2) as f64);
            1 + step as usize
        };
        self.bins[bin] += 1;
        self.count += 1;
    }

    /// Number of values counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Takes in the counts of another.
    pub fn merge(&mut self, other: &Histogram) {
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
                return Some(if bin == 0 {
                    0.0
                } else {
                    let value = (((bin - 1) as f64) / STEPS + LOWEST).exp2();
                    super::significant(value)
                });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_histogram_has_no_quantile() {
        assert_eq!(Histogram::default().quantile(0.5), None);
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
    }
}
