//! What rules come to on targets.

use super::super::Strengths;
use super::{evaluate, evaluate_as, fired, page, rule, set};
use crate::document::{Block, BlockKind, Scope, Span};
use crate::signals::PageView;
use crate::survey::Survey;

#[test]
fn a_hit_tells_what_each_leaf_saw() {
    let set = set("[rules.x]\nabout='X'\nscope='block'\nweight=1\n\
         when.all.long = { signal = 'char_count', at-least = 5 }\n\
         when.all.said = { phrases = ['read more'] }\n\
         when.any.seen = { pattern = 'mo' }\nwhen.any.other = { pattern = 'xyz' }\n\
         when.none.huge = { signal = 'word_count', above = 100 }\n");
    let done = evaluate(&set, "Read more, read more: more");
    assert_eq!(done.hits.len(), 1);
    let hit = &done.hits[0];
    assert_eq!(hit.strength, 1.0);
    assert!(hit.matches.is_empty());
    let seen: Vec<(&str, &str, Option<f64>, &str)> =
        hit.evidence.iter().map(|e| (&*e.condition, &*e.asked, e.value, &*e.bound)).collect();
    assert_eq!(
        seen,
        [
            ("long", "char_count", Some(26.0), "at least 5"),
            ("said", "phrases", Some(2.0), "at least 1"),
            ("seen", "pattern", Some(3.0), "at least 1"),
            ("other", "pattern", Some(0.0), "at least 1"),
            ("huge", "word_count", Some(5.0), "above 100"),
        ]
    );
}

#[test]
fn at_least_counts_occurrences() {
    let set = set(&format!(
        "{}{}",
        rule("phrases", "weight=1\nwhen={phrases=['ab', 'ab cd'], at-least=2}"),
        rule("pattern", "weight=1\nwhen={pattern='ab[^,]*,', at-least=3}"),
    ));
    assert!(evaluate(&set, "ab cd, abc").hits.is_empty());
    assert_eq!(fired(&set, &evaluate(&set, "ab cd, ab")), ["phrases"]);
    assert_eq!(fired(&set, &evaluate(&set, "ab, abx, aby,")), ["pattern"]);
}

#[test]
fn an_undefined_signal_fires_nothing_and_is_counted() {
    let set = set(&format!(
        "{}{}{}",
        rule("below", "weight=1\nwhen={signal='stop_word_ratio', below=0.5}"),
        rule("none", "weight=1\nwhen.none.a={signal='stop_word_ratio', above=0.5}"),
        rule(
            "settled",
            "weight=1\nwhen.all.a={signal='stop_word_ratio', below=0.5}\nwhen.all.b={pattern='xyz'}"
        ),
    ));
    let none = Strengths::default();
    let done = evaluate_as(&set, Scope::Block, BlockKind::Paragraph, "some text", None, &none);
    assert!(done.hits.is_empty());
    let names: Vec<&str> = done.undefined.iter().map(|id| set.rule(*id).name.as_str()).collect();
    assert_eq!(names, ["t/below", "t/none"]);
}

#[test]
fn rules_of_other_languages_are_skipped() {
    let set = set(&format!(
        "{}{}{}",
        rule("english", "language=['en']\nweight=1\nwhen={pattern='abc'}"),
        rule("any", "weight=1\nwhen={pattern='abc'}"),
        rule("composite", "weight=1\nwhen.all.a={pattern='abc'}\nwhen.none.b={rule='english'}"),
    ));
    let none = Strengths::default();
    for (language, hits, skipped, undefined) in
        [(Some("en"), 2, 0, 0), (Some("de"), 1, 1, 1), (None, 1, 1, 1)]
    {
        let done = evaluate_as(&set, Scope::Block, BlockKind::Paragraph, "abc", language, &none);
        assert_eq!(
            (done.hits.len(), done.skipped.len(), done.undefined.len()),
            (hits, skipped, undefined),
            "{language:?}"
        );
    }
}

#[test]
fn on_bounds_the_kinds_of_blocks_and_of_sentences_in_them() {
    let set = set(
        "[rules.b]\nabout='X'\nscope='block'\non=['list', 'other']\nweight=1\nwhen={pattern='abc'}\n\
         [rules.s]\nabout='X'\nscope='sentence'\non=['list']\nweight=1\nwhen={pattern='abc'}\n",
    );
    let none = Strengths::default();
    for kind in BlockKind::ALL {
        let listed = matches!(kind, BlockKind::List | BlockKind::Other);
        let done = evaluate_as(&set, Scope::Block, kind, "abc", None, &none);
        assert_eq!(done.hits.len(), usize::from(listed), "{kind:?}");
        let done = evaluate_as(&set, Scope::Sentence, kind, "abc", None, &none);
        assert_eq!(done.hits.len(), usize::from(kind == BlockKind::List), "{kind:?}");
    }
}

#[test]
fn composites_see_parts_of_their_scope_wherever_those_stand() {
    let set = set(&format!(
        "{}{}{}",
        rule("whole", "weight=1\nwhen.all.a={rule='part-a'}\nwhen.none.b={rule='part-b'}"),
        rule("part-a", "action='part'\nwhen={pattern='stock'}"),
        rule("part-b", "action='part'\nwhen={pattern='fact'}"),
    ));
    assert_eq!(fired(&set, &evaluate(&set, "stock")), ["whole", "part-a"]);
    assert_eq!(fired(&set, &evaluate(&set, "stock fact")), ["part-a", "part-b"]);
}

