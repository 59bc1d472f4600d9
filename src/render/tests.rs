use proptest::prelude::*;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::*;
use crate::document::{Document, Format as DocumentFormat, Info};
use crate::segment::html::{Extent, Wanted};
use crate::segment::segment_to;

fn page(markup: &str) -> Page {
    page_at(None, markup)
}

fn page_at(url: Option<&str>, markup: &str) -> Page {
    let mut info = Info::new("a", DocumentFormat::Html);
    info.url = url.map(str::to_owned);
    let document = Document { info, text: markup.to_owned() };
    segment_to(document, Wanted { extent: Extent::Shown, structure: true })
}

/// The Markdown of a page of which all is kept.
fn md(markup: &str) -> String {
    let page = page(markup);
    check(&page, &[Span::new(0, page.text.len())]);
    whole(&page)
}

fn whole(page: &Page) -> String {
    markdown(page, &[Span::new(0, page.text.len())], Links::Markdown)
}

/// The Markdown of a page without these parts of its text.
fn without(markup: &str, gone: &[&str]) -> String {
    let page = page(markup);
    let mut kept = Vec::new();
    let mut at = 0;
    for gone in gone {
        let start = at + page.text[at..].find(gone).expect("it is there");
        kept.push(Span::new(at, start));
        at = start + gone.len();
    }
    kept.push(Span::new(at, page.text.len()));
    check(&page, &kept);
    markdown(&page, &kept, Links::Markdown)
}

