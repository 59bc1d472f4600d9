//! How hits become decisions: actions, points, neighbours, headings, the guard.

use super::{DecidedBy, Verdict};
use crate::outcome::{Decision, Guard, Outcome};
use crate::pipeline::prints;
use crate::rules::{Action, RuleSet};
use crate::{Cleaner, Record, Survey};

const LONG: &str = "The mill at the mouth of the creek ground its last corn in the spring of 1957, and \
                    nobody has lived in it since that year.";

/// A rule that fires on a word.
fn rule(name: &str, scope: &str, effect: &str, word: &str) -> String {
    format!(
        "[rules.{name}]\nabout = 'X'\nscope = '{scope}'\n{effect}\nwhen = {{ phrases = ['{word}'] }}\n"
    )
}

fn block(name: &str, effect: &str, word: &str) -> String {
    rule(name, "block", effect, word)
}

fn cleaner(rules: &[String]) -> Cleaner {
    let head = "format = 1\nabout = 'T'\ncategory = 'boilerplate'\n";
    let set = RuleSet::from_text("t", &format!("{head}{}", rules.concat())).unwrap();
    Cleaner::new(set, Survey::none()).unwrap()
}

fn clean(rules: &[String], text: &str) -> Outcome {
    cleaner(rules).clean(Record::markdown("id", text).in_language("en")).unwrap()
}

