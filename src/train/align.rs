//! Which words of a page are in its reference text: an alignment in order.

use std::collections::HashMap;

/// Cells of a table of lengths that is filled in full; larger gaps are cut at words or runs of
/// words that stand once on both sides.
const CELLS_MAX: usize = 400_000;

/// For each word of `page` whether it is aligned with a word of `gold`. The alignment keeps the
/// order on both sides; words are given by their hashes.
///
/// Gaps between what is aligned are cut at the runs of words that stand once on either side
/// (longest increasing subsequence of them, as in patience diff); small ones by a longest common
/// subsequence. Cost is near linear for texts that are mostly alike.
pub(super) fn aligned(page: &[u64], gold: &[u64]) -> Vec<bool> {
    let mut found = vec![false; page.len()];
    let mut gaps = vec![(0, page.len(), 0, gold.len(), 5_usize)];
    while let Some((mut p0, mut p1, mut g0, mut g1, run)) = gaps.pop() {
        while p0 < p1 && g0 < g1 && page[p0] == gold[g0] {
            found[p0] = true;
            (p0, g0) = (p0 + 1, g0 + 1);
        }
        while p0 < p1 && g0 < g1 && page[p1 - 1] == gold[g1 - 1] {
            found[p1 - 1] = true;
            (p1, g1) = (p1 - 1, g1 - 1);
        }
        if p0 == p1 || g0 == g1 {
            continue;
        }
        if (p1 - p0).saturating_mul(g1 - g0) <= CELLS_MAX {
            common(&page[p0..p1], &gold[g0..g1], &mut found[p0..p1]);
            continue;
        }
        let anchors = increasing(unique_runs(&page[p0..p1], &gold[g0..g1], run));
        if anchors.is_empty() {
            if run > 1 {
                gaps.push((p0, p1, g0, g1, run - 1));
            }
            continue;
        }
        let (mut p, mut g) = (p0, g0);
        for (at, in_gold) in anchors {
            let (at, in_gold) = (p0 + at, g0 + in_gold);
            if at < p || in_gold < g {
                continue; // inside the run before it
            }
            gaps.push((p, at, g, in_gold, run));
            found[at..at + run].fill(true);
            (p, g) = (at + run, in_gold + run);
        }
        gaps.push((p, p1, g, g1, run));
    }
    found
}

/// Places of runs of `length` words that stand once in both, in the order of the first.
fn unique_runs(page: &[u64], gold: &[u64], length: usize) -> Vec<(usize, usize)> {
    let key = |run: &[u64]| {
        run.iter()
            .fold(0_u64, |key, word| key.rotate_left(9).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ word)
    };
    let mut places: HashMap<u64, [Option<(usize, bool)>; 2]> = HashMap::new();
    for (side, words) in [page, gold].into_iter().enumerate() {
        for (at, run) in words.windows(length).enumerate() {
            let slot = &mut places.entry(key(run)).or_default()[side];
            *slot = Some(slot.map_or((at, true), |(first, _)| (first, false)));
        }
    }
    let mut both: Vec<(usize, usize)> = places
        .into_values()
        .filter_map(|[page, gold]| match (page?, gold?) {
            ((page, true), (gold, true)) => Some((page, gold)),
            _ => None,
        })
        .collect();
    both.sort_unstable();
    both
}

/// The longest part of the pairs in which the second place rises too.
fn increasing(pairs: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (number, (_, gold)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < *gold);
        before.push(length.checked_sub(1).map(|last| ends[last]));
        if length == ends.len() {
            ends.push(number);
        } else {
            ends[length] = number;
        }
    }
    let mut chain = Vec::with_capacity(ends.len());
    let mut at = ends.last().copied();
    while let Some(number) = at {
        chain.push(pairs[number]);
        at = before[number];
    }
    chain.reverse();
    chain
}

/// Marks the words of a longest common subsequence.
fn common(page: &[u64], gold: &[u64], found: &mut [bool]) {
    let width = gold.len() + 1;
    let mut lengths = vec![0_u32; (page.len() + 1) * width];
    for (p, word) in page.iter().enumerate().rev() {
        for (g, other) in gold.iter().enumerate().rev() {
            lengths[p * width + g] = if word == other {
                lengths[(p + 1) * width + g + 1] + 1
            } else {
                lengths[(p + 1) * width + g].max(lengths[p * width + g + 1])
            };
        }
    }
    let (mut p, mut g) = (0, 0);
    while p < page.len() && g < gold.len() {
        if page[p] == gold[g] {
            found[p] = true;
            (p, g) = (p + 1, g + 1);
        } else if lengths[(p + 1) * width + g] >= lengths[p * width + g + 1] {
            p += 1;
        } else {
            g += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> Vec<u64> {
        text.split_whitespace().map(crate::text::words::word_hash).collect()
    }

    /// The words of a page that are aligned.
    fn found(page: &str, gold: &str) -> String {
        let marks = aligned(&words(page), &words(gold));
        let kept = page.split_whitespace().zip(marks).filter(|(_, mark)| *mark);
        kept.map(|(word, _)| word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_stands_in_the_reference_is_found_amid_the_rest() {
        let page = "home mills boats the old mill ground its last corn in spring share tweet it was never rebuilt imprint";
        let gold = "the old mill ground its last corn in spring it was never rebuilt";
        assert_eq!(found(page, gold), gold);
    }

    #[test]
    fn one_copy_of_what_the_reference_has_once_is_found() {
        assert_eq!(found("a b c x a b c", "a b c"), "a b c");
        assert_eq!(found("", "a"), "");
        assert_eq!(found("a", ""), "");
        assert_eq!(found("a b", "c d"), "");
    }

    #[test]
    fn long_texts_are_cut_at_what_stands_once() {
        let numbers = |from: usize, to: usize| {
            (from..to).map(|n| n.to_string()).collect::<Vec<_>>().join(" ")
        };
        let page = format!("{} {} {}", numbers(5000, 7000), numbers(0, 2000), numbers(7000, 9000));
        assert_eq!(found(&page, &numbers(0, 2000)), numbers(0, 2000));
    }

    proptest! {
        #[test]
        fn a_text_is_aligned_with_itself(text in proptest::collection::vec(0u64..50, 0..2000)) {
            prop_assert!(aligned(&text, &text).iter().all(|found| *found));
        }

        #[test]
        fn no_more_is_found_than_the_reference_has(
            page in proptest::collection::vec(0u64..20, 0..900),
            gold in proptest::collection::vec(0u64..20, 0..900),
        ) {
            let found = aligned(&page, &gold);
            prop_assert_eq!(found.len(), page.len());
            let kept: Vec<u64> = page.iter().zip(&found).filter(|(_, f)| **f).map(|(w, _)| *w).collect();
            // What is found stands in the reference in this order.
            let mut gold = gold.iter();
            prop_assert!(kept.iter().all(|word| gold.any(|other| other == word)));
        }
    }
}
