use std::sync::Arc;

use proptest::prelude::*;

use super::{
    Address, Aim, Desk, FitOptions, LabelDesk, Part, TuneError, Worth, cross_fit, fit, rule_hits,
    suggest, sweep,
};
use crate::document::Span;
use crate::eval::{DocLabel, Label, LabelAction, LabelSpan, Labelled};
use crate::outcome::{Decision, Outcome};
use crate::rules::RuleSet;
use crate::rules::overlay::{BaseRules, Overlay};
use crate::verdict::{BlockVerdict, Verdict};
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
            let id = format!("d{n}");
            match n % 6 {
                // Its language is for the program to find.
                0 => Record::text(id, text.join("\n\n")),
                1 => {
                    let parts = text.iter().map(|part| format!("<p>{part}</p>"));
                    let menu = "<nav><ul><li><a href='/'>Home</a></li><li><a href='/shop'>Shop</a>\
                        </li></ul></nav>";
                    let parts: String = parts.collect();
                    Record::html(id, format!("<title>Mill</title>{menu}<main>{parts}</main>"))
                }
                _ => Record::text(id, text.join("\n\n")).in_language("en"),
            }
        })
        .collect()
}

fn desk(names: &[&str]) -> Desk {
    let base = BaseRules::load(names).unwrap();
    Desk::new(base, records(), Survey::none(), 2).unwrap()
}

/// What fired on each part of a document, and how strongly.
fn fired(outcome: &Outcome, rules: &RuleSet) -> Vec<Vec<(String, f64)>> {
    let of_block = |block: &'_ BlockVerdict| {
        let of_sentences = block.sentences.iter().flat_map(|sentence| &sentence.verdict.hits);
        let hits = block.verdict.hits.iter().chain(of_sentences);
        hits.map(|hit| (rules.rule(hit.rule).name.clone(), hit.strength)).collect()
    };
    let of_whole = |verdict: &Verdict| {
        verdict.hits.iter().map(|hit| (rules.rule(hit.rule).name.clone(), hit.strength)).collect()
    };
    let of_parts = outcome.on_blocks.blocks.iter().map(of_block);
    of_parts
        .chain(outcome.wholes().map(of_whole))
        .filter(|hits: &Vec<_>| !hits.is_empty())
        .collect()
}

