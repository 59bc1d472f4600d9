use std::fmt::Write as _;

use super::super::tests::page;
use super::*;

fn stated(markup: &str) -> Metadata {
    page(markup).metadata
}

fn of_scripts(scripts: &[&str]) -> Metadata {
    let mut markup = String::new();
    for script in scripts {
        let _ = write!(markup, "<script type='application/ld+json'>{script}</script>");
    }
    stated(&markup)
}

fn at(url: &str, markup: &str) -> Metadata {
    let mut info = Info::new("a", crate::document::Format::Html);
    info.url = Some(url.to_owned());
    super::super::segment(info, markup, super::super::Wanted::default()).metadata
}

#[test]
fn a_page_that_says_nothing_has_no_metadata() {
    for markup in ["", "<p>By Ann Other, 2024-03-05</p>", "<title> </title><meta name=author>"] {
        assert!(stated(markup).is_empty(), "{markup}");
        assert_eq!(stated(markup), Metadata::default());
    }
}

#[test]
fn an_article_in_structured_data_says_all() {
    let found = of_scripts(&[r#"{"@context":"https://schema.org","@type":"NewsArticle",
        "headline":"The mill &amp; the tide","author":[{"@type":"Person","name":"Ann Miller"},"Jo Weir"],
        "datePublished":"2024-03-05T09:00:00+01:00","dateModified":"2024-03-06",
        "inLanguage":"en-GB","publisher":{"@type":"Organization","name":"The Creek"}}"#]);
    assert_eq!(found.title.as_deref(), Some("The mill & the tide"));
    assert_eq!(found.authors, ["Ann Miller", "Jo Weir"]);
    assert_eq!(found.published.as_deref(), Some("2024-03-05T09:00:00+01:00"));
    assert_eq!(found.modified.as_deref(), Some("2024-03-06"));
    assert_eq!(found.language.as_deref(), Some("en-GB"));
    assert_eq!(found.site_name.as_deref(), Some("The Creek"));
    assert_eq!(found.kind.as_deref(), Some("NewsArticle"));
}

#[test]
fn a_graph_is_read_for_its_article_and_authors_are_found_by_their_ids() {
    let found = of_scripts(&[r##"{"@graph":[
        {"@type":"WebPage","datePublished":"2020-01-01","author":{"name":"The page"}},
        {"@type":["Article","Thing"],"author":{"@id":"#ann"},"datePublished":"2021-02-03"},
        {"@type":"BlogPosting","author":"A later one","datePublished":"2022-01-01"},
        {"@type":"WebSite","name":"Creek news"},
        {"@type":"Person","@id":"#jo","name":"Jo Weir"},
        {"@type":"Person","@id":"#ann","name":"Ann Miller"}]}"##]);
    assert_eq!(found.authors, ["Ann Miller"]);
    assert_eq!(found.published.as_deref(), Some("2021-02-03"));
    assert_eq!(found.site_name.as_deref(), Some("Creek news"));
    assert_eq!(found.kind.as_deref(), Some("Article"));
}

#[test]
fn what_comments_and_lists_say_is_not_said_of_the_page() {
    let found = of_scripts(&[
        r#"{"@type":"Product","name":"Millstone","review":{"@type":"Review","author":"Buyer",
            "datePublished":"2024-01-01"},"comment":[{"@type":"Comment","author":"Reader"}]}"#,
        r#"{"@type":"ItemList","itemListElement":[{"@type":"Article","author":"Other"}]}"#,
        r#"{"@type":"Organization","name":"The Creek"}"#,
    ]);
    assert_eq!(found, Metadata { kind: Some("Product".into()), ..Metadata::default() });
}