/// What a parser reads.
#[derive(Debug, Default, PartialEq)]
struct Read {
    words: Vec<String>,
    headings: Vec<(u8, Vec<String>)>,
    /// Own words of each item.
    items: Vec<Vec<String>>,
    cells: Vec<Vec<String>>,
    code: Vec<(String, String)>,
    links: Vec<(String, String)>,
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn read(markdown: &str) -> Read {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut read = Read::default();
    let mut all = String::new();
    // Where the heading, cell, code or link at hand begins; for items, whose text is still open.
    let mut starts: Vec<usize> = Vec::new();
    let mut item: Option<usize> = None;
    let mut target = String::new();
    let mut language = String::new();
    for event in Parser::new_ext(markdown, options) {
        let is_block = match &event {
            Event::Start(tag) => !is_inline(&tag.to_end()),
            Event::End(tag) => !is_inline(tag),
            _ => false,
        };
        if is_block {
            all.push('\n');
            let is_text = matches!(event, Event::Start(Tag::Paragraph));
            if let Some(start) = item.filter(|_| !is_text) {
                read.items.push(words(&all[start..]));
                item = None;
            }
        }
        match event {
            Event::Start(Tag::Item) => item = Some(all.len()),
            Event::Start(Tag::Heading { .. } | Tag::TableCell) => starts.push(all.len()),
            Event::Start(Tag::CodeBlock(kind)) => {
                if let pulldown_cmark::CodeBlockKind::Fenced(info) = kind {
                    language = info.to_string();
                }
                starts.push(all.len());
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                target = dest_url.to_string();
                starts.push(all.len());
            }
            Event::End(TagEnd::Heading(level)) => {
                let text = words(&all[starts.pop().unwrap()..]);
                read.headings.push((level as u8 - HeadingLevel::H1 as u8 + 1, text));
            }
            Event::End(TagEnd::TableCell) => {
                read.cells.push(words(&all[starts.pop().unwrap()..]));
            }
            Event::End(TagEnd::CodeBlock) => {
                let code = all[starts.pop().unwrap()..].trim_end().to_owned();
                read.code.push((language.clone(), code));
            }
            Event::End(TagEnd::Link) => {
                let text = all[starts.pop().unwrap()..].to_owned();
                read.links.push((text, target.clone()));
            }
            Event::Text(text) | Event::Code(text) => all.push_str(&text),
            Event::SoftBreak | Event::HardBreak => all.push('\n'),
            Event::Start(_) | Event::End(_) => {}
            other => panic!("{other:?} in {markdown:?}"),
        }
    }
    read.words = words(&all);
    read
}

fn is_inline(tag: &TagEnd) -> bool {
    matches!(tag, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Link)
}

/// The kept text of a page line by line, without its marks; what is cut is cut inside lines.
fn plain(page: &Page, kept: &[Span]) -> Vec<String> {
    let mut lines = Vec::new();
    for part in &page.structure.as_ref().unwrap().parts {
        let mut at = part.span.start;
        let mut stretches = Vec::new();
        for mark in &part.marks {
            stretches.push(Span::new(at, mark.span.start));
            at = mark.span.end;
        }
        stretches.push(Span::new(at, part.span.end));
        for stretch in stretches {
            let mut at = stretch.start;
            for line in stretch.of(&page.text).split('\n') {
                let span = Span::new(at, at + line.len());
                at = span.end + 1;
                let pieces = kept.iter().map(|piece| {
                    let (start, end) = (piece.start.max(span.start), piece.end.min(span.end));
                    Span::new(start, end.max(start)).of(&page.text)
                });
                lines.push(pieces.collect());
            }
        }
    }
    lines
}

/// What must hold for every page.
fn check(page: &Page, kept: &[Span]) -> Read {
    let rendered = markdown(page, kept, Links::Markdown);
    let found = read(&rendered);
    let expected: Vec<String> = plain(page, kept).iter().flat_map(|line| words(line)).collect();
    assert_eq!(found.words, expected, "{rendered}");
    let as_text = read(&markdown(page, kept, Links::Text));
    assert_eq!(as_text.words, expected);
    assert!(as_text.links.is_empty());
    assert_eq!(rendered.trim(), rendered);
    found
}

#[test]
fn headings_paragraphs_and_breaks_are_as_in_the_page() {
    let markup = "<h1>Mills</h1><p>One <br>two<p>three<div>four<br><br>five</div><h6>End</h6>";
    assert_eq!(md(markup), "# Mills\n\nOne  \ntwo\n\nthree\n\nfour\n\nfive\n\n###### End");
    assert_eq!(
        md("<a href=https://a.org/x><h2>Title</h2><p>Lead</p></a>"),
        "## [Title](https://a.org/x)\n\n[Lead](https://a.org/x)"
    );
    assert_eq!(md(""), "");
    assert_eq!(md("<h2>C# and C #</h2><h3>#</h3>"), "## C# and C \\#\n\n### \\#");
}

#[test]
fn lists_keep_nesting_and_numbers() {
    assert_eq!(
        md("<ul><li>a<li>b<ul><li>c<li>d<ol start=9><li>e<li>f</ol></ul><li>g</ul>"),
        "- a\n- b\n  - c\n  - d\n\n    9. e\n    10. f\n- g"
    );
    assert_eq!(md("<ol><li>a<ol><li>b</ol>more</ol>"), "1. a\n   1. b\n\n   more");
    assert_eq!(
        md("<dl><dt>Sluice<dd>A gate that lets the water in and out of the pond, by hand or \
        by the tide itself, and is watched at night.<dt>Race<dd>Where it runs.</dl>"),
        "Sluice: A gate that lets the water in and out of the pond, by hand or by the tide itself, \
         and is watched at night.  \nRace: Where it runs."
    );
    assert_eq!(md("<dl><dt>a<dt>b<dd>c</dl>"), "- a\n- b\n  - c");
    assert_eq!(md("<ol start=-3><li>a</ol>"), "- a");
}

#[test]
fn neighbouring_lists_are_told_apart() {
    assert_eq!(md("<ul><li>a</ul><ul><li>b</ul><ul><li>c</ul>"), "- a\n\n* b\n\n- c");
    assert_eq!(md("<ol><li>a</ol><ol><li>b</ol>"), "1. a\n\n1) b");
    assert_eq!(md("<ul><li>a</ul><p>b</p><ul><li>c</ul>"), "- a\n\nb\n\n- c");
}

#[test]
fn items_that_are_blocks_hold_them() {
    let markup = "<ol><li><p>Install it:</p><pre>cargo add mill\n\ncargo build</pre><p>Then wait.</p>\
                  <li><p>Run it.</p><ul><li>by hand<li>by tide</ul><blockquote><p>Twice.</blockquote></ol>";
    assert_eq!(
        md(markup),
        "1. Install it:\n\n   ```\n   cargo add mill\n\n   cargo build\n   ```\n\n   Then wait.\n\n\
         2. Run it.\n\n   - by hand\n   - by tide\n\n   > Twice."
    );
    // Cards: the list arranges sections.
    assert_eq!(
        md("<ul><li><h2>One</h2><p>Text</p><li><h2>Two</h2><p>Text</p></ul>"),
        "## One\n\nText\n\n## Two\n\nText"
    );
    // The item of which the first block is gone begins with the next.
    assert_eq!(
        without("<ul><li><p>Gone<p>Stays<li><p>Last<p>line</ul>", &["Gone\n\n"]),
        "- Stays\n\n- Last\n\n  line"
    );
}

#[test]
fn quotations_are_nested_and_hold_blocks() {
    let markup = "<blockquote><p>One<br>two<blockquote>inner</blockquote><ul><li>a<li>b</ul>\
                  <pre>x</pre></blockquote><blockquote>Another</blockquote><p>After";
    assert_eq!(
        md(markup),
        "> One  \n> two\n>\n> > inner\n>\n> - a\n> - b\n>\n> ```\n> x\n> ```\n\n> Another\n\nAfter"
    );
}

#[test]
fn tables_have_a_row_of_headers_and_no_cell_is_lost() {
    assert_eq!(
        md("<table><tr><th>Mill<th>Built<tr><td>Old|new<td>1820<br>or so<tr><td><td>1901</table>"),
        "| Mill | Built |\n| --- | --- |\n| Old\\|new | 1820 or so |\n|  | 1901 |"
    );
    assert_eq!(
        md("<table><tr><th>Name<td>Ann<tr><th>Age<td>30<td>x</table>"),
        "|  |  |  |\n| --- | --- | --- |\n| Name | Ann |  |\n| Age | 30 | x |"
    );
    assert_eq!(
        md(
            "<table><thead><tr><td>a<td>b<tbody><tr><td><code>x|y</code><td><a href='https://a.org/?a|b'>z</a></table>"
        ),
        "| a | b |\n| --- | --- |\n| `x\\|y` | [z](https://a.org/?a%7Cb) |"
    );
    assert_eq!(
        md("<table><caption>Mills</caption><tr><td>a<td>b<tr><td>c<td></table>"),
        "Mills\n\n|  |  |\n| --- | --- |\n| a | b |\n| c |  |"
    );
}

#[test]
fn tables_that_hold_more_than_data_are_taken_apart() {
    assert_eq!(
        md("<table><tr><td>a<ul><li>b<li>c</ul><td><h3>d</h3><pre>e\n</pre><tr><td>f<td>g</table>"),
        "a\n\n- b\n- c\n\n### d\n\n```\ne\n```\n\nf\n\ng"
    );
    assert_eq!(md("<p>a<img src=x alt=b>c <picture><img src=y></picture>d"), "a c d");
}

#[test]
fn code_is_fenced_with_its_language() {
    assert_eq!(
        md("<pre class='x language-Rust'>  fn a() {\n    b()\n\n  }\n\n</pre>"),
        "```rust\n  fn a() {\n    b()\n\n  }\n```"
    );
    assert_eq!(
        md("<pre><code class=lang-c++>a ``` b</code></pre><pre>c</pre>"),
        "````c++\na ``` b\n````\n\n```\nc\n```"
    );
    for (around, language) in [
        ("<div class='highlight highlight-source-shell'><div><pre>x</pre></div></div>", "shell"),
        ("<div class='highlight-python notranslate'><pre>x</pre></div>", "python"),
        ("<pre class='brush: php; gutter: false'>x</pre>", "php"),
        ("<pre class='language-plaintext'>x</pre>", ""),
        ("<pre class='language-`'>x</pre>", ""),
    ] {
        assert_eq!(md(around), format!("```{language}\nx\n```"));
    }
}

#[test]
fn links_lead_where_they_lead_on_the_page() {
    let at = |markup| whole(&page_at(Some("https://a.org/b/c?q"), markup));
    assert_eq!(
        at("<a href=../d>x</a> <a href=#e>y</a> <a href='//f.org/g h'>z</a>"),
        "[x](https://a.org/d) [y](https://a.org/b/c?q#e) [z](https://f.org/g%20h)"
    );
    assert_eq!(at("<base href=/z/><a href=d>x</a>"), "[x](https://a.org/z/d)");
    assert_eq!(
        at("<a href='javascript:a()'>x</a> <a href=#>y</a> <a href=' '>z</a> <a>w</a>"),
        "x y z w"
    );
    assert_eq!(md("<h2>One<a href=#one>¶</a></h2>"), "## One¶");
    assert_eq!(
        md("<a href=d(e)>x</a> <a href=d)e>y</a> <a href='mailto:a@b.org'>z</a>"),
        "[x](d(e)) [y](d\\)e) [z](mailto:a@b.org)"
    );
    assert_eq!(md("<a href=https://a.org/x_y>https://a.org/x_y</a>"), "<https://a.org/x_y>");
    assert_eq!(md("Look!<a href=d>[x]</a><a href=e><img src=f></a>"), "Look\\![\\[x\\]](d)");
    let text = markdown(&page("<p>a <a href=d>b</a> <b>c</b>"), &[Span::new(0, 5)], Links::Text);
    assert_eq!(text, "a b **c**");
}

#[test]
fn code_and_emphasis_are_set_off_inside_blocks() {
    assert_eq!(
        md("<p>Call <code>a_b(`c`)</code> or <tt>*</tt>, <b>never</b> <i>once</i>."),
        "Call ``a_b(`c`)`` or `*`, **never** *once*."
    );
    assert_eq!(
        md(
            "<p><code><a href=d>T</a></code>, <a href=d><code>U</code></a>, <code>V&lt;<a href=e>W</a>&gt;</code>"
        ),
        "[`T`](d), [`U`](d), `V<`[`W`](e)`>`"
    );
    assert_eq!(
        md("<p><a href=d><b>x</b> y</a> <b>a <a href=e>z</a> b</b>"),
        "[**x** y](d) **a [z](e) b**"
    );
    assert_eq!(
        md("<p><b>a <i>b</i> c</b> <b><i>d</i></b> x<b>e</b>y"),
        "**a *b* c** **d** x**e**y"
    );
    // A parser would not be sure to see these.
    assert_eq!(md("<p>x<b>(y)</b>z <b>a</b><i>b</i> <b> </b>"), "x(y)z **a**b");
    assert_eq!(md("<b><p>a<p>b</b>"), "**a**\n\n**b**");
    assert_eq!(md("<h2><b>Title</b> <code>x</code></h2>"), "## **Title** `x`");
    assert_eq!(md("<ul><li><b>Term</b> text<li><kbd>q</kbd></ul>"), "- **Term** text\n- `q`");
}

#[test]
fn what_would_be_markdown_is_escaped() {
    for text in [
        "# a",
        "####### a",
        "#a",
        "1. a",
        "1) a",
        "12345678901. a",
        "1.a",
        "- a",
        "-a",
        "+ a",
        "* a",
        "> a",
        ">a",
        "---",
        "- - -",
        "***",
        "___",
        "===",
        "=",
        "| a | b |",
        "--- | ---",
        ":-: | -",
        "`a`",
        "``",
        "~~~",
        "~~a~~",
        "~a~",
        "[a](b)",
        "[a]",
        "[a]: b",
        "![a](b)",
        "[ ] a",
        "[^1]",
        "<b>",
        "<a@b.org>",
        "<!--",
        "&amp;",
        "&#65;",
        "&#x41;",
        "& b",
        "&copy",
        "a\\b",
        "\\",
        "\\*",
        "_a_",
        "__a__",
        "a_b_c",
        "_",
        "*a*",
        "**",
        "a*b*c",
        "*",
        "snake_case_",
        "http://a_b_.org/_x_",
        "2024. b",
        "a\u{b}b",
        "Ⓐ*",
        "a  b",
    ] {
        let markup = text.replace('&', "&amp;").replace('<', "&lt;");
        for markup in [
            format!("<p>{markup}"),
            format!("<p>a<br>{markup}<br>b"),
            format!("<ul><li>{markup}<li>{markup}</ul>"),
            format!("<h2>{markup}</h2>"),
            format!("<table><tr><th>{markup}<th>b<tr><td>{markup}<td>{markup}</table>"),
            format!("<blockquote>{markup}</blockquote>"),
            format!("<p><code>{markup}</code> <b>{markup}</b><a href=x>{markup}</a>"),
            format!("<pre>{markup}</pre>"),
        ] {
            let page = page(&markup);
            let found = check(&page, &[Span::new(0, page.text.len())]);
            let headings = usize::from(markup.starts_with("<h2"));
            assert_eq!(found.headings.len(), headings, "{}", whole(&page));
            assert_eq!(found.items.len(), if markup.starts_with("<ul") { 2 } else { 0 });
        }
    }
    assert_eq!(
        md("<p>snake_case, a * b, 5 &lt; 6 and AT&amp;T | x"),
        "snake_case, a \\* b, 5 \\< 6 and AT&T | x"
    );
}

#[test]
fn words_of_neighbouring_elements_do_not_stick_together() {
    for markup in [
        "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>",
        "<p>a<br>b<br/>c<br><br>d",
        "<ul><li>a</li><li>b</li></ul><ol><li>c</li><li>d</li></ol>",
        "<dl><dt>a</dt><dd>b</dd><dt>c</dt><dd>d</dd></dl>",
        "<dl><dt>a</dt><dt>b</dt><dd>c</dd><dd>d</dd></dl>",
        "<div>a</div><div>b</div><section>c</section><my-part>d</my-part>",
        "<h1>a</h1>b<hr>c<pre>d</pre>",
        "<button>a</button><button>b</button><ul><li><a href=x>c</a></li><li><a href=x>d</a></li></ul>",
        "<blockquote>a</blockquote><p>b</p><figure>c<figcaption>d</figcaption></figure>",
        "<table><tr><td>a<td>b<br>c<tr><td>d</table>",
        "<select><option>x</option><option>y</option></select><p>a<img alt=x>b<p>c<svg></svg>d",
        "<ul><li>a<ul><li>b</ul></li><li><p>c</p></li><li>d</ul>",
    ] {
        let found = read(&md(markup));
        let words: Vec<&str> = found.words.iter().map(|word| word.trim_end_matches(':')).collect();
        assert_eq!(words, ["a", "b", "c", "d"], "{markup}");
    }
    // Nothing stands between these.
    assert_eq!(md("<p>one<b>two</b><span>three</span>"), "one**two**three");
}

#[test]
fn what_is_cut_out_of_a_block_leaves_it_whole() {
    assert_eq!(without("<p>One. <b>Two.</b> Three.", &[" Two."]), "One. Three.");
    assert_eq!(without("<p>One. <a href=x>Two. Three.</a>", &["One. ", "Two. "]), "[Three.](x)");
    assert_eq!(
        without("<ul><li>One. Two.<li>Three.<li>Four.</ul>", &["- One. ", "\n- Three."]),
        "- Two.\n- Four."
    );
    assert_eq!(
        without("<ol><li>a<li>b<ol><li>c</ol><li>d</ol>", &["1. a\n2. b\n"]),
        "1. c\n\n3. d"
    );
    assert_eq!(without("<ol><li>a<li>b<li>c</ol>", &["1. a\n"]), "2. b\n3. c");
    assert_eq!(
        without("<table><tr><td>a<td>b<tr><td>c<td>d</table>", &["a | b\n"]),
        "|  |  |\n| --- | --- |\n| c | d |"
    );
    assert_eq!(without("<dl><dt>a<dd>b<dt>c<dd>d</dl>", &["a: b\n"]), "c: d");
    assert_eq!(without("<blockquote><p>a<p>b</blockquote>", &["a\n\n"]), "> b");
    assert_eq!(without("<pre>  a\n  b</pre>", &["a\n"]), "```\n  b\n```");
    assert_eq!(without("<h1>a</h1><p>b", &["a\n\n"]), "b");
    assert_eq!(without("<p>a", &["a"]), "");
}

#[test]
fn a_page_without_structure_is_empty() {
    let mut page = page("<p>a");
    page.structure = None;
    assert_eq!(whole(&page), "");
}

#[test]
fn text_in_structured_data_is_in_its_place() {
    let info = Info::new("a", DocumentFormat::Html);
    let text = r#"<p>Shown <script type='application/ld+json'>{"@type":"Product",
        "description":"&lt;p&gt;A millstone of <b>granite</b> &lt;ul&gt;&lt;li&gt;heavy, and round as such things are&lt;/ul&gt;"}</script>"#;
    let document = Document { info, text: text.replace("&lt;", "<").replace("&gt;", ">") };
    let page = segment_to(document, Wanted { extent: Extent::All, structure: true });
    check(&page, &[Span::new(0, page.text.len())]);
    assert_eq!(
        whole(&page),
        "Shown\n\nA millstone of **granite**\n\n- heavy, and round as such things are"
    );
}

