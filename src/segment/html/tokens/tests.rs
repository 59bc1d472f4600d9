//! The trees are those that `html5ever`'s tokenizer leads to.

use html5ever::tokenizer::states::RawKind;
use proptest::prelude::*;
use scraper::Html;
use scraper::node::Node;

use super::super::guard;
use super::*;

/// A tree as lines, each node in the order of the page with its depth, without what this
/// tokenizer leaves out.
fn lines(html: &Html) -> Vec<String> {
    let unread = ["style", "script", "iframe", "noembed", "noframes"];
    let mut lines = Vec::new();
    for node in html.tree.root().descendants() {
        let depth = node.ancestors().count();
        let parent = node.parent().and_then(|parent| parent.value().as_element());
        match node.value() {
            Node::Text(_)
                if parent.is_some_and(|parent| {
                    unread.contains(&parent.name()) && parent.name.ns == ns!(html)
                }) => {}
            Node::Element(element) => {
                let attributes: Vec<_> = element.attrs().collect();
                lines.push(format!("{depth} {:?} {attributes:?}", element.name));
            }
            other => lines.push(format!("{depth} {other:?}")),
        }
    }
    lines
}

fn assert_same(markup: &str) {
    let (ours, theirs) = (guard::parse(markup), guard::tests::parse_by_html5ever(markup));
    assert_eq!(lines(&ours.html), lines(&theirs), "{markup:?}");
}

/// Whether a `<![CDATA[` is text, and how a tag's content is read, from the tags alone.
#[derive(Default)]
struct Told {
    tokens: std::cell::RefCell<Vec<String>>,
}

impl Tokens for Told {
    fn tag(&self, tag: Tag) -> Reading {
        let attributes: Vec<_> =
            tag.attrs.iter().map(|a| format!("{}={}", &a.name.local, &a.value)).collect();
        let slash = if tag.self_closing { "/" } else { "" };
        let kind = if tag.kind == TagKind::EndTag { "/" } else { "" };
        let name = tag.name.to_string();
        let line = format!("<{kind}{name}{slash}>{}", attributes.join(","));
        self.tokens.borrow_mut().push(line);
        match (tag.kind, &*name) {
            (TagKind::StartTag, "title") => Reading::Raw(RawKind::Rcdata),
            (TagKind::StartTag, "script") => Reading::Raw(RawKind::ScriptData),
            (TagKind::StartTag, "xmp") => Reading::Raw(RawKind::Rawtext),
            (TagKind::StartTag, "plaintext") => Reading::Plain,
            _ => Reading::Markup,
        }
    }

    fn text(&self, text: StrTendril, _: &[Piece]) {
        self.tokens.borrow_mut().push(text.to_string());
    }

    fn null(&self, _: usize) {
        self.tokens.borrow_mut().push("NUL".to_owned());
    }

    fn doctype(&self, markup: &str) {
        self.tokens.borrow_mut().push(markup.to_owned());
    }

    fn is_foreign(&self) -> bool {
        true
    }

    fn end(&self) {}
}

fn tokens(markup: &str) -> Vec<String> {
    let told = Told::default();
    read(markup, &told);
    told.tokens.take()
}

#[test]
fn tags_are_read_in_every_way_of_writing_them() {
    assert_eq!(tokens("<P CLASS=a id='b c' HREF = \"d>\"/>e"), ["<p/>class=a,id=b c,href=d>", "e"]);
    assert_eq!(tokens("<a =x href=/y/>z"), ["<a>href=/y/", "z"]);
    assert_eq!(tokens("<a id=1 id=2 ID=3>"), ["<a>id=1"]);
    assert_eq!(tokens("<a id>b</a id=4>"), ["<a>id=", "b", "</a>id=4"]);
    assert_eq!(tokens("a<b"), ["a"]);
    assert_eq!(tokens("a<b id='"), ["a"]);
    assert_eq!(tokens("1 < 2 <3</><4"), ["1 <", " 2 <", "3", "<", "4"]);
}

#[test]
fn comments_end_where_the_standard_says() {
    for comment in
        ["<!-->", "<!--->", "<!---->", "<!-- a -- > b -->", "<!--a--!>", "<!a>", "<?a>", "</ a>"]
    {
        assert_eq!(tokens(&format!("{comment}b")), ["b"], "{comment}");
    }
    assert_eq!(tokens("<!DocType \">\">"), ["<!DocType \">", "\">"]);
    for open in ["<!--!>", "<!---!>", "<!-- -- >", "<!-- --!", "<!--"] {
        assert!(tokens(&format!("{open}b")).is_empty(), "{open}");
    }
}

