use proptest::prelude::*;

use super::*;
use crate::document::{CharsetOrigin, Format};

const RUSSIAN: &str = "Дом стоял на берегу реки, и каждое утро старик выходил к воде, чтобы \
    посмотреть, не вернулись ли лодки с другого берега. Было тихо, только ветер шумел в траве.";
const JAPANESE: &str = "古い家は川のほとりに立っていて、毎朝おじいさんは水辺まで歩いて行きました。\
    船が帰ってきたかどうかを見るためです。静かな朝でした。";
const CHINESE: &str = "那座老房子在河边，每天早上老人都走到水边，看看船有没有从对岸回来。\
    周围很安静，只有风吹过草地的声音。孩子们还在睡觉。";

fn decoded(format: Format, bytes: &[u8]) -> Document {
    decode(Record::bytes("a", format, bytes)).expect("text")
}

fn charset(name: &'static str, origin: CharsetOrigin) -> Charset {
    Charset { name, origin, malformed: false }
}

fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn a_byte_order_mark_decides_and_is_not_text() {
    let text = "naïve “café” Ж";
    for (name, bytes) in [
        ("UTF-8", ["\u{feff}", text].concat().into_bytes()),
        ("UTF-16LE", utf_16(&["\u{feff}", text].concat(), u16::to_le_bytes)),
        ("UTF-16BE", utf_16(&["\u{feff}", text].concat(), u16::to_be_bytes)),
    ] {
        let document = decoded(Format::Text, &bytes);
        assert_eq!(document.text, text, "{name}");
        assert_eq!(document.info.charset, charset(name, CharsetOrigin::Bom));
    }
}

#[test]
fn utf_16_of_odd_length_is_malformed() {
    let mut bytes = utf_16("\u{feff}abc", u16::to_le_bytes);
    bytes.push(b'd');
    let document = decoded(Format::Text, &bytes);
    assert_eq!(document.text, "abc\u{fffd}");
    assert!(document.info.charset.malformed);
}

#[test]
fn utf_16_without_a_mark_is_told_by_its_zero_bytes() {
    let text = "Plain text, wide characters.\r\n";
    for (name, bytes) in
        [("UTF-16LE", u16::to_le_bytes as fn(u16) -> [u8; 2]), ("UTF-16BE", u16::to_be_bytes)]
    {
        let document = decoded(Format::Text, &utf_16(text, bytes));
        assert_eq!(document.text, text);
        assert_eq!(document.info.charset, charset(name, CharsetOrigin::Guess));
    }
}

#[test]
fn what_the_server_says_goes_before_a_meta_and_after_what_the_bytes_say() {
    let sent = |format, bytes: &[u8], label: &str| {
        let mut record = Record::text("a", "");
        (record.format, record.body) = (format, Body::Labelled(bytes.to_vec(), label.into()));
        let document = decode(record).expect("text");
        (document.text, document.info.charset)
    };
    let page = b"<meta charset='ISO-8859-2'>\xb3";
    let (text, set) = sent(Format::Html, page, "windows-1251");
    assert!(text.ends_with('і'));
    assert_eq!(set, charset("windows-1251", CharsetOrigin::Transport));
    // Servers name a set for all that they send; UTF-8 shows itself, and so does a mark.
    let (text, set) = sent(Format::Text, "łódź".as_bytes(), "ISO-8859-1");
    assert_eq!((text.as_str(), set), ("łódź", charset("UTF-8", CharsetOrigin::Valid)));
    let (_, set) = sent(Format::Text, "\u{feff}x".as_bytes(), "koi8-r");
    assert_eq!(set, charset("UTF-8", CharsetOrigin::Bom));
    // A name that is none is not heard.
    let (text, set) = sent(Format::Html, page, "no-such-set");
    assert!(text.ends_with('ł'));
    assert_eq!(set, charset("ISO-8859-2", CharsetOrigin::Meta));
    assert_eq!(sent(Format::Text, b"plain", "utf-16").0, "plain");
}