/// A page of many parts, each line with many, takes no more time for each than one of few.
#[test]
fn large_pages_take_linear_time() {
    for markup in [
        format!("<p>{}", "<b>a</b> <i>b</i> <a href=x>c</a> ".repeat(30_000)),
        format!("<ul>{}</ul>", "<li>a".repeat(50_000)),
        format!("<table><tr>{}{}</table>", "<td>a".repeat(20_000), "<tr><td>b".repeat(20_000)),
        format!("<b>{}", "a<br>".repeat(50_000)),
        format!("{}x", "<ul><li>a".repeat(200)),
        "<blockquote><p>a".repeat(2_000),
        format!("<ul>{}</ul>", "<li><p>a<p>b".repeat(20_000)),
    ] {
        assert!(whole(&page(&markup)).len() < 40 * markup.len());
    }
}

/// Words that mean something in Markdown or HTML, and some that do not.
fn word() -> impl Strategy<Value = String> {
    let plain = prop::sample::select(vec![
        "mill", "tide", "weir", "Ann", "is", "1820", "a_b", "x", "café", "水車", "(so)", "“so”",
        "end.",
    ]);
    let nasty = prop::sample::select(vec![
        "*",
        "**",
        "_",
        "__a__",
        "#",
        "##",
        "-",
        "+",
        "1.",
        "2)",
        ">",
        "|",
        "---",
        "===",
        "`",
        "```",
        "~~",
        "[x]",
        "[a](b)",
        "!",
        "\\",
        "&lt;b>",
        "&amp;amp;",
        "&amp;#42;",
        "_a",
        "a_",
        "*a*",
        ":-:",
        "http://a_b.org/_c_",
        "www.a.org",
        "&lt;!--",
        "]",
        "[",
        "a|b",
        "&lt;",
        "$a$",
        "Ⓐ",
        "。",
        "…",
    ]);
    prop_oneof![4 => plain, 2 => nasty].prop_map(str::to_owned)
}

