//! Whole texts through the segmenters, and what must hold for every text.

use proptest::prelude::*;

use super::*;
use crate::document::BlockKind::{Code, Fields, Heading, List, Other, Paragraph, Quote, Table};
use crate::document::Info;

fn page(format: Format, text: &str) -> Page {
    let info = Info::new("t", format);
    segment(Document { info, text: text.to_owned() })
}

fn kinds(text: &str) -> Vec<(BlockKind, &str)> {
    plain::segment(text).iter().map(|block| (block.kind, block.span.of(text))).collect()
}

fn marked(text: &str) -> Vec<(BlockKind, u8, &str)> {
    let blocks = markdown::segment(text);
    blocks.iter().map(|block| (block.kind, block.level, block.span.of(text))).collect()
}

const PROSE: &str = "The ferry leaves the lower quay at seven in the morning and comes back when the \
                     tide allows, which in winter may well be after dark.";

#[test]
fn a_line_is_a_block() {
    let text = format!("{PROSE}\n{PROSE}\r\n\r\n{PROSE}");
    assert_eq!(kinds(&text), [(Paragraph, PROSE); 3]);
}

#[test]
fn a_short_line_before_prose_is_a_heading() {
    let text = format!("{PROSE}\nTimes and Fares\n{PROSE}\n\nWho may board?\n\n{PROSE}");
    let heads: Vec<_> = kinds(&text).into_iter().filter(|(kind, _)| *kind == Heading).collect();
    assert_eq!(heads, [(Heading, "Times and Fares"), (Heading, "Who may board?")]);
}

#[test]
fn of_a_menu_only_the_last_line_before_prose_is_a_heading() {
    let text = format!("Home\nTimes\nFares\nContact\nThe Lower Quay\n{PROSE}");
    let found = kinds(&text);
    assert_eq!(found.iter().filter(|(kind, _)| *kind == Heading).count(), 1);
    assert_eq!(found[4], (Heading, "The Lower Quay"));
}

#[test]
fn a_line_that_ends_a_stanza_or_speaks_is_no_heading() {
    let text = format!("We sailed at dawn\nAnd left the bay\nAnd came no more\n\n{PROSE}");
    assert!(kinds(&text).iter().all(|(kind, _)| *kind == Paragraph));
    for line in [
        "\"We sail at dawn\"",
        "– We sail at dawn",
        "Q: When do we sail",
        "12 May 2021",
        "We sail at dawn.",
    ] {
        let text = format!("{PROSE}\n{line}\n{PROSE}");
        assert_eq!(kinds(&text)[1], (Paragraph, line));
    }
}

#[test]
fn bulleted_lines_make_one_list() {
    let text =
        "\u{a0}* ale\n\u{a0}\u{a0}\u{a0}\u{a0}+ pale\n      brewed here\n\n\u{a0}* beer\n\n\nend";
    let found = kinds(text);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].0, List);
    let blocks = plain::segment(text);
    let items: Vec<&str> = sentences(text, &blocks[0]).iter().map(|item| item.of(text)).collect();
    assert_eq!(items, ["* ale", "+ pale\n      brewed here", "* beer"]);
}

#[test]
fn numbered_lines_make_a_list_only_together() {
    assert_eq!(kinds("1. ale\n\n2. beer\n\n3. cider")[0].0, List);
    assert_eq!(kinds("[1] Roe, J. On ale.\n[2] Doe, J. On beer.")[0].0, List);
    let text = format!("1. How is ale made?\n\n{PROSE}");
    assert_eq!(kinds(&text)[0], (Heading, "1. How is ale made?"));
}

#[test]
fn signs_without_items_are_other() {
    assert_eq!(kinds("*\n*\n*"), [(Other, "*\n*\n*")]);
    assert_eq!(kinds("* * *"), [(Other, "* * *")]);
    assert_eq!(kinds("\u{feff}"), [(Other, "\u{feff}")]);
}

#[test]
fn a_profile_is_fields_and_what_stands_over_it_a_heading() {
    let text = "Writer:\n\n  • Name : Dr. Jo Roe\n  • Email : jo@example.org\n  • Bio : Lorem ipsum dolor sit. Amet et al.\n\nLinks\n\nfoo:\n\nbar:\n\n  • url : https://example.org/jo\n  • followers : 12";
    let found = kinds(text);
    let shape: Vec<BlockKind> = found.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(shape, [Heading, Fields, Heading, Heading, Heading, Fields]);
    let blocks = plain::segment(text);
    assert_eq!(sentences(text, &blocks[1]).len(), 3);
    assert_eq!(blocks[5].links[0].anchor.of(text), "https://example.org/jo");
}

#[test]
fn an_address_goes_on_over_lines_inside_fields() {
    let text = "Address : 12 Mill Lane\nLower Quay, NM 1234\nPhone : 1\nBio : It is prose, and long, and yet it belongs here. Amen.";
    assert_eq!(kinds(text), [(Fields, text)]);
}