#[test]
fn a_meta_decides_for_html_only() {
    let page = b"<html><meta charset='ISO-8859-2'><p>\xb3\xf3d\xbc";
    let html = decoded(Format::Html, page);
    assert!(html.text.ends_with("łódź"));
    assert_eq!(html.info.charset, charset("ISO-8859-2", CharsetOrigin::Meta));
    assert_ne!(decoded(Format::Text, page).info.charset.origin, CharsetOrigin::Meta);

    let page = b"<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>\xf7";
    let html = decoded(Format::Html, page);
    assert!(html.text.ends_with('В'));
    assert_eq!(html.info.charset.name, "KOI8-R");
}

#[test]
fn a_meta_in_a_comment_or_too_late_is_none() {
    let late = format!("{}<meta charset=koi8-r>", " ".repeat(1024));
    for page in ["<!-- <meta charset=koi8-r> -->", "<meta charset=nonsense>", &late] {
        let page = [page.as_bytes(), b"caf\xe9 au lait"].concat();
        let document = decoded(Format::Html, &page);
        assert_eq!(document.info.charset, charset("windows-1252", CharsetOrigin::Guess));
        assert!(document.text.ends_with("café au lait"));
    }
}

#[test]
fn utf_16_in_a_meta_means_utf_8() {
    let document = decoded(Format::Html, "<meta charset=utf-16>é".as_bytes());
    assert_eq!(document.info.charset, charset("UTF-8", CharsetOrigin::Meta));
    assert!(document.text.ends_with('é'));
}

#[test]
fn valid_utf_8_is_utf_8_whatever_is_declared() {
    for label in ["windows-1252", "shift_jis"] {
        let page = format!("<meta charset={label}>naïve – 川");
        let document = decoded(Format::Html, page.as_bytes());
        assert_eq!(document.text, page);
        assert_eq!(document.info.charset, charset("UTF-8", CharsetOrigin::Valid));
    }
}

#[test]
fn iso_2022_jp_is_ascii_that_has_to_be_decoded() {
    let page = b"<meta charset=iso-2022-jp>\x1b$B@n\x1b(B.";
    assert!(decoded(Format::Html, page).text.ends_with("川."));
}

#[test]
fn text_in_old_character_sets_is_guessed() {
    for (encoding, text) in [
        (encoding_rs::WINDOWS_1252, "Überall auf der Straße lagen Äpfel, große und kleine."),
        (encoding_rs::WINDOWS_1251, RUSSIAN),
        (encoding_rs::SHIFT_JIS, JAPANESE),
        (encoding_rs::GB18030, CHINESE),
    ] {
        let (bytes, _, _) = encoding.encode(text);
        let document = decoded(Format::Text, &bytes);
        assert_eq!(document.text, text);
        assert_eq!(document.info.charset.origin, CharsetOrigin::Guess);
        assert!(!document.info.charset.malformed);
    }
}

#[test]
fn the_top_level_domain_helps_to_guess() {
    let (bytes, _, _) = encoding_rs::WINDOWS_1250.encode("Na vršku stál dům.");
    let record = Record::bytes("a", Format::Text, &*bytes).at_url("https://www.example.cz/dum");
    assert_eq!(decode(record).expect("text").text, "Na vršku stál dům.");
    let record = Record::bytes("a", Format::Text, &*bytes).at_url("https://Пример.испытание/");
    assert!(decode(record).is_ok());
}

#[test]
fn utf_8_with_a_mistake_stays_utf_8_and_is_malformed() {
    let bytes = ["naïve – “café”".as_bytes(), b"\xff", " und Straße".as_bytes()].concat();
    let document = decoded(Format::Text, &bytes);
    assert_eq!(document.text, "naïve – “café”\u{fffd} und Straße");
    let malformed = Charset { name: "UTF-8", origin: CharsetOrigin::Guess, malformed: true };
    assert_eq!(document.info.charset, malformed);
}

#[test]
fn an_empty_body_is_an_empty_text() {
    for format in [Format::Text, Format::Html] {
        let document = decoded(format, b"");
        assert_eq!(document.text, "");
        assert_eq!(document.info.charset, charset("UTF-8", CharsetOrigin::Valid));
        assert_eq!(document.info.language, None);
    }
    assert_eq!(decoded(Format::Text, b"\xef\xbb\xbf").text, "");
}