fn inline() -> impl Strategy<Value = String> {
    let space = prop::sample::select(vec![" ", " ", " ", ""]);
    let leaf = (word(), space).prop_map(|(word, space)| word + space);
    let text = prop::collection::vec(leaf, 1..4).prop_map(|words| words.concat());
    text.prop_recursive(3, 12, 4, |inner| {
        let element = prop::sample::select(vec![
            ("<b>", "</b>"),
            ("<i>", "</i>"),
            ("<code>", "</code>"),
            ("<a href='d(e?f|g h'>", "</a>"),
            ("<a href='https://a.org/b'>", "</a>"),
            ("<span>", "</span>"),
            ("", ""),
        ]);
        let one =
            (element, inner).prop_map(|((open, close), inner)| [open, &inner, close].concat());
        prop::collection::vec(one, 1..4).prop_map(|parts| parts.concat())
    })
}

fn list(inner: impl Strategy<Value = String> + Clone) -> impl Strategy<Value = String> {
    let kind =
        prop::sample::select(vec![("<ul>", "</ul>"), ("<ol>", "</ol>"), ("<ol start=7>", "</ol>")]);
    (
        kind,
        prop::collection::vec(
            (inline(), prop::option::of(inner), prop::option::of(inline())),
            1..4,
        ),
    )
        .prop_map(|((open, close), items)| {
            let item = |(text, inner, more): (String, Option<String>, Option<String>)| {
                // Of a list without an inner one, `more` would be more of the same text.
                let more = more.filter(|_| inner.is_some());
                format!("<li>{text}{}{}", inner.unwrap_or_default(), more.unwrap_or_default())
            };
            [open, &items.into_iter().map(item).collect::<String>(), close].concat()
        })
}

