//! Drawing rows and features: splitmix64, the same on every machine.

/// splitmix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators").
pub(super) struct Random(u64);

impl Random {
    /// The generator of one tree.
    pub(super) fn new(seed: u64, tree: usize) -> Random {
        let mut first = Random(seed ^ (tree as u64).wrapping_mul(0xd134_2543_de82_ef95));
        Random(first.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`, each as likely but for one part in 2^32; `limit` is at least 1 and
    /// at most 2^32.
    fn below(&mut self, limit: usize) -> usize {
        (((self.next() >> 32) * limit as u64) >> 32) as usize
    }

    /// A share of the numbers below `count`, in order: rounded, at least one, each set as likely
    /// (selection sampling, Knuth, volume 2, 3.4.2, algorithm S).
    pub(super) fn draw(&mut self, count: usize, share: f32) -> Vec<u32> {
        let mut wanted =
            ((count as f64 * f64::from(share)).round() as usize).clamp(1, count.max(1));
        if wanted >= count {
            return (0..count as u32).collect();
        }
        let mut drawn = Vec::with_capacity(wanted);
        for number in 0..count {
            if self.below(count - number) < wanted {
                drawn.push(number as u32);
                wanted -= 1;
            }
        }
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_has_its_size_and_is_in_order() {
        for (count, share, size) in
            [(10, 0.5, 5), (10, 1.0, 10), (10, 0.01, 1), (1, 0.3, 1), (0, 0.5, 0), (7, 0.9, 6)]
        {
            let drawn = Random::new(1, 2).draw(count, share);
            assert_eq!(drawn.len(), size, "{count} × {share}");
            assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]));
            assert!(drawn.iter().all(|&number| (number as usize) < count));
        }
    }

    #[test]
    fn each_number_is_drawn_about_as_often_and_trees_differ() {
        let mut times = [0; 20];
        for tree in 0..2000 {
            for number in Random::new(7, tree).draw(20, 0.25) {
                times[number as usize] += 1;
            }
        }
        assert!(times.iter().all(|&n| (420..580).contains(&n)), "{times:?}");
    }
}
