//! Which keys belong together, told pair by pair: union-find over 64-bit keys.
//!
//! Only keys of pairs are held. What comes out does not depend on the order of the pairs: a cluster
//! is named by its smallest key.

use thiserror::Error;

use super::minhash::mixed;

/// Sets of keys that pairs have joined.
///
/// Memory: 16 bytes a key (the key, its link, the smallest key of its cluster), of which up to a
/// quarter more is set aside, and 5 to 11 bytes for finding it: 21 to 31 bytes a key, and for a
/// moment, while a table of keys moves, 8 more. [`Clusters::bytes`] says what it is now.
///
/// ```
/// use tamis::survey::clusters::Clusters;
///
/// let mut clusters = Clusters::default();
/// clusters.join(30, 20)?;
/// clusters.join(7, 8)?;
/// clusters.join(20, 10)?;
/// assert_eq!(clusters.root(30), Some(10));
/// assert_eq!(clusters.root(5), None);
/// let all: Vec<(u64, u64)> = clusters.iter().collect();
/// assert_eq!(all, [(7, 7), (8, 7), (10, 10), (20, 10), (30, 10)]);
/// # Ok::<(), tamis::survey::clusters::TooManyKeys>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Clusters {
    keys: Vec<u64>,
    /// For each key the number of another key of its cluster; for a root [`ROOT`] and the size of
    /// its cluster.
    links: Vec<u32>,
    /// For each root the number of the smallest key of its cluster.
    least: Vec<u32>,
    /// The numbers of the keys, each at the first free place from its hash on. As many places as a
    /// power of two, a quarter of them free.
    places: Vec<u32>,
}

/// More than 2³¹ − 1 keys were joined.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("more than {MOST_KEYS} keys in clusters")]
pub struct TooManyKeys;

/// Most keys that [`Clusters`] holds.
pub const MOST_KEYS: usize = (ROOT - 1) as usize;

const ROOT: u32 = 1 << 31;
const FREE: u32 = u32::MAX;

impl Clusters {
    /// Says that two keys belong together; true if that was not known. A key belongs together with
    /// itself, which needs not be held. Takes constant time, as good as: both keys are looked up, and
    /// paths are halved on the way.
    ///
    /// # Errors
    ///
    /// If there is no room for more keys: [`MOST_KEYS`]. The pair is not joined then.
    pub fn join(&mut self, one: u64, other: u64) -> Result<bool, TooManyKeys> {
        if one == other {
            return Ok(false);
        }
        if self.keys.len().saturating_add(2) > MOST_KEYS {
            return Err(TooManyKeys);
        }
        let (one, other) = (self.number(one), self.number(other));
        let (one, other) = (self.halve(one), self.halve(other));
        if one == other {
            return Ok(false);
        }
        let (one_size, other_size) = (self.link(one) & !ROOT, self.link(other) & !ROOT);
        let (root, under) = if one_size >= other_size { (one, other) } else { (other, one) };
        let least = self.smaller(self.least_of(root), self.least_of(under));
        set(&mut self.links, under, root);
        // No more than there are keys.
        set(&mut self.links, root, ROOT | one_size.wrapping_add(other_size));
        set(&mut self.least, root, least);
        Ok(true)
    }

    /// The smallest key of the cluster of a key; `None` if the key was not joined with any.
    pub fn root(&self, key: u64) -> Option<u64> {
        let (_, number) = self.find(key);
        Some(self.key(self.least_of(self.root_of(number?))))
    }

    /// Each key and the smallest key of its cluster, by key. Sorting takes 4 bytes a key more.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let mut order: Vec<u32> = (0..self.keys.len() as u32).collect();
        order.sort_unstable_by_key(|number| self.key(*number));
        order
            .into_iter()
            .map(|number| (self.key(number), self.key(self.least_of(self.root_of(number)))))
    }

    /// Keys held.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// True if no pair was joined.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Bytes of memory taken now.
    pub fn bytes(&self) -> usize {
        let numbers = self.links.capacity() + self.least.capacity() + self.places.capacity();
        size_of::<u64>() * self.keys.capacity() + size_of::<u32>() * numbers
    }

    fn key(&self, number: u32) -> u64 {
        self.keys.get(number as usize).copied().unwrap_or(0)
    }

    fn link(&self, number: u32) -> u32 {
        self.links.get(number as usize).copied().unwrap_or(ROOT)
    }

    fn least_of(&self, root: u32) -> u32 {
        self.least.get(root as usize).copied().unwrap_or(root)
    }

    /// Of two numbers that of the smaller key.
    fn smaller(&self, one: u32, other: u32) -> u32 {
        if self.key(one) <= self.key(other) { one } else { other }
    }

    fn root_of(&self, mut number: u32) -> u32 {
        loop {
            let link = self.link(number);
            if link >= ROOT {
                return number;
            }
            number = link;
        }
    }

    /// As [`root_of`](Self::root_of), each key of the way then being linked to the next but one.
    fn halve(&mut self, mut number: u32) -> u32 {
        loop {
            let link = self.link(number);
            if link >= ROOT {
                return number;
            }
            let next = self.link(link);
            if next >= ROOT {
                return link;
            }
            set(&mut self.links, number, next);
            number = next;
        }
    }

    /// The number of a key, which is held from now on.
    fn number(&mut self, key: u64) -> u32 {
        if self.keys.len() >= self.places.len() / 4 * 3 {
            self.widen();
        }
        let (place, known) = self.find(key);
        if let Some(number) = known {
            return number;
        }
        let number = self.keys.len() as u32;
        if let Some(free) = self.places.get_mut(place) {
            *free = number;
        }
        push(&mut self.keys, key);
        push(&mut self.links, ROOT | 1);
        push(&mut self.least, number);
        number
    }

    /// Where a key has its place or would have it, and its number if it has.
    fn find(&self, key: u64) -> (usize, Option<u32>) {
        let mask = self.places.len().wrapping_sub(1);
        let mut place = mixed(key) as usize & mask;
        // There is always a free place, so the end is reached; without places at once.
        while let Some(&number) = self.places.get(place) {
            if number == FREE {
                break;
            }
            if self.key(number) == key {
                return (place, Some(number));
            }
            place = place.wrapping_add(1) & mask;
        }
        (place, None)
    }

    /// Doubles the places. The old ones are given back first: the keys say where they go.
    fn widen(&mut self) {
        let wide = (self.places.len() * 2).max(16);
        self.places = Vec::new();
        self.places.resize(wide, FREE);
        for number in 0..self.keys.len() {
            let (place, _) = self.find(self.key(number as u32));
            if let Some(free) = self.places.get_mut(place) {
                *free = number as u32;
            }
        }
    }
}