fn lists() -> impl Strategy<Value = String> + Clone {
    let leaf = list(Just(String::new())).boxed();
    leaf.prop_recursive(3, 12, 3, |inner| list(inner).boxed())
}

fn block() -> impl Strategy<Value = String> {
    let cell = prop_oneof![inline(), Just(String::new())];
    let row = prop::collection::vec((any::<bool>(), cell), 1..4).prop_map(|cells| {
        let cell = |(header, text): (bool, String)| {
            if header { format!("<th>{text}</th>") } else { format!("<td>{text}</td>") }
        };
        format!("<tr>{}</tr>", cells.into_iter().map(cell).collect::<String>())
    });
    prop_oneof![
        prop::collection::vec(inline(), 1..4)
            .prop_map(|lines| format!("<p>{}</p>", lines.join("<br>"))),
        (1..7, inline()).prop_map(|(level, text)| format!("<h{level}>{text}</h{level}>")),
        lists(),
        prop::collection::vec(row, 1..4)
            .prop_map(|rows| format!("<table>{}</table>", rows.concat())),
        prop::collection::vec(word(), 1..6)
            .prop_map(|lines| format!("<pre>{}</pre>", lines.join("\n  "))),
        (inline(), inline()).prop_map(|(a, b)| format!("<dl><dt>{a}<dd>{b}</dl>")),
    ]
}