#[test]
fn a_part_that_is_not_for_this_kind_of_block_does_not_hold() {
    let set = set(&format!(
        "{}{}",
        rule("listed", "on=['list']\naction='part'\nwhen={pattern='abc'}"),
        rule("whole", "weight=1\nwhen.all.a={pattern='abc'}\nwhen.none.b={rule='listed'}"),
    ));
    assert_eq!(fired(&set, &evaluate(&set, "abc")), ["whole"]);
}

#[test]
fn strengths_pass_through_composites_and_scopes() {
    let set = set(
        "[rules.slope]\nabout='X'\nscope='sentence'\naction='part'\nwhen={signal='char_count', ramp=[0, 10]}\n\
         [rules.of-block]\nabout='X'\nscope='block'\nweight=1\nwhen={rule='slope'}\n\
         [rules.of-document]\nabout='X'\nscope='document'\nweight=1\nwhen.all.a={rule='of-block'}\nwhen.none.b={rule='slope'}\n",
    );
    let none = Strengths::default();
    let kind = BlockKind::Paragraph;
    let mut strengths = Strengths::default();
    strengths.add(&evaluate_as(&set, Scope::Sentence, kind, "abc", None, &none).hits);
    strengths.add(&evaluate_as(&set, Scope::Sentence, kind, "ab", None, &none).hits);
    let done = evaluate_as(&set, Scope::Block, kind, "ignored", None, &strengths);
    assert!((done.hits[0].strength - 0.3).abs() < 1e-9);
    strengths.add(&done.hits);
    let done = evaluate_as(&set, Scope::Document, kind, "ignored", None, &strengths);
    assert!((done.hits[0].strength - 0.3).abs() < 1e-9);
    assert!(evaluate_as(&set, Scope::Block, kind, "abc", None, &none).hits.is_empty());
}

#[test]
fn cut_rules_tell_what_they_matched_in_places_of_the_page() {
    let set = set("[rules.marks]\nabout='X'\nscope='block'\naction='cut'\n\
         when.any.number={ pattern = '\\[[0-9]+\\]' }\nwhen.any.words={ phrases = ['citation needed', 'needed'] }\n\
         when.any.joined={ pattern = 'needed\\]' }\nwhen.none.code={ pattern = 'fn main' }\n");
    let text = "Ñandú. It is so.[12] And so [Citation\u{a0}needed] it is.[3]";
    let mut page = page(BlockKind::Paragraph, text, None);
    let start = text.find("It").unwrap();
    page.blocks = vec![Block::new(BlockKind::Paragraph, Span::new(start, text.len()))];
    let survey = Survey::none();
    let view = PageView::new(&page.text, &page.blocks, &page.info, &survey);
    let done = set.evaluate(Scope::Block, &view.block(0), &Strengths::default());
    let cut: Vec<&str> = done.hits[0].matches.iter().map(|span| span.of(text)).collect();
    assert_eq!(cut, ["[12]", "Citation\u{a0}needed]", "[3]"]);
    assert!(evaluate(&set, "[1] fn main").hits.is_empty());
    assert!(evaluate(&set, "nothing").hits.is_empty());
}

#[test]
fn values_near_a_bound_are_told_with_their_side() {
    let set = set(&format!(
        "{}{}{}",
        rule("long", "weight=1\nwhen={signal='char_count', at-least=10}"),
        rule(
            "both",
            "weight=1\nwhen.all.a={signal='char_count', at-least=10}\nwhen.all.b={pattern='abc'}"
        ),
        rule("small", "weight=1\nwhen.none.a={signal='char_count', at-least=10}"),
    ));
    let near = |text: &str| -> Vec<(String, f64)> {
        let done = evaluate(&set, text);
        done.near.iter().map(|near| (set.rule(near.rule).name.clone(), near.margin)).collect()
    };
    assert_eq!(near("xxxxxxxxx"), [("t/long".into(), -0.1), ("t/small".into(), 0.1)]);
    assert_eq!(
        near("abcxxxxxxxx"),
        [("t/long".into(), 0.1), ("t/both".into(), 0.1), ("t/small".into(), -0.1)]
    );
    assert!(near("xxxxx").is_empty());
    assert!(near("xxxxxxxxxxxxxxxxxxxxxx").is_empty());
    let on_bound = near("xxxxxxxxxx");
    assert_eq!(on_bound[0], ("t/long".into(), 0.0));
    assert!(on_bound[1].1 < 0.0);
    let done = evaluate(&set, "abcxxxxxxxx");
    let asked = |n: usize| set.rule(done.near[n].rule).bound_of(done.near[n].leaf).unwrap();
    assert_eq!([asked(1), asked(2)], ["char_count at least 10", "char_count at least 10"]);
    assert_eq!(set.rule(done.near[0].rule).bound_of(1), None);
}

#[test]
fn scopes_have_their_own_rules() {
    let text = |scope: &str| {
        format!(
            "[rules.{scope}]\nabout='X'\nscope='{scope}'\naction='flag'\nwhen={{pattern='abc'}}\n"
        )
    };
    let area = text("area").replace("'flag'", "'remove'");
    let set =
        set(&(["source", "page", "sentence", "block", "document"].map(text).concat() + &area));
    for scope in Scope::ALL {
        let none = Strengths::default();
        let done = evaluate_as(&set, scope, BlockKind::Paragraph, "abc", None, &none);
        assert_eq!(fired(&set, &done), [scope.name()]);
    }
}

#[test]
fn empty_text_is_evaluated() {
    let set = set(&rule("x", "weight=1\nwhen={signal='char_count', below=1}"));
    assert_eq!(fired(&set, &evaluate(&set, "")), ["x"]);
}
