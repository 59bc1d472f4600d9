use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::document::{BlockKind, Format};

pub(super) fn page(markup: &str) -> Page {
    let info = Info::new("a", Format::Html);
    segment(info, markup, Extent::Shown.into())
}

/// The blocks as (kind, text).
fn blocks(markup: &str) -> Vec<(BlockKind, String)> {
    let page = page(markup);
    check(&page);
    page.blocks.iter().map(|b| (b.kind, b.span.of(&page.text).to_owned())).collect()
}

/// The blocks' texts.
fn texts(markup: &str) -> Vec<String> {
    blocks(markup).into_iter().map(|(_, text)| text).collect()
}

/// The one block of a page.
fn only(markup: &str) -> (BlockKind, String) {
    let mut blocks = blocks(markup);
    assert_eq!(blocks.len(), 1, "{blocks:?}");
    blocks.remove(0)
}

/// The links as (anchor, target).
fn links(markup: &str) -> Vec<(String, String)> {
    let page = page(markup);
    check(&page);
    let links = page.blocks.iter().flat_map(|block| &block.links);
    links.map(|l| (l.anchor.of(&page.text).to_owned(), l.target.to_string())).collect()
}

fn path(markup: &str) -> String {
    page(markup)
        .blocks
        .first()
        .and_then(|b| b.element.map(|e| page(markup).outline.path(e)))
        .unwrap()
}

/// What must hold for every page.
fn check(page: &Page) {
    let mut at = 0;
    for block in &page.blocks {
        assert!(block.span.start >= at);
        assert_eq!(page.text.get(at..block.span.start).map(str::trim), Some(""));
        let text = page.text.get(block.span.start..block.span.end).expect("a boundary");
        assert!(!text.is_empty() && text.trim() == text, "{text:?}");
        assert_eq!(block.level > 0, block.kind == BlockKind::Heading);
        let path = page.path(block).expect("a path");
        assert!(path.len() <= 200 && !path.is_empty(), "{path}");
        let mut before = block.span.start;
        for link in &block.links {
            assert!(link.anchor.start >= before && block.span.contains(link.anchor));
            let anchor = page.text.get(link.anchor.start..link.anchor.end).expect("a boundary");
            assert!(!anchor.is_empty() && anchor.trim() == anchor, "{anchor:?}");
            before = link.anchor.end;
        }
        at = block.span.end;
    }
    assert_eq!(page.text.get(at..), Some(""));
}

#[test]
fn white_space_is_collapsed_and_inline_elements_add_none() {
    let markup = "<p> a\n\t b<b>c</b> <i> d</i>&nbsp;&nbsp;e<!-- x -->f </p>";
    assert_eq!(only(markup), (BlockKind::Paragraph, "a bc d ef".to_owned()));
}

#[test]
fn blocks_never_stick_together() {
    let markup = "<div>a<p>b</p>c<section>d</section><td>e<h2>f</h2></div>g<hr>h";
    assert_eq!(texts(markup), ["a", "b", "c", "d", "e", "f", "g", "h"]);
    assert_eq!(page(markup).text, "a\n\nb\n\nc\n\nd\n\ne\n\nf\n\ng\n\nh");
}

#[test]
fn an_empty_page_has_no_blocks() {
    for markup in ["", " \n", "<html>", "<p></p><div>&nbsp;<br></div>", "<p>\u{200b}</p>", "\0"] {
        assert!(texts(markup).is_empty(), "{markup:?}");
        assert_eq!(page(markup).text, "");
    }
}

#[test]
fn text_without_markup_is_a_paragraph() {
    assert_eq!(texts("a & b &lt; c &amp; d < e"), ["a & b < c & d < e"]);
}

#[test]
fn the_title_is_not_text() {
    let page = page("<head><title> A\n &amp; b </title><meta charset=utf-8></head><p>c");
    assert_eq!(page.title.as_deref(), Some("A & b"));
    assert_eq!(page.text, "c");
    assert_eq!(super::tests::page("<title> </title>").title, None);
    assert_eq!(super::tests::page("<svg><title>a</title></svg>").title, None);
}

