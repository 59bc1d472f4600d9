//! Sums add up, and tallies merge in any order.

use super::samples::{Samples, order_of, shorten};
use super::{DEFAULT_SAMPLES, Fate, Tally};
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

#[test]
fn a_sample_says_what_became_of_it_and_of_what_is_around_it() {
    let cleaner = cleaner();
    let mut tally = Tally::with_samples(1_000);
    let dropped = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor.";
    let mill = "The mill stood idle through the winter, and the miller mended his nets.";
    let calls = "Share your thoughts in the comments below!\n\nWe use cookies to improve your \
                 experience on our website.";
    for text in [dropped, &format!("{mill}\n\n{calls}\n\n{mill}é")] {
        tally.add(&cleaner.clean(Record::text("a", text)).unwrap(), cleaner.rules());
    }
    let report = tally.report(cleaner.rules());
    let all: Vec<&super::Sample> = report.rules.iter().flat_map(|rule| &rule.samples).collect();
    let gone = |text: &str| all.iter().find(|sample| sample.text.contains(text)).copied();
    let whole = gone("Lorem ipsum").expect("a document that was dropped is a sample too");
    assert_eq!((whole.fate, whole.start, whole.end), (Some(Fate::Dropped), 0, dropped.len()));
    let call = gone("Share your thoughts").expect("a sample");
    assert_eq!(call.fate, Some(Fate::Removed));
    assert!(call.before.trim_end().ends_with("mended his nets.") && call.cut_before.is_empty());
    // What stands after it went too, and is told in characters of the context.
    let [(start, end)] = call.cut_after[..] else { panic!("{call:?}") };
    let cut: String = call.after.chars().skip(start).take(end - start).collect();
    assert!(cut.contains("We use cookies") && !cut.contains("The mill"), "{cut:?}");
    assert!(call.after.contains("The mill stood") || call.after.chars().count() == 120);
    let stays = all.iter().filter(|sample| sample.fate == Some(Fate::Stays));
    assert!(stays.clone().all(|sample| !sample.text.contains("cookies")));
}

#[test]
fn as_many_samples_are_kept_as_were_asked_for() {
    let cleaner = cleaner();
    let kept = |most: usize| {
        let mut tally = Tally::with_samples(most);
        for (n, mut record) in documents().into_iter().enumerate() {
            record.location.ordinal = n as u64;
            tally.add(&cleaner.clean(record).unwrap(), cleaner.rules());
        }
        let report = tally.report(cleaner.rules());
        let lists = report.rules.iter();
        let near = lists.clone().map(|rule| rule.near_hits.len().max(rule.near_misses.len()));
        (lists.map(|rule| rule.samples.len()).max().unwrap(), near.max().unwrap())
    };
    assert_eq!(kept(0), (0, 0));
    assert_eq!(kept(1).0, 1);
    assert!(kept(1).1 <= 1);
    assert_eq!(kept(7).0, 7);
    assert!(kept(7).1 <= 5);
    assert!(kept(1_000).0 > 7);
}

#[test]
fn what_became_of_documents_adds_up_by_host_and_by_language() {
    let cleaner = cleaner();
    let mut tally = Tally::new();
    for (n, mut record) in documents().into_iter().enumerate() {
        let host = ["www.a.co.uk", "b.a.co.uk", "c.org"][n % 3];
        record.url = (n % 5 > 0).then(|| format!("https://{host}/{n}"));
        tally.add(&cleaner.clean(record).unwrap(), cleaner.rules());
    }
    let report = tally.report(cleaner.rules());
    let names: Vec<&String> = report.by_host.amounts.keys().collect();
    assert_eq!(names, ["a.co.uk", "c.org", "no address"]);
    for groups in [&report.by_host, &report.by_language] {
        assert!(groups.complete);
        assert_eq!(groups.estimated, groups.amounts.len() as u64);
        let sum = |of: fn(&super::GroupAmount) -> u64| groups.amounts.values().map(of).sum::<u64>();
        assert_eq!(sum(|group| group.kept), report.totals.untouched);
        assert_eq!(sum(|group| group.cut), report.totals.removed.documents);
        assert_eq!(sum(|group| group.dropped), report.totals.dropped.documents);
        assert_eq!(sum(|group| group.bytes), report.totals.read.bytes);
        let gone = report.totals.removed.bytes + report.totals.dropped.bytes;
        assert_eq!(sum(|group| group.removed_bytes), gone);
    }
    for (name, group) in &report.by_language.amounts {
        assert_eq!(group.kept + group.cut + group.dropped, report.languages[name], "{name}");
    }
    for pair in &report.overlaps {
        let [a, b] = &pair.rules;
        assert!(a != b && pair.targets > 0, "{pair:?}");
    }
    assert!(!report.overlaps.is_empty());
}