fn markup() -> impl Strategy<Value = String> {
    let blocks = prop::collection::vec(block(), 1..4).prop_map(|blocks| blocks.concat());
    let nested = blocks.prop_recursive(3, 10, 3, |inner| {
        let element = prop::sample::select(vec![
            ("<blockquote>", "</blockquote>"),
            ("<div>", "</div>"),
            ("<ul><li><p>a</p><p>b</p>", "</li></ul>"),
            ("<ol><li><p>a</p><pre>b</pre><li>", "</li></ol>"),
        ]);
        (element, inner).prop_map(|((open, close), inner)| [open, &inner, close].concat())
    });
    prop::collection::vec(nested, 1..3).prop_map(|parts| parts.concat())
}

/// Parts of a page's text that a seed picks.
fn picked(page: &Page, mut seed: u64) -> Vec<Span> {
    let places: Vec<usize> =
        page.text.char_indices().map(|(at, _)| at).chain([page.text.len()]).collect();
    let mut kept = Vec::new();
    let mut at = 0;
    while at < places.len() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let end = (at + (seed >> 33) as usize % 40).min(places.len() - 1);
        if seed & (1 << 20) == 0 && at < end {
            kept.push(Span::new(places[at], places[end]));
        }
        at = end + 1;
    }
    kept
}

