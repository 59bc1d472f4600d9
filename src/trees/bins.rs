//! Values of a feature sorted into at most 255 intervals, once before training.

/// The upper ends of a feature's intervals but the last: a value is in the interval whose number
/// is that of the ends below it. Ascending; empty for a constant feature.
///
/// Up to `most` distinct values have an interval each. With more, intervals hold about as many
/// rows each, and a value that fills one has it for itself (as LightGBM's `GreedyFindBin`). Each
/// end is a short decimal between the two values it parts, so that files and step tables can be
/// read.
///
/// `values` is sorted in place.
pub(super) fn ends(values: &mut [f32], most: usize) -> Vec<f32> {
    values.sort_unstable_by(f32::total_cmp);
    let mut distinct: Vec<(f32, usize)> = Vec::new();
    for &value in values.iter() {
        match distinct.last_mut() {
            // Equality, not order: 0 and −0 are one value.
            Some((last, count)) if *last == value => *count += 1,
            _ => distinct.push((value, 1)),
        }
    }
    if distinct.len() <= most {
        return distinct.windows(2).filter_map(pair).collect();
    }
    let large = {
        let mean = values.len() as f64 / most as f64;
        move |count: usize| count as f64 >= mean
    };
    let (mut rows, mut bins) = (values.len(), most);
    for &(_, count) in distinct.iter().filter(|(_, count)| large(*count)) {
        rows -= count;
        bins = bins.saturating_sub(1);
    }
    // What an interval of values that are not large should hold, so that all of them suffice.
    let mut mean = rows as f64 / bins.max(1) as f64;
    let mut ends = Vec::with_capacity(most);
    let mut inside = 0;
    for two in distinct.windows(2) {
        let [(_, count), (_, next)] = two else { continue };
        inside += count;
        if !large(*count) {
            rows -= count;
        }
        let held = inside as f64;
        if !(large(*count) || held >= mean || large(*next) && held >= mean / 2.0) {
            continue;
        }
        ends.extend(pair(two));
        if ends.len() + 1 >= most {
            break;
        }
        inside = 0;
        if !large(*count) {
            bins = bins.saturating_sub(1);
            mean = rows as f64 / bins.max(1) as f64;
        }
    }
    ends
}

/// The end between two neighbouring values.
fn pair(two: &[(f32, usize)]) -> Option<f32> {
    match two {
        [(low, _), (high, _)] => Some(between(*low, *high)),
        _ => None,
    }
}

/// The shortest decimal in the middle half between `low` and `high`; `low` if there is none.
fn between(low: f32, high: f32) -> f32 {
    let (from, to) = (f64::from(low), f64::from(high));
    let (middle, quarter) = (f64::midpoint(from, to), (to / 4.0 - from / 4.0));
    (0..9)
        .filter_map(|digits| format!("{middle:.digits$e}").parse().ok())
        .find(|&end: &f32| (f64::from(end) - middle).abs() <= quarter && low <= end && end < high)
        // No negative zero: it reads badly and is equal.
        .map_or(low, |end| end + 0.0)
}

/// A number to five significant digits: a file of such numbers is half as long, and the rows that
/// are learnt from next see the number as it is written.
pub(super) fn rounded(value: f64) -> f32 {
    format!("{value:.4e}").parse().unwrap_or_default()
}

/// The number of the interval of each value, by bisection.
pub(super) fn sorted_into(ends: &[f32], values: impl Iterator<Item = f32>) -> Vec<u8> {
    values.map(|value| ends.partition_point(|&end| value > end) as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_have_an_interval_each() {
        assert_eq!(ends(&mut [3.0, 1.0, 2.0, 1.0], 255), [1.5, 2.5]);
        assert_eq!(ends(&mut [3.0, 1.0, 2.0, 1.0], 3), [1.5, 2.5]);
        assert!(ends(&mut [0.0, -0.0, 0.0], 255).is_empty());
        assert!(ends(&mut [], 255).is_empty());
    }

    #[test]
    fn many_values_share_intervals_of_about_equal_rows() {
        let mut values: Vec<f32> = (0..10_000).map(|n| (n * 7919 % 10_000) as f32).collect();
        for most in [2, 3, 16, 255] {
            let found = ends(&mut values, most);
            assert_eq!(found.len(), most - 1);
            let mut counts = vec![0; most];
            for bin in sorted_into(&found, values.iter().copied()) {
                counts[usize::from(bin)] += 1;
            }
            let mean = 10_000 / most;
            assert!(counts.iter().all(|&n| n + 2 >= mean && n <= mean + 2), "{counts:?}");
        }
    }

    #[test]
    fn a_value_that_fills_an_interval_has_it_for_itself() {
        let mut values: Vec<f32> = (0..1000).map(|n| n as f32).collect();
        values.extend(std::iter::repeat_n(500.0, 1000));
        let found = ends(&mut values, 10);
        let own = sorted_into(&found, [499.0, 500.0, 501.0].into_iter());
        assert!(own[0] < own[1] && own[1] < own[2], "{found:?}");
    }

    #[test]
    fn an_end_is_short_and_parts_its_neighbours() {
        assert_eq!(between(0.0, 1.0), 0.5);
        assert_eq!(between(0.333_333, 0.351), 0.34);
        assert_eq!(between(2.0, 3.0), 2.5);
        assert_eq!(between(-1.0, 1.0), 0.0);
        let mut low = 1.0f32;
        for _ in 0..100 {
            let end = between(low, low.next_up());
            assert!(low <= end && end < low.next_up());
            low = low.next_up();
        }
        for (low, high) in [(f32::MIN, f32::MAX), (f32::MAX.next_down(), f32::MAX), (0.0, 1e-45)] {
            let end = between(low, high);
            assert!(low <= end && end < high, "{low} {end} {high}");
        }
    }
}