/// Holds each document of the desk against the plain line under the rules in force.
fn check(desk: &Desk) {
    let cleaner = Cleaner::new(desk.rules().clone(), Survey::none()).unwrap();
    for document in desk.documents() {
        let plain = cleaner.clean(document.record.clone()).unwrap();
        let now = &document.now.outcome;
        // A part that no rule in force uses any more is not asked; where nothing changed it stands
        // as it was.
        let mut before = fired(now, &document.now.rules);
        before
            .iter_mut()
            .for_each(|of| of.retain(|(name, _)| desk.rules().by_name(name).is_some()));
        before.retain(|of| !of.is_empty());
        assert_eq!(fired(&plain, desk.rules()), before);
        assert_eq!(plain.page.text, now.page.text);
        // What no rule asks for is not found out, and may be known from before.
        if desk.rules().needs_blocks() {
            assert_eq!(plain.page.blocks, now.page.blocks);
        }
        if desk.rules().needs_language() && desk.base().rules().needs_language() {
            assert_eq!(plain.page.info.language, now.page.info.language);
        }
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
    match what % 5 {
        0 => own.enabled = Some(false),
        1 => own.status = Some(crate::rules::Status::Preview),
        2 => own.weight = Some((by - 1.0).clamp(-1.0, 1.0)),
        3 => own.action = crate::rules::Action::ALL.get((by * 4.0) as usize).copied(),
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
        preset in prop::sample::select(
            vec!["web", "main-content", "gopher-quality-datatrove", "c4-dolma"]),
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

#[test]
fn many_weights_at_once_are_judged_as_if_all_were_judged_anew() {
    let mut desk = desk(&["web"]);
    let mut overlay = Overlay::default();
    for rule in desk.base().rules().rules() {
        if let crate::rules::Effect::Weight(weight) = rule.effect {
            overlay.rule(&rule.name).weight = Some(weight * 0.6);
        }
    }
    assert!(overlay.rules.len() > 30);
    assert!(desk.apply(overlay).unwrap() > 0);
    assert!(desk.documents().iter().any(|document| document.is_changed()));
    check(&desk);
}

#[test]
fn a_rule_that_names_one_of_blocks_is_asked_anew_where_other_blocks_are_judged() {
    let rules = "format = 1\nabout = 'T'\ncategory = 'boilerplate'\n\
        [rules.menu]\nabout='X'\nscope='area'\naction='remove'\nwhen={phrases=['all our mills']}\n\
        [rules.junk]\nabout='X'\nscope='block'\naction='remove'\nwhen={phrases=['all our mills']}\n\
        [rules.page]\nabout='X'\nscope='document'\naction='drop'\nwhen={rule='junk'}\n\
        [decide]\ncontext='none'\nguard-action='none'\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.toml");
    std::fs::write(&path, rules).unwrap();
    let base = BaseRules::load([path.to_str().unwrap()]).unwrap();
    let page = format!("<p>{MILL}</p><p>All our mills</p>");
    let mut desk = Desk::new(base, vec![Record::html("a", page)], Survey::none(), 1).unwrap();
    let decision = |desk: &Desk| desk.documents()[0].now.outcome.decision;
    assert_eq!(decision(&desk), Decision::Cut);
    // The same text is left, and the page goes for what was judged in it.
    let mut off = Overlay::default();
    off.rule("t/menu").enabled = Some(false);
    desk.apply(off).unwrap();
    assert_eq!(decision(&desk), Decision::Dropped);
    check(&desk);
}

/// Rules of which the labels below say that `alpha` is worth more than it is given, and `beta` less.
const WEIGHED: &str = "format = 1\nabout = 'T'\ncategory = 'spam'\n\
    [rules.alpha]\nabout='X'\nscope='block'\nweight=0.8\nwhen={phrases=['alpha']}\n\
    [rules.beta]\nabout='X'\nscope='block'\nweight=1.0\nwhen={phrases=['beta']}\n\
    [rules.gamma]\nabout='X'\nscope='block'\nweight=-0.3\nwhen={phrases=['gamma']}\n\
    [rules.short]\nabout='X'\nscope='block'\naction='remove'\n\
    when.all.few={signal='char_count', at-most=12}\nwhen.all.mark={phrases=['delta']}\n\
    [decide]\ncontext='none'\nguard-action='none'\n";

fn weighed() -> BaseRules {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.toml");
    std::fs::write(&path, WEIGHED).unwrap();
    BaseRules::load([path.to_str().unwrap()]).unwrap()
}

/// Documents of four paragraphs: plain text, junk with `alpha`, good text with `beta`, and junk
/// with `delta` of 11 to 15 characters.
fn labelled(count: usize) -> Vec<Labelled> {
    let parts = |n: usize| {
        [
            (MILL.to_owned(), LabelAction::Keep),
            (format!("Buy alpha by the dozen, offer number {n}."), LabelAction::Remove),
            (format!("The beta mill of {n} was sold to a brewer."), LabelAction::Keep),
            (format!("delta {}", "x".repeat(5 + n % 5)), LabelAction::Remove),
        ]
    };
    let document = |n: usize| {
        let (mut text, mut spans) = (String::new(), Vec::new());
        for (part, action) in parts(n) {
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            let span = Span::new(text.len(), text.len() + part.len());
            text.push_str(&part);
            spans.push(LabelSpan { span, category: "x".into(), action, group: None });
        }
        let id = format!("l{n}");
        let record = Record::text(&id, &text).in_language("en");
        let label = Label {
            id,
            location: record.location.clone(),
            doc_label: DocLabel::Clean,
            spans,
            kind: None,
            lang: None,
            origin: None,
            is_copy: false,
        };
        Labelled { record, label }
    };
    (0..count).map(document).collect()
}

fn label_desk(threads: usize, hold_back: f64) -> LabelDesk {
    LabelDesk::new(weighed(), labelled(60), Survey::none(), threads, hold_back).unwrap()
}

#[test]
fn a_rule_is_right_or_wrong_by_the_labels() {
    let desk = label_desk(1, 0.0);
    let hits = rule_hits(&desk, Part::All);
    let of = |name: &str| hits.iter().find(|one| one.rule == name).unwrap();
    let (alpha, beta, gamma, short) = (of("t/alpha"), of("t/beta"), of("t/gamma"), of("t/short"));
    assert_eq!((alpha.hits, alpha.right, alpha.wrong, alpha.documents), (60, 60, 0, 60));
    // It fires, but 0.8 is not enough to act.
    assert_eq!((alpha.alone_right, alpha.alone_wrong), (0, 0));
    assert_eq!((beta.right, beta.wrong, beta.alone_wrong), (0, 60, 60));
    assert_eq!((gamma.hits, gamma.precision, gamma.interval), (0, None, None));
    // "delta " and 5 or 6 letters: two of five documents.
    assert_eq!((short.hits, short.alone_right), (24, 24));
    assert!(alpha.recall > 0.5 && alpha.recall < 1.0 && short.recall < alpha.recall);
}

#[test]
fn a_curve_is_what_an_overlay_would_do() {
    let mut desk = label_desk(2, 0.0);
    let address: Address = "t/short:few.at-most".parse().unwrap();
    let values = [10.0, 11.0, 12.0, 13.0, 15.0, -1.0];
    let curve = sweep(&mut desk, &address, &values, Part::All).unwrap();
    assert_eq!(curve.refused.len(), 1, "no number of characters is below 0");
    let found: Vec<u64> = curve.points.iter().map(|point| point.worth.junk_found).collect();
    assert_eq!(
        found,
        [0, 12 * 10, 12 * 21, 12 * 33, 12 * 60],
        "10 to 14 characters each, 12 times"
    );
    let current: Vec<f64> =
        curve.points.iter().filter(|point| point.is_current).map(|point| point.value).collect();
    assert_eq!(current, [12.0]);
    assert_eq!(curve.points[4].changed, 36);
    assert!(desk.desk().overlay().is_empty(), "all is as it was");
    for (wrong, said) in
        [("t/shrot:few.at-most", "is it \"t/short\"?"), ("t/short:few.above", "few.at-most")]
    {
        let error = sweep(&mut desk, &wrong.parse().unwrap(), &values, Part::All).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }
    assert!("t/short".parse::<Address>().is_err() && ":".parse::<Address>().is_err());
}

#[test]
fn thresholds_are_suggested_within_the_cost() {
    let mut desk = label_desk(2, 0.5);
    // What beta takes is lost already; nothing else may go.
    let lost = Worth::of(&desk.figures(Part::Learned)).cost();
    let aim = Aim { cost: lost, values: 9, documents: 3, most: 5 };
    let found = suggest(&mut desk, &aim, &|rule| rule == "t/short", &mut |_, _| {}).unwrap();
    assert!(found.is_reached);
    assert!(found.learned.1.junk_found > found.learned.0.junk_found);
    assert!(found.held_back.1.junk_found > found.held_back.0.junk_found);
    assert_eq!(found.learned.1.good_lost, found.learned.0.good_lost);
    // The figures are those of the overlay.
    desk.apply(found.overlay.clone()).unwrap();
    assert_eq!(Worth::of(&desk.figures(Part::HeldBack)), found.held_back.1);
    assert_eq!(found.overlay.rules.keys().collect::<Vec<_>>(), ["t/short"]);
}

#[test]
fn weights_are_learned_with_their_signs_and_judged_on_what_was_held_back() {
    let fit_on = |threads: usize| {
        let mut desk = label_desk(threads, 0.5);
        let found = fit(&desk, &FitOptions::default(), &|_| true).unwrap();
        assert!(desk.desk().overlay().is_empty());
        desk.apply(found.overlay.clone()).unwrap();
        assert_eq!(Worth::of(&desk.figures(Part::HeldBack)), found.held_back.1);
        found
    };
    let found = fit_on(1);
    let of = |name: &str| found.weights.iter().find(|one| one.rule == name).unwrap();
    assert!(of("t/alpha").to >= 0.99 && of("t/alpha").to <= 1.0, "{found:?}");
    assert!(of("t/beta").to < 1.0 && of("t/beta").to > 0.0, "{found:?}");
    assert!(found.weights.iter().all(|one| one.rule != "t/gamma"), "it never fired");
    let (before, after) = &found.held_back;
    assert!(after.junk_found > before.junk_found && after.good_lost < before.good_lost);
    assert_eq!(found.better_and_worse.1, 0);
    assert_eq!(fit_on(3), found, "threads make no difference");
}

#[test]
fn without_labels_to_learn_from_nothing_is_learned() {
    let mut desk = LabelDesk::new(weighed(), labelled(0), Survey::none(), 1, 0.5).unwrap();
    assert!(matches!(fit(&desk, &FitOptions::default(), &|_| true), Err(TuneError::TooLittle(_))));
    let aim = Aim { cost: 1.0, values: 3, documents: 1, most: 1 };
    let nothing = suggest(&mut desk, &aim, &|_| true, &mut |_, _| {});
    assert!(matches!(nothing, Err(TuneError::TooLittle(_))));
    let desk = label_desk(1, 0.0);
    let none = fit(&desk, &FitOptions::default(), &|_| false);
    assert!(none.unwrap_err().to_string().contains("no weight to learn"));
}

#[test]
fn every_document_is_judged_once_by_weights_that_never_saw_it() {
    let run = |threads: usize| {
        let desk = label_desk(threads, 0.3);
        let found = cross_fit(&desk, &FitOptions::default(), &|_| true, 5).unwrap();
        assert!(desk.desk().overlay().is_empty());
        found
    };
    let found = run(1);
    let (before, after) = found.unseen;
    // What is held back is judged too, and each document once.
    assert_eq!(before, Worth::of(&label_desk(1, 0.0).figures(Part::All)));
    assert_eq!((found.folds, found.found, found.documents), (5, 5, 60));
    let sum = |of: &dyn Fn(&(Worth, Worth)) -> Worth| {
        found.by_fold.iter().fold(Worth::default(), |sum, fold| sum.plus(&of(fold)))
    };
    assert_eq!((sum(&|fold| fold.0), sum(&|fold| fold.1)), (before, after));
    assert!(after.junk_found > before.junk_found && after.good_lost < before.good_lost);
    assert_eq!(found.better_and_worse, (60, 0));
    assert_eq!(found.gain, after.f1() - before.f1());
    assert!(found.interval.0 > 0.0 && found.interval.0 <= found.gain, "{found:?}");
    assert!(found.interval.1 >= found.gain, "{found:?}");
    assert_eq!(run(3), found, "threads make no difference");
}

#[test]
fn where_nothing_can_be_learned_the_weights_in_force_judge() {
    let desk = label_desk(1, 0.0);
    let found = cross_fit(&desk, &FitOptions::default(), &|_| false, 3).unwrap();
    assert_eq!((found.found, found.better_and_worse), (0, (0, 0)));
    assert_eq!(found.unseen.0, found.unseen.1);
    assert_eq!((found.gain, found.interval), (0.0, (0.0, 0.0)));
}

/// Documents of which so many have good text that `beta` takes; the others have none with it.
fn taken_wrongly(few: usize) -> LabelDesk {
    let mut documents = labelled(40);
    for (n, document) in documents.iter_mut().enumerate() {
        let crate::document::Body::Text(text) = &document.record.body else { continue };
        // Of the same length, so that the spans stay right.
        let own = if n < few { text.clone() } else { text.replace("beta ", "bets ") };
        document.record = Record::text(&document.label.id, &own).in_language("en");
    }
    LabelDesk::new(weighed(), documents, Survey::none(), 1, 0.0).unwrap()
}

#[test]
fn what_few_documents_alone_speak_for_is_not_learned() {
    let options = FitOptions { documents: 1, ..FitOptions::default() };
    let only_beta = |rule: &str| rule == "t/beta";
    let error = fit(&taken_wrongly(2), &options, &only_beta).unwrap_err();
    assert!(error.to_string().contains("no weights do better"), "{error}");
    let found = fit(&taken_wrongly(20), &options, &only_beta).unwrap();
    assert_eq!(found.learned.1.good_lost, 0);
    assert!(found.learned.0.good_lost > 0 && found.gain.0 > found.gain.1, "{found:?}");
}
