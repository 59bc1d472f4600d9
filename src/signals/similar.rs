//! Near copies: blocks that share most of their runs of three words with one earlier block.

use std::cell::OnceCell;
use std::ops::Range;

use super::PageView;
use super::ngrams::{Twice, join};
use super::words::HashedMap;
use crate::text::Word;

/// Blocks with fewer words than this are too short to be told near copies from like ones.
pub(super) const FEWEST_WORDS: usize = 8;
/// Words in a shingle.
const SHINGLE: usize = 3;
/// How many earlier blocks a block is compared with exactly.
const CANDIDATES: usize = 4;

/// How much of a block stands in an earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Near {
    /// The largest resemblance with one earlier block: shared shingles divided by all of both.
    pub(super) resemblance: f64,
    /// The largest share of its own shingles that one earlier block holds.
    pub(super) contained: f64,
}

/// The shingles of a page's blocks.
pub(super) struct Shingled {
    /// Those of all blocks, one block after the other.
    shingles: Vec<u64>,
    /// Where those of each block stand; nowhere for a block of too few words.
    held: Vec<Range<usize>>,
    /// Which may stand on the page more than once.
    twice: Twice,
}

impl Shingled {
    pub(super) fn new(page: &PageView<'_>) -> Self {
        let hash = |run: &[Word]| run.iter().fold(0, |hash, word| join(hash, word.hash));
        let mut shingles: Vec<u64> = Vec::with_capacity(page.words().len());
        let mut held: Vec<Range<usize>> = Vec::with_capacity(page.blocks.len());
        for number in 0..page.blocks.len() {
            let words = page.words().get(page.block_word_range(number)).unwrap_or(&[]);
            let from = shingles.len();
            if words.len() >= FEWEST_WORDS {
                shingles.extend(words.windows(SHINGLE).map(hash));
            }
            held.push(from..shingles.len());
        }
        // A shingle that stands on the page once names no other block.
        let mut twice = Twice::new(shingles.len());
        shingles.iter().for_each(|shingle| twice.see(*shingle));
        Self { shingles, held, twice }
    }

    /// The shingles of a block.
    fn of(&self, range: &Range<usize>) -> &[u64] {
        self.shingles.get(range.clone()).unwrap_or(&[])
    }

    /// The resemblance of no block of so many words is above this: of a block's shingles no more
    /// are shared than may stand in an earlier block, and that has those at least.
    pub(super) fn most(&self, words: usize) -> f64 {
        let mut earlier = Twice::new(self.shingles.len());
        let mut most = 0.0_f64;
        for range in &self.held {
            let own = self.of(range);
            if own.len() + SHINGLE > words && !own.is_empty() {
                let shared = own.iter().filter(|shingle| earlier.may_be_once(**shingle)).count();
                most = most.max(shared as f64 / own.len() as f64);
            }
            own.iter().for_each(|shingle| earlier.see(*shingle));
        }
        most
    }

    /// Compares each block with the earlier ones; `None` for a block of fewer than eight words.
    ///
    /// Earlier blocks are proposed by the shingles of the block: each names the first and the
    /// latest block that held it. The four named most often are compared exactly. So a block is
    /// never said to be nearer to another than it is; it can be said to be less near only where
    /// more than four blocks are about equally near, or where each shingle it shares with the
    /// nearest block stood in a block before that and in one after it. Cost is linear in the page.
    pub(super) fn near_copies(&self) -> Vec<Option<Near>> {
        let held = &self.held;
        let mut holders: HashedMap<(u32, u32)> =
            HashedMap::with_capacity_and_hasher(self.twice.again, Default::default());
        // Of the blocks that are compared the different shingles, sorted.
        let sorted: Vec<OnceCell<Vec<u64>>> = vec![OnceCell::new(); held.len()];
        let of = |block: u32| match (sorted.get(block as usize), held.get(block as usize)) {
            (Some(known), Some(range)) => known.get_or_init(|| distinct(self.of(range))).as_slice(),
            _ => &[],
        };
        let mut found = Vec::with_capacity(held.len());
        for (number, range) in (0u32..).zip(held) {
            let own = self.of(range);
            if own.is_empty() {
                found.push(None);
                continue;
            }
            let mut best = Near::default();
            let shared = || own.iter().filter(|shingle| self.twice.may_be(**shingle));
            if shared().any(|shingle| holders.contains_key(shingle)) {
                let own = of(number);
                for candidate in candidates(own, &holders) {
                    let other = of(candidate);
                    let shared = common(own, other);
                    let all = own.len() + other.len() - shared;
                    best.resemblance = best.resemblance.max(shared as f64 / all as f64);
                    best.contained = best.contained.max(shared as f64 / own.len() as f64);
                }
            }
            for shingle in shared() {
                holders.entry(*shingle).or_insert((number, number)).1 = number;
            }
            found.push(Some(best));
        }
        found
    }
}