#[test]
fn what_is_not_shown_is_left_out() {
    for hidden in [
        "<script>x</script>",
        "<style>x</style>",
        "<template><p>x</p><script></template></script></template>",
        "<svg><text>x</text></svg>",
        "<math><annotation>x</annotation></math>",
        "<iframe>x</iframe>",
        "<object>x</object>",
        "<video>x</video>",
        "<select><option>x</select>",
        "<textarea>x</textarea>",
        "<dialog>x</dialog>",
        "<div hidden>x</div>",
        "<div style='color: red; DISPLAY : none !important'>x</div>",
        "<!-- x -->",
        "<img alt=x>",
    ] {
        assert_eq!(texts(&format!("<p>a</p>{hidden}<p>b</p>")), ["a", "b"], "{hidden}");
    }
}

#[test]
fn what_may_be_shown_is_kept() {
    for shown in [
        "<details>x</details>",
        "<dialog open>x</dialog>",
        "<div hidden=until-found>x</div>",
        "<div hidden id=S:3>x</div>",
        "<noscript><p>x</p></noscript>",
        "<div aria-hidden=true>x</div>",
        "<div style='display: none; display: block'>x</div>",
        "<math><mi>x</mi></math>",
        "<template shadowrootmode=open>x</template>",
        "<marquee>x</marquee>",
    ] {
        assert_eq!(texts(&format!("<p>a</p>{shown}<p>b</p>")), ["a", "x", "b"], "{shown}");
    }
    assert_eq!(texts("<body style='display:none' hidden>x"), ["x"]);
}

#[test]
fn what_is_left_open_in_a_noscript_ends_with_it() {
    for open in ["<iframe src=x height=0 />", "<style>p {}", "<textarea>", "<title>", "<IFRAME>"] {
        let page = format!("<p>a</p><noscript>{open}</NOSCRIPT><p>b</p><iframe></iframe><p>c</p>");
        let texts = texts(&page);
        assert_eq!(texts, ["a", "b", "c"], "{open}");
    }
    assert_eq!(texts("<p>a</p><iframe/></noscript><p>b</p></iframe><p>c</p>"), ["a", "c"]);
}

#[test]
fn pictures_and_controls_keep_words_apart() {
    assert_eq!(
        texts("<p>a<img>b<svg></svg>c<button>d</button>e<x-card>f</x-card>"),
        ["a b c d e f"]
    );
    assert_eq!(texts("<p>a<script></script>b<wbr>c<link>d"), ["abcd"]);
}

#[test]
fn a_break_is_a_line_and_two_end_the_block() {
    assert_eq!(texts("<p>a<br> b<br>\n<br>c<br></p>"), ["a\nb", "c"]);
    assert_eq!(texts("<br>a<br><br><br>b"), ["a", "b"]);
}

#[test]
fn headings_have_their_level() {
    let page = page("<h1>a</h1><h2><div>b</div><span>c</span></h2><h6>d<br>e</h6><p>f");
    check(&page);
    let levels: Vec<_> = page.blocks.iter().map(|b| (b.level, b.span.of(&page.text))).collect();
    assert_eq!(levels, [(1, "a"), (2, "b c"), (6, "d e"), (0, "f")]);
}

#[test]
fn a_paragraph_in_a_heading_is_none() {
    let expected = [(BlockKind::Heading, "a".to_owned()), (BlockKind::Paragraph, "b".to_owned())];
    assert_eq!(blocks("<h2>a<p>b</p></h2>"), expected);
}

