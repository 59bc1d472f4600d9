//! A web page in one file: style, script and data stand in it, and its own policy forbids it
//! anything else. It loads nothing, sends nothing, and runs no script but the one it was made with.
//!
//! What is said in the page is the business of whoever makes it. Data may hold anything, scraped
//! text above all: it cannot end the element it stands in. The script reads it with `JSON.parse`
//! and must show it through `textContent` alone.

use std::fmt::Write as _;
use std::io::{self, Write};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};
use sha2::{Digest, Sha256};

/// The look that all pages of the program have: colours, type, tables, controls.
pub const BASE_STYLE: &str = include_str!("web_page/base.css");
/// What all pages of the program are made with: elements, numbers, tables, lists. Its first
/// statement is "use strict", so it stands before all other scripts.
pub const BASE_SCRIPT: &str =
    concat!(include_str!("web_page/base.js"), include_str!("web_page/table.js"));

/// The id of the element that holds the data of a page.
pub const DATA_ID: &str = "data";
/// The class of each element that holds a further part of a page's data.
pub const PART_CLASS: &str = "data-part";

/// All of a page but its data.
///
/// What stands here is written by the program's authors, not by a document: `style`, `script` and
/// `body` come out as they are.
#[derive(Clone, Copy, Debug)]
pub struct WebPage<'a> {
    /// The page's language, as in `lang` of HTML: `en`.
    pub language: &'a str,
    /// The title. It may hold anything: it is escaped, and without control characters.
    pub title: &'a str,
    /// Style sheets, one after another.
    pub styles: &'a [&'a str],
    /// Scripts, one after another in one script element: they share their names. They run when the
    /// data is there and, where there are further parts, before those are; the parts are all there
    /// at `DOMContentLoaded`.
    pub scripts: &'a [&'a str],
    /// What the page shows before the script runs, as HTML; empty if the script makes everything.
    pub body: &'a str,
    /// What is shown where scripts do not run, as plain text: it is escaped.
    pub without_script: &'a str,
}

/// A page that cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebPageError {
    /// A style or script of the program holds what would end its element, or what HTML would not
    /// hand over unchanged.
    #[error("the page's own {0} holds \"{1}\", which HTML does not leave as it is")]
    OwnText(&'static str, &'static str),
    /// The data is not to be had as JSON, or what is written to fails.
    #[error(transparent)]
    Write(#[from] io::Error),
}

impl WebPage<'_> {
    /// The page with its data, which the script finds in the element [`DATA_ID`].
    ///
    /// # Errors
    /// If the data cannot be told in JSON, or the style or script would end its own element.
    pub fn render(&self, data: &impl Serialize) -> Result<String, WebPageError> {
        let mut page = Vec::new();
        self.write(&mut page, data, std::iter::empty::<()>())?;
        String::from_utf8(page)
            .map_err(|error| WebPageError::Write(io::Error::new(io::ErrorKind::InvalidData, error)))
    }

    /// Writes the page with its data and with further parts of it, each in an element of the class
    /// [`PART_CLASS`]: the script can show what it has while a browser still reads the parts, and
    /// can read them one after another, so that no step takes long. Only one part is held in memory
    /// at a time.
    ///
    /// # Errors
    /// As [`WebPage::render`], and if what is written to fails.
    pub fn write<P: Serialize>(
        &self,
        to: &mut impl Write,
        data: &impl Serialize,
        parts: impl IntoIterator<Item = P>,
    ) -> Result<(), WebPageError> {
        let style = own_text("style", self.styles)?;
        let script = own_text("script", self.scripts)?;
        let mut head = String::from("<!DOCTYPE html>\n<html lang=\"");
        escape_into(&mut head, self.language);
        head.push_str("\">\n<head>\n<meta charset=\"utf-8\">\n");
        // Before anything that it forbids.
        head.push_str("<meta http-equiv=\"Content-Security-Policy\" content=\"");
        head.push_str(&policy(&style, &script));
        head.push_str(
            "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
        );
        head.push_str("<meta name=\"color-scheme\" content=\"light dark\">\n");
        head.push_str("<meta name=\"referrer\" content=\"no-referrer\">\n<title>");
        escape_into(&mut head, self.title);
        let _ = write!(head, "</title>\n<style>{style}</style>\n</head>\n<body>\n<noscript><p>");
        escape_into(&mut head, self.without_script);
        let _ = writeln!(head, "</p></noscript>\n{}", self.body);
        to.write_all(head.as_bytes())?;
        write_data(to, &format!("id=\"{DATA_ID}\""), data)?;
        writeln!(to, "<script>{script}</script>")?;
        for part in parts {
            write_data(to, &format!("class=\"{PART_CLASS}\""), &part)?;
        }
        to.write_all(b"</body>\n</html>\n")?;
        Ok(())
    }
}