#[test]
fn entities_are_decoded_as_browsers_do() {
    for (written, read) in [
        ("&amp;&lt&nbsp;&copy", "&<\u{a0}\u{a9}"),
        ("&notit; &notin; &not;", "\u{ac}it; \u{2209} \u{ac}"),
        ("&#65;&#x42&#x;&#;&#", "AB&#x;&#;&#"),
        ("&#0;&#x80;&#xD800;&#x110000;&#99999999999;", "\u{fffd}\u{20ac}\u{fffd}\u{fffd}\u{fffd}"),
        ("&nosuch; & &; &NotEqualTilde;", "&nosuch; & &; \u{2242}\u{338}"),
        ("a\r\nb\rc\n", "a\nb\nc\n"),
    ] {
        assert_eq!(tokens(written), [read], "{written}");
    }
    assert_eq!(tokens("<a href='?a&copy=1&copy;&lt'>"), ["<a>href=?a&copy=1\u{a9}<"]);
}

#[test]
fn no_entity_without_a_semicolon_is_longer_than_is_looked_for() {
    for (name, (first, _)) in NAMED_ENTITIES.entries() {
        assert!(name.len() <= ENTITY_BYTES_MAX + 1, "{name}");
        assert!(
            *first == 0 || name.ends_with(';') || name.len() <= BARE_ENTITY_BYTES_MAX,
            "{name}"
        );
    }
}

#[test]
fn a_script_ends_where_the_standard_says() {
    for script in [
        "'</b>'</script>",
        "</SCRIPT\n>",
        "<!-- </script>",
        "<!-- <script> </script> </script>",
        "<!-- <script> --></script>",
        "<!--><script></script>",
        "<!-<script></script>",
        "<!-- <scripts></script>",
    ] {
        assert_eq!(
            tokens(&format!("<script>{script}x")),
            ["<script>", "</script>", "x"],
            "{script}"
        );
    }
    assert_eq!(tokens("<script><!--<script></script>x"), ["<script>"]);
    assert_eq!(
        tokens("<title>a<b>&lt;</titles></title>c"),
        ["<title>", "a<b><</titles>", "</title>", "c"]
    );
    assert_eq!(tokens("<xmp>&lt;</xmp>"), ["<xmp>", "&lt;", "</xmp>"]);
}

#[test]
fn of_scripts_only_structured_data_is_read() {
    assert_eq!(tokens("<script>{}</script>"), ["<script>", "</script>"]);
    for data in ["application/ld+json", " Application/LD+JSON; charset=utf-8"] {
        let tag = format!("<script>type={data}");
        let read = tokens(&format!("<script type='{data}'>{{\"a\":\"&amp;\"}}</script>"));
        assert_eq!(read, [tag.as_str(), "{\"a\":\"&amp;\"}", "</script>"]);
    }
}

pub(in super::super) const PIECES: [&str; 91] = [
    "<",
    ">",
    "/",
    "!",
    "-",
    "--",
    "-->",
    "--!>",
    "<!--",
    "<!",
    "</",
    "</ ",
    "<?",
    "=",
    "\"",
    "'",
    " ",
    "\n",
    "\r",
    "\r\n",
    "\t",
    "\u{c}",
    "\0",
    "&",
    ";",
    "#",
    "&amp;",
    "&lt",
    "&notit",
    "&#x80;",
    "&#0",
    "&copy=",
    "é",
    "x",
    "A",
    "1",
    "text",
    "  ",
    "[CDATA[",
    "<![CDATA[",
    "]]",
    "]]>",
    "<!doctype html>",
    "<!DOCTYPE html PUBLIC \"-//W3C//DTD HTML 3.2//EN\">",
    "<!doctype",
    "script",
    "<script>",
    "</script>",
    "<SCRIPT ",
    "</script ",
    "<style>",
    "</style>",
    "<title>",
    "</title",
    "</title>",
    "<textarea>",
    "</textarea>",
    "<svg>",
    "</svg>",
    "<math>",
    "<mi>",
    "<table>",
    "</table>",
    "<td>",
    "<tr>",
    "<caption>",
    "<select>",
    "<option>",
    "<p>",
    "</p>",
    "<a ",
    "<a href=x>",
    "</a>",
    "<div>",
    "</div>",
    "<b>",
    "<template>",
    "</template>",
    "<pre>",
    "<xmp>",
    "</xmp>",
    "<plaintext>",
    "<br/>",
    "<li>",
    "<noscript>",
    "<iframe>",
    "class=",
    "id='",
    "<meta ",
    "content=",
    "name=",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_markup_makes_the_tree_that_html5evers_tokenizer_makes(
        pieces in prop::collection::vec(prop::sample::select(PIECES.as_slice()), 0..40),
    ) {
        assert_same(&pieces.concat());
    }

    #[test]
    fn any_text_makes_the_tree_that_html5evers_tokenizer_makes(markup in "\\PC{0,60}") {
        assert_same(&markup);
    }
}

#[test]
fn foreign_markup_and_a_page_in_all_its_parts_make_the_same_trees() {
    for markup in [
        "<svg><![CDATA[a<b>&amp;]]]>c]]></svg><![CDATA[d]]>e",
        "<svg><style><b>x</b></style><title>y</title></svg>",
        "<table>a<tr>b<td>c</table>d",
        "<pre>\r\nx</pre><textarea>\n\ny</textarea>",
        "<!DOCTYPE html><p><table>",
        "<p><table>",
        "\u{feff}<p>x",
    ] {
        assert_same(markup);
    }
}