#[test]
fn a_list_is_one_block_with_its_inner_lists() {
    let markup = "<ul><li>a<li><p>b</p><ol start=3><li>c<li>d</ol>tail<li><br>e</ul>f";
    let expected = [
        (BlockKind::List, "- a\n- b\n  3. c\n  4. d\n  tail\n- e".to_owned()),
        (BlockKind::Paragraph, "f".to_owned()),
    ];
    assert_eq!(blocks(markup), expected);
}

#[test]
fn text_in_a_list_outside_its_items_is_an_item() {
    assert_eq!(only("<ul>a<li>b</li><div>c</div><div>d</div></ul>").1, "- a\n- b\n- c\n- d");
    assert_eq!(only("<ul><li><ul></ul>a</li><li><ul><li>b</ul></ul>").1, "- a\n  - b");
}

#[test]
fn a_list_of_headings_or_several_paragraphs_is_taken_apart() {
    assert_eq!(texts("<ul><li><h3>a</h3>b</li><li>c</li></ul>"), ["a", "b", "c"]);
    assert_eq!(texts("<ol><li><p>a</p><p>b</p></li><li>c</li></ol>"), ["a", "b", "c"]);
    assert_eq!(
        texts("<ul><li><table><tr><td>a</table><ul><li>b<li>c</ul></ul>"),
        ["a", "- b\n- c"]
    );
}

#[test]
fn short_descriptions_are_fields() {
    let markup = "<dl><dt>Name:<dd>Jo</dd><div><dt>Place</dt><dd>Bern <b>CH</b></dd></div></dl>a";
    let expected = [
        (BlockKind::Fields, "Name: Jo\nPlace: Bern CH".to_owned()),
        (BlockKind::Paragraph, "a".to_owned()),
    ];
    assert_eq!(blocks(markup), expected);
}

#[test]
fn other_descriptions_are_a_list() {
    let expected = (BlockKind::List, "- a\n  - b\n  - c\n- d".to_owned());
    assert_eq!(only("<dl><dt>a<dd>b<dd>c<dt>d</dl>"), expected);
    assert_eq!(texts("<dl><dt>a<dd><h4>b</h4>c</dl>"), ["a", "b", "c"]);
}

#[test]
fn a_table_of_data_is_rows_of_cells() {
    let markup = "<table><caption>t</caption><tr><th><th>b<th>c<tr><td>d<td><td><p>e</p> f\
        <tr><td><td> <tr><td>g</table>h";
    let expected = [
        (BlockKind::Paragraph, "t".to_owned()),
        (BlockKind::Table, "| b | c\nd | | e f\ng".to_owned()),
        (BlockKind::Paragraph, "h".to_owned()),
    ];
    assert_eq!(blocks(markup), expected);
}

#[test]
fn a_table_that_arranges_is_taken_apart() {
    let rows = "<tr><td>a<td>b<tr><td>c<td>d";
    for table in [
        "<table><tr><td>a<tr><td>b<tr><td>c<tr><td>d</table>".to_owned(),
        "<table><tr><td>a<td>b<td>c<td>d</table>".to_owned(),
        format!("<table role=presentation>{rows}</table>"),
        "<table><tr><td><h1>a</h1><td>b<tr><td>c<td>d</table>".to_owned(),
        "<table><tr><td>a<td><p>b</p><p>c</p><tr><td>d<td></table>".to_owned(),
    ] {
        assert_eq!(texts(&table), ["a", "b", "c", "d"], "{table}");
    }
    let outer = format!("<table><tr><td>x<td><table>{rows}</table><tr><td>y<td>z</table>");
    assert_eq!(texts(&outer), ["x", "a | b\nc | d", "y", "z"]);
    let prose = format!("<table><tr><td>a<td>{}<tr><td>c<td>d</table>", "word ".repeat(150));
    assert_eq!(texts(&prose).len(), 4);
}