#[test]
fn emphasis_that_crosses_bold_is_left_out_where_other_emphasis_stands_too() {
    let markup = "<p><i>one</i> <i>two <b>three</b></i><b>four</b></p>";
    assert_eq!(md(markup), "*one* two **threefour**");
    assert_eq!(
        md("<p><b>one <i>two</i></b><i>three</i> <i>four</i> <b>five</b>"),
        "**one two**three *four* **five**"
    );
    let page = page(
        "<blockquote><p><i>mill </i><i><i>mill </i><b>mill</b></i><b>mill </b></p></blockquote>",
    );
    let kept = picked(&page, 14_536_352_322_927_870_368);
    check(&page, &kept);
    assert_eq!(markdown(&page, &kept, Links::Markdown), "> *mill* mll **millmill**");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_parser_reads_the_same_words_headings_items_and_cells(markup in markup()) {
        let page = page(&markup);
        let all = [Span::new(0, page.text.len())];
        let found = check(&page, &all);
        let structure = page.structure.as_ref().unwrap();
        let headings = structure.parts.iter().filter(|part| part.kind == BlockKind::Heading);
        let headings: Vec<_> = headings.map(|part| (part.level, words(part.span.of(&page.text)))).collect();
        prop_assert_eq!(&found.headings, &headings);
        // Cells that are empty do not count: a parser fills rows up.
        let begins: Vec<_> =
            structure.parts.iter().flat_map(Writer::stretches).collect();
        let cells: Vec<Vec<String>> = begins
            .iter()
            .filter(|(begins, _)| matches!(begins, Begins::Row { .. } | Begins::Cell { .. }))
            .map(|(_, span)| words(span.of(&page.text)))
            .collect();
        let read_cells: Vec<_> = found.cells.into_iter().filter(|cell| !cell.is_empty()).collect();
        prop_assert_eq!(read_cells, cells);
        let items: Vec<Vec<String>> = begins
            .iter()
            .filter(|(begins, _)| matches!(begins, Begins::Item { .. }))
            .map(|(_, span)| words(span.of(&page.text)))
            .collect();
        let mut read_items = found.items.iter();
        for item in &items {
            // Items that are containers stand between them.
            prop_assert!(read_items.any(|read| read.starts_with(item)), "{:?} in {}", item, whole(&page));
        }
        let mut code = found.code.iter();
        for part in structure.parts.iter().filter(|part| part.kind == BlockKind::Code) {
            prop_assert_eq!(&code.next().unwrap().1, part.span.of(&page.text));
        }
    }

    #[test]
    fn whatever_is_cut_a_parser_reads_what_is_left(markup in markup(), seed in any::<u64>()) {
        let page = page(&markup);
        let kept = picked(&page, seed);
        check(&page, &kept);
    }

    #[test]
    fn any_markup_is_rendered(markup in ".{0,80}|(<[a-z]{1,6}>|[a-z &;<>*_]{1,6}|</[a-z]{1,6}>){0,30}") {
        let page = page(&markup);
        check(&page, &[Span::new(0, page.text.len())]);
    }
}