/// Nothing but this style and this script, wherever the page is opened.
fn policy(style: &str, script: &str) -> String {
    let pin = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; \
         form-action 'none'",
        pin(style),
        pin(script)
    )
}

/// Styles or scripts as one text, exactly as a browser takes it out of its element: the hash is of
/// that. A browser reads every line end as `\n`, and a checkout may have made `\r\n` of them.
fn own_text(what: &'static str, texts: &[&str]) -> Result<String, WebPageError> {
    let mut all = String::new();
    for text in texts {
        all.push_str(&text.replace("\r\n", "\n"));
        if !all.ends_with('\n') {
            all.push('\n');
        }
    }
    let lower = all.to_ascii_lowercase();
    match ["</style", "</script", "<!--", "<script", "\0", "\r"]
        .iter()
        .find(|end| lower.contains(**end))
    {
        Some(end) => Err(WebPageError::OwnText(what, end)),
        None => Ok(all),
    }
}

/// An element of data. Its type is not a script's, so a browser does not run it and the policy does
/// not hold it up.
fn write_data(to: &mut impl Write, name: &str, data: &impl Serialize) -> Result<(), WebPageError> {
    write!(to, "<script type=\"application/json\" {name}>")?;
    let mut json = serde_json::Serializer::with_formatter(&mut *to, Inert(CompactFormatter));
    data.serialize(&mut json).map_err(io::Error::from)?;
    to.write_all(b"</script>\n")?;
    Ok(())
}

/// JSON that means nothing to a parser of HTML: without `<` nothing in it can end its element or
/// open a comment. All of it stands in strings, where an escape means the same.
struct Inert(CompactFormatter);

impl Formatter for Inert {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        to: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut from = 0;
        for (at, found) in fragment.match_indices(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            let escape = match found {
                "<" => "\\u003c",
                ">" => "\\u003e",
                "&" => "\\u0026",
                "\u{2028}" => "\\u2028",
                _ => "\\u2029",
            };
            to.write_all(fragment.get(from..at).unwrap_or("").as_bytes())?;
            to.write_all(escape.as_bytes())?;
            from = at + found.len();
        }
        to.write_all(fragment.get(from..).unwrap_or("").as_bytes())
    }

    fn write_raw_fragment<W: ?Sized + Write>(
        &mut self,
        to: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        // JSON that somebody else made: `<` can stand in its strings alone.
        self.write_string_fragment(to, fragment)
    }
}