#[test]
fn code_is_kept_as_it_is() {
    let markup = "a<pre>\n\n  if <b>x</b>:\n\t\ty&nbsp;=  1\n\n</pre>b";
    let expected = [
        (BlockKind::Paragraph, "a".to_owned()),
        (BlockKind::Code, "if x:\n\t\ty =  1".to_owned()),
        (BlockKind::Paragraph, "b".to_owned()),
    ];
    assert_eq!(blocks(markup), expected);
    assert_eq!(page(markup).text, "a\n\n  if x:\n\t\ty =  1\n\nb");
    assert_eq!(texts("<pre><div>a</div><div>b<br>c</div></pre>"), ["a\nb\nc"]);
}

#[test]
fn text_in_a_quotation_is_quoted() {
    let expected = [
        (BlockKind::Quote, "a".to_owned()),
        (BlockKind::Quote, "b".to_owned()),
        (BlockKind::List, "- c".to_owned()),
        (BlockKind::Quote, "d".to_owned()),
        (BlockKind::Paragraph, "e".to_owned()),
    ];
    assert_eq!(blocks("<blockquote>a<p>b</p><ul><li>c</ul>d</blockquote>e"), expected);
}

#[test]
fn links_are_where_their_text_is() {
    let markup = "<p>a <a href=' /x?y '> b <b>c</b> </a> d<a href=z></a><a name=q>e</a>";
    assert_eq!(texts(markup), ["a b c de"]);
    assert_eq!(links(markup), [("b c".to_owned(), " /x?y ".to_owned())]);
    assert_eq!(links("<a href=x><img></a><p><a href>y</a>"), [("y".to_owned(), String::new())]);
}

#[test]
fn a_link_around_several_blocks_is_in_each() {
    let x = |text: &str| (text.to_owned(), "x".to_owned());
    assert_eq!(links("<a href=x><h2>a</h2><p>b</p></a>"), [x("a"), x("b")]);
    assert_eq!(links("<a href=x>a<p>b</p>c"), [x("a"), x("b"), x("c")]);
    assert_eq!(links("<ul><a href=x><li>a<li>b</a></ul>"), [x("a"), x("b")]);
}

#[test]
fn an_inner_link_interrupts_the_outer_one() {
    let markup = "<a href=x>c<table><tr><td><a href=y>d</a>e</table>f</a>";
    let expected = [("c", "x"), ("d", "y"), ("e", "x"), ("f", "x")];
    assert_eq!(links(markup), expected.map(|(a, t)| (a.to_owned(), t.to_owned())));
}

#[test]
fn a_path_names_elements_ids_and_classes() {
    let markup = "<div id=main class=' post  big wide'><span class=x><a href=y>a";
    assert_eq!(path(markup), "html/body/div#main.post.big");
    assert_eq!(path("<p id=' é/b ' class='md:c'>a"), "html/body/p#--b.md-c");
    assert_eq!(path("<nav><ul><li><p>a</p></ul></nav>"), "html/body/nav/ul");
    assert_eq!(path("<my-app><b>a</b></my-app>"), "html/body/my-app");
}

#[test]
fn a_long_path_loses_its_outer_elements() {
    let markup = format!("{}<p>a", "<div class=wrapper-of-something>".repeat(50));
    let path = path(&markup);
    assert!(path.len() <= 200 && path.len() > 160, "{path}");
    assert!(path.starts_with("…/div.wrapper-of-something/") && path.ends_with("/p"));
    assert!(self::path(&format!("<p class='{}'>a", "é".repeat(999))).len() <= 200);
}

#[test]
fn text_in_other_scripts_is_kept() {
    let markup =
        "<p>\u{3000}\u{3000}王\u{3000}小明<br>\u{3000}说。</p><p>ภาษาไทย</p><p dir=rtl>שלום";
    assert_eq!(texts(markup), ["王\u{3000}小明\n\u{3000}说。", "ภาษาไทย", "שלום"]);
}

#[test]
fn framesets_do_not_hide_text() {
    assert_eq!(texts("<frameset><frame src=a></frameset>b<noframes>c</noframes>"), ["b"]);
}