#[test]
fn binary_data_is_refused_with_its_kind() {
    for (bytes, kind) in [
        (&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], "a PNG image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image"),
        (b"GIF89a\x01\0\x01\0", "a GIF image"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"PK\x03\x04\x14\0", "a ZIP archive"),
        (b"\x1f\x8b\x08\0", "gzip data"),
        (b"\x7fELF\x02\x01", "an ELF program"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "an image, audio or video"),
        (&[0; 100], "control characters"),
    ] {
        let result = decode(Record::bytes("a", Format::Text, bytes));
        assert_eq!(result.map(|d| d.text), Err(DecodeError::Binary(kind)));
    }
    assert_eq!(DecodeError::Binary("gzip data").to_string(), "not text: gzip data");
}

#[test]
fn text_with_a_few_control_characters_is_text_and_keeps_them() {
    let text = "a\0b\r\nc\u{7}\t\u{b}\u{85}\u{2028}\u{feff}\u{1b}[1m\n\r";
    assert_eq!(decoded(Format::Text, text.as_bytes()).text, text);
    assert_eq!(decode(Record::text("a", text)).expect("text").text, text);
}

#[test]
fn text_is_taken_as_it_is() {
    let document = decode(Record::text("a", "\u{feff}\0 %PDF-")).expect("text");
    assert_eq!(document.text, "\u{feff}\0 %PDF-");
    assert_eq!(document.info.charset, Charset::GIVEN);
}

#[test]
fn a_given_language_is_brought_to_two_letters() {
    let record = Record::text("a", RUSSIAN).in_language("en-US");
    assert_eq!(decode(record).expect("text").info.language.as_deref(), Some("en"));
    let record = Record::text("a", RUSSIAN).in_language("und");
    assert_eq!(decode(record).expect("text").info.language.as_deref(), Some("ru"));
}

#[test]
fn a_language_is_detected_where_there_is_enough_text() {
    for (text, language) in [
        ("", None),
        ("ok", None),
        ("12345 67890 !!! 12345 67890 !!! 12345 67890 !!! 12345", None),
        ("The old house stood by the river, and every morning he walked down to it.", Some("en")),
        (RUSSIAN, Some("ru")),
        (JAPANESE, Some("ja")),
        (CHINESE, Some("zh")),
    ] {
        let document = decode(Record::text("a", text)).expect("text");
        assert_eq!(document.info.language.as_deref(), language, "{text}");
    }
}

#[test]
fn a_page_declares_its_language_or_is_read() {
    let language = |page: &str| decode(Record::html("a", page)).expect("text").info.language;
    assert_eq!(language("<!doctype html><HTML class=a lang='de-AT'>").as_deref(), Some("de"));
    assert_eq!(language("<html xml:lang=fr>").as_deref(), Some("fr"));
    assert_eq!(language("<html lang=''><p>Short.</p>"), None);
    let page = format!(
        "<html><script>{}</script><p>{RUSSIAN}</p><p>{RUSSIAN}</p>",
        "var a = function () { return 1 };".repeat(10)
    );
    assert_eq!(language(&page).as_deref(), Some("ru"));
}

#[test]
fn much_text_outweighs_the_declared_language() {
    let language = |page: &str| decode(Record::html("a", page)).expect("text").info.language;
    let paragraph = format!("<p>{RUSSIAN}</p>");
    let page = |count| format!("<html lang=en>{}", paragraph.repeat(count));
    assert_eq!(language(&page(1)).as_deref(), Some("en"));
    assert_eq!(language(&page(8)).as_deref(), Some("ru"));
}

fn any_format() -> impl Strategy<Value = Format> {
    prop_oneof![Just(Format::Text), Just(Format::Markdown), Just(Format::Html)]
}

proptest! {
    #[test]
    fn any_bytes_decode_or_are_refused(
        format in any_format(),
        start in proptest::sample::select(vec![
            &b""[..], b"<meta charset=", b"\xff\xfe", b"<html lang",
        ]),
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
    ) {
        let bytes = [start, &bytes[..]].concat();
        let _ = decode(Record::bytes("a", format, bytes).at_url("http://example.jp/"));
    }

    #[test]
    fn valid_utf_8_comes_out_byte_for_byte(format in any_format(), text in "[^\0-\u{8}\u{b}-\u{1f}\u{7f}\u{feff}]\\PC*") {
        let document = decoded(format, text.as_bytes());
        prop_assert_eq!(document.text, text);
    }
}