#[test]
fn statements_dialogues_and_chapters_are_no_fields() {
    let text = "- Trade: Growth of exports, mainly of machines.\n- Travel: New ferries between both towns since May.";
    assert_eq!(kinds(text), [(List, text)]);
    assert_eq!(kinds("Q: Who goes?\nA: I do.\nQ: Why?\nA: Because.").len(), 4);
    assert_eq!(kinds("def quay():\nfor boat in fleet:").len(), 2);
    assert_eq!(kinds("* Chapter 1: The Quay\n* Chapter 2: The Mill\n* Chapter 3: Home")[0].0, List);
    assert_eq!(kinds("Warning: never go out on the ice in April, it is thin.\nNote: the ferry does not run on Sundays.").len(), 2);
}

#[test]
fn rows_with_the_same_cells_are_a_table() {
    let text = "Fare\tAdult\tChild\nDay\t4\t2\nYear\t90\t40";
    assert_eq!(kinds(text), [(Table, text)]);
    let text = "Fare | Adult\n--- | ---\nDay | 4";
    assert_eq!(kinds(text), [(Table, text)]);
    assert_eq!(kinds("Home | Fares\nNews")[0].0, Paragraph);
    assert_eq!(kinds("|boat\n|ship\n|raft").len(), 1);
}

#[test]
fn code_is_told_by_fences_or_by_its_signs() {
    let text = "```sh\n* not a list\n\n# not a heading\n```";
    assert_eq!(kinds(text), [(Code, text)]);
    let text = "fn main() {\n    let x = f(1);\n\n    g(x, [2]);\n}";
    assert_eq!(kinds(text), [(Code, text)]);
    // A fence that nothing closes ends at the blank line.
    assert_eq!(kinds("```\nls\n\nend").len(), 2);
}

#[test]
fn quoted_lines_are_a_quotation() {
    let text = "> One said so.\n> Two did not.\n\nend";
    assert_eq!(kinds(text)[0], (Quote, "> One said so.\n> Two did not."));
}

#[test]
fn an_underlined_line_is_a_heading() {
    assert_eq!(kinds("Fares\n=====\nFour."), [(Heading, "Fares\n====="), (Paragraph, "Four.")]);
    assert_eq!(marked("Fares\n-----")[0], (Heading, 2, "Fares\n-----"));
}

#[test]
fn markdown_has_headings_with_levels_and_links() {
    let text = "# The Ferry #\n\nSee [fares](/fares) and [times][t].\n\n***\n\n[t]: /times\n";
    let shape: Vec<(BlockKind, u8)> = marked(text).iter().map(|b| (b.0, b.1)).collect();
    assert_eq!(shape, [(Heading, 1), (Paragraph, 0), (Other, 0), (Other, 0)]);
    let blocks = markdown::segment(text);
    let links: Vec<&str> = blocks[1].links.iter().map(|link| &*link.target).collect();
    assert_eq!(links, ["/fares", "/times"]);
}

#[test]
fn items_of_a_list_on_one_line_keep_their_marks() {
    let text = "Fares for the ferry are listed here by season for everyone to see. * [Winter](#w) * [Summer - early](#s) * [Fall](#f)";
    let blocks = markdown::segment(text);
    assert_eq!(blocks[1].kind, List);
    let items: Vec<&str> = sentences(text, &blocks[1]).iter().map(|item| item.of(text)).collect();
    assert_eq!(items, ["* [Winter](#w)", "* [Summer - early](#s)", "* [Fall](#f)"]);
}

#[test]
fn plain_text_with_marks_is_read_as_markdown() {
    let found = page(Format::Text, "## Fares\n\nFour.").blocks;
    assert_eq!(found[0].level, 2);
    assert_eq!(page(Format::Text, "#fares #ferry").blocks[0].kind, Paragraph);
}

#[test]
fn other_languages_and_scripts_are_cut_alike() {
    let text = "运费\n渡轮早上七点从下码头出发，潮水允许时返回，冬天可能在天黑之后才能回来。下船的人请走左边，上船的人请走右边，谢谢合作。\n姓名：张三\n电话：010";
    let shape: Vec<BlockKind> = kinds(text).iter().map(|(kind, _)| *kind).collect();
    assert_eq!(shape, [Heading, Paragraph, Fields]);
}

#[test]
fn headings_tables_and_code_have_no_sentences() {
    for text in ["# One. Two.", "```\nA. B.\n```", "| A. B | C |\n|---|---|\n| d | e |"] {
        let blocks = markdown::segment(text);
        assert!(sentences(text, &blocks[0]).is_empty(), "{text}");
    }
}