/// Markup of `count` pieces, and text after it that must not be lost.
fn hostile(count: usize, piece: impl Fn(usize) -> String) -> String {
    let mut markup: String = (0..count).map(piece).collect();
    markup.push_str(" the end");
    markup
}

#[test]
fn deep_nesting_takes_linear_time_and_loses_no_text() {
    for tag in [
        "div",
        "b",
        "p",
        "font",
        "span",
        "a href=x",
        "ul><li",
        "table",
        "table><tr><td",
        "dl><dd",
        "section",
        "blockquote",
        "form",
        "button",
        "h1",
        "my-box",
        "ruby><rt",
        "select",
        "marquee",
        "frameset",
        "nobr",
        "pre",
        "a><div",
        "p><a",
        "b><p",
        "table><b",
        "li",
        "center",
    ] {
        let markup = hostile(20_000, |n| format!("<{tag}>{n} "));
        let page = page(&markup);
        check(&page);
        if !matches!(tag, "select" | "object") {
            let words: Vec<_> = page.text.split_ascii_whitespace().collect();
            assert!(page.text.ends_with("the end"), "{tag}");
            assert!(words.contains(&"19999") || words.contains(&"-19999"), "{tag}");
        }
    }
}

#[test]
fn closing_what_was_dropped_does_not_close_what_was_kept() {
    let open = "<div>".repeat(2_000);
    let close = "</div>".repeat(2_000);
    let page = page(&format!("<main>{open}a{close}b</main>c"));
    let paths: Vec<_> = page.blocks.iter().filter_map(|b| page.path(b)).collect();
    assert_eq!(page.text, "a\n\nb\n\nc");
    assert_eq!(paths[1..], ["html/body/main", "html/body"]);
}

#[test]
fn formatting_and_links_left_open_are_not_opened_again_without_end() {
    let fonts = hostile(20_000, |n| format!("<p><font size={n}><a href={n} class={n}><i>x"));
    let page = page(&fonts);
    check(&page);
    assert!(page.text.ends_with("the end"));
    let mut one = "<a href=x>".to_owned();
    one.extend(["<p>y"; 20_000]);
    assert_eq!(links(&one).len(), 20_000);
}

#[test]
fn table_cells_left_by_their_contents_do_not_add_up() {
    for piece in
        ["<td><object><a></a>", "<td><marquee></td><a></a>", "<template><tr><td></template><a></a>"]
    {
        let cells = piece.repeat(20_000);
        let page = page(&format!("<table><tr>{cells}</table> the end"));
        check(&page);
        assert!(page.text.ends_with("the end"));
    }
}

#[test]
fn many_attributes_take_linear_time() {
    let mut tag = "<p".to_owned();
    for n in 0..100_000 {
        let _ = write!(tag, " a{n}={n}");
    }
    assert_eq!(texts(&format!("{tag}>a")), ["a"]);
    assert_eq!(texts(&format!("b{tag} title='>'>a</p{}>c", &tag[2..])), ["b", "a", "c"]);
}

#[test]
fn floods_of_marks_take_linear_time() {
    for (piece, kept) in [
        ("<", true),
        ("&", true),
        ("&#", true),
        ("&amp", true),
        ("&notin", true),
        ("</", false),
        ("\0", true),
        ("<a b='", false),
        ("<!", false),
        ("<?x>", true),
        ("</p>", true),
        ("<br>", true),
        ("]]>", true),
        ("<svg>", false),
        ("<math>", true),
        ("<input>", true),
        ("<x y", false),
        ("<li></ul>", true),
        ("<a></p>", true),
    ] {
        let page = page(&hostile(50_000, |_| piece.to_owned()));
        check(&page);
        assert_eq!(page.text.ends_with("the end"), kept, "{piece}");
    }
}

