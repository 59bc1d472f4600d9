//! What became of documents by something that they have in common, such as their host: sums for
//! each of many names in bounded memory.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use xxhash_rust::xxh3::xxh3_64;

use super::json::on_one_line;
use crate::outcome::{Decision, Outcome};

/// Most names for which sums are kept.
const MOST: usize = 10_000;

/// What became of the documents of one group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupAmount {
    /// Documents kept as they were.
    pub kept: u64,
    /// Documents kept with something cut out.
    pub cut: u64,
    /// Documents dropped.
    pub dropped: u64,
    /// Bytes of text read.
    pub bytes: u64,
    /// Bytes of text cut out or dropped.
    pub removed_bytes: u64,
}

impl GroupAmount {
    /// Of one document.
    pub(super) fn of(outcome: &Outcome) -> Self {
        let bytes = outcome.page.text.len() as u64;
        let left = outcome.cleaned.text.len() as u64;
        let one = Self { bytes, ..Self::default() };
        match outcome.decision {
            Decision::Kept => Self { kept: 1, ..one },
            Decision::Cut => Self { cut: 1, removed_bytes: bytes.saturating_sub(left), ..one },
            Decision::Dropped => Self { dropped: 1, removed_bytes: bytes, ..one },
        }
    }

    fn merge(&mut self, other: &Self) {
        self.kept += other.kept;
        self.cut += other.cut;
        self.dropped += other.dropped;
        self.bytes += other.bytes;
        self.removed_bytes += other.removed_bytes;
    }
}

/// Sums by name. Of more than [`MOST`] names those with the smallest hash are kept: a name that is
/// among them at the end was so all along, so its sums are exact, whatever the order and wherever
/// tallies were merged.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Counted {
    /// By hash, then name.
    kept: BTreeMap<(u64, String), GroupAmount>,
    is_part: bool,
}

impl Counted {
    pub(super) fn add(&mut self, name: String, amount: &GroupAmount) {
        self.add_within(MOST, name, amount);
    }

    fn add_within(&mut self, most: usize, name: String, amount: &GroupAmount) {
        let key = (xxh3_64(name.as_bytes()), name);
        if self.kept.len() >= most
            && self.kept.last_key_value().is_some_and(|(last, _)| key > *last)
        {
            self.is_part = true;
            return;
        }
        self.kept.entry(key).or_default().merge(amount);
        if self.kept.len() > most {
            self.kept.pop_last();
            self.is_part = true;
        }
    }

    pub(super) fn merge(&mut self, other: Counted) {
        self.is_part |= other.is_part;
        for ((_, name), amount) in other.kept {
            self.add(name, &amount);
        }
    }

    /// As the report has it.
    pub(super) fn groups(&self) -> Groups {
        let estimated = match self.kept.last_key_value() {
            // The kept are the smallest of evenly spread hashes: how far they reach tells how many
            // there are in all.
            Some(((greatest, _), _)) if self.is_part => {
                let reach = *greatest as f64 / u64::MAX as f64;
                super::significant((self.kept.len() as f64 - 1.0) / reach.max(f64::MIN_POSITIVE))
                    as u64
            }
            _ => self.kept.len() as u64,
        };
        let amounts = self.kept.iter().map(|((_, name), amount)| (name.clone(), amount.clone()));
        Groups { complete: !self.is_part, estimated, amounts: amounts.collect() }
    }
}

/// As it is saved with a run that may be taken up.
#[derive(Serialize, Deserialize)]
struct Saved {
    kept: Vec<(String, GroupAmount)>,
    is_part: bool,
}

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let kept = self.kept.iter().map(|((_, name), amount)| (name.clone(), amount.clone()));
        Saved { kept: kept.collect(), is_part: self.is_part }.serialize(to)
    }
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Saved { kept, is_part } = Saved::deserialize(from)?;
        let mut counted = Self { is_part, ..Self::default() };
        kept.into_iter().for_each(|(name, amount)| counted.add(name, &amount));
        Ok(counted)
    }
}

/// What became of documents by group, in the report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Groups {
    /// All groups are here; if not, those with the smallest hash of their name are, which is an even
    /// sample of them, each with exact sums.
    pub complete: bool,
    /// How many groups there are: exact if they are all here, else within a few percent.
    pub estimated: u64,
    /// The groups, by name.
    #[serde(serialize_with = "each_on_a_line")]
    pub amounts: BTreeMap<String, GroupAmount>,
}

fn each_on_a_line<S: Serializer>(
    amounts: &BTreeMap<String, GroupAmount>,
    to: S,
) -> Result<S::Ok, S::Error> {
    struct Line<'a>(&'a GroupAmount);
    impl Serialize for Line<'_> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            on_one_line(self.0, to)
        }
    }
    to.collect_map(amounts.iter().map(|(name, amount)| (name, Line(amount))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> GroupAmount {
        GroupAmount { kept: 1, bytes: 2, ..GroupAmount::default() }
    }

    /// Names in an order of their own, some of them often.
    fn names(seed: u64) -> Vec<String> {
        let mut names: Vec<String> =
            (0..500u64).flat_map(|n| vec![format!("host-{n}.org"); 1 + (n % 3) as usize]).collect();
        names.sort_by_key(|name| xxh3_64(format!("{seed}{name}").as_bytes()));
        names
    }

    #[test]
    fn few_names_are_all_kept() {
        let mut counted = Counted::default();
        assert_eq!(counted.groups(), Groups { complete: true, ..Groups::default() });
        for name in ["a", "b", "a"] {
            counted.add(name.to_owned(), &one());
        }
        let groups = counted.groups();
        assert_eq!((groups.complete, groups.estimated), (true, 2));
        assert_eq!(
            groups.amounts["a"],
            GroupAmount { kept: 2, bytes: 4, ..GroupAmount::default() }
        );
    }

    #[test]
    fn of_many_names_the_same_are_kept_in_any_order_with_exact_sums() {
        let count = |names: Vec<String>| {
            let mut counted = Counted::default();
            names.into_iter().for_each(|name| counted.add_within(50, name, &one()));
            counted
        };
        let (one_way, other_way) = (count(names(1)), count(names(2)));
        assert_eq!(one_way, other_way);
        let groups = one_way.groups();
        assert_eq!((groups.complete, groups.amounts.len()), (false, 50));
        for (name, amount) in &groups.amounts {
            let number: u64 = name["host-".len()..].trim_end_matches(".org").parse().unwrap();
            assert_eq!(amount.kept, 1 + number % 3, "{name}");
        }
        // Of 500; fifty give it within about a seventh.
        assert!((350..700).contains(&groups.estimated), "{}", groups.estimated);
    }

    #[test]
    fn as_many_as_are_kept_are_all_of_them() {
        let mut counted = Counted::default();
        for n in 0..50 {
            counted.add_within(50, n.to_string(), &one());
            counted.add_within(50, n.to_string(), &one());
        }
        assert_eq!((counted.groups().complete, counted.groups().estimated), (true, 50));
        counted.add_within(50, "one more".to_owned(), &one());
        assert!(!counted.groups().complete);
    }

    #[test]
    fn what_is_saved_is_read_again() {
        let mut counted = Counted::default();
        names(3).into_iter().for_each(|name| counted.add_within(9, name, &one()));
        let saved = serde_json::to_vec(&counted).unwrap();
        assert_eq!(serde_json::from_slice::<Counted>(&saved).unwrap(), counted);
    }
}
