use std::sync::Arc;

use proptest::prelude::*;

use super::Desk;
use crate::rules::overlay::{BaseRules, Overlay};
use crate::{Cleaner, Record, Survey};

const MILL: &str = "The mill at the mouth of the creek ground its last corn in the spring of 1957, \
    and its wheel turned twice a day, when the pond behind the dam emptied into the ebb.";

/// Documents with a bit of everything.
fn records() -> Vec<Record> {
    let parts = [
        MILL,
        "Leave a comment below!",
        "You may also like\n\nCheap Flights To Malta This Summer\nBest Garden Hoses Tested And Ranked\n\
         Ten Tricks Your Dentist Will Not Tell You\nWhy Everybody Buys This Blender",
        "Name : Prof. Ondina Farwell\nUsername : ofarwell\nJob : Gear Hobber\nBio : Aut vel nihil est quia laudantium.",
        "Buy cheap viagra online without prescription, order now at the best online casino!",
        "Home | Shop | Cart | Login | Register | Contact",
        "Copyright 2019 The Mill. All rights reserved. Privacy policy. Terms of use.",
        "Have you seen it? Share your thoughts in the comments below!",
    ];
    (0..60usize)
        .map(|n| {
            let of = |k: usize| parts[(n * 7 + k * k * 3 + k) % parts.len()];
            let text: Vec<&str> = (0..2 + n % 5).map(of).collect();
            Record::text(&format!("d{n}"), &text.join("\n\n")).in_language("en")
        })
        .collect()
}

fn desk(names: &[&str]) -> Desk {
    let base = BaseRules::load(names).unwrap();
    Desk::new(base, records(), Survey::none(), 2).unwrap()
}

/// Holds each document of the desk against the plain line under the rules in force.
fn check(desk: &Desk) {
    let cleaner = Cleaner::new(desk.rules().clone(), Survey::none()).unwrap();
    for document in desk.documents() {
        let plain = cleaner.clean(document.record.clone()).unwrap();
        let now = &document.now.outcome;
        assert_eq!(plain.text(), now.text(), "{}", document.record.id);
        assert_eq!(plain.decision, now.decision);
        assert_eq!(plain.removals(), now.removals());
        assert_eq!(plain.is_flagged(), now.is_flagged());
    }
}

#[test]
fn a_change_is_judged_where_it_can_matter_and_only_there() {
    let mut desk = desk(&["web"]);
    check(&desk);
    let mut overlay = Overlay::default();
    overlay.rule("boilerplate/comment-call").action = Some(crate::rules::Action::Flag);
    let judged = desk.apply(overlay.clone()).unwrap();
    assert!(judged > 0 && judged < desk.documents().len(), "{judged}");
    assert!(desk.documents().iter().any(|document| document.is_changed()));
    check(&desk);
    // The same again: nothing to do. And back: nothing to do either.
    assert_eq!(desk.apply(overlay).unwrap(), 0);
    assert_eq!(desk.apply(Overlay::default()).unwrap(), 0);
    assert!(desk.documents().iter().all(|document| Arc::ptr_eq(&document.base, &document.now)));
}

#[test]
fn after_a_wrong_change_all_is_as_it_was() {
    let mut desk = desk(&["web"]);
    let mut wrong = Overlay::default();
    wrong.rule("boilerplate/coment-call").enabled = Some(false);
    assert!(desk.apply(wrong).is_err());
    assert!(desk.overlay().is_empty());
    check(&desk);
}

/// A change to one number, weight, action or switch of one of the rules.
fn change(desk: &Desk, (rule, what, by): (usize, u8, f64)) -> Overlay {
    let rules = desk.base().rules().rules();
    let rule = &rules[rule % rules.len()];
    let mut overlay = Overlay::default();
    let own = overlay.rule(&rule.name);
    match what % 4 {
        0 => own.enabled = Some(false),
        1 => own.status = Some(crate::rules::Status::Preview),
        2 => own.weight = Some((by - 1.0).clamp(-1.0, 1.0)),
        _ => {
            for threshold in &rule.thresholds {
                own.thresholds.insert(threshold.address.clone(), threshold.value * by);
            }
        }
    }
    overlay
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_is_changed_it_is_as_if_all_were_judged_anew(
        steps in prop::collection::vec(
            prop::collection::vec((0usize..1000, any::<u8>(), 0.3f64..2.0), 1..5), 1..5),
        preset in prop::sample::select(vec!["web", "gopher-quality-datatrove", "c4-dolma"]),
    ) {
        let mut desk = desk(&[preset]);
        for step in steps {
            let mut overlay = Overlay::default();
            for one in step {
                overlay.rules.extend(change(&desk, one).rules);
            }
            // Many changes are refused, as a file would be: then nothing happens.
            let _ = desk.apply(overlay);
            check(&desk);
        }
    }
}