#[test]
fn many_names_take_linear_time() {
    let names = hostile(300_000, |n| format!("<x-number-{n}>a</x-number-{n}>"));
    let page = page(&names);
    check(&page);
    assert!(page.text.ends_with("the end"));
    let long = format!("<a{}>b", "x".repeat(1_000_000));
    assert_eq!(texts(&long), ["b"]);
}

#[test]
fn structured_data_is_read_up_to_a_bound() {
    let data = |n| {
        format!(
            "<script type='application/ld+json'>{{\"@type\": \"Answer\", \"text\": \"Mill {n} has \
             wheel {n} and stone {n}, and miller {n} mends net {n} by weir {n}.\"}}</script>"
        )
    };
    let markup = hostile(30_000, data);
    let page = segment(page("").info, &markup, Extent::All.into());
    assert!(page.blocks.len() > 10 && page.blocks.len() < 100, "{}", page.blocks.len());
    for block in page.blocks.iter().filter(|block| block.span.of(&page.text) != "the end") {
        let place = page.markup(block.span).expect("a script holds it");
        assert!(place.span.of(&markup).starts_with("{\"@type\""));
    }
}

#[test]
fn what_is_left_open_ends_with_the_page() {
    for markup in ["a<!-- b", "a<script>b", "a<style>b", "a<b c='", "a<!", "a<textarea>b"] {
        assert_eq!(texts(markup), ["a"], "{markup}");
    }
    assert_eq!(texts("a<plaintext><b>"), ["a", "<b>"]);
}

/// Tags, text and characters that mean something, in any order.
fn soup() -> impl Strategy<Value = String> {
    const TAGS: &[&str] = &[
        "p",
        "div",
        "a href=x",
        "ul",
        "ol",
        "li",
        "table",
        "tr",
        "td",
        "th",
        "caption",
        "h1",
        "h3",
        "pre",
        "blockquote",
        "br",
        "dl",
        "dt",
        "dd",
        "b",
        "i",
        "span",
        "svg",
        "math",
        "select",
        "option",
        "button",
        "template",
        "form",
        "section",
        "hr",
        "img",
        "title",
        "body",
        "html",
        "head",
        "script",
        "style",
        "textarea",
        "x-y",
        "p hidden",
        "ruby",
        "details",
        "noscript",
    ];
    let piece = prop_oneof![
        4 => proptest::sample::select(TAGS).prop_map(|tag| format!("<{tag}>")),
        3 => proptest::sample::select(TAGS).prop_map(|tag| format!("</{tag}>")),
        4 => "[a-zé王]{1,3}[ \n\u{a0}\u{3000}]?",
        1 => "[ \n\t\u{a0}\u{3000}\u{200b}\u{2028}\u{85}\0]{1,3}",
        1 => "\\PC{0,4}",
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_soup_of_tags_is_a_sound_page(markup in soup()) {
        check(&page(&markup));
    }

    #[test]
    fn any_text_is_a_sound_page(markup in any::<String>()) {
        check(&page(&markup));
    }

    #[test]
    fn words_of_shown_elements_are_all_kept(
        pieces in proptest::collection::vec(
            ("[a-z]{1,4}", proptest::sample::select(&["p", "div", "ul", "li", "b", "td", "table", "tr", "h2", "dd", "a href=x", "blockquote"][..]), any::<bool>()),
            0..30,
        )
    ) {
        let markup: String = pieces
            .iter()
            .map(|(word, tag, close)| {
                format!("<{}{}>{word} ", if *close { "/" } else { "" }, tag.split(' ').next().unwrap())
            })
            .collect();
        let letters = |text: &str| {
            let mut letters: Vec<_> = text.chars().filter(char::is_ascii_lowercase).collect();
            letters.sort_unstable();
            letters
        };
        let words: String = pieces.iter().map(|(word, ..)| word.as_str()).collect();
        // The order may change: a browser moves text out of tables too.
        prop_assert_eq!(letters(&page(&markup).text), letters(&words));
    }
}

/// All text of a page, shown or not: (text, hidden).
fn all(markup: &str) -> Vec<(String, bool)> {
    let info = page("").info;
    let page = segment(info, markup, Extent::All.into());
    check(&page);
    let hidden = |block: &Block| page.outline.get(block.element).is_some_and(|e| e.is_hidden);
    page.blocks.iter().map(|b| (b.span.of(&page.text).to_owned(), hidden(b))).collect()
}

#[test]
fn hidden_blocks_are_there_where_all_is_wanted() {
    let tabs = "<div><p>Shown.<div style='display:none'><p>Behind a tab.</div><p hidden>Later.";
    assert_eq!(texts(tabs), ["Shown."]);
    let shown = |text: &str| (text.to_owned(), false);
    let hidden = |text: &str| (text.to_owned(), true);
    assert_eq!(all(tabs), [shown("Shown."), hidden("Behind a tab."), hidden("Later.")]);
}

#[test]
fn a_hidden_part_of_a_line_is_not_text_either_way() {
    let line = "<p>Mill <span style='display: none'>hidden</span>stream";
    assert_eq!(all(line), [("Mill stream".to_owned(), false)]);
}

#[test]
fn a_product_described_in_structured_data_alone_is_described_in_the_text() {
    let data = r#"<script type="application/ld+json">{"@graph": [{"@type": ["Product", "Thing"],
        "description": "<p>A bucket of larch &amp; iron, for wells up to forty metres deep.</p><p>Hand made.</p>"}]}</script>"#;
    let page_with = |body: &str| format!("<title>Bucket</title>{data}<h1>Bucket</h1>{body}");
    let text = "A bucket of larch & iron, for wells up to forty metres deep.";
    let found = all(&page_with(""));
    assert_eq!(found[1..], [(text.to_owned(), true), ("Hand made.".to_owned(), true)]);
    assert_eq!(texts(&page_with("")), ["Bucket"]);
    let shown = all(&page_with(
        "<p>A bucket of larch &amp; iron, for wells up to forty <b>metres</b> deep.<p>Hand made.",
    ));
    assert_eq!(shown.len(), 3, "{shown:?}");
}

