//! What stands around a block: stretches, neighbours, marks, and lines above quotations.

use super::*;
use crate::signals::tests::{Fixture, same};

/// Ten words and an end mark.
const BODY: &str = "The mill stood by the river for a hundred years.";

/// The signal of each block.
fn column(page: &Fixture, name: &str) -> Vec<Option<f64>> {
    (0..page.blocks.len()).map(|n| page.block(n, name)).collect()
}

/// Marks of a page of one line.
fn marks(line: &str) -> Option<f64> {
    Fixture::of(line).block(0, "furniture_marks")
}

/// True if a page of one block is body.
fn is_body(page: &Fixture) -> bool {
    let is_body = page.block(0, "is_body");
    assert_eq!(is_body, flag(page.block(0, "page_body_characters") > Some(0.0)));
    is_body == Some(1.0)
}

#[test]
fn an_entry_of_a_list_is_a_mark_and_a_sentence_with_it_is_none() {
    for (line, expected) in [
        ("Careers", 1.0),
        ("* About us", 1.0),
        ("## HOME", 1.0),
        ("Careers change people.", 0.0),
        ("The mill", 0.0),
        ("Startseite", 1.0),
        ("下载中心", 1.0),
        ("我们去了东京的大学。", 0.0),
        ("***", 0.0),
    ] {
        assert_eq!(marks(line), Some(expected), "{line}");
    }
}

#[test]
fn a_divided_line_bears_one_mark_if_any_part_is_an_entry() {
    assert_eq!(marks("Home | Shop | Careers"), Some(1.0));
    assert_eq!(marks("Mill stream > Blog"), Some(1.0));
    assert_eq!(marks("Mill | Stream"), Some(0.0));
    assert_eq!(marks("|||"), Some(0.0));
}

#[test]
fn phrases_of_two_to_four_words_are_marks_inside_an_item() {
    assert_eq!(marks("Jo's mill, all rights reserved since then"), Some(1.0), "three words");
    assert_eq!(marks("Write to us or just contact us by letter"), Some(1.0), "two words");
    assert_eq!(marks("The shop where we bought flour"), Some(0.0), "one word is too little");
    assert_eq!(marks("All the rights that we reserved"), Some(0.0), "not in a row");
}

#[test]
fn a_copyright_sign_is_a_mark_and_an_item_of_many_words_bears_none() {
    assert_eq!(marks("© Lindholm Mills"), Some(1.0));
    assert_eq!(marks("©"), Some(0.0), "no words");
    let words = |count: usize| format!("© {}", vec!["mill"; count].join(" "));
    assert_eq!(marks(&words(MARK_WORDS)), Some(1.0));
    assert_eq!(marks(&words(MARK_WORDS + 1)), Some(0.0));
}

#[test]
fn marks_are_counted_by_item_in_the_block_before_and_after_it_and_on_the_page() {
    let page = Fixture::of(&format!("Home\nBlog\nThe mill\n{BODY}\nCareers")).join(0, 2);
    assert_eq!(column(&page, "furniture_marks"), [2.0, 0.0, 0.0, 1.0].map(Some));
    assert_eq!(column(&page, "marks_before"), [0.0, 2.0, 2.0, 2.0].map(Some));
    assert_eq!(column(&page, "marks_after"), [1.0, 1.0, 1.0, 0.0].map(Some));
    let before = [None, Some(1.0), Some(2.0 / 3.0), Some(0.5)];
    assert_eq!(column(&page, "mark_ratio_before"), before);
    let after = [Some(1.0 / 3.0), Some(0.5), Some(1.0), None];
    assert_eq!(column(&page, "mark_ratio_after"), after);
    assert_eq!(page.block(0, "page_marks"), Some(3.0));
    assert_eq!(page.block(0, "page_items"), Some(5.0));
    same(page.block(0, "page_mark_ratio"), 3.0 / 5.0);
}

#[test]
fn a_stretch_goes_from_body_to_body_and_a_body_block_is_its_own() {
    let page = Fixture::of(&format!("Home\nThe mill\n{BODY}\nCareers\n{BODY}\n{BODY}"));
    assert_eq!(column(&page, "stretch_items"), [2.0, 2.0, 1.0, 1.0, 1.0, 1.0].map(Some));
    assert_eq!(column(&page, "stretch_marks"), [1.0, 1.0, 0.0, 1.0, 0.0, 0.0].map(Some));
    let ratios = column(&page, "stretch_mark_ratio");
    assert_eq!(ratios, [0.5, 0.5, 0.0, 1.0, 0.0, 0.0].map(Some));
    let body = BODY.len() as f64;
    let lengths = [12.0, 12.0, body, 7.0, body, body];
    assert_eq!(column(&page, "stretch_characters"), lengths.map(Some));
}