fn set(numbers: &mut [u32], at: u32, value: u32) {
    if let Some(slot) = numbers.get_mut(at as usize) {
        *slot = value;
    }
}

/// Appends a value. Room is made for a quarter more, not for as much again.
fn push<T>(values: &mut Vec<T>, value: T) {
    if values.len() == values.capacity() {
        values.reserve_exact(values.len() / 4 + 16);
    }
    values.push(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// Spreads the smallest key until nothing changes.
    fn closure(pairs: &[(u64, u64)]) -> Vec<(u64, u64)> {
        let pairs: Vec<_> = pairs.iter().filter(|(one, other)| one != other).collect();
        let keys: BTreeSet<u64> = pairs.iter().flat_map(|(one, other)| [*one, *other]).collect();
        let mut roots: BTreeMap<u64, u64> = keys.into_iter().map(|key| (key, key)).collect();
        loop {
            let before = roots.clone();
            for (one, other) in &pairs {
                let least = roots[one].min(roots[other]);
                roots.insert(*one, least);
                roots.insert(*other, least);
            }
            if roots == before {
                return roots.into_iter().collect();
            }
        }
    }

    fn joined<'p>(pairs: impl IntoIterator<Item = &'p (u64, u64)>) -> Clusters {
        let mut clusters = Clusters::default();
        for (one, other) in pairs {
            clusters.join(*one, *other).expect("there is room");
        }
        clusters
    }

    #[test]
    fn a_key_that_was_joined_with_none_is_not_held() {
        let clusters = joined(&[(5, 5)]);
        assert!(clusters.is_empty());
        assert_eq!((clusters.root(5), clusters.iter().count(), clusters.bytes()), (None, 0, 0));
        assert_eq!(Clusters::default().join(u64::MAX, 0), Ok(true));
    }

    #[test]
    fn a_long_chain_is_one_cluster_of_its_smallest_key_whatever_its_order() {
        let length = 50_000;
        let chain: Vec<(u64, u64)> = (0..length).map(|n| (n, n + 1)).collect();
        for clusters in [joined(&chain), joined(chain.iter().rev())] {
            assert_eq!(clusters.len() as u64, length + 1);
            assert!(clusters.iter().eq((0..=length).map(|key| (key, 0))));
        }
    }

    #[test]
    fn a_key_takes_no_more_bytes_than_stated() {
        let mut clusters = Clusters::default();
        let mut most = 0.0f64;
        for key in 0..60_000u64 {
            clusters.join(key, key / 10).expect("there is room");
            if key > 1000 {
                most = most.max(clusters.bytes() as f64 / clusters.len() as f64);
                let least = clusters.bytes() as f64 / clusters.len() as f64;
                assert!(least >= 21.0, "{least}");
            }
        }
        assert!(most <= 31.0, "{most}");
    }

    proptest! {
        #[test]
        fn clusters_are_the_closure_of_the_pairs_in_any_order(
            pairs in proptest::collection::vec((0u64..40, 0u64..40), 0..60),
            spread in any::<u64>(),
        ) {
            // Keys of all sizes; an odd factor keeps them apart.
            let wide = |key: u64| key.wrapping_mul(spread | 1);
            let pairs: Vec<_> = pairs.iter().map(|(one, other)| (wide(*one), wide(*other))).collect();
            let plainly = closure(&pairs);
            let clusters = joined(&pairs);
            prop_assert_eq!(&clusters.iter().collect::<Vec<_>>(), &plainly);
            prop_assert_eq!(&joined(pairs.iter().rev()).iter().collect::<Vec<_>>(), &plainly);
            for (key, root) in plainly {
                prop_assert_eq!(clusters.root(key), Some(root));
            }
            // Parts that are joined by their roots come to the same.
            let (one, other) = pairs.split_at(pairs.len() / 2);
            let parts: Vec<(u64, u64)> = joined(one).iter().chain(joined(other).iter()).collect();
            prop_assert_eq!(joined(&parts).iter().collect::<Vec<_>>(), clusters.iter().collect::<Vec<_>>());
        }

        #[test]
        fn a_join_says_whether_it_was_news(pairs in proptest::collection::vec((0u64..9, 0u64..9), 0..20)) {
            let mut clusters = Clusters::default();
            for (one, other) in pairs {
                let known = one == other
                    || clusters.root(one).is_some_and(|root| clusters.root(other) == Some(root));
                prop_assert_eq!(clusters.join(one, other), Ok(!known));
            }
        }
    }
}