#[test]
fn a_list_without_marks_has_its_lines_as_items() {
    let text = "ale\nbeer";
    let block = Block::new(List, Span::new(0, text.len()));
    assert_eq!(sentences(text, &block).len(), 2);
}

#[test]
fn an_empty_text_has_no_blocks() {
    for text in ["", " ", "\r\n\u{2029}\u{a0}"] {
        assert!(plain::segment(text).is_empty());
        assert!(markdown::segment(text).is_empty());
    }
}

#[test]
fn hostile_texts_cost_no_more_than_their_length() {
    for part in [
        "a\n",
        "* ",
        "- a: b\n",
        "1. \n",
        "`````\n~~~\n",
        "a\tb\n",
        "    x=(1);\n    y\n",
        "Name :\n",
        "A: b.\nB: c\n",
        "> ",
        "[",
        "[a]: b.c\n",
        "http://x](",
        "... ",
        "a | b\n\n",
        "## A * [b](#b) ",
        "x;\n",
        ")",
        "\u{200b}\n",
        "word word word word word word word word\n",
    ] {
        let text = part.repeat(200_000 / part.len());
        for block in markdown::segment(&text) {
            let _ = sentences(&text, &block);
        }
        plain::segment(&text);
    }
}

/// Blocks in order, white space between them and none at their ends; links and sentences inside.
fn check(text: &str) -> Result<(), TestCaseError> {
    for blocks in [plain::segment(text), markdown::segment(text)] {
        let mut at = 0;
        for block in &blocks {
            let span = block.span;
            prop_assert!(at <= span.start && span.start < span.end && span.end <= text.len());
            prop_assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end));
            prop_assert!(text[at..span.start].trim().is_empty());
            prop_assert_eq!(span.of(text).trim(), span.of(text));
            at = span.end;

            let mut anchor = span.start;
            for link in &block.links {
                prop_assert!(anchor <= link.anchor.start && link.anchor.start <= link.anchor.end);
                prop_assert!(text.get(link.anchor.start..link.anchor.end).is_some());
                anchor = link.anchor.end;
            }
            prop_assert!(anchor <= span.end);

            let parts = sentences(text, block);
            let mut inner = span.start;
            for part in &parts {
                prop_assert!(inner <= part.start && part.start < part.end);
                prop_assert!(text[inner..part.start].trim().is_empty());
                inner = part.end;
            }
            prop_assert!(inner <= span.end);
            let whole = !matches!(block.kind, Heading | Table | Code);
            prop_assert!(!whole || text[inner..span.end].trim().is_empty());
        }
        prop_assert!(text[at..].trim().is_empty());
    }
    Ok(())
}

/// Pieces that texts of every sort are made of.
fn piece() -> impl Strategy<Value = String> {
    let marks = prop::sample::select(vec![
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "\u{2028}",
        "\u{2029}",
        "\t",
        " ",
        "  ",
        "    ",
        "\u{a0}",
        "* ",
        "- ",
        "+ ",
        "• ",
        "o ",
        "1. ",
        "2) ",
        "a) ",
        "[1] ",
        "– ",
        "# ",
        "## ",
        " ### ",
        "> ",
        "```",
        "~~~",
        "`",
        "---",
        "===",
        "***",
        "|",
        " | ",
        "---|---",
        "Name : ",
        "Phone: ",
        "url :",
        "A: ",
        "bio:",
        "[",
        "](",
        ")",
        "](#a)",
        "![",
        "[a]: http://b.c",
        "http://x.y/z",
        "www.x.y",
        "<",
        ">",
        ". ",
        "? ",
        "。",
        "…",
        "\"",
        "**",
        "_",
        "{",
        "};",
        "f(x) = [1];",
        "\u{feff}",
        "\u{200b}",
        "\0",
        "\\",
    ]);
    let words = prop::sample::select(vec![
        "ferry",
        "The",
        "Lower Quay",
        "who went",
        "Straße",
        "渡轮早上七点",
        "عبّارة",
        "паром",
        "leaves the lower quay at seven in the morning and comes back when the tide allows",
        "Mr",
        "3",
        "U.S",
    ]);
    prop_oneof![
        4 => marks.prop_map(str::to_owned),
        4 => words.prop_map(|word| format!("{word} ")),
        1 => "\\PC{0,8}",
        1 => any::<char>().prop_map(String::from),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_character_is_in_exactly_one_block(parts in prop::collection::vec(piece(), 0..60)) {
        check(&parts.concat())?;
    }

    #[test]
    fn every_character_of_any_text_is_in_exactly_one_block(text in "(?s).{0,200}") {
        check(&text)?;
    }

    #[test]
    fn the_page_has_the_text_unchanged(parts in prop::collection::vec(piece(), 0..20)) {
        let text = parts.concat();
        prop_assert_eq!(page(Format::Text, &text).text, text.clone());
        prop_assert_eq!(page(Format::Markdown, &text).text, text);
    }
}