/// Text as it stands in an element or an attribute.
fn escape_into(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '&' => html.push_str("&amp;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c if c.is_control() => html.push(' '),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: WebPage = WebPage {
        language: "en",
        title: "A page",
        styles: &["p { color: red }"],
        scripts: &["const data = JSON.parse(document.getElementById(\"data\").textContent);"],
        body: "<main></main>",
        without_script: "This page needs its script.",
    };

    const HOSTILE: &[&str] = &[
        "</script><script>alert(1)</script>",
        "</SCRIPT >",
        "<!--<script>",
        "-->]]>",
        "a\u{2028}b\u{2029}c",
        "\0 and \u{1b}[31m",
        "\" onload=\"alert(1)\" ' \\",
        "\u{202e}evil\u{200b}",
        "",
    ];

    /// The text between the tags of the only element that begins so.
    fn inside<'a>(page: &'a str, open: &str, close: &str) -> &'a str {
        assert_eq!(page.matches(open).count(), 1, "{open} in {page}");
        let from = page.find(open).expect("found") + open.len();
        let length = page[from..].find(close).expect("it is closed");
        &page[from..from + length]
    }

    #[test]
    fn whatever_a_text_holds_it_comes_back_and_ends_nothing() {
        let page = PAGE.render(&HOSTILE).expect("a page");
        let json = inside(&page, "<script type=\"application/json\" id=\"data\">", "</script>");
        for c in ['<', '>', '&', '\u{2028}', '\u{2029}', '\0', '\u{1b}'] {
            assert!(!json.contains(c), "{c:?} in {json}");
        }
        assert_eq!(serde_json::from_str::<Vec<String>>(json).expect("JSON"), HOSTILE);
        // One script of data, one that runs.
        assert_eq!(page.matches("<script").count(), 2);
        assert_eq!(page.matches("</script").count(), 2);
    }

    #[test]
    fn keys_and_values_made_elsewhere_are_escaped_too() {
        let raw = serde_json::value::RawValue::from_string(r#"{"a<b":"</script>"}"#.to_owned())
            .expect("JSON");
        let map = std::collections::BTreeMap::from([("</script>", raw)]);
        let page = PAGE.render(&map).expect("a page");
        let json = inside(&page, "id=\"data\">", "</script>");
        assert_eq!(json, r#"{"\u003c/script\u003e":{"a\u003cb":"\u003c/script\u003e"}}"#);
    }

    #[test]
    fn the_policy_allows_exactly_the_text_of_style_and_script() {
        let page = PAGE.render(&()).expect("a page");
        let policy = inside(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
        let pin = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)));
        let style = inside(&page, "<style>", "</style>");
        let script = inside(&page, "<script>", "</script>");
        assert_eq!(
            policy,
            format!(
                "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action \
                 'none'",
                pin(style),
                pin(script)
            )
        );
        // Of the empty text, as published: the hash is SHA-256 and not another.
        assert_eq!(pin(""), "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='");
        // The policy stands before what it is about.
        assert!(page.find("Content-Security-Policy") < page.find("<style>"));
    }

    #[test]
    fn line_ends_of_a_checkout_do_not_change_the_page() {
        let page = |style| WebPage { styles: &[style], ..PAGE }.render(&()).expect("a page");
        assert_eq!(page("a {}\r\nb {}\r\n"), page("a {}\nb {}\n"));
    }

    #[test]
    fn several_styles_and_scripts_become_one_each() {
        let page = WebPage { styles: &["a {}", "b {}\n"], scripts: &["1;", "2;"], ..PAGE }
            .render(&())
            .expect("a page");
        assert_eq!(inside(&page, "<style>", "</style>"), "a {}\nb {}\n");
        assert_eq!(inside(&page, "<script>", "</script>"), "1;\n2;\n");
    }

    #[test]
    fn a_style_or_script_that_would_end_its_element_is_refused() {
        for own in ["/* </STYLE> */", "let a = '</script>'", "<!-- a", "a\0", "a\rb", "'<Script'"] {
            let page = WebPage { styles: &[own], ..PAGE };
            let error = page.render(&()).expect_err(own).to_string();
            assert!(error.starts_with("the page's own style holds"), "{error}");
            let page = WebPage { scripts: &[own], ..PAGE };
            assert!(page.render(&()).expect_err(own).to_string().contains("own script"));
        }
    }

    #[test]
    fn title_language_and_notice_are_escaped() {
        let page = WebPage {
            language: "en\"><script>",
            title: "</title><script>\u{1b}\0",
            without_script: "</noscript><script>&",
            ..PAGE
        }
        .render(&())
        .expect("a page");
        assert_eq!(page.matches("<script").count(), 2);
        assert!(page.contains("<html lang=\"en&quot;&gt;&lt;script&gt;\">"));
        assert!(page.contains("<title>&lt;/title&gt;&lt;script&gt;  </title>"));
        assert!(page.contains("<p>&lt;/noscript&gt;&lt;script&gt;&amp;</p>"));
    }

    #[test]
    fn parts_follow_the_script_in_their_order() {
        let mut page = Vec::new();
        PAGE.write(&mut page, &0, ["</script>", "b"]).expect("a page");
        let page = String::from_utf8(page).expect("UTF-8");
        let parts: Vec<_> = page
            .split("<script type=\"application/json\" class=\"data-part\">")
            .skip(1)
            .map(|part| part.split("</script>").next().expect("a part"))
            .collect();
        assert_eq!(parts, [r#""\u003c/script\u003e""#, r#""b""#]);
        assert!(page.find("<script>") < page.find("data-part\">"));
    }

    #[test]
    fn what_cannot_be_written_is_an_error() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert!(PAGE.write(&mut Full, &0, ["a"]).is_err());
        // A number that JSON has not is null, not a fault; a key that is none is one.
        let keys = std::collections::BTreeMap::from([(vec![1], 1)]);
        assert!(PAGE.render(&keys).is_err());
    }
}