/// The different shingles of a block, sorted.
fn distinct(shingles: &[u64]) -> Vec<u64> {
    let mut distinct = shingles.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    distinct
}

/// How many are in both of two rising rows.
fn common(one: &[u64], other: &[u64]) -> usize {
    let (mut one, mut other) = (one.iter(), other.iter());
    let (mut a, mut b) = (one.next(), other.next());
    let mut found = 0;
    while let (Some(first), Some(second)) = (a, b) {
        found += usize::from(first == second);
        let (to_first, to_second) = (first <= second, second <= first);
        if to_first {
            a = one.next();
        }
        if to_second {
            b = other.next();
        }
    }
    found
}

/// The earlier blocks that the shingles name most often, the latest first among equals.
fn candidates(own: &[u64], holders: &HashedMap<(u32, u32)>) -> Vec<u32> {
    let mut votes: Vec<u32> = Vec::new();
    for (first, last) in own.iter().filter_map(|shingle| holders.get(shingle)) {
        votes.push(*first);
        votes.extend((first != last).then_some(*last));
    }
    votes.sort_unstable();
    let same = votes.chunk_by(|one, other| one == other);
    let mut ranked: Vec<(usize, u32)> =
        same.filter_map(|votes| Some((votes.len(), *votes.first()?))).collect();
    ranked.sort_unstable_by(|a, b| b.cmp(a));
    ranked.into_iter().take(CANDIDATES).map(|(_, block)| block).collect()
}

#[cfg(test)]
mod tests {
    use crate::signals::tests::{Fixture, same};

    const ONE: &str = "The mill by the river was built in the spring of that year by hand.";

    #[test]
    fn a_changed_word_leaves_most_shingles() {
        let page = Fixture::of(&format!("{ONE}\n{}", ONE.replace("spring", "autumn")));
        assert_eq!(page.block(0, "near_copy_ratio"), Some(0.0));
        let ratio = page.block(1, "near_copy_ratio").unwrap_or(0.0);
        assert!(ratio > 0.5 && ratio < 1.0, "{ratio}");
    }

    #[test]
    fn an_exact_copy_resembles_wholly_and_another_text_not_at_all() {
        let other = "Nobody knew what the winter would bring to the people of this small town.";
        let page = Fixture::of(&format!("{ONE}\n{other}\n{ONE}"));
        assert_eq!(page.block(2, "near_copy_ratio"), Some(1.0));
        assert_eq!(page.block(1, "near_copy_ratio"), Some(0.0));
    }

    #[test]
    fn a_part_of_an_earlier_block_is_contained_but_does_not_resemble() {
        let long = format!(
            "{ONE} Later it burned down and nobody cared to build it up again, so it stayed."
        );
        let page = Fixture::of(&format!("{long}\n{ONE}"));
        same(page.block(1, "near_copy_contained_ratio"), 1.0);
        assert!(page.block(1, "near_copy_ratio") < Some(0.7));
    }

    #[test]
    fn the_copy_of_a_block_made_of_pieces_of_others_is_found() {
        let a = "one two three four five six seven eight nine ten";
        let b = "red green blue white black brown pink grey gold teal";
        let both = format!("{a} {b}");
        let page = Fixture::of(&format!("{a}\n{b}\n{both}\n{both}"));
        assert_eq!(page.block(3, "near_copy_ratio"), Some(1.0));
    }

    #[test]
    fn eight_words_are_enough_and_seven_are_not() {
        let page = Fixture::of("a b c d e f g\na b c d e f g h");
        assert_eq!(page.block(0, "near_copy_ratio"), None);
        assert_eq!(page.block(1, "near_copy_ratio"), Some(0.0));
    }
}