#[test]
fn a_page_without_body_is_one_stretch() {
    let page = Fixture::of("Home\nthe Mill\nCareers");
    assert_eq!(column(&page, "stretch_items"), [Some(3.0); 3]);
    same(page.block(1, "stretch_capital_ratio"), 3.0 / 4.0);
    same(page.block(1, "page_body_ratio"), 0.0);
    assert_eq!(page.block(1, "page_body_characters"), Some(0.0));
}

#[test]
fn items_of_lists_are_counted_in_the_stretch() {
    let mut page = Fixture::of("Home\n* One\n* Two").join(1, 3);
    page.blocks[1].kind = BlockKind::List;
    assert_eq!(column(&page, "stretch_items"), [Some(3.0); 2]);
    same(page.block(0, "stretch_list_ratio"), 2.0 / 3.0);
    same(Fixture::of("Home").block(0, "stretch_list_ratio"), 0.0);
}

#[test]
fn body_before_and_after_leaves_the_block_itself_out() {
    let page = Fixture::of(&format!("Home\n{BODY}\nBlog\n{BODY}"));
    let body = BODY.len() as f64;
    assert_eq!(column(&page, "body_before"), [0.0, 0.0, body, body].map(Some));
    assert_eq!(column(&page, "body_after"), [2.0 * body, body, body, 0.0].map(Some));
    assert_eq!(page.block(0, "page_body_characters"), Some(2.0 * body));
    same(page.block(0, "page_body_ratio"), 2.0 * body / (2.0 * body + 8.0));
}

#[test]
fn body_is_long_enough_by_words_and_an_end_mark_or_by_characters() {
    for (text, body) in [
        (BODY, true),
        ("The mill stood by the river for years.", true),
        ("The mill stood by the river there.", false),
        ("The mill stood by the river for a hundred years", false),
        (&"the mill and its stream ".repeat(6), true),
        (&"the mill and its stream ".repeat(5), false),
        (&"The Mill On Its Stream ".repeat(9), false),
        (&"大学的研究人员发现了".repeat(14), true),
    ] {
        assert_eq!(is_body(&Fixture::of(text)), body, "{text}");
    }
}

#[test]
fn body_is_of_the_kinds_that_hold_text() {
    use BlockKind::{Code, Fields, Heading, List, Other, Paragraph, Quote, Table};
    for kind in [Paragraph, Quote, List, Other] {
        assert!(is_body(&Fixture::of(BODY).kind(kind)), "{kind:?}");
    }
    for kind in [Heading, Fields, Table, Code] {
        assert!(!is_body(&Fixture::of(BODY).kind(kind)), "{kind:?}");
    }
}

#[test]
fn a_list_is_body_if_most_of_its_items_are_sentences_of_the_usual_length() {
    let list = |text: &str| is_body(&Fixture::of(text).kind(BlockKind::List).one_block());
    let (item, short) = (format!("* {BODY}"), "* The mill");
    assert!(list(&format!("{item}\n{item}\n{item}")));
    assert!(list(&format!("{item}\n{item}\n* The mill by the river")), "eight words on average");
    assert!(!list(&format!("{item}\n{short}")), "half of them is not most");
    assert!(!list(&format!("{item}\n* A mill.\n* A mill.")), "too few words to an item");
}

#[test]
fn capitals_are_a_share_of_cased_words() {
    let capitals = |text: &str| Fixture::of(text).block(0, "capital_ratio");
    same(capitals("The Mill by 7 rivers"), 2.0 / 4.0);
    same(capitals("Élan Мельница река"), 2.0 / 3.0);
    assert_eq!(capitals("2024 – 12"), None);
    assert_eq!(capitals("我们去了东京"), None);
    assert_eq!(Fixture::of("12\n我们").block(0, "stretch_capital_ratio"), None);
}