fn verdict(outcome: &Outcome, number: usize) -> &Verdict {
    &outcome.on_blocks.blocks[number].verdict
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

#[test]
fn weights_add_up_to_a_removal() {
    let rules = [block("a", "weight = 0.6", "alpha"), block("b", "weight = 0.4", "beta")];
    let outcome = clean(&rules, &format!("{LONG}\n\nalpha beta\n\n{LONG} alpha"));
    assert_eq!(verdict(&outcome, 1).by, DecidedBy::Points);
    assert!(near(verdict(&outcome, 1).points.total, 1.0));
    assert_eq!(verdict(&outcome, 2).action, Action::Remove, "it leans, and its neighbour goes");
    let alone = clean(&rules, &format!("{LONG}\n\nalpha {LONG}"));
    assert_eq!(alone.decision, Decision::Kept);
}

#[test]
fn negative_weights_speak_for_a_target() {
    let rules = [block("a", "weight = 1.0", "alpha"), block("b", "weight = -0.3", "beta")];
    let outcome = clean(&rules, &format!("alpha beta {LONG}\n\n{LONG}"));
    assert!(near(verdict(&outcome, 0).points.total, 0.7));
    assert_eq!(outcome.decision, Decision::Kept);
}

#[test]
fn a_group_gives_no_more_than_its_cap() {
    let rules = [
        "[groups.g]\nmax-weight = 0.5\n".to_owned(),
        block("a", "weight = 0.6\ngroup = 'g'", "alpha"),
        block("b", "weight = 0.4\ngroup = 'g'", "beta"),
        block("c", "weight = 0.2", "gamma"),
    ];
    let outcome = clean(&rules, &format!("alpha beta gamma {LONG}\n\n{LONG}"));
    let points = &verdict(&outcome, 0).points;
    assert!(near(points.total, 0.7) && near(points.each[0], 0.3) && near(points.each[1], 0.2));
}

/// A group of what gives 0.6 (`alpha`) and takes 0.4 (`beta`) and 0.5 (`gamma`), and beside it
/// what gives 0.7 (`delta`) and takes 0.3 (`epsilon`).
fn points_with_a_group(words: &str) -> super::Points {
    let rules = [
        "[groups.g]\nmax-weight = 0.5\n".to_owned(),
        block("a", "weight = 0.6\ngroup = 'g'", "alpha"),
        block("b", "weight = -0.4\ngroup = 'g'", "beta"),
        block("c", "weight = -0.5\ngroup = 'g'", "gamma"),
        block("d", "weight = 0.7", "delta"),
        block("e", "weight = -0.3", "epsilon"),
    ];
    let outcome = clean(&rules, &format!("{words} {LONG}\n\n{LONG}"));
    let points = verdict(&outcome, 0).points.clone();
    assert!(near(points.each.iter().sum(), points.total), "{words}: {points:?}");
    points
}

#[test]
fn negative_points_of_a_group_lower_its_sum_before_the_cap() {
    let points = points_with_a_group("alpha beta delta");
    assert!(near(points.total, 0.9), "{points:?}");
    assert!(near(points.each[0], 0.6) && near(points.each[1], -0.4), "{points:?}");
}

#[test]
fn negative_points_of_a_group_do_not_lower_the_points_of_others() {
    let points = points_with_a_group("alpha beta gamma delta");
    assert!(near(points.total, 0.7), "{points:?}");
    // What was outweighed is forgotten.
    assert!(points.each.len() == 1 && near(points.each[0], 0.7), "{points:?}");
    assert!(near(points.scores[4], 0.7), "{points:?}");
}

#[test]
fn a_group_of_negative_points_alone_gives_nothing() {
    for words in ["beta", "beta gamma"] {
        let points = points_with_a_group(words);
        assert!(points.each.is_empty(), "{points:?}");
        assert_eq!(points.total.to_bits(), 0, "{words}: not even -0");
    }
    assert!(near(points_with_a_group("gamma delta").total, 0.7));
}

#[test]
fn negative_points_without_a_group_lower_the_total() {
    assert!(near(points_with_a_group("alpha beta delta epsilon").total, 0.6));
    assert!(near(points_with_a_group("alpha beta gamma epsilon").total, -0.3));
}

#[test]
fn a_composite_takes_the_points_of_what_it_replaces() {
    let composite = "[rules.c]\nabout = 'X'\nscope = 'block'\nweight = 0.5\nreplaces = ['a', 'b']\n\
                     when.all.a = { rule = 'a' }\nwhen.all.b = { rule = 'b' }\n";
    let rules = [
        block("a", "weight = 0.6", "alpha"),
        block("b", "weight = 0.6", "beta"),
        composite.to_owned(),
    ];
    let outcome = clean(&rules, &format!("alpha beta {LONG}\n\n{LONG}"));
    assert!(near(verdict(&outcome, 0).points.total, 0.5));
    assert_eq!(outcome.decision, Decision::Kept);
}

#[test]
fn stronger_actions_win() {
    let rules = [
        block("keep", "action = 'keep'", "alpha"),
        block("drop", "action = 'drop'", "beta"),
        block("remove", "action = 'remove'", "gamma"),
        block("points", "weight = 1.0", "delta"),
        block("cut", "action = 'cut'", "epsilon"),
        block("flag", "action = 'flag'", "zeta"),
    ];
    let action = |words: &str| {
        let outcome = clean(&rules, &format!("{words} {LONG}\n\n{LONG} {LONG}"));
        (verdict(&outcome, 0).action, outcome.decision, outcome.is_flagged())
    };
    let all = "alpha beta gamma delta epsilon zeta";
    assert_eq!(action(all), (Action::Keep, Decision::Kept, false));
    assert_eq!(action(&all[6..]).1, Decision::Dropped);
    assert_eq!(action("gamma epsilon zeta"), (Action::Remove, Decision::Cut, false));
    assert_eq!(action("delta epsilon zeta"), (Action::Remove, Decision::Cut, false));
    assert_eq!(action("epsilon zeta"), (Action::Cut, Decision::Cut, false));
    assert_eq!(action("zeta"), (Action::Flag, Decision::Kept, true));
    assert_eq!(action("nothing"), (Action::Keep, Decision::Kept, false));
}

#[test]
fn a_preview_rule_decides_and_cuts_nothing() {
    let rules = [
        block("a", "action = 'cut'", "alpha"),
        block("b", "action = 'cut'\nstatus = 'preview'", "beta"),
        block("c", "weight = 1.0\nstatus = 'preview'", "gamma"),
    ];
    let outcome = clean(&rules, &format!("One alpha two beta three gamma.\n\n{LONG}"));
    assert_eq!(outcome.text(), Some(&*format!("One two beta three gamma.\n\n{LONG}")));
    assert_eq!(verdict(&outcome, 0).hits.len(), 3, "it is reported all the same");
}

#[test]
fn a_kept_block_keeps_its_sentences() {
    let rules = [
        block("keep", "action = 'keep'", "alpha"),
        rule("out", "sentence", "action = 'remove'", "beta"),
    ];
    let text = format!("Here is beta. {LONG}\n\nHere are alpha and beta.");
    let outcome = clean(&rules, &text);
    assert_eq!(outcome.text(), Some(&*format!("{LONG}\n\nHere are alpha and beta.")));
}

#[test]
fn a_block_goes_when_all_its_sentences_go_each_for_its_reason() {
    let rules = [
        rule("a", "sentence", "action = 'remove'", "alpha"),
        rule("b", "sentence", "action = 'remove'", "beta"),
    ];
    let outcome = clean(&rules, &format!("{LONG}\n\nSee alpha. See beta.\n\n{LONG} {LONG}"));
    assert_eq!(verdict(&outcome, 1).by, DecidedBy::Sentences);
    let reasons: Vec<_> =
        outcome.removals().iter().map(|r| r.verdict(&outcome.on_blocks).leading()).collect();
    assert!(reasons.len() == 2 && reasons.iter().all(Option::is_some) && reasons[0] != reasons[1]);
    assert_eq!(outcome.text(), Some(&*format!("{LONG}\n\n{LONG} {LONG}")));
}

#[test]
fn short_blocks_go_between_removed_ones_and_at_the_end_but_sentences_stay() {
    let rules = [block("a", "action = 'remove'", "alpha")];
    let outcome = clean(&rules, &format!("{LONG}\n\nalpha\n\nshort\n\nalpha\n\nend"));
    assert_eq!(outcome.text(), Some(&*format!("{LONG}\n\n").trim_end().to_owned()));
    assert_eq!(verdict(&outcome, 2).by, DecidedBy::Context);
    assert_eq!(verdict(&outcome, 4).by, DecidedBy::Context);

    let outcome = clean(&rules, &format!("{LONG}\n\nalpha\n\nThe pond is a meadow now."));
    assert_eq!(outcome.text(), Some(&*format!("{LONG}\n\nThe pond is a meadow now.")));

    let outcome = clean(&rules, &format!("title\n\nalpha\n\n{LONG}"));
    assert_eq!(outcome.text(), Some(&*format!("title\n\n{LONG}")), "a page starts with its title");
}

#[test]
fn a_run_of_short_blocks_longer_than_the_reach_stays() {
    let rules = [block("a", "action = 'remove'", "alpha")];
    let lines = "a line of a poem\n\n".repeat(20);
    let outcome = clean(&rules, &format!("{LONG}\n\nalpha\n\n{lines}alpha\n\n{LONG}"));
    assert!(outcome.text().is_some_and(|text| text.contains(&lines)));
}

#[test]
fn a_heading_goes_with_all_that_it_heads_and_not_before() {
    let rules = [block("a", "action = 'remove'", "alpha")];
    let text = format!("# T\n\n{LONG}\n\n## H\n\nalpha {LONG}\n\n## I\n\n{LONG} {LONG}");
    let outcome = clean(&rules, &text);
    assert_eq!(outcome.text(), Some(&*format!("# T\n\n{LONG}\n\n## I\n\n{LONG} {LONG}")));
    assert_eq!(verdict(&outcome, 2).by, DecidedBy::Heading);
    let text = format!("# T\n\nalpha {LONG}\n\n## I\n\n{LONG}");
    let outcome = clean(&rules, &text);
    assert_eq!(outcome.text(), Some(&*format!("# T\n\n## I\n\n{LONG}")), "a section is left");
}

#[test]
fn the_guard_drops_or_leaves_what_would_go_nearly_whole() {
    let rule = block("a", "action = 'remove'", "alpha");
    let text = format!("alpha {LONG} {LONG} {LONG}\n\nShort, but a sentence it is.");
    for (guard, decision, tripped) in [
        ("drop", Decision::Dropped, Guard::Dropped),
        ("flag", Decision::Kept, Guard::Left),
        ("none", Decision::Cut, Guard::Quiet),
    ] {
        let decide = format!("[decide]\nguard-action = '{guard}'\nguard-share = 0.8\n");
        let outcome = clean(&[decide, rule.clone()], &text);
        assert_eq!((outcome.decision, outcome.guard), (decision, tripped), "{guard}");
        assert_eq!(outcome.is_flagged(), guard == "flag");
        assert_eq!(outcome.removals().len(), usize::from(guard == "none"));
        assert!(outcome.scores()[4] > 0.8, "{guard}: boilerplate");
    }
}

#[test]
fn the_guard_spares_a_document_of_which_enough_is_left() {
    let rule = block("a", "action = 'remove'", "alpha");
    // 23 characters are left, white space aside.
    let text = format!("alpha {LONG} {LONG} {LONG}\n\nShort, but a sentence it is.");
    for (spares, decision) in [(23, Decision::Cut), (24, Decision::Dropped)] {
        let decide = format!("[decide]\nguard-share = 0.8\nguard-spares = {spares}\n");
        assert_eq!(clean(&[decide, rule.clone()], &text).decision, decision, "{spares}");
    }
}

#[test]
fn fast_and_slow_decide_alike() {
    let rules = [
        block("drop", "action = 'drop'", "alpha"),
        rule("out", "sentence", "action = 'drop'", "beta"),
        block("off", "action = 'remove'", "gamma"),
    ];
    for words in ["alpha", "beta.", "gamma", "nothing"] {
        let text = format!("{LONG}\n\nSee {words}\n\n{LONG} {LONG}\n\ngamma {LONG}");
        let slow = clean(&rules, &text);
        let record = Record::markdown("id", text.as_str()).in_language("en");
        let fast = cleaner(&rules).fast().clean(record).unwrap();
        assert_eq!((slow.decision, slow.text()), (fast.decision, fast.text()), "{words}");
    }
}

/// A cleaner by these rules whose survey knows these texts from earlier documents.
fn surveyed(rules: &[String], earlier: &[&str]) -> Cleaner {
    let head = "format = 1\nabout = 'T'\ncategory = 'boilerplate'\n";
    let set = RuleSet::from_text("t", &format!("{head}{}", rules.concat())).unwrap();
    let settings = set.survey_settings();
    let records = earlier.iter().map(|text| Record::markdown("earlier", *text));
    let pages = records.map(|record| prints(record, &settings).unwrap());
    let survey = Survey::over(settings.clone(), pages).unwrap();
    Cleaner::new(set, survey).unwrap()
}

#[test]
fn a_copy_takes_no_heading_and_no_neighbour_with_it() {
    let copied = "[rules.copied]\nabout = 'X'\nscope = 'block'\naction = 'remove'\n\
                  when.all.elsewhere = { signal = 'block_is_first', below = 1 }\n\
                  when.all.long = { signal = 'char_count', at-least = 80 }\n"
        .to_owned();
    let rules = [
        copied,
        block("lean", "weight = 0.6", "alpha"),
        block("junk", "action = 'remove'", "creek"),
    ];
    let text = format!(
        "{LONG}\n\nThe page's own words come first, and nobody else has them, nor alpha.\n\n\
         ## Its own heading\n\n{LONG}"
    );
    let clean = |rules: &[String], earlier: &[&str]| {
        let cleaner = surveyed(rules, earlier);
        let outcome = cleaner.clean(Record::markdown("id", text.as_str())).unwrap();
        let gone = outcome.on_blocks.blocks.iter().map(|block| block.verdict.removes());
        gone.collect::<Vec<_>>()
    };
    assert_eq!(clean(&rules[..2], &[LONG]), [true, false, false, true]);
    assert_eq!(clean(&rules[..2], &["other"]), [false; 4]);
    // What goes for another reason too goes as ever.
    assert_eq!(clean(&rules, &[LONG]), [true; 4]);
}
