use proptest::prelude::*;
use scraper::node::Node;

use super::super::tests::page;
use super::super::tokens::tests::PIECES;
use super::super::{guard, guard::Parsed};
use crate::document::Page;

/// What the blocks of a page were written as.
fn written(markup: &str) -> Vec<&str> {
    let page = page(markup);
    page.blocks
        .iter()
        .map(|block| {
            let place =
                page.markup(block.span).expect("a block has words, and they stand somewhere");
            assert!(!place.is_decoded);
            place.span.of(markup)
        })
        .collect()
}

#[test]
fn a_block_reaches_from_its_first_word_to_its_last() {
    assert_eq!(
        written("<h1> One  two </h1>\n<p>three <b>four</b> <!-- x -->five\n</p>six"),
        ["One  two", "three <b>four</b> <!-- x -->five", "six"]
    );
}

#[test]
fn an_entity_is_in_the_range_whole() {
    assert_eq!(written("<p>&lt;a&gt; b &amp; c&copy</p>"), ["&lt;a&gt; b &amp; c&copy"]);
    assert_eq!(written("<p>&nbsp;a&nbsp;b&nbsp;</p>"), ["a&nbsp;b"]);
    assert_eq!(written("<pre>\n&nbsp; a\u{a0}&#98;\r\nc</pre>"), ["a\u{a0}&#98;\r\nc"]);
}

#[test]
fn marks_of_lists_and_tables_stand_nowhere() {
    assert_eq!(
        written("<ul><li>a<li>b</ul><table><tr><td>1<td>2<tr><td>3<td>4</table>"),
        ["a<li>b", "1<td>2<tr><td>3<td>4"]
    );
    assert_eq!(written("<dl><dt>Size<dd>4</dl>"), ["Size<dd>4"]);
}

#[test]
fn text_that_the_tree_moves_is_found_where_it_was_written() {
    let table = "<table>one<tr>two<td>three<td>x<tr><td>y<td>z</table>four";
    assert_eq!(written(table), ["one<tr>two", "three<td>x<tr><td>y<td>z", "four"]);
    assert_eq!(written("<p>a<a href=x>b<div>c</a>d</div>"), ["a<a href=x>b", "c</a>d"]);
    assert_eq!(written("<table> <tr> x\0y </table>"), ["x\0y"]);
    assert_eq!(written("<svg>\0</svg><math>\0a</math>"), ["\0a"]);
}

#[test]
fn a_byte_order_mark_counts() {
    assert_eq!(written("\u{feff}<p>a b"), ["a b"]);
}

#[test]
fn parts_of_a_block_are_found_too() {
    let markup = "<p>One &amp; two.  Three\n<i>four</i>. Five.";
    let page = page(markup);
    let of = |part: &str| {
        let at = page.text.find(part).expect("it is there");
        let span = crate::document::Span::new(at, at + part.len());
        page.markup(span).expect("it stands somewhere").span.of(markup)
    };
    assert_eq!(page.text, "One & two. Three four. Five.");
    assert_eq!(of("One & two."), "One &amp; two.");
    assert_eq!(of("Three four."), "Three\n<i>four</i>.");
    assert_eq!(of("Five."), "Five.");
    assert_eq!(of("wo"), "wo");
    assert_eq!(of(" four"), "four");
}

/// Every word of a block is in its range, in order; read again, for it may have entities.
fn assert_words_in_order(whole: &Page, markup: &str) {
    for block in &whole.blocks {
        let Some(place) = whole.markup(block.span) else { continue };
        let again = page(place.span.of(markup));
        let mut rest = again.text.as_str();
        for word in block.span.of(&whole.text).split_whitespace() {
            if !matches!(word, "-" | "|") {
                let found = rest.split_once(word);
                // A label's colon is not in the markup.
                let found = found.or_else(|| rest.split_once(word.trim_end_matches(':')));
                assert!(found.is_some(), "{word:?} in {markup:?}");
                rest = found.unwrap_or_default().1;
            }
        }
    }
}

#[test]
fn the_words_of_each_block_of_a_page_are_in_its_range_in_order() {
    let markup = "<!DOCTYPE html><title>Mill &amp; weir</title><body class=a>\n\
        <nav><ul><li><a href=/>Home</a></li>\n<li><a href=/t>Tides &raquo;</a></ul></nav>\
        <main><h1>The <em>mill</em></h1><p>It stood <a href=x>idle</a>,<br>they&nbsp;say, \
        for a year<!-- which -->; then caf&eacute;s came.\r\n</p><blockquote>No corn.</blockquote>\
        <table><caption>Tides</caption><tr><th>Day<th>Low<tr><td>Mon<td>4&frac12;</table>\
        <pre>let a\n  = 1;</pre><dl><dt>Built<dd>1820<dt>Stone<dd>granite</dl></main>\
        <footer>&copy; 1999 <span>All</span> rights</footer>";
    let whole = page(markup);
    assert!(whole.blocks.len() > 8);
    assert!(whole.blocks.iter().all(|block| whole.markup(block.span).is_some()));
    assert_words_in_order(&whole, markup);
}

/// Each piece that is said to be the same is, and no word is without a place.
fn assert_sound(markup: &str, all_same: bool) {
    let Parsed { html, placed } = guard::parse(markup);
    for node in html.tree.root().descendants() {
        let Node::Text(text) = node.value() else { continue };
        let pieces = placed.of(node.id(), &mut 0);
        let mut covered = vec![false; text.len()];
        for (_, piece) in pieces {
            let (from, to) = (piece.text as usize, piece.end() as usize);
            let source = piece.source as usize;
            let source = &markup[source..source + piece.source_len as usize];
            assert!(!all_same || piece.is_same(), "{markup:?}");
            if piece.is_same() {
                // As long as its character: `&#0` is U+FFFD.
                let plain = |s: &str| s.replace("&#0", "\u{fffd}").replace('\r', "\n");
                assert_eq!(plain(&text[from..to]), plain(source), "{markup:?}");
            } else {
                assert!(source.starts_with(['&', '\r', '\0']), "{source:?} in {markup:?}");
            }
            covered[from..to].fill(true);
        }
        for (at, c) in text.char_indices() {
            assert!(covered[at] || c.is_ascii_whitespace(), "{:?} in {markup:?}", &text[at..]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_word_of_any_tree_has_its_place(
        pieces in prop::collection::vec(prop::sample::select(PIECES.as_slice()), 0..40),
    ) {
        assert_sound(&pieces.concat(), false);
    }

    #[test]
    fn text_without_entities_is_the_same_in_the_markup(
        pieces in prop::collection::vec(prop::sample::select(PIECES.as_slice()), 0..40),
    ) {
        assert_sound(&pieces.concat().replace(['&', '\r', '\0'], "x"), true);
    }

    #[test]
    fn every_block_of_any_page_has_its_place(
        pieces in prop::collection::vec(prop::sample::select(PIECES.as_slice()), 0..40),
    ) {
        let markup = pieces.concat();
        let page = page(&markup);
        for block in &page.blocks {
            prop_assert!(page.markup(block.span).is_some(), "{:?}", block.span.of(&page.text));
        }
    }
}
