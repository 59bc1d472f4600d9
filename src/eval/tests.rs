use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::document::{Body, Format, Location, Span};
use crate::rules::RuleId;
use crate::source::{Compression, Container, End, Event, Item, Source};
use crate::{Cleaner, Survey};

fn source(name: &str) -> Arc<Source> {
    let name = Arc::from(name);
    let (container, compression) = (Container::Jsonl, Compression::None);
    Arc::new(Source { name, origin: crate::source::Origin::Stdin, container, compression })
}

/// The labels of a file of these lines.
fn read(lines: &str) -> Result<Vec<Labelled>, LabelErrors> {
    let source = source("mine.jsonl");
    let items = lines.lines().enumerate().map(|(n, line)| {
        let raw = line.as_bytes().to_vec();
        Event::Item(Item {
            source: source.clone(),
            ordinal: n as u64,
            raw,
            refused: None,
            columns: None,
            row: None,
        })
    });
    read_labels(items)
}

fn mistakes(lines: &str) -> String {
    read(lines).unwrap_err().to_string()
}

/// A part by its first occurrence in the text: `(piece, category, action, group)`.
type Piece<'a> = (&'a str, &'a str, LabelAction, &'a str);

fn label(text: &str, doc_label: DocLabel, pieces: &[Piece<'_>]) -> Label {
    let mut from = 0;
    let spans = pieces.iter().map(|(piece, category, action, group)| {
        let start = from + text[from..].find(piece).expect("the piece is there");
        from = start + piece.len();
        LabelSpan {
            span: Span::new(start, from),
            category: (*category).to_owned(),
            action: *action,
            group: (!group.is_empty()).then(|| (*group).to_owned()),
        }
    });
    Label {
        id: "a".to_owned(),
        location: Location { source: Arc::from("mine.jsonl"), ordinal: 0 },
        doc_label,
        spans: spans.collect(),
        kind: None,
        lang: None,
        origin: None,
        is_copy: false,
    }
}

use LabelAction::{Flag, Keep, Remove};

const RULE: Decider = Decider::Rule(RuleId(0));

fn cut(start: usize, end: usize) -> Cut {
    Cut { span: Span::new(start, end), by: RULE }
}

fn cuts(cuts: &[Cut]) -> Fate {
    Fate { cuts: cuts.to_vec(), dropped: None }
}

fn dropped(text: &str) -> Fate {
    Fate { cuts: vec![cut(0, text.len())], dropped: Some(RULE) }
}

fn figures(scored: &[Scored]) -> Figures {
    let mut scored = scored.to_vec();
    settle(&mut scored);
    Figures::of(&scored)
}

fn rules() -> RuleSet {
    RuleSet::from_text(
        "t",
        "format = 1\nabout = 'T'\n\
         [rules.call]\nabout='X'\nscope='block'\ncategory='boilerplate'\naction='remove'\n\
         when={phrases=['subscribe']}\n\
         [rules.off]\nabout='X'\nscope='document'\ncategory='spam'\naction='drop'\n\
         when={phrases=['casino']}\n",
    )
    .unwrap()
}

#[test]
fn white_space_is_not_counted() {
    let text = "Good  mill.\n\nBuy\tit";
    let label = label(
        text,
        DocLabel::Clean,
        &[("Good  mill.", "content", Keep, ""), ("Buy\tit", "cta", Remove, "")],
    );
    let scored = score(label, text, &cuts(&[cut(4, text.len())]));
    assert_eq!((scored.parts[0].counted.characters, scored.parts[0].counted.removed()), (9, 5));
    assert_eq!((scored.parts[1].counted.characters, scored.parts[1].counted.removed()), (5, 5));
    assert_eq!(scored.unlabelled, Counted::default());
}

#[test]
fn offsets_are_characters_and_not_bytes() {
    let line = r#"{"id":"a","text":"Öl über 東京 ja","doc_label":"clean","spans":[{"start":8,"end":10,"category":"nav","action":"remove"},{"start":0,"end":7,"category":"content","action":"keep"}]}"#;
    let labelled = read(line).unwrap();
    let Body::Text(text) = &labelled[0].record.body else { panic!("a text") };
    let spans: Vec<&str> = labelled[0].label.spans.iter().map(|part| part.span.of(text)).collect();
    assert_eq!(spans, ["Öl über", "東京"]);
    let at = text.find('東').unwrap();
    let scored = score(labelled[0].label.clone(), text, &cuts(&[cut(at, at + "東".len())]));
    assert_eq!((scored.parts[1].counted.characters, scored.parts[1].counted.removed()), (2, 1));
}

#[test]
fn cuts_that_overlap_take_a_character_once() {
    let text = "abcdefghij";
    let label = label(text, DocLabel::Keep, &[(text, "content", Keep, "")]);
    let second = Cut { span: Span::new(2, 6), by: Decider::Context };
    let scored = score(label, text, &cuts(&[second, cut(0, 4), cut(1, 3)]));
    let counted = &scored.parts[0].counted;
    assert_eq!(counted.removed(), 6);
    assert_eq!(counted.by, BTreeMap::from([(RULE, 4), (Decider::Context, 2)]));
    // The piece inside another took nothing.
    assert_eq!(scored.pieces, BTreeMap::from([(RULE, 1), (Decider::Context, 1)]));
}

#[test]
fn neutral_text_counts_neither_way() {
    let text = "mill May buy";
    let pieces =
        [("mill", "content", Keep, ""), ("May", "metadata", Flag, ""), ("buy", "cta", Remove, "")];
    let label = label(text, DocLabel::Clean, &pieces);
    let with = figures(&[score(label.clone(), text, &cuts(&[cut(5, 12)]))]).characters;
    let without = figures(&[score(label, text, &cuts(&[cut(9, 12)]))]).characters;
    assert_eq!((with.neutral, with.neutral_removed, without.neutral_removed), (3, 3, 0));
    for figures in [&with, &without] {
        assert_eq!((figures.precision, figures.recall), (Some(1.0), Some(1.0)));
        assert_eq!(figures.content_lost, Some(0.0));
    }
}

#[test]
fn text_without_a_label_is_told_apart() {
    let text = "mill xyz";
    let label = label(text, DocLabel::Keep, &[("mill", "content", Keep, "")]);
    let figures = figures(&[score(label, text, &cuts(&[cut(5, 7)]))]).characters;
    assert_eq!((figures.unlabelled, figures.unlabelled_removed), (3, 2));
    assert_eq!((figures.precision, figures.content_lost), (None, Some(0.0)));
}

const TWICE: &str = "one two three. one two three.";

fn copies() -> Label {
    let pieces = [
        ("one two three.", "content", Keep, "g"),
        ("one two three.", "repeated_exact", Remove, "g"),
    ];
    label(TWICE, DocLabel::Clean, &pieces)
}

#[test]
fn of_copies_either_may_go_and_one_has_to_stay() {
    for gone in [cut(0, 15), cut(14, TWICE.len())] {
        let figures = figures(&[score(copies(), TWICE, &cuts(&[gone]))]).characters;
        assert_eq!((figures.removable, figures.removable_removed), (12, 12));
        assert_eq!((figures.good, figures.good_removed), (12, 0));
    }
    let figures = figures(&[score(copies(), TWICE, &cuts(&[cut(0, 14), cut(15, 29)]))]).characters;
    assert_eq!((figures.removable_removed, figures.good_removed), (12, 12));
}

#[test]
fn the_copy_that_lost_least_is_the_one_that_stays() {
    // Three characters of the first, six of the second.
    let figures = figures(&[score(copies(), TWICE, &cuts(&[cut(0, 3), cut(15, 22)]))]).characters;
    assert_eq!((figures.good_removed, figures.removable_removed), (3, 6));
}

#[test]
fn of_equal_copies_the_first_stays() {
    let mut scored = [score(copies(), TWICE, &Fate::default())];
    settle(&mut scored);
    let actions = scored[0].parts.iter().map(|part| part.label.action);
    assert_eq!(actions.collect::<Vec<_>>(), [Keep, Remove]);
    assert_eq!(scored[0].parts[1].label.category, "repeated_exact");
}

#[test]
fn of_copies_that_are_all_junk_one_is_neutral() {
    let pieces =
        [("one two three.", "cta", Remove, "g"), ("one two three.", "repeated_near", Remove, "g")];
    let label = label(TWICE, DocLabel::Clean, &pieces);
    let mut scored = [score(label, TWICE, &cuts(&[cut(0, 14)]))];
    settle(&mut scored);
    let parts: Vec<_> =
        scored[0].parts.iter().map(|p| (p.label.action, p.label.category.as_str())).collect();
    assert_eq!(parts, [(Remove, "repeated_near"), (Flag, "repeated_near")]);
}

#[test]
fn a_group_of_one_is_no_group() {
    let label = label("buy", DocLabel::Clean, &[("buy", "cta", Remove, "g")]);
    let figures = figures(&[score(label, "buy", &Fate::default())]).characters;
    assert_eq!((figures.removable, figures.recall), (3, Some(0.0)));
}

#[test]
fn a_group_named_x_spans_documents_and_others_do_not() {
    let text = "same words";
    let member = |id: &str, group: &str| {
        let mut label = label(text, DocLabel::Keep, &[(text, "content", Keep, group)]);
        label.id = id.to_owned();
        label.is_copy = true;
        label
    };
    let pair = |group: &str| {
        let kept = score(member("a", group), text, &Fate::default());
        figures(&[kept, score(member("b", group), text, &dropped(text))])
    };
    let across = pair("x:1");
    assert_eq!((across.characters.recall, across.characters.content_lost), (Some(1.0), Some(0.0)));
    let within = pair("1");
    assert_eq!((within.characters.recall, within.characters.content_lost), (None, Some(0.5)));
    // Which of the copies is dropped is not judged.
    assert_eq!((across.drops.copies, across.drops.false_positives, across.drops.good), (2, 0, 0));
}

#[test]
fn a_document_of_which_98_percent_went_is_dropped() {
    let text = "m".repeat(100);
    let scored = |length: usize| {
        let label = label(&text, DocLabel::Keep, &[(text.as_str(), "content", Keep, "")]);
        score(label, &text, &cuts(&[cut(0, length)]))
    };
    assert_eq!(scored(97).dropped, None);
    assert_eq!(scored(98).dropped, Some(Decider::Emptied));
    // Only what really went is lost.
    assert_eq!(figures(&[scored(98)]).characters.good_removed, 98);
    assert_eq!(figures(&[scored(98)]).drops.good_dropped, 1);
}

#[test]
fn a_wrong_drop_loses_all_good_text_and_is_laid_to_its_rule() {
    let text = "mill buy";
    let label =
        label(text, DocLabel::Clean, &[("mill", "content", Keep, ""), ("buy", "cta", Remove, "")]);
    let evaluation = Evaluation::of(vec![score(label, text, &dropped(text))], &rules());
    assert_eq!(evaluation.total.characters.content_lost, Some(1.0));
    assert_eq!(evaluation.total.drops.repairable_dropped, 1);
    let rule = &evaluation.rules[0];
    assert_eq!((rule.rule.as_str(), rule.good, rule.removable, rule.pieces), ("t/call", 4, 3, 0));
    assert_eq!((rule.dropped_rightly, rule.dropped_wrongly), (0, 1));
}

#[test]
fn a_document_to_drop_counts_no_characters() {
    let text = "casino casino";
    let junk = || label(text, DocLabel::Drop, &[(text, "spam_text", Remove, "")]);
    let right = figures(&[score(junk(), text, &dropped(text))]);
    let missed = figures(&[score(junk(), text, &cuts(&[cut(0, 6)]))]);
    assert_eq!(right.characters, CharacterFigures::default());
    assert_eq!((right.drops.true_positives, right.drops.recall), (1, Some(1.0)));
    assert_eq!((missed.drops.false_negatives, missed.drops.precision), (1, None));
}

#[test]
fn an_empty_document_has_no_figures() {
    let empty = figures(&[score(label("", DocLabel::Keep, &[]), "", &Fate::default())]);
    assert_eq!((empty.documents, empty.drops.good_dropped), (1, 0));
    assert_eq!((empty.characters.precision, empty.characters.content_lost_mean), (None, None));
    assert_eq!(Evaluation::of(Vec::new(), &rules()).total, Figures::default());
}

#[test]
fn a_document_that_loses_five_percent_is_not_badly_hurt() {
    let text = "m".repeat(20);
    let hurt = |length: usize| {
        let label = label(&text, DocLabel::Keep, &[(text.as_str(), "content", Keep, "")]);
        figures(&[score(label, &text, &cuts(&[cut(0, length)]))]).characters.documents_badly_hurt
    };
    assert_eq!((hurt(1), hurt(2)), (0, 1));
}

#[test]
fn cleaned_documents_are_laid_to_their_rules_and_the_worst_come_first() {
    let good = "The mill stands idle at low tide, and nobody has lived there since the spring.";
    let lines = format!(
        "{{\"id\":\"a\",\"text\":\"{good}\\n\\nSubscribe now\",\"doc_label\":\"clean\",\"kind\":\"k\",\
         \"spans\":[{{\"start\":0,\"end\":78,\"category\":\"content\",\"action\":\"keep\"}},\
         {{\"start\":80,\"end\":93,\"category\":\"cta\",\"action\":\"remove\"}}]}}\n\
         {{\"id\":\"b\",\"text\":\"{good}\\n\\nThey subscribe to it.\",\"doc_label\":\"keep\",\
         \"spans\":[{{\"start\":0,\"end\":101,\"category\":\"content\",\"action\":\"keep\"}}]}}\n\
         {{\"id\":\"c\",\"text\":\"casino\",\"doc_label\":\"drop\",\"spans\":[]}}"
    );
    let cleaner = Cleaner::new(rules(), Survey::none()).unwrap();
    let scored = read(&lines).unwrap().into_iter().map(|Labelled { record, label }| {
        let outcome = cleaner.clean(record).unwrap();
        score(label, &outcome.page.text, &Fate::of(&outcome))
    });
    let evaluation = Evaluation::of(scored.collect(), cleaner.rules());
    let rule = &evaluation.rules[0];
    assert_eq!((rule.rule.as_str(), rule.pieces, rule.removable, rule.good), ("t/call", 2, 12, 18));
    assert_eq!(rule.precision, Some(0.4));
    assert_eq!(evaluation.rules[1].dropped_rightly, 1);
    let worst = evaluation.worst();
    assert_eq!((worst.len(), worst[0].id.as_str(), worst[0].line), (1, "b", 2));
    assert_eq!(worst[0].first_lost.as_deref(), Some("They subscribe to it."));
    assert_eq!(worst[0].first_lost_by.as_deref(), Some("t/call"));
    assert_eq!(evaluation.by["kind"]["k"].documents, 1);
    assert_eq!(evaluation.by["kind"]["(none)"].documents, 2);
    let shown = table(&evaluation, TableOptions { by: Some(Trait::Kind), worst: 3 });
    for piece in ["3 labelled documents", "precision 40.0 %", "t/call", "by kind", "They subscribe"]
    {
        assert!(shown.contains(piece), "{piece} is not in\n{shown}");
    }
    assert!(shown.lines().all(|line| line == line.trim_end()), "spaces at a line's end\n{shown}");
}

#[test]
fn what_a_rule_fired_on_is_counted_whoever_decided() {
    let rules = RuleSet::from_text(
        "t",
        "format = 1\nabout = 'T'\ncategory = 'spam'\n\
         [rules.half]\nabout='X'\nscope='block'\nweight=0.5\nwhen={phrases=['buy']}\n\
         [rules.whole]\nabout='X'\nscope='block'\naction='remove'\nwhen={phrases=['now']}\n\
         [rules.trial]\nabout='X'\nscope='sentence'\naction='remove'\nstatus='preview'\n\
         when={phrases=['mill']}\n\
         [rules.page]\nabout='X'\nscope='document'\naction='flag'\nwhen={phrases=['mill']}\n",
    );
    let cleaner = Cleaner::new(rules.unwrap(), Survey::none()).unwrap();
    let text = "They buy flour there, and so did we.\n\nThe mill stands idle.\n\nbuy now";
    let pieces = [
        ("They buy flour there, and so did we.", "content", Keep, ""),
        ("The mill stands idle.", "content", Keep, ""),
        ("buy now", "cta", Remove, ""),
    ];
    let label = label(text, DocLabel::Clean, &pieces);
    let outcome = cleaner.clean(crate::Record::text("a", text).in_language("en")).unwrap();
    let mut scored = score(label, text, &Fate::of(&outcome));
    assert_eq!(Evaluation::of(vec![scored.clone()], cleaner.rules()).hits, None);
    count_hits(&mut scored, text, &fired(&outcome, cleaner.rules()));
    let evaluation = Evaluation::of(vec![scored], cleaner.rules());
    let rows = evaluation.hits.as_deref().unwrap();
    let row = |name: &str| rows.iter().find(|row| row.rule == name).unwrap();
    let half = row("t/half");
    assert_eq!((half.hits, half.good, half.removable), (2, 29, 6));
    assert_eq!((half.alone_good, half.alone_removable, half.alone_precision), (0, 0, None));
    assert_eq!((row("t/whole").removable, row("t/whole").alone_precision), (6, Some(1.0)));
    // A preview rule decides nothing, and here it is seen what it would.
    assert_eq!((row("t/trial").good, row("t/trial").alone_good), (18, 18));
    assert_eq!(evaluation.total.characters.good_removed, 0);
    let page = row("t/page");
    assert_eq!((page.documents_drop, page.documents_other, page.alone_good), (0, 1, 0));
    let shown = table(&evaluation, TableOptions::default());
    assert!(shown.contains("enough alone on") && shown.contains("0 / 1"), "{shown}");
    assert!(shown.lines().all(|line| line == line.trim_end()), "spaces at a line's end\n{shown}");
}

#[test]
fn a_mistake_names_its_place_and_what_to_do() {
    let part = |fields: &str| {
        mistakes(&format!(
            "\n{{\"id\":\"p\",\"text\":\"über\",\"doc_label\":\"keep\",\"spans\":[{{{fields}}}]}}"
        ))
    };
    let shown = part(r#""start":0,"end":5,"category":"content","action":"keep""#);
    assert_eq!(
        shown,
        "mine.jsonl, line 2, id \"p\": span 1 (content, 0 to 5) ends behind the text, which has 4 \
         characters: offsets count characters (Unicode code points) from 0, not bytes"
    );
    let shown = part(r#""start":2,"end":2,"category":"content","action":"keep""#);
    assert!(shown.contains("span 1 (content, 2 to 2) is empty or reversed"), "{shown}");
    let shown = part(r#""start":0,"end":2,"category":"content","action":"delete""#);
    assert!(shown.contains("action \"delete\" of span 1"), "{shown}");
    let shown = part(r#""start":-1,"end":2,"category":"content","action":"keep""#);
    assert!(shown.contains("invalid value: integer `-1`"), "{shown}");
    let shown = part(r#""start":0,"end":2,"action":"keep""#);
    assert!(shown.contains("missing field `category`"), "{shown}");
    let shown = part(
        r#""start":0,"end":3,"category":"content","action":"keep"},{"start":2,"end":4,"category":"nav","action":"remove""#,
    );
    assert!(shown.contains("span 1 (content, 0 to 3) and span 2 (nav, 2 to 4) overlap"), "{shown}");
}

#[test]
fn every_mistake_of_every_line_is_told_at_once() {
    let shown = mistakes(
        "not json\n{\"id\":\"a\",\"doc_label\":\"keep\",\"spans\":[]}\n\
         {\"id\":\"a\",\"text\":\"x\",\"doc_label\":\"kept\"}\n\
         {\"text\":\"x\",\"doc_label\":\"keep\",\"spans\":[]}\n\
         {\"id\":\"h\",\"text\":\"x\",\"doc_label\":\"keep\",\"spans\":[],\"format\":\"html\"}\n\
         {\"id\":\"h\",\"text\":\"x\",\"doc_label\":\"keep\",\"spans\":[]}",
    );
    let lines: Vec<&str> = shown.lines().collect();
    let wanted = [
        "line 1: broken JSON",
        "line 2: no field `text`",
        "line 3, id \"a\": doc_label \"kept\" is unknown: write keep, clean or drop",
        "line 3, id \"a\": no field `spans`: write \"spans\": []",
        "line 4: no field `id`",
        "line 5, id \"h\": format \"html\" cannot be labelled",
        "line 6, id \"h\": the id stands already in mine.jsonl, line 5",
    ];
    assert_eq!(lines.len(), wanted.len(), "{shown}");
    for (line, piece) in lines.iter().zip(wanted) {
        assert!(line.contains(piece), "{piece} is not in {line}");
    }
}

#[test]
fn files_without_labels_or_broken_off_are_mistakes() {
    assert!(mistakes("").contains("no labelled document"));
    let error = Some("truncated gzip data".to_owned());
    let end = End {
        source: source("a.gz"),
        bytes: 0,
        items: 7,
        final_newline: false,
        error,
        table: None,
    };
    let shown = read_labels([Event::End(end)]).unwrap_err().to_string();
    assert!(shown.contains("a.gz, line 8: reading broke off: truncated gzip data"), "{shown}");
}

#[test]
fn a_label_line_is_the_record_that_a_run_would_read() {
    let line = r#"{"id":7,"text":"x","url":"https://example.org/","lang":"de-AT","doc_label":"keep","spans":[],"format":"markdown","meta":{"rel":"copy-set x3"},"other":[1],"kind":4}"#;
    let Labelled { record, label } = read(line).unwrap().remove(0);
    assert_eq!((record.id.as_str(), record.format), ("7", Format::Markdown));
    assert_eq!(record.url.as_deref(), Some("https://example.org/"));
    assert_eq!(record.language.as_deref(), Some("de"));
    assert_eq!((label.lang.as_deref(), label.kind.as_deref()), (Some("de-AT"), Some("4")));
    assert!(label.is_copy);
}

#[test]
fn gates_are_read_and_held() {
    let gate = |text: &str| text.parse::<Gate>();
    assert_eq!(gate("recall"), Err(GateError::NoBound));
    assert!(gate("recal=0.5").unwrap_err().to_string().contains("there are precision, recall"));
    for bad in ["recall=", "recall=75%", "recall=-1", "recall=NaN"] {
        assert!(matches!(gate(bad), Err(GateError::Bound(_))), "{bad}");
    }
    let text = "buy! mill";
    let label =
        label(text, DocLabel::Clean, &[("buy!", "cta", Remove, ""), ("mill", "content", Keep, "")]);
    let half = figures(&[score(label, text, &cuts(&[cut(0, 2)]))]);
    let recall = |bound: &str| gate(&format!("recall={bound}")).unwrap();
    assert!(recall("0.5").is_reached(&half) && !recall("0.51").is_reached(&half));
    assert!(recall("0.5").is_respected(&half) && !recall("0.49").is_respected(&half));
    // What is undefined holds no promise.
    let undefined = gate("drop-recall=0").unwrap();
    assert!(!undefined.is_reached(&half) && !undefined.is_respected(&half));
}

/// A text with parts and cuts, all of them places in characters.
fn cases() -> impl Strategy<Value = (String, Vec<LabelSpan>, Vec<Cut>)> {
    let part = ("[a-zß東 ]{1,9}", 0..3usize, 0..3usize);
    let place = (0..60usize, 0..12usize);
    (prop::collection::vec(part, 0..8), prop::collection::vec(place, 0..6)).prop_map(
        |(parts, places)| {
            let mut text = String::new();
            let mut spans = Vec::new();
            for (piece, action, group) in parts {
                let start = text.len();
                text.push_str(&piece);
                spans.push(LabelSpan {
                    span: Span::new(start, text.len()),
                    category: "c".to_owned(),
                    action: LabelAction::ALL[action],
                    group: (group > 0).then(|| group.to_string()),
                });
                text.push(' ');
            }
            let starts: Vec<usize> =
                text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let byte = |n: usize| starts[n.min(starts.len() - 1)];
            let cuts = places
                .into_iter()
                .map(|(start, length)| cut(byte(start), byte(start + length)))
                .collect();
            (text, spans, cuts)
        },
    )
}

fn with_spans(spans: Vec<LabelSpan>) -> Label {
    Label { spans, ..label("", DocLabel::Clean, &[]) }
}

proptest! {
    #[test]
    fn who_removes_nothing_loses_nothing((text, spans, _) in cases()) {
        let figures = figures(&[score(with_spans(spans), &text, &Fate::default())]);
        prop_assert_eq!(figures.characters.good_removed, 0);
        prop_assert_eq!(figures.characters.precision, None);
        prop_assert_eq!(figures.drops.false_positives, 0);
    }

    #[test]
    fn who_removes_everything_finds_everything((text, spans, _) in cases()) {
        let figures = figures(&[score(with_spans(spans), &text, &dropped(&text))]).characters;
        prop_assert_eq!(figures.removable_removed, figures.removable);
        prop_assert!(figures.recall.is_none_or(|recall| recall == 1.0));
        prop_assert!(figures.content_lost.is_none_or(|lost| lost == 1.0));
    }

    #[test]
    fn characters_add_up((text, spans, cuts_made) in cases()) {
        let scored = score(with_spans(spans), &text, &cuts(&cuts_made));
        let solid: Vec<usize> =
            text.char_indices().filter(|(_, c)| !c.is_whitespace()).map(|(at, _)| at).collect();
        let inside = |at: usize| cuts_made.iter().any(|c| c.span.start <= at && at < c.span.end);
        let gone = solid.iter().filter(|at| inside(**at)).count() as u64;
        let counted = || scored.parts.iter().map(|part| &part.counted).chain([&scored.unlabelled]);
        prop_assert_eq!(counted().map(|c| c.characters).sum::<u64>(), solid.len() as u64);
        prop_assert_eq!(counted().map(Counted::removed).sum::<u64>(), gone);
        let evaluation = Evaluation::of(vec![scored], &rules());
        let c = &evaluation.total.characters;
        let taken: u64 =
            evaluation.rules.iter().map(|r| r.removable + r.good + r.neutral + r.unlabelled).sum();
        prop_assert_eq!(taken, gone);
        prop_assert_eq!(
            c.removable_removed + c.good_removed + c.neutral_removed + c.unlabelled_removed,
            gone
        );
    }
}