#[test]
fn a_page_of_many_questions_is_none_of_them() {
    let found =
        of_scripts(&[r#"{"@type":"FAQPage","mainEntity":[{"@type":"Question","author":"A"}]}"#]);
    assert_eq!(found, Metadata { kind: Some("FAQPage".into()), ..Metadata::default() });
    let found =
        of_scripts(&[r#"{"@type":"QAPage","mainEntity":{"@type":"Question","author":"A"}}"#]);
    assert_eq!((found.kind.as_deref(), found.authors.len()), (Some("Question"), 1));
}

#[test]
fn what_a_template_left_is_no_name() {
    assert!(stated("<meta name=author content=undefined><title>{{ title }}</title>").is_empty());
}

#[test]
fn metas_speak_in_the_order_of_their_names() {
    let found = stated(
        "<html lang=' en-GB '><title>Mill - Creek news</title>\
         <meta name=date content=2020-01-01>\
         <meta name=Author content='https://example.org/ann'>\
         <meta name=DC.creator content='  Ann\n Miller '><meta name=dc.creator content='ann miller'>\
         <meta property=article:published_time content=2024-03-05T09:00Z>\
         <meta property=og:updated_time content='yesterday'>\
         <meta itemprop=dateModified content=2024/03/06>\
         <meta property=og:title content='The mill'><meta property=og:site_name content='Creek'>\
         <meta property=og:type content=article><meta property=og:locale content=en_US>",
    );
    assert_eq!(found.title.as_deref(), Some("The mill"));
    assert_eq!(found.authors, ["Ann Miller"]);
    assert_eq!(found.published.as_deref(), Some("2024-03-05T09:00Z"));
    assert_eq!(found.modified.as_deref(), Some("2024-03-06"));
    assert_eq!(found.language.as_deref(), Some("en-GB"));
    assert_eq!(found.site_name.as_deref(), Some("Creek"));
    assert_eq!(found.kind.as_deref(), Some("article"));
    assert_eq!(stated("<title> Mill\n news </title>").title.as_deref(), Some("Mill news"));
    let language = |markup| stated(markup).language;
    assert_eq!(
        language("<html lang='{{x}}'><meta http-equiv=content-language content=de>").unwrap(),
        "de"
    );
    assert_eq!(language("<meta http-equiv=content-language content='de, en'>"), None);
}

#[test]
fn marked_elements_say_who_and_when() {
    let byline = "<p>By <a rel='author nofollow' href=/jo>Jo <b>Weir</b></a>, \
                  <time class='entry-date updated' datetime=2024-03-05T09:00>today</time>";
    let found = stated(byline);
    assert_eq!(found.authors, ["Jo Weir"]);
    assert_eq!(found.published.as_deref(), Some("2024-03-05T09:00"));
    assert_eq!(found.modified.as_deref(), Some("2024-03-05T09:00"));
    let scoped = "<span itemprop=author itemscope>By <span itemprop=name>Ann Miller</span>, \
                  editor</span><time pubdate>2024-03-05</time>\
                  <div itemprop=dateModified>2024-03-07</div><b itemprop=author>A reader</b>";
    let found = stated(scoped);
    assert_eq!(found.authors, ["Ann Miller"]);
    assert_eq!(found.published.as_deref(), Some("2024-03-05"));
    assert_eq!(found.modified.as_deref(), Some("2024-03-07"));
    let plain = "<a rel=author>By Jo Weir</a><time datetime=2024-03-05>of a comment</time>";
    assert_eq!(stated(plain), Metadata { authors: vec!["Jo Weir".into()], ..Metadata::default() });
    let far = format!("<div itemprop=author>{}</div>", "word ".repeat(100));
    assert!(stated(&far).is_empty());
}

#[test]
fn dates_are_those_of_iso_8601() {
    for (text, expected) in [
        ("2024-03-05", Some("2024-03-05")),
        (" 2024-03-05 10:11:12 ", Some("2024-03-05 10:11:12")),
        ("2024-03-05T10:11:12.000+0100", Some("2024-03-05T10:11:12.000+0100")),
        ("2024-03-05 10:11 CET", Some("2024-03-05")),
        ("2024/03/05", Some("2024-03-05")),
        ("20240305", Some("2024-03-05")),
        ("2024-03", Some("2024-03")),
        ("2024", Some("2024")),
        ("2024-13-05", None),
        ("2024-03/05", None),
        ("2024-03-051", None),
        ("5 March 2024", None),
        ("1709632800", None),
        ("0000-00-00", None),
        ("２０２４-03-05", None),
        ("", None),
    ] {
        assert_eq!(date(text).as_deref(), expected, "{text}");
    }
}

#[test]
fn addresses_are_absolute() {
    let canonical = |markup| at("https://a.org/b/c?x=1", markup).canonical_url;
    assert_eq!(canonical("<link rel=Canonical href='/b/c'>").unwrap(), "https://a.org/b/c");
    assert_eq!(
        canonical("<link rel=icon href=/i><meta property=og:url content=https://b.org/>").unwrap(),
        "https://b.org/"
    );
    assert_eq!(canonical("<link rel=canonical href=''>"), None);
    assert_eq!(stated("<link rel=canonical href=/b>").canonical_url, None);
    let base = |markup| at("https://a.org/b/c?x=1", markup).base_url.unwrap();
    assert_eq!(base(""), "https://a.org/b/c?x=1");
    assert_eq!(base("<base href=../><base href=/z>"), "https://a.org/");
    let found = stated("<base target=x><link rel=canonical href=https://a.org/b>");
    assert_eq!(found.base_url.as_deref(), Some("https://a.org/b"));
}

#[test]
fn much_structured_data_is_read_up_to_a_bound() {
    let many = format!("[{}]", vec![r#"{"@type":"Thing"}"#; 3_000].join(","));
    let found = of_scripts(&[&many, r#"{"@type":"Article","author":"Ann"}"#]);
    assert_eq!(found.kind.as_deref(), Some("Thing"));
    assert!(found.authors.is_empty());
    let deep = format!("{}{}", r#"{"@graph":"#.repeat(200), "1");
    assert!(of_scripts(&[&deep]).is_empty());
}