#[test]
fn two_blocks_before_and_after_stand_beside_a_block() {
    let page = Fixture::of("ABC Mill\none two\nThree four five six\n12\nSeven\nEight");
    let before = column(&page, "capital_ratio_before");
    assert_eq!(before[0], None, "nothing stands before the first");
    same(before[1], 1.0);
    same(before[2], 0.5);
    same(before[3], 1.0 / 6.0);
    same(before[4], 1.0 / 4.0);
    let after = column(&page, "capital_ratio_after");
    same(after[1], 1.0 / 4.0);
    same(after[2], 1.0);
    assert_eq!(after[5], None, "nothing stands after the last");
    let before = [0.0, 8.0, 7.5, 13.0, 10.5, 3.5];
    assert_eq!(column(&page, "item_characters_before"), before.map(Some));
    let after = [13.0, 10.5, 3.5, 5.0, 5.0, 0.0];
    assert_eq!(column(&page, "item_characters_after"), after.map(Some));
}

#[test]
fn an_empty_block_has_no_shares_and_no_counts() {
    let page = Fixture::of("").one_block();
    let undefined = [
        "mark_ratio_before",
        "mark_ratio_after",
        "stretch_mark_ratio",
        "stretch_capital_ratio",
        "stretch_list_ratio",
        "capital_ratio",
        "capital_ratio_before",
        "capital_ratio_after",
        "page_mark_ratio",
        "page_body_ratio",
    ];
    let all = ALL.iter().filter(|signal| signal.name != "quote_lead_before");
    for signal in all {
        let value = (!undefined.contains(&signal.name)).then_some(0.0);
        assert_eq!(page.block(0, signal.name), value, "{}", signal.name);
    }
    assert_eq!(page.block(0, "quote_lead_before"), Some(0.0));
}

#[test]
fn a_line_that_leads_a_quotation_is_a_word_with_a_colon_or_an_entry() {
    let lead = |line: &str| Fixture::of(&format!("{line}\n{BODY}")).block(1, "quote_lead_before");
    for line in [
        "Maren wrote:",
        "On 3 May Maren Holt, who keeps the mill, said:",
        "Quote",
        "QUOTE:",
        "Posted by",
        "Maren schrieb:",
        "Originally posted by Maren:",
        "引用:",
        "On this topic wrote",
    ] {
        assert_eq!(lead(line), Some(1.0), "{line}");
    }
    let long = format!("{}wrote:", "Maren and Holt ".repeat(7));
    for line in [
        "She wrote it down.",
        "Maren wrote",
        "The parts of a mill:",
        "The quoted price",
        ":",
        "***",
        &long,
    ] {
        assert_eq!(lead(line), Some(0.0), "{line}");
    }
}

#[test]
fn only_the_last_line_of_the_block_before_leads_a_quotation() {
    let page = Fixture::of(&format!("Maren wrote:\n{BODY} No. Yes."));
    assert_eq!(page.block(0, "quote_lead_before"), Some(0.0), "nothing stands before the first");
    assert_eq!(page.sentence(1, "No.", "quote_lead_before"), Some(1.0), "it is the block's");
    assert_eq!(page.sentence(0, "Maren wrote:", "quote_lead_before"), Some(0.0));
    let page = Fixture::of(&format!("The mill\nMaren wrote:\n{BODY}\n{BODY}")).join(0, 2);
    assert_eq!(column(&page, "quote_lead_before"), [0.0, 1.0, 0.0].map(Some));
    let page = Fixture::of(&format!("Maren wrote:\nThe mill\n{BODY}")).join(0, 2);
    assert_eq!(page.block(1, "quote_lead_before"), Some(0.0));
}

#[test]
fn the_line_above_a_block_is_read_once_for_all_its_sentences() {
    let sentences = 20_000;
    let text = format!("{}\n{}", "a mill ".repeat(100_000), "A mill. ".repeat(sentences));
    let page = Fixture::of(&text);
    let id = crate::signals::by_name("quote_lead_before").unwrap();
    let start = std::time::Instant::now();
    page.with(|view| {
        let block = view.blocks[1].span;
        for n in 0..sentences - 1 {
            let at = block.start + n * 8;
            assert_eq!(view.sentence(1, Span::new(at, at + 7)).value(id), Some(0.0));
        }
    });
    let time = start.elapsed();
    assert!(time < std::time::Duration::from_secs(10), "{time:?}");
}
