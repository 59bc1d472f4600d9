use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::source::{Compression, Container, Source};

fn line(raw: impl AsRef<[u8]>, ordinal: u64) -> Item {
    let source = Source {
        name: "part.jsonl".into(),
        origin: crate::source::Origin::Stdin,
        container: Container::Jsonl,
        compression: Compression::None,
    };
    Item {
        source: Arc::new(source),
        ordinal,
        raw: raw.as_ref().to_vec(),
        refused: None,
        columns: None,
        row: None,
    }
}

fn with_text_field(name: &str) -> ReadOptions {
    ReadOptions { text_field: name.into(), ..ReadOptions::default() }
}

fn parsed(raw: &str) -> Parsed {
    parse(&line(raw, 4), &ReadOptions::default()).unwrap()
}

fn refusal(raw: impl AsRef<[u8]>) -> Refusal {
    parse(&line(raw, 4), &ReadOptions::default()).unwrap_err()
}

fn text(parsed: &Parsed) -> &str {
    match &parsed.record.body {
        Body::Text(text) => text,
        Body::Bytes(_) | Body::Labelled(..) => panic!("a JSON text is text"),
    }
}

#[test]
fn a_line_is_a_record_with_the_place_of_its_text() {
    let raw = "{ \"n\" : 1.0e2, \"text\" : \"caf\\u00e9 \\ud83d\\ude00\" ,\"id\":\"x\"}\r";
    let parsed = parsed(raw);
    assert_eq!(text(&parsed), "café 😀");
    assert_eq!(parsed.text_at.unwrap().of(raw), r#""caf\u00e9 \ud83d\ude00""#);
    assert_eq!(parsed.record.id, "x");
    assert_eq!(parsed.record.format, Format::Text);
    assert_eq!(parsed.record.location, Location { source: "part.jsonl".into(), ordinal: 4 });
}

#[test]
fn the_id_is_a_string_or_a_number_as_written_or_the_place() {
    for (field, id) in [
        (r#""id":"a\tb","#, "a\tb"),
        (r#""id":10000000000000000000001,"#, "10000000000000000000001"),
        (r#""id":-1.50,"#, "-1.50"),
        (r#""id":"","#, "part.jsonl:5"),
        (r#""id":null,"#, "part.jsonl:5"),
        (r#""id":"\ud800","#, "part.jsonl:5"),
        (r#""id":1,"id":2,"#, "part.jsonl:5"),
        ("", "part.jsonl:5"),
    ] {
        assert_eq!(parsed(&format!(r#"{{{field}"text":""}}"#)).record.id, id);
    }
}

#[test]
fn address_and_language_are_taken_where_they_are_strings() {
    let record = parsed(r#"{"url":"https://a.example/","lang":"de-AT","text":"x"}"#).record;
    assert_eq!(record.url.as_deref(), Some("https://a.example/"));
    assert_eq!(record.language.as_deref(), Some("de"));

    let record = parsed(r#"{"url":["a"],"language":"English","lang":"EN","text":"x"}"#).record;
    assert_eq!(record.url, None);
    assert_eq!(record.language.as_deref(), Some("en"));

    for unknown in [r#""eng""#, r#""""#, "7", "null", r#""é""#] {
        let raw = format!(r#"{{"language":{unknown},"text":"x"}}"#);
        assert_eq!(parsed(&raw).record.language, None, "{unknown}");
    }
}

#[test]
fn fields_can_be_named_and_nested() {
    let options = ReadOptions {
        id_field: Some("meta.key".into()),
        url_field: Some("meta.page.url".into()),
        text_format: Some(Format::Html),
        ..with_text_field("doc.body.raw")
    };
    let raw = concat!(
        r#"{"doc":{"body":{"raw":"<p>"},"text":1},"#,
        r#""meta":{"key":7,"page":{"url":"u"}},"id":0}"#
    );
    let parsed = parse(&line(raw, 0), &options).unwrap();
    assert_eq!(text(&parsed), "<p>");
    assert_eq!(parsed.text_at.unwrap().of(raw), r#""<p>""#);
    assert_eq!(parsed.record.id, "7");
    assert_eq!(parsed.record.url.as_deref(), Some("u"));
    assert_eq!(parsed.record.format, Format::Html);
}

#[test]
fn a_key_with_the_dots_in_it_wins_over_the_path() {
    let options = with_text_field("a.b");
    for raw in [r#"{"a":{"b":"path"},"a.b":"key"}"#, r#"{"a.b":"key","a":{"b":"path"}}"#] {
        assert_eq!(text(&parse(&line(raw, 0), &options).unwrap()), "key");
    }
    assert_eq!(
        parse(&line(r#"{"a":["b"]}"#, 0), &options).unwrap_err(),
        Refusal::MissingText("a.b".into())
    );
}

#[test]
fn an_escaped_key_is_the_same_key() {
    assert_eq!(text(&parsed(r#"{"te\u0078t":"x"}"#)), "x");
}

#[test]
fn fields_that_are_not_asked_for_may_hold_anything() {
    for other in [
        "123456789012345678901234567890.10e-999",
        r#""\ud800""#,
        r#"{"text":3,"text":4}"#,
        "[null,true,{},[[]]]",
    ] {
        let raw = format!(r#"{{"a":{other},"\udc00":1,"a":{other},"text":"x","z":{other}}}"#);
        let parsed = parsed(&raw);
        assert_eq!(parsed.text_at.unwrap().of(&raw), r#""x""#);
    }
}

#[test]
fn deep_nesting_neither_fails_nor_overflows() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert_eq!(text(&parsed(&format!(r#"{{"a":{deep},"text":"x"}}"#))), "x");
    let deep = format!("{}1{}", r#"{"a":"#.repeat(200_000), "}".repeat(200_000));
    assert_eq!(text(&parsed(&format!(r#"{{"a":{deep},"text":"x"}}"#))), "x");
    assert_eq!(refusal(format!(r#"{{"text":{deep}}}"#)), Refusal::TextNotString("text".into()));
    assert_eq!(refusal("[".repeat(200_000)).name(), "broken-json");
    assert_eq!(refusal(format!(r#"{{"a":{}"#, "[".repeat(200_000))).name(), "broken-json");
}

#[test]
fn a_long_path_into_deep_objects_is_followed_without_recursion() {
    let depth = 300;
    let raw = format!("{}\"x\"{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let options = with_text_field(&vec!["a"; depth].join("."));
    assert_eq!(text(&parse(&line(raw, 0), &options).unwrap()), "x");
}

#[test]
fn what_is_not_one_object_with_a_text_is_refused() {
    let broken = |what: &str| Refusal::BrokenJson(what.into());
    let missing = || Refusal::MissingText("text".into());
    let not_string = || Refusal::TextNotString("text".into());
    for (raw, expected) in [
        ("", broken("blank line")),
        (" \r", broken("blank line")),
        ("[1]", broken("not an object")),
        ("\"text\"", broken("not an object")),
        ("hello", broken("not an object")),
        ("{", broken("EOF while parsing an object at column 1")),
        (r#"{"text":"x""#, broken("EOF while parsing an object at column 11")),
        (r#"{"text":"x}"#, broken("EOF while parsing a string at column 11")),
        (r#"{"text":"x"} {}"#, broken("trailing characters at column 14")),
        (r#"{"text":"x"}}"#, broken("trailing characters at column 13")),
        (r#"{"text":"x",}"#, broken("trailing comma at column 13")),
        (r#"{text:"x"}"#, broken("key must be a string at column 2")),
        (r#"{"text":"x","n":01}"#, broken("invalid number at column 18")),
        (r#"{"text":"\x"}"#, broken("invalid escape at column 11")),
        (
            "{\"text\":\"\0\"}",
            broken("control character (\\u0000-\\u001F) found while parsing a string at column 9"),
        ),
        (r#"{"text":"x","text":"y"}"#, broken("duplicate field `text`")),
        (r#"{"text":"x","t\u0065xt":1}"#, broken("duplicate field `text`")),
        ("{}", missing()),
        (r#"{"Text":"x","a":{"text":"y"}}"#, missing()),
        (r#"{"text":null}"#, not_string()),
        (r#"{"text":["x"]}"#, not_string()),
        (r#"{"text":7}"#, not_string()),
    ] {
        assert_eq!(refusal(raw), expected, "{raw}");
    }
}

#[test]
fn a_path_through_a_duplicate_key_is_refused() {
    let raw = r#"{"a":{"b":"x"},"a":{"b":"y"}}"#;
    let error = parse(&line(raw, 0), &with_text_field("a.b")).unwrap_err();
    assert_eq!(error, Refusal::BrokenJson("duplicate field `a`".into()));
}

#[test]
fn half_of_a_surrogate_pair_in_the_text_is_named() {
    for raw in [r#"{"text":"ab\ud800"}"#, r#"{"text":"\ud800\u0041"}"#, r#"{"text":"\udc00"}"#] {
        let Refusal::BrokenJson(why) = refusal(raw) else { panic!("{raw}") };
        assert!(why.starts_with("half of a surrogate pair in `text` at column "), "{why}");
    }
}

#[test]
fn invalid_utf8_is_refused_with_its_place() {
    assert_eq!(refusal(b"{\"text\":\"caf\xe9\"}"), Refusal::InvalidUtf8(12));
    assert_eq!(refusal(b"{\"a\":\"\xff\",\"text\":\"\"}"), Refusal::InvalidUtf8(6));
}

#[test]
fn a_byte_order_mark_stands_before_the_first_line_only() {
    let raw = "\u{feff}{\"text\":\"x\"}";
    let first = parse(&line(raw, 0), &ReadOptions::default()).unwrap();
    assert_eq!(first.text_at.unwrap().of(raw), r#""x""#);
    assert_eq!(refusal(raw), Refusal::BrokenJson("not an object".into()));
    let error = parse(&line("\u{feff}{]", 0), &ReadOptions::default()).unwrap_err();
    assert_eq!(error, Refusal::BrokenJson("key must be a string at column 5".into()));
}

#[test]
fn blank_is_white_space_alone() {
    assert!(is_blank(b""));
    assert!(is_blank(b" \t\r"));
    assert!(!is_blank(b"\0"));
    assert!(!is_blank("\u{a0}".as_bytes()));
}

proptest! {
    #[test]
    fn any_line_is_a_record_or_refused(raw in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = parse(&line(raw, 0), &ReadOptions::default());
    }

    #[test]
    fn lines_near_json_do_not_panic(raw in r#"\{?("(text|a|id)"|[\[\]{}:,"\\u0-9eE+.\-]|null|\\ud800){0,20}\}?"#) {
        let _ = parse(&line(raw, 0), &with_text_field("a.text"));
    }

    #[test]
    fn any_text_is_found_and_can_be_put_back(
        before in "[a-z]{1,5}", value in "\\PC*|[\\x00-\\xff]*", ascii in any::<bool>(),
    ) {
        let style = if ascii { JsonStyle::Ascii } else { JsonStyle::Utf8 };
        let raw = format!(
            "{{ \"{before}_\" : -0.0 , \"text\" :{} , \"z\":1e5}}",
            encode(&value, style)
        );
        let parsed = parsed(&raw);
        prop_assert_eq!(text(&parsed), &value);
        let at = parsed.text_at.unwrap();
        let token = at.of(&raw);
        let emptied = splice(&raw, at, "\"\"");
        let again = parse(&line(&emptied, 0), &ReadOptions::default()).unwrap();
        let style = json_style(token, &value);
        let back = splice(&emptied, again.text_at.unwrap(), &encode(&value, style));
        prop_assert_eq!(back, raw);
    }
}
