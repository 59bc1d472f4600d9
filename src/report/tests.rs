//! Sums add up, and tallies merge in any order.

use super::samples::{Samples, order_of, shorten};
use super::{DEFAULT_SAMPLES, Tally};
use crate::document::Location;
use crate::source::Refusal;
use crate::{Cleaner, Record, RuleSet, Survey};

fn cleaner() -> Cleaner {
    Cleaner::new(RuleSet::default_preset().unwrap(), Survey::none()).unwrap()
}

const PIECES: [&str; 9] = [
    "The mill at the mouth of the creek ground its last corn in the spring of 1957. It was cold.",
    "Share your thoughts in the comments below!",
    "We use cookies to improve your experience on our website.",
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit.",
    "Name : Ann Other\nUsername : aother\nBio : Aut vel nihil est quia laudantium. Ea quo.",
    "© 2021 Courier. All rights reserved.",
    "Das Café am Hafen öffnet um sechs Uhr für die Fischer, und um zehn schließt es wieder.",
    "* [One](#one)\n* [Two](#two)\n* [Three](#three)",
    "",
];

/// Documents of pieces in all kinds of combinations.
fn documents() -> Vec<Record> {
    (0..60usize)
        .map(|n| {
            let parts: Vec<&str> =
                (0..1 + n % 5).map(|k| PIECES[(n * 7 + k * (1 + n % 3)) % PIECES.len()]).collect();
            let mut record = Record::markdown(format!("id-{n}"), parts.join("\n\n"));
            record.location = Location { source: ["a", "b", "c"][n % 3].into(), ordinal: n as u64 };
            record
        })
        .collect()
}

/// A tally of every document whose number passes.
fn tally(cleaner: &Cleaner, wanted: impl Fn(usize) -> bool) -> Tally {
    let mut tally = Tally::new();
    for (n, record) in documents().into_iter().enumerate().filter(|(n, _)| wanted(*n)) {
        tally.add(&cleaner.clean(record).unwrap(), cleaner.rules());
        if n % 11 == 0 {
            let place = Location { source: "broken".into(), ordinal: n as u64 };
            tally.add_unreadable(&place, &Refusal::BrokenJson("no".into()), b"{");
            tally.add_blank();
        }
    }
    tally
}

fn json(tally: &Tally, rules: &RuleSet) -> String {
    serde_json::to_string_pretty(&tally.report(rules)).unwrap()
}

#[test]
fn merging_is_associative_and_commutative() {
    let cleaner = cleaner();
    let rules = cleaner.rules();
    let part = |k: usize| tally(&cleaner, move |n| n % 3 == k);
    let whole = json(&tally(&cleaner, |_| true), rules);
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let mut left = Tally::new();
        for k in order {
            left.merge(part(k));
        }
        assert!(json(&left, rules) == whole, "left {order:?}");
        let [a, b, c] = order.map(part);
        let (mut right, mut b) = (a, b);
        b.merge(c);
        right.merge(b);
        assert!(json(&right, rules) == whole, "right {order:?}");
    }
}

#[test]
fn what_was_read_is_kept_removed_or_dropped() {
    let cleaner = cleaner();
    let report = tally(&cleaner, |_| true).report(cleaner.rules());
    let totals = report.totals;
    assert!(totals.removed.bytes > 0 && totals.dropped.bytes > 0 && totals.untouched > 0);
    assert_eq!(totals.read.bytes, totals.kept.bytes + totals.removed.bytes + totals.dropped.bytes);
    assert_eq!(
        totals.read.characters,
        totals.kept.characters + totals.removed.characters + totals.dropped.characters
    );
    assert_eq!(totals.read.documents, totals.kept.documents + totals.dropped.documents);
    assert_eq!(totals.kept.documents, totals.untouched + totals.removed.documents);
    let removals: u64 = report.categories.values().map(|amount| amount.removals).sum();
    assert_eq!(report.decided_by.values().sum::<u64>(), removals, "each removal has a category");
    let bytes: u64 = report.categories.values().map(|amount| amount.bytes).sum();
    assert_eq!(bytes, totals.removed.bytes);
    let dropped: u64 = report.categories.values().map(|amount| amount.dropped).sum();
    assert_eq!(dropped, totals.dropped.documents, "each drop has a category");
    let of_sources =
        |take: fn(&super::SourceAmount) -> u64| -> u64 { report.sources.values().map(take).sum() };
    assert_eq!(of_sources(|s| s.bytes), totals.read.bytes);
    assert_eq!(of_sources(|s| s.removed_bytes), totals.removed.bytes + totals.dropped.bytes);
    assert_eq!(of_sources(|s| s.kept + s.cut + s.dropped), totals.read.documents);
    assert_eq!(of_sources(|s| s.unreadable), totals.unreadable);
    for rule in &report.rules {
        assert!(rule.decided_alone <= rule.acted && rule.acted <= rule.hits, "{}", rule.rule);
        assert!(
            rule.documents <= rule.hits && rule.samples.len() <= DEFAULT_SAMPLES,
            "{}",
            rule.rule
        );
        assert!(rule.near_hits.is_sorted_by(|a, b| a.margin <= b.margin), "{}", rule.rule);
    }
}

#[test]
fn pieces_of_a_record_are_one_record_and_all_their_bytes() {
    let mut tally = Tally::new();
    let place = Location { source: "a".into(), ordinal: 3 };
    for part in 0..3 {
        tally.add_unreadable(
            &place,
            &Refusal::TooLarge { limit: 4, part, last: part == 2 },
            b"1234",
        );
    }
    let report = tally.report(&RuleSet::default());
    assert_eq!(report.totals.unreadable, 1);
    assert_eq!(
        (report.unreadable["too-large"].records, report.unreadable["too-large"].bytes),
        (1, 12)
    );
    assert_eq!(report.sources["a"].unreadable, 1);
}

#[test]
fn samples_are_those_with_the_smallest_hash() {
    let make =
        |order: u64| move || super::Sample { id: order.to_string(), ..super::Sample::default() };
    let mut samples = Samples::default();
    for order in [9, 3, 7, 1, 8, 2, 6, 1] {
        samples.offer(3, order, make(order));
    }
    let ids: Vec<String> = samples.list().into_iter().map(|sample| sample.id).collect();
    assert_eq!(ids, ["1", "1", "2"]);
    let place = Location { source: "a".into(), ordinal: 1 };
    assert_ne!(order_of("rule", &place, 0), order_of("rule", &place, 1));
    assert_eq!(order_of("rule", &place, 0) >> 63, 0);
}

#[test]
fn long_samples_keep_both_ends() {
    assert_eq!(shorten("short"), "short");
    let long = format!("é{}ü", "x".repeat(1_000));
    let short = shorten(&long);
    assert!(short.starts_with('é') && short.ends_with('ü') && short.contains('…'));
    assert!(short.chars().count() < 310);
}

#[test]
fn four_figures_of_any_number_are_a_number() {
    for (value, shown) in [
        (0.0, "0.0"),
        (123_456.0, "123500.0"),
        (-0.000_123_456, "-0.0001235"),
        (-f64::MIN_POSITIVE, "-0.0"),
        (f64::from_bits(1), "0.0"),
    ] {
        assert_eq!(format!("{:?}", super::significant(value)), shown);
    }
}