#[test]
fn structured_data_that_is_broken_is_passed_over() {
    for data in
        ["{", "[]", "null", "{\"@type\": 3}", "{\"@type\":\"Product\",\"description\":7}", ""]
    {
        let markup = format!("<script type='application/ld+json'>{data}</script><p>Text.");
        assert_eq!(all(&markup), [("Text.".to_owned(), false)], "{data}");
    }
}

#[test]
fn deep_structured_data_ends() {
    let deep = "[".repeat(200_000);
    let markup = format!("<script type='application/ld+json'>{deep}</script><p>Text.");
    assert_eq!(all(&markup).len(), 1);
}

#[test]
fn what_a_page_says_it_is_is_known() {
    let markup = "<meta property='og:type' content='Article'><script type='application/ld+json'>\
        {\"@type\": \"WebPage\", \"mainEntity\": {\"@type\": \"FAQPage\"}}</script><p>a";
    let types: Vec<_> = page(markup).outline.types.iter().map(|kind| kind.to_string()).collect();
    assert_eq!(types, ["article", "webpage", "faqpage"]);
}

#[test]
fn elements_know_the_blocks_in_them() {
    let page = page("<main><div class=post><p>One<p>Two</div><p>Three</main><footer>Four");
    let spans: Vec<_> = page
        .outline
        .elements()
        .iter()
        .map(|e| (page.outline.tag(e).name.to_owned(), e.first_block, e.end_block))
        .collect();
    let of = |name: &str, first, end| (name.to_owned(), first, end);
    assert_eq!(
        spans,
        [
            of("html", 0, 4),
            of("body", 0, 4),
            of("main", 0, 3),
            of("div", 0, 2),
            of("p", 0, 1),
            of("p", 1, 2),
            of("p", 2, 3),
            of("footer", 3, 4)
        ]
    );
}
