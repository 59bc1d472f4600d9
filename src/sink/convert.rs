//! A document in another shape than the one it came in.

use std::borrow::Cow;
use std::collections::HashSet;

use super::ledger::rounded;
use super::output::Shape;
use super::parquet::{OwnedDocument, row_to_json, with_texts};
use crate::document::Span;
use crate::outcome::{Decision, Outcome};
use crate::source::csv::{self, without_formula};
use crate::source::jsonl::{JsonStyle, encode, encode_to, other_members, splice};
use crate::source::{Container, Item, ReadOptions, warc};

/// A document that stays, with its line break or what ends it otherwise.
pub(super) fn document(
    outcome: &Outcome,
    item: &Item,
    text_at: Option<Span>,
    shape: Shape,
    options: &ReadOptions,
    annotation: Option<&str>,
) -> Vec<u8> {
    let text = outcome.output().unwrap_or_default();
    let info = outcome.info();
    match shape {
        Shape::Same | Shape::Attributes | Shape::Parquet => Vec::new(),
        Shape::Jsonl => {
            let mut out = br#"{"text":"#.to_vec();
            encode_to(&mut out, text, JsonStyle::Utf8);
            out.extend_from_slice(br#","id":"#);
            encode_to(&mut out, &info.id, JsonStyle::Utf8);
            out.extend_from_slice(br#","url":"#);
            match &info.url {
                Some(url) => encode_to(&mut out, url, JsonStyle::Utf8),
                None => out.extend_from_slice(b"null"),
            }
            out.extend_from_slice(br#","metadata":"#);
            out.extend_from_slice(metadata(outcome, item, text_at, options, annotation).as_bytes());
            out.extend_from_slice(b"}\n");
            out
        }
        Shape::Csv | Shape::Tsv => {
            let separator = if shape == Shape::Csv { b',' } else { b'\t' };
            let metadata = metadata(outcome, item, text_at, options, annotation);
            let url = info.url.as_deref().unwrap_or_default();
            let mut out = Vec::with_capacity(text.len() + metadata.len() + 64);
            for (number, cell) in [text, &info.id, url, &metadata].into_iter().enumerate() {
                if number > 0 {
                    out.push(separator);
                }
                // Nothing of it has been in a table before.
                let safe = without_formula(cell, "");
                out.extend_from_slice(csv::encode(&safe, number == 0, separator).as_bytes());
            }
            out.extend_from_slice(b"\r\n");
            out
        }
        Shape::Wet => {
            let media = if outcome.markdown.is_some() { "text/markdown" } else { "text/plain" };
            warc::record_of(&info.id, info.url.as_deref(), media, text)
        }
    }
}

/// A document that stays, as a row.
pub(super) fn row(
    outcome: &Outcome,
    item: &Item,
    text_at: Option<Span>,
    options: &ReadOptions,
    annotation: Option<&str>,
) -> OwnedDocument {
    let info = outcome.info();
    OwnedDocument {
        text: outcome.output().unwrap_or_default().to_owned(),
        id: info.id.to_string(),
        url: info.url.as_ref().map(ToString::to_string),
        metadata: metadata(outcome, item, text_at, options, annotation),
    }
}

/// What would become of a document, in a line of the Dolma toolkit's attributes: spans of
/// characters, each with its points; one from end to end for a document that goes.
pub(super) fn attributes(outcome: &Outcome) -> Vec<u8> {
    let text = &outcome.page.text;
    let mut removed = Vec::new();
    let (mut byte, mut character) = (0, 0usize);
    let mut characters_to = |at: usize| {
        character += text.get(byte..at).map_or(0, |gap| gap.chars().count());
        byte = at;
        character
    };
    let mut dropped = None;
    if outcome.decision == Decision::Dropped {
        dropped = Some((0, text.chars().count(), 1.0));
    } else {
        for removal in outcome.removals() {
            let points = rounded(removal.verdict(&outcome.on_blocks).points.total);
            // What an action takes away has none; who asks for a least score means it all the same.
            let points = if points > 0.0 { points } else { 1.0 };
            let start = characters_to(removal.span.start);
            removed.push((start, characters_to(removal.span.end), points));
        }
    }
    let dropped: Vec<(usize, usize, f64)> = dropped.into_iter().collect();
    attribute_line(&outcome.info().id, Some((&removed, &dropped)))
}

/// The line of attributes of a record of which nothing can be said.
pub(super) fn no_attributes(id: &str) -> Vec<u8> {
    attribute_line(id, None)
}

type Spans<'a> = &'a [(usize, usize, f64)];

fn attribute_line(id: &str, spans: Option<(Spans<'_>, Spans<'_>)>) -> Vec<u8> {
    let mut out = br#"{"id":"#.to_vec();
    encode_to(&mut out, id, JsonStyle::Utf8);
    out.extend_from_slice(br#","attributes":{"#);
    if let Some((removed, dropped)) = spans {
        // Numbers written to memory do not fail.
        out.extend_from_slice(br#""tamis__removed":"#);
        let _ = serde_json::to_writer(&mut out, removed);
        out.extend_from_slice(br#","tamis__dropped":"#);
        let _ = serde_json::to_writer(&mut out, dropped);
    }
    out.extend_from_slice(b"}}\n");
    out
}

/// What is known of a document beside its text, as a JSON object: the record's other fields as
/// they were written, and under the names that are free where it comes from.
fn metadata(
    outcome: &Outcome,
    item: &Item,
    text_at: Option<Span>,
    options: &ReadOptions,
    annotation: Option<&str>,
) -> String {
    let mut object = Object::default();
    let mut date = None;
    match item.source.container {
        Container::Jsonl => add_fields(&mut object, item, text_at, options),
        Container::Csv | Container::Tsv => {
            if let (Some(columns), Ok(raw)) = (&item.columns, std::str::from_utf8(&item.raw)) {
                for (name, value) in columns.others(raw) {
                    object.add_text(name, &value);
                }
            }
        }
        Container::Warc => {
            date = warc::date(&item.raw);
            let mut fields = Object::default();
            for (name, value) in warc::header(&item.raw) {
                fields.add_text(&name, &value);
            }
            object.add("warc", &fields.finish());
        }
        Container::Parquet => add_columns(&mut object, item, options),
        Container::File(_) => {}
    }
    let page = &outcome.page;
    let info = outcome.info();
    let stated = &page.metadata;
    let title = stated.title.as_ref().or(page.title.as_ref());
    for (name, value) in [
        ("date", date.as_ref().or(stated.published.as_ref())),
        ("language", info.language.as_ref()),
        ("title", title),
    ] {
        if let Some(value) = value {
            object.add_text(name, value);
        }
    }
    object.add_text("source", &info.location.source);
    object.add("ordinal", &info.location.ordinal.to_string());
    if let Some(annotation) = annotation {
        object.add(super::render::ANNOTATION, annotation);
    }
    object.finish()
}

/// The columns of a row that are not its text, id or address, as for JSON Lines.
fn add_columns(object: &mut Object, item: &Item, options: &ReadOptions) {
    let Some(row) = &item.row else { return };
    let (batch, text) = (&row.rows.batch, &row.rows.table.text);
    let without = with_texts(&batch.slice(row.index, 1), text, &[Some("")]);
    let Ok(Some(line)) = without.and_then(|row| row_to_json(&row, 0)) else { return };
    let raw = line.into_bytes();
    let item =
        Item { raw, row: None, columns: None, refused: None, source: item.source.clone(), ..*item };
    add_fields(object, &item, None, options);
}

/// The fields of a record of JSON Lines that are not its text, id or address. Those of its own
/// `metadata` are among them, as that is where they go.
fn add_fields(object: &mut Object, item: &Item, text_at: Option<Span>, options: &ReadOptions) {
    let Ok(line) = std::str::from_utf8(&item.raw) else { return };
    let mut line = Cow::Borrowed(line);
    if let Some(at) = text_at
        && options.text_field.contains('.')
    {
        // The text is inside another field, which comes along without it.
        line = Cow::Owned(splice(&line, at, "null"));
    }
    let known = [
        options.text_field.as_str(),
        options.id_field.as_deref().unwrap_or("id"),
        options.url_field.as_deref().unwrap_or("url"),
    ];
    for (name, value) in other_members(&line, &known) {
        match name.as_ref() {
            "metadata" if value.starts_with('{') => {
                for (name, value) in other_members(value, &[]) {
                    object.add(&name, value);
                }
            }
            name => object.add(name, value),
        }
    }
}

/// A JSON object that is being written. Of two members of one name the first stays.
#[derive(Default)]
struct Object {
    names: HashSet<String>,
    members: String,
}

impl Object {
    fn add_text(&mut self, name: &str, value: &str) {
        self.add(name, &encode(value, JsonStyle::Utf8));
    }

    /// `value` is JSON.
    fn add(&mut self, name: &str, value: &str) {
        if !self.names.insert(name.to_owned()) {
            return;
        }
        self.members.push(if self.members.is_empty() { '{' } else { ',' });
        self.members.push_str(&encode(name, JsonStyle::Utf8));
        self.members.push(':');
        self.members.push_str(value);
    }

    fn finish(self) -> String {
        if self.members.is_empty() { "{}".to_owned() } else { self.members + "}" }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::source::{Compression, Origin, Source, parse};
    use crate::{Cleaner, RuleSet, Survey};

    fn converted(line: &str, options: &ReadOptions, shape: Shape) -> String {
        let source = Source {
            name: "a.jsonl".into(),
            origin: Origin::Stdin,
            container: Container::Jsonl,
            compression: Compression::None,
        };
        let (source, raw) = (Arc::new(source), line.into());
        let item = Item { source, ordinal: 2, raw, refused: None, columns: None, row: None };
        let parsed = parse(&item, options).unwrap();
        let rules = RuleSet::load(["boilerplate"]).unwrap();
        let cleaner = Cleaner::new(rules, Survey::none()).unwrap();
        let outcome = cleaner.clean(parsed.record).unwrap();
        let note = Some("{}").filter(|_| line.contains("note"));
        let made = document(&outcome, &item, parsed.text_at, shape, options, note);
        String::from_utf8(made).unwrap()
    }

    #[test]
    fn other_fields_go_under_metadata_as_they_were_written() {
        let jsonl = |line: &str| converted(line, &ReadOptions::default(), Shape::Jsonl);
        assert_eq!(
            jsonl(
                r#"{"id": 7,"a":1.0e2,"text":"So.","metadata":{"a":2,"b":[ 3]},"url":"u","ordinal":"x","a":9}"#
            ),
            "{\"text\":\"So.\",\"id\":\"7\",\"url\":\"u\",\"metadata\":\
             {\"a\":1.0e2,\"b\":[ 3],\"ordinal\":\"x\",\"source\":\"a.jsonl\"}}\n"
        );
        assert_eq!(
            jsonl(r#"{"text":"So.","metadata":7,"note":1}"#),
            "{\"text\":\"So.\",\"id\":\"a.jsonl:3\",\"url\":null,\"metadata\":\
             {\"metadata\":7,\"note\":1,\"source\":\"a.jsonl\",\"ordinal\":2,\"tamis\":{}}}\n"
        );
    }

    #[test]
    fn a_text_inside_another_field_is_not_kept_twice() {
        let options = ReadOptions { text_field: "page.text".into(), ..ReadOptions::default() };
        let line = r#"{"page":{"text":"So.","n":1}}"#;
        let made = converted(line, &options, Shape::Jsonl);
        assert!(made.contains(r#""metadata":{"page":{"text":null,"n":1},"#), "{made}");
    }

    #[test]
    fn what_looks_like_a_formula_is_kept_from_being_one_in_every_column() {
        let line = r#"{"id":"@x","text":"=1","url":"+u"}"#;
        let made = converted(line, &ReadOptions::default(), Shape::Tsv);
        assert!(made.starts_with("\"'=1\"\t'@x\t'+u\t"), "{made}");
    }

    #[test]
    fn a_document_of_another_source_is_a_record_of_its_own() {
        let made = converted(
            r#"{"id":"x","text":"So.","url":"u\r\nX: y"}"#,
            &ReadOptions::default(),
            Shape::Wet,
        );
        assert!(
            made.contains("WARC-Target-URI: u  X: y\r\n") && made.ends_with("\r\n\r\nSo.\r\n\r\n")
        );
    }
}
